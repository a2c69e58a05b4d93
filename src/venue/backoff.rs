//! [`Backoff`]: exponential growth with full jitter, for what may be repeated. Orders may not.

use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

/// Waiting times between attempts: uniform in `0..=min(cap, base * 2^attempt)`.
#[derive(Debug, Clone)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    attempt: u32,
    random: SystemRandom,
}

impl Backoff {
    /// Starts at `base`, never above `cap`.
    #[must_use]
    pub fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap, attempt: 0, random: SystemRandom::new() }
    }

    /// How long to wait before the next attempt.
    pub fn next_delay(&mut self) -> Duration {
        let ceiling = self.ceiling();
        self.attempt = self.attempt.saturating_add(1);
        ceiling.mul_f64(self.fraction())
    }

    /// The longest the next wait can be.
    #[must_use]
    pub fn ceiling(&self) -> Duration {
        let factor = 1_u32.checked_shl(self.attempt.min(20)).unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
    }

    /// Starts over after success.
    pub fn reset(&mut self) {
        self.attempt = 0;
    }

    fn fraction(&self) -> f64 {
        let mut bytes = [0; 4];
        // Without a random source every client waits the full time: no jitter, but no harm.
        match self.random.fill(&mut bytes) {
            Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
            Err(_) => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_are_jittered() {
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
        let mut waits = Vec::new();
        for expected_ms in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            assert_eq!(backoff.ceiling(), Duration::from_millis(expected_ms));
            let wait = backoff.next_delay();
            assert!(wait <= Duration::from_millis(expected_ms));
            waits.push(wait);
        }
        waits.dedup();
        assert!(waits.len() > 1, "eight equal waits are no jitter");
        backoff.reset();
        assert_eq!(backoff.ceiling(), Duration::from_millis(500));
    }
}
