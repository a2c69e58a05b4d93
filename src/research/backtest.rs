//! The backtest: the live engine over recordings, against [`ReplayVenue`].
//!
//! Time. Everything has its instant, and instants are worked off in order. At one instant: first orders
//! end that expire then, then orders and cancels arrive at the venue, then the clock ticks, then what
//! was recorded at that instant happens. An order decided at `t` therefore meets, at `t + latency`,
//! exactly the book that the events before that instant left behind, and the strategy learns of the
//! outcome at the same instant. A market event reaches the venue before the engine; the fills it causes
//! follow it.
//!
//! Dated signals ([`super::feed`]) are merged in by the time of their receipt; at one instant they come
//! after everything that was recorded. As long as a strategy has no market, nobody can charge a price
//! and the engine decides nothing; its model's probability is written down all the same, once a day and
//! whenever a signal moved it.
//!
//! The engine starts with the account's cash, an open connection and mode `active`. The clock ticks
//! once a second of recorded time, also through gaps.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Instant;

use statecraft_domain::action::Prediction;
use statecraft_domain::event::{
    AccountReported, ClockTicked, ConnectionChanged, MarketListed, MarketSettled, Mode,
    ModeChanged, OrderSent, Quoted,
};
use statecraft_domain::{
    Action, ClientOrderId, Event, Fill, MarketId, Nanos, OrderRequest, Quantity, Settlement,
    StrategyId, Timestamp, Usd, Venue,
};
use statecraft_engine::{Engine, EngineConfig};
use statecraft_exchange::replay::{ReplayRules, ReplayVenue};

use super::actions_hash::ActionsHash;
use super::equity::{EquityCurve, Mark, Point};
use super::outputs::{OutputError, Outputs};
use super::scoring::MarketScores;
use crate::tape::statistics::TickerCheck;
use crate::tape::{Playback, TapeError};

/// A model without a market is written down at least this often.
const MODEL_ROW_EVERY: Nanos = Nanos::from_secs(86_400);

/// What a backtest is told besides its tapes.
#[derive(Debug, Clone)]
pub struct BacktestOptions {
    /// The engine's configuration; its lineage is the seed.
    pub engine: EngineConfig,
    /// Opening cash.
    pub cash: Usd,
    /// From a decision to its arrival at the venue.
    pub latency: Nanos,
    /// Does what our fills took stay gone until the recorded level changes?
    pub own_impact: bool,
    /// Engine time between two ticks of the clock.
    pub tick: Nanos,
    /// Engine time between two rows of `equity.csv`.
    pub equity_interval: Nanos,
}

/// Why a backtest stopped.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// A tape could not be read.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// An output could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The tapes hold nothing.
    #[error(
        "the tapes hold no event and there is no signal; check the paths, and `statecraft tape info` \
         on them"
    )]
    Empty,
    /// More than one venue.
    #[error(
        "the tapes hold markets of {0} and of {1}: a backtest has one account at one venue; run \
         one for each"
    )]
    TwoVenues(Venue, Venue),
}

/// What was counted about one market.
#[derive(Debug, Clone, Default)]
pub struct MarketTally {
    /// Executions.
    pub fills: u64,
    /// Contracts bought and sold.
    pub contracts: Quantity,
    /// How it ended.
    pub settlement: Option<Settlement>,
    /// Its predictions.
    pub scores: MarketScores,
    mark: Mark,
}

/// Everything that was counted.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// First and last instant.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Events the engine was given.
    pub events: u64,
    /// Of these, from the tapes.
    pub tape_events: u64,
    /// Wall seconds of the loop.
    pub seconds: f64,
    /// Orders sent.
    pub orders: u64,
    /// Executions.
    pub fills: u64,
    /// Contracts bought and sold.
    pub contracts: Quantity,
    /// Fees.
    pub fees: Usd,
    /// Sales minus purchases on the YES axis, before fees.
    pub cash_flow: Usd,
    /// Predictions.
    pub predictions: u64,
    /// Signals given to the engine from files.
    pub signals: u64,
    /// Probabilities of strategies without a market.
    pub model_predictions: u64,
    /// Refusals of the venue by code.
    pub rejections: BTreeMap<&'static str, u64>,
    /// Alerts by code.
    pub alerts: BTreeMap<String, u64>,
    /// Markets paid out.
    pub settled: u64,
    /// Rebuilt books against recorded tickers.
    pub ticker: TickerCheck,
    /// By market.
    pub markets: Vec<MarketTally>,
}

