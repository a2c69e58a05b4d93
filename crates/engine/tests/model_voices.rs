//! Who says it, and in what sense: denials never support, few make nothing certain, nobody takes back
//! what others say, and a plan put off is worth less than one that stands.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod voices;

use proptest::prelude::*;
use statecraft_domain::Signal;
use statecraft_domain::signal::{Assertion, Capital, Claim, DealStage, SourceClass};
use statecraft_engine::config::{CalendarWindow, DealSpec, HazardSpec, SignalShape, SignalWeight};
use statecraft_engine::model::HazardModel;
use statecraft_engine::model::anatomy::Structure;
use voices::{at, denies_in, p, says_in};

const ANNOUNCED: &str = "visit_announced:2026-08-01";
const CLASSES: [SourceClass; 4] =
    [SourceClass::Official, SourceClass::Wire, SourceClass::National, SourceClass::Social];

fn spec() -> HazardSpec {
    HazardSpec {
        window_start: at(0),
        deadline: at(365),
        base_rate_per_year: 0.20,
        deal: Some(DealSpec { as_of: at(0), ..DealSpec::default() }),
        ..HazardSpec::default()
    }
}

fn heard(signals: &[(i64, Signal)]) -> HazardModel {
    voices::heard(spec(), signals)
}

fn bounds(model: &HazardModel, day: i64) -> f64 {
    let anatomy = model.anatomy(at(day)).unwrap();
    assert!((anatomy.sum() - anatomy.q).abs() < 1e-12);
    let bounds = anatomy.structure.iter().find(|part| part.kind == Structure::Bounds);
    bounds.map_or(0.0, |part| part.effect)
}

/// Who (of [`CLASSES`]), in which story, and which slug.
type Telling = (usize, usize, usize);

/// The most that may be believed once `denial` is heard on top of `told`, and what is.
fn denied(spec: &HazardSpec, told: &[Telling], denial: Telling) -> (f64, f64) {
    let slugs = [ANNOUNCED, "visit_planned", "visit_occurred"];
    let story = |cluster: usize| format!("story {cluster}");
    let mut model = HazardModel::new(spec.clone());
    let mut never_landed = model.clone();
    for (index, (class, cluster, slug)) in told.iter().enumerate() {
        let id = format!("p{index}");
        let signal = says_in(&id, CLASSES[*class], &story(*cluster), slugs[*slug]);
        model.hear_signal(&signal, at(10));
        if slugs[*slug] != "visit_occurred" {
            never_landed.hear_signal(&signal, at(10));
        }
    }
    assert!(bounds(&model, 10).abs() <= 1e-4 + 1e-12);
    let mut most = p(&model, 10);
    let (class, cluster, slug) = denial;
    if CLASSES[class] == SourceClass::Official && slugs[slug] == "visit_occurred" {
        most = most.max(p(&never_landed, 10));
    }
    let denial = denies_in("denier", CLASSES[class], &story(cluster), slugs[slug]);
    model.hear_signal(&denial, at(10));
    (most, p(&model, 10))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whoever denies a visit, and wherever: it never becomes likelier. Officials who deny a landing take its
    /// reports away, so that it is as likely as if they had never been told, should that be more.
    #[test]
    fn a_denial_never_raises(
        told in proptest::collection::vec((0..4_usize, 0..3_usize, 0..3_usize), 0..5),
        denial in (0..4_usize, 0..3_usize, 0..3_usize),
    ) {
        let mut free = spec();
        free.influence.solo_move_limit = f64::INFINITY;
        let (before, after) = denied(&free, &told, denial);
        prop_assert!(after <= before + 1e-9, "{after} {before}");
        // What a denial takes from one lone voice may leave room for the next: a fifth of its limit at most.
        let room = spec().influence.solo_move_limit / 5.0;
        let (before, after) = denied(&spec(), &told, denial);
        prop_assert!(after <= before + room, "{after} {before}");
    }

    /// Two that are not official, however they put it, make nothing certain.
    #[test]
    fn two_weak_reports_make_no_certainty(class in 1..4_usize, other in 1..4_usize, slug in 0..2_usize) {
        let slug = ["visit_occurred", ANNOUNCED][slug];
        let model = heard(&[
            (10, says_in("a", CLASSES[class], "s", slug)),
            (10, says_in("b", CLASSES[other], "s", slug)),
        ]);
        prop_assert!(!model.has_occurred());
        prop_assert!(p(&model, 10) < 0.9, "{}", p(&model, 10));
        prop_assert!(bounds(&model, 10).abs() <= 1e-4 + 1e-12);
    }

    /// A trip put off is at most as likely as the same trip announced, with or without dates.
    #[test]
    fn put_off_is_no_better_than_announced(
        planned in proptest::option::of(20_u32..28), month in 3_u32..12, day in 0_i64..50,
    ) {
        let slug = planned.map_or("visit_announced".into(), |d| format!("visit_announced:2026-{month:02}-{d}"));
        let announced = (day, says_in("a", SourceClass::Official, "s", &slug));
        let off = (day, says_in("a", SourceClass::Official, "t", "visit_postponed"));
        let (before, after) = (heard(std::slice::from_ref(&announced)), heard(&[announced, off.clone()]));
        prop_assert!(p(&after, day) <= p(&before, day), "{} {}", p(&after, day), p(&before, day));
        prop_assert!(p(&heard(&[off]), day) <= p(&before, day));
    }
}

