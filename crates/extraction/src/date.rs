//! Dates of journeys: "November 14-16", "Nov. 14", "11月14日", "14. November", "14 novembre".

use statecraft_domain::Timestamp;

const MONTHS: &[(&str, u8)] = &[
    ("january", 1),
    ("february", 2),
    ("march", 3),
    ("april", 4),
    ("may", 5),
    ("june", 6),
    ("july", 7),
    ("august", 8),
    ("september", 9),
    ("october", 10),
    ("november", 11),
    ("december", 12),
    ("jan", 1),
    ("feb", 2),
    ("mar", 3),
    ("apr", 4),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sept", 9),
    ("sep", 9),
    ("oct", 10),
    ("nov", 11),
    ("dec", 12),
    ("januar", 1),
    ("februar", 2),
    ("märz", 3),
    ("mai", 5),
    ("juni", 6),
    ("juli", 7),
    ("oktober", 10),
    ("dezember", 12),
    ("janvier", 1),
    ("février", 2),
    ("mars", 3),
    ("avril", 4),
    ("juin", 6),
    ("juillet", 7),
    ("août", 8),
    ("septembre", 9),
    ("octobre", 10),
    ("novembre", 11),
    ("décembre", 12),
];

/// A date as it is written: the year may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) year: Option<i16>,
    pub(crate) month: u8,
    pub(crate) day: Option<u8>,
}

/// The first date in a lower-case text. "May" alone is a verb, not a month.
pub(crate) fn date(text: &str) -> Option<Written> {
    dense(text).or_else(|| latin(text))
}

fn latin(text: &str) -> Option<Written> {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    (0..words.len()).find_map(|index| month_at(&words, index))
}

/// Is it the name of a month?
pub(crate) fn months_named(word: &str) -> bool {
    MONTHS.iter().any(|(name, _)| *name == word)
}

/// The month that stands at a place, with its day and its year.
pub(crate) fn month_at(words: &[&str], index: usize) -> Option<Written> {
    let word = words.get(index)?;
    let (_, month) = MONTHS.iter().find(|(name, _)| name == word)?;
    let number = |at: Option<usize>| at.and_then(|at| words.get(at)).and_then(|word| day(word));
    let after = number(Some(index + 1));
    let day = after.or_else(|| number(index.checked_sub(1)));
    let years = words.iter().skip(index + 1).take(4);
    let year =
        years.filter_map(|word| word.parse::<i16>().ok()).find(|year| (2000..2100).contains(year));
    let short = ["may", "mar", "mai", "mars", "march", "sep", "dec"].contains(word);
    let introduced = index
        .checked_sub(1)
        .and_then(|at| words.get(at))
        .is_some_and(|word| INTRODUCES.contains(word));
    (day.is_some() || year.is_some() || !short || introduced).then_some(Written {
        year,
        month: *month,
        day,
    })
}

/// Words before "may" and "march" that make a month of them.
const INTRODUCES: [&str; 22] = [
    "in", "im", "en", "next", "this", "early", "late", "mid", "by", "until", "to", "for", "into",
    "till", "auf", "bis", "à", "ende", "anfang", "mitte", "fin", "début",
];

fn day(word: &str) -> Option<u8> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    digits.parse().ok().filter(|day| (1..=31).contains(day) && word.len() <= 4)
}

/// 11月14日, 11월 14일.
fn dense(text: &str) -> Option<Written> {
    let at = text.find(['月', '월'])?;
    let mark = text.get(at..)?.chars().next()?;
    let head = text.get(..at)?;
    let month: u8 = tail_digits(head).parse().ok().filter(|month| (1..=12).contains(month))?;
    let rest = text.get(at + mark.len_utf8()..)?.trim_start();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let marked =
        rest.get(digits.len()..).is_some_and(|tail| tail.starts_with(['日', '일', '~', '-']));
    let day = digits.parse().ok().filter(|day| marked && (1..=31).contains(day));
    let before = head.get(..head.len() - tail_digits(head).len())?.trim_end();
    let year =
        before.strip_suffix(['年', '년']).and_then(|head| tail_digits(head).parse::<i16>().ok());
    Some(Written { year, month, day })
}

fn tail_digits(text: &str) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| c.is_ascii_digit())
        .last()
        .map_or(text.len(), |(at, _)| at);
    text.get(start..).unwrap_or_default()
}

/// Year and month of an instant, UTC (days to civil date after Howard Hinnant's algorithm).
pub(crate) fn civil(at: Timestamp) -> (i16, u8) {
    let days = at.secs().div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (i16::try_from(year).unwrap_or(i16::MAX), u8::try_from(month).unwrap_or(1))
}
