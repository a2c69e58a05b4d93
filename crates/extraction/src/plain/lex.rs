//! A headline as a row of items with the letters of what each may be.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use crate::lexicon::{Lang, Tag};
use crate::lists::{List, Lists};
use crate::parse::{Parsed, Word};
use crate::role::Kind;
use crate::scan::is_dense;

/// The row: `<P><f><NV><T>`, one pair of brackets for an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) letters: String,
    /// For every item: where its brackets begin in `letters`, and its bytes in the headline.
    items: Vec<(usize, Range<usize>)>,
}

impl Row {
    /// The words that a stretch of letters stands for.
    pub(super) fn words(&self, letters: Range<usize>) -> Range<usize> {
        let inside = || self.items.iter().filter(|(at, _)| letters.contains(at));
        let start = inside().next().map_or(0, |(_, words)| words.start);
        let end = inside().next_back().map_or(start, |(_, words)| words.end);
        start..end
    }
}

/// Lists and the letters of their words.
fn letters(lists: &Lists) -> [(char, &List); 33] {
    [
        ('V', &lists.plain_visit),
        ('N', &lists.plain_visit_noun),
        ('A', &lists.plain_arrives),
        ('b', &lists.plain_begins),
        ('K', &lists.plain_cancels),
        ('k', &lists.plain_cancelled),
        ('L', &lists.plain_postpones),
        ('l', &lists.plain_postponed),
        ('S', &lists.plain_skips),
        ('G', &lists.plain_not),
        ('Y', &lists.plain_plans),
        ('W', &lists.plain_hosts),
        ('m', &lists.plain_meets),
        ('e', &lists.plain_denies),
        ('J', &lists.plain_cancellation),
        ('j', &lists.plain_postponement),
        ('Z', &lists.plain_source),
        ('E', &lists.plain_adjunct),
        ('U', &lists.plain_unless),
        ('M', &lists.plain_time),
        ('F', &lists.plain_fill),
        ('f', &lists.plain_now),
        ('a', &lists.plain_and),
        ('I', &lists.plain_in),
        ('p', &lists.plain_past),
        ('R', &lists.plain_region),
        ('Q', &lists.plain_abroad),
        ('B', &lists.plain_against),
        ('g', &lists.plain_leaves),
        ('s', &lists.plain_stopover),
        ('w', &lists.plain_while),
        ('v', &lists.plain_vehicle),
        ('X', &lists.plain_summit),
    ]
}

/// The words of the lists with their letters, by their first character, the longest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    known: BTreeMap<char, Vec<(Box<str>, String)>>,
    adjectives: BTreeMap<char, Vec<(Box<str>, String)>>,
}

impl Words {
    pub(super) fn new(lists: &Lists) -> Self {
        let mut words = Self::default();
        for (letter, list) in letters(lists) {
            list.iter().for_each(|word| put(&mut words.known, word, letter));
        }
        lists.plain_adjective.iter().for_each(|word| put(&mut words.adjectives, word, 'y'));
        for map in [&mut words.known, &mut words.adjectives] {
            map.values_mut().for_each(|all| all.sort_by_key(|(word, _)| Reverse(word.len())));
        }
        words
    }
}

fn put(map: &mut BTreeMap<char, Vec<(Box<str>, String)>>, word: &str, letter: char) {
    let Some(first) = word.chars().next() else { return };
    let all = map.entry(first).or_default();
    match all.iter_mut().find(|(known, _)| known.as_ref() == word) {
        Some((_, letters)) => letters.push(letter),
        None => all.push((word.into(), letter.to_string())),
    }
}

/// The longest word that stands here, with its letters.
fn longest<'w>(
    map: &'w BTreeMap<char, Vec<(Box<str>, String)>>,
    text: &str,
    at: usize,
) -> Option<(usize, &'w str)> {
    let first = text.get(at..)?.chars().next()?;
    let (word, letters) = map.get(&first)?.iter().find(|(word, _)| starts(text, at, word))?;
    Some((at + word.len(), letters))
}

