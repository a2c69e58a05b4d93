//! From a checked table to the engine's [`Strategy`], and the rules that concern more than one key.

use std::collections::HashMap;

use statecraft_domain::{Nanos, Price, Venue};
use statecraft_engine::Strategy;
use statecraft_engine::config::{
    AccountLimits, Blend, CalendarWindow, Decision, HazardSpec, Kelly, MarketSelector, ModelSpec,
    SignalShape, SignalWeight, StrategyLimits, Threshold, TickerPattern,
};
use statecraft_engine::model::GONE;

use super::node::Node;
use super::read::Reader;
use super::report::{Place, Problem};
use super::shape::FOREVER;
use super::{build_decision, build_model, ladder};

/// R9, where nothing else is said.
const MIN_EDGE: Price = match Price::from_cents(3) {
    Some(price) => price,
    None => Price::ONE,
};

/// Slugs that are states of the event (model.md 1.3, 1.5), never weights.
const STATES: [&str; 16] = [
    "occurred",
    "scheduled",
    "announced",
    "planned",
    "called_off",
    "postponed",
    "stopover",
    "visit_occurred",
    "visit_announced",
    "visit_planned",
    "visit_cancelled",
    "visit_postponed",
    "visit_stopover",
    "stopover_planned",
    "visit_stopover_planned",
    GONE,
];

/// Builds a strategy called `name`; `None` if something is wrong, which has been reported.
pub(super) fn strategy(reader: &mut Reader, name: &str, root: &Node) -> Option<Strategy> {
    let markets = markets(reader, root);
    let model = root.table("model").and_then(|node| model(reader, node));
    let model = ladder::on(reader, root, markets.as_deref(), model);
    let limits = root.table("limits").and_then(|node| limits(reader, root, node));
    let caution = root.table("caution").and_then(|node| build_model::caution(reader, node));
    let decision = root.table("decision").and_then(|node| decision(reader, root, node));
    Some(Strategy {
        name: name.to_owned(),
        event: slug(reader, root, "event")?,
        driver: if root.is_given("driver") { Some(slug(reader, root, "driver")?) } else { None },
        markets: markets?,
        model: model?,
        blend: blend(root.table("blend")?)?,
        caution: caution?,
        decision: decision?,
        limits: limits?,
        companions: build_decision::companions(reader, root)?,
    })
}

/// The country that headlines are read for: `Some(None)` if none is named.
pub(super) fn country(reader: &mut Reader, root: &Node) -> Option<Option<String>> {
    if root.is_given("country") { slug(reader, root, "country").map(Some) } else { Some(None) }
}

/// A word that other files refer to.
pub(super) fn slug(reader: &mut Reader, node: &Node, key: &str) -> Option<String> {
    let text = node.text(key)?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if text.chars().all(fits) {
        return Some(text);
    }
    let message = format!("`{key}` is a slug: lower-case letters, digits, - and _");
    reader.problem(Problem::at(node.place(key), message));
    None
}

fn markets(reader: &mut Reader, root: &Node) -> Option<Vec<MarketSelector>> {
    let nodes = root.list("market");
    if nodes.is_empty() && root.is_given("market") {
        let message = "a strategy needs at least one [[market]]";
        reader.problem(Problem::at(root.place("market"), message));
    }
    let selectors: Vec<_> = nodes.iter().filter_map(|node| selector(reader, node)).collect();
    (!selectors.is_empty() && selectors.len() == nodes.len()).then_some(selectors)
}

fn selector(reader: &mut Reader, node: &Node) -> Option<MarketSelector> {
    let venue = match node.text("venue")?.as_str() {
        "kalshi" => Venue::Kalshi,
        "polymarket" => Venue::Polymarket,
        _ => Venue::File,
    };
    let given: Vec<&str> =
        ["ticker", "series", "pattern"].into_iter().filter(|key| node.is_given(key)).collect();
    let [key] = given[..] else {
        let message = "a market is named by exactly one of `ticker`, `series` and `pattern`";
        let place = given.last().map_or(&node.place, |key| node.place(key));
        let label = match given.len() {
            0 => "none is given".to_owned(),
            count => format!("{count} are given"),
        };
        reader.problem(Problem::at(place, message).label(label));
        return None;
    };
    let text = node.text(key)?;
    if key != "pattern" && text.contains('*') {
        let message = format!("`{key}` is taken literally");
        let help = "use `pattern` for names with *";
        reader.problem(Problem::at(node.place(key), message).help(help));
        return None;
    }
    let pattern = match key {
        "ticker" => TickerPattern::Exact(text),
        "series" => TickerPattern::Series(text),
        _ => TickerPattern::Glob(text),
    };
    Some(MarketSelector { venue, pattern })
}

