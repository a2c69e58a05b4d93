//! Room on the journal's disk runs out under the real program (F50), and the stop button on a disk that is full
//! (F63). The disks are small file systems in memory; mounting them needs root.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/disk.rs"]
mod disk;
#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/process.rs"]
mod process;
#[path = "support/quotes.rs"]
mod quotes;
#[path = "support/verbs.rs"]
mod verbs;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use disk::SmallDisk;
use ledger::*;
use process::*;
use quotes::*;
use serde_json::Value;
use verbs::*;

/// The least that may be asked for.
const MIN_FREE_MIB: u64 = 64;
const DISK_KIB: u32 = 112 * 1024;
const RECORD: &str = "[tape]\nrecord = true\ndir = \"DIR/tapes\"\n";

fn small_disk(dir: &Path, kib: u32) -> Option<SmallDisk> {
    let disk = SmallDisk::mount(&dir.join("state"), kib);
    if disk.is_none() {
        eprintln!("SKIPPED: no file system may be mounted here; run as root");
    }
    disk
}

fn record(dir: &Path) {
    let path = dir.join("statecraft.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text + &RECORD.replace("DIR", &dir.display().to_string())).unwrap();
}

fn reserve(dir: &Path) -> Option<u64> {
    fs::metadata(dir.join("state/disk.reserve")).ok().map(|found| found.len())
}

fn told(dir: &Path, code: &str) -> usize {
    log(dir).matches(&format!("\"code\":\"{code}\"")).count()
}

fn is_held(status: &Value) -> bool {
    let held = &status["restrictions"][0];
    held["code"] == "disk_low" && held["mode"] == "reduce_only" && held["by"] == "shell"
}

/// Low: nothing is opened or recorded, whoever resumes, until there is room. At the floor: halted, journaled in
/// the room of the reserve, until there is room *and* a person resumes.
#[test]
fn f50_on_a_disk_that_fills_up_the_bot_only_reduces_and_then_halts() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = small_disk(dir.path(), DISK_KIB) else { return };
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    min_free_mib(dir.path(), MIN_FREE_MIB);
    record(dir.path());
    let mut running = answering(dir.path());
    wait_for_orders(&url, 2);
    assert_eq!(status(dir.path())["disk"]["level"], "ample");
    assert_eq!(reserve(dir.path()), Some(16 << 20));

    disk.leave_mib(30);
    let low = wait(dir.path(), "the look", |status| status["disk"]["level"] == "low");
    assert!(is_held(&low), "{low}");
    assert_eq!(low["mode"], "active");
    assert_quiet(&url, "the disk is nearly full");
    assert_eq!(told(dir.path(), "disk_low"), 1, "{}", log(dir.path()));
    assert!(log(dir.path()).contains("recording stopped: the disk is nearly full"));
    let (code, reply) = verb(dir.path(), &["resume", "churn", "--reason", "I know better"]);
    assert_eq!(code, 0, "{reply}");
    wait(dir.path(), "the disk to hold on", is_held);
    disk.make_room();
    let back = wait(dir.path(), "room", |status| status["disk"]["level"] == "ample");
    assert_eq!(back["restrictions"], serde_json::json!([]), "{back}");
    let before = orders_at(&url);
    wait_for_orders(&url, before);

    disk.leave_mib(8);
    let full = wait(dir.path(), "the floor", |status| status["mode"] == "halted");
    assert!(full["mode_cause"].as_str().unwrap().contains("disk_reserve"), "{full}");
    assert_eq!((&full["disk"]["level"], &full["gate"]["latched"]), (&"floor".into(), &true.into()));
    assert_eq!(reserve(dir.path()), None, "the halt has the room of the reserve");
    assert_quiet(&url, "the disk is full");
    let (code, reply) = verb(dir.path(), &["resume", "--reason", "too early"]);
    assert_eq!(code, 3, "{reply}");
    assert!(reply.to_string().contains("make room first"), "{reply}");
    disk.make_room();
    wait(dir.path(), "room", |status| status["disk"]["level"] == "ample");
    assert_eq!(reserve(dir.path()), Some(16 << 20));
    assert_quiet(&url, "nobody has resumed");
    let (code, reply) = verb(dir.path(), &["resume", "--reason", "there is room"]);
    assert_eq!(code, 0, "{reply}");
    let before = orders_at(&url);
    wait_for_orders(&url, before);
    assert_eq!(running.stop(), Some(0), "{}", log(dir.path()));
    assert_eq!(told(dir.path(), "disk_reserve"), 1, "{}", log(dir.path()));
    verify(dir.path());
    compare(dir.path(), &url);
    // What was recorded until then is whole.
    let tapes: Vec<_> = fs::read_dir(dir.path().join("tapes")).unwrap().flatten().collect();
    let tape = tapes
        .iter()
        .map(fs::DirEntry::path)
        .find(|path| path.extension().is_some_and(|e| e == "tape"));
    ok(dir.path(), &["replay", tape.unwrap().to_str().unwrap(), "--verify"]);
}

