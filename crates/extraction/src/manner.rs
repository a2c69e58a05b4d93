//! In what manner a headline says it: withdrawn, corrected, denied, confirmed, conditional, hedged.

use statecraft_domain::signal::{Assertion, Capital, Direction, SourceClass};

use crate::Reading;
use crate::lists::Lists;
use crate::parse::Parsed;
use crate::read::cite;
use crate::role::{Kind, Role};

/// In what manner the headline says it.
pub(crate) fn modality(parsed: &Parsed<'_>, class: SourceClass, reading: &mut Reading) {
    let Some((assertion, rule, words)) = manner(parsed, class, reading.claim.assertion) else {
        return;
    };
    let found = reading.claim.assertion;
    reading.claim.assertion = assertion;
    cite(&mut reading.claim, "assertion", rule, words);
    if assertion == Assertion::Retracted {
        turn_retracted(found, reading);
    }
}

/// The first of the manners that applies; `found` is what the rules of journeys and money say.
fn manner(
    parsed: &Parsed<'_>,
    class: SourceClass,
    found: Assertion,
) -> Option<(Assertion, &'static str, String)> {
    let words = |role: Role| {
        parsed
            .words
            .iter()
            .find(|word| word.hit.tag.is(&[role]) && !word.negated)
            .map(|word| parsed.cite(&word.hit))
    };
    let replaces = parsed.money.len() > 1;
    if let Some(found) = words(Role::Correct).filter(|_| replaces) {
        return Some((Assertion::Correction, "correction", found));
    }
    if let Some(words) = withdrawn(parsed) {
        return Some((Assertion::Retracted, "report_withdrawn", words));
    }
    let taken_back = parsed
        .words
        .iter()
        .filter(|word| word.hit.tag.is(&[Role::Retract]))
        .map(|word| parsed.cite(&word.hit))
        .find(|words| !only_denied(parsed, words, found));
    if let Some(words) = taken_back {
        return Some((Assertion::Retracted, "retraction", words));
    }
    // "Clarifies" corrects a figure; of a sentence with "not" it says who says it.
    let clarified = |words: &String| {
        let clears =
            ["clarif", "klarst", "stellt klar", "précis"].iter().any(|it| words.starts_with(it));
        clears && parsed.any(Role::Negate).is_some() && parsed.money.is_empty()
    };
    // "Corrects NBC: no visit is planned": what is corrected is denied.
    let denies = found == Assertion::Denied && parsed.money.is_empty();
    if let Some(found) = words(Role::Correct).filter(|words| !denies && !clarified(words)) {
        return Some((Assertion::Correction, "correction", found));
    }
    if matches!(found, Assertion::Denied | Assertion::Hedged) {
        return None;
    }
    if let Some(hit) = parsed.open.filter(|_| parsed.denial.is_none()) {
        return Some((Assertion::Hedged, "not_ruled_out", parsed.cite(&hit)));
    }
    if let Some(hit) = parsed.denial {
        return Some((Assertion::Denied, "denial_verb", parsed.cite(&hit)));
    }
    if let Some(mark) = contrary(parsed.lists, &parsed.text.lower) {
        return Some((Assertion::Denied, "contrary_to_reports", mark));
    }
    if let Some(words) = official(parsed).filter(|_| words(Role::Condition).is_none()) {
        return Some((Assertion::Confirmed, "official_statement", words));
    }
    if ["should ", "were "].iter().any(|word| parsed.text.lower.starts_with(word)) {
        return Some((Assertion::Conditional, "inversion", String::new()));
    }
    let manners = [
        (Role::Condition, Assertion::Conditional, "condition"),
        (Role::Hedge, Assertion::Hedged, "hedge"),
    ];
    if let Some((assertion, rule, found)) =
        manners.iter().find_map(|(role, assertion, rule)| Some((*assertion, *rule, words(*role)?)))
    {
        return Some((assertion, rule, found));
    }
    if let Some(medium) = by_medium(parsed.lists, &parsed.text.lower) {
        return Some((Assertion::Hedged, "a_medium_says_so", medium));
    }
    if class == SourceClass::Social {
        return Some((Assertion::Hedged, "unverified_source", String::new()));
    }
    Some((Assertion::Confirmed, "confirmation", words(Role::Confirm)?))
}

/// "Contrary to reports, the visit goes ahead": what stands is said against what was reported.
fn contrary(lists: &Lists, text: &str) -> Option<String> {
    lists.contrary_to_reports.found_in(text).map(str::to_owned)
}

