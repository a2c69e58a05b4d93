//! The skill of every strategy, from the ledger.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use statecraft_domain::event::Standing;
use statecraft_domain::{Nanos, Price, Settlement, Side, Timestamp, Venue};
use statecraft_statistics::closing_line::{Bought as Outcome, closing_line};
use statecraft_statistics::score::Forecast as Call;
use statecraft_statistics::skill::t_test;

use super::score::{Bin, Comparison, Scored, compare, reliability_by_tenths};
use super::store::{Bought, Forecast, Release, Resolution, SkillError, Store};

/// A contract is scored at most once in this time (model.md 6.3).
const SCORE_EVERY: Nanos = Nanos::from_secs(7 * 86_400);
/// Horizons of the closing-line value (model.md 6.4).
const HORIZONS: [(&str, Nanos); 3] = [
    ("1h", Nanos::from_secs(3_600)),
    ("1d", Nanos::from_secs(86_400)),
    ("7d", Nanos::from_secs(7 * 86_400)),
];

/// The whole ledger, judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SkillReport {
    /// Version of this object.
    pub schema_version: u32,
    /// Level of the intervals.
    pub level: f64,
    /// Every strategy that ever forecast.
    pub strategies: Vec<StrategySkill>,
}

/// One strategy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StrategySkill {
    /// Its name.
    pub strategy: String,
    /// May it trade real money, as far as its record is concerned?
    pub standing: Standing,
    /// Why, if it was demoted or released.
    pub reason: String,
    /// A person's release that the bot has not taken up yet: what was said.
    pub release_waits: Option<String>,
    /// Forecasts kept.
    pub forecasts: usize,
    /// Versions of its model among them.
    pub versions: usize,
    /// Facts that have resolved, of those it forecast.
    pub resolved: usize,
    /// Everything that can be scored.
    pub all: Option<Comparison>,
    /// With a calendar window ahead.
    pub with_windows: Option<Comparison>,
    /// Without one.
    pub without_windows: Option<Comparison>,
    /// By source of the evidence in force; a forecast counts for each of its sources.
    pub sources: BTreeMap<String, Comparison>,
    /// Calibration of the probability that decided.
    pub reliability: Vec<Bin>,
    /// Closing-line value of its fills by horizon.
    pub closing_line: Vec<ClosingLine>,
}

/// Closing-line value at one horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClosingLine {
    /// `1h`, `1d`, `7d` or `last` (before the resolution).
    pub horizon: &'static str,
    /// Fills that have a later price.
    pub fills: usize,
    /// Facts among them.
    pub facts: usize,
    /// Mean in log-odds.
    pub log_odds: f64,
    /// Mean in cents per contract, after fees.
    pub cents: f64,
    /// Two-sided p-value of the mean in log-odds, by fact.
    pub p_value: Option<f64>,
}

/// Judges every strategy of the ledger.
///
/// # Errors
/// [`SkillError`] if the ledger cannot be read.
pub fn report(store: &Store, level: f64) -> Result<SkillReport, SkillError> {
    let standings = store.standings()?;
    let (resolutions, sources) = (outcomes(store)?, store.sources()?);
    let released = store.open_releases()?;
    let mut names: BTreeSet<String> = store.strategies()?.into_iter().collect();
    names.extend(standings.iter().map(|stated| stated.strategy.clone()));
    let judged = names.into_iter().map(|name| {
        let stated = standings.iter().find(|stated| stated.strategy == name);
        let mut skill = judge(store, &name, &resolutions, &sources, level)?;
        if let Some(stated) = stated {
            (skill.standing, skill.reason) = (stated.standing, stated.reason.clone());
        }
        if skill.standing == Standing::Demoted {
            skill.release_waits = waiting_release(store, &name, &released)?;
        }
        Ok(skill)
    });
    let strategies = judged.collect::<Result<_, SkillError>>()?;
    Ok(SkillReport { schema_version: 1, level, strategies })
}

/// What was said at the latest release, of this name or of one that trades the same, that waits.
fn waiting_release(
    store: &Store,
    strategy: &str,
    released: &[Release],
) -> Result<Option<String>, SkillError> {
    let relatives = store.relatives(strategy)?;
    let concerned = |one: &&Release| one.strategy == strategy || relatives.contains(&one.strategy);
    Ok(released.iter().rev().find(concerned).map(|one| one.note.clone()))
}

type Outcomes = HashMap<(Venue, String), Resolution>;

fn outcomes(store: &Store) -> Result<Outcomes, SkillError> {
    let all = store.resolutions()?.into_iter();
    Ok(all.map(|one| ((one.venue, one.ticker.clone()), one)).collect())
}

fn judge(
    store: &Store,
    strategy: &str,
    resolutions: &Outcomes,
    sources: &HashMap<String, String>,
    level: f64,
) -> Result<StrategySkill, SkillError> {
    let forecasts = store.forecasts(strategy)?;
    let rows = scored(&forecasts, resolutions, sources, Timestamp::EPOCH);
    let versions: BTreeSet<&str> = forecasts.iter().map(|one| one.version.as_str()).collect();
    let facts: BTreeSet<&str> = rows.iter().map(|row| row.fact.as_str()).collect();
    let names: BTreeSet<&String> = rows.iter().flat_map(|row| &row.sources).collect();
    let by_source = names.into_iter().filter_map(|name| {
        let part = compare(rows.iter().filter(|row| row.sources.contains(name)), level)?;
        Some((name.clone(), part))
    });
    let calls: Vec<Call> =
        rows.iter().map(|row| Call { probability: row.decided, outcome: row.outcome }).collect();
    Ok(StrategySkill {
        strategy: strategy.to_owned(),
        standing: Standing::Good,
        reason: String::new(),
        release_waits: None,
        forecasts: forecasts.len(),
        versions: versions.len(),
        resolved: facts.len(),
        all: compare(rows.iter(), level),
        with_windows: compare(rows.iter().filter(|row| row.windowed), level),
        without_windows: compare(rows.iter().filter(|row| !row.windowed), level),
        sources: by_source.collect(),
        reliability: reliability_by_tenths(&calls),
        closing_line: closing_lines(store, &store.fills(strategy)?, resolutions)?,
    })
}

