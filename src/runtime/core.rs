//! [`Core`]: the engine with its journal around it. One event at a time: written down, stepped, and
//! its actions carried out in order. This is the only caller of [`Engine::step`] in a running bot.

use statecraft_domain::action::{Alert, Severity};
use statecraft_domain::event::{ClockTicked, Mode, ModeChanged};
use statecraft_domain::{Event, MarketId, Quantity, Timestamp};
use statecraft_engine::risk::post_trade::Breach;
use statecraft_engine::{Engine, Strategy};
use tokio::sync::mpsc;

use super::clock::RunClock;
use super::feeds::Steer;
use super::gateway::{CancelRequest, Gate};
use super::observe::{self, Baseline, Tally};
use super::session_file::SessionWriter;
use super::skill::SkillKeeper;
use super::standing;
use crate::journal::{Journal, JournalClosed, Record, Recovery};
use crate::skill::Finding;
use crate::tape::Recorder;
use crate::trading::desk::{Desk, Errand, Log as _, Takes};
use crate::trading::gate::Bar;
use crate::trading::unfinished::{Left, Unfinished};

pub use crate::trading::desk::VenueOrders;

/// More of them than this between two ticks count as so many.
const RESNAPSHOTS_MAX: usize = 1_024;

/// The engine, its journal, and where its actions go.
#[derive(Debug)]
pub struct Core {
    desk: Desk<Journal>,
    clock: RunClock,
    outlets: Outlets,
    /// Everything the engine sees, if it is recorded.
    recorder: Option<Recorder>,
    /// Every action, beside the recording.
    session: Option<SessionWriter>,
    /// The skill ledger.
    skill: Option<SkillKeeper>,
    /// The newest signal, for the view.
    last_signal: Option<(Timestamp, String)>,
    contracts: Quantity,
    baseline: Baseline,
    /// Markets whose book the engine found impossible, since somebody asked.
    resnapshots: Vec<MarketId>,
}

/// Where actions go. Bounded; a full outlet never loses an order (orders leave through the journal).
#[derive(Debug, Clone)]
pub struct Outlets {
    /// Cancels, to the gateway.
    pub cancels: mpsc::Sender<CancelRequest>,
    /// Requests to the stream.
    pub steer: mpsc::Sender<Steer>,
    /// Behind it the gateway sends; closed before anything else when the journal fails.
    pub gate: Gate,
}

impl Core {
    /// Puts the parts together. The engine has been through recovery; `venue_orders` are the names
    /// that recovery learned.
    #[must_use]
    pub fn new(
        engine: Engine,
        journal: Journal,
        clock: RunClock,
        outlets: Outlets,
        recorder: Option<Recorder>,
        venue_orders: VenueOrders,
    ) -> Self {
        Self {
            desk: Desk::new(engine, journal, outlets.gate.clone(), venue_orders),
            clock,
            outlets,
            recorder,
            session: None,
            skill: None,
            last_signal: None,
            contracts: Quantity::ZERO,
            baseline: Baseline::default(),
            resnapshots: Vec::new(),
        }
    }

    /// From here on what happens goes to the skill ledger too, and decisions name the file they follow:
    /// the hashes of the strategies' files, in the order of their ids.
    pub fn keep_record(&mut self, skill: Option<SkillKeeper>, strategy_hashes: Vec<String>) {
        self.skill = skill;
        self.desk.name_strategies(strategy_hashes);
    }

    /// From here on every action is written down beside the recording.
    pub fn keep_actions(&mut self, session: Option<SessionWriter>) {
        self.session = session;
    }

    /// The recording ends here: the journal's room comes first. What was recorded is kept, unsealed.
    pub fn stop_recording(&mut self) {
        let (recorder, session) = (self.recorder.take(), self.session.take());
        if let Some(recorder) = recorder {
            tracing::error!(path = %recorder.path().display(), "recording stopped: the disk is nearly full");
        }
        if let Some(Err(error)) = session.map(SessionWriter::finish) {
            tracing::error!(%error, "the session file is not complete");
        }
    }