fn model(reader: &mut Reader, node: &Node) -> Option<ModelSpec> {
    match node.text("kind")?.as_str() {
        "constant" => Some(ModelSpec::Constant {
            probability: node.real("probability")?,
            sd_logit: node.real("sd_logit")?,
        }),
        "market" => Some(ModelSpec::Market),
        "external" => Some(ModelSpec::External {
            sd_logit: node.real("sd_logit")?,
            max_age: node.span("max_age")?,
        }),
        _ => hazard(reader, node).map(ModelSpec::Hazard),
    }
}

fn hazard(reader: &mut Reader, node: &Node) -> Option<HazardSpec> {
    expect_order(reader, node, "window_start", "deadline");
    check_scheduled(reader, node);
    let signals = signals(reader, node);
    let windows = windows(reader, node);
    let deal = build_model::deal(reader, node);
    let silence = build_model::silence(reader, node);
    let lead_mean_days = build_model::lead(reader, node);
    Some(HazardSpec {
        window_start: node.instant("window_start")?,
        deadline: node.instant("deadline")?,
        // With the markets, when both are known.
        ladder: Vec::new(),
        first_before: node.texts("first_before").unwrap_or_default(),
        base_rate_per_year: node.real("base_rate_per_year")?,
        log_base_sd: node.real("log_base_sd")?,
        base_share_beside_windows: node.real("base_share_beside_windows")?,
        signal_cap: node.real("signal_cap")?,
        signals: signals?,
        windows: windows?,
        scheduled_cancel: node.real("scheduled_cancel")?,
        scheduled_slip: node.real("scheduled_slip")?,
        scheduled_slip_days: node.span("scheduled_slip_mean")?.days(),
        stopover_counts: node.flag("stopover_counts")?,
        deal: deal?,
        lead_mean_days,
        frailty: node.real("frailty")?,
        season: build_model::season(node)?,
        silence: silence?,
        plan_prior: node.real("plan_prior")?,
        plan_memory_days: node.span("plan_memory")?.days(),
        denied_days_left: node.real("denied_days_left")?,
        denied_days_left_sd: node.real("denied_days_left_sd")?,
        influence: build_model::influence(node)?,
    })
}

fn check_scheduled(reader: &mut Reader, node: &Node) {
    let cancel = node.real("scheduled_cancel").unwrap_or(0.0);
    let slip = node.real("scheduled_slip").unwrap_or(0.0);
    if cancel + slip > 1.0 {
        reader.problem(
            Problem::at(
                node.place("scheduled_slip"),
                "more than every announced event is cancelled or slips",
            )
            .label(format!("{slip} slip"))
            .related(node.place("scheduled_cancel"), format!("{cancel} are called off")),
        );
    }
}

fn expect_order(reader: &mut Reader, node: &Node, first: &str, second: &str) {
    let (Some(start), Some(end)) = (node.instant(first), node.instant(second)) else { return };
    if start >= end {
        reader.problem(
            Problem::at(node.place(second), format!("`{second}` is not after `{first}`"))
                .label("this must be later")
                .related(node.place(first), "than this"),
        );
    }
}

fn signals(reader: &mut Reader, model: &Node) -> Option<Vec<SignalWeight>> {
    let nodes = model.list("signal");
    let mut slugs: HashMap<String, Place> = HashMap::new();
    for node in nodes {
        let Some(slug) = node.text("slug") else { continue };
        let place = node.place("slug");
        if STATES.contains(&slug.as_str()) {
            let message = format!("`{slug}` is a state of the event, not a weight");
            let help = "the model knows what occurred, scheduled, called_off and postponed mean";
            reader.problem(Problem::at(place, message).help(help));
        }
        if let Some(first) = slugs.insert(slug.clone(), place.clone()) {
            reader.problem(
                Problem::at(place, format!("two signals are called `{}`", slug.escape_debug()))
                    .related(&first, "the first one")
                    .help("one headline would be counted twice; give the second a slug of its own"),
            );
        }
    }
    let weights: Vec<_> = nodes.iter().filter_map(|node| signal(reader, model, node)).collect();
    (weights.len() == nodes.len()).then(|| weights.into_iter().flatten().collect())
}

