//! A probability taken apart, for people (model.md 6.6): base, structure, signals, windows, plan.
//!
//! The parts are changes of the probability in a fixed order, each computed with everything before it
//! in place; signals share all of theirs by Aumann-Shapley. Together they are the probability: they add up
//! because every part is a difference of two neighbours in the same chain of numbers.

use serde::Serialize;
use statecraft_domain::Timestamp;
use statecraft_domain::signal::{Label, SourceClass};

use super::dates::Dates;
use super::draws::{DRAWS, Draws, Numbers, Seed, Summary};
use super::estimate::{
    DealCourse, InForce, Intensity, Mixed, Moment, Parts, YEAR_DAYS, no_event_cumulated,
};
use super::hazard::{HazardModel, Weighed};
use super::influence::Hold;
use super::lead::Lead;
use super::plan::{Belief, Step};
use super::schedule::{Plan, state_of};
use super::state::{DEAL_SLUGS, State, Voice, course, slugs};
use super::story::Story;
use super::uncertainty::LogNormal;
use super::{Estimate, ModelError};
use crate::config::{Horizon, SignalShape};

/// Gauss-Legendre quadrature on `0..1`: nodes and weights (Abramowitz and Stegun, table 25.4).
const GAUSS_LEGENDRE_5: [(f64, f64); 5] = [
    (0.046_910_077_030_668, 0.118_463_442_528_094_5),
    (0.230_765_344_947_158_5, 0.239_314_335_249_683_2),
    (0.5, 0.284_444_444_444_444_4),
    (0.769_234_655_052_841_5, 0.239_314_335_249_683_2),
    (0.953_089_922_969_332, 0.118_463_442_528_094_5),
];
/// Latest stories that are shown.
const STORIES_SHOWN: usize = 256;

/// A probability taken apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Anatomy {
    /// As of.
    pub at: Timestamp,
    /// The event must happen before.
    pub deadline: Timestamp,
    /// Where it starts.
    pub base: Base,
    /// Known signals in force, by slug and story.
    pub signals: Vec<SignalPart>,
    /// What else changes it, in the order in which it is counted.
    pub structure: Vec<StructurePart>,
    /// The stage of the deal, if the model has one.
    pub deal: Option<DealPart>,
    /// Windows still ahead.
    pub windows: Vec<WindowPart>,
    /// What is believed of the plan, oldest first.
    pub plan: Vec<PlanPart>,
    /// The stories behind it, oldest first.
    pub stories: Vec<StoryView>,
    /// The probability: base and every effect.
    pub q: f64,
    /// Standard deviation of its log-odds, as the decision uses it.
    pub sd_logit: f64,
    /// Its width by seeded draws.
    pub draws: Width,
}

/// The base rate alone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Base {
    /// Events a year.
    pub rate_per_year: f64,
    /// Standard deviation of its logarithm.
    pub log_sd: f64,
    /// Days left.
    pub days: f64,
    /// The probability that makes.
    pub probability: f64,
}

/// A signal's part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignalPart {
    /// Its slug.
    pub slug: String,
    /// Weight at strength 1.
    pub mean: f64,
    /// Standard deviation of the weight.
    pub sd: f64,
    /// Strength now, of this story alone.
    pub strength: f64,
    /// Change of the log-intensity, averaged over the intensity left, before the cap.
    pub log_intensity: f64,
    /// Pooled evidence of the story; `None` for history and for the desk.
    pub llr: Option<f64>,
    /// Change of the probability.
    pub effect: f64,
    /// Known history since then, if no story says it.
    pub since: Option<Timestamp>,
    /// Key of the story in [`Anatomy::stories`].
    pub story: Option<String>,
}

/// A part of the structure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StructurePart {
    /// Which.
    pub kind: Structure,
    /// Change of the probability.
    pub effect: f64,
}

