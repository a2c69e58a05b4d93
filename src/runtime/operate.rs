//! What a person asks of the running loop, carried out at one point in the order of events: journaled and
//! durable before it is acknowledged. The gate was closed by the [`super::operator`] before this is reached;
//! it is opened here, last.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use statecraft_domain::control::{Origin, RestrictionChanged, Scope, VenueCondition};
use statecraft_domain::event::Mode;
use statecraft_domain::{Event, MarketId, StrategyId, Venue};
use tokio::sync::{mpsc, oneshot};

use super::drill;
use super::operator::{Call, Heartbeat, Operator, Sweeper};
use super::recovery::{PAUSED, RESUMED};
use super::service_manager::ServiceManager;
use super::takeover::Takeover;
use super::trading::Trading;
use crate::control::latch::KillLatch;
use crate::control::protocol::{Reply, Request};
use crate::journal::JournalClosed;
use crate::simulator::FaultDesk;
use crate::trading::gate::{Bar, Gate};
use crate::trading::reconciler::Wall;

/// How long a release waits for a comparison of the account.
const RELEASE: Duration = Duration::from_secs(40);

/// What the loop keeps for its operator.
#[derive(Debug)]
pub struct Desk {
    /// Requests.
    pub calls: mpsc::Receiver<Call>,
    /// The loop tells that it is alive: the operator's thread,
    pub beat: Heartbeat,
    /// and whoever started the bot.
    pub manager: ServiceManager,
    latch: KillLatch,
    sweeper: Sweeper,
    /// The kill in force is latched and swept.
    is_kill_attended: bool,
    gate: Gate,
    /// A release of a kill that waits for the account to be compared.
    release: Option<Release>,
    /// Positions that wait for a report to be taken over by.
    pub(super) takeover: Option<Takeover>,
    /// The embedded venue's faults, and where the loop is asked, for rehearsals.
    drills: Option<(FaultDesk, mpsc::Sender<Call>)>,
    drilling: Arc<AtomicBool>,
}

#[derive(Debug)]
pub(super) struct Release {
    pub(super) asked: Wall,
    /// How often it had been stopped then: a later kill is not released.
    pub(super) stops: u64,
    /// When the file `KILL` had been written then.
    pub(super) latched: Option<SystemTime>,
    pub(super) reason: String,
    /// What was done already: words before those of the reply, and its figures.
    pub(super) told: String,
    pub(super) data: Value,
    pub(super) reply: oneshot::Sender<Reply>,
}

/// Whoever asked did not know of it.
pub(super) const STOPPED_SINCE: &str =
    "stopped again since this was asked for: nothing was done; look at `status`, and ask again";

impl Release {
    /// Whoever asked may have gone.
    pub(super) fn answer(self, mut reply: Reply) {
        reply.message.insert_str(0, &self.told);
        let _ = self.reply.send(reply.with(self.data));
    }
}

impl Desk {
    /// Nothing asked yet.
    #[must_use]
    pub fn new(calls: mpsc::Receiver<Call>, operator: &Operator, gate: Gate) -> Self {
        let (beat, latch) = (operator.heartbeat(), operator.latch());
        Self {
            calls,
            beat,
            manager: ServiceManager::from_environment(),
            latch,
            sweeper: operator.sweeper(),
            is_kill_attended: false,
            gate,
            release: None,
            takeover: None,
            drills: None,
            drilling: Arc::default(),
        }
    }

    /// Rehearsals at this venue.
    #[must_use]
    pub fn with_drills(mut self, faults: Option<FaultDesk>, operator: &Operator) -> Self {
        self.drills = faults.map(|faults| (faults, operator.calls()));
        self
    }
}

