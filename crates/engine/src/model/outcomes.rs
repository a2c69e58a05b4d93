//! Several outcomes of one world: what comes first, what comes together, how many, and by when
//! (model.md 1.9).
//!
//! Prices of related contracts follow from one set of joint probabilities, so they cannot contradict
//! each other; and the sizing of several contracts needs the joint states, not the marginals.

use super::survival;
use crate::input::{self, InputError};

/// Which of two exclusive causes comes first, by a deadline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct First {
    /// The first cause, before the second and before the deadline.
    pub one: f64,
    /// The second cause, before the first and before the deadline.
    pub other: f64,
    /// Neither by the deadline.
    pub neither: f64,
}

/// `P(1 first by T) = l1 / (l1 + l2) (1 - e^-((l1 + l2) T))` and its companions.
///
/// # Errors
/// [`InputError`] for a negative rate or time.
pub fn first_of(one: f64, other: f64, time: f64) -> Result<First, InputError> {
    input::not_negative("the rate of a cause", one)?;
    input::not_negative("the rate of a cause", other)?;
    input::not_negative("the horizon", time)?;
    let total = one + other;
    let any = survival::probability(total * time);
    if total <= 0.0 {
        return Ok(First { one: 0.0, other: 0.0, neither: 1.0 });
    }
    Ok(First { one: one / total * any, other: other / total * any, neither: (-total * time).exp() })
}

/// Two countries on the same trips: cumulated intensity of trips, and what a trip includes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SharedTrips {
    /// Cumulated intensity of trips until the deadline.
    pub trips: f64,
    /// Probability that a trip includes the first country.
    pub first: f64,
    /// Probability that it includes the second.
    pub second: f64,
    /// Probability that it includes both.
    pub both: f64,
}

/// Joint states of two events; they sum to one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Joint {
    /// Both happen.
    pub both: f64,
    /// Only the first.
    pub only_first: f64,
    /// Only the second.
    pub only_second: f64,
    /// Neither.
    pub neither: f64,
}

impl SharedTrips {
    /// The joint states: `P(neither) = e^(-L (f + s - b))`, `P(not first) = e^(-L f)`.
    ///
    /// # Errors
    /// [`InputError`] for a negative intensity, for shares that are no probabilities, or for a share
    /// of both that the single shares do not allow.
    pub fn joint(self) -> Result<Joint, InputError> {
        input::not_negative("the cumulated intensity of trips", self.trips)?;
        let (first, second) = (
            input::probability("the share of trips to the first country", self.first)?,
            input::probability("the share of trips to the second country", self.second)?,
        );
        let possible =
            self.both <= first.min(second) && self.both >= (first + second - 1.0).max(0.0);
        let what = "the share of trips to both countries";
        input::check(what, self.both, possible, "possible given the single shares")?;
        // Three independent kinds of trips; every state is a sum of products of what they do.
        let none = |share: f64| (-self.trips * share).exp();
        let some = |share: f64| survival::probability(self.trips * share);
        let (alone_first, alone_second) =
            ((first - self.both).max(0.0), (second - self.both).max(0.0));
        let without = none(self.both);
        Ok(Joint {
            both: some(self.both) + without * some(alone_first) * some(alone_second),
            only_first: without * some(alone_first) * none(alone_second),
            only_second: without * none(alone_first) * some(alone_second),
            neither: without * none(alone_first) * none(alone_second),
        })
    }
}

impl Joint {
    /// The first event.
    #[must_use]
    pub fn first(&self) -> f64 {
        self.both + self.only_first
    }

    /// The second event.
    #[must_use]
    pub fn second(&self) -> f64 {
        self.both + self.only_second
    }

    /// At least one of them.
    #[must_use]
    pub fn either(&self) -> f64 {
        self.both + self.only_first + self.only_second
    }

    /// Correlation of the two; zero where one of them is certain.
    #[must_use]
    pub fn correlation(&self) -> f64 {
        let (first, second) = (self.first(), self.second());
        let spread = first * (1.0 - first) * second * (1.0 - second);
        if spread <= 0.0 {
            return 0.0;
        }
        // P(both) P(neither) - P(only first) P(only second) is the covariance.
        (self.both * self.neither - self.only_first * self.only_second) / spread.sqrt()
    }
}

/// Which country is next: probabilities of exclusive outcomes, with "none" said aloud.
#[derive(Debug, Clone, PartialEq)]
pub struct Next {
    /// One for each cause, in the order given.
    pub each: Vec<f64>,
    /// None of them by the deadline.
    pub none: f64,
}

