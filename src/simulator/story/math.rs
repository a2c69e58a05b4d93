//! Exponential and logarithm from the four basic operations only.
//!
//! A story must be the same on every machine, and `f64::exp` and `f64::ln` may differ by their last
//! bit from one platform's library to the next. IEEE 754 fixes `+ - * /` exactly, so these do not.

/// ln 2 in two parts: `n * LN2_HIGH` is exact for every exponent `n` of an `f64`.
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// `e^x`, to about one unit in the last place; zero below -700 and the value at 700 above.
#[must_use]
pub fn exp(x: f64) -> f64 {
    if x < -700.0 {
        return 0.0;
    }
    let x = x.min(700.0);
    let exponent = (x / core::f64::consts::LN_2).round();
    let rest = (x - exponent * LN2_HIGH) - exponent * LN2_LOW;
    // |rest| <= ln 2 / 2: sixteen Taylor terms leave less than 1e-18.
    let series = (1..=16).rev().fold(1.0, |sum, term| 1.0 + sum * rest / f64::from(term));
    series * power_of_two(exponent)
}

/// Natural logarithm of a positive number; the smallest normal number stands for everything below it.
#[must_use]
pub fn ln(x: f64) -> f64 {
    let bits = x.max(f64::MIN_POSITIVE).to_bits();
    let mut exponent = f64::from(u32::try_from(bits >> 52).unwrap_or(0)) - 1023.0;
    let mut mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    if mantissa > core::f64::consts::SQRT_2 {
        mantissa /= 2.0;
        exponent += 1.0;
    }
    // ln m = 2 artanh((m - 1) / (m + 1)), |s| <= 0.172.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let series = (0..=11).rev().fold(0.0, |sum, k| sum * square + 1.0 / f64::from(2 * k + 1));
    exponent * LN2_HIGH + (2.0 * s * series + exponent * LN2_LOW)
}

/// `1 / (1 + e^-x)`.
#[must_use]
pub fn expit(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

/// `ln p - ln(1 - p)`, with `p` held inside `[1e-4, 1 - 1e-4]`.
#[must_use]
pub fn logit(p: f64) -> f64 {
    let p = p.clamp(1e-4, 1.0 - 1e-4);
    ln(p) - ln(1.0 - p)
}

#[expect(clippy::cast_possible_truncation, reason = "a rounded exponent within +-1011")]
fn power_of_two(exponent: f64) -> f64 {
    let biased = (exponent as i64 + 1023).clamp(0, 2046);
    f64::from_bits(u64::try_from(biased).unwrap_or(0) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_platform() {
        for step in -4000..4000 {
            let x = f64::from(step) * 0.0173;
            assert!((exp(x) / x.exp() - 1.0).abs() < 4e-16, "exp {x}");
            let y = x.exp();
            assert!((ln(y) - y.ln()).abs() < 1e-14 * (1.0 + x.abs()), "ln {y}");
        }
    }

    #[test]
    fn ends_of_the_range() {
        assert!(exp(-1e9).abs() < f64::MIN_POSITIVE);
        assert!(exp(1e9).is_finite());
        assert!(ln(0.0).is_finite());
        assert!((expit(logit(0.37)) - 0.37).abs() < 1e-14);
    }
}
