//! Everything that is told of a backtest: the object of `summary.json` and of `--json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use statecraft_domain::{MarketId, Quantity, Settlement, Timestamp, Usd};

use super::backtest::{BacktestOptions, Finished};
use super::scoring::{Scores, outcome, score};
use crate::tape::SourceNotes;
use crate::tape::playback::Session;

/// Version of the object.
pub const SCHEMA_VERSION: u32 = 1;

/// The whole summary. Money and fractional contracts are decimal strings; times are RFC 3339.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Names of the strategies, in the order of their ids.
    pub strategies: Vec<String>,
    /// SHA-256 of their files.
    pub strategy_hashes: Vec<String>,
    /// Seed of the order names.
    pub seed: u64,
    /// From decision to venue.
    pub latency_ms: f64,
    /// Did own fills take from the recorded book?
    pub own_impact: bool,
    /// Time of the first event.
    pub start: String,
    /// Time of the last event.
    pub end: String,
    /// Events the engine was given: those of the tapes, the answers of the venue, the clock.
    pub events: u64,
    /// Of these, from the tapes.
    pub tape_events: u64,
    /// Wall seconds of the loop itself: engine, venue, hash, accounts; not the decoding of the tape.
    pub seconds: f64,
    /// `events / seconds`.
    pub events_per_second: f64,
    /// Orders sent.
    pub orders: u64,
    /// Executions, one for each price level taken.
    pub fills: u64,
    /// Contracts bought and sold.
    pub contracts_traded: Contracts,
    /// Fees paid, net of rebates.
    pub fees: Usd,
    /// Opening cash.
    pub cash_start: Usd,
    /// Cash at the end.
    pub cash_final: Usd,
    /// Sum of all trades on the YES axis before fees and collateral: sales minus purchases.
    pub cash_flow: Usd,
    /// Cash and open positions at what closing them would bring.
    pub equity_final: Usd,
    /// `equity_final - cash_start`: after fees.
    pub pnl_net: Usd,
    /// Deepest fall of equity from a high, second by second.
    pub max_drawdown: Usd,
    /// Markets paid out.
    pub settled_markets: u64,
    /// Decisions that did not become an order, by reason.
    pub denials: BTreeMap<String, u64>,
    /// Orders refused by the venue, by reason.
    pub rejections: BTreeMap<String, u64>,
    /// Alerts by code.
    pub alerts: BTreeMap<String, u64>,
    /// SHA-256 of all actions in order.
    pub actions_hash: String,
    /// What became of the lines of signal files, if there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signals: Option<super::feed::FeedTally>,
    /// Probabilities recorded of strategies without a market.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub model_predictions: u64,
    /// Predictions recorded.
    pub predictions: u64,
    /// How good they were.
    #[serde(flatten)]
    pub scores: Scores,
    /// Lines of the recordings that could not be read.
    pub unparsable_lines: u64,
    /// The first of them.
    pub broken_lines: Vec<BrokenLineAt>,
    /// Bytes lost at the end of torn recordings.
    pub torn_bytes: u64,
    /// Fields of the venue's messages that this program does not know.
    pub unknown_fields: u64,
    /// Skipped sequence numbers.
    pub sequence_gaps: u64,
    /// Market-seconds without a trusted book inside sessions.
    pub untrusted_seconds: f64,
    /// Recorded tickers compared with the rebuilt book.
    pub ticker_checks: u64,
    /// Of these, equal.
    pub ticker_matches: u64,
    /// Of these, met with a crossed book.
    pub books_crossed: u64,
    /// Events of a market after its settlement, left out.
    pub events_after_settlement: u64,
    /// Every market.
    pub markets: Vec<MarketSummary>,
}

