//! The stop button (P6, I12, I13): by command, by file, by signal, while the loop hangs; and it stays pressed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/process.rs"]
mod process;
#[path = "support/verbs.rs"]
mod verbs;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{ChildStderr, Stdio};
use std::time::{Duration, Instant};

use ledger::*;
use process::*;
use verbs::*;

#[test]
fn i12_i13_a_kill_closes_the_gate_and_stays_over_restarts_until_it_is_released() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let mut running = answering(dir.path());
    wait_for_orders(&url, 3);
    let started = Instant::now();
    let (code, reply) = verb(dir.path(), &["kill", "--reason", "a test", "--no-wait"]);
    let whole = started.elapsed();
    assert_eq!(code, 0, "{reply}");
    assert_eq!(
        (&reply["data"]["latched"], &reply["data"]["journaled"]),
        (&true.into(), &true.into())
    );
    let gate_us = reply["data"]["gate_closed_us"].as_f64().unwrap();
    assert!(gate_us < 10_000.0, "the gate took {gate_us} us");
    eprintln!(
        "gate closed {gate_us:.1} us after the command was read, acknowledged after {} ms, the command \
         took {whole:?}",
        reply["data"]["acknowledged_ms"]
    );
    assert_quiet(&url, "it was killed");
    assert!(
        log(dir.path()).contains("\"code\":\"killed\""),
        "it is told, whoever closed the gate first"
    );
    let status = wait(dir.path(), "the sweep", |status| status["swept"]["clear"] == true);
    assert_eq!((&status["mode"], &status["gate"]["killed"]), (&"killed".into(), &true.into()));
    let (code, refused) = verb(dir.path(), &["resume", "--reason", "no"]);
    assert_eq!(code, 3, "{refused}");
    for _ in 0..3 {
        assert_eq!(running.stop(), Some(0));
        running = answering(dir.path());
        wait(dir.path(), "killed after the restart", |status| status["mode"] == "killed");
    }
    assert_quiet(&url, "it is still killed");
    let before = orders_at(&url);
    let (code, reply) = verb(dir.path(), &["resume", "--release-kill", "--reason", "all is well"]);
    assert_eq!(code, 0, "{reply}");
    assert!(!dir.path().join("state/KILL").exists());
    wait_for_orders(&url, before);
    // The release is as durable as the kill was.
    assert_eq!(running.stop(), Some(0));
    let before = orders_at(&url);
    let _running = answering(dir.path());
    wait_for_orders(&url, before);
}

/// A kill by the program itself is what a person's is: gate, file, sweep, and it holds over restarts.
#[test]
fn p6_i12_a_kill_by_a_breaker_is_a_whole_kill() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    strategy(dir.path(), "churn", CHURN);
    let limits = LIMITS
        .replace("max_day_loss = \"1000\"", "max_day_loss = \"0.50\"")
        .replace("max_week_loss = \"1600\"", "max_week_loss = \"0.50\"")
        .replace("max_drawdown = \"2000\"", "max_drawdown = \"0.50\"");
    settings(dir.path(), &url, &limits);
    let mut running = answering(dir.path());
    let status = wait(dir.path(), "the breaker", |status| status["mode"] == "killed");
    assert!(
        status["mode_cause"].as_str().unwrap().contains("since the highest profit"),
        "{status}"
    );
    let status = wait(dir.path(), "the sweep", |status| status["swept"]["clear"] == true);
    assert_eq!(status["gate"]["killed"], true);
    assert!(dir.path().join("state/KILL").exists());
    assert_quiet(&url, "its breaker killed it");
    assert_eq!(running.stop(), Some(0));
    let _running = answering(dir.path());
    wait(dir.path(), "killed after the restart", |status| status["gate"]["killed"] == true);
    let before = orders_at(&url);
    let (code, reply) = verb(dir.path(), &["resume", "--release-kill", "--reason", "accepted"]);
    assert_eq!(code, 0, "{reply}");
    assert!(!dir.path().join("state/KILL").exists());
    wait_for_orders(&url, before);
}

/// Who releases a kill does not release the next one, however close they come.
#[test]
fn i12_a_release_that_waits_is_undone_by_another_kill() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let _running = answering(dir.path());
    wait_for_orders(&url, 3);
    assert_eq!(verb(dir.path(), &["kill", "--reason", "first", "--no-wait"]).0, 0);
    let waiting = {
        let dir = dir.path().to_owned();
        std::thread::spawn(move || verb(&dir, &["resume", "--release-kill", "--reason", "well"]))
    };
    // The release is heard and waits for a comparison and the sweep; then it is killed again.
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(verb(dir.path(), &["kill", "--reason", "second", "--no-wait"]).0, 0);
    let (code, told) = waiting.join().unwrap();
    let status = status(dir.path());
    // Carried out before the second kill came, or refused because of it: either way that one holds.
    assert!(code == 0 || code == 3, "{told}");
    assert_eq!(status["mode"], "killed", "{told} {status}");
    assert_eq!(status["gate"]["killed"], true);
    assert!(dir.path().join("state/KILL").exists());
    assert_quiet(&url, "it was killed again");
}