/// Told alone, each is held to its limit, and all to the sum of their limits: who denies is not one of those.
#[test]
fn who_denies_gives_lone_voices_no_room() {
    let told = [(1, 0, 0), (1, 2, 0), (0, 1, 1)];
    let (before, after) = denied(&spec(), &told, (1, 2, 1));
    assert!(after <= before + 1e-9, "{after} {before}");
    // Nor does a denial of a part give more room to the rest of a story.
    let told = [(1, 1, 2), (0, 0, 0), (1, 1, 1)];
    let (before, after) = denied(&spec(), &told, (1, 1, 1));
    assert!(after <= before + 1e-9, "{after} {before}");
}

#[test]
fn an_official_denial_of_a_rumour_is_no_second_voice() {
    let base = p(&heard(&[]), 10);
    let rumour = (10, says_in("wire", SourceClass::Wire, "s", ANNOUNCED));
    let alone = p(&heard(std::slice::from_ref(&rumour)), 10);
    for class in [SourceClass::Official, SourceClass::National] {
        let denial = (10, denies_in("no", class, "s", ANNOUNCED));
        // Officials who deny it before it is heard are remembered.
        let least = p(&heard(std::slice::from_ref(&denial)), 10).min(base);
        let denied = heard(&[rumour.clone(), denial]);
        assert!(
            p(&denied, 10) <= alone + 1e-5 && p(&denied, 10) >= least - 1e-5,
            "{}",
            p(&denied, 10)
        );
    }
}

#[test]
fn a_later_official_denial_replaces_the_plan() {
    let base = p(&heard(&[]), 11);
    let announced = (10, says_in("wh", SourceClass::Official, "s", ANNOUNCED));
    let denied = (11, denies_in("wh", SourceClass::Official, "s", "visit_planned"));
    let model = heard(&[announced.clone(), denied.clone()]);
    // The plan is gone, and the denial is remembered on top of it, as one before any plan is.
    let left = p(&model, 11);
    assert!(left <= base + 1e-6 && left > 0.5 * base, "{left} of {base}");
    // And his word that it is on after all replaces the denial.
    let again = (12, says_in("wh", SourceClass::Official, "s", ANNOUNCED));
    assert!(p(&heard(&[announced, denied, again]), 12) > 0.85);
}

#[test]
fn a_denied_deal_is_undone() {
    let deal = |mut signal: Signal| {
        let claim = signal.claim.as_mut().unwrap();
        (claim.stage, claim.capital) = (Some(DealStage::Proposed), Capital::Sovereign);
        signal
    };
    let told: Vec<_> = ["a", "b"]
        .map(|id| (10, deal(says_in(id, SourceClass::Wire, "s", "sov_capital"))))
        .to_vec();
    let base = heard(&[]);
    let lives = |model: &HazardModel| {
        model.anatomy(at(11)).unwrap().deal.unwrap().stages[2..6].iter().sum::<f64>()
    };
    let mut model = heard(&told);
    let (before, pledged) = (p(&model, 11), lives(&model));
    let mut denial = denies_in("jp", SourceClass::Official, "s", "sov_capital");
    denial.claim.as_mut().unwrap().capital = Capital::Sovereign;
    model.hear_signal(&denial, at(11));
    assert!(pledged > lives(&base) + 0.05, "{pledged}");
    assert!(lives(&model) < 0.1 * pledged, "{} {pledged}", lives(&model));
    assert!(p(&model, 11) < before);
}

