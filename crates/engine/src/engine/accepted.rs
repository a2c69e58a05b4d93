//! A person takes over positions that reports have proven not to be ours (5.10, F64): somebody traded by hand at the
//! venue, and nothing here will ever explain it.

use statecraft_domain::action::Severity;
use statecraft_domain::event::{AcceptedPosition, PositionsAccepted};
use statecraft_domain::{Action, MarketId, Quantity, Usd, Venue};

use super::Engine;
use super::exit::Holding;
use crate::orders::Position;

impl Engine {
    /// The positions become the venue's: by its own executions where they are known, else at the worst price. Once
    /// all of its report agrees with ours a person may let it trade on. Cash is compared as ever.
    pub(super) fn positions_accepted(
        &mut self,
        accepted: &PositionsAccepted,
        actions: &mut Vec<Action>,
    ) {
        let venue = accepted.venue;
        for one in &accepted.accepted {
            let market = self.markets.get(one.market.index());
            let is_open = market.is_some_and(|market| market.settlement().is_none());
            if is_open && self.listed_at(one.market, venue) {
                self.accept_position(venue, one, actions);
            }
        }
        if self.position_difference(venue, &accepted.positions, &[]).is_none() {
            self.unreconciled = false;
        }
    }

    fn accept_position(
        &mut self,
        venue: Venue,
        accepted: &AcceptedPosition,
        actions: &mut Vec<Action>,
    ) {
        let (market, theirs) = (accepted.market, accepted.theirs);
        let before = self.accounts.position(market);
        self.accounts.take_over(venue, market, theirs, &accepted.fills);
        self.give_up_holdings(market, before.quantity, theirs);
        let after = self.accounts.position(market);
        let booked = if accepted.fills.is_empty() {
            "at the worst price, since the venue lists no executions that lead there"
        } else {
            "by the venue's executions"
        };
        let message = format!(
            "{}: {theirs} contracts taken over from the venue where we had {}; {booked}: gain {} after fees, what is held \
             cost {}",
            self.markets[market.index()].listing().ticker,
            before.quantity,
            gained(&after) - gained(&before),
            after.cost,
        );
        self.alert(Severity::Warning, "position_accepted", message, actions);
        self.wake_market(market.index());
    }

    /// What the account holds less in one direction no strategy holds any more: first what none of them brought, then
    /// theirs, in the order of their binding.
    fn give_up_holdings(&mut self, market: MarketId, ours: Quantity, theirs: Quantity) {
        let Some(bound) = self.bindings_of.get(market.index()).cloned() else { return };
        if theirs.is_zero() {
            return self.forget_holdings(market);
        }
        let direction = ours.e6().signum();
        let along = |held: Quantity| {
            if held.e6().signum() == direction { held.abs() } else { Quantity::ZERO }
        };
        let mut gone = along(ours) - along(theirs);
        let claimed = bound.iter().map(|&index| self.bindings[index].holding.book.quantity).sum();
        let unclaimed = along(ours - claimed);
        gone -= unclaimed.min(gone);
        for index in bound {
            let holding = &mut self.bindings[index].holding;
            let part = along(holding.book.quantity).min(gone);
            if !part.is_positive() {
                continue;
            }
            gone -= part;
            holding.book.let_go(part);
            if holding.book.quantity.is_zero() {
                *holding = Holding::default();
            }
        }
    }
}

/// Realised, after fees.
fn gained(position: &Position) -> Usd {
    position.realized - position.fees
}
