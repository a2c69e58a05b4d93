//! What a strategy holds by its own orders, and when it gives that up whatever its edge: held too long,
//! the model moved against it, or the market is about to close.

use statecraft_domain::{Denial, Fill, Nanos, Price, Quantity, Side, Timestamp};

use super::Engine;
use crate::config::Exits;
use crate::decision::{Proposal, Style, Verdict};
use crate::model::Belief;

/// What a strategy's own orders brought on a market.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Holding {
    /// YES positive.
    pub(crate) quantity: Quantity,
    /// Since when something is held in this direction.
    pub(crate) since: Option<Timestamp>,
    /// Blended probability of YES when it was first looked at with this holding.
    pub(crate) probability: Option<f64>,
}

impl Holding {
    fn trade(&mut self, side: Side, quantity: Quantity, at: Timestamp) {
        let before = self.quantity.e6().signum();
        self.quantity += match side {
            Side::Bid => quantity,
            Side::Ask => -quantity,
        };
        let after = self.quantity.e6().signum();
        if after != before {
            self.since = (after != 0).then_some(at);
            self.probability = None;
        }
    }

    /// How far the probability of what is held has fallen.
    fn fall(&self, now: f64) -> Option<f64> {
        let then = self.probability?;
        Some(if self.quantity.is_positive() { then - now } else { now - then })
    }

    /// Is one of the exits due?
    fn is_due(
        &self,
        exits: &Exits,
        now: Timestamp,
        probability: Option<f64>,
        left: Option<Nanos>,
    ) -> bool {
        if self.quantity.is_zero() {
            return false;
        }
        let held = self.since.map(|since| now - since);
        let reached = |span: Option<Nanos>, most| span.is_some_and(|span| span >= most);
        let too_long = exits.max_holding.is_some_and(|most| reached(held, most));
        let fall = probability.and_then(|probability| self.fall(probability));
        let against = exits.stop_move.is_some_and(|most| fall.is_some_and(|fall| fall >= most));
        let closing =
            exits.before_close.is_some_and(|margin| left.is_some_and(|left| left <= margin));
        too_long || against || closing
    }
}

impl Engine {
    /// A fill of one of our orders belongs to the strategy that decided it.
    pub(super) fn note_holding(&mut self, fill: &Fill) {
        let Some(record) = self.ledger.get(fill.order) else { return };
        let (strategy, now) = (record.request.strategy, self.now);
        let Some(bound) = self.bindings_of.get(fill.market.index()) else { return };
        for &index in bound {
            let binding = &mut self.bindings[index];
            if binding.strategy == strategy {
                binding.holding.trade(fill.side, fill.quantity, now);
            }
        }
    }

    /// The order that gives up what the strategy holds on this market, or why it cannot be made;
    /// nothing if no exit is due.
    pub(super) fn forced_exit(
        &mut self,
        index: usize,
        exits: &Exits,
        belief: Option<&Belief>,
    ) -> Option<Verdict> {
        let probability = belief.map(|belief| belief.blended.get());
        let holding = &mut self.bindings[index].holding;
        if holding.quantity.is_zero() {
            return None;
        }
        holding.probability = holding.probability.or(probability);
        let holding = *holding;
        let left = self.market_of(index).listing().close.map(|close| close - self.now);
        let due = holding.is_due(exits, self.now, probability, left);
        if due { self.give_up(index, &holding, exits.slippage) } else { None }
    }

    /// Sells as much as rests within `slippage` of the best price: of what is held here, at most what
    /// the account still holds in this direction. Nothing if another strategy has closed it already.
    fn give_up(&self, index: usize, holding: &Holding, slippage: Price) -> Option<Verdict> {
        let market = self.market_of(index);
        let account = self.accounts.position(market.id()).quantity;
        let long = holding.quantity.is_positive();
        let same = account.is_positive() == long;
        let held = if same { holding.quantity.abs().min(account.abs()) } else { Quantity::ZERO };
        if held.is_zero() {
            return None;
        }
        let (side, against) = if long { (Side::Ask, Side::Bid) } else { (Side::Bid, Side::Ask) };
        let mut levels = market.book().levels(against).peekable();
        let Some(best) = levels.peek().copied() else {
            return Some(Verdict::Nothing(Denial::NoPrice));
        };
        let (mut there, mut worst) = (Quantity::ZERO, best.price);
        for level in levels {
            if level.price.e4().abs_diff(best.price.e4()) > slippage.e4() || there >= held {
                break;
            }
            there = there.checked_add(level.quantity).unwrap_or(held);
            worst = level.price;
        }
        let quantity = held.min(there).floor_to(market.listing().lot);
        if quantity.is_zero() {
            return Some(Verdict::Nothing(Denial::TooSmall));
        }
        Some(Verdict::Propose(Proposal {
            side,
            price: worst,
            quantity,
            reduces: true,
            edge: 0.0,
            style: Style::Take,
        }))
    }

    /// Is it too early to open something again?
    pub(super) fn is_reentering(&self, index: usize, exits: &Exits) -> bool {
        self.bindings[index].last_exit.is_some_and(|at| self.now - at < exits.reentry)
    }
}
