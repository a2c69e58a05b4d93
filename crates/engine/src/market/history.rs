//! What a market charged a while ago.

use std::collections::VecDeque;

use statecraft_domain::{Nanos, Timestamp};

/// Prices kept.
const SAMPLES_MAX: usize = 160;

/// Mid prices at intervals, oldest first.
#[derive(Debug, Clone, Default)]
pub struct PriceHistory {
    samples: VecDeque<(Timestamp, f64)>,
}

impl PriceHistory {
    /// Notes the price now.
    pub fn note(&mut self, at: Timestamp, price: f64) {
        if self.samples.len() >= SAMPLES_MAX {
            self.samples.pop_front();
        }
        self.samples.push_back((at, price));
    }

    /// Forgets everything: what moved once does not move again.
    pub fn forget(&mut self) {
        self.samples.clear();
    }

    /// The oldest price not older than `span`.
    #[must_use]
    pub fn first_within(&self, now: Timestamp, span: Nanos) -> Option<f64> {
        self.within(now, span).next()
    }

    /// The price furthest from `price` in log-odds among those not older than `span`.
    #[must_use]
    pub fn furthest_within(&self, now: Timestamp, span: Nanos, price: f64) -> Option<f64> {
        let distance = |other: f64| (logit(price) - logit(other)).abs();
        self.within(now, span).max_by(|a, b| distance(*a).total_cmp(&distance(*b)))
    }

    fn within(&self, now: Timestamp, span: Nanos) -> impl Iterator<Item = f64> + '_ {
        let recent = self.samples.iter().skip_while(move |&&(at, _)| now - at > span);
        recent.map(|&(_, price)| price)
    }
}

/// Log-odds of a price strictly between zero and one dollar.
#[must_use]
pub fn logit(price: f64) -> f64 {
    price.ln() - (-price).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let mut history = PriceHistory::default();
        for minute in 0..300_i64 {
            history.note(Timestamp::from_secs(minute * 60), 0.2 + minute as f64 / 1000.0);
        }
        let (now, hour) = (Timestamp::from_secs(299 * 60), Nanos::from_secs(3600));
        let first = history.first_within(now, hour).unwrap();
        assert!((first - (0.2 + 0.239)).abs() < 1e-12);
        assert_eq!(history.furthest_within(now, hour, 0.499), Some(first));
        history.forget();
        assert_eq!(history.first_within(now, hour), None);
    }
}
