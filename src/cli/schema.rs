//! The verb `schema`.

use super::{CliError, Common, Exit, Outcome, emit};
use crate::config::schema;

/// Flags of `schema`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Which file's schema.
    #[arg(value_enum)]
    which: Which,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Which {
    /// config/statecraft.toml
    Settings,
    /// strategies/*.toml
    Strategy,
}

/// Runs the verb.
///
/// # Errors
/// [`CliError`] with the exit code that the failure deserves.
pub fn run(args: Args, _common: &Common) -> Outcome {
    let schema = match args.which {
        Which::Settings => schema::settings(),
        Which::Strategy => schema::strategy(),
    };
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| CliError::failed(format!("cannot write the schema: {error}")))?;
    emit(&format!("{text}\n"))?;
    Ok(Exit::Ok)
}
