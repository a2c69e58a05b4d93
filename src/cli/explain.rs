//! The verb `explain`: why a strategy believes what it believes, and why it did what it did.

use std::path::{Path, PathBuf};

use serde_json::Value;
use statecraft_domain::{ClientOrderId, Event, Nanos, Timestamp};
use statecraft_engine::Strategy;
use statecraft_engine::config::ModelSpec;

use super::signal_files::known_sources;
use super::skill::ledger_dir;
use super::{CliError, Common, Exit, Outcome, emit};
use crate::config::{self, LoadedStrategy};
use crate::explain::{self, Case, ExplainError, Explanation, Past};
use crate::research::feed::SignalFile;
use crate::research::summary::time_text;
use crate::runtime::clock::wall_now;
use crate::skill::SkillError;

/// How long before the window of a contract opens its probability is asked for at most.
const BEFORE_ITS_TIME: Nanos = Nanos::from_secs(366 * 86_400);

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
    let all = load(&args.strategy, common)?;
    let loaded = all.first().ok_or_else(|| CliError::usage("no strategy was named"))?;
    let explanation = if let Some(order) = &args.order {
        of_order(loaded, order, &args, common)?
    } else {
        of_moment(loaded, &all, &args, common)?
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

/// The strategy, and after it those about the events that its own must come before.
fn load(strategy: &Path, common: &Common) -> Result<Vec<LoadedStrategy>, CliError> {
    let path = super::strategy_files::find(strategy, common)?;
    config::load_with_rivals(&path).map_err(|report| CliError::usage(report.to_string()))
}

fn case(loaded: &LoadedStrategy, events: Vec<Event>) -> Case {
    Case {
        question: loaded.question.clone(),
        hash: loaded.hash.clone(),
        strategy: loaded.strategy.clone(),
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
    Ok(case(loaded, Vec::new()).explain_order(&decided))
}

/// `all`: the strategy and its rivals, who hear with it, as in a run.
fn of_moment(
    loaded: &LoadedStrategy,
    all: &[LoadedStrategy],
    args: &Args,
    common: &Common,
) -> Result<Explanation, CliError> {
    let asked = args.at.as_deref().map(moment).transpose()?;
    if let Some(at) = asked {
        not_before_its_time(&loaded.strategy, at)?;
    }
    let dir = state(args, common)?;
    let mut events: Vec<Event> = Vec::new();
    let mut last = None;
    if let Some(dir) = &dir {
        events = explain::heard(dir, asked.unwrap_or(Timestamp::MAX))?;
        last = explain::last_at(dir)?;
    }
    let known = known_sources(common);
    let feed = super::signal_files::load(&args.signals, all, &known)?;
    events.extend(feed.events);
    events.sort_by_key(Event::at);
    let at = asked.or(last).unwrap_or_else(wall_now);
    let past = past(dir.as_deref(), &loaded.strategy, args.market.as_deref(), at)?;
    let told = events.last().map(Event::at).max(last);
    let (is_untold, has_past) =
        (events.first().is_none_or(|first| first.at() > at), past.is_some());
    let (sources, market) = (known.policies, args.market.clone());
    let rivals = all.iter().skip(1).map(|rival| rival.strategy.clone()).collect();
    let mut explanation =
        Case { sources, rivals, market, ..case(loaded, events) }.explain(at, past);
    explanation.notes.extend(ahead_of_record(at, told));
    explanation.notes.extend(before_record(at, is_untold, dir.as_deref(), has_past));
    if common.json {
        // People read them on stderr.
        explanation.notes.extend(feed.tally.notes);
    }
    Ok(explanation)
}

/// What is on record of a market before a moment. A market of the strategy's file can be explained without
/// any record; another one only if it was forecast.
fn past(
    dir: Option<&Path>,
    strategy: &Strategy,
    market: Option<&str>,
    at: Timestamp,
) -> Result<Option<Past>, CliError> {
    let is_own = market.is_none_or(|ticker| {
        strategy.markets.iter().any(|selector| selector.pattern.names(ticker))
    });
    let found = match dir {
        Some(dir) => explain::past(dir, &strategy.name, market, at),
        None => Ok(None),
    };
    match found {
        Err(ExplainError::NoSuchMarket { .. } | ExplainError::Skill(SkillError::Missing(_)))
            if is_own =>
        {
            Ok(None)
        }
        Ok(None) if !is_own => Err(CliError::usage(no_market(strategy, market))),
        other => Ok(other?),
    }
}

fn no_market(strategy: &Strategy, market: Option<&str>) -> String {
    format!(
        "{:?} is no market of {}, which has {}",
        market.unwrap_or_default(),
        strategy.name,
        super::check::markets(&strategy.markets)
    )
}

/// Long before a contract's window opens nobody could have traded it, and no number means anything.
fn not_before_its_time(strategy: &Strategy, at: Timestamp) -> Result<(), CliError> {
    let ModelSpec::Hazard(spec) = &strategy.model else { return Ok(()) };
    let opens = spec.ladder.iter().map(|rung| rung.horizon.start).chain([spec.window_start]).min();
    match opens.filter(|opens| at < *opens - BEFORE_ITS_TIME) {
        None => Ok(()),
        Some(opens) => Err(CliError::usage(format!(
            "--at {} is more than a year before the window of {} opens ({}): there is nothing to explain then",
            time_text(at),
            strategy.name,
            time_text(opens)
        ))),
    }
}

/// A moment before anything that was heard or forecast: what is shown is the strategy file's own.
fn before_record(
    at: Timestamp,
    is_untold: bool,
    dir: Option<&Path>,
    has_past: bool,
) -> Option<String> {
    if has_past {
        return None;
    }
    let at = time_text(at);
    match dir {
        Some(dir) if is_untold => Some(format!(
            "nothing on record in {} is as early as {at}: this is what the strategy file alone says",
            dir.display()
        )),
        Some(_) => None,
        None if is_untold => Some(format!(
            "nothing was heard until {at}: this is what the strategy file alone says; --state names the \
             directory of a run, --signals a file of signals"
        )),
        None => {
            Some("--state names the directory of a run, whose decisions are on record".to_owned())
        }
    }
}

/// A moment that no record reaches: the model can look there, but nobody knows what will be heard.
fn ahead_of_record(at: Timestamp, told: Option<Timestamp>) -> Option<String> {
    let end = told.filter(|end| at - *end > Nanos::from_secs(86_400))?;
    Some(format!(
        "the record ends {}: this is what would be believed if nothing were heard until then",
        time_text(end)
    ))
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
