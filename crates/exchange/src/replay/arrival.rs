//! An order arrives: checks, taking what is displayed, resting or ending what is left.

use statecraft_domain::event::{Level, OrderAccepted, OrderRejected};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    ClientOrderId, Event, Liquidity, MarketId, MarketStatus, OrderRequest, Quantity, RejectReason,
    SelfTradePrevention, Side, TimeInForce, Timestamp, Usd, VenueOrderId,
};

use super::ReplayVenue;
use super::booking::Execution;
use super::recorded::Recorded;
use super::resting::Resting;
use crate::account::closable;
use crate::collateral::{Claim, Place};
use crate::fills_bound;

type Refusal = (RejectReason, &'static str);

/// An accepted order on its way through the book.
struct Taker<'a> {
    at: Timestamp,
    order: &'a OrderRequest,
    venue_order: VenueOrderId,
    left: Quantity,
    filled: Quantity,
    accumulator: Usd,
    stopped: Option<CloseReason>,
}

impl ReplayVenue {
    /// An order arrives at `at`. Appends `OrderAccepted` or `OrderRejected`, then its fills, then
    /// `OrderClosed` if it is over without being filled.
    pub fn submit(&mut self, at: Timestamp, order: &OrderRequest, out: &mut Vec<Event>) {
        self.expire(at, out);
        let quantity = match self.check(at, order) {
            Ok(quantity) => quantity,
            Err((reason, detail)) => {
                let (order, detail) = (order.id, detail.to_owned());
                out.push(Event::OrderRejected(OrderRejected { at, order, reason, detail }));
                return;
            }
        };
        self.orders += 1;
        self.names.insert(order.id, None);
        let venue_order = VenueOrderId::new(&format!("replay-{}", self.orders));
        out.push(Event::OrderAccepted(OrderAccepted {
            at,
            order: order.id,
            venue_order: venue_order.clone(),
        }));
        let mut taker = Taker {
            at,
            order,
            venue_order,
            left: quantity,
            filled: Quantity::ZERO,
            accumulator: Usd::ZERO,
            stopped: None,
        };
        self.take(&mut taker, out);
        self.finish(taker, out);
    }

    /// The quantity that is accepted (a reduce-only order is capped), or why nothing is.
    fn check(&mut self, at: Timestamp, order: &OrderRequest) -> Result<Quantity, Refusal> {
        let market = self.markets.get(order.market.index());
        let Some((market, listing)) = market.and_then(|m| Some((m, m.listing.as_ref()?))) else {
            return Err((RejectReason::MarketNotFound, "market is not listed"));
        };
        if market.status != MarketStatus::Active || market.close.is_some_and(|close| close <= at) {
            return Err((RejectReason::MarketNotActive, "market is not open"));
        }
        if self.names.contains_key(&order.id) {
            return Err((RejectReason::DuplicateId, "client order id exists already"));
        }
        let size = order.quantity;
        if !size.is_positive() || size > Quantity::MAX || size.floor_to(listing.lot) != size {
            return Err((RejectReason::InvalidSize, "size is not a positive multiple of the lot"));
        }
        if !listing.grid.allows(order.price) {
            return Err((RejectReason::InvalidPrice, "price is not on the market's grid"));
        }
        check_form(at, order)?;
        if order.post_only && would_take(market, order) {
            return Err((RejectReason::PostOnlyCross, "post only cross"));
        }
        let quantity = self.reducible(order)?;
        self.check_funds(at, order, quantity)?;
        if order.time_in_force == TimeInForce::FillOrKill && !self.can_fill_whole(order, quantity) {
            // The venue remembers the name of an order that it killed.
            self.names.insert(order.id, None);
            return Err((RejectReason::FillOrKill, "insufficient resting volume"));
        }
        Ok(quantity)
    }

    fn reducible(&self, order: &OrderRequest) -> Result<Quantity, Refusal> {
        if !order.reduce_only {
            return Ok(order.quantity);
        }
        let position = self.account.quantity(order.market);
        let most = closable(position, order.side).min(order.quantity);
        if most.is_zero() {
            return Err((RejectReason::ReduceOnly, "no position to reduce"));
        }
        Ok(most)
    }

