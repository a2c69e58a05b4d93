//! What the process looks after besides its feed: its clock, the venue's condition, and whether its books are
//! the venue's. The judging parts are the live ones ([`crate::trading`]); here they are asked and obeyed as
//! the live loop does it.

use std::time::Duration;

use statecraft_domain::control::{
    ClockJudged, Origin, RestrictionChanged, Scope, VenueConditionChanged,
};
use statecraft_domain::event::{BookLost, LossCause, Mode};
use statecraft_domain::{Event, MarketId, MarketStatus, Timestamp, Venue};
use statecraft_engine::market::Trust;

use crate::journal::JournalClosed;
use crate::simulation::plant::Plant;
use crate::trading::book_check::{BookCheck, EVERY, Finding, SECOND_LOOK, levels};
use crate::trading::clock_watch::{ClockWatch, Sample, Tick, combined};
use crate::trading::conditions::Conditions;
use crate::trading::desk::Takes as _;
use crate::trading::reconciler::Wall;
use crate::venue::kalshi::rest::{RestError, offset, parse};
use crate::venue::kalshi::stream::Request;
use crate::venue::kalshi::wire::{ExchangeStatus, OrderbooksResponse};

use super::{Bot, Wish};

/// Where the venue's status and its clock are read.
pub(in crate::simulation) const STATUS: &str = "/exchange/status";
/// Where its books are read.
pub(in crate::simulation) const BOOKS: &str = "/markets/orderbooks";
/// Looks at the venue's clock in one measurement, as live.
const SAMPLES: usize = 5;
/// The pause between two of them: they fall into different parts of a second.
const SAMPLE_PAUSE: Duration = Duration::from_millis(270);
const CLOCK_EVERY: Duration = Duration::from_secs(60);
/// The first looks, after the start.
const FIRST: Duration = Duration::from_secs(2);
/// A read that brings no answer is given up after this.
const GIVEN_UP: Duration = Duration::from_secs(15);

/// What a read is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Status,
    Clock { sent: Timestamp },
    Books,
}

/// A book that is compared: its market, its name there, and the words heard of it until then.
type Compared = (MarketId, String, u64);

/// See the module.
#[derive(Debug)]
pub(super) struct Watch {
    clock: ClockWatch,
    trusted: Option<bool>,
    conditions: Conditions,
    books: BookCheck,
    next_status: Wall,
    next_clock: Wall,
    next_books: Wall,
    /// Reads under way, by task.
    looks: Vec<(u64, Look)>,
    samples: Vec<Sample>,
    /// Looks still to be made in the present measurement of the clock.
    to_sample: usize,
    /// Markets asked about, with the words heard of each until then, and when; `None`: nothing is asked.
    asked: Option<(Vec<Compared>, Wall)>,
    hurried: Option<Wall>,
    /// Words heard of each book.
    heard: Vec<u64>,
    /// Markets whose book the engine found impossible.
    pub(super) resnapshots: Vec<MarketId>,
}

impl Watch {
    pub(super) fn new(now: Wall) -> Self {
        let first = now + FIRST;
        Self {
            clock: ClockWatch::default(),
            trusted: None,
            conditions: Conditions::default(),
            books: BookCheck::default(),
            next_status: first,
            next_clock: first,
            next_books: first,
            looks: Vec::new(),
            samples: Vec::new(),
            to_sample: 0,
            asked: None,
            hurried: None,
            heard: Vec::new(),
            resnapshots: Vec::new(),
        }
    }

    /// A word of the stream about a book.
    pub(super) fn note_word(&mut self, event: &Event) {
        let market = match event {
            Event::BookChanged(changed) => changed.market,
            Event::BookSnapshot(snapshot) => snapshot.market,
            _ => return,
        };
        if self.heard.len() <= market.index() {
            self.heard.resize(market.index() + 1, 0);
        }
        if let Some(words) = self.heard.get_mut(market.index()) {
            *words += 1;
        }
    }

    fn heard(&self, market: MarketId) -> u64 {
        self.heard.get(market.index()).copied().unwrap_or(0)
    }

    /// What became of an order tells of the venue.
    pub(super) fn outcome(&mut self, now: Wall, event: &Event) {
        if self.conditions.outcome(now, event) {
            self.next_status = now;
        }
    }

    /// A read of the account ended.
    pub(super) fn private_read(&mut self, now: Wall, error: Option<&RestError>) {
        self.conditions.private_read(now, error);
    }
}

impl Bot {
    /// The machine's clock as it is.
    fn wall_clock(&self) -> Timestamp {
        self.core.at - self.ahead
    }

