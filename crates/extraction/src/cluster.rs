//! Clusters of reports that tell one story (model.md 7.4): same target, same family of signals, within
//! 72 hours (an answer to a report within 30 days), and either the same words, the same actor and amount, or the same address.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use statecraft_domain::Timestamp;
use statecraft_domain::signal::{Assertion, Direction};

use crate::Reading;
use crate::lexicon::{Lexicon, Tag};
use crate::normalise::normalise;
use crate::read::Extractor;
use crate::role::Role;
use crate::scan::is_dense;

/// Reports further apart tell two stories, in seconds.
pub const WINDOW_SECS: i64 = 72 * 3_600;
/// How long after a report its denial, correction or retraction still belongs to it, in seconds.
pub const ANSWER_WINDOW_SECS: i64 = 30 * 24 * 3_600;
/// Reports that are remembered at most.
pub const CAPACITY: usize = 4_096;
/// Likeness from which two reports are one story.
const ALIKE: f64 = 0.45;

/// What is compared of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Target it was read for.
    pub target: String,
    /// Content words and their weights; pairs of characters in scripts without spaces.
    pub words: BTreeMap<String, u32>,
    /// Language tag.
    pub lang: String,
    /// Its signals.
    pub slugs: BTreeSet<String>,
    /// Families of its signals.
    pub families: BTreeSet<&'static str>,
    /// Concepts: what the words mean, whatever the language, and how much they say.
    pub concepts: BTreeMap<String, u32>,
    /// Actor.
    pub actor: String,
    /// Amount and currency.
    pub amount: Option<(u64, String)>,
    /// Address without its decorations; empty if unknown.
    pub url: String,
    /// Withdraws, denies or corrects an earlier report.
    pub answers: bool,
    /// Gives another figure than an earlier report.
    pub corrects: bool,
    /// Sign of what it says.
    pub direction: Direction,
    /// Month and day of a visit, as far as it is written.
    pub day: Option<(u8, u8)>,
    /// Month of a visit.
    pub month: Option<u8>,
    /// Towns of the target that are no capitals.
    pub places: BTreeSet<String>,
    /// Places in America.
    pub sites: BTreeSet<String>,
    /// Companies, funds and persons beyond presidents and governments.
    pub parties: BTreeSet<String>,
    /// What happens.
    pub event: &'static str,
    /// When; `None` in a file without times.
    pub at: Option<Timestamp>,
}

impl Report {
    /// What is compared of a headline and its reading.
    #[must_use]
    pub fn new(
        extractor: &Extractor,
        title: &str,
        lang: &str,
        target: &str,
        reading: &Reading,
        url: &str,
        at: Option<Timestamp>,
    ) -> Self {
        let text = normalise(title);
        let (_, hits) = extractor.hits(&text, lang);
        let common: Vec<(usize, usize)> = hits
            .iter()
            .filter(|hit| common(extractor.lexicon(), hit.tag, target))
            .map(|hit| (hit.start, hit.end))
            .collect();
        let mut concepts: BTreeSet<String> =
            hits.iter().filter_map(|hit| concept(extractor.lexicon(), hit.tag, target)).collect();
        concepts.extend(reading.slugs.iter().filter(|slug| telling(slug)).cloned());
        let visit = reading.slugs.iter().any(|slug| slug.starts_with("visit_"));
        let written = visit.then(|| crate::date::date(&text.lower)).flatten();
        let day = written.and_then(|date| Some((date.month, date.day?)));
        let cite = |start: usize, end: usize| {
            text.lower.get(start..end).unwrap_or_default().trim().to_owned()
        };
        let places = hits
            .iter()
            .filter(|hit| matches!(hit.tag, Tag::Place(at) if extractor.lexicon().country(target) == Some(at)))
            .map(|hit| cite(hit.start, hit.end))
            .filter(|place| !crate::fallback::SEATS.contains(&place.as_str()))
            .map(|place| crate::gazetteer::one_name(&place))
            .collect();
        let sites = hits
            .iter()
            .filter(|hit| hit.tag.is(&[Role::Us]))
            .map(|hit| cite(hit.start, hit.end))
            .filter(|site| !is_whole_country(site))
            .map(|site| crate::gazetteer::one_name(&site))
            .collect();
        let parties = hits.iter().filter_map(|hit| party(extractor.lexicon(), hit.tag)).collect();
        let known: Vec<(usize, usize)> = hits
            .iter()
            .filter(|hit| matches!(hit.tag, Tag::Word(_)))
            .map(|hit| (hit.start, hit.end))
            .collect();
        concepts.extend(day.map(|day| format!("{day:?}")));
        let amount =
            reading.claim.amount.as_ref().map(|amount| (amount.units, amount.currency.clone()));
        let answers = matches!(
            reading.claim.assertion,
            Assertion::Denied | Assertion::Retracted | Assertion::Correction
        );
        Self {
            target: target.to_owned(),
            words: content_words(&text.lower, &common, &known),
            lang: lang.to_owned(),
            slugs: reading.slugs.iter().cloned().collect(),
            families: reading.slugs.iter().map(|slug| family(slug)).collect(),
            concepts: concepts
                .into_iter()
                .map(|it| (telling_weight(&it), it))
                .map(|(n, it)| (it, n))
                .collect(),
            actor: reading.claim.actor.clone(),
            amount,
            url: canonical(url),
            answers,
            corrects: reading.claim.assertion == Assertion::Correction,
            direction: reading.claim.direction,
            day,
            month: visit.then(|| crate::span::month_said(&text.lower)).flatten(),
            places,
            sites,
            parties,
            event: event(reading),
            at,
        }
    }

