//! The verb `tape`: look inside recordings, seal them, export them.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{CliError, Common, Exit, Outcome, emit};
use crate::research::summary::time_text;
use crate::tape::statistics::Statistics;
use crate::tape::{
    BATCH, Format, SealOptions, SourceNotes, TapeError, TapeReader, detect, event_json, expand,
    market_of, open, seal,
};

/// Flags of `tape`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with a tape.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Action {
    /// What is in it: counts, markets, span, gaps, broken lines, bytes an event.
    Info {
        /// Tapes, foreign recordings, or directories of them.
        #[arg(required = true)]
        tapes: Vec<PathBuf>,
    },
    /// Its events as JSON lines.
    Cat {
        /// A tape or a foreign recording.
        tape: PathBuf,
        /// Only events of this market.
        #[arg(long)]
        market: Option<String>,
        /// Only the first so many.
        #[arg(long)]
        limit: Option<u64>,
    },
    /// Turn a recording into a sealed tape (Parquet).
    Seal {
        /// A recording.
        tape: PathBuf,
        /// The sealed tape to write.
        #[arg(long, short = 'o')]
        out: PathBuf,
        /// Add `price` and `size` as floats, for notebooks; about two bytes an event.
        #[arg(long)]
        floats: bool,
    },
}

/// Runs the verb.
///
/// # Errors
/// [`CliError`] if a tape cannot be read or written.
pub fn run(args: Args, common: &Common) -> Outcome {
    match args.action {
        Action::Info { tapes } => {
            expand(&tapes).map_err(failed)?.iter().try_for_each(|tape| info(tape, common))
        }
        Action::Cat { tape, market, limit } => {
            cat(&tape, market.as_deref(), limit.unwrap_or(u64::MAX))
        }
        Action::Seal { tape, out, floats } => seal_tape(&tape, &out, floats, common),
    }
    .map(|()| Exit::Ok)
}

fn failed(error: TapeError) -> CliError {
    CliError::failed(error.to_string())
}

fn info(path: &Path, common: &Common) -> Result<(), CliError> {
    let format = detect(path).map_err(failed)?;
    let mut source = open(path).map_err(failed)?;
    let mut statistics = Statistics::default();
    let mut batch = Vec::with_capacity(BATCH);
    while source.read(&mut batch).map_err(failed)? {
        for event in &batch {
            statistics.observe(event);
        }
        batch.clear();
    }
    statistics.finish();
    let bytes = std::fs::metadata(path).map_err(|e| failed(TapeError::io(path, e)))?.len();
    let notes = source.notes();
    if common.json {
        emit(&format!("{}\n", info_json(path, format, bytes, &statistics, notes)))
    } else {
        emit(&info_text(path, format, bytes, &statistics, notes))
    }
}

#[expect(clippy::cast_precision_loss, reason = "for display")]
fn bytes_per_event(bytes: u64, events: u64) -> f64 {
    if events == 0 { 0.0 } else { bytes as f64 / events as f64 }
}

fn info_json(
    path: &Path,
    format: Format,
    bytes: u64,
    s: &Statistics,
    notes: &SourceNotes,
) -> serde_json::Value {
    let markets: Vec<_> = market_rows(s)
        .map(|(id, ticker, events)| {
            let trust = s.trust.market(id);
            json!({
                "market": ticker,
                "events": events,
                "book_losses": trust.losses,
                "sequence_gaps": trust.sequence_gaps,
                "untrusted_seconds": trust.untrusted.secs_f64(),
            })
        })
        .collect();
    json!({
        "schema_version": 1,
        "tape": path,
        "format": format,
        "bytes": bytes,
        "events": s.events(),
        "bytes_per_event": bytes_per_event(bytes, s.events()),
        "start": s.span.map(|(start, _)| time_text(start)),
        "end": s.span.map(|(_, end)| time_text(end)),
        "kinds": s.kinds,
        "lines": notes.lines,
        "unparsable_lines": notes.broken_lines,
        "broken_lines": notes.broken,
        "ignored": notes.ignored,
        "torn_bytes": notes.torn_bytes,
        "sequence_gaps": notes.sequence_gaps,
        "unknown_fields": notes.unknown_fields,
        "untrusted_seconds": s.trust.untrusted_seconds(),
        "ticker_checks": s.ticker.checks,
        "ticker_matches": s.ticker.matches,
        "books_crossed": s.ticker.crossed,
        "markets": markets,
    })
}

