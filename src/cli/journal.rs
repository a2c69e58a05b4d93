//! The verb `journal`.

use std::path::PathBuf;

use comfy_table::Table as Printed;
use comfy_table::presets::NOTHING;
use serde_json::{Map, Value, json};

use super::run::to_cli;
use super::{CliError, Common, Exit, Outcome, emit};
use crate::config;
use crate::journal::JournalError;
use crate::journal::inspect::{self, Table, View};
use crate::runtime::new_key::{self, Changed};
use crate::runtime::state_dir::journal_dir;

/// Flags of `journal`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
    /// Directory of the journal; by default where `run` with these settings writes it.
    #[arg(long, alias = "state", global = true, value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum What {
    /// Print orders, fills, positions or records; also while the bot runs.
    Show(Show),
    /// Check the chain of checksums and the invariants; exit code 4 if something is wrong.
    Verify,
    /// Go on under the key of the settings, a new one of the same account; no bot may run.
    ///
    /// The venue must show an order or a fill of this journal under the new key, unless none ever came to it.
    /// What the journal knows stays in force: a kill, losses, pauses, positions. It reads at the venue, sends
    /// nothing, and changes nothing if there is no proof (exit code 3).
    NewKey,
}

#[derive(Debug, Clone, clap::Args)]
struct Show {
    /// Orders and what became of them (the default).
    #[arg(long, group = "view")]
    orders: bool,
    /// Executions.
    #[arg(long, group = "view")]
    fills: bool,
    /// Positions by market, on the YES axis, and how each settled.
    #[arg(long, group = "view")]
    positions: bool,
    /// The records themselves.
    #[arg(long, group = "view")]
    records: bool,
    /// How many rows at most, the last ones.
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: u32,
}

impl From<JournalError> for CliError {
    fn from(error: JournalError) -> Self {
        if error.is_refusal() {
            Self::refused(error.to_string())
        } else {
            Self::failed(error.to_string())
        }
    }
}

/// Runs the verb.
///
/// # Errors
/// [`CliError`] with the exit code that the failure deserves.
pub fn run(args: Args, common: &Common) -> Outcome {
    match args.what {
        What::Show(show) => {
            let dir = dir(args.state_dir, common)?;
            let table = inspect::show(&dir, show.view(), show.limit)?;
            emit(&if common.json { json_lines(&table) } else { text(&table) })?;
            Ok(Exit::Ok)
        }
        What::Verify => verify(&dir(args.state_dir, common)?, common.json),
        What::NewKey => new_key(args.state_dir, common),
    }
}

fn dir(state_dir: Option<PathBuf>, common: &Common) -> Result<PathBuf, CliError> {
    if let Some(dir) = state_dir {
        return Ok(dir);
    }
    let settings = config::load_settings(&common.config, &config::Overrides::default())?;
    Ok(journal_dir(&settings.state_dir, &settings.kalshi.endpoint))
}

fn new_key(state_dir: Option<PathBuf>, common: &Common) -> Outcome {
    let mut settings = config::load_settings(&common.config, &config::Overrides::default())?;
    settings.state_dir = state_dir.unwrap_or(settings.state_dir);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| CliError::failed(format!("cannot start the runtime: {error}")))?;
    let changed = runtime.block_on(new_key::change(&settings)).map_err(to_cli)?;
    if common.json {
        emit(&format!("{}\n", json!({ "changed": changed })))?;
        return Ok(Exit::Ok);
    }
    emit(&match changed {
        Some(Changed { from, to, proof }) => {
            format!("the journal goes on under the key {to} instead of {from}: {proof}\n")
        }
        None => "the journal is of this key already; nothing was changed\n".to_owned(),
    })?;
    Ok(Exit::Ok)
}

impl Show {
    const fn view(&self) -> View {
        match (self.fills, self.positions, self.records) {
            (true, _, _) => View::Fills,
            (_, true, _) => View::Positions,
            (_, _, true) => View::Records,
            _ => View::Orders,
        }
    }
}

fn verify(dir: &std::path::Path, as_json: bool) -> Outcome {
    let verdict = inspect::verify(dir).map_err(|error| match error {
        // Damage is what this verb looks for: a difference, not a refusal to start.
        JournalError::Corrupt { .. } => {
            CliError { exit: Exit::Mismatch, message: error.to_string() }
        }
        other => other.into(),
    })?;
    if as_json {
        emit(&format!("{}\n", json!(verdict)))?;
    } else {
        let mut text = format!(
            "{} records of {} runs, {} intents, {} fills: the chain holds\n",
            verdict.records, verdict.runs, verdict.intents, verdict.fills
        );
        for violation in &verdict.violations {
            text.push_str(&format!("violated: {violation}\n"));
        }
        emit(&text)?;
    }
    Ok(if verdict.violations.is_empty() { Exit::Ok } else { Exit::Mismatch })
}

fn text(table: &Table) -> String {
    let mut printed = Printed::new();
    printed.load_style(NOTHING).set_header(&table.columns).add_rows(&table.rows);
    printed.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn json_lines(table: &Table) -> String {
    let line = |row: &Vec<String>| {
        let fields = table.columns.iter().zip(row).map(|(column, cell)| {
            let value = match column.as_str() {
                "body" => serde_json::from_str(cell).unwrap_or_else(|_| json!(cell)),
                "seq" | "run" | "fills" => {
                    cell.parse::<i64>().map_or_else(|_| json!(cell), |n| json!(n))
                }
                _ => json!(cell),
            };
            (column.clone(), value)
        });
        format!("{}\n", Value::Object(fields.collect::<Map<_, _>>()))
    };
    table.rows.iter().map(line).collect()
}
