//! [`Core`]: the engine with its journal around it. One event at a time: written down, stepped, and
//! its actions carried out in order. This is the only caller of [`Engine::step`] in a running bot.

use std::collections::{BTreeMap, BTreeSet};

use statecraft_domain::action::{Alert, CancelOrder, Severity};
use statecraft_domain::event::{ClockTicked, Mode, ModeChanged};
use statecraft_domain::{
    Action, ClientOrderId, Event, OrderRequest, Quantity, Timestamp, VenueOrderId,
};
use statecraft_engine::{DecisionOutcome, Engine};
use tokio::sync::mpsc;

use super::clock::RunClock;
use super::feeds::Steer;
use super::gateway::{CancelRequest, Gate};
use super::observe::{self, Baseline, Tally};
use super::skill::{SkillKeeper, standing_change};
use crate::journal::{Decided, Journal, JournalClosed, Record, is_journaled};
use crate::skill::Finding;
use crate::tape::Recorder;

/// The venue's names of orders that may still be live.
pub type VenueOrders = BTreeMap<ClientOrderId, VenueOrderId>;

/// The engine, its journal, and where its actions go.
#[derive(Debug)]
pub struct Core {
    engine: Engine,
    journal: Journal,
    clock: RunClock,
    outlets: Outlets,
    actions: Vec<Action>,
    venue_orders: VenueOrders,
    /// Orders to cancel as soon as the venue has told us their name.
    cancel_when_named: BTreeSet<ClientOrderId>,
    /// Everything the engine sees, if it is recorded.
    recorder: Option<Recorder>,
    /// The skill ledger, and the hashes of the strategies' files.
    skill: Option<SkillKeeper>,
    strategy_hashes: Vec<String>,
    /// The newest signal, for the view.
    last_signal: Option<(Timestamp, String)>,
    contracts: Quantity,
    baseline: Baseline,
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
            engine,
            journal,
            clock,
            outlets,
            actions: Vec::new(),
            venue_orders,
            cancel_when_named: BTreeSet::new(),
            recorder,
            skill: None,
            strategy_hashes: Vec::new(),
            last_signal: None,
            contracts: Quantity::ZERO,
            baseline: Baseline::default(),
        }
    }

    /// From here on what happens goes to the skill ledger too, and decisions name the file they follow:
    /// the hashes of the strategies' files, in the order of their ids.
    pub fn keep_record(&mut self, skill: Option<SkillKeeper>, strategy_hashes: Vec<String>) {
        self.skill = skill;
        self.strategy_hashes = strategy_hashes;
    }

    /// The engine, to look at.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The venue's names of orders that may still be live.
    #[must_use]
    pub const fn venue_orders(&self) -> &VenueOrders {
        &self.venue_orders
    }

    /// May any of our orders still trade?
    #[must_use]
    pub fn has_live_orders(&self) -> bool {
        self.engine.orders().live().iter().any(|order| order.phase.is_live())
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
        self.baseline = Baseline::at(self.engine.view());
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
        self.remember(&event);
        if is_journaled(&event)
            && let Err(closed) = self.journal.append(Record::Event(event.clone()))
        {
            return Err(self.fail(closed));
        }
        self.step(&event)
    }

    /// Lets engine time pass.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn tick(&mut self) -> Result<(), JournalClosed> {
        // The writer thread may have failed on the last record of a quiet market.
        if let Some(closed) = self.journal.failure() {
            return Err(self.fail(closed));
        }
        self.step(&Event::ClockTicked(ClockTicked { at: self.clock.now() }))
    }

    /// Changes the mode, journaled, with its reason.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn set_mode(&mut self, mode: Mode, reason: &str) -> Result<(), JournalClosed> {
        let at = self.clock.now();
        self.take(Event::ModeChanged(ModeChanged { at, mode, reason: reason.to_owned() }))
    }

    /// Carries out what the skill ledger found: journaled, like everything that changes what may trade.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn judge(&mut self, finding: &Finding) -> Result<(), JournalClosed> {
        let at = self.clock.now();
        if let Some(change) = standing_change(&self.engine, finding, at) {
            self.take(Event::StandingChanged(change))?;
        }
        if let (Finding::Reinstate { release, .. }, Some(skill)) = (finding, &self.skill) {
            skill.released(*release, at);
        }
        Ok(())
    }

    /// Appends a record of the run itself (started, stopped).
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn write(&self, record: Record) -> Result<(), JournalClosed> {
        self.journal.append(record)
    }

    /// Waits until everything that was taken in is durable.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn flush(&self) -> Result<(), JournalClosed> {
        self.journal.flush()
    }

    /// Takes in what is still heard of orders after the journal failed: nothing is written or stepped,
    /// but an order whose name comes only now can be cancelled.
    pub fn hear_after_failure(&mut self, event: &Event) {
        self.remember(event);
    }

    /// Ends the journal (and the recording) in good order and says what the run came to.
    #[must_use]
    pub fn close(self) -> Tally {
        let tally = observe::tally(&self.engine.view(), &self.baseline, self.contracts);
        if let Err(error) = self.journal.close() {
            tracing::error!(%error, "the journal did not close cleanly");
        }
        if let Some(recorder) = self.recorder
            && let Err(error) = recorder.finish()
        {
            tracing::error!(%error, "the recording is not complete");
        }
        tally
    }

    fn step(&mut self, event: &Event) -> Result<(), JournalClosed> {
        if let Some(recorder) = &mut self.recorder
            && let Err(error) = recorder.record(event)
        {
            // Recording is for research: losing it must not stop trading, and must not go unnoticed.
            tracing::error!(%error, "recording stopped");
            self.recorder = None;
        }
        let mut actions = std::mem::take(&mut self.actions);
        let fills_before = self.engine.counters().fills;
        self.engine.step(event, &mut actions);
        if let Event::OrderFilled(filled) = event
            && self.engine.counters().fills > fills_before
        {
            self.contracts += filled.fill.quantity;
        }
        if let Some(skill) = &self.skill {
            skill.event(&self.engine, event);
        }
        let outcome = actions.drain(..).try_for_each(|action| self.carry_out(action));
        self.actions = actions;
        outcome
    }

    fn carry_out(&mut self, action: Action) -> Result<(), JournalClosed> {
        match action {
            Action::Place(order) => {
                // The journal hands it to the gateway once it is on disk; nothing else can.
                let request = order.get();
                let market = self.engine.market(request.market).map(|market| market.listing());
                tracing::info!(
                    order = %request.id,
                    market = market.map_or("?", |listing| listing.ticker.as_str()),
                    side = ?request.side,
                    price = %request.price,
                    quantity = %request.quantity,
                    "order decided"
                );
                let decided = self.decided(request);
                let written = decided.map_or(Ok(()), |decided| {
                    self.journal.append(Record::Decision(Box::new(decided)))
                });
                if let Err(closed) =
                    written.and_then(|()| self.journal.append(Record::Intent(order)))
                {
                    return Err(self.fail(closed));
                }
            }
            Action::Cancel(cancel) => self.cancel(cancel),
            Action::Predict(prediction) => {
                if let Some(skill) = &self.skill {
                    skill.forecast(&self.engine, &prediction);
                }
            }
            Action::Resnapshot(request) => {
                if self.outlets.steer.try_send(Steer::Resnapshot(request.market)).is_err() {
                    // The stream asks by itself after every gap; the book stays untrusted until then.
                    tracing::warn!(
                        market = request.market.0,
                        "snapshot request dropped: queue full"
                    );
                }
            }
            Action::Latch(latch) => {
                if let Err(closed) = self.journal.append(Record::Event(latch.into_event())) {
                    return Err(self.fail(closed));
                }
            }
            Action::Alert(alert) => log_alert(&alert),
        }
        Ok(())
    }

    /// Why an order was decided, to be durable with it.
    fn decided(&self, order: &OrderRequest) -> Option<Decided> {
        let facts = self.engine.decision_facts(order.strategy, order.market)?;
        let of_this_order =
            matches!(facts.outcome, DecisionOutcome::Order { id, .. } if id == order.id);
        of_this_order.then(|| Decided {
            order: order.id,
            strategy_hash: self
                .strategy_hashes
                .get(order.strategy.index())
                .cloned()
                .unwrap_or_default(),
            facts,
            model: self.engine.model_facts(order.strategy),
        })
    }

    fn cancel(&mut self, cancel: CancelOrder) {
        // A cancel is never held up by the journal: it cannot make anything worse.
        if let Err(error) = self.journal.append(Record::CancelRequested(cancel)) {
            tracing::error!(%error, "cancel not journaled, sent all the same");
        }
        match self.venue_orders.get(&cancel.order) {
            Some(venue_order) => self.send_cancel(cancel.order, venue_order.clone()),
            None => {
                self.cancel_when_named.insert(cancel.order);
            }
        }
    }

    fn send_cancel(&self, order: ClientOrderId, venue_order: VenueOrderId) {
        let Some(record) = self.engine.orders().get(order) else { return };
        let market = record.request.market;
        if self.outlets.cancels.try_send(CancelRequest { order, venue_order, market }).is_err() {
            // The engine asks again while the order is open; the venue's own expiry ends it at last.
            tracing::error!(%order, "cancel dropped: queue full");
        }
    }

    /// Keeps what the engine does not need: venue names and the newest headline.
    fn remember(&mut self, event: &Event) {
        match event {
            Event::OrderAccepted(accepted) => {
                if self.cancel_when_named.remove(&accepted.order) {
                    self.send_cancel(accepted.order, accepted.venue_order.clone());
                }
                let name = Steer::KnowOrder(accepted.venue_order.clone(), accepted.order);
                // Fills carry our own id as well; this is for the day they do not.
                let _ = self.outlets.steer.try_send(name);
                self.venue_orders.insert(accepted.order, accepted.venue_order.clone());
            }
            Event::OrderClosed(closed) => {
                self.venue_orders.remove(&closed.order);
                self.cancel_when_named.remove(&closed.order);
            }
            Event::SignalReceived(signal) => {
                self.last_signal = Some((signal.received, signal.title.clone()));
            }
            _ => {}
        }
    }

    /// The journal is gone: the engine is killed in memory so that it cancels everything.
    fn fail(&mut self, closed: JournalClosed) -> JournalClosed {
        self.outlets.gate.close();
        tracing::error!(error = %closed, "the journal failed: no more orders");
        let at = self.clock.now();
        let reason = "the journal failed".to_owned();
        let event = Event::ModeChanged(ModeChanged { at, mode: Mode::Killed, reason });
        let mut actions = Vec::new();
        self.engine.step(&event, &mut actions);
        for action in actions {
            let Action::Cancel(cancel) = action else { continue };
            match self.venue_orders.get(&cancel.order) {
                Some(venue_order) => self.send_cancel(cancel.order, venue_order.clone()),
                None => {
                    self.cancel_when_named.insert(cancel.order);
                }
            }
        }
        closed
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
