//! How a taker executes: in slices, out in time, and together with what wins together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use statecraft_domain::event::{MarketStatusChanged, Mode, OrderUnknown};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    Denial, Event, MarketStatus, Nanos, OrderRequest, Quantity, Side, StrategyId,
};
use statecraft_engine::config::{
    Band, Companion, Decision, Exits, Kelly, MarketSelector, ModelSpec, Slicing, TickerPattern,
};
use statecraft_engine::{Engine, Strategy};
use support::*;

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;

fn taker(rules: Kelly, probability: f64) -> Engine {
    trading(config(vec![strategy(constant(probability), Decision::Kelly(rules))]))
}

#[test]
fn an_entry_comes_in_slices_and_ends() {
    let slicing = Slicing { contracts: Some(contracts(100)), interval: Nanos::from_secs(60) };
    let mut engine = taker(Kelly { slicing, ..kelly() }, 0.42);
    let asks = |at| snapshot(at, &[(30, 900)], &[(33, 5_000)]);
    let mut at = SECOND;
    let mut total = 0;
    let mut sizes = Vec::new();
    for _ in 0..2_000 {
        for order in orders(&run(&mut engine, &[asks(at)])) {
            sizes.push((at, order.quantity));
            total += i32::try_from(order.quantity.e6() / 1_000_000).unwrap();
            fill_whole(&mut engine, at + 1, &order, 33);
        }
        at += SECOND;
    }
    assert!(sizes.iter().all(|(_, size)| *size <= contracts(100)), "{sizes:?}");
    assert!(sizes.len() > 3, "{sizes:?}");
    let apart = sizes.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 60 * SECOND);
    assert!(apart, "{sizes:?}");
    // All slices together come to what one order would have been.
    let mut whole = taker(kelly(), 0.42);
    let once = orders(&run(&mut whole, &[asks(SECOND)]));
    let once = i32::try_from(once[0].quantity.e6() / 1_000_000).unwrap();
    assert!((total - once).abs() <= once / 20, "{total} in slices, {once} at once");
}

/// Never past the level whose own edge is too small, however much is wanted.
#[test]
fn no_sweep_past_the_edge() {
    let mut engine = taker(Kelly { fraction: 1.0, max_loss_share: 1.0, ..kelly() }, 0.42);
    let deep = snapshot(SECOND, &[(30, 900)], &[(38, 10), (39, 10), (41, 10_000)]);
    let placed = orders(&run(&mut engine, &[deep]));
    // 42 - 41 is one cent; two are needed.
    assert_eq!((placed[0].price, placed[0].quantity), (cents(39), contracts(20)));
}

#[test]
fn held_too_long_is_sold_and_not_bought_back_at_once() {
    let exits = Exits {
        max_holding: Some(Nanos::from_secs(3_600)),
        reentry: Nanos::from_secs(7_200),
        ..Exits::default()
    };
    let mut engine = taker(Kelly { exits, ..kelly() }, 0.42);
    let book = |at| snapshot(at, &[(32, 900)], &[(33, 500)]);
    let entry = orders(&run(&mut engine, &[book(SECOND)])).remove(0);
    fill_whole(&mut engine, 2 * SECOND, &entry, 33);
    let early = run(&mut engine, &[book(HOUR)]);
    assert!(orders(&early).iter().all(|order| order.side == Side::Bid), "{:?}", told(&early));
    for order in orders(&early) {
        run(&mut engine, &[closed(HOUR, order.id.sequence, CloseReason::ImmediateRest, 0)]);
    }
    let exit = orders(&run(&mut engine, &[book(HOUR + 3 * SECOND)])).remove(0);
    assert_eq!((exit.side, exit.price, exit.reduce_only), (Side::Ask, cents(32), true));
    assert_eq!(exit.quantity, engine.position(M).quantity.abs());
    fill_whole(&mut engine, HOUR + 4 * SECOND, &exit, 32);
    assert!(engine.position(M).quantity.is_zero());
    assert!(orders(&run(&mut engine, &[book(2 * HOUR)])).is_empty());
    assert_eq!(why(&engine, 0), Denial::Reentry);
    assert_eq!(orders(&run(&mut engine, &[book(3 * HOUR + 4 * SECOND)])).len(), 1);
}

/// An exit reaches no further than its slippage, and comes back for the rest.
#[test]
fn an_exit_takes_what_is_near() {
    let exits = Exits { max_holding: Some(Nanos::from_secs(60)), ..Exits::default() };
    let mut engine = taker(Kelly { exits, ..kelly() }, 0.42);
    let entry = orders(&run(&mut engine, &[snapshot(SECOND, &[(32, 9)], &[(33, 500)])])).remove(0);
    fill_whole(&mut engine, 2 * SECOND, &entry, 33);
    let thin = snapshot(63 * SECOND, &[(32, 5), (30, 6), (20, 9_000)], &[(33, 500)]);
    let exit = orders(&run(&mut engine, &[thin])).remove(0);
    assert_eq!((exit.price, exit.quantity), (cents(30), contracts(11)));
    let rest = fill_whole(&mut engine, 64 * SECOND, &exit, 30);
    assert_eq!(orders(&rest).len(), 1, "the rest follows");
}

