//! Short ways to let somebody say something, for tests of the model.

#![allow(dead_code, unreachable_pub)]

use statecraft_domain::signal::{Assertion, Claim, Direction, Label, SourceClass};
use statecraft_domain::{Signal, Timestamp};
use statecraft_engine::config::HazardSpec;
use statecraft_engine::model::HazardModel;

/// Midnight UTC, days from 1 January 2026.
pub fn at(day: i64) -> Timestamp {
    Timestamp::from_secs(1_767_225_600 + day * 86_400)
}

/// Events of 2026, 0.20 a year, and nothing else.
pub fn year_2026() -> HazardSpec {
    HazardSpec {
        window_start: at(0),
        deadline: at(365),
        base_rate_per_year: 0.20,
        ..HazardSpec::default()
    }
}

/// A publisher of this name says so, in a story of this name.
pub fn says(id: &str, class: SourceClass, slug: &str) -> Signal {
    Signal {
        id: id.into(),
        source: id.into(),
        publisher: id.into(),
        title: format!("headline {id}"),
        class,
        cluster: id.into(),
        labels: vec![Label { slug: slug.into(), strength: 1.0 }],
        claim: Some(Claim { direction: Direction::Up, ..Claim::default() }),
        ..Signal::default()
    }
}

/// The same, officially.
pub fn official(id: &str, slug: &str) -> Signal {
    says(id, SourceClass::Official, slug)
}

/// Says that it is not so.
pub fn denies(id: &str, class: SourceClass, slug: &str) -> Signal {
    let mut signal = says(id, class, slug);
    signal.labels[0].strength = -1.0;
    let direction = Direction::Down;
    signal.claim = Some(Claim { assertion: Assertion::Denied, direction, ..Claim::default() });
    signal
}

/// The same as [`says`], in a story of another name.
pub fn says_in(id: &str, class: SourceClass, cluster: &str, slug: &str) -> Signal {
    Signal { cluster: cluster.into(), ..says(id, class, slug) }
}

/// The same as [`denies`], in a story of another name.
pub fn denies_in(id: &str, class: SourceClass, cluster: &str, slug: &str) -> Signal {
    Signal { cluster: cluster.into(), ..denies(id, class, slug) }
}

/// The user's own desk.
pub fn desk(id: &str, slug: &str, strength: f64) -> Signal {
    let labels = vec![Label { slug: slug.into(), strength }];
    Signal { id: id.into(), labels, ..Signal::default() }
}

/// What the publisher of `signal` said of its story is withdrawn.
pub fn retracts(signal: &Signal) -> Signal {
    let claim = Claim { assertion: Assertion::Retracted, ..Claim::default() };
    Signal { id: format!("{} gone", signal.id), claim: Some(claim), ..signal.clone() }
}

pub fn heard(spec: HazardSpec, signals: &[(i64, Signal)]) -> HazardModel {
    let mut model = HazardModel::new(spec);
    for (day, signal) in signals {
        model.hear_signal(signal, at(*day));
    }
    model
}

pub fn p(model: &HazardModel, day: i64) -> f64 {
    model.estimate(at(day)).unwrap().probability.get()
}

pub fn parts_add_up(model: &HazardModel, day: i64) {
    let anatomy = model.anatomy(at(day)).unwrap();
    assert!((anatomy.sum() - p(model, day)).abs() < 1e-12, "{} {}", anatomy.sum(), p(model, day));
}
