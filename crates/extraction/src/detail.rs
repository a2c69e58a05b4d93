//! What a cancellation or a denial is about. A round of golf, a speech, a companion or another's journey
//! that falls away during a visit leaves the visit standing; who does not confirm denies nothing.

use statecraft_domain::signal::{Assertion, Direction};

use crate::finding::Finding;
use crate::frames::{Token, starts, tokens};
use crate::lexicon::{Lang, Tag};
use crate::parse::{Parsed, Word};
use crate::role::{Kind, Role};

/// Prepositions of what happens on a journey or against it.
const WHILE: [&str; 10] = [
    "during",
    "against",
    "while",
    "während",
    "gegen",
    "pendant",
    "durant",
    "lors",
    "contre",
    "alongside",
];

/// Behind a word for the journey in scripts without spaces.
const DENSE_ADJUNCTS: [&str; 29] = [
    "中の",
    "中に",
    "中、",
    "に伴う",
    "に合わせ",
    "を前に",
    "前の",
    "時の",
    "の際",
    "に際し",
    "期間中",
    "に反対",
    "反対",
    "に抗議",
    "抗議",
    "期间",
    "期間",
    "前夕",
    "之际",
    "之行期间",
    "行程中的",
    " 중 ",
    " 중,",
    " 기간",
    " 때 ",
    " 앞두고",
    "을 앞두고",
    "에 맞춰",
    " 반대",
];

/// The finding, unless what it takes back is only a detail: then nothing is stated.
pub(crate) fn spared(parsed: &Parsed<'_>, target: usize, journey: &Finding) -> Option<Finding> {
    let denied = journey.assertion == Some(Assertion::Denied);
    let down = journey.direction == Some(Direction::Down);
    let hedged = journey.assertion == Some(Assertion::Hedged);
    if hedged || !(denied || down) {
        return None;
    }
    let unconfirmed = || unconfirmed(parsed).filter(|_| denied).map(|it| ("not_confirmed", it));
    let detail = || detail(parsed, target).filter(|_| down);
    let (rule, words) = unconfirmed().or_else(detail)?;
    let mut finding = Finding::default();
    finding.cite("relevant", rule, words);
    Some(finding)
}

/// "Cannot confirm", "not aware of any change", "dates still being arranged".
fn unconfirmed(parsed: &Parsed<'_>) -> Option<String> {
    let text = &parsed.text.lower;
    let lists =
        [&parsed.lists.not_confirmed, &parsed.lists.no_change_known, &parsed.lists.date_open];
    lists.iter().find_map(|list| list.found_in(text)).map(str::to_owned)
}

fn detail(parsed: &Parsed<'_>, target: usize) -> Option<(&'static str, String)> {
    let text = &parsed.text.lower;
    let named = |rule: &'static str| move |words: String| (rule, words);
    if matches!(parsed.lang, Lang::Ja | Lang::Ko | Lang::Zh) {
        return another_head(parsed, target)
            .map(named("another_head_of_state"))
            .or_else(|| dense_event(parsed, target).map(named("event_of_the_visit")));
    }
    let tokens = tokens(text);
    companion(parsed)
        .map(named("companion_stays_away"))
        .or_else(|| another_head(parsed, target).map(named("another_head_of_state")))
        .or_else(|| no_undoing(parsed, &tokens).map(named("no_undoing")))
        .or_else(|| shorter(parsed, &tokens).map(named("shorter_or_later_by_a_day")))
        .or_else(|| event(parsed, &tokens, target).map(named("event_of_the_visit")))
}

fn undoings<'p>(parsed: &'p Parsed<'_>) -> impl Iterator<Item = &'p Word> {
    parsed.words.iter().filter(|word| word.hit.tag.is(&[Role::Cancel, Role::Postpone]))
}

