//! The real program, started twice: what the first run heard is known to the second.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/process.rs"]
mod process;

use std::fs;
use std::path::Path;

use process::{journal, ok, settings, strategy, venue_at};
use serde_json::Value;

/// Asks about Japan and trades nothing.
const ASKS: &str = r#"
event = "asks"
question = "Reads headlines about Japan."
country = "japan"
[[market]]
venue = "kalshi"
ticker = "KXTRUMPCOUNTRIES-27JAN01-JAP"
[model]
kind = "constant"
probability = 0.30
[decision]
kind = "threshold"
edge = "0.90"
contracts = "1"
max_position = "1"
interval = "30m"
[limits]
max_markets = 1
"#;

const STORY: &str = "Japan pledges 5 trillion yen for AI parks on US federal land";
const WITHDRAWN: &str = "Retracted: Report that Japan pledges 5 trillion yen for AI parks on US federal land is withdrawn";

fn reading(dir: &Path, url: &str) {
    strategy(dir, "asks", ASKS);
    let source = |name: &str| {
        format!(
            "[[signals]]\nname = \"{name}\"\npath = \"{}/{name}.jsonl\"\nclass = \"wire\"\n\
             poll = \"1s\"\nmax_age = \"400d\"\n",
            dir.display()
        )
    };
    settings(dir, url, &(source("first") + &source("second")));
}

fn run(dir: &Path) -> Value {
    serde_json::from_str(&ok(dir, &["run", "--for", "4s", "--json"])).unwrap()
}

/// The signals in the journal: title, cluster, manner.
fn heard(dir: &Path) -> Vec<(String, String, String)> {
    let rows = journal(dir, "--records");
    let signals = rows.iter().filter(|row| row["kind"] == "signal_received");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    signals
        .map(|row| {
            let body = &row["body"];
            (text(&body["title"]), text(&body["cluster"]), text(&body["claim"]["assertion"]))
        })
        .collect()
}

fn line(id: &str, title: &str) -> String {
    let line = serde_json::json!({"id": id, "published": "2026-01-01T00:00:00Z", "title": title});
    format!("{line}\n")
}

#[test]
fn a_restart_remembers_stories_reposts_and_items() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (url, _venue) = venue_at(dir, "100", "");
    reading(dir, &url);
    fs::write(dir.join("first.jsonl"), line("1", STORY)).unwrap();
    fs::write(dir.join("second.jsonl"), "").unwrap();
    let summary = run(dir);
    assert_eq!((&summary["signals"], &summary["unmatched_revisions"]), (&1.into(), &0.into()));
    let before = heard(dir);
    assert_eq!(before.len(), 1, "{before:?}");

    // The file is read again from its beginning; the other source reposts, another one's "1" is another
    // report, and the story is withdrawn.
    let again = line("r", STORY) + &line("1", WITHDRAWN);
    fs::write(dir.join("second.jsonl"), again).unwrap();
    let summary = run(dir);
    let after = heard(dir);
    assert_eq!(after.len(), 2, "neither the item nor its repost is heard again: {after:?}");
    assert_eq!(after[1].2, "retracted", "{after:?}");
    assert_eq!(after[1].1, before[0].1, "the withdrawal finds its story: {after:?}");
    assert_eq!(summary["unmatched_revisions"], 0);

    // A withdrawal of what nobody has told is a story of its own, and counted.
    let unknown =
        WITHDRAWN.replace("5 trillion yen", "90 billion dollars").replace("AI parks", "shipyards");
    fs::write(dir.join("first.jsonl"), line("1", STORY) + &line("2", &unknown)).unwrap();
    let summary = run(dir);
    assert_eq!(summary["unmatched_revisions"], 1, "{summary}");
    let names: std::collections::BTreeSet<String> =
        heard(dir).into_iter().map(|one| one.1).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}
