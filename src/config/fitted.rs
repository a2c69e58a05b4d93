//! The fitted event file that a strategy names with `model.fit`, and what it puts in the strategy's place.
//!
//! `fit` gives the base rate and its width for the strategy's `country`; `from_fit` gives a signal its mean
//! and sd. They are laid into the strategy as if they had been written there, so that everything
//! downstream is the same. Saying a number twice is a mistake: one of the two would be wrong some day.

use std::path::{Path, PathBuf};

use super::nearest::nearest;
use super::node::{Entry, Node, Value};
use super::read::Reader;
use super::report::{Place, Problem};
use super::shape::{Key, Kind, Presence, Table};

/// What a model of this kind does not contain, in log intensity (model.md 1.7): added in quadrature to
/// the width of the fit.
const STRUCTURAL_SD: f64 = 0.25;

/// Covariates that signals may take their weight from.
const COVARIATES: [&str; 5] =
    ["host_month", "visited_0_6", "visited_7_12", "inbound_0_6", "inbound_7_12"];

const fn key(name: &'static str, kind: Kind, presence: Presence, doc: &'static str) -> Key {
    Key { name, doc, kind, presence }
}

const REAL: Kind = Kind::Real { min: -1_000.0, max: 1_000.0 };
const SD: Kind = Kind::Real { min: 0.0, max: 1_000.0 };

const fn score(name: &'static str) -> Key {
    key(name, REAL, Presence::Required, "Score of the forecasts, lower is better.")
}

const fn covariance(name: &'static str) -> Key {
    key(name, REAL, Presence::Required, "Posterior covariance with that parameter.")
}

static FITTED: Table = Table {
    doc: "A fitted event: what `statecraft fit --out` writes.",
    keys: &[
        key("event", Kind::Text, Presence::Required, "What was fitted."),
        key("program", Kind::Text, Presence::Required, "Which program fitted it."),
        key("first_month", Kind::Text, Presence::Required, "First month of the data, YYYY-MM."),
        key("last_month", Kind::Text, Presence::Required, "Last month of the data, YYYY-MM."),
        key(
            "base_share_beside_windows",
            Kind::Real { min: 0.01, max: 1.0 },
            Presence::Optional,
            "Share of the base rate that is not made in calendar windows.",
        ),
        key("rolling_origin", Kind::Table(&SCORES), Presence::Required, "Scores out of sample."),
        key("input", Kind::List(&INPUT), Presence::Required, "Files it was made from."),
        key("coefficient", Kind::List(&COEFFICIENT), Presence::Required, "Posterior, one each."),
    ],
    choice: None,
};

static SCORES: Table = Table {
    doc: "Scores out of sample, of the model and of the country's climatology.",
    keys: &[
        score("brier"),
        score("log_score"),
        score("brier_no_summit"),
        score("log_score_no_summit"),
        score("climatology_brier"),
        score("climatology_log_score"),
        score("climatology_brier_no_summit"),
        score("climatology_log_score_no_summit"),
    ],
    choice: None,
};

static INPUT: Table = Table {
    doc: "A file it was made from.",
    keys: &[
        key("file", Kind::Text, Presence::Required, "Directory and name."),
        key("sha256", Kind::Text, Presence::Required, "SHA-256, hex."),
        key(
            "rows",
            Kind::Whole { min: 0, max: 1_000_000_000 },
            Presence::Required,
            "Rows without the header.",
        ),
    ],
    choice: None,
};

static COEFFICIENT: Table = Table {
    doc: "One parameter: posterior, prior, and covariances with the parameters all countries share.",
    keys: &[
        key("name", Kind::Text, Presence::Required, "intercept, a covariate, or country:SLUG."),
        key("mean", REAL, Presence::Required, "Posterior mean, log intensity per month."),
        key("sd", SD, Presence::Required, "Posterior standard deviation."),
        key("prior_mean", REAL, Presence::Required, "Mean of the prior."),
        key("prior_sd", SD, Presence::Required, "Standard deviation of the prior."),
        covariance("cov_intercept"),
        covariance("cov_host_month"),
        covariance("cov_visited_0_6"),
        covariance("cov_visited_7_12"),
        covariance("cov_inbound_0_6"),
        covariance("cov_inbound_7_12"),
    ],
    choice: None,
};

