//! What a model believes: strengths of signals, the plan, the stage of the deal. A fold over stories.

use statecraft_domain::signal::{Assertion, Capital, DealStage, Direction, Label, SourceClass};
use statecraft_domain::{Nanos, Timestamp};

use super::chain::{Generator, STAGES, Stage};
use super::dates::Dates;
use super::evidence::{self, Confusion, EvidenceTable, SAME_STORY};
use super::eyewitness;
use super::intensity::Course;
use super::plan::{Belief, OFFICIAL_LOG_ODDS, PLANNED_SHARE, Statement};
use super::schedule::{Said, shift_of, state_of, stop_as_visit};
use super::story::{Report, Story, is_copyist};
use super::summit;
use crate::config::{HazardSpec, SignalShape, SourcePolicy};

/// Strongest statement a signal can make, either way (model.md 1.2).
const STRENGTH_MAX: f64 = 3.0;
/// From this share of trust on, an official's denial decides.
const TRUSTED: f64 = 0.5;
/// A desk's report of a stage weaker than this changes nothing.
const STAGE_STRENGTH_MIN: f64 = 0.5;
/// A deal may be where the chain would not have it yet (it was prepared in silence): a report is read
/// with this share of the belief spread over all stages. Without it a chain that starts at "none" would
/// call every signature an error of the reader.
const SURPRISE: f64 = 0.05;
const STAGES_COUNT: f64 = 7.0;
/// The weight of a visit that took place: the instant of its history is the visit's date.
const VISITED: &str = "visited";
/// Labels that speak of the deal; with a deal in the specification they reach it through the stage
/// filter and are never weights as well (model.md 1.2).
pub const DEAL_SLUGS: [&str; 4] = ["sov_capital", "priv_capital", "deal_progress", "deal_collapse"];

/// The state of one kind of signal: how strong it was when it last changed. Signals of the same slug
/// and half-life add up exactly, so the sum is all there is to remember.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Strength {
    pub(super) value: f64,
    pub(super) at: Timestamp,
}

/// How far a deal is believed to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DealBelief {
    pub(super) stages: [f64; STAGES],
    pub(super) at: Timestamp,
}

/// Whose deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deal {
    Sovereign,
    Private,
}

/// Everything a model believes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    /// Parallel to the specification's signals.
    pub(super) strengths: Vec<Option<Strength>>,
    pub(super) belief: Belief,
    /// Parallel to the specification's windows: what reports said of their attendance, in log-odds.
    pub(super) attendance: Vec<f64>,
    /// Sovereign and private; `None` without a deal in the specification.
    pub(super) deals: Option<[DealBelief; 2]>,
}

/// What weighs evidence, the same for every story.
#[derive(Debug, Clone)]
pub(super) struct Scales {
    pub(super) table: EvidenceTable,
    pub(super) confusion: Confusion,
    pub(super) policies: Vec<SourcePolicy>,
    /// Of the deal, per day.
    pub(super) chain: Option<Generator<STAGES>>,
}

impl Scales {
    pub(super) fn policy(&self, source: &str) -> Option<&SourcePolicy> {
        self.policies.iter().find(|policy| policy.name == source)
    }

    /// Is the word of this source, as the configuration has it, its class's without limits?
    pub(super) fn trusts(&self, source: &str) -> bool {
        self.policy(source).is_none_or(|policy| {
            policy.trust >= TRUSTED
                && policy.max_influence.is_infinite()
                && !policy.requires_corroboration
        })
    }

    /// Does one whose word needs nobody else's say so (`sense` 1), or deny it (-1)? What he says is no part of
    /// what few may move, whoever tells what else in the same story.
    pub(super) fn settles(&self, spec: &HazardSpec, story: &Story, slug: &str, sense: f64) -> bool {
        let official = spec.influence.official_alone;
        story.reports.iter().any(|report| {
            let settles = report.class == SourceClass::Desk
                || (official && report.class == SourceClass::Official);
            settles && self.trusts(&report.source) && report.sign(slug) * sense > 0.0
        })
    }

    /// Evidence of a report, without its sign.
    pub(super) fn weight(&self, report: &Report) -> f64 {
        let llr = self.table.llr(report.class, report.assertion).ok().flatten().unwrap_or(0.0);
        let trust = self.policy(&report.source).map_or(1.0, |policy| policy.trust);
        llr.abs() * trust
    }
}

