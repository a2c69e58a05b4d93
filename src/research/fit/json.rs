//! The fit as one JSON object.

use serde_json::{Map, Value, json};
use statecraft_statistics::score::Scores;
use statecraft_statistics::skill::Bootstrap;

use super::model::Model;
use super::rolling::{Forecaster, Line};
use super::run::VisitFit;
use super::scenario::Answer;

/// Everything of [`VisitFit`] but the single forecasts.
#[must_use]
pub fn json(fit: &VisitFit) -> Value {
    json!({
        "event": "visits",
        "first_month": fit.months.0.to_string(),
        "last_month": fit.months.1.to_string(),
        "countries": fit.panel.countries.len(),
        "coefficients": coefficients(fit),
        "rolling_origin": rolling(fit),
        "hold_out": fit.hold_out.iter().map(|one| json!({
            "first_month": one.months.0.to_string(),
            "last_month": one.months.1.to_string(),
            "visited": one.visited,
            "expected": one.expected,
            "scores": by_forecaster(&one.lines),
        })).collect::<Vec<_>>(),
        "predictions": fit.answers.iter().map(prediction).collect::<Vec<_>>(),
        "sources": fit.history.sources.iter().map(|source| json!({
            "path": source.path,
            "sha256": source.sha256,
            "rows": source.rows,
        })).collect::<Vec<_>>(),
        "notes": fit.history.notes,
        "reading": super::text::reading(fit),
        "program": concat!("statecraft ", env!("CARGO_PKG_VERSION")),
    })
}

fn coefficients(fit: &VisitFit) -> Vec<Value> {
    let posterior = &fit.model.fit;
    let line = |(index, name): (usize, String)| {
        let prior = posterior.priors.get(index)?;
        Some(json!({
            "name": name,
            "mean": posterior.mean.get(index)?,
            "sd": posterior.sd(index),
            "prior_mean": prior.mean,
            "prior_sd": prior.sd,
            "prior_only": posterior.is_prior_only(index),
        }))
    };
    Model::names(&fit.panel).into_iter().enumerate().filter_map(line).collect()
}

fn rolling(fit: &VisitFit) -> Value {
    let rolling = &fit.rolling;
    let mut object = Map::new();
    for line in &rolling.lines {
        match line.forecaster {
            Forecaster::Model => object.extend(scores(line)),
            other => {
                object.insert(other.slug().to_owned(), Value::Object(scores(line)));
            }
        }
    }
    let more = [
        ("first_year", json!(rolling.years.0)),
        ("last_year", json!(rolling.years.1)),
        ("base_rate", json!(rolling.base_rates.0)),
        ("base_rate_no_summit", json!(rolling.base_rates.1)),
        ("brier_difference", difference(&rolling.difference)),
        ("brier_difference_no_summit", difference(&rolling.difference_no_summit)),
        (
            "recalibration",
            json!(rolling.recalibration.map(|found| json!({
                "intercept": found.intercept,
                "intercept_se": found.intercept_se,
                "slope": found.slope,
                "slope_se": found.slope_se,
            }))),
        ),
        (
            "calibration",
            rolling
                .calibration
                .iter()
                .map(|bin| {
                    json!({
                        "forecast": bin.forecast,
                        "frequency": bin.frequency,
                        "low": bin.interval.low,
                        "high": bin.interval.high,
                        "n": bin.count,
                    })
                })
                .collect(),
        ),
    ];
    object.extend(more.map(|(key, value)| (key.to_owned(), value)));
    Value::Object(object)
}

fn scores(line: &Line) -> Map<String, Value> {
    let Line { all, no_summit, .. } = line;
    let Scores { brier, log, count } = *all;
    let pairs = [
        ("brier", json!(brier)),
        ("log_score", json!(log)),
        ("brier_no_summit", json!(no_summit.brier)),
        ("log_score_no_summit", json!(no_summit.log)),
        ("n", json!(count)),
        ("n_no_summit", json!(no_summit.count)),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn by_forecaster(lines: &[Line]) -> Value {
    let pairs =
        lines.iter().map(|line| (line.forecaster.slug().to_owned(), Value::Object(scores(line))));
    Value::Object(pairs.collect())
}

fn difference(found: &Bootstrap) -> Value {
    json!({
        "mean": found.mean,
        "low": found.interval.low,
        "high": found.interval.high,
        "level": 0.95,
        "share_below_zero": found.share_below_zero,
        "clusters": found.clusters,
    })
}

fn prediction(answer: &Answer) -> Value {
    json!({
        "scenario": answer.scenario.text,
        "country": answer.scenario.country,
        "from": answer.scenario.from.to_string(),
        "to": answer.to.to_string(),
        "mean": answer.mean,
        "q05": answer.q05,
        "q95": answer.q95,
        "log_intensity_mean": answer.log_intensity.mean,
        "log_intensity_sd": answer.log_intensity.sd,
    })
}