/// One market.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarketSummary {
    /// Its ticker.
    pub market: String,
    /// Where.
    pub venue: String,
    /// How it ended: `yes`, `no`, `void`, a value, or nothing.
    pub result: Option<String>,
    /// Executions.
    pub fills: u64,
    /// Contracts bought and sold.
    pub contracts: Contracts,
    /// Open position: YES positive, NO negative.
    pub position: Contracts,
    /// Fees paid.
    pub fees: Usd,
    /// Realised and unrealised, after fees.
    pub pnl_net: Usd,
    /// Predictions recorded.
    pub predictions: u64,
    /// Mean Brier score of the model, if settled.
    pub brier_model: Option<f64>,
    /// Mean Brier score of the market, if settled.
    pub brier_market: Option<f64>,
    /// Times the book was lost inside a session.
    pub book_losses: u64,
    /// Seconds without a trusted book inside sessions.
    pub untrusted_seconds: f64,
}

/// A line that could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenLineAt {
    /// Name of the file.
    pub file: String,
    /// Line number from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// A number of contracts: a JSON number where it is whole, otherwise a decimal string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contracts(pub Quantity);

impl Serialize for Contracts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let e6 = self.0.e6();
        if e6 % 1_000_000 == 0 {
            serializer.serialize_i64(e6 / 1_000_000)
        } else {
            serializer.collect_str(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Contracts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Whole(i64),
            Text(Quantity),
        }
        match Either::deserialize(deserializer)? {
            Either::Text(quantity) => Ok(Self(quantity)),
            Either::Whole(contracts) => contracts
                .checked_mul(1_000_000)
                .map(|e6| Self(Quantity::from_e6(e6)))
                .ok_or_else(|| serde::de::Error::custom("too many contracts")),
        }
    }
}

impl std::fmt::Display for Contracts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What is told besides what the run itself knows.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// SHA-256 of the strategy files.
    pub strategy_hashes: Vec<String>,
    /// Seed of the order names.
    pub seed: u64,
    /// What became of the lines of signal files, if there were any.
    pub signals: Option<super::feed::FeedTally>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The summary of a finished run.
