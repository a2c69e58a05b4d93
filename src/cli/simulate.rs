//! The verb `simulate`: strategies in seeded worlds.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use super::{CliError, Common, Exit, Outcome, emit};
use crate::config;
use crate::simulation::{self, EXERCISES, Fault, Finding, FixedRates, Plan, Plant, Summary};

/// `A..B`: from A, below B.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seeds(Range<u64>);

impl FromStr for Seeds {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no range of seeds; 0..300 are the seeds 0 to 299");
        let (from, to) = text.split_once("..").ok_or_else(wrong)?;
        let from: u64 = from.parse().map_err(|_| wrong())?;
        let to: u64 = to.parse().map_err(|_| wrong())?;
        if from < to { Ok(Self(from..to)) } else { Err(wrong()) }
    }
}

/// Flags of `simulate`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Strategy files; without any, an exercise that trades all the time, and the enabled strategies of the
    /// settings.
    pub strategies: Vec<PathBuf>,
    /// Seeds, from A below B.
    #[arg(long, value_name = "A..B")]
    pub seeds: Seeds,
    /// Rates that are not drawn by each seed: TOML, a table [rates] of kinds (a probability, or a number an
    /// hour); with `only = true` nothing else goes wrong.
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
    /// Simulated hours of a seed; at least 0.4.
    #[arg(long, default_value_t = 1.0)]
    pub hours: f64,
    /// Seeds at the same time; by default as many as there are processors.
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Fail (exit 1) where a kind of fault fired less often than this: it proved nothing. Kinds that --faults
    /// switches off do not count.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub require_fired: u64,
    /// Write down everything that happened, one line each: a time (ns since 1970), what, and its text.
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// Stop at the first broken rule.
    #[arg(long, hide = true)]
    pub first: bool,
    /// Plant a defect.
    #[arg(long, hide = true, value_name = "NAME")]
    pub plant: Option<String>,
}

/// Runs the verb.
///
/// # Errors
/// [`CliError`] for strategies or rates that are not valid.
pub fn run(args: Args, common: &Common) -> Outcome {
    let plan = plan(&args, common)?;
    let jobs = args
        .jobs
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    let Seeds(seeds) = args.seeds.clone();
    let summary = simulation::run(seeds, &plan, jobs, args.first, |seed, violation| {
        if let Some(violation) = violation {
            tracing::error!(seed, invariant = violation.invariant, "a rule was broken");
        }
    });
    if let Some(path) = &args.trace {
        std::fs::write(path, &summary.told).map_err(|error| {
            CliError::failed(format!("cannot write {}: {error}", path.display()))
        })?;
    }
    let text = if common.json {
        let json = serde_json::to_string(&summary)
            .map_err(|error| CliError::failed(format!("cannot write the summary: {error}")))?;
        format!("{json}\n")
    } else {
        tell(&summary, &args)
    };
    emit(&text)?;
    for finding in &summary.violations {
        let line = repeat(finding, &args);
        tracing::error!("{} {}: {line}", finding.invariant, finding.detail);
    }
    let rare = rare(&summary, &plan.faults, args.require_fired);
    if !rare.is_empty() {
        tracing::error!(
            "fired less often than --require-fired {}: {}; more seeds, or higher rates (--faults)",
            args.require_fired,
            rare.join(", ")
        );
    }
    let passed = summary.violations.is_empty() && rare.is_empty();
    Ok(if passed { Exit::Ok } else { Exit::Failed })
}

/// Kinds of faults that can happen here and fired less often than `least`, with how often they did.
fn rare(summary: &Summary, rates: &FixedRates, least: u64) -> Vec<String> {
    let can_happen = Fault::ALL.iter().filter(|fault| rates.can_fire(**fault));
    can_happen
        .map(|fault| (fault.name(), summary.faults.get(fault.name()).copied().unwrap_or(0)))
        .filter(|(_, times)| *times < least)
        .map(|(name, times)| format!("{name} ({times} times)"))
        .collect()
}

fn plan(args: &Args, common: &Common) -> Result<Plan, CliError> {
    let usage = |report: config::ConfigReport| CliError::usage(report.to_string());
    if !(0.4..=10_000.0).contains(&args.hours) {
        return Err(CliError::usage("--hours: from 0.4 (faults need time to be healed) to 10000"));
    }
    let faults = match &args.faults {
        Some(path) => FixedRates::read(path).map_err(|error| CliError::usage(error.to_string()))?,
        None => FixedRates::default(),
    };
    let plant = match &args.plant {
        None => None,
        Some(name) => Some(Plant::named(name).ok_or_else(|| {
            let known: Vec<&str> = Plant::ALL.iter().map(|plant| plant.name()).collect();
            CliError::usage(format!(
                "no planted defect {name:?} in this program; built with the feature planted-defects it \
                 has {}",
                known.join(", ")
            ))
        })?),
    };
    let (loaded, limits) = if args.strategies.is_empty() {
        let mut all = Vec::new();
        for (name, text) in EXERCISES {
            all.push(config::strategy_from_text(name, text).map_err(usage)?);
        }
        // Without settings at hand the exercise is enough.
        let loaded = config::load(&common.config, &config::Overrides::default());
        if let Ok(loaded) = loaded {
            all.extend(loaded.strategies.into_iter().filter(|strategy| strategy.enabled));
        }
        (all, simulation::exercise_limits().map_err(usage)?)
    } else {
        let loaded = config::load_strategies(&args.strategies).map_err(usage)?;
        (loaded, config::default_settings().map_err(usage)?.limits)
    };
    #[expect(clippy::cast_possible_truncation, reason = "checked above")]
    let length = (args.hours * 3.6e12) as i64;
    let strategies = loaded.into_iter().map(|loaded| loaded.strategy).collect();
    let tell = args.trace.is_some();
    Ok(Plan { strategies, limits, faults, length, plant, tell })
}

/// The one line that repeats a finding.
fn repeat(finding: &Finding, args: &Args) -> String {
    let mut line = format!("statecraft simulate --seeds {}..{}", finding.seed, finding.seed + 1);
    let _ = write!(line, " --hours {}", args.hours);
    if let Some(path) = &args.faults {
        let _ = write!(line, " --faults {}", path.display());
    }
    if let Some(plant) = &args.plant {
        let _ = write!(line, " --plant {plant}");
    }
    for path in &args.strategies {
        let _ = write!(line, " {}", path.display());
    }
    line
}

fn tell(summary: &Summary, args: &Args) -> String {
    let mut text = format!(
        "{} seeds, {:.1} simulated hours, {} orders, {} fills, {} starts\n",
        summary.seeds, summary.simulated_hours, summary.orders, summary.fills, summary.starts
    );
    for (what, count) in &summary.seen {
        let _ = writeln!(text, "  {what:<40} {count:>9}");
    }
    for (name, count) in &summary.faults {
        let _ = writeln!(text, "  {name:<26} {count:>9}");
    }
    let _ = writeln!(text, "trace {}", summary.trace_hash);
    if summary.violations.is_empty() {
        text.push_str("no rule was broken\n");
    }
    for finding in &summary.violations {
        let Finding { seed, invariant, detail } = finding;
        let _ = writeln!(text, "seed {seed}: {invariant}: {detail}\n  {}", repeat(finding, args));
    }
    text
}
