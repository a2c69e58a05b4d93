//! Headlines with the words of a visit that speak of none to come: one that is told of afterwards, a place
//! that is only a name in another story, an invitation that nobody has accepted.

use crate::finding::Finding;
use crate::lexicon::{Lang, Tag};
use crate::parse::{Parsed, Word};
use crate::role::{Kind, Role};

/// Signals that say that he comes, or is there.
const COMES: [&str; 3] = ["visit_planned", "visit_announced", "visit_occurred"];

/// Why a visit that was read is none, and the words that say so. What is denied, put off or called off
/// stays as it was read.
pub(crate) fn unspoken(
    parsed: &Parsed<'_>,
    target: usize,
    finding: &Finding,
) -> Option<(&'static str, String)> {
    if !comes(finding) {
        return None;
    }
    if let Some(words) = crate::heads::another_head(parsed) {
        return Some(("another_travels", words));
    }
    if let Some(words) = told_afterwards(parsed) {
        return Some(("past_event", words));
    }
    elsewhere(parsed, target).map(|words| ("no_way_there", words))
}

fn comes(finding: &Finding) -> bool {
    finding.slugs.iter().any(|slug| COMES.contains(slug))
        && finding.denies.is_none()
        && finding.assertion != Some(statecraft_domain::signal::Assertion::Denied)
        && !finding.slugs.contains(&"visit_cancelled")
        && !finding.slugs.contains(&"visit_postponed")
}

/// "Thanks for visit last year", 昨年の訪日, "a year after", the bill for the police: no news of a visit, unless
/// the headline looks ahead as well.
fn told_afterwards(parsed: &Parsed<'_>) -> Option<String> {
    let text = &parsed.text.lower;
    let history = ["this day in history", "icymi", "in case you missed"];
    if let Some(mark) = history.iter().find(|mark| text.contains(**mark))
        && ![" will ", "to visit", "to travel"].iter().any(|it| text.contains(it))
    {
        return Some((*mark).to_owned());
    }
    if parsed.lists.looks_ahead.occurs_in(text) {
        return None;
    }
    let past = parsed.lists.year_ago.found_in(text).or_else(|| parsed.lists.bill.found_in(text));
    past.map(|mark| mark.trim().to_owned())
}

/// The country is named, but nothing leads there.
fn elsewhere(parsed: &Parsed<'_>, target: usize) -> Option<String> {
    absent(parsed)
        .or_else(|| only_of_its_people(parsed, target))
        .or_else(|| receives(parsed, target))
        .or_else(|| is_visited(parsed))
        .or_else(|| talks_nowhere(parsed))
        .or_else(|| guests_of_another_clause(parsed))
}

/// "Speaks by video", "absent from": he is not there.
fn absent(parsed: &Parsed<'_>) -> Option<String> {
    let text = &parsed.text.lower;
    let invited = parsed.any(Role::Invite).is_some();
    parsed.lists.from_afar.found_in(text).filter(|_| !invited).map(str::to_owned)
}

fn at_target(word: &Word, target: usize) -> bool {
    let here = matches!(word.hit.tag, Tag::Place(at) | Tag::Country(at) | Tag::VisitTo(at) if at == target);
    here && !word.contrasted
}

/// "Japanese executives": its people or its goods, not the country.
fn only_of_its_people(parsed: &Parsed<'_>, target: usize) -> Option<String> {
    const ENDS: [&str; 4] = ["ese", "rean", "indian", "british"];
    let mut named = parsed.words.iter().filter(|word| at_target(word, target)).peekable();
    let first = named.peek().map(|word| parsed.cite(&word.hit))?;
    let people = |word: &Word| {
        let said = parsed.cite(&word.hit).to_lowercase();
        let tail = parsed.text.lower.get(word.hit.end..).unwrap_or_default().trim_start();
        let things = matches!(word.hit.tag, Tag::Country(_)) && parsed.lang == Lang::En;
        things
            && ENDS.iter().any(|end| said.ends_with(end))
            && !tail.is_empty()
            && !parsed.lists.ground.begins(tail)
    };
    named.all(people).then_some(first)
}

/// "Trump hosts state dinner for Japan's emperor": he receives, and no town of the country is named.
fn receives(parsed: &Parsed<'_>, target: usize) -> Option<String> {
    let town = parsed
        .words
        .iter()
        .any(|word| matches!(word.hit.tag, Tag::Place(at) | Tag::VisitTo(at) if at == target));
    let president = parsed.words.iter().find(|word| parsed.kind(word) == Some(Kind::President))?;
    let tail = parsed.text.lower.get(president.hit.end..)?.trim_start();
    let hosts =
        ["hosts ", "hosted ", "to host ", "will host ", "receives ", "welcomes ", "to welcome "];
    let verb = hosts.iter().find(|verb| tail.starts_with(**verb))?;
    (!town && parsed.lang == Lang::En).then(|| verb.trim().to_owned())
}

