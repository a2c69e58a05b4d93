//! What can be said of a headline whose verb the lexicon does not know: the President and a place of
//! the target, and whether the words around them say yes or no.

use statecraft_domain::signal::{Assertion, Capital, Direction};

use crate::finding::Finding;
use crate::lexicon::Tag;
use crate::parse::{Parsed, Word};
use crate::phase::{DOUBTFUL, UNCHANGED, marked};
use crate::role::{Kind, Role};
use crate::topic::at_home;

/// Reads the President at a place of the target as a journey: "makes up his mind on Tokyo", "his
/// Hiroshima plans". Nothing if money, a quarrel or another traveller is spoken of.
pub(crate) fn fallback(parsed: &Parsed<'_>, target: usize) -> Option<Finding> {
    let president = parsed
        .words
        .iter()
        .find(|word| parsed.kind(word) == Some(Kind::President) && !word.contrasted)?;
    if let Some(found) = received(parsed, target) {
        return Some(found);
    }
    let place = parsed.words.iter().find(|word| located(parsed, word, target))?;
    if other_story(parsed, target) {
        return None;
    }
    let mut finding = Finding::default();
    let words = format!("{} / {}", parsed.cite(&president.hit), parsed.cite(&place.hit));
    polarity(parsed, &words, &mut finding);
    Some(finding)
}

/// What is denied or taken back where the verb or the place is not known: "A denial from Tokyo on the
/// $70bn figure", "10兆円融資報道「承知していない」". The object says which family it belongs to; an undoing
/// that is denied stands.
pub(crate) fn disowned(parsed: &Parsed<'_>, target: usize) -> Option<Finding> {
    let taken = parsed.any(Role::Retract).map(|word| word.hit);
    let by = parsed.denial.or(taken).or_else(|| refused(parsed))?;
    let named = |index: usize| parsed.words.iter().any(|word| parsed.country(word) == Some(index));
    let others = parsed.words.iter().filter_map(|word| parsed.country(word)).any(|at| at != target);
    let silent = [Role::Sports, Role::Markets, Role::Past, Role::OffTopic, Role::Portfolio]
        .iter()
        .any(|role| parsed.any(*role).is_some());
    if silent || (others && !named(target)) {
        return None;
    }
    let has = |roles: &[Role]| parsed.words.iter().find(|word| word.hit.tag.is(roles)).copied();
    let at_place = parsed.words.iter().any(|word| {
        let place = matches!(word.hit.tag, Tag::Place(at) | Tag::VisitTo(at) if at == target);
        place && !SEATS.contains(&parsed.cite(&word.hit).as_str())
    });
    let president = parsed.words.iter().any(|word| parsed.kind(word) == Some(Kind::President));
    let travels = has(&[Role::Travel, Role::Arrive, Role::Invite, Role::Stopover, Role::Summit]);
    let american = parsed.words.iter().any(|word| parsed.kind(word) == Some(Kind::UsOther));
    let president = president || (travels.is_some() && named(target) && !american && !others);
    let journey = (president && (travels.is_some() || at_place || named(target)))
        || (at_place && (travels.is_some() || has(&[Role::Cancel, Role::Postpone]).is_some()));
    let money =
        has(&[Role::PublicMoney, Role::Invest, Role::FederalLand, Role::Branding, Role::Project]);
    let funded = !parsed.money.is_empty() || money.is_some() || parsed.has_kind(Kind::StateFund);
    let undone = has(&[Role::Cancel, Role::Postpone, Role::Collapse]);
    let mut finding = Finding::default();
    let words = parsed.cite(&by);
    let up = if undone.is_some() { Direction::Up } else { Direction::Down };
    // A report that is taken back turns round what it says; that is done with the manner.
    let withdrawn = parsed.denial.is_none() && taken.is_some();
    let direction = match (withdrawn, up) {
        (true, Direction::Up) => Direction::Down,
        (true, _) => Direction::Up,
        (false, direction) => direction,
    };
    let arrival = parsed.of(Role::Arrive).next();
    let arrival = arrival.and_then(|word| crate::standing::not_arrived(parsed, word));
    if journey && parsed.money.is_empty() {
        finding.denies = undone.filter(|_| !withdrawn).map(|word| match word.hit.tag {
            Tag::Word(Role::Postpone) => "visit_postponed",
            _ => "visit_cancelled",
        });
        let slug = if arrival.is_some() { "visit_occurred" } else { "visit_planned" };
        finding.slug(slug, "journey_disowned", words.clone());
    } else if funded && (named(target) || at_home(parsed, target) || president) {
        finding.slug("sov_capital", "money_disowned", words.clone());
        // A company that speaks first of itself pays itself.
        let speaks = parsed.words.iter().find(|word| matches!(word.hit.tag, Tag::Actor(_)));
        let own = speaks.filter(|word| parsed.kind(word) == Some(Kind::Company));
        let own = own
            .filter(|word| word.hit.start < 6 && has(&[Role::PublicMoney, Role::Invest]).is_some());
        let capital = if own.is_some() { Capital::Private } else { Capital::None };
        finding.own(capital, "money_disowned", words.clone());
    } else {
        return None;
    }
    if !withdrawn {
        finding.assert(Assertion::Denied, "disowned", words.clone());
    }
    finding.turn(direction, "disowned", words);
    Some(finding)
}