    /// What time brings.
    pub(super) fn look_after(&mut self) -> Result<(), JournalClosed> {
        let now = self.wall;
        let tick = self.watch.clock.tick(self.wall_clock(), now);
        if let Tick::Slept(_) = tick {
            self.slept(now)?;
        }
        self.judge_clock(now)?;
        self.judge_venue(now)?;
        self.judge_books(now)?;
        self.ask_around(now);
        Ok(())
    }

    fn slept(&mut self, now: Wall) -> Result<(), JournalClosed> {
        self.gate.hold();
        for index in 0..self.core.engine().markets().len() {
            let market = MarketId(u32::try_from(index).unwrap_or(u32::MAX));
            self.lose(market, LossCause::Suspended)?;
        }
        self.reconciler.hurry(now);
        self.reconnect("nothing ran for a while")
    }

    fn reconnect(&mut self, cause: &str) -> Result<(), JournalClosed> {
        self.lost(cause.to_owned(), Duration::from_millis(500))
    }

    fn lose(&mut self, market: MarketId, cause: LossCause) -> Result<(), JournalClosed> {
        let at = self.core.at;
        self.core.take(Event::BookLost(BookLost { at, market, cause }))
    }

    fn judge_clock(&mut self, now: Wall) -> Result<(), JournalClosed> {
        let trusted =
            self.watch.clock.is_trusted(now) || Plant::is(self.plant, Plant::TrustAnyClock);
        if self.watch.trusted == Some(trusted) {
            return Ok(());
        }
        self.watch.trusted = Some(trusted);
        let (at, offset) = (self.core.at, self.watch.clock.offset());
        self.core.take(Event::ClockJudged(ClockJudged { at, offset, trusted }))
    }

    fn judge_venue(&mut self, now: Wall) -> Result<(), JournalClosed> {
        let agreed = self.reconciler.agreed();
        if let Some((condition, detail)) = self.watch.conditions.change(now, agreed) {
            let (at, venue) = (self.core.at, Venue::Kalshi);
            let changed = VenueConditionChanged { at, venue, condition, detail };
            self.core.take(Event::VenueConditionChanged(Box::new(changed)))?;
        }
        let wanted = self.watch.conditions.wants_comparison();
        if wanted != self.watch.hurried {
            self.watch.hurried = wanted;
            if wanted.is_some() {
                self.reconciler.hurry(now);
            }
        }
        Ok(())
    }

    fn judge_books(&mut self, now: Wall) -> Result<(), JournalClosed> {
        for market in std::mem::take(&mut self.watch.resnapshots) {
            if self.watch.books.resnapshot(now, market) {
                self.quarantine(market, Mode::Halted)?;
            }
        }
        let markets = self.core.engine().markets();
        let is_sound =
            |id: MarketId| markets.get(id.index()).is_some_and(|market| market.is_tradable_book());
        for market in self.watch.books.releases(now, is_sound) {
            self.quarantine(market, Mode::Active)?;
        }
        Ok(())
    }

    fn quarantine(&mut self, market: MarketId, mode: Mode) -> Result<(), JournalClosed> {
        let at = self.core.at;
        self.core.take(Event::RestrictionChanged(Box::new(RestrictionChanged {
            at,
            scope: Scope::Market(market),
            mode,
            origin: Origin::Shell,
            code: "book_quarantine".to_owned(),
            reason: "its book".to_owned(),
        })))
    }

    fn ask_around(&mut self, now: Wall) {
        if now >= self.watch.next_status {
            // Not again before the answer, which sets the next.
            self.watch.next_status = now + Duration::from_secs(60);
            self.look(Look::Status, STATUS.to_owned());
        }
        if now >= self.watch.next_clock {
            self.watch.next_clock = now + CLOCK_EVERY;
            self.watch.samples.clear();
            self.watch.to_sample = SAMPLES;
        }
        if self.watch.to_sample > 0 && now >= self.watch.next_sample() {
            self.watch.to_sample -= 1;
            self.look(Look::Clock { sent: self.wall_clock() }, format!("{STATUS}?clock"));
        }
        if self.watch.asked.as_ref().is_some_and(|(_, since)| now.saturating_sub(*since) > GIVEN_UP)
        {
            self.watch.asked = None;
        }
        if now >= self.watch.next_books && self.watch.asked.is_none() {
            self.watch.next_books = now + EVERY;
            let asked = self.books_to_compare();
            let tickers: Vec<&str> = asked.iter().map(|(_, ticker, _)| ticker.as_str()).collect();
            if !tickers.is_empty() && !Plant::is(self.plant, Plant::SkipBookCheck) {
                let path = format!("{BOOKS}?tickers={}", tickers.join(","));
                self.watch.asked = Some((asked, now));
                self.look(Look::Books, path);
            }
        }
    }

