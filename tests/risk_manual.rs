//! The manual of the risk controls says what the program does: its tables are made from the program's own
//! lists, and every control names keys and tests that exist.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use statecraft::cli::controls::CONTROLS;
use statecraft::config::{self, arming, schema};
use statecraft::journal::{Identity, Journal, Record, RunStarted, RunStopped};
use statecraft::runtime::paper_run;
use statecraft_domain::control::{Latch, OrderDenied, Origin, RestrictionChanged, Scope};
use statecraft_domain::event::{Mode, ModeChanged};
use statecraft_domain::{
    Denial, Event, MarketId, Nanos, RejectReason, StrategyId, Timestamp, Venue,
};
use statecraft_engine::config::Decision;
use statecraft_engine::risk::CHECKS;

const BEGIN: &str = "<!-- generated: tests/risk_manual.rs, STATECRAFT_WRITE_DOCS=1 -->\n";
const END: &str = "<!-- end of the generated part -->\n";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn generated() -> String {
    let mut text = String::new();
    let gated = |denial: &Denial| CHECKS.iter().any(|(check, _)| check == denial);
    let mut table = |title: &str, rows: Vec<(&str, &str)>| {
        writeln!(text, "\n### {title}\n\n| code | meaning |\n|---|---|").unwrap();
        for (code, meaning) in rows {
            writeln!(text, "| `{code}` | {meaning} |").unwrap();
        }
    };
    let row = |denial: &Denial| (denial.code(), denial.meaning());
    table("The gate, in its order", CHECKS.iter().map(|(denial, _)| row(denial)).collect());
    let own = Denial::ALL.iter().filter(|denial| !gated(denial));
    table("Findings of the decision itself", own.map(row).collect());
    let refusals = RejectReason::ALL.iter().map(|reason| (reason.code(), reason.meaning()));
    table("Refusals of a venue, in our words", refusals.collect());
    text.push_str(
        "\n### Controls\n\n| rule | sees to | denies with | stops with | limits | proof |\n",
    );
    text.push_str("|---|---|---|---|---|---|\n");
    let list = |items: Vec<String>| items.join(", ");
    let quoted = |items: &[&str]| list(items.iter().map(|item| format!("`{item}`")).collect());
    for control in CONTROLS {
        let codes = list(control.codes.iter().map(|code| format!("`{}`", code.code())).collect());
        writeln!(
            text,
            "| {} | {} | {codes} | {} | {} | {} |",
            control.rule,
            control.what,
            quoted(control.stops),
            quoted(control.parameters),
            quoted(control.tests)
        )
        .unwrap();
    }
    text.push('\n');
    text
}

#[test]
fn the_tables_of_the_manual_are_the_program_s_own() {
    let path = root().join("docs/RISK.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("docs/RISK.md has its generated part");
    let (written, after) = rest.split_once(END).expect("docs/RISK.md ends its generated part");
    if std::env::var_os("STATECRAFT_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", generated())).unwrap();
        return;
    }
    assert_eq!(written, generated(), "run this test with STATECRAFT_WRITE_DOCS=1");
}

#[test]
fn every_check_of_the_gate_is_a_control_and_every_code_has_one() {
    let controlled: BTreeSet<Denial> =
        CONTROLS.iter().flat_map(|control| control.codes.iter().copied()).collect();
    let gated: BTreeSet<Denial> = CHECKS.iter().map(|&(denial, _)| denial).collect();
    assert_eq!(controlled, gated);
    let codes: BTreeSet<&str> = Denial::ALL.iter().map(|denial| denial.code()).collect();
    assert_eq!(codes.len(), Denial::ALL.len(), "a code twice");
    for denial in Denial::ALL {
        assert!(!denial.meaning().is_empty() && !denial.meaning().contains('\n'), "{denial}");
    }
}

/// The gate asks in the order of the manual.
#[test]
fn the_gate_asks_in_the_order_of_the_rules() {
    let number = |denial: &Denial| -> u32 {
        let digits = denial.code().trim_start_matches('R');
        digits.split('_').next().unwrap().parse().unwrap()
    };
    let numbers: Vec<u32> = CHECKS.iter().map(|(denial, _)| number(denial)).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    let rules: BTreeSet<u32> = numbers.into_iter().collect();
    assert_eq!(rules, (1..=28).collect::<BTreeSet<u32>>(), "R1 to R28, every one");
}

#[test]
fn every_parameter_is_a_key_and_every_proof_a_test() {
    let keys = format!("{}{}", schema::settings(), schema::strategy());
    let mut sources = String::new();
    for dir in ["crates", "src", "tests"] {
        read_all(&root().join(dir), &mut sources);
    }
    for control in CONTROLS {
        for key in control.parameters {
            assert!(keys.contains(&format!("\"{key}\"")), "{}: no key {key}", control.rule);
        }
        assert!(!control.tests.is_empty(), "{} proves nothing", control.rule);
        for test in control.tests {
            let found = sources.contains(&format!("#[test]\nfn {test}("))
                || sources.contains(&format!("#[test]\n    fn {test}("))
                || sources.contains(&format!("    fn {test}(\n"));
            assert!(found, "{}: no test {test}", control.rule);
        }
    }
}

