//! The rolling origin: every January the model is fitted again on the past alone and forecasts the year
//! ahead, beside forecasts that need no model. Nothing after the origin is used but the summit calendar.

use std::sync::atomic::{AtomicUsize, Ordering};

use statecraft_statistics::StatisticsError;
use statecraft_statistics::calibration::{Recalibration, ReliabilityBin, recalibrate, reliability};
use statecraft_statistics::score::{Forecast, Scores, bins_between, score};
use statecraft_statistics::skill::{Bootstrap, bootstrap};

use super::FitError;
use super::model::{FULL, HOST_ONLY, Model, RATES, Used};
use super::month::Month;
use super::panel::{FIRST, Panel};

/// The first year that is forecast.
pub const FIRST_YEAR: i32 = 1985;

/// Is told how many steps of how many are done, from any thread.
pub type Progress<'a> = dyn Fn(usize, usize) + Sync + 'a;

/// Who forecasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Forecaster {
    /// The chosen model: host, recency, inbound.
    Model,
    /// The same with the summit calendar alone.
    HostOnly,
    /// Country rates shrunk towards each other, without covariates.
    HierarchicalRates,
    /// (k + ½) / (n + 1) of the country's own past years.
    CountryClimatology,
    /// (k + ½) / (n + 1) of past years like the last one: visited in it, or not.
    LastYear,
    /// (k + ½) / (n + 1) of all past country-years.
    PooledClimatology,
}

impl Forecaster {
    /// All of them, as printed.
    pub const ALL: [Self; 6] = [
        Self::Model,
        Self::HostOnly,
        Self::HierarchicalRates,
        Self::CountryClimatology,
        Self::LastYear,
        Self::PooledClimatology,
    ];

    /// For people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Model => "host + recency + inbound (the model)",
            Self::HostOnly => "host only",
            Self::HierarchicalRates => "hierarchical country rates",
            Self::CountryClimatology => "country climatology (k+.5)/(n+1)",
            Self::LastYear => "same as last year",
            Self::PooledClimatology => "pooled climatology",
        }
    }

    /// For programs.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::HostOnly => "host_only",
            Self::HierarchicalRates => "hierarchical_rates",
            Self::CountryClimatology => "climatology",
            Self::LastYear => "same_as_last_year",
            Self::PooledClimatology => "pooled_climatology",
        }
    }
}

/// One country in one year, and what each forecaster said in January.
#[derive(Debug, Clone, PartialEq)]
pub struct CountryYear {
    /// The year.
    pub year: i32,
    /// Position of the country in the panel.
    pub country: usize,
    /// Does it host a summit that year?
    pub summit: bool,
    /// Was it visited?
    pub visited: bool,
    /// In the order of [`Forecaster::ALL`].
    pub probabilities: [f64; 6],
}

impl CountryYear {
    /// What `forecaster` said, and what happened.
    #[must_use]
    pub fn forecast(&self, forecaster: Forecaster) -> Forecast {
        let said = Forecaster::ALL
            .iter()
            .zip(self.probabilities)
            .find_map(|(who, p)| (*who == forecaster).then_some(p));
        Forecast { probability: said.unwrap_or(f64::NAN), outcome: self.visited }
    }
}

/// Scores of one forecaster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Who.
    pub forecaster: Forecaster,
    /// On all country-years.
    pub all: Scores,
    /// On those without a summit in the country.
    pub no_summit: Scores,
}

/// What the rolling origin found.
#[derive(Debug, Clone, PartialEq)]
pub struct Rolling {
    /// First and last year forecast.
    pub years: (i32, i32),
    /// One for each forecaster, in the order of [`Forecaster::ALL`].
    pub lines: Vec<Line>,
    /// Share of country-years with a visit: all, and those without a summit.
    pub base_rates: (f64, f64),
    /// Brier score of the model less that of the country climatology, resampled by year.
    pub difference: Bootstrap,
    /// The same without summits.
    pub difference_no_summit: Bootstrap,
    /// How often it came true, by what the model said.
    pub calibration: Vec<ReliabilityBin>,
    /// Slope below 1: the model is too sure of itself. `None` where a threshold on the forecasts tells
    /// all outcomes apart (or all are alike): then there is no finite slope.
    pub recalibration: Option<Recalibration>,
    /// Every forecast.
    pub country_years: Vec<CountryYear>,
}

/// Borders of the calibration table.
const BORDERS: [f64; 6] = [0.05, 0.1, 0.2, 0.3, 0.5, 0.9];

/// Runs the rolling origin up to `last_year`; `progress` is told of every year done.
///
/// # Errors
/// [`FitError`] if the history is too short, or a fit fails.
pub fn rolling(
    panel: &Panel,
    last_year: i32,
    progress: &Progress<'_>,
) -> Result<Rolling, FitError> {
    if last_year < FIRST_YEAR {
        let end = Month::december(last_year).to_string();
        return Err(FitError::TooShort { end, first: FIRST_YEAR });
    }
    let years: Vec<i32> = (FIRST_YEAR..=last_year).collect();
    let mut country_years: Vec<CountryYear> = in_parallel(&years, progress, |year| {
        forecast_year(panel, Month(Month::january(year).0 - 1), year, Month::december(year))
    })?
    .into_iter()
    .flatten()
    .collect();
    country_years.sort_by_key(|one| (one.year, one.country));
    summarise(country_years, (FIRST_YEAR, last_year))
}

