//! The process's side of [`crate::trading::watch`]: asks over the simulated network, and obeys. The pause
//! between looks at the clock is kept here, as a task of its own keeps it live.

use std::time::Duration;

use statecraft_domain::control::ClockJudged;
use statecraft_domain::{Event, MarketId, Timestamp};

use crate::journal::JournalClosed;
use crate::simulation::plant::Plant;
use crate::trading::clock_watch::{Sample, Tick, combined};
use crate::trading::desk::Takes as _;
use crate::trading::reconciler::Wall;
use crate::trading::watch::{Due, Frozen, Pace, SAMPLE_PAUSE, SAMPLES, Watch};
use crate::venue::kalshi::rest::{RestError, STATUS, offset, parse};
use crate::venue::kalshi::stream::Request;
use crate::venue::kalshi::wire::{ExchangeStatus, OrderbooksResponse};

use super::{Bot, Stage, Wish};

/// Where the venue's books are read.
pub(in crate::simulation) const BOOKS: &str = "/markets/orderbooks";
/// A read of the books that brings no answer is given up after this.
const GIVEN_UP: Duration = Duration::from_secs(15);

/// What a read is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Status,
    Clock { sent: Timestamp },
    Books,
}

/// Looks under way.
#[derive(Debug)]
pub(super) struct Lookout {
    pub(super) watch: Watch,
    /// By task.
    looks: Vec<(u64, Look)>,
    samples: Vec<Sample>,
    /// Looks still to be made in the present measurement of the clock, and when the next is due.
    to_sample: usize,
    next_sample: Wall,
    /// When books were asked for.
    books_asked: Option<Wall>,
    /// Words heard of each book.
    heard: Vec<u64>,
    /// Markets whose book the engine found impossible.
    pub(super) resnapshots: Vec<MarketId>,
}

