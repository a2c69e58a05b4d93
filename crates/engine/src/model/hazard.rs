//! An event by a deadline, from an intensity moved by signals (model.md sections 1 and 2).
//!
//! The model keeps its evidence and computes its state from it: a fold over stories in the order in
//! which they were first heard. Taking a story back is the fold without it, bit for bit. To be quick,
//! a new story is folded onto the present state, which is the same thing, and checkpoints spare the
//! older part of the fold when an earlier story changes.

use std::sync::OnceLock;

use statecraft_domain::signal::{Assertion, Label, SourceClass};
use statecraft_domain::{Nanos, Probability, Signal, Timestamp};

use super::anatomy::{self, Anatomy};
use super::chain::Generator;
use super::estimate::Moment;
use super::evidence::{EvidenceTable, default_confusion};
use super::influence::{self, Hold};
use super::memo::Memo;
use super::restraint::Restraint;
use super::solo::{Shadows, Speaker};
use super::state::{Alive, Scales, State};
use super::story::{Added, Report, STORIES_MAX, Stories, Story, key_of};
use super::{Estimate, LabelEffect, ModelError};
use crate::config::{HazardSpec, Horizon, SourcePolicy};

/// The result is refreshed at most this often while nothing but time passes.
const REFRESH_MAX: Nanos = Nanos::from_secs(3600);
/// In the last day before the deadline, 24 times in what is left, but not more often than this.
const REFRESH_MIN: Nanos = Nanos::from_secs(60);
/// Log-odds error left once the event is known to have happened.
const OCCURRED_SD_LOGIT: f64 = 0.1;
/// Stories between two checkpoints of the fold.
pub(super) const CHECKPOINT_EVERY: usize = 32;
/// Stories retired at once when there are too many.
const RETIRED_AT_ONCE: usize = 1024;

/// What a story was allowed to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighed {
    /// Share of its evidence that counts.
    pub scale: f64,
    /// What it moved the probability by when it came.
    pub moved: f64,
    /// What it moved the log-odds by.
    pub moved_logit: f64,
    /// Why not all of it counts.
    pub hold: Option<Hold>,
}

/// What hearing a signal did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// By label.
    pub labels: Vec<LabelEffect>,
    /// The model's state changed.
    pub moved: bool,
}

/// An event's intensity, what signals have said, and the plan.
#[derive(Debug, Clone)]
pub struct HazardModel {
    spec: HazardSpec,
    scales: Scales,
    stories: Stories,
    /// Parallel to the stories.
    weighed: Vec<Weighed>,
    /// By whom alone each story is told; nobody: no limit of one voice binds it.
    alone: Vec<Vec<Speaker>>,
    /// What would be believed without lone voices; folded when first asked for.
    restraint: OnceLock<Restraint>,
    /// The state before the first story that is kept, and before every 32nd.
    checkpoints: Vec<State>,
    state: State,
    /// The state without what some said alone, kept up while new stories come.
    shadows: Shadows,
    memo: Memo,
    alive: Alive,
    /// Names the desk's bare labels.
    told: u64,
}

impl HazardModel {
    /// With the history that the specification states; every source is believed as its class is.
    #[must_use]
    pub fn new(spec: HazardSpec) -> Self {
        Self::with_sources(spec, &[])
    }

    /// With limits to the sources' influence.
    #[must_use]
    pub fn with_sources(spec: HazardSpec, sources: &[SourcePolicy]) -> Self {
        let state = State::new(&spec);
        let chain = spec.deal.as_ref().and_then(|deal| {
            Generator::deal_per_day().and_then(|chain| chain.scaled(deal.speed)).ok()
        });
        let (table, confusion) = (EvidenceTable::default(), default_confusion());
        Self {
            scales: Scales { table, confusion, policies: sources.to_vec(), chain },
            stories: Stories::default(),
            weighed: Vec::new(),
            alone: Vec::new(),
            restraint: OnceLock::new(),
            checkpoints: vec![state.clone()],
            state,
            shadows: Shadows::default(),
            memo: Memo::default(),
            alive: Alive::default(),
            told: 0,
            spec,
        }
    }

