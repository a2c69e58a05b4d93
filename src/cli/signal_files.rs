//! Files of dated signals, read for the countries of the strategies: for `backtest` and `explain`.

use std::collections::HashMap;

use statecraft_domain::signal::SourceClass;

use super::{CliError, Common};
use crate::config::{self, LoadedStrategy};
use crate::research::feed::{self, Feed, SignalFile};
use crate::runtime::signals::reading_room;

/// Loads the files, if there are any.
///
/// # Errors
/// [`CliError`] if a file cannot be read.
pub(super) fn load(
    files: &[SignalFile],
    strategies: &[LoadedStrategy],
    common: &Common,
) -> Result<Feed, CliError> {
    if files.is_empty() {
        return Ok(Feed::default());
    }
    if let Some(path) = feed::missing(files) {
        return Err(CliError::failed(format!("{}: no such file of signals", path.display())));
    }
    // Named on the command line: wanted, whatever the file says of `run`.
    let enabled: Vec<LoadedStrategy> =
        strategies.iter().map(|one| LoadedStrategy { enabled: true, ..one.clone() }).collect();
    let mut files = files.to_vec();
    feed::set_default_classes(&mut files, &classes(common));
    let room = reading_room(&enabled);
    feed::load(&files, room.as_deref()).map_err(|error| CliError::failed(error.to_string()))
}

/// Classes of the configured sources by name, where there is a settings file to say so.
fn classes(common: &Common) -> HashMap<String, SourceClass> {
    let settings = config::load_settings(&common.config, &config::Overrides::default());
    let sources = settings.map(|settings| settings.signals).unwrap_or_default();
    sources.into_iter().map(|source| (source.name, source.class)).collect()
}
