//! `report.html`: one page that needs nothing else, not even a network. Pictures are inline SVG, every
//! text is escaped, and no script runs.

mod chart;
mod page;

use std::path::Path;

use statecraft_domain::{Quantity, Timestamp, Usd};

use super::equity::Point;
use super::outputs::{OutputError, write};
use super::summary::Summary;

pub use page::render;

/// Probabilities of a model without a market, over time, and whose.
pub type ModelPath = (String, Vec<(Timestamp, f64)>);

/// Why a report cannot be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file is missing or cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A file of the directory is not what a backtest writes.
    #[error("{file}: {reason}; is this the directory of a backtest?")]
    Unreadable {
        /// Which file.
        file: String,
        /// Where and why.
        reason: String,
    },
}

/// Rebuilds `report.html` of a backtest's directory from its other files.
///
/// # Errors
/// [`ReportError`] if the directory is not one of a backtest.
pub fn rebuild(dir: &Path) -> Result<(), ReportError> {
    let json = read(&dir.join("summary.json"))?;
    let summary: Summary = serde_json::from_str(&json).map_err(|e| ReportError::Unreadable {
        file: dir.join("summary.json").display().to_string(),
        reason: e.to_string(),
    })?;
    let path = dir.join("equity.csv");
    let curve = read_equity(&read(&path)?)
        .map_err(|reason| ReportError::Unreadable { file: path.display().to_string(), reason })?;
    let path = dir.join("predictions.csv");
    let models = read_models(&read(&path)?);
    write(&dir.join("report.html"), &render(&summary, &curve, &models))?;
    Ok(())
}

/// The rows of `predictions.csv` that have no market, by strategy.
fn read_models(csv: &str) -> Vec<ModelPath> {
    let mut models: Vec<ModelPath> = Vec::new();
    let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
    for row in reader.records().filter_map(Result::ok) {
        let (Some(at), Some(""), Some(strategy), Some(p)) =
            (row.get(0), row.get(1), row.get(2), row.get(3))
        else {
            continue;
        };
        let at: Option<jiff::Timestamp> = at.parse().ok();
        let at = at.and_then(|at| i64::try_from(at.as_nanosecond()).ok());
        let (Some(at), Ok(p)) = (at, p.parse()) else { continue };
        let point = (Timestamp::from_nanos(at), p);
        match models.iter_mut().find(|(name, _)| name == strategy) {
            Some((_, points)) => points.push(point),
            None => models.push((strategy.to_owned(), vec![point])),
        }
    }
    models
}

fn read(path: &Path) -> Result<String, OutputError> {
    std::fs::read_to_string(path).map_err(|source| OutputError { path: path.to_owned(), source })
}

/// The points of `equity.csv`.
fn read_equity(csv: &str) -> Result<Vec<Point>, String> {
    let mut points = Vec::new();
    for (number, line) in (1..).zip(csv.lines()).skip(1) {
        let point = read_point(line).ok_or_else(|| format!("line {number} is no row of it"))?;
        points.push(point);
    }
    Ok(points)
}

fn read_point(line: &str) -> Option<Point> {
    let mut fields = line.split(',');
    let at: jiff::Timestamp = fields.next()?.parse().ok()?;
    let cash: Usd = fields.next()?.parse().ok()?;
    let equity: Usd = fields.next()?.parse().ok()?;
    let _drawdown: Usd = fields.next()?.parse().ok()?;
    let gross: Quantity = fields.next()?.parse().ok()?;
    let at = Timestamp::from_nanos(i64::try_from(at.as_nanosecond()).ok()?);
    Some(Point { at, cash, equity, gross })
}
