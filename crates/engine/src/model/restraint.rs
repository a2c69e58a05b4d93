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

use std::collections::BTreeMap;

use statecraft_domain::Timestamp;
use statecraft_domain::signal::Label;

use super::estimate::Moment;
use super::hazard::{CHECKPOINT_EVERY, HazardModel};
use super::schedule::{Said, state_of};
use super::solo::Speaker;
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
    without: Vec<Without>,
    /// All of them.
    all: Count,
}

/// What would be believed without one voice.
#[derive(Debug, Clone)]
struct Without {
    state: State,
    /// The others.
    others: Count,
}

/// So few voices could have said all of it.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    all: usize,
    /// Those among them who say anything but that there will be no event.
    lifting: usize,
}

impl Restraint {
    /// After the evidence has changed.
    pub(super) fn of(model: &HazardModel) -> Self {
        if !model.spec().influence.solo_move_limit.is_finite() {
            return Self::default();
        }
        let told: Vec<Told<'_>> = told_alone(model).collect();
        let everybody = fewest(told.iter().map(|story| &story.speakers[..]));
        let count = |silent: Option<&Speaker>| {
            let others = told.iter().filter(|story| silent.is_none_or(|one| !story.is_by(one)));
            Count {
                all: fewest(others.clone().map(|story| &story.speakers[..])).len(),
                lifting: fewest(others.map(|story| &story.lifting[..])).len(),
            }
        };
        let latest = in_order(&told, &everybody).filter(|_| everybody.len() > 1);
        let without = |voice: &Speaker| {
            let state = fold_without(model, |alone| alone.contains(voice))?;
            Some(Without { state, others: count(Some(voice)) })
        };
        Self {
            bare: fold_without(model, |_| true),
            without: latest.take(VOICES_MAX).filter_map(without).collect(),
            all: count(None),
        }
    }
}

impl HazardModel {
    /// A probability with every lone voice held. Between bounds that rise with the deadline, a probability that
    /// does so still does.
    pub(super) fn restrained(&self, horizon: Horizon, now: Timestamp, p: f64) -> f64 {
        let limit = self.spec().influence.solo_move_limit;
        let Restraint { bare: Some(bare), without, all } = self.restraint() else {
            return p;
        };
        let of = |state: &State| Moment { horizon, state, ..self.moment(now) }.probability().0;
        let held =
            |p: f64, around: f64, (down, up): (f64, f64)| p.max(around - down).min(around + up);
        #[expect(clippy::cast_precision_loss, reason = "publishers")]
        let room = |count: &Count| (limit * count.all as f64, limit * count.lifting as f64);
        let bare = of(bare);
        let one_by_one = without.iter().fold(p, |p, Without { state, others }| {
            // What the others say is held as well: they give him no room.
            held(p, held(of(state), bare, room(others)), (limit, limit))
        });
        held(one_by_one, bare, room(all))
    }
}

/// A story that lone voices tell.
struct Told<'a> {
    /// Who would silence it by saying nothing.
    speakers: Vec<&'a Speaker>,
    /// Those of them who say anything in it but that there will be no event.
    lifting: Vec<&'a Speaker>,
}

impl Told<'_> {
    fn is_by(&self, speaker: &Speaker) -> bool {
        self.speakers.contains(&speaker)
    }
}

/// What counts of it, oldest first.
fn told_alone(model: &HazardModel) -> impl Iterator<Item = Told<'_>> {
    let told = model.evidence().zip(model.alone());
    let counts = told.filter(|((_, weighed), alone)| weighed.scale > 0.0 && !alone.is_empty());
    counts.map(|((story, _), alone)| {
        let lifts = |speaker: &&Speaker| {
            let told = story.reports.iter().filter(|report| speaker.tells(report));
            told.flat_map(Report::in_force).any(|label| !only_lowers(label))
        };
        Told { speakers: alone.iter().collect(), lifting: alone.iter().filter(lifts).collect() }
    })
}

/// The fewest voices who could have said all of it, whatever pages and agencies they said it through: whoever
/// tells the most stories that nobody chosen before tells, until all are told.
fn fewest<'a, 'b: 'a>(stories: impl Iterator<Item = &'a [&'b Speaker]>) -> Vec<&'b Speaker> {
    let mut left: Vec<&[&Speaker]> = stories.filter(|speakers| !speakers.is_empty()).collect();
    let mut chosen = Vec::new();
    while !left.is_empty() {
        let mut told: BTreeMap<&Speaker, usize> = BTreeMap::new();
        for speaker in left.iter().flat_map(|speakers| speakers.iter()) {
            *told.entry(speaker).or_default() += 1;
        }
        // Of several who tell as many the first by name: nothing depends on which report came first.
        let most = told.into_iter().rev().max_by_key(|(_, stories)| *stories);
        let Some((most, _)) = most else { break };
        left.retain(|speakers| !speakers.contains(&most));
        chosen.push(most);
    }
    chosen
}

/// Those who spoke last first.
fn in_order<'a>(told: &[Told<'_>], speakers: &[&'a Speaker]) -> impl Iterator<Item = &'a Speaker> {
    let last = |speaker: &Speaker| told.iter().rposition(|story| story.is_by(speaker));
    let mut speakers = speakers.to_vec();
    speakers.sort_by(|one, other| last(other).cmp(&last(one)).then(one.cmp(other)));
    speakers.into_iter()
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
