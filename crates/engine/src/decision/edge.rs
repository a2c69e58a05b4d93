//! What a contract is worth, and the most one may pay for it (model.md 5.2). The decision itself walks
//! the book with these numbers in [`super::kelly`]; here they stand alone, for quotes and reports.

use crate::input::{self, InputError};

/// Days of a year in discounts.
const YEAR_DAYS: f64 = 365.0;
/// Halvings of the price range `[0, 1]`: more than a float has bits.
const HALVINGS: u32 = 60;
/// Secants before them: with a fee of `0.07 p (1 - p)` as many leave an error below `1e-14`.
const SECANTS: u32 = 3;
/// So far from the secants' price it is tried whether that is right: many times what rounding can do to a cost.
const NEAR: f64 = 1e-13;

/// What a contract pays, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// Probability that it wins.
    pub probability: f64,
    /// Probability that its resolution is disputed.
    pub resolution_risk: f64,
    /// What it pays then.
    pub disputed_value: f64,
    /// Opportunity rate per year.
    pub opportunity_rate: f64,
    /// Days to the expected settlement.
    pub days: f64,
}

impl Claim {
    /// `(1 - e) p + e x`: the probability that sizing uses.
    ///
    /// # Errors
    /// [`InputError`] unless probability, risk and disputed value are inside `[0, 1]`.
    pub fn effective_probability(&self) -> Result<f64, InputError> {
        let p = input::probability("the probability", self.probability)?;
        let risk = input::probability("the resolution risk", self.resolution_risk)?;
        let disputed = input::probability("the disputed value", self.disputed_value)?;
        Ok((1.0 - risk) * p + risk * disputed)
    }

    /// `e^(r t / 365)`: what a dollar tied up until settlement costs.
    ///
    /// # Errors
    /// [`InputError`] unless rate and days are finite and not negative.
    pub fn growth(&self) -> Result<f64, InputError> {
        input::not_negative("the opportunity rate", self.opportunity_rate)?;
        input::not_negative("the days to settlement", self.days)?;
        input::finite("the discount", (self.opportunity_rate * self.days / YEAR_DAYS).exp())
    }

    /// Value to settlement in dollars.
    ///
    /// # Errors
    /// As [`Self::effective_probability`] and [`Self::growth`].
    pub fn value(&self) -> Result<f64, InputError> {
        Ok(self.effective_probability()? / self.growth()?)
    }

    /// Expected return per year of buying at this all-in cost, before the discount:
    /// `(value / cost)^(365 / days) - 1`.
    ///
    /// # Errors
    /// [`InputError`] unless cost and days are above zero.
    pub fn annualised_return(&self, cost: f64) -> Result<f64, InputError> {
        input::positive("the cost", cost)?;
        input::positive("the days to settlement", self.days)?;
        let ratio = self.effective_probability()? / cost;
        input::finite("the annualised return", ratio.powf(YEAR_DAYS / self.days) - 1.0)
    }

    /// The highest price at which price and fee together cost no more than the value. The all-in cost
    /// must rise with the price, as it does under every fee up to `0.07 p (1 - p)` and beyond.
    ///
    /// # Errors
    /// As [`Self::value`]; and for a fee that is not a finite number.
    pub fn highest_ask(&self, fee: impl Fn(f64) -> f64) -> Result<f64, InputError> {
        let value = self.value()?;
        let cost = |price: f64| Ok(price + input::finite("a fee", fee(price))?);
        // Prices that were tried: what is below an affordable one is affordable as well.
        let (mut paid, mut unpaid) = (f64::NEG_INFINITY, f64::INFINITY);
        let near = nearly(value, cost)?;
        for price in [near - NEAR, near + NEAR] {
            if cost(price)? <= value { paid = price.max(paid) } else { unpaid = price.min(unpaid) }
        }
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            let affordable = if middle <= paid {
                true
            } else if middle >= unpaid {
                false
            } else {
                cost(middle)? <= value
            };
            if affordable {
                (low, paid) = (middle, middle.max(paid));
            } else {
                (high, unpaid) = (middle, middle.min(unpaid));
            }
        }
        Ok(low)
    }
}

