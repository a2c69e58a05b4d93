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

use super::dates::{DAY, Dates, Shift};
use super::schedule::{Outlook, Plan, Said, Schedule, state_of};
use crate::config::{HazardSpec, Horizon};

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
/// A change of the plan less credible than this is doubted: who tells the plan again denies the change.
const DOUBTED: f64 = 0.5;
/// Landings reported no further apart than this are one.
const SAME_VISIT: Nanos = Nanos::from_secs(14 * 86_400);
/// What an official denial is worth against plans nobody has heard of yet: a principal denies 30 of 100
/// that are true and 85 of 100 that are not, `ln(.30 / .85)` (model.md 2.1).
const REFUSAL: f64 = -1.041_453_874_828_161_2;
/// Denials of days that are remembered; the oldest goes.
const BARRED_MAX: usize = 4;
/// Share of its evidence that a report of mere planning has as an announcement.
pub(super) const PLANNED_SHARE: f64 = 0.5;

/// A state that may be the case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hypothesis {
    pub(super) schedule: Schedule,
    /// Log-odds without denials; infinite: certain.
    log_odds: f64,
    /// What denials of the plan took from them. A denial never lifts: where the state itself makes the
    /// event less likely, it counts as if nobody had denied it.
    denied: f64,
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
    pub(super) date: Option<Dates>,
    /// How much later it is to be, if that is all that is said of when.
    pub(super) by: Option<Shift>,
    /// When it was first heard.
    pub(super) at: Timestamp,
    /// Evidence, negative for a denial.
    pub(super) llr: f64,
    /// Share of it that counts.
    pub(super) scale: f64,
    /// By an official source, whose word is nearly certain.
    pub(super) official: bool,
    /// By somebody who does not only copy others.
    pub(super) credible: bool,
    /// No more than a denial that the plan is off: beside a plan that is known it says nothing.
    pub(super) reaffirms: bool,
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
    /// Report and standing without the denials, if there were any.
    undenied: Option<(f64, f64)>,
}

impl Step<'_> {
    /// How credible it is that the plan is real and still ahead.
    pub(super) fn credibility(&self) -> f64 {
        self.reported * self.standing
    }

    /// The probability after it: `before` is what the states before it made, `rest` what no state
    /// makes. A plan that is over does not bring back the one it replaced.
    pub(super) fn after(&self, before: f64, rest: f64) -> f64 {
        let with = |(reported, standing): (f64, f64)| {
            let so = standing * self.probability + (1.0 - standing) * rest;
            reported * so + (1.0 - reported) * before
        };
        let denied = with((self.reported, self.standing));
        let after = self.undenied.map_or(denied, |undenied| denied.min(with(undenied)));
        if self.hypothesis.is_put_off() { after.min(before) } else { after }
    }
}

impl Hypothesis {
    /// At these log-odds.
    fn credibility(&self, log_odds: f64) -> f64 {
        self.share * expit(log_odds)
    }

    /// Of a visit that is said to have taken place.
    fn credibility_of_visit(&self, denied: f64) -> f64 {
        if self.absorbing { 1.0 } else { self.credibility(self.log_odds + denied) }
    }

    /// What this visit leaves of a plan, where it does not itself count. A denial never lifts: the visit
    /// discharges as if nobody had denied plans.
    fn leaves(&self, plan: &Self, window: Horizon) -> f64 {
        match self.schedule.plan {
            Plan::Occurred { at } if !window.contains(at) && plan.was_of(at) => {
                1.0 - self.credibility_of_visit(0.0)
            }
            _ => 1.0,
        }
    }

    /// Put off, and nobody says until when: no good news, even where nobody had told of the plan before.
    const fn is_put_off(&self) -> bool {
        matches!(self.schedule.plan, Plan::Postponed { .. })
    }

    /// Was this a plan of the visit at `visited`?
    fn was_of(&self, visited: Timestamp) -> bool {
        let planned = matches!(self.schedule.plan, Plan::Scheduled { .. } | Plan::Postponed { .. });
        let until = visited + VISIT;
        let dated = |dates: Dates| dates.first() <= until;
        planned && self.heard <= until && self.schedule.date().is_none_or(dated)
    }

