//! What restricts trading beyond the account's mode: strategies and markets that are halted, venues
//! that take no orders, a clock nobody trusts, an account not yet compared.

use std::collections::BTreeMap;

use statecraft_domain::action::Severity;
use statecraft_domain::control::{
    ClockJudged, Origin, Reconciled, RestrictionChanged, Scope, VenueCondition,
    VenueConditionChanged,
};
use statecraft_domain::event::Mode;
use statecraft_domain::{Action, MarketId, StrategyId, Timestamp, Venue};

use super::Engine;
use crate::market::venue_index;

/// Restrictions in force. Everything starts unrestricted; a restart is told again what it must keep.
#[derive(Debug, Clone)]
pub struct Controls {
    /// One for everybody who restricts a scope: what the shell lifts again is not what a person or a
    /// breaker restricted.
    restrictions: BTreeMap<(Scope, Origin), RestrictionChanged>,
    conditions: [VenueCondition; 3],
    clock: Option<ClockJudged>,
    /// When the last complete comparison of each venue's account was asked for.
    reconciled: [Option<Timestamp>; 3],
    /// When each venue's connection last came up after being down.
    connected_since: [Option<Timestamp>; 3],
}

impl Default for Controls {
    fn default() -> Self {
        Self {
            restrictions: BTreeMap::new(),
            conditions: [VenueCondition::Open; 3],
            clock: None,
            reconciled: [None; 3],
            connected_since: [None; 3],
        }
    }
}

impl Controls {
    /// Every restriction in force, in the order of their scopes.
    pub fn restrictions(&self) -> impl Iterator<Item = &RestrictionChanged> {
        self.restrictions.values()
    }

    /// The strictest restriction of this scope, if there is one.
    #[must_use]
    pub fn restriction(&self, scope: Scope) -> Option<&RestrictionChanged> {
        [Origin::Engine, Origin::Operator, Origin::Shell, Origin::Listing]
            .into_iter()
            .filter_map(|origin| self.restrictions.get(&(scope, origin)))
            .max_by_key(|change| strictness(change.mode))
    }

    /// When the venue's connection last came up after being down; `None`: it never was down.
    #[must_use]
    pub const fn connected_since(&self, venue: Venue) -> Option<Timestamp> {
        self.connected_since[venue_index(venue)]
    }

    /// A connection that was down is up again: what the account did meanwhile is not known.
    pub(super) const fn reconnected(&mut self, venue: Venue, at: Timestamp) {
        self.connected_since[venue_index(venue)] = Some(at);
    }

    /// What the venue as a whole allows.
    #[must_use]
    pub const fn condition(&self, venue: Venue) -> VenueCondition {
        self.conditions[venue_index(venue)]
    }

    /// The last comparison of clocks; `None`: never made.
    #[must_use]
    pub const fn clock(&self) -> Option<ClockJudged> {
        self.clock
    }

    /// When the last complete comparison of this venue's account was asked for.
    #[must_use]
    pub const fn reconciled(&self, venue: Venue) -> Option<Timestamp> {
        self.reconciled[venue_index(venue)]
    }

    /// The strictest of the account's mode and what holds for this strategy and this market.
    #[must_use]
    pub fn mode(&self, account: Mode, strategy: StrategyId, market: MarketId) -> Mode {
        if self.restrictions.is_empty() {
            return account;
        }
        let of = |scope| self.restriction(scope).map(|change| change.mode);
        [Some(account), of(Scope::Strategy(strategy)), of(Scope::Market(market))]
            .into_iter()
            .flatten()
            .max_by_key(|mode| strictness(*mode))
            .unwrap_or(account)
    }
}

/// How much a mode forbids.
pub(super) const fn strictness(mode: Mode) -> u8 {
    match mode {
        Mode::Active => 0,
        Mode::ReduceOnly => 1,
        Mode::Starting => 2,
        Mode::Halted => 3,
        Mode::Killed => 4,
    }
}

impl Engine {
    /// Is the venue's connection up, as far as we were told?
    #[must_use]
    pub fn is_connected(&self, venue: Venue) -> bool {
        self.venues.is_connected(venue)
    }

    /// What restricts trading beyond the account's mode.
    #[must_use]
    pub const fn controls(&self) -> &Controls {
        &self.controls
    }

