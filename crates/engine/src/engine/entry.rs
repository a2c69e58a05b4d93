//! May this entry be made now, and here? Slices over time, the pause after an exit, and the same
//! contract on several markets.

use statecraft_domain::{Denial, Liquidity, MarketStatus, Nanos, Quantity, Side, Usd};

use super::Engine;
use crate::config::Kelly;
use crate::decision::{Proposal, Verdict};
use crate::orders::account::outcome_price;
use crate::risk::gate;

/// What is held on other markets that ask the same question.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Elsewhere {
    pub(super) quantity: Quantity,
    pub(super) cost: Usd,
    /// What it would bring now.
    pub(super) value: Usd,
}

impl Engine {
    /// What a strategy's position would bring now.
    pub(super) fn marked(&self, index: usize) -> Usd {
        let position = self.inventory(index);
        if position.quantity.is_zero() {
            return Usd::ZERO;
        }
        position.value_at(self.mark(self.bindings[index].market, &position))
    }

    /// Other bindings of the same strategy whose markets ask the same question and are not paid out.
    fn siblings(&self, index: usize, rules: &Kelly) -> impl Iterator<Item = usize> + '_ {
        let (strategy, same) = (self.bindings[index].strategy, rules.same_question);
        let count = if same { self.bindings.len() } else { 0 };
        (0..count).filter(move |&other| {
            let binding = &self.bindings[other];
            other != index
                && binding.strategy == strategy
                && self.markets[binding.market.index()].settlement().is_none()
        })
    }

    pub(super) fn elsewhere(&self, index: usize, rules: &Kelly) -> Elsewhere {
        self.siblings(index, rules).fold(Elsewhere::default(), |sum, other| {
            let position = self.inventory(other);
            Elsewhere {
                quantity: sum.quantity + position.quantity,
                cost: sum.cost + position.cost,
                value: sum.value + self.marked(other),
            }
        })
    }

    /// Is it too early for another entry? Slices of one entry follow each other faster.
    pub(super) fn is_cooling(&self, index: usize, rules: &Kelly) -> bool {
        let binding = &self.bindings[index];
        let pause = if binding.slicing.is_some() {
            rules.slicing.interval.min(rules.cooldown)
        } else {
            rules.cooldown
        };
        binding.last_entry.is_some_and(|at| self.now - at < pause)
    }

    /// Remembers whether slices are still to come.
    pub(super) fn note_slice(
        &mut self,
        index: usize,
        rules: &Kelly,
        verdict: Verdict,
        wanted: f64,
    ) {
        if rules.slicing.contracts.is_none() {
            return;
        }
        let least = rules.min_contracts.as_f64();
        self.bindings[index].slicing = match verdict {
            Verdict::Propose(proposal) if !proposal.reduces => {
                let left = wanted - proposal.quantity.as_f64();
                (left >= least).then_some(proposal.side)
            }
            // Waiting for the next slice ends nothing.
            Verdict::Nothing(Denial::Cooldown) => self.bindings[index].slicing,
            Verdict::Propose(_) | Verdict::Nothing(_) => None,
        };
    }

    /// An entry passes unless something was closed here just now, or the same contract is to be had
    /// for less elsewhere, or all its markets together hold enough.
    pub(super) fn entry_allowed(
        &mut self,
        index: usize,
        rules: &Kelly,
        verdict: Verdict,
    ) -> Verdict {
        let Verdict::Propose(proposal) = verdict else { return verdict };
        if proposal.reduces {
            return verdict;
        }
        if self.is_reentering(index, &rules.exits) {
            return Verdict::Nothing(Denial::Reentry);
        }
        if rules.same_question { self.cheapest_here(index, rules, proposal) } else { verdict }
    }

    fn cheapest_here(&mut self, index: usize, rules: &Kelly, proposal: Proposal) -> Verdict {
        let strategy = self.bindings[index].strategy;
        let siblings: Vec<usize> = self.siblings(index, rules).collect();
        let market = |engine: &Self, other: usize| engine.bindings[other].market;
        // One order at a time for the whole question: the worst case is then this one's alone.
        if siblings.iter().any(|&other| self.ledger.is_working(strategy, market(self, other))) {
            return Verdict::Nothing(Denial::OrderWorking);
        }
        let here = self.all_in(index, proposal.side);
        let mut cheaper = siblings;
        cheaper.retain(|&other| {
            let there = self.all_in(other, proposal.side);
            there.is_some_and(|there| here.is_none_or(|here| there < here))
        });
        // Dearer, the same news are no bargain either.
        if cheaper.iter().any(|&other| self.is_priced(other, proposal.side)) {
            return Verdict::Nothing(Denial::AlreadyPriced);
        }
        let takes = |&other: &usize| self.would_enter(other, rules, proposal.side);
        if let Some(cheaper) = cheaper.into_iter().find(takes) {
            self.bindings[cheaper].wake();
            return Verdict::Nothing(Denial::CheaperElsewhere);
        }
        self.within_question(index, rules, proposal)
    }

    /// Could an order on this side leave for this market now? What it only waits for itself (the pause between
    /// entries, a move of its price that nothing explains) is no reason to pay more elsewhere; what is offered
    /// where nothing may be bought is, and so is a market that was given up a moment ago.
    fn would_enter(&mut self, index: usize, rules: &Kelly, side: Side) -> bool {
        let market = self.bindings[index].market;
        if self.decide_flatten(index).is_some() || self.is_reentering(index, &rules.exits) {
            return false;
        }
        let belief = self.belief(index, self.evidence_of(market).as_ref());
        let Some(belief) = belief.filter(|belief| !belief.lacks_market) else { return false };
        let Some(rules) = self.plausible_rules(index, rules, &belief) else { return false };
        let rules = Kelly { cooldown: Nanos::ZERO, ..rules };
        let (verdict, reckoning) = self.reckon(index, &rules, &belief);
        let verdict = match verdict {
            Verdict::Propose(proposal) if !proposal.reduces && proposal.side == side => {
                self.within_question(index, &rules, proposal)
            }
            Verdict::Propose(_) | Verdict::Nothing(_) => return false,
        };
        let Verdict::Propose(proposal) = verdict else { return false };
        let order = self.fitted(index, self.request(index, &proposal));
        let value = self.value_for(&order, Some(belief), Some(reckoning));
        gate(&self.inquiry(&order, proposal.edge, value)).is_ok()
    }

    /// Price and fee in dollars of one contract of the outcome that this side buys, at the best level of
    /// a market that can be traded.
    pub(super) fn all_in(&self, index: usize, side: Side) -> Option<f64> {
        let market = self.market_of(index);
        let listing = market.listing();
        if !market.is_tradable_book() || listing.status != MarketStatus::Active {
            return None;
        }
        let level = match side {
            Side::Bid => market.ask(),
            Side::Ask => market.bid(),
        }?;
        let fee = listing.fees.planned(self.now, Liquidity::Taker, level.price.as_f64(), 1.0);
        Some(outcome_price(side, level.price).as_f64() + fee)
    }

    /// The limit on contracts holds for all markets of the question together, for what the account holds and for
    /// what the strategy's own orders brought.
    fn within_question(&self, index: usize, rules: &Kelly, proposal: Proposal) -> Verdict {
        let all = || self.siblings(index, rules).chain([index]).map(|one| &self.bindings[one]);
        let account: Quantity = all().map(|one| self.accounts.position(one.market).quantity).sum();
        let own: Quantity = all().map(|one| one.holding.book.quantity).sum();
        let toward = match proposal.side {
            Side::Bid => account.max(own),
            Side::Ask => (-account).max(-own),
        };
        let room = self.limits_now(index).max_position_contracts - toward;
        let lot = self.market_of(index).listing().lot;
        let quantity = proposal.quantity.min(room).floor_to(lot);
        if quantity < rules.min_contracts || !quantity.is_positive() {
            return Verdict::Nothing(Denial::MarketPosition);
        }
        Verdict::Propose(Proposal { quantity, ..proposal })
    }
}