/// "Japan delegation to visit Trump": he is whom they visit.
fn is_visited(parsed: &Parsed<'_>) -> Option<String> {
    let named: Vec<&Word> =
        parsed.words.iter().filter(|word| parsed.kind(word) == Some(Kind::President)).collect();
    let visited = |word: &&&Word| {
        let head = parsed.text.lower.get(..word.hit.start).unwrap_or_default();
        let verb = [" visit ", " visits ", " visited ", " visiting "];
        let noun = ["for visit ", "s visit "].iter().any(|it| head.ends_with(it));
        verb.iter().any(|it| head.ends_with(it)) && !noun
    };
    let found = named.iter().find(visited)?;
    (named.len() == 1 && parsed.lang == Lang::En).then(|| parsed.cite(&found.hit))
}

/// 日米首脳会談: the leaders talk, and nothing says where or that anybody travels.
fn talks_nowhere(parsed: &Parsed<'_>) -> Option<String> {
    let pair = parsed.words.iter().find(|word| {
        let tail = parsed.text.lower.get(word.hit.start..).unwrap_or_default();
        parsed.lists.pairs_of_leaders.begins(tail)
    })?;
    let moves = [Role::Travel, Role::Arrive, Role::Stopover, Role::Invite, Role::ReturnVisit];
    let way = parsed.words.iter().any(|word| {
        let talks =
            parsed.cite(&word.hit).contains("会談") || parsed.cite(&word.hit).contains("회담");
        matches!(word.hit.tag, Tag::Place(_) | Tag::VisitTo(_))
            || word.hit.tag.is(&moves) && !talks
            || parsed.kind(word) == Some(Kind::President) && word.hit.start != pair.hit.start
    });
    (!way).then(|| parsed.cite(&pair.hit))
}

/// ドジャース来日、トランプ氏が祝福: somebody else comes in a clause without him.
fn guests_of_another_clause(parsed: &Parsed<'_>) -> Option<String> {
    let visit = parsed.words.iter().find(|word| matches!(word.hit.tag, Tag::VisitTo(_)))?;
    let himself = |word: &&Word| parsed.kind(word) == Some(Kind::President);
    let before = parsed.words.iter().filter(himself).any(|word| word.clause <= visit.clause);
    let behind = parsed.words.iter().filter(himself).any(|word| {
        let tail = parsed.text.lower.get(word.hit.end..).unwrap_or_default();
        word.clause > visit.clause && ["が", "は", "も"].iter().any(|it| tail.starts_with(it))
    });
    let head = parsed.text.lower.get(..visit.hit.start).unwrap_or_default();
    let name = head.chars().next_back().is_some_and(|c| ('ァ'..='ヿ').contains(&c));
    (parsed.lang == Lang::Ja && !before && behind && name).then(|| parsed.cite(&visit.hit))
}

/// "Takaichi invites Trump to visit Japan": somebody wants it, and nobody has said that he comes.
pub(crate) fn only_asked(parsed: &Parsed<'_>, finding: &Finding) -> bool {
    let only = finding.slugs.contains(&"visit_planned")
        && !finding.slugs.contains(&"visit_announced")
        && !finding.slugs.contains(&"visit_occurred");
    if !comes(finding) || !only {
        return false;
    }
    let text = &parsed.text.lower;
    let asked = finding.citations.iter().any(|citation| citation.rule == "asked_to_come");
    let accepted = parsed.lists.accepts.occurs_in(text) || he_goes(parsed);
    let dense = matches!(parsed.lang, Lang::Ja | Lang::Ko | Lang::Zh);
    let invites =
        parsed.any(Role::Invite).is_some() || dense && parsed.lists.asks_dense.occurs_in(text);
    (asked || invites) && !accepted
}

/// "Trump to visit Japan at Takaichi's invitation": he does it, whoever asked; but "asks Trump to visit" asks.
fn he_goes(parsed: &Parsed<'_>) -> bool {
    parsed.words.iter().filter(|word| parsed.kind(word) == Some(Kind::President)).any(|word| {
        let tail = parsed.text.lower.get(word.hit.end..).unwrap_or_default();
        let object = parsed.words.iter().any(|other| {
            let verb = other.hit.tag.is(&[Role::Invite, Role::Propose, Role::Host]);
            other.hit.end <= word.hit.start
                && (verb || crate::place::asked(parsed, other).is_some())
        });
        (tail.starts_with(" to ") || tail.starts_with(" plans") || tail.starts_with(" heads"))
            && !object
    })
}