    /// What it says at the moment of `outlook`; `None`: nothing about this contract.
    /// `kept` is the share of it that no visit has discharged.
    fn step(&self, outlook: &Outlook, rest: f64, quiet: f64, kept: f64) -> Option<Step<'_>> {
        if kept <= 0.0 || self.schedule.is_over_before(outlook.window.start) {
            return None;
        }
        let step = |probability, heard: Heard| {
            let Heard { reported, standing, .. } = heard;
            Step {
                hypothesis: self,
                probability,
                reported,
                standing,
                silence: heard.quiet,
                undenied: None,
            }
        };
        if let Plan::Gone { .. } = self.schedule.plan {
            let heard = Heard {
                reported: self.credibility_of_visit(self.denied),
                standing: 1.0,
                quiet: 0.0,
            };
            return Some(step(0.0, heard));
        }
        if let Plan::Occurred { at } = self.schedule.plan {
            let reported = self.credibility_of_visit(self.denied);
            let heard = Heard { reported, standing: 1.0, quiet: 0.0 };
            return outlook.window.contains(at).then(|| step(1.0, heard));
        }
        let (probability, seen) = self.says(outlook, rest);
        let heard = |log_odds| self.heard_as(outlook, seen, log_odds, (quiet, kept));
        let mut step = step(probability, heard(self.log_odds()));
        if self.denied < 0.0 {
            let Heard { reported, standing, .. } = heard(self.log_odds);
            step.undenied = Some((reported, standing));
        }
        Some(step)
    }

    /// The probability if it is so and still ahead, and what has been seen of it.
    fn says(&self, outlook: &Outlook, rest: f64) -> (f64, Seen) {
        if let Some(dated) = self.schedule.dated(outlook, rest) {
            return (
                dated.probability,
                Seen::Days { standing: dated.standing, silent: dated.silent },
            );
        }
        match (self.schedule.undated(outlook), self.schedule.plan) {
            // A postponed event waits for its new date; the old intensity is beside the point.
            (Some(planned), Plan::Postponed { .. }) => (planned, Seen::Age),
            (Some(planned), _) => (planned.max(rest), Seen::Age),
            (None, _) => (rest, Seen::Nothing),
        }
    }

    fn heard_as(
        &self,
        outlook: &Outlook,
        seen: Seen,
        log_odds: f64,
        (quiet, kept): (f64, f64),
    ) -> Heard {
        let reported = kept * self.credibility(log_odds + quiet);
        match seen {
            Seen::Nothing => {
                Heard { reported: kept * self.credibility(log_odds), standing: 1.0, quiet: 0.0 }
            }
            Seen::Age => Heard { reported, standing: self.aged(outlook, log_odds, quiet), quiet },
            // Bayes: a real plan passes a day of its own in silence only if it slipped, fell through, or
            // was carried out unseen.
            Seen::Days { standing, silent } => {
                let passed = |silent| reported * silent / (reported * silent + (1.0 - reported));
                Heard { reported: silent.map_or(reported, passed), standing, quiet }
            }
        }
    }

    /// Is it a visit, and the same as this one?
    fn is_same_visit(&self, other: &Schedule) -> bool {
        match (self.schedule.plan, other.plan) {
            (Plan::Occurred { at }, Plan::Occurred { at: other }) => {
                let apart = if at > other { at - other } else { other - at };
                apart <= SAME_VISIT
            }
            _ => false,
        }
    }

    /// Said once more.
    fn supported(&mut self, statement: &Statement) {
        let plan = matches!(statement.said, Said::Scheduled | Said::Planned);
        self.log_odds = (self.log_odds + statement.llr * statement.scale).max(floor(statement));
        if plan && statement.official {
            self.denied = 0.0;
        }
        self.share = self.share.max(statement.scale);
        self.alive = statement.alive;
        self.heard = self.heard.max(statement.at);
    }

    /// With everything that was denied of it.
    fn log_odds(&self) -> f64 {
        self.log_odds + self.denied
    }

    /// Share of a plan without a date that is still ahead: against what silence leaves of it.
    fn aged(&self, outlook: &Outlook, log_odds: f64, quiet: f64) -> f64 {
        let leads = (outlook.now - self.heard).days().max(0.0) / outlook.lead_days;
        let evidence = log_odds - self.prior;
        if !evidence.is_finite() {
            return 1.0;
        }
        let faded = self.prior + evidence.max(0.0) * (-leads).exp2() + evidence.min(0.0) - leads;
        (expit(faded) / expit(log_odds + quiet)).min(1.0)
    }
}

