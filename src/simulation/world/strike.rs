//! Faults that come by themselves, and their end.

use statecraft_domain::{
    ClientOrderId, Event, MarketId, MarketStatus, Nanos, Settlement, TimeInForce, Timestamp, Usd,
};
use statecraft_exchange::{Exchange, Report};

use crate::simulation::faults::Fault;
use crate::simulation::{scene, signals};
use crate::trading::dispatch;
use crate::venue::kalshi::rest::{ORDERS, create_bytes};

use super::{Happening, Parcel, SECOND, World};

impl World {
    /// A fault that comes by itself.
    pub(super) fn strike(&mut self, fault: Fault) {
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
                self.judge.freezes(self.now, market, self.scene.ticker(market));
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
                self.paused_until = self.paused_until.max(self.now + wait);
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
            Fault::GeoBlocked => {
                self.fires(fault);
                self.blocked_until = self.now + self.dice.secs(20.0, 300.0);
                if let Some(connection) = self.socket {
                    self.cut(connection);
                }
            }
            Fault::KeyRevoked => {
                self.fires(fault);
                self.revoked_until = self.now + self.dice.secs(20.0, 300.0);
            }
            Fault::ForeignWriter => self.foreign(),
            Fault::CashTaken | Fault::CashAdded => self.move_cash(fault),
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
                // A machine that sleeps already sleeps longer.
                let until = self.asleep_until.max(self.now + self.dice.secs(1.0, 400.0));
                self.slept += until - self.asleep_until.max(self.now);
                self.asleep_until = until;
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
            Fault::OperatorPause if up && !self.paused && !self.wants_kill => {
                self.fires(fault);
                self.at(0, Happening::ToBot(process, Parcel::Pause));
                let wait = self.dice.secs(10.0, 200.0);
                self.at(wait, Happening::Over(fault, process));
            }
            Fault::ReadsFail => {
                self.fires(fault);
                let part = self.dice.below(3);
                self.broken_read = (part, self.now + self.dice.secs(5.0, 150.0));
            }
            Fault::Outage if up => {
                self.fires(fault);
                self.down_until = self.now + self.dice.secs(60.0, 900.0);
                self.die("the machine is down");
            }
            Fault::SignalFlood | Fault::SignalForged | Fault::SignalRetracted if up => {
                self.fires(fault);
                self.signal(fault);
            }
            _ => {}
        }
    }

    pub(super) fn signal(&mut self, fault: Fault) {
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

    pub(super) fn any_market(&mut self) -> MarketId {
        let index = self.dice.below(self.scene.listings.len());
        MarketId(u32::try_from(index).unwrap_or(0))
    }

    pub(super) fn venue_step(
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
    pub(super) fn ghost(&mut self) {
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

    /// Another machine writes on the account: with a copy of the journal, under a name that is one of ours to
    /// come; or under names of its own. It takes something, or leaves an order that rests.
    fn foreign(&mut self) {
        let market = self.any_market();
        let sequence = self.disk.borrow().next_sequence() + 40;
        let copied = self.dice.chance(0.5);
        let rests = !copied && self.dice.chance(0.5);
        let lineage = if copied { self.config.lineage } else { self.config.lineage ^ 0x5555 };
        let id = ClientOrderId { lineage, sequence };
        self.advance_venue();
        let book = self.venue.truth().book(market).cloned();
        let make = if rests { scene::resting } else { scene::taking };
        let order = make(id, market, book.as_ref(), self.now, &mut self.dice);
        let Some(mut order) = order else { return };
        if rests {
            let expires = Some(Timestamp::from_nanos(self.now + 600 * super::MINUTE));
            order.time_in_force = TimeInForce::GoodTilCancelled { expires };
        }
        let route = dispatch::route(&order, None, Nanos::ZERO);
        let Ok(body) = create_bytes(&order, &self.scene.ticker(market), &route) else { return };
        let seen =
            |world: &Self| (world.venue.truth().orders().len(), world.venue.truth().fills().len());
        let before = seen(self);
        self.venue.call("POST", ORDERS, &body);
        let after = seen(self);
        let placed = after.0 > before.0;
        if after.1 > before.1 || (rests && placed) {
            self.fires(Fault::ForeignWriter);
        }
        // Also one that took nothing, because it met our own, is an order that the bot never made.
        self.judge.ghost |= placed;
        if placed && copied {
            self.judge.usurped(id);
        }
        if let Some(record) = self.venue.truth().newest_order().filter(|_| placed && rests) {
            self.judge.somebody_rests(self.now, record.key);
        }
        self.advance_venue();
    }

    /// Money comes or goes, and no order has moved it.
    fn move_cash(&mut self, fault: Fault) {
        let open = |world: &Self, market: &MarketId| {
            !world.settled.contains(&market.0) && !world.paused_markets.contains(&market.0)
        };
        let market = self.any_market();
        let soon = self.now - self.cash_moved < 15 * super::MINUTE;
        if soon || !self.judge.cash_may_move() || !open(self, &market) {
            return;
        }
        self.cash_moved = self.now;
        self.fires(fault);
        let cents = 300 + i64::try_from(self.dice.below(4_000)).unwrap_or(0);
        let taken = fault == Fault::CashTaken;
        let amount = Usd::from_cents(if taken { -cents } else { cents });
        let user = self.user;
        self.judge.cash_moves(taken);
        self.venue_step(move |exchange, at, out| {
            // So little is always free.
            let _ = exchange.deposit(user, amount);
            // The venue's pages are made anew for this.
            out.push(Report::StatusChanged { at, market, status: MarketStatus::Active });
        });
    }

    pub(super) fn over(&mut self, fault: Fault, number: u32) {
        match fault {
            Fault::FrozenSubscription => {
                if let Some(connection) = self.socket {
                    self.cut(connection);
                }
            }
            // Of pauses that overlap the last counts.
            Fault::VenuePause if self.now < self.paused_until => {}
            Fault::VenuePause => {
                self.venue_step(|exchange, at, out| exchange.set_trading(at, true, out));
                self.work_off();
            }
            Fault::MarketClosed => {
                let market = MarketId(number);
                self.paused_markets.remove(&number);
                self.judge.opens(self.now, market);
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
            Fault::OperatorPause => self.resume(),
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
            // A fill that never was may have ended it here; the sweep of a kill asks the venue for what it
            // has, but that is not simulated.
            let ended = self.judge.ghost
                && bot.core.desk.engine().orders().get(id).is_none_or(|record| record.is_done());
            if named && !ended && !self.judge.is_undone(id) && self.judge.cancels(id) == 0 {
                let detail = format!("order {id} rests and was not asked to go after a kill");
                return self.judge.condemn("I14", detail);
            }
        }
    }
}