/// Parts of the structure, in the order in which they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Structure {
    /// Part of the base rate belongs to tours that are listed as windows.
    ToursInBase,
    /// An official denial of plans that is still remembered.
    Denied,
    /// A cancellation that still damps the intensity.
    CalledOff,
    /// The season. (The cap on the sum of signals and how they overlap are in the signals' shares.)
    CapAndOverlap,
    /// The width of the weights.
    WeightWidth,
    /// The unobserved effect of the year.
    Frailty,
    /// The time between announcement and event.
    AnnouncementLead,
    /// What lone voices would have moved by now beyond their limit.
    Held,
    /// A probability is never nearer to zero or one than 1e-4.
    Bounds,
}

/// The deal's part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DealPart {
    /// Probability of every stage now: none, rumoured, proposed, negotiated, signed, construction, dead.
    pub stages: [f64; 7],
    /// Of the private deal.
    pub private_stages: [f64; 7],
    /// Mean of beta.
    pub beta: f64,
    /// Its standard deviation.
    pub beta_sd: f64,
    /// Change of the log-intensity per unit of beta, by today's stages.
    pub profile: f64,
    /// Change of the probability.
    pub effect: f64,
}

/// A window's part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WindowPart {
    /// Its name.
    pub name: String,
    /// First instant.
    pub start: Timestamp,
    /// Last instant.
    pub end: Timestamp,
    /// Probability of the trip.
    pub attend: f64,
    /// The same before anything was said of it.
    pub prior: f64,
    /// What was said of it, in log-odds.
    pub evidence: f64,
    /// Probability that it includes the event.
    pub include: f64,
    /// What denials of its days leave of it, and the standard deviation of that (a prior, fitted to nothing).
    pub left: (f64, f64),
    /// All together, for the part of the window that lies inside the contract's.
    pub mass: f64,
    /// Change of the probability.
    pub effect: f64,
}

/// What is believed of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PlanPart {
    /// Which state.
    pub state: PlanState,
    /// Its date, or the first of its days; of what is not planned any more, when that was heard.
    pub date: Option<Timestamp>,
    /// The last of its days, if it has a date ahead of it.
    pub until: Option<Timestamp>,
    /// How credible it is that this is so and still ahead: silence and age included.
    pub credibility: f64,
    /// The last word of it.
    pub heard: Timestamp,
    /// Days since then.
    pub age_days: f64,
    /// Share of the plan that is still ahead: a plan without a date ages, one whose date has passed in
    /// silence has slipped at best.
    pub standing: f64,
    /// What silence did to its log-odds.
    pub silence: f64,
    /// Probability if it is so.
    pub probability: f64,
    /// Change of the probability.
    pub effect: f64,
}

/// States of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// There is none, as was said of one that was known.
    Denied,
    /// It will not take place.
    CalledOff,
    /// Announced.
    Scheduled,
    /// Put off to a new date.
    Moved,
    /// Put off without a new date.
    Postponed,
    /// It happened.
    Occurred,
    /// Whose visit it would be holds his office no more.
    Gone,
}

/// A story, as evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoryView {
    /// Its cluster, or the id of its only signal.
    pub key: String,
    /// When it was first heard.
    pub first: Timestamp,
    /// Headline of the first report.
    pub title: String,
    /// Id of the first signal.
    pub signal: String,
    /// Source of the first report.
    pub source: String,
    /// Publisher of the first report.
    pub publisher: String,
    /// Class of the first report.
    pub class: SourceClass,
    /// How often it was told.
    pub reports: usize,
    /// By how many publishers.
    pub publishers: usize,
    /// What the first report says.
    pub labels: Vec<Label>,
    /// Pooled evidence of its strongest slug, negative if that is denied; `None` for the desk, whose labels count as given.
    pub llr: Option<f64>,
    /// Share of its evidence that counts.
    pub scale: f64,
    /// Why not all of it.
    pub hold: Option<Hold>,
    /// What it moved the probability by when it came, where a limit asked.
    pub moved: f64,
    /// When officials denied it.
    pub denied: Option<Timestamp>,
}

/// Width by seeded draws of beta, the deal's transition rates, the log-normal of the rest, and the
/// windows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Width {
    /// How many.
    pub draws: usize,
    /// Their mean.
    pub mean: f64,
    /// Quantiles.
    pub q05: f64,
    /// Median.
    pub q50: f64,
    /// Upper quantile.
    pub q95: f64,
    /// Standard deviation of the log-odds.
    pub sd_logit: f64,
}

