//! Times with one end: "after 2026", "not before 2027", "but not this year", "after he leaves office",
//! 2027年以降, 내년 이후. And times counted from now in years, and the turn of the year.

use crate::span::Span;

/// How many years an open time lasts: longer than any contract.
const YEARS: i16 = 10;

/// What is said, and from which year on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    /// A year by its number.
    Is(i16),
    /// So many years after this one.
    After(i16),
    /// When the next presidential term begins: 20 January after an election.
    Office,
    /// Some day of the year so many years after this one.
    Within(i16),
    /// The turn of the year.
    Turn,
    /// After the elections in the middle of a presidential term.
    Midterms,
}

/// Is a time of this kind said?
pub(crate) fn is_marked(text: &str) -> bool {
    said(text, None).is_some()
}

/// Of a denial ("will not come before 2027", "not this year"), the time that it denies: from now to the end
/// of the year before.
pub(crate) fn until(text: &str, now: Option<(i16, u8)>) -> Option<Span> {
    let (year, month) = now?;
    if said(text, Some(year)) == Some(From::Midterms) {
        let (election, last) = (midterms((year, month)), 10);
        let over = (year, month) >= (election, last);
        let until = Span::Months((year, month), (election, last));
        return Some(if over { Span::Month(year, month) } else { until });
    }
    let limit = match open(text, now).or_else(|| before(text, year)) {
        Some(Span::Months((from, 1), (_, 12))) => from.checked_sub(1)?,
        _ => return None,
    };
    match limit - year {
        0 => Some(Span::Year(year)),
        1.. => Some(Span::Months((year, month), (limit, 12))),
        _ => None,
    }
}

/// "Before 2027", "until next year", "avant 2027".
fn before(text: &str, now: i16) -> Option<Span> {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let marks = ["before", "until", "till", "vor", "bis", "avant"];
    let found = (0..words.len()).find_map(|at| {
        let mark = words.get(at).is_some_and(|word| marks.contains(word));
        mark.then(|| year(&words, at + 1)).flatten()
    });
    let from = match found? {
        From::Is(year) => year,
        From::After(years) => now + years,
        _ => return None,
    };
    Some(Span::Months((from, 1), (from, 12)))
}

/// The span of such a time. `now` is year and month of publication.
pub(crate) fn open(text: &str, now: Option<(i16, u8)>) -> Option<Span> {
    let from = said(text, now.map(|(year, _)| year))?;
    let onward = |year: i16| Span::Months((year, 1), (year.saturating_add(YEARS - 1), 12));
    Some(match from {
        From::Is(year) => onward(year),
        From::After(years) => onward(now?.0 + years),
        From::Office => {
            let (year, _) = now?;
            // Terms begin in the years after leap years: 2025, 2029.
            onward(year + 1 + (4 - (year.rem_euclid(4))).rem_euclid(4))
        }
        From::Within(years) => Span::Year(now?.0 + years),
        From::Midterms => {
            let year = midterms(now?);
            // What waits for them comes soon after them (five months: a guess).
            Span::Months((year, 11), (year + 1, 3))
        }
        From::Turn => match now? {
            // In January it may be this one or the next.
            (year, 1 | 2) => Span::Months((year, 1), (year + 1, 12)),
            (year, _) => Span::Year(year + 1),
        },
    })
}

fn said(text: &str, now: Option<i16>) -> Option<From> {
    office(text)
        .or_else(|| after_midterms(text))
        .or_else(|| latin(text))
        .or_else(|| dense(text, now))
        .or_else(|| turn(text))
}

/// The year of the next elections in the middle of a term: November of 2022, 2026, 2030. In that November they
/// are just over.
const fn midterms((year, month): (i16, u8)) -> i16 {
    let ahead = (2 - year.rem_euclid(4)).rem_euclid(4);
    if ahead == 0 && month > 11 { year + 4 } else { year + ahead }
}

/// "Until after the midterms", 中間選挙後.
fn after_midterms(text: &str) -> Option<From> {
    const MARKS: [&str; 22] = [
        "after midterm",
        "after the midterm",
        "after us midterm",
        "after november midterm",
        "after the november midterm",
        "after the us midterm",
        "after 2026 midterm",
        "after mid-term",
        "after the mid-term",
        "post-midterm",
        "past the midterm",
        "nach den midterm",
        "nach den zwischenwahlen",
        "nach den us-zwischenwahlen",
        "après les midterms",
        "après les élections de mi-mandat",
        "中間選挙後",
        "中間選挙の後",
        "중간선거 이후",
        "중간선거 뒤",
        "中期选举后",
        "中期选举之后",
    ];
    MARKS.iter().any(|mark| text.contains(mark)).then_some(From::Midterms)
}

