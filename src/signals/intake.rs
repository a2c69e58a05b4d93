//! Where a source's lines and items go: each is let through or not, read, and becomes signals or nothing.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use statecraft_domain::signal::{Assertion, SourceClass};
use statecraft_domain::{Signal, Timestamp};

use super::counters::{Counts, add};
use super::feed::{Contents, ITEM_ID_LEN, Item, fingerprint};
use super::gate::{Gate, Refusal};
use super::parse::parse_line;
use super::provenance::Provenance;
use super::queue::Queue;
use super::reading::{Read, Sourced};
use super::run::Common;
use super::state::{SourceReport, State};

/// Items that the second reader looks at, a look at a feed.
const PREPARED_MAX: usize = 20;
/// Fingerprints remembered a source.
const TEXTS_MAX: usize = 20_000;

/// Where a source's lines and items go.
pub(super) struct Intake {
    pub(super) name: String,
    pub(super) provenance: Provenance,
    pub(super) common: Common,
    pub(super) gate: Mutex<Gate>,
    pub(super) queue: Arc<Queue<Signal>>,
    pub(super) counts: Arc<Counts>,
    /// Fingerprints of the items known, to see one that was changed.
    pub(super) texts: Mutex<BTreeMap<String, [u8; 32]>>,
    /// How the source is.
    pub(super) state: Mutex<State>,
}

/// What became of one line or item.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// So many signals were made of it.
    Accepted(usize),
    /// It was not let through.
    Refused(Refusal),
    /// It was read, and nothing came of it.
    Silent(Silence),
}

/// Why nothing came of an item that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// About nothing that a strategy asks.
    #[error("says nothing about the country of any strategy")]
    Irrelevant,
    /// Opinion.
    #[error("an opinion is no evidence")]
    Opinion,
    /// Satire.
    #[error("satire is no evidence")]
    Satire,
    /// An attempt to speak to the program.
    #[error("speaks to the program instead of about the world")]
    Injection,
    /// Heard before.
    #[error("the same headline was heard before, from a source at least as good")]
    Repost,
    /// It has no labels, and nobody reads headlines.
    #[error("carries no labels, and no strategy names a country to read headlines for")]
    NotRead,
}

impl Intake {
    /// Takes one line in. `number` is its place in the source, from one, for reports. False: the source
    /// has brought as many as it may for now; the line was not looked at and may be brought again.
    pub(super) fn line(&self, line: &[u8], number: u64) -> bool {
        if line.iter().all(u8::is_ascii_whitespace) {
            return true;
        }
        match parse_line(line, &self.name, self.now()) {
            Ok(signal) => {
                let admitted = self.lock_gate().admit(&signal);
                if admitted == Err(Refusal::TooMany) {
                    return false;
                }
                self.judged(signal, admitted);
            }
            Err(error) => {
                self.malformed();
                tracing::warn!(source = %self.name, line = number, %error, "bad signal line skipped");
            }
        }
        true
    }

    /// Waits until one more signal drops none.
    pub(super) async fn room(&self) {
        self.queue.room().await;
    }

    /// About so many lines or items wait because of the source's limit.
    pub(super) fn waits(&self, count: u64) {
        let per_minute = self.lock_gate().per_minute();
        if self.lock_state().waits(count) {
            let minutes = count / u64::from(per_minute).max(1);
            tracing::warn!(
                code = "signal_backlog",
                source = %self.name,
                waiting = count,
                per_minute,
                minutes,
                "more signals than per_minute lets in: what came last is heard in so many minutes; raise it"
            );
        }
    }

    /// Counts what is no signal.
    pub(super) fn malformed(&self) {
        add(&self.counts.lines);
        add(&self.counts.malformed);
    }

    /// Takes one parsed line in: as it is if it carries labels or a forecast, else by its headline.
    pub(super) fn signal(&self, signal: Signal) -> Outcome {
        let admitted = self.lock_gate().admit(&signal);
        self.judged(signal, admitted)
    }

