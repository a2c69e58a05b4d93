//! One market as recorded: its listing, its book and whether that is trusted, our resting orders, and
//! what our own fills took from the recorded levels.

use statecraft_domain::event::{Level, LevelChange};
use statecraft_domain::{Listing, MarketStatus, Price, Quantity, Side, Timestamp};

use super::ladder::Ladder;
use super::resting::Resting;
use crate::collateral::MarketClaims;

#[derive(Debug)]
pub(super) struct Recorded {
    /// `None` until the market is listed.
    pub(super) listing: Option<Listing>,
    pub(super) status: MarketStatus,
    pub(super) close: Option<Timestamp>,
    pub(super) book: Ladder,
    /// True until the feed says otherwise: a recording may begin with changes to an empty book.
    pub(super) trusted: bool,
    /// Best first, then first come.
    pub(super) bids: Vec<Resting>,
    pub(super) asks: Vec<Resting>,
    pub(super) claims: MarketClaims,
    /// What our fills took from levels that have not changed since. Short.
    used: Vec<(Side, Level)>,
}

impl Default for Recorded {
    fn default() -> Self {
        Self {
            listing: None,
            status: MarketStatus::Unopened,
            close: None,
            book: Ladder::default(),
            trusted: true,
            bids: Vec::new(),
            asks: Vec::new(),
            claims: MarketClaims::default(),
            used: Vec::new(),
        }
    }
}

impl Recorded {
    /// Nothing of ours rests here or took anything from the book.
    pub(super) const fn is_plain(&self) -> bool {
        self.bids.is_empty() && self.asks.is_empty() && self.used.is_empty()
    }

    /// Changes one level; `(before, after)`, or `None` if the book is not (or no longer) trusted.
    pub(super) fn follow(
        &mut self,
        side: Side,
        price: Price,
        change: LevelChange,
    ) -> Option<(Quantity, Quantity)> {
        if !self.trusted {
            return None;
        }
        let changed = self.book.apply(side, price, change);
        // A level below zero: book and feed disagree until the next snapshot.
        self.trusted = changed.is_some();
        changed
    }

    /// A snapshot makes the book trusted again.
    pub(super) fn replace(&mut self, bids: &[Level], asks: &[Level]) {
        self.trusted = self.book.replace(bids, asks);
    }

    /// May trade: listed, open, book trusted.
    pub(super) fn fills(&self) -> bool {
        self.trusted && self.status == MarketStatus::Active
    }

    pub(super) const fn resting(&self, side: Side) -> &Vec<Resting> {
        match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        }
    }

    pub(super) const fn resting_mut(&mut self, side: Side) -> &mut Vec<Resting> {
        match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        }
    }

    fn used_at(&self, side: Side, price: Price) -> Quantity {
        let found = self.used.iter().find(|(s, level)| *s == side && level.price == price);
        found.map_or(Quantity::ZERO, |(_, level)| level.quantity)
    }

    /// Remembers that our fills took this from a level.
    pub(super) fn consume(&mut self, side: Side, price: Price, quantity: Quantity) {
        let found = self.used.iter_mut().find(|(s, level)| *s == side && level.price == price);
        match found {
            Some((_, level)) => level.quantity += quantity,
            None => self.used.push((side, Level { price, quantity })),
        }
    }

    /// A level changed: what is there now is there.
    pub(super) fn forget_use(&mut self, side: Side, price: Price) {
        self.used.retain(|(s, level)| *s != side || level.price != price);
    }

    /// After a snapshot, the use of levels that it left as they were is still remembered.
    pub(super) fn forget_changed_use(&mut self, before: &Ladder) {
        let book = &self.book;
        self.used.retain(|(side, level)| {
            before.quantity_at(*side, level.price) == book.quantity_at(*side, level.price)
        });
    }

    /// What an order may take from a side, best first.
    pub(super) fn available(&self, side: Side) -> impl Iterator<Item = Level> + '_ {
        self.book.levels(side).filter_map(move |level| {
            let quantity = level.quantity - self.used_at(side, level.price);
            quantity.is_positive().then_some(Level { price: level.price, quantity })
        })
    }
}
