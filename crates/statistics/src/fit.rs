//! Penalised maximum likelihood of an intensity λ = E e^{x'b} with Gaussian priors on b (model.md 3.1).
//!
//! Newton's method with step halving on a concave objective; the posterior is the Laplace approximation
//! N(b̂, H⁻¹) with the *expected* information H at the mode. The steps use the observed information,
//! which is the Hessian itself: scoring with the expected one reaches the same mode, but may zigzag
//! towards it where a surprise dominates the data. Covariates are sparse, and rows that are alike may be given once with
//! their number: fifty country effects over decades of months cost next to nothing.

use crate::dense::{Cholesky, Symmetric};
use crate::error::{enough, finite, positive, within};
use crate::{Result, StatisticsError};

/// What is observed of a row whose events arrive at rate e^{x'b} during its exposure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likelihood {
    /// How many events there were: Poisson with mean λ.
    Poisson,
    /// Only whether there was any (interval-censored): P = 1 - e^{-λ}, the complementary log-log link.
    ComplementaryLogLog,
}

/// Rows that are alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Exposure of each, in the unit of time of the intensity.
    pub exposure: f64,
    /// How many rows are alike (1 for a single one).
    pub rows: f64,
    /// Events in all of them; for the complementary log-log, rows with any event.
    pub events: f64,
    /// (index of the parameter, value); what is not named is 0. Each index once.
    pub covariates: Vec<(usize, f64)>,
}

impl Row {
    fn linear(&self, b: &[f64]) -> f64 {
        self.covariates.iter().map(|&(i, x)| x * b.get(i).copied().unwrap_or(0.0)).sum()
    }
}

/// What is believed of a parameter before the data: normal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// Mean.
    pub mean: f64,
    /// Standard deviation, above 0.
    pub sd: f64,
}

/// A posterior standard deviation above this share of the prior's: the data said nothing.
pub const PRIOR_ONLY: f64 = 0.95;

/// The posterior of all parameters, approximately normal.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Posterior mode.
    pub mean: Vec<f64>,
    /// Posterior covariance: the inverse of the expected information at the mode.
    pub covariance: Symmetric,
    /// Σ log likelihood (with the terms y ln E) minus the penalty, without constants of the priors.
    pub objective: f64,
    /// Steps taken.
    pub iterations: usize,
    /// The priors it was made with.
    pub priors: Vec<Prior>,
}

/// A normal distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normal {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
}

impl Fit {
    /// Posterior standard deviation of parameter `index`.
    #[must_use]
    pub fn sd(&self, index: usize) -> f64 {
        self.covariance.get(index, index).max(0.0).sqrt()
    }

    /// Did the data say (nearly) nothing about parameter `index`?
    #[must_use]
    pub fn is_prior_only(&self, index: usize) -> bool {
        self.priors.get(index).is_some_and(|prior| self.sd(index) > PRIOR_ONLY * prior.sd)
    }

    /// The posterior of x'b.
    ///
    /// # Errors
    /// [`StatisticsError::NoSuchParameter`], or [`StatisticsError::Domain`] for an infinite covariate.
    pub fn linear(&self, x: &[(usize, f64)]) -> Result<Normal> {
        let mut mean = 0.0;
        for &(index, value) in x {
            finite("covariate", value)?;
            let parameter = self
                .mean
                .get(index)
                .ok_or(StatisticsError::NoSuchParameter { index, parameters: self.mean.len() })?;
            mean += value * parameter;
        }
        Ok(Normal { mean, sd: self.covariance.quadratic(x).max(0.0).sqrt() })
    }
}

const MAX_ITERATIONS: usize = 500;
const MAX_HALVINGS: usize = 60;
const TOLERANCE: f64 = 1e-12;

/// Fits one parameter per prior to the rows.
///
/// # Errors
/// [`StatisticsError`] for rows or priors outside their domain, and if the iteration does not settle.
pub fn fit(likelihood: Likelihood, rows: &[Row], priors: &[Prior]) -> Result<Fit> {
    check(likelihood, rows, priors)?;
    let problem = Problem { likelihood, rows, priors };
    let mut b: Vec<f64> = priors.iter().map(|prior| prior.mean).collect();
    let mut objective = problem.objective(&b);
    let mut largest = f64::INFINITY;
    for iterations in 1..=MAX_ITERATIONS {
        let (gradient, information) = problem.derivatives(&b, Information::Observed);
        let factor = information.cholesky()?;
        let step = factor.solve(&gradient);
        let moved = problem.climb(&b, objective, &step);
        largest = moved.largest;
        (b, objective) = (moved.b, moved.objective);
        if largest < TOLERANCE {
            return problem.posterior(b, objective, iterations);
        }
    }
    Err(StatisticsError::NotConverged { iterations: MAX_ITERATIONS, step: largest })
}

