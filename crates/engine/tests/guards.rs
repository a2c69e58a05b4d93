//! What must be known, and what must not have happened, before anything new is sent: trust,
//! conduct, attribution; and what stays stopped until a person releases it.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use proptest::prelude::*;
use statecraft_domain::control::{Latch, Origin, Scope, VenueCondition};
use statecraft_domain::event::{Mode, ModeChanged, SourceSeen};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    Action, Denial, Event, MarketId, Nanos, OrderRequest, RejectReason, Side, StrategyId,
    TimeInForce, Timestamp, Usd,
};
use statecraft_engine::config::{
    Decision, EngineConfig, Guards, HazardSpec, Kelly, Maker, ModelSpec, QuoteSides,
    StrategyLimits, Threshold,
};
use statecraft_engine::risk::post_trade::{Flow, post_trade};
use statecraft_engine::{DecisionOutcome, Engine};
use support::*;

const S: StrategyId = StrategyId(0);
const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;

fn outcome(engine: &Engine) -> Option<Denial> {
    match engine.last_decision(S, M).unwrap().outcome {
        DecisionOutcome::Denied(denial) => Some(denial),
        DecisionOutcome::Order { .. } => None,
    }
}

fn after(change: impl FnOnce(&mut EngineConfig), events: &[Event]) -> Option<Denial> {
    let mut engine = buyer(change);
    run(&mut engine, events);
    outcome(&engine)
}

fn open_order(engine: &Engine) -> Option<u64> {
    engine.orders().live().first().map(|record| record.id().sequence)
}

#[test]
fn i15_nothing_is_sent_before_the_account_was_compared_and_since_the_last_connection() {
    let watched = |config: &mut EngineConfig| {
        config.supervision.reconciles = true;
        config.limits.guards.reconcile_interval = Nanos::from_secs(180);
        config.limits.max_book_age = Nanos::from_secs(1_000);
    };
    let denied = Some(Denial::Unreconciled);
    assert_eq!(after(watched, &[tempting(1_000)]), denied, "never");
    assert_eq!(after(|_| (), &[tempting(1_000)]), None, "nobody compares");
    assert_eq!(after(watched, &[reconciled(900, 500), tempting(1_000)]), None);
    let late = |at| after(watched, &[reconciled(900, 500), tempting(at)]);
    assert_eq!(late(180_500), None);
    assert_eq!(late(180_501), denied, "too long ago, counted from the question");
    let drop = [connection(2_000, false), connection(3_000, true)];
    let again = |asked| {
        let events = [reconciled(900, 500), drop[0].clone(), drop[1].clone()];
        let answer = reconciled(4_000, asked);
        after(watched, &[&events[..], &[answer, tempting(5_000)]].concat())
    };
    assert_eq!(again(2_999), denied, "asked before the connection was up");
    assert_eq!(again(3_000), None);
    // A sign of life is not a reconnection.
    let alive = [reconciled(900, 500), connection(2_000, true), tempting(3_000)];
    assert_eq!(after(watched, &alive), None);
}

#[test]
fn r13_r3_no_order_on_a_doubted_clock_or_at_a_venue_that_takes_none() {
    assert_eq!(after(|_| (), &[clock(900, false), tempting(1_000)]), Some(Denial::Clock));
    assert_eq!(after(|_| (), &[clock(800, false), clock(900, true), tempting(1_000)]), None);
    use VenueCondition as V;
    for (found, may) in [
        (V::Open, true),
        (V::PostOnly, false),
        (V::CancelOnly, false),
        (V::Paused, false),
        (V::Maintenance, false),
        (V::RateLimited, false),
        (V::AuthRevoked, false),
        (V::GeoBlocked, false),
        (V::Unreachable, false),
    ] {
        let wanted = (!may).then_some(Denial::MarketState);
        assert_eq!(after(|_| (), &[condition(900, found), tempting(1_000)]), wanted, "{found:?}");
    }
    let mut engine = buyer(|_| ());
    run(&mut engine, &[condition(900, V::PostOnly), tempting(1_000)]);
    let resting = OrderRequest { post_only: true, ..resting(&engine, Some(300)) };
    assert_eq!(engine.try_order(&resting, 0.03), Ok(()), "it only rests");
}

fn hazard_buyer(change: impl FnOnce(&mut EngineConfig)) -> Engine {
    let model = ModelSpec::Hazard(HazardSpec {
        deadline: Timestamp::from_secs(366 * 86_400),
        base_rate_per_year: 1.0,
        ..HazardSpec::default()
    });
    let mut config = config(vec![strategy(model, Decision::Kelly(kelly()))]);
    change(&mut config);
    trading(config)
}

