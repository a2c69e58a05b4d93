//! Recordings of other programs: what is read, what is counted, and what is never swallowed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

use std::path::{Path, PathBuf};

use statecraft::tape::statistics::Statistics;
use statecraft::tape::{Format, Playback, PlaybackOptions, Settlements, SourceNotes, detect, open};
use statecraft_domain::event::LossCause;
use statecraft_domain::{Event, MarketStatus, Settlement, Timestamp};

fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let dir = std::env::var_os("STATECRAFT_SHARED").map_or(beside, PathBuf::from).join("data");
    if !dir.is_dir() {
        eprintln!("skipped: no recorded data at {}; set STATECRAFT_SHARED", dir.display());
        return None;
    }
    Some(dir)
}

fn file(dir: &tempfile::TempDir, name: &str, lines: &[&str]) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    path
}

fn read(path: &Path) -> (Vec<Event>, SourceNotes) {
    let mut source = open(path).unwrap();
    let mut events = Vec::new();
    while source.read(&mut events).unwrap() {}
    (events, source.notes().clone())
}

fn kinds(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(statecraft::tape::event_kind).collect()
}

const WATCH: &str = r#"{"recv_ns":1000,"conn":0,"ctl":"watch_market","close_time":"2026-05-11T05:45:00Z","market_ticker":"KX-A","status":"active","strike":80938.41}"#;
const SNAPSHOT: &str = r#"{"recv_ns":2000,"conn":1,"frame":{"type":"orderbook_snapshot","sid":2,"seq":1,"msg":{"market_ticker":"KX-A","yes_dollars_fp":[["0.4000","5.00"]],"no_dollars_fp":[["0.5500","7.00"]]}}}"#;

fn delta(recv: i64, conn: u32, seq: u64) -> String {
    format!(
        r#"{{"recv_ns":{recv},"conn":{conn},"frame":{{"type":"orderbook_delta","sid":2,"seq":{seq},"msg":{{"delta_fp":"1.00","market_ticker":"KX-A","price_dollars":"0.4000","side":"yes","ts":"2026-05-11T05:31:13.881959Z","ts_ms":1778477473881}}}}}}"#
    )
}

#[test]
fn a_wrapped_recording_lists_its_market_with_the_close_that_the_recorder_knew() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "a.jsonl", &[WATCH, SNAPSHOT, &delta(3000, 1, 2)]);
    assert_eq!(detect(&path).unwrap(), Format::KalshiWs);
    let (events, notes) = read(&path);
    assert_eq!(kinds(&events), ["market_listed", "book_snapshot", "book_changed"]);
    let Event::MarketListed(listed) = &events[0] else { panic!("{events:?}") };
    assert_eq!(listed.listing.close, Some(Timestamp::from_secs(1_778_478_300)));
    assert_eq!(events[2].at(), Timestamp::from_nanos(3000));
    assert_eq!((notes.lines, notes.broken_lines, notes.sequence_gaps), (3, 0, 0));
}

#[test]
fn zstd_is_recognised_from_its_content() {
    let dir = tempfile::tempdir().unwrap();
    let plain = file(&dir, "a.jsonl", &[WATCH, SNAPSHOT]);
    let packed = dir.path().join("no-name");
    std::fs::write(&packed, zstd::encode_all(&std::fs::read(&plain).unwrap()[..], 3).unwrap())
        .unwrap();
    assert_eq!(read(&plain), read(&packed));
}

#[test]
fn a_gap_loses_the_book_until_the_next_snapshot_and_says_for_how_long() {
    let dir = tempfile::tempdir().unwrap();
    let again = SNAPSHOT
        .replace("\"recv_ns\":2000", "\"recv_ns\":9000000000")
        .replace("\"seq\":1", "\"seq\":6");
    let path = file(
        &dir,
        "a.jsonl",
        &[
            SNAPSHOT,
            &delta(3000, 1, 2),
            &delta(4_000_000_000, 1, 4),
            &delta(5_000_000_000, 1, 5),
            &again,
            &delta(9_000_000_001, 1, 7),
        ],
    );
    let (events, notes) = read(&path);
    assert_eq!(
        kinds(&events),
        [
            "market_listed",
            "book_snapshot",
            "book_changed",
            "book_lost",
            "book_snapshot",
            "book_changed"
        ]
    );
    let Event::BookLost(lost) = &events[3] else { panic!() };
    assert_eq!(lost.cause, LossCause::SequenceGap);
    assert_eq!(notes.sequence_gaps, 1);
    let mut statistics = Statistics::default();
    events.iter().for_each(|event| statistics.observe(event));
    assert!((statistics.trust.untrusted_seconds() - 5.0).abs() < 1e-9);
}

