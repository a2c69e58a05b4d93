//! The same limits looked at from behind: what is held and open, and what left, every few seconds. A
//! breach that only this finds is a defect of the checks before the trade, and is told as one.

use statecraft_domain::{MarketId, Quantity, Side, Usd, Venue};

use super::exposure::{Exposure, worst_case};
use crate::Engine;
use crate::market::MarketState;
use crate::orders::OrderRecord;

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
    let exposures: Vec<Exposure> = engine.markets().iter().map(|m| exposure(engine, m)).collect();
    markets(engine, &exposures, &mut breaches);
    together(engine, &exposures, &mut breaches);
    account(engine, &exposures, &mut breaches);
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
fn markets(engine: &Engine, exposures: &[Exposure], breaches: &mut Vec<Breach>) {
    for (market, found) in engine.markets().iter().zip(exposures) {
        let bound = engine.limits_on(market.id());
        let widest = |of: fn(&crate::config::StrategyLimits) -> Usd| bound.iter().map(of).max();
        let (Some(cost), Some(contracts)) = (
            widest(|limits| limits.max_position_cost),
            bound.iter().map(|limits| limits.max_position_contracts).max(),
        ) else {
            continue;
        };
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

/// Costs more than is allowed?
fn over(code: &'static str, subject: &str, cost: Usd, allowed: Usd) -> Option<Breach> {
    let name = if subject.is_empty() { String::new() } else { format!("{subject}: ") };
    let message = format!("{name}{cost} at stake at worst, allowed are {allowed}");
    (cost > allowed).then(|| Breach::alarm(code, message).of(&subject))
}

/// Markets that one event, or one driver, moves together: each event against the widest limit of the strategies
/// that trade it.
fn together(engine: &Engine, exposures: &[Exposure], breaches: &mut Vec<Breach>) {
    let cost = |markets: &[MarketId]| {
        markets.iter().filter_map(|id| exposures.get(id.index())).map(|found| found.cost).sum()
    };
    for (event, allowed, markets) in engine.groups_by_event() {
        breaches.extend(over("group_over_limit", event, cost(markets), allowed));
    }
    let allowed = engine.config().limits.guards.max_driver_cost;
    for (driver, markets) in engine.drivers_by_name() {
        breaches.extend(over("driver_over_limit", driver, cost(markets), allowed));
    }
}

/// Can the open orders on this one's side of its market only close what is held there? Those are not counted
/// before the trade either (R18).
fn closes(engine: &Engine, record: &OrderRecord) -> bool {
    let (market, side) = (record.request.market, record.request.side);
    let position = engine.position(market).quantity;
    let held = match side {
        Side::Bid => -position,
        Side::Ask => position,
    };
    engine.orders().on(market, side).map(OrderRecord::reserved).sum::<Quantity>() <= held
}

fn account(engine: &Engine, exposures: &[Exposure], breaches: &mut Vec<Breach>) {
    let limits = &engine.config().limits;
    let cost: Usd = exposures.iter().map(|found| found.cost).sum();
    let total = cost + engine.config().supervision.elsewhere;
    breaches.extend(over("total_over_limit", "", total, limits.guards.max_total_cost));
    breaches.extend(over("account_over_limit", "", cost, limits.max_account_cost));
    let open = engine.orders().live().iter().filter(|record| !closes(engine, record)).count();
    if open > limits.max_open_orders as usize {
        let message = format!("{open} orders are open, allowed are {}", limits.max_open_orders);
        breaches.push(Breach::alarm("orders_over_limit", message));
    }
    for venue in [Venue::Kalshi, Venue::Polymarket, Venue::File] {
        let there = engine.markets().iter().zip(exposures);
        let there = there.filter(|(market, _)| market.listing().venue == venue);
        let (cost, reserved) = there
            .fold((Usd::ZERO, Usd::ZERO), |(cost, reserved), (_, found)| {
                (cost + found.cost, reserved + found.reserved)
            });
        let (name, allowed) = (venue.to_string(), limits.guards.max_venue_cost);
        breaches.extend(over("venue_over_limit", &name, cost, allowed));
        if let Some(cash) = engine.cash(venue).filter(|&cash| cash < reserved) {
            let message = format!("{venue}: {cash} in cash, and open orders may take {reserved}");
            breaches.push(Breach::alarm("cash_short", message).of(&venue));
        }
    }
}
