//! [`Book`]: the resting depth of one market on its YES axis, without any notion of trust.

use crate::event::{Level, LevelChange};
use crate::{Price, Quantity, Side};

/// Bids and asks of one market, each side sorted with its best level last, so that work near the top
/// of the book moves few levels. A book may be crossed: whoever uses it decides what that means.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book {
    /// Ascending prices.
    bids: Vec<Level>,
    /// Descending prices.
    asks: Vec<Level>,
}

/// A change would leave less than nothing at a level, or more than can be counted: book and feed
/// disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("level {price} would hold {quantity} contracts")]
pub struct BadLevel {
    /// The level.
    pub price: Price,
    /// What it would hold.
    pub quantity: Quantity,
}

impl Book {
    /// An empty book.
    #[must_use]
    pub const fn new() -> Self {
        Self { bids: Vec::new(), asks: Vec::new() }
    }

    /// Forgets every level.
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    /// Replaces everything. Levels of zero size are dropped; a price given twice adds up.
    ///
    /// # Errors
    /// [`BadLevel`] for a negative size; the book is then empty.
    pub fn replace(&mut self, bids: &[Level], asks: &[Level]) -> Result<(), BadLevel> {
        self.clear();
        for (side, levels) in [(Side::Bid, bids), (Side::Ask, asks)] {
            for level in levels {
                if level.quantity < Quantity::ZERO {
                    self.clear();
                    return Err(BadLevel { price: level.price, quantity: level.quantity });
                }
                if let Err(bad) = self.apply(side, level.price, LevelChange::By(level.quantity)) {
                    self.clear();
                    return Err(bad);
                }
            }
        }
        Ok(())
    }

    /// Changes one level and says what rests there now.
    ///
    /// # Errors
    /// [`BadLevel`] if the level would go below zero or overflow; the book is then unchanged.
    pub fn apply(
        &mut self,
        side: Side,
        price: Price,
        change: LevelChange,
    ) -> Result<Quantity, BadLevel> {
        let levels = self.side_mut(side);
        let found = position(levels, side, price);
        let before = found.map_or(Quantity::ZERO, |index| levels[index].quantity);
        let after = match change {
            LevelChange::To(quantity) => quantity,
            LevelChange::By(delta) => {
                before.checked_add(delta).ok_or(BadLevel { price, quantity: delta })?
            }
        };
        if after < Quantity::ZERO {
            return Err(BadLevel { price, quantity: after });
        }
        match (found, after.is_zero()) {
            (Ok(index), false) => levels[index].quantity = after,
            (Ok(index), true) => {
                levels.remove(index);
            }
            (Err(index), false) => levels.insert(index, Level { price, quantity: after }),
            (Err(_), true) => {}
        }
        Ok(after)
    }

    /// Best bid and its size.
    #[must_use]
    pub fn best_bid(&self) -> Option<Level> {
        self.bids.last().copied()
    }

    /// Best ask and its size.
    #[must_use]
    pub fn best_ask(&self) -> Option<Level> {
        self.asks.last().copied()
    }

    /// Best level of a side.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<Level> {
        match side {
            Side::Bid => self.best_bid(),
            Side::Ask => self.best_ask(),
        }
    }

    /// The levels of a side, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = Level> + '_ {
        let levels = match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        };
        levels.iter().rev().copied()
    }

    /// What rests at a price.
    #[must_use]
    pub fn quantity_at(&self, side: Side, price: Price) -> Quantity {
        let levels = match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        };
        position(levels, side, price).map_or(Quantity::ZERO, |index| levels[index].quantity)
    }

    /// How many levels a side has.
    #[must_use]
    pub fn depth(&self, side: Side) -> usize {
        match side {
            Side::Bid => self.bids.len(),
            Side::Ask => self.asks.len(),
        }
    }

    /// Best bid at or above best ask.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        match (self.bids.last(), self.asks.last()) {
            (Some(bid), Some(ask)) => bid.price >= ask.price,
            _ => false,
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut Vec<Level> {
        match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        }
    }
}

/// Where `price` is, or where it would go, in a side whose best level is last. Most changes are near
/// the top, so a short walk from the end beats a binary search; deep levels fall back to one.
fn position(levels: &[Level], side: Side, price: Price) -> Result<usize, usize> {
    const WALK: usize = 8;
    let worse = |level: &Level| match side {
        Side::Bid => level.price < price,
        Side::Ask => level.price > price,
    };
    let tail = levels.len().saturating_sub(WALK);
    for index in (tail..levels.len()).rev() {
        if levels[index].price == price {
            return Ok(index);
        }
        if worse(&levels[index]) {
            return Err(index + 1);
        }
    }
    let index = levels[..tail].partition_point(worse);
    match levels.get(index) {
        Some(level) if level.price == price => Ok(index),
        _ => Err(index),
    }
}
