//! What has been heard, by story: the evidence from which the state of a model is computed.
//!
//! A story is one piece of evidence however often it is told (model.md 2.2). Nothing here weighs it.

use statecraft_domain::signal::{Assertion, Capital, DealStage, Direction, Label, SourceClass};
use statecraft_domain::{Nanos, Signal, Timestamp};

use super::account::Account;
use super::refuted::{self, Undone};
use super::schedule::{Said, state_of, stop_as_visit};
use super::state::{is_of_deal, lives, undated};

/// Stories kept one by one; the oldest are folded into the state for good.
pub const STORIES_MAX: usize = 4096;
/// Copies of one story that are kept. The 25th already adds less than rounding.
const REPORTS_MAX: usize = 64;
/// Retractions whose later copies are ignored; the oldest is forgotten first.
const RETRACTED_MAX: usize = 4096;
/// Landings reported no further apart than a visit lasts are one story, whatever the words.
const SAME_LANDING: Nanos = Nanos::from_secs(3 * 86_400);
/// The old words that come again so soon after the contrary ones are a copy that was late.
const COPIED_FOR: Nanos = Nanos::from_secs(86_400);
/// That the leader comes to the President is neither good nor bad news of the President's own visit, and
/// a weight of the model all the same: it counts whatever direction its headline has.
const INBOUND: &str = "leader_inbound";

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
    /// Which way it turns what it speaks of.
    pub direction: Direction,
    /// Whose money.
    pub capital: Capital,
    /// What it says.
    pub labels: Vec<Label>,
    /// Time for which sources had been heard from when it came (see [`super::silence`]).
    pub alive: Nanos,
    /// Is its plan no more than the denial of a cancellation or a postponement? Such a report invents no
    /// plan beside one that is known.
    pub reaffirms: bool,
    /// Whose account it is.
    pub(super) account: Account,
    /// What of it a later word has taken away.
    pub(super) undone: Undone,
    /// Its place among all that arrived.
    pub(super) arrival: u64,
    /// Its cluster, or its own id (see [`key_of`]).
    key: String,
}

/// What a slug speaks of, without date or stage.
#[derive(Debug, PartialEq)]
enum Topic<'a> {
    /// A plan or its execution.
    State(Said),
    /// The deal.
    Deal,
    /// A weight of its own.
    Weight(&'a str),
}

impl<'a> Topic<'a> {
    fn of(slug: &'a str) -> Self {
        match state_of(slug) {
            // Who announces it also plans it.
            Some((Said::Planned, _)) => Self::State(Said::Scheduled),
            Some((said, _)) => Self::State(said),
            None if slug != "deal_collapse" && is_of_deal(slug) => Self::Deal,
            None => Self::Weight(slug),
        }
    }
}