/// A weight, and the one that follows it by itself.
fn signal(reader: &mut Reader, model: &Node, node: &Node) -> Option<Vec<SignalWeight>> {
    let slug = slug(reader, node, "slug");
    if node.is_given("strength") && !node.is_given("since") {
        let message = "`strength` belongs to known history: give `since` as well";
        reader.problem(Problem::at(node.place("strength"), message));
    }
    if let (Some(since), Some(deadline)) = (node.instant("since"), model.instant("deadline"))
        && since >= deadline
    {
        reader.problem(
            Problem::at(node.place("since"), "history after the deadline")
                .related(model.place("deadline"), "the deadline"),
        );
    }
    if node.text("shape").as_deref() == Some("while_deal") && model.table("deal").is_none() {
        let message = "a signal that holds while the deal lives, and no deal";
        let help = "add the table [model.deal], or choose another shape";
        reader.problem(Problem::at(node.place("shape"), message).help(help));
    }
    let since = node.instant("since").map(|at| (at, node.real("strength").unwrap_or(1.0)));
    let (mean, sd) = (node.real("mean")?, node.real("sd")?);
    let weight = SignalWeight { slug: slug?, mean, sd, shape: shape(node)?, since };
    let then = then(reader, node, &weight)?;
    Some(std::iter::once(weight).chain(then).collect())
}

/// What follows a step: `Some(None)` if nothing does.
fn then(reader: &mut Reader, node: &Node, first: &SignalWeight) -> Option<Option<SignalWeight>> {
    let keys = ["then_from_fit", "then_mean", "then_sd", "then_length"];
    let Some(given) = keys.into_iter().find(|key| node.is_given(key)) else { return Some(None) };
    let SignalShape::Step { days } = first.shape else { return Some(None) };
    if days.is_infinite() {
        let message = "nothing follows what lasts forever";
        reader.problem(Problem::at(node.place(given), message));
        return None;
    }
    let (Some(mean), Some(sd)) = (node.real("then_mean"), node.real("then_sd")) else {
        // If it is named by a fit, the fit has said what is wrong.
        if !node.is_given("then_from_fit") {
            let message = "what follows a step needs `then_mean` and `then_sd`, or `then_from_fit`";
            reader.problem(Problem::at(node.place(given), message));
        }
        return None;
    };
    let length = node.span("then_length").map_or(days, days_or_forever);
    let shape = SignalShape::LaterStep { after_days: days, days: length };
    Some(Some(SignalWeight { mean, sd, shape, ..first.clone() }))
}

fn shape(node: &Node) -> Option<SignalShape> {
    match node.text("shape")?.as_str() {
        "decaying" => {
            Some(SignalShape::Decaying { half_life_days: node.span("half_life")?.days() })
        }
        "ramp" => Some(SignalShape::Ramp {
            date: node.instant("date")?,
            radius_days: node.span("radius")?.days(),
        }),
        "while_deal" => Some(SignalShape::WhileDeal),
        _ => Some(SignalShape::Step { days: days_or_forever(node.span("length")?) }),
    }
}

fn days_or_forever(span: Nanos) -> f64 {
    if span == FOREVER { f64::INFINITY } else { span.days() }
}

fn windows(reader: &mut Reader, model: &Node) -> Option<Vec<CalendarWindow>> {
    let nodes = model.list("window");
    one_name_each(reader, nodes);
    let windows: Vec<_> = nodes.iter().filter_map(|node| window(reader, model, node)).collect();
    (windows.len() == nodes.len()).then_some(windows)
}

/// A window told twice would count twice, and a label (`summit_window@...`) would reach only one of them.
fn one_name_each(reader: &mut Reader, nodes: &[Node]) {
    let mut names: HashMap<String, Place> = HashMap::new();
    for node in nodes {
        let Some(name) = node.text("name") else { continue };
        let place = node.place("name");
        if let Some(first) = names.insert(name.to_lowercase(), place.clone()) {
            let message = format!("two windows are called \"{}\"", name.escape_debug());
            reader.problem(
                Problem::at(place, message).related(&first, "the first one").help(
                    "one trip would be counted twice; remove one, or say what tells them apart",
                ),
            );
        }
    }
}