/// What a story says by one slug.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Voice {
    /// The desk's own strength, if it spoke: its strongest statement either way, added.
    pub(super) desk: Option<f64>,
    /// Pooled evidence of everybody else.
    pub(super) llr: f64,
    /// Their largest strength.
    pub(super) magnitude: f64,
}

impl Voice {
    pub(super) fn of(story: &Story, slug: &str, scales: &Scales) -> Self {
        let (mut up, mut down, mut spoke) = (0.0_f64, 0.0_f64, false);
        let (mut told, mut magnitude) = (Vec::new(), 0.0_f64);
        for report in &story.reports {
            for label in report.in_force().filter(|label| label.slug == slug) {
                let strength = clamp(label.strength);
                if report.class == SourceClass::Desk {
                    (up, down, spoke) = (up.max(strength), down.min(strength), true);
                } else if strength != 0.0 {
                    told.push((report, scales.weight(report).copysign(strength)));
                    magnitude = magnitude.max(strength.abs());
                }
            }
        }
        // Finite by construction: nothing to refuse.
        let llr = if eyewitness::is_seen(slug) {
            eyewitness::landing(&told)
        } else {
            let llrs: Vec<f64> = told.iter().map(|(_, llr)| *llr).collect();
            evidence::pool(&llrs, SAME_STORY).unwrap_or(0.0)
        };
        Self { desk: spoke.then_some(up + down), llr, magnitude }
    }

    /// 1: it says so; -1: it denies it; 0: neither.
    pub(super) fn sense(&self) -> f64 {
        let sum = self.desk.unwrap_or(self.llr);
        if sum == 0.0 { 0.0 } else { sum.signum() }
    }

    /// The strength that counts: the desk's as given, others' by the posterior of an even prior.
    pub(super) fn strength(&self, scale: f64) -> f64 {
        match self.desk {
            Some(desk) => clamp(desk) * scale,
            None => self.magnitude * evidence::belief_strength(self.llr * scale).unwrap_or(0.0),
        }
    }
}

/// Distinct slugs of a story, in alphabetical order: the same whichever report came first.
pub(super) fn slugs(story: &Story) -> Vec<&str> {
    let labels = story.reports.iter().flat_map(Report::in_force);
    let mut slugs: Vec<&str> = labels.map(|label| label.slug.as_str()).collect();
    slugs.sort_unstable();
    slugs.dedup();
    slugs
}

impl State {
    /// Before anything is heard: the history that the specification states.
    pub(super) fn new(spec: &HazardSpec) -> Self {
        let strengths = spec
            .signals
            .iter()
            .map(|signal| signal.since.map(|(at, value)| Strength { value: clamp(value), at }))
            .collect();
        let deals = spec.deal.as_ref().map(|deal| {
            [deal.initial, deal.private_initial].map(|stages| DealBelief { stages, at: deal.as_of })
        });
        let visits = spec.signals.iter().filter(|signal| signal.slug == VISITED);
        let visited = visits.filter_map(|signal| signal.since).map(|(at, _)| at).max();
        let attendance = vec![0.0; spec.windows.len()];
        Self { strengths, belief: Belief::after(visited), attendance, deals }
    }

    /// Does the model know what this label means?
    pub(super) fn knows(spec: &HazardSpec, label: &Label) -> bool {
        let slug = label.slug.as_str();
        let weight = spec.signals.iter().any(|weight| weight.slug == undated(slug).0);
        let window = summit::is_named(spec, slug);
        let deal =
            spec.deal.is_some() && (DEAL_SLUGS.contains(&slug) || named_stage(slug).is_some());
        weight || window || deal || state_of(slug).is_some() || stop_as_visit(slug).is_some()
    }