    /// Do two reports tell one story? The same address; or nothing in them that speaks against it, and
    /// enough in common.
    #[must_use]
    pub fn same_story(&self, other: &Self) -> bool {
        self.same_address(other)
            || (self.near(other) && self.compatible(other) && self.likeness(other) >= ALIKE)
    }

    fn same_address(&self, other: &Self) -> bool {
        self.target == other.target
            && self.near(other)
            && !self.url.is_empty()
            && self.url == other.url
    }

    /// Nothing in the two speaks against one story: they have a family of signals in common, and no
    /// other sum, day, month, place or event. An answer may have another sign and event, a correction
    /// another sum and day.
    fn compatible(&self, other: &Self) -> bool {
        let answers = self.answers || other.answers;
        let corrects = self.corrects || other.corrects;
        let sums = differ(self.amount.as_ref(), other.amount.as_ref());
        let days = differ(self.day.as_ref(), other.day.as_ref());
        let months = differ(self.month.as_ref(), other.month.as_ref());
        let apart = |one: &BTreeSet<String>, two: &BTreeSet<String>| {
            !one.is_empty() && !two.is_empty() && one.is_disjoint(two)
        };
        let events = self.event != other.event || self.direction != other.direction;
        self.target == other.target
            && !self.families.is_disjoint(&other.families)
            && (corrects || !(sums || days || months))
            && !apart(&self.places, &other.places)
            && (self.lang != other.lang || !apart(&self.sites, &other.sites))
            && (answers || !events)
    }

    /// How much two reports have in common, 0 to about 2. Words that the lexicon does not know weigh
    /// most: they are the rare ones. Across languages no words are shared, but what they mean is. Little
    /// evidence in common counts little, however large its share.
    fn likeness(&self, other: &Self) -> f64 {
        let told = shared(&self.words, &other.words, 2);
        let meant = shared(&self.concepts, &other.concepts, 6);
        let base =
            if self.lang == other.lang { told.max(0.6 * meant) } else { (0.7 * meant).min(0.6) };
        let agree = |yes: bool, weight: f64| if yes { weight } else { 0.0 };
        let money = self.amount.is_some() && self.amount == other.amount;
        let day = self.day.is_some() && self.day == other.day;
        let month = self.month.is_some() && self.month == other.month;
        let slugs = self.slugs == other.slugs;
        // The same signals at the same time in another language are seldom another story.
        let abroad = self.lang != other.lang && slugs && self.direction == other.direction;
        // Two heads of government do not resign in three days, nor are two visits called off.
        let single = slugs && SINGLE.contains(&self.event) && self.event == other.event;
        base + agree(money, 0.5)
            + agree(day, 0.5)
            + agree(month && !day, 0.2)
            + agree(!self.places.is_disjoint(&other.places), 0.4)
            + agree(!self.sites.is_disjoint(&other.sites), 0.1)
            + agree(!self.parties.is_disjoint(&other.parties), 0.1)
            + agree(slugs, 0.05)
            + agree(single, 0.2)
            + agree(abroad, 0.2)
            + agree(abroad && self.answers && other.answers, 0.1)
    }

