//! [`Unasked`]: the books that are still to be asked for, in batches. A batch that the venue refuses is asked for
//! in halves, so that one ticker that it does not take costs no other market its book; one that it refuses alone
//! is left out, and tried again later and later.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Tickers in one command.
pub(super) const BATCH: usize = 500;
/// The pause before another try doubles this often at most.
const DOUBLINGS: u32 = 6;

/// A market that was refused alone.
#[derive(Debug, Clone, Copy)]
struct Refused {
    times: u32,
    again: Instant,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Unasked {
    fresh: BTreeSet<String>,
    /// Halves of refused batches: each goes by itself.
    halves: Vec<Vec<String>>,
    refused: BTreeMap<String, Refused>,
    /// Refused, and nobody has been told.
    untold: Vec<String>,
}

impl Unasked {
    pub(super) fn new(wanted: BTreeSet<String>) -> Self {
        Self { fresh: wanted, ..Self::default() }
    }

    pub(super) fn insert(&mut self, ticker: String) {
        self.fresh.insert(ticker);
    }

    /// No longer wanted.
    pub(super) fn forget(&mut self, ticker: &str) {
        self.fresh.remove(ticker);
        self.refused.remove(ticker);
        for half in &mut self.halves {
            half.retain(|held| held != ticker);
        }
        self.halves.retain(|half| !half.is_empty());
    }

    /// Is there nothing to ask for now?
    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.halves.is_empty()
    }

    /// Is this one going to be asked for, now or later?
    pub(super) fn holds(&self, ticker: &str) -> bool {
        self.fresh.contains(ticker)
            || self.is_refused(ticker)
            || self.halves.iter().flatten().any(|held| held == ticker)
    }

    /// Does the venue not take this one?
    pub(super) fn is_refused(&self, ticker: &str) -> bool {
        self.refused.contains_key(ticker)
    }

    /// The next batch.
    pub(super) fn take(&mut self) -> Option<Vec<String>> {
        self.halves.pop().or_else(|| {
            let batch: Vec<String> = self.fresh.iter().take(BATCH).cloned().collect();
            for ticker in &batch {
                self.fresh.remove(ticker);
            }
            (!batch.is_empty()).then_some(batch)
        })
    }

    /// The venue refused a batch. `pause`: until one that was refused alone is tried again, the first time.
    pub(super) fn refused(&mut self, mut batch: Vec<String>, pause: Duration, now: Instant) {
        let half = batch.split_off(batch.len() / 2);
        if !batch.is_empty() {
            self.halves.extend([half, batch]);
            return;
        }
        for ticker in half {
            let times = self.refused.get(&ticker).map_or(0, |refused| refused.times);
            if times == 0 {
                self.untold.push(ticker.clone());
            }
            let again = now + pause.saturating_mul(1 << times.min(DOUBLINGS));
            self.refused.insert(ticker, Refused { times: times.saturating_add(1), again });
        }
    }

    /// The venue has taken these, or nobody knows better.
    pub(super) fn accepted(&mut self, batch: &[String]) {
        for ticker in batch {
            self.refused.remove(ticker);
        }
    }

    /// Puts those whose time has come up for another try.
    pub(super) fn retry(&mut self, now: Instant) {
        let due = self.refused.iter_mut().filter(|(_, refused)| refused.again <= now);
        let batch: Vec<String> = due
            .map(|(ticker, refused)| {
                // Until the answer comes.
                refused.again = now + Duration::from_secs(60);
                ticker.clone()
            })
            .collect();
        self.halves.extend(batch.chunks(BATCH).map(<[String]>::to_vec));
    }

    /// Those that were refused alone, told once each.
    pub(super) fn untold(&mut self) -> Vec<String> {
        std::mem::take(&mut self.untold)
    }
}
