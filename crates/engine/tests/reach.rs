//! A close goes as far as the gate lets it: what can be sold within the limits is not held up by what cannot.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use statecraft_domain::control::VenueCondition;
use statecraft_domain::event::{FlattenRequested, Mode};
use statecraft_domain::{
    Action, Denial, Event, Nanos, OrderRequest, Price, Quantity, Side, StrategyId, Timestamp,
};
use statecraft_engine::config::{Decision, EngineConfig, Exits, Kelly};
use statecraft_engine::{DecisionOutcome, Engine};
use support::*;

const S: StrategyId = StrategyId(0);
const SECOND: i64 = 1_000;

fn why(engine: &Engine) -> Option<Denial> {
    match engine.last_decision(S, M)?.outcome {
        DecisionOutcome::Denied(denial) => Some(denial),
        DecisionOutcome::Order { .. } => None,
    }
}

/// Holds so many contracts that it thinks this much of, with a collar of eight cents and a hundred to an order.
fn holder(
    held: i32,
    probability: f64,
    exits: Exits,
    change: impl FnOnce(&mut EngineConfig),
) -> Engine {
    let rules = Kelly { exits, ..kelly() };
    let mut config = config(vec![strategy(constant(probability), Decision::Kelly(rules))]);
    config.strategies[0].limits.price_collar = cents(8);
    config.strategies[0].limits.max_order_contracts = contracts(100);
    change(&mut config);
    let mut engine = Engine::new(config);
    let opening = [listed(0, 0, "KXTEST-1"), account(0, 10_000, &[(0, held)])];
    run(&mut engine, &opening);
    run(&mut engine, &[mode(0, Mode::Active)]);
    engine
}

fn same(_: &mut EngineConfig) {}

/// Side, price and contracts of every order; all of them only reduce.
fn closes(actions: &[Action]) -> Vec<(Side, Price, Quantity)> {
    let of = |order: OrderRequest| {
        assert!(order.reduce_only, "{order:?}");
        (order.side, order.price, order.quantity)
    };
    orders(actions).into_iter().map(of).collect()
}

fn whole(at: i64, sequence: u64, side: Side, price: u16, size: i32) -> Event {
    filled(at, sequence, &format!("t{sequence}"), side, price, size)
}

/// Three hundred are held and a hundred may go at once; only the first levels are inside the collar.
#[test]
fn r8_a_close_goes_as_far_as_it_may() {
    let mut engine = holder(300, 0.21, Exits::default(), same);
    let deep = snapshot(SECOND, &[(40, 50), (36, 50), (33, 50), (28, 500)], &[(42, 900)]);
    let first = closes(&run(&mut engine, &[deep]));
    assert_eq!(first, [(Side::Ask, cents(36), contracts(100))], "{:?}", why(&engine));
    // The middle is 37.5: 28 is further away.
    let left = snapshot(2 * SECOND, &[(33, 50), (28, 500)], &[(42, 900)]);
    let second = closes(&run(&mut engine, &[left, whole(3 * SECOND, 1, Side::Ask, 38, 100)]));
    assert_eq!(second, [(Side::Ask, cents(33), contracts(50))], "{:?}", why(&engine));
    let gone = snapshot(4 * SECOND, &[(28, 500)], &[(42, 900)]);
    let third = run(&mut engine, &[gone, whole(5 * SECOND, 2, Side::Ask, 33, 50)]);
    assert_eq!((closes(&third), why(&engine)), (vec![], Some(Denial::Collar)));
}

#[test]
fn r8_a_close_of_no_is_the_mirror_image() {
    let mut engine = holder(-300, 0.79, Exits::default(), same);
    let deep = snapshot(SECOND, &[(58, 900)], &[(60, 50), (64, 50), (67, 50), (72, 500)]);
    let first = closes(&run(&mut engine, &[deep]));
    assert_eq!(first, [(Side::Bid, cents(64), contracts(100))], "{:?}", why(&engine));
    let left = snapshot(2 * SECOND, &[(58, 900)], &[(67, 50), (72, 500)]);
    let second = closes(&run(&mut engine, &[left, whole(3 * SECOND, 1, Side::Bid, 62, 100)]));
    assert_eq!(second, [(Side::Bid, cents(67), contracts(50))], "{:?}", why(&engine));
}