fn window(reader: &mut Reader, model: &Node, node: &Node) -> Option<CalendarWindow> {
    expect_order(reader, node, "start", "end");
    if let (Some(start), Some(deadline)) = (node.instant("start"), model.instant("deadline"))
        && start >= deadline
    {
        reader.problem(
            Problem::at(node.place("start"), "a window that opens after the deadline")
                .label("too late to count")
                .related(model.place("deadline"), "the deadline"),
        );
    }
    if let (Some(end), Some(start)) = (node.instant("end"), model.instant("window_start"))
        && end <= start
    {
        reader.problem(
            Problem::at(node.place("end"), "a window that ends before events count")
                .label("too early to count")
                .related(model.place("window_start"), "events count from here"),
        );
    }
    Some(CalendarWindow {
        name: node.text("name")?,
        start: node.instant("start")?,
        end: node.instant("end")?,
        attend: node.beta("attend")?,
        include: node.beta("include")?,
    })
}

fn blend(node: &Node) -> Option<Blend> {
    Some(Blend {
        model_weight: node.real("model_weight")?,
        a: node.real("a")?,
        b: node.real("b")?,
        market_sd_logit: node.real("market_sd_logit")?,
        max_spread: node.price("max_spread")?,
    })
}

fn decision(reader: &mut Reader, root: &Node, node: &Node) -> Option<Decision> {
    match node.text("kind")?.as_str() {
        "threshold" => {
            check_threshold(reader, root, node);
            Some(Decision::Threshold(Threshold {
                edge: node.price("edge")?,
                quantity: node.contracts("contracts")?,
                max_position: node.contracts("max_position")?,
                interval: node.span("interval")?,
            }))
        }
        "maker" => {
            build_decision::check_maker(reader, root, node);
            build_decision::maker(node).map(Decision::Maker)
        }
        _ => {
            check_kelly(reader, root, node);
            build_decision::check_slices(reader, node);
            build_decision::check_exits(reader, root, node);
            kelly(node).map(Decision::Kelly)
        }
    }
}

fn kelly(node: &Node) -> Option<Kelly> {
    Some(Kelly {
        fraction: node.real("fraction")?,
        edge_min: node.price("edge_min")?.as_f64(),
        edge_sds: node.real("edge_sds")?,
        opportunity_rate: node.real("opportunity_rate")?,
        resolution_risk: node.real("resolution_risk")?,
        disputed_value: node.real("disputed_value")?,
        min_contracts: node.contracts("min_contracts")?,
        max_depth_share: node.real("max_depth_share")?,
        max_logit_distance: node.real("max_logit_distance")?,
        cooldown: node.span("cooldown")?,
        max_loss_share: node.real("max_loss_share")?,
        slicing: build_decision::slicing(node)?,
        band: build_decision::band(node)?,
        exits: build_decision::exits(node)?,
        same_question: node.flag("same_question")?,
    })
}

/// A decision that its own limits would always deny is a slip.
fn check_kelly(reader: &mut Reader, root: &Node, node: &Node) {
    let Some(limits) = root.table("limits") else { return };
    if let (Some(least), Some(most)) =
        (node.contracts("min_contracts"), limits.contracts("max_order_contracts"))
        && least > most
    {
        reader.problem(
            Problem::at(node.place("min_contracts"), "the smallest order is above the largest")
                .label(format!("at least {least} contracts"))
                .related(limits.place("max_order_contracts"), format!("at most {most}")),
        );
    }
    if let (Some(least), Some(most)) = (node.price("edge_min"), limits.price("max_edge"))
        && least >= most
    {
        reader.problem(
            Problem::at(node.place("edge_min"), "no edge can be large enough and not too large")
                .label(format!("at least {least}"))
                .related(limits.place("max_edge"), format!("below {most}")),
        );
    }
}

fn check_threshold(reader: &mut Reader, root: &Node, node: &Node) {
    let Some(limits) = root.table("limits") else { return };
    let pairs = [("contracts", "max_order_contracts"), ("max_position", "max_position_contracts")];
    for (wanted, limit) in pairs {
        let (Some(size), Some(most)) = (node.contracts(wanted), limits.contracts(limit)) else {
            continue;
        };
        if size > most {
            reader.problem(
                Problem::at(node.place(wanted), format!("`{wanted}` is above `{limit}`"))
                    .label(format!("{size} contracts would always be denied"))
                    .related(limits.place(limit), format!("at most {most}")),
            );
        }
    }
}