/// Does a newsroom speak of its own report: a label, an apology, "we", "this paper"?
pub(crate) fn newsroom(parsed: &Parsed<'_>) -> bool {
    parsed.lists.newsroom_speaks.occurs_in(&parsed.text.lower)
}

/// "Hoax", 誤報: who denies a report calls it so; only its medium can withdraw it.
fn only_denied(parsed: &Parsed<'_>, words: &str, found: Assertion) -> bool {
    let denied = parsed.denial.is_some() && !newsroom(parsed)
        || parsed.denial.is_some_and(|hit| parsed.cite(&hit) != words);
    parsed.lists.charges.has(words) && (denied || found == Assertion::Denied)
}

/// A report and a verb that takes it back side by side, or such a verb as the label at the head.
fn withdrawn(parsed: &Parsed<'_>) -> Option<String> {
    let text = &parsed.text.lower;
    if let Some(mark) = parsed.lists.confesses.found_in(text) {
        return Some(mark.to_owned());
    }
    if let Some(mark) = parsed.lists.owns_up.heading(text) {
        return Some(mark.to_owned());
    }
    if let Some(label) = label(text).filter(|label| parsed.lists.takes_back.occurs_in(label)) {
        return Some(label.to_owned());
    }
    if text.chars().filter(|c| crate::scan::is_dense(*c)).count() > 4 {
        return dense_withdrawn(parsed.lists, text);
    }
    let words: Vec<&str> =
        text.split([' ', '-', ',']).filter(|word| !word.is_empty()).take(80).collect();
    let (reports, undo) = (&parsed.lists.reports, &parsed.lists.takes_back);
    let near = words.iter().enumerate().find(|(at, word)| {
        let rest = words.iter().skip(at + 1);
        let gap = rest.clone().take_while(|next| BETWEEN.contains(next)).count();
        let next = rest.clone().nth(gap).copied().unwrap_or_default();
        !word.ends_with(':')
            && ((reports.begins(word) && undo.begins(next))
                || (undo.begins(word) && reports.begins(next)))
    });
    near.map(|(_, word)| (*word).to_owned())
        .or_else(|| separable(parsed.lists, text).map(str::to_owned))
}

/// "Zieht ihren Bericht über ... zurück".
pub(crate) fn separable(lists: &Lists, text: &str) -> Option<&'static str> {
    let words: Vec<&str> =
        text.split([' ', ',']).filter(|word| !word.is_empty()).take(80).collect();
    ["zieht", "nimmt", "zog", "nahm", "ziehen", "nehmen"].into_iter().find(|verb| {
        let Some(at) = words.iter().position(|word| word == verb) else { return false };
        let report = |word: &&str| lists.reports.begins(word);
        words.iter().skip(at + 1).take(3).any(report)
            && words.iter().skip(at + 1).any(|word| *word == "zurück")
    })
}

/// "WITHDRAWN: ...", "[撤回] ...": the label of a headline, if it has one.
pub(crate) fn label(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let bracketed = text.strip_prefix(['[', '【', '(', '<', '〔']);
    let (inner, ends): (&str, &[char]) = match bracketed {
        Some(inner) => (inner, &[']', '】', ')', '>', '〕']),
        None => (text, &[':']),
    };
    let end = inner.find(ends)?;
    let label = inner.get(..end)?;
    let short = label.split_whitespace().count() <= 3 && label.chars().count() <= 32;
    let plain = !label.contains("report") || bracketed.is_some();
    (short && plain && !label.contains("trip") && !label.contains("visit")).then_some(label)
}

/// 記事を取り消します, 기사 철회, 撤回报道.
pub(crate) fn dense_withdrawn(lists: &Lists, text: &str) -> Option<String> {
    if let Some(done) = lists.taken_back_dense.found_in(text) {
        return Some(done.to_owned());
    }
    // A newsroom that speaks of itself.
    if lists.this_paper_dense.occurs_in(text)
        && let Some(undo) = lists.takes_back_dense.found_in(text)
    {
        return Some(undo.to_owned());
    }
    let near = |from: &str, span: usize| -> Option<&str> {
        let window: String = from.chars().take(span).collect();
        lists.takes_back_dense.found_in(&window)
    };
    let after = lists.reports_dense.iter().find_map(|report| {
        let at = text.find(report)?;
        // A product can only be taken back; "reports" may be what another thing is withdrawn for.
        let product = !["報道を", "보도를", "报道", "報導", "配信"].contains(&report);
        near(text.get(at + report.len()..)?, if product { 18 } else { 6 })
    });
    // In Japanese the object stands before the verb: 撤回報道 is a report of a withdrawal.
    let kana = text.chars().any(|c| matches!(c, 'ぁ'..='ヿ'));
    let before = ["撤回", "撤销", "撤銷", "撤下", "删除", "刪除", "收回"].iter().find(|undo| {
        let tail = text.find(*undo).and_then(|at| text.get(at + undo.len()..)).unwrap_or_default();
        let clause = tail.split(['，', ',', ' ', '。']).next().unwrap_or_default();
        let window: String = clause.chars().take(30).collect();
        [
            "报道", "報導", "報道", "稿", "文章", "消息", "快讯", "快訊", "帖文", "帖子", "独家",
            "獨家",
        ]
        .iter()
        .any(|report| window.contains(report) && !window.contains(&format!("{report}称")))
    });
    let before = before.filter(|_| !kana);
    after.or(before.copied()).map(str::to_owned).or_else(|| apology(lists, text))
}