impl Anatomy {
    /// Base and every effect: the probability.
    #[must_use]
    pub fn sum(&self) -> f64 {
        let effects = self
            .signals
            .iter()
            .map(|part| part.effect)
            .chain(self.structure.iter().map(|part| part.effect))
            .chain(self.deal.iter().map(|part| part.effect))
            .chain(self.windows.iter().map(|part| part.effect))
            .chain(self.plan.iter().map(|part| part.effect));
        self.base.probability + effects.sum::<f64>()
    }

    fn note(&mut self, kind: Structure, effect: f64) {
        if effect != 0.0 {
            self.structure.push(StructurePart { kind, effect });
        }
    }

    /// The story behind a part.
    #[must_use]
    pub fn story(&self, key: &str) -> Option<&StoryView> {
        self.stories.iter().find(|story| story.key == key)
    }
}

/// Takes the model's present estimate apart.
pub(super) fn of(
    model: &HazardModel,
    horizon: Horizon,
    now: Timestamp,
) -> Result<Anatomy, ModelError> {
    let estimate = model.estimate_within(horizon, now)?;
    let moment = Moment { horizon, ..model.moment(now) };
    let mut anatomy = if now >= horizon.deadline {
        over(&moment)
    } else {
        Section { model, moment, intensity: moment.intensity() }.anatomy()
    };
    if now >= horizon.deadline && model.occurred(horizon).is_some() {
        occurred(&moment, &mut anatomy);
    }
    if now < horizon.deadline && model.occurred(horizon).is_none() {
        let free = anatomy.sum();
        anatomy.note(Structure::Held, model.restrained(horizon, now, free) - free);
    }
    let bounds = estimate.probability.get() - anatomy.sum();
    anatomy.note(Structure::Bounds, bounds);
    anatomy.q = estimate.probability.get();
    anatomy.sd_logit = estimate.sd_logit;
    anatomy.stories = stories(model);
    anatomy.draws = width(model, &moment, estimate)?;
    Ok(anatomy)
}

/// After the deadline nothing is left to take apart.
fn over(moment: &Moment<'_>) -> Anatomy {
    let spec = moment.spec;
    let base = Base {
        rate_per_year: spec.base_rate_per_year,
        log_sd: spec.log_base_sd,
        days: 0.0,
        probability: 0.0,
    };
    Anatomy {
        at: moment.now,
        deadline: moment.horizon.deadline,
        base,
        signals: Vec::new(),
        structure: Vec::new(),
        deal: None,
        windows: Vec::new(),
        plan: Vec::new(),
        stories: Vec::new(),
        q: 0.0,
        sd_logit: 0.0,
        draws: Width::default(),
    }
}

/// What happened stays so after the deadline.
fn occurred(moment: &Moment<'_>, anatomy: &mut Anatomy) {
    let mut before = 0.0;
    for step in moment.plan_steps(0.0) {
        let after = step.after(before, 0.0);
        anatomy.plan.push(plan_part(&step, moment.now, after - before));
        before = after;
    }
}

impl Default for Width {
    fn default() -> Self {
        Self { draws: 0, mean: 0.0, q05: 0.0, q50: 0.0, q95: 0.0, sd_logit: 0.0 }
    }
}

/// The work of one anatomy.
struct Section<'a> {
    model: &'a HazardModel,
    moment: Moment<'a>,
    intensity: Intensity,
}

