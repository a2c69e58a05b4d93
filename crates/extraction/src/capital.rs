//! Money: whose, how much, how far the deal is.

use statecraft_domain::signal::{Assertion, Capital, DealStage, Direction};

use crate::finding::Finding;
use crate::lexicon::Tag;
use crate::parse::{Parsed, Word};
use crate::role::{Kind, Role};
use crate::topic::{at_home, no_country, weighty};

/// Who could pay, as far as the headline says.
pub(crate) struct Payers<'p> {
    /// The country it is read for.
    pub(crate) target: usize,
    /// A state's money by name, affirmed.
    pub(crate) public: Option<&'p Word>,
    /// The same, denied.
    denied: Option<&'p Word>,
    /// A government, a state fund, a parliament, a country that acts.
    pub(crate) state: Option<&'p Word>,
    /// Private money by name.
    private: Option<&'p Word>,
    /// A company.
    pub(crate) company: Option<&'p Word>,
    /// A private bank.
    bank: Option<&'p Word>,
    /// A state's money, set aside: "not the state".
    aside: Option<&'p Word>,
}

impl<'p> Payers<'p> {
    pub(crate) fn of(parsed: &'p Parsed<'_>, target: usize) -> Self {
        let home = |word: &&Word| parsed.country(word).is_none_or(|country| country == target);
        let kind = |kinds: &'static [Kind]| {
            parsed
                .words
                .iter()
                .filter(|w| !w.contrasted && !w.aside)
                .filter(home)
                .find(move |word| parsed.kind(word).is_some_and(|kind| kinds.contains(&kind)))
        };
        let state = kind(&[Kind::Government, Kind::StateFund, Kind::Legislature]);
        let named = parsed.words.iter().find(|word| {
            let name = matches!(word.hit.tag, Tag::Country(_) | Tag::Place(_) | Tag::Leader(_));
            name && parsed.country(word) == Some(target) && !word.contrasted && !word.aside
        });
        let aside = |role: Role| {
            parsed.words.iter().find(|word| word.contrasted && word.hit.tag.is(&[role]))
        };
        let state_aside = parsed.words.iter().find(|word| {
            word.contrasted
                && parsed
                    .kind(word)
                    .is_some_and(|kind| matches!(kind, Kind::Government | Kind::StateFund))
                || (word.contrasted
                    && parsed.yes(Role::PrivateMoney).is_some()
                    && matches!(word.hit.tag, Tag::Country(at) | Tag::Place(at) if at == target))
        });
        Self {
            target,
            public: parsed.yes(Role::PublicMoney),
            denied: parsed.no(Role::PublicMoney),
            state: state.or(named),
            private: parsed.yes(Role::PrivateMoney),
            company: kind(&[Kind::Company]),
            bank: kind(&[Kind::Bank]),
            aside: aside(Role::PublicMoney).or(state_aside),
        }
    }
}

/// Reads the money of the headline.
pub(crate) fn capital(parsed: &Parsed<'_>, target: usize) -> Finding {
    let mut finding = Finding::default();
    let payers = Payers::of(parsed, target);
    if let Some(word) = parsed
        .of(Role::Undecided)
        .next()
        .filter(|_| payers.private.is_none() || payers.public.is_some())
    {
        finding.own(Capital::Unknown, "undecided", parsed.cite(&word.hit));
        finding.slug("sov_capital", "undecided", parsed.cite(&word.hit));
        finding.at(DealStage::Proposed, "undecided", parsed.cite(&word.hit));
        finding.assert(Assertion::Hedged, "undecided", parsed.cite(&word.hit));
        finding.turn(Direction::Neutral, "undecided", parsed.cite(&word.hit));
        return finding;
    }
    let collapse = parsed.of(Role::Collapse).next();
    match collapse {
        Some(word) if parsed.yes(Role::Resume).is_none() => {
            collapsed(parsed, &payers, word, &mut finding)
        }
        _ => live(parsed, &payers, &mut finding),
    }
    frames(parsed, &mut finding);
    finding
}