fn check(likelihood: Likelihood, rows: &[Row], priors: &[Prior]) -> Result<()> {
    enough("parameters", priors.len(), 1)?;
    for prior in priors {
        finite("prior mean", prior.mean)?;
        positive("prior sd", prior.sd)?;
    }
    for row in rows {
        positive("exposure", row.exposure)?;
        positive("number of rows", row.rows)?;
        let most = match likelihood {
            Likelihood::Poisson => f64::MAX,
            Likelihood::ComplementaryLogLog => row.rows,
        };
        let allowed = "at least 0, and at most the number of rows where only any event is seen";
        within("events", row.events, (0.0..=most).contains(&row.events), allowed)?;
        for &(index, value) in &row.covariates {
            finite("covariate", value)?;
            if index >= priors.len() {
                return Err(StatisticsError::NoSuchParameter { index, parameters: priors.len() });
            }
        }
    }
    Ok(())
}

/// Second derivatives at what was observed, or averaged over what might have been.
#[derive(Clone, Copy)]
enum Information {
    Observed,
    Expected,
}

struct Problem<'a> {
    likelihood: Likelihood,
    rows: &'a [Row],
    priors: &'a [Prior],
}

/// Where a step led.
struct Moved {
    b: Vec<f64>,
    objective: f64,
    largest: f64,
}

impl Problem<'_> {
    fn objective(&self, b: &[f64]) -> f64 {
        let data: f64 = self.rows.iter().map(|row| self.log_likelihood(row, row.linear(b))).sum();
        let penalty: f64 =
            self.priors.iter().zip(b).map(|(prior, b)| ((b - prior.mean) / prior.sd).powi(2)).sum();
        data - 0.5 * penalty
    }

    fn log_likelihood(&self, row: &Row, linear: f64) -> f64 {
        let log_intensity = linear + row.exposure.ln();
        let intensity = log_intensity.exp();
        match self.likelihood {
            Likelihood::Poisson => row.events * log_intensity - row.rows * intensity,
            Likelihood::ComplementaryLogLog => {
                let some =
                    if row.events > 0.0 { row.events * log_probability(intensity) } else { 0.0 };
                some - (row.rows - row.events) * intensity
            }
        }
    }

    /// Score and weight (information) of a row with respect to x'b.
    fn score_and_weight(&self, row: &Row, linear: f64, kind: Information) -> (f64, f64) {
        let intensity = (linear + row.exposure.ln()).exp();
        match self.likelihood {
            Likelihood::Poisson => (row.events - row.rows * intensity, row.rows * intensity),
            Likelihood::ComplementaryLogLog => {
                // λ e^{-λ} / (1 - e^{-λ}) = λ / (e^λ - 1), which tends to 1 as λ falls.
                let ratio = if intensity < 1e-300 { 1.0 } else { intensity / intensity.exp_m1() };
                let none = (row.rows - row.events) * intensity;
                let weight = match kind {
                    Information::Expected => row.rows * intensity * ratio,
                    // An event's own curvature is that of ln(1 - e^{-λ}), never negative.
                    Information::Observed => {
                        row.events * ratio * (intensity - 1.0 + ratio).max(0.0) + none
                    }
                };
                (row.events * ratio - none, weight)
            }
        }
    }

    fn derivatives(&self, b: &[f64], kind: Information) -> (Vec<f64>, Symmetric) {
        let mut gradient = vec![0.0; self.priors.len()];
        let mut information = Symmetric::zeros(self.priors.len());
        for row in self.rows {
            let (score, weight) = self.score_and_weight(row, row.linear(b), kind);
            for (k, &(i, x)) in row.covariates.iter().enumerate() {
                if let Some(entry) = gradient.get_mut(i) {
                    *entry += x * score;
                }
                for &(j, other) in row.covariates.iter().take(k + 1) {
                    information.add(i, j, weight * x * other);
                }
            }
        }
        for (index, (prior, b)) in self.priors.iter().zip(b).enumerate() {
            let precision = prior.sd.powi(-2);
            information.add(index, index, precision);
            if let Some(entry) = gradient.get_mut(index) {
                *entry -= precision * (b - prior.mean);
            }
        }
        (gradient, information)
    }

    /// Takes the step, halved until the objective does not fall (beyond rounding).
    fn climb(&self, b: &[f64], objective: f64, step: &[f64]) -> Moved {
        let rounding = 1e-13 * objective.abs().max(1.0);
        let mut scale = 1.0;
        for _ in 0..MAX_HALVINGS {
            let candidate: Vec<f64> =
                b.iter().zip(step).map(|(b, step)| b + scale * step).collect();
            let found = self.objective(&candidate);
            if found.is_finite() && found >= objective - rounding {
                let largest = step.iter().map(|step| (scale * step).abs()).fold(0.0, f64::max);
                return Moved { b: candidate, objective: found, largest };
            }
            scale *= 0.5;
        }
        Moved { b: b.to_vec(), objective, largest: 0.0 }
    }

    fn posterior(&self, mean: Vec<f64>, objective: f64, iterations: usize) -> Result<Fit> {
        let (_, information) = self.derivatives(&mean, Information::Expected);
        let covariance = information.cholesky().map(|factor: Cholesky| factor.inverse())?;
        Ok(Fit { mean, covariance, objective, iterations, priors: self.priors.to_vec() })
    }
}

/// ln(1 - e^{-λ}).
fn log_probability(intensity: f64) -> f64 {
    if intensity < 1e-300 { -690.0 } else { (-(-intensity).exp_m1()).ln() }
}
