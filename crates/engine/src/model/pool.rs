//! How much the model and the market each count, and how forecasts are combined
//! (model.md 4.1 to 4.3). What is done with the weight is [`super::blend`].

use crate::input::{self, InputError};
use crate::log_odds::{self, expit};

/// Default weight of the model in the pool.
pub const MODEL_WEIGHT: f64 = 0.20;
/// Largest weight of the model until its record has earned more.
pub const MODEL_WEIGHT_MAX: f64 = 0.40;
/// Below this horizon in days the market's price is taken as it is.
pub const DEBIAS_FROM_DAYS: f64 = 14.0;

/// `logit m' = a + b logit m`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Debias {
    /// Intercept.
    pub a: f64,
    /// Slope; above one where prices stand too near one half.
    pub b: f64,
}

impl Debias {
    /// The default for a contract with so many days left: `a = -0.10, b = 1.15` (sd of `b` 0.15) from
    /// two weeks on, nothing below. To be refitted on 200 resolved contracts of one's own.
    ///
    /// # Errors
    /// [`InputError`] if `days` is not a number.
    pub fn for_horizon(days: f64) -> Result<Self, InputError> {
        let known = !days.is_nan();
        input::check("the horizon", days, known, "a number")?;
        Ok(if days > DEBIAS_FROM_DAYS {
            Self { a: -0.10, b: 1.15 }
        } else {
            Self { a: 0.0, b: 1.0 }
        })
    }

    /// The slope under which contracts at `price` that win with `frequency` are priced without other
    /// bias: `logit f / logit m`.
    ///
    /// # Errors
    /// [`InputError`] unless both are inside `(0, 1)` and the price is not one half.
    pub fn implied_slope(price: f64, frequency: f64) -> Result<f64, InputError> {
        let (price_logit, frequency_logit) =
            (logit("the price", price)?, logit("the frequency", frequency)?);
        let told = price_logit.abs() > 1e-9;
        input::check("the price", price, told, "away from one half, where every slope agrees")?;
        Ok(frequency_logit / price_logit)
    }

    /// The market's probability without its bias.
    ///
    /// # Errors
    /// [`InputError`] unless the price is inside `(0, 1)` and both parameters are finite.
    pub fn applied(self, price: f64) -> Result<f64, InputError> {
        let log_odds = self.a + self.b * logit("the price", price)?;
        Ok(expit(input::finite("the debiased log-odds", log_odds)?))
    }
}

/// The model's weight from the error variances of the two log-odds and their correlation:
/// `(v_m - rho s) / (v_q + v_m - 2 rho s)`, `s = sqrt(v_q v_m)`, held in `0..=most` as the
/// specification says.
///
/// # Errors
/// [`InputError`] for a variance that is not above zero, a correlation outside `(-1, 1)`, or a largest
/// weight that is no probability.
pub fn precision_weight(
    model_variance: f64,
    market_variance: f64,
    correlation: f64,
    most: f64,
) -> Result<f64, InputError> {
    input::positive("the variance of the model", model_variance)?;
    input::positive("the variance of the market", market_variance)?;
    input::check(
        "the correlation of the errors",
        correlation,
        correlation.abs() < 1.0,
        "above -1 and below 1",
    )?;
    input::probability("the largest weight", most)?;
    let shared = correlation * (model_variance * market_variance).sqrt();
    // Above zero: it is the variance of the difference of the errors.
    let difference = model_variance + market_variance - 2.0 * shared;
    Ok(((market_variance - shared) / difference).clamp(0.0, most))
}

/// `logit p = w logit q + (1 - w) logit m`.
///
/// # Errors
/// [`InputError`] unless both are inside `(0, 1)` and the weight is a probability.
pub fn log_odds_pool(model: f64, market: f64, weight: f64) -> Result<f64, InputError> {
    input::probability("the weight of the model", weight)?;
    let (model, market) = (logit("the model's probability", model)?, logit("the price", market)?);
    Ok(expit(weight * model + (1.0 - weight) * market))
}

