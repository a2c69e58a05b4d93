//! What the running bot looks after by itself: frozen subscriptions, pauses of the venue, a wrong clock, sleep;
//! edited strategy files; and what keeps a second copy from the account.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/process.rs"]
mod process;
#[path = "support/rest.rs"]
mod rest;
#[path = "support/verbs.rs"]
mod verbs;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use ledger::*;
use process::*;
use serde_json::Value;
use verbs::*;

fn log_of(dir: &Path) -> String {
    fs::read_to_string(dir.join("run.log")).unwrap()
}

fn wait_for_log(dir: &Path, what: &str) {
    for _ in 0..800 {
        if log_of(dir).contains(what) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{what:?} is not in the log:\n{}", log_of(dir));
}

fn assert_fired(url: &str, kind: &str) {
    let fired = get(url, "/story/faults");
    assert!(fired[kind].as_u64().is_some_and(|times| times > 0), "{kind} never fired: {fired}");
}

#[test]
fn f2_a_frozen_subscription_is_found_and_asked_for_anew() {
    let dir = tempfile::tempdir().unwrap();
    let faults = "[[fault]]\nkind = \"frozen_subscription\"\nnth = 40\nms = 600000\n";
    let (url, _venue) = venue(dir.path(), faults);
    configure(dir.path(), &url);
    let _running = answering(dir.path());
    let status = wait(dir.path(), "the frozen book", |s| {
        s["watch"]["frozen_subscriptions"] != 0 && !s["watch"].is_null()
    });
    assert_fired(&url, "frozen_subscription");
    assert!(log_of(dir.path()).contains("subscription_frozen"), "{status}");
    wait(dir.path(), "the book again", |s| s["markets"][0]["state"] == "synced");
    let before = orders_at(&url);
    wait_for_orders(&url, before);
}

/// Nothing that is asked of this connection brings a book back: only another one does.
#[test]
fn f2_books_that_are_dead_for_good_come_back_over_a_new_connection() {
    let dir = tempfile::tempdir().unwrap();
    let faults = "[[fault]]\nkind = \"dead_books\"\nnth = 40\n";
    let (url, _venue) = venue(dir.path(), faults);
    configure(dir.path(), &url);
    let _running = answering(dir.path());
    wait_for_log(dir.path(), "subscription_frozen");
    assert_fired(&url, "dead_books");
    wait_for_log(dir.path(), "kalshi stream down");
    wait(dir.path(), "the book again", |s| s["markets"][0]["state"] == "synced");
    let before = orders_at(&url);
    wait_for_orders(&url, before);
}

#[test]
fn f35_a_pause_of_the_venue_stops_orders_until_it_is_over_and_the_account_compared() {
    let dir = tempfile::tempdir().unwrap();
    let faults = "[[fault]]\nkind = \"pause\"\nnth = 4\nms = 4000\n";
    let (url, _venue) = venue(dir.path(), faults);
    configure(dir.path(), &url);
    let _running = answering(dir.path());
    wait(dir.path(), "the pause", |status| status["condition"] == "paused");
    assert_fired(&url, "pause");
    let before = orders_at(&url);
    wait(dir.path(), "the end of the pause", |status| status["condition"] == "open");
    wait_for_orders(&url, before);
}

/// What is interrupted again and again is not over each time it seems to be.
#[test]
fn f35_a_venue_that_pauses_a_fourth_time_within_the_hour_must_be_well_for_a_while() {
    let dir = tempfile::tempdir().unwrap();
    let faults = "[[fault]]\nkind = \"pause\"\nevery = 1\nlimit = 4\nms = 1000\n";
    let (url, _venue) = venue(dir.path(), faults);
    configure(dir.path(), &url);
    let _running = answering(dir.path());
    wait_for_log(dir.path(), "venue_unsteady");
    let status = wait(dir.path(), "the wait", |status| status["condition"] == "unsteady");
    assert_eq!(
        (&status["unsteady"]["cause"], &status["unsteady"]["times"]),
        (&"venue".into(), &4.into())
    );
    assert_quiet(&url, "the venue comes and goes");
    let before = orders_at(&url);
    let (code, told) = verb(dir.path(), &["resume", "--reason", "the venue says it is mended"]);
    assert_eq!(code, 0, "{told}");
    wait(dir.path(), "the end of the wait", |status| status["condition"] == "open");
    wait_for_orders(&url, before);
}

#[test]
fn f42_a_clock_more_than_half_a_second_off_is_told() {
    let dir = tempfile::tempdir().unwrap();
    // The start asks once and must be let through.
    let faults = "[[fault]]\nkind = \"wrong_date\"\nprobability = 1.0\nms = 1500\n";
    let (url, _venue) = venue(dir.path(), faults);
    configure(dir.path(), &url);
    let _running = answering(dir.path());
    let status = wait(dir.path(), "a measured clock", |status| {
        status["clock"]["offset"].as_i64().is_some_and(|offset| offset > 500_000_000)
    });
    assert_eq!(status["clock"]["trusted"], true, "{status}");
    assert!(log_of(dir.path()).contains("clock_offset"));
}

#[test]
fn f43_after_a_sleep_every_book_is_asked_for_anew() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let running = answering(dir.path());
    wait_for_orders(&url, 1);
    running.signal("-STOP");
    std::thread::sleep(Duration::from_millis(10_800));
    running.signal("-CONT");
    wait(dir.path(), "the sleep to be noticed", |status| status["watch"]["suspensions"] == 1);
    let before = orders_at(&url);
    wait_for_orders(&url, before);
}

