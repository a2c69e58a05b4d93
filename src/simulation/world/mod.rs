//! [`World`]: one seed. A venue with its crowd, a network, a disk, clocks, a supervisor and a person at the
//! controls, around one bot; one queue of happenings in order of time. Nothing in it reads a real clock, and
//! every draw comes from the seed.

mod between;
mod ending;
mod inbox;
mod network;
mod operator;
mod process;
mod strike;
mod wishes;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Instant;

use bytes::Bytes;
use statecraft_domain::{
    ClientOrderId, Event, MarketId, OrderRequest, RiskApproved, TimeInForce, Timestamp, Usd,
};
use statecraft_engine::EngineConfig;
use statecraft_engine::config::Supervision;
use statecraft_exchange::venue::OrderEnd;
use statecraft_exchange::{AccountId, Exchange};

use super::bot::{Bot, GroupCall};
use super::crowd::{Crowd, Reins};
use super::dice::Dice;
use super::disk::Disk;
use super::faults::{Fault, Fired, Occasion, Rates};
use super::judge::{Judge, Violation};
use super::plant::Plant;
use super::scene::Scene;
use super::trace::Trace;
use super::{Plan, scene};
use crate::journal::Journaled;
use crate::simulator::kalshi::StillVenue;
use crate::trading::clock::Steady;
use crate::trading::dispatch::CancelRequest;
use crate::venue::kalshi::rest::RestError;

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
    /// A person looks whether it works.
    LookIn,
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
    /// With the date of the answer, whole seconds of the venue's clock.
    Answer(u64, Result<(u16, String), RestError>, i64),
    Signal(Box<Event>),
    Grouped(GroupCall, Result<(u16, String), RestError>),
    Pause,
    Kill,
}

/// A request under way to the venue.
enum Call {
    Place { from: u32, id: ClientOrderId, body: Vec<u8>, signed: i64 },
    Cancel { from: u32, cancel: CancelRequest },
    Get { from: u32, task: u64, path: String },
    Group { from: u32, call: GroupCall },
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
    pub(super) seen: BTreeMap<String, u64>,
    pub(super) told: String,
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
    /// Trading is paused until then.
    paused_until: i64,
    /// Orders that wait at the venue until it works again: from which process.
    parked: Vec<(u32, ClientOrderId, Vec<u8>)>,
    /// The bot's account at the venue.
    user: AccountId,
    /// When money last came or went by itself.
    cash_moved: i64,
    /// The venue serves nobody from here until then.
    blocked_until: i64,
    /// Our key is refused until then.
    revoked_until: i64,
    /// Refusals of our key so far.
    unauthorised: u64,
    /// The clocks at the last tick of a process that trades: wall, and the one that never goes back.
    ticked: Option<(i64, i64)>,
    /// Reads of the venue's status and of its books under way, by task.
    looks: BTreeMap<u64, bool>,
    cancel_only_until: i64,
    slow_until: i64,
    /// The last position page and its time, for reports that do not fit together.
    stale_positions: Option<(i64, (u16, String))>,
    asked_at: BTreeMap<u64, i64>,
    /// When the read that belongs to the present comparison was asked for.
    comparing_since: i64,
    wants_kill: bool,
    /// The next process that trades is told that it may.
    released: bool,
    /// A person has paused it.
    paused: bool,
    /// So many records there were when the pause was written.
    pause_written: Option<usize>,
    /// Names of order groups on the bot's disk.
    groups: Vec<String>,
    /// Contracts that its group lets match within fifteen seconds.
    group_limit: u32,
    /// Earlier versions have left orders.
    has_past: bool,
    /// Reads of this part of the account fail until then.
    broken_read: (usize, i64),
    /// The machine stays down until then.
    down_until: i64,
    seen: BTreeMap<String, u64>,
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
        let has_past = dice.chance(0.4);
        // Small enough to be reached, or as large as the settings have it.
        let group_limit = if dice.chance(0.3) { 15 } else { 1_000 };
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
            trace: Trace::new(plan.tell),
            judge: Judge::default(),
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
            paused_until: began,
            parked: Vec::new(),
            user,
            cash_moved: began - 15 * MINUTE,
            blocked_until: began,
            revoked_until: began,
            unauthorised: 0,
            ticked: None,
            looks: BTreeMap::new(),
            cancel_only_until: began,
            slow_until: began,
            stale_positions: None,
            asked_at: BTreeMap::new(),
            comparing_since: began,
            wants_kill: false,
            released: false,
            paused: false,
            pause_written: None,
            groups: Vec::new(),
            group_limit,
            has_past,
            broken_read: (0, began),
            down_until: began,
            seen: BTreeMap::new(),
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
        world.at(5 * MINUTE, Happening::LookIn);
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
        let seen = self.what_was_seen();
        let (hash, told) = self.trace.finish();
        Outcome {
            violation: self.judge.verdict().cloned(),
            fired: self.fired,
            hash,
            nanos: self.now - self.began,
            orders: self.judge.sent,
            fills,
            starts: self.process,
            halts: self.halts,
            seen,
            told,
        }
    }

    fn saw(&mut self, what: &str) {
        match self.seen.get_mut(what) {
            Some(count) => *count += 1,
            None => {
                self.seen.insert(what.to_owned(), 1);
            }
        }
    }

    /// Counts of what the orders went through.
    fn what_was_seen(&mut self) -> BTreeMap<String, u64> {
        let mut seen = std::mem::take(&mut self.seen);
        let mut count = |what: &str| *seen.entry(what.to_owned()).or_default() += 1;
        for record in self.venue.truth().orders() {
            let TimeInForce::GoodTilCancelled { .. } = record.order.time_in_force else { continue };
            count("orders that rested");
            let partly = record.filled.is_positive();
            match record.end {
                Some(OrderEnd::Filled) => count("filled while resting"),
                Some(OrderEnd::Closed(reason)) => {
                    count(&format!("ended {reason:?}"));
                    if partly {
                        count("partly filled, then ended");
                    }
                }
                None => count("still live"),
            }
        }
        seen
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
                self.judge.check_unattended(self.now, self.venue.truth());
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
            Happening::LookIn => self.look_in(),
            Happening::Calm => self.calm_down(),
            Happening::Rest => self.rest(),
            Happening::End => {}
        }
    }
}
