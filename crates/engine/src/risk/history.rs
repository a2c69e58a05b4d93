//! Orders decided lately, for the rate limit (R19) and the duplicate check (R20).

use std::collections::VecDeque;

use statecraft_domain::{
    ClientOrderId, MarketId, Nanos, OrderRequest, Price, Quantity, Side, Timestamp,
};

/// A day of wall time.
const DAY: Nanos = Nanos::from_secs(86_400);

/// What makes two orders the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Likeness {
    market: MarketId,
    side: Side,
    price: Price,
    quantity: Quantity,
}

/// Decision times of the last day, those of quotes among them, and the orders of the last duplicate window.
///
/// All are queues in order of time; counting the orders of a span is a binary search for its start.
/// The first never holds more entries than orders were allowed in a day, because a denied order is not
/// entered.
#[derive(Debug, Clone, Default)]
pub struct OrderHistory {
    times: VecDeque<Timestamp>,
    quotes: VecDeque<Timestamp>,
    recent: VecDeque<(Timestamp, Likeness, ClientOrderId)>,
}

impl OrderHistory {
    /// An order was approved. Forgets what is older than a day, and than `window`.
    pub fn enter(&mut self, order: &OrderRequest, window: Nanos, time_scale: u32) {
        let now = order.decided_at;
        let day_ago = now - DAY.times(time_scale);
        for times in [&mut self.times, &mut self.quotes] {
            while times.front().is_some_and(|&at| at <= day_ago) {
                times.pop_front();
            }
        }
        self.times.push_back(now);
        if order.time_in_force.rests() {
            self.quotes.push_back(now);
        }
        let window_start = now - window;
        while self.recent.front().is_some_and(|&(at, _, _)| at <= window_start) {
            self.recent.pop_front();
        }
        self.recent.push_back((now, Likeness::of(order), order.id));
    }

    /// How many orders were decided less than `span` ago.
    #[must_use]
    pub fn count_within(&self, span: Nanos, now: Timestamp) -> usize {
        after(&self.times, now - span)
    }

    /// How many of these may rest.
    #[must_use]
    pub fn quotes_within(&self, span: Nanos, now: Timestamp) -> usize {
        after(&self.quotes, now - span)
    }

    /// Orders like this one that were decided less than `window` ago.
    pub fn like(
        &self,
        order: &OrderRequest,
        window: Nanos,
    ) -> impl Iterator<Item = ClientOrderId> + '_ {
        let start = order.decided_at - window;
        let likeness = Likeness::of(order);
        self.recent
            .iter()
            .rev()
            .take_while(move |(at, _, _)| *at > start)
            .filter(move |(_, other, _)| *other == likeness)
            .map(|&(_, _, id)| id)
    }
}

/// How many of these times, which are in order, are later than `start`.
fn after(times: &VecDeque<Timestamp>, start: Timestamp) -> usize {
    times.len() - times.partition_point(|&at| at <= start)
}

impl Likeness {
    const fn of(order: &OrderRequest) -> Self {
        Self {
            market: order.market,
            side: order.side,
            price: order.price,
            quantity: order.quantity,
        }
    }
}
