//! What a headline is about: the target's money bound for America, or something else.

use crate::capital::{Payers, state_paid};
use crate::lexicon::{Lang, Tag};
use crate::parse::{Parsed, Word};
use crate::role::{Kind, Role};

/// Does the headline speak of the target's money, of projects in America, or of neither? A headline
/// that is about a journey needs more than a building to be about money too.
pub(crate) fn speaks_of_capital(parsed: &Parsed<'_>, target: usize, journey: bool) -> bool {
    let money = !parsed.money.is_empty();
    let public = parsed.of(Role::PublicMoney).any(|word| weighty(parsed, word));
    let verb = parsed.of(Role::Invest).next().is_some() || public;
    let venture = parsed
        .words
        .iter()
        .any(|word| parsed.actor(word).is_some_and(|actor| actor.slug == "stargate"));
    let federal = deal_land(parsed, target) || parsed.of(Role::Branding).next().is_some();
    let project = venture
        || federal
        || [Role::Project, Role::EconomicSecurity]
            .iter()
            .any(|role| parsed.of(*role).next().is_some());
    if journey {
        let built =
            parsed.of(Role::Invest).next().is_some() && parsed.of(Role::Project).next().is_some();
        let fund = parsed.has_kind(Kind::StateFund) && parsed.of(Role::Invest).next().is_some();
        return ((money && verb_of_capital(parsed)) || built || public || fund)
            && principal(parsed, target);
    }
    if outward(parsed, target) {
        return false;
    }
    let source = principal(parsed, target) || unnamed_state(parsed);
    // Steel in a quarrel over duties is not a project.
    let quarrel = parsed.yes(Role::RelationBad).is_some() && !money && !verb && !federal;
    let dealt = [Role::Sign, Role::Collapse, Role::Negotiate, Role::Construct]
        .iter()
        .any(|role| parsed.yes(*role).is_some());
    if quarrel && !dealt {
        return false;
    }
    let denied = source
        && public
        && (parsed.no(Role::PublicMoney).is_some() || parsed.any(Role::Undecided).is_some());
    // "Japan isn't going to bankroll the factories": what the state will not pay needs no place.
    let refused = source
        && project
        && parsed.no(Role::Invest).is_some()
        && parsed.money.is_empty()
        && foreign_places(parsed) < 2;
    let bound = bound_for_america(parsed) || denied || refused || sovereign_deal(parsed, target);
    (source || (federal && no_country(parsed)))
        && (money || verb || project)
        && bound
        && !elsewhere(parsed)
}

/// Federal land, and something that ties it to a deal: a project, money, building, the target. Woods
/// and grazing fees are not this story.
fn deal_land(parsed: &Parsed<'_>, target: usize) -> bool {
    let ties = [
        Role::Project,
        Role::Invest,
        Role::Construct,
        Role::PublicMoney,
        Role::EconomicSecurity,
        Role::Branding,
    ];
    let tied = ties.iter().any(|role| parsed.of(*role).next().is_some())
        || !parsed.money.is_empty()
        || parsed.words.iter().any(|word| parsed.country(word) == Some(target) && !word.aside);
    tied && parsed.of(Role::FederalLand).next().is_some()
}

/// "US to invest $20 billion in Japan": the target is where the money goes, not whose it is. Every
/// mention of it is a place behind the verb or the sum.
fn outward(parsed: &Parsed<'_>, target: usize) -> bool {
    let mentions: Vec<&Word> = parsed
        .words
        .iter()
        .filter(|word| parsed.country(word) == Some(target) && !word.contrasted && !word.aside)
        .collect();
    let flow = parsed.of(Role::Invest).map(|word| word.hit.start);
    let Some(from) = flow.chain(parsed.money.iter().map(|money| money.start)).min() else {
        return false;
    };
    let public = parsed.of(Role::PublicMoney).any(|word| weighty(parsed, word));
    let fund = parsed.has_kind(Kind::StateFund);
    !mentions.is_empty()
        && !public
        && !fund
        && state_paid(parsed).is_none()
        && mentions.iter().all(|word| receives(parsed, word, from))
}

/// "In Japan" behind the verb or the sum; 日本に, 한국에, 在日本 anywhere.
fn receives(parsed: &Parsed<'_>, word: &Word, from: usize) -> bool {
    const INTO: [&str; 14] = [
        " in", " into", " across", " for", " inside", " nach", " au", " en", " aux", " dans", "在",
        "向", "对", "對",
    ];
    let place = matches!(word.hit.tag, Tag::Country(_) | Tag::Place(_));
    let head = parsed.text.lower.get(..word.hit.start).unwrap_or_default().trim_end();
    let head = head.strip_suffix(" the").unwrap_or(head);
    let tail = parsed.text.lower.get(word.hit.end..).unwrap_or_default();
    let dense = ["に", "への", "へ", "에 ", "에", "向け"].iter().any(|mark| tail.starts_with(mark))
        && !["において", "による", "により", "에서"].iter().any(|mark| tail.starts_with(mark));
    let head_marked = INTO.iter().any(|mark| head.ends_with(mark));
    let behind = word.hit.start >= from || parsed.lang == Lang::Zh;
    place && ((behind && head_marked) || dense)
}