#[test]
fn r12_a_model_that_hears_of_nothing_is_blind() {
    let seen = |at| Event::SourceSeen(SourceSeen { at: ms(at), source: "wire".into() });
    let cheap = |at| snapshot(at, &[(38, 500)], &[(40, 500)]);
    let after = |events: &[Event]| {
        let mut engine = hazard_buyer(|c| c.limits.guards.max_model_age = Nanos::from_secs(86_400));
        run(&mut engine, events);
        outcome(&engine)
    };
    assert_eq!(after(&[cheap(48 * HOUR)]), None, "no source, nothing to hear");
    assert_eq!(after(&[seen(0), cheap(24 * HOUR)]), None);
    assert_eq!(after(&[seen(0), cheap(24 * HOUR + 1)]), Some(Denial::ModelAge));
    assert_eq!(after(&[seen(0), seen(24 * HOUR), cheap(25 * HOUR)]), None);
}

/// What only closes waits for no source, and takes no place of a market or of an order.
#[test]
fn r4_r12_r18_hold_up_nothing_that_only_closes() {
    let seen = |at| Event::SourceSeen(SourceSeen { at: ms(at), source: "wire".into() });
    let mut engine = hazard_buyer(|c| {
        c.limits.guards.max_model_age = Nanos::from_secs(86_400);
        c.strategies[0].limits.max_markets = 1;
        c.strategies[0].limits.max_open_orders = 1;
        c.limits.max_open_orders = 1;
    });
    run(&mut engine, &[listed(10, 1, "KXTEST-2"), seen(20)]);
    run(&mut engine, &[snapshot(1_000, &[(38, 500)], &[(40, 500)])]);
    let first = open_order(&engine).expect("an entry");
    run(&mut engine, &[filled(1_100, first, "a", Side::Bid, 40, 10)]);
    run(&mut engine, &[closed(1_200, first, CloseReason::ImmediateRest, 10)]);
    let order = |engine: &Engine, side| OrderRequest {
        time_in_force: TimeInForce::ImmediateOrCancel,
        side,
        ..OrderRequest { price: cents(39), ..resting(engine, None) }
    };
    let both = |engine: &Engine| {
        let tried = |side| engine.try_order(&order(engine, side), 0.0).err();
        (tried(Side::Bid), tried(Side::Ask))
    };
    assert_eq!(both(&engine), (None, None));
    // R18: one order is open, as many as may be.
    let mut full = engine.clone();
    let rests = OrderRequest { price: cents(45), side: Side::Ask, ..resting(&full, Some(300)) };
    full.restore_intent(&rests);
    assert_eq!(both(&full), (Some(Denial::OpenOrders), None));
    // The look from behind counts as the check before the trade does.
    full.restore_intent(&OrderRequest { id: order_id(98), ..rests });
    let over = |engine: &Engine| {
        let breaches = post_trade(engine, engine.approved());
        breaches.iter().any(|breach| breach.code == "orders_over_limit")
    };
    assert!(!over(&full));
    for id in 96..98 {
        full.restore_intent(&OrderRequest { id: order_id(id), ..resting(&full, Some(300)) });
    }
    assert!(over(&full));
    // R4: something is open on another market, and one market is all it may have.
    let mut spread = engine.clone();
    let there = OrderRequest { market: MarketId(1), ..resting(&spread, Some(300)) };
    spread.restore_intent(&there);
    assert_eq!(both(&spread), (Some(Denial::Universe), None));
    // R12: nothing was heard for more than a day.
    run(&mut engine, &[snapshot(24 * HOUR + 21, &[(38, 500)], &[(40, 500)])]);
    assert_eq!(both(&engine), (Some(Denial::ModelAge), None));
}

#[test]
fn r9_the_limit_price_keeps_the_required_edge() {
    let after = |e4: u16, (bid, ask): (u16, u16)| {
        let mut engine = hazard_buyer(|config| {
            config.strategies[0].limits.min_edge = statecraft_domain::Price::from_e4(e4).unwrap();
        });
        run(&mut engine, &[snapshot(1_000, &[(bid, 500)], &[(ask, 500)])]);
        let value = engine.last_decision(S, M).unwrap().belief.unwrap().blended.get();
        (outcome(&engine), value)
    };
    // Bought below the value at .40, and sold above it at .80.
    for (book, price) in [((38, 40), 4_000_u16), ((80, 82), 8_000)] {
        let (traded, value) = after(0, book);
        assert_eq!(traded, None);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a price")]
        let edge = ((value * 10_000.0).round() as u16).abs_diff(price);
        assert_eq!(after(edge, book).0, None);
        assert_eq!(after(edge + 1, book).0, Some(Denial::MinEdge));
    }
    // A person's threshold and constant have their own.
    let fixed = |c: &mut EngineConfig| c.strategies[0].limits.min_edge = cents(10);
    assert_eq!(self::after(fixed, &[tempting(1_000)]), None);
}

