//! Settings and strategy files: parsed, validated, and every mistake explained at once.

mod settings;

use std::path::{Path, PathBuf};

use statecraft_engine::Strategy;

pub use settings::{
    EmbeddedSettings, Endpoint, KalshiSettings, Settings, SourceOrigin, SourceSettings,
    TapeSettings, TradingMode,
};

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
    /// What the engine is told.
    pub strategy: Strategy,
    /// SHA-256 of the file, hex.
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
}

/// Everything that is wrong, in every file.
#[derive(Debug, thiserror::Error)]
#[error("configuration is invalid")]
pub struct ConfigReport {}

/// Reads and validates the settings and all strategies of their directory.
///
/// # Errors
/// [`ConfigReport`] with every mistake in every file.
pub fn load(config_path: &Path, overrides: &Overrides) -> Result<Loaded, ConfigReport> {
    let _ = (config_path, overrides);
    Err(ConfigReport {})
}

/// Reads and validates these strategy files alone, without an account to compare them with.
///
/// # Errors
/// [`ConfigReport`] with every mistake in every file.
pub fn load_strategies(paths: &[PathBuf]) -> Result<Vec<LoadedStrategy>, ConfigReport> {
    let _ = paths;
    Err(ConfigReport {})
}
