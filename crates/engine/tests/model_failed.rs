//! F61: a model that has worked and then leads out of the finite numbers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use statecraft_domain::{Action, Side, StrategyId, Timestamp};
use statecraft_engine::config::{Decision, HazardSpec, ModelSpec, SignalShape, SignalWeight};
use statecraft_engine::{DecisionOutcome, Engine};
use support::*;

const MINUTE: i64 = 60_000;
/// Finite, as every number of a file is; its square is not.
const HUGE: f64 = 1e200;

/// Worth buying at 10 cents, until a signal comes whose effect nobody can compute.
fn failing() -> ModelSpec {
    ModelSpec::Hazard(HazardSpec {
        window_start: Timestamp::EPOCH,
        deadline: Timestamp::from_secs(365 * 86_400),
        base_rate_per_year: 0.30,
        signals: vec![SignalWeight {
            slug: "monstrous".into(),
            mean: 0.5,
            sd: HUGE,
            shape: SignalShape::Step { days: 30.0 },
            since: None,
        }],
        ..HazardSpec::default()
    })
}

fn placed_by(actions: &[Action], strategy: u16) -> usize {
    let of = |action: &&Action| matches!(action, Action::Place(order) if order.get().strategy == StrategyId(strategy));
    actions.iter().filter(of).count()
}

/// Minutes with one book; every order is filled at once.
fn minutes(engine: &mut Engine, span: std::ops::Range<i64>) -> Vec<Action> {
    let mut all = Vec::new();
    for minute in span {
        let at = minute * MINUTE;
        let actions = run(engine, &[snapshot(at, &[(8, 500)], &[(10, 500)]), tick(at + 1_000)]);
        for action in &actions {
            let Action::Place(order) = action else { continue };
            let (sequence, trade) =
                (order.get().id.sequence, format!("t{}", order.get().id.sequence));
            run(
                engine,
                &[
                    sent(at + 2_000, sequence),
                    accepted(at + 2_000, sequence),
                    filled(at + 2_000, sequence, &trade, Side::Bid, 10, 10),
                ],
            );
        }
        all.extend(actions);
    }
    all
}

#[test]
fn f61_a_model_that_fails_while_it_runs_stops_its_strategy_and_no_other() {
    let mut other = strategy(constant(0.5), Decision::Threshold(t1()));
    (other.name, other.event) = ("other".into(), "other-event".into());
    let one = strategy(failing(), Decision::Threshold(t1()));
    let mut engine = trading(config(vec![one, other]));
    let before = minutes(&mut engine, 1..4);
    // The other comes second: the same order twice at once is a mistake.
    assert!(placed_by(&before, 0) > 0, "{:?}", told(&before));
    assert!(engine.estimate(StrategyId(0)).is_some());

    let at = 4 * MINUTE;
    let mut after = run(&mut engine, &[signal(at, "s", "monstrous", 1.0), tick(at + 1_000)]);
    after.extend(minutes(&mut engine, 5..60));
    assert_eq!(engine.estimate(StrategyId(0)), None, "no number rather than a wrong one");
    assert_eq!(placed_by(&after, 0), 0, "{:?}", told(&after));
    assert!(placed_by(&after, 1) > 0, "the other trades: {:?}", told(&after));
    let failures = told(&after).iter().filter(|line| *line == "alert model_failed").count();
    assert_eq!(failures, 1, "told once, however often it fails");
    let decision = engine.last_decision(StrategyId(0), M).unwrap();
    assert!(matches!(decision.outcome, DecisionOutcome::Denied(_)), "{decision:?}");

    // The signal's time is over, and so is the failure.
    let again = minutes(&mut engine, 31 * 1_440..31 * 1_440 + 10);
    assert!(engine.estimate(StrategyId(0)).is_some());
    assert!(placed_by(&again, 0) > 0, "{:?}", told(&again));
}
