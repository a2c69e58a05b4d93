//! A plan in a window of the calendar is what the window stands for: called off or denied, the window goes with
//! it; dated, the event does not come before its day. And the days of one stay pass in silence together.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod voices;

use statecraft_domain::signal::SourceClass;
use statecraft_engine::config::{CalendarWindow, HazardSpec, Horizon};
use statecraft_engine::model::HazardModel;
use statecraft_engine::model::first::race;

use voices::*;

/// A state visit in spring, likely, and a summit in autumn.
fn spring() -> HazardSpec {
    let window = |name: &str, first: i64, last: i64, attend, include| CalendarWindow {
        name: name.into(),
        start: at(first),
        end: at(last),
        attend,
        include,
    };
    let windows = vec![
        window("State visit in spring", 84, 110, (18.0, 2.0), (18.0, 2.0)),
        window("APEC", 317, 325, (15.0, 5.0), (8.0, 2.0)),
    ];
    HazardSpec { windows, ..year_2026() }
}

fn autumn_only() -> f64 {
    let mut spec = spring();
    spec.windows.remove(0);
    p(&HazardModel::new(spec), 60)
}

#[test]
fn who_calls_off_the_visit_of_a_window_takes_the_window_along() {
    let plain = p(&HazardModel::new(spring()), 60);
    let plan = (41, official("plan", "visit_announced:2026-03-31..2026-04-02"));
    let off = (60, official("off", "visit_cancelled"));
    for told in [vec![plan.clone(), off.clone()], vec![off.clone()]] {
        let left = p(&heard(spring(), &told), 61);
        assert!(left < autumn_only() + 0.01 && left < plain - 0.1, "{left} {plain}");
        parts_add_up(&heard(spring(), &told), 61);
    }
    // A cancellation in January says nothing of November.
    let early = p(&heard(spring(), &[(3, official("off", "visit_cancelled"))]), 4);
    assert!(early > 0.7, "{early}");
}

#[test]
fn who_denies_the_visit_of_a_window_denies_the_window() {
    let plain = p(&HazardModel::new(spring()), 60);
    let plan = (41, official("plan", "visit_announced:2026-03-31..2026-04-02"));
    let not = |id: &str| (60, denies(id, SourceClass::Official, "visit_planned"));
    for told in [vec![plan, not("a")], vec![not("b")]] {
        let left = p(&heard(spring(), &told), 61);
        assert!(left < autumn_only() + 0.06 && left < plain - 0.08, "{left} {plain}");
    }
}

/// An announcement never lowers, in a window or out of it.
#[test]
fn a_plan_in_a_window_is_no_bad_news() {
    for dates in ["2026-03-31..2026-04-02", "2026-03", "2026-06-10", "2026"] {
        let told = [(41, official("plan", &format!("visit_announced:{dates}")))];
        let (with, plain) = (p(&heard(spring(), &told), 42), p(&HazardModel::new(spring()), 42));
        assert!(with >= plain - 1e-9, "{dates}: {with} {plain}");
    }
}

/// Whoever has a date does not come before it, though a window lies ahead of it.
#[test]
fn a_date_in_the_window_decides_who_is_first() {
    let rival = heard(spring(), &[(36, official("b", "visit_announced:2026-04-14..2026-04-15"))]);
    let own = heard(year_2026(), &[(41, official("t", "visit_announced:2026-04-10..2026-04-12"))]);
    let horizon = Horizon { start: at(0), deadline: at(365) };
    let next = race(&own, &[&rival], horizon, at(69)).unwrap();
    assert!(next.each[0] > 0.7, "{next:?}");
}

/// "June 22 to 24" is a stay: on its second day nobody has heard that he did not come.
#[test]
fn the_days_of_a_stay_pass_together() {
    let told = [(50, official("plan", "visit_announced:2026-06-22..2026-06-24"))];
    let model = heard(year_2026(), &told);
    let day = |month_day: i64| 172 + month_day - 22;
    assert!(p(&model, day(22)) > 0.9 && p(&model, day(24)) > 0.9, "{}", p(&model, day(24)));
    assert!(p(&model, day(27)) < 0.75, "{}", p(&model, day(27)));
}
