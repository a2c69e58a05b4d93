//! Clusters of reports that tell one story (model.md 7.4): same target, same family of signals, within
//! 72 hours, and either the same words, the same actor and amount, or the same address.

use std::collections::{BTreeSet, VecDeque};

use statecraft_domain::Timestamp;
use statecraft_domain::signal::Assertion;

use crate::Reading;
use crate::lexicon::{Lexicon, Tag};
use crate::normalise::normalise;
use crate::read::Extractor;
use crate::role::Role;
use crate::scan::is_dense;

/// Reports further apart tell two stories, in seconds.
pub const WINDOW_SECS: i64 = 72 * 3_600;
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
        let stop: BTreeSet<&str> = hits
            .iter()
            .filter(|hit| hit.tag.is(&[Role::Stop, Role::Boundary]))
            .filter_map(|hit| text.lower.get(hit.start..hit.end))
            .collect();
        let concepts =
            hits.iter().filter_map(|hit| concept(extractor.lexicon(), hit.tag)).collect();
        let amount =
            reading.claim.amount.as_ref().map(|amount| (amount.units, amount.currency.clone()));
        let answers = matches!(
            reading.claim.assertion,
            Assertion::Denied | Assertion::Retracted | Assertion::Correction
        );
        Self {
            target: target.to_owned(),
            words: content_words(&text.lower, &stop),
            lang: lang.to_owned(),
            slugs: reading.slugs.iter().cloned().collect(),
            families: reading.slugs.iter().map(|slug| family(slug)).collect(),
            concepts,
            actor: reading.claim.actor.clone(),
            amount,
            url: canonical(url),
            answers,
            at,
        }
    }

    /// Do two reports tell one story?
    #[must_use]
    pub fn same_story(&self, other: &Self) -> bool {
        if self.target != other.target || !self.near(other) {
            return false;
        }
        if !self.url.is_empty() && self.url == other.url {
            return true;
        }
        let family = self.families.intersection(&other.families).next().is_some();
        let money =
            self.amount.is_some() && self.amount == other.amount && self.actor == other.actor;
        let contradicts =
            self.amount.is_some() && other.amount.is_some() && self.amount != other.amount;
        let words = jaccard(&self.words, &other.words);
        let meant = jaccard(&self.concepts, &other.concepts);
        let foreign = self.lang != other.lang;
        let alike = self.slugs == other.slugs && !contradicts;
        let answer = self.answers != other.answers && !contradicts && meant >= 0.6;
        let answer = answer && (foreign || words >= 0.25) && self.concepts.len() >= 3;
        // Another language shares no words: there the meaning must do.
        let told_abroad = foreign && alike && meant >= 0.7 && self.concepts.len() >= 4;
        let retold = alike && words >= 0.3 && meant >= 0.5;
        family && (words >= SAME_WORDS || money || answer || told_abroad || retold)
    }

    fn near(&self, other: &Self) -> bool {
        match (self.at, other.at) {
            (Some(one), Some(two)) => one.secs().abs_diff(two.secs()) <= WINDOW_SECS.unsigned_abs(),
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

/// A word of the lexicon as what it means: its role, its actor, its country.
fn concept(lexicon: &Lexicon, tag: Tag) -> Option<String> {
    let country = |index: usize| lexicon.countries.get(index).map(|country| country.slug.clone());
    match tag {
        Tag::Word(
            Role::Stop
            | Role::Boundary
            | Role::Say
            | Role::Void
            | Role::Negate
            | Role::Deny
            | Role::Hedge
            | Role::Confirm
            | Role::Question
            | Role::Change
            | Role::Contrast,
        ) => None,
        Tag::Word(role) => Some(role.name().to_owned()),
        Tag::Actor(index) => lexicon.actors.get(index).map(|actor| actor.slug.clone()),
        Tag::Country(index) | Tag::Place(index) | Tag::Leader(index) | Tag::VisitTo(index) => {
            country(index)
        }
    }
}

fn content_words(text: &str, stop: &BTreeSet<&str>) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for run in text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
        if run.chars().any(is_dense) {
            let letters: Vec<char> = run.chars().collect();
            words.extend(letters.windows(2).map(|pair| pair.iter().collect::<String>()));
        } else if !stop.contains(run) {
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

    /// The story of a report: that of the earliest remembered report of the same story, or a new
    /// one that bears `id`.
    pub fn place(&mut self, id: &str, report: Report) -> String {
        if let Some(now) = report.at {
            self.forget(now);
        }
        let known = self.recent.iter().find(|(_, other)| other.same_story(&report));
        let story = known.map_or_else(|| id.to_owned(), |(story, _)| story.clone());
        self.recent.push_back((story.clone(), report));
        if self.recent.len() > CAPACITY {
            self.recent.pop_front();
        }
        story
    }

    fn forget(&mut self, now: Timestamp) {
        let old =
            |report: &Report| report.at.is_some_and(|at| now.secs() - at.secs() > WINDOW_SECS);
        while self.recent.front().is_some_and(|(_, report)| old(report)) {
            self.recent.pop_front();
        }
    }
}

/// Stories of a file without times: reports are put together transitively, and each story is named
/// after its first report. `None` in, `None` out: irrelevant reports have no story.
#[must_use]
pub fn batch(reports: &[(String, Option<Report>)]) -> Vec<Option<String>> {
    let mut parent: Vec<usize> = (0..reports.len()).collect();
    for (index, (_, report)) in reports.iter().enumerate() {
        let Some(report) = report else { continue };
        for (earlier, (_, other)) in reports.iter().enumerate().take(index) {
            if other.as_ref().is_some_and(|other| other.same_story(report)) {
                let (one, two) = (root(&parent, earlier), root(&parent, index));
                let (low, high) = (one.min(two), one.max(two));
                if let Some(slot) = parent.get_mut(high) {
                    *slot = low;
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
