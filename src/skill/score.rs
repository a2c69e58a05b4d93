//! Forecasts against outcomes and against the market (model.md section 6).
//!
//! The unit of chance is the fact: contracts that one fact resolves are one cluster. The sign of every
//! gain is that of skill: above zero, the forecaster did better than the market's price.

use std::collections::BTreeSet;

use serde::Serialize;
use statecraft_statistics::calibration::{ReliabilityBin, reliability, spiegelhalter};
use statecraft_statistics::score::{Forecast as Call, bins_between, score};
use statecraft_statistics::skill::{bootstrap, events_needed, t_test};

/// Resamples of the bootstrap (model.md 6.3).
const RESAMPLES: usize = 2_000;
/// Any number: the same record gives the same report.
const SEED: u64 = 20_260_101;
/// Two-sided significance and power of "how many events would it take" (model.md T6.7).
const SIGNIFICANCE: f64 = 0.05;
const POWER: f64 = 0.80;
/// Facts from which on their scatter is worth something.
pub const SCATTER_FACTS: usize = 10;

/// One forecast that is scored.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Contracts of one fact resolve together.
    pub fact: String,
    /// What happened.
    pub outcome: bool,
    /// The model's own probability.
    pub model: f64,
    /// The probability that decided.
    pub decided: f64,
    /// The market's microprice at that moment.
    pub market: f64,
    /// What it would have cost to act on the forecast: the ask if it was above, the bid if it was
    /// below, the microprice between them.
    pub executable: f64,
    /// A calendar window was ahead.
    pub windowed: bool,
    /// Sources of the evidence in force.
    pub sources: BTreeSet<String>,
}

/// Mean scores of one forecaster.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Marks {
    /// Mean Brier score.
    pub brier: f64,
    /// Mean logarithmic score.
    pub log: f64,
}

/// A mean gain over the market in Brier score, with what resampling by fact says of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gain {
    /// Market's score less ours: above zero, we were better.
    pub mean: f64,
    /// Lower end of the central interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Share of resamples in which we were worse than the market.
    pub share_below_zero: f64,
}

/// Spiegelhalter's test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Calibration {
    /// Standard normal for calibrated forecasts.
    pub z: f64,
    /// Two-sided.
    pub p_value: f64,
}

/// How many independent events it takes to tell skill from luck (80 % power, 5 % two-sided).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PowerNeeded {
    /// If our probabilities are the true ones.
    pub if_right: Option<f64>,
    /// If the gain seen so far is the true one.
    pub at_observed_gain: Option<f64>,
}

/// One set of scored forecasts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Forecasts scored, at most one per contract and week.
    pub scored: usize,
    /// Facts that resolved them.
    pub facts: usize,
    /// Share that happened.
    pub base_rate: f64,
    /// The model before the blend.
    pub model: Marks,
    /// The probability that decided.
    pub decided: Marks,
    /// The market's microprice.
    pub market: Marks,
    /// The executable price.
    pub executable: Marks,
    /// What deciding by our probability gained over the market; nothing with fewer than two facts.
    pub gain: Option<Gain>,
    /// The same of the model before the blend.
    pub gain_model: Option<Gain>,
    /// Calibration of the probability that decided.
    pub calibration: Option<Calibration>,
    /// What it would take.
    pub power: PowerNeeded,
}

/// Compares; `None` if there is nothing to compare.
#[must_use]
pub fn compare<'a>(
    rows: impl Iterator<Item = &'a Scored> + Clone,
    level: f64,
) -> Option<Comparison> {
    let marks = |of: fn(&Scored) -> f64| marks(&calls(rows.clone(), of));
    let facts: BTreeSet<&str> = rows.clone().map(|row| row.fact.as_str()).collect();
    let decided = calls(rows.clone(), |row| row.decided);
    let happened = decided.iter().filter(|call| call.outcome).count();
    Some(Comparison {
        scored: decided.len(),
        facts: facts.len(),
        base_rate: ratio(happened, decided.len()),
        model: marks(|row| row.model)?,
        decided: marks(|row| row.decided)?,
        market: marks(|row| row.market)?,
        executable: marks(|row| row.executable)?,
        gain: gain(rows.clone(), |row| row.decided, level),
        gain_model: gain(rows.clone(), |row| row.model, level),
        calibration: spiegelhalter(&decided)
            .ok()
            .map(|test| Calibration { z: test.z, p_value: test.p_value }),
        power: power(rows),
    })
}

fn calls<'a>(rows: impl Iterator<Item = &'a Scored>, of: fn(&Scored) -> f64) -> Vec<Call> {
    rows.map(|row| Call { probability: of(row), outcome: row.outcome }).collect()
}

/// Mean scores; `None` of none.
#[must_use]
pub fn marks(calls: &[Call]) -> Option<Marks> {
    let scores = score(calls).ok()?;
    Some(Marks { brier: scores.brier, log: scores.log })
}

