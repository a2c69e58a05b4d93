//! [`Price`]: what one YES contract costs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{NumberError, Quantity, Usd, parse_scaled, write_scaled};

/// Price of one YES contract that pays one dollar, in 1/10,000 dollar (`0..=10_000`), always on the
/// YES axis: a NO price `p` is the YES price `1 - p`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Price(u16);

impl Price {
    /// Zero dollars: never a tradable price, only a bound.
    pub const ZERO: Self = Self(0);
    /// One dollar: never a tradable price, only a bound.
    pub const ONE: Self = Self(10_000);

    /// From ten-thousandths of a dollar; `None` above one dollar.
    #[must_use]
    pub const fn from_e4(ten_thousandths: u16) -> Option<Self> {
        if ten_thousandths <= 10_000 { Some(Self(ten_thousandths)) } else { None }
    }

    /// From whole cents; `None` above one dollar.
    #[must_use]
    pub const fn from_cents(cents: u16) -> Option<Self> {
        if cents <= 100 { Some(Self(cents * 100)) } else { None }
    }

    /// Ten-thousandths of a dollar.
    #[must_use]
    pub const fn e4(self) -> u16 {
        self.0
    }

    /// The price of the other outcome: `1 - p`.
    #[must_use]
    pub const fn complement(self) -> Self {
        Self(10_000 - self.0)
    }

    /// Strictly between zero and one dollar.
    #[must_use]
    pub const fn is_inside(self) -> bool {
        self.0 > 0 && self.0 < 10_000
    }

    /// Dollars as a float, for the model's side of the crossing.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }

    /// What `quantity` contracts cost at this price; exact, and signed like the quantity.
    #[must_use]
    pub fn times(self, quantity: Quantity) -> Usd {
        Usd::from_e10(i128::from(self.0) * i128::from(quantity.e6()))
    }

    /// Reads decimal dollars such as `0.4700`.
    ///
    /// # Errors
    /// [`NumberError`] unless it is a plain decimal in `0..=1` with at most four significant decimals.
    pub fn parse(text: &[u8]) -> Result<Self, NumberError> {
        let scaled = parse_scaled(text, 4)?;
        u16::try_from(scaled).ok().and_then(Self::from_e4).ok_or(NumberError::OutOfRange)
    }
}

impl FromStr for Price {
    type Err = NumberError;
    fn from_str(text: &str) -> Result<Self, NumberError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_scaled(f, i128::from(self.0), 4, 2)
    }
}

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