/// The learned form: `logit p = b0 + b1 logit m' + b2 logit q`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearnedPool {
    /// Intercept.
    pub intercept: f64,
    /// Slope on the debiased market.
    pub market: f64,
    /// Slope on the model.
    pub model: f64,
}

impl LearnedPool {
    /// Prior means of the logistic regression: mostly the market.
    pub const PRIOR_MEAN: Self = Self { intercept: 0.0, market: 1.0, model: 0.15 };
    /// Prior standard deviations.
    pub const PRIOR_SD: Self = Self { intercept: 0.2, market: 0.25, model: 0.15 };

    /// The pooled probability.
    ///
    /// # Errors
    /// [`InputError`] unless both are inside `(0, 1)` and the coefficients finite.
    pub fn probability(self, model: f64, debiased_market: f64) -> Result<f64, InputError> {
        let model = logit("the model's probability", model)?;
        let market = logit("the debiased market", debiased_market)?;
        let log_odds = self.intercept + self.market * market + self.model * model;
        Ok(expit(input::finite("the pooled log-odds", log_odds)?))
    }
}

/// `logit p <- alpha logit p`. One by default: model and market share what they know, and extremising
/// is for forecasts that do not.
///
/// # Errors
/// [`InputError`] unless `p` is inside `(0, 1)` and `alpha` finite and not negative.
pub fn extremised(p: f64, alpha: f64) -> Result<f64, InputError> {
    input::not_negative("the exponent of the odds", alpha)?;
    Ok(expit(alpha * logit("the probability", p)?))
}

