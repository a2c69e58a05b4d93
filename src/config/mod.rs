//! Settings and strategy files: parsed, validated, and every mistake explained at once.
//!
//! One declaration per table ([`shape::Table`]) says which keys there are, what each may hold, what it
//! means and what it is when left out. Reading, messages, nearest-key hints, defaults and the JSON Schema
//! all come from it. A file is walked with the position of every value; rules that concern more than one
//! key run on what was read; only when nothing at all is wrong does anything come out.
//!
//! Layers of the settings, later ones win: defaults, the venue's own variables
//! ([`layers::VENUE_VARIABLES`]), the file, `STATECRAFT__SECTION__KEY`, flags. Strategy files have one
//! layer: what is not in the file is not in the strategy.

pub mod arming;
mod build_decision;
mod build_limits;
mod build_model;
mod build_settings;
mod build_sources;
mod build_strategy;
mod fitted;
mod given;
mod ladder;
pub mod layers;
mod model_shape;
pub mod nearest;
mod node;
mod read;
mod report;
mod scalar;
pub mod schema;
mod secrets;
mod settings;
mod settings_shape;
pub mod shape;
mod strategy_shape;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use statecraft_engine::Strategy;
use statecraft_engine::config::ModelSpec;

pub use given::{Given, GivenError};
pub use report::{ConfigReport, Located};
pub use settings::{
    ApiSettings, Ceilings, EmbeddedSettings, Endpoint, KalshiSettings, MIN_FREE_LEAST, Settings,
    SkillSettings, SourceOrigin, SourceSettings, TapeSettings, TradingMode,
};

use node::Node;
use read::Reader;
use report::Problem;

/// A settings or strategy file is never this large; a tape given by mistake is not read to its end.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// What the command line says on top of files and environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `("section.key", "value")`, later ones win. A value is TOML, or plain text for text keys.
    pub set: Vec<(String, String)>,
}

/// A strategy file, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedStrategy {
    /// Where it was read.
    pub path: PathBuf,
    /// Does `run` trade it? Explicit paths (`backtest`, `check`) ignore this.
    pub enabled: bool,
    /// The question, for people.
    pub question: String,
    /// The country that headlines are read for (slug); `None`: no headline concerns it.
    pub country: Option<String>,
    /// What the engine is told.
    pub strategy: Strategy,
    /// SHA-256 of the file and of the fitted event file it names, hex.
    pub hash: String,
}

/// Settings and the strategies of `strategies_dir`, all valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// Every strategy file, in order of name, disabled ones included.
    pub strategies: Vec<LoadedStrategy>,
    /// SHA-256 over the effective settings and the enabled strategies, hex.
    pub config_hash: String,
    /// Remarks that are not mistakes (which environment variables took effect, what is disabled).
    pub notes: Vec<String>,
    /// The texts all that was read from.
    pub given: Given,
}

/// Reads and validates the settings and all strategies of their directory.
///
/// # Errors
/// [`ConfigReport`] with every mistake in every file.
pub fn load(config_path: &Path, overrides: &Overrides) -> Result<Loaded, ConfigReport> {
    load_with(config_path, overrides, &environment(), None)
}

/// [`load`] with these strategy files instead of those of the directory, if any are given.
///
/// # Errors
/// [`ConfigReport`] with every mistake in every file.
pub fn load_from(
    config_path: &Path,
    overrides: &Overrides,
    strategies: Option<&[PathBuf]>,
) -> Result<Loaded, ConfigReport> {
    load_with(config_path, overrides, &environment(), strategies)
}

/// The settings alone, for whoever needs no strategy.
///
/// # Errors
/// [`ConfigReport`] with every mistake in the settings.
pub fn load_settings(config_path: &Path, overrides: &Overrides) -> Result<Settings, ConfigReport> {
    load_from(config_path, overrides, Some(&[])).map(|loaded| loaded.settings)
}