/// What stops by itself is in the manual and in `controls --report`, or a stopped account says "never".
#[test]
fn whatever_stops_the_account_is_a_control() {
    let mut sources = String::new();
    for dir in ["crates/engine/src", "src/runtime", "src/trading"] {
        read_all(&root().join(dir), &mut sources);
    }
    let listed: BTreeSet<&str> =
        CONTROLS.iter().flat_map(|control| control.stops).copied().collect();
    let mut found = BTreeSet::new();
    let before = [
        ".halt(\"",
        "Mode::Killed, \"",
        "Mode::Halted, \"",
        "Mode::ReduceOnly, \"",
        "Breach::kill(\"",
    ];
    for before in before {
        let codes = sources.split(before).skip(1).filter_map(|rest| rest.split_once('"'));
        found.extend(codes.map(|(code, _)| code).filter(|code| !code.contains(' ')));
    }
    // Of a strategy alone, or not a stop by itself.
    let others = ["disk_low", "strategy_removed"];
    found.retain(|code| !others.contains(code));
    assert!(found.len() >= 8, "{found:?}");
    let missing: Vec<&&str> = found.difference(&listed).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn read_all(dir: &Path, into: &mut String) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("tests/risk_manual.rs")
            && !path.ends_with("controls/table.rs")
        {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// What denied and what stopped is in the journal, also while nobody runs.
#[test]
fn controls_know_from_the_journal_when_they_last_stopped_something() {
    let dir = tempfile::tempdir().unwrap();
    let journal = dir.path().join("embedded");
    std::fs::create_dir_all(&journal).unwrap();
    let identity = Identity {
        venue: Venue::Kalshi,
        endpoint: "embedded".to_owned(),
        account: "paper".to_owned(),
    };
    let opened = Journal::open(&journal, &identity, &["one".to_owned()], |_| {}).unwrap();
    let (at, strategy) = (Timestamp::from_secs(1_700_000_000), StrategyId(0));
    let denied = OrderDenied { at, strategy, market: MarketId(0), denial: Denial::Clock, count: 3 };
    let halted = RestrictionChanged {
        at,
        scope: Scope::Strategy(strategy),
        mode: Mode::Halted,
        origin: Origin::Engine,
        code: "reject_ratio".to_owned(),
        reason: "ten of ten".to_owned(),
    };
    let killed = ModeChanged::by_engine(at, Mode::Killed, "drawdown", "100.00 lost");
    for event in [Latch::Denied(denied), Latch::Restriction(halted), Latch::Mode(killed)] {
        opened.journal.append(Record::Event(event.into_event())).unwrap();
    }
    opened.journal.close().unwrap();
    let (code, out, err) = statecraft(dir.path(), &["controls", "--json"]);
    assert_eq!(code, 0, "{err}");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let lines = report["controls"].as_array().unwrap();
    let last = |rule: &str| &lines.iter().find(|line| line["rule"] == rule).unwrap()["last"];
    assert_eq!(last("R13")["code"], "R13_clock");
    assert_eq!(last("R13")["reason"], "3 orders were denied");
    assert_eq!(last("R26")["reason"], "ten of ten");
    assert_eq!(last("R24")["code"], "drawdown");
    assert_eq!(last("R24")["reason"], "100.00 lost");
    assert_eq!(last("R12"), &serde_json::Value::Null);
}

fn statecraft(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_statecraft"))
        .args(args)
        .current_dir(root())
        .env("STATECRAFT__RUN__STATE_DIR", dir)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// R2: what is armed are these limits and no others.
#[test]
fn r2_controls_report_and_arm_the_limits_in_force() {
    let dir = tempfile::tempdir().unwrap();
    let report = |args: &[&str]| -> serde_json::Value {
        let (code, out, err) = statecraft(dir.path(), args);
        assert_eq!(code, 0, "{err}");
        serde_json::from_str(&out).unwrap()
    };
    let before = report(&["controls", "--report", "--json"]);
    assert_eq!(before["armed"], false);
    let lines = before["controls"].as_array().unwrap();
    let line = |rule: &str| lines.iter().find(|line| line["rule"] == rule).unwrap();
    assert_eq!(line("R24")["account"]["max_day_loss"], "50.00");
    assert_eq!(line("R7")["strategies"]["trump-visits-japan-2026"]["max_order_cost"], "25.00");
    assert_eq!(line("R26")["last"], serde_json::Value::Null);
    let hash = before["risk_hash"].as_str().unwrap();
    let (code, _, err) = statecraft(dir.path(), &["controls", "--arm", "0123"]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains(hash));
    assert_eq!(statecraft(dir.path(), &["controls", "--arm", hash]).0, 0);
    assert_eq!(report(&["controls", "--report", "--json"])["armed"], true);
    let (_, text, _) = statecraft(dir.path(), &["controls"]);
    assert!(text.contains("R24   losses of the day") && text.contains("armed for real money"));
}

/// R2: whatever says how much is sent is armed with the limits.
#[test]
fn r2_another_size_is_not_armed() {
    let load = |set: &[(&str, &str)]| {
        let set = set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        config::load(&root().join("config/statecraft.toml"), &config::Overrides { set }).unwrap()
    };
    let armed = arming::risk_hash(&load(&[]));
    assert_eq!(arming::risk_hash(&load(&[])), armed);
    for other in [("kalshi.order_group_contracts", "77"), ("skill.min_resolutions", "77")] {
        assert_ne!(arming::risk_hash(&load(&[other])), armed, "{}", other.0);
    }
    let mut loaded = load(&[]);
    let enabled = loaded.strategies.iter_mut().filter(|one| one.enabled);
    let kelly = enabled.filter_map(|one| match &mut one.strategy.decision {
        Decision::Kelly(rules) => Some(rules),
        _ => None,
    });
    kelly.last().unwrap().fraction *= 2.0;
    assert_ne!(arming::risk_hash(&loaded), armed, "the fraction of Kelly");
}

/// R28: by the journal of a paper run, for the file as it is.
#[test]
fn r28_real_money_waits_for_the_paper_run() {
    let (dir, paper) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let load = || {
        let overrides = config::Overrides {
            set: vec![
                ("run.paper_state_dir".to_owned(), paper.path().display().to_string()),
                ("run.state_dir".to_owned(), dir.path().display().to_string()),
            ],
        };
        config::load(&root().join("config/statecraft.toml"), &overrides).unwrap()
    };
    let loaded = load();
    let enabled: Vec<_> = loaded.strategies.iter().filter(|strategy| strategy.enabled).collect();
    assert_eq!(paper_run::unproved(&loaded).unwrap().len(), enabled.len(), "no journal: no proof");
    let names: Vec<String> = enabled.iter().map(|one| one.strategy.name.clone()).collect();
    let identity =
        Identity { venue: Venue::Kalshi, endpoint: "demo".to_owned(), account: "a".to_owned() };
    let opened = Journal::open(paper.path(), &identity, &names, |_| {}).unwrap();
    let mut hashes: Vec<String> = enabled.iter().map(|one| one.hash.clone()).collect();
    // One of them ran with another file.
    hashes[0] = "0".repeat(64);
    let day = 86_400;
    let started = RunStarted {
        at: Timestamp::from_secs(day),
        strategies: names.clone(),
        hashes,
        lineages: Vec::new(),
        config_hash: String::new(),
        mode: "paper".to_owned(),
        endpoint: "demo".to_owned(),
        version: String::new(),
    };
    opened.journal.append(Record::RunStarted(started)).unwrap();
    let (at, mode, reason) = (Timestamp::from_secs(day), Mode::Active, "started".to_owned());
    let active = Event::ModeChanged(ModeChanged { at, mode, reason });
    opened.journal.append(Record::Event(active)).unwrap();
    let end = Timestamp::from_secs(day * 4);
    let stopped = RunStopped { at: end, reason: "asked".to_owned() };
    opened.journal.append(Record::RunStopped(stopped)).unwrap();
    opened.journal.close().unwrap();
    let unproved = paper_run::unproved(&load()).unwrap();
    assert_eq!(unproved, [(names[0].clone(), Nanos::ZERO)]);
}

#[test]
fn r28_a_run_with_real_money_says_what_it_waits_for() {
    let dir = tempfile::tempdir().unwrap();
    let live = |args: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_statecraft"))
            .args(args)
            .current_dir(root())
            .env("STATECRAFT__RUN__STATE_DIR", dir.path())
            .env("STATECRAFT__RUN__MODE", "live")
            .env("STATECRAFT__KALSHI__ENDPOINT", "prod")
            .env("STATECRAFT__KALSHI__KEY_ID", "none")
            .env("STATECRAFT__KALSHI__PRIVATE_KEY", dir.path().join("none.pem"))
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, _, err) = live(&["run", "--live"]);
    assert_eq!((code, err.contains("these limits are not armed")), (3, true), "{err}");
    let (_, report, err) = live(&["controls", "--report", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report).expect(&err);
    assert_eq!(live(&["controls", "--arm", report["risk_hash"].as_str().unwrap()]).0, 0);
    let (code, _, err) = live(&["run", "--live"]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("has run on paper for 0.0 of 3 days"), "{err}");
}
