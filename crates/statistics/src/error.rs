//! [`StatisticsError`].

/// Why there is no number to give.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StatisticsError {
    /// A number outside what the formula is defined for.
    #[error("{what} is {value}; it must be {allowed}")]
    Domain {
        /// Which number.
        what: &'static str,
        /// What it was.
        value: f64,
        /// What it may be.
        allowed: &'static str,
    },
    /// Too few observations.
    #[error("{what}: {found} given, at least {needed} needed")]
    TooFew {
        /// Of what.
        what: &'static str,
        /// How many there were.
        found: usize,
        /// How many it takes.
        needed: usize,
    },
    /// Two lists that belong together differ in length.
    #[error("{what}: {left} against {right}; they must be as many")]
    Lengths {
        /// Of what.
        what: &'static str,
        /// The one.
        left: usize,
        /// The other.
        right: usize,
    },
    /// A covariate or parameter that does not exist.
    #[error("parameter {index} of a model with {parameters}")]
    NoSuchParameter {
        /// Which was named.
        index: usize,
        /// How many there are.
        parameters: usize,
    },
    /// A matrix that should be positive definite is not: the data do not determine the parameters.
    #[error("the information matrix is singular at parameter {index}; give it a prior")]
    Singular {
        /// The parameter at which the decomposition failed.
        index: usize,
    },
    /// The iteration did not settle.
    #[error("no convergence after {iterations} iterations (last step {step:e})")]
    NotConverged {
        /// How many were made.
        iterations: usize,
        /// The largest change of the last.
        step: f64,
    },
    /// Outcomes that a threshold on the forecasts separates: the slope has no finite estimate.
    #[error("the forecasts separate the outcomes completely; there is no finite slope")]
    Separated,
}

/// `value`, if it is a number.
pub(crate) fn finite(what: &'static str, value: f64) -> Result<f64, StatisticsError> {
    within(what, value, value.is_finite(), "finite")
}

/// `value`, if it lies in [0, 1].
pub(crate) fn probability(what: &'static str, value: f64) -> Result<f64, StatisticsError> {
    within(what, value, (0.0..=1.0).contains(&value), "in [0, 1]")
}

/// `value`, if it is finite and above zero.
pub(crate) fn positive(what: &'static str, value: f64) -> Result<f64, StatisticsError> {
    within(what, value, value.is_finite() && value > 0.0, "finite and above 0")
}

/// `value`, if `allowed`.
pub(crate) fn within(
    what: &'static str,
    value: f64,
    is_allowed: bool,
    allowed: &'static str,
) -> Result<f64, StatisticsError> {
    if is_allowed { Ok(value) } else { Err(StatisticsError::Domain { what, value, allowed }) }
}

/// At least `needed` of something.
pub(crate) fn enough(
    what: &'static str,
    found: usize,
    needed: usize,
) -> Result<(), StatisticsError> {
    if found >= needed { Ok(()) } else { Err(StatisticsError::TooFew { what, found, needed }) }
}

/// Two lists of one length.
pub(crate) fn paired(what: &'static str, left: usize, right: usize) -> Result<(), StatisticsError> {
    if left == right { Ok(()) } else { Err(StatisticsError::Lengths { what, left, right }) }
}
