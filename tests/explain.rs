//! What is explained adds up, and is what the engine believes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use serde_json::Value;
use statecraft::config::load_strategies;
use statecraft::explain::{Case, text};
use statecraft_domain::signal::{Assertion, Claim, DealStage, Direction, Label, SourceClass};
use statecraft_domain::{Event, Signal, StrategyId, Timestamp};

const JAPAN: &str = "strategies/trump-visits-japan-2026.toml";

fn case(events: Vec<Event>) -> Case {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(JAPAN);
    let loaded = load_strategies(&[path]).unwrap().remove(0);
    Case {
        strategy: loaded.strategy,
        question: loaded.question,
        hash: loaded.hash,
        sources: Vec::new(),
        events,
    }
}

/// Days since the beginning of 2026.
fn day(day: f64) -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "a test")]
    Timestamp::from_secs(1_767_225_600 + (day * 86_400.0) as i64)
}

#[derive(Debug, Clone)]
struct Said {
    day: f64,
    class: SourceClass,
    cluster: u8,
    slug: &'static str,
    strength: f64,
    stage: Option<DealStage>,
    assertion: Assertion,
}

fn said() -> impl Strategy<Value = Said> {
    let class = prop::sample::select(vec![
        SourceClass::Desk,
        SourceClass::Official,
        SourceClass::Wire,
        SourceClass::TopTier,
        SourceClass::National,
        SourceClass::Aggregator,
        SourceClass::Social,
    ]);
    let slug = prop::sample::select(vec![
        "sov_capital",
        "priv_capital",
        "fed_land",
        "branding",
        "relation_good",
        "relation_bad",
        "host_preference",
        "visit_announced:2026-11-17",
        "visit_planned",
        "visit_postponed",
        "visit_cancelled",
        "visit_occurred",
    ]);
    let stage = prop::sample::select(vec![
        None,
        Some(DealStage::Rumoured),
        Some(DealStage::Proposed),
        Some(DealStage::Signed),
        Some(DealStage::Dead),
    ]);
    let assertion = prop::sample::select(vec![
        Assertion::Asserted,
        Assertion::Hedged,
        Assertion::Denied,
        Assertion::Retracted,
    ]);
    (0.0..330.0_f64, class, 0..6_u8, slug, -1.0..1.0_f64, stage, assertion).prop_map(
        |(day, class, cluster, slug, strength, stage, assertion)| Said {
            day,
            class,
            cluster,
            slug,
            strength,
            stage,
            assertion,
        },
    )
}

