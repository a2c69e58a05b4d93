//! What a later word takes away altogether: that it happened, was put off, or was called off.
//!
//! Officials (and the user's own desk) who deny it, and a publisher who corrects himself, take the reports
//! before theirs away as if they had never been told: the plan that was known before goes on. The denial
//! itself is then spent. A denial by anybody else only weighs against what is believed, as evidence does.

use statecraft_domain::signal::{Assertion, Direction, Label, SourceClass};
use statecraft_domain::{Nanos, Timestamp};

use super::dates::Dates;
use super::schedule::{Said, state_of};
use super::story::{Report, Story};

/// Reports of landings no further apart than this speak of one; and an official report of one that stood
/// so long is no longer meant by a denial.
const EPISODE: Nanos = Nanos::from_secs(14 * 86_400);
/// Whoever denies a landing speaks of one reported no longer ago than this.
const MEMORY: Nanos = Nanos::from_secs(60 * 86_400);
/// A copy that comes so soon after the denial was written before it.
const COPIES: Nanos = Nanos::from_secs(3 * 86_400);
/// A denial that carries a day means landings within this of it.
const VISIT: Nanos = Nanos::from_secs(3 * 86_400);

/// States that a report speaks of and that do not count any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Undone {
    states: u8,
}

impl Undone {
    /// Is what this slug says taken away?
    pub(super) fn holds(self, slug: &str) -> bool {
        self.states != 0 && topic(slug).is_some_and(|topic| self.states & topic.bit() != 0)
    }

    const fn add(&mut self, topic: Topic) {
        self.states |= topic.bit();
    }
}

/// What can be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Landing,
    Postponement,
    Cancellation,
    /// The principal holds his office no more.
    Exit,
}

impl Topic {
    const ALL: [Self; 4] = [Self::Landing, Self::Postponement, Self::Cancellation, Self::Exit];

    const fn of(said: Said) -> Option<Self> {
        match said {
            Said::Occurred => Some(Self::Landing),
            Said::Gone => Some(Self::Exit),
            Said::Postponed => Some(Self::Postponement),
            Said::CalledOff => Some(Self::Cancellation),
            Said::Scheduled | Said::Planned => None,
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

fn topic(slug: &str) -> Option<Topic> {
    state_of(slug).and_then(|(said, _)| Topic::of(said))
}

/// The labels of a headline in the model's own sense, and whether its plan is no more than a denial that
/// it is off: what a headline denies upwards ("denies that the trip is cancelled") is the undoing, and what
/// turns a landing down ("did not arrive") denies it.
pub(super) fn read(
    labels: Vec<Label>,
    assertion: Assertion,
    direction: Direction,
) -> (Vec<Label>, bool) {
    let denies_up = assertion == Assertion::Denied && direction == Direction::Up;
    let mut read = Vec::with_capacity(labels.len());
    let mut reaffirms = false;
    for mut label in labels {
        let said = state_of(&label.slug).map(|(said, _)| said);
        let asserts = label.strength > 0.0;
        match said {
            Some(Said::Scheduled | Said::Planned) if denies_up && asserts => {
                reaffirms = true;
                read.extend(
                    ["visit_cancelled", "visit_postponed"]
                        .map(|slug| Label { slug: slug.to_owned(), strength: -label.strength }),
                );
            }
            Some(Said::CalledOff | Said::Postponed) if denies_up && asserts => {
                label.strength = -label.strength;
            }
            Some(Said::Occurred) if direction == Direction::Down && asserts => {
                label.strength = -label.strength;
            }
            _ => {}
        }
        read.push(label);
    }
    (read, reaffirms)
}

/// Somebody says that it is not so.
struct Denial<'a> {
    report: &'a Report,
    topic: Topic,
    /// The days that it names.
    date: Option<Dates>,
    /// His word is beyond doubt.
    decides: bool,
}

/// Where a report stands: place among all reports, and its story.
struct Placed<'a> {
    place: usize,
    story: usize,
    report: &'a Report,
}

/// What later words take away of each report, in the order of the stories; empty: nothing of any.
pub(super) fn verdicts(list: &[Story], decides: impl Fn(&Report) -> bool) -> Vec<Undone> {
    let denials = denials(list, decides);
    let all = list
        .iter()
        .enumerate()
        .flat_map(|(story, told)| told.reports.iter().map(move |report| (story, report)));
    let mut verdicts = Vec::new();
    if denials.is_empty() {
        return verdicts;
    }
    let mut placed: Vec<Placed<'_>> =
        all.enumerate().map(|(place, (story, report))| Placed { place, story, report }).collect();
    verdicts.resize(placed.len(), Undone::default());
    placed.sort_by_key(|one| one.report.arrival);
    for topic in Topic::ALL {
        for denial in denials.iter().filter(|denial| denial.topic == topic) {
            take_away(&placed, denial, &mut verdicts);
        }
    }
    verdicts
}

fn denials(list: &[Story], decides: impl Fn(&Report) -> bool) -> Vec<Denial<'_>> {
    let reports = list.iter().flat_map(|story| &story.reports);
    let mut denials = Vec::new();
    for report in reports {
        let sure = !matches!(report.assertion, Assertion::Hedged | Assertion::Conditional);
        for label in report.labels.iter().filter(|label| sure && label.strength < 0.0) {
            let Some((said, date)) = state_of(&label.slug) else { continue };
            let Some(topic) = Topic::of(said) else { continue };
            denials.push(Denial { report, topic, date, decides: decides(report) });
        }
    }
    denials
}

