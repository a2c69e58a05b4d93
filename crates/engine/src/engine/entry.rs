//! May this entry be made now, and here? Slices over time, the pause after an exit, and the same
//! contract on several markets.

use statecraft_domain::action::Severity;
use statecraft_domain::event::Mode;
use statecraft_domain::{
    Action, Denial, Liquidity, MarketStatus, Nanos, Quantity, Side, Timestamp, Usd,
};

use super::Engine;
use crate::config::Kelly;
use crate::decision::{Proposal, Verdict};
use crate::orders::account::outcome_price;
use crate::risk::gate;

/// A market without a book may be the cheapest for so long after it lost it (wall time). A guess: a book that is asked
/// for comes within seconds, a new connection within a minute.
const UNSEEN: Nanos = Nanos::from_secs(60);

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

    /// Is it too early for another entry on any market of the question? Slices of one entry follow each other
    /// faster.
    pub(super) fn is_cooling(&self, index: usize, rules: &Kelly) -> bool {
        let (mut last, mut slicing) = (None, false);
        for one in self.siblings(index, rules).chain([index]) {
            let binding = &self.bindings[one];
            last = last.max(binding.last_entry);
            slicing |= binding.slicing.is_some();
        }
        let pause =
            if slicing { rules.slicing.interval.min(rules.cooldown) } else { rules.cooldown };
        last.is_some_and(|at| self.now - at < pause)
    }

    /// Is it too early to open something again? A close is about the question on whichever market it took place,
    /// unless that market was about to close; or what was given up where it is cheapest would be bought again
    /// where it is dearer.
    fn is_paused(&self, index: usize, rules: &Kelly) -> bool {
        let given_up = self.siblings(index, rules).filter_map(|one| self.bindings[one].given_up);
        let last = given_up.max();
        self.is_reentering(index, &rules.exits)
            || last.is_some_and(|at| self.now - at < rules.exits.reentry)
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
                // The next slice of what began elsewhere.
                let elsewhere: Vec<usize> = self.siblings(index, rules).collect();
                for other in elsewhere {
                    self.bindings[other].slicing = None;
                }
                let left = wanted - proposal.quantity.as_f64();
                (left >= least).then_some(proposal.side)
            }
            // Waiting for the next slice ends nothing.
            Verdict::Nothing(Denial::Cooldown | Denial::CheaperElsewhere) => {
                self.bindings[index].slicing
            }
            Verdict::Propose(_) | Verdict::Nothing(_) => None,
        };
    }

    /// An entry passes unless something was closed just now, or the same contract is to be had for less
    /// elsewhere, or all its markets together hold enough.
    pub(super) fn entry_allowed(
        &mut self,
        index: usize,
        rules: &Kelly,
        verdict: Verdict,
        actions: &mut Vec<Action>,
    ) -> Verdict {
        let Verdict::Propose(proposal) = verdict else { return verdict };
        if proposal.reduces {
            return verdict;
        }
        if self.is_paused(index, rules) {
            return Verdict::Nothing(Denial::Reentry);
        }
        if rules.same_question {
            self.cheapest_here(index, rules, proposal, actions)
        } else {
            verdict
        }
    }

    fn cheapest_here(
        &mut self,
        index: usize,
        rules: &Kelly,
        proposal: Proposal,
        actions: &mut Vec<Action>,
    ) -> Verdict {
        let (strategy, side) = (self.bindings[index].strategy, proposal.side);
        let siblings: Vec<usize> = self.siblings(index, rules).collect();
        let market = |engine: &Self, other: usize| engine.bindings[other].market;
        // One order at a time for the whole question: the worst case is then this one's alone.
        if siblings.iter().any(|&other| self.ledger.is_working(strategy, market(self, other))) {
            return Verdict::Nothing(Denial::OrderWorking);
        }
        let here = self.all_in(index, side);
        let mut cheaper = siblings;
        cheaper.retain(|&other| self.may_be_cheaper(other, side, here));
        // Dearer, the same news are no bargain either.
        if cheaper.iter().any(|&other| self.is_priced(other, side)) {
            return Verdict::Nothing(Denial::AlreadyPriced);
        }
        let takes = |&other: &usize| self.would_enter(other, rules, side);
        if let Some(found) = cheaper.iter().copied().find(takes) {
            self.bindings[found].wake();
            return Verdict::Nothing(Denial::CheaperElsewhere);
        }
        let patience = UNSEEN.times(self.config.time_scale);
        let unseen = |&other: &usize| Some((other, self.unseen_since(other, rules)?));
        let unseen: Vec<(usize, Timestamp)> = cheaper.iter().filter_map(unseen).collect();
        if unseen.iter().any(|(_, since)| self.now - *since < patience) {
            // When that is over no event need tell.
            self.bindings[index].wake();
            return Verdict::Nothing(Denial::CheaperElsewhere);
        }
        let verdict = self.within_question(index, rules, proposal);
        if matches!(verdict, Verdict::Propose(_)) {
            for (other, since) in unseen {
                self.tell_of_unseen(index, other, since, actions);
            }
        }
        verdict
    }

    /// Does one contract cost less on this market than `here`, as far as anybody knows? Without a book the price last
    /// seen counts, and one that was never seen may be any.
    fn may_be_cheaper(&self, index: usize, side: Side, here: Option<f64>) -> bool {
        let is_less = |there: f64| here.is_none_or(|here| there < here);
        if self.market_of(index).is_tradable_book() {
            self.all_in(index, side).is_some_and(is_less)
        } else {
            self.last_all_in(index, side).is_none_or(is_less)
        }
    }

    /// Since when a market has no book on which an entry may otherwise be made.
    fn unseen_since(&self, index: usize, rules: &Kelly) -> Option<Timestamp> {
        let (binding, market) = (&self.bindings[index], self.market_of(index));
        let since = market.bookless_since()?;
        let mode = self.controls.mode(self.mode, binding.strategy, binding.market);
        let is_open = market.listing().status == MarketStatus::Active
            && mode == Mode::Active
            && !self.flatten.contains_key(&binding.market)
            && !self.is_reentering(index, &rules.exits);
        is_open.then_some(since)
    }

    /// Once for every book that is missing a person learns that prices are not compared with it.
    fn tell_of_unseen(
        &mut self,
        index: usize,
        other: usize,
        since: Timestamp,
        actions: &mut Vec<Action>,
    ) {
        if self.bindings[other].unseen_told.replace(since) == Some(since) {
            return;
        }
        let ticker = |index: usize| self.market_of(index).listing().ticker.as_str();
        let message = format!(
            "strategy {}: {} has had no book for a while; an entry on {} does not wait any longer to see whether the \
             same costs less there",
            self.strategy_of(index).name,
            ticker(other),
            ticker(index),
        );
        self.alert(Severity::Warning, "sibling_unseen", message, actions);
    }

    /// Could an order on this side leave for this market now? A move of its price that nothing explains is waited
    /// for: no reason to pay more elsewhere. What is offered where nothing may be bought is one, and so is a market
    /// that was left because it is about to close.
    fn would_enter(&mut self, index: usize, rules: &Kelly, side: Side) -> bool {
        let market = self.bindings[index].market;
        if !self.market_of(index).is_tradable_book()
            || self.decide_flatten(index).is_some()
            || self.is_reentering(index, &rules.exits)
        {
            return false;
        }
        let belief = self.belief(index, self.evidence_of(market).as_ref());
        let Some(belief) = belief.filter(|belief| !belief.lacks_market) else { return false };
        let Some(rules) = self.plausible_rules(index, rules, &belief) else { return false };
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
        let is_open = market.is_tradable_book() && market.listing().status == MarketStatus::Active;
        is_open.then(|| self.last_all_in(index, side)).flatten()
    }

    /// The same by the book last seen, whatever has become of it.
    fn last_all_in(&self, index: usize, side: Side) -> Option<f64> {
        let market = self.market_of(index);
        let level = match side {
            Side::Bid => market.ask(),
            Side::Ask => market.bid(),
        }?;
        let fees = &market.listing().fees;
        let fee = fees.planned(self.now, Liquidity::Taker, level.price.as_f64(), 1.0);
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
