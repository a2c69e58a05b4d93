//! Deadlines of one event: a later one is never less likely (model.md 8). Where given probabilities
//! break that, the breach is shown, and the nearest ladder that keeps it can be taken instead.

use crate::input::{self, InputError};

/// One deadline's probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rung<T> {
    /// The deadline, in any ordered unit.
    pub deadline: T,
    /// Probability of the event before it.
    pub probability: f64,
    /// How much this probability counts in the projection (its precision); above zero.
    pub weight: f64,
}

/// A later deadline that is less likely than an earlier one: with executable prices, an arbitrage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Breach {
    /// Place of the earlier rung in the ladder.
    pub earlier: usize,
    /// Place of the later rung.
    pub later: usize,
    /// By how much the earlier one is dearer; above zero.
    pub by: f64,
}

/// Every neighbouring pair that breaks the order by more than `tolerance`.
///
/// # Errors
/// [`InputError`] for values that are no probabilities, for a negative tolerance, or for deadlines
/// that do not ascend.
pub fn breaches<T: PartialOrd>(
    ladder: &[Rung<T>],
    tolerance: f64,
) -> Result<Vec<Breach>, InputError> {
    checked(ladder)?;
    input::not_negative("the tolerance of a ladder", tolerance)?;
    let pairs = ladder.windows(2).enumerate();
    Ok(pairs
        .filter_map(|(earlier, pair)| {
            let by = pair[0].probability - pair[1].probability;
            (by > tolerance).then_some(Breach { earlier, later: earlier + 1, by })
        })
        .collect())
}

/// The monotone ladder nearest in weighted squares (isotonic regression by pooling adjacent
/// violators). A ladder that is monotone already is returned bit for bit.
///
/// # Errors
/// As [`breaches`], and for a weight that is not above zero.
pub fn projected<T: PartialOrd>(ladder: &[Rung<T>]) -> Result<Vec<f64>, InputError> {
    checked(ladder)?;
    // Blocks of equal value: mean, weight, length.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::with_capacity(ladder.len());
    for rung in ladder {
        let mut block = (rung.probability, input::positive("a weight", rung.weight)?, 1);
        while let Some(&(mean, weight, length)) = blocks.last() {
            if mean <= block.0 {
                break;
            }
            blocks.pop();
            let total = weight + block.1;
            // A convex combination: stays between the two.
            block = (mean + (block.0 - mean) * (block.1 / total), total, length + block.2);
        }
        blocks.push(block);
    }
    let values = blocks.iter().flat_map(|&(mean, _, length)| std::iter::repeat_n(mean, length));
    Ok(values.collect())
}

fn checked<T: PartialOrd>(ladder: &[Rung<T>]) -> Result<(), InputError> {
    for rung in ladder {
        input::probability("the probability of a deadline", rung.probability)?;
    }
    let mut place = 1.0;
    for pair in ladder.windows(2) {
        let ascending = pair[0].deadline < pair[1].deadline;
        let what = "the place of a deadline that is not after the one before it";
        input::check(what, place, ascending, "nowhere: deadlines ascend, each once")?;
        place += 1.0;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ladder(probabilities: &[f64]) -> Vec<Rung<usize>> {
        let rung = |(deadline, &probability)| Rung { deadline, probability, weight: 1.0 };
        probabilities.iter().enumerate().map(rung).collect()
    }

    #[test]
    fn a_breach_is_named() {
        let found = breaches(&ladder(&[0.1, 0.3, 0.25, 0.4]), 1e-9).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].earlier, found[0].later), (1, 2));
        assert!((found[0].by - 0.05).abs() < 1e-12);
        assert!(breaches(&ladder(&[0.1, 0.3, 0.25]), 0.06).unwrap().is_empty());
    }

    #[test]
    fn violators_are_pooled() {
        let projected = projected(&ladder(&[0.1, 0.3, 0.25, 0.4])).unwrap();
        for (got, expected) in projected.iter().zip([0.1, 0.275, 0.275, 0.4]) {
            assert!((got - expected).abs() < 1e-12);
        }
        // A block that swallows the one before it.
        let projected = super::projected(&ladder(&[0.2, 0.5, 0.4, 0.0])).unwrap();
        for (got, expected) in projected.iter().zip([0.2, 0.3, 0.3, 0.3]) {
            assert!((got - expected).abs() < 1e-12, "{projected:?}");
        }
    }

    #[test]
    fn weights_pull() {
        let mut rungs = ladder(&[0.4, 0.2]);
        rungs[0].weight = 3.0;
        assert!((projected(&rungs).unwrap()[0] - 0.35).abs() < 1e-12);
        rungs[0].weight = 0.0;
        assert!(projected(&rungs).is_err());
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(breaches(&ladder(&[0.1, 1.3]), 0.0).is_err());
        let twice = [
            Rung { deadline: 1, probability: 0.1, weight: 1.0 },
            Rung { deadline: 1, probability: 0.2, weight: 1.0 },
        ];
        assert!(breaches(&twice, 0.0).is_err());
        assert!(projected(&twice).is_err());
    }

    proptest! {
        /// The projection is monotone, keeps the mean, leaves the monotone alone, and no monotone
        /// ladder is nearer.
        #[test]
        fn the_projection_is_the_nearest_monotone_ladder(
            ps in proptest::collection::vec(0.0..1.0_f64, 1..10),
            other in proptest::collection::vec(0.0..1.0_f64, 10)
        ) {
            let best = projected(&ladder(&ps)).unwrap();
            prop_assert!(best.windows(2).all(|pair| pair[0] <= pair[1]));
            let gap = best.iter().sum::<f64>() - ps.iter().sum::<f64>();
            prop_assert!(gap.abs() < 1e-12);
            prop_assert!(breaches(&ladder(&best), 0.0).unwrap().is_empty());
            prop_assert_eq!(&projected(&ladder(&best)).unwrap(), &best);
            let mut rival = other[..ps.len()].to_vec();
            rival.sort_by(f64::total_cmp);
            let squares = |values: &[f64]| -> f64 {
                values.iter().zip(&ps).map(|(value, p)| (value - p).powi(2)).sum()
            };
            prop_assert!(squares(&best) <= squares(&rival) + 1e-12);
        }
    }
}
