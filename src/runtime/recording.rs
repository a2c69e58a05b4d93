//! The recording of a run and its session file: begun with the start, since what a start reads belongs to the
//! session; gone again with a start that comes to nothing.

use std::path::PathBuf;

use statecraft_engine::Engine;

use super::error::RunError;
use super::session_file::{self, Head, SessionWriter, beside};
use crate::config::{Loaded, Settings, TradingMode};
use crate::journal::Recovery;
use crate::tape::Recorder;

/// The files of a recording whose run has not begun to trade. A service that is started again every few seconds
/// while its venue cannot be reached would fill the disk with them.
#[derive(Debug)]
pub(super) struct Unbegun(Option<PathBuf>);

impl Unbegun {
    /// Those of this recording.
    #[must_use]
    pub(super) fn of(recorder: Option<&Recorder>) -> Self {
        Self(recorder.map(|recorder| recorder.path().to_owned()))
    }

    /// The run trades: its recording stays.
    pub(super) fn begun(mut self) {
        self.0 = None;
    }
}

impl Drop for Unbegun {
    fn drop(&mut self) {
        let Some(tape) = self.0.take() else { return };
        for path in [beside(&tape), tape] {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    let path = path.display();
                    tracing::warn!(%path, %error, "the recording of a start that failed stays");
                }
                _ => {}
            }
        }
    }
}

/// A recording, if one is wanted; nothing is recorded on a disk without room. A run with real money goes on without:
/// what it holds needs somebody more than a recording does.
///
/// # Errors
/// [`RunError::Tape`] if its file cannot be made, on paper.
pub(super) fn recorder(settings: &Settings, has_room: bool) -> Result<Option<Recorder>, RunError> {
    if !settings.tape.record {
        return Ok(None);
    }
    if !has_room {
        tracing::error!("nothing is recorded: the disk is nearly full");
        return Ok(None);
    }
    match Recorder::create(&settings.tape.dir) {
        Err(error) if settings.mode == TradingMode::Live => {
            tracing::error!(code = "not_recorded", %error, "this run is not recorded");
            Ok(None)
        }
        made => made.map(Some).map_err(RunError::Tape),
    }
}

/// The session file beside a recording. Without it the recording is still good for backtests.
pub(super) fn session(
    recorder: &Recorder,
    loaded: &Loaded,
    engine: &Engine,
    recovery: &Recovery,
) -> Option<SessionWriter> {
    let config = engine.config();
    let head = Head {
        session: session_file::VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        engine_hash: session_file::engine_hash(config),
        lineage: config.lineage,
        first_sequence: config.first_sequence,
        time_scale: config.time_scale,
        records: recovery.records.len(),
        given: loaded.given.clone(),
    };
    match SessionWriter::create(recorder.path(), &head, &recovery.records) {
        Ok(writer) => Some(writer),
        Err(error) => {
            tracing::error!(%error, "no session file: this recording cannot be verified by replay");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, load_with};

    #[test]
    fn real_money_goes_on_without_a_recording_that_cannot_be_begun() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("s.toml");
        std::fs::write(&file, "").unwrap();
        let set = vec![("kalshi.endpoint".to_owned(), "embedded".to_owned())];
        let mut settings = load_with(&file, &Overrides { set }, &[], Some(&[])).unwrap().settings;
        settings.tape.record = true;
        // A file where the directory should be.
        settings.tape.dir = file;
        assert!(recorder(&settings, true).is_err(), "on paper it is what one wants");
        settings.mode = TradingMode::Live;
        assert!(recorder(&settings, true).unwrap().is_none());
    }
}