    /// Takes in a story: what two publishers tell in full, of the rest `scale`; none of it is never
    /// having heard it.
    pub(super) fn apply(&mut self, spec: &HazardSpec, scales: &Scales, story: &Story, scale: f64) {
        let window = spec.influence.corroboration_window;
        let share = |slug: &str, sense: f64| {
            let free = story.is_corroborated(slug, sense, window)
                || scales.settles(spec, story, slug, sense);
            if free { 1.0 } else { scale }
        };
        for slug in slugs(story) {
            let said = Voice::of(story, slug, scales);
            let scale = share(slug, said.sense());
            if scale <= 0.0 {
                continue;
            }
            if let Some(window) = summit::next(spec, slug, story.first) {
                let official =
                    scale >= 1.0 && story.is_told_by(SourceClass::Official, slug, said.sense());
                let attendance = &mut self.attendance[window];
                let prior = summit::prior(&spec.windows[window]);
                *attendance = summit::moved(*attendance, prior, &said, scale, official);
            } else if let Some((state, date)) = state_of(slug) {
                self.apply_state(spec, story, slug, (state, date), &said, scale);
            } else if let Some(deal) = &spec.deal
                && let Some((which, stage)) = desk_stage(slug, &said, &deal.profile)
            {
                if said.desk.is_some_and(|desk| (desk * scale).abs() >= STAGE_STRENGTH_MIN)
                    || DEAL_SLUGS.contains(&slug)
                {
                    self.set_stage(scales, which, story.first, |_| stage.certain());
                }
            } else if spec.deal.is_none()
                || !(DEAL_SLUGS.contains(&slug) || named_stage(slug).is_some())
            {
                self.apply_weight(spec, story.first, slug, &said, scale);
            }
        }
        self.apply_stages(scales, story, &share);
    }

    fn apply_weight(
        &mut self,
        spec: &HazardSpec,
        at: Timestamp,
        slug: &str,
        said: &Voice,
        scale: f64,
    ) {
        let value = said.strength(scale);
        if said.desk.is_none() && value == 0.0 {
            return;
        }
        let (slug, date) = undated(slug);
        if slug == VISITED {
            let visited = date.map_or(at, |date| date.first().min(at));
            self.belief.discharge(visited, value);
        }
        let pairs = spec.signals.iter().zip(&mut self.strengths);
        for (weight, strength) in pairs.filter(|(weight, _)| weight.slug == slug) {
            match date.filter(|_| slug != VISITED).and_then(|date| still_ahead(date, at)) {
                Some(day) => {
                    let takes_place = 1.0 - spec.scheduled_cancel;
                    let ahead = Strength { value: value * takes_place, at: day };
                    *strength = to_come(weight.shape, *strength, ahead, at);
                }
                None => {
                    let at = date.map_or(at, |date| date.first().min(at));
                    *strength = stated(weight.shape, *strength, value, at, said.desk.is_some());
                }
            }
        }
    }

    fn apply_state(
        &mut self,
        spec: &HazardSpec,
        story: &Story,
        slug: &str,
        (state, date): (Said, Option<Dates>),
        said: &Voice,
        scale: f64,
    ) {
        let at = story.since();
        let official = scale >= 1.0 && story.is_told_by(SourceClass::Official, slug, said.sense());
        if let Some(strength) = said.desk {
            let label = Label { slug: slug.to_owned(), strength: strength * scale };
            self.belief.told(&label, at, story.alive(), spec);
            return;
        }
        let mut speaking = story.reports.iter().filter(|report| report.sign(slug) > 0.0);
        // Who denies the planning denies all of it.
        let half = state == Said::Planned && said.llr > 0.0;
        let share = if half { PLANNED_SHARE } else { 1.0 };
        let statement = Statement {
            said: state,
            date,
            by: shift_of(slug),
            at,
            llr: said.llr * share,
            reaffirms: speaking.all(|report| report.reaffirms),
            scale,
            // Who officially denies a plan denies that there is one; who has one need not carry it out.
            official: official && (state != Said::Planned || said.llr < 0.0),
            credible: story
                .reports
                .iter()
                .any(|report| report.sign(slug) * said.sense() > 0.0 && !is_copyist(report.class)),
            alive: story.alive(),
        };
        self.belief.reported(&statement, spec);
    }

