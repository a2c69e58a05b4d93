//! The sources at work: one reader and one sender a source.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use statecraft_domain::signal::SourceClass;
use statecraft_domain::{Signal, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::counters::{Counts, SourceCounters};
use super::feed;
use super::gate::Gate;
use super::hosts::{Hosts, place};
use super::intake::Intake;
use super::memory;
use super::pause::Pause;
use super::poll::Poller;
use super::provenance::Provenance;
use super::queue::Queue;
use super::reading::ReadingRoom;
use super::settings::{SourceKind, SourceSettings};
use super::state::{SourceReport, State};
use super::tail::Tail;

/// What time it is: the wall's, or the embedded venue's.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

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

    /// How every source is, whenever it is asked.
    #[must_use]
    pub fn board(&self) -> Board {
        Board(self.intakes.clone().into())
    }

    /// Waits until every source has stopped: cancel the token first.
    pub async fn stopped(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

/// How the sources are, also when they have stopped.
#[derive(Clone, Default)]
pub struct Board(Arc<[Arc<Intake>]>);

impl std::fmt::Debug for Board {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|intake| intake.name())).finish()
    }
}

impl Board {
    /// One report a source, in the order of the settings.
    #[must_use]
    pub fn reports(&self) -> Vec<SourceReport> {
        self.0.iter().map(|intake| intake.report()).collect()
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
    /// What earlier runs heard, oldest first.
    pub heard: Arc<[Signal]>,
}

impl Common {
    /// Nothing but a clock.
    #[must_use]
    pub fn new(clock: Clock, time_scale: u32) -> Self {
        Self {
            clock,
            time_scale,
            reading: None,
            hosts: Hosts::default(),
            seen: None,
            heard: Arc::default(),
        }
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
    if let Some(room) = &common.reading {
        room.remember(&common.heard);
    }
    for settings in sources {
        let counts = Arc::new(Counts::default());
        handle.sources.push((settings.name.clone(), Arc::clone(&counts)));
        let queue = Arc::new(Queue::new(settings.queue_max));
        let intake = Arc::new(Intake {
            name: settings.name.clone(),
            provenance: Provenance::of(&settings),
            common: Common { heard: stated(common, &settings.name), ..common.clone() },
            gate: Mutex::new(Gate::new(settings.age_max, settings.per_minute, common.time_scale)),
            queue: Arc::clone(&queue),
            counts: Arc::clone(&counts),
            texts: Mutex::default(),
            state: Mutex::new(State::new(
                host(&settings.kind).filter(|_| settings.polite),
                settings.kind == SourceKind::Push,
            )),
        });
        memory::remind(&intake, &common.heard);
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

/// Where a source is fetched.
fn host(kind: &SourceKind) -> Option<String> {
    match kind {
        SourceKind::Http(url) | SourceKind::Feed(url) => Some(place(url)),
        SourceKind::File(_) | SourceKind::Push => None,
    }
}

/// Of what was heard, only what a source stated itself is asked for again: its probabilities and labels.
fn stated(common: &Common, source: &str) -> Arc<[Signal]> {
    let own = |signal: &&Signal| signal.source == source && signal.class == SourceClass::Desk;
    common.heard.iter().filter(own).cloned().collect()
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
