//! What is seen, and what is denied before anybody plans it: witnesses of a landing add up, copies do not,
//! an official who repeats himself after a contrary word is heard, and a denial of days bars them.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod voices;

use proptest::prelude::*;
use statecraft_domain::Signal;
use statecraft_domain::signal::{Assertion, Claim, SourceClass};
use statecraft_engine::config::{CalendarWindow, HazardSpec};
use statecraft_engine::model::HazardModel;
use voices::{at, denies_in, says_in};

const LANDED: &str = "visit_occurred";
const NOT_THIS_YEAR: &str = "visit_planned:2026";

fn spec() -> HazardSpec {
    let tour = CalendarWindow {
        name: "APEC tour".into(),
        start: at(318),
        end: at(327),
        attend: (20.5, 6.5),
        include: (3.0, 9.0),
    };
    HazardSpec {
        window_start: at(0),
        deadline: at(365),
        base_rate_per_year: 0.05,
        windows: vec![tour],
        ..HazardSpec::default()
    }
}

fn says(id: &str, class: SourceClass, cluster: &str, slug: &str) -> Signal {
    Signal { id: format!("{id} {cluster} {slug}"), ..says_in(id, class, cluster, slug) }
}

fn denies(id: &str, class: SourceClass, cluster: &str, slug: &str) -> Signal {
    Signal { id: format!("{id} {cluster} {slug}"), ..denies_in(id, class, cluster, slug) }
}

fn heard(signals: &[(i64, Signal)]) -> HazardModel {
    voices::heard(spec(), signals)
}

fn p(signals: &[(i64, Signal)], day: i64) -> f64 {
    voices::p(&heard(signals), day)
}

/// Landings on `day` by so many publishers of a class, in one cluster or each in his own.
fn landings(day: i64, count: usize, class: SourceClass, apart: bool) -> Vec<(i64, Signal)> {
    let told = |i: usize| {
        let cluster = if apart { format!("c{i}") } else { "c".to_owned() };
        (day, says(&format!("p{i}"), class, &cluster, LANDED))
    };
    (0..count).map(told).collect()
}

#[test]
fn independent_witnesses_of_a_landing_are_believed_all_the_year() {
    for (day, apart) in [(60, false), (60, true), (361, false), (361, true)] {
        let base = p(&[], day);
        for class in [SourceClass::Wire, SourceClass::TopTier] {
            let of = |count| p(&landings(day, count, class, apart), day);
            assert!(of(1) <= base + 0.05 + 1e-9, "one: {} of {base}", of(1));
            assert!((0.82..0.93).contains(&of(2)), "two on {day} {apart}: {}", of(2));
            assert!(of(3) >= 0.97 && of(5) >= 0.99, "three on {day} {apart}: {}", of(3));
        }
    }
}

#[test]
fn a_landing_stays_believed_as_time_passes() {
    let told = landings(60, 3, SourceClass::Wire, true);
    for day in [61, 120, 300, 364] {
        assert!(p(&told, day) >= 0.97, "{day} {}", p(&told, day));
    }
}

#[test]
fn pages_that_copy_each_other_are_one_voice() {
    for class in [SourceClass::Aggregator, SourceClass::Social, SourceClass::Local] {
        for apart in [false, true] {
            let base = p(&[], 60);
            let many = p(&landings(60, 12, class, apart), 60);
            assert!(many <= base + 0.05 + 1e-9, "{class:?} {many} of {base}");
        }
    }
}

#[test]
fn the_same_words_and_the_same_publisher_are_one_witness() {
    let mut copies = landings(60, 8, SourceClass::Wire, true);
    for (_, signal) in &mut copies {
        signal.title = "Trump arrives in Tokyo".into();
    }
    assert!(p(&copies, 60) <= p(&[], 60) + 0.05 + 1e-9);
    let mut own = landings(60, 8, SourceClass::Wire, true);
    for (_, signal) in &mut own {
        signal.publisher = "one".into();
    }
    assert!(p(&own, 60) <= p(&[], 60) + 0.05 + 1e-9);
}

