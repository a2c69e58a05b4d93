//! [`Quantity`]: how many contracts.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{NumberError, parse_scaled, write_scaled};

/// A number of contracts in 1/1,000,000 contract, signed: a position is positive for YES and
/// negative for NO; order and level sizes are positive.
///
/// Quantities from outside are bounded by [`Quantity::MAX`] when read, so that sums of thousands of
/// them cannot overflow; arithmetic still checks (`overflow-checks` are on in release).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity(i64);

impl Quantity {
    /// No contracts.
    pub const ZERO: Self = Self(0);
    /// Largest magnitude that is read from outside: a billion contracts.
    pub const MAX: Self = Self(1_000_000_000_000_000);

    /// From millionths of a contract.
    #[must_use]
    pub const fn from_e6(millionths: i64) -> Self {
        Self(millionths)
    }

    /// From whole contracts.
    #[must_use]
    pub const fn from_contracts(contracts: i32) -> Self {
        Self(contracts as i64 * 1_000_000)
    }

    /// Millionths of a contract.
    #[must_use]
    pub const fn e6(self) -> i64 {
        self.0
    }

    /// Magnitude.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// Is it exactly zero?
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Is it above zero?
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Contracts as a float, for the model's side of the crossing.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "sizes stay below 2^53 millionths in practice")]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 1_000_000.0
    }

    /// Sum, or `None` on overflow: for sizes that come from outside.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The largest multiple of `lot` not above this magnitude, keeping the sign (toward zero).
    /// A lot of zero changes nothing.
    #[must_use]
    pub const fn floor_to(self, lot: Self) -> Self {
        if lot.0 <= 0 { self } else { Self(self.0 / lot.0 * lot.0) }
    }

    /// Reads decimal contracts such as `7.77`.
    ///
    /// # Errors
    /// [`NumberError`] unless it is a plain decimal within [`Quantity::MAX`] with at most six decimals.
    pub fn parse(text: &[u8]) -> Result<Self, NumberError> {
        let scaled = parse_scaled(text, 6)?;
        match i64::try_from(scaled) {
            Ok(value) if value.abs() <= Self::MAX.0 => Ok(Self(value)),
            _ => Err(NumberError::OutOfRange),
        }
    }
}

impl Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}
impl Sub for Quantity {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}
impl Neg for Quantity {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}
impl AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}
impl SubAssign for Quantity {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}
impl Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, Add::add)
    }
}

impl FromStr for Quantity {
    type Err = NumberError;
    fn from_str(text: &str) -> Result<Self, NumberError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_scaled(f, i128::from(self.0), 6, 0)
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
