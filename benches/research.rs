//! What research costs: parsing a frame, a book update, reading a tape, the whole loop. The stream is
//! made here, so that nothing needs to be downloaded; counts are events, so read `ns` per item.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::{Path, PathBuf};

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use statecraft::config::load_strategies;
use statecraft::research::backtest::{BacktestOptions, run};
use statecraft::tape::{Playback, PlaybackOptions, SealOptions, SealedWriter, TapeWriter, open};
use statecraft::venue::MarketRegistry;
use statecraft::venue::kalshi::{FrameMapper, MapperSettings};
use statecraft_domain::event::{
    AccountReported, BookChanged, BookSnapshot, Level, LevelChange, MarketListed, Mode,
    ModeChanged, Traded,
};
use statecraft_domain::*;
use statecraft_engine::Engine;
use statecraft_engine::config::{AccountLimits, EngineConfig, Guards, Supervision};

const EVENTS: usize = 200_000;

fn main() {
    divan::main();
}

fn cents(cents: u16) -> Price {
    Price::from_cents(cents).unwrap()
}

/// A book that wanders, like the benchmark stream but shorter.
fn events() -> Vec<Event> {
    let mut rng = Pcg64::seed_from_u64(7);
    let market = MarketId(0);
    let mut at = Timestamp::from_secs(1_767_225_600);
    let listing = Listing {
        venue: Venue::File,
        ticker: "bench".to_owned(),
        event: String::new(),
        series: String::new(),
        title: String::new(),
        grid: TickGrid::cents(),
        lot: Quantity::from_contracts(1),
        close: None,
        fees: FeeSchedule::free(),
        status: MarketStatus::Active,
    };
    let size = |n: i32| Quantity::from_contracts(n);
    let side = |from: u16| -> Vec<Level> {
        (0..30).map(|depth| Level { price: cents(from + depth), quantity: size(100) }).collect()
    };
    let mut out = vec![
        Event::MarketListed(Box::new(MarketListed { at, market, listing })),
        Event::BookSnapshot(Box::new(BookSnapshot {
            at,
            venue_at: at,
            market,
            bids: side(20),
            asks: side(51),
        })),
    ];
    let mut mid = 50_u16;
    let set = |out: &mut Vec<Event>, at: &mut Timestamp, side, price: u16, quantity| {
        *at = *at + Nanos::new(1_000);
        let change = LevelChange::To(quantity);
        let (at, price) = (*at, cents(price));
        out.push(Event::BookChanged(BookChanged { at, venue_at: at, market, side, price, change }));
    };
    while out.len() < EVENTS {
        at = at + Nanos::new(rng.random_range(1_000..80_000_000));
        if rng.random_range(0..20) == 0 {
            let up = rng.random_range(0..70) + 15 > i32::from(mid);
            let next = if up { mid + 1 } else { mid - 1 };
            set(&mut out, &mut at, if up { Side::Ask } else { Side::Bid }, next, Quantity::ZERO);
            mid = next;
            set(&mut out, &mut at, Side::Bid, mid - 1, size(50));
            set(&mut out, &mut at, Side::Ask, mid + 1, size(50));
        } else if rng.random_range(0..20) == 0 {
            let (venue_at, price, quantity) = (at, cents(mid + 1), size(3));
            let taker = Side::Bid;
            out.push(Event::Traded(Traded { at, venue_at, market, taker, price, quantity }));
        } else {
            let depth = rng.random_range(1..8_u16);
            let bid = rng.random_range(0..2) == 0;
            let (side, price) =
                if bid { (Side::Bid, mid - depth) } else { (Side::Ask, mid + depth) };
            set(&mut out, &mut at, side, price, size(rng.random_range(1..2000)));
        }
    }
    out
}

fn sealed(dir: &Path) -> PathBuf {
    let path = dir.join("bench.parquet");
    let mut writer = SealedWriter::create(&path, SealOptions::default()).unwrap();
    for event in events() {
        writer.append(&event).unwrap();
    }
    writer.finish().unwrap();
    path
}

fn read_all(path: &Path) -> usize {
    let mut source = open(path).unwrap();
    let mut batch = Vec::new();
    let mut count = 0;
    while source.read(&mut batch).unwrap() {
        count += batch.len();
        batch.clear();
    }
    count
}

#[divan::bench]
fn tape_read_sealed(bencher: Bencher<'_, '_>) {
    let dir = tempfile::tempdir().unwrap();
    let path = sealed(dir.path());
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| read_all(black_box(&path)));
}

#[divan::bench]
fn tape_read_recording(bencher: Bencher<'_, '_>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bench.tape");
    let mut writer = TapeWriter::create(&path).unwrap();
    for event in events() {
        writer.append(&event).unwrap();
    }
    writer.sync().unwrap();
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| read_all(black_box(&path)));
}

