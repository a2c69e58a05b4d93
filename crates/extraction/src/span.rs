//! When a journey is to be: a day, a month, some months, a year; as exactly as the headline says it.
//! "In spring 2027", "early next year", "until 2028", 来春, 2027年3月, 내년 하반기, Anfang 2027, fin 2027.

use std::fmt;

use statecraft_domain::Timestamp;

use crate::date::{civil, month_at, months_named};
use crate::scan::is_dense;
use crate::span_dense::dense;

/// A stretch of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// Some day of a year.
    Year(i16),
    /// Some day of a month: year, month from 1.
    Month(i16, u8),
    /// Some day from the first to the last of these months (a season, a quarter, "early 2027").
    Months((i16, u8), (i16, u8)),
    /// A day: year, month, day from 1.
    Day(i16, u8, u8),
}

/// `2028`, `2028-03`, `2028-03..2028-05` (both months included), `2028-03-14`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Self::Months((from, first), (to, last)) => {
                write!(f, "{from:04}-{first:02}..{to:04}-{last:02}")
            }
            Self::Day(year, month, day) => write!(f, "{year:04}-{month:02}-{day:02}"),
        }
    }
}

/// A year as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Year {
    /// 2027.
    Is(i16),
    /// So many years after this one: "next year".
    After(i16),
    /// Not said: the next time it comes.
    Next,
    /// The next one that has not begun: "next spring".
    Coming,
}

/// What is said of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The whole year.
    Whole,
    /// A month, and a day if it is said.
    Month(u8, Option<u8>),
    /// From a month to a month; December to February crosses the year.
    Months(u8, u8),
    /// So many months after this one.
    MonthsOn(u8),
}

/// A time as it is written, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) year: Year,
    pub(crate) part: Part,
    /// Is it marked as where something is moved to: "until", に, auf?
    pub(crate) towards: bool,
}

/// When the journey is not to be, if it is denied: "not before 2027" denies until then.
pub(crate) fn denied_span(text: &str, published: Option<Timestamp>) -> Option<Span> {
    crate::span_open::until(text, published.map(civil)).or_else(|| span(text, published, false))
}

/// When the journey is to be. Of a journey that is put off only the new time counts ("to", "until").
pub(crate) fn span(text: &str, published: Option<Timestamp>, put_off: bool) -> Option<Span> {
    if let Some(open) = crate::span_open::open(text, published.map(civil)) {
        return Some(open);
    }
    let mut said = if text.chars().any(is_dense) { dense(text) } else { Vec::new() };
    said.extend(latin(text));
    let found = said.iter().filter(|said| !put_off || said.towards);
    let exact = found.max_by_key(|said| (exactness(said), 0));
    exact.and_then(|said| resolve(said, published))
}

/// The first month that is said, 1 to 12.
pub(crate) fn month_said(text: &str) -> Option<u8> {
    let mut said = if text.chars().any(is_dense) { dense(text) } else { Vec::new() };
    said.extend(latin(text));
    said.iter().find_map(|said| match said.part {
        Part::Month(month, _) => Some(month),
        _ => None,
    })
}

/// A day says more than a month, a month more than a year.
const fn exactness(said: &Said) -> u8 {
    match said.part {
        Part::Month(_, Some(_)) => 3,
        Part::Month(_, None) | Part::MonthsOn(_) => 2,
        Part::Months(..) => 1,
        Part::Whole => 0,
    }
}

/// Fills in the year. What has no year is the next such time: in February, January is the coming one.
fn resolve(said: &Said, published: Option<Timestamp>) -> Option<Span> {
    let now = published.map(civil);
    if let Part::MonthsOn(on) = said.part {
        let (year, month) = now?;
        let later = month - 1 + on;
        return Some(Span::Month(year + i16::from(later / 12), later % 12 + 1));
    }
    let year = match (said.year, said.part) {
        (Year::Is(year), _) => year,
        (Year::After(years), _) => now?.0 + years,
        (Year::Next | Year::Coming, Part::Month(month, _)) => next(now?, month),
        (Year::Coming, Part::Months(first, _)) => {
            let (year, month) = now?;
            if first <= month { year + 1 } else { year }
        }
        (Year::Next, Part::Months(first, last)) => {
            let last = if last < first { 12 } else { last };
            next(now?, last)
        }
        (Year::Next | Year::Coming, _) => return None,
    };
    Some(match said.part {
        Part::Month(month, Some(day)) => Span::Day(year, month, day),
        Part::Month(month, None) => Span::Month(year, month),
        Part::Months(first, last) => {
            Span::Months((year, first), (year + i16::from(last < first), last))
        }
        Part::Whole | Part::MonthsOn(_) => Span::Year(year),
    })
}

fn next((year, now): (i16, u8), month: u8) -> i16 {
    if month < now { year + 1 } else { year }
}

