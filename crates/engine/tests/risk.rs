//! Every pre-trade check denies with its own code when, and only when, its own limit is passed.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use statecraft_domain::event::{OrderRejected, StrategyChanged};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    Denial, Event, MarketId, Nanos, OrderRequest, RejectReason, Side, StrategyId, TimeInForce,
    Timestamp, Usd, Venue,
};
use statecraft_engine::config::{Decision, EngineConfig, MarketSelector, TickerPattern};
use statecraft_engine::{DecisionOutcome, Engine};
use support::*;

/// Buys 10 at 0.47 when nothing is in the way: a cost of 4.70.
fn buys(change: impl FnOnce(&mut EngineConfig)) -> Engine {
    let mut config = config(vec![strategy(constant(0.5), Decision::Threshold(t1()))]);
    config.strategies[0].limits.price_collar = cents(8);
    change(&mut config);
    let mut engine = trading(config);
    run(&mut engine, &[snapshot(1000, &[(46, 50)], &[(47, 50)])]);
    engine
}

fn outcome(engine: &Engine) -> Option<Denial> {
    match engine.last_decision(StrategyId(0), M).unwrap().outcome {
        DecisionOutcome::Denied(denial) => Some(denial),
        DecisionOutcome::Order { .. } => None,
    }
}

/// Real money, and a tenth of the limits for one second.
fn new_strategy(config: &mut EngineConfig) {
    config.real_money = true;
    config.limits.guards.ramp_e4 = 1_000;
    config.limits.guards.ramp = Nanos::from_secs(1);
}

/// `(what is changed, passing value, failing value, the code)`.
#[test]
fn i10_each_limit_has_its_own_denial() {
    type Change = fn(&mut EngineConfig, bool);
    let table: &[(Denial, Change)] = &[
        (Denial::Universe, |c, ok| c.strategies[0].limits.max_markets = u32::from(ok)),
        (Denial::Price, |c, ok| {
            c.strategies[0].limits.max_price = cents(if ok { 47 } else { 46 });
        }),
        (Denial::Price, |c, ok| {
            c.strategies[0].limits.min_price = cents(if ok { 47 } else { 48 });
        }),
        (Denial::Size, |c, ok| {
            c.strategies[0].limits.max_order_contracts = contracts(if ok { 10 } else { 9 });
        }),
        (Denial::OrderCost, |c, ok| {
            c.strategies[0].limits.max_order_cost = Usd::from_cents(if ok { 470 } else { 469 });
        }),
        // The middle is 46.5.
        (Denial::Collar, |c, ok| c.strategies[0].limits.price_collar = cents(u16::from(ok))),
        (Denial::EdgeTooLarge, |c, ok| {
            c.strategies[0].limits.max_edge = if ok { 0.031 } else { 0.029 };
        }),
        (Denial::MarketPosition, |c, ok| {
            c.strategies[0].limits.max_position_contracts = contracts(if ok { 10 } else { 9 });
        }),
        (Denial::MarketPosition, |c, ok| {
            c.strategies[0].limits.max_position_cost = Usd::from_cents(if ok { 470 } else { 469 });
        }),
        (Denial::GroupCost, |c, ok| {
            c.strategies[0].limits.max_group_cost = Usd::from_cents(if ok { 470 } else { 469 });
        }),
        (Denial::DriverCost, |c, ok| {
            c.limits.guards.max_driver_cost = Usd::from_cents(if ok { 470 } else { 469 });
        }),
        (Denial::AccountCost, |c, ok| {
            c.limits.max_account_cost = Usd::from_cents(if ok { 470 } else { 469 });
        }),
        // 10,000 of cash less 4.70 leaves 9,995.30.
        (Denial::BuyingPower, |c, ok| c.limits.cash_buffer_e4 = if ok { 9_995 } else { 9_996 }),
        (Denial::NotArmed, |c, ok| {
            c.real_money = true;
            c.supervision.armed = ok;
        }),
        (Denial::VenueCost, |c, ok| {
            c.limits.guards.max_venue_cost = Usd::from_cents(if ok { 470 } else { 469 });
        }),
        (Denial::TotalCost, |c, ok| {
            c.limits.guards.max_total_cost = Usd::from_cents(if ok { 470 } else { 469 });
        }),
        (Denial::TotalCost, |c, ok| {
            c.limits.guards.max_total_cost = Usd::from_cents(1_000);
            c.supervision.elsewhere = Usd::from_cents(if ok { 530 } else { 531 });
        }),
        (Denial::HourCost, |c, ok| {
            c.limits.guards.max_hour_cost = Usd::from_cents(if ok { 470 } else { 469 });
        }),
        (Denial::Ramp, |c, ok| {
            new_strategy(c);
            c.strategies[0].limits.max_order_contracts = contracts(if ok { 100 } else { 99 });
        }),
        (Denial::Ramp, |c, ok| {
            new_strategy(c);
            c.strategies[0].limits.max_order_cost = Usd::from_cents(if ok { 4_700 } else { 4_699 });
        }),
        (Denial::Ramp, |c, ok| {
            new_strategy(c);
            c.strategies[0].limits.max_position_cost =
                Usd::from_cents(if ok { 4_700 } else { 4_699 });
        }),
        (Denial::Ramp, |c, ok| {
            new_strategy(c);
            c.strategies[0].limits.max_group_cost = Usd::from_cents(if ok { 4_700 } else { 4_699 });
        }),
        // The order is decided at one second.
        (Denial::Ramp, |c, ok| {
            new_strategy(c);
            c.strategies[0].limits.max_order_contracts = contracts(99);
            c.supervision.since = vec![Some(ms(if ok { 0 } else { 1 }))];
        }),
        (Denial::OpenOrders, |c, ok| c.strategies[0].limits.max_open_orders = u32::from(ok)),
        (Denial::OpenOrders, |c, ok| c.limits.max_open_orders = u32::from(ok)),
        (Denial::OrderRate, |c, ok| c.limits.max_orders_per_second = u32::from(ok)),
        (Denial::OrderRate, |c, ok| c.limits.max_orders_per_minute = u32::from(ok)),
        (Denial::OrderRate, |c, ok| c.limits.max_orders_per_day = u32::from(ok)),
    ];
    for (row, (denial, change)) in table.iter().enumerate() {
        assert_eq!(outcome(&buys(|config| change(config, true))), None, "row {row} {denial}");
        assert_eq!(outcome(&buys(|config| change(config, false))), Some(*denial), "row {row}");
    }
}