    /// Its specification.
    #[must_use]
    pub const fn spec(&self) -> &HazardSpec {
        &self.spec
    }

    /// The evidence, oldest first, and what each story was allowed to do.
    pub fn evidence(&self) -> impl DoubleEndedIterator<Item = (&Story, &Weighed)> {
        self.stories.list().iter().zip(&self.weighed)
    }

    /// Has the event happened inside the contract's window, credibly?
    #[must_use]
    pub fn has_occurred(&self) -> bool {
        self.occurred(self.spec.horizon()).is_some()
    }

    /// When it happened inside a horizon, credibly.
    pub(super) fn occurred(&self, horizon: Horizon) -> Option<Timestamp> {
        self.state.belief.occurred(horizon)
    }

    /// The ends of the days for which visits are planned.
    pub(super) fn planned_days(&self) -> impl Iterator<Item = Timestamp> + '_ {
        self.state.belief.planned_days()
    }

    /// Takes in one label of the user's own desk, received at `at`.
    pub fn hear(&mut self, label: &Label, at: Timestamp) -> LabelEffect {
        self.told += 1;
        let signal = Signal {
            id: format!("label {}", self.told),
            received: at,
            labels: vec![label.clone()],
            ..Signal::default()
        };
        let heard = self.hear_signal(&signal, at);
        heard.labels.first().copied().unwrap_or(LabelEffect::Unknown)
    }

    /// Takes in a signal received at `at`.
    pub fn hear_signal(&mut self, signal: &Signal, at: Timestamp) -> Heard {
        let key = key_of(signal);
        if signal.claim.as_ref().is_some_and(|c| c.assertion == Assertion::Retracted) {
            return self.take_back(signal, &key);
        }
        let knows = |label: &Label| State::knows(&self.spec, label);
        let known: Vec<bool> = signal.labels.iter().map(knows).collect();
        if !known.contains(&true) {
            // Nothing for this event: no state to compare, nothing to weigh.
            return Heard { labels: vec![LabelEffect::Unknown; known.len()], moved: false };
        }
        let before = self.state.clone();
        let moved = match Report::of(signal, at, self.alive.total, self.spec.stopover_counts, knows)
        {
            Some(report) => {
                self.take_in(&key, report);
                self.state != before
            }
            None => false,
        };
        let effect = |known: bool| match (known, moved) {
            (false, _) => LabelEffect::Unknown,
            (true, true) => LabelEffect::Moved,
            (true, false) => LabelEffect::Unmoved,
        };
        Heard { labels: known.into_iter().map(effect).collect(), moved }
    }

    /// A source answered at `at`.
    pub fn seen(&mut self, source: &str, at: Timestamp) {
        let Some(silence) = &self.spec.silence else { return };
        if silence.sources.is_empty() || silence.sources.iter().any(|name| name == source) {
            self.alive.seen(at, silence.alive_gap);
        }
    }

    fn take_in(&mut self, key: &str, report: Report) {
        let changed = match self.stories.add(key, report) {
            Added::New => {
                if self.stories.list().len() > STORIES_MAX {
                    self.retire();
                }
                None
            }
            Added::To(index) => Some(index),
            Added::Ignored => return,
        };
        let judged = self.judge();
        let last = self.stories.list().len() - 1;
        match changed.into_iter().chain(judged).min() {
            Some(index) if index < self.weighed.len() => self.refold(index),
            _ => self.fold(last),
        }
        self.restraint = OnceLock::new();
    }

    fn take_back(&mut self, signal: &Signal, key: &str) -> Heard {
        let retracted = self.stories.retract(key, signal);
        let judged = if retracted.is_some() { self.judge() } else { None };
        let index = retracted.into_iter().chain(judged).min();
        if let Some(index) = index {
            self.refold(index);
            self.restraint = OnceLock::new();
        }
        let effect = if index.is_some() { LabelEffect::Moved } else { LabelEffect::Unmoved };
        let labels = vec![effect; signal.labels.len()];
        Heard { labels, moved: index.is_some() }
    }

    /// What later words take away of earlier ones; the first story of which that has changed.
    fn judge(&mut self) -> Option<usize> {
        let (alone, scales) = (self.spec.influence.official_alone, &self.scales);
        self.stories.judge(|report| match report.class {
            SourceClass::Desk => true,
            SourceClass::Official => alone && scales.trusts(&report.source),
            _ => false,
        })
    }

    /// The state again, with everything from `index` on weighed anew.
    fn refold(&mut self, index: usize) {
        let checkpoint = index / CHECKPOINT_EVERY;
        self.checkpoints.truncate(checkpoint + 1);
        self.weighed.truncate(index);
        self.alone.truncate(index);
        self.shadows.clear();
        if let Some(state) = self.checkpoints.get(checkpoint) {
            self.state = state.clone();
        }
        let start = checkpoint * CHECKPOINT_EVERY;
        for (story, weighed) in self.stories.list()[start..].iter().zip(&self.weighed[start..]) {
            self.state.apply(&self.spec, &self.scales, story, weighed.scale);
        }
        for index in index..self.stories.list().len() {
            self.fold(index);
        }
    }

    /// Weighs the story at `index` and takes it into the state that everything before it made.
    fn fold(&mut self, index: usize) {
        if index.is_multiple_of(CHECKPOINT_EVERY) {
            self.checkpoints.truncate(index / CHECKPOINT_EVERY);
            self.checkpoints.push(self.state.clone());
        }
        let (earlier, later) = self.stories.list().split_at(index);
        let Some(story) = later.first() else { return };
        let inquiry = influence::Inquiry {
            spec: &self.spec,
            scales: &self.scales,
            before: &self.state,
            earlier,
            weighed: &self.weighed,
            checkpoints: &self.checkpoints,
            story,
        };
        let weighed = inquiry.weigh(&mut self.shadows, &mut self.memo);
        let alone = inquiry.speakers();
        if !self.shadows.is_empty() {
            self.shadows.take_in(&self.spec, &self.scales, (story, &alone), weighed.scale);
        }
        self.alone.push(alone);
        self.weighed.push(weighed);
        self.state.apply(&self.spec, &self.scales, story, weighed.scale);
    }

    /// The oldest stories become part of what the fold starts from; they cannot be taken back any more.
    fn retire(&mut self) {
        self.shadows.clear();
        self.stories.retire(RETIRED_AT_ONCE);
        self.alone.drain(..RETIRED_AT_ONCE.min(self.alone.len()));
        self.weighed.drain(..RETIRED_AT_ONCE.min(self.weighed.len()));
        self.checkpoints.drain(..(RETIRED_AT_ONCE / CHECKPOINT_EVERY).min(self.checkpoints.len()));
    }

    pub(super) fn moment(&self, now: Timestamp) -> Moment<'_> {
        moment(&self.spec, &self.scales, &self.state, self.alive.total, now)
    }

    /// Folded when somebody asks: a journal that is read back asks for none of them but the last.
    pub(super) fn restraint(&self) -> &Restraint {
        self.restraint.get_or_init(|| Restraint::of(self))
    }

    /// Parallel to the evidence.
    pub(super) fn alone(&self) -> &[Vec<Speaker>] {
        &self.alone
    }

    pub(super) fn checkpoint(&self, index: usize) -> Option<&State> {
        self.checkpoints.get(index)
    }

    pub(super) const fn scales(&self) -> &Scales {
        &self.scales
    }

    /// The state that the fold starts from.
    pub(super) fn first_state(&self) -> &State {
        self.checkpoints.first().unwrap_or(&self.state)
    }

    /// Probability and its width as of `now`.
    ///
    /// # Errors
    /// [`ModelError::NotFinite`] if the specification leads out of the finite numbers.
    pub fn estimate(&self, now: Timestamp) -> Result<Estimate, ModelError> {
        self.estimate_within(self.spec.horizon(), now)
    }

    /// The same for another horizon: one posterior, whichever contract asks.
    ///
    /// # Errors
    /// As [`Self::estimate`].
    pub fn estimate_within(
        &self,
        horizon: Horizon,
        now: Timestamp,
    ) -> Result<Estimate, ModelError> {
        if let Some(settled) = self.settled(horizon, now) {
            return settled;
        }
        let moment = Moment { horizon, ..self.moment(now) };
        let (p, sd_logit) = self.memo.known(&moment).unwrap_or_else(|| moment.probability());
        finite(self.restrained(horizon, now, p), sd_logit)
    }

    /// [`Self::estimate_within`], remembered.
    pub(super) fn estimate_again(
        &mut self,
        horizon: Horizon,
        now: Timestamp,
    ) -> Result<Estimate, ModelError> {
        if let Some(settled) = self.settled(horizon, now) {
            return settled;
        }
        let Self { spec, scales, state, alive, memo, .. } = self;
        let moment = Moment { horizon, ..moment(spec, scales, state, alive.total, now) };
        let (p, sd_logit) = memo.probability(&moment);
        finite(self.restrained(horizon, now, p), sd_logit)
    }

    /// The estimate where nothing is left to estimate: it has happened, or cannot any more.
    fn settled(&self, horizon: Horizon, now: Timestamp) -> Option<Result<Estimate, ModelError>> {
        if self.occurred(horizon).is_some() {
            return Some(finite(1.0, OCCURRED_SD_LOGIT));
        }
        (now >= horizon.deadline).then(|| finite(0.0, OCCURRED_SD_LOGIT))
    }

    /// When the passing of time makes a fresh estimate worthwhile.
    #[must_use]
    pub fn due_after(&self, now: Timestamp) -> Timestamp {
        self.due_within(self.spec.horizon(), now)
    }

    /// The same for another horizon.
    pub(super) fn due_within(&self, horizon: Horizon, now: Timestamp) -> Timestamp {
        let left = horizon.deadline - now;
        if left <= Nanos::ZERO {
            return Timestamp::MAX;
        }
        let step = Nanos::new(left.get() / 24).clamp(REFRESH_MIN, REFRESH_MAX);
        let changes = self.spec.windows.iter().map(|window| window.end + Nanos::new(1));
        changes
            .chain([horizon.deadline, now + step])
            .chain(self.state.belief.next_change(now).map(|at| at + Nanos::new(1)))
            .filter(|&at| at > now)
            .min()
            .unwrap_or(Timestamp::MAX)
    }

    /// Takes the present estimate apart, for people.
    ///
    /// # Errors
    /// As [`Self::estimate`].
    pub fn anatomy(&self, now: Timestamp) -> Result<Anatomy, ModelError> {
        anatomy::of(self, self.spec.horizon(), now)
    }

    /// The same for another horizon.
    ///
    /// # Errors
    /// As [`Self::estimate`].
    pub fn anatomy_within(&self, horizon: Horizon, now: Timestamp) -> Result<Anatomy, ModelError> {
        anatomy::of(self, horizon, now)
    }

    /// The first signals of the stories in force, oldest first, at most the latest `most`.
    #[must_use]
    pub fn signals_in_force(&self, most: usize) -> Vec<String> {
        let counts = self.evidence().rev().filter(|(_, weighed)| weighed.scale > 0.0);
        let mut ids: Vec<String> =
            counts.take(most).filter_map(|(s, _)| Some(s.reports.first()?.id.clone())).collect();
        ids.reverse();
        ids
    }

    /// Is any of the evidence by others than the user's own desk?
    #[must_use]
    pub fn hears_others(&self) -> bool {
        let others =
            |story: &Story| story.reports.iter().any(|report| report.class != SourceClass::Desk);
        self.stories.list().iter().any(others)
    }
}

pub(super) fn moment<'a>(
    spec: &'a HazardSpec,
    scales: &'a Scales,
    state: &'a State,
    alive: Nanos,
    now: Timestamp,
) -> Moment<'a> {
    Moment { spec, state, chain: scales.chain.as_ref(), alive, now, horizon: spec.horizon() }
}

fn finite(p: f64, sd_logit: f64) -> Result<Estimate, ModelError> {
    let probability = Probability::clamped(p).map_err(|_| ModelError::NotFinite)?;
    if !sd_logit.is_finite() {
        return Err(ModelError::NotFinite);
    }
    Ok(Estimate { probability, sd_logit })
}

#[cfg(test)]
mod tests;
