//! Whether the event is merely possible, has been announced, put off, called off, or has happened
//! (model.md 1.3, 1.5).

use statecraft_domain::signal::Label;
use statecraft_domain::{Nanos, Timestamp};

use super::dates::{DAY, Dates, Shift};
use super::lead::Lead;
use crate::config::Horizon;

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
const GRACE: Nanos = DAY;
/// A visit put off until after the deadline leaves this much of the probability that one is made before
/// it all the same (a guess).
const MADE_ANYWAY: f64 = 0.1;

/// What is known about the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Plan {
    /// Nothing announced.
    #[default]
    Open,
    /// Announced; the dates if they were said.
    Scheduled {
        /// Announced dates.
        date: Option<Dates>,
        /// How often it was put off.
        postponed: u8,
    },
    /// Put off without a new date.
    Postponed {
        /// When we heard.
        since: Timestamp,
        /// The dates it was planned for.
        date: Option<Dates>,
    },
    /// It happened.
    Occurred {
        /// When (as reported, else when we heard).
        at: Timestamp,
    },
    /// Whose visit it would be holds his office no more: it cannot happen.
    Gone {
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
    pub(super) window: Horizon,
    pub(super) now: Timestamp,
}

/// What a label says of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// The event took place.
    Occurred,
    /// It has been announced.
    Scheduled,
    /// It is being planned: half an announcement.
    Planned,
    /// It has been put off.
    Postponed,
    /// It will not take place.
    CalledOff,
    /// Whose visit it would be died, or left his office.
    Gone,
}

/// The slug of [`Said::Gone`].
pub const GONE: &str = "principal_gone";

/// A stop on the way, as the visit that it is where stops count: `visit_stopover:2026-03-31` as
/// `visit_occurred:2026-03-31`, `visit_stopover_planned` as `visit_planned`. `None`: the label speaks of no stop.
pub(super) fn stop_as_visit(slug: &str) -> Option<String> {
    let (name, date) = slug.split_once(':').map_or((slug, None), |(name, date)| (name, Some(date)));
    let visit = match name {
        "stopover" | "visit_stopover" => "visit_occurred",
        "stopover_planned" | "visit_stopover_planned" => "visit_planned",
        _ => return None,
    };
    Some(date.map_or_else(|| visit.to_owned(), |date| format!("{visit}:{date}")))
}

/// How much later a visit is to be by a label without dates of its own (`visit_postponed:+2w`).
pub(super) fn shift_of(slug: &str) -> Option<Shift> {
    let (state, by) = slug.split_once(':')?;
    matches!(state, "postponed" | "visit_postponed").then(|| Shift::parse(by)).flatten()
}

/// The state that a slug names, with its dates if it has some (`scheduled:2026-03-31`,
/// `scheduled:2026-03`); `None` if it names none, or has a suffix that is no date.
pub(super) fn state_of(slug: &str) -> Option<(Said, Option<Dates>)> {
    let (state, date) = match slug.split_once(':') {
        Some((state, _)) if shift_of(slug).is_some() => (state, None),
        Some((state, date)) => (state, Some(Dates::parse(date)?)),
        None => (slug, None),
    };
    let said = match state {
        "occurred" | "visit_occurred" => Said::Occurred,
        "scheduled" | "visit_announced" => Said::Scheduled,
        "planned" | "visit_planned" => Said::Planned,
        "postponed" | "visit_postponed" => Said::Postponed,
        "called_off" | "visit_cancelled" => Said::CalledOff,
        GONE => Said::Gone,
        _ => return None,
    };
    Some((said, date))
}

impl Schedule {
    /// Takes in a state label, as certain. `None` if the slug names no state; otherwise whether the
    /// state changed. A strength of zero or less denies the state.
    pub(super) fn hear(&mut self, label: &Label, at: Timestamp) -> Option<bool> {
        let (said, date) = state_of(&label.slug)?;
        let date = date.or_else(|| Some(shift_of(&label.slug)?.after(self.planned()?)));
        let before = *self;
        if label.strength >= STATE_STRENGTH_MIN {
            self.assert(said, date, at);
        } else if label.strength <= 0.0 {
            self.deny(said);
        }
        Some(*self != before)
    }

    /// It is so.
    pub(super) fn assert(&mut self, said: Said, date: Option<Dates>, at: Timestamp) {
        match said {
            Said::Occurred => self.plan = Plan::Occurred { at: date.map_or(at, Dates::first) },
            Said::Gone => self.plan = Plan::Gone { at: date.map_or(at, Dates::first) },
            Said::Scheduled | Said::Planned => self.announce(date.map(|date| date.from(at))),
            Said::Postponed => self.put_off(date, at),
            Said::CalledOff => *self = Self { plan: Plan::Open, called_off: Some(at) },
        }
    }

