//! One line to one [`Signal`], or the reason why not.

use serde::Deserialize;
use sha2::{Digest, Sha256};
use statecraft_domain::signal::Label;
use statecraft_domain::{Signal, Timestamp};

use super::slugs::is_slug;
use super::text::clean;

/// Longest line, in bytes.
pub const LINE_BYTES_MAX: usize = 256 * 1024;
/// Longest title, in characters (model.md 7.1).
pub const TITLE_CHARS_MAX: usize = 400;
/// Longest body, in characters.
pub const TEXT_CHARS_MAX: usize = 16_384;
/// Longest id and slug, in characters.
pub const NAME_CHARS_MAX: usize = 128;
/// Longest address, in characters. It is kept for people to read and never fetched.
pub const URL_CHARS_MAX: usize = 2_048;
/// Most labels of one signal.
pub const LABELS_MAX: usize = 16;
/// Strengths beyond this, either way, are held to it (model.md 1.2).
pub const STRENGTH_MAX: f64 = 3.0;
/// Strengths beyond this, either way, are slips, and refused.
pub const STRENGTH_ABSURD: f64 = 10.0;

/// Why a line is no signal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSignal {
    /// More bytes than [`LINE_BYTES_MAX`].
    #[error("line is longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
    /// Not UTF-8, not JSON, or a field of the wrong kind.
    #[error("not a signal: {0}")]
    Malformed(String),
    /// `published` is neither RFC 3339 nor nanoseconds.
    #[error("`published` must be an RFC 3339 time or whole nanoseconds since 1970")]
    BadTime,
    /// Neither title nor text.
    #[error("neither `title` nor `text` says anything")]
    Empty,
    /// A target of other characters than `a-z 0-9 _ - :`.
    #[error("`{0}` may only hold a-z, 0-9, _, - and :, at most {NAME_CHARS_MAX} characters")]
    BadName(&'static str),
    /// No slug of a label, see [`super::slugs::is_slug`].
    #[error(
        "`labels.slug` may only hold a-z, 0-9, _, - and :, at most {NAME_CHARS_MAX} characters; a window is \
         named after an @ (summit_window@apec), months are spanned by .. (visit_planned:2028-03..2028-05)"
    )]
    BadSlug,
    /// Beyond [`STRENGTH_ABSURD`]: which label, and what it says.
    #[error(
        "the strength of `{0}` is {1}, which is a slip: 1 is an ordinary signal, and none counts for more than \
         {STRENGTH_MAX} either way"
    )]
    BadStrength(String, String),
    /// More labels than [`LABELS_MAX`], or one slug twice.
    #[error("more than {LABELS_MAX} labels, or a label given twice")]
    BadLabels,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: String,
    #[serde(default)]
    published: Option<Time>,
    /// What archives of releases call it; wins, because it has no zone to be mistaken about.
    #[serde(default)]
    published_utc: Option<Time>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    lang: String,
    #[serde(default)]
    target: String,
    #[serde(default)]
    labels: Vec<Label>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Time {
    Nanos(i64),
    Text(String),
}

/// Reads one line of the source `source`, received at `received`. Whatever the line says about its
/// source and its reception is ignored.
///
/// # Errors
/// [`BadSignal`] names what is wrong.
pub fn parse_line(line: &[u8], source: &str, received: Timestamp) -> Result<Signal, BadSignal> {
    if line.len() > LINE_BYTES_MAX {
        return Err(BadSignal::TooLong);
    }
    let malformed = |error: serde_json::Error| BadSignal::Malformed(clean(&error.to_string(), 200));
    let line: Line = serde_json::from_slice(without_mark(line)).map_err(malformed)?;
    let published = line.published_utc.as_ref().or(line.published.as_ref());
    let published =
        time(published.ok_or_else(|| BadSignal::Malformed("`published` is missing".to_owned()))?)?;
    let title = clean(&line.title, TITLE_CHARS_MAX);
    let text = clean(&line.text, TEXT_CHARS_MAX);
    if title.is_empty() && text.is_empty() {
        return Err(BadSignal::Empty);
    }
    let id = match clean(&line.id, NAME_CHARS_MAX) {
        id if id.is_empty() => content_id(published, &title, &text),
        id => id,
    };
    Ok(Signal {
        id,
        source: source.to_owned(),
        published,
        received,
        url: clean(&line.url, URL_CHARS_MAX),
        lang: clean(&line.lang, 35),
        target: name("target", line.target)?,
        labels: labels(line.labels)?,
        title,
        text,
        ..Signal::default()
    })
}

/// A line without the byte order mark that some editors put before the first one of a file.
#[must_use]
pub fn without_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line)
}

fn time(time: &Time) -> Result<Timestamp, BadSignal> {
    let nanos = match time {
        Time::Nanos(nanos) => *nanos,
        Time::Text(text) => {
            let parsed: jiff::Timestamp = text.parse().map_err(|_| BadSignal::BadTime)?;
            i64::try_from(parsed.as_nanosecond()).map_err(|_| BadSignal::BadTime)?
        }
    };
    Ok(Timestamp::from_nanos(nanos))
}

