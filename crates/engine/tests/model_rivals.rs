//! Which of several events comes first, through the configuration of strategies; and reports of visits
//! the other way, whose second half year follows by itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;
mod voices;

use proptest::prelude::*;
use statecraft_domain::event::ClockTicked;
use statecraft_domain::order::CloseReason;
use statecraft_domain::signal::{Claim, Direction, SourceClass};
use statecraft_domain::{Denial, Event, Nanos, Signal, StrategyId, Usd};
use statecraft_engine::config::{
    Decision, HazardSpec, Maker, ModelSpec, SignalShape, SignalWeight,
};
use statecraft_engine::model::HazardModel;
use statecraft_engine::model::first::race;
use statecraft_engine::{DecisionOutcome, Engine};
use support::{accepted, closed, config, kelly, maker, run, snapshot, strategy, told, trading};
use voices::*;

fn plain(rate: f64) -> HazardSpec {
    HazardSpec { base_rate_per_year: rate, log_base_sd: 0.0, ..year_2026() }
}

fn engine(specs: &[(&str, ModelSpec)]) -> Engine {
    let strategies = specs.iter().map(|(event, spec)| {
        let mut one = strategy(spec.clone(), Decision::Kelly(kelly()));
        (one.name, one.event) = ((*event).into(), (*event).into());
        one
    });
    Engine::new(config(strategies.collect()))
}

fn tick(engine: &mut Engine, day: i64) -> Vec<statecraft_domain::Action> {
    let mut actions = Vec::new();
    engine.step(&Event::ClockTicked(ClockTicked { at: at(day) }), &mut actions);
    actions
}

fn q(engine: &Engine, strategy: u16) -> Option<f64> {
    engine.estimate(StrategyId(strategy)).map(|one| one.probability.get())
}

fn first_before(rivals: &[&str], spec: HazardSpec) -> ModelSpec {
    let first_before = rivals.iter().map(|&rival| rival.to_owned()).collect();
    ModelSpec::Hazard(HazardSpec { first_before, ..spec })
}

/// T1.7: two constant rates.
#[test]
fn t1_7_through_the_engine() {
    let mut engine = engine(&[
        ("tokyo", first_before(&["inbound"], plain(0.25))),
        ("inbound", ModelSpec::Hazard(plain(0.9))),
    ]);
    tick(&mut engine, 0);
    let years: f64 = 365.0 / 365.25;
    let expected = 0.25 / 1.15 * -(-1.15 * years).exp_m1();
    assert!((q(&engine, 0).unwrap() - expected).abs() < 1e-9, "{:?} {expected}", q(&engine, 0));
    assert!((q(&engine, 1).unwrap() + (-0.9 * years).exp_m1()).abs() < 1e-9);
    let facts = engine.model_facts(StrategyId(0)).unwrap();
    assert!((facts.sum() - facts.q).abs() < 1e-12);
    assert!((facts.q - expected).abs() < 1e-9);
    assert!(facts.parts.iter().any(|part| part.name == "before inbound" && part.effect < -0.05));
}

#[test]
fn news_of_a_rival_reaches_whoever_must_come_first() {
    let mut engine = engine(&[
        ("tokyo", first_before(&["beijing"], plain(0.25))),
        ("beijing", ModelSpec::Hazard(plain(0.25))),
    ]);
    tick(&mut engine, 0);
    let before = q(&engine, 0).unwrap();
    let hear = |engine: &mut Engine, day, target: &str, id: &str, slug: &str| {
        let signal = Signal { target: target.into(), received: at(day), ..official(id, slug) };
        engine.step(&Event::SignalReceived(Box::new(signal)), &mut Vec::new());
    };
    hear(&mut engine, 1, "beijing", "a", "visit_announced:2026-03-31");
    let announced = q(&engine, 0).unwrap();
    assert!(announced < 0.6 * before && announced > 0.02, "{before} {announced}");
    // A plan of its own before that.
    hear(&mut engine, 2, "tokyo", "b", "visit_announced:2026-02-10");
    assert!(q(&engine, 0).unwrap() > 0.7, "{:?}", q(&engine, 0));
    tick(&mut engine, 88);
    hear(&mut engine, 89, "beijing", "c", "visit_occurred:2026-03-31");
    assert!(q(&engine, 0).unwrap() <= 1e-4);
    hear(&mut engine, 95, "tokyo", "d", "visit_occurred:2026-04-05");
    assert!(q(&engine, 0).unwrap() <= 1e-4);
}