/// Splits `1 - e^-L` in the proportion of the cumulated intensities `shares` (each country's part of
/// `L = sum`).
///
/// # Errors
/// [`InputError`] for a negative intensity or a sum that is not finite.
pub fn which_next(shares: &[f64]) -> Result<Next, InputError> {
    for &share in shares {
        input::not_negative("the cumulated intensity of a country", share)?;
    }
    let total = input::not_negative("the cumulated intensity", shares.iter().sum())?;
    let per_unit = if total > 0.0 { survival::probability(total) / total } else { 1.0 };
    let each = shares.iter().map(|share| share * per_unit).collect();
    Ok(Next { each, none: (-total).exp() })
}

/// Which of several independent events comes first, from their survival along one grid of instants:
/// `survivals[i][k]` is the probability that event `i` has not happened by instant `k`, the first being
/// now. Within a cell the intensities keep their proportion ([`which_next`]), so that the first-of
/// probabilities and "none" sum to one however coarse the grid is:
/// `P(i first) = integral of h_i S_i prod S_j`.
///
/// # Errors
/// [`InputError`] for a survival that is not in `(0, 1]` or that rises.
pub fn first_along(survivals: &[Vec<f64>]) -> Result<Next, InputError> {
    let cells = survivals.iter().map(Vec::len).min().unwrap_or(0).saturating_sub(1);
    let mut each = vec![0.0; survivals.len()];
    let mut none = 1.0;
    for cell in 0..cells {
        let mut intensities = Vec::with_capacity(survivals.len());
        for survival in survivals {
            let (before, after) = (survival[cell], survival[cell + 1]);
            let falls = 0.0 < after && after <= before && before <= 1.0;
            input::check("a survival", after, falls, "above 0 and not above the one before it")?;
            intensities.push((before / after).ln());
        }
        let next = which_next(&intensities)?;
        each.iter_mut().zip(next.each).for_each(|(sum, p)| *sum += none * p);
        none *= next.none;
    }
    Ok(Next { each, none })
}

/// Prices of exclusive outcomes as a distribution: what they leave is "none"; what they have too much
/// is taken from each in proportion.
///
/// # Errors
/// [`InputError`] for a value that is no probability.
pub fn exclusive(each: &[f64]) -> Result<Next, InputError> {
    for &p in each {
        input::probability("the probability of an exclusive outcome", p)?;
    }
    let sum: f64 = each.iter().sum();
    if sum <= 1.0 {
        return Ok(Next { each: each.to_vec(), none: 1.0 - sum });
    }
    Ok(Next { each: each.iter().map(|p| p / sum).collect(), none: 0.0 })
}

/// How many of several independent events happen: entry `k` is `P(exactly k)` (Poisson-binomial, by
/// convolution; nothing is subtracted but each `1 - p`).
///
/// # Errors
/// [`InputError`] for a value that is no probability.
pub fn counts(probabilities: &[f64]) -> Result<Vec<f64>, InputError> {
    let mut distribution = Vec::with_capacity(probabilities.len() + 1);
    distribution.push(1.0);
    for &p in probabilities {
        input::probability("the probability of an event", p)?;
        distribution.push(0.0);
        for k in (0..distribution.len()).rev() {
            let fewer = k.checked_sub(1).map_or(0.0, |below| distribution[below]);
            distribution[k] = distribution[k] * (1.0 - p) + fewer * p;
        }
    }
    Ok(distribution)
}

