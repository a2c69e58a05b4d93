//! What a strategy holds by its own orders, and when it gives that up whatever its edge: held too long,
//! the model moved against it, or the market is about to close.

use statecraft_domain::action::Severity;
use statecraft_domain::{
    Action, Denial, Fill, MarketId, MarketStatus, Nanos, Price, Probability, Quantity, Side,
    Timestamp,
};

use super::Engine;
use super::motive::Motive;
use crate::config::{Decision, Exits};
use crate::decision::{Proposal, Style, Verdict};
use crate::model::Belief;
use crate::orders::Position;

/// A position whose `stop_move` has had nothing to compare for this long is told to a person (wall time).
const UNJUDGED: Nanos = Nanos::from_secs(600);

/// What a strategy's own orders brought on a market.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Holding {
    /// Contracts, YES positive, and what they cost.
    pub(crate) book: Position,
    /// Since when something is held in this direction.
    pub(crate) since: Option<Timestamp>,
    /// Blended probability of YES by which it was bought: the mean over the decisions whose orders filled, each by
    /// its contracts. Where none is known, when it was first looked at with this holding.
    pub(crate) probability: Option<f64>,
}

/// Since when nothing is known that `stop_move` could compare.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unjudged {
    since: Timestamp,
    /// A person knows.
    told: bool,
}

impl Holding {
    /// A fill of an order that was decided by this probability.
    fn trade(&mut self, fill: &Fill, at: Timestamp, believed: Option<f64>) {
        let before = self.book.quantity;
        self.book.trade(fill.side, fill.price, fill.quantity);
        let after = self.book.quantity;
        if after.e6().signum() != before.e6().signum() {
            self.since = (!after.is_zero()).then_some(at);
            self.probability = believed.filter(|_| !after.is_zero());
        } else if after.abs() > before.abs() {
            let share = fill.quantity.as_f64() / after.abs().as_f64();
            self.probability = match (self.probability, believed) {
                (Some(then), Some(now)) => Some(share.mul_add(now - then, then)),
                // What is not known has the mean of what is.
                (then, now) => then.or(now),
            };
        }
    }

    /// A part of it went by an order of another strategy.
    pub(super) fn lessen(&mut self, price: Price, part: Quantity) {
        let side = if self.book.quantity.is_positive() { Side::Ask } else { Side::Bid };
        self.book.trade(side, price, part);
        if self.book.quantity.is_zero() {
            (self.since, self.probability) = (None, None);
        }
    }

    /// How far the probability of what is held has fallen.
    fn fall(&self, now: f64) -> Option<f64> {
        let then = self.probability?;
        Some(if self.book.quantity.is_positive() { then - now } else { now - then })
    }

    /// The exit that is due, if one is.
    fn due(
        &self,
        exits: &Exits,
        now: Timestamp,
        probability: Option<f64>,
        left: Option<Nanos>,
    ) -> Option<Motive> {
        if self.book.quantity.is_zero() {
            return None;
        }
        let held = self.since.map(|since| now - since).zip(exits.max_holding);
        let too_long = held
            .filter(|(held, most)| held >= most)
            .map(|(held, most)| Motive::MaxHolding { held, most });
        let fall = probability.and_then(|probability| self.fall(probability)).zip(exits.stop_move);
        let against = fall
            .filter(|(fall, most)| fall >= most)
            .map(|(fall, most)| Motive::StopMove { fall, most });
        let closing = left
            .zip(exits.before_close)
            .filter(|(left, margin)| left <= margin)
            .map(|(left, margin)| Motive::BeforeClose { left, margin });
        too_long.or(against).or(closing)
    }
}

impl Engine {
    /// A fill of one of our orders belongs to the strategy that decided it, but for what it closes of others
    /// ([`Self::own_part`]). What two strategies hold against each other stays theirs when the account holds
    /// nothing: forgotten, it would be bought and sold once more.
    pub(super) fn note_holding(&mut self, fill: &Fill) {
        let Some(record) = self.ledger.get(fill.order) else { return };
        let (strategy, now) = (record.request.strategy, self.now);
        let believed = record.believed.map(Probability::get);
        let part = record.request.reduce_only.then(|| self.own_part(fill, strategy));
        let fill = part.as_ref().unwrap_or(fill);
        let Some(bound) = self.bindings_of.get(fill.market.index()) else { return };
        for &index in bound {
            let binding = &mut self.bindings[index];
            if binding.strategy == strategy {
                binding.holding.trade(fill, now, believed);
            }
        }
        self.claim(fill);
    }

    /// Tells a person once where something is held whose `stop_move` has had nothing to compare for a while.
    pub(super) fn watch_stops(&mut self, actions: &mut Vec<Action>) {
        for index in 0..self.bindings.len() {
            let exits = match &self.strategy_of(index).decision {
                Decision::Kelly(rules) => &rules.exits,
                Decision::Maker(rules) => &rules.exits,
                Decision::Threshold(_) => continue,
            };
            if exits.stop_move.is_some() {
                self.watch_stop(index, actions);
            }
        }
    }

