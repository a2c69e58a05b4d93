//! A person at the controls: kills and releases, pauses and resumes, and looks in now and then.

use statecraft_domain::event::Mode;

use crate::simulation::bot::{Bot, Stage};
use crate::simulation::faults::Fault;

use super::{Happening, MINUTE, Parcel, SECOND, World};

impl World {
    fn is_trading(&self) -> bool {
        self.bot.as_ref().is_some_and(|bot| bot.stage == Stage::Trading)
    }

    /// Presses the kill switch: the gate closes before anything else.
    pub(super) fn kill(&mut self) {
        if !self.is_trading() {
            // Nobody is there to take it: the person tries again.
            let process = self.process;
            return self.at(5 * SECOND, Happening::ToBot(process, Parcel::Kill));
        }
        self.wants_kill = true;
        // Whoever released an earlier kill has not released this one.
        self.released = false;
        self.forget_pause();
        self.step(Bot::kill);
        let wait = self.dice.secs(60.0, 600.0);
        self.at(wait, Happening::Release);
        self.at(12 * SECOND, Happening::Over(Fault::OperatorKill, self.process));
    }

    /// Stops it, and starts it with the word that it may trade again.
    pub(super) fn release(&mut self) {
        if !self.wants_kill {
            return;
        }
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

    /// Pauses, if somebody is there to take it; at the end, as soon as somebody is.
    pub(super) fn pause(&mut self) {
        if self.resting && !self.is_trading() {
            let process = self.process;
            return self.at(5 * SECOND, Happening::ToBot(process, Parcel::Pause));
        }
        if self.wants_kill || !self.is_trading() {
            return;
        }
        self.paused = true;
        self.step(Bot::pause);
        self.pause_written = Some(self.disk.borrow().records().len());
    }

    /// Resumes what was paused, as soon as somebody is there to take it.
    pub(super) fn resume(&mut self) {
        if !self.paused || self.resting {
            return;
        }
        if !self.is_trading() {
            return self.at(5 * SECOND, Happening::Over(Fault::OperatorPause, 0));
        }
        self.forget_pause();
        // As the verb: what was killed meanwhile takes more than that.
        let killed = |bot: &Bot| bot.core.desk.engine().mode() == Mode::Killed;
        if self.bot.as_ref().is_some_and(killed) {
            return;
        }
        self.judge.resumed();
        self.step(Bot::resume);
    }

    pub(super) fn forget_pause(&mut self) {
        self.paused = false;
        self.pause_written = None;
        self.judge.paused = false;
    }

    /// Every few minutes: whatever stopped itself is set going again, if it lets itself be.
    pub(super) fn look_in(&mut self) {
        self.at(5 * MINUTE, Happening::LookIn);
        let stopped = self.bot.as_ref().is_some_and(|bot| {
            let mode = bot.core.desk.engine().mode();
            bot.stage == Stage::Trading && matches!(mode, Mode::Halted | Mode::ReduceOnly)
        });
        if stopped && !self.paused && !self.wants_kill && !self.resting && !self.judge.ghost {
            self.step(Bot::resume);
        }
    }

    /// What a person asked for is durable now, or not yet.
    pub(super) fn note_durable(&mut self) {
        let disk = self.disk.borrow();
        if self.wants_kill && !self.judge.killed && disk.kill_is_durable() {
            self.judge.killed = true;
        }
        if self.pause_written.is_some_and(|written| disk.acknowledged() >= written) {
            self.judge.paused = self.paused;
        }
    }

    /// A process is gone. A pause that was not durable is forgotten, and the person with it; a release or a
    /// resumption that was not has to be said again at the next start.
    pub(super) fn see_what_lasted(&mut self) {
        let (killed, paused) = {
            let disk = self.disk.borrow();
            (disk.kill_is_durable(), disk.pause_is_durable())
        };
        if self.paused && !paused {
            self.forget_pause();
        }
        if (killed && !self.wants_kill) || (paused && !self.paused) {
            self.released = true;
        }
    }
}
