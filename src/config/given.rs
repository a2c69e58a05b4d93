//! [`Given`]: everything a configuration was read from, so that it can be read again later and elsewhere.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{ConfigReport, Loaded, Overrides, load_with};

/// The texts behind a [`Loaded`]. They hold no secret: files with a key in them are refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// Path of the settings file.
    pub settings: PathBuf,
    /// Paths of the strategy files, in order.
    pub strategies: Vec<PathBuf>,
    /// Every file that was read (fitted event files, too), with its text.
    pub files: Vec<(PathBuf, String)>,
    /// Variables of the environment.
    pub environment: Vec<(String, String)>,
    /// What the command line set.
    pub set: Vec<(String, String)>,
}

/// Why the texts cannot be read again.
#[derive(Debug, thiserror::Error)]
pub enum GivenError {
    /// They cannot be laid out as files.
    #[error("{0}")]
    Layout(std::io::Error),
    /// They are not valid for this program.
    #[error("{0}")]
    Report(ConfigReport),
}

impl Given {
    /// Lays the files out below `dir`, as they lay to each other, and reads them.
    ///
    /// # Errors
    /// [`GivenError`] if that fails.
    pub fn load(&self, dir: &Path) -> Result<Loaded, GivenError> {
        for (path, text) in &self.files {
            let laid = below(dir, path);
            if let Some(parent) = laid.parent() {
                std::fs::create_dir_all(parent).map_err(GivenError::Layout)?;
            }
            std::fs::write(&laid, text).map_err(GivenError::Layout)?;
        }
        let strategies: Vec<PathBuf> =
            self.strategies.iter().map(|path| below(dir, path)).collect();
        let overrides = Overrides { set: self.set.clone() };
        let settings = below(dir, &self.settings);
        load_with(&settings, &overrides, &self.environment, Some(&strategies))
            .map_err(GivenError::Report)
    }
}

/// The place below `dir` of a path that may be absolute and may climb: no path leaves `dir`.
fn below(dir: &Path, path: &Path) -> PathBuf {
    // So deep that no relative path climbs out in practice, and none can in principle.
    let mut parts: Vec<&std::ffi::OsStr> = Vec::new();
    if path.is_relative() {
        parts.extend(["a", "b", "c", "d"].map(std::ffi::OsStr::new));
    }
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name),
            Component::ParentDir => drop(parts.pop()),
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
        }
    }
    parts.iter().fold(dir.to_owned(), |laid, part| laid.join(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leaves_the_directory_and_relations_stay() {
        let dir = Path::new("/x");
        assert_eq!(below(dir, Path::new("/etc/../../../y")), Path::new("/x/y"));
        assert_eq!(below(dir, Path::new("s/a.toml")), Path::new("/x/a/b/c/d/s/a.toml"));
        assert_eq!(below(dir, Path::new("s/../f/a.toml")), Path::new("/x/a/b/c/d/f/a.toml"));
        assert_eq!(below(dir, Path::new("../../../../../../y")), Path::new("/x/y"));
    }
}
