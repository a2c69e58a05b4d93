//! Dates of plans may be a day, a month, months or a year: a uniform belief over their days, of which
//! those inside the contract's window count.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod voices;

use proptest::prelude::*;
use statecraft_domain::Signal;
use statecraft_domain::signal::SourceClass;
use statecraft_engine::config::HazardSpec;
use statecraft_engine::model::{HazardModel, LabelEffect};
use voices::*;

fn announced(dates: &str) -> HazardModel {
    heard(year_2026(), &[(10, official("wh", &format!("visit_announced:{dates}")))])
}

/// "Postponed by two weeks": two weeks after the day that was planned, if one was.
#[test]
fn a_delay_is_told_from_the_plan() {
    let plan = |slug: &str| (10, official("wh", slug));
    let late = |id: &str, by: &str| (20, official(id, &format!("visit_postponed:{by}")));
    let q = |told: &[(i64, Signal)], day| p(&heard(year_2026(), told), day);
    // To another day of the year, and out of it.
    for (planned, by, same) in [
        ("visit_announced:2026-05-01", "+14d", "2026-05-15"),
        ("visit_announced:2026-05-01", "+2w", "2026-05-12..2026-05-18"),
        ("visit_announced:2026-12-24", "+2w", "2027-01-04..2027-01-10"),
        ("visit_announced:2026-05-01..2026-05-03", "+3d", "2026-05-04..2026-05-06"),
        ("visit_announced:2026-11", "+1y", "2027-08-02..2028-02-29"),
    ] {
        let by = q(&[plan(planned), late("l", by)], 21);
        let to = q(&[plan(planned), late("l", same)], 21);
        assert!((by - to).abs() < 1e-9, "{planned} {by} {to}");
        let unmoved = q(&[plan(planned)], 21);
        assert!(by < 0.3 * unmoved || same.starts_with("2026"), "{planned} {by} {unmoved}");
    }
    // Said again, in another story, it is no second delay.
    let once = [plan("visit_announced:2026-12-01"), late("l", "+2w")];
    let again = [
        once[0].clone(),
        once[1].clone(),
        (22, says("other", SourceClass::Wire, "visit_postponed:+2w")),
    ];
    assert!(
        (q(&again, 23) - q(&once, 23)).abs() < 0.01 && q(&once, 23) > 0.6,
        "{} {}",
        q(&again, 23),
        q(&once, 23)
    );
    // Without a plan it is a delay without a date.
    assert!(
        (q(&[late("l", "+2w")], 21) - q(&[(20, official("l", "visit_postponed"))], 21)).abs()
            < 1e-12
    );
    // After the first delay without a date, from the old day.
    let vague = (15, official("v", "visit_postponed"));
    let told = q(&[plan("visit_announced:2026-12-24"), vague.clone(), late("l", "+1m")], 21);
    assert!(told < 0.3 * q(&[plan("visit_announced:2026-12-24")], 21), "{told}");
    // The desk's own word.
    let own = |slug: &str| (10, desk("d", slug, 1.0));
    let moved = [own("scheduled:2026-05-01"), (20, desk("e", "postponed:+14d", 1.0))];
    let said = [own("scheduled:2026-05-01"), (20, desk("e", "postponed:2026-05-15", 1.0))];
    assert!((q(&moved, 21) - q(&said, 21)).abs() < 1e-12);
}

/// Days and months of a span are days of it.
#[test]
fn a_span_of_days_is_its_days() {
    let q = |slug: &str| p(&heard(year_2026(), &[(10, official("wh", slug))]), 11);
    assert!(
        (q("visit_announced:2026-06-01..2026-06-30") - q("visit_announced:2026-06")).abs() < 1e-12
    );
    assert!(
        (q("visit_announced:2026-06-05..2026-06-05") - q("visit_announced:2026-06-05")).abs()
            < 1e-12
    );
    let half = q("visit_announced:2026-12-22..2027-01-10");
    assert!(
        half < q("visit_announced:2026-12-22") - 0.2
            && half > q("visit_announced:2027-01-05") + 0.2,
        "{half}"
    );
}

