//! [`Bot`]: one process. The real engine at the real desk, with the real conversation, dispatch, feed rules
//! and reconciler; what leaves it comes out as [`Wish`]es, what reaches it is handed to it.

mod group;
mod orders;
mod reads;
mod stream;
mod watch;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use statecraft_domain::action::Alert;
use statecraft_domain::event::{ClockTicked, MarketListed, Mode, ModeChanged};
use statecraft_domain::{
    ClientOrderId, Event, Listing, MarketId, Nanos, OrderRequest, RiskApproved, Timestamp, Venue,
};
use statecraft_engine::{Engine, EngineConfig};

use super::disk::SimLog;
use super::plant::Plant;
use crate::journal::{JournalClosed, Journaled, Record, Recovery, RunStarted, RunStopped};
use crate::trading::beginning::{Step, Why};
use crate::trading::desk::{Desk, Errand, Log as _, Takes};
use crate::trading::dispatch::CancelRequest;
use crate::trading::gate::{Bar, Gate};
use crate::trading::markets::Markets;
use crate::trading::reconciler::{GRACE, Reconciler};
use crate::trading::recovery::{self, PAUSED, Recovered};
use crate::trading::results::Results;
use crate::venue::kalshi::map::{FrameMapper, MapperSettings};
use crate::venue::kalshi::stream::{Conversation, Next, Request, StreamConfig};
use crate::venue::kalshi::wire::Command;

use group::Groups;
use reads::Task;
use watch::Lookout;

