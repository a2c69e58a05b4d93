//! Parameters, priors and the fit: P(visit in a month) = 1 - exp(-exp(a + u_country + x'b)).

use statecraft_statistics::fit::{Fit, Likelihood, Prior, Row, fit};

use super::FitError;
use super::month::Month;
use super::panel::{Cells, Country, FEATURE_NAMES, FEATURES, Features, Panel};

const INTERCEPT: Prior = Prior { mean: -4.0, sd: 3.0 };
const HOST: Prior = Prior { mean: 0.0, sd: 3.0 };
const WEIGHT: Prior = Prior { mean: 0.0, sd: 1.0 };
const COUNTRY: Prior = Prior { mean: 0.0, sd: 1.0 };

/// Which covariates a model uses.
pub type Used = Features;

/// All of them: the model of the event file.
pub const FULL: Used = [true; FEATURES];
/// Only the summit calendar.
pub const HOST_ONLY: Used = [true, false, false, false, false];
/// Only the countries' own rates, shrunk towards each other.
pub const RATES: Used = [false; FEATURES];

/// A fitted intensity per month.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Which covariates it uses.
    pub used: Used,
    /// Parameters: the intercept, the [`FEATURES`] (those not used stay at 0), then the countries.
    pub fit: Fit,
}

/// Position of the first country among the parameters.
const COUNTRIES: usize = 1 + FEATURES;

/// The prior of a covariate that is not used: so narrow that it stays at its mean of 0.
const UNUSED: Prior = Prior { mean: 0.0, sd: 1e-9 };

impl Model {
    /// Fits the months from 1970 to `last`.
    ///
    /// # Errors
    /// [`FitError::Statistics`].
    pub fn fit(panel: &Panel, last: Month, used: Used) -> Result<Self, FitError> {
        let rows = rows(&panel.cells(last), used);
        let mut priors = vec![INTERCEPT];
        for (index, used) in used.into_iter().enumerate() {
            priors.push(match (used, index) {
                (false, _) => UNUSED,
                (true, 0) => HOST,
                (true, _) => WEIGHT,
            });
        }
        priors.extend(panel.countries.iter().map(|_| COUNTRY));
        Ok(Self { used, fit: fit(Likelihood::ComplementaryLogLog, &rows, &priors)? })
    }

    /// The covariates of a month as the fit wants them.
    #[must_use]
    pub fn covariates(&self, country: usize, features: Features) -> Vec<(usize, f64)> {
        covariates(country, features, self.used)
    }

    /// λ of a month.
    #[must_use]
    pub fn intensity(&self, country: usize, features: Features) -> f64 {
        let parameter = |index: usize| self.fit.mean.get(index).copied().unwrap_or(0.0);
        let linear: f64 =
            self.covariates(country, features).iter().map(|&(i, x)| x * parameter(i)).sum();
        linear.exp()
    }

    /// P(any visit in first..=last), with what was known before `first`.
    #[must_use]
    pub fn probability(&self, index: usize, country: &Country, first: Month, last: Month) -> f64 {
        let intensity: f64 =
            first.to(last).map(|month| self.intensity(index, country.features(month, first))).sum();
        -(-intensity).exp_m1()
    }

    /// The names of the parameters, in order.
    #[must_use]
    pub fn names(panel: &Panel) -> Vec<String> {
        let fixed = ["intercept"].into_iter().chain(FEATURE_NAMES).map(str::to_owned);
        let countries = panel.countries.iter().map(|country| format!("country:{}", country.slug));
        fixed.chain(countries).collect()
    }

    /// The parameter of a country.
    #[must_use]
    pub const fn country_parameter(country: usize) -> usize {
        COUNTRIES + country
    }
}

fn covariates(country: usize, features: Features, used: Used) -> Vec<(usize, f64)> {
    let on = |(index, (on, used)): (usize, (bool, bool))| (on && used).then_some((1 + index, 1.0));
    std::iter::once((0, 1.0))
        .chain(features.into_iter().zip(used).enumerate().filter_map(on))
        .chain(std::iter::once((COUNTRIES + country, 1.0)))
        .collect()
}

fn rows(cells: &Cells, used: Used) -> Vec<Row> {
    cells
        .iter()
        .map(|(&(country, features), &(months, visited))| Row {
            exposure: 1.0,
            rows: f64::from(months),
            events: f64::from(visited),
            covariates: covariates(country, features, used),
        })
        .collect()
}
