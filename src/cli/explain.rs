//! The verb `explain`: why a strategy believes what it believes, and why it did what it did.

use std::path::{Path, PathBuf};

use serde_json::Value;
use statecraft_domain::{ClientOrderId, Event, Nanos, Timestamp};
use statecraft_engine::Strategy;
use statecraft_engine::config::ModelSpec;

use super::signal_files::known_sources;
use super::skill::ledger_dir;
use super::{CliError, Common, Exit, Outcome, emit};
use crate::config::nearest::by_nearness;
use crate::config::{self, LoadedStrategy};
use crate::explain::{self, Case, ExplainError, Explanation};
use crate::research::feed::SignalFile;
use crate::research::summary::time_text;
use crate::runtime::clock::wall_now;

/// Flags of `explain`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The strategy: its file, or its name in the strategies directory.
    strategy: PathBuf,
    /// Explain this moment (RFC 3339, or a day, which means its end in UTC) instead of the last one.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Explain this order, as it was decided.
    #[arg(long, value_name = "ID", conflicts_with_all = ["at", "signals"])]
    order: Option<String>,
    /// Signals to hear instead of those of the state directory, as for `backtest`.
    #[arg(long, num_args = 1.., value_name = "[class=CLASS:]PATH")]
    signals: Vec<SignalFile>,
    /// Directory of the state; by default where `run` with these settings keeps it. May be read while the
    /// bot runs.
    #[arg(long, alias = "state-dir", value_name = "DIR")]
    state: Option<PathBuf>,
    /// The market, if the strategy has several.
    #[arg(long, value_name = "TICKER")]
    market: Option<String>,
}

impl From<ExplainError> for CliError {
    fn from(error: ExplainError) -> Self {
        Self::failed(error.to_string())
    }
}

/// Runs the verb.
///
/// # Errors
/// [`CliError`] if the strategy is invalid, or what it needs cannot be read.
pub fn run(args: Args, common: &Common) -> Outcome {
    let (loaded, rivals) = load(&args.strategy, common)?;
    let explanation = if let Some(order) = &args.order {
        of_order(&loaded, order, &args, common)?
    } else {
        of_moment(loaded, rivals, &args, common)?
    };
    if common.json {
        let mut json = serde_json::to_value(&explanation)
            .map_err(|error| CliError::failed(format!("explanation: {error}")))?;
        name_times(&mut json);
        emit(&format!("{json}\n"))?;
    } else {
        emit(&explain::text(&explanation))?;
    }
    Ok(Exit::Ok)
}

/// A path, or a name in the strategies directory.
fn load(strategy: &Path, common: &Common) -> Result<(LoadedStrategy, Vec<Strategy>), CliError> {
    let named = || -> Result<PathBuf, CliError> {
        let settings = config::load_settings(&common.config, &config::Overrides::default())?;
        Ok(settings.strategies_dir.join(strategy).with_extension("toml"))
    };
    let path = if strategy.exists() && !strategy.is_dir() { strategy.to_owned() } else { named()? };
    if !path.exists() {
        return Err(CliError::usage(unknown(strategy, &path)));
    }
    let loaded =
        config::load_with_rivals(&path).map_err(|report| CliError::usage(report.to_string()))?;
    let mut loaded = loaded.into_iter();
    let own = loaded.next().ok_or_else(|| CliError::usage("no strategy was named"))?;
    Ok((own, loaded.map(|rival| rival.strategy).collect()))
}

/// There is no such strategy; but there are others.
fn unknown(strategy: &Path, path: &Path) -> String {
    let dir = path.parent().unwrap_or(Path::new("."));
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let toml = files.filter(|file| file.extension().is_some_and(|extension| extension == "toml"));
    let names = toml.filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()));
    let name = strategy.to_string_lossy();
    let known = by_nearness(&name, names).join(", ");
    format!(
        "there is no strategy {name:?}: neither a file of that name nor {}; the directory has: {}",
        path.display(),
        if known.is_empty() { "none" } else { &known }
    )
}

fn case(loaded: LoadedStrategy, events: Vec<Event>) -> Case {
    Case {
        question: loaded.question,
        hash: loaded.hash,
        strategy: loaded.strategy,
        market: None,
        rivals: Vec::new(),
        sources: Vec::new(),
        events,
    }
}

