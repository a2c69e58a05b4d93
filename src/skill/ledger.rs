//! [`Ledger`]: the thread that keeps the record while the bot trades, and judges it after every
//! resolution.
//!
//! Nothing waits for it: a full queue drops forecasts (they are samples) and says so; fills and
//! resolutions are in the journal too and are told again at the next start. A ledger that fails is a
//! loud loss of evidence, never of trading or of a stop.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use statecraft_domain::Timestamp;

use super::standing::{DemotionRule, reason_to_demote};
use super::store::{Bought, Forecast, Resolution, SkillError, Stated, Store};

/// Things that may wait.
const QUEUE: usize = 8_192;
/// Things in one commit.
const BATCH: usize = 512;
/// How often a person's release is looked for, however busy the bot is.
const LOOK_FOR_RELEASES: Duration = Duration::from_secs(2);
/// A release that the bot was told of and has not taken up is told again.
const OFFER_AGAIN: Duration = Duration::from_secs(10);

/// One thing to keep.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A forecast.
    Forecast(Box<Forecast>),
    /// A signal's id, source and time.
    Signal(String, String, Timestamp),
    /// An execution.
    Fill(Box<Bought>),
    /// How a market ended.
    Resolution(Resolution),
    /// A strategy's standing, as it is now.
    Standing(Stated),
    /// A strategy's name and what it trades (`event/model kind/venue`).
    Lineage(String, String),
    /// A release was taken up and journaled at this time.
    Released(i64, Timestamp),
    /// Everything older has been told: judge every strategy.
    JudgeAll,
}

/// What the ledger has to say to the bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// This strategy's record is worse than the market's prices.
    Demote {
        /// Which.
        strategy: String,
        /// Names under which the same was traded.
        relatives: Vec<String>,
        /// The numbers.
        reason: String,
    },
    /// A person released this strategy.
    Reinstate {
        /// The release's number, to be told back once it is journaled.
        release: i64,
        /// Which.
        strategy: String,
        /// Names under which the same was traded.
        relatives: Vec<String>,
        /// What the person said.
        reason: String,
    },
}

/// The handle of the ledger's thread. Dropping it writes what is queued.
#[derive(Debug)]
pub struct Ledger {
    entries: Option<SyncSender<Entry>>,
    writer: Option<JoinHandle<()>>,
    dropped: Arc<AtomicU64>,
}

impl Ledger {
    /// Opens or creates the ledger in `dir`. `tell` is called by its thread with every finding.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn open(
        dir: &Path,
        rule: DemotionRule,
        tell: impl FnMut(Finding) + Send + 'static,
    ) -> Result<Self, SkillError> {
        let store = Store::open(dir)?;
        let (entries, queue) = sync_channel(QUEUE);
        let keeper = Keeper { store, rule, tell, offered: BTreeMap::new() };
        let writer = std::thread::Builder::new()
            .name("skill".to_owned())
            .spawn(move || keeper.run(&queue))
            .map_err(SkillError::NoThread)?;
        let dropped = Arc::new(AtomicU64::new(0));
        Ok(Self { entries: Some(entries), writer: Some(writer), dropped })
    }

    /// Queues one entry; never waits.
    pub fn keep(&self, entry: Entry) {
        let Some(entries) = &self.entries else { return };
        let lost = match entries.try_send(entry) {
            Ok(()) => return,
            Err(TrySendError::Full(_)) => "its queue is full",
            Err(TrySendError::Disconnected(_)) => "its thread has ended",
        };
        if self.dropped.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::error!(lost, "the skill ledger loses entries");
        }
    }

    /// Queues one entry and waits for room: for what is told at the start.
    pub fn keep_waiting(&self, entry: Entry) {
        if let Some(entries) = &self.entries
            && entries.send(entry).is_err()
        {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many entries were lost.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.entries = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

struct Keeper<F> {
    store: Store,
    rule: DemotionRule,
    tell: F,
    /// Releases that the bot has been told of, and when.
    offered: BTreeMap<i64, Instant>,
}

impl<F: FnMut(Finding)> Keeper<F> {
    fn run(mut self, queue: &Receiver<Entry>) {
        let mut look = Instant::now() + LOOK_FOR_RELEASES;
        loop {
            let wait = look.saturating_duration_since(Instant::now());
            let first = match queue.recv_timeout(wait) {
                Ok(entry) => Some(entry),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let is_due = Instant::now() >= look;
            if is_due {
                look = Instant::now() + LOOK_FOR_RELEASES;
            }
            let more = std::iter::from_fn(|| queue.try_recv().ok());
            let batch: Vec<Entry> = first.into_iter().chain(more).take(BATCH).collect();
            if let Err(error) = self.work(&batch, is_due) {
                tracing::error!(%error, entries = batch.len(), "the skill ledger could not be written");
            }
        }
    }

    fn work(&mut self, batch: &[Entry], look: bool) -> Result<(), SkillError> {
        if !batch.is_empty() {
            let resolved = self.store.transaction(|store| write(store, batch))?;
            let mut concerned = BTreeSet::new();
            for resolution in resolved {
                concerned.extend(self.store.forecasters(resolution.venue, &resolution.ticker)?);
            }
            if batch.contains(&Entry::JudgeAll) {
                concerned.extend(self.store.strategies()?);
            }
            self.judge(concerned)?;
        }
        if look || batch.contains(&Entry::JudgeAll) {
            self.offer_releases()?;
        }
        Ok(())
    }

    /// New resolutions may have made some record bad enough.
    fn judge(&mut self, concerned: BTreeSet<String>) -> Result<(), SkillError> {
        for strategy in concerned {
            if let Some(reason) = reason_to_demote(&self.store, &strategy, self.rule)? {
                let relatives = self.store.relatives(&strategy)?;
                (self.tell)(Finding::Demote { strategy, relatives, reason });
            }
        }
        Ok(())
    }

    fn offer_releases(&mut self) -> Result<(), SkillError> {
        for release in self.store.open_releases()? {
            let told = self.offered.get(&release.id);
            if told.is_none_or(|told| told.elapsed() >= OFFER_AGAIN) {
                self.offered.insert(release.id, Instant::now());
                let reason = format!("reinstated by a person: {}", release.note);
                let (release, strategy) = (release.id, release.strategy);
                let relatives = self.store.relatives(&strategy)?;
                (self.tell)(Finding::Reinstate { release, strategy, relatives, reason });
            }
        }
        Ok(())
    }
}

/// Writes a batch; returns the resolutions that are new.
fn write(store: &Store, batch: &[Entry]) -> Result<Vec<Resolution>, SkillError> {
    let mut new = Vec::new();
    for entry in batch {
        match entry {
            Entry::Forecast(forecast) => store.add_forecast(forecast)?,
            Entry::Signal(id, source, at) => store.add_signal(id, source, *at)?,
            Entry::Fill(fill) => store.add_fill(fill)?,
            Entry::Resolution(resolution) => {
                if store.add_resolution(resolution)? {
                    new.push(resolution.clone());
                }
            }
            Entry::Standing(stated) => store.state(stated)?,
            Entry::Lineage(strategy, lineage) => store.add_lineage(strategy, lineage)?,
            Entry::Released(id, at) => store.take_release(*id, *at)?,
            Entry::JudgeAll => {}
        }
    }
    Ok(new)
}
