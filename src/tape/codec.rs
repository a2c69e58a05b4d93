//! Events as bytes: fixed little-endian fields for what happens millions of times, JSON for the rest.
//!
//! Payload: one byte [`Code`], then
//! - for a flat row: `at i64, venue_at i64, market u32, price u16, ask u16, last u16, size i64`;
//! - for a snapshot: `at i64, venue_at i64, market u32, bids u16, asks u16`, then per level
//!   `price u16, size i64`, bids first;
//! - otherwise the event as JSON.

use statecraft_domain::event::{BookSnapshot, Level};
use statecraft_domain::{Event, MarketId, Price, Quantity, Signal, Timestamp};

use super::row::{BadRow, Code, Row, event_of, flat_row};

/// Why bytes are no event.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CodecError {
    #[error("the payload ends too early")]
    Short,
    #[error("bytes after the end of the event")]
    Long,
    #[error("unknown kind {0}: written by a newer version?")]
    Code(u8),
    #[error("{0}")]
    Row(#[from] BadRow),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

/// Appends the event's payload.
pub(crate) fn encode(event: &Event, out: &mut Vec<u8>) {
    if let Some(row) = flat_row(event) {
        encode_row(&row, out);
    } else if let Event::BookSnapshot(snapshot) = event
        && let Some(counts) = level_counts(snapshot)
    {
        encode_snapshot(snapshot, counts, out);
    } else {
        out.push(Code::Other as u8);
        out.extend_from_slice(to_json(event).as_bytes());
    }
}

fn level_counts(snapshot: &BookSnapshot) -> Option<(u16, u16)> {
    Some((u16::try_from(snapshot.bids.len()).ok()?, u16::try_from(snapshot.asks.len()).ok()?))
}

fn encode_row(row: &Row, out: &mut Vec<u8>) {
    out.push(row.code as u8);
    out.extend_from_slice(&row.at.to_le_bytes());
    out.extend_from_slice(&row.venue_at.to_le_bytes());
    out.extend_from_slice(&row.market.to_le_bytes());
    for price in [row.price, row.ask, row.last] {
        out.extend_from_slice(&price.to_le_bytes());
    }
    out.extend_from_slice(&row.size.to_le_bytes());
}

fn encode_snapshot(snapshot: &BookSnapshot, counts: (u16, u16), out: &mut Vec<u8>) {
    out.push(Code::Snapshot as u8);
    out.extend_from_slice(&snapshot.at.nanos().to_le_bytes());
    out.extend_from_slice(&snapshot.venue_at.nanos().to_le_bytes());
    out.extend_from_slice(&snapshot.market.0.to_le_bytes());
    out.extend_from_slice(&counts.0.to_le_bytes());
    out.extend_from_slice(&counts.1.to_le_bytes());
    for level in snapshot.bids.iter().chain(&snapshot.asks) {
        out.extend_from_slice(&level.price.e4().to_le_bytes());
        out.extend_from_slice(&level.quantity.e6().to_le_bytes());
    }
}

/// The event of a payload.
pub(crate) fn decode(payload: &[u8]) -> Result<Event, CodecError> {
    let (&code, rest) = payload.split_first().ok_or(CodecError::Short)?;
    let mut fields = Fields(rest);
    let event = match Code::from_u8(code).ok_or(CodecError::Code(code))? {
        Code::Other => return Ok(from_json(rest)?),
        Code::Snapshot => decode_snapshot(&mut fields)?,
        code => event_of(&decode_row(code, &mut fields)?)?,
    };
    if fields.0.is_empty() { Ok(event) } else { Err(CodecError::Long) }
}

fn decode_row(code: Code, fields: &mut Fields<'_>) -> Result<Row, CodecError> {
    Ok(Row {
        code,
        at: fields.i64()?,
        venue_at: fields.i64()?,
        market: fields.u32()?,
        price: fields.u16()?,
        ask: fields.u16()?,
        last: fields.u16()?,
        size: fields.i64()?,
    })
}

fn decode_snapshot(fields: &mut Fields<'_>) -> Result<Event, CodecError> {
    let at = Timestamp::from_nanos(fields.i64()?);
    let venue_at = Timestamp::from_nanos(fields.i64()?);
    let market = MarketId(fields.u32()?);
    let (bids, asks) = (fields.u16()?, fields.u16()?);
    let mut levels = |count: u16| -> Result<Vec<Level>, CodecError> {
        (0..count)
            .map(|_| {
                Ok(Level {
                    price: Price::from_e4(fields.u16()?).ok_or(BadRow::Price)?,
                    quantity: Quantity::from_e6(fields.i64()?),
                })
            })
            .collect()
    };
    let (bids, asks) = (levels(bids)?, levels(asks)?);
    Ok(Event::BookSnapshot(Box::new(BookSnapshot { at, venue_at, market, bids, asks })))
}

struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(CodecError::Short)?;
        self.0 = rest;
        Ok(*head)
    }

    fn u16(&mut self) -> Result<u16, CodecError> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, CodecError> {
        self.take().map(u32::from_le_bytes)
    }

    fn i64(&mut self) -> Result<i64, CodecError> {
        self.take().map(i64::from_le_bytes)
    }
}