fn labels(labels: Vec<Label>) -> Result<Vec<Label>, BadSignal> {
    if labels.len() > LABELS_MAX {
        return Err(BadSignal::BadLabels);
    }
    let mut checked: Vec<Label> = Vec::with_capacity(labels.len());
    for label in labels {
        let slug = label.slug;
        if slug.is_empty() {
            return Err(BadSignal::BadLabels);
        }
        if slug.len() > NAME_CHARS_MAX || !is_slug(&slug) {
            return Err(BadSignal::BadSlug);
        }
        if checked.iter().any(|known| known.slug == slug) {
            return Err(BadSignal::BadLabels);
        }
        // JSON has no infinities, but a number like 1e999 could become one.
        if !label.strength.is_finite() || label.strength.abs() > STRENGTH_ABSURD {
            // `{:?}` keeps 1e308 short.
            return Err(BadSignal::BadStrength(slug, format!("{:?}", label.strength)));
        }
        checked.push(Label { slug, strength: label.strength.clamp(-STRENGTH_MAX, STRENGTH_MAX) });
    }
    Ok(checked)
}

fn name(field: &'static str, name: String) -> Result<String, BadSignal> {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b':');
    let good = name.len() <= NAME_CHARS_MAX && name.bytes().all(allowed);
    if good { Ok(name) } else { Err(BadSignal::BadName(field)) }
}

/// A signal without an id is named after its content: the same content twice is one signal.
fn content_id(published: Timestamp, title: &str, text: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(published.nanos().to_le_bytes());
    hash.update(title.as_bytes());
    hash.update([0]);
    hash.update(text.as_bytes());
    let mut id = hex::encode(hash.finalize());
    id.truncate(32);
    id
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_770_000_000);

    fn read(line: &str) -> Result<Signal, BadSignal> {
        parse_line(line.as_bytes(), "desk", NOW)
    }

    #[test]
    fn reads_both_kinds_of_time_and_stamps_its_own() {
        let text = read(
            r#"{"id":"a","source":"liar","received":1,"published":"2026-02-01T00:00:00+09:00","title":"x"}"#,
        );
        let text = text.expect("good line");
        assert_eq!(text.published, Timestamp::from_secs(1_769_871_600));
        assert_eq!((text.source.as_str(), text.received), ("desk", NOW));
        let nanos = read(r#"{"published":1769871600000000000,"title":"x"}"#).expect("good line");
        assert_eq!(nanos.published, text.published);
        assert_eq!(nanos.id.len(), 32);
        let archive = read(
            r#"{"published":"2026-01-31 10:00:00-05:00","published_utc":"2026-01-31T15:00:00Z","title":"x","section":"a"}"#,
        );
        assert_eq!(archive.expect("good line").published, text.published);
    }

    #[test]
    fn clamps_and_cleans() {
        let signal = read(
            r#"{"published":0,"title":"up\u202e\u0000 now","labels":[{"slug":"sov_capital","strength":9}]}"#,
        )
        .expect("good line");
        assert_eq!(signal.title, "up now");
        assert!((signal.labels[0].strength - 3.0).abs() < 1e-12);
    }

    #[test]
    fn says_what_is_wrong() {
        let cases: &[(&str, BadSignal)] = &[
            (r#"{"published":"soon","title":"x"}"#, BadSignal::BadTime),
            (r#"{"published":0,"title":"\u200b"}"#, BadSignal::Empty),
            (r#"{"published":0,"title":"x","target":"../a"}"#, BadSignal::BadName("target")),
            (
                r#"{"published":0,"title":"x","labels":[{"slug":"a","strength":1},{"slug":"a","strength":1}]}"#,
                BadSignal::BadLabels,
            ),
            (
                r#"{"published":0,"title":"x","labels":[{"slug":"visit_planned:2026-05..","strength":1}]}"#,
                BadSignal::BadSlug,
            ),
            (
                r#"{"published":0,"title":"x","target":"summit_window@apec"}"#,
                BadSignal::BadName("target"),
            ),
        ];
        for (line, error) in cases {
            assert_eq!(read(line).as_ref(), Err(error), "{line}");
        }
        assert!(matches!(read("{"), Err(BadSignal::Malformed(_))));
        assert!(read("\u{feff}{\"published\":0,\"title\":\"x\"}").is_ok());
        assert!(matches!(read(r#"{"title":"no time"}"#), Err(BadSignal::Malformed(_))));
        let labels = r#"{"published":0,"title":"x","labels":[{"slug":"a","strength":1e999}]}"#;
        assert!(read(labels).is_err());
        let slip = r#"{"published":0,"title":"x","labels":[{"slug":"a","strength":-1e308}]}"#;
        let told = read(slip).expect_err("a slip").to_string();
        assert!(told.contains("`a` is -1e308, which is a slip"), "{told}");
        let long = format!(r#"{{"published":0,"title":"{}"}}"#, "x".repeat(LINE_BYTES_MAX));
        assert_eq!(read(&long), Err(BadSignal::TooLong));
        assert!(parse_line(b"\xff\xfe{", "desk", NOW).is_err());
        assert!(read(&"[".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn never_panics_on_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse_line(&bytes, "desk", NOW);
        }

        #[test]
        fn whatever_is_accepted_is_within_the_limits(
            title in ".{0,600}",
            slug in "[a-z_]{0,9}|.{0,9}",
            strength in any::<f64>(),
            published in any::<i64>(),
        ) {
            let line = serde_json::json!({
                "published": published, "title": title,
                "labels": [{"slug": slug, "strength": strength}],
            });
            if let Ok(signal) = read(&line.to_string()) {
                prop_assert!(signal.title.chars().count() <= TITLE_CHARS_MAX);
                prop_assert!(!signal.title.chars().any(super::super::text::is_harmful));
                prop_assert!(signal.labels.iter().all(|label| label.strength.abs() <= 3.0));
                prop_assert_eq!(signal.received, NOW);
            }
        }
    }
}