/// "Rubio will not join Trump on", "First Lady will skip Trump's visit": another is the subject.
fn companion(parsed: &Parsed<'_>) -> Option<String> {
    let text = &parsed.text.lower;
    let person = |word: &&Word| {
        matches!(parsed.kind(word), Some(Kind::UsOther | Kind::UsPerson | Kind::President))
    };
    let first = parsed.words.iter().find(person)?;
    let consort = parsed
        .lists
        .companions
        .iter()
        .find(|it| text.find(*it).is_some_and(|at| at <= first.hit.start));
    if consort.is_none() && parsed.kind(first) == Some(Kind::President) {
        return None;
    }
    let subject = consort.map_or_else(|| parsed.cite(&first.hit), str::to_owned);
    let end = text.find(&subject)? + subject.len();
    let rest = text.get(end..)?;
    let him = parsed.lists.joins_him.found_in(rest);
    let his = parsed.lists.misses.iter().find(|verb| {
        rest.find(*verb).and_then(|at| rest.get(at + verb.len()..)).is_some_and(|object| {
            ["president trump's", "trump's", "president's", "the president's"]
                .iter()
                .any(|his| object.starts_with(his))
        })
    });
    him.or(his).map(|mark| mark.trim().to_owned())
}

/// "Le président français", 習主席: nobody of America is named, and another head of state is.
fn another_head(parsed: &Parsed<'_>, target: usize) -> Option<String> {
    let text = &parsed.text.lower;
    if parsed.lists.his_names.occurs_in(text) {
        return None;
    }
    let head = parsed.lists.foreign_heads.found_in(text).map(str::to_owned);
    head.or_else(|| {
        let leader = parsed.words.iter().find(|word| {
            matches!(word.hit.tag, Tag::Leader(at) if at != target) && !word.contrasted
        })?;
        Some(parsed.cite(&leader.hit))
    })
}

/// "Earthquake strikes", "passes over on way to", "scraps tariffs": the verb undoes no journey.
fn no_undoing(parsed: &Parsed<'_>, tokens: &[Token<'_>]) -> Option<String> {
    let text = &parsed.text.lower;
    let mut undone = undoings(parsed);
    let word = undone.next()?;
    if undone.next().is_some() || word.negated {
        return None;
    }
    let said = parsed.cite(&word.hit);
    let strikes = ["strikes", "strike", "struck", "wipes", "wipe"].contains(&said.as_str());
    let flies = said == "passes over" && parsed.lists.flights.occurs_in(text);
    let mut object = tokens.iter().skip_while(|token| token.start < word.hit.end);
    let measure = object.clone().take(3).any(|token| parsed.lists.measures.begins(token.word))
        && !object.any(|token| {
            let pact =
                ["deal", "talk", "pact", "exempt", "relief", "cut", "truce", "agree", "negoti"];
            starts(&pact, token.word) || parsed.lists.trips.has(token.word)
        });
    let disaster = || tokens.iter().any(|token| parsed.lists.disasters.begins(token.word));
    (strikes && disaster() || flies || measure).then_some(said)
}

/// "Cuts short visit", "delays departure by one day".
fn shorter(parsed: &Parsed<'_>, tokens: &[Token<'_>]) -> Option<String> {
    let text = &parsed.text.lower;
    let cut = parsed.lists.shortened.found_in(text);
    if let Some(mark) = cut.filter(|_| undoings(parsed).count() <= 1) {
        return Some((*mark).to_owned());
    }
    let put_off = parsed.any(Role::Postpone)?;
    if parsed.any(Role::Cancel).is_some() {
        return None;
    }
    let leaves =
        ["departure", "takeoff", "take-off", "landing", "arrival", "abflug", "abreise", "départ"];
    let short = tokens.windows(3).any(|three| match three {
        [by, count, unit] => {
            let few = ["one", "a", "two", "an", "few", "several", "three", "1", "2", "3"];
            ["by", "um", "de"].contains(&by.word)
                && few.contains(&count.word)
                && starts(&["hour", "day", "stunde", "tag", "heure", "jour"], unit.word)
        }
        _ => false,
    });
    let leaves = tokens.iter().any(|token| leaves.contains(&token.word));
    let hours = tokens.iter().any(|token| ["hours", "stunden", "heures"].contains(&token.word));
    (short || leaves && hours).then(|| parsed.cite(&put_off.hit))
}