#[test]
fn the_model_moved_against_what_is_held() {
    let external = ModelSpec::External { sd_logit: 0.3, max_age: Nanos::from_secs(86_400) };
    let exits = Exits { stop_move: Some(0.08), ..Exits::default() };
    let rules = Kelly { exits, ..kelly() };
    let mut engine = trading(config(vec![strategy(external, Decision::Kelly(rules))]));
    let book = |at| snapshot(at, &[(22, 900)], &[(23, 500)]);
    run(&mut engine, &[signal(500, "a", "probability", 0.42)]);
    let entry = orders(&run(&mut engine, &[book(SECOND)])).remove(0);
    fill_whole(&mut engine, 2 * SECOND, &entry, 23);
    run(&mut engine, &[book(3 * SECOND)]);
    // Still worth more than its price: without the stop it would be held.
    let moved = orders(&run(&mut engine, &[signal(4_000, "b", "probability", 0.33)]));
    assert_eq!(moved.len(), 1);
    assert_eq!((moved[0].side, moved[0].reduce_only), (Side::Ask, true));
}

#[test]
fn out_before_the_close_and_in_reduce_only() {
    let exits = Exits { before_close: Some(Nanos::from_secs(1_800)), ..Exits::default() };
    let mut engine = taker(Kelly { exits, ..kelly() }, 0.42);
    let book = |at| snapshot(at, &[(32, 900)], &[(33, 500)]);
    let entry = orders(&run(&mut engine, &[book(SECOND)])).remove(0);
    fill_whole(&mut engine, 2 * SECOND, &entry, 33);
    let close = Event::MarketStatusChanged(MarketStatusChanged {
        at: ms(3 * SECOND),
        market: M,
        status: MarketStatus::Active,
        close: Some(ms(HOUR)),
    });
    run(&mut engine, &[close, mode(4 * SECOND, Mode::ReduceOnly)]);
    assert!(orders(&run(&mut engine, &[book(HOUR / 2 - SECOND)])).is_empty());
    let exit = orders(&run(&mut engine, &[book(HOUR / 2)])).remove(0);
    assert_eq!((exit.side, exit.reduce_only), (Side::Ask, true));
}

/// What the strategy holds is given up in time, whether it still believes anything or not.
#[test]
fn out_before_the_close_without_a_probability() {
    let exits = Exits { before_close: Some(Nanos::from_secs(1_800)), ..Exits::default() };
    let external = ModelSpec::External { sd_logit: 0.3, max_age: Nanos::from_secs(600) };
    let rules = Kelly { exits, ..kelly() };
    let mut engine = trading(config(vec![strategy(external, Decision::Kelly(rules))]));
    let book = |at| snapshot(at, &[(32, 900)], &[(33, 500)]);
    run(&mut engine, &[signal(500, "a", "probability", 0.42)]);
    let entry = orders(&run(&mut engine, &[book(SECOND)])).remove(0);
    fill_whole(&mut engine, 2 * SECOND, &entry, 33);
    let close = Event::MarketStatusChanged(MarketStatusChanged {
        at: ms(3 * SECOND),
        market: M,
        status: MarketStatus::Active,
        close: Some(ms(HOUR)),
    });
    run(&mut engine, &[close]);
    assert!(orders(&run(&mut engine, &[book(HOUR / 2 - SECOND)])).is_empty());
    assert_eq!(engine.estimate(StrategyId(0)), None, "too old");
    assert_eq!(why(&engine, 0), Denial::NoModel);
    let exit = orders(&run(&mut engine, &[book(HOUR / 2)])).into_iter().next().expect("an exit");
    assert_eq!((exit.side, exit.quantity, exit.reduce_only), (Side::Ask, entry.quantity, true));
}

/// Around its target a position is left alone.
#[test]
fn the_band_leaves_small_differences_alone() {
    let with = |share: f64| {
        let band = Band { share, variance_per_day: 0.0 };
        let rules = Kelly { band, cooldown: Nanos::ZERO, max_loss_share: 1.0, ..kelly() };
        let mut engine = taker(rules, 0.42);
        let deep = |at, ask| snapshot(at, &[(30, 9_000)], &[(ask, 90_000)]);
        let entry = orders(&run(&mut engine, &[deep(SECOND, 33)])).remove(0);
        fill_whole(&mut engine, 2 * SECOND, &entry, 33);
        // A little cheaper: a little more would be best.
        orders(&run(&mut engine, &[deep(3 * SECOND, 32)])).iter().map(|order| order.quantity).sum()
    };
    let (free, banded): (Quantity, Quantity) = (with(0.0), with(0.5));
    assert!(free.is_positive());
    assert_eq!(banded, Quantity::ZERO);
    assert!(with(0.02) < free);
}

