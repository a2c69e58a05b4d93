//! What a source is, and which ones are refused from the start.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use statecraft_domain::Nanos;
use statecraft_domain::signal::SourceClass;
use url::{Host, Url};

/// Where the lines are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// A local file that grows. It is read from its beginning; so is one that takes its place.
    File(PathBuf),
    /// An address that answers `GET <url>?after=<n>` with the lines after the first `n`.
    Http(Url),
    /// A feed: RSS, Atom or JSON Feed.
    Feed(Url),
    /// Nothing is read: signals are handed in ([`super::push`]).
    Push,
}

/// One source of signals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSettings {
    /// Its name: [`statecraft_domain::Signal::source`] of everything it sends.
    pub name: String,
    /// Where the lines are.
    pub kind: SourceKind,
    /// Time between two looks.
    pub poll: Duration,
    /// Signals older than this are refused.
    pub age_max: Nanos,
    /// Signals a minute; what is above waits, what is pushed above it is refused.
    pub per_minute: u32,
    /// Signals waiting at most; beyond it the oldest are dropped.
    pub queue_max: usize,
    /// What kind of source it is: how far a headline of it is believed.
    pub class: SourceClass,
    /// Hosts that a redirect may lead to, besides its own.
    pub hosts: Vec<String>,
    /// Of an official source: hosts whose pages are the official record. What links elsewhere is not.
    pub official_hosts: Vec<String>,
    /// Of an aggregator: hosts whose owner counts as the publisher of what links there.
    pub publisher_hosts: Vec<String>,
    /// Keep the turns at its host. Off only for a host that is ours.
    pub polite: bool,
}

impl SourceSettings {
    /// A source with the usual limits: 30 a minute, a thousand waiting, thirty days old at most, looked
    /// at every second.
    #[must_use]
    pub fn new(name: &str, kind: SourceKind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            poll: Duration::from_secs(1),
            age_max: Nanos::from_secs(30 * 86_400),
            per_minute: 30,
            queue_max: 1_000,
            class: SourceClass::Desk,
            hosts: Vec::new(),
            official_hosts: Vec::new(),
            publisher_hosts: Vec::new(),
            polite: true,
        }
    }
}

/// Why an address may not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSource {
    /// Neither `https`, nor `http` on this machine.
    #[error("signals.url {0}: only https, or http on this machine (127.0.0.1, localhost, ::1)")]
    Scheme(String),
    /// The host is not on the list.
    #[error("signals.url: host {0} is not in signals.hosts; add it there if you trust it")]
    Host(String),
    /// Another server of this machine.
    #[error("signals.url: {0} is another server of this machine; no redirect leads there")]
    Inside(String),
    /// A literal address inside somebody's network.
    #[error("signals.url: {0} is not a public address")]
    Private(IpAddr),
    /// A user name or password in the address.
    #[error("signals.url: no user name or password may stand in an address")]
    Credentials,
}

/// Checks an address against the list of hosts. This machine is always allowed.
///
/// # Errors
/// [`BadSource`] says what to change.
pub fn check_url(url: &Url, allowed_hosts: &[String]) -> Result<(), BadSource> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BadSource::Credentials);
    }
    if is_loopback(url) {
        let known = matches!(url.scheme(), "http" | "https");
        return if known { Ok(()) } else { Err(BadSource::Scheme(url.to_string())) };
    }
    if url.scheme() != "https" {
        return Err(BadSource::Scheme(url.to_string()));
    }
    let host = url.host_str().unwrap_or_default();
    if !allowed_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host)) {
        return Err(BadSource::Host(host.to_owned()));
    }
    match literal(url) {
        Some(address) if !is_public(address) => Err(BadSource::Private(address)),
        Some(_) | None => Ok(()),
    }
}

/// Is it this machine?
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => literal(url).is_some_and(|ip| ip.is_loopback()),
        None => false,
    }
}

fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// Is the address out in the open: not this machine, a private network, link-local, a metadata service,
/// documentation or multicast?
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let reserved = a == 0 || a >= 240 || (a == 192 && b == 0 && c == 0);
            let benchmark = a == 198 && (b == 18 || b == 19);
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_broadcast()
                || v4.is_documentation()
                || v4.is_multicast()
                || shared
                || reserved
                || benchmark)
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public(v4.into()),
            // Global unicast is 2000::/3; of it, 2001:db8::/32 is documentation and 2002::/16 and
            // 2001::/32 carry other addresses inside.
            None => match v6.segments() {
                [0x2001, 0x0db8 | 0, ..] | [0x2002, ..] => false,
                [first, ..] => (0x2000..0x4000).contains(&first),
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str) -> Result<(), BadSource> {
        check_url(
            &Url::parse(url).expect("url"),
            &["news.example.org".to_owned(), "10.0.0.8".to_owned()],
        )
    }

    #[test]
    fn hosts() {
        assert_eq!(check("http://127.0.0.1:9/story/signals"), Ok(()));
        assert_eq!(check("http://[::1]:9/x"), Ok(()));
        assert_eq!(check("http://localhost/x"), Ok(()));
        assert_eq!(check("https://NEWS.example.org/x"), Ok(()));
        assert!(matches!(check("http://news.example.org/x"), Err(BadSource::Scheme(_))));
        assert!(matches!(check("file:///etc/passwd"), Err(BadSource::Scheme(_))));
        assert!(matches!(check("https://news.example.org.evil.test/"), Err(BadSource::Host(_))));
        assert!(matches!(check("https://10.0.0.8/"), Err(BadSource::Private(_))));
        assert_eq!(check("https://a:b@news.example.org/"), Err(BadSource::Credentials));
    }

    #[test]
    fn public_addresses() {
        for hidden in [
            "169.254.169.254",
            "10.1.1.1",
            "100.64.0.1",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:192.168.0.1",
            "2002:7f00:1::",
            "0.0.0.0",
            "255.255.255.255",
        ] {
            assert!(!is_public(hidden.parse().expect("address")), "{hidden}");
        }
        for open in ["8.8.8.8", "2606:4700::1111"] {
            assert!(is_public(open.parse().expect("address")), "{open}");
        }
    }
}