impl Section<'_> {
    fn anatomy(&self) -> Anatomy {
        let spec = self.moment.spec;
        let mut anatomy = over(&self.moment);
        let days = self.intensity.days;
        let alone = log_normal(spec.base_rate_per_year * days / YEAR_DAYS, spec.log_base_sd);
        anatomy.base.days = days;
        anatomy.base.probability = alone.mean_probability();
        let shared = LogNormal { mean: alone.mean + self.moment.base_share().ln(), ..alone };
        anatomy.note(Structure::ToursInBase, shared.mean_probability() - anatomy.base.probability);
        let moved = LogNormal { mean: self.intensity.normal.mean, ..shared };
        self.share_out(&mut anatomy, shared, moved);
        let wide = self.intensity.normal.mean_probability();
        anatomy.note(Structure::WeightWidth, wide - moved.mean_probability());
        let mut parts = Parts { deal: true, frailty: false, lead: false };
        let dealt = self.probability(parts);
        anatomy.deal = self.deal(dealt - wide);
        parts.frailty = true;
        let frail = self.probability(parts);
        anatomy.note(Structure::Frailty, frail - dealt);
        parts.lead = true;
        let rest = self.probability(parts);
        anatomy.note(Structure::AnnouncementLead, rest - frail);
        let rest = self.open_windows(&mut anatomy, rest);
        self.plan(&mut anatomy, rest);
        anatomy
    }

    fn probability(&self, parts: Parts) -> f64 {
        let Mixed { none, .. } = self.moment.mixed(&self.intensity, parts);
        1.0 - none
    }

    /// What signals add to the log-intensity, shared out by Aumann-Shapley: every share is the slope of
    /// the probability towards its signal, averaged while all strengths grow together from nothing to
    /// what they are. Caps and overlaps are in the shares; what is left is the season.
    fn share_out(&self, anatomy: &mut Anatomy, shared: LogNormal, moved: LogNormal) {
        let at = |mean: f64| LogNormal { mean, ..shared }.mean_probability();
        let calm = Belief::default();
        let season = self.grown(0.0, Some(&calm)).normal.mean;
        let denied = self.moment.state.belief.of_refusal();
        let denied = self.grown(0.0, Some(&denied)).normal.mean;
        let damped = self.grown(0.0, None).normal.mean;
        let mut slopes = vec![0.0; self.intensity.signals.len()];
        for (share, weight) in GAUSS_LEGENDRE_5 {
            let grown = self.grown(share, None);
            let mean = grown.normal.mean;
            let slope = (at(mean + 1e-4) - at(mean - 1e-4)) / 2e-4;
            for (sum, signal) in slopes.iter_mut().zip(&grown.signals) {
                *sum += weight * slope * signal.mean * signal.average / share;
            }
        }
        let change = moved.mean_probability() - at(damped);
        spread(&mut slopes, change);
        anatomy.signals = self.signals(&slopes);
        anatomy.note(Structure::Denied, at(denied) - at(season));
        anatomy.note(Structure::CalledOff, at(damped) - at(denied));
        let rest = if self.intensity.signals.is_empty() { change } else { 0.0 };
        anatomy.note(Structure::CapAndOverlap, at(season) - at(shared.mean) + rest);
    }

    /// The intensity with this share of every signal's strength, and another belief about the plan.
    fn grown(&self, share: f64, belief: Option<&Belief>) -> Intensity {
        let mut state = self.moment.state.clone();
        for strength in state.strengths.iter_mut().flatten() {
            strength.value *= share;
        }
        if let Some(belief) = belief {
            state.belief = belief.clone();
        }
        Moment { state: &state, ..self.moment }.intensity()
    }

    fn signals(&self, effects: &[f64]) -> Vec<SignalPart> {
        let traces = traces(self.model);
        let mut parts = Vec::new();
        for (signal, effect) in self.intensity.signals.iter().zip(effects) {
            let Some(trace) = traces.get(signal.index) else { continue };
            parts.extend(self.of_signal(signal, trace, *effect));
        }
        parts
    }

    /// A signal's effect, by the stories that made its strength.
    fn of_signal<'b>(
        &'b self,
        signal: &'b InForce,
        trace: &'b [Trace],
        effect: f64,
    ) -> impl Iterator<Item = SignalPart> + 'b {
        let weight = &self.moment.spec.signals[signal.index];
        let now = |trace: &Trace| left_of(weight.shape, trace, self.moment.now);
        let sum: f64 = trace.iter().map(now).sum();
        #[expect(clippy::cast_precision_loss, reason = "a share among few")]
        let equal = 1.0 / trace.len() as f64;
        trace.iter().map(move |one| {
            let share = if sum.abs() > 1e-300 { now(one) / sum } else { equal };
            let story = one.story.and_then(|index| self.model.evidence().nth(index));
            SignalPart {
                slug: weight.slug.clone(),
                mean: signal.mean,
                sd: signal.sd,
                strength: signal.value * share,
                log_intensity: signal.mean * signal.average * share,
                llr: story.and_then(|(story, _)| {
                    let voice = Voice::of(story, &weight.slug, self.model.scales());
                    voice.desk.is_none().then_some(voice.llr)
                }),
                effect: effect * share,
                since: one.story.is_none().then_some(one.at),
                story: story.map(|(story, _)| story.key.clone()),
            }
        })
    }

    fn deal(&self, effect: f64) -> Option<DealPart> {
        let course = self.moment.deal_course(&self.intensity.panels)?;
        let (chain, spec) = (self.moment.chain?, self.moment.spec.deal.as_ref()?);
        let [sovereign, private] = self.moment.state.deals.as_ref()?;
        let now = self.moment.now;
        Some(DealPart {
            stages: sovereign.stages_at(chain, now),
            private_stages: private.stages_at(chain, now),
            beta: spec.beta.0,
            beta_sd: spec.beta.1,
            profile: course.average_profile(),
            effect,
        })
    }

    fn open_windows(&self, anatomy: &mut Anatomy, rest: f64) -> f64 {
        let mut none = 1.0 - rest;
        let mut before = rest;
        for ahead in self.moment.windows_ahead() {
            let window = ahead.window;
            none *= 1.0 - ahead.mass();
            let after = 1.0 - none;
            let mean = |(alpha, beta): (f64, f64)| alpha / (alpha + beta);
            anatomy.windows.push(WindowPart {
                name: window.name.clone(),
                start: window.start,
                end: window.end,
                attend: ahead.attendance(),
                prior: mean(window.attend),
                evidence: ahead.evidence,
                include: mean(window.include),
                left: ahead.left,
                mass: ahead.mass(),
                effect: after - before,
            });
            before = after;
        }
        before
    }

    fn plan(&self, anatomy: &mut Anatomy, rest: f64) {
        let mut before = rest;
        for step in self.moment.plan_steps(rest) {
            let after = step.after(before, rest);
            anatomy.plan.push(plan_part(&step, self.moment.now, after - before));
            before = after;
        }
    }
}

