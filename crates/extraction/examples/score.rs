//! Scores a labelled file of headlines and prints the misses:
//! `score FILE [FIRST LAST] [--quiet] [--stories] [--leave-one-out]`. `--quiet` prints totals and never a
//! row, whatever else is asked for: for files kept unseen. `LEXICON` names another lexicon.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use statecraft_extraction::rows::{Row, class_from_name, classify};
use statecraft_extraction::score::{Gold, Scores, leave_one_out, score};
use statecraft_extraction::{Extractor, Lexicon};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let quiet = args.iter().any(|arg| arg == "--quiet");
    let bound = |at: usize| args.get(at).and_then(|text| text.parse::<usize>().ok());
    let (first, last) = (bound(1).unwrap_or(1), bound(2).unwrap_or(usize::MAX));
    let (rows, gold) = read(args.first().expect("a file"), first, last);
    let extractor = match std::env::var_os("LEXICON") {
        Some(path) => {
            let text = std::fs::read_to_string(path).expect("a readable lexicon");
            Extractor::new(Lexicon::parse(&text).expect("a lexicon")).expect("a small lexicon")
        }
        None => Extractor::shipped().expect("the shipped lexicon"),
    };
    let found = if args.iter().any(|arg| arg == "--leave-one-out") {
        leave_one_out(&extractor, &rows, &gold).expect("reduced lexicons")
    } else {
        classify(&extractor, &rows)
    };
    let scores = score(&rows, &gold, &found);
    if !quiet && args.iter().any(|arg| arg == "--stories") {
        for (row, (labels, (_, story))) in rows.iter().zip(gold.iter().zip(&found)) {
            let found = story.as_deref().unwrap_or_default();
            println!("{found} <{}> {} {}", labels.cluster, row.id, row.headline);
        }
    }
    if !quiet {
        misses(&rows, &scores);
    }
    println!("{}", line(&scores));
}

fn read(path: &str, first: usize, last: usize) -> (Vec<Row>, Vec<Gold>) {
    let mut reader = csv::Reader::from_path(path).expect("readable");
    let headers = reader.headers().expect("a header").clone();
    let records = reader.records().map(|record| record.expect("a row"));
    let wanted = records.enumerate().filter(|(at, _)| (first..=last).contains(&(at + 1)));
    wanted
        .map(|(_, record)| {
            let get = |name: &str| {
                let at = headers.iter().position(|header| header == name);
                at.and_then(|at| record.get(at)).unwrap_or_default().to_owned()
            };
            let row = Row {
                id: get("id"),
                lang: get("lang"),
                class: class_from_name(&get("source_class")).expect("a source class"),
                headline: get("headline"),
                target: get("target"),
            };
            let gold = Gold {
                relevant: get("relevant") == "1",
                capital: get("capital_type"),
                amount: get("amount_native_bn").parse().ok(),
                currency: get("currency"),
                stage: get("stage"),
                direction: get("direction"),
                assertion: get("assertion"),
                signals: get("signals"),
                cluster: get("cluster"),
            };
            (row, gold)
        })
        .unzip()
}

fn misses(rows: &[Row], scores: &Scores) {
    for row in rows {
        let wrong: Vec<String> = scores
            .mistakes
            .iter()
            .filter(|(id, ..)| *id == row.id)
            .map(|(_, column, gold, found)| format!("{column} {gold}>{found}"))
            .collect();
        if !wrong.is_empty() {
            println!("{} [{}] {}\n      {}", row.id, row.target, row.headline, wrong.join(" | "));
        }
    }
}

fn line(scores: &Scores) -> String {
    let part = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.3}"));
    let by: Vec<String> = scores
        .special_by
        .iter()
        .map(|(name, share)| format!("{name} {}/{}", share.right, share.of))
        .collect();
    format!(
        "n {} rel {} cap {} amt {} false {} stage {} dir {} assert {} special {} ({}) signals {} clusters {} (+{} -{}) violations {:?}",
        scores.rows,
        part(scores.relevance.f1()),
        part(scores.capital.value()),
        part(scores.amount.value()),
        scores.false_amounts,
        part(scores.stage.value()),
        part(scores.direction.value()),
        part(scores.assertion.value()),
        part(scores.special.value()),
        by.join(", "),
        part(scores.signals.f1()),
        part(scores.clusters.f1()),
        scores.clusters.extra,
        scores.clusters.missed,
        scores.violations
    )
}