/// The deal is off, or it is denied that it is.
fn collapsed(parsed: &Parsed<'_>, payers: &Payers<'_>, word: &Word, finding: &mut Finding) {
    let words = parsed.cite(&word.hit);
    let capital = owner(parsed, payers);
    finding.own(capital.0, capital.1, capital.2.clone());
    if word.negated || stands_yet(parsed) {
        return stands(parsed, payers, word, finding);
    }
    finding.slug("deal_collapse", "collapse", words.clone());
    if capital.0 == Capital::Sovereign && !parsed.money.is_empty() {
        finding.slug("sov_capital", "its_money", capital.2);
    }
    let committee =
        ["committee", "panel", "ausschuss", "commission", "委員会", "위원회", "委员会", "委員會"]
            .iter()
            .any(|part| parsed.text.lower.contains(part));
    let stage = if committee { DealStage::Negotiated } else { DealStage::Dead };
    finding.at(stage, "collapse", words.clone());
    finding.turn(Direction::Down, "collapse", words);
}

/// It is denied that the deal is off, or that less will be paid: it stands.
fn stands(parsed: &Parsed<'_>, payers: &Payers<'_>, word: &Word, finding: &mut Finding) {
    let words = parsed.cite(&word.hit);
    let (capital, rule, by) = owner(parsed, payers);
    finding.own(capital, rule, by);
    let private = capital == Capital::Private;
    let slug = if private { "priv_capital" } else { "sov_capital" };
    finding.slug(slug, "collapse_denied", words.clone());
    finding.at(DealStage::Signed, "collapse_denied", words.clone());
    let denial = parsed.denial.map_or_else(|| words.clone(), |hit| parsed.cite(&hit));
    finding.assert(Assertion::Denied, "collapse_denied", denial);
    let direction = if private { Direction::Neutral } else { Direction::Up };
    finding.turn(direction, "collapse_denied", words);
}

/// "Commitment stands, Tokyo stresses after cancellation rumour": a deal that is said to live on where
/// its end was spoken of.
fn stands_yet(parsed: &Parsed<'_>) -> bool {
    const LIVES: [&str; 28] = [
        "not in doubt",
        "not at risk",
        "not in question",
        "not in jeopardy",
        " stands,",
        " still stands",
        "stands firm",
        "remains in force",
        "remain in force",
        "alive and well",
        "on track",
        "still on",
        "intact",
        "unaffected",
        "in place",
        "not dead",
        "will be honoured",
        "will be honored",
        "besteht weiter",
        "gilt weiter",
        "steht weiter",
        "tient toujours",
        "maintenu",
        "有効",
        "維持",
        "유효",
        "仍然有效",
        "不变",
    ];
    const TALK: [&str; 18] = [
        "rumour",
        "rumor",
        "claim",
        "report",
        "talk",
        "speculation",
        "reject",
        "rebut",
        "den",
        "gerücht",
        "bericht",
        "rumeur",
        "報道",
        "観測",
        "보도",
        "설",
        "传闻",
        "报道",
    ];
    let text = &parsed.text.lower;
    LIVES.iter().any(|mark| text.contains(mark)) && TALK.iter().any(|mark| text.contains(mark))
}

/// "Has not cut its pledge": less is denied.
fn not_lowered<'p>(parsed: &'p Parsed<'_>) -> Option<&'p Word> {
    let less = |word: &&Word| {
        let verb = parsed.cite(&word.hit);
        word.negated && LESS.iter().any(|stem| verb.starts_with(stem))
    };
    parsed.of(Role::Change).find(less).filter(|_| parsed.any(Role::Correct).is_none())
}

