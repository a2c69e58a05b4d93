//! Journeys: who goes where, and how sure it is. A verb or noun of travel takes the nearest place as
//! its destination and the nearest person before it as its traveller.

use statecraft_domain::signal::Direction;

use crate::finding::Finding;
use crate::lexicon::{Lang, Tag};
use crate::parse::{Parsed, Word};
use crate::place::{coordinated, gathers_elsewhere, only_named_after, skips_summit};
use crate::role::{Kind, Role};
use crate::standing::state;
use crate::summit::attendance;

/// Where a journey leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goal {
    Target,
    Abroad,
    America,
    Seat,
}

/// Who travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Traveller {
    President,
    OtherAmerican,
    Host,
    Foreigner,
    Nobody,
}

/// Reads the headline for journeys that bear on `target`.
pub(crate) fn visit(parsed: &Parsed<'_>, target: usize) -> Finding {
    let mut finding = Finding::default();
    if let Some((word, by)) = represented(parsed, target) {
        finding.slug("visit_cancelled", "another_in_his_place", by);
        finding.turn(Direction::Down, "another_in_his_place", parsed.cite(&word.hit));
        return finding;
    }
    if let Some(word) = parsed.any(Role::Past) {
        finding.cite("relevant", "past_event", parsed.cite(&word.hit));
        return finding;
    }
    let mut journeys: Vec<Journey> =
        parsed.words.iter().filter_map(|word| journey(parsed, word, target)).collect();
    if journeys.iter().any(|journey| matches!(journey.goal, Goal::Seat | Goal::America)) {
        // "Visits Washington, meets Trump": the meeting is where the journey leads.
        journeys.retain(|journey| !parsed.cite(&journey.word.hit).starts_with("meet"));
    }
    if journeys.iter().any(|journey| !journey.weak) {
        // "Meets Takaichi" says where only if nothing else does.
        journeys.retain(|journey| !journey.weak);
    }
    let to_target = |journey: &&Journey| journey.goal == Goal::Target;
    let own = journeys
        .iter()
        .find(|j| to_target(j) && matches!(j.traveller, Traveller::President | Traveller::Nobody))
        // What is called off at the host's home is a visit to him.
        .or_else(|| {
            let undone =
                parsed.of(Role::Cancel).next().or_else(|| parsed.of(Role::Postpone).next());
            let own = |j: &&Journey| to_target(j) && j.traveller == Traveller::Host;
            journeys.iter().find(own).filter(|_| undone.is_some() && nobody_else(parsed))
        });
    if let Some(journey) = own.filter(|journey| {
        journey.traveller == Traveller::President || official(parsed) || nobody_else(parsed)
    }) {
        state(parsed, journey, &mut finding);
        return finding;
    }
    let replaced =
        journeys.iter().find(|j| to_target(j) && j.traveller == Traveller::OtherAmerican);
    if let Some((journey, president)) =
        replaced.and_then(|journey| Some((journey, set_aside(parsed)?)))
    {
        finding.slug("visit_cancelled", "another_in_his_place", parsed.cite(&journey.word.hit));
        finding.turn(Direction::Down, "another_in_his_place", parsed.cite(&president.hit));
        return finding;
    }
    if let Some((journey, place)) = elsewhere_instead(parsed, &journeys, target) {
        finding.slug("visit_cancelled", "another_place_instead", parsed.cite(&journey.word.hit));
        finding.turn(Direction::Down, "another_place_instead", parsed.cite(&place.hit));
        return finding;
    }
    if let Some(found) = attendance(parsed, target) {
        return found;
    }
    if replaced.is_none() {
        inbound(parsed, &journeys, target, &mut finding);
    }
    finding
}

/// "Picks Seoul over Tokyo": the President goes, and the target is only what he does not choose.
fn elsewhere_instead<'p>(
    parsed: &'p Parsed<'_>,
    journeys: &'p [Journey],
    target: usize,
) -> Option<(&'p Journey, &'p Word)> {
    let journey = journeys.iter().find(|journey| {
        journey.goal == Goal::Abroad && journey.traveller == Traveller::President
    })?;
    let place = parsed.words.iter().find(|word| {
        let here = matches!(word.hit.tag, Tag::Place(at) | Tag::Country(at) if at == target);
        here && word.contrasted
    })?;
    Some((journey, place))
}

