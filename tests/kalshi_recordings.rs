//! The recorded sessions through scanner and mapper: the scanner agrees with serde on every frame and
//! on mutations of them, and the mapped events rebuild the venue's books.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::value::RawValue;
use statecraft::venue::MarketRegistry;
use statecraft::venue::kalshi::map::{FrameKind, FrameMapper, MapperSettings, Sequence};
use statecraft::venue::kalshi::scan::{HotFrame, parse_slow, scan};
use statecraft_domain::{Book, Event, FeeSchedule, MarketId, Side, Timestamp};

/// A frame with its receive time and connection; recordings without them count on.
struct Recorded {
    received: Timestamp,
    connection: u32,
    bytes: Vec<u8>,
}

fn data(folder: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("STATECRAFT_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = shared.join("data").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: no recordings at {}; set STATECRAFT_SHARED", path.display());
    None
}

fn settings() -> MapperSettings {
    MapperSettings { default_fees: FeeSchedule::free(), ..MapperSettings::default() }
}

fn multimarket() -> Option<Vec<Recorded>> {
    let text = fs::read(data("kalshi-ws-multimarket")?.join("session.jsonl")).unwrap();
    let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let frames = (0..).zip(lines).map(|(nanos, line)| Recorded {
        received: Timestamp::from_nanos(nanos),
        connection: 1,
        bytes: line.to_vec(),
    });
    Some(frames.collect())
}

/// One session of the 15-minute series; about `megabytes` of text at most.
fn btc15m(session: &str, lines_max: usize) -> Option<Vec<Recorded>> {
    #[derive(Deserialize)]
    struct Line<'a> {
        recv_ns: i64,
        conn: u32,
        #[serde(borrow)]
        frame: Option<&'a RawValue>,
    }
    let path = data("kalshi-ws-btc15m")?.join(format!("{session}.jsonl.zst"));
    let text = zstd::decode_all(fs::File::open(path).unwrap()).unwrap();
    let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).take(lines_max);
    let frames = lines.filter_map(|line| {
        let line: Line<'_> = serde_json::from_slice(line).unwrap();
        line.frame.map(|frame| Recorded {
            received: Timestamp::from_nanos(line.recv_ns),
            connection: line.conn,
            bytes: frame.get().as_bytes().to_vec(),
        })
    });
    Some(frames.collect())
}

const SESSIONS: [&str; 3] = ["20260511T053113Z", "20260511T121731Z", "20260514T010746Z"];

fn all_frames() -> Vec<Recorded> {
    let mut frames = multimarket().unwrap_or_default();
    for session in SESSIONS {
        frames.extend(btc15m(session, 60_000).unwrap_or_default());
    }
    frames
}

/// Scanner and serde agree: the scanner may give up, but never differ.
fn check_agreement(bytes: &[u8]) -> Result<bool, String> {
    let slow = parse_slow(bytes);
    let Some((head, frame)) = scan(bytes) else {
        return Ok(false);
    };
    match slow {
        Ok(Some((slow_head, slow))) if slow_head == head && slow.as_hot() == frame => Ok(true),
        other => Err(format!("{}: {frame:?} but {other:?}", String::from_utf8_lossy(bytes))),
    }
}

#[test]
fn the_scanner_reads_every_recorded_hot_frame_as_serde_does() {
    let frames = all_frames();
    let mut hot = 0;
    for frame in &frames {
        let is_hot = matches!(parse_slow(&frame.bytes), Ok(Some(_)));
        let scanned = check_agreement(&frame.bytes).unwrap();
        assert_eq!(scanned, is_hot, "{}", String::from_utf8_lossy(&frame.bytes));
        hot += usize::from(is_hot);
    }
    if !frames.is_empty() {
        assert!(hot > 50_000, "{hot} hot frames");
    }
}