#[test]
fn broken_lines_are_counted_with_their_numbers_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let bad_price = delta(3500, 1, 3).replace("0.4000", "0.40001");
    let path = file(
        &dir,
        "a.jsonl",
        &[
            WATCH,
            SNAPSHOT,
            "{\"recv_ns\":2500,\"conn\":1,\"fra",
            &delta(3000, 1, 2),
            "",
            &bad_price,
            &delta(4000, 1, 4),
        ],
    );
    let (events, notes) = read(&path);
    let numbers: Vec<u64> = notes.broken.iter().map(|broken| broken.line).collect();
    assert_eq!((notes.broken_lines, numbers), (2, vec![3, 6]));
    // The line that cannot be read took number 3 of the sequence with it: the book is not trusted.
    assert_eq!(kinds(&events), ["market_listed", "book_snapshot", "book_changed", "book_lost"]);
}

#[test]
fn a_reconnect_starts_from_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let again = SNAPSHOT.replace("2000,\"conn\":1", "7000,\"conn\":2");
    let path = file(&dir, "a.jsonl", &[SNAPSHOT, &delta(3000, 1, 2), &again, &delta(8000, 2, 2)]);
    let (events, notes) = read(&path);
    assert_eq!(
        kinds(&events),
        [
            "market_listed",
            "book_snapshot",
            "book_changed",
            "book_lost",
            "book_snapshot",
            "book_changed"
        ]
    );
    assert_eq!(notes.sequence_gaps, 0);
}

#[test]
fn receive_times_never_go_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "a.jsonl", &[SNAPSHOT, &delta(1500, 1, 2), &delta(3000, 1, 3)]);
    let (events, _) = read(&path);
    assert!(events.is_sorted_by_key(Event::at));
    assert_eq!(events[2].at(), Timestamp::from_nanos(2000));
}

#[test]
fn bare_frames_are_stamped_with_the_venues_time() {
    let dir = tempfile::tempdir().unwrap();
    let bare = |wrapped: &str| {
        let (_, frame) = wrapped.split_once("\"frame\":").unwrap();
        frame[..frame.len() - 1].to_owned()
    };
    let later = bare(&delta(0, 1, 3)).replace("1778477473881", "1778477474000");
    let path = file(&dir, "a.jsonl", &[&bare(SNAPSHOT), &bare(&delta(0, 1, 2)), &later]);
    let (events, notes) = read(&path);
    assert_eq!(notes.broken_lines, 0);
    let times: Vec<i64> = events.iter().map(|event| event.at().millis()).collect();
    assert_eq!(times, [1_778_477_473_881, 1_778_477_473_881, 1_778_477_473_881, 1_778_477_474_000]);
}

#[test]
fn a_polymarket_recording_is_recognised_and_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let line = r#"[{"event_type":"price_change","asset_id":"1","changes":[]}]"#;
    let path = file(&dir, "p.jsonl", &[line]);
    assert_eq!(detect(&path).unwrap(), Format::PolymarketWs);
    let error = open(&path).err().unwrap().to_string();
    assert!(error.contains("not supported yet"), "{error}");
}

#[test]
fn what_is_no_recording_is_refused_with_the_list_of_what_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "x.csv", &["a,b,c", "1,2,3"]);
    let error = detect(&path).unwrap_err().to_string();
    assert!(error.contains("kalshi-ws") && error.contains("book-csv"), "{error}");
}