/// "During Tokyo visit", "ahead of Trump's visit to Japan": from the preposition to the end of the phrase.
fn adjunct(
    parsed: &Parsed<'_>,
    tokens: &[Token<'_>],
    target: usize,
) -> Option<(usize, usize, bool)> {
    const REACH: usize = 7;
    const LOOSE: [&str; 16] = [
        "of",
        "for",
        "on",
        "before",
        "amid",
        "at",
        "vor",
        "bei",
        "für",
        "avant",
        "ahead",
        "with",
        "zu",
        "anlässlich",
        "around",
        "in",
    ];
    tokens.iter().enumerate().find_map(|(at, token)| {
        let strong = WHILE.contains(&token.word);
        if token.stops || !(strong || LOOSE.contains(&token.word)) {
            return None;
        }
        let near = tokens.iter().enumerate().skip(at + 1).take(REACH);
        let mut open = true;
        let phrase: Vec<(usize, &Token<'_>)> =
            near.take_while(|(_, next)| std::mem::replace(&mut open, !next.stops)).collect();
        let (trip, noun) = phrase.iter().find(|(_, next)| parsed.lists.trips.has(next.word))?;
        // Nothing that is done may stand between: "on Sunday cancelled visit".
        let verb =
            undoings(parsed).any(|it| it.hit.start > token.start && it.hit.end <= noun.start);
        let reach = phrase.iter().rev().find(|(index, _)| *index <= trip + 4)?.1.end;
        let place = parsed.words.iter().filter(|word| here(word, target)).find(|word| {
            let before = word.hit.start > token.start && word.hit.end <= noun.start;
            let after = word.hit.start >= noun.end
                && word.hit.start < reach
                && word.hit.start <= noun.end + 22;
            before || after
        })?;
        let end = noun.end.max(place.hit.end);
        (!verb).then_some((token.start, end, strong))
    })
}

fn here(word: &Word, target: usize) -> bool {
    matches!(word.hit.tag, Tag::Place(at) | Tag::Country(at) | Tag::VisitTo(at) if at == target)
}

fn event(parsed: &Parsed<'_>, tokens: &[Token<'_>], target: usize) -> Option<String> {
    let inside = adjunct(parsed, tokens, target);
    let out = |start: usize| inside.is_none_or(|(from, to, _)| start < from || start >= to);
    let rest: Vec<&Token<'_>> = tokens.iter().filter(|token| out(token.start)).collect();
    if journey_outside(parsed, &rest, target) {
        return None;
    }
    let noun = rest.iter().find(|token| parsed.lists.events.begins(token.word));
    match inside {
        Some((from, to, strong)) => {
            let part = rest.iter().find(|token| {
                parsed.lists.parts_of_trip.has(token.word) || parsed.lists.trips.has(token.word)
            });
            let found = noun.or(part).is_some() || strong;
            let words = parsed.text.lower.get(from..to).unwrap_or_default().to_owned();
            found.then_some(words)
        }
        // "Cancels speech in Tokyo": the event is the object of the verb.
        None => {
            let event = noun?;
            let at = tokens.iter().position(|token| token.start == event.start)?;
            let beside = undoings(parsed).any(|word| {
                let verb = tokens.iter().position(|token| token.start >= word.hit.start);
                verb.is_some_and(|verb| verb.abs_diff(at) <= 4 && !word.negated)
            });
            beside.then(|| event.word.to_owned())
        }
    }
}

/// Is the journey itself named outside of the adjunct: "Japan visit", "visit Japan", "skips Japan", or
/// only "the trip"?
fn journey_outside(parsed: &Parsed<'_>, rest: &[&Token<'_>], target: usize) -> bool {
    let starts_at = |start: usize| rest.iter().position(|token| token.start >= start);
    let kept = |word: &&Word| {
        rest.iter().any(|token| token.start >= word.hit.start && token.start < word.hit.end)
    };
    let places: Vec<(&Word, usize)> = parsed
        .words
        .iter()
        .filter(kept)
        .filter(|word| {
            parsed.country(word).is_some()
                && !matches!(word.hit.tag, Tag::Actor(_) | Tag::Leader(_))
                || word.hit.tag.is(&[Role::UsSeat, Role::Us, Role::UsVisit])
                || parsed.kind(word) == Some(Kind::UsOffice)
        })
        .filter_map(|word| Some((word, starts_at(word.hit.start)?)))
        .collect();
    let skipped = undoings(parsed).any(|undo| {
        let after = starts_at(undo.hit.end);
        places.iter().any(|(word, at)| {
            let named = matches!(word.hit.tag, Tag::Country(at) if at == target);
            let noun = rest.get(at + 1).is_some_and(|next| {
                parsed.lists.events.begins(next.word) || parsed.lists.parts_of_trip.has(next.word)
            });
            named && !noun && after == Some(*at)
        })
    });
    let visits = rest.iter().enumerate().any(|(at, token)| {
        let goes =
            ["travel", "go", "come", "reist", "kommt", "visits", "visiting"].contains(&token.word);
        if !goes && !parsed.lists.trips.has(token.word) {
            return false;
        }
        let beside = places.iter().find(|(_, place)| *place + 2 >= at && *place <= at + 3);
        match beside.map(|(word, _)| word.hit.tag) {
            Some(Tag::Country(index) | Tag::VisitTo(index)) => index == target,
            Some(_) => false,
            None => true,
        }
    });
    skipped || visits
}