/// A negation of journey or money by those whom it concerns, without a verb of denial: "neither sought
/// nor received subsidies".
fn refused(parsed: &Parsed<'_>) -> Option<crate::scan::Hit> {
    let concerned = [Role::Travel, Role::PublicMoney, Role::Invite, Role::FederalLand];
    let negated = parsed.words.iter().any(|word| word.negated && word.hit.tag.is(&concerned));
    let negator = parsed.of(Role::Negate).next()?;
    let unplanned = parsed.cite(&negator.hit).contains("plan") && parsed.has_kind(Kind::President);
    ((negated || unplanned) && parsed.any(Role::Condition).is_none()).then_some(negator.hit)
}

/// "Japan's prime minister joins Trump for dinner in Palm Beach": the target's leader where the
/// President receives.
fn received(parsed: &Parsed<'_>, target: usize) -> Option<Finding> {
    const IN: [&str; 13] =
        ["at", "in", "to", "at the", "to the", "à la", "à", "im", "ins", "nach", "在", "赴", "到"];
    let leader = parsed.words.iter().find(|word| {
        let person =
            matches!(word.hit.tag, Tag::Leader(_)) || parsed.kind(word) == Some(Kind::Government);
        person && parsed.country(word) == Some(target) && !word.aside && !word.contrasted
    })?;
    let seat = parsed.words.iter().find(|word| {
        let head = parsed.text.lower.get(..word.hit.start).unwrap_or_default().trim_end();
        let tail = parsed.text.lower.get(word.hit.end..).unwrap_or_default();
        let placed = IN.iter().any(|mark| head.ends_with(mark))
            || ["で", "に", "へ", "에서", "로"].iter().any(|mark| tail.starts_with(mark));
        word.hit.tag.is(&[Role::UsSeat]) && placed && !word.contrasted
    })?;
    if !parsed.money.is_empty() || parsed.any(Role::Invest).is_some() {
        return None;
    }
    let mut finding = Finding::default();
    let words = format!("{} / {}", parsed.cite(&leader.hit), parsed.cite(&seat.hit));
    finding.slug("leader_inbound", "leader_at_his_seat", words.clone());
    finding.turn(Direction::Neutral, "leader_at_his_seat", words);
    Some(finding)
}

/// Money, other people, other countries: then the place may stand for its government.
fn other_story(parsed: &Parsed<'_>, target: usize) -> bool {
    let topics = [
        Role::Invest,
        Role::RelationBad,
        Role::RelationGood,
        Role::Past,
        Role::LeaderExit,
        Role::Markets,
        Role::OffTopic,
        Role::Sports,
        Role::UsVisit,
    ];
    let others = [
        Kind::UsOther,
        Kind::Company,
        Kind::UsCompany,
        Kind::Bank,
        Kind::Sport,
        Kind::Court,
        Kind::StateFund,
    ];
    !parsed.money.is_empty()
        || topics.iter().any(|role| parsed.any(*role).is_some())
        || parsed.words.iter().any(|word| {
            parsed.kind(word).is_some_and(|kind| others.contains(&kind))
                || parsed.country(word).is_some_and(|country| country != target)
        })
}

/// A place of the target as a place: a town that is no capital, or any name with a word of place
/// beside it.
fn located(parsed: &Parsed<'_>, word: &Word, target: usize) -> bool {
    let here = |index: usize| {
        index == target
            && !word.contrasted
            && !crate::visit::in_america(parsed, word)
            && !crate::place::only_named_after(parsed, word)
    };
    let governs = SEATS.contains(&parsed.cite(&word.hit).as_str());
    match word.hit.tag {
        Tag::VisitTo(index) => here(index),
        Tag::Place(index) => here(index) && (!governs || placed(parsed, word)),
        Tag::Country(index) => here(index) && placed(parsed, word),
        _ => false,
    }
}

