//! Which mode the engine is in: what stops it by itself and stays stopped over restarts until a person releases it,
//! and which changes it takes from others.

use statecraft_domain::action::Severity;
use statecraft_domain::control::{Latch, OrderDenied, Origin, RestrictionChanged, Scope};
use statecraft_domain::event::{Mode, ModeChanged};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    Action, ClientOrderId, Denial, Fill, MarketId, Nanos, RejectReason, StrategyId, Timestamp, Usd,
};

use super::Engine;
use super::control::strictness;
use crate::config::StrategyLimits;
use crate::orders::OrderRecord;
use crate::risk::conduct::RATIO_WINDOW;

/// A strategy's denials for one reason are written down this often at most, wall time.
const DENIAL_AGAIN: Nanos = Nanos::from_secs(3_600);

impl Engine {
    /// What the engine stopped by itself, or a kill; `None`: nothing holds over a restart.
    #[must_use]
    pub const fn latched(&self) -> Option<&ModeChanged> {
        self.latched.as_ref()
    }

    /// Orders approved since this engine was made, for whoever counts what leaves.
    #[must_use]
    pub const fn approved(&self) -> crate::risk::post_trade::Flow {
        self.approved
    }

    /// The limits of the strategies that trade a market.
    pub(crate) fn limits_on(&self, market: MarketId) -> Vec<StrategyLimits> {
        let bound = self.bindings_of.get(market.index()).into_iter().flatten();
        bound
            .map(|&index| self.config.strategies[self.bindings[index].strategy.index()].limits)
            .collect()
    }

    /// Each event that strategies trade: its name, the widest limit of theirs on all of it, and its markets.
    pub(crate) fn groups_by_event(&self) -> impl Iterator<Item = (&str, Usd, &[MarketId])> {
        self.groups.iter().enumerate().filter_map(|(index, markets)| {
            let traders = self.strategies.iter().zip(&self.config.strategies);
            let mut of_group = traders.filter(|(state, _)| state.group == index).map(|(_, of)| of);
            let first = of_group.next()?;
            let widest = of_group
                .map(|strategy| strategy.limits.max_group_cost)
                .fold(first.limits.max_group_cost, Usd::max);
            Some((first.event.as_str(), widest, markets.as_slice()))
        })
    }

    /// What drives events: its name, and the markets of all of them.
    pub(crate) fn drivers_by_name(&self) -> impl Iterator<Item = (&str, &[MarketId])> {
        self.drivers.iter().enumerate().filter_map(|(index, markets)| {
            let mut traders = self.strategies.iter().zip(&self.config.strategies);
            let (_, strategy) = traders.find(|(state, _)| state.driver == index)?;
            Some((strategy.driver(), markets.as_slice()))
        })
    }

    /// Why this change of mode would be refused, if it would: it lets something trade that must stay as it is.
    #[must_use]
    pub fn refusal(&self, changed: &ModeChanged) -> Option<String> {
        if !matches!(changed.mode, Mode::Active | Mode::ReduceOnly) {
            return None;
        }
        let cause = self.halt_cause.as_deref();
        if self.unreconciled {
            let cause = cause.unwrap_or("an earlier halt");
            return Some(format!(
                "stays halted: no account report has agreed since the halt ({cause}); if what differs is your own doing \
                 at the venue, `resume --accept-positions`"
            ));
        }
        self.loosens_latch(changed).then(|| {
            let cause = cause.unwrap_or("it was stopped");
            format!("stays as it is until a person releases it: {cause}")
        })
    }

    pub(super) fn mode_changed(&mut self, changed: &ModeChanged, actions: &mut Vec<Action>) {
        if let Some(message) = self.refusal(changed) {
            return self.alert(Severity::Critical, "resume_refused", message, actions);
        }
        if self.loosens_latch(changed) {
            return;
        }
        if changed.mode == Mode::Active {
            if self.latched.is_some() || changed.is_by_operator() {
                self.accept_losses(actions);
            }
            self.released();
        }
        self.mode = changed.mode;
        let stops = !matches!(changed.mode, Mode::Starting | Mode::Active);
        self.mode_reason = stops.then(|| changed.reason.clone());
        self.give_up_flatten(changed.mode, actions);
        if changed.is_latched() {
            self.latched = Some(changed.clone());
        }
        // A pause over it does not hide what only a person may release.
        self.halt_cause = self.latched.as_ref().map(|held| held.reason.clone());
        self.wake_all();
        if matches!(changed.mode, Mode::Halted | Mode::Killed) {
            self.cancel_resting(actions);
        } else {
            self.requote(actions);
        }
    }

    /// Something happened that must not happen: halted until the account is compared and a person
    /// releases it.
    pub(super) fn halt(&mut self, code: &str, message: String, actions: &mut Vec<Action>) {
        self.unreconciled = true;
        self.stop(Mode::Halted, code, message, actions);
    }

