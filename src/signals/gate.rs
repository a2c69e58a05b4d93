//! What of a source's signals is let through: fresh ones, each once, and not too many.

use std::collections::{BTreeSet, VecDeque};

use statecraft_domain::{Nanos, Signal, Timestamp};

/// A signal this far ahead of our clock is refused.
const AHEAD_MAX: Nanos = Nanos::from_secs(5 * 60);
/// An id counts as known for this long at least, and for as long as its item may still be used.
const KNOWN_FOR: Nanos = Nanos::from_secs(7 * 86_400);
/// Ids remembered at most; beyond it the oldest are forgotten early.
const KNOWN_MAX: usize = 100_000;
const MINUTE: f64 = 60e9;

/// Why a well-formed signal is not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Published more than five minutes in the future.
    #[error("published in the future")]
    Ahead,
    /// Older than the source's limit.
    #[error("older than the limit of its source")]
    TooOld,
    /// The id was seen before, and not too long ago.
    #[error("seen before")]
    Duplicate,
    /// More signals a minute than the source may send.
    #[error("more signals a minute than its source may send")]
    TooMany,
}

/// The gate of one source.
#[derive(Debug)]
pub struct Gate {
    age_max: Nanos,
    per_minute: f64,
    burst: f64,
    tokens: f64,
    filled: Option<Timestamp>,
    known: BTreeSet<String>,
    order: VecDeque<(Timestamp, String)>,
}

impl Gate {
    /// A gate for signals up to `age_max` old and `per_minute` of them per minute of wall time, when the
    /// clock runs `time_scale` times as fast as the wall's.
    #[must_use]
    pub fn new(age_max: Nanos, per_minute: u32, time_scale: u32) -> Self {
        // A minute of a fast clock holds what the world needs a minute for: the rate per minute *of the
        // clock* stays, and a burst may be as large as a minute on the wall.
        let burst = f64::from(per_minute) * f64::from(time_scale.max(1));
        Self {
            age_max,
            per_minute: f64::from(per_minute),
            burst,
            tokens: burst,
            filled: None,
            known: BTreeSet::new(),
            order: VecDeque::new(),
        }
    }

    /// Lets a signal through, or says why not. Uses `signal.received` as the present.
    ///
    /// # Errors
    /// [`Refusal`]; a refused signal leaves no trace in the memory of ids.
    pub fn admit(&mut self, signal: &Signal) -> Result<(), Refusal> {
        self.admit_id(&signal.id, signal.published, signal.received)
    }

    /// Signals a minute that it lets through.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was a u32")]
    pub const fn per_minute(&self) -> u32 {
        self.per_minute as u32
    }

    /// Does it remember this id?
    #[must_use]
    pub fn knows(&self, id: &str) -> bool {
        self.known.contains(id)
    }

    /// Lets whatever is called `id` through at `now`, or says why not.
    ///
    /// # Errors
    /// [`Refusal`]; what is refused leaves no trace in the memory of ids.
    pub fn admit_id(
        &mut self,
        id: &str,
        published: Timestamp,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if published > now + AHEAD_MAX {
            return Err(Refusal::Ahead);
        }
        if now - published > self.age_max {
            return Err(Refusal::TooOld);
        }
        self.forget(now);
        if self.known.contains(id) {
            return Err(Refusal::Duplicate);
        }
        if !self.take_token(now) {
            return Err(Refusal::TooMany);
        }
        self.remember(id, now);
        Ok(())
    }

    /// Knows this id since `seen`. Told in order of time.
    pub fn remember(&mut self, id: &str, seen: Timestamp) {
        if self.known.insert(id.to_owned()) {
            self.order.push_back((seen, id.to_owned()));
        }
    }

    fn forget(&mut self, now: Timestamp) {
        let known_for = KNOWN_FOR.max(self.age_max);
        while let Some((seen, _)) = self.order.front()
            && (now - *seen > known_for || self.order.len() > KNOWN_MAX)
        {
            if let Some((_, id)) = self.order.pop_front() {
                self.known.remove(&id);
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate, not money")]
    fn take_token(&mut self, now: Timestamp) -> bool {
        let passed = self.filled.map_or(Nanos::ZERO, |filled| now - filled).max(Nanos::ZERO);
        self.filled = Some(self.filled.map_or(now, |filled| filled.max(now)));
        let gained = passed.get() as f64 / MINUTE * self.per_minute;
        self.tokens = (self.tokens + gained).min(self.burst);
        let enough = self.tokens >= 1.0;
        if enough {
            self.tokens -= 1.0;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Nanos = Nanos::from_secs(86_400);

    fn signal(id: &str, published: i64, received: i64) -> Signal {
        Signal {
            id: id.to_owned(),
            source: "desk".to_owned(),
            published: Timestamp::from_secs(published),
            received: Timestamp::from_secs(received),
            title: "x".to_owned(),
            text: String::new(),
            url: String::new(),
            lang: String::new(),
            target: String::new(),
            labels: Vec::new(),
            ..Signal::default()
        }
    }

    #[test]
    fn ages() {
        let mut gate = Gate::new(DAY, 30, 1);
        assert_eq!(gate.admit(&signal("a", 1_301, 1_000)), Err(Refusal::Ahead));
        assert_eq!(gate.admit(&signal("a", 1_300, 1_000)), Ok(()));
        assert_eq!(gate.admit(&signal("b", 0, 86_401)), Err(Refusal::TooOld));
    }

    #[test]
    fn an_id_counts_once_for_seven_days_and_while_its_item_is_fresh() {
        let mut gate = Gate::new(DAY, 30, 1);
        assert_eq!(gate.admit(&signal("a", 0, 0)), Ok(()));
        assert_eq!(gate.admit(&signal("a", 600_000, 600_000)), Err(Refusal::Duplicate));
        assert_eq!(gate.admit(&signal("a", 604_801, 604_801)), Ok(()));
        let mut gate = Gate::new(DAY.times(30), 30, 1);
        gate.remember("a", Timestamp::from_secs(0));
        assert_eq!(gate.admit(&signal("a", 0, 604_801)), Err(Refusal::Duplicate));
        assert_eq!(gate.admit(&signal("a", 2_592_001, 2_592_001)), Ok(()));
    }

    #[test]
    fn rate_and_its_scale() {
        let admitted = |scale| {
            let mut gate = Gate::new(DAY, 30, scale);
            (0..100).filter(|n| gate.admit(&signal(&n.to_string(), 0, 0)).is_ok()).count()
        };
        assert_eq!(admitted(1), 30);
        assert_eq!(admitted(3), 90);
        let mut gate = Gate::new(DAY, 30, 1);
        for n in 0..31 {
            let _ = gate.admit(&signal(&n.to_string(), 0, 0));
        }
        assert_eq!(gate.admit(&signal("late", 0, 1)), Err(Refusal::TooMany));
        assert_eq!(gate.admit(&signal("later", 0, 3)), Ok(()));
    }
}