impl Trading {
    /// Carries out one request.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub(super) fn operate(&mut self, call: Call) -> Result<(), JournalClosed> {
        if call.is_void() {
            tracing::warn!(request = ?call.request, "not carried out: whoever asked for it was told that nothing was done");
            return Ok(());
        }
        let reply = match call.request {
            Request::Status => Reply::done("running").with(self.status_json()),
            Request::Kill { reason } => self.kill(&reason)?,
            Request::Pause { strategy: None, reason } => self.pause(&reason)?,
            Request::Pause { strategy: Some(name), reason } => {
                self.restrict(&name, Mode::Halted, &reason)?
            }
            Request::Resume { strategy: Some(name), reason, .. } => {
                self.restrict(&name, Mode::Active, &reason)?
            }
            Request::Resume { strategy: None, reason, release_kill, accept_positions } => {
                let waits = self.is_killed() && release_kill;
                if waits || accept_positions {
                    let asked = self.clock.wall();
                    self.reconciler.hurry(asked);
                    self.refuse_release("asked again meanwhile");
                    let (stops, latched) = (call.stops, self.desk.latch.written());
                    let (told, data, reply) = (String::new(), Value::Null, call.reply);
                    let release = Release { asked, stops, latched, reason, told, data, reply };
                    if accept_positions {
                        self.desk.takeover =
                            Some(Takeover { release, release_kill, hurried: asked });
                    } else {
                        self.desk.release = Some(release);
                    }
                    return Ok(());
                }
                self.resume(&reason, call.stops)?
            }
            Request::Flatten { max_slippage, market, confirmed, reason } => {
                self.flatten(max_slippage, market.as_deref(), confirmed, &reason, call.stops)?
            }
            Request::AcceptConfig { hash, understood } => self.accept(&hash, understood)?,
            Request::Drill { name } => match &self.desk.drills {
                None => Reply::refused("drills run against the embedded venue only"),
                Some(_) if name == drill::DISK_FULL => {
                    self.core.rehearse_full_disk();
                    tokio::spawn(drill::disk_full(self.gate.clone(), call.reply));
                    return Ok(());
                }
                Some((faults, calls)) => {
                    let (faults, calls) = (faults.clone(), calls.clone());
                    let busy = Arc::clone(&self.desk.drilling);
                    tokio::spawn(drill::run(name, faults, calls, busy, call.reply));
                    return Ok(());
                }
            },
        };
        // Whoever asked may have gone.
        let _ = call.reply.send(reply);
        Ok(())
    }

    /// What the desk does as time passes.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub(super) fn attend_desk(&mut self) -> Result<(), JournalClosed> {
        self.desk.beat.beat();
        self.desk.manager.turned();
        // The request itself may have been lost to a full queue: the gate is the authority.
        if self.desk.gate.has(Bar::Kill) && self.core.engine().mode() != Mode::Killed {
            let reason = self.desk.latch.reason().unwrap_or_else(|| "killed".to_owned());
            tracing::error!(code = "killed", reason, "killed");
            self.core.set_mode(Mode::Killed, &reason)?;
        }
        self.attend_kill();
        self.attend_takeover()?;
        let Some(release) = self.desk.release.take() else { return Ok(()) };
        let compared = self.reconciler.agreed().is_some_and(|asked| asked >= release.asked);
        // A sweep that is not over would end what is sent from now on.
        let unfinished = self.desk.sweeper.unfinished();
        if compared && unfinished.is_none() {
            let reply = self.release(&release)?;
            release.answer(reply);
        } else if self.clock.wall().saturating_sub(release.asked) >= RELEASE {
            let unequal = "the account could not be compared with the venue's, or differs from it; see the log. If what \
                           differs are positions that you traded at the venue: `resume --accept-positions --release-kill`";
            let why = unfinished.filter(|_| compared).unwrap_or_else(|| unequal.to_owned());
            release.answer(Reply::refused(format!("still killed: {why}")));
        } else {
            self.desk.release = Some(release);
        }
        Ok(())
    }

    /// A kill by the engine, or by a look from behind, is what a person's kill is: latched by the file, and
    /// everything at the venue cancelled, whatever the engine knows of it.
    fn attend_kill(&mut self) {
        let killed = self.core.engine().mode() == Mode::Killed;
        if killed && !self.desk.is_kill_attended && !self.desk.latch.is_set() {
            let reason = self.core.engine().halt_cause().unwrap_or("killed").to_owned();
            self.desk.sweeper.attend_kill(reason);
        }
        self.desk.is_kill_attended = killed;
    }

    /// Whoever waits for a release, or for positions to be taken over, is told that there will be none.
    fn refuse_release(&mut self, why: &str) {
        if let Some(release) = self.desk.release.take() {
            release.answer(Reply::refused(format!("still killed: {why}")));
        }
        if let Some(takeover) = self.desk.takeover.take() {
            takeover.release.answer(Reply::refused(format!("nothing was done: {why}")));
        }
    }

    /// A release of a kill waits from now on.
    pub(super) fn wait_to_release(&mut self, release: Release) {
        self.desk.release = Some(release);
    }

    pub(super) fn is_killed(&self) -> bool {
        self.core.engine().mode() == Mode::Killed || self.desk.gate.has(Bar::Kill)
    }

    fn kill(&mut self, reason: &str) -> Result<Reply, JournalClosed> {
        // What was asked for before this kill does not release it, and what was lifted in between is barred.
        self.desk.gate.bar(Bar::Kill);
        self.refuse_release("killed again meanwhile");
        if self.core.engine().mode() != Mode::Killed {
            tracing::error!(code = "killed", reason, "killed");
            self.core.set_mode(Mode::Killed, reason)?;
        }
        self.core.flush()?;
        Ok(Reply::done("journaled"))
    }

    fn pause(&mut self, reason: &str) -> Result<Reply, JournalClosed> {
        self.desk.gate.keep(Bar::Pause);
        self.refuse_release("paused meanwhile");
        if self.is_killed() {
            return Ok(Reply::refused("killed already: nothing leaves"));
        }
        self.core.set_mode(Mode::Halted, &format!("{PAUSED}{reason}"))?;
        self.core.flush()?;
        tracing::warn!(code = "paused", reason, "paused");
        let resting = self.core.has_live_orders();
        let tail = if resting { "; resting orders are being cancelled" } else { "" };
        Ok(Reply::done(format!(
            "paused: no order leaves until `resume`, also after a restart{tail}"
        )))
    }

    /// `stops`: how often everything had been stopped when it was asked.
    fn resume(&mut self, reason: &str, stops: u64) -> Result<Reply, JournalClosed> {
        if self.is_killed() {
            return Ok(Reply::refused(
                "killed: resume needs --release-kill, and then a comparison of the account that agrees",
            ));
        }
        self.activate(reason, stops)
    }

    pub(super) fn activate(&mut self, reason: &str, stops: u64) -> Result<Reply, JournalClosed> {
        if self.desk.gate.stops() != stops {
            return Ok(Reply::refused(STOPPED_SINCE));
        }
        if let Some(told) = self.disk_is_full() {
            return Ok(Reply::refused(format!("stays stopped: {told}; make room first")));
        }
        let held = self.core.engine().latched().map(|held| held.reason.clone());
        self.core.set_mode(Mode::Active, &format!("{RESUMED}: {reason}"))?;
        self.core.flush()?;
        if self.core.engine().mode() != Mode::Active {
            let cause = self.core.engine().halt_cause().unwrap_or("an earlier halt").to_owned();
            return Ok(Reply::refused(format!(
                "stays halted: no comparison of the account has agreed since: {cause}. If what differs are positions \
                 that you traded at the venue: `resume --accept-positions`"
            )));
        }
        self.watch.forgive();
        // Somebody who has paused since is heard next.
        self.desk.gate.lift_since(Bar::Pause, stops);
        tracing::warn!(code = "resumed", reason, released = held, "trading again");
        // A pause over what stopped it by itself: whoever lifts his own pause learns what else he lifts.
        let but = self.but();
        Ok(Reply::done(match held {
            Some(held) => format!("trading again{but}; released: {held}"),
            None => format!("trading again{but}"),
        }))
    }

    /// What still holds every order up, whatever a person asks for; nothing if the venue is open.
    pub(super) fn but(&self) -> String {
        let condition = self.core.engine().controls().condition(Venue::Kalshi);
        if condition.takes_orders(false) {
            return String::new();
        }
        if condition == VenueCondition::Unsteady {
            return "; orders leave as soon as all is well and the account was compared".to_owned();
        }
        // By the name that `status` shows.
        let name = json!(condition);
        format!(
            "; but no order leaves before the venue's condition is over: {}",
            name.as_str().unwrap_or("unknown")
        )
    }

    /// Journal first, then the latch, then the gate: whatever fails in between leaves it killed, and so does a
    /// kill that came since it was asked for.
    fn release(&mut self, asked: &Release) -> Result<Reply, JournalClosed> {
        if self.desk.gate.stops() != asked.stops {
            return Ok(Reply::refused("still killed: stopped again meanwhile"));
        }
        if self.desk.latch.written() != asked.latched {
            return Ok(Reply::refused(
                "still killed: the file KILL was written meanwhile; ask again",
            ));
        }
        let reply = self.activate(&asked.reason, asked.stops)?;
        if self.core.engine().mode() != Mode::Active {
            return Ok(reply);
        }
        // The next kill is another one, and what left before it is not held against it.
        self.desk.is_kill_attended = false;
        self.flow.forgive(self.core.engine(), self.sent.flow());
        if let Err(error) = self.desk.latch.release() {
            return self.kill_again(
                "the file KILL cannot be removed",
                format!("still killed: the file KILL stays: {error}"),
            );
        }
        if !self.desk.gate.lift_since(Bar::Kill, asked.stops) {
            return self.kill_again(
                "killed while an earlier kill was released",
                "still killed: stopped again meanwhile".to_owned(),
            );
        }
        Ok(Reply::done("the kill is released: trading again"))
    }

    /// The file may have gone with the release: it is made again.
    fn kill_again(&mut self, reason: &str, told: String) -> Result<Reply, JournalClosed> {
        self.core.set_mode(Mode::Killed, reason)?;
        self.desk.sweeper.attend_kill(reason.to_owned());
        self.core.flush()?;
        Ok(Reply::refused(told))
    }

    /// A person has looked at what a check or the venue's listing restricted a market for, its rules above all
    /// (F40).
    fn release_market(
        &mut self,
        market: MarketId,
        ticker: &str,
        reason: &str,
    ) -> Result<Reply, JournalClosed> {
        let scope = Scope::Market(market);
        let controls = self.core.engine().controls();
        let restricted: Vec<String> = controls
            .restrictions()
            .filter(|one| one.scope == scope)
            .map(|one| format!("{}: {}", one.code, one.reason))
            .collect();
        let held_back = self.held_back(scope);
        if restricted.is_empty() && held_back.is_empty() {
            return Ok(Reply::failed(format!("nothing restricts the market {ticker}")));
        }
        self.core.take(Event::RestrictionChanged(Box::new(RestrictionChanged {
            at: self.core.now(),
            scope,
            mode: Mode::Active,
            origin: Origin::Operator,
            code: "resumed".to_owned(),
            reason: format!("operator: {reason}"),
        })))?;
        self.core.flush()?;
        self.watch.resumed(market);
        let told = [restricted, held_back].concat().join("; ");
        Ok(Reply::done(format!("market {ticker} may trade again; it was restricted by {told}")))
    }

    fn restrict(&mut self, name: &str, mode: Mode, reason: &str) -> Result<Reply, JournalClosed> {
        if let (Mode::Active, Some(market)) = (mode, self.market_called(name)) {
            return self.release_market(market, name, reason);
        }
        let strategies = &self.core.engine().config().strategies;
        let index = strategies.iter().position(|strategy| strategy.name == name);
        let Some(id) = index.and_then(|index| u16::try_from(index).ok()).map(StrategyId) else {
            let names: Vec<&str> =
                strategies.iter().map(|strategy| strategy.name.as_str()).collect();
            let names = names.join(", ");
            return Ok(Reply::failed(format!("no strategy is called {name:?}; running: {names}")));
        };
        let held_back = self.held_back(Scope::Strategy(id));
        self.core.take(Event::RestrictionChanged(Box::new(RestrictionChanged {
            at: self.core.now(),
            scope: Scope::Strategy(id),
            mode,
            origin: Origin::Operator,
            code: if mode == Mode::Active { "resumed" } else { "paused" }.to_owned(),
            reason: format!("operator: {reason}"),
        })))?;
        self.core.flush()?;
        if mode == Mode::Active {
            self.desk.gate.lift_strategy(id);
            // What the shell holds against it is not a person's to lift: again in force before anything is decided.
            if let Some(told) = self.hold_again(id)? {
                return Ok(Reply::done(format!(
                    "strategy {name} is yours to resume, and still only closes: {told}"
                )));
            }
            let told = if held_back.is_empty() { "" } else { "; released: " };
            let held_back = held_back.join("; ");
            return Ok(Reply::done(format!("strategy {name} may trade again{told}{held_back}")));
        }
        Ok(Reply::done(format!(
            "strategy {name} is paused: no order of it leaves until `resume {name}`, also after a restart"
        )))
    }

    pub(super) fn market_called(&self, ticker: &str) -> Option<MarketId> {
        let markets = self.core.engine().markets();
        markets.iter().find(|market| market.listing().ticker == ticker).map(|market| market.id())
    }
}
