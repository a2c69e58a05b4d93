//! Strategies about what is over.

use statecraft_domain::Timestamp;
use statecraft_engine::Strategy;
use statecraft_engine::config::ModelSpec;

/// A warning for every deadline that has passed at `now`: the model's own and those of its markets.
pub(super) fn warnings<'a>(
    strategies: impl Iterator<Item = &'a Strategy>,
    now: Timestamp,
) -> Vec<String> {
    strategies.filter_map(|strategy| of_strategy(strategy, now)).collect()
}

fn of_strategy(strategy: &Strategy, now: Timestamp) -> Option<String> {
    let ModelSpec::Hazard(spec) = &strategy.model else { return None };
    let ladder = spec.ladder.iter().map(|rung| rung.horizon.deadline);
    let last = ladder.chain([spec.deadline]).max()?;
    (last <= now).then(|| {
        let day = crate::research::summary::time_text(last);
        format!(
            "strategy {}: its deadline {day} has passed: at a real venue there is nothing left to trade",
            strategy.name
        )
    })
}