/// The samples of the reference, one of each hot kind.
const SAMPLES: [&str; 3] = [
    r#"{"type":"orderbook_delta","sid":1,"seq":2,"msg":{"market_ticker":"T-1","market_id":"u","price_dollars":"0.4700","delta_fp":"-3.00","side":"yes","ts":"2026-06-11T06:31:29.957081Z","ts_ms":1781159489957,"client_order_id":"sc-1","subaccount":0}}"#,
    r#"{"type":"ticker","sid":3,"msg":{"market_ticker":"T-1","market_id":"u","price_dollars":"0.4800","yes_bid_dollars":"0.4700","yes_ask_dollars":"0.5200","volume_fp":"33896.00","open_interest_fp":"20422.00","dollar_volume":16948,"dollar_open_interest":10211,"yes_bid_size_fp":"3.00","yes_ask_size_fp":"2.00","last_trade_size_fp":"1.00","ts":1781159489,"ts_ms":1781159489957,"time":"2026-06-11T06:31:29.957081Z"}}"#,
    r#"{"type":"trade","sid":2,"seq":1,"sending_ts_ms":1781159489999,"msg":{"trade_id":"u","market_ticker":"T-1","yes_price_dollars":"0.5200","no_price_dollars":"0.4800","count_fp":"1.00","taker_side":"yes","taker_outcome_side":"yes","taker_book_side":"bid","is_block_trade":false,"ts":1781159489,"ts_ms":1781159489957}}"#,
];

#[test]
fn the_samples_are_scanned_with_a_trailing_newline_too() {
    for sample in SAMPLES {
        assert_eq!(check_agreement(sample.as_bytes()), Ok(true));
        assert_eq!(check_agreement(format!("{sample}\n").as_bytes()), Ok(true));
        assert_eq!(check_agreement(format!("{sample}x").as_bytes()), Ok(false));
    }
}

