//! [`Watch`]: what a bot looks after besides its feed: the machine's clock, the venue's condition, and
//! whether its books are the venue's. It says which reads are due, takes in their answers, and tells the
//! engine. Who asks the venue, and who connects anew, is the caller's.

use std::collections::BTreeSet;
use std::time::Duration;

use statecraft_domain::action::{Alert, Severity};
use statecraft_domain::control::{
    ClockJudged, Origin, RestrictionChanged, Scope, VenueConditionChanged,
};
use statecraft_domain::event::{BookLost, LossCause, Mode};
use statecraft_domain::{Event, MarketId, MarketStatus, Nanos, Timestamp, Venue};
use statecraft_engine::Engine;
use statecraft_engine::market::Trust;

use super::book_check::{self, BookCheck, Finding, SECOND_LOOK, levels};
use super::clock_watch::{ClockWatch, Tick, nanos};
use super::conditions::Conditions;
use super::desk::Takes;
use super::lateness::{self, Clocks, LATE};
use super::reconciler::{Reconciler, Wall};
use super::reopening::Hold;
use crate::journal::JournalClosed;
use crate::venue::kalshi::rest::RestError;
use crate::venue::kalshi::wire::{ExchangeStatus, OrderbooksItem};

/// Looks at the venue's clock in one measurement, and the pause between them: whole seconds are told, so
/// looks at different parts of a second sharpen each other.
pub const SAMPLES: usize = 5;
/// See [`SAMPLES`].
pub const SAMPLE_PAUSE: Duration = Duration::from_millis(270);
/// How often the books are compared while market data is late: in quiet markets nothing else says that they are of now.
const LOOK_WHILE_LATE: Duration = Duration::from_secs(5);
/// The first looks, after the start.
const FIRST: Duration = Duration::from_secs(2);
/// The status is asked for again after this, should no answer come that sets the next time.
const UNANSWERED: Duration = Duration::from_secs(60);

/// How often to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between measurements of the clock.
    pub clock: Duration,
    /// Between comparisons of the books.
    pub books: Duration,
}

impl Pace {
    /// A venue, whose reads have a budget.
    pub const VENUE: Self = Self { clock: Duration::from_secs(60), books: book_check::EVERY };
    /// A simulator on loopback, which costs nothing to ask.
    pub const LOOPBACK: Self =
        Self { clock: Duration::from_secs(10), books: book_check::EVERY_LOOPBACK };
}

/// A read that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// The venue's status; its answer goes to [`Watch::told_status`].
    Status,
    /// The venue's clock, [`SAMPLES`] times; goes to [`Watch::measured`].
    Clock,
    /// The books of these markets; goes to [`Watch::compare`].
    Books(Vec<String>),
}

/// A subscription that is dead while its connection lives. The engine was told that the book is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// Where.
    pub market: MarketId,
    /// The venue's name of it.
    pub ticker: String,
    /// It is not the first within five minutes: make a new connection; else subscribe anew.
    pub again: bool,
}

/// A book that is being compared.
#[derive(Debug)]
struct Compared {
    market: MarketId,
    ticker: String,
    /// Words heard of it until it was asked for.
    heard: u64,
}

/// See the module.
#[derive(Debug)]
pub struct Watch {
    pace: Pace,
    clock: ClockWatch,
    trusted: Option<bool>,
    /// Engine seconds per second of the machine's.
    speed: u32,
    /// When the loop last turned: machine time that never goes back, and engine time.
    turned: Option<(Wall, Timestamp)>,
    conditions: Conditions,
    books: BookCheck,
    next_status: Wall,
    /// The status is being read; was it asked for before a refusal that says otherwise?
    status_asked: Option<bool>,
    next_clock: Wall,
    next_books: Wall,
    /// Markets that did not trade when it was last looked, whose books are not compared.
    closed: BTreeSet<MarketId>,
    /// The books that were asked for, and when; `None`: nothing is asked.
    asked: Option<(Wall, Vec<Compared>)>,
    /// Since when a comparison of the account is waited for.
    hurried: Option<Wall>,
    /// When the connection had last come up.
    connected: Option<Timestamp>,
}

impl Watch {
    /// Looks begin a little after `now`.
    #[must_use]
    pub fn new(pace: Pace, now: Wall) -> Self {
        let first = now + FIRST;
        Self {
            pace,
            clock: ClockWatch::default(),
            trusted: None,
            speed: 1,
            turned: None,
            conditions: Conditions::default(),
            books: BookCheck::default(),
            next_status: first,
            status_asked: None,
            next_clock: first,
            next_books: first,
            closed: BTreeSet::new(),
            asked: None,
            hurried: None,
            connected: None,
        }
    }

    /// Engine time runs so many times as fast as the machine's.
    #[must_use]
    pub fn at_speed(mut self, speed: u32) -> Self {
        self.speed = speed;
        self
    }

