//! M7, M8: the real program dies at each of its system calls, or the call fails. Afterwards a restart
//! must find the account as the venue has it: no order twice, no fill lost, none sent that is not in the
//! journal (P1, P2, I1).
//!
//! `STATECRAFT_SWEEP=all` tries every call of a scripted session; without it a sample. Needs `strace`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/process.rs"]
mod process;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use ledger::*;
use process::*;

/// The calls that change something outside the process. SQLite flushes with `fsync` or `fdatasync`, the
/// client sends with `writev` or `sendto`: which of them are really used is found out by counting.
const CALLS: [&str; 9] = [
    "pwrite64",
    "write",
    "writev",
    "sendto",
    "fsync",
    "fdatasync",
    "rename",
    "unlink",
    "ftruncate",
];

/// Without these a sweep has proved nothing: the journal's writes, its flushes, and what is sent.
const MUST_FIRE: [&str; 3] = ["pwrite64", "fsync", "writev"];

/// What `timeout` says of a program that did not end in time.
const HUNG: i32 = 124;

/// Was the program killed? `timeout` tells it as a shell does.
fn killed(output: &Output) -> bool {
    output.status.code() == Some(128 + 9) || output.status.signal() == Some(9)
}

fn strace_works() -> bool {
    let mut probe = Command::new("strace");
    probe.args(["-f", "-qq", "-o", "/dev/null", "true"]).stdout(Stdio::null());
    let works = probe.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !works {
        eprintln!("SKIPPED: strace is not there or may not trace; the sweep proves nothing here");
    }
    works
}

fn everything() -> bool {
    std::env::var("STATECRAFT_SWEEP").is_ok_and(|wanted| wanted == "all")
}

/// A venue, settings, and a strategy that buys a contract every two hours of story time.
struct Scene {
    dir: tempfile::TempDir,
    url: String,
    _venue: Process,
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (url, venue) = venue(dir.path(), "");
        configure(dir.path(), &url);
        let strategy = CHURN.replace("interval = \"30m\"", "interval = \"2h\"");
        fs::write(dir.path().join("strategies/churn.toml"), strategy).unwrap();
        Self { dir, url, _venue: venue }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The scripted session under strace, with an injection or without.
    fn session(&self, calls: &str, inject: Option<&str>) -> Output {
        // A run that hangs is a failure, not a test that never ends.
        let mut strace = Command::new("timeout");
        strace
            .args(["-k", "5", "60", "strace", "-f", "-qq", "-o"])
            .arg(self.path().join("strace.txt"));
        strace.args(["-e", &format!("trace={calls}")]);
        if let Some(inject) = inject {
            strace.args(["-e", &format!("inject={inject}")]);
        }
        strace.arg(program()).args(run_args(self.path(), &["--for", "1s"]));
        strace.stderr(log_file(self.path())).output().unwrap()
    }

    fn trace(&self) -> String {
        fs::read_to_string(self.path().join("strace.txt")).unwrap_or_default()
    }

    /// Restart, reconcile, compare with the venue's own ledger.
    fn judge(&self, what: &str) -> (usize, usize) {
        eprintln!("  judging {what}");
        compare_orders(self.path(), &self.url);
        let summary = settle(self.path());
        assert_eq!(summary["unknown_orders"], 0, "{what}: {summary}");
        let found = compare(self.path(), &self.url);
        compare_account(self.path(), &self.url, &summary);
        verify(self.path());
        found
    }
}

/// How often one thread of the scripted session makes each call, at most: what `when=N` counts.
fn count_calls() -> BTreeMap<&'static str, u32> {
    let scene = Scene::new();
    let output = scene.session(&CALLS.join(","), None);
    assert!(output.status.success(), "the session failed without an injection");
    let mut counts: BTreeMap<(&str, String), u32> = BTreeMap::new();
    for line in scene.trace().lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let known = CALLS.iter().find(|name| call.trim_start().starts_with(&format!("{name}(")));
        if let Some(name) = known {
            *counts.entry((name, thread.to_owned())).or_default() += 1;
        }
    }
    let mut most = BTreeMap::new();
    for ((name, _), count) in counts {
        let entry = most.entry(name).or_insert(0);
        *entry = count.max(*entry);
    }
    most
}

/// Every call, or a few of them: first, last, and between.
fn chosen(most: u32) -> Vec<u32> {
    if everything() {
        return (1..=most).collect();
    }
    // The start makes more than half of the calls; trading has the rest.
    let of = |percent: u32| most * percent / 100;
    let mut some = vec![1, of(50), of(65), of(75), of(85), most.saturating_sub(2)];
    some.retain(|&n| n >= 1);
    some.sort_unstable();
    some.dedup();
    some
}

