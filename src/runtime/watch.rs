//! What the loop looks after besides the feed: the machine's clock, the venue's condition, and whether its
//! books are the venue's. The judging parts stand in [`crate::trading`]; here they are asked and obeyed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use statecraft_domain::control::{
    ClockJudged, Origin, RestrictionChanged, Scope, VenueConditionChanged,
};
use statecraft_domain::event::{BookLost, LossCause, Mode};
use statecraft_domain::{Event, MarketId, MarketStatus, Venue};
use statecraft_engine::market::Trust;
use tokio::sync::mpsc;

use super::clock::wall_now;
use super::input::Input;
use super::trading::Trading;
use crate::journal::JournalClosed;
use crate::trading::book_check::{BookCheck, EVERY, EVERY_LOOPBACK, Finding, SECOND_LOOK, levels};
use crate::trading::clock_watch::{ClockWatch, OFFSET_WARN, Sample, Tick, combined};
use crate::trading::conditions::Conditions;
use crate::trading::reconciler::Wall;
use crate::venue::kalshi::hours::is_maintenance;
use crate::venue::kalshi::rest::{KalshiRest, RestError};
use crate::venue::kalshi::wire::{ExchangeStatus, OrderbooksItem};

/// Looks at the venue's clock in one measurement, and the pause between them: whole seconds are told, so
/// looks at different parts of a second sharpen each other.
const SAMPLES: usize = 5;
const SAMPLE_PAUSE: Duration = Duration::from_millis(270);
/// How often the clocks are compared; a simulator costs nothing to ask.
const CLOCK_EVERY: Duration = Duration::from_secs(60);
const CLOCK_EVERY_LOOPBACK: Duration = Duration::from_secs(10);
/// The first looks, after the start.
const FIRST: Duration = Duration::from_secs(2);

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

/// See the module.
#[derive(Debug)]
pub struct Watch {
    is_loopback: bool,
    clock: ClockWatch,
    trusted: Option<bool>,
    conditions: Conditions,
    books: BookCheck,
    next_status: Wall,
    next_clock: Wall,
    next_books: Wall,
    /// Markets asked about, with the words heard of each until then; `None`: nothing is asked.
    asked: Option<Vec<(MarketId, String, u64)>>,
    /// Since when a comparison is waited for.
    hurried: Option<Wall>,
    frozen: u64,
    reconnects: u64,
    slept: u64,
}

impl Watch {
    /// Looks begin a little after `now`.
    #[must_use]
    pub fn new(is_loopback: bool, now: Wall) -> Self {
        let first = now + FIRST;
        Self {
            is_loopback,
            clock: ClockWatch::default(),
            trusted: None,
            conditions: Conditions::default(),
            books: BookCheck::default(),
            next_status: first,
            next_clock: first,
            next_books: first,
            asked: None,
            hurried: None,
            frozen: 0,
            reconnects: 0,
            slept: 0,
        }
    }

    /// For `status`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "frozen_subscriptions": self.frozen,
            "reconnects": self.reconnects,
            "suspensions": self.slept,
        })
    }

    /// What became of an order tells of the venue.
    pub fn outcome(&mut self, now: Wall, event: &Event) {
        if self.conditions.outcome(now, event) {
            self.next_status = now;
        }
    }

    /// A read of the account ended.
    pub fn private_read(&mut self, now: Wall, error: Option<&RestError>) {
        self.conditions.private_read(now, error);
    }
}

impl Trading {
    /// What time brings.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub(super) fn look_after(&mut self) -> Result<(), JournalClosed> {
        let now = self.clock.wall();
        match self.watch.clock.tick(wall_now(), now) {
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
        self.judge_clock(now)?;
        self.judge_venue(now)?;
        self.judge_books(now)?;
        self.ask_around(now);
        Ok(())
    }

