//! The verb `replay`: a recorded session run again.

use std::path::PathBuf;

use statecraft_domain::Action;

use super::{CliError, Common, Exit, Outcome, emit};
use crate::runtime::replay::{Difference, ReplayError, Verdict, verify};

/// Flags of `replay`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// A recording of `run`; its session file must lie beside it.
    pub tape: PathBuf,
    /// Compare every action with the recorded one; exit code 4 at a difference.
    #[arg(long)]
    pub verify: bool,
    /// Strategy files to use instead of the recorded ones: where would they first have made a difference?
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub strategy: Vec<PathBuf>,
}

/// Runs the verb.
///
/// # Errors
/// [`CliError`] if the recording or its session cannot be read.
pub fn run(args: Args, common: &Common) -> Outcome {
    let verdict = verify(&args.tape, &args.strategy).map_err(|error| match error {
        ReplayError::NoSession(_) | ReplayError::Config(_) => CliError::usage(error.to_string()),
        other => CliError::failed(other.to_string()),
    })?;
    if common.json {
        let json = serde_json::to_string(&verdict)
            .map_err(|error| CliError::failed(format!("cannot write the verdict: {error}")))?;
        emit(&format!("{json}\n"))?;
    } else {
        emit(&text(&verdict))?;
    }
    Ok(if args.verify && !verdict.ok { Exit::Mismatch } else { Exit::Ok })
}

fn text(v: &Verdict) -> String {
    let mut text = format!(
        "{} events, {} actions ({} orders), hash {}\n",
        v.events, v.actions, v.orders, v.actions_hash
    );
    match (&v.first_difference, v.ok) {
        (_, true) if v.recorded_events.is_none() => {
            text.push_str(&format!(
                "the same as far as it was recorded; {} actions after that are compared with nothing, since the run \
                 (or its session file) did not end in good order\n",
                v.unrecorded
            ));
        }
        (_, true) => text.push_str("every action is the same\n"),
        (Some(difference), false) => text.push_str(&difference_text(difference)),
        (None, false) => text.push_str(&format!(
            "no action differs, but {} events were recorded and {} are there\n",
            v.recorded_events.unwrap_or_default(),
            v.events
        )),
    }
    if !v.same_configuration {
        text.push_str("the engine is not configured as it was when this was recorded\n");
    }
    text
}

fn difference_text(d: &Difference) -> String {
    let show = |action: &Option<Action>| match action {
        Some(action) => serde_json::to_string(action).unwrap_or_else(|error| error.to_string()),
        None => "nothing".to_owned(),
    };
    format!(
        "first difference at event {} ({}), action {}:\n  recorded {}\n  replayed {}\n",
        d.event,
        d.kind,
        d.action,
        show(&d.recorded),
        show(&d.replayed)
    )
}
