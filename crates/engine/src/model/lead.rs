//! Trips are announced before they happen: silence is evidence, and value decays faster than the
//! intensity alone suggests (model.md 1.5). And what a day without the event costs.

use super::chain::Panel;
use super::survival;
use crate::input::{self, InputError};

/// Default mean lead in days (range 5 to 60, from four trips: a guess with a range).
pub const MEAN_LEAD_DAYS: f64 = 30.0;

/// The time between announcement and event. Days throughout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lead {
    /// The event happens as it is announced.
    None,
    /// Exponential with this mean.
    Exponential {
        /// Mean in days, above zero.
        mean: f64,
    },
    /// Always the same.
    Fixed {
        /// Days, not negative.
        days: f64,
    },
}

impl Lead {
    /// `P(event within T | nothing announced)` for a constant announcement intensity per day.
    ///
    /// # Errors
    /// [`InputError`] for a negative intensity or horizon, or a lead outside its domain.
    pub fn probability(self, intensity: f64, days: f64) -> Result<f64, InputError> {
        self.probability_over([Panel { time: days, intensity }])
    }

    /// The same for an intensity that is constant on each of `panels`, whose ends together are the
    /// horizon. Exact.
    ///
    /// # Errors
    /// As [`Self::probability`].
    pub fn probability_over<I>(self, panels: I) -> Result<f64, InputError>
    where
        I: IntoIterator<Item = Panel>,
        I::IntoIter: Clone,
    {
        let panels = panels.into_iter();
        let mut horizon = 0.0;
        for panel in panels.clone() {
            input::not_negative("the announcement intensity", panel.intensity)?;
            horizon += input::not_negative("the horizon", panel.time)?;
        }
        match self {
            Self::None => Ok(announced_before(panels, horizon)),
            Self::Fixed { days } => {
                input::not_negative("the fixed lead", days)?;
                Ok(announced_before(panels, (horizon - days).max(0.0)))
            }
            Self::Exponential { mean } => {
                input::positive("the mean lead", mean)?;
                let rate = input::finite("the rate of the mean lead", mean.recip())?;
                Ok(with_exponential_lead(panels, horizon, rate))
            }
        }
    }
}

/// Probability of an announcement in the first `days`.
fn announced_before(panels: impl Iterator<Item = Panel>, days: f64) -> f64 {
    let mut left = days;
    let cumulated: f64 = panels
        .map(|panel| {
            let time = panel.time.min(left);
            left -= time;
            panel.intensity * time
        })
        .sum();
    survival::probability(cumulated)
}

/// Sum over panels of "announced in it, and the lead ends before the horizon".
fn with_exponential_lead(panels: impl Iterator<Item = Panel>, horizon: f64, rate: f64) -> f64 {
    let (mut silent, mut left, mut total) = (1.0, horizon, 0.0);
    for Panel { time, intensity } in panels {
        left = (left - time).max(0.0);
        let announced = survival::probability(intensity * time);
        let pending = intensity * (-rate * left).exp() * convolved(intensity, rate, time);
        total += silent * (announced - pending).max(0.0);
        silent *= (-intensity * time).exp();
    }
    total
}

/// `integral over [0, t] of e^(-a s) e^(-b (t - s)) ds = t e^(-min t) phi(|a - b| t)`, with
/// `phi(x) = (1 - e^-x) / x`: symmetric in the rates and smooth where they are equal.
fn convolved(a: f64, b: f64, t: f64) -> f64 {
    let gap = (a - b).abs() * t;
    let phi = if gap > 0.0 { survival::probability(gap) / gap } else { 1.0 };
    t * (-a.min(b) * t).exp() * phi
}