/// The deal lives, or its money is denied.
fn live(parsed: &Parsed<'_>, payers: &Payers<'_>, finding: &mut Finding) {
    if let Some(word) =
        payers.aside.filter(|_| payers.public.is_none_or(|word| !weighty(parsed, word)))
    {
        let capital = if payers.company.or(payers.bank).or(payers.private).is_some() {
            Capital::Private
        } else {
            Capital::None
        };
        finding.own(capital, "set_against_the_state", parsed.cite(&word.hit));
        finding.slug("priv_capital", "set_against_the_state", parsed.cite(&word.hit));
        stage(parsed, finding);
        return finding.turn(Direction::Down, "set_against_the_state", parsed.cite(&word.hit));
    }
    if let Some(word) = private_alone(parsed, payers) {
        finding.own(Capital::Private, "private_without_state", parsed.cite(&word.hit));
        finding.slug("priv_capital", "private_without_state", parsed.cite(&word.hit));
        stage(parsed, finding);
        // A bank that lends stands where the state could have stood; a company pays as always.
        let turn = if payers.bank.is_some() { Direction::Down } else { Direction::Neutral };
        return finding.turn(turn, "private_without_state", parsed.cite(&word.hit));
    }
    if let Some(word) = not_lowered(parsed) {
        return stands(parsed, payers, word, finding);
    }
    if let Some(word) = denied(parsed, payers) {
        return deny(parsed, payers, word, finding);
    }
    let (capital, rule, words) = match parsed
        .yes(Role::FederalLand)
        .filter(|_| no_country(parsed) && !at_home(parsed, payers.target))
    {
        Some(land) => (Capital::Unknown, "owner_not_said", parsed.cite(&land.hit)),
        None => owner(parsed, payers),
    };
    finding.own(capital, rule, words.clone());
    stage(parsed, finding);
    match capital {
        Capital::Private => {
            finding.slug("priv_capital", rule, words.clone());
            finding.turn(Direction::Neutral, "private_money", words);
        }
        Capital::Sovereign | Capital::Mixed => {
            finding.slug("sov_capital", rule, words.clone());
            match lowered(parsed) {
                true => finding.turn(Direction::Down, "sum_lowered", words),
                false => finding.turn(Direction::Up, "sovereign_money", words),
            }
        }
        _ => {
            if parsed.yes(Role::FederalLand).is_none() {
                finding.slug("deal_progress", "deal_without_owner", words.clone());
            }
            finding.turn(Direction::Up, "deal_without_owner", words);
        }
    }
}

/// Verbs that make a sum smaller: by their beginnings.
const LESS: [&str; 22] = [
    "halv", "cut", "slash", "trim", "reduc", "lower", "pare", "shrink", "shrank", "減額", "縮小",
    "圧縮", "下调", "削减", "缩减", "감액", "축소", "senk", "kürz", "halbier", "rédui", "rabot",
];

/// A change, not a correction, from a larger sum to a smaller one.
fn lowered(parsed: &Parsed<'_>) -> bool {
    let reserve = [Role::Correct, Role::RelationBad, Role::Condition, Role::Relief]
        .iter()
        .any(|role| parsed.any(*role).is_some_and(|word| !word.hit.tag.is(&[Role::Change])));
    let less = parsed.yes(Role::Change).is_some_and(|word| {
        let verb = parsed.cite(&word.hit);
        LESS.iter().any(|stem| verb.starts_with(stem))
    });
    if less && !reserve && parsed.money.len() == 1 {
        return true;
    }
    let changed = parsed.any(Role::Change).is_some() && parsed.any(Role::Correct).is_none();
    let new = crate::figure::amount(parsed).map_or(u64::MAX, |(amount, ..)| amount.units);
    let [one, two] = parsed.money.as_slice() else { return false };
    changed && one.currency == two.currency && new < one.units.max(two.units)
}

/// "Banks lend, without state guarantee": private money is the news, no state's is a remark.
fn private_alone<'p>(parsed: &Parsed<'_>, payers: &Payers<'p>) -> Option<&'p Word> {
    let remark = payers.denied.is_some() && parsed.denial.is_none() && payers.public.is_none();
    let private = payers.private.or(payers.bank).or(payers.company);
    let named = payers.state.is_some_and(|word| {
        matches!(parsed.kind(word), Some(Kind::Government | Kind::StateFund | Kind::Legislature))
    });
    const BARE: [&str; 9] =
        ["without", "no", "ohne", "sans", "なし", "無しで", "없이", "無需", "无需"];
    let bare = parsed.words.iter().any(|word| {
        word.hit.tag.is(&[Role::Negate]) && BARE.contains(&parsed.cite(&word.hit).as_str())
    });
    let pays = !parsed.money.is_empty() || payers.private.is_some();
    private.filter(|word| remark && bare && pays && !named && !word.negated)
}

