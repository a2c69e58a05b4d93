//! A market that cannot be listed any more keeps neither the bot down nor the others from being traded; a
//! name that nobody ever knew still does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/between.rs"]
mod between;
#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/process.rs"]
mod process;
#[path = "support/verbs.rs"]
mod verbs;

use std::path::Path;
use std::time::{Duration, Instant};

use between::Between;
use ledger::*;
use process::*;
use serde_json::Value;
use verbs::*;

/// Slow enough that January lasts for the test.
const SPEED: &str = "3000";
const JAPAN: &str = "KXTRUMPCOUNTRIES-27JAN01-JAP";
const JANUARY: &str = "KXTRUMPMEETPM-26JAN-JAP";

/// Buys one contract of each again and again.
fn two_markets() -> String {
    let second = format!("[[market]]\nvenue = \"kalshi\"\nticker = \"{JANUARY}\"\n[model]");
    CHURN.replace("[model]", &second).replace("max_markets = 1", "max_markets = 2")
}

fn contracts(url: &str, ticker: &str) -> u64 {
    held(url).get(ticker).map_or(0, |held| held.parse().unwrap())
}

/// Waits until more of this is held than before.
fn bought(dir: &Path, url: &str, ticker: &str) {
    let (before, end) = (contracts(url, ticker), Instant::now() + Duration::from_secs(20));
    while contracts(url, ticker) <= before {
        assert!(Instant::now() < end, "nothing of {ticker} is bought\n{}", log(dir));
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn restrictions(status: &Value) -> Vec<(String, String, String)> {
    let restrictions = status["restrictions"].as_array().unwrap().iter();
    restrictions.map(|one| (text(one, "scope"), text(one, "mode"), text(one, "code"))).collect()
}

fn only_japan_closes(status: &Value) -> bool {
    let japan =
        (format!("market {JAPAN}"), "reduce_only".to_owned(), "listing_unusable".to_owned());
    status["mode"] == "active" && restrictions(status) == [japan]
}

/// The fees of a listing are asked for every half minute.
fn wait_long(dir: &Path, what: &str, is_so: impl Fn(&Value) -> bool) {
    let end = Instant::now() + Duration::from_secs(75);
    while !is_so(&status(dir)) {
        assert!(Instant::now() < end, "waited for {what}\n{}", log(dir));
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// A venue, somebody between it and the bot, and a strategy of two markets.
fn two_markets_behind(dir: &Path) -> (String, Process, Between) {
    let (url, venue) = venue_at(dir, SPEED, "");
    let between = Between::before(&url);
    settings(dir, &between.url, LIMITS);
    strategy(dir, "churn", &two_markets());
    (url, venue, between)
}

fn markets_look(dir: &Path) -> (i32, Value) {
    let (code, told) = verb(dir, &["check", "--online"]);
    (code, told["online"].as_array().unwrap().last().unwrap().clone())
}

#[test]
fn a_market_that_cannot_be_listed_any_more_keeps_nobody_down() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (url, _venue, between) = two_markets_behind(dir);

    // At a first start nobody knows the name: a typing error.
    between.hide_market(JAPAN);
    let refused = bot(dir, &["--for", "1s"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", log(dir));
    assert!(log(dir).contains(&format!("names the market \\\"{JAPAN}\\\"")), "{}", log(dir));
    between.hide_nothing();
    let mut running = answering(dir);
    bought(dir, &url, JAPAN);
    bought(dir, &url, JANUARY);
    assert_eq!(running.stop(), Some(0));

    // The venue shows it no more: the other one is traded, and this is told.
    between.hide_market(JAPAN);
    let (code, look) = markets_look(dir);
    assert_eq!((code, text(&look, "verdict")), (0, "warning".to_owned()), "{look}");
    assert!(text(&look, "told").contains(JAPAN), "{look}");
    let mut running = answering(dir);
    wait(dir, "a start without it", only_japan_closes);
    assert!(log(dir).contains("started_without"), "{}", log(dir));
    let before = contracts(&url, JAPAN);
    bought(dir, &url, JANUARY);
    assert_eq!(contracts(&url, JAPAN), before);
    // A strategy with a name that nobody ever knew is refused all the same.
    assert_eq!(running.stop(), Some(0));
    strategy(dir, "typo", &CHURN.replace("-JAP", "-JAPAN").replace("churn", "typo"));
    let refused = bot(dir, &["--for", "1s"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", log(dir));
    std::fs::remove_file(dir.join("strategies/typo.toml")).unwrap();
    // As soon as the venue shows it, it is as any other, without a restart.
    let mut running = answering(dir);
    wait(dir, "a start without it", only_japan_closes);
    between.hide_nothing();
    wait_long(dir, "its release", |status| restrictions(status).is_empty());
    bought(dir, &url, JAPAN);
    assert_eq!(running.stop(), Some(0));
}

#[test]
fn what_is_held_where_the_fees_are_unknown_can_be_closed() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (url, _venue, between) = two_markets_behind(dir);
    let mut running = answering(dir);
    bought(dir, &url, JAPAN);
    bought(dir, &url, JANUARY);
    assert_eq!(running.stop(), Some(0));

    for status in [404, 503] {
        between.fail("/events/KXTRUMPCOUNTRIES-27JAN01", status);
        let mut running = answering(dir);
        wait(dir, "a start without it", only_japan_closes);
        bought(dir, &url, JANUARY);
        assert_eq!(running.stop(), Some(0));
    }
    let _running = answering(dir);
    wait(dir, "a start without it", only_japan_closes);
    let (code, reply) = verb(dir, &["flatten", "--max-slippage", "0.30", "--yes"]);
    assert_eq!(code, 0, "{reply}");
    let end = Instant::now() + Duration::from_secs(20);
    while contracts(&url, JAPAN) > 0 {
        assert!(Instant::now() < end, "{JAPAN} is still held\n{}", log(dir));
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_series_that_cannot_be_read_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (url, _venue) = venue_at(dir, SPEED, "");
    let between = Between::before(&url);
    settings(dir, &between.url, LIMITS);
    let series = "[[market]]\nvenue = \"kalshi\"\nseries = \"KXTRUMPMEETPM\"\n[model]";
    let both = CHURN.replace("[model]", series).replace("max_markets = 1", "max_markets = 5");
    strategy(dir, "churn", &both);
    between.fail("/series/KXTRUMPMEETPM", 404);
    let refused = bot(dir, &["--for", "1s"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", log(dir));
    between.hide_nothing();
    let mut running = answering(dir);
    bought(dir, &url, JANUARY);
    assert_eq!(running.stop(), Some(0));

    between.fail("/series/KXTRUMPMEETPM", 404);
    let _running = answering(dir);
    bought(dir, &url, JAPAN);
    let told = log(dir);
    let told = told.lines().find(|line| line.contains("started_without")).unwrap_or_default();
    assert!(told.contains("KXTRUMPMEETPM"), "{told}");
    // What is held of it is managed all the same.
    let january = (format!("market {JANUARY}"), "reduce_only".to_owned());
    let restricted = restrictions(&status(dir)).into_iter().map(|(scope, mode, _)| (scope, mode));
    assert_eq!(restricted.collect::<Vec<_>>(), [january]);
}