    /// It is not so.
    pub(super) fn deny(&mut self, said: Said) {
        match (said, self.plan) {
            (Said::CalledOff, _) => self.called_off = None,
            (Said::Occurred, Plan::Occurred { .. })
            | (Said::Gone, Plan::Gone { .. })
            | (Said::Scheduled | Said::Planned, Plan::Scheduled { .. }) => self.plan = Plan::Open,
            _ => {}
        }
    }

    /// Does it say what was said, up to the date?
    pub(super) const fn is(&self, said: Said) -> bool {
        match said {
            Said::Occurred => matches!(self.plan, Plan::Occurred { .. }),
            Said::Gone => matches!(self.plan, Plan::Gone { .. }),
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
            Said::Occurred | Said::Postponed | Said::CalledOff | Said::Gone => self.is(said),
        }
    }

    /// When it was called off, if that is the last word.
    pub(super) const fn called_off(&self) -> Option<Timestamp> {
        self.called_off
    }

    /// The dates it is planned for.
    pub(super) const fn date(&self) -> Option<Dates> {
        match self.plan {
            Plan::Scheduled { date, .. } => date,
            Plan::Open | Plan::Postponed { .. } | Plan::Occurred { .. } | Plan::Gone { .. } => None,
        }
    }

    /// The dates it is, or was before it was put off, planned for.
    pub(super) const fn planned(&self) -> Option<Dates> {
        match self.plan {
            Plan::Scheduled { date, .. } | Plan::Postponed { date, .. } => date,
            Plan::Open | Plan::Occurred { .. } | Plan::Gone { .. } => None,
        }
    }

    /// Does a repetition with these dates, if any, say no more than is known?
    pub(super) fn is_within(&self, date: Option<Dates>) -> bool {
        date.is_none_or(|date| self.date().is_some_and(|known| date.contains(known)))
    }

    /// Do these dates say more exactly what is known?
    pub(super) fn is_refined_by(&self, date: Option<Dates>) -> bool {
        self.date().is_none_or(|known| date.is_some_and(|date| known.contains(date)))
    }

    fn announce(&mut self, date: Option<Dates>) {
        let postponed = match self.plan {
            Plan::Scheduled { date: known, postponed } => {
                // The same announcement without its date, or with a vaguer one, must not forget the
                // date.
                let date = if self.is_within(date) { known } else { date };
                self.plan = Plan::Scheduled { date, postponed };
                return;
            }
            Plan::Postponed { .. } => 1,
            Plan::Open => 0,
            Plan::Occurred { .. } | Plan::Gone { .. } => return,
        };
        *self = Self { plan: Plan::Scheduled { date, postponed }, called_off: None };
    }