/// The word whose denial is the news.
fn denied<'p>(parsed: &'p Parsed<'_>, payers: &Payers<'p>) -> Option<&'p Word> {
    let acts = [
        Role::Invest,
        Role::Sign,
        Role::Propose,
        Role::FederalLand,
        Role::Branding,
        Role::Negotiate,
        Role::Project,
    ];
    let affirmed = payers.public.filter(|word| weighty(parsed, word));
    let act = acts.iter().find_map(|role| parsed.no(*role));
    payers
        .denied
        .or(act)
        .filter(|_| affirmed.is_none() || parsed.denial.is_some() || payers.denied.is_none())
}

fn deny(parsed: &Parsed<'_>, payers: &Payers<'_>, word: &Word, finding: &mut Finding) {
    let words = parsed.cite(&word.hit);
    // A company named after what is denied is not the one that speaks.
    let last = parsed.words.iter().map(|word| word.clause).max().unwrap_or_default();
    let signs = |company: &Word| {
        // 「…」 ソフトバンクG: the speaker stands last, alone.
        let dense = matches!(parsed.lang, crate::lexicon::Lang::Ja | crate::lexicon::Lang::Ko);
        dense && company.clause <= last && company.clause != word.clause
    };
    let company =
        payers.company.filter(|company| company.hit.start < word.hit.start || signs(company));
    let private = company.or(payers.bank).or(payers.private);
    let about_private = payers.denied.is_none() && payers.state.is_none() && private.is_some();
    match private {
        Some(left) if !about_private => {
            finding.own(Capital::Private, "what_remains_after_denial", parsed.cite(&left.hit))
        }
        _ => finding.own(Capital::None, "nothing_remains_after_denial", words.clone()),
    }
    let slug = if about_private { "priv_capital" } else { "sov_capital" };
    finding.slug(slug, "denied", words.clone());
    let by = parsed.denial.map_or_else(|| words.clone(), |hit| parsed.cite(&hit));
    finding.assert(Assertion::Denied, "denied", by);
    // Land that is not offered is no sign of a deal, whoever would have built there.
    let land = parsed.no(Role::FederalLand).is_some() && payers.private.is_none();
    let still = about_private && !land;
    finding.turn(if still { Direction::Neutral } else { Direction::Down }, "denied", words);
}

/// "Japan-funded", "funded by Tokyo", "Japanese-government-financed".
pub(crate) fn state_paid<'p>(parsed: &'p Parsed<'_>) -> Option<&'p Word> {
    let state = |word: &&Word| {
        matches!(word.hit.tag, Tag::Country(_) | Tag::Place(_))
            || matches!(parsed.kind(word), Some(Kind::Government | Kind::StateFund))
    };
    parsed.words.iter().filter(state).filter(|word| !word.negated && !word.contrasted).find(
        |word| {
            let tail = parsed.text.lower.get(word.hit.end..).unwrap_or_default();
            let head = parsed.text.lower.get(..word.hit.start).unwrap_or_default();
            let after = [
                "-funded",
                "-financed",
                "-backed",
                "-bankrolled",
                "-guaranteed",
                "-government-",
                "-finanziert",
                "-paid",
                "-owned",
                " government-f",
                " state-f",
                "が出資",
                "が資金",
                "출자",
                "出资",
                "出資",
            ];
            let before = [
                "funded by ",
                "financed by ",
                "bankrolled by ",
                "paid for by ",
                "paid by ",
                "backed by ",
                "underwritten by ",
                "money from ",
                "cash from ",
                "funds from ",
                "funding from ",
                "finanziert von ",
                "financé par ",
                "financés par ",
                "financée par ",
                "financées par ",
                "guaranteed by ",
                "on tokyo's dime",
                "courtesy of ",
            ];
            after.iter().any(|mark| tail.starts_with(mark))
                || before.iter().any(|mark| head.trim_end_matches("the ").ends_with(mark))
        },
    )
}

