//! What is believed of the plan: hypotheses with their credibility (model.md 1.3, 1.5, 2.1, 2.5).
//!
//! `P = c (v P_state + (1 - v) P_none) + (1 - c) P_rest`, where `P_rest` is what was believed before the
//! state was reported, `P_none` what is believed without any plan, and `v` the share of the plan that
//! is still ahead. The user's own desk is certain; others are as credible as their evidence makes them.
//!
//! Plans end. A visit discharges what was planned before it; a date that passed in silence leaves
//! only the slip; and a plan without a date ages: with the mean lead `m` (`plan_memory`), after `a`
//! days its log-odds are `prior + evidence 2^(-a/m) - a/m`, the last term being the log of the share of
//! plans whose lead is longer than that. Silence (2.5) works beside it: the stronger of both counts.

use statecraft_domain::signal::Label;
use statecraft_domain::{Nanos, Timestamp};

use super::schedule::{Outlook, Plan, Said, Schedule};

/// States believed on top of each other; the oldest goes.
const HYPOTHESES_MAX: usize = 4;
/// Prior of a report that changes what is already believed: put off, called off, moved.
const CHANGE_PRIOR: f64 = 0.2;
/// Prior of a report that the event took place.
const OCCURRED_PRIOR: f64 = 0.05;
/// An official statement of a state is at least this credible, and what it denies at most as little:
/// odds of 99 to 1. An event that is as credible as this is over and done.
pub(super) const OFFICIAL_LOG_ODDS: f64 = 4.595_119_850_134_59;
/// A visit lasts some days: a plan heard, or dated, up to its end was a plan of that visit.
const VISIT: Nanos = Nanos::from_secs(3 * 86_400);
/// A visit put off until after the deadline leaves this much of the probability that one is made before
/// it all the same (a guess).
const MADE_ANYWAY: f64 = 0.1;
/// Share of its evidence that a report of mere planning has as an announcement.
pub(super) const PLANNED_SHARE: f64 = 0.5;

/// A state that may be the case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hypothesis {
    pub(super) schedule: Schedule,
    /// Log-odds; infinite: certain.
    pub(super) log_odds: f64,
    /// Log-odds before the first report of it.
    prior: f64,
    /// The last word of it.
    pub(super) heard: Timestamp,
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
    pub(super) alive: Nanos,
}

/// What a state says now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) hypothesis: &'a Hypothesis,
    /// Probability if it is so, and still ahead.
    pub(super) probability: f64,
    /// Of the report, silence included.
    reported: f64,
    /// Share of what was reported that is still ahead.
    pub(super) standing: f64,
    /// What silence did to the log-odds.
    pub(super) silence: f64,
}

impl Step<'_> {
    /// How credible it is that the plan is real and still ahead.
    pub(super) fn credibility(&self) -> f64 {
        self.reported * self.standing
    }

    /// The probability after it: `before` is what the states before it made, `rest` what no state
    /// makes. A plan that is over does not bring back the one it replaced.
    pub(super) fn after(&self, before: f64, rest: f64) -> f64 {
        let so = self.standing * self.probability + (1.0 - self.standing) * rest;
        self.reported * so + (1.0 - self.reported) * before
    }
}

impl Hypothesis {
    /// With what silence adds to the log-odds.
    fn credibility(&self, quiet: f64) -> f64 {
        self.share * expit(self.log_odds + quiet)
    }

    /// Was this a plan of the visit at `visited`?
    fn was_of(&self, visited: Timestamp) -> bool {
        let planned = matches!(self.schedule.plan, Plan::Scheduled { .. } | Plan::Postponed { .. });
        let until = visited + VISIT;
        planned && self.heard <= until && self.schedule.date().is_none_or(|date| date <= until)
    }

