use proptest::prelude::*;

use super::*;
use crate::decision::kelly::optimal_change;

fn joint(first: f64, second: f64, both: f64) -> Joint {
    Joint {
        both,
        only_first: first - both,
        only_second: second - both,
        neither: 1.0 - first - second + both,
    }
}

fn best(portfolio: Result<Portfolio, PortfolioError>) -> Optimum {
    portfolio.unwrap().optimum().unwrap()
}

fn close(left: &[f64], right: &[f64], within: f64) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(l, r)| (l - r).abs() <= within)
}

/// Even-money coins: one unit won or lost.
fn coins(states: &[f64], signs: &[Vec<f64>]) -> Optimum {
    best(Portfolio::new(states, &vec![1.0; states.len()], signs))
}

const COSTS: [f64; 2] = [0.35, 0.33];

#[test]
fn t5_5_two_contracts() {
    let together = best(Portfolio::of_joint(&joint(0.42, 0.40, 0.28), 1.0, COSTS));
    assert!(close(&together.contracts, &[0.208_423_281, 0.219_698_369], 1e-6), "{together:?}");
    assert!((together.growth - 0.014_547_446).abs() < 1e-9, "{together:?}");
    let apart = best(Portfolio::of_joint(&joint(0.42, 0.40, 0.168), 1.0, COSTS));
    assert!(close(&apart.contracts, &[0.302_093_263, 0.311_002_753], 1e-6), "{apart:?}");
    assert!((apart.growth - 0.021_028_539).abs() < 1e-9);
    for (p, c, expected) in [(0.42, 0.35, 0.307_692_308), (0.40, 0.33, 0.316_598_824)] {
        let alone = best(Portfolio::of_yes(&[p, 1.0 - p], 1.0, &[c], |state, _| state == 0));
        assert!(close(&alone.contracts, &[expected], 1e-9));
        assert!((optimal_change(p, 1.0, 1.0, c) - expected).abs() < 1e-9);
    }
}

/// Joint states of two contracts that are independent given the parameters.
fn mixed(parts: &[(f64, f64, f64)]) -> Joint {
    let sum = |state: fn(f64, f64) -> f64| {
        parts.iter().map(|&(weight, first, second)| weight * state(first, second)).sum()
    };
    Joint {
        both: sum(|first, second| first * second),
        only_first: sum(|first, second| first * (1.0 - second)),
        only_second: sum(|first, second| (1.0 - first) * second),
        neither: sum(|first, second| (1.0 - first) * (1.0 - second)),
    }
}

#[test]
fn t5_5m_a_mixture_of_parameters() {
    let joint = mixed(&[(0.6, 0.50, 0.48), (0.4, 0.30, 0.28)]);
    assert!((joint.first() - 0.42).abs() < 1e-12 && (joint.second() - 0.40).abs() < 1e-12);
    let sizes = best(Portfolio::of_joint(&joint, 1.0, COSTS));
    assert!(close(&sizes.contracts, &[0.291_591_590, 0.300_524_490], 1e-6), "{sizes:?}");
    assert!((sizes.growth - 0.020_275_188).abs() < 1e-9);
}

#[test]
fn t5_5x_exclusive_outcomes() {
    let (p, c) = ([0.5, 0.3, 0.2], [0.42, 0.31, 0.30]);
    let closed = exclusive(&p, &c).unwrap();
    assert!((closed.cash - 0.740_740_741).abs() < 1e-9);
    assert!(close(&closed.contracts, &[0.449_735_450, 0.227_001_195, 0.0], 1e-9), "{closed:?}");
    assert!((closed.growth - 0.017_318_828).abs() < 1e-9);
    let ascent = best(Portfolio::of_yes(&p, 1.0, &c, |state, contract| state == contract));
    assert!(close(&ascent.contracts, &closed.contracts, 1e-6), "{ascent:?}");
    assert!((ascent.growth - closed.growth).abs() < 1e-9);
}

#[test]
fn t5_5t_coins() {
    let p = 0.53;
    let one = coins(&[p, 1.0 - p], &[vec![1.0, -1.0]]);
    assert!((one.contracts[0] - 0.06).abs() < 1e-9);
    assert!((one.growth - 0.001_801_082).abs() < 1e-9);
    let signs = [vec![1.0, 1.0, -1.0, -1.0], vec![1.0, -1.0, 1.0, -1.0]];
    let q = 1.0 - p;
    let two = coins(&[p * p, p * q, q * p, q * q], &signs);
    assert!(close(&two.contracts, &[0.059_784_775; 2], 1e-6), "{two:?}");
    let m = 0.06_f64;
    assert!((m / (1.0 + m * m) - 0.059_784_775).abs() < 1e-9);
    for (a, b) in [(0.40, 0.34), (0.30, 0.24), (0.50, 0.44)] {
        let split = (1.0 - a - b) / 2.0;
        let tied = coins(&[a, split, split, b], &signs);
        let expected = (a - b) / (2.0 * (a + b));
        assert!(close(&tied.contracts, &[expected; 2], 1e-6), "{a}: {tied:?}");
    }
}

