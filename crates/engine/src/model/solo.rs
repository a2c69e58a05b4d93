//! What one voice has moved, all that it said alone together (reliability.md 8.2).
//!
//! A publisher who says a thing again, in other words or in another story, is still one publisher. How far he
//! has moved the probability is what it is, against what it would be had he never spoken alone: the fold
//! without his uncorroborated words, his shadow. Those who credit one agency are that agency as well. Nothing
//! is used up by that: what he said long ago and has faded leaves room again. Pages that copy each other have
//! one shadow together.

use super::hazard::CHECKPOINT_EVERY;
use super::influence::Inquiry;
use super::state::{Scales, State};
use super::story::{Report, Story, is_copyist};
use crate::config::HazardSpec;

/// Shadows that are kept up; the one that was made first goes first.
const SHADOWS_MAX: usize = 32;

/// Who counts as one voice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Speaker {
    Publisher(String),
    /// All who pass on what an agency says, itself included.
    Agency(u8),
    /// All pages that copy each other.
    Copyists,
}

impl Speaker {
    pub(super) fn tells(&self, report: &Report) -> bool {
        match self {
            Self::Publisher(name) => report.publisher == *name,
            Self::Agency(agency) => report.account.is_by(*agency),
            Self::Copyists => is_copyist(report.class),
        }
    }
}

/// The voices behind these reports.
pub(super) fn speakers(reports: Vec<&Report>) -> Vec<Speaker> {
    let mut speakers: Vec<Speaker> = Vec::new();
    for report in reports {
        let copyist = is_copyist(report.class).then_some(Speaker::Copyists);
        let agencies = report.account.agencies().map(Speaker::Agency);
        let publisher = std::iter::once(Speaker::Publisher(report.publisher.clone()));
        for speaker in publisher.chain(agencies).chain(copyist) {
            if !speakers.contains(&speaker) {
                speakers.push(speaker);
            }
        }
    }
    speakers
}

#[derive(Debug, Clone)]
struct Shadow {
    speaker: Speaker,
    state: State,
}

/// Shadows of those who have spoken alone.
#[derive(Debug, Clone, Default)]
pub(super) struct Shadows {
    list: Vec<Shadow>,
}

impl Shadows {
    pub(super) fn clear(&mut self) {
        self.list.clear();
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What would be believed before the story of `inquiry` had `speaker` never spoken alone; `None`: he
    /// has not.
    pub(super) fn without(&mut self, inquiry: &Inquiry<'_>, speaker: Speaker) -> Option<&State> {
        if let Some(index) = self.list.iter().position(|shadow| shadow.speaker == speaker) {
            return self.list.get(index).map(|shadow| &shadow.state);
        }
        let state = folded(inquiry, &speaker)?;
        if self.list.len() >= SHADOWS_MAX {
            self.list.remove(0);
        }
        self.list.push(Shadow { speaker, state });
        self.list.last().map(|shadow| &shadow.state)
    }

    /// One more story, told alone by `alone`, of which `scale` counts.
    pub(super) fn take_in(
        &mut self,
        spec: &HazardSpec,
        scales: &Scales,
        (story, alone): (&Story, &[Speaker]),
        scale: f64,
    ) {
        for shadow in &mut self.list {
            let scale = if alone.contains(&shadow.speaker) { 0.0 } else { scale };
            shadow.state.apply(spec, scales, story, scale);
        }
    }
}

/// The fold of everything earlier without what `speaker` said alone.
fn folded(inquiry: &Inquiry<'_>, speaker: &Speaker) -> Option<State> {
    let alone = |index: usize| {
        let (story, weighed) = (inquiry.earlier.get(index)?, inquiry.weighed.get(index)?);
        let tells = weighed.scale > 0.0 && story.reports.iter().any(|one| speaker.tells(one));
        let alone = tells && Inquiry { story, ..*inquiry }.speakers().contains(speaker);
        alone.then_some(())
    };
    let count = inquiry.earlier.len();
    let first = (0..count).find(|&index| alone(index).is_some())?;
    let mut state = inquiry.checkpoints.get(first / CHECKPOINT_EVERY)?.clone();
    for index in first / CHECKPOINT_EVERY * CHECKPOINT_EVERY..count {
        let (story, weighed) = (inquiry.earlier.get(index)?, inquiry.weighed.get(index)?);
        let said_alone = index >= first && alone(index).is_some();
        let scale = if said_alone { 0.0 } else { weighed.scale };
        state.apply(inquiry.spec, inquiry.scales, story, scale);
    }
    Some(state)
}
