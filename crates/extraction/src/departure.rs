//! Who leaves a country was there: "leaves Japan after three-day visit", 離日. And landings elsewhere in
//! the same country, and journeys that turn back.

use statecraft_domain::signal::{Assertion, Direction};

use crate::finding::Finding;
use crate::frames::{Token, tokens};
use crate::lexicon::{Lang, Tag};
use crate::lists::Lists;
use crate::parse::{Parsed, Word};
use crate::role::{Kind, Role};

/// A reading of the headline as the end of his stay, if it is one.
pub(crate) fn departed(parsed: &Parsed<'_>, target: usize) -> Option<Finding> {
    let silent =
        [Role::Past, Role::Hedge, Role::Rumour, Role::Condition, Role::Question, Role::Retract];
    let denied = parsed.denial.is_some() || parsed.of(Role::Negate).next().is_some();
    let unsure = silent.iter().any(|role| parsed.any(*role).is_some());
    if let Some(found) = landed_instead(parsed, target) {
        return Some(found);
    }
    if denied || unsure || crate::phase::ahead(&parsed.text.lower).is_some() {
        return None;
    }
    let words = match parsed.lang {
        Lang::Ja | Lang::Ko | Lang::Zh => dense(parsed, target),
        _ => spaced(parsed, target),
    }?;
    Some(there("departure", words))
}

fn there(rule: &str, words: String) -> Finding {
    let mut finding = Finding::default();
    finding.slug("visit_occurred", rule, words.clone());
    finding.turn(Direction::Up, rule, words);
    finding
}

fn here(word: &Word, target: usize) -> bool {
    matches!(word.hit.tag, Tag::Place(at) | Tag::Country(at) if at == target)
}

/// "Did not land in Osaka but in Tokyo".
fn landed_instead(parsed: &Parsed<'_>, target: usize) -> Option<Finding> {
    const BUT: [&str; 8] = [
        " but in ",
        " but at ",
        " but instead in ",
        " sondern in ",
        " sondern auf ",
        " mais à ",
        " mais au ",
        " but touched down in ",
    ];
    let text = &parsed.text.lower;
    let arrival = parsed.of(Role::Arrive).find(|word| word.negated)?;
    let ahead = ["will ", "won't", "wird ", "plan", "to land", "to arrive"];
    if parsed.denial.is_some() || ahead.iter().any(|mark| text.contains(mark)) {
        return None;
    }
    let president = parsed.words.iter().any(|word| {
        parsed.kind(word) == Some(Kind::President) && word.hit.end <= arrival.hit.start
    });
    let (at, but) = BUT.iter().find_map(|but| Some((text.find(but)?, but)))?;
    let from = at + but.len();
    let other = parsed.words.iter().any(|word| here(word, target) && word.hit.start == from);
    (president && other).then(|| there("landed_elsewhere_there", but.trim().to_owned()))
}

/// The verb stands right behind him: "Trump leaves", "Trump verlässt", "Trump and Melania depart".
fn spaced(parsed: &Parsed<'_>, target: usize) -> Option<String> {
    let text = &parsed.text.lower;
    let tokens = tokens(text);
    let him = parsed.words.iter().find(|word| matches!(word.hit.tag, Tag::Actor(_)))?;
    let plain = !parsed.cite(&him.hit).ends_with("'s") && !of_another(text, him.hit.start);
    if parsed.kind(him) != Some(Kind::President) || !plain {
        return None;
    }
    let at = tokens.iter().position(|token| token.start >= him.hit.end)?;
    let at = at
        + tokens
            .get(at..)?
            .iter()
            .take_while(|token| ["has", "hat", "a", "just"].contains(&token.word))
            .count();
    let verb = tokens.get(at)?;
    let gap = text.get(him.hit.end..verb.start)?;
    let open = gap.chars().all(|c| c.is_alphanumeric() || c == ' ') && !verb.stops;
    let rest = tokens.get(at + 1..)?;
    let (rest, ends) = ended(parsed.lists, verb, rest);
    let found = match ends {
        Some(End::Stay) => stay(parsed, rest, target),
        Some(End::Leaves) => left(parsed, text, rest, target),
        None => false,
    };
    (open && found).then(|| verb.word.to_owned())
}

