//! Strategies named on the command line: a file, or the name of one in the strategies directory.

use std::path::{Path, PathBuf};

use super::{CliError, Common};
use crate::config::{self, ConfigReport, Overrides, nearest::by_nearness};

/// The file of a strategy: the path itself if it is one, else the file of that name in the strategies
/// directory of the settings.
///
/// # Errors
/// [`CliError`] if there is neither; it lists the names that the directory has.
pub(super) fn find(named: &Path, common: &Common) -> Result<PathBuf, CliError> {
    if named.is_file() {
        return Ok(named.to_owned());
    }
    let settings = config::load_settings(&common.config, &Overrides::default())
        .map_err(|report| CliError::usage(no_directory(named, &report)))?;
    let path = settings.strategies_dir.join(with_ending(named));
    if path.is_file() { Ok(path) } else { Err(CliError::usage(unknown(named, &path))) }
}

/// [`find`] for each, in order.
///
/// # Errors
/// As [`find`], for the first that there is not.
pub(super) fn find_all(named: &[PathBuf], common: &Common) -> Result<Vec<PathBuf>, CliError> {
    named.iter().map(|one| find(one, common)).collect()
}

/// `visits.toml` for `visits`; a dot of the name's own stays.
fn with_ending(named: &Path) -> PathBuf {
    if named.extension().is_some_and(|ending| ending == "toml") {
        return named.to_owned();
    }
    let mut file = named.as_os_str().to_owned();
    file.push(".toml");
    PathBuf::from(file)
}

fn no_directory(named: &Path, report: &ConfigReport) -> String {
    format!(
        "there is no file {:?}, and as a strategy's name it cannot be looked up:\n{report}",
        named.to_string_lossy()
    )
}

/// There is no such strategy; but there are others.
fn unknown(named: &Path, path: &Path) -> String {
    let dir = path.parent().unwrap_or(Path::new("."));
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let toml = files.filter(|file| file.extension().is_some_and(|extension| extension == "toml"));
    let names = toml.filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()));
    let name = named.to_string_lossy();
    let known = by_nearness(&name, names).join(", ");
    format!(
        "there is no strategy {name:?}: neither a file of that name nor {}; the directory has: {}",
        path.display(),
        if known.is_empty() { "none" } else { &known }
    )
}
