//! Who goes to a summit, and who does not: labels that name a calendar window move its attendance.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod voices;

use proptest::prelude::*;
use statecraft_domain::signal::{Assertion, Claim, Direction, SourceClass};
use statecraft_engine::config::{CalendarWindow, HazardSpec};
use statecraft_engine::model::{HazardModel, LabelEffect};
use voices::*;

fn window(name: &str, first: i64) -> CalendarWindow {
    CalendarWindow {
        name: name.into(),
        start: at(first),
        end: at(first + 8),
        attend: (20.5, 6.5),
        include: (6.0, 6.0),
    }
}

fn spec() -> HazardSpec {
    let windows = vec![window("G7 Evian", 165), window("APEC Shenzhen", 317)];
    HazardSpec { windows, ..year_2026() }
}

const APEC: &str = "summit_window@apec";

fn attend(model: &HazardModel, window: usize, day: i64) -> f64 {
    model.anatomy(at(day)).unwrap().windows[window].attend
}

#[test]
fn a_summit_that_is_skipped_is_no_occasion() {
    let plain = HazardModel::new(spec());
    let without = HazardSpec { windows: vec![window("G7 Evian", 165)], ..year_2026() };
    let without = p(&HazardModel::new(without), 10);
    let before = p(&plain, 10);
    let skip = denies("wh", SourceClass::Official, APEC);
    let skipped = heard(spec(), &[(10, skip.clone())]);
    assert!(p(&skipped, 10) < before);
    assert!((p(&skipped, 10) - without).abs() < 0.02, "{} {without}", p(&skipped, 10));
    assert!(attend(&skipped, 1, 10) < 0.05);
    // The other one stands as it stood.
    assert_eq!(attend(&skipped, 0, 10).to_bits(), attend(&plain, 0, 10).to_bits());
    parts_add_up(&skipped, 10);
    // Taken back, it was never heard.
    let back = heard(spec(), &[(10, skip.clone()), (11, retracts(&skip))]);
    assert_eq!(p(&back, 20).to_bits(), p(&plain, 20).to_bits());
    // His word that he goes after all replaces it.
    let goes = heard(spec(), &[(10, skip), (12, official("wh2", APEC))]);
    assert!(attend(&goes, 1, 12) > 0.95);
}

#[test]
fn who_attends_is_likelier_to_come_and_evidence_pools() {
    let before = p(&HazardModel::new(spec()), 10);
    let told = |class| heard(spec(), &[(10, says("a", class, APEC))]);
    let (wire, wh) = (told(SourceClass::Wire), told(SourceClass::Official));
    assert!(p(&wire, 10) > before && p(&wh, 10) > p(&wire, 10));
    // A lone wire is held by the limit of one publisher; two count in full: 2.30 (1 + 0.2).
    let mut second = says("b", SourceClass::Wire, APEC);
    second.cluster = "a".into();
    let both = heard(spec(), &[(10, says("a", SourceClass::Wire, APEC)), (10, second)]);
    let prior: f64 = 20.5 / 6.5;
    let odds = (prior.ln() + 10.0_f64.ln() * 1.2).exp();
    assert!((attend(&both, 1, 10) - odds / (1.0 + odds)).abs() < 1e-9, "{}", attend(&both, 1, 10));
    let said = &both.anatomy(at(10)).unwrap().windows[1];
    assert!((said.prior - 20.5 / 27.0).abs() < 1e-12);
    assert!((said.evidence - 10.0_f64.ln() * 1.2).abs() < 1e-9);
}