/// "오보…시청자께 사과", 誤報を謝罪: who brought it out says sorry for it.
fn apology(lists: &Lists, text: &str) -> Option<String> {
    const ASKED: [&str; 6] = ["要求", "요구", "求め", "촉구", "要其", "敦促"];
    let brought = lists.sorry_for_dense.occurs_in(text);
    let asked = ASKED.iter().any(|ask| text.contains(ask));
    let sorry = lists.sorry_dense.found_in(text);
    sorry.filter(|_| brought && !asked).map(str::to_owned)
}
const BETWEEN: [&str; 22] = [
    "its",
    "the",
    "a",
    "an",
    "earlier",
    "this",
    "that",
    "false",
    "is",
    "was",
    "has",
    "been",
    "our",
    "own",
    "previous",
    "erroneous",
    "exclusive",
    "son",
    "un",
    "une",
    "wurde",
    "seinen",
];

/// "..., NHK says", "...: Nikkei": a medium vouches, not those concerned.
fn by_medium(lists: &Lists, text: &str) -> Option<String> {
    const VERBS: [&str; 9] =
        ["", "says", "reports", "said", "reported", "reveals", "berichtet", "meldet", "learns"];
    lists.media.iter().find_map(|medium| {
        let at = text.rfind(medium)?;
        let head = text.get(..at)?.trim_end();
        let tail = text.get(at + medium.len()..)?.trim();
        let verb = VERBS.contains(&tail);
        let alone = head.ends_with([':', '-', '\u{2013}', '\u{2014}', '|', ',']);
        let first = at == 0 && tail.starts_with(':');
        ((verb && alone) || first).then(|| medium.to_owned())
    })
}

/// "White House announces", "Leavitt: ...", "외교부: ...": those whom it concerns say so themselves.
fn official(parsed: &Parsed<'_>) -> Option<String> {
    let offices = parsed.words.iter().filter(|word| {
        matches!(parsed.kind(word), Some(Kind::UsOffice | Kind::UsPerson | Kind::Government))
            || word.hit.tag.is(&[Role::UsSeat])
    });
    let near = |word: &&crate::parse::Word| {
        let tail = parsed.text.lower.get(word.hit.end..).unwrap_or_default();
        let head = parsed.text.lower.get(..word.hit.start).unwrap_or_default();
        let announces = parsed.words.iter().any(|other| {
            let after = other.hit.start >= word.hit.end && other.hit.start <= word.hit.end + 6;
            let before = other.hit.end <= word.hit.start && other.hit.end + 6 >= word.hit.start;
            let office = parsed.kind(word) == Some(Kind::UsOffice);
            let verb = other.hit.tag.is(&[Role::Confirm])
                || (office && other.hit.tag.is(&[Role::Say]))
                || (other.hit.tag.is(&[Role::Announce])
                    && !parsed.cite(&other.hit).ends_with("will"));
            verb && (after || before)
        });
        let speaks_first = head.trim().is_empty() && tail.starts_with(':');
        announces || speaks_first
    };
    offices.filter(near).map(|word| parsed.cite(&word.hit)).next()
}

/// A retraction takes back what it repeats: the sign turns, unless what it repeats is already denied in
/// it; no stage of its own remains, and no state's money if that is what it takes back.
fn turn_retracted(found: Assertion, reading: &mut Reading) {
    let claim = &mut reading.claim;
    claim.stage = None;
    claim.direction = match claim.direction {
        direction if found == Assertion::Denied => direction,
        Direction::Up => Direction::Down,
        Direction::Down => Direction::Up,
        Direction::Neutral => Direction::Neutral,
    };
    if claim.direction == Direction::Down && claim.capital != Capital::Private {
        claim.capital = Capital::None;
    }
}
