//! Whole bots in seeded worlds: the real engine, journal format, dispatch, reconciler, stream and frame
//! mapping against the simulated venue, with a network, a disk, clocks and people that fail as a seed wants.
//! A judge who knows the venue's own ledger looks on and stops a world at the first broken rule.
//!
//! | file | what |
//! |---|---|
//! | `world` | one seed: the queue of happenings, the network, the supervisor, the person |
//! | `bot` | one process |
//! | `disk` | its journal, and the world's own copy of it |
//! | `crowd` | the venue's other participants |
//! | `scene` | the markets; frames that no honest venue sends |
//! | `signals` | signals that nobody should fall for |
//! | `faults` | what can go wrong, and how likely it is in a seed |
//! | `judge` | the rules, checked from outside |
//! | `plant` | defects planted on purpose |
//! | `trace` | the fingerprint of a world |

mod bot;
mod crowd;
mod dice;
mod disk;
pub mod faults;
mod judge;
mod plant;
mod scene;
mod signals;
mod trace;
mod world;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use statecraft_engine::Strategy;
use statecraft_engine::config::AccountLimits;

use crate::config::{self, ConfigReport};

pub use faults::{Fault, Fired, FixedRates, FixedRatesError};
pub use judge::Violation;
pub use plant::Plant;

use world::{Outcome, World};

/// The text of the strategy that a simulation without strategies runs.
pub const EXERCISE: &str = include_str!("exercise.toml");

/// The strategies that a simulation without strategies runs, by name: one that takes, one that quotes.
pub const EXERCISES: [(&str, &str); 2] =
    [("exercise", EXERCISE), ("exercise_maker", include_str!("exercise_maker.toml"))];

/// The exercise under limits that let it trade all the time: no account would be let do this for an hour.
///
/// # Errors
/// [`ConfigReport`] never, unless the texts of this program do not parse.
pub fn exercise(faults: FixedRates, length: i64) -> Result<Plan, ConfigReport> {
    let mut strategies = Vec::new();
    for (name, text) in EXERCISES {
        strategies.push(config::strategy_from_text(name, text)?.strategy);
    }
    Ok(Plan { strategies, limits: exercise_limits()?, faults, length, plant: None, tell: false })
}

/// The limits of an exercise.
///
/// # Errors
/// As [`exercise`].
pub fn exercise_limits() -> Result<AccountLimits, ConfigReport> {
    let mut limits = config::default_settings()?.limits;
    limits.max_orders_per_minute = 60;
    limits.max_orders_per_day = 1_000_000;
    (limits.guards.max_repeats_per_hour, limits.guards.max_repeats_per_day) = (100_000, 100_000);
    Ok(limits)
}

/// What every seed has in common.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The strategies; markets are made for them.
    pub strategies: Vec<Strategy>,
    /// Limits of the account.
    pub limits: AccountLimits,
    /// Rates that are not drawn.
    pub faults: FixedRates,
    /// Simulated time of a seed, nanoseconds.
    pub length: i64,
    /// A planted defect.
    pub plant: Option<Plant>,
    /// Keep the story of every seed, line by line.
    pub tell: bool,
}

/// A rule that was broken, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// In which seed.
    pub seed: u64,
    /// Which rule.
    pub invariant: &'static str,
    /// What happened.
    pub detail: String,
}

/// What the seeds came to.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Seeds run.
    pub seeds: u64,
    /// Simulated hours, all seeds together.
    pub simulated_hours: f64,
    /// How often each kind of fault fired.
    pub faults: BTreeMap<&'static str, u64>,
    /// Broken rules.
    pub violations: Vec<Finding>,
    /// SHA-256 over everything that happened in every seed, hexadecimal.
    pub trace_hash: String,
    /// Orders that left.
    pub orders: u64,
    /// Fills at the venue.
    pub fills: u64,
    /// Processes started.
    pub starts: u64,
    /// Alerts, by code.
    pub alerts: BTreeMap<String, u64>,
    /// What became of orders that rested, cancels, and refusals of the venue.
    pub seen: BTreeMap<String, u64>,
    /// What happened, one line each, if that was kept: nanoseconds since 1970, what, and its text.
    #[serde(skip)]
    pub told: String,
}

/// Runs the seeds on `jobs` threads. `told` hears of every seed that is done. With `stop_at_first` no seed
/// after the first broken one need be run.
pub fn run(
    seeds: Range<u64>,
    plan: &Plan,
    jobs: usize,
    stop_at_first: bool,
    told: impl Fn(u64, Option<&Violation>) + Sync,
) -> Summary {
    let next = AtomicU64::new(seeds.start);
    let stop_before = AtomicU64::new(seeds.end);
    let done: Mutex<BTreeMap<u64, Outcome>> = Mutex::new(BTreeMap::new());
    // Only differences of instants matter to what is run.
    let base = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= stop_before.load(Ordering::Relaxed) {
                        return;
                    }
                    // What the parts would tell a person is checked by the judge; nobody reads it here.
                    let outcome = tracing::subscriber::with_default(
                        tracing::subscriber::NoSubscriber::default(),
                        || World::new(seed, plan, base).run(),
                    );
                    if stop_at_first && outcome.violation.is_some() {
                        stop_before.fetch_min(seed + 1, Ordering::Relaxed);
                    }
                    told(seed, outcome.violation.as_ref());
                    done.lock().unwrap_or_else(PoisonError::into_inner).insert(seed, outcome);
                }
            });
        }
    });
    let end = stop_before.into_inner();
    summarise(done.into_inner().unwrap_or_else(PoisonError::into_inner), end)
}

fn summarise(done: BTreeMap<u64, Outcome>, end: u64) -> Summary {
    let mut fired = Fired::default();
    let mut hash = Sha256::new();
    let mut summary = Summary {
        seeds: 0,
        simulated_hours: 0.0,
        faults: BTreeMap::new(),
        violations: Vec::new(),
        trace_hash: String::new(),
        orders: 0,
        fills: 0,
        starts: 0,
        alerts: BTreeMap::new(),
        seen: BTreeMap::new(),
        told: String::new(),
    };
    for (seed, outcome) in done.into_iter().filter(|(seed, _)| *seed < end) {
        summary.seeds += 1;
        #[expect(clippy::cast_precision_loss, reason = "hours for people")]
        let hours = outcome.nanos as f64 / 3.6e12;
        summary.simulated_hours += hours;
        summary.orders += outcome.orders;
        summary.fills += outcome.fills;
        summary.starts += u64::from(outcome.starts);
        for (code, count) in outcome.halts {
            *summary.alerts.entry(code).or_default() += count;
        }
        for (what, count) in outcome.seen {
            *summary.seen.entry(what).or_default() += count;
        }
        summary.told.push_str(&outcome.told);
        fired.add(&outcome.fired);
        hash.update(seed.to_le_bytes());
        hash.update(outcome.hash);
        if let Some(Violation { invariant, detail }) = outcome.violation {
            summary.violations.push(Finding { seed, invariant, detail });
        }
    }
    summary.faults = fired.by_name();
    summary.trace_hash = hex::encode(hash.finalize());
    summary
}
