//! [`Status`]: what the running bot looks like at one instant, for the live view, log lines and
//! whatever else wants to show it. A copy: nothing here can reach back into the engine.

use statecraft_domain::event::Mode;
use statecraft_domain::{Price, Quantity, Timestamp, Usd};

/// The whole bot.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Engine time.
    pub at: Timestamp,
    /// `paper` or `live`, and where.
    pub venue: String,
    /// What the engine may do.
    pub mode: Mode,
    /// Is the market data connection up?
    pub connected: bool,
    /// Wall seconds since the last frame of any kind.
    pub silent_secs: f64,
    /// Cash.
    pub cash: Usd,
    /// Cash and positions at executable prices.
    pub equity: Usd,
    /// Equity minus opening equity.
    pub pnl: Usd,
    /// Fees paid so far.
    pub fees: Usd,
    /// Counts so far.
    pub counts: Counts,
    /// One line a market that a strategy may trade.
    pub markets: Vec<MarketStatus>,
    /// The newest signal: when, and its headline.
    pub last_signal: Option<(Timestamp, String)>,
    /// Why decisions did not become orders: code and count, most frequent first.
    pub denials: Vec<(&'static str, u64)>,
    /// Withdrawals, denials and corrections that answered no story known.
    pub unmatched_revisions: u64,
}

/// What happened so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Engine inputs.
    pub events: u64,
    /// Signals accepted.
    pub signals: u64,
    /// Orders approved.
    pub orders: u64,
    /// Fills.
    pub fills: u64,
    /// Orders refused by the venue.
    pub rejects: u64,
    /// Orders whose fate is unknown now.
    pub unknown: u64,
}

/// One market.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketStatus {
    /// The venue's name of it.
    pub ticker: String,
    /// Best bid, if any.
    pub bid: Option<Price>,
    /// Best ask, if any.
    pub ask: Option<Price>,
    /// Model probability and the standard deviation of its log-odds.
    pub model: Option<(f64, f64)>,
    /// Probability after the blend with the market.
    pub blended: Option<f64>,
    /// Best edge after costs on either side, dollars per contract.
    pub edge: Option<f64>,
    /// YES positive, NO negative.
    pub position: Quantity,
    /// Realized and unrealized profit after fees.
    pub pnl: Usd,
    /// It has been settled.
    pub over: bool,
    /// `synced`, or why not; `settled yes` and so on at the end.
    pub state: String,
}