/// Strengths are floats, and a JSON parser may miss the last bit: they travel as bits beside.
#[derive(serde::Serialize)]
struct SignalOut<'a> {
    event: &'static str,
    #[serde(flatten)]
    signal: &'a Signal,
    strength_bits: Vec<u64>,
}

#[derive(serde::Deserialize)]
struct StrengthBits {
    #[serde(default)]
    strength_bits: Vec<u64>,
}

/// The event as one JSON object.
#[must_use]
pub fn to_json(event: &Event) -> String {
    let text = match event {
        Event::SignalReceived(signal) => signal_to_json(signal),
        other => serde_json::to_string(other),
    };
    // Domain values have string keys and finite numbers only: serde_json cannot fail on them.
    text.unwrap_or_else(|error| format!("{{\"event\":\"unwritable\",\"error\":\"{error}\"}}"))
}

fn signal_to_json(signal: &Signal) -> Result<String, serde_json::Error> {
    let strength_bits = signal.labels.iter().map(|label| label.strength.to_bits()).collect();
    let mut plain = signal.clone();
    for label in &mut plain.labels {
        if !label.strength.is_finite() {
            label.strength = 0.0;
        }
    }
    plain.forecast = plain.forecast.filter(statecraft_domain::signal::Forecast::is_finite);
    serde_json::to_string(&SignalOut { event: "signal_received", signal: &plain, strength_bits })
}

/// The event of a JSON object written by [`to_json`].
pub(crate) fn from_json(json: &[u8]) -> Result<Event, serde_json::Error> {
    let mut event: Event = serde_json::from_slice(json)?;
    if let Event::SignalReceived(signal) = &mut event {
        let StrengthBits { strength_bits } = serde_json::from_slice(json)?;
        for (label, bits) in signal.labels.iter_mut().zip(strength_bits) {
            label.strength = f64::from_bits(bits);
        }
    }
    Ok(event)
}

/// The tag under which an event is written.
#[must_use]
pub const fn kind(event: &Event) -> &'static str {
    match event {
        Event::MarketListed(_) => "market_listed",
        Event::MarketStatusChanged(_) => "market_status_changed",
        Event::MarketSettled(_) => "market_settled",
        Event::BookSnapshot(_) => "book_snapshot",
        Event::BookChanged(_) => "book_changed",
        Event::BookLost(_) => "book_lost",
        Event::Traded(_) => "traded",
        Event::Quoted(_) => "quoted",
        Event::ClockTicked(_) => "clock_ticked",
        Event::SignalReceived(_) => "signal_received",
        Event::SourceSeen(_) => "source_seen",
        Event::OrderSent(_) => "order_sent",
        Event::OrderAccepted(_) => "order_accepted",
        Event::OrderRejected(_) => "order_rejected",
        Event::OrderUnknown(_) => "order_unknown",
        Event::OrderFilled(_) => "order_filled",
        Event::OrderClosed(_) => "order_closed",
        Event::CancelFailed(_) => "cancel_failed",
        Event::AccountReported(_) => "account_reported",
        Event::ConnectionChanged(_) => "connection_changed",
        Event::ModeChanged(_) => "mode_changed",
        Event::StandingChanged(_) => "standing_changed",
        Event::RestrictionChanged(_) => "restriction_changed",
        Event::FlattenRequested(_) => "flatten_requested",
        Event::StrategyChanged(_) => "strategy_changed",
        Event::ClockJudged(_) => "clock_judged",
        Event::VenueConditionChanged(_) => "venue_condition_changed",
        Event::Reconciled(_) => "reconciled",
        Event::ProfitMarked(_) => "profit_marked",
        Event::OrderDenied(_) => "order_denied",
        Event::CautionRaised(_) => "caution_raised",
        Event::FlattenEnded(_) => "flatten_ended",
        Event::PositionsAccepted(_) => "positions_accepted",
    }
}

/// The market an event is about, if it is about one.
#[must_use]
pub const fn market_of(event: &Event) -> Option<MarketId> {
    match event {
        Event::MarketListed(e) => Some(e.market),
        Event::MarketStatusChanged(e) => Some(e.market),
        Event::MarketSettled(e) => Some(e.market),
        Event::BookSnapshot(e) => Some(e.market),
        Event::BookChanged(e) => Some(e.market),
        Event::BookLost(e) => Some(e.market),
        Event::Traded(e) => Some(e.market),
        Event::Quoted(e) => Some(e.market),
        Event::OrderFilled(e) => Some(e.fill.market),
        Event::ClockTicked(_)
        | Event::SignalReceived(_)
        | Event::SourceSeen(_)
        | Event::OrderSent(_)
        | Event::OrderAccepted(_)
        | Event::OrderRejected(_)
        | Event::OrderUnknown(_)
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
        | Event::FlattenEnded(_) => None,
    }
}