/// What rests is cancelled at the floor, every cancel and the halt are in the journal, and the halt holds over a
/// restart.
#[test]
fn f50_at_the_floor_halt_and_cancels_are_journaled() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = small_disk(dir.path(), DISK_KIB) else { return };
    let (url, _venue) = venue(dir.path(), "");
    quoting(dir.path(), &url, "300s");
    min_free_mib(dir.path(), MIN_FREE_MIB);
    let mut running = answering(dir.path());
    wait_until_resting(dir.path(), &url);
    disk.leave_mib(3);
    wait(dir.path(), "the floor", |status| status["mode"] == "halted");
    let end = Instant::now() + Duration::from_secs(10);
    while resting(&url) > 0 {
        assert!(Instant::now() < end, "something still rests:\n{}", log(dir.path()));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_quiet(&url, "the disk is full");
    // The stop button works here too, and is journaled.
    let (code, reply) = verb(dir.path(), &["kill", "--reason", "on a full disk", "--no-wait"]);
    assert_eq!(code, 0, "{reply}");
    assert_eq!(
        (&reply["data"]["latched"], &reply["data"]["journaled"]),
        (&true.into(), &true.into())
    );
    assert_eq!(running.stop(), Some(0), "{}", log(dir.path()));
    verify(dir.path());
    let halts = journal(dir.path(), "--records");
    let halted = |row: &&Value| {
        row["kind"] == "mode_changed" && row.to_string().contains("engine: disk_reserve: ")
    };
    assert_eq!(halts.iter().filter(halted).count(), 1);
    assert!(halts.iter().any(|row| row["kind"] == "cancel_requested"));
    compare(dir.path(), &url);
}

/// A start on a disk without room says so, and opens nothing.
#[test]
fn f50_a_start_on_a_disk_that_is_nearly_full_only_reduces() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = small_disk(dir.path(), DISK_KIB) else { return };
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    min_free_mib(dir.path(), MIN_FREE_MIB);
    record(dir.path());
    disk.leave_mib(40);
    let mut running = answering(dir.path());
    let status = wait(dir.path(), "trading", |status| status["mode"] == "active");
    assert!(is_held(&status), "{status}");
    assert_eq!(told(dir.path(), "disk_low"), 1, "{}", log(dir.path()));
    assert_quiet(&url, "it started without room");
    assert_eq!((orders_at(&url), reserve(dir.path())), (0, None));
    assert!(!dir.path().join("tapes").exists(), "nothing is recorded");
    disk.make_room();
    wait_for_orders(&url, 0);
    assert_eq!(running.stop(), Some(0), "{}", log(dir.path()));
}

