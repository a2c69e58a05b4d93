//! The real program against the real simulated venue: a strategy whose record is bad is demoted, loudly
//! and in the journal; on paper it goes on trading; a restart remembers; a person releases it.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use statecraft::skill::Store;
use statecraft::skill::store::{Forecast, Resolution};
use statecraft_domain::{Price, Settlement, Timestamp, Venue};

const PROGRAM: &str = env!("CARGO_BIN_EXE_statecraft");

/// Buys one contract every half hour of story time for as long as it lives.
const CHURN: &str = r#"
event = "churn"
question = "Buys one contract again and again."
[[market]]
venue = "kalshi"
ticker = "KXTRUMPCOUNTRIES-27JAN01-JAP"
[model]
kind = "constant"
probability = 0.95
[decision]
kind = "threshold"
edge = "0.01"
contracts = "1"
max_position = "2000"
interval = "30m"
[limits]
max_markets = 1
max_position_contracts = "2000"
max_position_cost = "2000"
max_group_cost = "2000"
max_edge = "1.00"
"#;

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
        .args(["--speed", "20000", "--keys"])
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
    fs::write(dir.join("strategies/churn.toml"), CHURN).unwrap();
    let key_id = fs::read_to_string(dir.join("keys/api_key_id.txt")).unwrap();
    let settings = format!(
        "[run]\nstate_dir = \"{0}/state\"\nstrategies_dir = \"{0}/strategies\"\n\
         [kalshi]\nendpoint = \"{url}\"\nkey_id = \"{1}\"\nprivate_key = \"{0}/keys/private_key.pem\"\n\
         [limits]\nmax_account_cost = \"5000\"\nmax_orders_per_second = 50\n\
         max_orders_per_minute = 3000\nmax_orders_per_day = 10000\n\
         max_day_loss = \"1000\"\nmax_week_loss = \"1600\"\nmax_drawdown = \"2000\"\n\
         [skill]\nmin_resolutions = 6\n",
        dir.display(),
        key_id.trim(),
    );
    fs::write(dir.join("statecraft.toml"), settings).unwrap();
}

/// Six facts that did not happen, each forecast at 90 % by a market that said 10.
fn bad_record(dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    let store = Store::open(dir).unwrap();
    for number in 0..6 {
        let at = |days: i64| Timestamp::from_secs(1_700_000_000 + days * 86_400);
        let cents = |cents: u16| Price::from_cents(cents).unwrap();
        let forecast = Forecast {
            at: at(0),
            strategy: "churn".to_owned(),
            event: "churn".to_owned(),
            venue: Venue::Kalshi,
            ticker: format!("KXOLD-{number}"),
            fact: format!("KXOLD-{number}"),
            version: String::new(),
            model: 0.9,
            sd_logit: 0.1,
            blended: 0.9,
            market: 0.1,
            bid: cents(9),
            ask: cents(11),
            windowed: false,
            signals: Vec::new(),
            decision: String::new(),
        };
        store.add_forecast(&forecast).unwrap();
        let (venue, ticker) = (forecast.venue, forecast.ticker);
        let end = Resolution { venue, ticker, at: at(30), settlement: Settlement::No };
        store.add_resolution(&end).unwrap();
    }
}

