//! A member of the venue: one account, the names of its orders, and what its resting orders claim.

use std::collections::{BTreeMap, HashMap};

use statecraft_domain::{MarketId, Side, Usd};

use super::OrderKey;
use crate::account::Account;
use crate::collateral::{Claim, Claims, Place};

#[derive(Debug)]
pub(super) struct Member {
    pub(super) account: Account,
    /// Every client id ever used; `None` for one that a killed order burnt.
    pub(super) names: HashMap<String, Option<OrderKey>>,
    /// Oldest first.
    pub(super) orders: Vec<OrderKey>,
    /// Indices into the venue's fills, oldest first.
    pub(super) fills: Vec<usize>,
    claims: BTreeMap<MarketId, MarketClaims>,
}

#[derive(Debug, Default)]
struct MarketClaims {
    claims: Claims,
    /// What they required when last worked out: this market's part of `account.reserved`.
    required: Usd,
}

/// Where a claim stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) market: MarketId,
    pub(super) side: Side,
    pub(super) place: Place,
}

impl Member {
    pub(super) fn new(account: Account) -> Self {
        Self {
            account,
            names: HashMap::new(),
            orders: Vec::new(),
            fills: Vec::new(),
            claims: BTreeMap::new(),
        }
    }

    /// Adds or replaces a resting order's claim.
    pub(super) fn claim(&mut self, spot: Spot, claim: Claim) {
        self.claims.entry(spot.market).or_default().claims.set(spot.side, spot.place, claim);
        self.refresh(spot.market);
    }

    /// Drops a resting order's claim.
    pub(super) fn release(&mut self, spot: Spot) {
        if let Some(market) = self.claims.get_mut(&spot.market) {
            market.claims.remove(spot.side, spot.place);
        }
        self.refresh(spot.market);
    }

    /// Works out again what this market's orders require: after a claim or the position changed.
    pub(super) fn refresh(&mut self, market: MarketId) {
        let Some(claims) = self.claims.get_mut(&market) else { return };
        let required = claims.claims.required(self.account.quantity(market));
        self.account.reserved += required - claims.required;
        claims.required = required;
    }

    /// Free cash if this claim stood as well, in the place of `instead_of` if that is given. What the
    /// account holds is left as it was.
    pub(super) fn free_with(&mut self, spot: Spot, claim: Claim, instead_of: Option<Spot>) -> Usd {
        let position = self.account.quantity(spot.market);
        let market = self.claims.entry(spot.market).or_default();
        let removed =
            instead_of.and_then(|old| Some((old, market.claims.remove(old.side, old.place)?)));
        market.claims.set(spot.side, spot.place, claim);
        let required = market.claims.required(position);
        market.claims.remove(spot.side, spot.place);
        if let Some((old, claim)) = removed {
            market.claims.set(old.side, old.place, claim);
        }
        self.account.free() - (required - market.required)
    }
}
