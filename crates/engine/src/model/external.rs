//! The user's own probability.

use statecraft_domain::signal::{Forecast, SourceClass};
use statecraft_domain::{Nanos, Probability, Signal, Timestamp};

use super::{EXTERNAL_SLUG, Estimate, Heard, LabelEffect, ModelError};

/// Widest standard deviation of log-odds that is taken for one.
const SD_LOGIT_MAX: f64 = 10.0;

/// The latest probability from outside: a [`Forecast`], or a label `probability` of the user's desk.
#[derive(Debug, Clone)]
pub(super) struct External {
    sd_logit: f64,
    max_age: Nanos,
    last: Option<Last>,
}

#[derive(Debug, Clone, PartialEq)]
struct Last {
    /// Of the signal that brought it.
    id: String,
    estimate: Estimate,
    /// After this instant it counts for nothing.
    until: Timestamp,
}

impl External {
    pub(super) const fn new(sd_logit: f64, max_age: Nanos) -> Self {
        Self { sd_logit, max_age, last: None }
    }

    /// Only the user's own desk states probabilities; what others write under that name is odds, and
    /// odds are never evidence (model.md 2.1).
    pub(super) fn hear(&mut self, signal: &Signal, at: Timestamp) -> Heard {
        let before = self.last.clone();
        let desk = signal.class == SourceClass::Desk;
        let labels = signal.labels.iter().map(|label| {
            if label.slug != EXTERNAL_SLUG {
                return LabelEffect::Unknown;
            }
            let plain = Forecast { probability: label.strength, sd_logit: None, valid_until: None };
            if desk && self.take(&plain, signal, at) {
                LabelEffect::Moved
            } else {
                LabelEffect::Unmoved
            }
        });
        let labels = labels.collect();
        if let Some(forecast) = signal.forecast.filter(|_| desk) {
            self.take(&forecast, signal, at);
        }
        Heard { labels, moved: self.last != before }
    }

    /// Takes a forecast if its numbers make sense and it has not expired.
    fn take(&mut self, forecast: &Forecast, signal: &Signal, at: Timestamp) -> bool {
        let probability =
            Probability::new(forecast.probability).and_then(|p| Probability::clamped(p.get()));
        let sd_logit = forecast.sd_logit.unwrap_or(self.sd_logit);
        let until = forecast.valid_until.unwrap_or(Timestamp::MAX).min(at + self.max_age);
        let sane = (0.0..=SD_LOGIT_MAX).contains(&sd_logit) && until >= at;
        let Some(probability) = probability.ok().filter(|_| sane) else { return false };
        let (id, estimate) = (signal.id.clone(), Estimate { probability, sd_logit });
        self.last = Some(Last { id, estimate, until });
        true
    }

    /// The signal that brought the latest probability.
    pub(super) fn signal(&self) -> Option<String> {
        self.last.as_ref().map(|last| last.id.clone())
    }

    /// The estimate, and when it expires.
    pub(super) fn estimate(
        &self,
        now: Timestamp,
    ) -> (Result<Option<Estimate>, ModelError>, Timestamp) {
        match &self.last {
            Some(last) if now <= last.until => {
                (Ok(Some(last.estimate)), last.until + Nanos::new(1))
            }
            Some(_) | None => (Ok(None), Timestamp::MAX),
        }
    }
}
