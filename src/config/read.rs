//! Walks a TOML document against its declared shape and notes every mistake on the way.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest::nearest;
use super::node::{Entry, Node, Value};
use super::report::{ConfigReport, Place, Problem, Source};
use super::scalar;
use super::secrets;
use super::shape::{Key, Kind, Presence, Table, quoted};

/// A source and the line in it, from 0; none outside the text.
type Line = Option<(usize, usize)>;

/// Reads sources and collects what is wrong with them.
#[derive(Debug, Default)]
pub struct Reader {
    /// What has been found so far.
    pub report: ConfigReport,
    /// Where the text is not TOML, and in which line: what was guessed in its place is not judged.
    broken: Vec<(Place, Line)>,
    /// The whole shape being read, to find where a misplaced key belongs.
    root: Option<&'static Table>,
}

impl Reader {
    /// Takes in a text; its places refer to the number returned.
    pub fn add_source(&mut self, origin: String, text: String) -> usize {
        let secret = secrets::found_in(&text);
        self.report.sources.push(Source { origin, text, secret });
        self.report.sources.len() - 1
    }

    /// Notes a mistake.
    pub fn problem(&mut self, problem: Problem) {
        self.report.problems.push(problem);
    }

    /// Reads a whole document of the shape `table`. Missing keys are not looked for yet: another layer
    /// may bring them.
    pub fn document(&mut self, source: usize, table: &'static Table) -> Node {
        let text = match self.report.sources.get(source) {
            Some(source) => source.text.clone(),
            None => String::new(),
        };
        let whole = Place { source, range: 0..0 };
        if let Some(range) = secrets::first_in(&text) {
            self.problem(secrets::problem(&Place { source, range }));
        }
        self.parse(source, &text, whole, table)
    }

    /// Reads a whole document that the program itself wrote: it holds hashes, and no keys.
    pub fn generated(&mut self, origin: String, text: String, table: &'static Table) -> Node {
        self.report.sources.push(Source { origin, text: text.clone(), secret: false });
        let source = self.report.sources.len() - 1;
        self.parse(source, &text, Place { source, range: 0..0 }, table)
    }

    fn parse(&mut self, source: usize, text: &str, whole: Place, table: &'static Table) -> Node {
        let (document, errors) = DeTable::parse_recoverable(text);
        self.root = Some(table);
        for error in &errors {
            let place = Place { source, range: error.span().unwrap_or(0..0) };
            let line = self.line(&place);
            // What the parser stumbles over after the first slip of a line is the same slip.
            if !self.broken.iter().any(|(_, broken)| *broken == line) {
                self.problem(Problem::at(&place, format!("not TOML: {}", error.message())));
            }
            self.broken.push((place, line));
        }
        let mut node = self.table(source, document.get_ref(), whole, table);
        // After a broken line nobody knows what else was meant to be there.
        node.broken |= !errors.is_empty();
        node
    }

    fn table(
        &mut self,
        source: usize,
        found: &DeTable<'_>,
        place: Place,
        shape: &'static Table,
    ) -> Node {
        let mut node = Node::empty(place);
        let variant = self.variant(found, shape);
        for (name, value) in found {
            let at = Place { source, range: name.span() };
            match shape.all_keys().find(|key| key.name == name.get_ref()) {
                Some(key) if variant.allows(shape, key) => {
                    let entry = self.entry(source, key, value, name.span());
                    node.entries.insert(key.name, entry);
                }
                Some(key) => self.misplaced(&at, shape, key, &variant),
                None => node.excused.extend(self.unknown(&at, name.get_ref(), shape, &variant)),
            }
        }
        node
    }

    /// What the tag says, as far as it is known.
    fn variant(&mut self, found: &DeTable<'_>, shape: &Table) -> Tag {
        let Some(choice) = &shape.choice else { return Tag::Known(None) };
        let said = found.get(choice.tag).and_then(|value| value.get_ref().as_str());
        match said.and_then(|said| choice.variants.iter().find(|known| known.name == said)) {
            Some(variant) => Tag::Known(Some(variant.name)),
            None => Tag::Unclear,
        }
    }

