use super::*;

const RISK: SlipRisk = SlipRisk { cancel: 0.06, slip: 0.14, slip_days: 45.0 };

fn day(text: &str) -> Timestamp {
    Dates::parse(text).unwrap().first()
}

/// With no event at all but the plan's.
fn dated(schedule: &Schedule, outlook: &Outlook) -> Dated {
    schedule.dated(outlook, 0.0, 0.0).unwrap()
}

fn seen(deadline: &str, now: Timestamp) -> Outlook {
    let window = Horizon { start: Timestamp::EPOCH, deadline: day(deadline) };
    Outlook { risk: RISK, lead_days: 60.0, window, now }
}

fn label(slug: &str, strength: f64) -> Label {
    Label { slug: slug.into(), strength }
}

#[test]
fn t1_11_scheduled_trips() {
    let mut schedule = Schedule::default();
    let now = day("2026-03-01");
    assert_eq!(schedule.hear(&label("scheduled:2026-03-31", 1.0), now), Some(true));
    for (deadline, expected) in [("2026-04-28", 0.869_363_656), ("2026-05-29", 0.904_531_112)] {
        let p = dated(&schedule, &seen(deadline, now)).probability;
        assert!((p - expected).abs() < 1e-9, "{deadline}: {p}");
    }
    // No gap: the deadline is the date.
    let date = day("2026-03-31");
    assert!((scheduled(RISK, date, date, now) - 0.8084).abs() < 1e-9);
}

/// An announcement without a date: the time left decides, and only time inside the window.
#[test]
fn an_undated_plan_needs_time() {
    let now = day("2026-03-01");
    let mut undated = Schedule::default();
    undated.hear(&label("scheduled", 1.0), now);
    let p = |outlook: &Outlook| undated.undated(outlook).unwrap();
    // (1 - k)[(1 - s)(1 - e^(-T/m)) + s (1 - (m e^(-T/m) - l e^(-T/l))/(m - l))], m = 60, l = 45.
    let (t, m, l) = (60.0_f64, 60.0_f64, 45.0_f64);
    let slipped = 1.0 - (m * (-t / m).exp() - l * (-t / l).exp()) / (m - l);
    let expected = 0.94 * (0.86 * (1.0 - (-t / m).exp()) + 0.14 * slipped);
    let two_months = seen("2026-04-30", now);
    assert!((p(&two_months) - expected).abs() < 1e-9, "{} {expected}", p(&two_months));
    assert!(p(&seen("2026-03-02", now)) < 0.02);
    assert!(p(&seen("2029-03-01", now)) > 0.93);
    // A window that opens in a year: the trip will be over.
    let mut later = seen("2028-03-01", now);
    later.window.start = day("2027-03-01");
    assert!(p(&later) < 0.01, "{}", p(&later));
}

/// A visit announced for 31 March was put off by five or six weeks on 16 March: "by 30 April"
/// must fall hard, "by 31 May" must stay likely.
#[test]
fn postponed_is_not_cancelled_and_the_gap_matters() {
    let mut schedule = Schedule::default();
    schedule.hear(&label("scheduled:2026-03-31", 1.0), day("2026-02-20"));
    let heard = day("2026-03-16");
    let april = |schedule: &Schedule| dated(schedule, &seen("2026-05-01", heard)).probability;
    let before = april(&schedule);
    schedule.hear(&label("postponed:2026-05-08", 1.0), heard);
    assert!(before > 0.85);
    assert!(april(&schedule) <= 0.0);
    let may = dated(&schedule, &seen("2026-06-01", heard)).probability;
    assert!((0.75..0.9).contains(&may), "{may}");
}

#[test]
fn a_silent_date_leaves_only_the_slip() {
    let mut schedule = Schedule::default();
    schedule.hear(&label("scheduled:2026-03-31", 1.0), day("2026-03-01"));
    let left = |now: &str| {
        let dated = dated(&schedule, &seen("2026-06-30", day(now)));
        dated.standing * dated.probability
    };
    assert_eq!(dated(&schedule, &seen("2026-06-30", day("2026-04-01"))).silent, None);
    assert!((0.3..0.6).contains(&left("2026-04-05")), "{}", left("2026-04-05"));
    assert!(left("2026-05-31") < 0.15, "{}", left("2026-05-31"));
    assert!(!schedule.is_over_before(day("2026-03-31")));
    assert!(schedule.is_over_before(day("2026-04-01")));
}

#[test]
fn called_off_damps_and_relaxes() {
    let mut schedule = Schedule::default();
    schedule.hear(&label("scheduled", 1.0), day("2026-01-01"));
    schedule.hear(&label("called_off", 1.0), day("2026-02-01"));
    let seen = seen("2027-01-01", day("2026-02-01"));
    assert_eq!((schedule.undated(&seen), schedule.dated(&seen, 0.0, 0.0)), (None, None));
    let (now, _) = schedule.damping(day("2026-02-01")).unwrap();
    let (later, _) = schedule.damping(day("2026-06-01")).unwrap();
    assert!((now + 1.05).abs() < 1e-12);
    assert!((later + 0.525).abs() < 1e-12);
}

#[test]
fn a_weak_report_changes_no_state_and_a_denial_retracts() {
    let mut schedule = Schedule::default();
    assert_eq!(schedule.hear(&label("occurred", 0.2), day("2026-02-01")), Some(false));
    assert_eq!(schedule.hear(&label("occurred", 1.0), day("2026-02-01")), Some(true));
    assert_eq!(schedule.hear(&label("occurred", -1.0), day("2026-02-02")), Some(true));
    assert_eq!(schedule.plan, Plan::Open);
    assert_eq!(schedule.hear(&label("sov_capital", 1.0), day("2026-02-02")), None);
}
