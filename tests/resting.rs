//! Orders that rest, at the real simulated venue through the real gateway: cancelled by a stop, ended by
//! the next start after a kill, ended by the venue itself when nobody comes back. The venue's own ledger
//! is the judge.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/disk.rs"]
mod disk;
#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/process.rs"]
mod process;
#[path = "support/quotes.rs"]
mod quotes;
#[path = "support/rest.rs"]
mod rest;
#[path = "support/verbs.rs"]
mod verbs;

use std::fs;
use std::time::Duration;

use disk::SmallDisk;
use ledger::*;
use process::*;
use quotes::*;
use verbs::{answering, status, verb, wait};

#[test]
fn a_stop_cancels_what_rests() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    quoting(dir.path(), &url, "300s");
    let summary = run_for(dir.path(), "8s");
    assert_eq!(resting(&url), 0, "{}", log(dir.path()));
    assert_eq!(summary["open_orders"], 0, "{summary}");
    let (orders, fills) = compare(dir.path(), &url);
    assert!(orders >= 4, "only {orders} orders:\n{}", log(dir.path()));
    eprintln!("{orders} orders, {fills} fills");
}

#[test]
fn a_start_ends_what_a_killed_run_left_resting() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    quoting(dir.path(), &url, "300s");
    for _ in 0..3 {
        let mut running = Process(bot(dir.path(), &[]).spawn().unwrap());
        wait_until_resting(dir.path(), &url);
        running.kill();
        assert!(resting(&url) > 0, "the venue cannot know that we are gone");
    }
    let group = fs::read_to_string(dir.path().join("state/order-groups")).unwrap();
    assert_eq!(group.lines().count(), 1, "{group}");
    // Nobody quotes any more: what rests now is what was left behind.
    let path = dir.path().join("strategies/quotes.toml");
    let quiet =
        fs::read_to_string(&path).unwrap().replace("[blend]", "[blend]\nmax_spread = \"0.00\"");
    fs::write(path, quiet).unwrap();
    let summary = run_for(dir.path(), "2s");
    assert_eq!(resting(&url), 0, "{}", log(dir.path()));
    assert_eq!(summary["orders"], 0, "{summary}");
    assert_eq!(summary["open_orders"], 0, "{summary}");
    compare(dir.path(), &url);
}

#[test]
fn the_venue_ends_what_nobody_comes_back_for() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    quoting(dir.path(), &url, "10s");
    let mut running = Process(bot(dir.path(), &[]).spawn().unwrap());
    wait_until_resting(dir.path(), &url);
    running.kill();
    assert!(resting(&url) > 0);
    std::thread::sleep(Duration::from_millis(11_000));
    assert_eq!(resting(&url), 0);
    run_for(dir.path(), "2s");
    compare(dir.path(), &url);
}

#[test]
fn lost_answers_and_silent_streams_leave_no_quote_twice() {
    let dir = tempfile::tempdir().unwrap();
    let faults = "[[fault]]\nkind = \"error_after_accept\"\nevery = 5\n\
                  [[fault]]\nkind = \"drop_private\"\nprobability = 0.3\n";
    let (url, _venue) = venue(dir.path(), faults);
    quoting(dir.path(), &url, "300s");
    run_for(dir.path(), "15s");
    let summary = run_for(dir.path(), "3s");
    assert_eq!(summary["unknown_orders"], 0, "{summary}");
    assert_eq!(resting(&url), 0, "{}", log(dir.path()));
    let (orders, fills) = compare(dir.path(), &url);
    assert!(orders >= 3, "only {orders} orders:\n{}", log(dir.path()));
    eprintln!("{orders} orders, {fills} fills");
}

/// The disk fills up under a resting order: the order is cancelled all the same, and the next start with
/// room enough agrees with the venue.
#[test]
fn f50_what_rests_is_cancelled_when_the_journal_fails() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&dir.path().join("state"), 16_384) else {
        eprintln!("SKIPPED: no file system may be mounted here; run as root");
        return;
    };
    let (url, _venue) = venue(dir.path(), "");
    quoting(dir.path(), &url, "300s");
    min_free_mib(dir.path(), 0);
    let mut running = Process(bot(dir.path(), &[]).spawn().unwrap());
    wait_until_resting(dir.path(), &url);
    disk.fill();
    assert_eq!(running.0.wait().unwrap().code(), Some(5), "{}", log(dir.path()));
    assert_eq!(resting(&url), 0, "{}", log(dir.path()));
    let told = log(dir.path());
    let (_, after) = told.split_once("the journal failed: no more orders").expect(&told);
    assert!(!after.contains("order decided"), "{after}");
    disk.make_room();
    let summary = run_for(dir.path(), "3s");
    assert_eq!(summary["unknown_orders"], 0, "{summary}");
    compare(dir.path(), &url);
}

