//! One strategy on several markets of its event with different deadlines: one posterior, evaluated at
//! each.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;
mod voices;

use proptest::prelude::*;
use statecraft_domain::event::{ClockTicked, MarketListed};
use statecraft_domain::signal::SourceClass;
use statecraft_domain::{Action, Event, MarketId, Nanos, StrategyId, Venue};
use statecraft_engine::Engine;
use statecraft_engine::config::{
    CalendarWindow, DealSpec, HazardSpec, Horizon, MarketSelector, ModelSpec, Rung, SignalShape,
    SignalWeight, TickerPattern,
};
use support::{config, kelly, listing, strategy};
use voices::*;

fn rung(name: &str, start: i64, deadline: i64) -> Rung {
    let pattern = TickerPattern::Exact(name.into());
    let market = MarketSelector { venue: Venue::Kalshi, pattern };
    Rung { market, horizon: Horizon { start: at(start), deadline: at(deadline) } }
}

fn spec(ladder: Vec<Rung>) -> HazardSpec {
    let decaying = SignalShape::Decaying { half_life_days: 60.0 };
    let signal = |slug: &str, mean, shape| SignalWeight {
        slug: slug.into(),
        mean,
        sd: 0.2,
        shape,
        since: None,
    };
    HazardSpec {
        ladder,
        signals: vec![
            signal("relation_bad", -0.4, decaying),
            signal("branding", 0.3, SignalShape::WhileDeal),
            signal("leader_inbound", 0.38, SignalShape::LaterStep { after_days: 30.0, days: 60.0 }),
        ],
        windows: vec![CalendarWindow {
            name: "summit".into(),
            start: at(200),
            end: at(208),
            attend: (20.5, 6.5),
            include: (1.5, 6.0),
        }],
        deal: Some(DealSpec { as_of: at(0), ..DealSpec::default() }),
        ..year_2026()
    }
}

fn engine(spec: HazardSpec, tickers: &[&str]) -> Engine {
    let mut strategy =
        strategy(ModelSpec::Hazard(spec), statecraft_engine::config::Decision::Kelly(kelly()));
    strategy.markets = tickers
        .iter()
        .map(|name| MarketSelector {
            venue: Venue::Kalshi,
            pattern: TickerPattern::Exact((*name).into()),
        })
        .collect();
    let mut engine = Engine::new(config(vec![strategy]));
    let mut actions = Vec::new();
    for (index, name) in tickers.iter().enumerate() {
        let market = MarketId(u32::try_from(index).unwrap());
        let listed = MarketListed { at: at(1), market, listing: listing(name) };
        engine.step(&Event::MarketListed(Box::new(listed)), &mut actions);
    }
    engine
}

/// What the view shows of each market.
fn models(engine: &mut Engine, day: i64) -> Vec<f64> {
    let mut actions: Vec<Action> = Vec::new();
    engine.step(&Event::ClockTicked(ClockTicked { at: at(day) }), &mut actions);
    let view = engine.view();
    view.markets.iter().map(|market| market.strategies[0].model.unwrap()).collect()
}