/// Whose money it is.
fn owner(parsed: &Parsed<'_>, payers: &Payers<'_>) -> (Capital, &'static str, String) {
    let cite = |word: &Word| parsed.cite(&word.hit);
    let public = payers.public.filter(|word| weighty(parsed, word)).or_else(|| state_paid(parsed));
    let fund = payers.state.filter(|word| {
        matches!(parsed.kind(word), Some(Kind::StateFund | Kind::Legislature | Kind::Government))
    });
    let private = payers.private.or(payers.bank);
    let spends = !parsed.money.is_empty()
        || parsed.of(Role::Invest).next().is_some()
        || parsed.of(Role::Construct).next().is_some();
    let partner = parsed.of_kind(Kind::UsCompany).next().or_else(|| {
        parsed
            .words
            .iter()
            .find(|word| parsed.actor(word).is_some_and(|actor| actor.slug == "stargate"))
    });
    let acts = fund.filter(|word| parsed.kind(word) == Some(Kind::Government));
    if public.is_none() && acts.is_some() && parsed.money.is_empty() && joint_with_america(parsed) {
        return (Capital::Unknown, "joint_declaration", String::new());
    }
    match (public.or(fund), private, payers.company) {
        (Some(state), Some(private), _) => {
            (Capital::Mixed, "state_and_private", format!("{} / {}", cite(state), cite(private)))
        }
        (Some(state), None, _) => (Capital::Sovereign, "state_pays", cite(state)),
        (None, Some(private), _) if jointly(parsed, payers, private) => {
            (Capital::Mixed, "country_and_private", cite(private))
        }
        (None, Some(private), _) => (Capital::Private, "private_pays", cite(private)),
        (None, None, Some(company)) if spends || partner.is_some() => {
            (Capital::Private, "company_pays", cite(company))
        }
        (None, None, Some(company)) => (Capital::Unknown, "company_without_money", cite(company)),
        (None, None, None) => by_name(parsed, payers, payers.target),
    }
}

/// "Tokyo and trading houses": both pay.
fn jointly(parsed: &Parsed<'_>, payers: &Payers<'_>, private: &Word) -> bool {
    let links = [
        "and", "and its", "and the", "with", "with its", "und", "mit", "et", "avec", "と", "와",
        "과", "和", "与", "與", "、",
    ];
    payers.state.is_some_and(|state| {
        let between = parsed.text.lower.get(state.hit.end..private.hit.start);
        between.is_some_and(|text| links.contains(&text.trim()))
    })
}

/// "Investment protocol", "investment pact": a paper about money, not money.
fn names_treaty(parsed: &Parsed<'_>, word: &Word) -> bool {
    const PAPERS: [&str; 9] = [
        " protocol",
        " pact",
        " treaty",
        " accord",
        " agreement",
        " framework",
        " charter",
        "abkommen",
        "協定",
    ];
    let tail = parsed.text.lower.get(word.hit.end..).unwrap_or_default();
    let own = parsed.cite(&word.hit);
    let whole = own.ends_with(" deal") || PAPERS.iter().any(|paper| own.ends_with(paper));
    whole || PAPERS.iter().any(|paper| tail.starts_with(paper))
}

/// A country that acts pays with its own money, unless it only signs together with America.
fn by_name(
    parsed: &Parsed<'_>,
    payers: &Payers<'_>,
    target: usize,
) -> (Capital, &'static str, String) {
    let cite = |word: &Word| parsed.cite(&word.hit);
    let implied = || {
        parsed.words.iter().find(|word| {
            word.hit.tag.is(&[Role::Sign, Role::Collapse, Role::Invest])
                && at_home(parsed, target)
                && no_country(parsed)
                && !parsed.money.is_empty()
        })
    };
    if let Some(word) = payers.state.is_none().then(implied).flatten() {
        return (Capital::Sovereign, "government_at_home", cite(word));
    }
    let Some(state) = payers.state.or(payers.public) else {
        return (Capital::Unknown, "owner_not_said", String::new());
    };
    let joint = joint_with_america(parsed) && parsed.money.is_empty();
    let pays = !parsed.money.is_empty()
        || parsed.of(Role::Invest).any(|word| !names_treaty(parsed, word))
        || parsed.any(Role::Construct).is_some();
    match (joint, pays) {
        (true, _) => (Capital::Unknown, "joint_declaration", cite(state)),
        (false, true) => (Capital::Sovereign, "country_pays", cite(state)),
        (false, false) => (Capital::Unknown, "owner_not_said", cite(state)),
    }
}

