//! Whether the event is merely possible, has been announced, put off, called off, or has happened
//! (model.md 1.3, 1.5).

use statecraft_domain::signal::Label;
use statecraft_domain::{Nanos, Timestamp};

use super::lead::Lead;

/// Half-life in days of the damping that follows a called-off event (model.md 1.3).
const CALLED_OFF_HALF_LIFE_DAYS: f64 = 120.0;
/// Change of the log-intensity right after the event was called off: a factor of 0.35.
const CALLED_OFF_LOG: f64 = -1.05;
/// Its standard deviation.
const CALLED_OFF_LOG_SD: f64 = 0.4;
/// A report weaker than this changes no state.
const STATE_STRENGTH_MIN: f64 = 0.5;
/// Share of the visits put off without a new date that are never made (a guess).
const NEVER_MADE: f64 = 0.5;
/// See [`is_beyond`].
const HALF_A_DAY: Nanos = Nanos::from_secs(43_200);
/// This long after the announced date, silence means that it did not take place then.
const GRACE: Nanos = Nanos::from_secs(86_400);

/// What is known about the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Plan {
    /// Nothing announced.
    #[default]
    Open,
    /// Announced; the date if it was said.
    Scheduled {
        /// Announced date.
        date: Option<Timestamp>,
        /// How often it was put off.
        postponed: u8,
    },
    /// Put off without a new date.
    Postponed {
        /// When we heard.
        since: Timestamp,
        /// The date it was planned for.
        date: Option<Timestamp>,
    },
    /// It happened.
    Occurred {
        /// When (as reported, else when we heard).
        at: Timestamp,
    },
}

/// The plan and the memory of a cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Schedule {
    pub(super) plan: Plan,
    called_off: Option<Timestamp>,
}

/// Slip and cancellation risk of a scheduled event.
#[derive(Debug, Clone, Copy)]
pub(super) struct SlipRisk {
    pub(super) cancel: f64,
    pub(super) slip: f64,
    pub(super) slip_days: f64,
}

/// Share of the visits on their announced date that nobody tells us of (a guess).
const UNSEEN: f64 = 0.05;

/// From where a plan is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outlook {
    pub(super) risk: SlipRisk,
    /// Mean time in days between announcement and event.
    pub(super) lead_days: f64,
    pub(super) window_start: Timestamp,
    pub(super) deadline: Timestamp,
    pub(super) now: Timestamp,
}

/// What a label says of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// The event took place.
    Occurred,
    /// It took place, on the way to somewhere else.
    Stopover,
    /// It has been announced.
    Scheduled,
    /// It is being planned: half an announcement.
    Planned,
    /// It has been put off.
    Postponed,
    /// It will not take place.
    CalledOff,
}

/// The state that a slug names, with its date if it has one (`scheduled:2026-03-31`); `None` if it
/// names none.
pub(super) fn state_of(slug: &str) -> Option<(Said, Option<Timestamp>)> {
    let (state, date) = match slug.split_once(':') {
        Some((state, date)) => (state, parse_date(date)),
        None => (slug, None),
    };
    let said = match state {
        "occurred" | "visit_occurred" => Said::Occurred,
        "stopover" | "visit_stopover" => Said::Stopover,
        "scheduled" | "visit_announced" => Said::Scheduled,
        "planned" | "visit_planned" => Said::Planned,
        "postponed" | "visit_postponed" => Said::Postponed,
        "called_off" | "visit_cancelled" => Said::CalledOff,
        _ => return None,
    };
    Some((said, date))
}

impl Schedule {
    /// Takes in a state label, as certain. `None` if the slug names no state; otherwise whether the
    /// state changed. A strength of zero or less denies the state.
    pub(super) fn hear(&mut self, label: &Label, at: Timestamp) -> Option<bool> {
        let (said, date) = state_of(&label.slug)?;
        let before = *self;
        if label.strength >= STATE_STRENGTH_MIN {
            self.assert(said, date, at);
        } else if label.strength <= 0.0 {
            self.deny(said);
        }
        Some(*self != before)
    }

    /// It is so.
    pub(super) fn assert(&mut self, said: Said, date: Option<Timestamp>, at: Timestamp) {
        match said {
            Said::Occurred | Said::Stopover => {
                self.plan = Plan::Occurred { at: date.unwrap_or(at) };
            }
            Said::Scheduled | Said::Planned => self.announce(date),
            Said::Postponed => self.put_off(date, at),
            Said::CalledOff => *self = Self { plan: Plan::Open, called_off: Some(at) },
        }
    }