fn market_rows(s: &Statistics) -> impl Iterator<Item = (statecraft_domain::MarketId, &str, u64)> {
    let ids = (0..).map(statecraft_domain::MarketId);
    ids.zip(&s.tickers).zip(&s.by_market).filter(|(_, events)| **events > 0).map(
        |((id, ticker), &events)| {
            (id, if ticker.is_empty() { "?" } else { ticker.as_str() }, events)
        },
    )
}

fn info_text(
    path: &Path,
    format: Format,
    bytes: u64,
    s: &Statistics,
    notes: &SourceNotes,
) -> String {
    let mut text = format!(
        "{}: {format}, {bytes} bytes, {} events ({:.2} bytes an event)\n",
        path.display(),
        s.events(),
        bytes_per_event(bytes, s.events())
    );
    if let Some((start, end)) = s.span {
        let seconds = (end - start).secs_f64();
        text.push_str(&format!("{} to {} ({seconds:.1} s)\n", time_text(start), time_text(end)));
    }
    for (kind, count) in &s.kinds {
        text.push_str(&format!("  {kind:<22} {count}\n"));
    }
    text.push_str(&format!(
        "unreadable lines {}, sequence gaps {}, torn bytes {}, untrusted {:.1} s, \
         unknown fields {}\n",
        notes.broken_lines,
        notes.sequence_gaps,
        notes.torn_bytes,
        s.trust.untrusted_seconds(),
        notes.unknown_fields
    ));
    for broken in &notes.broken {
        text.push_str(&format!("  line {}: {}\n", broken.line, broken.reason));
    }
    if s.ticker.checks > 0 {
        text.push_str(&format!(
            "tickers equal to the rebuilt book {} of {}, crossed {}\n",
            s.ticker.matches, s.ticker.checks, s.ticker.crossed
        ));
    }
    for (id, ticker, events) in market_rows(s) {
        let trust = s.trust.market(id);
        text.push_str(&format!(
            "  {ticker:<40} {events:>9} events, book lost {} times, untrusted {:.1} s\n",
            trust.losses,
            trust.untrusted.secs_f64()
        ));
    }
    text
}

fn cat(path: &Path, market: Option<&str>, limit: u64) -> Result<(), CliError> {
    use std::io::Write as _;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut written = 0;
    let mut wanted = None;
    for event in TapeReader::open(path).map_err(failed)? {
        if written >= limit {
            break;
        }
        let event = event.map_err(failed)?;
        if let Some(market) = market {
            if let statecraft_domain::Event::MarketListed(listed) = &event
                && listed.listing.ticker == market
            {
                wanted = Some(listed.market);
            }
            if wanted.is_none() || market_of(&event) != wanted {
                continue;
            }
        }
        match writeln!(out, "{}", event_json(&event)) {
            Ok(()) => written += 1,
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => {
                return Err(CliError::failed(format!("cannot write to stdout: {error}")));
            }
        }
    }
    match out.flush() {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(CliError::failed(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

fn seal_tape(path: &Path, out: &Path, floats: bool, common: &Common) -> Result<(), CliError> {
    if out.exists() {
        let out = out.display();
        return Err(CliError::usage(format!("{out} exists; choose another name")));
    }
    let events = seal(path, out, SealOptions { floats }).map_err(failed)?;
    if common.json {
        emit(&format!("{}\n", json!({ "schema_version": 1, "tape": out, "events": events })))
    } else {
        emit(&format!("{}: {events} events\n", out.display()))
    }
}
