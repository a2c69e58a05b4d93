//! How a source is: when it last answered, what is wrong with it, what waits.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use statecraft_domain::Timestamp;
use statecraft_domain::signal::SourceClass;

use super::counters::Counters;

/// Longest words about a failure that are kept, in characters.
const ERROR_CHARS_MAX: usize = 200;

/// What is remembered of a source's looks.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The place it is fetched from, see [`super::hosts::place`].
    pub(super) host: Option<String>,
    /// Nothing is asked: others hand in.
    pushed: bool,
    answered: Option<(Timestamp, Instant)>,
    failures: u64,
    error: String,
    next: Option<Instant>,
    waiting: u64,
}

impl State {
    /// Of a source that has not been asked yet.
    pub(super) fn new(host: Option<String>, pushed: bool) -> Self {
        Self { host, pushed, ..Self::default() }
    }

    /// A look brought an answer.
    pub(super) fn answered(&mut self, at: Timestamp) {
        self.answered = Some((at, Instant::now()));
        self.failures = 0;
        self.error.clear();
    }

    /// A look failed.
    pub(super) fn failed(&mut self, error: &str) {
        self.failures += 1;
        self.error = super::text::clean(error, ERROR_CHARS_MAX);
    }

    /// The next look is so far away.
    pub(super) fn rests(&mut self, pause: Duration) {
        self.next = Some(Instant::now() + pause);
    }

    /// So many wait; true if none did before.
    pub(super) fn waits(&mut self, count: u64) -> bool {
        let first = self.waiting == 0 && count > 0;
        self.waiting = count;
        first
    }

    /// All of it, for people and programs; `held`: how long its host is still left alone.
    pub(super) fn report(
        &self,
        name: &str,
        class: SourceClass,
        held: Option<Duration>,
        counters: Counters,
    ) -> SourceReport {
        let health = match (held, self.failures) {
            _ if self.pushed => Health::Pushed,
            (Some(_), _) => Health::Held,
            (None, 1..) => Health::Failing,
            (None, 0) if self.answered.is_none() => Health::Unheard,
            (None, 0) if self.waiting > 0 => Health::Behind,
            (None, 0) => Health::Good,
        };
        let left = |at: Instant| at.saturating_duration_since(Instant::now());
        SourceReport {
            name: name.to_owned(),
            class,
            health,
            last_answer: self.answered.map(|(at, _)| instant(at)),
            last_answer_secs_ago: self.answered.map(|(_, at)| at.elapsed().as_secs()),
            failures_in_a_row: self.failures,
            error: self.error.clone(),
            next_look_secs: held.max(self.next.map(left)).map(|left| left.as_secs()),
            waiting: self.waiting,
            counters,
        }
    }
}

/// How a source is, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// The last look brought an answer.
    Good,
    /// It answers, and brings more than it may: the rest waits.
    Behind,
    /// The last looks failed.
    Failing,
    /// Its host asked to be left alone.
    Held,
    /// It has not answered yet.
    Unheard,
    /// It is handed in, not asked for.
    Pushed,
}

/// One source, for the tables of `status` and the closing summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceReport {
    /// Its name.
    pub name: String,
    /// What kind of source it is.
    pub class: SourceClass,
    /// How it is.
    pub health: Health,
    /// The last look that brought an answer, engine time, RFC 3339.
    pub last_answer: Option<String>,
    /// The same in wall seconds.
    pub last_answer_secs_ago: Option<u64>,
    /// Failed looks since.
    pub failures_in_a_row: u64,
    /// What was wrong at the last of them; empty: nothing.
    pub error: String,
    /// Wall seconds to the next look.
    pub next_look_secs: Option<u64>,
    /// About so many lines or items wait because of `per_minute`.
    pub waiting: u64,
    /// What became of its lines and items so far.
    pub counters: Counters,
}

fn instant(at: Timestamp) -> String {
    let instant = jiff::Timestamp::from_nanosecond(i128::from(at.nanos()));
    instant.map_or_else(|_| at.nanos().to_string(), |instant| instant.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_said_first() {
        let mut state = State::default();
        let health = |state: &State, held| {
            state.report("s", SourceClass::Wire, held, Counters::default()).health
        };
        assert_eq!(health(&state, None), Health::Unheard);
        state.failed("answered with status 500\nand more");
        assert_eq!(health(&state, None), Health::Failing);
        assert_eq!(health(&state, Some(Duration::from_secs(9))), Health::Held);
        state.answered(Timestamp::from_secs(1));
        assert_eq!(health(&state, None), Health::Good);
        assert!(state.waits(7) && !state.waits(6), "only the first is news");
        assert_eq!(health(&state, None), Health::Behind);
        let report = state.report("s", SourceClass::Wire, None, Counters::default());
        let json = serde_json::to_value(&report).expect("json");
        assert_eq!((&json["health"], &json["waiting"]), (&"behind".into(), &6.into()));
        assert_eq!(
            (&json["last_answer"], &json["error"]),
            (&"1970-01-01T00:00:01Z".into(), &"".into())
        );
    }
}
