use proptest::prelude::*;

use super::*;
use crate::model::frailty;
use crate::model::uncertainty::LogNormal;

const SEED: u64 = 20_260_101;

fn stream(name: &str) -> Seed {
    Seed::of(SEED, name)
}

fn moments(count: u64, mut value: impl FnMut(&mut Numbers) -> f64) -> (f64, f64) {
    let seed = stream("moments");
    let (mut sum, mut squares) = (0.0, 0.0);
    for index in 0..count {
        let x = value(&mut seed.draw(index));
        sum += x;
        squares += x * x;
    }
    #[expect(clippy::cast_precision_loss, reason = "small")]
    let n = count as f64;
    (sum / n, squares / n - (sum / n).powi(2))
}

#[test]
fn the_generator_is_the_published_one() {
    // First outputs of SplitMix64 seeded with 1234567, as its reference implementation prints them.
    let mut numbers = Numbers(1_234_567);
    let expected: [u64; 3] =
        [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
    assert_eq!([numbers.bits(), numbers.bits(), numbers.bits()], expected);
}

#[test]
fn quantiles_of_the_normal() {
    // To the last digits of an independent implementation.
    let table = [
        (1e-300, -37.047_096_299_361_2),
        (1e-16, -8.222_082_216_130_435),
        (1e-10, -6.361_340_902_404_056),
        (1e-4, -3.719_016_485_455_68),
        (0.01, -2.326_347_874_040_840_8),
        (0.05, -1.644_853_626_951_472_6),
        (0.3, -0.524_400_512_708_040_7),
        (0.5, 0.0),
        (0.6, 0.253_347_103_135_799_8),
        (0.975, 1.959_963_984_540_053_6),
    ];
    for (p, expected) in table {
        let z = inverse_normal(p).unwrap();
        assert!((z - expected).abs() <= 1e-14 * (1.0 + f64::abs(expected)), "{p}: {z}");
    }
    for outside in [0.0, 1.0, -0.1, f64::NAN] {
        assert!(inverse_normal(outside).is_err());
    }
}

#[test]
fn moments_are_those_of_the_distributions() {
    let n = 20_000;
    let (mean, variance) = moments(n, Numbers::uniform);
    assert!((mean - 0.5).abs() < 0.01 && (variance - 1.0 / 12.0).abs() < 0.003);
    let (mean, variance) = moments(n, Numbers::normal);
    assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05);
    for shape in [0.3, 1.0, 4.0, 50.0] {
        let (mean, variance) = moments(n, |numbers| numbers.gamma(shape).unwrap());
        let error = 4.0 * (shape / 20_000.0_f64).sqrt();
        assert!((mean - shape).abs() < error, "{shape}: {mean}");
        assert!((variance / shape - 1.0).abs() < 0.15, "{shape}: {variance}");
    }
    let (alpha, beta) = (1.5, 6.0);
    let (mean, variance) = moments(n, |numbers| numbers.beta(alpha, beta).unwrap());
    let expected = alpha * beta / ((alpha + beta).powi(2) * (alpha + beta + 1.0));
    assert!((mean - 0.2).abs() < 0.004 && (variance / expected - 1.0).abs() < 0.06);
}

#[test]
fn draws_agree_with_quadrature_within_their_error() {
    let log_normal = LogNormal { mean: 0.3_f64.ln(), variance: 0.25 };
    let draws = Draws::of::<InputError>(DRAWS, stream("quadrature"), |numbers| {
        Ok(log_normal_probability(numbers, log_normal.mean, 0.5))
    })
    .unwrap();
    let summary = draws.summary().unwrap();
    // sd of P is 0.113: four standard errors of the mean are 0.0101, of the tail quantiles somewhat more.
    assert!((summary.mean - log_normal.mean_probability()).abs() < 0.0101, "{summary:?}");
    for (drawn, z) in [(summary.q05, -1.645), (summary.q50, 0.0), (summary.q95, 1.645)] {
        assert!((drawn - log_normal.quantile(z)).abs() < 0.025, "{summary:?}");
    }
    assert!((summary.sd_logit - log_normal.sd_logit()).abs() < 0.04, "{summary:?}");
}