/// The price whose cost is about `value`, by secants from the value itself: fees are small against prices, and
/// as good as straight between neighbours.
fn nearly(value: f64, cost: impl Fn(f64) -> Result<f64, InputError>) -> Result<f64, InputError> {
    let over = |price: f64| Ok(cost(price)? - value);
    let (mut before, mut excess_before) = (value, over(value)?);
    let mut price = value - excess_before;
    for _ in 0..SECANTS {
        let excess = over(price)?;
        let slope = (excess - excess_before) / (price - before);
        if !(slope.is_normal() && excess.is_normal()) {
            break;
        }
        (before, excess_before) = (price, excess);
        price -= excess / slope;
    }
    Ok(if price.is_finite() { price } else { value })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLAIM: Claim = Claim {
        probability: 0.42,
        resolution_risk: 0.01,
        disputed_value: 0.5,
        opportunity_rate: 0.045,
        days: 217.0,
    };

    fn fee(price: f64) -> f64 {
        0.07 * price * (1.0 - price)
    }

    #[test]
    fn t5_2_value_return_and_highest_ask() {
        let cost = 0.33 + fee(0.33);
        assert!((cost - 0.345_477).abs() < 1e-12);
        assert!((CLAIM.value().unwrap() - 0.409_691_418).abs() < 1e-9);
        assert!((CLAIM.value().unwrap() - cost - 0.064_214_418).abs() < 1e-9);
        assert!((CLAIM.annualised_return(cost).unwrap() - 0.393_403_045).abs() < 1e-9);
        assert!((CLAIM.highest_ask(fee).unwrap() - 0.392_992_953).abs() < 1e-9);
    }

    proptest! {
        /// Looking near the answer first changes no bit of what halving alone finds.
        #[test]
        fn highest_ask_is_what_halving_finds(
            probability in 0.0..=1.0_f64, risk in 0.0..0.05_f64, rate in 0.0..0.2_f64,
            days in 0.0..400.0_f64, charge in 0.0..0.08_f64, needed in 0.0..0.2_f64,
            own in any::<bool>()
        ) {
            let opportunity_rate = rate;
            let claim =
                Claim { probability, resolution_risk: risk, opportunity_rate, days, ..CLAIM };
            let fee = |price: f64| {
                let yes = if own { price } else { 1.0 - price };
                price + charge * yes * (1.0 - yes) - price + needed
            };
            let value = claim.value().unwrap();
            let (mut low, mut high) = (0.0, 1.0);
            for _ in 0..HALVINGS {
                let middle = f64::midpoint(low, high);
                if middle + fee(middle) <= value { low = middle } else { high = middle }
            }
            prop_assert_eq!(claim.highest_ask(fee).unwrap().to_bits(), low.to_bits());
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Claim { probability: 1.1, ..CLAIM }.value().is_err());
        assert!(Claim { resolution_risk: -0.1, ..CLAIM }.value().is_err());
        assert!(Claim { opportunity_rate: -0.1, ..CLAIM }.value().is_err());
        assert!(Claim { days: f64::INFINITY, ..CLAIM }.value().is_err());
        assert!(CLAIM.annualised_return(0.0).is_err());
        assert!(Claim { days: 0.0, ..CLAIM }.annualised_return(0.3).is_err());
        assert!(CLAIM.highest_ask(|_| f64::NAN).is_err());
    }

    proptest! {
        /// At the highest ask the edge is nothing; waiting longer for the same claim is worth less.
        #[test]
        fn laws_of_value(p in 0.01..0.99_f64, days in 0.0..400.0_f64) {
            let claim = Claim { probability: p, days, ..CLAIM };
            let ask = claim.highest_ask(fee).unwrap();
            prop_assert!((ask + fee(ask) - claim.value().unwrap()).abs() < 1e-12);
            let later = Claim { days: days + 1.0, ..claim };
            prop_assert!(later.value().unwrap() < claim.value().unwrap());
            prop_assert!(later.highest_ask(fee).unwrap() < ask);
        }
    }
}
