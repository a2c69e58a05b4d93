//! The shape of a file, as one declaration: which keys a table has, what each may hold, what it means
//! and what it is when left out. Parsing, range checks, messages, nearest-key hints, defaults and the
//! JSON Schema all come from it.

use statecraft_domain::{Nanos, Price, Quantity, Usd};

/// A table of a TOML file.
#[derive(Debug)]
pub struct Table {
    /// What it is about.
    pub doc: &'static str,
    /// Keys that are always allowed.
    pub keys: &'static [Key],
    /// Alternatives, chosen by one of the keys.
    pub choice: Option<Choice>,
}

/// One of several kinds of a table, each with keys of its own.
#[derive(Debug)]
pub struct Choice {
    /// The key that says which.
    pub tag: &'static str,
    /// What it may say.
    pub variants: &'static [Variant],
}

/// One alternative of a [`Choice`].
#[derive(Debug)]
pub struct Variant {
    /// What the tag says.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// The keys that only it has.
    pub keys: &'static [Key],
}

/// One key of a table.
#[derive(Debug)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// What it means, with its unit.
    pub doc: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What happens when it is left out.
    pub presence: Presence,
}

/// What happens when a key is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// A mistake.
    Required,
    /// A mistake, unless this other key of the table brings it.
    Unless(&'static str),
    /// Nothing.
    Optional,
    /// It has this value, in TOML.
    Default(&'static str),
}

/// What a key may hold. Ranges include both ends.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text, not empty.
    Text,
    /// A path; a leading `~/` is the home directory. Relative paths start at the working directory.
    Path,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// An integer.
    Whole {
        /// Least.
        min: u64,
        /// Most.
        max: u64,
    },
    /// A number of the model; never money.
    Real {
        /// Least.
        min: f64,
        /// Most.
        max: f64,
    },
    /// Dollars as quoted decimal text.
    Money {
        /// Least.
        min: Usd,
        /// Most.
        max: Usd,
    },
    /// Dollars per contract as quoted decimal text, at most four decimals.
    Price {
        /// Least.
        min: Price,
        /// Most.
        max: Price,
    },
    /// Contracts: an integer, or quoted decimal text.
    Contracts {
        /// Least.
        min: Quantity,
        /// Most.
        max: Quantity,
    },
    /// A span such as `"30s"`, `"15m"`, `"2h"`, `"120d"`.
    Span {
        /// Least.
        min: Nanos,
        /// Most.
        max: Nanos,
        /// Is `"forever"` allowed?
        forever: bool,
    },
    /// An instant with its offset from UTC, such as `2027-01-01T00:00:00-05:00`.
    Instant,
    /// The two parameters of a Beta distribution, both above zero.
    Beta,
    /// A list of texts, none of them empty.
    Texts,
    /// A table.
    Table(&'static Table),
    /// Any number of tables (`[[key]]`).
    List(&'static Table),
}

impl Table {
    /// Every key the table could have, whatever its kind.
    pub fn all_keys(&self) -> impl Iterator<Item = &'static Key> {
        let variants = self.choice.as_ref().map_or(&[][..], |choice| choice.variants);
        self.keys.iter().chain(variants.iter().flat_map(|variant| variant.keys))
    }

    /// The keys of the table if its tag says `variant`.
    pub fn keys_of(&self, variant: Option<&str>) -> impl Iterator<Item = &'static Key> {
        let variants = self.choice.as_ref().map_or(&[][..], |choice| choice.variants);
        let chosen = variants.iter().find(|candidate| Some(candidate.name) == variant);
        self.keys.iter().chain(chosen.map_or(&[][..], |variant| variant.keys))
    }
}

impl Kind {
    /// What is allowed, as the end of a sentence.
    #[must_use]
    pub fn allowed(&self) -> String {
        match self {
            Self::Text => "text in quotes".to_owned(),
            Self::Path => "a path in quotes".to_owned(),
            Self::Word(words) => format!("one of {}", quoted(words)),
            Self::Flag => "true or false".to_owned(),
            Self::Whole { min, max } => format!("a whole number from {min} to {max}"),
            Self::Real { min, max } => format!("a number from {min} to {max}"),
            Self::Money { min, max } => {
                format!("dollars in quotes from \"{}\" to \"{}\"", plain(min), plain(max))
            }
            Self::Price { min, max } => {
                format!("dollars per contract in quotes from \"{min}\" to \"{max}\"")
            }
            Self::Contracts { min, max } => format!("contracts from {min} to {max}"),
            Self::Span { min, max, forever } => {
                let (min, max) = (span_text(*min), span_text(*max));
                let forever = if *forever { ", or \"forever\"" } else { "" };
                format!("a span from \"{min}\" to \"{max}\" (units ms, s, m, h, d){forever}")
            }
            Self::Instant => {
                "an instant with its offset, such as 2027-01-01T00:00:00-05:00".to_owned()
            }
            Self::Beta => "two numbers above 0, such as [20.5, 6.5]".to_owned(),
            Self::Texts => "a list of texts, such as [\"a.example\", \"b.example\"]".to_owned(),
            Self::Table(_) => "a table".to_owned(),
            Self::List(_) => "a list of tables ([[...]])".to_owned(),
        }
    }
}

/// Whole dollars without their cents.
fn plain(amount: &Usd) -> String {
    let text = amount.to_string();
    text.strip_suffix(".00").map_or(text.clone(), str::to_owned)
}

/// `"a", "b"`.
#[must_use]
pub fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}

/// The units of spans, longest first, in nanoseconds.
pub const SPAN_UNITS: [(&str, i64); 5] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
];

/// A span in the longest unit that names it exactly.
#[must_use]
pub fn span_text(span: Nanos) -> String {
    if span == FOREVER {
        return "forever".to_owned();
    }
    if span == Nanos::ZERO {
        return "0s".to_owned();
    }
    let exact = SPAN_UNITS.iter().find(|(_, unit)| span.get() % unit == 0);
    match exact {
        Some((name, unit)) => format!("{}{name}", span.get() / unit),
        None => format!("{}ns", span.get()),
    }
}

/// What `"forever"` is read as.
pub const FOREVER: Nanos = Nanos::new(i64::MAX);
