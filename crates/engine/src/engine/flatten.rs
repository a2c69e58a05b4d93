//! Closing positions because a person asked (reliability.md 10.5): immediate orders near the best price,
//! through the same risk gate as every other, until nothing is held or the time is over.

use statecraft_domain::action::Severity;
use statecraft_domain::control::{Latch, Scope};
use statecraft_domain::event::{FlattenEnded, FlattenRequested, Mode};
use statecraft_domain::{
    Action, Denial, MarketId, Nanos, Price, Quantity, Side, StrategyId, Timestamp, Usd,
};

use super::Engine;
use super::evaluate::affordable;
use crate::DecisionOutcome;
use crate::decision::{Proposal, Style, Verdict};
use crate::market::MarketState;

/// How long it is tried (wall time).
const PATIENCE: Nanos = Nanos::from_secs(120);

/// A market that is being closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flatten {
    max_slippage: Price,
    until: Timestamp,
    /// When it was last attended to.
    attended: Timestamp,
}

impl Engine {
    /// May any strategy trade this market?
    #[must_use]
    pub fn is_bound(&self, market: MarketId) -> bool {
        self.bindings_of.get(market.index()).is_some_and(|bindings| !bindings.is_empty())
    }

    /// The strategy that closes this market's position for all that are bound to it: the first that is not
    /// stopped by itself.
    #[must_use]
    pub fn closer(&self, market: MarketId) -> Option<StrategyId> {
        self.closing_binding(market).map(|index| self.bindings[index].strategy)
    }

    fn closing_binding(&self, market: MarketId) -> Option<usize> {
        let bound = self.bindings_of.get(market.index())?;
        // A market that is restricted waits in the risk gate: that ends by itself.
        let free = |index: &usize| {
            let scope = Scope::Strategy(self.bindings[*index].strategy);
            let mode = self.controls.restriction(scope).map(|change| change.mode);
            !matches!(mode, Some(Mode::Halted | Mode::Killed))
        };
        bound.iter().copied().find(free)
    }

    /// What there is to close: all markets where something is held, or this one if it is.
    #[must_use]
    pub fn to_flatten(&self, only: Option<MarketId>) -> Vec<MarketId> {
        let open = self.markets.iter().filter(|market| market.settlement().is_none());
        let wanted = open.map(MarketState::id).filter(|id| only.is_none_or(|only| only == *id));
        wanted.filter(|id| !self.accounts.position(*id).quantity.is_zero()).collect()
    }

