//! What is explained adds up, and is what the engine believes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "../crates/journal/tests/support/records.rs"]
mod records;

use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use serde_json::Value;
use statecraft::config::load_strategies;
use statecraft::explain::{Case, ExplainError, Past, past, text};
use statecraft::journal::Journal;
use statecraft::skill::store::Forecast;
use statecraft::skill::{DemotionRule, Entry, Ledger};
use statecraft_domain::event::{Mode, Standing};
use statecraft_domain::signal::{Assertion, Claim, DealStage, Direction, Label, SourceClass};
use statecraft_domain::{Denial, Event, Price, Quantity, Signal, StrategyId, Timestamp, Venue};
use statecraft_engine::DecisionOutcome;
use statecraft_engine::facts::{BeliefFacts, DecisionFacts};

const JAPAN: &str = "strategies/trump-visits-japan-2026.toml";

fn case(events: Vec<Event>) -> Case {
    case_of(JAPAN, events)
}

fn case_of(file: &str, events: Vec<Event>) -> Case {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    let loaded = load_strategies(&[path]).unwrap().remove(0);
    Case {
        market: None,
        rivals: Vec::new(),
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
        // What a story without a weight of its own did is what a replay without it comes to.
        for one in explained.evidence.iter().filter(|one| one.without.is_some()).take(3) {
            let kept = |event: &&Event| match event {
                Event::SignalReceived(signal) => signal.cluster != one.story,
                _ => true,
            };
            let events = case.events.iter().filter(kept).cloned().collect();
            let replay = Case { events, ..case.clone() }.engine_at(day(at));
            let replayed = 100.0 * (own.probability.get() - replay.estimate(StrategyId(0)).unwrap().probability.get());
            prop_assert!((replayed - one.without.unwrap()).abs() < 0.3, "{replayed} and {one:?}");
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

/// Digits of numbers with a fraction, and names made of hashes: they change with every weight.
fn redacted(text: &str) -> String {
    let word = |word: &str| {
        let hash = word.len() == 16 && word.chars().all(|c| c.is_ascii_hexdigit());
        let number = word.contains('.') && word.chars().any(|c| c.is_ascii_digit());
        let digit = |c: char| if c.is_ascii_digit() && number || hash { '#' } else { c };
        word.chars().map(digit).collect::<String>()
    };
    text.split_inclusive([' ', '\n', ',', ';'])
        .map(|piece| {
            let end = piece.trim_end_matches([' ', '\n', ',', ';']).len();
            word(&piece[..end]) + &piece[end..]
        })
        .collect()
}

/// Every kind of line that a hazard strategy with stories has, at a past moment.
#[test]
fn the_text_of_an_explanation() {
    let said = |day, class, cluster, slug, assertion| Said {
        day,
        class,
        cluster,
        slug,
        strength: if assertion == Assertion::Denied { -1.0 } else { 1.0 },
        stage: (slug == "sov_capital").then_some(DealStage::Proposed),
        assertion,
    };
    let heard = [
        said(3.0, SourceClass::Wire, 1, "sov_capital", Assertion::Asserted),
        said(3.5, SourceClass::Wire, 2, "fed_land", Assertion::Asserted),
        said(4.0, SourceClass::National, 3, "relation_good", Assertion::Asserted),
        said(5.0, SourceClass::TopTier, 3, "relation_good", Assertion::Asserted),
        said(20.0, SourceClass::Wire, 4, "relation_bad", Assertion::Denied),
        said(40.0, SourceClass::National, 5, "fed_land", Assertion::Hedged),
        said(45.0, SourceClass::Official, 6, "visit_announced:2026-11-17", Assertion::Confirmed),
    ];
    let events = heard.iter().enumerate().map(|(index, said)| event(index, said)).collect();
    let past = decided(day(59.9), Denial::NoEdge);
    let told = text(&case(events).explain(day(60.0), Some(past)));
    assert!(told.contains("= what it says lasts"), "{told}");
    insta::assert_snapshot!(redacted(&told));
}

/// The window, the sign of what is said, and stories whose effect lies in deal and plan.
#[test]
fn what_is_said_has_a_sign_and_cents_and_the_window_has_ends() {
    let said = |day, cluster, slug, strength, stage| Said {
        day,
        class: SourceClass::Official,
        cluster,
        slug,
        strength,
        stage,
        assertion: Assertion::Asserted,
    };
    let heard = [
        said(3.0, 1, "sov_capital", 1.0, Some(DealStage::Signed)),
        said(5.0, 2, "relation_good", -1.0, None),
    ];
    let events = heard.iter().enumerate().map(|(index, said)| event(index, said)).collect();
    let case = case(events);
    let explained = case.explain(day(30.0), None);
    let told = text(&explained);
    assert!(told.contains("not relation_good"), "{told}");
    assert!(told.contains("story-1") && told.contains("335.2 days of the window left"), "{told}");
    let deal = explained.evidence.iter().find(|one| one.story == "story-1").unwrap();
    if deal.cents.is_none() {
        assert!(deal.without.unwrap() > 0.01, "a signed deal helps: {deal:?}");
        assert!(told.contains("* what the probability would lose"), "{told}");
    }
    let before = text(&case.explain(day(-306.0), None));
    assert!(before.contains("which opens 2026-01-01 05:00 UTC and has 365.0 days"), "{before}");
}

fn decided(at: Timestamp, denial: Denial) -> Past {
    let belief = BeliefFacts {
        model: 0.5,
        model_sd_logit: 0.3,
        market: Some(0.9),
        market_debiased: None,
        weight: 0.2,
        blended: 0.8,
        sd_logit: 0.3,
    };
    let decision = DecisionFacts {
        at,
        outcome: DecisionOutcome::Denied(denial),
        belief: Some(belief),
        bid: None,
        ask: None,
        position: Quantity::ZERO,
        own: None,
        motive: None,
        cause: None,
        edge: None,
        proposal: None,
        checks: Vec::new(),
        mode: Mode::Active,
        standing: Standing::Good,
    };
    Past { forecast: forecast(at, "KXA"), decision: Some(decision) }
}

fn forecast(at: Timestamp, ticker: &str) -> Forecast {
    let cents = |cents: u16| Price::from_cents(cents).unwrap();
    Forecast {
        at,
        strategy: "trump-visits-japan-2026".to_owned(),
        event: "e".to_owned(),
        venue: Venue::Kalshi,
        ticker: ticker.to_owned(),
        fact: "f".to_owned(),
        version: "v".to_owned(),
        model: 0.5,
        sd_logit: 0.3,
        blended: 0.8,
        market: 0.9,
        bid: cents(89),
        ask: cents(91),
        windowed: false,
        signals: Vec::new(),
        decision: String::new(),
    }
}

/// What was decided long ago is not what would be decided now.
#[test]
fn an_old_decision_is_shown_as_old() {
    let case = case(Vec::new());
    let explained = case.explain(day(13.0), Some(decided(day(10.0), Denial::Implausible)));
    let told = text(&explained);
    assert!(told.contains("is 72.0 h OLD, of 2026-01-11 00:00:00 UTC"), "{told}");
    assert!(told.contains("are 2.20 of log-odds apart; max_logit_distance is"), "{told}");
    assert_eq!(explained.present, None);
    let later = text(&case.explain(day(1_461.0), Some(decided(day(10.0), Denial::NoEdge))));
    assert!(later.contains("now: over: the window ended 2027-01-01"), "{later}");
}

#[test]
fn a_pushed_probability_says_how_long_it_counts() {
    let pushed = Event::SignalReceived(Box::new(Signal {
        id: "p".to_owned(),
        published: day(1.0),
        received: day(1.0),
        target: "external-probability".to_owned(),
        labels: vec![Label { slug: "probability".to_owned(), strength: 0.42 }],
        class: SourceClass::Desk,
        ..Signal::default()
    }));
    let case = case_of("strategies/external-probability.toml", vec![pushed]);
    let fresh = case.explain(day(1.5), None);
    assert_eq!(fresh.present, None);
    let told = text(&fresh);
    assert!(
        told.contains("0.42 pushed at 2026-01-02T00:00:00Z, counts until 2026-02-01"),
        "{told}"
    );
    let stale = text(&case.explain(day(40.0), None));
    assert!(stale.contains("expired 2026-02-01") && stale.contains("now: no_model"), "{stale}");
}

#[test]
fn a_market_without_a_forecast_is_an_error_that_lists_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let rule = DemotionRule { min_resolutions: 20, credible: 0.95 };
    let ledger = Ledger::open(dir.path(), rule, |_| {}).unwrap();
    ledger.keep(Entry::Forecast(Box::new(forecast(day(1.0), "KXA"))));
    drop(ledger);
    let of = |ticker| past(dir.path(), "trump-visits-japan-2026", Some(ticker), day(2.0));
    assert!(of("KXA").unwrap().is_some());
    let error = of("FOO").unwrap_err();
    assert!(matches!(error, ExplainError::NoSuchMarket { .. }), "{error}");
    assert!(error.to_string().contains("market FOO; it has forecast: KXA"), "{error}");
}

/// An order is explained to its own strategy alone, and one of an earlier run is looked for there.
#[test]
fn an_order_belongs_to_one_strategy_and_one_journal() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str| {
        let dir = dir.path().join(name);
        let names = ["trump-meets-pm-2026".to_owned()];
        let opened = Journal::open(&dir, &records::account("a"), &names, |_| {}).unwrap();
        let lineage = opened.recovery.lineage;
        for record in [
            records::started(&["trump-meets-pm-2026"]),
            records::listed(0, "KXA"),
            records::intent(lineage, 1, 0, 0),
        ] {
            opened.journal.append(record).unwrap();
        }
        opened.journal.close().unwrap();
        records::id(lineage, 1).to_string()
    };
    let (earlier, now) = (write("embedded-00000000000000000001"), write("embedded"));
    let asked = |order: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_statecraft"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["explain", JAPAN, "--order", order, "--state"])
            .arg(dir.path().join("embedded"))
            .output()
            .unwrap();
        assert_ne!(output.status.code(), Some(0));
        String::from_utf8(output.stderr).unwrap()
    };
    let other = asked(&now);
    assert!(other.contains("is one of strategy trump-meets-pm-2026"), "{other}");
    let archived = asked(&earlier);
    assert!(archived.contains("embedded-00000000000000000001"), "{archived}");
}

