//! Pause, resume and flatten, against a venue of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/process.rs"]
mod process;
#[path = "support/verbs.rs"]
mod verbs;

use std::fs;

use ledger::*;
use process::*;
use verbs::*;

#[test]
fn i13_a_pause_holds_until_resume_also_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let mut running = answering(dir.path());
    wait_for_orders(&url, 2);
    let (code, reply) = verb(dir.path(), &["pause", "--reason", "lunch"]);
    assert_eq!(code, 0, "{reply}");
    assert_quiet(&url, "it is paused");
    assert_eq!(running.stop(), Some(0));
    let _running = answering(dir.path());
    let status = wait(dir.path(), "the pause", |status| status["mode"] == "halted");
    assert_eq!(status["gate"]["paused"], true);
    assert_quiet(&url, "it is still paused");
    let before = orders_at(&url);
    assert_eq!(verb(dir.path(), &["resume", "--reason", "back"]).0, 0);
    wait_for_orders(&url, before);
}

#[test]
fn one_strategy_is_paused_alone_and_an_unknown_one_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let mut running = answering(dir.path());
    wait_for_orders(&url, 2);
    let (code, told) = verb(dir.path(), &["pause", "chrun", "--reason", "typo"]);
    assert_eq!(code, 1, "{told}");
    assert!(told.to_string().contains("churn"), "{told}");
    // A market may be meant as well: nothing restricts this one.
    let market = "KXTRUMPCOUNTRIES-27JAN01-JAP";
    let (code, told) = verb(dir.path(), &["resume", market, "--reason", "read its rules"]);
    assert_eq!(code, 1, "{told}");
    assert!(told.to_string().contains("nothing restricts the market"), "{told}");
    assert_eq!(verb(dir.path(), &["pause", "churn", "--reason", "look at it"]).0, 0);
    assert_quiet(&url, "the strategy is paused");
    let status = status(dir.path());
    assert_eq!((&status["mode"], &status["gate"]["open"]), (&"active".into(), &true.into()));
    assert_eq!(status["restrictions"][0]["scope"], "strategy churn");
    assert_eq!(running.stop(), Some(0));
    let _running = answering(dir.path());
    assert_quiet(&url, "the strategy is still paused");
    let before = orders_at(&url);
    assert_eq!(verb(dir.path(), &["resume", "churn", "--reason", "fine"]).0, 0);
    wait_for_orders(&url, before);
}

/// An opinion of one's own, that holds back for long after any move.
const CAUTIOUS: &str = r#"
event = "cautious"
question = "Will he be in Japan?"
[[market]]
venue = "kalshi"
ticker = "KXTRUMPCOUNTRIES-27JAN01-JAP"
[model]
kind = "external"
sd_logit = 0.5
max_age = "30d"
[blend]
model_weight = 0.2
[decision]
kind = "kelly"
[caution]
unexplained_move = 0.05
unexplained_window = "1d"
freeze = "30d"
half_weight = "30d"
"#;

/// Whoever knows why a price moved releases what froze because of it, by market or by strategy, and is told what that
/// was.
#[test]
fn a_freeze_after_an_unexplained_move_is_released() {
    let market = "KXTRUMPCOUNTRIES-27JAN01-JAP";
    for name in [market, "cautious"] {
        let dir = tempfile::tempdir().unwrap();
        configure_embedded(dir.path());
        strategy(dir.path(), "cautious", CAUTIOUS);
        let _running = answering(dir.path());
        wait(dir.path(), "an unexplained move", |_| log(dir.path()).contains("unexplained_move"));
        let held = &status(dir.path())["held_back"][0];
        assert_eq!((&held["strategy"], &held["market"]), (&"cautious".into(), &market.into()));
        assert_eq!(held["what"], "frozen");
        let (code, told) = verb(dir.path(), &["resume", name, "--reason", "it was the summit"]);
        assert_eq!(code, 0, "{told}");
        let told = told.to_string();
        let names = format!("unexplained_move: strategy cautious on {market} was frozen until");
        assert!(told.contains(&names), "{told}");
    }
}

