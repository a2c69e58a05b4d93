//! [`Engine`]: one event in, actions out.

mod accepted;
mod account;
mod binding;
mod breakers;
mod cause;
mod caution;
mod clearance;
mod control;
mod edited;
mod entry;
mod evaluate;
mod exit;
mod flatten;
mod holdings;
mod joint;
mod loss;
mod mark;
mod motive;
mod own;
mod quote;
mod reach;
mod reports;
mod rivals;
mod selector;
mod signals;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use statecraft_domain::action::{Alert, CancelOrder, Resnapshot, Severity};
use statecraft_domain::event::{
    BookChanged, BookLost, BookSnapshot, ClockTicked, ConnectionChanged, Level, LossCause,
    MarketListed, MarketSettled, MarketStatusChanged, Mode, ModeChanged, Quoted, Standing,
    StandingChanged, Traded,
};
use statecraft_domain::{
    Action, ClientOrderId, Denial, Event, MarketId, Nanos, OrderRequest, Probability, StrategyId,
    Timestamp,
};

use crate::config::{Decision, EngineConfig, Guards, Strategy};
use crate::counters::Counters;
use crate::facts::DecisionFacts;
use crate::market::{BookEffect, MarketState, PriceHistory, Venues};
use crate::model::Model;
use crate::orders::{Accounts, Ledger, Phase};
use crate::risk::attribution::{Attributions, Story};
use crate::risk::conduct::Conduct;
use crate::risk::exposure;
use crate::risk::history::OrderHistory;
use crate::risk::post_trade::Flow;
use binding::{Binding, Pace};

pub use cause::{KNOWN_STORY_FRESH, KNOWN_STORY_STAKE};
pub use control::Controls;
pub use evaluate::{DecisionOutcome, DecisionRecord};
pub(crate) use holdings::Holdings;
pub(crate) use loss::Losses;
pub use motive::Motive;
pub(crate) use own::others_in;

/// A book crossed for longer than this (wall time) is asked for again (reliability.md 7.4).
const CROSS_PATIENCE: Nanos = Nanos::from_secs(2);
/// While halted or killed, a cancel that brought no end is asked for again after this (wall time).
const CANCEL_AGAIN: Nanos = Nanos::from_secs(5);
/// Signal ids remembered; the oldest is forgotten first.
const SIGNAL_IDS_MAX: usize = 100_000;

/// A strategy's part of the state.
#[derive(Debug, Clone)]
pub(crate) struct StrategyState {
    pub(crate) model: Model,
    /// Strategies whose events its own must come before; `None`: one of them is not there.
    rivals: Option<Vec<usize>>,
    /// A hash of the model's specification, for predictions.
    version: String,
    /// The evidence in force, for predictions.
    signals: Vec<String>,
    /// Index into [`Engine::groups`].
    group: usize,
    /// Index into [`Engine::drivers`].
    pub(crate) driver: usize,
    /// Markets it is bound to, in the order of their listing.
    pub(crate) bound: Vec<MarketId>,
    /// May it open positions with real money?
    pub(crate) standing: Standing,
    /// The model's failure has been told.
    failure_told: bool,
    /// Moved by the signal that is being taken in.
    moved: bool,
    /// When a signal last moved it.
    last_story: Option<Timestamp>,
    /// Which.
    story: Option<Story>,
    /// When its model was last computed.
    computed: Option<Timestamp>,
    /// How its orders fared.
    conduct: Conduct,
}

/// Why a binding is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trigger {
    /// The best bid or ask has another price.
    Price,
    /// The best bid or ask has another size.
    Size,
    /// A deeper level changed.
    Deep,
    /// A trade, a quote, a status.
    Market,
    /// The model's probability moved because of a signal.
    Model,
    /// An own order moved.
    Order,
    /// Time passed.
    Clock,
}

