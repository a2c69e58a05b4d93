//! The websocket of the simulated venue: numbering, commands, data frames, agreement with REST.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod simulator_common;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use simulator_common::{Bench, Client, FIRST, MAKER, SECOND, Socket, order, small_venue};
use statecraft::simulator::flow::World;
use statecraft::simulator::{KeyPairs, Simulator, SimulatorConfig};
use statecraft_domain::{MarketId, MarketStatus, Settlement, Side, Usd};

#[tokio::test]
async fn snapshots_and_deltas_share_one_numbering_over_markets() {
    let bench = Bench::new().await;
    let mut socket = bench.client.socket().await;
    let ack = socket.subscribe("orderbook_delta", &[FIRST, SECOND]).await;
    assert_eq!(
        ack,
        json!({ "id": 1, "type": "subscribed", "msg": { "channel": "orderbook_delta", "sid": 1 } })
    );
    for (seq, ticker) in [(1, FIRST), (2, SECOND)] {
        let frame = socket.next().await;
        assert_eq!(frame["type"], "orderbook_snapshot");
        assert_eq!((&frame["sid"], &frame["seq"]), (&json!(1), &json!(seq)));
        assert_eq!(frame["msg"]["market_ticker"], ticker);
        assert_eq!(frame["msg"]["yes_dollars_fp"], json!([["0.4000", "20.00"]]));
        assert_eq!(
            frame["msg"]["no_dollars_fp"],
            json!([["0.4000", "20.00"], ["0.5000", "20.00"]])
        );
    }
    bench
        .client
        .created(json!({ "ticker": SECOND, "client_order_id": "mine", "price": "0.0300" }))
        .await;
    let own = socket.next().await;
    assert_eq!((&own["type"], &own["seq"]), (&json!("orderbook_delta"), &json!(3)));
    assert_eq!(own["msg"]["client_order_id"], "mine");
    assert_eq!(own["msg"]["delta_fp"], "1.00");
    assert_eq!(
        (&own["msg"]["side"], &own["msg"]["price_dollars"]),
        (&json!("yes"), &json!("0.0300"))
    );
    bench
        .act(|exchange, at, out| {
            exchange.place(at, order(MAKER, 0, Side::Ask, 70, 5), out).unwrap();
        })
        .await;
    let other = socket.next().await;
    assert_eq!(other["seq"], 4);
    assert!(other["msg"].get("client_order_id").is_none());
    assert_eq!(
        (&other["msg"]["side"], &other["msg"]["price_dollars"]),
        (&json!("no"), &json!("0.3000"))
    );
}

#[tokio::test]
async fn no_levels_can_be_asked_for_on_the_yes_scale() {
    let bench = Bench::new().await;
    let mut socket = bench.client.socket().await;
    let params =
        json!({ "channels": ["orderbook_delta"], "market_ticker": FIRST, "use_yes_price": true });
    socket.send(json!({ "id": 1, "cmd": "subscribe", "params": params })).await;
    let snapshot = socket.next_of("orderbook_snapshot").await;
    assert_eq!(snapshot["msg"]["no_dollars_fp"], json!([["0.5000", "20.00"], ["0.6000", "20.00"]]));
}

#[tokio::test]
async fn an_empty_side_has_no_key() {
    let bench = Bench::new().await;
    bench
        .act(|exchange, at, out| exchange.set_status(at, MarketId(0), MarketStatus::Closed, out))
        .await;
    let mut socket = bench.client.socket().await;
    socket.subscribe("orderbook_delta", &[FIRST]).await;
    let snapshot = socket.next().await["msg"].clone();
    assert!(snapshot.get("yes_dollars_fp").is_none() && snapshot.get("no_dollars_fp").is_none());
}

