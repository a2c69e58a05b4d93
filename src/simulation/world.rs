//! [`World`]: one seed. A venue with its crowd, a network, a disk, clocks, a supervisor and a person at the
//! controls, around one bot; one queue of happenings in order of time. Nothing in it reads a real clock, and
//! every draw comes from the seed.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use statecraft_domain::event::Mode;
use statecraft_domain::{
    ClientOrderId, Event, MarketId, MarketStatus, OrderRequest, RiskApproved, Settlement,
    Timestamp, Usd,
};
use statecraft_engine::EngineConfig;
use statecraft_engine::config::Supervision;
use statecraft_exchange::Exchange;

use super::bot::{Bot, Setup, Stage, Wish};
use super::crowd::{Crowd, Reins};
use super::dice::Dice;
use super::disk::{Disk, SimLog};
use super::faults::{Fault, Fired, Occasion, Rates};
use super::judge::{Judge, Violation};
use super::plant::Plant;
use super::scene::{self, Scene};
use super::trace::Trace;
use super::{Plan, signals};
use crate::journal::{JournalClosed, Journaled, Record};
use crate::simulator::kalshi::StillVenue;
use crate::trading::clock::Steady;
use crate::trading::dispatch::CancelRequest;
use crate::venue::kalshi::rest::{ORDERS, RestError};

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
/// How often the bot looks at its clock.
const TICK: i64 = 250_000_000;
/// A client gives a request up after this.
const PATIENCE: i64 = 10 * SECOND;
/// The venue takes signatures of this age.
const SIGNATURE_AGE_MAX: i64 = 5 * SECOND;
/// Before the end nothing goes wrong any more for this long.
const CALM: i64 = 12 * MINUTE;
/// Before the end nobody trades any more for this long.
const REST: i64 = 150 * SECOND;

/// Something that happens.
enum Happening {
    /// A process starts.
    Start,
    /// The process looks at its clock.
    Tick(u32),
    /// Something reaches the process of this number.
    ToBot(u32, Parcel),
    /// The disk is asked to flush.
    Flush(u32),
    /// A request reaches the venue.
    ToVenue(Call),
    /// The crowd acts.
    Crowd,
    /// The venue pings its client.
    VenuePing,
    /// A fault of this kind is due.
    Fault(Fault),
    /// What a fault did is over.
    Over(Fault, u32),
    /// A person releases the kill.
    Release,
    /// Nothing goes wrong from here on.
    Calm,
    /// Nobody trades from here on.
    Rest,
    /// The end.
    End,
}

/// What reaches a process.
enum Parcel {
    Frame(u32, Bytes),
    Ping(u32),
    Cut(u32),
    Connected(u32, bool),
    Send(Journaled<RiskApproved<OrderRequest>>),
    Placed(ClientOrderId, Result<(u16, String), RestError>),
    Cancelled(CancelRequest, Option<(u16, String)>),
    Answer(u64, Result<(u16, String), RestError>),
    Signal(Box<Event>),
    Mode(Mode),
    Kill,
}

/// A request under way to the venue.
enum Call {
    Place { from: u32, id: ClientOrderId, body: Vec<u8>, signed: i64 },
    Cancel { from: u32, cancel: CancelRequest },
    Get { from: u32, task: u64, path: String },
    Say { connection: u32, text: String },
    Pong { from: u32, connection: u32 },
}

/// What a seed came to.
pub(super) struct Outcome {
    pub(super) violation: Option<Violation>,
    pub(super) fired: Fired,
    pub(super) hash: [u8; 32],
    pub(super) nanos: i64,
    pub(super) orders: u64,
    pub(super) fills: u64,
    pub(super) starts: u32,
    pub(super) halts: BTreeMap<String, u64>,
}

/// See the module.
pub(super) struct World {
    now: i64,
    began: i64,
    queue: BTreeMap<(i64, u64), Happening>,
    serial: u64,
    dice: Dice,
    rates: Rates,
    calm: bool,
    resting: bool,
    fired: Fired,
    trace: Trace,
    judge: Judge,
    venue: StillVenue,
    reins: Reins,
    scene: Scene,
    config: EngineConfig,
    plant: Option<Plant>,
    disk: Rc<RefCell<Disk>>,
    bot: Option<Bot>,
    /// Number of the present process.
    process: u32,
    flushing: bool,
    next_flush_fails: bool,
    steady: Steady,
    skew: i64,
    slept: i64,
    asleep_until: i64,
    base: Instant,
    /// The bot's socket, as far as the venue is concerned.
    socket: Option<u32>,
    last_frame: i64,
    silent_until: i64,
    refuses_until: i64,
    cancel_only_until: i64,
    slow_until: i64,
    /// Old position pages, for reports that do not fit together.
    stale_positions: Option<(u16, String)>,
    asked_at: BTreeMap<u64, i64>,
    /// When the read that belongs to the present comparison was asked for.
    comparing_since: i64,
    wants_kill: bool,
    released: bool,
    kill_waits: bool,
    paused_markets: BTreeSet<u32>,
    settled: BTreeSet<u32>,
    sent_when_calm: u64,
    halts: BTreeMap<String, u64>,
    /// Numbers given out by a planted defect.
    forged: BTreeMap<u64, u64>,
    death: Option<String>,
    doomed: bool,
    refused_start: Option<String>,
}

