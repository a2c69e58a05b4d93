//! What left, counted by whoever sends; and the look from behind that holds it against what the engine
//! approved (reliability.md 9.3).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use statecraft_domain::OrderRequest;
use statecraft_engine::Engine;
use statecraft_engine::risk::post_trade::{Breach, Flow, post_trade};

use super::reconciler::Wall;

/// How often it is looked.
pub const EVERY: Duration = Duration::from_secs(5);

/// Orders that left since the process began, on whatever task they were sent.
#[derive(Debug, Clone, Default)]
pub struct Sent(Arc<Mutex<Flow>>);

impl Sent {
    /// One leaves now: counted before its first byte.
    pub fn add(&self, order: &OrderRequest) {
        // Two numbers that are written together; there is no half-done state to fear.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(order);
    }

    /// How many, and what they were worth.
    #[must_use]
    pub fn flow(&self) -> Flow {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks every [`EVERY`] and says each breach once for as long as it lasts.
#[derive(Debug, Default)]
pub struct FlowWatch {
    next: Wall,
    told: BTreeSet<(&'static str, String)>,
    /// What had left beyond what was approved when a person last released a kill.
    forgiven: Flow,
}

impl FlowWatch {
    /// A person has released what this killed: the next order that nobody approved is told again.
    pub fn forgive(&mut self, engine: &Engine, sent: Flow) {
        self.forgiven = sent.less(engine.approved());
    }

    /// Breaches that were not there at the last look; nothing before the next is due.
    pub fn look(&mut self, now: Wall, engine: &Engine, sent: Flow) -> Vec<Breach> {
        if now < self.next {
            return Vec::new();
        }
        self.next = now + EVERY;
        let found = post_trade(engine, sent.less(self.forgiven));
        // The numbers of one breach change from look to look: its code and its subject name it.
        let name = |breach: &Breach| (breach.code, breach.subject.clone());
        let present: BTreeSet<_> = found.iter().map(name).collect();
        let told = std::mem::replace(&mut self.told, present);
        found.into_iter().filter(|breach| !told.contains(&name(breach))).collect()
    }
}
