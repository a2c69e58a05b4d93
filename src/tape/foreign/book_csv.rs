//! `book-csv`: one binary market, `seq,ts_ns,type,side,price_cents,qty`, as the benchmark defines it.
//!
//! The first sixty rows are the opening snapshot (given as deltas) and become one
//! [`Event::BookSnapshot`] at the time of the sixtieth. The market has no venue, no fees and a grid of
//! whole cents; its ticker is the file's name up to its first dot.

use std::path::Path;

use statecraft_domain::event::{
    BookChanged, BookLost, BookSnapshot, LevelChange, LossCause, MarketListed, Traded,
};
use statecraft_domain::{
    Book, Event, FeeSchedule, Listing, MarketId, MarketStatus, Price, Quantity, Side, TickGrid,
    Timestamp, Venue,
};

use super::lines::Lines;
use crate::tape::{BATCH, EventSource, SourceNotes, TapeError};

/// First line of the format.
pub(crate) const HEADER: &str = "seq,ts_ns,type,side,price_cents,qty";
const OPENING_ROWS: usize = 60;
const MARKET: MarketId = MarketId(0);

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    sequence: u64,
    at: Timestamp,
    is_trade: bool,
    side: Side,
    price: Price,
    quantity: Quantity,
}

fn parse(line: &[u8]) -> Result<Row, String> {
    let mut fields = line.split(|&byte| byte == b',');
    let mut field = |name: &str| fields.next().ok_or_else(|| format!("no field `{name}`"));
    let sequence = integer(field("seq")?).ok_or("`seq` is no whole number")?;
    let nanos = integer(field("ts_ns")?).and_then(|ns| i64::try_from(ns).ok());
    let at = Timestamp::from_nanos(nanos.ok_or("`ts_ns` is no time in nanoseconds")?);
    let is_trade = match field("type")? {
        b"D" => false,
        b"T" => true,
        _ => return Err("`type` is not D or T".to_owned()),
    };
    let side = match field("side")? {
        b"B" => Side::Bid,
        b"S" => Side::Ask,
        _ => return Err("`side` is not B or S".to_owned()),
    };
    let price = integer(field("price_cents")?)
        .and_then(|cents| u16::try_from(cents).ok())
        .and_then(Price::from_cents)
        .filter(|price| price.is_inside())
        .ok_or("`price_cents` is not 1..99")?;
    let quantity = Quantity::parse(field("qty")?).map_err(|e| format!("`qty`: {e}"))?;
    if quantity < Quantity::ZERO {
        return Err("`qty` is negative".to_owned());
    }
    if fields.next().is_some() {
        return Err("more than six fields".to_owned());
    }
    Ok(Row { sequence, at, is_trade, side, price, quantity })
}

fn integer(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 19 {
        return None;
    }
    digits.iter().try_fold(0_u64, |value, &byte| {
        byte.is_ascii_digit().then(|| value * 10 + u64::from(byte - b'0'))
    })
}

/// Reads the format.
#[derive(Debug)]
pub struct BookCsv {
    lines: Lines,
    notes: SourceNotes,
    listing: Option<Listing>,
    opening: Book,
    opening_rows: usize,
    opened: bool,
    last_sequence: Option<u64>,
    last_at: Timestamp,
}

impl BookCsv {
    /// Opens a file.
    ///
    /// # Errors
    /// [`TapeError`] if it cannot be read.
    pub fn open(path: &Path) -> Result<Self, TapeError> {
        Ok(Self {
            lines: Lines::open(path)?,
            notes: SourceNotes::default(),
            listing: Some(listing(path)),
            opening: Book::new(),
            opening_rows: 0,
            opened: false,
            last_sequence: None,
            last_at: Timestamp::EPOCH,
        })
    }

    fn take(&mut self, row: &Row, out: &mut Vec<Event>) {
        let at = row.at.max(self.last_at);
        self.last_at = at;
        if let Some(listing) = self.listing.take() {
            let listed = MarketListed { at, market: MARKET, listing };
            out.push(Event::MarketListed(Box::new(listed)));
        }
        let skipped = self.last_sequence.is_some_and(|last| row.sequence != last + 1);
        self.last_sequence = Some(row.sequence);
        if skipped {
            self.notes.sequence_gaps += 1;
            self.lose(at, out);
        }
        if row.is_trade {
            out.push(Event::Traded(Traded {
                at,
                venue_at: at,
                market: MARKET,
                taker: row.side,
                price: row.price,
                quantity: row.quantity,
            }));
        } else if self.opened {
            out.push(Event::BookChanged(BookChanged {
                at,
                venue_at: at,
                market: MARKET,
                side: row.side,
                price: row.price,
                change: LevelChange::To(row.quantity),
            }));
        } else {
            // A size from zero up cannot be refused.
            let _ = self.opening.apply(row.side, row.price, LevelChange::To(row.quantity));
            self.opening_rows += 1;
            if self.opening_rows == OPENING_ROWS {
                self.open_book(at, out);
            }
        }
    }

    /// The format has no second snapshot: after a gap the book stays lost.
    fn lose(&mut self, at: Timestamp, out: &mut Vec<Event>) {
        self.opened = true;
        out.push(Event::BookLost(BookLost { at, market: MARKET, cause: LossCause::SequenceGap }));
    }

    fn open_book(&mut self, at: Timestamp, out: &mut Vec<Event>) {
        self.opened = true;
        let book = std::mem::take(&mut self.opening);
        out.push(Event::BookSnapshot(Box::new(BookSnapshot {
            at,
            venue_at: at,
            market: MARKET,
            bids: book.levels(Side::Bid).collect(),
            asks: book.levels(Side::Ask).collect(),
        })));
    }
}

fn listing(path: &Path) -> Listing {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("book");
    Listing {
        venue: Venue::File,
        ticker: name.split('.').next().unwrap_or(name).to_owned(),
        event: String::new(),
        series: String::new(),
        title: String::new(),
        grid: TickGrid::cents(),
        lot: Quantity::from_contracts(1),
        close: None,
        fees: FeeSchedule::free(),
        status: MarketStatus::Active,
    }
}

impl EventSource for BookCsv {
    fn read(&mut self, out: &mut Vec<Event>) -> Result<bool, TapeError> {
        let start = out.len();
        while out.len() - start < BATCH {
            if !self.lines.advance()? {
                if !self.opened && self.opening_rows > 0 {
                    self.open_book(self.last_at, out);
                }
                break;
            }
            if self.lines.number() == 1 && self.lines.line() == HEADER.as_bytes() {
                continue;
            }
            self.notes.lines += 1;
            match parse(self.lines.line()) {
                Ok(row) => self.take(&row, out),
                Err(reason) => {
                    self.notes.break_line(self.lines.number(), reason);
                    // What the line said is unknown, and the format cannot say it again.
                    if self.opened && self.last_sequence.is_some() {
                        self.last_sequence = self.last_sequence.map(|last| last + 1);
                        let at = self.last_at;
                        out.push(Event::BookLost(BookLost {
                            at,
                            market: MARKET,
                            cause: LossCause::Unreadable,
                        }));
                    }
                }
            }
        }
        Ok(out.len() > start)
    }

    fn notes(&self) -> &SourceNotes {
        &self.notes
    }
}
