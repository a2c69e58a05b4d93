//! The simulated disk as the world sees it: the journal, and the world's own copy of what was written.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use statecraft_domain::event::{Mode, ModeChanged};
use statecraft_domain::{Event, OrderRequest, RiskApproved};

use crate::journal::simulated::SimulatedJournal;
use crate::journal::{JournalClosed, Journaled, Record, Recovery};
use crate::trading::desk::Log;
use crate::trading::recovery::PAUSED;

/// See the module.
#[derive(Debug)]
pub(super) struct Disk {
    journal: SimulatedJournal,
    /// Everything that is written: durable, or waiting.
    copy: Vec<Record>,
    /// So many of them were said to be durable.
    acknowledged: usize,
    /// The process dies after so many more records.
    pub(super) crash_in: Option<u32>,
    /// It died in the middle of a write.
    pub(super) died: bool,
    pub(super) full: bool,
    /// Written since the last look, by position.
    fresh: usize,
    /// Where the last change of mode stands.
    last_mode: Option<usize>,
}

impl Disk {
    pub(super) const fn new(lineage: u64) -> Self {
        Self {
            journal: SimulatedJournal::new(lineage),
            copy: Vec::new(),
            acknowledged: 0,
            crash_in: None,
            died: false,
            full: false,
            fresh: 0,
            last_mode: None,
        }
    }

