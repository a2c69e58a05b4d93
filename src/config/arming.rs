//! Real money trades only under limits that a person has looked at (R2): their hash is in a file of the
//! state directory, put there by `statecraft controls --arm HASH`.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use statecraft_domain::{Nanos, Timestamp};

use super::Loaded;
use crate::journal::{self, JournalError};

/// Name of the file in the state directory.
const FILE_NAME: &str = "armed";

/// Names the limits in force: those of the account, the ceilings, and those of every enabled strategy.
/// Anything that changes one of them changes it. SHA-256, hex.
#[must_use]
pub fn risk_hash(loaded: &Loaded) -> String {
    let settings = &loaded.settings;
    let mut hash = Sha256::new();
    hash.update(format!("{:?} {:?} {:?}", settings.limits, settings.ceilings, settings.days));
    hash.update(format!("{:?}", settings.paper.wanted));
    for strategy in loaded.strategies.iter().filter(|strategy| strategy.enabled) {
        hash.update(&strategy.strategy.name);
        hash.update(format!("{:?}", strategy.strategy.limits));
    }
    hex::encode(hash.finalize())
}

/// Did a person arm exactly these limits?
#[must_use]
pub fn is_armed(state_dir: &Path, hash: &str) -> bool {
    std::fs::read_to_string(path(state_dir)).is_ok_and(|armed| armed.trim() == hash)
}

/// Arms these limits, and no others.
///
/// # Errors
/// The file cannot be written.
pub fn arm(state_dir: &Path, hash: &str) -> io::Result<()> {
    std::fs::create_dir_all(state_dir)?;
    let (path, next) = (path(state_dir), state_dir.join(format!("{FILE_NAME}.next")));
    std::fs::write(&next, format!("{hash}\n"))?;
    std::fs::File::open(&next)?.sync_all()?;
    std::fs::rename(next, path)
}

/// The strategies that have not run on paper for long enough as they are (R28), each with what it has.
/// Empty: nothing stands in the way.
///
/// # Errors
/// [`JournalError`]: there is a journal of paper runs, and it cannot be read.
pub fn unproved(loaded: &Loaded) -> Result<Vec<(String, Nanos)>, JournalError> {
    let paper = &loaded.settings.paper;
    if paper.wanted == Nanos::ZERO {
        return Ok(Vec::new());
    }
    let enabled = || loaded.strategies.iter().filter(|strategy| strategy.enabled);
    let hashes: Vec<String> = enabled().map(|strategy| strategy.hash.clone()).collect();
    let journal = paper.state_dir.as_ref().filter(|dir| dir.join(journal::FILE_NAME).exists());
    let records = match journal {
        Some(dir) => journal::inspect::records(dir, &journal::PAPER_KINDS, Timestamp::MAX)?,
        None => Vec::new(),
    };
    let names = enabled().map(|strategy| strategy.strategy.name.clone());
    let proved = names.zip(journal::paper_time(&records, &hashes));
    Ok(proved.filter(|(_, run)| *run < paper.wanted).collect())
}

fn path(state_dir: &Path) -> PathBuf {
    state_dir.join(FILE_NAME)
}