/// What ends one cause of a restriction does not end the other.
#[test]
fn f50_room_on_the_disk_does_not_bring_a_strategy_back_whose_file_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = small_disk(dir.path(), DISK_KIB) else { return };
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    strategy(dir.path(), "other", &CHURN.replace("edge = \"0.01\"", "edge = \"0.90\""));
    min_free_mib(dir.path(), MIN_FREE_MIB);
    disk.leave_mib(40);
    let _running = answering(dir.path());
    let codes = |status: &Value| -> Vec<String> {
        let held = status["restrictions"].as_array().cloned().unwrap_or_default();
        held.iter().map(|one| text(one, "code")).collect()
    };
    wait(dir.path(), "the disk", |status| codes(status) == ["disk_low", "disk_low"]);
    let (file, away) = (dir.path().join("strategies/churn.toml"), dir.path().join("churn.off"));
    fs::rename(&file, &away).unwrap();
    wait(dir.path(), "the removal", |status| codes(status) == ["strategy_removed", "disk_low"]);
    disk.make_room();
    wait(dir.path(), "room", |status| codes(status) == ["strategy_removed"]);
    assert_quiet(&url, "its file is gone");
    disk.leave_mib(40);
    wait(dir.path(), "the disk", |status| codes(status) == ["strategy_removed", "disk_low"]);
    fs::rename(&away, &file).unwrap();
    wait(dir.path(), "the return", |status| codes(status) == ["disk_low", "disk_low"]);
    assert_quiet(&url, "the disk is nearly full");
    disk.make_room();
    wait_for_orders(&url, 0);
}

/// F63: pressed on a disk that is full to the last byte: the gate is closed and latched in the file that was
/// reserved at the start, what rests is cancelled, and whether the run can go on or not, it stays killed.
#[test]
fn f63_a_kill_on_a_full_disk_is_a_whole_kill() {
    for by_signal in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let Some(disk) = small_disk(dir.path(), 16_384) else { return };
        let (url, _venue) = venue(dir.path(), "");
        quoting(dir.path(), &url, "300s");
        min_free_mib(dir.path(), 0);
        let mut running = answering(dir.path());
        wait_until_resting(dir.path(), &url);
        // It must not find the full disk before it is killed.
        running.signal("-STOP");
        disk.fill();
        let asked = {
            let dir = dir.path().to_owned();
            std::thread::spawn(move || verb(&dir, &["kill", "--reason", "full disk", "--no-wait"]))
        };
        if by_signal {
            running.signal("-USR1");
        }
        std::thread::sleep(Duration::from_millis(300));
        running.signal("-CONT");
        let (code, reply) = asked.join().unwrap();
        assert_eq!(code, 0, "{reply}\n{}", log(dir.path()));
        assert_eq!(reply["data"]["latched"], true, "{reply}");
        assert_quiet(&url, "it was killed");
        let end = Instant::now() + Duration::from_secs(20);
        while resting(&url) > 0 {
            assert!(Instant::now() < end, "something still rests:\n{}", log(dir.path()));
            std::thread::sleep(Duration::from_millis(50));
        }
        // The journal could take the kill, or it ends the run: as a full disk does.
        let code =
            running.0.try_wait().unwrap().map_or_else(|| running.stop(), |ended| ended.code());
        assert!(matches!(code, Some(0 | 5)), "{code:?}\n{}", log(dir.path()));
        eprintln!("by signal {by_signal}: journaled {}, exit {code:?}", reply["data"]["journaled"]);
        let latch = fs::read_to_string(dir.path().join("state/KILL")).unwrap();
        // Whoever was heard last.
        assert!(latch.contains("full disk") || latch.contains("SIGUSR1"), "{latch:?}");
        disk.make_room();
        let _running = answering(dir.path());
        wait(dir.path(), "killed after the restart", |status| {
            status["mode"] == "killed" && status["swept"]["clear"] == true
        });
        assert_quiet(&url, "it is still killed");
        let (code, reply) = verb(dir.path(), &["resume", "--release-kill", "--reason", "room"]);
        assert_eq!(code, 0, "{reply}");
        wait_until_resting(dir.path(), &url);
        compare_orders(dir.path(), &url);
    }
}