    /// Everything that the story says of the deals goes through the filter, in the order of the stages,
    /// denials last.
    fn apply_stages(&mut self, scales: &Scales, story: &Story, share: &impl Fn(&str, f64) -> f64) {
        if self.deals.is_none() {
            return;
        }
        for deal in [Deal::Sovereign, Deal::Private] {
            for word in Stage::ALL.map(Word::Is).into_iter().chain(Stage::ALL.map(Word::Not)) {
                let said = story.reports.iter().filter(|r| word_of(r) == Some((deal, word)));
                let voices: Vec<&Report> = said.collect();
                let of_deal = voices.iter().flat_map(|report| &report.labels);
                let scale = of_deal
                    .filter(|label| DEAL_SLUGS.contains(&label.slug.as_str()))
                    .map(|label| share(&label.slug, label.strength))
                    .fold(0.0, f64::max);
                if scale > 0.0 {
                    self.apply_word(scales, story.first, (deal, word), &voices, scale);
                }
            }
        }
    }

    fn apply_word(
        &mut self,
        scales: &Scales,
        at: Timestamp,
        (deal, word): (Deal, Word),
        voices: &[&Report],
        scale: f64,
    ) {
        let weights = voices.iter().map(|report| scales.weight(report));
        let llrs: Vec<f64> = weights.filter(|llr| *llr != 0.0).collect();
        let strongest = llrs.iter().copied().fold(0.0_f64, f64::max);
        let pooled = evidence::pool(&llrs, SAME_STORY).unwrap_or(0.0);
        if strongest <= 0.0 || pooled <= 0.0 {
            return;
        }
        let stage = match word {
            Word::Is(stage) => stage,
            Word::Not(stage) => {
                let official = scale >= 1.0
                    && voices.iter().any(|report| report.class == SourceClass::Official);
                let weight = scale * if official { pooled.max(OFFICIAL_LOG_ODDS) } else { pooled };
                let likelihood = denial_likelihood(stage, weight);
                return self.set_stage(scales, deal, at, |stages| {
                    evidence::update(&stages, &likelihood).unwrap_or(stages)
                });
            }
        };
        let likelihood = evidence::reliability(strongest).and_then(|reliability| {
            let temper = scale * pooled / strongest;
            evidence::stage_likelihood(stage, reliability, &scales.confusion, temper)
        });
        let Ok(likelihood) = likelihood else { return };
        let surprise = SURPRISE * scale;
        self.set_stage(scales, deal, at, |stages| {
            let open = stages.map(|p| (1.0 - surprise) * p + surprise / STAGES_COUNT);
            evidence::update(&open, &likelihood).unwrap_or(stages)
        });
    }

    /// Predicts to `at`, then updates.
    fn set_stage(
        &mut self,
        scales: &Scales,
        deal: Deal,
        at: Timestamp,
        update: impl FnOnce([f64; STAGES]) -> [f64; STAGES],
    ) {
        let (Some(deals), Some(chain)) = (&mut self.deals, &scales.chain) else { return };
        let Some(belief) = deals.get_mut(deal as usize) else { return };
        let predicted = belief.stages_at(chain, at);
        *belief = DealBelief { stages: update(predicted), at: at.max(belief.at) };
    }
}

impl DealBelief {
    /// The distribution at a later instant.
    pub(super) fn stages_at(&self, chain: &Generator<STAGES>, at: Timestamp) -> [f64; STAGES] {
        let days = (at - self.at).days().max(0.0);
        chain.distribution(&self.stages, days).unwrap_or(self.stages)
    }
}

/// The desk's own word on a deal: `deal:signed`, `private_deal:proposed`. The strength of a plain
/// `sov_capital` or `priv_capital` is measured in proposals: 1 is one, and other strengths are the stage
/// whose profile is nearest; a negative one is the end of the deal.
fn desk_stage(slug: &str, voice: &Voice, profile: &[f64; STAGES]) -> Option<(Deal, Stage)> {
    let desk = voice.desk?;
    if let Some(named) = named_stage(slug) {
        return Some(named);
    }
    let deal = match slug {
        "sov_capital" => Deal::Sovereign,
        "priv_capital" => Deal::Private,
        "deal_collapse" if desk > 0.0 => return Some((Deal::Sovereign, Stage::Dead)),
        _ => return None,
    };
    let gain = desk * profile[Stage::Proposed.index()];
    let distance = |stage: &Stage| (profile[stage.index()] - gain).abs();
    let nearest = Stage::ALL.into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    Some((deal, if desk < 0.0 { Stage::Dead } else { nearest }))
}

/// Does a slug speak of a deal?
pub(super) fn is_of_deal(slug: &str) -> bool {
    DEAL_SLUGS.contains(&slug) || named_stage(slug).is_some()
}

