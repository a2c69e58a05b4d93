//! What later words take away: a landing, a cancellation, a postponement that those who know deny was
//! never told, and the plan goes on.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod voices;

use proptest::prelude::*;
use statecraft_domain::Signal;
use statecraft_domain::signal::{Assertion, Claim, Direction, SourceClass};
use statecraft_engine::config::{Horizon, Influence};
use statecraft_engine::model::HazardModel;
use statecraft_engine::model::influence::Hold;
use voices::*;

const PLAN: &str = "visit_announced:2026-08-01";
const UNDONE: [&str; 3] = ["visit_occurred", "visit_cancelled", "visit_postponed"];
const OTHERS: [SourceClass; 5] = [
    SourceClass::Wire,
    SourceClass::TopTier,
    SourceClass::National,
    SourceClass::Aggregator,
    SourceClass::Social,
];

fn plan() -> (i64, Signal) {
    (1, official("wh", PLAN))
}

fn told(signals: &[(i64, Signal)]) -> HazardModel {
    heard(year_2026(), signals)
}

/// As the headline "denies that the trip is cancelled" is read: a plan, denied upwards.
fn denies_undoing(id: &str, class: SourceClass) -> Signal {
    let mut signal = says(id, class, "visit_planned");
    let claim =
        Claim { assertion: Assertion::Denied, direction: Direction::Up, ..Claim::default() };
    signal.claim = Some(claim);
    signal
}

fn by(mut signal: Signal, publisher: &str) -> Signal {
    signal.publisher = publisher.into();
    signal.source = publisher.into();
    signal
}

#[test]
fn officials_take_a_landing_away() {
    let never = told(&[plan()]);
    let landing = (10, official("kantei", "visit_occurred"));
    let denial = (11, denies("wh2", SourceClass::Official, "visit_occurred"));
    let landed = told(&[plan(), landing.clone()]);
    assert!(landed.has_occurred() && p(&landed, 10) > 0.999);
    let denied = told(&[plan(), landing.clone(), denial.clone()]);
    assert!(!denied.has_occurred());
    assert_eq!(p(&denied, 12).to_bits(), p(&never, 12).to_bits());
    assert_eq!(denied.evidence().nth(1).unwrap().1.hold, Some(Hold::Undone));
    parts_add_up(&denied, 12);
    // What two wires report goes the same way.
    let wires = [
        (10, says("a", SourceClass::Wire, "visit_occurred")),
        (10, says("b", SourceClass::Wire, "visit_occurred")),
    ];
    let wires = wires.map(|(day, mut signal)| {
        signal.cluster = "landing".into();
        (day, signal)
    });
    let gone = told(&[plan(), wires[0].clone(), wires[1].clone(), denial.clone()]);
    assert_eq!(p(&gone, 12).to_bits(), p(&never, 12).to_bits());
    // Read as a landing that is turned down, it is the same denial.
    let mut down = official("wh3", "visit_occurred");
    down.claim = Some(Claim {
        assertion: Assertion::Correction,
        direction: Direction::Down,
        ..Claim::default()
    });
    let down = told(&[plan(), landing.clone(), (11, down)]);
    assert_eq!(p(&down, 12).to_bits(), p(&never, 12).to_bits());
    // He lands after the denial.
    let then = (13, official("kantei 2", "visit_occurred"));
    let landed = told(&[plan(), landing.clone(), denial.clone(), then]);
    assert!(landed.has_occurred());
    // The denial itself is taken back.
    let mut back = denied;
    back.hear_signal(&retracts(&denial.1), at(12));
    assert!(back.has_occurred());
}

#[test]
fn a_wire_cannot_take_an_official_landing_away() {
    let landing = (10, official("kantei", "visit_occurred"));
    let denial = (11, denies("wire", SourceClass::Wire, "visit_occurred"));
    let model = told(&[plan(), landing, denial]);
    assert!(p(&model, 12) > 0.97, "{}", p(&model, 12));
    // Nor does an official word about plans.
    let landing = (10, official("kantei", "visit_occurred"));
    let none = (11, denies("wh", SourceClass::Official, "visit_planned"));
    assert!(told(&[landing, none]).has_occurred());
}

#[test]
fn a_publisher_corrects_himself() {
    let never = told(&[plan()]);
    let landing = by(says("l", SourceClass::Wire, "visit_occurred"), "wire.example");
    let correction = by(denies("c", SourceClass::Wire, "visit_occurred"), "wire.example");
    let landed = told(&[plan(), (10, landing.clone())]);
    assert!(p(&landed, 12) > p(&never, 12));
    let corrected = told(&[plan(), (10, landing.clone()), (11, correction)]);
    assert_eq!(p(&corrected, 12).to_bits(), p(&never, 12).to_bits());
    // Another wire only weakens it.
    let other = by(denies("d", SourceClass::Wire, "visit_occurred"), "other.example");
    let weakened = told(&[plan(), (10, landing), (11, other)]);
    assert!(p(&weakened, 12) < p(&landed, 12) && p(&weakened, 12) > p(&never, 12));
}

