//! Quotes of another strategy do not hold up a close on their market: they go, the close leaves, and it never
//! meets them and never sells more than is held.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use statecraft_domain::control::{Origin, Scope};
use statecraft_domain::event::Mode;
use statecraft_domain::order::CloseReason;
use statecraft_domain::{Action, Denial, Event, Nanos, OrderRequest, Side, StrategyId};
use statecraft_engine::config::{Decision, Exits, Kelly, Maker, StrategyLimits};
use statecraft_engine::{DecisionOutcome, Engine};
use support::*;

const TAKER: StrategyId = StrategyId(0);
const MAKER: StrategyId = StrategyId(1);
const SECOND: i64 = 1_000;

fn orders(actions: &[Action]) -> Vec<OrderRequest> {
    let placed = actions.iter().filter_map(|action| match action {
        Action::Place(order) => Some(order.get().clone()),
        _ => None,
    });
    placed.collect()
}

fn of(strategy: StrategyId, actions: &[Action]) -> Vec<OrderRequest> {
    orders(actions).into_iter().filter(|order| order.strategy == strategy).collect()
}

fn why(engine: &Engine, strategy: StrategyId) -> Option<Denial> {
    match engine.last_decision(strategy, M)?.outcome {
        DecisionOutcome::Denied(denial) => Some(denial),
        DecisionOutcome::Order { .. } => None,
    }
}

fn fill(at: i64, order: &OrderRequest, price: u16, size: i32) -> Event {
    filled(at, order.id.sequence, &format!("t{}", order.id.sequence), order.side, price, size)
}

/// What of the maker rests on this side.
fn quote(engine: &Engine, side: Side) -> Option<OrderRequest> {
    let mut live = engine.orders().live().iter().map(|record| &record.request);
    live.find(|order| order.strategy == MAKER && order.side == side).cloned()
}

/// The book of others, and in it what rests of ours.
fn book_with_ours(engine: &Engine, at: i64, bid: u16, ask: u16) -> Event {
    let of = |side, others: u16| {
        let own = quote(engine, side).map(|order| (order.price.e4() / 100, 20));
        own.into_iter().chain([(others, 900)]).collect::<Vec<_>>()
    };
    snapshot(at, &of(Side::Bid, bid), &of(Side::Ask, ask))
}

/// Shows that book.
fn see(engine: &mut Engine, at: i64, bid: u16, ask: u16) -> Vec<Action> {
    let book = book_with_ours(engine, at, bid, ask);
    run(engine, &[book])
}

/// A taker that has bought 50 at 33 cents, and a maker that quotes both sides of 30 to 37 cents since.
fn beside_quotes(exits: Exits, maker_thinks: f64) -> Engine {
    let rules = Maker { max_quotes_per_minute: 60, ..maker() };
    let mut two = vec![
        strategy(constant(0.42), Decision::Kelly(Kelly { exits, ..kelly() })),
        strategy(constant(maker_thinks), Decision::Maker(rules)),
    ];
    two[1].name = "maker".into();
    two[0].limits = StrategyLimits {
        max_order_contracts: contracts(50),
        max_position_contracts: contracts(200),
        ..two[0].limits
    };
    let mut engine = trading(config(two));
    let entry = of(TAKER, &run(&mut engine, &[snapshot(SECOND, &[(30, 900)], &[(33, 50)])]));
    run(&mut engine, &[fill(SECOND + 1, &entry[0], 33, 50)]);
    for step in 2..8 {
        let placed = see(&mut engine, step * SECOND, 30, 37);
        for order in of(MAKER, &placed) {
            run(&mut engine, &[accepted(step * SECOND + 1, order.id.sequence)]);
        }
    }
    assert_eq!(engine.position(M).quantity, contracts(50));
    assert!(quote(&engine, Side::Bid).is_some() && quote(&engine, Side::Ask).is_some());
    engine
}

fn after_a_minute() -> Exits {
    Exits { max_holding: Some(Nanos::from_secs(60)), ..Exits::default() }
}

fn cancels(actions: &[Action], order: &OrderRequest) -> bool {
    told(actions).contains(&format!("cancel {}", order.id.sequence))
}

fn gone(at: i64, order: &OrderRequest) -> Event {
    closed(at, order.id.sequence, CloseReason::Cancelled, 0)
}

