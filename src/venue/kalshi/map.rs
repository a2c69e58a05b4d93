//! [`FrameMapper`]: websocket frames become events. Pure: no I/O, no clock. The same mapper runs live
//! and reads recordings.
//!
//! What it guarantees about books:
//! - no [`Event::BookChanged`] without a [`Event::BookSnapshot`] of the same market and subscription
//!   before it, and none after the book was lost until the next snapshot;
//! - a skipped sequence number loses every book of that subscription (`seq` runs over all markets of
//!   a subscription, and `ok` answers are part of it or not: both readings are accepted);
//! - a repeated or older number changes nothing;
//! - a new connection number starts from nothing.

mod cold;
mod grid;
mod lifecycle;
mod listing;
mod markets;
mod note;
mod private;
mod sequence;

use statecraft_domain::event::{
    BookChanged, BookLost, BookSnapshot, Level, LevelChange, LossCause, Quoted, Traded,
};
use statecraft_domain::fees::{KalshiFeeType, KalshiMember};
use statecraft_domain::{
    ClientOrderId, Event, FeeSchedule, Listing, MarketId, Price, Quantity, Side, Timestamp, Venue,
    VenueOrderId,
};

use super::scan::{self, Head, HotDelta, HotFrame, HotTicker, HotTrade};
use super::wire::{OrderbookLevel, OutcomeSide, SnapshotMsg};
use crate::venue::MarketRegistry;

pub use listing::{ListingError, fee_schedule, listing, settlement, status};
pub use note::{Counters, FrameDetail, FrameError, FrameKind, FrameNote, Ignored};
pub use sequence::Sequence;

/// The channel, and the kind of its frames, that tells of markets' lives.
pub const LIFECYCLE: &str = "market_lifecycle_v2";

use markets::{MarketTable, Slot};
use private::OrderNames;
use sequence::Subscriptions;

/// More levels on one side are no book of this venue (9,999 prices at most).
const LEVELS_MAX: usize = 10_000;

/// How frames are read.
#[derive(Debug, Clone)]
pub struct MapperSettings {
    /// Whose orders are ours: this lineage only, or every order of this program's naming.
    pub lineage: Option<u64>,
    /// NO levels come on the YES scale (`use_yes_price` of the subscription).
    pub use_yes_price: bool,
    /// Fees of a market that is listed without a word about them.
    pub default_fees: FeeSchedule,
    /// The announced result is what was paid: for recordings, of which nobody can be asked. A live bot asks
    /// the venue, since a result may be disputed and amended between its announcement and the payment.
    pub announced_is_paid: bool,
}

impl Default for MapperSettings {
    fn default() -> Self {
        Self {
            lineage: None,
            use_yes_price: false,
            default_fees: FeeSchedule::kalshi(
                KalshiFeeType::Quadratic,
                1_000_000,
                KalshiMember::Direct,
            ),
            announced_is_paid: false,
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct FrameMapper {
    settings: MapperSettings,
    connection: Option<u32>,
    subscriptions: Subscriptions,
    markets: MarketTable,
    orders: OrderNames,
    followed_series: Vec<String>,
    counters: Counters,
}

/// What one call works with besides the mapper itself.
struct Sink<'a> {
    registry: &'a mut MarketRegistry,
    received: Timestamp,
    out: &'a mut Vec<Event>,
}

impl Sink<'_> {
    fn venue_time(&self, ts_ms: Option<i64>) -> Timestamp {
        ts_ms.map_or(self.received, Timestamp::from_millis)
    }
}

impl FrameMapper {
    /// Knows no market and no connection yet.
    #[must_use]
    pub fn new(settings: MapperSettings) -> Self {
        Self {
            settings,
            connection: None,
            subscriptions: Subscriptions::default(),
            markets: MarketTable::default(),
            orders: OrderNames::default(),
            followed_series: Vec::new(),
            counters: Counters::default(),
        }
    }