#[test]
fn m7_killed_at_a_system_call_nothing_is_sent_twice_and_no_fill_is_lost() {
    if !strace_works() {
        return;
    }
    let mut tally: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let (mut orders, mut fills) = (0, 0);
    for (call, most) in count_calls() {
        if !everything() && !MUST_FIRE.contains(&call) {
            continue;
        }
        let mut n_values = chosen(most);
        // Threads share the work differently each time: go on behind the count until nothing fires.
        let mut misses = 0;
        let mut next = most + 1;
        while let Some(n) = n_values.first().copied() {
            n_values.remove(0);
            let scene = Scene::new();
            let output = scene.session(call, Some(&format!("{call}:signal=KILL:when={n}")));
            let fired = killed(&output);
            assert_ne!(output.status.code(), Some(HUNG), "{call} {n}: it hung");
            let entry = tally.entry(call).or_default();
            entry.0 += 1;
            entry.1 += u32::from(fired);
            misses = if fired { 0 } else { misses + 1 };
            let what = format!("{call} {n} of about {most}, fired {fired}");
            let found = scene.judge(&what);
            orders += found.0;
            fills += found.1;
            if everything() && n_values.is_empty() && misses < 2 && next < most + 40 {
                n_values.push(next);
                next += 1;
            }
        }
    }
    for call in MUST_FIRE {
        let fired = tally.get(call).map_or(0, |entry| entry.1);
        assert!(fired > 0, "no kill at {call} ever fired: {tally:?}");
    }
    let points: u32 = tally.values().map(|entry| entry.1).sum();
    eprintln!(
        "{points} crash points, {orders} orders, {fills} fills; 0 duplicates, 0 lost fills, 0 unjournaled; \
         tried and fired by call: {tally:?}"
    );
}

/// What a run under an injected error came to.
fn ending(output: &Output) -> String {
    match output.status.code() {
        Some(code) => format!("exit {code}"),
        None => format!("{}", output.status),
    }
}

#[test]
fn m8_a_failing_disk_closes_the_gate_and_the_next_start_reconciles() {
    if !strace_works() {
        return;
    }
    let counts = count_calls();
    let mut endings: BTreeMap<String, u32> = BTreeMap::new();
    let mut fired_by: BTreeMap<String, u32> = BTreeMap::new();
    // Not `write`: the runtime wakes its own threads with it, which no disk can make fail.
    for (call, error) in [
        ("pwrite64", "EIO"),
        ("pwrite64", "ENOSPC"),
        ("fsync", "EIO"),
        ("fsync", "ENOSPC"),
        ("fdatasync", "EIO"),
        ("ftruncate", "EIO"),
        ("rename", "EIO"),
        ("sendto", "ECONNRESET"),
        ("writev", "ECONNRESET"),
    ] {
        let Some(&most) = counts.get(call) else { continue };
        if !everything() && !["pwrite64", "fsync"].contains(&call) {
            continue;
        }
        for n in chosen(most) {
            let scene = Scene::new();
            // From the n-th call on every one fails, as a broken disk does; a network fails once.
            let when = if call == "sendto" || call == "writev" { "" } else { "+" };
            let inject = format!("{call}:error={error}:when={n}{when}");
            let output = scene.session(call, Some(&inject));
            let injected = scene.trace().matches("(INJECTED)").count();
            let what = format!("{inject}: {}, injected {injected}", ending(&output));
            *fired_by.entry(format!("{call} {error}")).or_default() += u32::from(injected > 0);
            *endings.entry(ending(&output)).or_default() += 1;
            assert_ne!(output.status.code(), Some(HUNG), "{what}: it hung");
            assert!(
                matches!(output.status.code(), Some(0 | 1 | 3 | 5)),
                "{what}: neither handled nor a clean exit"
            );
            no_order_after_the_journal_failed(&scene, &what);
            scene.judge(&what);
        }
    }
    for what in ["pwrite64 EIO", "pwrite64 ENOSPC", "fsync EIO", "fsync ENOSPC"] {
        assert!(fired_by.get(what).is_some_and(|&n| n > 0), "{what} never fired: {fired_by:?}");
    }
    assert!(
        endings.contains_key("exit 5"),
        "no run ended because its journal failed while trading: {endings:?}"
    );
    eprintln!("errors fired {fired_by:?}; endings {endings:?}; 0 unjournaled orders");
}

/// Nothing is decided or sent behind the word that the journal failed.
fn no_order_after_the_journal_failed(scene: &Scene, what: &str) {
    let log = fs::read_to_string(scene.path().join("run.log")).unwrap();
    let Some((_, after)) = log.split_once("the journal failed: no more orders") else { return };
    assert!(!after.contains("order decided"), "{what}: an order was decided afterwards:\n{log}");
}
