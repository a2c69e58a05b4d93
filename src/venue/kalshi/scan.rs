//! Reading the three hot frames (`orderbook_delta`, `ticker`, `trade`) without a JSON library.
//!
//! [`scan`] either gives exactly what serde would give, or gives up: anything unusual (an escape, a
//! byte above 0x7f, a nested value, a field of another type or twice, `msg` before `type`) is left to
//! [`parse_slow`]. So it can be fast without being a second opinion on what the venue said; tests
//! compare the two on every recorded frame and on mutations of them.

mod cursor;
mod fields;

use statecraft_domain::{Price, Quantity};

use super::wire::{BookSide, DeltaMsg, Envelope, OutcomeSide, TickerMsg, TradeMsg};
use cursor::Cursor;

/// What every frame says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// Subscription.
    pub sid: Option<u64>,
    /// Running number.
    pub seq: Option<u64>,
    /// Echo of a command.
    pub id: Option<u64>,
}

/// One of the frames that make up nearly all traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HotFrame<'a> {
    /// A level changed.
    Delta(HotDelta<'a>),
    /// Best prices.
    Ticker(HotTicker<'a>),
    /// A public trade.
    Trade(HotTrade<'a>),
}

/// `orderbook_delta`, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HotDelta<'a> {
    /// Market.
    pub ticker: &'a str,
    /// Price on the ladder's own scale.
    pub price: Price,
    /// Signed change.
    pub delta: Quantity,
    /// Which ladder.
    pub side: OutcomeSide,
    /// Venue time, Unix milliseconds.
    pub ts_ms: Option<i64>,
    /// Our order, if ours caused it.
    pub client_order_id: Option<&'a str>,
    /// Fields this program does not know.
    pub unknown: u32,
}

/// `ticker`, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HotTicker<'a> {
    /// Market.
    pub ticker: &'a str,
    /// Last price; zero: none.
    pub last: Price,
    /// Best bid; zero: none.
    pub bid: Price,
    /// Best ask; one: none.
    pub ask: Price,
    /// Venue time, Unix milliseconds.
    pub ts_ms: Option<i64>,
    /// Fields this program does not know.
    pub unknown: u32,
}

/// `trade`, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HotTrade<'a> {
    /// Market.
    pub ticker: &'a str,
    /// YES price.
    pub price: Price,
    /// Contracts.
    pub count: Quantity,
    /// The taker's side, if given.
    pub book_side: Option<BookSide>,
    /// What the taker bought, if given.
    pub outcome_side: Option<OutcomeSide>,
    /// Agreed off the book.
    pub is_block: bool,
    /// Venue time, Unix milliseconds.
    pub ts_ms: Option<i64>,
    /// Fields this program does not know.
    pub unknown: u32,
}

impl<'a> From<&'a DeltaMsg> for HotDelta<'a> {
    fn from(msg: &'a DeltaMsg) -> Self {
        Self {
            ticker: &msg.market_ticker,
            price: msg.price_dollars,
            delta: msg.delta_fp,
            side: msg.side,
            ts_ms: msg.ts_ms,
            client_order_id: msg.client_order_id.as_deref(),
            unknown: msg.unknown.count,
        }
    }
}

impl<'a> From<&'a TickerMsg> for HotTicker<'a> {
    fn from(msg: &'a TickerMsg) -> Self {
        Self {
            ticker: &msg.market_ticker,
            last: msg.price_dollars,
            bid: msg.yes_bid_dollars,
            ask: msg.yes_ask_dollars,
            ts_ms: msg.ts_ms,
            unknown: msg.unknown.count,
        }
    }
}

impl<'a> From<&'a TradeMsg> for HotTrade<'a> {
    fn from(msg: &'a TradeMsg) -> Self {
        Self {
            ticker: &msg.market_ticker,
            price: msg.yes_price_dollars,
            count: msg.count_fp,
            book_side: msg.taker_book_side,
            outcome_side: msg.taker_outcome_side,
            is_block: msg.is_block_trade.unwrap_or(false),
            ts_ms: msg.ts_ms,
            unknown: msg.unknown.count,
        }
    }
}

/// Reads a hot frame; `None` means "ask serde", not "wrong".
#[must_use]
pub fn scan(bytes: &[u8]) -> Option<(Head, HotFrame<'_>)> {
    let mut cursor = Cursor::new(bytes);
    let mut head = Head::default();
    let mut kind: Option<&[u8]> = None;
    let mut frame: Option<HotFrame<'_>> = None;
    let mut sent: Option<i64> = None;
    cursor.open_object()?;
    loop {
        match cursor.key()? {
            b"type" if kind.is_none() => kind = Some(cursor.ascii()?),
            b"sid" => cursor::once(&mut head.sid, cursor.unsigned()?)?,
            b"seq" => cursor::once(&mut head.seq, cursor.unsigned()?)?,
            b"id" => cursor::once(&mut head.id, cursor.unsigned()?)?,
            b"sending_ts_ms" => cursor::once(&mut sent, cursor.integer()?)?,
            b"msg" if frame.is_none() => frame = Some(scan_msg(&mut cursor, kind?)?),
            _ => return None,
        }
        if !cursor.more()? {
            break;
        }
    }
    cursor.end()?;
    Some((head, frame?))
}

fn scan_msg<'a>(cursor: &mut Cursor<'a>, kind: &[u8]) -> Option<HotFrame<'a>> {
    match kind {
        b"orderbook_delta" => fields::delta(cursor).map(HotFrame::Delta),
        b"ticker" => fields::ticker(cursor).map(HotFrame::Ticker),
        b"trade" => fields::trade(cursor).map(HotFrame::Trade),
        _ => None,
    }
}

/// A hot message read by serde: what [`scan`] must agree with.
#[derive(Debug)]
pub enum SlowFrame {
    /// `orderbook_delta`.
    Delta(DeltaMsg),
    /// `ticker`.
    Ticker(TickerMsg),
    /// `trade`.
    Trade(TradeMsg),
}

impl SlowFrame {
    /// In the form that the scanner gives.
    #[must_use]
    pub fn as_hot(&self) -> HotFrame<'_> {
        match self {
            Self::Delta(msg) => HotFrame::Delta(msg.into()),
            Self::Ticker(msg) => HotFrame::Ticker(msg.into()),
            Self::Trade(msg) => HotFrame::Trade(msg.into()),
        }
    }
}

/// Reads a hot frame with serde; `Ok(None)` for a frame of another type.
///
/// # Errors
/// What serde says about the frame.
pub fn parse_slow(bytes: &[u8]) -> Result<Option<(Head, SlowFrame)>, serde_json::Error> {
    let envelope: Envelope<'_> = serde_json::from_slice(bytes)?;
    let head = Head { sid: envelope.sid, seq: envelope.seq, id: envelope.id };
    // A hot frame without its message is an error like any other missing field.
    let text = envelope.msg.map_or("null", serde_json::value::RawValue::get);
    let frame = match envelope.kind.as_ref() {
        "orderbook_delta" => SlowFrame::Delta(serde_json::from_str(text)?),
        "ticker" => SlowFrame::Ticker(serde_json::from_str(text)?),
        "trade" => SlowFrame::Trade(serde_json::from_str(text)?),
        _ => return Ok(None),
    };
    Ok(Some((head, frame)))
}
