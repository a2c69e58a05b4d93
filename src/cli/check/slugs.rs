//! Slugs of weights that nothing says: no headline is read as them, and they are no state.

use statecraft_engine::Strategy;
use statecraft_engine::config::ModelSpec;

use crate::config::nearest::nearest;
use crate::signals::slugs::known;

/// A warning for every weight without known history whose slug only labels of the user's own can say.
pub(super) fn warnings<'a>(strategies: impl Iterator<Item = &'a Strategy>) -> Vec<String> {
    strategies.flat_map(of_strategy).collect()
}

fn of_strategy(strategy: &Strategy) -> Vec<String> {
    let ModelSpec::Hazard(spec) = &strategy.model else { return Vec::new() };
    let silent = spec
        .signals
        .iter()
        .filter(|one| one.since.is_none() && !known().any(|slug| is_or_refines(&one.slug, slug)));
    silent
        .map(|one| {
            let near = nearest(&one.slug, known());
            let hint = near.map_or(String::new(), |slug| format!(" (did you mean \"{slug}\"?)"));
            format!(
                "strategy {}: no headline is read as the signal \"{}\"{hint}; only labels of your own \
                 sources can say it",
                strategy.name, one.slug
            )
        })
        .collect()
}

/// A slug of one's own may refine a known one: `leader_inbound_7_12`, half a year after `leader_inbound`.
fn is_or_refines(slug: &str, known: &str) -> bool {
    slug.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_slug_is_told_and_the_shipped_ones_are_not() {
        let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("strategies");
        let files: Vec<_> = std::fs::read_dir(root)
            .expect("strategies")
            .map(|entry| entry.expect("entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .collect();
        let loaded = crate::config::load_strategies(&files).expect("valid");
        assert_eq!(warnings(loaded.iter().map(|one| &one.strategy)), Vec::<String>::new());
        let mut wrong = loaded
            .into_iter()
            .map(|one| one.strategy)
            .find(|one| matches!(&one.model, ModelSpec::Hazard(spec) if !spec.signals.is_empty()))
            .expect("a hazard strategy");
        if let ModelSpec::Hazard(spec) = &mut wrong.model {
            spec.signals.truncate(1);
            "fed_lnad".clone_into(&mut spec.signals[0].slug);
            spec.signals[0].since = None;
        }
        let told = warnings([&wrong].into_iter());
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("did you mean \"fed_land\"?"), "{told:?}");
    }
}