/// What of a strategy's forecasts is scored: those of resolved markets since `since`, from the first on
/// one a week. They must be in order of market and time.
#[must_use]
pub fn scored(
    forecasts: &[Forecast],
    resolutions: &Outcomes,
    sources: &HashMap<String, String>,
    since: Timestamp,
) -> Vec<Scored> {
    let mut rows = Vec::new();
    let mut last: Option<(&Forecast, Timestamp)> = None;
    for forecast in forecasts.iter().filter(|forecast| forecast.at >= since) {
        let same =
            |other: &Forecast| other.venue == forecast.venue && other.ticker == forecast.ticker;
        if last.is_some_and(|(other, at)| same(other) && forecast.at - at < SCORE_EVERY) {
            continue;
        }
        let key = (forecast.venue, forecast.ticker.clone());
        let Some(resolution) = resolutions.get(&key) else { continue };
        let known = outcome(resolution.settlement).filter(|_| forecast.at < resolution.at);
        let Some(outcome) = known else { continue };
        last = Some((forecast, forecast.at));
        rows.push(Scored {
            fact: forecast.fact.clone(),
            outcome,
            model: forecast.model,
            decided: forecast.blended,
            market: forecast.market,
            executable: executable(forecast),
            windowed: forecast.windowed,
            sources: forecast.signals.iter().filter_map(|id| sources.get(id).cloned()).collect(),
        });
    }
    rows
}

/// The outcome that a forecast can be scored against.
#[must_use]
pub fn outcome(settlement: Settlement) -> Option<bool> {
    match settlement {
        Settlement::Yes | Settlement::Scalar(Price::ONE) => Some(true),
        Settlement::No | Settlement::Scalar(Price::ZERO) => Some(false),
        Settlement::Scalar(_) | Settlement::Void => None,
    }
}

fn executable(forecast: &Forecast) -> f64 {
    let (bid, ask) = (forecast.bid.as_f64(), forecast.ask.as_f64());
    match forecast.blended {
        p if p > ask => ask,
        p if p < bid => bid,
        _ => forecast.market,
    }
}

/// One fill's value at one horizon.
struct Valued {
    fact: String,
    log_odds: f64,
    dollars: f64,
}

fn closing_lines(
    store: &Store,
    fills: &[Bought],
    resolutions: &Outcomes,
) -> Result<Vec<ClosingLine>, SkillError> {
    let mut prices: HashMap<(Venue, &str), Vec<(Timestamp, f64)>> = HashMap::new();
    for fill in fills {
        let key = (fill.venue, fill.ticker.as_str());
        if let Entry::Vacant(vacant) = prices.entry(key) {
            vacant.insert(store.prices(fill.venue, &fill.ticker)?);
        }
    }
    let mut lines = Vec::new();
    for (horizon, span) in
        HORIZONS.into_iter().map(|(name, span)| (name, Some(span))).chain([("last", None)])
    {
        let valued: Vec<Valued> = fills
            .iter()
            .filter_map(|fill| {
                let path = prices.get(&(fill.venue, fill.ticker.as_str()))?;
                let resolved = resolutions.get(&(fill.venue, fill.ticker.clone()));
                value(fill, price_after(path, fill.at, span, resolved.map(|one| one.at))?)
            })
            .collect();
        lines.extend(line(horizon, &valued));
    }
    Ok(lines)
}

/// The price a while after: the first one known from then on; without a horizon, the last before the
/// resolution, which must be known.
fn price_after(
    path: &[(Timestamp, f64)],
    at: Timestamp,
    span: Option<Nanos>,
    resolved: Option<Timestamp>,
) -> Option<f64> {
    let before_end = |&&(when, _): &&(Timestamp, f64)| resolved.is_none_or(|end| when < end);
    let found = match span {
        Some(span) => path.iter().filter(before_end).find(|(when, _)| *when >= at + span),
        None => {
            resolved?;
            path.iter().filter(before_end).rfind(|(when, _)| *when > at)
        }
    };
    found.map(|&(_, price)| price)
}

fn value(fill: &Bought, later: f64) -> Option<Valued> {
    let outcome = if fill.side == Side::Bid { Outcome::Yes } else { Outcome::No };
    let fee = (fill.fee.as_f64() / fill.contracts.as_f64()).clamp(0.0, 1.0);
    let line = closing_line(outcome, fill.price.as_f64(), later, fee).ok()?;
    Some(Valued { fact: fill.fact.clone(), log_odds: line.log_odds, dollars: line.dollars })
}

#[expect(clippy::cast_precision_loss, reason = "counts")]
fn line(horizon: &'static str, valued: &[Valued]) -> Option<ClosingLine> {
    if valued.is_empty() {
        return None;
    }
    let facts: BTreeSet<&str> = valued.iter().map(|one| one.fact.as_str()).collect();
    let mean = |of: fn(&Valued) -> f64| valued.iter().map(of).sum::<f64>() / valued.len() as f64;
    let test = t_test(valued.iter().map(|one| (one.fact.as_str(), one.log_odds))).ok();
    Some(ClosingLine {
        horizon,
        fills: valued.len(),
        facts: facts.len(),
        log_odds: mean(|one| one.log_odds),
        cents: 100.0 * mean(|one| one.dollars),
        p_value: test.map(|test| test.p_value),
    })
}
