//! What has been heard, by story: the evidence from which the state of a model is computed.
//!
//! A story is one piece of evidence however often it is told (model.md 2.2). Nothing here weighs it.

use statecraft_domain::signal::{Assertion, Capital, DealStage, Direction, Label, SourceClass};
use statecraft_domain::{Nanos, Signal, Timestamp};

/// Stories kept one by one; the oldest are folded into the state for good.
pub const STORIES_MAX: usize = 4096;
/// Copies of one story that are kept. The 25th already adds less than rounding.
const REPORTS_MAX: usize = 64;
/// Retracted stories whose later copies are ignored; the oldest is forgotten first.
const RETRACTED_MAX: usize = 4096;

/// One telling of a story.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The signal's id.
    pub id: String,
    /// Its source in the configuration.
    pub source: String,
    /// Who is behind it.
    pub publisher: String,
    /// What kind of source.
    pub class: SourceClass,
    /// Headline.
    pub title: String,
    /// When we received it.
    pub received: Timestamp,
    /// In what manner it asserts.
    pub assertion: Assertion,
    /// How far the deal is, if it says so.
    pub stage: Option<DealStage>,
    /// Whose money.
    pub capital: Capital,
    /// What it says.
    pub labels: Vec<Label>,
    /// Time for which sources had been heard from when it came (see [`super::silence`]).
    pub alive: Nanos,
}

impl Report {
    /// A signal as a report, with the labels that `known` wants; `None` if it is no evidence at all.
    #[must_use]
    pub fn of(
        signal: &Signal,
        received: Timestamp,
        alive: Nanos,
        known: impl Fn(&Label) -> bool,
    ) -> Option<Self> {
        let desk = signal.class == SourceClass::Desk;
        let (assertion, direction, stage, capital) = match &signal.claim {
            Some(claim) => (claim.assertion, claim.direction, claim.stage, claim.capital),
            None => (Assertion::Asserted, Direction::Up, None, Capital::None),
        };
        let neutral = direction == Direction::Neutral && !desk;
        if !assertion.is_evidence() || neutral || signal.class == SourceClass::Satire {
            return None;
        }
        let finite = |label: &&Label| label.strength.is_finite() && known(label);
        let labels: Vec<Label> = signal.labels.iter().filter(finite).cloned().collect();
        let publisher =
            if signal.publisher.is_empty() { &signal.source } else { &signal.publisher };
        (!labels.is_empty()).then(|| Self {
            id: signal.id.clone(),
            source: signal.source.clone(),
            publisher: publisher.clone(),
            class: signal.class,
            title: signal.title.clone(),
            received,
            assertion,
            stage,
            capital,
            labels,
            alive,
        })
    }

    /// The words without case, spaces and signs: equal for a copy that was only set anew.
    fn words(&self) -> impl Iterator<Item = char> + '_ {
        let letters = self.title.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase)
    }

    /// Told by another publisher, in other words, within `window`?
    fn corroborates(&self, other: &Self, window: Nanos) -> bool {
        let apart = if self.received >= other.received {
            self.received - other.received
        } else {
            other.received - self.received
        };
        self.publisher != other.publisher && apart <= window && !self.words().eq(other.words())
    }
}

/// A story: all its reports, in the order in which they came.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// The cluster, or the id of the only signal (see [`key_of`]).
    pub key: String,
    /// When it was first heard.
    pub first: Timestamp,
    /// Never empty.
    pub reports: Vec<Report>,
}

impl Story {
    /// Do two publishers tell it independently?
    #[must_use]
    pub fn is_corroborated(&self, window: Nanos) -> bool {
        let pairs = self.reports.iter().enumerate();
        pairs
            .flat_map(|(index, one)| self.reports[..index].iter().map(move |other| (one, other)))
            .any(|(one, other)| one.corroborates(other, window))
    }

    /// Is a source of this class among those that tell it?
    #[must_use]
    pub fn is_told_by(&self, class: SourceClass) -> bool {
        self.reports.iter().any(|report| report.class == class)
    }

    /// Time for which sources had been heard from at its latest report.
    #[must_use]
    pub fn alive(&self) -> Nanos {
        self.reports.iter().map(|report| report.alive).max().unwrap_or(Nanos::ZERO)
    }
}

/// The story a signal belongs to. Signals without a cluster are stories of their own.
#[must_use]
pub fn key_of(signal: &Signal) -> String {
    if signal.cluster.is_empty() { format!("signal:{}", signal.id) } else { signal.cluster.clone() }
}

/// What adding a report did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// A new story, the last of the list.
    New,
    /// Another report of the story at this index.
    To(usize),
    /// The story has been retracted, or has all the reports that are kept.
    Ignored,
}

/// The stories, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stories {
    list: Vec<Story>,
    retracted: Vec<String>,
}

impl Stories {
    /// All that are kept.
    #[must_use]
    pub fn list(&self) -> &[Story] {
        &self.list
    }

    /// Takes in a report.
    pub fn add(&mut self, key: &str, report: Report) -> Added {
        if self.retracted.iter().any(|retracted| retracted == key) {
            return Added::Ignored;
        }
        // News belong to recent stories: searched from the end.
        if let Some(index) = self.list.iter().rposition(|story| story.key == key) {
            let story = &mut self.list[index];
            if story.reports.len() >= REPORTS_MAX {
                return Added::Ignored;
            }
            story.reports.push(report);
            return Added::To(index);
        }
        let (key, first) = (key.to_owned(), report.received);
        self.list.push(Story { key, first, reports: vec![report] });
        Added::New
    }

    /// May this publisher take the story back? One of those who tell it, a principal, or the desk;
    /// nobody may withdraw what others say.
    #[must_use]
    pub fn may_retract(&self, key: &str, signal: &Signal) -> bool {
        let told = self.list.iter().rfind(|story| story.key == key);
        let same = |report: &Report| {
            report.publisher == signal.publisher
                || (signal.publisher.is_empty() && report.source == signal.source)
        };
        matches!(signal.class, SourceClass::Desk | SourceClass::Official)
            || told.is_some_and(|story| story.reports.iter().any(same))
    }

    /// Takes a story back, and ignores its copies from now on. Returns where it stood.
    pub fn retract(&mut self, key: &str) -> Option<usize> {
        if !self.retracted.iter().any(|retracted| retracted == key) {
            if self.retracted.len() >= RETRACTED_MAX {
                self.retracted.remove(0);
            }
            self.retracted.push(key.to_owned());
        }
        let index = self.list.iter().rposition(|story| story.key == key)?;
        self.list.remove(index);
        Some(index)
    }

    /// Forgets the oldest `count`.
    pub fn retire(&mut self, count: usize) {
        self.list.drain(..count.min(self.list.len()));
    }
}
