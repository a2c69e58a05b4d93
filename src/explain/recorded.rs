//! What a state directory knows: signals and decisions from the journal, forecasts from the skill ledger.
//! Both are opened read-only; a bot that writes them is not disturbed.

use std::path::Path;

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
    #[error("the journal holds no decision of order {0}; `journal show --orders` lists its orders")]
    NoSuchOrder(ClientOrderId),
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
/// [`ExplainError::Skill`] if the ledger cannot be read.
pub fn past(
    dir: &Path,
    strategy: &str,
    ticker: Option<&str>,
    at: Timestamp,
) -> Result<Option<Past>, ExplainError> {
    let store = match Store::open_read_only(dir) {
        Ok(store) => store,
        Err(SkillError::Missing(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let forecast = store.forecast_at(strategy, ticker, at)?;
    Ok(forecast.map(|forecast| {
        let decision = serde_json::from_str(&forecast.decision).ok();
        Past { forecast, decision }
    }))
}

/// The decision of an order, as it was journaled before the order was sent.
///
/// # Errors
/// [`ExplainError`] if there is none, or the journal cannot be read.
pub fn order(dir: &Path, order: ClientOrderId) -> Result<Decided, ExplainError> {
    let records = inspect::records(dir, &["decision"], Timestamp::MAX)?;
    let found = records.into_iter().find_map(|record| match record {
        Record::Decision(decided) if decided.order == order => Some(*decided),
        _ => None,
    });
    found.ok_or(ExplainError::NoSuchOrder(order))
}