#[test]
fn p6_the_file_kill_and_the_signal_do_the_same() {
    for by_file in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let (url, _venue) = venue(dir.path(), "");
        configure(dir.path(), &url);
        let running = answering(dir.path());
        wait_for_orders(&url, 2);
        if by_file {
            fs::write(dir.path().join("state/KILL"), "").unwrap();
        } else {
            running.signal("-USR1");
        }
        let status = wait(dir.path(), "the kill", |status| {
            status["mode"] == "killed" && status["swept"]["clear"] == true
        });
        let why = status["latch"].as_str().unwrap();
        assert!(why.contains(if by_file { "file KILL" } else { "SIGUSR1" }), "{status}");
        assert_quiet(&url, "it was killed");
    }
}

/// A bot whose log nobody reads: its pipe is full, and the loop hangs in the middle of a line.
fn hanging(dir: &Path) -> (Process, BufReader<ChildStderr>) {
    let mut command = bot(dir, &[]);
    command.env("RUST_LOG", "trace").stderr(Stdio::piped());
    let mut running = Process(command.spawn().unwrap());
    let mut log = BufReader::new(running.0.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("market data connected") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended before it traded");
    }
    wait(dir, "the loop to hang", |status| status["loop"] == "hangs");
    (running, log)
}

/// F48, F63: nobody reads the log, its pipe is full, and the loop hangs in the middle of a line.
#[test]
fn p6_a_kill_works_while_the_loop_hangs() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let (mut running, _log) = hanging(dir.path());
    let started = Instant::now();
    let (code, reply) = verb(dir.path(), &["kill", "--reason", "it hangs", "--no-wait"]);
    assert_eq!(code, 0, "{reply}");
    assert_eq!(
        (&reply["data"]["latched"], &reply["data"]["journaled"]),
        (&true.into(), &false.into())
    );
    assert!(reply["data"]["gate_closed_us"].as_f64().unwrap() < 10_000.0, "{reply}");
    eprintln!("with a hanging loop: {:?}, {}", started.elapsed(), reply["data"]);
    let status = wait(dir.path(), "the sweep", |status| status["swept"]["clear"] == true);
    assert_eq!(status["loop"], "hangs");
    running.kill();
    // The journal never heard of it; the latch holds.
    let _running = answering(dir.path());
    wait(dir.path(), "killed after the restart", |status| status["mode"] == "killed");
    assert_quiet(&url, "it was killed while it hung");
}

/// A pause that the loop takes up late does not bar what was resumed after it.
#[test]
fn p6_a_resume_behind_a_pause_of_a_hanging_loop_opens_the_gate() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let (mut running, mut log) = hanging(dir.path());
    let (code, told) = verb(dir.path(), &["pause", "--reason", "it hangs"]);
    assert_ne!(code, 0, "{told}");
    let resumed = std::thread::scope(|scope| {
        let resuming = scope.spawn(|| verb(dir.path(), &["resume", "--reason", "it will do"]));
        // It is asked for by now; then the loop goes on.
        std::thread::sleep(Duration::from_secs(2));
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        resuming.join().unwrap()
    });
    assert_eq!(resumed.0, 0, "{}", resumed.1);
    let status = wait(dir.path(), "trading", |status| status["mode"] == "active");
    assert_eq!(status["gate"]["paused"], false, "{status}");
    let before = orders_at(&url);
    wait_for_orders(&url, before);
    running.stop();
}

#[test]
fn nobody_runs_is_said_and_exits_with_one() {
    let dir = tempfile::tempdir().unwrap();
    configure_embedded(dir.path());
    for arguments in [&["status"][..], &["kill", "--reason", "x"], &["pause", "--reason", "x"]] {
        let (code, told) = verb(dir.path(), arguments);
        assert_eq!(code, 1, "{told}");
        assert!(told.to_string().contains("no statecraft is running"), "{told}");
    }
    let (code, _) = verb(dir.path(), &["kill"]);
    assert_eq!(code, 2, "a reason is needed");
    let (code, told) = verb(dir.path(), &["kill", "--direct"]);
    assert_eq!(code, 3, "{told}");
}

#[test]
fn a_stop_waits_no_longer_than_before() {
    let dir = tempfile::tempdir().unwrap();
    configure_embedded(dir.path());
    let mut running = answering(dir.path());
    let started = Instant::now();
    assert_eq!(running.stop(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    assert_eq!(verb(dir.path(), &["status"]).0, 1);
}
