//! [`Desk`]: the engine with its journal around it. One event at a time: written down, stepped, and its
//! actions carried out in order. What has to leave the process comes out as [`Errand`]s; an order does
//! not: it goes to the journal, which hands it on once it is durable.

use std::collections::{BTreeMap, BTreeSet};

use statecraft_domain::action::{Alert, CancelOrder, Prediction};
use statecraft_domain::control::{Latch, Origin, RestrictionChanged, Scope};
use statecraft_domain::event::{Mode, ModeChanged};
use statecraft_domain::{
    Action, ClientOrderId, Event, MarketId, OrderRequest, RiskApproved, Timestamp, VenueOrderId,
};
use statecraft_engine::{Engine, Strategy};

use super::dispatch::CancelRequest;
use super::gate::{Bar, Gate};
use super::unfinished::Unfinished;
use crate::journal::{Decided, Journal, JournalClosed, Record, is_journaled};

/// The venue's names of orders that may still be live.
pub type VenueOrders = BTreeMap<ClientOrderId, VenueOrderId>;

/// Where records go. A record that was taken is durable before any order that was taken after it is
/// handed out.
pub trait Log {
    /// Takes a record.
    ///
    /// # Errors
    /// [`JournalClosed`] once anything could not be made durable.
    fn append(&mut self, record: Record) -> Result<(), JournalClosed>;

    /// Why nothing is taken any more, if so.
    fn failure(&self) -> Option<JournalClosed>;
}

impl Log for Journal {
    fn append(&mut self, record: Record) -> Result<(), JournalClosed> {
        Self::append(self, record)
    }

    fn failure(&self) -> Option<JournalClosed> {
        Self::failure(self)
    }
}

/// Whoever takes events in for an engine.
pub trait Takes {
    /// The engine, to look at.
    fn engine(&self) -> &Engine;

    /// Engine time now.
    fn now(&self) -> Timestamp;

    /// Takes in one event.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    fn take(&mut self, event: Event) -> Result<(), JournalClosed>;

    /// Tells a person.
    fn tell(&mut self, alert: Alert);
}

/// Something to be carried out of the desk. Losing one never loses an order.
#[derive(Debug, Clone, PartialEq)]
pub enum Errand {
    /// Send this cancel.
    Cancel(CancelRequest),
    /// Get a fresh snapshot of this market's book.
    Resnapshot(MarketId),
    /// Tell the stream the venue's name of an order of ours.
    KnowOrder(VenueOrderId, ClientOrderId),
    /// Keep this prediction.
    Predict(Prediction),
    /// Tell a person.
    Alert(Alert),
}

/// See the module.
#[derive(Debug)]
pub struct Desk<L> {
    engine: Engine,
    log: L,
    gate: Gate,
    venue_orders: VenueOrders,
    unfinished: Unfinished,
    /// Orders to cancel as soon as the venue has told us their name.
    cancel_when_named: BTreeSet<ClientOrderId>,
    /// Hashes of the strategies' files, in the order of their ids.
    strategy_hashes: Vec<String>,
    actions: Vec<Action>,
    errands: Vec<Errand>,
}

impl<L: Log> Desk<L> {
    /// Puts the parts together. The engine has been through recovery; `venue_orders` are the names that
    /// recovery learned. The gate is closed before anything else when the journal fails.
    #[must_use]
    pub fn new(engine: Engine, log: L, gate: Gate, venue_orders: VenueOrders) -> Self {
        Self {
            engine,
            log,
            gate,
            venue_orders,
            unfinished: Unfinished::default(),
            cancel_when_named: BTreeSet::new(),
            strategy_hashes: Vec::new(),
            actions: Vec::new(),
            errands: Vec::new(),
        }
    }

    /// What a person asked of an earlier run to close, and it did not.
    pub fn take_over(&mut self, unfinished: Unfinished) {
        self.unfinished = unfinished;
    }

    /// What a person asked to be closed.
    #[must_use]
    pub const fn unfinished(&self) -> &Unfinished {
        &self.unfinished
    }

    /// Decisions name the file they follow from here on.
    pub fn name_strategies(&mut self, hashes: Vec<String>) {
        self.strategy_hashes = hashes;
    }

    /// Tells the engine what an edited strategy is, ahead of the event that puts it in force.
    pub fn stage_strategy(&mut self, hash: String, strategy: Strategy) {
        self.engine.stage_strategy(hash, strategy);
    }