    /// The engine, to look at.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        self.desk.engine()
    }

    /// The venue's names of orders that may still be live.
    #[must_use]
    pub const fn venue_orders(&self) -> &VenueOrders {
        self.desk.venue_orders()
    }

    /// A person asked an earlier run to close this, and it did not.
    pub fn take_over(&mut self, unfinished: Unfinished) {
        self.desk.take_over(unfinished);
    }

    /// Positions that a person asked to be closed, and that nothing closes.
    #[must_use]
    pub fn unclosed(&self) -> Vec<Left> {
        self.desk.unfinished().left(self.engine())
    }

    /// May any of our orders still trade?
    #[must_use]
    pub fn has_live_orders(&self) -> bool {
        self.desk.has_live_orders()
    }

    /// Engine time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The newest signal: when, and its headline.
    #[must_use]
    pub const fn last_signal(&self) -> Option<&(Timestamp, String)> {
        self.last_signal.as_ref()
    }

    /// From here on counts as this run: recovery and reconciliation are over.
    pub fn begin(&mut self) {
        self.baseline = Baseline::at(self.engine().view());
        self.contracts = Quantity::ZERO;
    }

    /// What had happened before this run.
    #[must_use]
    pub const fn baseline(&self) -> &Baseline {
        &self.baseline
    }

    /// Contracts filled by this run.
    #[must_use]
    pub const fn contracts(&self) -> Quantity {
        self.contracts
    }

    /// Takes in one event: stamps it, writes it down if it must survive, steps the engine, and carries
    /// out what it asks for.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed. The engine has been killed then: cancels went out,
    /// and no order will.
    pub fn take(&mut self, mut event: Event) -> Result<(), JournalClosed> {
        event.stamp(self.clock.now());
        let taken = self.take_stamped(&event);
        self.run_errands();
        taken
    }

    fn take_stamped(&mut self, event: &Event) -> Result<(), JournalClosed> {
        self.desk.write(event)?;
        self.step(event)
    }

    /// Lets engine time pass.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn tick(&mut self) -> Result<(), JournalClosed> {
        let at = self.clock.now();
        let event = Event::ClockTicked(ClockTicked { at });
        let taken = self.desk.check_log(at).and_then(|()| self.step(&event));
        self.run_errands();
        taken
    }

    /// Changes the mode, journaled, with its reason.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn set_mode(&mut self, mode: Mode, reason: &str) -> Result<(), JournalClosed> {
        let at = self.clock.now();
        self.take(Event::ModeChanged(ModeChanged { at, mode, reason: reason.to_owned() }))
    }

    /// A rehearsal: the journal takes nothing more, as on a full disk. The run ends of it.
    pub fn rehearse_full_disk(&self) {
        self.desk.log().rehearse_full_disk();
    }

    /// A look from behind found this. What must not go on is a kill: the gate first, then journaled, until a
    /// person releases it; what rests is cancelled.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn breached(&mut self, breach: &Breach) -> Result<(), JournalClosed> {
        let (code, message) = (breach.code, breach.message.as_str());
        if !breach.kills {
            tracing::error!(
                code,
                message,
                "a limit is exceeded that no order should have exceeded"
            );
            return Ok(());
        }
        self.outlets.gate.bar(Bar::Kill);
        tracing::error!(code, message, "killed: the program does what it was not allowed to do");
        self.set_mode(Mode::Killed, &format!("{code}: {message}"))?;
        self.flush()
    }

    /// Carries out what the skill ledger found: journaled, like everything that changes what may trade.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn judge(&mut self, finding: &Finding) -> Result<(), JournalClosed> {
        let at = self.clock.now();
        for change in standing::changes(self.engine(), finding, at) {
            self.take(Event::StandingChanged(change))?;
        }
        // Of a strategy that does not run nobody has taken up anything: it is offered again.
        let heard = standing::concerns_any(self.engine(), finding);
        if let (Finding::Reinstate { release, .. }, Some(skill), true) =
            (finding, &self.skill, heard)
        {
            skill.released(*release, at);
        }
        Ok(())
    }

    /// A demotion follows what is traded: a strategy under another name inherits it, before anything is
    /// sent.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn inherit(&mut self, recovery: &Recovery) -> Result<(), JournalClosed> {
        for change in standing::inherited(self.engine(), recovery, self.clock.now()) {
            self.take(Event::StandingChanged(change))?;
        }
        Ok(())
    }

    /// Appends a record of the run itself (started, stopped).
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn write(&mut self, record: Record) -> Result<(), JournalClosed> {
        self.desk.log_mut().append(record)
    }

    /// Decisions name these files from here on, in the order of the strategies' ids.
    pub fn name_strategies(&mut self, hashes: Vec<String>) {
        self.desk.name_strategies(hashes);
    }

    /// Tells the engine what an edited strategy is, ahead of the event that puts it in force.
    pub fn stage_strategy(&mut self, hash: String, strategy: Strategy) {
        self.desk.stage_strategy(hash, strategy);
    }

    /// Markets whose book the engine found impossible since the last time this was asked.
    pub fn take_resnapshots(&mut self) -> Vec<MarketId> {
        std::mem::take(&mut self.resnapshots)
    }

    /// Waits until everything that was taken in is durable.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn flush(&self) -> Result<(), JournalClosed> {
        self.desk.log().flush()
    }

    /// Takes in what is still heard of orders after the journal failed: nothing is written or stepped,
    /// but an order whose name comes only now can be cancelled.
    pub fn hear_after_failure(&mut self, event: &Event) {
        self.desk.remember(event);
        self.run_errands();
    }

    /// Ends the journal (and the recording) in good order and says what the run came to.
    #[must_use]
    pub fn close(self) -> Tally {
        let tally = observe::tally(&self.engine().view(), &self.baseline, self.contracts);
        let (_, journal) = self.desk.into_parts();
        if let Err(error) = journal.close() {
            tracing::error!(%error, "the journal did not close cleanly");
        }
        if let Some(recorder) = self.recorder
            && let Err(error) = recorder.finish()
        {
            tracing::error!(%error, "the recording is not complete");
        }
        if let Some(session) = self.session
            && let Err(error) = session.finish()
        {
            tracing::error!(%error, "the session file is not complete");
        }
        tally
    }

    /// Steps the engine with an event that was written down; recording and the skill ledger look on.
    fn step(&mut self, event: &Event) -> Result<(), JournalClosed> {
        if let Some(recorder) = &mut self.recorder
            && let Err(error) = recorder.record(event)
        {
            // Recording is for research: losing it must not stop trading, and must not go unnoticed.
            tracing::error!(code = "not_recorded", %error, "recording stopped");
            (self.recorder, self.session) = (None, None);
        }
        let fills_before = self.engine().counters().fills;
        let (desk, session) = (&mut self.desk, &mut self.session);
        let stepped = desk.step_seen(event, |actions| note_actions(session, event, actions));
        match event {
            Event::OrderFilled(filled) if self.engine().counters().fills > fills_before => {
                self.contracts += filled.fill.quantity;
            }
            Event::SignalReceived(signal) => {
                self.last_signal = Some((signal.received, signal.title.clone()));
            }
            _ => {}
        }
        if let Some(skill) = &self.skill {
            skill.event(self.desk.engine(), event);
        }
        stepped
    }

    /// Carries out what the desk wants done outside. None of it can be waited for.
    fn run_errands(&mut self) {
        for errand in self.desk.errands() {
            match errand {
                Errand::Cancel(cancel) => {
                    let order = cancel.order;
                    if self.outlets.cancels.try_send(cancel).is_err() {
                        // The engine asks again while the order is open; the venue's own expiry ends
                        // it at last.
                        tracing::error!(%order, "cancel dropped: queue full");
                    }
                }
                Errand::Resnapshot(market) => {
                    if self.resnapshots.len() < RESNAPSHOTS_MAX {
                        self.resnapshots.push(market);
                    }
                    if self.outlets.steer.try_send(Steer::Resnapshot(market)).is_err() {
                        // The stream asks by itself after every gap; the book stays untrusted until
                        // then.
                        tracing::warn!(market = market.0, "snapshot request dropped: queue full");
                    }
                }
                Errand::KnowOrder(venue_order, order) => {
                    let _ = self.outlets.steer.try_send(Steer::KnowOrder(venue_order, order));
                }
                Errand::Predict(prediction) => {
                    if let Some(skill) = &self.skill {
                        skill.forecast(self.desk.engine(), &prediction);
                    }
                }
                Errand::Alert(alert) => log_alert(&alert),
            }
        }
    }
}

