//! Every fault of the simulated venue does what it says, and says that it fired.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod simulator_common;

use std::time::{Duration, Instant};

use serde_json::json;
use simulator_common::{Bench, FIRST, small_venue};
use statecraft::simulator::{FaultPlan, KeyPairs, SimError, Simulator, SimulatorConfig};

async fn bench(plan: &str) -> Bench {
    let plan = FaultPlan::parse(plan).unwrap();
    Bench::with(small_venue(), |config| config.faults = plan).await
}

fn fired(bench: &Bench, kind: &str) -> u64 {
    bench.simulator.faults_fired()[kind]
}

#[tokio::test]
async fn an_error_after_acceptance_leaves_the_order() {
    let bench = bench("[[fault]]\nkind = 'error_after_accept'\nnth = 1\nstatus = 504").await;
    let (status, _) = bench.client.create(json!({ "client_order_id": "lost" })).await;
    assert_eq!(status, 504);
    assert_eq!(bench.simulator.ledger().orders[0].client_order_id, "lost");
    assert_eq!(bench.client.create(json!({ "client_order_id": "lost" })).await.0, 409);
    assert_eq!(fired(&bench, "error_after_accept"), 1);
}

#[tokio::test]
async fn an_error_before_acceptance_leaves_nothing() {
    let bench = bench("[[fault]]\nkind = 'error_before_accept'\nnth = 1").await;
    assert_eq!(bench.client.create(json!({ "client_order_id": "never" })).await.0, 503);
    assert!(bench.simulator.ledger().orders.is_empty());
    assert_eq!(bench.client.create(json!({ "client_order_id": "never" })).await.0, 201);
    assert_eq!(fired(&bench, "error_before_accept"), 1);
}

#[tokio::test]
async fn reads_lag_behind_a_write() {
    let bench = bench("[[fault]]\nkind = 'read_lag'\nnth = 2\nms = 400").await;
    let id = bench.client.created(json!({})).await["order_id"].as_str().unwrap().to_owned();
    let target = format!("/portfolio/events/orders/{id}");
    assert_eq!(bench.client.call("DELETE", &target, None).await.0, 200);
    let read = format!("/portfolio/orders/{id}");
    assert_eq!(bench.client.get(&read).await["order"]["status"], "resting");
    assert_eq!(bench.simulator.ledger().orders[0].status, "canceled", "the ledger never lags");
    tokio::time::sleep(Duration::from_millis(450)).await;
    assert_eq!(bench.client.get(&read).await["order"]["status"], "canceled");
    assert_eq!(fired(&bench, "read_lag"), 1);
}

#[tokio::test]
async fn private_frames_can_be_dropped() {
    let bench = bench("[[fault]]\nkind = 'drop_private'\nnth = 1").await;
    let mut socket = bench.client.socket().await;
    socket.subscribe("user_orders", &[]).await;
    bench.client.created(json!({ "client_order_id": "unseen" })).await;
    bench.client.created(json!({ "client_order_id": "seen" })).await;
    assert_eq!(socket.next().await["msg"]["client_order_id"], "seen");
    assert_eq!(fired(&bench, "drop_private"), 1);
}

#[tokio::test]
async fn a_number_can_be_missing_and_a_frame_come_twice() {
    let plan =
        "[[fault]]\nkind = 'sequence_gap'\nnth = 2\n[[fault]]\nkind = 'duplicate_frame'\nnth = 2";
    let bench = bench(plan).await;
    let mut socket = bench.client.socket().await;
    socket.subscribe("orderbook_delta", &[FIRST]).await;
    for _ in 0..2 {
        bench.client.created(json!({})).await;
    }
    let mut seqs = Vec::new();
    for _ in 0..3 {
        seqs.push(socket.next().await["seq"].as_u64().unwrap());
    }
    assert_eq!(seqs, [1, 3, 3], "2 is missing, 3 comes twice");
    assert_eq!((fired(&bench, "sequence_gap"), fired(&bench, "duplicate_frame")), (1, 1));
    let params = json!({ "sids": [1], "action": "get_snapshot", "market_tickers": [FIRST] });
    socket.send(json!({ "id": 2, "cmd": "update_subscription", "params": params })).await;
    let snapshot = socket.next().await;
    assert_eq!(snapshot["seq"], 4, "a snapshot heals the gap in the running numbering");
    assert_eq!(snapshot["msg"]["yes_dollars_fp"][0], json!(["0.0100", "2.00"]));
}

