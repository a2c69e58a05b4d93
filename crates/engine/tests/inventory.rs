//! Two strategies on one market: each decides on what its own orders brought, limits count the account's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use statecraft_domain::control::VenueCondition;
use statecraft_domain::control::{Origin, Scope};
use statecraft_domain::event::{CancelFailed, FlattenEnded, FlattenRequested, MarketSettled, Mode};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{Event, Nanos, OrderRequest, Quantity, Settlement, Side, StrategyId};
use statecraft_engine::Engine;
use statecraft_engine::config::{Decision, Exits, Kelly, Maker, StrategyLimits};
use support::*;

const TAKER: StrategyId = StrategyId(0);
const MAKER: StrategyId = StrategyId(1);
const HOUR: i64 = 3_600_000;

/// A taker and a maker of one opinion on one market.
fn both(taker: Kelly, maker: Maker, probability: f64) -> Engine {
    let mut two = vec![
        strategy(constant(probability), Decision::Kelly(taker)),
        strategy(constant(probability), Decision::Maker(maker)),
    ];
    two[1].name = "maker".into();
    trading(config(two))
}

fn whole(at: i64, order: &OrderRequest, price: u16, size: i32) -> Event {
    filled(at, order.id.sequence, &format!("t{}", order.id.sequence), order.side, price, size)
}

/// Has the maker sell at `price`, and tells its other quote's end.
fn maker_sells(engine: &mut Engine, at: i64, bid: u16, ask: u16) -> i32 {
    let mut placed = Vec::new();
    for step in 0..4 {
        let book = snapshot(at + step, &[(bid, 900 + i32::try_from(step).unwrap())], &[(ask, 900)]);
        placed.extend(of(MAKER, &run(engine, &[book])));
    }
    let quote = placed.iter().find(|order| order.side == Side::Ask).expect("an ask").clone();
    for order in &placed {
        run(engine, &[accepted(at + 10, order.id.sequence)]);
    }
    let size = i32::try_from(quote.quantity.e6() / 1_000_000).unwrap();
    let price = quote.price.e4() / 100;
    run(engine, &[whole(at + 20, &quote, price, size)]);
    size
}

/// What a maker sold is not the taker's to close, however little it thinks of it.
#[test]
fn a_taker_leaves_the_makers_position_alone() {
    let mut engine = both(Kelly { cooldown: Nanos::ZERO, ..kelly() }, maker(), 0.30);
    let size = maker_sells(&mut engine, 1_000, 27, 34);
    assert_eq!(engine.position(M).quantity, -contracts(size));
    // At 30 the other side costs what it is worth: who held NO would leave it.
    let actions = run(&mut engine, &[snapshot(9_000, &[(26, 900)], &[(30, 900)])]);
    assert_eq!(of(TAKER, &actions), [], "{:?}", told(&actions));
    let facts = engine.decision_facts(TAKER, M).unwrap();
    assert_eq!(facts.position, -contracts(size), "the account's position is shown");
    assert_eq!(facts.own, Some(Quantity::ZERO), "and the strategy's own");
}

/// A taker's own position is closed as before; never by more than the account holds of it.
#[test]
fn a_taker_closes_its_own() {
    let mut engine = both(kelly(), maker(), 0.42);
    let entry =
        of(TAKER, &run(&mut engine, &[snapshot(1_000, &[(30, 900)], &[(33, 50)])])).remove(0);
    let bought = i32::try_from(entry.quantity.e6() / 1_000_000).unwrap();
    run(&mut engine, &[whole(2_000, &entry, 33, bought)]);
    let actions = run(&mut engine, &[snapshot(3_000, &[(50, 900)], &[(53, 900)])]);
    let facts = engine.decision_facts(TAKER, M).unwrap();
    let exit = of(TAKER, &actions).into_iter().next().unwrap_or_else(|| panic!("{facts:?}"));
    assert_eq!((exit.side, exit.quantity, exit.reduce_only), (Side::Ask, contracts(bought), true));
}

