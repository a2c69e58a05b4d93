//! What single frames mean: the mapper's rules one by one.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use statecraft::venue::MarketRegistry;
use statecraft::venue::kalshi::map::{
    FrameDetail, FrameError, FrameMapper, FrameNote, Ignored, MapperSettings, Sequence,
};
use statecraft_domain::event::{Level, LevelChange, LossCause};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    ClientOrderId, Event, FeeSchedule, Liquidity, MarketId, MarketStatus, Price, Quantity,
    Settlement, Side, Timestamp, VenueOrderId,
};

const LINEAGE: u64 = 0xabc;

struct Rig {
    mapper: FrameMapper,
    registry: MarketRegistry,
    clock: i64,
}

impl Rig {
    fn with(use_yes_price: bool) -> Self {
        let settings = MapperSettings {
            lineage: Some(LINEAGE),
            use_yes_price,
            default_fees: FeeSchedule::free(),
            announced_is_paid: false,
        };
        Self { mapper: FrameMapper::new(settings), registry: MarketRegistry::new(), clock: 0 }
    }

    fn new() -> Self {
        Self::with(false)
    }

    fn try_frame(
        &mut self,
        connection: u32,
        json: &str,
    ) -> (Result<FrameNote, FrameError>, Vec<Event>) {
        self.clock += 1;
        let mut out = Vec::new();
        let at = Timestamp::from_secs(1_781_159_489 + self.clock);
        let result =
            self.mapper.frame(&mut self.registry, at, connection, json.as_bytes(), &mut out);
        (result, out)
    }

    fn frame(&mut self, json: &str) -> (FrameNote, Vec<Event>) {
        let (result, out) = self.try_frame(1, json);
        (result.unwrap_or_else(|error| panic!("{error}: {json}")), out)
    }

    fn refuse(&mut self, json: &str) -> FrameError {
        let (result, out) = self.try_frame(1, json);
        assert!(out.is_empty(), "{out:?}");
        result.unwrap_err()
    }

    fn snapshot(&mut self, seq: u64, ticker: &str) -> Vec<Event> {
        self.frame(&snapshot(1, seq, ticker)).1
    }
}

fn snapshot(sid: u64, seq: u64, ticker: &str) -> String {
    format!(
        r#"{{"type":"orderbook_snapshot","sid":{sid},"seq":{seq},"msg":{{"market_ticker":"{ticker}","market_id":"u","yes_dollars_fp":[["0.4600","10.00"],["0.4700","3.00"]],"no_dollars_fp":[["0.4700","9.00"],["0.4800","2.00"]]}}}}"#
    )
}

fn delta(sid: u64, seq: u64, ticker: &str, side: &str, price: &str, change: &str) -> String {
    format!(
        r#"{{"type":"orderbook_delta","sid":{sid},"seq":{seq},"msg":{{"market_ticker":"{ticker}","market_id":"u","price_dollars":"{price}","delta_fp":"{change}","side":"{side}","ts_ms":1781159489957}}}}"#
    )
}

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

fn level(at: &str, quantity: &str) -> Level {
    Level { price: price(at), quantity: quantity.parse().unwrap() }
}

fn losses(events: &[Event]) -> Vec<(MarketId, LossCause)> {
    let lost = |event: &Event| match event {
        Event::BookLost(lost) => Some((lost.market, lost.cause)),
        _ => None,
    };
    events.iter().filter_map(lost).collect()
}

#[test]
fn no_bids_are_asks_at_the_complement() {
    let mut rig = Rig::new();
    let events = rig.snapshot(1, "KXA-27JAN01-JPN");
    let [Event::MarketListed(listed), Event::BookSnapshot(book)] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(listed.market, MarketId(0));
    let listing = &listed.listing;
    assert_eq!((listing.series.as_str(), listing.event.as_str()), ("KXA", "KXA-27JAN01"));
    assert_eq!(listing.lot, Quantity::from_e6(10_000));
    assert_eq!(book.bids, [level("0.46", "10"), level("0.47", "3")]);
    assert_eq!(book.asks, [level("0.52", "2"), level("0.53", "9")]);
    let (_, events) = rig.frame(&delta(1, 2, "KXA-27JAN01-JPN", "no", "0.4800", "-2.00"));
    let [Event::BookChanged(change)] = &events[..] else { panic!("{events:?}") };
    assert_eq!((change.side, change.price), (Side::Ask, price("0.52")));
    assert_eq!(change.change, LevelChange::By("-2".parse().unwrap()));
    assert_eq!(change.venue_at, Timestamp::from_millis(1_781_159_489_957));
    let (_, events) = rig.frame(&delta(1, 3, "KXA-27JAN01-JPN", "yes", "0.4700", "1.50"));
    let [Event::BookChanged(change)] = &events[..] else { panic!("{events:?}") };
    assert_eq!((change.side, change.price), (Side::Bid, price("0.47")));
}

