//! What an account must keep in cash for its resting orders in one market.
//!
//! An order that opens a position costs `p` (bid) or `1 - p` (ask) a contract, plus fees. As far as it
//! closes a position it costs nothing: it brings money. A position can be closed only once, by the
//! orders that trade first, which price priority makes the best-priced ones. Both sides are added up:
//! more than any sequence of fills can need.

use std::collections::BTreeMap;

use statecraft_domain::{MarketId, Price, Quantity, Side, Usd};

use crate::account::{Account, closable, unit_cost};

/// Place of an order in the queue of its side: lower is served first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    rank: u16,
    sequence: u64,
}

impl Place {
    /// Better prices first, then by sequence.
    pub(crate) const fn new(side: Side, price: Price, sequence: u64) -> Self {
        let rank = match side {
            Side::Bid => price.complement().e4(),
            Side::Ask => price.e4(),
        };
        Self { rank, sequence }
    }

    /// The first place there can be at this one's price.
    pub(crate) const fn front_of_level(self) -> Self {
        Self { rank: self.rank, sequence: 0 }
    }
}

/// One resting order as far as money is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    /// YES price.
    pub(crate) price: Price,
    /// Still resting.
    pub(crate) remaining: Quantity,
    /// Worst-case fees of all of it.
    pub(crate) fee: Usd,
}

impl Claim {
    fn full(&self, side: Side) -> Usd {
        unit_cost(side, self.price).times(self.remaining) + self.fee
    }

    /// What is not needed because `closing` contracts of it close a position.
    fn relief(&self, side: Side, closing: Quantity) -> Usd {
        if closing == self.remaining {
            return self.full(side);
        }
        let fee = self.fee.e10() * i128::from(closing.e6()) / i128::from(self.remaining.e6());
        unit_cost(side, self.price).times(closing) + Usd::from_e10(fee)
    }
}

/// The resting orders of one account in one market.
#[derive(Debug, Default)]
struct Claims {
    sides: [BTreeMap<Place, Claim>; 2],
    full: [Usd; 2],
}

const fn slot(side: Side) -> usize {
    match side {
        Side::Bid => 0,
        Side::Ask => 1,
    }
}

impl Claims {
    /// Adds or replaces the claim at a place.
    fn set(&mut self, side: Side, place: Place, claim: Claim) {
        self.full[slot(side)] += claim.full(side);
        if let Some(old) = self.sides[slot(side)].insert(place, claim) {
            self.full[slot(side)] -= old.full(side);
        }
    }

    /// Drops the claim at a place and returns it.
    fn remove(&mut self, side: Side, place: Place) -> Option<Claim> {
        let old = self.sides[slot(side)].remove(&place)?;
        self.full[slot(side)] -= old.full(side);
        Some(old)
    }

    /// The cash needed for all of them, given the position.
    fn required(&self, position: Quantity) -> Usd {
        self.required_on(Side::Bid, position) + self.required_on(Side::Ask, position)
    }

    fn required_on(&self, side: Side, position: Quantity) -> Usd {
        let mut left = closable(position, side);
        let mut required = self.full[slot(side)];
        for claim in self.sides[slot(side)].values() {
            if left.is_zero() {
                break;
            }
            let closing = left.min(claim.remaining);
            required -= claim.relief(side, closing);
            left -= closing;
        }
        required
    }
}

/// The claims of one market on an account's cash, kept in step with `account.reserved`.
#[derive(Debug, Default)]
pub(crate) struct MarketClaims {
    claims: Claims,
    /// What they required when last worked out: this market's part of `account.reserved`.
    required: Usd,
}

impl MarketClaims {
    /// Adds or replaces a resting order's claim.
    pub(crate) fn set(
        &mut self,
        account: &mut Account,
        market: MarketId,
        (side, place): (Side, Place),
        claim: Claim,
    ) {
        self.claims.set(side, place, claim);
        self.refresh(account, market);
    }

    /// Drops a resting order's claim.
    pub(crate) fn remove(
        &mut self,
        account: &mut Account,
        market: MarketId,
        (side, place): (Side, Place),
    ) {
        self.claims.remove(side, place);
        self.refresh(account, market);
    }

    /// Works out again what the orders require: after the position changed.
    pub(crate) fn refresh(&mut self, account: &mut Account, market: MarketId) {
        let required = self.claims.required(account.quantity(market));
        account.reserved += required - self.required;
        self.required = required;
    }

    /// Free cash if this claim stood as well, in the stead of another if that is given. Nothing is
    /// changed in the end.
    pub(crate) fn free_with(
        &mut self,
        account: &Account,
        market: MarketId,
        (side, place): (Side, Place),
        claim: Claim,
        instead_of: Option<(Side, Place)>,
    ) -> Usd {
        let removed = instead_of
            .and_then(|(side, place)| Some((side, place, self.claims.remove(side, place)?)));
        self.claims.set(side, place, claim);
        let required = self.claims.required(account.quantity(market));
        self.claims.remove(side, place);
        if let Some((side, place, claim)) = removed {
            self.claims.set(side, place, claim);
        }
        account.free() - (required - self.required)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(orders: &[(Side, u16, i32)]) -> Claims {
        let mut claims = Claims::default();
        for (sequence, &(side, price, contracts)) in (1..).zip(orders) {
            let price = Price::from_cents(price).unwrap();
            let remaining = Quantity::from_contracts(contracts);
            let claim = Claim { price, remaining, fee: Usd::CENT };
            claims.set(side, Place::new(side, price, sequence), claim);
        }
        claims
    }

    #[test]
    fn closing_orders_need_nothing_and_the_best_priced_close_first() {
        let orders = [(Side::Bid, 40, 10), (Side::Bid, 60, 10), (Side::Ask, 70, 10)];
        let rows = [(0, 1303), (-10, 702), (-20, 301), (10, 1002), (-5, 1003), (20, 1002)];
        for (position, cents) in rows {
            let required = claims(&orders).required(Quantity::from_contracts(position));
            // Half of a claim gives back half of its one-cent fee.
            let half = if position == -5 { Usd::from_e10(50_000_000) } else { Usd::ZERO };
            assert_eq!(required, Usd::from_cents(cents) - half, "position {position}");
        }
    }
}