    fn near(&self, other: &Self) -> bool {
        match (self.at, other.at) {
            (Some(one), Some(two)) => {
                let later = if one.secs() >= two.secs() { self } else { other };
                // Only an answer reaches far back, not a new report to an old answer.
                let window = if later.answers { ANSWER_WINDOW_SECS } else { WINDOW_SECS };
                one.secs().abs_diff(two.secs()) <= window.unsigned_abs()
            }
            _ => true,
        }
    }
}

fn differ<T: PartialEq>(one: Option<&T>, two: Option<&T>) -> bool {
    one.is_some() && two.is_some() && one != two
}

/// What is common to two weighted sets, as a share of their mean weight (Dice), and less if it weighs
/// less than `enough`.
fn shared(one: &BTreeMap<String, u32>, two: &BTreeMap<String, u32>, enough: u32) -> f64 {
    let common: u32 =
        one.iter().filter_map(|(word, weight)| Some((*weight).min(*two.get(word)?))).sum();
    let all: u32 = one.values().chain(two.values()).sum();
    let share = if all == 0 { 0.0 } else { 2.0 * f64::from(common) / f64::from(all) };
    share * (f64::from(common) / f64::from(enough)).min(1.0)
}

/// Events of which there is one at a time.
const SINGLE: [&str; 5] =
    ["visit_cancelled", "visit_postponed", "visit_occurred", "leader_goes", "leader_inbound"];

/// What happens, by the signals: journeys by their phase, deals by life and death.
fn event(reading: &Reading) -> &'static str {
    let has = |slug: &str| reading.slugs.iter().any(|found| found == slug);
    let exit = reading.claim.citations.iter().any(|citation| citation.rule == "leader_goes");
    const PHASES: [&str; 9] = [
        "visit_cancelled",
        "visit_postponed",
        "visit_occurred",
        "leader_inbound",
        "host_preference",
        "america_first",
        "emergency_decl",
        "deal_collapse",
        "relation_bad",
    ];
    if exit {
        return "leader_goes";
    }
    if has(crate::exit::SLUG) {
        return crate::exit::SLUG;
    }
    // As earlier runs kept it.
    if has("visit_stopover") {
        return "visit_occurred";
    }
    PHASES.into_iter().find(|slug| has(slug)).unwrap_or_else(|| {
        if has("visit_planned") || has("visit_announced") { "visit_planned" } else { "other" }
    })
}

/// Signals that are about one thing.
fn family(slug: &str) -> &'static str {
    match slug {
        "visit_planned"
        | "visit_announced"
        | "visit_postponed"
        | "visit_cancelled"
        | "visit_occurred"
        | "visit_stopover"
        | "visit_stopover_planned"
        | "principal_gone"
        | "summit_window" => "visit",
        "leader_inbound" | "host_preference" | "america_first" => "inbound",
        "relation_good" | "relation_bad" => "relation",
        _ => "deal",
    }
}

/// Does a concept only say what such stories are about: money, projects, how far a deal is?
fn topical(concept: &str) -> bool {
    const TOPICS: [Role; 8] = [
        Role::PublicMoney,
        Role::PrivateMoney,
        Role::Invest,
        Role::Project,
        Role::Propose,
        Role::Negotiate,
        Role::Rumour,
        Role::Sign,
    ];
    TOPICS.iter().any(|role| role.name() == concept) || concept == "deal_progress"
}

/// How much a concept in common says: money and stages little, kinds of actors and events more, names
/// most.
fn telling_weight(concept: &str) -> u32 {
    const KINDS: [&str; 5] = ["_state_fund", "_company", "_banks", "_diet", "_assembly"];
    let many = KINDS.iter().any(|kind| concept.ends_with(kind)) || concept.starts_with("us_");
    match concept {
        _ if topical(concept) => 1,
        _ if many || COMMON.contains(&concept) => 2,
        _ => 3,
    }
}

/// Events and parties of many stories.
const COMMON: [&str; 23] = [
    "construct",
    "collapse",
    "federal_land",
    "fed_land",
    "construction",
    "deal_collapse",
    "change",
    "cancel",
    "postpone",
    "arrive",
    "visit_cancelled",
    "visit_postponed",
    "visit_announced",
    "visit_occurred",
    "summit",
    "invite",
    "host",
    "correct",
    "priv_capital",
    "relation_bad",
    "leader_exit",
    "stargate",
    "softbank",
];