/// Whoever reads only the beginning of what is said ends nothing with a panic.
#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_panic() {
    use std::process::Stdio;
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("bad.toml");
    std::fs::write(&bad, "nonsense = true\n").unwrap();
    for arguments in [vec!["check", bad.to_str().unwrap()], vec!["explain", "no-such-strategy"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let status = Command::new(env!("CARGO_BIN_EXE_statecraft"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(&arguments)
            .stdout(Stdio::from(writer.try_clone().unwrap()))
            .stderr(Stdio::from(writer))
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(2), "{arguments:?}");
    }
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

fn officially(day: f64, cluster: u8, slug: &'static str, strength: f64) -> Said {
    let assertion = if strength < 0.0 { Assertion::Denied } else { Assertion::Confirmed };
    Said { day, class: SourceClass::Official, cluster, slug, strength, stage: None, assertion }
}

fn heard(all: &[Said]) -> Case {
    case(all.iter().enumerate().map(|(index, said)| event(index, said)).collect())
}

/// The labels of the first table of a text.
fn printed_labels(told: &str) -> Vec<String> {
    let rows =
        told.lines().skip_while(|line| !line.trim_start().starts_with("cents  with")).skip(1);
    let rows = rows.take_while(|line| !line.trim().is_empty());
    rows.map(|row| row.trim().split("  ").next().unwrap().to_owned()).collect()
}

/// Every line that can be printed is in the document, and nothing is printed that is not.
#[test]
fn every_label_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = std::fs::read_to_string(root.join("docs/EXPLAIN.md")).unwrap();
    let labels = statecraft::explain::labels();
    assert!(labels.len() > 15);
    for label in &labels {
        assert!(
            document.contains(&format!("| `{label}` |")),
            "{label:?} is in no table of docs/EXPLAIN.md"
        );
    }
    let heard = heard(&[
        officially(3.0, 1, "visit_planned", -1.0),
        officially(9.0, 2, "relation_good", 1.0),
        officially(11.0, 3, "visit_cancelled", 1.0),
        officially(20.0, 4, "visit_announced:2026-11-17", 1.0),
        officially(25.0, 5, "visit_postponed", 1.0),
    ]);
    for at in [4.0, 10.0, 12.0, 21.0, 26.0, 300.0] {
        let told = text(&heard.explain(day(at), None));
        let printed = printed_labels(&told);
        assert!(printed.len() > 3, "{told}");
        for one in printed {
            let known = labels.iter().any(|label| match label.as_str() {
                "N smaller parts" => one.ends_with(" smaller parts"),
                label => match label.split_once(|c: char| c.is_ascii_uppercase()) {
                    Some((start, _)) => one.starts_with(start),
                    None => one == label || one.starts_with(&format!("{label}:")),
                },
            });
            assert!(known, "{one:?} in\n{told}");
        }
    }
}

/// Two stretches of one signal are two labels.
#[test]
fn no_two_lines_have_one_name() {
    let told = text(&heard(&[]).explain(day(60.0), None));
    let mut labels = printed_labels(&told);
    let count = labels.len();
    assert!(told.contains("signal visited, months 1 to 6 after it"), "{told}");
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), count, "{told}");
}

