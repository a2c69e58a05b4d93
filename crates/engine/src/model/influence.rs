//! How much of a story counts (reliability.md 8.2).
//!
//! What few say moves little. The share of a story's evidence that counts is decided in the fold, from
//! the story, what was believed before it, and what its publisher had moved before: the same evidence
//! always gives the same share, and a story that is corroborated, or taken back, is weighed anew.

use serde::Serialize;
use statecraft_domain::signal::SourceClass;
use statecraft_domain::{Nanos, Timestamp};

use super::hazard::{Weighed, moment};
use super::state::{Scales, State, Voice, slugs};
use super::story::{Report, Story};
use crate::config::HazardSpec;

/// Span over which a source's influence is summed.
const ROLLING: Nanos = Nanos::from_secs(86_400);
/// Bisections of the share: to 1e-6 of the evidence, always on the safe side.
const BISECTIONS: u32 = 20;
/// Of limits, for rounding.
const SLACK: f64 = 1e-12;

/// Why not all of a story's evidence counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// Only one publisher tells it, and it would move the probability too far.
    OneSource,
    /// Its source has moved the log-odds as far as it may.
    SourceLimit,
    /// Its source counts only with corroboration, and there is none.
    Uncorroborated,
}

/// A story about to be taken in.
pub(super) struct Inquiry<'a> {
    pub(super) spec: &'a HazardSpec,
    pub(super) scales: &'a Scales,
    pub(super) before: &'a State,
    pub(super) earlier: &'a [Story],
    /// Of the earlier ones.
    pub(super) weighed: &'a [Weighed],
    pub(super) story: &'a Story,
}

/// The most a story may move.
struct Room {
    probability: f64,
    log_odds: f64,
}

impl Inquiry<'_> {
    /// The share of its evidence that counts.
    pub(super) fn weigh(&self) -> Weighed {
        let free = Weighed { scale: 1.0, moved: 0.0, moved_logit: 0.0, hold: None };
        if self.held().is_empty() {
            return free;
        }
        if self.needs_corroboration() {
            return Weighed { scale: 0.0, hold: Some(Hold::Uncorroborated), ..free };
        }
        let Some(room) = self.room() else { return free };
        // What two tell counts in full and is not what one may move.
        let before = self.after(0.0);
        let whole = self.moves(before, 1.0);
        if fits(&room, whole) {
            return Weighed { moved: whole.0, moved_logit: whole.1, ..free };
        }
        let (mut low, mut high) = (0.0_f64, 1.0_f64);
        for _ in 0..BISECTIONS {
            let middle = low.midpoint(high);
            if fits(&room, self.moves(before, middle)) { low = middle } else { high = middle }
        }
        let (moved, moved_logit) = self.moves(before, low);
        let too_far = whole.0.abs() > room.probability + SLACK;
        let hold = Some(if too_far { Hold::OneSource } else { Hold::SourceLimit });
        Weighed { scale: low, moved, moved_logit, hold }
    }

    /// Slugs that fewer than two publishers tell in the sense that prevails, and that sense.
    fn held(&self) -> Vec<(&str, f64)> {
        let window = self.spec.influence.corroboration_window;
        let told = slugs(self.story).into_iter().map(|slug| {
            let sense = Voice::of(self.story, slug, self.scales).sense();
            (slug, sense)
        });
        told.filter(|(slug, sense)| !self.story.is_corroborated(slug, *sense, window)).collect()
    }

    /// The reports whose sense prevails in what is held.
    fn speaking(&self) -> Vec<&Report> {
        let held = self.held();
        let speaks = |report: &&Report| {
            held.iter().any(|(slug, sense)| *sense == 0.0 || report.sign(slug) * sense > 0.0)
        };
        let speaking: Vec<&Report> = self.story.reports.iter().filter(speaks).collect();
        if speaking.is_empty() { self.story.reports.iter().collect() } else { speaking }
    }

    fn needs_corroboration(&self) -> bool {
        self.speaking().iter().all(|report| {
            self.scales.policy(&report.source).is_some_and(|policy| policy.requires_corroboration)
        })
    }

    /// Is everything that is held the word of the desk or of officials?
    fn is_exempt(&self) -> bool {
        let official = self.spec.influence.official_alone;
        self.held().iter().all(|(slug, sense)| {
            let told = |class| self.story.is_told_by(class, slug, *sense);
            told(SourceClass::Desk) || (official && told(SourceClass::Official))
        })
    }

    /// What is left of the limits; `None` if none binds this story.
    fn room(&self) -> Option<Room> {
        let limit = self.source_limit();
        let solo =
            if self.is_exempt() { f64::INFINITY } else { self.spec.influence.solo_move_limit };
        if !limit.is_finite() && !solo.is_finite() {
            return None;
        }
        let window = self.spec.influence.corroboration_window;
        let by_publisher = self.used(window, |one, other| one.publisher == other.publisher).0;
        let by_source = self.used(ROLLING, |one, other| one.source == other.source).1;
        Some(Room {
            probability: (solo - by_publisher).max(0.0),
            log_odds: (limit - by_source).max(0.0),
        })
    }

    /// The limit of the freest of its sources.
    fn source_limit(&self) -> f64 {
        let speaking = self.speaking();
        let limits = speaking.iter().map(|report| {
            self.scales.policy(&report.source).map_or(f64::INFINITY, |policy| policy.max_influence)
        });
        limits.fold(0.0, f64::max)
    }

    /// What stories told by any of the same moved within `span` before it: probability and log-odds.
    fn used(&self, span: Nanos, same: impl Fn(&Report, &Report) -> bool) -> (f64, f64) {
        let alike = |story: &Story| {
            let mut reports = story.reports.iter();
            reports.any(|one| self.story.reports.iter().any(|other| same(one, other)))
        };
        let pairs = self.earlier.iter().zip(self.weighed).rev();
        let recent = pairs.take_while(|(story, _)| self.story.first - story.first <= span);
        recent.filter(|&(story, _)| alike(story)).fold((0.0, 0.0), |(p, logit), (_, weighed)| {
            (p + weighed.moved.abs(), logit + weighed.moved_logit.abs())
        })
    }

    /// What this share of it moves, in probability and in log-odds.
    fn moves(&self, before: f64, scale: f64) -> (f64, f64) {
        let after = self.after(scale);
        (after - before, logit(after) - logit(before))
    }

    fn after(&self, scale: f64) -> f64 {
        let mut after = self.before.clone();
        after.apply(self.spec, self.scales, self.story, scale);
        self.probability(&after)
    }

    fn probability(&self, state: &State) -> f64 {
        let at: Timestamp = self.story.first;
        if state.belief.occurred(self.spec.horizon()).is_some() {
            return 1.0;
        }
        if at >= self.spec.deadline {
            return 0.0;
        }
        moment(self.spec, self.scales, state, self.story.alive(), at).probability().0
    }
}

fn fits(room: &Room, (p, log_odds): (f64, f64)) -> bool {
    p.abs() <= room.probability + SLACK && log_odds.abs() <= room.log_odds + SLACK
}

/// Of a probability inside the model's own bounds.
fn logit(p: f64) -> f64 {
    let p = p.clamp(1e-4, 1.0 - 1e-4);
    p.ln() - (-p).ln_1p()
}
