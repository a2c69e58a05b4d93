//! A maker's evaluation: which quotes are wanted, what becomes of those that rest, and at most one new
//! one (model.md 5.9).
//!
//! Whatever is doubtful pulls: no probability, an untrusted book, a near close, a mode other than
//! active, a signal that just moved the model. A cancel is asked for once, and again only after a while
//! without an end. A new quote on a side waits until the old one's end is *known*, so the worst case
//! never counts two.

use statecraft_domain::event::{Mode, Standing};
use statecraft_domain::{
    Action, ClientOrderId, Denial, Liquidity, MarketId, MarketStatus, Nanos, Quantity, Side,
    TimeInForce, Timestamp,
};

use super::evaluate::{Decided, DecisionOutcome};
use super::motive::Motive;
use super::{CANCEL_AGAIN, Engine, Pace};
use crate::config::{Decision, Maker, ModelSpec};
use crate::decision::kelly::Reckoning;
use crate::decision::maker::{Resting, Scene, Upkeep, Wishes, halved, upkeep};
use crate::decision::{Proposal, Style, Verdict, quoting};
use crate::model::Belief;
use crate::orders::OrderRecord;

/// The spans of the write budget, wall time.
const MINUTE: Nanos = Nanos::from_secs(60);
const DAY: Nanos = Nanos::from_secs(86_400);
/// Quotes of all markets may use this part of the orders allowed in a minute and in a day (R19): one in so
/// many. The rest is left for orders that cannot wait.
const SHARE_OF_ORDERS: u32 = 2;
/// A size that the limits do not allow is halved at most so often.
const HALVINGS: u32 = 5;
const SIDES: [Side; 2] = [Side::Bid, Side::Ask];

/// One of our orders on a side, as a maker sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own {
    pub(super) id: ClientOrderId,
    side: Side,
    resting: Resting,
    /// May it rest at the venue, or are only its last fills outstanding?
    pub(super) rests: bool,
    cancel_requested: Option<Timestamp>,
}

impl Engine {
    /// Evaluates a maker on one market.
    pub(super) fn quote(&mut self, index: usize, rules: &Maker, actions: &mut Vec<Action>) {
        let evidence = self.evidence_of(self.bindings[index].market);
        let belief = self.belief(index, evidence.as_ref());
        if let Some(verdict) = self.maker_exit(index, rules, belief.as_ref()) {
            self.pull(index, actions);
            return self.leave(index, verdict, belief, actions);
        }
        let wishes = match self.wishes(index, rules, belief.as_ref()) {
            Ok(wishes) => wishes,
            Err(denial) => {
                self.closes_nothing(index, &Verdict::Nothing(denial));
                self.pull(index, actions);
                return self.no_quote(index, denial, belief, actions);
            }
        };
        self.clears_no_more(index);
        self.tend(index, rules, &wishes, actions);
        self.place_quote(index, rules, &wishes, belief, actions);
    }

    /// An exit of what the quotes brought; not on a book that cannot be believed.
    fn maker_exit(
        &mut self,
        index: usize,
        rules: &Maker,
        belief: Option<&Belief>,
    ) -> Option<Verdict> {
        let tradable = self.market_of(index).is_tradable_book();
        tradable.then(|| self.forced_exit(index, &rules.exits, belief)).flatten()
    }

    /// Gives up what is held, once no own quote could be met.
    fn leave(
        &mut self,
        index: usize,
        verdict: Verdict,
        belief: Option<Belief>,
        actions: &mut Vec<Action>,
    ) {
        let proposal = match verdict {
            Verdict::Nothing(denial) => {
                self.closes_nothing(index, &verdict);
                return self.no_quote(index, denial, belief, actions);
            }
            Verdict::Propose(proposal) => proposal,
        };
        if !self.own(index).is_empty() {
            return self.no_quote(index, Denial::OrderWorking, belief, actions);
        }
        let (outcome, proposal) = self.close(index, proposal, (belief, None), actions);
        self.bindings[index].pace = Pace::EveryEvent;
        self.concluded(index, outcome, proposal, (belief, None), actions);
    }