/// Ways to damage a frame.
#[derive(Debug, Clone)]
enum Mutation {
    Byte(usize, u8),
    Insert(usize, u8),
    Remove(usize, usize),
    Copy(usize, usize, usize),
    Token(usize, &'static str),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    const TOKENS: [&str; 26] = [
        ",",
        ":",
        "\"",
        "{",
        "}",
        "[",
        "]",
        "\\",
        "\\u0041",
        "null",
        "true",
        "-0",
        "01",
        "1e5",
        "1.5",
        "99999999999999999999",
        "-",
        " ",
        "\n",
        "\t",
        "\u{e9}",
        "\"x\":1,",
        "\"sid\":1,",
        "\"ts_ms\":null,",
        "\"side\":\"no\",",
        "\"side\":\"maybe\",",
    ];
    let place = 0_usize..600;
    let bytes =
        prop_oneof![any::<u8>(), proptest::sample::select(&b"\"{}[],:\\0123456789-.eE "[..])];
    prop_oneof![
        (place.clone(), bytes.clone()).prop_map(|(at, byte)| Mutation::Byte(at, byte)),
        (place.clone(), bytes).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
        (place.clone(), 1_usize..40).prop_map(|(at, count)| Mutation::Remove(at, count)),
        (place.clone(), 1_usize..60, place.clone())
            .prop_map(|(from, count, to)| Mutation::Copy(from, count, to)),
        (place, proptest::sample::select(&TOKENS[..]))
            .prop_map(|(at, token)| Mutation::Token(at, token)),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    let wrap = |at: usize, length: usize| if length == 0 { 0 } else { at % length };
    let length = bytes.len();
    match *mutation {
        Mutation::Byte(at, byte) if length > 0 => bytes[wrap(at, length)] = byte,
        Mutation::Byte(..) => {}
        Mutation::Insert(at, byte) => bytes.insert(wrap(at, length + 1), byte),
        Mutation::Remove(at, count) => {
            let start = wrap(at, length + 1);
            bytes.drain(start..(start + count).min(length));
        }
        Mutation::Copy(from, count, to) => {
            let start = wrap(from, length + 1);
            let piece = bytes[start..(start + count).min(length)].to_vec();
            let to = wrap(to, length + 1);
            bytes.splice(to..to, piece);
        }
        Mutation::Token(at, token) => {
            let to = wrap(at, length + 1);
            bytes.splice(to..to, token.bytes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// A damaged frame is read alike by both readers or by neither, and nothing panics.
    #[test]
    fn scanner_and_serde_agree_on_damaged_frames(
        sample in 0_usize..SAMPLES.len(),
        mutations in proptest::collection::vec(mutation(), 1..4),
    ) {
        let mut bytes = SAMPLES[sample].as_bytes().to_vec();
        for mutation in &mutations {
            mutate(&mut bytes, mutation);
        }
        if let Err(difference) = check_agreement(&bytes) {
            prop_assert!(false, "{}", difference);
        }
        let mut mapper = FrameMapper::new(settings());
        let mut registry = MarketRegistry::new();
        let mut out = Vec::new();
        let _ = mapper.frame(&mut registry, Timestamp::EPOCH, 1, &bytes, &mut out);
    }
}

/// Applies events to plain books and compares each quote with them.
#[derive(Default)]
struct Books {
    books: HashMap<MarketId, Book>,
    listed: Vec<MarketId>,
    quotes: usize,
    quotes_met: usize,
    lost: usize,
    snapshots: usize,
    changes: usize,
    crossed: usize,
}

impl Books {
    fn take(&mut self, event: &Event) {
        match event {
            Event::MarketListed(listed) => {
                if !self.listed.contains(&listed.market) {
                    assert_eq!(listed.market.index(), self.listed.len(), "ids are dense, in order");
                    self.listed.push(listed.market);
                }
            }
            Event::BookSnapshot(snapshot) => {
                assert!(self.listed.contains(&snapshot.market), "listed before it is used");
                let book = self.books.entry(snapshot.market).or_default();
                book.replace(&snapshot.bids, &snapshot.asks).unwrap();
                self.snapshots += 1;
            }
            Event::BookChanged(change) => {
                let book = self.books.get_mut(&change.market).expect("a snapshot came before");
                book.apply(change.side, change.price, change.change).unwrap();
                self.crossed += usize::from(book.is_crossed());
                self.changes += 1;
            }
            Event::BookLost(lost) => {
                assert!(self.books.remove(&lost.market).is_some(), "only a known book is lost");
                self.lost += 1;
            }
            Event::Quoted(quoted) => {
                if let Some(book) = self.books.get(&quoted.market) {
                    let best = |side| book.best(side).map(|level| level.price);
                    self.quotes += 1;
                    self.quotes_met += usize::from(
                        best(Side::Bid) == Some(quoted.bid) && best(Side::Ask) == Some(quoted.ask),
                    );
                }
            }
            other => panic!("unexpected {other:?}"),
        }
    }
}

fn replay(frames: &[Recorded]) -> (Books, FrameMapper) {
    let mut mapper = FrameMapper::new(settings());
    let mut registry = MarketRegistry::new();
    let (mut books, mut out) = (Books::default(), Vec::new());
    for frame in frames {
        out.clear();
        mapper
            .frame(&mut registry, frame.received, frame.connection, &frame.bytes, &mut out)
            .unwrap();
        for event in &out {
            assert_eq!(event.at(), frame.received);
            books.take(event);
        }
    }
    (books, mapper)
}

#[test]
fn one_sequence_over_five_markets_and_acknowledgements_has_no_gap() {
    let Some(frames) = multimarket() else { return };
    let (books, mapper) = replay(&frames);
    let counters = mapper.counters();
    assert_eq!((counters.frames, counters.errors), (2_895, 0));
    assert_eq!((counters.gaps, counters.duplicates, counters.unknown_fields), (0, 0, 0));
    assert_eq!((books.snapshots, books.changes, books.lost), (5, 2_885, 0));
    assert_eq!(books.listed.len(), 5);
}

#[test]
fn dropping_one_frame_loses_every_book_of_the_subscription() {
    let Some(mut frames) = multimarket() else { return };
    frames.remove(1_000);
    let (books, mapper) = replay(&frames);
    let counters = mapper.counters();
    assert_eq!((counters.gaps, counters.missing), (1, 1));
    assert_eq!(books.lost, 5);
    assert!(counters.awaiting_snapshot > 1_800, "no change is applied without a new snapshot");
    assert!(books.changes < 1_000);
}

#[test]
fn a_repeated_frame_changes_nothing() {
    let Some(mut frames) = multimarket() else { return };
    let (once, _) = replay(&frames);
    let again = Recorded {
        received: frames[1_500].received,
        connection: 1,
        bytes: frames[1_500].bytes.clone(),
    };
    frames.insert(1_502, again);
    let (twice, mapper) = replay(&frames);
    assert_eq!(mapper.counters().duplicates, 1);
    assert_eq!(once.books, twice.books);
}

#[test]
fn recorded_quotes_are_met_by_the_rebuilt_books() {
    for session in SESSIONS {
        let Some(frames) = btc15m(session, usize::MAX) else { return };
        let (books, mapper) = replay(&frames);
        let counters = mapper.counters();
        assert_eq!((counters.errors, counters.gaps, counters.duplicates), (0, 0, 0), "{session}");
        assert_eq!(counters.unknown_fields, 0, "{session}");
        assert!(books.quotes > 20, "{session}: {} quotes", books.quotes);
        // Between the two changes of one match a book may be crossed, for that moment only.
        eprintln!("{session}: crossed after {} of {} changes", books.crossed, books.changes);
        assert!(books.crossed * 200 < books.changes, "{session}: {} crossed", books.crossed);
        // The recording's own check found about 88 % (tickers are throttled).
        let share = books.quotes_met * 100 / books.quotes;
        assert!(share >= 75, "{session}: {share} % of {} quotes", books.quotes);
    }
}

#[test]
fn a_new_connection_starts_from_nothing() {
    let Some(frames) = multimarket() else { return };
    let mut doubled = Vec::new();
    for connection in [1, 2] {
        doubled.extend(frames.iter().map(|frame| Recorded {
            received: frame.received,
            connection,
            bytes: frame.bytes.clone(),
        }));
    }
    let (books, mapper) = replay(&doubled);
    assert_eq!(mapper.counters().gaps, 0, "the second connection counts from its own start");
    assert_eq!((books.lost, books.snapshots), (5, 10));
}

#[test]
fn notes_say_what_each_frame_was() {
    let Some(frames) = multimarket() else { return };
    let mut mapper = FrameMapper::new(settings());
    let mut registry = MarketRegistry::new();
    let mut kinds: HashMap<FrameKind, usize> = HashMap::new();
    for frame in &frames {
        let note =
            mapper.frame(&mut registry, frame.received, 1, &frame.bytes, &mut Vec::new()).unwrap();
        *kinds.entry(note.kind).or_default() += 1;
        assert!(note.kind == FrameKind::Subscribed || note.sequence == Sequence::Next);
    }
    assert_eq!(kinds[&FrameKind::Delta], 2_885);
    assert_eq!((kinds[&FrameKind::Ok], kinds[&FrameKind::Snapshot]), (4, 5));
    assert_eq!(kinds[&FrameKind::Subscribed], 1);
}

/// Not a test of behaviour but a figure to look at: run with `--release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn nanoseconds_a_frame() {
    let Some(frames) = btc15m(SESSIONS[1], usize::MAX) else { return };
    let hot: Vec<_> = frames.iter().filter(|frame| scan(&frame.bytes).is_some()).collect();
    let bytes: usize = hot.iter().map(|frame| frame.bytes.len()).sum();
    let per_frame = |label: &str, work: &mut dyn FnMut()| {
        let best = (0..5)
            .map(|_| {
                let start = std::time::Instant::now();
                work();
                start.elapsed()
            })
            .min()
            .unwrap();
        let nanos = best.as_nanos() / hot.len() as u128;
        eprintln!("{label}: {nanos} ns a frame of {} bytes ({})", bytes / hot.len(), hot.len());
    };
    per_frame("scan", &mut || {
        for frame in &hot {
            let scanned = scan(std::hint::black_box(&frame.bytes));
            assert!(matches!(scanned, Some((_, HotFrame::Delta(_) | HotFrame::Ticker(_)))));
        }
    });
    per_frame("serde", &mut || {
        for frame in &hot {
            assert!(parse_slow(std::hint::black_box(&frame.bytes)).unwrap().is_some());
        }
    });
    per_frame("scan and map", &mut || {
        let mut mapper = FrameMapper::new(settings());
        let mut registry = MarketRegistry::new();
        let mut out = Vec::with_capacity(16);
        for frame in &frames {
            out.clear();
            let note = mapper.frame(&mut registry, frame.received, 1, &frame.bytes, &mut out);
            assert!(note.is_ok());
        }
    });
}
