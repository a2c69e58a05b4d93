//! The session file beside a recording: what the engine was told and knew before the first event, and
//! every action it took since. With the recording it is all that [`super::replay`] needs to run the
//! session again and compare it action by action (P7).
//!
//! Lines of JSON: a [`Head`], the records that recovery gave back, a line for every event that led to
//! actions (its number from 1, the actions, the SHA-256 of all actions so far), and a last line if the
//! run ended in good order.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use statecraft_domain::Action;
use statecraft_engine::EngineConfig;

use crate::config::Given;
use crate::journal::Record;
use crate::research::actions_hash::ActionsHash;

/// Version of the form.
pub const VERSION: u32 = 1;
/// Ending of a session file; the rest of its name is the recording's.
pub const ENDING: &str = "session";

/// What the engine was told before it saw anything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// [`VERSION`].
    pub session: u32,
    /// Version of the program.
    pub program: String,
    /// SHA-256 of the engine's whole configuration.
    pub engine_hash: String,
    /// Names the orders.
    pub lineage: u64,
    /// The first order's number.
    pub first_sequence: u64,
    /// Engine seconds per second.
    pub time_scale: u32,
    /// How many records of earlier runs follow.
    pub records: usize,
    /// Settings and strategies as they were read.
    pub given: Given,
}

/// A record of an earlier run, in the ids of this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// [`Record::kind`].
    pub kind: String,
    /// [`Record::to_json`].
    pub body: String,
}

/// What an event led to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// Number of the event in the recording, from 1.
    pub event: u64,
    /// What the engine asked for, in order.
    pub actions: Vec<Action>,
    /// SHA-256 of all actions so far, hex.
    pub hash: String,
}

/// The last line of a run that ended in good order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// How many events there were.
    pub events: u64,
    /// SHA-256 of all actions, hex.
    pub hash: String,
}

/// A line behind the head and the records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// What an event led to.
    Decided(Decided),
    /// The end.
    End(End),
}

/// Why a session file cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum SessionFileError {
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// A line that is not what it should be.
    #[error("{}:{line}: {reason}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Line number from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

/// Names a configuration of the engine: equal configurations have equal names.
#[must_use]
pub fn engine_hash(config: &EngineConfig) -> String {
    hex::encode(Sha256::digest(format!("{config:?}")))
}

/// The session file of a recording.
#[must_use]
pub fn beside(tape: &Path) -> PathBuf {
    tape.with_extension(ENDING)
}

/// Writes a session file while the session runs.
#[derive(Debug)]
pub struct SessionWriter {
    path: PathBuf,
    file: BufWriter<File>,
    events: u64,
    hash: ActionsHash,
}

impl SessionWriter {
    /// Starts the session file of the recording `tape`.
    ///
    /// # Errors
    /// [`SessionFileError`] if it cannot be written.
    pub fn create(tape: &Path, head: &Head, records: &[Record]) -> Result<Self, SessionFileError> {
        let path = beside(tape);
        let file = File::create_new(&path)
            .map_err(|source| SessionFileError::Io { path: path.clone(), source })?;
        let file = BufWriter::with_capacity(1 << 16, file);
        let mut writer = Self { path, file, events: 0, hash: ActionsHash::default() };
        writer.line(head)?;
        for record in records {
            let body = record.to_json().map_err(|error| writer.malformed(&error))?;
            writer.line(&Known { kind: record.kind().to_owned(), body })?;
        }
        Ok(writer)
    }

    /// One more event, and what the engine asked for.
    ///
    /// # Errors
    /// [`SessionFileError`] if it cannot be written.
    pub fn event(&mut self, actions: &[Action]) -> Result<(), SessionFileError> {
        self.events += 1;
        if actions.is_empty() {
            return Ok(());
        }
        for action in actions {
            self.hash.update(action);
        }
        let hash = self.hash.clone().finish();
        let event = self.events;
        self.line(&Line::Decided(Decided { event, actions: actions.to_vec(), hash }))
    }

    /// Hands everything to the operating system.
    ///
    /// # Errors
    /// [`SessionFileError`] if it cannot be written.
    pub fn flush(&mut self) -> Result<(), SessionFileError> {
        self.file.flush().map_err(|source| SessionFileError::Io { path: self.path.clone(), source })
    }

    /// Writes the last line.
    ///
    /// # Errors
    /// [`SessionFileError`] if it cannot be written.
    pub fn finish(mut self) -> Result<(), SessionFileError> {
        let hash = self.hash.clone().finish();
        self.line(&Line::End(End { events: self.events, hash }))?;
        self.flush()
    }

    fn line(&mut self, what: &impl Serialize) -> Result<(), SessionFileError> {
        let text = serde_json::to_string(what).map_err(|error| self.malformed(&error))?;
        writeln!(self.file, "{text}")
            .map_err(|source| SessionFileError::Io { path: self.path.clone(), source })
    }

    fn malformed(&self, error: &dyn std::error::Error) -> SessionFileError {
        let (path, reason) = (self.path.clone(), error.to_string());
        SessionFileError::Malformed { path, line: 0, reason }
    }
}