/// The engine and all it knows.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) config: EngineConfig,
    pub(crate) now: Timestamp,
    pub(crate) mode: Mode,
    /// Why the engine halted itself; cleared when the mode is changed from outside.
    pub(crate) halt_cause: Option<String>,
    /// Why the mode was last changed from outside, if it stops something.
    pub(crate) mode_reason: Option<String>,
    /// After halting itself, trading needs an account report that agrees first (I13).
    pub(crate) unreconciled: bool,
    /// The mode that only a person may raise.
    latched: Option<ModeChanged>,
    /// Any limit beyond one order is in force.
    pub(crate) guarded: bool,
    /// Refusals for want of authorisation in a row.
    auth_rejects: u32,
    /// Orders with an impossible history.
    impossible: BTreeSet<ClientOrderId>,
    /// Losses (R24).
    loss: loss::LossWatch,
    /// What was opened because of which story (R25).
    pub(crate) attributions: Attributions,
    /// When any source of signals was last heard.
    heard: Option<Timestamp>,
    /// Orders approved by this engine.
    approved: Flow,
    /// Orders denied by the gate, by strategy and reason: when that was written down last, and how many
    /// since.
    denied: BTreeMap<(StrategyId, Denial), (Option<Timestamp>, u64)>,
    pub(crate) markets: Vec<MarketState>,
    /// By market id: indices into `bindings`.
    pub(crate) bindings_of: Vec<Vec<usize>>,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) strategies: Vec<StrategyState>,
    /// Markets by event, for R15.
    pub(crate) groups: Vec<Vec<MarketId>>,
    /// Markets by what drives their strategies' events.
    pub(crate) drivers: Vec<Vec<MarketId>>,
    pub(crate) venues: Venues,
    pub(crate) controls: Controls,
    pub(crate) ledger: Ledger,
    pub(crate) accounts: Accounts,
    pub(crate) history: OrderHistory,
    pub(crate) counters: Counters,
    /// When the first model wants to be refreshed.
    pub(crate) model_due: Timestamp,
    pub(crate) signal_ids: BTreeSet<Arc<str>>,
    pub(crate) signal_order: VecDeque<Arc<str>>,
    /// What markets charged, by id; empty if no strategy looks at it.
    pub(crate) histories: Vec<PriceHistory>,
    /// How often prices are noted; `None`: never.
    pub(crate) sample_interval: Option<Nanos>,
    pub(crate) sample_due: Timestamp,
    /// Positions that are being closed because a person asked.
    pub(crate) flatten: BTreeMap<MarketId, flatten::Flatten>,
    /// Edited strategies by the hash of their file, until their event comes.
    pub(crate) staged: BTreeMap<String, Strategy>,
    /// The orders of this step, each with its decision: what is evaluated again meanwhile changes none.
    pub(crate) decided: Vec<(ClientOrderId, DecisionFacts)>,
    /// Reused space for a book's levels, best first.
    pub(crate) scratch: (Vec<Level>, Vec<Level>),
}

/// Where a name stands among those known; new ones stand at the end.
fn place_of<'a>(known: &mut Vec<&'a str>, name: &'a str) -> usize {
    known.iter().position(|&one| one == name).unwrap_or_else(|| {
        known.push(name);
        known.len() - 1
    })
}

