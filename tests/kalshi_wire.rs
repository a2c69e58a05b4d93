//! Every payload that the venue was recorded to send, or that its documents show, parses; a missing
//! or mistyped money field does not; what we write reads back as it was.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use serde::Serialize;
use serde::de::DeserializeOwned;
use statecraft::venue::kalshi::wire::*;
use statecraft_domain::{Price, Quantity, Usd};

/// Parses, with no unknown field, and survives being written and read again.
fn check<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(json: &str) -> T {
    let parsed: T = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let written = serde_json::to_string(&parsed).unwrap();
    let again: T = serde_json::from_str(&written).unwrap_or_else(|e| panic!("{e}: {written}"));
    assert_eq!(parsed, again, "{written}");
    parsed
}

/// Each of the fields, when absent, a number, or null, makes the whole an error.
fn check_strict<T: DeserializeOwned>(json: &str, money: &[&str]) {
    for field in money {
        let mut value: serde_json::Value = serde_json::from_str(json).unwrap();
        let object = value.as_object_mut().unwrap();
        for wrong in [Some(serde_json::json!(0.5)), Some(serde_json::Value::Null), None] {
            match wrong {
                Some(wrong) => object.insert((*field).to_owned(), wrong),
                None => object.remove(*field),
            };
            let parsed: Result<T, _> = serde_json::from_value(object.clone().into());
            assert!(parsed.is_err(), "{field} may not be missing or mistyped");
        }
    }
}

fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

fn count(text: &str) -> Quantity {
    text.parse().unwrap()
}

const MARKET: &str = r#"{"ticker":"KXTRUMPCOUNTRIES-27JAN01-JPN","event_ticker":"KXTRUMPCOUNTRIES-27JAN01","market_type":"binary","title":"Will Donald Trump visit Japan before Jan 1, 2027?","subtitle":"","yes_sub_title":"Japan","no_sub_title":"Japan","created_time":"2025-12-20T15:00:00.123456Z","updated_time":"2026-11-01T15:00:00Z","open_time":"2025-12-22T15:00:00Z","close_time":"2027-01-01T15:00:00Z","expected_expiration_time":"2027-01-01T15:00:00Z","expiration_time":"2027-01-08T15:00:00Z","latest_expiration_time":"2027-01-08T15:00:00Z","settlement_timer_seconds":300,"status":"active","yes_bid_dollars":"0.3100","yes_bid_size_fp":"120.00","yes_ask_dollars":"0.3400","yes_ask_size_fp":"75.50","no_bid_dollars":"0.6600","no_ask_dollars":"0.6900","last_price_dollars":"0.3300","volume_fp":"10234.00","volume_24h_fp":"55.00","result":"","can_close_early":true,"open_interest_fp":"5120.00","notional_value_dollars":"1.0000","previous_yes_bid_dollars":"0.3000","previous_yes_ask_dollars":"0.3400","previous_price_dollars":"0.3200","settlement_bounds_type":"default","expiration_value":"","strike_type":"custom","custom_strike":{"Country":"Japan"},"rules_primary":"x","rules_secondary":"","price_level_structure":"linear_cent","price_ranges":[{"start":"0.0000","end":"1.0000","step":"0.0100"}],"exchange_index":0}"#;

