//! Amounts of money in six languages (model.md 7.2): "$36.5bn", "5,000 billion yen", "55兆円",
//! "3천500억 달러", "5.5万亿日元", "550 Mrd. Dollar", "20 à 30 milliards d'euros".
//!
//! A number is an amount only with a currency; percentages, dates and counts are not amounts. A
//! range is its midpoint. Integers only: 36.5 billion is 365 times a hundred million.

use crate::lexicon::Lang;
use crate::numeral::{Cursor, Number, number, scale};

/// Smaller sums are prices, not capital.
const SMALLEST: u128 = 1_000_000;

/// A sum of money in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// Whole units.
    pub units: u64,
    /// ISO 4217 code.
    pub currency: &'static str,
    /// The two ends, if it is written as a range: with a verb of change it is a change instead.
    pub ends: Option<(u64, u64)>,
}

/// Signs and codes before a number.
const BEFORE: &[(&str, &str)] = &[
    ("us$", "USD"),
    ("u.s.$", "USD"),
    ("nt$", "TWD"),
    ("hk$", "HKD"),
    ("c$", "CAD"),
    ("a$", "AUD"),
    ("s$", "SGD"),
    ("r$", "BRL"),
    ("$", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("₩", "KRW"),
    ("₹", "INR"),
    ("jp¥", "JPY"),
    ("cn¥", "CNY"),
    ("¥", "JPY"),
    ("usd", "USD"),
    ("jpy", "JPY"),
    ("krw", "KRW"),
    ("eur", "EUR"),
    ("gbp", "GBP"),
    ("cny", "CNY"),
    ("rmb", "CNY"),
    ("sar", "SAR"),
    ("aed", "AED"),
    ("twd", "TWD"),
    ("inr", "INR"),
    ("nok", "NOK"),
    ("sek", "SEK"),
    ("dkk", "DKK"),
    ("chf", "CHF"),
    ("cad", "CAD"),
    ("aud", "AUD"),
    ("sgd", "SGD"),
    ("qar", "QAR"),
    ("kwd", "KWD"),
    ("dh", "AED"),
    ("dhs", "AED"),
    ("sr", "SAR"),
    ("rs", "INR"),
    ("rs.", "INR"),
    ("y", "JPY"),
    ("yen", "JPY"),
    ("美元", "USD"),
    ("日元", "JPY"),
    ("人民币", "CNY"),
    ("人民幣", "CNY"),
    ("新台币", "TWD"),
    ("新台幣", "TWD"),
    ("台币", "TWD"),
    ("台幣", "TWD"),
];

/// Words and signs after a number.
const AFTER: &[(&str, &str)] = &[
    ("us-dollar", "USD"),
    ("us dollars", "USD"),
    ("us dollar", "USD"),
    ("u.s. dollars", "USD"),
    ("dollars américains", "USD"),
    ("taiwan dollars", "TWD"),
    ("nt dollars", "TWD"),
    ("canadian dollars", "CAD"),
    ("australian dollars", "AUD"),
    ("singapore dollars", "SGD"),
    ("hong kong dollars", "HKD"),
    ("dollars", "USD"),
    ("dollar", "USD"),
    ("usd", "USD"),
    ("us$", "USD"),
    ("$", "USD"),
    ("bucks", "USD"),
    ("yen", "JPY"),
    ("yens", "JPY"),
    ("jpy", "JPY"),
    ("¥", "JPY"),
    ("won", "KRW"),
    ("wons", "KRW"),
    ("krw", "KRW"),
    ("₩", "KRW"),
    ("euros", "EUR"),
    ("euro", "EUR"),
    ("eur", "EUR"),
    ("€", "EUR"),
    ("pounds sterling", "GBP"),
    ("livres sterling", "GBP"),
    ("pounds", "GBP"),
    ("pound", "GBP"),
    ("pfund", "GBP"),
    ("livres", "GBP"),
    ("gbp", "GBP"),
    ("£", "GBP"),
    ("riyals", "SAR"),
    ("riyal", "SAR"),
    ("rial", "SAR"),
    ("sar", "SAR"),
    ("dirhams", "AED"),
    ("dirham", "AED"),
    ("aed", "AED"),
    ("yuan", "CNY"),
    ("renminbi", "CNY"),
    ("rmb", "CNY"),
    ("cny", "CNY"),
    ("rupees", "INR"),
    ("rupien", "INR"),
    ("roupies", "INR"),
    ("inr", "INR"),
    ("norwegian kroner", "NOK"),
    ("norwegian crowns", "NOK"),
    ("kroner", "NOK"),
    ("nok", "NOK"),
    ("crowns", "NOK"),
    ("kronen", "NOK"),
    ("couronnes", "NOK"),
    ("swiss francs", "CHF"),
    ("francs suisses", "CHF"),
    ("francs", "CHF"),
    ("franken", "CHF"),
    ("chf", "CHF"),
    ("米ドル", "USD"),
    ("ドル", "USD"),
    ("円", "JPY"),
    ("ウォン", "KRW"),
    ("ユーロ", "EUR"),
    ("ポンド", "GBP"),
    ("人民元", "CNY"),
    ("リヤル", "SAR"),
    ("台湾ドル", "TWD"),
    ("달러", "USD"),
    ("불", "USD"),
    ("미국 달러", "USD"),
    ("엔", "JPY"),
    ("원", "KRW"),
    ("유로", "EUR"),
    ("파운드", "GBP"),
    ("위안", "CNY"),
    ("리얄", "SAR"),
    ("대만달러", "TWD"),
    ("대만 달러", "TWD"),
    ("美元", "USD"),
    ("美金", "USD"),
    ("日元", "JPY"),
    ("日圆", "JPY"),
    ("日圓", "JPY"),
    ("韩元", "KRW"),
    ("韓元", "KRW"),
    ("韩圜", "KRW"),
    ("欧元", "EUR"),
    ("歐元", "EUR"),
    ("英镑", "GBP"),
    ("英鎊", "GBP"),
    ("人民币", "CNY"),
    ("人民幣", "CNY"),
    ("元人民币", "CNY"),
    ("元人民幣", "CNY"),
    ("新台币", "TWD"),
    ("新台幣", "TWD"),
    ("台币", "TWD"),
    ("台幣", "TWD"),
    ("里亚尔", "SAR"),
    ("沙特里亚尔", "SAR"),
    ("迪拉姆", "AED"),
    ("元", "CNY"),
    ("圆", "JPY"),
    ("圓", "JPY"),
];

/// What may stand between a number and its currency.
const LINKS: &[&str] = &[
    "",
    " ",
    "-",
    " de ",
    " d'",
    "d'",
    " us ",
    " us-",
    " u.s. ",
    " of ",
    " in ",
    " in us ",
    " in u.s. ",
    " 미국 ",
    ". ",
];

/// What stands between the two ends of a range.
const RANGES: &[&str] = &[
    " to ",
    "-",
    " - ",
    "~",
    " ~ ",
    " bis ",
    " à ",
    "至",
    "到",
    "から",
    "에서",
    "\u{2014}",
    " or ",
    " ou ",
    " oder ",
    "～",
    " 至 ",
    "-to-",
    " to as much as ",
];
/// The same, if the word before the first end says so.
const BETWEEN: &[(&str, &str)] =
    &[("between ", " and "), ("zwischen ", " und "), ("entre ", " et ")];

/// A number, perhaps with a scale, perhaps with a currency.
#[derive(Debug, Clone, Copy)]
struct Quantity {
    start: usize,
    end: usize,
    number: Number,
    scale: Option<u128>,
    currency: Option<&'static str>,
    share: bool,
}

/// All sums of money in a normalised lower-case text.
#[must_use]
pub fn amounts(text: &str, lang: Lang) -> Vec<Money> {
    let found = quantities(text, lang);
    let mut sums = Vec::new();
    let mut at = 0;
    while let Some(first) = found.get(at) {
        let pair = found.get(at + 1).filter(|second| is_range(text, first, second));
        match pair.and_then(|second| range(first, second)) {
            Some(money) => {
                sums.push(money);
                at += 2;
            }
            None => {
                sums.extend(single(first));
                at += 1;
            }
        }
    }
    sums
}

fn quantities(text: &str, lang: Lang) -> Vec<Quantity> {
    let mut found = Vec::new();
    let mut cursor = Cursor::new(text);
    while !cursor.done() {
        match quantity(cursor, lang) {
            Some(quantity) => {
                cursor.at = quantity.end;
                found.push(quantity);
            }
            None => cursor.step(),
        }
    }
    found
}

fn quantity(cursor: Cursor<'_>, lang: Lang) -> Option<Quantity> {
    if !cursor.at_word_start() {
        return None;
    }
    let start = cursor.at;
    let (mut cursor, before) = currency_before(cursor, lang);
    let number = number(&mut cursor, lang)?;
    let scale = scale(&mut cursor, lang).or(number.scale);
    if number.needs_scale && scale.is_none() {
        return None;
    }
    let (cursor, after) = currency_after(cursor);
    let share = [
        "%",
        " %",
        " percent",
        " per cent",
        " pct",
        " prozent",
        "-prozent",
        " pour cent",
        "パーセント",
        "퍼센트",
    ];
    let share = share.iter().any(|mark| cursor.rest().starts_with(mark));
    // "us$" after a number may be the sign before the next one; a sign before wins.
    let currency = before.or(after);
    Some(Quantity { start, end: cursor.at, number, scale, currency, share })
}

fn currency_before<'t>(cursor: Cursor<'t>, lang: Lang) -> (Cursor<'t>, Option<&'static str>) {
    let longest = BEFORE
        .iter()
        .filter(|(sign, _)| cursor.rest().starts_with(sign))
        .max_by_key(|(sign, _)| sign.len());
    let Some((sign, code)) = longest else { return (cursor, None) };
    let mut next = cursor;
    next.at += sign.len();
    let spaced = next.rest().starts_with(' ');
    // "y" and "sr" mean a currency only right before a digit.
    let digit = next.rest().trim_start_matches(' ').starts_with(|c: char| c.is_ascii_digit());
    if sign.len() < 3 && sign.chars().all(char::is_alphabetic) && (spaced || !digit) {
        return (cursor, None);
    }
    if sign.chars().all(char::is_alphabetic) && !digit {
        return (cursor, None);
    }
    if spaced {
        next.at += 1;
    }
    let code = if *sign == "¥" && lang == Lang::Zh { "CNY" } else { code };
    (next, Some(code))
}