#[test]
fn windows_are_named_by_a_word_of_their_name() {
    let effect = |slug: &str| {
        let mut model = HazardModel::new(spec());
        let signal = says("a", SourceClass::Official, slug);
        let heard = model.hear_signal(&signal, at(10));
        (heard.labels[0], attend(&model, 0, 10) > 0.9, attend(&model, 1, 10) > 0.9)
    };
    for slug in ["summit_window@apec", "summit_window@APEC", "summit_window@shenzhen"] {
        assert_eq!(effect(slug), (LabelEffect::Moved, false, true), "{slug}");
    }
    assert_eq!(effect("summit_window@g7"), (LabelEffect::Moved, true, false));
    for slug in ["summit_window@g20", "summit_window@pec", "summit_window@", "summit_window"] {
        assert_eq!(effect(slug), (LabelEffect::Unknown, false, false), "{slug}");
    }
    // Of two of one name it is the next.
    let twice =
        HazardSpec { windows: vec![window("APEC", 300), window("APEC", 20)], ..year_2026() };
    let told = |day| heard(twice.clone(), &[(day, official("wh", APEC))]);
    assert!(attend(&told(10), 1, 10) > 0.9 && attend(&told(10), 0, 10) < 0.9);
    assert!(attend(&told(40), 0, 40) > 0.9);
}

#[test]
fn the_desk_decides_a_window() {
    let goes = heard(spec(), &[(10, desk("d", APEC, 1.0))]);
    let stays = heard(spec(), &[(10, desk("d", APEC, 1.0)), (11, desk("e", APEC, -1.0))]);
    assert!((attend(&goes, 1, 11) - 0.99).abs() < 1e-9);
    assert!((attend(&stays, 1, 11) - 0.01).abs() < 1e-9);
}

/// "To skip APEC" as it is read: the label is against the window, the headline turns down.
#[test]
fn officials_who_stay_away_say_at_least_as_much_as_wires() {
    let skips = |class, assertion| {
        let mut signal = denies("x", class, APEC);
        let direction = Direction::Down;
        signal.claim = Some(Claim { assertion, direction, ..Claim::default() });
        attend(&heard(spec(), &[(10, signal)]), 1, 10)
    };
    for assertion in [Assertion::Asserted, Assertion::Denied, Assertion::Confirmed] {
        for class in [SourceClass::Wire, SourceClass::TopTier, SourceClass::National] {
            assert!(skips(SourceClass::Official, assertion) < skips(class, Assertion::Asserted));
        }
    }
    // "Will not skip APEC": the window gains, and no plan is invented.
    let mut goes = official("wh", APEC);
    let (assertion, direction) = (Assertion::Denied, Direction::Up);
    goes.claim = Some(Claim { assertion, direction, ..Claim::default() });
    let model = heard(spec(), &[(10, goes)]);
    assert!(attend(&model, 1, 10) > 0.95);
    assert_eq!(model.anatomy(at(10)).unwrap().plan, []);
    // A label may carry its time; another year's summit is not this one.
    let told = |slug: &str| attend(&heard(spec(), &[(10, official("wh", slug))]), 1, 10);
    assert!(told("summit_window@apec:2026-11") > 0.95);
    assert!(told("summit_window@apec:2027-11") < 0.8);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Who says that he goes never lowers, who says that he does not never lifts; the parts add up.
    #[test]
    fn attendance_has_the_right_sign(
        told in proptest::collection::vec((0..4_usize, proptest::bool::ANY), 0..5), class in 0..4_usize,
        goes in proptest::bool::ANY, day in 1_i64..300,
    ) {
        let classes = [SourceClass::Official, SourceClass::Wire, SourceClass::National, SourceClass::Desk];
        let voice = |id: &str, class: usize, goes: bool| {
            if goes { says(id, classes[class], APEC) } else { denies(id, classes[class], APEC) }
        };
        let mut model = HazardModel::new(spec());
        for (index, &(class, goes)) in told.iter().enumerate() {
            model.hear_signal(&voice(&format!("s{index}"), class, goes), at(day));
        }
        let before = p(&model, day);
        let last = voice("last", class, goes);
        model.hear_signal(&last, at(day));
        let after = p(&model, day);
        let right = if goes { after >= before - 1e-12 } else { after <= before + 1e-12 };
        prop_assert!(right, "{} {}", before, after);
        parts_add_up(&model, day);
        model.hear_signal(&retracts(&last), at(day));
        prop_assert_eq!(p(&model, day).to_bits(), before.to_bits());
    }
}