/// Applies `work` to the years with as many threads as there are cores, four at most.
fn in_parallel<T: Send>(
    years: &[i32],
    progress: &Progress<'_>,
    work: impl Fn(i32) -> Result<T, FitError> + Sync,
) -> Result<Vec<T>, FitError> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from).clamp(1, 4);
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let worker = || {
        let mut found = Vec::new();
        while let Some(&year) = years.get(next.fetch_add(1, Ordering::Relaxed)) {
            found.push(work(year));
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, years.len());
        }
        found
    };
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        let joined = handles.into_iter().flat_map(|handle| match handle.join() {
            Ok(found) => found,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect()
    })
}

/// What everyone, fitted on the months up to `fitted`, says in January of `year` about the months up to
/// `last`.
///
/// # Errors
/// [`FitError::Statistics`] if a fit fails.
pub fn forecast_year(
    panel: &Panel,
    fitted: Month,
    year: i32,
    last: Month,
) -> Result<Vec<CountryYear>, FitError> {
    let origin = Month::january(year);
    let fit = |used: Used| Model::fit(panel, fitted, used);
    let (full, host, rates) = (fit(FULL)?, fit(HOST_ONLY)?, fit(RATES)?);
    let past = Past::new(panel, year, f64::from(last.0 - origin.0 + 1) / 12.0);
    let said = |(index, country): (usize, &super::panel::Country)| CountryYear {
        year,
        country: index,
        summit: country.is_host(origin, last),
        visited: country.is_visited(origin, last),
        probabilities: [
            full.probability(index, country, origin, last),
            host.probability(index, country, origin, last),
            rates.probability(index, country, origin, last),
            past.country(index),
            past.like_last_year(index),
            past.pooled(),
        ],
    };
    Ok(panel.countries.iter().enumerate().map(said).collect())
}

/// Which past years had a visit, by country; and the share of a year that is forecast.
struct Past {
    visited: Vec<Vec<bool>>,
    share: f64,
}

impl Past {
    fn new(panel: &Panel, before: i32, share: f64) -> Self {
        let years = |country: &super::panel::Country| {
            (FIRST.year()..before)
                .map(|year| country.is_visited(Month::january(year), Month::december(year)))
                .collect()
        };
        Self { visited: panel.countries.iter().map(years).collect(), share }
    }

    fn country(&self, index: usize) -> f64 {
        self.visited.get(index).map_or(0.5, |years| self.rate(years.iter().copied()))
    }

    fn pooled(&self) -> f64 {
        self.rate(self.visited.iter().flatten().copied())
    }

    fn like_last_year(&self, index: usize) -> f64 {
        let last = self.visited.get(index).and_then(|years| years.last()).copied();
        let after = self.visited.iter().flat_map(|years| years.iter().zip(years.iter().skip(1)));
        self.rate(after.filter(|(before, _)| Some(**before) == last).map(|(_, now)| *now))
    }

    /// (k + ½) / (n + 1) for a year; at the same rate for a part of one.
    fn rate(&self, outcomes: impl Iterator<Item = bool>) -> f64 {
        let (k, n) =
            outcomes.fold((0.0, 0.0), |(k, n), yes| (k + if yes { 1.0 } else { 0.0 }, n + 1.0));
        let year: f64 = (k + 0.5) / (n + 1.0);
        1.0 - (1.0 - year).powf(self.share)
    }
}

fn summarise(country_years: Vec<CountryYear>, years: (i32, i32)) -> Result<Rolling, FitError> {
    let quiet = || country_years.iter().filter(|one| !one.summit);
    let of = |forecaster: Forecaster| -> Vec<Forecast> {
        country_years.iter().map(|one| one.forecast(forecaster)).collect()
    };
    let mut lines = Vec::new();
    for forecaster in Forecaster::ALL {
        let without: Vec<Forecast> = quiet().map(|one| one.forecast(forecaster)).collect();
        let (all, no_summit) = (score(&of(forecaster))?, score(&without)?);
        lines.push(Line { forecaster, all, no_summit });
    }
    let model = of(Forecaster::Model);
    Ok(Rolling {
        years,
        lines,
        base_rates: (share(country_years.iter()), share(quiet())),
        difference: difference(country_years.iter())?,
        difference_no_summit: difference(quiet())?,
        calibration: reliability(&model, &bins_between(&model, &BORDERS))?,
        recalibration: finite_slope(recalibrate(&model))?,
        country_years,
    })
}

fn finite_slope(
    found: Result<Recalibration, StatisticsError>,
) -> Result<Option<Recalibration>, FitError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(StatisticsError::Separated | StatisticsError::Singular { .. }) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

fn share<'a>(country_years: impl Iterator<Item = &'a CountryYear>) -> f64 {
    let (visited, count) =
        country_years.fold((0u32, 0u32), |(k, n), one| (k + u32::from(one.visited), n + 1));
    f64::from(visited) / f64::from(count.max(1))
}

/// Resamples and seed of the bootstrap.
const RESAMPLES: usize = 2000;
const SEED: u64 = 20_241_231;

fn difference<'a>(
    country_years: impl Iterator<Item = &'a CountryYear>,
) -> Result<Bootstrap, FitError> {
    let mut pairs = Vec::new();
    for one in country_years {
        let model = one.forecast(Forecaster::Model).brier()?;
        pairs.push((one.year, model - one.forecast(Forecaster::CountryClimatology).brier()?));
    }
    Ok(bootstrap(pairs, RESAMPLES, 0.95, SEED)?)
}