/// Once the account holds nothing nobody does: what comes later has an age of its own, and is not the maker's
/// to buy back.
#[test]
fn what_is_gone_is_gone_for_everybody() {
    let exits = Exits { max_holding: Some(Nanos::from_secs(100 * 3_600)), ..Exits::default() };
    let mut engine =
        both(Kelly { cooldown: Nanos::ZERO, ..kelly() }, Maker { exits, ..maker() }, 0.42);
    let size = maker_sells(&mut engine, 1_000, 39, 46);
    let flatten = Event::FlattenRequested(FlattenRequested {
        at: ms(10_000),
        max_slippage: cents(9),
        market: Some(M),
        reason: "test".into(),
    });
    let book = snapshot(9_900, &[(41, 900)], &[(43, 900)]);
    let mut closing = run(&mut engine, &[book, flatten]);
    // Its quotes go first.
    let live: Vec<u64> = engine.orders().live().iter().map(|one| one.id().sequence).collect();
    for id in live {
        closing.extend(run(&mut engine, &[closed(10_100, id, CloseReason::Cancelled, 0)]));
    }
    let facts = engine.decision_facts(TAKER, M).unwrap();
    let close = orders(&closing).into_iter().find(|order| order.reduce_only);
    let close = close.unwrap_or_else(|| panic!("{:?} {facts:?}", told(&closing)));
    run(&mut engine, &[whole(11_000, &close, 43, size), tick(12_000)]);
    assert!(engine.position(M).quantity.is_zero());
    // The taker sells something of its own.
    let short = of(TAKER, &run(&mut engine, &[snapshot(200_000, &[(50, 200)], &[(53, 900)])]));
    assert_eq!(short.len(), 1);
    assert_eq!((short[0].side, short[0].reduce_only), (Side::Ask, false));
    let sold = i32::try_from(short[0].quantity.e6() / 1_000_000).unwrap();
    run(&mut engine, &[whole(201_000, &short[0], 50, sold)]);
    // The maker's first sale would be overdue by now.
    let actions =
        run(&mut engine, &[snapshot(101 * HOUR, &[(47, 900)], &[(49, 900)]), tick(101 * HOUR + 9)]);
    let back: Vec<_> = of(MAKER, &actions).into_iter().filter(|order| !order.post_only).collect();
    assert_eq!(back, [], "{:?}", told(&actions));
}

/// A quote whose cancel failed holds up the close only until it is asked for again.
#[test]
fn flatten_asks_again_for_the_end_of_a_quote() {
    let mut engine = both(Kelly { cooldown: Nanos::ZERO, ..kelly() }, maker(), 0.42);
    maker_sells(&mut engine, 1_000, 39, 46);
    let flatten = Event::FlattenRequested(FlattenRequested {
        at: ms(10_000),
        max_slippage: cents(9),
        market: Some(M),
        reason: "test".into(),
    });
    let book = snapshot(9_900, &[(41, 900)], &[(43, 900)]);
    let first = run(&mut engine, &[book, mode(9_950, Mode::ReduceOnly), flatten]);
    let live: Vec<u64> = engine.orders().live().iter().map(|one| one.id().sequence).collect();
    assert!(!live.is_empty());
    for id in &live {
        let asked = told(&first).iter().filter(|line| **line == format!("cancel {id}")).count();
        assert_eq!(asked, 1, "{:?}", told(&first));
        let detail = "try again".to_owned();
        let failed = CancelFailed { at: ms(10_100), order: order_id(*id), detail };
        run(&mut engine, &[Event::CancelFailed(failed)]);
    }
    assert_eq!(told(&run(&mut engine, &[tick(11_000), tick(14_000)])), [""; 0], "not at once");
    let again = told(&run(&mut engine, &[tick(15_000)]));
    for id in &live {
        assert!(again.contains(&format!("cancel {id}")), "{again:?}");
    }
    let mut closing = Vec::new();
    for id in live {
        closing.extend(run(&mut engine, &[closed(15_100, id, CloseReason::Cancelled, 0)]));
    }
    closing.extend(run(&mut engine, &[tick(16_000)]));
    assert!(orders(&closing).iter().any(|order| order.reduce_only), "{:?}", told(&closing));
}

/// A person's request is not used up by a venue that takes no order.
#[test]
fn flatten_waits_for_as_long_as_the_venue_takes_no_order() {
    let mut engine = both(Kelly { cooldown: Nanos::ZERO, ..kelly() }, maker(), 0.42);
    maker_sells(&mut engine, 1_000, 39, 46);
    let flatten = Event::FlattenRequested(FlattenRequested {
        at: ms(10_000),
        max_slippage: cents(9),
        market: Some(M),
        reason: "test".into(),
    });
    let book = |at| snapshot(at, &[(41, 900)], &[(43, 900)]);
    let late = condition(9_940, VenueCondition::Lagging);
    run(&mut engine, &[book(9_900), late, mode(9_950, Mode::ReduceOnly), flatten]);
    let live: Vec<u64> = engine.orders().live().iter().map(|one| one.id().sequence).collect();
    for id in live {
        run(&mut engine, &[closed(10_100, id, CloseReason::Cancelled, 0)]);
    }
    let ticks: Vec<Event> = (11..=400).map(|second| tick(second * 1_000)).collect();
    assert_eq!(orders(&run(&mut engine, &ticks)), []);
    assert_eq!(engine.flattening().collect::<Vec<_>>(), [M]);
    // Whoever lets everything trade again has given it up.
    let mut other = engine.clone();
    let resumed = run(&mut other, &[mode(400_500, Mode::Active)]);
    assert!(
        told(&resumed).iter().any(|line| line.contains("flatten_incomplete")),
        "{:?}",
        told(&resumed)
    );
    assert_eq!(other.flattening().count(), 0);
    let open = condition(401_000, VenueCondition::Open);
    let closing = run(&mut engine, &[book(400_900), open, book(401_100), tick(402_000)]);
    assert!(orders(&closing).iter().any(|order| order.reduce_only), "{:?}", told(&closing));
}

