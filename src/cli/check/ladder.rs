//! Strategies of one event with several deadlines: their models must not say that more time is worth
//! less (model.md 8). Whoever trades both would be offering an arbitrage against himself.

use statecraft_domain::Timestamp;
use statecraft_engine::config::{HazardSpec, ModelSpec, Strategy};
use statecraft_engine::model::HazardModel;
use statecraft_engine::model::ladder::{Rung, breaches};

/// Difference below which the models' own arithmetic may be the reason.
const TOLERANCE: f64 = 1e-3;

/// One strategy's probability now.
struct Step<'a> {
    name: &'a str,
    event: &'a str,
    spec: &'a HazardSpec,
    probability: f64,
}

/// A warning for every pair of strategies of one event of which one has all the other's time and more,
/// and a lower probability, as of `now` and with nothing heard.
pub(super) fn warnings<'a>(
    strategies: impl Iterator<Item = &'a Strategy>,
    now: Timestamp,
) -> Vec<String> {
    let mut steps: Vec<Step<'_>> = strategies.filter_map(|strategy| step(strategy, now)).collect();
    steps.sort_by(|one, other| {
        (one.event, one.spec.deadline, one.name).cmp(&(
            other.event,
            other.spec.deadline,
            other.name,
        ))
    });
    let pairs = steps.iter().enumerate().flat_map(|(index, earlier)| {
        steps.iter().skip(index + 1).map(move |later| (earlier, later))
    });
    pairs.filter_map(|(earlier, later)| warning(earlier, later)).collect()
}

fn step(strategy: &Strategy, now: Timestamp) -> Option<Step<'_>> {
    let ModelSpec::Hazard(spec) = &strategy.model else { return None };
    let estimate = HazardModel::new(spec.clone()).estimate(now).ok()?;
    let probability = estimate.probability.get();
    Some(Step { name: &strategy.name, event: &strategy.event, spec, probability })
}

fn warning(earlier: &Step<'_>, later: &Step<'_>) -> Option<String> {
    let contained = later.spec.window_start <= earlier.spec.window_start
        && later.spec.deadline > earlier.spec.deadline;
    if earlier.event != later.event || !contained {
        return None;
    }
    let rung = |step: &Step<'_>| Rung {
        deadline: step.spec.deadline,
        probability: step.probability,
        weight: 1.0,
    };
    let breach = *breaches(&[rung(earlier), rung(later)], TOLERANCE).ok()?.first()?;
    Some(format!(
        "{}: {} has more time than {}, and a probability that is lower by {:.3} ({:.3} against {:.3}): \
         one of the two models is wrong",
        earlier.event, later.name, earlier.name, breach.by, later.probability, earlier.probability
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_deadline_that_is_less_likely_is_told() {
        let loaded = crate::config::load_strategies(&[std::path::PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/strategies/trump-visits-japan-2026.toml"
        ))])
        .unwrap();
        let shipped = &loaded[0].strategy;
        let with = |name: &str, days: i64, rate: f64| {
            let mut strategy = shipped.clone();
            name.clone_into(&mut strategy.name);
            if let ModelSpec::Hazard(spec) = &mut strategy.model {
                spec.deadline = spec.deadline + statecraft_domain::Nanos::from_secs(days * 86_400);
                spec.base_rate_per_year = rate;
            }
            strategy
        };
        let now = Timestamp::from_secs(1_780_000_000);
        let told = |pair: &[Strategy]| warnings(pair.iter(), now);
        assert_eq!(told(&[with("year", 0, 0.2), with("later", 90, 0.2)]), Vec::<String>::new());
        let wrong = [with("later", 90, 0.02), with("year", 0, 0.2)];
        let warnings = told(&wrong);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("later has more time than year"), "{warnings:?}");
        let mut other = wrong;
        other[0].event = "another".to_owned();
        assert_eq!(told(&other), Vec::<String>::new());
    }
}