impl Report {
    /// A signal as a report, with the labels that `known` wants; `None` if it is no evidence at all. A stop on
    /// the way is a visit where `stopovers` count, and nothing elsewhere.
    #[must_use]
    pub fn of(
        signal: &Signal,
        received: Timestamp,
        alive: Nanos,
        stopovers: bool,
        known: impl Fn(&Label) -> bool,
    ) -> Option<Self> {
        let desk = signal.class == SourceClass::Desk;
        let (assertion, direction, stage, capital) = match &signal.claim {
            Some(claim) => (claim.assertion, claim.direction, claim.stage, claim.capital),
            None => (Assertion::Asserted, Direction::Up, None, Capital::None),
        };
        let neutral = direction == Direction::Neutral && !desk;
        if !assertion.is_evidence() || signal.class == SourceClass::Satire {
            return None;
        }
        let counts = |label: &&Label| {
            !neutral
                || undated(&label.slug).0 == INBOUND
                || (stopovers && stop_as_visit(&label.slug).is_some())
        };
        let finite = |label: &&Label| label.strength.is_finite() && known(label);
        let read = |label: &Label| match stop_as_visit(&label.slug) {
            Some(visit) => stopovers.then_some(Label { slug: visit, strength: label.strength }),
            None => Some(label.clone()),
        };
        let labels = signal.labels.iter().filter(counts).filter(finite).filter_map(read).collect();
        let (labels, reaffirms) =
            if desk { (labels, false) } else { refuted::read(labels, assertion, direction) };
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
            direction,
            capital,
            labels,
            alive,
            reaffirms,
            account: Account::of(signal, publisher),
            undone: Undone::default(),
            arrival: 0,
            key: String::new(),
        })
    }

    /// What it says, without what a later word has taken away.
    pub fn in_force(&self) -> impl Iterator<Item = &Label> {
        self.labels.iter().filter(|label| !self.undone.holds(&label.slug))
    }

    /// What it says of a slug: 1 asserted, -1 denied, 0 nothing.
    #[must_use]
    pub fn sign(&self, slug: &str) -> f64 {
        let about = self.in_force().filter(|label| label.slug == slug);
        let sum: f64 = about.map(|label| label.strength).sum();
        if sum == 0.0 { 0.0 } else { sum.signum() }
    }

    /// Does it speak of the same thing, in the same sense? Dates and stages may differ.
    fn agrees(&self, slug: &str, sign: f64) -> bool {
        let topic = Topic::of(slug);
        self.in_force().any(|label| Topic::of(&label.slug) == topic && label.strength * sign > 0.0)
    }

    /// Is it an official word that something is not so?
    fn is_official_denial(&self) -> bool {
        let denies = self.assertion == Assertion::Denied
            || self.labels.iter().all(|label| label.strength < 0.0);
        self.class == SourceClass::Official && denies
    }

    /// The words without case, spaces and signs: equal for a copy that was only set anew.
    fn words(&self) -> impl Iterator<Item = char> + '_ {
        let letters = self.title.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase)
    }

    /// The same publisher, the same agency behind them, or the same words?
    pub(super) fn echoes(&self, other: &Self) -> bool {
        self.publisher == other.publisher
            || self.account.is_same(&other.account)
            || self.words().eq(other.words())
    }

    /// Does it deny, on record, that this happened?
    fn undoes(&self, seen: Said) -> bool {
        let denied = |label: &Label| {
            label.strength < 0.0 && state_of(&label.slug).is_some_and(|(said, _)| said == seen)
        };
        self.is_of_record() && self.labels.iter().any(denied)
    }

    /// What it says has happened for everybody to see (a visit, an end in office), and when.
    fn seen(&self) -> Option<(Said, Timestamp)> {
        let asserted = self.labels.iter().filter(|label| label.strength > 0.0);
        asserted.filter_map(|label| state_of(&label.slug)).find_map(|(said, date)| match said {
            Said::Occurred | Said::Gone => {
                Some((said, date.map_or(self.received, |date| date.first())))
            }
            _ => None,
        })
    }

    /// Does the plan stand, by what it asserts? `None`: it says nothing of that.
    fn keeps(&self) -> Option<bool> {
        let asserted = self.labels.iter().filter(|label| label.strength > 0.0);
        asserted.filter_map(|label| state_of(&label.slug)).find_map(|(said, _)| match said {
            Said::Scheduled => Some(true),
            Said::CalledOff | Said::Postponed => Some(false),
            Said::Planned | Said::Occurred | Said::Gone => None,
        })
    }

    /// Is it the word of officials or of the desk, whose later word replaces the earlier?
    const fn is_of_record(&self) -> bool {
        matches!(self.class, SourceClass::Official | SourceClass::Desk)
    }

    /// Told by another publisher, on his own account and in other words, within `window`?
    fn corroborates(&self, other: &Self, window: Nanos) -> bool {
        let apart = if self.received >= other.received {
            self.received - other.received
        } else {
            other.received - self.received
        };
        let independent = !(is_copyist(self.class) && is_copyist(other.class));
        independent && apart <= window && !self.echoes(other)
    }
}

