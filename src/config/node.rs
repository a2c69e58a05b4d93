//! [`Node`]: a table that was read, with its values checked one by one and their places kept.

use std::collections::{BTreeMap, BTreeSet};

use statecraft_domain::{Nanos, Price, Quantity, Timestamp, Usd};

use super::report::Place;

/// A checked value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text, path or word.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// Integer.
    Whole(u64),
    /// A number of the model, finite.
    Real(f64),
    /// Money.
    Money(Usd),
    /// Dollars per contract.
    Price(Price),
    /// Contracts.
    Contracts(Quantity),
    /// A span.
    Span(Nanos),
    /// An instant.
    Instant(Timestamp),
    /// Parameters of a Beta distribution.
    Beta(f64, f64),
    /// Texts.
    Texts(Vec<String>),
    /// A table.
    Table(Node),
    /// Tables.
    List(Vec<Node>),
}

/// One key as it was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// `None` if it was given but is wrong, which has been reported.
    pub value: Option<Value>,
    /// Where the value is.
    pub place: Place,
    /// It was not given: this is the default.
    pub default: bool,
}

/// A table, key by key.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the table begins.
    pub place: Place,
    /// What was given.
    pub entries: BTreeMap<&'static str, Entry>,
    /// Keys that an unknown key was taken for: if they are missing, that has been said.
    pub excused: BTreeSet<&'static str>,
    /// A part of the text could not be read: nobody knows what is missing.
    pub broken: bool,
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident: $variant:ident -> $type:ty),+ $(,)?) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(&self, key: &str) -> Option<$type> {
            match self.value(key)? {
                Value::$variant(value) => Some(value.clone()),
                _ => None,
            }
        })+
    };
}

impl Node {
    /// A table with nothing in it.
    #[must_use]
    pub const fn empty(place: Place) -> Self {
        Self { place, entries: BTreeMap::new(), excused: BTreeSet::new(), broken: false }
    }

    getters!(
        /// Text, path or word.
        text: Text -> String,
        /// Yes or no.
        flag: Flag -> bool,
        /// An integer.
        whole: Whole -> u64,
        /// A number of the model.
        real: Real -> f64,
        /// Money.
        money: Money -> Usd,
        /// Dollars per contract.
        price: Price -> Price,
        /// Contracts.
        contracts: Contracts -> Quantity,
        /// A span.
        span: Span -> Nanos,
        /// An instant.
        instant: Instant -> Timestamp,
        /// Texts.
        texts: Texts -> Vec<String>,
    );

    /// An integer that its declared range keeps within 32 bits.
    #[must_use]
    pub fn count(&self, key: &str) -> Option<u32> {
        self.whole(key).and_then(|value| u32::try_from(value).ok())
    }

    /// Parameters of a Beta distribution.
    #[must_use]
    pub fn beta(&self, key: &str) -> Option<(f64, f64)> {
        match self.value(key)? {
            Value::Beta(alpha, beta) => Some((*alpha, *beta)),
            _ => None,
        }
    }

    /// A table inside this one.
    #[must_use]
    pub fn table(&self, key: &str) -> Option<&Self> {
        match self.value(key)? {
            Value::Table(node) => Some(node),
            _ => None,
        }
    }

    /// The tables of a list; none if it is absent.
    #[must_use]
    pub fn list(&self, key: &str) -> &[Self] {
        match self.value(key) {
            Some(Value::List(nodes)) => nodes,
            _ => &[],
        }
    }

    /// Where a key's value is, or the table if it was not given.
    #[must_use]
    pub fn place(&self, key: &str) -> &Place {
        self.entries.get(key).map_or(&self.place, |entry| &entry.place)
    }

    /// Was the key given, right or wrong?
    #[must_use]
    pub fn is_given(&self, key: &str) -> bool {
        self.entries.get(key).is_some_and(|entry| !entry.default)
    }

    /// Lays another layer over this one: what it gives wins, table by table.
    pub fn overlay(&mut self, above: Self) {
        self.broken |= above.broken;
        self.excused.extend(above.excused);
        for (key, entry) in above.entries {
            match (self.entries.get_mut(key).and_then(|entry| entry.value.as_mut()), entry.value) {
                (Some(Value::Table(below)), Some(Value::Table(above))) => below.overlay(above),
                (_, value) => {
                    self.entries.insert(key, Entry { value, ..entry });
                }
            }
        }
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.entries.get(key)?.value.as_ref()
    }
}
