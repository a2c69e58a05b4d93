//! Numbers and their scales as headlines of six languages write them.

use crate::lexicon::Lang;
use crate::scan::is_dense;

/// A position in a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'t> {
    pub(crate) text: &'t str,
    /// Byte.
    pub(crate) at: usize,
}

impl<'t> Cursor<'t> {
    pub(crate) const fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(crate) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn done(&self) -> bool {
        self.rest().is_empty()
    }

    pub(crate) const fn skip(self, bytes: usize) -> Self {
        Self { at: self.at + bytes, ..self }
    }

    pub(crate) fn step(&mut self) {
        self.at += self.rest().chars().next().map_or(1, char::len_utf8);
    }

    fn eat(&mut self, word: &str) -> bool {
        let there = self.rest().starts_with(word);
        if there {
            self.at += word.len();
        }
        there
    }

    /// Not in the middle of a word or of a number ("ai2030" and "3.5" have one beginning).
    pub(crate) fn at_word_start(&self) -> bool {
        let before = self.text.get(..self.at).and_then(|part| part.chars().next_back());
        let first = self.rest().chars().next();
        match (before, first) {
            (None, _) | (_, None) => true,
            (Some(before), Some(first)) => {
                let digit = first.is_ascii_digit();
                let tied = digit && (before == '.' || before == ',' || before.is_ascii_digit());
                let letters = before.is_alphanumeric()
                    && !is_dense(before)
                    && first.is_alphanumeric()
                    && !is_dense(first);
                !tied && !letters
            }
        }
    }
}

/// A decimal number: `digits` over ten to the `decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    digits: u128,
    decimals: u32,
    /// A scale that is part of it ("3천500억").
    pub(crate) scale: Option<u128>,
    /// "A", "half a": a number only before a scale.
    pub(crate) needs_scale: bool,
}

impl Number {
    const fn whole(digits: u128) -> Self {
        Self { digits, decimals: 0, scale: None, needs_scale: false }
    }

    /// The number times a scale, in whole units.
    pub(crate) fn times(self, scale: u128) -> Option<u128> {
        let power = 10_u128.checked_pow(self.decimals)?;
        Some(self.digits.checked_mul(scale)? / power)
    }
}