impl World {
    /// The world of a seed.
    pub(super) fn new(seed: u64, plan: &Plan, base: Instant) -> Self {
        let mut dice = Dice::new(seed, 1);
        let rates = plan.faults.draw(&mut dice);
        let scene = scene::of(&plan.strategies);
        let began = scene.began;
        let mut exchange = Exchange::new();
        let user = exchange.open_account(Usd::from_dollars(1_000));
        let markets: Vec<MarketId> =
            scene.listings.iter().map(|listing| exchange.list(listing.clone())).collect();
        let at = Timestamp::from_nanos(began);
        let (crowd, reins) = Crowd::new(exchange, &markets, user, seed, at);
        let lineage = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let config = EngineConfig {
            lineage,
            first_sequence: 1,
            time_scale: 1,
            strategies: plan.strategies.clone(),
            limits: plan.limits,
            real_money: false,
            keep_checks: false,
            prediction_interval: statecraft_domain::Nanos::from_secs(3_600),
            sources: Vec::new(),
            supervision: Supervision { reconciles: true, ..Supervision::default() },
        };
        let end = began + plan.length.max(2 * CALM);
        let mut world = Self {
            now: began,
            began,
            queue: BTreeMap::new(),
            serial: 0,
            dice,
            rates,
            calm: false,
            resting: false,
            fired: Fired::default(),
            trace: Trace::default(),
            judge: Judge::new(lineage),
            venue: StillVenue::new(Box::new(crowd), seed),
            reins,
            scene,
            config,
            plant: plan.plant,
            disk: Rc::new(RefCell::new(Disk::new(lineage))),
            bot: None,
            process: 0,
            flushing: false,
            next_flush_fails: false,
            steady: Steady::default(),
            skew: 0,
            slept: 0,
            asleep_until: began,
            base,
            socket: None,
            last_frame: began,
            silent_until: began,
            refuses_until: began,
            cancel_only_until: began,
            slow_until: began,
            stale_positions: None,
            asked_at: BTreeMap::new(),
            comparing_since: began,
            wants_kill: false,
            released: false,
            kill_waits: false,
            paused_markets: BTreeSet::new(),
            settled: BTreeSet::new(),
            sent_when_calm: 0,
            halts: BTreeMap::new(),
            forged: BTreeMap::new(),
            death: None,
            doomed: false,
            refused_start: None,
        };
        world.at(0, Happening::Start);
        world.at(SECOND, Happening::Crowd);
        world.at(10 * SECOND, Happening::VenuePing);
        world.at(end - began - CALM, Happening::Calm);
        world.at(end - began - REST, Happening::Rest);
        world.at(end - began, Happening::End);
        for fault in Fault::ALL {
            if fault.occasion() == Occasion::Hourly {
                world.plan_fault(*fault);
            }
        }
        world
    }

    /// Runs to the end, or to the first broken rule.
    pub(super) fn run(mut self) -> Outcome {
        while let Some(((at, _), happening)) = self.queue.pop_first() {
            self.now = at;
            if matches!(happening, Happening::End) {
                self.final_look();
                break;
            }
            self.happen(happening);
            if self.judge.verdict().is_some() {
                break;
            }
        }
        let fills = self.venue.truth().fills().len() as u64;
        Outcome {
            violation: self.judge.verdict().cloned(),
            fired: self.fired,
            hash: self.trace.finish(),
            nanos: self.now - self.began,
            orders: self.judge.sent,
            fills,
            starts: self.process,
            halts: self.halts,
        }
    }

    /// `after` from now, this happens.
    fn at(&mut self, after: i64, happening: Happening) {
        self.serial += 1;
        self.queue.insert((self.now + after.max(0), self.serial), happening);
    }

    fn plan_fault(&mut self, fault: Fault) {
        let rate = self.rates.of(fault);
        if rate > 0.0 {
            let wait = self.dice.waiting(3_600.0 / rate);
            self.at(wait, Happening::Fault(fault));
        }
    }

    /// Does a fault of this kind happen at this occasion?
    fn draws(&mut self, fault: Fault) -> bool {
        let hit = !self.calm && self.dice.chance(self.rates.of(fault));
        if hit {
            self.fires(fault);
        }
        hit
    }

