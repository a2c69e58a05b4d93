//! One evaluation: belief, prediction, decision, risk, and the order or the reason why not.

use serde::{Deserialize, Serialize};
use statecraft_domain::action::{Prediction, Severity};
use statecraft_domain::event::{Level, Mode, Standing};
use statecraft_domain::{
    Action, ClientOrderId, Denial, Liquidity, MarketId, Nanos, OrderRequest, Price, Probability,
    Quantity, SelfTradePrevention, Side, StrategyId, TimeInForce, Timestamp, Usd,
};

use super::motive::Motive;
use super::{Engine, Pace};
use crate::config::{Decision, Kelly, ModelSpec, Strategy, StrategyLimits, Threshold};
use crate::decision::kelly::{Reckoning, Situation};
use crate::decision::{Proposal, Style, Verdict, threshold};
use crate::market::{Evidence, MarketState};
use crate::model::{Belief, blend};
use crate::orders::Position;
use crate::risk::exposure::order_cost;
use crate::risk::report::{CheckLine, report};
use crate::risk::{Inquiry, gate};

/// Predictions because of another reason, or of quotes, are at least so far apart (engine time).
const KEPT_APART: Nanos = Nanos::from_secs(60);
/// Levels of a book's side that a decision looks at.
const LEVELS_MAX: usize = 64;

/// What an evaluation ended with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionOutcome {
    /// This order was approved.
    Order {
        /// Its name.
        id: ClientOrderId,
        /// Buy or sell YES.
        side: Side,
        /// Worst YES price accepted.
        price: Price,
        /// Contracts.
        quantity: Quantity,
    },
    /// Nothing, for this reason.
    Denied(Denial),
}

/// The last evaluation of a strategy on a market, with the numbers it used (I19).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecisionRecord {
    /// When.
    pub at: Timestamp,
    /// What it ended with.
    pub outcome: DecisionOutcome,
    /// What was believed, if anything was.
    pub belief: Option<Belief>,
    /// Best bid and ask.
    pub top: (Option<Level>, Option<Level>),
    /// The position.
    pub position: Quantity,
    /// The Kelly decision's numbers, if it was one.
    pub reckoning: Option<Reckoning>,
    /// What was proposed to the risk gate, if anything was.
    pub proposal: Option<Proposal>,
    /// What the strategy's own orders brought.
    pub own: Quantity,
    /// What decided the proposal.
    pub motive: Option<Motive>,
}

/// What a decision made of the situation.
pub(super) struct Decided {
    pub(super) verdict: Verdict,
    pub(super) belief: Option<Belief>,
    pub(super) reckoning: Option<Reckoning>,
    /// When it can come to something else.
    pub(super) pace: Pace,
}

impl Decided {
    pub(super) const fn nothing(denial: Denial, belief: Option<Belief>, pace: Pace) -> Self {
        Self { verdict: Verdict::Nothing(denial), belief, reckoning: None, pace }
    }
}

impl Engine {
    /// Evaluates one strategy on one market.
    #[inline(never)]
    pub(super) fn evaluate(&mut self, index: usize, actions: &mut Vec<Action>) {
        let market = self.bindings[index].market;
        let settled = self.markets[market.index()].settlement().is_some();
        if self.mode == Mode::Starting || settled {
            return;
        }
        self.counters.evaluations += 1;
        self.bindings[index].begin();
        self.predict(index, actions);
        let decided = match (self.decide_flatten(index), &self.strategy_of(index).decision) {
            (Some(verdict), _) => {
                self.bindings[index].motive = Some(Motive::Flatten);
                Decided { verdict, belief: None, reckoning: None, pace: Pace::EveryEvent }
            }
            (None, Decision::Threshold(rules)) => {
                let rules = *rules;
                self.decide_threshold(index, &rules)
            }
            (None, Decision::Kelly(rules)) => {
                let rules = *rules;
                self.decide_kelly(index, &rules, actions)
            }
            (None, Decision::Maker(rules)) => {
                let rules = *rules;
                return self.quote(index, &rules, actions);
            }
        };
        self.bindings[index].pace = decided.pace;
        let verdict = self.restrained(index, decided.verdict, actions);
        let numbers = (decided.belief, decided.reckoning);
        let (outcome, proposal) = match verdict {
            Verdict::Propose(proposal) if proposal.reduces => {
                self.close(index, proposal, numbers, actions)
            }
            Verdict::Nothing(denial) => {
                self.closes_nothing(index, &verdict);
                (DecisionOutcome::Denied(denial), None)
            }
            Verdict::Propose(proposal) => {
                self.closes_nothing(index, &verdict);
                (self.propose(index, proposal, numbers, actions), Some(proposal))
            }
        };
        self.conclude(index, outcome, &decided, proposal, actions);
    }

