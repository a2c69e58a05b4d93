//! Which format a file has, from its content and never from its name.

use std::fmt;
use std::io::BufRead as _;
use std::path::Path;
use std::str::FromStr;

use super::TapeError;
use super::foreign::{book_csv, lines, quotes_csv};
use super::recording;

/// Everything that can be recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Our own, while it is being written.
    Recording,
    /// Our own, sealed.
    Sealed,
    /// Kalshi websocket frames, one a line, bare or with their receive time.
    KalshiWs,
    /// Polymarket websocket frames, one a line.
    PolymarketWs,
    /// `seq,ts_ns,type,side,price_cents,qty`.
    BookCsv,
    /// `ts,market,bid,ask[,bid_size,ask_size]`.
    QuotesCsv,
}

impl Format {
    /// Every format by its name on the command line.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("recording", Self::Recording),
        ("sealed", Self::Sealed),
        ("kalshi-ws", Self::KalshiWs),
        ("polymarket-ws", Self::PolymarketWs),
        ("book-csv", Self::BookCsv),
        ("quotes-csv", Self::QuotesCsv),
    ];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Sealed => "sealed",
            Self::KalshiWs => "kalshi-ws",
            Self::PolymarketWs => "polymarket-ws",
            Self::BookCsv => "book-csv",
            Self::QuotesCsv => "quotes-csv",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().find(|(name, _)| *name == text).map(|&(_, format)| format).ok_or_else(
            || {
                let names: Vec<&str> = Self::ALL.iter().map(|&(name, _)| name).collect();
                format!("`{text}` is no tape format; known: {}", names.join(", "))
            },
        )
    }
}

/// How many lines are looked at before giving up: a recording may begin with broken ones.
const LOOK: usize = 50;

/// Recognises a file.
///
/// # Errors
/// [`TapeError`] if it cannot be read or is nothing we know.
pub fn detect(path: &Path) -> Result<Format, TapeError> {
    let mut reader = lines::open(path)?;
    let head = reader.fill_buf().map_err(|e| TapeError::io(path, e))?;
    if head.starts_with(b"PAR1") {
        return Ok(Format::Sealed);
    }
    if head.starts_with(recording::MAGIC) {
        return Ok(Format::Recording);
    }
    let mut line = Vec::new();
    for _ in 0..LOOK {
        line.clear();
        let read = lines::read_line(&mut reader, &mut line).map_err(|e| TapeError::io(path, e))?;
        if read == 0 {
            break;
        }
        if let Some(format) = of_line(&line) {
            return Ok(format);
        }
    }
    Err(TapeError::Unrecognised {
        path: path.to_owned(),
        reason: format!(
            "no known recording in its first {LOOK} lines; known: our own tapes, kalshi-ws and \
             polymarket-ws (JSON lines, plain or zstd), book-csv ({}), quotes-csv ({})",
            book_csv::HEADER,
            quotes_csv::HEADER
        ),
    })
}

fn of_line(line: &[u8]) -> Option<Format> {
    let line = line.trim_ascii();
    if line == book_csv::HEADER.as_bytes() {
        return Some(Format::BookCsv);
    }
    if quotes_csv::is_header(line) {
        return Some(Format::QuotesCsv);
    }
    match line.first() {
        Some(b'{' | b'[') => of_value(&serde_json::from_slice(line).ok()?),
        _ => None,
    }
}

fn of_value(value: &serde_json::Value) -> Option<Format> {
    if let Some(items) = value.as_array() {
        return items.iter().find_map(of_value);
    }
    if let Some(frame) = value.get("frame").or_else(|| value.get("raw")) {
        return of_value(frame);
    }
    if value.get("ctl").is_some() && value.get("recv_ns").is_some() {
        return Some(Format::KalshiWs);
    }
    if value.get("event_type").is_some() || value.get("asset_id").is_some() {
        return Some(Format::PolymarketWs);
    }
    let kind = value.get("type")?.as_str()?;
    let kalshi = ["subscribed", "ok", "orderbook_snapshot", "orderbook_delta", "ticker", "trade"];
    (kalshi.contains(&kind) && (value.get("msg").is_some() || value.get("sid").is_some()))
        .then_some(Format::KalshiWs)
}