    fn entry(
        &mut self,
        source: usize,
        key: &'static Key,
        value: &Spanned<DeValue<'_>>,
        name: Range<usize>,
    ) -> Entry {
        let place = Place { source, range: value.span() };
        let value = match (&key.kind, value.get_ref()) {
            (Kind::Table(shape), DeValue::Table(table)) => {
                let head = Place { source, range: name };
                let node = self.table(source, table, head.clone(), shape);
                return Entry { value: Some(Value::Table(node)), place: head, default: false };
            }
            (Kind::List(shape), DeValue::Array(items)) => {
                let mut nodes = Vec::new();
                for item in items {
                    let at = Place { source, range: item.span() };
                    match item.get_ref() {
                        DeValue::Table(table) => nodes.push(self.table(source, table, at, shape)),
                        other => self.wrong(&at, key, scalar::read(&key.kind, other).err()),
                    }
                }
                Some(Value::List(nodes))
            }
            (kind, found) => match scalar::read(kind, found) {
                Ok(value) => Some(value),
                Err(wrong) => {
                    self.wrong(&place, key, Some(wrong));
                    None
                }
            },
        };
        Entry { value, place, default: false }
    }

    fn wrong(&mut self, place: &Place, key: &Key, wrong: Option<scalar::Wrong>) {
        let wrong = wrong.unwrap_or_else(|| scalar::Wrong {
            label: "not a table".to_owned(),
            advice: String::new(),
        });
        if self.is_guessed(place) {
            return;
        }
        let help = if wrong.advice.is_empty() { key.doc.to_owned() } else { wrong.advice };
        let message = format!("`{}` must be {}", key.name, key.kind.allowed());
        self.problem(Problem::at(place, message).label(wrong.label).help(help));
    }

    /// Is the value one that the parser made up where the text is not TOML? It says that it stands
    /// nowhere, or it stands in a line that is broken.
    fn is_guessed(&self, place: &Place) -> bool {
        let line = self.line(place);
        let mut here = self.broken.iter().filter(|(broken, _)| broken.source == place.source);
        here.any(|(broken, of)| place.range.is_empty() || broken.overlaps(place) || *of == line)
    }

    /// The source and the line of it in which a place begins.
    fn line(&self, place: &Place) -> Line {
        let text = self.report.sources.get(place.source)?.text.get(..place.range.start)?;
        Some((place.source, text.matches('\n').count()))
    }

    fn misplaced(&mut self, at: &Place, shape: &Table, key: &Key, tag: &Tag) {
        let Some(choice) = &shape.choice else { return };
        let owners: Vec<&str> = choice
            .variants
            .iter()
            .filter(|variant| variant.keys.iter().any(|candidate| candidate.name == key.name))
            .map(|variant| variant.name)
            .collect();
        let said = match tag {
            Tag::Known(Some(said)) => *said,
            Tag::Known(None) | Tag::Unclear => "",
        };
        let message = format!("`{}` does not go with {} = \"{said}\"", key.name, choice.tag);
        let help = format!("`{}` goes with {} = {}", key.name, choice.tag, quoted(&owners));
        self.problem(Problem::at(at, message).help(help));
    }

