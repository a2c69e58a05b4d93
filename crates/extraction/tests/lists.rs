//! The lists of the lexicon from outside: all are shipped and documented, a mistake in one is named with its
//! line, and a word that a trader adds changes what is read.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use statecraft_domain::signal::{Claim, SourceClass};
use statecraft_extraction::lexicon::SHIPPED;
use statecraft_extraction::{Extractor, Headline, Lexicon, Lists, Reading};

const MANUAL: &str = include_str!("../../../docs/EXTRACTION.md");

fn read(extractor: &Extractor, title: &str) -> Reading {
    let (lang, class, target) = ("", SourceClass::Wire, "japan");
    extractor.read(&Headline { title, lang, class, target, published: None })
}

/// A file of one's own: the shipped one with a word more in a list.
fn with(list: &str, lang: &str, word: &str) -> String {
    let at = SHIPPED.find(&format!("\n[list.{list}]\n")).expect("the list is shipped") + 1;
    let (head, tail) = SHIPPED.split_at(at);
    let tail = tail.replacen(&format!("\n{lang} = ["), &format!("\n{lang} = [\"{word}\", "), 1);
    format!("{head}{tail}")
}

#[test]
fn every_list_is_shipped_and_documented() {
    for name in Lists::NAMES {
        assert!(SHIPPED.contains(&format!("\n[list.{name}]\n")), "{name} is not shipped");
        assert!(MANUAL.contains(&format!("\n| {name} | ")), "{name} is not in the manual");
    }
    let shipped = SHIPPED.lines().filter(|line| line.starts_with("[list.")).count();
    assert_eq!(shipped, Lists::NAMES.len());
}

#[test]
fn a_word_that_a_trader_adds_changes_what_is_read() {
    let shipped = Extractor::shipped().unwrap();
    let rows = [
        ("comedy_shows", "en", "chucklehut", "Chucklehut: Trump arrives in Tokyo"),
        ("joke_tellers", "en", "quips ventriloquist", "Trump lands in Tokyo, quips ventriloquist"),
        ("companions", "en", "usha", "Usha will skip Trump's visit to Japan"),
        ("events", "en", "karaoke", "Trump cancels karaoke night in Tokyo"),
        ("media", "en", "the kobe gazette", "Trump will visit Japan in May - The Kobe Gazette"),
        ("seers", "en", "palm-reader", "Trump will visit Japan in May, palm-reader says"),
        ("from_afar", "en", "from his sofa", "Trump speaks in Tokyo from his sofa"),
        ("leaves", "en", "vacates", "Trump vacates Japan after three-day visit"),
        ("year_ago", "en", "yesteryear", "Trump in Tokyo: photos of yesteryear"),
        ("drill_marks", "en", "make-believe", "Make-believe arrival: Trump lands in Tokyo"),
    ];
    let plain = |claim: &Claim| (claim.direction, claim.assertion);
    for (list, lang, word, title) in rows {
        let own = Lexicon::parse(&with(list, lang, word)).expect(list);
        let own = Extractor::new(own).unwrap();
        let (before, after) = (read(&shipped, title), read(&own, title));
        assert!(
            before.slugs != after.slugs || plain(&before.claim) != plain(&after.claim),
            "{list}: {title}: {before:?}"
        );
        assert_eq!(read(&shipped, "Trump to visit Japan in May").slugs, ["visit_announced"]);
        assert_eq!(read(&own, "Trump to visit Japan in May").slugs, ["visit_announced"]);
    }
}

#[test]
fn mistakes_in_a_list_are_named_with_their_line() {
    let line_of = |text: &str, part: &str| {
        text.lines().position(|line| line.contains(part)).map_or(0, |at| at + 1)
    };
    let spoilt = [
        (with("media", "en", "Nikkei"), "Nikkei", "small letters"),
        (with("media", "en", "nikkei*"), "nikkei*", "no meaning"),
        (with("media", "en", " "), "\" \"", "no words"),
        (with("media", "en", "dup one\", \"dup one"), "dup one", "there twice"),
        (SHIPPED.replace("[list.media]", "[list.medja]"), "medja", "unknown list `medja`"),
        (SHIPPED.replace("[list.media]\n", "[list.media]\nxx = [\"a\"]\n"), "xx =", "language"),
        (
            SHIPPED.replace("[list.media]\n", "[list.media]\nany = \"a\"\n"),
            "any = \"a\"",
            "list of",
        ),
        (SHIPPED.replace("[list.media]\n", "[list.media]\nany = [3]\n"), "any = [3]", "string"),
    ];
    for (text, part, says) in &spoilt {
        let error = Lexicon::parse(text).expect_err(part);
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(error.line, line_of(text, part), "{error}");
    }
}

#[test]
fn a_list_that_is_missing_or_empty_is_named() {
    for name in Lists::NAMES.iter().step_by(9) {
        let at = SHIPPED.find(&format!("\n[list.{name}]\n")).unwrap() + 1;
        let (head, tail) = SHIPPED.split_at(at);
        let rest = tail.find("\n[").map_or("", |end| &tail[end + 1..]);
        for text in [format!("{head}{rest}"), format!("{head}[list.{name}]\nen = []\n{rest}")] {
            let error = Lexicon::parse(&text).expect_err(name).to_string();
            assert!(error.contains(&format!("`[list.{name}]` is missing or empty")), "{error}");
        }
    }
}
