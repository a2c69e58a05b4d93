//! One event as one flat row (a snapshot: a head row and a row per level), the shape that both own
//! forms of the tape share.

use statecraft_domain::event::{
    BookChanged, BookSnapshot, ClockTicked, Level, LevelChange, Quoted, Traded,
};
use statecraft_domain::{Event, MarketId, Price, Quantity, Side, Timestamp};

/// What a row is. The numbers are part of the file format (column `code`): never reuse one. Of 1 to 6
/// the odd ones are bids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    /// Anything rare: the event as JSON.
    Other = 0,
    /// A bid level changed by a signed size.
    BidBy = 1,
    /// An ask level changed by a signed size.
    AskBy = 2,
    /// A bid level has this size now.
    BidTo = 3,
    /// An ask level has this size now.
    AskTo = 4,
    /// Somebody bought.
    Bought = 5,
    /// Somebody sold.
    Sold = 6,
    /// The venue's own best prices.
    Quoted = 7,
    /// Time passed.
    Ticked = 8,
    /// A snapshot of `size` bid and `last` ask levels (unscaled counts), which follow in as many rows.
    Snapshot = 9,
    /// A bid level of the snapshot above.
    SnapshotBid = 10,
    /// An ask level of the snapshot above.
    SnapshotAsk = 11,
}

impl Code {
    /// The code of a number read from a file.
    pub(crate) const fn from_u8(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Other,
            1 => Self::BidBy,
            2 => Self::AskBy,
            3 => Self::BidTo,
            4 => Self::AskTo,
            5 => Self::Bought,
            6 => Self::Sold,
            7 => Self::Quoted,
            8 => Self::Ticked,
            9 => Self::Snapshot,
            10 => Self::SnapshotBid,
            11 => Self::SnapshotAsk,
            _ => return None,
        })
    }

    /// The word for people, equal to the tag of the event's JSON where the row is a whole event.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::BidBy | Self::AskBy | Self::BidTo | Self::AskTo => "book_changed",
            Self::Bought | Self::Sold => "traded",
            Self::Quoted => "quoted",
            Self::Ticked => "clock_ticked",
            Self::Snapshot => "book_snapshot",
            Self::SnapshotBid | Self::SnapshotAsk => "snapshot_level",
        }
    }

    /// The side a person would expect in the column `side`.
    pub(crate) const fn side(self) -> Option<Side> {
        match self {
            Self::BidBy | Self::BidTo | Self::Bought | Self::SnapshotBid => Some(Side::Bid),
            Self::AskBy | Self::AskTo | Self::Sold | Self::SnapshotAsk => Some(Side::Ask),
            Self::Other | Self::Quoted | Self::Ticked | Self::Snapshot => None,
        }
    }

    /// Do `price_e4` and `size_e6` mean something?
    pub(crate) const fn has_price(self) -> bool {
        self.side().is_some() || matches!(self, Self::Quoted)
    }
}

/// The market of a row that is about none (-1 in the file).
pub(crate) const NO_MARKET: u32 = u32::MAX;

/// The numbers of one row. Fields a code does not use are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) code: Code,
    pub(crate) at: i64,
    pub(crate) venue_at: i64,
    pub(crate) market: u32,
    /// Price, or the bid of a quote.
    pub(crate) price: u16,
    /// The ask of a quote.
    pub(crate) ask: u16,
    /// The last price of a quote, or the number of ask levels of a snapshot.
    pub(crate) last: u16,
    pub(crate) size: i64,
}

/// The row of an event that is one row of numbers; `None` for snapshots and for what is kept as JSON.
pub(crate) fn flat_row(event: &Event) -> Option<Row> {
    Some(match event {
        Event::BookChanged(e) => changed_row(e),
        Event::Traded(e) => Row {
            code: if e.taker == Side::Bid { Code::Bought } else { Code::Sold },
            at: e.at.nanos(),
            venue_at: e.venue_at.nanos(),
            market: e.market.0,
            price: e.price.e4(),
            ask: 0,
            last: 0,
            size: e.quantity.e6(),
        },
        Event::Quoted(e) => Row {
            code: Code::Quoted,
            at: e.at.nanos(),
            venue_at: e.venue_at.nanos(),
            market: e.market.0,
            price: e.bid.e4(),
            ask: e.ask.e4(),
            last: e.last.e4(),
            size: 0,
        },
        Event::ClockTicked(e) => plain(Code::Ticked, e.at.nanos(), e.at.nanos(), NO_MARKET),
        Event::MarketListed(_)
        | Event::MarketStatusChanged(_)
        | Event::MarketSettled(_)
        | Event::BookSnapshot(_)
        | Event::BookLost(_)
        | Event::SignalReceived(_)
        | Event::SourceSeen(_)
        | Event::OrderSent(_)
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
        | Event::FlattenEnded(_) => return None,
    })
}

pub(crate) const fn plain(code: Code, at: i64, venue_at: i64, market: u32) -> Row {
    Row { code, at, venue_at, market, price: 0, ask: 0, last: 0, size: 0 }
}