/// [`load`] with a given environment, and with these strategy files instead of those of the directory.
///
/// # Errors
/// [`ConfigReport`] with every mistake in every file.
pub fn load_with(
    config_path: &Path,
    overrides: &Overrides,
    environment: &[(String, String)],
    strategies: Option<&[PathBuf]>,
) -> Result<Loaded, ConfigReport> {
    let mut reader = Reader::default();
    let mut notes = Vec::new();
    let root = read_settings(&mut reader, config_path, overrides, environment, &mut notes);
    let settings = build_settings::settings(&mut reader, &root);
    let paths = match (strategies, root.table("run").and_then(|run| run.text("strategies_dir"))) {
        (Some(paths), _) => paths.to_vec(),
        (None, Some(dir)) => list(&mut reader, Path::new(&dir)),
        (None, None) => Vec::new(),
    };
    let read = read_strategies(&mut reader, &paths);
    if let Some(settings) = &settings {
        for (strategy, root) in &read {
            // One that `run` does not trade may be as wide as research wants it.
            if strategy.enabled {
                build_strategy::check_against_account(&mut reader, root, &settings.limits);
                build_limits::check_ceilings(&mut reader, root, &settings.ceilings);
            }
        }
    }
    // A strategy that is named is taken whether it is enabled or not.
    let taken = read.iter().filter(|(strategy, _)| strategies.is_some() || strategy.enabled);
    ladder::check_rivals(&mut reader, taken.map(|(strategy, root)| (strategy, root)));
    let loaded: Vec<LoadedStrategy> = read.into_iter().map(|(strategy, _)| strategy).collect();
    for disabled in loaded.iter().filter(|strategy| !strategy.enabled) {
        notes.push(format!("strategy {} is disabled in its file", disabled.strategy.name));
    }
    notes.extend(shared_markets(&loaded));
    let given = Given {
        settings: config_path.to_owned(),
        strategies: paths,
        files: texts(&reader),
        environment: environment.to_vec(),
        set: overrides.set.clone(),
    };
    let settings = finish(reader, settings)?;
    let config_hash = hash_all(&settings, &loaded);
    Ok(Loaded { settings, strategies: loaded, config_hash, notes, given })
}

/// The files that were read, with their texts.
fn texts(reader: &Reader) -> Vec<(PathBuf, String)> {
    let sources = reader.report.sources.iter();
    let files = sources.filter(|source| {
        !source.origin.starts_with("environment variable ") && !source.origin.starts_with("--set ")
    });
    let mut texts: Vec<(PathBuf, String)> =
        files.map(|source| (PathBuf::from(&source.origin), source.text.clone())).collect();
    // Two strategies may name one fitted event file.
    texts.sort();
    texts.dedup();
    texts
}

/// Strategies in force that name the same market: each decides for itself, and the limits of each hold
/// for it alone.
fn shared_markets(loaded: &[LoadedStrategy]) -> Vec<String> {
    let enabled: Vec<&Strategy> =
        loaded.iter().filter(|one| one.enabled).map(|one| &one.strategy).collect();
    let mut notes = Vec::new();
    for (index, first) in enabled.iter().enumerate() {
        for second in enabled.iter().skip(index + 1) {
            if first.markets.iter().any(|market| second.markets.contains(market)) {
                let alike = std::mem::discriminant(&first.decision)
                    == std::mem::discriminant(&second.decision);
                let what = if alike {
                    "a copy left in the directory?"
                } else {
                    "each decides on its own position, limits count the account's"
                };
                let (first, second) = (&first.name, &second.name);
                notes
                    .push(format!("strategies {first} and {second} trade the same market: {what}"));
            }
        }
    }
    notes
}

/// Reads and validates these strategy files alone, without an account to compare them with.
///
/// # Errors
/// [`ConfigReport`] with every mistake in every file.
pub fn load_strategies(paths: &[PathBuf]) -> Result<Vec<LoadedStrategy>, ConfigReport> {
    let mut reader = Reader::default();
    let read = read_strategies(&mut reader, paths);
    ladder::check_rivals(&mut reader, read.iter().map(|(strategy, root)| (strategy, root)));
    finish(reader, Some(read.into_iter().map(|(strategy, _)| strategy).collect()))
}