/// One account, one witness: whoever credits an agency, and whoever prints nearly the same words.
#[test]
fn one_account_is_one_witness() {
    let told = |titles: &[&str]| {
        let mut told = landings(60, titles.len(), SourceClass::Wire, true);
        for ((_, signal), title) in told.iter_mut().zip(titles) {
            signal.title = (*title).to_owned();
        }
        p(&told, 60)
    };
    let most = p(&[], 60) + 0.05 + 1e-9;
    for copies in [
        [
            "Trump arrives in Tokyo - Reuters reports",
            "Trump lands at Haneda, Reuters says",
            "(Reuters) Air Force One touches down",
        ],
        [
            "Trump arrives in Tokyo",
            "Breaking: Trump arrives in Tokyo",
            "Trump arrives in Tokyo on Monday",
        ],
        [
            "Kyodo: Trump lands",
            "Trump in Tokyo, according to Kyodo News",
            "共同通信: トランプ大統領が到着",
        ],
    ] {
        assert!(told(&copies) <= most, "{copies:?} {}", told(&copies));
    }
    let own = [
        "Trump arrives in Tokyo",
        "US president steps off plane at Haneda",
        "Takaichi greets Trump as visit begins",
    ];
    assert!(told(&own) >= 0.97, "{}", told(&own));
    // Three accounts among many copies are three witnesses.
    let many = [
        own[0],
        "Trump arrives in Tokyo!",
        own[1],
        "US president steps off plane at Haneda - report",
        own[2],
    ];
    assert!(told(&many) >= 0.97, "{}", told(&many));
}

/// Who holds the office no more visits nobody: officials say so, or three who see it; fewer only raise doubt.
#[test]
fn without_the_principal_there_is_no_visit() {
    const GONE: &str = "principal_gone";
    let announced =
        (20, says("wh", SourceClass::Official, "plan", "visit_announced:2026-05-10..2026-05-14"));
    let told = |count: usize, class| {
        let mut told = vec![announced.clone()];
        for i in 0..count {
            told.push((60, says(&format!("p{i}"), class, &format!("c{i}"), GONE)));
        }
        told
    };
    let before = p(&told(0, SourceClass::Wire), 60);
    assert!(before > 0.85);
    assert!(p(&told(1, SourceClass::Official), 60) < 0.01);
    let of = |count| p(&told(count, SourceClass::Wire), 60);
    assert!(of(1) >= before - 0.05 - 1e-9 && of(1) < before - 0.02, "{}", of(1));
    assert!(
        of(2) < of(1) && of(2) > 0.05 && of(3) < 0.03 && of(4) < 0.001,
        "{} {} {}",
        of(2),
        of(3),
        of(4)
    );
    assert!(p(&told(12, SourceClass::Social), 60) >= before - 0.05 - 1e-9);
    for day in [60, 100, 300] {
        voices::parts_add_up(&heard(&told(3, SourceClass::Wire)), day);
        assert!(p(&told(3, SourceClass::Wire), day) < 0.03);
    }
    // Officially denied, it was never told; and where he was already, he was.
    let mut denied = told(4, SourceClass::Wire);
    denied.push((61, denies("wh", SourceClass::Official, "d", GONE)));
    assert!(
        (p(&denied, 61) - p(&told(0, SourceClass::Wire), 61)).abs() < 1e-9,
        "{}",
        p(&denied, 61)
    );
    let mut after = landings(50, 1, SourceClass::Official, true);
    after.extend(told(1, SourceClass::Official).into_iter().skip(1));
    assert!(p(&after, 60) > 0.999);
}

#[test]
fn hedged_reports_of_a_landing_are_copies() {
    let mut hedged = landings(60, 5, SourceClass::Wire, true);
    for (_, signal) in &mut hedged {
        signal.claim.as_mut().unwrap().assertion = Assertion::Hedged;
    }
    assert!(p(&hedged, 60) < 0.5, "{}", p(&hedged, 60));
}

#[test]
fn one_report_taken_back_leaves_the_others() {
    let all = landings(60, 3, SourceClass::Wire, true);
    let mut gone = all[0].1.clone();
    gone.claim = Some(Claim { assertion: Assertion::Retracted, ..Claim::default() });
    let mut told = all.clone();
    told.push((60, gone));
    assert_eq!(p(&told, 70).to_bits(), p(&all[1..], 70).to_bits());
    // A denied landing takes all of them away, and what comes later is another.
    let mut denied = all.clone();
    denied.push((61, denies("wh", SourceClass::Official, "d", LANDED)));
    assert_eq!(p(&denied, 70).to_bits(), p(&[], 70).to_bits());
    let again = landings(66, 3, SourceClass::Wire, true);
    let again = again.into_iter().map(|(day, mut signal)| {
        signal.id.push('b');
        signal.cluster.push('b');
        (day, signal)
    });
    denied.extend(again);
    assert!(p(&denied, 70) >= 0.97, "{}", p(&denied, 70));
}