    /// It is not so.
    pub(super) fn deny(&mut self, said: Said) {
        match (said, self.plan) {
            (Said::CalledOff, _) => self.called_off = None,
            (Said::Occurred | Said::Stopover, Plan::Occurred { .. })
            | (Said::Scheduled | Said::Planned, Plan::Scheduled { .. }) => self.plan = Plan::Open,
            _ => {}
        }
    }

    /// Does it say what was said, up to the date?
    pub(super) const fn is(&self, said: Said) -> bool {
        match said {
            Said::Occurred | Said::Stopover => matches!(self.plan, Plan::Occurred { .. }),
            Said::Scheduled | Said::Planned => {
                matches!(self.plan, Plan::Scheduled { postponed: 0, .. })
            }
            Said::Postponed => {
                matches!(self.plan, Plan::Postponed { .. })
                    || matches!(self.plan, Plan::Scheduled { postponed: 1.., .. })
            }
            Said::CalledOff => matches!(self.plan, Plan::Open) && self.called_off.is_some(),
        }
    }

    /// Is it one of the states that a denial of `said` denies? Who denies a visit denies it whatever
    /// its date, and however often it was put off.
    pub(super) const fn is_denied_by(&self, said: Said) -> bool {
        match said {
            Said::Scheduled | Said::Planned => matches!(self.plan, Plan::Scheduled { .. }),
            Said::Occurred | Said::Stopover | Said::Postponed | Said::CalledOff => self.is(said),
        }
    }

    /// The date it is planned for.
    pub(super) const fn date(&self) -> Option<Timestamp> {
        match self.plan {
            Plan::Scheduled { date, .. } => date,
            Plan::Open | Plan::Postponed { .. } | Plan::Occurred { .. } => None,
        }
    }

    fn announce(&mut self, date: Option<Timestamp>) {
        let postponed = match self.plan {
            Plan::Scheduled { date: known, postponed } => {
                // The same announcement without its date must not forget the date.
                self.plan = Plan::Scheduled { date: date.or(known), postponed };
                return;
            }
            Plan::Postponed { .. } => 1,
            Plan::Open => 0,
            Plan::Occurred { .. } => return,
        };
        *self = Self { plan: Plan::Scheduled { date, postponed }, called_off: None };
    }

    fn put_off(&mut self, date: Option<Timestamp>, at: Timestamp) {
        let (planned, times) = match self.plan {
            Plan::Scheduled { date, postponed } => (date, postponed.saturating_add(1)),
            Plan::Postponed { date, .. } => (date, 1),
            Plan::Open => (None, 1),
            Plan::Occurred { .. } => return,
        };
        self.plan = match date {
            Some(_) => Plan::Scheduled { date, postponed: times },
            None => Plan::Postponed { since: at, date: planned },
        };
    }

    /// What a cancellation still does to the log-intensity: `(change now, its variance now)`, decaying
    /// with [`CALLED_OFF_HALF_LIFE_DAYS`]; zeros if there was none.
    pub(super) fn damping(&self, now: Timestamp) -> Option<(f64, f64)> {
        let left = (-(now - self.called_off?).days() / CALLED_OFF_HALF_LIFE_DAYS).exp2();
        Some((CALLED_OFF_LOG * left, (CALLED_OFF_LOG_SD * left).powi(2)))
    }

    pub(super) const fn damping_half_life_days() -> f64 {
        CALLED_OFF_HALF_LIFE_DAYS
    }

    /// The probability that follows from the plan alone, given that it is still ahead; `None` if there
    /// is no plan to go by.
    pub(super) fn probability(&self, outlook: &Outlook) -> Option<f64> {
        let Outlook { risk, deadline, now, .. } = *outlook;
        match self.plan {
            Plan::Open | Plan::Occurred { .. } => None,
            Plan::Scheduled { date: Some(date), .. } if is_beyond(date, deadline) => None,
            Plan::Scheduled { date: Some(date), postponed } => {
                Some(scheduled(risk.after(postponed), date, deadline, now))
            }
            Plan::Scheduled { date: None, postponed } => {
                Some(undated(&Outlook { risk: risk.after(postponed), ..*outlook }))
            }
            Plan::Postponed { date, .. } => {
                let made = match date.filter(|&date| date > now) {
                    // What it was put off by counts from its old date.
                    Some(date) => slips_in(risk.slip_days, deadline - date),
                    None => postponed(outlook),
                };
                Some((1.0 - NEVER_MADE) * (1.0 - risk.cancel) * made)
            }
        }
    }

