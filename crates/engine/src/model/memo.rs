//! [`Memo`]: probabilities that were computed a moment ago.
//!
//! One story asks for the same numbers several times: what is believed before it is what was believed
//! after the story before it, what would be believed without its publisher is often the same again, and the
//! estimate that follows is the one that weighed it. A flood of copies asks for nothing new at all. Equal
//! inputs give equal bits, so nothing depends on what is remembered.

use std::collections::VecDeque;

use statecraft_domain::{Nanos, Timestamp};

use super::estimate::Moment;
use super::state::State;
use crate::config::Horizon;

/// Numbers remembered; the oldest goes first.
const KNOWN_MAX: usize = 48;

#[derive(Debug, Clone)]
struct Known {
    at: Timestamp,
    alive: Nanos,
    horizon: Horizon,
    state: State,
    result: (f64, f64),
}

/// See the module. Of one model: its specification and its chain are not looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Memo(VecDeque<Known>);

impl Memo {
    /// [`Moment::probability`], computed only if it is not known.
    pub(super) fn probability(&mut self, moment: &Moment<'_>) -> (f64, f64) {
        if let Some(result) = self.known(moment) {
            return result;
        }
        let result = moment.probability();
        if self.0.len() >= KNOWN_MAX {
            self.0.pop_front();
        }
        let Moment { state, alive, now: at, horizon, .. } = *moment;
        self.0.push_back(Known { at, alive, horizon, state: state.clone(), result });
        result
    }

    /// The same, if it is known.
    pub(super) fn known(&self, moment: &Moment<'_>) -> Option<(f64, f64)> {
        let same = |known: &&Known| {
            known.at == moment.now
                && known.alive == moment.alive
                && known.horizon == moment.horizon
                && known.state == *moment.state
        };
        self.0.iter().rev().find(same).map(|known| known.result)
    }
}