/// "Rubio to represent Trump at Tokyo ceremony", "sends Rubio in his stead".
fn represented<'p>(parsed: &'p Parsed<'_>, target: usize) -> Option<(&'p Word, String)> {
    const MARKS: [&str; 31] = [
        "takes trump's",
        "take trump's",
        "taking trump's",
        "takes his seat",
        "takes president's",
        "instead of trump",
        "represent trump",
        "represents trump",
        "represent president",
        "in his stead",
        "in his place",
        "in his absence",
        "in trump's place",
        "in trump's stead",
        "in trump's absence",
        "deputise",
        "deputize",
        "trump sends",
        "president sends",
        "trump dispatches",
        "trump to send",
        "trump will send",
        "stand in for",
        "stands in for",
        "standing in for",
        "fill in for",
        "fills in for",
        "filling in for",
        "sub for",
        "subs for",
        "deputy for",
    ];
    let mark = MARKS.iter().find(|mark| parsed.text.lower.contains(*mark))?;
    let there = parsed.words.iter().any(|word| {
        matches!(word.hit.tag, Tag::Place(at) | Tag::Country(at) | Tag::VisitTo(at) if at == target)
    });
    let other = parsed.words.iter().find(|word| parsed.kind(word) == Some(Kind::UsOther));
    other.filter(|_| there && parsed.money.is_empty()).map(|word| (word, (*mark).to_owned()))
}

/// One journey.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Journey {
    pub(crate) word: Word,
    goal: Goal,
    /// The goal is a person, not a place.
    weak: bool,
    traveller: Traveller,
    /// The country it is read for.
    pub(crate) target: usize,
}

fn journey(parsed: &Parsed<'_>, word: &Word, target: usize) -> Option<Journey> {
    let moves = [
        Role::Travel,
        Role::Arrive,
        Role::Stopover,
        Role::Invite,
        Role::Host,
        Role::UsVisit,
        Role::ReturnVisit,
    ];
    let stops = [Role::Cancel, Role::Postpone];
    let named = matches!(word.hit.tag, Tag::VisitTo(_));
    if word.contrasted || !(named || word.hit.tag.is(&moves) || word.hit.tag.is(&stops)) {
        return None;
    }
    if gathers_elsewhere(parsed, word) {
        return None;
    }
    // "Skips APEC, visits Tokyo": the skipping leads nowhere.
    if word.hit.tag.is(&stops) && skips_summit(parsed, word, target) {
        return None;
    }
    let (goal, weak) = goal(parsed, word, target)?;
    let skips = word.hit.tag.is(&stops) && object_is_target(parsed, word, target);
    // "Cancels" alone is a journey only if nothing else in the headline is one.
    if !skips && word.hit.tag.is(&stops) && (parsed.any(Role::Travel).is_some() || money(parsed)) {
        return None;
    }
    let found = traveller(parsed, word, target);
    // The host does not travel to himself: at his home the guest is the traveller.
    let guest =
        goal == Goal::Target && found == Traveller::Host && parsed.has_kind(Kind::President);
    let traveller = if guest { Traveller::President } else { found };
    Some(Journey { word: *word, goal, weak, traveller, target })
}

/// "Skip Tokyo": the place of the target right behind the verb.
fn object_is_target(parsed: &Parsed<'_>, word: &Word, target: usize) -> bool {
    parsed.lang == Lang::En
        && parsed.words.iter().any(|other| {
            let here = matches!(other.hit.tag, Tag::Place(at) | Tag::Country(at) if at == target);
            here && other.hit.start >= word.hit.end && other.hit.start <= word.hit.end + 2
        })
}

fn money(parsed: &Parsed<'_>) -> bool {
    !parsed.money.is_empty()
        || parsed.any(Role::Invest).is_some()
        || parsed.any(Role::Project).is_some()
}

fn goal(parsed: &Parsed<'_>, word: &Word, target: usize) -> Option<(Goal, bool)> {
    let named = |country: usize| if country == target { Goal::Target } else { Goal::Abroad };
    match word.hit.tag {
        Tag::VisitTo(country) => return Some((named(country), false)),
        Tag::Word(Role::UsVisit) => return Some((Goal::Seat, false)),
        Tag::Word(Role::Host) if hosts_at_home(parsed, word) => return Some((Goal::Seat, false)),
        _ => {}
    }
    let place = |other: &Word| match other.hit.tag {
        Tag::Place(country) | Tag::Country(country)
            if !in_america(parsed, other) && !only_named_after(parsed, other) =>
        {
            Some((named(country), 0))
        }
        // "US-Präsident" is a person, though "US-" is a place.
        Tag::Word(Role::Us) if !titled(parsed, other) => Some((Goal::America, 0)),
        Tag::Word(Role::UsSeat) if !speaks(parsed, other) => Some((Goal::Seat, 0)),
        Tag::Actor(_) if parsed.kind(other) == Some(Kind::Government) => {
            Some((named(parsed.country(other)?), 220))
        }
        // "Xi meeting": a person stands for his country only if no place is said.
        Tag::Leader(country) => Some((named(country), 200)),
        _ => None,
    };
    let postposed = matches!(parsed.lang, Lang::Ja | Lang::Ko);
    let goals =
        parsed.words.iter().filter(|other| !other.contrasted && !other.aside).filter_map(|other| {
            let (goal, extra) = place(other)?;
            let after = other.hit.start >= word.hit.end;
            let gap = if after {
                other.hit.start - word.hit.end
            } else {
                word.hit.start.saturating_sub(other.hit.end)
            };
            // "Tokyo trip" and "Japan's visit" differ from "Japan's PM to visit ...".
            let beside = !after && gap <= 2;
            let order = if after == postposed && !beside { 30 } else { 0 };
            let apart = if parsed.apart(word.clause, other.clause) { 400 } else { 0 };
            let bare = usize::from(
                !after && !beside && matches!(other.hit.tag, Tag::Country(_)) && !postposed,
            ) * 60;
            Some((gap + order + apart + bare + extra, goal, extra > 0, other))
        });
    let nearest = goals.min_by_key(|(cost, ..)| *cost);
    nearest.map(|(_, goal, weak, other)| match goal {
        Goal::Abroad if coordinated(parsed, other, target) => (Goal::Target, weak),
        _ => (goal, weak),
    })
}