/// A signal that says what happened, not only what it is about.
fn telling(slug: &str) -> bool {
    !matches!(slug, "visit_planned" | "sov_capital" | "priv_capital" | "leader_inbound")
}

/// Names and words that every report on the target shares.
fn common(lexicon: &Lexicon, tag: Tag, target: &str) -> bool {
    match tag {
        Tag::Word(role) => GENERIC.contains(&role),
        Tag::Actor(index) => lexicon.actors.get(index).is_some_and(|actor| general(&actor.slug)),
        Tag::Country(index) | Tag::Leader(index) | Tag::VisitTo(index) | Tag::Place(index) => {
            lexicon.country(target) == Some(index)
        }
    }
}

/// The President, his government and governments: in every report.
fn general(slug: &str) -> bool {
    slug == "us_president" || slug == "media" || slug.ends_with("_gov")
}

const GENERIC: [Role; 17] = [
    Role::Stop,
    Role::Boundary,
    Role::Say,
    Role::Void,
    Role::Negate,
    Role::Deny,
    Role::Hedge,
    Role::Confirm,
    Role::Question,
    Role::Change,
    Role::Contrast,
    Role::Us,
    Role::UsSeat,
    Role::Travel,
    Role::Announce,
    Role::Plan,
    Role::Retract,
];

/// A word of the lexicon as what it means: its role, its actor, its country.
fn concept(lexicon: &Lexicon, tag: Tag, target: &str) -> Option<String> {
    if common(lexicon, tag, target) {
        return None;
    }
    match tag {
        Tag::Word(role) => Some(role.name().to_owned()),
        Tag::Actor(index) => lexicon.actors.get(index).map(|actor| actor.slug.clone()),
        Tag::Country(index) | Tag::Place(index) | Tag::Leader(index) | Tag::VisitTo(index) => {
            lexicon.countries.get(index).map(|country| country.slug.clone())
        }
    }
}

/// "US", not "Ohio".
pub(crate) fn is_whole_country(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "us",
        "u.s",
        "u.s.",
        "usa",
        "america",
        "american",
        "united states",
        "米国",
        "美国",
        "美國",
        "미국",
        "amerika",
    ];
    NAMES.contains(&name)
        || name.chars().count() <= 2
        || ["american", "amerik", "américain", "états-unis", "etats-unis", "対米", "대미", "对美"]
            .iter()
            .any(|part| name.starts_with(part))
}

/// A company, a fund, a person of its own name.
fn party(lexicon: &Lexicon, tag: Tag) -> Option<String> {
    let Tag::Actor(index) = tag else { return None };
    let of_many = |slug: &String| {
        ["_state_fund", "_company", "_banks", "_diet", "_assembly"]
            .iter()
            .any(|it| slug.ends_with(it))
    };
    let slug = lexicon.actors.get(index).map(|actor| actor.slug.clone());
    slug.filter(|slug| !general(slug) && !of_many(slug) && !slug.starts_with("us_"))
}

/// Content words and their weights: 2 for what the lexicon does not know, 1 for what it does.
fn content_words(
    text: &str,
    common: &[(usize, usize)],
    known: &[(usize, usize)],
) -> BTreeMap<String, u32> {
    let mut words = BTreeMap::new();
    let mut at = 0;
    let within = |list: &[(usize, usize)], from: usize, to: usize| {
        list.iter().any(|(start, end)| *start <= from && to <= *end)
    };
    for run in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let start = at;
        at += run.len();
        let run = run.trim_end_matches(|c: char| !c.is_alphanumeric());
        if run.is_empty() || within(common, start, start + run.len()) {
            continue;
        }
        let weigh = |from: usize, to: usize| if within(known, from, to) { 1 } else { 2 };
        if run.chars().any(is_dense) {
            let letters: Vec<(usize, char)> = run.char_indices().collect();
            let pairs = letters.windows(2).filter_map(|pair| match pair {
                [(from, one), (to, two)] => {
                    Some((start + from, start + to + two.len_utf8(), one, two))
                }
                _ => None,
            });
            let free = pairs.filter(|(from, to, ..)| !within(common, *from, *to));
            words.extend(free.map(|(from, to, one, two)| {
                ([*one, *two].iter().collect::<String>(), weigh(from, to))
            }));
        } else {
            words.insert(stem(run).to_owned(), weigh(start, start + run.len()));
        }
    }
    words
}

