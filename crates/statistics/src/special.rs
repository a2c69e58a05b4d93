//! The distributions the tests and intervals need. Series and continued fractions with positive terms
//! rather than fitted rational functions: accurate to about 1e-14 everywhere, and checkable by eye.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use crate::error::{positive, probability, within};
use crate::{Result, StatisticsError};

/// Density of the standard normal distribution.
#[must_use]
pub fn normal_density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * PI).sqrt()
}

/// Φ(x), with full relative accuracy in the lower tail. NaN is an error, infinities are not.
///
/// # Errors
/// [`StatisticsError::Domain`] if `x` is not a number.
pub fn normal_cdf(x: f64) -> Result<f64> {
    within("x", x, !x.is_nan(), "a number")?;
    Ok(if x <= 0.0 { upper_tail(-x) } else { 1.0 - upper_tail(x) })
}

/// 1 - Φ(x) for x >= 0.
fn upper_tail(x: f64) -> f64 {
    let z = x * FRAC_1_SQRT_2;
    if z < 2.0 { 0.5 - 0.5 * erf_series(z) } else { 0.5 * erfc_fraction(z) }
}

/// erf(z) = 2/√π e^{-z²} Σ 2^n z^{2n+1} / (2n+1)!!: all terms positive.
fn erf_series(z: f64) -> f64 {
    let (mut term, mut sum, mut n) = (z, z, 1.0);
    while term > sum * 1e-17 {
        term *= 2.0 * z * z / (2.0 * n + 1.0);
        sum += term;
        n += 1.0;
    }
    2.0 / PI.sqrt() * (-z * z).exp() * sum
}

/// erfc(z) for z >= 2 by its continued fraction, evaluated from the back.
fn erfc_fraction(z: f64) -> f64 {
    let tail = (1..=120).rev().fold(z, |below, n| z + 0.5 * f64::from(n) / below);
    (-z * z).exp() / (PI.sqrt() * tail)
}

/// Φ⁻¹(p), 0 < p < 1.
///
/// # Errors
/// [`StatisticsError::Domain`] otherwise.
pub fn normal_quantile(p: f64) -> Result<f64> {
    within("p", p, p > 0.0 && p < 1.0, "in (0, 1)")?;
    if p > 0.5 {
        return Ok(-lower_quantile(1.0 - p));
    }
    Ok(lower_quantile(p))
}

/// Φ⁻¹(p) for 0 < p <= 1/2: a rough start (Abramowitz & Stegun 26.2.22), then Halley's method.
fn lower_quantile(p: f64) -> f64 {
    let t = (-2.0 * p.ln()).sqrt();
    let mut x = (2.30753 + 0.27061 * t) / (1.0 + t * (0.99229 + 0.04481 * t)) - t;
    for _ in 0..20 {
        let cdf = if x <= 0.0 { upper_tail(-x) } else { 1.0 - upper_tail(x) };
        let error = (cdf - p) / normal_density(x);
        let step = error / (1.0 + 0.5 * x * error);
        x -= step;
        if step.abs() < 1e-15 * x.abs().max(1.0) {
            break;
        }
    }
    x
}

/// ln Γ(x), x > 0: Stirling's series after a shift to x >= 15.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < 15.0 {
        shift += x.ln();
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    let series = (1.0 / 12.0
        - y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y * (1.0 / 1680.0 - y * (1.0 / 1188.0)))))
        / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * PI).ln() + series - shift
}

/// Regularised incomplete beta function I_x(a, b): the distribution function of Beta(a, b).
///
/// # Errors
/// [`StatisticsError::Domain`] unless a, b > 0 and 0 <= x <= 1.
pub fn beta_cdf(x: f64, a: f64, b: f64) -> Result<f64> {
    probability("x", x)?;
    positive("a", a)?;
    positive("b", b)?;
    Ok(regularised_beta(x, 1.0 - x, a, b))
}

/// I_x(a, b) with y = 1 - x given apart, so that neither loses digits.
fn regularised_beta(x: f64, y: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if y <= 0.0 {
        return 1.0;
    }
    let ln_front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * y.ln();
    let front = ln_front.exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(x, a, b) / a
    } else {
        1.0 - front * beta_fraction(y, b, a) / b
    }
}

/// The continued fraction of the incomplete beta function (Lentz's method).
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in (1..=10_000).map(f64::from) {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for numerator in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + numerator * d);
            c = away_from_zero(1.0 + numerator / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

/// The quantile of Beta(a, b), by bisection to the last digit.
///
/// # Errors
/// [`StatisticsError::Domain`] unless a, b > 0 and 0 <= p <= 1.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> Result<f64> {
    probability("p", p)?;
    positive("a", a)?;
    positive("b", b)?;
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if regularised_beta(middle, 1.0 - middle, a, b) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(0.5 * (low + high))
}

