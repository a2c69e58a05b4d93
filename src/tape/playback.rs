//! Several recordings as one stream: in order of time, with one set of market ids, settled.
//!
//! Files are sessions. A file is opened when its first event is due and closed at its end, so memory
//! does not grow with their number. When one ends, every book it had is lost until the next snapshot.
//! A market whose close is known is closed, and settled if its result is known, before the first event
//! after its close; markets without a known close are settled at the end.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use statecraft_domain::event::{
    BookLost, ClockTicked, LossCause, MarketListed, MarketSettled, MarketStatusChanged,
};
use statecraft_domain::{Event, Listing, MarketId, MarketStatus, Timestamp};

use super::statistics::Trust;
use super::{BATCH, EventSource, Settlements, SourceNotes, TapeError, codec, expand, open};
use crate::venue::MarketRegistry;

/// What a playback does besides merging.
#[derive(Debug, Clone, Default)]
pub struct PlaybackOptions {
    /// How the markets ended.
    pub settlements: Settlements,
    /// Leave out what only the run that recorded it could know: its orders, fills, account, mode and
    /// clock. A backtest makes its own.
    pub public_only: bool,
}

/// One file and what it said.
#[derive(Debug, Clone)]
pub struct Session {
    /// The file.
    pub path: PathBuf,
    /// What was noticed while reading it.
    pub notes: SourceNotes,
}

/// A market as the whole playback knows it.
#[derive(Debug, Clone)]
pub struct PlayedMarket {
    /// The last listing.
    pub listing: Listing,
    /// When trading ends, if known.
    pub close: Option<Timestamp>,
    /// Its close has been announced.
    closed: bool,
    /// It has been paid out.
    pub settled: bool,
    /// It has a book that no loss has been told of.
    has_book: bool,
}

struct Waiting {
    start: Timestamp,
    path: PathBuf,
}

struct Active {
    path: PathBuf,
    source: Box<dyn EventSource>,
    /// Decoded events; those from `next` on are not yet played.
    batch: Vec<Event>,
    next: usize,
    /// Our id of each market of this file.
    ids: Vec<Option<MarketId>>,
    last_at: Timestamp,
}

impl Active {
    /// Makes sure that there is a next event; `None` at the end of the file.
    fn peek(&mut self) -> Result<Option<Timestamp>, TapeError> {
        if self.next >= self.batch.len() {
            self.batch.clear();
            self.next = 0;
            self.source.read(&mut self.batch)?;
        }
        // A file's own time never goes back (a clock that was set does not undo events).
        Ok(self.batch.get(self.next).map(|event| event.at().max(self.last_at)))
    }
}

/// Plays recordings.
pub struct Playback {
    waiting: VecDeque<Waiting>,
    active: Vec<Active>,
    registry: MarketRegistry,
    markets: Vec<PlayedMarket>,
    /// The earliest close that has not been announced.
    next_close: Option<Timestamp>,
    options: PlaybackOptions,
    finished: Vec<Session>,
    trust: Trust,
    now: Timestamp,
    after_close: u64,
    ended: bool,
}