/// `P(at least k)` from a distribution of counts.
#[must_use]
pub fn at_least(counts: &[f64], k: usize) -> f64 {
    // Smallest first.
    counts.iter().skip(k).rev().sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn t1_7_which_of_two_comes_first() {
        let first = first_of(0.25, 0.9, 1.0).unwrap();
        assert!((first.one - 0.148_557_224).abs() < 1e-9);
        assert!((1.0 - first.neither - 0.683_363_231).abs() < 1e-9);
        assert!((first.one + first.other + first.neither - 1.0).abs() < 1e-12);
        assert!((first_of(0.0, 0.0, 1.0).unwrap().neither - 1.0).abs() < 1e-15);
        assert!(first_of(-0.1, 0.2, 1.0).is_err());
    }

    /// T1.7 again, from the survival curves: the grid does not matter.
    #[test]
    fn t1_7_along_survival_curves() {
        for cells in [1_u32, 7, 50] {
            let curve = |rate: f64| {
                let at = |cell: u32| (-rate * f64::from(cell) / f64::from(cells)).exp();
                (0..=cells).map(at).collect::<Vec<f64>>()
            };
            let next = first_along(&[curve(0.25), curve(0.9)]).unwrap();
            assert!((next.each[0] - 0.148_557_224).abs() < 1e-9, "{cells}");
            assert!((1.0 - next.none - 0.683_363_231).abs() < 1e-9, "{cells}");
        }
        assert!(first_along(&[vec![0.5, 0.6]]).is_err());
        assert!((first_along(&[]).unwrap().none - 1.0).abs() < 1e-15);
    }

    #[test]
    fn t1_8b_shared_trips() {
        let trips = SharedTrips { trips: 1.2, first: 0.35, second: 0.30, both: 0.20 };
        let joint = trips.joint().unwrap();
        assert!((joint.first() - 0.342_953_180).abs() < 1e-9);
        assert!((joint.second() - 0.302_323_674).abs() < 1e-9);
        assert!((joint.both - 0.228_025_106).abs() < 1e-9);
        assert!((joint.either() - 0.417_251_748).abs() < 1e-9);
        assert!((joint.correlation() - 0.570_348_158).abs() < 1e-9);
        assert!(SharedTrips { both: 0.31, ..trips }.joint().is_err());
        assert!(SharedTrips { first: 0.9, second: 0.9, both: 0.2, ..trips }.joint().is_err());
    }

    #[test]
    fn counts_of_equal_events_are_binomial() {
        let distribution = counts(&[0.3; 4]).unwrap();
        for (k, choose) in [1.0, 4.0, 6.0, 4.0, 1.0].into_iter().enumerate() {
            let exponent = i32::try_from(k).unwrap();
            let expected = choose * 0.3_f64.powi(exponent) * 0.7_f64.powi(4 - exponent);
            assert!((distribution[k] - expected).abs() < 1e-15, "{k}");
        }
        assert!((at_least(&distribution, 1) - (1.0 - 0.7_f64.powi(4))).abs() < 1e-15);
        assert!(at_least(&distribution, 5).abs() < 1e-15);
        assert!(counts(&[0.5, 1.5]).is_err());
    }

    #[test]
    fn too_much_probability_is_shared_out() {
        let next = exclusive(&[0.7, 0.7]).unwrap();
        assert!((next.each[0] - 0.5).abs() < 1e-15 && next.none.abs() < 1e-15);
        let next = exclusive(&[0.2, 0.3]).unwrap();
        assert!((next.none - 0.5).abs() < 1e-15);
        assert!(exclusive(&[f64::NAN]).is_err());
    }

    proptest! {
        /// The joint states are a distribution with the marginals of the single countries.
        #[test]
        fn joint_states_are_a_distribution(
            trips in 0.0..10.0_f64, first in 0.0..1.0_f64, second in 0.0..1.0_f64,
            share in 0.0..1.0_f64
        ) {
            let (least, most) = ((first + second - 1.0).max(0.0), first.min(second));
            let both = (least + share * (most - least)).clamp(least, most);
            let joint = SharedTrips { trips, first, second, both }.joint().unwrap();
            let all = [joint.both, joint.only_first, joint.only_second, joint.neither];
            prop_assert!(all.iter().all(|&p| p >= 0.0));
            prop_assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            prop_assert!((joint.first() - survival::probability(trips * first)).abs() < 1e-12);
            prop_assert!((joint.second() - survival::probability(trips * second)).abs() < 1e-12);
            prop_assert!(joint.correlation().abs() <= 1.0 + 1e-9);
        }

        /// Exclusive outcomes and "none" sum to one.
        #[test]
        fn next_is_a_distribution(shares in proptest::collection::vec(0.0..3.0_f64, 0..8)) {
            let next = which_next(&shares).unwrap();
            let sum = next.each.iter().sum::<f64>() + next.none;
            prop_assert!((sum - 1.0).abs() < 1e-12);
        }

        /// Counts are a distribution with the mean of the events, in any order of them.
        #[test]
        fn counts_have_the_right_mean(ps in proptest::collection::vec(0.0..1.0_f64, 0..12)) {
            let distribution = counts(&ps).unwrap();
            prop_assert!((distribution.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let mean: f64 = (1..distribution.len()).map(|k| at_least(&distribution, k)).sum();
            prop_assert!((mean - ps.iter().sum::<f64>()).abs() < 1e-11);
            let reversed: Vec<f64> = ps.iter().rev().copied().collect();
            for (left, right) in distribution.iter().zip(counts(&reversed).unwrap()) {
                prop_assert!((left - right).abs() < 1e-13);
            }
        }
    }
}