#[test]
fn a_visit_announced_for_a_later_year_lifts_nothing() {
    let base = p(&HazardModel::new(year_2026()), 10);
    for dates in ["2028", "2028-03", "2028-03-14", "2028-03..2028-05", "2027"] {
        let q = p(&announced(dates), 10);
        assert!((q - base).abs() < 1e-12, "{dates}: {q} {base}");
    }
}

#[test]
fn a_month_counts_as_its_days_do() {
    let base = p(&HazardModel::new(year_2026()), 10);
    let month = p(&announced("2026-08"), 10);
    let days: Vec<f64> =
        (1..=31).map(|day| p(&announced(&format!("2026-08-{day:02}")), 10)).collect();
    let mean = days.iter().sum::<f64>() / 31.0;
    assert!((month - mean).abs() < 1e-9, "{month} {mean}");
    assert!(month > 0.85);
    // Half of it before the deadline is half of it.
    let half = p(&announced("2026-12..2027-01"), 10);
    let whole = p(&announced("2026-12"), 10);
    assert!(half > base && half < whole, "{base} {half} {whole}");
    assert!((half - f64::midpoint(base, whole)).abs() < 0.02, "{base} {half} {whole}");
    let most = p(&announced("2026-10..2027-01"), 10);
    assert!(half < most && most < whole);
}

#[test]
fn put_off_until_next_year_is_nearly_nothing() {
    let base = p(&HazardModel::new(year_2026()), 20);
    let spring = (10, official("wh", "visit_announced:2026-04"));
    for dates in ["2027", "2027-03", "2027-01..2027-06"] {
        let off = (20, official("off", &format!("visit_postponed:{dates}")));
        let q = p(&heard(year_2026(), &[spring.clone(), off]), 20);
        assert!(q < 0.25 * base, "{dates}: {q} {base}");
    }
    // Within the year it stays likely.
    let off = (20, official("off", "visit_postponed:2026-06..2026-07"));
    assert!(p(&heard(year_2026(), &[spring, off]), 20) > 0.7);
}

#[test]
fn the_same_plan_told_more_or_less_exactly_is_one_plan() {
    let year = (10, official("a", "visit_announced:2026"));
    let day = (12, official("b", "visit_announced:2026-11-14"));
    let vague = (14, official("c", "visit_announced:2026"));
    let told = |signals: &[(i64, _)]| heard(year_2026(), signals);
    let plan = |model: &HazardModel| model.anatomy(at(20)).unwrap().plan;
    let exact = plan(&told(&[year.clone(), day.clone()]));
    assert_eq!(exact.len(), 1);
    assert_eq!(exact[0].date, Some(at(317)));
    assert_eq!(exact[0].until, Some(at(317)));
    assert_eq!(plan(&told(&[year.clone(), day, vague]))[0].date, Some(at(317)));
    // "This year", said on 11 January, begins on 11 January.
    assert_eq!(plan(&told(&[year]))[0].date, Some(at(10)));
}

#[test]
fn days_that_passed_in_silence_are_days_less() {
    let model = announced("2026-03..2026-04");
    let (before, middle, after) = (p(&model, 50), p(&model, 90), p(&model, 150));
    assert!(
        before > 0.85 && middle < before && middle > 0.6 && after < 0.5,
        "{before} {middle} {after}"
    );
    for day in [50, 90, 125, 150, 300] {
        parts_add_up(&model, day);
    }
    // A visit within them discharges it.
    let plan = (-60, official("wh", "visit_announced:2025-11..2026-02"));
    let visit = (-8, official("mofa", "visit_occurred:2025-12-20"));
    let early = heard(year_2026(), &[plan, visit]);
    assert!((p(&early, 20) - p(&HazardModel::new(year_2026()), 20)).abs() < 1e-12);
}

