//! Times in Japanese, Korean and Chinese: 2027年3月, 来春, 내년 하반기, 明年第一季度.

use crate::span::{Part, Said, Year};

/// Words for a year that is counted from this one.
const YEARS: [(&str, i16); 19] = [
    ("翌々年", 2),
    ("再来年", 2),
    ("来年", 1),
    ("翌年", 1),
    ("明年", 1),
    ("后年", 2),
    ("後年", 2),
    ("今年", 0),
    ("本年", 0),
    ("年内", 0),
    ("내후년", 2),
    ("후년", 2),
    ("내년", 1),
    ("올해", 0),
    ("연내", 0),
    ("来", 1),
    ("明", 1),
    ("今", 0),
    ("올", 0),
];
/// Words for months counted from this one.
const MONTHS: [(&str, u8); 12] = [
    ("来月", 1),
    ("翌月", 1),
    ("下个月", 1),
    ("下個月", 1),
    ("下月", 1),
    ("다음 달", 1),
    ("다음달", 1),
    ("내달", 1),
    ("今月", 0),
    ("本月", 0),
    ("이달", 0),
    ("이번 달", 0),
];
/// Stretches of a year, longest first.
const STRETCHES: [(&str, u8, u8); 38] = [
    ("第1四半期", 1, 3),
    ("第2四半期", 4, 6),
    ("第3四半期", 7, 9),
    ("第4四半期", 10, 12),
    ("1~3月期", 1, 3),
    ("第一季度", 1, 3),
    ("第二季度", 4, 6),
    ("第三季度", 7, 9),
    ("第四季度", 10, 12),
    ("一季度", 1, 3),
    ("1분기", 1, 3),
    ("2분기", 4, 6),
    ("3분기", 7, 9),
    ("4분기", 10, 12),
    ("上半期", 1, 6),
    ("下半期", 7, 12),
    ("上半年", 1, 6),
    ("下半年", 7, 12),
    ("상반기", 1, 6),
    ("하반기", 7, 12),
    ("前半", 1, 6),
    ("後半", 7, 12),
    ("春", 3, 5),
    ("夏", 6, 8),
    ("秋", 9, 11),
    ("冬", 12, 2),
    ("봄", 3, 5),
    ("여름", 6, 8),
    ("가을", 9, 11),
    ("겨울", 12, 2),
    ("初め", 1, 3),
    ("初頭", 1, 3),
    ("年初", 1, 3),
    ("初", 1, 3),
    ("초", 1, 3),
    ("半ば", 5, 8),
    ("末", 10, 12),
    ("말", 10, 12),
];
/// Chinese numerals of months and days.
const NUMERALS: [(&str, u8); 12] = [
    ("十二", 12),
    ("十一", 11),
    ("十", 10),
    ("九", 9),
    ("八", 8),
    ("七", 7),
    ("六", 6),
    ("五", 5),
    ("四", 4),
    ("三", 3),
    ("二", 2),
    ("一", 1),
];

