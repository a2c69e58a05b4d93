//! Since when strategies have been trading as they are (R28).

use statecraft_domain::Timestamp;

use super::Record;

/// The first order that was decided under each of these strategy files (their SHA-256, hex, in the order of
/// the strategies' ids); `None`: there was none yet, so the strategy is new as it is.
#[must_use]
pub fn trading_since(records: &[Record], hashes: &[String]) -> Vec<Option<Timestamp>> {
    let mut since = vec![None; hashes.len()];
    for record in records {
        let Record::Decision(decided) = record else { continue };
        let theirs =
            hashes.iter().zip(&mut since).filter(|(hash, _)| **hash == decided.strategy_hash);
        for (_, first) in theirs {
            first.get_or_insert(decided.facts.at);
        }
    }
    since
}