#[test]
fn t1_8_windows_by_draws() {
    // The window rows of the worked example: mean .2662 [.1926, .2525, .3868] with a certain mass.
    let (mean, sd) =
        (-1.9528 + 0.17 + 0.75_f64.ln(), (0.2696_f64.powi(2) + 0.0625 + 0.1944).sqrt());
    let rows = [(0.20, [0.2662, 0.1926, 0.2525, 0.3868]), (0.42, [0.4109, 0.3518, 0.3999, 0.5077])];
    for (include, expected) in rows {
        let draws = Draws::of::<InputError>(DRAWS, stream("window"), |numbers| {
            let none = 1.0 - log_normal_probability(numbers, mean, sd);
            Ok(1.0 - none * (1.0 - 0.76 * include))
        });
        let summary = draws.unwrap().summary().unwrap();
        let got = [summary.mean, summary.q05, summary.q50, summary.q95];
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < 0.01, "{summary:?}");
        }
        // And exactly, at the quantiles of the one thing that is uncertain.
        for (z, expected) in [(0.05, expected[1]), (0.5, expected[2]), (0.95, expected[3])] {
            let z = inverse_normal(z).unwrap();
            let none = 1.0 - survival::probability((mean + z * sd).exp());
            let p = 1.0 - none * (1.0 - 0.76 * include);
            assert!((p - expected).abs() < 1e-4, "{p} {expected}");
        }
    }
}

#[test]
fn uncertain_windows_have_the_product_of_their_means() {
    let (attend, include) = ((20.5, 6.5), (1.5, 6.0));
    let draws = Draws::of::<InputError>(DRAWS, stream("betas"), |numbers| {
        Ok(numbers.beta(attend.0, attend.1)? * numbers.beta(include.0, include.1)?)
    });
    let mean = 20.5 / 27.0 * 1.5 / 7.5;
    assert!((draws.unwrap().mean() - mean).abs() < 0.012);
}

#[test]
fn a_gamma_factor_is_the_frailty_formula() {
    let (cumulated, theta) = (0.3, 0.5);
    let draws = Draws::of::<InputError>(4 * DRAWS, stream("frailty"), |numbers| {
        let factor = theta * numbers.gamma(1.0 / theta)?;
        Ok(survival::probability(cumulated * factor))
    });
    let exact = frailty::probability(cumulated, theta).unwrap();
    assert!((draws.unwrap().mean() - exact).abs() < 0.008);
}

#[test]
fn equal_seeds_give_equal_bits_and_others_do_not() {
    let drawn = |seed: Seed| {
        let draws = Draws::of::<InputError>(DRAWS, seed, |numbers| {
            let p = log_normal_probability(numbers, -1.2, 0.5);
            Ok(p * numbers.beta(1.5, 6.0)?)
        });
        draws.unwrap().sorted().iter().map(|p| p.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(drawn(stream("a")), drawn(stream("a")));
    assert_ne!(drawn(stream("a")), drawn(stream("b")));
    assert_ne!(drawn(stream("a")), drawn(Seed::of(SEED + 1, "a")));
}

#[test]
fn errors_and_nonsense_do_not_pass() {
    assert!(Draws::from_probabilities(vec![]).is_err());
    assert!(Draws::from_probabilities(vec![0.2, f64::NAN]).is_err());
    assert!(Draws::from_probabilities(vec![1.2]).is_err());
    assert!(Draws::of::<InputError>(10, stream("x"), |numbers| numbers.gamma(-1.0)).is_err());
    let one = Draws::from_probabilities(vec![0.25]).unwrap().summary().unwrap();
    assert!((one.q05 - 0.25).abs() < 1e-15 && (one.q95 - 0.25).abs() < 1e-15);
    assert!(one.sd_logit.abs() < 1e-15);
}

proptest! {
    /// Uniforms stay inside the open interval, and draws do not depend on how many came before.
    #[test]
    fn draws_are_functions_of_their_index(seed in any::<u64>(), index in 0_u64..1_000_000) {
        let stream = Seed::of(seed, "x");
        let mut first = stream.draw(index);
        let u = first.uniform();
        prop_assert!(u > 0.0 && u < 1.0);
        prop_assert_eq!(stream.draw(index).uniform().to_bits(), u.to_bits());
        prop_assert_ne!(stream.draw(index + 1).bits(), stream.draw(index).bits());
    }

    /// Quantiles are ordered and inside what was drawn.
    #[test]
    fn quantiles_are_ordered(
        values in proptest::collection::vec(0.0..1.0_f64, 1..50), low in 0.0..1.0_f64,
        high in 0.0..1.0_f64
    ) {
        let draws = Draws::from_probabilities(values).unwrap();
        let (low, high) = (low.min(high), low.max(high));
        let (left, right) = (draws.quantile(low).unwrap(), draws.quantile(high).unwrap());
        prop_assert!(left <= right + 1e-15);
        prop_assert!(draws.sorted()[0] <= left + 1e-15);
    }

    /// The quantile function is odd and increasing.
    #[test]
    fn normal_quantiles_are_odd_and_rise(p in 1e-12..0.5_f64, more in 1e-9..0.4_f64) {
        let z = inverse_normal(p).unwrap();
        prop_assert!((z + inverse_normal(1.0 - p).unwrap()).abs() < 1e-3 * p.recip().min(1.0));
        let above = (p + more).min(0.999);
        prop_assert!(inverse_normal(above).unwrap() > z);
    }
}