/// The bid that the exit would meet goes first; the exit leaves when its end is known, at the price of others.
#[test]
fn an_exit_does_not_wait_behind_a_quote() {
    let mut engine = beside_quotes(after_a_minute(), 0.35);
    let bid = quote(&engine, Side::Bid).unwrap();
    assert!(bid.price > cents(30), "{bid:?}");
    let due = see(&mut engine, 62 * SECOND, 30, 37);
    assert!(cancels(&due, &bid), "{:?}", told(&due));
    assert_eq!((of(TAKER, &due), why(&engine, TAKER)), (vec![], Some(Denial::OrderWorking)));
    // Asked once, nothing new, and nothing that would meet it.
    let mut waiting = see(&mut engine, 63 * SECOND, 30, 37);
    waiting.extend(run(&mut engine, &[tick(64 * SECOND)]));
    assert_eq!((orders(&waiting), cancels(&waiting, &bid)), (vec![], false));
    assert_eq!(why(&engine, MAKER), Some(Denial::QuotesPulled));
    let exit = run(&mut engine, &[gone(65 * SECOND, &bid)]);
    let [exit] = orders(&exit).try_into().unwrap_or_else(|_| panic!("{:?}", told(&exit)));
    assert_eq!((exit.strategy, exit.side, exit.reduce_only), (TAKER, Side::Ask, true));
    assert_eq!((exit.price, exit.quantity), (cents(30), contracts(50)));
    // A part fills: no quote comes before the rest has left too.
    let ask = quote(&engine, Side::Ask);
    let ended = ask.iter().map(|ask| gone(65_500, ask)).collect::<Vec<_>>();
    run(&mut engine, &ended);
    let part = [
        fill(66 * SECOND, &exit, 30, 20),
        closed(66_100, exit.id.sequence, CloseReason::ImmediateRest, 20),
    ];
    let rest = run(&mut engine, &part);
    let [rest] = orders(&rest).try_into().unwrap_or_else(|_| panic!("{:?}", told(&rest)));
    assert_eq!((rest.strategy, rest.quantity), (TAKER, contracts(30)));
    run(&mut engine, &[fill(67 * SECOND, &rest, 30, 30)]);
    assert!(engine.position(M).quantity.is_zero());
    let again =
        run(&mut engine, &[snapshot(68 * SECOND, &[(30, 900)], &[(37, 900)]), tick(69 * SECOND)]);
    assert!(!of(MAKER, &again).is_empty(), "{:?} {:?}", told(&again), why(&engine, MAKER));
}

/// What is closed because its price is right goes the same way; own quotes are no depth to sell into.
#[test]
fn a_sale_for_its_edge_does_not_wait_behind_a_quote() {
    let mut engine = beside_quotes(Exits::default(), 0.60);
    let low = quote(&engine, Side::Bid).unwrap();
    assert!(cancels(&see(&mut engine, 9 * SECOND, 41, 50), &low));
    let placed = run(&mut engine, &[gone(9_000, &low)]);
    let bid = quote(&engine, Side::Bid);
    let bid = bid.unwrap_or_else(|| panic!("{:?} {:?}", told(&placed), why(&engine, MAKER)));
    assert_eq!(bid.price, cents(42), "{:?}", told(&placed));
    run(&mut engine, &[accepted(9_001, bid.id.sequence)]);
    let own = see(&mut engine, 10 * SECOND, 41, 50);
    assert_eq!((of(TAKER, &own), why(&engine, TAKER)), (vec![], Some(Denial::NoEdge)));
    assert!(!cancels(&own, &bid));
    let met = see(&mut engine, 11 * SECOND, 42, 50);
    assert_eq!((of(TAKER, &met), why(&engine, TAKER)), (vec![], Some(Denial::OrderWorking)));
    assert!(cancels(&met, &bid), "{:?}", told(&met));
    let sale = of(TAKER, &run(&mut engine, &[gone(12 * SECOND, &bid)]));
    let sale = sale.first().map(|order| (order.side, order.price, order.quantity));
    assert_eq!(sale, Some((Side::Ask, cents(42), contracts(50))));
}

/// Where only closing is allowed, an ask of the maker's would leave nothing to close: it goes first. Where more is
/// allowed it is in nobody's way.
#[test]
fn an_exit_that_may_only_close_does_not_wait_for_a_quote_of_its_side() {
    for only in [false, true] {
        let mut engine = beside_quotes(after_a_minute(), 0.35);
        let (bid, ask) = (quote(&engine, Side::Bid).unwrap(), quote(&engine, Side::Ask).unwrap());
        assert!(bid.price < cents(35));
        if only {
            let scope = Scope::Strategy(TAKER);
            run(
                &mut engine,
                &[restriction(30 * SECOND, scope, Mode::ReduceOnly, Origin::Operator)],
            );
        }
        let mut actions = see(&mut engine, 62 * SECOND, 35, 37);
        if only {
            assert!(cancels(&actions, &ask), "{:?}", told(&actions));
            assert_eq!(
                (of(TAKER, &actions), why(&engine, TAKER)),
                (vec![], Some(Denial::OrderWorking))
            );
            actions = run(&mut engine, &[gone(63 * SECOND, &ask)]);
        }
        let exit = of(TAKER, &actions);
        let exit = exit.first().map(|order| (order.side, order.price, order.quantity));
        assert_eq!(exit, Some((Side::Ask, cents(35), contracts(50))), "{:?}", told(&actions));
    }
}

