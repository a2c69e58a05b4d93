//! A bot under test, the venue it trades at, and the verbs that operate it: all of them real processes.

#![allow(dead_code, unreachable_pub)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_statecraft");

/// Buys one contract every half hour of story time for as long as it lives.
pub const CHURN: &str = r#"
event = "churn"
question = "Buys one contract again and again."
[[market]]
venue = "kalshi"
ticker = "KXTRUMPCOUNTRIES-27JAN01-JAP"
[model]
kind = "constant"
probability = 0.95
[decision]
kind = "threshold"
edge = "0.01"
contracts = "1"
max_position = "2000"
interval = "30m"
[limits]
max_markets = 1
max_position_contracts = "2000"
max_position_cost = "2000"
max_group_cost = "2000"
max_edge = "1.00"
"#;

/// A child process that does not outlive its test.
pub struct Process(pub Child);

impl Process {
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    pub fn signal(&self, name: &str) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Stops it with SIGTERM and waits for the end.
    pub fn stop(&mut self) -> Option<i32> {
        self.signal("-TERM");
        self.0.wait().unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A simulated venue of its own: base URL, and the process.
pub fn venue(dir: &Path, faults: &str) -> (String, Process) {
    fs::write(dir.join("faults.toml"), faults).unwrap();
    let mut child = Command::new(PROGRAM)
        .args(["sim", "kalshi", "--listen", "127.0.0.1:0", "--seed", "2", "--json"])
        .args(["--speed", "20000"])
        .arg("--faults")
        .arg(dir.join("faults.toml"))
        .arg("--keys")
        .arg(dir.join("keys"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    let url = told["base_url"].as_str().unwrap().trim_end_matches("/trade-api/v2").to_owned();
    (url, Process(child))
}

/// Settings for a venue process, and the strategy `churn`.
pub fn configure(dir: &Path, url: &str) {
    fs::create_dir_all(dir.join("strategies")).unwrap();
    fs::write(dir.join("strategies/churn.toml"), CHURN).unwrap();
    let key_id = fs::read_to_string(dir.join("keys/api_key_id.txt")).unwrap();
    let settings = format!(
        "[run]\nstate_dir = \"{0}/state\"\nstrategies_dir = \"{0}/strategies\"\n\
         [kalshi]\nendpoint = \"{url}\"\nkey_id = \"{1}\"\nprivate_key = \"{0}/keys/private_key.pem\"\n\
         [limits]\nmax_account_cost = \"5000\"\nmax_orders_per_second = 50\n\
         max_orders_per_minute = 3000\nmax_orders_per_day = 10000\n\
         max_day_loss = \"1000\"\nmax_week_loss = \"1600\"\nmax_drawdown = \"2000\"\n",
        dir.display(),
        key_id.trim(),
    );
    fs::write(dir.join("statecraft.toml"), settings).unwrap();
}

/// Settings for the embedded venue, and the strategy `churn`.
pub fn configure_embedded(dir: &Path) {
    fs::create_dir_all(dir.join("strategies")).unwrap();
    fs::write(dir.join("strategies/churn.toml"), CHURN).unwrap();
    let settings = format!(
        "[run]\nstate_dir = \"{0}/state\"\nstrategies_dir = \"{0}/strategies\"\n\
         [embedded]\nseed = 2\nspeed = 20000\n\
         [limits]\nmax_account_cost = \"5000\"\nmax_orders_per_second = 50\n\
         max_orders_per_minute = 3000\nmax_orders_per_day = 10000\n\
         max_day_loss = \"1000\"\nmax_week_loss = \"1600\"\nmax_drawdown = \"2000\"\n",
        dir.display(),
    );
    fs::write(dir.join("statecraft.toml"), settings).unwrap();
}

pub fn bot_command(dir: &Path, extra: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(["run", "--json", "--config"])
        .arg(dir.join("statecraft.toml"))
        .args(extra)
        .stdout(Stdio::null())
        .stderr(
            fs::OpenOptions::new().create(true).append(true).open(dir.join("run.log")).unwrap(),
        );
    command
}

/// A bot that answers at its socket.
pub fn bot(dir: &Path) -> Process {
    let process = Process(bot_command(dir, &[]).spawn().unwrap());
    wait(dir, "the bot to be up", |status| status["loop"] == "alive");
    process
}

/// A verb: exit code and its JSON on stdout (null if there is none).
pub fn verb(dir: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = Command::new(PROGRAM)
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
            let log = fs::read_to_string(dir.join("run.log")).unwrap_or_default();
            panic!("waited for {what}, and the status is {status}\n{log}");
        }
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// `GET` on loopback without an HTTP client: the answer's body.
pub fn get(url: &str, path: &str) -> Value {
    let host = url.strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(host).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let json = &body[body.find('{').unwrap()..=body.rfind('}').unwrap()];
    serde_json::from_str(json).unwrap()
}

/// Orders that the venue ever took.
pub fn orders_at(url: &str) -> usize {
    get(url, "/story/ledger")["orders"].as_array().unwrap().len()
}

/// Contracts by ticker that the venue says we hold.
pub fn held(url: &str) -> Vec<(String, String)> {
    let ledger = get(url, "/story/ledger");
    let positions = ledger["positions"].as_array().unwrap().iter();
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    positions
        .map(|position| (text(position, "ticker"), text(position, "quantity")))
        .filter(|(_, quantity)| quantity != "0")
        .collect()
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