    /// The engine, to look at.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The log.
    #[must_use]
    pub const fn log(&self) -> &L {
        &self.log
    }

    /// The log, to write what is no event (a run started, stopped).
    pub const fn log_mut(&mut self) -> &mut L {
        &mut self.log
    }

    /// Takes the desk apart.
    #[must_use]
    pub fn into_parts(self) -> (Engine, L) {
        (self.engine, self.log)
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

    /// What is to be carried out, in order; the desk forgets it.
    pub fn errands(&mut self) -> Vec<Errand> {
        std::mem::take(&mut self.errands)
    }

    /// A person is to be told this.
    pub fn tell(&mut self, alert: Alert) {
        self.errands.push(Errand::Alert(alert));
    }

    /// Notes what the engine does not need and writes the event down if it must survive.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed; see [`Self::fail`], which has been done then.
    pub fn write(&mut self, event: &Event) -> Result<(), JournalClosed> {
        self.remember(event);
        if is_journaled(event)
            && !self.is_repeated(event)
            && !self.is_refused(event)
            && let Err(closed) = self.log.append(Record::Event(event.clone()))
        {
            return Err(self.fail(closed, event.at()));
        }
        Ok(())
    }

    /// Every comparison of the account tells the fills of a while again: one is written down once.
    fn is_repeated(&self, event: &Event) -> bool {
        match event {
            Event::OrderFilled(filled) => self.engine.orders().has_booked(&filled.fill),
            _ => false,
        }
    }

    /// What the engine will refuse never happened: a restart must not find it in the journal.
    fn is_refused(&self, event: &Event) -> bool {
        matches!(event, Event::ModeChanged(change) if self.engine.refusal(change).is_some())
    }

    /// Steps the engine with an event that was written down, and carries out what it asks for.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn step(&mut self, event: &Event) -> Result<(), JournalClosed> {
        self.step_seen(event, |_| {})
    }

