//! What the verbs that operate a running bot have in common.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::{CliError, Common, Exit, Outcome, emit};
use crate::config::{self, Overrides, Settings};
use crate::control::client::{AskError, ask};
use crate::control::protocol::{self, Reply, Request};

/// Reads the settings; these verbs need no strategy.
///
/// # Errors
/// [`CliError`] with exit code 2 for settings that are not valid.
pub fn settings(common: &Common) -> Result<Settings, CliError> {
    Ok(config::load_settings(&common.config, &Overrides::default())?)
}

/// The state directory of the settings.
///
/// # Errors
/// As [`settings`].
pub fn state_dir(common: &Common) -> Result<PathBuf, CliError> {
    Ok(settings(common)?.state_dir)
}

/// Asks the running bot.
///
/// # Errors
/// [`CliError`] with exit code 1 if none runs, or it does not answer.
pub fn request(common: &Common, request: &Request, patience: Duration) -> Result<Reply, CliError> {
    let dir = state_dir(common)?;
    ask(&dir, request, patience).map_err(|error| {
        let hint = match (&error, request) {
            (AskError::NotRunning { .. }, Request::Kill { .. }) => {
                "\nto cancel what rests at the venue: `statecraft kill --direct`; to keep the next start \
                 from trading: make a file named KILL in the state directory"
            }
            _ => "",
        };
        CliError::failed(format!("{error}{hint}"))
    })
}

/// Shows a reply and turns it into the exit code.
///
/// # Errors
/// [`CliError`] for a refusal (3) or a failure (1).
pub fn show(reply: &Reply, json: bool) -> Outcome {
    if json {
        let shown = json!({
            "outcome": reply.outcome, "message": reply.message, "data": reply.data,
        });
        emit(&format!("{shown}\n"))?;
        return Ok(exit(reply.outcome));
    }
    match reply.outcome {
        protocol::Outcome::Done => {
            emit(&format!("{}\n", reply.message))?;
            Ok(Exit::Ok)
        }
        protocol::Outcome::Refused => Err(CliError::refused(reply.message.clone())),
        protocol::Outcome::Failed => Err(CliError::failed(reply.message.clone())),
    }
}

/// The exit code of an outcome.
#[must_use]
pub const fn exit(outcome: protocol::Outcome) -> Exit {
    match outcome {
        protocol::Outcome::Done => Exit::Ok,
        protocol::Outcome::Refused => Exit::Refused,
        protocol::Outcome::Failed => Exit::Failed,
    }
}