    /// Takes in what was let through, or not.
    fn judged(&self, mut signal: Signal, admitted: Result<(), Refusal>) -> Outcome {
        add(&self.counts.lines);
        if let Err(refusal) = admitted {
            return self.refused(refusal, &signal.id);
        }
        add(&self.counts.news);
        if signal.labels.is_empty() && signal.forecast.is_none() && self.common.reading.is_some() {
            let id = signal.id.clone();
            return self.read(&Item::from(signal), &id, None);
        }
        (signal.class, signal.publisher) = (SourceClass::Desk, self.name.clone());
        self.push(signal);
        Outcome::Accepted(1)
    }

    /// Has the second reader look at what is new, a bounded number of items a look.
    pub(super) async fn prepare(&self, contents: &Contents) {
        let Some(room) = &self.common.reading else { return };
        let fresh = |item: &&Item| !self.lock_texts().contains_key(&item.id(&self.name));
        for item in contents.items.iter().filter(fresh).take(PREPARED_MAX) {
            let (class, publisher) = self.provenance.of_link(&item.url);
            let (received, publisher) = (self.now(), publisher.as_str());
            let published = item.published.unwrap_or(received);
            let (source, id) = (self.name.as_str(), "");
            room.prepare(&Sourced { item, source, id, class, publisher, published, received })
                .await;
        }
    }

    /// Takes the items of a document in, oldest first. On the `first` look, an item without a date may
    /// be as old as it likes.
    pub(super) fn contents(&self, mut contents: Contents, first: bool) {
        let (bad, large) = (contents.bad, contents.too_large);
        if bad + large + contents.too_many > 0 {
            tracing::debug!(source = %self.name, bad, large, too_many = contents.too_many, "items left out");
        }
        self.counts.malformed.fetch_add((bad + large) as u64, Ordering::Relaxed);
        contents.items.reverse();
        contents.items.sort_by_key(|item| item.published);
        let before = self.counts.too_many.load(Ordering::Relaxed);
        for item in &contents.items {
            self.item(item, first);
        }
        self.waits(self.counts.too_many.load(Ordering::Relaxed) - before);
    }

    fn item(&self, item: &Item, first: bool) {
        let id = item.id(&self.name);
        let print = fingerprint(&item.title);
        let known = self.lock_texts().get(&id).copied();
        let id = match known {
            Some(known) if known == print => return,
            // Another headline under the same name: it needs a name of its own.
            Some(_) => format!("{id}.{}", hex::encode(print.get(..4).unwrap_or_default())),
            None => id,
        };
        if self.lock_gate().knows(&id) {
            return;
        }
        add(&self.counts.lines);
        let now = self.now();
        if item.published.is_none() && first {
            add(&self.counts.undated);
            add(&self.counts.news);
            self.remember(item, print);
            return;
        }
        let admitted = self.lock_gate().admit_id(&id, item.published.unwrap_or(now), now);
        match admitted {
            Ok(()) => {
                add(&self.counts.news);
                self.read(item, &id, known);
                self.remember(item, print);
            }
            Err(refusal) => {
                // What is too old stays so; what is ahead of its time, or came too fast, comes again.
                if matches!(refusal, Refusal::TooOld) {
                    add(&self.counts.news);
                    self.remember(item, print);
                }
                self.refused(refusal, &id);
            }
        }
    }

    fn remember(&self, item: &Item, print: [u8; 32]) {
        self.remember_text(item.id(&self.name), print);
    }

    fn remember_text(&self, id: String, print: [u8; 32]) {
        let mut texts = self.lock_texts();
        if texts.len() >= TEXTS_MAX {
            texts.clear();
        }
        texts.insert(id, print);
    }

    /// Knows an item again that an earlier run has taken in.
    pub(super) fn remember_signal(&self, id: &str, signal: &Signal) {
        self.lock_gate().remember(id, signal.received);
        // A changed headline was taken in under a name of its own, behind a full stop.
        let item = id.split('.').next().unwrap_or_default();
        if signal.claim.is_some() && item.len() == ITEM_ID_LEN {
            self.remember_text(item.to_owned(), fingerprint(&signal.title));
        }
    }