    /// Nothing ran for a while: no book can be believed, and the account may have moved.
    fn slept(&mut self, now: Wall, secs: f64) -> Result<(), JournalClosed> {
        tracing::error!(code = "suspended", secs, "nothing ran for a while: every book is stale");
        self.watch.slept += 1;
        self.gate.hold();
        let markets = self.core.engine().markets().len();
        for index in 0..markets {
            let market = MarketId(u32::try_from(index).unwrap_or(u32::MAX));
            self.lose(market, LossCause::Suspended)?;
        }
        self.feeds.reconnect();
        self.reconciler.hurry(now);
        Ok(())
    }

    fn lose(&mut self, market: MarketId, cause: LossCause) -> Result<(), JournalClosed> {
        let at = self.core.now();
        self.core.take(Event::BookLost(BookLost { at, market, cause }))
    }

    fn judge_clock(&mut self, now: Wall) -> Result<(), JournalClosed> {
        let trusted = self.watch.clock.is_trusted(now);
        if self.watch.trusted == Some(trusted) {
            return Ok(());
        }
        self.watch.trusted = Some(trusted);
        self.tell_clock(trusted)
    }

    fn tell_clock(&mut self, trusted: bool) -> Result<(), JournalClosed> {
        let (at, offset) = (self.core.now(), self.watch.clock.offset());
        self.core.take(Event::ClockJudged(ClockJudged { at, offset, trusted }))
    }

    fn judge_venue(&mut self, now: Wall) -> Result<(), JournalClosed> {
        let agreed = self.reconciler.agreed();
        // A venue on loopback keeps its own calendar, and says so by its status.
        let closed = !self.watch.is_loopback && is_maintenance(wall_now());
        self.watch.conditions.calendar(closed);
        let held = self.rest.held_for();
        if !held.is_zero() {
            self.watch.conditions.asked_to_wait(now, held);
        }
        if let Some((condition, detail)) = self.watch.conditions.change(now, agreed) {
            let (at, venue) = (self.core.now(), Venue::Kalshi);
            let changed = VenueConditionChanged { at, venue, condition, detail };
            self.core.take(Event::VenueConditionChanged(Box::new(changed)))?;
        }
        // The cause is over: orders wait for a comparison that is asked for from now on.
        let wanted = self.watch.conditions.wants_comparison();
        if wanted != self.watch.hurried {
            self.watch.hurried = wanted;
            if wanted.is_some() {
                self.reconciler.hurry(now);
            }
        }
        Ok(())
    }

    /// Quarantines, begun and ended (reliability.md 7.4).
    fn judge_books(&mut self, now: Wall) -> Result<(), JournalClosed> {
        for market in self.core.take_resnapshots() {
            if self.watch.books.resnapshot(now, market) {
                let reason = "its book was impossible three times in five minutes";
                self.quarantine(market, Mode::Halted, reason)?;
            }
        }
        let markets = self.core.engine().markets();
        let is_sound =
            |id: MarketId| markets.get(id.index()).is_some_and(|market| market.is_tradable_book());
        for market in self.watch.books.releases(now, is_sound) {
            self.quarantine(market, Mode::Active, "its book was sound for thirty seconds")?;
        }
        Ok(())
    }

    fn quarantine(
        &mut self,
        market: MarketId,
        mode: Mode,
        reason: &str,
    ) -> Result<(), JournalClosed> {
        self.core.take(Event::RestrictionChanged(Box::new(RestrictionChanged {
            at: self.core.now(),
            scope: Scope::Market(market),
            mode,
            origin: Origin::Shell,
            code: "book_quarantine".to_owned(),
            reason: reason.to_owned(),
        })))
    }

