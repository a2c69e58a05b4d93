//! A model far from the market misses a fact, unless the fact is the story that took it there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;
mod voices;

use statecraft_domain::signal::SourceClass;
use statecraft_domain::{Action, Denial, Event, Side, Signal, StrategyId};
use statecraft_engine::config::{Caution, Decision, HazardSpec, Kelly, ModelSpec, SourcePolicy};
use statecraft_engine::{DecisionOutcome, Engine};
use support::*;
use voices::{official, says_in, year_2026};

const HOUR: i64 = 3_600_000;
/// 2026, in milliseconds.
const YEAR: i64 = 1_767_225_600_000;

fn engine_of(spec: HazardSpec, sources: Vec<SourcePolicy>) -> Engine {
    engine_by(Kelly { max_loss_share: 1.0, ..kelly() }, spec, sources)
}

fn engine_by(rules: Kelly, spec: HazardSpec, sources: Vec<SourcePolicy>) -> Engine {
    let mut one = strategy(ModelSpec::Hazard(spec), Decision::Kelly(rules));
    one.blend.model_weight = 0.4;
    one.caution = Caution { already_priced_limit: 1.0, ..Caution::default() };
    let mut config = config(vec![one]);
    config.sources = sources;
    trading(config)
}

fn spec() -> HazardSpec {
    HazardSpec { base_rate_per_year: 0.28, ..year_2026() }
}

fn hear(at: i64, signal: Signal) -> Event {
    Event::SignalReceived(Box::new(Signal { received: ms(at), published: ms(at), ..signal }))
}

fn book_at(at: i64, size: i32) -> Event {
    snapshot(at, &[(22, size)], &[(24, 90_000)])
}

fn alerts(actions: &[Action]) -> Vec<String> {
    let alerts = actions.iter().filter_map(|action| match action {
        Action::Alert(alert) => Some(format!("{}: {}", alert.code, alert.message)),
        _ => None,
    });
    alerts.collect()
}

fn denial(engine: &Engine) -> Option<Denial> {
    match engine.last_decision(StrategyId(0), M)?.outcome {
        DecisionOutcome::Denied(denial) => Some(denial),
        DecisionOutcome::Order { .. } => None,
    }
}

fn announced(id: &str) -> Signal {
    Signal {
        title: "President to visit in April".into(),
        ..official(id, "visit_announced:2026-04-20")
    }
}

#[test]
fn an_official_announcement_is_traded_at_half_the_stake() {
    let mut engine = engine_of(spec(), Vec::new());
    run(&mut engine, &[tick(YEAR + HOUR), book_at(YEAR + 2 * HOUR - 1, 900)]);
    let actions = run(&mut engine, &[hear(YEAR + 2 * HOUR, announced("wh"))]);
    let placed = orders(&actions);
    assert_eq!(placed.len(), 1, "{:?} {:?}", alerts(&actions), denial(&engine));
    assert_eq!(placed[0].side, Side::Bid);
    let told = alerts(&actions)
        .into_iter()
        .find(|one| one.starts_with("far_from_market"))
        .expect("an alert");
    assert!(told.contains("President to visit in April") && told.contains("wh"), "{told}");
    // Against the same without the limit: half the fraction, about half the size.
    let rules = Kelly { max_loss_share: 1.0, max_logit_distance: 50.0, ..kelly() };
    let mut free = engine_by(rules, spec(), Vec::new());
    run(&mut free, &[tick(YEAR + HOUR), book_at(YEAR + 2 * HOUR - 1, 900)]);
    let whole = orders(&run(&mut free, &[hear(YEAR + 2 * HOUR, announced("wh"))])).remove(0);
    let share = placed[0].quantity.as_f64() / whole.quantity.as_f64();
    assert!((0.4..0.6).contains(&share), "{share}");
}

/// Two wires say so: corroborated.
#[test]
fn a_corroborated_story_is_a_known_cause() {
    let mut engine = engine_of(spec(), Vec::new());
    run(&mut engine, &[tick(YEAR + HOUR), book_at(YEAR + HOUR + 1, 900)]);
    let slug = "visit_announced:2026-04-20";
    let mut last = Vec::new();
    for (minute, id) in [(0, "reuters"), (1, "afp"), (2, "ap")] {
        // Each in words of its own: who copies corroborates nobody.
        let title = ["Air Force One is bound for Tokyo", "Japan awaits a guest", "April trip set"]
            [usize::try_from(minute).unwrap()];
        let signal = Signal { title: title.into(), ..says_in(id, SourceClass::Wire, "trip", slug) };
        let at = YEAR + 2 * HOUR + minute * 60_000;
        let size = 900 + i32::try_from(minute).unwrap();
        last.extend(run(&mut engine, &[book_at(at - 1, size), hear(at, signal)]));
    }
    let far = alerts(&last);
    let implausible = far.iter().any(|one| one.starts_with("implausible"));
    assert!(!implausible && !orders(&last).is_empty(), "{far:?} {:?}", denial(&engine));
}

/// Far without a story, by one voice, or by a story that is old: refused, and the alert says so.
#[test]
fn without_a_known_cause_it_is_refused() {
    let high = HazardSpec { base_rate_per_year: 4.0, ..year_2026() };
    let mut engine = engine_of(high.clone(), Vec::new());
    let actions = run(&mut engine, &[tick(YEAR + HOUR), book_at(YEAR + HOUR + 1, 900)]);
    assert_eq!(denial(&engine), Some(Denial::Implausible));
    let told = alerts(&actions);
    assert!(
        told.iter().any(|one| one.starts_with("implausible") && one.contains("no fresh")),
        "{told:?}"
    );
    // A story that came on top of a distance nobody can explain explains nothing.
    run(&mut engine, &[hear(YEAR + 2 * HOUR, announced("wh"))]);
    assert_eq!(denial(&engine), Some(Denial::Implausible));
    // An old one neither: the market had a day to hear it.
    let mut old = engine_of(spec(), Vec::new());
    run(&mut old, &[tick(YEAR), hear(YEAR + HOUR, announced("wh"))]);
    let late = run(&mut old, &[book_at(YEAR + 26 * HOUR, 900)]);
    assert_eq!(denial(&old), Some(Denial::Implausible), "{:?}", alerts(&late));
    // An official whose word needs support is one voice.
    let policy = SourcePolicy { name: "wh".into(), trust: 0.4, ..SourcePolicy::default() };
    let mut doubted = engine_of(HazardSpec { influence: free_influence(), ..spec() }, vec![policy]);
    run(&mut doubted, &[tick(YEAR + HOUR), book_at(YEAR + 2 * HOUR - 1, 900)]);
    let alone = run(&mut doubted, &[hear(YEAR + 2 * HOUR, announced("wh"))]);
    let model = doubted.hazard(StrategyId(0)).unwrap();
    let q = model.estimate(ms(YEAR + 2 * HOUR)).unwrap().probability.get();
    let far = (q / (1.0 - q)).ln() - (0.23_f64 / 0.77).ln();
    assert!(far < 2.5 || orders(&alone).is_empty(), "{far} {:?}", alerts(&alone));
}

fn free_influence() -> statecraft_engine::config::Influence {
    statecraft_engine::config::Influence { solo_move_limit: 1.0, ..Default::default() }
}
