//! M3: is the simulation able to see anything? Each planted defect breaks one rule, and each must be found.
//!
//! `cargo test --release --features planted-defects --test planted_defects -- --nocapture` prints how many
//! seeds each one needed. Without the feature there is nothing to find, and nothing is tested.
#![cfg(feature = "planted-defects")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use statecraft::simulation::{self, FixedRates, Plan, Plant};

/// The seeds of the quick run.
const SEEDS_MAX: u64 = 300;

#[test]
fn m3_every_planted_defect_is_found() {
    let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut missed = Vec::new();
    for plant in Plant::ALL {
        let exercise = simulation::exercise(FixedRates::default(), 3_600_000_000_000).unwrap();
        let plan = Plan { plant: Some(*plant), ..exercise };
        let summary = simulation::run(0..SEEDS_MAX, &plan, jobs, true, |_, _| {});
        match summary.violations.first() {
            Some(found) => eprintln!(
                "{:<28} found after {:>4} seeds by {}: {}",
                plant.name(),
                found.seed + 1,
                found.invariant,
                found.detail
            ),
            None => missed.push(plant.name()),
        }
    }
    assert!(missed.is_empty(), "not found within {SEEDS_MAX} seeds: {missed:?}");
    assert!(Plant::ALL.len() >= 12);
}