    /// Reads a headline and hands on what it says.
    fn read(&self, item: &Item, id: &str, known: Option<[u8; 32]>) -> Outcome {
        let Some(room) = &self.common.reading else { return self.silent(Silence::NotRead, item) };
        let (class, publisher) = match self.provenance.of_link(&item.url) {
            // The desk's word is its labels. A headline it passes on is somebody else's.
            (SourceClass::Desk, publisher) => (SourceClass::Aggregator, publisher),
            known => known,
        };
        let received = self.now();
        let published = item.published.unwrap_or(received);
        let (source, publisher) = (self.name.as_str(), publisher.as_str());
        let sourced = Sourced { item, source, id, class, publisher, published, received };
        match room.read(&sourced, known.is_some()) {
            Read::Signals(signals) => {
                let count = signals.len();
                signals.into_iter().for_each(|signal| self.push(signal));
                Outcome::Accepted(count)
            }
            Read::Irrelevant => self.silent(Silence::Irrelevant, item),
            Read::Repost => self.silent(Silence::Repost, item),
            Read::NoEvidence(Assertion::Satire) => self.silent(Silence::Satire, item),
            Read::NoEvidence(Assertion::Injection) => self.silent(Silence::Injection, item),
            Read::NoEvidence(_) => self.silent(Silence::Opinion, item),
        }
    }

    fn push(&self, signal: Signal) {
        if self.queue.push(signal) {
            add(&self.counts.dropped);
        }
    }

    fn silent(&self, silence: Silence, item: &Item) -> Outcome {
        let counter = match silence {
            Silence::Irrelevant | Silence::NotRead => &self.counts.irrelevant,
            Silence::Opinion => &self.counts.opinions,
            Silence::Satire => &self.counts.satire,
            Silence::Injection => &self.counts.injections,
            Silence::Repost => &self.counts.reposts,
        };
        add(counter);
        // Quoted by `?`: what a headline says stays on its line and between its quotes.
        let title = item.title.as_str();
        if silence == Silence::Injection {
            tracing::warn!(source = %self.name, ?title, "a headline speaks to the program; it changed nothing");
        } else {
            tracing::debug!(source = %self.name, ?title, %silence, "no signal");
        }
        Outcome::Silent(silence)
    }

    fn refused(&self, refusal: Refusal, id: &str) -> Outcome {
        let counter = match refusal {
            Refusal::Ahead => &self.counts.ahead,
            Refusal::TooOld => &self.counts.too_old,
            Refusal::Duplicate => &self.counts.duplicates,
            Refusal::TooMany => &self.counts.too_many,
        };
        add(counter);
        tracing::debug!(source = %self.name, ?id, %refusal, "signal refused");
        Outcome::Refused(refusal)
    }

    pub(super) fn answered(&self) {
        add(&self.counts.looks);
        self.lock_state().answered(self.now());
        if let Some(seen) = &self.common.seen {
            seen(&self.name, self.now());
        }
    }

    pub(super) fn failed(&self, error: &dyn std::fmt::Display) {
        add(&self.counts.failures);
        self.lock_state().failed(&error.to_string());
        tracing::warn!(source = %self.name, %error, "signal source not readable");
    }

    /// The next look is so far away.
    pub(super) fn rests(&self, pause: Duration) {
        self.lock_state().rests(pause);
    }

    /// How the source is now.
    pub(super) fn report(&self) -> SourceReport {
        let held = self.lock_state().host.as_deref().and_then(|host| self.common.hosts.held(host));
        self.lock_state().report(&self.name, self.provenance.class(), held, self.counts.read())
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.common.clock)()
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn lock_gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn lock_state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_texts(&self) -> MutexGuard<'_, BTreeMap<String, [u8; 32]>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
