use proptest::prelude::*;

use super::*;
use crate::config::{CalendarWindow, SignalShape, SignalWeight};
use crate::model::intensity::one_decaying;

const DAY: i64 = 86_400;

fn at_day(day: i64) -> Timestamp {
    Timestamp::from_secs(1_767_225_600 + day * DAY)
}

fn weight(slug: &str, mean: f64, sd: f64, shape: SignalShape) -> SignalWeight {
    SignalWeight { slug: slug.into(), mean, sd, shape, since: None }
}

fn spec(signals: Vec<SignalWeight>) -> HazardSpec {
    HazardSpec {
        window_start: at_day(0),
        deadline: at_day(365),
        base_rate_per_year: 0.30,
        signals,
        ..HazardSpec::default()
    }
}

fn decaying(slug: &str, mean: f64, half_life_days: f64) -> SignalWeight {
    weight(slug, mean, 0.1, SignalShape::Decaying { half_life_days })
}

fn say(model: &mut HazardModel, slug: &str, strength: f64, day: i64) -> LabelEffect {
    model.hear(&Label { slug: slug.into(), strength }, at_day(day))
}

fn p(model: &mut HazardModel, day: i64) -> f64 {
    model.estimate(at_day(day)).unwrap().probability.get()
}

#[test]
fn no_signal_is_the_base_rate() {
    let mut spec = spec(vec![]);
    spec.log_base_sd = 0.0;
    let mut model = HazardModel::new(spec);
    let expected = -(-0.30_f64 * 365.0 / 365.25).exp_m1();
    assert!((p(&mut model, 0) - expected).abs() < 1e-12);
}

#[test]
fn t1_12_silence_costs_theta() {
    let mut spec = spec(vec![]);
    spec.log_base_sd = 0.0;
    spec.deadline = at_day(217);
    spec.base_rate_per_year = super::super::survival::cumulated(0.33) / 217.0 * 365.25;
    let mut model = HazardModel::new(spec);
    assert!((p(&mut model, 0) - 0.33).abs() < 1e-9);
    assert!((p(&mut model, 117) - 0.168_523_193).abs() < 1e-9);
    assert!((p(&mut model, 187) - 0.053_860_788).abs() < 1e-9);
}

#[test]
fn t1_2_uncapped_single_signal_uses_the_exact_series() {
    let mut spec =
        spec(vec![weight("x", 1.2, 0.0, SignalShape::Decaying { half_life_days: 60.0 })]);
    spec.signal_cap = f64::INFINITY;
    spec.log_base_sd = 0.0;
    let mut model = HazardModel::new(spec);
    say(&mut model, "x", 1.0, 0);
    let expected = -(-0.30 / 365.25 * one_decaying(1.2, 60.0, 365.0)).exp_m1();
    assert!((p(&mut model, 0) - expected).abs() < 1e-12);
}

#[test]
fn a_window_adds_its_mass_and_expires() {
    let mut with = spec(vec![]);
    with.log_base_sd = 0.0;
    with.windows = vec![CalendarWindow {
        name: "summit".into(),
        start: at_day(100),
        end: at_day(110),
        attend: (76.0, 24.0),
        include: (42.0, 58.0),
    }];
    let mut plain = with.clone();
    plain.windows.clear();
    with.base_share_beside_windows = 0.75;
    let (mut with, mut plain) = (HazardModel::new(with), HazardModel::new(plain));
    // T1.4: one minus the product, on the base intensity that windows leave.
    let cumulated = 0.30 * 0.75 * 365.0 / 365.25;
    let expected = 1.0 - f64::exp(-cumulated) * (1.0 - 0.76 * 0.42);
    assert!((p(&mut with, 0) - expected).abs() < 1e-12);
    assert!((1.0 - (-0.128_f64).exp() * (1.0 - 0.76 * 0.42) - 0.400_995_819).abs() < 1e-9);
    assert!((p(&mut with, 111) - p(&mut plain, 111)).abs() < 1e-15);
    assert!(with.due_after(at_day(110) - Nanos::from_secs(60)) <= at_day(110) + Nanos::new(1));
}

#[test]
fn steps_end_and_are_removed_by_a_contrary_statement() {
    let mut model =
        HazardModel::new(spec(vec![weight("s", 0.5, 0.1, SignalShape::Step { days: 30.0 })]));
    let base = p(&mut model, 10);
    assert_eq!(say(&mut model, "s", 1.0, 10), LabelEffect::Moved);
    assert!(p(&mut model, 10) > base);
    say(&mut model, "s", -1.0, 10);
    assert!((p(&mut model, 10) - base).abs() < 1e-15);
    say(&mut model, "s", 1.0, 10);
    let mut plain = HazardModel::new(spec(vec![]));
    assert!((p(&mut model, 41) - p(&mut plain, 41)).abs() < 1e-15);
}