fn statecraft(dir: &Path, arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(PROGRAM)
        .args(arguments)
        .arg("--config")
        .arg(dir.join("statecraft.toml"))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

/// Runs the bot for a while; its summary and what it logged.
fn run(dir: &Path) -> (Value, String) {
    let (ok, out, log) = statecraft(dir, &["run", "--json", "--for", "6s"]);
    assert!(ok, "{log}");
    (serde_json::from_str(out.trim()).unwrap(), log)
}

/// The standings that were journaled.
fn standings(dir: &Path) -> Vec<String> {
    let arguments = ["journal", "show", "--records", "--limit", "100000", "--json"];
    let (ok, out, log) = statecraft(dir, &arguments);
    assert!(ok, "{log}");
    let rows = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let changes = rows.filter(|row| row["kind"] == "standing_changed");
    changes.map(|row| row["body"]["standing"].as_str().unwrap().to_owned()).collect()
}

fn stated(dir: &Path) -> String {
    let (ok, out, log) = statecraft(dir, &["skill", "--json"]);
    assert!(ok, "{log}");
    let report: Value = serde_json::from_str(&out).unwrap();
    report["strategies"][0]["standing"].as_str().unwrap().to_owned()
}

#[test]
fn a_bad_record_costs_the_standing_and_a_person_gives_it_back() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (url, _venue) = venue(dir);
    configure(dir, &url);
    bad_record(&dir.join("state"));

    let (summary, log) = run(dir);
    assert!(log.contains("strategy_demoted") && log.contains("over 6 resolved facts"), "{log}");
    assert!(summary["orders"].as_u64().unwrap() > 0, "on paper it goes on: {summary}");
    assert_eq!(summary["demoted"], serde_json::json!(["churn"]));
    assert_eq!(standings(dir), ["demoted"]);
    assert_eq!(stated(dir), "demoted");
    let (ok, text, _) = statecraft(dir, &["skill"]);
    assert!(ok && text.contains("DEMOTED TO PAPER"), "{text}");

    // An order's decision is on record, with the standing it was made in.
    let (_, orders, _) = statecraft(dir, &["journal", "show", "--orders", "--json"]);
    let order: Value = serde_json::from_str(orders.lines().last().unwrap()).unwrap();
    let id = order["order_id"].as_str().unwrap();
    let (ok, explained, log) = statecraft(dir, &["explain", "churn", "--order", id, "--json"]);
    assert!(ok, "{log}");
    let explained: Value = serde_json::from_str(&explained).unwrap();
    let checks = explained["decision"]["checks"].as_array().unwrap();
    assert!(checks.len() >= 19 && checks.iter().all(|line| line["passed"] == true), "{checks:?}");
    assert_eq!(explained["decision"]["outcome"]["order"]["id"], id);

    // The next start says it again and journals nothing new.
    let (_, log) = run(dir);
    assert!(log.contains("is demoted to paper by its own record"), "{log}");
    assert_eq!(standings(dir), ["demoted"]);

    let (ok, _, why) = statecraft(dir, &["skill", "--reinstate", "nobody", "--because", "x"]);
    assert!(!ok && why.contains("not demoted"), "{why}");
    let because = ["skill", "--reinstate", "churn", "--because", "refitted"];
    assert!(statecraft(dir, &because).0);
    let (_, text, _) = statecraft(dir, &["skill"]);
    assert!(text.contains("its release (refitted) waits to be taken up"), "{text}");
    let (_, log) = run(dir);
    assert!(log.contains("strategy_reinstated"), "{log}");
    let (_, text, _) = statecraft(dir, &["skill"]);
    assert!(!text.contains("waits to be taken up"), "{text}");
    assert_eq!(standings(dir), ["demoted", "good"], "the old record does not count any more");
    assert_eq!(stated(dir), "good");
    let (ok, verdict, _) = statecraft(dir, &["journal", "verify"]);
    assert!(ok, "{verdict}");
}

/// The record is that of what is traded: another file name is no way out of it, a release is.
#[test]
fn a_renamed_or_copied_file_inherits_the_demotion_until_a_person_takes_it_back() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (url, _venue) = venue(dir);
    configure(dir, &url);
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
    assert!(statecraft(dir, &["skill", "--reinstate", "churn", "--because", "refitted"]).0);
    let (summary, log) = run(dir);
    assert_eq!(summary["demoted"], serde_json::json!([]), "{log}");
    let (summary, log) = run(dir);
    assert_eq!(summary["demoted"], serde_json::json!([]), "{log}");
}
