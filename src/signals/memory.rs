//! What earlier runs heard, told again before any source is asked: a feed shows only its newest items,
//! and a repost must stay a repost, a retraction find its story, and an item read once be read once.

use statecraft_domain::{Nanos, Signal, Timestamp};

use super::intake::Intake;

/// Signals received longer ago than this are in no memory: an answer to a report is looked for among the
/// reports of thirty days.
const REMEMBERED_FOR: Nanos = Nanos::from_secs(30 * 86_400);

/// The signals of a record, oldest first, that anything of a new run must remember. `age_max` is the
/// longest of its sources' limits.
#[must_use]
pub fn recent<'a>(
    signals: impl Iterator<Item = &'a Signal>,
    age_max: Nanos,
    now: Timestamp,
) -> Vec<Signal> {
    let span = REMEMBERED_FOR.max(age_max);
    signals.filter(|signal| now - signal.received <= span).cloned().collect()
}

/// Tells a source what of it was heard.
pub(super) fn remind(intake: &Intake, heard: &[Signal]) {
    for signal in heard.iter().filter(|signal| signal.source == intake.name()) {
        intake.remember_signal(item_id(signal), signal);
    }
}

/// What the item of a signal was called: a headline's signals add their event to it.
pub(super) fn item_id(signal: &Signal) -> &str {
    match &signal.claim {
        Some(_) => {
            let bare = signal.id.strip_suffix(signal.target.as_str());
            bare.and_then(|id| id.strip_suffix(':')).unwrap_or(&signal.id)
        }
        None => &signal.id,
    }
}
