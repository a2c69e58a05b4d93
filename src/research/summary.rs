//! Everything that is told of a backtest: the object of `summary.json` and of `--json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use statecraft_domain::{Quantity, Timestamp, Usd};

use super::scoring::Scores;

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

/// RFC 3339, UTC, as many decimals as needed.
#[must_use]
pub fn time_text(at: Timestamp) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(at.nanos()))
        .map_or_else(|_| at.nanos().to_string(), |at| at.to_string())
}