#[test]
fn only_ones_own_reports_can_be_withdrawn() {
    let wire = (10, says_in("wire", SourceClass::Wire, "s", ANNOUNCED));
    let top = (11, says_in("top", SourceClass::TopTier, "s", ANNOUNCED));
    let social = (11, says_in("social", SourceClass::Social, "s", ANNOUNCED));
    let gone = |id: &str, class| {
        let mut signal = says_in(id, class, "s", ANNOUNCED);
        signal.claim = Some(Claim { assertion: Assertion::Retracted, ..Claim::default() });
        (12, signal)
    };
    let all = heard(&[wire.clone(), social.clone(), gone("social", SourceClass::Social)]);
    let never = heard(std::slice::from_ref(&wire));
    assert_eq!(p(&all, 20).to_bits(), p(&never, 20).to_bits());
    let official = heard(&[wire.clone(), gone("mofa", SourceClass::Official)]);
    assert_eq!(p(&official, 20).to_bits(), p(&never, 20).to_bits());
    // The first to tell it goes: the rest stands as if it had come first, after what came between.
    let between = (10, says_in("x", SourceClass::Wire, "t", "visit_cancelled"));
    let left = heard(&[wire, between.clone(), top.clone(), gone("wire", SourceClass::Wire)]);
    let never = heard(&[between, top]);
    assert_eq!(p(&left, 20).to_bits(), p(&never, 20).to_bits());
}

#[test]
fn put_off_beyond_the_deadline_is_nearly_nothing() {
    let base = p(&heard(&[]), 10);
    let announced = (10, says_in("wh", SourceClass::Official, "s", ANNOUNCED));
    let off = (10, says_in("wh", SourceClass::Official, "t", "visit_postponed:2027-03-01"));
    assert!(p(&heard(&[announced, off]), 10) < 0.25 * base);
    // Announced for after the deadline it is no plan for this contract.
    for date in ["2027-01-01", "2028-05-01"] {
        let slug = format!("visit_announced:{date}");
        let late = heard(&[(10, says_in("wh", SourceClass::Official, "s", &slug))]);
        assert!(p(&late, 10) <= base + 1e-12, "{date} {}", p(&late, 10));
    }
}

#[test]
fn a_rumour_of_an_arrival_does_not_become_official() {
    let model = heard(&[
        (10, says_in("a", SourceClass::Social, "s", "visit_occurred")),
        (10, says_in("wh", SourceClass::Official, "t", ANNOUNCED)),
    ]);
    assert!(p(&model, 10) < 0.94, "{}", p(&model, 10));
}

#[test]
fn what_happened_is_in_the_plan_and_not_in_the_bounds() {
    let model = heard(&[(10, says_in("mofa", SourceClass::Official, "s", "visit_occurred"))]);
    for day in [10, 200, 400] {
        assert!(bounds(&model, day).abs() <= 1e-4 + 1e-12, "{day} {}", bounds(&model, day));
    }
    assert!(bounds(&heard(&[]), 400).abs() <= 1e-4 + 1e-12);
}

/// One strong signal under the cap: its line is what taking it away would change.
#[test]
fn a_signal_carries_its_whole_effect() {
    let shape = SignalShape::Step { days: 183.0 };
    let since = Some((at(-64), 1.0));
    let visited = SignalWeight { slug: "visited".into(), mean: -0.99, sd: 0.0, shape, since };
    let plain = HazardSpec { deal: None, ..spec() };
    let with = HazardSpec { signals: vec![visited], ..plain.clone() };
    let (with, plain) = (HazardModel::new(with), HazardModel::new(plain));
    let anatomy = with.anatomy(at(1)).unwrap();
    let change = p(&with, 1) - p(&plain, 1);
    assert!(
        (anatomy.signals[0].effect - change).abs() < 1e-9,
        "{} {change}",
        anatomy.signals[0].effect
    );
}

#[test]
fn a_denial_shows_its_sign() {
    let model = heard(&[(10, denies_in("wh", SourceClass::Official, "s", ANNOUNCED))]);
    assert!(model.anatomy(at(10)).unwrap().stories[0].llr.unwrap() < -1.0);
}

#[test]
fn a_window_across_the_deadline_counts_by_its_days() {
    let summit = |end| {
        let window = CalendarWindow {
            name: "summit".into(),
            start: at(361),
            end: at(end),
            attend: (20.5, 6.5),
            include: (6.0, 1.5),
        };
        let spec = HazardSpec { windows: vec![window], deal: None, ..spec() };
        HazardModel::new(spec).anatomy(at(1)).unwrap().windows[0].mass
    };
    assert!((summit(369) - summit(365) / 2.0).abs() < 1e-12);
}