fn office(text: &str) -> Option<From> {
    const MARKS: [&str; 38] = [
        "after he leaves office",
        "after leaving office",
        "after trump leaves office",
        "once he leaves office",
        "when he leaves office",
        "after his term",
        "after his presidency",
        "after the presidency",
        "after his second term",
        "after presidency",
        "post-presidency",
        "once out of office",
        "after office",
        "when out of office",
        "after he is out of office",
        "as a former president",
        "as former president",
        "as ex-president",
        "after term ends",
        "after his time in office",
        "nach seiner amtszeit",
        "nach ende seiner amtszeit",
        "nach der amtszeit",
        "nach seinem ausscheiden",
        "als ex-präsident",
        "après son mandat",
        "après la fin de son mandat",
        "une fois son mandat",
        "après avoir quitté la maison",
        "退任後",
        "任期満了後",
        "任期終了後",
        "대통령 퇴임 후",
        "퇴임 후",
        "퇴임 뒤",
        "卸任后",
        "卸任後",
        "任期结束后",
    ];
    MARKS.iter().any(|mark| text.contains(mark)).then_some(From::Office)
}

fn latin(text: &str) -> Option<From> {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    (0..words.len()).find_map(|at| latin_at(&words, at))
}

fn latin_at(words: &[&str], at: usize) -> Option<From> {
    let word = |n: usize| words.get(at + n).copied().unwrap_or_default();
    match [word(0), word(1), word(2)] {
        // "But not this year", "aber nicht in diesem Jahr".
        ["not", "this", "year"] | ["nicht", "dieses", "jahr"] | ["pas", "cette", "année"] => {
            return Some(From::After(1));
        }
        ["not", "before" | "until" | "till" | "earlier", _] => return year(words, at + 2),
        ["no" | "not", "earlier" | "sooner", "than"] => return year(words, at + 3),
        ["nicht", "vor", _] | ["pas", "avant", _] => return year(words, at + 2),
        ["not", "in" | "during", _] => {
            let this = year(words, at + 2)?;
            return Some(next(this));
        }
        ["nicht" | "pas", "in" | "im" | "en", _] => {
            let diesem = ["diesem", "dieses"].contains(&word(2)) && word(3) == "jahr";
            return if diesem { Some(From::After(1)) } else { year(words, at + 2).map(next) };
        }
        ["frühestens" | "ab", _, _] => return year(words, at + 1),
        ["au", "plus", "tôt"] => return year(words, at + 3),
        ["à", "partir", "de"] => return year(words, at + 3),
        ["from", _, "on" | "onward" | "onwards"] => return year(words, at + 1),
        [_, "or", "later"] | [_, "onward" | "onwards", _] => return year(words, at),
        [_, "at", "the"] if word(3) == "earliest" => return year(words, at),
        [_, "at", "earliest"] => return year(words, at),
        ["year", "after", "next"] => return None,
        ["after" | "beyond" | "nach" | "après" | "past", _, _] => {
            let until = year(words, at + 1)?;
            let length = if matches!(until, From::Is(_)) { 1 } else { 2 };
            // "After 2026 midterms" names an election, not the year.
            return (!EVENTS.contains(&word(1 + length))).then(|| next(until));
        }
        _ => {}
    }
    counted(words, at)
}

/// What a year before it dates.
pub(crate) const EVENTS: [&str; 24] = [
    "midterms",
    "midterm",
    "election",
    "elections",
    "vote",
    "summit",
    "budget",
    "season",
    "apec",
    "g20",
    "g7",
    "olympics",
    "campaign",
    "world",
    "expo",
    "visit",
    "trip",
    "deal",
    "tour",
    "wahl",
    "gipfel",
    "report",
    "census",
    "games",
];

/// "In two years", "dans deux ans", "two years from now".
fn counted(words: &[&str], at: usize) -> Option<From> {
    const NUMBERS: [(&str, i16); 20] = [
        ("two", 2),
        ("three", 3),
        ("four", 4),
        ("five", 5),
        ("zwei", 2),
        ("drei", 3),
        ("vier", 4),
        ("fünf", 5),
        ("deux", 2),
        ("trois", 3),
        ("quatre", 4),
        ("cinq", 5),
        ("2", 2),
        ("3", 3),
        ("4", 4),
        ("5", 5),
        ("a", 1),
        ("one", 1),
        ("einem", 1),
        ("un", 1),
    ];
    let word = |n: usize| words.get(at + n).copied().unwrap_or_default();
    let number = |text: &str| NUMBERS.iter().find(|(name, _)| *name == text).map(|(_, n)| *n);
    let years = |text: &str| ["years", "year", "jahren", "jahr", "ans", "an"].contains(&text);
    if ["in", "dans", "within"].contains(&word(0)) && years(word(2)) {
        // "His first visit in two years" looks back.
        let looks_back = words
            .iter()
            .take(at)
            .any(|it| ["first", "erste", "erster", "erstes", "ersten", "première"].contains(it));
        return number(word(1)).filter(|_| !looks_back).map(From::Within);
    }
    if years(word(1)) && word(2) == "from" && word(3) == "now" {
        return number(word(0)).map(From::Within);
    }
    None
}

fn next(from: From) -> From {
    match from {
        From::Is(year) => From::Is(year.saturating_add(1)),
        From::After(years) => From::After(years.saturating_add(1)),
        other => other,
    }
}

