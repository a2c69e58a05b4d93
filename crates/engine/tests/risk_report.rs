//! The report of the checks says what the gate did: same checks, same order, same verdict, and numbers
//! that agree with it.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use proptest::prelude::*;
use statecraft_domain::control::VenueCondition;
use statecraft_domain::event::{Mode, Standing, StandingChanged};
use statecraft_domain::{Denial, Event, Nanos, Side, StrategyId, Usd};
use statecraft_engine::config::Decision;
use statecraft_engine::risk::CHECKS;
use statecraft_engine::{DecisionOutcome, Engine};
use support::*;

#[derive(Debug, Clone)]
struct World {
    max_contracts: i32,
    order_cost_cents: i64,
    collar: u16,
    max_edge: f64,
    position: i32,
    position_cost_cents: i64,
    account_cost_cents: i64,
    buffer_e4: u32,
    open_orders: u32,
    per_minute: u32,
    mode: Mode,
    real_money: bool,
    demoted: bool,
    bid: u16,
    ask: u16,
    guards: Guarded,
}

/// What is beyond one order.
#[derive(Debug, Clone, Default)]
struct Guarded {
    reconciles: bool,
    reconciled: bool,
    armed: bool,
    venue_cents: i64,
    hour_cents: i64,
    clock_wrong: bool,
    paused: bool,
    new: bool,
}

fn guarded() -> impl Strategy<Value = Guarded> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (flags, 300..2_000_i64, 300..2_000_i64, any::<bool>()).prop_map(|(f, venue, hour, new)| {
        Guarded {
            reconciles: f.0,
            reconciled: f.1,
            armed: f.2,
            venue_cents: venue,
            hour_cents: hour,
            clock_wrong: f.3,
            paused: f.4,
            new,
        }
    })
}

fn worlds() -> impl Strategy<Value = World> {
    let modes =
        prop_oneof![3 => Just(Mode::Active), 2 => Just(Mode::ReduceOnly), 1 => Just(Mode::Halted)];
    let limits = (8..12_i32, 300..600_i64, 0..6_u16, 0.0..0.2_f64, -30..30_i32);
    let sums = (200..900_i64, 200..900_i64, 0..9_999_u32, 0..3_u32, 0..3_u32);
    let rest = (modes, any::<bool>(), any::<bool>(), 40..60_u16, 1..12_u16);
    (limits, sums, rest, guarded()).prop_map(|(a, b, c, guards)| World {
        max_contracts: a.0,
        order_cost_cents: a.1,
        collar: a.2,
        max_edge: a.3,
        position: a.4,
        position_cost_cents: b.0,
        account_cost_cents: b.1,
        buffer_e4: b.2,
        open_orders: b.3,
        per_minute: b.4,
        mode: c.0,
        real_money: c.1,
        demoted: c.2,
        bid: c.3,
        ask: c.3 + c.4,
        guards,
    })
}

fn engine(world: &World) -> Engine {
    let mut config = config(vec![strategy(constant(0.5), Decision::Threshold(t1()))]);
    let limits = &mut config.strategies[0].limits;
    limits.max_order_contracts = contracts(world.max_contracts);
    limits.max_order_cost = Usd::from_cents(world.order_cost_cents);
    limits.price_collar = cents(world.collar);
    limits.max_edge = world.max_edge;
    limits.max_position_cost = Usd::from_cents(world.position_cost_cents);
    limits.max_group_cost = Usd::from_cents(world.account_cost_cents - 50);
    limits.max_open_orders = world.open_orders;
    config.limits.max_account_cost = Usd::from_cents(world.account_cost_cents);
    config.limits.cash_buffer_e4 = world.buffer_e4;
    config.limits.max_orders_per_minute = world.per_minute;
    config.real_money = world.real_money;
    let guards = &world.guards;
    config.limits.guards.max_venue_cost = Usd::from_cents(guards.venue_cents);
    config.limits.guards.max_hour_cost = Usd::from_cents(guards.hour_cents);
    config.supervision.reconciles = guards.reconciles;
    config.supervision.armed = guards.armed;
    if guards.new {
        config.limits.guards.ramp_e4 = 5_000;
        config.limits.guards.ramp = Nanos::from_secs(10);
    }
    let mut engine = Engine::new(config);
    let held = (0, world.position);
    let positions: &[(u32, i32)] = if world.position == 0 { &[] } else { &[held] };
    run(&mut engine, &[listed(0, 0, "KXTEST-1"), account(0, 100, positions)]);
    run(&mut engine, &[mode(0, world.mode)]);
    if world.demoted {
        run(&mut engine, &[demotion()]);
    }
    if guards.reconciled {
        run(&mut engine, &[reconciled(0, 0)]);
    }
    if guards.clock_wrong {
        run(&mut engine, &[clock(0, false)]);
    }
    if guards.paused {
        run(&mut engine, &[condition(0, VenueCondition::Paused)]);
    }
    engine
}

