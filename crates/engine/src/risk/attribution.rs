//! What was opened because of which story (R25). An order that opens is put down to the newest signal
//! that moved its strategy's model, and to the source of that signal.

use std::collections::VecDeque;
use std::sync::Arc;

use statecraft_domain::{ClientOrderId, MarketId, Nanos, OrderRequest, StrategyId, Timestamp, Usd};

use crate::orders::account::outcome_price;
use crate::orders::{Ledger, OrderRecord};

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
    strategy: StrategyId,
    market: MarketId,
    story: Option<Story>,
    /// What an order that is over opened; `None`: it may still change, and the ledger knows.
    settled: Option<Usd>,
}

/// Orders that opened something, and why. Kept while what they opened may be held, and for an hour at
/// least. What orders that are over opened is kept beside them, until the ledger says that one of those changed
/// after all ([`Ledger::revisions`]), and for good once the ledger has forgotten them.
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

/// What orders opened, at their limits.
#[derive(Debug, Clone, Copy, Default)]
struct Opened {
    /// Filled, and what may still be.
    whole: Usd,
    /// What may still be.
    open: Usd,
}

impl Opened {
    const fn over(whole: Usd) -> Self {
        Self { whole, open: Usd::ZERO }
    }

    fn add(&mut self, more: Self) {
        self.whole += more.whole;
        self.open += more.open;
    }

    /// What of it is at stake where this was paid for what is held: no round trip adds up.
    fn at_stake(self, held: Usd) -> Usd {
        self.whole.min(held + self.open)
    }
}

/// The orders of one strategy on one market.
#[derive(Debug, Clone, Copy)]
struct Pile {
    strategy: StrategyId,
    market: MarketId,
    signal: Opened,
    source: Opened,
}

impl Attributions {
    /// An order that opens something was decided. Forgets what is closed and older than an hour. `held`: what a
    /// strategy has paid for what it holds on a market.
    pub fn enter(
        &mut self,
        order: &OrderRequest,
        story: Option<Story>,
        ledger: &Ledger,
        held: impl Fn(StrategyId, MarketId) -> Usd,
    ) {
        let at = order.decided_at;
        self.settle(ledger);
        let counts = |entry: &Entry| {
            let opened = entry.opened(true, ledger).unwrap_or_default();
            !opened.at_stake(held(entry.strategy, entry.market)).is_zero()
        };
        self.entries.retain(|entry| entry.at > at - HOUR || counts(entry));
        while self.entries.len() >= ENTRIES_MAX {
            self.entries.pop_front();
        }
        let (order, strategy, market) = (order.id, order.strategy, order.market);
        self.entries.push_back(Entry { at, order, strategy, market, story, settled: None });
    }

    /// Notes what the orders that are over opened. To be told of every order, whatever it is for: the ledger forgets
    /// those that are long over.
    pub fn settle(&mut self, ledger: &Ledger) {
        let revised = self.revisions != ledger.revisions();
        self.revisions = ledger.revisions();
        for entry in &mut self.entries {
            if (entry.settled.is_none() || revised)
                && let Some(record) = ledger.get(entry.order)
            {
                entry.settled = record.is_done().then(|| opened_by(record).whole);
            }
        }
    }

    /// What is at stake at most: filled and still to be filled, at the orders' limits; of what one strategy's orders
    /// opened on one market no more than it has paid for what it holds there, and what is still to be filled. What
    /// was opened within the hour counts for that whether it is held or not.
    #[must_use]
    pub fn at_stake(
        &self,
        story: Option<&Story>,
        now: Timestamp,
        ledger: &Ledger,
        held: impl Fn(StrategyId, MarketId) -> Usd,
    ) -> Attributed {
        let mut sum = Attributed::default();
        let mut piles: Vec<Pile> = Vec::new();
        let current = self.revisions == ledger.revisions();
        for entry in &self.entries {
            let (signal, source) = entry.shares(story);
            let recent = entry.at > now - HOUR;
            // Most entries count for nothing: nothing is looked up for them.
            if !(signal || source || recent) {
                continue;
            }
            let Some(opened) = entry.opened(current, ledger) else { continue };
            if recent {
                sum.hour += opened.whole;
            }
            if signal || source {
                let pile = pile_of(&mut piles, entry);
                if signal {
                    pile.signal.add(opened);
                }
                if source {
                    pile.source.add(opened);
                }
            }
        }
        for pile in piles {
            let held = held(pile.strategy, pile.market);
            sum.signal += pile.signal.at_stake(held);
            sum.source += pile.source.at_stake(held);
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

    /// What its order opened or may still open: as it was settled if that is `current`, else by the ledger, which
    /// may have forgotten it.
    fn opened(&self, current: bool, ledger: &Ledger) -> Option<Opened> {
        let settled = self.settled.map(Opened::over);
        let asked = || ledger.get(self.order).map(opened_by);
        settled.filter(|_| current).or_else(asked).or(settled)
    }
}

fn pile_of<'a>(piles: &'a mut Vec<Pile>, entry: &Entry) -> &'a mut Pile {
    let (strategy, market) = (entry.strategy, entry.market);
    let known = piles.iter().position(|pile| pile.strategy == strategy && pile.market == market);
    let index = known.unwrap_or_else(|| {
        let (signal, source) = (Opened::default(), Opened::default());
        piles.push(Pile { strategy, market, signal, source });
        piles.len() - 1
    });
    &mut piles[index]
}

/// Most often it is the very same text.
fn is_same(ours: &Arc<str>, theirs: &Arc<str>) -> bool {
    Arc::ptr_eq(ours, theirs) || ours == theirs
}

/// What the order opened or may still open.
fn opened_by(record: &OrderRecord) -> Opened {
    let request = &record.request;
    let (each, open) = (outcome_price(request.side, request.price), record.reserved());
    Opened { whole: each.times(record.filled + open), open: each.times(open) }
}

#[cfg(test)]
mod tests;
