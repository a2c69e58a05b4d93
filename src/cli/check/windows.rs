//! Calendar windows that reach over an end of the contract's own window: they count only by the days
//! inside, which is easily overlooked; and windows that overlap: one trip must not be counted twice.

use statecraft_domain::{Nanos, Timestamp};
use statecraft_engine::Strategy;
use statecraft_engine::config::{CalendarWindow, HazardSpec, Horizon, ModelSpec};

/// A warning for every window and horizon (the model's own, and each of its ladder) that the window is not
/// wholly inside of although a part of it is.
pub(super) fn warnings<'a>(strategies: impl Iterator<Item = &'a Strategy>) -> Vec<String> {
    strategies.flat_map(of_strategy).collect()
}

fn of_strategy(strategy: &Strategy) -> Vec<String> {
    let ModelSpec::Hazard(spec) = &strategy.model else { return Vec::new() };
    let mut told = Vec::new();
    for window in &spec.windows {
        for (market, horizon) in horizons(spec) {
            if let Some(share) = share(window, horizon) {
                told.push(warning(&strategy.name, window, &market, horizon, share));
            }
        }
    }
    told.extend(overlaps(&strategy.name, &spec.windows));
    told
}

/// A warning for every two windows that share a day.
fn overlaps(strategy: &str, windows: &[CalendarWindow]) -> Vec<String> {
    let pairs = windows
        .iter()
        .enumerate()
        .flat_map(|(index, one)| windows.iter().skip(index + 1).map(move |other| (one, other)));
    let shared = pairs.filter(|(one, other)| one.start < other.end && other.start < one.end);
    shared
        .map(|(one, other)| {
            format!(
                "strategy {strategy}: windows \"{}\" ({} to {}) and \"{}\" ({} to {}) overlap, and each counts \
                 for itself: if one trip takes in both, it is counted twice",
                one.name,
                date(one.start),
                date(one.end),
                other.name,
                date(other.start),
                date(other.end),
            )
        })
        .collect()
}

/// The model's own horizon, and those of markets with another.
fn horizons(spec: &HazardSpec) -> Vec<(String, Horizon)> {
    let own = (String::new(), spec.horizon());
    let rungs =
        spec.ladder.iter().map(|rung| (format!(" of {}", rung.market.pattern), rung.horizon));
    std::iter::once(own).chain(rungs).collect()
}

/// The share of the window's time inside the horizon, if that is neither nothing nor all.
fn share(window: &CalendarWindow, horizon: Horizon) -> Option<f64> {
    let days = (window.end - window.start).days();
    let inside = window.end.min(horizon.deadline) - window.start.max(horizon.start);
    let is_cut = window.end > horizon.deadline || window.start < horizon.start;
    (is_cut && days > 0.0 && inside > Nanos::ZERO).then(|| inside.days() / days)
}

fn warning(
    strategy: &str,
    window: &CalendarWindow,
    market: &str,
    horizon: Horizon,
    share: f64,
) -> String {
    let end = if window.end > horizon.deadline {
        format!("over the deadline{market} {}", date(horizon.deadline))
    } else {
        format!("back before the opening{market} {}", date(horizon.start))
    };
    format!(
        "strategy {strategy}: window \"{}\" ({} to {}) reaches {end}: {:.0} % of it counts, the days inside",
        window.name,
        date(window.start),
        date(window.end),
        100.0 * share
    )
}

fn date(at: Timestamp) -> String {
    let text = crate::research::summary::time_text(at);
    text.get(..10).map_or_else(String::new, str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_that_are_cut_are_told_with_their_share() {
        let loaded = crate::config::load_strategies(&[std::path::PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/strategies/trump-visits-japan-2026.toml"
        ))])
        .unwrap();
        let mut strategy = loaded[0].strategy.clone();
        assert_eq!(warnings([&strategy].into_iter()), Vec::<String>::new());
        let ModelSpec::Hazard(spec) = &mut strategy.model else { panic!("a hazard model") };
        let day = Nanos::from_secs(86_400);
        let (start, end) = (spec.window_start, spec.deadline);
        let window = spec.windows[0].clone();
        let with = |name: &str, start, end| CalendarWindow {
            name: name.to_owned(),
            start,
            end,
            ..window.clone()
        };
        spec.windows = vec![
            with("late", end - day.times(1), end + day.times(3)),
            with("early", start - day.times(3), start + day.times(3)),
            with("after", end + day, end + day.times(2)),
            with("inside", start, end),
        ];
        let told = warnings([&strategy].into_iter());
        let (overlap, told): (Vec<_>, Vec<_>) =
            told.into_iter().partition(|line| line.contains("is counted twice"));
        let overlaps = |one: &str, other: &str| {
            let both = |line: &&String| line.contains(one) && line.contains(other);
            overlap.iter().filter(both).count()
        };
        assert_eq!(overlap.len(), 3, "{overlap:?}");
        assert_eq!(overlaps("\"late\"", "\"inside\""), 1, "{overlap:?}");
        assert_eq!(overlaps("\"early\"", "\"inside\""), 1, "{overlap:?}");
        assert_eq!(overlaps("\"late\"", "\"after\""), 1, "{overlap:?}");
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("\"late\" (2026-12-31 to 2027-01-04)"), "{told:?}");
        assert!(told[0].contains("over the deadline 2027-01-01: 25 % of it counts"), "{told:?}");
        assert!(told[1].contains("before the opening 2026-01-01: 50 % of it counts"), "{told:?}");
    }
}
