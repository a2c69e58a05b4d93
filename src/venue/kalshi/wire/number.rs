//! How numbers and times are spelled on the wire: decimal strings of a fixed number of decimals.
//! Each module is for `#[serde(with = "..")]`. Reading is exact and strings only: a JSON number where
//! a decimal string belongs is an error.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};
use statecraft_domain::{Price, Quantity, Timestamp, Usd};

/// A price, written with four decimals (`"0.4700"`).
pub mod price {
    use super::{Deserialize, Deserializer, Price, Serializer};

    /// Four decimals.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(value: &Price, serializer: S) -> Result<S::Ok, S::Error> {
        let e4 = value.e4();
        serializer.collect_str(&format_args!("{}.{:04}", e4 / 10_000, e4 % 10_000))
    }

    /// From a string.
    ///
    /// # Errors
    /// Anything but a decimal string in `0..=1` of at most four significant decimals.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Price, D::Error> {
        Price::deserialize(deserializer)
    }
}

/// A number of contracts, written with two decimals (`"10.00"`), more only if it has them.
pub mod count {
    use super::{Deserialize, Deserializer, Quantity, Serializer, count_text};

    /// At least two decimals.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(value: &Quantity, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&count_text(*value))
    }

    /// From a string.
    ///
    /// # Errors
    /// Anything but a decimal string of at most six decimals.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Quantity, D::Error> {
        Quantity::deserialize(deserializer)
    }
}

fn count_text(value: Quantity) -> String {
    let magnitude = value.e6().unsigned_abs();
    let sign = if value.e6() < 0 { "-" } else { "" };
    let (whole, fraction) = (magnitude / 1_000_000, magnitude % 1_000_000);
    if fraction.is_multiple_of(10_000) {
        format!("{sign}{whole}.{:02}", fraction / 10_000)
    } else {
        format!("{sign}{whole}.{fraction:06}")
    }
}

macro_rules! usd_module {
    ($(#[$doc:meta])* $name:ident, $decimals:literal) => {
        $(#[$doc])*
        pub mod $name {
            use super::{Deserialize, Deserializer, Serializer, Usd};

            /// A fixed number of decimals.
            ///
            /// # Errors
            /// The serializer's.
            pub fn serialize<S: Serializer>(value: &Usd, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&value.to_fixed($decimals))
            }

            /// From a string.
            ///
            /// # Errors
            /// Anything but a decimal string.
            pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Usd, D::Error> {
                Usd::deserialize(deserializer)
            }
        }
    };
}

usd_module!(
    /// Dollars with four decimals (`"98.0186"`).
    usd4,
    4
);
usd_module!(
    /// Dollars with six decimals (`"0.017500"`).
    usd6,
    6
);

macro_rules! optional_module {
    ($(#[$doc:meta])* $name:ident, $value:ty, $with:ident) => {
        $(#[$doc])*
        pub mod $name {
            use super::{$with, Deserialize, Deserializer, Serializer};

            /// The value, or null (combine with `skip_serializing_if`).
            ///
            /// # Errors
            /// The serializer's.
            pub fn serialize<S: Serializer>(
                value: &Option<$value>,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                match value {
                    Some(value) => $with::serialize(value, serializer),
                    None => serializer.serialize_none(),
                }
            }

            /// The value; null and absence (with `default`) are `None`.
            ///
            /// # Errors
            /// A value that is there and wrong.
            pub fn deserialize<'de, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Option<$value>, D::Error> {
                Option::<$value>::deserialize(deserializer)
            }
        }
    };
}

use statecraft_domain as domain;
optional_module!(
    /// An optional [`price`].
    optional_price, super::domain::Price, price
);
optional_module!(
    /// An optional [`count`].
    optional_count, super::domain::Quantity, count
);
optional_module!(
    /// An optional amount of dollars, written with four decimals.
    optional_usd, super::domain::Usd, usd4
);

/// RFC 3339 UTC with up to nine fractional digits, trailing zeros trimmed.
pub mod time {
    use super::{Deserialize, Deserializer, Serializer, Timestamp, parse_time};
    use serde::de::Error as _;

    /// RFC 3339.
    ///
    /// # Errors
    /// A time outside the years that the format can hold.
    pub fn serialize<S: Serializer>(value: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        let time = jiff::Timestamp::from_nanosecond(i128::from(value.nanos()))
            .map_err(serde::ser::Error::custom)?;
        serializer.collect_str(&time)
    }

    /// From RFC 3339.
    ///
    /// # Errors
    /// Anything else.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        parse_time(&text).ok_or_else(|| D::Error::custom("not an RFC 3339 time"))
    }

    /// The same where the field may be null or absent.
    pub mod optional {
        use super::{Deserialize, Deserializer, Serializer, Timestamp};

        /// RFC 3339 or null.
        ///
        /// # Errors
        /// As for a plain time.
        pub fn serialize<S: Serializer>(
            value: &Option<Timestamp>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match value {
                Some(value) => super::serialize(value, serializer),
                None => serializer.serialize_none(),
            }
        }

        /// From RFC 3339, null or nothing; an empty text is nothing too.
        ///
        /// # Errors
        /// Any other text.
        pub fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Timestamp>, D::Error> {
            match Option::<String>::deserialize(deserializer)? {
                None => Ok(None),
                Some(text) if text.is_empty() => Ok(None),
                Some(text) => super::parse_optional(&text),
            }
        }
    }

    fn parse_optional<E: serde::de::Error>(text: &str) -> Result<Option<Timestamp>, E> {
        parse_time(text).map(Some).ok_or_else(|| E::custom("not an RFC 3339 time"))
    }
}

/// An instant from RFC 3339 text; `None` if it is none, or outside the range of [`Timestamp`].
fn parse_time(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.parse().ok()?;
    i64::try_from(time.as_nanosecond()).ok().map(Timestamp::from_nanos)
}

/// A decimal that the venue sends as a JSON *number* (`fee_multiplier`), in millionths.
///
/// The number passes through the shortest decimal text of its `f64`, which for the short decimals in
/// question is the text that was sent.
pub(super) fn millionths<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let quantity = Quantity::parse(number.to_string().as_bytes()).map_err(D::Error::custom)?;
    u32::try_from(quantity.e6()).map_err(|_| D::Error::custom("multiplier out of range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_two_decimals_unless_they_need_more() {
        let check = |e6: i64, text: &str| assert_eq!(count_text(Quantity::from_e6(e6)), text);
        check(10_000_000, "10.00");
        check(7_770_000, "7.77");
        check(-30_000, "-0.03");
        check(1, "0.000001");
        check(0, "0.00");
    }

    #[test]
    fn times_of_any_precision_are_read() {
        let check = |text: &str, nanos: i64| {
            assert_eq!(parse_time(text), Some(Timestamp::from_nanos(nanos)), "{text}");
        };
        check("2026-06-11T06:31:29.957081Z", 1_781_159_489_957_081_000);
        check("2026-06-11T06:31:29.9Z", 1_781_159_489_900_000_000);
        check("2026-06-11T06:31:29Z", 1_781_159_489_000_000_000);
        assert_eq!(parse_time("yesterday"), None);
        assert_eq!(parse_time("9999-12-31T00:00:00Z"), None, "beyond nanoseconds in 64 bits");
    }
}
