//! Finding the words of the lexicon in a text: one pass of an Aho-Corasick automaton, then checks of
//! case, of word boundaries and of language by hand.

use aho_corasick::{AhoCorasick, MatchKind};

use crate::lexicon::{Entry, Lang, Lexicon, Tag};
use crate::normalise::Text;

/// A word of the lexicon in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    /// First byte.
    pub(crate) start: usize,
    /// Byte after the last.
    pub(crate) end: usize,
    /// What it is.
    pub(crate) tag: Tag,
    /// Index in the lexicon.
    pub(crate) entry: usize,
}

/// The automaton of a lexicon.
#[derive(Debug, Clone)]
pub(crate) struct Scanner {
    automaton: AhoCorasick,
}

impl Scanner {
    /// Builds the automaton.
    ///
    /// # Errors
    /// The lexicon is too large for an automaton (gigabytes).
    pub(crate) fn new(lexicon: &Lexicon) -> Result<Self, aho_corasick::BuildError> {
        let patterns = lexicon.entries.iter().map(|entry| entry.words.to_lowercase());
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(patterns)?;
        Ok(Self { automaton })
    }

    /// All words, in order; a word inside a longer one does not count.
    #[must_use]
    pub(crate) fn scan(&self, lexicon: &Lexicon, text: &Text, lang: Lang) -> Vec<Hit> {
        let shouted = is_shouted(&text.shown);
        let mut hits = Vec::new();
        for found in self.automaton.find_overlapping_iter(&text.lower) {
            let (start, end, index) = (found.start(), found.end(), found.pattern().as_usize());
            let Some(entry) = lexicon.entries.get(index) else { continue };
            let speaks = entry.lang == Lang::Any || entry.lang == lang;
            if speaks && fits(entry, text, start, end, shouted) {
                hits.push(Hit {
                    start,
                    end: word_end(entry, &text.lower, end),
                    tag: entry.tag,
                    entry: index,
                });
            }
        }
        without_inner(hits)
    }
}

/// The end of the word that an open entry begins.
fn word_end(entry: &Entry, text: &str, end: usize) -> usize {
    if !entry.open.1 {
        return end;
    }
    let rest = text.get(end..).unwrap_or_default();
    let more = rest.chars().take_while(|c| c.is_alphabetic() && !is_dense(*c));
    end + more.map(char::len_utf8).sum::<usize>()
}

fn fits(entry: &Entry, text: &Text, start: usize, end: usize, shouted: bool) -> bool {
    if entry.cased && !shouted && text.shown.get(start..end) != Some(entry.words.as_str()) {
        return false;
    }
    let before = text.lower.get(..start).and_then(|part| part.chars().next_back());
    let after = text.lower.get(end..).and_then(|part| part.chars().next());
    let first = entry.words.chars().next();
    let last = entry.words.chars().next_back();
    let begins = entry.open.0 || !joined(before, first, entry.edge.0);
    let ends = entry.open.1 || !joined(after, last, entry.edge.1);
    begins && ends
}

/// Do two neighbouring characters belong to one word? Scripts without spaces join only at an edge
/// that the entry asks for.
fn joined(outer: Option<char>, inner: Option<char>, edge: bool) -> bool {
    let (Some(outer), Some(inner)) = (outer, inner) else { return false };
    if edge {
        return outer.is_alphanumeric();
    }
    let spaced = |c: char| c.is_alphanumeric() && !is_dense(c);
    spaced(outer) && spaced(inner)
}

/// Characters of scripts that are written without spaces, and Hangul, whose particles follow
/// without one.
#[must_use]
pub(crate) fn is_dense(c: char) -> bool {
    matches!(c as u32,
        0x1100..=0x11ff | 0x2e80..=0x303f | 0x3040..=0x31ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff
        | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

/// Everything in capitals, or nothing: case says nothing.
fn is_shouted(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_ascii_alphabetic());
    let (mut all, mut capital) = (0_usize, 0_usize);
    for letter in letters {
        all += 1;
        capital += usize::from(letter.is_ascii_uppercase());
    }
    all >= 8 && (capital * 10 >= all * 8 || capital == 0)
}

/// Sorts, and drops every hit that lies inside a longer one.
fn without_inner(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end), hit.entry));
    let mut kept: Vec<Hit> = Vec::with_capacity(hits.len());
    // Sorted so, a hit lies inside an earlier one if and only if it ends before the furthest end.
    let (mut reach, mut from) = (0, 0);
    for hit in hits {
        let same = hit.end == reach && hit.start == from;
        if hit.end > reach {
            (reach, from) = (hit.end, hit.start);
            kept.push(hit);
        } else if same {
            kept.push(hit);
        }
    }
    kept
}
