//! What is known for sure and new: the stories of late that officials, the desk or two publishers tell, and
//! what would be believed without them.

use statecraft_domain::signal::SourceClass;
use statecraft_domain::{Nanos, Timestamp};

use super::estimate::Moment;
use super::hazard::HazardModel;
use super::state::{State, Voice, slugs};
use super::story::{Report, Story};
use crate::config::Horizon;

/// Reports of a story that are looked at.
const REPORTS_MAX: usize = 32;

/// A fresh story that needs nobody else's word, and what it did.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// Its cluster, or the id of its only signal.
    pub key: String,
    /// Headline of the report that made it known.
    pub title: String,
    /// Its source.
    pub source: String,
    /// When that came.
    pub at: Timestamp,
    /// The probability without this and every other story of its kind.
    pub without: f64,
}

impl Cause {
    /// For people.
    #[must_use]
    pub fn named(&self) -> String {
        format!("\"{}\" ({})", self.title, self.source)
    }
}

/// The newest story that has been known for less than `fresh`; `None`: there is none.
#[must_use]
pub fn known_cause(
    model: &HazardModel,
    horizon: Horizon,
    now: Timestamp,
    fresh: Nanos,
) -> Option<Cause> {
    let mut state: State = model.first_state().clone();
    let mut newest: Option<(&Story, &Report)> = None;
    for (story, weighed) in model.evidence() {
        let known = known_since(model, story).filter(|report| now - report.received < fresh);
        match known {
            Some(report) => {
                if newest.is_none_or(|(_, other)| other.received <= report.received) {
                    newest = Some((story, report));
                }
            }
            None => state.apply(model.spec(), model.scales(), story, weighed.scale),
        }
    }
    let (story, report) = newest?;
    let without = if state.belief.occurred(horizon).is_some() {
        1.0
    } else {
        Moment { horizon, state: &state, ..model.moment(now) }.probability().0
    };
    Some(Cause {
        key: story.key.clone(),
        title: report.title.clone(),
        source: report.source.clone(),
        at: report.received,
        without,
    })
}

/// The report from which on a story is known: an official's or the desk's whose word suffices, or the second
/// publisher's.
fn known_since<'a>(model: &HazardModel, story: &'a Story) -> Option<&'a Report> {
    let most = story.reports.len().min(REPORTS_MAX);
    (1..=most).find_map(|count| {
        let mut part = story.clone();
        part.reports.truncate(count);
        is_known(model, &part).then(|| story.reports.get(count - 1)).flatten()
    })
}

fn is_known(model: &HazardModel, story: &Story) -> bool {
    let (spec, scales) = (model.spec(), model.scales());
    let window = spec.influence.corroboration_window;
    slugs(story).into_iter().any(|slug| {
        let sense = Voice::of(story, slug, scales).sense();
        let suffices = |report: &Report| {
            let official = spec.influence.official_alone && report.class == SourceClass::Official;
            (official || report.class == SourceClass::Desk)
                && scales.trusts(&report.source)
                && report.sign(slug) * sense > 0.0
        };
        story.is_corroborated(slug, sense, window) || story.reports.iter().any(suffices)
    })
}
