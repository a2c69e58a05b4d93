//! What was said under which id: the same again is a repetition, something else a mistake of whoever
//! believes that it counts.

use std::collections::{BTreeMap, VecDeque};

use sha2::{Digest, Sha256};
use statecraft_domain::Signal;

use super::SOURCE;

/// Ids remembered at most; beyond it the oldest are forgotten.
const GIVEN_MAX: usize = 100_000;

/// What names the content of a signal.
pub(super) type Print = [u8; 16];

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Given {
    said: BTreeMap<String, Print>,
    order: VecDeque<String>,
}

impl Given {
    /// What earlier runs were told, as far as the record has it as it was said: probabilities and labels. A
    /// headline is on record as what was read in it.
    pub(super) fn heard(signals: &[Signal]) -> Self {
        let mut given = Self::default();
        for signal in signals.iter().filter(|signal| signal.source == SOURCE) {
            given.keep(&signal.id, print(signal));
        }
        given
    }

    /// Was something else said under this id? What is not remembered any more is not known to be.
    pub(super) fn contradicts(&self, id: &str, said: &Print) -> bool {
        self.said.get(id).is_some_and(|before| before != said)
    }

    /// Remembers it.
    pub(super) fn keep(&mut self, id: &str, said: Print) {
        if self.said.insert(id.to_owned(), said).is_none() {
            self.order.push_back(id.to_owned());
        }
        while self.order.len() > GIVEN_MAX {
            self.order.pop_front().and_then(|oldest| self.said.remove(&oldest));
        }
    }
}

/// Everything that was said, and not when it came. A probability is published when it comes.
pub(super) fn print(signal: &Signal) -> Print {
    let said = serde_json::json!([
        signal.title,
        signal.text,
        signal.url,
        signal.lang,
        signal.target,
        signal.labels,
        signal.forecast,
        signal.forecast.is_none().then_some(signal.published),
    ]);
    let hash = Sha256::digest(said.to_string());
    let mut print = Print::default();
    print.iter_mut().zip(hash).for_each(|(byte, of)| *byte = of);
    print
}
