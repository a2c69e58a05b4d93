//! A report that contradicts itself: positions older than the fills that stand beside them.
//!
//! The parts of a report are read one after the other, and each may come from another copy of the venue's
//! records. A page of positions that is older than its fills looks as if somebody else had traded. It is told
//! apart by the report itself: its own fills, undone from the newest on, lead back to what the page says.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use statecraft_domain::{ClientOrderId, Quantity, Side, Venue, VenueOrderId};
use statecraft_engine::Engine;

use super::markets::Markets;
use super::reconcile::{AccountState, VenueFill, to_fill};

/// Would a page of positions from before the newest of the report's own fills say the same? `difference`: by
/// ticker, what we hold less what the page says. A fill that is not counted here speaks for another
/// cause.
pub(super) fn is_older_page(
    engine: &Engine,
    state: &AccountState,
    markets: &Markets,
    difference: &[(String, Quantity)],
) -> bool {
    let names: BTreeMap<&VenueOrderId, ClientOrderId> = state
        .orders
        .iter()
        .filter_map(|order| Some((&order.venue_order, order.client_id.parse().ok()?)))
        .collect();
    let is_counted = |fill: &VenueFill| {
        let order = names.get(&fill.venue_order);
        let market = markets.get(Venue::Kalshi, &fill.ticker);
        order.zip(market).is_some_and(|(order, market)| {
            engine.orders().has_booked(&to_fill(*order, market, fill))
        })
    };
    difference.iter().all(|(ticker, missing)| {
        let of_market = state.fills.iter().filter(|fill| fill.ticker == *ticker);
        let mut fills: Vec<&VenueFill> = of_market.collect();
        // One that is not counted here explains the difference better: somebody who undid our last by hand.
        if !fills.iter().all(|fill| is_counted(fill)) {
            return false;
        }
        // Stable: the venue lists the newest first.
        fills.sort_by_key(|fill| Reverse(fill.venue_at));
        leads_back(&fills, *missing)
    })
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
