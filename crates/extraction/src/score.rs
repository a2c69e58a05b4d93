//! Scores of readings against labels (the scores that the headline set proposes), and the
//! leave-one-cluster-out figure of rules that were not fitted.

use std::collections::{BTreeMap, BTreeSet};

use statecraft_domain::signal::{Assertion, Direction};

use crate::Reading;
use crate::read::{Extractor, ExtractorError};
use crate::rows::{
    Row, assertion_name, billions, capital_name, classify, direction_name, stage_name,
};

/// The labels of a row, as the file writes them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gold {
    /// Column `relevant`.
    pub relevant: bool,
    /// Column `capital_type`.
    pub capital: String,
    /// Column `amount_native_bn`.
    pub amount: Option<f64>,
    /// Column `currency`.
    pub currency: String,
    /// Column `stage`.
    pub stage: String,
    /// Column `direction`.
    pub direction: String,
    /// Column `assertion`.
    pub assertion: String,
    /// Column `signals`.
    pub signals: String,
    /// Column `cluster`; may be empty.
    pub cluster: String,
}

/// Hits of tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// Right.
    pub right: u32,
    /// All.
    pub of: u32,
}

impl Share {
    fn count(&mut self, right: bool) {
        self.of += 1;
        self.right += u32::from(right);
    }

    /// As a number; `None` if there was nothing to count.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        (self.of > 0).then(|| f64::from(self.right) / f64::from(self.of))
    }
}

/// Precision and recall counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pairs {
    /// Right and found.
    pub both: u32,
    /// Found only.
    pub extra: u32,
    /// Missed.
    pub missed: u32,
}

impl Pairs {
    fn count(&mut self, gold: bool, found: bool) {
        match (gold, found) {
            (true, true) => self.both += 1,
            (false, true) => self.extra += 1,
            (true, false) => self.missed += 1,
            (false, false) => {}
        }
    }

    /// F1; `None` if nothing was there and nothing was found.
    #[must_use]
    pub fn f1(self) -> Option<f64> {
        let all = 2 * self.both + self.extra + self.missed;
        (all > 0).then(|| 2.0 * f64::from(self.both) / f64::from(all))
    }
}

/// All scores of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    /// Rows.
    pub rows: u32,
    /// Relevance.
    pub relevance: Pairs,
    /// Capital type on relevant rows.
    pub capital: Share,
    /// Amount and currency exact, on rows that have one.
    pub amount: Share,
    /// Rows without an amount for which one was found.
    pub false_amounts: u32,
    /// Stage on relevant rows.
    pub stage: Share,
    /// Direction, all rows.
    pub direction: Share,
    /// Assertion, all rows.
    pub assertion: Share,
    /// Recall of denied, retracted, satire and injection together.
    pub special: Share,
    /// The same by manner.
    pub special_by: BTreeMap<String, Share>,
    /// Signals, pooled over rows.
    pub signals: Pairs,
    /// Pairs of rows of one story.
    pub clusters: Pairs,
    /// Rows of satire, opinion or injection that would move a probability: must be none.
    pub violations: Vec<String>,
    /// Rows with mistakes: id, column, label, prediction.
    pub mistakes: Vec<(String, &'static str, String, String)>,
}

/// Compares readings with labels.
#[must_use]
pub fn score(rows: &[Row], gold: &[Gold], found: &[(Reading, Option<String>)]) -> Scores {
    let mut scores = Scores::default();
    for ((row, gold), (reading, _)) in rows.iter().zip(gold).zip(found) {
        one(&mut scores, row, gold, reading);
    }
    for (index, (first, first_found)) in gold.iter().zip(found).enumerate() {
        for (second, second_found) in gold.iter().zip(found).skip(index + 1) {
            let together = !first.cluster.is_empty() && first.cluster == second.cluster;
            let put = first_found.1.is_some() && first_found.1 == second_found.1;
            scores.clusters.count(together, put);
        }
    }
    scores
}