fn named_stage(slug: &str) -> Option<(Deal, Stage)> {
    let (deal, stage) = slug.split_once(':')?;
    let deal = match deal {
        "deal" => Deal::Sovereign,
        "private_deal" => Deal::Private,
        _ => return None,
    };
    Some((deal, stage_named(stage)?))
}

/// A stage by its name.
#[must_use]
pub fn stage_named(name: &str) -> Option<Stage> {
    Some(match name {
        "none" => Stage::None,
        "rumoured" => Stage::Rumoured,
        "proposed" => Stage::Proposed,
        "negotiated" => Stage::Negotiated,
        "signed" => Stage::Signed,
        "construction" => Stage::Construction,
        "dead" => Stage::Dead,
        _ => return None,
    })
}

/// What a report says of a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// It is there.
    Is(Stage),
    /// It has not come so far; of the last stage: it is not dead.
    Not(Stage),
}

/// What a report says, and of which deal.
fn word_of(report: &Report) -> Option<(Deal, Word)> {
    if report.class == SourceClass::Desk {
        return None;
    }
    let speaks = |slug: &str| report.labels.iter().any(|label| label.slug == slug);
    let deal = match report.capital {
        Capital::Private => Deal::Private,
        Capital::None if speaks("priv_capital") && !speaks("sov_capital") => Deal::Private,
        Capital::None | Capital::Sovereign | Capital::Mixed | Capital::Unknown => Deal::Sovereign,
    };
    DEAL_SLUGS.iter().any(|slug| speaks(slug)).then_some(())?;
    let stage = report.stage.map(Stage::from);
    let collapse = speaks("deal_collapse").then_some(Stage::Dead);
    let word = if !is_denied(report) {
        Word::Is(stage.or(collapse)?)
    } else if !lives(report) {
        Word::Not(stage.unwrap_or(Stage::Proposed))
    } else {
        Word::Not(Stage::Dead)
    };
    Some((deal, word))
}

/// A report whose labels deny what they speak of denies the stage.
fn is_denied(report: &Report) -> bool {
    let mut of_deal = report.labels.iter().filter(|l| DEAL_SLUGS.contains(&l.slug.as_str()));
    report.assertion == Assertion::Denied || of_deal.all(|label| label.strength < 0.0)
}

/// Does the deal live, by what a report says? Who denies its end says that it does.
pub(super) fn lives(report: &Report) -> bool {
    let collapse = report.labels.iter().any(|label| label.slug == "deal_collapse")
        || report.stage == Some(DealStage::Dead);
    if is_denied(report) {
        collapse || (report.direction == Direction::Up && report.stage == Some(DealStage::Signed))
    } else {
        !collapse
    }
}

/// A denial that the deal has come as far as `stage`, worth `weight`: every living stage from there on
/// is `e^weight` times less likely.
fn denial_likelihood(stage: Stage, weight: f64) -> [f64; STAGES] {
    Stage::ALL.map(|truth| {
        let denied = match stage {
            Stage::Dead => truth == Stage::Dead,
            _ => truth != Stage::Dead && truth != Stage::None && truth.index() >= stage.index(),
        };
        if denied { (-weight).exp() } else { 1.0 }
    })
}

/// The day in the middle of those of `date` that are still ahead; `None`: it has begun.
fn still_ahead(date: Dates, at: Timestamp) -> Option<Timestamp> {
    (date.first() > at).then(|| date.middle())
}

/// A statement of what lies ahead: it counts from its day on, as far as such things take place. What is
/// in force already stays until that day's own report; a denial takes away what is ahead, and nothing
/// that has begun.
fn to_come(
    shape: SignalShape,
    before: Option<Strength>,
    ahead: Strength,
    heard: Timestamp,
) -> Option<Strength> {
    let begins_on_its_day = match shape {
        SignalShape::Step { .. } | SignalShape::LaterStep { .. } => true,
        SignalShape::Decaying { .. } | SignalShape::Ramp { .. } | SignalShape::WhileDeal => false,
    };
    let in_force = before.filter(|known| course(shape, *known, heard).is_some());
    match in_force {
        // Shapes that have no beginning wait for the report of the day itself.
        _ if !begins_on_its_day => before,
        Some(known) if known.at <= heard => before,
        Some(known) if known.value * ahead.value < 0.0 => None,
        _ if ahead.value == 0.0 => before,
        // A denial of what nobody announced is nothing.
        None if ahead.value < 0.0 => before,
        Some(known) => {
            let weaker = known.value.abs() > ahead.value.abs();
            Some(if weaker { Strength { value: known.value, ..ahead } } else { ahead })
        }
        None => Some(ahead),
    }
}

