//! The model inside the engine: prices never enter it, and prices that know more hold it back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]
#![allow(clippy::float_cmp)]

mod support;

use proptest::prelude::*;
use statecraft_domain::event::SourceSeen;
use statecraft_domain::signal::{Forecast, Label, SourceClass};
use statecraft_domain::{Action, Denial, Event, Nanos, Side, Signal, StrategyId, Timestamp};
use statecraft_engine::config::{
    CalendarWindow, Caution, DealSpec, Decision, EngineConfig, HazardSpec, Kelly, ModelSpec,
    SignalShape, SignalWeight, SourcePolicy,
};
use statecraft_engine::model::HazardModel;
use statecraft_engine::{DecisionOutcome, Engine};
use support::*;

const MINUTE: i64 = 60_000;
/// Just before half past.
const LATE: i64 = 30 * MINUTE - 1_000;

fn hazard() -> HazardSpec {
    HazardSpec {
        window_start: Timestamp::EPOCH,
        deadline: Timestamp::from_secs(365 * 86_400),
        base_rate_per_year: 0.30,
        signals: vec![SignalWeight {
            slug: "relation_good".into(),
            mean: 0.5,
            sd: 0.2,
            shape: SignalShape::Decaying { half_life_days: 60.0 },
            since: None,
        }],
        windows: vec![CalendarWindow {
            name: "summit".into(),
            start: Timestamp::from_secs(300 * 86_400),
            end: Timestamp::from_secs(310 * 86_400),
            attend: (20.5, 6.5),
            include: (1.5, 6.0),
        }],
        deal: Some(DealSpec::default()),
        ..HazardSpec::default()
    }
}

fn engine_with(spec: HazardSpec) -> Engine {
    // Only news are worth a trade: the base model and these prices are not.
    let rules = Kelly { max_logit_distance: 20.0, edge_min: 0.20, ..kelly() };
    let strategy = strategy(ModelSpec::Hazard(spec), Decision::Kelly(rules));
    trading(config(vec![strategy]))
}

fn denial(engine: &Engine) -> Option<Denial> {
    match engine.last_decision(StrategyId(0), M)?.outcome {
        DecisionOutcome::Denied(denial) => Some(denial),
        DecisionOutcome::Order { .. } => None,
    }
}

fn news(at: i64, id: &str, slug: &str, class: SourceClass) -> Event {
    Event::SignalReceived(Box::new(Signal {
        id: id.into(),
        source: id.into(),
        publisher: format!("{id}.example"),
        received: ms(at),
        title: format!("headline {id}"),
        class,
        cluster: id.into(),
        labels: vec![Label { slug: slug.into(), strength: 1.0 }],
        ..Signal::default()
    }))
}

/// Everything a model is, in bits.
fn fingerprint(engine: &Engine) -> (u64, u64, Vec<u64>) {
    let model = engine.hazard(StrategyId(0)).unwrap();
    let estimate = model.estimate(engine.now()).unwrap();
    let scales = model.evidence().map(|(_, weighed)| weighed.scale.to_bits()).collect();
    (estimate.probability.get().to_bits(), estimate.sd_logit.to_bits(), scales)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// model.md 4.4: the same news at the same times among shuffled prices, and the model is the same to
    /// the last bit.
    #[test]
    fn prices_never_enter_the_model(
        prices in proptest::collection::vec(2_u16..97, 8),
        order in Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle(),
        slugs in proptest::collection::vec(0_usize..4, 8),
    ) {
        const SLUGS: [&str; 4] =
            ["relation_good", "visit_announced:1970-06-01", "visit_cancelled", "deal:signed"];
        let run_with = |prices: &[u16]| {
            let mut engine = engine_with(hazard());
            for (index, &price) in prices.iter().enumerate() {
                let at = (1 + i64::try_from(index).unwrap()) * 30 * MINUTE;
                let id = format!("n{index}");
                let slug = SLUGS[slugs[index]];
                let class =
                    if slug == "deal:signed" { SourceClass::Desk } else { SourceClass::Wire };
                run(&mut engine, &[
                    snapshot(at, &[(price, 50)], &[(price + 2, 70)]),
                    tick(at + 1),
                    news(at + 2, &id, slug, class),
                    tick(at + 3),
                ]);
            }
            fingerprint(&engine)
        };
        let shuffled: Vec<u16> = order.iter().map(|&index| prices[index]).collect();
        prop_assert_eq!(run_with(&prices), run_with(&shuffled));
    }
}

