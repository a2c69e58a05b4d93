//! Strategy T1 of the benchmark against a naive oracle that knows nothing of the engine: an array
//! book, one pending order, one comparison.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use proptest::prelude::*;
use statecraft_domain::order::CloseReason;
use statecraft_domain::{Action, Event, Quantity, Side};
use support::*;

const LATENCY_MS: i64 = 50;

/// A row of the stream: time, bid side, price, size.
#[derive(Debug, Clone, Copy)]
struct Row {
    at: i64,
    bid: bool,
    cents: u16,
    size: i32,
}

#[derive(Debug, Default, PartialEq)]
struct Outcome {
    /// Decision time, buy, limit.
    orders: Vec<(i64, bool, u16)>,
    position: i32,
    cash_cents: i64,
}

struct Depth([[i32; 101]; 2]);

impl Depth {
    fn best_bid(&self) -> u16 {
        (1..100).rev().find(|&p| self.0[0][usize::from(p)] > 0).unwrap_or(0)
    }
    fn best_ask(&self) -> u16 {
        (1..100).find(|&p| self.0[1][usize::from(p)] > 0).unwrap_or(100)
    }
    /// Levels an order takes: `(price, size)`.
    fn take(&self, buy: bool, limit: u16, mut left: i32) -> Vec<(u16, i32)> {
        let prices: Vec<u16> =
            if buy { (1..=limit).collect() } else { (limit..100).rev().collect() };
        let mut taken = Vec::new();
        for price in prices {
            let there = self.0[usize::from(buy)][usize::from(price)].min(left);
            if there > 0 {
                taken.push((price, there));
                left -= there;
            }
        }
        taken
    }
}

/// T1 as the benchmark's text says it.
fn oracle(opening: &[Row], rows: &[Row]) -> Outcome {
    let mut depth = Depth([[0; 101]; 2]);
    for row in opening {
        depth.0[usize::from(!row.bid)][usize::from(row.cents)] = row.size;
    }
    let mut outcome = Outcome::default();
    let mut pending: Option<(i64, bool, u16)> = None;
    let mut last = i64::MIN / 2;
    for row in rows {
        if let Some((_, buy, limit)) = pending.filter(|&(at, _, _)| row.at >= at) {
            for (price, size) in depth.take(buy, limit, 10) {
                let sign = if buy { 1 } else { -1 };
                outcome.position += sign * size;
                outcome.cash_cents -= i64::from(sign * size) * i64::from(price);
            }
            pending = None;
        }
        depth.0[usize::from(!row.bid)][usize::from(row.cents)] = row.size;
        if pending.is_some() || row.at - last < 1000 {
            continue;
        }
        let (bid, ask) = (depth.best_bid(), depth.best_ask());
        let decision = if ask <= 47 && outcome.position <= 990 {
            Some((true, ask))
        } else if bid >= 53 && outcome.position >= -990 {
            Some((false, bid))
        } else {
            None
        };
        if let Some((buy, limit)) = decision {
            outcome.orders.push((row.at, buy, limit));
            pending = Some((row.at + LATENCY_MS, buy, limit));
            last = row.at;
        }
    }
    outcome
}