/// Number words before a scale, by language.
const WORDS: &[(Lang, &str, u128, u32)] = &[
    (Lang::En, "half a ", 5, 1),
    (Lang::En, "half-a-", 5, 1),
    (Lang::En, "half-", 5, 1),
    (Lang::En, "half ", 5, 1),
    (Lang::En, "a half ", 5, 1),
    (Lang::En, "quarter of a ", 25, 2),
    (Lang::En, "a quarter of a ", 25, 2),
    (Lang::En, "quarter-", 25, 2),
    (Lang::En, "three-quarters of a ", 75, 2),
    (Lang::En, "three quarters of a ", 75, 2),
    (Lang::En, "one and a half ", 15, 1),
    (Lang::En, "a ", 1, 0),
    (Lang::En, "one ", 1, 0),
    (Lang::En, "two ", 2, 0),
    (Lang::En, "three ", 3, 0),
    (Lang::En, "four ", 4, 0),
    (Lang::En, "five ", 5, 0),
    (Lang::En, "six ", 6, 0),
    (Lang::En, "seven ", 7, 0),
    (Lang::En, "eight ", 8, 0),
    (Lang::En, "nine ", 9, 0),
    (Lang::En, "ten ", 10, 0),
    (Lang::En, "twelve ", 12, 0),
    (Lang::En, "fifteen ", 15, 0),
    (Lang::En, "twenty ", 20, 0),
    (Lang::En, "thirty ", 30, 0),
    (Lang::En, "forty ", 40, 0),
    (Lang::En, "fifty ", 50, 0),
    (Lang::En, "sixty ", 60, 0),
    (Lang::En, "eighty ", 80, 0),
    (Lang::En, "a hundred ", 100, 0),
    (Lang::En, "one hundred ", 100, 0),
    (Lang::En, "hundred ", 100, 0),
    (Lang::En, "two hundred ", 200, 0),
    (Lang::En, "three hundred ", 300, 0),
    (Lang::En, "five hundred ", 500, 0),
    (Lang::De, "eine halbe ", 5, 1),
    (Lang::De, "einer halben ", 5, 1),
    (Lang::De, "halbe ", 5, 1),
    (Lang::De, "eine viertel", 25, 2),
    (Lang::De, "eineinhalb ", 15, 1),
    (Lang::De, "anderthalb ", 15, 1),
    (Lang::De, "eine ", 1, 0),
    (Lang::De, "einer ", 1, 0),
    (Lang::De, "zwei ", 2, 0),
    (Lang::De, "drei ", 3, 0),
    (Lang::De, "vier ", 4, 0),
    (Lang::De, "fünf ", 5, 0),
    (Lang::De, "zehn ", 10, 0),
    (Lang::De, "zwanzig ", 20, 0),
    (Lang::De, "fünfzig ", 50, 0),
    (Lang::De, "hundert ", 100, 0),
    (Lang::De, "sechs ", 6, 0),
    (Lang::De, "acht ", 8, 0),
    (Lang::Fr, "un demi-", 5, 1),
    (Lang::Fr, "un demi ", 5, 1),
    (Lang::Fr, "un ", 1, 0),
    (Lang::Fr, "deux ", 2, 0),
    (Lang::Fr, "trois ", 3, 0),
    (Lang::Fr, "quatre ", 4, 0),
    (Lang::Fr, "cinq ", 5, 0),
    (Lang::Fr, "dix ", 10, 0),
    (Lang::Fr, "vingt ", 20, 0),
    (Lang::Fr, "cinquante ", 50, 0),
    (Lang::Fr, "cent ", 100, 0),
    (Lang::Fr, "cinq cents ", 500, 0),
    (Lang::Fr, "mille ", 1000, 0),
    (Lang::Fr, "six ", 6, 0),
    (Lang::Fr, "huit ", 8, 0),
];

const MILLION: u128 = 1_000_000;
const BILLION: u128 = 1_000_000_000;
const TRILLION: u128 = 1_000_000_000_000;

/// Scale words; a "Billion" is a thousand times more in German and French.
const SCALES: &[(&[Lang], &str, u128)] = &[
    (&[], "million", MILLION),
    (&[], "millions", MILLION),
    (&[], "millionen", MILLION),
    (&[], "mio", MILLION),
    (&[], "mio.", MILLION),
    (&[], "mn", MILLION),
    (&[], "mln", MILLION),
    (&[], "m", MILLION),
    (&[], "mrd", BILLION),
    (&[], "mrd.", BILLION),
    (&[], "milliarde", BILLION),
    (&[], "milliarden", BILLION),
    (&[], "milliard", BILLION),
    (&[], "milliards", BILLION),
    (&[], "md", BILLION),
    (&[], "mds", BILLION),
    (&[], "md.", BILLION),
    (&[], "mrds", BILLION),
    (&[], "mia", BILLION),
    (&[], "mia.", BILLION),
    (&[], "bn", BILLION),
    (&[], "bln", BILLION),
    (&[], "bil", BILLION),
    (&[Lang::En], "b", BILLION),
    (&[Lang::Ja, Lang::Ko, Lang::Zh, Lang::En], "billion", BILLION),
    (&[Lang::En], "billions", BILLION),
    (&[Lang::De], "billion", TRILLION),
    (&[Lang::De], "billionen", TRILLION),
    (&[Lang::De], "bio", TRILLION),
    (&[Lang::De], "bio.", TRILLION),
    (&[Lang::Fr], "billion", TRILLION),
    (&[Lang::Fr], "billions", TRILLION),
    (&[Lang::Fr], "mille milliards", TRILLION),
    (&[], "tn", TRILLION),
    (&[], "trn", TRILLION),
    (&[], "tln", TRILLION),
    (&[], "trillion", TRILLION),
    (&[], "trillions", TRILLION),
    (&[], "t", TRILLION),
    (&[Lang::En], "thousand", 1_000),
    (&[Lang::En], "thousand billion", TRILLION),
    (&[Lang::En], "thousand million", BILLION),
    (&[Lang::En], "hundred billion", 100 * BILLION),
    (&[Lang::En], "hundred million", 100 * MILLION),
    (&[Lang::En], "k", 1_000),
    (&[Lang::De], "tausend", 1_000),
    (&[Lang::Fr], "mille", 1_000),
    (&[Lang::En], "crore", 10 * MILLION),
    (&[Lang::En], "lakh crore", TRILLION),
    (&[Lang::De], "hundert milliarden", 100 * BILLION),
    (&[Lang::Fr], "cents milliards", 100 * BILLION),
];

