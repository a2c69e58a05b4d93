//! Laws of the statistics, as properties.
#![allow(clippy::unwrap_used, missing_docs)]

use proptest::prelude::*;
use statecraft_statistics::StatisticsError;
use statecraft_statistics::calibration::{jeffreys, recalibrate, reliability};
use statecraft_statistics::closing_line::{Bought, closing_line};
use statecraft_statistics::fit::{Likelihood, Prior, Row, fit};
use statecraft_statistics::score::{Forecast, bins_between, murphy, quantile_bins, score};
use statecraft_statistics::sharpe::expected_maximum;
use statecraft_statistics::skill::{bootstrap, t_test};
use statecraft_statistics::special::beta_cdf;

fn forecasts(most: usize) -> impl Strategy<Value = Vec<Forecast>> {
    let one = (0.0..=1.0_f64, any::<bool>())
        .prop_map(|(probability, outcome)| Forecast { probability, outcome });
    prop::collection::vec(one, 1..most)
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let one = (1.0..400.0_f64, 1..40_u32, 0..40_u32, 0..2_u8, -2.0..2.0_f64).prop_map(
        |(exposure, rows, events, flag, x)| Row {
            exposure,
            rows: f64::from(rows),
            events: f64::from(events.min(rows)),
            covariates: vec![(0, 1.0), (1, f64::from(flag)), (2, x)],
        },
    );
    prop::collection::vec(one, 0..20)
}

const PRIORS: [Prior; 3] =
    [Prior { mean: -6.0, sd: 2.0 }, Prior { mean: 0.0, sd: 1.0 }, Prior { mean: 0.0, sd: 1.0 }];