/// What stories made together is theirs: shares add up to the line, and each of them has its cents.
#[test]
fn the_stories_of_a_plan_share_its_line() {
    let wire = |day, cluster, slug| Said {
        day,
        class: SourceClass::Wire,
        cluster,
        slug,
        strength: 1.0,
        stage: None,
        assertion: Assertion::Asserted,
    };
    let explained = heard(&[
        wire(30.0, 1, "visit_planned"),
        wire(35.0, 2, "visit_planned"),
        officially(38.0, 3, "visit_announced:2026-11-17", 1.0),
    ])
    .explain(day(41.0), None);
    let model = explained.model.as_ref().unwrap();
    let plan: Vec<_> = model
        .parts
        .iter()
        .filter(|part| part.kind == statecraft_engine::facts::PartKind::Plan)
        .collect();
    let line: f64 = plan.iter().map(|part| part.effect).sum();
    let shares: f64 = plan.iter().flat_map(|part| &part.shares).map(|share| share.effect).sum();
    assert!(line > 0.3 && (line - shares).abs() < 1e-9, "{line} {shares} {plan:?}");
    assert!(plan.iter().all(|part| part.story.is_some()), "{plan:?}");
    let cents: Vec<f64> = explained.evidence.iter().map(|one| one.cents.unwrap_or(0.0)).collect();
    assert!((cents.iter().sum::<f64>() - 100.0 * line).abs() < 3.0, "{cents:?} {line}");
    let told = text(&explained);
    assert!(told.contains("by 2026-02-08 headline 2"), "{told}");
}

