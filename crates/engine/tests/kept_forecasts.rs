//! A forecast is kept when there is something new to tell: a signal, an order, another reason.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use statecraft_domain::action::Prediction;
use statecraft_domain::{Action, Denial, Event, Nanos, StrategyId};
use statecraft_engine::config::{Decision, Kelly, ModelSpec};
use statecraft_engine::{DecisionOutcome, Engine};
use support::*;

const MINUTE: i64 = 60_000;

fn told_by_desk() -> Engine {
    let external = ModelSpec::External { sd_logit: 0.3, max_age: Nanos::from_secs(86_400) };
    trading(config(vec![strategy(external, Decision::Kelly(kelly()))]))
}

fn kept(engine: &mut Engine, event: Event) -> Vec<Prediction> {
    let actions = run(engine, &[event]);
    let kept = actions.into_iter().filter_map(|action| match action {
        Action::Predict(prediction) => Some(prediction),
        _ => None,
    });
    kept.collect()
}

fn model(kept: &[Prediction]) -> Vec<f64> {
    kept.iter().map(|one| one.model).collect()
}

#[test]
fn a_signal_that_moved_the_model_is_kept_at_once() {
    let mut engine = told_by_desk();
    run(&mut engine, &[signal(500, "a", "probability", 0.35)]);
    assert_eq!(model(&kept(&mut engine, snapshot(1_000, &[(33, 90)], &[(35, 90)]))), [0.35]);
    assert_eq!(model(&kept(&mut engine, snapshot(1_100, &[(33, 91)], &[(35, 90)]))), [0.0; 0]);
    let after = kept(&mut engine, signal(2_000, "b", "probability", 0.34));
    assert_eq!(model(&after), [0.34]);
    // Told again: nothing new.
    assert_eq!(model(&kept(&mut engine, signal(3_000, "b", "probability", 0.34))), [0.0; 0]);
}

#[test]
fn an_order_is_kept_with_its_decision() {
    let mut engine = told_by_desk();
    run(&mut engine, &[signal(500, "a", "probability", 0.35)]);
    assert_eq!(kept(&mut engine, snapshot(1_000, &[(33, 90)], &[(35, 90)])).len(), 1);
    let placed = kept(&mut engine, snapshot(2_000, &[(24, 90)], &[(25, 90)]));
    assert_eq!(placed.len(), 1);
    let facts = engine.decision_facts(StrategyId(0), M).unwrap();
    assert!(matches!(facts.outcome, DecisionOutcome::Order { .. }), "{facts:?}");
    assert_eq!(facts.at, placed[0].at);
}

/// Not at every flicker.
#[test]
fn another_reason_is_kept_once_a_minute_at_most() {
    let mut engine = told_by_desk();
    run(&mut engine, &[signal(500, "a", "probability", 0.35)]);
    kept(&mut engine, snapshot(1_000, &[(33, 90)], &[(35, 90)]));
    let far = |at, size| snapshot(at, &[(92, size)], &[(94, 90)]);
    // Another reason, a moment later.
    assert_eq!(kept(&mut engine, far(2_000, 90)).len(), 0);
    let later = kept(&mut engine, far(2 * MINUTE, 91));
    assert_eq!(later.len(), 1);
    let facts = engine.decision_facts(StrategyId(0), M).unwrap();
    assert_eq!(facts.outcome, DecisionOutcome::Denied(Denial::Implausible));
    assert_eq!(kept(&mut engine, far(4 * MINUTE, 92)).len(), 0, "the same reason");
}

/// A cooled-off strategy keeps what it is told, not what it does not do.
#[test]
fn the_interval_goes_on() {
    let mut engine = trading(config(vec![strategy(
        constant(0.34),
        Decision::Kelly(Kelly { cooldown: Nanos::ZERO, ..kelly() }),
    )]));
    assert_eq!(kept(&mut engine, snapshot(1_000, &[(33, 90)], &[(35, 90)])).len(), 1);
    assert_eq!(kept(&mut engine, snapshot(59 * MINUTE, &[(33, 91)], &[(35, 90)])).len(), 0);
    assert_eq!(kept(&mut engine, snapshot(61 * MINUTE, &[(33, 92)], &[(35, 90)])).len(), 1);
}