fn plan_part(step: &Step<'_>, now: Timestamp, effect: f64) -> PlanPart {
    let (schedule, heard) = (step.hypothesis.schedule, step.hypothesis.heard);
    let (state, date) = match (schedule.plan, schedule.called_off()) {
        (Plan::Open, Some(at)) => (PlanState::CalledOff, Some(at)),
        (Plan::Open, None) => (PlanState::Denied, Some(heard)),
        (Plan::Scheduled { date, postponed: 0 }, _) => {
            (PlanState::Scheduled, date.map(Dates::first))
        }
        (Plan::Scheduled { date, .. }, _) => (PlanState::Moved, date.map(Dates::first)),
        (Plan::Postponed { since, .. }, _) => (PlanState::Postponed, Some(since)),
        (Plan::Occurred { at }, _) => (PlanState::Occurred, Some(at)),
        (Plan::Gone { at }, _) => (PlanState::Gone, Some(at)),
    };
    let until = schedule.date().map(Dates::last);
    PlanPart {
        state,
        date,
        until,
        credibility: step.credibility(),
        heard,
        age_days: (now - heard).days().max(0.0),
        standing: step.standing,
        silence: step.silence,
        probability: step.probability,
        effect,
    }
}

/// Makes shares add up to `change`: what the quadrature missed goes to them by size.
fn spread(shares: &mut [f64], change: f64) {
    let missed = change - shares.iter().sum::<f64>();
    let size: f64 = shares.iter().map(|share| share.abs()).sum();
    #[expect(clippy::cast_precision_loss, reason = "a share among few")]
    let equal = 1.0 / shares.len() as f64;
    for share in shares {
        *share += missed * if size > 0.0 { share.abs() / size } else { equal };
    }
}

fn log_normal(cumulated: f64, log_sd: f64) -> LogNormal {
    LogNormal { mean: cumulated.ln(), variance: log_sd.powi(2) }
}

/// What a story (or history) added to the strength of a signal.
#[derive(Debug, Clone, Copy)]
struct Trace {
    /// Index among the stories kept; `None`: history.
    story: Option<usize>,
    value: f64,
    at: Timestamp,
}