/// Pages that mostly repeat what others report: they copy each other, so that many of them are no more
/// than one.
#[must_use]
pub const fn is_copyist(class: SourceClass) -> bool {
    match class {
        SourceClass::Aggregator
        | SourceClass::Local
        | SourceClass::Sports
        | SourceClass::Entertainment
        | SourceClass::Social => true,
        SourceClass::Desk
        | SourceClass::Official
        | SourceClass::Wire
        | SourceClass::TopTier
        | SourceClass::National
        | SourceClass::TradePress
        | SourceClass::Business
        | SourceClass::Commentary
        | SourceClass::Satire => false,
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
    /// Do two publishers, independently, assert this slug (`sign` 1), or deny it (-1)? Who denies does
    /// not corroborate who asserts.
    #[must_use]
    pub fn is_corroborated(&self, slug: &str, sign: f64, window: Nanos) -> bool {
        let agree: Vec<&Report> = self.reports.iter().filter(|r| r.agrees(slug, sign)).collect();
        let pairs = agree.iter().enumerate();
        pairs
            .flat_map(|(index, one)| agree[..index].iter().map(move |other| (one, other)))
            // Of a deal one may say that it lives, the other that it is dead.
            .filter(|(one, other)| Topic::of(slug) != Topic::Deal || lives(one) == lives(other))
            .any(|(one, other)| one.corroborates(other, window))
    }

    /// Does a source of this class assert this slug (`sign` 1), or deny it (-1)?
    #[must_use]
    pub fn is_told_by(&self, class: SourceClass, slug: &str, sign: f64) -> bool {
        self.reports.iter().any(|report| report.class == class && report.sign(slug) * sign > 0.0)
    }

    /// Is it the word of officials that something is not so?
    #[must_use]
    pub fn is_official_denial(&self) -> bool {
        self.reports.first().is_some_and(Report::is_official_denial)
    }

    /// Has all of it been taken away?
    #[must_use]
    pub fn is_undone(&self) -> bool {
        self.reports.iter().all(|report| report.in_force().next().is_none())
    }

    /// When what is left of it was first heard.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        let left = self.reports.iter().find(|report| report.in_force().next().is_some());
        left.map_or(self.first, |report| report.received)
    }

    /// Does it hold reports of this cluster?
    fn has(&self, key: &str) -> bool {
        self.key == key || self.reports.iter().any(|report| report.key == key)
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

/// Reports that are not heard any more.
#[derive(Debug, Clone, PartialEq)]
struct Retracted {
    key: String,
    /// Whose; `None`: everybody's, by the user's own hand.
    publisher: Option<String>,
}

/// The stories, oldest first.
///
/// A cluster may be several of them: an official denial is a story of its own, told when it is told, so
/// that it replaces what was said before it; so is the official word that takes the denial back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stories {
    list: Vec<Story>,
    retracted: Vec<Retracted>,
    arrived: u64,
}

impl Stories {
    /// All that are kept.
    #[must_use]
    pub fn list(&self) -> &[Story] {
        &self.list
    }

    /// Takes in a report.
    pub fn add(&mut self, key: &str, mut report: Report) -> Added {
        let gone = |retracted: &Retracted| {
            let same = |publisher: &String| *publisher == report.publisher;
            retracted.key == key && retracted.publisher.as_ref().is_none_or(same)
        };
        if self.retracted.iter().any(gone) {
            return Added::Ignored;
        }
        self.arrived += 1;
        report.arrival = self.arrived;
        key.clone_into(&mut report.key);
        self.put(key, report)
    }

    fn put(&mut self, key: &str, report: Report) -> Added {
        if let Some(index) = self.place(key, &report) {
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

    /// Which story a report belongs to: a landing that others report already is one story, whatever
    /// the clusters; anything else is told with its cluster.
    fn place(&self, key: &str, report: &Report) -> Option<usize> {
        self.same_sight(report).or_else(|| self.of_cluster(key, report))
    }

    /// The latest landing, or end in office, if this reports it too. Officials need no support: their word stands where it
    /// is told.
    fn same_sight(&self, report: &Report) -> Option<usize> {
        let (said, landed) = report.seen().filter(|_| !report.is_of_record())?;
        let near = |(other, at): (Said, Timestamp)| {
            other == said && at - landed <= SAME_LANDING && landed - at <= SAME_LANDING
        };
        let told = |one: &Report| {
            !one.is_of_record()
                && one.seen().is_some_and(near)
                && report.received - one.received <= SAME_LANDING
        };
        let denials = || self.list.iter().flat_map(|story| &story.reports);
        let denied = denials().filter(|one| one.undoes(said)).map(|one| one.arrival).max();
        let stands = |one: &Report| denied.is_none_or(|denied| one.arrival > denied);
        let same = |story: &Story| story.reports.iter().any(|one| told(one) && stands(one));
        self.list.iter().rposition(same)
    }

    fn of_cluster(&self, key: &str, report: &Report) -> Option<usize> {
        let denial = report.is_official_denial();
        // News belong to recent stories: searched from the end.
        let of_kind = |denial: bool| {
            self.list
                .iter()
                .rposition(|story| story.has(key) && story.is_official_denial() == denial)
        };
        let (same, other) = (of_kind(denial)?, of_kind(!denial));
        let official = report.class == SourceClass::Official;
        // An official who changes his word tells a new story, and so does one who says again what another
        // official word has replaced.
        let changed = other.is_some_and(|other| other > same) || self.is_replaced(same, report);
        (!(official && changed)).then_some(same)
    }

    /// Did officials, in a story after this one, say the contrary of what this report says?
    fn is_replaced(&self, index: usize, report: &Report) -> bool {
        let Some(stands) = report.keeps() else { return false };
        let mut later = self.list.iter().skip(index + 1).flat_map(|story| &story.reports);
        let replaces = |one: &Report| {
            one.is_of_record()
                && one.keeps() == Some(!stands)
                && report.received - one.received >= COPIED_FOR
        };
        later.any(replaces)
    }

    /// Decides anew what later words take away; `decides` says whose word is beyond doubt. Returns the
    /// first place in the list where anything changed.
    pub fn judge(&mut self, decides: impl Fn(&Report) -> bool) -> Option<usize> {
        let verdicts = refuted::verdicts(&self.list, decides);
        let mut verdicts = verdicts.into_iter();
        let mut first = None;
        for (index, story) in self.list.iter_mut().enumerate() {
            for report in &mut story.reports {
                let undone = verdicts.next().unwrap_or_default();
                if std::mem::replace(&mut report.undone, undone) != undone {
                    first = first.or(Some(index));
                }
            }
        }
        first
    }

    /// Takes back what the publisher of `signal` told of a story, and ignores his copies from now on;
    /// the user's own desk takes back all of it. Nobody withdraws what others say. Returns the first
    /// place in the list where anything changed.
    pub fn retract(&mut self, key: &str, signal: &Signal) -> Option<usize> {
        let desk = signal.class == SourceClass::Desk;
        let publisher =
            if signal.publisher.is_empty() { &signal.source } else { &signal.publisher };
        let own = |report: &Report| desk || report.publisher == *publisher;
        let own = |report: &Report| report.key == key && own(report);
        let told = |story: &Story| story.reports.iter().any(own);
        let first = self.list.iter().position(told);
        if !desk && first.is_none() {
            return None;
        }
        self.ignore(Retracted {
            key: key.to_owned(),
            publisher: (!desk).then(|| publisher.clone()),
        });
        let first = first?;
        let mut left = self.list.clone().into_iter().flat_map(|s| s.reports).collect::<Vec<_>>();
        left.retain(|report| !own(report));
        left.sort_by_key(|report| report.arrival);
        Some(first.min(self.told_again(left)))
    }

    /// What is left stands where it would stand had the others never told it. Returns the first place at
    /// which the list differs.
    fn told_again(&mut self, left: Vec<Report>) -> usize {
        let before = std::mem::take(&mut self.list);
        for report in left {
            let key = report.key.clone();
            self.put(&key, report);
        }
        let same = before.iter().zip(&self.list).take_while(|(one, other)| one == other);
        same.count()
    }

    fn ignore(&mut self, retracted: Retracted) {
        if self.retracted.contains(&retracted) {
            return;
        }
        if self.retracted.len() >= RETRACTED_MAX {
            self.retracted.remove(0);
        }
        self.retracted.push(retracted);
    }

    /// Forgets the oldest `count`.
    pub fn retire(&mut self, count: usize) {
        self.list.drain(..count.min(self.list.len()));
    }
}