#[test]
fn markets() {
    let market: Market = check(MARKET);
    assert_eq!(market.unknown.count, 0);
    assert_eq!(market.yes_ask_size_fp, count("75.50"));
    assert_eq!(market.result, MarketResult::Open);
    check_strict::<Market>(
        MARKET,
        &[
            "yes_bid_dollars",
            "yes_ask_dollars",
            "yes_bid_size_fp",
            "last_price_dollars",
            "volume_fp",
            "open_interest_fp",
            "notional_value_dollars",
        ],
    );
    // Unknown: a state (not tradable), a field (counted). Unknown: a result (an error).
    let odd: Market = check(&MARKET.replace("\"active\"", "\"sleeping\""));
    assert_eq!(odd.status, MarketStatus::Unrecognized);
    let more: Market =
        serde_json::from_str(&MARKET.replace("{\"ticker\"", "{\"new\":[{}],\"ticker\"")).unwrap();
    assert_eq!((more.unknown.count, more.unknown.first.as_deref()), (1, Some("new")));
    assert!(
        serde_json::from_str::<Market>(&MARKET.replace("\"result\":\"\"", "\"result\":\"maybe\""))
            .is_err()
    );
    let page: MarketPage = check(&format!(r#"{{"markets":[{MARKET}],"cursor":""}}"#));
    assert_eq!(page.cursor.as_deref(), Some(""));
    check::<MarketPage>(r#"{"markets":[],"cursor":null}"#);
}

#[test]
fn series_and_events() {
    let series = r#"{"ticker":"KXTRUMPCOUNTRIES","frequency":"custom","title":"t","category":"Politics","categories":["Politics"],"tags":null,"settlement_sources":[{"name":"n","url":"u"}],"contract_url":"u","contract_terms_url":"u","fee_type":"quadratic","fee_multiplier":0.5,"additional_prohibitions":null}"#;
    let parsed: Series = check(series);
    assert_eq!(
        (parsed.fee_type, parsed.fee_multiplier.e6, parsed.unknown.count),
        (FeeType::Quadratic, 500_000, 0)
    );
    let one: Series = check(&series.replace("0.5", "1"));
    assert_eq!(one.fee_multiplier.e6, 1_000_000);
    let unknown: Series = check(&series.replace("\"quadratic\"", "\"cubic\""));
    assert_eq!(unknown.fee_type, FeeType::Unrecognized);
    assert!(serde_json::from_str::<Series>(&series.replace("0.5", "-1")).is_err());
    assert!(serde_json::from_str::<Series>(&series.replace("0.5", "\"1\"")).is_err());
    let event = r#"{"event":{"event_ticker":"E","series_ticker":"S","sub_title":"","title":"t","collateral_return_type":"MECNET","mutually_exclusive":true,"settlement_sources":null,"fee_type_override":null,"fee_multiplier_override":2},"markets":[]}"#;
    let parsed: EventResponse = check(event);
    assert_eq!(parsed.event.fee_multiplier_override.unwrap().e6, 2_000_000);
    assert_eq!(parsed.event.fee_type_override, None);
}

#[test]
fn books_and_status() {
    let book: OrderbookResponse = check(
        r#"{"orderbook_fp":{"yes_dollars":[["0.4600","10.00"],["0.4700","3.00"]],"no_dollars":[["0.4800","3.00"]]}}"#,
    );
    assert_eq!(book.orderbook_fp.yes_dollars.last().unwrap().price, price("0.47"));
    check::<OrderbookResponse>(r#"{"orderbook_fp":{"yes_dollars":[],"no_dollars":[]}}"#);
    // A side without bids, in whatever words.
    for side in [r#""no_dollars":[]"#, r#""no_dollars":null"#, r#""new":1"#] {
        let text = format!(r#"{{"orderbook_fp":{{"yes_dollars":[["0.4600","10.00"]],{side}}}}}"#);
        let book: OrderbookResponse = serde_json::from_str(&text).unwrap();
        assert_eq!(book.orderbook_fp.yes_dollars.len(), 1, "{text}");
        assert_eq!(book.orderbook_fp.no_dollars, []);
    }
    check::<OrderbooksResponse>(
        r#"{"orderbooks":[{"ticker":"A","orderbook_fp":{"yes_dollars":[],"no_dollars":[]}}]}"#,
    );
    // One book that cannot be read does not take the others along; nothing but such is no answer.
    let bad = r#"{"ticker":"B","orderbook_fp":{"yes_dollars":[["0.46",1]]}}"#;
    let good = r#"{"ticker":"A","orderbook_fp":{"yes_dollars":null}}"#;
    let some: OrderbooksResponse =
        serde_json::from_str(&format!(r#"{{"orderbooks":[{bad},{good},7]}}"#)).unwrap();
    let tickers: Vec<_> = some.orderbooks.iter().map(|book| book.ticker.as_str()).collect();
    assert_eq!(tickers, ["A"]);
    for none in [format!("[{bad}]"), "null".to_owned()] {
        let text = format!(r#"{{"orderbooks":{none}}}"#);
        assert!(serde_json::from_str::<OrderbooksResponse>(&text).is_err(), "{text}");
    }
    check::<OrderbooksResponse>(r#"{"orderbooks":[]}"#);
    check::<ExchangeStatus>(r#"{"exchange_active":true,"trading_active":false}"#);
    check::<TradePage>(
        r#"{"trades":[{"trade_id":"t","ticker":"A","count_fp":"7.77","yes_price_dollars":"0.5200","no_price_dollars":"0.4800","taker_outcome_side":"no","taker_book_side":"ask","created_time":"2026-06-11T06:29:20.8Z","is_block_trade":false,"taker_side":"no"}],"cursor":""}"#,
    );
}

#[test]
fn order_writes() {
    let ack = r#"{"average_fee_paid":"0.0175","average_fill_price":"0.5200","client_order_id":"2b8394e0","fill_count":"1.00","order_id":"97ec18b7","remaining_count":"0.00","ts_ms":1781159370164}"#;
    let parsed: CreateAck = check(ack);
    assert_eq!(parsed.average_fee_paid, Some(usd("0.0175")));
    check_strict::<CreateAck>(ack, &["fill_count", "remaining_count"]);
    check::<CancelAck>(r#"{"order_id":"o","reduced_by":"3.00","ts_ms":1}"#);
    check::<AmendAck>(r#"{"order_id":"o","ts_ms":1,"remaining_count":"2.00","fill_count":"0.00"}"#);
    check::<DecreaseAck>(
        r#"{"order_id":"o","remaining_count":"2.00","ts_ms":1,"client_order_id":"c"}"#,
    );
    check::<BatchCreateAck>(
        r#"{"orders":[{"order_id":"o","fill_count":"0.00","remaining_count":"1.00","ts_ms":1},{"error":{"code":"insufficient_balance","message":"m","details":""}}]}"#,
    );
    check::<BatchCancelAck>(
        r#"{"orders":[{"order_id":"o","reduced_by":"0.00","error":{"code":"not_found","message":"not found","details":""}}]}"#,
    );
    check::<OrderGroupCreated>(r#"{"order_group_id":"g","subaccount":0,"exchange_index":0}"#);
    let create: CreateOrder = check(
        r#"{"ticker":"T","side":"bid","count":"7.77","price":"0.0300","time_in_force":"good_till_canceled","self_trade_prevention_type":"taker_at_cross","client_order_id":"c","expiration_time":1800000000,"post_only":true}"#,
    );
    assert_eq!(create.count, count("7.77"));
    assert!(serde_json::from_str::<CreateOrder>(r#"{"ticker":"T","side":"bid","count":7,"price":"0.03","time_in_force":"good_till_canceled","self_trade_prevention_type":"maker"}"#).is_err());
    let decrease = DecreaseOrder { reduce_by: Some(count("1")), ..DecreaseOrder::default() };
    assert_eq!(serde_json::to_string(&decrease).unwrap(), r#"{"reduce_by":"1.00"}"#);
}

const ORDER: &str = r#"{"action":"buy","book_side":"bid","client_order_id":"4a75a66e","created_time":"2026-06-11T06:29:20.866753Z","fill_count_fp":"0.00","initial_count_fp":"1.00","last_update_time":"2026-06-11T06:29:20.866753Z","maker_fees_dollars":"0.000000","maker_fill_cost_dollars":"0.000000","no_price_dollars":"0.9900","order_id":"2597b999","outcome_side":"yes","remaining_count_fp":"1.00","self_trade_prevention_type":"taker_at_cross","side":"yes","status":"resting","subaccount_number":0,"taker_fees_dollars":"0.000000","taker_fill_cost_dollars":"0.000000","ticker":"T","type":"limit","user_id":"f50604b8","yes_price_dollars":"0.0100"}"#;

#[test]
fn order_reads() {
    let order: Order = check(ORDER);
    assert_eq!((order.status, order.unknown.count), (OrderStatus::Resting, 0));
    check_strict::<Order>(
        ORDER,
        &[
            "fill_count_fp",
            "remaining_count_fp",
            "initial_count_fp",
            "yes_price_dollars",
            "taker_fill_cost_dollars",
            "maker_fill_cost_dollars",
            "taker_fees_dollars",
            "maker_fees_dollars",
        ],
    );
    assert!(serde_json::from_str::<Order>(&ORDER.replace("\"resting\"", "\"pending\"")).is_err());
    assert!(serde_json::from_str::<Order>(&ORDER.replace("\"bid\"", "\"buy\"")).is_err());
    check::<OrderResponse>(&format!(r#"{{"order":{ORDER}}}"#));
}

#[test]
fn the_account() {
    let balance: Balance = check(
        r#"{"balance":9801,"balance_breakdown":[{"balance":"98.0186","exchange_index":0}],"balance_dollars":"98.0186","portfolio_value":198,"updated_ts":1781159348}"#,
    );
    assert_eq!(balance.balance_dollars, usd("98.0186"));
    assert!(
        serde_json::from_str::<Balance>(r#"{"balance":9801,"portfolio_value":198,"updated_ts":1}"#)
            .is_err()
    );
    let positions: PositionPage = check(
        r#"{"market_positions":[{"ticker":"T","exchange_index":0,"total_traded_dollars":"2.500000","position_fp":"-2.50","market_exposure_dollars":"1.200000","realized_pnl_dollars":"-0.100000","fees_paid_dollars":"0.017500","last_updated_ts":"2026-06-11T06:29:20Z"}],"event_positions":[{"event_ticker":"E","total_cost_dollars":"2.500000","total_cost_shares_fp":"2.50","event_exposure_dollars":"1.200000","realized_pnl_dollars":"0.000000","fees_paid_dollars":"0.017500"}],"cursor":""}"#,
    );
    assert_eq!(positions.market_positions[0].position_fp, count("-2.5"));
    let fill = r#"{"fill_id":"t","trade_id":"t","exchange_index":0,"order_id":"o","ticker":"T","market_ticker":"T","outcome_side":"no","book_side":"ask","count_fp":"1.00","yes_price_dollars":"0.5200","no_price_dollars":"0.4800","is_taker":true,"fee_cost":"0.017500","created_time":"2026-06-11T06:29:20.5Z","ts":1781159360,"subaccount_number":0}"#;
    let parsed: Fill = check(fill);
    assert_eq!(parsed.fee_cost, usd("0.0175"));
    check_strict::<Fill>(fill, &["count_fp", "yes_price_dollars", "fee_cost"]);
    check::<SettlementPage>(
        r#"{"settlements":[{"ticker":"T","exchange_index":0,"event_ticker":"E","market_result":"yes","yes_count_fp":"2.00","yes_total_cost_dollars":"1.040000","no_count_fp":"0.00","no_total_cost_dollars":"0.000000","revenue":200,"settled_time":"2026-06-11T06:29:20Z","fee_cost":"0.000000","value":100}],"cursor":""}"#,
    );
    let limits: AccountLimits = check(
        r#"{"usage_tier":"basic","read":{"refill_rate":200,"bucket_capacity":200},"write":{"refill_rate":100,"bucket_capacity":100}}"#,
    );
    assert_eq!(limits.write.refill_rate, 100);
    check::<EndpointCosts>(
        r#"{"default_cost":10,"endpoint_costs":[{"method":"DELETE","path":"/x/{id}","cost":2}]}"#,
    );
}

#[test]
fn websocket_payloads() {
    check::<SnapshotMsg>(
        r#"{"market_ticker":"T","market_id":"u","yes_dollars_fp":[["0.4700","3.00"]],"no_dollars_fp":[["0.4800","2.00"]]}"#,
    );
    // A side's key is absent when it is empty.
    check::<SnapshotMsg>(r#"{"market_ticker":"T","market_id":"u"}"#);
    check::<DeltaMsg>(
        r#"{"market_ticker":"T","market_id":"u","price_dollars":"0.4700","delta_fp":"-3.00","side":"yes","ts":"2026-06-11T06:31:29.957081Z","ts_ms":1781159489957}"#,
    );
    let fill = r#"{"trade_id":"t","order_id":"o","client_order_id":"c-1","market_ticker":"T","exchange_index":0,"is_taker":true,"side":"yes","action":"buy","outcome_side":"yes","book_side":"bid","purchased_side":"yes","yes_price_dollars":"0.5200","count_fp":"1.00","fee_cost":"0.017500","post_position_fp":"1.00","ts":1781159489,"ts_ms":1781159489957}"#;
    assert_eq!(check::<FillMsg>(fill).unknown.count, 0);
    check_strict::<FillMsg>(fill, &["yes_price_dollars", "count_fp", "fee_cost"]);
    let order = r#"{"order_id":"o","user_id":"u","ticker":"T","exchange_index":0,"status":"resting","side":"yes","is_yes":true,"outcome_side":"yes","book_side":"bid","yes_price_dollars":"0.4700","fill_count_fp":"0.00","remaining_count_fp":"3.00","initial_count_fp":"3.00","taker_fill_cost_dollars":"0.000000","maker_fill_cost_dollars":"0.000000","taker_fees_dollars":"0.000000","maker_fees_dollars":"0.000000","client_order_id":"c-1","created_time":"2026-06-11T06:31:29.957081Z","created_ts_ms":1781159489957}"#;
    assert_eq!(check::<UserOrderMsg>(order).unknown.count, 0);
    check_strict::<UserOrderMsg>(
        order,
        &["fill_count_fp", "remaining_count_fp", "yes_price_dollars"],
    );
    check::<PositionMsg>(
        r#"{"user_id":"u","market_ticker":"T","position_fp":"-2.00","position_cost_dollars":"1.0000","realized_pnl_dollars":"0.0000","fees_paid_dollars":"0.0000","position_fee_cost_dollars":"0.0000","volume_fp":"2.00"}"#,
    );
    let created: LifecycleMsg = check(
        r#"{"market_ticker":"T","event_type":"created","exchange_index":0,"open_ts":1781159400,"close_ts":1798761600,"price_level_structure":"linear_cent","price_ranges":[{"start":"0.0000","end":"1.0000","step":"0.0100"}],"additional_metadata":{"name":"n","title":"t","yes_sub_title":"y","no_sub_title":"n","rules_primary":"r","rules_secondary":"","can_close_early":true,"event_ticker":"E","expected_expiration_ts":1798761600}}"#,
    );
    assert_eq!(created.unknown.count, 0);
    check::<LifecycleMsg>(
        r#"{"market_ticker":"T","event_type":"determined","result":"yes","determination_ts":1781200600,"settlement_value":"1.0000"}"#,
    );
    check::<ErrorMsg>(r#"{"code":25,"msg":"Subscription buffer overflow"}"#);
    check::<OkMsg>(r#"{"market_tickers":["A","B"]}"#);
    check::<SubscribedMsg>(r#"{"channel":"trade","sid":2}"#);
}

#[test]
fn commands_as_documented() {
    for command in [
        r#"{"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta","trade"],"market_tickers":["A"],"use_yes_price":false}}"#,
        r#"{"id":2,"cmd":"update_subscription","params":{"market_tickers":["B"],"sids":[1],"action":"add_markets"}}"#,
        r#"{"id":3,"cmd":"update_subscription","params":{"market_tickers":["B"],"sids":[1],"action":"get_snapshot"}}"#,
        r#"{"id":4,"cmd":"list_subscriptions"}"#,
        r#"{"id":5,"cmd":"unsubscribe","params":{"sids":[1,2]}}"#,
    ] {
        let parsed: Command = check(command);
        let as_value: serde_json::Value = serde_json::from_str(command).unwrap();
        assert_eq!(serde_json::to_value(&parsed).unwrap(), as_value);
    }
}