/// A finished backtest.
#[derive(Debug)]
pub struct Finished {
    /// What was counted.
    pub tally: Tally,
    /// Equity over time.
    pub curve: EquityCurve,
    /// The account at the end.
    pub account: statecraft_exchange::Account,
    /// Equity at the end.
    pub equity: Usd,
    /// SHA-256 of all actions.
    pub actions_hash: String,
    /// Probabilities over time of strategies that had no market, by strategy.
    pub model_paths: Vec<Vec<(Timestamp, f64)>>,
    /// The engine at the end, to look at.
    pub engine: Engine,
    /// The tapes, read.
    pub playback: Playback,
    /// The tables, not yet completed.
    pub outputs: Option<Outputs>,
}

impl Finished {
    /// What a market has brought: realised, and open at its mark, after fees.
    #[must_use]
    pub fn pnl(&self, market: MarketId) -> Usd {
        let Some(position) = self.account.positions.get(&market) else { return Usd::ZERO };
        let open = match self.tally.markets.get(market.index()) {
            Some(tally) if !position.quantity.is_zero() => tally.mark.value(position.quantity),
            _ => Usd::ZERO,
        };
        position.realized - position.fees + open - position.cost
    }
}

enum Sent {
    Order(OrderRequest),
    Cancel(ClientOrderId),
}

struct Run<'a> {
    options: &'a BacktestOptions,
    engine: Engine,
    venue: ReplayVenue,
    venue_name: Option<Venue>,
    now: Timestamp,
    next_tick: Timestamp,
    next_equity: Timestamp,
    /// Nothing but recorded events happens before this.
    next_due: Timestamp,
    /// On their way to the venue, in order of arrival (the latency is the same for all).
    in_flight: VecDeque<(Timestamp, Sent)>,
    /// Answers on their way to the engine at this instant.
    answers: VecDeque<Event>,
    scratch: Vec<Event>,
    actions: Vec<Action>,
    hash: ActionsHash,
    /// Whose order it is, while it may still fill.
    owners: HashMap<ClientOrderId, StrategyId>,
    tickers: Vec<String>,
    tally: Tally,
    curve: EquityCurve,
    /// Dated signals and signs of life of their sources that are still to come, in order of time.
    signals: std::vec::IntoIter<Event>,
    /// There were some.
    has_signals: bool,
    /// When the first of them is due.
    next_signal: Timestamp,
    /// The last probability written down without a market, by strategy.
    model_rows: Vec<Option<ModelRow>>,
    /// When the next are due although no signal came.
    next_heartbeat: Timestamp,
    model_paths: Vec<Vec<(Timestamp, f64)>>,
    outputs: Option<Outputs>,
    /// The first output that failed; the loop stops at the end of the batch.
    failed: Option<OutputError>,
}

/// A probability without a market.
type ModelRow = (Timestamp, f64, f64);

/// Plays the tapes to the end, without signals from files.
///
/// # Errors
/// As [`run_with_signals`].
pub fn run(
    options: &BacktestOptions,
    playback: Playback,
    outputs: Option<Outputs>,
    progress: &mut dyn FnMut(&Playback, Timestamp),
) -> Result<Finished, BacktestError> {
    run_with_signals(options, playback, Vec::new(), outputs, progress)
}

/// Plays tapes and signals (with signs of life of their sources, in order of time) to the end.
///
/// `progress` is called between batches with the playback and the time reached.
///
/// # Errors
/// [`BacktestError`] if a tape or an output fails, or there is nothing to play.
pub fn run_with_signals(
    options: &BacktestOptions,
    mut playback: Playback,
    signals: Vec<Event>,
    outputs: Option<Outputs>,
    progress: &mut dyn FnMut(&Playback, Timestamp),
) -> Result<Finished, BacktestError> {
    let mut run = Run::new(options, signals, outputs);
    let mut batch = Vec::with_capacity(crate::tape::BATCH);
    while playback.read(&mut batch)? {
        let started = Instant::now();
        for event in &batch {
            if run.next_signal < event.at() {
                run.take_signals(event.at());
            }
            run.take(event)?;
        }
        batch.clear();
        run.tally.seconds += started.elapsed().as_secs_f64();
        if let Some(failed) = run.failed.take() {
            return Err(failed.into());
        }
        progress(&playback, run.now);
    }
    let started = Instant::now();
    run.take_signals(Timestamp::MAX);
    run.tally.seconds += started.elapsed().as_secs_f64();
    run.finish(playback)
}