    /// The whole order at its limit, with fees, is covered by free cash.
    fn check_funds(
        &mut self,
        at: Timestamp,
        order: &OrderRequest,
        quantity: Quantity,
    ) -> Result<(), Refusal> {
        let Some(market) = self.markets.get_mut(order.market.index()) else { return Ok(()) };
        let fee = market.listing.as_ref().map_or(Usd::ZERO, |listing| {
            let bound = |liquidity| {
                let fills = fills_bound(quantity);
                listing.fees.reserve(at, liquidity, order.price, quantity, fills)
            };
            if order.post_only {
                bound(Liquidity::Maker)
            } else {
                bound(Liquidity::Taker).max(bound(Liquidity::Maker))
            }
        });
        let claim = Claim { price: order.price, remaining: quantity, fee };
        let key = (order.side, Place::new(order.side, order.price, u64::MAX));
        let free = market.claims.free_with(&self.account, order.market, key, claim, None);
        if free.is_negative() {
            return Err((RejectReason::InsufficientBalance, "not enough free cash"));
        }
        Ok(())
    }

    fn can_fill_whole(&self, order: &OrderRequest, quantity: Quantity) -> bool {
        let Some(market) = self.markets.get(order.market.index()) else { return false };
        if !market.fills() {
            return false;
        }
        let levels = market.available(order.side.opposite());
        let reachable = levels.take_while(|level| order.side.accepts(level.price, order.price));
        let mut left = quantity;
        for level in reachable {
            left -= left.min(level.quantity);
            if left.is_zero() {
                return true;
            }
        }
        false
    }

    /// Walks the recorded levels from the best one on.
    fn take(&mut self, taker: &mut Taker<'_>, out: &mut Vec<Event>) {
        let mut plan = std::mem::take(&mut self.plan);
        plan.clear();
        self.plan_levels(taker, &mut plan);
        for level in &plan {
            self.meet_own(taker, Some(*level), out);
            if taker.stopped.is_some() || !self.take_level(taker, *level, out) {
                break;
            }
        }
        self.plan = plan;
        if !taker.left.is_zero() && taker.stopped.is_none() {
            self.meet_own(taker, None, out);
        }
    }

    fn plan_levels(&self, taker: &Taker<'_>, plan: &mut Vec<Level>) {
        let order = taker.order;
        let Some(market) = self.markets.get(order.market.index()).filter(|m| m.fills()) else {
            return;
        };
        let mut left = taker.left;
        for level in market.available(order.side.opposite()) {
            if left.is_zero() || !order.side.accepts(level.price, order.price) {
                break;
            }
            let quantity = left.min(level.quantity);
            plan.push(Level { price: level.price, quantity });
            left -= quantity;
        }
    }

    /// Own resting orders that the taker would reach before this recorded level (or at all) are met as
    /// it asked for: either the rest of it ends, or they do.
    fn meet_own(&mut self, taker: &mut Taker<'_>, level: Option<Level>, out: &mut Vec<Event>) {
        let (side, limit) = (taker.order.side, taker.order.price);
        let reach = level.map_or(limit, |level| level.price);
        loop {
            let market = self.markets.get(taker.order.market.index());
            let front = market.and_then(|market| market.resting(side.opposite()).first());
            let Some(own) = front.filter(|own| side.accepts(own.price, reach)) else { return };
            match taker.order.self_trade_prevention {
                SelfTradePrevention::CancelTaker => {
                    taker.stopped = Some(CloseReason::SelfTrade);
                    return;
                }
                SelfTradePrevention::CancelMaker => {
                    let own = own.id;
                    if !self.close(taker.at, own, CloseReason::SelfTrade, out) {
                        return;
                    }
                }
            }
        }
    }

