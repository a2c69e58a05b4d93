//! The verb `check`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use serde_json::{Value, json};
use statecraft_engine::config::{
    Decision, Guards, MarketSelector, ModelSpec, StrategyLimits, TickerPattern,
};

mod certain;
mod ladder;
mod past;
mod records;
mod slugs;
mod windows;

use super::{CliError, Common, Exit, Outcome, complain, emit};
use crate::config::shape::span_text;
use crate::config::{self, ConfigReport, Loaded, LoadedStrategy, Overrides, Settings};
use crate::runtime::clock::wall_now;
use crate::runtime::preflight::{self, Look, Verdict};
use crate::runtime::state_dir::nearest;

/// Flags of `check`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Strategy files; by default all of the strategies directory.
    strategies: Vec<PathBuf>,
    /// Set one key of the settings, as in `--set limits.max_orders_per_day=50`.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value)]
    set: Vec<(String, String)>,
    /// Look at the venue, too: key, clock, status, account, markets; the disk and the account's lock. Reads only.
    #[arg(long)]
    online: bool,
}

/// Splits `section.key=value`.
fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

impl From<ConfigReport> for CliError {
    fn from(report: ConfigReport) -> Self {
        Self::usage(report.render(std::io::stderr().is_terminal()))
    }
}

/// Runs the verb.
///
/// # Errors
/// [`CliError`] with the exit code that the failure deserves.
pub fn run(args: Args, common: &Common) -> Outcome {
    let explicit = (!args.strategies.is_empty()).then_some(args.strategies.as_slice());
    let overrides = Overrides { set: args.set };
    match config::load_from(&common.config, &overrides, explicit) {
        Ok(loaded) => {
            let looks = if args.online { Some(online(&loaded)?) } else { None };
            report(&loaded, explicit.is_some(), looks.as_deref(), common)
        }
        Err(report) if common.json => {
            emit(&format!("{}\n", json!({ "valid": false, "problems": report.located() })))?;
            Ok(Exit::Usage)
        }
        Err(report) => Err(report.into()),
    }
}

/// What a run would meet.
fn online(loaded: &Loaded) -> Result<Vec<Look>, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| CliError::failed(format!("cannot start the runtime: {error}")))?;
    Ok(runtime.block_on(preflight::looks(loaded)))
}

/// A run would not begin: exit 1, since the files are right.
fn online_exit(looks: &[Look]) -> Exit {
    let bad = looks.iter().any(|look| look.verdict == Verdict::Bad);
    if bad { Exit::Failed } else { Exit::Ok }
}

fn report(loaded: &Loaded, explicit: bool, looks: Option<&[Look]>, common: &Common) -> Outcome {
    let findings = surroundings(&loaded.settings);
    let online = looks.map_or(Exit::Ok, online_exit);
    if common.json {
        let mut told = as_json(loaded, &findings);
        if let Some(looks) = looks {
            told["online"] = looks.iter().map(look_json).collect();
        }
        emit(&format!("{told}\n"))?;
        return Ok(if findings.is_empty() { online } else { Exit::Usage });
    }
    let shown: Vec<&LoadedStrategy> =
        loaded.strategies.iter().filter(|strategy| explicit || strategy.enabled).collect();
    let warnings = warnings(loaded);
    emit(&as_text(loaded, &shown, warnings.len()))?;
    if let Some(looks) = looks {
        emit(&online_text(looks))?;
    }
    for warning in &warnings {
        complain(&format!("warning: {warning}"));
    }
    if findings.is_empty() { Ok(online) } else { Err(CliError::usage(findings.join("\n"))) }
}

fn look_json(look: &Look) -> Value {
    json!({ "what": look.what, "verdict": look.verdict.name(), "told": look.told })
}

fn online_text(looks: &[Look]) -> String {
    let mut text = "\nNow\n".to_owned();
    for Look { what, verdict, told } in looks {
        text.push_str(&format!("{:8} {what}: {told}\n", verdict.name()));
    }
    text.push_str(match online_exit(looks) {
        Exit::Ok => "a run would begin; nothing was started\n",
        _ => "a run would not begin; nothing was started\n",
    });
    text
}

/// What the settings need from the machine: a place to write, and a key that is ours alone.
fn surroundings(settings: &Settings) -> Vec<String> {
    let state = writable(&settings.state_dir).err().map(|error| {
        format!("state_dir {} cannot be written: {error}", settings.state_dir.display())
    });
    let key = settings.kalshi.private_key.as_deref().and_then(|path| private(path).err());
    state.into_iter().chain(key).collect()
}