/// Is this word a part of the title of the President?
fn titled(parsed: &Parsed<'_>, word: &Word) -> bool {
    parsed.words.iter().any(|other| {
        let same = other.hit.start == word.hit.start && other.hit.end >= word.hit.end;
        same && parsed.kind(other) == Some(Kind::President)
    })
}

/// The President receives, and a seat of his is named.
fn hosts_at_home(parsed: &Parsed<'_>, word: &Word) -> bool {
    let seat = parsed.words.iter().any(|other| other.hit.tag.is(&[Role::UsSeat]));
    let host = parsed.words.iter().any(|other| {
        parsed.kind(other) == Some(Kind::President) && other.hit.end <= word.hit.start
    });
    seat && host
}

/// "Paris, Texas".
pub(crate) fn in_america(parsed: &Parsed<'_>, word: &Word) -> bool {
    parsed.words.iter().any(|other| {
        let next = parsed.text.lower.get(word.hit.end..other.hit.start);
        other.hit.tag.is(&[Role::Us]) && next == Some(", ")
    })
}

/// "White House announces": the house speaks; nobody goes there.
fn speaks(parsed: &Parsed<'_>, word: &Word) -> bool {
    let verbs = [Role::Say, Role::Announce, Role::Confirm, Role::Deny, Role::Hedge, Role::Negate];
    let verb = parsed.words.iter().any(|other| {
        let near = other.hit.start >= word.hit.end && other.hit.start <= word.hit.end + 2;
        near && other.hit.tag.is(&verbs)
    });
    let before = parsed.words.iter().any(|other| {
        other.hit.end <= word.hit.start
            && other.hit.end + 4 >= word.hit.start
            && other.hit.tag.is(&[Role::Announce, Role::Say, Role::Confirm])
    });
    let tail = parsed.text.lower.get(word.hit.end..).unwrap_or_default();
    let predicate = [" has ", " have ", " had ", " nor ", " or "].iter();
    verb || before || tail.starts_with(':') || predicate.clone().any(|it| tail.starts_with(it))
}

pub(crate) fn traveller(parsed: &Parsed<'_>, word: &Word, target: usize) -> Traveller {
    let who = |other: &Word| match other.hit.tag {
        Tag::Actor(_) => match parsed.kind(other)? {
            Kind::President => Some(Traveller::President),
            Kind::UsOther | Kind::UsPerson => Some(Traveller::OtherAmerican),
            Kind::Government if parsed.country(other) == Some(target) => Some(Traveller::Host),
            Kind::Government => Some(Traveller::Foreigner),
            _ => None,
        },
        Tag::Leader(country) => {
            Some(if country == target { Traveller::Host } else { Traveller::Foreigner })
        }
        _ => None,
    };
    let people: Vec<(&Word, Traveller)> = parsed
        .words
        .iter()
        .filter(|other| !other.contrasted && !other.aside && !spokesman(parsed, other))
        .filter_map(|other| Some((other, who(other)?)))
        .collect();
    // Who is invited or received is the one who travels.
    let guest = people.iter().find(|(other, _)| other.hit.start >= word.hit.end);
    if let Some((_, who)) = guest.filter(|_| word.hit.tag.is(&[Role::Invite, Role::Host])) {
        return *who;
    }
    let before = people.iter().rposition(|(other, _)| other.hit.end <= word.hit.start);
    if let Some(index) = before {
        return joint(parsed, &people, index);
    }
    let by = people.iter().find(|(other, _)| other.hit.start >= word.hit.end);
    by.map_or(Traveller::Nobody, |(_, who)| *who)
}

