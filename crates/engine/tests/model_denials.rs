//! An official denial before there is any plan: it is remembered, and never lifts.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod voices;

use proptest::prelude::*;
use statecraft_domain::signal::SourceClass;
use statecraft_engine::config::HazardSpec;
use statecraft_engine::model::HazardModel;
use statecraft_engine::model::anatomy::Structure;
use voices::*;

const PLANNED: &str = "visit_planned";

fn no_plans(day: i64) -> (i64, statecraft_domain::Signal) {
    (day, denies("wh", SourceClass::Official, PLANNED))
}

#[test]
fn no_plans_is_remembered_and_forgotten() {
    let plain = HazardModel::new(year_2026());
    let denied = heard(year_2026(), &[no_plans(10)]);
    let ratio = |day| p(&denied, day) / p(&plain, day);
    assert!((0.7..0.97).contains(&ratio(10)), "{}", ratio(10));
    assert!(ratio(100) > ratio(10) && ratio(300) > 0.95);
    parts_add_up(&denied, 10);
    let anatomy = denied.anatomy(at(10)).unwrap();
    let part = anatomy.structure.iter().find(|part| part.kind == Structure::Denied).unwrap();
    assert!(part.effect < -0.01, "{}", part.effect);
    // The shorter the memory of plans, the sooner.
    let short = HazardSpec { plan_memory_days: 10.0, ..year_2026() };
    assert!(p(&heard(short, &[no_plans(10)]), 10) > p(&denied, 10));
}

/// Third parties lower it, too, within the limit of one voice, and never more than officials do.
#[test]
fn others_deny_what_may_come_and_less_than_officials() {
    let plain = p(&HazardModel::new(year_2026()), 10);
    let official = p(&heard(year_2026(), &[no_plans(10)]), 10);
    for class in [SourceClass::Wire, SourceClass::National] {
        for apart in [false, true] {
            let told = |count: usize| {
                let denial = |i: usize| {
                    let id = format!("x{i}");
                    let cluster = if apart { id.clone() } else { "one".to_owned() };
                    (10, denies_in(&id, class, &cluster, PLANNED))
                };
                let denials: Vec<_> = (0..count).map(denial).collect();
                let model = heard(year_2026(), &denials);
                parts_add_up(&model, 10);
                let anatomy = model.anatomy(at(10)).unwrap();
                assert!(anatomy.structure.iter().any(|part| part.kind == Structure::Denied));
                p(&model, 10)
            };
            let (one, three) = (told(1), told(3));
            assert!(one < plain - 0.005 && one >= plain - 0.05 - 1e-9, "{class:?} {one} {plain}");
            assert!(three <= one && three > official, "{class:?} {three} {one} {official}");
        }
    }
    for class in [SourceClass::Social, SourceClass::Aggregator] {
        let page = heard(year_2026(), &[(10, denies("x", class, PLANNED))]);
        assert_eq!(p(&page, 10).to_bits(), plain.to_bits(), "{class:?}");
    }
}

#[test]
fn a_rumour_after_a_denial_counts_less() {
    let rumour = |id: &str, day| {
        let mut second = says(&format!("{id}2"), SourceClass::Wire, PLANNED);
        second.cluster = id.into();
        [(day, says(id, SourceClass::Wire, PLANNED)), (day, second)]
    };
    let free = heard(year_2026(), &rumour("r", 20));
    let mut told = vec![no_plans(10)];
    told.extend(rumour("r", 20));
    let doubted = heard(year_2026(), &told);
    let credibility = |model: &HazardModel| model.anatomy(at(20)).unwrap().plan[0].credibility;
    let (doubt, freely) = (credibility(&doubted), credibility(&free));
    assert!(doubt < 0.75 * freely, "{doubt} {freely}");
    assert!(p(&doubted, 20) < p(&free, 20));
    // Officials who announce it take their word back.
    let announced = (20, official("wh2", "visit_announced:2026-08-01"));
    let fresh = p(&heard(year_2026(), std::slice::from_ref(&announced)), 20);
    let after = heard(year_2026(), &[no_plans(10), announced]);
    assert!((p(&after, 20) - fresh).abs() < 1e-3, "{} {fresh}", p(&after, 20));
}

#[test]
fn a_denied_story_is_one_story() {
    let mut wire = says("wire", SourceClass::Wire, "visit_announced:2026-08-01");
    wire.cluster = "story".into();
    let mut denial = denies("wh", SourceClass::Official, "visit_announced:2026-08-01");
    denial.cluster = "story".into();
    let model = heard(year_2026(), &[(10, wire), (12, denial)]);
    let stories = model.anatomy(at(20)).unwrap().stories;
    assert_eq!(stories.len(), 1, "{stories:?}");
    assert_eq!((stories[0].reports, stories[0].publishers), (2, 2));
    assert_eq!(stories[0].title, "headline wire");
    assert_eq!(stories[0].denied, Some(at(12)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever was said before: that there are no plans never lifts, now or later, and taken back it
    /// was never said.
    #[test]
    fn no_plans_never_lifts(
        told in proptest::collection::vec((0..4_usize, 0..6_usize, 0_i64..9), 0..5), later in 0_i64..200,
    ) {
        let classes = [SourceClass::Official, SourceClass::Wire, SourceClass::National, SourceClass::Social];
        let slugs = ["visit_announced:2026-08-01", PLANNED, "visit_postponed:2027", "visit_cancelled",
            "visit_announced:2026-10..2027-03", "visit_postponed"];
        let mut model = HazardModel::new(year_2026());
        let mut told = told;
        told.sort_by_key(|&(_, _, day)| day);
        for (index, &(class, slug, day)) in told.iter().enumerate() {
            model.hear_signal(&says(&format!("s{index}"), classes[class], slugs[slug]), at(day));
        }
        let never = model.clone();
        let denial = denies("denier", SourceClass::Official, "visit_announced");
        model.hear_signal(&denial, at(10));
        for day in [10, 10 + later] {
            prop_assert!(p(&model, day) <= p(&never, day) + 1e-9, "{} {}", p(&model, day), p(&never, day));
            parts_add_up(&model, day);
        }
        model.hear_signal(&retracts(&denial), at(10));
        prop_assert_eq!(p(&model, 10).to_bits(), p(&never, 10).to_bits());
    }
}