#[test]
fn with_use_yes_price_no_bids_come_as_asks_already() {
    let mut rig = Rig::with(true);
    let text = snapshot(1, 1, "T-1")
        .replace("[[\"0.4700\",\"9.00\"],[\"0.4800\",\"2.00\"]]", "[[\"0.5200\",\"2.00\"]]");
    let (_, events) = rig.frame(&text);
    let Some(Event::BookSnapshot(book)) = events.last() else { panic!("{events:?}") };
    assert_eq!(book.asks, [level("0.52", "2")]);
    let (_, events) = rig.frame(&delta(1, 2, "T-1", "no", "0.5200", "1.00"));
    let Some(Event::BookChanged(change)) = events.last() else { panic!("{events:?}") };
    assert_eq!((change.side, change.price), (Side::Ask, price("0.52")));
}

#[test]
fn a_gap_loses_every_book_of_the_subscription_and_only_a_snapshot_brings_one_back() {
    let mut rig = Rig::new();
    rig.snapshot(1, "A-1");
    rig.snapshot(2, "B-1");
    rig.frame(&snapshot(7, 1, "C-1"));
    let (note, events) = rig.frame(&delta(1, 5, "A-1", "yes", "0.4700", "1.00"));
    assert_eq!(note.sequence, Sequence::Gap { missing: 2 });
    assert_eq!(note.ignored, Some(Ignored::AwaitingSnapshot));
    let gap = LossCause::SequenceGap;
    assert_eq!(losses(&events), [(MarketId(0), gap), (MarketId(1), gap)], "C is on another sid");
    assert_eq!(events.len(), 2);
    let (note, events) = rig.frame(&delta(1, 6, "B-1", "yes", "0.4700", "1.00"));
    assert_eq!((note.sequence, events.len()), (Sequence::Next, 0));
    assert_eq!(note.detail.as_deref(), Some(&FrameDetail::NeedsSnapshot("B-1".to_owned())));
    assert!(!rig.mapper.has_book("A-1") && rig.mapper.has_book("C-1"));
    // The recovery: the snapshot goes on in the running sequence.
    assert_eq!(rig.snapshot(7, "B-1").len(), 1);
    assert_eq!(rig.frame(&delta(1, 8, "B-1", "yes", "0.4700", "1.00")).1.len(), 1);
    assert_eq!(rig.frame(&delta(1, 9, "A-1", "yes", "0.4700", "1.00")).1.len(), 0);
}

#[test]
fn a_snapshot_after_the_gap_is_taken() {
    let mut rig = Rig::new();
    rig.snapshot(1, "A-1");
    let (note, events) = rig.frame(&snapshot(1, 9, "A-1"));
    assert_eq!(note.missing(), 7);
    assert!(matches!(&events[..], [Event::BookLost(_), Event::BookSnapshot(_)]));
}

#[test]
fn duplicates_and_older_numbers_change_nothing() {
    let mut rig = Rig::new();
    rig.snapshot(1, "A-1");
    rig.frame(&delta(1, 2, "A-1", "yes", "0.4700", "1.00"));
    for seq in [2, 1] {
        let (note, events) = rig.frame(&delta(1, seq, "A-1", "yes", "0.4700", "1.00"));
        assert_eq!((note.ignored, events.len()), (Some(Ignored::Duplicate), 0));
    }
    assert_eq!(rig.snapshot(1, "A-1").len(), 0);
    assert_eq!(rig.mapper.counters().duplicates, 3);
    assert!(rig.mapper.has_book("A-1"));
}

