//! The fit for people.

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};
use statecraft_statistics::skill::Bootstrap;

use super::model::Model;
use super::panel::FEATURES;
use super::rolling::{Forecaster, Line};
use super::run::VisitFit;

/// Everything worth reading.
#[must_use]
pub fn text(fit: &VisitFit) -> String {
    let mut text = format!(
        "US presidential visits: {} countries, {} to {}, P(month) = 1 - exp(-exp(intercept + country + \
         covariates))\n",
        fit.panel.countries.len(),
        fit.months.0,
        fit.months.1
    );
    for source in &fit.history.sources {
        let sha = source.sha256.get(..12).unwrap_or_default();
        text.push_str(&format!("  {} ({} rows, {sha})\n", source.path.display(), source.rows));
    }
    for note in &fit.history.notes {
        text.push_str(&format!("  note: {note}\n"));
    }
    text.push_str("\nCoefficients (log intensity per month; 0.10 is +10.5 %)\n");
    text.push_str(&coefficients(fit));
    text.push_str(&prior_only(fit));
    text.push_str(&not_fitted());
    text.push_str(&rolling(fit));
    text.push_str(&calibration(fit));
    text.push_str(&hold_out(fit));
    text.push_str(&predictions(fit));
    text.push_str(&format!("\nReading\n  {}\n", reading(fit).join("\n  ")));
    text
}

fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(header.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{table}\n")
}

fn coefficients(fit: &VisitFit) -> String {
    let posterior = &fit.model.fit;
    let names = Model::names(&fit.panel);
    let mean = |index: usize| posterior.mean.get(index).copied().unwrap_or(0.0);
    let row = |(index, name): (usize, &String)| {
        let prior = posterior.priors.get(index).copied();
        let prior =
            prior.map_or(String::new(), |prior| format!("N({}, {}²)", prior.mean, prior.sd));
        let per_year = if index > FEATURES {
            format!("{:.3}", 12.0 * (mean(0) + mean(index)).exp())
        } else {
            String::new()
        };
        let name = name.clone();
        vec![
            name,
            format!("{:+.3}", mean(index)),
            format!("{:.3}", posterior.sd(index)),
            prior,
            per_year,
        ]
    };
    let header = ["name", "mean", "sd", "prior", "visits/year when nothing is on"];
    table(&header, names.iter().enumerate().map(row))
}

/// What a strategy sets beside the fit, and no history of visits speaks of.
fn not_fitted() -> String {
    let spec = statecraft_engine::config::HazardSpec::default();
    format!(
        "Prior only (set in the strategy, fitted to nothing): denied_days_left {:.2}, sd {:.2}\n",
        spec.denied_days_left, spec.denied_days_left_sd
    )
}

fn prior_only(fit: &VisitFit) -> String {
    let names = Model::names(&fit.panel);
    let found: Vec<&str> = names
        .iter()
        .enumerate()
        .filter(|(index, _)| fit.model.fit.is_prior_only(*index))
        .map(|(_, name)| name.as_str())
        .collect();
    match found.as_slice() {
        [] => "Prior only (posterior sd > 0.95 of the prior's): none\n".to_owned(),
        found => format!(
            "Prior only (posterior sd > 0.95 of the prior's: the data said nothing): {}\n",
            found.join(", ")
        ),
    }
}

fn score_row(line: &Line) -> Vec<String> {
    let numbers = [line.all.brier, line.all.log, line.no_summit.brier, line.no_summit.log];
    std::iter::once(line.forecaster.name().to_owned())
        .chain(numbers.map(|number| format!("{number:.5}")))
        .collect()
}

const SCORES: [&str; 5] = ["forecast", "Brier", "log", "Brier, no summit", "log, no summit"];

