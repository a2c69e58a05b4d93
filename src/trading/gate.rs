//! [`Gate`]: may orders leave?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Looked at by whoever sends, immediately before the bytes.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<Locks>);

#[derive(Debug, Default)]
struct Locks {
    closed: AtomicBool,
    held: AtomicBool,
}

impl Gate {
    /// No order leaves from now on: stop, kill, or a failed journal.
    pub fn close(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
    }

    /// May no order leave any more?
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::SeqCst)
    }

    /// No order leaves until [`Self::release`]: the private stream was interrupted, and what happened
    /// meanwhile is not known yet (I15).
    pub fn hold(&self) {
        self.0.held.store(true, Ordering::SeqCst);
    }

    /// The account has been compared since.
    pub fn release(&self) {
        self.0.held.store(false, Ordering::SeqCst);
    }

    /// Are orders held back for now?
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.0.held.load(Ordering::SeqCst)
    }
}