    fn watch_stop(&mut self, index: usize, actions: &mut Vec<Action>) {
        let market = self.market_of(index);
        let held = self.bindings[index].holding.book.quantity;
        let could = !held.is_zero() && market.listing().status == MarketStatus::Active;
        let is_judged = || {
            let belief = self.belief(index, self.evidence_of(market.id()).as_ref());
            belief.is_some_and(|belief| !belief.lacks_market)
        };
        if !could || is_judged() {
            self.bindings[index].unjudged = None;
            return;
        }
        let now = self.now;
        let patience = UNJUDGED.times(self.config.time_scale);
        let unjudged =
            self.bindings[index].unjudged.get_or_insert(Unjudged { since: now, told: false });
        if unjudged.told || now - unjudged.since <= patience {
            return;
        }
        unjudged.told = true;
        let message = format!(
            "strategy {} on {}: {held} contracts are held, and there has been no probability that the market has its \
             say in for more than ten minutes: stop_move compares nothing",
            self.strategy_of(index).name,
            self.market_of(index).listing().ticker,
        );
        self.alert(Severity::Warning, "stop_unjudged", message, actions);
    }

    /// The market is paid out: nobody holds anything on it any more.
    pub(super) fn forget_holdings(&mut self, market: MarketId) {
        let Some(bound) = self.bindings_of.get(market.index()) else { return };
        for &index in bound {
            self.bindings[index].holding = Holding::default();
        }
    }

    /// What a strategy decides by: what its own orders brought on its market. What no strategy's orders
    /// brought (an account that held something before) is the first one's that does not quote.
    pub(super) fn inventory(&self, index: usize) -> Position {
        let market = self.bindings[index].market;
        let account = self.accounts.position(market);
        let own = self.bindings[index].holding.book;
        let quotes = |one: usize| matches!(self.strategy_of(one).decision, Decision::Maker(_));
        let bound = &self.bindings_of[market.index()];
        if bound.len() == 1 {
            return if quotes(index) { own } else { account };
        }
        let rest = self.unclaimed(market);
        if rest.is_zero() || self.heir(market) != Some(index) {
            return own;
        }
        // What it cost is not known: at most this, as of every position that is taken over.
        let cost = own.cost + Price::ONE.times(rest.abs());
        Position { quantity: own.quantity + rest, cost, ..own }
    }

    /// A close of what the strategy holds, cut to what the account holds of it and nobody is closing already.
    /// Where others hold as much of the other side, nothing is left to close: it is an order like any that opens.
    pub(super) fn closable(&self, index: usize, verdict: Verdict) -> Verdict {
        let Verdict::Propose(proposal) = verdict else { return verdict };
        if !proposal.reduces {
            return verdict;
        }
        let market = self.market_of(index);
        let account = self.accounts.position(market.id()).quantity;
        let held = match proposal.side {
            Side::Ask => account,
            Side::Bid => -account,
        };
        let lot = market.listing().lot;
        if !held.floor_to(lot).is_positive() {
            return Verdict::Propose(Proposal { reduces: false, ..proposal });
        }
        let left = held - self.closing(market.id(), proposal.side);
        let quantity = left.min(proposal.quantity).floor_to(lot);
        if left >= proposal.quantity {
            verdict
        } else if quantity.is_positive() {
            Verdict::Propose(Proposal { quantity, ..proposal })
        } else {
            Verdict::Nothing(Denial::OrderWorking)
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
        // A book that flickers moves no probability that the market has a part in.
        let heard = belief.filter(|belief| !belief.lacks_market);
        let probability = heard.map(|belief| belief.blended.get());
        let binding = &mut self.bindings[index];
        binding.is_overdue = false;
        let holding = &mut binding.holding;
        if holding.book.quantity.is_zero() {
            return None;
        }
        holding.probability = holding.probability.or(probability);
        let holding = *holding;
        let left = self.market_of(index).listing().close.map(|close| close - self.now);
        let due = holding.due(exits, self.now, probability, left)?;
        let verdict = self.give_up(index, &holding, exits.slippage);
        self.bindings[index].is_overdue = verdict.is_none();
        let verdict = verdict?;
        self.bindings[index].motive = Some(due);
        Some(verdict)
    }

    /// Sells as much as others have within `slippage` of their best price: of what is held here, at most what
    /// the account still holds in this direction and nobody is closing. Nothing if another strategy has closed it
    /// already.
    fn give_up(&self, index: usize, holding: &Holding, slippage: Price) -> Option<Verdict> {
        let market = self.market_of(index);
        let account = self.accounts.position(market.id()).quantity;
        let long = holding.book.quantity.is_positive();
        let same = account.is_positive() == long;
        let held =
            if same { holding.book.quantity.abs().min(account.abs()) } else { Quantity::ZERO };
        if held.is_zero() {
            return None;
        }
        let (side, against) = if long { (Side::Ask, Side::Bid) } else { (Side::Bid, Side::Ask) };
        let left = account.abs() - self.closing(market.id(), side);
        let reach = self.reach(index, market.listing().lot, account);
        let held = held.min(left).min(reach.most);
        if !held.is_positive() {
            return Some(Verdict::Nothing(Denial::OrderWorking));
        }
        let mut levels = self.others(market.id(), against).peekable();
        let Some(best) = levels.peek().copied() else {
            return Some(Verdict::Nothing(Denial::NoPrice));
        };
        let (mut there, mut worst) = (Quantity::ZERO, best.price);
        for level in levels {
            let far = level.price.e4().abs_diff(best.price.e4()) > slippage.e4();
            let beyond = level.price != best.price && !reach.allows(side, level.price);
            if far || beyond || there >= held {
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

    /// Is it too early to open something again? So it is, too, while an exit is due of what the account does not hold
    /// any more: whatever came of it would have to go at once.
    pub(super) fn is_reentering(&self, index: usize, exits: &Exits) -> bool {
        self.bindings[index].is_overdue
            || self.bindings[index].last_exit.is_some_and(|at| self.now - at < exits.reentry)
    }
}
