//! Do things happen as often as was said? (model.md 6.2)

use std::collections::BTreeMap;

use crate::dense::Symmetric;
use crate::error::{enough, paired, probability, within};
use crate::score::{Forecast, LOG_CLIP};
use crate::special::{beta_quantile, expit, logit, normal_cdf};
use crate::{Result, StatisticsError};

/// From ... to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Jeffreys' interval for a rate: the central `level` of Beta(k + ½, n - k + ½).
///
/// # Errors
/// [`StatisticsError::Domain`] if k > n or the level is not in [0, 1].
pub fn jeffreys(events: u64, trials: u64, level: f64) -> Result<Interval> {
    let (k, n) = (events as f64, trials as f64);
    within("events", k, events <= trials, "at most the number of trials")?;
    let tail = 0.5 * (1.0 - probability("level", level)?);
    let quantile = |p: f64| beta_quantile(p, k + 0.5, n - k + 0.5);
    Ok(Interval { low: quantile(tail)?, high: quantile(1.0 - tail)? })
}

/// One line of a reliability table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReliabilityBin {
    /// Mean forecast.
    pub forecast: f64,
    /// Share that happened.
    pub frequency: f64,
    /// Jeffreys interval of that share, 90 %.
    pub interval: Interval,
    /// How many happened.
    pub events: u64,
    /// How many forecasts.
    pub count: u64,
}

/// The reliability table, bins in ascending order; empty bins are left out.
///
/// # Errors
/// [`StatisticsError`] if the lists differ in length, or a forecast is no probability.
pub fn reliability(forecasts: &[Forecast], bin_of: &[usize]) -> Result<Vec<ReliabilityBin>> {
    paired("forecasts and their bins", forecasts.len(), bin_of.len())?;
    let mut bins: BTreeMap<usize, (f64, u64, u64)> = BTreeMap::new();
    for (forecast, &bin) in forecasts.iter().zip(bin_of) {
        let (sum, events, count) = bins.entry(bin).or_default();
        *sum += probability("forecast", forecast.probability)?;
        *events += u64::from(forecast.outcome);
        *count += 1;
    }
    let line = |&(sum, events, count): &(f64, u64, u64)| {
        Ok(ReliabilityBin {
            forecast: sum / count as f64,
            frequency: events as f64 / count as f64,
            interval: jeffreys(events, count, 0.9)?,
            events,
            count,
        })
    };
    bins.values().map(line).collect()
}

/// Spiegelhalter's test of calibration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spiegelhalter {
    /// Standard normal if the forecasts are calibrated.
    pub z: f64,
    /// Two-sided.
    pub p_value: f64,
}

/// Z = Σ(y-p)(1-2p) / √Σ(1-2p)² p(1-p).
///
/// # Errors
/// [`StatisticsError`] if a forecast is no probability, or all are 0, ½ or 1.
pub fn spiegelhalter(forecasts: &[Forecast]) -> Result<Spiegelhalter> {
    let (mut sum, mut variance) = (0.0, 0.0);
    for forecast in forecasts {
        let p = probability("forecast", forecast.probability)?;
        sum += (forecast.value() - p) * (1.0 - 2.0 * p);
        variance += (1.0 - 2.0 * p).powi(2) * p * (1.0 - p);
    }
    within("variance of the statistic", variance, variance > 0.0, "above 0")?;
    let z = sum / variance.sqrt();
    Ok(Spiegelhalter { z, p_value: 2.0 * normal_cdf(-z.abs())? })
}

/// logit P(y) = intercept + slope · logit p, fitted to outcomes: (0, 1) if calibrated; a slope below 1
/// means overconfident forecasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recalibration {
    /// Intercept.
    pub intercept: f64,
    /// Its standard error.
    pub intercept_se: f64,
    /// Slope.
    pub slope: f64,
    /// Its standard error.
    pub slope_se: f64,
}

/// Fits the recalibration by logistic regression; forecasts are clipped as in the log score.
///
/// # Errors
/// [`StatisticsError`] if there are fewer than three forecasts, one is no probability, all are equal,
/// or the outcomes are separated.
pub fn recalibrate(forecasts: &[Forecast]) -> Result<Recalibration> {
    enough("forecasts", forecasts.len(), 3)?;
    let mut points = Vec::with_capacity(forecasts.len());
    for forecast in forecasts {
        let p = probability("forecast", forecast.probability)?.clamp(LOG_CLIP, 1.0 - LOG_CLIP);
        points.push((logit(p)?, forecast.value()));
    }
    if separated(&points) {
        return Err(StatisticsError::Separated);
    }
    logistic(&points)
}

/// Does a threshold on x tell the outcomes apart without error? Then the slope runs to infinity.
fn separated(points: &[(f64, f64)]) -> bool {
    let side = |wanted: bool| points.iter().filter(move |(_, y)| (*y > 0.5) == wanted);
    let range = |wanted: bool| {
        side(wanted).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (x, _)| {
            (low.min(*x), high.max(*x))
        })
    };
    let (yes, no) = (range(true), range(false));
    yes.0 >= no.1 || no.0 >= yes.1
}

fn logistic(points: &[(f64, f64)]) -> Result<Recalibration> {
    const MOST: usize = 100;
    let (mut a, mut b) = (0.0, 1.0);
    let mut value = log_likelihood(points, a, b);
    let mut largest = f64::INFINITY;
    for _ in 0..MOST {
        let (gradient, information) = logistic_derivatives(points, a, b);
        let factor = information.cholesky()?;
        let step = factor.solve(&gradient);
        let [da, db] = step[..] else { break };
        let mut scale = 1.0;
        let mut found = log_likelihood(points, a + da, b + db);
        while found < value - 1e-12 * value.abs() && scale > 1e-12 {
            scale *= 0.5;
            found = log_likelihood(points, a + scale * da, b + scale * db);
        }
        (a, b, value) = (a + scale * da, b + scale * db, found);
        largest = da.abs().max(db.abs());
        if largest < 1e-10 {
            let covariance = factor.inverse();
            return Ok(Recalibration {
                intercept: a,
                intercept_se: covariance.get(0, 0).sqrt(),
                slope: b,
                slope_se: covariance.get(1, 1).sqrt(),
            });
        }
    }
    Err(StatisticsError::NotConverged { iterations: MOST, step: largest })
}

fn log_likelihood(points: &[(f64, f64)], a: f64, b: f64) -> f64 {
    points
        .iter()
        .map(|(x, y)| {
            let z = a + b * x;
            // y z - ln(1 + e^z), without overflow.
            y * z - z.max(0.0) - (-z.abs()).exp().ln_1p()
        })
        .sum()
}

fn logistic_derivatives(points: &[(f64, f64)], a: f64, b: f64) -> (Vec<f64>, Symmetric) {
    let mut information = Symmetric::zeros(2);
    let (mut first, mut second) = (0.0, 0.0);
    for (x, y) in points {
        let p = expit(a + b * x);
        first += y - p;
        second += x * (y - p);
        let weight = p * (1.0 - p);
        information.add(0, 0, weight);
        information.add(1, 0, weight * x);
        information.add(1, 1, weight * x * x);
    }
    (vec![first, second], information)
}
