//! A strategy whose file was edited while the engine runs: its rules change at one point in the order of
//! events, its positions, model and evidence stay.

use statecraft_domain::Action;
use statecraft_domain::action::Severity;
use statecraft_domain::event::StrategyChanged;

use super::{Engine, caution};
use crate::config::{Decision, Strategy};

/// Edits that may wait for their event.
const STAGED_MAX: usize = 64;

impl Engine {
    /// Tells what the strategy of this hash is, ahead of the [`StrategyChanged`] that puts it in force.
    pub fn stage_strategy(&mut self, hash: String, strategy: Strategy) {
        while self.staged.len() >= STAGED_MAX {
            self.staged.pop_first();
        }
        self.staged.insert(hash, strategy);
    }

    pub(super) fn strategy_changed(
        &mut self,
        changed: &StrategyChanged,
        actions: &mut Vec<Action>,
    ) {
        let index = changed.strategy.index();
        let Some(staged) = self.staged.remove(&changed.hash) else { return };
        let Some(strategy) = self.config.strategies.get_mut(index) else { return };
        if !strategy.differs_only_in_rules(&staged) {
            let message = format!(
                "strategy {}: event, markets and model change only with a restart; the old rules hold",
                strategy.name
            );
            self.alert(Severity::Warning, "strategy_change_refused", message, actions);
            return;
        }
        let is_maker = |strategy: &Strategy| matches!(strategy.decision, Decision::Maker(_));
        let (quoted, quotes) = (is_maker(strategy), is_maker(&staged));
        *strategy = staged;
        // R28, as at a start: a file that changed has proved nothing yet.
        if let Some(since) = self.config.supervision.since.get_mut(index) {
            *since = Some(self.now);
        }
        let message =
            format!("strategy {} decides by its new file: {}", strategy.name, changed.summary);
        self.sample_interval = caution::sample_interval(&self.config.strategies);
        self.adapt_caution(changed.strategy);
        self.wake_strategy(index);
        if quoted && !quotes {
            self.orphan(index, actions);
        }
        self.alert(Severity::Warning, "strategy_changed", message, actions);
    }
}