    /// Uses this listing for a market instead of a default one. Whoever calls this has sent the
    /// market's `MarketListed`, or will before any frame of it is mapped.
    pub fn know(&mut self, market: MarketId, listing: Listing) {
        self.markets.know(market, listing);
    }

    /// Lists new markets of this series when the venue announces them (`created`).
    pub fn follow_series(&mut self, series: &str) {
        if !self.followed_series.iter().any(|known| known == series) {
            self.followed_series.push(series.to_owned());
        }
    }

    /// Connects a venue order with ours: fills and states that do not carry our id are then ours too.
    pub fn know_order(&mut self, venue_order: &VenueOrderId, order: ClientOrderId) {
        self.orders.learn(venue_order.as_str(), order);
    }

    /// What was seen so far.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Is the market's book known and unbroken?
    #[must_use]
    pub fn has_book(&self, ticker: &str) -> bool {
        self.markets.find(ticker).is_some_and(|slot| self.markets.get(slot).book.is_some())
    }

    /// Reads one frame received at `received` on `connection` and appends what it means to `out`.
    ///
    /// # Errors
    /// [`FrameError`] for a frame that cannot be read or believed; nothing of it was appended, except
    /// for losses of books that a sequence gap had already shown. If
    /// [`FrameError::endangers_books`], call [`Self::connection_unreadable`].
    pub fn frame(
        &mut self,
        registry: &mut MarketRegistry,
        received: Timestamp,
        connection: u32,
        bytes: &[u8],
        out: &mut Vec<Event>,
    ) -> Result<FrameNote, FrameError> {
        self.enter(connection, received, out);
        let mut sink = Sink { registry, received, out };
        let result = match scan::scan(bytes) {
            Some((head, hot)) => self.hot(head, &hot, &mut sink),
            None => self.cold(bytes, &mut sink),
        };
        self.counters.count(&result);
        result
    }

    fn enter(&mut self, connection: u32, received: Timestamp, out: &mut Vec<Event>) {
        if self.connection == Some(connection) {
            return;
        }
        self.disconnected(received, out);
        self.connection = Some(connection);
    }

    /// The connection is gone (or the recording is over): every book is lost and every subscription
    /// forgotten.
    pub fn disconnected(&mut self, received: Timestamp, out: &mut Vec<Event>) {
        self.markets.lose_all(LossCause::Disconnected, received, out);
        self.subscriptions.clear();
        self.connection = None;
    }

    /// A frame of this connection could not be read: every book of it is lost until its next
    /// snapshot. Frames of another connection than the present one are the past.
    pub fn connection_unreadable(
        &mut self,
        received: Timestamp,
        connection: u32,
        out: &mut Vec<Event>,
    ) {
        if self.connection == Some(connection) {
            self.markets.lose_all(LossCause::Unreadable, received, out);
        }
    }

    /// Nothing came for too long: no book can be trusted until its next snapshot.
    pub fn connection_silent(&mut self, received: Timestamp, out: &mut Vec<Event>) {
        self.markets.lose_all(LossCause::Silent, received, out);
    }

    /// Its owner trusts this book no longer: changes of it count for nothing until its next snapshot.
    pub fn lose(&mut self, ticker: &str, at: Timestamp, out: &mut Vec<Event>) {
        if let Some(slot) = self.markets.find(ticker) {
            self.markets.lose_one(slot, LossCause::SubscriptionEnded, at, out);
        }
    }