    /// Keeps what an evaluation came to.
    pub(super) fn conclude(
        &mut self,
        index: usize,
        outcome: DecisionOutcome,
        decided: &Decided,
        proposal: Option<Proposal>,
        actions: &mut Vec<Action>,
    ) {
        if let DecisionOutcome::Denied(denial) = outcome {
            self.counters.denials.count(denial);
            if proposal.is_some() {
                self.note_denied(index, denial, actions);
            }
        }
        self.tell_if_implausible(index, outcome, decided, proposal, actions);
        let market = self.bindings[index].market;
        let state = &self.markets[market.index()];
        self.bindings[index].last = Some(DecisionRecord {
            at: self.now,
            outcome,
            belief: decided.belief,
            top: (state.bid(), state.ask()),
            position: self.accounts.position(market).quantity,
            reckoning: decided.reckoning,
            proposal,
            own: self.inventory(index).quantity,
            motive: self.bindings[index].motive,
        });
        if let DecisionOutcome::Order { id, .. } = outcome {
            let facts = self.decision_facts(self.bindings[index].strategy, market);
            self.decided.extend(facts.map(|facts| (id, facts)));
        }
        self.keep_news(index, outcome, proposal, actions);
    }

    pub(super) fn strategy_of(&self, index: usize) -> &Strategy {
        &self.config.strategies[self.bindings[index].strategy.index()]
    }

    pub(super) fn market_of(&self, index: usize) -> &MarketState {
        &self.markets[self.bindings[index].market.index()]
    }

    /// What is believed now; `None` without a model.
    pub(super) fn belief(&self, index: usize, evidence: Option<&Evidence>) -> Option<Belief> {
        let state = &self.strategies[self.bindings[index].strategy.index()];
        let estimate = state.model.estimate_at(self.bindings[index].horizon);
        if estimate.is_none() && !state.model.is_market() {
            return None;
        }
        let mut rules = self.strategy_of(index).blend;
        rules.model_weight *= self.bindings[index].restraint.weight(self.now);
        blend(&rules, estimate, evidence)
    }

    /// Records a prediction if one is due and both sides of the market have a price.
    fn predict(&mut self, index: usize, actions: &mut Vec<Action>) {
        let interval = self.config.prediction_interval;
        let last = self.bindings[index].last_prediction;
        if last.is_none_or(|last| self.now - last >= interval) {
            self.record_prediction(index, actions);
        }
    }

    /// Records a prediction, and with it the decision, where there is something new to tell: a signal moved the
    /// model, an order was decided, or nothing is sent for another reason. Quotes and reasons may flicker:
    /// of them one in [`KEPT_APART`].
    fn keep_news(
        &mut self,
        index: usize,
        outcome: DecisionOutcome,
        proposal: Option<Proposal>,
        actions: &mut Vec<Action>,
    ) {
        let reason = match outcome {
            DecisionOutcome::Order { .. } | DecisionOutcome::Denied(Denial::OrderWorking) => None,
            DecisionOutcome::Denied(denial) => Some(denial),
        };
        let placed = matches!(outcome, DecisionOutcome::Order { .. })
            && proposal.is_some_and(|proposal| proposal.style == Style::Take);
        let binding = &self.bindings[index];
        let last = binding.last_prediction;
        let is_told = last == Some(self.now);
        let rested = last.is_none_or(|last| self.now - last >= KEPT_APART);
        let changed = rested && binding.kept_reason != reason;
        if !is_told && (binding.has_news || placed || changed) {
            self.record_prediction(index, actions);
        }
        let binding = &mut self.bindings[index];
        if binding.last_prediction == Some(self.now) {
            binding.kept_reason = reason;
            binding.has_news = false;
        }
    }