/// 訪日中の記者会見, 访日期间取消演讲, 방일 중 기자회견; "訪日、大阪訪問は見送り".
fn dense_event(parsed: &Parsed<'_>, target: usize) -> Option<String> {
    let text = &parsed.text.lower;
    let visits = parsed.words.iter().filter(|word| here(word, target));
    visits.clone().find_map(|word| {
        let visit = matches!(word.hit.tag, Tag::VisitTo(_));
        let hit = parsed.cite(&word.hit);
        let stem = if visit { hit.trim_end_matches('中') } else { &hit };
        let tail = text.get(word.hit.start + stem.len()..)?;
        let mark = DENSE_ADJUNCTS.iter().find(|mark| tail.starts_with(**mark));
        let after = match mark {
            Some(mark) => tail.get(mark.len()..)?,
            None => return stop_of(parsed, word, tail, target).filter(|_| visit),
        };
        let again = parsed.words.iter().any(|other| {
            matches!(other.hit.tag, Tag::VisitTo(at) if at == target)
                && other.hit.start > word.hit.end
        });
        parsed.lists.events_dense.found_in(after).filter(|_| !again).map(|it| (*it).to_owned())
    })
}

/// "訪日、大阪訪問は見送り": behind the journey as a topic, a town of it.
fn stop_of(parsed: &Parsed<'_>, visit: &Word, tail: &str, target: usize) -> Option<String> {
    let topic = ["、", "で", "で、", "は", "の日程"].iter().any(|mark| tail.starts_with(mark));
    let town = parsed.words.iter().find(|word| {
        matches!(word.hit.tag, Tag::Place(at) if at == target) && word.hit.start >= visit.hit.end
    })?;
    let named = parsed.text.lower.get(town.hit.end..)?;
    let stop = ["訪問", "入り", "行き", "視察"].iter().any(|mark| named.starts_with(mark));
    let undone = undoings(parsed).all(|word| word.hit.start >= town.hit.end);
    (topic && stop && undone).then(|| parsed.cite(&town.hit))
}
