//! A person trades by hand at the venue beside a bot, and tells the bot so (F64): with real processes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/process.rs"]
mod process;
#[path = "support/verbs.rs"]
mod verbs;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use ledger::{held, verify};
use process::*;
use statecraft::venue::kalshi::rest::{KalshiRest, OrderRoute, RestSettings};
use statecraft::venue::kalshi::{Credentials, Endpoint, Placed, Signer};
use statecraft_domain::{
    ClientOrderId, MarketId, OrderRequest, Price, Quantity, RiskApproved, SelfTradePrevention,
    Side, StrategyId, TimeInForce, Timestamp,
};
use verbs::*;

const TICKER: &str = "KXTRUMPCOUNTRIES-27JAN01-JAP";

/// Somebody with the account's key sells two contracts at once, under a name of his own.
fn sell_by_hand(dir: &Path, url: &str, number: u64) {
    let key_id = fs::read_to_string(dir.join("keys/api_key_id.txt")).unwrap();
    let key = Credentials::load(key_id.trim(), &dir.join("keys/private_key.pem")).unwrap();
    let signer = Arc::new(Signer::new(key).unwrap());
    let clock = Arc::new(statecraft::runtime::clock::wall_now);
    let endpoint = Endpoint::parse(url).unwrap();
    let rest = KalshiRest::new(endpoint, signer, clock, RestSettings::default()).unwrap();
    let order = RiskApproved::by_risk_gate(OrderRequest {
        id: ClientOrderId { lineage: 7, sequence: number },
        strategy: StrategyId(0),
        market: MarketId(0),
        side: Side::Ask,
        price: Price::from_cents(1).unwrap(),
        quantity: Quantity::from_contracts(2),
        time_in_force: TimeInForce::ImmediateOrCancel,
        post_only: false,
        reduce_only: false,
        self_trade_prevention: SelfTradePrevention::CancelTaker,
        decided_at: Timestamp::EPOCH,
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let route = OrderRoute::default();
    let placed = runtime.block_on(rest.create_order(&order, TICKER, &route, || Ok(())));
    assert!(matches!(placed, Placed::Accepted(_)), "{placed:?}");
}

fn accept(dir: &Path, more: &[&str]) -> String {
    let verb_of = ["resume", "--accept-positions", "--reason", "sold by hand"];
    let (code, reply) = verb(dir, &[&verb_of[..], more].concat());
    assert_eq!(code, 0, "{reply}\n{}", log(dir));
    let accepted = &reply["data"]["accepted"][0];
    assert_eq!(accepted["ticker"], TICKER, "{reply}");
    assert_eq!(accepted["executions"], 1, "{reply}");
    let told = reply["message"].as_str().unwrap().to_owned();
    let (ours, theirs) = (accepted["ours"].as_str().unwrap(), accepted["venue"].as_str().unwrap());
    assert!(
        told.contains(&format!("the venue's {theirs} contracts instead of our {ours}")),
        "{told}"
    );
    told
}

/// Every recorded session, run again, asks for the same: what was taken over is in it.
fn replays(dir: &Path, sessions: usize) {
    let entries = fs::read_dir(dir.join("tapes")).unwrap().map(|entry| entry.unwrap().path());
    let tapes: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|it| it == "parquet")).collect();
    assert_eq!(tapes.len(), sessions);
    for tape in tapes {
        let mut replay = Command::new(program());
        let output = replay.args(["replay", "--verify", "--json"]).arg(tape).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

/// While it runs, while it is killed, and while it does not run.
#[test]
fn f64_positions_that_a_person_traded_by_hand_are_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let (url, _venue) = venue(at, "");
    strategy(at, "churn", CHURN);
    let record = format!("{LIMITS}[tape]\nrecord = true\ndir = \"{}/tapes\"\n", at.display());
    settings(at, &url, &record);
    let mut running = answering(at);
    let holds = |status: &serde_json::Value| {
        let position = status["markets"][0]["position"].as_str().unwrap_or("0");
        position.parse::<f64>().is_ok_and(|position| position >= 2.0)
    };
    wait(at, "a position", holds);
    sell_by_hand(at, &url, 1);
    wait(at, "a halt", |status| status["mode"] == "halted");
    let (code, refused) = verb(at, &["resume", "--reason", "no"]);
    assert_eq!(code, 3, "{refused}");
    assert!(refused["message"].as_str().unwrap().contains("--accept-positions"), "{refused}");
    accept(at, &[]);
    let before = status(at)["orders"].as_u64();
    wait(at, "orders again", |status| status["orders"].as_u64() > before && holds(status));

    assert_eq!(verb(at, &["kill", "--reason", "test"]).0, 0);
    sell_by_hand(at, &url, 2);
    let told = accept(at, &[]);
    assert!(told.contains("still killed"), "{told}");
    assert_eq!(status(at)["mode"], "killed");
    let release = ["resume", "--release-kill", "--reason", "all is well"];
    assert_eq!(verb(at, &release).0, 0, "{}", log(at));
    wait(at, "a position", holds);
    assert_eq!(verb(at, &["kill", "--reason", "test"]).0, 0);
    sell_by_hand(at, &url, 3);
    let told = accept(at, &["--release-kill"]);
    assert!(told.contains("the kill is released"), "{told}");
    wait(at, "a position", |status| status["mode"] == "active" && holds(status));
    assert_eq!(running.stop(), Some(0), "{}", log(at));

    sell_by_hand(at, &url, 4);
    let mut running = answering(at);
    let status = wait(at, "a halt", |status| status["mode"] == "halted");
    assert_eq!(status["gate"]["open"], false, "{status}");
    accept(at, &[]);
    wait(at, "a comparison that agrees", |status| status["reconciled_secs_ago"].is_number());
    assert_eq!(running.stop(), Some(0), "{}", log(at));
    verify(at);

    let mut running = answering(at);
    let status = wait(at, "trading", |status| status["mode"] == "active");
    assert_eq!(verb(at, &["pause", "--reason", "to compare"]).0, 0);
    assert!(!log(at).contains("sent_unapproved"), "{status}");
    let ours = wait(at, "rest", |status| status["unknown_orders"] == 0);
    let ours = ours["markets"][0]["position"].as_str().unwrap().parse::<f64>().unwrap();
    let theirs = held(&url)[TICKER].parse::<f64>().unwrap();
    assert!((ours - theirs).abs() < 1e-9, "{ours} here, {theirs} there");
    assert_eq!(running.stop(), Some(0), "{}", log(at));
    replays(at, 3);
}
