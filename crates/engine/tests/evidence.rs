//! A model with a part of the weight does not decide alone: without a price of the market that counts nothing
//! is opened and nothing is closed for its edge. Exits that are due go on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use statecraft_domain::event::{FlattenRequested, MarketStatusChanged, Mode};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    Action, Denial, Event, MarketStatus, Nanos, OrderRequest, Side, StrategyId,
};
use statecraft_engine::config::{Caution, Decision, Exits, Kelly, ModelSpec, Threshold};
use statecraft_engine::{DecisionOutcome, Engine};
use support::*;

const SECOND: i64 = 1_000;

/// One strategy whose model has this part of the weight.
fn weighed(weight: f64, probability: f64, decision: Decision) -> Engine {
    let mut config = config(vec![strategy(constant(probability), decision)]);
    config.strategies[0].blend = blend(weight);
    trading(config)
}

fn why(engine: &Engine) -> Option<Denial> {
    match engine.last_decision(StrategyId(0), M)?.outcome {
        DecisionOutcome::Denied(denial) => Some(denial),
        DecisionOutcome::Order { .. } => None,
    }
}

fn placed(actions: &[Action]) -> Vec<OrderRequest> {
    let placed = actions.iter().filter_map(|action| match action {
        Action::Place(order) => Some(order.get().clone()),
        _ => None,
    });
    placed.collect()
}