#[test]
fn r27_what_rests_ends_by_itself_and_with_its_group() {
    let try_one = |group, seconds| {
        let mut engine = buyer(|config| config.supervision.order_group = group);
        run(&mut engine, &[snapshot(1_000, &[(46, 50)], &[(49, 50)])]);
        engine.try_order(&resting(&engine, seconds), 0.03)
    };
    assert_eq!(try_one(None, Some(300)), Ok(()));
    assert_eq!(try_one(Some(true), Some(300)), Ok(()));
    assert_eq!(try_one(None, Some(301)), Err(Denial::Unattended));
    assert_eq!(try_one(None, None), Err(Denial::Unattended));
    assert_eq!(try_one(Some(false), Some(300)), Err(Denial::Unattended));
}

/// One order a second, each answered by `answer`; the number of orders.
fn answered(
    engine: &mut Engine,
    from: i64,
    answer: impl Fn(i64, u64) -> Event,
) -> (u64, Vec<Action>) {
    let before = engine.counters().orders;
    let mut actions = Vec::new();
    for second in from..from + 40 {
        let at = second * 1_000;
        actions.extend(run(engine, &[snapshot(at, &[(46, 50)], &[(47, 50)])]));
        if let Some(order) = open_order(engine) {
            actions.extend(run(engine, &[answer(at + 100, order)]));
        }
    }
    (engine.counters().orders - before, actions)
}

fn ratio_guards(config: &mut EngineConfig) {
    config.limits.guards.min_ratio_orders = 10;
    config.limits.guards.max_reject_e4 = 3_000;
    config.limits.guards.max_cancel_e4 = 3_000;
}

#[test]
fn r26_f27_refusals_halt_the_strategy_within_ten_orders_until_a_person_releases_it() {
    let refuse = |at, order| rejected(at, order, RejectReason::InvalidOrder);
    let mut engine = buyer(ratio_guards);
    let (orders, actions) = answered(&mut engine, 1, refuse);
    assert_eq!(orders, 10);
    let latch = latched(&actions);
    assert_eq!(latch.len(), 1);
    let Event::RestrictionChanged(change) = &latch[0] else { panic!("{latch:?}") };
    assert_eq!(
        (change.scope, change.mode, change.code.as_str()),
        (Scope::Strategy(S), Mode::Halted, "reject_ratio")
    );
    // A restart repeats it; twice is once.
    let mut restarted = buyer(ratio_guards);
    run(&mut restarted, &[latch[0].clone(), latch[0].clone()]);
    assert_eq!(answered(&mut restarted, 100, refuse).0, 0);
    // The shell cannot lift what it did not restrict; a person can, and counting begins anew.
    let lift = |origin| restriction(90_000, Scope::Strategy(S), Mode::Active, origin);
    run(&mut engine, &[lift(Origin::Shell)]);
    assert_eq!(answered(&mut engine, 100, refuse).0, 0);
    run(&mut engine, &[lift(Origin::Operator)]);
    assert_eq!(answered(&mut engine, 200, refuse).0, 10);
}

#[test]
fn r26_only_what_the_venue_does_counts() {
    let free = |answer: fn(i64, u64) -> Event| answered(&mut buyer(ratio_guards), 1, answer).0;
    assert_eq!(free(|at, order| closed(at, order, CloseReason::ImmediateRest, 0)), 40);
    assert_eq!(free(|at, order| rejected(at, order, RejectReason::DroppedByGateway)), 40);
    // The venue's own pause has its own condition.
    assert_eq!(free(|at, order| rejected(at, order, RejectReason::TradingPaused)), 40);
    assert_eq!(free(|at, order| closed(at, order, CloseReason::VenueRemoved, 0)), 10);
    // The stream may be faster than the answer to the order, and than the fills.
    assert_eq!(free(|at, order| closed(at, order, CloseReason::Cancelled, 0)), 40);
    // A quarter is allowed.
    let mut engine = buyer(ratio_guards);
    let (orders, _) = answered(&mut engine, 1, |at, order| {
        if order % 4 == 0 {
            rejected(at, order, RejectReason::InvalidOrder)
        } else {
            closed(at, order, CloseReason::ImmediateRest, 0)
        }
    });
    assert_eq!(orders, 40);
}