/// A connection that lags has unbroken numbers and answers its pings.
#[test]
fn p5_market_data_that_comes_late_stops_orders_until_it_comes_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let fault = "[[fault]]\nkind = \"delay_frame\"\nnth = 60\nms = 4000\n";
    let (url, _venue) = venue(dir.path(), fault);
    configure(dir.path(), &url);
    let _running = answering(dir.path());
    wait(dir.path(), "the delay to be noticed", |status| status["condition"] == "lagging");
    assert_fired(&url, "delay_frame");
    assert_quiet(&url, "the market data was late");
    wait(dir.path(), "the market data", |status| status["condition"] == "open");
    let before = orders_at(&url);
    wait_for_orders(&url, before);
}

/// What a loop that stood still finds in its queue is the past, and so are its books.
#[test]
fn p5_a_process_that_stood_still_for_seconds_decides_nothing_on_what_it_knew() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let running = answering(dir.path());
    wait_for_orders(&url, 1);
    running.signal("-STOP");
    std::thread::sleep(Duration::from_millis(3_500));
    let before = orders_at(&url);
    running.signal("-CONT");
    wait(dir.path(), "the stall to be noticed", |status| status["condition"] == "lagging");
    assert_eq!(orders_at(&url), before);
    wait(dir.path(), "market data of now", |status| status["condition"] == "open");
    wait_for_orders(&url, before);
}