/// Nothing of a stopped strategy leaves: it keeps nobody from quoting.
#[test]
fn a_stopped_strategy_clears_nothing() {
    let mut engine = beside_quotes(after_a_minute(), 0.35);
    let bid = quote(&engine, Side::Bid).unwrap();
    assert!(cancels(&see(&mut engine, 62 * SECOND, 30, 37), &bid));
    run(
        &mut engine,
        &[restriction(63 * SECOND, Scope::Strategy(TAKER), Mode::Halted, Origin::Operator)],
    );
    for order in
        [Side::Bid, Side::Ask].iter().filter_map(|&side| quote(&engine, side)).collect::<Vec<_>>()
    {
        run(&mut engine, &[gone(64 * SECOND, &order)]);
    }
    for step in 65..75 {
        let placed = see(&mut engine, step * SECOND, 30, 37);
        for order in orders(&placed) {
            assert_eq!(order.strategy, MAKER);
            run(&mut engine, &[accepted(step * SECOND + 1, order.id.sequence)]);
        }
        let kept = told(&placed).iter().all(|line| !line.starts_with("cancel"));
        assert!(kept, "{:?} {:?}", told(&placed), why(&engine, MAKER));
    }
    assert!(quote(&engine, Side::Bid).is_some() && quote(&engine, Side::Ask).is_some());
}

/// Our own bid is nobody to sell to, and need not go.
#[test]
fn an_exit_without_a_buyer_says_so() {
    let mut engine = beside_quotes(after_a_minute(), 0.35);
    let bid = quote(&engine, Side::Bid).unwrap();
    run(&mut engine, &[accepted(8 * SECOND, bid.id.sequence)]);
    let alone = [(bid.price.e4() / 100, 20)];
    let actions = run(&mut engine, &[snapshot(62 * SECOND, &alone, &[(37, 900)])]);
    assert_eq!((of(TAKER, &actions), why(&engine, TAKER)), (vec![], Some(Denial::NoPrice)));
    assert_ne!(why(&engine, MAKER), Some(Denial::QuotesPulled));
}

/// Two that leave at once do not sell more than the account holds, at worst.
#[test]
fn two_exits_sell_no_more_than_is_held() {
    let exits = Exits { max_holding: Some(Nanos::from_secs(60)), ..Exits::default() };
    let taker = |name: &str, probability, most, exits| {
        let limits =
            StrategyLimits { max_order_contracts: contracts(most), ..loose_strategy_limits() };
        let rules = Kelly { exits, ..kelly() };
        let name = name.into();
        statecraft_engine::Strategy {
            name,
            limits,
            ..strategy(constant(probability), Decision::Kelly(rules))
        }
    };
    let mut engine = trading(config(vec![
        taker("first", 0.42, 50, exits),
        taker("second", 0.42, 50, exits),
        taker("other way", 0.20, 40, Exits::default()),
    ]));
    let mut entries = orders(&run(&mut engine, &[snapshot(SECOND, &[(30, 900)], &[(33, 900)])]));
    let mut sizes = Vec::new();
    while let Some(entry) = entries.pop() {
        let (price, size) =
            (entry.price.e4() / 100, i32::try_from(entry.quantity.e6() / 1_000_000).unwrap());
        sizes.push((entry.side, size));
        entries.extend(orders(&run(&mut engine, &[fill(2 * SECOND, &entry, price, size)])));
    }
    assert_eq!(sizes, [(Side::Bid, 50), (Side::Bid, 50), (Side::Ask, 40)]);
    assert_eq!(engine.position(M).quantity, contracts(60));
    let exits = orders(&run(&mut engine, &[snapshot(62 * SECOND, &[(30, 901)], &[(33, 901)])]));
    let sizes: Vec<_> =
        exits.iter().filter(|order| order.reduce_only).map(|order| order.quantity).collect();
    assert_eq!(sizes, [contracts(50), contracts(10)], "{exits:?}");
}