    /// Reports an unknown key and returns the one that was probably meant.
    fn unknown(
        &mut self,
        at: &Place,
        name: &str,
        shape: &'static Table,
        tag: &Tag,
    ) -> Option<&'static str> {
        let allowed: Vec<&'static Key> = match tag {
            Tag::Known(variant) => shape.keys_of(*variant).collect(),
            Tag::Unclear => shape.all_keys().collect(),
        };
        let names = allowed.iter().map(|key| key.name);
        let meant = nearest(name, names.clone());
        let elsewhere = self.root.and_then(|root| home_of(root, name, ""));
        let (label, help) = match (meant, elsewhere) {
            (_, Some(home)) => (format!("it belongs in {home}"), String::new()),
            (Some(meant), _) => (format!("did you mean `{meant}`?"), doc_of(&allowed, meant)),
            _ => (String::new(), format!("known here: {}", names.collect::<Vec<_>>().join(", "))),
        };
        // Control characters in a name must not reach the terminal.
        let message = format!("unknown key `{}`", name.escape_debug());
        self.problem(Problem::at(at, message).label(label).help(help));
        meant
    }

    /// Fills in defaults and reports what is missing, all layers being there.
    pub fn complete(&mut self, node: &mut Node, shape: &'static Table) {
        let tag = shape.choice.as_ref().map(|choice| choice.tag);
        let variant = tag.and_then(|tag| node.text(tag));
        for key in shape.keys_of(variant.as_deref()) {
            if !node.entries.contains_key(key.name) {
                self.fill(node, key);
            }
            let Some(entry) = node.entries.get_mut(key.name) else { continue };
            match (&key.kind, &mut entry.value) {
                (Kind::Table(inner), Some(Value::Table(child))) => self.complete(child, inner),
                (Kind::List(inner), Some(Value::List(children))) => {
                    children.iter_mut().for_each(|child| self.complete(child, inner));
                }
                _ => {}
            }
        }
    }

    fn fill(&mut self, node: &mut Node, key: &'static Key) {
        let place = node.place.clone();
        let value = match (key.presence, &key.kind) {
            (Presence::Required, _) if node.broken || node.excused.contains(key.name) => return,
            (Presence::Unless(other), _)
                if node.broken
                    || node.excused.contains(key.name)
                    || node.entries.contains_key(other) =>
            {
                return;
            }
            (Presence::Required | Presence::Unless(_), kind) => {
                let message = format!("`{}` is missing", key.name);
                let help = format!("{}: {}. {}", key.name, kind.allowed(), key.doc);
                return self.problem(Problem::at(&place, message).help(help));
            }
            (Presence::Optional, _) => return,
            (Presence::Default(_), Kind::Table(_)) => Value::Table(Node::empty(place.clone())),
            (Presence::Default(_), Kind::List(_)) => Value::List(Vec::new()),
            (Presence::Default(text), kind) => match read_default(kind, text) {
                Some(value) => value,
                None => {
                    let message = format!("the built-in default {text} of `{}` is wrong", key.name);
                    return self.problem(Problem::anywhere(message));
                }
            },
        };
        node.entries.insert(key.name, Entry { value: Some(value), place, default: true });
    }

    /// Reads one key from a text that is not a TOML document: an environment variable or a flag.
    pub fn override_entry(&mut self, source: usize, key: &'static Key, text: &str) -> Entry {
        let place = Place { source, range: 0..text.len() };
        if secrets::found_in(text) {
            self.problem(secrets::problem(&place));
        }
        let quoted = DeValue::String(text.into());
        let parsed = DeValue::parse(text);
        let value = match (&key.kind, &parsed) {
            // What looks like a number is one; everything else is text without its quotes.
            (
                Kind::Whole { .. } | Kind::Real { .. } | Kind::Flag | Kind::Beta | Kind::Texts,
                Ok(value),
            ) => value.get_ref(),
            (_, Ok(value)) if value.get_ref().is_str() => value.get_ref(),
            _ => &quoted,
        };
        let value = match scalar::read(&key.kind, value) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.wrong(&place, key, Some(wrong));
                None
            }
        };
        Entry { value, place, default: false }
    }
}

/// What the tag of a table says.
enum Tag {
    /// There is no tag, or it says this.
    Known(Option<&'static str>),
    /// It is missing or wrong: any key of any variant may be meant.
    Unclear,
}

impl Tag {
    fn allows(&self, shape: &'static Table, key: &Key) -> bool {
        match self {
            Self::Known(variant) => shape.keys_of(*variant).any(|known| known.name == key.name),
            Self::Unclear => true,
        }
    }
}

/// The table whose key this is, as its header is written.
fn home_of(shape: &'static Table, name: &str, path: &str) -> Option<String> {
    shape.all_keys().find_map(|key| {
        let (inner, open, close) = match &key.kind {
            Kind::Table(inner) => (inner, "[", "]"),
            Kind::List(inner) => (inner, "[[", "]]"),
            _ => return None,
        };
        let inside =
            if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        if inner.all_keys().any(|candidate| candidate.name == name) {
            return Some(format!("{open}{inside}{close}"));
        }
        home_of(inner, name, &inside)
    })
}

fn doc_of(keys: &[&'static Key], name: &str) -> String {
    keys.iter()
        .find(|key| key.name == name)
        .map_or(String::new(), |key| format!("{}: {}. {}", key.name, key.kind.allowed(), key.doc))
}

fn read_default(kind: &Kind, text: &str) -> Option<Value> {
    let value = DeValue::parse(text).ok()?;
    scalar::read(kind, value.get_ref()).ok()
}
