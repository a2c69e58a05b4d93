//! Labels that were given once: in memory and in files named by a hash of what was asked.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::schema::{self, Label};

/// Labels kept in memory.
const MEMORY_MAX: usize = 20_000;
/// A file of a label is never this large.
const FILE_BYTES_MAX: u64 = 8 * 1024;

/// Labels by the hash of the question.
#[derive(Debug)]
pub(super) struct Cache {
    dir: PathBuf,
    known: Mutex<HashMap<String, Label>>,
}

/// The hash of a question. Its parts are counted, so that no two questions share one.
pub(super) fn key(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

impl Cache {
    pub(super) fn open(dir: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        Ok(Self { dir: dir.to_owned(), known: Mutex::default() })
    }

    /// The label, if it is known. A file that does not fit the schema is none.
    pub(super) fn get(&self, key: &str) -> Option<Label> {
        if let Some(label) = self.lock().get(key) {
            return Some(label.clone());
        }
        let path = self.path(key);
        if std::fs::metadata(&path).ok()?.len() > FILE_BYTES_MAX {
            return None;
        }
        let label = schema::label(&std::fs::read_to_string(&path).ok()?).ok()?;
        self.remember(key, &label);
        Some(label)
    }

    pub(super) fn put(&self, key: &str, label: &Label) {
        self.remember(key, label);
        let written = serde_json::to_string(label)
            .map_err(std::io::Error::other)
            .and_then(|text| std::fs::write(self.path(key), text));
        if let Err(error) = written {
            tracing::warn!(%error, "a label was not kept on disk");
        }
    }

    fn remember(&self, key: &str, label: &Label) {
        let mut known = self.lock();
        if known.len() >= MEMORY_MAX {
            known.clear();
        }
        known.insert(key.to_owned(), label.clone());
    }

    /// The name is the hash: nothing of a headline becomes part of a path.
    fn path(&self, key: &str) -> PathBuf {
        self.dir.join(format!("{key}.json"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Label>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