    /// Takes one level; false if the account cannot pay for it.
    fn take_level(&mut self, taker: &mut Taker<'_>, level: Level, out: &mut Vec<Event>) -> bool {
        let order = taker.order;
        let execution = Execution {
            at: taker.at,
            market: order.market,
            side: order.side,
            price: level.price,
            quantity: level.quantity,
            liquidity: Liquidity::Taker,
        };
        let Some(charge) = self.payable(&execution, &mut taker.accumulator) else {
            taker.stopped = Some(CloseReason::VenueRemoved);
            return false;
        };
        self.book(&execution, &charge, order.id, taker.venue_order.clone(), out);
        taker.left -= level.quantity;
        taker.filled += level.quantity;
        if self.own_impact
            && let Some(market) = self.markets.get_mut(order.market.index())
        {
            market.consume(order.side.opposite(), level.price, level.quantity);
        }
        true
    }

    /// What is left rests or ends.
    fn finish(&mut self, taker: Taker<'_>, out: &mut Vec<Event>) {
        if taker.left.is_zero() {
            return;
        }
        let (at, id, filled) = (taker.at, taker.order.id, taker.filled);
        let rests = match taker.order.time_in_force {
            TimeInForce::GoodTilCancelled { expires } => Some(expires),
            TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => None,
        };
        match (taker.stopped, rests) {
            (Some(reason), _) => Self::tell_closed(at, id, reason, filled, out),
            (None, None) => Self::tell_closed(at, id, CloseReason::ImmediateRest, filled, out),
            (None, Some(expires)) => self.rest(taker, expires),
        }
    }

    fn rest(&mut self, taker: Taker<'_>, expires: Option<Timestamp>) {
        let order = taker.order;
        let Some(market) = self.markets.get_mut(order.market.index()) else { return };
        let blind = !market.trusted;
        let displayed = market.book.quantity_at(order.side, order.price);
        let resting = Resting {
            id: order.id,
            venue_order: taker.venue_order,
            price: order.price,
            remaining: taker.left,
            filled: taker.filled,
            expires,
            accumulator: taker.accumulator,
            place: Place::new(order.side, order.price, self.orders),
            // Behind everything there; without a book, behind everything there may turn out to be.
            ahead: if blind { Quantity::from_e6(i64::MAX) } else { displayed },
            unseen_trades: Quantity::ZERO,
            waiting: Quantity::ZERO,
            blind,
        };
        self.enqueue(taker.at, order.market, order.side, resting);
    }

    fn enqueue(&mut self, at: Timestamp, market_id: MarketId, side: Side, resting: Resting) {
        let Some(market) = self.markets.get_mut(market_id.index()) else { return };
        let id: ClientOrderId = resting.id;
        if let Some(deadline) = resting.deadline(market.close) {
            self.deadlines.insert((deadline, id));
        }
        let place = resting.place;
        let orders = market.resting_mut(side);
        let index = orders.partition_point(|other| other.place < place);
        orders.insert(index, resting);
        self.names.insert(id, Some((market_id, side)));
        self.claim(at, market_id, side, index);
    }
}

/// What an order may not combine.
fn check_form(at: Timestamp, order: &OrderRequest) -> Result<(), Refusal> {
    let invalid = |detail| Err((RejectReason::InvalidOrder, detail));
    let expires = match order.time_in_force {
        TimeInForce::GoodTilCancelled { expires } => expires,
        _ if order.post_only => return invalid("post only needs good till cancelled"),
        TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => None,
    };
    if order.reduce_only && order.time_in_force != TimeInForce::ImmediateOrCancel {
        return invalid("reduce only needs immediate or cancel");
    }
    if expires.is_some_and(|expires| expires <= at) {
        return invalid("expiration is not in the future");
    }
    Ok(())
}

/// Would it trade with what is displayed, or meet an own order? An untrusted book says nothing.
fn would_take(market: &Recorded, order: &OrderRequest) -> bool {
    let against = order.side.opposite();
    let displayed = market.available(against).next().filter(|_| market.trusted);
    let own = market.resting(against).first();
    displayed.is_some_and(|level| order.side.accepts(level.price, order.price))
        || own.is_some_and(|own| order.side.accepts(own.price, order.price))
}