    fn no_quote(
        &mut self,
        index: usize,
        denial: Denial,
        belief: Option<Belief>,
        actions: &mut Vec<Action>,
    ) {
        self.concluded(index, DecisionOutcome::Denied(denial), None, (belief, None), actions);
    }

    fn concluded(
        &mut self,
        index: usize,
        outcome: DecisionOutcome,
        proposal: Option<Proposal>,
        (belief, reckoning): (Option<Belief>, Option<Reckoning>),
        actions: &mut Vec<Action>,
    ) {
        let verdict = Verdict::Nothing(Denial::OrderWorking);
        let decided = Decided { verdict, belief, reckoning, pace: Pace::EveryEvent };
        self.conclude(index, outcome, &decided, proposal, actions);
    }

    /// What is wanted now, or why nothing may rest.
    fn wishes(
        &self,
        index: usize,
        rules: &Maker,
        belief: Option<&Belief>,
    ) -> Result<Wishes, Denial> {
        if let Some(denial) = self.forbids_quotes(index, rules) {
            return Err(denial);
        }
        let belief = belief.ok_or(Denial::NoModel)?;
        if belief.lacks_market {
            return Err(Denial::NoEvidence);
        }
        if belief.distance() > rules.max_logit_distance {
            return Err(Denial::Implausible);
        }
        let scene = self.scene(index, rules, belief);
        let mut wishes = scene.wishes().map_err(|_| Denial::NoModel)?;
        if self.is_reentering(index, &rules.exits) {
            // Only what brings the inventory back to nothing.
            if scene.inventory >= Quantity::ZERO {
                wishes.bid = Err(Denial::Reentry);
            }
            if scene.inventory <= Quantity::ZERO {
                wishes.ask = Err(Denial::Reentry);
            }
        }
        Ok(wishes)
    }