    fn look(&mut self, look: Look, path: String) {
        let task = self.next_task;
        self.next_task += 1;
        self.watch.looks.push((task, look));
        self.wishes.push(Wish::Get(task, path));
    }

    /// Books that are believed, of markets that trade.
    fn books_to_compare(&self) -> Vec<Compared> {
        let markets = self.core.desk.engine().markets().iter();
        markets
            .filter(|market| market.trust() == Trust::Synced && market.settlement().is_none())
            .filter(|market| market.listing().status == MarketStatus::Active)
            .map(|market| {
                let heard = self.watch.heard(market.id());
                (market.id(), market.listing().ticker.clone(), heard)
            })
            .collect()
    }

    /// Takes in the answer of a look, if it is one; `venue_secs` is its `Date`.
    pub(super) fn watched(
        &mut self,
        task: u64,
        answer: &Result<(u16, Vec<u8>), RestError>,
        venue_secs: i64,
    ) -> Result<bool, JournalClosed> {
        let Some(index) = self.watch.looks.iter().position(|(one, _)| *one == task) else {
            return Ok(false);
        };
        let (_, look) = self.watch.looks.swap_remove(index);
        match look {
            Look::Status => self.status(answer)?,
            Look::Clock { sent } => {
                if answer.is_ok() {
                    let date = Timestamp::from_secs(venue_secs);
                    let seen = offset(date, sent, self.wall_clock());
                    let (offset, uncertainty) = (seen.offset, seen.uncertainty);
                    self.watch.samples.push(Sample { offset, uncertainty });
                }
                self.measure()?;
            }
            Look::Books => self.compare_books(answer)?,
        }
        Ok(true)
    }

    fn status(&mut self, answer: &Result<(u16, Vec<u8>), RestError>) -> Result<(), JournalClosed> {
        let now = self.wall;
        let told = match answer {
            Ok((status, body)) => match serde_json::from_slice::<ExchangeStatus>(body) {
                Ok(told) => Ok(told),
                Err(_) => parse(*status, body.clone(), STATUS),
            },
            Err(_) => Err(RestError::TimedOut),
        };
        if !Plant::is(self.plant, Plant::IgnoreStatus) {
            self.watch.conditions.status(now, &told);
        }
        self.watch.next_status = now + self.watch.conditions.pause();
        self.judge_venue(now)
    }

    fn measure(&mut self) -> Result<(), JournalClosed> {
        let under_way = self.watch.looks.iter().any(|(_, one)| matches!(one, Look::Clock { .. }));
        if self.watch.to_sample > 0 || under_way {
            return Ok(());
        }
        if let Some(offset) = combined(&self.watch.samples) {
            self.watch.clock.measured(offset);
        }
        self.judge_clock(self.wall)
    }

    fn compare_books(
        &mut self,
        answer: &Result<(u16, Vec<u8>), RestError>,
    ) -> Result<(), JournalClosed> {
        let now = self.wall;
        let Some((asked, _)) = self.watch.asked.take() else { return Ok(()) };
        let books: OrderbooksResponse = match answer {
            Ok((status, body)) => match parse(*status, body.clone(), BOOKS) {
                Ok(books) => books,
                Err(_) => return Ok(()),
            },
            Err(_) => return Ok(()),
        };
        for item in &books.orderbooks {
            let Some((market, _, before)) = asked.iter().find(|(_, t, _)| *t == item.ticker) else {
                continue;
            };
            let Some(state) = self.core.desk.engine().market(*market) else { continue };
            if state.trust() != Trust::Synced {
                continue;
            }
            let heard = (*before, self.watch.heard(*market));
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
        self.wishes.push(Wish::Frozen);
        self.lose(market, LossCause::Differs)?;
        if again {
            return self.reconnect("a subscription was frozen again");
        }
        self.request(Request::Unsubscribe(vec![ticker.to_owned()]));
        self.request(Request::Subscribe(vec![ticker.to_owned()]));
        Ok(())
    }
}

impl Watch {
    /// When the next look at the clock of this measurement is due.
    fn next_sample(&self) -> Wall {
        let made = SAMPLES.saturating_sub(self.to_sample);
        let began = self.next_clock.saturating_sub(CLOCK_EVERY);
        began + SAMPLE_PAUSE * u32::try_from(made).unwrap_or(0)
    }
}