/// One strategy file, and after it those of its directory about the events that its own must come
/// before, and about those that these must come before: the strategies that a run would hear with it. As a
/// run does, it takes the enabled ones; a disabled one only where there is no other.
///
/// # Errors
/// [`ConfigReport`] with every mistake in these files.
pub fn load_with_rivals(path: &Path) -> Result<Vec<LoadedStrategy>, ConfigReport> {
    let own = read_strategies(&mut Reader::default(), &[path.to_owned()]);
    let mut wanted: Vec<String> = own.iter().flat_map(|(own, _)| rivals(own)).collect();
    let mut paths = vec![path.to_owned()];
    if !wanted.is_empty() {
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        let siblings = list(&mut Reader::default(), dir.unwrap_or_else(|| Path::new(".")));
        // What is wrong with others' files is no matter here.
        let others: Vec<LoadedStrategy> = siblings
            .iter()
            .flat_map(|one| read_strategies(&mut Reader::default(), std::slice::from_ref(one)))
            .map(|(other, _)| other)
            .filter(|other| own.iter().all(|(own, _)| own.strategy.name != other.strategy.name))
            .collect();
        let mut next = 0;
        while let Some(event) = wanted.get(next).cloned() {
            next += 1;
            for rival in about(&event, &others) {
                if !paths.contains(&rival.path) {
                    paths.push(rival.path.clone());
                    wanted.extend(rivals(rival));
                }
            }
        }
    }
    load_strategies(&paths)
}

/// The events that a strategy's own must come before.
fn rivals(loaded: &LoadedStrategy) -> Vec<String> {
    match &loaded.strategy.model {
        ModelSpec::Hazard(spec) => spec.first_before.clone(),
        ModelSpec::Constant { .. } | ModelSpec::Market | ModelSpec::External { .. } => Vec::new(),
    }
}

/// The enabled strategies about an event; all of them if none is.
fn about<'a>(event: &str, others: &'a [LoadedStrategy]) -> Vec<&'a LoadedStrategy> {
    let all: Vec<&LoadedStrategy> =
        others.iter().filter(|other| other.strategy.event == event).collect();
    let enabled: Vec<&LoadedStrategy> = all.iter().copied().filter(|one| one.enabled).collect();
    if enabled.is_empty() { all } else { enabled }
}

/// Reads and validates a strategy whose text is part of the program.
///
/// # Errors
/// [`ConfigReport`] with every mistake in it.
pub fn strategy_from_text(name: &str, text: &str) -> Result<LoadedStrategy, ConfigReport> {
    let mut reader = Reader::default();
    let read = read_strategy(&mut reader, Path::new(name), name, text.to_owned());
    finish(reader, read.map(|(strategy, _)| strategy))
}

/// The settings where neither file nor environment nor flag says anything.
///
/// # Errors
/// [`ConfigReport`], for a defect of the program.
pub fn default_settings() -> Result<Settings, ConfigReport> {
    let mut reader = Reader::default();
    let mut root = Node::empty(report::Place { source: usize::MAX, range: 0..0 });
    reader.complete(&mut root, &settings_shape::SETTINGS);
    let settings = build_settings::settings(&mut reader, &root);
    finish(reader, settings)
}

/// The variables that concern us, in order of name.
fn environment() -> Vec<(String, String)> {
    let ours = |name: &str| {
        name.starts_with(layers::PREFIX)
            || layers::VENUE_VARIABLES.iter().any(|(known, _)| *known == name)
    };
    let mut found: Vec<_> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| ours(name))
        .collect();
    found.sort();
    found
}

fn read_settings(
    reader: &mut Reader,
    path: &Path,
    overrides: &Overrides,
    environment: &[(String, String)],
    notes: &mut Vec<String>,
) -> Node {
    let shape = &settings_shape::SETTINGS;
    let file = read_file(reader, path, "settings file")
        .map(|text| reader.add_source(path.display().to_string(), text));
    let place = report::Place { source: file.unwrap_or(usize::MAX), range: 0..0 };
    let mut root = Node::empty(place.clone());
    for (name, value) in environment {
        let known = layers::VENUE_VARIABLES.iter().find(|(variable, _)| variable == name);
        if let Some((_, key)) = known {
            root.overlay(layers::set(reader, shape, variable_origin(name), key, value));
            notes.push(format!("{name} is used for {key} unless the settings say otherwise"));
        }
    }
    root.place = place;
    if let Some(source) = file {
        root.overlay(reader.document(source, shape));
    }
    for (name, value) in environment {
        if let Some(key) = layers::path_of_variable(name) {
            root.overlay(layers::set(reader, shape, variable_origin(name), &key, value));
            notes.push(format!("{name} sets {key}"));
        }
    }
    for (key, value) in &overrides.set {
        root.overlay(layers::set(reader, shape, format!("--set {key}"), key, value));
    }
    reader.complete(&mut root, shape);
    root
}

fn variable_origin(name: &str) -> String {
    format!("environment variable {name}")
}

