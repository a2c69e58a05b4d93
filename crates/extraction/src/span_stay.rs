//! The days of a stay: "June 22-24", "March 31 - April 2", "20 to 22 May", 10月27日~29日.

use crate::Span;

/// Longer than this is no stay.
const DAYS_MAX: u8 = 14;
/// Between the first day and the last.
const LINKS: [&str; 13] = [
    "-", "~", "\u{301c}", "to ", "through ", "until ", "bis ", "au ", "and ", "から", "至", "到",
    "부터",
];
/// Behind a day.
const DAY_WORDS: [&str; 9] = ["st", "nd", "rd", "th", ".", "日", "号", "일", "er"];
/// Beginnings of the names of months.
const MONTHS: [(&str, u8); 24] = [
    ("jan", 1),
    ("feb", 2),
    ("fév", 2),
    ("mar", 3),
    ("mär", 3),
    ("apr", 4),
    ("avr", 4),
    ("may", 5),
    ("mai", 5),
    ("juni", 6),
    ("june", 6),
    ("juin", 6),
    ("jun", 6),
    ("jul", 7),
    ("juil", 7),
    ("aug", 8),
    ("aoû", 8),
    ("sep", 9),
    ("oct", 10),
    ("okt", 10),
    ("nov", 11),
    ("dec", 12),
    ("dez", 12),
    ("déc", 12),
];

/// The day, with the days that follow it if the headline names the last one.
pub(crate) fn stay(text: &str, when: Span) -> Span {
    let Span::Day(year, month, day) = when else { return when };
    let first = day.to_string();
    let last = text
        .match_indices(&first)
        .filter(|(at, _)| {
            !text.get(..*at).is_some_and(|head| head.ends_with(|c: char| c.is_ascii_digit()))
        })
        .find_map(|(at, found)| last_day(text.get(at + found.len()..)?));
    let Some((other, last)) = last else { return when };
    let ends = other.unwrap_or(month);
    let next = month % 12 + 1;
    let (end_year, length) = match ends {
        _ if ends == month && last > day => (year, last - day),
        // Over the end of a month, of 31 days at most.
        _ if ends == next => (year + i16::from(next == 1), last + 31_u8.saturating_sub(day)),
        _ => return when,
    };
    if length > DAYS_MAX { when } else { Span::Days((year, month, day), (end_year, ends, last)) }
}

/// Of what stands behind the first day: the last one, with its month if that is said.
fn last_day(text: &str) -> Option<(Option<u8>, u8)> {
    let text = DAY_WORDS.iter().find_map(|word| text.strip_prefix(word)).unwrap_or(text);
    let text = without_weekday(text).trim_start();
    let text = LINKS.iter().find_map(|link| text.strip_prefix(link))?.trim_start();
    let (month, text) = match month(text) {
        Some((month, rest)) => (Some(month), rest),
        None => (None, text),
    };
    let (number, rest) = number(text)?;
    // 10月27日~11月2日.
    if let Some(rest) = rest.strip_prefix(['月', '월']) {
        let (day, _) = self::number(rest.trim_start())?;
        return Some((Some(number), day));
    }
    // "22 to 24,000", "22-24%" and "22-24:30" are no days.
    let grouped =
        rest.strip_prefix(',').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let plausible = (1..=31).contains(&number) && !grouped && !rest.starts_with(['%', ':']);
    plausible.then_some((month, number))
}

/// (月) behind a day.
fn without_weekday(text: &str) -> &str {
    let inner = text.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    inner.filter(|(day, _)| day.chars().count() == 1).map_or(text, |(_, rest)| rest)
}

fn month(text: &str) -> Option<(u8, &str)> {
    let (_, month) = MONTHS.iter().find(|(name, _)| text.starts_with(name))?;
    let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    Some((*month, text.get(end..)?.trim_start_matches('.').trim_start()))
}

fn number(text: &str) -> Option<(u8, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let digits = text.get(..end).filter(|digits| (1..=2).contains(&digits.len()))?;
    Some((digits.parse().ok()?, text.get(end..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_of_a_stay_are_read() {
        for (text, month, day, last) in [
            ("trump to visit japan on june 22-24", 6, 22, (6, 24)),
            ("trump to visit japan june 22 to 24, 2026", 6, 22, (6, 24)),
            ("trump travels to beijing march 31 - april 2", 3, 31, (4, 2)),
            ("トランプ米国大統領の訪日(10月27日~29日)", 10, 27, (10, 29)),
            ("トランプ大統領、10月30日(金)から11月2日訪日", 10, 30, (11, 2)),
            ("trump besucht japan vom 20. bis 22. mai", 5, 20, (5, 22)),
            ("트럼프 6월 5~7일 방일", 6, 5, (6, 7)),
        ] {
            let found = stay(text, Span::Day(2026, month, day));
            let wanted = Span::Days((2026, month, day), (2026, last.0, last.1));
            assert_eq!(found, wanted, "{text}");
        }
        for text in [
            "trump to visit japan on june 22",
            "june 22 to meet 24 ceos",
            "june 22-24%",
            "june 22-4",
        ] {
            assert_eq!(stay(text, Span::Day(2026, 6, 22)), Span::Day(2026, 6, 22), "{text}");
        }
    }
}
