//! What is said of lines of signal files that were left out, or that will not do what they seem to ask for.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::path::Path;

use statecraft_domain::Signal;

use super::remarks::Vocabulary;

/// Notes kept at most: a file of another kind must not fill the screen.
const NOTES_MAX: usize = 1_000;
/// Numbers of lines told of one event that is not asked about.
const NUMBERS_MAX: usize = 10;

/// A file and the number of a line in it, from 1.
type Place<'a> = (&'a Path, u64);

/// Collects them in the order of the files and lines.
pub(super) struct Notes<'v> {
    vocabulary: &'v Vocabulary,
    notes: Vec<String>,
    /// Lines left out or bent.
    lines: u64,
    /// Notes beyond [`NOTES_MAX`].
    hidden: u64,
    /// Lines of this file for events of others.
    elsewhere: BTreeMap<String, Vec<u64>>,
    /// Where an id was stated first: the engine hears it once.
    stated: HashMap<String, String>,
}

impl<'v> Notes<'v> {
    pub(super) fn new(vocabulary: &'v Vocabulary) -> Self {
        Self {
            vocabulary,
            notes: Vec::new(),
            lines: 0,
            hidden: 0,
            elsewhere: BTreeMap::new(),
            stated: HashMap::new(),
        }
    }

    /// A line that is no signal; the note.
    pub(super) fn left_out(&mut self, place: Place<'_>, why: &dyn Display) -> String {
        self.lines += 1;
        let note = format!("{}: {why}", at(place));
        self.add(format!("{note}: left out"));
        note
    }

    /// A line that is one, in our own form (`signal`) or as a release of others.
    pub(super) fn about(&mut self, line: &[u8], signal: Option<&Signal>, place: Place<'_>) {
        let Some(signal) = signal else { return };
        if self.vocabulary.is_elsewhere(signal) {
            self.elsewhere.entry(signal.target.clone()).or_default().push(place.1);
            return;
        }
        let mut remarks = self.vocabulary.remarks(line, signal);
        if !signal.labels.is_empty() {
            let first = self.stated.entry(signal.id.clone()).or_insert_with(|| at(place));
            if *first != at(place) {
                remarks.push(format!("its id is that of {first}: left out"));
            }
        }
        self.lines += u64::from(!remarks.is_empty());
        for remark in remarks {
            self.add(format!("{}: {remark}", at(place)));
        }
    }

    /// The lines of a file have been read.
    pub(super) fn end_of(&mut self, path: &Path) {
        for (event, numbers) in std::mem::take(&mut self.elsewhere) {
            let told: Vec<String> =
                numbers.iter().take(NUMBERS_MAX).map(ToString::to_string).collect();
            let more = if numbers.len() > NUMBERS_MAX { ", ..." } else { "" };
            self.add(format!(
                "{}: {} lines ({}{more}) are for {event}, which is not asked about",
                path.display(),
                numbers.len(),
                told.join(", ")
            ));
        }
    }

    fn add(&mut self, note: String) {
        if self.notes.len() < NOTES_MAX {
            self.notes.push(note);
        } else {
            self.hidden += 1;
        }
    }

    /// All of them; before them, of how many of the `lines`.
    pub(super) fn all(mut self, lines: u64) -> Vec<String> {
        if self.hidden > 0 {
            self.notes.push(format!("and {} more of this kind", self.hidden));
        }
        if self.lines > 0 {
            let bent = self.lines;
            self.notes
                .insert(0, format!("{bent} of {lines} lines of signals were left out or bent"));
        }
        self.notes
    }
}

fn at((path, number): Place<'_>) -> String {
    format!("{}:{number}", path.display())
}
