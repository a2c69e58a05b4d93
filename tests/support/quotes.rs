//! A strategy whose orders rest, and what of it the venue holds.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::time::Duration;

use crate::ledger::{ledger, text};
use crate::process::{LIMITS, log, settings, strategy};

/// Quotes around the market's own price.
pub const QUOTES: &str = r#"
event = "quotes"
question = "Quotes both sides of whatever the market says."
[[market]]
venue = "kalshi"
ticker = "KXTRUMPCOUNTRIES-27JAN01-JAP"
[model]
kind = "market"
[blend]
a = 0.0
b = 1.0
[caution]
unexplained_move = 20.0
[decision]
kind = "maker"
contracts = "10"
min_contracts = "1"
max_inventory = "200"
edge_min = "0.00"
edge_sds = 0.0
opportunity_rate = 0.0
resolution_risk = 0.0
arrival_decay = 60.0
informed_share = 0.0
requote_band = "0.00"
max_quotes_per_minute = 600
lifetime = "LIFETIME"
signal_pause = "0s"
[limits]
max_markets = 1
max_position_contracts = "2000"
max_position_cost = "2000"
max_group_cost = "2000"
"#;

/// Settings for the venue at `url`, and a strategy whose quotes live so long.
pub fn quoting(dir: &Path, url: &str, lifetime: &str) {
    strategy(dir, "quotes", &QUOTES.replace("LIFETIME", lifetime));
    settings(dir, url, LIMITS);
}

pub fn resting(url: &str) -> usize {
    let books = ledger(url);
    let orders = books["orders"].as_array().unwrap();
    orders.iter().filter(|order| text(order, "status") == "resting").count()
}

/// Waits until something of ours rests at the venue.
pub fn wait_until_resting(dir: &Path, url: &str) {
    for _ in 0..200 {
        if resting(url) > 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("nothing ever rested:\n{}", log(dir));
}