/// Paired differences of the Brier score, by fact.
fn differences<'a>(
    rows: impl Iterator<Item = &'a Scored>,
    of: fn(&Scored) -> f64,
) -> impl Iterator<Item = (&'a str, f64)> {
    rows.map(move |row| {
        let loss = |p: f64| (p - f64::from(u8::from(row.outcome))).powi(2);
        (row.fact.as_str(), loss(row.market) - loss(of(row)))
    })
}

/// The mean gain and its central interval at `level`.
fn gain<'a>(
    rows: impl Iterator<Item = &'a Scored>,
    of: fn(&Scored) -> f64,
    level: f64,
) -> Option<Gain> {
    let found = bootstrap(differences(rows, of), RESAMPLES, level, SEED).ok()?;
    Some(Gain {
        mean: found.mean,
        low: found.interval.low,
        high: found.interval.high,
        share_below_zero: found.share_below_zero,
    })
}

fn power<'a>(rows: impl Iterator<Item = &'a Scored> + Clone) -> PowerNeeded {
    let needed = |gain: f64, sd: f64| events_needed(gain, sd, SIGNIFICANCE, POWER).ok();
    // If p is true, the Brier gain over m is (p - m)^2 a forecast, with variance 4 (p-m)^2 p(1-p).
    let (mut gain, mut variance, mut count) = (0.0, 0.0, 0.0);
    for row in rows.clone() {
        let squared = (row.decided - row.market).powi(2);
        gain += squared;
        variance += 4.0 * squared * row.decided * (1.0 - row.decided);
        count += 1.0;
    }
    let observed = t_test(differences(rows, |row| row.decided)).ok();
    // The scatter of a handful of facts says nothing of what it would take.
    let observed = observed.filter(|test| test.clusters >= SCATTER_FACTS).and_then(|test| {
        #[expect(clippy::cast_precision_loss, reason = "a count")]
        needed(test.mean, test.se * (test.clusters as f64).sqrt())
    });
    let if_right = if count > 0.0 { needed(gain / count, (variance / count).sqrt()) } else { None };
    PowerNeeded { if_right, at_observed_gain: observed }
}

/// One line of a reliability table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// Mean forecast.
    pub forecast: f64,
    /// Share that happened.
    pub frequency: f64,
    /// Jeffreys interval of that share, 90 %.
    pub low: f64,
    /// See [`Self::low`].
    pub high: f64,
    /// How many forecasts.
    pub count: u64,
}

/// Reliability of some forecasts by tenths, empty ones left out.
#[must_use]
pub fn reliability_by_tenths(calls: &[Call]) -> Vec<Bin> {
    let borders: Vec<f64> = (1..10_u8).map(|tenth| f64::from(tenth) / 10.0).collect();
    let bins = reliability(calls, &bins_between(calls, &borders)).unwrap_or_default();
    let line = |bin: ReliabilityBin| Bin {
        forecast: bin.forecast,
        frequency: bin.frequency,
        low: bin.interval.low,
        high: bin.interval.high,
        count: bin.count,
    };
    bins.into_iter().map(line).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fact: usize, decided: f64, market: f64, outcome: bool) -> Scored {
        Scored {
            fact: format!("f{fact}"),
            outcome,
            model: decided,
            decided,
            market,
            executable: market,
            windowed: false,
            sources: BTreeSet::new(),
        }
    }

    /// model.md T6.7: truth .20, market .33: 297.24 independent events.
    #[test]
    fn t6_7_power_if_the_forecast_is_right() {
        let rows: Vec<Scored> = (0..10).map(|n| row(n, 0.20, 0.33, n < 2)).collect();
        let needed = compare(rows.iter(), 0.95).unwrap().power.if_right.unwrap();
        assert!((needed - 297.24).abs() < 0.01, "{needed}");
    }

    #[test]
    fn better_than_the_market_is_a_gain_above_zero() {
        let rows: Vec<Scored> = (0..200).map(|n| row(n, 0.2, 0.4, n % 5 == 0)).collect();
        let found = compare(rows.iter(), 0.9).unwrap();
        assert_eq!((found.scored, found.facts), (200, 200));
        let gain = found.gain.unwrap();
        assert!(gain.low > 0.0 && gain.mean > gain.low && gain.high > gain.mean, "{gain:?}");
        assert!((gain.mean - (found.market.brier - found.decided.brier)).abs() < 1e-12);
        let swapped: Vec<Scored> = rows
            .iter()
            .map(|one| Scored { decided: one.market, market: one.decided, ..one.clone() })
            .collect();
        let loss = compare(swapped.iter(), 0.9).unwrap().gain.unwrap();
        assert!((loss.mean + gain.mean).abs() < 1e-12);
    }

    #[test]
    fn one_fact_is_no_sample_and_nothing_is_nothing() {
        let rows: Vec<Scored> = (0..40).map(|_| row(1, 0.2, 0.4, false)).collect();
        assert_eq!(compare(rows.iter(), 0.9).unwrap().gain, None);
        assert_eq!(compare([].iter(), 0.9), None);
    }
}
