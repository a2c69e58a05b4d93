//! Published resolved questions: the scores that come with the data are reproduced.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::path::PathBuf;

use statecraft::skill::questions::{Horizon, score_questions};

/// A directory of the shared data, if it is there.
fn shared(name: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let root = std::env::var_os("STATECRAFT_SHARED").map_or(beside, PathBuf::from);
    let dir = root.join("data").join(name);
    if !dir.is_dir() {
        eprintln!("skipped: {} is not there", dir.display());
        return None;
    }
    Some(dir)
}

#[test]
fn the_reference_scores_of_forecastbench_are_reproduced() {
    let Some(dir) = shared("resolved-markets-forecastbench") else { return };
    let file = |name: &str| dir.join(name);
    let (questions, history) = (file("questions.csv.gz"), file("price_history.csv.gz"));
    let report = score_questions(&questions, &history, (-0.10, 1.15), 0.90).unwrap();
    assert_eq!((report.questions, report.resolved, report.disagreements), (1243, 1243, 0));
    let at = |days: i32, source: &str| -> &Horizon {
        report.horizons.iter().find(|one| one.days == days && one.source == source).unwrap()
    };
    // README of the data.
    for (days, source, brier, n) in [
        (30, "all", 0.0428, 523),
        (7, "all", 0.0372, 614),
        (1, "all", 0.0189, 633),
        (7, "polymarket", 0.0213, 406),
    ] {
        let found = &at(days, source).comparison;
        assert_eq!(found.scored, n, "T-{days} {source}");
        assert!((found.market.brier - brier).abs() < 5e-5, "T-{days} {source}: {found:?}");
    }
    assert!((at(7, "polymarket").comparison.base_rate - 0.118).abs() < 5e-4);
    // Undoing the bias a month ahead gained something, and the report says how sure that is.
    let gain = at(30, "all").comparison.gain.unwrap();
    assert!(gain.mean > 0.0 && gain.low < gain.mean && gain.mean < gain.high, "{gain:?}");
}

#[test]
fn without_debiasing_there_is_no_difference() {
    let Some(dir) = shared("resolved-markets-forecastbench") else { return };
    let (questions, history) = (dir.join("questions.csv.gz"), dir.join("price_history.csv.gz"));
    let report = score_questions(&questions, &history, (0.0, 1.0), 0.90).unwrap();
    for one in &report.horizons {
        let gain = one.comparison.gain.unwrap();
        assert!(gain.mean.abs() < 1e-6, "{} {}: {gain:?}", one.days, one.source);
    }
}
