//! The real program and the real simulated venue, each in a process of its own.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    missing_docs
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The program under test; `STATECRAFT_PROGRAM` names another build of it (a release build, say).
pub fn program() -> String {
    let built = env!("CARGO_BIN_EXE_statecraft").to_owned();
    std::env::var("STATECRAFT_PROGRAM").unwrap_or(built)
}

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

/// Limits that a test of minutes does not meet.
pub const LIMITS: &str = "[limits]\nmax_account_cost = \"5000\"\nmax_orders_per_second = 50\n\
    max_orders_per_minute = 3000\nmax_orders_per_day = 10000\n\
    max_day_loss = \"1000\"\nmax_week_loss = \"1600\"\nmax_drawdown = \"2000\"\n";

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

/// A simulated venue of its own with these faults: base URL, and the process.
pub fn venue(dir: &Path, faults: &str) -> (String, Process) {
    venue_at(dir, "20000", faults)
}

/// A venue at another speed.
pub fn venue_at(dir: &Path, speed: &str, faults: &str) -> (String, Process) {
    fs::write(dir.join("faults.toml"), faults).unwrap();
    let mut child = Command::new(program())
        .args(["sim", "kalshi", "--listen", "127.0.0.1:0", "--seed", "2", "--json"])
        .args(["--speed", speed])
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

/// Writes a strategy file.
pub fn strategy(dir: &Path, name: &str, text: &str) {
    fs::create_dir_all(dir.join("strategies")).unwrap();
    fs::write(dir.join(format!("strategies/{name}.toml")), text).unwrap();
}

/// Writes the settings: everything below `dir`, the venue at `url`, and `more` tables.
pub fn settings(dir: &Path, url: &str, more: &str) {
    let key_id = fs::read_to_string(dir.join("keys/api_key_id.txt")).unwrap();
    let venue = format!(
        "[kalshi]\nendpoint = \"{url}\"\nkey_id = \"{}\"\nprivate_key = \"{}/keys/private_key.pem\"\n",
        key_id.trim(),
        dir.display(),
    );
    write_settings(dir, &(venue + more));
}

/// Settings for the embedded venue, and the strategy [`CHURN`].
pub fn configure_embedded(dir: &Path) {
    strategy(dir, "churn", CHURN);
    write_settings(dir, &format!("[embedded]\nseed = 2\nspeed = 20000\n{LIMITS}"));
}

fn write_settings(dir: &Path, tables: &str) {
    let run = format!(
        "[run]\nstate_dir = \"{0}/state\"\nstrategies_dir = \"{0}/strategies\"\n",
        dir.display()
    );
    fs::write(dir.join("statecraft.toml"), run + tables).unwrap();
}

/// Settings for the venue at `url` with [`LIMITS`], and the strategy [`CHURN`].
pub fn configure(dir: &Path, url: &str) {
    strategy(dir, "churn", CHURN);
    settings(dir, url, LIMITS);
}

/// With less room on the disk the bot only reduces; 0: nobody looks.
pub fn min_free_mib(dir: &Path, mib: u64) {
    let path = dir.join("statecraft.toml");
    let text = fs::read_to_string(&path).unwrap();
    let watched = format!("[run]\nmin_free_bytes = {}\n", mib << 20);
    fs::write(path, text.replacen("[run]\n", &watched, 1)).unwrap();
}

/// The arguments of a run.
pub fn run_args(dir: &Path, extra: &[&str]) -> Vec<String> {
    let config = dir.join("statecraft.toml").display().to_string();
    let fixed = ["run", "--json", "--config", &config];
    fixed.iter().chain(extra).map(|&text| text.to_owned()).collect()
}

/// What all runs logged.
pub fn log(dir: &Path) -> String {
    fs::read_to_string(dir.join("run.log")).unwrap_or_default()
}

/// The log of all runs, appended to.
pub fn log_file(dir: &Path) -> fs::File {
    fs::OpenOptions::new().create(true).append(true).open(dir.join("run.log")).unwrap()
}

pub fn bot(dir: &Path, extra: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(run_args(dir, extra)).stdout(Stdio::piped()).stderr(log_file(dir));
    command
}

/// A running bot whose log lines arrive one by one.
pub struct Watched {
    pub process: Process,
    pub lines: Receiver<String>,
    pub started: Instant,
}

/// Starts a bot; its log is kept in `run.log` too.
pub fn watch(dir: &Path) -> Watched {
    let started = Instant::now();
    let mut child = bot(dir, &[]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let mut log = log_file(dir);
    let (told, lines) = channel();
    std::thread::spawn(move || {
        for line in stderr.lines().map_while(Result::ok) {
            let _ = writeln!(log, "{line}");
            let _ = told.send(line);
        }
    });
    Watched { process: Process(child), lines, started }
}

impl Watched {
    /// Waits for a log line with `text` in it: how long after the start it came.
    pub fn wait_for(&self, text: &str, at_most: Duration) -> Option<Duration> {
        let end = Instant::now() + at_most;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).ok()?;
            if line.contains(text) {
                return Some(self.started.elapsed());
            }
        }
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

/// Runs the bot for a while; it must end in good order.
pub fn run_for(dir: &Path, span: &str) -> Value {
    let output = bot(dir, &["--for", span]).output().unwrap();
    assert!(output.status.success(), "the run failed:\n{}", log(dir));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A command with the settings of `dir`; did it succeed, stdout, stderr.
pub fn command(dir: &Path, arguments: &[&str]) -> (bool, String, String) {
    let mut command = Command::new(program());
    command.args(arguments).arg("--config").arg(dir.join("statecraft.toml"));
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

/// A command with the settings of `dir` that must succeed: its stdout.
pub fn ok(dir: &Path, arguments: &[&str]) -> String {
    let (ok, out, log) = command(dir, arguments);
    assert!(ok, "{log}");
    out
}

/// The journal's rows of one kind (`--orders`, `--fills`, `--records`).
pub fn journal(dir: &Path, what: &str) -> Vec<Value> {
    let output = Command::new(program())
        .args(["journal", "show", what, "--json", "--limit", "1000000", "--state-dir"])
        .arg(dir.join("state"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// How often each fault fired; one that never did proves nothing (I24).
pub fn assert_fired(url: &str, kind: &str) -> u64 {
    let fired = get(url, "/story/faults");
    let times = fired[kind].as_u64().unwrap_or(0);
    assert!(times > 0, "{kind} never fired: {fired}");
    times
}

/// The value at a share of a sorted list.
pub fn percentile(sorted: &[Duration], share: f64) -> Duration {
    #[expect(clippy::cast_precision_loss, clippy::cast_sign_loss, clippy::cast_possible_truncation)]
    let index = ((sorted.len().saturating_sub(1)) as f64 * share).round() as usize;
    sorted.get(index).copied().unwrap_or_default()
}
