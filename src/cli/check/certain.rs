//! Guesses that are told with certainty: a standard deviation of nothing.

use statecraft_engine::Strategy;
use statecraft_engine::config::{HazardSpec, ModelSpec};

/// A warning for every number that a strategy is certain of.
pub(super) fn warnings<'a>(strategies: impl Iterator<Item = &'a Strategy>) -> Vec<String> {
    strategies
        .flat_map(|strategy| {
            certain(&strategy.model).into_iter().map(move |what| {
                format!(
                    "strategy {}: {what} = 0: nobody is that sure; the model's interval is too narrow, and \
                     what is staked on it too much",
                    strategy.name
                )
            })
        })
        .collect()
}

fn certain(model: &ModelSpec) -> Vec<String> {
    match model {
        ModelSpec::External { sd_logit, .. } if *sd_logit <= 0.0 => vec!["sd_logit".to_owned()],
        ModelSpec::Hazard(spec) => of_hazard(spec),
        // A fixed probability is a yardstick.
        ModelSpec::External { .. } | ModelSpec::Constant { .. } | ModelSpec::Market => Vec::new(),
    }
}

fn of_hazard(spec: &HazardSpec) -> Vec<String> {
    let base = (spec.log_base_sd <= 0.0).then(|| "log_base_sd".to_owned());
    // A weight of nothing that is certain only names a label.
    let signals = spec
        .signals
        .iter()
        .filter(|signal| signal.sd <= 0.0 && signal.mean != 0.0)
        .map(|signal| format!("sd of the signal `{}`", signal.slug));
    base.into_iter().chain(signals).collect()
}
