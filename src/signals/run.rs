//! The sources at work: one reader and one sender a source.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use statecraft_domain::signal::{Assertion, SourceClass};
use statecraft_domain::{Signal, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::feed::{self, Contents, Item, fingerprint};
use super::gate::{Gate, Refusal};
use super::hosts::Hosts;
use super::parse::parse_line;
use super::poll::Poller;
use super::provenance::Provenance;
use super::queue::Queue;
use super::reading::{Read, ReadingRoom, Sourced};
use super::settings::{SourceKind, SourceSettings};
use super::tail::Tail;

/// Items that the second reader looks at, a look at a feed.
const PREPARED_MAX: usize = 20;
/// Fingerprints remembered a source.
const TEXTS_MAX: usize = 20_000;

/// What time it is: the wall's, or the embedded venue's.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Longest pause after failures.
const BACKOFF_MAX: Duration = Duration::from_secs(30);

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// What became of a source's lines so far.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Counters {
            $($(#[$doc])* pub $name: u64),+
        }

        #[derive(Debug, Default)]
        struct Counts {
            $($name: AtomicU64),+
        }

        impl Counts {
            fn read(&self) -> Counters {
                Counters { $($name: self.$name.load(Ordering::Relaxed)),+ }
            }
        }
    };
}

counters! {
    /// Lines or items read, empty ones aside; an item that was there before is not read again.
    lines,
    /// Signals handed on.
    delivered,
    /// Lines or items that are no signal.
    malformed,
    /// Published in the future.
    ahead,
    /// Too old.
    too_old,
    /// Without a date, and there when we came: nobody knows how old.
    undated,
    /// Seen before.
    duplicates,
    /// The same headline was heard from a source at least as good.
    reposts,
    /// Above the rate.
    too_many,
    /// Dropped from a full queue.
    dropped,
    /// About nothing that a strategy asks.
    irrelevant,
    /// Opinions: never evidence.
    opinions,
    /// Satire: never evidence.
    satire,
    /// Attempts to speak to the program: never evidence, and worth an audit.
    injections,
    /// Looks that brought an answer, new or not.
    looks,
    /// Looks that failed (file or address not there, or no feed).
    failures,
}

/// One source's counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCounters {
    /// The source.
    pub name: String,
    /// Its counters.
    pub counters: Counters,
}

/// The running sources.
pub struct Handle {
    sources: Vec<(String, Arc<Counts>)>,
    intakes: Vec<Arc<Intake>>,
    tasks: JoinSet<()>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").field("sources", &self.sources).finish_non_exhaustive()
    }
}

impl Handle {
    /// Where the signals of a pushed source are handed in.
    pub(super) fn intake(&self, name: &str) -> Option<Arc<Intake>> {
        self.intakes.iter().find(|intake| intake.name() == name).cloned()
    }

    /// Every source's counters now.
    #[must_use]
    pub fn counters(&self) -> Vec<SourceCounters> {
        let read = |(name, counts): &(String, Arc<Counts>)| SourceCounters {
            name: name.clone(),
            counters: counts.read(),
        };
        self.sources.iter().map(read).collect()
    }