fn event(index: usize, said: &Said) -> Event {
    Event::SignalReceived(Box::new(Signal {
        id: format!("s{index}"),
        source: format!("{:?}", said.class).to_lowercase(),
        published: day(said.day),
        received: day(said.day),
        title: format!("headline {index}"),
        labels: vec![Label { slug: said.slug.to_owned(), strength: said.strength }],
        class: said.class,
        cluster: format!("story-{}", said.cluster),
        publisher: format!("publisher-{index}"),
        claim: Some(Claim {
            stage: said.stage,
            direction: Direction::Up,
            assertion: said.assertion,
            ..Claim::default()
        }),
        ..Signal::default()
    }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever was heard: base and effects are the probability, to the last digits of a float, and the
    /// probability is the engine's own.
    #[test]
    fn the_numbers_add_up_to_the_probability(
        mut all in prop::collection::vec(said(), 0..14),
        at in 0.0..366.0_f64,
    ) {
        all.sort_by(|a, b| a.day.total_cmp(&b.day));
        let events = all.iter().enumerate().map(|(index, said)| event(index, said)).collect();
        let case = case(events);
        let explained = case.explain(day(at), None);
        let model = explained.model.as_ref().expect("a hazard model has parts");
        prop_assert!((model.sum() - model.q).abs() < 1e-9, "{} and {}", model.sum(), model.q);
        prop_assert!(explained.rounding.unwrap().abs() < 1e-9);
        let own = case.engine_at(day(at)).estimate(StrategyId(0)).unwrap();
        // The engine refreshes at most once an hour; the explanation is of the instant itself.
        prop_assert!((own.probability.get() - model.q).abs() < 5e-3);
        prop_assert!((0.0..=1.0).contains(&model.q));
        for part in model.parts.iter().filter_map(|part| part.story.as_ref()) {
            prop_assert!(model.story(part).is_some(), "a part names a story that is not told");
        }
        // Whoever reads the text can add it up too.
        prop_assert!(text(&explained).contains("= model probability"));
        // And a program gets back what was said.
        let json = serde_json::to_string(&explained).unwrap();
        let read: Value = serde_json::from_str(&json).unwrap();
        let base = read["model"]["base"]["probability"].as_f64().unwrap();
        let parts = read["model"]["parts"].as_array().unwrap();
        let sum: f64 = parts.iter().map(|part| part["effect"].as_f64().unwrap()).sum();
        prop_assert!((base + sum - read["model"]["q"].as_f64().unwrap()).abs() < 1e-9);
    }
}

#[test]
fn an_explanation_reads_well() {
    let heard = [
        Said {
            day: 5.0,
            class: SourceClass::Wire,
            cluster: 1,
            slug: "relation_good",
            strength: 1.0,
            stage: None,
            assertion: Assertion::Asserted,
        },
        Said {
            day: 20.0,
            class: SourceClass::Social,
            cluster: 2,
            slug: "host_preference",
            strength: 1.0,
            stage: None,
            assertion: Assertion::Hedged,
        },
    ];
    let events = heard.iter().enumerate().map(|(index, said)| event(index, said)).collect();
    let told = text(&case(events).explain(day(30.0), None));
    for expected in [
        "trump-visits-japan-2026",
        "as of 2026-01-31 00:00",
        "base: ",
        "= model probability",
        "window APEC Shenzhen",
        "headline 0",
        "wire (wire)",
        "no price is on record",
    ] {
        assert!(told.contains(expected), "{expected:?} is missing in:\n{told}");
    }
    assert!(told.lines().all(|line| line.chars().count() < 200), "a wall of text:\n{told}");
}

fn shared(file: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let root = std::env::var_os("STATECRAFT_SHARED").map_or(beside, PathBuf::from);
    let path = root.join("data").join(file);
    if !path.is_file() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn statecraft(arguments: &[&str], out: Option<&Path>) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_statecraft"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).arg("--json");
    if let Some(out) = out {
        command.arg("--out").arg(out);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A year of White House releases drives the shipped strategy; twice the same; every probability of it
/// can be explained, and a delegation of others is no visit.
#[test]
fn a_year_of_releases_runs_through_the_shipped_strategy() {
    let Some(releases) = shared("whitehouse-news/releases.jsonl.zst") else { return };
    let signals = format!("class=official:{}", releases.display());
    let dir = tempfile::tempdir().unwrap();
    let run = |out: &Path| statecraft(&["backtest", JAPAN, "--signals", &signals], Some(out));
    let (first, second) = (run(&dir.path().join("a")), run(&dir.path().join("b")));
    assert_eq!(first["actions_hash"], second["actions_hash"]);
    assert_eq!(first["signals"]["lines"], 1493);
    // Fifteen addresses occur twice; some of those with other words.
    let repeated = first["signals"]["duplicates"].as_u64().unwrap();
    assert!((10..=15).contains(&repeated), "{repeated} duplicates");
    assert!(first["model_predictions"].as_u64().unwrap() > 340, "a row a day");
    assert_eq!(first["orders"], 0);
    let rows = std::fs::read_to_string(dir.path().join("a/predictions.csv")).unwrap();
    let probabilities: Vec<f64> =
        rows.lines().skip(1).map(|row| row.split(',').nth(3).unwrap().parse().unwrap()).collect();
    assert!(probabilities.iter().all(|p| (0.01..0.99).contains(p)), "a release is no certainty");
    let page = std::fs::read_to_string(dir.path().join("a/report.html")).unwrap();
    assert!(page.contains("Model probability: trump-visits-japan-2026"));

    let explained =
        statecraft(&["explain", JAPAN, "--signals", &signals, "--at", "2025-12-31"], None);
    let model = &explained["model"];
    let parts = model["parts"].as_array().unwrap();
    let sum: f64 = parts.iter().map(|part| part["effect"].as_f64().unwrap()).sum();
    let q = model["q"].as_f64().unwrap();
    assert!((model["base"]["probability"].as_f64().unwrap() + sum - q).abs() < 1e-9);
    assert!((q - probabilities.last().unwrap()).abs() < 0.02);
}
