//! Log-odds of floats that are checked already.

/// `ln p - ln(1 - p)`.
pub(crate) fn logit(p: f64) -> f64 {
    p.ln() - (-p).ln_1p()
}

/// `1 / (1 + e^-x)`, stable at both ends.
pub(crate) fn expit(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// There and back, and mirrored.
        #[test]
        fn inverse_and_odd(x in -20.0..20.0_f64) {
            prop_assert!((logit(expit(x)) - x).abs() < 1e-6);
            prop_assert!((expit(x) + expit(-x) - 1.0).abs() < 1e-15);
            prop_assert!(expit(700.0 * x).is_finite());
        }
    }
}