    /// Waits until every source has stopped: cancel the token first.
    pub async fn stopped(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Is told the name of a source that answered, and when. Must not block.
pub type Seen = Arc<dyn Fn(&str, Timestamp) + Send + Sync>;

/// What the sources share.
#[derive(Clone)]
pub struct Common {
    /// What time it is.
    pub clock: Clock,
    /// How many times as fast as the wall's clock it runs.
    pub time_scale: u32,
    /// Where headlines are read; without it, only signals that carry their labels pass.
    pub reading: Option<Arc<ReadingRoom>>,
    /// The turns at the hosts.
    pub hosts: Hosts,
    /// Told of every look that brought an answer.
    pub seen: Option<Seen>,
}

impl Common {
    /// Nothing but a clock.
    #[must_use]
    pub fn new(clock: Clock, time_scale: u32) -> Self {
        Self { clock, time_scale, reading: None, hosts: Hosts::default(), seen: None }
    }
}

/// Starts every source. Addresses must have passed [`super::settings::check_url`].
///
/// Signals go to `sender`; when it is full, each source waits in its own queue. The sources stop when
/// `cancel` is cancelled or the receiver is gone.
#[must_use]
pub fn spawn(
    sources: Vec<SourceSettings>,
    common: &Common,
    sender: &mpsc::Sender<Signal>,
    cancel: &CancellationToken,
) -> Handle {
    let mut handle = Handle { sources: Vec::new(), intakes: Vec::new(), tasks: JoinSet::new() };
    for settings in sources {
        let counts = Arc::new(Counts::default());
        handle.sources.push((settings.name.clone(), Arc::clone(&counts)));
        let queue = Arc::new(Queue::new(settings.queue_max));
        let intake = Arc::new(Intake {
            name: settings.name.clone(),
            provenance: Provenance::of(&settings),
            common: common.clone(),
            gate: Mutex::new(Gate::new(settings.age_max, settings.per_minute, common.time_scale)),
            queue: Arc::clone(&queue),
            counts: Arc::clone(&counts),
            texts: Mutex::default(),
        });
        handle.intakes.push(Arc::clone(&intake));
        let (reading, sending) = (cancel.clone(), cancel.clone());
        handle.tasks.spawn(async move {
            let _ = reading.run_until_cancelled(read(settings, &intake)).await;
        });
        let sender = sender.clone();
        handle.tasks.spawn(async move {
            let _ = sending.run_until_cancelled(send(&queue, &sender, &counts)).await;
        });
    }
    handle
}

async fn send(queue: &Queue<Signal>, sender: &mpsc::Sender<Signal>, counts: &Counts) {
    loop {
        let signal = queue.pop().await;
        if sender.send(signal).await.is_err() {
            return;
        }
        counts.delivered.fetch_add(1, Ordering::Relaxed);
    }
}

async fn read(settings: SourceSettings, intake: &Intake) {
    let mut pause = Pause::new(settings.poll, settings.polite);
    match &settings.kind {
        SourceKind::Push => std::future::pending().await,
        SourceKind::File(path) => {
            let mut tail = Tail::new(path.clone());
            loop {
                let outcome = tail.look(intake).await;
                pause.after(outcome, Duration::ZERO, intake).await;
            }
        }
        SourceKind::Http(url) => {
            let mut poller = match Poller::new(url.clone()) {
                Ok(poller) => poller,
                Err(error) => return intake.failed(&error),
            };
            loop {
                let outcome = poller.look(intake).await;
                pause.after(outcome, Duration::ZERO, intake).await;
            }
        }
        SourceKind::Feed(url) => {
            let poller = feed::poller::Poller::new(url.clone(), &settings, &intake.common.hosts);
            match poller {
                Ok(poller) => follow(poller, pause, intake).await,
                Err(error) => intake.failed(&error),
            }
        }
    }
}

/// Follows a feed for ever.
async fn follow(mut poller: feed::poller::Poller, mut pause: Pause, intake: &Intake) {
    let mut first = true;
    loop {
        let (outcome, wait) = match poller.look().await {
            Ok(look) => {
                if let Some(contents) = look.contents {
                    intake.prepare(&contents).await;
                    intake.contents(contents, first);
                    first = false;
                }
                (Ok(()), look.wait)
            }
            Err(error) => (Err(error), Duration::ZERO),
        };
        pause.after(outcome, wait, intake).await;
    }
}

/// The time between looks: steady, and longer after each failure in a row.
struct Pause {
    usual: Duration,
    next: Duration,
    longest: Duration,
}

impl Pause {
    fn new(usual: Duration, polite: bool) -> Self {
        // A pause of nothing would be a busy loop.
        let usual = usual.max(Duration::from_millis(10));
        let longest = if polite { BACKOFF_MAX.max(usual * 8) } else { BACKOFF_MAX };
        Self { usual, next: usual, longest }
    }

    /// Sleeps: `wait` is what the source itself asks for.
    async fn after<E: std::fmt::Display>(
        &mut self,
        outcome: Result<(), E>,
        wait: Duration,
        intake: &Intake,
    ) {
        match outcome {
            Ok(()) => {
                intake.answered();
                self.next = self.usual;
            }
            Err(error) => {
                intake.failed(&error);
                self.next = jittered((self.next * 2).min(self.longest)).max(self.usual);
            }
        }
        tokio::time::sleep(self.next.max(wait)).await;
    }
}

/// Up to a fifth longer or shorter, so that those who failed together do not come back together.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.8 + 0.4 * rand::random::<f64>())
}

/// Where a source's lines and items go.
pub(super) struct Intake {
    name: String,
    provenance: Provenance,
    common: Common,
    gate: Mutex<Gate>,
    queue: Arc<Queue<Signal>>,
    counts: Arc<Counts>,
    /// Fingerprints of the items known, to see one that was changed.
    texts: Mutex<BTreeMap<String, [u8; 32]>>,
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
    /// Takes one line in. `number` is its place in the source, from one, for reports.
    pub(super) fn line(&self, line: &[u8], number: u64) {
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        match parse_line(line, &self.name, self.now()) {
            Ok(signal) => {
                self.signal(signal);
            }
            Err(error) => {
                self.malformed();
                tracing::warn!(source = %self.name, line = number, %error, "bad signal line skipped");
            }
        }
    }

