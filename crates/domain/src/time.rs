//! Instants and spans. The engine never asks what time it is: every event says so.

use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// An instant in nanoseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A span in nanoseconds, signed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Nanos(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// Later than every real instant.
    pub const MAX: Self = Self(i64::MAX);

    /// From nanoseconds since 1970.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From milliseconds since 1970, saturating at the ends of the range.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// From seconds since 1970, saturating at the ends of the range.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds since 1970.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Milliseconds since 1970, rounded down.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Seconds since 1970, rounded down.
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }
}

impl Nanos {
    /// No time.
    pub const ZERO: Self = Self(0);

    /// From nanoseconds.
    #[must_use]
    pub const fn new(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From milliseconds, saturating.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// From seconds, saturating.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// This span `factor` times, saturating.
    #[must_use]
    pub const fn times(self, factor: u32) -> Self {
        Self(self.0.saturating_mul(factor as i64))
    }

    /// Days of 86,400 seconds, for the model.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "model time: microseconds do not matter")]
    pub fn days(self) -> f64 {
        self.0 as f64 / 86_400e9
    }

    /// Seconds, for display and the model.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "display and model time")]
    pub fn secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Sub for Timestamp {
    type Output = Nanos;
    /// Saturates instead of overflowing.
    fn sub(self, other: Self) -> Nanos {
        Nanos(self.0.saturating_sub(other.0))
    }
}

impl Add<Nanos> for Timestamp {
    type Output = Self;
    /// Saturates instead of overflowing.
    fn add(self, span: Nanos) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Nanos> for Timestamp {
    type Output = Self;
    /// Saturates instead of overflowing.
    fn sub(self, span: Nanos) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}
