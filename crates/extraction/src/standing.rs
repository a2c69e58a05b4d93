//! How a journey to the target stands: unchanged, in doubt, called off, put off, undecided, denied, asked
//! for, under way, planned.

use statecraft_domain::signal::{Assertion, Direction};

use crate::finding::Finding;
use crate::parse::{Parsed, Word};
use crate::phase::{DOUBTFUL, UNCHANGED, marked, phase};
use crate::place::{asked, skips_summit, undoes_another};
use crate::role::{Kind, Role};
use crate::summit::missed_summit;
use crate::visit::Journey;

/// The rule under which a stop on the way is cited.
pub(crate) const STOPOVER: &str = "stopover";

/// How sure, and which way.
pub(crate) fn state(parsed: &Parsed<'_>, journey: &Journey, finding: &mut Finding) {
    let cite = |word: &Word| parsed.cite(&word.hit);
    let trip = cite(&journey.word);
    if let Some(word) = parsed.yes(Role::Stopover).filter(|_| stopover_only(parsed)) {
        let slug = if to_come(parsed) { "visit_planned" } else { "visit_occurred" };
        finding.slug(slug, STOPOVER, cite(word));
        return finding.turn(Direction::Neutral, "stopover_may_not_count", cite(word));
    }
    if let Some(mark) = marked(parsed, &UNCHANGED) {
        finding.denies = Some(unchanged(parsed, &mark));
        finding.slug("visit_planned", "plans_unchanged", mark.clone());
        finding.assert(Assertion::Denied, "plans_unchanged", mark.clone());
        return finding.turn(Direction::Up, "plans_unchanged", mark);
    }
    let doubt = marked(parsed, &DOUBTFUL).filter(|mark| !idiom(parsed, mark));
    if let Some(mark) = doubt.clone().filter(|mark| undoubted(parsed, mark)) {
        finding.denies = Some("visit_postponed");
        finding.slug("visit_planned", "doubt_denied", mark.clone());
        finding.assert(Assertion::Denied, "doubt_denied", mark.clone());
        return finding.turn(Direction::Up, "doubt_denied", mark);
    }
    if let Some(mark) = doubt.filter(|_| !journey.word.negated) {
        finding.slug("visit_postponed", "journey_in_doubt", mark.clone());
        finding.assert(Assertion::Hedged, "journey_in_doubt", mark.clone());
        return finding.turn(Direction::Down, "journey_in_doubt", mark);
    }
    let undone = |role| {
        parsed.of(role).find(|word| {
            !far(parsed, word, journey) && !undoes_another(parsed, word, journey.target)
        })
    };
    // "Put off, not called off": what is left is the delay.
    let delayed = undone(Role::Postpone).filter(|word| !word.negated);
    let spared = undone(Role::Cancel).is_some_and(|word| word.negated);
    if let Some(word) = delayed.filter(|_| spared) {
        return undo(parsed, word, journey.target, "visit_postponed", finding);
    }
    if let Some(word) = undone(Role::Cancel) {
        return undo(parsed, word, journey.target, "visit_cancelled", finding);
    }
    if let Some(word) = undone(Role::Postpone) {
        return undo(parsed, word, journey.target, "visit_postponed", finding);
    }
    let other = [Role::Invest, Role::Project, Role::Sign, Role::Negotiate, Role::RelationBad]
        .iter()
        .any(|role| parsed.any(*role).is_some());
    let wrecked =
        undone(Role::Collapse).filter(|word| !other && word.clause == journey.word.clause);
    if let Some(word) = wrecked {
        return undo(parsed, word, journey.target, "visit_cancelled", finding);
    }
    if let Some(word) = parsed.any(Role::Undecided) {
        finding.slug("visit_planned", "undecided", cite(word));
        finding.assert(Assertion::Hedged, "undecided", cite(word));
        return finding.turn(Direction::Neutral, "undecided", cite(word));
    }
    if let Some(word) = invitation_refused(parsed) {
        return undo(parsed, word, journey.target, "visit_cancelled", finding);
    }
    if let Some(word) = without_him(parsed) {
        finding.slug("visit_cancelled", "without_him", cite(word));
        return finding.turn(Direction::Down, "without_him", cite(word));
    }
    let unless = parsed.any(Role::Condition).filter(|_| parsed.denial.is_none());
    if let Some(word) = unless.filter(|_| journey.word.negated) {
        finding.slug("visit_planned", "no_visit_unless", cite(word));
        finding.assert(Assertion::Conditional, "no_visit_unless", cite(word));
        return finding.turn(Direction::Up, "no_visit_unless", cite(word));
    }
    if let Some(word) = not_arrived(parsed, &journey.word) {
        finding.slug("visit_occurred", "arrival_denied", cite(word));
        finding.assert(Assertion::Denied, "arrival_denied", denial(parsed, &cite(word)));
        return finding.turn(Direction::Down, "arrival_denied", trip);
    }
    if journey.word.negated {
        finding.slug("visit_planned", "journey_denied", trip.clone());
        missed_summit(parsed, journey.target, finding);
        finding.assert(Assertion::Denied, "journey_denied", denial(parsed, &trip));
        return finding.turn(Direction::Down, "journey_denied", trip);
    }
    if let Some(word) = asked(parsed, &journey.word) {
        finding.slug("visit_planned", "asked_to_come", word.clone());
        finding.assert(Assertion::Hedged, "asked_to_come", word);
        return finding.turn(Direction::Up, "asked_to_come", trip);
    }
    let (slug, rule, words) = phase(parsed, &journey.word);
    finding.slug(slug, rule, words);
    // "Skips APEC, visits Tokyo": one reading has one direction, and it is the journey's.
    let skipped = parsed.of(Role::Cancel).any(|word| skips_summit(parsed, word, journey.target));
    if let Some(word) = parsed.yes(Role::Summit).filter(|_| !skipped) {
        finding.slug("summit_window", "summit_named", cite(word));
    }
    finding.turn(Direction::Up, "journey_to_target", trip);
}

