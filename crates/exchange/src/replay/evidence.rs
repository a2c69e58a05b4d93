//! What a book change, a snapshot or a trade means for our resting orders.

use statecraft_domain::event::{BookChanged, BookSnapshot, Level, Traded};
use statecraft_domain::{Event, MarketId, Price, Quantity, Side, Timestamp};

use super::ReplayVenue;
use super::booking::Slot;
use super::ladder::Ladder;
use super::resting::Resting;

/// Quantity that the other side showed at one level.
#[derive(Debug, Clone, Copy)]
struct Supply {
    price: Price,
    /// New since our orders came.
    fresh: Quantity,
    /// All of it: what orders placed without a trusted book may meet.
    whole: Quantity,
}

impl ReplayVenue {
    /// Somebody traded: our orders on the passive side at or through the price have their turn.
    pub(super) fn traded(&mut self, trade: &Traded, out: &mut Vec<Event>) {
        self.expire(trade.at, out);
        let Some(market) = self.markets.get_mut(trade.market.index()) else { return };
        let side = trade.taker.opposite();
        if market.resting(side).is_empty() || !market.fills() {
            return;
        }
        let mut left = trade.quantity;
        let mut index = 0;
        while !left.is_zero() {
            let slot = Slot { market: trade.market, side, index };
            let Some(order) = self.reached(slot, trade.price) else { break };
            let take = if order.price == trade.price {
                let take = order.trade_at_price(left);
                order.unseen_trades += trade.quantity;
                take
            } else {
                left.min(order.remaining)
            };
            left -= take;
            if take.is_zero() || !self.fill_resting(trade.at, slot, take, None, out) {
                index += 1;
            }
        }
    }

    /// A resting order, if somebody trading at `price` would meet it.
    fn reached(&mut self, slot: Slot, price: Price) -> Option<&mut Resting> {
        let market = self.markets.get_mut(slot.market.index())?;
        let order = market.resting_mut(slot.side).get_mut(slot.index)?;
        slot.side.accepts(price, order.price).then_some(order)
    }

    /// A level changed in a market where something of ours rests or was taken.
    pub(super) fn change_with_orders(&mut self, change: &BookChanged, out: &mut Vec<Event>) {
        let BookChanged { at, market: id, side, price, .. } = *change;
        self.expire(at, out);
        let Some(market) = self.markets.get_mut(id.index()) else { return };
        let Some((before, after)) = market.follow(side, price, change.change) else { return };
        market.forget_use(side, price);
        if after < before {
            let model = self.queue;
            for order in market.resting_mut(side).iter_mut().filter(|o| o.price == price) {
                order.level_shrank(model, before, after);
            }
            limit_waiting(market.resting_mut(side.opposite()), price, after);
            self.fill_ready(at, id, side, out);
        } else if market.fills() {
            let fresh = after - before;
            let supply = Supply { price, fresh, whole: fresh };
            self.supply(at, id, side.opposite(), supply, out);
        }
    }

    /// The other side shows new quantity at a level; our orders on `side` that it reaches trade with
    /// it, at their own prices, until it is used up.
    fn supply(
        &mut self,
        at: Timestamp,
        market: MarketId,
        side: Side,
        mut supply: Supply,
        out: &mut Vec<Event>,
    ) {
        let mut index = 0;
        loop {
            let slot = Slot { market, side, index };
            let Some(order) = self.reached(slot, supply.price) else { break };
            let left = if order.blind { supply.whole } else { supply.fresh };
            let (claimed, take) = if order.price == supply.price {
                (order.meet_at_price(left), order.ready())
            } else {
                let take = left.min(order.remaining);
                (take, take)
            };
            supply.fresh = (supply.fresh - claimed).max(Quantity::ZERO);
            supply.whole = (supply.whole - claimed).max(Quantity::ZERO);
            let from = Some(supply.price);
            if take.is_zero() || !self.fill_resting(at, slot, take, from, out) {
                index += 1;
            }
        }
    }

    /// Fills what waited at its price for the quantity ahead to go.
    fn fill_ready(&mut self, at: Timestamp, market: MarketId, side: Side, out: &mut Vec<Event>) {
        let mut index = 0;
        loop {
            let slot = Slot { market, side, index };
            let Some(held) = self.markets.get(market.index()).filter(|held| held.fills()) else {
                break;
            };
            let Some(order) = held.resting(side).get(index) else { break };
            let (take, from) = (order.ready(), Some(order.price));
            if take.is_zero() || !self.fill_resting(at, slot, take, from, out) {
                index += 1;
            }
        }
    }

    /// The whole book again, in a market where something of ours rests or was taken.
    pub(super) fn snapshot_with_orders(&mut self, snapshot: &BookSnapshot, out: &mut Vec<Event>) {
        self.expire(snapshot.at, out);
        let Some(market) = self.markets.get_mut(snapshot.market.index()) else { return };
        let before = std::mem::take(&mut market.book);
        market.replace(&snapshot.bids, &snapshot.asks);
        if !market.trusted {
            return;
        }
        market.forget_changed_use(&before);
        for side in [Side::Bid, Side::Ask] {
            self.requeue(snapshot.market, side);
            for supply in self.supplies(snapshot.market, side, &before) {
                self.supply(snapshot.at, snapshot.market, side, supply, out);
            }
            self.fill_ready(snapshot.at, snapshot.market, side, out);
            if let Some(market) = self.markets.get_mut(snapshot.market.index()) {
                market.resting_mut(side).iter_mut().for_each(|order| order.blind = false);
            }
        }
    }

    /// Nobody can have got ahead of a resting order: at most what is displayed at its price is.
    fn requeue(&mut self, market: MarketId, side: Side) {
        let Some(market) = self.markets.get_mut(market.index()) else { return };
        let mut orders = std::mem::take(market.resting_mut(side));
        for order in &mut orders {
            order.ahead = order.ahead.min(market.book.quantity_at(side, order.price));
            order.unseen_trades = Quantity::ZERO;
            let opposite = market.book.quantity_at(side.opposite(), order.price);
            order.waiting = order.waiting.min(opposite);
        }
        *market.resting_mut(side) = orders;
    }

    /// What a snapshot shows on the other side, at or through the price of an order of ours.
    fn supplies(&self, market: MarketId, side: Side, before: &Ladder) -> Vec<Supply> {
        let Some(market) = self.markets.get(market.index()).filter(|held| held.fills()) else {
            return Vec::new();
        };
        let Some(best) = market.resting(side).first() else { return Vec::new() };
        let levels = market.book.levels(side.opposite());
        let reached = levels.take_while(|level| side.accepts(level.price, best.price));
        let supply = |level: Level| {
            let old = before.quantity_at(side.opposite(), level.price);
            let fresh = (level.quantity - old).max(Quantity::ZERO);
            Supply { price: level.price, fresh, whole: level.quantity }
        };
        reached.map(supply).collect()
    }
}

/// No more can wait at a price than is displayed there.
fn limit_waiting(orders: &mut [Resting], price: Price, displayed: Quantity) {
    let mut left = displayed;
    for order in orders.iter_mut().filter(|order| order.price == price) {
        order.waiting = order.waiting.min(left);
        left -= order.waiting;
    }
}
