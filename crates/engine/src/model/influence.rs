//! How much of a story counts (reliability.md 8.2).
//!
//! What few say moves little. The share of a story's evidence that counts is decided in the fold, from
//! the story, what was believed before it, and what would be believed had its publisher never spoken alone
//! ([`super::solo`]): the same evidence always gives the same share, and a story that is corroborated, or
//! taken back, is weighed anew.

use serde::Serialize;
use statecraft_domain::signal::SourceClass;
use statecraft_domain::{Nanos, Timestamp};

use super::hazard::{Weighed, moment};
use super::memo::Memo;
use super::solo::{self, Shadows, Speaker};
use super::state::{Scales, State, Voice, slugs};
use super::story::{Report, Story};
use crate::config::HazardSpec;

/// Span over which a source's influence is summed.
const ROLLING: Nanos = Nanos::from_secs(86_400);
/// The share that counts is found to this, always on the safe side.
const SHARE_EXACT: f64 = 1e-11;
/// Estimates spent on it at most.
const STEPS_MAX: u32 = 60;
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
    /// Who decides it, or its own publisher, denied it later: as if it had never been told.
    Undone,
}

/// A story about to be taken in.
pub(super) struct Inquiry<'a> {
    pub(super) spec: &'a HazardSpec,
    pub(super) scales: &'a Scales,
    pub(super) before: &'a State,
    pub(super) earlier: &'a [Story],
    /// Of the earlier ones.
    pub(super) weighed: &'a [Weighed],
    /// Of the fold, see [`super::hazard`].
    pub(super) checkpoints: &'a [State],
    pub(super) story: &'a Story,
}

/// How far a story may move the model.
struct Room {
    /// Most that a publisher may have moved the probability, all that he said alone together.
    solo: f64,
    /// What it would be had he, and had the others who count as one with him, never spoken alone.
    without: Vec<f64>,
    /// Most that the story may move the log-odds.
    log_odds: f64,
}

