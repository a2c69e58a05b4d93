//! JSON Schema (2020-12) of the TOML files, for editors: from the same declaration that reads them.

use serde_json::{Map, Value, json};

use super::shape::{Key, Kind, Presence, Table};
use super::{settings_shape, strategy_shape};

/// The schema of `config/statecraft.toml`.
#[must_use]
pub fn settings() -> Value {
    document("statecraft settings", &settings_shape::SETTINGS)
}

/// The schema of a strategy file.
#[must_use]
pub fn strategy() -> Value {
    document("statecraft strategy", &strategy_shape::STRATEGY)
}

fn document(title: &str, shape: &'static Table) -> Value {
    let mut schema = table(shape);
    if let Some(object) = schema.as_object_mut() {
        object.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        object.insert("title".to_owned(), json!(title));
    }
    schema
}

fn table(shape: &'static Table) -> Value {
    let Some(choice) = &shape.choice else { return object(shape.doc, shape.keys.iter(), None) };
    let variants = choice.variants.iter().map(|variant| {
        let keys = shape.keys_of(Some(variant.name));
        object(variant.doc, keys, Some((choice.tag, variant.name)))
    });
    json!({ "description": shape.doc, "oneOf": variants.collect::<Vec<_>>() })
}

fn object<'a>(doc: &str, keys: impl Iterator<Item = &'a Key>, tag: Option<(&str, &str)>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut either = Vec::new();
    for key in keys {
        let schema = match tag {
            Some((tag, says)) if tag == key.name => {
                json!({ "const": says, "description": key.doc })
            }
            _ => key_schema(key),
        };
        properties.insert(key.name.to_owned(), schema);
        match key.presence {
            Presence::Required => required.push(key.name),
            Presence::Unless(other) => either.push(exactly_one(key.name, other)),
            Presence::Optional | Presence::Default(_) => {}
        }
    }
    let mut schema = json!({
        "type": "object",
        "description": doc,
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    if !either.is_empty() {
        schema["allOf"] = Value::Array(either);
    }
    schema
}

/// One of the two keys, and not both.
fn exactly_one(key: &str, other: &str) -> Value {
    json!({ "oneOf": [{ "required": [key] }, { "required": [other] }] })
}

fn key_schema(key: &Key) -> Value {
    let mut schema = kind(&key.kind);
    if let Some(object) = schema.as_object_mut() {
        object.insert(
            "description".to_owned(),
            json!(format!("{} ({})", key.doc, key.kind.allowed())),
        );
        if let Presence::Default(text) = key.presence
            && let Ok(default) = serde_json::from_str::<Value>(text)
        {
            object.insert("default".to_owned(), default);
        }
    }
    schema
}

fn kind(kind: &Kind) -> Value {
    match kind {
        Kind::Text | Kind::Path => json!({ "type": "string", "minLength": 1 }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Whole { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Real { min, max } => json!({ "type": "number", "minimum": min, "maximum": max }),
        Kind::Money { .. } | Kind::Price { .. } => {
            json!({ "type": "string", "pattern": r"^\d+(\.\d+)?$" })
        }
        Kind::Contracts { .. } => {
            json!({ "type": ["integer", "string"], "pattern": r"^\d+(\.\d+)?$" })
        }
        Kind::Span { forever: true, .. } => {
            json!({ "type": "string", "pattern": r"^(\d+(ms|s|m|h|d)|forever)$" })
        }
        Kind::Span { .. } => json!({ "type": "string", "pattern": r"^\d+(ms|s|m|h|d)$" }),
        Kind::Instant => json!({
            "type": "string",
            "pattern": r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$",
        }),
        Kind::Beta => json!({
            "type": "array",
            "items": { "type": "number", "exclusiveMinimum": 0 },
            "minItems": 2,
            "maxItems": 2,
        }),
        Kind::Texts => json!({
            "type": "array",
            "items": { "type": "string", "minLength": 1 },
        }),
        Kind::Table(shape) => table(shape),
        Kind::List(shape) => json!({ "type": "array", "items": table(shape) }),
    }
}
