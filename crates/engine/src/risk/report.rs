//! Every check with its numbers, for people: what [`gate`](super::gate) decided, and how close it was.
//!
//! The verdict of a line is the gate's own predicate; the numbers beside it are computed apart from it
//! and a property test holds the two together.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use statecraft_domain::event::Mode;
use statecraft_domain::{Denial, MarketStatus, Nanos, Usd};

use super::{CHECKS, Inquiry, checks, exposure, guards, reference};
use crate::config::{Decision, StrategyLimits};

/// One check of the gate and what it looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckLine {
    /// Its code, the reason if it denies.
    pub check: Denial,
    /// Did it let the order pass?
    pub passed: bool,
    /// A limit is exceeded, and the order may pass because it only closes what is held.
    pub waived: bool,
    /// What was compared.
    pub measures: Vec<Measure>,
}

/// One comparison of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// What is measured.
    pub what: Cow<'static, str>,
    /// The number, with the order counted in.
    pub value: String,
    /// What it is held against.
    pub bound: String,
    /// Is it within?
    pub holds: bool,
}

impl Measure {
    fn new(
        what: impl Into<Cow<'static, str>>,
        value: impl ToString,
        bound: impl ToString,
        holds: bool,
    ) -> Self {
        let (value, bound) = (value.to_string(), bound.to_string());
        Self { what: what.into(), value, bound, holds }
    }

    fn at_most<T: PartialOrd + ToString>(
        what: impl Into<Cow<'static, str>>,
        value: T,
        most: T,
    ) -> Self {
        let holds = value <= most;
        Self::new(what, value.to_string(), format!("at most {}", most.to_string()), holds)
    }

    fn must(what: &'static str, value: impl ToString, holds: bool) -> Self {
        Self::new(what, value, "required", holds)
    }
}

/// Every check of the gate, in its order: the gate denies with the first that did not pass.
#[must_use]
pub fn report(inquiry: &Inquiry<'_>) -> Vec<CheckLine> {
    let line = |&(check, passes): &super::Check| {
        let passed = passes(inquiry);
        let measures = measures(check, inquiry);
        let waived = passed && !measures.iter().all(|measure| measure.holds);
        CheckLine { check, passed, waived, measures }
    };
    CHECKS.iter().map(line).collect()
}

