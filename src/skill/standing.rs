//! When a strategy loses the right to real money: its decisions were worse than the market's prices,
//! beyond what luck explains, over enough resolved facts.

use super::report::scored;
use super::score::{Comparison, compare};
use super::store::{Resolution, SkillError, Store};
use std::collections::HashMap;

/// When a record is bad enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DemotionRule {
    /// Facts that must have resolved first.
    pub min_resolutions: usize,
    /// How sure the record must be: share of resamples in which the strategy was worse.
    pub credible: f64,
}

impl Default for DemotionRule {
    fn default() -> Self {
        Self { min_resolutions: 20, credible: 0.95 }
    }
}

/// The reason to demote a strategy, if the record of what it trades, under whatever name, gives one since
/// the last release.
///
/// # Errors
/// [`SkillError`] if the ledger cannot be read.
pub fn reason_to_demote(
    store: &Store,
    strategy: &str,
    rule: DemotionRule,
) -> Result<Option<String>, SkillError> {
    let since = store.record_since(strategy)?;
    let all = store.resolutions()?.into_iter();
    let resolutions: HashMap<_, Resolution> =
        all.map(|one| ((one.venue, one.ticker.clone()), one)).collect();
    // The sources do not matter here.
    let rows = scored(&store.record(strategy)?, &resolutions, &HashMap::new(), since);
    Ok(compare(rows.iter(), rule.credible).and_then(|record| verdict(&record, rule)))
}

/// Judges a record.
#[must_use]
pub fn verdict(record: &Comparison, rule: DemotionRule) -> Option<String> {
    let gain = record.gain?;
    let bad = record.facts >= rule.min_resolutions
        && gain.mean < 0.0
        && gain.share_below_zero >= rule.credible;
    bad.then(|| {
        format!(
            "over {} resolved facts its Brier score was {:.4} and the market's {:.4}; worse in {:.1} % of \
             the resamples, the limit is {:.1} %",
            record.facts,
            record.decided.brier,
            record.market.brier,
            100.0 * gain.share_below_zero,
            100.0 * rule.credible,
        )
    })
}
