//! Turns at a host: however many sources live there, it is asked one after the other, with a pause
//! between, and not at all while it says that it is busy.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Longest pause that a host may ask for.
const PAUSE_MAX: Duration = Duration::from_secs(6 * 3600);
/// The usual time between two requests to one host.
const INTERVAL: Duration = Duration::from_secs(2);

/// The hosts, shared by all sources.
#[derive(Debug, Clone)]
pub struct Hosts {
    interval: Duration,
    next: Arc<Mutex<HashMap<String, Instant>>>,
}

impl Default for Hosts {
    fn default() -> Self {
        Self::new(INTERVAL)
    }
}

impl Hosts {
    /// Two requests to one host are at least `interval` apart.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self { interval, next: Arc::default() }
    }

    /// Waits until the host may be asked.
    pub async fn turn(&self, host: &str) {
        tokio::time::sleep_until(self.reserve(host)).await;
    }

    /// Nobody asks the host for so long.
    pub fn pause(&self, host: &str, pause: Duration) {
        let until = Instant::now() + pause.min(PAUSE_MAX);
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.entry(host.to_ascii_lowercase()).or_insert(until);
        *turn = (*turn).max(until);
    }

    fn reserve(&self, host: &str) -> Instant {
        let now = Instant::now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.entry(host.to_ascii_lowercase()).or_insert(now);
        let mine = (*turn).max(now);
        *turn = mine + self.interval;
        mine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn turns_and_pauses() {
        let hosts = Hosts::new(Duration::from_millis(50));
        let begun = Instant::now();
        hosts.turn("A.example").await;
        hosts.turn("b.example").await;
        assert!(begun.elapsed() < Duration::from_millis(50));
        hosts.turn("a.example").await;
        assert!(begun.elapsed() >= Duration::from_millis(50));
        hosts.pause("a.example", Duration::from_millis(300));
        hosts.turn("a.example").await;
        assert!(begun.elapsed() >= Duration::from_millis(350));
        hosts.pause("b.example", Duration::from_secs(1_000_000));
        assert!(hosts.reserve("b.example") <= Instant::now() + PAUSE_MAX);
    }
}
