//! The lexicon in use: the shipped one, or a trader's own file.

use std::path::{Path, PathBuf};

use statecraft_extraction::{Extractor, ExtractorError, Lexicon, LexiconError};

/// Why headlines cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BadLexicon {
    /// No such file, or not text.
    #[error("lexicon {path} cannot be read: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file makes no lexicon.
    #[error("lexicon {path}: {source}")]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: LexiconError,
    },
    /// A lexicon that cannot be searched for.
    #[error(transparent)]
    Unusable(#[from] ExtractorError),
}

/// The extractor of the lexicon at `path`; without one, of the shipped lexicon.
///
/// # Errors
/// [`BadLexicon`] names the file and the line.
pub fn extractor(path: Option<&Path>) -> Result<Extractor, BadLexicon> {
    let Some(path) = path else { return Ok(Extractor::shipped()?) };
    let owned = || path.to_owned();
    let text = std::fs::read_to_string(path)
        .map_err(|source| BadLexicon::Unreadable { path: owned(), source })?;
    let lexicon =
        Lexicon::parse(&text).map_err(|source| BadLexicon::Wrong { path: owned(), source })?;
    Ok(Extractor::new(lexicon)?)
}
