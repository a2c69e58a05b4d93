//! Contracts on events that come about by the same trips are sized together (model.md 1.9, 5.5): what
//! wins together is bought in smaller parts. The joint size only ever lowers the single one.

use statecraft_domain::{Denial, Outcome, Quantity, Side, Usd};

use super::Engine;
use crate::config::{Companion, Decision, Kelly};
use crate::decision::kelly::shrunk;
use crate::decision::portfolio::{Portfolio, PortfolioError};
use crate::decision::{Proposal, Verdict, contracts_toward_position};
use crate::input::InputError;
use crate::model::Belief;
use crate::model::outcomes::{Joint, SharedTrips};
use crate::orders::OrderRecord;
use crate::orders::account::outcome_price;

/// One of two contracts, as both are sized.
#[derive(Debug, Clone, Copy)]
struct Leg {
    /// Probability of YES, shrunk to the price if the contract is to be bought.
    yes: f64,
    /// What is held, YES positive.
    position: f64,
    /// The outcome to be bought and its all-in cost; nothing if only held.
    wanted: Option<(Outcome, f64)>,
}

/// What may still be bought by orders on their way.
#[derive(Debug, Clone, Copy, Default)]
struct Coming {
    /// Contracts, YES positive.
    contracts: f64,
    /// At the orders' limits.
    cost: Usd,
}

impl Leg {
    /// What the position pays if the event happens, or not.
    fn payoff(&self, happens: bool) -> f64 {
        if happens { self.position.max(0.0) } else { (-self.position).max(0.0) }
    }

    /// Payoff minus cost of one contract of the outcome wanted.
    fn gain(&self, happens: bool) -> Option<f64> {
        let (outcome, cost) = self.wanted?;
        let wins = (outcome == Outcome::Yes) == happens;
        Some(if wins { 1.0 - cost } else { -cost })
    }
}

/// The joint states of two events of which the rarer one shares this part of its trips with the other.
fn joint(first: f64, second: f64, shared: f64) -> Result<Joint, InputError> {
    let rate = |p: f64| -(-p.clamp(1e-6, 1.0 - 1e-6)).ln_1p();
    let (first, second) = (rate(first), rate(second));
    let both = shared * first.min(second);
    // As if some trips went to neither: only the products of rate and share count.
    let trips = first + second;
    SharedTrips { trips, first: first / trips, second: second / trips, both: both / trips }.joint()
}

/// The best number of contracts of the first leg, bought together with the second.
fn best(first: &Leg, second: &Leg, shared: f64, wealth: f64) -> Result<f64, PortfolioError> {
    let joint = joint(first.yes, second.yes, shared)?;
    let states = [
        (joint.both, true, true),
        (joint.only_first, true, false),
        (joint.only_second, false, true),
        (joint.neither, false, false),
    ];
    let probabilities = states.map(|(p, ..)| p);
    let held = states.map(|(_, one, other)| wealth + first.payoff(one) + second.payoff(other));
    let gains = |leg: &Leg, which: fn(&(f64, bool, bool)) -> bool| {
        states.iter().map(|state| leg.gain(which(state))).collect::<Option<Vec<f64>>>()
    };
    let contracts: Vec<Vec<f64>> =
        [gains(first, |s| s.1), gains(second, |s| s.2)].into_iter().flatten().collect();
    let optimum = Portfolio::new(&probabilities, &held, &contracts)?.optimum()?;
    Ok(optimum.contracts.first().copied().unwrap_or(0.0))
}

impl Engine {
    /// An entry, cut to what is best together with what is held or wanted on companions.
    pub(super) fn sized_together(
        &mut self,
        index: usize,
        rules: &Kelly,
        belief: &Belief,
        verdict: Verdict,
    ) -> Verdict {
        let Verdict::Propose(proposal) = verdict else { return verdict };
        if proposal.reduces {
            return verdict;
        }
        let mut quantity = proposal.quantity;
        for companion in self.strategy_of(index).companions.clone() {
            match self.joint_size(index, rules, belief, &proposal, &companion) {
                Some(most) => quantity = quantity.min(most),
                None => continue,
            }
        }
        if quantity < rules.min_contracts || !quantity.is_positive() {
            return Verdict::Nothing(Denial::TooSmall);
        }
        Verdict::Propose(Proposal { quantity, ..proposal })
    }

    /// The most contracts of a proposal that are good together with a companion's; `None` if there is
    /// nothing to take into account.
    fn joint_size(
        &mut self,
        index: usize,
        rules: &Kelly,
        belief: &Belief,
        proposal: &Proposal,
        companion: &Companion,
    ) -> Option<Quantity> {
        let (other, other_rules) = self.companion(companion)?;
        let cost = self.all_in(index, proposal.side)?;
        let first = self.leg(index, rules, belief, Some((proposal.side, cost)));
        // As it is now: what its last evaluation came to may have had no need of a belief (an order at work).
        let their_market = self.bindings[other].market;
        let their_belief = self.belief(other, self.evidence_of(their_market).as_ref())?;
        let wanted = self.wanted_there(other, &other_rules, &their_belief);
        let coming = self.coming(other);
        let mut second = self.leg(other, &other_rules, &their_belief, wanted);
        second.position += coming.contracts;
        if second.wanted.is_none() && second.position.abs() < f64::EPSILON {
            return None;
        }
        let worth = |index: usize| self.marked(index);
        let wealth = (self.equity() - worth(index) - worth(other) - coming.cost).as_f64();
        let lot = self.market_of(index).listing().lot;
        // Numbers that cannot be solved buy nothing.
        let most = best(&first, &second, companion.shared_trips, wealth).unwrap_or(0.0);
        Some(contracts_toward_position(most, lot))
    }