/// What has been seen of a plan.
#[derive(Debug, Clone, Copy)]
enum Seen {
    /// There is none.
    Nothing,
    /// It has no date, and only ages.
    Age,
    /// It has dates: the share still ahead, and how likely a real plan passes in such silence.
    Days { standing: f64, silent: Option<f64> },
}

/// How far a state is believed.
#[derive(Debug, Clone, Copy)]
struct Heard {
    reported: f64,
    standing: f64,
    quiet: f64,
}

/// The hypotheses, oldest first. What happened and what is planned are told apart: a rumour that he was
/// there is no plan, and after a visit there may be another.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Belief {
    stack: Vec<Hypothesis>,
    /// Visits that are said to have taken place.
    visits: Vec<Hypothesis>,
    /// Whose visit it would be is said to hold his office no more.
    gone: Option<Hypothesis>,
    /// The last visit that the specification itself states.
    visited: Option<Timestamp>,
    /// Officials said that there are no plans: when, and what that was worth in log-odds.
    refused: Option<Refusal>,
    /// Days on which there will be no visit, as was said before any plan was known.
    barred: Vec<Barred>,
}

/// Days on which there will be no visit.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Barred {
    dates: Dates,
    /// What that was worth in log-odds.
    llr: f64,
}

/// An official denial, remembered.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Refusal {
    at: Timestamp,
    llr: f64,
}

/// A change of the log-intensity that fades.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Damping {
    /// The change now.
    pub(super) change: f64,
    /// Its variance now.
    pub(super) variance: f64,
    /// Days in which it halves.
    pub(super) half_life_days: f64,
}

