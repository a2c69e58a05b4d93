//! Clusters of reports that tell one story (model.md 7.4): same target, same family of signals, within
//! 72 hours (an answer to a report within 30 days), and either the same words, the same actor and amount, or the same address.

use std::collections::{BTreeSet, VecDeque};

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
/// Share of common words at which two reports are one story.
const SAME_WORDS: f64 = 0.5;

/// What is compared of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Target it was read for.
    pub target: String,
    /// Content words; pairs of characters in scripts without spaces.
    pub words: BTreeSet<String>,
    /// Language tag.
    pub lang: String,
    /// Its signals.
    pub slugs: BTreeSet<String>,
    /// Families of its signals.
    pub families: BTreeSet<&'static str>,
    /// Concepts: what the words mean, whatever the language.
    pub concepts: BTreeSet<String>,
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
        concepts.extend(day.map(|day| format!("{day:?}")));
        let amount =
            reading.claim.amount.as_ref().map(|amount| (amount.units, amount.currency.clone()));
        let answers = matches!(
            reading.claim.assertion,
            Assertion::Denied | Assertion::Retracted | Assertion::Correction
        );
        Self {
            target: target.to_owned(),
            words: content_words(&text.lower, &common),
            lang: lang.to_owned(),
            slugs: reading.slugs.iter().cloned().collect(),
            families: reading.slugs.iter().map(|slug| family(slug)).collect(),
            concepts,
            actor: reading.claim.actor.clone(),
            amount,
            url: canonical(url),
            answers,
            corrects: reading.claim.assertion == Assertion::Correction,
            direction: reading.claim.direction,
            day,
            at,
        }
    }

    /// Do two reports tell one story? The same address; or a common family of signals that do not
    /// point against each other, and the same amount and actor, the same day of a visit, half of the
    /// words beyond the names everybody uses, or, where words cannot match, what they mean.
    #[must_use]
    pub fn same_story(&self, other: &Self) -> bool {
        if self.target != other.target || !self.near(other) {
            return false;
        }
        if !self.url.is_empty() && self.url == other.url {
            return true;
        }
        if self.families.is_disjoint(&other.families) {
            return false;
        }
        let answers = self.answers || other.answers;
        if self.contradicts(other, answers) {
            return false;
        }
        let money =
            self.amount.is_some() && self.amount == other.amount && self.actor == other.actor;
        let dated = self.day.is_some() && self.day == other.day;
        money || dated || self.told_alike(other, answers)
    }

    /// Another sum, or the other sign without being an answer to it.
    fn contradicts(&self, other: &Self, answers: bool) -> bool {
        let sums = self.amount.is_some() && other.amount.is_some() && self.amount != other.amount;
        let days = self.day.is_some() && other.day.is_some() && self.day != other.day;
        let signs = self.direction != other.direction;
        (sums && !(self.corrects || other.corrects)) || days || (signs && !answers)
    }

    fn told_alike(&self, other: &Self, answers: bool) -> bool {
        let common = self.words.intersection(&other.words).count();
        let words = jaccard(&self.words, &other.words);
        let meant = jaccard(&self.concepts, &other.concepts);
        let shared: Vec<&String> = self.concepts.intersection(&other.concepts).collect();
        let pointed = shared.len() >= 2 && shared.iter().any(|concept| !topical(concept));
        let same_words = words >= SAME_WORDS && common >= 3;
        // Another language shares no words: there the meaning must do.
        let foreign = self.lang != other.lang && self.slugs == other.slugs;
        let abroad = foreign && self.amount == other.amount && meant >= 0.6 && pointed;
        let retold = self.slugs == other.slugs && words >= 0.3 && common >= 3 && meant >= 0.5;
        // A denial, a correction and a retraction speak about what somebody has said.
        let spoken_about = answers && words >= 0.25 && common >= 2 && !shared.is_empty();
        let answered_abroad = answers && foreign && meant >= 0.75 && pointed;
        same_words || abroad || retold || spoken_about || answered_abroad
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

/// Signals that are about one thing.
fn family(slug: &str) -> &'static str {
    match slug {
        "visit_planned" | "visit_announced" | "visit_postponed" | "visit_cancelled"
        | "visit_occurred" | "summit_window" => "visit",
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
            lexicon.countries.get(index).is_some_and(|country| country.slug == target)
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

fn content_words(text: &str, common: &[(usize, usize)]) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut at = 0;
    for run in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let start = at;
        at += run.len();
        let run = run.trim_end_matches(|c: char| !c.is_alphanumeric());
        let covered =
            |from: usize, to: usize| common.iter().any(|(start, end)| *start <= from && to <= *end);
        if run.is_empty() || covered(start, start + run.len()) {
            continue;
        }
        if run.chars().any(is_dense) {
            let letters: Vec<(usize, char)> = run.char_indices().collect();
            let pairs = letters.windows(2).filter_map(|pair| match pair {
                [(from, one), (to, two)] => {
                    Some((start + from, start + to + two.len_utf8(), one, two))
                }
                _ => None,
            });
            let free = pairs.filter(|(from, to, ..)| !covered(*from, *to));
            words.extend(free.map(|(_, _, one, two)| [*one, *two].iter().collect::<String>()));
        } else {
            words.insert(stem(run).to_owned());
        }
    }
    words
}

