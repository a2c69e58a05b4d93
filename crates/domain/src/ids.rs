//! Names of things. Ids that we make are pure functions of what they name; ids that a venue makes
//! are opaque text.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A market in the order in which this run first heard of it: an index, dense from zero. The tape and
/// the journal carry the [`crate::Listing`] that gives it its ticker.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MarketId(pub u32);

impl MarketId {
    /// As an index into a table of markets.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A strategy by its position in the engine's configuration, dense from zero.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct StrategyId(pub u16);

impl StrategyId {
    /// As an index into a table of strategies.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The name we give an order: a pure function of the account lineage (drawn once, when the journal is
/// created) and the intent's sequence number in it. Two intents never share one, replay gives the
/// same one, and an order seen at the venue can be recognised as ours without any table.
///
/// Text form: `sc-<lineage, 16 hex digits>-<sequence>`, at most 40 characters of `[a-z0-9-]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientOrderId {
    /// Which journal this order belongs to.
    pub lineage: u64,
    /// Which intent of that journal, from 1.
    pub sequence: u64,
}

impl fmt::Display for ClientOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sc-{:016x}-{}", self.lineage, self.sequence)
    }
}

/// The text is not one of our order ids: the order is somebody else's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an order id of this program")]
pub struct ForeignOrderId;

impl FromStr for ClientOrderId {
    type Err = ForeignOrderId;
    fn from_str(text: &str) -> Result<Self, ForeignOrderId> {
        let rest = text.strip_prefix("sc-").ok_or(ForeignOrderId)?;
        let (lineage, sequence) = rest.split_once('-').ok_or(ForeignOrderId)?;
        let parsed = Self {
            lineage: u64::from_str_radix(lineage, 16).map_err(|_| ForeignOrderId)?,
            sequence: sequence.parse().map_err(|_| ForeignOrderId)?,
        };
        // Only the canonical spelling is ours ("+1", upper case and short hex are not).
        if parsed.to_string() == text { Ok(parsed) } else { Err(ForeignOrderId) }
    }
}

impl Serialize for ClientOrderId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ClientOrderId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! venue_text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps the venue's text unchanged.
            #[must_use]
            pub fn new(text: &str) -> Self {
                Self(Arc::from(text))
            }

            /// The venue's text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(Arc::from(text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

venue_text_id!(
    /// The venue's own name of an order.
    VenueOrderId
);
venue_text_id!(
    /// The venue's name of a trade. A fill is identified by trade *and* order: a self-cross has two.
    TradeId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_its_own_index() {
        for id in [0_u16, 1, 2, 700] {
            assert_eq!(StrategyId(id).index(), usize::from(id));
            assert_eq!(MarketId(id.into()).index(), usize::from(id));
        }
    }
}
