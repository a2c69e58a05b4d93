//! The loop's side of [`crate::trading::watch`]: asks the venue over its client, and obeys.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::clock::wall_now;
use super::input::Input;
use super::trading::Trading;
use crate::journal::JournalClosed;
use crate::trading::clock_watch::{OFFSET_WARN, Sample, Tick, combined};
use crate::trading::reconciler::Wall;
use crate::trading::watch::{Due, Frozen, SAMPLE_PAUSE, SAMPLES};
use crate::venue::kalshi::hours::is_maintenance;
use crate::venue::kalshi::rest::{KalshiRest, RestError};
use crate::venue::kalshi::wire::{ExchangeStatus, OrderbooksItem};

/// An answer to one of the looks.
#[derive(Debug)]
pub enum Watched {
    /// The venue's status.
    Status(Result<ExchangeStatus, RestError>),
    /// Its clock.
    Clock(Vec<Sample>),
    /// Its books.
    Books(Result<Vec<OrderbooksItem>, RestError>),
}

/// How often something was amiss, for `status`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Amiss {
    frozen: u64,
    reconnects: u64,
    slept: u64,
    uncompared: u64,
}

impl Amiss {
    /// For `status`.
    #[must_use]
    pub fn to_json(self) -> Value {
        json!({
            "frozen_subscriptions": self.frozen,
            "reconnects": self.reconnects,
            "suspensions": self.slept,
            "books_not_compared": self.uncompared,
        })
    }
}

impl Trading {
    /// What time brings.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub(super) fn look_after(&mut self) -> Result<(), JournalClosed> {
        let now = self.clock.wall();
        match self.watch.tick(wall_now(), now) {
            Tick::Steady => {}
            Tick::Jumped(by) => {
                tracing::error!(
                    code = "clock_jumped",
                    ms = by.get() / 1_000_000,
                    "the clock was set"
                );
            }
            Tick::Slept(span) => self.slept(now, span.secs_f64())?,
        }
        self.watch.judge_clock(&mut self.core, now)?;
        self.judge_venue(now)?;
        let resnapshots = self.core.take_resnapshots();
        self.watch.judge_books(&mut self.core, now, resnapshots)?;
        self.ask_around(now);
        Ok(())
    }

    /// Nothing ran for a while: no book can be believed, and the account may have moved.
    fn slept(&mut self, now: Wall, secs: f64) -> Result<(), JournalClosed> {
        tracing::error!(code = "suspended", secs, "nothing ran for a while: every book is stale");
        self.amiss.slept += 1;
        self.gate.hold();
        self.watch.lose_every_book(&mut self.core)?;
        self.feeds.reconnect();
        self.reconciler.hurry(now);
        Ok(())
    }

    fn judge_venue(&mut self, now: Wall) -> Result<(), JournalClosed> {
        // A venue on loopback keeps its own calendar, and says so by its status.
        self.watch.calendar(!self.is_loopback && is_maintenance(wall_now()));
        let held = self.rest.held_for();
        if !held.is_zero() {
            self.watch.asked_to_wait(now, held);
        }
        self.watch.judge_venue(&mut self.core, &mut self.reconciler, now)
    }

    /// Starts the looks that are due; each answer comes back as [`Input::Watched`].
    fn ask_around(&mut self, now: Wall) {
        let feeds = &self.feeds;
        for due in self.watch.due(self.core.engine(), now, |market| feeds.heard(market)) {
            let (rest, inputs) = (Arc::clone(&self.rest), self.inputs_in.clone());
            match due {
                Due::Status => {
                    send(inputs, async move { Watched::Status(rest.exchange_status().await) });
                }
                Due::Clock => send(inputs, async move { Watched::Clock(sample(&rest).await) }),
                Due::Books(tickers) => {
                    send(inputs, async move { Watched::Books(rest.orderbooks(&tickers).await) });
                }
            }
        }
    }

    /// Takes in an answer.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub(super) fn watched(&mut self, answer: Watched) -> Result<(), JournalClosed> {
        let now = self.clock.wall();
        match answer {
            Watched::Status(answer) => {
                self.watch.told_status(now, &answer);
                self.judge_venue(now)
            }
            Watched::Clock(samples) => {
                let Some(offset) = combined(&samples) else { return Ok(()) };
                if offset.get().saturating_abs() > OFFSET_WARN.get() {
                    let ms = offset.get() / 1_000_000;
                    tracing::warn!(code = "clock_offset", ms, "the clock is off the venue's");
                }
                self.watch.measured(&mut self.core, now, offset)
            }
            Watched::Books(Err(error)) => {
                tracing::debug!(%error, "books could not be compared");
                if self.watch.books_unread() {
                    self.not_compared(&error.to_string());
                }
                Ok(())
            }
            Watched::Books(Ok(books)) => {
                if self.watch.lacks_books(&books) {
                    self.not_compared("the answer lacks books that were asked for");
                }
                let feeds = &self.feeds;
                let heard = |market| feeds.heard(market);
                let frozen = self.watch.compare(&mut self.core, now, &books, heard)?;
                frozen.iter().for_each(|one| self.frozen(one));
                // Once, however many books it takes along.
                if frozen.iter().any(|one| one.again) {
                    self.amiss.reconnects += 1;
                    self.feeds.reconnect();
                }
                Ok(())
            }
        }
    }

    fn not_compared(&mut self, cause: &str) {
        tracing::warn!(
            code = "books_not_compared",
            cause,
            "the venue's books could not be compared three times in a row"
        );
        self.amiss.uncompared += 1;
    }

    fn frozen(&mut self, Frozen { market, ticker, again }: &Frozen) {
        tracing::error!(
            code = "subscription_frozen",
            ticker,
            again,
            "the venue's book is another one and the stream is silent: asked for anew"
        );
        self.amiss.frozen += 1;
        if !*again {
            self.feeds.resubscribe(*market);
        }
    }
}

/// Sends an answer into the loop's queue. A loop that has ended needs none.
fn send(inputs: mpsc::Sender<Input>, look: impl Future<Output = Watched> + Send + 'static) {
    tokio::spawn(async move {
        let _ = inputs.send(Input::Watched(look.await)).await;
    });
}

async fn sample(rest: &KalshiRest) -> Vec<Sample> {
    let mut samples = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        if let Ok(seen) = rest.measure_clock().await {
            samples.push(Sample { offset: seen.offset, uncertainty: seen.uncertainty });
        }
        tokio::time::sleep(SAMPLE_PAUSE).await;
    }
    samples
}
