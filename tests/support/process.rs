//! The real program against the real simulated venue, each in a process of its own, and what the two
//! say about the account. The venue's own ledger is the judge.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    missing_docs
)]

use std::collections::{BTreeMap, BTreeSet};
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

/// A child process that does not outlive its test.
pub struct Process(pub Child);

impl Process {
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A simulated venue of its own: base URL, and the process.
pub fn venue(dir: &Path) -> (String, Process) {
    venue_with(dir, "20000", "")
}

/// A venue at another speed, with faults.
pub fn venue_with(dir: &Path, speed: &str, faults: &str) -> (String, Process) {
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

/// Settings against the venue at `url`, with everything below `dir`, and the strategy [`CHURN`].
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

/// The arguments of a run.
pub fn run_args(dir: &Path, extra: &[&str]) -> Vec<String> {
    let config = dir.join("statecraft.toml").display().to_string();
    let fixed = ["run", "--json", "--config", &config];
    fixed.iter().chain(extra).map(|&text| text.to_owned()).collect()
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

/// The offline verifier finds nothing wrong: chain, form and invariants of every record.
pub fn verify(dir: &Path) -> u64 {
    let verdict = statecraft::journal::inspect::verify(&dir.join("state")).unwrap();
    assert_eq!(verdict.violations, Vec::<String>::new());
    verdict.records
}

pub fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Every order of the venue is one intent of the journal; how many there are. Holds at every instant.
pub fn compare_orders(dir: &Path, url: &str) -> usize {
    // The ledger first: the venue cannot learn of an order before the journal has it.
    let ledger = get(url, "/story/ledger");
    let orders = ledger["orders"].as_array().unwrap();
    if orders.is_empty() {
        return 0;
    }
    let intents: BTreeSet<String> =
        journal(dir, "--orders").iter().map(|order| text(order, "order_id")).collect();
    let mut sent = BTreeSet::new();
    for order in orders {
        let id = text(order, "client_order_id");
        assert!(intents.contains(&id), "the venue has order {id:?}, the journal has not");
        assert!(sent.insert(id.clone()), "order {id} was placed twice");
    }
    sent.len()
}

/// [`compare_orders`], and every fill of the venue is in the journal, once.
pub fn compare(dir: &Path, url: &str) -> (usize, usize) {
    let sent = compare_orders(dir, url);
    let ledger = get(url, "/story/ledger");
    let key = |fill: &Value| (text(fill, "trade_id"), text(fill, "quantity"));
    let theirs: BTreeMap<String, String> =
        ledger["fills"].as_array().unwrap().iter().map(key).collect();
    let fills = journal(dir, "--fills");
    let ours: BTreeMap<String, String> =
        fills.iter().map(|fill| (text(fill, "trade_id"), text(fill, "contracts"))).collect();
    assert_eq!(fills.len(), ours.len(), "a fill is shown twice");
    assert_eq!(ours, theirs, "fills of journal and venue differ");
    (sent, theirs.len())
}

/// Contracts by ticker that the venue says we hold.
pub fn held(ledger: &Value) -> BTreeMap<String, String> {
    let positions = ledger["positions"].as_array().unwrap().iter();
    positions
        .map(|position| (text(position, "ticker"), text(position, "quantity")))
        .filter(|(_, quantity)| quantity != "0")
        .collect()
}

/// Positions by the journal's fills and the cash of a run that has just ended are the venue's.
pub fn compare_account(dir: &Path, url: &str, summary: &Value) {
    let ledger = get(url, "/story/ledger");
    let ours: BTreeMap<String, String> = journal(dir, "--positions")
        .iter()
        .map(|position| (text(position, "market"), text(position, "contracts")))
        .filter(|(_, quantity)| quantity != "0")
        .collect();
    assert_eq!(ours, held(&ledger), "positions of journal and venue differ");
    assert_eq!(summary["cash_final"], ledger["cash"], "cash of bot and venue differs: {ledger}");
}

/// Runs the bot for a while; it must end in good order.
pub fn run_for(dir: &Path, span: &str) -> Value {
    let output = bot(dir, &["--for", span]).output().unwrap();
    let log = fs::read_to_string(dir.join("run.log")).unwrap();
    assert!(output.status.success(), "the run failed:\n{log}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Lets the strategy want what it wants, or nothing at all.
pub fn want(dir: &Path, anything: bool) {
    let strategy = if anything {
        CHURN.to_owned()
    } else {
        CHURN.replace("edge = \"0.01\"", "edge = \"0.90\"")
    };
    fs::write(dir.join("strategies/churn.toml"), strategy).unwrap();
}

/// Runs a bot that wants nothing: what earlier runs left open is found out, and nothing is added.
pub fn settle(dir: &Path) -> Value {
    want(dir, false);
    let summary = run_for(dir, "1s");
    assert_eq!(summary["orders"], 0, "{summary}");
    summary
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
