//! The recording of a run and its session file: begun with the start, since what a start reads belongs to the
//! session; gone again with a start that comes to nothing.

use std::path::PathBuf;

use statecraft_engine::Engine;

use super::error::RunError;
use super::session_file::{self, Head, SessionWriter, beside};
use crate::config::{Loaded, Settings};
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

/// A recording, if one is wanted; nothing is recorded on a disk without room.
///
/// # Errors
/// [`RunError::Tape`] if its file cannot be made.
pub(super) fn recorder(settings: &Settings, has_room: bool) -> Result<Option<Recorder>, RunError> {
    if !settings.tape.record {
        return Ok(None);
    }
    if !has_room {
        tracing::error!("nothing is recorded: the disk is nearly full");
        return Ok(None);
    }
    Recorder::create(&settings.tape.dir).map(Some).map_err(RunError::Tape)
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
