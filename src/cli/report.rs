//! The verb `report`: rebuilds the page of a backtest from its files.

use std::path::PathBuf;

use super::{CliError, Common, Exit, Outcome, emit};
use crate::research::report;

/// Flags of `report`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Directory that `backtest --out` wrote.
    pub dir: PathBuf,
}

/// Runs the verb.
///
/// # Errors
/// [`CliError`] if the directory is not one of a backtest.
pub fn run(args: Args, common: &Common) -> Outcome {
    report::rebuild(&args.dir).map_err(|error| CliError::failed(error.to_string()))?;
    let page = args.dir.join("report.html");
    if common.json {
        emit(&format!("{}\n", serde_json::json!({ "report": page })))?;
    } else {
        emit(&format!("{}\n", page.display()))?;
    }
    Ok(Exit::Ok)
}
