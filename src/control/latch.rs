//! [`KillLatch`]: the file `KILL` in the state directory. While it is there no order leaves, in this run
//! or in any later one. It needs neither the engine nor the journal, and no free space on the disk.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Name of the latch.
pub const KILL_FILE: &str = "KILL";
/// Made at the start, so that a full disk cannot keep a kill from being durable: it is only renamed.
const RESERVE: &str = "kill.reserve";
const RESERVE_BYTES: usize = 4096;
/// A reason is read back no further than this.
const REASON_MAX_BYTES: usize = 1024;

/// See the module.
#[derive(Debug, Clone)]
pub struct KillLatch {
    dir: PathBuf,
}

impl KillLatch {
    /// The latch of a state directory.
    #[must_use]
    pub fn of(state_dir: &Path) -> Self {
        Self { dir: state_dir.to_owned() }
    }

    /// Makes the reserve.
    ///
    /// # Errors
    /// What the system says.
    pub fn prepare(&self) -> io::Result<()> {
        let path = self.dir.join(RESERVE);
        if fs::metadata(&path).is_ok_and(|found| found.len() == RESERVE_BYTES as u64) {
            return Ok(());
        }
        let mut file = File::create(&path)?;
        file.write_all(&[b' '; RESERVE_BYTES])?;
        file.sync_all()
    }

    /// Is it set? An error of the file system counts as set: who cannot look must not trade.
    #[must_use]
    pub fn is_set(&self) -> bool {
        !matches!(
            fs::symlink_metadata(self.dir.join(KILL_FILE)),
            Err(error) if error.kind() == io::ErrorKind::NotFound
        )
    }

    /// When the file was last written.
    #[must_use]
    pub fn written(&self) -> Option<SystemTime> {
        fs::symlink_metadata(self.dir.join(KILL_FILE)).ok()?.modified().ok()
    }

    /// Why, as far as the file says.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        if !self.is_set() {
            return None;
        }
        let bytes = fs::read(self.dir.join(KILL_FILE)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(REASON_MAX_BYTES)]);
        let clean: String = text.chars().filter(|c| !c.is_control()).collect();
        let clean = clean.trim();
        Some(if clean.is_empty() { "the file KILL".to_owned() } else { clean.to_owned() })
    }

    /// Sets it, durably. The reason is written where there is room for it.
    ///
    /// # Errors
    /// What the system says, if no durable latch could be made.
    pub fn set(&self, reason: &str) -> io::Result<()> {
        let target = self.dir.join(KILL_FILE);
        if !self.is_set() {
            let reserve = self.dir.join(RESERVE);
            if fs::rename(&reserve, &target).is_err() {
                // Somebody else may have set it meanwhile, and said why.
                File::options().append(true).create(true).open(&target)?;
            }
            File::open(&self.dir)?.sync_all()?;
        }
        // Overwrites blocks that the reserve owns already. A reason lost is no reason to fail.
        if let Ok(mut file) = File::options().write(true).open(&target) {
            let mut text = reason.as_bytes().to_vec();
            text.truncate(REASON_MAX_BYTES - 1);
            text.push(b'\n');
            // No rest of an earlier, longer reason stays behind it.
            let before = file.metadata().map_or(0, |found| found.len());
            let before = usize::try_from(before).unwrap_or(usize::MAX);
            text.resize(text.len().max(before.min(REASON_MAX_BYTES)), b' ');
            let _ = file.write_all(&text).and_then(|()| file.sync_all());
        }
        Ok(())
    }

    /// The same, unless it is set: whoever set it has said why.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub fn keep(&self, reason: &str) -> io::Result<()> {
        if self.is_set() { Ok(()) } else { self.set(reason) }
    }

    /// Takes it away, and makes the next reserve.
    ///
    /// # Errors
    /// What the system says; then it holds on.
    pub fn release(&self) -> io::Result<()> {
        match fs::remove_file(self.dir.join(KILL_FILE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => File::open(&self.dir)?.sync_all()?,
        }
        // Without a reserve the latch still works as long as a file can be made.
        let _ = self.prepare();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p6_a_kill_is_latched_by_a_file_and_released_by_taking_it_away() {
        let dir = tempfile::tempdir().unwrap();
        let latch = KillLatch::of(dir.path());
        latch.prepare().unwrap();
        assert!(!latch.is_set() && latch.reason().is_none());
        latch.set("because\x1b[0m").unwrap();
        latch.set("again").unwrap();
        assert_eq!(latch.reason().unwrap(), "again");
        latch.keep("whatever").unwrap();
        assert_eq!(latch.reason().unwrap(), "again", "a person's words stay");
        latch.release().unwrap();
        assert!(!latch.is_set());
        latch.keep("by itself").unwrap();
        assert_eq!(latch.reason().unwrap(), "by itself");
        latch.release().unwrap();
        latch.release().unwrap();
        // By hand, empty, as `touch` makes it.
        File::create(dir.path().join(KILL_FILE)).unwrap();
        assert_eq!(latch.reason().unwrap(), "the file KILL");
    }
}
