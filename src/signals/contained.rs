//! Parsers of other people's bytes may be wrong: a panic of one spoils its document and nothing else. Every
//! other panic ends the process (see the runtime), so these say that they are not meant.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a parser; `None`: it panicked. What it worked on must not be used afterwards.
pub fn contained<T>(parse: impl FnOnce() -> T) -> Option<T> {
    CONTAINED.set(true);
    let parsed = catch_unwind(AssertUnwindSafe(parse));
    CONTAINED.set(false);
    parsed.ok()
}

/// Is this thread inside [`contained`]?
#[must_use]
pub fn is_contained() -> bool {
    CONTAINED.get()
}