/// One voice is held, and the line says at what and how much.
#[test]
fn what_is_held_back_is_said() {
    let one =
        Said { class: SourceClass::Wire, ..officially(30.0, 1, "visit_announced:2026-11-17", 1.0) };
    let told = text(&heard(&[one]).explain(day(31.0), None));
    assert!(told.contains("one publisher alone may move it by 5.0 cents at most"), "{told}");
    assert!(told.contains("% of it counts") && told.contains("% is held back"), "{told}");
}

/// A decision that used another value of the model than the table says so, to the second.
#[test]
fn a_decision_by_another_model_value_is_marked() {
    let case = heard(&[]);
    let told = text(&case.explain(day(10.5), Some(decided(day(10.499), Denial::NoEdge))));
    assert!(
        told.contains("decided at 2026-01-11 11:58:33 UTC, by ANOTHER MODEL VALUE than the "),
        "{told}"
    );
    assert!(told.contains("it was 50.00 then"), "{told}");
    let mut same = decided(day(10.5), Denial::NoEdge);
    let now = case.explain(day(10.5), None).model.unwrap().q;
    let decision = same.decision.as_mut().unwrap();
    decision.belief.as_mut().unwrap().model = now;
    let explained = case.explain(day(10.5), Some(same));
    assert_eq!(explained.other_model, None);
    assert!(!text(&explained).contains("ANOTHER MODEL VALUE"));
}

