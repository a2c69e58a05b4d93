//! REST at the simulated venue: orders, refusals, pages, money.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod simulator_common;

use serde_json::{Value, json};
use simulator_common::{
    Bench, FIRST, MAKER, SECOND, USER, cents, contracts, kalshi_fees, order, small_venue,
    venue_with,
};
use statecraft::simulator::kalshi::{ErrorShape, Tier};
use statecraft_domain::{MarketId, MarketStatus, Settlement, Side, Usd};

fn code(body: &Value) -> &str {
    body["error"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn an_order_is_created_read_changed_and_cancelled() {
    let bench = Bench::new().await;
    let client = &bench.client;
    let ack = client.created(json!({ "client_order_id": "c-1", "count": "5.00" })).await;
    assert_eq!(ack["client_order_id"], "c-1");
    assert_eq!((&ack["fill_count"], &ack["remaining_count"]), (&json!("0.00"), &json!("5.00")));
    assert!(ack.get("average_fill_price").is_none(), "absent where nothing filled");
    let id = ack["order_id"].as_str().unwrap();
    let read = client.get(&format!("/portfolio/orders/{id}")).await["order"].clone();
    for (field, value) in [
        ("status", "resting"),
        ("yes_price_dollars", "0.0100"),
        ("no_price_dollars", "0.9900"),
        ("outcome_side", "yes"),
        ("book_side", "bid"),
        ("action", "buy"),
        ("type", "limit"),
        ("taker_fees_dollars", "0.000000"),
        ("initial_count_fp", "5.00"),
    ] {
        assert_eq!(read[field], value, "{field}");
    }
    let amend = json!({ "ticker": FIRST, "side": "bid", "price": "0.0200", "count": "7.00" });
    let (status, ack) =
        client.call("POST", &format!("/portfolio/events/orders/{id}/amend"), Some(amend)).await;
    assert_eq!((status, &ack["remaining_count"]), (200, &json!("7.00")));
    let less = Some(json!({ "reduce_by": "3.00" }));
    let decrease = format!("/portfolio/events/orders/{id}/decrease");
    assert_eq!(client.call("POST", &decrease, less).await.1["remaining_count"], "4.00");
    let both = Some(json!({ "reduce_by": "1.00", "reduce_to": "1.00" }));
    assert_eq!(client.call("POST", &decrease, both).await.0, 400);
    let cancel = format!("/portfolio/events/orders/{id}");
    let (status, ack) = client.call("DELETE", &cancel, None).await;
    assert_eq!((status, &ack["reduced_by"]), (200, &json!("4.00")));
    let gone = json!({ "error": { "code": "not_found", "message": "not found" } });
    assert_eq!(client.call("DELETE", &cancel, None).await, (404, gone.clone()));
    let nobody = "/portfolio/events/orders/5ca1ab1e-0000-4000-8000-000000000000";
    assert_eq!(client.call("DELETE", nobody, None).await, (404, gone));
    let read = client.get(&format!("/portfolio/orders/{id}")).await["order"].clone();
    assert_eq!(
        (&read["status"], &read["remaining_count_fp"]),
        (&json!("canceled"), &json!("0.00"))
    );
}

#[tokio::test]
async fn refusals_have_the_recorded_codes() {
    let bench = Bench::new().await;
    let client = &bench.client;
    client.created(json!({ "client_order_id": "once" })).await;
    for (fields, status, wanted) in [
        (json!({ "client_order_id": "once" }), 409, "order_already_exists"),
        (
            json!({ "time_in_force": "fill_or_kill", "price": "0.5000", "count": "21.00", "client_order_id": "fok" }),
            409,
            "fill_or_kill_insufficient_resting_volume",
        ),
        (json!({ "client_order_id": "fok" }), 409, "order_already_exists"),
        (json!({ "count": "100000.00" }), 400, "insufficient_balance"),
        (json!({ "price": "0.0150" }), 400, "invalid_price"),
        (json!({ "price": "1.0000" }), 400, "invalid_price"),
        (json!({ "price": "0.01001" }), 400, "invalid_order"),
        (json!({ "price": "0.5000", "post_only": true }), 400, "invalid_order"),
        (json!({ "count": "0.00" }), 400, "invalid_order_size"),
        (json!({ "count": "1.001" }), 400, "invalid_order_size"),
        (json!({ "time_in_force": "GTT" }), 400, "invalid_order"),
        (json!({ "expiration_time": 1 }), 400, "invalid_order"),
        (json!({ "ticker": "NOBODY" }), 404, "not_found"),
        (
            json!({ "reduce_only": true, "time_in_force": "immediate_or_cancel" }),
            400,
            "invalid_order",
        ),
    ] {
        let (got, body) = client.create(fields.clone()).await;
        assert_eq!((got, code(&body)), (status, wanted), "{fields}: {body}");
    }
    let number = client.create(json!({ "count": 1 })).await;
    let details = "json: cannot unmarshal number into Go struct field \
                   CreateOrderV2Request.count of type string";
    let flat = json!({ "code": "bad_request", "message": "bad request", "details": details });
    assert_eq!(number, (400, flat));
    let crossing = client.create(json!({ "price": "0.5000", "post_only": true })).await.1;
    assert_eq!(crossing["error"]["details"], "post only cross");
    assert_eq!(client.get("/portfolio/orders").await["orders"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn paused_and_closed_markets_refuse() {
    let bench = Bench::new().await;
    let client = &bench.client;
    let id = client.created(json!({})).await["order_id"].as_str().unwrap().to_owned();
    bench
        .act(|exchange, at, out| exchange.set_status(at, MarketId(0), MarketStatus::Paused, out))
        .await;
    let (status, body) = client.create(json!({})).await;
    assert_eq!((status, code(&body)), (400, "MARKET_NOT_ACTIVE"));
    assert_eq!(client.get(&format!("/markets/{FIRST}")).await["market"]["status"], "inactive");
    bench
        .act(|exchange, at, out| exchange.set_status(at, MarketId(0), MarketStatus::Active, out))
        .await;
    let read = client.get(&format!("/portfolio/orders/{id}")).await["order"].clone();
    assert_eq!(read["status"], "canceled", "reactivation cancels what rested");
    bench.act(|exchange, at, out| exchange.set_trading(at, false, out)).await;
    let (status, body) = client.create(json!({ "ticker": SECOND })).await;
    assert_eq!((status, code(&body)), (409, "trading_is_paused"));
}

#[tokio::test]
async fn routes_and_parameters_behave_as_recorded() {
    let bench = Bench::new().await;
    let client = &bench.client;
    assert_eq!(client.call("GET", "/markets/", None).await.0, 301);
    let (status, body) = client.call("GET", "/markets?limit=1001", None).await;
    assert_eq!(status, 400);
    assert!(
        body["msg"].as_str().unwrap().starts_with("Parameter validation failed for GetMarkets")
    );
    assert_eq!(client.get("/markets?cursor=garbage&limit=1").await["markets"][0]["ticker"], FIRST);
    let page = client.get("/markets?limit=1").await;
    let cursor = page["cursor"].as_str().unwrap();
    let next = client.get(&format!("/markets?limit=1&cursor={cursor}")).await;
    assert_eq!((&next["markets"][0]["ticker"], &next["cursor"]), (&json!(SECOND), &json!("")));
    let old = client.call("POST", "/portfolio/orders", Some(json!({ "ticker": FIRST }))).await;
    assert_eq!(code(&old.1), "deprecated_v1_order_endpoint");
    assert!(old.1.get("order").is_none());
    assert_eq!(client.get("/portfolio/orders?status=nonsense").await["orders"], json!([]));
    let book = client.get(&format!("/markets/{FIRST}/orderbook?depth=1")).await;
    let wanted =
        json!({ "yes_dollars": [["0.4000", "20.00"]], "no_dollars": [["0.5000", "20.00"]] });
    assert_eq!(book["orderbook_fp"], wanted);
    let whole = client.get(&format!("/markets/{FIRST}/orderbook")).await;
    let no = &whole["orderbook_fp"]["no_dollars"];
    assert_eq!(*no, json!([["0.4000", "20.00"], ["0.5000", "20.00"]]), "ascending, best last");
}

#[tokio::test]
async fn error_bodies_can_be_flat() {
    let bench = Bench::with(small_venue(), |config| {
        config.options.error_shape = ErrorShape::Flat;
    })
    .await;
    let (status, body) = bench.client.create(json!({ "price": "0.0150" })).await;
    assert_eq!((status, &body["code"]), (400, &json!("invalid_price")));
}

#[tokio::test]
async fn a_flood_is_refused_without_a_retry_hint() {
    let bench = Bench::with(small_venue(), |config| config.tier = Tier::Basic).await;
    let client = &bench.client;
    let mut refused = 0;
    for _ in 0..15 {
        let (status, body) = client.create(json!({})).await;
        match status {
            201 => {}
            429 => {
                refused += 1;
                assert_eq!(body, json!({ "error": "too many requests" }));
            }
            other => panic!("{other}: {body}"),
        }
    }
    assert!(refused >= 1, "the bucket holds ten creates");
    let limits = client.get("/account/limits").await;
    assert_eq!(limits["write"], json!({ "refill_rate": 100, "bucket_capacity": 100 }));
    let orders: Vec<Value> = (0..11).map(|_| json!({})).collect();
    let batch = Some(json!({ "orders": orders }));
    let answer = client.call("POST", "/portfolio/events/orders/batched", batch).await;
    assert_eq!(answer.0, 429, "a batch must fit whole");
}

/// kalshi.md 7.5: what is held is closed before the other side is opened.
#[tokio::test]
async fn positions_net_within_a_market() {
    let bench = Bench::new().await;
    let client = &bench.client;
    bench
        .act(|exchange, at, out| {
            exchange.place(at, order(MAKER, 0, Side::Ask, 41, 10), out).unwrap();
        })
        .await;
    let bought = client.created(json!({ "price": "0.4500", "count": "10.00" })).await;
    assert_eq!(bought["fill_count"], "10.00");
    assert_eq!(bought["average_fill_price"], "0.4100", "better than the limit");
    assert_eq!(client.get("/portfolio/balance").await["balance_dollars"], "95.9000");
    let sold = client.created(json!({ "side": "ask", "price": "0.4000", "count": "15.00" })).await;
    assert_eq!(sold["average_fill_price"], "0.4000");
    // +10 * 0.40 for what was held, -5 * 0.60 for the NO that was opened.
    assert_eq!(client.get("/portfolio/balance").await["balance_dollars"], "96.9000");
    let position = client.get("/portfolio/positions").await["market_positions"][0].clone();
    assert_eq!(position["position_fp"], "-5.00");
    assert_eq!(position["market_exposure_dollars"], "3.000000");
    assert_eq!(position["realized_pnl_dollars"], "-0.100000");
    let fills = client.get("/portfolio/fills").await["fills"].clone();
    assert_eq!(fills[0]["outcome_side"], "no");
    assert_eq!(fills[0]["yes_price_dollars"], "0.4000", "the YES price, also for NO");
    assert_eq!(fills[1]["is_taker"], true);
}

#[tokio::test]
async fn fees_are_written_with_six_decimals() {
    let bench = Bench::with(venue_with(kalshi_fees()), |_| {}).await;
    let client = &bench.client;
    let ack = client.created(json!({ "price": "0.5000", "count": "1.00" })).await;
    assert_eq!(ack["average_fee_paid"], "0.0175");
    assert_eq!(client.get("/portfolio/fills").await["fills"][0]["fee_cost"], "0.017500");
    assert_eq!(client.get("/portfolio/balance").await["balance_dollars"], "99.4825");
    assert_eq!(client.get("/portfolio/balance").await["balance"], 9_948, "truncated");
}

#[tokio::test]
async fn settlements_pay_yes_no_and_scalar() {
    for (settlement, result, revenue, cash, value) in [
        (Settlement::Yes, "yes", 400, "102.0000", 100),
        (Settlement::No, "no", 0, "98.0000", 0),
        (Settlement::Scalar(cents(25)), "scalar", 100, "99.0000", 25),
    ] {
        let bench = Bench::new().await;
        let client = &bench.client;
        client.created(json!({ "price": "0.5000", "count": "4.00" })).await;
        let rests = client.created(json!({ "price": "0.1000" })).await;
        bench.act(move |exchange, at, out| exchange.settle(at, MarketId(0), settlement, out)).await;
        let paid = client.get("/portfolio/settlements").await["settlements"][0].clone();
        for (field, wanted) in [
            ("market_result", json!(result)),
            ("revenue", json!(revenue)),
            ("yes_count_fp", json!("4.00")),
            ("yes_total_cost_dollars", json!("2.000000")),
            ("no_count_fp", json!("0.00")),
            ("value", json!(value)),
        ] {
            assert_eq!(paid[field], wanted, "{result}: {field}");
        }
        assert_eq!(client.get("/portfolio/balance").await["balance_dollars"], cash);
        let market = client.get(&format!("/markets/{FIRST}")).await["market"].clone();
        assert_eq!((&market["status"], &market["result"]), (&json!("finalized"), &json!(result)));
        let id = rests["order_id"].as_str().unwrap();
        let read = client.get(&format!("/portfolio/orders/{id}")).await;
        assert_eq!(read["order"]["status"], "canceled");
        assert_eq!(client.create(json!({})).await.0, 400);
    }
}

#[tokio::test]
async fn resting_orders_can_be_deducted_from_the_balance() {
    for (deducts, wanted) in [(false, "100.0000"), (true, "96.0000")] {
        let bench = Bench::with(small_venue(), |config| {
            config.options.balance_deducts_resting = deducts;
        })
        .await;
        bench.client.created(json!({ "price": "0.4000", "count": "10.00" })).await;
        let balance = bench.client.get("/portfolio/balance").await;
        assert_eq!(balance["balance_dollars"], wanted);
        let resting = bench.client.get("/portfolio/summary/total_resting_order_value").await;
        assert_eq!(resting["total_resting_order_value"], 400);
    }
}

#[tokio::test]
async fn a_group_that_matches_too_much_is_cancelled() {
    let bench = Bench::new().await;
    let client = &bench.client;
    let limit = Some(json!({ "contracts_limit": 3 }));
    let (status, group) = client.call("POST", "/portfolio/order_groups/create", limit).await;
    assert_eq!(status, 201);
    let group = group["order_group_id"].as_str().unwrap().to_owned();
    let member = |count: &str, price: &str| json!({ "count": count, "price": price, "order_group_id": group });
    let far = client.created(member("1.00", "0.1000")).await;
    let near = client.created(member("5.00", "0.4500")).await;
    bench
        .act(|exchange, at, out| {
            exchange.place(at, order(MAKER, 0, Side::Ask, 45, 3), out).unwrap();
        })
        .await;
    for (order, status, filled) in [(&far, "canceled", "0.00"), (&near, "canceled", "3.00")] {
        let id = order["order_id"].as_str().unwrap();
        let read = client.get(&format!("/portfolio/orders/{id}")).await["order"].clone();
        assert_eq!((&read["status"], &read["fill_count_fp"]), (&json!(status), &json!(filled)));
    }
    let (status, body) = client.create(member("1.00", "0.1000")).await;
    assert_eq!((status, code(&body)), (400, "exceeded_order_group_risk_limit"));
    let reset = format!("/portfolio/order_groups/{group}/reset");
    assert_eq!(client.call("PUT", &reset, None).await, (200, json!({})));
    client.created(member("1.00", "0.1000")).await;
}

#[tokio::test]
async fn the_ledger_tells_what_the_account_did() {
    let bench = Bench::new().await;
    bench
        .client
        .created(json!({ "client_order_id": "a", "price": "0.5000", "count": "2.00" }))
        .await;
    bench.client.created(json!({ "client_order_id": "b" })).await;
    let ledger = bench.simulator.ledger();
    assert_eq!(ledger.cash, Usd::from_dollars(99));
    assert_eq!(ledger.reserved, Usd::CENT);
    let statuses: Vec<(&str, &str)> = ledger
        .orders
        .iter()
        .map(|order| (order.client_order_id.as_str(), order.status.as_str()))
        .collect();
    assert_eq!(statuses, [("a", "executed"), ("b", "resting")]);
    assert_eq!(ledger.fills[0].quantity, contracts(2));
    assert_eq!(ledger.positions[0].quantity, contracts(2));
    let (status, body) = bench.client.raw("GET", "/story/ledger", Vec::new(), None).await;
    assert_eq!(status, 200);
    let served: statecraft::simulator::kalshi::Ledger = serde_json::from_value(body).unwrap();
    assert_eq!(served.orders, ledger.orders);
    assert_eq!(served.fills, ledger.fills);
    let _ = USER;
}
