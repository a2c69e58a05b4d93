//! Where a probability comes from: a constant, the market itself, a user's own feed, or an event's
//! intensity moved by signals (model.md sections 1 and 4).
//!
//! The market's price never enters the model's own probability `q`; it is mixed in afterwards, by
//! [`blend`], so that both can be judged apart.

pub mod anatomy;
pub mod attribution;
pub mod blend;
pub mod chain;
pub mod draws;
mod dates;
mod estimate;
pub mod evidence;
mod external;
pub mod frailty;
pub mod hazard;
pub mod influence;
pub mod intensity;
pub mod ladder;
pub mod lead;
pub mod outcomes;
mod plan;
pub mod pool;
mod schedule;
mod state;
pub mod story;
mod summit;
pub mod survival;
pub mod uncertainty;

use statecraft_domain::{Nanos, Probability, Signal, Timestamp};

use crate::config::{ModelSpec, SourcePolicy};
use external::External;

pub use anatomy::Anatomy;
pub use blend::{Belief, blend};
pub use hazard::{HazardModel, Heard};
pub use state::{DEAL_SLUGS, stage_named};

/// Slug under which a user's own probability arrives (its strength is the probability).
pub const EXTERNAL_SLUG: &str = "probability";

/// A prediction names at most this many signals, the latest.
const SIGNALS_NAMED_MAX: usize = 32;

/// A model's specification as 16 hexadecimal digits (FNV-1a over its text): predictions of equal
/// versions come from equal models.
#[must_use]
pub fn version(spec: &ModelSpec) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let text = format!("{spec:?}");
    let hash = text.bytes().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("{hash:016x}")
}

/// What a model says about YES.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Mean probability.
    pub probability: Probability,
    /// Standard deviation of its log-odds.
    pub sd_logit: f64,
}

/// Why a model has nothing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// A result that is not a finite number: the configuration asks for the impossible.
    #[error("the model's result is not a finite number; check rates, weights and half-lives")]
    NotFinite,
}

/// What a label did to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelEffect {
    /// The model does not know this slug.
    Unknown,
    /// Known, and the model's state changed.
    Moved,
    /// Known, and nothing changed.
    Unmoved,
}

#[derive(Debug, Clone)]
enum Kind {
    Fixed(Estimate),
    Market,
    External(External),
    Hazard(Box<HazardModel>),
}

/// A strategy's model and its latest result.
///
/// The result is refreshed when a signal moved it, and otherwise when [`Model::due`] says so: at most
/// once per hour of engine time, more often only in the last day before a deadline; never because a book moved.
#[derive(Debug, Clone)]
pub struct Model {
    kind: Kind,
    estimate: Option<Estimate>,
    due: Timestamp,
}

impl Model {
    /// A model that has not been computed yet: due at once.
    #[must_use]
    pub fn new(spec: &ModelSpec, sources: &[SourcePolicy]) -> Self {
        let kind = match spec {
            ModelSpec::Constant { probability, sd_logit } => {
                match Probability::clamped(*probability) {
                    Ok(probability) => Kind::Fixed(Estimate { probability, sd_logit: *sd_logit }),
                    // Not a number: no probability at all, rather than an invented one.
                    Err(_) => Kind::External(External::new(0.0, Nanos::ZERO)),
                }
            }
            ModelSpec::Market => Kind::Market,
            ModelSpec::External { sd_logit, max_age } => {
                Kind::External(External::new(*sd_logit, *max_age))
            }
            ModelSpec::Hazard(spec) => {
                let hazard = HazardModel::with_sources(spec.clone(), sources);
                Kind::Hazard(Box::new(hazard))
            }
        };
        Self { kind, estimate: None, due: Timestamp::EPOCH }
    }

    /// Is this the debiased market price, which has no opinion of its own?
    #[must_use]
    pub const fn is_market(&self) -> bool {
        matches!(self.kind, Kind::Market)
    }

    /// The latest result; `None` if there is none (yet, or any more).
    #[must_use]
    pub const fn estimate(&self) -> Option<Estimate> {
        self.estimate
    }

    /// When the passing of time alone makes the result worth refreshing.
    #[must_use]
    pub const fn due(&self) -> Timestamp {
        self.due
    }

    /// The hazard model inside, if it is one.
    #[must_use]
    pub fn hazard(&self) -> Option<&HazardModel> {
        match &self.kind {
            Kind::Hazard(hazard) => Some(hazard),
            Kind::Fixed(_) | Kind::Market | Kind::External(_) => None,
        }
    }

    /// Takes in a signal received at `at`. The result is stale afterwards if it moved.
    pub fn hear(&mut self, signal: &Signal, at: Timestamp) -> Heard {
        match &mut self.kind {
            Kind::Fixed(_) | Kind::Market => {
                Heard { labels: vec![LabelEffect::Unknown; signal.labels.len()], moved: false }
            }
            Kind::External(external) => external.hear(signal, at),
            Kind::Hazard(hazard) => hazard.hear_signal(signal, at),
        }
    }

    /// The ids of the signals in force, oldest first.
    #[must_use]
    pub fn signals_in_force(&self) -> Vec<String> {
        match &self.kind {
            Kind::Fixed(_) | Kind::Market => Vec::new(),
            Kind::External(external) => external.signal().into_iter().collect(),
            Kind::Hazard(hazard) => hazard.signals_in_force(SIGNALS_NAMED_MAX),
        }
    }

    /// A source of signals answered at `at`.
    pub fn seen(&mut self, source: &str, at: Timestamp) {
        if let Kind::Hazard(hazard) = &mut self.kind {
            hazard.seen(source, at);
        }
    }

    /// Computes the result as of `now`. Returns whether it changed.
    ///
    /// # Errors
    /// [`ModelError`] if there is no finite result; the estimate is then `None`.
    pub fn refresh(&mut self, now: Timestamp) -> Result<bool, ModelError> {
        let before = self.estimate;
        let (estimate, due) = match &mut self.kind {
            Kind::Fixed(estimate) => (Ok(Some(*estimate)), Timestamp::MAX),
            Kind::Market => (Ok(None), Timestamp::MAX),
            Kind::External(external) => external.estimate(now),
            Kind::Hazard(hazard) => (hazard.estimate(now).map(Some), hazard.due_after(now)),
        };
        self.due = due;
        self.estimate = estimate.unwrap_or(None);
        estimate.map(|_| self.estimate != before)
    }
}