#[tokio::test]
async fn frames_and_answers_can_be_late() {
    let plan = "[[fault]]\nkind = 'delay_frame'\nnth = 1\nms = 300\n[[fault]]\nkind = 'delay_response'\nnth = 1\nms = 300";
    let bench = bench(plan).await;
    let mut socket = bench.client.socket().await;
    socket.subscribe("orderbook_delta", &[FIRST]).await;
    let start = Instant::now();
    socket.next().await;
    assert!(start.elapsed() >= Duration::from_millis(250));
    let start = Instant::now();
    bench.client.get("/portfolio/balance").await;
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!((fired(&bench, "delay_frame"), fired(&bench, "delay_response")), (1, 1));
}

#[tokio::test]
async fn connections_can_be_cut() {
    let bench = bench("[[fault]]\nkind = 'disconnect'\nnth = 2").await;
    let mut socket = bench.client.socket().await;
    socket.subscribe("orderbook_delta", &[FIRST]).await;
    assert_eq!(socket.next().await["seq"], 1);
    bench.client.created(json!({})).await;
    assert!(socket.frame().await.is_none());
    let mut again = bench.client.socket().await;
    assert_eq!(again.subscribe("orderbook_delta", &[FIRST]).await["msg"]["sid"], 1);
    assert_eq!(fired(&bench, "disconnect"), 1);
}

#[tokio::test]
async fn trading_can_pause_and_comes_back() {
    let bench = bench("[[fault]]\nkind = 'pause'\nnth = 2\nms = 300").await;
    let kept = bench.client.created(json!({ "client_order_id": "kept" })).await;
    let (status, body) = bench.client.create(json!({})).await;
    assert_eq!((status, &body["error"]["code"]), (409, &json!("trading_is_paused")));
    assert_eq!(bench.client.get("/exchange/status").await["trading_active"], false);
    let id = kept["order_id"].as_str().unwrap();
    let cancelled =
        bench.client.call("DELETE", &format!("/portfolio/events/orders/{id}"), None).await;
    assert_eq!(cancelled.0, 200, "cancels are accepted during a pause");
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(bench.client.create(json!({})).await.0, 201);
    assert_eq!(fired(&bench, "pause"), 1);
}

#[tokio::test]
async fn the_clock_can_be_wrong_and_calls_be_refused() {
    let plan = "[[fault]]\nkind = 'wrong_clock'\nnth = 1\nms = 120000\n[[fault]]\nkind = 'rate_limit'\nnth = 1";
    let bench = bench(plan).await;
    let (status, body) = bench.client.call("GET", "/portfolio/balance", None).await;
    assert_eq!((status, &body["error"]["code"]), (401, &json!("header_timestamp_expired")));
    assert_eq!(bench.client.call("GET", "/portfolio/balance", None).await.0, 429);
    assert_eq!(bench.client.call("GET", "/portfolio/balance", None).await.0, 200);
    assert_eq!((fired(&bench, "wrong_clock"), fired(&bench, "rate_limit")), (1, 1));
    let (_, counts) = bench.client.raw("GET", "/story/faults", Vec::new(), None).await;
    assert_eq!(counts, json!({ "wrong_clock": 1, "rate_limit": 1 }));
}

#[tokio::test]
async fn only_a_free_loopback_port_is_served() {
    let config = |listen: &str| {
        let (venue, _) = small_venue();
        let mut config = SimulatorConfig::new(Box::new(venue), KeyPairs::generate().unwrap());
        config.listen = listen.parse().unwrap();
        config
    };
    let open = Simulator::start(config("0.0.0.0:0")).await.err().unwrap();
    assert!(matches!(open, SimError::NotLoopback(_)), "{open}");
    let first = Simulator::start(config("127.0.0.1:0")).await.unwrap();
    let taken = Simulator::start(config(&first.addr().to_string())).await.err().unwrap();
    assert!(matches!(taken, SimError::PortInUse(_)), "{taken}");
    let mut still = config("127.0.0.1:0");
    still.speed = 0.0;
    assert!(matches!(Simulator::start(still).await.err().unwrap(), SimError::Speed(_)));
    let address = first.addr();
    first.shutdown().await;
    assert!(std::net::TcpListener::bind(address).is_ok(), "the port is free again");
}
