//! [`Usd`]: exact money.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{NumberError, parse_scaled, write_scaled};

/// Signed dollars in units of 10^-10 dollar.
///
/// The unit is chosen so that `Price x Quantity` (10^-4 x 10^-6) is exact: no product of the two ever
/// rounds. The integer has 128 bits, so 10^13 positions of the largest size fit before it could
/// overflow; plain operators are therefore safe on any value this program can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Usd(i128);

impl Usd {
    /// No money.
    pub const ZERO: Self = Self(0);
    /// One dollar.
    pub const ONE: Self = Self(10_000_000_000);
    /// One cent.
    pub const CENT: Self = Self(100_000_000);

    /// From units of 10^-10 dollar.
    #[must_use]
    pub const fn from_e10(units: i128) -> Self {
        Self(units)
    }

    /// From millionths of a dollar.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros as i128 * 10_000)
    }

    /// From whole cents.
    #[must_use]
    pub const fn from_cents(cents: i64) -> Self {
        Self(cents as i128 * 100_000_000)
    }

    /// From whole dollars.
    #[must_use]
    pub const fn from_dollars(dollars: i64) -> Self {
        Self(dollars as i128 * 10_000_000_000)
    }

    /// Units of 10^-10 dollar.
    #[must_use]
    pub const fn e10(self) -> i128 {
        self.0
    }

    /// Magnitude.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// Is it below zero?
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Is it exactly zero?
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The largest multiple of `unit` that is not above this amount (toward minus infinity).
    /// A unit of zero or less changes nothing.
    #[must_use]
    pub const fn floor_to(self, unit: Self) -> Self {
        if unit.0 <= 0 { self } else { Self(self.0.div_euclid(unit.0) * unit.0) }
    }

    /// The smallest multiple of `unit` that is not below this amount (toward plus infinity).
    /// A unit of zero or less changes nothing.
    #[must_use]
    pub const fn ceil_to(self, unit: Self) -> Self {
        Self(-Self(-self.0).floor_to(unit).0)
    }

    /// Dollars as a float: for statistics and the model's side of the crossing, never for accounts.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "statistics only")]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 1e10
    }

    /// Whole cents, truncated toward zero (how venues print a balance).
    #[must_use]
    pub const fn cents_truncated(self) -> i128 {
        self.0 / 100_000_000
    }

    /// Decimal text with exactly `decimals` decimals (at most 10), truncated toward zero.
    #[must_use]
    pub fn to_fixed(self, decimals: u32) -> String {
        let decimals = decimals.min(10);
        let units = self.0 / 10_i128.pow(10 - decimals);
        let unit = 10_u128.pow(decimals);
        let magnitude = units.unsigned_abs();
        let sign = if units < 0 { "-" } else { "" };
        if decimals == 0 {
            return format!("{sign}{magnitude}");
        }
        format!("{sign}{}.{:0w$}", magnitude / unit, magnitude % unit, w = decimals as usize)
    }

    /// The same rounded to the nearest, halves away from zero: for people to read, so that what is shown
    /// adds up as nearly as it can.
    #[must_use]
    pub fn to_rounded(self, decimals: u32) -> String {
        let unit = 10_i128.pow(10 - decimals.min(10));
        let half = if self.0 < 0 { -(unit / 2) } else { unit / 2 };
        Self(self.0.saturating_add(half)).to_fixed(decimals)
    }

    /// Reads decimal dollars such as `-12.345678`.
    ///
    /// # Errors
    /// [`NumberError`] unless it is a plain decimal below 10^18 dollars with at most ten decimals.
    pub fn parse(text: &[u8]) -> Result<Self, NumberError> {
        parse_scaled(text, 10).map(Self)
    }
}

impl Add for Usd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}
impl Sub for Usd {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}
impl Neg for Usd {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}
impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}
impl SubAssign for Usd {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}
impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, Add::add)
    }
}

impl FromStr for Usd {
    type Err = NumberError;
    fn from_str(text: &str) -> Result<Self, NumberError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_scaled(f, self.0, 10, 2)
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