#[tokio::test]
async fn subscriptions_merge_move_and_end() {
    let bench = Bench::new().await;
    let mut socket = bench.client.socket().await;
    socket.subscribe("orderbook_delta", &[FIRST]).await;
    assert_eq!(socket.next().await["seq"], 1);
    let merged = socket.subscribe("orderbook_delta", &[SECOND]).await;
    let tickers = json!({ "market_tickers": [FIRST, SECOND] });
    assert_eq!(merged, json!({ "id": 1, "sid": 1, "seq": 2, "type": "ok", "msg": tickers }));
    let snapshot = socket.next().await;
    assert_eq!((&snapshot["seq"], &snapshot["msg"]["market_ticker"]), (&json!(3), &json!(SECOND)));

    let update = |id: u64, action: &str| {
        let params = json!({ "sids": [1], "action": action, "market_tickers": [FIRST] });
        json!({ "id": id, "cmd": "update_subscription", "params": params })
    };
    socket.send(update(7, "get_snapshot")).await;
    let again = socket.next().await;
    assert_eq!(
        (&again["id"], &again["seq"], &again["type"]),
        (&json!(7), &json!(4), &json!("orderbook_snapshot"))
    );
    socket.send(update(8, "delete_markets")).await;
    let deleted = socket.next().await;
    assert_eq!((&deleted["msg"]["market_tickers"], &deleted["seq"]), (&json!([SECOND]), &json!(5)));
    bench.client.created(json!({ "price": "0.0500" })).await;
    assert!(socket.is_silent().await, "a deleted market is silent");
    socket.send(update(9, "add_markets")).await;
    assert_eq!(socket.next().await["seq"], 6);
    assert_eq!(socket.next().await["msg"]["market_ticker"], FIRST);

    socket.subscribe("trade", &[]).await;
    socket.send(json!({ "id": 10, "cmd": "list_subscriptions" })).await;
    let held =
        json!([{ "channel": "orderbook_delta", "sid": 1 }, { "channel": "trade", "sid": 2 }]);
    assert_eq!(socket.next().await, json!({ "id": 10, "type": "ok", "msg": held }));
    socket.send(json!({ "id": 11, "cmd": "unsubscribe", "params": { "sids": [1] } })).await;
    assert_eq!(
        socket.next().await,
        json!({ "id": 11, "sid": 1, "seq": 8, "type": "unsubscribed" })
    );
    let fresh = socket.subscribe("orderbook_delta", &[FIRST]).await;
    assert_eq!(fresh["msg"]["sid"], 3, "sids are never used again");
}

#[tokio::test]
async fn answers_can_leave_the_numbering_alone() {
    let bench =
        Bench::with(small_venue(), |config| config.options.answers_consume_seq = false).await;
    let mut socket = bench.client.socket().await;
    socket.subscribe("orderbook_delta", &[FIRST]).await;
    socket.next().await;
    assert_eq!(socket.subscribe("orderbook_delta", &[SECOND]).await["seq"], 1);
    assert_eq!(socket.next().await["seq"], 2);
}

#[tokio::test]
async fn mistakes_have_their_codes() {
    let bench = Bench::new().await;
    let mut socket = bench.client.socket().await;
    socket.subscribe("trade", &[]).await;
    let update = |params: Value| json!({ "id": 1, "cmd": "update_subscription", "params": params });
    let subscribe = |params: Value| json!({ "id": 1, "cmd": "subscribe", "params": params });
    for (command, code) in [
        (json!({ "id": 1, "cmd": "dance" }), 5),
        (json!({ "id": 1, "cmd": "subscribe" }), 2),
        (subscribe(json!({})), 3),
        (subscribe(json!({ "channels": ["orderbook"], "market_ticker": FIRST })), 8),
        (subscribe(json!({ "channels": ["orderbook_delta"] })), 14),
        (subscribe(json!({ "channels": ["trade"], "market_ticker": "NOBODY" })), 11),
        (json!({ "id": 1, "cmd": "unsubscribe", "params": {} }), 4),
        (json!({ "id": 1, "cmd": "unsubscribe", "params": { "sids": [9] } }), 7),
        (update(json!({ "sids": [], "action": "add_markets" })), 12),
        (update(json!({ "sid": 9, "action": "add_markets" })), 7),
        (update(json!({ "sid": 1, "action": "get_snapshot", "market_tickers": [FIRST] })), 13),
        (update(json!({ "sid": 1, "action": "add_markets" })), 14),
    ] {
        socket.send(command.clone()).await;
        let answer = socket.next().await;
        assert_eq!((&answer["type"], &answer["id"]), (&json!("error"), &json!(1)), "{command}");
        assert_eq!(answer["msg"]["code"], code, "{command}");
    }
    socket.send_text("no json".to_owned()).await;
    assert_eq!(socket.next().await["msg"]["code"], 1);
}

