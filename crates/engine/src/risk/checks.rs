//! The checks, one function each, in the order of reliability.md section 9. Each returns true to let
//! the order pass.

use statecraft_domain::event::Mode;
use statecraft_domain::{MarketStatus, Nanos, OrderRequest, Price, Side, Usd, Venue};

use super::Inquiry;
use super::exposure::{self, Exposure, worst_case, worst_case_among};
use super::reference::twice_distance;
use crate::config::StrategyLimits;
use crate::market::MarketState;
use crate::orders::Phase;

/// Of the orders allowed in a minute and in a day (R19), one in so many is left for what only closes.
const KEPT_FOR_CLOSES: u32 = 5;

impl Inquiry<'_> {
    pub(super) fn wall(&self, span: Nanos) -> Nanos {
        span.times(self.time_scale)
    }

    pub(super) fn exposure(&self, with_order: bool) -> Exposure {
        let position = self.accounts.position(self.order.market);
        let more = with_order.then_some(self.order);
        worst_case(self.market, &position, self.ledger, more, self.now)
    }

    /// The same of what the strategy's own orders brought and may still bring.
    pub(super) fn own_exposure(&self, with_order: bool) -> Exposure {
        let (order, strategy) = (self.order, self.order.strategy);
        let own = self.holdings.of(strategy, order.market).unwrap_or_default();
        let more = with_order.then_some(order);
        let ours = |open: &OrderRequest| open.strategy == strategy;
        worst_case_among(self.market, &own, self.ledger, more, self.now, ours)
    }

    /// Does the order bring the strategy's own position no further beyond these limits? What others hold of the other
    /// side hides it in the account's, and two strategies of different minds would trade with each other, at the
    /// account's cost, for as long as that looks flat.
    pub(super) fn own_within(&self, limits: &StrategyLimits) -> bool {
        let (before, after) = (self.own_exposure(false), self.own_exposure(true));
        after.contracts <= limits.max_position_contracts.max(before.contracts)
            && after.cost <= limits.max_position_cost.max(before.cost)
    }

    /// Sum of the worst-case costs of these markets, the order included.
    pub(super) fn cost_of<'m>(&self, markets: impl Iterator<Item = &'m MarketState>) -> Usd {
        markets.map(|market| self.worst(market).cost).sum()
    }

    /// The worst case of a market, the order included. Several checks ask for all of them.
    fn worst(&self, market: &MarketState) -> Exposure {
        let of = |market: &MarketState| {
            let position = self.accounts.position(market.id());
            let more = (market.id() == self.order.market).then_some(self.order);
            worst_case(market, &position, self.ledger, more, self.now)
        };
        let all = self.exposures.get_or_init(|| self.markets.iter().map(of).collect());
        all.get(market.id().index()).copied().unwrap_or_else(|| of(market))
    }

    /// The order adds nothing to the worst case: it can only close what is held.
    pub(super) fn only_reduces(&self) -> bool {
        let position = self.accounts.position(self.order.market);
        exposure::only_reduces(self.market, &position, self.ledger, self.order, self.now)
    }
}

/// R1.
pub(super) fn mode(inquiry: &Inquiry<'_>) -> bool {
    match inquiry.mode {
        Mode::Active => true,
        Mode::ReduceOnly => inquiry.only_reduces(),
        Mode::Starting | Mode::Halted | Mode::Killed => false,
    }
}

/// R2: a demoted strategy only closes what it holds of real money.
pub(super) fn standing(inquiry: &Inquiry<'_>) -> bool {
    !inquiry.barred || inquiry.only_reduces()
}

/// R3: open, not settled, and not too near the close.
pub(super) fn market_state(inquiry: &Inquiry<'_>) -> bool {
    let listing = inquiry.market.listing();
    let margin = inquiry.strategy.limits.no_new_orders_before_close;
    let early = listing.close.is_none_or(|close| inquiry.now < close - margin);
    listing.status == MarketStatus::Active
        && inquiry.market.settlement().is_none()
        && early
        && super::guards::venue_open(inquiry)
}

/// R4: bound to the strategy, which is not in too many other markets already to open something here.
pub(super) fn universe(inquiry: &Inquiry<'_>) -> bool {
    if !inquiry.bound.contains(&inquiry.order.market) {
        return false;
    }
    markets_involved(inquiry) < inquiry.strategy.limits.max_markets as usize
        || inquiry.only_reduces()
}

