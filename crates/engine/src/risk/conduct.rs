//! How a strategy's orders fared lately: executions (R21), refusals and cancels (R26).

use std::collections::VecDeque;

use statecraft_domain::{MarketId, Nanos, Side, Timestamp};

use crate::config::Guards;

/// Shares are taken over this, wall time.
pub const RATIO_WINDOW: Nanos = Nanos::from_secs(300);
const HOUR: Nanos = Nanos::from_secs(3_600);
const DAY: Nanos = Nanos::from_secs(86_400);
/// Entries kept of each kind, whatever the limits: the oldest go first.
const ENTRIES_MAX: usize = 10_000;

/// One strategy's conduct. Kept only where a limit asks for it.
#[derive(Debug, Clone, Default)]
pub struct Conduct {
    orders: VecDeque<Timestamp>,
    rejects: VecDeque<Timestamp>,
    cancels: VecDeque<Timestamp>,
    /// Orders that traded, by their first fill.
    executions: VecDeque<(Timestamp, MarketId, Side)>,
}

/// Counts within the window of shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ratios {
    /// Orders decided.
    pub orders: usize,
    /// Refused by the venue.
    pub rejects: usize,
    /// Ended cancelled.
    pub cancels: usize,
}

impl Ratios {
    /// Is the share of refusals too large?
    #[must_use]
    pub const fn rejects_exceed(&self, guards: &Guards) -> bool {
        self.exceeds(self.rejects, guards.max_reject_e4, guards)
    }

    /// Is the share of cancels too large?
    #[must_use]
    pub const fn cancels_exceed(&self, guards: &Guards) -> bool {
        self.exceeds(self.cancels, guards.max_cancel_e4, guards)
    }

    const fn exceeds(&self, part: usize, most_e4: u32, guards: &Guards) -> bool {
        let enough = self.orders >= guards.min_ratio_orders as usize;
        enough && part as u128 * 10_000 > self.orders as u128 * most_e4 as u128
    }
}

impl Conduct {
    /// An order was decided.
    pub fn ordered(&mut self, at: Timestamp, window: Nanos) {
        push(&mut self.orders, at, at - window, |&at| at);
    }

    /// The venue refused one.
    pub fn rejected(&mut self, at: Timestamp, window: Nanos) {
        push(&mut self.rejects, at, at - window, |&at| at);
    }

    /// One ended cancelled.
    pub fn cancelled(&mut self, at: Timestamp, window: Nanos) {
        push(&mut self.cancels, at, at - window, |&at| at);
    }

    /// An order traded for the first time.
    pub fn executed(&mut self, at: Timestamp, market: MarketId, side: Side) {
        push(&mut self.executions, (at, market, side), at - DAY, |&(at, _, _)| at);
    }

    /// A person looked at it: counting begins anew.
    pub fn forgive(&mut self) {
        *self = Self::default();
    }

    /// Counts of the last `window`.
    #[must_use]
    pub fn ratios(&self, now: Timestamp, window: Nanos) -> Ratios {
        let count = |times: &VecDeque<Timestamp>| {
            times.len() - times.partition_point(|&at| at <= now - window)
        };
        Ratios {
            orders: count(&self.orders),
            rejects: count(&self.rejects),
            cancels: count(&self.cancels),
        }
    }

    /// Orders that traded on a side of a market within the last hour, and the last day.
    #[must_use]
    pub fn repeats(&self, market: MarketId, side: Side, now: Timestamp) -> (usize, usize) {
        let since = |span: Nanos| {
            let same = |entry: &&(Timestamp, MarketId, Side)| {
                entry.0 > now - span && entry.1 == market && entry.2 == side
            };
            self.executions.iter().filter(same).count()
        };
        (since(HOUR), since(DAY))
    }
}

/// Appends and forgets what is not after `start`.
fn push<T>(entries: &mut VecDeque<T>, entry: T, start: Timestamp, at: impl Fn(&T) -> Timestamp) {
    while entries.front().is_some_and(|first| at(first) <= start) || entries.len() >= ENTRIES_MAX {
        entries.pop_front();
    }
    entries.push_back(entry);
}
