//! [`Gate`]: may orders leave? The last thing the gateway looks at. Any thread may close it at any moment,
//! also while the loop hangs; a closed gate needs no loop, no journal and no lock that somebody else holds.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use statecraft_domain::StrategyId;

/// Who closed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Bar {
    /// The run is ending or the journal failed: for good.
    Stop = 1,
    /// A kill: until a person releases it.
    Kill = 2,
    /// A pause: until a person resumes.
    Pause = 4,
    /// The private stream was interrupted, and what happened meanwhile is not known yet (I15).
    Held = 8,
    /// The engine stopped itself: until it may trade again.
    Latched = 16,
    /// The run's order group was ended with everything that rested in it, and the venue takes no order into it
    /// until it is set up anew: nothing that rests leaves.
    Ungrouped = 32,
}

/// Bars are the low bits; above them stands how often a person, or the program itself, stopped everything.
const STOP_ONE: u64 = 1 << 16;
const BARS: u64 = STOP_ONE - 1;

#[derive(Debug, Default)]
struct Inner {
    state: AtomicU64,
    /// Some strategy is barred: only then is the lock taken.
    some: AtomicBool,
    strategies: Mutex<BTreeSet<StrategyId>>,
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<Inner>);

impl Gate {
    /// No order leaves from now on, for good.
    pub fn close(&self) {
        self.bar(Bar::Stop);
    }

    /// No order leaves from now on, until this bar is lifted.
    pub fn bar(&self, bar: Bar) {
        let stop = if matches!(bar, Bar::Kill | Bar::Pause) { STOP_ONE } else { 0 };
        let barred = |state: u64| Some(state.wrapping_add(stop) | bar as u64);
        let _ = self.0.state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, barred);
    }

    /// As [`Self::bar`], by whoever carries out what has put this bar down already: that is no second stop, and who
    /// asked to go on in between is heard.
    pub fn keep(&self, bar: Bar) {
        if !self.has(bar) {
            self.bar(bar);
        }
    }

    /// Takes one bar away; others hold on, and a stop is for good.
    pub fn lift(&self, bar: Bar) {
        if bar != Bar::Stop {
            self.0.state.fetch_and(!(bar as u64), Ordering::SeqCst);
        }
    }

    /// How often it has been killed or paused.
    #[must_use]
    pub fn stops(&self) -> u64 {
        self.0.state.load(Ordering::SeqCst) / STOP_ONE
    }

    /// Takes one bar away unless somebody has killed or paused since there were so many `stops`: whoever asked to
    /// trade again did not know of that. Says whether it did.
    pub fn lift_since(&self, bar: Bar, stops: u64) -> bool {
        let lifted = |state: u64| {
            (state / STOP_ONE == stops && bar != Bar::Stop).then_some(state & !(bar as u64))
        };
        self.0.state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lifted).is_ok()
    }

    /// No order leaves until [`Self::release`].
    pub fn hold(&self) {
        self.bar(Bar::Held);
    }

    /// The account has been compared since.
    pub fn release(&self) {
        self.lift(Bar::Held);
    }

    /// Are orders held back for now?
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.has(Bar::Held)
    }

    /// Is this bar down?
    #[must_use]
    pub fn has(&self, bar: Bar) -> bool {
        self.bars() & bar as u64 != 0
    }

    /// May no order leave any more: stopped, killed, paused, or stopped by the engine?
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.bars() & !(Bar::Held as u64 | Bar::Ungrouped as u64) != 0
    }

    /// Must everything that rests be ended at once, and not only order by order: stopped, killed, or stopped by
    /// the engine?
    #[must_use]
    pub fn ends_all(&self) -> bool {
        self.has(Bar::Stop) || self.has(Bar::Kill) || self.has(Bar::Latched)
    }

    fn bars(&self) -> u64 {
        self.0.state.load(Ordering::SeqCst) & BARS
    }

    /// No order of this strategy leaves from now on.
    pub fn bar_strategy(&self, strategy: StrategyId) {
        let mut barred = self.0.strategies.lock().unwrap_or_else(PoisonError::into_inner);
        barred.insert(strategy);
        self.0.some.store(true, Ordering::SeqCst);
    }

    /// Orders of this strategy may leave again, as far as this gate is concerned.
    pub fn lift_strategy(&self, strategy: StrategyId) {
        let mut barred = self.0.strategies.lock().unwrap_or_else(PoisonError::into_inner);
        barred.remove(&strategy);
        self.0.some.store(!barred.is_empty(), Ordering::SeqCst);
    }

    /// Why an order of this strategy may not leave; `None`: it may.
    #[must_use]
    pub fn refuses(&self, strategy: StrategyId) -> Option<&'static str> {
        if self.has(Bar::Kill) {
            return Some("the gate is closed: killed");
        }
        if self.has(Bar::Pause) {
            return Some("the gate is closed: paused");
        }
        if self.has(Bar::Latched) {
            return Some("the gate is closed: the engine has stopped itself");
        }
        if self.is_closed() {
            return Some("the gate is closed");
        }
        if self.is_held() {
            return Some("the account has not been compared since the connection came up");
        }
        if !self.0.some.load(Ordering::SeqCst) {
            return None;
        }
        let barred = self.0.strategies.lock().unwrap_or_else(PoisonError::into_inner);
        barred.contains(&strategy).then_some("the gate is closed: the strategy is paused")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i12_each_bar_is_lifted_for_itself_and_a_stop_never() {
        let gate = Gate::default();
        let (one, two) = (StrategyId(1), StrategyId(2));
        assert_eq!(gate.refuses(one), None);
        gate.bar(Bar::Pause);
        gate.bar(Bar::Kill);
        gate.lift(Bar::Pause);
        assert!(gate.refuses(one).unwrap().contains("killed"));
        gate.lift(Bar::Kill);
        gate.bar_strategy(one);
        assert!(gate.refuses(one).is_some() && gate.refuses(two).is_none());
        gate.lift_strategy(one);
        assert_eq!(gate.refuses(one), None);
        gate.bar(Bar::Ungrouped);
        assert!(gate.refuses(one).is_none() && !gate.is_closed() && !gate.ends_all());
        gate.lift(Bar::Ungrouped);
        gate.close();
        gate.lift(Bar::Stop);
        assert!(gate.is_closed() && gate.refuses(two).is_some());
        assert!(!gate.lift_since(Bar::Stop, gate.stops()));
    }

    #[test]
    fn p6_who_asked_before_the_last_kill_lifts_nothing() {
        let (gate, one) = (Gate::default(), StrategyId(1));
        gate.bar(Bar::Kill);
        let asked = gate.stops();
        gate.bar(Bar::Kill);
        assert!(!gate.lift_since(Bar::Kill, asked), "killed again meanwhile");
        assert!(gate.refuses(one).is_some());
        assert!(gate.lift_since(Bar::Kill, gate.stops()));
        assert_eq!(gate.refuses(one), None);
        // Who carries out what has barred already stops nothing a second time.
        let asked = gate.stops();
        gate.keep(Bar::Kill);
        assert_eq!(gate.stops(), asked + 1, "lifted meanwhile");
        gate.keep(Bar::Kill);
        assert_eq!(gate.stops(), asked + 1);
        // What the engine or the connection bars is nobody's stop.
        let asked = gate.stops();
        gate.bar(Bar::Pause);
        gate.bar(Bar::Held);
        gate.bar(Bar::Latched);
        assert_eq!(gate.stops(), asked + 1);
    }
}