fn one(scores: &mut Scores, row: &Row, gold: &Gold, reading: &Reading) {
    let claim = &reading.claim;
    scores.rows += 1;
    scores.relevance.count(gold.relevant, reading.relevant);
    let mut note = |column, gold: &str, found: &str| {
        if gold != found {
            scores.mistakes.push((row.id.clone(), column, gold.to_owned(), found.to_owned()));
        }
        gold == found
    };
    note(
        "relevant",
        if gold.relevant { "1" } else { "0" },
        if reading.relevant { "1" } else { "0" },
    );
    let direction = note("direction", &gold.direction, direction_name(claim.direction));
    let assertion = note("assertion", &gold.assertion, assertion_name(claim.assertion));
    let on_relevant = gold.relevant.then(|| {
        (
            note("capital_type", &gold.capital, capital_name(claim.capital)),
            note("stage", &gold.stage, stage_name(claim.stage)),
        )
    });
    let amount =
        claim.amount.as_ref().map(|amount| (billions(amount.units), amount.currency.clone()));
    let shown = |amount: Option<(f64, &str)>| {
        amount.map_or_else(String::new, |(value, currency)| format!("{value} {currency}"))
    };
    let amount_ok = match (gold.amount, &amount) {
        (Some(value), Some((found, currency))) => {
            (value - found).abs() <= value.abs() * 1e-6 && *currency == gold.currency
        }
        (None, None) => true,
        _ => false,
    };
    if !amount_ok {
        note(
            "amount",
            &shown(gold.amount.map(|value| (value, gold.currency.as_str()))),
            &shown(amount.as_ref().map(|(value, currency)| (*value, currency.as_str()))),
        );
    }
    scores.direction.count(direction);
    scores.assertion.count(assertion);
    if let Some((capital, stage)) = on_relevant {
        scores.capital.count(capital);
        scores.stage.count(stage);
    }
    if gold.amount.is_some() {
        scores.amount.count(amount_ok);
    } else {
        scores.false_amounts += u32::from(amount.is_some());
    }
    let special = ["denied", "retracted", "satire", "injection"];
    if special.contains(&gold.assertion.as_str()) {
        scores.special.count(assertion);
        scores.special_by.entry(gold.assertion.clone()).or_default().count(assertion);
    }
    signals(scores, gold, reading);
    if ["satire", "injection", "opinion"].contains(&gold.assertion.as_str()) && moves(reading) {
        scores.violations.push(row.id.clone());
    }
}

fn signals(scores: &mut Scores, gold: &Gold, reading: &Reading) {
    let labels: BTreeSet<&str> =
        gold.signals.split(';').filter(|slug| !slug.is_empty() && *slug != "none").collect();
    let found: BTreeSet<&str> = reading.slugs.iter().map(String::as_str).collect();
    for slug in labels.union(&found) {
        scores.signals.count(labels.contains(slug), found.contains(slug));
    }
}

/// Would the reading move a probability?
#[must_use]
pub fn moves(reading: &Reading) -> bool {
    reading.relevant
        && reading.claim.assertion.is_evidence()
        && (reading.claim.direction != Direction::Neutral || !reading.slugs.is_empty())
}

/// Readings for which each story was read without the words that only it uses.
///
/// The rules are not fitted, so there is nothing to refit; what could be fitted by hand is the
/// vocabulary. For each story the entries that occur in no other row of the file are dropped, and
/// the story is read with the rest: what the rules would do had these words never been listed.
///
/// # Errors
/// [`ExtractorError`] if a reduced lexicon cannot be searched.
pub fn leave_one_out(
    extractor: &Extractor,
    rows: &[Row],
    gold: &[Gold],
) -> Result<Vec<(Reading, Option<String>)>, ExtractorError> {
    let fired: Vec<Vec<usize>> =
        rows.iter().map(|row| extractor.fired(&row.as_headline())).collect();
    let story = |index: usize| -> String {
        let cluster =
            gold.get(index).map(|gold| gold.cluster.as_str()).filter(|cluster| !cluster.is_empty());
        cluster.map_or_else(|| format!("row {index}"), str::to_owned)
    };
    let mut users: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for (index, entries) in fired.iter().enumerate() {
        for entry in entries {
            users.entry(*entry).or_default().insert(story(index));
        }
    }
    let mut found = classify(extractor, rows);
    let stories: BTreeSet<String> = (0..rows.len()).map(story).collect();
    for name in stories {
        let alone: BTreeSet<usize> = users
            .iter()
            .filter(|(_, of)| of.len() == 1 && of.contains(&name))
            .map(|(entry, _)| *entry)
            .collect();
        if alone.is_empty() {
            continue;
        }
        let reduced = Extractor::new(extractor.lexicon().without(&alone))?;
        let members: Vec<usize> = (0..rows.len()).filter(|index| story(*index) == name).collect();
        let own: Vec<Row> = members.iter().filter_map(|index| rows.get(*index).cloned()).collect();
        for (index, reading) in members.into_iter().zip(classify(&reduced, &own)) {
            if let Some(slot) = found.get_mut(index) {
                *slot = reading;
            }
        }
    }
    Ok(found)
}

/// May the reading be used at all?
#[must_use]
pub const fn usable(reading: &Reading) -> bool {
    reading.relevant
        && !matches!(
            reading.claim.assertion,
            Assertion::Opinion | Assertion::Satire | Assertion::Injection
        )
}
