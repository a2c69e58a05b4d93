//! Quotes leave orders of the day (R19) for what must be closed.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use statecraft_domain::event::{FlattenRequested, Mode};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{Action, Denial, Event, Nanos, OrderRequest, Side, StrategyId};
use statecraft_engine::config::{Decision, EngineConfig, Exits, Kelly, Maker, StrategyLimits};
use statecraft_engine::{DecisionOutcome, Engine};
use support::*;

const TAKER: StrategyId = StrategyId(0);
const MAKER: StrategyId = StrategyId(1);
const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;

fn why(engine: &Engine, strategy: StrategyId) -> Option<Denial> {
    match engine.last_decision(strategy, M)?.outcome {
        DecisionOutcome::Denied(denial) => Some(denial),
        DecisionOutcome::Order { .. } => None,
    }
}

/// A taker that gives up after two hours and a maker, with twenty orders a day between them.
fn rules() -> EngineConfig {
    let exits = Exits {
        max_holding: Some(Nanos::from_secs(7_200)),
        reentry: Nanos::from_secs(7 * 86_400),
        ..Exits::default()
    };
    let quotes = Maker { max_quotes_per_minute: 60, ..maker() };
    let mut two = vec![
        strategy(constant(0.42), Decision::Kelly(Kelly { exits, ..kelly() })),
        strategy(constant(0.35), Decision::Maker(quotes)),
    ];
    two[1].name = "maker".into();
    two[0].limits = StrategyLimits {
        max_order_contracts: contracts(50),
        max_position_contracts: contracts(50),
        ..two[0].limits
    };
    let mut config = config(two);
    config.limits.max_orders_per_day = 20;
    config
}

/// Shows the book of others, with what rests of ours in it.
fn see(engine: &mut Engine, at: i64) -> Vec<Action> {
    let own = |side| -> Vec<(u16, i32)> {
        let ours = engine.orders().on(M, side).map(|record| record.request.price.e4() / 100);
        ours.map(|price| (price, 20)).collect()
    };
    let (bids, asks) = ([own(Side::Bid), vec![(30, 900)]], [own(Side::Ask), vec![(37, 900)]]);
    run(engine, &[snapshot(at, &bids.concat(), &asks.concat())])
}

/// Lets time pass at a venue that takes every quote and ends it when it is asked to, or when its time is over.
fn quote_on(engine: &mut Engine, from: i64, until: i64) -> Vec<OrderRequest> {
    let mut placed = Vec::new();
    for at in (from..until).step_by(5_000) {
        let live = engine.orders().live().to_vec();
        for record in live.iter().filter(|record| record.request.strategy == MAKER) {
            let asked = record.cancel_requested.is_some();
            let over = ms(at) - record.request.decided_at >= Nanos::from_secs(300);
            if asked || over {
                let why = if asked { CloseReason::Cancelled } else { CloseReason::Expired };
                let sequence = record.id().sequence;
                placed.extend(of(MAKER, &run(engine, &[closed(at, sequence, why, 0)])));
            }
        }
        placed.extend(of(MAKER, &see(engine, at + 1)));
        let live = engine.orders().live().to_vec();
        for record in &live {
            run(engine, &[accepted(at + 2, record.id().sequence)]);
        }
    }
    placed
}

/// What the taker bought is held, and the quotes have used up what they may.
fn quoted_out() -> (Engine, OrderRequest, Vec<OrderRequest>) {
    let mut engine = trading(rules());
    let mut first = run(&mut engine, &[snapshot(SECOND, &[(30, 900)], &[(33, 50)])]);
    let entry = of(TAKER, &first);
    let bought = filled(SECOND + 1, entry[0].id.sequence, "t", Side::Bid, 33, 50);
    first.extend(run(&mut engine, &[bought]));
    let mut quotes = of(MAKER, &first);
    quotes.extend(quote_on(&mut engine, 2 * SECOND, HOUR));
    assert_eq!(engine.position(M).quantity, contracts(50));
    (engine, entry[0].clone(), quotes)
}

#[test]
fn r19_quotes_use_up_half_of_the_day_and_an_exit_still_leaves() {
    let (mut engine, _, quotes) = quoted_out();
    let more = quote_on(&mut engine, HOUR, 2 * HOUR);
    assert_eq!((quotes.len(), more.len()), (10, 0));
    assert_eq!(why(&engine, MAKER), Some(Denial::QuoteBudget));
    let exit = of(TAKER, &see(&mut engine, 2 * HOUR + 5 * SECOND));
    assert_eq!(exit.len(), 1, "{:?}", why(&engine, TAKER));
    assert!(exit[0].reduce_only && exit[0].quantity == contracts(50));
    let sequence = exit[0].id.sequence;
    run(&mut engine, &[filled(2 * HOUR + 6 * SECOND, sequence, "u", Side::Ask, 30, 50)]);
    // A day later the quotes of this one count no more.
    let tomorrow = quote_on(&mut engine, 26 * HOUR, 26 * HOUR + 60 * SECOND);
    assert_eq!(tomorrow.len(), 2, "{:?}", why(&engine, MAKER));
}

#[test]
fn r19_a_flatten_leaves_after_the_quotes_of_a_day() {
    let (mut engine, ..) = quoted_out();
    let asked = FlattenRequested {
        at: ms(HOUR),
        max_slippage: cents(2),
        market: None,
        reason: String::new(),
    };
    let sold = orders(&run(&mut engine, &[Event::FlattenRequested(asked)]));
    assert_eq!(sold.len(), 1, "{:?}", why(&engine, TAKER));
    assert!(sold[0].reduce_only && sold[0].quantity == contracts(50));
}

/// A restart places no more quotes than the run before it would have.
#[test]
fn r19_quotes_of_an_earlier_run_count() {
    let (before, entry, quotes) = quoted_out();
    let mut engine = Engine::new(rules());
    run(&mut engine, &[listed(0, 0, "KXTEST-1"), account(0, 10_000, &[])]);
    engine.restore_intent(&entry);
    run(&mut engine, &[filled(SECOND + 1, entry.id.sequence, "t", Side::Bid, 33, 50)]);
    for quote in &quotes {
        engine.restore_intent(quote);
        run(&mut engine, &[closed(HOUR, quote.id.sequence, CloseReason::Cancelled, 0)]);
    }
    run(&mut engine, &[mode(HOUR, Mode::Active)]);
    assert_eq!(engine.position(M), before.position(M));
    assert_eq!(quote_on(&mut engine, HOUR + SECOND, HOUR + 60 * SECOND), []);
    assert_eq!(why(&engine, MAKER), Some(Denial::QuoteBudget));
}
