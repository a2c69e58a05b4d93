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

/// "Tokyo restaurant in New York", "Embassy of Japan", 日本大使館: a house that bears the name of the place and
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
    let tail = parsed.text.lower.get(word.hit.end..).unwrap_or_default();
    if mission(parsed, word, tail) {
        return true;
    }
    if parsed.lang != Lang::En {
        return false;
    }
    let tail = tail.strip_prefix("-owned").unwrap_or(tail).trim_start();
    if matches!(word.hit.tag, Tag::Country(_)) && named_house(tail) {
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

/// An embassy stands in the country that receives it: "Japanese embassy", "ambassade du Japon", 일본대사관.
fn mission(parsed: &Parsed<'_>, word: &Word, tail: &str) -> bool {
    const AFTER: [&str; 22] = [
        "embassy",
        "'s embassy",
        "consulate",
        "'s consulate",
        "ambassador's residence",
        "ambassador's home",
        "'s ambassador's residence",
        "mission to the",
        "botschaft",
        "-botschaft",
        "s botschaft",
        "konsulat",
        "generalkonsulat",
        "大使館",
        "大使公邸",
        "総領事館",
        "大使馆",
        "驻",
        "駐",
        "대사관",
        "총영사관",
        "대사관저",
    ];
    const BEFORE: [&str; 16] = [
        "embassy of",
        "consulate of",
        "consulate general of",
        "ambassador of",
        "residence of the ambassador of",
        "mission of",
        "ambassade du",
        "ambassade de",
        "ambassade de la",
        "consulat du",
        "consulat général du",
        "botschaft von",
        "botschaft",
        "botschaft der",
        "konsulat",
        "주미",
    ];
    let head = parsed.text.lower.get(..word.hit.start).unwrap_or_default().trim_end();
    let tail = tail.trim_start();
    let inside = parsed.cite(&word.hit);
    let country = matches!(word.hit.tag, Tag::Country(_));
    AFTER.iter().any(|house| tail.starts_with(house))
        || country && BEFORE.iter().any(|house| head.ends_with(house))
        || ["botschaft", "konsulat"].iter().any(|house| inside.ends_with(house))
}

/// "Japanese garden", "Japan Society", "Japan House": a country's name on a house that may stand anywhere;
/// one in the country is told by its town.
fn named_house(tail: &str) -> bool {
    const HOUSES: [&str; 29] = [
        "society",
        "house",
        "garden",
        "gardens",
        "pavilion",
        "foundation",
        "center",
        "centre",
        "museum",
        "town",
        "village",
        "restaurant",
        "steakhouse",
        "church",
        "temple",
        "school",
        "club",
        "festival",
        "booth",
        "exhibit",
        "exhibition",
        "gallery",
        "library",
        "institute",
        "chamber",
        "association",
        "market",
        "supermarket",
        "cemetery",
    ];
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let mut words = tail.split(' ').take(3);
    let first = bare(words.next().unwrap_or_default());
    let house = |word: &str| HOUSES.contains(&word);
    if house(&first) {
        return true;
    }
    let leads =
        ["tea", "american", "cultural", "culture", "peace", "friendship", "art", "information"];
    leads.contains(&first.as_str()) && words.next().is_some_and(|second| house(&bare(second)))
}

/// "Skips APEC, visits Tokyo": what is skipped is a summit, and the target is named apart from it.
pub(crate) fn skips_summit(parsed: &Parsed<'_>, word: &Word, target: usize) -> bool {
    let near = |other: &&Word| near_object(parsed, word, other);
    let summit = parsed.words.iter().filter(near).find(|other| other.hit.tag.is(&[Role::Summit]));
    let Some(summit) = summit else { return false };
    let link = |other: &Word| {
        let between = parsed.text.lower.get(summit.hit.end..other.hit.start)?.trim();
        let between = between.trim_start_matches("summit").trim();
        let hosts = ["", "in", "at", "à", "au", "en", "im", "der", "von"];
        let joined = hosts.contains(&between) || AND.contains(&between) || between == ",";
        Some(joined || between.ends_with(" and"))
    };
    let here = |other: &&Word| matches!(other.hit.tag, Tag::Place(at) | Tag::Country(at) | Tag::VisitTo(at) if at == target);
    let own = parsed
        .words
        .iter()
        .filter(here)
        .any(|other| other.hit.end <= summit.hit.start || link(other).unwrap_or(false));
    !own
}

/// Does a word stand where the object of a verb stands?
fn near_object(parsed: &Parsed<'_>, word: &Word, other: &Word) -> bool {
    let gap = other.hit.start.checked_sub(word.hit.end);
    let back = word.hit.start.checked_sub(other.hit.end);
    let postposed = matches!(parsed.lang, Lang::Ja | Lang::Ko);
    gap.is_some_and(|gap| gap <= 2 && !postposed) || back.is_some_and(|gap| gap <= 3 && postposed)
}

/// "Skipping Japan" in a headline read for South Korea: the verb undoes another journey.
pub(crate) fn undoes_another(parsed: &Parsed<'_>, word: &Word, target: usize) -> bool {
    let near = |other: &&Word| near_object(parsed, word, other);
    if skips_summit(parsed, word, target) {
        return true;
    }
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
    let gathers = ["meets", "met", "attends", "attended"].contains(&said.as_str())
        || protocol(&parsed.text.lower);
    (gathers || receives) && !parsed.words.iter().any(|other| stands_at(parsed, other))
}

/// "Remarks by President Trump and Prime Minister X in Bilateral Meeting": titles of official papers about
/// a meeting. Where it was they say by the name of a town, or not at all; mostly it was at the White House.
fn protocol(text: &str) -> bool {
    const PAPERS: [&str; 16] = [
        "remarks by",
        "remarks at",
        "readout",
        "joint press",
        "press conference",
        "press availability",
        "pool report",
        "joint statement",
        "fact sheet",
        "transcript",
        "background press",
        "participates in a bilateral",
        "participates in bilateral",
        "gaggle",
        "joint remarks",
        "toasts by",
    ];
    const MEETINGS: [&str; 12] = [
        "meeting",
        "bilateral",
        "lunch",
        "dinner",
        "call",
        "conference",
        "availability",
        "talks",
        "arrival",
        "pull-aside",
        "statement",
        "gaggle",
    ];
    PAPERS.iter().any(|paper| text.contains(paper))
        && MEETINGS.iter().any(|meeting| text.contains(meeting))
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