#[tokio::test]
async fn a_taker_fill_is_told_on_every_channel() {
    let bench = Bench::new().await;
    let mut socket = bench.client.socket().await;
    for (sid, channel) in
        ["fill", "user_orders", "market_positions", "trade", "ticker"].iter().enumerate()
    {
        assert_eq!(socket.subscribe(channel, &[]).await["msg"]["sid"], sid + 1);
    }
    let ask = json!({ "side": "ask", "price": "0.4000", "count": "3.00", "client_order_id": "no" });
    let ack = bench.client.created(ask).await;
    let mut by_type: BTreeMap<String, Value> = BTreeMap::new();
    for _ in 0..5 {
        let frame = socket.next().await;
        by_type.insert(frame["type"].as_str().unwrap().to_owned(), frame);
    }
    let fill = &by_type["fill"]["msg"];
    assert!(by_type["fill"].get("seq").is_none(), "fills are not numbered");
    for (field, wanted) in [
        ("order_id", ack["order_id"].clone()),
        ("client_order_id", json!("no")),
        ("yes_price_dollars", json!("0.4000")),
        ("outcome_side", json!("no")),
        ("book_side", json!("ask")),
        ("post_position_fp", json!("-3.00")),
        ("is_taker", json!(true)),
        ("fee_cost", json!("0.000000")),
    ] {
        assert_eq!(fill[field], wanted, "{field}");
    }
    let told = &by_type["user_order"]["msg"];
    assert_eq!(
        (&told["status"], &told["last_update_reason"]),
        (&json!("executed"), &json!("Trade"))
    );
    assert_eq!(told["ticker"], FIRST);
    assert_eq!(told["taker_fill_cost_dollars"], "1.800000", "NO costs 0.60");
    let position = &by_type["market_position"]["msg"];
    assert_eq!(
        (&position["position_fp"], &position["position_cost_dollars"]),
        (&json!("-3.00"), &json!("1.8000"))
    );
    let trade = &by_type["trade"];
    assert_eq!((&trade["seq"], &trade["msg"]["trade_id"]), (&json!(1), &fill["trade_id"]));
    assert_eq!(trade["msg"]["taker_book_side"], "ask");
    let ticker = &by_type["ticker"]["msg"];
    assert_eq!(
        (&ticker["price_dollars"], &ticker["last_trade_size_fp"]),
        (&json!("0.4000"), &json!("3.00"))
    );
    assert_eq!(ticker["open_interest_fp"], "3.00");
    let fills = bench.client.get("/portfolio/fills").await;
    assert_eq!(fills["fills"][0]["trade_id"], fill["trade_id"], "REST and websocket agree");
}

#[tokio::test]
async fn every_step_of_a_resting_order_is_told_in_order() {
    let bench = Bench::new().await;
    let mut socket = bench.client.socket().await;
    socket.subscribe("user_orders", &[]).await;
    let created = bench.client.created(json!({ "price": "0.4500", "count": "10.00" })).await;
    let id = created["order_id"].as_str().unwrap();
    bench
        .act(|exchange, at, out| {
            exchange.place(at, order(MAKER, 0, Side::Ask, 45, 4), out).unwrap();
        })
        .await;
    let decrease = format!("/portfolio/events/orders/{id}/decrease");
    bench.client.call("POST", &decrease, Some(json!({ "reduce_to": "2.00" }))).await;
    bench.client.call("DELETE", &format!("/portfolio/events/orders/{id}"), None).await;
    for (status, filled, remaining, reason) in [
        ("resting", "0.00", "10.00", ""),
        ("resting", "4.00", "6.00", "Trade"),
        ("resting", "4.00", "2.00", "Decrease"),
        ("canceled", "4.00", "0.00", ""),
    ] {
        let told = socket.next().await["msg"].clone();
        let seen = ["status", "fill_count_fp", "remaining_count_fp", "last_update_reason"]
            .map(|field| told[field].as_str().unwrap().to_owned());
        assert_eq!(seen, [status, filled, remaining, reason]);
    }
}

#[tokio::test]
async fn expiry_and_close_say_why() {
    let bench = Bench::new().await;
    let mut socket = bench.client.socket().await;
    socket.subscribe("user_orders", &[]).await;
    socket.subscribe("market_lifecycle_v2", &[]).await;
    let soon = statecraft::simulator::clock::wall_now().secs() + 2;
    bench.client.created(json!({ "expiration_time": soon })).await;
    bench.client.created(json!({ "ticker": SECOND })).await;
    for _ in 0..2 {
        assert_eq!(socket.next_of("user_order").await["msg"]["status"], "resting");
    }
    let expired = tokio::time::timeout(Duration::from_secs(5), async {
        loop {
            if let Some(frame) = socket.frame().await {
                return frame;
            }
        }
    });
    assert_eq!(expired.await.unwrap()["msg"]["last_update_reason"], "ExpiryCancel");
    bench.act(|exchange, at, out| exchange.settle(at, MarketId(1), Settlement::Yes, out)).await;
    let mut told = Vec::new();
    for _ in 0..3 {
        let msg = socket.next().await["msg"].clone();
        let word =
            if msg.get("event_type").is_some() { "event_type" } else { "last_update_reason" };
        told.push(msg[word].as_str().unwrap().to_owned());
    }
    assert_eq!(told, ["CloseCancel", "determined", "settled"]);
}

#[tokio::test]
async fn pauses_are_told() {
    let bench = Bench::new().await;
    let mut socket = bench.client.socket().await;
    socket.subscribe("market_lifecycle_v2", &[]).await;
    bench
        .act(|exchange, at, out| exchange.set_status(at, MarketId(0), MarketStatus::Paused, out))
        .await;
    let frame = socket.next().await;
    assert_eq!(frame["seq"], 1);
    assert_eq!(
        frame["msg"],
        json!({ "market_ticker": FIRST, "event_type": "deactivated", "is_deactivated": true })
    );
    bench
        .act(|exchange, at, out| exchange.set_status(at, MarketId(0), MarketStatus::Active, out))
        .await;
    assert_eq!(socket.next().await["msg"]["event_type"], "activated");
}

