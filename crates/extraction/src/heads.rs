//! Whose journey it is: the envoy, the letter and the double of the President are not he, nor is another
//! president. Where all that names him is a modifier of somebody or something else, no visit of his is
//! read.

use crate::lexicon::{Lang, Tag};
use crate::lists::Lists;
use crate::parse::{Parsed, Word};
use crate::role::{Kind, Role};
/// Words between a name and its head that are no verb: "Trump's senior adviser".
const LINKS: [&str; 9] =
    [" of ", " from ", " by ", " for ", " to ", " de ", " du ", " von ", " d'"];

/// Is nobody in this headline the President himself, though his name or title stands in it? Says by which
/// words.
pub(crate) fn another_head(parsed: &Parsed<'_>) -> Option<String> {
    let named: Vec<&Word> =
        parsed.words.iter().filter(|word| names_him(parsed, word) && !word.contrasted).collect();
    let other = named.iter().find(|word| modifies(parsed, word) && !speaks(parsed, word));
    let other = other.or_else(|| named.iter().find(|word| another_president(parsed, word)))?;
    let himself = named.iter().any(|word| {
        let other = modifies(parsed, word) || another_president(parsed, word);
        let office = parsed.kind(word) == Some(Kind::UsOffice);
        !other && !office && !says_next(parsed, word.hit.end)
    });
    (!himself).then(|| parsed.cite(&other.hit))
}

fn names_him(parsed: &Parsed<'_>, word: &Word) -> bool {
    match parsed.kind(word) {
        Some(Kind::President) => true,
        Some(Kind::UsOffice) => {
            let said = parsed.cite(&word.hit);
            said.contains("trump") || said == "us administration"
        }
        _ => false,
    }
}

/// "Special Envoy of President Trump", "Trump's senior adviser", トランプ大統領の特使.
fn modifies(parsed: &Parsed<'_>, word: &Word) -> bool {
    head_before(parsed, word) || head_behind(parsed, word).is_some()
}

fn head_before(parsed: &Parsed<'_>, word: &Word) -> bool {
    let head = parsed.text.lower.get(..word.hit.start).unwrap_or_default();
    let head = head.strip_suffix("the ").unwrap_or(head);
    let head = head.strip_suffix("us ").or_else(|| head.strip_suffix("u.s. ")).unwrap_or(head);
    let Some(head) = LINKS.iter().find_map(|link| head.strip_suffix(link)) else { return false };
    let ends = |noun: &str| {
        head.strip_suffix(noun).is_some_and(|rest| !rest.ends_with(char::is_alphabetic))
    };
    parsed.lists.not_himself.iter().chain(parsed.lists.not_himself_of.iter()).any(ends)
}

/// Where the noun phrase that he modifies ends.
fn head_behind(parsed: &Parsed<'_>, word: &Word) -> Option<usize> {
    let tail = parsed.text.lower.get(word.hit.end..)?;
    match parsed.lang {
        Lang::Ja | Lang::Zh | Lang::Ko => dense(parsed.lists, tail).map(|len| word.hit.end + len),
        Lang::De => {
            let bare = tail.trim_start_matches('s').trim_start_matches([' ', '-']);
            let head = parsed.lists.not_himself_joined.heading(bare)?;
            Some(word.hit.end + (tail.len() - bare.len()) + head.len())
        }
        _ => spaced(parsed, word, tail),
    }
}

fn dense(lists: &Lists, tail: &str) -> Option<usize> {
    let bare =
        lists.titles_behind.iter().find_map(|title| tail.strip_prefix(title)).unwrap_or(tail);
    let bare =
        ["の", "的", "의", " "].iter().find_map(|link| bare.strip_prefix(link)).unwrap_or(bare);
    let bare = bare.trim_start();
    let head = lists.not_himself_dense.heading(bare)?;
    // 派遣 is a verb, not a following; 代表団 and 代表 are those who travel.
    (!bare.starts_with("派遣")).then_some(tail.len() - bare.len() + head.len())
}

/// "'s senior adviser", " ally", "-class battleship": a head within four words that no verb, comma or
/// other name precedes.
fn spaced(parsed: &Parsed<'_>, word: &Word, tail: &str) -> Option<usize> {
    if tail.starts_with("-class") {
        return Some(word.hit.end + "-class".len());
    }
    let bare = tail.strip_prefix("'s").unwrap_or(tail);
    let bare = bare.strip_prefix(' ')?;
    let from = word.hit.end + (tail.len() - bare.len());
    let mut at = 0;
    for (index, part) in bare.split(' ').take(4).enumerate() {
        let start = from + at;
        let noun = part.trim_end_matches([',', ':', '.', ';', '"', '?', '!']);
        let noun = noun.strip_suffix("'s").unwrap_or(noun);
        let two = bare.get(at..).unwrap_or_default();
        let double = parsed.lists.not_himself.iter().filter(|it| it.contains(' '));
        if let Some(found) = double.clone().find(|it| two.starts_with(*it)) {
            return Some(start + found.len());
        }
        if parsed.lists.not_himself.has(noun) {
            return Some(start + noun.len());
        }
        let verb = parsed.words.iter().any(|other| {
            other.hit.start == start
                && (matches!(other.hit.tag, Tag::VisitTo(_) | Tag::Place(_) | Tag::Country(_))
                    || other.hit.tag.is(&[Role::Travel, Role::Arrive, Role::Announce, Role::Say]))
        });
        let stop = ["to", "will", "and", "in", "for", "is", "has", "with", "on", "at", "meets"];
        if verb || stop.contains(&noun) || noun.len() < part.len() || index == 3 {
            return None;
        }
        at += part.len() + 1;
    }
    None
}