/// Other markets of the strategy in which it holds something or has an open order.
pub(super) fn markets_involved(inquiry: &Inquiry<'_>) -> usize {
    let involved = inquiry.bound.iter().filter(|&&market| {
        market != inquiry.order.market
            && (!inquiry.accounts.position(market).quantity.is_zero()
                || inquiry.ledger.live().iter().any(|record| record.request.market == market))
    });
    involved.count()
}

/// R5: on the grid and inside the strategy's range.
pub(super) fn price(inquiry: &Inquiry<'_>) -> bool {
    let limits = &inquiry.strategy.limits;
    let price = inquiry.order.price;
    let inside = (limits.min_price..=limits.max_price).contains(&price);
    inside && inquiry.market.listing().grid.allows(price)
}

/// R6: whole lots, at least one, at most the maximum.
pub(super) fn size(inquiry: &Inquiry<'_>) -> bool {
    let quantity = inquiry.order.quantity;
    let whole = quantity.floor_to(inquiry.market.listing().lot) == quantity;
    quantity.is_positive() && whole && quantity <= inquiry.strategy.limits.max_order_contracts
}

/// R7.
pub(super) fn order_cost(inquiry: &Inquiry<'_>) -> bool {
    let cost = exposure::order_cost(inquiry.market.listing(), inquiry.order, inquiry.now);
    cost <= inquiry.strategy.limits.max_order_cost
}

/// R8: not further from the reference than the collar, either way. What only closes is held against a reference of its
/// own ([`super::reference`]), and must not be worse by more.
pub(super) fn collar(inquiry: &Inquiry<'_>) -> bool {
    let most = 2 * i32::from(inquiry.strategy.limits.price_collar.e4());
    twice_distance(inquiry).is_some_and(|(_, distance)| distance <= most)
}

/// R10: a larger edge is an error, not an opportunity. A close is no opportunity: it is given up for what others pay.
pub(super) fn edge_plausible(inquiry: &Inquiry<'_>) -> bool {
    inquiry.edge.is_finite()
        && (inquiry.edge <= inquiry.strategy.limits.max_edge || closes(inquiry))
}

/// R11: trusted, uncrossed, connected, and heard of lately.
pub(super) fn book(inquiry: &Inquiry<'_>) -> bool {
    let venue = inquiry.market.listing().venue;
    let oldest = inquiry.wall(inquiry.limits.max_book_age);
    let fresh = inquiry.venues.age(venue, inquiry.now).is_some_and(|age| age <= oldest);
    inquiry.market.is_tradable_book() && inquiry.venues.is_connected(venue) && fresh
}

/// R14: worst-case contracts and cost of the market, and of the strategy's own part of it. An order that makes neither worse may pass: a
/// limit that was lowered below the position must not keep it from being closed.
pub(super) fn market_position(inquiry: &Inquiry<'_>) -> bool {
    let limits = &inquiry.strategy.limits;
    let after = inquiry.exposure(true);
    let within =
        after.contracts <= limits.max_position_contracts && after.cost <= limits.max_position_cost;
    (within && inquiry.own_within(limits)) || inquiry.only_reduces()
}

/// R15: worst-case cost of all markets on the same event.
pub(super) fn group_cost(inquiry: &Inquiry<'_>) -> bool {
    let group = inquiry.group.iter().filter_map(|market| inquiry.markets.get(market.index()));
    inquiry.cost_of(group) <= inquiry.strategy.limits.max_group_cost || inquiry.only_reduces()
}

/// R16: worst-case cost of everything.
pub(super) fn account_cost(inquiry: &Inquiry<'_>) -> bool {
    let all = inquiry.markets.iter();
    inquiry.cost_of(all) <= inquiry.limits.max_account_cost || inquiry.only_reduces()
}

/// R17: cash at the venue covers every open order and this one, and leaves the buffer.
pub(super) fn buying_power(inquiry: &Inquiry<'_>) -> bool {
    let venue = inquiry.market.listing().venue;
    let covered = inquiry
        .accounts
        .cash(venue)
        .is_some_and(|cash| cash - reserved_at(inquiry, venue) >= cash_buffer(inquiry));
    covered || inquiry.only_reduces()
}