#[test]
fn news_that_the_market_had_first_opens_nothing() {
    let told = |prices: &[(i64, u16)], at: i64| {
        let mut engine = engine_with(hazard());
        for &(at, price) in prices {
            run(&mut engine, &[snapshot(at, &[(price, 900)], &[(price + 1, 900)]), tick(at + 1)]);
        }
        let before = engine.counters().orders;
        let actions = run(
            &mut engine,
            &[news(at, "wh", "visit_announced:1970-06-01", SourceClass::Official)],
        );
        (engine, before, actions)
    };
    // Quiet market: the news opens a position.
    let (engine, before, _) = told(&[(MINUTE, 35), (20 * MINUTE, 35), (LATE, 35)], 30 * MINUTE);
    assert_eq!((before, engine.counters().orders), (0, 1), "{:?}", denial(&engine));
    // It rose from 35 to 43 cents before the news came: the model moves, nothing is opened.
    let (mut engine, before, _) = told(&[(MINUTE, 35), (20 * MINUTE, 43), (LATE, 43)], 30 * MINUTE);
    assert_eq!((before, engine.counters().orders), (0, 0));
    assert_eq!(denial(&engine), Some(Denial::AlreadyPriced));
    assert!(engine.view().markets[0].strategies[0].model.unwrap() > 0.8);
    // It comes back: the news is worth something again.
    run(&mut engine, &[snapshot(40 * MINUTE, &[(36, 900)], &[(37, 900)])]);
    assert_eq!(engine.counters().orders, 1);
}