/// Fills every order at once and counts the orders of a minute of steady triggers.
fn orders_in_a_minute(change: impl FnOnce(&mut EngineConfig)) -> u64 {
    let mut engine = buys(|config| {
        let every_100_ms =
            statecraft_engine::config::Threshold { interval: Nanos::from_millis(100), ..t1() };
        config.strategies[0].decision = Decision::Threshold(every_100_ms);
        change(config);
    });
    for step in 1..600_i64 {
        let at = 1000 + step * 100;
        if let Some(order) = engine.orders().live().first().map(|record| record.id().sequence) {
            run(&mut engine, &[closed(at - 50, order, CloseReason::ImmediateRest, 0)]);
        }
        run(&mut engine, &[book(at, Side::Ask, 47, 50 + (step % 7) as i32)]);
    }
    engine.counters().orders
}

#[test]
fn r19_rates_are_exact_and_run_in_wall_time() {
    let free = orders_in_a_minute(|_| ());
    assert_eq!(free, 600);
    assert_eq!(orders_in_a_minute(|config| config.limits.max_orders_per_second = 2), 120);
    // A fifth of a minute's is left for what only closes.
    assert_eq!(orders_in_a_minute(|config| config.limits.max_orders_per_minute = 30), 24);
    // Ten engine seconds to a second of wall time: a tenth of the rate in engine time.
    let compressed = orders_in_a_minute(|config| {
        config.limits.max_orders_per_second = 2;
        config.time_scale = 10;
    });
    assert_eq!(compressed, 12);
}

