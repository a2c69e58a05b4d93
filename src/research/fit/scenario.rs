//! One country from one month to the end of that year: a probability with its width (model.md 1.7, 3.2).

use statecraft_statistics::fit::Normal;
use statecraft_statistics::random::SplitMix64;

use super::FitError;
use super::model::Model;
use super::month::Month;
use super::panel::{Country, Panel};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// As written.
    pub text: String,
    /// Slug of the country.
    pub country: String,
    /// The first month; what happened before is known, what comes after is not.
    pub from: Month,
    /// Visits assumed on top of the record.
    pub visits: Vec<Month>,
    /// Visits of the leader assumed on top of the record; those to come count from their month on.
    pub inbound: Vec<Month>,
    /// Visits of the record from this month on are left out (a counterfactual).
    pub no_visits_since: Option<Month>,
}

/// What the fit answers; the width is that of the parameters alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// To what.
    pub scenario: Scenario,
    /// The last month.
    pub to: Month,
    /// E[P].
    pub mean: f64,
    /// 5 % quantile of P.
    pub q05: f64,
    /// 95 % quantile of P.
    pub q95: f64,
    /// Mean and standard deviation of log Λ.
    pub log_intensity: Normal,
}

impl Scenario {
    /// Reads `COUNTRY@YYYY-MM[,visit=YYYY-MM][,inbound=YYYY-MM][,no-visits-since=YYYY-MM]`.
    ///
    /// # Errors
    /// [`FitError::Scenario`].
    pub fn parse(text: &str) -> Result<Self, FitError> {
        let wrong = |message: String| FitError::Scenario { text: text.to_owned(), message };
        let month =
            |word: &str| Month::parse(word).ok_or_else(|| wrong(format!("`{word}` is no month")));
        let mut parts = text.split(',');
        let (country, from) = parts
            .next()
            .and_then(|head| head.split_once('@'))
            .ok_or_else(|| wrong("there is no @".to_owned()))?;
        let mut scenario = Self {
            text: text.to_owned(),
            country: country.to_owned(),
            from: month(from)?,
            visits: Vec::new(),
            inbound: Vec::new(),
            no_visits_since: None,
        };
        for part in parts {
            match part.split_once('=') {
                Some(("visit", at)) => scenario.visits.push(month(at)?),
                Some(("inbound", at)) => scenario.inbound.push(month(at)?),
                Some(("no-visits-since", at)) => scenario.no_visits_since = Some(month(at)?),
                _ => return Err(wrong(format!("`{part}` is not known"))),
            }
        }
        Ok(scenario)
    }

    /// The country as the scenario has it: the record before `from`, and what is assumed.
    fn world(&self, record: &Country) -> Country {
        let known = |months: &[Month]| -> Vec<Month> {
            months.iter().copied().filter(|month| *month < self.from).collect()
        };
        let mut visits = known(&record.visits);
        visits.retain(|month| self.no_visits_since.is_none_or(|since| *month < since));
        visits.extend(&self.visits);
        let mut inbound = known(&record.inbound);
        inbound.extend(&self.inbound);
        visits.sort();
        inbound.sort();
        Country { slug: record.slug.clone(), visits, inbound, hosts: record.hosts.clone() }
    }

    /// The country's position in the panel, and its record.
    ///
    /// # Errors
    /// [`FitError::UnknownCountry`].
    pub fn position<'a>(&self, panel: &'a Panel) -> Result<(usize, &'a Country), FitError> {
        let mut countries = panel.countries.iter().enumerate();
        countries.find(|(_, country)| country.slug == self.country).ok_or_else(|| {
            let slugs: Vec<&str> = panel.countries.iter().map(|c| c.slug.as_str()).collect();
            FitError::UnknownCountry { country: self.country.clone(), panel: slugs.join(", ") }
        })
    }

    /// Answers it with the fitted model.
    ///
    /// # Errors
    /// [`FitError::UnknownCountry`], [`FitError::Statistics`].
    pub fn answer(&self, panel: &Panel, model: &Model) -> Result<Answer, FitError> {
        let (index, record) = self.position(panel)?;
        let world = self.world(record);
        let to = Month::december(self.from.year());
        let months: Vec<Vec<(usize, f64)>> = self
            .from
            .to(to)
            .map(|month| model.covariates(index, world.features(month, month)))
            .collect();
        let draws = log_intensities(model, &months)?;
        Ok(summarise(self, to, draws))
    }
}

/// Posterior draws; each comes with its mirror image, so that the mean has no linear error.
const PAIRS: usize = 20_000;
const SEED: u64 = 1_970_001;

/// Draws of log Λ, Λ the sum over the months.
fn log_intensities(model: &Model, months: &[Vec<(usize, f64)>]) -> Result<Vec<f64>, FitError> {
    let mut indices: Vec<usize> = months.iter().flatten().map(|&(index, _)| index).collect();
    indices.sort_unstable();
    indices.dedup();
    let factor = model.fit.covariance.part(&indices).cholesky()?;
    let mean: Vec<f64> =
        indices.iter().map(|&i| model.fit.mean.get(i).copied().unwrap_or(0.0)).collect();
    let positions: Vec<Vec<usize>> = months
        .iter()
        .map(|month| month.iter().filter_map(|(i, _)| indices.binary_search(i).ok()).collect())
        .collect();
    let log_sum = |sign: f64, off: &[f64]| -> f64 {
        let at = |&p: &usize| {
            mean.get(p).copied().unwrap_or(0.0) + sign * off.get(p).copied().unwrap_or(0.0)
        };
        let intensity: f64 =
            positions.iter().map(|month| month.iter().map(at).sum::<f64>().exp()).sum();
        intensity.ln()
    };
    let mut stream = SplitMix64::new(SEED);
    let mut draws = Vec::with_capacity(2 * PAIRS);
    for _ in 0..PAIRS {
        let z: Vec<f64> = indices.iter().map(|_| stream.normal()).collect();
        let off = factor.transform(&z);
        draws.push(log_sum(1.0, &off));
        draws.push(log_sum(-1.0, &off));
    }
    Ok(draws)
}

fn summarise(scenario: &Scenario, to: Month, mut draws: Vec<f64>) -> Answer {
    draws.sort_by(f64::total_cmp);
    let count = draws.len() as f64;
    let probability = |log: f64| -(-log.exp()).exp_m1();
    let mean_log = draws.iter().sum::<f64>() / count;
    let variance = draws.iter().map(|log| (log - mean_log).powi(2)).sum::<f64>() / count;
    let quantile = |p: f64| {
        let at = (p * (count - 1.0)).round() as usize;
        draws.get(at).map_or(0.0, |log| probability(*log))
    };
    Answer {
        scenario: scenario.clone(),
        to,
        mean: draws.iter().map(|log| probability(*log)).sum::<f64>() / count,
        q05: quantile(0.05),
        q95: quantile(0.95),
        log_intensity: Normal { mean: mean_log, sd: variance.sqrt() },
    }
}
