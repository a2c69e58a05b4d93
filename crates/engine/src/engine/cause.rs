//! A model far from the market (model.md 5.7): it probably misses a fact, unless the fact is the story that
//! took it there. An announcement that the market has not heard is what the bot is for; a distance that was
//! there before any story is an error somewhere.

use statecraft_domain::action::Severity;
use statecraft_domain::{Action, Nanos, Timestamp};

use super::Engine;
use crate::config::Kelly;
use crate::market::history::logit;
use crate::model::Belief;
use crate::model::cause::{Cause, known_cause};

/// The share of the Kelly fraction that is staked then. A guess.
pub const KNOWN_STORY_STAKE: f64 = 0.5;
/// How long a story is the news that the market may not have heard. A guess.
pub const KNOWN_STORY_FRESH: Nanos = Nanos::from_secs(86_400);

/// What was found when the model was last computed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Looked {
    /// When that was.
    computed: Option<Timestamp>,
    /// What is known, fresh, and took the model where it is.
    pub(crate) cause: Option<Cause>,
    /// Did this evaluation rely on it?
    pub(crate) used: bool,
    /// The story that a person was told of.
    told: Option<String>,
}

impl Engine {
    /// The rules for a model this far from the market: at a smaller stake if a fresh story that officials, the
    /// desk or two publishers tell is why; `None`: nothing is done.
    pub(super) fn rules_for(
        &mut self,
        index: usize,
        rules: &Kelly,
        belief: &Belief,
        actions: &mut Vec<Action>,
    ) -> Option<Kelly> {
        let plausible = self.plausible_rules(index, rules, belief)?;
        if belief.distance() > rules.max_logit_distance {
            self.bindings[index].looked.used = true;
            self.tell_of_cause(index, belief, actions);
        }
        Some(plausible)
    }

    /// The same, and nobody is told.
    pub(super) fn plausible_rules(
        &mut self,
        index: usize,
        rules: &Kelly,
        belief: &Belief,
    ) -> Option<Kelly> {
        if belief.distance() <= rules.max_logit_distance {
            return Some(*rules);
        }
        self.look_for_cause(index);
        let looked = &self.bindings[index].looked;
        let (cause, market) = (looked.cause.as_ref()?, belief.market?);
        let without = (logit(cause.without) - logit(market)).abs();
        (without <= rules.max_logit_distance)
            .then_some(Kelly { fraction: rules.fraction * KNOWN_STORY_STAKE, ..*rules })
    }

    /// Once for every model that was computed: books move far more often.
    fn look_for_cause(&mut self, index: usize) {
        let binding = &self.bindings[index];
        let state = &self.strategies[binding.strategy.index()];
        if binding.looked.computed.is_some() && binding.looked.computed == state.computed {
            return;
        }
        let horizon = state.model.horizon(binding.horizon);
        let cause =
            state.model.hazard().zip(horizon).and_then(|(model, horizon)| {
                known_cause(model, horizon, self.now, KNOWN_STORY_FRESH)
            });
        let computed = state.computed;
        let looked = &mut self.bindings[index].looked;
        (looked.computed, looked.cause) = (computed, cause);
    }

    fn tell_of_cause(&mut self, index: usize, belief: &Belief, actions: &mut Vec<Action>) {
        let looked = &self.bindings[index].looked;
        let Some(cause) =
            looked.cause.as_ref().filter(|cause| looked.told.as_ref() != Some(&cause.key))
        else {
            return;
        };
        let message = format!(
            "strategy {} on {}: model {:.4} and market {:.4} are {:.2} of log-odds apart because of {}; \
             without it the model would say {:.4}: traded at {KNOWN_STORY_STAKE} of the stake",
            self.config.strategies[self.bindings[index].strategy.index()].name,
            self.markets[self.bindings[index].market.index()].listing().ticker,
            belief.model.get(),
            belief.market.unwrap_or(f64::NAN),
            belief.distance(),
            cause.named(),
            cause.without,
        );
        let key = cause.key.clone();
        self.bindings[index].looked.told = Some(key);
        self.alert(Severity::Warning, "far_from_market", message, actions);
    }

    /// Why a distance this large is not believed, in words.
    pub(super) fn unexplained(&self, index: usize) -> String {
        let state = &self.strategies[self.bindings[index].strategy.index()];
        let newest = state.model.hazard().and_then(|model| model.evidence().next_back());
        let newest = newest.and_then(|(story, _)| story.reports.last());
        newest.map_or_else(
            || "no fresh official or corroborated story explains it".to_owned(),
            |report| {
                format!(
                    "no fresh official or corroborated story explains it (the newest: \"{}\", {})",
                    report.title, report.source
                )
            },
        )
    }
}