/// The share of equity that stays in cash.
pub(super) fn cash_buffer(inquiry: &Inquiry<'_>) -> Usd {
    let share = i128::from(inquiry.limits.cash_buffer_e4);
    Usd::from_e10(inquiry.equity.e10().max(0) / 10_000 * share)
}

pub(super) fn reserved_at(inquiry: &Inquiry<'_>, venue: Venue) -> Usd {
    let here = inquiry.markets.iter().filter(|market| market.listing().venue == venue);
    here.map(|market| inquiry.worst(market).reserved).sum()
}

/// R18: open orders on the market and on the account, this one included.
pub(super) fn open_orders(inquiry: &Inquiry<'_>) -> bool {
    let live = inquiry.ledger.live();
    let here = live.iter().filter(|record| record.request.market == inquiry.order.market).count();
    let few = here < inquiry.strategy.limits.max_open_orders as usize
        && live.len() < inquiry.limits.max_open_orders as usize;
    few || inquiry.only_reduces()
}

/// R19: orders per second, minute and day of wall time, this one included. Of those of a minute and of a day
/// a part is left for what closes at once: whatever was opened and quoted, it can still be given up.
pub(super) fn order_rate(inquiry: &Inquiry<'_>) -> bool {
    rates(inquiry).into_iter().all(|rate| {
        rate.count < rate.most - rate.kept || (rate.count < rate.most && closes_at_once(inquiry))
    })
}

/// A rate of orders and its limit.
pub(super) struct Rate {
    pub(super) span: &'static str,
    /// Decided within the span before.
    pub(super) count: usize,
    pub(super) most: usize,
    /// Of these, left for what closes at once.
    pub(super) kept: usize,
}

pub(super) fn rates(inquiry: &Inquiry<'_>) -> [Rate; 3] {
    let limits = inquiry.limits;
    let rate = |span, secs, most: u32, kept: u32| {
        let within = inquiry.wall(Nanos::from_secs(secs));
        let count = inquiry.history.count_within(within, inquiry.now);
        Rate { span, count, most: most as usize, kept: kept as usize }
    };
    let (minute, day) = (limits.max_orders_per_minute, limits.max_orders_per_day);
    [
        // Whoever waits for this waits for no longer than that.
        rate("second", 1, limits.max_orders_per_second, 0),
        rate("minute", 60, minute, minute / KEPT_FOR_CLOSES),
        rate("day", 86_400, day, day / KEPT_FOR_CLOSES),
    ]
}

/// Is it a close, and not an entry of its strategy that another's position happens to make one for the account?
pub(super) fn closes(inquiry: &Inquiry<'_>) -> bool {
    inquiry.order.reduce_only && inquiry.only_reduces()
}

/// Does it only close, and does not wait for anybody? Quotes that close have a budget of their own.
fn closes_at_once(inquiry: &Inquiry<'_>) -> bool {
    !inquiry.order.time_in_force.rests() && closes(inquiry)
}

/// R20: no like order inside the window that was refused, is unanswered, or rests unfilled. One that
/// traded, or came to its normal end, is a change in between.
pub(super) fn not_duplicate(inquiry: &Inquiry<'_>) -> bool {
    let window = inquiry.wall(inquiry.limits.duplicate_window);
    inquiry.history.like(inquiry.order, window).all(|id| {
        inquiry.ledger.get(id).is_none_or(|earlier| match earlier.phase {
            Phase::Filled | Phase::Closed => true,
            Phase::Approved
            | Phase::Sent
            | Phase::Unknown
            | Phase::Open
            | Phase::Rejected
            | Phase::NotPlaced => earlier.filled.is_positive(),
        })
    })
}

/// R22: would not meet an own order, however it is named (selling YES is buying NO).
pub(super) fn no_self_cross(inquiry: &Inquiry<'_>) -> bool {
    let order = inquiry.order;
    let crosses = |other: Price| match order.side {
        Side::Bid => order.price >= other,
        Side::Ask => order.price <= other,
    };
    !inquiry
        .ledger
        .on(order.market, order.side.opposite())
        .any(|record| record.phase.is_live() && crosses(record.request.price))
}

/// R23.
pub(super) fn unknowns(inquiry: &Inquiry<'_>) -> bool {
    inquiry.ledger.unknown_count() <= inquiry.limits.max_unknown_orders as usize
}
