//! The real program against the real simulated venue, killed with SIGKILL again and again: no order is
//! sent twice, no fill is lost (P1, P2). The venue's own ledger is the judge.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "support/ledger.rs"]
mod ledger;
#[path = "support/process.rs"]
mod process;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use ledger::*;
use process::*;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

#[test]
fn p1_i4_an_order_whose_answer_is_lost_is_found_and_not_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let faults = "[[fault]]\nkind = \"error_after_accept\"\nevery = 3\n\
                  [[fault]]\nkind = \"error_before_accept\"\nevery = 7\n\
                  [[fault]]\nkind = \"read_lag\"\nevery = 5\nms = 700\n";
    let (url, _venue) = venue(dir.path(), faults);
    configure(dir.path(), &url);
    run_for(dir.path(), "8s");
    // Whatever was left open by the end is found out by the next start.
    let mut running = Process(bot(dir.path(), &[]).spawn().unwrap());
    std::thread::sleep(Duration::from_millis(2_500));
    running.kill();
    let summary = settle(dir.path());
    for kind in ["error_after_accept", "error_before_accept", "read_lag"] {
        assert_fired(&url, kind);
    }
    assert_eq!(summary["unknown_orders"], 0, "{summary}");
    let (orders, fills) = compare(dir.path(), &url);
    compare_account(dir.path(), &url, &summary);
    assert!(orders > 5 && fills > 5, "too little happened: {orders} orders, {fills} fills");
    let fates = journal(dir.path(), "--orders");
    assert!(fates.iter().any(|order| text(order, "state").contains("not_placed")), "{fates:?}");
}

#[test]
fn p2_fills_that_the_stream_never_told_arrive_by_comparison() {
    let dir = tempfile::tempdir().unwrap();
    let faults = "[[fault]]\nkind = \"drop_private\"\nprobability = 0.5\n";
    let (url, _venue) = venue(dir.path(), faults);
    configure(dir.path(), &url);
    run_for(dir.path(), "12s");
    let summary = settle(dir.path());
    assert_fired(&url, "drop_private");
    let (_, fills) = compare(dir.path(), &url);
    compare_account(dir.path(), &url, &summary);
    assert!(fills > 3, "too little happened: {fills} fills");
}

/// Buys a few contracts of every month's market.
fn monthly() -> String {
    CHURN
        .replace("ticker = \"KXTRUMPCOUNTRIES-27JAN01-JAP\"", "series = \"KXTRUMPMEETPM\"")
        .replace("max_markets = 1", "max_markets = 20")
        .replace("interval = \"30m\"", "interval = \"1d\"")
        .replace("max_position = \"2000\"", "max_position = \"5\"")
}

/// Buys of a month's market until the venue says that we hold some; its ticker.
fn buy_monthly(dir: &Path, url: &str) -> String {
    fs::write(dir.join("strategies/churn.toml"), monthly()).unwrap();
    for _ in 0..10 {
        let mut running = Process(bot(dir, &[]).spawn().unwrap());
        std::thread::sleep(Duration::from_millis(1_500));
        running.kill();
        if let Some(ticker) = held(url).into_keys().next() {
            return ticker;
        }
    }
    panic!("nothing was bought");
}

fn knows_settlement(dir: &Path) -> bool {
    let records = journal(dir, "--records");
    records.iter().any(|record| record.to_string().contains("market_settled"))
}

#[test]
fn a_position_that_no_strategy_wants_any_more_is_followed_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue_at(dir.path(), "100000", "");
    configure(dir.path(), &url);
    let ticker = buy_monthly(dir.path(), &url);
    // Another strategy, another market: the old position is nobody's.
    let other = CHURN.replace("edge = \"0.01\"", "edge = \"0.90\"");
    fs::remove_file(dir.path().join("strategies/churn.toml")).unwrap();
    fs::write(dir.path().join("strategies/other.toml"), other).unwrap();
    assert!(!knows_settlement(dir.path()), "paid out before it could be followed");
    run_for(dir.path(), "35s");
    assert!(!held(&url).contains_key(&ticker), "{ticker} is still open");
    assert!(knows_settlement(dir.path()), "the payout of {ticker} went unnoticed");
}

