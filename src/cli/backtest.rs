//! The verb `backtest`: strategies over recordings.

use std::path::PathBuf;

use statecraft_domain::{Nanos, Quantity, Timestamp, Usd};
use statecraft_engine::config::{
    AccountLimits, Decision, EngineConfig, Guards, Strategy, Supervision,
};

use super::signal_files::{Known, known_sources};
use super::{CliError, Common, Exit, Outcome, emit};
use crate::config;
use crate::research::backtest::{BacktestOptions, Finished, run_with_signals as run_backtest};
use crate::research::feed::SignalFile;
use crate::research::outputs::Outputs;
use crate::research::report::{ModelPath, render};
use crate::research::summary::{Summary, Told, summarise, time_text};
use crate::tape::{Playback, PlaybackOptions, Settlements};

/// Flags of `backtest`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Strategies: files, or names in the strategies directory.
    #[arg(required = true, value_name = "STRATEGY")]
    pub strategies: Vec<PathBuf>,
    /// Tapes, foreign recordings (format recognised), or directories of them; several are sessions,
    /// put in order of time.
    #[arg(long, short = 't', num_args = 1..)]
    pub tape: Vec<PathBuf>,
    /// Dated signals, beside the tapes or instead of them: JSON lines (plain or zstd) of our own form or
    /// releases of the White House. `class=official:PATH` says what kind of source it is (without it
    /// national press, or what the settings say of a source of the file's name);
    /// `name=NAME:class=wire:PATH` names it; `whitehouse=PATH` is the official record.
    #[arg(long, num_args = 1.., value_name = "[class=CLASS:]PATH")]
    pub signals: Vec<SignalFile>,
    /// How the markets ended: CSV `market_ticker,result`.
    #[arg(long)]
    pub settlements: Option<PathBuf>,
    /// Directory for report.html, summary.json, fills.csv, equity.csv and predictions.csv.
    #[arg(long, short = 'o')]
    pub out: Option<PathBuf>,
    /// Names the orders; the same inputs and seed give the same actions.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Milliseconds from a decision to its arrival at the venue.
    #[arg(long, default_value_t = 50.0, value_name = "MS")]
    pub latency_ms: f64,
    /// Opening cash in dollars.
    #[arg(long, default_value = "1000", value_name = "USD")]
    pub cash: Usd,
    /// What own fills take stays gone until the recorded level changes. Default: true, unless every
    /// strategy is a `threshold` one, which is defined on a book that does not shrink.
    #[arg(long, value_name = "BOOL")]
    pub own_impact: Option<bool>,
    /// Apply the account limits of the settings file (`--config`) too. Without it only the
    /// strategies' own limits hold.
    #[arg(long)]
    pub account_limits: bool,
    /// A market's prediction is recorded at most this often, seconds of recorded time.
    #[arg(long, default_value_t = 10.0, value_name = "S")]
    pub prediction_interval: f64,
}

/// Runs the verb.
///
/// # Errors
/// [`CliError`] if the strategies are invalid, a tape cannot be read, or an output cannot be written.
pub fn run(args: Args, common: &Common) -> Outcome {
    if args.tape.is_empty() && args.signals.is_empty() {
        return Err(CliError::usage(
            "nothing to run over: give --tape with recordings, or --signals with dated headlines, or both \
             (`statecraft backtest --help`)",
        ));
    }
    let files = super::strategy_files::find_all(&args.strategies, common)?;
    let loaded =
        config::load_strategies(&files).map_err(|report| CliError::usage(report.to_string()))?;
    let known = if args.signals.is_empty() { Known::default() } else { known_sources(common) };
    let feed = super::signal_files::load(&args.signals, &loaded, &known)?;
    let told = Told {
        strategy_hashes: loaded.iter().map(|strategy| strategy.hash.clone()).collect(),
        seed: args.seed,
        signals: (!args.signals.is_empty()).then(|| feed.tally.clone()),
    };
    let strategies = loaded.into_iter().map(|loaded| loaded.strategy).collect();
    let mut options = options(&args, strategies, common)?;
    options.engine.sources = known.policies;
    let failed = |error: &dyn std::error::Error| CliError::failed(error.to_string());
    let settlements = match &args.settlements {
        Some(path) => Settlements::read(path).map_err(|error| failed(&error))?,
        None => Settlements::default(),
    };
    let playback = Playback::open(&args.tape, PlaybackOptions { settlements, public_only: true })
        .map_err(|error| failed(&error))?;
    let outputs = args.out.as_deref().map(Outputs::create).transpose();
    let outputs = outputs.map_err(|error| failed(&error))?;
    let progress = super::progress::files(playback.progress().1, "backtest");
    let mut show = |playback: &Playback, now: Timestamp| {
        progress.at(playback.progress().0);
        progress.say(time_text(now));
    };
    let finished = run_backtest(&options, playback, feed.events, outputs, &mut show);
    progress.done();
    let mut finished = finished.map_err(|error| failed(&error))?;
    let summary = summarise(&finished, &options, &told);
    if let Some(outputs) = finished.outputs.take() {
        let models: Vec<ModelPath> =
            summary.strategies.iter().cloned().zip(finished.model_paths.clone()).collect();
        let page = render(&summary, finished.curve.points(), &models);
        outputs.finish(&summary, &page).map_err(|error| failed(&error))?;
    }
    tell(&summary, &finished, &args, common)
}

