//! Limits of the account: from a checked table to the engine's numbers, and the rules that concern more
//! than one key.

use statecraft_domain::{Nanos, Quantity, Timestamp, Usd};
use statecraft_engine::config::{AccountLimits, Days, Guards};

use super::node::Node;
use super::read::Reader;
use super::report::Problem;
use super::settings::Ceilings;

/// The account's limits; `None` if something is wrong, which has been reported.
pub(super) fn account(reader: &mut Reader, node: &Node) -> Option<AccountLimits> {
    check_rates(reader, node);
    check_losses(reader, node);
    Some(AccountLimits {
        max_account_cost: node.money("max_account_cost")?,
        cash_buffer_e4: share(reader, node, "cash_buffer")?,
        max_open_orders: node.count("max_open_orders")?,
        max_orders_per_second: node.count("max_orders_per_second")?,
        max_orders_per_minute: node.count("max_orders_per_minute")?,
        max_orders_per_day: node.count("max_orders_per_day")?,
        max_book_age: node.span("max_book_age")?,
        duplicate_window: node.span("duplicate_window")?,
        max_unknown_orders: node.count("max_unknown_orders")?,
        max_unattended: node.span("max_unattended")?,
        guards: guards(reader, node)?,
    })
}

/// The engine counts shares in 1/10,000.
fn share(reader: &mut Reader, node: &Node, key: &str) -> Option<u32> {
    let share = node.real(key)?;
    let units = (share * 10_000.0).round();
    if (share * 10_000.0 - units).abs() > 1e-6 {
        let message = format!("`{key}` has more than four decimals");
        reader.problem(Problem::at(node.place(key), message));
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10,000")]
    Some(units as u32)
}

fn guards(reader: &mut Reader, node: &Node) -> Option<Guards> {
    let account = node.money("max_account_cost")?;
    let wide = Usd::from_e10(account.e10() / 5 * 8);
    let days = i64::from(node.count("ramp_days")?);
    Some(Guards {
        reconcile_interval: node.span("reconcile_interval")?,
        max_model_age: node.span("max_model_age")?,
        max_driver_cost: optional(node, "max_driver_cost", account)?,
        max_venue_cost: optional(node, "max_venue_cost", account)?,
        max_total_cost: optional(node, "max_total_cost", wide)?,
        max_repeats_per_hour: node.count("max_repeats_per_hour")?,
        max_repeats_per_day: node.count("max_repeats_per_day")?,
        max_day_loss: node.money("max_day_loss")?,
        max_week_loss: node.money("max_week_loss")?,
        max_drawdown: node.money("max_drawdown")?,
        mark_patience: node.span("mark_patience")?,
        max_signal_cost: node.money("max_signal_cost")?,
        max_source_cost: node.money("max_source_cost")?,
        max_hour_cost: node.money("max_hour_cost")?,
        max_reject_e4: share(reader, node, "max_reject_ratio")?,
        max_cancel_e4: share(reader, node, "max_cancel_ratio")?,
        min_ratio_orders: node.count("min_ratio_orders")?,
        max_auth_rejects: node.count("max_auth_rejects")?,
        max_impossible: node.count("max_impossible_orders")?,
        ramp_e4: share(reader, node, "ramp_fraction")?,
        ramp: Nanos::from_secs(days * 86_400),
    })
}

/// What is given; left out, the other; nothing if what is given is wrong.
fn optional(node: &Node, key: &str, other: Usd) -> Option<Usd> {
    if node.is_given(key) { node.money(key) } else { Some(other) }
}

/// The time zone's offsets over the years that a bot may see.
pub(super) fn days(reader: &mut Reader, node: &Node) -> Option<Days> {
    let name = node.text("day_zone")?;
    if name == "UTC" {
        return Some(Days::default());
    }
    let Ok(zone) = jiff::tz::TimeZone::get(&name) else {
        let message = "`day_zone` is no time zone that this machine knows";
        let help = "a name of the time-zone database, such as \"America/New_York\", or \"UTC\"";
        reader.problem(Problem::at(node.place("day_zone"), message).help(help));
        return None;
    };
    let (start, end) = (YEARS.0, YEARS.1);
    let first = jiff::Timestamp::from_second(start).ok()?;
    let mut offsets = vec![(Timestamp::from_secs(start), zone.to_offset(first).seconds())];
    let changes = zone.following(first).take_while(|change| change.timestamp().as_second() < end);
    offsets.extend(changes.map(|change| {
        (Timestamp::from_secs(change.timestamp().as_second()), change.offset().seconds())
    }));
    Some(Days { offsets })
}

/// 2020-01-01 and 2101-01-01, in seconds since 1970.
const YEARS: (i64, i64) = (1_577_836_800, 4_133_980_800);

/// The hard ceilings, and the account's limits held against them.
pub(super) fn ceilings(reader: &mut Reader, node: &Node) -> Option<Ceilings> {
    let ceiling = node.table("ceiling")?;
    for key in [
        "max_account_cost",
        "max_total_cost",
        "max_day_loss",
        "max_week_loss",
        "max_drawdown",
        "max_hour_cost",
    ] {
        if let (Some(value), Some(most)) = (node.money(key), ceiling.money(key)) {
            expect_below(reader, node, key, value, Usd::CENT, most);
        }
    }
    let rate = "max_orders_per_day";
    if let (Some(value), Some(most)) = (node.whole(rate), ceiling.whole(rate)) {
        expect_below(reader, node, rate, value, 1, most);
    }
    Some(Ceilings {
        max_order_contracts: ceiling.contracts("max_order_contracts")?,
        max_order_cost: ceiling.money("max_order_cost")?,
        max_position_contracts: ceiling.contracts("max_position_contracts")?,
        max_position_cost: ceiling.money("max_position_cost")?,
        max_group_cost: ceiling.money("max_group_cost")?,
    })
}

/// A strategy's limits against the hard ceilings, which are in another file.
pub(super) fn check_ceilings(reader: &mut Reader, root: &Node, ceilings: &Ceilings) {
    let Some(limits) = root.table("limits") else { return };
    for (key, most) in [
        ("max_order_cost", ceilings.max_order_cost),
        ("max_position_cost", ceilings.max_position_cost),
        ("max_group_cost", ceilings.max_group_cost),
    ] {
        if let Some(value) = limits.money(key) {
            expect_below(reader, limits, key, value, Usd::CENT, most);
        }
    }
    for (key, most) in [
        ("max_order_contracts", ceilings.max_order_contracts),
        ("max_position_contracts", ceilings.max_position_contracts),
    ] {
        if let Some(value) = limits.contracts(key) {
            expect_below(reader, limits, key, value, Quantity::from_e6(10_000), most);
        }
    }
}

fn expect_below<T: PartialOrd + std::fmt::Display>(
    reader: &mut Reader,
    node: &Node,
    key: &str,
    value: T,
    least: T,
    most: T,
) {
    if value <= most {
        return;
    }
    let message = format!("`{key}` is above its ceiling: {least} to {most}");
    let help = format!("a slip? If not, raise [limits.ceiling] {key} in the settings first");
    reader.problem(Problem::at(node.place(key), message).label(value.to_string()).help(help));
}

/// Of two limits on losses the one over the longer time is not the tighter one; and no more can be lost
/// than may be at stake.
fn check_losses(reader: &mut Reader, node: &Node) {
    for (short, long) in [
        ("max_day_loss", "max_week_loss"),
        ("max_week_loss", "max_drawdown"),
        ("max_day_loss", "max_account_cost"),
        ("max_signal_cost", "max_source_cost"),
        ("max_source_cost", "max_hour_cost"),
        ("max_driver_cost", "max_account_cost"),
        ("max_venue_cost", "max_account_cost"),
        ("max_account_cost", "max_total_cost"),
    ] {
        let (Some(less), Some(more)) = (node.money(short), node.money(long)) else { continue };
        if less > more {
            reader.problem(
                Problem::at(node.place(short), format!("`{short}` is looser than `{long}`"))
                    .label(less.to_string())
                    .related(node.place(long), more.to_string())
                    .help("the wider limit would always come first; lower this one or raise the other"),
            );
        }
    }
}

/// A limit that another one makes meaningless is a slip.
fn check_rates(reader: &mut Reader, node: &Node) {
    let pairs = [
        ("max_orders_per_second", "max_orders_per_minute"),
        ("max_orders_per_minute", "max_orders_per_day"),
        ("max_repeats_per_hour", "max_repeats_per_day"),
    ];
    for (short, long) in pairs {
        let (Some(fast), Some(slow)) = (node.whole(short), node.whole(long)) else { continue };
        if fast > slow {
            reader.problem(
                Problem::at(node.place(short), format!("`{short}` is above `{long}`"))
                    .label(format!("{fast} in the shorter time"))
                    .related(node.place(long), format!("{slow} in the longer time")),
            );
        }
    }
}