/// Capitals stand for governments.
pub(crate) const SEATS: [&str; 14] = [
    "tokyo",
    "tokio",
    "東京",
    "东京",
    "도쿄",
    "seoul",
    "séoul",
    "ソウル",
    "首尔",
    "서울",
    "beijing",
    "peking",
    "北京",
    "베이징",
];

fn placed(parsed: &Parsed<'_>, word: &Word) -> bool {
    const BEFORE: [&str; 22] = [
        "in", "at", "for", "on", "near", "via", "through", "into", "over", "to", "nach", "in der",
        "nach", "à", "au", "en", "vers", "赴", "到", "在", "去", "抵",
    ];
    const AFTER: [&str; 26] = [
        "trip",
        "stay",
        "stop",
        "visit",
        "leg",
        "date",
        "appearance",
        "plans",
        "offer",
        "invitation",
        "itinerary",
        "schedule",
        "journey",
        "tour",
        "に",
        "で",
        "へ",
        "入り",
        "行",
        "termin",
        "rally",
        "에",
        "로",
        "행",
        "之行",
        "reise",
    ];
    let head = parsed.text.lower.get(..word.hit.start).unwrap_or_default().trim_end();
    let tail = parsed.text.lower.get(word.hit.end..).unwrap_or_default();
    let tail = tail.trim_start_matches([' ', '-']);
    let before = BEFORE.iter().any(|mark| {
        head.strip_suffix(mark).is_some_and(|rest| !mark.is_ascii() || rest.ends_with(' '))
    });
    before || AFTER.iter().any(|mark| tail.starts_with(mark))
}

fn polarity(parsed: &Parsed<'_>, words: &str, finding: &mut Finding) {
    let off = [Role::Cancel, Role::Postpone, Role::Collapse]
        .iter()
        .find_map(|role| parsed.of(*role).next().map(|word| (*role, word)));
    if let Some(mark) = marked(parsed, &UNCHANGED) {
        finding.denies = Some(crate::standing::unchanged(parsed, &mark));
        finding.slug("visit_planned", "plans_unchanged", mark.clone());
        finding.assert(Assertion::Denied, "plans_unchanged", mark.clone());
        return finding.turn(Direction::Up, "plans_unchanged", mark);
    }
    if let Some(mark) = marked(parsed, &DOUBTFUL) {
        finding.slug("visit_postponed", "journey_in_doubt", mark.clone());
        finding.assert(Assertion::Hedged, "journey_in_doubt", mark.clone());
        return finding.turn(Direction::Down, "journey_in_doubt", mark);
    }
    let denied = parsed.denial.is_some();
    let negated = parsed.of(Role::Negate).next().is_some();
    if let Some(word) = parsed.any(Role::Undecided) {
        finding.slug("visit_planned", "place_undecided", words.to_owned());
        finding.assert(Assertion::Hedged, "undecided", parsed.cite(&word.hit));
        return finding.turn(Direction::Neutral, "undecided", parsed.cite(&word.hit));
    }
    if let Some((role, word)) = off.filter(|(_, word)| !word.negated) {
        let slug = if role == Role::Postpone { "visit_postponed" } else { "visit_cancelled" };
        finding.slug(slug, "place_and_undoing", parsed.cite(&word.hit));
        if let Some(summit) = parsed.of(Role::Summit).next() {
            finding.slug("summit_window", "summit_missed", parsed.cite(&summit.hit));
        }
        return finding.turn(Direction::Down, "place_and_undoing", parsed.cite(&word.hit));
    }
    if let Some((role, word)) = off {
        let postponed = role == Role::Postpone;
        finding.denies = Some(if postponed { "visit_postponed" } else { "visit_cancelled" });
        finding.slug("visit_planned", "undoing_denied", parsed.cite(&word.hit));
        finding.assert(Assertion::Denied, "undoing_denied", parsed.cite(&word.hit));
        return finding.turn(Direction::Up, "undoing_denied", parsed.cite(&word.hit));
    }
    if denied || negated {
        finding.slug("visit_planned", "place_denied", words.to_owned());
        finding.assert(Assertion::Denied, "place_denied", words.to_owned());
        return finding.turn(Direction::Down, "place_denied", words.to_owned());
    }
    let slug = if parsed.yes(Role::Arrive).is_some() { "visit_occurred" } else { "visit_planned" };
    finding.slug(slug, "president_at_place", words.to_owned());
    if let Some(word) = parsed.yes(Role::Summit) {
        finding.slug("summit_window", "summit_named", parsed.cite(&word.hit));
    }
    finding.turn(Direction::Up, "president_at_place", words.to_owned());
}
