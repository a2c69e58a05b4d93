//! Fills and ends of orders, and the events that tell of them.

use statecraft_domain::event::{OrderClosed, OrderFilled};
use statecraft_domain::fees::FeeCharge;
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    ClientOrderId, Event, Fill, Liquidity, MarketId, Price, Quantity, Side, Timestamp, TradeId,
    Usd, VenueOrderId,
};

use super::ReplayVenue;
use super::resting::Resting;
use crate::collateral::Claim;
use crate::fills_bound;

/// A fill about to be booked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Execution {
    pub(super) at: Timestamp,
    pub(super) market: MarketId,
    /// Of our order.
    pub(super) side: Side,
    pub(super) price: Price,
    pub(super) quantity: Quantity,
    pub(super) liquidity: Liquidity,
}

/// A resting order by where it stands now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) market: MarketId,
    pub(super) side: Side,
    pub(super) index: usize,
}

impl ReplayVenue {
    /// The charge of a fill by the market's rule at that time, if the account's cash bears it; moves
    /// the order's rounding accumulator.
    pub(super) fn payable(
        &self,
        execution: &Execution,
        accumulator: &mut Usd,
    ) -> Option<FeeCharge> {
        let Execution { at, market, side, price, quantity, liquidity } = *execution;
        let listing = self.markets.get(market.index())?.listing.as_ref()?;
        let revenue = self.account.trade_cash(market, side, price, quantity);
        let mut moved = *accumulator;
        let charge = listing.fees.charge(at, liquidity, price, quantity, revenue, &mut moved);
        if (self.account.cash + charge.cash_change).is_negative() {
            return None;
        }
        *accumulator = moved;
        Some(charge)
    }

    /// Books a fill on the account and tells of it.
    pub(super) fn book(
        &mut self,
        execution: &Execution,
        charge: &FeeCharge,
        order: ClientOrderId,
        venue_order: VenueOrderId,
        out: &mut Vec<Event>,
    ) {
        let Execution { at, market, side, price, quantity, liquidity } = *execution;
        self.account.apply(market, side, price, quantity, charge);
        if let Some(held) = self.markets.get_mut(market.index()) {
            held.claims.refresh(&mut self.account, market);
        }
        self.trades += 1;
        let fill = Fill {
            trade: TradeId::new(&format!("replay-t{}", self.trades)),
            order,
            venue_order,
            market,
            side,
            price,
            quantity,
            liquidity,
            fee: charge.net_fee,
            venue_at: at,
        };
        out.push(Event::OrderFilled(Box::new(OrderFilled { at, fill })));
    }

    /// Fills a resting order at its own price; true if it is gone now. `from` is the recorded level
    /// of the other side that it traded with, if it was one.
    pub(super) fn fill_resting(
        &mut self,
        at: Timestamp,
        slot: Slot,
        quantity: Quantity,
        from: Option<Price>,
        out: &mut Vec<Event>,
    ) -> bool {
        let Slot { market, side, index } = slot;
        let Some(order) = self.resting(slot) else { return false };
        let (id, venue_order, price) = (order.id, order.venue_order.clone(), order.price);
        let mut accumulator = order.accumulator;
        let liquidity = Liquidity::Maker;
        let execution = Execution { at, market, side, price, quantity, liquidity };
        let Some(charge) = self.payable(&execution, &mut accumulator) else {
            return self.close(at, id, CloseReason::VenueRemoved, out);
        };
        let Some(held) = self.markets.get_mut(market.index()) else { return false };
        let Some(order) = held.resting_mut(side).get_mut(index) else { return false };
        order.accumulator = accumulator;
        order.remaining -= quantity;
        order.filled += quantity;
        order.waiting = (order.waiting - quantity).max(Quantity::ZERO).min(order.remaining);
        let gone = order.remaining.is_zero();
        if let Some(level) = from.filter(|_| self.own_impact) {
            held.consume(side.opposite(), level, quantity);
        }
        self.book(&execution, &charge, id, venue_order, out);
        if gone {
            self.remove(slot);
        } else {
            self.claim(at, market, side, index);
        }
        gone
    }

