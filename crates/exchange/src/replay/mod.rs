//! One account against recorded depth: orders queue behind what was there and fill only on evidence.
//!
//! An order that takes walks the recorded levels as they are at its arrival, each level's fill at that
//! level's price. An order that rests stands behind everything displayed at its price when it came, and
//! fills only when the recording shows that somebody would have traded with it:
//!
//! - a trade at its price after the quantity ahead of it has traded, or a trade through its price;
//! - new quantity on the other side at or through its price (a recording without trades shows only
//!   this), at its price only once nothing is left ahead of it.
//!
//! A book that is not trusted fills nothing. Nobody else reacts to our orders: a larger size than was
//! displayed is never filled, but what our presence would have changed is not in the recording.
//!
//! | file | idea |
//! |---|---|
//! | `ladder` | recorded depth by price |
//! | `recorded` | one market as recorded: listing, book, trust, what our own fills took |
//! | `resting` | a resting order and what is ahead of it |
//! | `arrival` | an order arrives: checks, taking, resting |
//! | `evidence` | what a book change or trade means for resting orders |
//! | `booking` | fills, ends and the events that tell of them |

mod arrival;
mod booking;
mod evidence;
mod ladder;
mod recorded;
mod resting;

use std::collections::{BTreeMap, BTreeSet};

use statecraft_domain::event::{
    BookChanged, BookSnapshot, CancelFailed, Level, MarketListed, MarketSettled,
    MarketStatusChanged,
};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{ClientOrderId, Event, MarketId, MarketStatus, Side, Timestamp, Usd};

pub use resting::QueueModel;

use crate::Account;
use recorded::Recorded;

/// How recorded depth answers our orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayRules {
    /// Opening cash.
    pub cash: Usd,
    /// Quantity that our own fills took stays gone until the recorded level changes (`true`), or the
    /// replayed book never shrinks by own fills (`false`; benchmark T1).
    pub own_impact: bool,
}

/// A venue made of recorded market data and one account. The caller decides the order of events and
/// orders at one instant: the backtest works an order off before anything recorded at its arrival.
#[derive(Debug)]
pub struct ReplayVenue {
    own_impact: bool,
    queue: QueueModel,
    account: Account,
    markets: Vec<Recorded>,
    /// Every id ever used, and where the order rests if it does.
    names: BTreeMap<ClientOrderId, Option<(MarketId, Side)>>,
    /// Resting orders by the instant at which they end by themselves.
    deadlines: BTreeSet<(Timestamp, ClientOrderId)>,
    /// Accepted orders so far: names of orders and places in the queue come from it.
    orders: u64,
    /// Fills so far: names of trades come from it.
    trades: u64,
    /// Levels about to be taken; kept to save an allocation an order.
    plan: Vec<Level>,
}

impl ReplayVenue {
    /// An account with opening cash and no market known; resting orders advance by trades only.
    #[must_use]
    pub fn new(rules: ReplayRules) -> Self {
        Self {
            own_impact: rules.own_impact,
            queue: QueueModel::default(),
            account: Account::with_cash(rules.cash),
            markets: Vec::new(),
            names: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            orders: 0,
            trades: 0,
            plan: Vec::new(),
        }
    }

    /// The same with another way for resting orders to advance.
    #[must_use]
    pub const fn with_queue_model(mut self, model: QueueModel) -> Self {
        self.queue = model;
        self
    }

    /// Takes in a market event (listing, book, trade, status, settlement); appends the private events
    /// it causes for our resting orders (`OrderFilled`, `OrderClosed`), stamped with the event's `at`.
    pub fn observe(&mut self, event: &Event, out: &mut Vec<Event>) {
        match event {
            Event::BookChanged(change) => self.book_changed(change, out),
            Event::Traded(trade) => self.traded(trade, out),
            Event::BookSnapshot(snapshot) => self.snapshot(snapshot, out),
            Event::BookLost(lost) => {
                if let Some(market) = self.markets.get_mut(lost.market.index()) {
                    market.trusted = false;
                }
            }
            Event::MarketListed(listed) => self.listed(listed, out),
            Event::MarketStatusChanged(change) => self.status_changed(change, out),
            Event::MarketSettled(settled) => self.settled(settled, out),
            Event::Quoted(_)
            | Event::ClockTicked(_)
            | Event::SignalReceived(_)
            | Event::SourceSeen(_)
            | Event::OrderSent(_)
            | Event::OrderAccepted(_)
            | Event::OrderRejected(_)
            | Event::OrderUnknown(_)
            | Event::OrderFilled(_)
            | Event::OrderClosed(_)
            | Event::CancelFailed(_)
            | Event::AccountReported(_)
            | Event::ConnectionChanged(_)
            | Event::ModeChanged(_)
            | Event::StandingChanged(_)
            | Event::RestrictionChanged(_)
            | Event::FlattenRequested(_)
            | Event::StrategyChanged(_)
            | Event::ClockJudged(_)
            | Event::VenueConditionChanged(_)
            | Event::Reconciled(_)
            | Event::ProfitMarked(_)
            | Event::OrderDenied(_)
            | Event::PositionsAccepted(_)
            | Event::CautionRaised(_)
            | Event::FlattenEnded(_) => {}
        }
    }

