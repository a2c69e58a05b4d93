//! The words the rules know: a TOML file that a trader can edit (the manual is docs/EXTRACTION.md).

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::lists::Lists;
use crate::role::{Kind, Role};

/// The lexicon that is shipped.
pub const SHIPPED: &str = include_str!("../../../config/lexicon.toml");

/// What is wrong with a lexicon file, and where.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("lexicon line {line}: {what}")]
pub struct LexiconError {
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: LexiconFault,
}

/// The kinds of mistakes in a lexicon file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LexiconFault {
    /// Not TOML.
    #[error("not TOML: {0}")]
    Syntax(String),
    /// A key that means nothing here.
    #[error("unknown {what} `{name}`; known are: {known}")]
    Unknown {
        /// What kind of key.
        what: &'static str,
        /// The key.
        name: String,
        /// The keys that would be right.
        known: String,
    },
    /// A value of the wrong type.
    #[error("`{name}` must be {wanted}")]
    Type {
        /// The key.
        name: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// A key that must be there.
    #[error("{table} needs `{name}`")]
    Missing {
        /// The table.
        table: &'static str,
        /// The key.
        name: &'static str,
    },
    /// An entry that cannot be matched.
    #[error("entry `{entry}`: {why}")]
    Entry {
        /// The entry.
        entry: String,
        /// Why not.
        why: &'static str,
    },
    /// Two tables of one name, or a word that its list has already.
    #[error("`{0}` is there twice")]
    Twice(String),
    /// A list that the rules need.
    #[error("`[list.{0}]` is missing or empty; copy it from the shipped lexicon")]
    NoList(&'static str),
}

/// Language of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    /// Holds in every language.
    Any,
    /// English.
    En,
    /// Japanese.
    Ja,
    /// Korean.
    Ko,
    /// Chinese, simplified or traditional.
    Zh,
    /// German.
    De,
    /// French.
    Fr,
}

impl Lang {
    /// From a BCP 47 tag or a key of the lexicon.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Some(match primary.to_ascii_lowercase().as_str() {
            "any" => Self::Any,
            "en" => Self::En,
            "ja" => Self::Ja,
            "ko" => Self::Ko,
            "zh" => Self::Zh,
            "de" => Self::De,
            "fr" => Self::Fr,
            _ => return None,
        })
    }
}

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tag {
    /// A word with a role in the grammar.
    Word(Role),
    /// An actor, by index.
    Actor(usize),
    /// The name of a country, by index.
    Country(usize),
    /// A place in a country.
    Place(usize),
    /// A leader of a country.
    Leader(usize),
    /// A word for "a visit to" a country.
    VisitTo(usize),
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The words, without marks.
    pub words: String,
    /// What they are.
    pub tag: Tag,
    /// The language in which they are that.
    pub lang: Lang,
    /// Must the letters have this case?
    pub cased: bool,
    /// May a word go on before it, after it?
    pub open: (bool, bool),
    /// Must a word begin, end here, even in a script without spaces?
    pub edge: (bool, bool),
    /// Line of the file.
    pub line: usize,
}

/// A country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Country {
    /// Slug as in the contracts.
    pub slug: String,
    /// Slug of its government as an actor.
    pub government: String,
    /// Languages in which "the government" is this one.
    pub home: Vec<Lang>,
}

/// An actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Slug.
    pub slug: String,
    /// What it is.
    pub kind: Kind,
    /// Index of its country.
    pub country: Option<usize>,
}

/// All words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lexicon {
    /// Every entry.
    pub entries: Vec<Entry>,
    /// Countries.
    pub countries: Vec<Country>,
    /// Actors.
    pub actors: Vec<Actor>,
    /// Lists of words that single rules look for.
    pub lists: Lists,
}

type Table<'a> = DeTable<'a>;
type Value<'a> = Spanned<DeValue<'a>>;
type Key<'a> = Spanned<DeString<'a>>;

/// A reader of one file.
struct Reader {
    /// Where its lines end, to name them.
    breaks: Vec<usize>,
    lexicon: Lexicon,
    seen: BTreeSet<(String, Tag, Lang)>,
}

