//! The test vectors of model.md sections 3 and 6.
#![allow(clippy::unwrap_used, missing_docs)]

use statecraft_statistics::calibration::{jeffreys, recalibrate, spiegelhalter};
use statecraft_statistics::fit::{Fit, Likelihood, Prior, Row, fit};
use statecraft_statistics::predict::from_log_intensity;
use statecraft_statistics::score::{Bin, Forecast, murphy_of_bins, score};
use statecraft_statistics::sharpe::{Returns, deflated_sharpe, expected_maximum};
use statecraft_statistics::skill::power;

fn near(found: f64, expected: f64) {
    within(found, expected, 1e-9);
}

fn within(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}

/// (exposure in days, events, x1, x2).
const ROWS: [(f64, f64, f64, f64); 10] = [
    (365., 0., 0., 0.),
    (365., 1., 0., 0.),
    (365., 0., 1., 0.),
    (200., 1., 1., 0.),
    (365., 0., 0., 1.),
    (365., 0., 0., 0.),
    (120., 1., 1., 1.),
    (365., 0., 1., 0.),
    (365., 0., 0., 0.),
    (90., 1., 0., 1.),
];

fn t3_1() -> Fit {
    let rows: Vec<Row> = ROWS
        .iter()
        .map(|&(exposure, events, x1, x2)| Row {
            exposure,
            rows: 1.0,
            events,
            covariates: vec![(0, 1.0), (1, x1), (2, x2)],
        })
        .collect();
    let priors = [
        Prior { mean: (0.3 / 365.25_f64).ln(), sd: 0.7 },
        Prior { mean: 0.4, sd: 0.5 },
        Prior { mean: 0.2, sd: 0.3 },
    ];
    fit(Likelihood::Poisson, &rows, &priors).unwrap()
}

#[test]
fn t3_1_penalised_poisson() {
    let fit = t3_1();
    for (index, (mean, sd)) in [
        (-6.949_079_259, 0.439_711_279),
        (0.477_484_480, 0.438_908_420),
        (0.304_100_999, 0.290_739_762),
    ]
    .into_iter()
    .enumerate()
    {
        near(fit.mean[index], mean);
        near(fit.sd(index), sd);
    }
    near(fit.covariance.get(0, 1), -0.056_877_496);
    near(fit.covariance.get(1, 0), -0.056_877_496);
    near(fit.objective, -9.527_212_136);
    assert!(!fit.is_prior_only(0));
    // .2907 of .3: the data said next to nothing about the third.
    assert!(fit.is_prior_only(2));
}

#[test]
fn t3_1_prediction() {
    let linear = t3_1().linear(&[(0, 1.0), (1, 1.0)]).unwrap();
    let (mean, sd) = (linear.mean + 365.25_f64.ln(), linear.sd);
    near(mean, -0.571_012_728);
    near(sd, 0.521_758_200);
    let prediction = from_log_intensity(mean, sd).unwrap();
    near(prediction.mean, 0.447_337_512);
    near(prediction.q05, 0.212_973_688);
    near(prediction.q95, 0.736_234_521);
    near(prediction.q50, 0.431_613_143);
}

#[test]
fn t6_1_murphy() {
    let weights = [
        0.4112, 0.0671, 0.1833, 0.0986, 0.0616, 0.0366, 0.0303, 0.0275, 0.0245, 0.0220, 0.0170,
        0.0203,
    ];
    let forecasts = [0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
    let frequencies =
        [0.006, 0.019, 0.059, 0.150, 0.277, 0.377, 0.511, 0.587, 0.723, 0.779, 0.934, 0.933];
    let bins: Vec<Bin> = weights
        .into_iter()
        .zip(forecasts)
        .zip(frequencies)
        .map(|((weight, forecast), frequency)| Bin { weight, forecast, frequency })
        .collect();
    let murphy = murphy_of_bins(&bins).unwrap();
    near(murphy.base_rate, 0.161_503_400);
    near(murphy.reliability, 0.000_827_616);
    near(murphy.resolution, 0.062_786_628);
    near(murphy.uncertainty, 0.135_420_052);
    near(murphy.brier(), 0.073_461_040);
    near(murphy.skill().unwrap(), 0.457_532_034);
}

fn ten() -> Vec<Forecast> {
    let p = [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.5, 0.7, 0.8, 0.9];
    let y = [0, 0, 0, 1, 0, 0, 1, 1, 1, 1];
    p.into_iter().zip(y).map(|(probability, y)| Forecast { probability, outcome: y == 1 }).collect()
}

#[test]
fn t6_2_calibration() {
    let interval = jeffreys(5, 115, 0.9).unwrap();
    near(interval.low, 0.020_085_592);
    near(interval.high, 0.083_572_387);
    near(spiegelhalter(&ten()).unwrap().z, -0.538_815_906);
    let scores = score(&ten()).unwrap();
    near(scores.brier, 0.127);
    near(scores.log, 0.413_497_857);
}

#[test]
fn recalibration_is_a_stationary_point() {
    // At the maximum the residuals are orthogonal to 1 and to logit p: checked without the fitter.
    let found = recalibrate(&ten()).unwrap();
    let residual = |one: &Forecast| {
        let x = (one.probability / (1.0 - one.probability)).ln();
        (one.value() - 1.0 / (1.0 + (-found.intercept - found.slope * x).exp()), x)
    };
    let (first, second) =
        ten().iter().map(residual).fold((0.0, 0.0), |sum, (r, x)| (sum.0 + r, sum.1 + r * x));
    near(first, 0.0);
    near(second, 0.0);
    assert!(found.slope_se > 0.0 && found.intercept_se > 0.0);
}

#[test]
fn t6_7_power() {
    let power = power(0.20, 0.33, 0.05, 0.80).unwrap();
    near(power.gain, 0.0169);
    near(power.sd, 0.104);
    within(power.events, 297.24, 0.005);
}

#[test]
fn t6_5_deflated_sharpe() {
    let returns =
        |skew, kurtosis| Returns { sharpe: 2.5 / 250f64.sqrt(), count: 1250.0, skew, kurtosis };
    let variance = 0.5 / 250.0;
    near(expected_maximum(100.0, variance).unwrap(), 0.113_172_002);
    near(deflated_sharpe(&returns(-3.0, 10.0), 100.0, variance).unwrap(), 0.900_396_834);
    near(deflated_sharpe(&returns(-3.0, 10.0), 46.0, variance).unwrap(), 0.950_501_707);
    near(deflated_sharpe(&returns(0.0, 3.0), 100.0, variance).unwrap(), 0.942_770_586);
}