fn rolling(fit: &VisitFit) -> String {
    let rolling = &fit.rolling;
    let counts =
        rolling.lines.first().map_or((0, 0), |line| (line.all.count, line.no_summit.count));
    let mut text = format!(
        "\nRolling origin, every January {} to {} (lower is better): {} forecasts, base rate {:.4}; {} in \
         country-years without a summit, base rate {:.4}\n",
        rolling.years.0,
        rolling.years.1,
        counts.0,
        rolling.base_rates.0,
        counts.1,
        rolling.base_rates.1
    );
    text.push_str(&table(&SCORES, rolling.lines.iter().map(score_row)));
    let difference = |what: &str, found: &Bootstrap| {
        format!(
            "Brier, model less country climatology, {what}: {:+.5} [{:+.5}, {:+.5}] (95 %, bootstrap by \
             year)\n",
            found.mean, found.interval.low, found.interval.high
        )
    };
    text.push_str(&difference("all", &rolling.difference));
    text.push_str(&difference("no summit", &rolling.difference_no_summit));
    text
}

fn calibration(fit: &VisitFit) -> String {
    let slope =
        fit.rolling.recalibration.map_or("no finite recalibration slope".to_owned(), |found| {
            format!(
                "recalibration slope {:.2} (se {:.2}), intercept {:+.2} (se {:.2})",
                found.slope, found.slope_se, found.intercept, found.intercept_se
            )
        });
    let rows = fit.rolling.calibration.iter().map(|bin| {
        vec![
            format!("{:.3}", bin.forecast),
            format!("{:.3}", bin.frequency),
            format!("[{:.3}, {:.3}]", bin.interval.low, bin.interval.high),
            bin.count.to_string(),
        ]
    });
    format!(
        "\nCalibration of the model (intervals 90 %, Jeffreys); {slope}\n{}",
        table(&["mean forecast", "frequency", "interval", "n"], rows)
    )
}

fn hold_out(fit: &VisitFit) -> String {
    let mut text = String::new();
    for one in &fit.hold_out {
        text.push_str(&format!(
            "\nHold-out {} to {}, never fitted: {} of {} visited, {:.2} expected\n",
            one.months.0,
            one.months.1,
            one.visited,
            fit.panel.countries.len(),
            one.expected
        ));
        text.push_str(&table(&SCORES, one.lines.iter().map(score_row)));
    }
    text
}

fn predictions(fit: &VisitFit) -> String {
    let rows = fit.answers.iter().map(|answer| {
        vec![
            answer.scenario.text.clone(),
            format!("{} to {}", answer.scenario.from, answer.to),
            format!("{:.4}", answer.mean),
            format!("[{:.4}, {:.4}]", answer.q05, answer.q95),
            format!("{:+.4}", answer.log_intensity.mean),
            format!("{:.4}", answer.log_intensity.sd),
        ]
    });
    format!(
        "\nPredictions, P(any visit) with the width of the parameters alone (5 % to 95 %)\n{}",
        table(&["scenario", "months", "mean", "interval", "log Λ", "sd"], rows)
    )
}

/// What the numbers do and do not say; to be repeated wherever they are shown.
#[must_use]
pub fn reading(fit: &VisitFit) -> Vec<String> {
    let of = |wanted: Forecaster| fit.rolling.lines.iter().find(|line| line.forecaster == wanted);
    let mut reading = Vec::new();
    if let (Some(model), Some(host), Some(climatology)) =
        (of(Forecaster::Model), of(Forecaster::HostOnly), of(Forecaster::CountryClimatology))
    {
        let gained = climatology.all.brier - model.all.brier;
        let by_calendar = climatology.all.brier - host.all.brier;
        if gained > 0.0 && by_calendar > 0.8 * gained {
            reading.push(format!(
                "Nearly all skill is the published summit calendar: it alone brings {by_calendar:.5} of the \
                 {gained:.5} Brier by which the model beats the country's climatology."
            ));
        }
    }
    let quiet = &fit.rolling.difference_no_summit;
    let indistinct = quiet.interval.low < 0.0 && quiet.interval.high > 0.0;
    reading.push(format!(
        "For a discretionary visit (no summit in the country) the model is {} from the country's own base \
         rate: {:+.5} [{:+.5}, {:+.5}].",
        if indistinct { "not distinguishable" } else { "distinguishable" },
        quiet.mean,
        quiet.interval.low,
        quiet.interval.high
    ));
    reading.push(
        "Eight variants were scored on these data to choose this one (reference/model.md 3.2): count them \
         as trials. Nothing here says anything about capital commitments."
            .to_owned(),
    );
    reading
}
