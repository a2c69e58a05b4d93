//! The stream: handshake, subscriptions, gaps, silence, closed doors.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use statecraft::venue::MarketRegistry;
use statecraft::venue::kalshi::map::MapperSettings;
use statecraft::venue::kalshi::stream::{
    Channels, KalshiStream, Notice, StreamConfig, StreamHandle, StreamItem, StreamTiming,
};
use statecraft_domain::event::LossCause;
use statecraft_domain::{Event, FeeSchedule, MarketStatus};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

use super::scripted::{WsPeer, WsVenue, now, signer};

fn timing() -> StreamTiming {
    StreamTiming {
        snapshot: Duration::from_millis(300),
        answer: Duration::from_secs(2),
        ping: Duration::from_millis(1_200),
        stale: Duration::from_millis(1_500),
        reconnect: Duration::from_millis(2_500),
        backoff_base: Duration::from_millis(20),
        backoff_cap: Duration::from_millis(50),
        tick: Duration::from_millis(20),
        attempts_per_minute: 100,
        ..StreamTiming::default()
    }
}

struct Rig {
    venue: WsVenue,
    items: mpsc::Receiver<StreamItem>,
    stream: StreamHandle,
}

impl Rig {
    async fn with(tickers: &[&str], change: impl FnOnce(&mut StreamConfig)) -> Self {
        let venue = WsVenue::start().await;
        let mut config = StreamConfig {
            url: venue.endpoint.ws.clone(),
            tickers: tickers.iter().map(|ticker| (*ticker).to_owned()).collect(),
            listings: Vec::new(),
            series: Vec::new(),
            channels: Channels { ticker: false, trade: false, account: true, lifecycle: false },
            mapper: MapperSettings {
                default_fees: FeeSchedule::free(),
                ..MapperSettings::default()
            },
            keep_raw: false,
            timing: timing(),
        };
        change(&mut config);
        let (sender, items) = mpsc::channel(1_000);
        let registry = Arc::new(Mutex::new(MarketRegistry::new()));
        let stream = KalshiStream::spawn(config, signer(), registry, now, sender);
        Self { venue, items, stream }
    }

    async fn new(tickers: &[&str]) -> Self {
        Self::with(tickers, |_| {}).await
    }

    /// A running stream with the book of `T-1` (and whatever else is asked for) on its sid.
    async fn running(tickers: &[&str]) -> (Self, WsPeer, u64) {
        let mut rig = Self::new(tickers).await;
        let mut peer = rig.venue.accept().await;
        let sid = peer.acknowledge_all(4).await;
        rig.until("connected", |item| matches!(item, StreamItem::Connected { .. })).await;
        for (seq, ticker) in (1..).zip(tickers) {
            peer.send(&snapshot(sid, seq, ticker)).await;
            rig.until_event("snapshot", |event| matches!(event, Event::BookSnapshot(_))).await;
        }
        (rig, peer, sid)
    }

    /// Items up to the first that fits; panics after five seconds.
    async fn until(&mut self, what: &str, fits: impl Fn(&StreamItem) -> bool) -> Vec<StreamItem> {
        let mut seen = Vec::new();
        loop {
            let next = tokio::time::timeout(Duration::from_secs(5), self.items.recv()).await;
            let Ok(Some(item)) = next else { panic!("no {what}; saw {seen:#?}") };
            let found = fits(&item);
            seen.push(item);
            if found {
                return seen;
            }
        }
    }

    async fn until_event(&mut self, what: &str, fits: impl Fn(&Event) -> bool) -> Vec<Event> {
        let has = |item: &StreamItem| match item {
            StreamItem::Events(events) => events.iter().any(&fits),
            _ => false,
        };
        let items = self.until(what, has).await;
        let events = items.into_iter().filter_map(|item| match item {
            StreamItem::Events(events) => Some(events),
            _ => None,
        });
        events.flatten().collect()
    }
}

fn snapshot(sid: u64, seq: u64, ticker: &str) -> String {
    format!(
        r#"{{"type":"orderbook_snapshot","sid":{sid},"seq":{seq},"msg":{{"market_ticker":"{ticker}","yes_dollars_fp":[["0.4700","3.00"]],"no_dollars_fp":[["0.4800","2.00"]]}}}}"#
    )
}

fn delta(sid: u64, seq: u64, ticker: &str) -> String {
    format!(
        r#"{{"type":"orderbook_delta","sid":{sid},"seq":{seq},"msg":{{"market_ticker":"{ticker}","price_dollars":"0.4700","delta_fp":"1.00","side":"yes","ts_ms":1781159489957}}}}"#
    )
}

