//! From an item to signals: its headline is read for every country that a strategy asks about, and
//! what was read becomes one signal an event.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use statecraft_domain::signal::{Assertion, Label, SourceClass};
use statecraft_domain::{Signal, Timestamp};
use statecraft_extraction::{Headline, Reading};

use super::feed::Item;
use super::labeller::Labeller;
use super::memory::item_id;
use super::said::{Heard, Said, headline, words_of};

mod reposts;

use reposts::{Reposts, Stance, Word, stances};

/// Reads headlines.
pub trait Reader: Send + Sync {
    /// What the headline says about its target.
    fn read(&self, headline: &Headline<'_>) -> Reading;

    /// Do these words name the country? A sentence that does not, under a title that does not, is about
    /// others.
    fn names(&self, words: &str, lang: &str, country: &str) -> bool;

    /// The second reader, if there is one.
    fn labeller(&self) -> Option<&Labeller> {
        None
    }

    /// The story that a relevant headline belongs to. `id` names one that begins with it; `link` is
    /// where it can be read, `at` when it came.
    fn story(
        &self,
        headline: &Headline<'_>,
        reading: &Reading,
        id: &str,
        link: &str,
        at: Timestamp,
    ) -> String;

    /// Takes a headline into memory that an earlier run has put into this story.
    fn remember(
        &self,
        headline: &Headline<'_>,
        reading: &Reading,
        story: &str,
        link: &str,
        at: Timestamp,
    );
}

/// A country and the events that are about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Country slug.
    pub country: String,
    /// Event slugs.
    pub events: Vec<String>,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// It says something: a signal an event.
    Signals(Vec<Signal>),
    /// It says nothing about any subject.
    Irrelevant,
    /// It is no evidence (opinion, satire, injection), for any subject.
    NoEvidence(Assertion),
    /// The same headline was heard from a source at least as good.
    Repost,
}

/// Reads items for every subject; shared by all sources.
pub struct ReadingRoom {
    reader: Arc<dyn Reader>,
    subjects: Vec<Subject>,
    reposts: Mutex<Reposts>,
    unmatched: AtomicU64,
}

impl std::fmt::Debug for ReadingRoom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadingRoom").field("subjects", &self.subjects).finish_non_exhaustive()
    }
}

/// An item with everything that is known about where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Sourced<'a> {
    /// The item.
    pub item: &'a Item,
    /// Name of its source.
    pub source: &'a str,
    /// Its id.
    pub id: &'a str,
    /// Its class.
    pub class: SourceClass,
    /// Who is behind it.
    pub publisher: &'a str,
    /// When it was published, as far as is known.
    pub published: Timestamp,
    /// When we have it.
    pub received: Timestamp,
}

impl ReadingRoom {
    /// A room that reads for these subjects.
    #[must_use]
    pub fn new(reader: Arc<dyn Reader>, subjects: Vec<Subject>) -> Self {
        Self { reader, subjects, reposts: Mutex::default(), unmatched: AtomicU64::new(0) }
    }

    /// Has the second reader, if there is one, look at an item before it is read: only at what the rules
    /// find relevant, because nothing else can come of it.
    pub async fn prepare(&self, sourced: &Sourced<'_>) {
        let Some(labeller) = self.reader.labeller() else { return };
        for subject in &self.subjects {
            let headline = headline(sourced, &sourced.item.title, &subject.country);
            if self.reader.read(&headline).relevant {
                labeller.prepare(&headline).await;
            }
        }
    }

    /// Reads an item. With `changed`, it replaces an earlier item of the same name: then only a
    /// withdrawal, a denial or a correction counts.
    #[must_use]
    pub fn read(&self, sourced: &Sourced<'_>, changed: bool) -> Read {
        let said = Said::of(sourced.class, &sourced.item.title, &sourced.item.text);
        let mut readings = Vec::new();
        let mut no_evidence = None;
        for subject in &self.subjects {
            match said.read(self.reader.as_ref(), sourced, &subject.country) {
                Heard::NoEvidence(assertion) => no_evidence = Some(assertion),
                Heard::Part(words, reading) => {
                    if reading.relevant && (!changed || is_revision(reading.claim.assertion)) {
                        readings.push((subject, words, reading));
                    }
                }
            }
        }
        if no_evidence == Some(Assertion::Injection) {
            return Read::NoEvidence(Assertion::Injection);
        }
        let taken = readings.iter().flat_map(|(subject, _, reading)| {
            stances(&subject.country, &labels(reading), reading.claim.direction)
        });
        let word = Word {
            print: said.print(),
            class: sourced.class,
            published: sourced.published,
            received: sourced.received,
            stances: taken.collect(),
        };
        if !readings.is_empty() && !self.is_news(&word) {
            return Read::Repost;
        }
        let mut signals = Vec::new();
        for (subject, words, reading) in readings {
            let story = self.story(sourced, &subject.country, &words, &reading);
            signals.extend(
                subject.events.iter().map(|event| signal(sourced, event, &reading, &story)),
            );
        }
        match (signals.is_empty(), no_evidence) {
            (false, _) => Read::Signals(signals),
            (true, Some(assertion)) => Read::NoEvidence(assertion),
            (true, None) => Read::Irrelevant,
        }
    }

