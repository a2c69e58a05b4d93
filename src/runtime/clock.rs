//! [`RunClock`]: the one place where the running bot asks what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use statecraft_domain::Timestamp;

/// Engine time. Against a real venue it is the wall clock; against a simulated venue whose time is
/// compressed it runs `speed` times as fast from a common anchor. It never goes back, whatever the
/// machine's clock does.
#[derive(Debug, Clone)]
pub struct RunClock {
    anchor_wall: i64,
    anchor_engine: i64,
    speed: u32,
    last: Arc<AtomicI64>,
    /// The same instant by both clocks of the machine.
    start: (Instant, i64),
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
            last: Arc::new(AtomicI64::new(i64::MIN)),
            start: (Instant::now(), wall_now().nanos()),
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
        self.start.0.elapsed()
    }

    /// Engine time now; never earlier than any answer before, on any thread.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let (start, start_wall) = self.start;
        let passed = i64::try_from(start.elapsed().as_nanos()).unwrap_or(i64::MAX);
        // A wall clock that is set back must not stop time: ages and deadlines would never pass. One
        // that is ahead of the monotonic clock has counted a suspension.
        let wall = wall_now().nanos().max(start_wall.saturating_add(passed));
        let elapsed = wall.saturating_sub(self.anchor_wall);
        let engine = self.anchor_engine.saturating_add(elapsed.saturating_mul(self.speed.into()));
        let before = self.last.fetch_max(engine, Ordering::Relaxed);
        Timestamp::from_nanos(engine.max(before))
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
        let mut clock = RunClock::real();
        clock.start.1 += 3_600_000_000_000;
        let first = clock.now();
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!((clock.now() - first).get() >= 5_000_000);
    }

    #[test]
    fn a_clock_set_back_does_not_turn_engine_time_back() {
        let clock = RunClock::real();
        let ahead = clock.now().nanos() + 3_600_000_000_000;
        clock.last.store(ahead, Ordering::Relaxed);
        assert_eq!(clock.now().nanos(), ahead);
    }
}
