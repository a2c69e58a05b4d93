//! How far a journey is, and marks that say that it stands or wavers.

use crate::parse::{Parsed, Word};
use crate::role::Role;

/// Nothing has changed: whoever says so answers talk that it had.
pub(crate) const UNCHANGED: [&str; 38] = [
    "remains on schedule",
    "still on schedule",
    "still on track",
    "still going ahead",
    "full steam ahead",
    "wird stattfinden",
    "findet statt",
    "visite maintenue",
    "voyage maintenu",
    "déplacement maintenu",
    "maintenue, malgré",
    "行程不变",
    "安排不变",
    "计划不变",
    "日程不变",
    "行程不變",
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
pub(crate) const DOUBTFUL: [&str; 75] = [
    "doubts grow",
    "doubts mount",
    "doubts swirl",
    "growing doubt",
    "mounting doubt",
    "doubts over",
    "doubts about",
    "faces uncertainty",
    "uncertainty over",
    "uncertainty surround",
    "uncertainty about",
    "zweifel an",
    "doutes sur",
    "up in the air",
    "into question",
    "looking unlikely",
    "looks unlikely",
    "increasingly unlikely",
    "now unlikely",
    "trip unlikely",
    "visit unlikely",
    "trip is unlikely",
    "visit is unlikely",
    "seems unlikely",
    "appears unlikely",
    "by a thread",
    "under a cloud",
    "on the rocks",
    "teeter",
    "in limbo",
    "hopes fade",
    "hopes dim",
    "hängt in der luft",
    "in der schwebe",
    "steht infrage",
    "en péril",
    "menacé",
    "宙に浮",
    "悬了",
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
    let future = ahead(&parsed.text.lower);
    let dated = crate::date::date(&parsed.text.lower).is_some();
    if let Some(word) = parsed.yes(Role::Arrive).filter(|_| hedged.is_none()) {
        let to_come = now(&cite(word)) && (dated || weekday(&parsed.text.lower));
        return match &future {
            Some(when) => ("visit_planned", "arrival_ahead", when.clone()),
            None if to_come => ("visit_planned", "arrival_dated", cite(word)),
            None => ("visit_occurred", "arrival", cite(word)),
        };
    }
    let condition = parsed.yes(Role::Condition);
    if let Some(hit) = parsed.open {
        return ("visit_planned", "not_ruled_out", parsed.cite(&hit));
    }
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
    let said = parsed.yes(Role::Announce);
    let says = parsed.yes(Role::Say).is_some();
    match said {
        Some(word) if !says || dated => ("visit_announced", "announcement", cite(word)),
        Some(word) => ("visit_planned", "said_he_will", cite(word)),
        None if infinitive && !says => ("visit_announced", "will_travel", trip),
        None if dated => ("visit_announced", "date_given", trip),
        None if present(journey, parsed) && future.is_some() => {
            ("visit_planned", "present_tense_of_a_time_ahead", future.unwrap_or_default())
        }
        None if present(journey, parsed) && weekday(&parsed.text.lower) => {
            ("visit_planned", "present_tense_with_a_weekday", trip)
        }
        None if present(journey, parsed) => ("visit_occurred", "present_tense", trip),
        None => ("visit_planned", "journey_named", trip),
    }
}

/// "Trump visits Tokyo" happens now.
fn present(word: &Word, parsed: &Parsed<'_>) -> bool {
    ["visits", "besucht", "meets", "attends", "tours", "visite"]
        .contains(&parsed.cite(&word.hit).as_str())
}

/// Present forms of arriving: with a date they speak of a time to come.
fn now(word: &str) -> bool {
    ["arrives", "arrive", "lands", "touches down", "trifft", "landet", "atterrit", "débarque"]
        .iter()
        .any(|form| word == *form || word.starts_with(&format!("{form} ")))
}

/// A time to come, said without a date: "next week", "im Herbst", 来月.
pub(crate) fn ahead(text: &str) -> Option<String> {
    const AHEAD: [&str; 78] = [
        "next week",
        "next month",
        "next year",
        "next spring",
        "next summer",
        "next autumn",
        "next fall",
        "next winter",
        "later this",
        "this autumn",
        "this winter",
        "this fall",
        "in the fall",
        "in autumn",
        "in the autumn",
        "in spring",
        "in the spring",
        "in summer",
        "in winter",
        "tomorrow",
        "coming week",
        "coming month",
        "in coming",
        "in weeks",
        "soon",
        "in the new year",
        "im herbst",
        "im frühjahr",
        "im frühling",
        "im sommer",
        "im winter",
        "nächste woche",
        "nächsten monat",
        "nächstes jahr",
        "nächster woche",
        "nächsten",
        "kommende",
        "kommenden",
        "kommendes",
        "demnächst",
        "übermorgen",
        "im neuen jahr",
        "bald ",
        "in kürze",
        "ende des jahres",
        "semaine prochaine",
        "mois prochain",
        "an prochain",
        "année prochaine",
        "prochainement",
        "bientôt",
        "demain",
        "cet automne",
        "cet hiver",
        "à l'automne",
        "en automne",
        "au printemps",
        "en hiver",
        "dans les prochains",
        "en fin d'année",
        "来週",
        "来月",
        "来年",
        "明日",
        "今秋",
        "来春",
        "来夏",
        "近く",
        "다음 주",
        "다음주",
        "다음 달",
        "다음달",
        "내달",
        "내년",
        "내일",
        "下周",
        "下个月",
        "明年",
    ];
    if crate::span_open::is_marked(text) {
        return Some("later".to_owned());
    }
    let letter = |c: char| c.is_alphabetic() && !crate::scan::is_dense(c);
    AHEAD.iter().find_map(|mark| {
        text.match_indices(mark).find_map(|(at, _)| {
            let before = text.get(..at)?.chars().next_back();
            let after = text.get(at + mark.len()..)?.chars().next();
            let last = mark.chars().next_back();
            let joined =
                before.is_some_and(letter) || last.is_some_and(letter) && after.is_some_and(letter);
            (!joined).then(|| mark.trim().to_owned())
        })
    })
}

/// "On Monday": in the present tense still to come, or hardly over.
fn weekday(text: &str) -> bool {
    const DAYS: [&str; 21] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "montag",
        "dienstag",
        "mittwoch",
        "donnerstag",
        "freitag",
        "samstag",
        "sonntag",
        "lundi",
        "mardi",
        "mercredi",
        "jeudi",
        "vendredi",
        "samedi",
        "dimanche",
    ];
    text.split(|c: char| !c.is_alphanumeric()).any(|word| DAYS.contains(&word))
}
