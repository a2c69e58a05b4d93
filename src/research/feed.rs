//! Dated signals from files, as they would have arrived: our own signal lines, and releases of the White
//! House (`published_utc`, `title`, `text`, `url`, `section`), plain or zstd.
//!
//! What a line is worth is read by the same room that reads live headlines. It counts as received at
//! the instant at which it says it was published; lines of one instant keep the order of the files as
//! named and of the lines in them. The same item twice is one item; if it comes again with other words,
//! only a withdrawal, a denial or a correction counts, as it would live.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use statecraft_domain::event::SourceSeen;
use statecraft_domain::signal::SourceClass;
use statecraft_domain::{Event, Nanos, Signal, Timestamp};

use super::feed_notes::Notes;
use super::remarks::Vocabulary;
use crate::signals::feed::Item;
use crate::signals::parse::{TEXT_CHARS_MAX, TITLE_CHARS_MAX, URL_CHARS_MAX, without_mark};
use crate::signals::provenance::publisher_of;
use crate::signals::reading::{Read, ReadingRoom, Sourced};
use crate::signals::text::clean;
use crate::signals::{BadSignal, parse_line};
use crate::tape::TapeError;
use crate::tape::foreign::lines::Lines;

/// A source is said to be alive at most this often, as live.
const SEEN_EVERY: Nanos = Nanos::from_secs(60);

/// A file of dated signals and who speaks in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalFile {
    /// Where it is.
    pub path: PathBuf,
    /// Name of the source; by default the file's name without its endings.
    pub source: String,
    /// What kind of source it is; `None`: as the settings say of that source, else national press.
    pub class: Option<SourceClass>,
}

/// A `--signals` argument that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSignalFile {
    /// An unknown class.
    #[error(
        "unknown class {0:?}; a class is official, wire, top_tier, national, trade_press, aggregator, \
         local, business, commentary, social, and so on"
    )]
    Class(String),
    /// No path.
    #[error("no path; write [name=NAME:][class=CLASS:]PATH, or whitehouse=PATH")]
    NoPath,
}

impl FromStr for SignalFile {
    type Err = BadSignalFile;

    /// `PATH`, `class=official:PATH`, `name=wh:class=official:PATH`, or `whitehouse=PATH`, which is
    /// `name=whitehouse:class=official:PATH`.
    fn from_str(text: &str) -> Result<Self, BadSignalFile> {
        let (mut rest, mut source, mut class) = (text, None, None);
        if let Some(path) = rest.strip_prefix("whitehouse=") {
            (rest, source, class) = (path, Some("whitehouse"), Some(SourceClass::Official));
        }
        while let Some((key, value)) =
            rest.split_once(':').and_then(|(word, _)| word.split_once('='))
        {
            match key {
                "class" => class = Some(parse_class(value)?),
                "name" => source = Some(value),
                _ => break,
            }
            rest = rest.split_once(':').map_or("", |(_, rest)| rest);
        }
        let path = PathBuf::from(rest);
        let stem = path.file_name().and_then(|name| name.to_str()).ok_or(BadSignalFile::NoPath)?;
        let stem = stem.split('.').next().unwrap_or(stem);
        let source = clean(source.unwrap_or(stem), 64);
        Ok(Self { path, source, class })
    }
}

fn parse_class(word: &str) -> Result<SourceClass, BadSignalFile> {
    serde_json::from_value(serde_json::Value::from(word))
        .map_err(|_| BadSignalFile::Class(clean(word, 64)))
}

/// What became of the lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedTally {
    /// Lines, empty ones aside.
    pub lines: u64,
    /// Signals for the engine.
    pub signals: u64,
    /// Items that say nothing about any strategy's country.
    pub irrelevant: u64,
    /// Opinion, satire, attempts to speak to the program.
    pub no_evidence: u64,
    /// The same item again.
    pub duplicates: u64,
    /// The same headline again from a source no better.
    pub reposts: u64,
    /// Lines that are no signal.
    pub malformed: u64,
    /// The first few of them.
    pub first_malformed: Vec<String>,
    /// Every line that was left out or bent, with its file, its number and why; first of all how many.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// Signals in order of time, and signs of life of their sources: a line that says nothing about a
/// strategy says that its source was there, and that silence meant something.
#[derive(Debug, Clone, Default)]
pub struct Feed {
    /// [`Event::SignalReceived`] and [`Event::SourceSeen`].
    pub events: Vec<Event>,
    /// What became of the lines.
    pub tally: FeedTally,
}

/// A line before it is read.
enum Line {
    /// Labels of the user's own: counts as it stands.
    Stated(Box<Signal>),
    /// A headline.
    Item(Item),
}

struct Dated<'a> {
    at: Timestamp,
    file: &'a SignalFile,
    line: Line,
}