/// One is enough, it counts for no strategy's ratio, and a person releases it.
#[test]
fn r27_after_the_venue_ended_the_order_group_the_account_only_reduces() {
    let mut engine = buyer(|config| {
        config.limits.guards.max_reject_e4 = 0;
        config.limits.guards.min_ratio_orders = 1;
    });
    let ended = |at, order| rejected(at, order, RejectReason::OrderGroupEnded);
    let (orders, actions) = answered(&mut engine, 1, ended);
    assert_eq!((orders, engine.mode()), (1, Mode::ReduceOnly));
    let latch = latched(&actions);
    let [Event::ModeChanged(change)] = latch.as_slice() else { panic!("{latch:?}") };
    assert!(change.is_latched() && change.reason.contains("order_group_ended"), "{change:?}");
    run(&mut engine, &[mode(51_000, Mode::Active)]);
    assert_eq!(engine.mode(), Mode::Active);
}

#[test]
fn f28_three_refusals_of_the_key_halt_the_account() {
    let guard = |config: &mut EngineConfig| config.limits.guards.max_auth_rejects = 3;
    let mut engine = buyer(guard);
    let refuse = |at, order| rejected(at, order, RejectReason::NotAuthorized);
    let (orders, actions) = answered(&mut engine, 1, refuse);
    assert_eq!((orders, engine.mode()), (3, Mode::Halted));
    let latch = latched(&actions);
    let Event::ModeChanged(change) = &latch[0] else { panic!("{latch:?}") };
    assert!(change.is_latched() && change.reason.contains("not_authorized"));
    // What a shell does by itself does not release it, a person does.
    let by_itself = Event::ModeChanged(ModeChanged {
        at: ms(50_000),
        mode: Mode::Active,
        reason: "started".into(),
    });
    assert_eq!(told(&run(&mut engine, &[by_itself])), ["alert resume_refused"]);
    run(&mut engine, &[mode(51_000, Mode::Active)]);
    assert_eq!(engine.mode(), Mode::Active);
    assert_eq!(answered(&mut engine, 100, refuse).0, 3, "counted anew");
    // Not in a row.
    let mut mixed = buyer(guard);
    let (orders, _) = answered(&mut mixed, 1, |at, order| match order % 3 {
        0 => rejected(at, order, RejectReason::InvalidOrder),
        _ => refuse(at, order),
    });
    assert_eq!(orders, 40);
}

#[test]
fn r21_f31_a_strategy_that_keeps_trading_one_side_is_stopped() {
    let mut engine = buyer(|config| config.limits.guards.max_repeats_per_hour = 3);
    let fill = |at, order| filled(at, order, &format!("t{order}"), Side::Bid, 47, 10);
    let (orders, actions) = answered(&mut engine, 1, fill);
    assert_eq!(orders, 3);
    assert_eq!(latched(&actions).len(), 1);
    let held = engine.controls().restriction(Scope::Strategy(S)).unwrap();
    assert_eq!(held.code, "repeats");
    // Fills of one order are one execution.
    let mut engine = buyer(|config| config.limits.guards.max_repeats_per_hour = 3);
    run(&mut engine, &[tempting(1_000)]);
    for part in 0..10 {
        run(&mut engine, &[filled(1_100 + part, 1, &format!("p{part}"), Side::Bid, 47, 1)]);
    }
    assert_eq!(engine.controls().restrictions().count(), 0);
    // An hour later there is room again, a day is another count.
    let hourly = |hours: i64, per_day: u32| {
        let mut engine = buyer(|config| {
            config.limits.guards.max_repeats_per_hour = 2;
            config.limits.guards.max_repeats_per_day = per_day;
            config.limits.max_book_age = Nanos::from_secs(100_000);
        });
        for hour in 1..=hours {
            run(&mut engine, &[snapshot(hour * HOUR, &[(46, 50)], &[(47, 50)])]);
            let Some(order) = open_order(&engine) else { break };
            run(&mut engine, &[fill(hour * HOUR + 100, order)]);
        }
        engine.counters().orders
    };
    assert_eq!(hourly(20, 60), 20);
    assert_eq!(hourly(20, 5), 5);
}

