//! What a formula refuses: a value outside its domain is an error, never a clamp.

/// A value outside the domain of a formula.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{what} is {value}; it must be {expected}")]
pub struct InputError {
    /// Which input.
    pub what: &'static str,
    /// Its value.
    pub value: f64,
    /// What is allowed.
    pub expected: &'static str,
}

type Checked = Result<f64, InputError>;

/// Passes `value` if `allowed`, and refuses it otherwise.
pub(crate) fn check(
    what: &'static str,
    value: f64,
    allowed: bool,
    expected: &'static str,
) -> Checked {
    if allowed { Ok(value) } else { Err(InputError { what, value, expected }) }
}

pub(crate) fn finite(what: &'static str, value: f64) -> Checked {
    check(what, value, value.is_finite(), "a finite number")
}

pub(crate) fn not_negative(what: &'static str, value: f64) -> Checked {
    check(what, value, value.is_finite() && value >= 0.0, "finite and not negative")
}

pub(crate) fn positive(what: &'static str, value: f64) -> Checked {
    check(what, value, value.is_finite() && value > 0.0, "finite and above zero")
}

pub(crate) fn probability(what: &'static str, value: f64) -> Checked {
    check(what, value, (0.0..=1.0).contains(&value), "between 0 and 1")
}

pub(crate) fn inner_probability(what: &'static str, value: f64) -> Checked {
    check(what, value, value > 0.0 && value < 1.0, "above 0 and below 1")
}

/// Checks that `values` are probabilities of exclusive outcomes which sum to one within `1e-9`.
pub(crate) fn distribution(what: &'static str, values: &[f64]) -> Result<(), InputError> {
    for &value in values {
        probability(what, value)?;
    }
    let sum: f64 = values.iter().sum();
    check(what, sum, (sum - 1.0).abs() <= 1e-9, "a distribution: a sum of 1").map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_that_is_none_passes() {
        for check in [finite, not_negative, positive, probability, inner_probability] {
            assert!(check("x", f64::NAN).is_err());
            assert!(check("x", f64::INFINITY).is_err());
        }
        assert!(distribution("x", &[0.5, f64::NAN]).is_err());
        assert!(distribution("x", &[0.5, 0.4]).is_err());
        assert!(distribution("x", &[0.5, 0.5]).is_ok());
    }

    #[test]
    fn the_message_says_what_and_why() {
        let error = positive("the half-life", -3.0).unwrap_err();
        assert_eq!(error.to_string(), "the half-life is -3; it must be finite and above zero");
    }
}