fn edit(dir: &Path, from: &str, to: &str) {
    let path = dir.join("strategies/churn.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn f60_edits_take_effect_whole_or_not_at_all_and_loosening_waits_for_a_person() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let _running = answering(dir.path());
    wait_for_orders(&url, 2);
    // Half a file changes nothing.
    let path = dir.path().join("strategies/churn.toml");
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    wait_for_log(dir.path(), "config_invalid");
    let before = orders_at(&url);
    wait_for_orders(&url, before);
    fs::write(&path, &whole).unwrap();
    // An edge nothing has: in force by itself, and no order follows.
    edit(dir.path(), "edge = \"0.01\"", "edge = \"0.90\"");
    wait_for_log(dir.path(), "strategy_changed");
    assert_quiet(&url, "the edited edge is out of reach");
    // Back, with a looser limit: waits.
    edit(dir.path(), "max_group_cost = \"2000\"", "max_group_cost = \"2500\"");
    let status = wait(dir.path(), "the pending edit", |status| {
        status["pending_config"].as_array().is_some_and(|pending| !pending.is_empty())
    });
    let hash = status["pending_config"][0]["hash"].as_str().unwrap().to_owned();
    assert!(status["pending_config"][0]["summary"].as_str().unwrap().contains("2500"), "{status}");
    let (code, told) = verb(dir.path(), &["config", "accept", "00000000"]);
    assert_eq!(code, 1, "{told}");
    let mut arguments = vec!["config", "accept", &hash[..12]];
    let (code, told) = verb(dir.path(), &arguments);
    if code == 3 {
        // An order limit that was always above a quarter of the equity.
        arguments.push("--i-understand");
        assert_eq!(verb(dir.path(), &arguments).0, 0, "{told}");
    }
    assert!(status_of(dir.path())["pending_config"].as_array().unwrap().is_empty());
    // Another market: only with a restart.
    edit(dir.path(), "27JAN01-JAP", "27JAN01-CHI");
    wait_for_log(dir.path(), "config_needs_restart");
    // Gone: closes only, whatever is wrong with another file.
    let other = dir.path().join("strategies/other.toml");
    fs::write(&other, &whole[..whole.len() / 2]).unwrap();
    wait(dir.path(), "the mistake", |status| status["config_invalid"]["mistakes"].is_array());
    fs::rename(&path, dir.path().join("churn.off")).unwrap();
    let status = wait(dir.path(), "the removal", |status| {
        status["restrictions"][0]["code"] == "strategy_removed"
    });
    assert_eq!(status["restrictions"][0]["mode"], "reduce_only");
    fs::write(&other, &whole).unwrap();
    let status = wait(dir.path(), "valid files", |status| status["config_invalid"].is_null());
    assert_eq!(status["restrictions"][0]["code"], "strategy_removed");
}

/// The venue is slow while it starts, and a person edits a strategy meanwhile.
#[test]
fn f60_an_edit_during_the_start_takes_effect() {
    let dir = tempfile::tempdir().unwrap();
    let (url, venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    venue.signal("-STOP");
    let mut running = Process(bot(dir.path(), &[]).stdout(Stdio::null()).spawn().unwrap());
    // The settings were read before the socket was made.
    for _ in 0..200 {
        if verb(dir.path(), &["status"]).0 == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    edit(dir.path(), "edge = \"0.01\"", "edge = \"0.90\"");
    venue.signal("-CONT");
    wait_for_log(dir.path(), "strategy_changed");
    assert_quiet(&url, "the edited edge is out of reach");
    running.stop();
}

fn status_of(dir: &Path) -> Value {
    status(dir)
}

#[test]
fn f56_i16_a_copy_of_the_state_directory_finds_the_account_taken() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let running = answering(dir.path());
    // Another directory, another copy of the key.
    let copy = tempfile::tempdir().unwrap();
    let done = Command::new("cp").arg("-r").arg(dir.path()).arg(copy.path().join("x")).status();
    assert!(done.unwrap().success());
    let there = copy.path().join("x");
    let settings = fs::read_to_string(there.join("statecraft.toml")).unwrap();
    let moved = settings.replace(dir.path().to_str().unwrap(), there.to_str().unwrap());
    fs::write(there.join("statecraft.toml"), moved).unwrap();
    let second = bot(&there, &["--for", "2s"]).stderr(Stdio::piped()).output().unwrap();
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(3), "{told}");
    assert!(told.contains(&format!("process {}", running.0.id())), "{told}");
}

/// Three orders that rest far from the market, placed by hand.
fn rest_some(dir: &Path, url: &str) {
    use statecraft::venue::kalshi::Placed;
    use statecraft::venue::kalshi::rest::OrderRoute;
    use statecraft_domain::{
        ClientOrderId, MarketId, OrderRequest, Price, Quantity, RiskApproved, SelfTradePrevention,
        Side, StrategyId, TimeInForce, Timestamp,
    };
    let rest = rest::client(dir, url);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for sequence in 1..=3 {
        let order = RiskApproved::by_risk_gate(OrderRequest {
            id: ClientOrderId { lineage: 7, sequence },
            strategy: StrategyId(0),
            market: MarketId(0),
            side: Side::Bid,
            price: Price::from_cents(1).unwrap(),
            quantity: Quantity::from_contracts(5),
            time_in_force: TimeInForce::GoodTilCancelled { expires: None },
            post_only: false,
            reduce_only: false,
            self_trade_prevention: SelfTradePrevention::CancelTaker,
            decided_at: Timestamp::EPOCH,
        });
        let ticker = "KXTRUMPCOUNTRIES-27JAN01-JAP";
        let placed =
            runtime.block_on(rest.create_order(&order, ticker, &OrderRoute::default(), || Ok(())));
        assert!(matches!(placed, Placed::Accepted(_)), "{placed:?}");
    }
}

#[test]
fn kill_direct_cancels_what_rests_without_a_bot() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    rest_some(dir.path(), &url);
    let resting = || {
        let ledger = get(&url, "/story/ledger");
        let orders = ledger["orders"].as_array().unwrap().clone();
        orders.iter().filter(|order| order["status"] == "resting").count()
    };
    assert_eq!(resting(), 3, "{}", get(&url, "/story/ledger"));
    let (code, told) = verb(dir.path(), &["kill", "--direct"]);
    assert_eq!(code, 0, "{told}");
    assert_eq!(resting(), 0);
    assert_eq!((&told["clear"], &told["open_orders"]), (&true.into(), &0.into()));
    assert!(told["rounds"].as_u64().unwrap() >= 2, "{told}");
    // A venue that does not answer is not a venue without orders.
    drop(_venue);
    let (code, told) = verb(dir.path(), &["kill", "--direct", "--patience", "2"]);
    assert_eq!(code, 1, "{told}");
    assert_eq!(told["clear"], false);
}

