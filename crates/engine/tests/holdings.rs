//! Whose is what the account holds: what strategies of different minds hold against each other stays theirs, and a
//! close that goes through one of them is booked where it belongs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use statecraft_domain::event::{FlattenRequested, MarketSettled};
use statecraft_domain::{
    Denial, Event, MarketId, Nanos, OrderRequest, Quantity, Settlement, Side, StrategyId, Usd,
};
use statecraft_engine::config::{Decision, Exits, Kelly, Maker, ModelSpec, StrategyLimits};
use statecraft_engine::{DecisionOutcome, Engine, Strategy};
use support::*;

const FIRST: StrategyId = StrategyId(0);
const SECOND: StrategyId = StrategyId(1);
const SECONDS: i64 = 1_000;
const MINUTE: i64 = 60 * SECONDS;

fn limited(name: &str, probability: f64, decision: Decision, contracts_most: i32) -> Strategy {
    let limits = StrategyLimits {
        max_order_contracts: contracts(100),
        max_position_contracts: contracts(contracts_most),
        ..loose_strategy_limits()
    };
    Strategy { name: name.into(), limits, ..strategy(constant(probability), decision) }
}

/// One thinks that .42 is cheap, the other that .40 is dear.
fn of_two_minds(bull: Kelly, bull_most: i32) -> Engine {
    trading(config(vec![
        limited("bull", 0.50, Decision::Kelly(bull), bull_most),
        limited("bear", 0.30, Decision::Kelly(kelly()), 100),
    ]))
}

fn book(at: i64) -> Event {
    // Another size each time.
    let size = 500 + i32::try_from(at / SECONDS % 100).unwrap();
    snapshot(at, &[(40, size)], &[(42, size)])
}

/// Fills an order whole at its price.
fn whole(at: i64, order: &OrderRequest) -> Event {
    let size = i32::try_from(order.quantity.e6() / 1_000_000).unwrap();
    let (id, price) = (order.id.sequence, order.price.e4() / 100);
    let mut fill = filled(at, id, &format!("t{id}"), order.side, price, size);
    if let Event::OrderFilled(filled) = &mut fill {
        filled.fill.market = order.market;
    }
    fill
}

/// A book every minute; of whatever is placed, what `fills` says is filled at once. All orders.
fn minutes(
    engine: &mut Engine,
    span: std::ops::Range<i64>,
    fills: impl Fn(&OrderRequest) -> bool,
) -> Vec<OrderRequest> {
    let mut all = Vec::new();
    for minute in span {
        let at = SECONDS + minute * MINUTE;
        let mut placed = orders(&run(engine, &[book(at)]));
        while let Some(order) = placed.pop() {
            if fills(&order) {
                placed.extend(orders(&run(engine, &[whole(at + 1, &order)])));
            } else if order.post_only {
                placed.extend(orders(&run(engine, &[accepted(at + 1, order.id.sequence)])));
            }
            all.push(order);
        }
    }
    all
}

/// What a strategy's own orders brought.
fn own(engine: &Engine, strategy: StrategyId) -> Quantity {
    engine.decision_facts(strategy, M).unwrap().own.unwrap()
}

fn why(engine: &Engine, strategy: StrategyId) -> DecisionOutcome {
    engine.last_decision(strategy, M).unwrap().outcome
}

fn flatten(at: i64) -> Event {
    Event::FlattenRequested(FlattenRequested {
        at: ms(at),
        max_slippage: cents(9),
        market: Some(M),
        reason: "test".into(),
    })
}

/// Two strategies that hold as much against each other hold it: neither trades it again with the other.
#[test]
fn two_minds_that_net_to_nothing_trade_once() {
    let mut engine = of_two_minds(kelly(), 100);
    let placed = minutes(&mut engine, 0..46, |_| true);
    let of = |strategy| placed.iter().filter(|order| order.strategy == strategy).count();
    assert_eq!((of(FIRST), of(SECOND)), (1, 1), "{placed:?}");
    assert!(engine.position(M).quantity.is_zero());
    assert_eq!((own(&engine, FIRST), own(&engine, SECOND)), (contracts(100), -contracts(100)));
    assert_eq!(why(&engine, FIRST), DecisionOutcome::Denied(Denial::MarketPosition));
}

/// A maker that has sold as much as a taker bought has its whole inventory.
#[test]
fn a_maker_remembers_what_it_sold_to_the_account() {
    let rules = Maker { max_inventory: contracts(100), ..maker() };
    let mut engine = trading(config(vec![
        limited("taker", 0.60, Decision::Kelly(kelly()), 100),
        limited("maker", 0.42, Decision::Maker(rules), 1_000),
    ]));
    let sold = |order: &OrderRequest| order.strategy == FIRST || order.side == Side::Ask;
    let placed = minutes(&mut engine, 0..30, sold);
    let sum = |strategy, side| -> Quantity {
        let of = placed.iter().filter(|order| order.strategy == strategy && order.side == side);
        of.map(|order| order.quantity).sum()
    };
    assert_eq!(sum(FIRST, Side::Bid), contracts(100));
    assert_eq!(sum(SECOND, Side::Ask), contracts(100), "no more than its inventory");
    assert!(engine.position(M).quantity.is_zero());
    assert_eq!(own(&engine, SECOND), -contracts(100));
}