/// Loads the files and reads every headline. `None` for a room reads no headlines: only lines with
/// labels count. What nobody of the vocabulary listens to is noted.
///
/// # Errors
/// [`TapeError`] if a file cannot be read. A bad line is counted, noted and left out.
pub fn load(
    files: &[SignalFile],
    room: Option<&ReadingRoom>,
    vocabulary: &Vocabulary,
) -> Result<Feed, TapeError> {
    let mut feed = Feed::default();
    let (mut dated, mut notes) = (Vec::new(), Notes::new(vocabulary));
    for file in files {
        read_file(file, &mut dated, &mut feed.tally, &mut notes)?;
    }
    feed.tally.notes = notes.all(feed.tally.lines);
    // Stable: lines of one instant keep the order of files and lines.
    dated.sort_by_key(|one| one.at);
    let mut known: HashMap<String, String> = HashMap::new();
    let mut seen: HashMap<&str, Timestamp> = HashMap::new();
    for one in dated {
        let (at, source) = (one.at, one.file.source.as_str());
        if seen.get(source).is_none_or(|last| at - *last >= SEEN_EVERY) {
            seen.insert(source, at);
            let source = source.to_owned();
            feed.events.push(Event::SourceSeen(SourceSeen { at, source }));
        }
        feed.take(one, room, &mut known);
    }
    Ok(feed)
}

fn read_file<'a>(
    file: &'a SignalFile,
    out: &mut Vec<Dated<'a>>,
    tally: &mut FeedTally,
    notes: &mut Notes<'_>,
) -> Result<(), TapeError> {
    let mut lines = Lines::open(&file.path)?;
    while lines.advance()? {
        tally.lines += 1;
        let (line, place) = (without_mark(lines.line()), (file.path.as_path(), lines.number()));
        match parse(line, file) {
            Ok(parsed) => {
                let stated = parsed.release.is_none().then_some(&parsed.signal);
                notes.about(line, stated, place);
                out.push(Dated { at: parsed.signal.published, file, line: parsed.into_line() });
            }
            Err(error) => {
                tally.malformed += 1;
                let text = notes.left_out(place, &error);
                if tally.first_malformed.len() < 5 {
                    tally.first_malformed.push(text);
                }
            }
        }
    }
    notes.end_of(&file.path);
    Ok(())
}

#[derive(Deserialize)]
struct Release {
    published_utc: String,
    title: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    url: String,
    /// Whoever states labels writes our own form.
    #[serde(default)]
    labels: Vec<serde::de::IgnoredAny>,
}

/// A line, understood.
struct Parsed {
    /// As our own form has it: nothing for a release.
    signal: Signal,
    release: Option<Item>,
}

impl Parsed {
    fn into_line(self) -> Line {
        if let Some(item) = self.release {
            return Line::Item(item);
        }
        let signal = self.signal;
        if !signal.labels.is_empty() || signal.forecast.is_some() {
            return Line::Stated(Box::new(signal));
        }
        let Signal { id, title, text, url, lang, published, .. } = signal;
        Line::Item(Item { key: id, title, text, url, lang, published: Some(published) })
    }
}

fn parse(line: &[u8], file: &SignalFile) -> Result<Parsed, BadSignal> {
    let release = serde_json::from_slice::<Release>(line);
    if let Ok(release) = release
        && release.labels.is_empty()
    {
        let published: jiff::Timestamp =
            release.published_utc.parse().map_err(|_| BadSignal::BadTime)?;
        let nanos = i64::try_from(published.as_nanosecond()).map_err(|_| BadSignal::BadTime)?;
        let published = Timestamp::from_nanos(nanos);
        let url = clean(&release.url, URL_CHARS_MAX);
        let item = Item {
            key: url.clone(),
            title: clean(&release.title, TITLE_CHARS_MAX),
            text: clean(&release.text, TEXT_CHARS_MAX),
            url,
            lang: "en".to_owned(),
            published: Some(published),
        };
        let says = !item.title.is_empty();
        let signal = Signal { published, ..Signal::default() };
        return if says {
            Ok(Parsed { signal, release: Some(item) })
        } else {
            Err(BadSignal::Empty)
        };
    }
    let mut signal = parse_line(line, &file.source, Timestamp::EPOCH)?;
    signal.received = signal.published;
    Ok(Parsed { signal, release: None })
}