    /// Lowers the mode by itself. Before trading has begun nothing is latched: every start compares the
    /// account anew. A mode that forbids more already stays; one that forbids as much, a person's pause, is latched
    /// all the same: whoever ends the pause is told of this.
    pub(super) fn stop(
        &mut self,
        mode: Mode,
        code: &str,
        message: String,
        actions: &mut Vec<Action>,
    ) {
        self.counters.halts += 1;
        let before = self.mode;
        let paused = self.latched.is_none() && self.halt_cause.is_none();
        if strictness(mode) > strictness(before) || (paused && mode == before) {
            self.mode = mode;
            if before != Mode::Starting {
                let change = ModeChanged::by_engine(self.now, mode, code, &message);
                self.latched = Some(change.clone());
                actions.push(Action::Latch(Latch::Mode(change)));
            }
            self.wake_all();
        }
        self.alert(Severity::Critical, code, message.clone(), actions);
        self.halt_cause.get_or_insert(message);
        if matches!(self.mode, Mode::Halted | Mode::Killed) {
            self.cancel_resting(actions);
        }
    }

    /// Halts one strategy until a person releases it.
    fn halt_strategy(
        &mut self,
        strategy: StrategyId,
        code: &str,
        reason: String,
        actions: &mut Vec<Action>,
    ) {
        let scope = Scope::Strategy(strategy);
        let present = self.controls.restriction(scope).map_or(Mode::Active, |change| change.mode);
        if !self.trades() || strictness(present) >= strictness(Mode::Halted) {
            return;
        }
        self.counters.halts += 1;
        let change = RestrictionChanged {
            at: self.now,
            scope,
            mode: Mode::Halted,
            origin: Origin::Engine,
            code: code.to_owned(),
            reason,
        };
        actions.push(Action::Latch(Latch::Restriction(change.clone())));
        self.restriction_changed(&change, actions);
    }

    /// Breakers work while there is trading: what a restart repeats has been judged in its time.
    pub(super) const fn trades(&self) -> bool {
        matches!(self.mode, Mode::Active | Mode::ReduceOnly)
    }

    fn ratio_window(&self) -> Nanos {
        RATIO_WINDOW.times(self.config.time_scale)
    }

    /// The strategy of an order and what is to be counted for it; nothing without limits.
    fn conduct_of(&mut self, order: ClientOrderId) -> Option<(StrategyId, usize)> {
        if !self.guarded {
            return None;
        }
        let strategy = self.ledger.get(order)?.request.strategy;
        self.strategies.get(strategy.index()).map(|_| (strategy, strategy.index()))
    }

    /// An order was decided, now or by an earlier run.
    pub(super) fn note_ordered(&mut self, strategy: StrategyId, at: Timestamp) {
        let window = self.ratio_window();
        if self.guarded
            && let Some(state) = self.strategies.get_mut(strategy.index())
        {
            state.conduct.ordered(at, window);
        }
    }

    /// An order was refused (R26, F27, F28).
    pub(super) fn note_rejected(
        &mut self,
        order: ClientOrderId,
        reason: RejectReason,
        actions: &mut Vec<Action>,
    ) {
        let (now, window) = (self.now, self.ratio_window());
        let unauthorized = reason == RejectReason::NotAuthorized;
        self.auth_rejects = if unauthorized { self.auth_rejects.saturating_add(1) } else { 0 };
        if self.trades() && self.auth_rejects >= self.config.limits.guards.max_auth_rejects {
            let message = format!(
                "the venue refused {} orders in a row for want of authorisation: key, permissions or \
                 clock are wrong",
                self.auth_rejects
            );
            self.stop(Mode::Halted, "not_authorized", message, actions);
        }
        if self.trades() && reason == RejectReason::OrderGroupEnded {
            let message = "the venue has ended the order group of this run: more contracts matched within 15 \
                           seconds than it allows (kalshi.order_group_contracts), or somebody ended it"
                .to_owned();
            self.stop(Mode::ReduceOnly, "order_group_ended", message, actions);
        }
        if expected(reason) {
            return;
        }
        let Some((strategy, index)) = self.conduct_of(order) else { return };
        self.strategies[index].conduct.rejected(now, window);
        let (counts, guards) =
            (self.strategies[index].conduct.ratios(now, window), self.config.limits.guards);
        if counts.rejects_exceed(&guards) {
            let reason = format!(
                "the venue refused {} of {} orders within five minutes, the last as {reason}",
                counts.rejects, counts.orders
            );
            self.halt_strategy(strategy, "reject_ratio", reason, actions);
        }
    }

    /// An order came to its end (R26). A quote that we withdraw is no failure.
    pub(super) fn note_closed(
        &mut self,
        order: ClientOrderId,
        reason: CloseReason,
        actions: &mut Vec<Action>,
    ) {
        let (now, window) = (self.now, self.ratio_window());
        if !self.ledger.get(order).is_some_and(|record| ended_badly(record, reason)) {
            return;
        }
        let Some((strategy, index)) = self.conduct_of(order) else { return };
        self.strategies[index].conduct.cancelled(now, window);
        let (counts, guards) =
            (self.strategies[index].conduct.ratios(now, window), self.config.limits.guards);
        if counts.cancels_exceed(&guards) {
            let reason = format!(
                "{} of {} orders ended cancelled within five minutes",
                counts.cancels, counts.orders
            );
            self.halt_strategy(strategy, "cancel_ratio", reason, actions);
        }
    }