    fn scene<'a>(
        &'a self,
        index: usize,
        rules: &'a Maker,
        belief: &Belief,
    ) -> Scene<'a, impl Fn(f64) -> f64 + 'a> {
        let market = self.market_of(index);
        let listing = market.listing();
        let rate = listing.fees.planned_rate(self.now, Liquidity::Maker);
        let price = |level: Option<statecraft_domain::event::Level>| level.map(|level| level.price);
        Scene {
            rules,
            probability: belief.blended.get(),
            sd: belief.sd(),
            inventory: self.bindings[index].holding.book.quantity,
            days: self.days_left(index),
            grid: &listing.grid,
            lot: listing.lot,
            top: (price(market.bid()), price(market.ask())),
            others: (
                self.others_best(market.id(), Side::Bid),
                self.others_best(market.id(), Side::Ask),
            ),
            fee: move |price: f64| rate * price * (1.0 - price),
        }
    }

    /// Everything that pulls quotes whatever the probability is.
    fn forbids_quotes(&self, index: usize, rules: &Maker) -> Option<Denial> {
        let binding = &self.bindings[index];
        let state = &self.strategies[binding.strategy.index()];
        let (market, limits) = (self.market_of(index), &self.strategy_of(index).limits);
        let listing = market.listing();
        let margin = rules.stop_before_close.max(limits.no_new_orders_before_close);
        let oldest = self.config.limits.max_book_age.times(self.config.time_scale);
        let age = self.venues.age(listing.venue, self.now);
        let mode = self.controls.mode(self.mode, binding.strategy, binding.market);
        let clock = self.controls.clock().is_none_or(|clock| clock.trusted);
        let venue = self.controls.condition(listing.venue).takes_orders(true);
        let moved = state.last_story.is_some_and(|at| self.now - at < rules.signal_pause);
        let resolved = state.model.hazard().is_some_and(|hazard| hazard.has_occurred());
        let closing = listing.close.is_some_and(|close| self.now >= close - margin);
        [
            (mode != Mode::Active, Denial::Mode),
            (self.config.real_money && state.standing == Standing::Demoted, Denial::Demoted),
            (listing.status != MarketStatus::Active || closing, Denial::MarketState),
            (!market.is_tradable_book(), Denial::Book),
            (!self.venues.is_connected(listing.venue), Denial::Book),
            (age.is_none_or(|age| age > oldest), Denial::Book),
            (!clock || !venue, Denial::QuotesPulled),
            (!self.losses().are_within(&self.config.limits.guards), Denial::Loss),
            (self.is_cleared_for_another(index), Denial::QuotesPulled),
            (moved || resolved || self.window_is_near(index), Denial::QuotesPulled),
            (binding.restraint.is_frozen(self.now), Denial::UnexplainedMove),
        ]
        .into_iter()
        .find_map(|(forbidden, denial)| forbidden.then_some(denial))
    }

    /// A dated occasion of the model is on, or begins within two days.
    fn window_is_near(&self, index: usize) -> bool {
        let ModelSpec::Hazard(spec) = &self.strategy_of(index).model else { return false };
        let windows = spec.windows.iter().map(|window| (window.start, window.end));
        quoting::pull(self.now, windows, false, Nanos::ZERO).is_some()
    }

    /// Own orders of this strategy on this market that are not over, oldest first.
    fn own(&self, index: usize) -> Vec<Own> {
        let binding = &self.bindings[index];
        let ours = |record: &&OrderRecord| {
            record.request.strategy == binding.strategy && record.request.market == binding.market
        };
        let records = self.ledger.live().iter().filter(ours);
        records.map(|record| self.as_own(record)).collect()
    }

    pub(super) fn as_own(&self, record: &OrderRecord) -> Own {
        let (waits, expires) = match record.request.time_in_force {
            TimeInForce::GoodTilCancelled { expires } => (true, expires),
            TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => (false, None),
        };
        Own {
            id: record.id(),
            side: record.request.side,
            resting: Resting {
                price: record.request.price,
                quoted: record.request.quantity,
                left: record.reserved(),
                expires_in: expires.map(|expires| expires - self.now),
            },
            rests: waits && record.phase.is_live(),
            cancel_requested: record.cancel_requested,
        }
    }

    /// Keeps, replaces or pulls what rests.
    fn tend(&mut self, index: usize, rules: &Maker, wishes: &Wishes, actions: &mut Vec<Action>) {
        let lifetime = self.lifetime(rules);
        for own in self.own(index) {
            let wish = wishes.on(own.side).ok();
            let edge = self.edge_of(index, &own, wishes);
            let what = upkeep(rules, &own.resting, edge, wish.as_ref(), lifetime);
            let go = match what {
                Upkeep::Keep => false,
                Upkeep::Replace => self.has_budget(index, rules),
                Upkeep::Pull => true,
            };
            if go {
                self.cancel_once(&own, actions);
            }
        }
    }

    /// What a resting quote earns by today's value.
    fn edge_of(&self, index: usize, own: &Own, wishes: &Wishes) -> f64 {
        let listing = self.market_of(index).listing();
        let fee = |price| listing.fees.planned(self.now, Liquidity::Maker, price, 1.0);
        let price = own.resting.price;
        let (value, paid) = match own.side {
            Side::Bid => (wishes.value.0, price),
            Side::Ask => (wishes.value.1, price.complement()),
        };
        value - paid.as_f64() - fee(price.as_f64())
    }

    /// Asks for the end of an order, unless that was asked for a short while ago.
    pub(super) fn cancel_once(&mut self, own: &Own, actions: &mut Vec<Action>) {
        let patience = CANCEL_AGAIN.times(self.config.time_scale);
        let waiting = own.cancel_requested.is_some_and(|at| self.now - at < patience);
        if own.rests && !waiting {
            self.cancel_order(own.id, actions);
        }
    }

    /// Asks for the end of everything that this strategy has resting on this market.
    pub(super) fn pull(&mut self, index: usize, actions: &mut Vec<Action>) {
        for own in self.own(index) {
            self.cancel_once(&own, actions);
        }
    }

    /// A strategy's file was edited and quotes no more: what rests goes, and that is asked for until it has.
    pub(super) fn orphan(&mut self, strategy: usize, actions: &mut Vec<Action>) {
        for binding in &mut self.bindings {
            binding.orphans |= binding.strategy.index() == strategy;
        }
        self.pull_orphans(actions);
    }

    /// Asks again for the end of quotes that an edit left behind.
    pub(super) fn pull_orphans(&mut self, actions: &mut Vec<Action>) {
        for index in 0..self.bindings.len() {
            if !self.bindings[index].orphans {
                continue;
            }
            let quotes = matches!(self.strategy_of(index).decision, Decision::Maker(_));
            if quotes || !self.own(index).iter().any(|own| own.rests) {
                self.bindings[index].orphans = false;
            } else {
                self.pull(index, actions);
            }
        }
    }

    /// A signal moved models: their quotes go before anything else is decided.
    pub(super) fn pull_moved(&mut self, actions: &mut Vec<Action>) {
        for index in 0..self.bindings.len() {
            let moved = self.strategies[self.bindings[index].strategy.index()].moved;
            if moved && matches!(self.strategy_of(index).decision, Decision::Maker(_)) {
                self.pull(index, actions);
            }
        }
    }

    /// A book is lost: its makers' quotes go. No other market is looked at: its own book may be lost by the
    /// very next event, of the same gap, and nothing may be decided on it in between (I17).
    pub(super) fn pull_from(&mut self, market: MarketId, actions: &mut Vec<Action>) {
        for index in 0..self.bindings.len() {
            let here = self.bindings[index].market == market;
            if here && matches!(self.strategy_of(index).decision, Decision::Maker(_)) {
                self.evaluate(index, actions);
            }
        }
    }

    /// Looks at every maker again: something may forbid its quotes now.
    pub(super) fn requote(&mut self, actions: &mut Vec<Action>) {
        for index in 0..self.bindings.len() {
            if matches!(self.strategy_of(index).decision, Decision::Maker(_)) {
                self.evaluate(index, actions);
            }
        }
    }

    /// Places the first wanted quote whose side is empty. One a time: the next event brings the other,
    /// and every order keeps the numbers it was decided by.
    fn place_quote(
        &mut self,
        index: usize,
        rules: &Maker,
        wishes: &Wishes,
        belief: Option<Belief>,
        actions: &mut Vec<Action>,
    ) {
        let own = self.own(index);
        let mut why = Denial::OrderWorking;
        let long = self.bindings[index].holding.book.quantity.is_positive();
        // The side that brings the inventory back goes first.
        let sides = if long { [Side::Ask, Side::Bid] } else { SIDES };
        for side in sides {
            if own.iter().any(|own| own.side == side) {
                continue;
            }
            let wish = match wishes.on(side) {
                Ok(wish) => wish,
                Err(denial) => {
                    why = denial;
                    continue;
                }
            };
            if !self.has_budget(index, rules) {
                why = Denial::QuoteBudget;
                continue;
            }
            let proposal = Proposal {
                side,
                price: wish.price,
                quantity: wish.quantity,
                reduces: self.closes(index, side, wish.quantity),
                edge: wish.edge,
                style: Style::Rest { expires: self.now + self.lifetime(rules) },
            };
            let value = match side {
                Side::Bid => wishes.value.0,
                Side::Ask => wishes.value.1,
            };
            self.bindings[index].motive = Some(Motive::Quote { value, edge: wish.edge });
            match self.propose_quote(index, rules, proposal, belief, actions) {
                DecisionOutcome::Denied(denial) => why = denial,
                outcome @ DecisionOutcome::Order { .. } => {
                    self.note_quote(index, self.now);
                    let numbers = (belief, Some(reckoning(wishes, wish.quantity)));
                    return self.concluded(index, outcome, Some(proposal), numbers, actions);
                }
            }
        }
        let numbers = (belief, Some(reckoning(wishes, Quantity::ZERO)));
        self.concluded(index, DecisionOutcome::Denied(why), None, numbers, actions);
    }

    /// The largest size that the limits allow, of the wish, its half, its quarter ...
    fn propose_quote(
        &mut self,
        index: usize,
        rules: &Maker,
        mut proposal: Proposal,
        belief: Option<Belief>,
        actions: &mut Vec<Action>,
    ) -> DecisionOutcome {
        let verdict = self.restrained(index, Verdict::Propose(proposal), actions);
        if let Verdict::Nothing(denial) = verdict {
            return DecisionOutcome::Denied(denial);
        }
        let lot = self.market_of(index).listing().lot;
        let mut outcome = self.propose(index, proposal, (belief, None), actions);
        for _ in 0..HALVINGS {
            let DecisionOutcome::Denied(denial) = outcome else { break };
            proposal.quantity = halved(proposal.quantity, lot);
            if !is_about_size(denial) || proposal.quantity < rules.min_contracts.max(lot) {
                break;
            }
            outcome = self.propose(index, proposal, (belief, None), actions);
        }
        self.bindings[index].pace = Pace::EveryEvent;
        outcome
    }

    /// Would the whole quote only close what is held?
    fn closes(&self, index: usize, side: Side, quantity: Quantity) -> bool {
        let held = self.bindings[index].holding.book.quantity;
        match side {
            Side::Bid => held + quantity <= Quantity::ZERO,
            Side::Ask => held - quantity >= Quantity::ZERO,
        }
    }

    /// How long a quote may rest, engine time.
    fn lifetime(&self, rules: &Maker) -> Nanos {
        rules.lifetime.min(self.config.limits.max_unattended).times(self.config.time_scale)
    }

    /// A quote was placed, by this run or an earlier one.
    pub(super) fn note_quote(&mut self, index: usize, at: Timestamp) {
        let start = at - MINUTE.times(self.config.time_scale);
        let times = &mut self.bindings[index].quoted;
        while times.front().is_some_and(|&at| at <= start) {
            times.pop_front();
        }
        times.push_back(at);
    }

    /// May another quote be placed now: here within this minute, and on all markets within it and this day?
    fn has_budget(&self, index: usize, rules: &Maker) -> bool {
        let (limits, scale) = (&self.config.limits, self.config.time_scale);
        let start = self.now - MINUTE.times(scale);
        let here = self.bindings[index].quoted.iter().filter(|&&at| at > start).count();
        let everywhere = [(MINUTE, limits.max_orders_per_minute), (DAY, limits.max_orders_per_day)];
        here < rules.max_quotes_per_minute as usize
            && everywhere.into_iter().all(|(span, most)| {
                let placed = self.history.quotes_within(span.times(scale), self.now);
                placed < (most / SHARE_OF_ORDERS) as usize
            })
    }
}

/// The numbers of both quotes, for whoever asks why.
fn reckoning(wishes: &Wishes, wanted: Quantity) -> Reckoning {
    let edge = |side| wishes.on(side).map_or(f64::NAN, |wish| wish.edge);
    Reckoning {
        edge_yes: edge(Side::Bid),
        edge_no: edge(Side::Ask),
        edge_needed: wishes.edge_needed,
        value_yes: wishes.value.0,
        value_no: wishes.value.1,
        wanted: wanted.as_f64(),
    }
}

/// Denials that a smaller order may escape.
const fn is_about_size(denial: Denial) -> bool {
    matches!(
        denial,
        Denial::Size
            | Denial::OrderCost
            | Denial::MarketPosition
            | Denial::GroupCost
            | Denial::DriverCost
            | Denial::VenueCost
            | Denial::AccountCost
            | Denial::TotalCost
            | Denial::BuyingPower
            | Denial::SignalCost
            | Denial::SourceCost
            | Denial::HourCost
            | Denial::Ramp
    )
}