/// What ended is for the journal, so that no later start takes it for unfinished; the end of the process ends nothing.
#[test]
fn the_end_of_a_flatten_is_written_down() {
    let mut engine = both(Kelly { cooldown: Nanos::ZERO, ..kelly() }, maker(), 0.42);
    let size = maker_sells(&mut engine, 1_000, 39, 46);
    let flatten = Event::FlattenRequested(FlattenRequested {
        at: ms(10_000),
        max_slippage: cents(9),
        market: None,
        reason: "test".into(),
    });
    let nobody = snapshot(9_900, &[], &[]);
    run(&mut engine, &[nobody, mode(9_950, Mode::ReduceOnly), flatten]);
    let ended = |at, left| Event::FlattenEnded(FlattenEnded { at: ms(at), market: M, left });
    let mut stopped = engine.clone();
    assert_eq!(latched(&run(&mut stopped, &[mode(20_000, Mode::Halted), tick(200_000)])), []);
    let mut settled = engine.clone();
    run(
        &mut settled,
        &[Event::MarketSettled(MarketSettled {
            at: ms(20_000),
            market: M,
            settlement: Settlement::Yes,
        })],
    );
    assert_eq!(latched(&run(&mut settled, &[tick(21_000)])), [ended(21_000, Quantity::ZERO)]);
    assert_eq!(latched(&run(&mut engine, &[tick(129_000)])), []);
    let given_up = run(&mut engine, &[tick(131_000), tick(132_000)]);
    assert_eq!(latched(&given_up), [ended(131_000, -contracts(size))]);
}

/// A person closes what is held through a strategy that still may; slices that close are no loop (R21).
#[test]
fn flatten_goes_through_whoever_is_not_stopped() {
    let limits = StrategyLimits { max_order_contracts: contracts(2), ..loose_strategy_limits() };
    let mut two = vec![
        strategy(constant(0.30), Decision::Threshold(t1())),
        strategy(constant(0.30), Decision::Threshold(t1())),
    ];
    two[1].name = "second".into();
    two.iter_mut().for_each(|strategy| strategy.limits = limits);
    let mut config = config(two);
    config.limits.guards.max_repeats_per_hour = 3;
    let mut engine = Engine::new(config);
    run(&mut engine, &[listed(0, 0, "KXTEST-1"), account(0, 10_000, &[(0, 10)])]);
    run(&mut engine, &[mode(0, Mode::ReduceOnly)]);
    let stopped =
        |strategy, at| restriction(at, Scope::Strategy(strategy), Mode::Halted, Origin::Operator);
    run(&mut engine, &[stopped(TAKER, 500)]);
    assert_eq!(engine.closer(M), Some(MAKER), "the second of the two");
    let flatten = Event::FlattenRequested(FlattenRequested {
        at: ms(1_000),
        max_slippage: cents(9),
        market: Some(M),
        reason: "test".into(),
    });
    let mut actions = run(&mut engine, &[snapshot(900, &[(41, 900)], &[(43, 900)]), flatten]);
    for slice in 0..5 {
        let close = orders(&actions).into_iter().next_back();
        let close = close.unwrap_or_else(|| panic!("slice {slice}: {:?}", told(&actions)));
        assert_eq!((close.strategy, close.side, close.reduce_only), (MAKER, Side::Ask, true));
        let at = 2_000 + 2_000 * slice;
        let fill = whole(at, &close, 41, 2);
        let size = 900 + i32::try_from(slice).unwrap();
        actions = run(&mut engine, &[fill, snapshot(at + 1_500, &[(41, size)], &[(43, 900)])]);
    }
    assert!(engine.position(M).quantity.is_zero(), "{:?}", engine.position(M));
    assert_eq!(engine.controls().restriction(Scope::Strategy(MAKER)), None);
    // Nobody left who may close: said, and not as if the slippage were to blame.
    let mut engine = engine.clone();
    run(&mut engine, &[stopped(MAKER, 60_000)]);
    assert_eq!(engine.closer(M), None);
}

/// The account's position is what limits count, whoever holds it.
#[test]
fn limits_count_the_account() {
    let mut two = vec![
        strategy(constant(0.42), Decision::Kelly(Kelly { cooldown: Nanos::ZERO, ..kelly() })),
        strategy(constant(0.60), Decision::Kelly(Kelly { cooldown: Nanos::ZERO, ..kelly() })),
    ];
    two[1].name = "second".into();
    for one in &mut two {
        one.limits = StrategyLimits { max_position_contracts: contracts(50), ..one.limits };
    }
    let mut engine = trading(config(two));
    let actions = run(&mut engine, &[snapshot(1_000, &[(30, 900)], &[(33, 900)])]);
    let placed = orders(&actions);
    let total: Quantity = placed.iter().map(|order| order.quantity).sum();
    assert!(total.is_positive() && total <= contracts(50), "{:?}", told(&actions));
}