#[test]
fn an_old_landing_is_not_meant() {
    // October's visit stands; November's rumour is denied.
    let october = (10, official("kantei", "visit_occurred"));
    let rumour = (40, says("wire", SourceClass::Wire, "visit_occurred"));
    let denial = (41, denies("wh", SourceClass::Official, "visit_occurred"));
    assert!(told(&[october.clone(), rumour, denial.clone()]).has_occurred());
    assert!(told(&[october, denial]).has_occurred());
}

#[test]
fn a_denied_cancellation_restores_the_trip() {
    let never = told(&[plan()]);
    for slug in ["visit_cancelled", "visit_postponed", "visit_postponed:2027-03"] {
        let wires: Vec<_> = ["a", "b"]
            .map(|id| {
                let mut signal = says(id, SourceClass::Wire, slug);
                signal.cluster = "off".into();
                (20, signal)
            })
            .to_vec();
        for count in [1, 2] {
            let mut signals = vec![plan()];
            signals.extend(wires[..count].iter().cloned());
            assert!(p(&told(&signals), 21) < p(&never, 21) - 0.01);
            for denial in [
                denies("wh2", SourceClass::Official, slug.split(':').next().unwrap()),
                denies_undoing("wh2", SourceClass::Official),
            ] {
                let mut signals = signals.clone();
                signals.push((22, denial));
                let model = told(&signals);
                assert_eq!(p(&model, 23).to_bits(), p(&never, 23).to_bits(), "{slug} {count}");
                parts_add_up(&model, 23);
            }
        }
    }
    // Called off and announced anew by officials: what is denied is the new trip's cancellation.
    let story = [
        plan(),
        (10, official("off", "visit_cancelled")),
        (20, official("anew", "visit_announced:2026-09-01")),
    ];
    let before = told(&story);
    let mut after = before.clone();
    after.hear_signal(&says("x", SourceClass::Wire, "visit_cancelled"), at(30));
    after.hear_signal(&denies("y", SourceClass::Official, "visit_cancelled"), at(31));
    assert_eq!(p(&after, 32).to_bits(), p(&before, 32).to_bits());
    // Copies that come with the denial go with it; what wires report a week later counts.
    let wire = || says("w", SourceClass::Wire, "visit_cancelled");
    let copy = |id: &str| Signal {
        cluster: "w".into(),
        ..says(id, SourceClass::National, "visit_cancelled")
    };
    let denial = (21, denies("wh", SourceClass::Official, "visit_cancelled"));
    let copied = told(&[plan(), (20, wire()), denial.clone(), (22, copy("n"))]);
    assert_eq!(p(&copied, 23).to_bits(), p(&never, 23).to_bits());
    let again = told(&[plan(), (20, wire()), denial, (30, copy("n"))]);
    assert!(p(&again, 31) < p(&never, 31) - 0.005);
}

#[test]
fn a_denied_cancellation_of_nothing_is_half_an_announcement_at_most() {
    let nothing = p(&told(&[]), 12);
    let plain = told(&[(10, denies("wh", SourceClass::Official, "visit_cancelled"))]);
    assert_eq!(p(&plain, 12).to_bits(), nothing.to_bits());
    let reaffirmed = told(&[(10, denies_undoing("wh", SourceClass::Official))]);
    assert!(p(&reaffirmed, 12) >= nothing && p(&reaffirmed, 12) < 0.5);
}

#[test]
fn doubt_about_the_plan_reaches_a_fresh_rumour_of_a_landing() {
    let rumour = (10, says("wire", SourceClass::Wire, "visit_occurred"));
    let denial = |day| (day, denies("wh", SourceClass::Official, "visit_planned"));
    let only = |day| p(&told(&[denial(day)]), 40);
    let credible = |day| p(&told(&[rumour.clone(), denial(day)]), 40) - only(day);
    assert!(credible(11) < 0.6 * credible(30), "{} {}", credible(11), credible(30));
}

