//! Mixing the model's probability with the market's (model.md 4.1, 4.2).

use statecraft_domain::{LogOdds, Probability};

use super::Estimate;
use super::pool::Debias;
use crate::config::Blend;
use crate::market::Evidence;

/// What is believed about one market at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Belief {
    /// The model's own probability, untouched by any price.
    pub model: Probability,
    /// Standard deviation of the model's log-odds.
    pub model_sd_logit: f64,
    /// The probability that decides.
    pub blended: Probability,
    /// Standard deviation of its log-odds.
    pub sd_logit: f64,
    /// The market's microprice, if it is evidence.
    pub market: Option<f64>,
    /// The market was to have a say and has none: nothing is to be opened, or closed for its edge, by this.
    pub lacks_market: bool,
}

impl Belief {
    /// Standard deviation of the blended probability itself: `sd_logit * p (1 - p)`.
    #[must_use]
    pub fn sd(&self) -> f64 {
        let p = self.blended.get();
        self.sd_logit * p * (1.0 - p)
    }

    /// Distance of model and market in log-odds; zero without evidence.
    #[must_use]
    pub fn distance(&self) -> f64 {
        self.market.map_or(0.0, |market| (self.model.logit() - logit(market)).abs())
    }
}

fn logit(price: f64) -> f64 {
    price.ln() - (-price).ln_1p()
}

/// `logit m' = a + b logit m`: the market's price without its favourite-longshot bias. `None` for a
/// price at the ends.
#[must_use]
pub fn debiased(blend: &Blend, market: f64) -> Option<Probability> {
    let debias = Debias { a: blend.a, b: blend.b };
    Probability::clamped(debias.applied(market).ok()?).ok()
}

/// `logit p = w logit q + (1 - w) logit m'`, with the errors of the two added in quadrature.
///
/// Without usable evidence (no prices, or a spread above the maximum) there is only the model, with its
/// whole uncertainty: it is shown, and [`Belief::lacks_market`] says that it is not to decide, unless it has
/// all the weight anyhow. `own` is `None` for the market model, whose opinion is the debiased price.
#[must_use]
pub fn blend(blend: &Blend, own: Option<Estimate>, evidence: Option<&Evidence>) -> Option<Belief> {
    let market = evidence
        .filter(|evidence| evidence.spread_e4() <= blend.max_spread.e4())
        .map(|evidence| evidence.microprice);
    let from_market = market.and_then(|price| debiased(blend, price));
    let own = match own {
        Some(own) => own,
        None => Estimate { probability: from_market?, sd_logit: blend.market_sd_logit },
    };
    let weight = blend.model_weight.clamp(0.0, 1.0);
    let alone = Belief {
        model: own.probability,
        model_sd_logit: own.sd_logit,
        blended: own.probability,
        sd_logit: own.sd_logit,
        market,
        lacks_market: weight < 1.0 && from_market.is_none(),
    };
    let Some(from_market) = from_market.filter(|_| weight < 1.0) else { return Some(alone) };
    let log_odds = weight * own.probability.logit() + (1.0 - weight) * from_market.logit();
    let blended = Probability::clamped(LogOdds::new(log_odds).ok()?.expit().get()).ok()?;
    let sd_logit = (weight * own.sd_logit).hypot((1.0 - weight) * blend.market_sd_logit);
    Some(Belief { blended, sd_logit, ..alone })
}

#[cfg(test)]
mod tests {
    use statecraft_domain::Price;

    use super::*;

    fn rules(weight: f64, a: f64, b: f64) -> Blend {
        let max_spread = Price::from_cents(10).unwrap();
        Blend { model_weight: weight, a, b, market_sd_logit: 0.25, max_spread }
    }

    fn evidence(bid: u16, ask: u16, microprice: f64) -> Evidence {
        let price = |cents| Price::from_cents(cents).unwrap();
        Evidence { bid: price(bid), ask: price(ask), microprice }
    }

    fn estimate(p: f64, sd_logit: f64) -> Option<Estimate> {
        Some(Estimate { probability: Probability::new(p).unwrap(), sd_logit })
    }

    #[test]
    fn t4_1_debiasing() {
        let table = [
            (0.70, 0.0, 1.83, 0.824_993_889),
            (0.70, 0.0, 1.11, 0.719_200_770),
            (0.33, -0.14, 1.19, 0.272_348_403),
            (0.113, -0.14, 1.19, 0.069_658_692),
        ];
        for (price, a, b, expected) in table {
            let p = debiased(&rules(0.2, a, b), price).unwrap().get();
            assert!((p - expected).abs() < 1e-9, "{price}");
        }
    }

    #[test]
    fn t4_2_pool() {
        let belief =
            blend(&rules(0.25, 0.0, 1.0), estimate(0.20, 0.4), Some(&evidence(32, 34, 0.33)));
        assert!((belief.unwrap().blended.get() - 0.293_652_053).abs() < 1e-9);
    }

    #[test]
    fn t5_10_belief() {
        let belief =
            blend(&rules(0.20, -0.10, 1.15), estimate(0.1735, 0.5), Some(&evidence(32, 34, 0.33)))
                .unwrap();
        assert!(
            (debiased(&rules(0.2, -0.1, 1.15), 0.33).unwrap().get() - 0.286_097_688).abs() < 1e-9
        );
        assert!((belief.blended.get() - 0.260_430_021).abs() < 1e-9);
        assert!((belief.sd_logit - 0.223_606_798).abs() < 1e-9);
        assert!((belief.sd() - 0.043_068).abs() < 1e-6);
    }

    #[test]
    fn a_wide_spread_is_no_evidence() {
        let wide = evidence(20, 40, 0.30);
        let belief = blend(&rules(0.2, 0.0, 1.0), estimate(0.5, 0.4), Some(&wide)).unwrap();
        assert_eq!(belief.blended, belief.model);
        assert_eq!(belief.market, None);
        assert!(belief.lacks_market, "the model has no more weight than before");
        let all = blend(&rules(1.0, 0.0, 1.0), estimate(0.5, 0.4), Some(&wide)).unwrap();
        assert!(!all.lacks_market, "it had all of it");
        let narrow = evidence(29, 31, 0.30);
        assert!(
            !blend(&rules(0.2, 0.0, 1.0), estimate(0.5, 0.4), Some(&narrow)).unwrap().lacks_market
        );
        assert!(blend(&rules(0.2, 0.0, 1.0), None, Some(&wide)).is_none());
    }
}