/// Plural and third person are the same word.
fn stem(word: &str) -> &str {
    word.strip_suffix('s').filter(|stem| stem.len() > 3 && !stem.ends_with('s')).unwrap_or(word)
}

/// An address without scheme, `www.`, query, fragment and trailing slash.
fn canonical(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    let bare = bare.split_once("://").map_or(bare, |(_, rest)| rest);
    bare.trim_start_matches("www.").trim_end_matches('/').to_lowercase()
}

/// What of a report can be compared at once: two reports whose keys contradict tell two stories. Texts
/// are hashed, so equal keys only mean that the texts have to be looked at.
#[derive(Debug, Clone, Copy)]
struct Key {
    target: u64,
    families: u8,
    /// 0 if unknown, as the three below.
    amount: u64,
    day: u16,
    month: u8,
    url: u64,
    event: u64,
    direction: Direction,
    answers: bool,
    corrects: bool,
}

impl Key {
    fn of(report: &Report) -> Self {
        let family = |name: &&str| match *name {
            "visit" => 1,
            "inbound" => 2,
            "relation" => 4,
            _ => 8_u8,
        };
        let sum = report.amount.as_ref();
        Self {
            target: hash(report.target.as_bytes()),
            families: report.families.iter().map(family).fold(0, |all, one| all | one),
            amount: sum
                .map_or(0, |(units, name)| hash(name.as_bytes()) ^ hash(&units.to_le_bytes()) | 1),
            day: report.day.map_or(0, |(month, day)| u16::from(month) * 32 + u16::from(day)),
            month: report.month.unwrap_or(0),
            url: if report.url.is_empty() { 0 } else { hash(report.url.as_bytes()) | 1 },
            event: hash(report.event.as_bytes()),
            direction: report.direction,
            answers: report.answers,
            corrects: report.corrects,
        }
    }