/// What a check compares.
fn measures(check: Denial, inquiry: &Inquiry<'_>) -> Vec<Measure> {
    let (order, own, account) = (inquiry.order, &inquiry.strategy.limits, inquiry.limits);
    match check {
        Denial::Mode => mode(inquiry),
        Denial::Unreconciled => vec![reconciled(inquiry)],
        Denial::NotArmed => {
            let holds = guards::armed(inquiry);
            let text = if inquiry.supervision.armed { "armed" } else { "not armed" };
            vec![Measure::new("limits", text, "armed, or paper money", holds)]
        }
        Denial::Demoted => {
            let text = if inquiry.barred { "demoted to paper" } else { "good" };
            vec![Measure::new("standing", text, "good, or paper money", !inquiry.barred)]
        }
        Denial::MarketState => market_state(inquiry),
        Denial::Universe => vec![
            Measure::must(
                "bound to the strategy",
                yes(inquiry.bound.contains(&order.market)),
                inquiry.bound.contains(&order.market),
            ),
            Measure::at_most(
                "markets in use",
                checks::markets_involved(inquiry) + 1,
                own.max_markets as usize,
            ),
        ],
        Denial::Price => {
            let (price, low, high) = (order.price, own.min_price, own.max_price);
            let inside = (low..=high).contains(&price);
            let allowed = inquiry.market.listing().grid.allows(price);
            vec![
                Measure::new("price", price, format!("{low} to {high}"), inside),
                Measure::must("on the venue's grid", price, allowed),
            ]
        }
        Denial::Size => {
            let lot = inquiry.market.listing().lot;
            let whole = order.quantity.floor_to(lot) == order.quantity;
            vec![
                Measure::new(
                    "contracts",
                    order.quantity,
                    format!("above 0, whole lots of {lot}"),
                    whole && order.quantity.is_positive(),
                ),
                Measure::at_most("contracts", order.quantity, own.max_order_contracts),
            ]
        }
        Denial::OrderCost => {
            let cost = exposure::order_cost(inquiry.market.listing(), order, inquiry.now);
            vec![Measure::at_most("cost with fees, dollars", cost, own.max_order_cost)]
        }
        Denial::Collar => vec![collar(inquiry)],
        Denial::MinEdge => vec![min_edge(inquiry)],
        Denial::EdgeTooLarge => {
            let holds = inquiry.edge.is_finite() && inquiry.edge <= own.max_edge;
            let bound = format!("at most {:.4}", own.max_edge);
            vec![Measure::new("edge, dollars", format!("{:.4}", inquiry.edge), bound, holds)]
        }
        Denial::Book => book(inquiry),
        Denial::ModelAge => model_age(inquiry),
        Denial::Clock => {
            let offset = |clock: statecraft_domain::control::ClockJudged| {
                format!("{:.3} s from the venue's", clock.offset.secs_f64())
            };
            let text = inquiry.controls.clock().map_or("never compared".to_owned(), offset);
            vec![Measure::new("clock", text, "trusted", guards::clock(inquiry))]
        }
        Denial::MarketPosition => {
            let after = inquiry.exposure(true);
            vec![
                Measure::at_most("worst contracts", after.contracts, own.max_position_contracts),
                Measure::at_most("worst cost, dollars", after.cost, own.max_position_cost),
                own_position(inquiry, own),
            ]
        }
        Denial::GroupCost => {
            let cost = guards::group_cost(inquiry);
            vec![Measure::at_most("worst cost of the event, dollars", cost, own.max_group_cost)]
        }
        Denial::DriverCost => {
            let (cost, most) = (guards::driven(inquiry), account.guards.max_driver_cost);
            vec![Measure::at_most("worst cost of what moves together, dollars", cost, most)]
        }
        Denial::VenueCost => {
            let cost = guards::cost_at(inquiry, inquiry.market.listing().venue);
            let most = account.guards.max_venue_cost;
            vec![Measure::at_most("worst cost at the venue, dollars", cost, most)]
        }
        Denial::AccountCost => {
            let cost = inquiry.cost_of(inquiry.markets.iter());
            vec![Measure::at_most("worst cost of all, dollars", cost, account.max_account_cost)]
        }
        Denial::TotalCost => {
            let (cost, most) = (guards::total(inquiry), account.guards.max_total_cost);
            vec![Measure::at_most("worst cost of all accounts, dollars", cost, most)]
        }
        Denial::BuyingPower => vec![buying_power(inquiry)],
        Denial::OpenOrders => {
            let live = inquiry.ledger.live();
            let here = live.iter().filter(|record| record.request.market == order.market).count();
            vec![
                Measure::at_most("open here, with this", here + 1, own.max_open_orders as usize),
                Measure::at_most(
                    "open on the account, with this",
                    live.len() + 1,
                    account.max_open_orders as usize,
                ),
            ]
        }
        Denial::OrderRate => order_rate(inquiry),
        Denial::Duplicate => {
            let fresh = checks::not_duplicate(inquiry);
            let window = seconds(account.duplicate_window);
            let found = if fresh { "none" } else { "one" };
            vec![Measure::new("like order lately", found, format!("none within {window}"), fresh)]
        }
        Denial::SelfCross => {
            let apart = checks::no_self_cross(inquiry);
            let found = if apart { "none" } else { "one" };
            vec![Measure::new("own order it would meet", found, "none", apart)]
        }
        Denial::Unknowns => {
            let most = account.max_unknown_orders as usize;
            vec![Measure::at_most("orders of unknown fate", inquiry.ledger.unknown_count(), most)]
        }
        Denial::Repeats => {
            let (hour, day) = guards::repeated(inquiry);
            let (per_hour, per_day) =
                (account.guards.max_repeats_per_hour, account.guards.max_repeats_per_day);
            vec![
                below("executions on this side in an hour", hour, per_hour as usize),
                below("executions on this side in a day", day, per_day as usize),
            ]
        }
        Denial::Loss => loss(inquiry),
        Denial::SignalCost => {
            let (cost, most) = (guards::attributed(inquiry).signal, account.guards.max_signal_cost);
            let what = inquiry
                .story
                .map_or(Cow::Borrowed("opened because of a signal, dollars"), |story| {
                    Cow::Owned(format!("opened because of signal {}, dollars", story.signal))
                });
            vec![Measure::at_most(what, cost, most)]
        }
        Denial::SourceCost => {
            let (cost, most) = (guards::attributed(inquiry).source, account.guards.max_source_cost);
            let what = inquiry
                .story
                .map_or(Cow::Borrowed("opened because of a source, dollars"), |story| {
                    Cow::Owned(format!("opened because of source {}, dollars", story.source))
                });
            vec![Measure::at_most(what, cost, most)]
        }
        Denial::HourCost => {
            let (cost, most) = (guards::attributed(inquiry).hour, account.guards.max_hour_cost);
            vec![Measure::at_most("opened within an hour, dollars", cost, most)]
        }
        Denial::Ratios => ratios(inquiry),
        Denial::Unattended => vec![unattended(inquiry)],
        Denial::Ramp => ramp(inquiry),
        // Findings of a decision, not checks of the gate.
        _ => Vec::new(),
    }
}