/// The geometric mean of odds of several forecasts, as a probability.
///
/// # Errors
/// [`InputError`] for no forecast, or one that is not inside `(0, 1)`.
pub fn geometric_mean_of_odds(forecasts: &[f64]) -> Result<f64, InputError> {
    input::check("the number of forecasts", 0.0, !forecasts.is_empty(), "above zero")?;
    let mut sum = 0.0;
    for &forecast in forecasts {
        sum += logit("a forecast", forecast)?;
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let count = forecasts.len() as f64;
    Ok(expit(sum / count))
}

fn logit(what: &'static str, p: f64) -> Result<f64, InputError> {
    input::inner_probability(what, p)?;
    Ok(log_odds::logit(p))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn t4_1_debiasing_and_its_defaults() {
        let table = [
            (0.70, 0.0, 1.83, 0.824_993_889),
            (0.70, 0.0, 1.11, 0.719_200_770),
            (0.33, -0.14, 1.19, 0.272_348_403),
            (0.113, -0.14, 1.19, 0.069_658_692),
        ];
        for (price, a, b, expected) in table {
            assert!((Debias { a, b }.applied(price).unwrap() - expected).abs() < 1e-9);
        }
        let far = Debias::for_horizon(217.0).unwrap();
        assert!((far.applied(0.33).unwrap() - 0.286_097_688).abs() < 1e-9);
        let near = Debias::for_horizon(13.0).unwrap();
        assert!((near.applied(0.33).unwrap() - 0.33).abs() < 1e-12);
    }

    #[test]
    fn t4_1b_what_a_longshot_bias_implies() {
        assert!((Debias::implied_slope(0.05, 0.0418).unwrap() - 1.063_754_490).abs() < 1e-9);
        // What a dollar in five-cent contracts loses before fees.
        assert!((0.0418 / 0.05 - 1.0 - -0.164_f64).abs() < 1e-12);
        assert!(Debias::implied_slope(0.5, 0.4).is_err());
        assert!(Debias::implied_slope(0.0, 0.4).is_err());
    }

    #[test]
    fn t4_2_pool() {
        assert!((log_odds_pool(0.20, 0.33, 0.25).unwrap() - 0.293_652_053).abs() < 1e-9);
    }

    #[test]
    fn t4_3_precision_weights() {
        let (model, market) = (0.45_f64.powi(2), 0.30_f64.powi(2));
        let weight = |rho: f64| precision_weight(model, market, rho, MODEL_WEIGHT_MAX).unwrap();
        assert!((weight(0.0) - 0.307_692_308).abs() < 1e-9);
        assert!((weight(0.5) - 0.142_857_143).abs() < 1e-9);
        let pooled = log_odds_pool(0.20, 0.33, weight(0.0)).unwrap();
        assert!((pooled - 0.285_603_412).abs() < 1e-9);
        // The clamps: a worse model that errs with the market, and one far better than it.
        assert!(weight(0.9).abs() < 1e-15);
        let most = precision_weight(0.01, 1.0, 0.0, MODEL_WEIGHT_MAX).unwrap();
        assert!((most - MODEL_WEIGHT_MAX).abs() < 1e-15);
        assert!(precision_weight(0.0, 1.0, 0.0, 0.4).is_err());
        assert!(precision_weight(1.0, 1.0, 1.0, 0.4).is_err());
    }

    #[test]
    fn t4_4_extremising() {
        assert!((extremised(0.30, 1.5).unwrap() - 0.219_095_220).abs() < 1e-9);
        assert!(extremised(1.0, 1.5).is_err());
        assert!(extremised(0.3, -1.0).is_err());
    }

    #[test]
    fn t4_5_geometric_mean_of_odds() {
        let forecasts = [0.014, 0.0221, 0.0039, 0.0040];
        assert!((geometric_mean_of_odds(&forecasts).unwrap() - 0.008_357_625).abs() < 1e-9);
        assert!((forecasts.iter().sum::<f64>() / 4.0 - 0.011).abs() < 1e-9);
        assert!(geometric_mean_of_odds(&[]).is_err());
        assert!(geometric_mean_of_odds(&[0.2, 0.0]).is_err());
    }

    #[test]
    fn the_learned_form_with_weights_that_sum_to_one_is_the_pool() {
        let learned = LearnedPool { intercept: 0.0, market: 0.75, model: 0.25 };
        let pooled = log_odds_pool(0.20, 0.33, 0.25).unwrap();
        assert!((learned.probability(0.20, 0.33).unwrap() - pooled).abs() < 1e-12);
        let prior = LearnedPool::PRIOR_MEAN.probability(0.5, 0.33).unwrap();
        assert!((prior - 0.33).abs() < 1e-12, "an even model moves nothing");
        assert!(LearnedPool { market: f64::NAN, ..learned }.probability(0.2, 0.3).is_err());
    }

    proptest! {
        /// A pool lies between its parts, and mirrors with YES and NO.
        #[test]
        fn pools_lie_between_and_mirror(
            q in 0.001..0.999_f64, m in 0.001..0.999_f64, w in 0.0..1.0_f64
        ) {
            let pooled = log_odds_pool(q, m, w).unwrap();
            prop_assert!(pooled >= q.min(m) - 1e-12 && pooled <= q.max(m) + 1e-12);
            let mirror = log_odds_pool(1.0 - q, 1.0 - m, w).unwrap();
            prop_assert!((pooled + mirror - 1.0).abs() < 1e-12);
        }

        /// The weight stays within its clamps, falls with the model's variance, and minimises the
        /// variance of the pooled error.
        #[test]
        fn precision_weights_are_optimal(
            v_q in 0.01..2.0_f64, v_m in 0.01..2.0_f64, rho in -0.9..0.9_f64, other in 0.0..1.0_f64
        ) {
            let w = precision_weight(v_q, v_m, rho, 1.0).unwrap();
            prop_assert!((0.0..=1.0).contains(&w));
            let variance = |w: f64| {
                w * w * v_q + (1.0 - w).powi(2) * v_m
                    + 2.0 * w * (1.0 - w) * rho * (v_q * v_m).sqrt()
            };
            prop_assert!(variance(w) <= variance(other) + 1e-12);
        }

        /// Extremising there and back is nothing; the order of forecasts is nothing.
        #[test]
        fn extremising_inverts(p in 0.001..0.999_f64, alpha in 0.2..3.0_f64) {
            let there = extremised(p, alpha).unwrap();
            prop_assert!((extremised(there, 1.0 / alpha).unwrap() - p).abs() < 1e-9);
            let (one, two) = (geometric_mean_of_odds(&[p, there]), geometric_mean_of_odds(&[there, p]));
            prop_assert!((one.unwrap() - two.unwrap()).abs() < 1e-12);
        }
    }
}
