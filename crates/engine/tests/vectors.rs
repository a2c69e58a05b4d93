//! Published numbers that cross modules: the model of a market from price to order size (model.md 5.10),
//! and the figures beside the vectors that say what *not* to compute.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use statecraft_engine::decision::edge::Claim;
use statecraft_engine::decision::kelly::{optimal_change, shrunk};
use statecraft_engine::model::pool::{Debias, log_odds_pool};
use statecraft_engine::model::survival;

const MODEL: f64 = 0.1735;
const MICROPRICE: f64 = 0.33;
const DAYS: f64 = 217.0;
const EQUITY: f64 = 10_000.0;

fn fee(price: f64) -> f64 {
    0.07 * price * (1.0 - price)
}

fn no_claim(yes: f64) -> Claim {
    Claim {
        probability: 1.0 - yes,
        resolution_risk: 0.01,
        disputed_value: 0.5,
        opportunity_rate: 0.045,
        days: DAYS,
    }
}

/// Edge of buying NO against a YES bid of 32 cents.
fn edge_no(yes: f64) -> f64 {
    no_claim(yes).value().unwrap() - no_cost()
}

fn no_cost() -> f64 {
    0.68 + fee(0.32)
}

#[test]
fn t5_10_end_to_end() {
    let debiased = Debias { a: -0.10, b: 1.15 }.applied(MICROPRICE).unwrap();
    assert!((debiased - 0.286_097_688).abs() < 1e-9);
    let p = log_odds_pool(MODEL, debiased, 0.20).unwrap();
    assert!((p - 0.260_430_021).abs() < 1e-9);
    let sd_logit = f64::hypot(0.2 * 0.5, 0.8 * 0.25);
    assert!((sd_logit - 0.223_606_798).abs() < 1e-9);
    let sd = sd_logit * p * (1.0 - p);
    assert!((sd - 0.043_068).abs() < 1e-6);

    let yes = Claim { probability: p, ..no_claim(p) };
    assert!((yes.value().unwrap() - 0.34 - fee(0.34) - -0.099_820_542).abs() < 1e-9);

    assert!((no_cost() - 0.695_232).abs() < 1e-12);
    let no = no_claim(p);
    assert!((no.value().unwrap() - 0.717_713_820).abs() < 1e-9);
    assert!((edge_no(p) - 0.022_481_820).abs() < 1e-9);
    let needed = f64::max(0.02, 0.5 * sd);
    assert!((needed - 0.021_534).abs() < 1e-6 && edge_no(p) >= needed);

    let (effective, grossed) =
        (no.effective_probability().unwrap(), no_cost() * no.growth().unwrap());
    assert!((effective - 0.737_174_279).abs() < 1e-9);
    assert!((grossed - 0.714_082_875).abs() < 1e-9);
    let full = optimal_change(effective, EQUITY, EQUITY, grossed);
    assert!((full - 1_130.997_264_301).abs() < 1e-6, "{full}");
    let quarter = optimal_change(shrunk(0.25, effective, grossed), EQUITY, EQUITY, grossed);
    assert!((quarter - 282.749_316_075).abs() < 1e-6, "{quarter}");
    assert!(((0.02 * EQUITY / no_cost()).floor() - 287.0).abs() < 1e-12);
    assert!((quarter.floor() - 282.0).abs() < 1e-12);
}

#[test]
fn t5_10_what_each_part_contributes() {
    let debiased = Debias { a: -0.10, b: 1.15 }.applied(MICROPRICE).unwrap();
    assert!((edge_no(debiased) - -0.002_258_352).abs() < 1e-9);
    let undebiased = log_odds_pool(MODEL, MICROPRICE, 0.20).unwrap();
    assert!((edge_no(undebiased) - -0.009_331_840).abs() < 1e-9);
}

#[test]
fn t1_4_a_window_is_a_mass() {
    let p = 1.0 - (1.0 - survival::probability(0.128)) * (1.0 - 0.76 * 0.42);
    assert!((p - 0.400_995_819).abs() < 1e-9);
    assert!((survival::probability(0.128) - 0.120_146_621).abs() < 1e-9);
}

#[test]
fn t1_5_the_mean_intensity_is_not_the_mean_probability() {
    // E[L] of a log-normal, put through the transform: what the mean probability must not be.
    let wrong = survival::probability((0.3_f64.ln() + 0.25 / 2.0).exp());
    assert!((wrong - 0.288_190_198).abs() < 1e-9);
}