    /// Counts what is no signal.
    pub(super) fn malformed(&self) {
        add(&self.counts.lines);
        add(&self.counts.malformed);
    }

    /// Takes one parsed line in: as it is if it carries labels or a forecast, else by its headline.
    pub(super) fn signal(&self, mut signal: Signal) -> Outcome {
        add(&self.counts.lines);
        if let Err(refusal) = self.lock_gate().admit(&signal) {
            return self.refused(refusal, &signal.id);
        }
        if signal.labels.is_empty() && signal.forecast.is_none() && self.common.reading.is_some() {
            let id = signal.id.clone();
            return self.read(&Item::from(signal), &id, None);
        }
        (signal.class, signal.publisher) = (SourceClass::Desk, self.name.clone());
        self.push(signal);
        Outcome::Accepted(1)
    }

    /// Has the second reader look at what is new, a bounded number of items a look.
    async fn prepare(&self, contents: &Contents) {
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
    fn contents(&self, mut contents: Contents, first: bool) {
        let (bad, large) = (contents.bad, contents.too_large);
        if bad + large + contents.too_many > 0 {
            tracing::debug!(source = %self.name, bad, large, too_many = contents.too_many, "items left out");
        }
        self.counts.malformed.fetch_add((bad + large) as u64, Ordering::Relaxed);
        contents.items.reverse();
        contents.items.sort_by_key(|item| item.published);
        for item in &contents.items {
            self.item(item, first);
        }
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
            self.remember(item, print);
            return;
        }
        let admitted = self.lock_gate().admit_id(&id, item.published.unwrap_or(now), now);
        match admitted {
            Ok(()) => {
                self.read(item, &id, known);
                self.remember(item, print);
            }
            Err(refusal) => {
                // What is too old or ahead of its time is counted once; what came too fast comes again.
                if matches!(refusal, Refusal::TooOld) {
                    self.remember(item, print);
                }
                self.refused(refusal, &id);
            }
        }
    }

    fn remember(&self, item: &Item, print: [u8; 32]) {
        let mut texts = self.lock_texts();
        if texts.len() >= TEXTS_MAX {
            texts.clear();
        }
        texts.insert(item.id(&self.name), print);
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

    fn answered(&self) {
        add(&self.counts.looks);
        if let Some(seen) = &self.common.seen {
            seen(&self.name, self.now());
        }
    }

    fn failed(&self, error: &dyn std::fmt::Display) {
        add(&self.counts.failures);
        tracing::warn!(source = %self.name, %error, "signal source not readable");
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

    fn lock_texts(&self) -> MutexGuard<'_, BTreeMap<String, [u8; 32]>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