/// The range of prices bounds it as the collar does.
#[test]
fn r5_a_close_goes_no_further_than_the_range_of_prices() {
    let least = |c: &mut EngineConfig| c.strategies[0].limits.min_price = cents(35);
    let mut engine = holder(90, 0.21, Exits::default(), least);
    let deep = snapshot(SECOND, &[(40, 50), (36, 20), (33, 50)], &[(42, 900)]);
    let sold = closes(&run(&mut engine, &[deep]));
    assert_eq!(sold, [(Side::Ask, cents(36), contracts(70))], "{:?}", why(&engine));
}

/// What others overpay for by so much is sold to them; it is bought by nobody here.
#[test]
fn r10_holds_up_no_close() {
    let most = |c: &mut EngineConfig| c.strategies[0].limits.max_edge = 0.10;
    let book = || snapshot(SECOND, &[(40, 500)], &[(42, 900)]);
    let mut engine = holder(50, 0.21, Exits::default(), most);
    let sold = closes(&run(&mut engine, &[book()]));
    assert_eq!(sold, [(Side::Ask, cents(40), contracts(50))], "{:?}", why(&engine));
    let mut engine = holder(0, 0.21, Exits::default(), most);
    assert_eq!(closes(&run(&mut engine, &[book()])), []);
    assert_eq!(why(&engine), Some(Denial::EdgeTooLarge));
}

fn after_a_minute() -> Exits {
    Exits { max_holding: Some(Nanos::from_secs(60)), ..Exits::default() }
}

/// Has bought a hundred at 33 cents, which must go after a minute.
fn leaving(collar: u16) -> Engine {
    let collar = |c: &mut EngineConfig| {
        c.strategies[0].limits.price_collar = cents(collar);
        c.strategies[0].limits.max_position_contracts = contracts(100);
    };
    let mut engine = holder(0, 0.42, after_a_minute(), collar);
    let entry = orders(&run(&mut engine, &[snapshot(SECOND, &[(32, 900)], &[(33, 100)])]));
    assert_eq!(entry[0].quantity, contracts(100));
    run(&mut engine, &[whole(2 * SECOND, 1, Side::Bid, 33, 100)]);
    engine
}

/// The exit's own slippage reaches past the collar: it sells what is inside, and comes back.
#[test]
fn r8_an_exit_goes_as_far_as_it_may() {
    let mut engine = leaving(5);
    let thin = snapshot(63 * SECOND, &[(32, 5), (29, 900)], &[(38, 500)]);
    let sold = closes(&run(&mut engine, &[thin]));
    assert_eq!(sold, [(Side::Ask, cents(32), contracts(5))], "{:?}", why(&engine));
}

/// Between two messages of its book a market shows what nobody would sell at.
#[test]
fn r8_an_exit_does_not_sell_into_a_gap() {
    let mut engine = leaving(8);
    let gap = |at| snapshot(at, &[(1, 5_000)], &[(38, 500)]);
    let seen = snapshot(61 * SECOND, &[(32, 900)], &[(38, 500)]);
    run(&mut engine, &[seen]);
    let kept = run(&mut engine, &[gap(63 * SECOND), tick(63 * SECOND + 100)]);
    assert_eq!((closes(&kept), why(&engine)), (vec![], Some(Denial::Collar)));
    let mut back = engine.clone();
    let sold = run(&mut back, &[snapshot(64 * SECOND, &[(32, 900)], &[(38, 500)])]);
    assert_eq!(closes(&sold), [(Side::Ask, cents(32), contracts(100))]);
    // A better price than before may be taken whatever was before.
    let mut better = engine.clone();
    let sold = run(&mut better, &[snapshot(64 * SECOND, &[(60, 900)], &[(90, 500)])]);
    assert_eq!(closes(&sold), [(Side::Ask, cents(60), contracts(100))]);
    // It is no gap if it goes on: after ten minutes that is what others pay.
    assert_eq!(closes(&run(&mut engine, &[gap(662 * SECOND)])), []);
    let sold = run(&mut engine, &[gap(664 * SECOND)]);
    assert_eq!(closes(&sold), [(Side::Ask, cents(1), contracts(100))], "{:?}", why(&engine));
}