#[test]
fn a_new_connection_and_an_unreadable_frame_lose_the_books() {
    let mut rig = Rig::new();
    rig.snapshot(1, "A-1");
    let (result, events) = rig.try_frame(2, &delta(1, 2, "A-1", "yes", "0.4700", "1.00"));
    assert_eq!(losses(&events), [(MarketId(0), LossCause::Disconnected)]);
    assert_eq!(result.unwrap().ignored, Some(Ignored::AwaitingSnapshot));

    let mut rig = Rig::new();
    rig.snapshot(1, "A-1");
    let error = rig.refuse("{\"type\":\"orderbook_delta\",\"sid\":1,\"seq\":2,\"msg\":{");
    assert!(error.endangers_books() && error.endangers_orders());
    let mut out = Vec::new();
    rig.mapper.connection_unreadable(Timestamp::EPOCH, 2, &mut out);
    assert!(out.is_empty(), "another connection");
    rig.mapper.connection_unreadable(Timestamp::EPOCH, 1, &mut out);
    assert_eq!(losses(&out), [(MarketId(0), LossCause::Unreadable)]);
}

#[test]
fn what_cannot_be_believed_is_refused() {
    let mut rig = Rig::new();
    rig.snapshot(1, "A-1");
    let good = delta(1, 2, "A-1", "yes", "0.4700", "1.00");
    for (from, to) in [
        ("\"0.4700\"", "\"1.0000\""),
        ("\"0.4700\"", "\"0.0000\""),
        ("\"0.4700\"", "\"0.47005\""),
        ("\"0.4700\"", "0.47"),
        ("\"0.4700\"", "\"NaN\""),
        ("\"1.00\"", "\"1e3\""),
        ("\"yes\"", "\"maybe\""),
        ("\"seq\":2,", ""),
        ("\"sid\":1,", ""),
        ("\"market_ticker\":\"A-1\",", ""),
    ] {
        let error = rig.refuse(&good.replace(from, to));
        assert!(error.endangers_books(), "{from} -> {to}: {error}");
    }
    let book = snapshot(1, 2, "A-1");
    for (from, to) in [
        ("[\"0.4600\",\"10.00\"]", "[\"0.4700\",\"1.00\"]"),
        ("\"10.00\"", "\"-1.00\""),
        ("\"0.4600\"", "\"1.0000\""),
        ("\"10.00\"", "10"),
    ] {
        assert!(rig.refuse(&book.replace(from, to)).endangers_books(), "{from} -> {to}");
    }
    assert_eq!(rig.mapper.counters().errors, 14);
}

#[test]
fn the_grid_is_guessed_and_refined_unless_it_is_known() {
    let mut rig = Rig::new();
    rig.snapshot(1, "A-1");
    let (_, events) = rig.frame(&delta(1, 2, "A-1", "yes", "0.0550", "1.00"));
    let [Event::MarketListed(listed), Event::BookChanged(_)] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(listed.market, MarketId(0));
    assert!(
        listed.listing.grid.allows(price("0.055")) && !listed.listing.grid.allows(price("0.4750"))
    );
    let (_, events) = rig.frame(&delta(1, 3, "A-1", "yes", "0.0650", "1.00"));
    assert_eq!(events.len(), 1, "no news, no listing");
    // The same market with a listing given beforehand.
    let mut rig = Rig::new();
    let (id, _) = rig.registry.intern(statecraft_domain::Venue::Kalshi, "A-1");
    rig.mapper.know(id, listed.listing.clone());
    assert_eq!(rig.snapshot(1, "A-1").len(), 1, "no second listing");
    assert_eq!(rig.frame(&delta(1, 2, "A-1", "yes", "0.0001", "1.00")).1.len(), 1);
}