/// First and last month of the seasons.
const SEASONS: [(&str, u8, u8); 17] = [
    ("spring", 3, 5),
    ("summer", 6, 8),
    ("autumn", 9, 11),
    ("fall", 9, 11),
    ("winter", 12, 2),
    ("frühjahr", 3, 5),
    ("frühling", 3, 5),
    ("frühsommer", 5, 6),
    ("sommer", 6, 8),
    ("spätsommer", 8, 9),
    ("herbst", 9, 11),
    ("printemps", 3, 5),
    ("été", 6, 8),
    ("automne", 9, 11),
    ("hiver", 12, 2),
    ("springtime", 3, 5),
    ("summertime", 6, 8),
];
/// Words before a season or a year that make it a time.
const LEADS: [&str; 44] = [
    "in",
    "this",
    "next",
    "the",
    "by",
    "until",
    "till",
    "to",
    "into",
    "for",
    "early",
    "late",
    "mid",
    "coming",
    "of",
    "im",
    "ins",
    "auf",
    "bis",
    "zum",
    "nächsten",
    "nächstes",
    "kommenden",
    "kommendes",
    "diesen",
    "dieses",
    "au",
    "à",
    "l",
    "cet",
    "en",
    "d",
    "de",
    "pour",
    "dès",
    "prochain",
    "since",
    "during",
    "before",
    "after",
    "around",
    "jahr",
    "year",
    "jahre",
];
/// Words that name a stretch of a year: "early 2027".
const STRETCHES: [(&str, u8, u8); 17] = [
    ("early", 1, 3),
    ("beginning", 1, 3),
    ("start", 1, 3),
    ("mid", 5, 8),
    ("middle", 5, 8),
    ("late", 10, 12),
    ("end", 10, 12),
    ("anfang", 1, 3),
    ("mitte", 5, 8),
    ("ende", 10, 12),
    ("spätestens", 1, 12),
    ("début", 1, 3),
    ("mi", 5, 8),
    ("milieu", 5, 8),
    ("fin", 10, 12),
    ("later", 1, 12),
    ("sometime", 1, 12),
];

/// Times in a script with spaces, in order.
fn latin(text: &str) -> Vec<Said> {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let said = month(&words, at)
            .or_else(|| season(&words, at))
            .or_else(|| quarter(&words, at))
            .or_else(|| stretch(&words, at))
            .or_else(|| whole(&words, at));
        match said {
            Some((year, part, length)) => {
                found.push(Said { year, part, towards: towards(&words, at) });
                at += length.max(1);
            }
            None => at += 1,
        }
    }
    found
}

type Found = Option<(Year, Part, usize)>;

fn word<'w>(words: &[&'w str], at: usize) -> &'w str {
    words.get(at).copied().unwrap_or_default()
}

fn before<'w>(words: &[&'w str], at: usize) -> &'w str {
    at.checked_sub(1).map_or("", |at| word(words, at))
}

fn month(words: &[&str], at: usize) -> Found {
    let written = month_at(words, at)?;
    let (year, length) = match written.year {
        Some(year) => (Year::Is(year), 3),
        None => match year_at(words, at + 1) {
            Some((year, length)) => (year, length + 1),
            None => (Year::Next, 1),
        },
    };
    Some((year, Part::Month(written.month, written.day), length))
}

fn season(words: &[&str], at: usize) -> Found {
    let (_, first, last) = SEASONS.iter().find(|(name, ..)| *name == word(words, at))?;
    let after = year_at(words, skip_of(words, at + 1));
    let led = LEADS.contains(&before(words, at));
    let coming = ["next", "nächsten", "nächstes", "kommenden", "kommendes"]
        .contains(&before(words, at))
        || word(words, at + 1) == "prochain";
    let year = match after {
        Some((year, _)) => year,
        None if coming => Year::Coming,
        // "L'été", but not "a été".
        None if led => Year::Next,
        None => return None,
    };
    Some((year, Part::Months(*first, *last), 1 + after.map_or(0, |(_, length)| length)))
}

/// "Q3 2027", "third quarter of 2027", "second half of next year".
fn quarter(words: &[&str], at: usize) -> Found {
    const ORDINALS: [&[&str]; 4] = [
        &["first", "1st", "erste", "erstes", "ersten", "premier", "1er"],
        &["second", "2nd", "zweite", "zweites", "zweiten", "deuxième", "second"],
        &["third", "3rd", "dritte", "drittes", "dritten", "troisième"],
        &["fourth", "4th", "vierte", "viertes", "vierten", "quatrième"],
    ];
    let said = word(words, at);
    let short = ["q1", "q2", "q3", "q4"].iter().position(|name| *name == said);
    let half = ["h1", "h2"].iter().position(|name| *name == said);
    let ordinal = ORDINALS.iter().position(|names| names.contains(&said));
    let unit = word(words, at + 1);
    let of_four = ["quarter", "quartal", "trimestre"].contains(&unit);
    let of_two = ["half", "halbjahr", "hälfte", "semestre", "moitié"].contains(&unit);
    let (index, size, length) = match (short, half, ordinal) {
        (Some(index), ..) => (index, 3, 1),
        (_, Some(index), _) => (index, 6, 1),
        (.., Some(index)) if of_four => (index, 3, 2),
        (.., Some(index)) if of_two && index < 2 => (index, 6, 2),
        _ => return None,
    };
    let index = u8::try_from(index).ok()?;
    let year = year_at(words, skip_of(words, at + length));
    let part = Part::Months(index * size + 1, index * size + size);
    Some((year.map_or(Year::Next, |(year, _)| year), part, length + 1))
}

