//! The websocket: attempts, frames, pings, and what they say.

use std::sync::PoisonError;
use std::time::Duration;

use bytes::Bytes;
use statecraft_domain::control::Reconciled;
use statecraft_domain::{Event, Venue};

use crate::journal::JournalClosed;
use crate::simulation::plant::Plant;
use crate::trading::desk::Takes;
use crate::trading::feed;
use crate::venue::kalshi::stream::StreamItem;

use super::{Bot, Wish};

impl Bot {
    /// An attempt to connect begins.
    pub(in crate::simulation) fn connecting(&mut self) -> u32 {
        self.talk.next_connection();
        self.talk.connection()
    }

    pub(in crate::simulation) fn connection(&self) -> u32 {
        self.talk.connection()
    }

    /// The socket is open.
    pub(in crate::simulation) fn connected(&mut self) -> Result<(), JournalClosed> {
        let commands = self.talk.connected(self.now());
        self.say(commands);
        self.take_items()
    }

    /// The socket is gone, or could not be opened.
    pub(in crate::simulation) fn lost(
        &mut self,
        cause: String,
        retry: Duration,
    ) -> Result<(), JournalClosed> {
        self.talk.went_down(self.core.at, cause, retry);
        self.wishes.push(Wish::HangUp);
        self.wishes.push(Wish::Connect(retry));
        self.take_items()
    }

    /// A frame of the present connection.
    pub(in crate::simulation) fn frame(&mut self, bytes: &Bytes) -> Result<(), JournalClosed> {
        let mut commands = self.talk.heard(self.now());
        let registry = self.markets.shared();
        let more = {
            let mut registry = registry.lock().unwrap_or_else(PoisonError::into_inner);
            self.talk.frame(&mut registry, self.core.at, self.now(), bytes)
        };
        commands.extend(more);
        self.say(commands);
        self.take_items()
    }

    /// A ping or a pong.
    pub(in crate::simulation) fn pinged(&mut self) -> Result<(), JournalClosed> {
        let commands = self.talk.heard(self.now());
        self.talk.pinged(self.core.at);
        self.say(commands);
        self.take_items()
    }

    fn judge_age(&mut self, events: &[Event]) -> Result<(), JournalClosed> {
        if Plant::is(self.plant, Plant::TrustLateData) {
            return Ok(());
        }
        let (watch, now) = (&mut self.lookout.watch, self.wall);
        watch.heard(&mut self.core, &mut self.reconciler, now, events, self.ahead)
    }

    /// A planted defect: the engine is told that the account was compared.
    fn planted_comparison(&mut self) -> Result<(), JournalClosed> {
        if !Plant::is(self.plant, Plant::SkipReconcile) {
            return Ok(());
        }
        let (at, venue) = (self.core.at, Venue::Kalshi);
        self.core.take(Event::Reconciled(Reconciled { at, venue, asked: at }))
    }

    pub(super) fn take_items(&mut self) -> Result<(), JournalClosed> {
        for item in self.talk.items() {
            let reaction = feed::reaction(&item);
            if reaction.hold && !Plant::is(self.plant, Plant::SkipReconcile) {
                self.gate.hold();
            }
            if matches!(item, StreamItem::Connected { .. }) {
                self.wishes.push(Wish::Up);
                self.planted_comparison()?;
            }
            if let Some((ticker, announced)) = reaction.result_of {
                self.results.want(self.wall, ticker, announced);
                self.ask_results();
            }
            if let StreamItem::Events(events) = item {
                self.judge_age(&events)?;
                for event in events {
                    self.lookout.note_word(&event);
                    self.core.take(event)?;
                }
            }
            if reaction.hurry {
                self.reconciler.hurry(self.wall);
            }
        }
        Ok(())
    }
}