#[test]
fn tickers_and_trades() {
    let mut rig = Rig::new();
    let ticker = r#"{"type":"ticker","sid":3,"msg":{"market_ticker":"T-1","market_id":"u","price_dollars":"0.4800","yes_bid_dollars":"0.4700","yes_ask_dollars":"0.5200","volume_fp":"33896.00","open_interest_fp":"20422.00","dollar_volume":16948,"dollar_open_interest":10211,"yes_bid_size_fp":"3.00","yes_ask_size_fp":"2.00","last_trade_size_fp":"1.00","ts":1781159489,"ts_ms":1781159489957,"time":"x"}}"#;
    let (note, events) = rig.frame(ticker);
    let Some(Event::Quoted(quoted)) = events.last() else { panic!("{events:?}") };
    assert_eq!(
        (quoted.bid, quoted.ask, quoted.last),
        (price("0.47"), price("0.52"), price("0.48"))
    );
    assert_eq!((note.sequence, note.unknown_fields), (Sequence::Unnumbered, 0));
    let (note, _) =
        rig.frame(&ticker.replace("\"time\":\"x\"", "\"new\":\"x\",\"newer\":{\"a\":[1]}"));
    assert_eq!(note.unknown_fields, 2);
    let (_, events) = rig.frame(&ticker.replace("0.5200", "0.0000"));
    let Some(Event::Quoted(quoted)) = events.last() else { panic!("{events:?}") };
    assert_eq!(quoted.ask, Price::ONE, "an ask of zero is none");

    let trade = r#"{"type":"trade","sid":2,"seq":1,"msg":{"trade_id":"t","market_ticker":"T-1","yes_price_dollars":"0.5200","no_price_dollars":"0.4800","count_fp":"1.00","taker_side":"no","taker_outcome_side":"no","taker_book_side":"ask","is_block_trade":false,"ts":1781159489,"ts_ms":1781159489957}}"#;
    let (_, events) = rig.frame(trade);
    let [Event::Traded(traded)] = &events[..] else { panic!("{events:?}") };
    assert_eq!((traded.taker, traded.price), (Side::Ask, price("0.52")));
    assert_eq!(rig.frame(trade).0.ignored, Some(Ignored::Duplicate));
    let next = trade.replace("\"seq\":1", "\"seq\":2");
    assert_eq!(rig.frame(&next.replace(":false", ":true")).0.ignored, Some(Ignored::BlockTrade));
    // An older recording without the book side.
    let old = trade.replace("\"seq\":1", "\"seq\":3").replace("\"taker_book_side\":\"ask\",", "");
    assert_eq!(rig.frame(&old).1.len(), 1);
    let none = trade.replace("\"seq\":1", "\"seq\":4").replace("taker_", "x_");
    assert!(!rig.refuse(&none).endangers_books());
}

fn fill(client: &str) -> String {
    format!(
        r#"{{"type":"fill","sid":4,"msg":{{"trade_id":"t1","order_id":"o1",{client}"market_ticker":"T-1","exchange_index":0,"is_taker":true,"side":"no","action":"buy","outcome_side":"no","book_side":"ask","purchased_side":"no","yes_price_dollars":"0.5200","count_fp":"1.50","fee_cost":"0.017500","post_position_fp":"-1.50","ts":1781159489,"ts_ms":1781159489957}}}}"#
    )
}