impl Engine {
    /// An engine that has seen nothing and is in [`Mode::Starting`].
    #[must_use]
    pub fn new(config: EngineConfig) -> Self {
        let (mut events, mut drivers): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        let mut strategies = Vec::with_capacity(config.strategies.len());
        for strategy in &config.strategies {
            let group = place_of(&mut events, &strategy.event);
            let driver = place_of(&mut drivers, strategy.driver());
            strategies.push(StrategyState {
                model: Model::new(&strategy.model, &config.sources),
                rivals: rivals::of(strategy, &config.strategies),
                version: crate::model::version(&strategy.model),
                signals: Vec::new(),
                group,
                driver,
                bound: Vec::new(),
                standing: Standing::Good,
                failure_told: false,
                moved: false,
                last_story: None,
                story: None,
                computed: None,
                conduct: Conduct::default(),
            });
        }
        let groups = vec![Vec::new(); events.len()];
        let drivers = vec![Vec::new(); drivers.len()];
        let ledger = Ledger::new(config.lineage, config.first_sequence);
        let sample_interval = caution::sample_interval(&config.strategies);
        let guarded = config.limits.guards != Guards::open();
        Self {
            config,
            now: Timestamp::EPOCH,
            mode: Mode::Starting,
            halt_cause: None,
            mode_reason: None,
            unreconciled: false,
            latched: None,
            guarded,
            auth_rejects: 0,
            impossible: BTreeSet::new(),
            loss: loss::LossWatch::default(),
            attributions: Attributions::default(),
            heard: None,
            approved: Flow::default(),
            denied: BTreeMap::new(),
            markets: Vec::new(),
            bindings_of: Vec::new(),
            bindings: Vec::new(),
            strategies,
            groups,
            drivers,
            venues: Venues::default(),
            controls: Controls::default(),
            ledger,
            accounts: Accounts::default(),
            history: OrderHistory::default(),
            counters: Counters::default(),
            model_due: Timestamp::EPOCH,
            signal_ids: BTreeSet::new(),
            signal_order: VecDeque::new(),
            histories: Vec::new(),
            sample_interval,
            sample_due: Timestamp::EPOCH,
            flatten: BTreeMap::new(),
            staged: BTreeMap::new(),
            decided: Vec::new(),
            scratch: (Vec::new(), Vec::new()),
        }
    }

    /// Takes in one event and appends what is to be done about it, in order.
    #[inline]
    pub fn step(&mut self, event: &Event, actions: &mut Vec<Action>) {
        // Nearly every event is a changed level: it has the shortest way.
        if let Event::BookChanged(changed) = event {
            self.begin(changed.at, actions);
            self.book_changed(changed, actions);
        } else {
            self.begin(event.at(), actions);
            self.take_in(event, actions);
        }
    }

    #[inline]
    fn begin(&mut self, at: Timestamp, actions: &mut Vec<Action>) {
        self.counters.events += 1;
        self.decided.clear();
        if at > self.now {
            self.now = at;
        } else if at < self.now {
            // The order of events is the truth; engine time never runs backwards.
            self.counters.events_back_in_time += 1;
        }
        if self.now >= self.model_due {
            self.refresh_due_models(actions);
        }
    }

    #[inline(never)]
    fn take_in(&mut self, event: &Event, actions: &mut Vec<Action>) {
        match event {
            Event::BookChanged(changed) => self.book_changed(changed, actions),
            Event::BookSnapshot(snapshot) => self.book_snapshot(snapshot, actions),
            Event::BookLost(lost) => {
                self.book_lost(lost);
                self.pull_from(lost.market, actions);
            }
            Event::Traded(traded) => self.traded(traded, actions),
            Event::Quoted(quoted) => self.quoted(quoted, actions),
            Event::ClockTicked(ticked) => self.clock_ticked(ticked, actions),
            Event::MarketListed(listed) => self.market_listed(listed, actions),
            Event::MarketStatusChanged(changed) => self.market_status(changed, actions),
            Event::MarketSettled(settled) => self.market_settled(settled, actions),
            Event::SignalReceived(signal) => self.signal_received(signal, actions),
            Event::SourceSeen(seen) => self.source_seen(seen),
            Event::OrderSent(sent) => self.order_sent(sent, actions),
            Event::OrderAccepted(accepted) => self.order_accepted(accepted, actions),
            Event::OrderRejected(rejected) => self.order_rejected(rejected, actions),
            Event::OrderUnknown(unknown) => self.order_unknown(unknown, actions),
            Event::OrderFilled(filled) => self.order_filled(filled, actions),
            Event::OrderClosed(closed) => self.order_closed(closed, actions),
            Event::CancelFailed(failed) => self.cancel_failed(failed),
            Event::AccountReported(reported) => self.account_reported(reported, actions),
            Event::PositionsAccepted(accepted) => self.positions_accepted(accepted, actions),
            Event::ConnectionChanged(changed) => {
                self.connection_changed(changed);
                self.requote(actions);
            }
            Event::ModeChanged(changed) => self.mode_changed(changed, actions),
            Event::StandingChanged(changed) => self.standing_changed(changed, actions),
            Event::RestrictionChanged(changed) => self.restriction_changed(changed, actions),
            Event::ClockJudged(judged) => self.clock_judged(judged, actions),
            Event::VenueConditionChanged(changed) => self.venue_condition(changed, actions),
            Event::Reconciled(reconciled) => self.account_reconciled(reconciled),
            Event::FlattenRequested(requested) => self.flatten_requested(requested, actions),
            Event::StrategyChanged(changed) => self.strategy_changed(changed, actions),
            Event::ProfitMarked(marked) => self.profit_marked(marked),
            Event::OrderDenied(denied) => self.denied_before(denied),
            Event::CautionRaised(raised) => self.caution_raised(raised),
            // Told in its time; no flatten outlives its process.
            Event::FlattenEnded(_) => {}
        }
    }

