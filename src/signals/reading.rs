//! From an item to signals: its headline is read for every country that a strategy asks about, and
//! what was read becomes one signal an event.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use statecraft_domain::signal::{Assertion, Direction, Label, SourceClass};
use statecraft_domain::{Nanos, Signal, Timestamp};
use statecraft_extraction::{Headline, Reading};

use super::feed::{Item, fingerprint};
use super::labeller::Labeller;

/// Headlines remembered, to know a repost.
const REPOSTS_MAX: usize = 50_000;
/// For so long.
const REPOSTS_FOR: Nanos = Nanos::from_secs(7 * 86_400);

/// Reads headlines.
pub trait Reader: Send + Sync {
    /// What the headline says about its target.
    fn read(&self, headline: &Headline<'_>) -> Reading;

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
        Self { reader, subjects, reposts: Mutex::default() }
    }

    /// Has the second reader, if there is one, look at an item before it is read: only at what the rules
    /// find relevant, because nothing else can come of it.
    pub async fn prepare(&self, sourced: &Sourced<'_>) {
        let Some(labeller) = self.reader.labeller() else { return };
        for subject in &self.subjects {
            let headline = headline(sourced, &subject.country);
            if self.reader.read(&headline).relevant {
                labeller.prepare(&headline).await;
            }
        }
    }

    /// Reads an item. With `changed`, it replaces an earlier item of the same name: then only a
    /// withdrawal, a denial or a correction counts.
    #[must_use]
    pub fn read(&self, sourced: &Sourced<'_>, changed: bool) -> Read {
        let mut readings = Vec::new();
        let mut no_evidence = None;
        for subject in &self.subjects {
            let headline = headline(sourced, &subject.country);
            let reading = self.reader.read(&headline);
            if !reading.claim.assertion.is_evidence() {
                no_evidence = Some(reading.claim.assertion);
                continue;
            }
            if !reading.relevant || (changed && !is_revision(reading.claim.assertion)) {
                continue;
            }
            readings.push((subject, headline, reading));
        }
        if !readings.is_empty() && self.is_repost(sourced) {
            return Read::Repost;
        }
        let mut signals = Vec::new();
        for (subject, headline, reading) in readings {
            let (id, at) = (format!("{}:{}", sourced.id, subject.country), sourced.received);
            let story = self.reader.story(&headline, &reading, &id, &sourced.item.url, at);
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

    fn is_repost(&self, sourced: &Sourced<'_>) -> bool {
        let mut reposts = self.reposts.lock().unwrap_or_else(PoisonError::into_inner);
        !reposts.is_news(fingerprint(&sourced.item.title), sourced.class, sourced.received)
    }
}

fn headline<'a>(sourced: &Sourced<'a>, country: &'a str) -> Headline<'a> {
    Headline {
        title: &sourced.item.title,
        lang: sourced.item.lang.split('-').next().unwrap_or_default(),
        class: sourced.class,
        target: country,
        published: Some(sourced.published),
    }
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
        claim: Some(reading.claim.clone()),
        forecast: None,
    }
}

/// One label a slug: said (+1) or denied (-1). States of a visit carry their time, if one is said, as
/// `visit_announced:2028`, `:2028-03`, `:2028-03..2028-05` (both months included) or `:2028-03-14`; a
/// summit its name, as `summit_window@apec`.
fn labels(reading: &Reading) -> Vec<Label> {
    let known = reading.slugs.iter().filter(|slug| slug.as_str() != "none");
    known
        .map(|slug| Label { slug: label(reading, slug), strength: strength(reading, slug) })
        .collect()
}

fn label(reading: &Reading, slug: &str) -> String {
    let name = match reading.summit.filter(|_| slug == "summit_window") {
        Some(summit) => format!("{slug}@{summit}"),
        None => slug.to_owned(),
    };
    match reading.visit_on.filter(|_| is_dated(slug)) {
        Some(span) => format!("{name}:{span}"),
        None => name,
    }
}

/// What a denial denies is the slug, unless it denies the undoing ("will not skip Tokyo": the visit is
/// planned). A summit without the President counts against its window.
fn strength(reading: &Reading, slug: &str) -> f64 {
    let direction = reading.claim.direction;
    let against = match slug {
        "summit_window" => direction == Direction::Down,
        _ => reading.claim.assertion == Assertion::Denied && direction != Direction::Up,
    };
    if against { -1.0 } else { 1.0 }
}

fn is_dated(slug: &str) -> bool {
    matches!(slug, "visit_announced" | "visit_planned" | "visit_postponed" | "summit_window")
}

/// Headlines heard, and the best class each was heard from.
#[derive(Debug, Default)]
struct Reposts {
    best: HashMap<[u8; 32], SourceClass>,
    order: VecDeque<(Timestamp, [u8; 32])>,
}

impl Reposts {
    /// News is what was not heard before, or only from a lesser class: a rumour that is quicker must not
    /// silence the record. Classes are ordered by how far they are believed.
    fn is_news(&mut self, print: [u8; 32], class: SourceClass, now: Timestamp) -> bool {
        while let Some(&(at, oldest)) = self.order.front()
            && (now - at > REPOSTS_FOR || self.order.len() >= REPOSTS_MAX)
        {
            self.order.pop_front();
            self.best.remove(&oldest);
        }
        match self.best.get_mut(&print) {
            Some(best) if *best <= class => false,
            Some(best) => {
                *best = class;
                true
            }
            None => {
                self.best.insert(print, class);
                self.order.push_back((now, print));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests;
