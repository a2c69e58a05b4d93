//! The tape: everything the engine saw, in order.
//!
//! Two forms of our own, and readers of foreign recordings; all of them are an [`EventSource`].
//!
//! | form | what for |
//! |---|---|
//! | [`recording`] | appended to while the program runs: frames of length, CRC-32C and payload; a torn tail is found, reported and cut |
//! | [`sealed`] | a Parquet file that DuckDB, polars and pandas open, one row an event |
//! | [`foreign`] | `kalshi-ws`, `book-csv`, `quotes-csv` |
//!
//! [`format`] recognises a file from its content. [`playback`] puts several files into one order of
//! time under one set of market ids, ends every session, and settles. [`settlements`] reads results.

mod codec;
pub mod foreign;
pub mod format;
pub mod playback;
mod recorder;
pub mod recording;
mod row;
pub mod sealed;
pub mod settlements;
pub mod statistics;

use std::path::{Path, PathBuf};

use statecraft_domain::Event;

pub use codec::{kind as event_kind, market_of, to_json as event_json};
pub use format::{Format, detect};
pub use playback::{Playback, PlaybackOptions};
pub use recorder::Recorder;
pub use recording::TapeWriter;
pub use sealed::{SealOptions, SealedWriter};
pub use settlements::Settlements;

/// How many events a source decodes at a time: large enough to amortise the calls, small enough to
/// stay in the cache.
pub const BATCH: usize = 4096;

/// Why a tape cannot be read or written. Every message says where.
#[derive(Debug, thiserror::Error)]
pub enum TapeError {
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// The content is in no format we know.
    #[error("{}: {reason}", path.display())]
    Unrecognised {
        /// Which file.
        path: PathBuf,
        /// What was found and what is accepted.
        reason: String,
    },
    /// The file is one of ours and damaged.
    #[error("{}: {reason}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where and how.
        reason: String,
    },
    /// The Parquet library refused.
    #[error("{}: {source}", path.display())]
    Parquet {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: parquet::errors::ParquetError,
    },
    /// A settlements file that cannot be read.
    #[error("{}:{line}: {reason}", path.display())]
    Settlements {
        /// Which file.
        path: PathBuf,
        /// Line number from 1.
        line: u64,
        /// What is wrong and what is allowed.
        reason: String,
    },
}

impl TapeError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn parquet(path: &Path, source: parquet::errors::ParquetError) -> Self {
        Self::Parquet { path: path.to_owned(), source }
    }
}

/// A line of a foreign recording that could not be read. The rest of the file goes on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BrokenLine {
    /// Line number from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// What a source has noticed so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceNotes {
    /// Lines or frames read.
    pub lines: u64,
    /// Lines that could not be read.
    pub broken_lines: u64,
    /// The first of them, at most [`SourceNotes::KEPT`].
    pub broken: Vec<BrokenLine>,
    /// Skipped sequence numbers: how many times (not how many frames are missing).
    pub sequence_gaps: u64,
    /// Frames of kinds that say nothing to the engine.
    pub ignored: u64,
    /// Fields that this program does not know: the venue has changed its messages.
    pub unknown_fields: u64,
    /// Bytes at the end of a recording that are no whole frame: lost in a crash.
    pub torn_bytes: u64,
}

impl SourceNotes {
    /// How many broken lines are kept with their reason.
    pub const KEPT: usize = 20;

    pub(crate) fn break_line(&mut self, line: u64, reason: impl Into<String>) {
        self.broken_lines += 1;
        if self.broken.len() < Self::KEPT {
            self.broken.push(BrokenLine { line, reason: reason.into() });
        }
    }
}

/// A stream of events with dense market ids of its own, in order of time, in constant memory.
pub trait EventSource {
    /// Appends at least one event, about [`BATCH`] of them; `false` at the end, with nothing appended.
    ///
    /// # Errors
    /// [`TapeError`] if nothing further can be read. Broken lines are no error: see [`Self::notes`].
    fn read(&mut self, out: &mut Vec<Event>) -> Result<bool, TapeError>;

    /// What was noticed so far.
    fn notes(&self) -> &SourceNotes;
}