    /// Recovery: an order that an earlier run wrote down before sending it. Until an event says
    /// otherwise it counts as unknown, at full size.
    pub fn restore_intent(&mut self, order: &OrderRequest) {
        self.restore_order(order, None);
    }

    /// The same, with the decision that was written down with it.
    pub fn restore_decided(&mut self, order: &OrderRequest, decided: &DecisionFacts) {
        self.restore_order(order, Some(decided));
    }

    fn restore_order(&mut self, order: &OrderRequest, decided: Option<&DecisionFacts>) {
        if self.ledger.get(order.id).is_none() {
            self.enter(order);
            self.restore_pauses(order, decided.and_then(|decided| decided.motive));
        }
        self.ledger.restore(order.clone());
        let belief = decided.and_then(|decided| decided.belief);
        if let Some(believed) = belief.and_then(|belief| Probability::new(belief.blended).ok()) {
            self.ledger.note_belief(order.id, believed);
        }
    }

    /// An earlier process asked for the cancel of an order: a quote that we withdraw is no failure (R26).
    pub fn restore_cancel(&mut self, order: ClientOrderId) {
        self.ledger.withdrawn_before(order);
    }

    /// A strategy on a market; `None`: it does not run, or means other markets now.
    fn binding_on(&self, strategy: StrategyId, market: MarketId) -> Option<usize> {
        let mut bound = self.bindings_of.get(market.index())?.iter().copied();
        bound.find(|&index| self.bindings[index].strategy == strategy)
    }

    /// What the next decision of its strategy must know of an order is in the order and its motive: a restart
    /// waits as long as the run before it would have waited.
    fn restore_pauses(&mut self, order: &OrderRequest, motive: Option<Motive>) {
        let Some(index) = self.binding_on(order.strategy, order.market) else { return };
        if order.time_in_force.rests() {
            self.note_quote(index, order.decided_at);
        }
        self.bindings[index].note_order(order, motive);
    }

    /// Counts an order, for everything that limits how many there are and what they open.
    fn enter(&mut self, order: &OrderRequest) {
        let window = self.config.limits.duplicate_window.times(self.config.time_scale);
        self.history.enter(order, window, self.config.time_scale);
        self.note_ordered(order.strategy, order.decided_at);
        if !self.guarded {
            return;
        }
        // What an order opened is noted while the ledger still knows it, whatever the later ones are for.
        self.attributions.settle(&self.ledger);
        if self.opens(order) {
            let story = self.strategies.get(order.strategy.index()).and_then(|s| s.story.clone());
            let holdings = Holdings::new(&self.bindings, &self.bindings_of, &self.accounts);
            let held = |strategy, market| holdings.cost(strategy, market);
            self.attributions.enter(order, story, &self.ledger, held);
        }
    }