impl Feed {
    fn take(
        &mut self,
        dated: Dated<'_>,
        room: Option<&ReadingRoom>,
        seen: &mut HashMap<String, String>,
    ) {
        let item = match dated.line {
            Line::Stated(signal) => return self.push(*signal),
            Line::Item(item) => item,
        };
        let id = item.id(&dated.file.source);
        // The same words again are the same item; other words under its name are a revision.
        let changed = match seen.insert(id.clone(), item.title.clone()) {
            Some(words) if words == item.title => {
                self.tally.duplicates += 1;
                return;
            }
            Some(_) => true,
            None => false,
        };
        let Some(room) = room else {
            self.tally.irrelevant += 1;
            return;
        };
        let publisher = publisher(&item, dated.file);
        let sourced = Sourced {
            item: &item,
            source: &dated.file.source,
            id: &id,
            class: dated.file.class.unwrap_or(SourceClass::National),
            publisher: &publisher,
            published: dated.at,
            received: dated.at,
        };
        match room.read(&sourced, changed) {
            Read::Signals(signals) => signals.into_iter().for_each(|signal| self.push(signal)),
            Read::Irrelevant => self.tally.irrelevant += 1,
            Read::NoEvidence(_) => self.tally.no_evidence += 1,
            Read::Repost => self.tally.reposts += 1,
        }
    }

    fn push(&mut self, signal: Signal) {
        self.tally.signals += 1;
        self.events.push(Event::SignalReceived(Box::new(signal)));
    }
}

/// The registrable domain of the link, else the source.
fn publisher(item: &Item, file: &SignalFile) -> String {
    let host = url::Url::parse(&item.url).ok().and_then(|url| url.host_str().map(publisher_of));
    host.unwrap_or_else(|| file.source.clone())
}

/// Fills in the class of files that state none.
pub fn set_default_classes(files: &mut [SignalFile], known: &HashMap<String, SourceClass>) {
    for file in files {
        let default = known.get(&file.source).copied().unwrap_or(SourceClass::National);
        file.class = file.class.or(Some(default));
    }
}

/// Is it a file that exists? For a message before anything else is done.
#[must_use]
pub fn missing(files: &[SignalFile]) -> Option<&Path> {
    files.iter().map(|file| file.path.as_path()).find(|path| !path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> SignalFile {
        text.parse().unwrap()
    }

    #[test]
    fn arguments_name_the_source_and_its_class() {
        let plain = file("a/b/desk.jsonl");
        assert_eq!((plain.source.as_str(), plain.class), ("desk", None));
        let official = file("class=official:../x/releases.jsonl.zst");
        assert_eq!(official.path, Path::new("../x/releases.jsonl.zst"));
        assert_eq!(
            (official.source.as_str(), official.class),
            ("releases", Some(SourceClass::Official))
        );
        let named = file("whitehouse=r.zst");
        assert_eq!(
            (named.source.as_str(), named.class),
            ("whitehouse", Some(SourceClass::Official))
        );
        let both = file("name=kyodo:class=wire:k.jsonl");
        assert_eq!((both.source.as_str(), both.class), ("kyodo", Some(SourceClass::Wire)));
        // An equals sign or a colon of the path's own is the path's own.
        assert_eq!(file("a=b.jsonl").path, Path::new("a=b.jsonl"));
        assert_eq!(
            "class=nobody:x".parse::<SignalFile>(),
            Err(BadSignalFile::Class("nobody".into()))
        );
        assert_eq!("class=wire:".parse::<SignalFile>(), Err(BadSignalFile::NoPath));
    }

    #[test]
    fn lines_come_in_order_of_time_and_an_item_counts_once() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (dir.path().join("one.jsonl"), dir.path().join("two.jsonl"));
        let release = |at: &str, url: &str, title: &str| {
            serde_json::json!({"published_utc": at, "title": title, "url": url}).to_string() + "\n"
        };
        let lines = release("2025-03-02T00:00:00Z", "https://x.example/b", "second")
            + &release("2025-03-01T00:00:00Z", "https://x.example/a", "first")
            + &release("2025-03-03T00:00:00Z", "https://x.example/a", "first")
            + "{\"published_utc\": \"yesterday\", \"title\": \"x\"}\n";
        std::fs::write(&one, lines).unwrap();
        let labelled = r#"{"id":"d1","published":"2025-03-01T12:00:00Z","title":"desk","labels":[{"slug":"a","strength":1}]}"#;
        std::fs::write(&two, labelled).unwrap();
        let files = [one, two].map(|path| file(path.to_str().unwrap()));
        let feed = load(&files, None, &Vocabulary::default()).unwrap();
        assert_eq!((feed.tally.lines, feed.tally.malformed, feed.tally.duplicates), (5, 1, 1));
        assert_eq!(feed.tally.signals, 1, "without a room only labels count");
        let times: Vec<Timestamp> = feed.events.iter().map(Event::at).collect();
        assert!(times.is_sorted() && times.len() == 5, "every line is a sign of life: {times:?}");
        let Some(Event::SignalReceived(desk)) =
            feed.events.iter().find(|event| matches!(event, Event::SignalReceived(_)))
        else {
            panic!("the labelled line is a signal")
        };
        assert_eq!(desk.received, desk.published);
    }
}