fn changed_row(e: &BookChanged) -> Row {
    let (code, quantity) = match (e.side, e.change) {
        (Side::Bid, LevelChange::By(quantity)) => (Code::BidBy, quantity),
        (Side::Ask, LevelChange::By(quantity)) => (Code::AskBy, quantity),
        (Side::Bid, LevelChange::To(quantity)) => (Code::BidTo, quantity),
        (Side::Ask, LevelChange::To(quantity)) => (Code::AskTo, quantity),
    };
    Row {
        code,
        at: e.at.nanos(),
        venue_at: e.venue_at.nanos(),
        market: e.market.0,
        price: e.price.e4(),
        ask: 0,
        last: 0,
        size: quantity.e6(),
    }
}

/// The rows of a snapshot, head first. `None` if a side has more levels than a price axis has prices.
pub(crate) fn snapshot_rows(snapshot: &BookSnapshot) -> Option<Vec<Row>> {
    let asks = u16::try_from(snapshot.asks.len()).ok()?;
    let bids = u16::try_from(snapshot.bids.len()).ok()?;
    let (at, venue_at) = (snapshot.at.nanos(), snapshot.venue_at.nanos());
    let head = plain(Code::Snapshot, at, venue_at, snapshot.market.0);
    let mut rows = vec![Row { size: i64::from(bids), last: asks, ..head }];
    for (code, levels) in [(Code::SnapshotBid, &snapshot.bids), (Code::SnapshotAsk, &snapshot.asks)]
    {
        rows.extend(levels.iter().map(|level| Row {
            price: level.price.e4(),
            size: level.quantity.e6(),
            ..plain(code, at, venue_at, snapshot.market.0)
        }));
    }
    Some(rows)
}

/// What is wrong with a row that makes no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadRow {
    #[error("a price above one dollar")]
    Price,
    #[error("a row that cannot stand alone")]
    Misplaced,
}

/// The event of a row of numbers.
#[inline]
pub(crate) fn event_of(row: &Row) -> Result<Event, BadRow> {
    let at = Timestamp::from_nanos(row.at);
    let venue_at = Timestamp::from_nanos(row.venue_at);
    let market = MarketId(row.market);
    let price = Price::from_e4(row.price).ok_or(BadRow::Price)?;
    let quantity = Quantity::from_e6(row.size);
    let changed = |side, change| {
        Event::BookChanged(BookChanged { at, venue_at, market, side, price, change })
    };
    let traded = |taker| Event::Traded(Traded { at, venue_at, market, taker, price, quantity });
    Ok(match row.code {
        Code::BidBy => changed(Side::Bid, LevelChange::By(quantity)),
        Code::AskBy => changed(Side::Ask, LevelChange::By(quantity)),
        Code::BidTo => changed(Side::Bid, LevelChange::To(quantity)),
        Code::AskTo => changed(Side::Ask, LevelChange::To(quantity)),
        Code::Bought => traded(Side::Bid),
        Code::Sold => traded(Side::Ask),
        Code::Quoted => Event::Quoted(Quoted {
            at,
            venue_at,
            market,
            bid: price,
            ask: Price::from_e4(row.ask).ok_or(BadRow::Price)?,
            last: Price::from_e4(row.last).ok_or(BadRow::Price)?,
        }),
        Code::Ticked => Event::ClockTicked(ClockTicked { at }),
        Code::Other | Code::Snapshot | Code::SnapshotBid | Code::SnapshotAsk => {
            return Err(BadRow::Misplaced);
        }
    })
}

/// Collects the level rows that follow a snapshot's head.
#[derive(Debug)]
pub(crate) struct SnapshotBuilder {
    snapshot: BookSnapshot,
    bids_left: u64,
    asks_left: u64,
}

impl SnapshotBuilder {
    pub(crate) fn new(head: &Row) -> Result<Self, BadRow> {
        let bids_left = u64::try_from(head.size).map_err(|_| BadRow::Misplaced)?;
        Ok(Self {
            snapshot: BookSnapshot {
                at: Timestamp::from_nanos(head.at),
                venue_at: Timestamp::from_nanos(head.venue_at),
                market: MarketId(head.market),
                bids: Vec::new(),
                asks: Vec::new(),
            },
            bids_left,
            asks_left: u64::from(head.last),
        })
    }

    pub(crate) fn push(&mut self, row: &Row) -> Result<(), BadRow> {
        let level = Level {
            price: Price::from_e4(row.price).ok_or(BadRow::Price)?,
            quantity: Quantity::from_e6(row.size),
        };
        let (levels, left) = match row.code {
            Code::SnapshotBid => (&mut self.snapshot.bids, &mut self.bids_left),
            Code::SnapshotAsk => (&mut self.snapshot.asks, &mut self.asks_left),
            _ => return Err(BadRow::Misplaced),
        };
        *left = left.checked_sub(1).ok_or(BadRow::Misplaced)?;
        levels.push(level);
        Ok(())
    }

    pub(crate) const fn is_complete(&self) -> bool {
        self.bids_left == 0 && self.asks_left == 0
    }

    pub(crate) fn finish(self) -> Event {
        Event::BookSnapshot(Box::new(self.snapshot))
    }
}
