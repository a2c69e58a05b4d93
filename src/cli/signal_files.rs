//! Files of dated signals, read for the countries of the strategies: for `backtest` and `explain`.

use std::collections::HashMap;

use super::{CliError, Common};
use crate::config::{self, LoadedStrategy};
use crate::research::feed::{self, Feed, SignalFile};

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
    let mut files = files.to_vec();
    feed::set_default_classes(&mut files, &classes(common));
    let room = super::reading_room(strategies);
    feed::load(&files, room.as_deref()).map_err(|error| CliError::failed(error.to_string()))
}