/// What is left of a part of a signal's strength.
fn left_of(shape: SignalShape, trace: &Trace, now: Timestamp) -> f64 {
    let strength = super::state::Strength { value: trace.value, at: trace.at };
    course(shape, strength, now).map_or(0.0, |(value, _)| value)
}

/// Who made the strength of every signal: the fold once more, with a look at each step.
fn traces(model: &HazardModel) -> Vec<Vec<Trace>> {
    let spec = model.spec();
    let mut state: State = model.first_state().clone();
    let mut traces: Vec<Vec<Trace>> = state
        .strengths
        .iter()
        .map(|strength| {
            let history = strength.map(|s| Trace { story: None, value: s.value, at: s.at });
            history.into_iter().collect()
        })
        .collect();
    for (index, (story, weighed)) in model.evidence().enumerate() {
        let before = state.strengths.clone();
        state.apply(spec, model.scales(), story, weighed.scale);
        for (slot, trace) in traces.iter_mut().enumerate() {
            let (was, is) = (before[slot], state.strengths[slot]);
            if was == is {
                continue;
            }
            let Some(is) = is else {
                trace.clear();
                continue;
            };
            let shape = spec.signals[slot].shape;
            let left = was.and_then(|was| course(shape, was, is.at)).map_or(0.0, |(left, _)| left);
            match shape {
                SignalShape::Decaying { .. } => {
                    trace.push(Trace { story: Some(index), value: is.value - left, at: is.at });
                }
                // Repeated by a weaker voice: it stays the first one's, from now on.
                SignalShape::Step { .. }
                | SignalShape::LaterStep { .. }
                | SignalShape::Ramp { .. }
                | SignalShape::WhileDeal
                    if is.value.total_cmp(&left).is_eq() =>
                {
                    trace.iter_mut().for_each(|one| one.at = is.at);
                }
                SignalShape::Step { .. }
                | SignalShape::LaterStep { .. }
                | SignalShape::Ramp { .. }
                | SignalShape::WhileDeal => {
                    *trace = vec![Trace { story: Some(index), value: is.value, at: is.at }];
                }
            }
        }
    }
    traces
}

/// A story and its official denial are one.
fn stories(model: &HazardModel) -> Vec<StoryView> {
    let count = model.evidence().count();
    let shown = model.evidence().skip(count.saturating_sub(STORIES_SHOWN));
    let mut views: Vec<StoryView> = Vec::new();
    for (story, weighed) in shown {
        let Some(mut view) = story_view(model, story, weighed) else { continue };
        match views.iter_mut().find(|one| one.key == view.key) {
            Some(known) => {
                view.denied = story.is_official_denial().then_some(view.first);
                known.join(view, publishers(model, &story.key));
            }
            None => views.push(view),
        }
    }
    views
}

/// By how many publishers a story is told, its denials included.
fn publishers(model: &HazardModel, key: &str) -> usize {
    let told = model.evidence().filter(|(story, _)| story.key == key);
    let reports = told.flat_map(|(story, _)| &story.reports);
    let mut publishers: Vec<&str> = reports.map(|report| report.publisher.as_str()).collect();
    publishers.sort_unstable();
    publishers.dedup();
    publishers.len()
}

fn story_view(model: &HazardModel, story: &Story, weighed: &Weighed) -> Option<StoryView> {
    let first = story.reports.first()?;
    let desk = story.reports.iter().all(|report| report.class == SourceClass::Desk);
    // Negative for a denial.
    let llr = slugs(story)
        .into_iter()
        .map(|slug| Voice::of(story, slug, model.scales()).llr)
        .max_by(|one, other| one.abs().total_cmp(&other.abs()));
    Some(StoryView {
        key: story.key.clone(),
        first: story.first,
        title: first.title.clone(),
        signal: first.id.clone(),
        source: first.source.clone(),
        publisher: first.publisher.clone(),
        class: first.class,
        reports: story.reports.len(),
        publishers: publishers(model, &story.key),
        labels: first.labels.clone(),
        llr: if desk { None } else { llr.or(Some(0.0)) },
        scale: weighed.scale,
        hold: weighed.hold,
        moved: weighed.moved,
        denied: None,
    })
}

