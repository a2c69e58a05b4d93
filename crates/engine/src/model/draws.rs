//! Seeded draws, for distributions that no quadrature covers: chains and windows with uncertain
//! parameters (model.md 1.7).
//!
//! The generator is `SplitMix64` (Steele, Lea and Flood 2014) used as a counter: every number is a pure
//! function of (seed, stream, draw, position). A draw that needs one number more than its neighbour
//! does not shift it, and equal seeds give equal bits on one platform. Across platforms the last bits
//! of `ln`, `exp` and `powf` belong to the system's mathematics library; everything else here is exact
//! integer work or IEEE arithmetic.

use super::survival;
use crate::input::{self, InputError};
use crate::log_odds::logit;

/// Draws the specification asks for.
pub const DRAWS: usize = 2000;

/// Step of the counter: 2^64 over the golden ratio, odd.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finalizer of `SplitMix64`.
const fn mixed(counter: u64) -> u64 {
    let x = (counter ^ (counter >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// A seed and what it is used for: one per contract, so that contracts do not share their luck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(u64);

impl Seed {
    /// The stream of this name (a contract's id) under the configured seed.
    #[must_use]
    pub fn of(seed: u64, name: &str) -> Self {
        // FNV-1a, then mixed: names that differ in one letter share nothing.
        let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        Self(mixed(seed.wrapping_add(GOLDEN)) ^ mixed(hash))
    }

    /// The numbers of draw `index`.
    #[must_use]
    pub const fn draw(self, index: u64) -> Numbers {
        Numbers(mixed(self.0.wrapping_add(mixed(index.wrapping_add(1)))))
    }
}

/// The numbers of one draw, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers(u64);

impl Numbers {
    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mixed(self.0)
    }

    /// Uniform in the open interval `(0, 1)`, on a grid of 2^-52.
    pub fn uniform(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "52 bits are exact")]
        let grid = (self.bits() >> 12) as f64;
        (grid + 0.5) / 4_503_599_627_370_496.0
    }

    /// Standard normal, by inversion: one number each.
    pub fn normal(&mut self) -> f64 {
        normal_quantile(self.uniform())
    }

    /// Gamma with this shape and scale one (Marsaglia and Tsang 2000).
    ///
    /// # Errors
    /// [`InputError`] unless the shape is finite and above zero.
    pub fn gamma(&mut self, shape: f64) -> Result<f64, InputError> {
        input::positive("the shape of a gamma distribution", shape)?;
        if shape < 1.0 {
            // Gamma(a) = Gamma(a + 1) U^(1/a).
            let larger = self.gamma_of_at_least_one(shape + 1.0);
            return Ok(larger * self.uniform().powf(shape.recip()));
        }
        Ok(self.gamma_of_at_least_one(shape))
    }

    fn gamma_of_at_least_one(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        let c = (9.0 * d).sqrt().recip();
        // At least 95 of 100 candidates are taken at once.
        loop {
            let x = self.normal();
            let root = 1.0 + c * x;
            if root <= 0.0 {
                continue;
            }
            // Not `powi`, whose rounding is the compiler's choice.
            let v = root * root * root;
            if self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Beta with these parameters.
    ///
    /// # Errors
    /// [`InputError`] unless both are finite and above zero.
    pub fn beta(&mut self, alpha: f64, beta: f64) -> Result<f64, InputError> {
        let (x, y) = (self.gamma(alpha)?, self.gamma(beta)?);
        // Both underflow only for parameters near zero, where the mass is at the ends.
        if x + y > 0.0 {
            return Ok(x / (x + y));
        }
        Ok(if self.uniform() < alpha / (alpha + beta) { 1.0 } else { 0.0 })
    }
}

/// What the draws of a probability say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Mean probability.
    pub mean: f64,
    /// 5 % quantile.
    pub q05: f64,
    /// Median.
    pub q50: f64,
    /// 95 % quantile.
    pub q95: f64,
    /// Standard deviation of the log-odds, every draw held inside the model's outermost
    /// probabilities first.
    pub sd_logit: f64,
}

/// Probabilities drawn, in ascending order.
#[derive(Debug, Clone, PartialEq)]
pub struct Draws {
    sorted: Vec<f64>,
}

impl Draws {
    /// `count` draws of `probability`, each from its own numbers.
    ///
    /// # Errors
    /// The first error of `probability`, or an [`InputError`] for a result that is no probability or
    /// for no draws at all.
    pub fn of<E: From<InputError>>(
        count: usize,
        seed: Seed,
        mut probability: impl FnMut(&mut Numbers) -> Result<f64, E>,
    ) -> Result<Self, E> {
        let mut sorted = Vec::with_capacity(count);
        for index in 0..count as u64 {
            sorted.push(probability(&mut seed.draw(index))?);
        }
        Ok(Self::from_probabilities(sorted)?)
    }

    /// From probabilities in any order.
    ///
    /// # Errors
    /// [`InputError`] for a value that is no probability, or for none at all.
    pub fn from_probabilities(mut values: Vec<f64>) -> Result<Self, InputError> {
        input::check("the number of draws", 0.0, !values.is_empty(), "above zero")?;
        for &value in &values {
            input::probability("a drawn probability", value)?;
        }
        values.sort_by(f64::total_cmp);
        Ok(Self { sorted: values })
    }

    /// The draws, ascending.
    #[must_use]
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }

    /// Mean of the draws.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sorted.iter().sum::<f64>() / self.count()
    }

    /// The `share` quantile, linear between order statistics.
    ///
    /// # Errors
    /// [`InputError`] unless `share` is a probability.
    pub fn quantile(&self, share: f64) -> Result<f64, InputError> {
        input::probability("the share of a quantile", share)?;
        let place = share * (self.count() - 1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
        let below = place.floor() as usize;
        let last = self.sorted.len() - 1;
        let (low, high) = (self.sorted[below.min(last)], self.sorted[(below + 1).min(last)]);
        Ok(low + (place - place.floor()) * (high - low))
    }

    /// Mean, quantiles and the width in log-odds.
    ///
    /// # Errors
    /// None for draws that were made.
    pub fn summary(&self) -> Result<Summary, InputError> {
        Ok(Summary {
            mean: self.mean(),
            q05: self.quantile(0.05)?,
            q50: self.quantile(0.50)?,
            q95: self.quantile(0.95)?,
            sd_logit: self.sd_logit(),
        })
    }

    fn sd_logit(&self) -> f64 {
        let floor = statecraft_domain::Probability::FLOOR.get();
        let logits = self.sorted.iter().map(|p| logit(p.clamp(floor, 1.0 - floor)));
        let mean = logits.clone().sum::<f64>() / self.count();
        let squares: f64 = logits.map(|logit| (logit - mean) * (logit - mean)).sum();
        (squares / (self.count() - 1.0).max(1.0)).sqrt()
    }

    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    fn count(&self) -> f64 {
        self.sorted.len() as f64
    }
}