    fn book_changed(&mut self, change: &BookChanged, out: &mut Vec<Event>) {
        let Some(market) = self.markets.get_mut(change.market.index()) else { return };
        if market.is_plain() {
            // Nothing of ours here: only the book has to follow. This is nearly every event.
            market.follow(change.side, change.price, change.change);
        } else {
            self.change_with_orders(change, out);
        }
    }

    fn snapshot(&mut self, snapshot: &BookSnapshot, out: &mut Vec<Event>) {
        let Some(market) = self.markets.get_mut(snapshot.market.index()) else { return };
        if market.is_plain() {
            market.replace(&snapshot.bids, &snapshot.asks);
        } else {
            self.snapshot_with_orders(snapshot, out);
        }
    }

    fn listed(&mut self, listed: &MarketListed, out: &mut Vec<Event>) {
        let index = listed.market.index();
        if self.markets.len() <= index {
            self.markets.resize_with(index + 1, Recorded::default);
        }
        let Some(market) = self.markets.get_mut(index) else { return };
        let known = market.listing.replace(listed.listing.clone()).is_some();
        market.close = listed.listing.close;
        let before = std::mem::replace(&mut market.status, listed.listing.status);
        if known {
            self.reschedule(listed.market);
            self.after_status(listed.at, listed.market, before, out);
        }
    }

    fn status_changed(&mut self, change: &MarketStatusChanged, out: &mut Vec<Event>) {
        let Some(market) = self.markets.get_mut(change.market.index()) else { return };
        if change.close.is_some() {
            market.close = change.close;
        }
        let before = std::mem::replace(&mut market.status, change.status);
        if change.close.is_some() {
            self.reschedule(change.market);
        }
        self.after_status(change.at, change.market, before, out);
    }

    /// A close cancels what rests, and so does the end of a pause (Kalshi).
    fn after_status(
        &mut self,
        at: Timestamp,
        market: MarketId,
        before: MarketStatus,
        out: &mut Vec<Event>,
    ) {
        let Some(held) = self.markets.get(market.index()) else { return };
        let resumed = before == MarketStatus::Paused && held.status == MarketStatus::Active;
        if resumed || held.status == MarketStatus::Closed {
            self.close_all(at, market, out);
        }
    }

    fn settled(&mut self, settled: &MarketSettled, out: &mut Vec<Event>) {
        let Some(market) = self.markets.get_mut(settled.market.index()) else { return };
        market.status = MarketStatus::Closed;
        self.close_all(settled.at, settled.market, out);
        self.account.settle(settled.market, settled.settlement);
    }

    /// A cancel arrives at `at`. Appends `OrderClosed` or `CancelFailed`.
    pub fn cancel(&mut self, at: Timestamp, order: ClientOrderId, out: &mut Vec<Event>) {
        if !self.close(at, order, CloseReason::Cancelled, out) {
            let detail = "no such live order".to_owned();
            out.push(Event::CancelFailed(CancelFailed { at, order, detail }));
        }
    }

    /// Ends orders whose expiry is at or before `now`, and those in markets past their close.
    pub fn expire(&mut self, now: Timestamp, out: &mut Vec<Event>) {
        while let Some(&(deadline, order)) = self.deadlines.first() {
            if deadline > now {
                break;
            }
            self.deadlines.pop_first();
            let reason = self.deadline_reason(now, order);
            self.close(now, order, reason, out);
        }
    }

    /// The next instant at which [`Self::expire`] has something to do.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|&(deadline, _)| deadline)
    }

    /// The best recorded level of each side as it is now, bid first; `None` while the book is not
    /// trusted.
    #[must_use]
    pub fn recorded_best(&self, market: MarketId) -> Option<(Option<Level>, Option<Level>)> {
        let market = self.markets.get(market.index())?;
        let best = |side| market.book.levels(side).next();
        market.trusted.then(|| (best(Side::Bid), best(Side::Ask)))
    }

    /// Money and positions.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }
}