#[test]
fn what_is_no_date_is_no_label() {
    for dates in [
        "soon",
        "2026-13",
        "2026-02-30",
        "2026-05..2026-03",
        "2026..2027",
        "26",
        "2026-1",
        "1850",
        "2026-03-20..2026-03-14",
        "2026-03..2026-03-14",
        "+2w",
        "",
    ] {
        let slug = format!("visit_announced:{dates}");
        let heard = HazardModel::new(year_2026()).hear_signal(&official("wh", &slug), at(10));
        assert_eq!(heard.labels, [LabelEffect::Unknown], "{dates}");
    }
}

fn label(kind: &str, first: u32, months: u32) -> String {
    let name = |month: u32| format!("{}-{:02}", 2026 + month / 12, 1 + month % 12);
    format!("{kind}:{}..{}", name(first), name(first + months))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// The more of its days lie before the deadline, the likelier; and never less than without a plan.
    #[test]
    fn more_days_before_the_deadline_are_more(
        first in 1_u32..30, months in 0_u32..14, day in 0_i64..60, rate in 0.02..3.0_f64,
        deadline in 90_i64..900, more in 1_i64..300, planned in proptest::bool::ANY,
    ) {
        let kind = if planned { "visit_planned" } else { "visit_announced" };
        let plan = (day, official("wh", &label(kind, first, months)));
        let within = |deadline: i64| HazardSpec {
            deadline: at(deadline), base_rate_per_year: rate, ..year_2026()
        };
        let q = |deadline| p(&heard(within(deadline), std::slice::from_ref(&plan)), day);
        let (less, much) = (q(deadline), q(deadline + more));
        prop_assert!(less <= much + 1e-9, "{less} {much}");
        prop_assert!(less >= p(&HazardModel::new(within(deadline)), day) - 1e-9);
        // Later by months, it is not likelier.
        let later = (day, official("wh", &label(kind, first + 3, months)));
        let later = p(&heard(within(deadline), &[later]), day);
        let gap = i64::from(first) * 28 > day + 1;
        prop_assert!(!gap || later <= less + 1e-9, "{later} {less}");
    }

    /// Wholly past the deadline it lifts nothing, whoever says it.
    #[test]
    fn past_the_deadline_it_lifts_nothing(
        first in 12_u32..60, months in 0_u32..14, class in 0..4_usize, kind in 0..3_usize, rate in 0.02..3.0_f64,
    ) {
        let classes = [SourceClass::Official, SourceClass::Wire, SourceClass::Social, SourceClass::Desk];
        let kind = ["visit_announced", "visit_planned", "visit_postponed"][kind];
        let spec = HazardSpec { base_rate_per_year: rate, ..year_2026() };
        let plan = (10, says("x", classes[class], &label(kind, first, months)));
        let q = p(&heard(spec.clone(), &[plan]), 10);
        prop_assert!(q <= p(&HazardModel::new(spec), 10) + 1e-12);
    }

    /// Put off to a span is at most as likely as announced for it.
    #[test]
    fn put_off_is_at_most_announced(
        first in 1_u32..20, months in 0_u32..10, was in 1_u32..6, rate in 0.05..2.0_f64,
    ) {
        let spec = || HazardSpec { base_rate_per_year: rate, ..year_2026() };
        let before = (5, official("a", &label("visit_announced", was, 0)));
        let off = (6, official("b", &label("visit_postponed", first, months)));
        let instead = (6, official("b", &label("visit_announced", first, months)));
        let put_off = p(&heard(spec(), &[before.clone(), off.clone()]), 6);
        let announced = p(&heard(spec(), &[before, instead.clone()]), 6);
        prop_assert!(put_off <= announced + 1e-9, "{put_off} {announced}");
        let alone = p(&heard(spec(), &[instead]), 6);
        prop_assert!(p(&heard(spec(), &[off]), 6) <= alone + 1e-9);
    }
}
