//! What reaches the process, in order of time.

use std::time::Duration;

use bytes::Bytes;
use statecraft_domain::ClientOrderId;
use statecraft_engine::market::Trust;

use crate::simulation::bot::Bot;
use crate::simulation::plant::Plant;
use crate::venue::kalshi::rest::RestError;

use super::{Happening, Parcel, World};

impl World {
    pub(super) fn hand_to_bot(&mut self, process: u32, parcel: Parcel) {
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
            Parcel::Answer(task, answer, date) => {
                self.asked_at.remove(&task);
                self.note_look(task, &answer);
                let answer = answer.map(|(status, body)| (status, body.into_bytes()));
                self.step(|bot| bot.answered(task, answer, date));
            }
            Parcel::Signal(event) => self.step(|bot| bot.take(*event)),
            Parcel::Grouped(call, answer) => self.step(|bot| bot.grouped(&call, answer)),
            Parcel::Pause => self.pause(),
            Parcel::Kill => self.kill(),
        }
    }

    /// What the bot is told of the venue, the judge hears too.
    fn note_look(&mut self, task: u64, answer: &Result<(u16, String), RestError>) {
        let Some(of_books) = self.looks.remove(&task) else { return };
        let body = answer.as_ref().ok().filter(|(status, _)| *status == 200);
        let body = body.and_then(|(_, body)| serde_json::from_str::<serde_json::Value>(body).ok());
        match body {
            Some(body) if !of_books => {
                let open = body["exchange_active"] == true && body["trading_active"] == true;
                self.judge.told_status(self.now, open);
            }
            Some(_) => self.judge.books_compared(self.now, self.venue.truth()),
            None if of_books => self.judge.books_not_compared(),
            _ => {}
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

    pub(super) fn frame(&mut self, connection: u32, bytes: &Bytes) {
        if !self.is_present(connection) {
            return;
        }
        self.trace.note(self.now, "frame", bytes);
        let (now, bot) = ((self.now, self.misread()), &self.bot);
        self.judge.hear(now, bytes, |ticker| {
            let engine = bot.as_ref().map(|bot| bot.core.desk.engine());
            engine.is_some_and(|engine| {
                let mut markets = engine.markets().iter();
                markets.any(|one| one.listing().ticker == ticker && one.trust() == Trust::Synced)
            })
        });
        let bytes = self.planted_frame(bytes);
        self.step(|bot| bot.frame(&bytes));
    }

    /// By how much the bot is wrong about the venue's time: its clock, less what it measured of that.
    fn misread(&self) -> i64 {
        let judged = self.bot.as_ref().and_then(|bot| bot.core.desk.engine().controls().clock());
        self.skew + judged.map_or(0, |clock| clock.offset.get())
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

    pub(super) fn connected(&mut self, connection: u32, open: bool) {
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
}