/// "Early next year", "Anfang 2027", "fin 2027".
fn stretch(words: &[&str], at: usize) -> Found {
    let (_, first, last) = STRETCHES.iter().find(|(name, ..)| *name == word(words, at))?;
    let from = skip_of(words, at + 1);
    let (year, length) = year_at(words, from)?;
    let part = if (*first, *last) == (1, 12) { Part::Whole } else { Part::Months(*first, *last) };
    Some((year, part, from - at + length))
}

fn whole(words: &[&str], at: usize) -> Found {
    const UNITS: [&str; 16] = [
        "troops",
        "jobs",
        "million",
        "billion",
        "yen",
        "dollars",
        "won",
        "euros",
        "people",
        "workers",
        "homes",
        "mw",
        "megawatts",
        "soldaten",
        "soldats",
        "emplois",
    ];
    if let Some(on) = relative_month(words, at) {
        return Some((Year::Next, Part::MonthsOn(on), 2));
    }
    let (year, length) = year_at(words, at)?;
    let following = word(words, at + length);
    // "After 2026 midterms" dates the election.
    let dates = ["after", "before", "following", "of", "until", "post", "pre"]
        .contains(&before(words, at))
        && crate::span_open::EVENTS.contains(&following);
    (!dates && !UNITS.contains(&following)).then_some((year, Part::Whole, length))
}

/// "Next month", "im nächsten Monat", "le mois prochain".
fn relative_month(words: &[&str], at: usize) -> Option<u8> {
    match (word(words, at), word(words, at + 1)) {
        ("next" | "nächsten" | "kommenden" | "nächster", "month" | "monat")
        | ("mois", "prochain") => Some(1),
        ("this" | "diesen" | "diesem" | "ce", "month" | "monat" | "mois") => Some(0),
        _ => None,
    }
}

/// Words between a stretch and its year: "end of the year 2027", "début de l'année prochaine".
fn skip_of(words: &[&str], mut at: usize) -> usize {
    while ["of", "the", "in", "de", "du", "des", "l", "d", "year", "jahres"]
        .contains(&word(words, at))
    {
        at += 1;
    }
    at
}

/// A year at a place, and how many words it takes.
fn year_at(words: &[&str], at: usize) -> Option<(Year, usize)> {
    let said = word(words, at);
    let number = || said.parse::<i16>().ok().filter(|year| (2_020..2_100).contains(year));
    if let Some(year) = number().filter(|_| said.len() == 4) {
        return Some((Year::Is(year), 1));
    }
    let next = word(words, at + 1);
    Some(match (said, next) {
        ("year", "after") if word(words, at + 2) == "next" => (Year::After(2), 3),
        ("next" | "coming", "year") => (Year::After(1), 2),
        ("this", "year") => (Year::After(0), 2),
        (
            "nächstes" | "nächsten" | "nächstem" | "kommendes" | "kommenden" | "kommendem",
            "jahr" | "jahres",
        ) => (Year::After(1), 2),
        ("dieses" | "diesem", "jahr" | "jahres") => (Year::After(0), 2),
        ("übernächstes" | "übernächsten" | "übernächstem", "jahr" | "jahres") => {
            (Year::After(2), 2)
        }
        ("an" | "année", "prochain" | "prochaine") => (Year::After(1), 2),
        ("cette", "année") => (Year::After(0), 2),
        _ => return None,
    })
}

/// Does a word before it say that something is moved there: "until early 2027", "auf März"?
fn towards(words: &[&str], at: usize) -> bool {
    const TO: [&str; 18] = [
        "to", "until", "till", "til", "into", "for", "auf", "bis", "ins", "zum", "à", "au",
        "jusqu", "jusqu'à", "jusqu'en", "en", "pour", "toward",
    ];
    const BETWEEN: [&str; 16] = [
        "early",
        "late",
        "mid",
        "the",
        "at",
        "least",
        "spring",
        "das",
        "den",
        "jahr",
        "l",
        "year",
        "next",
        "in",
        "frühestens",
        "nächstes",
    ];
    let mut at = at;
    while let Some(previous) = at.checked_sub(1) {
        let said = word(words, previous);
        let ordinal = said.parse::<u8>().is_ok();
        if TO.contains(&said) {
            return true;
        }
        if !BETWEEN.contains(&said) && !ordinal && !months_named(said) {
            return false;
        }
        at = previous;
    }
    false
}

#[cfg(test)]
mod tests;