    /// As [`Self::step`], with a look at the actions before they are carried out.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn step_seen(
        &mut self,
        event: &Event,
        seen: impl FnOnce(&[Action]),
    ) -> Result<(), JournalClosed> {
        if !self.is_refused(event) {
            self.unfinished.note(event, &self.engine);
        }
        let mut actions = std::mem::take(&mut self.actions);
        self.engine.step(event, &mut actions);
        seen(&actions);
        self.follow(event);
        let at = event.at();
        let outcome = actions.drain(..).try_for_each(|action| self.carry_out(action, at));
        self.actions = actions;
        outcome
    }

    /// The gate follows what the engine was told.
    fn follow(&self, event: &Event) {
        match event {
            Event::ModeChanged(change) => {
                if matches!(self.engine.mode(), Mode::Active | Mode::ReduceOnly) {
                    self.gate.lift(Bar::Latched);
                }
                // A start stops for what is found before it trades.
                if change.is_by_engine() {
                    self.close_for_mode(change.mode);
                }
            }
            Event::RestrictionChanged(change) => self.follow_restriction(change),
            _ => {}
        }
    }

    /// As the engine has it now: of several restrictions the strictest holds.
    fn follow_restriction(&self, change: &RestrictionChanged) {
        let Scope::Strategy(strategy) = change.scope else { return };
        let now = self.engine.controls().restriction(change.scope).map(|found| found.mode);
        match now {
            Some(Mode::Halted | Mode::Killed) => self.gate.bar_strategy(strategy),
            // What the shell lifts is never a person's.
            _ if change.origin == Origin::Shell => {}
            _ => self.gate.lift_strategy(strategy),
        }
    }

    /// The engine stopped itself: the gate closes before that is written down, so that nothing it had approved
    /// before leaves once it is durable (I12).
    fn close_for(&self, latch: &Latch) {
        match latch {
            Latch::Mode(change) => self.close_for_mode(change.mode),
            Latch::Restriction(change) => self.follow_restriction(change),
            Latch::Profit(_) | Latch::Denied(_) | Latch::Caution(_) | Latch::Flatten(_) => {}
        }
    }

    fn close_for_mode(&self, mode: Mode) {
        match mode {
            Mode::Killed => self.gate.bar(Bar::Kill),
            Mode::Halted => self.gate.bar(Bar::Latched),
            Mode::ReduceOnly | Mode::Active | Mode::Starting => {}
        }
    }

    /// The log may have failed on the last record of a quiet market.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn check_log(&mut self, at: Timestamp) -> Result<(), JournalClosed> {
        match self.log.failure() {
            Some(closed) => Err(self.fail(closed, at)),
            None => Ok(()),
        }
    }

    fn carry_out(&mut self, action: Action, at: Timestamp) -> Result<(), JournalClosed> {
        match action {
            Action::Place(order) => {
                if let Err(closed) = self.place(order) {
                    return Err(self.fail(closed, at));
                }
            }
            Action::Cancel(cancel) => self.cancel(cancel),
            Action::Predict(prediction) => self.errands.push(Errand::Predict(prediction)),
            Action::Resnapshot(request) => self.errands.push(Errand::Resnapshot(request.market)),
            Action::Latch(latch) => {
                self.close_for(&latch);
                let event = latch.into_event();
                self.unfinished.note(&event, &self.engine);
                if let Err(closed) = self.log.append(Record::Event(event)) {
                    return Err(self.fail(closed, at));
                }
            }
            Action::Alert(alert) => self.errands.push(Errand::Alert(alert)),
        }
        Ok(())
    }

    /// The journal hands it to the gateway once it is on disk; nothing else can.
    fn place(&mut self, order: RiskApproved<OrderRequest>) -> Result<(), JournalClosed> {
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
        if let Some(decided) = self.decided(request) {
            self.log.append(Record::Decision(Box::new(decided)))?;
        }
        self.log.append(Record::Intent(order))
    }

    /// Why an order was decided, to be durable with it.
    fn decided(&self, order: &OrderRequest) -> Option<Decided> {
        let facts = self.engine.decided(order.id)?.clone();
        Some(Decided {
            order: order.id,
            strategy_hash: self
                .strategy_hashes
                .get(order.strategy.index())
                .cloned()
                .unwrap_or_default(),
            facts,
            model: self.engine.market_facts(order.strategy, order.market),
        })
    }

    fn cancel(&mut self, cancel: CancelOrder) {
        // A cancel is never held up by the journal: it cannot make anything worse.
        if let Err(error) = self.log.append(Record::CancelRequested(cancel)) {
            tracing::error!(%error, "cancel not journaled, sent all the same");
        }
        self.cancel_or_wait(cancel.order);
    }

    fn cancel_or_wait(&mut self, order: ClientOrderId) {
        let known = self.engine.orders().get(order).and_then(|record| record.venue_order.clone());
        match self.venue_orders.get(&order).cloned().or(known) {
            Some(venue_order) => self.send_cancel(order, venue_order),
            None => {
                self.cancel_when_named.insert(order);
            }
        }
    }

    fn send_cancel(&mut self, order: ClientOrderId, venue_order: VenueOrderId) {
        let Some(record) = self.engine.orders().get(order) else { return };
        let (market, quantity) = (record.request.market, record.request.quantity);
        self.errands.push(Errand::Cancel(CancelRequest { order, venue_order, market, quantity }));
    }

    /// Keeps the venue's names of orders, and sends the cancels that waited for one. Also for what is
    /// heard after the journal failed, when nothing is written or stepped any more.
    pub fn remember(&mut self, event: &Event) {
        match event {
            Event::OrderAccepted(accepted) => {
                if self.cancel_when_named.remove(&accepted.order) {
                    self.send_cancel(accepted.order, accepted.venue_order.clone());
                }
                // Fills carry our own id as well; this is for the day they do not.
                self.errands.push(Errand::KnowOrder(accepted.venue_order.clone(), accepted.order));
                self.venue_orders.insert(accepted.order, accepted.venue_order.clone());
            }
            Event::OrderClosed(closed) => {
                self.venue_orders.remove(&closed.order);
                self.cancel_when_named.remove(&closed.order);
            }
            _ => {}
        }
    }

    /// The journal is gone: the gate closes, and the engine is killed in memory so that it cancels
    /// everything.
    fn fail(&mut self, closed: JournalClosed, at: Timestamp) -> JournalClosed {
        self.gate.close();
        tracing::error!(error = %closed, "the journal failed: no more orders");
        let reason = "the journal failed".to_owned();
        let event = Event::ModeChanged(ModeChanged { at, mode: Mode::Killed, reason });
        let mut actions = Vec::new();
        self.engine.step(&event, &mut actions);
        for action in actions {
            if let Action::Cancel(cancel) = action {
                self.cancel_or_wait(cancel.order);
            }
        }
        closed
    }
}