/// A trade from before the middle that is gone says less than that.
#[test]
fn r8_an_old_trade_sells_nothing_into_a_gap() {
    let mut engine = leaving(8);
    let seen = [traded(3 * SECOND, 30), snapshot(61 * SECOND, &[(45, 900)], &[(47, 500)])];
    let gap = snapshot(63 * SECOND, &[(24, 5_000)], &[(47, 500)]);
    run(&mut engine, &[seen[0].clone()]);
    run(&mut engine, &[mode(4 * SECOND, Mode::Halted), seen[1].clone()]);
    let kept =
        run(&mut engine, &[gap, mode(63 * SECOND + 1, Mode::Active), tick(63 * SECOND + 100)]);
    assert_eq!((closes(&kept), why(&engine)), (vec![], Some(Denial::Collar)));
}

/// After hours in which nobody could trade, the first price is no price yet.
#[test]
fn r8_a_venue_that_has_just_opened_again_has_to_show_a_market_first() {
    let mut engine = leaving(8);
    run(&mut engine, &[snapshot(30 * SECOND, &[(32, 900)], &[(38, 500)])]);
    let hours = 7_200 * SECOND;
    run(&mut engine, &[condition(31 * SECOND, VenueCondition::Maintenance), tick(32 * SECOND)]);
    run(&mut engine, &[snapshot(40 * SECOND, &[(5, 5_000)], &[(90, 500)]), tick(hours)]);
    let opened = run(
        &mut engine,
        &[
            condition(hours + 1, VenueCondition::Open),
            tick(hours + 100),
            tick(hours + 590 * SECOND),
        ],
    );
    assert_eq!((closes(&opened), why(&engine)), (vec![], Some(Denial::Collar)));
    let same = snapshot(hours + 601 * SECOND, &[(5, 5_001)], &[(90, 500)]);
    let later = closes(&run(&mut engine, &[tick(hours + 600 * SECOND + 200), same]));
    assert_eq!(later, [(Side::Ask, cents(5), contracts(100))], "{:?}", why(&engine));
}

/// A trade since is the newer word; nothing is opened by any of this.
#[test]
fn r8_what_is_opened_needs_a_middle_or_a_fresh_trade() {
    let mut engine = leaving(8);
    let gap = |at| snapshot(at, &[(20, 5_000)], &[(38, 500)]);
    run(&mut engine, &[gap(63 * SECOND)]);
    assert_eq!(why(&engine), Some(Denial::Collar));
    let sold =
        run(&mut engine, &[traded(64 * SECOND, 27), tick(64 * SECOND + 1), gap(65 * SECOND)]);
    assert_eq!(closes(&sold), [(Side::Ask, cents(20), contracts(100))], "{:?}", why(&engine));
    let mut flat = holder(0, 0.60, Exits::default(), same);
    let opened = run(&mut flat, &[snapshot(SECOND, &[(30, 9)], &[(33, 1)]), gap(2 * SECOND)]);
    assert_eq!(orders(&opened).len(), 1, "at the middle only");
    run(&mut flat, &[whole(3 * SECOND, 1, Side::Bid, 33, 1), gap(2_000 * SECOND)]);
    assert_eq!(why(&flat), Some(Denial::Collar));
}

fn flatten(at: Timestamp) -> Event {
    let (market, reason) = (None, String::new());
    Event::FlattenRequested(FlattenRequested { at, max_slippage: cents(2), market, reason })
}

/// A book that has always been wide has no middle to wait for.
#[test]
fn a_flatten_leaves_in_a_wide_book_and_an_empty_one() {
    for asks in [&[(38, 900)][..], &[]] {
        let mut engine = holder(50, 0.20, Exits::default(), |config| {
            config.strategies[0].decision = Decision::Threshold(t1());
        });
        let seen = run(&mut engine, &[snapshot(SECOND, &[(20, 900)], asks), tick(2 * SECOND)]);
        assert_eq!(closes(&seen), []);
        let early = closes(&run(&mut engine.clone(), &[flatten(ms(600 * SECOND))]));
        assert_eq!(early, [], "a process that has just begun does not know how wide it always was");
        run(&mut engine, &[snapshot(602 * SECOND, &[(20, 900)], asks)]);
        let sold = closes(&run(&mut engine, &[flatten(ms(603 * SECOND))]));
        assert_eq!(sold, [(Side::Ask, cents(18), contracts(50))], "{asks:?} {:?}", why(&engine));
    }
}