fn limits(reader: &mut Reader, root: &Node, node: &Node) -> Option<StrategyLimits> {
    check_limits(reader, node);
    Some(StrategyLimits {
        max_markets: node.count("max_markets")?,
        min_price: node.price("min_price")?,
        max_price: node.price("max_price")?,
        max_order_contracts: node.contracts("max_order_contracts")?,
        max_order_cost: node.money("max_order_cost")?,
        price_collar: node.price("price_collar")?,
        min_edge: min_edge(root, node)?,
        max_edge: node.price("max_edge")?.as_f64(),
        max_position_contracts: node.contracts("max_position_contracts")?,
        max_position_cost: node.money("max_position_cost")?,
        max_group_cost: node.money("max_group_cost")?,
        max_open_orders: node.count("max_open_orders")?,
        no_new_orders_before_close: node.span("no_new_orders_before_close")?,
    })
}

/// R9's default is not tighter than what the decision itself asks for.
fn min_edge(root: &Node, limits: &Node) -> Option<Price> {
    if limits.is_given("min_edge") {
        return limits.price("min_edge");
    }
    let own = root.table("decision").and_then(|decision| decision.price("edge_min"));
    Some(own.map_or(MIN_EDGE, |own| own.min(MIN_EDGE)))
}

fn check_limits(reader: &mut Reader, node: &Node) {
    if let (Some(least), Some(most)) = (node.price("min_edge"), node.price("max_edge"))
        && least >= most
    {
        reader.problem(
            Problem::at(node.place("min_edge"), "`min_edge` is not below `max_edge`")
                .label(least.to_string())
                .related(node.place("max_edge"), most.to_string()),
        );
    }
    if let (Some(min), Some(max)) = (node.price("min_price"), node.price("max_price"))
        && min >= max
    {
        reader.problem(
            Problem::at(node.place("min_price"), "`min_price` is not below `max_price`")
                .label(min.to_string())
                .related(node.place("max_price"), max.to_string()),
        );
    }
    let (order, position) =
        (node.contracts("max_order_contracts"), node.contracts("max_position_contracts"));
    if let (Some(order), Some(position)) = (order, position) {
        expect_within(
            reader,
            node,
            ("max_order_contracts", order),
            node,
            "max_position_contracts",
            position,
        );
    }
    for (inner, outer) in
        [("max_order_cost", "max_position_cost"), ("max_position_cost", "max_group_cost")]
    {
        if let (Some(less), Some(more)) = (node.money(inner), node.money(outer)) {
            expect_within(reader, node, (inner, less), node, outer, more);
        }
    }
}

/// A limit inside another one cannot be the looser of the two.
fn expect_within<T: PartialOrd + std::fmt::Display>(
    reader: &mut Reader,
    node: &Node,
    (inner, less): (&str, T),
    outer_node: &Node,
    outer: &str,
    more: T,
) {
    if less <= more {
        return;
    }
    reader.problem(
        Problem::at(node.place(inner), format!("`{inner}` is looser than `{outer}`"))
            .label(less.to_string())
            .related(outer_node.place(outer), more.to_string())
            .help("the wider limit would never be reached; lower this one or raise the other"),
    );
}

/// A strategy's limits stay within the account's, which are in another file.
pub(super) fn check_against_account(reader: &mut Reader, root: &Node, account: &AccountLimits) {
    let Some(limits) = root.table("limits") else { return };
    for key in ["max_order_cost", "max_position_cost", "max_group_cost"] {
        if let Some(amount) = limits.money(key)
            && amount > account.max_account_cost
        {
            let message = format!("`{key}` is looser than the account's limit");
            let help = format!(
                "the account's max_account_cost is \"{}\" ([limits] of the settings)",
                account.max_account_cost
            );
            reader.problem(
                Problem::at(limits.place(key), message).label(amount.to_string()).help(help),
            );
        }
    }
    if let Some(orders) = limits.count("max_open_orders")
        && orders > account.max_open_orders
    {
        let message = "`max_open_orders` is looser than the account's limit";
        let help = format!(
            "the account's max_open_orders is {} ([limits] of the settings)",
            account.max_open_orders
        );
        let place = limits.place("max_open_orders");
        reader.problem(Problem::at(place, message).label(orders.to_string()).help(help));
    }
}
