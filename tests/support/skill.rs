//! Records of the skill ledger, written as a run would have left them.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    missing_docs
)]

use std::fs;
use std::path::Path;

use statecraft::skill::Store;
use statecraft::skill::store::{Forecast, Resolution};
use statecraft_domain::{Price, Settlement, Timestamp, Venue};

/// Six facts that did not happen, each forecast at 90 % by a market that said 10.
pub fn bad_record(dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    let store = Store::open(dir).unwrap();
    for number in 0..6 {
        let at = |days: i64| Timestamp::from_secs(1_700_000_000 + days * 86_400);
        let cents = |cents: u16| Price::from_cents(cents).unwrap();
        let forecast = Forecast {
            at: at(0),
            strategy: "churn".to_owned(),
            event: "churn".to_owned(),
            venue: Venue::Kalshi,
            ticker: format!("KXOLD-{number}"),
            fact: format!("KXOLD-{number}"),
            version: String::new(),
            model: 0.9,
            sd_logit: 0.1,
            blended: 0.9,
            market: 0.1,
            bid: cents(9),
            ask: cents(11),
            windowed: false,
            signals: Vec::new(),
            decision: String::new(),
        };
        store.add_forecast(&forecast).unwrap();
        let (venue, ticker) = (forecast.venue, forecast.ticker);
        let end = Resolution { venue, ticker, at: at(30), settlement: Settlement::No };
        store.add_resolution(&end).unwrap();
    }
}