/// Reads a number.
pub(crate) fn number(cursor: &mut Cursor<'_>, lang: Lang) -> Option<Number> {
    dense_number(cursor, lang).or_else(|| literal(cursor, lang)).or_else(|| word(cursor, lang))
}

/// "half a", "two": only if a scale follows.
fn word(cursor: &mut Cursor<'_>, lang: Lang) -> Option<Number> {
    let known =
        WORDS.iter().filter(|(of, text, ..)| *of == lang && cursor.rest().starts_with(text));
    let (_, text, digits, decimals) = known.max_by_key(|(_, text, ..)| text.len())?;
    // The separator belongs to what follows, which `scale` reads.
    cursor.at += text.trim_end_matches([' ', '-']).len();
    Some(Number { digits: *digits, decimals: *decimals, scale: None, needs_scale: true })
}

/// Digits with separators, in the style of the language.
fn literal(cursor: &mut Cursor<'_>, lang: Lang) -> Option<Number> {
    let text = cursor.rest();
    let bytes = text.as_bytes();
    if !bytes.first()?.is_ascii_digit() {
        return None;
    }
    let mut end = 0;
    while end < bytes.len() && end < 40 {
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let group = || {
            end <= 3
                || bytes.get(..end).is_some_and(|seen| seen.contains(&b' '))
                || lang == Lang::Fr
        };
        let three = digit(end + 1) && digit(end + 2) && digit(end + 3) && !digit(end + 4);
        match bytes.get(end) {
            Some(b'0'..=b'9') => end += 1,
            Some(b',' | b'.' | b'\'') if digit(end + 1) => end += 1,
            Some(b' ') if three && group() && matches!(lang, Lang::Fr | Lang::De) => end += 1,
            _ => break,
        }
    }
    let number = style(text.get(..end)?, lang)?;
    cursor.at += end;
    Some(number)
}

/// Which separators are of thousands, and which of decimals?
fn style(text: &str, lang: Lang) -> Option<Number> {
    let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '\'')).collect();
    let last = plain.rfind([',', '.']);
    let Some(last) = last else { return whole(&plain) };
    let mark = plain.get(last..=last)?;
    let tail = plain.get(last + 1..)?;
    let both = plain.contains(',') && plain.contains('.');
    let many = plain.matches(mark).count() > 1;
    let continental = matches!(lang, Lang::De | Lang::Fr);
    let thousands = if both {
        false
    } else if many {
        true
    } else {
        // One mark and three digits after it: thousands where the language writes them so.
        tail.len() == 3 && (mark == if continental { "." } else { "," })
    };
    let head: String = plain.get(..last)?.chars().filter(char::is_ascii_digit).collect();
    if thousands {
        return whole(&format!("{head}{tail}"));
    }
    let decimals = u32::try_from(tail.len()).ok().filter(|count| *count <= 12)?;
    let digits = format!("{head}{tail}").parse().ok()?;
    Some(Number { decimals, ..Number::whole(digits) })
}

fn whole(text: &str) -> Option<Number> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok().map(Number::whole)
}

