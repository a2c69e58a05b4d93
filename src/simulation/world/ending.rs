//! The end: nothing goes wrong any more, then nobody trades, then everything must agree.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use statecraft_domain::event::Mode;
use statecraft_domain::{Event, MarketStatus};

use crate::journal::Record;
use crate::simulation::bot::Stage;
use crate::simulation::faults::Fault;
use crate::trading::gate::Bar;

use super::{Happening, MINUTE, Parcel, SECOND, World};

impl World {
    pub(super) fn calm_down(&mut self) {
        self.calm = true;
        (self.skew, self.refuses_until, self.cancel_only_until) = (0, self.now, self.now);
        (self.blocked_until, self.revoked_until) = (self.now, self.now);
        (self.slow_until, self.silent_until) = (self.now, self.now);
        self.down_until = self.now;
        self.broken_read.1 = self.now;
        self.paused_until = self.now;
        self.disk.borrow_mut().crash_in = None;
        self.next_flush_fails = false;
        self.venue.freeze_reads(false);
        self.venue_step(|exchange, at, out| exchange.set_trading(at, true, out));
        self.work_off();
        for market in std::mem::take(&mut self.paused_markets) {
            self.over(Fault::MarketClosed, market);
        }
        self.release();
        self.forget_pause();
        self.released = true;
        // Whatever the process is caught in, a person restarts it now.
        if let Some(bot) = &mut self.bot {
            bot.stop();
            self.disk.borrow_mut().flush();
            self.die("restarted by a person");
        }
        // A machine that was down is up again.
        self.at(5 * SECOND, Happening::Start);
        self.sent_when_calm = self.judge.sent;
    }

    pub(super) fn rest(&mut self) {
        self.resting = true;
        if !self.judge.ghost {
            self.check_liveness();
        }
        self.reins.quiet.store(true, Ordering::Relaxed);
        let process = self.process;
        self.at(0, Happening::ToBot(process, Parcel::Pause));
    }

    /// Has the venue refused an order because it had ended its group?
    pub(super) fn has_ended_group(&self) -> bool {
        self.seen.contains_key("refused: exceeded_order_group_risk_limit")
    }

    /// Minutes after the last fault the bot is back at work.
    fn check_liveness(&mut self) {
        // What was really lost stops it until a person accepts that (R24).
        let stopped = self.bot.as_ref().is_some_and(|bot| {
            let engine = bot.core.desk.engine();
            matches!(engine.mode(), Mode::ReduceOnly | Mode::Killed)
                && engine.halt_cause().is_some_and(|cause| cause.contains(" lost "))
        });
        if stopped && self.judge.has_lost() {
            return;
        }
        // So does an order group that the venue has really ended: a burst of fills, in calm times too.
        let ended = self.bot.as_ref().is_some_and(|bot| {
            let engine = bot.core.desk.engine();
            engine.mode() == Mode::ReduceOnly
                && engine.halt_cause().is_some_and(|cause| cause.contains("order group"))
        });
        if ended && self.has_ended_group() {
            return;
        }
        // So does money that went, until a person accepts that.
        let waits = self.bot.as_ref().is_some_and(|bot| {
            let engine = bot.core.desk.engine();
            engine.mode() == Mode::Halted
                && engine.halt_cause().is_some_and(|cause| cause.contains("cash"))
        });
        // And a start waits for minutes whether money that came is a payout of which it has not heard; then it
        // compares once more, on a new connection.
        let starts = self.bot.as_ref().is_some_and(|bot| bot.stage != Stage::Trading);
        let told = self.judge.cash_told().is_some_and(|told| self.now - told < 30 * SECOND);
        let starts = told || (starts && !self.judge.cash_may_move());
        if (waits && self.judge.has_cash_moved()) || starts {
            return;
        }
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
                } else if bot.gate.is_closed() || bot.gate.is_held() || bot.gate.has(Bar::Ungrouped)
                {
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

    pub(super) fn final_look(&mut self) {
        self.advance_venue();
        if self.judge.ghost {
            return self.check_ghost();
        }
        let Some(bot) = &self.bot else { return };
        if self.judge.is_robbed() && bot.stage == Stage::Trading {
            let detail =
                "money went from the account, and the bot has not stopped for it".to_owned();
            return self.judge.condemn("5.10", detail);
        }
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
        if trades && self.judge.is_usurped() {
            let detail = "it trades on although somebody else writes with its name";
            self.judge.condemn("F57", detail.to_owned());
        } else if trades && self.judge.is_beside_somebody(self.now, self.venue.truth()) {
            let detail = "it trades on although somebody else's order has rested for minutes";
            self.judge.condemn("F57", detail.to_owned());
        } else if trades && engine_differs {
            self.judge.condemn("F26", "it trades on after a fill that never was".to_owned());
        }
    }
}
