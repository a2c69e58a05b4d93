//! What must survive: orders before they are sent, what became of them, signals and modes.
//!
//! The journal is the authority for recovery. It is a `SQLite` database in the state directory with
//! one append-only table, [`Record`]s in the order in which the engine consumed or decided them, chained
//! by checksums, and views (`orders`, `fills`, `positions`) that any `SQLite` tool can read while the
//! bot runs.
//!
//! Absent on purpose: no way to change or remove a record; no second try after a failed commit (the gate
//! closes for good); no way to make a [`Journaled`] order other than a durable commit of its intent; no
//! second writer (a lock on the directory, held by the system for as long as the process lives).

mod error;
pub mod inspect;
mod lock;
mod log;
mod paper;
mod record;
mod recovery;
pub mod simulated;
mod since;
mod store;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use statecraft_domain::{OrderRequest, RiskApproved};

pub use error::{JournalClosed, JournalError, RecordError};
pub use paper::{PAPER_KINDS, paper_time};
pub use record::{Decided, KeyChanged, Record, RulesRead, RunStarted, RunStopped, is_journaled};
pub use recovery::Recovery;
pub use since::trading_since;
pub use store::{FILE_NAME, Identity};
pub use writer::Journaled;

use lock::Lock;
use store::Store;
use writer::{Command, Gate, Writer};

/// How a journal is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Records that may wait; [`Journal::append`] then waits for the disk.
    pub queue: usize,
    /// Records in one commit at most.
    pub batch: usize,
    /// Size the database may reach, in pages of 4096 bytes; `None` is `SQLite`'s own limit.
    pub max_pages: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self { queue: 16_384, batch: 1_024, max_pages: None }
    }
}

/// An open journal: the handle of its writer thread. Dropping it writes what is queued and unlocks the
/// directory.
#[derive(Debug)]
pub struct Journal {
    commands: Option<SyncSender<Command>>,
    writer: Option<JoinHandle<Result<(), JournalError>>>,
    gate: Arc<Gate>,
    // Let go of after the writer thread is joined.
    _lock: Lock,
}

/// A journal and what it knew.
#[derive(Debug)]
pub struct Opened {
    /// Takes new records.
    pub journal: Journal,
    /// The old ones.
    pub recovery: Recovery,
}

impl Journal {
    /// Locks `dir`, opens or creates the journal of `identity` in it, and reads it. `strategies` are the
    /// names of this run's strategies in the order of their ids. `on_durable` is called by the writer
    /// thread with every intent whose commit succeeded, in order, and with nothing else.
    ///
    /// # Errors
    /// [`JournalError`]; nothing was changed then.
    pub fn open(
        dir: &Path,
        identity: &Identity,
        strategies: &[String],
        on_durable: impl FnMut(Journaled<RiskApproved<OrderRequest>>) + Send + 'static,
    ) -> Result<Opened, JournalError> {
        Self::open_with(Options::default(), dir, identity, strategies, on_durable)
    }

    /// [`Self::open`] with other sizes.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(
        options: Options,
        dir: &Path,
        identity: &Identity,
        strategies: &[String],
        on_durable: impl FnMut(Journaled<RiskApproved<OrderRequest>>) + Send + 'static,
    ) -> Result<Opened, JournalError> {
        let lock = Lock::take(dir)?;
        let store = Store::open(dir, identity)?;
        if let Some(pages) = options.max_pages {
            store.check(limit_pages(&store, pages))?;
        }
        let (recovery, tail) = recovery::read(&store, strategies)?;
        let gate = Arc::new(Gate::default());
        let (commands, queue) = sync_channel(options.queue);
        let batch = options.batch.max(1);
        let writer = Writer { store, tail, gate: Arc::clone(&gate), batch, on_durable };
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || writer.run(&queue))
            .map_err(JournalError::NoThread)?;
        let journal = Self { commands: Some(commands), writer: Some(thread), gate, _lock: lock };
        Ok(Opened { journal, recovery })
    }

    /// Queues a record, in order. Waits only if the queue is full. An intent reaches `on_durable` after
    /// its commit; nothing else tells that it may be sent.
    ///
    /// # Errors
    /// [`JournalClosed`] once a commit has failed.
    pub fn append(&self, record: Record) -> Result<(), JournalClosed> {
        self.command(Command::Append(record))
    }

    /// Waits until everything queued before is durable.
    ///
    /// # Errors
    /// [`JournalClosed`] if some of it will never be.
    pub fn flush(&self) -> Result<(), JournalClosed> {
        let (done, wait) = sync_channel(1);
        self.command(Command::Flush(done))?;
        writer::answer(wait.recv(), &self.gate)
    }

    /// A rehearsal: nothing is taken from here on, as after a commit that found the disk full.
    pub fn rehearse_full_disk(&self) {
        self.gate.close("the disk is full (a rehearsal: it is not)");
    }

    /// Did a commit fail? Then nothing may be sent any more.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.gate.is_closed()
    }

    /// Why nothing may be sent any more, if so.
    #[must_use]
    pub fn failure(&self) -> Option<JournalClosed> {
        self.gate.is_closed().then(|| self.gate.error())
    }

    /// Writes what is queued, folds the write-ahead log in and ends the writer thread.
    ///
    /// # Errors
    /// The error that stopped the writer, if one did.
    pub fn close(mut self) -> Result<(), JournalError> {
        self.stop()
    }

    fn command(&self, command: Command) -> Result<(), JournalClosed> {
        let sent = match &self.commands {
            Some(commands) if !self.gate.is_closed() => commands.send(command).is_ok(),
            _ => false,
        };
        if sent { Ok(()) } else { Err(self.gate.error()) }
    }

    fn stop(&mut self) -> Result<(), JournalError> {
        // Without a sender the writer drains its queue and ends.
        self.commands = None;
        match self.writer.take().map(JoinHandle::join) {
            Some(Ok(outcome)) => outcome,
            Some(Err(_panic)) => Err(self.gate.error().into()),
            None => Ok(()),
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // The writer has logged its own failure.
        let _ = self.stop();
    }
}

fn limit_pages(store: &Store, pages: u32) -> rusqlite::Result<()> {
    store.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
}