/// "No longer in doubt": a mark inside an idiom that says the opposite.
fn idiom(parsed: &Parsed<'_>, mark: &str) -> bool {
    let Some(at) = parsed.text.lower.find(mark) else { return false };
    let covers = |hit: &crate::scan::Hit| hit.start < at && at + mark.len() <= hit.end;
    parsed.words.iter().any(|word| word.hit.tag.is(&[Role::Void]) && covers(&word.hit))
}

/// "Not in doubt", "nicht auf der Kippe": a doubt right behind a negator.
fn undoubted(parsed: &Parsed<'_>, mark: &str) -> bool {
    let text = &parsed.text.lower;
    let head = text.find(mark).and_then(|at| text.get(..at)).unwrap_or_default().trim_end();
    let negators = [" not", "n't", " never", " no longer", " nicht", " pas"];
    negators.iter().any(|negator| head.ends_with(negator))
}

fn invitation_refused<'p>(parsed: &'p Parsed<'_>) -> Option<&'p Word> {
    parsed.any(Role::Invite)?;
    parsed.of(Role::Collapse).next()
}

/// "To go ahead without Trump".
fn without_him<'p>(parsed: &'p Parsed<'_>) -> Option<&'p Word> {
    let marks = ["without ", "minus ", "ohne ", "sans "];
    parsed.words.iter().find(|word| {
        let head = parsed.text.lower.get(..word.hit.start).unwrap_or_default();
        parsed.kind(word) == Some(Kind::President) && marks.iter().any(|mark| head.ends_with(mark))
    })
}

fn denial(parsed: &Parsed<'_>, otherwise: &str) -> String {
    parsed.denial.map_or_else(|| otherwise.to_owned(), |hit| parsed.cite(&hit))
}

fn far(parsed: &Parsed<'_>, word: &Word, journey: &Journey) -> bool {
    word.clause != journey.word.clause
        && parsed.apart(word.clause, journey.word.clause)
        && parsed.money.iter().any(|m| parsed.clause_of(m.start) == word.clause)
}

/// Neither called off, nor more than a stop: who meets his hosts has come.
fn stopover_only(parsed: &Parsed<'_>) -> bool {
    const MEETS: [&str; 15] = [
        " meets ",
        " meet ",
        " talks with ",
        " summit with ",
        " dines with ",
        " welcomed by ",
        "会談",
        "会見",
        "회담",
        "会谈",
        "會談",
        "会见",
        " trifft ",
        " rencontre ",
        " reçu par ",
    ];
    let text = format!("{} ", parsed.text.lower);
    parsed.yes(Role::Cancel).is_none() && !MEETS.iter().any(|mark| text.contains(mark))
}

