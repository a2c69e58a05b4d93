//! REST: what becomes of an order under every kind of answer, and what is repeated and what never.

use std::sync::Arc;
use std::time::Duration;

use statecraft::venue::kalshi::rest::{
    Cancelled, Changed, KalshiRest, OrderFilter, OrderRoute, RestError, RestSettings, Unlistable,
};
use statecraft::venue::kalshi::wire::{BatchCancelItem, DecreaseOrder, OrderStatus};
use statecraft::venue::kalshi::{Endpoint, Placed};
use statecraft_domain::{
    ClientOrderId, MarketId, Nanos, OrderRequest, Price, Quantity, RejectReason, RiskApproved,
    SelfTradePrevention, Side, StrategyId, TimeInForce, Timestamp,
};

use super::scripted::{Script, Venue, now, say, signer};

fn settings() -> RestSettings {
    RestSettings {
        total_timeout: Duration::from_millis(400),
        body_max_bytes: 100_000,
        backoff_base: Duration::from_millis(1),
        backoff_cap: Duration::from_millis(5),
        ..RestSettings::default()
    }
}

fn client(endpoint: &Endpoint) -> KalshiRest {
    KalshiRest::new(endpoint.clone(), signer(), Arc::new(now), settings()).unwrap()
}

async fn rig(scripts: Vec<Script>) -> (Venue, KalshiRest) {
    let venue = Venue::start(scripts).await;
    let rest = client(&venue.endpoint);
    (venue, rest)
}

fn order(sequence: u64) -> RiskApproved<OrderRequest> {
    RiskApproved::by_risk_gate(OrderRequest {
        id: ClientOrderId { lineage: 1, sequence },
        strategy: StrategyId(0),
        market: MarketId(0),
        side: Side::Bid,
        price: Price::from_cents(47).unwrap(),
        quantity: Quantity::from_contracts(3),
        time_in_force: TimeInForce::ImmediateOrCancel,
        post_only: false,
        reduce_only: false,
        self_trade_prevention: SelfTradePrevention::CancelTaker,
        decided_at: Timestamp::EPOCH,
    })
}

const ACK: &str = r#"{"client_order_id":"sc-0000000000000001-1","fill_count":"1.00","order_id":"o1","remaining_count":"0.00","ts_ms":1781159370164}"#;

/// Sends one order and says how it went and how many requests arrived.
async fn place(script: Script) -> (Placed, usize) {
    let (venue, rest) = rig(vec![script]).await;
    let placed = rest.create_order(&order(1), "T-1", &OrderRoute::default(), || Ok(())).await;
    (placed, venue.seen().len())
}

/// Sends an order that nothing forbids.
pub(crate) async fn place_with(rest: &KalshiRest) -> Placed {
    rest.create_order(&order(1), "T-1", &OrderRoute::default(), || Ok(())).await
}

#[tokio::test]
async fn what_the_last_look_refuses_is_not_sent() {
    let (venue, rest) = rig(vec![say(201, ACK)]).await;
    let refuse = || Err("the gate is closed".to_owned());
    let placed = rest.create_order(&order(1), "T-1", &OrderRoute::default(), refuse).await;
    let Placed::Rejected { reason, detail } = placed else { panic!("{placed:?}") };
    assert_eq!(reason, RejectReason::DroppedByGateway);
    assert!(detail.contains("the gate is closed"), "{detail}");
    assert!(venue.seen().is_empty(), "no whole request arrived");
}

/// The look at the last moment changes nothing of the request: the same headers, in the same order, and a
/// length, as one whose body was there from the start.
#[tokio::test]
async fn an_order_looks_like_any_other_request() {
    let (venue, rest) = rig(vec![say(201, ACK), say(200, "{}")]).await;
    place_with(&rest).await;
    let _ = rest.decrease_order("o1", &DecreaseOrder::default()).await;
    let seen = venue.seen();
    let names = |seen: &super::scripted::Seen| -> Vec<String> {
        seen.head
            .lines()
            .skip(1)
            .filter_map(|line| Some(line.split_once(':')?.0.to_owned()))
            .collect()
    };
    let other = seen.iter().find(|seen| seen.line.ends_with("/decrease")).unwrap();
    assert_eq!(names(&seen[0]), names(other));
    assert!(seen[0].head.contains(&format!("content-length: {}", seen[0].body.len())));
}

