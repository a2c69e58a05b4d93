//! Own orders in the book: they are no depth to take and no opinion of the market.

use statecraft_domain::event::Level;
use statecraft_domain::{MarketId, Price, Quantity, Side};

use super::Engine;
use crate::market::{Evidence, MarketState};
use crate::orders::{Ledger, OrderRecord, Phase};

impl Engine {
    /// Own contracts that rest at this price by the venue's word.
    pub(super) fn own_at(&self, market: MarketId, side: Side, price: Price) -> Quantity {
        own_at(&self.ledger, market, side, price)
    }

    /// What others have on one side, best first.
    pub(super) fn others(&self, market: MarketId, side: Side) -> impl Iterator<Item = Level> + '_ {
        let state = self.markets.get(market.index()).into_iter();
        state.flat_map(move |state| others_in(state, &self.ledger, side))
    }

    /// Best price of others on one side.
    pub(super) fn others_best(&self, market: MarketId, side: Side) -> Option<Price> {
        self.others(market, side).next().map(|level| level.price)
    }

    /// What the market says without us.
    pub(super) fn evidence_of(&self, market: MarketId) -> Option<Evidence> {
        let state = self.markets.get(market.index())?;
        if !has_resting(&self.ledger, market) {
            return state.evidence();
        }
        state.evidence_without(|side, level| others_of(&self.ledger, market, side, level))
    }
}

/// What others have on one side of a book, best first.
pub(crate) fn others_in<'a>(
    state: &'a MarketState,
    ledger: &'a Ledger,
    side: Side,
) -> impl Iterator<Item = Level> + 'a {
    let market = state.id();
    let ours = has_resting(ledger, market);
    let others = move |level: Level| {
        if ours { others_of(ledger, market, side, level) } else { level.quantity }
    };
    let levels = state.book().levels(side);
    levels
        .map(move |level| Level { quantity: others(level), ..level })
        .filter(|level| level.quantity.is_positive())
}

/// What others have of a level. A level smaller than our own order is one that does not contain it:
/// a recording, or a book that has not heard of it yet.
fn others_of(ledger: &Ledger, market: MarketId, side: Side, level: Level) -> Quantity {
    let own = own_at(ledger, market, side, level.price);
    if level.quantity >= own { level.quantity - own } else { level.quantity }
}

fn own_at(ledger: &Ledger, market: MarketId, side: Side, price: Price) -> Quantity {
    ledger
        .on(market, side)
        .filter(|record| record.request.price == price && rests(record))
        .map(OrderRecord::reserved)
        .sum()
}

/// Does anything of ours rest there?
fn has_resting(ledger: &Ledger, market: MarketId) -> bool {
    ledger.live().iter().any(|record| record.request.market == market && rests(record))
}

fn rests(record: &OrderRecord) -> bool {
    record.phase == Phase::Open && record.request.time_in_force.rests()
}
