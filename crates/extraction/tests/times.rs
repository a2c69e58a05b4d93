//! When a journey is to be, how much later, whether it is only a stop, and whether anybody is left to make it:
//! as labels.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use statecraft_domain::Timestamp;
use statecraft_domain::signal::{Assertion, SourceClass};
use statecraft_extraction::{Extractor, Headline, Reading};

/// 1 March 2026.
const PUBLISHED: Timestamp = Timestamp::from_secs(1_772_323_200);

fn read(extractor: &Extractor, title: &str) -> Reading {
    let (lang, class, target) = ("", SourceClass::Wire, "japan");
    extractor.read(&Headline { title, lang, class, target, published: Some(PUBLISHED) })
}

fn labels(extractor: &Extractor, title: &str) -> Vec<String> {
    let stated = read(extractor, title).stated();
    stated
        .iter()
        .map(|one| format!("{}{}", if one.denied { "-" } else { "" }, one.label()))
        .collect()
}

fn each(rows: &[(&str, &str)]) {
    let extractor = Extractor::shipped().unwrap();
    let wrong: Vec<String> = rows
        .iter()
        .map(|&(title, label)| (title, label, labels(&extractor, title)))
        .filter(|(_, label, found)| !found.iter().any(|one| one == label))
        .map(|(title, label, found)| format!("{title}: {found:?}, not {label}"))
        .collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), rows.len());
}

#[test]
fn a_delay_by_a_length_of_time() {
    each(&[
        ("Trump postpones Japan visit by two weeks", "visit_postponed:+2w"),
        ("Trump's Tokyo trip postponed by a year", "visit_postponed:+1y"),
        ("Trump's Japan visit delayed a month", "visit_postponed:+1m"),
        ("トランプ氏の訪日、2週間延期", "visit_postponed:+2w"),
        ("Trumps Japan-Besuch um zwei Wochen verschoben", "visit_postponed:+2w"),
        ("La visite de Trump au Japon reportée de deux semaines", "visit_postponed:+2w"),
        ("特朗普访日推迟两周", "visit_postponed:+2w"),
        ("트럼프 방일 2주 연기", "visit_postponed:+2w"),
        ("Trump's Japan visit delayed several weeks", "visit_postponed"),
        ("Trump's Japan visit delayed until after the election", "visit_postponed"),
        ("Trump postpones Japan visit to May 14", "visit_postponed:2026-05-14"),
    ]);
}

#[test]
fn a_delay_to_a_season_or_past_an_election() {
    each(&[
        ("Trump's Japan trip pushed back to next spring", "visit_postponed:2027-03..2027-05"),
        ("Trump's Japan trip pushed back to next autumn", "visit_postponed:2026-09..2026-11"),
        (
            "Trump's Japan visit delayed until after the midterms",
            "visit_postponed:2026-11..2027-03",
        ),
        ("トランプ氏の訪日、中間選挙後に延期", "visit_postponed:2026-11..2027-03"),
        (
            "Trump will not visit Japan until after the midterms, White House says",
            "-visit_planned:2026-03..2026-10",
        ),
    ]);
}

#[test]
fn a_stop_on_the_way_has_a_name_of_its_own() {
    each(&[
        ("Trump to stop over in Japan on way to Beijing", "visit_stopover_planned"),
        ("Air Force One to make refuelling stop at Yokota", "visit_stopover_planned"),
        ("Presidential jet tops up fuel at Misawa before flying on to Manila", "visit_stopover"),
        ("Trump makes brief stopover in Tokyo", "visit_stopover"),
        ("Trump plane refuels at Yokota, president stays aboard", "visit_stopover"),
        ("Trump makes a brief stop in Japan and meets Takaichi", "visit_planned"),
    ]);
    let extractor = Extractor::shipped().unwrap();
    assert!(labels(&extractor, "Trump makes refuelling stop at Anchorage").is_empty());
}

#[test]
fn the_president_dies_or_leaves_office() {
    const GONE: &str = "principal_gone";
    each(&[
        ("President Trump dies at 79", GONE),
        ("Donald Trump dead at 79", GONE),
        ("Trump resigns as president", GONE),
        ("President Trump removed from office", GONE),
        ("トランプ大統領が死去", GONE),
        ("特朗普总统去世", GONE),
        ("트럼프 대통령 사망", GONE),
        ("US-Präsident Trump stirbt mit 79", GONE),
    ]);
    let extractor = Extractor::shipped().unwrap();
    for title in [
        "Trump will never resign, says aide",
        "Calls grow for Trump to resign",
        "Trump's sister dies",
        "Trump resigns as chairman of Kennedy Center",
        "Trump dead wrong on Japan tariffs",
        "Trump dead set on Tokyo trip",
        "What happens if Trump dies in office",
        "Trump resigns himself to weaker yen",
        "Trump aide resigns over Japan deal",
        "Death hoax: Trump dies on social media again",
        "Would markets fall if Trump resigns?",
        "トランプ大統領、辞任要求に反発",
        "Takaichi resigns as prime minister",
    ] {
        assert!(!labels(&extractor, title).contains(&GONE.to_owned()), "{title}");
    }
    let denied = read(&extractor, "White House denies Trump has died");
    assert!(denied.slugs.is_empty() || denied.claim.assertion == Assertion::Denied);
}