    /// The first open market of a strategy on the companion's event.
    fn companion(&self, companion: &Companion) -> Option<(usize, Kelly)> {
        (0..self.bindings.len()).find_map(|index| {
            let strategy = self.strategy_of(index);
            match &strategy.decision {
                Decision::Kelly(rules)
                    if strategy.event == companion.event
                        && self.market_of(index).settlement().is_none() =>
                {
                    Some((index, *rules))
                }
                _ => None,
            }
        })
    }

    /// What orders of a binding that are on their way, or of unknown fate, may still open.
    fn coming(&self, index: usize) -> Coming {
        let (strategy, market) = (self.bindings[index].strategy, self.bindings[index].market);
        let opens = |record: &&OrderRecord| {
            let order = &record.request;
            order.strategy == strategy && order.market == market && !order.reduce_only
        };
        let open = self.ledger.live().iter().filter(opens);
        open.fold(Coming::default(), |sum, record| {
            let (left, side) = (record.reserved(), record.request.side);
            let signed = if side == Side::Bid { left } else { -left };
            Coming {
                contracts: sum.contracts + signed.as_f64(),
                cost: sum.cost + outcome_price(side, record.request.price).times(left),
            }
        })
    }

    /// What is worth buying on the companion's market now.
    fn wanted_there(
        &mut self,
        index: usize,
        rules: &Kelly,
        belief: &Belief,
    ) -> Option<(Side, f64)> {
        // What is being closed, or cannot be judged, is bought no more of.
        if belief.lacks_market || self.decide_flatten(index).is_some() {
            return None;
        }
        let rules = self.plausible_rules(index, rules, belief)?;
        let (_, numbers) = self.reckon(index, &rules, belief);
        let side = if numbers.edge_yes >= numbers.edge_needed {
            Side::Bid
        } else if numbers.edge_no >= numbers.edge_needed {
            Side::Ask
        } else {
            return None;
        };
        Some((side, self.all_in(index, side)?))
    }

    fn leg(
        &self,
        index: usize,
        rules: &Kelly,
        belief: &Belief,
        wanted: Option<(Side, f64)>,
    ) -> Leg {
        let p = belief.blended.get();
        let yes = (1.0 - rules.resolution_risk) * p + rules.resolution_risk * rules.disputed_value;
        let yes = match wanted {
            Some((Side::Bid, cost)) => shrunk(rules.fraction, yes, cost),
            Some((Side::Ask, cost)) => 1.0 - shrunk(rules.fraction, 1.0 - yes, cost),
            None => yes,
        };
        Leg {
            yes,
            position: self.inventory(index).quantity.as_f64(),
            wanted: wanted.map(|(side, cost)| (side.outcome(), cost)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn leg(yes: f64, cost: f64) -> Leg {
        Leg { yes, position: 0.0, wanted: Some((Outcome::Yes, cost)) }
    }

    /// Independent events: the joint size is that of the independent portfolio of model.md T5.5.
    #[test]
    fn t5_5_independent() {
        let size = best(&leg(0.42, 0.35), &leg(0.40, 0.33), 0.0, 1.0).unwrap();
        assert!((size - 0.302_093_263).abs() < 1e-6, "{size}");
    }

    #[test]
    fn what_wins_together_is_bought_in_smaller_parts() {
        let size = |shared| best(&leg(0.42, 0.35), &leg(0.40, 0.33), shared, 1.0).unwrap();
        assert!(size(0.5) < size(0.0));
        assert!(size(0.9) < size(0.5));
    }

    /// What is held on the companion counts as much as what is wanted there.
    #[test]
    fn a_position_on_the_companion_counts() {
        let held = |position: f64| Leg { yes: 0.40, position, wanted: None };
        let size = |position| best(&leg(0.42, 0.35), &held(position), 0.8, 100.0).unwrap();
        assert!(size(50.0) < size(0.0), "{} {}", size(50.0), size(0.0));
        // NO of the companion pays where YES of both is lost: more can be bought.
        assert!(size(-50.0) > size(0.0));
    }

    proptest! {
        #[test]
        fn joint_states_have_the_single_probabilities(
            first in 0.01..0.99_f64, second in 0.01..0.99_f64, shared in 0.0..=1.0_f64
        ) {
            let states = joint(first, second, shared).unwrap();
            prop_assert!((states.first() - first).abs() < 1e-9);
            prop_assert!((states.second() - second).abs() < 1e-9);
            prop_assert!(states.both >= first * second - 1e-12);
        }
    }
}