proptest! {
    #[test]
    fn murphy_adds_up(forecasts in forecasts(200), count in 1..20_usize) {
        let brier = score(&forecasts).unwrap().brier;
        for bins in [quantile_bins(&forecasts, count), bins_between(&forecasts, &[0.1, 0.5, 0.9])] {
            prop_assert!((murphy(&forecasts, &bins).unwrap().brier() - brier).abs() < 1e-12);
            let counted: u64 =
                reliability(&forecasts, &bins).unwrap().iter().map(|bin| bin.count).sum();
            prop_assert_eq!(counted, forecasts.len() as u64);
        }
    }

    #[test]
    fn the_truth_has_the_best_expected_score(truth in 0.001..0.999_f64, said in 0.001..0.999_f64) {
        let expected = |probability: f64| {
            let yes = score(&[Forecast { probability, outcome: true }]).unwrap();
            let no = score(&[Forecast { probability, outcome: false }]).unwrap();
            (
                truth * yes.brier + (1.0 - truth) * no.brier,
                truth * yes.log + (1.0 - truth) * no.log,
            )
        };
        let (honest, other) = (expected(truth), expected(said));
        prop_assert!(honest.0 <= other.0 + 1e-15 && honest.1 <= other.1 + 1e-15);
        if (truth - said).abs() > 1e-3 {
            prop_assert!(honest.0 < other.0 && honest.1 < other.1);
        }
    }

    #[test]
    fn resampling_does_not_depend_on_order(
        mut values in prop::collection::vec((0..6_u8, -1.0..1.0_f64), 10..60),
        seed: u64,
        turn in 0..60_usize,
    ) {
        values.push((7, 0.5));
        let turned = {
            let mut turned = values.clone();
            let length = turned.len();
            turned.rotate_left(turn % length);
            turned.reverse();
            turned
        };
        prop_assert_eq!(
            bootstrap(values.clone(), 50, 0.9, seed),
            bootstrap(turned.clone(), 50, 0.9, seed)
        );
        prop_assert_eq!(t_test(values), t_test(turned));
    }

    #[test]
    fn a_bootstrap_interval_holds_what_was_drawn(
        values in prop::collection::vec((any::<u8>(), -1.0..1.0_f64), 2..60), seed: u64,
    ) {
        if let Ok(found) = bootstrap(values.clone(), 200, 1.0, seed) {
            let (low, high) = (found.interval.low, found.interval.high);
            let most = values.iter().map(|(_, value)| value.abs()).fold(0.0, f64::max);
            prop_assert!(low <= high && low >= -most - 1e-12 && high <= most + 1e-12);
        }
    }

    #[test]
    fn equal_rows_may_be_given_once(rows in rows()) {
        for likelihood in [Likelihood::Poisson, Likelihood::ComplementaryLogLog] {
            let split: Vec<Row> = rows
                .iter()
                .flat_map(|row| {
                    let (some, none) = (row.events, row.rows - row.events);
                    let part = |rows: f64, events: f64| Row { rows, events, ..row.clone() };
                    [part(some, some), part(none, 0.0)]
                })
                .filter(|row| row.rows > 0.0)
                .collect();
            let (together, apart) =
                (fit(likelihood, &rows, &PRIORS).unwrap(), fit(likelihood, &split, &PRIORS).unwrap());
            for index in 0..3 {
                prop_assert!((together.mean[index] - apart.mean[index]).abs() < 1e-9);
                prop_assert!((together.sd(index) - apart.sd(index)).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_mode_is_a_maximum(rows in rows(), index in 0..3_usize, off in 0.01..1.0_f64, down: bool) {
        // The objective at the mode beats the objective of a fit pinned elsewhere in one parameter.
        for likelihood in [Likelihood::Poisson, Likelihood::ComplementaryLogLog] {
            let free = fit(likelihood, &rows, &PRIORS).unwrap();
            let away = if down { -off } else { off };
            let mut pinned = PRIORS;
            pinned[index] = Prior { mean: free.mean[index] + away, sd: 1e-6 };
            let held = fit(likelihood, &rows, &pinned).unwrap();
            let prior = PRIORS[index];
            let penalty = 0.5 * ((held.mean[index] - prior.mean) / prior.sd).powi(2);
            prop_assert!(held.objective - penalty < free.objective + 1e-9);
            prop_assert!(free.sd(index) <= PRIORS[index].sd * (1.0 + 1e-12));
        }
    }

    #[test]
    fn a_jeffreys_interval_holds_its_level(k in 0..50_u64, more in 0..500_u64) {
        let n = k + more;
        let found = jeffreys(k, n, 0.9).unwrap();
        let (a, b) = (k as f64 + 0.5, more as f64 + 0.5);
        let mass = beta_cdf(found.high, a, b).unwrap() - beta_cdf(found.low, a, b).unwrap();
        prop_assert!((mass - 0.9).abs() < 1e-9);
    }

    #[test]
    fn closing_line_value_is_symmetric(paid in 0.01..0.99_f64, later in 0.01..0.99_f64) {
        let yes = closing_line(Bought::Yes, paid, later, 0.0).unwrap();
        let no = closing_line(Bought::No, paid, later, 0.0).unwrap();
        prop_assert!((yes.log_odds + no.log_odds).abs() < 1e-12);
        let mirrored = closing_line(Bought::No, 1.0 - paid, 1.0 - later, 0.0).unwrap();
        prop_assert!((yes.log_odds - mirrored.log_odds).abs() < 1e-9);
    }

    #[test]
    fn more_trials_promise_more(trials in 2.0..1e6_f64) {
        let some = expected_maximum(trials, 0.01).unwrap();
        prop_assert!(some < expected_maximum(trials * 1.5, 0.01).unwrap());
    }
}

#[test]
fn a_calibrated_forecaster_needs_no_recalibration() {
    // A thousand forecasts that come true exactly as often as they say.
    let forecasts: Vec<Forecast> = [0.1, 0.3, 0.5, 0.8]
        .into_iter()
        .flat_map(|probability| {
            (0..100)
                .map(move |i| Forecast { probability, outcome: f64::from(i) < 100.0 * probability })
        })
        .collect();
    let found = recalibrate(&forecasts).unwrap();
    assert!(found.intercept.abs() < 1e-8 && (found.slope - 1.0).abs() < 1e-8);
}

#[test]
fn what_cannot_be_answered_is_an_error() {
    let one = |probability, outcome| Forecast { probability, outcome };
    assert!(matches!(score(&[]), Err(StatisticsError::TooFew { .. })));
    assert!(matches!(score(&[one(f64::NAN, true)]), Err(StatisticsError::Domain { .. })));
    let apart = [one(0.1, false), one(0.2, false), one(0.7, true), one(0.9, true)];
    assert_eq!(recalibrate(&apart), Err(StatisticsError::Separated));
    assert!(matches!(bootstrap([(1, 0.5)], 10, 0.9, 1), Err(StatisticsError::TooFew { .. })));
    assert!(matches!(t_test([(1, f64::NAN)]), Err(StatisticsError::Domain { .. })));
    assert!(matches!(jeffreys(3, 2, 0.9), Err(StatisticsError::Domain { .. })));
    let row = |exposure, events, index| Row {
        exposure,
        rows: 1.0,
        events,
        covariates: vec![(index, 1.0)],
    };
    let cloglog = |row| fit(Likelihood::ComplementaryLogLog, &[row], &PRIORS);
    assert!(matches!(cloglog(row(0.0, 0.0, 0)), Err(StatisticsError::Domain { .. })));
    assert!(matches!(cloglog(row(1.0, 2.0, 0)), Err(StatisticsError::Domain { .. })));
    assert!(matches!(cloglog(row(1.0, 1.0, 3)), Err(StatisticsError::NoSuchParameter { .. })));
}