    fn record_prediction(&mut self, index: usize, actions: &mut Vec<Action>) {
        let Some(evidence) = self.evidence_of(self.bindings[index].market) else { return };
        let Some(belief) = self.belief(index, Some(&evidence)) else { return };
        let binding = &mut self.bindings[index];
        let state = &self.strategies[binding.strategy.index()];
        let prediction = Prediction {
            at: self.now,
            strategy: binding.strategy,
            market: binding.market,
            model: belief.model.get(),
            sd_logit: belief.model_sd_logit,
            blended: belief.blended.get(),
            market_price: evidence.microprice,
            bid: evidence.bid,
            ask: evidence.ask,
            version: state.version.clone(),
            signals: state.signals.clone(),
        };
        binding.last_prediction = Some(prediction.at);
        self.counters.predictions += 1;
        actions.push(Action::Predict(prediction));
    }

    fn decide_threshold(&self, index: usize, rules: &Threshold) -> Decided {
        let binding = &self.bindings[index];
        if self.ledger.is_working(binding.strategy, binding.market) {
            let pace = Pace::Until(Timestamp::MAX);
            return Decided::nothing(Denial::OrderWorking, None, pace);
        }
        let ready = binding.last_order.map(|at| at + rules.interval);
        if let Some(ready) = ready.filter(|&ready| self.now < ready) {
            return Decided::nothing(Denial::Cooldown, None, Pace::Until(ready));
        }
        let market = self.market_of(index);
        if !market.is_tradable_book() {
            return Decided::nothing(Denial::Book, None, Pace::NextPrice);
        }
        let (fair, belief, pace) = self.fair_for_threshold(index, market);
        let Some(fair) = fair else {
            return Decided::nothing(Denial::NoModel, belief, pace);
        };
        if belief.is_some_and(|belief| belief.lacks_market) {
            return Decided::nothing(Denial::NoEvidence, belief, pace);
        }
        let position = self.inventory(index).quantity;
        let verdict = threshold::decide(rules, fair, market.bid(), market.ask(), position);
        let verdict = self.closable(index, verdict);
        let pace = match verdict {
            Verdict::Propose(_) => Pace::EveryEvent,
            Verdict::Nothing(_) => pace,
        };
        Decided { verdict, belief, reckoning: None, pace }
    }

    /// The price the threshold is counted from. If the market's price has no part in it, nothing but
    /// a new best price can change the decision.
    fn fair_for_threshold(
        &self,
        index: usize,
        market: &MarketState,
    ) -> (Option<Price>, Option<Belief>, Pace) {
        let state = &self.strategies[self.bindings[index].strategy.index()];
        if self.strategy_of(index).blend.model_weight >= 1.0 && !state.model.is_market() {
            let estimate = state.model.estimate_at(self.bindings[index].horizon);
            let fair = estimate.map(|estimate| crate::decision::fair_price(estimate.probability));
            return (fair, None, Pace::NextPrice);
        }
        let belief = self.belief(index, market.evidence().as_ref());
        let fair = belief.map(|belief| crate::decision::fair_price(belief.blended));
        (fair, belief, Pace::EveryEvent)
    }

    fn decide_kelly(&mut self, index: usize, rules: &Kelly, actions: &mut Vec<Action>) -> Decided {
        let (strategy, market) = (self.bindings[index].strategy, self.bindings[index].market);
        if self.ledger.is_working(strategy, market) {
            let pace = Pace::Until(Timestamp::MAX);
            return Decided::nothing(Denial::OrderWorking, None, pace);
        }
        let state = &self.markets[market.index()];
        let evidence = self.evidence_of(market);
        let belief = self.belief(index, evidence.as_ref());
        if !state.is_tradable_book() {
            return Decided::nothing(Denial::Book, belief, Pace::NextPrice);
        }
        // What is held is given up in time whether anything is believed of it or not.
        if let Some(verdict) = self.forced_exit(index, &rules.exits, belief.as_ref()) {
            return Decided { verdict, belief, reckoning: None, pace: Pace::EveryEvent };
        }
        let Some(belief) = belief else {
            return Decided::nothing(Denial::NoModel, None, Pace::EveryEvent);
        };
        if belief.lacks_market {
            return Decided::nothing(Denial::NoEvidence, Some(belief), Pace::EveryEvent);
        }
        let Some(rules) = self.rules_for(index, rules, &belief, actions) else {
            return Decided::nothing(Denial::Implausible, Some(belief), Pace::EveryEvent);
        };
        let rules = &rules;
        let (verdict, reckoning) = self.reckon(index, rules, &belief);
        if let Verdict::Propose(proposal) = &verdict {
            let own = self.inventory(index).quantity;
            self.bindings[index].motive = Some(Motive::of_stake(proposal, &reckoning, own));
        }
        let verdict = self.closable(index, verdict);
        let verdict = self.entry_allowed(index, rules, verdict, actions);
        let verdict = self.sized_together(index, rules, &belief, verdict);
        self.note_slice(index, rules, verdict, reckoning.wanted);
        Decided {
            verdict,
            belief: Some(belief),
            reckoning: Some(reckoning),
            pace: Pace::EveryEvent,
        }
    }

