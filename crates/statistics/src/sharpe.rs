//! The best of many tries looks good by luck alone: probabilistic and deflated Sharpe ratio
//! (Bailey & López de Prado 2012, 2014; model.md 6.5).

use std::f64::consts::E;

use crate::Result;
use crate::error::{finite, positive, within};
use crate::special::{normal_cdf, normal_quantile};

const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// A Sharpe ratio and the returns it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Returns {
    /// Mean over standard deviation, per observation (not annual).
    pub sharpe: f64,
    /// Observations.
    pub count: f64,
    /// Skewness.
    pub skew: f64,
    /// Raw kurtosis: 3 for a normal distribution.
    pub kurtosis: f64,
}

/// P(true Sharpe ratio > `benchmark`), both per observation.
///
/// # Errors
/// [`crate::StatisticsError::Domain`] with fewer than two observations, or moments that no distribution
/// has.
pub fn probabilistic_sharpe(returns: &Returns, benchmark: f64) -> Result<f64> {
    let Returns { sharpe, count, skew, kurtosis } = *returns;
    finite("Sharpe ratio", sharpe)?;
    finite("benchmark", benchmark)?;
    within("observations", count, count.is_finite() && count >= 2.0, "at least 2")?;
    finite("skewness", skew)?;
    finite("kurtosis", kurtosis)?;
    let variance = 1.0 - skew * sharpe + (kurtosis - 1.0) * sharpe * sharpe / 4.0;
    positive("variance of the Sharpe ratio", variance)?;
    normal_cdf((sharpe - benchmark) * (count - 1.0).sqrt() / variance.sqrt())
}

/// The Sharpe ratio that the best of `trials` worthless configurations is expected to show, if their
/// ratios have this `variance`. 0 for a single trial.
///
/// # Errors
/// [`crate::StatisticsError::Domain`] unless trials >= 1 and the variance is finite and not negative.
pub fn expected_maximum(trials: f64, variance: f64) -> Result<f64> {
    within("trials", trials, trials.is_finite() && trials >= 1.0, "at least 1")?;
    within(
        "variance of the trials",
        variance,
        variance.is_finite() && variance >= 0.0,
        "at least 0",
    )?;
    if trials <= 1.0 {
        return Ok(0.0);
    }
    let first = normal_quantile(1.0 - 1.0 / trials)?;
    let second = normal_quantile(1.0 - 1.0 / (trials * E))?;
    Ok(variance.sqrt() * ((1.0 - EULER_GAMMA) * first + EULER_GAMMA * second))
}

/// [`probabilistic_sharpe`] against [`expected_maximum`]: `trials` counts every configuration ever run.
///
/// # Errors
/// As those two.
pub fn deflated_sharpe(returns: &Returns, trials: f64, variance: f64) -> Result<f64> {
    probabilistic_sharpe(returns, expected_maximum(trials, variance)?)
}
