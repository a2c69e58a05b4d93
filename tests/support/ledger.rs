//! What the program's journal and the venue's own ledger say about the account. The venue is the judge.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    missing_docs
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::process::{self, CHURN, get, journal, run_for};

/// The venue's own books.
pub fn ledger(url: &str) -> Value {
    get(url, "/story/ledger")
}

/// Orders that the venue ever took.
pub fn orders_at(url: &str) -> usize {
    ledger(url)["orders"].as_array().unwrap().len()
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
    let books = ledger(url);
    let orders = books["orders"].as_array().unwrap();
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
    let books = ledger(url);
    let key = |fill: &Value| (text(fill, "trade_id"), text(fill, "quantity"));
    let theirs: BTreeMap<String, String> =
        books["fills"].as_array().unwrap().iter().map(key).collect();
    let fills = journal(dir, "--fills");
    let ours: BTreeMap<String, String> =
        fills.iter().map(|fill| (text(fill, "trade_id"), text(fill, "contracts"))).collect();
    assert_eq!(fills.len(), ours.len(), "a fill is shown twice");
    assert_eq!(ours, theirs, "fills of journal and venue differ");
    (sent, theirs.len())
}

/// Contracts by ticker that the venue says we hold.
pub fn held(url: &str) -> BTreeMap<String, String> {
    let books = ledger(url);
    let positions = books["positions"].as_array().unwrap().iter();
    positions
        .map(|position| (text(position, "ticker"), text(position, "quantity")))
        .filter(|(_, quantity)| quantity != "0")
        .collect()
}

/// Positions by the journal's fills and the cash of a run that has just ended are the venue's.
pub fn compare_account(dir: &Path, url: &str, summary: &Value) {
    let books = ledger(url);
    let ours: BTreeMap<String, String> = journal(dir, "--positions")
        .iter()
        .map(|position| (text(position, "market"), text(position, "contracts")))
        .filter(|(_, quantity)| quantity != "0")
        .collect();
    assert_eq!(ours, held(url), "positions of journal and venue differ");
    assert_eq!(summary["cash_final"], books["cash"], "cash of bot and venue differs: {books}");
}

/// Lets the strategy want what it wants, or nothing at all.
pub fn want(dir: &Path, anything: bool) {
    let text = if anything {
        CHURN.to_owned()
    } else {
        CHURN.replace("edge = \"0.01\"", "edge = \"0.90\"")
    };
    process::strategy(dir, "churn", &text);
}

/// Runs a bot that wants nothing: what earlier runs left open is found out, and nothing is added.
pub fn settle(dir: &Path) -> Value {
    want(dir, false);
    let summary = run_for(dir, "1s");
    assert_eq!(summary["orders"], 0, "{summary}");
    summary
}