impl Lookout {
    pub(super) fn new(now: Wall) -> Self {
        Self {
            watch: Watch::new(Pace::VENUE, now),
            looks: Vec::new(),
            samples: Vec::new(),
            to_sample: 0,
            next_sample: now,
            books_asked: None,
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
}

/// Words heard of a market's book.
fn words(heard: &[u64], market: MarketId) -> u64 {
    heard.get(market.index()).copied().unwrap_or(0)
}

impl Bot {
    /// The machine's clock as it is.
    fn wall_clock(&self) -> Timestamp {
        self.core.at - self.ahead
    }

    /// Something is about to be taken in.
    pub(in crate::simulation) fn turned(&mut self) -> Result<(), JournalClosed> {
        if self.stage != Stage::Trading || Plant::is(self.plant, Plant::TrustLateData) {
            return Ok(());
        }
        let (watch, now) = (&mut self.lookout.watch, self.wall);
        watch.turned(&mut self.core, &mut self.reconciler, now)
    }

    /// What time brings.
    pub(super) fn look_after(&mut self) -> Result<(), JournalClosed> {
        let now = self.wall;
        let wall_clock = self.wall_clock();
        if let Tick::Slept(_) = self.lookout.watch.tick(wall_clock, now) {
            self.slept(now)?;
        }
        self.judge_clock(now)?;
        self.judge_venue(now)?;
        let resnapshots = std::mem::take(&mut self.lookout.resnapshots);
        self.lookout.watch.judge_books(&mut self.core, now, resnapshots)?;
        self.ask_around(now);
        Ok(())
    }

    fn slept(&mut self, now: Wall) -> Result<(), JournalClosed> {
        self.gate.hold();
        self.lookout.watch.lose_every_book(&mut self.core)?;
        self.reconciler.hurry(now);
        self.reconnect("nothing ran for a while")
    }

    fn reconnect(&mut self, cause: &str) -> Result<(), JournalClosed> {
        self.lost(cause.to_owned(), Duration::from_millis(500))
    }

    fn judge_clock(&mut self, now: Wall) -> Result<(), JournalClosed> {
        self.lookout.watch.judge_clock(&mut self.core, now)?;
        self.planted_clock()
    }

    /// A planted defect: whatever the clocks say, this one is believed.
    fn planted_clock(&mut self) -> Result<(), JournalClosed> {
        let judged = self.core.engine().controls().clock();
        if !Plant::is(self.plant, Plant::TrustAnyClock) || judged.is_none_or(|one| one.trusted) {
            return Ok(());
        }
        let (at, offset) = (self.core.at, statecraft_domain::Nanos::ZERO);
        self.core.take(Event::ClockJudged(ClockJudged { at, offset, trusted: true }))
    }

    fn judge_venue(&mut self, now: Wall) -> Result<(), JournalClosed> {
        self.lookout.watch.judge_venue(&mut self.core, &mut self.reconciler, now)
    }

    fn ask_around(&mut self, now: Wall) {
        if self.lookout.books_asked.is_some_and(|since| now.saturating_sub(since) > GIVEN_UP) {
            self.lookout.books_asked = None;
            self.lookout.looks.retain(|(_, look)| *look != Look::Books);
            self.lookout.watch.books_unread();
        }
        let Lookout { watch, heard, .. } = &mut self.lookout;
        for due in watch.due(self.core.desk.engine(), now, |market| words(heard, market)) {
            match due {
                Due::Status => self.look(Look::Status, STATUS.to_owned()),
                Due::Clock => {
                    self.lookout.samples.clear();
                    (self.lookout.to_sample, self.lookout.next_sample) = (SAMPLES, now);
                }
                Due::Books(_) if Plant::is(self.plant, Plant::SkipBookCheck) => {}
                Due::Books(tickers) => {
                    self.lookout.books_asked = Some(now);
                    self.look(Look::Books, format!("{BOOKS}?tickers={}", tickers.join(",")));
                }
            }
        }
        if self.lookout.to_sample > 0 && now >= self.lookout.next_sample {
            self.lookout.to_sample -= 1;
            self.lookout.next_sample += SAMPLE_PAUSE;
            self.look(Look::Clock { sent: self.wall_clock() }, format!("{STATUS}?clock"));
        }
    }

    fn look(&mut self, look: Look, path: String) {
        let task = self.next_task;
        self.next_task += 1;
        self.lookout.looks.push((task, look));
        self.wishes.push(Wish::Get(task, path));
    }

    /// Takes in the answer of a look, if it is one; `venue_secs` is its `Date`.
    pub(super) fn watched(
        &mut self,
        task: u64,
        answer: &Result<(u16, Vec<u8>), RestError>,
        venue_secs: i64,
    ) -> Result<bool, JournalClosed> {
        let Some(index) = self.lookout.looks.iter().position(|(one, _)| *one == task) else {
            return Ok(false);
        };
        let (_, look) = self.lookout.looks.swap_remove(index);
        match look {
            Look::Status => self.status(answer)?,
            Look::Clock { sent } => {
                if answer.is_ok() {
                    let date = Timestamp::from_secs(venue_secs);
                    let seen = offset(date, sent, self.wall_clock());
                    let (offset, uncertainty) = (seen.offset, seen.uncertainty);
                    self.lookout.samples.push(Sample { offset, uncertainty });
                }
                self.measure()?;
            }
            Look::Books => self.compare_books(answer)?,
        }
        Ok(true)
    }

    fn status(&mut self, answer: &Result<(u16, Vec<u8>), RestError>) -> Result<(), JournalClosed> {
        let now = self.wall;
        let mut told = match answer {
            Ok((status, body)) => match serde_json::from_slice::<ExchangeStatus>(body) {
                Ok(told) => Ok(told),
                Err(_) => parse(*status, body.clone(), STATUS),
            },
            Err(_) => Err(RestError::TimedOut),
        };
        if let (Ok(told), true) = (&mut told, Plant::is(self.plant, Plant::IgnoreStatus)) {
            (told.exchange_active, told.trading_active) = (true, true);
        }
        self.lookout.watch.told_status(now, &told);
        self.judge_venue(now)
    }

    fn measure(&mut self) -> Result<(), JournalClosed> {
        let lookout = &mut self.lookout;
        let under_way = lookout.looks.iter().any(|(_, one)| matches!(one, Look::Clock { .. }));
        if lookout.to_sample > 0 || under_way {
            return Ok(());
        }
        match combined(&lookout.samples) {
            Some(offset) => {
                lookout.watch.measured(&mut self.core, self.wall, offset)?;
                self.planted_clock()
            }
            None => Ok(()),
        }
    }

    fn compare_books(
        &mut self,
        answer: &Result<(u16, Vec<u8>), RestError>,
    ) -> Result<(), JournalClosed> {
        let now = self.wall;
        self.lookout.books_asked = None;
        let Lookout { watch, heard, .. } = &mut self.lookout;
        let books: Option<OrderbooksResponse> = match answer {
            Ok((status, body)) => parse(*status, body.clone(), BOOKS).ok(),
            Err(_) => None,
        };
        let Some(books) = books else {
            watch.books_unread();
            return Ok(());
        };
        let heard = |market| words(heard, market);
        let frozen = watch.compare(&mut self.core, now, &books.orderbooks, heard)?;
        let again = frozen.iter().any(|one| one.again);
        frozen.into_iter().for_each(|one| self.frozen(one));
        if again { self.reconnect("a subscription was frozen again") } else { self.take_items() }
    }

    fn frozen(&mut self, Frozen { ticker, again, .. }: Frozen) {
        self.wishes.push(Wish::Frozen);
        if !again {
            self.request(Request::Unsubscribe(vec![ticker.clone()]));
            self.request(Request::Subscribe(vec![ticker]));
        }
    }
}
