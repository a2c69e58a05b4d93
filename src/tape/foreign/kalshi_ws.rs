//! `kalshi-ws`: Kalshi websocket frames, one a line, read by the mapper that reads them live.
//!
//! A line is a bare frame, or `{"recv_ns":int,"conn":int,"frame":{...}}`, or an event of the recorder
//! `{"recv_ns":int,"conn":int,"ctl":"...",...}`, of which `watch_market` tells a market's close. Bare
//! frames have no receive time: the venue's `ts_ms` stands in for it.
//!
//! A line that cannot be read is counted and left out. Whether it took anything from a book, the
//! sequence numbers of the frames after it tell.

use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;
use statecraft_domain::event::MarketStatusChanged;
use statecraft_domain::{Event, MarketStatus, Timestamp, Venue};

use super::lines::Lines;
use crate::tape::{BATCH, EventSource, SourceNotes, TapeError};
use crate::venue::MarketRegistry;
use crate::venue::kalshi::{FrameMapper, MapperSettings};

/// A bare file without a single time in so many lines has none at all.
const LOOK_FOR_TIME: u64 = 100_000;

/// A line with its receive time.
#[derive(Deserialize)]
struct Wrapped<'a> {
    recv_ns: i64,
    conn: u32,
    #[serde(borrow)]
    frame: Option<&'a RawValue>,
    ctl: Option<String>,
    market_ticker: Option<String>,
    close_time: Option<jiff::Timestamp>,
    status: Option<String>,
}

/// What the recorder said about a market.
#[derive(Debug, Clone, Copy)]
struct Watched {
    close: Option<Timestamp>,
    status: MarketStatus,
}

/// Reads the format.
#[derive(Debug)]
pub struct KalshiWs {
    lines: Lines,
    notes: SourceNotes,
    mapper: FrameMapper,
    registry: MarketRegistry,
    watched: HashMap<String, Watched>,
    /// Bare frames: which connection, and its subscriptions; the same one again is a new connection.
    connection: u32,
    subscribed: HashSet<u64>,
    last_at: Timestamp,
    /// A compressed file that ended before its end was met.
    cut_short: bool,
}

impl KalshiWs {
    /// Opens a file.
    ///
    /// # Errors
    /// [`TapeError`] if it cannot be read.
    pub fn open(path: &Path) -> Result<Self, TapeError> {
        Ok(Self {
            lines: Lines::open(path)?,
            notes: SourceNotes::default(),
            mapper: FrameMapper::new(MapperSettings {
                announced_is_paid: true,
                ..MapperSettings::default()
            }),
            registry: MarketRegistry::new(),
            watched: HashMap::new(),
            connection: 1,
            subscribed: HashSet::new(),
            last_at: first_time(path)?,
            cut_short: false,
        })
    }

    /// The next line. A recorder that died leaves a compressed file without its end: what is there is
    /// good, and that something is missing is said.
    fn advance(&mut self) -> Result<bool, TapeError> {
        if self.cut_short {
            return Ok(false);
        }
        match self.lines.advance() {
            Err(TapeError::Io { source, .. }) if source.kind() == ErrorKind::UnexpectedEof => {
                self.cut_short = true;
                let reason = "the compressed file is cut short here; what came before was read";
                self.notes.break_line(self.lines.number() + 1, reason);
                Ok(false)
            }
            other => other,
        }
    }

    fn take(&mut self, line: &[u8], out: &mut Vec<Event>) -> Result<(), String> {
        if let Some((recv_ns, conn, frame)) = split_wrapper(line) {
            return self.frame(Timestamp::from_nanos(recv_ns), conn, frame, out);
        }
        if !contains(line, b"\"recv_ns\"") {
            let at = venue_time(line).map_or(self.last_at, Timestamp::from_millis);
            let connection = self.bare_connection(line);
            return self.frame(at, connection, line, out);
        }
        let wrapped: Wrapped<'_> = serde_json::from_slice(line).map_err(|e| e.to_string())?;
        let at = Timestamp::from_nanos(wrapped.recv_ns);
        match (wrapped.frame, wrapped.ctl.as_deref()) {
            (Some(frame), _) => self.frame(at, wrapped.conn, frame.get().as_bytes(), out),
            (None, Some("watch_market")) => {
                self.watch(at, wrapped, out);
                Ok(())
            }
            (None, Some(_)) => {
                self.notes.ignored += 1;
                Ok(())
            }
            (None, None) => Err("neither `frame` nor `ctl`".to_owned()),
        }
    }