#[test]
fn i5_impossible_histories_of_many_orders_kill() {
    let mut engine = buyer(|config| config.limits.guards.max_impossible = 3);
    let orders = 101..=104_u64;
    for sequence in orders.clone() {
        let order = OrderRequest { id: order_id(sequence), ..resting(&engine, Some(300)) };
        engine.restore_intent(&order);
    }
    let mut all = Vec::new();
    for sequence in orders {
        assert_ne!(engine.mode(), Mode::Killed, "{sequence}");
        let events =
            [accepted(2_000, sequence), closed(2_001, sequence, CloseReason::NotPlaced, 0)];
        all.extend(run(&mut engine, &events));
        // The same order again is not another one.
        all.extend(run(&mut engine, &[closed(2_002, sequence, CloseReason::NotPlaced, 0)]));
    }
    assert_eq!(engine.mode(), Mode::Killed);
    let modes: Vec<Mode> = latched(&all)
        .into_iter()
        .filter_map(|event| match event {
            Event::ModeChanged(change) => Some(change.mode),
            _ => None,
        })
        .collect();
    assert_eq!(modes, [Mode::Halted, Mode::Killed]);
    // I13: a person is not enough while nobody compared the account.
    run(&mut engine, &[mode(3_000, Mode::Active)]);
    assert_eq!(engine.mode(), Mode::Killed);
}

#[test]
fn i13_a_latched_stop_is_not_loosened_by_the_shell() {
    let mut engine = buyer(|config| config.limits.guards.max_auth_rejects = 1);
    answered(&mut engine, 1, |at, order| rejected(at, order, RejectReason::NotAuthorized));
    assert_eq!(engine.mode(), Mode::Halted);
    let shell = |mode| {
        Event::ModeChanged(ModeChanged { at: ms(60_000), mode, reason: "disk is filling".into() })
    };
    run(&mut engine, &[shell(Mode::ReduceOnly)]);
    assert_eq!(engine.mode(), Mode::Halted);
    run(&mut engine, &[shell(Mode::Killed)]);
    assert_eq!(engine.mode(), Mode::Killed, "more is always possible");
}

#[test]
fn who_restricts_lifts_his_own() {
    let mut engine = buyer(|_| ());
    let scope = Scope::Market(M);
    let set = |at, mode, origin| restriction(at, scope, mode, origin);
    run(
        &mut engine,
        &[set(100, Mode::Halted, Origin::Operator), set(200, Mode::Halted, Origin::Shell)],
    );
    run(&mut engine, &[set(300, Mode::Active, Origin::Shell), tempting(1_000)]);
    assert_eq!(outcome(&engine), Some(Denial::Mode));
    let lifted = [set(1_500, Mode::Active, Origin::Operator), tempting(2_000)];
    assert!(told(&run(&mut engine, &lifted)).contains(&"1 buy 10 @ 0.47".to_owned()));
}

/// Buys ten at 0.40 whenever it may, on the word of pushed probabilities.
fn believer(change: impl FnOnce(&mut EngineConfig)) -> Engine {
    let model = ModelSpec::External { sd_logit: 0.1, max_age: Nanos::from_secs(86_400 * 365) };
    let rules = Kelly { cooldown: Nanos::ZERO, ..kelly() };
    let mut config = config(vec![strategy(model, Decision::Kelly(rules))]);
    config.strategies[0].limits.max_order_contracts = contracts(10);
    config.limits.duplicate_window = Nanos::ZERO;
    change(&mut config);
    trading(config)
}

/// Every order fills at once; the number of orders until the first denial, and that denial.
fn bought(engine: &mut Engine, from: i64) -> (u64, Option<Denial>) {
    let before = engine.counters().orders;
    for step in 0..50 {
        let at = from + step * 1_000;
        run(engine, &[snapshot(at, &[(38, 5_000)], &[(40, 5_000)])]);
        while let Some(order) = open_order(engine) {
            run(engine, &[filled(at + 1, order, &format!("f{order}"), Side::Bid, 40, 10)]);
        }
    }
    (engine.counters().orders - before, outcome(engine))
}

#[test]
fn r25_f67_one_signal_one_source_and_one_hour_open_only_so_much() {
    let mut engine = believer(|config| {
        config.limits.guards.max_signal_cost = Usd::from_cents(850);
        config.limits.guards.max_source_cost = Usd::from_cents(1_500);
    });
    run(&mut engine, &[signal(500, "s1", "probability", 0.6)]);
    assert_eq!(bought(&mut engine, 1_000), (2, Some(Denial::SignalCost)));
    run(&mut engine, &[signal(100_000, "s2", "probability", 0.61)]);
    assert_eq!(bought(&mut engine, 101_000), (1, Some(Denial::SourceCost)));
    let mut engine = believer(|config| {
        config.limits.guards.max_hour_cost = Usd::from_cents(1_250);
        config.limits.max_book_age = Nanos::from_secs(100_000);
    });
    run(&mut engine, &[signal(500, "s1", "probability", 0.6)]);
    assert_eq!(bought(&mut engine, 1_000), (3, Some(Denial::HourCost)));
    assert_eq!(bought(&mut engine, 2 * HOUR).0, 3, "the next hour");
}

