//! Forms of denial, retraction, correction and talk to a program, written down language by language, and
//! pairs that look like them and are none of them. `tests/fixtures/forms-*.txt`:
//! `language|target|assertion|direction|headline`.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;

use statecraft_domain::signal::{Assertion, SourceClass};
use statecraft_extraction::rows::{assertion_name, direction_name};
use statecraft_extraction::score::moves;
use statecraft_extraction::{Extractor, Headline};

const ZEROS: [Assertion; 3] = [Assertion::Injection, Assertion::Satire, Assertion::Opinion];

/// Reads a table and checks every row; at least `enough` rows of each language but the pairs.
fn table(text: &str, enough: usize) {
    let extractor = Extractor::shipped().unwrap();
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let parts: Vec<&str> = line.splitn(5, '|').collect();
        let [lang, target, assertion, direction, title] = parts.as_slice() else {
            panic!("five parts: {line}");
        };
        *count.entry(lang).or_default() += 1;
        let class = SourceClass::Wire;
        let reading = extractor.read(&Headline { title, lang, class, target, published: None });
        let claim = &reading.claim;
        let manner = assertion_name(claim.assertion);
        let still = ZEROS.contains(&claim.assertion);
        let way = direction_name(claim.direction);
        let same = manner == *assertion && way == *direction;
        if !same || (still && moves(&reading)) || (!still && !reading.relevant) {
            wrong.push(format!("{title}: {manner} {way} {:?}", reading.slugs));
        }
    }
    assert!(wrong.is_empty(), "{} wrong: {wrong:#?}", wrong.len());
    assert!(count.len() == 6 && count.values().all(|rows| *rows >= enough), "{count:?}");
}

#[test]
fn denials_and_retractions() {
    table(include_str!("fixtures/forms-denial.txt"), 39);
}

#[test]
fn talk_to_a_program() {
    table(include_str!("fixtures/forms-injection.txt"), 25);
}

#[test]
fn pairs_that_deny_nothing() {
    table(include_str!("fixtures/forms-pairs.txt"), 2);
}
