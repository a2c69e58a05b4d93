//! [`Bot`]: one process. The real engine at the real desk, with the real conversation, dispatch, feed rules
//! and reconciler; what leaves it comes out as [`Wish`]es, what reaches it is handed to it.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use statecraft_domain::event::{
    ClockTicked, MarketListed, MarketSettled, Mode, ModeChanged, OrderSent,
};
use statecraft_domain::{
    ClientOrderId, Event, Listing, MarketId, Nanos, OrderRequest, RiskApproved, Timestamp, Venue,
};
use statecraft_engine::{Engine, EngineConfig};

use super::disk::SimLog;
use super::plant::Plant;
use crate::journal::{JournalClosed, Journaled, Record, Recovery, RunStarted, RunStopped};
use crate::trading::account::{self, Question};
use crate::trading::desk::{Desk, Errand, Log as _, Takes};
use crate::trading::dispatch::{self, CancelRequest};
use crate::trading::feed;
use crate::trading::gate::Gate;
use crate::trading::markets::Markets;
use crate::trading::reconcile::AccountState;
use crate::trading::reconciler::{GRACE, Reconciler, Start, StartError};
use crate::trading::recovery;
use crate::venue::kalshi::limits::Operation;
use crate::venue::kalshi::map::{FrameMapper, MapperSettings, settlement};
use crate::venue::kalshi::rest::{
    Get, RestError, create_bytes, judge_cancel, judge_create, parse, reads,
};
use crate::venue::kalshi::stream::{Conversation, Next, Request, StreamConfig, StreamItem};
use crate::venue::kalshi::wire::{Command, Market};

/// A decision older than this is not sent.
const DECISION_AGE_MAX: Nanos = Nanos::from_secs(2);
/// Attempts of a read.
const ATTEMPTS: u32 = 2;

/// Something that leaves the process.
#[derive(Debug)]
pub(super) enum Wish {
    /// Send this order, once.
    Place(Box<RiskApproved<OrderRequest>>, Vec<u8>),
    /// Hand the order to the part that sends, which looks at it once more.
    Dispatch(Journaled<RiskApproved<OrderRequest>>),
    /// Send this cancel.
    Cancel(CancelRequest),
    /// Read this path for this task.
    Get(u64, String),
    /// Say this on the socket.
    Say(Vec<Command>),
    /// Ping the venue.
    Ping,
    /// Connect after this long.
    Connect(Duration),
    /// The socket is given up.
    HangUp,
    /// A critical alert: its code.
    Alarm(String, String),
    /// The comparison at the start is over.
    Settled,
    /// A comparison that was asked for at this wall time is complete, and nothing differs.
    Compared,
    /// The private stream is up.
    Up,
    /// The process ends by itself: why.
    Exit(String),
}

/// What a task came to.
enum Output {
    Account(Result<AccountState, RestError>),
    Result(MarketId, Box<Result<Market, RestError>>),
}

type Mail = Arc<Mutex<Mailbox>>;

#[derive(Debug, Default)]
struct Mailbox {
    asked: Option<String>,
    answer: Option<Result<(u16, Vec<u8>), RestError>>,
}

struct Task {
    id: u64,
    future: Pin<Box<dyn Future<Output = Output>>>,
    mail: Mail,
}

/// Reads over the simulated network.
struct Api(Mail, Option<Plant>);

impl Api {
    fn lock(&self) -> std::sync::MutexGuard<'_, Mailbox> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Get for Api {
    async fn get<T: DeserializeOwned + Send>(
        &self,
        _operation: Operation,
        path: &str,
    ) -> Result<T, RestError> {
        let mut attempt = 1;
        loop {
            self.lock().asked = Some(path.to_owned());
            let answer = std::future::poll_fn(|_| match self.lock().answer.take() {
                Some(answer) => Poll::Ready(answer),
                None => Poll::Pending,
            })
            .await;
            let retry = match &answer {
                Ok((status, _)) => *status >= 500 || *status == 429,
                Err(_) => true,
            };
            let believes = Plant::is(self.1, Plant::TrustEmptyPage);
            if retry && attempt < ATTEMPTS && !believes {
                attempt += 1;
                continue;
            }
            let parsed = answer.and_then(|(status, body)| parse(status, body, path));
            if believes && parsed.is_err() {
                let empty = br#"{"orders":[],"fills":[],"market_positions":[],"cursor":""}"#;
                return parse(200, empty.to_vec(), path);
            }
            return parsed;
        }
    }
}

