//! Events that must come before those of other strategies.

use statecraft_domain::Timestamp;

use super::Engine;
use crate::config::{Horizon, ModelSpec, Strategy};
use crate::model::first::first;
use crate::model::{Estimate, HazardModel, ModelError};

/// The strategies whose events `strategy` must come before, by their place; `None` if one of them has
/// no model of an event in this run.
pub(super) fn of(strategy: &Strategy, all: &[Strategy]) -> Option<Vec<usize>> {
    let ModelSpec::Hazard(spec) = &strategy.model else { return Some(Vec::new()) };
    let place = |event: &String| {
        all.iter().position(|other| {
            let modelled = matches!(other.model, ModelSpec::Hazard(_));
            other.event == *event && other.name != strategy.name && modelled
        })
    };
    spec.first_before.iter().map(place).collect()
}

impl Engine {
    /// Whoever must come before an event that moved has moved too, because of the same story.
    pub(super) fn spread_to_rivals(&mut self) {
        let moved: Vec<_> = self
            .strategies
            .iter()
            .map(|state| state.moved.then(|| (state.last_story, state.story.clone())))
            .collect();
        for state in self.strategies.iter_mut().filter(|state| !state.moved) {
            let mut rivals = state.rivals.iter().flatten();
            let story = rivals.find_map(|&rival| moved.get(rival).cloned().flatten());
            if let Some((at, story)) = story {
                (state.moved, state.last_story, state.story) = (true, at, story);
            }
        }
    }

    /// A strategy's estimates as they are with its rivals, by horizon; empty without rivals.
    pub(super) fn firsts(&self, strategy: usize) -> Result<Vec<(Horizon, Estimate)>, ModelError> {
        let Some(state) = self.strategies.get(strategy) else { return Ok(Vec::new()) };
        if state.rivals.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Vec::new());
        }
        let Some(own) = state.model.hazard() else { return Ok(Vec::new()) };
        let with_rivals = |horizon: Horizon| {
            let alone = own.estimate_within(horizon, self.now)?;
            Ok((horizon, self.with_rivals(strategy, own, horizon, alone)?))
        };
        state.model.asked().map(with_rivals).collect()
    }

    /// The estimate of an event for a horizon, given that it must come before its rivals.
    pub(crate) fn with_rivals(
        &self,
        strategy: usize,
        own: &HazardModel,
        horizon: Horizon,
        alone: Estimate,
    ) -> Result<Estimate, ModelError> {
        let state = self.strategies.get(strategy).ok_or(ModelError::RivalMissing)?;
        let rivals = state.rivals.as_ref().ok_or(ModelError::RivalMissing)?;
        if rivals.is_empty() {
            return Ok(alone);
        }
        let models = rivals.iter().map(|&rival| self.strategies.get(rival)?.model.hazard());
        let models: Option<Vec<&HazardModel>> = models.collect();
        let now: Timestamp = self.now;
        first(own, &models.ok_or(ModelError::RivalMissing)?, horizon, now, alone)
    }
}
