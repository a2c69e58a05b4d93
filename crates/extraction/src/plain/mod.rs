//! What a headline says of a visit so plainly that it counts as evidence. The other rules guess from the
//! words that are there; this grammar accounts for every word between the man, his way and its end. Where it
//! does not understand a word, nothing is said: a visit that was misread costs more than one that was missed.
//!
//! A headline becomes a row of items, each with the letters of what it may be ([`lex`]); patterns over
//! those letters are the grammar ([`pattern`]).

mod lex;
mod pattern;

pub(crate) use pattern::{Grammar, Said};

use statecraft_domain::signal::{Assertion, Direction};

use crate::finding::Finding;
use crate::parse::Parsed;
use crate::role::Role;
use crate::standing::STOPOVER;

/// What is plainly said of the President's way to the target.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plain {
    /// What is said, and the words that say so.
    pub(crate) said: Option<(Said, String)>,
    /// A visit of his is named in one piece, whatever is said of it.
    named: bool,
    /// He is named.
    him: bool,
}

/// Reads the headline by the strict grammar.
pub(crate) fn plainly(grammar: &Grammar, parsed: &Parsed<'_>, target: usize) -> Plain {
    let row = lex::row(&grammar.words, parsed, target);
    let words = |range: std::ops::Range<usize>| {
        parsed.text.lower.get(range).unwrap_or_default().trim().to_owned()
    };
    let said = grammar.read(&row).map(|(said, range)| (said, words(range)));
    Plain { said, named: grammar.names(&row), him: row.letters.contains('P') }
}

/// What the other rules made of a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guess {
    Said(Said),
    /// He is not there (yet): says nothing of whether he comes.
    NotThere,
    /// An undoing is denied: the plan stands.
    Restored,
    /// A stop on the way, behind or ahead of him.
    Stopover,
    Silent,
}

fn guess(journey: &Finding) -> Guess {
    let has = |slug| journey.slugs.contains(&slug);
    let denied =
        journey.assertion == Some(Assertion::Denied) && journey.direction == Some(Direction::Down);
    if journey.denies.is_some() {
        Guess::Restored
    } else if journey.citations.iter().any(|citation| citation.rule == STOPOVER) {
        Guess::Stopover
    } else if has("visit_cancelled") {
        Guess::Said(Said::Off)
    } else if has("visit_postponed") {
        Guess::Said(Said::Later)
    } else if has("visit_occurred") {
        if denied { Guess::NotThere } else { Guess::Said(Said::There) }
    } else if has("visit_planned") || has("visit_announced") {
        Guess::Said(if denied { Said::Not } else { Said::Comes })
    } else {
        Guess::Silent
    }
}

/// The journey, corrected by what is plainly said; and whether it is too loosely read to count.
///
/// Where both understand it in opposite ways, what undoes a visit is taken from the grammar only: a report
/// that is denied or an undoing in words that it does not know must not become good news.
pub(crate) fn weighed(parsed: &Parsed<'_>, journey: Finding, plain: Plain) -> (Finding, bool) {
    let guessed = guess(&journey);
    let guessed_said = match guessed {
        Guess::Said(said) => Some(said),
        Guess::NotThere => Some(Said::Not),
        Guess::Restored | Guess::Stopover | Guess::Silent => None,
    };
    // "Denies the report of a visit": the verb of denial is plain, and so is what it denies.
    if parsed.denial.is_some() && plain.named && guessed != Guess::Silent {
        return (journey, false);
    }
    let Some((said, words)) = plain.said else {
        return (journey, guessed_said.is_some() || guessed == Guess::Stopover);
    };
    let negative = |said: Said| matches!(said, Said::Off | Said::Not);
    let same = |guess: Said| guess == said || negative(guess) && negative(said);
    let undone =
        matches!(guessed, Guess::Said(Said::Off | Said::Later | Said::Not) | Guess::NotThere);
    match (guessed, said) {
        _ if guessed_said.is_some_and(same) => (journey, false),
        (Guess::Restored, Said::Comes | Said::There | Said::Instead) => (journey, false),
        (Guess::Stopover, Said::Stops | Said::Comes | Said::There) => (journey, false),
        // What is no stop to the other rules is a visit, or nothing.
        (Guess::Said(Said::Comes | Said::There), Said::Stops) => (journey, false),
        (_, Said::Stops) => (journey, guessed != Guess::Silent),
        // A denial that speaks of an undoing may be of the undoing.
        (Guess::Restored, _) if parsed.denial.is_some() => (journey, false),
        (_, Said::Off | Said::Later) if parsed.denial.is_some() => (journey, true),
        (_, Said::Comes) if undone => (journey, true),
        (Guess::Said(Said::Comes), Said::Instead) => (journey, false),
        // "Arrives in Tokyo next week".
        (Guess::Said(Said::Comes), Said::There)
            if crate::phase::ahead(&parsed.text.lower).is_some() =>
        {
            (journey, false)
        }
        _ if !plain.him => (journey, guessed != Guess::Silent),
        _ => (found(parsed, said, words), false),
    }
}

fn found(parsed: &Parsed<'_>, said: Said, words: String) -> Finding {
    let mut finding = Finding::default();
    let (slug, direction) = match said {
        Said::There | Said::Stops => ("visit_occurred", Direction::Up),
        Said::Off => ("visit_cancelled", Direction::Down),
        Said::Later => ("visit_postponed", Direction::Down),
        Said::Not => ("visit_planned", Direction::Down),
        Said::Comes | Said::Instead if parsed.yes(Role::Announce).is_some() => {
            ("visit_announced", Direction::Up)
        }
        Said::Comes | Said::Instead => ("visit_planned", Direction::Up),
    };
    finding.slug(slug, "plainly_said", words.clone());
    if said == Said::Not {
        finding.assert(Assertion::Denied, "plainly_said", words.clone());
    }
    finding.turn(direction, "plainly_said", words);
    finding
}
