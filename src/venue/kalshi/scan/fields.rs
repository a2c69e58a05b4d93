//! The payloads of the hot frames, field by field. The field lists are those of the wire structs:
//! a differential test fails when they part.

use super::cursor::{Cursor, once};
use super::{HotDelta, HotTicker, HotTrade};
use crate::venue::kalshi::wire::{BookSide, OutcomeSide};

/// Fields whose type is checked and whose value is not needed; each may come once.
#[derive(Default)]
struct Seen(u16);

impl Seen {
    fn once(&mut self, field: u16) -> Option<()> {
        let bit = 1 << field;
        if self.0 & bit != 0 {
            return None;
        }
        self.0 |= bit;
        Some(())
    }
}

fn outcome(cursor: &mut Cursor<'_>) -> Option<OutcomeSide> {
    match cursor.ascii()? {
        b"yes" => Some(OutcomeSide::Yes),
        b"no" => Some(OutcomeSide::No),
        _ => None,
    }
}

fn book_side(cursor: &mut Cursor<'_>) -> Option<BookSide> {
    match cursor.ascii()? {
        b"bid" => Some(BookSide::Bid),
        b"ask" => Some(BookSide::Ask),
        _ => None,
    }
}

/// `orderbook_delta`.
pub(super) fn delta<'a>(cursor: &mut Cursor<'a>) -> Option<HotDelta<'a>> {
    let (mut ticker, mut price, mut delta, mut side) = (None, None, None, None);
    let (mut ts_ms, mut client_order_id, mut unknown) = (None, None, 0);
    let mut seen = Seen::default();
    cursor.open_object()?;
    loop {
        match cursor.key()? {
            b"market_ticker" => once(&mut ticker, cursor.string()?)?,
            b"price_dollars" => once(&mut price, cursor.price()?)?,
            b"delta_fp" => once(&mut delta, cursor.count()?)?,
            b"side" => once(&mut side, outcome(cursor)?)?,
            b"ts_ms" => once(&mut ts_ms, cursor.integer()?)?,
            b"client_order_id" => once(&mut client_order_id, cursor.string()?)?,
            b"market_id" => seen.once(0).and(cursor.ascii()).map(|_| ())?,
            b"ts" => seen.once(1).and(cursor.ascii()).map(|_| ())?,
            b"subaccount" => seen.once(2).and(cursor.unsigned()).map(|_| ())?,
            _ => {
                cursor.skip_scalar()?;
                unknown += 1;
            }
        }
        if !cursor.more()? {
            break;
        }
    }
    Some(HotDelta {
        ticker: ticker?,
        price: price?,
        delta: delta?,
        side: side?,
        ts_ms,
        client_order_id,
        unknown,
    })
}

/// `ticker`.
pub(super) fn ticker<'a>(cursor: &mut Cursor<'a>) -> Option<HotTicker<'a>> {
    let (mut ticker, mut last, mut bid, mut ask) = (None, None, None, None);
    let (mut ts_ms, mut unknown) = (None, 0);
    let mut seen = Seen::default();
    cursor.open_object()?;
    loop {
        match cursor.key()? {
            b"market_ticker" => once(&mut ticker, cursor.string()?)?,
            b"price_dollars" => once(&mut last, cursor.price()?)?,
            b"yes_bid_dollars" => once(&mut bid, cursor.price()?)?,
            b"yes_ask_dollars" => once(&mut ask, cursor.price()?)?,
            b"ts_ms" => once(&mut ts_ms, cursor.integer()?)?,
            b"market_id" => seen.once(0).and(cursor.ascii()).map(|_| ())?,
            b"volume_fp" => seen.once(1).and(cursor.ascii()).map(|_| ())?,
            b"open_interest_fp" => seen.once(2).and(cursor.ascii()).map(|_| ())?,
            b"dollar_volume" => seen.once(3).and(cursor.integer()).map(|_| ())?,
            b"dollar_open_interest" => seen.once(4).and(cursor.integer()).map(|_| ())?,
            b"yes_bid_size_fp" => seen.once(5).and(cursor.ascii()).map(|_| ())?,
            b"yes_ask_size_fp" => seen.once(6).and(cursor.ascii()).map(|_| ())?,
            b"last_trade_size_fp" => seen.once(7).and(cursor.ascii()).map(|_| ())?,
            b"ts" => seen.once(8).and(cursor.integer()).map(|_| ())?,
            b"time" => seen.once(9).and(cursor.ascii()).map(|_| ())?,
            _ => {
                cursor.skip_scalar()?;
                unknown += 1;
            }
        }
        if !cursor.more()? {
            break;
        }
    }
    Some(HotTicker { ticker: ticker?, last: last?, bid: bid?, ask: ask?, ts_ms, unknown })
}

/// `trade`.
pub(super) fn trade<'a>(cursor: &mut Cursor<'a>) -> Option<HotTrade<'a>> {
    let (mut ticker, mut price, mut count) = (None, None, None);
    let (mut side, mut outcome_side, mut is_block) = (None, None, None);
    let (mut ts_ms, mut unknown) = (None, 0);
    let mut seen = Seen::default();
    cursor.open_object()?;
    loop {
        match cursor.key()? {
            b"market_ticker" => once(&mut ticker, cursor.string()?)?,
            b"yes_price_dollars" => once(&mut price, cursor.price()?)?,
            b"count_fp" => once(&mut count, cursor.count()?)?,
            b"taker_book_side" => once(&mut side, book_side(cursor)?)?,
            b"taker_outcome_side" => once(&mut outcome_side, outcome(cursor)?)?,
            b"is_block_trade" => once(&mut is_block, cursor.boolean()?)?,
            b"ts_ms" => once(&mut ts_ms, cursor.integer()?)?,
            b"trade_id" => seen.once(0).and(cursor.ascii()).map(|_| ())?,
            b"no_price_dollars" => seen.once(1).and(cursor.ascii()).map(|_| ())?,
            b"taker_side" => seen.once(2).and(cursor.ascii()).map(|_| ())?,
            b"ts" => seen.once(3).and(cursor.integer()).map(|_| ())?,
            _ => {
                cursor.skip_scalar()?;
                unknown += 1;
            }
        }
        if !cursor.more()? {
            break;
        }
    }
    Some(HotTrade {
        ticker: ticker?,
        price: price?,
        count: count?,
        book_side: side,
        outcome_side,
        is_block: is_block.unwrap_or(false),
        ts_ms,
        unknown,
    })
}
