//! A member of the venue: one account, the names of its orders, and what its resting orders claim.

use std::collections::BTreeMap;

use statecraft_domain::{MarketId, Side, Usd};

use super::OrderKey;
use crate::account::Account;
use crate::collateral::{Claim, MarketClaims, Place};

#[derive(Debug)]
pub(super) struct Member {
    pub(super) account: Account,
    /// Every client id ever used; `None` for one that a killed order burnt.
    pub(super) names: BTreeMap<String, Option<OrderKey>>,
    /// Oldest first.
    pub(super) orders: Vec<OrderKey>,
    /// Indices into the venue's fills, oldest first.
    pub(super) fills: Vec<usize>,
    claims: BTreeMap<MarketId, MarketClaims>,
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
            names: BTreeMap::new(),
            orders: Vec::new(),
            fills: Vec::new(),
            claims: BTreeMap::new(),
        }
    }

    /// Adds or replaces a resting order's claim.
    pub(super) fn claim(&mut self, spot: Spot, claim: Claim) {
        let claims = self.claims.entry(spot.market).or_default();
        claims.set(&mut self.account, spot.market, spot.key(), claim);
    }

    /// Drops a resting order's claim.
    pub(super) fn release(&mut self, spot: Spot) {
        if let Some(claims) = self.claims.get_mut(&spot.market) {
            claims.remove(&mut self.account, spot.market, spot.key());
        }
    }

    /// Works out again what this market's orders require: after the position changed.
    pub(super) fn refresh(&mut self, market: MarketId) {
        if let Some(claims) = self.claims.get_mut(&market) {
            claims.refresh(&mut self.account, market);
        }
    }

    /// Free cash if this claim stood as well, in the stead of `instead_of` if that is given.
    pub(super) fn free_with(&mut self, spot: Spot, claim: Claim, instead_of: Option<Spot>) -> Usd {
        let claims = self.claims.entry(spot.market).or_default();
        let instead_of = instead_of.map(|spot| spot.key());
        claims.free_with(&self.account, spot.market, spot.key(), claim, instead_of)
    }
}

impl Spot {
    const fn key(self) -> (Side, Place) {
        (self.side, self.place)
    }
}
