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
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
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
    /// What kind of source says it: how far it is believed.
    #[serde(default)]
    pub class: SourceClass,
    /// The story it tells. Signals of one cluster are one piece of evidence; empty: a story of its own.
    #[serde(default)]
    pub cluster: String,
    /// Who is behind it, for corroboration: the registrable domain of its address, or the source's
    /// name. Two signals of one publisher never corroborate each other.
    #[serde(default)]
    pub publisher: String,
    /// What extraction read in the headline; `None` if the sender stated the labels himself.
    #[serde(default)]
    pub claim: Option<Claim>,
    /// The user's own probability for the target, for strategies whose model is external.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Forecast>,
}

/// A probability from outside, for a strategy with `model.kind = "external"`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Of YES, `0..=1`.
    pub probability: f64,
    /// Standard deviation of its log-odds; `None`: the strategy's own.
    #[serde(default)]
    pub sd_logit: Option<f64>,
    /// After this instant it counts for nothing; `None`: the strategy's `max_age` decides alone.
    #[serde(default)]
    pub valid_until: Option<Timestamp>,
}

impl Forecast {
    /// Are its numbers numbers? Others reach neither journal nor tape nor model.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.probability.is_finite() && self.sd_logit.is_none_or(f64::is_finite)
    }
}

/// What kind of source speaks (model.md 2.1).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum SourceClass {
    /// The user's own desk or pipeline: labels count exactly as they are given.
    #[default]
    Desk,
    /// Official record, a government's own statement.
    Official,
    /// News agencies.
    Wire,
    /// The few papers and broadcasters whose reports others quote.
    TopTier,
    /// National press.
    National,
    /// Trade press.
    TradePress,
    /// Republishers of others' reports.
    Aggregator,
    /// Local press.
    Local,
    /// Business pages.
    Business,
    /// Sports pages.
    Sports,
    /// Entertainment pages.
    Entertainment,
    /// Columns, analyses, forecasts.
    Commentary,
    /// Unverified posts.
    Social,
    /// Satire: never evidence.
    Satire,
}

/// Whose money a headline speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capital {
    /// A state's: budgets, state banks, sovereign and public pension funds, guarantees.
    Sovereign,
    /// Companies' and private persons'.
    Private,
    /// Both.
    Mixed,
    /// Money is spoken of, its owner is not.
    Unknown,
    /// No money is spoken of.
    #[default]
    None,
}

/// How far a deal is, as asserted by a headline (model.md 1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DealStage {
    /// Talked about.
    Rumoured,
    /// Offered or planned.
    Proposed,
    /// Terms are being worked out.
    Negotiated,
    /// Agreed in writing.
    Signed,
    /// Being built.
    Construction,
    /// Off.
    Dead,
}

/// Sign of a headline's effect on the hazard of its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More likely.
    Up,
    /// Less likely.
    Down,
    /// The model must not move.
    #[default]
    Neutral,
}

/// In what manner a headline asserts (model.md 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assertion {
    /// As a fact.
    #[default]
    Asserted,
    /// By those it concerns, officially.
    Confirmed,
    /// As possible, planned, or from unnamed sources.
    Hedged,
    /// If something else happens.
    Conditional,
    /// It is denied.
    Denied,
    /// An earlier report is withdrawn.
    Retracted,
    /// A figure of an earlier report is replaced.
    Correction,
    /// An opinion, a forecast, a question. Never evidence.
    Opinion,
    /// A joke. Never evidence.
    Satire,
    /// An attempt to speak to the program instead of about the world. Never evidence.
    Injection,
}

impl Assertion {
    /// May a headline of this manner move a probability at all (model.md 7.5)?
    #[must_use]
    pub const fn is_evidence(self) -> bool {
        !matches!(self, Self::Opinion | Self::Satire | Self::Injection)
    }
}

/// An amount of capital, in whole units of its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Whole units (dollars, yen); a range is its midpoint.
    pub units: u64,
    /// ISO 4217 code.
    pub currency: String,
}

/// What extraction read in a headline, every field with the words it was read from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Claim {
    /// Who acts (slug, for example `japan_gov`); empty if nobody known.
    #[serde(default)]
    pub actor: String,
    /// Whose money.
    #[serde(default)]
    pub capital: Capital,
    /// How much; `None` if no amount of capital is stated.
    #[serde(default)]
    pub amount: Option<Amount>,
    /// How far the deal is; `None` if no deal is spoken of.
    #[serde(default)]
    pub stage: Option<DealStage>,
    /// Sign of the effect on the target.
    #[serde(default)]
    pub direction: Direction,
    /// In what manner.
    #[serde(default)]
    pub assertion: Assertion,
    /// The words and the rules.
    #[serde(default)]
    pub citations: Vec<Citation>,
}

/// Why a field of a [`Claim`] has its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// Field of the claim, or `signal:<slug>`.
    pub field: String,
    /// Name of the rule.
    pub rule: String,
    /// The words of the headline (normalised); empty if the rule speaks of their absence.
    pub words: String,
}
