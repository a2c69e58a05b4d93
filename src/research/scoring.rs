//! Scores of probabilities against outcomes (model.md 6.1): Brier, logarithmic score (natural
//! logarithm, probabilities clipped at 1e-4), reliability by tenths. Lower is better for both scores.
//!
//! What a market's outcome will be is not known while it is predicted, so both cases are summed and
//! the right one is taken at the end: memory does not grow with the number of predictions.

use serde::{Deserialize, Serialize};
use statecraft_domain::action::Prediction;
use statecraft_domain::{Price, Settlement};

const CLIP: f64 = 1e-4;
/// How many bins a reliability diagram has.
pub const BINS: usize = 10;

/// Sums for one forecaster on one market under both outcomes.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    brier_if: [f64; 2],
    log_if: [f64; 2],
    bins: [Bin; BINS],
}

/// One bin of a reliability diagram.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Predictions in it.
    pub count: u64,
    /// Sum of their probabilities.
    pub forecast_sum: f64,
    /// How many of their events happened.
    pub happened: u64,
}

impl Sums {
    fn add(&mut self, probability: f64) {
        let p = probability.clamp(0.0, 1.0);
        let clipped = p.clamp(CLIP, 1.0 - CLIP);
        self.brier_if[0] += p * p;
        self.brier_if[1] += (1.0 - p) * (1.0 - p);
        self.log_if[0] -= (1.0 - clipped).ln();
        self.log_if[1] -= clipped.ln();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0..=10")]
        let index = ((p * 10.0) as usize).min(BINS - 1);
        self.bins[index].count += 1;
        self.bins[index].forecast_sum += p;
    }
}

/// All predictions of one market.
#[derive(Debug, Clone, Copy, Default)]
pub struct MarketScores {
    count: u64,
    model: Sums,
    blended: Sums,
    market: Sums,
}

/// Scores of one set of predictions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// How many predictions were scored: those of markets that settled yes or no.
    pub scored: u64,
    /// Mean Brier score of the model.
    pub brier_model: Option<f64>,
    /// Mean Brier score of the blended probability, the one that decides.
    pub brier_blended: Option<f64>,
    /// Mean Brier score of the market's price.
    pub brier_market: Option<f64>,
    /// Mean logarithmic score of the model.
    pub log_score_model: Option<f64>,
    /// Mean logarithmic score of the blended probability.
    pub log_score_blended: Option<f64>,
    /// Mean logarithmic score of the market's price.
    pub log_score_market: Option<f64>,
    /// Reliability of the model.
    pub bins_model: Vec<Bin>,
    /// Reliability of the market's price.
    pub bins_market: Vec<Bin>,
}

impl MarketScores {
    /// Adds one prediction.
    pub fn add(&mut self, prediction: &Prediction) {
        self.count += 1;
        self.model.add(prediction.model);
        self.blended.add(prediction.blended);
        self.market.add(prediction.market_price);
    }

    /// How many predictions there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }
}

/// The outcome that a prediction can be scored against.
#[must_use]
pub fn outcome(settlement: Settlement) -> Option<bool> {
    match settlement {
        Settlement::Yes | Settlement::Scalar(Price::ONE) => Some(true),
        Settlement::No | Settlement::Scalar(Price::ZERO) => Some(false),
        Settlement::Scalar(_) | Settlement::Void => None,
    }
}

/// Scores markets whose outcome is known; the others do not count.
#[must_use]
pub fn score<'a>(markets: impl Iterator<Item = (&'a MarketScores, Option<bool>)>) -> Scores {
    let mut total = MarketScores::default();
    let mut sums = [[0.0; 2]; 3];
    for (market, outcome) in markets {
        let Some(outcome) = outcome else { continue };
        let case = usize::from(outcome);
        total.count += market.count;
        let parts = [&market.model, &market.blended, &market.market];
        for (sum, part) in sums.iter_mut().zip(parts) {
            sum[0] += part.brier_if[case];
            sum[1] += part.log_if[case];
        }
        merge(&mut total.model.bins, &market.model.bins, outcome);
        merge(&mut total.market.bins, &market.market.bins, outcome);
    }
    let mean = |sum: f64| {
        #[expect(clippy::cast_precision_loss, reason = "a count")]
        (total.count > 0).then(|| sum / total.count as f64)
    };
    Scores {
        scored: total.count,
        brier_model: mean(sums[0][0]),
        brier_blended: mean(sums[1][0]),
        brier_market: mean(sums[2][0]),
        log_score_model: mean(sums[0][1]),
        log_score_blended: mean(sums[1][1]),
        log_score_market: mean(sums[2][1]),
        bins_model: total.model.bins.to_vec(),
        bins_market: total.market.bins.to_vec(),
    }
}

fn merge(into: &mut [Bin; BINS], from: &[Bin; BINS], outcome: bool) {
    for (into, from) in into.iter_mut().zip(from) {
        into.count += from.count;
        into.forecast_sum += from.forecast_sum;
        into.happened += if outcome { from.count } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statecraft_domain::{MarketId, StrategyId, Timestamp};

    fn prediction(model: f64) -> Prediction {
        Prediction {
            at: Timestamp::EPOCH,
            strategy: StrategyId(0),
            market: MarketId(0),
            model,
            sd_logit: 0.1,
            blended: model,
            market_price: 0.5,
            bid: Price::ZERO,
            ask: Price::ONE,
            version: String::new(),
            signals: Vec::new(),
        }
    }

    /// model.md T6.2.
    #[test]
    fn brier_and_log_score_of_the_published_example() {
        let p = [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.5, 0.7, 0.8, 0.9];
        let y = [0, 0, 0, 1, 0, 0, 1, 1, 1, 1];
        let markets: Vec<(MarketScores, Option<bool>)> = p
            .iter()
            .zip(y)
            .map(|(&p, y)| {
                let mut market = MarketScores::default();
                market.add(&prediction(p));
                (market, Some(y == 1))
            })
            .collect();
        let scores = score(markets.iter().map(|(market, outcome)| (market, *outcome)));
        assert_eq!(scores.scored, 10);
        assert!((scores.brier_model.unwrap() - 0.127).abs() < 1e-12);
        assert!((scores.log_score_model.unwrap() - 0.413_497_857).abs() < 1e-9);
        assert!((scores.brier_market.unwrap() - 0.25).abs() < 1e-12);
        assert_eq!(scores.bins_model.iter().map(|bin| bin.happened).sum::<u64>(), 5);
    }

    #[test]
    fn certainty_is_clipped_and_an_unsettled_market_does_not_count() {
        let mut sure = MarketScores::default();
        sure.add(&prediction(1.0));
        let scores = score([(&sure, Some(false))].into_iter());
        assert!((scores.log_score_model.unwrap() + CLIP.ln()).abs() < 1e-9);
        assert_eq!(score([(&sure, None)].into_iter()).brier_model, None);
    }
}
