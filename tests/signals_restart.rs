//! The real program, started twice: what the first run heard is known to the second.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_statecraft");

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

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn venue(dir: &Path) -> (String, Process) {
    let mut child = Command::new(PROGRAM)
        .args(["sim", "kalshi", "--listen", "127.0.0.1:0", "--seed", "2", "--json"])
        .args(["--speed", "100", "--keys"])
        .arg(dir.join("keys"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    let url = told["base_url"].as_str().unwrap().trim_end_matches("/trade-api/v2").to_owned();
    (url, Process(child))
}

fn configure(dir: &Path, url: &str) {
    fs::create_dir_all(dir.join("strategies")).unwrap();
    fs::write(dir.join("strategies/asks.toml"), ASKS).unwrap();
    let key_id = fs::read_to_string(dir.join("keys/api_key_id.txt")).unwrap();
    let source = |name: &str| {
        format!(
            "[[signals]]\nname = \"{name}\"\npath = \"{}/{name}.jsonl\"\nclass = \"wire\"\n\
             poll = \"1s\"\nmax_age = \"400d\"\n",
            dir.display()
        )
    };
    let settings = format!(
        "[run]\nstate_dir = \"{0}/state\"\nstrategies_dir = \"{0}/strategies\"\n\
         [kalshi]\nendpoint = \"{url}\"\nkey_id = \"{1}\"\nprivate_key = \"{0}/keys/private_key.pem\"\n{2}{3}",
        dir.display(),
        key_id.trim(),
        source("first"),
        source("second"),
    );
    fs::write(dir.join("statecraft.toml"), settings).unwrap();
}

fn statecraft(dir: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(PROGRAM);
    let output =
        command.args(arguments).arg("--config").arg(dir.join("statecraft.toml")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn run(dir: &Path) -> Value {
    serde_json::from_str(&statecraft(dir, &["run", "--for", "4s", "--json"])).unwrap()
}

/// The signals in the journal: title, cluster, manner.
fn heard(dir: &Path) -> Vec<(String, String, String)> {
    let records = ["journal", "show", "--records", "--limit", "100000", "--json"];
    let rows = statecraft(dir, &records);
    let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let signals = rows.filter(|row| row["kind"] == "signal_received");
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
    let (url, _venue) = venue(dir);
    configure(dir, &url);
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
