//! Who speaks: the class and the publisher of an item, from the configuration and never from what the
//! item says of itself.

use statecraft_domain::signal::SourceClass;
use url::Url;

use super::settings::{SourceKind, SourceSettings};

/// Where a source's items come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    class: SourceClass,
    publisher: String,
    official_hosts: Vec<String>,
    publisher_hosts: Vec<String>,
}

impl Provenance {
    /// Of a configured source. Its publisher is the registrable domain of its address, or its name.
    #[must_use]
    pub fn of(settings: &SourceSettings) -> Self {
        let url = match &settings.kind {
            SourceKind::Http(url) | SourceKind::Feed(url) => url.host_str(),
            SourceKind::File(_) | SourceKind::Push => None,
        };
        Self {
            class: settings.class,
            publisher: url.map_or_else(|| settings.name.clone(), publisher_of),
            official_hosts: settings.official_hosts.clone(),
            publisher_hosts: settings.publisher_hosts.clone(),
        }
    }

    /// The configured class.
    #[must_use]
    pub const fn class(&self) -> SourceClass {
        self.class
    }

    /// Class and publisher of an item with this link. An official source is official only for what
    /// links to the official record; the rest of it is a report of others like any other. A link
    /// changes the publisher only if its host was named for that.
    #[must_use]
    pub fn of_link(&self, link: &str) -> (SourceClass, String) {
        let host = Url::parse(link).ok().and_then(|url| url.host_str().map(str::to_owned));
        let named = |hosts: &[String]| {
            host.as_deref().is_some_and(|host| hosts.iter().any(|known| covers(known, host)))
        };
        let class = match self.class {
            SourceClass::Official if !named(&self.official_hosts) => SourceClass::Aggregator,
            class => class,
        };
        let publisher = match &host {
            Some(host) if named(&self.publisher_hosts) => publisher_of(host),
            _ => self.publisher.clone(),
        };
        (class, publisher)
    }
}

/// Is it the host itself, or below it?
fn covers(known: &str, host: &str) -> bool {
    let (known, host) = (known.to_ascii_lowercase(), host.to_ascii_lowercase());
    host == known || host.strip_suffix(&known).is_some_and(|rest| rest.ends_with('.'))
}

/// The registrable domain of a host (by the Public Suffix List), or the host if it has none.
#[must_use]
pub fn publisher_of(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    let domain = psl::domain_str(&host).filter(|_| host.parse::<std::net::IpAddr>().is_err());
    domain.map_or_else(|| host.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(class: SourceClass, url: &str) -> SourceSettings {
        let kind = SourceKind::Feed(url.parse().expect("url"));
        SourceSettings { class, ..SourceSettings::new("s", kind) }
    }

    #[test]
    fn publishers_are_registrable_domains() {
        assert_eq!(publisher_of("feeds.BBC.co.uk"), "bbc.co.uk");
        assert_eq!(publisher_of("www.whitehouse.gov"), "whitehouse.gov");
        assert_eq!(publisher_of("127.0.0.1"), "127.0.0.1");
        assert_eq!(publisher_of("localhost"), "localhost");
    }

    #[test]
    fn a_forged_official_item_counts_as_its_sources_class_at_most() {
        let mut official = source(SourceClass::Official, "https://www.whitehouse.gov/news/feed/");
        official.official_hosts = vec!["whitehouse.gov".to_owned()];
        let official = Provenance::of(&official);
        let class = |link: &str| official.of_link(link).0;
        assert_eq!(class("https://www.whitehouse.gov/releases/1"), SourceClass::Official);
        for forged in [
            "https://whitehouse.gov.evil.example/1",
            "https://evilwhitehouse.gov/1",
            "https://evil.example/?https://www.whitehouse.gov/",
            "https://www.whitehouse.gov@evil.example/",
            "",
            "whitehouse.gov",
        ] {
            assert_eq!(class(forged), SourceClass::Aggregator, "{forged}");
        }
        // Whoever else links to the White House is not the White House.
        let blog = Provenance::of(&source(SourceClass::Social, "https://blog.example/feed"));
        let (class, publisher) = blog.of_link("https://www.whitehouse.gov/releases/1");
        assert_eq!((class, publisher.as_str()), (SourceClass::Social, "blog.example"));
    }

    #[test]
    fn an_aggregators_publishers_are_those_named() {
        let mut news = source(SourceClass::Aggregator, "https://news.example/rss");
        news.publisher_hosts = vec!["reuters.com".to_owned()];
        let news = Provenance::of(&news);
        assert_eq!(news.of_link("https://www.reuters.com/a").1, "reuters.com");
        assert_eq!(news.of_link("https://other.example/a").1, "news.example");
    }
}
