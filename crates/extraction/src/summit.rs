//! Summits: whether the President goes. That he misses one says nothing of a country but of the window
//! of that summit (model.md 1.4), whoever is its host and whichever contract has such a window.

use statecraft_domain::signal::{Assertion, Direction};

use crate::finding::Finding;
use crate::parse::{Parsed, Word};
use crate::place::asked;
use crate::role::{Kind, Role};
use crate::visit::{Traveller, traveller};

/// What the headline says of the President at a summit; nothing if it names none, or somebody else goes.
pub(crate) fn attendance(parsed: &Parsed<'_>, target: usize) -> Option<Finding> {
    let summit = parsed.of(Role::Summit).find(|word| {
        let said = parsed.cite(&word.hit);
        parsed.lists.summits.occurs_in(&said)
    })?;
    if !parsed.money.is_empty() || parsed.any(Role::Undecided).is_some() {
        return None;
    }
    let mut finding = Finding::default();
    if let Some(word) = replaced(parsed) {
        return Some(missed(parsed, summit, parsed.cite(&word.hit), finding));
    }
    let president = parsed.words.iter().find(|word| {
        parsed.kind(word) == Some(Kind::President) && !word.contrasted && !word.aside
    })?;
    if let Some(word) = undoing(parsed, summit) {
        let words = parsed.cite(&word.hit);
        if !matches!(traveller(parsed, word, target), Traveller::President | Traveller::Nobody) {
            return None;
        }
        if !word.negated {
            return Some(missed(parsed, summit, words, finding));
        }
        finding.slug("summit_window", "missing_denied", words.clone());
        finding.assert(Assertion::Denied, "missing_denied", words.clone());
        finding.turn(Direction::Up, "missing_denied", words);
        return Some(finding);
    }
    let text = &parsed.text.lower;
    if let Some(mark) = parsed.lists.stays_away.found_in(text) {
        if parsed.denial.is_none() {
            return Some(missed(parsed, summit, mark.to_owned(), finding));
        }
        finding.slug("summit_window", "missing_denied", mark.to_owned());
        finding.assert(Assertion::Denied, "missing_denied", mark.to_owned());
        finding.turn(Direction::Up, "missing_denied", mark.to_owned());
        return Some(finding);
    }
    if traveller(parsed, summit, target) != Traveller::President
        || parsed.any(Role::Invite).is_some()
        || asked(parsed, summit).is_some()
    {
        return None;
    }
    let words = parsed.cite(&president.hit);
    let goes = parsed.lists.attends.found_in(text);
    if summit.negated {
        if parsed.denial.is_some() {
            finding.assert(Assertion::Denied, "attendance_denied", words.clone());
        }
        return Some(missed(parsed, summit, words, finding));
    }
    let goes = goes.filter(|_| parsed.denial.is_none())?;
    finding.slug("summit_window", "summit_attended", parsed.cite(&summit.hit));
    finding.turn(Direction::Up, "summit_attended", goes.to_owned());
    Some(finding)
}

fn missed(parsed: &Parsed<'_>, summit: &Word, by: String, mut finding: Finding) -> Finding {
    finding.slug("summit_window", "summit_missed", parsed.cite(&summit.hit));
    finding.turn(Direction::Down, "summit_missed", by);
    finding
}

/// The verb that undoes, in the clause of the summit or anywhere if it has no other object.
fn undoing<'p>(parsed: &'p Parsed<'_>, summit: &Word) -> Option<&'p Word> {
    let beside = |word: &&Word| word.clause == summit.clause;
    parsed
        .of(Role::Cancel)
        .find(beside)
        .or_else(|| parsed.of(Role::Cancel).find(|word| !parsed.apart(word.clause, summit.clause)))
        .or_else(|| {
            let home = |word: &&Word| parsed.cite(&word.hit).contains("home");
            parsed.of(Role::Cancel).find(home)
        })
}

/// "Vance, not Trump", "in Trump's place": another American stands for him.
fn replaced<'p>(parsed: &'p Parsed<'_>) -> Option<&'p Word> {
    let aside = parsed
        .words
        .iter()
        .find(|word| word.contrasted && parsed.kind(word) == Some(Kind::President))?;
    let other = parsed.words.iter().any(|word| {
        matches!(parsed.kind(word), Some(Kind::UsOther | Kind::UsPerson)) && !word.contrasted
    });
    other.then_some(aside)
}

/// "To skip the G7 in Evian": the summit in the target takes place without him. A summit beside which
/// another country is named may be elsewhere.
pub(crate) fn missed_summit(parsed: &Parsed<'_>, target: usize, finding: &mut Finding) {
    let abroad =
        parsed.words.iter().any(|word| parsed.country(word).is_some_and(|at| at != target));
    // "Cancels Japan visit after APEC": the summit only says when.
    let only_when = |word: &&Word| {
        let head = parsed.text.lower.get(..word.hit.start).unwrap_or_default().trim_end();
        let head = head.trim_end_matches(" the");
        ["after", "before", "ahead of", "following", "since", "nach", "vor", "après", "avant"]
            .iter()
            .any(|mark| head.ends_with(mark))
    };
    let summit = parsed.of(Role::Summit).next().filter(|word| !abroad && !only_when(word));
    if let Some(word) = summit {
        finding.slug("summit_window", "summit_missed", parsed.cite(&word.hit));
    }
}