impl Inquiry<'_> {
    /// The share of its evidence that counts.
    pub(super) fn weigh(&self, shadows: &mut Shadows, memo: &mut Memo) -> Weighed {
        let free = Weighed { scale: 1.0, moved: 0.0, moved_logit: 0.0, hold: None };
        if self.story.is_undone() {
            return Weighed { scale: 0.0, hold: Some(Hold::Undone), ..free };
        }
        if self.held().is_empty() {
            return free;
        }
        if self.needs_corroboration() {
            return Weighed { scale: 0.0, hold: Some(Hold::Uncorroborated), ..free };
        }
        let Some(limits) = self.limits() else { return free };
        // What two tell counts in full and is not what one may move.
        let before = self.after(0.0, memo);
        let room = self.room(limits, before, shadows, memo);
        let moved = |scale, after, hold| Weighed {
            scale,
            moved: after - before,
            moved_logit: logit(after) - logit(before),
            hold,
        };
        let whole = self.after(1.0, memo);
        let most = self.most_with_denials(shadows, memo);
        if room.excess(before, whole) <= SLACK && most >= 1.0 {
            return moved(1.0, whole, None);
        }
        let (scale, after) = match self.most(&room, before, whole, memo) {
            (scale, _) if scale > most => (most, self.after(most, memo)),
            found => found,
        };
        let alone = room.excess_solo(before, whole) > SLACK;
        moved(scale, after, Some(if alone { Hold::OneSource } else { Hold::SourceLimit }))
    }

    /// Where one thing is held and another, or the same by somebody else, denied in one story: the denial gives
    /// what is held no more room than it has without it. A denial never lifts.
    fn most_with_denials(&self, shadows: &mut Shadows, memo: &mut Memo) -> f64 {
        let held = self.held();
        let denies = |report: &Report| report.in_force().any(|label| label.strength < 0.0);
        if !self.story.reports.iter().any(denies) {
            return 1.0;
        }
        let told = |report: &&Report| {
            held.iter().any(|(slug, sense)| *sense > 0.0 && report.sign(slug) > 0.0)
        };
        let reports: Vec<Report> = self.story.reports.iter().filter(told).cloned().collect();
        if reports.is_empty() || reports.len() == self.story.reports.len() {
            return 1.0;
        }
        let story = Story { reports, ..self.story.clone() };
        Inquiry { story: &story, ..*self }.weigh(shadows, memo).scale
    }

    /// The largest share that fits, and the probability after it: the secant, and a bisection wherever that
    /// is slow (Illinois); never above the limit.
    fn most(&self, room: &Room, before: f64, whole: f64, memo: &mut Memo) -> (f64, f64) {
        let (mut low, mut high) = ((0.0_f64, before), 1.0_f64);
        let mut least = room.excess(before, before);
        let (mut under, mut over) = (least, room.excess(before, whole));
        for step in 0..STEPS_MAX {
            if high - low.0 < SHARE_EXACT || least > -SLACK {
                break;
            }
            let secant = low.0 - under * (high - low.0) / (over - under);
            let inside = secant > low.0 && secant < high && step % 4 != 3;
            let share = if inside { secant } else { low.0.midpoint(high) };
            let after = self.after(share, memo);
            let excess = room.excess(before, after);
            if excess <= 0.0 {
                (low, least, under, over) = ((share, after), excess, excess, over / 2.0);
            } else {
                (high, over, under) = (share, excess, under / 2.0);
            }
        }
        low
    }

    /// Slugs that fewer than two publishers tell in the sense that prevails, and nobody whose word is enough; and
    /// that sense.
    fn held(&self) -> Vec<(&str, f64)> {
        let window = self.spec.influence.corroboration_window;
        let told = slugs(self.story).into_iter().map(|slug| {
            let sense = Voice::of(self.story, slug, self.scales).sense();
            (slug, sense)
        });
        let free = |slug: &str, sense: f64| {
            self.story.is_corroborated(slug, sense, window)
                || self.scales.settles(self.spec, self.story, slug, sense)
        };
        told.filter(|(slug, sense)| !free(slug, *sense)).collect()
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

    /// The limits that bind this story, of the probability and of the log-odds; `None` if none does.
    fn limits(&self) -> Option<(f64, f64)> {
        let of_source = self.source_limit();
        let solo =
            if self.is_exempt() { f64::INFINITY } else { self.spec.influence.solo_move_limit };
        (of_source.is_finite() || solo.is_finite()).then_some((solo, of_source))
    }

    fn room(
        &self,
        (solo, of_source): (f64, f64),
        before: f64,
        shadows: &mut Shadows,
        memo: &mut Memo,
    ) -> Room {
        let mut room = Room { solo, without: Vec::new(), log_odds: f64::INFINITY };
        if of_source.is_finite() {
            room.log_odds = (of_source - self.used()).max(0.0);
        }
        if solo.is_finite() {
            let without = |speaker| match shadows.without(self, speaker) {
                Some(state) => self.probability(state, memo),
                None => before,
            };
            room.without = self.speakers().into_iter().map(without).collect();
        }
        room
    }

    /// Who says it alone; nobody if no limit of one voice binds it.
    pub(super) fn speakers(&self) -> Vec<Speaker> {
        if self.held().is_empty() || self.is_exempt() {
            return Vec::new();
        }
        solo::speakers(self.speaking())
    }

    /// The limit of the freest of its sources.
    fn source_limit(&self) -> f64 {
        let speaking = self.speaking();
        let limits = speaking.iter().map(|report| {
            self.scales.policy(&report.source).map_or(f64::INFINITY, |policy| policy.max_influence)
        });
        limits.fold(0.0, f64::max)
    }

    /// What stories of the same sources moved the log-odds by within [`ROLLING`] before it.
    fn used(&self) -> f64 {
        let alike = |story: &Story| {
            let mut reports = story.reports.iter();
            let same = |one: &Report, other: &Report| one.source == other.source;
            reports.any(|one| self.story.reports.iter().any(|other| same(one, other)))
        };
        let pairs = self.earlier.iter().zip(self.weighed).rev();
        let recent = pairs.take_while(|(story, _)| self.story.first - story.first <= ROLLING);
        recent.filter(|&(story, _)| alike(story)).map(|(_, w)| w.moved_logit.abs()).sum()
    }

    fn after(&self, scale: f64, memo: &mut Memo) -> f64 {
        let mut after = self.before.clone();
        after.apply(self.spec, self.scales, self.story, scale);
        self.probability(&after, memo)
    }

    fn probability(&self, state: &State, memo: &mut Memo) -> f64 {
        let at: Timestamp = self.story.first;
        if state.belief.occurred(self.spec.horizon()).is_some() {
            return 1.0;
        }
        if at >= self.spec.deadline {
            return 0.0;
        }
        memo.probability(&moment(self.spec, self.scales, state, self.story.alive(), at)).0
    }
}

impl Room {
    /// By how much a story that takes the probability from `before` to `after` exceeds what it may.
    fn excess(&self, before: f64, after: f64) -> f64 {
        let log_odds = (logit(after) - logit(before)).abs() - self.log_odds;
        log_odds.max(self.excess_solo(before, after))
    }

    /// By how much the probability lies too far from what it would be without what each publisher said
    /// alone. Where time or others have taken it farther, it may go back but not on.
    fn excess_solo(&self, before: f64, after: f64) -> f64 {
        let excess =
            |&without: &f64| (after - without).abs() - self.solo.max((before - without).abs());
        self.without.iter().map(excess).fold(f64::NEG_INFINITY, f64::max)
    }
}

/// Of a probability inside the model's own bounds.
fn logit(p: f64) -> f64 {
    let p = p.clamp(1e-4, 1.0 - 1e-4);
    p.ln() - (-p).ln_1p()
}