/// Books without a price that counts, the ask at 38 cents.
fn silent(at: i64) -> [(&'static str, Event); 3] {
    [
        ("wide", snapshot(at, &[(20, 900)], &[(38, 900)])),
        ("one-sided", snapshot(at, &[], &[(38, 900)])),
        ("a cent over the maximum", snapshot(at, &[(27, 900)], &[(38, 900)])),
    ]
}

/// What is too dear at 35 cents with the market in sight is no bargain at 38 without it.
#[test]
fn a_market_out_of_sight_is_no_bargain() {
    let rules = Kelly { edge_min: 0.04, ..kelly() };
    for (name, book) in silent(2 * SECOND) {
        let mut engine = weighed(0.2, 0.50, Decision::Kelly(rules));
        let seen = run(&mut engine, &[snapshot(SECOND, &[(33, 900)], &[(35, 900)])]);
        assert_eq!((told(&seen), why(&engine)), (vec![], Some(Denial::NoEdge)));
        // A trade a moment ago: the collar (R8) would let an order pass.
        let actions = run(&mut engine, &[traded(1_500, 36), book]);
        assert_eq!((told(&actions), why(&engine)), (vec![], Some(Denial::NoEvidence)), "{name}");
        let back = run(&mut engine, &[snapshot(3 * SECOND, &[(28, 900)], &[(30, 900)])]);
        assert_eq!((told(&back), why(&engine)), (vec![], Some(Denial::NoEdge)), "{name}");
    }
}

/// The very first book of a market may be such a book.
#[test]
fn nothing_is_opened_on_a_fresh_market_without_prices() {
    for (name, book) in silent(SECOND) {
        for decision in
            [Decision::Kelly(kelly()), Decision::Threshold(t1()), Decision::Maker(maker())]
        {
            let mut engine = weighed(0.4, 0.50, decision);
            let actions = run(&mut engine, &[traded(500, 36), book.clone()]);
            assert_eq!(
                (told(&actions), why(&engine)),
                (vec![], Some(Denial::NoEvidence)),
                "{name}"
            );
        }
    }
}

/// All the weight is all the weight.
#[test]
fn a_model_alone_needs_no_market() {
    for (name, book) in silent(SECOND) {
        let rules = Threshold { edge: cents(3), ..t1() };
        let mut fixed = weighed(1.0, 0.50, Decision::Threshold(rules));
        // The middle of a wide book is a reference for a threshold (R8); a trade is one for a stake.
        let mut sized = weighed(1.0, 0.50, Decision::Kelly(kelly()));
        let trade = traded(SECOND - 1, 36);
        let fixed = told(&run(&mut fixed, &[trade.clone(), book.clone()]));
        let sized = told(&run(&mut sized, &[trade, book]));
        assert_eq!((fixed.len(), sized.len()), (1, 1), "{name} {fixed:?} {sized:?}");
    }
}

/// Contracts of YES that were bought at 30 cents. The model says 30 cents, the market since 35.
fn holding(exits: Exits) -> Engine {
    let external = ModelSpec::External { sd_logit: 0.3, max_age: Nanos::from_secs(864_000) };
    let rules = Kelly { exits, ..kelly() };
    let mut config = config(vec![strategy(external, Decision::Kelly(rules))]);
    config.strategies[0].blend = blend(0.2);
    config.strategies[0].caution = Caution { already_priced_limit: 1.0, ..Caution::default() };
    let mut engine = trading(config);
    run(&mut engine, &[signal(500, "a", "probability", 0.60)]);
    let entry = placed(&run(&mut engine, &[snapshot(SECOND, &[(28, 900)], &[(30, 100)])]));
    let [entry] = entry.as_slice() else { panic!("{entry:?}") };
    let size = i32::try_from(entry.quantity.e6() / 1_000_000).unwrap();
    run(&mut engine, &[filled(SECOND + 1, 1, "t", Side::Bid, 30, size)]);
    let seen =
        [snapshot(2 * SECOND, &[(33, 900)], &[(37, 900)]), signal(2_500, "b", "probability", 0.30)];
    let quiet = run(&mut engine, &seen);
    assert_eq!(placed(&quiet), [], "held with the market in sight");
    assert_eq!(why(&engine), Some(Denial::NoEdge));
    engine
}

/// The same bid, and nobody who asks for less than 60 cents.
fn flicker(at: i64) -> Event {
    snapshot(at, &[(33, 900)], &[(60, 900)])
}

/// A book that flickers sells nothing, for its edge or because a probability fell that never did.
#[test]
fn what_is_held_is_kept_while_the_market_is_out_of_sight() {
    for stop_move in [None, Some(0.03)] {
        let mut engine = holding(Exits { stop_move, ..Exits::default() });
        let kept = run(&mut engine, &[traded(2_900, 34), flicker(3 * SECOND)]);
        assert_eq!((placed(&kept), why(&engine)), (vec![], Some(Denial::NoEvidence)));
        let back = run(&mut engine, &[snapshot(4 * SECOND, &[(33, 900)], &[(37, 900)])]);
        assert_eq!((placed(&back), why(&engine)), (vec![], Some(Denial::NoEdge)), "{stop_move:?}");
        // A bid above its worth is taken as ever.
        let sold = placed(&run(&mut engine, &[snapshot(5 * SECOND, &[(46, 900)], &[(47, 900)])]));
        assert!(matches!(sold.as_slice(), [one] if one.side == Side::Ask && one.reduce_only));
    }
}

/// Bought at 30 cents with the market in sight, which is then out of sight until it is lower: the stop counts from
/// what was believed when it was bought, also after a restart. A fall that is too small stops nothing.
#[test]
fn a_stop_counts_from_what_was_believed_when_it_was_bought() {
    let rules = |stop| {
        let exits = Exits { stop_move: Some(stop), ..Exits::default() };
        let external = ModelSpec::External { sd_logit: 0.3, max_age: Nanos::from_secs(864_000) };
        let mut config =
            config(vec![strategy(external, Decision::Kelly(Kelly { exits, ..kelly() }))]);
        config.strategies[0].blend = blend(0.2);
        config.strategies[0].caution =
            Caution { unexplained_move: f64::INFINITY, ..Caution::default() };
        config
    };
    let low = |at| snapshot(at, &[(18, 900)], &[(22, 900)]);
    for (stop, leaves) in [(0.07, true), (0.10, false)] {
        let mut engine = trading(rules(stop));
        let think = signal(500, "a", "probability", 0.60);
        run(&mut engine, std::slice::from_ref(&think));
        let entry = placed(&run(&mut engine, &[snapshot(SECOND, &[(28, 900)], &[(30, 100)])]));
        let [entry] = entry.as_slice() else { panic!("{entry:?}") };
        let decided = engine.decided(entry.id).unwrap().clone();
        let size = i32::try_from(entry.quantity.e6() / 1_000_000).unwrap();
        let fill = filled(SECOND + 1, 1, "t", Side::Bid, 30, size);
        run(&mut engine, &[fill.clone(), flicker(2 * SECOND)]);
        assert_eq!(why(&engine), Some(Denial::NoEvidence));
        // What recovery does.
        let mut restarted = Engine::new(rules(stop));
        run(&mut restarted, &[listed(0, 0, "KXTEST-1"), think, account(600, 10_000, &[])]);
        restarted.restore_decided(entry, &decided);
        run(&mut restarted, &[fill, mode(2_500, Mode::Active), flicker(2_600)]);
        for engine in [&mut engine, &mut restarted] {
            let sold = placed(&run(engine, &[low(3 * SECOND)]));
            assert_eq!(sold.len(), usize::from(leaves), "{stop} {sold:?} {:?}", why(engine));
        }
    }
}

/// A person learns that a stop compares nothing, once until it does again.
#[test]
fn a_stop_that_compares_nothing_is_told_once() {
    let told_from = |engine: &mut Engine, from: i64, until: i64| {
        let mut codes = Vec::new();
        for second in (from..until).step_by(30) {
            codes.extend(told(&run(engine, &[tick(second * SECOND)])));
        }
        codes
    };
    for (stop_move, alerts) in [(None, vec![]), (Some(0.5), vec!["alert stop_unjudged".to_owned()])]
    {
        let mut engine = holding(Exits { stop_move, ..Exits::default() });
        run(&mut engine, &[flicker(3 * SECOND)]);
        assert_eq!(told_from(&mut engine, 4, 604), Vec::<String>::new());
        assert_eq!(told_from(&mut engine, 604, 3_000), alerts);
        run(&mut engine, &[snapshot(3_000 * SECOND, &[(33, 900)], &[(37, 900)])]);
        assert_eq!(told_from(&mut engine, 3_001, 4_000), Vec::<String>::new());
        run(&mut engine, &[flicker(4_000 * SECOND)]);
        assert_eq!(told_from(&mut engine, 4_001, 5_000), alerts);
    }
}

/// Time runs out whether the market is in sight or not.
#[test]
fn exits_in_time_do_not_wait_for_the_market() {
    let limits = [
        Exits { max_holding: Some(Nanos::from_secs(60)), ..Exits::default() },
        Exits { before_close: Some(Nanos::from_secs(3_600)), ..Exits::default() },
    ];
    for exits in limits {
        let mut engine = holding(exits);
        assert_eq!(placed(&run(&mut engine, &[flicker(3 * SECOND)])), []);
        let close = Event::MarketStatusChanged(MarketStatusChanged {
            at: ms(60 * SECOND),
            market: M,
            status: MarketStatus::Active,
            close: Some(ms(3_000 * SECOND)),
        });
        let late = [close, flicker(62 * SECOND)];
        let sold = placed(&run(&mut engine, &late));
        assert!(
            matches!(sold.as_slice(), [one] if one.side == Side::Ask && one.reduce_only),
            "{sold:?}"
        );
    }
}

/// What a person asks to be closed is closed.
#[test]
fn a_flatten_does_not_wait_for_the_market() {
    let mut engine = holding(Exits::default());
    let flatten = Event::FlattenRequested(FlattenRequested {
        at: ms(4 * SECOND),
        max_slippage: cents(2),
        market: Some(M),
        reason: "test".into(),
    });
    let sold = placed(&run(&mut engine, &[flicker(3 * SECOND), flatten]));
    assert!(
        matches!(sold.as_slice(), [one] if one.side == Side::Ask && one.reduce_only),
        "{sold:?}"
    );
}

/// Quotes go when the market does, and come back with it.
#[test]
fn a_maker_without_a_market_does_not_quote() {
    let mut engine = weighed(0.5, 0.33, Decision::Maker(maker()));
    let book = |at| snapshot(at, &[(30, 100)], &[(36, 100)]);
    run(&mut engine, &[book(SECOND), accepted(SECOND + 1, 1), tick(SECOND + 2)]);
    run(&mut engine, &[accepted(SECOND + 3, 2)]);
    assert_eq!(engine.orders().live().len(), 2);
    let pulled = run(&mut engine, &[snapshot(3 * SECOND, &[(10, 100)], &[(36, 100)])]);
    assert_eq!(
        (told(&pulled), why(&engine)),
        (vec!["cancel 1".into(), "cancel 2".into()], Some(Denial::NoEvidence))
    );
    let ended =
        [closed(3_100, 1, CloseReason::Cancelled, 0), closed(3_200, 2, CloseReason::Cancelled, 0)];
    assert_eq!(told(&run(&mut engine, &ended)), [""; 0]);
    assert_eq!(placed(&run(&mut engine, &[book(4 * SECOND)])).len(), 1);
}
