//! Checks of trust, losses and conduct: what must be known, and what must not have happened, before
//! anything new is sent. One function each, in the order of reliability.md section 9; true lets the
//! order pass.

use statecraft_domain::{Nanos, Price, Side, TimeInForce, Usd, Venue};

use super::Inquiry;
use super::attribution::Attributed;
use super::conduct::{RATIO_WINDOW, Ratios};
use super::exposure::order_cost;
use crate::config::StrategyLimits;

/// I15 (with R1): the account was compared with the venue's, completely, after the last connection and
/// not too long ago. Only where somebody compares.
pub(super) fn reconciled(inquiry: &Inquiry<'_>) -> bool {
    !inquiry.supervision.reconciles
        || reconciled_age(inquiry)
            .is_some_and(|age| age <= inquiry.wall(inquiry.limits.guards.reconcile_interval))
}

/// Age of the last comparison that counts; `None` if none does.
pub(super) fn reconciled_age(inquiry: &Inquiry<'_>) -> Option<Nanos> {
    let venue = inquiry.market.listing().venue;
    let asked = inquiry.controls.reconciled(venue)?;
    let connected = inquiry.controls.connected_since(venue);
    connected.is_none_or(|since| asked >= since).then(|| inquiry.now - asked)
}

/// R2: real money only under limits that a person armed.
pub(super) fn armed(inquiry: &Inquiry<'_>) -> bool {
    !inquiry.real_money || inquiry.supervision.armed
}

/// R3: the venue as a whole takes such an order.
pub(super) fn venue_open(inquiry: &Inquiry<'_>) -> bool {
    let condition = inquiry.controls.condition(inquiry.market.listing().venue);
    condition.takes_orders(inquiry.order.post_only)
}

/// R9: the price is better than the model's value by the required edge. Closing needs no edge.
pub(super) fn min_edge(inquiry: &Inquiry<'_>) -> bool {
    let Some(value) = inquiry.value else { return true };
    edge_at_limit(inquiry, value) >= i32::from(inquiry.strategy.limits.min_edge.e4())
        || inquiry.only_reduces()
}

/// How much better than the model's value the worst price of the order is, in 1/10,000 dollar.
pub(super) fn edge_at_limit(inquiry: &Inquiry<'_>, value: Price) -> i32 {
    let (value, price) = (i32::from(value.e4()), i32::from(inquiry.order.price.e4()));
    match inquiry.order.side {
        Side::Bid => value - price,
        Side::Ask => price - value,
    }
}

/// R12: the model's result is of late, and so is the last word of any source, if there ever was one. Closing
/// needs no opinion.
pub(super) fn model_age(inquiry: &Inquiry<'_>) -> bool {
    let most = inquiry.wall(inquiry.limits.guards.max_model_age);
    let fresh = |age: Option<Nanos>| age.is_none_or(|age| age <= most);
    (fresh(inquiry.model_age) && fresh(inquiry.heard_age)) || inquiry.only_reduces()
}

/// R13: nobody found the clock wrong.
pub(super) fn clock(inquiry: &Inquiry<'_>) -> bool {
    inquiry.controls.clock().is_none_or(|clock| clock.trusted)
}

/// R15: worst-case cost of everything that moves with the strategy's event.
pub(super) fn driver_cost(inquiry: &Inquiry<'_>) -> bool {
    driven(inquiry) <= inquiry.limits.guards.max_driver_cost || inquiry.only_reduces()
}

pub(super) fn driven(inquiry: &Inquiry<'_>) -> Usd {
    let driven = inquiry.driven.iter().filter_map(|market| inquiry.markets.get(market.index()));
    inquiry.cost_of(driven)
}

/// R16: worst-case cost at the order's venue.
pub(super) fn venue_cost(inquiry: &Inquiry<'_>) -> bool {
    let venue = inquiry.market.listing().venue;
    cost_at(inquiry, venue) <= inquiry.limits.guards.max_venue_cost || inquiry.only_reduces()
}

pub(super) fn cost_at(inquiry: &Inquiry<'_>, venue: Venue) -> Usd {
    inquiry.cost_of(inquiry.markets.iter().filter(|market| market.listing().venue == venue))
}

/// R16: worst-case cost of this account and of the others.
pub(super) fn total_cost(inquiry: &Inquiry<'_>) -> bool {
    total(inquiry) <= inquiry.limits.guards.max_total_cost || inquiry.only_reduces()
}

pub(super) fn total(inquiry: &Inquiry<'_>) -> Usd {
    inquiry.cost_of(inquiry.markets.iter()) + inquiry.supervision.elsewhere
}

