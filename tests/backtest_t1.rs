//! Strategy T1 against an oracle that knows nothing of engine, venue or tape: an array book and one
//! pending order. Orders, fills, contracts, position and cash must be equal, on streams that a seeded
//! generator makes.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use statecraft::config::load_strategies;
use statecraft::research::backtest::{BacktestOptions, Finished, run};
use statecraft::tape::{Playback, PlaybackOptions};
use statecraft_domain::{Nanos, Quantity, Usd};
use statecraft_engine::config::{AccountLimits, EngineConfig, Guards, Supervision};

#[derive(Debug, Clone, Copy)]
struct Row {
    ts: i64,
    is_trade: bool,
    ask_side: bool,
    price: usize,
    quantity: i64,
}

/// A market that wanders between 30 and 70 cents, with bursts, never crossed and never empty.
fn stream(seed: u64, rows: usize) -> Vec<Row> {
    let mut rng = Pcg64::seed_from_u64(seed);
    let mut book = [[0_i64; 101]; 2];
    let mut ts = 1_767_225_600_000_000_000;
    let mut out = Vec::with_capacity(rows);
    let mut mid = 50_usize;
    let mut set =
        |book: &mut [[i64; 101]; 2], ts: &mut i64, side: usize, price: usize, quantity| {
            book[side][price] = quantity;
            *ts += 1_000;
            out.push(Row { ts: *ts, is_trade: false, ask_side: side == 1, price, quantity });
            out.len()
        };
    for depth in 0..30 {
        set(&mut book, &mut ts, 0, 49 - depth, 100);
        set(&mut book, &mut ts, 1, 51 + depth, 100);
    }
    loop {
        ts += if rng.random_range(0..4) == 0 {
            rng.random_range(1_000..100_000)
        } else {
            rng.random_range(1_000_000..90_000_000)
        };
        if rng.random_range(0..12) == 0 {
            // The middle moves: everything in its way goes, nearest first.
            let next = if rng.random_range(0..70) + 15 > mid { mid + 1 } else { mid - 1 };
            let (side, gone) = if next > mid { (1, next) } else { (0, next) };
            set(&mut book, &mut ts, side, gone, 0);
            mid = next;
            for (side, price) in [(0, mid - 1), (1, mid + 1)] {
                if book[side][price] == 0 {
                    set(&mut book, &mut ts, side, price, rng.random_range(1..400));
                }
            }
        }
        let side = rng.random_range(0..2);
        let depth = rng.random_range(1..6_usize);
        let price = if side == 0 { mid - depth } else { mid + depth };
        // Small sizes, so that an order of ten often takes several levels; some levels go.
        let size =
            if depth > 1 && rng.random_range(0..5) == 0 { 0 } else { rng.random_range(1..30) };
        if set(&mut book, &mut ts, side, price, size) >= rows {
            return out;
        }
    }
}

fn csv(rows: &[Row]) -> String {
    let mut text = "seq,ts_ns,type,side,price_cents,qty\n".to_owned();
    for (seq, row) in (1..).zip(rows) {
        let kind = if row.is_trade { 'T' } else { 'D' };
        let side = if row.ask_side { 'S' } else { 'B' };
        let _ = writeln!(text, "{seq},{},{kind},{side},{},{}", row.ts, row.price, row.quantity);
    }
    text
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    orders: u64,
    fills: u64,
    contracts: i64,
    position: i64,
    cash_cents: i64,
}

/// The reference: the order meets the book as the events before its arrival left it.
fn oracle(rows: &[Row], latency: i64) -> Outcome {
    let mut book = [[0_i64; 101]; 2];
    let mut outcome = Outcome::default();
    let mut pending: Option<(bool, usize, i64)> = None;
    let mut last_decision = i64::MIN / 2;
    for (index, row) in rows.iter().enumerate() {
        if let Some((buys, limit, at)) = pending
            && row.ts >= at
        {
            take(&book, buys, limit, &mut outcome);
            pending = None;
        }
        if row.is_trade {
            continue;
        }
        book[usize::from(row.ask_side)][row.price] = row.quantity;
        if index < 60 || pending.is_some() || row.ts - last_decision < 1_000_000_000 {
            continue;
        }
        let ask = (1..=99).find(|&price| book[1][price] > 0).unwrap();
        let bid = (1..=99).rev().find(|&price| book[0][price] > 0).unwrap();
        let order = if ask <= 47 && outcome.position <= 990 {
            Some((true, ask))
        } else if bid >= 53 && outcome.position >= -990 {
            Some((false, bid))
        } else {
            None
        };
        if let Some((buys, limit)) = order {
            pending = Some((buys, limit, row.ts + latency));
            last_decision = row.ts;
            outcome.orders += 1;
        }
    }
    outcome
}