impl Lexicon {
    /// Reads a lexicon.
    ///
    /// # Errors
    /// [`LexiconError`] names the line and what is wrong with it; unknown keys are errors.
    pub fn parse(text: &str) -> Result<Self, LexiconError> {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at);
        let mut reader =
            Reader { breaks: breaks.collect(), lexicon: Self::default(), seen: BTreeSet::new() };
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            reader.fault(at, LexiconFault::Syntax(error.message().to_owned()))
        })?;
        let table = table.into_inner();
        const SECTIONS: [&str; 4] = ["country", "actor", "word", "list"];
        for section in SECTIONS {
            for (key, value) in table.iter().filter(|(key, _)| key.get_ref() == section) {
                reader.section(key, value)?;
            }
        }
        if let Some(key) = table.keys().find(|key| !SECTIONS.contains(&key.get_ref().as_ref())) {
            return Err(reader.unknown(key, "table", SECTIONS.join(", ")));
        }
        match reader.lexicon.lists.empty() {
            Some(name) => Err(reader.fault(text.len(), LexiconFault::NoList(name))),
            None => Ok(reader.lexicon),
        }
    }

    /// The lexicon that is shipped with the program.
    ///
    /// # Errors
    /// [`LexiconError`] if the shipped file is broken; a test says it is not.
    pub fn shipped() -> Result<Self, LexiconError> {
        Self::parse(SHIPPED)
    }

    /// The lexicon without some entries (by index).
    #[must_use]
    pub fn without(&self, dropped: &BTreeSet<usize>) -> Self {
        let kept = self.entries.iter().enumerate().filter(|(index, _)| !dropped.contains(index));
        Self { entries: kept.map(|(_, entry)| entry.clone()).collect(), ..self.clone() }
    }

    /// Index of a country. Files write slugs in several ways: `korea-south`, `south_korea` and `South
    /// Korea` are one.
    #[must_use]
    pub fn country(&self, slug: &str) -> Option<usize> {
        let exact = self.countries.iter().position(|country| country.slug == slug);
        exact.or_else(|| {
            let wanted = parts(slug);
            self.countries.iter().position(|country| parts(&country.slug) == wanted)
        })
    }
}

/// The words of a slug in alphabetical order; short names of states in full.
fn parts(slug: &str) -> Vec<String> {
    let slug = slug.trim().to_lowercase();
    let full = match slug.as_str() {
        "uk" | "great-britain" | "great_britain" | "britain" => "united kingdom",
        "uae" | "emirates" => "united arab emirates",
        "korea" | "republic_of_korea" | "republic-of-korea" | "rok" => "south korea",
        "ksa" => "saudi arabia",
        "vatican" | "vatican-city" | "vatican_city" => "holy see",
        "dprk" => "north korea",
        "prc" => "china",
        other => other,
    };
    let mut parts: Vec<String> = full
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty() && *part != "the")
        .map(str::to_owned)
        .collect();
    parts.sort_unstable();
    parts
}

/// Why a word of a list would never be found.
fn unreadable(word: &str) -> Option<&'static str> {
    let bare = word.trim();
    if bare.is_empty() {
        return Some("no words");
    }
    if word.contains('*') {
        return Some(
            "`*` has no meaning in a list; the table of the manual says how its words are compared",
        );
    }
    let read = crate::normalise::normalise(bare).lower;
    (read != bare)
        .then_some("headlines are read in small letters and one spelling, and never have this one")
}

impl Reader {
    /// Line of a byte, from 1.
    fn line(&self, at: usize) -> usize {
        self.breaks.partition_point(|line_break| *line_break < at) + 1
    }

    fn fault(&self, at: usize, what: LexiconFault) -> LexiconError {
        let line = self.line(at);
        LexiconError { line, what }
    }

    fn unknown(&self, key: &Key<'_>, what: &'static str, known: String) -> LexiconError {
        let name = key.get_ref().to_string();
        self.fault(key.span().start, LexiconFault::Unknown { what, name, known })
    }

    fn wrong(&self, at: usize, name: &str, wanted: &'static str) -> LexiconError {
        self.fault(at, LexiconFault::Type { name: name.to_owned(), wanted })
    }