/// A statement of what is so. A weaker repetition by others does not replace what is in force.
fn stated(
    shape: SignalShape,
    before: Option<Strength>,
    value: f64,
    at: Timestamp,
    desk: bool,
) -> Option<Strength> {
    let mut strength = combined(shape, before, value, at);
    let in_force = before.and_then(|before| course(shape, before, at));
    if let (false, Some((left, _)), Some(now)) = (desk, in_force, strength.as_mut())
        && left * value > 0.0
        && left.abs() > now.value.abs()
    {
        now.value = left;
    }
    strength
}

/// A weight's slug without the day that its label may carry (`leader_inbound:2026-03-19`), and that day.
pub(super) fn undated(slug: &str) -> (&str, Option<Dates>) {
    let dated = slug.split_once(':').and_then(|(weight, day)| Some((weight, Dates::parse(day)?)));
    dated.map_or((slug, None), |(weight, day)| (weight, Some(day)))
}

pub(super) fn clamp(strength: f64) -> f64 {
    strength.clamp(-STRENGTH_MAX, STRENGTH_MAX)
}

/// What a shape makes of the strength it was given: strength now and course from now on.
pub(super) fn course(
    shape: SignalShape,
    strength: Strength,
    now: Timestamp,
) -> Option<(f64, Course)> {
    let age = (now - strength.at).days();
    match shape {
        SignalShape::Decaying { half_life_days } => {
            let value = strength.value * (-age.max(0.0) / half_life_days).exp2();
            Some((value, Course::Decaying { half_life: half_life_days }))
        }
        // The life of the deal is for those who know it: [`super::estimate`].
        SignalShape::WhileDeal => {
            Some((strength.value, Course::Step { start: -age, end: f64::INFINITY }))
        }
        SignalShape::Step { days } => {
            // What is known to begin later (a second half year after a visit) begins later.
            (age < days).then_some((strength.value, Course::Step { start: -age, end: days - age }))
        }
        SignalShape::LaterStep { after_days, days } => {
            let start = after_days - age;
            (start + days > 0.0)
                .then_some((strength.value, Course::Step { start, end: start + days }))
        }
        SignalShape::Ramp { date, radius_days } => {
            let centre = (date - now).days();
            (centre + radius_days > 0.0)
                .then_some((strength.value, Course::Ramp { centre, radius: radius_days }))
        }
    }
}

/// A new statement of the same signal. Decaying strengths add up (what is left of the old one and the
/// new one, at most [`STRENGTH_MAX`] together, so repetition saturates); a step or a ramp is replaced,
/// and a statement of the opposite sign removes it (model.md 1.2: "until a contrary event").
pub(super) fn combined(
    shape: SignalShape,
    before: Option<Strength>,
    value: f64,
    at: Timestamp,
) -> Option<Strength> {
    let in_force = before.and_then(|strength| course(shape, strength, at)).map(|(now, _)| now);
    let value = match (shape, in_force) {
        (SignalShape::Decaying { .. }, Some(left)) => clamp(left + value),
        (
            SignalShape::Step { .. }
            | SignalShape::LaterStep { .. }
            | SignalShape::Ramp { .. }
            | SignalShape::WhileDeal,
            Some(left),
        ) if left * value < 0.0 => return None,
        _ => value,
    };
    Some(Strength { value, at })
}

/// Time in which sources were demonstrably alive (model.md 2.5).
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Alive {
    last: Option<Timestamp>,
    pub(super) total: Nanos,
}

impl Alive {
    /// A watched source answered.
    pub(super) fn seen(&mut self, at: Timestamp, gap: Nanos) {
        if let Some(last) = self.last
            && at > last
            && at - last <= gap
        {
            self.total = Nanos::new(self.total.get().saturating_add((at - last).get()));
        }
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
    }
}
