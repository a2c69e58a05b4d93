//! What is believed of the plan: hypotheses with their credibility (model.md 1.3, 1.5, 2.1, 2.5).
//!
//! `P = c P_state + (1 - c) P_rest`, where `P_rest` is what was believed before the state was
//! reported. The user's own desk is certain; others are as credible as their evidence makes them.

use statecraft_domain::signal::Label;
use statecraft_domain::{Nanos, Timestamp};

use super::schedule::{Plan, Said, Schedule, SlipRisk};

/// States believed on top of each other; the oldest goes.
const HYPOTHESES_MAX: usize = 4;
/// Prior of a report that changes what is already believed: put off, called off, moved.
const CHANGE_PRIOR: f64 = 0.2;
/// Prior of a report that the event took place.
const OCCURRED_PRIOR: f64 = 0.05;
/// An official statement of a state is at least this credible: odds of 99 to 1.
const OFFICIAL_LOG_ODDS: f64 = 4.595_119_850_134_59;
/// Share of its evidence that a report of mere planning has as an announcement.
pub(super) const PLANNED_SHARE: f64 = 0.5;

/// A state that may be the case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hypothesis {
    pub(super) schedule: Schedule,
    /// Log-odds; infinite: certain.
    pub(super) log_odds: f64,
    /// Share of its credibility that counts: less than one while a limit of influence holds it.
    share: f64,
    /// Nothing that comes later matters: it happened, and that is credible.
    absorbing: bool,
    /// Time for which sources had been heard from at the last word of it.
    alive: Nanos,
}

/// How a state is reported.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statement {
    pub(super) said: Said,
    pub(super) date: Option<Timestamp>,
    /// When it was first heard.
    pub(super) at: Timestamp,
    /// Evidence, negative for a denial.
    pub(super) llr: f64,
    /// Share of it that counts.
    pub(super) scale: f64,
    /// By an official source, whose word is nearly certain.
    pub(super) official: bool,
    /// By an official source or by two publishers: an event that happened is over and done.
    pub(super) credible: bool,
    pub(super) alive: Nanos,
}

impl Hypothesis {
    /// With what silence adds to the log-odds.
    fn credibility(&self, quiet: f64) -> f64 {
        self.share * expit(self.log_odds + quiet)
    }

    /// What silence has done to the log-odds.
    pub(super) fn quiet(&self, credibility: f64) -> f64 {
        let believed = credibility / self.share;
        let quiet = believed.ln() - (-believed).ln_1p() - self.log_odds;
        if quiet.is_finite() { quiet } else { 0.0 }
    }
}

/// The hypotheses, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Belief {
    stack: Vec<Hypothesis>,
}

impl Belief {
    fn top(&self) -> Schedule {
        self.stack.last().map_or_else(Schedule::default, |top| top.schedule)
    }

    /// The user's own desk says it: certain.
    pub(super) fn told(&mut self, label: &Label, at: Timestamp, alive: Nanos) {
        let mut schedule = self.top();
        if schedule.hear(label, at) == Some(true) {
            let absorbing = matches!(schedule.plan, Plan::Occurred { .. });
            let log_odds = f64::INFINITY;
            let certain = Hypothesis { schedule, log_odds, share: 1.0, absorbing, alive };
            self.stack.clear();
            self.stack.push(certain);
        }
    }

    /// Others report it.
    pub(super) fn reported(&mut self, statement: &Statement, plan_prior: f64) {
        let absorbed = self.stack.last().is_some_and(|top| top.absorbing);
        if statement.scale <= 0.0 || (absorbed && statement.llr > 0.0) {
            return;
        }
        if statement.llr < 0.0 {
            let denied = self.stack.iter_mut().rev().find(|h| h.schedule.is(statement.said));
            if let Some(denied) = denied {
                denied.log_odds += statement.llr * statement.scale;
                denied.absorbing &= denied.log_odds == f64::INFINITY;
            }
        } else if statement.llr > 0.0 {
            self.support(statement, plan_prior);
        }
    }

