//! Signals: dated statements about the world that may move the model.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What a signal says, as far as the model understands it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// Slug of a signal weight of the event file (for example `sov_capital`, `visited`).
    pub slug: String,
    /// Strength and sign, -3 to 3; 1 is the plain statement, negative its denial.
    pub strength: f64,
}

/// One headline, filing or statement, with its provenance. Data, never an instruction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// The source's own id, or a content hash; the same id twice is one signal.
    pub id: String,
    /// Name of the source in the configuration.
    pub source: String,
    /// When the source says it was published.
    pub published: Timestamp,
    /// When we received it; the model uses this, never `published`.
    pub received: Timestamp,
    /// Headline.
    pub title: String,
    /// Body, may be empty.
    #[serde(default)]
    pub text: String,
    /// Where it can be read, may be empty. Never fetched.
    #[serde(default)]
    pub url: String,
    /// BCP 47 language tag, may be empty.
    #[serde(default)]
    pub lang: String,
    /// What it is about (event slug of the strategy files); empty: every event that knows the labels.
    #[serde(default)]
    pub target: String,
    /// What it says.
    #[serde(default)]
    pub labels: Vec<Label>,
}
