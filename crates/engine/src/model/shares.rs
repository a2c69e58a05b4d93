//! What each story did to the lines that stories make together: the plan, the deal, the windows, the memory of
//! a denial. One after another in time: a story's share is the line with it and everything before it, less the
//! line without it. So the shares of a line add up to what all its stories made of it.

use serde::Serialize;
use statecraft_domain::Timestamp;

use super::anatomy::{self, Anatomy, PlanPart, PlanState, Structure};
use super::estimate::Moment;
use super::hazard::HazardModel;
use super::schedule::state_of;
use super::state::{DEAL_SLUGS, State, named_stage, slugs};
use super::story::Story;
use super::summit;

/// Latest stories whose shares are told apart; what older ones did is nobody's.
const STORIES_MAX: usize = 24;
/// Shares below this are none.
const NOTHING: f64 = 1e-9;

/// A line that stories make together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The stage of the deal.
    Deal,
    /// A part of the structure.
    Structure(Structure),
    /// The window at this place among those ahead.
    Window(usize),
    /// A state of the plan, and its date.
    Plan(PlanState, Option<Timestamp>),
}

impl Line {
    /// The line of a part of the plan.
    #[must_use]
    pub const fn of_plan(part: &PlanPart) -> Self {
        Self::Plan(part.state, part.date)
    }
}

/// What one story did to one line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Share {
    /// Which line.
    pub line: Line,
    /// Key of the story.
    pub story: String,
    /// Change of the probability.
    pub effect: f64,
}

/// Of every line of `whole`, which is the model at `moment`.
pub(super) fn of(model: &HazardModel, moment: Moment<'_>, whole: &Anatomy) -> Vec<Share> {
    let shared: Vec<usize> = model
        .evidence()
        .enumerate()
        .filter(|(_, (story, weighed))| weighed.scale > 0.0 && makes_lines(model, story))
        .map(|(index, _)| index)
        .collect();
    let told = shared.get(shared.len().saturating_sub(STORIES_MAX)..).unwrap_or(&[]);
    let mut before: Vec<(Line, f64)> = match told {
        [] => return Vec::new(),
        _ => lines(&without(model, moment, told)),
    };
    let mut shares: Vec<Share> = Vec::new();
    for (count, index) in told.iter().enumerate() {
        let Some((story, _)) = model.evidence().nth(*index) else { continue };
        let later = told.get(count + 1..).unwrap_or(&[]);
        let after = match later {
            [] => lines(whole),
            _ => lines(&without(model, moment, later)),
        };
        for (line, _) in lines(whole) {
            let effect = at(&after, line) - at(&before, line);
            add(&mut shares, line, &story.key, effect);
        }
        before = after;
    }
    shares.retain(|share| share.effect.abs() > NOTHING);
    shares
}

/// A story and its denial are one.
fn add(shares: &mut Vec<Share>, line: Line, story: &str, effect: f64) {
    match shares.iter_mut().find(|one| one.line == line && one.story == story) {
        Some(known) => known.effect += effect,
        None => shares.push(Share { line, story: story.to_owned(), effect }),
    }
}

fn at(lines: &[(Line, f64)], line: Line) -> f64 {
    lines.iter().filter(|(one, _)| *one == line).map(|(_, effect)| effect).sum()
}

/// Does it speak of anything but weights of signals?
fn makes_lines(model: &HazardModel, story: &Story) -> bool {
    slugs(story).into_iter().any(|slug| {
        state_of(slug).is_some()
            || DEAL_SLUGS.contains(&slug)
            || named_stage(slug).is_some()
            || summit::is_named(model.spec(), slug)
    })
}

/// The parts, had these stories not been told. What each of the others counts stays as it is.
fn without(model: &HazardModel, moment: Moment<'_>, left_out: &[usize]) -> Anatomy {
    let mut state: State = model.first_state().clone();
    for (index, (story, weighed)) in model.evidence().enumerate() {
        if !left_out.contains(&index) {
            state.apply(model.spec(), model.scales(), story, weighed.scale);
        }
    }
    anatomy::section(model, Moment { state: &state, ..moment })
}

/// The lines that stories make, with their effects.
fn lines(anatomy: &Anatomy) -> Vec<(Line, f64)> {
    let mut lines: Vec<(Line, f64)> =
        anatomy.deal.iter().map(|part| (Line::Deal, part.effect)).collect();
    let shared = |kind: Structure| {
        matches!(kind, Structure::Denied | Structure::CalledOff | Structure::DeniedDays)
    };
    let structures = anatomy.structure.iter().filter(|part| shared(part.kind));
    lines.extend(structures.map(|part| (Line::Structure(part.kind), part.effect)));
    let windows = anatomy.windows.iter().enumerate();
    lines.extend(windows.map(|(index, part)| (Line::Window(index), part.effect)));
    for part in &anatomy.plan {
        let line = Line::of_plan(part);
        match lines.iter_mut().find(|(one, _)| *one == line) {
            Some((_, effect)) => *effect += part.effect,
            None => lines.push((line, part.effect)),
        }
    }
    lines
}
