//! The verb `drill`: rehearse a fault on a paper bot.

use std::time::Duration;

use super::{Common, Outcome, operate};
use crate::control::protocol::Request;

/// Flags of `drill`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// ws-freeze, timeout-after-accept, ghost-fill, venue-pause, clock-skew, or disk-full (which ends the
    /// run).
    name: String,
}

/// Switches a fault of the embedded venue on, watches the bot, says what passed, and puts it right again.
///
/// # Errors
/// [`super::CliError`]: 1 if no bot runs or the rehearsal failed, 3 against any other venue.
pub fn run(args: Args, common: &Common) -> Outcome {
    let request = Request::Drill { name: args.name };
    let reply = operate::request(common, &request, Duration::from_secs(150))?;
    operate::show(&reply, common.json)
}
