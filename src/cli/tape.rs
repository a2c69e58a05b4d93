//! The verb `tape`.

use super::{CliError, Common, Outcome};

/// Flags of `tape`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {}

/// Runs the verb.
///
/// # Errors
/// [`CliError`] with the exit code that the failure deserves.
pub fn run(args: Args, common: &Common) -> Outcome {
    let _ = (args, common);
    Err(CliError::failed("not built yet"))
}
