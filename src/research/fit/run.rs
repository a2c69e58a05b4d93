//! The whole of `fit visits` in one call.

use std::path::PathBuf;

use statecraft_statistics::score::{Forecast, score};

use super::FitError;
use super::history::History;
use super::model::{FULL, Model};
use super::month::Month;
use super::panel::{FIRST, Panel};
use super::rolling::{Forecaster, Line, Progress, Rolling, forecast_year, rolling};
use super::scenario::{Answer, Scenario};

/// What to fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Directories of history, in order of precedence.
    pub history: Vec<PathBuf>,
    /// What to predict; empty: [`DEFAULT_SCENARIOS`].
    pub scenarios: Vec<Scenario>,
}

/// Japan in 2026 as the reference has it. What happened after the compact record ends is assumed in so
/// many words: the President in Tokyo in October 2025, the Prime Minister in Washington in February 2025
/// and March 2026.
pub const DEFAULT_SCENARIOS: [&str; 5] = [
    "japan@2026-01,visit=2025-10,inbound=2025-02",
    "japan@2026-01,no-visits-since=2025-01,inbound=2025-02",
    "japan@2026-01,visit=2025-10,inbound=2025-02,inbound=2026-03",
    "japan@2026-06,visit=2025-10,inbound=2025-02,inbound=2026-03",
    "japan@2026-09,visit=2025-10,inbound=2025-02,inbound=2026-03",
];

/// A year (or its beginning) after the last month of the fit: nothing in it was fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct HoldOut {
    /// First and last month.
    pub months: (Month, Month),
    /// Countries visited.
    pub visited: usize,
    /// Visits the model expected: the sum of its probabilities.
    pub expected: f64,
    /// Model and climatology.
    pub lines: Vec<Line>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitFit {
    /// Where it comes from.
    pub history: History,
    /// The panel.
    pub panel: Panel,
    /// First and last month of the fit.
    pub months: (Month, Month),
    /// The model on all of them.
    pub model: Model,
    /// Out of sample.
    pub rolling: Rolling,
    /// After the fit.
    pub hold_out: Vec<HoldOut>,
    /// Predictions.
    pub answers: Vec<Answer>,
}

/// Fits presidential visits; `progress` is told of every year of the rolling origin.
///
/// # Errors
/// [`FitError`].
pub fn visits(options: &Options, progress: &Progress<'_>) -> Result<VisitFit, FitError> {
    let mut history = History::read(&options.history)?;
    let last = last_month(&history);
    let panel = Panel::new(&history);
    let scenarios = match options.scenarios.as_slice() {
        [] => default_scenarios(&panel)?,
        given => given.to_vec(),
    };
    for scenario in &scenarios {
        scenario.position(&panel)?;
    }
    let rolling = rolling(&panel, last.year(), progress)?;
    let model = Model::fit(&panel, last, FULL)?;
    let answers = scenarios
        .iter()
        .map(|scenario| scenario.answer(&panel, &model))
        .collect::<Result<_, _>>()?;
    let hold_out = hold_out(&panel, &history, last)?;
    note_what_is_missing(&mut history, last);
    Ok(VisitFit { history, panel, months: (FIRST, last), model, rolling, hold_out, answers })
}

/// [`DEFAULT_SCENARIOS`], as far as the panel has their country.
fn default_scenarios(panel: &Panel) -> Result<Vec<Scenario>, FitError> {
    let mut scenarios: Vec<Scenario> =
        DEFAULT_SCENARIOS.into_iter().map(Scenario::parse).collect::<Result<_, _>>()?;
    scenarios.retain(|scenario| scenario.position(panel).is_ok());
    Ok(scenarios)
}

/// December of the last year that both records cover: those with a row in its last quarter.
fn last_month(history: &History) -> Month {
    let complete = |until: Month| {
        if until.number() >= 10 { until.year() } else { until.year() - 1 }
    };
    let ends = [history.visits_until, history.inbound_until];
    let year = ends.into_iter().flatten().map(complete).min();
    Month::december(year.unwrap_or(FIRST.year()))
}

fn hold_out(panel: &Panel, history: &History, fitted: Month) -> Result<Vec<HoldOut>, FitError> {
    let Some(until) = history.visits_until else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for year in fitted.year() + 1..=until.year() {
        let last =
            if year < until.year() || until.number() >= 10 { Month::december(year) } else { until };
        let months = (Month::january(year), last);
        let said = forecast_year(panel, fitted, year, last)?;
        let of = |who: Forecaster, quiet: bool| -> Vec<Forecast> {
            let chosen = said.iter().filter(|one| !(quiet && one.summit));
            chosen.map(|one| one.forecast(who)).collect()
        };
        let mut lines = Vec::new();
        for forecaster in [Forecaster::Model, Forecaster::CountryClimatology] {
            let (all, no_summit) = (score(&of(forecaster, false))?, score(&of(forecaster, true))?);
            lines.push(Line { forecaster, all, no_summit });
        }
        found.push(HoldOut {
            months,
            visited: said.iter().filter(|one| one.visited).count(),
            expected: of(Forecaster::Model, false).iter().map(|one| one.probability).sum(),
            lines,
        });
    }
    Ok(found)
}

fn note_what_is_missing(history: &mut History, last: Month) {
    let after = |until: Option<Month>| until.filter(|until| *until > last);
    let note = match (after(history.visits_until), after(history.inbound_until)) {
        (None, None) => return,
        (Some(visits), None) => format!(
            "visits are known to {visits}, visits of foreign leaders only to {}: what came after {last} \
             feeds recency and the hold-out, not the fit",
            history.inbound_until.map_or("nowhere".to_owned(), |until| until.to_string())
        ),
        _ => format!("what came after {last} feeds recency and the hold-out, not the fit"),
    };
    history.notes.push(note);
}