    fn hot(
        &mut self,
        head: Head,
        frame: &HotFrame<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<FrameNote, FrameError> {
        match frame {
            HotFrame::Delta(delta) => self.delta(head, delta, sink),
            HotFrame::Ticker(ticker) => self.ticker(head, ticker, sink),
            HotFrame::Trade(trade) => self.trade(head, trade, sink),
        }
    }

    /// Runs a numbered frame through its subscription's counter; a gap loses the books.
    fn advance(&mut self, sid: u64, seq: u64, is_ack: bool, sink: &mut Sink<'_>) -> Sequence {
        let sequence = self.subscriptions.advance(sid, seq, is_ack);
        if let Sequence::Gap { .. } = sequence {
            self.markets.lose_of(sid, LossCause::SequenceGap, sink.received, sink.out);
        }
        sequence
    }

    fn delta(
        &mut self,
        head: Head,
        delta: &HotDelta<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<FrameNote, FrameError> {
        let mut note = FrameNote::of(FrameKind::Delta, head);
        note.unknown_fields = delta.unknown;
        let (Some(sid), Some(seq)) = (head.sid, head.seq) else {
            return Err(FrameError::Unnumbered { kind: "orderbook_delta" });
        };
        if !delta.price.is_inside() {
            return Err(FrameError::BadPrice { kind: "orderbook_delta", price: delta.price });
        }
        note.sequence = self.advance(sid, seq, false, sink);
        if note.sequence == Sequence::Duplicate {
            note.ignored = Some(Ignored::Duplicate);
            return Ok(note);
        }
        let slot = match self.markets.find(delta.ticker) {
            Some(slot) if self.markets.get(slot).book == Some(sid) => slot,
            _ => {
                note.ignored = Some(Ignored::AwaitingSnapshot);
                note.detail = Some(Box::new(FrameDetail::NeedsSnapshot(delta.ticker.to_owned())));
                return Ok(note);
            }
        };
        let (side, price) = self.on_yes_axis(delta.side, delta.price);
        self.markets.observe(slot, [price], sink.received, sink.out);
        sink.out.push(Event::BookChanged(BookChanged {
            at: sink.received,
            venue_at: sink.venue_time(delta.ts_ms),
            market: self.markets.get(slot).id,
            side,
            price,
            change: LevelChange::By(delta.delta),
        }));
        Ok(note)
    }

    fn on_yes_axis(&self, ladder: OutcomeSide, price: Price) -> (Side, Price) {
        match ladder {
            OutcomeSide::Yes => (Side::Bid, price),
            OutcomeSide::No if self.settings.use_yes_price => (Side::Ask, price),
            OutcomeSide::No => (Side::Ask, price.complement()),
        }
    }

    fn snapshot(
        &mut self,
        head: Head,
        msg: &SnapshotMsg,
        sink: &mut Sink<'_>,
    ) -> Result<FrameNote, FrameError> {
        let mut note = FrameNote::of(FrameKind::Snapshot, head);
        note.unknown_fields = msg.unknown.count;
        let (Some(sid), Some(seq)) = (head.sid, head.seq) else {
            return Err(FrameError::Unnumbered { kind: "orderbook_snapshot" });
        };
        let bids = self.ladder(OutcomeSide::Yes, &msg.yes_dollars_fp)?;
        let asks = self.ladder(OutcomeSide::No, &msg.no_dollars_fp)?;
        note.sequence = self.advance(sid, seq, false, sink);
        if note.sequence == Sequence::Duplicate {
            note.ignored = Some(Ignored::Duplicate);
            return Ok(note);
        }
        let prices = bids.iter().chain(&asks).map(|level| level.price);
        let slot = self.slot(&msg.market_ticker, prices, sink)?;
        self.markets.get_mut(slot).book = Some(sid);
        sink.out.push(Event::BookSnapshot(Box::new(BookSnapshot {
            at: sink.received,
            venue_at: sink.venue_time(msg.ts_ms),
            market: self.markets.get(slot).id,
            bids,
            asks,
        })));
        Ok(note)
    }

    /// One side of a snapshot on the YES axis, ascending. A price twice, a price outside (0, 1) or a
    /// negative size cannot be believed; an empty level is dropped.
    fn ladder(
        &self,
        ladder: OutcomeSide,
        levels: &[OrderbookLevel],
    ) -> Result<Vec<Level>, FrameError> {
        if levels.len() > LEVELS_MAX {
            return Err(FrameError::TooManyLevels(levels.len()));
        }
        let mut mapped = Vec::with_capacity(levels.len());
        for level in levels {
            if !level.price.is_inside() {
                return Err(FrameError::BadPrice {
                    kind: "orderbook_snapshot",
                    price: level.price,
                });
            }
            if level.count < Quantity::ZERO {
                return Err(FrameError::BadSize { kind: "orderbook_snapshot", size: level.count });
            }
            if level.count.is_positive() {
                let (_, price) = self.on_yes_axis(ladder, level.price);
                mapped.push(Level { price, quantity: level.count });
            }
        }
        mapped.sort_unstable_by_key(|level| level.price);
        match mapped.windows(2).find(|pair| pair[0].price == pair[1].price) {
            Some(pair) => Err(FrameError::LevelTwice(pair[0].price)),
            None => Ok(mapped),
        }
    }

    fn ticker(
        &mut self,
        head: Head,
        ticker: &HotTicker<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<FrameNote, FrameError> {
        let mut note = FrameNote::of(FrameKind::Ticker, head);
        note.unknown_fields = ticker.unknown;
        let slot = self.slot(ticker.ticker, [ticker.bid, ticker.ask].into_iter(), sink)?;
        sink.out.push(Event::Quoted(Quoted {
            at: sink.received,
            venue_at: sink.venue_time(ticker.ts_ms),
            market: self.markets.get(slot).id,
            bid: ticker.bid,
            // Before a market opens the venue shows an ask of zero: no quote.
            ask: if ticker.ask == Price::ZERO { Price::ONE } else { ticker.ask },
            last: ticker.last,
        }));
        Ok(note)
    }

    fn trade(
        &mut self,
        head: Head,
        trade: &HotTrade<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<FrameNote, FrameError> {
        let mut note = FrameNote::of(FrameKind::Trade, head);
        note.unknown_fields = trade.unknown;
        let taker = match (trade.book_side, trade.outcome_side) {
            (Some(side), _) => Side::from(side),
            (None, Some(OutcomeSide::Yes)) => Side::Bid,
            (None, Some(OutcomeSide::No)) => Side::Ask,
            (None, None) => {
                return Err(FrameError::Missing { kind: "trade", field: "taker_book_side" });
            }
        };
        if !trade.price.is_inside() {
            return Err(FrameError::BadPrice { kind: "trade", price: trade.price });
        }
        if !trade.count.is_positive() {
            return Err(FrameError::BadSize { kind: "trade", size: trade.count });
        }
        if let (Some(sid), Some(seq)) = (head.sid, head.seq) {
            note.sequence = self.advance(sid, seq, false, sink);
        }
        note.ignored = match note.sequence {
            Sequence::Duplicate => Some(Ignored::Duplicate),
            // Agreed off the book: it took nothing from any queue.
            _ if trade.is_block => Some(Ignored::BlockTrade),
            _ => None,
        };
        if note.ignored.is_some() {
            return Ok(note);
        }
        let slot = self.slot(trade.ticker, std::iter::empty(), sink)?;
        sink.out.push(Event::Traded(Traded {
            at: sink.received,
            venue_at: sink.venue_time(trade.ts_ms),
            market: self.markets.get(slot).id,
            taker,
            price: trade.price,
            quantity: trade.count,
        }));
        Ok(note)
    }

    /// The market's slot; a market met for the first time is named and listed first, on a grid that
    /// contains `prices`.
    fn slot(
        &mut self,
        ticker: &str,
        prices: impl Iterator<Item = Price> + Clone,
        sink: &mut Sink<'_>,
    ) -> Result<Slot, FrameError> {
        if let Some(slot) = self.markets.find(ticker) {
            self.markets.observe(slot, prices, sink.received, sink.out);
            return Ok(slot);
        }
        let (id, is_new) = sink.registry.intern(Venue::Kalshi, ticker);
        let fees = &self.settings.default_fees;
        self.markets.add(ticker, id, is_new, fees, prices, sink.received, sink.out)
    }
}

fn lost(market: MarketId, cause: LossCause, at: Timestamp) -> Event {
    Event::BookLost(BookLost { at, market, cause })
}