fn named(name: &str, event: &str, ticker: &str, companions: Vec<Companion>) -> Strategy {
    Strategy {
        name: name.into(),
        event: event.into(),
        markets: vec![MarketSelector {
            venue: statecraft_domain::Venue::Kalshi,
            pattern: TickerPattern::Exact(ticker.into()),
        }],
        companions,
        ..strategy(constant(0.42), Decision::Kelly(Kelly { max_loss_share: 1.0, ..kelly() }))
    }
}

/// With trips shared, less is bought of the second country than alone.
#[test]
fn companions_are_sized_together() {
    let size = |shared: Option<f64>| {
        let companions = shared
            .map(|shared_trips| Companion { event: "china".into(), shared_trips })
            .into_iter()
            .collect();
        let mut engine = trading(config(vec![
            named("china", "china", "KXTEST-1", Vec::new()),
            named("japan", "japan", "KXTEST-2", companions),
        ]));
        run(&mut engine, &[listed(10, 1, "KXTEST-2")]);
        let first = snapshot_of(SECOND, 0, &[(31, 9_000)], &[(33, 9_000)]);
        let china = orders(&run(&mut engine, &[first])).remove(0);
        fill_whole(&mut engine, SECOND + 1, &china, 33);
        let second = snapshot_of(2 * SECOND, 1, &[(31, 9_000)], &[(33, 9_000)]);
        orders(&run(&mut engine, &[second])).remove(0).quantity
    };
    assert!(size(Some(0.8)) < size(Some(0.2)));
    assert!(size(Some(0.2)) <= size(None));
}

fn two_countries(shared_trips: f64) -> Engine {
    let companions = vec![Companion { event: "china".into(), shared_trips }];
    let mut config = config(vec![
        named("china", "china", "KXTEST-1", Vec::new()),
        named("japan", "japan", "KXTEST-2", companions),
    ]);
    for one in &mut config.strategies {
        one.limits.max_order_contracts = contracts(300);
        if let Decision::Kelly(rules) = &mut one.decision {
            rules.cooldown = Nanos::ZERO;
        }
    }
    config.strategies[1].limits.max_order_contracts = contracts(100_000);
    let mut engine = trading(config);
    run(&mut engine, &[listed(10, 1, "KXTEST-2")]);
    engine
}

fn china(at: i64, bid: u16, ask: u16) -> Event {
    snapshot_of(at, 0, &[(bid, 9_000)], &[(ask, 9_000)])
}

fn japan(engine: &mut Engine) -> Quantity {
    let second = snapshot_of(9 * SECOND, 1, &[(31, 9_000)], &[(33, 9_000)]);
    orders(&run(engine, &[second])).remove(0).quantity
}

fn no_answer(at: i64, order: &OrderRequest) -> Event {
    let cause = "timeout".to_owned();
    Event::OrderUnknown(OrderUnknown { at: ms(at), order: order.id, cause })
}

/// A companion is there whatever its last evaluation came to: while its order is at work it has no need of a belief.
#[test]
fn a_companion_whose_order_is_at_work_counts() {
    let size = |woken: bool| {
        let mut engine = two_countries(0.8);
        let first = orders(&run(&mut engine, &[china(SECOND, 31, 33)])).remove(0);
        let second = fill_whole(&mut engine, SECOND + 1, &first, 33);
        let second = orders(&second).remove(0);
        run(&mut engine, &[no_answer(SECOND + 2, &second)]);
        if woken {
            run(&mut engine, &[reconciled(3 * SECOND, 2 * SECOND), china(4 * SECOND, 31, 33)]);
            assert_eq!(why(&engine, 0), Denial::OrderWorking);
        }
        japan(&mut engine)
    };
    assert_eq!(size(true), size(false));
    let alone = japan(&mut two_countries(0.8));
    assert!(size(true) < alone, "{} with it, {alone} without", size(true));
}

/// What may still fill counts as filled.
#[test]
fn what_a_companion_has_on_its_way_counts_as_held() {
    let size = |filled: bool| {
        let mut engine = two_countries(0.8);
        let order = orders(&run(&mut engine, &[china(SECOND, 31, 33)])).remove(0);
        run(&mut engine, &[mode(SECOND + 1, Mode::Halted)]);
        if filled {
            fill_whole(&mut engine, SECOND + 2, &order, 33);
        } else {
            run(&mut engine, &[no_answer(SECOND + 2, &order)]);
        }
        // Nothing more is worth buying there.
        run(&mut engine, &[china(2 * SECOND, 31, 42), mode(3 * SECOND, Mode::Active)]);
        japan(&mut engine)
    };
    assert_eq!(size(false), size(true));
    assert!(size(false) < japan(&mut two_countries(0.8)));
}