    /// The venue took an order: it knows our key.
    pub(super) const fn note_accepted(&mut self) {
        self.auth_rejects = 0;
    }

    /// An order traded; its first fill counts (R21).
    pub(super) fn note_executed(&mut self, fill: &Fill, first: bool, actions: &mut Vec<Action>) {
        self.auth_rejects = 0;
        // A person closes a position slice by slice: that is no loop.
        if !first || self.flatten.contains_key(&fill.market) {
            return;
        }
        let Some((strategy, index)) = self.conduct_of(fill.order) else { return };
        let guards = self.config.limits.guards;
        let conduct = &mut self.strategies[index].conduct;
        conduct.executed(self.now, fill.market, fill.side);
        let (hour, day) = conduct.repeats(fill.market, fill.side, self.now);
        let (most_hour, most_day) = (guards.max_repeats_per_hour, guards.max_repeats_per_day);
        if hour >= most_hour as usize || day >= most_day as usize {
            let reason = format!(
                "{hour} orders traded on one side of a market within an hour (at most {most_hour}), \
                 {day} within a day (at most {most_day}): a loop?"
            );
            self.halt_strategy(strategy, "repeats", reason, actions);
        }
    }

    /// An order with an impossible history (I5): one too many kills.
    pub(super) fn note_impossible(&mut self, order: ClientOrderId, actions: &mut Vec<Action>) {
        let most = self.config.limits.guards.max_impossible as usize;
        if self.impossible.len() <= most {
            self.impossible.insert(order);
        }
        if self.impossible.len() > most && !matches!(self.mode, Mode::Starting | Mode::Killed) {
            let message = format!(
                "{} orders have a history that cannot be: nothing the venue says can be relied on",
                self.impossible.len()
            );
            self.stop(Mode::Killed, "impossible_transitions", message, actions);
        }
    }

    /// Does this change allow more than what only a person may release (I13)?
    pub(super) fn loosens_latch(&self, changed: &ModeChanged) -> bool {
        let held = self.latched.as_ref().map_or(Mode::Active, |held| held.mode);
        let looser = strictness(changed.mode) < strictness(held);
        looser && changed.mode != Mode::Starting && !changed.is_by_operator()
    }

    /// The gate denied an order: written down, but not at every look at the market.
    pub(super) fn note_denied(&mut self, index: usize, denial: Denial, actions: &mut Vec<Action>) {
        if !self.config.keep_checks {
            return;
        }
        let (strategy, market) = (self.bindings[index].strategy, self.bindings[index].market);
        let (written, count) = self.denied.entry((strategy, denial)).or_default();
        *count += 1;
        let pause = DENIAL_AGAIN.times(self.config.time_scale);
        if written.is_none_or(|at| self.now - at >= pause) {
            *written = Some(self.now);
            let (at, count) = (self.now, std::mem::take(count));
            let denied = OrderDenied { at, strategy, market, denial, count };
            actions.push(Action::Latch(Latch::Denied(denied)));
        }
    }

    /// What an earlier run wrote down of it.
    pub(super) fn denied_before(&mut self, denied: &OrderDenied) {
        let (written, _) = self.denied.entry((denied.strategy, denied.denial)).or_default();
        *written = (*written).max(Some(denied.at));
    }

    /// What a person released is counted anew.
    pub(super) fn released(&mut self) {
        self.latched = None;
        self.auth_rejects = 0;
        self.impossible.clear();
    }
}

/// Refusals that are part of a style, our own gateway's, or judged for themselves: a venue that is paused has a
/// condition of its own, which stops every order until it is over.
const fn expected(reason: RejectReason) -> bool {
    matches!(
        reason,
        RejectReason::PostOnlyCross
            | RejectReason::FillOrKill
            | RejectReason::OrderGroupEnded
            | RejectReason::TradingPaused
            | RejectReason::DroppedByGateway
    )
}

/// Ended without trading, by a cancel that is not just a quote's withdrawal. The rest of an immediate order is
/// cancelled in the venue's words; only the answer to the order, which may come later, calls it by its name.
fn ended_badly(record: &OrderRecord, reason: CloseReason) -> bool {
    let quote = record.request.post_only && record.withdrawn;
    let rested = record.request.time_in_force.rests();
    // Its fills may still be on their way.
    let filled = record.closed_filled.map_or(record.filled, |closed| closed.max(record.filled));
    match reason {
        CloseReason::Cancelled => rested && !quote && filled.is_zero(),
        CloseReason::VenueRemoved | CloseReason::SelfTrade => true,
        CloseReason::ImmediateRest
        | CloseReason::Expired
        | CloseReason::MarketClosed
        | CloseReason::NotPlaced => false,
    }
}
