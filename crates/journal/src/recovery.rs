//! What a restart learns from the journal, in the names of the run that reads it.

use std::collections::HashMap;

use statecraft_domain::control::Scope;
use statecraft_domain::{ClientOrderId, Event, MarketId, StrategyId, Venue};

use super::store::{Row, Store, Tail};
use super::{JournalError, Record, RecordError};

/// Everything the journal knew when it was opened.
#[derive(Debug)]
pub struct Recovery {
    /// Names this journal's orders ([`ClientOrderId::lineage`]).
    pub lineage: u64,
    /// The first free intent sequence number.
    pub next_sequence: u64,
    /// All records, oldest first. Strategy ids are those of this run (ids from
    /// `strategies.len()` on belong to [`Recovery::retired`]); market ids are [`Recovery::markets`].
    pub records: Vec<Record>,
    /// Strategies that have orders in the journal but do not run any more, in the order of their ids
    /// behind the running ones.
    pub retired: Vec<String>,
    /// Every market of every earlier run, in order of first mention: what its id in `records` is. A run
    /// that gives its markets these ids first keeps one numbering for ever.
    pub markets: Vec<(Venue, String)>,
    /// Did the last run end in good order (or was there none)?
    pub clean_stop: bool,
}

/// Reads the whole journal.
pub(super) fn read(store: &Store, strategies: &[String]) -> Result<(Recovery, Tail), JournalError> {
    let mut reading = Reading::new(store.lineage()?, strategies);
    store.scan(|row| reading.take(row))?;
    Ok(reading.finish())
}

/// A journal being read, row by row.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    lineage: u64,
    names: Names,
    records: Vec<Record>,
    tail: Tail,
    last_sequence: u64,
}

impl Reading {
    pub(super) fn new(lineage: u64, strategies: &[String]) -> Self {
        Self {
            lineage,
            names: Names::new(strategies),
            records: Vec::new(),
            tail: Tail { seq: 0, checksum: 0, run: 0 },
            last_sequence: 0,
        }
    }

    /// The next row, whose checksum has been looked at.
    pub(super) fn take(&mut self, row: &Row<'_>) -> Result<(), RecordError> {
        if row.run != self.tail.run {
            self.names.begin_run();
        }
        let record = self.names.rename(Record::from_json(row.kind, &row.body)?)?;
        if let Record::Intent(order) = &record {
            self.last_sequence = check_id(order.get().id, self.lineage, self.last_sequence)?;
        }
        self.records.push(record);
        self.tail = tail_at(row);
        Ok(())
    }

    /// The last row that was read: its number and checksum.
    pub(super) const fn last(&self) -> (i64, u32) {
        (self.tail.seq, self.tail.checksum)
    }

    /// What it came to, and where the next run goes on.
    pub(super) fn finish(mut self) -> (Recovery, Tail) {
        self.tail.run += 1;
        let last = self.records.iter().rfind(|record| !matches!(record, Record::KeyChanged(_)));
        let recovery = Recovery {
            lineage: self.lineage,
            next_sequence: self.last_sequence + 1,
            clean_stop: matches!(last, None | Some(Record::RunStopped(_))),
            records: self.records,
            retired: self.names.retired,
            markets: self.names.markets,
        };
        (recovery, self.tail)
    }
}

const fn tail_at(row: &Row<'_>) -> Tail {
    Tail { seq: row.seq, checksum: row.checksum, run: row.run }
}

/// Ids are the journal's own and only ever grow: what makes them unique for ever.
fn check_id(id: ClientOrderId, lineage: u64, last: u64) -> Result<u64, String> {
    if id.lineage != lineage {
        return Err(format!("order {id} is of another journal"));
    }
    if id.sequence <= last {
        return Err(format!("order {id} comes after order number {last}"));
    }
    Ok(id.sequence)
}

/// From the ids of the run that wrote a record to the ids of the run that reads it.
#[derive(Debug, Clone)]
struct Names {
    running: HashMap<String, StrategyId>,
    retired: Vec<String>,
    /// Strategy names of the run being read.
    theirs: Vec<String>,
    markets: Vec<(Venue, String)>,
    known: HashMap<(Venue, String), MarketId>,
    /// Market ids of the run being read, where they differ from ours.
    renumbered: HashMap<MarketId, MarketId>,
}

impl Names {
    fn new(strategies: &[String]) -> Self {
        let ids = (0..).map(StrategyId);
        Self {
            running: strategies.iter().cloned().zip(ids).collect(),
            retired: Vec::new(),
            theirs: Vec::new(),
            markets: Vec::new(),
            known: HashMap::new(),
            renumbered: HashMap::new(),
        }
    }

    /// A run either lists a market before using its number or keeps the number it had.
    fn begin_run(&mut self) {
        self.theirs.clear();
        self.renumbered.clear();
    }

    fn rename(&mut self, record: Record) -> Result<Record, String> {
        match &record {
            Record::RunStarted(run) => self.theirs.clone_from(&run.strategies),
            Record::Event(Event::MarketListed(listed)) => {
                let ours = self.market(listed.listing.venue, &listed.listing.ticker);
                self.renumbered.insert(listed.market, ours);
            }
            _ => {}
        }
        let strategy = match &record {
            Record::Intent(order) => self.strategy(order.get().strategy),
            Record::Event(Event::StandingChanged(change)) => self.strategy(change.strategy),
            Record::Event(Event::OrderDenied(denied)) => self.strategy(denied.strategy),
            Record::Event(Event::CautionRaised(raised)) => self.strategy(raised.strategy),
            Record::Event(Event::StrategyChanged(change)) => self.strategy(change.strategy),
            Record::Event(Event::RestrictionChanged(change)) => match change.scope {
                Scope::Strategy(strategy) => self.strategy(strategy),
                Scope::Market(_) => StrategyId(0),
            },
            _ => StrategyId(0),
        };
        record.renamed(|_| strategy, |id| self.renumbered.get(&id).copied().unwrap_or(id))
    }

    fn market(&mut self, venue: Venue, ticker: &str) -> MarketId {
        let name = (venue, ticker.to_owned());
        if let Some(id) = self.known.get(&name) {
            return *id;
        }
        let id = MarketId(u32::try_from(self.markets.len()).unwrap_or(u32::MAX));
        self.markets.push(name.clone());
        self.known.insert(name, id);
        id
    }

    fn strategy(&mut self, theirs: StrategyId) -> StrategyId {
        let name = match self.theirs.get(theirs.index()) {
            Some(name) => name.clone(),
            None => format!("unnamed-{}", theirs.0),
        };
        if let Some(id) = self.running.get(&name) {
            return *id;
        }
        let position = self.retired.iter().position(|retired| *retired == name);
        let position = position.unwrap_or_else(|| {
            self.retired.push(name);
            self.retired.len() - 1
        });
        StrategyId(u16::try_from(self.running.len() + position).unwrap_or(u16::MAX))
    }
}
