//! How far an order that closes may go: one that reached further would be denied whole, and nothing of what is held
//! would be sold.

use statecraft_domain::{Price, Quantity, Side};

use super::Engine;
use crate::decision::Reach;
use crate::risk::reference::Closing;

impl Engine {
    /// What R6, R8 and R5 leave of a close of this position. A limit on contracts below `least` cuts nothing, so that
    /// the risk gate names it.
    pub(super) fn reach(&self, index: usize, least: Quantity, position: Quantity) -> Reach {
        if position.is_zero() {
            return Reach { most: Quantity::ZERO, worst: None };
        }
        let side = if position.is_positive() { Side::Ask } else { Side::Bid };
        let most = self.limits_now(index).max_order_contracts.max(least);
        Reach { most, worst: self.worst_price(index, side) }
    }

    /// The worst price that a close on this side may have.
    pub(super) fn worst_price(&self, index: usize, side: Side) -> Option<Price> {
        let (market, ledger) = (self.market_of(index), &self.ledger);
        let (now, time_scale) = (self.now, self.config.time_scale);
        let closing = Closing { market, ledger, now, time_scale };
        closing.worst_price(side, &self.strategy_of(index).limits)
    }
}
