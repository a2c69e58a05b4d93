//! The one thread that writes: group commit, and the gate behind which orders leave.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};

use statecraft_domain::{OrderRequest, RiskApproved};

use super::store::{Row, Store, Tail};
use super::{JournalClosed, JournalError, Record};

/// A thing whose record is durable. Only a successful commit makes one, and it cannot be copied: what
/// may be sent can be sent once.
#[derive(Debug, PartialEq, Eq)]
pub struct Journaled<T>(T);

impl<T> Journaled<T> {
    /// To be called after the commit, by the journal alone.
    pub(super) const fn after_commit(thing: T) -> Self {
        Self(thing)
    }

    /// Looks inside.
    #[must_use]
    pub const fn get(&self) -> &T {
        &self.0
    }

    /// Takes it out, giving up the proof.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// What the writer thread is asked for.
pub(super) enum Command {
    /// Write this.
    Append(Record),
    /// Say so when everything before this is durable.
    Flush(SyncSender<()>),
}

/// Is the journal still taking records, and if not, why?
#[derive(Debug, Default)]
pub(super) struct Gate {
    closed: AtomicBool,
    reason: Mutex<Option<String>>,
}

impl Gate {
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// The first reason stays.
    pub(super) fn close(&self, reason: &str) {
        let mut first = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert_with(|| reason.to_owned());
        self.closed.store(true, Ordering::Release);
    }

    pub(super) fn error(&self) -> JournalClosed {
        let reason = self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone();
        JournalClosed { reason: reason.unwrap_or_else(|| "its writer thread has ended".to_owned()) }
    }
}

/// Closes the gate when the writer thread ends in any way, a panic in the caller's function included.
struct CloseOnExit(Arc<Gate>);

impl Drop for CloseOnExit {
    fn drop(&mut self) {
        let reason = if std::thread::panicking() {
            "its writer thread panicked"
        } else {
            "it was closed by its owner"
        };
        self.0.close(reason);
    }
}

/// The writer thread's state.
pub(super) struct Writer<F> {
    pub(super) store: Store,
    pub(super) tail: Tail,
    pub(super) gate: Arc<Gate>,
    pub(super) batch: usize,
    pub(super) on_durable: F,
}

impl<F: FnMut(Journaled<RiskApproved<OrderRequest>>)> Writer<F> {
    /// Runs until every sender is gone or a commit fails.
    pub(super) fn run(mut self, commands: &Receiver<Command>) -> Result<(), JournalError> {
        let guard = CloseOnExit(Arc::clone(&self.gate));
        let outcome = self.work(commands);
        if let Err(error) = &outcome {
            tracing::error!(%error, "the journal failed; nothing more will be sent");
        } else {
            self.checkpoint();
        }
        drop(guard);
        outcome
    }

    fn work(&mut self, commands: &Receiver<Command>) -> Result<(), JournalError> {
        let mut records = Vec::with_capacity(self.batch);
        let mut waiting = Vec::new();
        while let Ok(first) = commands.recv() {
            // Everything that is there already shares one commit.
            let more = std::iter::from_fn(|| commands.try_recv().ok());
            for command in std::iter::once(first).chain(more).take(self.batch) {
                match command {
                    Command::Append(record) => records.push(record),
                    Command::Flush(waiter) => waiting.push(waiter),
                }
            }
            if let Err(error) = self.commit(&records) {
                // Before the waiters and the queue go away, so that whoever finds them gone finds why.
                self.gate.close(&error.to_string());
                return Err(error);
            }
            for record in records.drain(..) {
                if let Record::Intent(order) = record {
                    (self.on_durable)(Journaled::after_commit(order));
                }
            }
            for waiter in waiting.drain(..) {
                // A waiter that gave up is no concern of ours.
                let _ = waiter.send(());
            }
        }
        Ok(())
    }

    /// One transaction; durable when it returns. Never tried again after a failure: after a failed
    /// flush nobody knows what reached the disk.
    fn commit(&mut self, records: &[Record]) -> Result<(), JournalError> {
        if records.is_empty() {
            return Ok(());
        }
        let rows: Vec<Row<'static>> =
            records.iter().map(|record| self.tail.push(record)).collect::<Result<_, _>>()?;
        self.store.check(self.insert(&rows))
    }

    fn insert(&self, rows: &[Row<'_>]) -> rusqlite::Result<()> {
        let transaction = self.store.connection.unchecked_transaction()?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO records (seq, at, run, kind, body, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for row in rows {
                let Row { seq, at, run, kind, body, checksum } = row;
                insert.execute((seq, at, run, kind, body.as_ref(), checksum))?;
            }
        }
        transaction.commit()
    }

    /// Folds the write-ahead log into the database. A reader may be in the way; the log then stays.
    fn checkpoint(&self) {
        let folded =
            self.store.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(error) = folded {
            tracing::debug!(%error, "the journal's write-ahead log was not folded in");
        }
    }
}

/// A flush whose writer has gone: the gate knows why.
pub(super) fn answer(received: Result<(), RecvError>, gate: &Gate) -> Result<(), JournalClosed> {
    received.map_err(|RecvError| gate.error())
}