    fn put_off(&mut self, date: Option<Dates>, at: Timestamp) {
        let (planned, times) = match self.plan {
            Plan::Scheduled { date, postponed } => (date, postponed.saturating_add(1)),
            Plan::Postponed { date, .. } => (date, 1),
            Plan::Open => (None, 1),
            Plan::Occurred { .. } | Plan::Gone { .. } => return,
        };
        // To a day after the old one, and not over yet.
        let after = |old: Dates, new: Dates| new.from(old.last() + DAY);
        let date = date.map(|new| planned.map_or(new, |old| after(old, new)).from(at));
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

    /// The probability that follows from a plan without dates alone, given that it is still ahead; `None`
    /// if there is no such plan.
    pub(super) fn undated(&self, outlook: &Outlook) -> Option<f64> {
        let Outlook { risk, window: Horizon { deadline, .. }, now, .. } = *outlook;
        match self.plan {
            Plan::Open
            | Plan::Occurred { .. }
            | Plan::Gone { .. }
            | Plan::Scheduled { date: Some(_), .. } => None,
            Plan::Scheduled { date: None, postponed } => {
                Some(undated(&Outlook { risk: risk.after(postponed), ..*outlook }))
            }
            Plan::Postponed { date, .. } => {
                let made = match date.map(Dates::middle).filter(|&date| date > now) {
                    // What it was put off by counts from its old date.
                    Some(date) => slips_in(risk.slip_days, deadline - date),
                    None => postponed(outlook),
                };
                Some((1.0 - NEVER_MADE) * (1.0 - risk.cancel) * made)
            }
        }
    }

    /// What a plan with dates says, day by day; `rest` is the probability without it. `None` if it has
    /// no dates.
    ///
    /// A day that has passed in silence leaves what slipped; a day outside the contract's window leaves
    /// `rest`, and if the visit was put off to it, little of that.
    pub(super) fn dated(&self, outlook: &Outlook, rest: f64) -> Option<Dated> {
        let Plan::Scheduled { date: Some(dates), postponed } = self.plan else { return None };
        let risk = outlook.risk.after(postponed);
        let beyond = if postponed > 0 { rest * MADE_ANYWAY } else { rest };
        let (mut days, mut ahead, mut unseen, mut sum, mut passed) = (0.0, 0.0, 0.0, 0.0, false);
        for day in dates.each() {
            let value = if day + GRACE <= outlook.window.start {
                rest
            } else if is_beyond(day, outlook.window.deadline) {
                beyond
            } else {
                scheduled(risk, day, outlook.window.deadline, outlook.now).max(rest)
            };
            let (still, gone) = missed(risk, day, outlook.now).unwrap_or((1.0, 0.0));
            passed |= still < 1.0;
            (days, ahead, unseen) = (days + 1.0, ahead + still, unseen + gone);
            sum += still * value;
        }
        let silent = passed.then_some((ahead + unseen) / days);
        // All of it may have fallen through; what it would be worth then does not matter.
        let probability = if ahead > 0.0 { sum / ahead } else { rest };
        let standing = if passed { ahead / (ahead + unseen) } else { 1.0 };
        Some(Dated { probability, standing, silent })
    }

    /// Is it dated before the window opens? All of a day lies before it.
    pub(super) fn is_over_before(&self, window_start: Timestamp) -> bool {
        self.date().is_some_and(|date| date.last() + GRACE <= window_start)
    }

    /// The same without a plan whose dates have passed.
    pub(super) fn as_of(self, now: Timestamp) -> Self {
        let missed = self.date().is_some_and(|date| now > date.last() + GRACE);
        if missed { Self { plan: Plan::Open, ..self } } else { self }
    }

    /// The next instant at which the plan itself changes what it says.
    pub(super) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        match self.plan {
            Plan::Scheduled { date: Some(dates), .. } => {
                dates.each().map(|day| day + GRACE).find(|&at| at > now)
            }
            Plan::Scheduled { date: None, .. }
            | Plan::Open
            | Plan::Postponed { .. }
            | Plan::Gone { .. }
            | Plan::Occurred { .. } => None,
        }
    }
}

/// What a plan with dates says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dated {
    /// Probability of the event if the plan is still ahead.
    pub(super) probability: f64,
    /// Share of it that is still ahead, given the silence of the days that have passed.
    pub(super) standing: f64,
    /// How likely a real plan passes its days in silence; `None` if none has passed.
    pub(super) silent: Option<f64>,
}

/// Once a day has passed in silence: how likely a plan for it is now one that slipped and is still
/// ahead, and how likely one that fell through or was carried out unseen.
fn missed(risk: SlipRisk, day: Timestamp, now: Timestamp) -> Option<(f64, f64)> {
    if now <= day + GRACE {
        return None;
    }
    let SlipRisk { cancel, slip, slip_days } = risk;
    let late = (now - day).days();
    let ahead = (1.0 - cancel) * slip * (-late / slip_days).exp();
    let unseen = cancel + (1.0 - cancel) * (1.0 - slip) * UNSEEN;
    Some((ahead, unseen.max(f64::MIN_POSITIVE)))
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
    let Outlook { risk, lead_days, window: Horizon { start, deadline }, now } = *outlook;
    let slip = Lead::Exponential { mean: risk.slip_days };
    let by = |span: Nanos| slip.probability(lead_days.recip(), span.days().max(0.0)).unwrap_or(0.0);
    let before = if start > now { by(start - now) } else { 0.0 };
    (by(deadline - now) - before).max(0.0)
}

/// The same without a date: the lead is exponential, and so is what is left of it. Only what falls
/// between the opening of the window and the deadline counts.
fn undated(outlook: &Outlook) -> f64 {
    let Outlook { risk, lead_days, window: Horizon { start, deadline }, now } = *outlook;
    let by = |span: Nanos| {
        let days = span.days().max(0.0);
        let on_time = -(-days / lead_days).exp_m1();
        let slip = Lead::Exponential { mean: risk.slip_days };
        let slipped = slip.probability(lead_days.recip(), days).unwrap_or(0.0);
        (1.0 - risk.slip) * on_time + risk.slip * slipped
    };
    let inside = by(deadline - now) - if start > now { by(start - now) } else { 0.0 };
    (1.0 - risk.cancel) * inside.max(0.0)
}

/// Probability that an exponential slip of this mean ends within `span`.
fn slips_in(mean_days: f64, span: Nanos) -> f64 {
    -(-span.days().max(0.0) / mean_days).exp_m1()
}

#[cfg(test)]
mod tests;
