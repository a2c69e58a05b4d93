//! The command line: one file per verb. Data goes to stdout, everything else to stderr; every verb
//! that reports has `--json`; exit codes are [`Exit`].

pub mod alerts;
pub mod backtest;
pub mod check;
pub mod classify;
pub mod completions;
pub mod config;
pub mod controls;
pub mod drill;
pub mod explain;
pub mod fit;
pub mod flatten;
pub mod import;
pub mod journal;
pub mod kill;
pub mod operate;
pub mod pause;
mod progress;
pub mod replay;
pub mod report;
pub mod resume;
pub mod run;
pub mod schema;
mod signal_files;
pub mod sim;
pub mod simulate;
pub mod skill;
pub mod status;
mod strategy_files;
pub mod tape;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// How the program ended. The numbers are part of the contract with scripts and supervisors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Ok,
    /// 1: the work failed.
    Failed,
    /// 2: wrong usage or configuration; nothing was started.
    Usage,
    /// 3: refused by a safety rule; nothing was started.
    Refused,
    /// 4: a verification found a difference.
    Mismatch,
    /// 5: the journal failed while trading: the disk needs a look before the next start.
    JournalFailed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::Mismatch => 4,
            Exit::JournalFailed => 5,
        })
    }
}

/// An error for people, and the exit code that goes with it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CliError {
    /// The exit code.
    pub exit: Exit,
    /// What was wrong, where, and what to do.
    pub message: String,
}

impl CliError {
    /// Exit code 1.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, message: message.into() }
    }

    /// Exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// Exit code 3.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { exit: Exit::Refused, message: message.into() }
    }
}

/// What every verb's `run` returns.
pub type Outcome = Result<Exit, CliError>;

/// A prediction-market trading bot driven by sovereign-capital signals.
#[derive(Debug, Parser)]
#[command(name = "statecraft", version, about, long_about = None, propagate_version = true)]
#[command(
    after_help = "Exit codes: 0 ok, 1 failed, 2 usage or invalid configuration, 3 refused by a \
                        safety rule, 4 verification mismatch, 5 the journal failed while trading."
)]
pub struct Cli {
    /// Flags of every verb.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Flags of every verb.
#[derive(Debug, Clone, clap::Args)]
pub struct Common {
    /// Settings file.
    #[arg(long, short = 'c', global = true, default_value = "config/statecraft.toml")]
    pub config: PathBuf,
    /// Print one JSON object (or JSON lines) on stdout instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// More log lines on stderr (repeat for more); RUST_LOG overrides.
    #[arg(long, short = 'v', global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Trade. As shipped: paper trading against an embedded venue, no account needed.
    #[command(alias = "trade")]
    Run(run::Args),
    /// How the running bot is.
    Status(status::Args),
    /// No new orders, of one strategy or of all, until `resume`.
    Pause(pause::Args),
    /// Trade again after a pause or, with --release-kill, after a kill.
    Resume(resume::Args),
    /// The stop button: nothing leaves, everything that rests is cancelled, also after a restart.
    Kill(kill::Args),
    /// Rehearse a fault on a paper bot at the embedded venue.
    Drill(drill::Args),
    /// Edits of strategy files that wait for a person.
    Config(config::Args),
    /// Close positions near the best price.
    Flatten(flatten::Args),
    /// Validate settings and strategies and print the effective limits.
    #[command(alias = "doctor")]
    Check(check::Args),
    /// Run strategies over recordings.
    #[command(alias = "backtesting")]
    Backtest(backtest::Args),
    /// Fit an event's intensity to dated history, and score it out of sample.
    Fit(fit::Args),
    /// Convert foreign recordings into our own tape.
    Import(import::Args),
    /// Look inside a tape.
    Tape(tape::Args),
    /// Serve a simulated venue on loopback.
    Sim(sim::Args),
    /// Torture strategies in seeded worlds and check every safety rule after every step.
    Simulate(simulate::Args),
    /// Read headlines as the bot would, and score that against labels.
    Classify(classify::Args),
    /// Every risk control: its limits in force, when it last stopped something, and its proof.
    Controls(controls::Args),
    /// Look inside the journal.
    Journal(journal::Args),
    /// Why a strategy believes what it believes, and why it did what it did.
    Explain(explain::Args),
    /// How good the forecasts were, beside the market's prices.
    Skill(skill::Args),
    /// Run a recorded session again and compare every action.
    Replay(replay::Args),
    /// Rebuild the report of a backtest directory.
    Report(report::Args),
    /// Print a shell completion script.
    Completions(completions::Args),
    /// Print the JSON Schema of the settings or strategy files.
    Schema(schema::Args),
}

/// Parses the command line, runs the verb, and turns errors into text and an exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.common.json;
    // `run` chooses for itself: its live view may have the terminal.
    if !matches!(cli.verb, Verb::Run(_)) {
        crate::telemetry::init(cli.common.verbose, json);
    }
    match dispatch(cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            print_error(&error, json);
            error.exit.into()
        }
    }
}

fn dispatch(cli: Cli) -> Outcome {
    let common = &cli.common;
    match cli.verb {
        Verb::Run(args) => run::run(args, common),
        Verb::Status(args) => status::run(args, common),
        Verb::Pause(args) => pause::run(args, common),
        Verb::Resume(args) => resume::run(args, common),
        Verb::Kill(args) => kill::run(args, common),
        Verb::Drill(args) => drill::run(args, common),
        Verb::Config(args) => config::run(args, common),
        Verb::Flatten(args) => flatten::run(args, common),
        Verb::Check(args) => check::run(args, common),
        Verb::Backtest(args) => backtest::run(args, common),
        Verb::Fit(args) => fit::run(args, common),
        Verb::Import(args) => import::run(args, common),
        Verb::Tape(args) => tape::run(args, common),
        Verb::Sim(args) => sim::run(args, common),
        Verb::Simulate(args) => simulate::run(args, common),
        Verb::Classify(args) => classify::run(args, common),
        Verb::Controls(args) => controls::run(args, common),
        Verb::Journal(args) => journal::run(args, common),
        Verb::Explain(args) => explain::run(args, common),
        Verb::Skill(args) => skill::run(args, common),
        Verb::Replay(args) => replay::run(args, common),
        Verb::Report(args) => report::run(args, common),
        Verb::Completions(args) => completions::run(args, common),
        Verb::Schema(args) => schema::run(args, common),
    }
}

/// The one place where a failure is shown: text, or one JSON object with `--json`, on stderr.
/// Nobody may read it any more (`2>&1 | head`): the exit code still says it.
fn print_error(error: &CliError, json: bool) {
    use std::io::Write as _;
    let line = if json {
        let exit = format!("{:?}", error.exit).to_lowercase();
        serde_json::json!({ "error": error.message, "kind": exit }).to_string()
    } else {
        format!("error: {}", error.message)
    };
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Says something to people, on stderr. Nobody may read it any more.
pub fn complain(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Writes data to stdout. A closed pipe (`| head`) is not an error.
///
/// # Errors
/// [`CliError`] if stdout cannot be written for any other reason.
pub fn emit(text: &str) -> Result<(), CliError> {
    use std::io::Write as _;
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(CliError::failed(format!("cannot write to stdout: {error}"))),
    }
}
