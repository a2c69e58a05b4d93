//! The President dies, or leaves his office: then nobody makes the journey. Read only where the headline says
//! so of him, in the present or the perfect and without reserve: "President Trump dies at 80", "Trump resigns as
//! president", トランプ大統領が死去. Calls, forecasts, films and figures of speech are none of it.

use statecraft_domain::signal::{Assertion, Direction};

use crate::finding::Finding;
use crate::frames::tokens;
use crate::parse::Parsed;
use crate::role::{Kind, Role};

/// The signal.
pub(crate) const SLUG: &str = "principal_gone";

/// What stands right behind him, and what may follow that: nothing (the end, or a sign), or one of these.
const ENDS: [(&[&str], &[&str]); 22] = [
    (&["dies"], BEHIND),
    (&["died"], BEHIND),
    (&["has", "died"], BEHIND),
    (&["dead"], BEHIND),
    (&["is", "dead"], BEHIND),
    (&["found", "dead"], BEHIND),
    (&["declared", "dead"], BEHIND),
    (&["passes", "away"], BEHIND),
    (&["has", "passed", "away"], BEHIND),
    (&["assassinated"], BEHIND),
    (&["resigns"], LEFT),
    (&["has", "resigned"], LEFT),
    (&["resigned"], LEFT),
    (&["steps", "down"], LEFT),
    (&["leaves", "office"], &[]),
    (&["removed", "from", "office"], BEHIND),
    (&["stirbt"], BEHIND),
    (&["ist", "tot"], BEHIND),
    (&["gestorben"], BEHIND),
    (&["tritt", "zurück"], &[]),
    (&["meurt"], BEHIND),
    (&["démissionne"], &[]),
];
const BEHIND: &[&str] =
    &["at", "aged", "age", "in", "of", "after", "from", "following", "mit", "à", "by"];
const LEFT: &[&str] = &["as", "from", "over", "amid", "after", "in", "effective"];
/// What he resigns as, if it is said: other offices of his are none of this.
const OFFICE: [&str; 6] = ["president", "us", "u", "s", "american", "the"];
const DENSE: [&str; 22] = [
    "が死去",
    "死去",
    "が急死",
    "急死",
    "が死亡",
    "氏死亡",
    "が辞任",
    "さん死去",
    "去世",
    "逝世",
    "病逝",
    "遇刺身亡",
    "身亡",
    "宣布辞职",
    "已辞职",
    "宣佈辭職",
    "사망",
    "서거",
    "별세",
    "사임",
    "하야",
    "전격 사임",
];
/// Whoever says so with one of these says it of a thing that is not so.
const UNREAL: [&str; 33] = [
    "call",
    "urge",
    "demand",
    "should",
    "would",
    "could",
    "must",
    "wants",
    "if ",
    "what happens",
    "when trump",
    "hoax",
    "fake",
    "false",
    "joke",
    "film",
    "movie",
    "novel",
    "poll",
    "odds",
    "bet",
    "rumor",
    "rumour",
    "quiz",
    "satire",
    "predict",
    "will ",
    "never",
    "refus",
    "vow",
    "説",
    "辞任論",
    "要求",
];

/// His end in office, as the headline states or denies it.
pub(crate) fn gone(parsed: &Parsed<'_>) -> Option<Finding> {
    let silent = [
        Role::Hedge,
        Role::Rumour,
        Role::Condition,
        Role::Question,
        Role::Past,
        Role::Opinion,
        Role::Satire,
    ];
    if silent.iter().any(|role| parsed.any(*role).is_some()) {
        return None;
    }
    let text = &parsed.text.lower;
    let words = spaced(parsed).or_else(|| dense(parsed))?;
    if UNREAL.iter().any(|mark| text.contains(mark)) || crate::phase::ahead(text).is_some() {
        return None;
    }
    let mut finding = Finding::default();
    finding.slug(SLUG, "principal_gone", words.clone());
    finding.turn(Direction::Down, "principal_gone", words.clone());
    let negated = parsed.of(Role::Negate).next().is_some() || parsed.any(Role::Deny).is_some();
    if parsed.denial.is_some() || negated {
        finding.assert(Assertion::Denied, "principal_gone_denied", words);
    }
    Some(finding)
}

fn spaced(parsed: &Parsed<'_>) -> Option<String> {
    let text = &parsed.text.lower;
    let tokens = tokens(text);
    let his = parsed.words.iter().filter(|word| {
        parsed.kind(word) == Some(Kind::President) && !word.aside && !word.contrasted
    });
    his.into_iter().find_map(|him| {
        let own = !parsed.cite(&him.hit).ends_with("'s") && opens(text, him.hit.start);
        let at = tokens.iter().position(|token| token.start >= him.hit.end).filter(|_| own)?;
        let gap = text.get(him.hit.end..tokens.get(at)?.start)?;
        if !gap.chars().all(|c| c == ' ') {
            return None;
        }
        let word = |n: usize| tokens.get(at + n).map_or("", |token| token.word);
        let (verb, behind) = ENDS
            .iter()
            .find(|(verb, _)| verb.iter().enumerate().all(|(n, part)| word(n) == *part))?;
        let last = tokens.get(at + verb.len() - 1)?;
        let (next, after) = (word(verb.len()), word(verb.len() + 1));
        let over = last.stops || next.is_empty() || behind.contains(&next);
        // "Resigns as chairman".
        let other = next == "as" && !OFFICE.contains(&after);
        (over && !other).then(|| verb.join(" "))
    })
}

/// Nobody of his stands before him: "Trump's aide", "envoy of Trump".
fn opens(text: &str, at: usize) -> bool {
    let head = text.get(..at).unwrap_or_default().trim_end();
    let head = head
        .trim_end_matches("president")
        .trim_end_matches("us")
        .trim_end_matches("u.s.")
        .trim_end();
    let last = head.rsplit(' ').next().unwrap_or_default();
    last.is_empty()
        || last.ends_with([':', ',', '-', '.', ';', '|'])
        || ["denies", "deny", "that"].contains(&last)
}

fn dense(parsed: &Parsed<'_>) -> Option<String> {
    let text = &parsed.text.lower;
    let his = parsed.words.iter().filter(|word| parsed.kind(word) == Some(Kind::President));
    his.into_iter().find_map(|him| {
        let tail = text.get(him.hit.end..)?;
        let tail = ["大統領", "氏", "总统", "總統", " 대통령", "대통령", "、", " ", "が"]
            .iter()
            .fold(tail, |tail, part| tail.strip_prefix(part).unwrap_or(tail));
        let verb = DENSE.iter().find(|verb| tail.starts_with(**verb))?;
        let after = tail.get(verb.len()..)?;
        let over = after.is_empty()
            || after.starts_with([
                ' ', '。', '、', '，', ',', '＝', '=', '…', '　', '(', '（', '：', ':',
            ])
            || ["した", "と", "했", "…"].iter().any(|end| after.starts_with(end));
        over.then(|| (*verb).to_owned())
    })
}