#[test]
fn what_lies_beyond_a_visit_is_heard() {
    let landing = (10, official("kantei", "visit_occurred"));
    let next = (40, official("wh", "visit_announced:2027-03-10"));
    let mut spec = year_2026();
    spec.deadline = at(730);
    let model = heard(spec.clone(), &[landing.clone(), next.clone()]);
    let later = Horizon { start: at(365), deadline: at(730) };
    let within =
        |model: &HazardModel| model.estimate_within(later, at(50)).unwrap().probability.get();
    assert!(within(&model) > 0.85, "{}", within(&model));
    assert!(model.has_occurred() && p(&model, 50) > 0.999);
    parts_add_up(&model, 50);
    assert!((model.anatomy_within(later, at(50)).unwrap().sum() - within(&model)).abs() < 1e-12);
    // The plan of the first visit is over with it, for whatever window.
    let first = (5, official("plan", "visit_announced"));
    let alone = heard(spec.clone(), std::slice::from_ref(&landing));
    let over = heard(spec.clone(), &[first.clone(), landing.clone()]);
    assert_eq!(within(&over).to_bits(), within(&alone).to_bits());
    // Heard before the visit, a plan for after it stands.
    let kept = heard(spec.clone(), &[(8, next.1.clone()), landing.clone()]);
    assert!(within(&kept) > 0.85, "{}", within(&kept));
    // A second visit is another one.
    let second = heard(spec, &[landing, (400, official("again", "visit_occurred"))]);
    let p = second.estimate_within(later, at(410)).unwrap().probability.get();
    assert!(p > 0.999, "{p}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever lesser sources report, however often: denied by officials it was never told.
    #[test]
    fn an_official_denial_is_never_having_heard_it(
        reports in proptest::collection::vec((0..5_usize, 2_i64..12, 0..3_usize), 1..6),
        slug in 0..3_usize, others in proptest::collection::vec((0..5_usize, 2_i64..20), 0..3),
        planned in proptest::bool::ANY, later in 0_i64..100,
    ) {
        let slug = UNDONE[slug];
        let mut base: Vec<(i64, Signal)> = if planned { vec![plan()] } else { Vec::new() };
        for (index, (class, day)) in others.iter().enumerate() {
            let id = format!("o{index}");
            base.push((*day, says(&id, OTHERS[*class], "visit_announced:2026-10")));
        }
        let mut all = base.clone();
        for (index, (class, day, cluster)) in reports.iter().enumerate() {
            let mut signal = says(&format!("r{index}"), OTHERS[*class], slug);
            signal.cluster = format!("story {cluster}");
            all.push((*day, signal));
        }
        base.sort_by_key(|(day, _)| *day);
        all.sort_by_key(|(day, _)| *day);
        all.push((20, denies("denier", SourceClass::Official, slug)));
        let (never, denied) = (told(&base), told(&all));
        for day in [20, 20 + later] {
            prop_assert!((p(&never, day) - p(&denied, day)).abs() < 1e-9, "{} {}", p(&never, day), p(&denied, day));
            parts_add_up(&denied, day);
        }
    }

    /// One publisher alone, whatever and however often he says it, in whatever words and over whatever
    /// time: what he has moved stays within the limit, when he speaks and at any time after. Here nobody else speaks
    /// alone, so that the fold without his words (`w` of `model/restraint.rs`) is `silent` itself, bit for bit, and
    /// `p' = p` held in `[w - L, w + L]` by construction: no exception for what he takes back, or for the date.
    #[test]
    fn one_publisher_alone_never_moves_it_far(
        told in proptest::collection::vec((0..8_usize, 0..2_usize, 0_i64..30, 0..6_usize), 1..30),
        class in 0..5_usize, limit in 0.01..0.08_f64, announced in proptest::bool::ANY,
    ) {
        let slugs = [PLAN, "visit_planned", "visit_announced", "visit_occurred", "visit_cancelled",
            "visit_postponed", "visit_announced:2026-10..2027-03", "visit_postponed:2027"];
        let influence = Influence { solo_move_limit: limit, ..Influence::default() };
        let mut model = heard(
            statecraft_engine::config::HazardSpec { influence, ..year_2026() },
            &if announced { vec![plan()] } else { Vec::new() },
        );
        let silent = model.clone();
        let mut day = 2;
        for (index, (slug, denied, later, cluster)) in told.iter().enumerate() {
            day += later;
            let id = format!("s{index}");
            let signal = if *denied == 1 {
                denies(&id, OTHERS[class], slugs[*slug])
            } else {
                says(&id, OTHERS[class], slugs[*slug])
            };
            let mut signal = by(signal, "one.example");
            // Reports join stories of their day: a story is weighed as of its first report.
            signal.cluster = format!("cluster {cluster} of {day}");
            // Whenever it is asked: on the eve, when he speaks, and as the date comes and goes.
            for heard in [false, true] {
                if heard {
                    model.hear_signal(&signal, at(day));
                }
                for asked in [day, day + 1, 205, 212, 214, 216, 250, 320, 360] {
                    if asked < day {
                        continue;
                    }
                    let moved = (p(&model, asked) - p(&silent, asked)).abs();
                    prop_assert!(moved <= limit + 1e-9, "{moved} {limit} {index} on {asked}");
                }
            }
        }
        parts_add_up(&model, day);
    }

    /// Pages that copy each other are one voice together.
    #[test]
    fn copyists_are_one_voice(
        told in proptest::collection::vec((0_i64..4, 0..5_usize, proptest::bool::ANY), 1..40),
    ) {
        let classes = [SourceClass::Aggregator, SourceClass::Social, SourceClass::Local,
            SourceClass::Sports, SourceClass::Entertainment];
        let mut model = HazardModel::new(year_2026());
        let silent = model.clone();
        let mut day = 2;
        for (index, (later, class, same)) in told.iter().enumerate() {
            day += later;
            let mut signal = says(&format!("s{index}"), classes[*class], PLAN);
            if *same {
                signal.cluster = "one story".into();
            }
            model.hear_signal(&signal, at(day));
            for asked in [day, 205, 213, 216, 300] {
                let moved = p(&model, asked) - p(&silent, asked);
                prop_assert!((-1e-9..=0.05 + 1e-9).contains(&moved), "{moved} on {asked}");
            }
        }
    }
}

/// Several wires, each in a story of his own, have five points each, and together as many times five: at once,
/// and as the date comes.
#[test]
fn lone_wires_have_five_points_each() {
    for count in 1..=4_usize {
        let mut model = HazardModel::new(year_2026());
        let silent = model.clone();
        for index in 0..count {
            let id = format!("w{index}");
            model.hear_signal(&says(&id, SourceClass::Wire, PLAN), at(10 + index as i64));
        }
        let most = 0.05 * count as f64;
        let moved = |day: i64| p(&model, day) - p(&silent, day);
        assert!((moved(10 + count as i64) - most).abs() < 0.01, "{count}: {}", moved(14));
        for day in [20, 100, 180, 205, 211, 213] {
            assert!(moved(day) <= most + 1e-9, "{count} on {day}: {}", moved(day));
            parts_add_up(&model, day);
        }
    }
}

/// What an agency says, on whichever page, is what the agency says.
#[test]
fn pages_that_credit_one_agency_are_that_agency() {
    let mut model = HazardModel::new(year_2026());
    let base = p(&model, 10);
    for (index, title) in [
        "Trump to visit Tokyo in August - Reuters",
        "Japan trip set for August, Reuters says",
        "(Reuters) US president plans summer journey to Japan",
    ]
    .iter()
    .enumerate()
    {
        let told = says(&format!("page{index}"), SourceClass::Wire, PLAN);
        model.hear_signal(&Signal { title: (*title).into(), ..told.clone() }, at(10));
        assert!(p(&model, 10) <= base + 0.05 + 1e-9, "{title}: {}", p(&model, 10));
        // In one story as well: no second voice.
        let same = Signal {
            title: (*title).into(),
            cluster: "page0".into(),
            id: format!("{index}b"),
            ..told
        };
        model.hear_signal(&same, at(10));
        assert!(p(&model, 10) <= base + 0.05 + 1e-9, "{title}: {}", p(&model, 10));
    }
    let own = says_in("kyodo", SourceClass::Wire, "page0", PLAN);
    model.hear_signal(&own, at(10));
    assert!(p(&model, 10) > base + 0.2, "{}", p(&model, 10));
}

/// The reviewer's case: one wire, over twenty days, in ever new words.
#[test]
fn one_wire_over_twenty_days() {
    let mut model = HazardModel::new(year_2026());
    let base = p(&model, 1);
    for index in 0..20 {
        let signal =
            by(says(&format!("w{index}"), SourceClass::Wire, "visit_announced"), "wire.example");
        model.hear_signal(&signal, at(1 + index));
        assert!(p(&model, 1 + index) <= base + 0.05 + 1e-9, "{index} {}", p(&model, 1 + index));
    }
    // Somebody else says it: now it is known.
    let other = Signal { cluster: "w19".into(), ..says("b", SourceClass::Wire, "visit_announced") };
    model.hear_signal(&other, at(21));
    assert!(p(&model, 21) > base + 0.15, "{}", p(&model, 21));
}

/// Put off with no new date: bad news, or none where nobody had told of a plan; never good news.
#[test]
fn a_postponement_without_a_date_never_lifts() {
    let nothing = p(&told(&[]), 21);
    let vague = |class| (20, says("put-off", class, "visit_postponed"));
    for class in [SourceClass::Wire, SourceClass::Official] {
        assert!(p(&told(&[vague(class)]), 21) <= nothing, "{class:?}");
        assert!(p(&told(&[plan(), vague(class)]), 21) < p(&told(&[plan()]), 21), "{class:?}");
    }
    // Until a time within the contract it is news of a plan.
    let until = (20, official("until", "visit_postponed:2026-10"));
    assert!(p(&told(&[until]), 21) > nothing);
}
