//! What decided an order, for people: the target of a stake, why something is closed, a quote.

use serde::{Deserialize, Serialize};
use statecraft_domain::{Nanos, Quantity, Side};

use crate::decision::Proposal;
use crate::decision::kelly::{EXIT_MARGIN, Reckoning};

/// Why an order was proposed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Motive {
    /// The edge suffices: towards the best stake.
    Entry {
        /// Contracts that would be best to hold, YES positive, before rounding and limits.
        target: f64,
    },
    /// Closed: the other side has an edge of its own.
    OtherSide {
        /// In dollars.
        edge: f64,
    },
    /// Closed: held to settlement it is worth no more than it sells for, half a cent aside.
    NotWorthHolding {
        /// What holding is worth less than selling brings, dollars; negative: more.
        loss: f64,
    },
    /// Lowered: more is held than is best.
    AboveTarget {
        /// Contracts that would be best to hold, YES positive.
        target: f64,
    },
    /// `max_holding`.
    MaxHolding {
        /// How long it was held.
        held: Nanos,
        /// How long it may be.
        most: Nanos,
    },
    /// `stop_move`.
    StopMove {
        /// How far the probability of what is held fell.
        fall: f64,
        /// How far it may.
        most: f64,
    },
    /// `exit_before_close`.
    BeforeClose {
        /// Time left to the close.
        left: Nanos,
        /// How much is kept clear.
        margin: Nanos,
    },
    /// A person asked.
    Flatten,
    /// A quote that rests.
    Quote {
        /// What the outcome it buys is worth, dollars.
        value: f64,
        /// What it earns if it fills, dollars.
        edge: f64,
    },
}

impl Motive {
    /// Is it given up whatever its edge?
    pub(super) const fn is_exit(&self) -> bool {
        match self {
            Self::MaxHolding { .. } | Self::StopMove { .. } | Self::BeforeClose { .. } => true,
            Self::Entry { .. }
            | Self::OtherSide { .. }
            | Self::NotWorthHolding { .. }
            | Self::AboveTarget { .. }
            | Self::Flatten
            | Self::Quote { .. } => false,
        }
    }

    /// Does it close for the sake of this market alone, and mean nothing for others that ask the same?
    pub(super) const fn is_of_market(&self) -> bool {
        matches!(self, Self::BeforeClose { .. })
    }

    /// Of a stake by Kelly, with `own` contracts held.
    pub(super) fn of_stake(proposal: &Proposal, numbers: &Reckoning, own: Quantity) -> Self {
        let change = match proposal.side {
            Side::Bid => numbers.wanted,
            Side::Ask => -numbers.wanted,
        };
        let target = own.as_f64() + change;
        let against = match proposal.side {
            Side::Bid => numbers.edge_yes,
            Side::Ask => numbers.edge_no,
        };
        // What is closed is sold at the price at which the other side is bought.
        match proposal.reduces {
            false => Self::Entry { target },
            true if against >= 0.0 => Self::OtherSide { edge: against },
            true if proposal.edge > -EXIT_MARGIN => Self::NotWorthHolding { loss: proposal.edge },
            true => Self::AboveTarget { target },
        }
    }
}
