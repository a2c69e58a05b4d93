//! Money and contracts of one account: cash, positions in normal form, fees, settlement.

use std::collections::BTreeMap;

use statecraft_domain::{MarketId, Quantity, Usd};

/// One position: signed contracts and what the open part cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// YES positive, NO negative.
    pub quantity: Quantity,
    /// What was paid for the open contracts, without fees; never negative.
    pub cost: Usd,
    /// Profit taken by closing, netting and settlement, before fees.
    pub realized: Usd,
    /// Fees paid on this market.
    pub fees: Usd,
}

/// An account at a venue. Cash never goes below zero; collateral is fully paid.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// Money not in positions (resting orders' collateral included; see [`Account::reserved`]).
    pub cash: Usd,
    /// Held back for resting orders, worst case with fees.
    pub reserved: Usd,
    /// By market.
    pub positions: BTreeMap<MarketId, Position>,
}