    /// Is it dated before the window opens? Dates are days: all of that day lies before it.
    pub(super) fn is_over_before(&self, window_start: Timestamp) -> bool {
        self.date().is_some_and(|date| date + GRACE <= window_start)
    }

    /// The same without a plan whose date has passed.
    pub(super) fn as_of(self, now: Timestamp) -> Self {
        let missed = self.date().is_some_and(|date| now > date + GRACE);
        if missed { Self { plan: Plan::Open, ..self } } else { self }
    }

    /// Once the date has passed in silence: how likely a real plan is now one that slipped and is still
    /// ahead, and how likely one that fell through or was carried out unseen.
    pub(super) fn missed(&self, outlook: &Outlook) -> Option<(f64, f64)> {
        let Plan::Scheduled { date: Some(date), postponed } = self.plan else { return None };
        if outlook.now <= date + GRACE {
            return None;
        }
        let SlipRisk { cancel, slip, slip_days } = outlook.risk.after(postponed);
        let late = (outlook.now - date).days();
        let ahead = (1.0 - cancel) * slip * (-late / slip_days).exp();
        let unseen = cancel + (1.0 - cancel) * (1.0 - slip) * UNSEEN;
        Some((ahead, unseen.max(f64::MIN_POSITIVE)))
    }

    /// The next instant at which the plan itself changes what it says.
    pub(super) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        match self.plan {
            Plan::Scheduled { date: Some(date), .. } => Some(date + GRACE).filter(|&at| at > now),
            Plan::Scheduled { date: None, .. }
            | Plan::Open
            | Plan::Postponed { .. }
            | Plan::Occurred { .. } => None,
        }
    }
}

impl SlipRisk {
    /// Every postponement makes another one likelier: `1 - (1 - slip)^(n + 1)`.
    fn after(self, postponed: u8) -> Self {
        let slip = 1.0 - (1.0 - self.slip).powi(i32::from(postponed) + 1);
        Self { slip, ..self }
    }
}

/// `(1 - k)[(1 - s) + s (1 - e^(-g / mean))]` with the gap `g` between date and deadline. After the
/// date has passed, the slip of a plan that is still ahead begins anew.
fn scheduled(risk: SlipRisk, date: Timestamp, deadline: Timestamp, now: Timestamp) -> f64 {
    if now > date + GRACE {
        return slips_in(risk.slip_days, deadline - now);
    }
    let on_time = 1.0 - risk.slip;
    (1.0 - risk.cancel) * (on_time + risk.slip * slips_in(risk.slip_days, deadline - date))
}

/// A date beyond the deadline is no plan for this contract. Dates are days of a place we do not know:
/// one of which most lies behind the deadline ("in 2027", where that year begins) lies beyond it.
fn is_beyond(date: Timestamp, deadline: Timestamp) -> bool {
    date + HALF_A_DAY >= deadline
}

/// A plan put off, its old date unknown or past: lead and slip are both still to come. Only what falls
/// between the opening of the window and the deadline counts.
fn postponed(outlook: &Outlook) -> f64 {
    let Outlook { risk, lead_days, window_start, deadline, now } = *outlook;
    let slip = Lead::Exponential { mean: risk.slip_days };
    let by = |span: Nanos| slip.probability(lead_days.recip(), span.days().max(0.0)).unwrap_or(0.0);
    let before = if window_start > now { by(window_start - now) } else { 0.0 };
    (by(deadline - now) - before).max(0.0)
}

/// The same without a date: the lead is exponential, and so is what is left of it. Only what falls
/// between the opening of the window and the deadline counts.
fn undated(outlook: &Outlook) -> f64 {
    let Outlook { risk, lead_days, window_start, deadline, now } = *outlook;
    let by = |span: Nanos| {
        let days = span.days().max(0.0);
        let on_time = -(-days / lead_days).exp_m1();
        let slip = Lead::Exponential { mean: risk.slip_days };
        let slipped = slip.probability(lead_days.recip(), days).unwrap_or(0.0);
        (1.0 - risk.slip) * on_time + risk.slip * slipped
    };
    let inside = by(deadline - now) - if window_start > now { by(window_start - now) } else { 0.0 };
    (1.0 - risk.cancel) * inside.max(0.0)
}

/// Probability that an exponential slip of this mean ends within `span`.
fn slips_in(mean_days: f64, span: Nanos) -> f64 {
    -(-span.days().max(0.0) / mean_days).exp_m1()
}

