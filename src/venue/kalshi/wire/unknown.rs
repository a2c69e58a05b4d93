//! [`UnknownFields`]: fields the venue sent and this program does not know.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest field name kept for a log line.
const NAME_MAX_BYTES: usize = 64;

/// Flattened into a wire struct, it takes every field that the struct does not name. Their values
/// are skipped; how many there were, and the first one's name, are kept for a counter and a log line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnknownFields {
    /// How many.
    pub count: u32,
    /// Name of the first, shortened.
    pub first: Option<String>,
}

impl<'de> Deserialize<'de> for UnknownFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = UnknownFields;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UnknownFields, A::Error> {
                let mut unknown = UnknownFields::default();
                while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    unknown.count = unknown.count.saturating_add(1);
                    if unknown.first.is_none() && name.len() <= NAME_MAX_BYTES {
                        unknown.first = Some(name);
                    }
                }
                Ok(unknown)
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

impl Serialize for UnknownFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_map(Some(0))?.end()
    }
}
