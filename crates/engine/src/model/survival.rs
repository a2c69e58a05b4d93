//! From cumulated intensity to probability and back, without cancellation (model.md 1.1).

/// `P = 1 - e^-L`: probability of at least one event under cumulated intensity `L >= 0`.
#[must_use]
pub fn probability(cumulated: f64) -> f64 {
    -(-cumulated).exp_m1()
}

/// `L = -ln(1 - P)`.
#[must_use]
pub fn cumulated(probability: f64) -> f64 {
    -(-probability).ln_1p()
}

/// `logit P = ln(e^L - 1)`, exact for tiny and huge `L`.
#[must_use]
pub fn logit(cumulated: f64) -> f64 {
    if cumulated < 30.0 {
        cumulated.exp_m1().ln()
    } else {
        cumulated + (-(-cumulated).exp()).ln_1p()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t1_1_survival_transforms() {
        let table = [
            (0.25, 0.221_199_217, -1.258_691_549),
            (1.0, 0.632_120_559, 0.541_324_855),
            (5.0, 0.993_262_053, 4.993_239_251),
            (40.0, 1.0, 40.0),
        ];
        for (cumulated, p, log_odds) in table {
            assert!((probability(cumulated) - p).abs() < 1e-9, "{cumulated}");
            assert!((logit(cumulated) - log_odds).abs() < 1e-9, "{cumulated}");
        }
        assert!((probability(1e-12) / 9.999_999_999_995e-13 - 1.0).abs() < 1e-12);
        assert!((logit(1e-12) - -27.631_021_116).abs() < 1e-9);
        assert!((cumulated(0.33) - 0.400_477_567).abs() < 1e-9);
        assert!((cumulated(0.33) / 217.0 * 365.25 - 0.674_075_720).abs() < 1e-9);
    }
}