    pub(super) fn reckon(
        &mut self,
        index: usize,
        rules: &Kelly,
        belief: &Belief,
    ) -> (Verdict, Reckoning) {
        let mut scratch = std::mem::take(&mut self.scratch);
        let market = self.market_of(index);
        let listing = market.listing();
        for (levels, side) in [(&mut scratch.0, Side::Bid), (&mut scratch.1, Side::Ask)] {
            levels.clear();
            levels.extend(self.others(market.id(), side).take(LEVELS_MAX));
        }
        let position = self.inventory(index);
        let elsewhere = self.elsewhere(index, rules);
        let value = self.marked(index) + elsewhere.value;
        let (has_fee, now) = (listing.fees.at(self.now).is_some(), self.now);
        let situation = Situation {
            rules,
            probability: belief.blended.get(),
            sd: belief.sd(),
            bids: &scratch.0,
            asks: &scratch.1,
            position: position.quantity,
            elsewhere: elsewhere.quantity,
            position_cost: (position.cost + elsewhere.cost).as_f64(),
            equity: self.equity().as_f64(),
            position_value: value.as_f64(),
            days: self.days_left(index),
            lot: listing.lot,
            cooling: self.is_cooling(index, rules),
            reach: self.reach(index, rules.min_contracts, position.quantity),
            fee: |price: f64| {
                if has_fee { listing.fees.planned(now, Liquidity::Taker, price, 1.0) } else { 0.0 }
            },
        };
        let decided = situation.decide();
        self.scratch = scratch;
        decided
    }

    /// Days until the event's deadline, or the market's close; zero if neither is known.
    pub(super) fn days_left(&self, index: usize) -> f64 {
        let binding = &self.bindings[index];
        let horizon = self.strategies[binding.strategy.index()].model.horizon(binding.horizon);
        let end = match horizon {
            Some(horizon) => Some(horizon.deadline),
            None => self.market_of(index).listing().close,
        };
        end.map_or(0.0, |end| (end - self.now).days().max(0.0))
    }

    /// Sizes the proposal to the limits, asks the risk gate, and enters the order if it passes.
    pub(super) fn propose(
        &mut self,
        index: usize,
        proposal: Proposal,
        (belief, reckoning): (Option<Belief>, Option<Reckoning>),
        actions: &mut Vec<Action>,
    ) -> DecisionOutcome {
        // The price that tempts may be the one that loses.
        self.watch_losses(actions);
        let order = self.fitted(index, self.request(index, &proposal));
        let value = self.value_for(&order, belief, reckoning);
        let inquiry = self.inquiry(&order, proposal.edge, value);
        let approved = match gate(&inquiry) {
            Ok(approved) => approved,
            Err(denial) => return DecisionOutcome::Denied(denial),
        };
        let checks = if self.config.keep_checks { report(&inquiry) } else { Vec::new() };
        self.enter(&order);
        self.approved.add(&order);
        let binding = &mut self.bindings[index];
        binding.last_checks = checks;
        binding.note_order(&order, binding.motive);
        binding.pace = Pace::Until(Timestamp::MAX);
        self.counters.orders += 1;
        let OrderRequest { id, side, price, quantity, .. } = order;
        self.ledger.place(order);
        if let Some(belief) = belief {
            self.ledger.note_belief(id, belief.blended);
        }
        actions.push(Action::Place(approved));
        DecisionOutcome::Order { id, side, price, quantity }
    }

