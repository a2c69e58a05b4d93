//! [`Trace`]: a fingerprint of everything that happened in a world.

use sha2::{Digest as _, Sha256};

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Trace(Sha256);

impl Trace {
    /// Something happened at `at`.
    pub(super) fn note(&mut self, at: i64, what: &str, detail: &[u8]) {
        self.0.update(at.to_le_bytes());
        self.0.update(what.as_bytes());
        self.0.update((detail.len() as u64).to_le_bytes());
        self.0.update(detail);
    }

    /// The fingerprint.
    pub(super) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
