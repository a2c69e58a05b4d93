//! Is the difference between two forecasts more than luck? (model.md 6.3)
//!
//! Contracts that the same fact resolves move together: the unit of chance is the *cluster*. All
//! results are invariant to the order in which observations are given.

use std::collections::BTreeMap;

use crate::Result;
use crate::calibration::Interval;
use crate::error::{enough, finite, positive, probability, within};
use crate::random::SplitMix64;
use crate::special::{normal_quantile, student_p_value};

/// Sum and number of the observations of one cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cluster {
    sum: f64,
    count: f64,
}

/// Clusters in the order of their names; the values of each are summed in ascending order, so that
/// rounding does not depend on who came first.
fn clusters<K: Ord>(observations: impl IntoIterator<Item = (K, f64)>) -> Result<Vec<Cluster>> {
    let mut groups: BTreeMap<K, Vec<f64>> = BTreeMap::new();
    for (key, value) in observations {
        groups.entry(key).or_default().push(finite("observation", value)?);
    }
    let total = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        Cluster { sum: values.iter().sum(), count: values.len() as f64 }
    };
    Ok(groups.into_values().map(total).collect())
}

fn mean(clusters: impl Iterator<Item = Cluster> + Clone) -> f64 {
    let sum: f64 = clusters.clone().map(|cluster| cluster.sum).sum();
    let count: f64 = clusters.map(|cluster| cluster.count).sum();
    sum / count
}

/// A mean difference and what resampling says about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// Mean of all differences.
    pub mean: f64,
    /// The central `level` of the resampled means.
    pub interval: Interval,
    /// Share of the resampled means below 0.
    pub share_below_zero: f64,
    /// Clusters that were resampled.
    pub clusters: usize,
}

/// Bootstraps the mean of paired differences by cluster: whole clusters are drawn with replacement.
///
/// # Errors
/// [`crate::StatisticsError`] with fewer than two clusters, no resamples, a value that is not finite,
/// or a level outside [0, 1].
pub fn bootstrap<K: Ord>(
    differences: impl IntoIterator<Item = (K, f64)>,
    resamples: usize,
    level: f64,
    seed: u64,
) -> Result<Bootstrap> {
    let clusters = clusters(differences)?;
    enough("clusters", clusters.len(), 2)?;
    enough("resamples", resamples, 1)?;
    let tail = 0.5 * (1.0 - probability("level", level)?);
    let mut stream = SplitMix64::new(seed);
    let mut means: Vec<f64> = (0..resamples)
        .map(|_| {
            let drawn: Vec<Cluster> = (0..clusters.len())
                .filter_map(|_| clusters.get(stream.below(clusters.len())).copied())
                .collect();
            mean(drawn.iter().copied())
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let below = means.partition_point(|&mean| mean < 0.0);
    Ok(Bootstrap {
        mean: mean(clusters.iter().copied()),
        interval: Interval { low: quantile(&means, tail), high: quantile(&means, 1.0 - tail) },
        share_below_zero: below as f64 / resamples as f64,
        clusters: clusters.len(),
    })
}

/// Linear interpolation between order statistics (the common type 7).
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let at = p * (sorted.len().saturating_sub(1)) as f64;
    let (below, above) = (at.floor() as usize, at.ceil() as usize);
    match (sorted.get(below), sorted.get(above)) {
        (Some(low), Some(high)) => low + (at - at.floor()) * (high - low),
        _ => 0.0,
    }
}

/// A t-test of a mean against 0 whose standard error allows for clusters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusterTest {
    /// Mean of all observations.
    pub mean: f64,
    /// Standard error of that mean, robust to correlation inside clusters.
    pub se: f64,
    /// mean / se; infinite if nothing varies.
    pub t: f64,
    /// Two-sided, with (clusters - 1) degrees of freedom.
    pub p_value: f64,
    /// Clusters.
    pub clusters: usize,
}

/// Tests the mean of clustered observations against 0.
///
/// # Errors
/// [`crate::StatisticsError`] with fewer than two clusters, or a value that is not finite.
pub fn t_test<K: Ord>(observations: impl IntoIterator<Item = (K, f64)>) -> Result<ClusterTest> {
    let clusters = clusters(observations)?;
    enough("clusters", clusters.len(), 2)?;
    let mean = mean(clusters.iter().copied());
    let groups = clusters.len() as f64;
    let count: f64 = clusters.iter().map(|cluster| cluster.count).sum();
    let scatter: f64 =
        clusters.iter().map(|cluster| (cluster.sum - cluster.count * mean).powi(2)).sum();
    let se = (groups / (groups - 1.0) * scatter).sqrt() / count;
    let t = match (se > 0.0, mean == 0.0) {
        (true, _) => mean / se,
        (false, true) => 0.0,
        (false, false) => f64::INFINITY.copysign(mean),
    };
    let p_value = student_p_value(t, groups - 1.0)?;
    Ok(ClusterTest { mean, se, t, p_value, clusters: clusters.len() })
}

/// How much evidence a difference of two probabilities can give.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Power {
    /// Expected gain in Brier score per event of the forecast that is right.
    pub gain: f64,
    /// Standard deviation of that gain per event.
    pub sd: f64,
    /// Independent events needed.
    pub events: f64,
}

/// Independent events until a two-sided test at `significance` finds, with probability `power`, that a
/// forecast equal to the `truth` beats `rival` in Brier score.
///
/// # Errors
/// [`crate::StatisticsError::Domain`] if the two are equal, or a number is no probability.
pub fn power(truth: f64, rival: f64, significance: f64, power: f64) -> Result<Power> {
    probability("truth", truth)?;
    let distance = probability("rival", rival)? - truth;
    positive("distance of the forecasts", distance.abs())?;
    let sd = 2.0 * distance.abs() * (truth * (1.0 - truth)).sqrt();
    let events = events_needed(distance * distance, sd, significance, power)?;
    Ok(Power { gain: distance * distance, sd, events })
}

/// Independent observations until a mean of `gain` with this `sd` is found with probability `power` by
/// a two-sided test at `significance`.
///
/// # Errors
/// [`crate::StatisticsError::Domain`] if the gain is 0, or a number is outside its domain.
pub fn events_needed(gain: f64, sd: f64, significance: f64, power: f64) -> Result<f64> {
    positive("size of the gain", gain.abs())?;
    within("sd", sd, sd.is_finite() && sd >= 0.0, "finite and at least 0")?;
    let z = normal_quantile(1.0 - 0.5 * significance)? + normal_quantile(power)?;
    Ok((z * sd / gain).powi(2))
}