    /// May an order that is not entered yet open something? A quote that closes rests, and no venue takes that as
    /// reduce-only: what is held and open tells. A restart comes to the same, since the journal has an order's
    /// intent after what it was decided on and before what came of it.
    fn opens(&self, order: &OrderRequest) -> bool {
        let Some(market) = self.markets.get(order.market.index()) else { return true };
        let position = self.accounts.position(order.market);
        let closes = || exposure::only_reduces(market, &position, &self.ledger, order, self.now);
        !order.reduce_only && !closes()
    }

    #[inline]
    fn book_changed(&mut self, changed: &BookChanged, actions: &mut Vec<Action>) {
        let index = changed.market.index();
        let Some(market) = self.markets.get_mut(index) else {
            self.counters.events_unlisted += 1;
            return;
        };
        self.venues.heard(market.listing().venue, self.now);
        let effect = market.apply_change(changed);
        let crossed = market.is_crossed();
        match effect {
            BookEffect::Price => self.trigger(index, Trigger::Price, actions),
            BookEffect::Size => self.trigger(index, Trigger::Size, actions),
            BookEffect::Deep => self.trigger(index, Trigger::Deep, actions),
            BookEffect::Ignored => {}
            BookEffect::Broken => self.ask_for_snapshot(changed.market, actions),
        }
        if crossed {
            self.watch_cross(index, actions);
        }
    }

    fn book_snapshot(&mut self, snapshot: &BookSnapshot, actions: &mut Vec<Action>) {
        let Some(market) = self.heard_market(snapshot.market) else { return };
        match market.apply_snapshot(snapshot) {
            BookEffect::Broken => self.ask_for_snapshot(snapshot.market, actions),
            BookEffect::Price | BookEffect::Size | BookEffect::Deep | BookEffect::Ignored => {
                self.trigger(snapshot.market.index(), Trigger::Price, actions);
            }
        }
    }

    fn book_lost(&mut self, lost: &BookLost) {
        // Not heard from: the shell noticed it, the venue said nothing.
        match self.markets.get_mut(lost.market.index()) {
            Some(market) => market.lose(lost.cause, self.now),
            None => self.counters.events_unlisted += 1,
        }
    }

    fn traded(&mut self, traded: &Traded, actions: &mut Vec<Action>) {
        let Some(market) = self.heard_market(traded.market) else { return };
        market.apply_trade(traded);
        self.trigger(traded.market.index(), Trigger::Market, actions);
    }

    fn quoted(&mut self, quoted: &Quoted, actions: &mut Vec<Action>) {
        let Some(market) = self.heard_market(quoted.market) else { return };
        market.apply_quote(quoted);
        self.trigger(quoted.market.index(), Trigger::Market, actions);
    }

    fn clock_ticked(&mut self, _ticked: &ClockTicked, actions: &mut Vec<Action>) {
        for index in 0..self.markets.len() {
            if self.markets[index].is_crossed() {
                self.watch_cross(index, actions);
            }
            let is_open = self.is_open(self.markets[index].listing().venue);
            self.markets[index].watch_middle(self.now, is_open);
        }
        self.watch_losses(actions);
        self.watch_stops(actions);
        if !self.trades() || self.controls.restrictions().next().is_some() {
            self.cancel_resting(actions);
        }
        self.pull_orphans(actions);
        self.attend_flatten(actions);
        if let Some(interval) = self.sample_interval
            && self.now >= self.sample_due
        {
            self.note_prices(interval, actions);
        }
        for index in 0..self.bindings.len() {
            self.consider(index, Trigger::Clock, actions);
        }
    }

    fn market_listed(&mut self, listed: &MarketListed, actions: &mut Vec<Action>) {
        let index = listed.market.index();
        if index > self.markets.len() {
            self.counters.events_unlisted += 1;
            let message = format!(
                "market {} ({}) was listed out of order; the next free id is {}",
                index,
                listed.listing.ticker,
                self.markets.len()
            );
            self.alert(Severity::Warning, "bad_market_id", message, actions);
            return;
        }
        if index == self.markets.len() {
            let market = MarketState::new(listed.market, listed.listing.clone(), self.now);
            self.markets.push(market);
            self.bindings_of.push(Vec::new());
        } else if self.markets[index].relist(listed.listing.clone(), self.now) {
            self.ask_for_snapshot(listed.market, actions);
        }
        self.bind(listed.market);
    }

