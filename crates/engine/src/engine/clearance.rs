//! What is held is closed although own quotes of other strategies rest on the same market: those in the way
//! go first, and no new ones come until the close has left.

use statecraft_domain::event::Mode;
use statecraft_domain::{Action, Denial, MarketId, Quantity, Side};

use super::Engine;
use super::evaluate::DecisionOutcome;
use super::quote::Own;
use crate::decision::kelly::Reckoning;
use crate::decision::{Proposal, Verdict};
use crate::model::Belief;
use crate::orders::OrderRecord;

impl Engine {
    /// Contracts that orders on their way may still close on this side of a market.
    pub(super) fn closing(&self, market: MarketId, side: Side) -> Quantity {
        let closes = |record: &&OrderRecord| record.request.reduce_only;
        self.ledger.on(market, side).filter(closes).map(OrderRecord::reserved).sum()
    }

    /// Does another strategy close what it holds on this market, so that no quote may come in its way?
    pub(super) fn is_cleared_for_another(&self, index: usize) -> bool {
        let bound = &self.bindings_of[self.bindings[index].market.index()];
        bound.iter().any(|&other| other != index && self.bindings[other].clearing)
    }

    /// Sends a close; or, where nothing but own quotes holds it up, has those withdrawn.
    pub(super) fn close(
        &mut self,
        index: usize,
        proposal: Proposal,
        numbers: (Option<Belief>, Option<Reckoning>),
        actions: &mut Vec<Action>,
    ) -> (DecisionOutcome, Option<Proposal>) {
        let outcome = self.propose(index, proposal, numbers, actions);
        let in_the_way = match outcome {
            DecisionOutcome::Denied(denial) => self.in_the_way(index, &proposal, denial),
            DecisionOutcome::Order { .. } => Vec::new(),
        };
        if !in_the_way.is_empty() {
            self.bindings[index].clearing = true;
            for own in &in_the_way {
                self.cancel_once(own, actions);
            }
            return (DecisionOutcome::Denied(Denial::OrderWorking), None);
        }
        let is_order = matches!(outcome, DecisionOutcome::Order { .. });
        let binding = &mut self.bindings[index];
        // An exit comes back for the rest; until then its way stays clear.
        binding.clearing = is_order && binding.motive.is_some_and(|motive| motive.is_exit());
        (outcome, Some(proposal))
    }

    /// Notes that an evaluation closes nothing. An order at work may be the close itself.
    pub(super) fn closes_nothing(&mut self, index: usize, verdict: &Verdict) {
        if !matches!(verdict, Verdict::Nothing(Denial::OrderWorking)) {
            self.bindings[index].clearing = false;
        }
    }

    /// Own orders for which a close was denied: those it would meet, which never happens, and quotes of its own
    /// side, which leave it nothing to close where only closing is allowed.
    fn in_the_way(&self, index: usize, proposal: &Proposal, denial: Denial) -> Vec<Own> {
        let market = self.bindings[index].market;
        let mode = self.controls.mode(self.mode, self.bindings[index].strategy, market);
        if denial == Denial::SelfCross {
            self.would_meet(index, proposal)
        } else if passes_if_it_only_closes(denial, mode) {
            self.crowding(index, proposal)
        } else {
            Vec::new()
        }
    }

    /// Own orders that this one would meet (R22).
    fn would_meet(&self, index: usize, proposal: &Proposal) -> Vec<Own> {
        let meets = |record: &&OrderRecord| {
            let theirs = record.request.price;
            record.phase.is_live()
                && match proposal.side {
                    Side::Bid => proposal.price >= theirs,
                    Side::Ask => proposal.price <= theirs,
                }
        };
        let against = self.ledger.on(self.bindings[index].market, proposal.side.opposite());
        against.filter(meets).map(|record| self.as_own(record)).collect()
    }

    /// Quotes of the same side, where together with them more might be closed than is held.
    fn crowding(&self, index: usize, proposal: &Proposal) -> Vec<Own> {
        let market = self.bindings[index].market;
        let order = self.fitted(index, self.request(index, proposal));
        let open = || self.ledger.on(market, proposal.side);
        let pending: Quantity = open().map(OrderRecord::reserved).sum();
        if pending + order.quantity <= self.accounts.position(market).quantity.abs() {
            return Vec::new();
        }
        open().map(|record| self.as_own(record)).filter(|own| own.rests).collect()
    }
}

/// Checks that let an order pass that can only close what is held, with all that is open on its side.
const fn passes_if_it_only_closes(denial: Denial, mode: Mode) -> bool {
    match denial {
        Denial::Mode => matches!(mode, Mode::ReduceOnly),
        Denial::Demoted
        | Denial::Universe
        | Denial::MinEdge
        | Denial::ModelAge
        | Denial::MarketPosition
        | Denial::GroupCost
        | Denial::DriverCost
        | Denial::VenueCost
        | Denial::AccountCost
        | Denial::TotalCost
        | Denial::BuyingPower
        | Denial::OpenOrders
        | Denial::Repeats
        | Denial::Loss
        | Denial::SignalCost
        | Denial::SourceCost
        | Denial::HourCost
        | Denial::Ramp => true,
        _ => false,
    }
}
