//! The process, its clocks, its journal and its supervisor.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use statecraft_domain::{Event, Timestamp};

use crate::journal::{JournalClosed, Record};
use crate::simulation::bot::{Bot, Setup, Stage};
use crate::simulation::disk::SimLog;
use crate::simulation::faults::Fault;
use crate::simulation::plant::Plant;
use crate::trading::clock::Steady;

use super::{Happening, SECOND, TICK, World};

impl World {
    /// What the process's clocks say: engine time, and monotonic time.
    pub(super) fn clocks(&mut self) -> (Timestamp, Duration) {
        let mono = self.now - self.began - self.slept;
        let time = self.steady.read(self.now + self.skew, mono);
        let mono = u64::try_from(mono).unwrap_or(0);
        (Timestamp::from_nanos(time), Duration::from_nanos(mono))
    }

    pub(super) fn start(&mut self) {
        if self.bot.is_some() {
            return;
        }
        if self.process == 0 {
            self.inherit();
        }
        self.process += 1;
        self.steady = Steady::default();
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
        // As the live start: an earlier run's clock may have been ahead.
        let last = recovery.records.iter().map(Record::at).max().unwrap_or_default();
        self.steady.go_on_from(last.nanos(), self.now - self.began - self.slept);
        let (at, wall) = self.clocks();
        let mut config = self.config.clone();
        config.first_sequence = recovery.next_sequence;
        let setup = Setup {
            config,
            names,
            listings: self.scene.listings.clone(),
            groups: self.groups.clone(),
            released: self.released,
            plant: self.plant,
            base: self.base,
        };
        self.judge.process_began(self.now);
        self.judge.retell(self.disk.borrow().records());
        (self.ticked, self.looks) = (None, BTreeMap::new());
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
    pub(super) fn die(&mut self, why: &str) {
        self.trace.note(self.now, "end", why.as_bytes());
        self.bot = None;
        self.socket = None;
        self.venue.disconnect();
        self.flushing = false;
        let kept = self.dice.below(self.disk.borrow().waiting() + 1);
        self.disk.borrow_mut().crash(kept);
        let kept = self.disk.borrow().records().len();
        self.judge.process_ended(kept);
        self.see_what_lasted();
        // What was in a socket of the dead process travels on; its answers find nobody.
        self.inherit();
        let wait = if self.refused_start.is_some() { 30 * SECOND } else { 5 * SECOND };
        let wait = wait.max(self.down_until - self.now);
        self.at(wait, Happening::Start);
    }

    pub(super) fn tick(&mut self, process: u32) {
        if process != self.process || self.bot.is_none() {
            return;
        }
        if self.now < self.asleep_until {
            let wait = self.asleep_until - self.now;
            return self.at(wait, Happening::Tick(process));
        }
        self.at(TICK, Happening::Tick(process));
        self.step(Bot::tick);
        self.watch_clocks();
        if let Some(bot) = &self.bot {
            self.judge.look(bot.core.desk.engine(), self.venue.truth());
        }
    }

    /// A process that trades has seen its two clocks part: no order may be decided for a minute (R13).
    fn watch_clocks(&mut self) {
        let trades = self.bot.as_ref().is_some_and(|bot| bot.stage == Stage::Trading);
        let clocks = (self.now + self.skew, self.now - self.began - self.slept);
        let before = self.ticked.replace(clocks).filter(|_| trades);
        if !trades {
            self.ticked = None;
        }
        let Some((wall, steady)) = before else { return };
        let (passed, drift) = (clocks.1 - steady, clocks.0 - wall - (clocks.1 - steady));
        if drift.abs() > SECOND + SECOND / 10 || drift < -passed {
            self.judge.clocks_parted(self.now);
        }
    }

    /// Lets the process do something, then carries out what it wants.
    pub(super) fn step(&mut self, act: impl FnOnce(&mut Bot) -> Result<(), JournalClosed>) {
        let (at, wall) = self.clocks();
        let Some(bot) = &mut self.bot else { return };
        let ahead = statecraft_domain::Nanos::new(at.nanos() - (self.now + self.skew));
        bot.set_time(at, ahead, wall);
        let done = bot.turned().and_then(|()| act(bot));
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
    pub(super) fn look_at_records(&mut self) {
        let disk = Rc::clone(&self.disk);
        let fresh = disk.borrow_mut().fresh();
        let disk = disk.borrow();
        for position in fresh {
            let Some((record, body)) = disk.record(position) else { continue };
            self.trace.note(self.now, record.kind(), body.as_bytes());
            if let Record::Event(Event::OrderFilled(filled)) = record {
                self.judge.told(&filled.fill);
            }
            if let (Record::Intent(order), Some(bot)) = (record, &self.bot) {
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

    pub(super) fn flush(&mut self, process: u32) {
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
        self.note_durable();
        self.step(|bot| bot.durable(orders));
    }
}
