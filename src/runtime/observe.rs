//! From the engine's read side to a [`Status`].

use statecraft_domain::Denial;

use super::core::Core;
use super::feeds::Feeds;
use super::status::{Counts, MarketStatus, Status};

/// What the bot looks like now.
#[must_use]
pub fn status(core: &Core, feeds: &Feeds, label: &str) -> Status {
    let engine = core.engine();
    let (counters, account) = (engine.counters(), engine.account());
    Status {
        at: core.now(),
        venue: label.to_owned(),
        mode: engine.mode(),
        connected: feeds.is_connected(),
        silent_secs: feeds.silent_secs(),
        cash: account.cash,
        equity: account.equity,
        pnl: account.pnl,
        fees: account.fees,
        counts: Counts {
            events: counters.events,
            signals: core.signals(),
            orders: counters.orders,
            fills: counters.fills,
            rejects: counters.rejects,
            unknown: account.unknown_orders,
        },
        markets: engine.markets().map(market).collect(),
        last_signal: core.last_signal().cloned(),
        denials: denials(core),
    }
}

fn denials(core: &Core) -> Vec<(&'static str, u64)> {
    let counts = &core.engine().counters().denials;
    let mut denials: Vec<_> = Denial::ALL
        .iter()
        .map(|denial| (denial.code(), counts[denial.index()]))
        .filter(|(_, count)| *count > 0)
        .collect();
    denials.sort_by_key(|(code, count)| (std::cmp::Reverse(*count), *code));
    denials
}