    /// Starts the looks that are due; each answer comes back as [`Input::Watched`].
    fn ask_around(&mut self, now: Wall) {
        let (rest, inputs) = (Arc::clone(&self.rest), self.inputs_in.clone());
        if now >= self.watch.next_status {
            // Not again before the answer, which sets the next.
            self.watch.next_status = now + Duration::from_secs(60);
            send(inputs.clone(), {
                let rest = Arc::clone(&rest);
                async move { Watched::Status(rest.exchange_status().await) }
            });
        }
        if now >= self.watch.next_clock {
            let every = if self.watch.is_loopback { CLOCK_EVERY_LOOPBACK } else { CLOCK_EVERY };
            self.watch.next_clock = now + every;
            send(inputs.clone(), {
                let rest = Arc::clone(&rest);
                async move { Watched::Clock(sample(&rest).await) }
            });
        }
        if now >= self.watch.next_books && self.watch.asked.is_none() {
            let asked = self.books_to_compare();
            let tickers: Vec<String> = asked.iter().map(|(_, ticker, _)| ticker.clone()).collect();
            self.watch.next_books = now + self.books_every();
            if !tickers.is_empty() {
                self.watch.asked = Some(asked);
                send(inputs, async move { Watched::Books(rest.orderbooks(&tickers).await) });
            }
        }
    }

    fn books_every(&self) -> Duration {
        if self.watch.is_loopback { EVERY_LOOPBACK } else { EVERY }
    }

    /// Books that are believed, of markets that trade.
    fn books_to_compare(&self) -> Vec<(MarketId, String, u64)> {
        let markets = self.core.engine().markets().iter();
        markets
            .filter(|market| market.trust() == Trust::Synced && market.settlement().is_none())
            .filter(|market| market.listing().status == MarketStatus::Active)
            .map(|market| {
                let heard = self.feeds.heard(market.id());
                (market.id(), market.listing().ticker.clone(), heard)
            })
            .collect()
    }

    /// Takes in an answer.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub(super) fn watched(&mut self, answer: Watched) -> Result<(), JournalClosed> {
        let now = self.clock.wall();
        match answer {
            Watched::Status(answer) => {
                self.watch.conditions.status(now, &answer);
                self.watch.next_status = now + self.watch.conditions.pause();
                self.judge_venue(now)
            }
            Watched::Clock(samples) => {
                let Some(offset) = combined(&samples) else { return Ok(()) };
                self.watch.clock.measured(offset);
                let ms = offset.get() / 1_000_000;
                if offset.get().saturating_abs() > OFFSET_WARN.get() {
                    tracing::warn!(code = "clock_offset", ms, "the clock is off the venue's");
                }
                let trusted = self.watch.clock.is_trusted(now);
                self.watch.trusted = Some(trusted);
                self.tell_clock(trusted)
            }
            Watched::Books(answer) => self.compare_books(now, answer),
        }
    }

    fn compare_books(
        &mut self,
        now: Wall,
        answer: Result<Vec<OrderbooksItem>, RestError>,
    ) -> Result<(), JournalClosed> {
        let Some(asked) = self.watch.asked.take() else { return Ok(()) };
        let books = match answer {
            Ok(books) => books,
            Err(error) => {
                tracing::debug!(%error, "books could not be compared");
                return Ok(());
            }
        };
        for item in &books {
            let Some((market, _, before)) = asked.iter().find(|(_, t, _)| *t == item.ticker) else {
                continue;
            };
            let Some(state) = self.core.engine().market(*market) else { continue };
            if state.trust() != Trust::Synced {
                continue;
            }
            let heard = (*before, self.feeds.heard(*market));
            let theirs = levels(&item.orderbook_fp);
            match self.watch.books.compare(now, *market, heard, state.book(), &theirs) {
                Finding::Sound => {}
                Finding::LookAgain => {
                    self.watch.next_books = self.watch.next_books.min(now + SECOND_LOOK);
                }
                found @ (Finding::Frozen | Finding::FrozenAgain) => {
                    self.frozen(*market, &item.ticker, found == Finding::FrozenAgain)?;
                }
            }
        }
        Ok(())
    }

    fn frozen(&mut self, market: MarketId, ticker: &str, again: bool) -> Result<(), JournalClosed> {
        tracing::error!(
            code = "subscription_frozen",
            ticker,
            again,
            "the venue's book is another one and the stream is silent: asked for anew"
        );
        self.watch.frozen += 1;
        self.lose(market, LossCause::Differs)?;
        if again {
            self.watch.reconnects += 1;
            self.feeds.reconnect();
        } else {
            self.feeds.resubscribe(market);
        }
        Ok(())
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
