//! [`Probability`] and [`LogOdds`]: the model's floats, checked where they are made.

use serde::{Deserialize, Serialize};

use super::NumberError;

/// A probability of YES in `[0, 1]`, finite.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Probability(f64);

impl Probability {
    /// The model's outermost values: nothing is more certain than one in ten thousand (model.md).
    pub const FLOOR: Self = Self(1e-4);

    /// Checks and wraps.
    ///
    /// # Errors
    /// [`NumberError::OutOfRange`] outside `[0, 1]` or not finite.
    pub fn new(value: f64) -> Result<Self, NumberError> {
        if (0.0..=1.0).contains(&value) { Ok(Self(value)) } else { Err(NumberError::OutOfRange) }
    }

    /// The one final clamp of the model, to `[1e-4, 1 - 1e-4]`.
    ///
    /// # Errors
    /// [`NumberError::OutOfRange`] if the value is not a number.
    pub fn clamped(value: f64) -> Result<Self, NumberError> {
        if value.is_nan() {
            return Err(NumberError::OutOfRange);
        }
        Ok(Self(value.clamp(Self::FLOOR.0, 1.0 - Self::FLOOR.0)))
    }

    /// The float, in `[0, 1]`.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }

    /// `1 - p`.
    #[must_use]
    pub fn complement(self) -> Self {
        Self(1.0 - self.0)
    }

    /// `ln p - ln(1 - p)`; infinite at the ends.
    #[must_use]
    pub fn logit(self) -> f64 {
        self.0.ln() - (-self.0).ln_1p()
    }
}

impl TryFrom<f64> for Probability {
    type Error = NumberError;
    fn try_from(value: f64) -> Result<Self, NumberError> {
        Self::new(value)
    }
}

impl From<Probability> for f64 {
    fn from(probability: Probability) -> f64 {
        probability.0
    }
}

/// Log-odds (natural logarithm), finite.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct LogOdds(f64);

impl LogOdds {
    /// Checks and wraps.
    ///
    /// # Errors
    /// [`NumberError::OutOfRange`] if not finite.
    pub fn new(value: f64) -> Result<Self, NumberError> {
        if value.is_finite() { Ok(Self(value)) } else { Err(NumberError::OutOfRange) }
    }

    /// The float.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }

    /// `1 / (1 + e^-x)`, stable at both ends.
    #[must_use]
    pub fn expit(self) -> Probability {
        let x = self.0;
        Probability(if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) })
    }
}
