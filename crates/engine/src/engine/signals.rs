//! Signals reach models, and time passes for them.

use std::sync::Arc;

use statecraft_domain::action::Severity;
use statecraft_domain::event::SourceSeen;
use statecraft_domain::{Action, Signal, Timestamp};

use super::{Engine, SIGNAL_IDS_MAX, StrategyState, Trigger};
use crate::model::LabelEffect;
use crate::risk::attribution::Story;

impl Engine {
    /// A signal reaches every strategy of its target event, or all if it names none. The model uses
    /// the time of receipt; the time of publication is the source's claim.
    pub(super) fn signal_received(&mut self, signal: &Signal, actions: &mut Vec<Action>) {
        self.counters.signals += 1;
        self.heard = Some(self.now);
        if !self.remember_signal(&signal.id) {
            self.counters.signals_duplicate += 1;
            return;
        }
        let reaches = |event: &str| signal.target.is_empty() || signal.target == event;
        let pairs = || self.config.strategies.iter().zip(0..).filter(|(s, _)| reaches(&s.event));
        if pairs().next().is_none() {
            self.counters.signals_unrouted += 1;
        }
        let mut known = vec![false; signal.labels.len()];
        for (_, strategy) in pairs() {
            let state: &mut StrategyState = &mut self.strategies[strategy];
            let heard = state.model.hear(signal, self.now);
            state.moved |= heard.moved;
            if heard.moved {
                state.signals = state.model.signals_in_force();
                state.last_story = Some(self.now);
                let (signal, source) = (Arc::from(signal.id.as_str()), Arc::from(&*signal.source));
                state.story = Some(Story { signal, source });
            }
            for (known, effect) in known.iter_mut().zip(heard.labels) {
                *known |= effect != LabelEffect::Unknown;
            }
        }
        self.spread_to_rivals();
        self.pull_moved(actions);
        self.counters.labels_unknown += known.iter().map(|&known| u64::from(!known)).sum::<u64>();
        for strategy in 0..self.strategies.len() {
            let moved = std::mem::take(&mut self.strategies[strategy].moved);
            if moved {
                self.note_news(strategy);
            }
            let before = self.probability_of(strategy);
            if moved && self.refresh_model(strategy, actions) {
                if let (Some(before), Some(after)) = (before, self.probability_of(strategy)) {
                    self.note_already_priced(strategy, (before, after), actions);
                }
                self.trigger_strategy(strategy, actions);
            }
        }
        self.note_model_due();
    }

    /// The next evaluation of this strategy has something new to keep.
    fn note_news(&mut self, strategy: usize) {
        for binding in &mut self.bindings {
            binding.has_news |= binding.strategy.index() == strategy;
        }
    }

    fn probability_of(&self, strategy: usize) -> Option<f64> {
        self.strategies[strategy].model.estimate().map(|estimate| estimate.probability.get())
    }

    /// A source answered: models that read silence count the time.
    pub(super) fn source_seen(&mut self, seen: &SourceSeen) {
        self.heard = Some(self.now);
        for state in &mut self.strategies {
            state.model.seen(&seen.source, self.now);
        }
    }

    /// The same id twice is one signal. Returns whether it is new.
    fn remember_signal(&mut self, id: &str) -> bool {
        if self.signal_ids.contains(id) {
            return false;
        }
        if self.signal_order.len() >= SIGNAL_IDS_MAX
            && let Some(oldest) = self.signal_order.pop_front()
        {
            self.signal_ids.remove(&oldest);
        }
        let id: Arc<str> = Arc::from(id);
        self.signal_ids.insert(Arc::clone(&id));
        self.signal_order.push_back(id);
        true
    }

    /// Refreshes the models whose time has come.
    #[cold]
    pub(super) fn refresh_due_models(&mut self, actions: &mut Vec<Action>) {
        for strategy in 0..self.strategies.len() {
            if self.strategies[strategy].model.due() <= self.now {
                self.refresh_model(strategy, actions);
            }
        }
        self.note_model_due();
    }

    fn note_model_due(&mut self) {
        let due = self.strategies.iter().map(|strategy| strategy.model.due()).min();
        self.model_due = due.unwrap_or(Timestamp::MAX);
    }

    /// Computes one model as of now and wakes what hangs on it. Returns whether its result changed.
    fn refresh_model(&mut self, strategy: usize, actions: &mut Vec<Action>) -> bool {
        let firsts = self.firsts(strategy);
        let state = &mut self.strategies[strategy];
        let refreshed = state.model.refresh_with(self.now, |horizon, alone| {
            let firsts = firsts.as_ref().map_err(|&error| error)?;
            let found = firsts.iter().find(|(known, _)| *known == horizon);
            Ok(found.map_or(alone, |(_, first)| *first))
        });
        state.computed = Some(self.now);
        let told = std::mem::replace(&mut state.failure_told, refreshed.is_err());
        let changed = refreshed.unwrap_or(true);
        if let Err(error) = refreshed
            && !told
        {
            let message = format!("strategy {}: {error}", self.config.strategies[strategy].name);
            self.alert(Severity::Critical, "model_failed", message, actions);
        }
        if changed {
            self.wake_strategy(strategy);
        }
        changed
    }

    fn trigger_strategy(&mut self, strategy: usize, actions: &mut Vec<Action>) {
        for index in 0..self.bindings.len() {
            if self.bindings[index].strategy.index() == strategy {
                self.consider(index, Trigger::Model, actions);
            }
        }
    }
}