/// "Letter from President Trump leaves", "envoy of Trump": he is not who leaves.
fn of_another(text: &str, at: usize) -> bool {
    let head = text.get(..at).unwrap_or_default().trim_end();
    let head = head.trim_end_matches("president").trim_end_matches("us").trim_end();
    let last = head.rsplit(' ').next().unwrap_or_default();
    let opens = last.is_empty() || last.ends_with([':', ',', '-', '.', ';', '|']);
    !(opens || ["as", "after", "when", "und", "et", "als"].contains(&last))
}

#[derive(Clone, Copy)]
enum End {
    Stay,
    Leaves,
}

fn ended<'r, 't>(
    lists: &Lists,
    verb: &Token<'_>,
    rest: &'r [Token<'t>],
) -> (&'r [Token<'t>], Option<End>) {
    let tail = |n: usize| rest.get(n..).unwrap_or_default();
    let next = rest.first().map(|token| token.word);
    match (verb.word, next) {
        ("wraps" | "wrapped", Some("up")) => (tail(1), Some(End::Stay)),
        ("flies" | "flew", Some("out")) => (tail(2), Some(End::Leaves)),
        ("takes" | "took", Some("off")) => (tail(2), Some(End::Leaves)),
        ("departs" | "departed", Some("from")) => (tail(1), Some(End::Leaves)),
        (word, _) if lists.leaves.has(word) => (rest, Some(End::Leaves)),
        (word, _) if lists.ends_stay.has(word) => (rest, Some(End::Stay)),
        _ => (rest, None),
    }
}

/// "... Japan visit", "... three-day visit to Japan".
fn stay(parsed: &Parsed<'_>, rest: &[Token<'_>], target: usize) -> bool {
    let mut open = true;
    let phrase: Vec<&Token<'_>> = rest
        .iter()
        .take(8)
        .take_while(|token| std::mem::replace(&mut open, !token.stops))
        .collect();
    let trip = phrase.iter().position(|token| parsed.lists.trips.has(token.word));
    let (Some(trip), Some(first)) = (trip, phrase.first()) else { return false };
    let Some(noun) = phrase.get(trip) else { return false };
    parsed.words.iter().filter(|word| here(word, target)).any(|word| {
        let before = word.hit.start >= first.start && word.hit.end <= noun.start;
        let after = word.hit.start > noun.end && word.hit.start <= noun.end + 8;
        before || after
    })
}

/// "... Japan after", "... Tokyo for Washington": the place ends its phrase.
fn left(parsed: &Parsed<'_>, text: &str, rest: &[Token<'_>], target: usize) -> bool {
    const FOLLOWS: [&str; 21] = [
        "after",
        "for",
        "following",
        "as",
        "on",
        "with",
        "at",
        "nach",
        "richtung",
        "pour",
        "après",
        "early",
        "bound",
        "en",
        "to",
        "ahead",
        "and",
        "und",
        "et",
        "am",
        "aboard",
    ];
    let skip =
        rest.iter().take_while(|token| ["le", "la", "the", "from"].contains(&token.word)).count();
    let Some(first) = rest.get(skip) else { return false };
    let Some(place) =
        parsed.words.iter().find(|word| here(word, target) && word.hit.start == first.start)
    else {
        return false;
    };
    let tail = text.get(place.hit.end..).unwrap_or_default();
    let next = tail.split_whitespace().next().unwrap_or_default();
    tail.is_empty()
        || tail.starts_with([',', ':', ';', '.', '!', ')'])
        || tail.starts_with(" - ")
        || FOLLOWS.contains(&next)
}

/// 離日, 訪日し…た, 訪日中の, 结束访日, 방일 마치고.
fn dense(parsed: &Parsed<'_>, target: usize) -> Option<String> {
    let text = &parsed.text.lower;
    let his = parsed.words.iter().any(|word| {
        parsed.kind(word) == Some(Kind::President)
            && ["トランプ", "트럼프", "特朗普", "川普"]
                .iter()
                .any(|name| parsed.cite(&word.hit).contains(name))
    });
    if !his || parsed.lists.earlier_stay.occurs_in(text) {
        return None;
    }
    visited(parsed, target).or_else(|| left_dense(parsed, target))
}

