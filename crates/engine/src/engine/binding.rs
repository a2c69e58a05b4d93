//! A strategy on a market: when to look again, and what came of the last look.

use std::collections::VecDeque;

use statecraft_domain::control::Scope;
use statecraft_domain::{Denial, MarketId, OrderRequest, Side, StrategyId, Timestamp};

use super::cause::Looked;
use super::caution::Restraint;
use super::clearance::Clearance;
use super::evaluate::DecisionRecord;
use super::exit::{Holding, Unjudged};
use super::motive::Motive;
use crate::risk::report::CheckLine;

/// When the next evaluation can come to another result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// At any event of the market.
    EveryEvent,
    /// When the best bid or ask has another price.
    NextPrice,
    /// Not before this instant ([`Timestamp::MAX`]: when an own order moves).
    Until(Timestamp),
}

/// One strategy on one market.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub(crate) strategy: StrategyId,
    pub(crate) market: MarketId,
    /// Which horizon of the strategy's model the market has.
    pub(crate) horizon: usize,
    pub(super) pace: Pace,
    /// Something other than the book changed since the last evaluation.
    woken: bool,
    /// When the last order was decided.
    pub(super) last_order: Option<Timestamp>,
    /// When the last order that opens was decided.
    pub(super) last_entry: Option<Timestamp>,
    /// When the last order that closes what is held was decided.
    pub(super) last_exit: Option<Timestamp>,
    /// When the last of them was decided that holds on every market that asks the same.
    pub(super) given_up: Option<Timestamp>,
    /// What this strategy's own orders brought here.
    pub(super) holding: Holding,
    /// An exit of it is due, and the account holds nothing of it.
    pub(super) is_overdue: bool,
    /// What is held has a `stop_move` that nothing can be compared for.
    pub(super) unjudged: Option<Unjudged>,
    /// Since when it had no book when a person was told that prices elsewhere are not compared with its own.
    pub(super) unseen_told: Option<Timestamp>,
    /// How own quotes on the market are kept out of the way of a close.
    pub(super) clearance: Clearance,
    /// The side of an entry of which slices are still to come.
    pub(super) slicing: Option<Side>,
    /// When the quotes of the last minute were placed.
    pub(super) quoted: VecDeque<Timestamp>,
    /// Quotes of rules that are no longer in force may rest.
    pub(super) orphans: bool,
    /// When the last prediction was recorded.
    pub(crate) last_prediction: Option<Timestamp>,
    /// Why nothing was sent when the last prediction was recorded; nothing: an order was at work.
    pub(super) kept_reason: Option<Denial>,
    /// A signal moved the model, and no prediction says so yet.
    pub(super) has_news: bool,
    /// What decided the proposal of this evaluation.
    pub(super) motive: Option<Motive>,
    /// The stories that may have taken the model far from the market.
    pub(crate) looked: Looked,
    /// The last evaluation.
    pub(crate) last: Option<DecisionRecord>,
    /// The checks of the last order that was approved, as they stood before it.
    pub(crate) last_checks: Vec<CheckLine>,
    /// The reason a person has been alerted to, until another outcome.
    pub(super) alerted: Option<Denial>,
    /// What the market knows and the model does not.
    pub(super) restraint: Restraint,
}

impl Binding {
    pub(super) fn new(strategy: StrategyId, market: MarketId, horizon: usize) -> Self {
        Self {
            strategy,
            market,
            horizon,
            pace: Pace::EveryEvent,
            woken: false,
            last_order: None,
            last_entry: None,
            last_exit: None,
            given_up: None,
            holding: Holding::default(),
            is_overdue: false,
            unjudged: None,
            unseen_told: None,
            clearance: Clearance::default(),
            slicing: None,
            quoted: VecDeque::new(),
            orphans: false,
            last_prediction: None,
            kept_reason: None,
            has_news: false,
            motive: None,
            looked: Looked::default(),
            last: None,
            last_checks: Vec::new(),
            alerted: None,
            restraint: Restraint::default(),
        }
    }

    /// Is a restriction of this scope about it?
    pub(super) fn is_in(&self, scope: Scope) -> bool {
        match scope {
            Scope::Strategy(strategy) => self.strategy == strategy,
            Scope::Market(market) => self.market == market,
        }
    }

    /// Look again at the next opportunity.
    pub(super) const fn wake(&mut self) {
        self.pace = Pace::EveryEvent;
        self.woken = true;
    }

    /// Is there a reason to look although only time has passed?
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.woken || matches!(self.pace, Pace::Until(instant) if now >= instant)
    }

    /// An order was decided, by this run or an earlier one.
    pub(super) fn note_order(&mut self, order: &OrderRequest, motive: Option<Motive>) {
        let at = Some(order.decided_at);
        self.last_order = self.last_order.max(at);
        // Quotes wait for nothing, and nothing waits for them.
        if order.time_in_force.rests() {
            return;
        }
        if !order.reduce_only {
            self.last_entry = self.last_entry.max(at);
            return;
        }
        self.last_exit = self.last_exit.max(at);
        // What nobody wrote down counts as the rest.
        if !motive.is_some_and(|motive| motive.is_of_market()) {
            self.given_up = self.given_up.max(at);
        }
    }

    /// An evaluation takes place now.
    pub(super) const fn begin(&mut self) {
        self.woken = false;
        self.pace = Pace::EveryEvent;
        self.motive = None;
        self.looked.used = false;
    }
}
