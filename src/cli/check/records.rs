//! Strategies with one skill record: what demotes one demotes the other (docs/SKILL.md).

use std::collections::BTreeMap;

use statecraft_engine::Strategy;

use crate::runtime::standing::lineages;

/// A warning for every record that several strategies share.
pub(super) fn warnings<'a>(strategies: impl Iterator<Item = &'a Strategy>) -> Vec<String> {
    let mut sharers: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for strategy in strategies {
        for lineage in lineages(strategy) {
            sharers.entry(lineage).or_default().push(&strategy.name);
        }
    }
    let shared = sharers.into_iter().filter(|(_, names)| names.len() > 1);
    shared
        .map(|(lineage, names)| {
            format!(
                "strategies {} have one skill record ({lineage}: event, kind of model, venue), whatever \
                 their markets and deadlines: what demotes one demotes all of them",
                names.join(", ")
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use statecraft_domain::Nanos;
    use statecraft_engine::config::ModelSpec;

    #[test]
    fn one_event_one_model_one_venue_are_one_record() {
        let loaded = crate::config::load_strategies(&[std::path::PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/strategies/trump-visits-japan-2026.toml"
        ))])
        .unwrap();
        let shipped = loaded[0].strategy.clone();
        let mut june = shipped.clone();
        "june".clone_into(&mut june.name);
        if let ModelSpec::Hazard(spec) = &mut june.model {
            spec.deadline = spec.deadline - Nanos::from_secs(180 * 86_400);
        }
        let told = warnings([&shipped, &june].into_iter());
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].contains("trump-visits-japan-2026, june have one skill record"),
            "{told:?}"
        );
        june.model = ModelSpec::Market;
        assert_eq!(warnings([&shipped, &june].into_iter()), Vec::<String>::new());
    }
}
