//! Every feed of `../shared/data/feed-samples`: none panics, hangs or has items made up for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use statecraft::signals::feed::{BadFeed, read};

fn samples() -> Option<PathBuf> {
    let shared = std::env::var_os("STATECRAFT_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let dir = shared.join("data/feed-samples");
    dir.is_dir().then_some(dir)
}

#[derive(Debug, Default)]
struct Tally {
    files: usize,
    read: usize,
    salvaged: usize,
    doctype: usize,
    depth: usize,
    no_feed: usize,
    items: usize,
    bad: usize,
}

fn tally(dir: &Path, slowest: &mut Duration) -> Tally {
    let mut tally = Tally::default();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let begun = Instant::now();
        let outcome = read(&bytes, None);
        *slowest = (*slowest).max(begun.elapsed());
        tally.files += 1;
        match outcome {
            Ok(contents) => {
                tally.read += 1;
                tally.salvaged += usize::from(contents.salvaged);
                tally.items += contents.items.len();
                tally.bad += contents.bad + contents.too_large;
                let found = contents.items.len();
                assert!(found <= tags(&bytes), "{} has {found} items", path.display());
            }
            Err(BadFeed::Forbidden(statecraft::signals::feed::Forbidden::Doctype)) => {
                tally.doctype += 1;
            }
            Err(BadFeed::Forbidden(_)) => tally.depth += 1,
            Err(BadFeed::NoFeed(_)) => tally.no_feed += 1,
        }
    }
    tally
}

/// Beginnings of items in a document, generously: no reader may find more.
fn tags(bytes: &[u8]) -> usize {
    // UTF-16 and its like have a zero beside every letter.
    let letters: Vec<u8> = bytes.iter().copied().filter(|&byte| byte != 0).collect();
    let text = String::from_utf8_lossy(&letters);
    let json = if text.trim_start().starts_with('{') { text.matches('{').count() } else { 0 };
    let xml = ["item", "entry"].map(|name| {
        text.match_indices(name).filter(|(at, _)| text[..*at].ends_with(['<', ':'])).count()
    });
    // EBCDIC and UTF-7 hide their tags from this count, not from a decoder.
    json + xml.iter().sum::<usize>()
}

#[test]
fn none_panics_hangs_or_invents() {
    let Some(dir) = samples() else {
        eprintln!("skipped: no ../shared/data/feed-samples (or STATECRAFT_SHARED) here");
        return;
    };
    let mut slowest = Duration::ZERO;
    let mut tallies = BTreeMap::new();
    for part in ["encoding", "illformed", "realworld", "wellformed"] {
        tallies.insert(part, tally(&dir.join(part), &mut slowest));
    }
    for (part, tally) in &tallies {
        eprintln!("{part}: {tally:?}");
    }
    eprintln!("slowest: {slowest:?}");
    assert!(slowest < Duration::from_secs(20), "{slowest:?}");
    let files: usize = tallies.values().map(|tally| tally.files).sum();
    assert_eq!(files, 637);
    // Well-formed feeds are read but for those that declare entities.
    let well = &tallies["wellformed"];
    assert!(well.read + well.doctype > 400, "{well:?}");
    // So is what is out in the world, and it has plenty to say.
    let real = &tallies["realworld"];
    assert!(real.read >= 60 && real.items >= 120, "{real:?}");
    // No refusal is a whim: all together are bounded.
    let refused: usize = tallies.values().map(|tally| tally.no_feed + tally.depth).sum();
    assert!(refused <= 90, "{refused}");
}

#[test]
fn encodings_come_out_right() {
    let Some(dir) = samples() else {
        eprintln!("skipped: no ../shared/data/feed-samples (or STATECRAFT_SHARED) here");
        return;
    };
    let first = |part: &str, name: &str| {
        let bytes = std::fs::read(dir.join(part).join(name)).unwrap();
        read(&bytes, None).unwrap().items.remove(0)
    };
    let encoded = |name: &str| first("encoding", name).text;
    assert_eq!(encoded("euc-kr-item.xml"), "\u{b144}");
    // Windows points in a file that says nothing: don't with a curly apostrophe, or without it, but
    // never with a control character.
    assert!(encoded("demoronize-1.xml").chars().all(|c| !c.is_control()));
    for name in ["feedrs_rss_0.91_encoding_1.xml", "feedrs_rss_2.0_encoding_1.xml"] {
        let item = first("realworld", name);
        assert!(!item.title.contains('\u{fffd}'), "{name}: {}", item.title);
    }
}

/// A year of releases as they are archived: every line is read, dated and led through the rules.
#[test]
fn a_year_of_releases_is_read() {
    use statecraft::signals::{Reader as _, Rules, parse_line};
    use statecraft_domain::signal::SourceClass;
    let shared = std::env::var_os("STATECRAFT_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let Ok(file) = std::fs::File::open(shared.join("data/whitehouse-news/releases.jsonl.zst"))
    else {
        eprintln!("skipped: no ../shared/data/whitehouse-news (or STATECRAFT_SHARED) here");
        return;
    };
    let text = zstd::stream::decode_all(file).unwrap();
    let rules = Rules::shipped().unwrap();
    let (mut lines, mut relevant) = (0, 0);
    for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let signal = parse_line(line, "white-house", super::NOW).expect("a good line");
        assert!(signal.url.starts_with("https://www.whitehouse.gov/"), "{}", signal.url);
        // The last evening of the year in Washington is the next year in UTC.
        let published = signal.published.secs();
        assert!((1_737_331_200..1_767_312_000).contains(&published), "{}", signal.title);
        lines += 1;
        let headline = statecraft_extraction::Headline {
            title: &signal.title,
            lang: "en",
            class: SourceClass::Official,
            target: "japan",
            published: Some(signal.published),
        };
        relevant += usize::from(rules.read(&headline).relevant);
    }
    eprintln!("{lines} releases, {relevant} bear on Japan by their headlines");
    assert_eq!(lines, 1_493);
    // 57 mention Japan anywhere; headlines that do are fewer, and there are some.
    assert!((3..=120).contains(&relevant), "{relevant}");
}
