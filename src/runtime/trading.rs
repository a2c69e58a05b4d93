//! [`Trading`]: the loop of a running bot. One task owns the engine; everything reaches it through one
//! queue, and everything it starts is visible here.

use std::sync::Arc;
use std::time::Duration;

use statecraft_domain::event::Mode;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

use super::clock::RunClock;
use super::core::Core;
use super::disk::Look;
use super::feeds::Feeds;
use super::gateway::Gate;
use super::hot_config::HotConfig;
use super::input::Input;
use super::observe;
use super::operate::Desk;
use super::screen::Screen;
use super::signals::{Listening, Sources};
use super::source_watch::SourceWatch;
use super::summary::StopCause;
use super::watch::Amiss;
use crate::journal::JournalClosed;
use crate::trading::account;
use crate::trading::flow::{FlowWatch, Sent};
use crate::trading::reconciler::Reconciler;
use crate::trading::watch::Watch;
use crate::venue::kalshi::KalshiRest;
use crate::venue::kalshi::stream::StreamItem;

/// Engine time advances at least this often, wall time.
const TICK: Duration = Duration::from_millis(100);
/// Inputs taken in before the clocks are looked at again.
const BURST: usize = 512;
/// How long a stop waits for resting orders to be cancelled and answers to come in.
const DRAIN: Duration = Duration::from_secs(5);

/// See the module.
#[derive(Debug)]
pub struct Trading {
    /// Engine and journal.
    pub core: Core,
    /// Everything that arrives.
    pub inputs: mpsc::Receiver<Input>,
    /// A sender into the same queue, for what the loop starts itself.
    pub inputs_in: mpsc::Sender<Input>,
    /// Stream, signals, discovery.
    pub feeds: Feeds,
    /// The account.
    pub reconciler: Reconciler,
    /// What a person asks.
    pub desk: Desk,
    /// What the strategies' files say.
    pub hot: HotConfig,
    /// Clock, venue and books.
    pub watch: Watch,
    /// How often it found something.
    pub amiss: Amiss,
    /// How much room the disk has; `None`: nobody looks.
    pub disk: Option<Look>,
    /// The venue is a simulator on loopback.
    pub is_loopback: bool,
    /// What the gateway counts as having left.
    pub sent: Sent,
    /// The look at it from behind.
    pub flow: FlowWatch,
    /// The venue, to read the account.
    pub rest: Arc<KalshiRest>,
    /// What time it is.
    pub clock: RunClock,
    /// Closed when the loop stops trading.
    pub gate: Gate,
    /// What is shown.
    pub screen: Screen,
    /// `paper · embedded` and the like.
    pub label: String,
    /// How the sources of signals are.
    pub listening: Listening,
    /// Which of them fail or fell silent.
    pub source_watch: SourceWatch,
    /// The sources themselves, until they are ended.
    pub signals: Option<Sources>,
    /// Set when the embedded venue has told its whole story.
    pub story_over: CancellationToken,
}

impl Trading {
    /// Trades until told to stop, then lets what is under way come to its end.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed; cancels have gone out then.
    pub async fn until_stopped(
        &mut self,
        run_for: Option<Duration>,
        stop: CancellationToken,
    ) -> Result<StopCause, JournalClosed> {
        self.desk.manager.ready();
        let cause = self.trade(run_for, &stop).await;
        self.gate.close();
        self.desk.manager.stopping();
        let cause = match cause {
            Ok(cause) => cause,
            Err(closed) => {
                // Cancels are on their way through the gateway; give them a moment, and those a chance
                // whose order has no name yet.
                let end = Instant::now() + Duration::from_secs(1);
                while let Ok(Some(input)) = tokio::time::timeout_at(end, self.inputs.recv()).await {
                    if let Input::Outcome(event) = input {
                        self.core.hear_after_failure(&event);
                    }
                }
                return Err(closed);
            }
        };
        tracing::info!(cause = cause.name(), "stopping");
        self.drain(cause).await?;
        let status =
            || observe::status(&self.core, self.feeds.health(), &self.label, &self.listening);
        self.screen.show_last(status);
        Ok(cause)
    }

