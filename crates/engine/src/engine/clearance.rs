//! What is held is closed although own quotes of other strategies rest on the same market: those in the way
//! go first, and no new ones come until the close has left.

use statecraft_domain::action::Severity;
use statecraft_domain::{
    Action, ClientOrderId, Denial, MarketId, Nanos, Quantity, Side, Timestamp,
};

use super::Engine;
use super::evaluate::DecisionOutcome;
use super::quote::Own;
use crate::decision::kelly::Reckoning;
use crate::decision::{Proposal, Verdict};
use crate::model::Belief;
use crate::orders::OrderRecord;
use crate::risk::gate;

/// After quotes were withdrawn for a close that was denied all the same, none are for this long (wall time).
const NOT_AGAIN: Nanos = Nanos::from_secs(60);

/// How a binding keeps quotes of others out of the way of its close.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clearance {
    /// Quotes are in the way, or would be: none may come.
    pub(super) on: bool,
    /// Some were withdrawn for a close that has not left yet.
    withdrew: bool,
    /// None are withdrawn before this.
    not_before: Option<Timestamp>,
    /// A person knows that it was of no use.
    told: bool,
}

impl Engine {
    /// Contracts that orders on their way may still close on this side of a market.
    pub(super) fn closing(&self, market: MarketId, side: Side) -> Quantity {
        let closes = |record: &&OrderRecord| record.request.reduce_only;
        self.ledger.on(market, side).filter(closes).map(OrderRecord::reserved).sum()
    }

    /// Does another strategy close what it holds on this market, so that no quote may come in its way?
    pub(super) fn is_cleared_for_another(&self, index: usize) -> bool {
        let bound = &self.bindings_of[self.bindings[index].market.index()];
        bound.iter().any(|&other| other != index && self.bindings[other].clearance.on)
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
            DecisionOutcome::Denied(denial) => self.in_the_way(index, &proposal, numbers, denial),
            DecisionOutcome::Order { .. } => Vec::new(),
        };
        if !in_the_way.is_empty() {
            let clearance = &mut self.bindings[index].clearance;
            clearance.on = true;
            clearance.withdrew |= in_the_way.iter().any(|own| own.rests);
            for own in &in_the_way {
                self.cancel_once(own, actions);
            }
            return (DecisionOutcome::Denied(Denial::OrderWorking), None);
        }
        match outcome {
            DecisionOutcome::Order { .. } => {
                let binding = &mut self.bindings[index];
                // An exit comes back for the rest; until then its way stays clear.
                let on = binding.motive.is_some_and(|motive| motive.is_exit());
                binding.clearance = Clearance { on, ..Clearance::default() };
            }
            DecisionOutcome::Denied(denial) => self.cleared_in_vain(index, denial, actions),
        }
        (outcome, Some(proposal))
    }

    /// Notes that an evaluation closes nothing. An order at work may be the close itself.
    pub(super) fn closes_nothing(&mut self, index: usize, verdict: &Verdict) {
        if !matches!(verdict, Verdict::Nothing(Denial::OrderWorking)) {
            self.clears_no_more(index);
        }
    }

    /// Quotes of others may come again.
    pub(super) fn clears_no_more(&mut self, index: usize) {
        let clearance = &mut self.bindings[index].clearance;
        (clearance.on, clearance.withdrew) = (false, false);
    }

    /// A close is denied. Where quotes went for it, they would come, and go for it again, for ever, and every one
    /// of them is an order of the day (R19).
    fn cleared_in_vain(&mut self, index: usize, denial: Denial, actions: &mut Vec<Action>) {
        let clearance = self.bindings[index].clearance;
        if clearance.withdrew && passes_by_itself(denial) {
            // The way stays clear until then.
            return;
        }
        self.clears_no_more(index);
        if !clearance.withdrew {
            return;
        }
        let pause = NOT_AGAIN.times(self.config.time_scale);
        let clearance = &mut self.bindings[index].clearance;
        clearance.not_before = Some(self.now + pause);
        if std::mem::replace(&mut clearance.told, true) {
            return;
        }
        let message = format!(
            "strategy {} on {}: quotes of other strategies were withdrawn for its close, which was then denied: \
             {}; the position is still held",
            self.strategy_of(index).name,
            self.market_of(index).listing().ticker,
            denial.code(),
        );
        self.alert(Severity::Warning, "clearance_failed", message, actions);
    }

    /// Own orders but for which a close could leave: those it would meet, which never happens, and quotes of its own
    /// side, which leave it nothing to close where only closing is allowed. None if it could not leave without
    /// them either: nothing is withdrawn for that.
    fn in_the_way(
        &mut self,
        index: usize,
        proposal: &Proposal,
        numbers: (Option<Belief>, Option<Reckoning>),
        denial: Denial,
    ) -> Vec<Own> {
        let mut found: Vec<Own> = Vec::new();
        if self.bindings[index].clearance.not_before.is_some_and(|at| self.now < at) {
            return found;
        }
        let mut denied = Some(denial);
        while let Some(denial) = denied {
            let mut more = self.blamed(index, proposal, denial);
            more.retain(|own| found.iter().all(|one| one.id != own.id));
            if more.is_empty() {
                return more;
            }
            found.append(&mut more);
            let ids: Vec<ClientOrderId> = found.iter().map(|own| own.id).collect();
            denied = self.denied_without(&ids, index, proposal, numbers);
        }
        found
    }

    /// The first check that a close would fail if these orders were gone.
    fn denied_without(
        &mut self,
        gone: &[ClientOrderId],
        index: usize,
        proposal: &Proposal,
        (belief, reckoning): (Option<Belief>, Option<Reckoning>),
    ) -> Option<Denial> {
        let live = self.ledger.set_aside(gone);
        let order = self.fitted(index, self.request(index, proposal));
        let value = self.value_for(&order, belief, reckoning);
        let denied = gate(&self.inquiry(&order, proposal.edge, value)).err();
        self.ledger.put_back(live);
        denied
    }

    /// Own orders that may be to blame for this denial of a close.
    fn blamed(&self, index: usize, proposal: &Proposal, denial: Denial) -> Vec<Own> {
        if denial == Denial::SelfCross {
            self.would_meet(index, proposal)
        } else {
            self.crowding(index, proposal)
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

/// Denials that end without anybody's doing, and soon. While they last no quote leaves either.
const fn passes_by_itself(denial: Denial) -> bool {
    matches!(
        denial,
        Denial::MarketState
            | Denial::Unreconciled
            | Denial::Clock
            | Denial::Book
            | Denial::OrderRate
    )
}
