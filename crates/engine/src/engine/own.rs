//! Own orders in the book: they are no depth to take and no opinion of the market.

use statecraft_domain::event::Level;
use statecraft_domain::{MarketId, Price, Quantity, Side};

use super::Engine;
use crate::market::Evidence;
use crate::orders::{OrderRecord, Phase};

impl Engine {
    /// Own contracts that rest at this price by the venue's word.
    pub(super) fn own_at(&self, market: MarketId, side: Side, price: Price) -> Quantity {
        self.ledger
            .on(market, side)
            .filter(|record| record.request.price == price && rests(record))
            .map(OrderRecord::reserved)
            .sum()
    }

    /// What others have of a level. A level smaller than our own order is one that does not contain it:
    /// a recording, or a book that has not heard of it yet.
    fn others_of(&self, market: MarketId, side: Side, level: Level) -> Quantity {
        let own = self.own_at(market, side, level.price);
        if level.quantity >= own { level.quantity - own } else { level.quantity }
    }

    /// What others have on one side, best first.
    pub(super) fn others(&self, market: MarketId, side: Side) -> impl Iterator<Item = Level> + '_ {
        let state = self.markets.get(market.index()).into_iter();
        let levels = state.flat_map(move |state| state.book().levels(side));
        let ours = self.has_resting(market);
        let others = move |level: Level| {
            if ours { self.others_of(market, side, level) } else { level.quantity }
        };
        levels
            .map(move |level| Level { quantity: others(level), ..level })
            .filter(|level| level.quantity.is_positive())
    }

    /// Best price of others on one side.
    pub(super) fn others_best(&self, market: MarketId, side: Side) -> Option<Price> {
        self.others(market, side).next().map(|level| level.price)
    }

    /// Does anything of ours rest there?
    fn has_resting(&self, market: MarketId) -> bool {
        self.ledger.live().iter().any(|record| record.request.market == market && rests(record))
    }

    /// What the market says without us.
    pub(super) fn evidence_of(&self, market: MarketId) -> Option<Evidence> {
        let state = self.markets.get(market.index())?;
        if !self.has_resting(market) {
            return state.evidence();
        }
        state.evidence_without(|side, level| self.others_of(market, side, level))
    }
}

fn rests(record: &OrderRecord) -> bool {
    record.phase == Phase::Open && record.request.time_in_force.rests()
}