#[test]
fn quotes_become_one_level_books() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(
        &dir,
        "q.csv",
        &[
            "ts,market,bid,ask,bid_size,ask_size",
            "2026-01-01T00:00:00Z,A-1,0.40,0.45,10,20",
            "1767225601,B-1,,0.05,,3",
            "1767225602000,A-1,0.41,oops,1,1",
            "1767225603000000000,A-1,0.41,0.44,1,2",
        ],
    );
    assert_eq!(detect(&path).unwrap(), Format::QuotesCsv);
    let (events, notes) = read(&path);
    assert_eq!(
        kinds(&events),
        [
            "market_listed",
            "book_snapshot",
            "quoted",
            "market_listed",
            "book_snapshot",
            "quoted",
            "book_snapshot",
            "quoted"
        ]
    );
    assert_eq!((notes.broken_lines, notes.broken[0].line), (1, 4));
    assert_eq!(events.last().unwrap().at(), Timestamp::from_secs(1_767_225_603));
    let Event::BookSnapshot(snapshot) = &events[4] else { panic!() };
    assert!(snapshot.bids.is_empty() && snapshot.asks.len() == 1);
}

#[test]
fn a_book_csv_opens_with_its_snapshot_and_a_hole_in_it_is_never_healed() {
    let dir = tempfile::tempdir().unwrap();
    let mut lines = vec!["seq,ts_ns,type,side,price_cents,qty".to_owned()];
    for depth in 0..30 {
        lines.push(format!("{},{},D,B,{},7", 2 * depth + 1, 1000 * (2 * depth + 1), 49 - depth));
        lines.push(format!("{},{},D,S,{},7", 2 * depth + 2, 1000 * (2 * depth + 2), 51 + depth));
    }
    lines.extend(["61,61000,D,B,50,3".to_owned(), "63,63000,D,B,50,4".to_owned()]);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let (events, notes) = read(&file(&dir, "market.csv", &lines));
    assert_eq!(
        kinds(&events),
        ["market_listed", "book_snapshot", "book_changed", "book_lost", "book_changed"]
    );
    let Event::MarketListed(listed) = &events[0] else { panic!() };
    assert_eq!(listed.listing.ticker, "market");
    let Event::BookSnapshot(snapshot) = &events[1] else { panic!() };
    assert_eq!((snapshot.bids.len(), snapshot.asks.len()), (30, 30));
    assert_eq!((notes.sequence_gaps, notes.broken_lines), (1, 0));
}

fn play(paths: &[PathBuf], settlements: &str) -> Vec<Event> {
    let dir = tempfile::tempdir().unwrap();
    let settlements = file(&dir, "s.csv", &["market_ticker,result", settlements]);
    let settlements = Settlements::read(&settlements).unwrap();
    let mut playback =
        Playback::open(paths, PlaybackOptions { settlements, public_only: true }).unwrap();
    let mut events = Vec::new();
    while playback.read(&mut events).unwrap() {}
    events
}

#[test]
fn sessions_are_played_in_order_of_time_with_one_id_a_market_and_end_their_books() {
    let dir = tempfile::tempdir().unwrap();
    let other = |line: &str| line.replace("KX-A", "KX-B");
    let later = |line: &str| line.replace("\"recv_ns\":2000", "\"recv_ns\":90000");
    let second = file(
        &dir,
        "1.jsonl",
        &[&later(&other(SNAPSHOT)), &later(SNAPSHOT).replace("\"sid\":2", "\"sid\":3")],
    );
    let first = file(&dir, "2.jsonl", &[SNAPSHOT, &delta(3000, 1, 2)]);
    let events = play(&[second, first], "KX-A,yes");
    assert!(events.is_sorted_by_key(Event::at));
    assert_eq!(
        kinds(&events),
        [
            "market_listed",
            "book_snapshot",
            "book_changed",
            "book_lost",
            "market_listed",
            "book_snapshot",
            "book_snapshot",
            "book_lost",
            "book_lost",
            "market_status_changed",
            "market_settled",
        ]
    );
    let Event::BookSnapshot(again) = &events[6] else { panic!("{events:?}") };
    assert_eq!(again.market.0, 0, "the second file's second market is the first file's market");
}

#[test]
fn a_market_is_closed_and_settled_at_its_close_and_says_nothing_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let close = 1_778_478_300_000_000_000;
    let path = file(
        &dir,
        "a.jsonl",
        &[WATCH, SNAPSHOT, &delta(close, 1, 2), &delta(close + 1, 1, 3), &delta(close + 2, 1, 4)],
    );
    let events = play(&[path], "KX-A,no");
    assert_eq!(
        kinds(&events),
        [
            "market_listed",
            "book_snapshot",
            "book_changed",
            "market_status_changed",
            "market_settled"
        ]
    );
    let Event::MarketStatusChanged(closed) = &events[3] else { panic!() };
    assert_eq!(closed.status, MarketStatus::Closed);
    let Event::MarketSettled(settled) = &events[4] else { panic!() };
    assert_eq!((settled.at.nanos(), settled.settlement), (close, Settlement::No));
}

