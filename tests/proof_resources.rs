//! M14: a full disk, few descriptors, little memory. The program reaches the mode that is specified or
//! ends with a clear message; no order leaves that is not in the journal, and the next start with enough
//! of everything finds the account as the venue has it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/disk.rs"]
mod disk;
#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/process.rs"]
mod process;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use disk::SmallDisk;
use ledger::*;
use process::*;

/// A run under limits of the shell (`ulimit`). Out of memory within a panic's own message, the standard
/// library can wait for ever for a lock that it holds itself: a watchdog ends that, as it does in service.
fn limited(dir: &Path, limits: &str, span: &str) -> Output {
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("{limits}; exec timeout -s KILL 30 \"$0\" \"$@\"")]).arg(program());
    shell.args(run_args(dir, &["--for", span]));
    shell.env("RUST_BACKTRACE", "0").stderr(log_file(dir)).output().unwrap()
}

fn log(dir: &Path) -> String {
    fs::read_to_string(dir.join("run.log")).unwrap_or_default()
}

/// Restart with enough of everything: the account is the venue's.
fn judge(dir: &Path, url: &str, what: &str) -> (usize, usize) {
    compare_orders(dir, url);
    let summary = settle(dir);
    assert_eq!(summary["unknown_orders"], 0, "{what}: {summary}");
    let found = compare(dir, url);
    compare_account(dir, url, &summary);
    verify(dir);
    found
}

#[test]
fn f50_a_full_disk_closes_the_gate_and_says_so() {
    let (mut tried, mut closed) = (0, 0);
    // Full while the tables are made, at the start, after some orders, after many.
    for kib in [64, 160, 320, 640] {
        let dir = tempfile::tempdir().unwrap();
        let Some(disk) = SmallDisk::mount(&dir.path().join("state"), kib) else {
            eprintln!("SKIPPED: no file system may be mounted here; run as root");
            return;
        };
        let (url, _venue) = venue(dir.path(), "");
        configure(dir.path(), &url);
        // The watch would have stopped it long before.
        min_free_mib(dir.path(), 0);
        let output = bot(dir.path(), &["--for", "10s"]).output().unwrap();
        let (code, told) = (output.status.code(), log(dir.path()));
        assert!(matches!(code, Some(3 | 5)), "{kib} KiB: {code:?}\n{told}");
        assert!(told.contains("disk is full") || told.contains("full"), "{kib} KiB: {told}");
        if code == Some(5) {
            let (_, after) = told.split_once("the journal failed: no more orders").unwrap();
            assert!(!after.contains("order decided"), "{kib} KiB: ordered without a journal");
            closed += 1;
        }
        tried += 1;
        disk.grow(65_536);
        let (orders, fills) = judge(dir.path(), &url, &format!("{kib} KiB"));
        eprintln!("{kib} KiB: exit {code:?}, {orders} orders, {fills} fills, none unjournaled");
    }
    assert!(closed > 0, "the disk was never full while trading: {tried} tried");
}

#[test]
fn f55_few_descriptors_end_in_a_clear_message_or_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let mut endings: BTreeMap<String, u32> = BTreeMap::new();
    for descriptors in [6, 7, 9, 12, 14, 16, 18, 20, 22, 24, 28, 40] {
        want(dir.path(), true);
        let before = log(dir.path()).len();
        let output = limited(dir.path(), &format!("ulimit -n {descriptors}"), "1s");
        let told = log(dir.path()).split_off(before);
        let failed = !output.status.success();
        assert!(!failed || !told.trim().is_empty(), "{descriptors}: it ended without a word");
        assert!(!told.contains("panicked"), "{descriptors}: {told}");
        if descriptors < 10 {
            assert_eq!(output.status.code(), Some(3), "{descriptors}: {told}");
            assert!(told.contains("raise the limit (`ulimit -n 1024`"), "{descriptors}: {told}");
        }
        *endings.entry(format!("{:?}", output.status.code())).or_default() += 1;
        compare_orders(dir.path(), &url);
    }
    let (orders, fills) = judge(dir.path(), &url, "descriptors");
    assert!(endings.len() > 1, "no limit was ever reached: {endings:?}");
    eprintln!("descriptors 6 to 40: endings {endings:?}; {orders} orders, {fills} fills");
}

#[test]
fn f49_little_memory_ends_the_process_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let mut endings: BTreeMap<String, u32> = BTreeMap::new();
    for mib in [24, 32, 40, 48, 64, 96, 160, 1_024] {
        want(dir.path(), true);
        let output = limited(dir.path(), &format!("ulimit -v {}", mib * 1_024), "1s");
        *endings.entry(output.status.to_string()).or_default() += 1;
        compare_orders(dir.path(), &url);
    }
    let (orders, fills) = judge(dir.path(), &url, "memory");
    assert!(endings.len() > 1, "no limit was ever reached: {endings:?}");
    eprintln!("memory 24 to 1024 MiB: endings {endings:?}; {orders} orders, {fills} fills");
}
