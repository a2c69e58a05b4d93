//! Where a probability comes from: a constant, the market itself, a user's own feed, or an event's
//! intensity moved by signals (model.md sections 1 and 4).
//!
//! The market's price never enters the model's own probability `q`; it is mixed in afterwards, by
//! [`blend`], so that both can be judged apart.

pub mod attribution;
pub mod blend;
pub mod chain;
pub mod draws;
pub mod evidence;
pub mod frailty;
pub mod hazard;
pub mod intensity;
pub mod ladder;
pub mod lead;
pub mod outcomes;
mod schedule;
pub mod survival;
pub mod uncertainty;

use statecraft_domain::signal::Label;
use statecraft_domain::{Nanos, Probability, Timestamp};

use crate::config::ModelSpec;

pub use blend::{Belief, blend};
pub use hazard::HazardModel;

/// Slug under which a user's own probability arrives (its strength is the probability).
pub const EXTERNAL_SLUG: &str = "probability";

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
    External { sd_logit: f64, max_age: Nanos, last: Option<(Probability, Timestamp)> },
    Hazard(Box<HazardModel>),
}

/// A strategy's model and its latest result.
///
/// The result is refreshed when a signal moved it, and otherwise when [`Model::due`] says so: at most
/// once per hour of engine time, more often only near a deadline; never because a book moved.
#[derive(Debug, Clone)]
pub struct Model {
    kind: Kind,
    estimate: Option<Estimate>,
    due: Timestamp,
}

impl Model {
    /// A model that has not been computed yet: due at once.
    #[must_use]
    pub fn new(spec: &ModelSpec) -> Self {
        let kind = match spec {
            ModelSpec::Constant { probability, sd_logit } => {
                match Probability::clamped(*probability) {
                    Ok(probability) => Kind::Fixed(Estimate { probability, sd_logit: *sd_logit }),
                    // Not a number: no probability at all, rather than an invented one.
                    Err(_) => Kind::External { sd_logit: 0.0, max_age: Nanos::ZERO, last: None },
                }
            }
            ModelSpec::Market => Kind::Market,
            ModelSpec::External { sd_logit, max_age } => {
                Kind::External { sd_logit: *sd_logit, max_age: *max_age, last: None }
            }
            ModelSpec::Hazard(spec) => Kind::Hazard(Box::new(HazardModel::new(spec.clone()))),
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
            Kind::Fixed(_) | Kind::Market | Kind::External { .. } => None,
        }
    }

    /// Takes in one label of a signal received at `at`. The result is stale afterwards if it moved.
    pub fn hear(&mut self, label: &Label, at: Timestamp) -> LabelEffect {
        match &mut self.kind {
            Kind::Fixed(_) | Kind::Market => LabelEffect::Unknown,
            Kind::External { last, .. } => hear_probability(last, label, at),
            Kind::Hazard(hazard) => hazard.hear(label, at),
        }
    }

    /// A source of signals answered at `at`.
    pub fn seen(&mut self, _source: &str, _at: Timestamp) {}

    /// Computes the result as of `now`. Returns whether it changed.
    ///
    /// # Errors
    /// [`ModelError`] if there is no finite result; the estimate is then `None`.
    pub fn refresh(&mut self, now: Timestamp) -> Result<bool, ModelError> {
        let before = self.estimate;
        let (estimate, due) = match &mut self.kind {
            Kind::Fixed(estimate) => (Ok(Some(*estimate)), Timestamp::MAX),
            Kind::Market => (Ok(None), Timestamp::MAX),
            Kind::External { sd_logit, max_age, last } => external(*sd_logit, *max_age, *last, now),
            Kind::Hazard(hazard) => (hazard.estimate(now).map(Some), hazard.due_after(now)),
        };
        self.due = due;
        self.estimate = estimate.unwrap_or(None);
        estimate.map(|_| self.estimate != before)
    }
}

fn hear_probability(
    last: &mut Option<(Probability, Timestamp)>,
    label: &Label,
    at: Timestamp,
) -> LabelEffect {
    if label.slug != EXTERNAL_SLUG {
        return LabelEffect::Unknown;
    }
    match Probability::new(label.strength).and_then(|p| Probability::clamped(p.get())) {
        Ok(probability) => {
            *last = Some((probability, at));
            LabelEffect::Moved
        }
        Err(_) => LabelEffect::Unmoved,
    }
}

type Refreshed = (Result<Option<Estimate>, ModelError>, Timestamp);

fn external(
    sd_logit: f64,
    max_age: Nanos,
    last: Option<(Probability, Timestamp)>,
    now: Timestamp,
) -> Refreshed {
    let Some((probability, at)) = last else { return (Ok(None), Timestamp::MAX) };
    if now - at > max_age {
        return (Ok(None), Timestamp::MAX);
    }
    let expires = at + max_age + Nanos::new(1);
    (Ok(Some(Estimate { probability, sd_logit })), expires)
}
