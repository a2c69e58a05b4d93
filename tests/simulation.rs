//! Whole bots in seeded worlds (M1, M2): no rule is broken whatever goes wrong, and everything that can go
//! wrong does. The long run is `statecraft simulate --seeds 0..20000`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::process::Command;

use statecraft::simulation::faults::Occasion;
use statecraft::simulation::{self, EXERCISE, Fault, FixedRates, Plan, Summary};

/// Twelve minutes with faults and twelve without.
const LENGTH: i64 = 1_440_000_000_000;

fn plan(faults: FixedRates) -> Plan {
    simulation::exercise(faults, LENGTH).unwrap()
}

fn run(seeds: std::ops::Range<u64>, plan: &Plan) -> Summary {
    let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    simulation::run(seeds, plan, jobs, false, |_, _| {})
}

/// How many seeds the quick run has; the environment may ask for more.
fn seeds() -> u64 {
    std::env::var("STATECRAFT_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(32)
}

#[test]
fn m1_no_rule_is_broken_and_every_kind_of_fault_fires() {
    let summary = run(0..seeds(), &plan(FixedRates::default()));
    eprintln!(
        "{} seeds, {:.0} simulated hours, {} orders, {} fills, {} starts",
        summary.seeds, summary.simulated_hours, summary.orders, summary.fills, summary.starts
    );
    assert!(summary.violations.is_empty(), "{:#?}", summary.violations);
    // What a few dozen seeds left out by chance gets seeds of its own.
    for fault in Fault::ALL.iter().filter(|fault| summary.faults[fault.name()] == 0) {
        let rate = match fault.occasion() {
            Occasion::Each => 0.5,
            Occasion::Hourly => 15.0,
        };
        // Cancels come of resting orders, which outlive a crash, and of a person who stops.
        let rates = format!(
            "[rates]\n{} = {rate}\n{}",
            fault.name(),
            ["crash", "operator_pause"]
                .iter()
                .filter(|name| **name != fault.name())
                .map(|name| format!("{name} = 12\n"))
                .collect::<String>()
        );
        let more = run(0..8, &plan(FixedRates::parse(&rates).unwrap()));
        assert!(more.violations.is_empty(), "{rates}: {:#?}", more.violations);
        assert!(more.faults[fault.name()] > 0, "{} never fired", fault.name());
    }
}

/// F14, F26: a fill that the venue's ledger does not know stops the bot, and nothing else does.
#[test]
fn f26_a_ghost_stops_the_bot() {
    let faults = FixedRates::parse("only = true\n[rates]\nfill_ghost = 30\ncrash = 6").unwrap();
    let summary = run(0..6, &plan(faults));
    assert!(summary.violations.is_empty(), "{:#?}", summary.violations);
    assert!(summary.faults[Fault::FillGhost.name()] > 0, "{:?}", summary.faults);
}

/// F57: somebody else who trades on the account stops the bot, and nothing else does.
#[test]
fn f57_a_foreign_writer_stops_the_bot() {
    let faults = FixedRates::parse("only = true\n[rates]\nforeign_writer = 20\ncrash = 6").unwrap();
    let summary = run(0..6, &plan(faults));
    assert!(summary.violations.is_empty(), "{:#?}", summary.violations);
    assert!(summary.faults[Fault::ForeignWriter.name()] > 0, "{:?}", summary.faults);
    for code in ["foreign_fill", "foreign_order", "position_mismatch"] {
        assert!(summary.alerts.contains_key(code), "{code}: {:?}", summary.alerts);
    }
}

/// F57: an order that rests although its cancel was answered as done is found, cancelled again, and stops the bot.
#[test]
fn f57_an_order_that_was_over_and_rests_stops_the_bot() {
    let faults = FixedRates::parse("only = true\n[rates]\ncancel_undone = 0.3\ncrash = 2").unwrap();
    let summary = run(0..6, &plan(faults));
    assert!(summary.violations.is_empty(), "{:#?}", summary.violations);
    assert!(summary.faults[Fault::CancelUndone.name()] > 0, "{:?}", summary.faults);
    assert!(summary.alerts.contains_key("ghost_order"), "{:?}", summary.alerts);
    assert!(!summary.alerts.contains_key("impossible_transition"), "{:?}", summary.alerts);
}

/// 5.10: money that goes stops the bot, whether it rests orders or is not even running; money that comes does not.
#[test]
fn p2_money_that_goes_by_itself_stops_the_bot() {
    for (fault, stops) in [("cash_taken", true), ("cash_added", false)] {
        let text = format!("only = true\n[rates]\n{fault} = 12\ncrash = 6\noutage = 3");
        let summary = run(0..6, &plan(FixedRates::parse(&text).unwrap()));
        assert!(summary.violations.is_empty(), "{:#?}", summary.violations);
        assert!(summary.faults[fault] > 0, "{:?}", summary.faults);
        assert!(summary.alerts.contains_key("cash_mismatch"), "{:?}", summary.alerts);
        let refused = summary.alerts.contains_key("resume_refused");
        assert!(stops || !refused, "{:?}", summary.alerts);
    }
}

/// F35, 6.3: while the venue stands still, it proves nothing that it does not list an order.
#[test]
fn f35_orders_that_wait_for_the_end_of_a_pause_stay_unknown() {
    let text =
        "only = true\n[rates]\nvenue_pause = 15\nplace_parked = 0.9\nplace_timeout_before = 0.05";
    let summary = run(0..8, &plan(FixedRates::parse(text).unwrap()));
    assert!(summary.violations.is_empty(), "{:#?}", summary.violations);
    assert!(summary.faults[Fault::PlaceParked.name()] > 0, "{:?}", summary.faults);
}

/// F2: a subscription that dies alone is found by comparing books, long before the venue says so.
#[test]
fn f2_a_frozen_subscription_is_found_by_comparison() {
    let faults = FixedRates::parse("only = true\n[rates]\nfrozen_subscription = 30").unwrap();
    let summary = run(0..4, &plan(faults));
    assert!(summary.violations.is_empty(), "{:#?}", summary.violations);
    let found = summary.seen.get("frozen subscriptions found by comparison");
    assert!(found.is_some_and(|count| *count > 0), "{:?}", summary.seen);
}

/// F43: after a clock was set ahead and back, quotes go out again, and end by the venue's clock (P3).
#[test]
fn f43_quotes_come_back_after_a_jump() {
    let faults = FixedRates::parse("only = true\n[rates]\nclock_jump = 20").unwrap();
    let summary = run(0..6, &plan(faults));
    assert!(summary.violations.is_empty(), "{:#?}", summary.violations);
    assert!(summary.seen.get("quotes while engine time was ahead").is_some_and(|count| *count > 0));
}

/// In a world without faults the bot trades, is never stopped, and never raises an alarm of its own.
#[test]
fn a_quiet_world_is_quiet() {
    let summary = run(0..4, &plan(FixedRates::none()));
    assert!(summary.violations.is_empty(), "{:#?}", summary.violations);
    assert!(summary.orders > 40 && summary.fills > 40, "{summary:?}");
    for code in ["position_mismatch", "cash_mismatch", "order_unknown", "impossible_transition"] {
        assert_eq!(summary.alerts.get(code), None, "{:?}", summary.alerts);
    }
}

/// M2, A1, P7: the same seeds give the same trace in two processes, whatever the number of threads.
/// `STATECRAFT_M2_SEEDS=0..200` is the full run.
#[test]
fn m2_the_same_seed_gives_the_same_trace_in_two_processes() {
    let dir = tempfile::tempdir().unwrap();
    let strategy = dir.path().join("exercise.toml");
    std::fs::write(&strategy, EXERCISE).unwrap();
    let seeds = std::env::var("STATECRAFT_M2_SEEDS").unwrap_or_else(|_| "5..9".to_owned());
    let hash = |jobs: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_statecraft"))
            .args(["simulate", "--seeds", &seeds, "--hours", "0.4", "--json", "--jobs", jobs])
            .arg(&strategy)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        for key in ["seeds", "simulated_hours", "faults", "violations", "trace_hash"] {
            assert!(json.get(key).is_some(), "{key} is missing: {json}");
        }
        json["trace_hash"].as_str().unwrap().to_owned()
    };
    let first = hash("1");
    assert_eq!(first.len(), 64);
    assert_eq!(first, hash("2"));
}