#[test]
fn baker_mchale_shrinkage() {
    let k = shrinkage(0.42, 0.345_477, 0.08).unwrap();
    assert!((k - 0.464_599_912).abs() < 1e-9);
    assert!((shrinkage(0.42, 0.35, 0.0).unwrap() - 1.0).abs() < 1e-15);
    assert!(shrinkage(0.42, 0.42, 0.0).unwrap().abs() < 1e-15);
    assert!(shrinkage(0.42, 0.35, -0.1).is_err());
}

#[test]
fn nonsense_is_refused() {
    let fine = [0.4, 0.6];
    let unbounded = Portfolio::new(&fine, &[1.0, 1.0], &[vec![0.5, 0.1]]).unwrap().optimum();
    assert_eq!(unbounded, Err(PortfolioError::Unbounded { contract: 0 }));
    assert!(Portfolio::new(&[0.4, 0.4], &[1.0, 1.0], &[]).is_err());
    assert!(Portfolio::new(&fine, &[1.0, 0.0], &[]).is_err());
    assert!(Portfolio::new(&fine, &[1.0], &[]).is_err());
    assert!(Portfolio::new(&fine, &[1.0, 1.0], &[vec![0.5]]).is_err());
    assert!(Portfolio::new(&fine, &[1.0, 1.0], &[vec![0.5, f64::NAN]]).is_err());
    assert!(Portfolio::of_yes(&fine, 1.0, &[1.0], |state, _| state == 0).is_err());
    assert!(exclusive(&[0.7, 0.7], &[0.3, 0.3]).is_err());
    assert!(exclusive(&[0.7], &[0.3, 0.3]).is_err());
    assert!(exclusive(&[0.7], &[0.0]).is_err());
}

#[test]
fn both_sides_of_one_market_are_never_bought_together() {
    // YES and NO of one market, which cost more than a dollar together.
    let gains = [vec![0.65, -0.35], vec![-0.67, 0.33]];
    let sizes = best(Portfolio::new(&[0.42, 0.58], &[1.0, 1.0], &gains));
    assert!(sizes.contracts[0] > 0.0 && sizes.contracts[1].abs() < 1e-9, "{sizes:?}");
}

/// The same event on two venues, one a cent dearer: everything goes to the cheaper one, whichever is
/// named first, however little sets them apart.
#[test]
fn twins_settle_on_the_cheaper_one() {
    for gap in [0.01, 1e-3, 1e-4] {
        let (cheap, dear) = (vec![0.65, -0.35], vec![0.65 - gap, -0.35 - gap]);
        let alone = best(Portfolio::new(&[0.42, 0.58], &[1.0; 2], std::slice::from_ref(&cheap)));
        let sizes = best(Portfolio::new(&[0.42, 0.58], &[1.0; 2], &[dear, cheap]));
        assert!(close(&sizes.contracts, &[0.0, alone.contracts[0]], 1e-6), "{gap}: {sizes:?}");
    }
}

/// Two contracts that nearly always win together.
#[test]
fn nearly_the_same_contracts_settle() {
    let joint = joint(0.42, 0.415, 0.414);
    let one = best(Portfolio::of_joint(&joint, 1.0, [0.35, 0.345]));
    let swapped = Joint { only_first: joint.only_second, only_second: joint.only_first, ..joint };
    let other = best(Portfolio::of_joint(&swapped, 1.0, [0.345, 0.35]));
    assert!(close(&one.contracts, &[other.contracts[1], other.contracts[0]], 1e-6));
    assert!((one.growth - other.growth).abs() < 1e-12);
}

#[test]
fn exclusive_outcomes_that_leave_nothing_need_no_cash() {
    // Probabilities sum to one, costs to less: buy everything in proportion to belief.
    let all = exclusive(&[0.6, 0.4], &[0.5, 0.45]).unwrap();
    assert!(all.cash.abs() < 1e-12);
    assert!(close(&all.contracts, &[1.2, 0.4 / 0.45], 1e-12), "{all:?}");
    assert!(all.growth > 0.0 && all.growth.is_finite());
}