impl Belief {
    /// With a visit that is known from the start.
    pub(super) const fn after(visited: Option<Timestamp>) -> Self {
        Self {
            stack: Vec::new(),
            visits: Vec::new(),
            gone: None,
            visited,
            refused: None,
            barred: Vec::new(),
        }
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

    /// What the official word that there are no plans is still worth: its evidence fades as that of
    /// plans does.
    fn refusal(&self, at: Timestamp, memory_days: f64) -> f64 {
        let left = |refused: Refusal| {
            let leads = (at - refused.at).days().max(0.0) / memory_days;
            refused.llr * (-leads).exp2()
        };
        self.refused.map_or(0.0, left)
    }

    /// Officials say that there are no plans. Said again, it counts once.
    fn refuse(&mut self, at: Timestamp, llr: f64, memory_days: f64) {
        let llr = self.refusal(at, memory_days).min(llr.clamp(REFUSAL, 0.0));
        self.refused = Some(Refusal { at, llr });
    }

    /// The same belief without anything cancelled.
    pub(super) fn of_refusal(&self) -> Self {
        Self { refused: self.refused, barred: self.barred.clone(), ..Self::default() }
    }

    /// Somebody says that there will be no visit on these days. Said again, it counts once.
    fn bar(&mut self, dates: Option<Dates>, llr: f64, most: f64) {
        let Some(dates) = dates else { return };
        let mut llr = llr.max(most).min(0.0);
        self.barred.retain(|known| {
            let same = known.dates == dates;
            llr = if same { llr.min(known.llr) } else { llr };
            !same
        });
        if self.barred.len() >= BARRED_MAX {
            self.barred.remove(0);
        }
        self.barred.push(Barred { dates, llr });
    }

    /// Officials announce a visit: what was denied of those days is over.
    fn announced(&mut self, dates: Option<Dates>) {
        self.refused = None;
        let apart = |barred: &Barred, dates: Dates| {
            dates.last() < barred.dates.first() || dates.first() > barred.dates.last()
        };
        self.barred.retain(|barred| dates.is_some_and(|dates| apart(barred, dates)));
    }

    /// The share of the days from `start` to `end` that denials leave, and its standard deviation.
    pub(super) fn unbarred(
        &self,
        start: Timestamp,
        end: Timestamp,
        spec: &HazardSpec,
    ) -> (f64, f64) {
        let holds = |dates: Dates| dates.first() <= start && end <= dates.last() + DAY;
        let barring = self.barred.iter().filter(|barred| holds(barred.dates));
        let llr = barring.map(|barred| barred.llr).fold(0.0, f64::min);
        // `left^(llr / ln left)`, to first order in what is left by an official word.
        let firm = firm_refusal(spec);
        let power = if firm < 0.0 { llr / firm } else { 0.0 };
        let relative =
            power * spec.denied_days_left_sd / spec.denied_days_left.max(f64::MIN_POSITIVE);
        (llr.exp(), llr.exp() * relative)
    }

    /// The user's own desk says it: certain.
    pub(super) fn told(&mut self, label: &Label, at: Timestamp, alive: Nanos, spec: &HazardSpec) {
        self.settle(at);
        if let Some((Said::Scheduled | Said::Planned, dates)) = state_of(&label.slug) {
            if label.strength < 0.0 {
                self.refuse(at, label.strength * -REFUSAL, spec.plan_memory_days);
                let firm = firm_refusal(spec);
                self.bar(dates, label.strength * -firm, firm);
            } else if label.strength >= 1.0 {
                self.announced(dates);
            }
        }
        let absorbing = matches!(
            state_of(&label.slug),
            Some((Said::Occurred | Said::Gone, _)) if label.strength > 0.0
        );
        // Whoever denies may speak of a plan that is over.
        let denied = self.stack.last().filter(|_| label.strength <= 0.0);
        let mut schedule = match denied {
            _ if absorbing => Schedule::default(),
            Some(top) => top.schedule,
            None => self.top(at),
        };
        if schedule.hear(label, at) == Some(true) {
            let certain = Hypothesis {
                schedule,
                log_odds: f64::INFINITY,
                denied: 0.0,
                prior: 0.0,
                heard: at,
                share: 1.0,
                absorbing,
                alive,
            };
            if matches!(schedule.plan, Plan::Gone { .. }) {
                self.gone = Some(certain);
            } else if absorbing {
                self.visits.retain(|visit| !visit.is_same_visit(&schedule));
                push(&mut self.visits, certain);
            } else {
                self.stack.clear();
                self.stack.push(certain);
            }
        }
    }

    /// Others report it.
    pub(super) fn reported(&mut self, statement: &Statement, spec: &HazardSpec) {
        self.settle(statement.at);
        if statement.scale <= 0.0 {
            return;
        }
        if statement.llr < 0.0 {
            self.deny(statement, spec);
        } else if statement.said == Said::Gone {
            self.left(statement);
        } else if statement.said == Said::Occurred {
            self.happened(statement);
        } else if statement.llr > 0.0 {
            self.support(statement, spec);
        }
    }

    /// It is not so: none of the states that say it. The desk's own word stands.
    fn deny(&mut self, statement: &Statement, spec: &HazardSpec) {
        let llr = statement.llr * statement.scale;
        let plan = matches!(statement.said, Said::Scheduled | Said::Planned);
        let known = self.stack.iter().any(|h| h.schedule.as_of(statement.at).plan != Plan::Open);
        // Where there is a plan, others are evidence against that and no more; where there is none, against one
        // that may come, as officials are, and never more than they.
        let firm = statement.credible && !known;
        if plan && (statement.official || firm) {
            self.refuse(statement.at, llr, spec.plan_memory_days);
            let most = firm_refusal(spec);
            let firm = if statement.official { most / REFUSAL } else { 1.0 };
            self.bar(statement.date, llr * firm, most);
        }
        if plan && statement.official {
            self.doubt(statement.at, llr);
        }
        // Who denies a landing speaks of the latest.
        let visit = self.visits.last_mut().into_iter();
        let all = self.stack.iter_mut().chain(visit).chain(&mut self.gone);
        let denied = all.filter(|h| h.schedule.is_denied_by(statement.said));
        for hypothesis in denied.filter(|h| h.log_odds != f64::INFINITY) {
            let before = hypothesis.log_odds();
            let most = if statement.official { -OFFICIAL_LOG_ODDS } else { f64::INFINITY };
            let change = (before + llr).min(most) - before;
            if plan {
                hypothesis.denied += change;
            } else {
                hypothesis.log_odds += change;
            }
            hypothesis.absorbing = false;
        }
    }

    /// Officials who deny the plan of a visit deny, too, that one is just taking place: as evidence, and
    /// only against what is not certain. What was reported earlier they may well let stand.
    fn doubt(&mut self, at: Timestamp, llr: f64) {
        let recent = self
            .visits
            .iter_mut()
            .filter(|visit| !visit.absorbing && visit.heard <= at && at - visit.heard <= VISIT);
        for visit in recent {
            visit.denied = visit.denied.min(llr.clamp(REFUSAL, 0.0));
        }
    }

    /// Others report that it took place.
    fn happened(&mut self, statement: &Statement) {
        if statement.llr <= 0.0 {
            return;
        }
        let mut schedule = Schedule::default();
        schedule.assert(statement.said, statement.date, statement.at);
        if let Some(known) = self.visits.iter_mut().rev().find(|h| h.is_same_visit(&schedule)) {
            if statement.date.is_some() {
                known.schedule = schedule;
            }
            known.supported(statement);
            known.absorbing |= absorbs(statement, known.log_odds);
            return;
        }
        push(&mut self.visits, seen(statement));
    }

    /// Others report that he holds his office no more. The same rules as for a visit that took place.
    fn left(&mut self, statement: &Statement) {
        if statement.llr <= 0.0 {
            return;
        }
        if let Some(known) = &mut self.gone {
            known.supported(statement);
            known.absorbing |= absorbs(statement, known.log_odds);
            return;
        }
        self.gone = Some(seen(statement));
    }

    /// A plan that is told again although it was said to be put off or called off: where few believed
    /// that, it is the same plan, and evidence against what was said. Is that so here?
    fn stands(&mut self, statement: &Statement) -> bool {
        let date = statement.date.map(|date| date.from(statement.at));
        let same = |h: &Hypothesis| {
            let known = h.schedule.as_of(statement.at);
            known.is(statement.said) && known.is_within(date)
        };
        let Some(index) = self.stack.iter().rposition(same) else { return false };
        let (_, later) = self.stack.split_at(index + 1);
        let doubted = |h: &Hypothesis| h.credibility(h.log_odds()) < DOUBTED;
        if later.is_empty() || !later.iter().all(doubted) {
            return false;
        }
        let evidence = statement.llr * statement.scale;
        let (plan, later) = self.stack.split_at_mut(index + 1);
        for other in later {
            other.log_odds -= evidence;
        }
        if let Some(plan) = plan.last_mut() {
            plan.supported(statement);
        }
        true
    }

    fn support(&mut self, statement: &Statement, spec: &HazardSpec) {
        let plan = matches!(statement.said, Said::Scheduled | Said::Planned);
        let known = self.stack.iter().any(|h| h.schedule.as_of(statement.at).plan != Plan::Open);
        if plan && statement.reaffirms && known {
            return;
        }
        if plan && statement.official {
            self.announced(statement.date);
        }
        if plan && self.stands(statement) {
            return;
        }
        let before = self.top(statement.at);
        let mut schedule = before;
        let date = statement.date.or_else(|| self.put_off_to(statement));
        let statement = &Statement { date, ..*statement };
        let date = date.map(|date| date.from(statement.at));
        let repeats = before.is(statement.said) && before.is_within(date);
        if !repeats {
            schedule.assert(statement.said, statement.date, statement.at);
        }
        let refines = before.is(statement.said) && before.is_refined_by(date);
        if (repeats || refines)
            && let Some(top) = self.stack.last_mut()
        {
            top.schedule = schedule;
            top.supported(statement);
            return;
        }
        let new = before.plan == Plan::Open && plan;
        let prior = if new { spec.plan_prior } else { CHANGE_PRIOR };
        let prior = prior.ln() - (-prior).ln_1p();
        let log_odds = (prior + statement.llr).max(floor(statement));
        let heard = statement.at;
        // A rumour after an official denial counts less than one before it.
        let denied = if plan { self.refusal(heard, spec.plan_memory_days) } else { 0.0 };
        let (alive, share, absorbing) = (statement.alive, statement.scale, false);
        let new = Hypothesis { schedule, log_odds, denied, prior, heard, share, absorbing, alive };
        push(&mut self.stack, new);
    }

    /// The dates that follow from how much later the visit is to be. Said again of a plan that has been put
    /// off by as much, it is no second delay.
    fn put_off_to(&self, statement: &Statement) -> Option<Dates> {
        let (top, shift) = (self.top(statement.at), statement.by?);
        let moved = top.date().filter(|_| top.is(Said::Postponed));
        let origins = self.stack.iter().rev().skip(1).filter_map(|h| h.schedule.planned());
        let mut reached = origins.map(|planned| shift.after(planned));
        let again = moved.filter(|date| reached.any(|reached| reached.contains(*date)));
        again.or_else(|| Some(shift.after(top.planned()?)))
    }

    /// When it happened inside the contract's window, credibly.
    pub(super) fn occurred(&self, window: Horizon) -> Option<Timestamp> {
        let happened = |h: &Hypothesis| match h.schedule.plan {
            Plan::Occurred { at } if h.absorbing && window.contains(at) => Some(at),
            _ => None,
        };
        self.visits.iter().rev().find_map(happened)
    }

    /// What cancellations, as far as they are believed, and an official denial still do to the
    /// log-intensity.
    pub(super) fn dampings(&self, now: Timestamp, memory_days: f64) -> Vec<Damping> {
        let refusal = self.refusal(now, memory_days);
        let denied = Damping { change: refusal, variance: 0.0, half_life_days: memory_days };
        let denied = (refusal < 0.0).then_some(denied);
        self.called_off(now).into_iter().chain(denied).collect()
    }

    fn called_off(&self, now: Timestamp) -> Option<Damping> {
        let mut damping = None;
        for hypothesis in &self.stack {
            let own = hypothesis.schedule.damping(now);
            if damping.is_none() && own.is_none() {
                continue;
            }
            let ((before, before_sd), (change, variance)) =
                (damping.unwrap_or_default(), own.unwrap_or_default());
            let mixed = |log_odds: f64| {
                let c = hypothesis.credibility(log_odds);
                let mix = |own: f64, before: f64| c * own + (1.0 - c) * before;
                (mix(change, before), mix(variance.sqrt(), before_sd))
            };
            let (denied, undenied) = (mixed(hypothesis.log_odds()), mixed(hypothesis.log_odds));
            // A denial never lifts.
            damping = Some(if undenied.0 < denied.0 { undenied } else { denied });
        }
        let half_life_days = Schedule::damping_half_life_days();
        damping.map(|(change, sd): (f64, f64)| Damping {
            change,
            variance: sd.powi(2),
            half_life_days,
        })
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
        // Nobody travels who holds no office any more. What happened comes last: nothing takes it away.
        open.chain(&self.gone).chain(&self.visits).filter_map(move |h| {
            let kept = self.visits.iter().map(|visit| visit.leaves(h, outlook.window)).product();
            h.step(&outlook, rest, silence(h.alive), kept)
        })
    }

    /// The next instant at which a plan itself changes what it says.
    pub(super) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.stack.iter().filter_map(|h| h.schedule.next_change(now)).min()
    }
}