impl<'a> Run<'a> {
    fn new(options: &'a BacktestOptions, signals: Vec<Event>, outputs: Option<Outputs>) -> Self {
        let strategies = options.engine.strategies.len();
        let rules = ReplayRules { cash: options.cash, own_impact: options.own_impact };
        Self {
            options,
            engine: Engine::new(options.engine.clone()),
            venue: ReplayVenue::new(rules),
            venue_name: None,
            now: Timestamp::EPOCH,
            next_tick: Timestamp::MAX,
            next_equity: Timestamp::EPOCH,
            next_due: Timestamp::EPOCH,
            in_flight: VecDeque::new(),
            answers: VecDeque::new(),
            scratch: Vec::new(),
            actions: Vec::new(),
            hash: ActionsHash::default(),
            owners: HashMap::new(),
            tickers: Vec::new(),
            tally: Tally::default(),
            curve: EquityCurve::default(),
            next_signal: signals.first().map_or(Timestamp::MAX, Event::at),
            has_signals: !signals.is_empty(),
            signals: signals.into_iter(),
            model_rows: vec![None; strategies],
            next_heartbeat: Timestamp::EPOCH,
            model_paths: vec![Vec::new(); strategies],
            outputs,
            failed: None,
        }
    }

    /// The signals that were received before `until`.
    fn take_signals(&mut self, until: Timestamp) {
        while self.next_signal < until {
            let Some(signal) = self.signals.next() else { break };
            let at = self.next_signal;
            self.next_signal = self.signals.as_slice().first().map_or(Timestamp::MAX, Event::at);
            if at >= self.next_due {
                self.advance(at);
            }
            self.now = self.now.max(at);
            // The first instant is worth a row, and every signal; signs of life only move the clock.
            let matters =
                matches!(signal, Event::SignalReceived(_)) || self.tally.model_predictions == 0;
            self.tally.signals += u64::from(matches!(signal, Event::SignalReceived(_)));
            self.step(&signal);
            self.drain();
            if self.next_due <= at {
                self.advance(at);
            }
            if matters {
                self.note_models();
            }
        }
    }

    /// Writes down what models without a market say: once a day, and when it moved with a signal.
    fn note_models(&mut self) {
        for (index, id) in (0..self.model_rows.len()).zip(0..) {
            let strategy = StrategyId(id);
            if self.engine.has_market(strategy) {
                continue;
            }
            let Some(estimate) = self.engine.estimate(strategy) else { continue };
            let (p, sd) = (estimate.probability.get(), estimate.sd_logit);
            let same = |(_, before, width): &ModelRow| {
                before.to_bits() == p.to_bits() && width.to_bits() == sd.to_bits()
            };
            let fresh = |(at, _, _): &ModelRow| self.now - *at < MODEL_ROW_EVERY;
            if self.model_rows[index].as_ref().is_some_and(|row| same(row) && fresh(row)) {
                continue;
            }
            self.model_rows[index] = Some((self.now, p, sd));
            self.model_paths[index].push((self.now, p));
            self.tally.model_predictions += 1;
            self.hash.update_model(self.now, strategy, p, sd);
            let name = self.strategy(strategy);
            if let Some(outputs) = &mut self.outputs
                && let Err(error) = outputs.model(self.now, &name, p, sd)
            {
                self.failed.get_or_insert(error);
            }
        }
    }

    /// One recorded event, after everything that is due before it.
    fn take(&mut self, event: &Event) -> Result<(), BacktestError> {
        let at = event.at();
        if at >= self.next_due {
            self.advance(at);
        }
        self.now = at;
        self.tally.tape_events += 1;
        match event {
            Event::BookChanged(_) | Event::Traded(_) => {}
            Event::Quoted(quoted) => self.check_ticker(quoted),
            Event::MarketListed(listed) => self.listed(listed)?,
            Event::MarketSettled(settled) => self.settled(settled),
            _ => {}
        }
        self.venue.observe(event, &mut self.scratch);
        self.step(event);
        self.drain();
        // Without latency an order meets the book that it was decided on.
        if self.next_due <= at {
            self.advance(at);
        }
        Ok(())
    }

