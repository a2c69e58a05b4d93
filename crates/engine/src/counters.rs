//! How often what happened, for summaries and metrics.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use statecraft_domain::Denial;

/// Evaluations that ended without an order, by reason. Every evaluation counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denials([u64; Denial::ALL.len()]);

impl Default for Denials {
    fn default() -> Self {
        Self([0; Denial::ALL.len()])
    }
}

impl Denials {
    /// One more.
    pub(crate) fn count(&mut self, denial: Denial) {
        self.0[denial.index()] += 1;
    }

    /// How many for this reason.
    #[must_use]
    pub const fn get(&self, denial: Denial) -> u64 {
        self.0[denial.index()]
    }

    /// Every reason that occurred, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = (Denial, u64)> + '_ {
        Denial::ALL.iter().map(|&denial| (denial, self.get(denial))).filter(|&(_, count)| count > 0)
    }
}

impl Serialize for Denials {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (denial, count) in self.iter() {
            map.serialize_entry(denial.code(), &count)?;
        }
        map.end()
    }
}

/// Everything the engine counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counters {
    /// Events taken in.
    pub events: u64,
    /// Events older than the one before them.
    pub events_back_in_time: u64,
    /// Events about a market that was never listed.
    pub events_unlisted: u64,
    /// Decisions evaluated.
    pub evaluations: u64,
    /// Of these, without an order, by reason.
    pub denials: Denials,
    /// Orders approved.
    pub orders: u64,
    /// Executions booked.
    pub fills: u64,
    /// Executions reported again.
    pub fills_duplicate: u64,
    /// Executions that came after their order was over.
    pub fills_late: u64,
    /// Orders refused by the venue.
    pub rejects: u64,
    /// Orders that lost their answer.
    pub unknowns: u64,
    /// Reports that said nothing new.
    pub reports_stale: u64,
    /// Cancels asked for.
    pub cancels: u64,
    /// Cancels that did not succeed.
    pub cancels_failed: u64,
    /// Signals taken in.
    pub signals: u64,
    /// Signals seen before.
    pub signals_duplicate: u64,
    /// Signals that no strategy is about.
    pub signals_unrouted: u64,
    /// Labels that no model knows.
    pub labels_unknown: u64,
    /// Predictions recorded.
    pub predictions: u64,
    /// Alerts raised.
    pub alerts: u64,
    /// Times the engine halted itself.
    pub halts: u64,
}
