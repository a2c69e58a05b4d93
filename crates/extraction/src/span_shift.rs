//! By how much a journey is put off, where no new time is named: "by two weeks", "delayed a month", "um zwei
//! Wochen", "de deux semaines", 2週間延期, 推迟两周, 2주 연기.

use std::fmt;

use crate::scan::is_dense;

/// A delay as it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Delay {
    count: u16,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Unit {
    Day,
    Week,
    Month,
    Year,
}

/// `+3d`, `+2w`, `+1m`, `+1y`.
impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Day => 'd',
            Unit::Week => 'w',
            Unit::Month => 'm',
            Unit::Year => 'y',
        };
        write!(f, "+{}{unit}", self.count)
    }
}

/// More of a unit than this is no delay of a journey.
const COUNT_MAX: u16 = 60;

/// The delay that a headline of a postponement names. `text` is lower case.
pub(crate) fn delay(text: &str) -> Option<Delay> {
    if text.chars().any(is_dense) { dense(text) } else { latin(text) }
}

const LATIN_UNITS: [(&str, Unit); 28] = [
    ("day", Unit::Day),
    ("days", Unit::Day),
    ("week", Unit::Week),
    ("weeks", Unit::Week),
    ("month", Unit::Month),
    ("months", Unit::Month),
    ("year", Unit::Year),
    ("years", Unit::Year),
    ("tag", Unit::Day),
    ("tage", Unit::Day),
    ("tagen", Unit::Day),
    ("woche", Unit::Week),
    ("wochen", Unit::Week),
    ("monat", Unit::Month),
    ("monate", Unit::Month),
    ("monaten", Unit::Month),
    ("jahr", Unit::Year),
    ("jahre", Unit::Year),
    ("jahren", Unit::Year),
    ("jour", Unit::Day),
    ("jours", Unit::Day),
    ("semaine", Unit::Week),
    ("semaines", Unit::Week),
    ("mois", Unit::Month),
    ("an", Unit::Year),
    ("ans", Unit::Year),
    ("année", Unit::Year),
    ("fortnight", Unit::Week),
];
const NUMBERS: [(&str, u16); 38] = [
    ("a", 1),
    ("an", 1),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("twelve", 12),
    ("eine", 1),
    ("einen", 1),
    ("ein", 1),
    ("zwei", 2),
    ("drei", 3),
    ("vier", 4),
    ("fünf", 5),
    ("sechs", 6),
    ("acht", 8),
    ("zehn", 10),
    ("zwölf", 12),
    ("un", 1),
    ("une", 1),
    ("deux", 2),
    ("trois", 3),
    ("quatre", 4),
    ("cinq", 5),
    ("six", 6),
    ("huit", 8),
    ("dix", 10),
    ("douze", 12),
    ("another", 1),
    ("weitere", 1),
    ("sieben", 7),
    ("sept", 7),
];
/// Words right before the number that make it a delay: what it is put off by, or the putting off itself.
const LEADS: [&str; 27] = [
    "by",
    "um",
    "de",
    "d",
    "for",
    "delayed",
    "delays",
    "delay",
    "postponed",
    "postpones",
    "postpone",
    "back",
    "off",
    "deferred",
    "slips",
    "slipped",
    "verschoben",
    "verschiebt",
    "vertagt",
    "reporté",
    "reportée",
    "reporte",
    "repoussé",
    "repoussée",
    "repousse",
    "décalé",
    "décalée",
];
/// Words between those and the number.
const BETWEEN: [&str; 17] = [
    "another",
    "at",
    "least",
    "about",
    "around",
    "up",
    "to",
    "nearly",
    "almost",
    "roughly",
    "mindestens",
    "etwa",
    "rund",
    "weitere",
    "au",
    "moins",
    "environ",
];

fn latin(text: &str) -> Option<Delay> {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    (0..words.len()).find_map(|at| latin_at(&words, at))
}

fn latin_at(words: &[&str], at: usize) -> Option<Delay> {
    let word = |n: usize| words.get(n).copied().unwrap_or_default();
    let count = number(word(at))?;
    let (_, unit) = LATIN_UNITS.iter().find(|(name, _)| *name == word(at + 1))?;
    let count = if word(at + 1) == "fortnight" { 2 * count } else { count };
    let after = word(at + 2);
    // "Two weeks before the summit" is a time, not a delay.
    if ["before", "after", "ahead", "ago", "vor", "nach", "avant", "après"].contains(&after) {
        return None;
    }
    let named = ["delay", "postponement", "deferral"].contains(&after);
    let lead = words.get(..at)?.iter().rev().find(|word| !BETWEEN.contains(*word));
    let led = lead.is_some_and(|lead| LEADS.contains(lead));
    (named || led).then_some(Delay { count, unit: *unit })
}

fn number(word: &str) -> Option<u16> {
    let named = NUMBERS.iter().find(|(name, _)| *name == word).map(|(_, count)| *count);
    named.or_else(|| word.parse().ok()).filter(|count| (1..=COUNT_MAX).contains(count))
}

