//! Places in a row, places that only lend their name, places whose visit somebody else wants.

use crate::lexicon::{Lang, Tag};
use crate::parse::{Parsed, Word};
use crate::role::{Kind, Role};

/// Links that join two places of one journey by themselves.
const AND: [&str; 34] = [
    "and",
    "and then",
    ", and",
    "and to",
    "then",
    ", then",
    "as well as",
    "&",
    "und",
    "und nach",
    "und dann",
    "sowie",
    "und in",
    "et",
    "et au",
    "et en",
    "et à",
    "et aux",
    "puis",
    "puis au",
    "と",
    "、",
    "および",
    "及び",
    "・",
    "와",
    "과",
    "·",
    "및",
    "和",
    "与",
    "與",
    "及",
    "、和",
];

/// Is the target named in one row with `place`: "Malaysia, Japan and South Korea"? A comma joins only
/// within a row that an "and" closes.
pub(crate) fn coordinated(parsed: &Parsed<'_>, place: &Word, target: usize) -> bool {
    let named = |word: &&Word| matches!(word.hit.tag, Tag::Place(_) | Tag::Country(_));
    let places: Vec<&Word> =
        parsed.words.iter().filter(named).filter(|word| !word.contrasted).collect();
    let Some(at) = places.iter().position(|word| word.hit == place.hit) else { return false };
    let link = |one: usize| {
        let (left, right) = (places.get(one)?, places.get(one + 1)?);
        let between = parsed.text.lower.get(left.hit.end..right.hit.start)?.trim();
        let between = between.trim_end_matches("the").trim();
        AND.contains(&between).then_some(true).or_else(|| (between == ",").then_some(false))
    };
    let mut first = at;
    while first > 0 && link(first - 1).is_some() {
        first -= 1;
    }
    let mut last = at;
    while link(last).is_some() {
        last += 1;
    }
    // What stands behind the last "and" is another clause.
    while last > first && link(last - 1) == Some(false) {
        last -= 1;
    }
    (first <= at && at <= last)
        && places
            .iter()
            .take(last + 1)
            .skip(first)
            .any(|word| matches!(word.hit.tag, Tag::Place(at) | Tag::Country(at) if at == target))
}

/// "Tokyo restaurant in New York", "Japanese embassy": a house that bears the name of the place and
/// stands elsewhere.
pub(crate) fn only_named_after(parsed: &Parsed<'_>, word: &Word) -> bool {
    const HOUSES: [&str; 14] = [
        "restaurant",
        "steakhouse",
        "grill",
        "bar",
        "diner",
        "shop",
        "store",
        "plant",
        "factory",
        "club",
        "exhibition",
        "exhibit",
        "pavilion",
        "gallery",
    ];
    const MISSIONS: [&str; 5] =
        ["embassy", "consulate", "ambassador's residence", "botschaft", "'s embassy"];
    if parsed.lang != Lang::En {
        return false;
    }
    let tail = parsed.text.lower.get(word.hit.end..).unwrap_or_default();
    let tail = tail.strip_prefix("-owned").unwrap_or(tail).trim_start();
    if MISSIONS.iter().any(|house| tail.starts_with(house)) {
        return true;
    }
    let Some((house, rest)) = tail.split_once(" in ") else { return false };
    let short = house.split(' ').count() <= 3;
    let named = house.split(' ').next_back().is_some_and(|last| HOUSES.contains(&last));
    let from = parsed.text.lower.len() - rest.len();
    let capital = parsed.text.shown.get(from..).and_then(|rest| rest.chars().next());
    let target = parsed
        .words
        .iter()
        .any(|other| other.hit.start == from && parsed.country(other) == parsed.country(word));
    let dated = crate::date::date(rest).is_some();
    short && named && !target && !dated && capital.is_some_and(char::is_uppercase)
}

/// "Skipping Japan" in a headline read for South Korea: the verb undoes another journey.
pub(crate) fn undoes_another(parsed: &Parsed<'_>, word: &Word, target: usize) -> bool {
    let near = |other: &&Word| {
        let gap = other.hit.start.checked_sub(word.hit.end);
        let back = word.hit.start.checked_sub(other.hit.end);
        let postposed = matches!(parsed.lang, Lang::Ja | Lang::Ko);
        gap.is_some_and(|gap| gap <= 2 && !postposed)
            || back.is_some_and(|gap| gap <= 3 && postposed)
    };
    let object = parsed.words.iter().filter(near).find_map(|other| match other.hit.tag {
        Tag::Place(at) | Tag::Country(at) => Some((other, at)),
        _ => None,
    });
    object.is_some_and(|(other, at)| at != target && !coordinated(parsed, other, target))
}

/// "Lawmakers urge Trump to visit Hiroshima": they want it; nobody has said that he will.
pub(crate) fn asked(parsed: &Parsed<'_>, journey: &Word) -> Option<String> {
    const ASKS: [&str; 24] = [
        "urge",
        "urges",
        "urged",
        "urging",
        "ask",
        "asks",
        "asked",
        "asking",
        "call on",
        "calls on",
        "called on",
        "calling on",
        "want",
        "wants",
        "press",
        "presses",
        "implore",
        "implores",
        "beg",
        "begs",
        "petition",
        "petitions",
        "lobby",
        "lobbies",
    ];
    let president = parsed.words.iter().find(|word| {
        parsed.kind(word) == Some(Kind::President) && word.hit.end <= journey.hit.start
    })?;
    let link = parsed.text.lower.get(president.hit.end..journey.hit.start)?;
    let head = parsed.text.lower.get(..president.hit.start)?.trim_end();
    let verb = ASKS.iter().find(|verb| {
        head.strip_suffix(**verb).is_some_and(|rest| rest.is_empty() || rest.ends_with(' '))
    })?;
    let infinitive = link.trim_start().starts_with("to ");
    (infinitive && parsed.any(Role::Invite).is_none()).then(|| (*verb).to_owned())
}

/// "Trump meets Takaichi", "attends Japan-US gala", "Trump hosts Takaichi": somebody from there, not
/// there; a meeting that has happened is a visit only if the headline says where.
pub(crate) fn gathers_elsewhere(parsed: &Parsed<'_>, word: &Word) -> bool {
    let said = parsed.cite(&word.hit);
    let president_before = parsed.words.iter().any(|other| {
        parsed.kind(other) == Some(Kind::President) && other.hit.end <= word.hit.start
    });
    let seat = parsed.any(Role::UsSeat).is_some();
    let receives = ["hosts", "hosted"].contains(&said.as_str()) && president_before && !seat;
    let gathers = ["meets", "met", "attends", "attended"].contains(&said.as_str());
    (gathers || receives) && !parsed.words.iter().any(|other| stands_at(parsed, other))
}

/// "In Tokyo", "Tokyo summit": a country or a town as a place.
fn stands_at(parsed: &Parsed<'_>, word: &Word) -> bool {
    let head = parsed.text.lower.get(..word.hit.start).unwrap_or_default().trim_end();
    let tail = parsed.text.lower.get(word.hit.end..).unwrap_or_default().trim_start();
    let inside = [" in", " at", " near", " outside"].iter().any(|mark| head.ends_with(mark));
    let gathering = ["summit", "ceremony", "talks", "expo"].iter().any(|it| tail.starts_with(it));
    match word.hit.tag {
        Tag::Place(_) => inside || gathering,
        Tag::Country(_) => inside,
        _ => false,
    }
}
