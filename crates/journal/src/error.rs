//! What can go wrong with a journal: what, where, and what to do.

use std::path::{Path, PathBuf};

/// Why a journal cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process holds this state directory.
    #[error(
        "another instance{holder} is using the state directory {}; stop it first, or give this one its \
         own directory ([run] state_dir)",
        dir.display()
    )]
    Locked {
        /// The directory.
        dir: PathBuf,
        /// ` (process 123)` if the holder wrote its id down.
        holder: String,
    },
    /// The directory or a file in it cannot be created or written.
    #[error("cannot write in the state directory {}: {source}", path.display())]
    Unwritable {
        /// Which file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no journal to read.
    #[error(
        "there is no journal at {}: `run` writes it; --state DIR names another directory",
        path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// No room left on the device, or the configured size is used up.
    #[error("the disk is full: the journal at {} cannot grow; nothing more will be sent", path.display())]
    DiskFull {
        /// The database.
        path: PathBuf,
    },
    /// The journal was written for another venue or another system of it.
    #[error(
        "the journal at {} belongs to {theirs}, not to {ours}; use another state directory \
         ([run] state_dir), never one journal for two accounts",
        path.display()
    )]
    OtherIdentity {
        /// The database.
        path: PathBuf,
        /// Whose it is.
        theirs: String,
        /// Who asked.
        ours: String,
    },
    /// The journal was written with another key, perhaps of the same account.
    #[error(
        "the journal at {} was written with the key {theirs:?}, and the settings name the key {ours:?}. If that \
         is a new key of the same account, run `statecraft journal new-key` once: it asks the venue for proof, and \
         the journal goes on with what it knows (a kill, losses, pauses, positions). Another account needs another \
         state directory ([run] state_dir)",
        path.display()
    )]
    OtherKey {
        /// The database.
        path: PathBuf,
        /// The key's id that it knows.
        theirs: String,
        /// The key's id of whoever asked.
        ours: String,
    },
    /// The file has another format version, or is not a journal at all.
    #[error("{} is not a journal of this program's format {expected} (it says {found})", path.display())]
    OtherFormat {
        /// The database.
        path: PathBuf,
        /// What this program writes.
        expected: i64,
        /// What the file says.
        found: i64,
    },
    /// A record that follows the one before it to the bit, in a form that this program does not write: a later
    /// version did. The journal is in order.
    #[error(
        "the journal at {} is not damaged, but another version of this program wrote record {sequence} ({kind}), \
         which this one cannot read: {what}. Nothing was changed; use the program that wrote it ({version}) or a \
         later one",
        path.display()
    )]
    NewerRecord {
        /// The database.
        path: PathBuf,
        /// The first such record.
        sequence: i64,
        /// Its kind.
        kind: String,
        /// What this program does not know.
        what: String,
        /// Which version the run that wrote it was of.
        version: String,
    },
    /// A record was changed, is missing, or cannot be read.
    #[error(
        "the journal at {} is damaged at record {sequence}: {what}. Nothing was changed; restore the \
         directory from a backup, or move it away and reconcile by hand with the venue",
        path.display()
    )]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// The first bad record.
        sequence: i64,
        /// What is wrong with it.
        what: String,
    },
    /// The linked `SQLite` lacks the WAL-reset fix.
    #[error(
        "this program was built with SQLite {found}; 3.51.3 or newer is needed (WAL-reset fix)"
    )]
    OldSqlite {
        /// Its version.
        found: String,
    },
    /// A value that JSON cannot hold (a float that is not a number).
    #[error("a record cannot be written as JSON: {0}")]
    Unwritten(String),
    /// The system's random generator failed while the lineage was drawn.
    #[error("the system gave no random numbers for the journal's lineage")]
    NoRandomness,
    /// The writer thread could not be started.
    #[error("cannot start the journal's writer thread: {0}")]
    NoThread(std::io::Error),
    /// A failed commit closed the journal earlier.
    #[error(transparent)]
    Closed(#[from] JournalClosed),
    /// Anything else `SQLite` reports.
    #[error("the journal at {}: {source}", path.display())]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// What it said.
        source: rusqlite::Error,
    },
}

/// Why a record cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// This version writes nothing of this form: the kind is unknown, or its body holds what is.
    #[error("{0}")]
    OtherForm(String),
    /// It does not fit the records before it.
    #[error("{0}")]
    Misfit(String),
}

impl From<String> for RecordError {
    fn from(what: String) -> Self {
        Self::Misfit(what)
    }
}

impl JournalError {
    /// Is this a safety rule at work (exit code 3) rather than a failure?
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Locked { .. }
                | Self::OtherIdentity { .. }
                | Self::OtherKey { .. }
                | Self::Corrupt { .. }
                | Self::NewerRecord { .. }
        )
    }

    /// Gives an error of the database its proper name.
    pub(super) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::Unwritable { path, source: std::io::Error::other(source.to_string()) }
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::Corrupt { path, sequence: 0, what: source.to_string() }
            }
            _ => Self::Sqlite { path, source },
        }
    }
}

/// The journal takes nothing any more: a commit failed (it is never tried again) or it was closed.
/// Nothing that is not in it may be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal is closed: {reason}")]
pub struct JournalClosed {
    /// Why.
    pub reason: String,
}