#[test]
fn p2_a_market_that_was_paid_out_while_the_bot_was_down_is_settled_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue_at(dir.path(), "300000", "");
    configure(dir.path(), &url);
    let ticker = buy_monthly(dir.path(), &url);
    let paid = (0..300).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        !held(&url).contains_key(&ticker)
    });
    assert!(paid, "{ticker} was never paid out");
    run_for(dir.path(), "1s");
    assert!(knows_settlement(dir.path()), "the journal does not know that {ticker} was paid out");
    compare(dir.path(), &url);
}

/// What a venue does wrong while its client is being killed: answers that never come in time, answers
/// that say nothing, frames that are not sent, connections that are cut.
const KILL_FAULTS: &str = "seed = 11\n\
    [[fault]]\nkind = \"error_after_accept\"\nprobability = 0.10\n\
    [[fault]]\nkind = \"error_before_accept\"\nprobability = 0.05\n\
    [[fault]]\nkind = \"delay_response\"\nprobability = 0.06\nms = 400\n\
    [[fault]]\nkind = \"drop_private\"\nprobability = 0.10\n\
    [[fault]]\nkind = \"read_lag\"\nprobability = 0.10\nms = 250\n\
    [[fault]]\nkind = \"disconnect\"\nprobability = 0.002\n";

/// When a bot is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So long after its start, ready or not.
    Started(u64),
    /// So long after it was ready.
    Ready(u64),
    /// So long after the n-th order was decided: it is in the journal's hands, on its way, or answered.
    Ordered(u32, u64),
}

impl Moment {
    fn draw(rng: &mut Pcg64Mcg) -> Self {
        match rng.random_range(0..10) {
            0..=2 => Self::Started(rng.random_range(1..700)),
            3..=4 => Self::Ready(rng.random_range(0..1_200)),
            _ => Self::Ordered(rng.random_range(1..5), rng.random_range(0..25)),
        }
    }

    /// Waits for it. How long the bot took to be ready, if it was.
    fn wait(self, bot: &Watched) -> Option<Duration> {
        let patience = Duration::from_secs(30);
        if let Self::Started(ms) = self {
            std::thread::sleep(Duration::from_millis(ms));
            return None;
        }
        let ready = bot.wait_for(" active ", patience).expect("the bot never was ready");
        match self {
            Self::Started(ms) | Self::Ready(ms) => {
                std::thread::sleep(Duration::from_millis(ms));
            }
            Self::Ordered(n, ms) => {
                for _ in 0..n {
                    // Not every life sends as many orders as that.
                    let _ = bot.wait_for("order decided", Duration::from_millis(1_500));
                }
                std::thread::sleep(Duration::from_millis(ms));
            }
        }
        Some(ready)
    }
}

/// Sequence numbers and checksums of all records. Whoever was killed took none of them along.
fn chain(dir: &Path) -> Vec<(i64, i64)> {
    let path = dir.join("state/journal.sqlite");
    if !path.exists() {
        return Vec::new();
    }
    // Read only: what a crash left in the write-ahead log is for the next start to recover.
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = rusqlite::Connection::open_with_flags(path, flags).unwrap();
    let Ok(mut rows) = database.prepare("SELECT seq, checksum FROM records ORDER BY seq") else {
        // Killed before the tables were made.
        return Vec::new();
    };
    let found = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    found.map(Result::unwrap).collect()
}

