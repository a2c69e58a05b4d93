//! The real program against the real simulated venue: a strategy whose record is bad is demoted, loudly
//! and in the journal; on paper it goes on trading; a restart remembers; a person releases it.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/process.rs"]
mod process;
#[path = "support/skill.rs"]
mod skill;

use std::fs;
use std::path::Path;

use process::*;
use serde_json::Value;
use skill::bad_record;

/// Settings with [`LIMITS`] and a record that six facts are enough for.
fn judged(dir: &Path, url: &str) {
    strategy(dir, "churn", CHURN);
    settings(dir, url, &format!("{LIMITS}[skill]\nmin_resolutions = 6\n"));
}

/// Runs the bot for a while; its summary and what it logged.
fn run(dir: &Path) -> (Value, String) {
    let (ok, out, log) = command(dir, &["run", "--json", "--for", "6s"]);
    assert!(ok, "{log}");
    (serde_json::from_str(out.trim()).unwrap(), log)
}

/// The standings that were journaled.
fn standings(dir: &Path) -> Vec<String> {
    let rows = journal(dir, "--records");
    let changes = rows.iter().filter(|row| row["kind"] == "standing_changed");
    changes.map(|row| row["body"]["standing"].as_str().unwrap().to_owned()).collect()
}

fn stated(dir: &Path) -> String {
    let report: Value = serde_json::from_str(&ok(dir, &["skill", "--json"])).unwrap();
    report["strategies"][0]["standing"].as_str().unwrap().to_owned()
}

#[test]
fn a_bad_record_costs_the_standing_and_a_person_gives_it_back() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (url, _venue) = venue(dir, "");
    judged(dir, &url);
    bad_record(&dir.join("state"));

    let (summary, log) = run(dir);
    assert!(log.contains("strategy_demoted") && log.contains("over 6 resolved facts"), "{log}");
    assert!(summary["orders"].as_u64().unwrap() > 0, "on paper it goes on: {summary}");
    assert_eq!(summary["demoted"], serde_json::json!(["churn"]));
    assert_eq!(standings(dir), ["demoted"]);
    assert_eq!(stated(dir), "demoted");
    let (ok, text, _) = command(dir, &["skill"]);
    assert!(ok && text.contains("DEMOTED TO PAPER"), "{text}");

    // An order's decision is on record, with the standing it was made in.
    let (_, orders, _) = command(dir, &["journal", "show", "--orders", "--json"]);
    let order: Value = serde_json::from_str(orders.lines().last().unwrap()).unwrap();
    let id = order["order_id"].as_str().unwrap();
    let (ok, explained, log) = command(dir, &["explain", "churn", "--order", id, "--json"]);
    assert!(ok, "{log}");
    let explained: Value = serde_json::from_str(&explained).unwrap();
    let checks = explained["decision"]["checks"].as_array().unwrap();
    assert!(checks.len() >= 19 && checks.iter().all(|line| line["passed"] == true), "{checks:?}");
    assert_eq!(explained["decision"]["outcome"]["order"]["id"], id);

    // The next start says it again and journals nothing new.
    let (_, log) = run(dir);
    assert!(log.contains("is demoted to paper by its own record"), "{log}");
    assert_eq!(standings(dir), ["demoted"]);

    let (ok, _, why) = command(dir, &["skill", "--reinstate", "nobody", "--because", "x"]);
    assert!(!ok && why.contains("not demoted"), "{why}");
    let because = ["skill", "--reinstate", "churn", "--because", "refitted"];
    assert!(command(dir, &because).0);
    let (_, text, _) = command(dir, &["skill"]);
    assert!(text.contains("its release (refitted) waits to be taken up"), "{text}");
    let (_, log) = run(dir);
    assert!(log.contains("strategy_reinstated"), "{log}");
    let (_, text, _) = command(dir, &["skill"]);
    assert!(!text.contains("waits to be taken up"), "{text}");
    assert_eq!(standings(dir), ["demoted", "good"], "the old record does not count any more");
    assert_eq!(stated(dir), "good");
    let (ok, verdict, _) = command(dir, &["journal", "verify"]);
    assert!(ok, "{verdict}");
}

/// The record is that of what is traded: another file name is no way out of it, a release is.
#[test]
fn a_renamed_or_copied_file_inherits_the_demotion_until_a_person_takes_it_back() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (url, _venue) = venue(dir, "");
    judged(dir, &url);
    bad_record(&dir.join("state"));
    let (summary, _) = run(dir);
    assert_eq!(summary["demoted"], serde_json::json!(["churn"]));

    let file = |name: &str| dir.join(format!("strategies/{name}.toml"));
    fs::rename(file("churn"), file("fresh")).unwrap();
    let (summary, log) = run(dir);
    assert_eq!(summary["demoted"], serde_json::json!(["fresh"]), "{log}");
    assert!(log.contains("trades the same as churn"), "{log}");
    assert_eq!(standings(dir), ["demoted", "demoted"]);

    // A copy beside it inherits as well; what trades something else does not.
    fs::copy(file("fresh"), file("copy")).unwrap();
    let other = CHURN.replace("event = \"churn\"", "event = \"other\"");
    fs::write(file("other"), other.replace("-JAP", "-CHI")).unwrap();
    let (summary, log) = run(dir);
    assert_eq!(summary["demoted"], serde_json::json!(["copy", "fresh"]), "{log}");

    // The old name stands for all of them.
    assert!(command(dir, &["skill", "--reinstate", "churn", "--because", "refitted"]).0);
    let (summary, log) = run(dir);
    assert_eq!(summary["demoted"], serde_json::json!([]), "{log}");
    let (summary, log) = run(dir);
    assert_eq!(summary["demoted"], serde_json::json!([]), "{log}");
}