/// What the reconciler feeds.
pub(super) struct Core {
    pub(super) desk: Desk<SimLog>,
    at: Timestamp,
    plant: Option<Plant>,
}

impl Takes for Core {
    fn engine(&self) -> &Engine {
        self.desk.engine()
    }

    fn now(&self) -> Timestamp {
        self.at
    }

    fn take(&mut self, mut event: Event) -> Result<(), JournalClosed> {
        event.stamp(self.at);
        self.desk.write(&event)?;
        self.desk.step(&event)?;
        if Plant::is(self.plant, Plant::DoubleFill)
            && let Event::OrderFilled(filled) = &event
            && filled.fill.venue_at.nanos() % 5 == 0
        {
            let mut again = filled.clone();
            let name = format!("{}-again", again.fill.trade);
            again.fill.trade = statecraft_domain::TradeId::new(&name);
            let again = Event::OrderFilled(again);
            self.desk.write(&again)?;
            self.desk.step(&again)?;
        }
        Ok(())
    }
}

/// How far the process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Comparing the account.
    Settling,
    /// Trading.
    Trading,
}

/// What a process is started with.
pub(super) struct Setup {
    pub(super) config: EngineConfig,
    pub(super) names: Vec<String>,
    pub(super) listings: Vec<Listing>,
    /// A person has released the kill.
    pub(super) released: bool,
    pub(super) plant: Option<Plant>,
    /// Any instant; only differences matter.
    pub(super) base: Instant,
}

/// See the module.
pub(super) struct Bot {
    pub(super) core: Core,
    pub(super) gate: Gate,
    pub(super) stage: Stage,
    talk: Conversation,
    markets: Markets,
    reconciler: Reconciler,
    listings: Vec<Listing>,
    killed: Option<String>,
    released: bool,
    /// Orders whose answer is awaited.
    in_flight: BTreeMap<ClientOrderId, OrderRequest>,
    tasks: VecDeque<Task>,
    next_task: u64,
    /// Ask again at this time while settling.
    settle_at: Option<Duration>,
    wishes: Vec<Wish>,
    plant: Option<Plant>,
    base: Instant,
    wall: Duration,
    /// Orders without an answer, for a planted defect.
    unknown_since: BTreeMap<ClientOrderId, Duration>,
}

impl Bot {
    /// A process starts on what its journal left.
    pub(super) fn start(
        setup: Setup,
        recovery: &Recovery,
        log: SimLog,
        at: Timestamp,
        wall: Duration,
    ) -> Result<Self, JournalClosed> {
        let plant = setup.plant;
        let mut engine = Engine::new(setup.config);
        let recovered = recovery::replay(&mut engine, recovery);
        let gate = Gate::default();
        let markets = Markets::with(&recovery.markets);
        let desk = Desk::new(engine, log, gate.clone(), recovered.venue_orders);
        let mut core = Core { desk, at, plant };
        core.desk.log_mut().append(Record::RunStarted(RunStarted {
            at,
            strategies: setup.names,
            config_hash: String::new(),
            mode: "paper".to_owned(),
            endpoint: "simulation".to_owned(),
            version: String::new(),
            hashes: Vec::new(),
            lineages: Vec::new(),
        }))?;
        for listing in &setup.listings {
            let market = markets.intern(Venue::Kalshi, &listing.ticker);
            let listing = listing.clone();
            core.take(Event::MarketListed(Box::new(MarketListed { at, market, listing })))?;
        }
        let since = recovery::ask_from(core.engine(), recovered.last_at);
        let reconciler = Reconciler::new(markets.clone(), recovery.lineage, 1, GRACE, since, wall);
        let settings = MapperSettings { lineage: Some(recovery.lineage), ..Default::default() };
        let mut config = StreamConfig::new(loopback(), Vec::new());
        config.mapper = settings.clone();
        let mut bot = Self {
            core,
            gate,
            stage: Stage::Settling,
            talk: Conversation::new(&config, FrameMapper::new(settings)),
            markets,
            reconciler,
            listings: setup.listings,
            killed: recovered.killed,
            released: setup.released,
            in_flight: BTreeMap::new(),
            tasks: VecDeque::new(),
            next_task: 1,
            settle_at: None,
            wishes: Vec::new(),
            plant,
            base: setup.base,
            wall,
            unknown_since: BTreeMap::new(),
        };
        if Plant::is(plant, Plant::SkipReconcile) {
            bot.begin_trading()?;
        } else {
            let question = bot.reconciler.ask(bot.core.engine(), wall);
            bot.ask_account(question);
        }
        Ok(bot)
    }

