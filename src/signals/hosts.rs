//! Turns at a host: however many sources live there, it is asked one after the other, with a pause
//! between, and not at all while it says that it is busy.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Longest pause that a host may ask for.
pub(super) const PAUSE_MAX: Duration = Duration::from_secs(6 * 3600);
/// The usual time between two requests to one host.
const INTERVAL: Duration = Duration::from_secs(2);

/// The name under which the place of an address waits its turn: host and port, because several servers
/// may live on one machine.
#[must_use]
pub fn place(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

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
    async fn a_busy_server_does_not_silence_its_neighbour() {
        let at = |text: &str| place(&text.parse().expect("address"));
        assert_eq!(at("https://A.example/feed"), at("https://a.example:443/other"));
        assert_ne!(at("http://127.0.0.1:8001/feed"), at("http://127.0.0.1:8002/feed"));
        let hosts = Hosts::new(Duration::ZERO);
        hosts.pause(&at("http://127.0.0.1:8001/feed"), Duration::from_secs(60));
        assert!(hosts.reserve(&at("http://127.0.0.1:8002/feed")) <= Instant::now());
        assert!(hosts.reserve(&at("http://127.0.0.1:8001/feed")) > Instant::now());
    }

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
