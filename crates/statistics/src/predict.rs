//! From an uncertain log intensity to a probability with its width: log Λ ~ N(m, s²), P = 1 - e^{-Λ}
//! (model.md 1.7).

use std::f64::consts::PI;

use crate::Result;
use crate::error::{finite, within};
use crate::special::normal_quantile;

/// A probability and how sure of it one may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// E[P]: the number to bet on.
    pub mean: f64,
    /// 5 % quantile.
    pub q05: f64,
    /// Median; what plugging in the mean of log Λ gives.
    pub q50: f64,
    /// 95 % quantile.
    pub q95: f64,
}

/// The distribution of P if log Λ is normal.
///
/// # Errors
/// [`crate::StatisticsError::Domain`] unless the mean is finite and the sd finite and not negative.
pub fn from_log_intensity(mean: f64, sd: f64) -> Result<Prediction> {
    finite("mean of log intensity", mean)?;
    within("sd of log intensity", sd, sd.is_finite() && sd >= 0.0, "finite and at least 0")?;
    let probability = |log_intensity: f64| -(-log_intensity.exp()).exp_m1();
    let z = normal_quantile(0.95)?;
    let nodes = hermite_nodes();
    let weighted = |&(x, w): &(f64, f64)| w * probability(mean + 2f64.sqrt() * sd * x);
    Ok(Prediction {
        mean: nodes.iter().map(weighted).sum::<f64>() / PI.sqrt(),
        q05: probability(mean - z * sd),
        q50: probability(mean),
        q95: probability(mean + z * sd),
    })
}

const NODES: usize = 32;

/// Nodes and weights of Gauss-Hermite quadrature, 32 of them: the zeros of the orthonormal Hermite
/// polynomial, found one after the other by Newton's method on the polynomial without the known zeros.
fn hermite_nodes() -> Vec<(f64, f64)> {
    let mut zeros: Vec<f64> = Vec::with_capacity(NODES);
    let mut guess = -(2.0 * NODES as f64 + 1.0).sqrt();
    let mut nodes = Vec::with_capacity(NODES);
    while zeros.len() < NODES {
        let mut x = guess;
        for _ in 0..100 {
            let (value, slope) = hermite(x);
            // Known zeros are divided out, so that each search finds a new one.
            let known: f64 = zeros.iter().map(|zero| 1.0 / (x - zero)).sum();
            let step = value / (slope - value * known);
            x -= step;
            if step.abs() < 1e-15 * x.abs().max(1.0) {
                break;
            }
        }
        let (_, slope) = hermite(x);
        nodes.push((x, 2.0 / (slope * slope)));
        zeros.push(x);
        guess = x + 1e-3;
    }
    nodes
}

/// The orthonormal Hermite polynomial of order [`NODES`] and its derivative.
fn hermite(x: f64) -> (f64, f64) {
    let (mut before, mut now) = (0.0, PI.powf(-0.25));
    for n in (1..=NODES).map(|n| n as f64) {
        (before, now) = (now, x * (2.0 / n).sqrt() * now - ((n - 1.0) / n).sqrt() * before);
    }
    (now, (2.0 * NODES as f64).sqrt() * before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quadrature_integrates_polynomials() {
        let nodes = hermite_nodes();
        let moment = |power: i32| -> f64 { nodes.iter().map(|(x, w)| w * x.powi(power)).sum() };
        assert!((moment(0) - PI.sqrt()).abs() < 1e-13);
        assert!((moment(2) - PI.sqrt() / 2.0).abs() < 1e-13);
        assert!((moment(4) - PI.sqrt() * 0.75).abs() < 1e-12);
        assert!(moment(7).abs() < 1e-10);
    }

    #[test]
    fn t1_5_mean_and_quantiles() {
        let p = from_log_intensity(0.30_f64.ln(), 0.5).unwrap();
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9);
        near(p.mean, 0.277_505_013);
        near(p.q05, 0.123_491_811);
        near(p.q50, 0.259_181_779);
        near(p.q95, 0.494_802_068);
    }
}