/// Lays the fitted numbers into a strategy that names a fitted event file, before defaults are filled
/// in. Returns the text of that file, for the strategy's hash.
pub(super) fn apply(reader: &mut Reader, strategy: &Path, root: &mut Node) -> Option<String> {
    let country = root.text("country").map(|slug| (slug, root.place("country").clone()));
    let Some(Entry { value: Some(Value::Table(model)), .. }) = root.entries.get_mut("model") else {
        return None;
    };
    if !model.is_given("fit") {
        refuse_without_fit(reader, model);
        return None;
    }
    let place = model.place("fit").clone();
    let said_twice = ["base_rate_per_year", "log_base_sd"].map(|key| {
        contradict(reader, model, key, "fit", "the base rate and its width come from the fit")
    });
    let path = beside(strategy, &model.text("fit")?);
    let (text, file) = open(reader, &path, &place)?;
    if !said_twice.contains(&true) {
        base(reader, model, &file, country, &place);
    }
    if let Some(Entry { value: Some(Value::List(signals)), .. }) = model.entries.get_mut("signal") {
        for signal in signals {
            weight(reader, signal, &file, ["from_fit", "mean", "sd"]);
            weight(reader, signal, &file, ["then_from_fit", "then_mean", "then_sd"]);
        }
    }
    Some(text)
}

/// A relative path starts at the strategy's own directory: the two files travel together.
fn beside(strategy: &Path, text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => strategy.parent().unwrap_or_else(|| Path::new("")).join(text),
    }
}

fn open(reader: &mut Reader, path: &Path, place: &Place) -> Option<(String, Node)> {
    let text = match super::read_bounded(path) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("cannot read the fitted event file {}: {error}", path.display());
            let help = "a relative path starts at the strategy's directory; `statecraft fit visits \
                        --history DIR --out FILE` makes the file";
            reader.problem(Problem::at(place, message).help(help));
            return None;
        }
    };
    let before = reader.report.len();
    let mut file = reader.generated(path.display().to_string(), text.clone(), &FITTED);
    reader.complete(&mut file, &FITTED);
    (reader.report.len() == before).then_some((text, file))
}

/// `from_fit` without a `fit` to take it from.
fn refuse_without_fit(reader: &mut Reader, model: &Node) {
    for signal in model.list("signal") {
        for key in ["from_fit", "then_from_fit"].into_iter().filter(|key| signal.is_given(key)) {
            let problem = Problem::at(signal.place(key), format!("`{key}` without a fit"));
            reader.problem(problem.help("name the fitted event file: fit = \"PATH\" in [model]"));
        }
    }
}

/// Reports `key` if it is given beside `instead`, which brings it.
fn contradict(reader: &mut Reader, node: &Node, key: &str, instead: &str, help: &str) -> bool {
    if !node.is_given(key) {
        return false;
    }
    let problem =
        Problem::at(node.place(key), format!("`{key}` is given twice: here, and by `{instead}`"));
    reader.problem(problem.related(node.place(instead), "and here").help(help));
    true
}

fn coefficient<'a>(file: &'a Node, name: &str) -> Option<&'a Node> {
    file.list("coefficient").iter().find(|one| one.text("name").as_deref() == Some(name))
}