fn read_strategies(reader: &mut Reader, paths: &[PathBuf]) -> Vec<(LoadedStrategy, Node)> {
    let mut names: HashMap<String, PathBuf> = HashMap::new();
    let mut read = Vec::new();
    for path in paths {
        let Some(text) = read_file(reader, path, "strategy file") else { continue };
        let name = name_of(path);
        if let Some(first) = names.insert(name.clone(), path.clone()) {
            let message = format!(
                "two strategies are called \"{name}\": {} and {}; a strategy's name is its file's name",
                first.display(),
                path.display()
            );
            reader.problem(Problem::anywhere(message));
        }
        read.extend(read_strategy(reader, path, &name, text));
    }
    read
}

fn read_strategy(
    reader: &mut Reader,
    path: &Path,
    name: &str,
    text: String,
) -> Option<(LoadedStrategy, Node)> {
    let mut digest = Sha256::new_with_prefix(text.as_bytes());
    let source = reader.add_source(path.display().to_string(), text);
    let mut root = reader.document(source, &strategy_shape::STRATEGY);
    if let Some(fitted) = fitted::apply(reader, path, &mut root) {
        digest.update(fitted.as_bytes());
    }
    let hash = hex::encode(digest.finalize());
    reader.complete(&mut root, &strategy_shape::STRATEGY);
    let strategy = build_strategy::strategy(reader, name, &root)?;
    let (enabled, question) = (root.flag("enabled")?, root.text("question")?);
    let country = build_strategy::country(reader, &root)?;
    Some((LoadedStrategy { path: path.into(), enabled, question, country, strategy, hash }, root))
}

/// The strategy files of a directory, in order of name.
///
/// # Errors
/// The directory cannot be read.
pub fn strategy_files(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    Ok(paths)
}

/// The names of a directory's strategies whose files do not say that they are disabled, each looked at for itself: one
/// that cannot be read may be anything.
///
/// # Errors
/// The directory cannot be read.
pub fn strategies_present(dir: &Path) -> std::io::Result<BTreeSet<String>> {
    let is_disabled = |path: &PathBuf| {
        let table = read_bounded(path).unwrap_or_default().parse::<toml::Table>();
        table.is_ok_and(|table| table.get("enabled") == Some(&toml::Value::Boolean(false)))
    };
    let files = strategy_files(dir)?.into_iter().filter(|path| !is_disabled(path));
    Ok(files.map(|path| name_of(&path)).collect())
}

/// A strategy is called as its file.
fn name_of(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into())
}

fn list(reader: &mut Reader, dir: &Path) -> Vec<PathBuf> {
    strategy_files(dir).unwrap_or_else(|error| {
        let message = format!("cannot read the strategies directory {}: {error}", dir.display());
        reader.problem(Problem::anywhere(message));
        Vec::new()
    })
}

fn read_file(reader: &mut Reader, path: &Path, what: &str) -> Option<String> {
    match read_bounded(path) {
        Ok(text) => Some(text),
        Err(error) => {
            let message = format!("cannot read the {what} {}: {error}", path.display());
            reader.problem(Problem::anywhere(message));
            None
        }
    }
}

/// The text of a file that is no larger than a file of ours may be.
fn read_bounded(path: &Path) -> std::io::Result<String> {
    if std::fs::metadata(path)?.len() > MAX_FILE_BYTES {
        return Err(std::io::Error::other("it is larger than 1 MiB"));
    }
    std::fs::read_to_string(path)
}

/// The value, if nothing at all was wrong.
fn finish<T>(reader: Reader, value: Option<T>) -> Result<T, ConfigReport> {
    let mut report = reader.report;
    report.sort();
    match value {
        Some(value) if report.is_empty() => Ok(value),
        None if report.is_empty() => {
            let message =
                "a setting was neither read nor found wrong; this is a defect of the program";
            report.problems.push(Problem::anywhere(message));
            Err(report)
        }
        _ => Err(report),
    }
}

/// Names what is in force: the same settings give the same hash, however they were written.
fn hash_all(settings: &Settings, strategies: &[LoadedStrategy]) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{settings:?}"));
    for strategy in strategies.iter().filter(|strategy| strategy.enabled) {
        hash.update(&strategy.strategy.name);
        hash.update(&strategy.hash);
    }
    hex::encode(hash.finalize())
}