fn visited(parsed: &Parsed<'_>, target: usize) -> Option<String> {
    let text = &parsed.text.lower;
    parsed.words.iter().find_map(|word| {
        let Tag::VisitTo(index) = word.hit.tag else { return None };
        let hit = parsed.cite(&word.hit);
        let stem = hit.trim_end_matches('中');
        let tail = text.get(word.hit.start + stem.len()..)?;
        let head = text.get(..word.hit.start)?;
        let there = ["中の米", "中のトランプ", "中的特朗普", " 중인 트럼프"]
            .iter()
            .any(|mark| tail.starts_with(mark));
        let done = tail.starts_with("し") && tail.ends_with('た') && !tail.starts_with("したい");
        let over = [" 마치고", " 마친", "을 마치고", " 일정 마무리", "を終え", "を終了"]
            .iter()
            .any(|mark| tail.starts_with(mark))
            || ["结束", "結束", "完成"].iter().any(|mark| head.ends_with(mark));
        (index == target && (there || done || over)).then_some(hit)
    })
}

/// 離日: 離 and the sign of the country that 訪日 has.
fn left_dense(parsed: &Parsed<'_>, target: usize) -> Option<String> {
    let text = &parsed.text.lower;
    let signs = parsed.lexicon.entries.iter().filter_map(|entry| match entry.tag {
        Tag::VisitTo(index) if index == target => entry.words.strip_prefix(['訪', '访']),
        _ => None,
    });
    let short = signs
        .filter(|sign| sign.chars().count() == 1)
        .flat_map(|sign| [format!("離{sign}"), format!("离{sign}")])
        .find(|leaves| {
            text.match_indices(leaves.as_str()).any(|(at, _)| !future(text, at + leaves.len()))
        });
    short.or_else(|| {
        parsed.words.iter().filter(|word| here(word, target)).find_map(|word| {
            let tail = text.get(word.hit.end..)?;
            let head = text.get(..word.hit.start)?;
            let out =
                ["を離れ", "を出発", "を後に", "을 떠나", "를 떠나", " 떠나", " 떠났", "서 출국"];
            let after = out.iter().find(|mark| tail.starts_with(**mark));
            let before = ["离开", "離開"].iter().find(|mark| head.ends_with(**mark));
            after.or(before).map(|mark| mark.trim().to_owned())
        })
    })
}

/// 離日へ, 離日する予定.
fn future(text: &str, from: usize) -> bool {
    let tail = text.get(from..).unwrap_or_default();
    ["へ", "予定", "する", "前", "を前"].iter().any(|mark| tail.starts_with(mark))
}

/// "Lässt Japan aus", "turns back on way to Tokyo": hedged, and downwards.
pub(crate) fn turned_away(parsed: &Parsed<'_>, target: usize) -> Option<Finding> {
    let text = &parsed.text.lower;
    let his = parsed
        .words
        .iter()
        .any(|word| parsed.kind(word) == Some(Kind::President) && !word.contrasted);
    if !his || !parsed.words.iter().any(|word| here(word, target)) {
        return None;
    }
    let tokens = tokens(text);
    let leaves_out = tokens.windows(2).any(|pair| match pair {
        [verb, place] => {
            ["lässt", "ließ", "lassen"].contains(&verb.word)
                && parsed
                    .words
                    .iter()
                    .any(|word| here(word, target) && word.hit.start == place.start)
        }
        _ => false,
    }) && tokens.last().is_some_and(|token| token.word == "aus");
    let flies =
        ["air force one", "plane", "jet", "aircraft"].iter().any(|mark| text.contains(mark));
    let turns = ["turns back", "turned back", "turns around", "turned around", "forced to return"]
        .into_iter()
        .find(|mark| flies && text.contains(mark));
    let mark = turns.or_else(|| leaves_out.then_some("aus"))?;
    let mut finding = Finding::default();
    finding.slug("visit_postponed", "journey_in_doubt", mark.to_owned());
    finding.assert(Assertion::Hedged, "journey_in_doubt", mark.to_owned());
    finding.turn(Direction::Down, "journey_in_doubt", mark.to_owned());
    Some(finding)
}
