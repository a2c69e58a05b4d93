//! The worst that can come of positions and of orders whose end is open (I10): everything that may
//! still fill is counted as filled, the most expensive way.

use statecraft_domain::{Liquidity, Listing, OrderRequest, Price, Quantity, Side, Timestamp, Usd};

use crate::market::MarketState;
use crate::orders::account::outcome_price;
use crate::orders::{Ledger, OrderRecord, Position};

/// The worst case of one market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exposure {
    /// Largest position either way, in contracts.
    pub contracts: Quantity,
    /// Largest cost of that position.
    pub cost: Usd,
    /// Cash that open orders may still take, both sides together, fees included.
    pub reserved: Usd,
}

/// One side's open orders, summed.
#[derive(Debug, Clone, Copy)]
struct Pending {
    contracts: Quantity,
    /// The dearest price of the outcome that this side buys.
    dearest: Price,
    fees: Usd,
}

/// What one order costs at most: everything at its limit, fee included. Fees at a better price can be
/// higher, but never by more than the price is better.
#[must_use]
pub fn order_cost(listing: &Listing, order: &OrderRequest, now: Timestamp) -> Usd {
    let paid = outcome_price(order.side, order.price).times(order.quantity);
    let fee = fee(listing, order.side, order.price, order.quantity, now);
    if order.reduce_only { fee } else { paid + fee }
}

fn fee(listing: &Listing, side: Side, price: Price, quantity: Quantity, now: Timestamp) -> Usd {
    if listing.fees.at(now).is_none() || quantity.is_zero() {
        return Usd::ZERO;
    }
    let revenue = -outcome_price(side, price).times(quantity);
    let mut accumulator = Usd::ZERO;
    listing.fees.charge(now, Liquidity::Taker, price, quantity, revenue, &mut accumulator).net_fee
}

/// The worst case of a market, with one more order if given.
#[must_use]
pub fn worst_case(
    market: &MarketState,
    position: &Position,
    ledger: &Ledger,
    more: Option<&OrderRequest>,
    now: Timestamp,
) -> Exposure {
    worst_case_among(market, position, ledger, more, now, |_| true)
}

/// The same where only some open orders count.
pub(super) fn worst_case_among(
    market: &MarketState,
    position: &Position,
    ledger: &Ledger,
    more: Option<&OrderRequest>,
    now: Timestamp,
    counts: impl Fn(&OrderRequest) -> bool,
) -> Exposure {
    if position.quantity.is_zero() && ledger.live().is_empty() && more.is_none() {
        return Exposure::default();
    }
    let sum = |side| pending(market, ledger, side, more, now, &counts);
    let (bids, asks) = (sum(Side::Bid), sum(Side::Ask));
    let long = direction(position.quantity, position.cost, bids);
    let short = direction(-position.quantity, position.cost, asks);
    Exposure {
        contracts: long.contracts.max(short.contracts).max(position.quantity.abs()),
        cost: long.cost.max(short.cost).max(position.cost),
        reserved: long.reserved + short.reserved,
    }
}

/// Does an order that is not in the ledger yet add nothing to the worst case: can it only close what is held,
/// with all that is open on its side?
#[must_use]
pub fn only_reduces(
    market: &MarketState,
    position: &Position,
    ledger: &Ledger,
    order: &OrderRequest,
    now: Timestamp,
) -> bool {
    let before = worst_case(market, position, ledger, None, now);
    let after = worst_case(market, position, ledger, Some(order), now);
    let held = position.quantity;
    let opposed = match order.side {
        Side::Bid => held < Quantity::ZERO,
        Side::Ask => held > Quantity::ZERO,
    };
    let pending: Quantity = ledger.on(order.market, order.side).map(OrderRecord::reserved).sum();
    let closes = pending + order.quantity <= held.abs();
    opposed && closes && after.contracts <= before.contracts && after.cost <= before.cost
}

/// `held` is signed towards this direction: what is held against it is closed first.
fn direction(held: Quantity, cost: Usd, pending: Pending) -> Exposure {
    let reached = (held + pending.contracts).max(Quantity::ZERO);
    let kept = held.max(Quantity::ZERO);
    let opening = pending.dearest.times(reached - kept);
    let carried = if kept.is_zero() { Usd::ZERO } else { cost };
    Exposure { contracts: reached, cost: carried + opening, reserved: opening + pending.fees }
}

fn pending(
    market: &MarketState,
    ledger: &Ledger,
    side: Side,
    more: Option<&OrderRequest>,
    now: Timestamp,
    counts: impl Fn(&OrderRequest) -> bool,
) -> Pending {
    let listing = market.listing();
    let open = ledger
        .on(market.id(), side)
        .filter(|record| counts(&record.request))
        .map(|record: &OrderRecord| (record.request.price, record.reserved()));
    let more = more.filter(|order| order.side == side).map(|order| (order.price, order.quantity));
    let none = Pending { contracts: Quantity::ZERO, dearest: Price::ZERO, fees: Usd::ZERO };
    open.chain(more).fold(none, |sum, (price, quantity)| Pending {
        contracts: sum.contracts + quantity,
        dearest: sum.dearest.max(outcome_price(side, price)),
        fees: sum.fees + fee(listing, side, price, quantity, now),
    })
}