pub(super) use group::GroupCall;
pub(super) use watch::BOOKS;

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
    /// Ask this about an order group.
    Group(GroupCall),
    /// The name of this run's order group, to be on record.
    KeepGroup(String),
    /// A subscription was found to be frozen.
    Frozen,
    /// The process ends by itself: why.
    Exit(String),
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

    fn tell(&mut self, alert: Alert) {
        self.desk.tell(alert);
    }

    fn take(&mut self, mut event: Event) -> Result<(), JournalClosed> {
        event.stamp(self.at);
        if Plant::is(self.plant, Plant::IgnoreForeign) && self.is_foreign(&event) {
            return Ok(());
        }
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

impl Core {
    /// A planted defect: whatever tells of somebody else on the account.
    fn is_foreign(&self, event: &Event) -> bool {
        let engine = self.desk.engine();
        match event {
            Event::OrderFilled(filled) => engine.orders().get(filled.fill.order).is_none(),
            Event::OrderSent(sent) => engine.orders().get(sent.order).is_none(),
            Event::OrderAccepted(accepted) => engine.orders().get(accepted.order).is_none(),
            Event::OrderClosed(closed) => engine.orders().get(closed.order).is_none(),
            Event::AccountReported(_) => engine.mode() != Mode::Starting,
            _ => false,
        }
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
    /// Names of order groups on record.
    pub(super) groups: Vec<String>,
    /// A person has released what stopped it.
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
    groups: Groups,
    /// What earlier runs left, until this one begins to trade.
    recovered: Recovered,
    released: bool,
    /// When a person last resumed.
    pub(super) resumed: Option<Duration>,
    /// Orders whose answer is awaited.
    in_flight: BTreeMap<ClientOrderId, OrderRequest>,
    tasks: VecDeque<Task>,
    results: Results,
    next_task: u64,
    /// Ask again at this time while settling.
    settle_at: Option<Duration>,
    wishes: Vec<Wish>,
    plant: Option<Plant>,
    base: Instant,
    pub(super) wall: Duration,
    ahead: Nanos,
    lookout: Lookout,
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
        let mut recovered = recovery::replay(&mut engine, recovery);
        let gate = Gate::default();
        let markets = Markets::with(&recovery.markets);
        let desk =
            Desk::new(engine, log, gate.clone(), std::mem::take(&mut recovered.venue_orders));
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
        let since = recovered.ask_from(core.engine());
        let reconciler = Reconciler::new(markets.clone(), 1, GRACE, since, wall);
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
            groups: Groups::default(),
            recovered,
            released: setup.released,
            resumed: None,
            in_flight: BTreeMap::new(),
            tasks: VecDeque::new(),
            results: Results::default(),
            next_task: 1,
            settle_at: None,
            wishes: Vec::new(),
            plant,
            base: setup.base,
            wall,
            ahead: Nanos::ZERO,
            lookout: Lookout::new(wall),
            unknown_since: BTreeMap::new(),
        };
        bot.renew_group(&setup.groups);
        Ok(bot)
    }

    /// It is this late: engine time, and wall time since the simulation began.
    /// Engine time is so far `ahead` of the machine's clock.
    pub(super) fn set_time(&mut self, at: Timestamp, ahead: Nanos, wall: Duration) {
        self.core.at = at;
        self.ahead = ahead;
        self.wall = wall;
    }

    /// What it wants done, in order.
    pub(super) fn wishes(&mut self) -> Vec<Wish> {
        for errand in self.core.desk.errands() {
            match errand {
                Errand::Cancel(cancel) => self.wishes.push(Wish::Cancel(cancel)),
                Errand::Resnapshot(market) => {
                    self.lookout.resnapshots.push(market);
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
        let commands = self.talk.request(request, self.core.at, self.now());
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
        if self.stage == Stage::Trading {
            self.look_after()?;
        }
        self.core.desk.check_log(at)?;
        self.core.desk.step(&Event::ClockTicked(ClockTicked { at }))?;
        match self.stage {
            Stage::Settling => {
                if self.settle_at.is_some_and(|due| due <= self.wall) {
                    self.settle_at = None;
                    let question = self.reconciler.ask(self.core.engine(), self.wall, self.ahead);
                    self.ask_account(question);
                }
            }
            Stage::Trading => {
                self.ask_results();
                let due = self.reconciler.poll(self.core.engine(), self.wall, self.ahead);
                if let Some(question) = due {
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
        self.watch_group();
        self.planted_timer()
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
        self.begin_mode()
    }

    /// As the live loop: a kill and a person's pause hold over restarts (I13).
    fn begin_mode(&mut self) -> Result<(), JournalClosed> {
        let recovered = if Plant::is(self.plant, Plant::UnlatchKill) {
            Recovered::default()
        } else {
            std::mem::take(&mut self.recovered)
        };
        let steps = recovered.beginning(self.core.engine().mode(), None, None);
        let was_stopped = steps.iter().any(|step| step.why != Why::Started);
        for Step { bar, mode, reason, .. } in steps {
            if let Some(bar) = bar {
                self.bar(bar);
            }
            if let Some(mode) = mode {
                self.set_mode(mode, &reason)?;
            }
        }
        // A person who has decided that it may trade again says so as soon as somebody is there to take it.
        if self.released && was_stopped {
            self.resume()?;
            if self.core.engine().mode() == Mode::Active {
                self.gate.lift(Bar::Kill);
            }
        }
        Ok(())
    }

    fn bar(&self, bar: Bar) {
        if !Plant::is(self.plant, Plant::OpenGate) {
            self.gate.bar(bar);
        }
    }

    /// Changes the mode, journaled.
    pub(super) fn set_mode(&mut self, mode: Mode, reason: &str) -> Result<(), JournalClosed> {
        let (at, reason) = (self.core.at, reason.to_owned());
        self.core.take(Event::ModeChanged(ModeChanged { at, mode, reason }))
    }

    /// A person stops everything: the gate first.
    pub(super) fn kill(&mut self) -> Result<(), JournalClosed> {
        self.bar(Bar::Kill);
        self.set_mode(Mode::Killed, "operator")
    }

    /// A person pauses: the gate first.
    pub(super) fn pause(&mut self) -> Result<(), JournalClosed> {
        self.bar(Bar::Pause);
        self.set_mode(Mode::Halted, &format!("{PAUSED}simulated"))
    }

    /// A person resumes.
    pub(super) fn resume(&mut self) -> Result<(), JournalClosed> {
        self.resumed = Some(self.wall);
        self.set_mode(Mode::Active, &format!("{}: simulated", recovery::RESUMED))?;
        if self.core.engine().mode() == Mode::Active {
            self.lookout.watch.forgive();
            self.gate.lift(Bar::Pause);
        }
        Ok(())
    }

    /// Ends in good order.
    pub(super) fn stop(&mut self) {
        self.gate.close();
        let (at, reason) = (self.core.at, "stopped".to_owned());
        // A disk that fails now makes it a crash, which is no worse.
        let _ = self.core.desk.log_mut().append(Record::RunStopped(RunStopped { at, reason }));
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
