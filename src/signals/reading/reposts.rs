//! Headlines heard before. The same words are the same news, until somebody says the contrary: then who says
//! them again, and is believed no less, says something new.

use std::collections::{HashMap, VecDeque};

use statecraft_domain::signal::{Direction, Label, SourceClass};
use statecraft_domain::{Nanos, Timestamp};

use super::undated;

/// Headlines remembered, to know a repost.
const REPOSTS_MAX: usize = 50_000;
/// For so long.
const REPOSTS_FOR: Nanos = Nanos::from_secs(7 * 86_400);

/// What a report holds of a country, for comparison with the contrary.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Stance {
    country: String,
    topic: String,
    holds: bool,
}

/// The stances of labels, as the model takes them.
pub(super) fn stances(country: &str, labels: &[Label], direction: Direction) -> Vec<Stance> {
    let stance = |label: &Label| {
        let (slug, said) = (undated(&label.slug), label.strength > 0.0);
        let (topic, holds) = match slug.as_str() {
            "visit_announced" | "visit_planned" => ("trip".to_owned(), said),
            "visit_cancelled" | "visit_postponed" => ("trip".to_owned(), !said),
            // Turned down, a landing did not take place.
            "visit_occurred" => (slug, said && direction != Direction::Down),
            _ => (slug, said),
        };
        Stance { country: country.to_owned(), topic, holds }
    };
    labels.iter().map(stance).collect()
}

/// A report, as far as it matters here.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) print: [u8; 32],
    pub(super) class: SourceClass,
    pub(super) published: Timestamp,
    pub(super) received: Timestamp,
    pub(super) stances: Vec<Stance>,
}

/// Who said it last, and when.
#[derive(Debug, Clone, Copy)]
struct Latest {
    class: SourceClass,
    published: Timestamp,
    received: Timestamp,
}

/// Headlines heard, the best class each was heard from, and when each stance was last taken.
#[derive(Debug, Default)]
pub(super) struct Reposts {
    best: HashMap<[u8; 32], (SourceClass, Timestamp)>,
    order: VecDeque<(Timestamp, [u8; 32])>,
    /// By class: no more entries than topics and classes.
    taken: HashMap<Stance, Vec<Latest>>,
}

impl Reposts {
    /// News is what was not heard before, or only from a lesser class (a rumour that is quicker must not
    /// silence the record), or not since the contrary was said. Classes are ordered by how far they are
    /// believed.
    pub(super) fn is_news(&mut self, word: &Word) -> bool {
        self.forget(word.received);
        let known = self.best.get(&word.print).copied();
        let repeated =
            known.is_some_and(|(best, at)| best <= word.class && !self.is_anew(word, at));
        if repeated {
            return false;
        }
        let best = known.map_or(word.class, |(best, _)| best.min(word.class));
        self.best.insert(word.print, (best, word.received));
        self.order.push_back((word.received, word.print));
        self.take(word);
        true
    }

    fn forget(&mut self, now: Timestamp) {
        while let Some(&(at, oldest)) = self.order.front()
            && (now - at > REPOSTS_FOR || self.order.len() >= REPOSTS_MAX)
        {
            self.order.pop_front();
            // Heard anew since, it stands further back.
            if self.best.get(&oldest).is_some_and(|(_, heard)| *heard <= at) {
                self.best.remove(&oldest);
            }
        }
    }

    /// Did anybody who is believed no more than this source say the contrary after `at`, and before this
    /// was published?
    fn is_anew(&self, word: &Word, at: Timestamp) -> bool {
        let between = |one: &Latest| {
            word.class <= one.class && one.received > at && word.published > one.published
        };
        word.stances.iter().any(|stance| {
            let contrary = Stance { holds: !stance.holds, ..stance.clone() };
            self.taken.get(&contrary).is_some_and(|said| said.iter().any(between))
        })
    }

    fn take(&mut self, word: &Word) {
        let Word { class, published, received, .. } = *word;
        for stance in &word.stances {
            let said = self.taken.entry(stance.clone()).or_default();
            said.retain(|one| one.class != class);
            said.push(Latest { class, published, received });
        }
    }
}