/// The engine on the same rows, its orders answered as the benchmark says.
fn engine(opening: &[Row], rows: &[Row], deltas: bool) -> Outcome {
    let mut engine = threshold_engine();
    let mut depth = Depth([[0; 101]; 2]);
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    for row in opening {
        depth.0[usize::from(!row.bid)][usize::from(row.cents)] = row.size;
        if row.bid { &mut bids } else { &mut asks }.push((row.cents, row.size));
    }
    run(&mut engine, &[snapshot(1, &bids, &asks)]);
    let mut outcome = Outcome::default();
    let mut pending: Option<(i64, u64, bool, u16)> = None;
    for row in rows {
        if let Some((at, order, buy, limit)) = pending.filter(|&(at, ..)| row.at >= at) {
            let side = if buy { Side::Bid } else { Side::Ask };
            let taken = depth.take(buy, limit, 10);
            let mut answers = vec![sent(at, order), accepted(at, order)];
            for (index, &(price, size)) in taken.iter().enumerate() {
                let sign = if buy { 1 } else { -1 };
                outcome.cash_cents -= i64::from(sign * size) * i64::from(price);
                let trade = format!("{order}-{index}");
                answers.push(filled(at, order, &trade, side, price, size));
            }
            let total: i32 = taken.iter().map(|&(_, size)| size).sum();
            answers.push(closed(at, order, CloseReason::ImmediateRest, total));
            assert_eq!(told(&run(&mut engine, &answers)), Vec::<String>::new());
            pending = None;
        }
        let side = if row.bid { Side::Bid } else { Side::Ask };
        let before = depth.0[usize::from(!row.bid)][usize::from(row.cents)];
        depth.0[usize::from(!row.bid)][usize::from(row.cents)] = row.size;
        let event = if deltas {
            relative(row, side, row.size - before)
        } else {
            book(row.at, side, row.cents, row.size)
        };
        for action in run(&mut engine, &[event]) {
            if let Action::Place(order) = action {
                let order = order.into_inner();
                let buy = order.side == Side::Bid;
                let limit = order.price.e4() / 100;
                assert!(pending.is_none(), "one order at a time");
                outcome.orders.push((row.at, buy, limit));
                pending = Some((row.at + LATENCY_MS, order.id.sequence, buy, limit));
            }
        }
    }
    let position = engine.position(M).quantity;
    outcome.position = i32::try_from(position.e6() / 1_000_000).unwrap();
    assert!(engine.is_money_conserved());
    outcome
}

fn relative(row: &Row, side: Side, by: i32) -> Event {
    let mut event = book(row.at, side, row.cents, 0);
    if let Event::BookChanged(changed) = &mut event {
        changed.change = statecraft_domain::event::LevelChange::By(Quantity::from_contracts(by));
    }
    event
}

/// A wandering book that is never crossed: each row sets one level on its own side of a centre.
fn rows(seed: u64, count: usize) -> (Vec<Row>, Vec<Row>) {
    let mut state = seed;
    let mut next = move |below: u64| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    };
    let mut depth = Depth([[0; 101]; 2]);
    let mut opening = Vec::new();
    for distance in 1..=10_u16 {
        for (bid, cents) in [(true, 50 - distance), (false, 50 + distance)] {
            let size = 1 + i32::try_from(next(15)).unwrap();
            opening.push(Row { at: 1, bid, cents, size });
            depth.0[usize::from(!bid)][usize::from(cents)] = size;
        }
    }
    let (mut stream, mut at) = (Vec::new(), 10_i64);
    while stream.len() < count {
        at += 1 + i64::try_from(next(120)).unwrap();
        let bid = next(2) == 0;
        let (best_bid, best_ask) = (depth.best_bid(), depth.best_ask());
        let reach = u16::try_from(next(6)).unwrap();
        let cents = if bid {
            (best_bid + 2).saturating_sub(reach).min(best_ask - 1)
        } else {
            (best_ask + reach).saturating_sub(2).max(best_bid + 1)
        };
        if !(2..=98).contains(&cents) {
            continue;
        }
        let size = if next(3) == 0 { 0 } else { 1 + i32::try_from(next(20)).unwrap() };
        let slot = &mut depth.0[usize::from(!bid)][usize::from(cents)];
        let before = std::mem::replace(slot, size);
        // A side never runs empty.
        if depth.best_bid() == 0 || depth.best_ask() == 100 {
            depth.0[usize::from(!bid)][usize::from(cents)] = before;
            continue;
        }
        stream.push(Row { at, bid, cents, size });
    }
    (opening, stream)
}

#[test]
fn t1_equals_the_oracle_on_a_long_stream() {
    let (opening, stream) = rows(20_260_101, 60_000);
    let expected = oracle(&opening, &stream);
    assert!(expected.orders.len() > 300, "{} orders", expected.orders.len());
    assert!(expected.orders.iter().any(|&(_, buy, _)| buy));
    assert!(expected.orders.iter().any(|&(_, buy, _)| !buy));
    assert_eq!(engine(&opening, &stream, false), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// On any stream, with sizes as totals or as differences.
    #[test]
    fn t1_equals_the_oracle(seed in any::<u64>(), deltas in any::<bool>()) {
        let (opening, stream) = rows(seed, 3_000);
        prop_assert_eq!(engine(&opening, &stream, deltas), oracle(&opening, &stream));
    }
}