/// A flatten goes through the first strategy and takes what the second one holds.
#[test]
fn a_flatten_in_part_is_booked_where_it_was_held() {
    let mut engine = trading(config(vec![
        limited("idle", 0.41, Decision::Kelly(kelly()), 1_000),
        limited("bull", 0.50, Decision::Kelly(kelly()), 100),
    ]));
    minutes(&mut engine, 0..1, |_| true);
    assert_eq!(own(&engine, SECOND), contracts(100));
    let close = orders(&run(&mut engine, &[flatten(2 * SECONDS)])).remove(0);
    assert_eq!((close.strategy, close.quantity), (FIRST, contracts(100)));
    let part = OrderRequest { quantity: contracts(60), ..close };
    run(&mut engine, &[whole(3 * SECONDS, &part), book(4 * SECONDS)]);
    assert_eq!((own(&engine, FIRST), own(&engine, SECOND)), (Quantity::ZERO, contracts(40)));
}

/// What is due to be given up and is in the account no more is not bought once more: it would be due at once.
#[test]
fn what_is_overdue_is_not_added_to() {
    let exits = Exits { max_holding: Some(Nanos::from_secs(3_600)), ..Exits::default() };
    let bull = Kelly { exits, cooldown: Nanos::from_secs(7_200), ..kelly() };
    let mut engine = of_two_minds(bull, 10_000);
    assert_eq!(minutes(&mut engine, 0..1, |_| true).len(), 2);
    let later = minutes(&mut engine, 59..200, |_| true);
    assert_eq!(later, [], "{:?}", why(&engine, FIRST));
    assert_eq!(why(&engine, FIRST), DecisionOutcome::Denied(Denial::Reentry));
}

/// Who sells what no strategy's orders brought has sold that, and nothing of its own.
#[test]
fn an_heir_sells_what_was_there_before() {
    let mut only = strategy(constant(0.50), Decision::Threshold(t1()));
    only.limits.max_position_contracts = contracts(10);
    let mut engine = Engine::new(config(vec![only]));
    run(&mut engine, &[listed(0, 0, "KXTEST-1"), account(0, 10_000, &[(0, 10)])]);
    run(&mut engine, &[mode(0, statecraft_domain::event::Mode::Active)]);
    let mut sold = Quantity::ZERO;
    for step in 1..6 {
        let dear =
            snapshot(step * MINUTE, &[(55, 500 + i32::try_from(step).unwrap())], &[(58, 500)]);
        for order in orders(&run(&mut engine, &[dear])) {
            assert_eq!(order.side, Side::Ask);
            sold += order.quantity;
            run(&mut engine, &[whole(step * MINUTE + 1, &order)]);
        }
    }
    assert_eq!(sold, contracts(20), "ten that were there, ten of its own");
    assert_eq!(engine.position(M).quantity, -contracts(10));
}

/// Nobody holds anything on a market that is paid out, however late a fill comes: nothing is at stake there (R25).
#[test]
fn a_fill_after_the_settlement_is_held_by_nobody() {
    let model = ModelSpec::External { sd_logit: 0.1, max_age: Nanos::from_secs(86_400) };
    let rules = Kelly { cooldown: Nanos::ZERO, ..kelly() };
    let mut config = config(vec![strategy(model, Decision::Kelly(rules))]);
    config.strategies[0].limits.max_order_contracts = contracts(10);
    config.limits.duplicate_window = Nanos::ZERO;
    config.limits.guards.max_signal_cost = Usd::from_cents(850);
    let mut engine = trading(config);
    run(&mut engine, &[listed(10, 1, "KXTEST-2"), signal(500, "s", "probability", 0.6)]);
    let late =
        orders(&run(&mut engine, &[snapshot(SECONDS, &[(38, 900)], &[(40, 900)])])).remove(0);
    let paid = MarketSettled { at: ms(2 * SECONDS), market: M, settlement: Settlement::Yes };
    run(&mut engine, &[Event::MarketSettled(paid), whole(3 * SECONDS, &late)]);
    let mut bought = Quantity::ZERO;
    for step in 4..10 {
        let size = 900 + i32::try_from(step).unwrap();
        let other = snapshot_of(step * SECONDS, 1, &[(38, size)], &[(40, size)]);
        let mut placed = orders(&run(&mut engine, &[other]));
        while let Some(order) = placed.pop() {
            assert_eq!(order.market, MarketId(1));
            bought += order.quantity;
            placed.extend(orders(&run(&mut engine, &[whole(step * SECONDS + 1, &order)])));
        }
    }
    assert_eq!(bought, contracts(20));
}
