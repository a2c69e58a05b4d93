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
    const PAST: [&str; 34] = [
        "last year",
        "last october",
        "last autumn",
        "last fall",
        "a year on",
        "one year on",
        "year since",
        "this day in history",
        "icymi",
        "in case you missed",
        "vor einem jahr",
        "ein jahr nach",
        "letztes jahr",
        "letzten jahr",
        "vergangenen jahr",
        "vorigen jahr",
        "l'an dernier",
        "l'année dernière",
        "l'an passé",
        "un an après",
        "昨年",
        "去年",
        "昨秋",
        "作年",
        "前回",
        "から1年",
        "から一年",
        "1年を迎え",
        "작년",
        "지난해",
        "지난번",
        "一年前",
        "一周年",
        "上次",
    ];
    const BILL: [&str; 22] = [
        " cost ",
        " costs ",
        "costing",
        " spent ",
        "spending on",
        "price tag",
        "the bill for",
        "overtime",
        "警備費",
        "費用",
        "経費",
        "警護費",
        "경호비",
        "경비",
        "비용",
        "安保费",
        "花费",
        "费用",
        "kostete",
        "kosten",
        "a coûté",
        "coût ",
    ];
    const AHEAD: [&str; 37] = [
        "に続き",
        "度目",
        "回目",
        " will ",
        "to visit",
        "to travel",
        "to return",
        "to arrive",
        "to go ",
        "upcoming",
        "again",
        " next ",
        "planned",
        " plans ",
        "expected",
        "set for",
        "second visit",
        "another visit",
        "lands",
        "arrives",
        "再",
        "予定",
        "計画",
        "今年",
        "来月",
        "来週",
        "방문 예정",
        "예정",
        "올해",
        "내달",
        "将",
        "將",
        "下月",
        "wird",
        "erneut",
        "prochain",
        "nouveau",
    ];
    let text = &parsed.text.lower;
    let history = ["this day in history", "icymi", "in case you missed"];
    if let Some(mark) = history.iter().find(|mark| text.contains(**mark))
        && ![" will ", "to visit", "to travel"].iter().any(|it| text.contains(it))
    {
        return Some((*mark).to_owned());
    }
    if AHEAD.iter().any(|mark| text.contains(mark)) {
        return None;
    }
    PAST.iter().chain(&BILL).find(|mark| text.contains(**mark)).map(|mark| mark.trim().to_owned())
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
    const MARKS: [&str; 14] = [
        "by video",
        "via video",
        "video link",
        "video message",
        "video address",
        "by phone",
        "remotely",
        "virtually",
        "absent from",
        "absent du",
        "per video",
        "par vidéo",
        "ビデオメッセージ",
        "オンライン参加",
    ];
    let text = &parsed.text.lower;
    let invited = parsed.any(Role::Invite).is_some();
    MARKS.iter().find(|mark| !invited && text.contains(**mark)).map(|mark| (*mark).to_owned())
}

fn at_target(word: &Word, target: usize) -> bool {
    let here = matches!(word.hit.tag, Tag::Place(at) | Tag::Country(at) | Tag::VisitTo(at) if at == target);
    here && !word.contrasted
}

/// "Japanese executives": its people or its goods, not the country.
fn only_of_its_people(parsed: &Parsed<'_>, target: usize) -> Option<String> {
    const GROUND: [&str; 24] = [
        "trip",
        "visit",
        "tour",
        "leg",
        "stop",
        "stay",
        "soil",
        "capital",
        "city",
        "island",
        "town",
        "port",
        "base",
        "airport",
        "parliament",
        "diet",
        "state visit",
        "itinerary",
        "palace",
        "capital",
        "territory",
        "shores",
        "invitation",
        "summit",
    ];
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
            && !GROUND.iter().any(|noun| tail.starts_with(noun))
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
    const PAIRS: [&str; 9] = [
        "日米首脳",
        "한미 정상",
        "한미정상",
        "미일 정상",
        "美日首脑",
        "日美首脑",
        "韩美首脑",
        "us and japanese leaders",
        "us, japanese leaders",
    ];
    let pair = parsed.words.iter().find(|word| {
        let tail = parsed.text.lower.get(word.hit.start..).unwrap_or_default();
        PAIRS.iter().any(|pair| tail.starts_with(pair))
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
    const ACCEPTS: [&str; 26] = [
        "accept",
        "agree",
        " will ",
        "confirm",
        "announce",
        "date",
        "nimmt",
        "angenommen",
        "zugesagt",
        "応じ",
        "受け",
        "受諾",
        "応諾",
        "快諾",
        "수락",
        "초청으로",
        "응해",
        "接受",
        "应邀",
        "應邀",
        "同意",
        "招きで",
        "招待で",
        "請で",
        "意向",
        "表明",
    ];
    const DENSE: [&str; 15] = [
        "要請",
        "招待",
        "招請",
        "招へい",
        "呼びかけ",
        "求める",
        "초청",
        "요청",
        "방한 희망",
        "邀请",
        "邀請",
        "电邀",
        "敦促",
        "呼吁",
        "希望访",
    ];
    let only = finding.slugs.contains(&"visit_planned")
        && !finding.slugs.contains(&"visit_announced")
        && !finding.slugs.contains(&"visit_occurred");
    if !comes(finding) || !only {
        return false;
    }
    let text = &parsed.text.lower;
    let asked = finding.citations.iter().any(|citation| citation.rule == "asked_to_come");
    let accepted = ACCEPTS.iter().any(|mark| text.contains(mark)) || he_goes(parsed);
    let dense = matches!(parsed.lang, Lang::Ja | Lang::Ko | Lang::Zh);
    let invites =
        parsed.any(Role::Invite).is_some() || dense && DENSE.iter().any(|it| text.contains(it));
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