impl Takes for Core {
    fn engine(&self) -> &Engine {
        Self::engine(self)
    }

    fn now(&self) -> Timestamp {
        Self::now(self)
    }

    fn take(&mut self, event: Event) -> Result<(), JournalClosed> {
        Self::take(self, event)
    }

    fn tell(&mut self, alert: Alert) {
        log_alert(&alert);
    }
}

fn log_alert(alert: &Alert) {
    // `message` can quote a venue: structured logging escapes it.
    match alert.severity {
        Severity::Info => tracing::info!(code = %alert.code, message = %alert.message, "alert"),
        Severity::Warning => tracing::warn!(code = %alert.code, message = %alert.message, "alert"),
        Severity::Critical => {
            tracing::error!(code = %alert.code, message = %alert.message, "alert")
        }
    }
}

/// Writes down what the engine asked for; a session file that cannot be written ends, trading does not.
fn note_actions(
    kept: &mut Option<SessionWriter>,
    event: &Event,
    actions: &[statecraft_domain::Action],
) {
    let Some(session) = kept else { return };
    let ticked = matches!(event, Event::ClockTicked(_));
    let written = session.event(actions);
    if let Err(error) = written.and_then(|()| if ticked { session.flush() } else { Ok(()) }) {
        tracing::error!(%error, "the session file ends here: it cannot be verified by replay");
        *kept = None;
    }
}
