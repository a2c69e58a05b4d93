//! [`VenueClock`]: the time of a simulated venue, which may run faster than the wall.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use statecraft_domain::{Nanos, Timestamp};

/// Maps wall time to story time: `story = story_anchor + speed * (wall - wall_anchor)`.
///
/// Elapsed wall time is read from the monotonic clock, so that a step of the system's clock does not
/// move the story.
#[derive(Debug, Clone)]
pub struct VenueClock {
    started: Instant,
    story_anchor: Timestamp,
    speed: f64,
    /// Moved by hand instead: nanoseconds since 1970.
    hand: Option<Arc<AtomicI64>>,
}

/// One reading of both clocks, as `GET /story/clock` serves it. A client computes
/// `story = story_ns + (wall - wall_ns) * speed`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClockReading {
    /// Wall time, nanoseconds since 1970.
    pub wall_ns: i64,
    /// Story time at that instant, nanoseconds since 1970.
    pub story_ns: i64,
    /// Story seconds per wall second.
    pub speed: f64,
}

impl VenueClock {
    /// Story time is `story` now and runs at `speed` from here.
    #[must_use]
    pub fn starting_at(story: Timestamp, speed: f64) -> Self {
        Self { started: Instant::now(), story_anchor: story, speed, hand: None }
    }

    /// Story time is whatever `hand` says, in nanoseconds since 1970.
    #[must_use]
    pub fn by_hand(hand: Arc<AtomicI64>) -> Self {
        let story = Timestamp::from_nanos(hand.load(Ordering::Relaxed));
        Self { hand: Some(hand), ..Self::starting_at(story, 1.0) }
    }

    /// Story time now.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "float to integer saturates")]
    pub fn now(&self) -> Timestamp {
        if let Some(hand) = &self.hand {
            return Timestamp::from_nanos(hand.load(Ordering::Relaxed));
        }
        let story_elapsed = self.started.elapsed().as_nanos() as f64 * self.speed;
        self.story_anchor + Nanos::new(story_elapsed as i64)
    }

    /// Story seconds per wall second.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Both clocks, read together.
    #[must_use]
    pub fn reading(&self) -> ClockReading {
        ClockReading {
            wall_ns: wall_now().nanos(),
            story_ns: self.now().nanos(),
            speed: self.speed,
        }
    }
}

/// Wall time now; 1970 if the system's clock stands before it.
#[must_use]
pub fn wall_now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn story_time_runs_at_its_speed() {
        let clock = VenueClock::starting_at(Timestamp::from_secs(1_000), 3_600.0);
        std::thread::sleep(std::time::Duration::from_millis(20));
        let reading = clock.reading();
        let story_elapsed = Timestamp::from_nanos(reading.story_ns) - Timestamp::from_secs(1_000);
        assert!(story_elapsed >= Nanos::from_secs(72), "{story_elapsed:?}");
        assert!(reading.wall_ns > 0);
    }
}