#[test]
fn every_market_has_its_own_deadline() {
    let ladder = vec![rung("JUN", 0, 151), rung("SEP", 0, 243), rung("LATE", 243, 365)];
    let mut engine = engine(spec(ladder), &["JUN", "SEP", "LATE", "YEAR"]);
    let qs = models(&mut engine, 2);
    let alone = |start: i64, deadline: i64| {
        let horizon = Horizon { start: at(start), deadline: at(deadline) };
        let model = statecraft_engine::model::HazardModel::new(spec(vec![]));
        model.estimate_within(horizon, at(2)).unwrap().probability.get()
    };
    let expected = [alone(0, 151), alone(0, 243), alone(243, 365), alone(0, 365)];
    for (q, expected) in qs.iter().zip(expected) {
        assert!((q - expected).abs() < 1e-12, "{qs:?} {expected:?}");
    }
    assert!(qs[0] < qs[1] && qs[1] < qs[3] && qs[2] < qs[3]);
    let facts = engine.market_facts(StrategyId(0), MarketId(0)).unwrap();
    assert_eq!(facts.deadline, at(151));
    assert!((facts.sum() - facts.q).abs() < 1e-12 && (facts.q - qs[0]).abs() < 1e-12);
    let told: Vec<&str> = facts.ladder.iter().map(|rung| rung.market.as_str()).collect();
    assert_eq!(told, ["JUN", "SEP", "LATE"]);
    // After its own deadline a market is over, and the others are not.
    let qs = models(&mut engine, 160);
    assert!(qs[0] <= 1e-4 && qs[1] > 0.01 && qs[3] > qs[1]);
    // What happens later does not count for the earlier one.
    let visit = official("mofa", "visit_occurred:2026-06-20");
    engine.step(
        &Event::SignalReceived(Box::new(statecraft_domain::Signal { received: at(171), ..visit })),
        &mut Vec::new(),
    );
    let qs = models(&mut engine, 172);
    assert!(qs[0] <= 1e-4 && qs[1] > 0.99 && qs[3] > 0.99 && qs[2] < 0.5, "{qs:?}");
}

const SLUGS: [&str; 12] = [
    "relation_bad",
    "branding",
    "leader_inbound",
    "sov_capital",
    "visit_announced:2026-08-01",
    "visit_announced:2026-06..2026-12",
    "visit_announced",
    "visit_postponed:2027",
    "visit_postponed",
    "visit_cancelled",
    "visit_occurred",
    "summit_window@summit",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever was said: a later deadline is never less likely.
    #[test]
    fn a_later_deadline_is_never_less_likely(
        told in proptest::collection::vec((0..4_usize, 0..SLUGS.len(), 2_i64..120, proptest::bool::ANY), 0..7),
        deadlines in proptest::collection::btree_set(125_i64..365, 2..7),
        day in 120_i64..200, lead in proptest::bool::ANY,
    ) {
        let classes = [SourceClass::Official, SourceClass::Wire, SourceClass::National, SourceClass::Desk];
        let names: Vec<String> = deadlines.iter().map(|deadline| format!("D{deadline}")).collect();
        let ladder = deadlines.iter().map(|&deadline| rung(&format!("D{deadline}"), 0, deadline)).collect();
        let mut tickers: Vec<&str> = names.iter().map(String::as_str).collect();
        tickers.push("YEAR");
        let spec = HazardSpec { lead_mean_days: lead.then_some(30.0), ..spec(ladder) };
        let mut engine = engine(spec, &tickers);
        let mut told = told;
        told.sort_by_key(|&(_, _, day, _)| day);
        for (index, &(class, slug, day, denied)) in told.iter().enumerate() {
            let id = format!("s{index}");
            let signal = if denied { denies(&id, classes[class], SLUGS[slug]) } else { says(&id, classes[class], SLUGS[slug]) };
            let tick = Event::ClockTicked(ClockTicked { at: at(day) - Nanos::new(1) });
            engine.step(&tick, &mut Vec::new());
            let signal = statecraft_domain::Signal { received: at(day), ..signal };
            engine.step(&Event::SignalReceived(Box::new(signal)), &mut Vec::new());
        }
        let qs = models(&mut engine, day);
        prop_assert!(qs.windows(2).all(|pair| pair[0] <= pair[1]), "{:?}", qs);
        // And that is the model's own doing: what was levelled is no more than the grain of quadratures.
        let model = engine.hazard(StrategyId(0)).unwrap();
        for (&deadline, q) in deadlines.iter().zip(&qs) {
            let horizon = Horizon { start: at(0), deadline: at(deadline) };
            let raw = model.estimate_within(horizon, at(day)).unwrap().probability.get();
            prop_assert!((raw - q).abs() < 2e-4, "{raw} {q}");
        }
    }
}
