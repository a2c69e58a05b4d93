//! The skill ledger: what is told twice is kept once, a bad record is found after the resolution that
//! makes it bad enough, and a release begins the record anew.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use statecraft::skill::ledger::Finding;
use statecraft::skill::report::report;
use statecraft::skill::store::{Bought, Forecast, Resolution, Stated};
use statecraft::skill::{DemotionRule, Entry, Ledger, Store};
use statecraft_domain::event::Standing;
use statecraft_domain::{Price, Quantity, Settlement, Side, Timestamp, Usd, Venue};

const DAY: i64 = 86_400;

fn at(days: i64) -> Timestamp {
    Timestamp::from_secs(1_767_225_600 + days * DAY)
}

fn forecast(strategy: &str, market: usize, day: i64, p: f64, price: u16) -> Forecast {
    let cents = |cents: u16| Price::from_cents(cents).unwrap();
    Forecast {
        at: at(day),
        strategy: strategy.to_owned(),
        event: "e".to_owned(),
        venue: Venue::Kalshi,
        ticker: format!("M{market}"),
        fact: format!("F{market}"),
        version: "v1".to_owned(),
        model: p,
        sd_logit: 0.3,
        blended: p,
        market: f64::from(price) / 100.0,
        bid: cents(price - 1),
        ask: cents(price + 1),
        windowed: market.is_multiple_of(2),
        signals: vec!["s1".to_owned()],
        decision: String::new(),
    }
}

fn resolved(market: usize, day: i64, settlement: Settlement) -> Entry {
    let ticker = format!("M{market}");
    Entry::Resolution(Resolution { venue: Venue::Kalshi, ticker, at: at(day), settlement })
}

fn open(dir: &Path, min_resolutions: usize) -> (Ledger, Receiver<Finding>) {
    let (tell, findings) = channel();
    let rule = DemotionRule { min_resolutions, credible: 0.95 };
    let ledger = Ledger::open(dir, rule, move |finding| tell.send(finding).unwrap()).unwrap();
    (ledger, findings)
}

fn keep(ledger: &Ledger, forecast: Forecast) {
    ledger.keep(Entry::Forecast(Box::new(forecast)));
}

/// Says 80 % of what never happens, at a market that says 20 %.
fn bad_record(ledger: &Ledger, strategy: &str, markets: std::ops::Range<usize>) {
    for market in markets {
        for day in [0, 1, 8] {
            keep(ledger, forecast(strategy, market, day, 0.8, 20));
        }
        ledger.keep(resolved(market, 20, Settlement::No));
    }
}

#[test]
fn a_record_that_is_bad_enough_demotes_and_one_that_is_too_short_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, findings) = open(dir.path(), 20);
    bad_record(&ledger, "bad", 0..19);
    drop(ledger);
    assert!(findings.try_recv().is_err(), "nineteen facts are not twenty");
    let (ledger, findings) = open(dir.path(), 20);
    bad_record(&ledger, "bad", 19..20);
    drop(ledger);
    let Ok(Finding::Demote { strategy, reason, .. }) = findings.try_recv() else {
        panic!("demoted")
    };
    assert_eq!(strategy, "bad");
    assert!(reason.contains("over 20 resolved facts"), "{reason}");

    let store = Store::open_read_only(dir.path()).unwrap();
    let skill = report(&store, 0.9).unwrap().strategies.remove(0);
    let all = skill.all.unwrap();
    // Three forecasts a market, of which the second came within a week of the first.
    assert_eq!((skill.forecasts, all.scored, all.facts), (60, 40, 20));
    assert!((all.decided.brier - 0.64).abs() < 1e-12 && (all.market.brier - 0.04).abs() < 1e-12);
    assert!((all.gain.unwrap().mean + 0.60).abs() < 1e-12);
    assert!((all.executable.brier - 0.21 * 0.21).abs() < 1e-12, "the ask");
    assert_eq!(skill.with_windows.unwrap().facts, 10);
    assert_eq!(skill.without_windows.unwrap().facts, 10);
}

