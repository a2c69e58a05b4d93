//! Normalisation (model.md 7.1): one spelling for every way of writing the same words. Linear in its
//! input, which is cut first.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Longest normalised headline, in characters.
pub const MAX_CHARS: usize = 400;
/// Characters of the input that are looked at; markup may hide the words behind it.
const MAX_INPUT: usize = 4_000;
/// Letters in a row, each alone, that are read as one spaced-out word.
const SPACED: usize = 4;
/// Longest thing between `<` and `>` that counts as markup.
const MAX_TAG: usize = 300;

/// A headline in one spelling, as it was written and in lower case. Both have the same length in
/// bytes, so a position in one is a position in the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// Normalised, with its capitals.
    pub shown: String,
    /// The same in lower case.
    pub lower: String,
}

/// NFKC; markup, control, bidi and zero-width characters removed; entities decoded; quotes, dashes
/// and spaces unified; spaced-out words collapsed; look-alike letters of other scripts replaced in
/// Latin text; at most [`MAX_CHARS`] characters.
#[must_use]
pub fn normalise(raw: &str) -> Text {
    let cut: String = raw.chars().take(MAX_INPUT).collect();
    let mut text = clean(&cut);
    // Each pass may uncover what another pass has to remove (an entity of an entity); four are
    // enough for honest text, and the loop ends for any.
    for _ in 0..16 {
        let again = clean(&text);
        if again == text {
            break;
        }
        text = again;
    }
    let shown: String = text.chars().take(MAX_CHARS).collect();
    let shown = shown.trim().to_owned();
    let lower = shown.chars().map(lower).collect();
    Text { shown, lower }
}

/// Lower case of the same length in bytes; a letter without one stays.
fn lower(letter: char) -> char {
    let mut small = letter.to_lowercase();
    match (small.next(), small.next()) {
        (Some(one), None) if one.len_utf8() == letter.len_utf8() => one,
        _ => letter,
    }
}

fn clean(text: &str) -> String {
    // An ellipsis parts two sentences; NFKC would glue its dots to the next number.
    let text = without_markup(&decode_entities(text));
    let text = text.replace(['\u{2026}', '\u{22ef}'], " \u{2014} ").replace("...", " \u{2014} ");
    let mut out = String::with_capacity(text.len());
    let mut marks = 0_usize;
    for letter in text.nfkc().filter_map(unify) {
        // A pile of combining marks is noise; NFKC has already joined the honest ones.
        marks = if is_combining_mark(letter) { marks + 1 } else { 0 };
        let blank = letter == ' ' && (out.is_empty() || out.ends_with(' '));
        if marks <= 1 && !blank {
            out.push(letter);
        }
    }
    let out = collapse_spaced(out.trim_end());
    latin_lookalikes(&out)
}

/// One character for all of its kind; `None` removes it.
fn unify(letter: char) -> Option<char> {
    Some(match letter {
        '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180e}' => return None,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => return None,
        '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => return None,
        '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{10ffff}' => return None,
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '`' | '\u{b4}' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2033}' => '"',
        '\u{2010}'..='\u{2013}' | '\u{2212}' | '\u{2043}' => '-',
        '\u{2014}' | '\u{2015}' => '\u{2014}',
        // Both are "wave dashes" of Japanese and Korean ranges.
        '\u{301c}' | '\u{223c}' => '~',
        other if other.is_whitespace() => ' ',
        other if other.is_control() => return None,
        other => other,
    })
}

fn decode_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        match entity(tail) {
            Some((letter, length)) => {
                out.push(letter);
                rest = tail.get(length..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = tail.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

/// The character of an entity at the start of `text`, and the bytes it takes there.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(10).position(|byte| byte == b';')?;
    let name = text.get(1..end)?;
    let letter = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" | "rsquo" | "lsquo" => '\'',
        "nbsp" => ' ',
        "ndash" => '-',
        "mdash" => '\u{2014}',
        "hellip" => '\u{2026}',
        "yen" => '\u{a5}',
        "euro" => '\u{20ac}',
        "pound" => '\u{a3}',
        _ => {
            let digits = name.strip_prefix('#')?;
            let hex = digits.strip_prefix(['x', 'X']);
            let code = hex.map_or_else(|| digits.parse(), |hex| u32::from_str_radix(hex, 16));
            char::from_u32(code.ok()?)?
        }
    };
    Some((letter, end + 1))
}

/// Removes `<...>` that begins like a tag, a closing tag or a comment.
fn without_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let looks =
            tail.chars().nth(1).is_some_and(|c| c.is_ascii_alphabetic() || "/!?".contains(c));
        let end = looks.then(|| tail.bytes().take(MAX_TAG).position(|byte| byte == b'>')).flatten();
        let skip = end.map_or(1, |end| end + 1);
        out.push(if end.is_some() { ' ' } else { '<' });
        rest = tail.get(skip..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// "T r u m p" and "T.r.u.m.p" are "Trump".
fn collapse_spaced(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let run = spaced_run(&letters, at);
        if run >= SPACED {
            out.extend(letters.iter().skip(at).step_by(2).take(run));
            at += 2 * run - 1;
        } else {
            out.push(letter);
            at += 1;
        }
    }
    out
}

/// How many single letters, each followed by the same one separator, start at `at`.
fn spaced_run(letters: &[char], at: usize) -> usize {
    let alone = |index: usize| letters.get(index).is_some_and(|c| is_spelled(*c));
    if !alone(at)
        || at
            .checked_sub(1)
            .is_some_and(|before| letters.get(before).is_some_and(|c| c.is_alphanumeric()))
    {
        return 0;
    }
    let Some(&separator) = letters.get(at + 1).filter(|c| matches!(c, ' ' | '.' | '-' | '_' | '*'))
    else {
        return 0;
    };
    let mut run = 1;
    while letters.get(at + 2 * run - 1) == Some(&separator) && alone(at + 2 * run) {
        run += 1;
    }
    // The last letter must stand alone as well, or it begins a word.
    let open = letters.get(at + 2 * run - 1).is_some_and(|c| c.is_alphanumeric());
    if open { run - 1 } else { run }
}

/// Scripts in which a letter by itself is not a word.
fn is_spelled(letter: char) -> bool {
    letter.is_alphabetic() && (letter as u32) < 0x0530
}

/// Cyrillic and Greek letters that look Latin become Latin where Latin letters stand beside them.
fn latin_lookalikes(text: &str) -> String {
    let foreign = |c: char| ('\u{370}'..='\u{52f}').contains(&c);
    if !text.chars().any(foreign) || !text.chars().any(|c| c.is_ascii_alphabetic()) {
        return text.to_owned();
    }
    text.chars().map(lookalike).collect()
}

fn lookalike(letter: char) -> char {
    const PAIRS: [(&str, &str); 2] = [
        ("аеорсухіјѕһԁӏкмтнвАЕОРСУХІЈЅКМТНВ", "aeopcyxijshdlkmthbAEOPCYXIJSKMTHB"),
        ("αεορνιυκτηΑΕΟΡΝΙΥΚΤΗΜΒΧΖ", "aeopviuktnAEOPNIYKTHMBXZ"),
    ];
    let found = PAIRS.iter().find_map(|(from, to)| {
        let at = from.chars().position(|c| c == letter)?;
        to.chars().nth(at)
    });
    found.unwrap_or(letter)
}