/// Whatever was opened and quoted, orders are left to give it up with, at once. A quote that closes is none of those.
#[test]
fn r19_keeps_orders_for_what_only_closes() {
    type Change = fn(&mut EngineConfig);
    let spans: [Change; 2] =
        [|c| c.limits.max_orders_per_minute = 10, |c| c.limits.max_orders_per_day = 10];
    for change in spans {
        let mut engine = buyer(change);
        for second in 1..=20 {
            let at = second * 1_000;
            for order in orders(&run(&mut engine, &[tempting(at)])) {
                let id = order.id.sequence;
                run(&mut engine, &[filled(at + 1, id, &format!("t{id}"), Side::Bid, 47, 10)]);
            }
        }
        assert_eq!((engine.counters().orders, outcome(&engine)), (8, Some(Denial::OrderRate)));
        let tried = |engine: &Engine, side, time_in_force| {
            let reduce_only = side == Side::Ask;
            let order =
                OrderRequest { side, time_in_force, reduce_only, ..resting(engine, Some(60)) };
            engine.try_order(&order, 0.03)
        };
        let (now, rests) = (
            TimeInForce::ImmediateOrCancel,
            TimeInForce::GoodTilCancelled { expires: Some(engine.now() + Nanos::from_secs(60)) },
        );
        assert_eq!(tried(&engine, Side::Bid, now), Err(Denial::OrderRate));
        assert_eq!(tried(&engine, Side::Ask, rests), Err(Denial::OrderRate));
        assert_eq!(tried(&engine, Side::Ask, now), Ok(()));
        // What a strategy opens is no close because another holds the other side.
        let opens =
            OrderRequest { side: Side::Ask, time_in_force: now, ..resting(&engine, Some(60)) };
        assert_eq!(engine.try_order(&opens, 0.03), Err(Denial::OrderRate));
        // And no more than those.
        for id in 98..100 {
            let order = OrderRequest {
                id: order_id(id),
                market: MarketId(9),
                time_in_force: now,
                ..resting(&engine, None)
            };
            engine.restore_intent(&order);
        }
        assert_eq!(tried(&engine, Side::Ask, now), Err(Denial::OrderRate));
    }
}

#[test]
fn r20_a_refused_order_is_not_repeated_at_once() {
    let mut engine = buys(|_| ());
    let refused = Event::OrderRejected(OrderRejected {
        at: ms(1100),
        order: order_id(1),
        reason: RejectReason::InsufficientBalance,
        detail: String::new(),
    });
    run(&mut engine, &[refused, book(2500, Side::Ask, 47, 51)]);
    assert_eq!(outcome(&engine), Some(Denial::Duplicate));
    let repeated = run(&mut engine, &[book(31_100, Side::Ask, 47, 52)]);
    assert_eq!(told(&repeated), ["2 buy 10 @ 0.47"], "after the window");
}

#[test]
fn r20_a_normal_end_is_a_change_in_between() {
    let mut engine = buys(|_| ());
    let end = closed(1100, 1, CloseReason::ImmediateRest, 0);
    let again = run(&mut engine, &[end, book(2500, Side::Ask, 47, 51)]);
    assert_eq!(told(&again), ["2 buy 10 @ 0.47"]);
}

#[test]
fn r23_unanswered_orders_stop_new_ones() {
    let mut engine = trading(config(vec![
        strategy(constant(0.5), Decision::Threshold(t1())),
        strategy(constant(0.5), Decision::Threshold(t1())),
    ]));
    // Orders of other markets without an answer, more than the three that are allowed.
    for sequence in 101..=104 {
        let mut order = statecraft_domain::OrderRequest {
            id: order_id(sequence),
            strategy: StrategyId(1),
            market: statecraft_domain::MarketId(9),
            side: Side::Bid,
            price: cents(10),
            quantity: contracts(1),
            time_in_force: statecraft_domain::TimeInForce::ImmediateOrCancel,
            post_only: false,
            reduce_only: false,
            self_trade_prevention: statecraft_domain::SelfTradePrevention::CancelTaker,
            decided_at: ms(0),
        };
        order.quantity = contracts(1);
        engine.restore_intent(&order);
    }
    run(&mut engine, &[snapshot(1000, &[(46, 50)], &[(47, 50)])]);
    assert_eq!(outcome(&engine), Some(Denial::Unknowns));
    let answered = [closed(1100, 101, CloseReason::NotPlaced, 0), book(1200, Side::Ask, 47, 49)];
    // Three are allowed; the second strategy would only repeat the first one's order.
    assert_eq!(told(&run(&mut engine, &answered)), ["105 buy 10 @ 0.47"]);
}

