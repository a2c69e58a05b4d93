//! One market: its listing, its public book, and the queue behind each side.

use std::collections::BTreeMap;

use statecraft_domain::event::LevelChange;
use statecraft_domain::{Book, Listing, MarketId, Price, Quantity, Settlement, Side, Timestamp};

use super::{OrderKey, Report};
use crate::collateral::Place;

/// Orders of one side in the order in which they are served: best price, then first come.
pub(super) type Queue = BTreeMap<Place, OrderKey>;

#[derive(Debug)]
pub(super) struct Market {
    /// With the present status and close.
    pub(super) listing: Listing,
    pub(super) book: Book,
    pub(super) settlement: Option<Settlement>,
    bids: Queue,
    asks: Queue,
}

/// A change of the public book, to be made and reported at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct LevelMove {
    pub(super) at: Timestamp,
    pub(super) market: MarketId,
    pub(super) side: Side,
    pub(super) price: Price,
    pub(super) by: Quantity,
    pub(super) order: OrderKey,
}

impl Market {
    pub(super) const fn new(listing: Listing) -> Self {
        Self {
            listing,
            book: Book::new(),
            settlement: None,
            bids: Queue::new(),
            asks: Queue::new(),
        }
    }

    pub(super) const fn queue(&self, side: Side) -> &Queue {
        match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        }
    }

    pub(super) const fn queue_mut(&mut self, side: Side) -> &mut Queue {
        match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        }
    }

    /// The order that an order on `side` meets first.
    pub(super) fn front_against(&self, side: Side) -> Option<OrderKey> {
        self.queue(side.opposite()).first_key_value().map(|(_, &order)| order)
    }

    /// Every resting order, bids first, best first.
    pub(super) fn resting(&self) -> Vec<OrderKey> {
        self.bids.values().chain(self.asks.values()).copied().collect()
    }

    /// Changes the public book and says so.
    pub(super) fn move_level(&mut self, change: LevelMove, out: &mut Vec<Report>) {
        let LevelMove { at, market, side, price, by, order } = change;
        if by.is_zero() {
            return;
        }
        let applied = self.book.apply(side, price, LevelChange::By(by));
        debug_assert!(applied.is_ok(), "the book holds what its orders hold: {applied:?}");
        out.push(Report::LevelChanged { at, market, side, price, by, order: Some(order) });
    }
}