impl std::fmt::Debug for Playback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Playback")
            .field("waiting", &self.waiting.len())
            .field("active", &self.active.len())
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl Playback {
    /// Looks at every file's first event and plays nothing yet. Empty files are accepted; a directory
    /// stands for the recordings in it.
    ///
    /// # Errors
    /// [`TapeError`] if a file cannot be opened or recognised.
    pub fn open(paths: &[PathBuf], options: PlaybackOptions) -> Result<Self, TapeError> {
        let mut waiting = Vec::with_capacity(paths.len());
        let mut finished = Vec::new();
        for path in expand(paths)? {
            match first_event_at(&path)? {
                Ok(start) => waiting.push(Waiting { start, path }),
                Err(notes) => finished.push(Session { path, notes }),
            }
        }
        waiting.sort_by_key(|waiting| waiting.start);
        Ok(Self {
            waiting: waiting.into(),
            active: Vec::new(),
            registry: MarketRegistry::new(),
            markets: Vec::new(),
            next_close: None,
            options,
            finished,
            trust: Trust::default(),
            now: Timestamp::EPOCH,
            after_close: 0,
            ended: false,
        })
    }

    /// Appends the next events, at most about [`BATCH`]; `false` at the very end.
    ///
    /// # Errors
    /// [`TapeError`] if a file fails.
    pub fn read(&mut self, out: &mut Vec<Event>) -> Result<bool, TapeError> {
        let start = out.len();
        while out.len() == start && !self.ended {
            self.advance(out, start + BATCH)?;
        }
        Ok(out.len() > start)
    }

    /// Plays a stretch: everything of the earliest file that comes before anything else is due.
    fn advance(&mut self, out: &mut Vec<Event>, limit: usize) -> Result<(), TapeError> {
        self.activate()?;
        let Some((index, at, others)) = self.earliest()? else {
            self.finish(out);
            return Ok(());
        };
        if self.next_close.is_some_and(|close| close < at) {
            self.close_markets(at, out);
            return Ok(());
        }
        let until = [others, self.next_close].into_iter().flatten().min();
        let mut active = self.active.swap_remove(index);
        let result = self.play(&mut active, until, out, limit);
        let used_up = result?;
        let ended = used_up && active.peek()?.is_none();
        if ended {
            self.end_session(active, out);
        } else {
            self.active.push(active);
        }
        Ok(())
    }

    /// Opens every file that is due before the earliest open one has its next event.
    fn activate(&mut self) -> Result<(), TapeError> {
        loop {
            let earliest = self.earliest()?;
            let due = match (self.waiting.front(), earliest) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(waiting), Some((_, at, _))) => waiting.start <= at,
            };
            if !due {
                return Ok(());
            }
            if let Some(waiting) = self.waiting.pop_front() {
                let source = open(&waiting.path)?;
                self.active.push(Active {
                    path: waiting.path,
                    source,
                    batch: Vec::new(),
                    next: 0,
                    ids: Vec::new(),
                    last_at: Timestamp::EPOCH,
                });
            }
        }
    }

    /// The open file with the earliest next event, that event's time, and the time at which anything
    /// else (another file) is due.
    fn earliest(&mut self) -> Result<Option<(usize, Timestamp, Option<Timestamp>)>, TapeError> {
        let mut best: Option<(usize, Timestamp)> = None;
        let mut others = self.waiting.front().map(|waiting| waiting.start);
        for (index, active) in self.active.iter_mut().enumerate() {
            let Some(at) = active.peek()? else { continue };
            let loser = match best {
                Some((_, best_at)) if best_at <= at => Some(at),
                previous => {
                    best = Some((index, at));
                    previous.map(|(_, at)| at)
                }
            };
            others = [others, loser].into_iter().flatten().min();
        }
        Ok(best.map(|(index, at)| (index, at, others)))
    }

    /// Plays one file up to and including `until`. Returns whether its decoded batch is used up.
    fn play(
        &mut self,
        active: &mut Active,
        until: Option<Timestamp>,
        out: &mut Vec<Event>,
        limit: usize,
    ) -> Result<bool, TapeError> {
        let until = until.unwrap_or(Timestamp::MAX);
        if out.is_empty() && self.play_whole(active, until, out) {
            return Ok(true);
        }
        while out.len() < limit {
            let Some(event) = active.batch.get_mut(active.next) else { return Ok(true) };
            let at = event.at().max(active.last_at);
            // A listing in this very stretch may have brought the next close nearer.
            if at > self.next_close.map_or(until, |close| close.min(until)) {
                return Ok(false);
            }
            active.next += 1;
            active.last_at = at;
            self.now = self.now.max(at);
            if self.admit(event, &mut active.ids) {
                let at = event.at();
                out.push(std::mem::replace(event, Event::ClockTicked(ClockTicked { at })));
            }
        }
        Ok(active.next >= active.batch.len())
    }

    /// The usual case without moving anything: a fresh batch of nothing but books, trades and quotes,
    /// all of it due.
    fn play_whole(&mut self, active: &mut Active, until: Timestamp, out: &mut Vec<Event>) -> bool {
        let until = self.next_close.map_or(until, |close| close.min(until));
        let hot = |event: &Event| {
            matches!(event, Event::BookChanged(_) | Event::Traded(_) | Event::Quoted(_))
        };
        let Some(last) = active.batch.last().map(Event::at) else { return false };
        if active.next != 0
            || last > until
            || active.last_at > until
            || !active.batch.iter().all(hot)
        {
            return false;
        }
        let Active { batch, ids, last_at, .. } = active;
        batch.retain_mut(|event| self.admit(event, ids));
        *last_at = last.max(*last_at);
        self.now = self.now.max(*last_at);
        std::mem::swap(out, batch);
        true
    }

    /// Brings an event under our market ids; `false` to leave it out.
    #[inline]
    fn admit(&mut self, event: &mut Event, ids: &mut Vec<Option<MarketId>>) -> bool {
        let market = match event {
            Event::BookChanged(e) => &mut e.market,
            Event::Traded(e) => &mut e.market,
            Event::Quoted(e) => &mut e.market,
            other => return self.admit_rare(other, ids),
        };
        let Some(id) = ids.get(market.index()).copied().flatten() else { return false };
        *market = id;
        self.is_open(id)
    }

    fn is_open(&mut self, id: MarketId) -> bool {
        let open = self.markets.get(id.index()).is_some_and(|market| !market.settled);
        self.after_close += u64::from(!open);
        open
    }

    fn admit_rare(&mut self, event: &mut Event, ids: &mut Vec<Option<MarketId>>) -> bool {
        if self.options.public_only && is_private(event) {
            return false;
        }
        match event {
            Event::MarketListed(listed) => return self.list(listed, ids),
            Event::AccountReported(report) => {
                for position in &mut report.positions {
                    match ids.get(position.market.index()).copied().flatten() {
                        Some(id) => position.market = id,
                        None => return false,
                    }
                }
                return true;
            }
            _ => {}
        }
        let Some(market) = market_mut(event) else { return true };
        let Some(id) = ids.get(market.index()).copied().flatten() else { return false };
        *market = id;
        self.trust.observe(event);
        let Some(played) = self.markets.get_mut(id.index()) else { return false };
        match event {
            Event::BookSnapshot(_) => played.has_book = true,
            Event::BookLost(_) => played.has_book = false,
            Event::MarketSettled(_) => played.settled = true,
            Event::MarketStatusChanged(change) => {
                played.close = change.close.or(played.close);
                played.closed |= change.status == MarketStatus::Closed;
                self.reschedule();
            }
            _ => {}
        }
        // A recorded settlement is passed on once; anything after it is not.
        matches!(event, Event::MarketSettled(_)) || self.is_open(id)
    }

    /// Gives the market our id; a listing that says nothing new is left out.
    fn list(&mut self, listed: &mut MarketListed, ids: &mut Vec<Option<MarketId>>) -> bool {
        let local = listed.market.index();
        if local > ids.len() + 1_000_000 {
            return false;
        }
        let (id, new) = self.registry.intern(listed.listing.venue, &listed.listing.ticker);
        if local >= ids.len() {
            ids.resize(local + 1, None);
        }
        ids[local] = Some(id);
        listed.market = id;
        let close = listed.listing.close;
        if new {
            self.markets.push(PlayedMarket {
                listing: listed.listing.clone(),
                close,
                closed: false,
                settled: false,
                has_book: false,
            });
            self.reschedule();
            return true;
        }
        let Some(market) = self.markets.get_mut(id.index()) else { return false };
        if market.listing == listed.listing {
            return false;
        }
        market.listing = listed.listing.clone();
        market.close = close.or(market.close);
        self.reschedule();
        true
    }

    /// Has its close still to be announced, or its known result to be paid?
    fn awaits_close(&self, market: &PlayedMarket) -> bool {
        let result = || self.options.settlements.get(&market.listing.ticker);
        !market.settled && (!market.closed || result().is_some())
    }

    fn reschedule(&mut self) {
        let waiting = self.markets.iter().filter(|market| self.awaits_close(market));
        self.next_close = waiting.filter_map(|market| market.close).min();
    }

    /// Announces and settles every market whose close is before `at`.
    fn close_markets(&mut self, at: Timestamp, out: &mut Vec<Event>) {
        for index in 0..self.markets.len() {
            let market = &self.markets[index];
            match market.close {
                Some(close) if close < at && self.awaits_close(market) => {
                    let close = close.max(self.now);
                    self.now = close;
                    self.close_market(index, close, out);
                }
                _ => {}
            }
        }
        self.reschedule();
    }

    fn close_market(&mut self, index: usize, at: Timestamp, out: &mut Vec<Event>) {
        let Some(played) = self.markets.get_mut(index) else { return };
        let market = MarketId(u32::try_from(index).unwrap_or(u32::MAX));
        if !played.closed {
            played.closed = true;
            let change =
                MarketStatusChanged { at, market, status: MarketStatus::Closed, close: None };
            out.push(Event::MarketStatusChanged(change));
        }
        if let Some(settlement) = self.options.settlements.get(&played.listing.ticker)
            && !played.settled
        {
            played.settled = true;
            self.trust.session_ended(market, at);
            out.push(Event::MarketSettled(MarketSettled { at, market, settlement }));
        }
    }

    /// The books of a file that ended are lost, unless another open file has the market too.
    fn end_session(&mut self, active: Active, out: &mut Vec<Event>) {
        let at = self.now;
        for id in active.ids.iter().flatten().copied() {
            let elsewhere = self.active.iter().any(|other| other.ids.contains(&Some(id)));
            let Some(market) = self.markets.get_mut(id.index()) else { continue };
            if market.has_book && !market.settled && !elsewhere {
                market.has_book = false;
                let cause = LossCause::SubscriptionEnded;
                out.push(Event::BookLost(BookLost { at, market: id, cause }));
            }
            self.trust.session_ended(id, at);
        }
        let notes = active.source.notes().clone();
        self.finished.push(Session { path: active.path, notes });
    }

    /// After the last event: settle what has a result. A close that is still to come is waited for.
    fn finish(&mut self, out: &mut Vec<Event>) {
        self.ended = true;
        let mut order: Vec<(Timestamp, usize)> = Vec::new();
        for (index, market) in self.markets.iter().enumerate() {
            let known = self.options.settlements.get(&market.listing.ticker).is_some();
            if known && !market.settled {
                order.push((market.close.map_or(self.now, |close| close.max(self.now)), index));
            }
        }
        order.sort_unstable();
        for (at, index) in order {
            self.now = self.now.max(at);
            self.close_market(index, self.now, out);
        }
    }

    /// The markets by id.
    #[must_use]
    pub fn markets(&self) -> &[PlayedMarket] {
        &self.markets
    }

    /// How well the books could be trusted.
    #[must_use]
    pub const fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Events of a market after it was settled, left out.
    #[must_use]
    pub const fn after_close(&self) -> u64 {
        self.after_close
    }

    /// The files that are finished, in the order in which they ended.
    #[must_use]
    pub fn sessions(&self) -> &[Session] {
        &self.finished
    }

    /// Files not yet finished and files in all, for a progress display.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        let left = self.waiting.len() + self.active.len();
        (left, left + self.finished.len())
    }
}