    /// Works off everything that is due up to and including `until`.
    fn advance(&mut self, until: Timestamp) {
        if self.tally.span.is_none() {
            self.start(until);
        }
        loop {
            let expiry = self.venue.next_expiry().unwrap_or(Timestamp::MAX);
            let arrival = self.in_flight.front().map_or(Timestamp::MAX, |(due, _)| *due);
            let due = expiry.min(arrival).min(self.next_tick);
            if due > until {
                self.next_due = due;
                return;
            }
            // A deadline in the past (an order that was late itself) is due now.
            self.now = self.now.max(due);
            if due == expiry {
                self.venue.expire(self.now, &mut self.scratch);
            } else if due == arrival {
                self.arrive();
            } else {
                self.tick();
            }
            self.drain();
        }
    }

    fn start(&mut self, at: Timestamp) {
        self.now = at;
        self.tally.span = Some((at, at));
        self.next_tick = at + self.options.tick;
        self.next_equity = at;
        self.mark();
    }

    fn arrive(&mut self) {
        match self.in_flight.pop_front() {
            Some((_, Sent::Order(order))) => {
                self.venue.submit(self.now, &order, &mut self.scratch);
            }
            Some((_, Sent::Cancel(order))) => {
                self.venue.cancel(self.now, order, &mut self.scratch);
            }
            None => {}
        }
    }

    fn tick(&mut self) {
        self.next_tick = self.next_tick + self.options.tick;
        self.step(&Event::ClockTicked(ClockTicked { at: self.now }));
        self.mark();
        if self.has_signals && self.now >= self.next_heartbeat {
            self.next_heartbeat = self.now + MODEL_ROW_EVERY;
            self.note_models();
        }
    }

    /// Gives one event to the engine and carries out what it asks for.
    #[inline]
    fn step(&mut self, event: &Event) {
        self.tally.events += 1;
        self.engine.step(event, &mut self.actions);
        if !self.actions.is_empty() {
            let mut actions = std::mem::take(&mut self.actions);
            for action in actions.drain(..) {
                self.hash.update(&action);
                self.carry_out(action);
            }
            self.actions = actions;
        }
    }

    fn carry_out(&mut self, action: Action) {
        let due = self.now + self.options.latency;
        match action {
            Action::Place(order) => {
                let order = order.into_inner();
                self.tally.orders += 1;
                self.owners.insert(order.id, order.strategy);
                self.answers
                    .push_back(Event::OrderSent(OrderSent { at: self.now, order: order.id }));
                self.in_flight.push_back((due, Sent::Order(order)));
                self.next_due = self.next_due.min(due);
            }
            Action::Cancel(cancel) => {
                self.in_flight.push_back((due, Sent::Cancel(cancel.order)));
                self.next_due = self.next_due.min(due);
            }
            Action::Predict(prediction) => {
                self.tally.predictions += 1;
                self.market(prediction.market).scores.add(&prediction);
                self.write_prediction(&prediction);
            }
            // A recording cannot be asked for another snapshot: the next one comes when it comes.
            Action::Resnapshot(_) | Action::Latch(_) => {}
            Action::Alert(alert) => *self.tally.alerts.entry(alert.code).or_default() += 1,
        }
    }

    fn write_prediction(&mut self, prediction: &Prediction) {
        if self.outputs.is_none() {
            return;
        }
        let market = self.ticker(prediction.market);
        let strategy = self.strategy(prediction.strategy);
        if let Some(outputs) = &mut self.outputs
            && let Err(error) = outputs.prediction(&market, &strategy, prediction)
        {
            self.failed.get_or_insert(error);
        }
    }

    /// Passes the venue's answers to the engine until nobody has anything left to say.
    #[inline]
    fn drain(&mut self) {
        if self.scratch.is_empty() && self.answers.is_empty() {
            return;
        }
        loop {
            self.answers.extend(self.scratch.drain(..));
            let Some(event) = self.answers.pop_front() else { break };
            self.note(&event);
            self.step(&event);
        }
        let expiry = self.venue.next_expiry().unwrap_or(Timestamp::MAX);
        self.next_due = self.next_due.min(expiry);
    }

    /// Counts an answer of the venue.
    fn note(&mut self, event: &Event) {
        match event {
            Event::OrderFilled(filled) => self.filled(filled.at, &filled.fill),
            Event::OrderRejected(rejected) => {
                *self.tally.rejections.entry(rejected.reason.code()).or_default() += 1;
                self.owners.remove(&rejected.order);
            }
            Event::OrderClosed(closed) => {
                self.owners.remove(&closed.order);
            }
            _ => {}
        }
    }