    fn append(&mut self, record: Record) -> Result<(), JournalClosed> {
        if self.died {
            return Err(JournalClosed { reason: "the process died".to_owned() });
        }
        if self.full {
            return Err(self.journal.fail("the disk is full", 0));
        }
        self.journal.append(record.clone())?;
        if matches!(record, Record::Event(Event::ModeChanged(_))) {
            self.last_mode = Some(self.copy.len());
        }
        self.copy.push(record);
        match &mut self.crash_in {
            Some(0) => {
                self.crash_in = None;
                self.died = true;
                Err(JournalClosed { reason: "the process died".to_owned() })
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Does anything wait for a flush?
    pub(super) fn is_waiting(&self) -> bool {
        self.journal.waiting() > 0 && self.journal.failure().is_none()
    }

    /// Positions of the records written since the last look.
    pub(super) fn fresh(&mut self) -> Range<usize> {
        let from = self.fresh.min(self.copy.len());
        self.fresh = self.copy.len();
        from..self.fresh
    }

    /// A record, and its text as written.
    pub(super) fn record(&self, position: usize) -> Option<(&Record, &str)> {
        let record = self.copy.get(position)?;
        Some((record, self.journal.body(position).unwrap_or_default()))
    }

    /// Everything written is durable.
    pub(super) fn flush(&mut self) -> Vec<Journaled<RiskApproved<OrderRequest>>> {
        // After a failure nothing is flushed any more, and nobody is told that it was.
        if self.journal.failure().is_some() {
            return Vec::new();
        }
        let orders = self.journal.flush();
        self.acknowledged = self.copy.len();
        orders
    }

    /// A planted defect: orders are handed out, and nobody is told that they are durable.
    pub(super) fn flush_without_word(&mut self) -> Vec<Journaled<RiskApproved<OrderRequest>>> {
        self.journal.flush()
    }

    /// A flush fails; some of what waited is on the disk all the same.
    pub(super) fn fail(&mut self, kept: usize) {
        self.journal.fail("the flush failed", kept);
    }

    pub(super) const fn acknowledged(&self) -> usize {
        self.acknowledged
    }

    pub(super) fn waiting(&self) -> usize {
        self.journal.waiting()
    }

    /// The process is gone; of what waited, the first `kept` records are on the disk.
    pub(super) fn crash(&mut self, kept: usize) {
        self.journal.crash(kept);
        self.copy.truncate(self.journal.durable());
        // What was left is on the disk, whether anybody was told so or not: the next start reads it.
        self.acknowledged = self.acknowledged.max(self.copy.len());
        self.fresh = self.fresh.min(self.copy.len());
        let is_mode = |record: &Record| matches!(record, Record::Event(Event::ModeChanged(_)));
        self.last_mode = self.copy.iter().rposition(is_mode);
        (self.crash_in, self.died, self.full) = (None, false, false);
    }

    /// The next run reads it.
    ///
    /// # Errors
    /// What the read-back lacks or has changed (I21).
    pub(super) fn open(&mut self, names: &[String]) -> Result<Recovery, String> {
        if self.copy.len() < self.acknowledged {
            return Err(format!(
                "{} records were acknowledged, {} are left",
                self.acknowledged,
                self.copy.len()
            ));
        }
        let recovery = self.journal.open(names)?;
        if let Some(at) = (0..self.copy.len().max(recovery.records.len()))
            .find(|&at| self.copy.get(at) != recovery.records.get(at))
        {
            return Err(format!(
                "record {at} was {:?} and is read back as {:?}",
                self.copy.get(at),
                recovery.records.get(at)
            ));
        }
        self.fresh = self.copy.len();
        Ok(recovery)
    }

    /// The first order number that no record uses.
    pub(super) fn next_sequence(&self) -> u64 {
        let last = self.copy.iter().rev().find_map(|record| match record {
            Record::Intent(order) => Some(order.get().id.sequence),
            _ => None,
        });
        last.unwrap_or(0) + 1
    }

    /// Records of a run between two runs: an earlier version of the program, perhaps.
    pub(super) fn interlude(&mut self, records: Vec<Record>) -> Result<(), JournalClosed> {
        self.journal.resume();
        for record in records {
            self.append(record)?;
        }
        self.flush();
        Ok(())
    }

    /// The last mode change of a killed account, or its release, is durable?
    pub(super) fn kill_is_durable(&self) -> bool {
        self.last_word().is_some_and(|changed| changed.mode == Mode::Killed)
    }

    /// The same of a person's pause.
    pub(super) fn pause_is_durable(&self) -> bool {
        self.last_word().is_some_and(|changed| changed.reason.starts_with(PAUSED))
    }

    /// The last durable word about being killed, paused, or active.
    fn last_word(&self) -> Option<&ModeChanged> {
        let durable = self.copy.get(..self.acknowledged).unwrap_or_default();
        durable.iter().rev().find_map(|record| match record {
            Record::Event(Event::ModeChanged(changed)) => {
                let says = matches!(changed.mode, Mode::Killed | Mode::Active)
                    || changed.reason.starts_with(PAUSED);
                says.then_some(changed)
            }
            _ => None,
        })
    }

    /// The engine stopped itself, that is durable, and nobody has said otherwise since: the code of its reason.
    pub(super) fn stopped_itself(&self) -> Option<&str> {
        let (index, changed) = self.last_mode()?;
        let stops = matches!(changed.mode, Mode::Halted | Mode::Killed) && changed.is_by_engine();
        (index < self.acknowledged && stops).then_some(changed.reason.as_str())
    }

    fn last_mode(&self) -> Option<(usize, &ModeChanged)> {
        let at = self.last_mode.filter(|&at| at < self.copy.len())?;
        match self.copy.get(at) {
            Some(Record::Event(Event::ModeChanged(changed))) => Some((at, changed)),
            _ => None,
        }
    }

    /// Everything that is durable or waiting.
    pub(super) fn records(&self) -> &[Record] {
        &self.copy
    }

    #[cfg(feature = "planted-defects")]
    pub(super) fn lose_last(&mut self) {
        self.journal.lose(1);
        self.copy.truncate(self.journal.durable());
    }
}

/// The desk's end of the disk.
#[derive(Debug, Clone)]
pub(super) struct SimLog(pub(super) Rc<RefCell<Disk>>);

impl Log for SimLog {
    fn append(&mut self, record: Record) -> Result<(), JournalClosed> {
        self.0.borrow_mut().append(record)
    }

    fn failure(&self) -> Option<JournalClosed> {
        self.0.borrow().journal.failure()
    }
}
