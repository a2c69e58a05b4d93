//! The verb `completions`.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{Cli, Common, Exit, Outcome, emit};

/// Flags of `completions`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Which shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs the verb.
///
/// # Errors
/// [`super::CliError`] with the exit code that the failure deserves.
pub fn run(args: Args, _common: &Common) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "statecraft", &mut script);
    emit(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Ok)
}