/// Midnight UTC of `YYYY-MM-DD` (proleptic Gregorian; Howard Hinnant's days-from-civil).
fn parse_date(text: &str) -> Option<Timestamp> {
    let mut parts = text.splitn(3, '-');
    let year: i64 = parts.next()?.parse().ok()?;
    let month: i64 = parts.next()?.parse().ok()?;
    let day: i64 = parts.next()?.parse().ok()?;
    let plausible =
        (1970..2200).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !plausible {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    Some(Timestamp::from_secs(days * 86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RISK: SlipRisk = SlipRisk { cancel: 0.06, slip: 0.14, slip_days: 45.0 };

    fn day(text: &str) -> Timestamp {
        parse_date(text).unwrap()
    }

    fn seen(deadline: &str, now: Timestamp) -> Outlook {
        let (window_start, deadline) = (Timestamp::EPOCH, day(deadline));
        Outlook { risk: RISK, lead_days: 60.0, window_start, deadline, now }
    }

    fn label(slug: &str, strength: f64) -> Label {
        Label { slug: slug.into(), strength }
    }

    #[test]
    fn dates_are_read() {
        assert_eq!(day("1970-01-01"), Timestamp::EPOCH);
        assert_eq!(day("2026-03-31"), Timestamp::from_secs(1_774_915_200));
        assert_eq!(day("2024-02-29"), Timestamp::from_secs(1_709_164_800));
        assert_eq!(parse_date("2026-13-01"), None);
        assert_eq!(parse_date("soon"), None);
    }

    #[test]
    fn t1_11_scheduled_trips() {
        let mut schedule = Schedule::default();
        let now = day("2026-03-01");
        assert_eq!(schedule.hear(&label("scheduled:2026-03-31", 1.0), now), Some(true));
        for (deadline, expected) in [("2026-04-28", 0.869_363_656), ("2026-05-29", 0.904_531_112)] {
            let p = schedule.probability(&seen(deadline, now)).unwrap();
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
        let p = |outlook: &Outlook| undated.probability(outlook).unwrap();
        // (1 - k)[(1 - s)(1 - e^(-T/m)) + s (1 - (m e^(-T/m) - l e^(-T/l))/(m - l))], m = 60, l = 45.
        let (t, m, l) = (60.0_f64, 60.0_f64, 45.0_f64);
        let slipped = 1.0 - (m * (-t / m).exp() - l * (-t / l).exp()) / (m - l);
        let expected = 0.94 * (0.86 * (1.0 - (-t / m).exp()) + 0.14 * slipped);
        let two_months = seen("2026-04-30", now);
        assert!((p(&two_months) - expected).abs() < 1e-9, "{} {expected}", p(&two_months));
        assert!(p(&seen("2026-03-02", now)) < 0.02);
        assert!(p(&seen("2029-03-01", now)) > 0.93);
        // A window that opens in a year: the trip will be over.
        let later = Outlook { window_start: day("2027-03-01"), ..seen("2028-03-01", now) };
        assert!(p(&later) < 0.01, "{}", p(&later));
    }

    /// A visit announced for 31 March was put off by five or six weeks on 16 March: "by 30 April"
    /// must fall hard, "by 31 May" must stay likely.
    #[test]
    fn postponed_is_not_cancelled_and_the_gap_matters() {
        let mut schedule = Schedule::default();
        schedule.hear(&label("scheduled:2026-03-31", 1.0), day("2026-02-20"));
        let heard = day("2026-03-16");
        let april = |schedule: &Schedule| schedule.probability(&seen("2026-05-01", heard));
        let before = april(&schedule).unwrap();
        schedule.hear(&label("postponed:2026-05-08", 1.0), heard);
        assert!(before > 0.85);
        assert_eq!(april(&schedule), None);
        let may = schedule.probability(&seen("2026-06-01", heard)).unwrap();
        assert!((0.75..0.9).contains(&may), "{may}");
    }

    #[test]
    fn a_silent_date_leaves_only_the_slip() {
        let mut schedule = Schedule::default();
        schedule.hear(&label("scheduled:2026-03-31", 1.0), day("2026-03-01"));
        let left = |now: &str| {
            let outlook = seen("2026-06-30", day(now));
            let (ahead, unseen) = schedule.missed(&outlook).unwrap();
            ahead / (ahead + unseen) * schedule.probability(&outlook).unwrap()
        };
        assert_eq!(schedule.missed(&seen("2026-06-30", day("2026-04-01"))), None);
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
        assert_eq!(schedule.probability(&seen("2027-01-01", day("2026-02-01"))), None);
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
}
