//! What surrounds money and journeys: land and emergency powers, relations, the habit of receiving.

use statecraft_domain::signal::Direction;

use crate::finding::Finding;
use crate::lexicon::Tag;
use crate::parse::{Parsed, Word};
use crate::role::{Kind, Role};
use crate::topic::{at_home, no_country};

/// Reads the surroundings.
pub(crate) fn context(parsed: &Parsed<'_>, target: usize, about_money: bool) -> Finding {
    let mut finding = Finding::default();
    powers(parsed, target, &mut finding);
    habits(parsed, target, &mut finding);
    if concerns(parsed, target) {
        relations(parsed, target, about_money, &mut finding);
    }
    finding
}

/// Emergency powers and federal land, and courts that stop them.
fn powers(parsed: &Parsed<'_>, target: usize, finding: &mut Finding) {
    // Powers used for Japan's parks say nothing of China.
    let named = || parsed.words.iter().filter_map(|word| parsed.country(word));
    if named().next().is_some() && named().all(|country| country != target) {
        return;
    }
    let linked = parsed.any(Role::Project).or_else(|| parsed.any(Role::FederalLand));
    let power = |word: &Word| {
        const POWER: [&str; 9] =
            ["energ", "grid", "power", "énerg", "エネルギー", "電力", "에너지", "전력", "能源"];
        POWER.iter().any(|part| parsed.cite(&word.hit).contains(part))
    };
    let declared = parsed.of(Role::Emergency).next();
    let Some(word) = declared.filter(|word| linked.is_some() || power(word)) else { return };
    finding.slug("emergency_decl", "emergency_powers", parsed.cite(&word.hit));
    if let Some(stop) = parsed.yes(Role::Collapse) {
        finding.slug("deal_collapse", "powers_stopped", parsed.cite(&stop.hit));
        return finding.turn(Direction::Down, "powers_stopped", parsed.cite(&stop.hit));
    }
    if let Some(land) = parsed.yes(Role::FederalLand) {
        finding.slug("fed_land", "named", parsed.cite(&land.hit));
    }
    finding.turn(Direction::Up, "emergency_powers", parsed.cite(&word.hit));
}

/// The President would rather receive; the slogan.
fn habits(parsed: &Parsed<'_>, target: usize, finding: &mut Finding) {
    let other = parsed
        .words
        .iter()
        .any(|word| parsed.country(word).is_some_and(|country| country != target));
    if other {
        return;
    }
    if let Some(word) = parsed
        .yes(Role::AmericaFirst)
        .filter(|_| parsed.any(Role::Travel).or_else(|| parsed.any(Role::HostPreference)).is_some())
    {
        finding.slug("america_first", "slogan", parsed.cite(&word.hit));
        finding.turn(Direction::Down, "slogan", parsed.cite(&word.hit));
    }
    if let Some(word) = parsed.yes(Role::HostPreference) {
        finding.slug("host_preference", "would_rather_receive", parsed.cite(&word.hit));
        finding.turn(Direction::Down, "would_rather_receive", parsed.cite(&word.hit));
    }
}

/// Does the headline speak of the target and of America?
fn concerns(parsed: &Parsed<'_>, target: usize) -> bool {
    parsed
        .words
        .iter()
        .any(|word| parsed.country(word) == Some(target) && !word.aside && !word.contrasted)
        // "The government" in the target's own language is the target's.
        || (at_home(parsed, target) && no_country(parsed) && parsed.any(Role::PublicMoney).is_some())
}

fn relations(parsed: &Parsed<'_>, target: usize, about_money: bool, finding: &mut Finding) {
    let leader = |word: &&Word| {
        (matches!(word.hit.tag, Tag::Leader(_))
            || parsed.kind(word) == Some(Kind::Government)
            || titled(parsed, word))
            && parsed.country(word) == Some(target)
    };
    let exit = parsed.yes(Role::LeaderExit).filter(|exit| {
        parsed.words.iter().filter(leader).any(|word| {
            let topples = parsed.cite(&exit.hit).starts_with("toppl")
                || parsed.cite(&exit.hit).starts_with("br");
            let before = word.hit.end <= exit.hit.start + 1;
            word.clause == exit.clause && (before || topples)
        })
    });
    if let Some(word) = exit {
        finding.slug("relation_bad", "leader_goes", parsed.cite(&word.hit));
        return finding.turn(Direction::Down, "leader_goes", parsed.cite(&word.hit));
    }
    let american = parsed.has_kind(Kind::President)
        || parsed.has_kind(Kind::UsOffice)
        || parsed.of(Role::Us).chain(parsed.of(Role::UsSeat)).next().is_some();
    if !american {
        return;
    }
    let bad = parsed.yes(Role::RelationBad).filter(|word| !deal_name(parsed, word));
    let relief = parsed.yes(Role::Relief);
    match (bad, relief, parsed.yes(Role::RelationGood)) {
        (Some(_), Some(relief), _) => {
            finding.slug("relation_good", "measure_taken_back", parsed.cite(&relief.hit));
            finding.turn(Direction::Up, "measure_taken_back", parsed.cite(&relief.hit));
        }
        (Some(bad), None, _) if !about_money || parsed.yes(Role::Collapse).is_some() => {
            finding.slug("relation_bad", "quarrel", parsed.cite(&bad.hit));
            finding.turn(Direction::Down, "quarrel", parsed.cite(&bad.hit));
        }
        (None, _, Some(good)) => {
            finding.slug("relation_good", "warm_words", parsed.cite(&good.hit));
            finding.turn(Direction::Up, "warm_words", parsed.cite(&good.hit));
        }
        _ => {}
    }
}

/// "Tariff deal", "tariff pact": the name of an agreement, not a quarrel.
fn deal_name(parsed: &Parsed<'_>, word: &Word) -> bool {
    let next = parsed.words.iter().find(|other| other.hit.start >= word.hit.end);
    let tail = parsed.text.lower.get(word.hit.end..).unwrap_or_default();
    let names = [
        " talks",
        " deal",
        " pact",
        " accord",
        " truce",
        " negotiations",
        " meeting",
        "verhandlungen",
        "gespräche",
        " agreement",
        "交渉",
        "協議",
        "합의",
        "협상",
        "协议",
        "协定",
        "谈判",
    ];
    let named = next.is_some_and(|other| {
        let near = other.hit.start <= word.hit.end + 3;
        near && other.hit.tag.is(&[Role::Sign, Role::Negotiate])
    });
    named || names.iter().any(|name| tail.starts_with(name))
}

/// "Japanese premier", "Germany's chancellor", "Seoul's cabinet".
fn titled(parsed: &Parsed<'_>, word: &Word) -> bool {
    let titles = [
        "premier",
        "prime minister",
        "pm ",
        "president",
        "chancellor",
        "cabinet",
        "government",
        "coalition",
        "首相",
        "총리",
        "대통령",
        "内閣",
        "regierung",
        "kanzler",
        "gouvernement",
    ];
    let tail = parsed
        .text
        .lower
        .get(word.hit.end..)
        .unwrap_or_default()
        .trim_start_matches("'s")
        .trim_start();
    matches!(word.hit.tag, Tag::Country(_) | Tag::Place(_))
        && titles.iter().any(|title| tail.starts_with(title))
}