/// Plural and third person are the same word.
fn stem(word: &str) -> &str {
    word.strip_suffix('s').filter(|stem| stem.len() > 3 && !stem.ends_with('s')).unwrap_or(word)
}

fn jaccard(one: &BTreeSet<String>, two: &BTreeSet<String>) -> f64 {
    let common = one.intersection(two).count();
    let all = one.len() + two.len() - common;
    let as_f64 = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if all == 0 { 0.0 } else { as_f64(common) / as_f64(all) }
}

/// An address without scheme, `www.`, query, fragment and trailing slash.
fn canonical(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    let bare = bare.split_once("://").map_or(bare, |(_, rest)| rest);
    bare.trim_start_matches("www.").trim_end_matches('/').to_lowercase()
}

/// Gives each report the story it belongs to. Incremental, bounded, deterministic.
#[derive(Debug, Clone, Default)]
pub struct Clusterer {
    recent: VecDeque<(String, Report)>,
}

impl Clusterer {
    /// Without a memory yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The story of a report: that of the earliest remembered report of the same story (for a denial,
    /// a correction or a retraction, of the latest one), or a new one that bears `id`.
    pub fn place(&mut self, id: &str, report: Report) -> String {
        if let Some(now) = report.at {
            self.forget(now);
        }
        let same = |(_, other): &&(String, Report)| other.same_story(&report);
        // An old story is told again and again: an answer speaks about its latest telling.
        let known = if report.answers {
            self.recent.iter().rev().find(same)
        } else {
            self.recent.iter().find(same)
        };
        let story = known.map_or_else(|| id.to_owned(), |(story, _)| story.clone());
        self.recent.push_back((story.clone(), report));
        if self.recent.len() > CAPACITY {
            self.recent.pop_front();
        }
        story
    }

    /// Takes a report into memory whose story is known: what an earlier run has placed, oldest first.
    pub fn remember(&mut self, story: &str, report: Report) {
        self.recent.push_back((story.to_owned(), report));
        if self.recent.len() > CAPACITY {
            self.recent.pop_front();
        }
    }

    fn forget(&mut self, now: Timestamp) {
        let old = |report: &Report| {
            report.at.is_some_and(|at| now.secs() - at.secs() > ANSWER_WINDOW_SECS)
        };
        while self.recent.front().is_some_and(|(_, report)| old(report)) {
            self.recent.pop_front();
        }
    }
}

/// Stories of a file without times: a report that belongs to two stories makes them one, and each is
/// named after its first report. `None` in, `None` out: irrelevant reports have no story.
#[must_use]
pub fn batch(reports: &[(String, Option<Report>)]) -> Vec<Option<String>> {
    let mut parent: Vec<usize> = (0..reports.len()).collect();
    for (index, (_, report)) in reports.iter().enumerate() {
        let Some(report) = report else { continue };
        let first = index.saturating_sub(CAPACITY);
        for (earlier, (_, other)) in reports.iter().enumerate().take(index).skip(first) {
            if other.as_ref().is_some_and(|other| other.same_story(report)) {
                let (one, two) = (root(&parent, earlier), root(&parent, index));
                if let Some(slot) = parent.get_mut(one.max(two)) {
                    *slot = one.min(two);
                }
            }
        }
    }
    let name = |index: usize| reports.get(root(&parent, index)).map(|(id, _)| id.clone());
    reports
        .iter()
        .enumerate()
        .map(|(index, (_, report))| report.as_ref().and_then(|_| name(index)))
        .collect()
}

fn root(parent: &[usize], mut index: usize) -> usize {
    while let Some(&up) = parent.get(index) {
        if up == index {
            break;
        }
        index = up;
    }
    index
}