    /// It is this late: engine time, and wall time since the simulation began.
    pub(super) fn set_time(&mut self, at: Timestamp, wall: Duration) {
        self.core.at = at;
        self.wall = wall;
    }

    /// What it wants done, in order.
    pub(super) fn wishes(&mut self) -> Vec<Wish> {
        for errand in self.core.desk.errands() {
            match errand {
                Errand::Cancel(cancel) => self.wishes.push(Wish::Cancel(cancel)),
                Errand::Resnapshot(market) => {
                    if let Some(ticker) = self.markets.ticker(market) {
                        self.request(Request::Resnapshot(ticker));
                    }
                }
                Errand::KnowOrder(venue_order, order) => {
                    self.request(Request::KnowOrder(venue_order, order));
                }
                Errand::Alert(alert) => {
                    self.wishes.push(Wish::Alarm(alert.code, alert.message));
                }
                Errand::Predict(_) => {}
            }
        }
        std::mem::take(&mut self.wishes)
    }

    fn now(&self) -> Instant {
        self.base + self.wall
    }

    fn request(&mut self, request: Request) {
        let commands = self.talk.request(request, self.now());
        self.say(commands);
    }

    fn say(&mut self, commands: Vec<Command>) {
        if !commands.is_empty() {
            self.wishes.push(Wish::Say(commands));
        }
    }

    pub(super) fn ticker(&self, market: MarketId) -> Option<String> {
        self.markets.ticker(market)
    }

    /// Time passes.
    pub(super) fn tick(&mut self) -> Result<(), JournalClosed> {
        let at = self.core.at;
        self.core.desk.check_log(at)?;
        self.core.desk.step(&Event::ClockTicked(ClockTicked { at }))?;
        match self.stage {
            Stage::Settling => {
                if self.settle_at.is_some_and(|due| due <= self.wall) {
                    self.settle_at = None;
                    let question = self.reconciler.ask(self.core.engine(), self.wall);
                    self.ask_account(question);
                }
            }
            Stage::Trading => {
                if let Some(question) = self.reconciler.poll(self.core.engine(), self.wall) {
                    self.ask_account(question);
                }
                match self.talk.look_at_clock(at, self.now()) {
                    Next::Say(commands) => self.say(commands),
                    Next::Ping(commands) => {
                        self.wishes.push(Wish::Ping);
                        self.say(commands);
                    }
                    Next::GiveUp(cause) => return self.lost(cause, Duration::from_millis(500)),
                }
                self.take_items()?;
            }
        }
        self.planted_timer()
    }

    /// A planted defect: what has had no answer for five seconds is taken never to have been placed.
    fn planted_timer(&mut self) -> Result<(), JournalClosed> {
        if !Plant::is(self.plant, Plant::UnknownTimer) {
            return Ok(());
        }
        let unknown: Vec<ClientOrderId> = self
            .core
            .engine()
            .orders()
            .live()
            .iter()
            .filter(|order| order.phase == statecraft_engine::orders::Phase::Unknown)
            .map(|order| order.id())
            .collect();
        self.unknown_since.retain(|id, _| unknown.contains(id));
        for order in unknown {
            let since = *self.unknown_since.entry(order).or_insert(self.wall);
            if self.wall - since >= Duration::from_secs(5) {
                self.close(order, statecraft_domain::order::CloseReason::NotPlaced)?;
            }
        }
        Ok(())
    }

    fn close(
        &mut self,
        order: ClientOrderId,
        reason: statecraft_domain::order::CloseReason,
    ) -> Result<(), JournalClosed> {
        let (at, filled) = (self.core.at, statecraft_domain::Quantity::ZERO);
        let closed = statecraft_domain::event::OrderClosed { at, order, reason, filled };
        self.core.take(Event::OrderClosed(closed))
    }

    fn ask_account(&mut self, question: Question) {
        let mail = Mail::default();
        let api = Api(Arc::clone(&mail), self.plant);
        let future =
            Box::pin(async move { Output::Account(account::fetch(&api, &question).await) });
        self.spawn(future, mail);
    }

