//! A band around the target in which nothing is done, because the target itself wanders and every
//! trade costs (model.md 5.6). It comes on top of the exact band between bid and ask (5.3).

use crate::input::{self, InputError};

/// The band is never narrower than this share of the target.
pub const SHARE_MIN: f64 = 0.10;

/// Curvature of log growth in the number of contracts, `-d^2 G / dn^2`, at the present sizes:
/// `p ((1 - x) / W_win)^2 + (1 - p) (x / W_lose)^2`.
///
/// # Errors
/// [`InputError`] unless `p` and the price are probabilities and wealth is above zero.
pub fn growth_curvature(
    p: f64,
    price: f64,
    wealth_lose: f64,
    wealth_win: f64,
) -> Result<f64, InputError> {
    input::probability("the probability", p)?;
    input::probability("the price", price)?;
    input::positive("the wealth if it loses", wealth_lose)?;
    input::positive("the wealth if it wins", wealth_win)?;
    let (win, lose) = ((1.0 - price) / wealth_win, price / wealth_lose);
    Ok(p * win * win + (1.0 - p) * lose * lose)
}

/// Half-width `H = (3 k s^2 / (2 l))^(1/3)` in contracts: `k` the cost of trading one contract, `s^2`
/// the variance of the target in contracts squared per day, `l` the curvature of the loss `l d^2 / 2`
/// per day of being `d` contracts away, in the unit of the cost.
///
/// # Errors
/// [`InputError`] for a negative cost or variance, or a curvature that is not above zero.
pub fn half_width(cost: f64, variance: f64, curvature: f64) -> Result<f64, InputError> {
    input::not_negative("the cost of trading a contract", cost)?;
    input::not_negative("the variance of the target", variance)?;
    input::positive("the curvature of the loss", curvature)?;
    input::finite("the width of the band", (3.0 * cost * variance / (2.0 * curvature)).cbrt())
}

/// The change of position that leads from `current` to the nearer edge of the band around `target`;
/// zero inside it. The band is `half_width` or [`SHARE_MIN`] of the target, whichever is wider.
///
/// # Errors
/// [`InputError`] for positions that are not finite, or a negative width.
pub fn change_to_band(current: f64, target: f64, half_width: f64) -> Result<f64, InputError> {
    input::finite("the position", current)?;
    input::finite("the target", target)?;
    let half = input::not_negative("the width of the band", half_width)?;
    let half = half.max(SHARE_MIN * target.abs());
    let away = target - current;
    Ok(if away > half {
        away - half
    } else if away < -half {
        away + half
    } else {
        0.0
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn t5_7_half_width() {
        assert!((half_width(0.02, 400.0, 2e-6).unwrap() - 181.712_059_283).abs() < 1e-9);
        assert!(half_width(0.0, 400.0, 2e-6).unwrap().abs() < 1e-15, "free trading needs no band");
        assert!(half_width(-0.02, 400.0, 2e-6).is_err());
        assert!(half_width(0.02, 400.0, 0.0).is_err());
    }

    #[test]
    fn trades_go_to_the_edge() {
        let change = |current, target| change_to_band(current, target, 180.0).unwrap();
        assert!((change(0.0, 1000.0) - 820.0).abs() < 1e-9);
        assert!((change(1300.0, 1000.0) - -120.0).abs() < 1e-9);
        assert!(change(900.0, 1000.0).abs() < 1e-15);
        // A tenth of a large target is wider.
        assert!((change(0.0, 5000.0) - 4500.0).abs() < 1e-9);
        assert!(change_to_band(f64::NAN, 0.0, 1.0).is_err());
        assert!(change_to_band(0.0, 0.0, -1.0).is_err());
    }

    #[test]
    fn curvature_is_that_of_log_growth() {
        let (p, x, lose, win) = (0.42, 0.35, 9_000.0, 11_000.0);
        let growth = |n: f64| p * (win + n * (1.0 - x)).ln() + (1.0 - p) * (lose - n * x).ln();
        let numerical = -(growth(1.0) - 2.0 * growth(0.0) + growth(-1.0));
        let exact = growth_curvature(p, x, lose, win).unwrap();
        assert!((numerical / exact - 1.0).abs() < 1e-4, "{numerical} {exact}");
        assert!(growth_curvature(p, x, 0.0, win).is_err());
    }

    proptest! {
        /// After the trade nothing more is to be done, and it never goes past the target.
        #[test]
        fn a_trade_ends_at_rest(
            current in -1e4..1e4_f64, target in -1e4..1e4_f64, half in 0.0..1e3_f64
        ) {
            let change = change_to_band(current, target, half).unwrap();
            let again = change_to_band(current + change, target, half).unwrap();
            prop_assert!(again.abs() < 1e-8);
            prop_assert!(change * (target - current) >= 0.0);
            prop_assert!(change.abs() <= (target - current).abs());
            let mirror = change_to_band(-current, -target, half).unwrap();
            prop_assert!((change + mirror).abs() < 1e-12);
        }

        /// Dearer trading and a wilder target widen the band.
        #[test]
        fn width_rises_with_cost_and_variance(
            cost in 0.001..0.1_f64, variance in 1.0..1e4_f64, curvature in 1e-8..1e-3_f64
        ) {
            let base = half_width(cost, variance, curvature).unwrap();
            prop_assert!(half_width(2.0 * cost, variance, curvature).unwrap() > base);
            prop_assert!(half_width(cost, 2.0 * variance, curvature).unwrap() > base);
            prop_assert!(half_width(cost, variance, 2.0 * curvature).unwrap() < base);
        }
    }
}