    /// Binds a market to every strategy that means it and does not have it yet.
    fn bind(&mut self, market: MarketId) {
        let listing = self.markets[market.index()].listing();
        for (index, strategy) in self.config.strategies.iter().enumerate() {
            let state = &mut self.strategies[index];
            let wanted = strategy.markets.iter().any(|selector| selector.matches(listing));
            if !wanted || state.bound.contains(&market) {
                continue;
            }
            let Ok(id) = u16::try_from(index) else { continue };
            state.bound.push(market);
            let horizon = state.model.ask_for(&strategy.model, listing);
            self.model_due = self.model_due.min(state.model.due());
            for together in [&mut self.groups[state.group], &mut self.drivers[state.driver]] {
                if !together.contains(&market) {
                    together.push(market);
                }
            }
            self.bindings_of[market.index()].push(self.bindings.len());
            self.bindings.push(Binding::new(StrategyId(id), market, horizon));
        }
    }

    fn market_status(&mut self, changed: &MarketStatusChanged, actions: &mut Vec<Action>) {
        let Some(market) = self.heard_market(changed.market) else { return };
        market.set_status(changed.status, changed.close);
        self.wake_market(changed.market.index());
        self.trigger(changed.market.index(), Trigger::Market, actions);
    }

    fn market_settled(&mut self, settled: &MarketSettled, actions: &mut Vec<Action>) {
        let Some(market) = self.heard_market(settled.market) else { return };
        if let Some(before) = market.settlement() {
            if before != settled.settlement {
                let message = format!(
                    "market {} was settled {before:?} and is now said to be {:?}; the first stands",
                    market.listing().ticker,
                    settled.settlement
                );
                self.alert(Severity::Critical, "settlement_changed", message, actions);
            }
            return;
        }
        market.settle(settled.settlement);
        let venue = market.listing().venue;
        self.forget_holdings(settled.market);
        self.accounts.settle(venue, settled.market, settled.settlement);
    }

    fn connection_changed(&mut self, changed: &ConnectionChanged) {
        if changed.connected && !self.venues.is_connected(changed.venue) {
            self.controls.reconnected(changed.venue, self.now);
        }
        self.venues.connection(changed.venue, changed.connected, self.now);
        if !changed.connected {
            let now = self.now;
            for market in &mut self.markets {
                if market.listing().venue == changed.venue {
                    market.lose(LossCause::Disconnected, now);
                }
            }
        }
    }

    /// A demotion is told to a person at once; a release too, with less noise.
    fn standing_changed(&mut self, changed: &StandingChanged, actions: &mut Vec<Action>) {
        let index = changed.strategy.index();
        let Some(state) = self.strategies.get_mut(index) else { return };
        if std::mem::replace(&mut state.standing, changed.standing) == changed.standing {
            return;
        }
        self.wake_strategy(index);
        let name = &self.config.strategies[index].name;
        let (severity, code, message) = match changed.standing {
            Standing::Demoted => (
                Severity::Critical,
                "strategy_demoted",
                format!(
                    "strategy {name} is demoted to paper: {}; it forecasts on, and opens no position \
                     with real money until a person reinstates it",
                    changed.reason
                ),
            ),
            Standing::Good => (
                Severity::Warning,
                "strategy_reinstated",
                format!("strategy {name} may trade again: {}", changed.reason),
            ),
        };
        self.alert(severity, code, message, actions);
    }