/// Chinese, Japanese and Korean numbers with their own scales: 1兆2000億, 3천500억, 五千五百亿, 5.5万亿.
fn dense_number(cursor: &mut Cursor<'_>, lang: Lang) -> Option<Number> {
    let mut ahead = *cursor;
    let mut total: u128 = 0;
    let mut scaled = false;
    while let Some(section) = section(&mut ahead, lang) {
        let mut here = ahead;
        let Some(power) = myriad(&mut here) else { break };
        total = total.checked_add(section.times(power)?)?;
        ahead = here;
        *cursor = ahead;
        scaled = true;
        // "1조 2천억": a space may stand between the parts.
        if ahead.rest().starts_with(' ') {
            ahead.at += 1;
        }
    }
    scaled.then_some(Number { scale: Some(1), ..Number::whole(total) })
}

/// 万, 億, 兆 and their like; two in a row multiply (万亿).
fn myriad(cursor: &mut Cursor<'_>) -> Option<u128> {
    const MARKS: [(&str, u128); 9] = [
        ("万", 10_000),
        ("萬", 10_000),
        ("만", 10_000),
        ("億", 100_000_000),
        ("亿", 100_000_000),
        ("억", 100_000_000),
        ("兆", TRILLION),
        ("조", TRILLION),
        ("京", 10_000 * TRILLION),
    ];
    let mut power = None;
    while let Some((_, value)) = MARKS.iter().find(|(mark, _)| cursor.eat(mark)) {
        power = Some(power.unwrap_or(1_u128).checked_mul(*value)?);
    }
    power
}

/// The number before a myriad: "2000", "5.5", "3천500", "五千五百".
fn section(cursor: &mut Cursor<'_>, lang: Lang) -> Option<Number> {
    let mut ahead = *cursor;
    let mut total: u128 = 0;
    let mut pending: Option<Number> = None;
    let mut any = false;
    loop {
        if let Some(number) = literal(&mut ahead, lang).or_else(|| kanji_digit(&mut ahead)) {
            if pending.is_some() {
                return None;
            }
            pending = Some(number);
        } else if let Some(power) = small_power(&mut ahead) {
            let number = pending.take().unwrap_or(Number::whole(1));
            total = total.checked_add(number.times(power)?)?;
        } else {
            break;
        }
        any = true;
    }
    if !any {
        return None;
    }
    // "5,000 억": a space before the scale.
    let mut spaced = ahead;
    if spaced.eat(" ") && myriad(&mut spaced.clone()).is_some() {
        ahead = spaced;
    }
    *cursor = ahead;
    match pending {
        Some(number) if total == 0 => Some(number),
        Some(number) => Some(Number::whole(total.checked_add(number.times(1)?)?)),
        None => Some(Number::whole(total)),
    }
}

fn small_power(cursor: &mut Cursor<'_>) -> Option<u128> {
    const MARKS: [(&str, u128); 5] =
        [("千", 1_000), ("천", 1_000), ("百", 100), ("백", 100), ("十", 10)];
    MARKS.iter().find(|(mark, _)| cursor.eat(mark)).map(|(_, value)| *value)
}

fn kanji_digit(cursor: &mut Cursor<'_>) -> Option<Number> {
    const DIGITS: [(&str, u128); 12] = [
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
        ("半", 0),
    ];
    let found = DIGITS.iter().find(|(mark, _)| cursor.eat(mark)).map(|(_, value)| *value)?;
    (found > 0).then(|| Number::whole(found))
}

/// Reads a scale word after a number.
pub(crate) fn scale(cursor: &mut Cursor<'_>, lang: Lang) -> Option<u128> {
    let mut best: Option<(usize, u128)> = None;
    for link in ["", " ", "-"] {
        let Some(rest) = cursor.rest().strip_prefix(link) else { continue };
        for (langs, word, value) in SCALES {
            let speaks = langs.is_empty() || langs.contains(&lang);
            let tail = rest.strip_prefix(word).filter(|_| speaks);
            let ends = tail.is_some_and(|tail| {
                !tail.starts_with(|c: char| c.is_alphanumeric() && !is_dense(c))
            });
            // One letter is a scale only right at the number: "5m", not "5 m".
            let tight = word.len() > 1 || link.is_empty();
            let length = link.len() + word.len();
            if ends && tight && best.is_none_or(|(known, _)| length > known) {
                best = Some((length, *value));
            }
        }
    }
    let (length, value) = best?;
    cursor.at += length;
    Some(value)
}
