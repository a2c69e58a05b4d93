//! From the engine's read side to what is shown: [`Tally`] for the run so far, [`Status`] for the view.

use statecraft_domain::event::Standing;
use statecraft_domain::{Quantity, Settlement, Usd};
use statecraft_engine::market::Trust;
use statecraft_engine::view::{MarketView, View};

use super::core::Core;
use super::feeds::FeedHealth;
use super::signals::Listening;
use super::status::{Counts, MarketStatus, Status};

/// What had happened before this run began: recovery is not this run's doing.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    view: Option<View>,
}

impl Baseline {
    /// As of now.
    #[must_use]
    pub fn at(view: View) -> Self {
        Self { view: Some(view) }
    }
}

/// What this run came to so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// Counts.
    pub counts: Counts,
    /// Orders that may still rest.
    pub open_orders: u64,
    /// Contracts filled.
    pub contracts: Quantity,
    /// Fees paid.
    pub fees: Usd,
    /// Cash now.
    pub cash: Usd,
    /// Cash and positions at executable prices.
    pub equity: Usd,
    /// Change of equity.
    pub pnl: Usd,
    /// Why decisions did not become orders, most frequent first.
    pub denials: Vec<(&'static str, u64)>,
    /// Strategies that lost the right to real money.
    pub demoted: Vec<String>,
}

/// Compares now with the beginning.
#[must_use]
pub fn tally(view: &View, baseline: &Baseline, contracts: Quantity) -> Tally {
    let (now, before) = (&view.counters, baseline.view.as_ref());
    let counters_before = before.map(|view| view.counters).unwrap_or_default();
    let mut denials: Vec<(&'static str, u64)> = now
        .denials
        .iter()
        .map(|(denial, count)| (denial.code(), count - counters_before.denials.get(denial)))
        .filter(|(_, count)| *count > 0)
        .collect();
    denials.sort_by_key(|(code, count)| (std::cmp::Reverse(*count), *code));
    let account = &view.account;
    Tally {
        counts: Counts {
            events: now.events - counters_before.events,
            signals: now.signals - counters_before.signals,
            orders: now.orders - counters_before.orders,
            fills: now.fills - counters_before.fills,
            rejects: now.rejects - counters_before.rejects,
            unknown: account.unknown_orders as u64,
        },
        open_orders: view.orders.iter().filter(|order| order.phase.is_live()).count() as u64,
        contracts,
        fees: account.fees - before.map_or(Usd::ZERO, |view| view.account.fees),
        cash: account.cash.iter().map(|(_, cash)| *cash).sum(),
        equity: account.equity,
        pnl: worth(view) - before.map_or(Usd::ZERO, worth),
        denials,
        demoted: demoted(view),
    }
}

/// Equity with positions that have no price yet at cost: after a restart they are known before their
/// books are, and their arrival is no profit.
fn worth(view: &View) -> Usd {
    let unpriced = view.markets.iter().filter(|market| {
        let has_price = market.bid.is_some() || market.ask.is_some() || market.last.is_some();
        !has_price && market.unrealized == -market.position.cost
    });
    view.account.equity + unpriced.map(|market| market.position.cost).sum::<Usd>()
}

/// What the bot looks like now.
#[must_use]
pub fn status(core: &Core, feed: FeedHealth, label: &str, listening: &Listening) -> Status {
    let view = core.engine().view();
    let tally = tally(&view, core.baseline(), core.contracts());
    Status {
        at: core.now(),
        venue: label.to_owned(),
        mode: view.account.mode,
        connected: feed.connected,
        silent_secs: feed.silent_secs,
        cash: tally.cash,
        equity: tally.equity,
        pnl: tally.pnl,
        fees: tally.fees,
        counts: tally.counts,
        markets: view.markets.iter().filter(|market| is_worth_a_line(market)).map(market).collect(),
        last_signal: core.last_signal().cloned(),
        denials: tally.denials,
        unmatched_revisions: listening.unmatched(),
    }
}

/// Markets that a strategy may trade, unless they are over and neither traded nor modelled: the end of
/// what a strategy is about is shown even if it never found an edge.
fn is_worth_a_line(market: &MarketView) -> bool {
    let touched = market.position != statecraft_engine::orders::Position::default();
    let modelled = market.strategies.iter().any(|strategy| strategy.model.is_some());
    !market.strategies.is_empty() && (market.settlement.is_none() || touched || modelled)
}

fn market(market: &MarketView) -> MarketStatus {
    let strategy = market.strategies.first();
    let best_edge = strategy.and_then(|strategy| match (strategy.edge_yes, strategy.edge_no) {
        (Some(yes), Some(no)) => Some(yes.max(no)),
        (one, other) => one.or(other),
    });
    let position = &market.position;
    MarketStatus {
        ticker: market.ticker.clone(),
        bid: market.bid.map(|level| level.price),
        ask: market.ask.map(|level| level.price),
        model: strategy.and_then(|strategy| strategy.model.zip(strategy.sd_logit)),
        blended: strategy.and_then(|strategy| strategy.blended),
        edge: best_edge,
        position: position.quantity,
        pnl: position.realized + market.unrealized - position.fees,
        over: market.settlement.is_some(),
        state: standing_and_state(market),
    }
}

/// A demoted strategy is shown wherever it trades.
fn standing_and_state(market: &MarketView) -> String {
    let demoted = market.strategies.iter().any(|one| one.standing == Standing::Demoted);
    if demoted { format!("DEMOTED, {}", state(market)) } else { state(market) }
}

/// Names of the strategies that lost the right to real money, each once.
fn demoted(view: &View) -> Vec<String> {
    let all = view.markets.iter().flat_map(|market| &market.strategies);
    let demoted = all.filter(|strategy| strategy.standing == Standing::Demoted);
    let names: std::collections::BTreeSet<&String> = demoted.map(|one| &one.name).collect();
    names.into_iter().cloned().collect()
}

fn state(market: &MarketView) -> String {
    match (market.settlement, market.trust) {
        (Some(Settlement::Yes), _) => "settled YES".to_owned(),
        (Some(Settlement::No), _) => "settled NO".to_owned(),
        (Some(Settlement::Scalar(value)), _) => format!("settled {value}"),
        (Some(Settlement::Void), _) => "void".to_owned(),
        (None, Trust::Empty) => "no book yet".to_owned(),
        (None, Trust::Stale(cause)) => format!("stale: {cause:?}"),
        (None, Trust::Synced) if market.crossed => "crossed".to_owned(),
        (None, Trust::Synced) => match market.status {
            statecraft_domain::MarketStatus::Active => "synced".to_owned(),
            other => format!("{other:?}").to_lowercase(),
        },
    }
}