    fn fires(&mut self, fault: Fault) {
        self.fired.count(fault);
        self.trace.note(self.now, fault.name(), &[]);
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Start => self.start(),
            Happening::Tick(process) => self.tick(process),
            Happening::ToBot(process, parcel) => self.hand_to_bot(process, parcel),
            Happening::Flush(process) => self.flush(process),
            Happening::ToVenue(call) => self.hand_to_venue(call),
            Happening::Crowd => {
                self.advance_venue();
                let wait = self.dice.millis(300.0, 1_500.0);
                self.at(wait, Happening::Crowd);
            }
            Happening::VenuePing => {
                if let Some(connection) = self.socket {
                    self.deliver(Parcel::Ping(connection));
                }
                self.at(10 * SECOND, Happening::VenuePing);
            }
            Happening::Fault(fault) => {
                if !self.calm {
                    self.strike(fault);
                    self.plan_fault(fault);
                }
            }
            Happening::Over(fault, number) => self.over(fault, number),
            Happening::Release => self.release(),
            Happening::Calm => self.calm_down(),
            Happening::Rest => self.rest(),
            Happening::End => {}
        }
    }

    // ---- the process -------------------------------------------------------------------------------

    /// What the process's clocks say: engine time, and monotonic time.
    fn clocks(&mut self) -> (Timestamp, Duration) {
        let mono = self.now - self.began - self.slept;
        let time = self.steady.read(self.now + self.skew, mono);
        let mono = u64::try_from(mono).unwrap_or(0);
        (Timestamp::from_nanos(time), Duration::from_nanos(mono))
    }

    fn start(&mut self) {
        if self.bot.is_some() {
            return;
        }
        if self.process == 0 {
            self.inherit();
        }
        self.process += 1;
        self.steady = Steady::default();
        let (at, wall) = self.clocks();
        let names: Vec<String> =
            self.config.strategies.iter().map(|strategy| strategy.name.clone()).collect();
        #[cfg(feature = "planted-defects")]
        if Plant::is(self.plant, Plant::LoseRecord) && self.process > 1 {
            self.disk.borrow_mut().lose_last();
        }
        let recovery = self.disk.borrow_mut().open(&names);
        let mut recovery = match recovery {
            Ok(recovery) => recovery,
            Err(what) => return self.judge.condemn("I21", what),
        };
        if Plant::is(self.plant, Plant::ReuseId) {
            let last = recovery.records.iter().rposition(|one| matches!(one, Record::Intent(_)));
            if let Some(last) = last {
                recovery.records.remove(last);
                recovery.next_sequence -= 1;
            }
        }
        let mut config = self.config.clone();
        config.first_sequence = recovery.next_sequence;
        let setup = Setup {
            config,
            names,
            listings: self.scene.listings.clone(),
            released: self.released,
            plant: self.plant,
            base: self.base,
        };
        self.judge.process_began(self.now);
        self.comparing_since = self.now;
        self.trace.note(self.now, "start", &self.process.to_le_bytes());
        let log = SimLog(Rc::clone(&self.disk));
        match Bot::start(setup, &recovery, log, at, wall) {
            Ok(bot) => {
                self.bot = Some(bot);
                let process = self.process;
                self.at(TICK, Happening::Tick(process));
                self.after_step(Ok(()));
            }
            Err(_) => self.die("the disk failed at the start"),
        }
    }

    /// The process is gone. A supervisor starts another.
    fn die(&mut self, why: &str) {
        self.trace.note(self.now, "end", why.as_bytes());
        self.bot = None;
        self.socket = None;
        self.venue.disconnect();
        self.flushing = false;
        let kept = self.dice.below(self.disk.borrow().waiting() + 1);
        self.disk.borrow_mut().crash(kept);
        let kept = self.disk.borrow().records().len();
        self.judge.process_ended(kept);
        self.kill_waits = false;
        // What was in a socket of the dead process travels on; its answers find nobody.
        self.inherit();
        let wait = if self.refused_start.is_some() { 30 * SECOND } else { 5 * SECOND };
        self.at(wait, Happening::Start);
    }

    fn tick(&mut self, process: u32) {
        if process != self.process || self.bot.is_none() {
            return;
        }
        if self.now < self.asleep_until {
            let wait = self.asleep_until - self.now;
            return self.at(wait, Happening::Tick(process));
        }
        self.at(TICK, Happening::Tick(process));
        self.step(Bot::tick);
        if let Some(bot) = &self.bot {
            self.judge.look(bot.core.desk.engine(), self.venue.truth());
        }
    }

    /// Lets the process do something, then carries out what it wants.
    fn step(&mut self, act: impl FnOnce(&mut Bot) -> Result<(), JournalClosed>) {
        let (at, wall) = self.clocks();
        let Some(bot) = &mut self.bot else { return };
        bot.set_time(at, wall);
        let done = act(bot);
        self.after_step(done);
    }

    fn after_step(&mut self, done: Result<(), JournalClosed>) {
        self.look_at_records();
        if self.disk.borrow().died {
            self.fires(Fault::CrashAtWrite);
            return self.die("crashed at a write");
        }
        self.carry_out();
        if done.is_err() && !self.doomed {
            // Cancels go out; then the process ends by itself.
            self.doomed = true;
            let process = self.process;
            self.at(SECOND, Happening::Over(Fault::FlushError, process));
        }
        if let Some(why) = self.death.take() {
            if why.starts_with("refused") {
                self.refused_start = Some(why.clone());
            }
            self.die(&why);
        }
        self.want_flush();
    }

    fn want_flush(&mut self) {
        if self.bot.is_none() || self.flushing || !self.disk.borrow().is_waiting() {
            return;
        }
        self.flushing = true;
        let slow = self.now < self.slow_until;
        let wait = if slow { self.dice.millis(200.0, 6_000.0) } else { self.dice.millis(0.3, 3.0) };
        let process = self.process;
        self.at(wait, Happening::Flush(process));
        if Plant::is(self.plant, Plant::FlushAfterSend) {
            self.flush_early();
        }
    }

    /// A planted defect: orders leave, and are flushed after.
    fn flush_early(&mut self) {
        let orders = self.disk.borrow_mut().flush_without_word();
        self.step(|bot| bot.durable(orders));
    }

    /// New records: into the trace, and orders before the judge.
    fn look_at_records(&mut self) {
        let fresh = self.disk.borrow_mut().fresh();
        for (position, record) in fresh {
            let json = record.to_json().unwrap_or_default();
            self.trace.note(self.now, record.kind(), json.as_bytes());
            if let (Record::Intent(order), Some(bot)) = (&record, &self.bot) {
                let request = order.get();
                let ticker = bot.ticker(request.market);
                self.judge.decided(
                    self.now,
                    position,
                    request,
                    ticker.as_deref(),
                    bot.core.desk.engine(),
                    self.venue.truth(),
                );
            }
        }
    }

    fn flush(&mut self, process: u32) {
        if process != self.process || self.bot.is_none() {
            return;
        }
        if self.now < self.asleep_until {
            let wait = self.asleep_until - self.now;
            return self.at(wait, Happening::Flush(process));
        }
        self.flushing = false;
        if !self.disk.borrow().is_waiting() {
            return;
        }
        if std::mem::take(&mut self.next_flush_fails) {
            self.fires(Fault::FlushError);
            let kept = self.dice.below(self.disk.borrow().waiting() + 1);
            return self.disk.borrow_mut().fail(kept);
        }
        let orders = self.disk.borrow_mut().flush();
        if self.wants_kill && self.disk.borrow().kill_is_durable() && !self.judge.killed {
            self.judge.killed = true;
            self.kill_waits = false;
        }
        self.step(|bot| bot.durable(orders));
    }

    fn hand_to_bot(&mut self, process: u32, parcel: Parcel) {
        if process != self.process || self.bot.is_none() {
            return;
        }
        if self.now < self.asleep_until {
            let wait = self.asleep_until - self.now;
            return self.at(wait, Happening::ToBot(process, parcel));
        }
        match parcel {
            Parcel::Frame(connection, bytes) => self.frame(connection, &bytes),
            Parcel::Ping(connection) => {
                if self.is_present(connection) {
                    self.step(Bot::pinged);
                }
            }
            Parcel::Cut(connection) => {
                if self.is_present(connection) {
                    self.lose_connection("the connection was cut");
                }
            }
            Parcel::Connected(connection, open) => self.connected(connection, open),
            Parcel::Send(order) => self.step(|bot| bot.send(order)),
            Parcel::Placed(id, answer) => self.placed(id, answer),
            Parcel::Cancelled(id, answer) => self.step(|bot| {
                let answer = answer.as_ref().map(|(status, body)| (*status, body.as_bytes()));
                bot.cancelled(&id, answer)
            }),
            Parcel::Answer(task, answer) => {
                self.asked_at.remove(&task);
                let answer = answer.map(|(status, body)| (status, body.into_bytes()));
                self.step(|bot| bot.answered(task, answer));
            }
            Parcel::Signal(event) => self.step(|bot| bot.take(*event)),
            Parcel::Mode(mode) => {
                let killed = self.wants_kill;
                self.step(|bot| {
                    if killed || bot.stage != Stage::Trading {
                        return Ok(());
                    }
                    bot.set_mode(mode, "operator")
                });
            }
            Parcel::Kill => self.kill(),
        }
    }

    fn is_present(&self, connection: u32) -> bool {
        self.bot.as_ref().is_some_and(|bot| bot.connection() == connection)
    }

    fn placed(&mut self, id: ClientOrderId, answer: Result<(u16, String), RestError>) {
        let lost = answer.is_err();
        if lost && Plant::is(self.plant, Plant::ResendOnTimeout) {
            let bytes = self.bot.as_mut().and_then(|bot| bot.again(id));
            if let Some(body) = bytes {
                return self.place(id, body);
            }
        }
        self.step(|bot| {
            let answer = match &answer {
                Ok((status, body)) => Ok((*status, body.as_bytes())),
                Err(_) => Err(RestError::TimedOut),
            };
            bot.placed(id, answer).map(|_| ())
        });
    }

    fn frame(&mut self, connection: u32, bytes: &Bytes) {
        if !self.is_present(connection) {
            return;
        }
        self.trace.note(self.now, "frame", bytes);
        self.judge.hear(bytes);
        let bytes = self.planted_frame(bytes);
        self.step(|bot| bot.frame(&bytes));
    }

    /// A planted defect: the bot never sees a number skipped.
    fn planted_frame(&mut self, bytes: &Bytes) -> Bytes {
        if !Plant::is(self.plant, Plant::IgnoreGap) {
            return bytes.clone();
        }
        let text = String::from_utf8_lossy(bytes).into_owned();
        let Ok(mut frame) = serde_json::from_str::<serde_json::Value>(&text) else {
            return bytes.clone();
        };
        // Without a number nothing can be missed; a delta needs one, so it gets the next.
        if let (Some(sid), true) = (frame["sid"].as_u64(), frame["seq"].is_u64()) {
            let next = self.forged.entry(sid).or_insert(0);
            *next += 1;
            frame["seq"] = serde_json::json!(*next);
        }
        // The head of a frame is read in the venue's order.
        let mut head = serde_json::Map::new();
        for key in ["id", "type", "sid", "seq", "msg"] {
            if let Some(value) = frame.get(key) {
                head.insert(key.to_owned(), value.clone());
            }
        }
        Bytes::from(serde_json::Value::Object(head).to_string())
    }

    fn connected(&mut self, connection: u32, open: bool) {
        if !self.is_present(connection) {
            return;
        }
        if !open {
            let retry = self.retry();
            return self.step(|bot| bot.lost("no connection".to_owned(), retry));
        }
        self.advance_venue();
        self.venue.connect();
        self.socket = Some(connection);
        self.last_frame = self.now;
        self.judge.connection_begins();
        self.step(Bot::connected);
    }

    fn lose_connection(&mut self, cause: &str) {
        let retry = self.retry();
        let cause = cause.to_owned();
        self.judge.connection_down();
        self.step(|bot| bot.lost(cause, retry));
    }

    fn retry(&mut self) -> Duration {
        let nanos = self.dice.millis(100.0, 4_000.0);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
    }

    /// A person presses the kill switch: the gate closes before anything else.
    fn kill(&mut self) {
        if self.bot.as_ref().is_none_or(|bot| bot.stage != Stage::Trading) {
            // Nobody is there to take it: the person tries again.
            let process = self.process;
            return self.at(5 * SECOND, Happening::ToBot(process, Parcel::Kill));
        }
        self.wants_kill = true;
        // Whoever released an earlier kill has not released this one.
        self.released = false;
        self.kill_waits = true;
        self.step(Bot::kill);
        let wait = self.dice.secs(60.0, 600.0);
        self.at(wait, Happening::Release);
        self.at(12 * SECOND, Happening::Over(Fault::OperatorKill, self.process));
    }

    /// Carries out what the process wants.
    fn carry_out(&mut self) {
        for _ in 0..64 {
            let Some(bot) = &mut self.bot else { return };
            let wishes = bot.wishes();
            if wishes.is_empty() {
                return;
            }
            for wish in wishes {
                self.grant(wish);
            }
        }
    }

    fn grant(&mut self, wish: Wish) {
        let process = self.process;
        match wish {
            Wish::Dispatch(order) => {
                let wait = self.dice.millis(0.05, 2.0);
                self.at(wait, Happening::ToBot(process, Parcel::Send(order)));
            }
            Wish::Place(order, body) => self.leaves(order.get(), body),
            Wish::Cancel(cancel) => self.send_cancel(cancel),
            Wish::Get(task, path) => {
                if path.starts_with("/portfolio/orders") {
                    self.comparing_since = self.now;
                }
                self.asked_at.insert(task, self.now);
                let wait = self.dice.millis(10.0, 150.0);
                self.at(wait, Happening::ToVenue(Call::Get { from: process, task, path }));
            }
            Wish::Say(commands) => {
                let Some(connection) = self.socket else { return };
                for command in commands {
                    let text = serde_json::to_string(&command).unwrap_or_default();
                    self.at(40_000_000, Happening::ToVenue(Call::Say { connection, text }));
                }
            }
            Wish::Ping => {
                if let Some(connection) = self.socket {
                    let call = Call::Pong { from: process, connection };
                    self.at(40_000_000, Happening::ToVenue(call));
                }
            }
            Wish::Connect(after) => {
                let connection = self.bot.as_mut().map_or(0, Bot::connecting);
                let after = i64::try_from(after.as_nanos()).unwrap_or(SECOND);
                let wait = after + self.dice.millis(20.0, 200.0);
                let open = self.now + wait >= self.refuses_until
                    && self.signature_age() <= SIGNATURE_AGE_MAX;
                self.at(wait, Happening::ToBot(process, Parcel::Connected(connection, open)));
            }
            Wish::HangUp => {
                self.socket = None;
                self.venue.disconnect();
            }
            Wish::Alarm(code, message) => {
                self.trace.note(self.now, "alarm", code.as_bytes());
                let grave =
                    ["impossible_transition", "foreign_order", "impossible_fill", "foreign_fill"];
                *self.halts.entry(code.clone()).or_default() += 1;
                if grave.contains(&code.as_str()) && !self.judge.ghost {
                    self.judge.condemn("I5", format!("{code}: {message}"));
                }
            }
            Wish::Settled | Wish::Compared => self.judge.compared(self.comparing_since),
            Wish::Up => self.judge.connection_up(self.now),
            Wish::Exit(why) => self.death = Some(why),
        }
    }

    /// How far the bot's clock, by which it signs, is from the venue's.
    fn signature_age(&self) -> i64 {
        self.skew.abs()
    }

    // ---- the network -------------------------------------------------------------------------------

    fn leaves(&mut self, request: &OrderRequest, body: Vec<u8>) {
        let mut body = body;
        if Plant::is(self.plant, Plant::OffByOneTick)
            && let Ok(mut json) = serde_json::from_slice::<serde_json::Value>(&body)
        {
            let worse = u32::from(request.price.e4()) + 100;
            json["price"] = serde_json::json!(format!("0.{worse:04}"));
            body = json.to_string().into_bytes();
        }
        self.place(request.id, body);
    }

    fn place(&mut self, id: ClientOrderId, body: Vec<u8>) {
        let acknowledged = self.disk.borrow().acknowledged();
        let decided = self.bot.as_ref().and_then(|bot| {
            bot.core.desk.engine().orders().get(id).map(|record| record.request.decided_at)
        });
        let (at, _) = self.clocks();
        let age = decided.map_or(0, |decided| (at - decided).get());
        self.trace.note(self.now, "order", &body);
        let killed = self.judge.killed;
        self.judge.leaves(self.now, id, &body, acknowledged, age, killed);
        let from = self.process;
        self.at(PATIENCE, Happening::ToBot(from, Parcel::Placed(id, Err(RestError::TimedOut))));
        let signed = self.now + self.skew;
        if self.draws(Fault::PlaceTimeoutBefore) {
            return self.judge.lost(id);
        }
        let mut wait = self.dice.millis(8.0, 120.0);
        if self.draws(Fault::PlaceHeld) {
            wait = self.dice.secs(1.0, 300.0);
        }
        if (self.now + wait - signed).abs() > SIGNATURE_AGE_MAX {
            // Its signature will be too old: it cannot become an order any more.
            self.judge.lost(id);
        }
        self.at(wait, Happening::ToVenue(Call::Place { from, id, body, signed }));
    }

    fn send_cancel(&mut self, cancel: CancelRequest) {
        if Plant::is(self.plant, Plant::BlockCancels) {
            return;
        }
        self.trace.note(self.now, "cancel", cancel.venue_order.as_str().as_bytes());
        self.judge.cancel_leaves(cancel.order);
        let (from, order) = (self.process, cancel.order);
        if self.draws(Fault::CancelLost) {
            self.at(PATIENCE, Happening::ToBot(from, Parcel::Cancelled(cancel.clone(), None)));
        } else {
            let wait = self.dice.millis(8.0, 120.0);
            self.at(wait, Happening::ToVenue(Call::Cancel { from, cancel }));
        }
        self.step(|bot| bot.cancel_leaves(order));
    }

    fn hand_to_venue(&mut self, call: Call) {
        self.advance_venue();
        match call {
            Call::Place { from, id, body, signed } => self.venue_places(from, id, &body, signed),
            Call::Cancel { from, cancel } => self.venue_cancels(from, &cancel),
            Call::Get { from, task, path } => self.venue_reads(from, task, &path),
            Call::Say { connection, text } => {
                if self.socket == Some(connection) {
                    self.venue.command(&text);
                    self.pump_frames();
                }
            }
            Call::Pong { from, connection } => {
                if self.socket == Some(connection) && from == self.process {
                    self.deliver(Parcel::Ping(connection));
                }
            }
        }
    }

    fn venue_places(&mut self, from: u32, id: ClientOrderId, body: &[u8], signed: i64) {
        let error = |status: u16, code: &str| {
            (status, format!(r#"{{"error":{{"code":"{code}","message":"simulated"}}}}"#))
        };
        let refused = if self.now < self.refuses_until {
            Some(error(503, "exchange_unavailable"))
        } else if (self.now - signed).abs() > SIGNATURE_AGE_MAX {
            Some(error(401, "authentication_error"))
        } else if self.now < self.cancel_only_until {
            Some(error(503, "cancel_only"))
        } else if self.draws(Fault::PlaceReject) {
            Some(error(400, "insufficient_balance"))
        } else if self.draws(Fault::PlaceErrorBefore) {
            Some(error(500, "internal_server_error"))
        } else if self.draws(Fault::PlaceTooMany) {
            Some(error(429, "too_many_requests"))
        } else {
            None
        };
        let answer = match refused {
            Some(answer) => {
                self.judge.lost(id);
                answer
            }
            None => {
                let mut answer = self.venue.call("POST", ORDERS, body);
                self.judge.arrived(id);
                self.pump_frames();
                if self.draws(Fault::PlaceErrorAfter) {
                    answer = error(502, "bad_gateway");
                } else if self.draws(Fault::PlaceWithoutOrder) {
                    answer = (201, "{}".to_owned());
                } else if self.draws(Fault::PlaceTimeoutAfter) {
                    return;
                }
                answer
            }
        };
        let mut wait = self.dice.millis(5.0, 100.0);
        if self.draws(Fault::FillBeforeAck) {
            wait += self.dice.secs(0.5, 8.0);
        }
        self.at(wait, Happening::ToBot(from, Parcel::Placed(id, Ok(answer))));
    }

    fn venue_cancels(&mut self, from: u32, cancel: &CancelRequest) {
        let path = format!("{ORDERS}/{}", cancel.venue_order);
        let answer = if self.now < self.refuses_until {
            (503, "{}".to_owned())
        } else {
            let answer = self.venue.call("DELETE", &path, &[]);
            self.pump_frames();
            answer
        };
        let answer = if self.draws(Fault::CancelNotFound) {
            (404, r#"{"error":{"code":"not_found","message":"simulated"}}"#.to_owned())
        } else {
            answer
        };
        let wait = self.dice.millis(5.0, 100.0);
        self.at(wait, Happening::ToBot(from, Parcel::Cancelled(cancel.clone(), Some(answer))));
    }

    fn venue_reads(&mut self, from: u32, task: u64, path: &str) {
        let mut answer = if self.now < self.refuses_until {
            Ok((503, "{}".to_owned()))
        } else if self.signature_age() > SIGNATURE_AGE_MAX && path.starts_with("/portfolio") {
            Ok((401, r#"{"error":{"code":"authentication_error","message":"clock"}}"#.to_owned()))
        } else {
            Ok(self.venue.call("GET", path, &[]))
        };
        if path.starts_with("/portfolio/positions") {
            let fresh = answer.as_ref().ok().filter(|(status, _)| *status == 200).cloned();
            if self.stale_positions.is_some() && self.draws(Fault::ReportInconsistent) {
                answer = Ok(self.stale_positions.clone().unwrap_or_default());
            }
            self.stale_positions = fresh.or_else(|| self.stale_positions.take());
        }
        let mut wait = self.dice.millis(5.0, 100.0);
        if self.draws(Fault::PageFailed) {
            answer = match self.dice.below(3) {
                0 => Ok((500, "{}".to_owned())),
                1 => answer.map(|(status, mut body)| {
                    body.truncate(body.len() / 2);
                    (status, body)
                }),
                _ => {
                    wait = PATIENCE;
                    Err(RestError::TimedOut)
                }
            };
        }
        self.at(wait, Happening::ToBot(from, Parcel::Answer(task, answer)));
    }

    /// Brings the venue up to now.
    fn advance_venue(&mut self) {
        self.venue.advance(Timestamp::from_nanos(self.now));
        self.pump_frames();
    }

    /// What the venue has sent goes into the network.
    fn pump_frames(&mut self) {
        let frames = self.venue.frames();
        for text in frames {
            self.carry_frame(text);
        }
    }

    fn carry_frame(&mut self, text: String) {
        let Some(connection) = self.socket else { return };
        if self.draws(Fault::FrameDrop) {
            return;
        }
        let private = text.contains(r#""type":"fill""#) || text.contains(r#""type":"user_order""#);
        let bytes = Bytes::from(text);
        let (process, latency) = (self.process, self.dice.millis(2.0, 40.0));
        let mut arrives = (self.now + latency).max(self.last_frame).max(self.silent_until);
        if self.draws(Fault::FrameDelay) {
            arrives += self.dice.secs(0.2, 5.0);
        }
        self.last_frame = arrives;
        let mut copies = 1;
        if self.draws(Fault::FrameDuplicate) || (private && self.draws(Fault::FillDuplicate)) {
            copies = 2;
        }
        if (private && self.draws(Fault::FillLate)) || self.draws(Fault::FrameReorder) {
            // Out of order: what follows does not wait for it.
            arrives +=
                if private { self.dice.secs(1.0, 120.0) } else { self.dice.millis(1.0, 900.0) };
        }
        let bytes = self.tamper(bytes);
        for _ in 0..copies {
            let parcel = Parcel::Frame(connection, bytes.clone());
            self.at(arrives - self.now, Happening::ToBot(process, parcel));
        }
    }

    fn tamper(&mut self, bytes: Bytes) -> Bytes {
        if self.draws(Fault::FrameMalformed) {
            let half = bytes.len() / 2;
            return bytes.slice(..half);
        }
        let delta = bytes.starts_with(br#"{"type":"orderbook_delta""#);
        if delta && self.draws(Fault::BookCrossed) {
            return scene::crossing(&bytes).unwrap_or(bytes);
        }
        bytes
    }

    /// Something for the present process, in order with its frames.
    fn deliver(&mut self, parcel: Parcel) {
        if self.now < self.silent_until {
            return;
        }
        let latency = self.dice.millis(2.0, 40.0);
        let arrives = (self.now + latency).max(self.last_frame);
        let process = self.process;
        self.at(arrives - self.now, Happening::ToBot(process, parcel));
    }

    // ---- faults ------------------------------------------------------------------------------------

    /// A fault that comes by itself.
    fn strike(&mut self, fault: Fault) {
        let process = self.process;
        let up = self.bot.is_some();
        match fault {
            Fault::SilentSocket if self.socket.is_some() => {
                self.fires(fault);
                self.silent_until = self.now + self.dice.secs(3.0, 60.0);
            }
            Fault::FrozenSubscription if self.socket.is_some() => {
                self.fires(fault);
                let market = self.any_market();
                self.venue.mute_book(market);
                // The venue notices in the end, and cuts the connection.
                let wait = self.dice.secs(20.0, 240.0);
                self.at(wait, Happening::Over(fault, process));
            }
            Fault::Disconnect => {
                if let Some(connection) = self.socket {
                    self.fires(fault);
                    self.cut(connection);
                }
            }
            Fault::TickChange => {
                if let Some(connection) = self.socket {
                    self.fires(fault);
                    let market = self.any_market();
                    let frame = self.scene.tick_change(market);
                    self.deliver(Parcel::Frame(connection, frame));
                }
            }
            Fault::FillGhost => self.ghost(),
            Fault::VenuePause => {
                self.fires(fault);
                self.venue_step(|exchange, at, out| exchange.set_trading(at, false, out));
                let wait = self.dice.secs(20.0, 400.0);
                self.at(wait, Happening::Over(fault, process));
            }
            Fault::Maintenance => {
                self.fires(fault);
                self.refuses_until = self.now + self.dice.secs(20.0, 400.0);
                if let Some(connection) = self.socket {
                    self.cut(connection);
                }
            }
            Fault::CancelOnly => {
                self.fires(fault);
                self.cancel_only_until = self.now + self.dice.secs(20.0, 300.0);
            }
            Fault::MarketClosed => self.pause_market(),
            Fault::Settlement => self.settle_market(),
            Fault::ReportLag => {
                self.fires(fault);
                self.advance_venue();
                self.venue.freeze_reads(true);
                let wait = self.dice.secs(1.0, 25.0);
                self.at(wait, Happening::Over(fault, process));
            }
            Fault::ClockSkew | Fault::ClockJump => {
                self.fires(fault);
                let most = if fault == Fault::ClockSkew { 8.0 } else { 3_600.0 };
                self.skew = self.dice.secs(-most, most);
                let wait = self.dice.secs(10.0, 300.0);
                self.at(wait, Happening::Over(fault, process));
            }
            Fault::Suspension if up => {
                self.fires(fault);
                let span = self.dice.secs(1.0, 400.0);
                self.asleep_until = self.now + span;
                self.slept += span;
            }
            Fault::DiskSlow => {
                self.fires(fault);
                self.slow_until = self.now + self.dice.secs(5.0, 120.0);
            }
            Fault::FlushError => self.next_flush_fails = true,
            Fault::DiskFull if up => {
                self.fires(fault);
                self.disk.borrow_mut().full = true;
            }
            Fault::CrashAtWrite if up => {
                let records = u32::try_from(self.dice.below(6)).unwrap_or(0);
                self.disk.borrow_mut().crash_in.get_or_insert(records);
            }
            Fault::Crash if up => {
                self.fires(fault);
                self.die("crashed");
            }
            Fault::OperatorKill if !self.wants_kill && up => {
                self.fires(fault);
                self.at(0, Happening::ToBot(process, Parcel::Kill));
            }
            Fault::OperatorPause if up => {
                self.fires(fault);
                self.at(0, Happening::ToBot(process, Parcel::Mode(Mode::Halted)));
                let wait = self.dice.secs(10.0, 200.0);
                self.at(wait, Happening::ToBot(process, Parcel::Mode(Mode::Active)));
            }
            Fault::SignalFlood | Fault::SignalForged | Fault::SignalRetracted if up => {
                self.fires(fault);
                self.signal(fault);
            }
            _ => {}
        }
    }

    fn signal(&mut self, fault: Fault) {
        let process = self.process;
        let at = Timestamp::from_nanos(self.now);
        let made = signals::of(fault, &self.config.strategies, at, &mut self.dice);
        for (delay, signal) in made {
            let event = Box::new(Event::SignalReceived(Box::new(signal)));
            self.at(delay, Happening::ToBot(process, Parcel::Signal(event)));
        }
    }

    fn cut(&mut self, connection: u32) {
        self.socket = None;
        self.venue.disconnect();
        let (process, wait) = (self.process, self.dice.millis(1.0, 300.0));
        self.at(wait, Happening::ToBot(process, Parcel::Cut(connection)));
    }

    fn any_market(&mut self) -> MarketId {
        let index = self.dice.below(self.scene.listings.len());
        MarketId(u32::try_from(index).unwrap_or(0))
    }

    fn venue_step(
        &mut self,
        step: impl FnOnce(&mut Exchange, Timestamp, &mut Vec<statecraft_exchange::Report>)
        + Send
        + 'static,
    ) {
        // The crowd lives as long as the venue.
        let _ = self.reins.steps.send(Box::new(step));
        self.advance_venue();
    }

    fn pause_market(&mut self) {
        let market = self.any_market();
        if self.settled.contains(&market.0) || !self.paused_markets.insert(market.0) {
            return;
        }
        self.fires(Fault::MarketClosed);
        let status = MarketStatus::Paused;
        self.venue_step(move |exchange, at, out| exchange.set_status(at, market, status, out));
        let wait = self.dice.secs(20.0, 300.0);
        self.at(wait, Happening::Over(Fault::MarketClosed, market.0));
    }

    fn settle_market(&mut self) {
        let market = self.any_market();
        // One market stays, or nothing is left to trade.
        if self.settled.len() + 1 >= self.scene.listings.len() || !self.settled.insert(market.0) {
            return;
        }
        self.fires(Fault::Settlement);
        let how = if self.dice.chance(0.5) { Settlement::Yes } else { Settlement::No };
        self.venue_step(move |exchange, at, out| exchange.settle(at, market, how, out));
    }

    /// The venue tells of a fill of a live order that its own ledger does not know.
    fn ghost(&mut self) {
        let Some(connection) = self.socket else { return };
        let live = self.judge.live_at_venue(self.venue.truth());
        let orders = self.venue.truth().orders();
        let target = orders.iter().rev().find(|record| {
            let id = record.order.client_id.as_deref().and_then(|text| text.parse().ok());
            id.is_some_and(|id: ClientOrderId| live.iter().any(|(one, _)| *one == id))
        });
        let Some(record) = target else { return };
        let Some(frame) = self.scene.ghost_fill(record, self.now) else { return };
        self.fires(Fault::FillGhost);
        self.judge.ghost = true;
        self.deliver(Parcel::Frame(connection, frame));
    }

    fn over(&mut self, fault: Fault, number: u32) {
        match fault {
            Fault::FrozenSubscription => {
                if let Some(connection) = self.socket {
                    self.cut(connection);
                }
            }
            Fault::VenuePause => {
                self.venue_step(|exchange, at, out| exchange.set_trading(at, true, out));
            }
            Fault::MarketClosed => {
                let market = MarketId(number);
                self.paused_markets.remove(&number);
                let status = MarketStatus::Active;
                self.venue_step(move |exchange, at, out| {
                    exchange.set_status(at, market, status, out);
                });
            }
            Fault::ReportLag => self.venue.freeze_reads(false),
            Fault::ClockSkew | Fault::ClockJump => self.skew = 0,
            Fault::FlushError if number == self.process && self.bot.is_some() => {
                self.die("the journal failed");
            }
            Fault::OperatorKill if number == self.process => self.check_cancels(),
            _ => {}
        }
    }

    /// I14: seconds after a kill every order known to rest has been asked to go.
    fn check_cancels(&mut self) {
        let awake = self.now > self.asleep_until + 12 * SECOND;
        let Some(bot) = self.bot.as_ref().filter(|_| awake && self.wants_kill && !self.doomed)
        else {
            return;
        };
        for (id, _) in self.judge.live_at_venue(self.venue.truth()) {
            let named = bot.core.desk.venue_orders().contains_key(&id);
            if named && self.judge.cancels(id) == 0 {
                let detail = format!("order {id} rests and was not asked to go after a kill");
                return self.judge.condemn("I14", detail);
            }
        }
    }

    // ---- between two processes ---------------------------------------------------------------------

    fn inherit(&mut self) {
        self.doomed = false;
        for _ in 0..3 {
            self.maybe_inherit();
        }
    }

    /// Sometimes the journal and the venue hold a resting order that an earlier version placed. It is what
    /// exercises cancels, maker fills and expiries as long as no strategy rests orders by itself.
    fn maybe_inherit(&mut self) {
        if self.resting || !self.dice.chance(0.5) {
            return;
        }
        let names: Vec<String> =
            self.config.strategies.iter().map(|strategy| strategy.name.clone()).collect();
        let market = self.any_market();
        if self.settled.contains(&market.0) || self.paused_markets.contains(&market.0) {
            return;
        }
        let next = self.disk.borrow_mut().open(&names).map(|recovery| recovery.next_sequence);
        let Ok(sequence) = next else { return };
        let id = ClientOrderId { lineage: self.config.lineage, sequence };
        let book = self.venue.truth().book(market).cloned();
        let Some(order) = scene::resting(id, market, book.as_ref(), self.now, &mut self.dice)
        else {
            return;
        };
        let body = crate::venue::kalshi::rest::create_bytes(
            &order,
            &self.scene.ticker(market),
            &crate::trading::dispatch::route(&order, None),
        );
        let (Ok(body), Ok(json)) = (body, serde_json::to_string(&order)) else { return };
        self.advance_venue();
        let (status, _) = self.venue.call("POST", ORDERS, &body);
        let Ok(intent) = Record::from_json("intent", &json) else { return };
        if status != 201 {
            return;
        }
        let started = scene::run_started(&names, Timestamp::from_nanos(self.now));
        self.judge.inherited(self.now, &order);
        if let Err(what) = self.disk.borrow_mut().interlude(&names, vec![started, intent]) {
            self.judge.condemn("I21", what);
        }
    }

    fn release(&mut self) {
        if !self.wants_kill {
            return;
        }
        // Stopped, and started by a person who says that it may trade again.
        self.wants_kill = false;
        self.judge.killed = false;
        self.released = true;
        if let Some(bot) = &mut self.bot {
            bot.stop();
            self.look_at_records();
            self.disk.borrow_mut().flush();
            self.die("stopped");
        }
    }

    // ---- the end -----------------------------------------------------------------------------------

    fn calm_down(&mut self) {
        self.calm = true;
        (self.skew, self.refuses_until, self.cancel_only_until) = (0, self.now, self.now);
        (self.slow_until, self.silent_until) = (self.now, self.now);
        self.disk.borrow_mut().crash_in = None;
        self.next_flush_fails = false;
        self.venue.freeze_reads(false);
        self.venue_step(|exchange, at, out| exchange.set_trading(at, true, out));
        for market in std::mem::take(&mut self.paused_markets) {
            self.over(Fault::MarketClosed, market);
        }
        self.release();
        // Whatever the process is caught in, a person restarts it now.
        if let Some(bot) = &mut self.bot {
            bot.stop();
            self.disk.borrow_mut().flush();
            self.die("restarted by a person");
        }
        self.sent_when_calm = self.judge.sent;
    }

    fn rest(&mut self) {
        self.resting = true;
        if !self.judge.ghost {
            self.check_liveness();
        }
        self.reins.quiet.store(true, Ordering::Relaxed);
        let process = self.process;
        self.at(0, Happening::ToBot(process, Parcel::Mode(Mode::Halted)));
    }

    /// Minutes after the last fault the bot is back at work.
    fn check_liveness(&mut self) {
        let trouble = match &self.bot {
            None => Some(format!("no process runs ({:?})", self.refused_start)),
            Some(bot) => {
                let engine = bot.core.desk.engine();
                let stuck = engine.markets().iter().find(|market| {
                    market.settlement().is_none()
                        && market.listing().status == MarketStatus::Active
                        && !market.is_tradable_book()
                });
                if bot.stage != Stage::Trading {
                    Some("it still compares its account".to_owned())
                } else if engine.mode() != Mode::Active {
                    Some(format!("mode {:?}: {:?}", engine.mode(), engine.halt_cause()))
                } else if bot.gate.is_closed() || bot.gate.is_held() {
                    Some("the gate is not open".to_owned())
                } else if engine.orders().unknown_count() > 0 {
                    Some("orders are still unknown".to_owned())
                } else {
                    stuck.map(|market| format!("{} has no book", market.listing().ticker))
                }
            }
        };
        let idle =
            self.scene.is_busy && self.judge.sent == self.sent_when_calm && !self.is_deciding();
        if let Some(trouble) = trouble {
            self.judge.condemn("liveness", format!("ten minutes after the last fault: {trouble}"));
        } else if idle {
            let detail = "ten minutes after the last fault it has not traded again".to_owned();
            self.judge.condemn("liveness", detail);
        }
    }

    /// Has it decided something in the last minute, if only not to trade?
    fn is_deciding(&self) -> bool {
        let Some(bot) = &self.bot else { return false };
        let engine = bot.core.desk.engine();
        let strategies =
            (0..).map(statecraft_domain::StrategyId).take(self.config.strategies.len());
        strategies
            .flat_map(|strategy| engine.markets().iter().map(move |market| (strategy, market.id())))
            .filter_map(|(strategy, market)| engine.last_decision(strategy, market))
            .any(|decision| self.now - decision.at.nanos() < MINUTE)
    }

    fn final_look(&mut self) {
        self.advance_venue();
        if self.judge.ghost {
            return self.check_ghost();
        }
        let Some(bot) = &self.bot else { return };
        if bot.core.desk.has_live_orders() {
            return self.judge.condemn("I9", "orders are still live after a rest".to_owned());
        }
        self.judge.final_look(bot.core.desk.engine(), self.venue.truth());
        let told: BTreeSet<(String, String)> = self
            .disk
            .borrow()
            .records()
            .iter()
            .filter_map(|record| match record {
                Record::Event(Event::OrderFilled(filled)) => {
                    Some((filled.fill.trade.to_string(), filled.fill.order.to_string()))
                }
                _ => None,
            })
            .collect();
        let happened = self.venue.truth().fills().len();
        if told.len() != happened {
            let detail =
                format!("the venue has {happened} fills of ours, the journal {}", told.len());
            self.judge.condemn("I7", detail);
        }
    }

    /// After a ghost the bot must have stopped by itself, and stay stopped.
    fn check_ghost(&mut self) {
        let trades = self.bot.as_ref().is_some_and(|bot| {
            bot.stage == Stage::Trading && bot.core.desk.engine().mode() == Mode::Active
        });
        let engine_differs = self.bot.as_ref().is_some_and(|bot| {
            let account = self.venue.truth().account();
            bot.core.desk.engine().markets().iter().any(|market| {
                let theirs = account.map(|account| account.quantity(market.id()));
                market.settlement().is_none()
                    && theirs != Some(bot.core.desk.engine().position(market.id()).quantity)
            })
        });
        if trades && engine_differs {
            self.judge.condemn("F26", "it trades on after a fill that never was".to_owned());
        }
    }
}