#[tokio::test]
async fn pings_say_heartbeat() {
    let bench =
        Bench::with(small_venue(), |config| config.heartbeat = Duration::from_millis(100)).await;
    let mut socket = bench.client.socket().await;
    assert!(socket.frame().await.is_none());
    assert!(socket.pings.len() >= 3, "{} pings", socket.pings.len());
    assert!(socket.pings.iter().all(|payload| payload == b"heartbeat"));
}

#[tokio::test]
async fn a_reader_that_does_not_read_gets_error_25_and_silence() {
    let bench = Bench::with(small_venue(), |config| config.queue_limit = 50).await;
    let mut socket = bench.client.socket().await;
    socket.subscribe("orderbook_delta", &[FIRST]).await;
    socket.next().await;
    // One burst under the venue's lock: nothing can be written before all of it is queued.
    bench
        .act(|exchange, at, out| {
            for _ in 0..200 {
                exchange.place(at, order(MAKER, 0, Side::Bid, 1, 1), out).unwrap();
            }
        })
        .await;
    let overflow = socket.next_of("error").await;
    assert_eq!((&overflow["msg"]["code"], &overflow["sid"]), (&json!(25), &json!(1)));
    bench.client.created(json!({})).await;
    assert!(socket.is_silent().await);
    assert_eq!(socket.subscribe("orderbook_delta", &[FIRST]).await["msg"]["sid"], 2);
}

fn level(book: &mut BTreeMap<String, i64>, price: &Value, by: &Value) {
    let cents = by.as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    let held = book.entry(price.as_str().unwrap().to_owned()).or_default();
    *held += cents;
    assert!(*held >= 0, "a level below zero");
    if *held == 0 {
        book.remove(price.as_str().unwrap());
    }
}

type Ladders = (BTreeMap<String, i64>, BTreeMap<String, i64>);

fn ladders(yes: &Value, no: &Value) -> Ladders {
    let side = |levels: &Value| {
        let mut book = BTreeMap::new();
        for entry in levels.as_array().into_iter().flatten() {
            level(&mut book, &entry[0], &entry[1]);
        }
        book
    };
    (side(yes), side(no))
}

/// A month of a story in three seconds: the book that a client keeps from snapshots and
/// deltas is at the end the book that REST shows, and no number was missed on the way.
#[tokio::test]
async fn a_rebuilt_book_equals_the_book_of_a_living_venue() {
    let world = World::new(3, Usd::from_dollars(1_000));
    let mut config = SimulatorConfig::new(Box::new(world), KeyPairs::generate().unwrap());
    config.speed = 1_000_000.0;
    let simulator = Simulator::start(config).await.unwrap();
    let client = Client::rsa(&simulator);
    let ticker = "KXTRUMPCOUNTRIES-27JAN01-CHI";
    let mut socket: Socket = client.socket().await;
    socket.subscribe("orderbook_delta", &[ticker]).await;
    let mut book = Ladders::default();
    let mut last = 0;
    let mut changes = 0;
    let take = |frame: &Value, book: &mut Ladders, last: &mut u64| {
        assert_eq!(frame["seq"].as_u64().unwrap(), *last + 1);
        *last += 1;
        let msg = &frame["msg"];
        if frame["type"] == "orderbook_snapshot" {
            *book = ladders(&msg["yes_dollars_fp"], &msg["no_dollars_fp"]);
        } else {
            let side = if msg["side"] == "yes" { &mut book.0 } else { &mut book.1 };
            level(side, &msg["price_dollars"], &msg["delta_fp"]);
        }
    };
    let until = tokio::time::Instant::now() + Duration::from_secs(3);
    while tokio::time::Instant::now() < until {
        if let Some(frame) = socket.frame().await {
            take(&frame, &mut book, &mut last);
            changes += 1;
        }
    }
    assert!(changes > 200, "only {changes} changes");
    // Frames of one moment: the snapshot that is asked for and the book of its instant must agree
    // with what was kept. Unsubscribing last fixes the moment.
    let params = json!({ "sids": [1], "action": "get_snapshot", "market_tickers": [ticker] });
    socket.send(json!({ "id": 5, "cmd": "update_subscription", "params": params })).await;
    loop {
        let frame = socket.next().await;
        if frame["id"] == 5 {
            let msg = &frame["msg"];
            assert_eq!(book, ladders(&msg["yes_dollars_fp"], &msg["no_dollars_fp"]));
            break;
        }
        take(&frame, &mut book, &mut last);
    }
}
