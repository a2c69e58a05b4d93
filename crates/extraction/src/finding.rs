//! What one group of rules found: signals with their citations, and what they do to the other fields.

use statecraft_domain::signal::{Assertion, Capital, Citation, DealStage, Direction};

/// A partial reading.
#[derive(Debug, Clone, Default)]
pub(crate) struct Finding {
    pub(crate) slugs: Vec<&'static str>,
    pub(crate) direction: Option<Direction>,
    pub(crate) assertion: Option<Assertion>,
    pub(crate) capital: Option<Capital>,
    pub(crate) stage: Option<DealStage>,
    pub(crate) citations: Vec<Citation>,
    /// The undoing that is denied: `visit_cancelled` or `visit_postponed`.
    pub(crate) denies: Option<&'static str>,
}

impl Finding {
    /// Adds a signal.
    pub(crate) fn slug(&mut self, slug: &'static str, rule: &str, words: String) {
        if !self.slugs.contains(&slug) {
            self.slugs.push(slug);
            self.cite(&format!("signal:{slug}"), rule, words);
        }
    }

    pub(crate) fn cite(&mut self, field: &str, rule: &str, words: String) {
        self.citations.push(Citation { field: field.to_owned(), rule: rule.to_owned(), words });
    }

    pub(crate) fn turn(&mut self, direction: Direction, rule: &str, words: String) {
        self.direction = Some(direction);
        self.cite("direction", rule, words);
    }

    pub(crate) fn assert(&mut self, assertion: Assertion, rule: &str, words: String) {
        self.assertion = Some(assertion);
        self.cite("assertion", rule, words);
    }

    pub(crate) fn own(&mut self, capital: Capital, rule: &str, words: String) {
        self.capital = Some(capital);
        self.cite("capital_type", rule, words);
    }

    pub(crate) fn at(&mut self, stage: DealStage, rule: &str, words: String) {
        self.stage = Some(stage);
        self.cite("stage", rule, words);
    }
}