/// Two-sided p-value of Student's t with `degrees` of freedom.
///
/// # Errors
/// [`StatisticsError::Domain`] unless t is a number and `degrees` > 0.
pub fn student_p_value(t: f64, degrees: f64) -> Result<f64> {
    within("t", t, !t.is_nan(), "a number")?;
    positive("degrees", degrees)?;
    if t.is_infinite() {
        return Ok(0.0);
    }
    let total = degrees + t * t;
    Ok(regularised_beta(degrees / total, t * t / total, 0.5 * degrees, 0.5))
}

/// logit p = ln(p / (1 - p)), 0 < p < 1.
///
/// # Errors
/// [`StatisticsError::Domain`] otherwise.
pub fn logit(p: f64) -> Result<f64> {
    if p > 0.0 && p < 1.0 {
        return Ok(p.ln() - (-p).ln_1p());
    }
    Err(StatisticsError::Domain { what: "probability", value: p, allowed: "in (0, 1)" })
}

/// The inverse of [`logit`].
#[must_use]
pub fn expit(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64, relative: f64) {
        assert!(((found - expected) / expected).abs() < relative, "{found} is not {expected}");
    }

    #[test]
    fn normal_distribution_against_published_values() {
        // Abramowitz & Stegun table 26.1, and the tail by its asymptotic series.
        near(normal_cdf(1.0).unwrap(), 0.841_344_746_068_542_9, 1e-15);
        near(normal_cdf(-1.96).unwrap(), 0.024_997_895_148_220_435, 1e-13);
        near(normal_cdf(-3.0).unwrap(), 0.001_349_898_031_630_094_6, 1e-13);
        near(normal_cdf(-10.0).unwrap(), 7.619_853_024_160_527e-24, 1e-12);
        near(normal_quantile(0.975).unwrap(), 1.959_963_984_540_054, 1e-14);
        near(normal_quantile(0.8).unwrap(), 0.841_621_233_572_914_2, 1e-14);
    }

    #[test]
    fn the_quantile_inverts_the_distribution_function() {
        for exponent in 1..300 {
            let p = 10f64.powi(-exponent);
            let p = if p < 0.5 { p } else { 0.5 };
            near(normal_cdf(normal_quantile(p).unwrap()).unwrap(), p, 1e-11);
        }
    }

    #[test]
    fn both_ways_of_computing_the_tail_agree() {
        for step in 0..200 {
            let z = 1.5 + f64::from(step) * 0.005;
            near(1.0 - erf_series(z), erfc_fraction(z), 1e-10);
        }
    }

    #[test]
    fn beta_distribution() {
        // I_x(1, b) = 1 - (1-x)^b; I_x(a, 1) = x^a; I_1/2(a, a) = 1/2; I_x(1/2, 1/2) = 2/pi asin √x.
        near(beta_cdf(0.3, 1.0, 7.0).unwrap(), 1.0 - 0.7f64.powi(7), 1e-14);
        near(beta_cdf(0.3, 5.0, 1.0).unwrap(), 0.3f64.powi(5), 1e-14);
        near(beta_cdf(0.5, 40.5, 40.5).unwrap(), 0.5, 1e-13);
        near(beta_cdf(0.2, 0.5, 0.5).unwrap(), 2.0 / PI * 0.2f64.sqrt().asin(), 1e-13);
        near(beta_quantile(beta_cdf(0.01, 0.5, 90.5).unwrap(), 0.5, 90.5).unwrap(), 0.01, 1e-11);
    }

    #[test]
    fn student_distribution() {
        // One degree of freedom is Cauchy; two have a closed form.
        near(student_p_value(1.0, 1.0).unwrap(), 0.5, 1e-14);
        let t: f64 = 2.3;
        near(student_p_value(t, 2.0).unwrap(), 1.0 - t / (2.0 + t * t).sqrt(), 1e-13);
        near(student_p_value(-2.228_138_851_986_27, 10.0).unwrap(), 0.05, 1e-11);
    }

    #[test]
    fn outside_the_domain_is_an_error() {
        normal_cdf(f64::NAN).unwrap_err();
        for p in [0.0, 1.0, -1.0, f64::NAN] {
            normal_quantile(p).unwrap_err();
            logit(p).unwrap_err();
        }
        beta_cdf(0.5, 0.0, 1.0).unwrap_err();
        beta_quantile(1.1, 1.0, 1.0).unwrap_err();
        student_p_value(1.0, 0.0).unwrap_err();
    }
}