#[tokio::test]
async fn an_order_is_signed_sent_once_and_accepted() {
    let (venue, rest) = rig(vec![say(201, ACK)]).await;
    let placed = rest.create_order(&order(1), "T-1", &OrderRoute::default(), || Ok(())).await;
    assert!(matches!(&placed, Placed::Accepted(accepted) if accepted.venue_order.as_str() == "o1"));
    let seen = venue.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].line, "POST /trade-api/v2/portfolio/events/orders");
    for header in [
        "kalshi-access-key: key-id",
        "kalshi-access-timestamp: ",
        "kalshi-access-signature: ",
        "content-type: application/json",
    ] {
        assert!(seen[0].head.contains(header), "{header} in {}", seen[0].head);
    }
    let body: serde_json::Value = serde_json::from_str(&seen[0].body).unwrap();
    assert_eq!((&body["count"], &body["price"]), (&"3.00".into(), &"0.4700".into()));
}

#[tokio::test]
async fn no_answer_or_half_an_answer_is_ambiguous_and_never_repeated() {
    for script in [
        Script::Hang,
        Script::Slam,
        Script::Flood,
        Script::Truncate(ACK.to_owned()),
        Script::Truncate(ACK[..40].to_owned()),
        say(201, "{}"),
        say(201, ""),
        say(200, r#"{"error":{"code":"strange","message":"m"}}"#),
        say(500, "oops"),
        say(503, ACK),
        say(408, ""),
        Script::SayWith(301, "location: /elsewhere\r\n".to_owned(), String::new()),
        say(201, &ACK.replace("-1\"", "-9\"")),
    ] {
        let (placed, requests) = place(script.clone()).await;
        assert!(matches!(placed, Placed::Ambiguous { .. }), "{script:?}: {placed:?}");
        assert_eq!(requests, 1, "{script:?}");
    }
}

#[tokio::test]
async fn documented_refusals_are_refusals() {
    for (status, body, expected) in [
        (
            400,
            r#"{"error":{"code":"insufficient_balance","message":"m"}}"#,
            RejectReason::InsufficientBalance,
        ),
        (
            409,
            r#"{"error":{"code":"order_already_exists","message":"m"}}"#,
            RejectReason::DuplicateId,
        ),
        (409, r#"{"code":"trading_is_paused","message":"m"}"#, RejectReason::TradingPaused),
        (429, r#"{"error":"too many requests"}"#, RejectReason::RateLimited),
        (
            201,
            r#"{"error":{"code":"deprecated_v1_order_endpoint","message":"m"}}"#,
            RejectReason::InvalidOrder,
        ),
    ] {
        let (placed, requests) = place(say(status, body)).await;
        assert!(matches!(placed, Placed::Rejected { reason, .. } if reason == expected), "{body}");
        assert_eq!(requests, 1, "an order is never repeated, not even after 429");
    }
}

#[tokio::test]
async fn without_a_connection_the_order_was_never_placed() {
    // A port on which nobody listens.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let placed =
        client(&endpoint).create_order(&order(1), "T-1", &OrderRoute::default(), || Ok(())).await;
    let Placed::Rejected { reason, .. } = placed else { panic!("{placed:?}") };
    assert_eq!(reason, RejectReason::DroppedByGateway);
}

#[tokio::test]
async fn orders_stop_at_the_budget_and_cancels_still_go() {
    let cancel = r#"{"order_id":"o1","reduced_by":"3.00","ts_ms":1}"#;
    let mut scripts = vec![say(409, r#"{"code":"trading_is_paused"}"#); 8];
    scripts.push(say(200, cancel));
    let (venue, rest) = rig(scripts).await;
    let route = OrderRoute::default();
    let mut dropped = 0;
    for sequence in 1..=30 {
        let placed = rest.create_order(&order(sequence), "T-1", &route, || Ok(())).await;
        let by_gateway =
            matches!(placed, Placed::Rejected { reason: RejectReason::DroppedByGateway, .. });
        dropped += usize::from(by_gateway);
        if by_gateway {
            break;
        }
    }
    assert!(dropped > 0 && venue.seen().len() >= 8);
    assert!(matches!(
        rest.cancel_order("o1", "T-1", &route).await,
        Cancelled::Done { .. } | Cancelled::Failed { .. }
    ));
    assert!(venue.seen().last().unwrap().line.starts_with("DELETE"));
}

#[tokio::test]
async fn a_batch_has_one_verdict_for_each_order() {
    let second = r#"{"error":{"code":"insufficient_balance","message":"m"}}"#;
    let (venue, rest) = rig(vec![say(201, &format!(r#"{{"orders":[{ACK},{second}]}}"#))]).await;
    let batch: Vec<_> = (1..=3).map(|n| (order(n), "T-1", OrderRoute::default())).collect();
    let verdicts = rest.create_orders(&batch, || Ok(())).await;
    assert!(matches!(verdicts[0], Placed::Accepted(_)));
    assert!(matches!(
        verdicts[1],
        Placed::Rejected { reason: RejectReason::InsufficientBalance, .. }
    ));
    assert!(matches!(verdicts[2], Placed::Ambiguous { .. }), "the third is missing");
    assert_eq!(venue.seen()[0].line, "POST /trade-api/v2/portfolio/events/orders/batched");
    let (_venue, rest) = rig(vec![Script::Slam]).await;
    let verdicts = rest.create_orders(&batch, || Ok(())).await;
    assert!(verdicts.len() == 3 && verdicts.iter().all(|v| matches!(v, Placed::Ambiguous { .. })));
}

#[tokio::test]
async fn a_cancel_is_repeated_until_there_is_an_answer() {
    let route = OrderRoute::default();
    let done = say(200, r#"{"order_id":"o1","reduced_by":"3.00","ts_ms":1781159370164}"#);
    let limited = say(429, r#"{"error":"too many requests"}"#);
    let (venue, rest) = rig(vec![say(503, ""), Script::Slam, limited, done]).await;
    let cancelled = rest.cancel_order("o1", "T-1", &route).await;
    assert!(
        matches!(cancelled, Cancelled::Done { reduced_by, .. } if reduced_by == Quantity::from_contracts(3))
    );
    assert_eq!(venue.seen().len(), 4);
    assert_eq!(
        venue.seen()[0].line,
        "DELETE /trade-api/v2/portfolio/events/orders/o1?market_ticker=T-1"
    );

    let (_venue, rest) =
        rig(vec![say(404, r#"{"error":{"code":"not_found","message":"not found"}}"#)]).await;
    assert_eq!(rest.cancel_order("o1", "T-1", &route).await, Cancelled::NotLive);
    let (_venue, rest) =
        rig(vec![say(400, r#"{"error":{"code":"MARKET_INACTIVE","message":"m"}}"#)]).await;
    assert!(matches!(rest.cancel_order("o1", "T-1", &route).await, Cancelled::Refused { .. }));
    let (venue, rest) = rig(vec![say(500, ""); 9]).await;
    assert!(matches!(rest.cancel_order("o1", "T-1", &route).await, Cancelled::Failed { .. }));
    assert_eq!(venue.seen().len(), 4, "attempts are bounded");
    // A name that would reach another path is not sent at all.
    let (venue, rest) = rig(vec![]).await;
    assert!(matches!(rest.cancel_order("../x", "T-1", &route).await, Cancelled::Refused { .. }));
    assert!(venue.seen().is_empty());
}

/// F13: silence for as long as the venue asks, for reads and orders; a way out stays open.
#[tokio::test]
async fn a_retry_after_is_heeded_and_cancels_go_through() {
    let route = OrderRoute::default();
    let limited = |secs: u32| {
        let header = format!("retry-after: {secs}\r\n");
        Script::SayWith(429, header, r#"{"error":"too many requests"}"#.to_owned())
    };
    let done = say(200, r#"{"order_id":"o1","reduced_by":"3.00","ts_ms":1781159370164}"#);
    let balance = say(404, "");
    let venue = Venue::start(vec![limited(1), balance]).await;
    let patient = RestSettings { total_timeout: Duration::from_secs(10), ..settings() };
    let rest = KalshiRest::new(venue.endpoint.clone(), signer(), Arc::new(now), patient).unwrap();
    let begun = std::time::Instant::now();
    assert!(matches!(rest.balance(None).await, Err(RestError::Venue { status: 404, .. })));
    assert!(begun.elapsed() >= Duration::from_millis(950), "{:?}", begun.elapsed());
    assert_eq!(venue.seen().len(), 2);
    assert!(rest.held_for().is_zero());

    // Longer than a call may take: nothing is waited for and nothing sent, but a cancel.
    let (venue, rest) = rig(vec![limited(3_600), done]).await;
    assert!(matches!(rest.balance(None).await, Err(RestError::Budget(_))));
    assert!(rest.held_for() > Duration::from_secs(50), "a minute at most");
    assert!(rest.held_for() <= Duration::from_secs(60), "a minute at most");
    assert!(matches!(rest.balance(None).await, Err(RestError::Budget(_))));
    assert_eq!(venue.seen().len(), 1);
    let cancelled = rest.cancel_order("o1", "T-1", &route).await;
    assert!(matches!(cancelled, Cancelled::Done { .. }), "{cancelled:?}");
    assert_eq!(venue.seen().len(), 2);
}

/// F43: the machine's clock is set back by an hour while the venue asks for a second of silence.
#[tokio::test]
async fn f43_a_clock_set_back_does_not_lengthen_a_silence() {
    let header = "retry-after: 1\r\n".to_owned();
    let limited = Script::SayWith(429, header, r#"{"error":"too many requests"}"#.to_owned());
    let venue = Venue::start(vec![limited, say(404, "")]).await;
    let back = Arc::new(std::sync::atomic::AtomicI64::new(0));
    let clock = {
        let back = Arc::clone(&back);
        move || now() - Nanos::from_secs(back.load(std::sync::atomic::Ordering::SeqCst))
    };
    let once = RestSettings { attempts_max: 1, ..settings() };
    let rest = KalshiRest::new(venue.endpoint.clone(), signer(), Arc::new(clock), once).unwrap();
    assert!(rest.balance(None).await.is_err());
    assert!(!rest.held_for().is_zero());
    back.store(3_600, std::sync::atomic::Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert!(rest.held_for().is_zero(), "{:?}", rest.held_for());
    let answer = rest.balance(None).await;
    assert!(matches!(answer, Err(RestError::Venue { status: 404, .. })), "{answer:?}");
}

#[tokio::test]
async fn batch_cancel_and_cancel_all() {
    let body = r#"{"orders":[{"order_id":"b","reduced_by":"0.00","error":{"code":"not_found","message":"m"}},{"order_id":"a","reduced_by":"2.00","ts_ms":5}]}"#;
    let (venue, rest) = rig(vec![say(200, body), say(204, "")]).await;
    let item = |name: &str| BatchCancelItem {
        order_id: name.to_owned(),
        subaccount: None,
        exchange_index: Some(0),
        market_ticker: Some("T-1".to_owned()),
    };
    let verdicts = rest.cancel_orders(vec![item("a"), item("b"), item("c")]).await;
    assert!(matches!(verdicts[0], Cancelled::Done { .. }));
    assert_eq!(verdicts[1], Cancelled::NotLive);
    assert!(matches!(verdicts[2], Cancelled::Failed { .. }));
    rest.cancel_all(None).await.unwrap();
    let seen = venue.seen();
    assert!(seen[0].body.contains("\"order_id\":\"c\""), "a DELETE with a body");
    assert_eq!(seen[1].line, "DELETE /trade-api/v2/portfolio/events/orders");
}

#[tokio::test]
async fn a_decrease_is_sent_once() {
    let decrease =
        DecreaseOrder { reduce_to: Some(Quantity::from_contracts(1)), ..DecreaseOrder::default() };
    let (_venue, rest) =
        rig(vec![say(200, r#"{"order_id":"o1","remaining_count":"1.00","ts_ms":1}"#)]).await;
    assert!(matches!(rest.decrease_order("o1", &decrease).await, Changed::Done(_)));
    let (venue, rest) = rig(vec![Script::Slam, say(200, "{}")]).await;
    assert!(matches!(rest.decrease_order("o1", &decrease).await, Changed::Ambiguous { .. }));
    assert_eq!(venue.seen().len(), 1);
    let (_venue, rest) =
        rig(vec![say(404, r#"{"error":{"code":"not_found","message":"m"}}"#)]).await;
    assert!(matches!(rest.decrease_order("o1", &decrease).await, Changed::Refused { .. }));
}

const FILL: &str = r#"{"fill_id":"t","trade_id":"t","exchange_index":0,"order_id":"o","ticker":"T","market_ticker":"T","outcome_side":"no","book_side":"ask","count_fp":"1.00","yes_price_dollars":"0.5200","no_price_dollars":"0.4800","is_taker":true,"fee_cost":"0.017500"}"#;

fn fills(count: usize, cursor: &str) -> Script {
    let list = vec![FILL; count].join(",");
    say(200, &format!(r#"{{"fills":[{list}],"cursor":"{cursor}"}}"#))
}

#[tokio::test]
async fn lists_are_read_to_their_end_or_not_at_all() {
    let (venue, rest) = rig(vec![fills(2, "a&b"), fills(2, "c"), fills(1, "")]).await;
    assert_eq!(rest.fills(None, Some(Timestamp::from_secs(7))).await.unwrap().len(), 5);
    let lines: Vec<_> = venue.seen().into_iter().map(|seen| seen.line).collect();
    assert_eq!(lines[0], "GET /trade-api/v2/portfolio/fills?min_ts=7&limit=1000");
    assert!(lines[1].ends_with("&cursor=a%26b") && lines[2].ends_with("&cursor=c"));
    // A page that fails, a page that cannot be read, a cursor that comes back.
    let (_venue, rest) =
        rig(vec![fills(2, "a"), say(500, ""), say(500, ""), say(500, ""), say(500, "")]).await;
    assert!(matches!(rest.fills(None, None).await, Err(RestError::Venue { status: 500, .. })));
    let (_venue, rest) = rig(vec![fills(2, "a"), say(200, "{\"fills\":[{}]}")]).await;
    assert!(matches!(rest.fills(None, None).await, Err(RestError::Malformed { .. })));
    let (venue, rest) = rig(vec![fills(2, "a"), fills(2, "b"), fills(2, "a"), fills(2, "b")]).await;
    assert!(matches!(rest.fills(None, None).await, Err(RestError::Incomplete { .. })));
    assert_eq!(venue.seen().len(), 3);
}

#[tokio::test]
async fn reads_are_repeated_and_errors_say_what_the_venue_said() {
    let status = r#"{"exchange_active":true,"trading_active":false}"#;
    let (venue, rest) = rig(vec![Script::Hang, say(200, status)]).await;
    assert!(!rest.exchange_status().await.unwrap().trading_active);
    assert_eq!(venue.seen().len(), 2);
    // The same body may come with an error status.
    let (_venue, rest) = rig(vec![say(503, status); 4]).await;
    assert!(rest.exchange_status().await.unwrap().exchange_active);
    let unauthorized = r#"{"error":{"code":"authentication_error","message":"authentication_error","details":"NOT_FOUND"}}"#;
    let (venue, rest) = rig(vec![say(401, unauthorized)]).await;
    let error = rest.balance(None).await.unwrap_err().to_string();
    assert!(error.contains("401") && error.contains("NOT_FOUND"), "{error}");
    assert_eq!(venue.seen().len(), 1, "a refusal is not repeated");
    let (_venue, rest) = rig(vec![say(200, unauthorized)]).await;
    assert!(matches!(rest.balance(None).await, Err(RestError::Venue { .. })), "an error in a 200");
    let (_venue, rest) = rig(vec![Script::Flood]).await;
    assert!(matches!(rest.balance(None).await, Err(RestError::TooLarge(100_000))));
}

#[tokio::test]
async fn order_filters_and_limits() {
    let limits = r#"{"usage_tier":"advanced","read":{"refill_rate":300,"bucket_capacity":900},"write":{"refill_rate":300,"bucket_capacity":900},"grants":[]}"#;
    let costs = r#"{"default_cost":10,"endpoint_costs":[{"method":"DELETE","path":"/portfolio/events/orders/{order_id}","cost":2}]}"#;
    let (venue, rest) =
        rig(vec![say(200, limits), say(200, costs), say(200, r#"{"orders":[],"cursor":""}"#)])
            .await;
    assert_eq!(rest.batch_max(), 8);
    rest.read_limits().await.unwrap();
    assert_eq!(rest.batch_max(), 72);
    let filter = OrderFilter {
        ticker: Some("T-1".to_owned()),
        status: Some(OrderStatus::Resting),
        ..OrderFilter::default()
    };
    assert!(rest.list_orders(&filter).await.unwrap().is_empty());
    assert_eq!(
        venue.seen()[2].line,
        "GET /trade-api/v2/portfolio/orders?ticker=T-1&status=resting&limit=1000"
    );
}

#[tokio::test]
async fn the_venues_clock_is_measured() {
    let date = "date: Sun, 22 Nov 2026 12:00:00 GMT\r\n".to_owned();
    let body = r#"{"exchange_active":true,"trading_active":true}"#.to_owned();
    let (_venue, rest) = rig(vec![Script::SayWith(200, date, body)]).await;
    let measured = rest.measure_clock().await.unwrap();
    let expected = Timestamp::from_secs(1_795_348_800) - now();
    let error = (measured.offset.get() - expected.get()).abs();
    assert!(error <= 3_000_000_000, "{error} ns off");
    let (_venue, rest) = rig(vec![say(200, "{}")]).await;
    assert!(matches!(rest.measure_clock().await, Err(RestError::Malformed { .. })));
}

const MARKET: &str = r#"{"ticker":"S-E-1","event_ticker":"S-E","title":"q","close_time":"2027-01-01T15:00:00Z","status":"active","yes_bid_dollars":"0.3100","yes_bid_size_fp":"120.00","yes_ask_dollars":"0.3400","yes_ask_size_fp":"75.50","no_bid_dollars":"0.6600","no_ask_dollars":"0.6900","last_price_dollars":"0.3300","volume_fp":"10234.00","volume_24h_fp":"55.00","result":"","open_interest_fp":"5120.00","notional_value_dollars":"1.0000","previous_yes_bid_dollars":"0.3000","previous_yes_ask_dollars":"0.3400","previous_price_dollars":"0.3200","price_ranges":[{"start":"0.0000","end":"1.0000","step":"0.0100"}]}"#;

#[tokio::test]
async fn markets_come_with_everything_needed_to_trade_them() {
    let event = r#"{"event":{"event_ticker":"S-E","series_ticker":"S"},"markets":[]}"#;
    let series = |fee: &str| {
        say(200, &format!(r#"{{"series":{{"ticker":"S","fee_type":"{fee}","fee_multiplier":1}}}}"#))
    };
    let page = format!(r#"{{"markets":[{MARKET}],"cursor":""}}"#);
    let member = statecraft_domain::fees::KalshiMember::Direct;
    let tickers = ["S-E-1".to_owned()];
    let (venue, rest) = rig(vec![say(200, &page), say(200, event), series("quadratic")]).await;
    let listed = rest.listings(&tickers, member).await.unwrap();
    let listing = listed[0].listing.as_ref().unwrap();
    assert_eq!((listing.series.as_str(), listing.event.as_str()), ("S", "S-E"));
    assert!(!listing.fees.periods().is_empty());
    let lines: Vec<_> = venue.seen().into_iter().map(|seen| seen.line).collect();
    assert_eq!(lines[1..], ["GET /trade-api/v2/events/S-E", "GET /trade-api/v2/series/S"]);
    // A fee rule that nobody knows: the market is shown and cannot be traded.
    let (_venue, rest) = rig(vec![say(200, &page), say(200, event), series("cubic")]).await;
    assert!(rest.listings(&tickers, member).await.unwrap()[0].listing.is_err());
}

#[tokio::test]
async fn what_cannot_be_read_of_one_market_says_nothing_of_the_others() {
    let market = |name: &str| {
        MARKET.replace("S-E-1", &format!("{name}-E-1")).replace("S-E\"", &format!("{name}-E\""))
    };
    let event = |name: &str| {
        say(
            200,
            &format!(
                r#"{{"event":{{"event_ticker":"{name}-E","series_ticker":"{name}"}},"markets":[]}}"#
            ),
        )
    };
    let series = say(200, r#"{"series":{"ticker":"B","fee_type":"quadratic","fee_multiplier":1}}"#);
    let page =
        |rows: &[&str]| say(200, &format!(r#"{{"markets":[{}],"cursor":""}}"#, rows.join(",")));
    let (a, b) = (market("A"), market("B"));
    let member = statecraft_domain::fees::KalshiMember::Direct;
    let tickers = ["A-E-1".to_owned(), "B-E-1".to_owned()];
    let gone = || say(404, r#"{"error":{"code":"not_found","message":"not found"}}"#);
    let (_venue, rest) = rig(vec![page(&[&a, &b]), gone(), event("B"), series.clone()]).await;
    let listed = rest.listings(&tickers, member).await.unwrap();
    assert!(matches!(listed[0].listing, Err(Unlistable::Unusable(_))), "{listed:?}");
    assert!(listed[1].listing.is_ok(), "{listed:?}");
    // Of one that is in no form that is known the others are read by themselves.
    let odd = a.replace("\"yes_bid_dollars\":\"0.3100\"", "\"yes_bid_dollars\":\"much\"");
    let script = vec![page(&[&odd, &b]), page(&[&odd]), page(&[&b]), event("B"), series];
    let (_venue, rest) = rig(script).await;
    let listed = rest.listings(&tickers, member).await.unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert!(listed[0].listing.is_ok());
    // A key that is refused is no news of a market.
    let refused = || say(401, r#"{"error":{"code":"authentication_error","message":"no"}}"#);
    let (_venue, rest) = rig(vec![page(&[&a, &b]), refused()]).await;
    assert!(rest.listings(&tickers, member).await.is_err());
}
