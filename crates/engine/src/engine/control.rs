//! What restricts trading beyond the account's mode: strategies and markets that are halted, venues
//! that take no orders, a clock nobody trusts, an account not yet compared.

use std::collections::BTreeMap;

use statecraft_domain::action::Severity;
use statecraft_domain::control::{
    ClockJudged, Reconciled, RestrictionChanged, Scope, VenueCondition, VenueConditionChanged,
};
use statecraft_domain::event::Mode;
use statecraft_domain::{Action, MarketId, StrategyId, Timestamp, Venue};

use super::Engine;
use crate::market::venue_index;

/// Restrictions in force. Everything starts unrestricted; a restart is told again what it must keep.
#[derive(Debug, Clone)]
pub struct Controls {
    restrictions: BTreeMap<Scope, RestrictionChanged>,
    conditions: [VenueCondition; 3],
    clock: Option<ClockJudged>,
    /// When the last complete comparison of each venue's account was asked for.
    reconciled: [Option<Timestamp>; 3],
}

impl Default for Controls {
    fn default() -> Self {
        Self {
            restrictions: BTreeMap::new(),
            conditions: [VenueCondition::Open; 3],
            clock: None,
            reconciled: [None; 3],
        }
    }
}

impl Controls {
    /// Every restriction in force, in the order of their scopes.
    pub fn restrictions(&self) -> impl Iterator<Item = &RestrictionChanged> {
        self.restrictions.values()
    }

    /// The restriction of this scope, if there is one.
    #[must_use]
    pub fn restriction(&self, scope: Scope) -> Option<&RestrictionChanged> {
        self.restrictions.get(&scope)
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
        let of = |scope| self.restrictions.get(&scope).map(|change| change.mode);
        [Some(account), of(Scope::Strategy(strategy)), of(Scope::Market(market))]
            .into_iter()
            .flatten()
            .max_by_key(|mode| strictness(*mode))
            .unwrap_or(account)
    }
}

/// How much a mode forbids.
const fn strictness(mode: Mode) -> u8 {
    match mode {
        Mode::Active => 0,
        Mode::ReduceOnly => 1,
        Mode::Starting => 2,
        Mode::Halted => 3,
        Mode::Killed => 4,
    }
}

impl Engine {
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
        let before = self.controls.restriction(scope).map(|change| change.mode);
        if changed.mode == Mode::Active {
            self.controls.restrictions.remove(&scope);
        } else {
            self.controls.restrictions.insert(scope, changed.clone());
        }
        if before.unwrap_or(Mode::Active) == changed.mode {
            return;
        }
        let (severity, code) = if changed.mode == Mode::Active {
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
        let message = format!("{what}: {:?} ({}): {}", changed.mode, changed.code, changed.reason);
        self.alert(severity, code, message, actions);
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
        self.controls.reconciled[venue_index(reconciled.venue)] = Some(reconciled.asked);
    }
}
