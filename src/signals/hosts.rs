//! Turns at a host: however many sources live there, it is asked one after the other, with a pause
//! between, and not at all while it says that it is busy.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Longest pause that a host may ask for: one answer must not silence all that lives there for a day.
/// After it the host is asked once more, and may say so again.
pub(super) const PAUSE_MAX: Duration = Duration::from_secs(3_600);
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

/// What is known of one host.
#[derive(Debug)]
struct Host {
    /// The next turn that is free.
    next: Instant,
    /// Nobody asks before.
    held: Instant,
    /// Who has ever waited for a turn.
    sources: BTreeSet<String>,
}

impl Host {
    fn new(now: Instant) -> Self {
        Self { next: now, held: now, sources: BTreeSet::new() }
    }
}

/// The hosts, shared by all sources.
#[derive(Debug, Clone)]
pub struct Hosts {
    interval: Duration,
    known: Arc<Mutex<HashMap<String, Host>>>,
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
        Self { interval, known: Arc::default() }
    }

    /// Waits until `source` may ask the host. Whoever waits while the host asks to be left alone waits on.
    pub async fn turn(&self, host: &str, source: &str) {
        loop {
            tokio::time::sleep_until(self.reserve(host, source)).await;
            if self.held(host).is_none() {
                return;
            }
        }
    }

    /// Waits until the host does not ask to be left alone, without a turn.
    pub async fn unheld(&self, host: &str, source: &str) {
        self.with(host, |known, _| known.sources.insert(source.to_owned()));
        while let Some(left) = self.held(host) {
            tokio::time::sleep(left).await;
        }
    }

    /// Nobody asks the host for so long. Returns the sources that this stops, unless they were already.
    pub fn pause(&self, host: &str, pause: Duration) -> Option<Vec<String>> {
        self.with(host, |known, now| {
            let was_held = known.held > now;
            let until = now + pause.min(PAUSE_MAX);
            known.held = known.held.max(until);
            known.next = known.next.max(until);
            (!was_held).then(|| known.sources.iter().cloned().collect())
        })
    }

    /// How long the host is still left alone, if it is.
    #[must_use]
    pub fn held(&self, host: &str) -> Option<Duration> {
        let left = self.with(host, |known, now| known.held.saturating_duration_since(now));
        (!left.is_zero()).then_some(left)
    }

    fn reserve(&self, host: &str, source: &str) -> Instant {
        self.with(host, |known, now| {
            known.sources.insert(source.to_owned());
            let mine = known.next.max(now);
            known.next = mine + self.interval;
            mine
        })
    }

    fn with<T>(&self, host: &str, look: impl FnOnce(&mut Host, Instant) -> T) -> T {
        let now = Instant::now();
        let mut known = self.lock();
        look(known.entry(host.to_ascii_lowercase()).or_insert_with(|| Host::new(now)), now)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Host>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The host asked to be left alone: it is, and all who are stopped by that are named.
pub(super) fn leave_alone(hosts: &Hosts, host: &str, status: u16, pause: Duration) {
    if let Some(sources) = hosts.pause(host, pause) {
        tracing::warn!(
            code = "host_busy",
            host,
            status,
            seconds = pause.min(PAUSE_MAX).as_secs(),
            sources = sources.join(", "),
            "the host asks to be left alone: none of these sources is asked for so long"
        );
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
        assert!(hosts.reserve(&at("http://127.0.0.1:8002/feed"), "s") <= Instant::now());
        assert!(hosts.reserve(&at("http://127.0.0.1:8001/feed"), "s") > Instant::now());
    }

    #[tokio::test]
    async fn turns_and_pauses() {
        let hosts = Hosts::new(Duration::from_millis(50));
        let begun = Instant::now();
        hosts.turn("A.example", "s").await;
        hosts.turn("b.example", "s").await;
        assert!(begun.elapsed() < Duration::from_millis(50));
        hosts.turn("a.example", "s").await;
        assert!(begun.elapsed() >= Duration::from_millis(50));
        hosts.pause("a.example", Duration::from_millis(300));
        hosts.turn("a.example", "s").await;
        assert!(begun.elapsed() >= Duration::from_millis(350));
        hosts.pause("b.example", Duration::from_secs(1_000_000));
        assert!(hosts.reserve("b.example", "s") <= Instant::now() + PAUSE_MAX);
    }

    #[tokio::test]
    async fn who_already_waits_for_a_turn_heeds_a_pause_and_is_named_once() {
        let hosts = Hosts::new(Duration::from_millis(20));
        hosts.turn("a.example", "first").await;
        let begun = Instant::now();
        let waiting = ["second", "third"].map(|source| {
            let hosts = hosts.clone();
            tokio::spawn(async move { hosts.turn("a.example", source).await })
        });
        tokio::task::yield_now().await;
        let stopped = hosts.pause("a.example", Duration::from_millis(300)).expect("news");
        assert_eq!(stopped, ["first", "second", "third"]);
        assert_eq!(hosts.pause("a.example", Duration::from_millis(300)), None, "told once");
        for task in waiting {
            task.await.expect("turn");
        }
        assert!(begun.elapsed() >= Duration::from_millis(300));
        assert_eq!(hosts.held("a.example"), None);
    }
}