/// M6. `STATECRAFT_KILLS=200` makes the figures of docs/RELIABILITY.md; STATECRAFT_SEED draws other moments.
#[test]
fn p1_p2_killed_again_and_again_nothing_is_sent_twice_and_no_fill_is_lost() {
    let number = |name: &str, default: u64| -> u64 {
        std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
    };
    let (kills, seed) = (number("STATECRAFT_KILLS", 6), number("STATECRAFT_SEED", 1));
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), KILL_FAULTS);
    configure(dir.path(), &url);
    let begun = Instant::now();
    let mut ready = Vec::new();
    let mut before = Vec::new();
    // On a busy machine lives are short: a few more, until something has happened.
    let enough = |round| round >= kills && journal(dir.path(), "--orders").len() > 3;
    for round in (0..kills + 20).take_while(|&round| !enough(round)) {
        // The first life must reach an order, whatever the seed says; so must those that are added.
        let first = round == 0 || round >= kills;
        let moment = if first { Moment::Ordered(2, 3) } else { Moment::draw(&mut rng) };
        let mut bot = watch(dir.path());
        ready.extend(moment.wait(&bot));
        assert!(bot.process.0.try_wait().unwrap().is_none(), "{moment:?}: it ended by itself");
        bot.process.kill();
        let now = chain(dir.path());
        assert!(now.starts_with(&before), "{moment:?} (kill {round}): a record is gone or changed");
        before = now;
        if round % 20 == 19 {
            compare_orders(dir.path(), &url);
        }
    }
    let summary = settle(dir.path());
    assert_eq!(summary["unknown_orders"], 0, "{summary}");
    assert_eq!(summary["open_orders"], 0, "{summary}");
    let (orders, fills) = compare(dir.path(), &url);
    compare_account(dir.path(), &url, &summary);
    let records = verify(dir.path());
    assert!(records >= before.len() as u64, "records were lost");
    assert!(orders > 2 && fills > 1, "too little happened: {orders} orders, {fills} fills");
    if kills >= 100 {
        for kind in ["error_after_accept", "error_before_accept", "delay_response", "drop_private"]
        {
            assert_fired(&url, kind);
        }
        assert_fired(&url, "read_lag");
        assert_fired(&url, "disconnect");
    }
    ready.sort();
    eprintln!(
        "{kills} kills (seed {seed}) in {:.0} s: {orders} orders, {fills} fills, {records} records; \
         0 duplicates, 0 lost fills; restart to ready p50 {:?}, p99 {:?} (of {}); faults {}",
        begun.elapsed().as_secs_f64(),
        percentile(&ready, 0.50),
        percentile(&ready, 0.99),
        ready.len(),
        get(&url, "/story/faults"),
    );
}

#[test]
fn a_second_instance_is_refused_and_the_first_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let mut first = Process(bot(dir.path(), &[]).spawn().unwrap());
    std::thread::sleep(Duration::from_millis(1_500));
    let second = bot(dir.path(), &["--for", "1s"]).output().unwrap();
    assert_eq!(second.status.code(), Some(3));
    assert!(first.0.try_wait().unwrap().is_none(), "the first instance died");
}

#[test]
fn a_strategy_that_names_an_unknown_market_starts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (url, _venue) = venue(dir.path(), "");
    configure(dir.path(), &url);
    let strategy = CHURN.replace("27JAN01-JAP", "27JAN01-ATLANTIS");
    fs::write(dir.path().join("strategies/churn.toml"), strategy).unwrap();
    let output = bot(dir.path(), &["--for", "1s"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let log = fs::read_to_string(dir.path().join("run.log")).unwrap();
    assert!(log.contains("ATLANTIS"), "{log}");
    assert!(ledger(&url)["orders"].as_array().unwrap().is_empty());
}

#[test]
fn a_venue_that_is_not_there_is_a_clear_message() {
    let dir = tempfile::tempdir().unwrap();
    let (url, mut process) = venue(dir.path(), "");
    configure(dir.path(), &url);
    process.kill();
    let output = bot(dir.path(), &["--for", "1s"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let log = fs::read_to_string(dir.path().join("run.log")).unwrap();
    assert!(log.contains("venue"), "{log}");
}
