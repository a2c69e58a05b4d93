//! The news so far as an Atom feed, as the embedded venue serves it.

use std::fmt::Write as _;

use statecraft_domain::{Signal, Timestamp};

use super::press;

/// Entries of a feed, as many as such feeds usually have.
const ENTRIES: usize = 50;

/// One feed at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtomFeed {
    /// The document.
    pub document: String,
    /// Changes whenever the document does.
    pub etag: String,
    /// When the newest entry was published, as HTTP writes dates.
    pub last_modified: String,
}

impl AtomFeed {
    /// The newest entries of `signals` (oldest first), newest first. `source` limits it to one outlet;
    /// `None` for an outlet that there is not.
    #[must_use]
    pub fn of(signals: &[Signal], source: Option<&str>) -> Option<Self> {
        if source.is_some_and(|source| press::find(source).is_none()) {
            return None;
        }
        let ours = |signal: &&Signal| source.is_none_or(|source| signal.source == source);
        let count = signals.iter().filter(ours).count();
        let newest: Vec<&Signal> = signals.iter().rev().filter(ours).take(ENTRIES).collect();
        let updated = newest.first().map_or(Timestamp::EPOCH, |signal| signal.published);
        let name = source.unwrap_or("all");
        let mut document = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
             <id>tag:story.example,2026:{name}</id>\n<title>{name}</title>\n<updated>{}</updated>\n\
             <author><name>{name}</name></author>\n",
            rfc3339(updated)
        );
        for signal in newest {
            entry(&mut document, signal);
        }
        document.push_str("</feed>\n");
        let etag = format!("\"{name}-{count}-{}\"", updated.secs());
        Some(Self { document, etag, last_modified: http_date(updated) })
    }
}

fn entry(document: &mut String, signal: &Signal) {
    let category = press::find(&signal.source).map_or("", |outlet| outlet.category);
    // Writing to a string cannot fail.
    let _ = write!(
        document,
        "<entry>\n<id>tag:story.example,2026:{}</id>\n<title>{}</title>\n<updated>{}</updated>\n\
         <link href=\"{}\"/>\n<category term=\"{category}\"/>\n<summary>{}</summary>\n</entry>\n",
        escape(&signal.id),
        escape(&signal.title),
        rfc3339(signal.published),
        escape(&signal.url),
        escape(&signal.text),
    );
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn civil(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_second(at.secs()).unwrap_or_default()
}

fn rfc3339(at: Timestamp) -> String {
    civil(at).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn http_date(at: Timestamp) -> String {
    civil(at).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::super::{SEED_YES, Story};
    use super::*;
    use crate::signals::feed;

    #[test]
    fn what_is_served_is_what_is_read() {
        let story = Story::draw(SEED_YES);
        let signals: Vec<Signal> = story.events.iter().map(|event| event.signal.clone()).collect();
        let mut found = 0;
        for outlet in press::PRESS {
            let served = AtomFeed::of(&signals, Some(outlet.source)).expect("an outlet");
            let read = feed::read(served.document.as_bytes(), None).expect("a feed");
            let mut own: Vec<&Signal> =
                signals.iter().filter(|signal| signal.source == outlet.source).collect();
            own.reverse();
            own.truncate(ENTRIES);
            assert_eq!(read.items.len(), own.len());
            for (item, signal) in read.items.iter().zip(own) {
                assert_eq!((&item.title, &item.url), (&signal.title, &signal.url));
                assert_eq!((item.published, &item.text), (Some(signal.published), &signal.text));
            }
            found += read.items.len();
        }
        assert!(found >= signals.len().min(60), "every outlet of the story is one of the press");
        assert_eq!(AtomFeed::of(&signals, Some("nobody")), None);
        let (few, more) = (&signals[..5], &signals[..6]);
        assert_ne!(AtomFeed::of(few, None), AtomFeed::of(more, None));
    }
}