/// The gateway's own count of what left is what was sent, and the look from behind finds nothing wrong.
#[test]
fn what_left_is_counted_by_whoever_sends_it() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let _running = answering(dir.path());
    let status = wait(dir.path(), "orders that left", |s| s["orders_left"].as_u64() > Some(1));
    assert!(status["orders_left"].as_u64() <= status["orders"].as_u64(), "{status}");
    // Two looks from behind.
    std::thread::sleep(Duration::from_secs(11));
    let status = status_of(dir.path());
    assert_eq!(status["mode"], "active", "{}", log_of(dir.path()));
    for code in ["sent_unapproved", "position_over_limit", "account_over_limit", "cash_short"] {
        assert!(!log_of(dir.path()).contains(code), "{code}: {}", log_of(dir.path()));
    }
}

/// The rehearsal shows what the real thing does: gate, exit code, and the words in the log.
#[test]
fn f50_the_rehearsal_of_a_full_disk_ends_the_run_as_a_full_disk_does() {
    let dir = tempfile::tempdir().unwrap();
    configure_embedded(dir.path());
    let mut running = answering(dir.path());
    let status = wait(dir.path(), "an order", |s| s["orders"].as_u64() > Some(0));
    assert_eq!(status["engine_time_speed"], 20_000);
    let (code, reply) = verb(dir.path(), &["drill", "disk-full"]);
    assert_eq!(code, 0, "{reply}");
    assert!(reply.to_string().contains("pass: the gate is closed"), "{reply}");
    assert_eq!(running.0.wait().unwrap().code(), Some(5), "{}", log_of(dir.path()));
    let log = log_of(dir.path());
    assert!(log.contains("the disk is full (a rehearsal: it is not)"), "{log}");
    let (_, after) = log.split_once("the journal failed: no more orders").expect(&log);
    assert!(!after.contains("order decided"), "{after}");
}
