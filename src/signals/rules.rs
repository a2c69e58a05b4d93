//! The rules of the extraction crate as the reader of headlines.

use std::sync::{Arc, Mutex, PoisonError};

use statecraft_domain::Timestamp;
use statecraft_extraction::cluster::{Clusterer, Report};
use statecraft_extraction::{Extractor, ExtractorError, Headline, Reading};

use super::labeller::Labeller;
use super::reading::Reader;

/// Reads by rules, and remembers the stories of the last days.
#[derive(Debug)]
pub struct Rules {
    extractor: Extractor,
    stories: Mutex<Clusterer>,
    labeller: Option<Arc<Labeller>>,
}

impl Rules {
    /// With the shipped lexicon.
    ///
    /// # Errors
    /// [`ExtractorError`] if the shipped lexicon is broken.
    pub fn shipped() -> Result<Self, ExtractorError> {
        Extractor::shipped().map(Self::new)
    }

    /// With this extractor.
    #[must_use]
    pub fn new(extractor: Extractor) -> Self {
        Self { extractor, stories: Mutex::default(), labeller: None }
    }

    /// With a second reader.
    #[must_use]
    pub fn with_labeller(mut self, labeller: Option<Arc<Labeller>>) -> Self {
        self.labeller = labeller;
        self
    }
}

impl Reader for Rules {
    fn read(&self, headline: &Headline<'_>) -> Reading {
        let reading = self.extractor.read(headline);
        match &self.labeller {
            Some(labeller) => labeller.check(headline, reading),
            None => reading,
        }
    }

    fn names(&self, words: &str, lang: &str, country: &str) -> bool {
        self.extractor.names(words, lang, country)
    }

    fn labeller(&self) -> Option<&Labeller> {
        self.labeller.as_deref()
    }

    fn story(
        &self,
        headline: &Headline<'_>,
        reading: &Reading,
        id: &str,
        link: &str,
        at: Timestamp,
    ) -> String {
        let (title, lang, target) = (headline.title, headline.lang, headline.target);
        let report = Report::new(&self.extractor, title, lang, target, reading, link, Some(at));
        self.stories.lock().unwrap_or_else(PoisonError::into_inner).place(id, report)
    }

    fn remember(
        &self,
        headline: &Headline<'_>,
        reading: &Reading,
        story: &str,
        link: &str,
        at: Timestamp,
    ) {
        let (title, lang, target) = (headline.title, headline.lang, headline.target);
        let report = Report::new(&self.extractor, title, lang, target, reading, link, Some(at));
        self.stories.lock().unwrap_or_else(PoisonError::into_inner).remember(story, report);
    }
}