/// Endings of what can only be a recording. A `.csv` may be anything: it is named by itself.
const RECORDING_ENDINGS: [&str; 4] = [".tape", ".parquet", ".jsonl", ".jsonl.zst"];

/// Replaces every directory by the recordings directly in it, in order of name.
///
/// # Errors
/// [`TapeError`] if a directory cannot be read or has no recording in it.
pub fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, TapeError> {
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        if path.is_dir() {
            files.extend(recordings_in(path)?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn recordings_in(dir: &Path) -> Result<Vec<PathBuf>, TapeError> {
    let io = |source| TapeError::io(dir, source);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let ends = |name: String| RECORDING_ENDINGS.iter().any(|ending| name.ends_with(ending));
        if name.is_some_and(ends) && path.is_file() {
            files.push(path);
        }
    }
    if files.is_empty() {
        let endings = RECORDING_ENDINGS.join(", ");
        let reason = format!("a directory without a recording ({endings}); name a .csv by itself");
        return Err(TapeError::Unrecognised { path: dir.to_owned(), reason });
    }
    files.sort();
    Ok(files)
}

/// Opens any file that [`detect`] recognises.
///
/// # Errors
/// [`TapeError`] if the file cannot be read or its format is not known or not supported.
pub fn open(path: &Path) -> Result<Box<dyn EventSource>, TapeError> {
    open_as(path, detect(path)?)
}

/// Opens a file as what the caller says it is.
///
/// # Errors
/// [`TapeError`] if the file cannot be read or the format is not supported.
pub fn open_as(path: &Path, format: Format) -> Result<Box<dyn EventSource>, TapeError> {
    Ok(match format {
        Format::Recording => Box::new(recording::RecordingReader::open(path)?),
        Format::Sealed => Box::new(sealed::SealedReader::open(path)?),
        Format::KalshiWs => Box::new(foreign::KalshiWs::open(path)?),
        Format::BookCsv => Box::new(foreign::BookCsv::open(path)?),
        Format::QuotesCsv => Box::new(foreign::QuotesCsv::open(path)?),
        Format::PolymarketWs => {
            return Err(TapeError::Unrecognised {
                path: path.to_owned(),
                reason: "a Polymarket websocket recording (polymarket-ws): recognised, but not \
                         supported yet"
                    .to_owned(),
            });
        }
    })
}

/// One event after another from any source.
pub struct TapeReader {
    source: Box<dyn EventSource>,
    batch: std::vec::IntoIter<Event>,
    done: bool,
}

impl std::fmt::Debug for TapeReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TapeReader").field("done", &self.done).finish_non_exhaustive()
    }
}

impl TapeReader {
    /// Opens any file that [`detect`] recognises.
    ///
    /// # Errors
    /// As [`open`].
    pub fn open(path: &Path) -> Result<Self, TapeError> {
        Ok(Self { source: open(path)?, batch: Vec::new().into_iter(), done: false })
    }

    /// What was noticed so far.
    #[must_use]
    pub fn notes(&self) -> &SourceNotes {
        self.source.notes()
    }
}

impl Iterator for TapeReader {
    type Item = Result<Event, TapeError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(event) = self.batch.next() {
                return Some(Ok(event));
            }
            if self.done {
                return None;
            }
            let mut out = Vec::with_capacity(BATCH);
            match self.source.read(&mut out) {
                Ok(more) => self.done = !more,
                Err(error) => {
                    self.done = true;
                    return Some(Err(error));
                }
            }
            self.batch = out.into_iter();
        }
    }
}

/// Turns a recording (or any other source) into a sealed tape. Returns how many events it has.
///
/// # Errors
/// [`TapeError`] if either file fails.
pub fn seal(from: &Path, to: &Path, options: SealOptions) -> Result<u64, TapeError> {
    let mut source = open(from)?;
    let mut writer = SealedWriter::create(to, options)?;
    let mut batch = Vec::with_capacity(BATCH);
    while source.read(&mut batch)? {
        for event in batch.drain(..) {
            writer.append(&event)?;
        }
    }
    writer.finish()
}