    fn resting(&self, slot: Slot) -> Option<&Resting> {
        self.markets.get(slot.market.index())?.resting(slot.side).get(slot.index)
    }

    /// Takes a resting order off: queue, claim, deadline, name.
    fn remove(&mut self, slot: Slot) -> Option<Resting> {
        let market = self.markets.get_mut(slot.market.index())?;
        if slot.index >= market.resting(slot.side).len() {
            return None;
        }
        let order = market.resting_mut(slot.side).remove(slot.index);
        market.claims.remove(&mut self.account, slot.market, (slot.side, order.place));
        if let Some(deadline) = order.deadline(market.close) {
            self.deadlines.remove(&(deadline, order.id));
        }
        self.names.insert(order.id, None);
        Some(order)
    }

    /// Ends a resting order; false if there is no such one.
    pub(super) fn close(
        &mut self,
        at: Timestamp,
        id: ClientOrderId,
        reason: CloseReason,
        out: &mut Vec<Event>,
    ) -> bool {
        let Some(slot) = self.slot(id) else { return false };
        let Some(order) = self.remove(slot) else { return false };
        Self::tell_closed(at, id, reason, order.filled, out);
        true
    }

    pub(super) fn tell_closed(
        at: Timestamp,
        order: ClientOrderId,
        reason: CloseReason,
        filled: Quantity,
        out: &mut Vec<Event>,
    ) {
        out.push(Event::OrderClosed(OrderClosed { at, order, reason, filled }));
    }

    fn slot(&self, id: ClientOrderId) -> Option<Slot> {
        let (market, side) = (*self.names.get(&id)?)?;
        let orders = self.markets.get(market.index())?.resting(side);
        let index = orders.iter().position(|order| order.id == id)?;
        Some(Slot { market, side, index })
    }

    /// Ends everything that rests in a market.
    pub(super) fn close_all(&mut self, at: Timestamp, market: MarketId, out: &mut Vec<Event>) {
        for side in [Side::Bid, Side::Ask] {
            loop {
                let held = self.markets.get(market.index());
                let Some(order) = held.and_then(|held| held.resting(side).first()) else { break };
                let id = order.id;
                if !self.close(at, id, CloseReason::MarketClosed, out) {
                    break;
                }
            }
        }
    }

    /// Makes the claim on cash agree with what is left of a resting order.
    pub(super) fn claim(&mut self, at: Timestamp, market_id: MarketId, side: Side, index: usize) {
        let Some(market) = self.markets.get_mut(market_id.index()) else { return };
        let Some(order) = market.resting(side).get(index) else { return };
        let (place, price, remaining) = (order.place, order.price, order.remaining);
        let fee = market.listing.as_ref().map_or(Usd::ZERO, |listing| {
            let fills = fills_bound(remaining);
            listing.fees.reserve(at, Liquidity::Maker, price, remaining, fills)
        });
        let claim = Claim { price, remaining, fee };
        market.claims.set(&mut self.account, market_id, (side, place), claim);
    }

    /// Works out the deadlines of a market's orders again: its close has moved.
    pub(super) fn reschedule(&mut self, market: MarketId) {
        let Some(held) = self.markets.get(market.index()) else { return };
        let orders = held.bids.iter().chain(&held.asks);
        let deadlines: Vec<_> =
            orders.map(|order| (order.id, order.deadline(held.close))).collect();
        self.deadlines.retain(|(_, id)| deadlines.iter().all(|(other, _)| other != id));
        for (id, deadline) in deadlines {
            self.deadlines.extend(deadline.map(|deadline| (deadline, id)));
        }
    }

    /// Which of its two deadlines came for a resting order.
    pub(super) fn deadline_reason(&self, now: Timestamp, id: ClientOrderId) -> CloseReason {
        let order = self.slot(id).and_then(|slot| self.resting(slot));
        match order.and_then(|order| order.expires) {
            Some(expires) if expires <= now => CloseReason::Expired,
            _ => CloseReason::MarketClosed,
        }
    }
}