fn mode(inquiry: &Inquiry<'_>) -> Vec<Measure> {
    let mode = format!("{:?}", inquiry.mode).to_lowercase();
    vec![Measure::new("mode", mode, "active", inquiry.mode == Mode::Active)]
}

fn market_state(inquiry: &Inquiry<'_>) -> Vec<Measure> {
    let listing = inquiry.market.listing();
    let open = listing.status == MarketStatus::Active && inquiry.market.settlement().is_none();
    let margin = inquiry.strategy.limits.no_new_orders_before_close;
    let early = listing.close.is_none_or(|close| inquiry.now < close - margin);
    let left = listing.close.map_or("no close known".to_owned(), |close| {
        format!("{:.2} d", (close - inquiry.now).days())
    });
    let status = format!("{:?}", listing.status).to_lowercase();
    let condition = inquiry.controls.condition(listing.venue);
    let venue = format!("{condition:?}").to_lowercase();
    vec![
        Measure::new("venue", venue, "takes such orders", guards::venue_open(inquiry)),
        Measure::new("market", status, "active, not settled", open),
        Measure::new("left to the close", left, format!("more than {}", seconds(margin)), early),
    ]
}

fn collar(inquiry: &Inquiry<'_>) -> Measure {
    let collar = inquiry.strategy.limits.price_collar;
    let Some((twice_reference, twice_distance)) = reference::twice_distance(inquiry) else {
        return Measure::must("reference price", "none", false);
    };
    let dollars = |twice: i32| f64::from(twice) / 20_000.0;
    Measure::new(
        "distance from the reference",
        format!("{:.4} (reference {:.4})", dollars(twice_distance), dollars(twice_reference)),
        format!("at most {collar}"),
        twice_distance <= 2 * i32::from(collar.e4()),
    )
}

fn book(inquiry: &Inquiry<'_>) -> Vec<Measure> {
    let venue = inquiry.market.listing().venue;
    let tradable = inquiry.market.is_tradable_book();
    let connected = inquiry.venues.is_connected(venue);
    let oldest = inquiry.limits.max_book_age.times(inquiry.time_scale);
    let age = inquiry.venues.age(venue, inquiry.now);
    let text = age.map_or("never heard".to_owned(), |age| wall_seconds(inquiry, age));
    let fresh = age.is_some_and(|age| age <= oldest);
    vec![
        Measure::must("book trusted and uncrossed", yes(tradable), tradable),
        Measure::must("venue connected", yes(connected), connected),
        Measure::new(
            "venue last heard",
            text,
            format!("within {}", wall_bound(inquiry, oldest)),
            fresh,
        ),
    ]
}

