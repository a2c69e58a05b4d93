//! [`ConfigReport`]: every mistake, where it is, and what is allowed instead.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A text that settings came from: a file, a variable, a flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// Its name for people.
    pub origin: String,
    /// What it says.
    pub text: String,
    /// It holds something that must not be shown.
    pub secret: bool,
}

/// A stretch of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Which source, by position.
    pub source: usize,
    /// Which bytes.
    pub range: Range<usize>,
}

impl Place {
    /// Do the two share a byte, or touch?
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.source == other.source
            && self.range.start <= other.range.end
            && other.range.start <= self.range.end
    }
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where; `None` if it concerns a file as a whole.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What the place says, in a few words; may be empty.
    pub label: String,
    /// What is allowed, or what to do; may be empty.
    pub help: String,
    /// Another place that plays a part, and which.
    pub related: Option<(Place, String)>,
}

impl Problem {
    /// A mistake at a place.
    pub fn at(place: &Place, message: impl Into<String>) -> Self {
        Self { place: Some(place.clone()), ..Self::anywhere(message) }
    }

    /// A mistake of a file as a whole; the message names it.
    pub fn anywhere(message: impl Into<String>) -> Self {
        let message = message.into();
        Self { place: None, message, label: String::new(), help: String::new(), related: None }
    }

    /// With words under the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// With what is allowed.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// With a second place.
    #[must_use]
    pub fn related(mut self, place: &Place, label: impl Into<String>) -> Self {
        self.related = Some((place.clone(), label.into()));
        self
    }
}

/// Everything that is wrong, in every file.
#[derive(Debug, Default, thiserror::Error)]
#[error("{}", self.render(false))]
pub struct ConfigReport {
    pub(super) sources: Vec<Source>,
    pub(super) problems: Vec<Problem>,
}

/// Where a mistake is, in numbers that editors understand.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Located {
    /// The file or variable.
    pub file: String,
    /// From 1; 0 if the mistake concerns the file as a whole.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What is allowed, or what to do.
    pub help: String,
}

/// How many mistakes are drawn with their lines: nobody reads more of them at once.
const DRAWN: usize = 40;

impl ConfigReport {
    /// How many mistakes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.problems.len()
    }

    /// None at all?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// Every mistake with its file, line and column.
    #[must_use]
    pub fn located(&self) -> Vec<Located> {
        self.problems.iter().map(|problem| self.locate(problem)).collect()
    }

    /// The mistakes with the lines they are in, for people; in colour for a terminal.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        format!("{}; nothing was started\n\n{}", self.summary(), self.drawn(colour))
            .trim_end()
            .to_owned()
    }

    /// How many mistakes, in words.
    #[must_use]
    pub fn summary(&self) -> String {
        match self.problems.len() {
            1 => "1 mistake in the configuration".to_owned(),
            count => format!("{count} mistakes in the configuration"),
        }
    }

    /// The mistakes alone: the first [`DRAWN`] with their lines, and how many there are beside them.
    #[must_use]
    pub fn drawn(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let (shown, others) = self.problems.split_at(self.problems.len().min(DRAWN));
        let mut drawn: Vec<_> =
            shown.iter().map(|problem| renderer.render(&[self.group(problem)])).collect();
        if !others.is_empty() {
            let others = others.len();
            drawn.push(format!("and {others} more; `statecraft check --json` lists them all"));
        }
        drawn.join("\n\n")
    }

    /// In order of file and position, so that they read like the file.
    pub(super) fn sort(&mut self) {
        self.problems.sort_by_key(|problem| {
            problem.place.as_ref().map(|place| (place.source, place.range.start, place.range.end))
        });
        self.problems.dedup();
    }

    fn group<'a>(&'a self, problem: &'a Problem) -> Group<'a> {
        let mut group = Group::with_title(Level::ERROR.primary_title(problem.message.as_str()));
        if let Some((place, source)) = self.shown(problem.place.as_ref()) {
            let mut snippet =
                Snippet::source(source.text.as_str()).path(source.origin.as_str()).annotation(
                    AnnotationKind::Primary
                        .span(clamped(&place.range, &source.text))
                        .label(problem.label.as_str()),
                );
            if let Some((related, label)) = &problem.related
                && related.source == place.source
            {
                let span = clamped(&related.range, &source.text);
                snippet =
                    snippet.annotation(AnnotationKind::Context.span(span).label(label.as_str()));
            }
            group = group.element(snippet);
        } else if problem.place.is_some() {
            // The text holds a secret: say where, show nothing.
            let at = self.locate(problem);
            let origin = annotate_snippets::Origin::path(at.file).line(at.line);
            group = group.element(origin.char_column(at.column));
        }
        if problem.help.is_empty() {
            return group;
        }
        group.element(Level::HELP.message(problem.help.as_str()))
    }

    /// The source of a place, unless it must not be shown.
    fn shown<'a>(&'a self, place: Option<&'a Place>) -> Option<(&'a Place, &'a Source)> {
        let place = place?;
        self.sources.get(place.source).filter(|source| !source.secret).map(|source| (place, source))
    }

    fn locate(&self, problem: &Problem) -> Located {
        let (message, help) = (problem.message.clone(), problem.help.clone());
        let place = problem.place.as_ref();
        match place.and_then(|place| self.sources.get(place.source).map(|source| (place, source))) {
            Some((place, source)) => {
                let (line, column) = line_and_column(&source.text, place.range.start);
                Located { file: source.origin.clone(), line, column, message, help }
            }
            None => Located { file: String::new(), line: 0, column: 0, message, help },
        }
    }
}

/// Line and column of a byte, from 1.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before.get(start..).unwrap_or("").chars().count() + 1)
}

/// The renderer wants ranges inside the text, at character borders.
fn clamped(range: &Range<usize>, text: &str) -> Range<usize> {
    let border = |offset: usize| {
        (0..=offset.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
    };
    let start = border(range.start);
    start..border(range.end).max(start)
}