/// R21: not executed too often on this side of the market.
pub(super) fn repeats(inquiry: &Inquiry<'_>) -> bool {
    let guards = &inquiry.limits.guards;
    let (hour, day) = repeated(inquiry);
    let few =
        hour < guards.max_repeats_per_hour as usize && day < guards.max_repeats_per_day as usize;
    few || inquiry.only_reduces()
}

pub(super) fn repeated(inquiry: &Inquiry<'_>) -> (usize, usize) {
    inquiry.conduct.repeats(inquiry.order.market, inquiry.order.side, inquiry.now)
}

/// R24: losses within their limits. What only closes may pass: the loss is not made smaller by holding.
pub(super) fn loss(inquiry: &Inquiry<'_>) -> bool {
    let (guards, losses) = (&inquiry.limits.guards, &inquiry.losses);
    let within = !losses.unmarked && losses.are_within(guards);
    within || inquiry.only_reduces()
}

/// R25: because of one signal, this order included.
pub(super) fn signal_cost(inquiry: &Inquiry<'_>) -> bool {
    attributed(inquiry).signal <= inquiry.limits.guards.max_signal_cost || inquiry.only_reduces()
}

/// R25: because of one source, this order included.
pub(super) fn source_cost(inquiry: &Inquiry<'_>) -> bool {
    attributed(inquiry).source <= inquiry.limits.guards.max_source_cost || inquiry.only_reduces()
}

/// R25: within an hour, this order included.
pub(super) fn hour_cost(inquiry: &Inquiry<'_>) -> bool {
    attributed(inquiry).hour <= inquiry.limits.guards.max_hour_cost || inquiry.only_reduces()
}

/// What is at stake with this order.
pub(super) fn attributed(inquiry: &Inquiry<'_>) -> Attributed {
    *inquiry.attributed.get_or_init(|| at_stake_with(inquiry))
}

fn at_stake_with(inquiry: &Inquiry<'_>) -> Attributed {
    if !inquiry.guarded {
        return Attributed::default();
    }
    let story = inquiry.story;
    let held = |strategy, market| inquiry.holdings.cost(strategy, market);
    let before = inquiry.attributions.at_stake(story, inquiry.now, inquiry.ledger, held);
    let more = order_cost(inquiry.market.listing(), inquiry.order, inquiry.now);
    let told = if story.is_some() { more } else { Usd::ZERO };
    Attributed {
        signal: before.signal + told,
        source: before.source + told,
        hour: before.hour + more,
    }
}

/// R26: the venue does not refuse or cancel too many of the strategy's orders.
pub(super) fn ratios(inquiry: &Inquiry<'_>) -> bool {
    let (counts, guards) = (counted(inquiry), &inquiry.limits.guards);
    !counts.rejects_exceed(guards) && !counts.cancels_exceed(guards)
}

pub(super) fn counted(inquiry: &Inquiry<'_>) -> Ratios {
    inquiry.conduct.ratios(inquiry.now, inquiry.wall(RATIO_WINDOW))
}

/// R27: an order that rests ends by itself, soon, and with its group where there are groups.
pub(super) fn attended(inquiry: &Inquiry<'_>) -> bool {
    let TimeInForce::GoodTilCancelled { expires } = inquiry.order.time_in_force else {
        return true;
    };
    let most = inquiry.wall(inquiry.limits.max_unattended);
    let ends = expires.is_some_and(|expires| expires - inquiry.now <= most);
    ends && inquiry.supervision.order_group.unwrap_or(true)
}

/// R28: with real money, a strategy that is new as it is stays within a part of its limits.
pub(super) fn ramp(inquiry: &Inquiry<'_>) -> bool {
    let Some(limits) = ramped(inquiry) else { return true };
    let after = inquiry.exposure(true);
    let within = inquiry.order.quantity <= limits.max_order_contracts
        && order_cost(inquiry.market.listing(), inquiry.order, inquiry.now)
            <= limits.max_order_cost
        && after.contracts <= limits.max_position_contracts
        && after.cost <= limits.max_position_cost
        && inquiry.own_within(&limits)
        && group_cost(inquiry) <= limits.max_group_cost;
    within || inquiry.only_reduces()
}

pub(super) fn group_cost(inquiry: &Inquiry<'_>) -> Usd {
    let group = inquiry.group.iter().filter_map(|market| inquiry.markets.get(market.index()));
    inquiry.cost_of(group)
}

/// The limits of a strategy in its ramp; `None`: it is through, or nobody's money is at stake.
pub(super) fn ramped(inquiry: &Inquiry<'_>) -> Option<StrategyLimits> {
    let guards = &inquiry.limits.guards;
    let young = inquiry.since.is_none_or(|since| inquiry.now - since < guards.ramp);
    (inquiry.real_money && young && guards.ramp_e4 < 10_000)
        .then(|| inquiry.strategy.limits.share(guards.ramp_e4))
}