    fn filled(&mut self, at: Timestamp, fill: &Fill) {
        let amount = fill.price.times(fill.quantity);
        self.tally.fills += 1;
        self.tally.contracts += fill.quantity;
        self.tally.fees += fill.fee;
        match fill.side {
            statecraft_domain::Side::Bid => self.tally.cash_flow -= amount,
            statecraft_domain::Side::Ask => self.tally.cash_flow += amount,
        }
        let market = self.market(fill.market);
        market.fills += 1;
        market.contracts += fill.quantity;
        if self.outputs.is_some() {
            let owner = self.owners.get(&fill.order).copied();
            let ticker = self.ticker(fill.market);
            let strategy = owner.map_or_else(String::new, |owner| self.strategy(owner));
            if let Some(outputs) = &mut self.outputs
                && let Err(error) = outputs.fill(at, &ticker, &strategy, fill)
            {
                self.failed.get_or_insert(error);
            }
        }
    }

    fn check_ticker(&mut self, quoted: &Quoted) {
        if let Some((bid, ask)) = self.venue.recorded_best(quoted.market) {
            self.tally.ticker.check(quoted, bid, ask);
        }
    }

    /// The first market tells which venue this is: only now the engine can be told of its account.
    fn listed(&mut self, listed: &MarketListed) -> Result<(), BacktestError> {
        let index = listed.market.index();
        if index >= self.tickers.len() {
            self.tickers.resize(index + 1, String::new());
        }
        self.tickers[index].clone_from(&listed.listing.ticker);
        self.market(listed.market);
        let venue = listed.listing.venue;
        match self.venue_name {
            Some(known) if known == venue => return Ok(()),
            Some(known) => return Err(BacktestError::TwoVenues(known, venue)),
            None => self.venue_name = Some(venue),
        }
        let at = self.now;
        self.step(&Event::ConnectionChanged(ConnectionChanged { at, venue, connected: true }));
        let report = AccountReported {
            at,
            venue,
            cash: self.options.cash,
            positions: Vec::new(),
            proven: Vec::new(),
            disputes: Vec::new(),
        };
        self.step(&Event::AccountReported(Box::new(report)));
        let reason = "backtest".to_owned();
        self.step(&Event::ModeChanged(ModeChanged { at, mode: Mode::Active, reason }));
        Ok(())
    }

    fn settled(&mut self, settled: &MarketSettled) {
        self.tally.settled += 1;
        self.market(settled.market).settlement = Some(settled.settlement);
    }

    fn market(&mut self, market: MarketId) -> &mut MarketTally {
        let markets = &mut self.tally.markets;
        if market.index() >= markets.len() {
            markets.resize(market.index() + 1, MarketTally::default());
        }
        &mut markets[market.index()]
    }

    fn ticker(&self, market: MarketId) -> String {
        self.tickers.get(market.index()).cloned().unwrap_or_default()
    }

    fn strategy(&self, strategy: StrategyId) -> String {
        let strategy = self.options.engine.strategies.get(strategy.index());
        strategy.map_or_else(String::new, |strategy| strategy.name.clone())
    }

    /// Values the account now. A book that is not trusted keeps its last mark.
    fn mark(&mut self) -> Usd {
        let account = self.venue.account();
        let mut equity = account.cash;
        let mut gross = Quantity::ZERO;
        for (&market, position) in &account.positions {
            if position.quantity.is_zero() {
                continue;
            }
            let Some(tally) = self.tally.markets.get_mut(market.index()) else { continue };
            if let Some((bid, ask)) = self.venue.recorded_best(market) {
                tally.mark = Mark::of(bid, ask);
            }
            equity += tally.mark.value(position.quantity);
            gross += position.quantity.abs();
        }
        let point = Point { at: self.now, cash: account.cash, equity, gross };
        let drawdown = self.curve.add(point);
        if self.now >= self.next_equity {
            self.next_equity = self.now + self.options.equity_interval;
            if let Some(outputs) = &mut self.outputs
                && let Err(error) = outputs.equity(&point, drawdown)
            {
                self.failed.get_or_insert(error);
            }
        }
        equity
    }

    fn finish(mut self, playback: Playback) -> Result<Finished, BacktestError> {
        let Some((start, _)) = self.tally.span else { return Err(BacktestError::Empty) };
        self.tally.span = Some((start, self.now));
        self.next_equity = self.now;
        let equity = self.mark();
        if let Some(failed) = self.failed {
            return Err(failed.into());
        }
        Ok(Finished {
            tally: self.tally,
            curve: self.curve,
            account: self.venue.account().clone(),
            equity,
            actions_hash: self.hash.finish(),
            model_paths: self.model_paths,
            engine: self.engine,
            playback,
            outputs: self.outputs,
        })
    }
}