/// When a file starts, or what was noticed in a file without any event.
fn first_event_at(path: &Path) -> Result<Result<Timestamp, SourceNotes>, TapeError> {
    let mut source = open(path)?;
    let mut batch = Vec::new();
    source.read(&mut batch)?;
    Ok(batch.first().map(Event::at).ok_or_else(|| source.notes().clone()))
}

const fn is_private(event: &Event) -> bool {
    match event {
        Event::OrderSent(_)
        | Event::OrderAccepted(_)
        | Event::OrderRejected(_)
        | Event::OrderUnknown(_)
        | Event::OrderFilled(_)
        | Event::OrderClosed(_)
        | Event::CancelFailed(_)
        | Event::AccountReported(_)
        | Event::ConnectionChanged(_)
        | Event::ModeChanged(_)
        | Event::StandingChanged(_)
        | Event::RestrictionChanged(_)
        | Event::FlattenRequested(_)
        | Event::StrategyChanged(_)
        | Event::ClockJudged(_)
        | Event::VenueConditionChanged(_)
        | Event::Reconciled(_)
        | Event::ProfitMarked(_)
        | Event::OrderDenied(_)
        | Event::PositionsAccepted(_)
        | Event::CautionRaised(_)
        | Event::FlattenEnded(_)
        | Event::ClockTicked(_) => true,
        Event::MarketListed(_)
        | Event::MarketStatusChanged(_)
        | Event::MarketSettled(_)
        | Event::BookSnapshot(_)
        | Event::BookChanged(_)
        | Event::BookLost(_)
        | Event::Traded(_)
        | Event::Quoted(_)
        | Event::SignalReceived(_)
        | Event::SourceSeen(_) => false,
    }
}

fn market_mut(event: &mut Event) -> Option<&mut MarketId> {
    debug_assert!(!matches!(event, Event::MarketListed(_) | Event::AccountReported(_)));
    match event {
        Event::MarketStatusChanged(e) => Some(&mut e.market),
        Event::MarketSettled(e) => Some(&mut e.market),
        Event::BookSnapshot(e) => Some(&mut e.market),
        Event::BookLost(e) => Some(&mut e.market),
        Event::OrderFilled(e) => Some(&mut e.fill.market),
        other => {
            debug_assert!(codec::market_of(other).is_none());
            None
        }
    }
}