#[test]
fn own_fills_are_events_and_foreign_ones_are_not() {
    let mut rig = Rig::new();
    let ours = r#""client_order_id":"sc-0000000000000abc-7","#;
    let (_, events) = rig.frame(&fill(ours));
    let [Event::MarketListed(_), Event::OrderFilled(filled)] = &events[..] else {
        panic!("{events:?}");
    };
    let fill_event = &filled.fill;
    assert_eq!(fill_event.order, ClientOrderId { lineage: LINEAGE, sequence: 7 });
    assert_eq!((fill_event.side, fill_event.price), (Side::Ask, price("0.52")));
    assert_eq!(fill_event.liquidity, Liquidity::Taker);
    assert_eq!(fill_event.fee, "0.0175".parse().unwrap());
    assert_eq!(fill_event.quantity, "1.5".parse().unwrap());
    // The same order without our id in the frame: known by the venue's name now.
    assert_eq!(rig.frame(&fill("")).1.len(), 1);
    for foreign in
        [r#""client_order_id":"somebody","#, r#""client_order_id":"sc-0000000000000abd-7","#]
    {
        let mut rig = Rig::new();
        let (note, events) = rig.frame(&fill(foreign));
        assert_eq!((note.ignored, events.len()), (Some(Ignored::Foreign), 0), "{foreign}");
        assert!(matches!(note.detail.as_deref(), Some(FrameDetail::ForeignFill { .. })));
    }
    let mut rig = Rig::new();
    assert_eq!(rig.frame(&fill("")).0.ignored, Some(Ignored::Foreign));
    rig.mapper
        .know_order(&VenueOrderId::new("o1"), ClientOrderId { lineage: LINEAGE, sequence: 7 });
    assert_eq!(rig.frame(&fill("")).1.len(), 2);
    for (from, to) in [("\"1.50\"", "\"0.00\""), ("\"0.017500\"", "null"), ("\"ask\"", "\"x\"")] {
        let error = rig.refuse(&fill(ours).replace(from, to));
        assert!(error.endangers_orders() && !error.endangers_books(), "{from}");
    }
}

fn user_order(status: &str, reason: &str) -> String {
    format!(
        r#"{{"type":"user_order","sid":5,"msg":{{"order_id":"o1","user_id":"u","ticker":"T-1","exchange_index":0,"status":"{status}","side":"yes","is_yes":true,"outcome_side":"yes","book_side":"bid","yes_price_dollars":"0.4700","fill_count_fp":"1.00","remaining_count_fp":"2.00","initial_count_fp":"3.00","taker_fill_cost_dollars":"0.000000","maker_fill_cost_dollars":"0.000000","taker_fees_dollars":"0.000000","maker_fees_dollars":"0.000000","client_order_id":"sc-0000000000000abc-7","last_update_reason":"{reason}","created_time":"x","created_ts_ms":1781159489957}}}}"#
    )
}

#[test]
fn own_orders_are_accepted_once_and_closed_for_the_venues_reason() {
    let mut rig = Rig::new();
    let (note, events) = rig.frame(&user_order("resting", ""));
    assert!(
        matches!(&events[..], [Event::OrderAccepted(accepted)] if accepted.venue_order.as_str() == "o1")
    );
    assert_eq!(note.unknown_fields, 0);
    assert_eq!(rig.frame(&user_order("resting", "Trade")).0.ignored, Some(Ignored::Repeated));
    for (reason, expected) in [
        ("", CloseReason::Cancelled),
        ("ExpiryCancel", CloseReason::Expired),
        ("SelfTradeCancel", CloseReason::SelfTrade),
        ("CloseCancel", CloseReason::MarketClosed),
        ("HaltCancel", CloseReason::MarketClosed),
        ("MarginCancel", CloseReason::VenueRemoved),
        ("PostOnlyCrossCancel", CloseReason::ImmediateRest),
        ("Trade", CloseReason::ImmediateRest),
        ("SomethingNew", CloseReason::VenueRemoved),
    ] {
        let (_, events) = rig.frame(&user_order("canceled", reason));
        let [Event::OrderClosed(closed)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(
            (closed.reason, closed.filled),
            (expected, Quantity::from_contracts(1)),
            "{reason}"
        );
    }
    for status in ["unknown", "pending"] {
        assert!(rig.refuse(&user_order(status, "")).endangers_orders());
    }
}

fn lifecycle(seq: u64, body: &str) -> String {
    format!(
        r#"{{"type":"market_lifecycle_v2","sid":6,"seq":{seq},"msg":{{"market_ticker":"T-1",{body}}}}}"#
    )
}

#[test]
fn a_markets_life() {
    let mut rig = Rig::new();
    let status = |events: &[Event]| match events {
        [Event::MarketStatusChanged(changed)] => (changed.status, changed.close),
        other => panic!("{other:?}"),
    };
    let (note, events) =
        rig.frame(&lifecycle(1, r#""event_type":"deactivated","is_deactivated":true"#));
    assert_eq!((note.ignored, events.len()), (Some(Ignored::UnrelatedMarket), 0));
    rig.snapshot(1, "T-1");
    let (_, events) =
        rig.frame(&lifecycle(2, r#""event_type":"deactivated","is_deactivated":true"#));
    assert_eq!(status(&events), (MarketStatus::Paused, None));
    // Nobody looked at its book meanwhile: the old one must not be traded on.
    let (note, events) = rig.frame(&lifecycle(3, r#""event_type":"activated""#));
    let lost =
        |event: &Event| matches!(event, Event::BookLost(lost) if lost.cause == LossCause::Reopened);
    assert!(lost(&events[0]), "{events:?}");
    assert_eq!(status(&events[1..]), (MarketStatus::Active, None));
    assert_eq!(note.detail.as_deref(), Some(&FrameDetail::Reopened("T-1".to_owned())));
    rig.snapshot(2, "T-1");
    let (_, events) =
        rig.frame(&lifecycle(4, r#""event_type":"close_date_updated","close_ts":1798761600"#));
    assert_eq!(status(&events), (MarketStatus::Active, Some(Timestamp::from_secs(1_798_761_600))));
    let (_, events) = rig.frame(&lifecycle(5, r#""event_type":"close_date_updated","close_ts":1"#));
    assert_eq!(status(&events).0, MarketStatus::Closed);
    let (_, events) = rig.frame(&lifecycle(6, r#""event_type":"determined","result":"scalar","determination_ts":1,"settlement_value":"0.2500""#));
    assert_eq!(status(&events).0, MarketStatus::Closed, "determined is not paid");
    // Disputed: another result before the payment.
    rig.frame(&lifecycle(7, r#""event_type":"determined","result":"no","determination_ts":1,"settlement_value":"0.0000""#));
    let (note, events) = rig.frame(&lifecycle(8, r#""event_type":"settled","settled_ts":1"#));
    // Nothing is booked by what was announced: it may have been amended, and only the venue knows.
    assert!(events.is_empty(), "{events:?}");
    let ticker = || "T-1".to_owned();
    let needed = |announced| Some(FrameDetail::ResultNeeded { ticker: ticker(), announced });
    assert_eq!(note.detail.as_deref(), needed(Some(Settlement::No)).as_ref());
    let (note, events) = rig.frame(&lifecycle(9, r#""event_type":"settled","settled_ts":1"#));
    assert!(events.is_empty());
    assert_eq!(note.detail.as_deref(), needed(None).as_ref());
    let (note, _) = rig.frame(&lifecycle(10, r#""event_type":"metadata_updated""#));
    let changed = FrameDetail::MetadataChanged { ticker: ticker() };
    assert_eq!(note.detail.as_deref(), Some(&changed));
    let (note, _) = rig.frame(&lifecycle(11, r#""event_type":"renamed""#));
    assert_eq!(note.ignored, Some(Ignored::Unknown));
    rig.refuse(&lifecycle(12, r#""event_type":"determined","result":"perhaps""#));
    rig.refuse(&lifecycle(13, r#""event_type":"determined","result":"scalar""#));
}

/// Of a recording nobody can be asked: there the last announcement before the payment is the result.
#[test]
fn a_recorded_market_is_paid_as_announced() {
    let mut rig = Rig::new();
    rig.mapper = FrameMapper::new(MapperSettings { announced_is_paid: true, ..Default::default() });
    rig.snapshot(1, "T-1");
    for (seq, result, value) in [(1, "yes", "1.0000"), (2, "no", "0.0000")] {
        let said = format!(
            r#""event_type":"determined","result":"{result}","determination_ts":1,"settlement_value":"{value}""#
        );
        rig.frame(&lifecycle(seq, &said));
    }
    let (_, events) = rig.frame(&lifecycle(3, r#""event_type":"settled","settled_ts":1"#));
    assert!(
        matches!(&events[..], [Event::MarketSettled(settled)] if settled.settlement == Settlement::No)
    );
}

#[test]
fn new_prices_are_listed_from_the_venues_word() {
    let mut rig = Rig::new();
    rig.snapshot(1, "T-1");
    let (_, events) = rig.frame(&lifecycle(1, r#""event_type":"price_level_structure_updated","price_ranges":[{"start":"0.1000","end":"1.0000","step":"0.0100"},{"start":"0.0000","end":"0.1000","step":"0.0010"}]"#));
    let [Event::MarketListed(listed)] = &events[..] else { panic!("{events:?}") };
    assert!(
        listed.listing.grid.allows(price("0.055")) && !listed.listing.grid.allows(price("0.955"))
    );
    // The venue has spoken: no guessing from then on.
    assert_eq!(rig.frame(&delta(1, 2, "T-1", "yes", "0.9550", "1.00")).1.len(), 1);
}

#[test]
fn new_markets_of_a_followed_series_are_listed() {
    let created = r#""event_type":"created","open_ts":1999999999,"close_ts":2000000000,"price_level_structure":"deci_cent","price_ranges":[{"start":"0.0000","end":"1.0000","step":"0.0010"}],"additional_metadata":{"title":"question","event_ticker":"T-EVENT"}"#;
    let mut rig = Rig::new();
    let (note, events) = rig.frame(&lifecycle(1, created));
    assert!(events.is_empty() && rig.registry.is_empty(), "nobody follows this series");
    assert_eq!(note.detail.as_deref(), Some(&FrameDetail::Created { ticker: "T-1".to_owned() }));
    rig.mapper.follow_series("T");
    let (_, events) = rig.frame(&lifecycle(2, created));
    let [Event::MarketListed(listed)] = &events[..] else { panic!("{events:?}") };
    let listing = &listed.listing;
    assert_eq!((listing.title.as_str(), listing.event.as_str()), ("question", "T-EVENT"));
    assert_eq!(listing.status, MarketStatus::Unopened);
    assert!(listing.grid.allows(price("0.001")));
}

#[test]
fn ended_subscriptions_end_their_books() {
    let ended = LossCause::SubscriptionEnded;
    let mut rig = Rig::new();
    rig.snapshot(1, "A-1");
    rig.snapshot(2, "B-1");
    // The list of an acknowledgement: B is no longer in it.
    let (_, events) =
        rig.frame(r#"{"id":2,"sid":1,"seq":3,"type":"ok","msg":{"market_tickers":["A-1"]}}"#);
    assert_eq!(losses(&events), [(MarketId(1), ended)]);
    let (note, events) =
        rig.frame(r#"{"id":3,"type":"ok","msg":[{"channel":"orderbook_delta","sid":1}]}"#);
    assert_eq!((note.command, events.len()), (Some(3), 0));
    let (note, events) = rig.frame(
        r#"{"type":"error","sid":1,"msg":{"code":25,"msg":"Subscription\nbuffer overflow"}}"#,
    );
    assert_eq!(losses(&events), [(MarketId(0), ended)]);
    let expected = FrameDetail::VenueError {
        code: 25,
        text: "Subscription buffer overflow".to_owned(),
        terminal: true,
    };
    assert_eq!(note.detail.as_deref(), Some(&expected));
    let (_, events) =
        rig.frame(r#"{"id":6,"type":"error","msg":{"code":8,"msg":"Unknown channel name"}}"#);
    assert!(events.is_empty());
    rig.snapshot(4, "A-1");
    let (_, events) = rig.frame(r#"{"id":5,"sid":1,"seq":9,"type":"unsubscribed"}"#);
    assert_eq!(losses(&events), [(MarketId(0), ended)]);
}

#[test]
fn an_end_that_names_no_subscription_ends_every_book() {
    for code in [10, 25] {
        let mut rig = Rig::new();
        rig.snapshot(1, "A-1");
        rig.frame(&snapshot(7, 1, "B-1"));
        let error = format!(r#"{{"type":"error","msg":{{"code":{code},"msg":"overflow"}}}}"#);
        let (note, events) = rig.frame(&error);
        let ended = LossCause::SubscriptionEnded;
        assert_eq!(losses(&events), [(MarketId(0), ended), (MarketId(1), ended)], "{code}");
        let expected =
            FrameDetail::VenueError { code, text: "overflow".to_owned(), terminal: true };
        assert_eq!(note.detail.as_deref(), Some(&expected));
    }
}

#[test]
fn a_book_that_its_owner_trusts_no_longer_waits_for_a_snapshot() {
    let mut rig = Rig::new();
    rig.snapshot(1, "A-1");
    rig.snapshot(2, "B-1");
    let mut out = Vec::new();
    for ticker in ["A-1", "A-1", "C-1"] {
        rig.mapper.lose(ticker, Timestamp::EPOCH, &mut out);
    }
    assert_eq!(losses(&out), [(MarketId(0), LossCause::SubscriptionEnded)], "once");
    assert!(!rig.mapper.has_book("A-1") && rig.mapper.has_book("B-1"));
    let (note, events) = rig.frame(&delta(1, 3, "A-1", "yes", "0.4700", "1.00"));
    assert_eq!((note.ignored, events.len()), (Some(Ignored::AwaitingSnapshot), 0));
    assert_eq!(rig.snapshot(4, "A-1").len(), 1);
    assert_eq!(rig.frame(&delta(1, 5, "A-1", "yes", "0.4700", "1.00")).1.len(), 1);
}

#[test]
fn unknown_types_are_counted_and_their_numbers_count() {
    let mut rig = Rig::new();
    rig.snapshot(1, "A-1");
    let (note, events) = rig.frame(r#"{"type":"novelty","sid":1,"seq":4,"msg":{"a":1}}"#);
    assert_eq!(note.ignored, Some(Ignored::Unknown));
    assert_eq!(losses(&events), [(MarketId(0), LossCause::SequenceGap)]);
    assert_eq!(rig.mapper.counters().unknown_types, 1);
}