    fn support(&mut self, statement: &Statement, plan_prior: f64) {
        let before = self.top();
        let mut schedule = before;
        let repeats = before.is(statement.said)
            && (statement.date.is_none() || statement.date == before.date());
        if !repeats {
            schedule.assert(statement.said, statement.date, statement.at);
        }
        let refines = before.is(statement.said) && before.date().is_none();
        if (repeats || refines)
            && let Some(top) = self.stack.last_mut()
        {
            top.schedule = schedule;
            top.log_odds = (top.log_odds + statement.llr * statement.scale).max(floor(statement));
            top.share = top.share.max(statement.scale);
            top.alive = statement.alive;
            top.absorbing |= absorbs(statement);
            return;
        }
        let prior = match statement.said {
            Said::Occurred | Said::Stopover => OCCURRED_PRIOR,
            Said::Scheduled | Said::Planned if before.plan == Plan::Open => plan_prior,
            Said::Scheduled | Said::Planned | Said::Postponed | Said::CalledOff => CHANGE_PRIOR,
        };
        let log_odds = (prior.ln() - (-prior).ln_1p() + statement.llr).max(floor(statement));
        let (absorbing, alive, share) = (absorbs(statement), statement.alive, statement.scale);
        self.stack.push(Hypothesis { schedule, log_odds, share, absorbing, alive });
        if self.stack.len() > HYPOTHESES_MAX {
            self.forget_the_least();
        }
    }

    /// Drops the least credible, so that rumours never push out what is known.
    fn forget_the_least(&mut self) {
        let credibility = |index: &usize| self.stack[*index].credibility(0.0);
        let least = (0..self.stack.len())
            .min_by(|one, other| credibility(one).total_cmp(&credibility(other)));
        if let Some(least) = least {
            self.stack.remove(least);
        }
    }

    /// Has it happened inside the contract's window, credibly?
    pub(super) fn has_occurred(&self, window_start: Timestamp) -> bool {
        let happened = |h: &Hypothesis| {
            h.absorbing && matches!(h.schedule.plan, Plan::Occurred { at } if at >= window_start)
        };
        self.stack.last().is_some_and(happened)
    }

    /// What a cancellation still does to the log-intensity: `(change now, its variance now)`, as far
    /// as it is believed.
    pub(super) fn damping(&self, now: Timestamp) -> Option<(f64, f64)> {
        let (mut change, mut variance, mut open) = (0.0, 0.0, 1.0);
        for h in self.stack.iter().rev() {
            let c = h.credibility(0.0);
            if let Some((full, width)) = h.schedule.damping(now) {
                let share = open * c;
                change += full * share;
                variance += width * share * share;
            }
            open *= 1.0 - c;
        }
        (change != 0.0).then_some((change, variance))
    }

    /// Every state that says something by itself: `(its probability, its credibility)`, oldest first.
    /// A called-off plan leaves `rest`.
    pub(super) fn steps<'a>(
        &'a self,
        risk: SlipRisk,
        (window_start, deadline): (Timestamp, Timestamp),
        now: Timestamp,
        rest: f64,
        silence: impl Fn(Nanos) -> f64 + 'a,
    ) -> impl Iterator<Item = (&'a Hypothesis, f64, f64)> + 'a {
        self.stack.iter().map(move |h| {
            let planned = h.schedule.probability(risk, deadline, now);
            let (p, quiet) = match (planned, h.schedule.plan) {
                (_, Plan::Occurred { at }) if at >= window_start => (1.0, 0.0),
                // A postponed event waits for its new date; the old intensity is beside the point.
                (Some(planned), Plan::Postponed { .. }) => (planned, silence(h.alive)),
                (Some(planned), _) => (planned.max(rest), silence(h.alive)),
                (None, _) => (rest, 0.0),
            };
            (h, p, h.credibility(quiet))
        })
    }

    /// The next instant at which a plan itself changes what it says.
    pub(super) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.stack.iter().filter_map(|h| h.schedule.next_change(now)).min()
    }
}

const fn floor(statement: &Statement) -> f64 {
    if statement.official { OFFICIAL_LOG_ODDS } else { f64::NEG_INFINITY }
}

const fn absorbs(statement: &Statement) -> bool {
    statement.credible && matches!(statement.said, Said::Occurred | Said::Stopover)
}

pub(super) fn expit(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}