    pub(super) fn restriction_changed(
        &mut self,
        changed: &RestrictionChanged,
        actions: &mut Vec<Action>,
    ) {
        let scope = changed.scope;
        let mode_of = |controls: &Controls| {
            controls.restriction(scope).map_or(Mode::Active, |change| change.mode)
        };
        let before = mode_of(&self.controls);
        self.note_restriction(changed);
        let after = mode_of(&self.controls);
        if before == after {
            return;
        }
        let (severity, code) = if after == Mode::Active {
            (Severity::Warning, "restriction_lifted")
        } else {
            (Severity::Critical, "restricted")
        };
        let what = match scope {
            Scope::Strategy(id) => {
                self.wake_strategy(id.index());
                let strategy = self.config.strategies.get(id.index());
                format!("strategy {}", strategy.map_or("?", |strategy| strategy.name.as_str()))
            }
            Scope::Market(id) => {
                if id.index() < self.markets.len() {
                    self.wake_market(id.index());
                }
                let market = self.markets.get(id.index());
                format!("market {}", market.map_or("?", |market| market.listing().ticker.as_str()))
            }
        };
        let message = format!("{what}: {after:?} ({}): {}", changed.code, changed.reason);
        self.alert(severity, code, message, actions);
        if strictness(after) >= strictness(Mode::Halted) {
            self.cancel_resting(actions);
        }
    }

    /// Who restricts may lift his own; a person lifts everything (I13), a freeze after a move
    /// that nothing explains too, and counting begins anew.
    fn note_restriction(&mut self, changed: &RestrictionChanged) {
        if changed.origin == Origin::Operator {
            self.controls.restrictions.retain(|(scope, _), _| *scope != changed.scope);
            if let Scope::Strategy(strategy) = changed.scope
                && let Some(state) = self.strategies.get_mut(strategy.index())
            {
                state.conduct.forgive();
            }
            if changed.mode == Mode::Active {
                self.release_caution(changed.scope);
            }
        }
        let restrictions = &mut self.controls.restrictions;
        let key = (changed.scope, changed.origin);
        if changed.mode == Mode::Active {
            restrictions.remove(&key);
        } else {
            restrictions.insert(key, changed.clone());
        }
    }

    /// Is everything, or this order's strategy or market, stopped?
    pub(super) fn is_stopped(&self, strategy: StrategyId, market: MarketId) -> bool {
        matches!(self.controls.mode(self.mode, strategy, market), Mode::Halted | Mode::Killed)
    }

    pub(super) fn clock_judged(&mut self, judged: &ClockJudged, actions: &mut Vec<Action>) {
        let before = self.controls.clock.is_none_or(|clock| clock.trusted);
        self.controls.clock = Some(*judged);
        if before == judged.trusted {
            return;
        }
        let offset = judged.offset.get() / 1_000_000;
        let (severity, code, message) = if judged.trusted {
            (Severity::Info, "clock_trusted", format!("the clock is trusted again ({offset} ms)"))
        } else {
            let message =
                format!("the clock is {offset} ms from the venue's or jumped: no new orders");
            (Severity::Critical, "clock_untrusted", message)
        };
        self.alert(severity, code, message, actions);
    }

    pub(super) fn venue_condition(
        &mut self,
        changed: &VenueConditionChanged,
        actions: &mut Vec<Action>,
    ) {
        let slot = &mut self.controls.conditions[venue_index(changed.venue)];
        if std::mem::replace(slot, changed.condition) == changed.condition {
            return;
        }
        let open = changed.condition == VenueCondition::Open;
        let severity = if open { Severity::Info } else { Severity::Warning };
        let message = format!("{}: {:?} ({})", changed.venue, changed.condition, changed.detail);
        self.alert(severity, "venue_condition", message, actions);
        for market in 0..self.markets.len() {
            if self.markets[market].listing().venue == changed.venue {
                self.wake_market(market);
            }
        }
    }

    pub(super) fn account_reconciled(&mut self, reconciled: &Reconciled) {
        let slot = &mut self.controls.reconciled[venue_index(reconciled.venue)];
        *slot = (*slot).max(Some(reconciled.asked));
        self.wake_all();
    }
}