    /// What it says at the moment of `outlook`; `None`: nothing about this contract.
    fn step(&self, outlook: &Outlook, rest: f64, quiet: f64) -> Option<Step<'_>> {
        let still = |probability, reported, silence| {
            Some(Step { hypothesis: self, probability, reported, standing: 1.0, silence })
        };
        if self.schedule.is_over_before(outlook.window_start) {
            return None;
        }
        if self.absorbing {
            return still(1.0, 1.0, 0.0);
        }
        let reported = self.credibility(quiet);
        match (self.schedule.probability(outlook), self.schedule.plan) {
            (_, Plan::Occurred { at }) if at >= outlook.window_start => {
                still(1.0, self.credibility(0.0), 0.0)
            }
            // Put off until after the deadline: it will hardly be made before as well.
            (None, Plan::Scheduled { postponed: 1.., .. }) => {
                still(rest * MADE_ANYWAY, self.credibility(0.0), 0.0)
            }
            (None, _) => still(rest, self.credibility(0.0), 0.0),
            // A postponed event waits for its new date; the old intensity is beside the point.
            (Some(planned), Plan::Postponed { .. }) => {
                let standing = self.aged(outlook, quiet);
                Some(Step { standing, ..still(planned, reported, quiet)? })
            }
            (Some(planned), _) => {
                let step = still(planned.max(rest), reported, quiet)?;
                if self.schedule.date().is_none() {
                    return Some(Step { standing: self.aged(outlook, quiet), ..step });
                }
                let Some((ahead, unseen)) = self.schedule.missed(outlook) else {
                    return Some(step);
                };
                // Bayes: a real plan passes its date in silence only if it slipped, fell through, or
                // was carried out unseen.
                let silent = ahead + unseen;
                let reported = reported * silent / (reported * silent + (1.0 - reported));
                Some(Step { reported, standing: ahead / silent, ..step })
            }
        }
    }

    /// Share of a plan without a date that is still ahead: against what silence leaves of it.
    fn aged(&self, outlook: &Outlook, quiet: f64) -> f64 {
        let leads = (outlook.now - self.heard).days().max(0.0) / outlook.lead_days;
        let evidence = self.log_odds - self.prior;
        if !evidence.is_finite() {
            return 1.0;
        }
        let faded = self.prior + evidence.max(0.0) * (-leads).exp2() + evidence.min(0.0) - leads;
        (expit(faded) / expit(self.log_odds + quiet)).min(1.0)
    }
}

/// The hypotheses, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Belief {
    stack: Vec<Hypothesis>,
    /// The last visit that the specification itself states.
    visited: Option<Timestamp>,
}

impl Belief {
    /// With a visit that is known from the start.
    pub(super) const fn after(visited: Option<Timestamp>) -> Self {
        Self { stack: Vec::new(), visited }
    }

    /// A visit took place at `visited`, believed with `credibility`: every plan of it is over.
    pub(super) fn discharge(&mut self, visited: Timestamp, credibility: f64) {
        if credibility >= 1.0 {
            self.stack.retain(|hypothesis| !hypothesis.was_of(visited));
        } else if credibility > 0.0 {
            let plans = self.stack.iter_mut().filter(|hypothesis| hypothesis.was_of(visited));
            plans.for_each(|plan| plan.share *= 1.0 - credibility);
        }
    }

    /// Forgets the plans of the visit that the specification states, once that has taken place.
    fn settle(&mut self, now: Timestamp) {
        if let Some(visited) = self.visited.filter(|&visited| visited <= now) {
            self.discharge(visited, 1.0);
        }
    }

    /// What new reports build on: a plan whose date has passed is no plan any more.
    fn top(&self, at: Timestamp) -> Schedule {
        self.stack.last().map_or_else(Schedule::default, |top| top.schedule.as_of(at))
    }

    /// The user's own desk says it: certain.
    pub(super) fn told(&mut self, label: &Label, at: Timestamp, alive: Nanos) {
        self.settle(at);
        // Whoever denies may speak of a plan that is over.
        let denied = self.stack.last().filter(|_| label.strength <= 0.0);
        let mut schedule = denied.map_or_else(|| self.top(at), |top| top.schedule);
        if schedule.hear(label, at) == Some(true) {
            let absorbing = matches!(schedule.plan, Plan::Occurred { .. });
            let log_odds = f64::INFINITY;
            let certain = Hypothesis {
                schedule,
                log_odds,
                prior: 0.0,
                heard: at,
                share: 1.0,
                absorbing,
                alive,
            };
            self.stack.clear();
            self.stack.push(certain);
        }
    }

    /// Others report it.
    pub(super) fn reported(&mut self, statement: &Statement, plan_prior: f64) {
        self.settle(statement.at);
        let absorbed = self.stack.last().is_some_and(|top| top.absorbing);
        if statement.scale <= 0.0 || (absorbed && statement.llr > 0.0) {
            return;
        }
        if statement.llr < 0.0 {
            self.deny(statement);
        } else if statement.llr > 0.0 {
            self.support(statement, plan_prior);
        }
    }

    /// It is not so: none of the states that say it. The desk's own word stands.
    fn deny(&mut self, statement: &Statement) {
        let denied = self.stack.iter_mut().filter(|h| h.schedule.is_denied_by(statement.said));
        for hypothesis in denied.filter(|h| h.log_odds != f64::INFINITY) {
            hypothesis.log_odds += statement.llr * statement.scale;
            if statement.official {
                hypothesis.log_odds = hypothesis.log_odds.min(-OFFICIAL_LOG_ODDS);
            }
            hypothesis.absorbing = false;
        }
    }

