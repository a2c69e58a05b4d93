//! How the real program stops.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

/// Wrappers deliver an interrupt to the process and again to its group: it is still one wish to stop,
/// and the stop must stay a clean one.
#[test]
fn an_interrupt_delivered_twice_stops_cleanly() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_statecraft"))
        .args(["run", "--json", "--for", "120s"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("STATECRAFT__RUN__STATE_DIR", dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("market data connected") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended before it traded");
    }
    let drain = std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    for _ in 0..2 {
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{text}");
    drain.join().unwrap().unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(summary["stopped_by"], "interrupted");
    assert_eq!(summary["open_orders"], 0);
}
