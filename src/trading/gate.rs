//! [`Gate`]: may orders leave? The last thing the gateway looks at. Any thread may close it at any moment,
//! also while the loop hangs; a closed gate needs no loop, no journal and no lock that somebody else holds.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use statecraft_domain::StrategyId;

/// Who closed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Bar {
    /// The run is ending or the journal failed: for good.
    Stop = 1,
    /// A kill: until a person releases it.
    Kill = 2,
    /// A pause: until a person resumes.
    Pause = 4,
    /// The private stream was interrupted, and what happened meanwhile is not known yet (I15).
    Held = 8,
}

#[derive(Debug, Default)]
struct Inner {
    bars: AtomicU8,
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
        self.0.bars.fetch_or(bar as u8, Ordering::SeqCst);
    }

    /// Takes one bar away; others hold on, and a stop is for good.
    pub fn lift(&self, bar: Bar) {
        if bar != Bar::Stop {
            self.0.bars.fetch_and(!(bar as u8), Ordering::SeqCst);
        }
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
        self.0.bars.load(Ordering::SeqCst) & bar as u8 != 0
    }

    /// May no order leave any more: stopped, killed or paused?
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.bars.load(Ordering::SeqCst) & !(Bar::Held as u8) != 0
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
        gate.close();
        gate.lift(Bar::Stop);
        assert!(gate.is_closed() && gate.refuses(two).is_some());
    }
}