/// `dp/dt = -lambda (1 - p)` per day along a path without the event: what silence costs.
///
/// # Errors
/// [`InputError`] for a negative intensity, or for `p` that is no probability.
pub fn theta(intensity: f64, p: f64) -> Result<f64, InputError> {
    input::not_negative("the intensity", intensity)?;
    input::probability("the probability of the event", p)?;
    Ok(-intensity * (1.0 - p))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MEAN: Lead = Lead::Exponential { mean: MEAN_LEAD_DAYS };

    #[test]
    fn t1_10_announcement_leads() {
        let rate = 0.40 / 365.25;
        let table = [
            (200.0, 0.196_700_825, 0.169_455_762, 0.178_012_521),
            (100.0, 0.103_730_412, 0.074_495_742, 0.082_879_203),
            (45.0, 0.048_086_695, 0.023_329_730, 0.025_940_966),
            (20.0, 0.021_664_682, 0.005_871_282, 0.0),
        ];
        for (days, none, exponential, fixed) in table {
            let p = |lead: Lead| lead.probability(rate, days).unwrap();
            assert!((p(Lead::None) - none).abs() < 1e-9, "{days}");
            assert!((p(MEAN) - exponential).abs() < 1e-9, "{days}");
            assert!((p(Lead::Fixed { days: 21.0 }) - fixed).abs() < 1e-9, "{days}");
        }
        let equal = Lead::Exponential { mean: 50.0 }.probability(0.02, 50.0).unwrap();
        assert!((equal - 0.264_241_118).abs() < 1e-9);
    }

    #[test]
    fn t1_12_theta_and_the_path_of_silence() {
        let rate = survival::cumulated(0.33) / 217.0;
        assert!((theta(rate, 0.33).unwrap() - -0.001_236_498).abs() < 1e-9);
        let at = |left: f64| survival::probability(rate * left);
        assert!((at(100.0) - 0.168_523_193).abs() < 1e-9);
        assert!((at(30.0) - 0.053_860_788).abs() < 1e-9);
        let slope = (at(216.999) - at(217.001)) / 0.002;
        assert!((slope - theta(rate, at(217.0)).unwrap()).abs() < 1e-9);
    }

    #[test]
    fn near_equal_rates_are_smooth() {
        // Direct evaluation, and the limit, where each is good.
        let limit = |x: f64| 1.0 - (-x).exp() * (1.0 + x);
        for gap in [0.0, 1e-15, 1e-12, 1e-9, 1e-7] {
            let p = Lead::Exponential { mean: 50.0 }.probability(0.02 * (1.0 + gap), 50.0).unwrap();
            assert!((p - limit(1.0)).abs() < 1e-7 + gap, "{gap}: {p}");
            if gap <= 1e-9 {
                assert!((p - limit(1.0)).abs() < 1e-9, "{gap}: {p}");
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(MEAN.probability(-0.1, 10.0).is_err());
        assert!(MEAN.probability(0.1, f64::NAN).is_err());
        assert!(Lead::Exponential { mean: 0.0 }.probability(0.1, 10.0).is_err());
        assert!(Lead::Exponential { mean: 1e-310 }.probability(0.1, 10.0).is_err());
        assert!(Lead::Fixed { days: -1.0 }.probability(0.1, 10.0).is_err());
        assert!(theta(0.1, 1.1).is_err());
    }

    proptest! {
        /// The formula of the page, wherever it is well conditioned.
        #[test]
        fn equals_the_published_form(
            rate in 1e-4..0.1_f64, mean in 1.0..100.0_f64, days in 0.0..500.0_f64
        ) {
            let mu = 1.0 / mean;
            prop_assume!((mu - rate).abs() > 1e-3 * mu);
            let page = 1.0
                - (mu * (-rate * days).exp() - rate * (-mu * days).exp()) / (mu - rate);
            let p = Lead::Exponential { mean }.probability(rate, days).unwrap();
            prop_assert!((p - page).abs() < 1e-11, "{p} {page}");
        }

        /// More time and more intensity never hurt; a longer lead never helps; a vanishing one is none.
        #[test]
        fn monotone(
            rate in 0.0..0.1_f64, days in 0.0..500.0_f64, more in 0.0..2.0_f64,
            mean in 0.1..100.0_f64
        ) {
            let p = |rate, days, mean| {
                Lead::Exponential { mean }.probability(rate, days).unwrap()
            };
            let base = p(rate, days, mean);
            prop_assert!((0.0..=1.0).contains(&base));
            prop_assert!(p(rate, days * (1.0 + more), mean) >= base - 1e-12);
            prop_assert!(p(rate * (1.0 + more), days, mean) >= base - 1e-12);
            prop_assert!(p(rate, days, mean * (1.0 + more)) <= base + 1e-12);
            prop_assert!(base <= Lead::None.probability(rate, days).unwrap() + 1e-12);
            let none = Lead::None.probability(rate, days).unwrap();
            prop_assert!((p(rate, days, 1e-9) - none).abs() < 1e-8);
        }

        /// Splitting a panel anywhere changes nothing, whatever the lead.
        #[test]
        fn splitting_changes_nothing(
            rate in 0.0..0.1_f64, days in 1.0..500.0_f64, split in 0.0..1.0_f64,
            lead in 0.1..100.0_f64
        ) {
            let parts = [
                Panel { time: split * days, intensity: rate },
                Panel { time: days - split * days, intensity: rate },
            ];
            for lead in [Lead::None, Lead::Fixed { days: lead }, Lead::Exponential { mean: lead }] {
                let whole = lead.probability(rate, days).unwrap();
                prop_assert!((lead.probability_over(parts).unwrap() - whole).abs() < 1e-12);
            }
        }
    }
}
