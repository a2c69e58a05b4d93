//! The rehearsals of a paper bot (`drill NAME`) do what they say: the fault is met as announced, the bot stays
//! sound, is healed, trades again, and ends in order. `disk-full`, of which the run ends, is in control_watch.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/process.rs"]
mod process;
#[path = "support/verbs.rs"]
mod verbs;

use std::path::Path;

use process::*;
use serde_json::Value;
use verbs::*;

/// What was seen of the bot from outside while the rehearsal ran.
struct Rehearsed {
    reply: Value,
    looks: Vec<Value>,
    log: String,
}

/// Runs a rehearsal on a trading bot at the embedded venue and looks at the bot all the while.
fn rehearse(name: &str) -> Rehearsed {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    configure_embedded(at);
    let mut running = answering(at);
    wait(at, "an order", |status| status["orders"].as_u64() > Some(0));
    let (code, reply, looks) = std::thread::scope(|scope| {
        let drill = scope.spawn(|| verb(at, &["drill", name]));
        let mut looks = Vec::new();
        while !drill.is_finished() {
            looks.push(status(at));
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let (code, reply) = drill.join().unwrap();
        (code, reply, looks)
    });
    assert_eq!(code, 0, "{reply}\n{}", log(at));
    let text = reply.to_string();
    assert!(text.contains("pass: the fault was met") && !text.contains("FAIL"), "{reply}");
    assert!(text.contains("pass: all is as it should be again"), "{reply}");
    assert!(reply["data"]["fired"].as_u64() > Some(0), "{reply}");
    sound_and_trading(at);
    assert_eq!(running.stop(), Some(0), "{}", log(at));
    assert!(journal_verifies(at));
    Rehearsed { reply, looks, log: log(at) }
}

/// Nothing holds it, nothing is doubtful, and orders leave again.
fn sound_and_trading(dir: &Path) {
    let before = wait(dir, "a sound bot", |status| {
        status["mode"] == "active"
            && status["gate"]["open"] == true
            && status["condition"] == "open"
            && status["unknown_orders"] == 0
            && status["clock"]["trusted"] != false
            && status["restrictions"].as_array().is_none_or(Vec::is_empty)
    });
    wait(dir, "orders again", |status| status["orders"].as_u64() > before["orders"].as_u64());
}

fn journal_verifies(dir: &Path) -> bool {
    // Where the journal of a run at the embedded venue is.
    let state = dir.join("state/embedded").display().to_string();
    let mut verify = std::process::Command::new(program());
    verify.args(["journal", "verify", "--state-dir", &state]).output().unwrap().status.success()
}

/// Orders decided at the first and at the last look at which it was so.
fn orders_while(rehearsed: &Rehearsed, is_so: impl Fn(&Value) -> bool) -> (u64, u64) {
    let mut orders = rehearsed
        .looks
        .iter()
        .filter(|look| is_so(look))
        .map(|look| look["orders"].as_u64().unwrap());
    let first = orders.next().unwrap_or_else(|| panic!("never so: {}", rehearsed.reply));
    (first, orders.last().unwrap_or(first))
}

fn alerts(rehearsed: &Rehearsed, code: &str) -> usize {
    rehearsed.log.matches(&format!("\"code\":\"{code}\"")).count()
}

#[test]
fn f2_ws_freeze_is_found_by_comparison_and_the_books_come_back() {
    let rehearsed = rehearse("ws-freeze");
    assert!(alerts(&rehearsed, "subscription_frozen") > 0, "{}", rehearsed.log);
}

#[test]
fn f15_timeout_after_accept_is_looked_for_and_not_sent_again() {
    let rehearsed = rehearse("timeout-after-accept");
    assert_eq!(alerts(&rehearsed, "order_unknown"), 1, "{}", rehearsed.log);
    assert!(rehearsed.log.contains("no answer about an order"), "{}", rehearsed.log);
    assert_eq!(alerts(&rehearsed, "duplicate_order_id"), 0, "{}", rehearsed.log);
}

#[test]
fn f25_ghost_fill_arrives_by_comparison_and_nothing_is_halted() {
    let rehearsed = rehearse("ghost-fill");
    for code in ["position_mismatch", "cash_mismatch", "foreign_fill", "impossible_fill"] {
        assert_eq!(alerts(&rehearsed, code), 0, "{}", rehearsed.log);
    }
}

#[test]
fn f35_venue_pause_lets_nothing_leave_until_it_is_over() {
    let rehearsed = rehearse("venue-pause");
    assert!(alerts(&rehearsed, "venue_condition") >= 2, "{}", rehearsed.log);
    let (first, last) = orders_while(&rehearsed, |look| {
        look["condition"].as_str().is_some_and(|condition| condition != "open")
    });
    assert_eq!(first, last, "orders were decided while the venue was paused");
}

#[test]
fn f42_clock_skew_lets_nothing_leave_until_the_clocks_agree() {
    let rehearsed = rehearse("clock-skew");
    assert!(alerts(&rehearsed, "clock_untrusted") > 0, "{}", rehearsed.log);
    assert!(alerts(&rehearsed, "clock_trusted") > 0, "{}", rehearsed.log);
    let (first, last) = orders_while(&rehearsed, |look| look["clock"]["trusted"] == false);
    assert_eq!(first, last, "orders were decided on a doubted clock");
}

/// Only on paper, and only what there is.
#[test]
fn a_drill_is_refused_at_any_other_venue_and_an_unknown_one_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let mut running = answering(dir.path());
    assert_eq!(verb(dir.path(), &["drill", "ws-freeze"]).0, 3);
    assert_eq!(running.stop(), Some(0), "{}", log(dir.path()));
    let dir = tempfile::tempdir().unwrap();
    configure_embedded(dir.path());
    let mut running = answering(dir.path());
    let (code, reply) = verb(dir.path(), &["drill", "earthquake"]);
    assert_eq!(code, 1, "{reply}");
    assert!(reply.to_string().contains("ghost-fill"), "{reply}");
    assert_eq!(running.stop(), Some(0), "{}", log(dir.path()));
}
