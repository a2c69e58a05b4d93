//! A process that crashes again and again waits for a person (F47), whatever restarts it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/process.rs"]
mod process;
#[path = "support/verbs.rs"]
mod verbs;

use std::fs;

use process::*;
use verbs::*;

/// Real time: ten minutes of it are longer than the test.
const REAL_TIME: &str = "1";

#[test]
fn f47_the_third_crash_within_ten_minutes_pauses_the_next_start_until_a_person_resumes() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue_at(dir.path(), REAL_TIME, "");
    configure(dir.path(), &url);
    let settings = dir.path().join("statecraft.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text.replace("[run]\n", "[run]\nmax_crashes = 3\n")).unwrap();

    // A clean stop is no crash, however often.
    for _ in 0..3 {
        assert_eq!(answering(dir.path()).stop(), Some(0));
    }
    for _ in 0..3 {
        let mut running = answering(dir.path());
        wait(dir.path(), "trading", |status| status["mode"] == "active");
        running.kill();
    }
    let mut held = answering(dir.path());
    let paused = wait(dir.path(), "the pause", |status| status["mode"] == "halted");
    assert_eq!(paused["gate"]["paused"], true, "{paused}");
    assert_quiet(&url, "it crashed too often");
    assert!(log(dir.path()).contains("crash_loop"));

    // It is no way out to stop and start it.
    assert_eq!(held.stop(), Some(0));
    let mut held = answering(dir.path());
    wait(dir.path(), "the pause again", |status| status["mode"] == "halted");

    // A person's word is, and the count begins anew.
    assert_eq!(verb(dir.path(), &["resume", "--reason", "mended"]).0, 0);
    wait(dir.path(), "trading again", |status| status["mode"] == "active");
    held.kill();
    let _running = answering(dir.path());
    wait(dir.path(), "trading after one crash", |status| status["mode"] == "active");
}