#[must_use]
pub fn summarise(finished: &Finished, options: &BacktestOptions, told: &Told) -> Summary {
    let tally = &finished.tally;
    let (start, end) = tally.span.unwrap_or_default();
    let markets = tally.markets.iter();
    let scores = score(markets.map(|market| (&market.scores, market.settlement.and_then(outcome))));
    let sessions = finished.playback.sessions();
    let denials = finished.engine.counters().denials;
    Summary {
        schema_version: SCHEMA_VERSION,
        strategies: options.engine.strategies.iter().map(|s| s.name.clone()).collect(),
        strategy_hashes: told.strategy_hashes.clone(),
        seed: told.seed,
        latency_ms: options.latency.secs_f64() * 1e3,
        own_impact: options.own_impact,
        start: time_text(start),
        end: time_text(end),
        events: tally.events,
        tape_events: tally.tape_events,
        seconds: tally.seconds,
        events_per_second: per_second(tally.events, tally.seconds),
        orders: tally.orders,
        fills: tally.fills,
        contracts_traded: Contracts(tally.contracts),
        fees: tally.fees,
        cash_start: options.cash,
        cash_final: finished.account.cash,
        cash_flow: tally.cash_flow,
        equity_final: finished.equity,
        pnl_net: finished.equity - options.cash,
        max_drawdown: finished.curve.max_drawdown(),
        settled_markets: tally.settled,
        denials: denials.iter().map(|(denial, n)| (denial.code().to_owned(), n)).collect(),
        rejections: tally.rejections.iter().map(|(&code, &n)| (code.to_owned(), n)).collect(),
        alerts: tally.alerts.clone(),
        actions_hash: finished.actions_hash.clone(),
        signals: told.signals.clone(),
        model_predictions: tally.model_predictions,
        predictions: tally.predictions,
        scores,
        unparsable_lines: sessions.iter().map(|session| session.notes.broken_lines).sum(),
        broken_lines: broken_lines(sessions),
        torn_bytes: sessions.iter().map(|session| session.notes.torn_bytes).sum(),
        unknown_fields: sessions.iter().map(|session| session.notes.unknown_fields).sum(),
        sequence_gaps: sessions.iter().map(|session| session.notes.sequence_gaps).sum(),
        // A sum of nothing is minus zero.
        untrusted_seconds: finished.playback.trust().untrusted_seconds() + 0.0,
        ticker_checks: tally.ticker.checks,
        ticker_matches: tally.ticker.matches,
        books_crossed: tally.ticker.crossed,
        events_after_settlement: finished.playback.after_close(),
        markets: market_summaries(finished),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn per_second(events: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { events as f64 / seconds } else { 0.0 }
}

fn broken_lines(sessions: &[Session]) -> Vec<BrokenLineAt> {
    let all = sessions.iter().flat_map(|session| {
        let file = session.path.file_name().unwrap_or(session.path.as_os_str());
        let file = file.to_string_lossy().into_owned();
        session.notes.broken.iter().map(move |broken| BrokenLineAt {
            file: file.clone(),
            line: broken.line,
            reason: broken.reason.clone(),
        })
    });
    all.take(SourceNotes::KEPT).collect()
}

fn market_summaries(finished: &Finished) -> Vec<MarketSummary> {
    let played = finished.playback.markets();
    let ids = (0..).map(MarketId);
    let rows = ids.zip(played).zip(&finished.tally.markets);
    rows.map(|((id, played), tally)| {
        let result = tally.settlement;
        let own = score(std::iter::once((&tally.scores, result.and_then(outcome))));
        let trust = finished.playback.trust().market(id);
        let position = finished.account.positions.get(&id).copied().unwrap_or_default();
        MarketSummary {
            market: played.listing.ticker.clone(),
            venue: played.listing.venue.name().to_owned(),
            result: result.map(result_text),
            fills: tally.fills,
            contracts: Contracts(tally.contracts),
            position: Contracts(position.quantity),
            fees: position.fees,
            pnl_net: finished.pnl(id),
            predictions: tally.scores.count(),
            brier_model: own.brier_model,
            brier_market: own.brier_market,
            book_losses: trust.losses,
            untrusted_seconds: trust.untrusted.secs_f64(),
        }
    })
    .collect()
}

fn result_text(settlement: Settlement) -> String {
    match settlement {
        Settlement::Yes => "yes".to_owned(),
        Settlement::No => "no".to_owned(),
        Settlement::Void => "void".to_owned(),
        Settlement::Scalar(value) => value.to_string(),
    }
}

/// RFC 3339, UTC, as many decimals as needed.
#[must_use]
pub fn time_text(at: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(at.nanos()))
        .map_or_else(|_| at.nanos().to_string(), |at| at.to_string())
}

/// A summary of nothing, for tests of what shows it.
#[cfg(test)]
pub(super) fn empty() -> Summary {
    Summary {
        schema_version: SCHEMA_VERSION,
        strategies: Vec::new(),
        strategy_hashes: Vec::new(),
        seed: 0,
        latency_ms: 0.0,
        own_impact: true,
        start: String::new(),
        end: String::new(),
        events: 0,
        tape_events: 0,
        seconds: 0.0,
        events_per_second: 0.0,
        orders: 0,
        fills: 0,
        contracts_traded: Contracts::default(),
        fees: Usd::ZERO,
        cash_start: Usd::ZERO,
        cash_final: Usd::ZERO,
        cash_flow: Usd::ZERO,
        equity_final: Usd::ZERO,
        pnl_net: Usd::ZERO,
        max_drawdown: Usd::ZERO,
        settled_markets: 0,
        denials: BTreeMap::new(),
        rejections: BTreeMap::new(),
        alerts: BTreeMap::new(),
        actions_hash: String::new(),
        signals: None,
        model_predictions: 0,
        predictions: 0,
        scores: Scores::default(),
        unparsable_lines: 0,
        broken_lines: Vec::new(),
        torn_bytes: 0,
        unknown_fields: 0,
        sequence_gaps: 0,
        untrusted_seconds: 0.0,
        ticker_checks: 0,
        ticker_matches: 0,
        books_crossed: 0,
        events_after_settlement: 0,
        markets: Vec::new(),
    }
}
