//! The verb `pause`.

use std::time::Duration;

use super::{Common, Outcome, operate};
use crate::control::protocol::Request;

/// Flags of `pause`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Only this strategy; without it the whole account.
    strategy: Option<String>,
    /// Why; the journal keeps it.
    #[arg(long)]
    reason: String,
}

/// No new orders until `resume`; what rests is cancelled. Holds over restarts.
///
/// # Errors
/// [`super::CliError`]: 1 if no bot runs, 3 if a safety rule refuses.
pub fn run(args: Args, common: &Common) -> Outcome {
    let request = Request::Pause { strategy: args.strategy, reason: args.reason };
    let reply = operate::request(common, &request, Duration::from_secs(10))?;
    operate::show(&reply, common.json)
}