/// Reads a headline, longest words first; what nobody knows is `o`.
pub(super) fn row(words: &Words, parsed: &Parsed<'_>, target: usize) -> Row {
    let text = parsed.text.lower.as_str();
    let slug = parsed.lexicon.countries.get(target).map_or("", |country| country.slug.as_str());
    let in_region = parsed.lists.plain_region_member.has(slug);
    // 訪日中 is no visit to come, but what happens during one.
    let visits = parsed.lexicon.entries.iter().filter(|it| it.tag == Tag::VisitTo(target));
    let visits: Vec<&str> =
        visits.map(|it| it.words.as_str()).filter(|words| !words.ends_with('中')).collect();
    let mut row = Row { letters: String::new(), items: Vec::new() };
    let mut at = 0;
    while let Some(letter) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if letter.is_whitespace() {
            // Where words are not parted by spaces, a space parts clauses.
            if matches!(parsed.lang, Lang::Ja | Lang::Zh) {
                push(&mut row, "c", at..at + letter.len_utf8());
            }
            at += letter.len_utf8();
            continue;
        }
        let (mut found, mut end) = (String::new(), at);
        let mut offer = |letter: char, to: usize| {
            if to > end {
                found.clear();
                end = to;
            }
            if to == end && !found.contains(letter) {
                found.push(letter);
            }
        };
        // "US President Trump": two names of his that overlap.
        let here = |word: &&Word| word.hit.start <= at && at < word.hit.end;
        for word in parsed.words.iter().filter(here) {
            let whole = word.hit.start == at || parsed.kind(word) == Some(Kind::President);
            if let Some(letter) = person_or_place(parsed, word, target).filter(|_| whole) {
                offer(letter, word.hit.end);
            }
        }
        let visit = visits.iter().filter(|word| starts(text, at, word)).map(|word| word.len());
        if let Some(length) = visit.max() {
            offer('D', at + length);
        }
        if let Some((to, letters)) = longest(&words.known, text, at) {
            for letter in letters.chars() {
                match letter {
                    'R' if !in_region => {}
                    'Q' => offer('R', to),
                    other => offer(other, to),
                }
            }
        }
        // Names first, and what is Japanese is not Japan.
        let adjective = longest(&words.adjectives, text, at).is_some_and(|(to, _)| to == end);
        if adjective && !found.is_empty() {
            found = "y".to_owned();
        } else if let Some(name) = found.chars().find(|letter| "PHODTtX".contains(*letter)) {
            found = name.to_string();
        }
        if found.is_empty() {
            (found, end) = other(text, at, letter);
        }
        push(&mut row, &found, at..end);
        at = end;
    }
    row
}

fn push(row: &mut Row, letters: &str, words: Range<usize>) {
    row.items.push((row.letters.len(), words));
    let _ = write!(row.letters, "<{letters}>");
}

/// Punctuation, a number, or a word that nobody knows.
fn other(text: &str, at: usize, letter: char) -> (String, usize) {
    let one = at + letter.len_utf8();
    let rest = text.get(at..).unwrap_or_default();
    if rest.starts_with("'s") {
        return ("q".to_owned(), at + 2);
    }
    if letter.is_ascii_digit() {
        let len = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'))
            .unwrap_or(rest.len());
        let len = rest.find(is_dense).map_or(len, |dense| len.min(dense));
        let year = len == 4 && rest.get(..4).is_some_and(|year| year.starts_with("20"));
        return (if year { "Mz" } else { "M" }.to_owned(), at + len.max(1));
    }
    match letter {
        ',' | '、' | '，' => ("c".to_owned(), one),
        '-' => ("f".to_owned(), one),
        '~' | '〜' => ("f".to_owned(), one),
        '・' | '·' => ("d".to_owned(), one),
        '"' | '」' => ("fx".to_owned(), one),
        '\'' | '(' | ')' | '「' | '.' => ("f".to_owned(), one),
        _ if !letter.is_alphanumeric() => ("C".to_owned(), one),
        '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' => {
            ("M".to_owned(), one)
        }
        _ if is_dense(letter) => ("o".to_owned(), one),
        _ => {
            let len = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '-') || is_dense(c))
                .unwrap_or(rest.len());
            let end = at + len.max(1);
            let numbered =
                text.get(at..end).is_some_and(|word| word.contains(|c: char| c.is_ascii_digit()));
            (if numbered { "M" } else { "o" }.to_owned(), end)
        }
    }
}

/// Does this word stand here, whole?
fn starts(text: &str, at: usize, word: &str) -> bool {
    let Some(tail) = text.get(at..).and_then(|rest| rest.strip_prefix(word)) else { return false };
    let before = text.get(..at).and_then(|head| head.chars().next_back());
    !joined(before, word.chars().next()) && !joined(word.chars().next_back(), tail.chars().next())
}

/// Do two neighbours belong to one word? Only where spaces part words.
fn joined(one: Option<char>, other: Option<char>) -> bool {
    let spaced = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_dense(c));
    spaced(one) && spaced(other)
}

fn person_or_place(parsed: &Parsed<'_>, word: &Word, target: usize) -> Option<char> {
    let said = parsed.cite(&word.hit);
    if parsed.lists.plain_not_he.has(&said) {
        return Some('o');
    }
    match word.hit.tag {
        Tag::Actor(_) => match parsed.kind(word)? {
            Kind::President => Some('P'),
            Kind::Government if parsed.country(word) == Some(target) => Some('H'),
            Kind::UsOffice | Kind::UsPerson | Kind::Media => Some('Z'),
            _ => Some('O'),
        },
        Tag::Leader(country) => Some(if country == target { 'H' } else { 'O' }),
        Tag::VisitTo(country) => (country != target).then_some('o'),
        Tag::Country(country) => Some(if country == target { 'T' } else { 'X' }),
        Tag::Place(country) if country == target => {
            Some(if parsed.lists.plain_capital.has(&said) { 'T' } else { 't' })
        }
        Tag::Place(_) => Some('X'),
        Tag::Word(_) => None,
    }
}