    /// The story of a report; a denial, correction or withdrawal of something that nobody here has heard
    /// of is a story of its own, and said so.
    fn story(
        &self,
        sourced: &Sourced<'_>,
        country: &str,
        words: &str,
        reading: &Reading,
    ) -> String {
        let (item, at) = (sourced.item, sourced.received);
        let new = story_id(sourced, country);
        let report = headline(sourced, words, country);
        let story = self.reader.story(&report, reading, &new, &item.url, at);
        let assertion = reading.claim.assertion;
        if story == new && is_revision(assertion) {
            self.unmatched.fetch_add(1, Ordering::Relaxed);
            let (source, title) = (sourced.source, item.title.as_str());
            tracing::warn!(
                source,
                ?title,
                ?assertion,
                country,
                "it answers no story that is known"
            );
        }
        story
    }

    /// Denials, corrections and withdrawals so far that answered no story known.
    #[must_use]
    pub fn unmatched_revisions(&self) -> u64 {
        self.unmatched.load(Ordering::Relaxed)
    }

    /// Takes in what earlier runs read, oldest first: stories and reposts are known again as they were.
    pub fn remember(&self, signals: &[Signal]) {
        let mut told = BTreeSet::new();
        for signal in signals {
            let Some(claim) = &signal.claim else { continue };
            let said = Said::of(signal.class, &signal.title, &signal.text);
            let about = |subject: &&Subject| subject.events.contains(&signal.target);
            let taken = self
                .subjects
                .iter()
                .filter(about)
                .flat_map(|subject| stances(&subject.country, &signal.labels, claim.direction));
            let stances: Vec<Stance> = taken.collect();
            let (class, published, received) = (signal.class, signal.published, signal.received);
            self.is_news(&Word { print: said.print(), class, published, received, stances });
            let reading = Reading {
                relevant: true,
                slugs: signal.labels.iter().map(|label| undated(&label.slug)).collect(),
                claim: claim.clone(),
                ..Reading::default()
            };
            for subject in self.subjects.iter().filter(about) {
                // An item makes a signal an event, but one report a country.
                if !told.insert((item_id(signal), signal.source.as_str(), &subject.country)) {
                    continue;
                }
                let report = Headline {
                    title: words_of(&signal.title, &claim.citations),
                    lang: signal.lang.split('-').next().unwrap_or_default(),
                    class: signal.class,
                    target: &subject.country,
                    published: Some(signal.published),
                };
                let (story, at) = (&signal.cluster, signal.received);
                self.reader.remember(&report, &reading, story, &signal.url, at);
            }
        }
    }

    fn is_news(&self, word: &Word) -> bool {
        let mut reposts = self.reposts.lock().unwrap_or_else(PoisonError::into_inner);
        reposts.is_news(word)
    }
}

/// A story is called after the report that began it, so that no two ever share a name: a source may use
/// an id again, but not within a second.
fn story_id(sourced: &Sourced<'_>, country: &str) -> String {
    let Sourced { source, id, received, .. } = sourced;
    format!("{source}/{id}@{}:{country}", received.secs())
}

const fn is_revision(assertion: Assertion) -> bool {
    matches!(assertion, Assertion::Denied | Assertion::Retracted | Assertion::Correction)
}

fn signal(sourced: &Sourced<'_>, event: &str, reading: &Reading, story: &str) -> Signal {
    Signal {
        id: format!("{}:{event}", sourced.id),
        source: sourced.source.to_owned(),
        published: sourced.published,
        received: sourced.received,
        title: sourced.item.title.clone(),
        text: sourced.item.text.clone(),
        url: sourced.item.url.clone(),
        lang: sourced.item.lang.clone(),
        target: event.to_owned(),
        labels: labels(reading),
        class: sourced.class,
        cluster: story.to_owned(),
        publisher: sourced.publisher.to_owned(),
        claim: Some(reading.evidence()),
        forecast: None,
    }
}

/// One label a signal, as the reading states it: said (+1) or denied (-1), with its time and the name of
/// its summit (`visit_announced:2028-03`, `summit_window@apec`).
fn labels(reading: &Reading) -> Vec<Label> {
    let stated = reading.stated().into_iter();
    stated
        .map(|one| Label { slug: one.label(), strength: if one.denied { -1.0 } else { 1.0 } })
        .collect()
}

/// A slug without the date that was said with it.
fn undated(slug: &str) -> String {
    slug.split(':').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
