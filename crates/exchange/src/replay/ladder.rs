//! The recorded depth of one market, by price: an array a side. A replay changes levels millions of
//! times and looks for the best one only when an order comes, so a change is one store and a walk
//! pays for the search; [`statecraft_domain::Book`], which keeps its levels in order, is the other way
//! round.

use statecraft_domain::event::{Level, LevelChange};
use statecraft_domain::{Price, Quantity, Side};

/// Distances between neighbouring array cells that are tried, in 1/10,000 dollar: cents, tenths of a
/// cent, hundredths. A market that stays on whole cents needs a hundredth of the memory.
const STEPS: [u16; 3] = [100, 10, 1];

#[derive(Debug)]
pub(super) struct Ladder {
    /// One of [`STEPS`].
    step: u16,
    bids: Vec<Quantity>,
    asks: Vec<Quantity>,
}

impl Default for Ladder {
    fn default() -> Self {
        let cells = || vec![Quantity::ZERO; cells(STEPS[0])];
        Self { step: STEPS[0], bids: cells(), asks: cells() }
    }
}

const fn cells(step: u16) -> usize {
    10_000 / step as usize + 1
}

impl Ladder {
    /// Changes one level and returns `(before, after)`; `None`, and no change, if the level would go
    /// below zero or overflow.
    pub(super) fn apply(
        &mut self,
        side: Side,
        price: Price,
        change: LevelChange,
    ) -> Option<(Quantity, Quantity)> {
        let index = match self.index(price) {
            Some(index) => index,
            None => self.refine(price),
        };
        let cell = match side {
            Side::Bid => self.bids.get_mut(index)?,
            Side::Ask => self.asks.get_mut(index)?,
        };
        let before = *cell;
        let after = match change {
            LevelChange::To(quantity) => quantity,
            LevelChange::By(delta) => before.checked_add(delta)?,
        };
        if after < Quantity::ZERO {
            return None;
        }
        *cell = after;
        Some((before, after))
    }

    /// Replaces everything; false, and an empty ladder, if a level is negative or overflows.
    pub(super) fn replace(&mut self, bids: &[Level], asks: &[Level]) -> bool {
        self.clear();
        for (side, levels) in [(Side::Bid, bids), (Side::Ask, asks)] {
            for level in levels {
                let by = LevelChange::By(level.quantity);
                let negative = level.quantity < Quantity::ZERO;
                if negative || self.apply(side, level.price, by).is_none() {
                    self.clear();
                    return false;
                }
            }
        }
        true
    }

    fn clear(&mut self) {
        self.bids.fill(Quantity::ZERO);
        self.asks.fill(Quantity::ZERO);
    }

    /// What rests at a price.
    pub(super) fn quantity_at(&self, side: Side, price: Price) -> Quantity {
        let cell = self.index(price).and_then(|index| self.side(side).get(index));
        cell.copied().unwrap_or(Quantity::ZERO)
    }

    /// The levels of a side, best first.
    pub(super) fn levels(&self, side: Side) -> impl Iterator<Item = Level> + '_ {
        let cells = self.side(side);
        let last = cells.len().saturating_sub(1);
        let step = usize::from(self.step);
        (0..cells.len()).filter_map(move |nth| {
            let index = if side == Side::Bid { last - nth } else { nth };
            let quantity = *cells.get(index)?;
            if quantity.is_zero() {
                return None;
            }
            let price = u16::try_from(index * step).ok().and_then(Price::from_e4)?;
            Some(Level { price, quantity })
        })
    }

    const fn side(&self, side: Side) -> &Vec<Quantity> {
        match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        }
    }

    /// The cell of a price; `None` if it lies between two cells. Dividing by constants keeps this to a
    /// few multiplications.
    const fn index(&self, price: Price) -> Option<usize> {
        let e4 = price.e4();
        let (index, rest) = match self.step {
            100 => (e4 / 100, e4 % 100),
            10 => (e4 / 10, e4 % 10),
            _ => (e4, 0),
        };
        if rest == 0 { Some(index as usize) } else { None }
    }

    /// Spreads the levels over finer cells, so that `price` has one; returns it.
    #[cold]
    fn refine(&mut self, price: Price) -> usize {
        let fits = |step: &&u16| **step < self.step && price.e4().is_multiple_of(**step);
        let step = STEPS.iter().find(fits).copied().unwrap_or(1);
        let ratio = usize::from(self.step / step);
        for side in [&mut self.bids, &mut self.asks] {
            let mut finer = vec![Quantity::ZERO; cells(step)];
            for (old, new) in side.iter().zip(finer.iter_mut().step_by(ratio)) {
                *new = *old;
            }
            *side = finer;
        }
        self.step = step;
        usize::from(price.e4() / step)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use statecraft_domain::Book;

    use super::*;

    fn any_price() -> impl Strategy<Value = Price> {
        let e4 = prop_oneof![
            40 => (0_u16..=100).prop_map(|cents| cents * 100),
            3 => (0_u16..=1_000).prop_map(|deci| deci * 10),
            1 => 0_u16..=10_000,
        ];
        e4.prop_map(|e4| Price::from_e4(e4).unwrap())
    }

    fn any_change() -> impl Strategy<Value = LevelChange> {
        prop_oneof![
            (-5_i64..20).prop_map(|q| LevelChange::To(Quantity::from_e6(q))),
            (-20_i64..20).prop_map(|q| LevelChange::By(Quantity::from_e6(q))),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn a_ladder_is_the_book(
            changes in prop::collection::vec((any::<bool>(), any_price(), any_change()), 1..80),
        ) {
            let (mut ladder, mut book) = (Ladder::default(), Book::new());
            for (bid, price, change) in changes {
                let side = if bid { Side::Bid } else { Side::Ask };
                let before = book.quantity_at(side, price);
                let expected = book.apply(side, price, change).ok();
                let got = ladder.apply(side, price, change);
                prop_assert_eq!(got, expected.map(|after| (before, after)));
                for side in [Side::Bid, Side::Ask] {
                    prop_assert!(ladder.levels(side).eq(book.levels(side)));
                    let level = book.quantity_at(side, price);
                    prop_assert_eq!(ladder.quantity_at(side, price), level);
                }
            }
        }
    }

    #[test]
    fn a_bad_snapshot_leaves_nothing() {
        let mut ladder = Ladder::default();
        let level =
            |e4, e6| Level { price: Price::from_e4(e4).unwrap(), quantity: Quantity::from_e6(e6) };
        assert!(ladder.replace(&[level(4_500, 1), level(4_500, 2)], &[level(4_801, 5)]));
        assert_eq!(ladder.levels(Side::Bid).next(), Some(level(4_500, 3)));
        assert_eq!(ladder.levels(Side::Ask).next(), Some(level(4_801, 5)));
        assert!(!ladder.replace(&[level(4_500, 1)], &[level(4_800, -5)]));
        assert_eq!(ladder.levels(Side::Bid).next(), None);
    }
}