/// A count with its unit, where both are one word, and units, longest first.
const DENSE_WHOLE: [(&str, u16, Unit); 10] = [
    ("半年", 6, Unit::Month),
    ("반년", 6, Unit::Month),
    ("半个月", 2, Unit::Week),
    ("일주일", 1, Unit::Week),
    ("한 달", 1, Unit::Month),
    ("한달", 1, Unit::Month),
    ("두 달", 2, Unit::Month),
    ("두달", 2, Unit::Month),
    ("석 달", 3, Unit::Month),
    ("보름", 2, Unit::Week),
];
const DENSE_UNITS: [(&str, Unit); 22] = [
    ("週間", Unit::Week),
    ("个星期", Unit::Week),
    ("個星期", Unit::Week),
    ("星期", Unit::Week),
    ("か月", Unit::Month),
    ("カ月", Unit::Month),
    ("ヶ月", Unit::Month),
    ("ケ月", Unit::Month),
    ("ヵ月", Unit::Month),
    ("个月", Unit::Month),
    ("個月", Unit::Month),
    ("개월", Unit::Month),
    ("日間", Unit::Day),
    ("年間", Unit::Year),
    ("周", Unit::Week),
    ("週", Unit::Week),
    ("주", Unit::Week),
    ("日", Unit::Day),
    ("天", Unit::Day),
    ("일", Unit::Day),
    ("年", Unit::Year),
    ("년", Unit::Year),
];
/// Words that put off, right behind the delay (with what may stand between) or right before it.
const DENSE_PUT_OFF: [&str; 22] = [
    "延期",
    "先送り",
    "遅らせ",
    "遅れ",
    "繰り延べ",
    "後ろ倒し",
    "ずれ込",
    "推迟",
    "推遲",
    "延后",
    "延後",
    "押后",
    "押後",
    "顺延",
    "順延",
    "연기",
    "미뤄",
    "미루",
    "미룬",
    "늦춰",
    "늦추",
    "순연",
];

fn dense(text: &str) -> Option<Delay> {
    text.char_indices().find_map(|(at, _)| {
        let (delay, length) = dense_at(text.get(at..)?)?;
        let head =
            text.get(..at)?.trim_end_matches([' ', '了', '约', '約', '将', '將', '를', '을', '、']);
        let mut tail = text.get(at + length..)?;
        for filler in ["ほど", "程度", "ずつ", "가량", "정도", "의", "の", "간", "を", "へ", " "]
        {
            tail = tail.trim_start().strip_prefix(filler).unwrap_or(tail);
        }
        let tail = tail.trim_start();
        let digits = head.ends_with(|c: char| c.is_ascii_digit());
        let put_off =
            DENSE_PUT_OFF.iter().any(|word| tail.starts_with(word) || head.ends_with(word));
        (put_off && !digits).then_some(delay)
    })
}

fn dense_at(text: &str) -> Option<(Delay, usize)> {
    if let Some((name, count, unit)) = DENSE_WHOLE.iter().find(|(name, ..)| text.starts_with(name))
    {
        return Some((Delay { count: *count, unit: *unit }, name.len()));
    }
    let (count, length) = dense_number(text)?;
    let rest = text.get(length..)?;
    let (name, unit) = DENSE_UNITS.iter().find(|(name, _)| rest.starts_with(name))?;
    Some((Delay { count, unit: *unit }, length + name.len()))
}

fn dense_number(text: &str) -> Option<(u16, usize)> {
    const NUMERALS: [(&str, u16); 17] = [
        ("十二", 12),
        ("一", 1),
        ("二", 2),
        ("两", 2),
        ("兩", 2),
        ("三", 3),
        ("四", 4),
        ("五", 5),
        ("六", 6),
        ("七", 7),
        ("八", 8),
        ("九", 9),
        ("十", 10),
        ("한 ", 1),
        ("두 ", 2),
        ("세 ", 3),
        ("네 ", 4),
    ];
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 {
        let count = text.get(..digits)?.parse().ok()?;
        return (1..=COUNT_MAX).contains(&count).then_some((count, digits));
    }
    NUMERALS
        .iter()
        .find(|(name, _)| text.starts_with(name))
        .map(|(name, count)| (*count, name.len()))
}

#[cfg(test)]
mod tests {
    use super::delay;

    #[test]
    fn delays_are_read() {
        for (text, said) in [
            ("trump postpones japan visit by two weeks", "+2w"),
            ("trump's tokyo trip postponed by a year", "+1y"),
            ("trump's japan visit delayed a month", "+1m"),
            ("japan trip pushed back by at least 10 days", "+10d"),
            ("japan trip put off for another week", "+1w"),
            ("two-week delay for trump's japan visit", "+2w"),
            ("trumps japan-besuch um zwei wochen verschoben", "+2w"),
            ("la visite de trump au japon reportée de deux semaines", "+2w"),
            ("voyage repoussé d'un an", "+1y"),
            ("トランプ氏の訪日、2週間延期", "+2w"),
            ("トランプ大統領の訪日、1カ月延期へ", "+1m"),
            ("訪日を一年延期", "+1y"),
            ("特朗普访日推迟两周", "+2w"),
            ("特朗普将访日推迟了一个月", "+1m"),
            ("트럼프 방일 2주 연기", "+2w"),
            ("트럼프 방일 한 달 미뤄", "+1m"),
        ] {
            assert_eq!(delay(text).map(|delay| delay.to_string()).as_deref(), Some(said), "{text}");
        }
        for none in [
            "trump's japan visit delayed",
            "trump's japan visit postponed two weeks before summit",
            "japan visit postponed for the second time in two weeks",
            "japan visit delayed several weeks",
            "japan visit postponed until 2027",
            "トランプ氏の訪日延期、2週間前に発表",
            "2026年延期",
            "트럼프 방일 연기, 2주 만에 결정",
        ] {
            assert_eq!(delay(none), None, "{none}");
        }
    }
}