    async fn trade(
        &mut self,
        run_for: Option<Duration>,
        stop: &CancellationToken,
    ) -> Result<StopCause, JournalClosed> {
        if let Some(first) = self.disk.take() {
            self.disk_looked(first)?;
        }
        let story_over = self.story_over.clone();
        let end = run_for.map(|span| Instant::now() + span);
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(StopCause::Interrupted),
                () = at(end) => return Ok(StopCause::Duration),
                () = story_over.cancelled() => return Ok(StopCause::StoryEnded),
                Some(call) = self.desk.calls.recv() => {
                    self.turned()?;
                    self.operate(call)?;
                }
                _ = tick.tick() => self.tick()?,
                Some(input) = self.inputs.recv() => self.take_burst(input)?,
            }
        }
    }

    /// Something is about to be taken in: what is known may be of before a stall, of the disk say, that the one
    /// before it met.
    fn turned(&mut self) -> Result<(), JournalClosed> {
        let now = self.clock.wall();
        self.watch.turned(&mut self.core, &mut self.reconciler, now)
    }

    fn tick(&mut self) -> Result<(), JournalClosed> {
        self.turned()?;
        // Before the engine's: whoever slept has no book that can be believed.
        self.look_after()?;
        self.core.tick()?;
        self.attend_desk()?;
        self.look_from_behind()?;
        self.disk_silent()?;
        self.feeds.tick(&self.core);
        self.ask_for_account();
        self.source_watch.look(self.clock.wall(), || self.listening.sources());
        let status =
            || observe::status(&self.core, self.feeds.health(), &self.label, &self.listening);
        self.screen.show(status);
        Ok(())
    }

    /// What is held, open and sent, against limits and approvals: a breach that only this finds is a
    /// defect of the checks before the trade.
    fn look_from_behind(&mut self) -> Result<(), JournalClosed> {
        let (now, sent) = (self.clock.wall(), self.sent.flow());
        let breaches = self.flow.look(now, self.core.engine(), sent);
        breaches.iter().try_for_each(|breach| self.core.breached(breach))
    }

    /// Starts a fetch if one is due; the answer comes back as [`Input::Account`].
    fn ask_for_account(&mut self) {
        let (wall, ahead) = (self.clock.wall(), self.clock.ahead());
        let due = self.reconciler.poll(self.core.engine(), wall, ahead);
        let Some(question) = due else { return };
        let (rest, inputs) = (Arc::clone(&self.rest), self.inputs_in.clone());
        tokio::spawn(async move {
            let state = account::fetch(&*rest, &question).await;
            // The loop has ended: nobody needs the answer.
            let _ = inputs.send(Input::Account(Box::new(state))).await;
        });
    }

    /// Takes in what waits, up to a bound, so that a busy feed cannot starve clock and stop.
    fn take_burst(&mut self, first: Input) -> Result<(), JournalClosed> {
        self.take(first)?;
        for _ in 1..BURST {
            match self.inputs.try_recv() {
                Ok(input) => self.take(input)?,
                Err(_) => break,
            }
        }
        Ok(())
    }

    fn take(&mut self, input: Input) -> Result<(), JournalClosed> {
        self.turned()?;
        match input {
            Input::Stream(item) => {
                self.judge_age(&item)?;
                if self.feeds.take(&mut self.core, item)? {
                    self.reconciler.hurry(self.clock.wall());
                }
                Ok(())
            }
            Input::Outcome(event) => {
                // A cancel finds nothing: how the order ended is for the account to say.
                if matches!(event, statecraft_domain::Event::CancelFailed(_)) {
                    self.reconciler.hurry(self.clock.wall());
                }
                let now = self.clock.wall();
                self.watch.outcome(&mut self.core, &mut self.reconciler, now, &event)?;
                self.core.take(event)
            }
            Input::Seen(event) => self.core.take(event),
            Input::Watched(answer) => self.watched(answer),
            Input::Edited(edited) => self.edited(*edited),
            Input::Disk(look) => self.disk_looked(look),
            Input::Signal(signal) => {
                self.core.take(statecraft_domain::Event::SignalReceived(signal))
            }
            Input::Skill(finding) => self.core.judge(&finding),
            Input::Listed(listings) => self.feeds.listed(&mut self.core, listings),
            Input::Told(told) => self.feeds.told(&mut self.core, told),
            Input::Account(state) => {
                let now = self.clock.wall();
                self.watch.private_read(now, (*state).as_ref().err());
                if self.reconciler.take(&mut self.core, now, *state)? {
                    self.gate.release();
                }
                Ok(())
            }
        }
    }

    /// Whatever waited in the queue, or on the way, is acted on as what it is.
    fn judge_age(&mut self, item: &StreamItem) -> Result<(), JournalClosed> {
        let StreamItem::Events(events) = item else { return Ok(()) };
        let (now, ahead) = (self.clock.wall(), self.clock.ahead());
        self.watch.heard(&mut self.core, &mut self.reconciler, now, events, ahead)
    }

    /// Whoever pushed a signal was told that it is accepted: it must be in the journal before this process ends. So
    /// its doors close first, and what came through them is taken in.
    async fn end_sources(&mut self) -> Result<(), JournalClosed> {
        let Some(signals) = self.signals.take() else { return Ok(()) };
        let mut stopping = std::pin::pin!(signals.stop());
        loop {
            tokio::select! {
                biased;
                () = &mut stopping => return Ok(()),
                Some(input) = self.inputs.recv() => self.take_burst(input)?,
                () = tokio::time::sleep(TICK) => self.tick()?,
            }
        }
    }

    /// Cancels what rests and waits until no order of ours can trade any more, or for [`DRAIN`].
    async fn drain(&mut self, cause: StopCause) -> Result<(), JournalClosed> {
        self.core.set_mode(Mode::Halted, cause.name())?;
        self.end_sources().await?;
        let end = Instant::now() + DRAIN;
        while self.core.has_live_orders() {
            tokio::select! {
                biased;
                () = sleep_until(end) => {
                    tracing::warn!("some orders are still open or unknown; the next start will look");
                    return Ok(());
                }
                Some(input) = self.inputs.recv() => self.take_burst(input)?,
                () = tokio::time::sleep(TICK) => self.tick()?,
            }
        }
        // Fills of the last orders may still be on their way.
        let quiet = Instant::now() + Duration::from_millis(300);
        while let Ok(Some(input)) = tokio::time::timeout_at(quiet, self.inputs.recv()).await {
            self.take(input)?;
        }
        Ok(())
    }
}

/// Never, if there is no such instant.
async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
