//! Seeded randomness: one independent stream per purpose, so that a change to one part of a story
//! does not move another.

use rand::Rng;
use rand_pcg::Pcg64;

use super::math;

/// A stream of draws.
#[derive(Debug, Clone)]
pub struct Dice(Pcg64);

impl Dice {
    /// The stream of this seed with this number. Different numbers are independent.
    #[must_use]
    pub fn stream(seed: u64, number: u64) -> Self {
        let high = u128::from(mix(seed));
        let low = u128::from(mix(seed ^ 0x5851_f42d_4c95_7f2d));
        Self(Pcg64::new((high << 64) | low, u128::from(mix(number))))
    }

    /// Uniform in `[0, 1)`.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit exactly")]
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `[low, high)`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Exponential waiting time with this mean.
    pub fn waiting(&mut self, mean: f64) -> f64 {
        -mean * math::ln(1.0 - self.uniform())
    }

    /// Nearly normal, mean 0 and standard deviation 1: twelve uniforms, so never beyond 6.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    /// Uniform among `0..count`; zero for an empty range.
    pub fn below(&mut self, count: usize) -> usize {
        let count = count as u64;
        usize::try_from(self.0.next_u64() % count.max(1)).unwrap_or(0)
    }

    /// One of several texts; empty if there are none.
    pub fn pick<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts.get(self.below(texts.len())).copied().unwrap_or("")
    }
}

/// Scrambles a number (finalizer of splitmix64), so that neighbouring seeds start far apart.
fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_and_repeat() {
        let first = |seed, number| Dice::stream(seed, number).uniform().to_bits();
        assert_eq!(first(7, 1), first(7, 1));
        assert_ne!(first(7, 1), first(7, 2));
        assert_ne!(first(7, 1), first(8, 1));
    }

    #[test]
    fn moments() {
        let mut dice = Dice::stream(1, 1);
        let count = 20_000;
        let normal: Vec<f64> = (0..count).map(|_| dice.normal()).collect();
        let mean = normal.iter().sum::<f64>() / f64::from(count);
        let variance = normal.iter().map(|x| x * x).sum::<f64>() / f64::from(count);
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
        let waiting = (0..count).map(|_| dice.waiting(30.0)).sum::<f64>() / f64::from(count);
        assert!((waiting - 30.0).abs() < 1.0, "{waiting}");
    }
}
