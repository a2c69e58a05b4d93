//! What participants believe: the latent probability as it was some time ago, and moods that wander
//! around it and come back.

use statecraft_domain::Timestamp;

use crate::simulator::story::Path;
use crate::simulator::story::dice::Dice;
use crate::simulator::story::math::{exp, expit, logit};

/// A mean-reverting error in log-odds (an Ornstein-Uhlenbeck process, sampled exactly).
#[derive(Debug, Clone)]
pub(super) struct Mood {
    value: f64,
    at: Timestamp,
    /// Standard deviation in the long run, log-odds.
    sd: f64,
    /// Time after which a part 1/e of an error is left, in days.
    memory_days: f64,
}

impl Mood {
    pub(super) fn new(dice: &mut Dice, at: Timestamp, sd: f64, memory_days: f64) -> Self {
        Self { value: sd * dice.normal(), at, sd, memory_days }
    }

    /// The error now.
    pub(super) fn now(&mut self, dice: &mut Dice, at: Timestamp) -> f64 {
        let days = (at - self.at).days();
        if days > 0.0 {
            let kept = exp(-days / self.memory_days);
            let fresh = self.sd * (1.0 - kept * kept).sqrt();
            self.value = self.value * kept + fresh * dice.normal();
            self.at = at;
        }
        self.value
    }
}

/// The latent probability as somebody sees it who hears everything `lag_days` late; only what is
/// practically certain is heard within the hour.
pub(super) fn heard(path: &Path, at: Timestamp, lag_days: f64) -> f64 {
    const HOUR_DAYS: f64 = 1.0 / 24.0;
    const CERTAIN: f64 = 0.02;
    let fresh = path.at(earlier(at, HOUR_DAYS));
    if (CERTAIN..=1.0 - CERTAIN).contains(&fresh) { path.at(earlier(at, lag_days)) } else { fresh }
}

/// A probability shifted by an error in log-odds, in cents.
pub(super) fn cents(probability: f64, error: f64) -> f64 {
    100.0 * expit(logit(probability) + error)
}

#[expect(clippy::cast_possible_truncation, reason = "nanoseconds of some days")]
fn earlier(at: Timestamp, days: f64) -> Timestamp {
    at - statecraft_domain::Nanos::new((days * 86_400e9) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use statecraft_domain::Nanos;

    #[test]
    fn moods_come_back() {
        let mut dice = Dice::stream(3, 3);
        let day = |n: i64| Timestamp::EPOCH + Nanos::from_secs(n * 86_400);
        let mut mood = Mood::new(&mut dice, day(0), 0.2, 5.0);
        let errors: Vec<f64> = (1..3000).map(|n| mood.now(&mut dice, day(n))).collect();
        let mean = errors.iter().sum::<f64>() / 2999.0;
        let sd = (errors.iter().map(|e| e * e).sum::<f64>() / 2999.0).sqrt();
        assert!(mean.abs() < 0.05 && (sd - 0.2).abs() < 0.04, "{mean} {sd}");
    }

    #[test]
    fn news_is_late_and_certainty_is_not() {
        let at = |hours: i64| Timestamp::EPOCH + Nanos::from_secs(hours * 3600);
        let mut path = Path::default();
        path.push(at(0), 0.3);
        path.push(at(100), 0.3);
        path.push(at(100), 0.8);
        path.push(at(300), 0.8);
        path.push(at(300), 1.0);
        assert!((heard(&path, at(110), 1.0) - 0.3).abs() < 1e-9);
        assert!((heard(&path, at(130), 1.0) - 0.8).abs() < 1e-9);
        assert!((heard(&path, at(302), 1.0) - 1.0).abs() < 1e-9);
    }
}
