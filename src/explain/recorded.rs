//! What a state directory knows: signals and decisions from the journal, forecasts from the skill ledger.
//! Both are opened read-only; a bot that writes them is not disturbed.

use std::path::{Path, PathBuf};

use statecraft_domain::{ClientOrderId, Event, Timestamp};
use statecraft_engine::facts::DecisionFacts;

use crate::journal::{Decided, JournalError, Record, inspect};
use crate::skill::store::Forecast;
use crate::skill::{SkillError, Store};

/// Why there is nothing to explain.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The skill ledger cannot be read.
    #[error(transparent)]
    Skill(#[from] SkillError),
    /// No decision of that order.
    #[error(
        "the journal holds no decision of order {order}; `journal show --orders` lists its orders{}",
        archives(.earlier)
    )]
    NoSuchOrder {
        /// Which.
        order: ClientOrderId,
        /// Journals of earlier embedded runs beside this one, newest first.
        earlier: Vec<PathBuf>,
    },
    /// The order is another strategy's.
    #[error("order {order} is one of strategy {owner}: `explain {owner} --order {order}`")]
    OtherStrategy {
        /// Which.
        order: ClientOrderId,
        /// Whose.
        owner: String,
    },
    /// No forecast of that market.
    #[error("strategy {strategy} has no forecast of market {ticker}; {}", markets(.known))]
    NoSuchMarket {
        /// Whose.
        strategy: String,
        /// Which.
        ticker: String,
        /// Those that it has forecast.
        known: Vec<String>,
    },
}

fn archives(earlier: &[PathBuf]) -> String {
    if earlier.is_empty() {
        return String::new();
    }
    let list: Vec<String> =
        earlier.iter().map(|dir| format!("\n  --state {}", dir.display())).collect();
    format!("; every embedded run begins a new journal, earlier ones are:{}", list.concat())
}

fn markets(known: &[String]) -> String {
    if known.is_empty() {
        return "it has forecast none yet".to_owned();
    }
    format!("it has forecast: {}", known.join(", "))
}

/// The last forecast before a moment, and the decision it led to.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// The forecast.
    pub forecast: Forecast,
    /// The decision, if one was kept.
    pub decision: Option<DecisionFacts>,
}

/// Signals and signs of life of their sources, in the order in which the engine heard them.
///
/// # Errors
/// [`ExplainError::Journal`] if there is no journal or it cannot be read.
pub fn heard(dir: &Path, until: Timestamp) -> Result<Vec<Event>, ExplainError> {
    let records = inspect::records(dir, &["signal_received", "source_seen"], until)?;
    let events = records.into_iter().filter_map(|record| match record {
        Record::Event(event) => Some(event),
        _ => None,
    });
    Ok(events.collect())
}

/// When the journal's last record was written, engine time.
///
/// # Errors
/// [`ExplainError::Journal`] if there is no journal or it cannot be read.
pub fn last_at(dir: &Path) -> Result<Option<Timestamp>, ExplainError> {
    Ok(inspect::last_at(dir)?)
}

/// The last forecast of a strategy before a moment, on one market or on any. No ledger is no forecast.
///
/// # Errors
/// [`ExplainError::Skill`] if the ledger cannot be read, or there is none and a market was named;
/// [`ExplainError::NoSuchMarket`] if the strategy never forecast that market.
pub fn past(
    dir: &Path,
    strategy: &str,
    ticker: Option<&str>,
    at: Timestamp,
) -> Result<Option<Past>, ExplainError> {
    let store = match Store::open_read_only(dir) {
        Ok(store) => store,
        Err(SkillError::Missing(_)) if ticker.is_none() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let forecast = store.forecast_at(strategy, ticker, at)?;
    if let (None, Some(ticker)) = (&forecast, ticker) {
        let known = store.tickers(strategy)?;
        if !known.iter().any(|one| one == ticker) {
            let (strategy, ticker) = (strategy.to_owned(), ticker.to_owned());
            return Err(ExplainError::NoSuchMarket { strategy, ticker, known });
        }
    }
    Ok(forecast.map(|forecast| {
        let decision = serde_json::from_str(&forecast.decision).ok();
        Past { forecast, decision }
    }))
}

/// The decision of an order of a strategy, as it was journaled before the order was sent.
///
/// # Errors
/// [`ExplainError`] if there is none, it is another strategy's, or the journal cannot be read.
pub fn order(dir: &Path, order: ClientOrderId, strategy: &str) -> Result<Decided, ExplainError> {
    let records = inspect::records(dir, &["run_started", "decision", "intent"], Timestamp::MAX)?;
    let (mut found, mut names, mut owner) = (None, Vec::new(), None);
    for record in records {
        match record {
            Record::RunStarted(run) => names = run.strategies,
            Record::Decision(decided) if decided.order == order => found = Some(*decided),
            Record::Intent(intent) if intent.get().id == order => {
                owner = names.get(intent.get().strategy.index()).cloned();
            }
            _ => {}
        }
    }
    if let Some(owner) = owner.filter(|owner| owner != strategy) {
        return Err(ExplainError::OtherStrategy { order, owner });
    }
    found.ok_or_else(|| ExplainError::NoSuchOrder { order, earlier: earlier(dir) })
}

/// Journals of earlier embedded runs beside this one, newest first.
fn earlier(dir: &Path) -> Vec<PathBuf> {
    let Some(name) = dir.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
    let parent = dir.parent().unwrap_or(Path::new("."));
    let is_earlier = |path: &PathBuf| {
        let other = path.file_name().and_then(|other| other.to_str());
        let number = other.and_then(|other| other.strip_prefix(name)?.strip_prefix('-'));
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
            && path.join(crate::journal::FILE_NAME).exists()
    };
    let entries = std::fs::read_dir(parent).into_iter().flatten();
    let mut found: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_earlier).collect();
    found.sort();
    found.reverse();
    found
}