impl StoryView {
    /// With what came later of the same story: its evidence is the latest word.
    fn join(&mut self, later: Self, publishers: usize) {
        self.reports += later.reports;
        self.publishers = publishers;
        self.llr = later.llr;
        self.scale = later.scale;
        self.hold = later.hold;
        self.moved += later.moved;
        self.denied = later.denied.or(self.denied);
    }

    /// Does it speak of the plan (announced, put off, called off, taken place)?
    #[must_use]
    pub fn is_about_the_plan(&self) -> bool {
        self.labels.iter().any(|label| state_of(&label.slug).is_some())
    }

    /// Does it speak of the deal?
    #[must_use]
    pub fn is_about_the_deal(&self) -> bool {
        self.labels.iter().any(|label| {
            DEAL_SLUGS.contains(&label.slug.as_str())
                || label.slug.starts_with("deal:")
                || label.slug.starts_with("private_deal:")
        })
    }
}

/// The width by draws; exact where nothing is left to draw.
fn width(
    model: &HazardModel,
    moment: &Moment<'_>,
    estimate: Estimate,
) -> Result<Width, ModelError> {
    let q = estimate.probability.get();
    let horizon = moment.horizon;
    if model.occurred(horizon).is_some() || moment.now >= horizon.deadline {
        return Ok(Width { mean: q, q05: q, q50: q, q95: q, ..Width::default() });
    }
    let intensity = moment.intensity();
    let deal = moment.deal_course(&intensity.panels);
    let seed = Seed::of(0, &horizon.deadline.nanos().to_string());
    let mut values = Vec::with_capacity(DRAWS);
    for index in 0..DRAWS {
        let mut numbers = seed.draw(index as u64);
        let p = draw(moment, &intensity, deal.as_ref(), &mut numbers)
            .map_err(|_| ModelError::NotFinite)?;
        values.push(p.clamp(0.0, 1.0));
    }
    let draws = Draws::from_probabilities(values).map_err(|_| ModelError::NotFinite)?;
    let Summary { mean, q05, q50, q95, sd_logit } =
        draws.summary().map_err(|_| ModelError::NotFinite)?;
    Ok(Width { draws: DRAWS, mean, q05, q50, q95, sd_logit })
}

/// One draw of the parameters, and the probability they make.
fn draw(
    moment: &Moment<'_>,
    intensity: &Intensity,
    deal: Option<&DealCourse<'_>>,
    numbers: &mut Numbers,
) -> Result<f64, crate::input::InputError> {
    let plain = intensity.normal;
    let variance = plain.variance + deal.map_or(0.0, |d| d.variance_of_kappa(&intensity.panels));
    let log_scale = variance.sqrt() * numbers.normal();
    let beta = deal.map_or(0.0, |deal| deal.beta(numbers.normal()));
    let chain = deal.map(|deal| deal.drawn_chain(|| numbers.normal())).transpose()?;
    let drawn = deal.zip(chain.as_ref()).map(|(deal, chain)| deal.on(chain));
    let beta = drawn.as_ref().map(|deal| (deal, beta));
    let lead = moment.spec.lead_mean_days.map_or(Lead::None, |mean| Lead::Exponential { mean });
    let cumulated = no_event_cumulated(&intensity.panels, plain, beta, lead, log_scale);
    let frailty = moment.spec.frailty;
    let none = if frailty > 0.0 {
        (-(frailty * cumulated).ln_1p() / frailty).exp()
    } else {
        (-cumulated).exp()
    };
    let mut open = none;
    for ahead in moment.windows_ahead() {
        let (attend, include) = (ahead.attend, ahead.window.include);
        let drawn = numbers.beta(attend.0, attend.1)? * numbers.beta(include.0, include.1)?;
        let share = if ahead.share_sd > 0.0 {
            (ahead.share + ahead.share_sd * numbers.normal()).clamp(0.0, 1.0)
        } else {
            ahead.share
        };
        open *= 1.0 - share * drawn;
    }
    Ok(moment.with_plan(1.0 - open))
}