#[test]
fn flatten_needs_a_yes_and_then_closes_what_is_held() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let mut running = answering(dir.path());
    wait_for_orders(&url, 4);
    let ask = ["flatten", "--max-slippage", "0.08"];
    let (code, told) = verb(dir.path(), &ask);
    assert_eq!(code, 3, "{told}");
    assert!(told.to_string().contains("JAP"), "{told}");
    let yes = [&ask[..], &["--yes"]].concat();
    let (code, told) = verb(dir.path(), &yes);
    assert_eq!(code, 0, "{told}");
    wait(dir.path(), "the position to be closed", |_| held(&url).is_empty());
    let status = status(dir.path());
    assert_eq!(status["mode"], "reduce_only");
    let is_told = |status: &serde_json::Value| status["mode_cause"].to_string().contains("flatten");
    assert!(is_told(&status), "{status}");
    assert_quiet(&url, "nothing is to be opened after a flatten");
    // Also after a restart, until a person resumes.
    assert_eq!(running.stop(), Some(0));
    let _running = answering(dir.path());
    wait(dir.path(), "the cause", is_told);
    assert_quiet(&url, "it was flattened");
    assert_eq!(verb(dir.path(), &["kill", "--reason", "then killed"]).0, 0);
    let (code, told) = verb(dir.path(), &yes);
    assert_eq!(code, 3, "{told}");
    let log = fs::read_to_string(dir.path().join("run.log")).unwrap();
    assert!(log.contains("flatten_done"), "{log}");
}

/// Orders must not leave long after a person asked for them, and silence is worse: a start that finds a flatten
/// unfinished tells what is held and the command, and tells it again until a person decides.
#[test]
fn i13_a_flatten_that_ended_with_its_process_is_told_and_not_asked_again() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "[[fault]]\nkind = \"pause\"\nnth = 6\nms = 12000\n");
    configure(dir.path(), &url);
    let mut running = answering(dir.path());
    wait(dir.path(), "the pause", |status| status["condition"] == "paused");
    let ask = ["flatten", "--max-slippage", "0.08", "--yes"];
    let (code, told) = verb(dir.path(), &ask);
    assert_eq!(code, 0, "{told}");
    assert_eq!(status(dir.path())["unclosed"], serde_json::json!([]), "it is under way");
    running.kill();
    let before = held(&url);
    assert!(!before.is_empty(), "something is held");
    let times = || log(dir.path()).matches("flatten_interrupted").count();
    for start in 1..=2 {
        let mut running = answering(dir.path());
        let unclosed = status(dir.path())["unclosed"].clone();
        assert_eq!(unclosed[0]["ticker"], "KXTRUMPCOUNTRIES-27JAN01-JAP", "{unclosed}");
        let again = unclosed[0]["again"].as_str().unwrap();
        assert!(again.starts_with("statecraft flatten --max-slippage 0.08"), "{again}");
        assert_eq!(times(), start, "{}", log(dir.path()));
        let open = |status: &serde_json::Value| status["condition"] == "open";
        wait(dir.path(), "the end of the pause", open);
        assert_quiet(&url, "nobody has asked again");
        assert_eq!(held(&url), before);
        assert_eq!(running.stop(), Some(0));
    }
    let mut running = answering(dir.path());
    let (code, told) = verb(dir.path(), &ask);
    assert_eq!(code, 0, "{told}");
    assert_eq!(status(dir.path())["unclosed"], serde_json::json!([]));
    wait(dir.path(), "the position to be closed", |_| held(&url).is_empty());
    assert_eq!(running.stop(), Some(0));
    let _running = answering(dir.path());
    assert_eq!(times(), 3, "it is done: {}", log(dir.path()));
}
