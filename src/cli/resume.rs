//! The verb `resume`.

use std::time::Duration;

use super::{Common, Outcome, operate};
use crate::control::protocol::Request;

/// Flags of `resume`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Only this strategy, or this market; without it the whole account.
    #[arg(conflicts_with_all = ["release_kill", "accept_positions"])]
    strategy: Option<String>,
    /// Why; the journal keeps it.
    #[arg(long)]
    reason: String,
    /// Release a kill: the account is compared with the venue's first.
    #[arg(long)]
    release_kill: bool,
    /// Take over positions of which reports have proven that they are not the journal's: you traded by hand at the
    /// venue. Says each, ours and the venue's.
    #[arg(long)]
    accept_positions: bool,
}

/// Trade again after a pause, or after a kill.
///
/// # Errors
/// [`super::CliError`]: 1 if no bot runs, 3 if a safety rule refuses.
pub fn run(args: Args, common: &Common) -> Outcome {
    let Args { strategy, reason, release_kill, accept_positions } = args;
    let request = Request::Resume { strategy, reason, release_kill, accept_positions };
    let reply = operate::request(common, &request, Duration::from_secs(120))?;
    operate::show(&reply, common.json)
}