/// "Cabinet split over taxpayer backing for Nevada scheme": a state's money for a project in America,
/// and no country named; the headline was brought to us for the target.
fn unnamed_state(parsed: &Parsed<'_>) -> bool {
    let public = parsed.of(Role::PublicMoney).any(|word| weighty(parsed, word));
    let built = parsed.of(Role::Project).next().is_some() && parsed.of(Role::Us).next().is_some();
    let american =
        [Kind::President, Kind::UsOffice, Kind::UsPerson].iter().any(|kind| parsed.has_kind(*kind));
    let corrected = parsed.any(Role::Correct).is_some()
        && !parsed.money.is_empty()
        && parsed.of(Role::Invest).next().is_some();
    let allied = ["allied", "foreign-", "foreign ", "overseas ", "sovereign"]
        .iter()
        .any(|mark| parsed.text.lower.contains(mark));
    let handed = parsed.has_kind(Kind::UsOffice) && allied;
    built && no_country(parsed) && ((public && !american) || corrected || handed)
}

/// "Budget committee endorses sovereign backstop", "pulls plug on $22 billion package": a state's
/// money, or a deal of the target with a fate, and no other place it could go to. The contract it was
/// brought for says the rest.
fn sovereign_deal(parsed: &Parsed<'_>, target: usize) -> bool {
    let payers = Payers::of(parsed, target);
    let public = payers.public.is_some_and(|word| weighty(parsed, word))
        || state_paid(parsed).is_some()
        || parsed.has_kind(Kind::StateFund);
    let corporate = payers.company.is_some() && !public;
    let fate = [
        Role::Sign,
        Role::Collapse,
        Role::Negotiate,
        Role::Propose,
        Role::Rumour,
        Role::Confirm,
        Role::Correct,
        Role::Resume,
        Role::Construct,
    ]
    .iter()
    .any(|role| parsed.of(*role).next().is_some());
    let flows = parsed.of(Role::Invest).next().is_some();
    let project = parsed.of(Role::Project).next().is_some();
    let deal = (flows || (!parsed.money.is_empty() && project)) && fate;
    let foreign = foreign_places(parsed) > 1;
    !corporate && !foreign && ((public && (flows || project || fate)) || deal)
}

fn verb_of_capital(parsed: &Parsed<'_>) -> bool {
    [Role::Invest, Role::Sign, Role::PublicMoney, Role::Negotiate]
        .iter()
        .any(|role| parsed.of(*role).next().is_some())
}

/// "Government" alone is an actor; "taxpayer", "state bank" are money.
pub(crate) fn weighty(parsed: &Parsed<'_>, word: &Word) -> bool {
    let weak = [
        "government",
        "ministry",
        "ministries",
        "cabinet",
        "parliament",
        "state",
        "the state",
        "政府",
        "정부",
        "regierung",
        "staat",
        "gouvernement",
        "état",
        "l'état",
        "ministerium",
    ];
    !weak.contains(&parsed.cite(&word.hit).as_str())
}

pub(crate) fn no_country(parsed: &Parsed<'_>) -> bool {
    !parsed.words.iter().any(|word| parsed.country(word).is_some() && !word.aside)
}

/// Is the target the one whose money it is? The first country named is; another one only if both
/// are named before the first verb. A headline that names none may mean its own government.
fn principal(parsed: &Parsed<'_>, target: usize) -> bool {
    let named: Vec<(&Word, usize)> = parsed
        .words
        .iter()
        .filter(|word| !word.contrasted)
        .filter_map(|word| Some((word, parsed.country(word)?)))
        .collect();
    let Some((_, first)) = named.first() else { return at_home(parsed, target) };
    if *first == target {
        return true;
    }
    let verbs = [
        Role::Invest,
        Role::Propose,
        Role::Sign,
        Role::Collapse,
        Role::Negotiate,
        Role::Rumour,
        Role::Deny,
        Role::Confirm,
        Role::Undecided,
    ];
    let verb = parsed
        .words
        .iter()
        .find(|word| word.hit.tag.is(&verbs))
        .map_or(usize::MAX, |word| word.hit.start);
    let Some((own, _)) = named.iter().find(|(_, country)| *country == target) else { return false };
    // A company of one country that builds with the money of another.
    let first_is_company = named
        .first()
        .is_some_and(|(word, _)| matches!(parsed.kind(word), Some(Kind::Company | Kind::Bank)));
    own.hit.start < verb || first_is_company
}

pub(crate) fn at_home(parsed: &Parsed<'_>, target: usize) -> bool {
    let Some(country) = parsed.lexicon.countries.get(target) else { return false };
    country.home.contains(&parsed.lang)
}

