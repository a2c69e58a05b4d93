//! `quotes-csv`: best prices only, `ts,market,bid,ask[,bid_size,ask_size]`, a row a change.
//!
//! `ts` is RFC 3339 or Unix time (seconds, milliseconds, microseconds or nanoseconds, told apart by
//! magnitude); prices are dollars, empty or 0 (ask: 1) for no quote. A row becomes a
//! [`Event::Quoted`] and a snapshot of one level a side; without sizes a level holds one contract, so
//! that nothing larger can be pretended to trade.

use std::collections::HashMap;
use std::path::Path;

use statecraft_domain::event::{BookSnapshot, Level, MarketListed, Quoted};
use statecraft_domain::{
    Event, FeeSchedule, Listing, MarketId, MarketStatus, Price, Quantity, TickGrid, Timestamp,
    Venue,
};

use super::lines::Lines;
use crate::tape::{BATCH, EventSource, SourceNotes, TapeError};

/// First line of the format.
pub(crate) const HEADER: &str = "ts,market,bid,ask[,bid_size,ask_size]";

/// Is this the first line of the format?
pub(crate) fn is_header(line: &[u8]) -> bool {
    matches!(line, b"ts,market,bid,ask" | b"ts,market,bid,ask,bid_size,ask_size")
}

struct Row<'a> {
    at: Timestamp,
    market: &'a str,
    bid: Option<Level>,
    ask: Option<Level>,
}

fn parse(line: &[u8]) -> Result<Row<'_>, String> {
    let text = std::str::from_utf8(line).map_err(|_| "not UTF-8".to_owned())?;
    let fields: Vec<&str> = text.split(',').map(str::trim).collect();
    let (ts, market, bid, ask, sizes) = match *fields.as_slice() {
        [ts, market, bid, ask] => (ts, market, bid, ask, None),
        [ts, market, bid, ask, bid_size, ask_size] => {
            (ts, market, bid, ask, Some((bid_size, ask_size)))
        }
        _ => return Err(format!("{} fields where 4 or 6 were expected", fields.len())),
    };
    if market.is_empty() {
        return Err("`market` is empty".to_owned());
    }
    let at = time(ts).ok_or_else(|| format!("`ts` is no time: `{ts}`"))?;
    let bid = level("bid", bid, sizes.map(|sizes| sizes.0))?;
    let ask = level("ask", ask, sizes.map(|sizes| sizes.1))?;
    Ok(Row { at, market, bid, ask })
}

/// A quoted level; `None` where there is no quote.
fn level(name: &str, price: &str, size: Option<&str>) -> Result<Option<Level>, String> {
    if price.is_empty() {
        return Ok(None);
    }
    let price: Price = price.parse().map_err(|e| format!("`{name}`: {e}"))?;
    let quantity = match size {
        None | Some("") => Quantity::from_contracts(1),
        Some(size) => size.parse().map_err(|e| format!("`{name}_size`: {e}"))?,
    };
    if quantity < Quantity::ZERO {
        return Err(format!("`{name}_size` is negative"));
    }
    Ok((price.is_inside() && quantity.is_positive()).then_some(Level { price, quantity }))
}

/// RFC 3339, or a Unix time whose unit its magnitude tells.
fn time(text: &str) -> Option<Timestamp> {
    if let Ok(number) = text.parse::<i64>() {
        let scale = match number.unsigned_abs() {
            0..100_000_000_000 => 1_000_000_000,
            100_000_000_000..100_000_000_000_000 => 1_000_000,
            100_000_000_000_000..100_000_000_000_000_000 => 1_000,
            _ => 1,
        };
        return number.checked_mul(scale).map(Timestamp::from_nanos);
    }
    let instant: jiff::Timestamp = text.parse().ok()?;
    i64::try_from(instant.as_nanosecond()).ok().map(Timestamp::from_nanos)
}

/// Reads the format.
#[derive(Debug)]
pub struct QuotesCsv {
    lines: Lines,
    notes: SourceNotes,
    markets: HashMap<String, MarketId>,
    last_at: Timestamp,
}

impl QuotesCsv {
    /// Opens a file.
    ///
    /// # Errors
    /// [`TapeError`] if it cannot be read.
    pub fn open(path: &Path) -> Result<Self, TapeError> {
        Ok(Self {
            lines: Lines::open(path)?,
            notes: SourceNotes::default(),
            markets: HashMap::new(),
            last_at: Timestamp::EPOCH,
        })
    }
}

fn take(
    row: &Row<'_>,
    markets: &mut HashMap<String, MarketId>,
    last_at: &mut Timestamp,
    out: &mut Vec<Event>,
) {
    let at = row.at.max(*last_at);
    *last_at = at;
    let market = match markets.get(row.market) {
        Some(&market) => market,
        None => {
            let market = MarketId(u32::try_from(markets.len()).unwrap_or(u32::MAX));
            markets.insert(row.market.to_owned(), market);
            let listing = listing(row.market);
            out.push(Event::MarketListed(Box::new(MarketListed { at, market, listing })));
            market
        }
    };
    out.push(Event::BookSnapshot(Box::new(BookSnapshot {
        at,
        venue_at: row.at,
        market,
        bids: row.bid.into_iter().collect(),
        asks: row.ask.into_iter().collect(),
    })));
    out.push(Event::Quoted(Quoted {
        at,
        venue_at: row.at,
        market,
        bid: row.bid.map_or(Price::ZERO, |level| level.price),
        ask: row.ask.map_or(Price::ONE, |level| level.price),
        last: Price::ZERO,
    }));
}

fn listing(ticker: &str) -> Listing {
    Listing {
        venue: Venue::File,
        ticker: ticker.to_owned(),
        event: String::new(),
        series: ticker.split('-').next().unwrap_or(ticker).to_owned(),
        title: String::new(),
        grid: TickGrid::uniform(Price::from_e4(1).unwrap_or_default()),
        lot: Quantity::from_contracts(1),
        close: None,
        fees: FeeSchedule::free(),
        status: MarketStatus::Active,
    }
}

impl EventSource for QuotesCsv {
    fn read(&mut self, out: &mut Vec<Event>) -> Result<bool, TapeError> {
        let start = out.len();
        while out.len() - start < BATCH && self.lines.advance()? {
            if self.lines.number() == 1 && is_header(self.lines.line()) {
                continue;
            }
            self.notes.lines += 1;
            match parse(self.lines.line()) {
                Ok(row) => take(&row, &mut self.markets, &mut self.last_at, out),
                Err(reason) => self.notes.break_line(self.lines.number(), reason),
            }
        }
        Ok(out.len() > start)
    }

    fn notes(&self) -> &SourceNotes {
        &self.notes
    }
}