    /// Markets whose positions are being closed because a person asked.
    pub fn flattening(&self) -> impl Iterator<Item = MarketId> + '_ {
        self.flatten.keys().copied()
    }

    pub(super) fn flatten_requested(
        &mut self,
        requested: &FlattenRequested,
        actions: &mut Vec<Action>,
    ) {
        let until = self.now + PATIENCE.times(self.config.time_scale);
        let flatten = Flatten { max_slippage: requested.max_slippage, until, attended: self.now };
        for id in self.to_flatten(requested.market) {
            self.flatten.insert(id, flatten);
            self.wake_market(id.index());
        }
        self.cancel_resting(actions);
        self.close_flattened(actions);
    }

    /// Asks for the end of what rests, which could meet the orders that close and holds them up, again where
    /// that was asked in vain; and closes what it can.
    fn close_flattened(&mut self, actions: &mut Vec<Action>) {
        for index in 0..self.bindings.len() {
            if self.flatten.contains_key(&self.bindings[index].market) {
                self.pull(index, actions);
            }
        }
        for index in 0..self.bindings.len() {
            if self.flatten.contains_key(&self.bindings[index].market) {
                self.evaluate(index, actions);
            }
        }
    }

    /// The verdict on a binding whose market is being closed; `None`: it decides for itself.
    pub(super) fn decide_flatten(&self, index: usize) -> Option<Verdict> {
        if self.flatten.is_empty() {
            return None;
        }
        let binding = &self.bindings[index];
        let flatten = self.flatten.get(&binding.market)?;
        let closes = self.closing_binding(binding.market) == Some(index);
        if !closes || self.ledger.is_working(binding.strategy, binding.market) {
            return Some(Verdict::Nothing(Denial::OrderWorking));
        }
        let position = self.accounts.position(binding.market).quantity;
        if position.is_zero() {
            return Some(Verdict::Nothing(Denial::NoEdge));
        }
        let market = &self.markets[binding.market.index()];
        if !market.is_tradable_book() {
            return Some(Verdict::Nothing(Denial::Book));
        }
        let side = if position.is_positive() { Side::Ask } else { Side::Bid };
        let Some(price) = self.closing_price(index, market, side, flatten.max_slippage) else {
            return Some(Verdict::Nothing(Denial::Price));
        };
        let limits = &self.config.strategies[binding.strategy.index()].limits;
        let left = position.abs() - self.closing(binding.market, side);
        if !left.is_positive() {
            return Some(Verdict::Nothing(Denial::OrderWorking));
        }
        let most = left.min(limits.max_order_contracts);
        let quantity = self.payable(index, side, price, most, limits.max_order_cost);
        if !quantity.is_positive() {
            return Some(Verdict::Nothing(Denial::Size));
        }
        Some(Verdict::Propose(Proposal {
            side,
            price,
            quantity,
            reduces: true,
            edge: 0.0,
            style: Style::Take,
        }))
    }

    /// The executable price less the slippage, on the grid, as far as R8 and R5 let it go. Where they do not let it
    /// go that far it is the executable price, for the risk gate to say which of them.
    fn closing_price(
        &self,
        index: usize,
        market: &MarketState,
        side: Side,
        slippage: Price,
    ) -> Option<Price> {
        let grid = &market.listing().grid;
        let worst = self.worst_price(index, side);
        let price = |e4: i32| u16::try_from(e4.clamp(1, 9_999)).ok().and_then(Price::from_e4);
        let slippage = i32::from(slippage.e4());
        match side {
            Side::Ask => {
                let best = market.bid()?.price;
                let slipped = price(i32::from(best.e4()) - slippage)?;
                Some(grid.ceil(worst.map_or(slipped, |worst| worst.max(slipped)))?.min(best))
            }
            Side::Bid => {
                let best = market.ask()?.price;
                let slipped = price(i32::from(best.e4()) + slippage)?;
                Some(grid.floor(worst.map_or(slipped, |worst| worst.min(slipped)))?.max(best))
            }
        }
    }

    /// As much of it as the limit on one order's cost pays for.
    fn payable(
        &self,
        index: usize,
        side: Side,
        price: Price,
        most: Quantity,
        room: Usd,
    ) -> Quantity {
        let proposal =
            Proposal { side, price, quantity: most, reduces: true, edge: 0.0, style: Style::Take };
        let order = self.request(index, &proposal);
        let listing = self.markets[order.market.index()].listing();
        let cost = crate::risk::exposure::order_cost(listing, &order, self.now);
        most.min(affordable(&order, cost, room)).floor_to(listing.lot)
    }

    /// Its time does not run while the venue takes no order, or its market data is late: it is not tried then.
    fn wait_for_venue(&mut self) {
        for (id, flatten) in &mut self.flatten {
            let venue = self.markets[id.index()].listing().venue;
            if !self.controls.condition(venue).takes_orders(false) {
                flatten.until = flatten.until + (self.now - flatten.attended);
            }
            flatten.attended = self.now;
        }
    }

    /// Whoever lets everything trade again, or stops it, has given up what was to be closed.
    pub(super) fn give_up_flatten(&mut self, mode: Mode, actions: &mut Vec<Action>) {
        if mode == Mode::ReduceOnly {
            return;
        }
        for id in std::mem::take(&mut self.flatten).into_keys() {
            let left = self.accounts.position(id).quantity;
            if left.is_zero() {
                continue;
            }
            let message = format!(
                "{}: {left} contracts are still held, and are not closed any more: the mode is {mode:?}; ask again to \
                 close them",
                self.markets[id.index()].listing().ticker
            );
            self.alert(Severity::Warning, "flatten_incomplete", message, actions);
        }
    }

    /// Ends what is closed, and what took too long; tries again where a book moved or came back.
    pub(super) fn attend_flatten(&mut self, actions: &mut Vec<Action>) {
        if self.flatten.is_empty() {
            return;
        }
        self.wait_for_venue();
        let over: Vec<(MarketId, bool)> = self
            .flatten
            .iter()
            .map(|(&id, flatten)| {
                let settled = self.markets[id.index()].settlement().is_some();
                let closed = settled || self.accounts.position(id).quantity.is_zero();
                (id, closed, self.now >= flatten.until)
            })
            .filter(|(_, closed, late)| *closed || *late)
            .map(|(id, closed, _)| (id, closed))
            .collect();
        for (id, closed) in over {
            self.flatten.remove(&id);
            let ticker = &self.markets[id.index()].listing().ticker;
            let left = self.accounts.position(id).quantity;
            let refused =
                self.closer(id).and_then(|closer| match self.last_decision(closer, id)?.outcome {
                    DecisionOutcome::Denied(denial) => Some(denial),
                    DecisionOutcome::Order { .. } => None,
                });
            let why = match (self.closer(id), refused) {
                (None, _) => "every strategy that may trade it is stopped: `resume` one of them, and ask again".to_owned(),
                (Some(_), Some(denial)) => format!("last refused by {denial}"),
                (Some(_), None) => "the book did not give as much".to_owned(),
            };
            let (severity, code, message) = if closed {
                (Severity::Info, "flatten_done", format!("{ticker} is closed"))
            } else {
                let message = format!(
                    "{ticker}: {left} contracts could not be closed within two minutes: {why}; ask again, \
                     perhaps with more slippage, or close by hand at the venue and then `resume --accept-positions`"
                );
                (Severity::Critical, "flatten_incomplete", message)
            };
            self.alert(severity, code, message, actions);
            let ended = FlattenEnded { at: self.now, market: id, left };
            actions.push(Action::Latch(Latch::Flatten(ended)));
        }
        self.close_flattened(actions);
    }
}