#[test]
fn r14_counts_open_orders_and_positions_together() {
    let mut engine = buys(|config| {
        config.strategies[0].limits.max_position_contracts = contracts(25);
    });
    let first = [
        filled(1100, 1, "a", Side::Bid, 47, 10),
        book(2500, Side::Ask, 47, 51),
        filled(2600, 2, "b", Side::Bid, 47, 4),
        closed(2600, 2, CloseReason::ImmediateRest, 8),
        book(4000, Side::Ask, 47, 52),
    ];
    run(&mut engine, &first);
    // 14 held, 4 counted by the venue but not seen yet: the order counts as working.
    assert_eq!(outcome(&engine), Some(Denial::OrderWorking));
    run(&mut engine, &[filled(4100, 2, "c", Side::Bid, 47, 4), book(5000, Side::Ask, 47, 53)]);
    assert_eq!(outcome(&engine), Some(Denial::MarketPosition));
}

/// R28: an edit while it runs proves as little as one before the start.
#[test]
fn r28_an_edited_strategy_starts_its_ramp_anew() {
    let mut config = config(vec![strategy(constant(0.5), Decision::Threshold(t1()))]);
    config.real_money = true;
    config.limits.guards.ramp_e4 = 1_000;
    config.limits.guards.ramp = Nanos::from_secs(100);
    config.limits.duplicate_window = Nanos::ZERO;
    config.strategies[0].limits.max_order_contracts = contracts(20);
    config.supervision.since = vec![Some(Timestamp::from_secs(-1_000))];
    let mut engine = trading(config.clone());
    run(&mut engine, &[snapshot(1_000, &[(46, 50)], &[(47, 50)])]);
    assert_eq!(outcome(&engine), None, "through its ramp");
    run(&mut engine, &[filled(1_100, 1, "t1", Side::Bid, 47, 10)]);
    let mut edited = config.strategies[0].clone();
    edited.limits.max_position_contracts = contracts(5_000);
    engine.stage_strategy("new".into(), edited);
    let change = StrategyChanged {
        at: ms(2_000),
        strategy: StrategyId(0),
        hash: "new".into(),
        summary: "a test".into(),
        text: String::new(),
    };
    run(&mut engine, &[Event::StrategyChanged(Box::new(change))]);
    run(&mut engine, &[snapshot(3_000, &[(46, 51)], &[(47, 50)])]);
    assert_eq!(outcome(&engine), Some(Denial::Ramp), "a tenth of its limits");
    run(&mut engine, &[snapshot(102_000, &[(46, 52)], &[(47, 50)])]);
    assert_eq!(outcome(&engine), None, "after its ramp");
}

/// R15: two events that one thing moves may lose no more than one.
#[test]
fn r15_events_with_one_driver_are_limited_together() {
    let of = |name: &str, ticker: &str, driver: Option<&str>| {
        let mut one = strategy(constant(0.5), Decision::Threshold(t1()));
        (one.name, one.event) = (name.into(), name.into());
        one.driver = driver.map(Into::into);
        let pattern = TickerPattern::Exact(ticker.into());
        one.markets = vec![MarketSelector { venue: Venue::Kalshi, pattern }];
        one
    };
    let second = |driver: Option<&str>| {
        let one = of("visit", "KXTEST-1", Some("travel"));
        let mut config = config(vec![one, of("summit", "KXTEST-2", driver)]);
        // Ten at .47 each.
        config.limits.guards.max_driver_cost = Usd::from_cents(939);
        let mut engine = trading(config);
        let other = [listed(0, 1, "KXTEST-2"), snapshot_of(1_000, 1, &[(46, 50)], &[(47, 50)])];
        run(&mut engine, &[snapshot(900, &[(46, 50)], &[(47, 50)])]);
        run(&mut engine, &other);
        match engine.last_decision(StrategyId(1), MarketId(1)).unwrap().outcome {
            DecisionOutcome::Denied(denial) => Some(denial),
            DecisionOutcome::Order { .. } => None,
        }
    };
    assert_eq!(second(Some("travel")), Some(Denial::DriverCost));
    assert_eq!(second(Some("weather")), None);
    assert_eq!(second(None), None, "each event drives itself");
}
