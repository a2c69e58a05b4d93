//! Proper scores of probability forecasts, lower is better (model.md 6.1).

use std::collections::BTreeMap;

use crate::Result;
use crate::error::{enough, paired, positive, probability};

/// Probabilities are kept this far from 0 and 1 in the logarithmic score.
pub const LOG_CLIP: f64 = 1e-4;

/// A forecast and what happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// Of the event, in [0, 1].
    pub probability: f64,
    /// Did it happen?
    pub outcome: bool,
}

impl Forecast {
    /// 1 if it happened.
    #[must_use]
    pub const fn value(&self) -> f64 {
        if self.outcome { 1.0 } else { 0.0 }
    }

    /// (p - y)².
    ///
    /// # Errors
    /// [`crate::StatisticsError::Domain`] if the probability is none.
    pub fn brier(&self) -> Result<f64> {
        Ok((probability("forecast", self.probability)? - self.value()).powi(2))
    }

    /// -ln of the probability of what happened, p clipped at [`LOG_CLIP`].
    ///
    /// # Errors
    /// [`crate::StatisticsError::Domain`] if the probability is none.
    pub fn log(&self) -> Result<f64> {
        let p = probability("forecast", self.probability)?.clamp(LOG_CLIP, 1.0 - LOG_CLIP);
        Ok(if self.outcome { -p.ln() } else { -(-p).ln_1p() })
    }
}

/// Mean scores of several forecasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// Mean Brier score.
    pub brier: f64,
    /// Mean logarithmic score, natural logarithm.
    pub log: f64,
    /// How many forecasts.
    pub count: usize,
}

/// Scores forecasts.
///
/// # Errors
/// [`crate::StatisticsError`] if there are none, or one is no probability.
pub fn score(forecasts: &[Forecast]) -> Result<Scores> {
    enough("forecasts", forecasts.len(), 1)?;
    let (mut brier, mut log) = (0.0, 0.0);
    for forecast in forecasts {
        brier += forecast.brier()?;
        log += forecast.log()?;
    }
    let count = forecasts.len();
    Ok(Scores { brier: brier / count as f64, log: log / count as f64, count })
}

/// 1 - score / reference: the share of the reference's score that is saved.
///
/// # Errors
/// [`crate::StatisticsError::Domain`] unless the reference is above 0.
pub fn skill_score(score: f64, reference: f64) -> Result<f64> {
    Ok(1.0 - score / positive("reference score", reference)?)
}

/// Murphy's decomposition: Brier = reliability - resolution + uncertainty + within-bin term.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Murphy {
    /// Σ w (forecast - frequency)²: calibration error.
    pub reliability: f64,
    /// Σ w (frequency - base rate)²: how much the forecasts tell apart.
    pub resolution: f64,
    /// base rate (1 - base rate).
    pub uncertainty: f64,
    /// Variance of the forecasts inside their bins, less twice their covariance with the outcomes
    /// there (Stephenson, Coelho & Jolliffe 2008); 0 with one forecast value per bin.
    pub within_bins: f64,
    /// Share of outcomes that happened.
    pub base_rate: f64,
}

impl Murphy {
    /// The Brier score, put together again.
    #[must_use]
    pub fn brier(&self) -> f64 {
        self.reliability - self.resolution + self.uncertainty + self.within_bins
    }

    /// Skill against the base rate.
    ///
    /// # Errors
    /// [`crate::StatisticsError::Domain`] if every outcome was the same.
    pub fn skill(&self) -> Result<f64> {
        skill_score(self.brier(), self.uncertainty)
    }
}

/// Forecasts of (about) one probability, taken together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Share of all forecasts, or any number in proportion.
    pub weight: f64,
    /// Mean forecast.
    pub forecast: f64,
    /// Share of them that happened.
    pub frequency: f64,
}

/// The decomposition of a published table of bins, one forecast value in each.
///
/// # Errors
/// [`crate::StatisticsError`] if there are none, or numbers are outside their domain.
pub fn murphy_of_bins(bins: &[Bin]) -> Result<Murphy> {
    enough("bins", bins.len(), 1)?;
    let mut total = 0.0;
    for bin in bins {
        total += positive("weight of a bin", bin.weight)?;
        probability("forecast of a bin", bin.forecast)?;
        probability("frequency of a bin", bin.frequency)?;
    }
    let mean = |of: &dyn Fn(&Bin) -> f64| -> f64 {
        bins.iter().map(|bin| bin.weight / total * of(bin)).sum()
    };
    let base_rate = mean(&|bin| bin.frequency);
    Ok(Murphy {
        reliability: mean(&|bin| (bin.forecast - bin.frequency).powi(2)),
        resolution: mean(&|bin| (bin.frequency - base_rate).powi(2)),
        uncertainty: base_rate * (1.0 - base_rate),
        within_bins: 0.0,
        base_rate,
    })
}

/// The decomposition of forecasts, `bin_of[i]` saying which bin forecast i falls in.
///
/// # Errors
/// [`crate::StatisticsError`] if there are none, the lists differ in length, or one is no probability.
pub fn murphy(forecasts: &[Forecast], bin_of: &[usize]) -> Result<Murphy> {
    enough("forecasts", forecasts.len(), 1)?;
    paired("forecasts and their bins", forecasts.len(), bin_of.len())?;
    let mut groups: BTreeMap<usize, Vec<&Forecast>> = BTreeMap::new();
    for (forecast, &bin) in forecasts.iter().zip(bin_of) {
        probability("forecast", forecast.probability)?;
        groups.entry(bin).or_default().push(forecast);
    }
    let mut bins = Vec::new();
    let mut within_bins = 0.0;
    for group in groups.values() {
        let count = group.len() as f64;
        let forecast = group.iter().map(|one| one.probability).sum::<f64>() / count;
        let frequency = group.iter().map(|one| one.value()).sum::<f64>() / count;
        within_bins += group
            .iter()
            .map(|one| {
                let off = one.probability - forecast;
                off * (off - 2.0 * (one.value() - frequency))
            })
            .sum::<f64>();
        bins.push(Bin { weight: count, forecast, frequency });
    }
    let within_bins = within_bins / forecasts.len() as f64;
    Ok(Murphy { within_bins, ..murphy_of_bins(&bins)? })
}

/// Which of `count` bins of (about) equal size each forecast falls in; equal forecasts share a bin.
#[must_use]
pub fn quantile_bins(forecasts: &[Forecast], count: usize) -> Vec<usize> {
    let mut sorted: Vec<f64> = forecasts.iter().map(|one| one.probability).collect();
    sorted.sort_by(f64::total_cmp);
    let rank = |p: f64| sorted.partition_point(|&other| other < p);
    let size = sorted.len().max(1);
    forecasts.iter().map(|one| rank(one.probability) * count.max(1) / size).collect()
}

/// Which bin each forecast falls in, by the inner borders of the bins in ascending order.
#[must_use]
pub fn bins_between(forecasts: &[Forecast], borders: &[f64]) -> Vec<usize> {
    let bin = |p: f64| borders.partition_point(|&border| border <= p);
    forecasts.iter().map(|one| bin(one.probability)).collect()
}