/// News of a rival are news: quotes go and wait, and what is opened on them is put down to them.
#[test]
fn news_of_a_rival_pull_quotes_and_are_what_orders_are_put_down_to() {
    let rules = |signal_pause| {
        Decision::Maker(Maker {
            signal_pause,
            max_logit_distance: 20.0,
            edge_min: 0.001,
            ..maker()
        })
    };
    let quoting = |pause: Nanos, most: Option<Usd>| {
        let mut first = strategy(first_before(&["beijing"], plain(0.6)), rules(pause));
        first.event = "tokyo".into();
        let mut rival = strategy(ModelSpec::Hazard(plain(0.25)), Decision::Kelly(kelly()));
        (rival.name, rival.event) = ("beijing".into(), "beijing".into());
        rival.markets.clear();
        let mut config = config(vec![first, rival]);
        if let Some(most) = most {
            config.limits.guards.max_signal_cost = most;
        }
        let mut engine = trading(config);
        let heard = Signal {
            target: "beijing".into(),
            received: at(1),
            ..official("a", "visit_announced:2026-03-31")
        };
        let start = at(1);
        let millis = start.millis();
        let book = |after: i64| snapshot(millis + after, &[(36, 100)], &[(44, 100)]);
        run(&mut engine, &[book(-2_000)]);
        let resting: Vec<u64> =
            engine.orders().live().iter().map(|one| one.id().sequence).collect();
        for &id in &resting {
            run(&mut engine, &[accepted(millis - 1_000, id)]);
        }
        let actions = run(&mut engine, &[Event::SignalReceived(Box::new(heard))]);
        (engine, told(&actions), resting, millis)
    };
    let (engine, actions, resting, _) = quoting(Nanos::from_secs(900), None);
    assert_eq!(resting.len(), 1, "{:?}", engine.last_decision(StrategyId(0), support::M));
    assert!(actions.contains(&format!("cancel {}", resting[0])), "{actions:?}");
    let why = engine.last_decision(StrategyId(0), support::M).unwrap().outcome;
    assert_eq!(why, DecisionOutcome::Denied(Denial::QuotesPulled));
    // Without a pause: what one signal may open, and a little less than any quote costs.
    let (mut engine, _, resting, millis) = quoting(Nanos::ZERO, Some(Usd::from_cents(100)));
    let ends = resting.iter().map(|&id| closed(millis + 100, id, CloseReason::Cancelled, 0));
    run(&mut engine, &ends.collect::<Vec<_>>());
    run(&mut engine, &[snapshot(millis + 1_000, &[(36, 90)], &[(44, 90)])]);
    let why = engine.last_decision(StrategyId(0), support::M).unwrap().outcome;
    assert_eq!(why, DecisionOutcome::Denied(Denial::SignalCost));
}

#[test]
fn a_rival_without_a_model_is_no_trade() {
    for rival in [None, Some(ModelSpec::Market)] {
        let mut specs = vec![("tokyo", first_before(&["beijing"], plain(0.25)))];
        specs.extend(rival.map(|spec| ("beijing", spec)));
        let mut engine = engine(&specs);
        let actions = tick(&mut engine, 0);
        assert_eq!(q(&engine, 0), None);
        assert!(format!("{actions:?}").contains("no strategy of this run has a hazard model"));
    }
}

/// A label that carries its day, or history: half a year of one weight, then half a year of the other.
#[test]
fn a_visit_the_other_way_has_two_halves() {
    let weight = |mean, shape| SignalWeight {
        slug: "leader_inbound".into(),
        mean,
        sd: 0.0,
        shape,
        since: None,
    };
    let halves = [
        weight(0.38, SignalShape::Step { days: 183.0 }),
        weight(0.32, SignalShape::LaterStep { after_days: 183.0, days: 183.0 }),
    ];
    let spec = HazardSpec { signals: halves.to_vec(), signal_cap: f64::INFINITY, ..plain(0.2) };
    let days = |first: f64, second: f64, rest: f64| {
        first * 0.38_f64.exp() + second * 0.32_f64.exp() + rest
    };
    let expected = |left: f64| -(-0.2 / 365.25 * left).exp_m1();
    // Said on day 30 of day 10: until day 193, then until day 376, past the deadline.
    let model = heard(spec.clone(), &[(30, desk("d", "leader_inbound:2026-01-11", 1.0))]);
    assert!((p(&model, 30) - expected(days(163.0, 172.0, 0.0))).abs() < 1e-9);
    assert!((p(&model, 200) - expected(days(0.0, 165.0, 0.0))).abs() < 1e-9);
    parts_add_up(&model, 30);
    let undated = heard(spec.clone(), &[(10, desk("d", "leader_inbound", 1.0))]);
    assert!((p(&undated, 30) - p(&model, 30)).abs() < 1e-12);
    let mut known = spec.clone();
    known.signals.iter_mut().for_each(|one| one.since = Some((at(-200), 1.0)));
    assert!((p(&HazardModel::new(known), 0) - expected(days(0.0, 166.0, 199.0))).abs() < 1e-9);
    // The other way round removes both.
    let gone = heard(
        spec,
        &[(10, desk("d", "leader_inbound", 1.0)), (20, desk("e", "leader_inbound", -1.0))],
    );
    assert!((p(&gone, 200) - expected(165.0)).abs() < 1e-9);
}