/// "Trump adviser says", 「...」トランプ氏側近: he who speaks does not travel.
fn speaks(parsed: &Parsed<'_>, word: &Word) -> bool {
    let end = head_behind(parsed, word).unwrap_or(word.hit.end);
    says_next(parsed, end)
}

fn says_next(parsed: &Parsed<'_>, end: usize) -> bool {
    let tail = parsed.text.lower.get(end..).unwrap_or_default();
    let verbs = [Role::Say, Role::Announce, Role::Confirm, Role::Deny, Role::Hedge];
    let next = parsed
        .words
        .iter()
        .any(|other| other.hit.tag.is(&verbs) && other.hit.start <= end + 2 && other.hit.end > end);
    let closed = tail.is_empty() && end > 0;
    next || closed
        || [":", " :", "「", " \"", "\"", "：", "“"].iter().any(|it| tail.starts_with(it))
}

/// "IOC President Coventry", "the President of Brazil", ブラジル大統領: a title that somebody else bears.
fn another_president(parsed: &Parsed<'_>, word: &Word) -> bool {
    let said = parsed.cite(&word.hit).to_lowercase();
    let bare = ["president", "the president", "präsident", "大統領"].contains(&said.as_str());
    bare && match parsed.lang {
        Lang::Ja => qualified_dense(parsed, word),
        Lang::De | Lang::Fr => !american(parsed, word),
        _ => qualified(parsed, word),
    }
}

fn qualified_dense(parsed: &Parsed<'_>, word: &Word) -> bool {
    let head = parsed.text.shown.get(..word.hit.start).unwrap_or_default();
    let before = head.chars().next_back();
    let own =
        ["米国", "米", "同", "現", "両", "トランプ", "次期"].iter().any(|it| head.ends_with(it));
    let letter = |c: char| c.is_alphanumeric() || c == 'ー';
    let particle = ['は', 'が', 'を', 'に', 'で', 'へ', 'と', 'も', 'の'];
    before.is_some_and(|c| letter(c) && !particle.contains(&c)) && !own
}

/// Does anything else in the headline say that the President meant is the American one?
fn american(parsed: &Parsed<'_>, word: &Word) -> bool {
    parsed.words.iter().any(|other| {
        let kind = parsed.kind(other);
        let his =
            matches!(kind, Some(Kind::President | Kind::UsOffice | Kind::UsPerson | Kind::UsOther));
        other.hit != word.hit && (his || other.hit.tag.is(&[Role::Us, Role::UsSeat, Role::UsVisit]))
    })
}

fn qualified(parsed: &Parsed<'_>, word: &Word) -> bool {
    const OWN: [&str; 12] = [
        "us", "u.s", "u.s.", "american", "the", "sitting", "current", "mr", "mr.", "our", "her",
        "states",
    ];
    let shown = &parsed.text.shown;
    let tail = shown.get(word.hit.end..).unwrap_or_default();
    let owner = ["of the united states", "of the u.s", "of us"];
    let lower = tail.trim_start().to_lowercase();
    if lower.starts_with("of ") && !owner.iter().any(|it| lower.starts_with(it)) {
        return true;
    }
    let next = tail.trim_start().split([' ', ',', ':']).next().unwrap_or_default();
    let next_at = word.hit.end + (tail.len() - tail.trim_start().len());
    if tail.starts_with(' ') && is_name(parsed, next, next_at) && !title_case(shown) {
        return true;
    }
    let head = shown.get(..word.hit.start).unwrap_or_default();
    let before = head.trim_end().rsplit(' ').next().unwrap_or_default();
    if before.is_empty() || before.ends_with([',', ':', ';', '-', '"']) {
        return false;
    }
    let start = head.trim_end().len() - before.len();
    let bare = before.trim_end_matches("'s").to_lowercase();
    let country = parsed.words.iter().any(|other| {
        let named = matches!(other.hit.tag, Tag::Country(_));
        named && other.hit.start <= start && other.hit.end > start
    });
    parsed.lists.houses_with_president.has(&bare)
        || !OWN.contains(&bare.as_str())
            && (country || is_name(parsed, before, start) && !title_case(shown))
}

/// A capitalised word that the lexicon knows for no verb, and that is no word of grammar.
fn is_name(parsed: &Parsed<'_>, word: &str, at: usize) -> bool {
    let capital = word.chars().next().is_some_and(char::is_uppercase);
    let known = parsed.words.iter().any(|other| {
        other.hit.start <= at
            && other.hit.end > at
            && (matches!(other.hit.tag, Tag::Word(_))
                || parsed.kind(other) == Some(Kind::President))
    });
    capital && !known && at > 0
}

/// Most words begin with a capital: then a capital says nothing.
fn title_case(shown: &str) -> bool {
    let words: Vec<&str> = shown.split(' ').filter(|word| word.len() > 3).collect();
    let capital =
        words.iter().filter(|word| word.chars().next().is_some_and(char::is_uppercase)).count();
    words.len() >= 3 && capital == words.len()
}