/// History that is known to begin later: two half years after a visit, one after the other.
#[test]
fn a_step_that_begins_later_begins_later() {
    let step = |slug: &str, mean: f64, since: i64| SignalWeight {
        since: Some((at_day(since), 1.0)),
        ..weight(slug, mean, 0.0, SignalShape::Step { days: 100.0 })
    };
    let mut spec = spec(vec![step("first", -0.9, -40), step("second", -0.3, 60)]);
    (spec.log_base_sd, spec.signal_cap) = (0.0, f64::INFINITY);
    let mut model = HazardModel::new(spec);
    let daily: f64 = 0.30 / 365.25;
    let days = 60.0 * (-0.9_f64).exp() + 100.0 * (-0.3_f64).exp() + 205.0;
    assert!((p(&mut model, 0) + (-daily * days).exp_m1()).abs() < 1e-9);
}

/// Only time passes: at most hourly, until the last day.
#[test]
fn time_alone_asks_for_a_refresh_at_most_hourly() {
    let mut model = HazardModel::new(spec(vec![decaying("x", 0.2, 60.0)]));
    say(&mut model, "visit_announced", 1.0, 0);
    for day in 0..364 {
        let now = at_day(day) + Nanos::new(12_345);
        assert_eq!(model.due_after(now), now + Nanos::from_secs(3600), "{day}");
    }
    let near = at_day(365) - Nanos::from_secs(7200);
    assert_eq!(model.due_after(near), near + Nanos::from_secs(300));
    let nearer = at_day(365) - Nanos::from_secs(90);
    assert_eq!(model.due_after(nearer), nearer + Nanos::from_secs(60));
    assert_eq!(model.due_after(at_day(365) - Nanos::from_secs(5)), at_day(365));
}

/// A signal of which the strategy knows no label leaves no trace, not even in the evidence.
#[test]
fn a_signal_that_is_not_known_costs_nothing() {
    let mut model = HazardModel::new(spec(vec![decaying("x", 0.2, 60.0)]));
    let signal = Signal {
        id: "s".into(),
        class: SourceClass::Wire,
        labels: vec![Label { slug: "weather".into(), strength: 1.0 }],
        ..Signal::default()
    };
    let heard = model.hear_signal(&signal, at_day(1));
    assert_eq!((heard.moved, heard.labels), (false, vec![LabelEffect::Unknown]));
    assert_eq!(model.evidence().count(), 0);
    let mut model = crate::model::Model::new(&crate::config::ModelSpec::Hazard(spec(vec![])), &[]);
    model.refresh(at_day(1)).unwrap();
    let due = model.due();
    assert!(!model.hear(&signal, at_day(1)).moved);
    assert_eq!(model.due(), due);
}

#[test]
fn states_come_and_go() {
    let mut model = HazardModel::new(spec(vec![]));
    let base = p(&mut model, 20);
    say(&mut model, "called_off", 1.0, 20);
    let off = p(&mut model, 20);
    // A factor of 0.35 that has halved (in logs) after 120 of the 345 days left.
    assert!((0.4..0.8).contains(&(off / base)), "{off} {base}");
    say(&mut model, "scheduled:2026-06-01", 1.0, 21);
    assert!(p(&mut model, 21) > 0.9);
    say(&mut model, "occurred", 1.0, 150);
    assert!(model.has_occurred());
    assert!(p(&mut model, 150) > 0.999);
    // Past the deadline without the event there is nothing left.
    let mut silent = HazardModel::new(spec(vec![]));
    assert!(p(&mut silent, 365) <= 1e-4);
}

#[test]
fn what_happened_before_the_window_does_not_count() {
    let mut model = HazardModel::new(spec(vec![]));
    model.hear(&Label { slug: "occurred".into(), strength: 1.0 }, at_day(-60));
    assert!(!model.has_occurred());
    assert!(p(&mut model, 0) < 0.5);
}

#[test]
fn unknown_slugs_are_told() {
    let mut model = HazardModel::new(spec(vec![decaying("x", 0.2, 60.0)]));
    assert_eq!(say(&mut model, "y", 1.0, 1), LabelEffect::Unknown);
    assert_eq!(say(&mut model, "x", f64::NAN, 1), LabelEffect::Unmoved);
}

#[test]
fn nonsense_in_the_specification_is_an_error_not_a_number() {
    let mut bad = spec(vec![]);
    bad.base_rate_per_year = f64::NAN;
    assert_eq!(HazardModel::new(bad.clone()).estimate(at_day(1)), Err(ModelError::NotFinite));
    // Also with a plan for one day, which asks what would be without the windows of that day.
    let mut planned = HazardModel::new(bad);
    say(&mut planned, "visit_announced:2026-08-01", 1.0, 0);
    assert_eq!(planned.estimate(at_day(1)), Err(ModelError::NotFinite));
}