fn demotion() -> Event {
    Event::StandingChanged(StandingChanged {
        at: ms(0),
        strategy: StrategyId(0),
        standing: Standing::Demoted,
        reason: "a test".into(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_report_is_the_gate(world in worlds()) {
        let mut engine = engine(&world);
        run(&mut engine, &[snapshot(1000, &[(world.bid, 50)], &[(world.ask, 50)])]);
        let Some(last) = engine.last_decision(StrategyId(0), M).copied() else { return Ok(()) };
        let lines = engine.checks(StrategyId(0), M);
        if last.proposal.is_none() {
            prop_assert!(lines.is_empty());
            return Ok(());
        }
        let order: Vec<Denial> = lines.iter().map(|line| line.check).collect();
        let wanted: Vec<Denial> = CHECKS.iter().map(|&(denial, _)| denial).collect();
        prop_assert_eq!(order, wanted);
        let first = lines.iter().find(|line| !line.passed).map(|line| line.check);
        match last.outcome {
            DecisionOutcome::Order { .. } => prop_assert_eq!(first, None),
            DecisionOutcome::Denied(denial) => prop_assert_eq!(first, Some(denial)),
        }
        for line in &lines {
            let holds = line.measures.iter().all(|measure| measure.holds);
            prop_assert!(!line.measures.is_empty(), "{} says nothing", line.check);
            prop_assert_eq!(line.passed, holds || line.waived, "{:?}", line);
            prop_assert!(!(line.waived && holds), "{:?}", line);
        }
    }
}

#[test]
fn r2_a_demoted_strategy_opens_nothing_with_real_money_and_goes_on_on_paper() {
    let run_with = |real_money: bool, position: i32| {
        let world = World {
            max_contracts: 10,
            order_cost_cents: 10_000,
            collar: 50,
            max_edge: 1.0,
            position,
            position_cost_cents: 100_000,
            account_cost_cents: 100_000,
            buffer_e4: 0,
            open_orders: 5,
            per_minute: 100,
            mode: Mode::Active,
            real_money,
            demoted: true,
            bid: 46,
            ask: 47,
            guards: Guarded {
                armed: true,
                venue_cents: 100_000,
                hour_cents: 100_000,
                ..Guarded::default()
            },
        };
        let mut engine = engine(&world);
        let actions = run(&mut engine, &[snapshot(1000, &[(46, 50)], &[(47, 50)])]);
        let predicted = engine.counters().predictions;
        (told(&actions), engine.standing(StrategyId(0)), predicted)
    };
    assert_eq!(run_with(true, 0), (vec![], Standing::Demoted, 1), "it still forecasts");
    assert_eq!(run_with(false, 0).0, ["1 buy 10 @ 0.47"]);
    assert_eq!(run_with(true, -10).0, ["1 buy 10 @ 0.47"], "closing is allowed");
}

#[test]
fn a_demotion_shouts_once_and_a_release_ends_it() {
    let mut engine = trading(config(vec![strategy(constant(0.5), Decision::Threshold(t1()))]));
    assert_eq!(told(&run(&mut engine, &[demotion(), demotion()])), ["alert strategy_demoted"]);
    let release = Event::StandingChanged(StandingChanged {
        at: ms(1),
        strategy: StrategyId(0),
        standing: Standing::Good,
        reason: "a person".into(),
    });
    assert_eq!(told(&run(&mut engine, &[release])), ["alert strategy_reinstated"]);
    let bought =
        run(&mut engine, &[book(1000, Side::Ask, 47, 5), snapshot(1001, &[(46, 5)], &[(47, 50)])]);
    assert_eq!(told(&bought), ["1 buy 10 @ 0.47"]);
}

/// Limits of wall time are told in wall time: a compressed clock must not turn a minute into a fortnight,
/// and is named where it runs.
#[test]
fn spans_of_a_compressed_clock_are_told_in_wall_time() {
    let told = |time_scale: u32, secs: i64| {
        let mut config = config(vec![strategy(constant(0.5), Decision::Threshold(t1()))]);
        config.time_scale = time_scale;
        config.supervision.reconciles = true;
        config.limits.guards.reconcile_interval = Nanos::from_secs(180);
        let at = secs * 1_000;
        let mut engine = Engine::new(config);
        run(&mut engine, &[listed(0, 0, "KXTEST-1"), account(0, 100, &[]), mode(0, Mode::Active)]);
        run(&mut engine, &[reconciled(0, 0), snapshot(at, &[(40, 50)], &[(42, 50)])]);
        let lines = engine.checks(StrategyId(0), M);
        let line = lines.iter().find(|line| line.check == Denial::Unreconciled).expect("a check");
        (line.measures[0].value.clone(), line.measures[0].bound.clone())
    };
    let (plain, bound) = told(1, 20);
    assert_eq!(plain, "20 s ago");
    let (compressed, same_bound) = told(20_000, 400_000);
    assert_eq!(compressed, "20 s of wall time (the engine's runs 20000 times as fast) ago");
    assert_eq!(bound, same_bound);
}
