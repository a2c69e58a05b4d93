//! [`Trace`]: a fingerprint of everything that happened in a world, and the story itself where it is wanted.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Trace {
    hash: Sha256,
    /// One line for each thing that happened.
    told: Option<String>,
}

impl Trace {
    /// A trace; with `telling` it keeps the story, too.
    pub(super) fn new(telling: bool) -> Self {
        Self { hash: Sha256::default(), told: telling.then(String::new) }
    }

    /// Something happened at `at`.
    pub(super) fn note(&mut self, at: i64, what: &str, detail: &[u8]) {
        self.hash.update(at.to_le_bytes());
        self.hash.update(what.as_bytes());
        self.hash.update((detail.len() as u64).to_le_bytes());
        self.hash.update(detail);
        if let Some(told) = &mut self.told {
            let (secs, nanos) = (at.div_euclid(1_000_000_000), at.rem_euclid(1_000_000_000));
            let detail = String::from_utf8_lossy(detail).escape_debug().to_string();
            // Writing to a text cannot fail.
            let _ = writeln!(told, "{secs}.{nanos:09} {what} {detail}");
        }
    }

    /// The fingerprint, and the story.
    pub(super) fn finish(self) -> ([u8; 32], String) {
        (self.hash.finalize().into(), self.told.unwrap_or_default())
    }
}
