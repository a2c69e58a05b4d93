//! What became of a source's lines and items, counted.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// What became of a source's lines so far.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
        pub struct Counters {
            $($(#[$doc])* pub $name: u64),+
        }

        #[derive(Debug, Default)]
        pub(super) struct Counts {
            $(pub(super) $name: AtomicU64),+
        }

        impl Counts {
            pub(super) fn read(&self) -> Counters {
                Counters { $($name: self.$name.load(Ordering::Relaxed)),+ }
            }
        }
    };
}

counters! {
    /// Lines or items read, empty ones aside; an item that was there before is not read again.
    lines,
    /// Of these, what was new and could be read, whatever came of it.
    news,
    /// Signals handed on.
    delivered,
    /// Lines or items that are no signal.
    malformed,
    /// Published in the future.
    ahead,
    /// Too old.
    too_old,
    /// Without a date, and there when we came: nobody knows how old.
    undated,
    /// Seen before.
    duplicates,
    /// The same headline was heard from a source at least as good.
    reposts,
    /// Above the rate: refused (pushed), or to be brought again by the next look (feeds).
    too_many,
    /// Dropped from a full queue.
    dropped,
    /// About nothing that a strategy asks.
    irrelevant,
    /// Opinions: never evidence.
    opinions,
    /// Satire: never evidence.
    satire,
    /// Attempts to speak to the program: never evidence, and worth an audit.
    injections,
    /// Looks that brought an answer, new or not.
    looks,
    /// Looks that failed (file or address not there, or no feed).
    failures,
}

/// One source's counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCounters {
    /// The source.
    pub name: String,
    /// Its counters.
    pub counters: Counters,
}

/// Counts one.
pub(super) fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
