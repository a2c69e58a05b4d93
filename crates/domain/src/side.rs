//! Bid and ask, YES and NO, and the one normal form of a trade.

use serde::{Deserialize, Serialize};

use crate::Price;

/// A side of the one YES book. A bid buys YES (or sells NO); an ask sells YES (or buys NO).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Buys YES.
    Bid,
    /// Sells YES.
    Ask,
}

/// One of the two outcomes of a binary contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The event happens.
    Yes,
    /// It does not.
    No,
}

/// What a trader says he does, before it is brought into normal form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Acquire contracts of an outcome.
    Buy,
    /// Give up contracts of an outcome.
    Sell,
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Bid => Self::Ask,
            Self::Ask => Self::Bid,
        }
    }

    /// `+1` for a bid, `-1` for an ask: the sign of the YES position it adds.
    #[must_use]
    pub const fn sign(self) -> i64 {
        match self {
            Self::Bid => 1,
            Self::Ask => -1,
        }
    }

    /// Is `price` at least as good as `limit` for an order on this side?
    #[must_use]
    pub fn accepts(self, price: Price, limit: Price) -> bool {
        match self {
            Self::Bid => price <= limit,
            Self::Ask => price >= limit,
        }
    }

    /// The outcome that grows when an order on this side fills.
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Bid => Outcome::Yes,
            Self::Ask => Outcome::No,
        }
    }
}

/// Brings a deed into the normal form: the side of the YES book and the YES price.
///
/// | deed | outcome at `p` | side | YES price |
/// |---|---|---|---|
/// | buy | YES | bid | p |
/// | sell | YES | ask | p |
/// | buy | NO | ask | 1 - p |
/// | sell | NO | bid | 1 - p |
#[must_use]
pub const fn normal_form(deed: Deed, outcome: Outcome, price: Price) -> (Side, Price) {
    match (deed, outcome) {
        (Deed::Buy, Outcome::Yes) => (Side::Bid, price),
        (Deed::Sell, Outcome::Yes) => (Side::Ask, price),
        (Deed::Buy, Outcome::No) => (Side::Ask, price.complement()),
        (Deed::Sell, Outcome::No) => (Side::Bid, price.complement()),
    }
}
