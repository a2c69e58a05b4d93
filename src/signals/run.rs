//! The sources at work: one reader and one sender a source.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use statecraft_domain::{Signal, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::gate::{Gate, Refusal};
use super::parse::parse_line;
use super::poll::Poller;
use super::queue::Queue;
use super::settings::{SourceKind, SourceSettings};
use super::tail::Tail;

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
    /// Lines read, empty ones aside.
    lines,
    /// Signals handed on.
    delivered,
    /// Lines that are no signal.
    malformed,
    /// Published in the future.
    ahead,
    /// Too old.
    too_old,
    /// Seen before.
    duplicates,
    /// Above the rate.
    too_many,
    /// Dropped from a full queue.
    dropped,
    /// Looks that failed (file or address not there).
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
#[derive(Debug)]
pub struct Handle {
    sources: Vec<(String, Arc<Counts>)>,
    tasks: JoinSet<()>,
}

impl Handle {
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

/// Starts every source. Addresses must have passed [`super::settings::check_url`].
///
/// Signals go to `sender`; when it is full, each source waits in its own queue. The sources stop when
/// `cancel` is cancelled or the receiver is gone.
#[must_use]
pub fn spawn(
    sources: Vec<SourceSettings>,
    clock: Clock,
    time_scale: u32,
    sender: mpsc::Sender<Signal>,
    cancel: CancellationToken,
) -> Handle {
    let mut handle = Handle { sources: Vec::new(), tasks: JoinSet::new() };
    for settings in sources {
        let counts = Arc::new(Counts::default());
        handle.sources.push((settings.name.clone(), Arc::clone(&counts)));
        let queue = Arc::new(Queue::new(settings.queue_max));
        let intake = Intake {
            name: settings.name.clone(),
            clock: Arc::clone(&clock),
            gate: Mutex::new(Gate::new(settings.age_max, settings.per_minute, time_scale)),
            queue: Arc::clone(&queue),
            counts: Arc::clone(&counts),
        };
        let (reading, sending) = (cancel.clone(), cancel.clone());
        handle.tasks.spawn(async move {
            let _ = reading.run_until_cancelled(read(settings, intake)).await;
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

async fn read(settings: SourceSettings, intake: Intake) {
    match settings.kind {
        SourceKind::File(path) => {
            let mut tail = Tail::new(path);
            let mut pause = Pause::new(settings.poll);
            loop {
                let outcome = tail.look(&intake).await;
                pause.after(outcome, &intake).await;
            }
        }
        SourceKind::Http(url) => {
            let mut poller = match Poller::new(url) {
                Ok(poller) => poller,
                Err(error) => return intake.failed(&error),
            };
            let mut pause = Pause::new(settings.poll);
            loop {
                let outcome = poller.look(&intake).await;
                pause.after(outcome, &intake).await;
            }
        }
    }
}

/// The time between looks: steady, and longer after each failure in a row.
struct Pause {
    usual: Duration,
    next: Duration,
}

impl Pause {
    fn new(usual: Duration) -> Self {
        // A pause of nothing would be a busy loop.
        let usual = usual.max(Duration::from_millis(10));
        Self { usual, next: usual }
    }

    async fn after<E: std::fmt::Display>(&mut self, outcome: Result<(), E>, intake: &Intake) {
        match outcome {
            Ok(()) => self.next = self.usual,
            Err(error) => {
                intake.failed(&error);
                self.next = (self.next * 2).min(BACKOFF_MAX).max(self.usual);
            }
        }
        tokio::time::sleep(self.next).await;
    }
}

/// Where a source's lines go.
pub(super) struct Intake {
    name: String,
    clock: Clock,
    gate: Mutex<Gate>,
    queue: Arc<Queue<Signal>>,
    counts: Arc<Counts>,
}

impl Intake {
    /// Takes one line in. `number` is its place in the source, from one, for reports.
    pub(super) fn line(&self, line: &[u8], number: u64) {
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        self.counts.lines.fetch_add(1, Ordering::Relaxed);
        let signal = match parse_line(line, &self.name, (self.clock)()) {
            Ok(signal) => signal,
            Err(error) => {
                self.counts.malformed.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(source = %self.name, line = number, %error, "bad signal line skipped");
                return;
            }
        };
        let admitted = self.gate.lock().unwrap_or_else(PoisonError::into_inner).admit(&signal);
        match admitted {
            Ok(()) => {
                if self.queue.push(signal) {
                    self.counts.dropped.fetch_add(1, Ordering::Relaxed);
                }
            }
            Err(refusal) => self.refused(refusal, number),
        }
    }

    fn refused(&self, refusal: Refusal, number: u64) {
        let counter = match refusal {
            Refusal::Ahead => &self.counts.ahead,
            Refusal::TooOld => &self.counts.too_old,
            Refusal::Duplicate => &self.counts.duplicates,
            Refusal::TooMany => &self.counts.too_many,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(source = %self.name, line = number, %refusal, "signal refused");
    }

    fn failed(&self, error: &dyn std::fmt::Display) {
        self.counts.failures.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(source = %self.name, %error, "signal source not readable");
    }
}
