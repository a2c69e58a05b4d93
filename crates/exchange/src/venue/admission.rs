//! May this order be accepted at all? Every check happens before anything changes.

use statecraft_domain::{
    Liquidity, MarketId, MarketStatus, Price, Quantity, RejectReason, Side, TimeInForce, Timestamp,
    Usd,
};

use super::member::Spot;
use super::{AccountId, Exchange, NewOrder, Reject};
use crate::account::closable;
use crate::collateral::{Claim, Place};
use crate::fills_bound;

impl Exchange {
    /// Checks an order and returns it as it will be accepted (a reduce-only order capped).
    pub(super) fn admit(&mut self, at: Timestamp, mut order: NewOrder) -> Result<NewOrder, Reject> {
        self.check_open(at, order.market)?;
        self.check_name(order.account, order.client_id.as_deref())?;
        self.check_size(order.market, order.quantity)?;
        self.check_price(order.market, order.price)?;
        check_form(at, &order)?;
        if order.reduce_only {
            order.quantity = self.reducible(&order)?;
        }
        if order.post_only {
            self.check_post_only(order.market, order.side, order.price)?;
        }
        self.check_funds(at, &order, order.quantity, None)?;
        if order.time_in_force == TimeInForce::FillOrKill && !self.can_fill_whole(at, &order) {
            // The venue remembers the name of an order that it killed.
            if let Some(name) = order.client_id {
                self.member_mut(order.account)?.names.insert(name, None);
            }
            return Err(Reject::new(
                RejectReason::FillOrKill,
                "insufficient resting volume to fill or kill",
            ));
        }
        Ok(order)
    }

    /// The exchange trades and the market is open.
    pub(super) fn check_open(&self, at: Timestamp, market: MarketId) -> Result<(), Reject> {
        let Some(market) = self.markets.get(market.index()) else {
            return Err(Reject::new(RejectReason::MarketNotFound, "unknown market"));
        };
        if self.paused {
            return Err(Reject::new(RejectReason::TradingPaused, "trading is paused"));
        }
        let past_close = market.listing.close.is_some_and(|close| close <= at);
        match market.listing.status {
            MarketStatus::Active if !past_close => Ok(()),
            MarketStatus::Active | MarketStatus::Closed => {
                Err(Reject::new(RejectReason::MarketNotActive, "market is closed"))
            }
            MarketStatus::Unopened => {
                Err(Reject::new(RejectReason::MarketNotActive, "market is not open yet"))
            }
            MarketStatus::Paused => {
                Err(Reject::new(RejectReason::MarketNotActive, "market is paused"))
            }
        }
    }

    /// A client id is used once, for ever.
    pub(super) fn check_name(
        &mut self,
        account: AccountId,
        name: Option<&str>,
    ) -> Result<(), Reject> {
        let member = self.member_mut(account)?;
        match name {
            Some(name) if member.names.contains_key(name) => {
                Err(Reject::new(RejectReason::DuplicateId, "client order id exists already"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn check_size(&self, market: MarketId, size: Quantity) -> Result<(), Reject> {
        let lot = self.markets.get(market.index()).map_or(Quantity::ZERO, |m| m.listing.lot);
        if !size.is_positive() || size > Quantity::MAX || size.floor_to(lot) != size {
            let detail = format!("size {size} is not a positive multiple of {lot}");
            return Err(Reject { reason: RejectReason::InvalidSize, detail });
        }
        Ok(())
    }

    pub(super) fn check_price(&self, market: MarketId, price: Price) -> Result<(), Reject> {
        match self.markets.get(market.index()) {
            Some(market) if market.listing.grid.allows(price) => Ok(()),
            _ => {
                let detail = format!("price {price} is not on the market's grid");
                Err(Reject { reason: RejectReason::InvalidPrice, detail })
            }
        }
    }

    pub(super) fn check_post_only(
        &self,
        market: MarketId,
        side: Side,
        price: Price,
    ) -> Result<(), Reject> {
        let market = self.markets.get(market.index());
        let best = market.and_then(|market| market.book.best(side.opposite()));
        if best.is_some_and(|best| side.accepts(best.price, price)) {
            return Err(Reject::new(RejectReason::PostOnlyCross, "post only cross"));
        }
        Ok(())
    }

    /// The part of a reduce-only order that reduces.
    fn reducible(&self, order: &NewOrder) -> Result<Quantity, Reject> {
        let account = self.account(order.account);
        let position = account.map_or(Quantity::ZERO, |account| account.quantity(order.market));
        let most = closable(position, order.side).min(order.quantity);
        if most.is_zero() {
            return Err(Reject::new(RejectReason::ReduceOnly, "no position to reduce"));
        }
        Ok(most)
    }

    /// `quantity` of this order at its limit, with fees, is covered by free cash, in the place of the
    /// resting order at `instead_of` if that is given.
    pub(super) fn check_funds(
        &mut self,
        at: Timestamp,
        order: &NewOrder,
        quantity: Quantity,
        instead_of: Option<Spot>,
    ) -> Result<(), Reject> {
        let fee = self.fee_bound(at, order, quantity);
        // A place behind every order that rests at the same price.
        let place = Place::new(order.side, order.price, u64::MAX);
        let spot = Spot { market: order.market, side: order.side, place };
        let claim = Claim { price: order.price, remaining: quantity, fee };
        let free = self.member_mut(order.account)?.free_with(spot, claim, instead_of);
        if free.is_negative() {
            let detail = format!("{} short", -free);
            return Err(Reject { reason: RejectReason::InsufficientBalance, detail });
        }
        Ok(())
    }

    fn fee_bound(&self, at: Timestamp, order: &NewOrder, quantity: Quantity) -> Usd {
        let Some(market) = self.markets.get(order.market.index()) else { return Usd::ZERO };
        let bound = |liquidity| {
            let fills = fills_bound(quantity);
            market.listing.fees.reserve(at, liquidity, order.price, quantity, fills)
        };
        match order.time_in_force {
            TimeInForce::GoodTilCancelled { .. } if order.post_only => bound(Liquidity::Maker),
            TimeInForce::GoodTilCancelled { .. } => {
                bound(Liquidity::Maker).max(bound(Liquidity::Taker))
            }
            TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => bound(Liquidity::Taker),
        }
    }
}

/// What an order may not combine.
fn check_form(at: Timestamp, order: &NewOrder) -> Result<(), Reject> {
    let invalid = |detail| Err(Reject::new(RejectReason::InvalidOrder, detail));
    let immediate = !order.time_in_force.rests();
    if order.post_only && immediate {
        return invalid("post only needs good till cancelled");
    }
    if order.reduce_only && order.time_in_force != TimeInForce::ImmediateOrCancel {
        return invalid("reduce only needs immediate or cancel");
    }
    if order.expires().is_some_and(|expires| expires <= at) {
        return invalid("expiration is not in the future");
    }
    Ok(())
}
