//! Whose is what the account holds: what each strategy's own orders brought, and whose a close is that sells more
//! than that.

use statecraft_domain::{Fill, MarketId, Quantity, Side, StrategyId, Usd};

use super::Engine;
use super::binding::Binding;
use crate::config::Decision;
use crate::orders::{Accounts, Position};

/// What strategies hold by their own orders, for the checks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Holdings<'a> {
    bindings: &'a [Binding],
    /// By market id: indices into `bindings`.
    bound: &'a [Vec<usize>],
    accounts: &'a Accounts,
}

impl<'a> Holdings<'a> {
    pub(super) const fn new(
        bindings: &'a [Binding],
        bound: &'a [Vec<usize>],
        accounts: &'a Accounts,
    ) -> Self {
        Self { bindings, bound, accounts }
    }

    /// What a strategy's own orders brought on a market; `None`: it may not trade there (any more).
    pub(crate) fn of(&self, strategy: StrategyId, market: MarketId) -> Option<Position> {
        let mut bound = self.bound.get(market.index())?.iter().map(|&index| &self.bindings[index]);
        let found = bound.find(|binding| binding.strategy == strategy)?;
        Some(found.holding.book)
    }

    /// What a strategy has paid for what it holds on a market. Of one that does not run any more nobody knows: at
    /// most what the account has paid.
    pub(crate) fn cost(&self, strategy: StrategyId, market: MarketId) -> Usd {
        let own = self.of(strategy, market);
        own.unwrap_or_else(|| self.accounts.position(market)).cost
    }
}

/// Contracts that an order on this side can close of these.
fn closable_by(side: Side, held: Quantity) -> Quantity {
    match side {
        Side::Ask => held,
        Side::Bid => -held,
    }
    .max(Quantity::ZERO)
}

impl Engine {
    pub(super) fn holdings(&self) -> Holdings<'_> {
        Holdings::new(&self.bindings, &self.bindings_of, &self.accounts)
    }

    /// What the account holds on a market and no strategy's orders brought.
    pub(super) fn unclaimed(&self, market: MarketId) -> Quantity {
        let bound = self.bindings_of.get(market.index()).into_iter().flatten();
        let claimed: Quantity = bound.map(|&one| self.bindings[one].holding.book.quantity).sum();
        self.accounts.position(market).quantity - claimed
    }

    /// Whose that is: the first strategy's that does not quote.
    pub(super) fn heir(&self, market: MarketId) -> Option<usize> {
        let quotes = |one: usize| matches!(self.strategy_of(one).decision, Decision::Maker(_));
        self.bindings_of.get(market.index())?.iter().copied().find(|&one| !quotes(one))
    }

    /// A person's flatten goes through one strategy and closes for all. What a close takes is first its own strategy's,
    /// then what no strategy's orders brought, then the other strategies': their part is booked here, and the rest comes
    /// back. Nothing but the order, the account and the holdings tells, so that a restart comes to the same. The fill is
    /// in the account already.
    pub(super) fn own_part(&mut self, fill: &Fill, strategy: StrategyId) -> Fill {
        let signed = match fill.side {
            Side::Bid => fill.quantity,
            Side::Ask => -fill.quantity,
        };
        let mut left = fill.quantity;
        let mut take = |held: Quantity| {
            let part = closable_by(fill.side, held).min(left);
            left -= part;
            part
        };
        let own = self.holdings().of(strategy, fill.market).unwrap_or_default().quantity;
        let mut own = take(own);
        take(self.unclaimed(fill.market) - signed);
        let bound = self.bindings_of.get(fill.market.index()).into_iter().flatten();
        for &index in bound {
            let binding = &mut self.bindings[index];
            if binding.strategy != strategy {
                binding.holding.lessen(fill.price, take(binding.holding.book.quantity));
            }
        }
        // Nobody's: it has opened something, whatever it was meant to do.
        own += left;
        Fill { quantity: own, ..fill.clone() }
    }

    /// Who sells of what no strategy's orders brought holds the less of it, and nothing against it.
    pub(super) fn claim(&mut self, fill: &Fill) {
        let Some(heir) = self.heir(fill.market) else { return };
        let (rest, holding) = (self.unclaimed(fill.market), &mut self.bindings[heir].holding);
        let held = holding.book.quantity;
        if rest.is_positive() != held.is_positive() && !rest.is_zero() {
            holding.lessen(fill.price, rest.abs().min(held.abs()));
        }
    }
}