fn of_order(
    loaded: &LoadedStrategy,
    order: &str,
    args: &Args,
    common: &Common,
) -> Result<Explanation, CliError> {
    let id: ClientOrderId = order.parse().map_err(|_| {
        CliError::usage(format!(
            "{order:?} is no order id of this program (sc-, sixteen hex digits, a number); \
                 `statecraft journal show --orders` lists them"
        ))
    })?;
    let dir = ledger_dir(args.state.as_deref(), common)?;
    let decided = explain::order(&dir, id, &loaded.strategy.name)?;
    Ok(case(loaded.clone(), Vec::new()).explain_order(&decided))
}

fn of_moment(
    loaded: LoadedStrategy,
    rivals: Vec<Strategy>,
    args: &Args,
    common: &Common,
) -> Result<Explanation, CliError> {
    let asked = args.at.as_deref().map(moment).transpose()?;
    let dir = state(args, common)?;
    let mut events: Vec<Event> = Vec::new();
    let mut last = None;
    if let Some(dir) = &dir {
        events = explain::heard(dir, asked.unwrap_or(Timestamp::MAX))?;
        last = explain::last_at(dir)?;
    }
    let known = known_sources(common);
    let feed = super::signal_files::load(&args.signals, std::slice::from_ref(&loaded), &known)?;
    events.extend(feed.events);
    events.sort_by_key(Event::at);
    let at = asked.or(last).unwrap_or_else(wall_now);
    let past = match &dir {
        Some(dir) => explain::past(dir, &loaded.strategy.name, args.market.as_deref(), at)?,
        None if args.market.is_some() && !has_ladder(&loaded.strategy) => {
            return Err(CliError::usage(
                "--market needs a state directory with forecasts: give --state DIR of a run",
            ));
        }
        None => None,
    };
    let told = events.last().map(Event::at).max(last);
    let (sources, market) = (known.policies, args.market.clone());
    let mut explanation =
        Case { sources, rivals, market, ..case(loaded, events) }.explain(at, past);
    explanation.notes.extend(ahead_of_record(at, told));
    Ok(explanation)
}

/// A moment that no record reaches: the model can look there, but nobody knows what will be heard.
fn ahead_of_record(at: Timestamp, told: Option<Timestamp>) -> Option<String> {
    let end = told.filter(|end| at - *end > Nanos::from_secs(86_400))?;
    Some(format!(
        "the record ends {}: this is what would be believed if nothing were heard until then",
        time_text(end)
    ))
}

/// Has it markets with deadlines of their own?
fn has_ladder(strategy: &Strategy) -> bool {
    matches!(&strategy.model, ModelSpec::Hazard(spec) if !spec.ladder.is_empty())
}

/// The state directory: the one named; without signal files the settings' own, if a bot ever ran there.
fn state(args: &Args, common: &Common) -> Result<Option<PathBuf>, CliError> {
    if args.state.is_none() && !args.signals.is_empty() {
        return Ok(None);
    }
    match ledger_dir(args.state.as_deref(), common) {
        Ok(dir) if args.state.is_some() || dir.join(crate::journal::FILE_NAME).exists() => {
            Ok(Some(dir))
        }
        Ok(_) => Ok(None),
        Err(error) if args.state.is_some() => Err(error),
        // Without settings there is no state: the strategy file alone is explained.
        Err(_) => Ok(None),
    }
}

/// Every time of an explanation, by the name of its field, becomes RFC 3339; the engine's own are
/// nanoseconds.
fn name_times(value: &mut Value) {
    const TIMES: [&str; 8] =
        ["at", "since", "deadline", "first", "valid_until", "until", "start", "denied"];
    match value {
        Value::Array(items) => items.iter_mut().for_each(name_times),
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_i64() {
                    Some(nanos) if TIMES.contains(&name.as_str()) => {
                        *field = Value::String(time_text(Timestamp::from_nanos(nanos)));
                    }
                    _ => name_times(field),
                }
            }
        }
        _ => {}
    }
}

fn moment(text: &str) -> Result<Timestamp, CliError> {
    let bad = || {
        CliError::usage(format!(
            "--at {text:?} is neither an RFC 3339 time nor a day, or not between 1678 and 2262"
        ))
    };
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return nanos(at).ok_or_else(bad);
    }
    let day: jiff::civil::Date = text.parse().map_err(|_| bad())?;
    let end = day.tomorrow().ok().and_then(|next| next.in_tz("UTC").ok()).ok_or_else(bad)?;
    let end = nanos(end.timestamp()).ok_or_else(bad)?;
    Ok(end - Nanos::from_secs(1))
}

fn nanos(at: jiff::Timestamp) -> Option<Timestamp> {
    i64::try_from(at.as_nanosecond()).ok().map(Timestamp::from_nanos)
}