#[test]
fn r25_what_is_closed_is_at_stake_no_more_and_a_restart_remembers() {
    let guard = |config: &mut EngineConfig| {
        config.limits.guards.max_signal_cost = Usd::from_cents(850);
    };
    let mut engine = believer(guard);
    run(&mut engine, &[signal(500, "s1", "probability", 0.6)]);
    assert_eq!(bought(&mut engine, 1_000).0, 2);
    // A restart hears the same signals in the same order.
    let mut restarted = Engine::new(engine.config().clone());
    run(&mut restarted, &[listed(0, 0, "KXTEST-1"), account(0, 10_000, &[])]);
    run(&mut restarted, &[signal(500, "s1", "probability", 0.6)]);
    for sequence in 1..=2 {
        let order = OrderRequest {
            id: order_id(sequence),
            quantity: contracts(10),
            price: cents(40),
            time_in_force: TimeInForce::ImmediateOrCancel,
            ..resting(&restarted, None)
        };
        restarted.restore_intent(&order);
        run(&mut restarted, &[filled(1_001, sequence, &format!("f{sequence}"), Side::Bid, 40, 10)]);
    }
    run(&mut restarted, &[mode(2_000, Mode::Active)]);
    assert_eq!(bought(&mut restarted, 60_000), (0, Some(Denial::SignalCost)));
    // Sold out: the news turned. Then bought again on the same story's successor.
    run(&mut engine, &[signal(100_000, "s2", "probability", 0.2)]);
    run(&mut engine, &[snapshot(101_000, &[(38, 5_000)], &[(40, 5_000)])]);
    let mut safety = 0;
    while let Some(order) = open_order(&engine).filter(|_| safety < 20) {
        safety += 1;
        run(&mut engine, &[filled(101_100, order, &format!("g{order}"), Side::Ask, 38, 10)]);
    }
    assert!(engine.position(M).quantity <= contracts(0), "{:?}", engine.position(M));
}

/// What a maker bought and sold again is not at stake because somebody else holds something on the market.
#[test]
fn r25_a_round_trip_adds_nothing_to_what_another_strategy_holds() {
    let external = || ModelSpec::External { sd_logit: 0.1, max_age: Nanos::from_secs(86_400) };
    let limits = StrategyLimits {
        max_order_contracts: contracts(100),
        max_position_contracts: contracts(100),
        ..loose_strategy_limits()
    };
    let taker =
        statecraft_engine::Strategy { limits, ..strategy(external(), Decision::Kelly(kelly())) };
    let sides = QuoteSides::Bid;
    let quotes = Maker { sides, max_quotes_per_minute: 20, signal_pause: Nanos::ZERO, ..maker() };
    let mut maker = strategy(external(), Decision::Maker(quotes));
    maker.name = "maker".into();
    let mut config = config(vec![taker, maker]);
    config.limits.duplicate_window = Nanos::ZERO;
    // A hundred at .33, and two quotes of twenty at .32 or less.
    config.limits.guards.max_signal_cost = Usd::from_cents(3_300 + 2 * 640);
    let mut engine = trading(config);
    run(&mut engine, &[signal(500, "s", "probability", 0.42)]);
    let (mut at, mut bids) = (SECOND, Vec::new());
    for _ in 0..200 {
        at += SECOND;
        let size = 500 + i32::try_from(at / SECOND).unwrap();
        let mut placed = orders(&run(&mut engine, &[snapshot(at, &[(31, size)], &[(33, size)])]));
        while !placed.is_empty() {
            let order = placed.remove(0);
            if order.strategy == StrategyId(1) && order.side == Side::Bid {
                bids.push(order.quantity);
            }
            let (id, price) = (order.id.sequence, order.price.e4() / 100);
            let size = i32::try_from(order.quantity.e6() / 1_000_000).unwrap();
            let fill = filled(at + 1, id, &format!("f{id}"), order.side, price, size);
            placed.extend(orders(&run(&mut engine, &[fill])));
        }
    }
    let held = |strategy| engine.decision_facts(StrategyId(strategy), M).unwrap().own.unwrap();
    assert_eq!((held(0), held(1)), (contracts(100), contracts(0)));
    assert!(bids.len() > 20 && bids.iter().all(|bid| *bid == contracts(20)), "{bids:?}");
}