fn take(book: &[[i64; 101]; 2], buys: bool, limit: usize, outcome: &mut Outcome) {
    let mut left = 10;
    let prices: Vec<usize> =
        if buys { (1..=limit).collect() } else { (limit..=99).rev().collect() };
    for price in prices {
        let filled = left.min(book[usize::from(buys)][price]);
        if filled > 0 {
            left -= filled;
            outcome.fills += 1;
            let cents = filled * i64::try_from(price).unwrap();
            outcome.cash_cents += if buys { -cents } else { cents };
        }
    }
    outcome.contracts += 10 - left;
    outcome.position += if buys { 10 - left } else { left - 10 };
}

fn wide_limits() -> AccountLimits {
    AccountLimits {
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
    }
}

fn backtest(tape: &Path, latency: Nanos) -> Finished {
    let strategy = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("strategies/threshold.toml");
    let loaded = load_strategies(&[strategy]).unwrap();
    let options = BacktestOptions {
        engine: EngineConfig {
            lineage: 1,
            first_sequence: 1,
            time_scale: 1,
            strategies: loaded.into_iter().map(|loaded| loaded.strategy).collect(),
            limits: wide_limits(),
            real_money: false,
            keep_checks: false,
            prediction_interval: Nanos::from_secs(10),
            sources: Vec::new(),
            supervision: Supervision::default(),
        },
        cash: Usd::from_dollars(1_000),
        latency,
        own_impact: false,
        tick: Nanos::from_secs(1),
        equity_interval: Nanos::from_secs(60),
    };
    let playback = Playback::open(&[tape.to_owned()], PlaybackOptions::default()).unwrap();
    run(&options, playback, None, &mut |_, _| {}).unwrap()
}

fn outcome_of(finished: &Finished) -> Outcome {
    let whole = |quantity: Quantity| {
        assert_eq!(quantity.e6() % 1_000_000, 0);
        quantity.e6() / 1_000_000
    };
    let position = finished.account.positions.values().next().copied().unwrap_or_default();
    Outcome {
        orders: finished.tally.orders,
        fills: finished.tally.fills,
        contracts: whole(finished.tally.contracts),
        position: whole(position.quantity),
        cash_cents: i64::try_from(finished.tally.cash_flow.e10() / 100_000_000).unwrap(),
    }
}

fn check(seed: u64, rows: usize, latency_ms: i64) {
    let rows = stream(seed, rows);
    let dir = tempfile::tempdir().unwrap();
    let tape = dir.path().join("events.csv");
    std::fs::write(&tape, csv(&rows)).unwrap();
    let finished = backtest(&tape, Nanos::from_millis(latency_ms));
    let wanted = oracle(&rows, latency_ms * 1_000_000);
    assert!(wanted.orders > 20 && wanted.fills > 20, "the stream asks nothing: {wanted:?}");
    assert_eq!(outcome_of(&finished), wanted, "seed {seed}, latency {latency_ms} ms");
    // Money is conserved: what is left and what is held is what was there and what was traded.
    assert_eq!(finished.account.paid_in(), Usd::from_dollars(1_000));
}

#[test]
fn t1_equals_the_oracle() {
    for seed in 0..4 {
        check(seed, 12_000, 50);
    }
}

#[test]
fn t1_equals_the_oracle_at_other_latencies() {
    for latency_ms in [1, 7, 400, 2_000] {
        check(11, 8_000, latency_ms);
    }
}

#[test]
fn two_runs_do_the_same_and_another_latency_does_not() {
    let rows = stream(3, 6_000);
    let dir = tempfile::tempdir().unwrap();
    let tape = dir.path().join("events.csv");
    std::fs::write(&tape, csv(&rows)).unwrap();
    let hash = |latency_ms| backtest(&tape, Nanos::from_millis(latency_ms)).actions_hash;
    assert_eq!(hash(50), hash(50));
    assert_ne!(hash(50), hash(1_500));
}
