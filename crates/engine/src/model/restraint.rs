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
//!
//! `n` is the fewest who could have said it all: a publisher who writes as a wire here, passes on an agency there
//! and copies a third page is one voice, and has `L` once. And `w` is itself held as the others are without him:
//! what would be believed without his denial is no more than they may move it, however loud they are.

use std::cmp::Reverse;

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
        let names = names(model);
        let told: Vec<Told> = told_alone(model, &names).collect();
        let count = |silent: Option<usize>| {
            let others = || told.iter().filter(|story| silent.is_none_or(|one| !story.is_by(one)));
            Count {
                all: fewest(others().map(|story| &story.speakers[..]), names.len()).len(),
                lifting: fewest(others().map(|story| &story.lifting[..]), names.len()).len(),
            }
        };
        let mut everybody = fewest(told.iter().map(|story| &story.speakers[..]), names.len());
        let last = |voice: &usize| Reverse(told.iter().rposition(|story| story.is_by(*voice)));
        everybody.sort_by_cached_key(|voice| (last(voice), *voice));
        let latest = everybody.iter().take(VOICES_MAX).filter(|_| everybody.len() > 1);
        let without = |voice: &usize| {
            let speaker = *names.get(*voice)?;
            let state = fold_without(model, |alone| alone.contains(speaker))?;
            Some(Without { state, others: count(Some(*voice)) })
        };
        Self {
            bare: fold_without(model, |_| true),
            without: latest.filter_map(without).collect(),
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

/// A story that lone voices tell; they are places in the list of [`names`].
struct Told {
    /// Who would silence it by saying nothing.
    speakers: Vec<usize>,
    /// Those of them who say anything in it but that there will be no event.
    lifting: Vec<usize>,
}

impl Told {
    fn is_by(&self, speaker: usize) -> bool {
        self.speakers.contains(&speaker)
    }
}

/// All who tell something alone, in an order that does not depend on what came first.
fn names(model: &HazardModel) -> Vec<&Speaker> {
    let mut names: Vec<&Speaker> = model.alone().iter().flatten().collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What counts of it, oldest first.
fn told_alone<'a>(
    model: &'a HazardModel,
    names: &'a [&Speaker],
) -> impl Iterator<Item = Told> + 'a {
    let told = model.evidence().zip(model.alone());
    let counts = told.filter(|((_, weighed), alone)| weighed.scale > 0.0 && !alone.is_empty());
    counts.map(|((story, _), alone)| {
        let lifts = |speaker: &&Speaker| {
            let told = story.reports.iter().filter(|report| speaker.tells(report));
            told.flat_map(Report::in_force).any(|label| !only_lowers(label))
        };
        let place = |speaker: &Speaker| names.binary_search(&speaker).ok();
        Told {
            speakers: alone.iter().filter_map(place).collect(),
            lifting: alone.iter().filter(lifts).filter_map(place).collect(),
        }
    })
}

/// The fewest of so many voices who could have said all of it, whatever pages and agencies they said it through:
/// whoever tells the most stories that nobody chosen before tells, until all are told; of several the first. Where
/// one could have said it all, this is exact; elsewhere it may be a few more.
fn fewest<'a>(stories: impl Iterator<Item = &'a [usize]>, voices: usize) -> Vec<usize> {
    let stories: Vec<&[usize]> = stories.collect();
    let mut by: Vec<Vec<usize>> = vec![Vec::new(); voices];
    for (story, speakers) in stories.iter().enumerate() {
        speakers.iter().for_each(|voice| by[*voice].push(story));
    }
    let mut left: Vec<usize> = by.iter().map(Vec::len).collect();
    let mut told = vec![false; stories.len()];
    let mut chosen = Vec::new();
    while let Some((most, _)) =
        left.iter().enumerate().rev().max_by_key(|(_, count)| **count).filter(|(_, n)| **n > 0)
    {
        for story in by[most].iter().copied() {
            if !std::mem::replace(&mut told[story], true) {
                stories[story].iter().for_each(|voice| left[*voice] -= 1);
            }
        }
        chosen.push(most);
    }
    chosen
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
