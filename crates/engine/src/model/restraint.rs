//! A held effect stays held.
//!
//! A limit is applied when a story comes ([`super::influence`]). What the story then says grows by itself: five
//! points of a dated plan are six as the base rate runs out, and more on the day. So the limit is applied
//! again whenever the model is asked. With `w` the fold without what one voice said alone, and `L` the limit,
//!
//! `p' = p` held in `[w - L, w + L]`, one voice after the other.
//!
//! For a voice that spoke alone among others who are corroborated or need nobody, `w` is what would be believed
//! had he never spoken, so that he moves it by `L` at most, at any time. And all of `n` such voices together move
//! it by `n L` at most: `p'` is last held in `[b - n L, b + m L]`, `b` the fold without any of them, `m` those of
//! them who say anything but that there will be no event: who only denies gives the others no room to lift it.

use statecraft_domain::Timestamp;
use statecraft_domain::signal::Label;

use super::estimate::Moment;
use super::hazard::{CHECKPOINT_EVERY, HazardModel};
use super::schedule::{Said, state_of};
use super::solo::{Speaker, voices};
use super::state::State;
use super::story::Report;
use crate::config::Horizon;

/// Voices that are held one by one: those who spoke last. Earlier ones are held by the common bound.
const VOICES_MAX: usize = 8;

/// What would be believed without lone voices.
#[derive(Debug, Clone, Default)]
pub(super) struct Restraint {
    /// Without any of them; `None`: nobody has spoken alone.
    bare: Option<State>,
    /// Without each of the latest, if they are more than one.
    without: Vec<State>,
    /// How many they are.
    count: usize,
    /// How many of them say anything but that there will be no event.
    lifting: usize,
}

impl Restraint {
    /// After the evidence has changed.
    pub(super) fn of(model: &HazardModel) -> Self {
        if !model.spec().influence.solo_move_limit.is_finite() {
            return Self::default();
        }
        let voices = lone_voices(model);
        let without = |voice: &Lone| fold_without(model, |alone| alone.contains(&voice.speaker));
        let latest = voices.iter().rev().take(VOICES_MAX).filter(|_| voices.len() > 1);
        Self {
            bare: fold_without(model, |_| true),
            without: latest.filter_map(without).collect(),
            count: voices.len(),
            lifting: voices.iter().filter(|voice| voice.lifts).count(),
        }
    }
}

impl HazardModel {
    /// A probability with every lone voice held. Between bounds that rise with the deadline, a probability that
    /// does so still does.
    pub(super) fn restrained(&self, horizon: Horizon, now: Timestamp, p: f64) -> f64 {
        let limit = self.spec().influence.solo_move_limit;
        let Restraint { bare: Some(bare), without, count, lifting } = self.restraint() else {
            return p;
        };
        let held = |p: f64, state: &State, (down, up): (f64, f64)| {
            let around = Moment { horizon, state, ..self.moment(now) }.probability().0;
            p.max(around - down).min(around + up)
        };
        let one_by_one = without.iter().fold(p, |p, state| held(p, state, (limit, limit)));
        #[expect(clippy::cast_precision_loss, reason = "publishers")]
        let all = |voices: &usize| limit * *voices as f64;
        held(one_by_one, bare, (all(count), all(lifting)))
    }
}

/// One who has said something alone that counts.
struct Lone {
    speaker: Speaker,
    /// Has he said anything but that there will be no event?
    lifts: bool,
}

/// All of them, those who spoke last at the end; pages that copy each other, and those who credit one agency,
/// are one.
fn lone_voices(model: &HazardModel) -> Vec<Lone> {
    let mut found: Vec<Lone> = Vec::new();
    for ((story, weighed), alone) in model.evidence().zip(model.alone()) {
        for speaker in voices(alone).filter(|_| weighed.scale > 0.0) {
            let known = found.iter().position(|known| known.speaker == *speaker);
            let lifted = known.is_some_and(|known| found.remove(known).lifts);
            let told = story.reports.iter().filter(|report| speaker.tells(report));
            let lifts = lifted || told.flat_map(Report::in_force).any(|label| !only_lowers(label));
            found.push(Lone { speaker: speaker.clone(), lifts });
        }
    }
    found
}

/// Does it deny a visit or its plan, or say that it is off? Whatever else is said may lift.
fn only_lowers(label: &Label) -> bool {
    state_of(&label.slug).is_some_and(|(said, _)| match said {
        Said::Occurred | Said::Scheduled | Said::Planned => label.strength < 0.0,
        Said::Postponed | Said::CalledOff | Said::Gone => label.strength > 0.0,
    })
}

/// The fold without stories told alone by those whom `left_out` means; `None`: there are none.
fn fold_without(model: &HazardModel, left_out: impl Fn(&[Speaker]) -> bool) -> Option<State> {
    let silent = |alone: &Vec<Speaker>| !alone.is_empty() && left_out(alone);
    let first = model.alone().iter().position(silent)?;
    let start = first / CHECKPOINT_EVERY * CHECKPOINT_EVERY;
    let mut state = model.checkpoint(first / CHECKPOINT_EVERY)?.clone();
    for ((story, weighed), alone) in model.evidence().zip(model.alone()).skip(start) {
        let scale = if silent(alone) { 0.0 } else { weighed.scale };
        state.apply(model.spec(), model.scales(), story, scale);
    }
    Some(state)
}