/// `placed` in the order of arrival.
fn take_away(placed: &[Placed<'_>], denial: &Denial<'_>, verdicts: &mut [Undone]) {
    let now = placed.partition_point(|one| one.report.arrival < denial.report.arrival);
    let (earlier, later) = placed.split_at(now);
    let start = match denial.topic {
        Topic::Landing => episode(earlier, denial),
        Topic::Postponement | Topic::Cancellation | Topic::Exit => {
            superseded(earlier, denial.topic)
        }
    };
    let mut stories = Vec::new();
    for one in earlier.iter().skip(start).filter(|one| is_meant(one.report, denial)) {
        mark(verdicts, one.place, denial.topic);
        stories.push(one.story);
    }
    if !denial.decides {
        return;
    }
    // Later copies of what was denied, and the denial itself.
    for one in later {
        let report = one.report;
        let weak = !matches!(report.class, SourceClass::Official | SourceClass::Desk);
        let copy = weak && asserts(report, denial.topic) && stories.contains(&one.story);
        let itself = report.arrival == denial.report.arrival;
        if itself || (copy && report.received - denial.report.received <= COPIES) {
            mark(verdicts, one.place, denial.topic);
        }
    }
}

fn mark(verdicts: &mut [Undone], place: usize, topic: Topic) {
    if let Some(undone) = verdicts.get_mut(place) {
        undone.add(topic);
    }
}

/// Does the denial take this report away?
fn is_meant(report: &Report, denial: &Denial<'_>) -> bool {
    if !asserts(report, denial.topic) {
        return false;
    }
    let word = denial.report;
    let (desk, own) = (word.class == SourceClass::Desk, report.publisher == word.publisher);
    let answers = if report.class == SourceClass::Desk { desk } else { denial.decides || own };
    let stood = word.received - report.received > EPISODE;
    let settled = denial.topic == Topic::Landing && report.class == SourceClass::Official && stood;
    answers && !settled && denial.date.is_none_or(|date| denial_names(report, date))
}

/// Did it happen, by the report, on the days that the denial names?
fn denial_names(report: &Report, date: Dates) -> bool {
    report.labels.iter().any(|label| match state_of(&label.slug) {
        Some((said, when)) if Topic::of(said) == Some(Topic::Landing) => {
            let at = when.map_or(report.received, Dates::first);
            at + VISIT >= date.first() && at <= date.last() + VISIT
        }
        // A new date does not make it another cancellation.
        Some((said, _)) => Topic::of(said).is_some(),
        None => false,
    })
}

fn asserts(report: &Report, topic: Topic) -> bool {
    said(report).any(|said| Topic::of(said) == Some(topic))
}

/// States that a report asserts.
fn said(report: &Report) -> impl Iterator<Item = Said> + '_ {
    let asserted = report.labels.iter().filter(|label| label.strength > 0.0);
    asserted.filter_map(|label| state_of(&label.slug)).map(|(said, _)| said)
}

/// Where the landing that is denied was first reported: from the latest report back, as long as they
/// follow each other.
fn episode(earlier: &[Placed<'_>], denial: &Denial<'_>) -> usize {
    let mut next: Option<Timestamp> = None;
    let mut start = earlier.len();
    for (index, one) in earlier.iter().enumerate().rev() {
        if !asserts(one.report, Topic::Landing) {
            continue;
        }
        let at = one.report.received;
        let apart = next.map_or(denial.report.received, |next| next) - at;
        if apart > if next.is_some() { EPISODE } else { MEMORY } {
            break;
        }
        (next, start) = (Some(at), index);
    }
    start
}

/// Behind the last official report of it that a later official word has overtaken: what was called off,
/// announced anew and is now denied to be called off is the new trip.
fn superseded(earlier: &[Placed<'_>], topic: Topic) -> usize {
    let mut overtaken = false;
    for (index, one) in earlier.iter().enumerate().rev() {
        if !matches!(one.report.class, SourceClass::Official | SourceClass::Desk) {
            continue;
        }
        if asserts(one.report, topic) {
            if overtaken {
                return index + 1;
            }
        } else {
            overtaken |= said(one.report).next().is_some();
        }
    }
    0
}