fn is_lost(cause: LossCause) -> impl Fn(&Event) -> bool {
    move |event| matches!(event, Event::BookLost(lost) if lost.cause == cause)
}

#[tokio::test]
async fn the_handshake_is_signed_and_events_flow() {
    let mut rig = Rig::new(&["T-1"]).await;
    let mut peer = rig.venue.accept().await;
    assert_eq!(peer.path, "/trade-api/ws/v2");
    for name in ["kalshi-access-key", "kalshi-access-timestamp", "kalshi-access-signature"] {
        assert!(peer.headers.iter().any(|(header, _)| header == name), "{name}");
    }
    let sid = peer.acknowledge_all(4).await;
    let up = rig
        .until_event(
            "connected",
            |event| matches!(event, Event::ConnectionChanged(changed) if changed.connected),
        )
        .await;
    assert_eq!(up.len(), 1);
    peer.send(&snapshot(sid, 1, "T-1")).await;
    peer.send(&delta(sid, 2, "T-1")).await;
    let events = rig.until_event("change", |event| matches!(event, Event::BookChanged(_))).await;
    assert!(matches!(
        &events[..],
        [Event::MarketListed(_), Event::BookSnapshot(_), Event::BookChanged(_)]
    ));
    rig.stream.shutdown().await;
    while let Some(message) = peer.next().await {
        if matches!(message, Message::Close(_)) {
            return;
        }
    }
    panic!("the client left without a close");
}

#[tokio::test]
async fn a_gap_is_repaired_by_a_snapshot() {
    let (mut rig, mut peer, sid) = Rig::running(&["T-1", "T-2"]).await;
    peer.send(&delta(sid, 7, "T-1")).await;
    let command = peer.command().await;
    assert_eq!(command["params"]["action"], "get_snapshot");
    assert_eq!(command["params"]["market_tickers"], serde_json::json!(["T-1", "T-2"]));
    assert_eq!(command["params"]["sids"], serde_json::json!([sid]));
    rig.until_event("loss", is_lost(LossCause::SequenceGap)).await;
    rig.until("gap", |item| {
        matches!(item, StreamItem::Notice(Notice::Gap { missing: 4, channel }) if channel == "orderbook_delta")
    })
    .await;
    peer.send(&snapshot(sid, 8, "T-1")).await;
    peer.send(&snapshot(sid, 9, "T-2")).await;
    rig.until_event("snapshot", |event| matches!(event, Event::BookSnapshot(_))).await;
    peer.send(&delta(sid, 10, "T-2")).await;
    rig.until_event("change", |event| matches!(event, Event::BookChanged(_))).await;
}

#[tokio::test]
async fn without_a_snapshot_the_subscription_and_then_the_connection_are_renewed() {
    let (mut rig, mut peer, sid) = Rig::running(&["T-1"]).await;
    peer.send(&delta(sid, 7, "T-1")).await;
    assert_eq!(peer.command().await["params"]["action"], "get_snapshot");
    let unsubscribe = peer.command().await;
    assert_eq!(unsubscribe["cmd"], "unsubscribe");
    assert_eq!(unsubscribe["params"]["sids"], serde_json::json!([sid]));
    let subscribe = peer.command().await;
    assert_eq!(subscribe["params"]["market_tickers"], serde_json::json!(["T-1"]));
    let items = rig.until("down", |item| matches!(item, StreamItem::Disconnected { .. })).await;
    assert!(
        matches!(items.last(), Some(StreamItem::Disconnected { cause, .. }) if cause.contains("no book"))
    );
    let mut peer = rig.venue.accept().await;
    let sid = peer.acknowledge_all(4).await;
    peer.send(&snapshot(sid, 1, "T-1")).await;
    rig.until_event("snapshot", |event| matches!(event, Event::BookSnapshot(_))).await;
}

#[tokio::test]
async fn after_a_break_everything_is_subscribed_again() {
    let (mut rig, mut peer, sid) = Rig::running(&["T-1"]).await;
    rig.stream.subscribe(vec!["T-2".to_owned()]).await.unwrap();
    let add = peer.command().await;
    assert_eq!(add["params"]["action"], "add_markets");
    assert_eq!(add["params"]["sids"], serde_json::json!([sid]));
    peer.close().await;
    let events = rig
        .until_event(
            "down",
            |event| matches!(event, Event::ConnectionChanged(changed) if !changed.connected),
        )
        .await;
    assert!(events.iter().any(is_lost(LossCause::Disconnected)));
    let mut peer = rig.venue.accept().await;
    for _ in 0..3 {
        peer.command().await;
    }
    let books = peer.command().await;
    assert_eq!(books["params"]["market_tickers"], serde_json::json!(["T-1", "T-2"]));
}

