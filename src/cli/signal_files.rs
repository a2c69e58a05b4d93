//! Files of dated signals, read for the countries of the strategies: for `backtest` and `explain`.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use statecraft_domain::signal::SourceClass;
use statecraft_engine::config::SourcePolicy;

use super::{CliError, Common};
use crate::config::{self, LoadedStrategy};
use crate::research::feed::{self, Feed, SignalFile};
use crate::research::remarks::Vocabulary;
use crate::runtime::signals::{heard_slugs, reading_room};

/// What the settings say of sources, where there are settings.
#[derive(Debug, Default)]
pub(super) struct Known {
    classes: HashMap<String, SourceClass>,
    /// The lexicon of the settings.
    lexicon: Option<PathBuf>,
    /// How far each is believed.
    pub(super) policies: Vec<SourcePolicy>,
}

/// Reads what the settings say of sources. A research verb needs no settings: without a file, or with one
/// that is wrong, nothing is known of any source.
pub(super) fn known_sources(common: &Common) -> Known {
    match config::load_settings(&common.config, &config::Overrides::default()) {
        Ok(settings) => Known {
            classes: settings.signals.iter().map(|one| (one.name.clone(), one.class)).collect(),
            policies: settings.source_policies(),
            lexicon: settings.lexicon.clone(),
        },
        Err(_) => Known::default(),
    }
}

/// Loads the files, if there are any.
///
/// # Errors
/// [`CliError`] if a file cannot be read.
pub(super) fn load(
    files: &[SignalFile],
    strategies: &[LoadedStrategy],
    known: &Known,
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
    feed::set_default_classes(&mut files, &known.classes);
    let room = reading_room(&enabled, known.lexicon.as_deref(), None)
        .map_err(|error| CliError::failed(error.to_string()))?;
    let feed = feed::load(&files, room.as_deref(), &vocabulary(strategies))
        .map_err(|error| CliError::failed(error.to_string()))?;
    let tally = &feed.tally;
    if tally.lines > 0 && tally.malformed == tally.lines {
        return Err(CliError::failed(format!(
            "none of the {} lines is a signal: {}\nwanted: JSON lines, plain or zstd, with `published` and \
             `title`",
            tally.lines,
            tally.first_malformed.join("\n")
        )));
    }
    for note in &tally.notes {
        tracing::warn!("{note}");
    }
    Ok(feed)
}

/// What these strategies listen to; and the events of the other files beside theirs.
fn vocabulary(strategies: &[LoadedStrategy]) -> Vocabulary {
    let mut vocabulary = Vocabulary::default();
    for one in strategies.iter().map(|one| &one.strategy) {
        vocabulary.events.entry(one.event.clone()).or_default().extend(heard_slugs(one));
    }
    let dirs: BTreeSet<&Path> = strategies.iter().filter_map(|one| one.path.parent()).collect();
    let here = |dir: &&Path| dir.as_os_str().is_empty();
    let dirs = dirs.iter().map(|dir| if here(dir) { Path::new(".") } else { dir });
    let files = dirs.filter_map(|dir| dir.read_dir().ok()).flatten().flatten();
    let files = files.map(|entry| entry.path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "toml"));
    // What is wrong with others' files is no matter here.
    let others = files.filter_map(|path| config::load_strategies(&[path]).ok()).flatten();
    vocabulary.elsewhere = others.map(|one| one.strategy.event).collect();
    vocabulary
}
