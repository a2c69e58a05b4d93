//! The verbs that operate a running bot, and what its status becomes.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    missing_docs
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::ledger::orders_at;
use crate::process::{self, Process, log, program};

/// A bot that answers at its socket.
pub fn answering(dir: &Path) -> Process {
    let process = Process(process::bot(dir, &[]).stdout(Stdio::null()).spawn().unwrap());
    wait(dir, "the bot to be up", |status| status["loop"] == "alive");
    process
}

/// A verb: exit code and its JSON on stdout (null if there is none).
pub fn verb(dir: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = Command::new(program())
        .args(arguments)
        .arg("--json")
        .arg("--config")
        .arg(dir.join("statecraft.toml"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let value = serde_json::from_str(text.trim())
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&output.stderr).into_owned()));
    (output.status.code().unwrap(), value)
}

pub fn status(dir: &Path) -> Value {
    verb(dir, &["status"]).1
}

/// Waits for the status to be so; its last form.
pub fn wait(dir: &Path, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + Duration::from_secs(15);
    loop {
        let status = status(dir);
        if is_so(&status) {
            return status;
        }
        if Instant::now() > end {
            panic!("waited for {what}, and the status is {status}\n{}", log(dir));
        }
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// Waits until the bot trades: the venue has more orders than before.
pub fn wait_for_orders(url: &str, more_than: usize) -> usize {
    let end = Instant::now() + Duration::from_secs(15);
    loop {
        let orders = orders_at(url);
        if orders > more_than {
            return orders;
        }
        assert!(Instant::now() < end, "no order comes; {orders} so far");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Nothing is sent for a second.
pub fn assert_quiet(url: &str, why: &str) {
    // What was on the wire when the gate closed may still be booked.
    std::thread::sleep(Duration::from_millis(150));
    let before = orders_at(url);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(orders_at(url), before, "orders were sent although {why}");
}