/// Base rate and width of the strategy's country.
fn base(
    reader: &mut Reader,
    model: &mut Node,
    file: &Node,
    country: Option<(String, Place)>,
    place: &Place,
) {
    let Some((slug, country_place)) = country else {
        let problem = Problem::at(place, "a fit of many countries, and none is named");
        return reader
            .problem(problem.help("say which at the top of the file: country = \"japan\""));
    };
    let Some(own) = coefficient(file, &format!("country:{slug}")) else {
        return reader.problem(unknown_country(file, &slug, &country_place, place));
    };
    let Some((rate, sd)) = rate_and_sd(file, own) else {
        let problem = Problem::at(place, "the fitted event file has no usable intercept");
        return reader.problem(problem.help("make it again: statecraft fit visits --out FILE"));
    };
    if !(1e-6..=1_000.0).contains(&rate) || !(0.0..=5.0).contains(&sd) {
        let message = format!("the fit gives {rate} events a year with a log sd of {sd}");
        let help = "a base rate is from 0.000001 to 1000 a year, its log sd at most 5";
        return reader.problem(Problem::at(place, message).help(help));
    }
    put(model, "base_rate_per_year", rate, place);
    put(model, "log_base_sd", sd, place);
    if let (Some(share), false) =
        (file.real("base_share_beside_windows"), model.is_given("base_share_beside_windows"))
    {
        put(model, "base_share_beside_windows", share, place);
    }
}

/// Events a year with nothing on, and the standard deviation of its logarithm, structure included.
fn rate_and_sd(file: &Node, country: &Node) -> Option<(f64, f64)> {
    let intercept = coefficient(file, "intercept")?;
    let log_rate = intercept.real("mean")? + country.real("mean")?;
    let variance = intercept.real("sd")?.powi(2)
        + country.real("sd")?.powi(2)
        + 2.0 * country.real("cov_intercept")?;
    let sd = (variance + STRUCTURAL_SD * STRUCTURAL_SD).sqrt();
    let rate = 12.0 * log_rate.exp();
    (variance >= 0.0 && rate.is_finite()).then_some((rate, sd))
}

fn unknown_country(file: &Node, slug: &str, at: &Place, fit: &Place) -> Problem {
    let names: Vec<String> = file
        .list("coefficient")
        .iter()
        .filter_map(|one| one.text("name")?.strip_prefix("country:").map(str::to_owned))
        .collect();
    let message = format!("the fit knows no country `{}`", slug.escape_debug());
    let problem = Problem::at(at, message).related(fit, "the fit");
    match nearest(slug, names.iter().map(String::as_str)) {
        Some(meant) => problem.help(format!("did you mean \"{meant}\"?")),
        None => problem.help(format!("it knows {}", names.join(", "))),
    }
}

/// Mean and sd of a signal that names a covariate.
fn weight(
    reader: &mut Reader,
    signal: &mut Node,
    file: &Node,
    [from_fit, mean_key, sd_key]: [&'static str; 3],
) {
    let Some(name) = signal.text(from_fit) else { return };
    let place = signal.place(from_fit).clone();
    let help = "mean and sd come from the fit";
    let said_twice = [mean_key, sd_key]
        .map(|key| contradict(reader, signal, key, from_fit, help))
        .contains(&true);
    if said_twice {
        return;
    }
    let found = coefficient(file, &name).filter(|_| COVARIATES.contains(&name.as_str()));
    let Some((mean, sd)) = found.and_then(|one| Some((one.real("mean")?, one.real("sd")?))) else {
        let problem =
            Problem::at(&place, format!("the fit has no covariate `{}`", name.escape_debug()));
        return reader.problem(match nearest(&name, COVARIATES) {
            Some(meant) => problem.help(format!("did you mean \"{meant}\"?")),
            None => problem.help(format!("it has {}", COVARIATES.join(", "))),
        });
    };
    if mean.abs() > 5.0 || sd > 5.0 {
        let message = format!("`{name}` is {mean} (sd {sd}): too strong for a signal");
        let help = "a signal's mean is from -5 to 5; a summit is a [[model.window]]";
        return reader.problem(Problem::at(&place, message).help(help));
    }
    put(signal, mean_key, mean, &place);
    put(signal, sd_key, sd, &place);
}

/// As if it had been written where the fit is named.
fn put(node: &mut Node, key: &'static str, value: f64, place: &Place) {
    let entry = Entry { value: Some(Value::Real(value)), place: place.clone(), default: false };
    node.entries.insert(key, entry);
}