proptest! {
    /// One contract: the closed form of two-price Kelly, whatever is held already.
    #[test]
    fn one_contract_is_two_price_kelly(
        p in 0.02..0.98_f64, no in 10.0..1000.0_f64, yes in 10.0..1000.0_f64, c in 0.02..0.98_f64
    ) {
        let gains = [vec![1.0 - c, -c]];
        let sizes = best(Portfolio::new(&[p, 1.0 - p], &[yes, no], &gains));
        let expected = optimal_change(p, no, yes, c).max(0.0);
        prop_assert!((sizes.contracts[0] - expected).abs() < 1e-7 * yes.max(no) / c.min(1.0 - c));
    }

    /// For one contract only the mean of `p` matters: a spread of the same mean changes nothing.
    #[test]
    fn only_the_mean_matters_for_one_contract(
        p in 0.2..0.8_f64, spread in 0.0..0.2_f64, c in 0.1..0.9_f64
    ) {
        let gains = vec![1.0 - c, -c];
        let sure = best(Portfolio::new(&[p, 1.0 - p], &[1.0; 2], &[gains]));
        let (high, low) = (p + spread, p - spread);
        let states = [high / 2.0, (1.0 - high) / 2.0, low / 2.0, (1.0 - low) / 2.0];
        let gains = vec![1.0 - c, -c, 1.0 - c, -c];
        let unsure = best(Portfolio::new(&states, &[1.0; 4], &[gains]));
        prop_assert!(close(&sure.contracts, &unsure.contracts, 1e-9));
    }

    /// Wealth times k is sizes times k; the order of contracts is nothing; no small change of the
    /// sizes grows faster.
    #[test]
    fn optimum_laws(
        first in 0.1..0.9_f64, second in 0.1..0.9_f64, share in 0.1..0.9_f64,
        costs in proptest::array::uniform2(0.1..0.9_f64), k in 0.5..5.0_f64
    ) {
        let (least, most) = ((first + second - 1.0).max(0.0), first.min(second));
        let joint = joint(first, second, least + share * (most - least));
        let one = best(Portfolio::of_joint(&joint, 1.0, costs));
        let many = best(Portfolio::of_joint(&joint, k, costs));
        let scaled: Vec<f64> = one.contracts.iter().map(|n| n * k).collect();
        prop_assert!(close(&many.contracts, &scaled, 1e-6 * k));
        let swapped = Joint {
            only_first: joint.only_second, only_second: joint.only_first, ..joint
        };
        let other = best(Portfolio::of_joint(&swapped, 1.0, [costs[1], costs[0]]));
        prop_assert!(close(&[other.contracts[1], other.contracts[0]], &one.contracts, 1e-6));
        let portfolio = Portfolio::of_joint(&joint, 1.0, costs).unwrap();
        for (contract, step) in [(0, 1e-3), (0, -1e-3), (1, 1e-3), (1, -1e-3)] {
            let mut sizes = one.contracts.clone();
            sizes[contract] += step;
            let wealth: Vec<f64> = (0..portfolio.wealth.len())
                .map(|state| {
                    let gains = portfolio.contracts.iter().zip(&sizes);
                    1.0 + gains.map(|(gain, n)| gain[state] * n).sum::<f64>()
                })
                .collect();
            let allowed = sizes.iter().all(|&n| n >= 0.0) && wealth.iter().all(|&w| w > 0.0);
            if allowed {
                prop_assert!(portfolio.growth(&wealth) <= one.growth + 1e-10);
            }
        }
    }

    /// The closed form for exclusive outcomes is what the ascent finds.
    #[test]
    fn exclusive_is_the_ascent(
        weights in proptest::array::uniform3(0.05..1.0_f64), left in 0.05..1.0_f64,
        costs in proptest::array::uniform3(0.05..0.9_f64)
    ) {
        let sum: f64 = weights.iter().sum::<f64>() + left;
        let p = weights.map(|weight| weight / sum);
        let closed = exclusive(&p, &costs).unwrap();
        let states = [p[0], p[1], p[2], left / sum];
        let ascent = best(Portfolio::of_yes(&states, 1.0, &costs, |s, contract| s == contract));
        prop_assert!(close(&ascent.contracts, &closed.contracts, 1e-5), "{closed:?} {ascent:?}");
        prop_assert!((ascent.growth - closed.growth).abs() < 1e-9);
    }

    /// Shrinkage is a share, and falls with uncertainty.
    #[test]
    fn shrinkage_is_a_share(p in 0.0..1.0_f64, c in 0.0..1.0_f64, sd in 0.0..1.0_f64) {
        let k = shrinkage(p, c, sd).unwrap();
        prop_assert!((0.0..=1.0).contains(&k));
        prop_assert!(shrinkage(p, c, sd + 0.1).unwrap() <= k);
    }
}