    /// Is it certain that [`Report::compatible`] says no?
    const fn contradicts(&self, other: &Self) -> bool {
        let apart = self.families & other.families == 0;
        let replaced = self.corrects || other.corrects;
        let answered = self.answers || other.answers;
        let figures = self.amount != 0 && other.amount != 0 && self.amount != other.amount
            || self.day != 0 && other.day != 0 && self.day != other.day
            || self.month != 0 && other.month != 0 && self.month != other.month;
        let events = self.event != other.event || self.direction as u8 != other.direction as u8;
        apart || (figures && !replaced) || (events && !answered)
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// A report in memory.
#[derive(Debug, Clone)]
struct Told {
    story: String,
    /// Number of the story, for comparison.
    number: u64,
    key: Key,
    report: Report,
}

/// Gives each report the story it belongs to. Incremental, bounded, deterministic.
#[derive(Debug, Clone, Default)]
pub struct Clusterer {
    recent: VecDeque<Told>,
    numbers: BTreeMap<String, u64>,
    next: u64,
    unmatched: u64,
}

impl Clusterer {
    /// Without a memory yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The story of a report, or a new one that bears `id`. Of the stories with a report near enough in
    /// time and none that speaks against it, the one whose reports are most like it on the average
    /// (average linkage: a story does not grow by its last report alone); of equals, the earliest, for an
    /// answer the latest.
    pub fn place(&mut self, id: &str, report: Report) -> String {
        if let Some(now) = report.at {
            self.forget(now);
        }
        let known = self.story_of(&report);
        if known.is_none() && report.answers {
            self.unmatched = self.unmatched.saturating_add(1);
        }
        let story = known.unwrap_or_else(|| id.to_owned());
        self.remember(&story, report);
        story
    }

    /// Takes a report into memory whose story is known: what an earlier run has placed, oldest first.
    pub fn remember(&mut self, story: &str, report: Report) {
        let number = self.number(story);
        let key = Key::of(&report);
        self.recent.push_back(Told { story: story.to_owned(), number, key, report });
        if self.recent.len() > CAPACITY {
            self.recent.pop_front();
        }
    }

    /// The number of a story; names of stories that nobody tells any more are dropped now and then.
    fn number(&mut self, story: &str) -> u64 {
        if let Some(number) = self.numbers.get(story) {
            return *number;
        }
        if self.numbers.len() > 2 * CAPACITY {
            let told: BTreeSet<u64> = self.recent.iter().map(|told| told.number).collect();
            self.numbers.retain(|_, number| told.contains(number));
        }
        self.next += 1;
        self.numbers.insert(story.to_owned(), self.next);
        self.next
    }

    /// Denials, retractions and corrections that found no story to speak about: either its report was
    /// never heard, or it was not recognised, and then what they take back still counts.
    #[must_use]
    pub const fn unmatched_revisions(&self) -> u64 {
        self.unmatched
    }

    fn story_of(&self, report: &Report) -> Option<String> {
        let stories = self.candidates(report);
        let linked =
            stories.iter().filter_map(|candidate| Some((candidate.likeness()?, candidate)));
        let better = |one: f64, two: f64| if report.answers { one >= two } else { one > two };
        let best =
            linked.fold(
                None,
                |best: Option<(f64, &Candidate<'_>)>, (score, candidate)| match best {
                    Some((known, _)) if !better(score, known) => best,
                    _ => Some((score, candidate)),
                },
            );
        best.map(|(_, candidate)| candidate.story.to_owned())
    }

    /// The stories with a report that may be this one's, oldest first. Keys are compared with all of the
    /// memory, texts only with what the keys leave.
    fn candidates(&self, report: &Report) -> Vec<Candidate<'_>> {
        let key = Key::of(report);
        let mut against: Vec<u64> = Vec::new();
        let mut left: Vec<&Told> = Vec::new();
        for told in self.recent.iter().filter(|told| told.key.target == key.target) {
            let linked = key.url != 0 && told.key.url == key.url;
            if linked || !key.contradicts(&told.key) {
                left.push(told);
            } else if report.near(&told.report) {
                against.push(told.number);
            }
        }
        if left.is_empty() {
            return Vec::new();
        }
        against.sort_unstable();
        let mut stories: Vec<(u64, Candidate<'_>)> = Vec::new();
        for told in left.into_iter().filter(|told| told.report.target == report.target) {
            let known = stories.iter().position(|(number, _)| *number == told.number);
            let at = known.unwrap_or_else(|| {
                let contradicted = against.binary_search(&told.number).is_ok();
                let story = told.story.as_str();
                stories
                    .push((told.number, Candidate { story, contradicted, ..Candidate::default() }));
                stories.len() - 1
            });
            if let Some((_, candidate)) = stories.get_mut(at) {
                candidate.weigh(report, &told.report);
            }
        }
        let first = |number: u64| self.recent.iter().position(|told| told.number == number);
        stories.sort_by_cached_key(|(number, _)| first(*number));
        stories.into_iter().map(|(_, candidate)| candidate).collect()
    }

    fn forget(&mut self, now: Timestamp) {
        let old = |report: &Report| {
            report.at.is_some_and(|at| now.secs() - at.secs() > ANSWER_WINDOW_SECS)
        };
        while self.recent.front().is_some_and(|told| old(&told.report)) {
            self.recent.pop_front();
        }
    }
}

/// A story that a report may belong to.
#[derive(Debug, Clone, Copy, Default)]
struct Candidate<'s> {
    story: &'s str,
    sum: f64,
    reports: u32,
    same_address: bool,
    contradicted: bool,
}

impl Candidate<'_> {
    /// Compares the report with one report of the story; one that is long past says nothing.
    fn weigh(&mut self, report: &Report, other: &Report) {
        if !report.near(other) {
            return;
        }
        self.same_address |= report.same_address(other);
        self.contradicted = self.contradicted || !report.compatible(other);
        if self.contradicted {
            return;
        }
        self.sum += report.likeness(other);
        self.reports += 1;
    }

    /// The mean likeness, if that is a story.
    fn likeness(&self) -> Option<f64> {
        if self.same_address {
            return Some(f64::INFINITY);
        }
        let mean = self.sum / f64::from(self.reports.max(1));
        (self.reports > 0 && !self.contradicted && mean >= ALIKE).then_some(mean)
    }
}

/// Stories of a file without times, in its order; each is named after its first report. `None` in,
/// `None` out: irrelevant reports have no story.
#[must_use]
pub fn batch(reports: &[(String, Option<Report>)]) -> Vec<Option<String>> {
    let mut clusterer = Clusterer::new();
    reports
        .iter()
        .map(|(id, report)| report.clone().map(|report| clusterer.place(id, report)))
        .collect()
}