/// Is the stop ahead?
fn to_come(parsed: &Parsed<'_>) -> bool {
    const AHEAD: [&str; 20] = [
        "to make ",
        "to stop",
        "to pause ",
        "to land ",
        "to touch down",
        "to lay over",
        "to transit",
        " will ",
        "plans ",
        "planned",
        "expected",
        "set to ",
        "due to ",
        "scheduled",
        " wird ",
        " va ",
        "予定",
        "へ",
        "예정",
        "将",
    ];
    let text = &parsed.text.lower;
    let planned = [Role::Plan, Role::Announce].iter().any(|role| parsed.yes(*role).is_some());
    planned || AHEAD.iter().any(|mark| text.contains(mark)) || crate::phase::ahead(text).is_some()
}

fn undo(
    parsed: &Parsed<'_>,
    word: &Word,
    target: usize,
    slug: &'static str,
    finding: &mut Finding,
) {
    let words = parsed.cite(&word.hit);
    if word.negated {
        finding.denies = Some(slug);
        finding.slug("visit_planned", "undoing_denied", words.clone());
        finding.assert(Assertion::Denied, "undoing_denied", denial(parsed, &words));
        finding.turn(Direction::Up, "undoing_denied", words);
    } else {
        if corrects_talk(parsed, &words) {
            finding.slug("visit_planned", "journey_denied", words.clone());
            finding.assert(Assertion::Denied, "journey_denied", words.clone());
        } else {
            finding.slug(slug, slug, words.clone());
        }
        missed_summit(parsed, target, finding);
        finding.turn(Direction::Down, slug, words);
    }
}

/// "Nein, Trump kommt nicht", "n'ira pas, précise Tokyo": a negated journey that answers talk of it.
fn corrects_talk(parsed: &Parsed<'_>, words: &str) -> bool {
    const NEGATED: [&str; 6] = ["nicht", "pas", "n't", "不", "안 ", "not"];
    const ANSWERS: [&str; 14] = [
        "non, ", "nein, ", "no, ", " klar", "précise", "clarif", "insist", "stress", "betont",
        "assure", "澄清", "해명", "선 그", "rumo",
    ];
    let text = &parsed.text.lower;
    NEGATED.iter().any(|mark| words.contains(mark))
        && ANSWERS.iter().any(|mark| text.contains(mark))
}

/// Of plans that stand: was it a delay or a cancellation that was talked of? If neither is named, to stand
/// as scheduled is not to be put off, and to be still on is not to be called off.
pub(crate) fn unchanged(parsed: &Parsed<'_>, mark: &str) -> &'static str {
    let cancelled = parsed.any(Role::Cancel).is_some();
    match parsed.any(Role::Postpone) {
        Some(_) => "visit_postponed",
        None if cancelled || ["still on", "going ahead as"].contains(&mark) => "visit_cancelled",
        None => "visit_postponed",
    }
}

/// "Has not arrived in Tokyo", 到着していない: it is denied that he is there, not that he will come.
pub(crate) fn not_arrived<'p>(parsed: &'p Parsed<'_>, journey: &Word) -> Option<&'p Word> {
    const TO_COME: [&str; 22] = [
        "will not",
        "won't",
        "not going to",
        "isn't going to",
        "not arriving",
        "not landing",
        "will never",
        "not expected to",
        "not set to",
        "not due to",
        "no plan",
        "not to land",
        "not to arrive",
        "wird nicht",
        "werden nicht",
        "n'arrivera",
        "n'atterrira",
        "pas prévu",
        "しない見通し",
        "않을",
        "不会",
        "不會",
    ];
    let text = &parsed.text.lower;
    let arrival = parsed.of(Role::Arrive).find(|word| word.negated)?;
    let other = arrival.hit != journey.hit && !journey.negated;
    let ahead =
        TO_COME.iter().any(|mark| text.contains(mark)) || crate::phase::ahead(text).is_some();
    (!other && !ahead).then_some(arrival)
}
