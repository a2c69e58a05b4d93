//! Real money trades only under limits that a person has looked at (R2): their hash is in a file of the
//! state directory, put there by `statecraft controls --arm HASH`.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::Loaded;

/// Name of the file in the state directory.
const FILE_NAME: &str = "armed";

/// Names the limits in force: those of the account, the ceilings, those of every enabled strategy, and what says
/// beside them how much is sent: its rules of decision, the order group's cap, when bad forecasts demote. Anything
/// that changes one of them changes it. SHA-256, hex.
#[must_use]
pub fn risk_hash(loaded: &Loaded) -> String {
    let settings = &loaded.settings;
    let mut hash = Sha256::new();
    hash.update(format!("{:?} {:?} {:?}", settings.limits, settings.ceilings, settings.days));
    hash.update(format!("{:?}", settings.paper.wanted));
    hash.update(format!("{:?} {:?}", settings.kalshi.order_group_contracts, settings.skill));
    for strategy in loaded.strategies.iter().filter(|strategy| strategy.enabled) {
        hash.update(&strategy.strategy.name);
        // What shares a limit with what is a part of it.
        hash.update(format!("{} {}", strategy.strategy.event, strategy.strategy.driver()));
        hash.update(format!("{:?} {:?}", strategy.strategy.limits, strategy.strategy.decision));
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

fn path(state_dir: &Path) -> PathBuf {
    state_dir.join(FILE_NAME)
}