/// A log-normal cumulated intensity, drawn: the probability of an event.
pub fn log_normal_probability(numbers: &mut Numbers, mean: f64, sd: f64) -> f64 {
    survival::probability((mean + sd * numbers.normal()).exp())
}

/// A polynomial, its coefficients from the constant up.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// The standard normal quantile of `p`; relative error about `1e-16` (Wichura 1988, algorithm AS 241,
/// PPND16).
///
/// # Errors
/// [`InputError`] unless `p` is inside `(0, 1)`.
pub fn inverse_normal(p: f64) -> Result<f64, InputError> {
    Ok(normal_quantile(input::inner_probability("the share of a quantile", p)?))
}

fn normal_quantile(p: f64) -> f64 {
    let centred = p - 0.5;
    if centred.abs() <= 0.425 {
        let r = 0.180_625 - centred * centred;
        return centred * polynomial(&CENTRE.0, r) / polynomial(&CENTRE.1, r);
    }
    let r = (-p.min(1.0 - p).ln()).sqrt();
    let (tail, shift) = if r <= 5.0 { (&NEAR_TAIL, 1.6) } else { (&FAR_TAIL, 5.0) };
    let quantile = polynomial(&tail.0, r - shift) / polynomial(&tail.1, r - shift);
    if centred < 0.0 { -quantile } else { quantile }
}

type Rational = ([f64; 8], [f64; 8]);

#[expect(clippy::excessive_precision, reason = "as published")]
const CENTRE: Rational = (
    [
        3.3871328727963666080e0,
        1.3314166789178437745e2,
        1.9715909503065514427e3,
        1.3731693765509461125e4,
        4.5921953931549871457e4,
        6.7265770927008700853e4,
        3.3430575583588128105e4,
        2.5090809287301226727e3,
    ],
    [
        1.0,
        4.2313330701600911252e1,
        6.8718700749205790830e2,
        5.3941960214247511077e3,
        2.1213794301586595867e4,
        3.9307895800092710610e4,
        2.8729085735721942674e4,
        5.2264952788528545610e3,
    ],
);

#[expect(clippy::excessive_precision, reason = "as published")]
const NEAR_TAIL: Rational = (
    [
        1.42343711074968357734e0,
        4.63033784615654529590e0,
        5.76949722146069140550e0,
        3.64784832476320460504e0,
        1.27045825245236838258e0,
        2.41780725177450611770e-1,
        2.27238449892691845833e-2,
        7.74545014278341407640e-4,
    ],
    [
        1.0,
        2.05319162663775882187e0,
        1.67638483018380384940e0,
        6.89767334985100004550e-1,
        1.48103976427480074590e-1,
        1.51986665636164571966e-2,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ],
);

#[expect(clippy::excessive_precision, reason = "as published")]
const FAR_TAIL: Rational = (
    [
        6.65790464350110377720e0,
        5.46378491116411436990e0,
        1.78482653991729133580e0,
        2.96560571828504891230e-1,
        2.65321895265761230930e-2,
        1.24266094738807843860e-3,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ],
    [
        1.0,
        5.99832206555887937690e-1,
        1.36929880922735805310e-1,
        1.48753612908506148525e-2,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ],
);

#[cfg(test)]
mod tests;
