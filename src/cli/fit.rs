//! The verb `fit`.

use std::path::PathBuf;

use super::progress::steps;
use super::{CliError, Common, Exit, Outcome, emit};
use crate::research::fit::scenario::Scenario;
use crate::research::fit::{FitError, Options, file, json, text, visits};

/// Flags of `fit`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// What is fitted.
    #[arg(value_enum)]
    event: Event,
    /// A directory of dated history; several, each adding what lies after those before it.
    #[arg(long, value_name = "DIR", required = true, num_args = 1..)]
    history: Vec<PathBuf>,
    /// Predict COUNTRY from YYYY-MM to December, as in japan@2026-06,visit=2025-10,inbound=2026-03 (what is
    /// assumed on top of the record). By default: Japan in 2026, as in docs/FIT.md.
    #[arg(long, value_name = "COUNTRY@YYYY-MM[,..]")]
    predict: Vec<String>,
    /// Write the fitted event file that strategies name as `model.fit`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What can be fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Event {
    /// Visits of the US President to fifty countries.
    Visits,
}

impl From<FitError> for CliError {
    fn from(error: FitError) -> Self {
        match error {
            FitError::NotAHistory { .. }
            | FitError::Scenario { .. }
            | FitError::UnknownCountry { .. } => Self::usage(error.to_string()),
            // A path that is not there is a wrong flag, as a directory without a history is.
            FitError::Unreadable { ref source, .. }
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                Self::usage(error.to_string())
            }
            _ => Self::failed(error.to_string()),
        }
    }
}

/// Runs the verb.
///
/// # Errors
/// [`CliError`]: 1 for a history that cannot be read or fitted, 2 for a wrong flag or directory.
pub fn run(args: Args, common: &Common) -> Outcome {
    let Event::Visits = args.event;
    let scenarios =
        args.predict.iter().map(|text| Scenario::parse(text)).collect::<Result<_, _>>()?;
    let options = Options { history: args.history, scenarios };
    let bar = steps(0, "rolling origin", "years");
    let fitted = visits(&options, &|done, total| bar.set(done, total));
    bar.done();
    let fitted = fitted?;
    if let Some(out) = &args.out {
        file::write(&fitted, out)?;
    }
    if common.json {
        emit(&format!("{}\n", json::json(&fitted)))?;
    } else {
        emit(&text::text(&fitted))?;
    }
    Ok(Exit::Ok)
}