/// Tries the directory, or the nearest one above it that exists, without leaving anything behind.
fn writable(dir: &Path) -> std::io::Result<()> {
    let probe = nearest(dir).join(format!(".statecraft-check-{}", std::process::id()));
    std::fs::File::create_new(&probe)?;
    std::fs::remove_file(&probe)
}

fn private(path: &Path) -> Result<(), String> {
    let file = std::fs::File::open(path)
        .map_err(|error| format!("private_key {} cannot be read: {error}", path.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file
            .metadata()
            .map_err(|error| format!("private_key {}: {error}", path.display()))?
            .permissions()
            .mode()
            & 0o777;
        if mode & 0o077 != 0 {
            return Err(format!(
                "private_key {} can be read by others (mode {mode:04o}); run: chmod 600 {}",
                path.display(),
                path.display()
            ));
        }
    }
    Ok(())
}

fn as_text(loaded: &Loaded, shown: &[&LoadedStrategy], warnings: usize) -> String {
    let settings = &loaded.settings;
    let mut text = format!(
        "mode {}, kalshi endpoint {}, state in {}, configuration {}\n",
        settings.mode.name(),
        settings.kalshi.endpoint,
        settings.state_dir.display(),
        loaded.config_hash.get(..12).unwrap_or_default()
    );
    text.push_str("\nAccount\n");
    text.push_str(&table(&["limit".to_owned(), "value".to_owned()], account_rows(settings)));
    for strategy in shown {
        text.push_str(&format!("\n{}: {}\n", strategy.strategy.name, strategy.question));
        let header = ["limit".to_owned(), "value".to_owned()];
        let rows = described(strategy).into_iter().chain(strategy_rows(&strategy.strategy.limits));
        text.push_str(&table(&header, rows.collect()));
    }
    if shown.is_empty() {
        text.push_str("\nNo strategy is enabled: `run` would trade nothing.\n");
    }
    for note in &loaded.notes {
        text.push_str(&format!("\nnote: {note}"));
    }
    text.push_str(&match warnings {
        0 => "\nvalid; nothing was started\n".to_owned(),
        1 => "\nvalid, with a warning; nothing was started\n".to_owned(),
        count => format!("\nvalid, with {count} warnings; nothing was started\n"),
    });
    text
}

/// What is allowed and yet suspicious.
fn warnings(loaded: &Loaded) -> Vec<String> {
    let strategies = || loaded.strategies.iter().map(|loaded| &loaded.strategy);
    let mut warnings = ladder::warnings(strategies(), wall_now());
    warnings.extend(slugs::warnings(strategies()));
    warnings.extend(windows::warnings(strategies()));
    warnings.extend(certain::warnings(strategies()));
    warnings.extend(past::warnings(strategies(), wall_now()));
    let enabled = loaded.strategies.iter().filter(|one| one.enabled);
    warnings.extend(records::warnings(enabled.map(|one| &one.strategy)));
    warnings
}

type Rows = Vec<(&'static str, String)>;

fn table(header: &[String], rows: Rows) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(header);
    for (name, value) in rows {
        table.add_row([name.to_owned(), value]);
    }
    format!("{table}\n")
}

fn described(loaded: &LoadedStrategy) -> Rows {
    let strategy = &loaded.strategy;
    vec![
        ("enabled", loaded.enabled.to_string()),
        ("event", strategy.event.clone()),
        ("markets", markets(&strategy.markets)),
        ("model", model_name(&strategy.model).to_owned()),
        ("decision", decision_name(&strategy.decision).to_owned()),
    ]
}

pub(super) fn markets(selectors: &[MarketSelector]) -> String {
    let name = |selector: &MarketSelector| match &selector.pattern {
        TickerPattern::Exact(ticker) => format!("{} {ticker}", selector.venue),
        TickerPattern::Series(series) => format!("{} series {series}", selector.venue),
        TickerPattern::Glob(pattern) => format!("{} like {pattern}", selector.venue),
    };
    selectors.iter().map(name).collect::<Vec<_>>().join(", ")
}

const fn model_name(model: &ModelSpec) -> &'static str {
    match model {
        ModelSpec::Constant { .. } => "constant",
        ModelSpec::Market => "market",
        ModelSpec::External { .. } => "external",
        ModelSpec::Hazard(_) => "hazard",
    }
}

const fn decision_name(decision: &Decision) -> &'static str {
    match decision {
        Decision::Kelly(_) => "kelly",
        Decision::Threshold(_) => "threshold",
        Decision::Maker(_) => "maker",
    }
}