#[divan::bench]
fn tape_append_recording(bencher: Bencher<'_, '_>) {
    let dir = tempfile::tempdir().unwrap();
    let events = events();
    let mut number = 0;
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| {
        number += 1;
        let mut writer = TapeWriter::create(&dir.path().join(format!("{number}.tape"))).unwrap();
        for event in &events {
            writer.append(event).unwrap();
        }
        writer.flush().unwrap();
    });
}

#[divan::bench]
fn book_update(bencher: Bencher<'_, '_>) {
    let events = events();
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| {
        let mut book = Book::new();
        for event in &events {
            if let Event::BookChanged(e) = event {
                let _ = black_box(book.apply(e.side, e.price, e.change));
            }
        }
        book
    });
}

#[divan::bench]
fn frame_parse(bencher: Bencher<'_, '_>) {
    let snapshot = br#"{"type":"orderbook_snapshot","sid":2,"seq":1,"msg":{"market_ticker":"KX-A","yes_dollars_fp":[["0.4000","5.00"]],"no_dollars_fp":[["0.5500","7.00"]]}}"#;
    let frames: Vec<String> = (2..1002)
        .map(|seq| {
            format!(
                r#"{{"type":"orderbook_delta","sid":2,"seq":{seq},"msg":{{"delta_fp":"1.00","market_id":"bdc2787d-31e4-4640-aefd-ea0c30484767","market_ticker":"KX-A","price_dollars":"0.4000","side":"yes","ts":"2026-05-11T05:31:13.881959Z","ts_ms":1778477473881}}}}"#
            )
        })
        .collect();
    bencher.counter(ItemsCount::new(frames.len())).bench_local(|| {
        let mut mapper = FrameMapper::new(MapperSettings::default());
        let mut registry = MarketRegistry::new();
        let mut out = Vec::with_capacity(frames.len() + 2);
        mapper.frame(&mut registry, Timestamp::EPOCH, 1, snapshot, &mut out).unwrap();
        for frame in &frames {
            let bytes = black_box(frame.as_bytes());
            mapper.frame(&mut registry, Timestamp::EPOCH, 1, bytes, &mut out).unwrap();
        }
        out.len()
    });
}

/// The shipped threshold strategy on an account without limits.
fn threshold() -> EngineConfig {
    let strategy = Path::new(env!("CARGO_MANIFEST_DIR")).join("strategies/threshold.toml");
    let loaded = load_strategies(&[strategy]).unwrap();
    EngineConfig {
        lineage: 1,
        first_sequence: 1,
        time_scale: 1,
        strategies: loaded.into_iter().map(|loaded| loaded.strategy).collect(),
        limits: AccountLimits {
            max_account_cost: Usd::from_dollars(1_000_000),
            cash_buffer_e4: 0,
            max_open_orders: u32::MAX,
            max_orders_per_second: u32::MAX,
            max_orders_per_minute: u32::MAX,
            max_orders_per_day: u32::MAX,
            max_book_age: Nanos::from_secs(60),
            duplicate_window: Nanos::ZERO,
            max_unknown_orders: u32::MAX,
            max_unattended: Nanos::from_secs(86_400),
            guards: Guards::open(),
        },
        real_money: false,
        keep_checks: false,
        prediction_interval: Nanos::from_secs(10),
        sources: Vec::new(),
        supervision: Supervision::default(),
    }
}

/// The engine alone, told of its account; nobody answers its orders, so it sends one and waits.
#[divan::bench]
fn engine_step(bencher: Bencher<'_, '_>) {
    let (events, config) = (events(), threshold());
    let start = events[0].at();
    let account = Event::AccountReported(Box::new(AccountReported {
        at: start,
        venue: Venue::File,
        cash: Usd::from_dollars(1_000),
        positions: Vec::new(),
        proven: Vec::new(),
        disputes: Vec::new(),
    }));
    let active = Event::ModeChanged(ModeChanged {
        at: start,
        mode: Mode::Active,
        reason: "bench".to_owned(),
    });
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| {
        let mut engine = Engine::new(config.clone());
        let mut actions = Vec::new();
        engine.step(&events[0], &mut actions);
        engine.step(&account, &mut actions);
        engine.step(&active, &mut actions);
        for event in &events[1..] {
            engine.step(black_box(event), &mut actions);
            actions.clear();
        }
        engine.counters().events
    });
}

#[divan::bench]
fn backtest_threshold(bencher: Bencher<'_, '_>) {
    let dir = tempfile::tempdir().unwrap();
    let path = sealed(dir.path());
    let options = BacktestOptions {
        engine: threshold(),
        cash: Usd::from_dollars(1_000),
        latency: Nanos::from_millis(50),
        own_impact: false,
        tick: Nanos::from_secs(1),
        equity_interval: Nanos::from_secs(60),
    };
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| {
        let playback =
            Playback::open(std::slice::from_ref(&path), PlaybackOptions::default()).unwrap();
        run(&options, playback, None, &mut |_, _| {}).unwrap().tally.orders
    });
}