    /// Asks for the cancellation of everything stopped that may rest at the venue. Repeated while it is,
    /// as long as the venue reports no end. Never blocked by anything (I14).
    fn cancel_resting(&mut self, actions: &mut Vec<Action>) {
        let patience = CANCEL_AGAIN.times(self.config.time_scale);
        let due: Vec<_> = self
            .ledger
            .live()
            .iter()
            .filter(|record| record.phase.is_live())
            .filter(|record| self.is_stopped(record.request.strategy, record.request.market))
            // What rests by the venue's own word is cancelled, whatever it was meant to do.
            .filter(|record| record.request.time_in_force.rests() || record.phase == Phase::Open)
            .filter(|record| record.cancel_requested.is_none_or(|at| self.now - at >= patience))
            .map(|record| record.id())
            .collect();
        for order in due {
            self.cancel_order(order, actions);
        }
    }

    fn cancel_order(&mut self, order: ClientOrderId, actions: &mut Vec<Action>) {
        self.ledger.cancel_requested(order, self.now);
        self.counters.cancels += 1;
        actions.push(Action::Cancel(CancelOrder { at: self.now, order }));
    }

    fn watch_cross(&mut self, index: usize, actions: &mut Vec<Action>) {
        let patience = CROSS_PATIENCE.times(self.config.time_scale);
        if self.markets[index].cross_is_overdue(self.now, patience) {
            self.ask_for_snapshot(self.markets[index].id(), actions);
        }
    }

    fn ask_for_snapshot(&self, market: MarketId, actions: &mut Vec<Action>) {
        actions.push(Action::Resnapshot(Resnapshot { at: self.now, market }));
    }

    fn alert(
        &mut self,
        severity: Severity,
        code: &str,
        message: String,
        actions: &mut Vec<Action>,
    ) {
        self.counters.alerts += 1;
        actions.push(Action::Alert(Alert {
            at: self.now,
            severity,
            code: code.to_owned(),
            message,
        }));
    }

    /// The market, its venue noted as alive; counts if it was never listed.
    fn heard_market(&mut self, market: MarketId) -> Option<&mut MarketState> {
        match self.markets.get_mut(market.index()) {
            Some(market) => {
                self.venues.heard(market.listing().venue, self.now);
                Some(market)
            }
            None => {
                self.counters.events_unlisted += 1;
                None
            }
        }
    }

    fn wake_all(&mut self) {
        for binding in &mut self.bindings {
            binding.wake();
        }
    }

    fn wake_market(&mut self, market: usize) {
        for &index in &self.bindings_of[market] {
            self.bindings[index].wake();
        }
    }

    fn wake_strategy(&mut self, strategy: usize) {
        for binding in &mut self.bindings {
            if binding.strategy.index() == strategy {
                binding.wake();
            }
        }
    }

    /// Looks at every strategy bound to a market.
    #[inline]
    fn trigger(&mut self, market: usize, trigger: Trigger, actions: &mut Vec<Action>) {
        for position in 0..self.bindings_of[market].len() {
            let index = self.bindings_of[market][position];
            self.consider(index, trigger, actions);
        }
    }

    /// Evaluates a binding if this trigger can change its decision.
    #[inline]
    fn consider(&mut self, index: usize, trigger: Trigger, actions: &mut Vec<Action>) {
        let binding = &self.bindings[index];
        let asleep = match binding.pace {
            Pace::EveryEvent => false,
            Pace::NextPrice => matches!(trigger, Trigger::Deep | Trigger::Size),
            Pace::Until(instant) => self.now < instant,
        };
        if asleep {
            return;
        }
        let wanted = match self.config.strategies[binding.strategy.index()].decision {
            // T1 is defined on book events; a trade is not one, nor is its own fill.
            // Whom it keeps from quoting for a close waits for more than a book, though.
            Decision::Threshold(_) => match trigger {
                Trigger::Price | Trigger::Size | Trigger::Deep | Trigger::Model => true,
                Trigger::Order | Trigger::Clock => binding.clearance.on,
                Trigger::Market => false,
            },
            Decision::Kelly(_) => trigger != Trigger::Clock || binding.is_due(self.now),
            // Quotes grow old by themselves.
            Decision::Maker(_) => trigger != Trigger::Deep,
        };
        if wanted {
            self.evaluate(index, actions);
        }
    }
}
