//! Where a probability comes from: a constant, the market itself, a user's own feed, or an event's
//! intensity moved by signals (model.md sections 1 and 4).
//!
//! The market's price never enters the model's own probability `q`; it is mixed in afterwards, by
//! [`blend`], so that both can be judged apart.

mod account;
pub mod anatomy;
pub mod attribution;
pub mod blend;
pub mod cause;
pub mod chain;
mod dates;
pub mod draws;
mod estimate;
pub mod evidence;
mod external;
mod eyewitness;
pub mod first;
pub mod frailty;
pub mod hazard;
pub mod influence;
pub mod intensity;
pub mod ladder;
pub mod lead;
mod memo;
pub mod outcomes;
mod plan;
pub mod pool;
mod refuted;
mod restraint;
mod schedule;
pub mod shares;
mod solo;
mod state;
pub mod story;
mod summit;
pub mod survival;
pub mod uncertainty;

use statecraft_domain::{Listing, Nanos, Probability, Signal, Timestamp};

pub use dates::{Dates, Shift};
pub use schedule::GONE;

use crate::config::{Horizon, ModelSpec, SourcePolicy};
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
    /// It must come before an event of which no strategy of the run has a model.
    #[error("it must come before an event of which no strategy of this run has a hazard model")]
    RivalMissing,
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
    /// By horizon: the model's own, then those of its markets.
    results: Vec<Answer>,
    due: Timestamp,
}

/// What the model says for one horizon.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Answer {
    /// `None`: the model looks at no horizon.
    horizon: Option<Horizon>,
    /// Is a contract there that asks for it?
    asked: bool,
    estimate: Option<Estimate>,
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
        let (own, rungs) = match spec {
            ModelSpec::Hazard(spec) => (Some(spec.horizon()), spec.ladder.as_slice()),
            ModelSpec::Constant { .. } | ModelSpec::Market | ModelSpec::External { .. } => {
                (None, &[][..])
            }
        };
        let result = |horizon, asked| Answer { horizon, asked, estimate: None };
        let mut results = vec![result(own, true)];
        for rung in rungs.iter().map(|rung| Some(rung.horizon)) {
            if results.iter().all(|known| known.horizon != rung) {
                results.push(result(rung, false));
            }
        }
        Self { kind, results, due: Timestamp::EPOCH }
    }

    /// Which of the model's horizons a market has: its place among them. From now on it is computed;
    /// the model is due at once if it was not before.
    pub fn ask_for(&mut self, spec: &ModelSpec, listing: &Listing) -> usize {
        let ModelSpec::Hazard(spec) = spec else { return 0 };
        let rung = spec.ladder.iter().find(|rung| rung.market.matches(listing));
        let horizon = rung.map(|rung| rung.horizon);
        let place = horizon
            .and_then(|own| self.results.iter().position(|known| known.horizon == Some(own)));
        let place = place.unwrap_or(0);
        if let Some(result) = self.results.get_mut(place)
            && !std::mem::replace(&mut result.asked, true)
        {
            self.due = Timestamp::EPOCH;
        }
        place
    }

    /// Is this the debiased market price, which has no opinion of its own?
    #[must_use]
    pub const fn is_market(&self) -> bool {
        matches!(self.kind, Kind::Market)
    }

    /// The latest result for the model's own horizon; `None` if there is none (yet, or any more).
    #[must_use]
    pub fn estimate(&self) -> Option<Estimate> {
        self.estimate_at(0)
    }

    /// The latest result for one of its horizons, by [`Self::ask_for`].
    #[must_use]
    pub fn estimate_at(&self, horizon: usize) -> Option<Estimate> {
        self.results.get(horizon)?.estimate
    }

    /// One of its horizons; `None` if the model looks at none.
    #[must_use]
    pub fn horizon(&self, place: usize) -> Option<Horizon> {
        self.results.get(place)?.horizon
    }

    /// Horizons that are computed.
    pub fn asked(&self) -> impl Iterator<Item = Horizon> {
        self.results.iter().filter(|result| result.asked).filter_map(|result| result.horizon)
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

    /// Computes the results as of `now`: of every horizon that a contract has, with the model's own
    /// always. Returns whether any changed.
    ///
    /// # Errors
    /// [`ModelError`] if there is no finite result; there is no estimate then.
    pub fn refresh(&mut self, now: Timestamp) -> Result<bool, ModelError> {
        self.refresh_with(now, |_, estimate| Ok(estimate))
    }

    /// [`Self::refresh`], with something done to each estimate of a hazard model for its horizon.
    ///
    /// # Errors
    /// As [`Self::refresh`], and those of `adjust`.
    pub fn refresh_with(
        &mut self,
        now: Timestamp,
        adjust: impl Fn(Horizon, Estimate) -> Result<Estimate, ModelError>,
    ) -> Result<bool, ModelError> {
        let before = self.results.clone();
        let (outcome, due) = match &mut self.kind {
            Kind::Fixed(estimate) => (Ok(Some(*estimate)), Timestamp::MAX),
            Kind::Market => (Ok(None), Timestamp::MAX),
            Kind::External(external) => external.estimate(now),
            Kind::Hazard(hazard) => {
                let rungs = self.results.iter().filter(|r| r.asked).filter_map(|r| r.horizon);
                let due = rungs.map(|horizon| hazard.due_within(horizon, now)).min();
                let outcome = evaluate(hazard, &mut self.results, now, adjust);
                (outcome, due.unwrap_or(Timestamp::MAX))
            }
        };
        self.due = due;
        match outcome {
            Ok(own) => {
                self.results.iter_mut().take(1).for_each(|first| first.estimate = own);
                Ok(self.results != before)
            }
            Err(error) => {
                self.results.iter_mut().for_each(|result| result.estimate = None);
                Err(error)
            }
        }
    }
}