    /// Market data older than this trades nothing, engine time.
    const fn late(&self) -> Nanos {
        LATE.times(self.speed)
    }

    /// The loop turns: to be told before anything is taken in. Where nothing was taken in for a while, what waits
    /// is the past, and so are the books: a stalled disk, a stopped process, a suspended machine.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn turned(
        &mut self,
        core: &mut impl Takes,
        reconciler: &mut Reconciler,
        now: Wall,
    ) -> Result<(), JournalClosed> {
        let time = core.now();
        let Some((wall, engine)) = self.turned.replace((now, time)) else { return Ok(()) };
        let passed = nanos(now.saturating_sub(wall)).times(self.speed);
        // A suspended machine stops the one clock and not the other.
        let stood = passed.max(time - engine);
        if stood <= self.late() {
            return Ok(());
        }
        self.note_late(core, reconciler, now, stood)
    }

    fn note_late(
        &mut self,
        core: &mut impl Takes,
        reconciler: &mut Reconciler,
        now: Wall,
        behind: Nanos,
    ) -> Result<(), JournalClosed> {
        // Whoever reads it knows the machine's seconds.
        let behind = Nanos::new(behind.get() / i64::from(self.speed.max(1)));
        self.conditions.market_data_is_late(now, behind);
        self.next_books = self.next_books.min(now + LOOK_WHILE_LATE);
        self.judge_venue(core, reconciler, now)
    }

    /// The stream has brought these; to be told before the engine is, which acts on them at once. `ahead`: how
    /// far engine time is ahead of the machine's clock.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn heard(
        &mut self,
        core: &mut impl Takes,
        reconciler: &mut Reconciler,
        now: Wall,
        events: &[Event],
        ahead: Nanos,
    ) -> Result<(), JournalClosed> {
        let clocks = Clocks { now: core.now(), ahead, offset: self.clock.offset() };
        let behind = events.iter().filter_map(|event| lateness::behind(event, clocks)).max();
        let Some(behind) = behind else { return Ok(()) };
        if behind > self.late() {
            return self.note_late(core, reconciler, now, behind);
        }
        if events.iter().any(lateness::tells_time) {
            self.conditions.market_data_is_on_time(now);
        }
        Ok(())
    }

    /// What became of an order tells of the venue. To be told before the engine: what it decides next knows of it.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn outcome(
        &mut self,
        core: &mut impl Takes,
        reconciler: &mut Reconciler,
        now: Wall,
        event: &Event,
    ) -> Result<(), JournalClosed> {
        if !self.conditions.outcome(now, event) {
            return Ok(());
        }
        match &mut self.status_asked {
            Some(is_old) => *is_old = true,
            None => self.next_status = now,
        }
        self.judge_venue(core, reconciler, now)
    }

    /// A read of the account ended.
    pub fn private_read(&mut self, now: Wall, error: Option<&RestError>) {
        self.conditions.private_read(now, error);
    }

    /// The venue's calendar says that it is closed, or open.
    pub const fn calendar(&mut self, is_maintenance: bool) {
        self.conditions.calendar(is_maintenance);
    }

    /// The venue asked us to wait for so long.
    pub fn asked_to_wait(&mut self, now: Wall, span: Duration) {
        self.conditions.asked_to_wait(now, span);
    }

    /// The machine's clock says `wall`.
    pub fn tick(&mut self, wall: Timestamp, now: Wall) -> Tick {
        self.clock.tick(wall, now)
    }

    /// Nothing ran for a while: no book can be believed. The caller connects anew and asks for the account.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn lose_every_book(&self, core: &mut impl Takes) -> Result<(), JournalClosed> {
        for index in 0..core.engine().markets().len() {
            let market = MarketId(u32::try_from(index).unwrap_or(u32::MAX));
            lose(core, market, LossCause::Suspended)?;
        }
        Ok(())
    }

    /// Tells the engine whether orders may leave on this clock, when that has changed.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn judge_clock(&mut self, core: &mut impl Takes, now: Wall) -> Result<(), JournalClosed> {
        if self.trusted == Some(self.clock.is_trusted(now)) {
            return Ok(());
        }
        self.tell_clock(core, now)
    }

    fn tell_clock(&mut self, core: &mut impl Takes, now: Wall) -> Result<(), JournalClosed> {
        let trusted = self.clock.is_trusted(now);
        self.trusted = Some(trusted);
        let (at, offset) = (core.now(), self.clock.offset());
        core.take(Event::ClockJudged(ClockJudged { at, offset, trusted }))
    }

    /// A measurement of the clock ended: the venue's is so far ahead of the machine's.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn measured(
        &mut self,
        core: &mut impl Takes,
        now: Wall,
        offset: Nanos,
    ) -> Result<(), JournalClosed> {
        self.clock.measured(offset);
        self.tell_clock(core, now)
    }

    /// Tells the engine what the venue as a whole allows, when that has changed. After a cause that is over
    /// orders wait for a comparison of the account that is asked for from now on.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn judge_venue(
        &mut self,
        core: &mut impl Takes,
        reconciler: &mut Reconciler,
        now: Wall,
    ) -> Result<(), JournalClosed> {
        self.look_around(core.engine());
        if let Some((condition, detail)) = self.conditions.change(now, reconciler.agreed()) {
            let (at, venue) = (core.now(), Venue::Kalshi);
            let changed = VenueConditionChanged { at, venue, condition, detail };
            core.take(Event::VenueConditionChanged(Box::new(changed)))?;
        }
        if let Some(minutes) = self.conditions.late_for_minutes(now) {
            core.tell(Alert {
                at: core.now(),
                severity: Severity::Critical,
                code: "market_data_late".to_owned(),
                message: format!(
                    "no order has left for {minutes} minutes: the market data is late again and again, or nothing \
                     proves that it is of now"
                ),
            });
        }
        if let Some(hold) = self.conditions.unsteady(now) {
            core.tell(Alert {
                at: core.now(),
                severity: Severity::Critical,
                code: "venue_unsteady".to_owned(),
                message: format!("{hold}; `resume` ends that wait"),
            });
        }
        let wanted = self.conditions.wants_comparison();
        if wanted != self.hurried {
            self.hurried = wanted;
            if wanted.is_some() {
                reconciler.hurry(now);
            }
        }
        Ok(())
    }

    /// Connection and clock, as the engine was told of them. A connection that went and came between two looks was
    /// interrupted, too.
    fn look_around(&mut self, engine: &Engine) {
        let controls = engine.controls();
        let connected = controls.connected_since(Venue::Kalshi);
        let is_same = std::mem::replace(&mut self.connected, connected) == connected;
        let is_connected = is_same && engine.is_connected(Venue::Kalshi);
        let is_clock_trusted = controls.clock().is_none_or(|clock| clock.trusted);
        self.conditions.surroundings(is_connected, is_clock_trusted);
    }

    /// Orders wait although the cause is over: it comes again and again.
    #[must_use]
    pub fn hold(&self, now: Wall) -> Option<Hold> {
        self.conditions.hold(now)
    }

    /// A person lets it trade: what was interrupted before counts no more.
    pub fn forgive(&mut self) {
        self.conditions.forgive();
    }

    /// The venue's status was read, or could not be.
    pub fn told_status(&mut self, now: Wall, answer: &Result<ExchangeStatus, RestError>) {
        let is_old = self.status_asked.take().unwrap_or(false);
        // "Open" from before an order was refused because it is not.
        if is_old && answer.is_ok() {
            self.next_status = now;
            return;
        }
        self.conditions.status(now, answer);
        self.next_status = now + self.conditions.pause();
    }

    /// Quarantines, begun and ended (reliability.md 7.4). `resnapshots`: markets whose book the engine found
    /// impossible since the last call.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn judge_books(
        &mut self,
        core: &mut impl Takes,
        now: Wall,
        resnapshots: Vec<MarketId>,
    ) -> Result<(), JournalClosed> {
        for market in resnapshots {
            if self.books.resnapshot(now, market) {
                let reason = "its book was impossible three times in five minutes";
                quarantine(core, market, Mode::Halted, reason)?;
            }
        }
        let markets = core.engine().markets();
        let is_sound =
            |id: MarketId| markets.get(id.index()).is_some_and(|market| market.is_tradable_book());
        for market in self.books.releases(now, is_sound) {
            quarantine(core, market, Mode::Active, "its book was sound for thirty seconds")?;
        }
        Ok(())
    }

    /// A person lets this market trade again.
    pub fn resumed(&mut self, market: MarketId) {
        self.books.resumed(market);
    }

    /// The reads that are due. `heard`: how many words the stream has brought of a market.
    pub fn due(&mut self, engine: &Engine, now: Wall, heard: impl Fn(MarketId) -> u64) -> Vec<Due> {
        let mut due = Vec::new();
        if now >= self.next_status {
            // Not again before the answer, which sets the next.
            self.next_status = now + UNANSWERED;
            self.status_asked = Some(false);
            due.push(Due::Status);
        }
        if now >= self.next_clock {
            self.next_clock = now + self.pace.clock;
            due.push(Due::Clock);
        }
        if self.has_opened(engine) {
            self.next_books = now;
        }
        if now >= self.next_books && self.asked.is_none() {
            self.next_books = now + self.books_pause(now);
            let asked = books_to_compare(engine, heard);
            let tickers: Vec<String> = asked.iter().map(|one| one.ticker.clone()).collect();
            if !tickers.is_empty() {
                self.asked = Some((now, asked));
                due.push(Due::Books(tickers));
            }
        }
        due
    }

    /// Does a market trade, and have a book, that did not? Its book was compared with nothing meanwhile, and a snapshot
    /// alone does not say that changes will follow it.
    fn has_opened(&mut self, engine: &Engine) -> bool {
        let mut opened = false;
        for market in engine.markets().iter().filter(|market| market.settlement().is_none()) {
            if market.listing().status != MarketStatus::Active {
                self.closed.insert(market.id());
            } else if market.trust() == Trust::Synced {
                opened |= self.closed.remove(&market.id());
            }
        }
        opened
    }

    /// How long until the books are compared again.
    fn books_pause(&self, now: Wall) -> Duration {
        let late = self.conditions.wants_word(now);
        if late { self.pace.books.min(LOOK_WHILE_LATE) } else { self.pace.books }
    }

    /// The books that were asked for could not be read. `true`: for the third time in a row.
    pub fn books_unread(&mut self) -> bool {
        self.asked = None;
        self.books.answered(false)
    }

    /// Does this answer lack books that were asked for, for the third time in a row? To be asked before
    /// [`Self::compare`].
    pub fn lacks_books(&mut self, books: &[OrderbooksItem]) -> bool {
        let Some((_, asked)) = &self.asked else { return false };
        let is_there = |one: &Compared| books.iter().any(|book| book.ticker == one.ticker);
        let is_complete = asked.iter().all(is_there);
        self.books.answered(is_complete)
    }

    /// The venue's books arrived. Which subscriptions are dead is the answer.
    ///
    /// # Errors
    /// [`JournalClosed`] once the disk has failed.
    pub fn compare(
        &mut self,
        core: &mut impl Takes,
        now: Wall,
        books: &[OrderbooksItem],
        heard: impl Fn(MarketId) -> u64,
    ) -> Result<Vec<Frozen>, JournalClosed> {
        let Some((asked_at, asked)) = self.asked.take() else { return Ok(Vec::new()) };
        let mut compared = 0;
        let is_complete = asked.iter().all(|one| {
            let trusted =
                core.engine().market(one.market).is_some_and(|m| m.trust() == Trust::Synced);
            !trusted || books.iter().any(|book| book.ticker == one.ticker)
        });
        let (mut frozen, mut sound, mut spoke) = (Vec::new(), 0, 0);
        for item in books {
            let Some(one) = asked.iter().find(|one| one.ticker == item.ticker) else { continue };
            let Some(state) = core.engine().market(one.market) else { continue };
            if state.trust() != Trust::Synced {
                continue;
            }
            compared += 1;
            let words = (one.heard, heard(one.market));
            let theirs = levels(&item.orderbook_fp);
            match self.books.compare(now, one.market, words, state.book(), &theirs) {
                Finding::Sound => sound += 1,
                Finding::Spoke => spoke += 1,
                Finding::LookAgain => self.next_books = self.next_books.min(now + SECOND_LOOK),
                found @ (Finding::Frozen | Finding::FrozenAgain) => {
                    lose(core, one.market, LossCause::Differs)?;
                    let (market, ticker) = (one.market, item.ticker.clone());
                    frozen.push(Frozen { market, ticker, again: found == Finding::FrozenAgain });
                }
            }
        }
        let is_of_now = self.conditions.late_since().is_none_or(|late| late < asked_at);
        if is_of_now && is_complete && sound > 0 && sound + spoke == compared {
            // In quiet markets nothing else says that the books are of now.
            self.conditions.market_data_is_on_time(now);
        }
        if frozen.iter().any(|one| one.again) {
            self.books.reconnecting();
        }
        Ok(frozen)
    }
}

/// Books that are believed, of markets that trade.
fn books_to_compare(engine: &Engine, heard: impl Fn(MarketId) -> u64) -> Vec<Compared> {
    let markets = engine.markets().iter();
    markets
        .filter(|market| market.trust() == Trust::Synced && market.settlement().is_none())
        .filter(|market| market.listing().status == MarketStatus::Active)
        .map(|market| Compared {
            market: market.id(),
            ticker: market.listing().ticker.clone(),
            heard: heard(market.id()),
        })
        .collect()
}

fn lose(core: &mut impl Takes, market: MarketId, cause: LossCause) -> Result<(), JournalClosed> {
    let at = core.now();
    core.take(Event::BookLost(BookLost { at, market, cause }))
}

fn quarantine(
    core: &mut impl Takes,
    market: MarketId,
    mode: Mode,
    reason: &str,
) -> Result<(), JournalClosed> {
    let at = core.now();
    core.take(Event::RestrictionChanged(Box::new(RestrictionChanged {
        at,
        scope: Scope::Market(market),
        mode,
        origin: Origin::Shell,
        code: "book_quarantine".to_owned(),
        reason: reason.to_owned(),
    })))
}
