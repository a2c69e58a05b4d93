//! A report that contradicts itself: positions older than the fills that stand beside them.
//!
//! The parts of a report are read one after the other, and each may come from another copy of the venue's
//! records. A page of positions that is older than its fills looks as if somebody else had traded. It is told
//! apart by the report itself: its own fills, undone from the newest on, lead back to what the page says.

use std::cmp::Reverse;

use statecraft_domain::{Quantity, Side};
use statecraft_engine::Engine;

use super::reconcile::{AccountState, VenueFill};

/// Would a page of positions from before the newest of the report's own fills say the same of this market?
/// `missing`: what we hold less what the page says. A fill that is not counted here speaks for another cause:
/// somebody who undid our last by hand.
pub(super) fn is_older_page(
    engine: &Engine,
    state: &AccountState,
    ticker: &str,
    missing: Quantity,
) -> bool {
    let mut fills: Vec<&VenueFill> =
        state.fills.iter().filter(|fill| fill.ticker == ticker).collect();
    // By the venue's name of its order: the order itself may be older than what was asked for.
    let is_counted =
        |fill: &&VenueFill| engine.orders().has_booked_trade(&fill.venue_order, &fill.trade);
    if !fills.iter().all(is_counted) {
        return false;
    }
    // Stable: the venue lists the newest first.
    fills.sort_by_key(|fill| Reverse(fill.venue_at));
    leads_back(&fills, missing)
}

/// Do the first of these fills, newest first, add up to what is missing?
fn leads_back(fills: &[&VenueFill], missing: Quantity) -> bool {
    let mut sum = Quantity::ZERO;
    fills.iter().any(|fill| {
        match fill.side {
            Side::Bid => sum += fill.quantity,
            Side::Ask => sum -= fill.quantity,
        }
        sum == missing
    })
}
