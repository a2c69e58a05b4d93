//! The real program against the real simulated venue, killed with SIGKILL again and again: no order is
//! sent twice, no fill is lost (P1, P2). The venue's own ledger is the judge.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_statecraft");

/// Buys one contract every half hour of story time for as long as it lives.
const CHURN: &str = r#"
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
struct Process(Child);

impl Process {
    fn kill(&mut self) {
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
fn venue(dir: &Path) -> (String, Process) {
    venue_with(dir, "20000", "")
}

/// A venue at another speed, with faults.
fn venue_with(dir: &Path, speed: &str, faults: &str) -> (String, Process) {
    fs::write(dir.join("faults.toml"), faults).unwrap();
    let mut child = Command::new(PROGRAM)
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

fn configure(dir: &Path, url: &str) {
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

fn bot(dir: &Path, extra: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .arg("run")
        .arg("--json")
        .arg("--config")
        .arg(dir.join("statecraft.toml"))
        .args(extra)
        .stdout(Stdio::piped())
        .stderr(
            fs::OpenOptions::new().create(true).append(true).open(dir.join("run.log")).unwrap(),
        );
    command
}

/// `GET` on loopback without an HTTP client: the answer's body.
fn get(url: &str, path: &str) -> Value {
    let host = url.strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(host).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let json = &body[body.find('{').unwrap()..=body.rfind('}').unwrap()];
    serde_json::from_str(json).unwrap()
}

fn journal(dir: &Path, what: &str) -> Vec<Value> {
    let output = Command::new(PROGRAM)
        .args(["journal", "show", what, "--json", "--limit", "1000000", "--state-dir"])
        .arg(dir.join("state"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Every order of the venue is one intent of the journal, and every fill of the venue is in the journal.
fn compare(dir: &Path, url: &str) -> (usize, usize) {
    let ledger = get(url, "/story/ledger");
    let intents: BTreeSet<String> =
        journal(dir, "--orders").iter().map(|order| text(order, "order_id")).collect();
    let mut sent = BTreeSet::new();
    for order in ledger["orders"].as_array().unwrap() {
        let id = text(order, "client_order_id");
        assert!(intents.contains(&id), "the venue has order {id:?}, the journal has not");
        assert!(sent.insert(id.clone()), "order {id} was placed twice");
    }
    let key = |fill: &Value| (text(fill, "trade_id"), text(fill, "quantity"));
    let theirs: BTreeMap<String, String> =
        ledger["fills"].as_array().unwrap().iter().map(key).collect();
    let fills = journal(dir, "--fills");
    let ours: BTreeMap<String, String> =
        fills.iter().map(|fill| (text(fill, "trade_id"), text(fill, "contracts"))).collect();
    assert_eq!(fills.len(), ours.len(), "a fill is shown twice");
    assert_eq!(ours, theirs, "fills of journal and venue differ");
    (sent.len(), theirs.len())
}

/// Contracts by ticker that the venue says we hold.
fn held(ledger: &Value) -> BTreeMap<String, String> {
    let positions = ledger["positions"].as_array().unwrap().iter();
    positions
        .map(|position| (text(position, "ticker"), text(position, "quantity")))
        .filter(|(_, quantity)| quantity != "0")
        .collect()
}

/// Positions by the journal's fills and the cash of a run that has just ended are the venue's.
fn compare_account(dir: &Path, url: &str, summary: &Value) {
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
fn run_for(dir: &Path, span: &str) -> Value {
    let output = bot(dir, &["--for", span]).output().unwrap();
    let log = fs::read_to_string(dir.join("run.log")).unwrap();
    assert!(output.status.success(), "the run failed:\n{log}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a bot that wants nothing: what earlier runs left open is found out, and nothing is added.
fn settle(dir: &Path) -> Value {
    let path = dir.join("strategies/churn.toml");
    let strategy = fs::read_to_string(&path).unwrap();
    fs::write(path, strategy.replace("edge = \"0.01\"", "edge = \"0.90\"")).unwrap();
    let summary = run_for(dir, "1s");
    assert_eq!(summary["orders"], 0, "{summary}");
    summary
}

/// How often each fault fired; one that never did proves nothing (I24).
fn assert_fired(url: &str, kind: &str) {
    let fired = get(url, "/story/faults");
    assert!(fired[kind].as_u64().is_some_and(|times| times > 0), "{kind} never fired: {fired}");
}

#[test]
fn p1_i4_an_order_whose_answer_is_lost_is_found_and_not_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let faults = "[[fault]]\nkind = \"error_after_accept\"\nevery = 3\n\
                  [[fault]]\nkind = \"error_before_accept\"\nevery = 7\n\
                  [[fault]]\nkind = \"read_lag\"\nevery = 5\nms = 700\n";
    let (url, _venue) = venue_with(dir.path(), "20000", faults);
    configure(dir.path(), &url);
    run_for(dir.path(), "8s");
    // Whatever was left open by the end is found out by the next start.
    let mut running = Process(bot(dir.path(), &[]).spawn().unwrap());
    std::thread::sleep(Duration::from_millis(2_500));
    running.kill();
    let summary = settle(dir.path());
    for kind in ["error_after_accept", "error_before_accept", "read_lag"] {
        assert_fired(&url, kind);
    }
    assert_eq!(summary["unknown_orders"], 0, "{summary}");
    let (orders, fills) = compare(dir.path(), &url);
    compare_account(dir.path(), &url, &summary);
    assert!(orders > 5 && fills > 5, "too little happened: {orders} orders, {fills} fills");
    let fates = journal(dir.path(), "--orders");
    assert!(fates.iter().any(|order| text(order, "state").contains("not_placed")), "{fates:?}");
}

#[test]
fn p2_fills_that_the_stream_never_told_arrive_by_comparison() {
    let dir = tempfile::tempdir().unwrap();
    let faults = "[[fault]]\nkind = \"drop_private\"\nprobability = 0.5\n";
    let (url, _venue) = venue_with(dir.path(), "20000", faults);
    configure(dir.path(), &url);
    run_for(dir.path(), "12s");
    let summary = settle(dir.path());
    assert_fired(&url, "drop_private");
    let (_, fills) = compare(dir.path(), &url);
    compare_account(dir.path(), &url, &summary);
    assert!(fills > 3, "too little happened: {fills} fills");
}

/// Buys a few contracts of every month's market.
fn monthly() -> String {
    CHURN
        .replace("ticker = \"KXTRUMPCOUNTRIES-27JAN01-JAP\"", "series = \"KXTRUMPMEETPM\"")
        .replace("max_markets = 1", "max_markets = 20")
        .replace("interval = \"30m\"", "interval = \"1d\"")
        .replace("max_position = \"2000\"", "max_position = \"5\"")
}

/// Buys of a month's market until the venue says that we hold some; its ticker.
fn buy_monthly(dir: &Path, url: &str) -> String {
    fs::write(dir.join("strategies/churn.toml"), monthly()).unwrap();
    for _ in 0..10 {
        let mut running = Process(bot(dir, &[]).spawn().unwrap());
        std::thread::sleep(Duration::from_millis(1_500));
        running.kill();
        if let Some(ticker) = held(&get(url, "/story/ledger")).into_keys().next() {
            return ticker;
        }
    }
    panic!("nothing was bought");
}

fn knows_settlement(dir: &Path) -> bool {
    let records = journal(dir, "--records");
    records.iter().any(|record| record.to_string().contains("market_settled"))
}

#[test]
fn a_position_that_no_strategy_wants_any_more_is_followed_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue_with(dir.path(), "100000", "");
    configure(dir.path(), &url);
    let ticker = buy_monthly(dir.path(), &url);
    // Another strategy, another market: the old position is nobody's.
    let other = CHURN.replace("edge = \"0.01\"", "edge = \"0.90\"");
    fs::remove_file(dir.path().join("strategies/churn.toml")).unwrap();
    fs::write(dir.path().join("strategies/other.toml"), other).unwrap();
    assert!(!knows_settlement(dir.path()), "paid out before it could be followed");
    run_for(dir.path(), "35s");
    assert!(!held(&get(&url, "/story/ledger")).contains_key(&ticker), "{ticker} is still open");
    assert!(knows_settlement(dir.path()), "the payout of {ticker} went unnoticed");
}

#[test]
fn p2_a_market_that_was_paid_out_while_the_bot_was_down_is_settled_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue_with(dir.path(), "300000", "");
    configure(dir.path(), &url);
    let ticker = buy_monthly(dir.path(), &url);
    let paid = (0..300).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        !held(&get(&url, "/story/ledger")).contains_key(&ticker)
    });
    assert!(paid, "{ticker} was never paid out");
    run_for(dir.path(), "1s");
    assert!(knows_settlement(dir.path()), "the journal does not know that {ticker} was paid out");
    compare(dir.path(), &url);
}

#[test]
fn p1_p2_killed_again_and_again_nothing_is_sent_twice_and_no_fill_is_lost() {
    let kills: u64 =
        std::env::var("STATECRAFT_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(6);
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path());
    configure(dir.path(), &url);
    for round in 0..kills {
        let mut running = Process(bot(dir.path(), &[]).spawn().unwrap());
        // Spread over start, first orders and steady trading; no two rounds alike.
        std::thread::sleep(Duration::from_millis(150 + round * 293 % 1_700));
        running.kill();
    }
    let summary = run_for(dir.path(), "4s");
    assert_eq!(summary["unknown_orders"], 0, "{summary}");
    assert_eq!(summary["open_orders"], 0, "{summary}");
    let (orders, fills) = compare(dir.path(), &url);
    compare_account(dir.path(), &url, &summary);
    assert!(orders > 5 && fills > 5, "too little happened: {orders} orders, {fills} fills");
    eprintln!("{kills} kills, {orders} orders, {fills} fills: none twice, none lost");
}

#[test]
fn a_second_instance_is_refused_and_the_first_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path());
    configure(dir.path(), &url);
    let mut first = Process(bot(dir.path(), &[]).spawn().unwrap());
    std::thread::sleep(Duration::from_millis(1_500));
    let second = bot(dir.path(), &["--for", "1s"]).output().unwrap();
    assert_eq!(second.status.code(), Some(3));
    assert!(first.0.try_wait().unwrap().is_none(), "the first instance died");
}

#[test]
fn a_strategy_that_names_an_unknown_market_starts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path());
    configure(dir.path(), &url);
    let strategy = CHURN.replace("27JAN01-JAP", "27JAN01-ATLANTIS");
    fs::write(dir.path().join("strategies/churn.toml"), strategy).unwrap();
    let output = bot(dir.path(), &["--for", "1s"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let log = fs::read_to_string(dir.path().join("run.log")).unwrap();
    assert!(log.contains("ATLANTIS"), "{log}");
    assert!(get(&url, "/story/ledger")["orders"].as_array().unwrap().is_empty());
}

#[test]
fn a_venue_that_is_not_there_is_a_clear_message() {
    let dir = tempfile::tempdir().unwrap();
    let (url, mut process) = venue(dir.path());
    configure(dir.path(), &url);
    process.kill();
    let output = bot(dir.path(), &["--for", "1s"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let log = fs::read_to_string(dir.path().join("run.log")).unwrap();
    assert!(log.contains("venue"), "{log}");
}