#[test]
fn a_file_of_rates_is_refused_with_the_names_of_the_kinds() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("faults.toml");
    std::fs::write(&file, "[rates]\ngremlins = 1.0\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_statecraft"))
        .args(["simulate", "--seeds", "0..1", "--faults"])
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("disconnect"));
}

/// I24: a kind that did not fire proved nothing, and whoever asks for it is told so.
#[test]
fn i24_kinds_that_fired_too_seldom_fail_where_that_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("faults.toml");
    let rates = "only = true\n[rates]\ncrash = 30\noperator_pause = 30\ndisk_full = 0\n";
    std::fs::write(&file, rates).unwrap();
    let simulate = |least: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_statecraft"))
            .args(["simulate", "--seeds", "0..2", "--hours", "0.4", "--json", "--faults"])
            .arg(&file)
            .args(least)
            .output()
            .unwrap();
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), json, String::from_utf8(output.stderr).unwrap())
    };
    let (code, json, err) = simulate(&[]);
    assert_eq!(code, Some(0), "{err}");
    let fired = |kind: &str| json["faults"][kind].as_u64().unwrap();
    let (crashes, pauses) = (fired("crash"), fired("operator_pause"));
    assert!(crashes > 0 && pauses > 0 && crashes != pauses, "{json}");
    let (rarer, times, other) = if crashes < pauses {
        ("crash", crashes, "operator_pause")
    } else {
        ("operator_pause", pauses, "crash")
    };
    // What is switched off is not asked for.
    assert_eq!(simulate(&["--require-fired", &times.to_string()]).0, Some(0));
    let (code, json, err) = simulate(&["--require-fired", &(times + 1).to_string()]);
    assert_eq!((code, &json["violations"]), (Some(1), &serde_json::json!([])), "{err}");
    assert!(err.contains(&format!("{rarer} ({times} times)")), "{err}");
    assert!(!err.contains(other) && !err.contains("disk_full"), "{err}");
}