proptest! {
    /// Stronger statements of a positive weight never lower the probability, and the cap holds.
    #[test]
    fn monotone_and_capped(first in 0.0..3.0_f64, more in 0.0..3.0_f64, mean in 0.0..2.0_f64) {
        let build = |strength: f64| {
            let mut model = HazardModel::new(spec(vec![decaying("x", mean, 90.0)]));
            say(&mut model, "x", strength, 1);
            p(&mut model, 1)
        };
        let (low, high) = (build(first), build((first + more).min(3.0)));
        prop_assert!(low <= high + 1e-12);
        let mut spec = spec(vec![]);
        spec.base_rate_per_year *= 1.5_f64.exp();
        prop_assert!(high <= p(&mut HazardModel::new(spec), 1) + 0.05);
    }

    /// A later deadline is never less likely (a ladder of deadlines is monotone).
    #[test]
    fn monotone_in_the_deadline(
        day in 0_i64..300, extra in 1_i64..400, strength in -3.0..3.0_f64
    ) {
        let build = |deadline: i64| {
            let mut spec = spec(vec![decaying("x", 0.4, 45.0)]);
            spec.deadline = at_day(deadline);
            let mut model = HazardModel::new(spec);
            say(&mut model, "x", strength, day);
            p(&mut model, day)
        };
        prop_assert!(build(day + 10) <= build(day + 10 + extra) + 1e-9);
    }

    /// Statements commute, and a retraction of equal strength is the identity.
    #[test]
    fn adding_and_retracting_is_the_identity(strength in 0.1..2.9_f64) {
        let mut model = HazardModel::new(spec(vec![decaying("x", 0.4, 45.0)]));
        let before = p(&mut model, 50);
        say(&mut model, "x", strength, 50);
        say(&mut model, "x", -strength, 50);
        prop_assert!((p(&mut model, 50) - before).abs() < 1e-12);
    }

    /// The wider the weight, the wider the result; the parts of the anatomy are those in force.
    #[test]
    fn uncertainty_of_weights_widens(sd in 0.0..1.0_f64) {
        let build = |sd: f64| {
            let shape = SignalShape::Step { days: f64::INFINITY };
            let mut model = HazardModel::new(spec(vec![weight("x", 0.2, sd, shape)]));
            say(&mut model, "x", 1.0, 1);
            model
        };
        let narrow = build(0.0).estimate(at_day(1)).unwrap().sd_logit;
        let wide = build(sd);
        prop_assert!(wide.estimate(at_day(1)).unwrap().sd_logit >= narrow);
        let anatomy = wide.anatomy(at_day(1)).unwrap();
        prop_assert_eq!(anatomy.signals.len(), 1);
        prop_assert!((anatomy.signals[0].log_intensity - 0.2).abs() < 0.01);
    }
}

/// Folding each story onto the present state is the fold from the start.
#[test]
fn the_fast_path_is_the_fold() {
    let mut model = HazardModel::new(spec(vec![
        decaying("x", 0.4, 45.0),
        weight("s", 0.3, 0.1, SignalShape::Step { days: 30.0 }),
    ]));
    for index in 0..80_i64 {
        let slug =
            ["x", "s", "visit_announced:2026-08-01", "visit_cancelled"][(index % 4) as usize];
        let signal = Signal {
            id: format!("{index}"),
            publisher: format!("p{}", index % 7),
            title: format!("headline {index}"),
            class: if index % 3 == 0 { SourceClass::Desk } else { SourceClass::Wire },
            cluster: format!("c{}", index % 50),
            labels: vec![Label {
                slug: slug.into(),
                strength: if index % 5 == 0 { -1.0 } else { 1.0 },
            }],
            ..Signal::default()
        };
        model.hear_signal(&signal, at_day(index));
        if index % 13 != 0 && index != 79 {
            continue;
        }
        let mut whole = model.clone();
        whole.refold(0);
        assert_eq!(whole.state, model.state, "{index}");
        assert_eq!(whole.weighed, model.weighed, "{index}");
    }
    assert!(model.checkpoints.len() > 1);
}

/// More stories than are kept: the oldest stay in the state.
#[test]
fn the_oldest_evidence_becomes_the_ground() {
    let shape = SignalShape::Step { days: f64::INFINITY };
    let mut model = HazardModel::new(spec(vec![
        weight("first", 0.5, 0.1, shape),
        weight("x", 0.1, 0.1, shape),
    ]));
    say(&mut model, "first", 1.0, 0);
    let mut reference = HazardModel::new(model.spec().clone());
    say(&mut reference, "first", 1.0, 0);
    say(&mut reference, "x", 1.0, 1);
    for _ in 0..STORIES_MAX + 40 {
        say(&mut model, "x", 1.0, 1);
    }
    assert!(model.evidence().count() <= STORIES_MAX);
    assert!((p(&mut model, 2) - p(&mut reference, 2)).abs() < 1e-15);
    let mut whole = model.clone();
    whole.refold(0);
    assert_eq!(whole.state, model.state);
}
