//! From a headline to a [`Claim`]: rules over normalised text, and clusters of reports that tell one
//! story (model.md section 7). Pure: text in, data out.

mod address;
mod address_dense;
mod address_marks;
pub mod amount;
mod capital;
pub mod cluster;
mod context;
mod date;
mod departure;
mod detail;
mod detail_words;
mod exit;
mod fallback;
mod figure;
mod finding;
mod frames;
mod gazetteer;
mod guard;
mod heads;
mod hypothetical;
mod language;
pub mod lexicon;
mod manner;
pub mod normalise;
mod numeral;
mod parse;
mod phase;
mod place;
mod read;
mod recant;
mod refusal;
pub mod role;
pub mod rows;
mod scan;
pub mod score;
mod span;
mod span_dense;
mod span_open;
mod span_shift;
mod standing;
mod stated;
mod summit;
mod topic;
mod unit;
mod unspoken;
mod visit;

use statecraft_domain::Timestamp;
use statecraft_domain::signal::{Claim, SourceClass};

pub use lexicon::{Lexicon, LexiconError};
pub use read::{Extractor, ExtractorError};
pub use span::Span;
pub use span_shift::Delay;
pub use stated::Stated;

/// What is known about a headline before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headline<'a> {
    /// The words.
    pub title: &'a str,
    /// BCP 47 language tag; empty: guessed from the script.
    pub lang: &'a str,
    /// What kind of source says it.
    pub class: SourceClass,
    /// Country slug of the contract it is read for ("the US President visits X").
    pub target: &'a str,
    /// When it was published, to complete dates without a year.
    pub published: Option<Timestamp>,
}

/// What a headline says about its target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// Should anything at all be emitted for the target?
    pub relevant: bool,
    /// The fields and the words they were read from.
    pub claim: Claim,
    /// Signal slugs in the order of the manual (`sov_capital`, `visit_announced`, ...).
    pub slugs: Vec<String>,
    /// When a visit is to be, if that is said; of one that is put off, the new time.
    pub visit_on: Option<Span>,
    /// By how much a visit is put off, if no new time is said.
    pub put_off_by: Option<Delay>,
    /// The summit that `summit_window` speaks of, by its short name (`apec`, `g7`, `g20`, `quad`), if it
    /// is named.
    pub summit: Option<&'static str>,
    /// The undoing of a visit that is denied (`visit_cancelled`, `visit_postponed`): the plan stands, and
    /// [`Reading::stated`] says so as the denial of the undoing.
    pub denies: Option<&'static str>,
    /// Somebody asks him to come, and nobody has said that he does: a plan by the manual, no news of one.
    pub only_asked: bool,
}