#[test]
fn an_official_word_said_again_after_a_contrary_one_is_new() {
    let official = |day: i64, cluster: &str, slug: &str| {
        let mut signal = says("wh", SourceClass::Official, cluster, slug);
        signal.id = format!("{day} {slug}");
        (day, signal)
    };
    let mut told =
        vec![official(20, "a", "visit_announced:2026-05"), official(60, "off", "visit_cancelled")];
    let off = p(&told, 62);
    told.push(official(61, "on", "visit_announced:2026-05"));
    assert!(p(&told, 62) > 0.9);
    told.push(official(62, "off", "visit_cancelled"));
    assert!((p(&told, 62) - off).abs() < 0.02, "{} {off}", p(&told, 62));
    told.push(official(63, "on", "visit_announced:2026-05"));
    assert!(p(&told, 63) > 0.9, "{}", p(&told, 63));
}

#[test]
fn not_this_year_outweighs_the_tour() {
    let base = p(&[], 60);
    assert!(base > 0.2, "{base}");
    let firm = [(60, denies("wh", SourceClass::Official, "d", NOT_THIS_YEAR))];
    for day in [60, 200, 310] {
        assert!(p(&firm, day) < 0.08, "{day} {}", p(&firm, day));
    }
    // Without days it speaks of plans, and of next year of nothing here.
    let plans = [(60, denies("wh", SourceClass::Official, "d", "visit_planned"))];
    assert!(p(&plans, 60) > 0.15);
    let next = [(60, denies("wh", SourceClass::Official, "d", "visit_planned:2027"))];
    assert!(p(&next, 60) > 0.15);
    // And an announcement takes it back.
    let on = says("wh", SourceClass::Official, "e", "visit_announced:2026-11-16");
    assert!(p(&[firm[0].clone(), (80, on)], 80) > 0.85);
}

#[test]
fn denials_by_wires_lower_what_nobody_has_planned() {
    let base = p(&[], 60);
    let wires = |count: usize, class, apart: bool| {
        let told = |i: usize| {
            let cluster = if apart { format!("c{i}") } else { "c".to_owned() };
            (60, denies(&format!("p{i}"), class, &cluster, NOT_THIS_YEAR))
        };
        (0..count).map(told).collect::<Vec<_>>()
    };
    for apart in [false, true] {
        let one = p(&wires(1, SourceClass::Wire, apart), 60);
        let three = p(&wires(3, SourceClass::Wire, apart), 60);
        assert!(one >= base - 0.05 - 1e-9 && one < base, "{one} {base}");
        assert!(three < base - 0.04 && three > 0.4 * base, "{three} {base}");
        let copies = p(&wires(8, SourceClass::Social, apart), 60);
        assert_eq!(copies.to_bits(), base.to_bits());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// One more report of a landing never makes it less likely, and the order in which reports of one
    /// moment come is nothing to it.
    #[test]
    fn more_witnesses_are_more(
        told in proptest::collection::vec((0..5_usize, 0..4_usize, 0..3_usize), 1..7), rotate in 0..7_usize,
    ) {
        let classes = [
            SourceClass::Wire, SourceClass::TopTier, SourceClass::National,
            SourceClass::Aggregator, SourceClass::Social,
        ];
        let mut signals: Vec<_> = told.iter().enumerate().map(|(i, (class, publisher, cluster))| {
            let mut signal =
                says(&format!("p{publisher}{class}"), classes[*class], &format!("c{cluster}"), LANDED);
            signal.id = format!("s{i}");
            (60, signal)
        }).collect();
        let mut before = p(&[], 60);
        for count in 1..=signals.len() {
            let after = p(&signals[..count], 60);
            prop_assert!(after >= before - 1e-9, "{after} {before}");
            before = after;
        }
        let mid = rotate % signals.len();
        signals.rotate_left(mid);
        prop_assert!((p(&signals, 60) - before).abs() < 1e-9, "{} {before}", p(&signals, 60));
    }
}
