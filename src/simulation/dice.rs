//! Seeded draws.

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

/// A stream of draws; different purposes have streams of their own, so that a change to one does not move
/// the others.
#[derive(Debug, Clone)]
pub(super) struct Dice(Pcg64Mcg);

impl Dice {
    pub(super) fn new(seed: u64, purpose: u64) -> Self {
        let mixed = seed
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .wrapping_add(purpose.wrapping_mul(0xbf58_476d_1ce4_e5b9));
        Self(Pcg64Mcg::seed_from_u64(mixed))
    }

    /// True with this probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.0.random::<f64>() < probability
    }

    /// Uniform in `low..high`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0.random::<f64>()
    }

    /// Uniform among `0..count`; zero for an empty range.
    pub(super) fn below(&mut self, count: usize) -> usize {
        let count = u64::try_from(count).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.0.next_u64() % count).unwrap_or(0)
    }

    /// Milliseconds in `low..high`, as nanoseconds.
    pub(super) fn millis(&mut self, low: f64, high: f64) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        let nanos = (self.between(low, high) * 1e6) as i64;
        nanos
    }

    /// Seconds in `low..high`, as nanoseconds.
    pub(super) fn secs(&mut self, low: f64, high: f64) -> i64 {
        self.millis(low * 1e3, high * 1e3)
    }

    /// An exponential waiting time with this mean in seconds, as nanoseconds.
    pub(super) fn waiting(&mut self, mean_secs: f64) -> i64 {
        let uniform = 1.0 - self.0.random::<f64>();
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        let nanos = (-mean_secs * statecraft_ln(uniform) * 1e9) as i64;
        nanos
    }
}

/// The natural logarithm of a number in `(0, 1]`, by arithmetic alone: the library's may differ in the last
/// bit between machines, and a seed is to mean the same everywhere.
fn statecraft_ln(x: f64) -> f64 {
    let (mut x, mut halvings) = (x.max(1e-300), 0.0);
    while x < 0.5 {
        x *= 2.0;
        halvings += 1.0;
    }
    let y = (x - 1.0) / (x + 1.0);
    let square = y * y;
    let (mut term, mut sum) = (y, 0.0);
    for odd in [1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0, 17.0, 19.0] {
        sum += term / odd;
        term *= square;
    }
    2.0 * sum - halvings * std::f64::consts::LN_2
}
