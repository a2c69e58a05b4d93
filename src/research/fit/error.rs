//! [`FitError`].

use std::path::PathBuf;

use statecraft_statistics::StatisticsError;

/// Why there is no fit.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// A file or directory could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A directory with nothing in it that we know.
    #[error(
        "{} is no history: it has neither visits.csv, inbound.csv, summits.csv or countries.csv (as in \
         data/visit-hazard) nor president_trips.csv (as in data/presidential-trips)",
        path.display()
    )]
    NotAHistory {
        /// Which.
        path: PathBuf,
    },
    /// A line that is not CSV, or not as long as its header.
    #[error("{}:{line}: {message}", path.display())]
    Csv {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// What is wrong with it.
        message: String,
    },
    /// A column that is needed and not there.
    #[error("{}:1: the column `{column}` is missing; the header has: {found}", path.display())]
    MissingColumn {
        /// Which file.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// Those there are.
        found: String,
    },
    /// A field that cannot be what its column holds.
    #[error("{}:{line}: `{column}` is \"{}\"; expected {expected}", path.display(), value.escape_debug())]
    Field {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What it says.
        value: String,
        /// What it may say.
        expected: &'static str,
    },
    /// No presidential visit in any of the histories.
    #[error("the histories hold no visit at all; a fit needs visits.csv or president_trips.csv")]
    NoVisits,
    /// Too few years for a rolling origin.
    #[error(
        "the history ends in {end}; the rolling origin begins in {first} and needs that year complete"
    )]
    TooShort {
        /// The last month of the fit.
        end: String,
        /// The first year that is forecast.
        first: i32,
    },
    /// A scenario for a country that is not in the panel.
    #[error("`{country}` is not in the panel; it has: {panel}")]
    UnknownCountry {
        /// Which.
        country: String,
        /// Those there are.
        panel: String,
    },
    /// A scenario that cannot be read.
    #[error(
        "scenario \"{text}\": {message}; expected COUNTRY@YYYY-MM, then any of ,visit=YYYY-MM \
         ,inbound=YYYY-MM ,no-visits-since=YYYY-MM"
    )]
    Scenario {
        /// What was given.
        text: String,
        /// What is wrong with it.
        message: String,
    },
    /// The numbers have no answer.
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
    /// The fitted event file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