    fn ask_result(&mut self, ticker: String) {
        let Some(market) = self.markets.get(Venue::Kalshi, &ticker) else { return };
        let mail = Mail::default();
        let api = Api(Arc::clone(&mail), None);
        let future = Box::pin(async move {
            Output::Result(market, Box::new(reads::market(&api, &ticker).await))
        });
        self.spawn(future, mail);
    }

    fn spawn(&mut self, future: Pin<Box<dyn Future<Output = Output>>>, mail: Mail) {
        let id = self.next_task;
        self.next_task += 1;
        self.tasks.push_back(Task { id, future, mail });
        // Nothing is ready before the first answer.
        let _ = self.poll_task(id);
    }

    fn poll_task(&mut self, id: u64) -> Option<Output> {
        let index = self.tasks.iter().position(|task| task.id == id)?;
        let task = self.tasks.get_mut(index)?;
        let mut context = Context::from_waker(Waker::noop());
        match task.future.as_mut().poll(&mut context) {
            Poll::Ready(output) => {
                self.tasks.remove(index);
                Some(output)
            }
            Poll::Pending => {
                let asked = task.mail.lock().unwrap_or_else(PoisonError::into_inner).asked.take();
                if let Some(path) = asked {
                    self.wishes.push(Wish::Get(id, path));
                }
                None
            }
        }
    }

    /// A read was answered, or was not.
    pub(super) fn answered(
        &mut self,
        task: u64,
        answer: Result<(u16, Vec<u8>), RestError>,
    ) -> Result<(), JournalClosed> {
        if let Some(task) = self.tasks.iter().find(|one| one.id == task) {
            task.mail.lock().unwrap_or_else(PoisonError::into_inner).answer = Some(answer);
        }
        match self.poll_task(task) {
            None => Ok(()),
            Some(Output::Account(state)) => self.account(state),
            Some(Output::Result(market, answer)) => {
                let answer = *answer;
                let settlement = answer.ok().as_ref().and_then(settlement);
                let Some(settlement) = settlement else { return Ok(()) };
                let at = self.core.at;
                self.core.take(Event::MarketSettled(MarketSettled { at, market, settlement }))
            }
        }
    }

    fn account(&mut self, state: Result<AccountState, RestError>) -> Result<(), JournalClosed> {
        if self.stage == Stage::Trading {
            if self.reconciler.take(&mut self.core, self.wall, state)? {
                self.gate.release();
                self.wishes.push(Wish::Compared);
            }
            return Ok(());
        }
        let state = match state {
            Ok(state) => state,
            Err(error) => {
                self.wishes.push(Wish::Exit(format!("cannot read the account: {error}")));
                return Ok(());
            }
        };
        match self.reconciler.settle(&mut self.core, &state, false) {
            Ok(Start::Settled) => {
                self.wishes.push(Wish::Settled);
                self.begin_trading()
            }
            Ok(Start::AskAgain) => {
                self.settle_at = Some(self.wall + self.reconciler.start_pause());
                Ok(())
            }
            Err(StartError::JournalClosed(closed)) => Err(closed),
            Err(StartError::Refused(what)) => {
                self.wishes.push(Wish::Exit(format!("refused to start: {what}")));
                Ok(())
            }
        }
    }

    fn begin_trading(&mut self) -> Result<(), JournalClosed> {
        self.stage = Stage::Trading;
        for listing in self.listings.clone() {
            let ticker = listing.ticker.clone();
            let market = self.markets.intern(Venue::Kalshi, &ticker);
            self.request(Request::Know(Box::new((market, listing))));
            self.request(Request::Subscribe(vec![ticker]));
        }
        let known: Vec<_> = self.core.desk.venue_orders().clone().into_iter().collect();
        for (order, venue_order) in known {
            self.request(Request::KnowOrder(venue_order, order));
        }
        self.wishes.push(Wish::Connect(Duration::from_millis(50)));
        let latched = !self.released && !Plant::is(self.plant, Plant::UnlatchKill);
        match self.killed.take().filter(|_| latched) {
            Some(reason) => self.set_mode(Mode::Killed, &reason),
            None => self.set_mode(Mode::Active, "started"),
        }
    }