/// "US and Japan", "Washington-Tokyo", 日米: both sign, neither is said to pay.
fn joint_with_america(parsed: &Parsed<'_>) -> bool {
    let american = |word: &&Word| {
        word.hit.tag.is(&[Role::Us, Role::UsSeat])
            || matches!(parsed.kind(word), Some(Kind::President | Kind::UsOffice | Kind::UsPerson))
    };
    let foreign = |word: &Word| {
        matches!(word.hit.tag, Tag::Country(_) | Tag::Place(_) | Tag::Leader(_))
            || parsed.kind(word) == Some(Kind::Government)
    };
    let links = [
        "-", "and", ",", "und", "et", "と", "와", "과", "和", "&", "/", "・", "·", "、", "und die",
        "et les", "", "与", "with", "mit",
    ];
    let linked = |one: &Word, two: &Word| {
        let between = parsed.text.lower.get(one.hit.end..two.hit.start);
        one.hit == two.hit
            || one.hit.start == two.hit.start && one.hit.end == two.hit.end
            || between.is_some_and(|text| links.contains(&text.trim()))
    };
    let pair = parsed.words.iter().filter(american).any(|us| {
        parsed
            .words
            .iter()
            .filter(|word| foreign(word))
            .any(|them| linked(us, them) || linked(them, us))
    });
    pair && parsed.any(Role::Sign).or_else(|| parsed.any(Role::Negotiate)).is_some()
}

/// The rule under which the stage of a deal is cited of which none is said.
pub(crate) const NO_STAGE: &str = "a_deal_and_no_stage";

/// The stage, strongest reserve first.
fn stage(parsed: &Parsed<'_>, finding: &mut Finding) {
    let order = [
        (Role::Rumour, DealStage::Rumoured, "talked_about"),
        (Role::Construct, DealStage::Construction, "being_built"),
        (Role::Resume, DealStage::Negotiated, "on_again"),
        (Role::Negotiate, DealStage::Negotiated, "terms_worked_out"),
        (Role::Sign, DealStage::Signed, "agreed"),
        (Role::Confirm, DealStage::Negotiated, "confirmed"),
        (Role::Propose, DealStage::Proposed, "offered"),
    ];
    let late = parsed.yes(Role::Postpone).filter(|_| parsed.yes(Role::Construct).is_some());
    if let Some(word) = late {
        finding.at(DealStage::Signed, "building_delayed", parsed.cite(&word.hit));
        return;
    }
    let found =
        order.iter().find_map(|(role, stage, rule)| Some((parsed.yes(*role)?, *stage, *rule)));
    match found {
        Some((word, stage, rule)) => finding.at(stage, rule, parsed.cite(&word.hit)),
        None => finding.at(DealStage::Proposed, NO_STAGE, String::new()),
    }
}

/// What surrounds the money: land, brand, security, building.
fn frames(parsed: &Parsed<'_>, finding: &mut Finding) {
    let extra = [
        (Role::FederalLand, "fed_land"),
        (Role::Branding, "branding"),
        (Role::EconomicSecurity, "econ_security"),
        (Role::Construct, "construction"),
    ];
    for (role, slug) in extra {
        if let Some(word) = parsed.yes(role) {
            finding.slug(slug, "named", parsed.cite(&word.hit));
        }
    }
    let begun = parsed.yes(Role::Construct).or_else(|| parsed.yes(Role::Project));
    let late = begun.and(parsed.yes(Role::Postpone));
    if let Some(word) = late {
        finding.turn(Direction::Down, "building_delayed", parsed.cite(&word.hit));
    }
}