    /// What the risk gate looks at, now.
    pub(super) fn inquiry<'a>(
        &'a self,
        order: &'a OrderRequest,
        edge: f64,
        value: Option<Price>,
    ) -> Inquiry<'a> {
        let (strategy, market) = (order.strategy, order.market);
        let state = &self.strategies[strategy.index()];
        let spec = &self.config.strategies[strategy.index()];
        let computes = matches!(spec.model, ModelSpec::Hazard(_));
        let age = |at: Timestamp| self.now - at;
        Inquiry {
            order,
            edge,
            now: self.now,
            mode: self.controls.mode(self.mode, strategy, market),
            barred: self.config.real_money && state.standing == Standing::Demoted,
            real_money: self.config.real_money,
            guarded: self.guarded,
            supervision: &self.config.supervision,
            controls: &self.controls,
            value,
            model_age: state.computed.filter(|_| computes).map(age),
            heard_age: self.heard.filter(|_| computes).map(age),
            conduct: &state.conduct,
            losses: self.losses(),
            story: state.story.as_ref(),
            attributions: &self.attributions,
            since: self.config.supervision.since.get(strategy.index()).copied().flatten(),
            bound: &state.bound,
            market: &self.markets[market.index()],
            markets: &self.markets,
            group: &self.groups[state.group],
            driven: &self.drivers[state.driver],
            venues: &self.venues,
            strategy: spec,
            limits: &self.config.limits,
            time_scale: self.config.time_scale,
            ledger: &self.ledger,
            accounts: &self.accounts,
            holdings: self.holdings(),
            equity: self.equity(),
            history: &self.history,
            attributed: std::cell::OnceCell::new(),
            exposures: std::cell::OnceCell::new(),
        }
    }

    /// May this order go out now, as far as the checks are concerned? Nothing goes out and nothing is
    /// remembered: for drills, and for whoever wants to know before changing limits.
    ///
    /// # Errors
    /// The reason of the first check that fails; [`Denial::Universe`] for an order of a strategy or on a
    /// market that is not known.
    pub fn try_order(&self, order: &OrderRequest, edge: f64) -> Result<(), Denial> {
        let known = order.strategy.index() < self.strategies.len()
            && order.market.index() < self.markets.len();
        if !known {
            return Err(Denial::Universe);
        }
        gate(&self.inquiry(order, edge, None)).map(drop)
    }

    /// The checks of the last proposal of a strategy on a market: as they stood when its order was
    /// approved; after a denial by the gate, as they stand now. Empty if nothing was proposed.
    #[must_use]
    pub fn checks(&self, strategy: StrategyId, market: MarketId) -> Vec<CheckLine> {
        let mut bound = self.bindings_of.get(market.index()).into_iter().flatten().copied();
        let found = bound.find(|&index| self.bindings[index].strategy == strategy);
        let Some((index, last)) = found.and_then(|i| Some((i, self.bindings[i].last?))) else {
            return Vec::new();
        };
        match (last.outcome, last.proposal) {
            (DecisionOutcome::Order { .. }, _) => self.bindings[index].last_checks.clone(),
            (DecisionOutcome::Denied(_), Some(proposal)) => {
                let order = self.fitted(index, self.request(index, &proposal));
                let value = self.value_for(&order, last.belief, last.reckoning);
                report(&self.inquiry(&order, proposal.edge, value))
            }
            (DecisionOutcome::Denied(_), None) => Vec::new(),
        }
    }

    /// The value of YES that R9 asks an edge over: what the decision sized by, unless a person fixed it.
    pub(super) fn value_for(
        &self,
        order: &OrderRequest,
        belief: Option<Belief>,
        reckoning: Option<Reckoning>,
    ) -> Option<Price> {
        let strategy = &self.config.strategies[order.strategy.index()];
        let sized = matches!(strategy.decision, Decision::Kelly(_));
        if !sized || matches!(strategy.model, ModelSpec::Constant { .. }) {
            return None;
        }
        let reckoned = reckoning.map(|numbers| match order.side {
            Side::Bid => numbers.value_yes,
            Side::Ask => 1.0 - numbers.value_no,
        });
        let value = reckoned.or(belief.map(|belief| belief.blended.get()))?;
        Probability::clamped(value).ok().map(crate::decision::fair_price)
    }

    /// The strategy's limits as they hold now: in its ramp, a part of them (R28).
    pub(super) fn limits_now(&self, index: usize) -> StrategyLimits {
        let (strategy, guards) = (self.bindings[index].strategy, &self.config.limits.guards);
        let since = self.config.supervision.since.get(strategy.index()).copied().flatten();
        let young = since.is_none_or(|since| self.now - since < guards.ramp);
        let limits = self.strategy_of(index).limits;
        let ramping = self.config.real_money && young && guards.ramp_e4 < 10_000;
        if ramping { limits.share(guards.ramp_e4) } else { limits }
    }

    pub(super) fn request(&self, index: usize, proposal: &Proposal) -> OrderRequest {
        OrderRequest {
            id: self.ledger.next_id(),
            strategy: self.bindings[index].strategy,
            market: self.bindings[index].market,
            side: proposal.side,
            price: proposal.price,
            quantity: proposal.quantity,
            time_in_force: match proposal.style {
                Style::Take => TimeInForce::ImmediateOrCancel,
                Style::Rest { expires } => TimeInForce::GoodTilCancelled { expires: Some(expires) },
            },
            post_only: proposal.style != Style::Take,
            // A venue takes this only of orders that do not rest.
            reduce_only: proposal.reduces && proposal.style == Style::Take,
            self_trade_prevention: SelfTradePrevention::CancelTaker,
            decided_at: self.now,
        }
    }

    /// A Kelly target, or a quote, is a wish: it is cut to what the limits on one order and on the market's position
    /// allow. A limit that allows less than the minimum cuts nothing, so that the risk gate names it.
    pub(super) fn fitted(&self, index: usize, order: OrderRequest) -> OrderRequest {
        let strategy = self.strategy_of(index);
        let min_contracts = match &strategy.decision {
            Decision::Kelly(rules) => rules.min_contracts,
            Decision::Maker(rules) => rules.min_contracts,
            Decision::Threshold(_) => return order,
        };
        let limits = &self.limits_now(index);
        let listing = self.market_of(index).listing();
        let cut = |order: OrderRequest, contracts: Quantity, room: Usd| {
            let payable = affordable(&order, order_cost(listing, &order, self.now), room);
            let most = order.quantity.min(contracts).min(payable).floor_to(listing.lot);
            let enough = most.is_positive() && most >= min_contracts.min(order.quantity);
            if enough { OrderRequest { quantity: most, ..order } } else { order }
        };
        let order = cut(order, limits.max_order_contracts, limits.max_order_cost);
        if order.reduce_only {
            return order;
        }
        let room = |held: Position| {
            let toward = match order.side {
                Side::Bid => held.quantity,
                Side::Ask => -held.quantity,
            };
            let spent = if toward.is_positive() { held.cost } else { Usd::ZERO };
            (limits.max_position_contracts - toward, limits.max_position_cost - spent)
        };
        let account = room(self.accounts.position(order.market));
        let own = room(self.bindings[index].holding.book);
        cut(order, account.0.min(own.0), account.1.min(own.1))
    }

    /// An edge too large to be true, or a model far from the market, is told to a person once, until
    /// the strategy comes to another result on that market.
    fn tell_if_implausible(
        &mut self,
        index: usize,
        outcome: DecisionOutcome,
        decided: &Decided,
        proposal: Option<Proposal>,
        actions: &mut Vec<Action>,
    ) {
        let reason = match outcome {
            DecisionOutcome::Denied(denial @ (Denial::EdgeTooLarge | Denial::Implausible)) => {
                denial
            }
            DecisionOutcome::Denied(_) | DecisionOutcome::Order { .. } => {
                self.bindings[index].alerted = None;
                return;
            }
        };
        if self.bindings[index].alerted == Some(reason) {
            return;
        }
        self.bindings[index].alerted = Some(reason);
        let number =
            |number: Option<f64>| number.map_or("unknown".to_owned(), |n| format!("{n:.4}"));
        let message = format!(
            "strategy {} on {}: model {}, market {}, edge {}: not traded; {}",
            self.strategy_of(index).name,
            self.market_of(index).listing().ticker,
            number(decided.belief.map(|belief| belief.model.get())),
            number(decided.belief.and_then(|belief| belief.market)),
            number(proposal.map(|proposal| proposal.edge)),
            if reason == Denial::Implausible {
                format!("the model probably misses a fact: {}", self.unexplained(index))
            } else {
                "the model probably misses a fact".to_owned()
            },
        );
        let code = if reason == Denial::Implausible { "implausible" } else { "edge_too_large" };
        self.alert(Severity::Warning, code, message, actions);
    }
}

/// Contracts that `room` pays for if the whole order costs `cost`; fees round up by at most a cent,
/// which is kept back.
pub(super) fn affordable(order: &OrderRequest, cost: Usd, room: Usd) -> Quantity {
    if cost <= room {
        return order.quantity;
    }
    let room = (room - Usd::CENT).e10().max(0);
    let contracts = i128::from(order.quantity.e6()) * room / cost.e10().max(1);
    Quantity::from_e6(i64::try_from(contracts).unwrap_or(0))
}
