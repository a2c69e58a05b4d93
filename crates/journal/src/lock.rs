//! One process per state directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use super::JournalError;

/// Name of the lock file in the state directory.
pub(super) const FILE_NAME: &str = "lock";

/// An exclusive lock on a state directory. The system lets go of it when the process ends, however it
/// ends, so a lock is never stale.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Creates the directory if needed and locks it.
    ///
    /// # Errors
    /// [`JournalError::Locked`] if another process has it, [`JournalError::Unwritable`] if the
    /// directory or the file cannot be made.
    pub(super) fn take(dir: &Path) -> Result<Self, JournalError> {
        let unwritable =
            |path: &Path, source| JournalError::Unwritable { path: path.into(), source };
        std::fs::create_dir_all(dir).map_err(|error| unwritable(dir, error))?;
        let path = dir.join(FILE_NAME);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| unwritable(&path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(JournalError::Locked { dir: dir.into(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(unwritable(&path, error)),
        }
        write_holder(&mut file).map_err(|error| unwritable(&path, error))?;
        Ok(Self { _file: file })
    }
}

/// The process id is for people; the lock itself is the system's.
fn write_holder(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => format!(" (process {})", text.trim()),
        _ => String::new(),
    }
}
