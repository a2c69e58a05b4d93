//! [`Action`]: everything the engine can ask for. There is no other way out.

use serde::{Deserialize, Serialize};

use crate::control::Latch;
use crate::{ClientOrderId, MarketId, OrderRequest, Price, RiskApproved, StrategyId, Timestamp};

/// One output of the engine. The shell carries actions out in order; it never invents one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Journal this order, then send it, once.
    Place(RiskApproved<OrderRequest>),
    /// Cancel this order. Never blocked by a risk check.
    Cancel(CancelOrder),
    /// Keep this prediction for the skill ledger.
    Predict(Prediction),
    /// Get a fresh snapshot of this market's book.
    Resnapshot(Resnapshot),
    /// Write this down as decided: a restart must find it. It holds already.
    Latch(Latch),
    /// Tell a person.
    Alert(Alert),
}

/// See [`Action::Cancel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelOrder {
    /// When it was decided.
    pub at: Timestamp,
    /// Which order.
    pub order: ClientOrderId,
}

/// See [`Action::Predict`]: what the model said, beside what the market charged at that moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// When.
    pub at: Timestamp,
    /// Whose.
    pub strategy: StrategyId,
    /// Which market.
    pub market: MarketId,
    /// Model probability of YES, before it is blended with the market.
    pub model: f64,
    /// Standard deviation of the model's log-odds.
    pub sd_logit: f64,
    /// Probability after the blend with the market, the one that decides.
    pub blended: f64,
    /// Depth-weighted market price (microprice), `0..=1`.
    pub market_price: f64,
    /// Best bid at that moment.
    pub bid: Price,
    /// Best ask at that moment.
    pub ask: Price,
    /// Which model: a hash of its specification, 16 hexadecimal digits. Empty in old records.
    #[serde(default)]
    pub version: String,
    /// The evidence in force: the id of the first signal of every cluster, oldest first.
    #[serde(default)]
    pub signals: Vec<String>,
}

/// See [`Action::Resnapshot`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resnapshot {
    /// When it was asked for.
    pub at: Timestamp,
    /// Which market.
    pub market: MarketId,
}

/// How urgent an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Look at it today.
    Warning,
    /// Trading has stopped or money is at stake.
    Critical,
}

/// See [`Action::Alert`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// When.
    pub at: Timestamp,
    /// How urgent.
    pub severity: Severity,
    /// A stable code, for example `edge_too_large`.
    pub code: String,
    /// What happened, in words, with its numbers.
    pub message: String,
}
