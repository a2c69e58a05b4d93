//! Sources of signals that fail, or bring nothing new for too long, are told: once an episode (F72). "No news" is
//! no news; a feed that changed its format brings none either.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::config::SourceSettings;
use crate::signals::{Health, SourceReport};
use crate::trading::reconciler::Wall;

/// How often the sources are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// So many looks in a row must fail: the first may be a server that restarts.
const FAILURES: u64 = 3;

/// What is wrong with a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// It cannot be read.
    Failing,
    /// It brings nothing new.
    Silent,
}

impl Trouble {
    const fn code(self) -> &'static str {
        match self {
            Self::Failing => "source_failing",
            Self::Silent => "source_silent",
        }
    }
}

/// What is remembered of a source.
#[derive(Debug)]
struct Known {
    /// New lines and items that could be read, so far.
    read: u64,
    /// When there last was a new one; the start, if there was none yet.
    since: Wall,
    trouble: Option<(Trouble, Wall)>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct SourceWatch {
    patience: BTreeMap<String, Duration>,
    known: BTreeMap<String, Known>,
    next: Wall,
    now: Wall,
}

impl SourceWatch {
    /// Of the sources of the settings. Those of the embedded venue, and what is pushed, are never silent.
    #[must_use]
    pub fn of(sources: &[SourceSettings]) -> Self {
        let patience = sources.iter().filter(|one| one.silent_after.get() < i64::MAX).map(|one| {
            let nanos = u64::try_from(one.silent_after.get()).unwrap_or(0);
            (one.name.clone(), Duration::from_nanos(nanos))
        });
        Self { patience: patience.collect(), ..Self::default() }
    }

    /// Looks, if it is time.
    pub fn look(&mut self, now: Wall, reports: impl FnOnce() -> Vec<SourceReport>) {
        if now < self.next {
            return;
        }
        (self.next, self.now) = (now + LOOK, now);
        for report in reports() {
            self.judge(&report, now);
        }
    }

    fn judge(&mut self, report: &SourceReport, now: Wall) {
        let read = report.counters.news;
        let known = self.known.entry(report.name.clone()).or_insert_with(|| Known {
            read,
            since: now,
            trouble: None,
        });
        if read > known.read {
            (known.read, known.since) = (read, now);
        }
        let silent = now.saturating_sub(known.since);
        let patience = self.patience.get(&report.name);
        let failing = report.health == Health::Failing && report.failures_in_a_row >= FAILURES;
        let is_silent = patience.is_some_and(|patience| silent >= *patience);
        let before = known.trouble.map(|(trouble, _)| trouble);
        // One that fails cannot but be silent. It fails until it answers, however few looks there were.
        let fails = failing || (before == Some(Trouble::Failing) && report.failures_in_a_row > 0);
        let trouble = match (fails, is_silent) {
            (true, _) => Some(Trouble::Failing),
            (false, true) => Some(Trouble::Silent),
            (false, false) => None,
        };
        if trouble == before {
            return;
        }
        known.trouble = trouble.map(|trouble| (trouble, now));
        tell(report, trouble, silent);
    }

    /// Sources that are in trouble, for `status`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let troubled = self.known.iter().filter_map(|(name, known)| {
            let (trouble, since) = known.trouble?;
            let since = if trouble == Trouble::Silent { known.since } else { since };
            let secs = self.now.saturating_sub(since).as_secs();
            Some(json!({ "source": name, "code": trouble.code(), "secs": secs }))
        });
        Value::Array(troubled.collect())
    }
}

fn tell(report: &SourceReport, trouble: Option<Trouble>, silent: Duration) {
    let (source, secs) = (report.name.as_str(), silent.as_secs());
    match trouble {
        Some(Trouble::Failing) => tracing::error!(
            code = "source_failing",
            source,
            failures = report.failures_in_a_row,
            error = report.error,
            "a source of signals cannot be read: what it would say is not known"
        ),
        Some(Trouble::Silent) => tracing::error!(
            code = "source_silent",
            source,
            secs,
            malformed = report.counters.malformed,
            "a source of signals has brought nothing new that could be read"
        ),
        None => tracing::info!(code = "source_back", source, "a source of signals is heard again"),
    }
}

#[cfg(test)]
mod tests {
    use statecraft_domain::signal::SourceClass;

    use super::*;
    use crate::signals::Counters;

    fn report(failures: u64, news: u64, malformed: u64) -> SourceReport {
        SourceReport {
            name: "wire".to_owned(),
            class: SourceClass::Wire,
            health: if failures > 0 { Health::Failing } else { Health::Good },
            last_answer: None,
            last_answer_secs_ago: None,
            failures_in_a_row: failures,
            error: String::new(),
            next_look_secs: None,
            waiting: 0,
            counters: Counters { lines: news + malformed, news, malformed, ..Counters::default() },
        }
    }

    #[test]
    fn f72_failing_and_silent_are_episodes_with_a_beginning_and_an_end() {
        let secs = Duration::from_secs;
        let patience = BTreeMap::from([("wire".to_owned(), secs(60))]);
        let mut watch = SourceWatch { patience, ..SourceWatch::default() };
        let mut at = |now: u64, failures, news, malformed| {
            watch.look(secs(now), || vec![report(failures, news, malformed)]);
            watch.to_json()[0]["code"].as_str().map(str::to_owned)
        };
        let (failing, silent) =
            (Some("source_failing".to_owned()), Some("source_silent".to_owned()));
        assert_eq!(at(1, 2, 0, 0), None, "twice is not yet an outage");
        assert_eq!(at(2, 3, 0, 0), failing);
        assert_eq!(at(90, 9, 0, 0), failing, "and not silent besides");
        assert_eq!(at(91, 0, 5, 0), None);
        assert_eq!(at(150, 0, 5, 900), None, "what cannot be read is nothing new");
        assert_eq!(at(151, 0, 5, 901), silent);
        assert_eq!(at(152, 0, 6, 902), None);
        // Nobody waits for what is handed in.
        watch.patience.clear();
        watch.look(secs(9_999), || vec![report(0, 10, 4)]);
        assert_eq!(watch.to_json(), json!([]));
    }
}