    /// Changes the mode, journaled.
    pub(super) fn set_mode(&mut self, mode: Mode, reason: &str) -> Result<(), JournalClosed> {
        let (at, reason) = (self.core.at, reason.to_owned());
        self.core.take(Event::ModeChanged(ModeChanged { at, mode, reason }))
    }

    /// A person stops everything: the gate first.
    pub(super) fn kill(&mut self) -> Result<(), JournalClosed> {
        if !Plant::is(self.plant, Plant::OpenGate) {
            self.gate.close();
        }
        self.set_mode(Mode::Killed, "operator")
    }

    /// Ends in good order.
    pub(super) fn stop(&mut self) {
        self.gate.close();
        let (at, reason) = (self.core.at, "stopped".to_owned());
        // A disk that fails now makes it a crash, which is no worse.
        let _ = self.core.desk.log_mut().append(Record::RunStopped(RunStopped { at, reason }));
    }

    /// An attempt to connect begins.
    pub(super) fn connecting(&mut self) -> u32 {
        self.talk.next_connection();
        self.talk.connection()
    }

    pub(super) fn connection(&self) -> u32 {
        self.talk.connection()
    }

    /// The socket is open.
    pub(super) fn connected(&mut self) -> Result<(), JournalClosed> {
        let commands = self.talk.connected(self.now());
        self.say(commands);
        self.take_items()
    }

    /// The socket is gone, or could not be opened.
    pub(super) fn lost(&mut self, cause: String, retry: Duration) -> Result<(), JournalClosed> {
        self.talk.went_down(self.core.at, cause, retry);
        self.wishes.push(Wish::HangUp);
        self.wishes.push(Wish::Connect(retry));
        self.take_items()
    }

    /// A frame of the present connection.
    pub(super) fn frame(&mut self, bytes: &Bytes) -> Result<(), JournalClosed> {
        let mut commands = self.talk.heard(self.now());
        let registry = self.markets.shared();
        let more = {
            let mut registry = registry.lock().unwrap_or_else(PoisonError::into_inner);
            self.talk.frame(&mut registry, self.core.at, self.now(), bytes)
        };
        commands.extend(more);
        self.say(commands);
        self.take_items()
    }

    /// A ping or a pong.
    pub(super) fn pinged(&mut self) -> Result<(), JournalClosed> {
        let commands = self.talk.heard(self.now());
        self.talk.pinged(self.core.at);
        self.say(commands);
        self.take_items()
    }

    fn take_items(&mut self) -> Result<(), JournalClosed> {
        for item in self.talk.items() {
            let reaction = feed::reaction(&item);
            if reaction.hold && !Plant::is(self.plant, Plant::SkipReconcile) {
                self.gate.hold();
            }
            if matches!(item, StreamItem::Connected { .. }) {
                self.wishes.push(Wish::Up);
            }
            if let Some(ticker) = reaction.result_of {
                self.ask_result(ticker);
            }
            if let StreamItem::Events(events) = item {
                for event in events {
                    self.core.take(event)?;
                }
            }
            if reaction.hurry {
                self.reconciler.hurry(self.wall);
            }
        }
        Ok(())
    }

    /// Orders that are durable now.
    pub(super) fn durable(
        &mut self,
        orders: Vec<Journaled<RiskApproved<OrderRequest>>>,
    ) -> Result<(), JournalClosed> {
        for order in orders {
            let request = order.get().get();
            let (id, at) = (request.id, self.core.at);
            match self.last_look(request) {
                Err(detail) => self.core.take(dispatch::dropped(id, at, detail))?,
                Ok(()) => {
                    self.core.take(Event::OrderSent(OrderSent { at, order: id }))?;
                    self.wishes.push(Wish::Dispatch(order));
                }
            }
        }
        Ok(())
    }

    fn last_look(&self, order: &OrderRequest) -> Result<(), String> {
        if Plant::is(self.plant, Plant::OpenGate) || Plant::is(self.plant, Plant::StaleDecision) {
            let (open, never) = (Gate::default(), Nanos::from_secs(86_400));
            return dispatch::last_look(order, self.core.at, &open, never);
        }
        dispatch::last_look(order, self.core.at, &self.gate, DECISION_AGE_MAX)
    }

