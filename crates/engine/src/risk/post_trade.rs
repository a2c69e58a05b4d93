//! The same limits looked at from behind: what is held and open, and what left, every few seconds. A
//! breach that only this finds is a defect of the checks before the trade, and is told as one.

use statecraft_domain::{Usd, Venue};

use super::exposure::{Exposure, worst_case};
use crate::Engine;
use crate::market::MarketState;

/// How many orders there were, and what they were worth at their limits. The engine counts what it
/// approved; whoever sends counts what left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flow {
    /// Orders.
    pub orders: u64,
    /// Sum of price times contracts, YES prices.
    pub value: Usd,
}

impl Flow {
    /// What is more in this than in another.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        let orders = self.orders.saturating_sub(other.orders);
        Self { orders, value: (self.value - other.value).max(Usd::ZERO) }
    }

    /// One more.
    pub fn add(&mut self, order: &statecraft_domain::OrderRequest) {
        self.orders += 1;
        self.value += order.price.times(order.quantity);
    }
}

/// What was found, and what must be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// A stable code.
    pub code: &'static str,
    /// The market or venue that it is of; empty: the account.
    pub subject: String,
    /// With the numbers.
    pub message: String,
    /// Everything must stop at once (10.1); otherwise a person must know.
    pub kills: bool,
}

impl Breach {
    fn alarm(code: &'static str, message: String) -> Self {
        Self { code, subject: String::new(), message, kills: false }
    }

    fn kill(code: &'static str, message: String) -> Self {
        Self { kills: true, ..Self::alarm(code, message) }
    }

    fn of(self, subject: &dyn std::fmt::Display) -> Self {
        Self { subject: subject.to_string(), ..self }
    }
}

/// Positions, open orders and cash against the limits, and what left against what was approved. `sent` is
/// the sender's own count since the engine began.
#[must_use]
pub fn post_trade(engine: &Engine, sent: Flow) -> Vec<Breach> {
    let mut breaches = Vec::new();
    flow(engine, sent, &mut breaches);
    conservation(engine, &mut breaches);
    markets(engine, &mut breaches);
    groups(engine, &mut breaches);
    account(engine, &mut breaches);
    breaches
}

/// The order loop guard: nothing leaves that was not approved.
fn flow(engine: &Engine, sent: Flow, breaches: &mut Vec<Breach>) {
    let approved = engine.approved();
    if sent.orders > approved.orders || sent.value > approved.value {
        let message = format!(
            "{} orders over {} left, {} over {} were approved",
            sent.orders, sent.value, approved.orders, approved.value
        );
        breaches.push(Breach::kill("sent_unapproved", message));
    }
}

fn conservation(engine: &Engine, breaches: &mut Vec<Breach>) {
    if !engine.is_money_conserved() {
        let message = "money was made or lost by arithmetic".to_owned();
        breaches.push(Breach::kill("money_not_conserved", message));
    }
}

fn exposure(engine: &Engine, market: &MarketState) -> Exposure {
    let position = engine.position(market.id());
    worst_case(market, &position, engine.orders(), None, engine.now())
}

/// Each market against the widest limits of the strategies that trade it.
fn markets(engine: &Engine, breaches: &mut Vec<Breach>) {
    for market in engine.markets() {
        let bound = engine.limits_on(market.id());
        let widest = |of: fn(&crate::config::StrategyLimits) -> Usd| bound.iter().map(of).max();
        let (Some(cost), Some(contracts)) = (
            widest(|limits| limits.max_position_cost),
            bound.iter().map(|limits| limits.max_position_contracts).max(),
        ) else {
            continue;
        };
        let found = exposure(engine, market);
        if found.cost > cost || found.contracts > contracts {
            let message = format!(
                "{}: {} contracts over {} at worst, allowed are {contracts} and {cost}",
                market.listing().ticker,
                found.contracts,
                found.cost
            );
            let ticker = &market.listing().ticker;
            breaches.push(Breach::alarm("position_over_limit", message).of(ticker));
        }
    }
}

/// Each event against the widest limit of the strategies that trade its markets.
fn groups(engine: &Engine, breaches: &mut Vec<Breach>) {
    for (event, allowed, markets) in engine.groups_by_event() {
        let held = markets.iter().filter_map(|id| engine.market(*id));
        let cost: Usd = held.map(|market| exposure(engine, market).cost).sum();
        if cost > allowed {
            let message = format!("{event}: {cost} at stake at worst, allowed are {allowed}");
            breaches.push(Breach::alarm("group_over_limit", message).of(&event));
        }
    }
    let allowed = engine.config().limits.guards.max_driver_cost;
    for (driver, markets) in engine.drivers_by_name() {
        let held = markets.iter().filter_map(|id| engine.market(*id));
        let cost: Usd = held.map(|market| exposure(engine, market).cost).sum();
        if cost > allowed {
            let message = format!("{driver}: {cost} at stake at worst, allowed are {allowed}");
            breaches.push(Breach::alarm("driver_over_limit", message).of(&driver));
        }
    }
}

fn account(engine: &Engine, breaches: &mut Vec<Breach>) {
    let limits = &engine.config().limits;
    let cost: Usd = engine.markets().iter().map(|market| exposure(engine, market).cost).sum();
    let total = cost + engine.config().supervision.elsewhere;
    if total > limits.guards.max_total_cost {
        let allowed = limits.guards.max_total_cost;
        let message = format!("{total} at stake at worst, allowed are {allowed}");
        breaches.push(Breach::alarm("total_over_limit", message));
    }
    if cost > limits.max_account_cost {
        let message = format!("{cost} at stake at worst, allowed are {}", limits.max_account_cost);
        breaches.push(Breach::alarm("account_over_limit", message));
    }
    let open = engine.orders().live().len();
    if open > limits.max_open_orders as usize {
        let message = format!("{open} orders are open, allowed are {}", limits.max_open_orders);
        breaches.push(Breach::alarm("orders_over_limit", message));
    }
    for venue in [Venue::Kalshi, Venue::Polymarket, Venue::File] {
        let there = engine.markets().iter().filter(|market| market.listing().venue == venue);
        let (mut cost, mut reserved) = (Usd::ZERO, Usd::ZERO);
        for found in there.map(|market| exposure(engine, market)) {
            cost += found.cost;
            reserved += found.reserved;
        }
        let allowed = limits.guards.max_venue_cost;
        if cost > allowed {
            let message = format!("{venue}: {cost} at stake at worst, allowed are {allowed}");
            breaches.push(Breach::alarm("venue_over_limit", message).of(&venue));
        }
        if let Some(cash) = engine.cash(venue).filter(|&cash| cash < reserved) {
            let message = format!("{venue}: {cash} in cash, and open orders may take {reserved}");
            breaches.push(Breach::alarm("cash_short", message).of(&venue));
        }
    }
}
