//! The fitted event file that strategies name with `model.fit`: our own TOML.
//!
//! Every coefficient comes with its covariances with the intercept and the covariates, so that the joint
//! posterior of any one country can be put together; those between two countries are not needed.

use std::fmt::Write as _;
use std::path::Path;

use super::FitError;
use super::model::Model;
use super::panel::FEATURE_NAMES;
use super::run::VisitFit;

/// Writes the file.
///
/// # Errors
/// [`FitError::Unwritable`].
pub fn write(fit: &VisitFit, path: &Path) -> Result<(), FitError> {
    std::fs::write(path, toml(fit))
        .map_err(|source| FitError::Unwritable { path: path.to_owned(), source })
}

/// The share of the base rate that is left while a calendar window lies ahead (model.md 1.4).
const BASE_SHARE_BESIDE_WINDOWS: f64 = 0.75;

/// The text of the file. Equal inputs and versions give equal text.
#[must_use]
pub fn toml(fit: &VisitFit) -> String {
    let mut text = String::from(
        "# Written by `statecraft fit visits --out`; strategies name it as `model.fit`. Do not edit: fit again.\n\
         # Facts from the public record of the Office of the Historian, U.S. Department of State (CC0).\n",
    );
    for line in super::text::reading(fit) {
        text.push_str(&format!("# {line}\n"));
    }
    text.push('\n');
    let model = fit.rolling.lines.first();
    let climatology = fit
        .rolling
        .lines
        .iter()
        .find(|line| line.forecaster == super::rolling::Forecaster::CountryClimatology);
    let mut put = |line: std::fmt::Arguments<'_>| {
        // Writing to a String cannot fail.
        let _ = text.write_fmt(line);
        text.push('\n');
    };
    put(format_args!("event = \"us-presidential-visits\""));
    put(format_args!("program = \"statecraft {}\"", env!("CARGO_PKG_VERSION")));
    put(format_args!("first_month = \"{}\"", fit.months.0));
    put(format_args!("last_month = \"{}\"", fit.months.1));
    put(format_args!(
        "# Counted, not fitted: 4 of 16 such visits to Japan since 1974 were made on the tour of a summit."
    ));
    put(format_args!("base_share_beside_windows = {BASE_SHARE_BESIDE_WINDOWS}"));
    if let (Some(model), Some(climatology)) = (model, climatology) {
        put(format_args!(
            "\n# Out of sample, every January {} to {}.",
            fit.rolling.years.0, fit.rolling.years.1
        ));
        put(format_args!("[rolling_origin]"));
        for (prefix, line) in [("", model), ("climatology_", climatology)] {
            put(format_args!("{prefix}brier = {:.6}", line.all.brier));
            put(format_args!("{prefix}log_score = {:.6}", line.all.log));
            put(format_args!("{prefix}brier_no_summit = {:.6}", line.no_summit.brier));
            put(format_args!("{prefix}log_score_no_summit = {:.6}", line.no_summit.log));
        }
    }
    for source in &fit.history.sources {
        put(format_args!("\n[[input]]"));
        put(format_args!("file = {:?}", short(&source.path)));
        put(format_args!("sha256 = \"{}\"", source.sha256));
        put(format_args!("rows = {}", source.rows));
    }
    for (index, name) in Model::names(&fit.panel).iter().enumerate() {
        put(format_args!("\n{}", coefficient(fit, index, name)));
    }
    text
}

fn coefficient(fit: &VisitFit, index: usize, name: &str) -> String {
    let posterior = &fit.model.fit;
    let mean = posterior.mean.get(index).copied().unwrap_or(0.0);
    let mut text = format!(
        "[[coefficient]]\nname = \"{name}\"\nmean = {mean:.9}\nsd = {:.9}",
        posterior.sd(index)
    );
    if let Some(prior) = posterior.priors.get(index) {
        text.push_str(&format!("\nprior_mean = {:.1}\nprior_sd = {:.1}", prior.mean, prior.sd));
    }
    for (with, other) in ["intercept"].into_iter().chain(FEATURE_NAMES).enumerate() {
        text.push_str(&format!("\ncov_{other} = {:.12}", posterior.covariance.get(index, with)));
    }
    text
}

/// The file and the directory it lies in: where that is on this machine is nobody's business.
fn short(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.get(parts.len().saturating_sub(2)..).unwrap_or_default().join("/")
}
