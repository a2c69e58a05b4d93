//! [`RunClock`]: the one place where the running bot asks what time it is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use statecraft_domain::{Nanos, Timestamp};

use crate::trading::clock::Steady;

/// Engine time. Against a real venue it is the wall clock; against a simulated venue whose time is
/// compressed it runs `speed` times as fast from a common anchor. It never goes back, whatever the
/// machine's clock does.
#[derive(Debug, Clone)]
pub struct RunClock {
    anchor_wall: i64,
    anchor_engine: i64,
    speed: u32,
    steady: Arc<Mutex<Steady>>,
    start: Instant,
}

impl RunClock {
    /// The wall clock.
    #[must_use]
    pub fn real() -> Self {
        Self::compressed(Timestamp::EPOCH, Timestamp::EPOCH, 1)
    }

    /// `engine` was the time when the wall clock said `wall`, and since then it runs `speed` times as
    /// fast (0 counts as 1).
    #[must_use]
    pub fn compressed(wall: Timestamp, engine: Timestamp, speed: u32) -> Self {
        Self {
            anchor_wall: wall.nanos(),
            anchor_engine: engine.nanos(),
            speed: speed.max(1),
            steady: Arc::default(),
            start: Instant::now(),
        }
    }

    /// Engine seconds per second of wall time.
    #[must_use]
    pub const fn speed(&self) -> u32 {
        self.speed
    }

    /// Wall time since this clock was made; never goes back.
    #[must_use]
    pub fn wall(&self) -> Duration {
        self.start.elapsed()
    }

    /// How far engine time is ahead of the wall clock: after that was set ahead and back, wall time. Zero in
    /// compressed time, which has an anchor of its own.
    #[must_use]
    pub fn ahead(&self) -> Nanos {
        if self.speed != 1 {
            return Nanos::ZERO;
        }
        let now = self.now().nanos().saturating_sub(self.anchor_engine);
        Nanos::new(now.saturating_sub(wall_now().nanos().saturating_sub(self.anchor_wall)))
    }

    /// The journal of an earlier run ends at `time`, which this machine's clock has not reached: time goes on
    /// from there.
    pub fn go_on_from(&self, time: Timestamp) {
        // Compressed time has an anchor of its own.
        if self.speed == 1 && self.anchor_engine == self.anchor_wall {
            let passed = i64::try_from(self.start.elapsed().as_nanos()).unwrap_or(i64::MAX);
            let mut steady = self.steady.lock().unwrap_or_else(PoisonError::into_inner);
            steady.go_on_from(time.nanos(), passed);
        }
    }

    /// Engine time now; never earlier than any answer before, on any thread.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.start.elapsed().as_nanos()).unwrap_or(i64::MAX);
        // One look at a time; there is no half-done state to fear.
        let mut steady = self.steady.lock().unwrap_or_else(PoisonError::into_inner);
        let wall = steady.read(wall_now().nanos(), passed);
        let elapsed = wall.saturating_sub(self.anchor_wall);
        let engine = self.anchor_engine.saturating_add(elapsed.saturating_mul(self.speed.into()));
        Timestamp::from_nanos(engine)
    }
}

/// The machine's clock, for signatures, journal names and display.
#[must_use]
pub fn wall_now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compressed_time_runs_from_its_anchor_and_never_goes_back() {
        let wall = wall_now();
        let story = Timestamp::from_secs(1_767_225_600);
        let clock = RunClock::compressed(wall, story, 1_000);
        let first = clock.now();
        std::thread::sleep(std::time::Duration::from_millis(5));
        let second = clock.clone().now();
        assert!(first >= story);
        assert!((second - first).get() >= 5_000_000 * 1_000);
    }

    /// F43: time goes on, and ages and deadlines with it.
    #[test]
    fn a_clock_set_back_by_an_hour_does_not_stop_engine_time() {
        let clock = RunClock::real();
        let ahead = wall_now().nanos() + 3_600_000_000_000;
        clock.steady.lock().unwrap().read(ahead, 0);
        let first = clock.now();
        assert!(first.nanos() >= ahead);
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!((clock.now() - first).get() >= 5_000_000);
    }
}
