//! [`SimulatedJournal`]: the journal on a disk that does what a seed wants. Records become the very rows of
//! the real one, and are read back by the very code that recovers from it; only the disk is made up: what
//! was written and not flushed may or may not survive a crash, and a flush may fail.

use std::collections::VecDeque;

use statecraft_domain::{OrderRequest, RiskApproved};

use super::recovery::Reading;
use super::store::{Row, Tail};
use super::writer::Journaled;
use super::{JournalClosed, Record, Recovery};

/// See the module.
pub struct SimulatedJournal {
    lineage: u64,
    durable: Vec<Row<'static>>,
    /// Written, not flushed.
    written: VecDeque<(Row<'static>, Record)>,
    tail: Tail,
    failed: Option<JournalClosed>,
    /// What an earlier run has read of it, and for which strategies: rows in memory do not change, so every
    /// row is read once after it has become durable.
    read: Option<(Vec<String>, Reading)>,
}

impl std::fmt::Debug for SimulatedJournal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimulatedJournal")
            .field("durable", &self.durable.len())
            .field("written", &self.written.len())
            .finish_non_exhaustive()
    }
}

impl SimulatedJournal {
    /// An empty journal of this lineage. [`Self::open`] it before writing.
    #[must_use]
    pub const fn new(lineage: u64) -> Self {
        Self {
            lineage,
            durable: Vec::new(),
            written: VecDeque::new(),
            tail: Tail { seq: 0, checksum: 0, run: 0 },
            failed: None,
            read: None,
        }
    }

    /// Writes a record. It is not durable before [`Self::flush`].
    ///
    /// # Errors
    /// [`JournalClosed`] after a failure, or for a record that cannot be written.
    pub fn append(&mut self, record: Record) -> Result<(), JournalClosed> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        match self.tail.push(&record) {
            Ok(row) => {
                self.written.push_back((row, record));
                Ok(())
            }
            Err(error) => Err(self.fail(&error.to_string(), 0)),
        }
    }

    /// Records written and not flushed.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.written.len()
    }

    /// Durable records.
    #[must_use]
    pub fn durable(&self) -> usize {
        self.durable.len()
    }

    /// Everything written is durable now; the orders among it may be sent.
    pub fn flush(&mut self) -> Vec<Journaled<RiskApproved<OrderRequest>>> {
        let mut orders = Vec::new();
        for (row, record) in self.written.drain(..) {
            self.durable.push(row);
            if let Record::Intent(order) = record {
                orders.push(Journaled::after_commit(order));
            }
        }
        orders
    }

    /// A write or flush fails: nobody is told that anything is durable, though the first `kept` of what
    /// was written are. Nothing is taken from here on.
    pub fn fail(&mut self, reason: &str, kept: usize) -> JournalClosed {
        self.keep(kept);
        let closed = JournalClosed { reason: reason.to_owned() };
        self.failed.get_or_insert(closed).clone()
    }

    /// Why nothing is taken any more, if so.
    #[must_use]
    pub fn failure(&self) -> Option<JournalClosed> {
        self.failed.clone()
    }

    /// The process dies: of what was written and not flushed, the first `kept` survive.
    pub fn crash(&mut self, kept: usize) {
        self.keep(kept);
    }

    fn keep(&mut self, kept: usize) {
        let kept = kept.min(self.written.len());
        self.durable.extend(self.written.drain(..kept).map(|(row, _)| row));
        self.written.clear();
    }

    /// A run begins: what the earlier ones left, read and checked as the real journal is.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(&mut self, strategies: &[String]) -> Result<Recovery, String> {
        self.written.clear();
        self.failed = None;
        let mut reading = match self.read.take() {
            Some((theirs, reading)) if theirs == strategies => reading,
            _ => Reading::new(self.lineage, strategies),
        };
        let (last, mut previous) = reading.last();
        let mut expected = last + 1;
        for row in self.durable.iter().skip(usize::try_from(last).unwrap_or(0)) {
            if row.seq != expected || !row.follows(previous) {
                return Err(format!("record {expected} is missing or changed"));
            }
            reading.take(row).map_err(|error| error.to_string())?;
            (previous, expected) = (row.checksum, row.seq + 1);
        }
        self.read = Some((strategies.to_vec(), reading.clone()));
        let (recovery, tail) = reading.finish();
        self.tail = tail;
        Ok(recovery)
    }

    /// A run begins that does not look at what the earlier ones left: it only goes on behind them.
    pub fn resume(&mut self) {
        self.written.clear();
        self.failed = None;
        if let Some(last) = self.durable.last() {
            self.tail = Tail { seq: last.seq, checksum: last.checksum, run: last.run };
        }
        self.tail.run += 1;
    }

    /// The text of a record as it was written, by position; none if the disk never took it.
    #[must_use]
    pub fn body(&self, position: usize) -> Option<&str> {
        let row = match position.checked_sub(self.durable.len()) {
            None => self.durable.get(position),
            Some(waiting) => self.written.get(waiting).map(|(row, _)| row),
        };
        row.map(|row| &*row.body)
    }

    /// Loses the last `count` durable records: what a disk must never do.
    #[cfg(feature = "planted-defects")]
    pub fn lose(&mut self, count: usize) {
        self.durable.truncate(self.durable.len().saturating_sub(count));
        self.read = None;
    }
}