    fn section(&mut self, key: &Key<'_>, value: &Value<'_>) -> Result<(), LexiconError> {
        let name = key.get_ref();
        if name == "word" || name == "list" {
            let table = self.table(value, name)?;
            for (key, words) in table {
                if name == "word" { self.role(key, words)? } else { self.list(key, words)? }
            }
            return Ok(());
        }
        let DeValue::Array(tables) = value.get_ref() else {
            return Err(self.wrong(value.span().start, name, "an array of tables, [[...]]"));
        };
        for item in tables {
            let table = self.table(item, name)?;
            let at = item.span().start;
            if name == "country" { self.country(table, at)? } else { self.actor(table, at)? }
        }
        Ok(())
    }

    fn table<'v>(&self, value: &'v Value<'v>, name: &str) -> Result<&'v Table<'v>, LexiconError> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            _ => Err(self.wrong(value.span().start, name, "a table")),
        }
    }

    fn string(&self, value: &Value<'_>, name: &str) -> Result<String, LexiconError> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            _ => Err(self.wrong(value.span().start, name, "a string")),
        }
    }

    fn strings(&self, value: &Value<'_>, name: &str) -> Result<Vec<(usize, String)>, LexiconError> {
        let DeValue::Array(items) = value.get_ref() else {
            return Err(self.wrong(value.span().start, name, "a list of strings"));
        };
        items.iter().map(|item| Ok((item.span().start, self.string(item, name)?))).collect()
    }

    fn role(&mut self, key: &Key<'_>, value: &Value<'_>) -> Result<(), LexiconError> {
        let Some(role) = Role::from_name(key.get_ref()) else {
            return Err(self.unknown(key, "role", Role::names()));
        };
        for (lang, at, word) in self.by_language(key, value)? {
            self.entry(at, &word, Tag::Word(role), lang)?;
        }
        Ok(())
    }

    /// The words of a table with one array per language, with their places.
    fn by_language(
        &self,
        key: &Key<'_>,
        value: &Value<'_>,
    ) -> Result<Vec<(Lang, usize, String)>, LexiconError> {
        let mut found = Vec::new();
        for (lang_key, words) in self.table(value, key.get_ref())? {
            let name = lang_key.get_ref();
            let lang = Lang::from_tag(name).ok_or_else(|| {
                self.unknown(lang_key, "language", "any, en, ja, ko, zh, de, fr".to_owned())
            })?;
            let words = self.strings(words, name)?;
            found.extend(words.into_iter().map(|(at, word)| (lang, at, word)));
        }
        Ok(found)
    }

    /// A list of words that one rule looks for. Spaces at their ends are borders of words and count.
    fn list(&mut self, key: &Key<'_>, value: &Value<'_>) -> Result<(), LexiconError> {
        let name = key.get_ref().as_ref();
        if self.lexicon.lists.by_name(name).is_none() {
            return Err(self.unknown(key, "list", Lists::NAMES.join(", ")));
        }
        for (_, at, word) in self.by_language(key, value)? {
            if let Some(why) = unreadable(&word) {
                return Err(self.fault(at, LexiconFault::Entry { entry: word, why }));
            }
            let new = self.lexicon.lists.by_name(name).is_some_and(|list| list.add(&word));
            if !new {
                return Err(self.fault(at, LexiconFault::Twice(word)));
            }
        }
        Ok(())
    }

    fn country(&mut self, table: &Table<'_>, at: usize) -> Result<(), LexiconError> {
        let index = self.lexicon.countries.len();
        let (mut slug, mut government, mut home) = (None, None, Vec::new());
        for (key, value) in table {
            let tag = match key.get_ref().as_ref() {
                "slug" => {
                    slug = Some(self.string(value, "slug")?);
                    continue;
                }
                "government" => {
                    government = Some(self.string(value, "government")?);
                    continue;
                }
                "home" => {
                    home = self.langs(value)?;
                    continue;
                }
                "names" => Tag::Country(index),
                "places" => Tag::Place(index),
                "leaders" => Tag::Leader(index),
                "visit" => Tag::VisitTo(index),
                _ => {
                    return Err(self.unknown(
                        key,
                        "key",
                        "slug, government, home, names, places, leaders, visit".to_owned(),
                    ));
                }
            };
            for (place, word) in self.strings(value, key.get_ref())? {
                self.entry(place, &word, tag, Lang::Any)?;
            }
        }
        let slug = slug.ok_or_else(|| self.missing(at, "[[country]]", "slug"))?;
        if self.lexicon.country(&slug).is_some() {
            return Err(self.fault(at, LexiconFault::Twice(slug)));
        }
        let government = government.ok_or_else(|| self.missing(at, "[[country]]", "government"))?;
        self.lexicon.countries.push(Country { slug, government, home });
        Ok(())
    }

    fn missing(&self, at: usize, table: &'static str, name: &'static str) -> LexiconError {
        self.fault(at, LexiconFault::Missing { table, name })
    }

    fn langs(&self, value: &Value<'_>) -> Result<Vec<Lang>, LexiconError> {
        let names = self.strings(value, "home")?;
        let lang = |(at, name): (usize, String)| {
            Lang::from_tag(&name)
                .ok_or_else(|| self.wrong(at, &name, "a language: en, ja, ko, zh, de, fr"))
        };
        names.into_iter().map(lang).collect()
    }

    fn actor(&mut self, table: &Table<'_>, at: usize) -> Result<(), LexiconError> {
        let index = self.lexicon.actors.len();
        let (mut slug, mut kind, mut country) = (None, None, None);
        for (key, value) in table {
            let start = value.span().start;
            match key.get_ref().as_ref() {
                "slug" => slug = Some(self.string(value, "slug")?),
                "kind" => {
                    let name = self.string(value, "kind")?;
                    let found = Kind::from_name(&name);
                    let known = LexiconFault::Unknown { what: "kind", name, known: Kind::names() };
                    kind = Some(found.ok_or_else(|| self.fault(start, known))?);
                }
                "country" => {
                    let name = self.string(value, "country")?;
                    let found = self.lexicon.country(&name);
                    let known = "the slugs of [[country]]".to_owned();
                    let fault = LexiconFault::Unknown { what: "country", name, known };
                    country = Some(found.ok_or_else(|| self.fault(start, fault))?);
                }
                "names" => {
                    for (place, word) in self.strings(value, "names")? {
                        self.entry(place, &word, Tag::Actor(index), Lang::Any)?;
                    }
                }
                _ => return Err(self.unknown(key, "key", "slug, kind, country, names".to_owned())),
            }
        }
        let slug = slug.ok_or_else(|| self.missing(at, "[[actor]]", "slug"))?;
        if self.lexicon.actors.iter().any(|actor| actor.slug == slug) {
            return Err(self.fault(at, LexiconFault::Twice(slug)));
        }
        let kind = kind.ok_or_else(|| self.missing(at, "[[actor]]", "kind"))?;
        self.lexicon.actors.push(Actor { slug, kind, country });
        Ok(())
    }

    fn entry(&mut self, at: usize, raw: &str, tag: Tag, lang: Lang) -> Result<(), LexiconError> {
        let mut words = raw;
        let mut take_start =
            |mark: char| words.strip_prefix(mark).map(|rest| words = rest).is_some();
        let (cased, edge_start, open_start) = (take_start('='), take_start('^'), take_start('*'));
        let mut take_end = |mark: char| words.strip_suffix(mark).map(|rest| words = rest).is_some();
        // "${" and "set p=" end with letters that are not marks.
        let (edge_end, open_end) = (raw != "$" && take_end('$'), take_end('*'));
        let fault = |why| LexiconFault::Entry { entry: raw.to_owned(), why };
        if words.trim().is_empty() {
            return Err(self.fault(at, fault("has no words")));
        }
        if words.contains('*') {
            return Err(self.fault(at, fault("`*` may stand only at its beginning or end")));
        }
        if !cased && words.chars().any(char::is_uppercase) {
            return Err(self.fault(
                at,
                fault("has capitals; write it small, or begin it with `=` if the case matters"),
            ));
        }
        if self.seen.insert((raw.to_owned(), tag, lang)) {
            let (open, edge) = ((open_start, open_end), (edge_start, edge_end));
            let line = self.line(at);
            let words = words.to_owned();
            self.lexicon.entries.push(Entry { words, tag, lang, cased, open, edge, line });
        }
        Ok(())
    }
}
