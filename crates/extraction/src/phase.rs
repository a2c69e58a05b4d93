//! How far a journey is, and marks that say that it stands or wavers.

use crate::parse::{Parsed, Word};
use crate::role::Role;

/// Nothing has changed: whoever says so answers talk that it had.
pub(crate) const UNCHANGED: [&str; 22] = [
    "no change to",
    "no changes to",
    "no change in",
    "nothing has changed",
    "unchanged",
    "still on",
    "going ahead as",
    "as planned",
    "as scheduled",
    "not slipping",
    "on course",
    "変更なし",
    "変更はない",
    "変わりはない",
    "予定通り",
    "변동 없",
    "변함없",
    "예정대로",
    "没有变化",
    "沒有變化",
    "wie geplant",
    "comme prévu",
];
/// It may not come to it.
pub(crate) const DOUBTFUL: [&str; 36] = [
    "in doubt",
    "into doubt",
    "in question",
    "rethink",
    "reconsider",
    "second thoughts",
    "at risk",
    "in jeopardy",
    "jeopardise",
    "jeopardize",
    "under threat",
    "in the balance",
    "imperil",
    "casts doubt",
    "clouds",
    "threatens trip",
    "threatens visit",
    "may not happen",
    "wackelt",
    "auf der kippe",
    "fraglich",
    "incertain",
    "compromis",
    "remis en question",
    "危ぶまれ",
    "流動的",
    "불투명",
    "차질 우려",
    "存疑",
    "困難",
    "難しく",
    "難しい",
    "어려울",
    "无望",
    "困难",
    "生变数",
];

/// The first of the marks that the headline has.
pub(crate) fn marked(parsed: &Parsed<'_>, marks: &[&str]) -> Option<String> {
    let text = &parsed.text.lower;
    marks.iter().find(|mark| text.contains(**mark)).map(|mark| (*mark).to_owned())
}

/// How far a journey is.
pub(crate) fn phase(parsed: &Parsed<'_>, journey: &Word) -> (&'static str, &'static str, String) {
    let cite = |word: &Word| parsed.cite(&word.hit);
    let trip = cite(journey);
    if let Some(word) = parsed.yes(Role::Invite) {
        return ("visit_planned", "invitation", cite(word));
    }
    let hedged = parsed
        .yes(Role::Hedge)
        .or_else(|| parsed.yes(Role::Rumour))
        .or_else(|| parsed.yes(Role::Plan));
    if let Some(word) = parsed.yes(Role::Arrive).filter(|_| hedged.is_none()) {
        return ("visit_occurred", "arrival", cite(word));
    }
    let condition = parsed.yes(Role::Condition);
    if let Some(word) = hedged.or(condition) {
        return ("visit_planned", "hedged_or_planned", cite(word));
    }
    let head = parsed.text.lower.get(..journey.hit.start).unwrap_or_default();
    let infinitive = [
        "to ",
        "will ",
        "wird ",
        "to make ",
        "to pay ",
        "will make ",
        "will pay ",
        "to go on ",
        "va ",
    ]
    .iter()
    .any(|mark| head.ends_with(mark));
    let dated = crate::date::date(&parsed.text.lower).is_some();
    let said = parsed.yes(Role::Announce);
    let says = parsed.yes(Role::Say).is_some();
    match said {
        Some(word) if !says || dated => ("visit_announced", "announcement", cite(word)),
        Some(word) => ("visit_planned", "said_he_will", cite(word)),
        None if infinitive && !says => ("visit_announced", "will_travel", trip),
        None if dated => ("visit_announced", "date_given", trip),
        None if present(journey, parsed) => ("visit_occurred", "present_tense", trip),
        None => ("visit_planned", "journey_named", trip),
    }
}

/// "Trump visits Tokyo" happens now.
fn present(word: &Word, parsed: &Parsed<'_>) -> bool {
    ["visits", "besucht", "reist", "meets", "attends", "tours", "visite"]
        .contains(&parsed.cite(&word.hit).as_str())
}