/// American, presidential or federal: where the money of this story goes.
fn bound_for_america(parsed: &Parsed<'_>) -> bool {
    let roles = [Role::Us, Role::UsSeat, Role::FederalLand, Role::Branding];
    let american = parsed.words.iter().any(|word| word.hit.tag.is(&roles) && !word.contrasted);
    let kinds = [Kind::President, Kind::UsOffice, Kind::UsPerson, Kind::UsCompany];
    let actor =
        parsed.words.iter().any(|word| parsed.kind(word).is_some_and(|kind| kinds.contains(&kind)));
    let venture = parsed
        .words
        .iter()
        .any(|word| parsed.actor(word).is_some_and(|actor| actor.slug == "stargate"));
    let parks = parsed.of(Role::Project).any(|word| {
        ["park", "parks", "団地", "工業団地", "園区"]
            .iter()
            .any(|park| parsed.cite(&word.hit).contains(park))
    });
    let dollars = parsed.money.iter().any(|money| money.currency == "USD")
        && foreign_places(parsed) < 2
        && committed(parsed);
    american || actor || venture || parks || dollars
}

/// Sovereign pledges in dollars without a destination are pledges to America.
fn committed(parsed: &Parsed<'_>) -> bool {
    [Role::Invest, Role::Sign, Role::Propose, Role::Negotiate]
        .iter()
        .any(|role| parsed.any(*role).is_some())
        && parsed.any(Role::Markets).is_none()
}

/// Money for another country, or for home.
fn elsewhere(parsed: &Parsed<'_>) -> bool {
    let america = parsed.words.iter().any(|word| {
        (word.hit.tag.is(&[Role::Us, Role::UsSeat, Role::FederalLand, Role::Branding])
            || parsed.kind(word) == Some(Kind::President))
            && !word.contrasted
    });
    let away = parsed.of(Role::Elsewhere).next().is_some() || foreign_places(parsed) > 1;
    away && !america
}

fn foreign_places(parsed: &Parsed<'_>) -> usize {
    let mut countries: Vec<usize> = parsed
        .words
        .iter()
        .filter(|word| !word.aside)
        .filter_map(|word| parsed.country(word))
        .collect();
    countries.sort_unstable();
    countries.dedup();
    countries.len()
}

/// "Japan, US deadlocked over profit split in investment fund": a deal of states and its fate.
fn between_states(parsed: &Parsed<'_>) -> bool {
    let fate = [Role::Sign, Role::Collapse, Role::Negotiate]
        .iter()
        .any(|role| parsed.of(*role).next().is_some());
    let america = parsed.of(Role::Us).next().is_some();
    let company = parsed.has_kind(Kind::Company) || parsed.has_kind(Kind::Bank);
    fate && america && !company && parsed.of(Role::Invest).next().is_some()
}

/// "Trims its pledge": no word of holdings but that verb.
fn only_trimmed(parsed: &Parsed<'_>) -> bool {
    parsed.of(Role::Portfolio).all(|word| parsed.cite(&word.hit).starts_with("trim"))
}

/// The topics that a company's money is not about.
pub(crate) fn distractor<'p>(
    parsed: &'p Parsed<'_>,
    target: usize,
) -> Option<(&'static str, &'p Word)> {
    if let Some(word) = parsed.any(Role::Sports) {
        return Some(("sports", word));
    }
    if let Some(word) = parsed.any(Role::Past) {
        return Some(("past_event", word));
    }
    let strong = parsed.any(Role::FederalLand).or_else(|| parsed.any(Role::Branding)).is_some();
    let payers = Payers::of(parsed, target);
    let flows = !parsed.money.is_empty() && parsed.any(Role::Invest).is_some();
    let stage = [Role::Sign, Role::Propose, Role::Collapse, Role::Construct, Role::Negotiate]
        .iter()
        .any(|role| parsed.any(*role).is_some());
    if let Some(word) = parsed.any(Role::OffTopic).filter(|_| {
        !strong && payers.public.is_none_or(|word| !weighty(parsed, word)) && !(flows && stage)
    }) {
        return Some(("another_topic", word));
    }
    if let Some(word) = parsed.any(Role::Portfolio).filter(|_| {
        let pledge = flows && stage && only_trimmed(parsed);
        !strong
            && !pledge
            && parsed
                .any(Role::Project)
                .is_none_or(|_| parsed.any(Role::Construct).is_none() && !flows)
    }) {
        return Some(("holdings", word));
    }
    if let Some(word) = parsed.any(Role::Statistic).filter(|_| {
        !strong
            && [Role::Sign, Role::Collapse, Role::Negotiate]
                .iter()
                .all(|role| parsed.any(*role).is_none())
    }) {
        return Some(("statistic", word));
    }
    let market = parsed.any(Role::Markets).or_else(|| parsed.any(Role::NotCapital));
    let in_sum = |word: &&Word| {
        parsed.money.iter().any(|money| money.start <= word.hit.start && word.hit.end <= money.end)
    };
    market
        .filter(|word| !in_sum(word))
        .filter(|_| {
            !strong
                && !(flows && (stage || payers.company.is_none()))
                && !between_states(parsed)
                && payers.public.is_none_or(|word| !weighty(parsed, word))
        })
        .map(|word| ("markets", word))
}
