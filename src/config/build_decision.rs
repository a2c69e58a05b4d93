//! Makers, exits, slices and bands: the parts of `[decision]` that concern how, not whether.

use statecraft_engine::config::{Band, Companion, Exits, Maker, QuoteSides, Slicing};

use super::build_strategy::slug;
use super::node::Node;
use super::read::Reader;
use super::report::Problem;

pub(super) fn companions(reader: &mut Reader, root: &Node) -> Option<Vec<Companion>> {
    let nodes = root.list("companion");
    let own = root.text("event");
    let mut found = Vec::with_capacity(nodes.len());
    for node in nodes {
        let event = slug(reader, node, "event")?;
        if own.as_ref() == Some(&event) {
            let message = "a strategy's own event is no companion of it";
            reader.problem(Problem::at(node.place("event"), message));
            return None;
        }
        found.push(Companion { event, shared_trips: node.real("shared_trips")? });
    }
    Some(found)
}

pub(super) fn slicing(node: &Node) -> Option<Slicing> {
    let contracts = if node.is_given("slice_contracts") {
        Some(node.contracts("slice_contracts")?)
    } else {
        None
    };
    Some(Slicing { contracts, interval: node.span("slice_interval")? })
}

pub(super) fn band(node: &Node) -> Option<Band> {
    Some(Band {
        share: node.real("band_share")?,
        variance_per_day: node.real("band_variance_per_day")?,
    })
}

pub(super) fn exits(node: &Node) -> Option<Exits> {
    let span = |key: &str| if node.is_given(key) { node.span(key).map(Some) } else { Some(None) };
    let stop_move =
        if node.is_given("stop_move") { Some(node.price("stop_move")?.as_f64()) } else { None };
    Some(Exits {
        max_holding: span("max_holding")?,
        stop_move,
        before_close: span("exit_before_close")?,
        slippage: node.price("exit_slippage")?,
        reentry: node.span("reentry_pause")?,
    })
}

pub(super) fn maker(node: &Node) -> Option<Maker> {
    Some(Maker {
        contracts: node.contracts("contracts")?,
        min_contracts: node.contracts("min_contracts")?,
        max_inventory: node.contracts("max_inventory")?,
        sides: match node.text("sides")?.as_str() {
            "bid" => QuoteSides::Bid,
            "ask" => QuoteSides::Ask,
            _ => QuoteSides::Both,
        },
        risk_aversion: node.real("risk_aversion")?,
        variance_per_day: node.real("variance_per_day")?,
        arrival_decay: node.real("arrival_decay")?,
        informed_share: node.real("informed_share")?,
        edge_min: node.price("edge_min")?.as_f64(),
        edge_sds: node.real("edge_sds")?,
        opportunity_rate: node.real("opportunity_rate")?,
        resolution_risk: node.real("resolution_risk")?,
        disputed_value: node.real("disputed_value")?,
        max_logit_distance: node.real("max_logit_distance")?,
        improve_ticks: node.count("improve_ticks")?,
        requote_band: node.price("requote_band")?,
        max_quotes_per_minute: node.count("max_quotes_per_minute")?,
        lifetime: node.span("lifetime")?,
        signal_pause: node.span("signal_pause")?,
        stop_before_close: node.span("stop_before_close")?,
        exits: exits(node)?,
    })
}

/// A slice smaller than the smallest order would never be sent.
pub(super) fn check_slices(reader: &mut Reader, node: &Node) {
    if !node.is_given("slice_contracts") {
        return;
    }
    if let (Some(slice), Some(least)) =
        (node.contracts("slice_contracts"), node.contracts("min_contracts"))
        && slice < least
    {
        reader.problem(
            Problem::at(node.place("slice_contracts"), "a slice is below the smallest order")
                .label(format!("at most {slice} contracts"))
                .related(node.place("min_contracts"), format!("at least {least}")),
        );
    }
}

/// An exit that the limits forbid by the time it is due would never happen.
pub(super) fn check_exits(reader: &mut Reader, root: &Node, node: &Node) {
    let Some(limits) = root.table("limits") else { return };
    if !node.is_given("exit_before_close") {
        return;
    }
    if let (Some(exit), Some(margin)) =
        (node.span("exit_before_close"), limits.span("no_new_orders_before_close"))
        && exit <= margin
    {
        reader.problem(
            Problem::at(node.place("exit_before_close"), "no order may be sent any more by then")
                .related(limits.place("no_new_orders_before_close"), "orders end here")
                .help("leave earlier, or let `no_new_orders_before_close` be shorter"),
        );
    }
}

/// Quotes that their own limits would always deny are a slip.
pub(super) fn check_maker(reader: &mut Reader, root: &Node, node: &Node) {
    check_exits(reader, root, node);
    let Some(limits) = root.table("limits") else { return };
    for (less, tables, more) in [
        ("min_contracts", (node, node), "contracts"),
        ("contracts", (node, node), "max_inventory"),
        ("contracts", (node, limits), "max_order_contracts"),
        ("max_inventory", (node, limits), "max_position_contracts"),
    ] {
        let (Some(small), Some(large)) = (tables.0.contracts(less), tables.1.contracts(more))
        else {
            continue;
        };
        if small > large {
            reader.problem(
                Problem::at(tables.0.place(less), format!("`{less}` is above `{more}`"))
                    .label(format!("{small} contracts"))
                    .related(tables.1.place(more), format!("at most {large}")),
            );
        }
    }
    if limits.count("max_open_orders").is_some_and(|most| most < 2) {
        let message = "a maker rests a bid and an ask: it needs `max_open_orders` of 2 or more";
        reader.problem(Problem::at(limits.place("max_open_orders"), message));
    }
}