#[test]
fn an_unknown_result_settles_nothing_and_a_wrong_one_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "a.jsonl", &[SNAPSHOT, &delta(3000, 1, 2)]);
    assert!(!kinds(&play(&[path], "KX-A,")).contains(&"market_settled"));
    for bad in ["KX-A,maybe", "KX-A,yes\nKX-A,no", "KX-A"] {
        let path = file(&dir, "s.csv", &["market_ticker,result", bad]);
        let error = Settlements::read(&path).unwrap_err().to_string();
        assert!(error.contains("s.csv:"), "{error}");
    }
}

#[test]
fn markets_that_share_one_sequence_have_no_gap() {
    let Some(data) = shared() else { return };
    let (events, notes) = read(&data.join("kalshi-ws-multimarket/session.jsonl"));
    assert_eq!((notes.lines, notes.broken_lines, notes.sequence_gaps), (2895, 0, 0));
    let mut statistics = Statistics::default();
    events.iter().for_each(|event| statistics.observe(event));
    assert_eq!(statistics.kinds["book_changed"], 2885);
    assert_eq!(statistics.kinds["book_snapshot"], 5);
    assert!(!statistics.kinds.contains_key("book_lost"));
}

const BOOK: [&str; 3] = [
    r#"{"recv_ns":1000000000,"conn":1,"frame":{"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"M","market_id":"00000000-0000-0000-0000-000000000000","yes_dollars_fp":[["0.4000","10.00"]],"no_dollars_fp":[["0.5000","10.00"]]}}}"#,
    r#"{"recv_ns":2000000000,"conn":1,"frame":{"type":"orderbook_delta","sid":1,"seq":3,"msg":{"market_ticker":"M","market_id":"00000000-0000-0000-0000-000000000000","price_dollars":"0.4000","delta_fp":"1.00","side":"yes","brand_new":1}}}"#,
    r#"{"recv_ns":5000000000,"conn":1,"frame":{"type":"ticker","sid":2,"seq":1,"msg":{"market_ticker":"M","market_id":"00000000-0000-0000-0000-000000000000","price_dollars":"0.4500","yes_bid_dollars":"0.4000","yes_ask_dollars":"0.5000","volume_fp":"1.00","open_interest_fp":"1.00","dollar_volume":1,"dollar_open_interest":1,"ts":5}}}"#,
];

#[test]
fn a_book_lost_for_good_is_untrusted_to_the_end_and_unknown_fields_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.jsonl"), BOOK.join("\n")).unwrap();
    std::fs::write(dir.path().join("README.md"), "not a recording").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_statecraft"))
        .args(["tape", "info", "--json"])
        .arg(dir.path())
        .output()
        .unwrap();
    let info: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(info["sequence_gaps"], 1, "{info}");
    assert_eq!(info["untrusted_seconds"], 3.0, "{info}");
    assert_eq!(info["unknown_fields"], 1, "{info}");
}

#[test]
fn a_compressed_recording_cut_short_is_read_up_to_the_cut() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cut.jsonl.zst");
    // Two frames of zstd: the second loses its end.
    let mut bytes = zstd::encode_all(format!("{}\n", BOOK[0]).as_bytes(), 1).unwrap();
    let second = zstd::encode_all(format!("{}\n", BOOK[1]).as_bytes(), 1).unwrap();
    bytes.extend_from_slice(&second[..second.len() - 5]);
    std::fs::write(&path, bytes).unwrap();
    let mut source = statecraft::tape::open(&path).unwrap();
    let mut events = Vec::new();
    while source.read(&mut events).unwrap() {}
    assert!(events.iter().any(|event| matches!(event, Event::BookSnapshot(_))));
    assert_eq!(source.notes().broken_lines, 1);
    assert!(source.notes().broken[0].reason.contains("cut short"));
}

#[test]
fn a_directory_without_a_recording_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let error = statecraft::tape::expand(&[dir.path().to_owned()]).unwrap_err().to_string();
    assert!(error.contains(".jsonl.zst"), "{error}");
}
