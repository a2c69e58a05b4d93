//! The state directory: one running bot at a time, and where its journal lies.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::clock::wall_now;
use super::error::RunError;
use crate::config::Endpoint;

const LOCK_FILE: &str = "run.lock";
const EMBEDDED_DIR: &str = "embedded";
/// Journals of earlier embedded runs that are kept.
const EMBEDDED_KEPT: usize = 5;

/// The directory, or the nearest one above it that exists.
#[must_use]
pub fn nearest(dir: &Path) -> &Path {
    let found = dir.ancestors().find(|above| above.exists()).unwrap_or(Path::new("."));
    if found.as_os_str().is_empty() { Path::new(".") } else { found }
}

/// The state directory, locked by this process until it ends, however it ends.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    _lock: File,
}

impl StateDir {
    /// Creates the directory if need be and locks it.
    ///
    /// # Errors
    /// [`RunError::SecondInstance`] if another process has it, [`RunError::StateDir`] if it cannot be
    /// written.
    pub fn lock(path: &Path) -> Result<Self, RunError> {
        let failed = |source| RunError::StateDir { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(failed)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK_FILE))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(RunError::SecondInstance(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Where this run's journal goes. The embedded venue is born with the run and its account is empty,
    /// so its journal starts anew; the last few are kept beside it.
    ///
    /// # Errors
    /// [`RunError::StateDir`] if an earlier journal cannot be moved aside.
    pub fn journal_dir(&self, endpoint: &Endpoint) -> Result<PathBuf, RunError> {
        let dir = journal_dir(&self.path, endpoint);
        if *endpoint == Endpoint::Embedded {
            set_aside(&dir).map_err(|source| RunError::StateDir { path: dir.clone(), source })?;
        }
        fs::create_dir_all(&dir)
            .map_err(|source| RunError::StateDir { path: dir.clone(), source })?;
        Ok(dir)
    }

    /// The directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file for the log while the terminal shows the live view.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.path.join("statecraft.log")
    }
}

/// Where the journal of an endpoint lies below a state directory.
#[must_use]
pub fn journal_dir(state_dir: &Path, endpoint: &Endpoint) -> PathBuf {
    match endpoint {
        Endpoint::Embedded => state_dir.join(EMBEDDED_DIR),
        Endpoint::Demo | Endpoint::Prod | Endpoint::Url(_) => state_dir.to_owned(),
    }
}

/// Renames the last embedded journal out of the way and removes the oldest beyond those kept.
fn set_aside(dir: &Path) -> std::io::Result<()> {
    if !dir.exists() {
        return Ok(());
    }
    let prefix = format!("{EMBEDDED_DIR}-");
    let parent = dir.parent().unwrap_or(Path::new("."));
    fs::rename(dir, parent.join(format!("{prefix}{:020}", wall_now().millis())))?;
    let mut old: Vec<PathBuf> = fs::read_dir(parent)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.is_dir()
                && path
                    .file_name()
                    .and_then(|name| name.to_str())
                    .is_some_and(|name| name.starts_with(&prefix))
        })
        .collect();
    old.sort();
    let surplus = old.len().saturating_sub(EMBEDDED_KEPT);
    old.into_iter().take(surplus).try_for_each(fs::remove_dir_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_instance_is_refused_and_the_first_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let first = StateDir::lock(dir.path()).unwrap();
        assert!(matches!(StateDir::lock(dir.path()), Err(RunError::SecondInstance(_))));
        drop(first);
        assert!(StateDir::lock(dir.path()).is_ok());
    }

    #[test]
    fn an_embedded_journal_is_set_aside_and_five_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::lock(dir.path()).unwrap();
        for _ in 0..8 {
            let journal = state.journal_dir(&Endpoint::Embedded).unwrap();
            fs::write(journal.join("journal"), "x").unwrap();
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let kept =
            fs::read_dir(dir.path()).unwrap().filter(|e| e.as_ref().unwrap().path().is_dir());
        assert_eq!(kept.count(), EMBEDDED_KEPT + 1);
        let demo = state.journal_dir(&Endpoint::Demo).unwrap();
        assert_eq!(demo, dir.path());
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_an_error_with_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let error = StateDir::lock(&file.join("below")).unwrap_err();
        assert!(error.to_string().contains("below"), "{error}");
    }
}
