//! [`Recorder`]: the recording of a running program, sealed when it stops in good order.

use std::path::{Path, PathBuf};

use statecraft_domain::Event;

use super::{SealOptions, TapeError, TapeWriter, seal};

/// Records everything the engine sees into a file of its own, named by the time it started.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    writer: TapeWriter,
}

impl Recorder {
    /// Starts a recording in this directory, which is made if it is not there.
    ///
    /// # Errors
    /// [`TapeError`] if the file cannot be made.
    pub fn create(dir: &Path) -> Result<Self, TapeError> {
        std::fs::create_dir_all(dir).map_err(|e| TapeError::io(dir, e))?;
        let started = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%.3fZ").to_string();
        let path = dir.join(format!("{started}.tape"));
        Ok(Self { writer: TapeWriter::create(&path)?, path })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends one event. What was appended is with the operating system at the next tick of the
    /// clock at the latest.
    ///
    /// # Errors
    /// [`TapeError`] if the disk refuses; the recording should be given up then.
    pub fn record(&mut self, event: &Event) -> Result<(), TapeError> {
        self.writer.append(event)?;
        if matches!(event, Event::ClockTicked(_)) { self.writer.flush() } else { Ok(()) }
    }

    /// Makes the recording durable and seals it: `<start>.tape` becomes `<start>.parquet`. Returns the
    /// sealed file.
    ///
    /// # Errors
    /// [`TapeError`] if that fails; the recording is kept then.
    pub fn finish(mut self) -> Result<PathBuf, TapeError> {
        self.writer.sync()?;
        let sealed = self.path.with_extension("parquet");
        seal(&self.path, &sealed, SealOptions::default())?;
        std::fs::remove_file(&self.path).map_err(|e| TapeError::io(&self.path, e))?;
        Ok(sealed)
    }
}
