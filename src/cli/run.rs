//! The verb `run`: the bot.

use std::io::IsTerminal as _;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{CliError, Common, Exit, Outcome, emit};
use crate::config::{self, Overrides};
use crate::runtime::descriptors;
use crate::runtime::error::RunError;
use crate::runtime::gateway::Gate;
use crate::runtime::panic::end_process_on_panic;
use crate::runtime::screen::Screen;
use crate::runtime::session::{self, Options};
use crate::telemetry;

/// Flags of `run`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Trade with real money; the settings must say mode = "live" as well.
    #[arg(long, conflicts_with = "dry_run")]
    live: bool,
    /// Trade on paper (the default; accepted for habit's sake).
    #[arg(long)]
    dry_run: bool,
    /// Stop by itself after this much wall time, such as 90s, 15m or 2h.
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    run_for: Option<Duration>,
    /// The embedded venue's story: same seed, same story.
    #[arg(long)]
    seed: Option<u64>,
    /// How many times faster than the wall clock the embedded venue's time runs.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    speed: Option<u32>,
    /// Log lines instead of the live view, also on a terminal.
    #[arg(long)]
    no_view: bool,
}

/// Runs the bot until Ctrl-C, SIGTERM, `--for`, or the end of the embedded story.
///
/// # Errors
/// [`CliError`]: 2 for a wrong configuration, 3 when a safety rule refuses, 5 when the journal failed
/// while trading, 1 when the work failed otherwise.
pub fn run(args: Args, common: &Common) -> Outcome {
    let overrides = overrides(&args);
    let loaded = config::load(&common.config, &overrides)
        .map_err(|report| CliError::usage(report.to_string()))?;
    let view = std::io::stderr().is_terminal() && !args.no_view && !common.json;
    if view {
        let file = loaded.settings.state_dir.join("statecraft.log");
        telemetry::init_to_file(common.verbose, &file).map_err(|error| {
            CliError::refused(format!("cannot write the log {}: {error}", file.display()))
        })?;
    } else {
        telemetry::init(common.verbose, common.json);
    }
    for note in &loaded.notes {
        tracing::info!("{note}");
    }
    descriptors::check().map_err(|error| CliError::refused(error.to_string()))?;
    let gate = Gate::default();
    end_process_on_panic(gate.clone());
    let options = Options {
        gate,
        live: args.live,
        run_for: args.run_for,
        screen: if view { Screen::terminal() } else { Screen::log() },
        source: Some((common.config.clone(), overrides)),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| CliError::failed(format!("cannot start the runtime: {error}")))?;
    let summary = runtime.block_on(async {
        let stop = CancellationToken::new();
        tokio::spawn(stop_on_signal(stop.clone()));
        session::run(loaded, options, stop).await
    });
    let summary = summary.map_err(to_cli)?;
    if common.json {
        let json = serde_json::to_string(&summary)
            .map_err(|error| CliError::failed(format!("cannot write the summary: {error}")))?;
        emit(&format!("{json}\n"))?;
    } else {
        emit(&summary.to_text())?;
    }
    Ok(Exit::Ok)
}

/// Flags that are settings under another name.
fn overrides(args: &Args) -> Overrides {
    let mut set = Vec::new();
    if let Some(seed) = args.seed {
        set.push(("embedded.seed".to_owned(), seed.to_string()));
    }
    if let Some(speed) = args.speed {
        set.push(("embedded.speed".to_owned(), speed.to_string()));
    }
    Overrides { set }
}

pub(super) fn to_cli(error: RunError) -> CliError {
    let message = error.to_string();
    if matches!(error, RunError::JournalFailed(_)) {
        CliError { exit: Exit::JournalFailed, message }
    } else if error.is_refusal() {
        CliError::refused(message)
    } else if error.is_usage() {
        CliError::usage(message)
    } else {
        CliError::failed(message)
    }
}

/// An interrupt this soon after the first is the same one: shells and wrappers deliver it to the
/// process and to its group.
const SAME_INTERRUPT: Duration = Duration::from_secs(1);

/// The first Ctrl-C or SIGTERM asks for a clean stop; a second Ctrl-C ends the process at once (the
/// next start recovers, as after any crash).
async fn stop_on_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::error!("signals cannot be watched; stop with --for or SIGKILL");
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    stop.cancel();
    let echoes = async { while interrupt.recv().await.is_some() {} };
    let _ = tokio::time::timeout(SAME_INTERRUPT, echoes).await;
    interrupt.recv().await;
    std::process::exit(130);
}

/// `90s`, `15m`, `2h`, `1d`, or plain seconds.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let number: u64 =
        number.parse().map_err(|_| "a number and a unit, such as 90s, 15m or 2h".to_owned())?;
    let seconds = match unit {
        "s" => Some(number),
        "m" => number.checked_mul(60),
        "h" => number.checked_mul(3_600),
        "d" => number.checked_mul(86_400),
        _ => return Err(format!("unknown unit {unit:?}: use s, m, h or d")),
    };
    // A year bounds it far below where the timer's arithmetic could overflow.
    match seconds {
        Some(seconds) if (1..=366 * 86_400).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err("between one second and 366 days".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(parse_duration("7"), Ok(Duration::from_secs(7)));
        for wrong in ["", "s", "0s", "-1s", "1.5h", "3y", "99999999999999999999s", "999999999999d"]
        {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