#[tokio::test]
async fn silence_is_noticed_and_ends_the_connection() {
    let (mut rig, mut peer, _) = Rig::running(&["T-1"]).await;
    // A peer that reads nothing answers no ping.
    rig.until_event("silence", is_lost(LossCause::Silent)).await;
    rig.until("down", |item| matches!(item, StreamItem::Disconnected { .. })).await;
    let mut pinged = false;
    while let Some(message) = peer.next().await {
        pinged |= matches!(message, Message::Ping(_));
        if matches!(message, Message::Close(_)) {
            break;
        }
    }
    assert!(pinged, "it asked before it gave up");
    rig.venue.accept().await;
}

#[tokio::test]
async fn pings_of_the_venue_keep_a_quiet_connection_alive() {
    let (mut rig, mut peer, _) = Rig::running(&["T-1"]).await;
    for _ in 0..8 {
        peer.send_raw(Message::Ping("heartbeat".into())).await;
        let pong = tokio::time::timeout(Duration::from_secs(1), peer.next()).await.unwrap();
        assert_eq!(pong, Some(Message::Pong("heartbeat".into())));
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    let mut signs = 0;
    while let Ok(item) = rig.items.try_recv() {
        let StreamItem::Events(events) = item else { panic!("not an event: {item:?}") };
        for event in events {
            assert!(
                matches!(event, Event::ConnectionChanged(changed) if changed.connected),
                "nothing else happened in 3.2 s: {event:?}"
            );
            signs += 1;
        }
    }
    // R11: the engine must hear that the venue lives, or a quiet market is never traded.
    assert_eq!(signs, 8, "each ping is a sign of life");
}

#[tokio::test]
async fn a_burst_far_beyond_the_limit_loses_nothing() {
    const DELTAS: u64 = 1_000;
    let (mut rig, mut peer, sid) = Rig::running(&["T-1"]).await;
    // One write for all of them, so that they are all there when the first is read.
    for seq in 2..2 + DELTAS {
        peer.feed(&delta(sid, seq, "T-1")).await;
    }
    peer.flush().await;
    let mut changes = 0;
    while changes < DELTAS {
        let next = tokio::time::timeout(Duration::from_secs(5), rig.items.recv()).await;
        let Ok(Some(item)) = next else { panic!("only {changes} of {DELTAS} changes") };
        let StreamItem::Events(events) = item else { panic!("after {changes} changes: {item:?}") };
        for event in events {
            assert!(matches!(event, Event::BookChanged(_)), "after {changes} changes: {event:?}");
            changes += 1;
        }
    }
}

#[tokio::test]
async fn an_unreadable_frame_loses_the_books_and_puts_the_account_in_doubt() {
    let (mut rig, mut peer, sid) = Rig::running(&["T-1"]).await;
    peer.send("{\"type\":\"orderbook_del").await;
    rig.until_event("loss", is_lost(LossCause::Unreadable)).await;
    rig.until("doubt", |item| matches!(item, StreamItem::Notice(Notice::AccountInDoubt { .. })))
        .await;
    assert_eq!(peer.command().await["params"]["action"], "get_snapshot");
    peer.send(&snapshot(sid, 2, "T-1")).await;
    rig.until_event("snapshot", |event| matches!(event, Event::BookSnapshot(_))).await;
}

#[tokio::test]
async fn an_overflowed_subscription_is_made_anew() {
    let (mut rig, mut peer, sid) = Rig::running(&["T-1"]).await;
    peer.send(&format!(
        r#"{{"type":"error","sid":{sid},"msg":{{"code":25,"msg":"Subscription buffer overflow"}}}}"#
    ))
    .await;
    rig.until_event("loss", is_lost(LossCause::SubscriptionEnded)).await;
    let command = peer.command().await;
    assert_eq!(
        (&command["cmd"], &command["params"]["channels"][0]),
        (&"subscribe".into(), &"orderbook_delta".into())
    );
}

#[tokio::test]
async fn an_end_that_names_no_subscription_ends_the_connection() {
    for code in [10, 25] {
        let (mut rig, mut peer, _) = Rig::running(&["T-1"]).await;
        peer.send(&format!(r#"{{"type":"error","msg":{{"code":{code},"msg":"overflow"}}}}"#)).await;
        rig.until_event("loss", is_lost(LossCause::SubscriptionEnded)).await;
        let items = rig.until("down", |item| matches!(item, StreamItem::Disconnected { .. })).await;
        assert!(
            matches!(items.last(), Some(StreamItem::Disconnected { cause, .. }) if cause.contains("without its number"))
        );
        let mut peer = rig.venue.accept().await;
        let sid = peer.acknowledge_all(4).await;
        peer.send(&snapshot(sid, 1, "T-1")).await;
        rig.until_event("snapshot", |event| matches!(event, Event::BookSnapshot(_))).await;
    }
}

/// A book that only its owner has lost: the requests are harder each time, until it is there again.
#[tokio::test]
async fn f2_a_book_that_is_asked_for_in_vain_comes_over_a_new_connection() {
    for anew in [false, true] {
        let (mut rig, mut peer, sid) = Rig::running(&["T-1"]).await;
        if anew {
            let tickers = vec!["T-1".to_owned()];
            rig.stream.unsubscribe(tickers.clone()).await.unwrap();
            rig.stream.subscribe(tickers).await.unwrap();
            assert_eq!(peer.command().await["params"]["action"], "delete_markets");
            assert_eq!(peer.command().await["params"]["action"], "add_markets");
        } else {
            rig.stream.resnapshot("T-1").await.unwrap();
        }
        rig.until_event("loss", is_lost(LossCause::SubscriptionEnded)).await;
        assert_eq!(peer.command().await["params"]["action"], "get_snapshot");
        // What goes on coming is of a book that nobody trusts.
        peer.send(&delta(sid, 2, "T-1")).await;
        assert_eq!(peer.command().await["cmd"], "unsubscribe");
        assert_eq!(peer.command().await["cmd"], "subscribe");
        let items = rig.until("down", |item| matches!(item, StreamItem::Disconnected { .. })).await;
        assert!(
            matches!(items.last(), Some(StreamItem::Disconnected { cause, .. }) if cause.contains("no book"))
        );
        let mut peer = rig.venue.accept().await;
        let sid = peer.acknowledge_all(4).await;
        peer.send(&snapshot(sid, 1, "T-1")).await;
        rig.until_event("snapshot", |event| matches!(event, Event::BookSnapshot(_))).await;
    }
}

/// A market that trades again: nobody vouches for the book it had, so it is asked for at once.
#[tokio::test]
async fn f2_a_market_that_trades_again_gets_a_new_book() {
    let (mut rig, mut peer, sid) = Rig::running(&["T-1"]).await;
    let life = |seq: u64, word: &str| {
        format!(
            r#"{{"type":"market_lifecycle_v2","sid":77,"seq":{seq},"msg":{{"market_ticker":"T-1","event_type":"{word}"}}}}"#
        )
    };
    peer.send(&life(1, "deactivated")).await;
    peer.send(&life(2, "activated")).await;
    let events = rig
        .until_event("trading", |event| {
            matches!(event, Event::MarketStatusChanged(changed) if changed.status == MarketStatus::Active)
        })
        .await;
    let before = events.len() - 2;
    assert!(is_lost(LossCause::Reopened)(&events[before]), "lost before it trades: {events:?}");
    assert_eq!(peer.command().await["params"]["action"], "get_snapshot");
    peer.send(&snapshot(sid, 2, "T-1")).await;
    rig.until_event("snapshot", |event| matches!(event, Event::BookSnapshot(_))).await;
}

#[tokio::test]
async fn a_refused_handshake_says_why_and_is_tried_again() {
    let mut rig = Rig::new(&["T-1"]).await;
    rig.venue.refuse(401, r#"{"error":{"code":"header_timestamp_expired","message":"x"}}"#).await;
    let items = rig.until("down", |item| matches!(item, StreamItem::Disconnected { .. })).await;
    let Some(StreamItem::Disconnected { cause, .. }) = items.last() else { unreachable!() };
    assert!(cause.contains("401") && cause.contains("header_timestamp_expired"), "{cause}");
    let mut peer = rig.venue.accept().await;
    peer.acknowledge_all(4).await;
    rig.until("connected", |item| matches!(item, StreamItem::Connected { connection: 2 })).await;
}

#[tokio::test]
async fn a_refused_private_channel_is_no_connection() {
    let mut rig = Rig::new(&["T-1"]).await;
    let mut peer = rig.venue.accept().await;
    let command = peer.command().await;
    assert_eq!(command["params"]["channels"][0], "fill");
    peer.send(&format!(
        r#"{{"id":{},"type":"error","msg":{{"code":9,"msg":"Authentication required"}}}}"#,
        command["id"]
    ))
    .await;
    let items = rig.until("down", |item| matches!(item, StreamItem::Disconnected { .. })).await;
    assert!(!items.iter().any(|item| matches!(item, StreamItem::Connected { .. })));
}

/// Of four markets the venue takes three; it refuses whatever names the fourth.
#[tokio::test]
async fn a_market_that_the_venue_refuses_costs_no_other_its_book() {
    let mut rig = Rig::new(&["GHOST", "T-1", "T-2", "T-3"]).await;
    let mut peer = rig.venue.accept().await;
    let mut given = Vec::new();
    for sid in 1..=3 {
        let command = peer.command().await;
        let (id, channel) = (&command["id"], &command["params"]["channels"][0]);
        let msg = format!(r#"{{"channel":{channel},"sid":{sid}}}"#);
        peer.send(&format!(r#"{{"id":{id},"type":"subscribed","msg":{msg}}}"#)).await;
    }
    while given.len() < 3 {
        let command = peer.command().await;
        let (id, named) = (&command["id"], command["params"]["market_tickers"].as_array().unwrap());
        let answer = if named.iter().any(|ticker| ticker == "GHOST") {
            r#""type":"error","msg":{"code":11,"msg":"Invalid parameter"}"#
        } else if command["cmd"] == "subscribe" {
            r#""type":"subscribed","msg":{"channel":"orderbook_delta","sid":9}"#
        } else {
            assert_eq!(command["params"]["sids"][0], 9);
            r#""sid":9,"type":"ok","msg":{}"#
        };
        if !answer.contains("error") {
            given.extend(named.iter().map(|ticker| ticker.as_str().unwrap().to_owned()));
        }
        peer.send(&format!(r#"{{"id":{id},{answer}}}"#)).await;
    }
    let refused = Notice::NoBook { ticker: "GHOST".to_owned() };
    rig.until(
        "the word of it",
        |item| matches!(item, StreamItem::Notice(notice) if *notice == refused),
    )
    .await;
    for (seq, ticker) in (1..).zip(["T-1", "T-2", "T-3"]) {
        peer.send(&snapshot(9, seq, ticker)).await;
        rig.until_event("a book", |event| matches!(event, Event::BookSnapshot(_))).await;
    }
}

#[tokio::test]
async fn a_frame_beyond_the_limit_ends_the_connection() {
    let (mut rig, mut peer, _) = Rig::running(&["T-1"]).await;
    peer.send_raw(Message::text("x".repeat((1 << 20) + 1))).await;
    rig.until("down", |item| matches!(item, StreamItem::Disconnected { .. })).await;
}

#[tokio::test]
async fn raw_frames_come_before_their_events() {
    let mut rig = Rig::with(&["T-1"], |config| config.keep_raw = true).await;
    let mut peer = rig.venue.accept().await;
    let sid = peer.acknowledge_all(4).await;
    peer.send(&snapshot(sid, 1, "T-1")).await;
    let items = rig
        .until("snapshot", |item| {
            matches!(item, StreamItem::Events(events) if events.iter().any(|event| matches!(event, Event::BookSnapshot(_))))
        })
        .await;
    let before = &items[items.len() - 2];
    assert!(
        matches!(before, StreamItem::Raw { bytes, .. } if bytes.starts_with(b"{\"type\":\"orderbook_snapshot\""))
    );
}

#[tokio::test]
async fn a_slow_consumer_blocks_the_stream_and_a_stop_still_works() {
    let venue = WsVenue::start().await;
    let mut config = StreamConfig::new(venue.endpoint.ws.clone(), vec!["T-1".to_owned()]);
    config.channels = Channels { ticker: false, trade: false, account: true, lifecycle: false };
    config.timing = timing();
    let (sender, items) = mpsc::channel(1);
    let registry = Arc::new(Mutex::new(MarketRegistry::new()));
    let stream = KalshiStream::spawn(config, signer(), registry, now, sender);
    let mut peer = venue.accept().await;
    let sid = peer.acknowledge_all(4).await;
    peer.send(&snapshot(sid, 1, "T-1")).await;
    for seq in 2..2_000 {
        peer.send(&delta(sid, seq, "T-1")).await;
    }
    tokio::time::timeout(Duration::from_secs(5), stream.shutdown()).await.expect("it stops");
    drop(items);
}
