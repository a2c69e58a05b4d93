//! Layers above the settings file: environment variables and flags.

use super::nearest::nearest;
use super::node::{Entry, Node, Value};
use super::read::Reader;
use super::report::{Place, Problem};
use super::shape::{Key, Kind, Table};

/// Variables that begin like this set one key: `STATECRAFT__LIMITS__MAX_ORDER_COST`.
pub const PREFIX: &str = "STATECRAFT__";

/// Names that the venue's own tools use, and the keys they mean. They are a fallback: the settings file
/// and `STATECRAFT__` variables win over them.
pub const VENUE_VARIABLES: [(&str, &str); 3] = [
    ("KALSHI_API_KEY_ID", "kalshi.key_id"),
    ("KALSHI_KEY_ID", "kalshi.key_id"),
    ("KALSHI_PRIVATE_KEY_PATH", "kalshi.private_key"),
];

/// Sets `path` (`section.key`) to `text`, which came from `origin`, in a layer of its own.
pub fn set(
    reader: &mut Reader,
    shape: &'static Table,
    origin: String,
    path: &str,
    text: &str,
) -> Node {
    let source = reader.add_source(origin, text.to_owned());
    let place = Place { source, range: 0..text.len() };
    let parts: Vec<&str> = path.split('.').collect();
    let mut layer = Node::empty(place.clone());
    if let Some((key, entry)) = entry(reader, shape, &place, &parts, text) {
        layer.entries.insert(key.name, entry);
    }
    layer
}

fn entry(
    reader: &mut Reader,
    shape: &'static Table,
    place: &Place,
    parts: &[&str],
    text: &str,
) -> Option<(&'static Key, Entry)> {
    let (first, rest) = parts.split_first()?;
    let Some(key) = shape.all_keys().find(|key| key.name == *first) else {
        let names: Vec<&str> = shape.all_keys().map(|key| key.name).collect();
        let help = match nearest(first, names.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known here: {}", names.join(", ")),
        };
        reader.problem(
            Problem::at(place, format!("there is no setting `{}`", first.escape_debug()))
                .help(help),
        );
        return None;
    };
    match (&key.kind, rest.is_empty()) {
        (Kind::Table(inner), false) => {
            let mut node = Node::empty(place.clone());
            let (inner_key, inner_entry) = entry(reader, inner, place, rest, text)?;
            node.entries.insert(inner_key.name, inner_entry);
            let value = Some(Value::Table(node));
            Some((key, Entry { value, place: place.clone(), default: false }))
        }
        (Kind::Table(_) | Kind::List(_), _) | (_, false) => {
            let message = format!("`{}` cannot be set from outside the file", parts.join("."));
            reader.problem(Problem::at(place, message));
            None
        }
        (_, true) => Some((key, reader.override_entry(place.source, key, text))),
    }
}

/// `STATECRAFT__RUN__STATE_DIR` is `run.state_dir`.
#[must_use]
pub fn path_of_variable(name: &str) -> Option<String> {
    name.strip_prefix(PREFIX).map(|rest| rest.to_lowercase().replace("__", "."))
}