/// The order group of a run ends with a kill; after a release something may rest in it again. A pause leaves it.
#[test]
fn r27_after_a_pause_and_after_a_released_kill_it_quotes_again() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    quoting(dir.path(), &url, "4h");
    let _running = answering(dir.path());
    wait_until_resting(dir.path(), &url);
    for (stop, go_on) in [
        (&["pause", "--reason", "lunch"][..], &["resume", "--reason", "back"][..]),
        (&["kill", "--reason", "test"], &["resume", "--release-kill", "--reason", "well"]),
    ] {
        assert_eq!(verb(dir.path(), stop).0, 0);
        let end = std::time::Instant::now() + Duration::from_secs(10);
        while resting(&url) > 0 {
            assert!(std::time::Instant::now() < end, "something still rests after {stop:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        let (code, told) = verb(dir.path(), go_on);
        assert_eq!(code, 0, "{told}");
        wait_until_resting(dir.path(), &url);
    }
    let status = status(dir.path());
    assert_eq!(status["restrictions"], serde_json::json!([]), "{status}");
}

/// Somebody elsewhere ends everything on the account, and so the run's group: the bot hears of it from its next
/// order, only reduces from there, over a restart, and quotes again when a person resumes, without a restart.
#[test]
fn r27_a_group_that_was_ended_from_elsewhere_waits_for_a_person_and_not_for_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    quoting(dir.path(), &url, "4h");
    // What somebody cancels twice would stop the strategy for that (R26), if enough quotes came in between.
    settings(dir.path(), &url, &format!("{LIMITS}min_ratio_orders = 100\n"));
    let mut running = answering(dir.path());
    wait_until_resting(dir.path(), &url);
    // The same settings with a state of their own: another machine.
    let there = dir.path().join("elsewhere");
    let text = fs::read_to_string(dir.path().join("statecraft.toml")).unwrap();
    let state = format!("state_dir = \"{}/state\"", dir.path().display());
    let moved = text.replace(&state, &format!("state_dir = \"{}/state\"", there.display()));
    assert_ne!(text, moved);
    fs::create_dir_all(&there).unwrap();
    fs::write(there.join("statecraft.toml"), moved).unwrap();
    let (code, told) = verb(&there, &["kill", "--direct"]);
    assert_eq!(code, 0, "{told}");
    let reduces = |status: &serde_json::Value| status["mode"] == "reduce_only";
    let stopped = wait(dir.path(), "the bot to only reduce", reduces);
    assert!(stopped["mode_cause"].to_string().contains("order group"), "{stopped}");
    assert!(log(dir.path()).contains("order_group_ended"), "{}", log(dir.path()));
    running.stop();
    running = answering(dir.path());
    wait(dir.path(), "the next run to only reduce", reduces);
    let (code, told) = verb(dir.path(), &["resume", "--reason", "found"]);
    assert_eq!(code, 0, "{told}");
    wait_until_resting(dir.path(), &url);
    // And once more, this time resumed without a restart.
    let (code, told) = verb(&there, &["kill", "--direct"]);
    assert_eq!(code, 0, "{told}");
    wait(dir.path(), "the bot to only reduce", reduces);
    assert_eq!(resting(&url), 0);
    let (code, told) = verb(dir.path(), &["resume", "--reason", "found"]);
    assert_eq!(code, 0, "{told}");
    wait_until_resting(dir.path(), &url);
    running.stop();
}

/// Somebody removes the run's group: the bot makes another.
#[test]
fn r27_a_group_that_was_removed_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    quoting(dir.path(), &url, "4h");
    let mut running = answering(dir.path());
    wait_until_resting(dir.path(), &url);
    let name = fs::read_to_string(dir.path().join("state/order-groups")).unwrap();
    let client = rest::client(dir.path(), &url);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(client.delete_order_group(name.trim())).unwrap();
    wait(dir.path(), "the bot to only reduce", |status| status["mode"] == "reduce_only");
    let (code, told) = verb(dir.path(), &["resume", "--reason", "found"]);
    assert_eq!(code, 0, "{told}");
    wait_until_resting(dir.path(), &url);
    let other = fs::read_to_string(dir.path().join("state/order-groups")).unwrap();
    assert_ne!(name, other);
    running.stop();
}