/// What an official denial is worth against the days that it names, in log-odds.
fn firm_refusal(spec: &HazardSpec) -> f64 {
    spec.denied_days_left.max(f64::MIN_POSITIVE).ln().min(0.0)
}

/// What is seen to have happened, first heard of.
fn seen(statement: &Statement) -> Hypothesis {
    let mut schedule = Schedule::default();
    schedule.assert(statement.said, statement.date, statement.at);
    let prior = OCCURRED_PRIOR.ln() - (-OCCURRED_PRIOR).ln_1p();
    let log_odds = (prior + statement.llr).max(floor(statement));
    Hypothesis {
        schedule,
        log_odds,
        denied: 0.0,
        prior,
        heard: statement.at,
        share: statement.scale,
        absorbing: absorbs(statement, log_odds),
        alive: statement.alive,
    }
}

const fn floor(statement: &Statement) -> f64 {
    if statement.official { OFFICIAL_LOG_ODDS } else { f64::NEG_INFINITY }
}

/// Is it over and done: said to have happened, all of it counted, and nearly certain?
fn absorbs(statement: &Statement, log_odds: f64) -> bool {
    matches!(statement.said, Said::Occurred | Said::Gone)
        && statement.scale >= 1.0
        && log_odds >= OFFICIAL_LOG_ODDS
}

/// One more; beyond [`HYPOTHESES_MAX`] the least credible goes, so that rumours never push out what is
/// known.
fn push(hypotheses: &mut Vec<Hypothesis>, new: Hypothesis) {
    hypotheses.push(new);
    if hypotheses.len() <= HYPOTHESES_MAX {
        return;
    }
    let credibility = |index: &usize| {
        let hypothesis = &hypotheses[*index];
        if hypothesis.absorbing { 1.0 } else { hypothesis.credibility(hypothesis.log_odds()) }
    };
    let least =
        (0..hypotheses.len()).min_by(|one, other| credibility(one).total_cmp(&credibility(other)));
    if let Some(least) = least {
        hypotheses.remove(least);
    }
}

pub(super) fn expit(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}
