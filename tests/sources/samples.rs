//! Every feed of `../shared/data/feed-samples`: none panics, hangs or has items made up for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use statecraft::signals::feed::{BadFeed, read};

fn samples() -> Option<PathBuf> {
    let shared = std::env::var_os("STATECRAFT_SHARED").map(PathBuf::from);
    let shared =
        shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
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
    let json = text.matches("\"id\"").count() + text.matches("\"content_").count();
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
    assert!(real.read >= 60 && real.items > 700, "{real:?}");
}

#[test]
fn encodings_come_out_right() {
    let Some(dir) = samples() else {
        eprintln!("skipped: no ../shared/data/feed-samples (or STATECRAFT_SHARED) here");
        return;
    };
    let decoded = |name: &str| {
        let bytes = std::fs::read(dir.join("encoding").join(name)).unwrap();
        statecraft::signals::feed::decode::decode(&bytes, None)
    };
    for (name, words) in [
        ("big5.xml", "中文"),
        ("euc-kr.xml", "한"),
        ("shift_jis.xml", "ま"),
    ] {
        if dir.join("encoding").join(name).exists() {
            let decoded = decoded(name);
            assert!(!decoded.replaced, "{name}: {}", decoded.encoding);
            eprintln!("{name} {} {words} {}", decoded.encoding, decoded.text.contains(words));
        }
    }
}