    fn support(&mut self, statement: &Statement, plan_prior: f64) {
        // What happened and what is planned are told apart: a rumour that he was there is no plan.
        let happened = matches!(statement.said, Said::Occurred | Said::Stopover);
        let alike = self
            .stack
            .iter()
            .rposition(|h| matches!(h.schedule.plan, Plan::Occurred { .. }) == happened);
        let before = alike
            .map_or_else(Schedule::default, |index| self.stack[index].schedule.as_of(statement.at));
        let mut schedule = before;
        let repeats = before.is(statement.said)
            && (statement.date.is_none() || statement.date == before.date());
        if !repeats {
            schedule.assert(statement.said, statement.date, statement.at);
        }
        let refines = before.is(statement.said) && before.date().is_none();
        if (repeats || refines)
            && let Some(index) = alike
            && let Some(top) = self.stack.get_mut(index)
        {
            top.schedule = schedule;
            top.log_odds = (top.log_odds + statement.llr * statement.scale).max(floor(statement));
            top.share = top.share.max(statement.scale);
            top.alive = statement.alive;
            top.heard = top.heard.max(statement.at);
            top.absorbing |= absorbs(statement, top.log_odds);
            if top.absorbing {
                self.stack[index..].rotate_left(1);
            }
            return;
        }
        let prior = match statement.said {
            Said::Occurred | Said::Stopover => OCCURRED_PRIOR,
            Said::Scheduled | Said::Planned if before.plan == Plan::Open => plan_prior,
            Said::Scheduled | Said::Planned | Said::Postponed | Said::CalledOff => CHANGE_PRIOR,
        };
        let prior = prior.ln() - (-prior).ln_1p();
        let log_odds = (prior + statement.llr).max(floor(statement));
        let absorbing = absorbs(statement, log_odds);
        let (alive, share) = (statement.alive, statement.scale);
        let heard = statement.at;
        self.stack.push(Hypothesis { schedule, log_odds, prior, heard, share, absorbing, alive });
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

    /// What cancellations still do to the log-intensity: `(change now, its variance now)`, each as far as
    /// it is believed; `None` if there were none.
    pub(super) fn damping(&self, now: Timestamp) -> Option<(f64, f64)> {
        let mut damping = None;
        for hypothesis in &self.stack {
            let own = hypothesis.schedule.damping(now);
            if damping.is_none() && own.is_none() {
                continue;
            }
            let c = hypothesis.credibility(0.0);
            let ((before, before_sd), (change, variance)) =
                (damping.unwrap_or_default(), own.unwrap_or_default());
            let mixed = |own: f64, before: f64| c * own + (1.0 - c) * before;
            damping = Some((mixed(change, before), mixed(variance.sqrt(), before_sd)));
        }
        damping.map(|(change, sd): (f64, f64)| (change, sd.powi(2)))
    }

    /// Every state that says something about this contract, oldest first. A called-off plan leaves
    /// `rest`.
    pub(super) fn steps<'a>(
        &'a self,
        outlook: Outlook,
        rest: f64,
        silence: impl Fn(Nanos) -> f64 + 'a,
    ) -> impl Iterator<Item = Step<'a>> + 'a {
        let visited = self.visited.filter(|&visited| visited <= outlook.now);
        let open = self.stack.iter().filter(move |h| !visited.is_some_and(|at| h.was_of(at)));
        open.filter_map(move |h| h.step(&outlook, rest, silence(h.alive)))
    }

    /// The next instant at which a plan itself changes what it says.
    pub(super) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.stack.iter().filter_map(|h| h.schedule.next_change(now)).min()
    }
}

const fn floor(statement: &Statement) -> f64 {
    if statement.official { OFFICIAL_LOG_ODDS } else { f64::NEG_INFINITY }
}

/// Is it over and done: said to have happened, all of it counted, and nearly certain?
fn absorbs(statement: &Statement, log_odds: f64) -> bool {
    matches!(statement.said, Said::Occurred | Said::Stopover)
        && statement.scale >= 1.0
        && log_odds >= OFFICIAL_LOG_ODDS
}

/// How credible a report is that a visit took place, of which `scale` counts.
pub(super) fn credibility_of_visit(llr: f64, scale: f64) -> f64 {
    let prior = OCCURRED_PRIOR.ln() - (-OCCURRED_PRIOR).ln_1p();
    if llr > 0.0 { scale * expit(prior + llr) } else { 0.0 }
}

pub(super) fn expit(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}