#[test]
fn a_move_without_a_reason_freezes_entries_and_halves_the_model() {
    let mut strategy = strategy(ModelSpec::Hazard(hazard()), Decision::Kelly(kelly()));
    strategy.blend = blend(0.4);
    let mut engine = trading(config(vec![strategy]));
    let quiet = [snapshot(MINUTE, &[(34, 900)], &[(35, 900)]), tick(MINUTE + 1)];
    run(&mut engine, &quiet);
    assert_eq!(denial(&engine), Some(Denial::NoEdge));
    let before = engine.last_decision(StrategyId(0), M).unwrap().belief.unwrap();
    let jump = [snapshot(10 * MINUTE, &[(54, 900)], &[(55, 900)]), tick(10 * MINUTE + 1)];
    let actions = run(&mut engine, &jump);
    let alerts: Vec<&str> = actions
        .iter()
        .filter_map(|action| match action {
            Action::Alert(alert) => Some(alert.code.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(alerts, ["unexplained_move"]);
    run(&mut engine, &[book(11 * MINUTE, Side::Bid, 53, 900)]);
    let belief = engine.last_decision(StrategyId(0), M).unwrap().belief.unwrap();
    let logit = |p: f64| p.ln() - (-p).ln_1p();
    let weight = |belief: &statecraft_engine::model::Belief| {
        let market = logit(belief.market.unwrap());
        (belief.blended.logit() - market) / (belief.model.logit() - market)
    };
    assert!((weight(&before) - 0.4).abs() < 1e-9);
    assert!((weight(&belief) - 0.2).abs() < 1e-9);
    // With a large edge it would sell; it does not for two hours.
    let edge = |at: i64| snapshot(at, &[(80, 900)], &[(81, 900)]);
    run(&mut engine, &[edge(60 * MINUTE)]);
    assert_eq!(denial(&engine), Some(Denial::UnexplainedMove));
    assert_eq!(engine.counters().orders, 0);
    run(&mut engine, &[edge(131 * MINUTE)]);
    assert_eq!(engine.counters().orders, 1, "{:?}", denial(&engine));
}

/// One move is a reason for every strategy of the market, whichever is looked at first, and whether it is the
/// clock or a proposal that looks.
#[test]
fn a_move_without_a_reason_freezes_every_strategy_of_its_market() {
    for maker_first in [false, true] {
        let rules = Kelly { max_logit_distance: 20.0, ..kelly() };
        let mut taker = strategy(ModelSpec::Hazard(hazard()), Decision::Kelly(rules));
        taker.blend = blend(0.4);
        let quotes = statecraft_engine::config::Maker { max_logit_distance: 20.0, ..maker() };
        let mut second = strategy(ModelSpec::Hazard(hazard()), Decision::Maker(quotes));
        second.name = "maker".into();
        second.blend = blend(0.4);
        let mut two = vec![taker, second];
        if maker_first {
            two.reverse();
        }
        for clock in [true, false] {
            let mut engine = trading(config(two.clone()));
            run(&mut engine, &[snapshot(MINUTE, &[(34, 900)], &[(35, 900)]), tick(MINUTE + 1)]);
            let mut actions = Vec::new();
            if clock {
                actions.extend(run(&mut engine, &[book(10 * MINUTE, Side::Bid, 1, 9)]));
                let jump = snapshot(10 * MINUTE + 1, &[(54, 900)], &[(55, 900)]);
                actions.extend(run(&mut engine, &[jump, tick(10 * MINUTE + 2)]));
            } else {
                // Quotes of a minute ago still rest: nothing is proposed before the jump.
                actions
                    .extend(run(&mut engine, &[snapshot(10 * MINUTE, &[(54, 900)], &[(55, 900)])]));
                actions
                    .extend(run(&mut engine, &[snapshot(11 * MINUTE, &[(80, 900)], &[(81, 900)])]));
            }
            let alerts = told(&actions);
            let alerts = alerts.iter().filter(|line| *line == "alert unexplained_move").count();
            assert_eq!(alerts, 2, "maker first: {maker_first}, clock: {clock}");
        }
    }
}

/// What news explain to one strategy of a market is unexplained to another that heard of nothing.
#[test]
fn news_of_one_strategy_explain_nothing_to_another() {
    for heard_first in [false, true] {
        let mut deaf = strategy(ModelSpec::Hazard(hazard()), Decision::Kelly(kelly()));
        deaf.blend = blend(0.4);
        let mut told_of = deaf.clone();
        (told_of.name, told_of.event) = ("told".into(), "other-event".into());
        let mut two = vec![deaf, told_of];
        if heard_first {
            two.reverse();
        }
        let mut engine = trading(config(two));
        run(&mut engine, &[snapshot(MINUTE, &[(34, 900)], &[(35, 900)]), tick(MINUTE + 1)]);
        let mut official = news(5 * MINUTE, "wh", "relation_good", SourceClass::Official);
        if let Event::SignalReceived(signal) = &mut official {
            signal.target = "other-event".into();
        }
        run(&mut engine, &[official]);
        let jump = [snapshot(10 * MINUTE, &[(60, 900)], &[(61, 900)]), tick(10 * MINUTE + 1)];
        let alerts = told(&run(&mut engine, &jump));
        let alerts = alerts.iter().filter(|line| *line == "alert unexplained_move").count();
        assert_eq!(alerts, 1, "heard first: {heard_first}");
    }
}

#[test]
fn a_move_that_news_explain_freezes_nothing() {
    let mut engine = engine_with(hazard());
    run(&mut engine, &[snapshot(MINUTE, &[(34, 900)], &[(35, 900)]), tick(MINUTE + 1)]);
    let official = news(5 * MINUTE, "wh", "visit_announced:1970-06-01", SourceClass::Official);
    run(&mut engine, &[official]);
    let jump = [snapshot(10 * MINUTE, &[(60, 900)], &[(61, 900)]), tick(10 * MINUTE + 1)];
    let actions = run(&mut engine, &jump);
    assert!(!actions.iter().any(|action| matches!(action, Action::Alert(_))));
}

#[test]
fn a_forecast_has_a_width_and_an_end() {
    let external = ModelSpec::External { sd_logit: 0.2, max_age: Nanos::from_secs(86_400) };
    let mut engine = trading(config(vec![strategy(external, Decision::Kelly(kelly()))]));
    let forecast = |at: i64, id: &str, probability, class| {
        Event::SignalReceived(Box::new(Signal {
            id: id.into(),
            received: ms(at),
            class,
            forecast: Some(Forecast {
                probability,
                sd_logit: Some(0.7),
                valid_until: Some(ms(60 * MINUTE)),
            }),
            ..Signal::default()
        }))
    };
    let shown = |engine: &Engine| {
        let view = &engine.view().markets[0].strategies[0];
        (view.model, view.sd_logit)
    };
    run(&mut engine, &[forecast(MINUTE, "odds", 0.9, SourceClass::Aggregator)]);
    assert_eq!(shown(&engine), (None, None), "others' odds are never evidence");
    run(&mut engine, &[forecast(MINUTE, "a", 0.6, SourceClass::Desk)]);
    assert_eq!(shown(&engine), (Some(0.6), Some(0.7)));
    run(&mut engine, &[forecast(2 * MINUTE, "b", f64::NAN, SourceClass::Desk)]);
    run(&mut engine, &[forecast(2 * MINUTE, "c", 1.5, SourceClass::Desk)]);
    assert_eq!(shown(&engine), (Some(0.6), Some(0.7)));
    run(&mut engine, &[tick(60 * MINUTE)]);
    assert_eq!(shown(&engine), (Some(0.6), Some(0.7)));
    run(&mut engine, &[tick(60 * MINUTE + 1), snapshot(61 * MINUTE, &[(10, 9)], &[(12, 9)])]);
    assert_eq!(shown(&engine), (None, None));
    assert_eq!(denial(&engine), Some(Denial::NoModel));
}

#[test]
fn predictions_name_their_model_and_their_evidence() {
    let mut engine = engine_with(hazard());
    run(&mut engine, &[news(MINUTE, "n1", "relation_good", SourceClass::Wire)]);
    let actions = run(&mut engine, &[snapshot(2 * MINUTE, &[(34, 9)], &[(36, 9)])]);
    let Some(Action::Predict(prediction)) = actions.first() else { panic!("{actions:?}") };
    assert_eq!(prediction.signals, ["n1"]);
    assert_eq!(prediction.version.len(), 16);
    let mut other = hazard();
    other.base_rate_per_year += 1e-9;
    let mut changed = engine_with(other);
    let actions = run(&mut changed, &[snapshot(2 * MINUTE, &[(34, 9)], &[(36, 9)])]);
    let Some(Action::Predict(after)) = actions.first() else { panic!("{actions:?}") };
    assert_ne!(after.version, prediction.version);
}

#[test]
fn source_policies_and_liveness_reach_the_model() {
    let strategy = strategy(ModelSpec::Hazard(hazard()), Decision::Kelly(kelly()));
    let policy =
        SourcePolicy { name: "n1".into(), requires_corroboration: true, ..SourcePolicy::default() };
    let config = EngineConfig { sources: vec![policy], ..config(vec![strategy]) };
    let mut engine = trading(config);
    let seen = Event::SourceSeen(SourceSeen { at: ms(1), source: "n1".into() });
    run(&mut engine, &[seen, news(MINUTE, "n1", "relation_good", SourceClass::Wire)]);
    let model = engine.hazard(StrategyId(0)).unwrap();
    let scales: Vec<f64> = model.evidence().map(|(_, weighed)| weighed.scale).collect();
    assert_eq!(scales, [0.0]);
}

#[test]
fn the_defaults_of_caution_are_those_of_the_specification() {
    let caution = Caution::default();
    assert_eq!(caution.unexplained_move, 0.5);
    assert_eq!(caution.unexplained_window, Nanos::from_secs(1800));
    assert_eq!(
        (caution.freeze, caution.half_weight),
        (Nanos::from_secs(7200), Nanos::from_secs(86_400))
    );
}

/// Run with `--release --ignored --nocapture`.
#[test]
#[ignore = "measures, asserts nothing"]
fn how_long_an_estimate_takes() {
    let mut spec = hazard();
    spec.lead_mean_days = Some(30.0);
    for slug in 0..12 {
        spec.signals.push(SignalWeight {
            slug: format!("s{slug}"),
            mean: 0.1,
            sd: 0.1,
            shape: SignalShape::Decaying { half_life_days: 30.0 + f64::from(slug) * 10.0 },
            since: Some((Timestamp::EPOCH, 1.0)),
        });
    }
    let time = |name: &str, spec: &HazardSpec| {
        let model = HazardModel::new(spec.clone());
        let started = std::time::Instant::now();
        let mut sum = 0.0;
        for second in 0..2000 {
            sum += model.estimate(Timestamp::from_secs(second)).unwrap().probability.get();
        }
        let micros = started.elapsed().as_secs_f64() * 1e6 / 2000.0;
        eprintln!("{name}: {micros:.1} us per estimate ({sum:.3})");
        let started = std::time::Instant::now();
        let _ = model.anatomy(Timestamp::from_secs(1)).unwrap();
        eprintln!("{name}: {:.1} ms per anatomy", started.elapsed().as_secs_f64() * 1e3);
    };
    for (slug, shape) in
        [("fed_land", SignalShape::WhileDeal), ("branding", SignalShape::WhileDeal)]
    {
        let since = Some((Timestamp::EPOCH, 1.0));
        spec.signals.push(SignalWeight { slug: slug.into(), mean: 0.05, sd: 0.15, shape, since });
    }
    time("deal, lead, 15 signals", &spec);
    spec.lead_mean_days = None;
    time("deal, 15 signals", &spec);
    spec.deal = None;
    time("13 signals without a deal", &spec);
}