/// "Trump and Vance": the President among the travellers is the President travelling.
fn joint(parsed: &Parsed<'_>, people: &[(&Word, Traveller)], index: usize) -> Traveller {
    let Some((last, who)) = people.get(index) else { return Traveller::Nobody };
    let previous = index.checked_sub(1).and_then(|before| people.get(before));
    let link = previous.and_then(|(other, _)| parsed.text.lower.get(other.hit.end..last.hit.start));
    let linked = link.is_some_and(|link| {
        let link = link.trim().trim_start_matches("'s");
        matches!(
            link.trim(),
            "and"
                | "and the"
                | "und"
                | "et"
                | ","
                | "&"
                | "、"
                | "と"
                | "와"
                | "과"
                | "和"
                | "with"
                | "mit"
                | "avec"
                | ", accompanied by"
                | ", accompanied by the"
                | ", joined by"
                | "-"
                | "·"
                | "・"
        )
    });
    match previous {
        Some((_, Traveller::President)) if linked => Traveller::President,
        _ => *who,
    }
}

/// The President, named only to say that it is not he.
fn set_aside<'p>(parsed: &'p Parsed<'_>) -> Option<&'p Word> {
    parsed.words.iter().find(|word| word.contrasted && parsed.kind(word) == Some(Kind::President))
}

/// Somebody speaks who could only mean the President, or he himself.
fn official(parsed: &Parsed<'_>) -> bool {
    parsed.words.iter().any(|word| {
        let office = matches!(parsed.kind(word), Some(Kind::UsOffice | Kind::President));
        (office || spokesman(parsed, word)) && !word.contrasted
    })
}

/// Who speaks for the President and does not travel for him.
fn spokesman(parsed: &Parsed<'_>, word: &Word) -> bool {
    const NAMES: [&str; 8] = [
        "leavitt",
        "karoline leavitt",
        "press secretary",
        "white house press secretary",
        "レビット",
        "레빗",
        "莱维特",
        "萊維特",
    ];
    matches!(word.hit.tag, Tag::Actor(_)) && NAMES.contains(&parsed.cite(&word.hit).as_str())
}

/// "Osaka visit not called off": of this contract nobody else's journey is spoken of.
fn nobody_else(parsed: &Parsed<'_>) -> bool {
    let kinds = [Kind::UsOther, Kind::Company, Kind::Bank, Kind::UsCompany, Kind::StateFund];
    let other =
        parsed.words.iter().any(|word| parsed.kind(word).is_some_and(|kind| kinds.contains(&kind)));
    let undone = [Role::Cancel, Role::Postpone, Role::Announce, Role::Stopover, Role::Retract]
        .iter()
        .any(|role| parsed.any(*role).is_some());
    let distracted = [Role::OffTopic, Role::Sports, Role::Markets]
        .iter()
        .any(|role| parsed.any(*role).is_some());
    !other && undone && !distracted && parsed.money.is_empty()
}

/// The other direction: the target's leader comes to the President.
fn inbound(parsed: &Parsed<'_>, journeys: &[Journey], target: usize, finding: &mut Finding) {
    let guest = parsed.words.iter().any(|word| parsed.country(word) == Some(target) && !word.aside);
    let seat = journeys.iter().find(|j| {
        matches!(j.goal, Goal::Seat | Goal::America)
            && matches!(j.traveller, Traveller::Host | Traveller::President)
    });
    let hosting = parsed.yes(Role::Host).filter(|_| parsed.yes(Role::UsSeat).is_some());
    let journey = seat
        .filter(|j| guest_travels(parsed, j, target))
        .map(|j| j.word)
        .or_else(|| hosting.copied());
    if let Some(word) = journey.filter(|_| guest) {
        let words = parsed.cite(&word.hit);
        finding.slug("leader_inbound", "leader_comes", words.clone());
        if let Some(host) = parsed.yes(Role::Host).filter(|_| parsed.has_kind(Kind::President)) {
            finding.slug("host_preference", "president_hosts", parsed.cite(&host.hit));
        }
        let undone = [Role::Cancel, Role::Postpone].iter().any(|role| parsed.yes(*role).is_some());
        finding.denies = finding.denies.or(undone.then_some("leader_inbound"));
        finding.turn(Direction::Neutral, "leader_comes", words);
    }
}

fn guest_travels(parsed: &Parsed<'_>, journey: &Journey, target: usize) -> bool {
    let leader = parsed.words.iter().any(|word| {
        let person =
            matches!(word.hit.tag, Tag::Leader(_)) || parsed.kind(word) == Some(Kind::Government);
        person && parsed.country(word) == Some(target) && !word.aside && !word.contrasted
    });
    leader && (journey.traveller == Traveller::Host || journey.goal == Goal::Seat)
}
