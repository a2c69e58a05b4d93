//! The model returns a distribution: `log L ~ N(m, v)` (model.md 1.7).

use super::survival;

/// Non-negative nodes of 32-point Gauss-Hermite quadrature and their weights, the weights divided by
/// the square root of pi so that they sum to one over both signs.
const GAUSS_HERMITE_32: [(f64, f64); 16] = [
    (0.19484074156939932, 0.2117055698804793),
    (0.5849787654359324, 0.15653899375759844),
    (0.9765004635896828, 0.08534480827208075),
    (1.3703764109528718, 0.03410984772609205),
    (1.7676541094632017, 0.009903461702320591),
    (2.169499183606112, 0.0020620510513078847),
    (2.5772495377323175, 0.0003025570258170625),
    (2.992490825002374, 3.05598030608963e-5),
    (3.417167492818571, 2.0596221039534287e-6),
    (3.853755485471445, 8.881290713105896e-8),
    (4.305547953351199, 2.3125184120742405e-9),
    (4.777164503502596, 3.347501239801207e-11),
    (5.2755509865158805, 2.3780648557778086e-13),
    (5.812225949515914, 6.755290223670119e-16),
    (6.409498149269661, 5.208449591960861e-19),
    (7.125813909830727, 4.1246074890182694e-23),
];

/// A cumulated intensity whose logarithm is normal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogNormal {
    /// Mean of `log L`.
    pub mean: f64,
    /// Variance of `log L`; not negative.
    pub variance: f64,
}

impl LogNormal {
    /// `E[e^-L]`: the mean probability of no event.
    #[must_use]
    pub fn mean_survival(self) -> f64 {
        let spread = (2.0 * self.variance).sqrt();
        let median = self.mean.exp();
        // The weights beyond the thirteenth are below 10^-15 together.
        GAUSS_HERMITE_32
            .iter()
            .take(13)
            .map(|&(node, weight)| {
                let factor = (spread * node).exp();
                weight * ((-median * factor).exp() + (-median / factor).exp())
            })
            .sum()
    }

    /// `E[f(log L - m)]` for a smooth `f`.
    #[must_use]
    pub fn mean_of(self, f: impl Fn(f64) -> f64) -> f64 {
        if self.variance <= 0.0 {
            return f(0.0);
        }
        let spread = (2.0 * self.variance).sqrt();
        GAUSS_HERMITE_32
            .iter()
            .take(13)
            .map(|&(node, weight)| weight * (f(spread * node) + f(-spread * node)))
            .sum()
    }

    /// `E[1 - e^-L]`. The error is that of one subtraction from one, far below the model's own floor.
    #[must_use]
    pub fn mean_probability(self) -> f64 {
        1.0 - self.mean_survival()
    }

    /// The quantile of `P` at `z` standard deviations of `log L` (exact, `P` is monotone in `L`).
    #[must_use]
    pub fn quantile(self, z: f64) -> f64 {
        survival::probability((self.mean + z * self.variance.sqrt()).exp())
    }

    /// Standard deviation of `logit P`, to first order at the median:
    /// `d logit P / d log L = L / (1 - e^-L)`.
    #[must_use]
    pub fn sd_logit(self) -> f64 {
        let median = self.mean.exp();
        self.variance.sqrt() * median / survival::probability(median)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const Z95: f64 = 1.644_853_626_951_472_2;

    #[test]
    fn t1_5_mean_and_quantiles() {
        let log_normal = LogNormal { mean: 0.3_f64.ln(), variance: 0.25 };
        assert!((log_normal.mean_probability() - 0.277_505_013).abs() < 1e-9);
        assert!((1.0 - log_normal.mean_survival() - 0.277_505_013).abs() < 1e-9);
        assert!((log_normal.quantile(-Z95) - 0.123_491_811).abs() < 1e-9);
        assert!((log_normal.quantile(0.0) - 0.259_181_779).abs() < 1e-9);
        assert!((log_normal.quantile(Z95) - 0.494_802_068).abs() < 1e-9);
    }

    #[test]
    fn t1_8_worked_example_without_windows() {
        let base = 0.2696_f64.powi(2) + 0.0625;
        let june = 0.2661_f64.powi(2) + 0.0625;
        let table = [
            (-1.9528, base, [0.1394, 0.0746, 0.1323, 0.2288]),
            (-1.9528 + 0.17, base + 0.1944, [0.1740, 0.0633, 0.1548, 0.3510]),
            (-1.9528 + 0.57, base + 0.3736, [0.2558, 0.0747, 0.2219, 0.5556]),
            (-1.9528 + 1.0, base + 0.1944, [0.3434, 0.1393, 0.3200, 0.6290]),
            (-1.9558, june, [0.1390, 0.0747, 0.1319, 0.2273]),
            (-1.9558 + 0.17, june + 0.1944, [0.1735, 0.0633, 0.1544, 0.3494]),
        ];
        for (mean, variance, [p, low, median, high]) in table {
            let log_normal = LogNormal { mean, variance };
            assert!((log_normal.mean_probability() - p).abs() < 1e-4, "{mean}");
            assert!((log_normal.quantile(-Z95) - low).abs() < 1e-4, "{mean}");
            assert!((log_normal.quantile(0.0) - median).abs() < 1e-4, "{mean}");
            assert!((log_normal.quantile(Z95) - high).abs() < 1e-4, "{mean}");
        }
    }

    #[test]
    fn t1_8_worked_example_with_a_window() {
        let log_normal = LogNormal {
            mean: -1.9528 + 0.17 + 0.75_f64.ln(),
            variance: 0.2696_f64.powi(2) + 0.0625 + 0.1944,
        };
        let with = |mass: f64| 1.0 - log_normal.mean_survival() * (1.0 - mass);
        assert!((with(0.76 * 0.20) - 0.2662).abs() < 1e-4);
        assert!((with(0.76 * 0.42) - 0.4109).abs() < 1e-4);
    }

    #[test]
    fn first_order_sd_is_close_to_a_numerical_one() {
        let log_normal = LogNormal { mean: 0.2_f64.ln(), variance: 0.09 };
        let at = |z: f64| survival::logit((log_normal.mean + z * 0.3).exp());
        assert!((log_normal.sd_logit() - (at(1.0) - at(-1.0)) / 2.0).abs() < 0.01);
    }
}