/// Every horizon that is asked for, from one posterior; returns the model's own estimate.
///
/// Deadlines of equal start are a ladder: what is left of rounding and of the grain of quadratures is
/// taken out of it, so that a later deadline is never less likely ([`ladder::projected`]).
fn evaluate(
    hazard: &mut HazardModel,
    results: &mut [Answer],
    now: Timestamp,
    adjust: impl Fn(Horizon, Estimate) -> Result<Estimate, ModelError>,
) -> Result<Option<Estimate>, ModelError> {
    for result in results.iter_mut().filter(|result| result.asked) {
        if let Some(horizon) = result.horizon {
            let estimate = hazard.estimate_again(horizon, now)?;
            result.estimate = Some(adjust(horizon, estimate)?);
        }
    }
    level(results)?;
    Ok(results.first().and_then(|own| own.estimate))
}

/// Makes the ladders among the results monotone. One rung is none.
fn level(results: &mut [Answer]) -> Result<(), ModelError> {
    if results.len() < 2 {
        return Ok(());
    }
    let mut order: Vec<(Horizon, usize)> = results
        .iter()
        .enumerate()
        .filter_map(|(index, result)| Some((result.horizon.filter(|_| result.asked)?, index)))
        .collect();
    order.sort_by_key(|(horizon, _)| (horizon.start, horizon.deadline));
    for rungs in order.chunk_by(|(one, _), (other, _)| one.start == other.start) {
        let rung = |&(horizon, index): &(Horizon, usize)| ladder::Rung {
            deadline: horizon.deadline,
            probability: results[index].estimate.map_or(0.0, |one| one.probability.get()),
            weight: 1.0,
        };
        let ladder: Vec<_> = rungs.iter().map(rung).collect();
        let level = ladder::projected(&ladder).map_err(|_| ModelError::NotFinite)?;
        for (&(_, index), p) in rungs.iter().zip(level) {
            if let Some(estimate) = &mut results[index].estimate {
                let probability = Probability::clamped(p).map_err(|_| ModelError::NotFinite)?;
                estimate.probability = probability;
            }
        }
    }
    Ok(())
}