fn currency_after(cursor: Cursor<'_>) -> (Cursor<'_>, Option<&'static str>) {
    let mut best: Option<(usize, &'static str)> = None;
    for link in LINKS {
        let Some(rest) = cursor.rest().strip_prefix(link) else { continue };
        for (word, code) in AFTER.iter().filter(|(word, _)| rest.starts_with(word)) {
            let tail = rest.get(word.len()..).unwrap_or_default();
            let length = link.len() + word.len();
            let sign_of_next = word.ends_with(['$', '€', '£', '¥', '₩'])
                && tail.starts_with(|c: char| c.is_ascii_digit());
            let longer = best.is_none_or(|(known, _)| length > known);
            if ends_word(word, tail) && !sign_of_next && longer {
                best = Some((length, code));
            }
        }
    }
    let Some((length, code)) = best else { return (cursor, None) };
    (cursor.skip(length), Some(code))
}

/// A Latin word must end; "dollars" is not "dollarstore".
fn ends_word(word: &str, tail: &str) -> bool {
    let latin = word.chars().next_back().is_some_and(|c| c.is_ascii_alphabetic());
    !latin || !tail.starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn is_range(text: &str, first: &Quantity, second: &Quantity) -> bool {
    let Some(between) = text.get(first.end..second.start) else { return false };
    let before = text.get(..first.start).unwrap_or_default();
    RANGES.contains(&between)
        || BETWEEN.iter().any(|(word, link)| before.ends_with(word) && *link == between)
}

fn range(first: &Quantity, second: &Quantity) -> Option<Money> {
    let currency = first.currency.or(second.currency)?;
    let same = second.currency.is_none_or(|code| code == currency);
    if !same || first.share || second.share {
        return None;
    }
    let low = first.number.times(first.scale.or(second.scale).unwrap_or(1))?;
    let high = second.number.times(second.scale.or(first.scale).unwrap_or(1))?;
    let middle = low.checked_add(high)? / 2;
    let (low, high) = (u64::try_from(low).ok()?, u64::try_from(high).ok()?);
    money(first.start, second.end, middle, currency, Some((low, high)))
}

fn single(quantity: &Quantity) -> Option<Money> {
    let units = quantity.number.times(quantity.scale.unwrap_or(1))?;
    let currency = quantity.currency.filter(|_| !quantity.share)?;
    money(quantity.start, quantity.end, units, currency, None)
}

fn money(
    start: usize,
    end: usize,
    units: u128,
    currency: &'static str,
    ends: Option<(u64, u64)>,
) -> Option<Money> {
    let units = u64::try_from(units).ok().filter(|units| u128::from(*units) >= SMALLEST)?;
    Some(Money { start, end, units, currency, ends })
}
