//! A feed (RSS, Atom, JSON Feed) to items: decode, look it over, parse, clean.
//!
//! A document with a DOCTYPE or entities of its own, or one that nests too deeply, is refused before a
//! parser sees it. If a document as a whole is ill-formed, its items are tried one by one, so that a
//! bad one does not take the good ones with it. Nothing is invented: every item comes from an `item`
//! or `entry` of the document.

pub mod decode;
pub mod html;
mod json;
pub mod poller;
pub mod scan;
mod xml;

pub use scan::Forbidden;

use sha2::{Digest, Sha256};
use statecraft_domain::{Nanos, Timestamp};
use unicode_normalization::UnicodeNormalization as _;

use super::parse::{NAME_CHARS_MAX, TEXT_CHARS_MAX, TITLE_CHARS_MAX, URL_CHARS_MAX};
use super::text::clean;

/// Largest item, in bytes; a larger one is left out.
pub const ITEM_BYTES_MAX: usize = 256 * 1024;
/// Most items taken from one document: the first ones.
pub const ITEMS_MAX: usize = 500;

/// Characters of an item's name.
pub const ITEM_ID_LEN: usize = 32;

/// Why a document is no feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFeed {
    /// Something forbidden.
    #[error("refused: {0}")]
    Forbidden(#[from] Forbidden),
    /// Neither RSS nor Atom nor JSON Feed.
    #[error("neither RSS nor Atom nor JSON Feed: {0}")]
    NoFeed(String),
}

/// What was in a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    /// The good items, in the order of the document.
    pub items: Vec<Item>,
    /// Items that could not be read, or say nothing.
    pub bad: usize,
    /// Items above [`ITEM_BYTES_MAX`].
    pub too_large: usize,
    /// Items beyond [`ITEMS_MAX`].
    pub too_many: usize,
    /// The document was ill-formed and its items were read one by one.
    pub salvaged: bool,
}

/// One item, cleaned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Item {
    /// What the feed calls it: its guid, else its link, else empty.
    pub key: String,
    /// Headline; the beginning of the text if there is none. Never empty.
    pub title: String,
    /// Summary or content as plain text.
    pub text: String,
    /// Link, for people. Never fetched.
    pub url: String,
    /// BCP 47 tag of the feed, or empty.
    pub lang: String,
    /// When it was published, or last changed.
    pub published: Option<Timestamp>,
}

/// An item as a parser gives it.
#[derive(Debug, Default)]
struct Raw<'a> {
    key: &'a str,
    title: &'a str,
    text: &'a str,
    url: &'a str,
    lang: &'a str,
    published: Option<Timestamp>,
}

impl Item {
    /// Cleans what a parser gives; `None` if it says nothing.
    fn from_raw(raw: &Raw<'_>) -> Option<Self> {
        let text = plain(raw.text, TEXT_CHARS_MAX);
        let mut title = plain(raw.title, TITLE_CHARS_MAX);
        if title.is_empty() {
            title = text.chars().take(TITLE_CHARS_MAX).collect();
        }
        let url = clean(raw.url, URL_CHARS_MAX);
        let key = match clean(raw.key, URL_CHARS_MAX) {
            key if key.is_empty() => url.clone(),
            key => key,
        };
        let lang = clean(raw.lang, 35);
        let item = Self { key, title, text, url, lang, published: raw.published };
        (!item.title.is_empty()).then_some(item)
    }

    /// Names the item among all items of all sources: a hash of the source and of what the source
    /// calls it, or of its content. No source can speak for, or silence, an item of another.
    #[must_use]
    pub fn id(&self, source: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(source.as_bytes());
        hash.update([0]);
        if self.key.is_empty() {
            hash.update(self.title.as_bytes());
            hash.update([0]);
            hash.update(self.text.as_bytes());
        } else {
            hash.update(self.key.as_bytes());
        }
        let mut id = hex::encode(hash.finalize());
        id.truncate(ITEM_ID_LEN);
        id
    }
}