/// What decided an order is in its words.
#[test]
fn an_order_says_why() {
    use statecraft_engine::Motive;
    let most = statecraft_domain::Nanos::from_secs(60 * 86_400);
    let words = [
        (Motive::MaxHolding { held: most, most }, "max_holding: held for 60.0 d"),
        (Motive::Entry { target: 57.25 }, "the best stake is +57.25 contracts"),
        (Motive::OtherSide { edge: 0.012 }, "the other side has an edge of its own, +1.20"),
        (Motive::AboveTarget { target: -3.5 }, "more is held than is best, -3.50"),
        (Motive::Quote { value: 0.31, edge: 0.015 }, "worth 31.00 cents"),
        (Motive::Flatten, "a person asked"),
    ];
    for (motive, expected) in words {
        let mut past = decided(day(10.0), Denial::NoEdge);
        past.decision.as_mut().unwrap().motive = Some(motive);
        let told = text(&heard(&[]).explain(day(10.0), Some(past)));
        assert!(told.contains(expected), "{expected:?} is missing in\n{told}");
    }
}

/// The fit of visits brings its share of the base rate; nothing else does.
#[test]
fn the_share_beside_windows_comes_with_the_fit() {
    let share = |file: &str| match &case_of(file, Vec::new()).strategy.model {
        statecraft_engine::config::ModelSpec::Hazard(spec) => spec.base_share_beside_windows,
        other => panic!("{other:?}"),
    };
    assert!((share(JAPAN) - 0.75).abs() < 1e-12);
    assert!((share("strategies/trump-visits-china-2026.toml") - 0.75).abs() < 1e-12);
    assert!((share("docs/examples/fed-chair-leaves-2026.toml") - 1.0).abs() < 1e-12);
}

/// The example of docs/OWN-EVENT.md is valid, is explained as the page says, and speaks of no journey.
#[test]
fn the_example_of_ones_own_event_works() {
    let example = "docs/examples/fed-chair-leaves-2026.toml";
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_statecraft"));
        let output =
            command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
        told
    };
    run(&["check", example]);
    let signals = "class=desk:docs/examples/fed-chair-leaves-2026.jsonl";
    let at = |day: &str| run(&["explain", example, "--signals", signals, "--at", day]);
    let early = at("2026-01-21");
    assert!(early.contains("signal pressure"), "{early}");
    assert!(!early.contains("visit") && !early.contains("tour"), "{early}");
    assert!(!early.contains("base rate without"), "{early}");
    let late = at("2026-04-03");
    assert!(late.contains("plan announced") && late.contains("on 2026-05-15"), "{late}");
    let q = |day: &str| {
        let value = statecraft(&["explain", example, "--signals", signals, "--at", day], None);
        value["model"]["q"].as_f64().unwrap()
    };
    assert!(
        q("2026-01-21") > q("2026-01-19") && q("2026-04-03") > 0.8,
        "{} {}",
        q("2026-01-21"),
        q("2026-04-03")
    );
}

/// Every factor of a window is printed and multiplies out; what a denial of its days did has a line of its own.
#[test]
fn a_window_multiplies_out_and_its_denial_has_a_line() {
    let denial = officially(10.0, 1, "visit_planned:2026", -1.0);
    let explained = heard(&[denial]).explain(day(20.0), None);
    let model = explained.model.as_ref().unwrap();
    let part = |name: &str| model.parts.iter().find(|part| part.name == name).unwrap();
    let window = part("APEC Shenzhen");
    let (factors, product) = window.note.split(';').next().unwrap().split_once(" = ").unwrap();
    let number = |text: &str| -> f64 {
        let words = text.split_whitespace().filter_map(|word| word.parse::<f64>().ok());
        words.product()
    };
    let expected: f64 = factors.split(" x ").map(number).product();
    assert!((expected - product.trim().parse::<f64>().unwrap()).abs() < 0.01, "{}", window.note);
    let denied = part("denied days of windows");
    assert!(denied.effect < -0.05, "{denied:?}");
    assert_eq!(denied.story.as_deref(), Some("story-1"), "{denied:?}");
    // Without the denial the window brings as much.
    let free = heard(&[]).explain(day(20.0), None).model.unwrap();
    let same = free.parts.iter().find(|part| part.name == "APEC Shenzhen").unwrap();
    assert!((same.effect - window.effect).abs() < 0.01, "{} {}", same.effect, window.effect);
}