    /// The last look, and the bytes. The one place of the simulation from which an order leaves.
    pub(super) fn send(
        &mut self,
        order: Journaled<RiskApproved<OrderRequest>>,
    ) -> Result<(), JournalClosed> {
        let approved = order.into_inner();
        let request = approved.get().clone();
        let (id, at) = (request.id, self.core.at);
        if let Err(detail) = self.last_look(&request) {
            return self.core.take(dispatch::dropped(id, at, detail));
        }
        let Some(ticker) = self.markets.ticker(request.market) else { return Ok(()) };
        match create_bytes(&request, &ticker, &dispatch::route(&request, None)) {
            Ok(bytes) => {
                self.in_flight.insert(id, request);
                self.wishes.push(Wish::Place(Box::new(approved), bytes));
                if Plant::is(self.plant, Plant::ForgetReserved) {
                    let reason = statecraft_domain::order::CloseReason::ImmediateRest;
                    return self.close(id, reason);
                }
                Ok(())
            }
            Err(refused) => {
                for event in dispatch::outcome(&request, refused, at) {
                    self.core.take(event)?;
                }
                Ok(())
            }
        }
    }

    /// An order was answered, or was not. `true`: it was still waited for.
    pub(super) fn placed(
        &mut self,
        order: ClientOrderId,
        answer: Result<(u16, &[u8]), RestError>,
    ) -> Result<bool, JournalClosed> {
        let Some(request) = self.in_flight.remove(&order) else { return Ok(false) };
        let verdict = match &answer {
            Ok((status, body)) => judge_create(&request, Ok((*status, body))),
            Err(error) => judge_create(&request, Err(error)),
        };
        let verdict = self.planted_verdict(&request, verdict, answer.is_ok());
        for event in dispatch::outcome(&request, verdict, self.core.at) {
            self.core.take(event)?;
        }
        Ok(true)
    }

    /// A planted defect: a success without an order counts as one that came to nothing.
    fn planted_verdict(
        &self,
        request: &OrderRequest,
        verdict: crate::venue::kalshi::Placed,
        answered: bool,
    ) -> crate::venue::kalshi::Placed {
        use crate::venue::kalshi::{Accepted, Placed};
        match verdict {
            Placed::Ambiguous { .. }
                if answered && Plant::is(self.plant, Plant::BelieveSuccess) =>
            {
                Placed::Accepted(Accepted {
                    venue_order: statecraft_domain::VenueOrderId::new(&request.id.to_string()),
                    filled: statecraft_domain::Quantity::ZERO,
                    remaining: statecraft_domain::Quantity::ZERO,
                    venue_at: self.core.at,
                    average_price: None,
                    average_fee: None,
                })
            }
            other => other,
        }
    }

    /// Its bytes again: a planted defect.
    pub(super) fn again(&mut self, order: ClientOrderId) -> Option<Vec<u8>> {
        let request = self.in_flight.get(&order)?;
        let ticker = self.markets.ticker(request.market)?;
        create_bytes(request, &ticker, &dispatch::route(request, None)).ok()
    }

    /// A cancel was answered, or was not.
    pub(super) fn cancelled(
        &mut self,
        cancel: &CancelRequest,
        answer: Option<(u16, &[u8])>,
    ) -> Result<(), JournalClosed> {
        let verdict = match answer {
            Some((status, body)) => judge_cancel(status, body),
            None => crate::venue::kalshi::rest::Cancelled::Failed { cause: "no answer".to_owned() },
        };
        match dispatch::cancel_outcome(cancel, verdict, self.core.at) {
            Some(event) => {
                // As the live loop: a cancel that found nothing leaves the rest to the account.
                if matches!(event, Event::CancelFailed(_)) {
                    self.reconciler.hurry(self.wall);
                }
                self.core.take(event)
            }
            None => Ok(()),
        }
    }

    /// A cancel leaves: a planted defect takes the order for gone.
    pub(super) fn cancel_leaves(&mut self, order: ClientOrderId) -> Result<(), JournalClosed> {
        if Plant::is(self.plant, Plant::LeakOnCancel) {
            return self.close(order, statecraft_domain::order::CloseReason::Cancelled);
        }
        Ok(())
    }

    /// Any other event.
    pub(super) fn take(&mut self, event: Event) -> Result<(), JournalClosed> {
        self.core.take(event)
    }
}

fn loopback() -> url::Url {
    // A constant that parses; the simulation opens no socket.
    match url::Url::parse("ws://127.0.0.1/") {
        Ok(url) => url,
        Err(_) => unreachable!("a constant"),
    }
}
