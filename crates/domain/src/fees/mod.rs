//! What a fill costs, by venue rule and date.
//!
//! The rules are data ([`FeePeriod`]s in order of time); `charge` applies them to a fill, `kalshi` and
//! `polymarket` write down what those two venues have published.

mod charge;
mod kalshi;
mod polymarket;

pub use kalshi::{FIXED_POINT_FROM, MICRO_FEES_FROM};

use serde::{Deserialize, Serialize};

use crate::{Timestamp, Usd};

/// Which side of a trade one was on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Liquidity {
    /// Took a resting order.
    Taker,
    /// Was the resting order.
    Maker,
}

/// The model fee before any rounding: `multiplier * rate * C * P * (1 - P)` dollars
/// (Kalshi fee schedule; Polymarket with exponent 1 has the same form).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FeeRates {
    /// Taker rate in 1/10,000 (Kalshi 700).
    pub taker_e4: u32,
    /// Maker rate in 1/10,000 (Kalshi 0, 175 or 350).
    pub maker_e4: u32,
    /// Series or event multiplier in 1/1,000,000 (normally 1,000,000).
    pub multiplier_e6: u32,
}

/// How a fee is rounded and what of the rounding comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeRounding {
    /// No fee is rounded, other than up to the 10^-10 dollar that [`Usd`] can hold (research; files
    /// without a venue).
    Exact,
    /// Each fill's fee up to the next cent (fee schedule effective 2026-02-05 and before).
    CentPerFill,
    /// Each fill's fee to the nearest multiple of `unit`, halves up (Polymarket: 0.00001).
    Nearest {
        /// The fee is a multiple of this.
        unit: Usd,
    },
    /// Each fill's fee up to `trade_unit`; then the balance change is floored to `balance_unit` and
    /// what the floors took accumulates per order and is paid back in whole `rebate_unit`s
    /// (docs.kalshi.com fee_rounding, 2026-08-26 and the rule before it).
    Accumulated {
        /// The fee is rounded up to this.
        trade_unit: Usd,
        /// The balance change is rounded down to this (0.0001 direct members, 0.01 others).
        balance_unit: Usd,
        /// What accumulates is paid back in multiples of this.
        rebate_unit: Usd,
    },
}

/// One rule and the instant from which it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FeePeriod {
    /// First instant of the rule.
    pub from: Timestamp,
    /// Rates.
    pub rates: FeeRates,
    /// Rounding.
    pub rounding: FeeRounding,
}

/// The fee rules of one market in order of time. Empty: no fees.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FeeSchedule(Vec<FeePeriod>);

/// Whose rounding applies at Kalshi.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KalshiMember {
    /// Balance kept to 0.0001 dollar.
    Direct,
    /// Balance kept to whole cents (through a broker).
    NonDirect,
}

/// Kalshi's `fee_type` of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KalshiFeeType {
    /// Takers pay 0.07, makers nothing.
    Quadratic,
    /// Takers pay 0.07, makers 0.0175.
    QuadraticWithMakerFees,
    /// Takers pay 0.07, makers 0.035.
    QuadraticWithComboMakerFees,
}

/// What one fill was charged. `cash_change` is what the balance moves by, fees included.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeCharge {
    /// The model fee rounded up to the trade unit.
    pub trade_fee: Usd,
    /// What flooring the balance took on top.
    pub rounding_fee: Usd,
    /// What the order's accumulator paid back.
    pub rebate: Usd,
    /// `trade_fee + rounding_fee - rebate`; never negative.
    pub net_fee: Usd,
    /// Signed change of cash: revenue minus `net_fee`.
    pub cash_change: Usd,
}

impl FeeSchedule {
    /// No fees at any time.
    #[must_use]
    pub fn free() -> Self {
        Self(Vec::new())
    }

    /// From periods in any order.
    #[must_use]
    pub fn new(mut periods: Vec<FeePeriod>) -> Self {
        periods.sort_by_key(|period| period.from);
        Self(periods)
    }

    /// The rule in force at `at`; `None` means no fee.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> Option<&FeePeriod> {
        self.0.iter().rev().find(|period| period.from <= at)
    }

    /// The periods, oldest first.
    #[must_use]
    pub fn periods(&self) -> &[FeePeriod] {
        &self.0
    }
}