pub(super) fn account_rows(settings: &Settings) -> Rows {
    let limits = &settings.limits;
    let buffer = f64::from(limits.cash_buffer_e4) / 10_000.0;
    vec![
        ("max_account_cost", limits.max_account_cost.to_string()),
        ("cash_buffer", buffer.to_string()),
        ("max_open_orders", limits.max_open_orders.to_string()),
        ("max_orders_per_second", limits.max_orders_per_second.to_string()),
        ("max_orders_per_minute", limits.max_orders_per_minute.to_string()),
        ("max_orders_per_day", limits.max_orders_per_day.to_string()),
        ("max_book_age", span_text(limits.max_book_age)),
        ("duplicate_window", span_text(limits.duplicate_window)),
        ("max_unknown_orders", limits.max_unknown_orders.to_string()),
        ("max_unattended", span_text(limits.max_unattended)),
    ]
    .into_iter()
    .chain(guard_rows(&limits.guards))
    .chain([("paper_days", settings.paper.wanted.days().to_string())])
    .collect()
}

/// Limits beyond one order, and breakers, as they are written in the settings.
pub(super) fn guard_rows(guards: &Guards) -> Rows {
    let share = |e4: u32| (f64::from(e4) / 10_000.0).to_string();
    vec![
        ("reconcile_interval", span_text(guards.reconcile_interval)),
        ("max_model_age", span_text(guards.max_model_age)),
        ("max_driver_cost", guards.max_driver_cost.to_string()),
        ("max_venue_cost", guards.max_venue_cost.to_string()),
        ("max_total_cost", guards.max_total_cost.to_string()),
        ("max_repeats_per_hour", guards.max_repeats_per_hour.to_string()),
        ("max_repeats_per_day", guards.max_repeats_per_day.to_string()),
        ("max_day_loss", guards.max_day_loss.to_string()),
        ("max_week_loss", guards.max_week_loss.to_string()),
        ("max_drawdown", guards.max_drawdown.to_string()),
        ("mark_patience", span_text(guards.mark_patience)),
        ("max_signal_cost", guards.max_signal_cost.to_string()),
        ("max_source_cost", guards.max_source_cost.to_string()),
        ("max_hour_cost", guards.max_hour_cost.to_string()),
        ("max_reject_ratio", share(guards.max_reject_e4)),
        ("max_cancel_ratio", share(guards.max_cancel_e4)),
        ("min_ratio_orders", guards.min_ratio_orders.to_string()),
        ("max_auth_rejects", guards.max_auth_rejects.to_string()),
        ("max_impossible_orders", guards.max_impossible.to_string()),
        ("ramp_fraction", share(guards.ramp_e4)),
        ("ramp_days", (guards.ramp.get() / 86_400_000_000_000).to_string()),
    ]
}

pub(super) fn strategy_rows(limits: &StrategyLimits) -> Rows {
    vec![
        ("max_markets", limits.max_markets.to_string()),
        ("min_price", limits.min_price.to_string()),
        ("max_price", limits.max_price.to_string()),
        ("max_order_contracts", limits.max_order_contracts.to_string()),
        ("max_order_cost", limits.max_order_cost.to_string()),
        ("price_collar", limits.price_collar.to_string()),
        ("min_edge", limits.min_edge.to_string()),
        ("max_edge", limits.max_edge.to_string()),
        ("max_position_contracts", limits.max_position_contracts.to_string()),
        ("max_position_cost", limits.max_position_cost.to_string()),
        ("max_group_cost", limits.max_group_cost.to_string()),
        ("max_open_orders", limits.max_open_orders.to_string()),
        ("no_new_orders_before_close", span_text(limits.no_new_orders_before_close)),
    ]
}

fn as_json(loaded: &Loaded, findings: &[String]) -> Value {
    let settings = &loaded.settings;
    let object = |rows: Rows| {
        let pairs = rows.into_iter().map(|(name, value)| (name.to_owned(), json!(value)));
        Value::Object(pairs.collect())
    };
    let strategies = loaded.strategies.iter().map(|strategy| {
        json!({
            "name": strategy.strategy.name,
            "path": strategy.path,
            "enabled": strategy.enabled,
            "question": strategy.question,
            "event": strategy.strategy.event,
            "markets": markets(&strategy.strategy.markets),
            "model": model_name(&strategy.strategy.model),
            "decision": decision_name(&strategy.strategy.decision),
            "hash": strategy.hash,
            "limits": object(strategy_rows(&strategy.strategy.limits)),
        })
    });
    json!({
        "valid": findings.is_empty(),
        "mode": settings.mode.name(),
        "endpoint": settings.kalshi.endpoint.to_string(),
        "state_dir": settings.state_dir,
        "config_hash": loaded.config_hash,
        "limits": object(account_rows(settings)),
        "strategies": strategies.collect::<Vec<_>>(),
        "notes": loaded.notes,
        "warnings": warnings(loaded),
        "problems": findings,
    })
}
