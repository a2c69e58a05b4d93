//! Which signal is worth how much of the probability (model.md 6.6).

use super::survival;

/// Aumann-Shapley shares of log-intensity contributions `c` over the base `cumulated`:
/// `c_i / C * (P(C) - P(0))`, which sum exactly to the change of the probability.
#[must_use]
pub fn shares(cumulated: f64, contributions: &[f64]) -> Vec<f64> {
    let total: f64 = contributions.iter().sum();
    let per_unit = if total.abs() < 1e-6 {
        // dP/dC at the base.
        cumulated * (-cumulated).exp()
    } else {
        let moved = survival::probability(cumulated * total.exp());
        (moved - survival::probability(cumulated)) / total
    };
    contributions.iter().map(|contribution| contribution * per_unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t6_6_shares() {
        let shares = shares(0.20, &[0.35, 0.30, -0.15, 0.10]);
        let expected = [0.072_411_478, 0.062_066_982, -0.031_033_491, 0.020_688_994];
        for (share, expected) in shares.iter().zip(expected) {
            assert!((share - expected).abs() < 1e-9);
        }
        let sum: f64 = shares.iter().sum();
        assert!((sum - (0.305_403_210 - 0.181_269_247)).abs() < 1e-9);
    }

    #[test]
    fn opposite_contributions_cancel_finitely() {
        let shares = shares(0.20, &[0.5, -0.5]);
        assert!((shares.iter().sum::<f64>()).abs() < 1e-12);
        assert!(shares[0] > 0.0 && shares[0].is_finite());
    }
}