/// Times in the text, in order.
pub(crate) fn dense(text: &str) -> Vec<Said> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        match time(rest) {
            Some((year, part, length)) => {
                let head = text.get(..at).unwrap_or_default();
                let tail = rest.get(length..).unwrap_or_default();
                found.push(Said { year, part, towards: towards(head, tail) });
                at += length;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}

/// A time that the text begins with, and how many bytes it takes.
fn time(text: &str) -> Option<(Year, Part, usize)> {
    if let Some((name, on)) = MONTHS.iter().find(|(name, _)| text.starts_with(name)) {
        let length = name.len();
        let day = text.get(length..).and_then(day);
        return day.is_none().then_some((Year::Next, Part::MonthsOn(*on), length));
    }
    if let Some((year, length)) = year(text) {
        let rest = text.get(length..).unwrap_or_default();
        let gap = rest.len() - rest.trim_start_matches([' ', 'の', '的', '度']).len();
        let rest = rest.get(gap..).unwrap_or_default();
        if let Some((part, more)) = month(rest).or_else(|| stretch(rest)) {
            return Some((year, part, length + gap + more));
        }
        // 来, 明, 今 and 올 are years only before a season.
        let alone = text.get(..length).is_some_and(|name| name.chars().count() > 1);
        return alone.then_some((year, Part::Whole, length));
    }
    month(text).map(|(part, length)| (Year::Next, part, length))
}

/// 2027年, 2027년, 来年, 내년.
pub(crate) fn year(text: &str) -> Option<(Year, usize)> {
    let digits = digits(text);
    if digits.len() == 4 {
        let year: i16 = digits.parse().ok().filter(|year| (2_020..2_100).contains(year))?;
        let mark = text.get(4..)?.chars().next().filter(|c| matches!(c, '年' | '년'))?;
        return Some((Year::Is(year), 4 + mark.len_utf8()));
    }
    if let Some(found) = reiwa(text) {
        return Some(found);
    }
    let (name, after) = YEARS.iter().find(|(name, _)| text.starts_with(name))?;
    let single = name.chars().count() == 1;
    let season = text.get(name.len()..).is_some_and(|rest| {
        ["春", "夏", "秋", "冬", "봄", "여름", "가을", "겨울"].iter().any(|it| rest.starts_with(it))
    });
    (!single || season).then_some((Year::After(*after), name.len()))
}

/// 令和9年, 令和九年, R9年: years of the reign that began in 2019.
fn reiwa(text: &str) -> Option<(Year, usize)> {
    let era = ["令和", "r"].into_iter().find(|era| text.starts_with(era))?;
    let rest = text.get(era.len()..)?;
    let gap = rest.len() - rest.trim_start_matches([' ', '.']).len();
    let rest = rest.get(gap..)?;
    let (count, length) =
        if rest.starts_with('元') { (1, '元'.len_utf8()) } else { number(rest)? };
    let mark = rest.get(length..)?.chars().next().filter(|c| *c == '年')?;
    let year = Year::Is(2_018 + i16::from(count));
    Some((year, era.len() + gap + length + mark.len_utf8()))
}

/// 3月, 十一月, 3월, with a day if it follows.
fn month(text: &str) -> Option<(Part, usize)> {
    let (month, length) = number(text)?;
    let mark = text.get(length..)?.chars().next().filter(|c| matches!(c, '月' | '월'))?;
    let month = Some(month).filter(|month| (1..=12).contains(month))?;
    let length = length + mark.len_utf8();
    let rest = text.get(length..).unwrap_or_default();
    let gap = rest.len() - rest.trim_start().len();
    // 3か月, 3个月 are durations.
    let day = rest.get(gap..).and_then(day);
    let more = day.map_or(0, |(_, more)| gap + more);
    Some((Part::Month(month, day.map(|(day, _)| day)), length + more))
}

/// 14日, 14일, 14~16日: the first of them.
fn day(text: &str) -> Option<(u8, usize)> {
    let (day, length) = number(text)?;
    let mark = text.get(length..)?.chars().next()?;
    let marked = matches!(
        mark,
        '日' | '일' | '号' | '號' | '~' | '-' | '〜' | '～' | '至' | '、' | '・' | '·'
    );
    (marked && (1..=31).contains(&day)).then_some((day, length + mark.len_utf8()))
}

fn number(text: &str) -> Option<(u8, usize)> {
    let digits = digits(text);
    if !digits.is_empty() {
        return Some((digits.parse().ok()?, digits.len()));
    }
    NUMERALS
        .iter()
        .find(|(name, _)| text.starts_with(name))
        .map(|(name, value)| (*value, name.len()))
}

fn digits(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn stretch(text: &str) -> Option<(Part, usize)> {
    let (name, first, last) = STRETCHES.iter().find(|(name, ..)| text.starts_with(name))?;
    Some((Part::Months(*first, *last), name.len()))
}

/// 3月に延期, 3월로 연기, 推迟至三月.
fn towards(head: &str, tail: &str) -> bool {
    const AFTER: [&str; 8] = ["に", "へ", "まで", "以降", "으로", "로", "까지", "이후"];
    const BEFORE: [&str; 5] = ["至", "到", "改在", "为", "為"];
    AFTER.iter().any(|mark| tail.trim_start().starts_with(mark))
        || BEFORE.iter().any(|mark| head.trim_end().ends_with(mark))
}