fn options(
    args: &Args,
    strategies: Vec<Strategy>,
    common: &Common,
) -> Result<BacktestOptions, CliError> {
    let limits = if args.account_limits {
        config::load(&common.config, &config::Overrides::default())
            .map_err(|report| CliError::usage(report.to_string()))?
            .settings
            .limits
    } else {
        unlimited()
    };
    if args.cash <= Usd::ZERO {
        return Err(CliError::usage("--cash must be above zero"));
    }
    let threshold = |strategy: &Strategy| matches!(strategy.decision, Decision::Threshold(_));
    let own_impact = args.own_impact.unwrap_or(!strategies.iter().all(threshold));
    Ok(BacktestOptions {
        engine: EngineConfig {
            lineage: args.seed,
            first_sequence: 1,
            time_scale: 1,
            strategies,
            limits,
            real_money: false,
            keep_checks: false,
            prediction_interval: seconds("--prediction-interval", args.prediction_interval)?,
            sources: Vec::new(),
            supervision: Supervision::default(),
        },
        cash: args.cash,
        latency: seconds("--latency-ms", args.latency_ms / 1e3)?,
        own_impact,
        // Without books a heartbeat a day is enough to see decay and windows.
        tick: Nanos::from_secs(if args.tape.is_empty() { 86_400 } else { 1 }),
        equity_interval: Nanos::from_secs(60),
    })
}

/// A span from the command line, to the nearest microsecond.
fn seconds(flag: &str, value: f64) -> Result<Nanos, CliError> {
    let micros = (value * 1e6).round();
    if !(0.0..=1e14).contains(&micros) {
        return Err(CliError::usage(format!("{flag} must be zero or more, and finite")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked just above")]
    Ok(Nanos::new((micros as i64).saturating_mul(1_000)))
}

/// Research asks what a strategy would do, not what the account would let it do.
fn unlimited() -> AccountLimits {
    AccountLimits {
        max_account_cost: Usd::from_dollars(1_000_000_000_000),
        cash_buffer_e4: 0,
        max_open_orders: u32::MAX,
        max_orders_per_second: u32::MAX,
        max_orders_per_minute: u32::MAX,
        max_orders_per_day: u32::MAX,
        max_book_age: Nanos::from_secs(60),
        duplicate_window: Nanos::ZERO,
        max_unknown_orders: u32::MAX,
        max_unattended: Nanos::from_secs(86_400),
        guards: Guards::open(),
    }
}

fn tell(summary: &Summary, finished: &Finished, args: &Args, common: &Common) -> Outcome {
    if common.json {
        let json = serde_json::to_string(summary)
            .map_err(|error| CliError::failed(format!("summary: {error}")))?;
        emit(&(json + "\n"))?;
        return Ok(Exit::Ok);
    }
    let mut text = text(summary);
    let open: Quantity =
        finished.account.positions.values().map(|position| position.quantity.abs()).sum();
    if !open.is_zero() {
        text.push_str(&format!(
            "open contracts at the end {open}, marked at what closing brings\n"
        ));
    }
    if let Some(out) = &args.out {
        text.push_str(&format!("report {}\n", out.join("report.html").display()));
    }
    emit(&text)?;
    Ok(Exit::Ok)
}

fn text(s: &Summary) -> String {
    let mut text = format!(
        "{} from {} to {}\n\
         events {} in {:.3} s ({:.0} per second)\n\
         orders {}, fills {}, contracts {}, fees {}\n\
         profit {} (cash {}, equity {}, deepest drawdown {})\n\
         markets {} of which settled {}\n",
        s.strategies.join(", "),
        s.start,
        s.end,
        s.events,
        s.seconds,
        s.events_per_second,
        s.orders,
        s.fills,
        s.contracts_traded,
        s.fees,
        s.pnl_net.to_rounded(2),
        s.cash_final.to_rounded(2),
        s.equity_final.to_rounded(2),
        s.max_drawdown.to_rounded(2),
        s.markets.len(),
        s.settled_markets,
    );
    if let Some(signals) = &s.signals {
        text.push_str(&format!(
            "signals {} of {} lines: irrelevant {}, no evidence {}, duplicates {}, reposts {}, unreadable \
             {}; probabilities without a market {}\n",
            signals.signals,
            signals.lines,
            signals.irrelevant,
            signals.no_evidence,
            signals.duplicates,
            signals.reposts,
            signals.malformed,
            s.model_predictions
        ));
    }
    if let (Some(model), Some(market)) = (s.scores.brier_model, s.scores.brier_market) {
        text.push_str(&format!(
            "predictions {} (scored {}): Brier {model:.4}, market {market:.4}\n",
            s.predictions, s.scores.scored
        ));
    }
    for (title, counts) in [("no order", &s.denials), ("refused", &s.rejections)] {
        let list: Vec<String> = counts.iter().map(|(code, n)| format!("{code} {n}")).collect();
        if !list.is_empty() {
            text.push_str(&format!("{title}: {}\n", list.join(", ")));
        }
    }
    text.push_str(&format!(
        "data: unreadable lines {}, sequence gaps {}, untrusted {:.1} s, tickers equal {} of {}, unknown fields {}\n\
         actions {}\n",
        s.unparsable_lines,
        s.sequence_gaps,
        s.untrusted_seconds,
        s.ticker_matches,
        s.ticker_checks,
        s.unknown_fields,
        s.actions_hash
    ));
    for broken in &s.broken_lines {
        text.push_str(&format!("  {}:{}: {}\n", broken.file, broken.line, broken.reason));
    }
    text
}