#[test]
fn a_good_record_is_left_alone_and_noise_is_not_enough() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, findings) = open(dir.path(), 20);
    for market in 0..40 {
        // Every fifth happens: 20 % is right and 35 is the market's error.
        keep(&ledger, forecast("good", market, 0, 0.2, 35));
        // Equal distances from the truth on both sides.
        let noisy = if market % 2 == 0 { 0.33 } else { 0.37 };
        keep(&ledger, forecast("noise", market, 0, noisy, 35));
        let happened = market % 5 == 0;
        ledger.keep(resolved(market, 9, if happened { Settlement::Yes } else { Settlement::No }));
    }
    drop(ledger);
    assert_eq!(findings.try_recv().ok(), None);
}

#[test]
fn what_is_told_twice_is_kept_once_and_void_markets_are_not_scored() {
    let dir = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let (ledger, _findings) = open(dir.path(), 20);
        ledger.keep(Entry::Signal("s1".to_owned(), "kyodo".to_owned(), at(0)));
        keep(&ledger, forecast("one", 1, 0, 0.3, 40));
        keep(&ledger, forecast("one", 2, 0, 0.3, 40));
        let fill = Bought {
            at: at(1),
            order: "sc-1-1".to_owned(),
            trade: "t".to_owned(),
            strategy: "one".to_owned(),
            venue: Venue::Kalshi,
            ticker: "M1".to_owned(),
            fact: "F1".to_owned(),
            side: Side::Ask,
            price: Price::from_cents(40).unwrap(),
            contracts: Quantity::from_contracts(10),
            fee: Usd::from_cents(10),
        };
        ledger.keep(Entry::Fill(Box::new(fill)));
        keep(&ledger, forecast("one", 1, 3, 0.3, 30));
        ledger.keep(resolved(1, 10, Settlement::No));
        ledger.keep(resolved(1, 11, Settlement::Yes));
        ledger.keep(resolved(2, 10, Settlement::Void));
    }
    let store = Store::open_read_only(dir.path()).unwrap();
    let skill = report(&store, 0.9).unwrap().strategies.remove(0);
    assert_eq!(skill.forecasts, 3);
    let all = skill.all.unwrap();
    assert_eq!((all.scored, all.facts), (1, 1), "the first word on M1 stands, M2 is void");
    assert!((all.decided.brier - 0.09).abs() < 1e-12);
    assert_eq!(skill.sources.keys().collect::<Vec<_>>(), ["kyodo"]);
    // Sold at 40, the market came down to 30: logit(.4) - logit(.3), and 9 cents after a fee of one.
    let line = skill.closing_line.iter().find(|line| line.horizon == "1d").unwrap();
    assert_eq!((line.fills, line.facts), (1, 1));
    assert!((line.log_odds - 0.441_832_752).abs() < 1e-8, "{line:?}");
    assert!((line.cents - 9.0).abs() < 1e-9);
    assert_eq!(line.p_value, None, "one fact is no sample");
    assert!(skill.closing_line.iter().all(|line| line.horizon != "7d"), "no price that late");
}

#[test]
fn a_release_is_offered_until_it_is_taken_and_the_record_begins_anew() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, findings) = open(dir.path(), 5);
    bad_record(&ledger, "bad", 0..5);
    let wait = Duration::from_secs(20);
    assert!(matches!(findings.recv_timeout(wait), Ok(Finding::Demote { .. })));
    ledger.keep(Entry::Standing(Stated {
        strategy: "bad".to_owned(),
        standing: Standing::Demoted,
        since: at(20),
        reason: "worse than the market".to_owned(),
    }));
    // A person says so in another process while the bot runs.
    Store::open(dir.path()).unwrap().release("bad", "refitted", at(21)).unwrap();
    let Ok(Finding::Reinstate { release, strategy, reason, .. }) = findings.recv_timeout(wait)
    else {
        panic!("offered")
    };
    assert_eq!((strategy.as_str(), reason.contains("refitted")), ("bad", true));
    drop(ledger);
    // Not journaled, the bot died: the next one is offered it again.
    let (ledger, findings) = open(dir.path(), 5);
    ledger.keep(Entry::JudgeAll);
    let heard: Vec<Finding> = (0..2).map(|_| findings.recv_timeout(wait).unwrap()).collect();
    assert!(heard.iter().any(|one| matches!(one, Finding::Reinstate { .. })), "{heard:?}");
    ledger.keep(Entry::Released(release, at(21)));
    ledger.keep(Entry::JudgeAll);
    drop(ledger);
    assert!(findings.try_recv().is_err(), "the old record does not count any more");
}
