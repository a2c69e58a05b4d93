//! Over-dispersion: an unobserved factor on the intensity that is the same all year (model.md 1.7).

use crate::input::{self, InputError};

/// Below this `theta L` the series is exact to the last digit.
const SERIES_MAX: f64 = 1e-6;

/// `P = 1 - (1 + theta L)^(-1 / theta)`: probability of an event under cumulated intensity `L` times a
/// gamma factor of mean one and variance `theta`. `theta = 0` is no frailty, reached smoothly.
///
/// # Errors
/// [`InputError`] for a negative intensity or variance.
pub fn probability(cumulated: f64, theta: f64) -> Result<f64, InputError> {
    input::not_negative("the cumulated intensity", cumulated)?;
    input::not_negative("the variance of the frailty", theta)?;
    let x = theta * cumulated;
    // -ln of the survival: ln(1 + theta L) / theta.
    let hazard =
        if x < SERIES_MAX { cumulated * (1.0 - x * (0.5 - x / 3.0)) } else { x.ln_1p() / theta };
    Ok(super::survival::probability(hazard))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn t1_6_gamma_frailty() {
        for (theta, expected) in [(1.0, 0.230_769_231), (0.5, 0.243_856_333), (0.0, 0.259_181_779)]
        {
            assert!((probability(0.3, theta).unwrap() - expected).abs() < 1e-9, "{theta}");
        }
        assert!(probability(-0.1, 1.0).is_err());
        assert!(probability(0.1, -1.0).is_err());
        assert!(probability(f64::NAN, 1.0).is_err());
    }

    #[test]
    fn vanishing_frailty_is_none() {
        let none = super::super::survival::probability(0.3);
        for theta in [f64::MIN_POSITIVE, 1e-300, 1e-20, 1e-12, 1e-9] {
            assert!((probability(0.3, theta).unwrap() - none).abs() < 1e-9, "{theta}");
        }
        let (below, above) = (SERIES_MAX * 0.999_999, SERIES_MAX * 1.000_001);
        let step = probability(1.0, below).unwrap() - probability(1.0, above).unwrap();
        assert!(step.abs() < 1e-11, "{step}");
    }

    proptest! {
        /// More variance of the factor is less chance of one event, and all of it is a probability.
        #[test]
        fn falls_with_its_variance(
            cumulated in 0.0..20.0_f64, theta in 0.0..5.0_f64, more in 0.0..5.0_f64
        ) {
            let p = probability(cumulated, theta).unwrap();
            prop_assert!((0.0..=1.0).contains(&p));
            prop_assert!(probability(cumulated, theta + more).unwrap() <= p + 1e-12);
            prop_assert!(probability(cumulated + more, theta).unwrap() >= p - 1e-12);
        }
    }
}
