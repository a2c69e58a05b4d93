//! What a service manager is told (S12), with the real program on the other side of its socket; and the unit
//! file that is shipped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/process.rs"]
mod process;
#[path = "support/verbs.rs"]
mod verbs;

use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use process::*;
use verbs::*;

/// The manager's socket, and a bot that was started with it.
fn managed(dir: &Path, stderr: Option<Stdio>) -> (UnixDatagram, Process) {
    let path = dir.join("notify.sock");
    let socket = UnixDatagram::bind(&path).unwrap();
    let mut command = bot(dir, &[]);
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "600000").env("RUST_LOG", "trace");
    if let Some(stderr) = stderr {
        command.stderr(stderr);
    }
    (socket, Process(command.spawn().unwrap()))
}

/// The next message; `None`: nothing in `patience`.
fn next(socket: &UnixDatagram, patience: Duration) -> Option<String> {
    socket.set_read_timeout(Some(patience)).unwrap();
    let mut buffer = [0; 4096];
    match socket.recv(&mut buffer) {
        Ok(length) => Some(String::from_utf8_lossy(&buffer[..length]).trim().to_owned()),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn s12_the_manager_hears_of_the_start_the_loop_and_the_stop() {
    let dir = tempfile::tempdir().unwrap();
    configure_embedded(dir.path());
    let (socket, mut bot) = managed(dir.path(), None);
    let patience = Duration::from_secs(60);
    assert_eq!(next(&socket, patience).as_deref(), Some("READY=1"), "first of all");
    let since = Instant::now();
    for _ in 0..5 {
        assert_eq!(next(&socket, patience).as_deref(), Some("WATCHDOG=1"));
    }
    assert!(since.elapsed() >= Duration::from_millis(500), "not with every turn of the loop");
    assert_eq!(bot.stop(), Some(0));
    let mut last = None;
    while let Some(message) = next(&socket, Duration::from_millis(100)) {
        last = Some(message);
    }
    assert_eq!(last.as_deref(), Some("STOPPING=1"));
}

/// The process lives and its other threads answer: only the loop hangs, in the middle of a line that nobody
/// reads. A watchdog that a timer feeds would not notice.
#[test]
fn s12_a_loop_that_hangs_does_not_feed_the_watchdog() {
    let dir = tempfile::tempdir().unwrap();
    configure_embedded(dir.path());
    let (socket, mut bot) = managed(dir.path(), Some(Stdio::piped()));
    let mut log = BufReader::new(bot.0.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("market data connected") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended before it traded");
    }
    wait(dir.path(), "the loop to hang", |status| status["loop"] == "hangs");
    while next(&socket, Duration::from_millis(100)).is_some() {}
    assert_eq!(next(&socket, Duration::from_secs(3)), None, "five times the manager's patience");
    assert!(bot.0.try_wait().unwrap().is_none(), "the process itself lives");
}

#[test]
fn s12_the_unit_file_is_valid_and_hardened() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/statecraft.service");
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        eprintln!("SKIPPED: no systemd-analyze here; the unit file is not looked at");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // The program is where this build has put it; everything else is as shipped.
    let text = fs::read_to_string(unit).unwrap().replace("/usr/local/bin/statecraft", &program());
    let copy = dir.path().join("statecraft.service");
    fs::write(&copy, text).unwrap();
    let rated = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--threshold=20", "--no-pager"])
        .arg(&copy)
        .output()
        .unwrap();
    assert!(rated.status.success(), "{}", String::from_utf8_lossy(&rated.stdout));
    let verified = Command::new("systemd-analyze").arg("verify").arg(&copy).output().unwrap();
    let said = String::from_utf8_lossy(&verified.stderr);
    // Complaints about other units of the machine are not ours.
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("statecraft")).collect();
    assert_eq!(ours, Vec::<&str>::new());
}

/// F36, F47: an outage at a start is no reason to give up, and the bot waits for a person after its own limit of
/// crashes, for which it has to be started.
#[test]
fn f47_the_unit_never_gives_up_starting() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/statecraft.service");
    let unit = std::fs::read_to_string(unit).unwrap();
    let value = |key: &str| unit.lines().find_map(|line| line.strip_prefix(key));
    assert_eq!(value("StartLimitIntervalSec="), Some("0"));
    assert_eq!(value("StartLimitBurst="), None);
    let pause: u64 = value("RestartSec=").unwrap().parse().unwrap();
    assert!((1..=30).contains(&pause), "{pause}");
}
