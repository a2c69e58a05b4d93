//! What the process wants, and how it leaves: orders and cancels into the network, and everything else.

use statecraft_domain::{ClientOrderId, OrderRequest};

use crate::simulation::bot::{BOOKS, Bot, Wish};
use crate::simulation::faults::Fault;
use crate::simulation::plant::Plant;
use crate::trading::dispatch::CancelRequest;
use crate::venue::kalshi::rest::{RestError, STATUS};

use super::{Call, Happening, PATIENCE, Parcel, SECOND, SIGNATURE_AGE_MAX, World};

impl World {
    /// Carries out what the process wants.
    pub(super) fn carry_out(&mut self) {
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
                if path.starts_with("/portfolio") {
                    self.trace.note(self.now, "read", path.as_bytes());
                }
                if path.starts_with("/portfolio/orders") {
                    self.comparing_since = self.now;
                }
                self.asked_at.insert(task, self.now);
                if path == STATUS || path.starts_with(BOOKS) {
                    self.looks.insert(task, path != STATUS);
                }
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
                let from = self.refuses_until.max(self.blocked_until).max(self.revoked_until);
                let open = self.now + wait >= from && self.signature_age() <= SIGNATURE_AGE_MAX;
                self.at(wait, Happening::ToBot(process, Parcel::Connected(connection, open)));
            }
            Wish::HangUp => {
                self.trace.note(self.now, "hang_up", b"");
                self.socket = None;
                self.venue.disconnect();
            }
            Wish::Alarm(code, message) => {
                self.trace.note(self.now, "alarm", code.as_bytes());
                *self.halts.entry(code.clone()).or_default() += 1;
                self.check_cause(&code, &message);
            }
            Wish::Settled => {
                if std::mem::take(&mut self.released) {
                    self.judge.resumed();
                }
                self.judge.cash_stated();
                self.judge.compared(self.comparing_since);
            }
            Wish::Compared => {
                self.trace.note(self.now, "compared", b"");
                self.judge.compared(self.comparing_since);
            }
            Wish::Group(call) => {
                let wait = self.dice.millis(10.0, 150.0);
                self.at(wait, Happening::ToVenue(Call::Group { from: process, call }));
            }
            Wish::KeepGroup(name) => self.groups = vec![name],
            Wish::Frozen => self.saw("frozen subscriptions found by comparison"),
            Wish::Up => {
                self.trace.note(self.now, "connected", b"");
                self.judge.connection_up(self.now);
            }
            Wish::Exit(why) => self.death = Some(why),
        }
    }

    /// Whatever stops the bot has a cause that was injected, or that the venue's ledger shows.
    fn check_cause(&mut self, code: &str, message: &str) {
        // What happened at the venue since the judge looked last (a market paid out, say) counts, too.
        self.judge.watch_equity(self.now, self.venue.truth());
        match code {
            "impossible_transition" | "foreign_order" | "impossible_fill" | "foreign_fill"
                if !self.judge.ghost =>
            {
                self.judge.condemn("I5", format!("{code}: {message}"));
            }
            "position_mismatch" if !self.judge.ghost => {
                self.judge.condemn("halt", format!("nobody else traded, and {message}"));
            }
            "ghost_order" if !self.judge.is_any_undone() && !self.judge.ghost => {
                self.judge.condemn("halt", format!("no cancel was undone, and {message}"));
            }
            "cash_mismatch" => {
                // Whoever resumes in the same moment has accepted it.
                let trades = self.bot.as_ref().is_some_and(|bot| {
                    bot.core.desk.engine().mode() == statecraft_domain::event::Mode::Active
                        && bot.resumed != Some(bot.wall)
                });
                self.judge.told_of_cash(message, trades, self.now);
            }
            "day_loss" | "week_loss" | "drawdown" if !self.judge.has_lost() => {
                self.judge.condemn("halt", format!("by the venue's ledger not so: {message}"));
            }
            "order_group_ended" if !self.has_ended_group() => {
                self.judge.condemn("halt", format!("the venue ended no group, and {message}"));
            }
            "not_authorized" if self.unauthorised < 3 => {
                let detail = format!("{} refusals of the key: {message}", self.unauthorised);
                self.judge.condemn("halt", detail);
            }
            _ => {}
        }
    }

    /// How far the bot's clock, by which it signs, is from the venue's.
    pub(super) fn signature_age(&self) -> i64 {
        self.skew.abs()
    }

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

    pub(super) fn place(&mut self, id: ClientOrderId, body: Vec<u8>) {
        let acknowledged = self.disk.borrow().acknowledged();
        let decided = self.bot.as_ref().and_then(|bot| {
            bot.core.desk.engine().orders().get(id).map(|record| record.request.decided_at)
        });
        let (at, _) = self.clocks();
        let age = decided.map_or(0, |decided| (at - decided).get());
        self.trace.note(self.now, "order", &body);
        let killed = self.judge.killed;
        // An expiry is told by the wall clock, of which engine time may be ahead.
        let ahead = at.nanos() - (self.now + self.skew);
        if ahead > 2 * SECOND && String::from_utf8_lossy(&body).contains("expiration_time") {
            self.saw("quotes while engine time was ahead");
        }
        if let Some(reason) = self.disk.borrow().stopped_itself() {
            let detail = format!("order {id} left after this was durable: {reason}");
            self.judge.condemn("I12", detail);
        }
        self.judge.leaves(self.now, id, &body, acknowledged, (age, ahead), killed);
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
        self.saw("cancels");
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
}
