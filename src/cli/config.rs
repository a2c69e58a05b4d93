//! The verb `config`: edits of strategy files that wait for a person.

use std::time::Duration;

use super::{Common, Outcome, operate};
use crate::control::protocol::Request;

/// Flags of `config`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum What {
    /// Put an edit that loosens limits in force.
    Accept(Accept),
}

#[derive(Debug, Clone, clap::Args)]
struct Accept {
    /// The edit's hash, or its first eight digits or more; `status` and the log show it.
    hash: String,
    /// Also where a limit grows more than fivefold, or an order may cost a quarter of everything.
    #[arg(long)]
    i_understand: bool,
}

/// Accepts a pending edit.
///
/// # Errors
/// [`super::CliError`]: 1 if no bot runs or no such edit waits, 3 if more than a yes is needed.
pub fn run(args: Args, common: &Common) -> Outcome {
    let What::Accept(Accept { hash, i_understand }) = args.what;
    let request = Request::AcceptConfig { hash, understood: i_understand };
    let reply = operate::request(common, &request, Duration::from_secs(15))?;
    operate::show(&reply, common.json)
}