impl From<statecraft_domain::Signal> for Item {
    fn from(signal: statecraft_domain::Signal) -> Self {
        Self {
            key: signal.id,
            title: if signal.title.is_empty() {
                signal.text.chars().take(TITLE_CHARS_MAX).collect()
            } else {
                signal.title
            },
            text: signal.text,
            url: signal.url,
            lang: signal.lang,
            published: Some(signal.published),
        }
    }
}

/// HTML to clean, normalised text on one line.
#[must_use]
pub fn plain(html: &str, chars_max: usize) -> String {
    // No text is worth reading beyond this, and none may take forever.
    let mut end = html.len().min(ITEM_BYTES_MAX);
    while !html.is_char_boundary(end) {
        end -= 1;
    }
    let text = html::to_text(html.get(..end).unwrap_or_default());
    let composed: String = text.nfkc().take(4 * chars_max).collect();
    let words = clean(&composed, 4 * chars_max);
    let line: Vec<&str> = words.split_whitespace().collect();
    clean(&line.join(" "), chars_max)
}

/// The headline as reposts share it: letters and digits only, in lower case.
#[must_use]
pub fn fingerprint(title: &str) -> [u8; 32] {
    let letters = title.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric());
    Sha256::digest(letters.collect::<String>().as_bytes()).into()
}

/// Reads a document, whatever its type is said to be; `charset` is what the HTTP header says.
///
/// # Errors
/// [`BadFeed`] if nothing of it can be used.
pub fn read(bytes: &[u8], charset: Option<&str>) -> Result<Contents, BadFeed> {
    let text = decode::decode(bytes, charset).text;
    match text.trim_start().chars().next() {
        Some('<') => xml::read(&text),
        Some('{') => json::read(&text),
        Some(_) => Err(BadFeed::NoFeed("it begins like no such document".to_owned())),
        None => Err(BadFeed::NoFeed("it is empty".to_owned())),
    }
}

/// What of a feed-rs document concerns us.
fn take(feed: &feed_rs::model::Feed, contents: &mut Contents) {
    for entry in &feed.entries {
        match item(entry, feed.language.as_deref()) {
            Some(item) => contents.items.push(item),
            None => contents.bad += 1,
        }
    }
}

fn item(entry: &feed_rs::model::Entry, feed_lang: Option<&str>) -> Option<Item> {
    let text = entry.summary.as_ref().map(|text| text.content.as_str());
    let body = entry.content.as_ref().and_then(|content| content.body.as_deref());
    let alternate =
        |link: &&feed_rs::model::Link| link.rel.as_deref().is_none_or(|rel| rel == "alternate");
    let link = entry.links.iter().find(alternate).or_else(|| entry.links.first());
    Item::from_raw(&Raw {
        key: &entry.id,
        title: entry.title.as_ref().map_or("", |title| &title.content),
        text: text.filter(|text| !text.is_empty()).or(body).unwrap_or_default(),
        url: link.map_or("", |link| &link.href),
        lang: entry.language.as_deref().or(feed_lang).unwrap_or_default(),
        published: entry.published.or(entry.updated).and_then(|at| instant(at.timestamp())),
    })
}

/// Seconds of a year that a timestamp holds.
fn instant(seconds: i64) -> Option<Timestamp> {
    const SECONDS_MAX: i64 = i64::MAX / 1_000_000_000;
    let known = (-SECONDS_MAX..=SECONDS_MAX).contains(&seconds);
    known.then(|| Timestamp::from_nanos(0) + Nanos::from_secs(seconds))
}

/// A parser that leaves the naming of nameless items to us: its own names would be random.
fn parser() -> feed_rs::parser::Parser {
    feed_rs::parser::Builder::new().id_generator(|_, _, _| String::new()).build()
}

/// A parser's message, short and harmless.
fn message(error: &impl std::fmt::Display) -> String {
    clean(&error.to_string(), NAME_CHARS_MAX)
}

#[cfg(test)]
mod tests;