fn own_position(inquiry: &Inquiry<'_>, limits: &StrategyLimits) -> Measure {
    let after = inquiry.own_exposure(true);
    let (contracts, cost) = (limits.max_position_contracts, limits.max_position_cost);
    Measure::new(
        "worst of its own orders",
        format!("{} contracts, {} dollars", after.contracts, after.cost),
        format!("at most {contracts} and {cost}, or no more than before"),
        inquiry.own_within(limits),
    )
}

fn buying_power(inquiry: &Inquiry<'_>) -> Measure {
    let venue = inquiry.market.listing().venue;
    let buffer = checks::cash_buffer(inquiry);
    let Some(cash) = inquiry.accounts.cash(venue) else {
        return Measure::must("cash at the venue", "unknown", false);
    };
    let left: Usd = cash - checks::reserved_at(inquiry, venue);
    Measure::new(
        "cash left if every order fills, dollars",
        left,
        format!("at least {buffer}"),
        left >= buffer,
    )
}

fn order_rate(inquiry: &Inquiry<'_>) -> Vec<Measure> {
    let line = |rate: checks::Rate| {
        let (count, most) = (rate.count + 1, rate.most - rate.kept);
        let bound = match rate.kept {
            0 => format!("at most {most}"),
            kept => format!("at most {most}, and {kept} more that only close"),
        };
        Measure::new(format!("orders in a {}, with this", rate.span), count, bound, count <= most)
    };
    checks::rates(inquiry).into_iter().map(line).collect()
}

fn below(what: &'static str, value: usize, bound: usize) -> Measure {
    Measure::new(what, value, format!("below {bound}"), value < bound)
}

fn reconciled(inquiry: &Inquiry<'_>) -> Measure {
    const WHAT: &str = "account compared";
    if !inquiry.supervision.reconciles {
        return Measure::new(WHAT, "nobody compares it", "where somebody does", true);
    }
    let most = inquiry.wall(inquiry.limits.guards.reconcile_interval);
    let age = guards::reconciled_age(inquiry);
    let text = age.map_or("not since the last connection".to_owned(), |age| {
        format!("{} ago", wall_seconds(inquiry, age))
    });
    let holds = age.is_some_and(|age| age <= most);
    Measure::new(WHAT, text, format!("within {}", wall_bound(inquiry, most)), holds)
}

fn min_edge(inquiry: &Inquiry<'_>) -> Measure {
    const WHAT: &str = "edge at the limit price, dollars";
    let least = inquiry.strategy.limits.min_edge;
    let Some(value) = inquiry.value else {
        let text = match inquiry.strategy.decision {
            Decision::Maker(_) => "asked of every quote before (edge_min)",
            Decision::Kelly(_) | Decision::Threshold(_) => "fixed by a person",
        };
        return Measure::new(WHAT, text, format!("at least {least}"), true);
    };
    let edge = guards::edge_at_limit(inquiry, value);
    let text = format!("{:.4} (value {value})", f64::from(edge) / 10_000.0);
    Measure::new(WHAT, text, format!("at least {least}"), edge >= i32::from(least.e4()))
}

fn model_age(inquiry: &Inquiry<'_>) -> Vec<Measure> {
    let most = inquiry.wall(inquiry.limits.guards.max_model_age);
    let line = |what, age: Option<Nanos>| {
        let text = age.map_or("does not age".to_owned(), |age| wall_seconds(inquiry, age));
        let holds = age.is_none_or(|age| age <= most);
        Measure::new(what, text, format!("at most {}", wall_bound(inquiry, most)), holds)
    };
    vec![line("model's age", inquiry.model_age), line("last word of a source", inquiry.heard_age)]
}