/// "2027", "next year", "nächstem Jahr", "l'année prochaine"; months and stretches before it are passed over.
fn year(words: &[&str], mut at: usize) -> Option<From> {
    const PASSED: [&str; 20] = [
        "early", "late", "mid", "spring", "summer", "autumn", "fall", "winter", "the", "end", "of",
        "l", "en", "im", "in", "anfang", "mitte", "ende", "jahr", "january",
    ];
    let mut passed = 0;
    while words.get(at).is_some_and(|word| PASSED.contains(word)) && passed < 3 {
        at += 1;
        passed += 1;
    }
    let word = |n: usize| words.get(at + n).copied().unwrap_or_default();
    let number = word(0).parse::<i16>().ok().filter(|year| (2_020..2_100).contains(year));
    match (number, word(0), word(1)) {
        (Some(year), ..) => Some(From::Is(year)),
        (_, "next" | "coming", "year") => Some(From::After(1)),
        (_, "this", "year") | (_, "diesem" | "dieses", "jahr") | (_, "cette", "année") => {
            Some(From::After(0))
        }
        (_, "nächstes" | "nächstem" | "nächsten" | "kommendem" | "kommenden", "jahr") => {
            Some(From::After(1))
        }
        (_, "année" | "an", "prochaine" | "prochain") => Some(From::After(1)),
        _ => None,
    }
}

/// 2027年以降, 来年以降, 早くても来年, 내년 이후, 明年以后, 年内ではなく.
fn dense(text: &str, now: Option<i16>) -> Option<From> {
    const NOT_THIS: [&str; 14] = [
        "今年ではなく",
        "年内ではなく",
        "今年ではない",
        "年内ではない",
        "올해가 아닌",
        "올해는 아니",
        "올해 아닌",
        "올해 말고",
        "不是今年",
        "但不是今年",
        "并非今年",
        "而非今年",
        "非今年",
        "今年ではありません",
    ];
    if NOT_THIS.iter().any(|mark| text.contains(mark)) {
        return Some(From::After(1));
    }
    const COUNTED: [(&str, i16); 14] = [
        ("2年後", 2),
        ("二年後", 2),
        ("3年後", 3),
        ("三年後", 3),
        ("数年後", 2),
        ("2년 뒤", 2),
        ("2년 후", 2),
        ("2년후", 2),
        ("3년 후", 3),
        ("两年后", 2),
        ("兩年後", 2),
        ("两年之后", 2),
        ("三年后", 3),
        ("2年后", 2),
    ];
    if let Some((_, years)) = COUNTED.iter().find(|(mark, _)| text.contains(mark)) {
        return Some(From::Within(*years));
    }
    const ONWARD: [&str; 12] = [
        "以降",
        "以後",
        "以后",
        "之后",
        "之後",
        "이후",
        "后",
        "後",
        "より後",
        "過ぎ",
        "지나",
        "뒤",
    ];
    const EARLIEST: [&str; 12] = [
        "早くても",
        "早くとも",
        "早くて",
        "최소",
        "빨라야",
        "일러야",
        "最早",
        "最快",
        "最早也要",
        "不早于",
        "不早於",
        "早ければ",
    ];
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some((year, length)) = crate::span_dense::year(rest) {
            let tail = rest.get(length..).unwrap_or_default();
            let tail = tail.trim_start_matches([' ', 'の']);
            let head = text.get(..at).unwrap_or_default().trim_end();
            let named = rest.get(..length).is_some_and(|name| name.chars().count() > 1);
            let earliest =
                EARLIEST.iter().any(|mark| head.ends_with(mark)) && !head.ends_with("早ければ");
            let onward = ONWARD.iter().any(|mark| tail.starts_with(mark));
            if named && (earliest || onward) {
                return Some(onward_from(year, onward, now));
            }
            at += length.max(1);
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    None
}

/// After the year that runs is the next one; from a later year on is that year.
fn onward_from(year: crate::span::Year, after: bool, now: Option<i16>) -> From {
    match year {
        crate::span::Year::Is(year) => {
            let runs = after && now.is_none_or(|now| year <= now);
            From::Is(if runs { year.saturating_add(1) } else { year })
        }
        crate::span::Year::After(0) if after => From::After(1),
        crate::span::Year::After(years) => From::After(years),
        crate::span::Year::Next | crate::span::Year::Coming => From::After(1),
    }
}

/// "In the new year", "im neuen Jahr", 年明け, 새해, 新年.
fn turn(text: &str) -> Option<From> {
    const MARKS: [&str; 20] = [
        "in the new year",
        "in new year",
        "early in the new year",
        "after new year",
        "after the new year",
        "after the holidays",
        "im neuen jahr",
        "zu jahresbeginn",
        "nach dem jahreswechsel",
        "à la nouvelle année",
        "en début d'année",
        "après les fêtes",
        "年明け",
        "新年に",
        "新年早々",
        "새해",
        "신년",
        "新年后",
        "新年伊始",
        "新的一年",
    ];
    MARKS.iter().any(|mark| text.contains(mark)).then_some(From::Turn)
}
