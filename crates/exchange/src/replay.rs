//! One account against recorded depth: orders queue behind what was there and fill only on evidence.

use statecraft_domain::{ClientOrderId, Event, OrderRequest, Timestamp, Usd};

use crate::Account;

/// How recorded depth answers our orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayRules {
    /// Opening cash.
    pub cash: Usd,
    /// Quantity that our own fills took stays gone until the recorded level changes (`true`), or the
    /// replayed book never shrinks by own fills (`false`; benchmark T1).
    pub own_impact: bool,
}

/// A venue made of recorded market data and one account. Market events go in first at each instant,
/// then orders that arrive at that instant.
#[derive(Debug)]
pub struct ReplayVenue {
    _rules: ReplayRules,
}

impl ReplayVenue {
    /// An account with opening cash and no market known.
    #[must_use]
    pub fn new(rules: ReplayRules) -> Self {
        Self { _rules: rules }
    }

    /// Takes in a market event (listing, book, trade, status, settlement); appends the private events
    /// it causes for our resting orders (`OrderFilled`, `OrderClosed`), stamped with the event's `at`.
    pub fn observe(&mut self, event: &Event, out: &mut Vec<Event>) {
        let _ = (event, out);
        todo!()
    }

    /// An order arrives at `at`. Appends `OrderAccepted` or `OrderRejected`, then its fills, then
    /// `OrderClosed` if it is over.
    pub fn submit(&mut self, at: Timestamp, order: &OrderRequest, out: &mut Vec<Event>) {
        let _ = (at, order, out);
        todo!()
    }

    /// A cancel arrives at `at`. Appends `OrderClosed` or `CancelFailed`.
    pub fn cancel(&mut self, at: Timestamp, order: ClientOrderId, out: &mut Vec<Event>) {
        let _ = (at, order, out);
        todo!()
    }

    /// Ends orders whose expiry is at or before `now`.
    pub fn expire(&mut self, now: Timestamp, out: &mut Vec<Event>) {
        let _ = (now, out);
        todo!()
    }

    /// The next instant at which [`Self::expire`] has something to do.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Timestamp> {
        todo!()
    }

    /// Money and positions.
    #[must_use]
    pub fn account(&self) -> &Account {
        todo!()
    }
}
