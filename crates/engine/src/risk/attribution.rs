//! What was opened because of which story (R25). An order that opens is put down to the newest signal
//! that moved its strategy's model, and to the source of that signal.

use std::collections::VecDeque;
use std::sync::Arc;

use statecraft_domain::{ClientOrderId, MarketId, Nanos, OrderRequest, Timestamp, Usd};

use crate::orders::account::outcome_price;
use crate::orders::{Accounts, Ledger, OrderRecord};

const HOUR: Nanos = Nanos::from_secs(3_600);
/// Entries kept, whatever happens: the oldest go first.
const ENTRIES_MAX: usize = 10_000;

/// The newest signal that moved a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// Its id.
    pub signal: Arc<str>,
    /// Who brought it.
    pub source: Arc<str>,
}

#[derive(Debug, Clone)]
struct Entry {
    at: Timestamp,
    order: ClientOrderId,
    market: MarketId,
    story: Option<Story>,
    /// What an order that is over opened; `None`: it may still change, and the ledger knows.
    settled: Option<Usd>,
}

/// Orders that opened something, and why. Kept while what they opened may be held, and for an hour at
/// least. What orders that are over opened is kept beside them, until the ledger says that one of those changed
/// after all ([`Ledger::revisions`]).
#[derive(Debug, Clone, Default)]
pub struct Attributions {
    entries: VecDeque<Entry>,
    /// The ledger's count when the settled were noted.
    revisions: u64,
}

/// What is at stake because of one story, one source, and the last hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attributed {
    /// Because of the signal.
    pub signal: Usd,
    /// Because of its source.
    pub source: Usd,
    /// Opened within the last hour, whatever for.
    pub hour: Usd,
}

impl Attributions {
    /// An order that opens something was decided. Forgets what is closed and older than an hour.
    pub fn enter(
        &mut self,
        order: &OrderRequest,
        story: Option<Story>,
        ledger: &Ledger,
        accounts: &Accounts,
    ) {
        let at = order.decided_at;
        self.settle(ledger);
        self.entries.retain(|entry| entry.at > at - HOUR || counts(entry, ledger, accounts));
        while self.entries.len() >= ENTRIES_MAX {
            self.entries.pop_front();
        }
        let (order, market) = (order.id, order.market);
        self.entries.push_back(Entry { at, order, market, story, settled: None });
    }

    /// Notes what the orders that are over opened.
    fn settle(&mut self, ledger: &Ledger) {
        let revised = self.revisions != ledger.revisions();
        self.revisions = ledger.revisions();
        for entry in &mut self.entries {
            if entry.settled.is_none() || revised {
                let over = ledger.get(entry.order).filter(|record| record.is_done());
                entry.settled = over.map(opened_by);
            }
        }
    }

    /// What is at stake at most: filled and still to be filled, at the orders' limits. A position that is
    /// closed in part counts whole until it is flat; one that is closed counts for its hour only.
    #[must_use]
    pub fn at_stake(
        &self,
        story: Option<&Story>,
        now: Timestamp,
        ledger: &Ledger,
        accounts: &Accounts,
    ) -> Attributed {
        let mut sum = Attributed::default();
        let current = self.revisions == ledger.revisions();
        for entry in &self.entries {
            let (signal, source) = entry.shares(story);
            let recent = entry.at > now - HOUR;
            // Most entries count for nothing: nothing is looked up for them.
            if !(signal || source || recent) {
                continue;
            }
            let settled = entry.settled.filter(|_| current).map(|worth| (worth, true));
            let asked = || ledger.get(entry.order).map(|r| (opened_by(r), r.is_done()));
            let Some((worth, done)) = settled.or_else(asked) else { continue };
            if recent {
                sum.hour += worth;
            }
            if (signal || source) && is_held(entry, done, accounts) {
                sum.signal += if signal { worth } else { Usd::ZERO };
                sum.source += if source { worth } else { Usd::ZERO };
            }
        }
        sum
    }
}

impl Entry {
    /// Has it the signal of this story, and its source?
    fn shares(&self, story: Option<&Story>) -> (bool, bool) {
        match (&self.story, story) {
            (Some(ours), Some(theirs)) => {
                (is_same(&ours.signal, &theirs.signal), is_same(&ours.source, &theirs.source))
            }
            _ => (false, false),
        }
    }
}

/// Most often it is the very same text.
fn is_same(ours: &Arc<str>, theirs: &Arc<str>) -> bool {
    Arc::ptr_eq(ours, theirs) || ours == theirs
}

/// What the order opened or may still open.
fn opened_by(record: &OrderRecord) -> Usd {
    let request = &record.request;
    outcome_price(request.side, request.price).times(record.filled + record.reserved())
}

/// May something of it be held? Not once its market is flat.
fn is_held(entry: &Entry, done: bool, accounts: &Accounts) -> bool {
    !done || !accounts.position(entry.market).quantity.is_zero()
}

/// Is anything at stake because of it?
fn counts(entry: &Entry, ledger: &Ledger, accounts: &Accounts) -> bool {
    ledger.get(entry.order).is_some_and(|record| {
        is_held(entry, record.is_done(), accounts) && !opened_by(record).is_zero()
    })
}

#[cfg(test)]
mod tests;