/// What is held is at stake however many orders follow, also those that open nothing and are noted nowhere else.
#[test]
fn r25_ten_thousand_later_orders_forgive_nothing() {
    let mut engine = believer(|config| {
        config.limits.guards.max_signal_cost = Usd::from_cents(850);
    });
    run(&mut engine, &[signal(500, "s1", "probability", 0.6)]);
    assert_eq!(bought(&mut engine, SECOND), (2, Some(Denial::SignalCost)));
    run(&mut engine, &[mode(2 * HOUR, Mode::Halted)]);
    for _ in 0..10_001 {
        let close = OrderRequest {
            id: engine.orders().next_id(),
            side: Side::Ask,
            time_in_force: TimeInForce::ImmediateOrCancel,
            reduce_only: true,
            ..resting(&engine, None)
        };
        engine.restore_intent(&close);
        let gone = closed(2 * HOUR, close.id.sequence, CloseReason::ImmediateRest, 0);
        run(&mut engine, &[gone]);
    }
    assert_eq!(engine.orders().get(order_id(1)), None, "forgotten");
    run(&mut engine, &[mode(3 * HOUR, Mode::Active)]);
    assert_eq!(bought(&mut engine, 3 * HOUR), (0, Some(Denial::SignalCost)));
}

#[test]
fn post_trade_finds_what_the_checks_before_the_trade_should_have() {
    let mut engine = buyer(|config| {
        config.strategies[0].limits.max_position_contracts = contracts(20);
    });
    run(&mut engine, &[tempting(1_000)]);
    let sent = engine.approved();
    assert_eq!(sent, Flow { orders: 1, value: Usd::from_cents(470) });
    assert_eq!(post_trade(&engine, sent), vec![]);
    assert_eq!(post_trade(&engine, Flow::default()), vec![], "it may be on its way");
    for loop_of in [Flow { orders: 2, ..sent }, Flow { value: Usd::from_cents(471), ..sent }] {
        let found = post_trade(&engine, loop_of);
        assert_eq!((found[0].code, found[0].kills), ("sent_unapproved", true));
    }
    // More than allowed, however it came about.
    let over = |contracts_held: i32, change: fn(&mut EngineConfig)| {
        let mut config = config(vec![strategy(constant(0.5), Decision::Threshold(t1()))]);
        config.strategies[0].limits.max_position_contracts = contracts(20);
        change(&mut config);
        let mut engine = Engine::new(config);
        run(&mut engine, &[listed(0, 0, "KXTEST-1"), account(0, 100, &[(0, contracts_held)])]);
        post_trade(&engine, Flow::default()).into_iter().map(|b| b.code).collect::<Vec<_>>()
    };
    assert_eq!(over(20, |_| ()), Vec::<&str>::new());
    assert_eq!(over(21, |_| ()), ["position_over_limit"]);
    let tight = |c: &mut EngineConfig| c.limits.max_account_cost = Usd::from_dollars(19);
    assert_eq!(over(20, tight), ["account_over_limit"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// I10: whatever the market does and however orders end, what is at stake in the worst case stays
    /// within every limit after every event, and what was opened within an hour too.
    #[test]
    fn i10_the_worst_case_stays_within_its_limits(
        steps in prop::collection::vec((30_u16..70, 1_u16..10, 0_u8..4, 1_i32..11), 1..120)
    ) {
        let guards = Guards {
            max_venue_cost: Usd::from_dollars(40),
            max_hour_cost: Usd::from_dollars(30),
            ..Guards::open()
        };
        let rules = Threshold { interval: Nanos::from_secs(1), ..t1() };
        let mut config = config(vec![strategy(constant(0.5), Decision::Threshold(rules))]);
        config.limits.guards = guards;
        config.strategies[0].limits.max_position_cost = Usd::from_dollars(20);
        let mut engine = trading(config);
        let mut opened = Usd::ZERO;
        for (index, (bid, spread, answer, part)) in steps.into_iter().enumerate() {
            let at = (i64::try_from(index).unwrap() + 1) * 1_000;
            let before = engine.position(M);
            run(&mut engine, &[snapshot(at, &[(bid, 50)], &[(bid + spread, 50)])]);
            if let Some(record) = engine.orders().live().first().cloned() {
                let (order, side) = (record.id().sequence, record.request.side);
                let price = record.request.price.e4() / 100;
                let events = match answer {
                    0 => vec![rejected(at + 1, order, RejectReason::MarketNotActive)],
                    1 => vec![closed(at + 1, order, CloseReason::ImmediateRest, 0)],
                    2 if part < 10 => vec![
                        filled(at + 1, order, &format!("t{order}"), side, price, part),
                        closed(at + 2, order, CloseReason::ImmediateRest, part),
                    ],
                    _ => vec![filled(at + 1, order, &format!("t{order}"), side, price, 10)],
                };
                run(&mut engine, &events);
            }
            let position = engine.position(M);
            opened += (position.cost - before.cost).max(Usd::ZERO);
            prop_assert!(position.cost <= Usd::from_dollars(20));
            prop_assert!(opened <= Usd::from_dollars(30), "{opened} opened within two minutes");
            prop_assert!(engine.is_money_conserved());
        }
    }
}

#[test]
fn i14_stopping_a_part_cancels_what_rests_there() {
    let mut engine = buyer(|_| ());
    let order = OrderRequest { id: order_id(1), ..resting(&engine, Some(300)) };
    engine.restore_intent(&order);
    let other = OrderRequest { id: order_id(2), market: MarketId(1), ..order };
    run(&mut engine, &[listed(10, 1, "KXTEST-2")]);
    engine.restore_intent(&other);
    let stop = restriction(2_000, Scope::Market(M), Mode::Halted, Origin::Operator);
    let actions = run(&mut engine, &[accepted(1_000, 1), accepted(1_000, 2), stop]);
    assert_eq!(told(&actions), ["alert restricted", "cancel 1"]);
    // Asked for again while the venue says nothing.
    assert_eq!(told(&run(&mut engine, &[tick(6_999)])), Vec::<String>::new());
    assert_eq!(told(&run(&mut engine, &[tick(7_000)])), ["cancel 1"]);
}

/// A denial is written down with its reason and the number of its like, not at every look at the market.
#[test]
fn denials_are_written_down_once_an_hour_for_each_reason() {
    let denials = |actions: &[Action]| -> Vec<(Denial, u64)> {
        let denied = |action: &Action| match action {
            Action::Latch(Latch::Denied(denied)) => Some((denied.denial, denied.count)),
            _ => None,
        };
        actions.iter().filter_map(denied).collect()
    };
    let looks = |engine: &mut Engine, from: i64, count: i64| -> Vec<Action> {
        let at = (0..count).map(|look| tempting(from + look * 1_000));
        run(engine, &at.collect::<Vec<_>>())
    };
    let mut engine = buyer(|_| ());
    run(&mut engine, &[clock(500, false)]);
    let first = looks(&mut engine, 1_000, 50);
    assert_eq!(denials(&first), [(Denial::Clock, 1)]);
    let closed = [clock(60_000, true), condition(60_000, VenueCondition::Paused)];
    run(&mut engine, &closed);
    assert_eq!(denials(&looks(&mut engine, 61_000, 50)), [(Denial::MarketState, 1)]);
    run(&mut engine, &[clock(200_000, false), condition(200_000, VenueCondition::Open)]);
    assert_eq!(denials(&looks(&mut engine, HOUR + 999, 1)), vec![]);
    assert_eq!(denials(&looks(&mut engine, HOUR + 1_000, 1)), [(Denial::Clock, 51)]);
    // A restart knows what was written.
    let mut restarted = buyer(|_| ());
    let told = first.iter().filter_map(|action| match action {
        Action::Latch(latch) => Some(latch.clone().into_event()),
        _ => None,
    });
    run(&mut restarted, &told.collect::<Vec<_>>());
    run(&mut restarted, &[clock(100_000, false)]);
    assert_eq!(denials(&looks(&mut restarted, 101_000, 50)), vec![]);
}

#[test]
fn f34_no_order_meets_an_own_one() {
    let mut engine = buyer(|_| ());
    run(&mut engine, &[snapshot(1_000, &[(40, 50)], &[(60, 50)])]);
    let bid = OrderRequest { id: order_id(1), price: cents(45), ..resting(&engine, Some(300)) };
    engine.restore_intent(&bid);
    let ask = |price| OrderRequest {
        side: Side::Ask,
        price: cents(price),
        ..resting(&engine, Some(300))
    };
    assert_eq!(engine.try_order(&ask(46), 0.01), Ok(()));
    assert_eq!(engine.try_order(&ask(45), 0.01), Err(Denial::SelfCross));
    assert_eq!(engine.try_order(&ask(44), 0.01), Err(Denial::SelfCross));
}