    fn frame(
        &mut self,
        at: Timestamp,
        connection: u32,
        frame: &[u8],
        out: &mut Vec<Event>,
    ) -> Result<(), String> {
        let at = at.max(self.last_at);
        self.last_at = at;
        let start = out.len();
        let note = self.mapper.frame(&mut self.registry, at, connection, frame, out);
        self.notes.sequence_gaps = self.mapper.counters().gaps;
        self.notes.unknown_fields = self.mapper.counters().unknown_fields;
        for event in out.iter_mut().skip(start) {
            if let Event::MarketListed(listed) = event
                && let Some(watched) = self.watched.get(&listed.listing.ticker)
            {
                listed.listing.close = listed.listing.close.or(watched.close);
                listed.listing.status = watched.status;
            }
        }
        match note {
            Ok(note) => {
                self.notes.ignored += u64::from(note.ignored.is_some());
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// The close and the state of a market, before or after its first frame.
    fn watch(&mut self, at: Timestamp, row: Wrapped<'_>, out: &mut Vec<Event>) {
        let Some(ticker) = row.market_ticker else { return };
        let close = row.close_time.and_then(|close| i64::try_from(close.as_nanosecond()).ok());
        let watched = Watched {
            close: close.map(Timestamp::from_nanos),
            status: status(row.status.as_deref()),
        };
        let at = at.max(self.last_at);
        self.last_at = at;
        if let Some(market) = self.registry.get(Venue::Kalshi, &ticker) {
            let Watched { close, status } = watched;
            out.push(Event::MarketStatusChanged(MarketStatusChanged { at, market, status, close }));
        }
        self.watched.insert(ticker, watched);
    }

    /// A subscription acknowledged a second time belongs to a new connection.
    fn bare_connection(&mut self, line: &[u8]) -> u32 {
        #[derive(Deserialize)]
        struct Ack {
            r#type: String,
            msg: Channel,
        }
        #[derive(Deserialize)]
        struct Channel {
            sid: u64,
        }
        if contains(line, b"\"subscribed\"")
            && let Ok(ack) = serde_json::from_slice::<Ack>(line)
            && ack.r#type == "subscribed"
            && !self.subscribed.insert(ack.msg.sid)
        {
            self.connection = self.connection.wrapping_add(1);
            self.subscribed.clear();
            self.subscribed.insert(ack.msg.sid);
        }
        self.connection
    }
}

/// The recorder's word for a market's state. An unknown one may not trade.
fn status(word: Option<&str>) -> MarketStatus {
    match word {
        None | Some("active" | "open") => MarketStatus::Active,
        Some("unopened" | "initialized") => MarketStatus::Unopened,
        Some("closed" | "settled" | "determined" | "finalized") => MarketStatus::Closed,
        Some(_) => MarketStatus::Paused,
    }
}

/// The usual wrapped line, without parsing the frame twice: receive time, connection, frame.
fn split_wrapper(line: &[u8]) -> Option<(i64, u32, &[u8])> {
    let rest = line.strip_prefix(b"{\"recv_ns\":")?;
    let (recv_ns, rest) = leading_integer(rest)?;
    let rest = rest.strip_prefix(b",\"conn\":")?;
    let (conn, rest) = leading_integer(rest)?;
    let frame = rest.strip_prefix(b",\"frame\":")?.trim_ascii_end().strip_suffix(b"}")?;
    // The frame must be the last member: an object that ends where the line ends. The mapper finds
    // out if it does not.
    (frame.first() == Some(&b'{') && frame.last() == Some(&b'}')).then_some((
        recv_ns,
        u32::try_from(conn).ok()?,
        frame,
    ))
}

fn leading_integer(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit())?;
    if end == 0 || end > 18 + 1 {
        return None;
    }
    let value = bytes[..end].iter().try_fold(0_i64, |value, &byte| {
        value.checked_mul(10)?.checked_add(i64::from(byte - b'0'))
    })?;
    Some((value, &bytes[end..]))
}

fn contains(line: &[u8], needle: &[u8]) -> bool {
    line.windows(needle.len()).any(|window| window == needle)
}

/// The venue's time in a bare frame.
fn venue_time(line: &[u8]) -> Option<i64> {
    let key = b"\"ts_ms\":";
    let at = line.windows(key.len()).rposition(|window| window == key)?;
    let digits = line[at + key.len()..].trim_ascii_start();
    leading_integer(digits).map(|(value, _)| value).filter(|&ms| ms < 10_000_000_000_000)
}

/// Frames before the first one with a time happen at that time; a wrapped file needs none.
fn first_time(path: &Path) -> Result<Timestamp, TapeError> {
    let mut lines = Lines::open(path)?;
    while lines.number() < LOOK_FOR_TIME && lines.advance()? {
        if contains(lines.line(), b"\"recv_ns\"") {
            break;
        }
        if let Some(ms) = venue_time(lines.line()) {
            return Ok(Timestamp::from_millis(ms));
        }
    }
    Ok(Timestamp::EPOCH)
}

impl EventSource for KalshiWs {
    fn read(&mut self, out: &mut Vec<Event>) -> Result<bool, TapeError> {
        let start = out.len();
        let mut line = Vec::new();
        while out.len() - start < BATCH && self.advance()? {
            self.notes.lines += 1;
            // The line is lent out while the reader's state changes.
            std::mem::swap(&mut line, self.lines.line_mut());
            let result = self.take(&line, out);
            std::mem::swap(&mut line, self.lines.line_mut());
            if let Err(reason) = result {
                self.notes.break_line(self.lines.number(), reason);
            }
        }
        Ok(out.len() > start)
    }

    fn notes(&self) -> &SourceNotes {
        &self.notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wrapper_is_split_where_serde_would() {
        let line =
            br#"{"recv_ns":1778477473683585792,"conn":3,"frame":{"type":"x","msg":{"a":1}}}"#;
        let (recv_ns, conn, frame) = split_wrapper(line).unwrap();
        assert_eq!((recv_ns, conn), (1_778_477_473_683_585_792, 3));
        assert_eq!(frame, br#"{"type":"x","msg":{"a":1}}"#);
        for other in [
            &br#"{"conn":3,"recv_ns":1,"frame":{}}"#[..],
            br#"{"recv_ns":1,"conn":3,"ctl":"connected"}"#,
            br#"{"recv_ns":99999999999999999999,"conn":3,"frame":{}}"#,
            br#"{"recv_ns":1,"conn":3,"frame":{}"#,
            b"",
        ] {
            assert_eq!(split_wrapper(other), None, "{}", String::from_utf8_lossy(other));
        }
    }

    #[test]
    fn the_time_of_a_bare_frame_is_the_venues() {
        assert_eq!(
            venue_time(br#"{"msg":{"ts":"x","ts_ms":1782873067123}}"#),
            Some(1_782_873_067_123)
        );
        assert_eq!(venue_time(br#"{"msg":{}}"#), None);
    }
}
