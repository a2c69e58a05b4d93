//! Closing-line value: did the market come to us after we traded? (model.md 6.4) The leading indicator
//! of skill, long before outcomes are enough; [`crate::skill::t_test`] by cluster judges it.

use crate::Result;
use crate::error::probability;
use crate::special::logit;

/// What was bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bought {
    /// YES (or NO sold).
    Yes,
    /// NO (or YES sold).
    No,
}

impl Bought {
    const fn sign(self) -> f64 {
        match self {
            Self::Yes => 1.0,
            Self::No => -1.0,
        }
    }
}

/// How far the market moved our way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClosingLine {
    /// side · (logit later - logit paid).
    pub log_odds: f64,
    /// The same in dollars per contract, after `costs`.
    pub dollars: f64,
}

/// Closing-line value of a fill. `paid` and `later` are prices of YES in (0, 1); `costs` are dollars per
/// contract (fees of the way in, and out if it is to be closed).
///
/// # Errors
/// [`crate::StatisticsError::Domain`] for a price outside (0, 1) or costs outside [0, 1].
pub fn closing_line(bought: Bought, paid: f64, later: f64, costs: f64) -> Result<ClosingLine> {
    probability("costs", costs)?;
    let log_odds = bought.sign() * (logit(later)? - logit(paid)?);
    Ok(ClosingLine { log_odds, dollars: bought.sign() * (later - paid) - costs })
}