/// The leader comes to the President: a signal of its own sign, whatever the headline's direction, from
/// the day of his coming on.
#[test]
fn a_leader_who_comes_counts_from_his_day_on() {
    const INBOUND: &str = "leader_inbound";
    let weight = SignalWeight {
        slug: INBOUND.into(),
        mean: 0.38,
        sd: 0.0,
        shape: SignalShape::Step { days: 183.0 },
        since: None,
    };
    let spec = HazardSpec { signals: vec![weight], signal_cap: f64::INFINITY, ..plain(0.2) };
    let neutral = |id: &str, class, slug: &str, strength: f64| {
        let mut signal = says(id, class, slug);
        signal.labels[0].strength = strength;
        signal.claim = Some(Claim { direction: Direction::Neutral, ..Claim::default() });
        signal
    };
    let expected = |days: f64, strength: f64, rest: f64| {
        -(-0.2 / 365.25 * (days * (0.38 * strength).exp() + rest)).exp_m1()
    };
    // What an official says is believed by 80 parts in 82: tanh(4.5 / 2).
    let official = (0.9_f64 / 0.01).ln();
    let believed = (official / 2.0).tanh();
    let told = |slug: &str| (10, neutral("mofa", SourceClass::Official, slug, 1.0));
    let now = heard(spec.clone(), &[told(INBOUND)]);
    assert!((p(&now, 10) - expected(183.0, believed, 172.0)).abs() < 1e-9, "{}", p(&now, 10));
    let wire = heard(spec.clone(), &[(10, neutral("wire", SourceClass::Wire, INBOUND, 1.0))]);
    assert!(p(&wire, 10) > p(&heard(spec.clone(), &[]), 10) + 0.02);
    // Day 100 lies ahead: from then on, and .94 of such visits take place.
    let ahead = heard(spec.clone(), &[told("leader_inbound:2026-04-11")]);
    let strength = believed * 0.94;
    assert!((p(&ahead, 10) - expected(183.0, strength, 172.0)).abs() < 1e-9, "{}", p(&ahead, 10));
    assert!((p(&ahead, 200) - expected(83.0, strength, 82.0)).abs() < 1e-9);
    parts_add_up(&ahead, 10);
    // He came.
    let came = heard(
        spec.clone(),
        &[
            told("leader_inbound:2026-04-11"),
            (101, neutral("kantei", SourceClass::Official, INBOUND, 1.0)),
        ],
    );
    assert!((p(&came, 101) - expected(183.0, believed, 81.0)).abs() < 1e-9);
    // After the deadline it is nothing; called off it is nothing, by whichever day.
    let never = p(&heard(spec.clone(), &[]), 20);
    let late = heard(spec.clone(), &[told("leader_inbound:2027-02-10")]);
    assert!((p(&late, 20) - never).abs() < 1e-12);
    for slug in ["leader_inbound:2026-04-11", INBOUND] {
        let off = (15, neutral("mofa 2", SourceClass::Official, slug, -1.0));
        let off = heard(spec.clone(), &[told("leader_inbound:2026-04-11"), off]);
        assert!((p(&off, 20) - never).abs() < 1e-12, "{slug}");
    }
    // What has begun stays while another is announced, and while that is called off.
    let both = heard(
        spec.clone(),
        &[told(INBOUND), (12, neutral("n", SourceClass::Official, "leader_inbound:2026-06", 1.0))],
    );
    assert!((p(&both, 20) - p(&now, 20)).abs() < 1e-12);
    let off = (13, neutral("o", SourceClass::Official, "leader_inbound:2026-06", -1.0));
    let kept = heard(spec, &[told(INBOUND), off]);
    assert!((p(&kept, 20) - p(&now, 20)).abs() < 1e-12);
}

const SLUGS: [&str; 6] = [
    "visit_announced:2026-08-01",
    "visit_announced:2026-06..2026-12",
    "visit_announced",
    "visit_postponed:2027",
    "visit_cancelled",
    "visit_occurred",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Who is first, and nobody: a distribution, whatever was heard; and no likelier than at all.
    #[test]
    fn first_of_is_a_distribution(
        rates in proptest::collection::vec(0.01..3.0_f64, 2..5),
        told in proptest::collection::vec((0..4_usize, 0..SLUGS.len()), 0..6),
        day in 10_i64..400,
    ) {
        let mut models: Vec<HazardModel> = rates.iter().map(|&rate| HazardModel::new(plain(rate))).collect();
        for (index, &(which, slug)) in told.iter().enumerate() {
            let place = which % models.len();
            models[place].hear_signal(&official(&format!("s{index}"), SLUGS[slug]), at(10));
        }
        let rivals: Vec<&HazardModel> = models[1..].iter().collect();
        let horizon = models[0].spec().horizon();
        let race = race(&models[0], &rivals, horizon, at(day)).unwrap();
        let sum = race.each.iter().sum::<f64>() + race.none;
        prop_assert!((sum - 1.0).abs() < 1e-6, "{:?}", race);
        prop_assert!(race.each.iter().all(|p| (0.0..=1.0 + 1e-12).contains(p)));
        for (model, first) in models.iter().zip(&race.each) {
            let at_all = model.estimate_within(horizon, at(day)).unwrap().probability.get();
            prop_assert!(*first <= at_all + 1e-4, "{first} {at_all}");
        }
    }
}