fn loss(inquiry: &Inquiry<'_>) -> Vec<Measure> {
    let (limits, losses) = (&inquiry.limits.guards, &inquiry.losses);
    let line = |what, lost: Usd, bound: Usd| {
        Measure::new(what, lost, format!("below {bound}"), lost < bound)
    };
    let known = !losses.unmarked;
    vec![
        Measure::must("every position has a price", yes(known), known),
        line("lost this day, dollars", losses.day, limits.max_day_loss),
        line("lost this week, dollars", losses.week, limits.max_week_loss),
        line("lost since the highest profit, dollars", losses.drawdown, limits.max_drawdown),
    ]
}

fn ratios(inquiry: &Inquiry<'_>) -> Vec<Measure> {
    let (counts, limits) = (guards::counted(inquiry), &inquiry.limits.guards);
    let line = |what, part: usize, most_e4: u32, exceeds: bool| {
        let text = format!("{part} of {}", counts.orders);
        let most = f64::from(most_e4) / 10_000.0;
        let bound = format!("at most {most} of {} or more", limits.min_ratio_orders);
        Measure::new(what, text, bound, !exceeds)
    };
    vec![
        line("refused", counts.rejects, limits.max_reject_e4, counts.rejects_exceed(limits)),
        line("cancelled", counts.cancels, limits.max_cancel_e4, counts.cancels_exceed(limits)),
    ]
}

fn unattended(inquiry: &Inquiry<'_>) -> Measure {
    let most = seconds(inquiry.limits.max_unattended);
    let holds = guards::attended(inquiry);
    let text = match inquiry.order.time_in_force {
        statecraft_domain::TimeInForce::GoodTilCancelled { expires: Some(expires) } => {
            format!("rests for {}", wall_seconds(inquiry, expires - inquiry.now))
        }
        statecraft_domain::TimeInForce::GoodTilCancelled { expires: None } => {
            "rests for ever".to_owned()
        }
        statecraft_domain::TimeInForce::ImmediateOrCancel
        | statecraft_domain::TimeInForce::FillOrKill => "does not rest".to_owned(),
    };
    Measure::new("life at the venue", text, format!("at most {most}, in a group if any"), holds)
}

fn ramp(inquiry: &Inquiry<'_>) -> Vec<Measure> {
    let Some(limits) = guards::ramped(inquiry) else {
        return vec![Measure::new("share of its limits", "all", "all", true)];
    };
    let (order, after) = (inquiry.order, inquiry.exposure(true));
    let cost = exposure::order_cost(inquiry.market.listing(), order, inquiry.now);
    vec![
        Measure::at_most("contracts, new strategy", order.quantity, limits.max_order_contracts),
        Measure::at_most("cost with fees, new strategy", cost, limits.max_order_cost),
        Measure::at_most(
            "worst contracts, new strategy",
            after.contracts,
            limits.max_position_contracts,
        ),
        Measure::at_most("worst cost, new strategy", after.cost, limits.max_position_cost),
        own_position(inquiry, &limits),
        Measure::at_most(
            "worst cost of the event, new strategy",
            guards::group_cost(inquiry),
            limits.max_group_cost,
        ),
    ]
}

/// To a hundredth, to a tenth from ten seconds on.
fn seconds(span: Nanos) -> String {
    let seconds = span.secs_f64();
    let text = if seconds.abs() < 10.0 { format!("{seconds:.2}") } else { format!("{seconds:.1}") };
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} s")
}

/// A span of engine time as wall time, in which its limit is set. Where engine time is compressed this says
/// so: a minute would otherwise read as a fortnight.
fn wall_seconds(inquiry: &Inquiry<'_>, span: Nanos) -> String {
    let text = wall_bound(inquiry, span);
    match inquiry.time_scale {
        0 | 1 => text,
        scale => format!("{text} of wall time (the engine's runs {scale} times as fast)"),
    }
}

/// The same for the limit beside it.
fn wall_bound(inquiry: &Inquiry<'_>, span: Nanos) -> String {
    seconds(Nanos::new(span.get() / i64::from(inquiry.time_scale.max(1))))
}

const fn yes(holds: bool) -> &'static str {
    if holds { "yes" } else { "no" }
}
