//! Integrals of an intensity `exp(S(u))` whose log is moved by signals (model.md 1.2).

/// Positive nodes of 8-point Gauss-Legendre quadrature on [-1, 1] and their weights.
const GAUSS_LEGENDRE_8: [(f64, f64); 4] = [
    (0.1834346424956498, 0.362683783378362),
    (0.525532409916329, 0.31370664587788727),
    (0.7966664774136267, 0.22238103445337448),
    (0.9602898564975363, 0.10122853629037626),
];

/// How one effect on the log-intensity runs, in days from now; 1 at full strength.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Course {
    /// `2^(-u / half_life)`.
    Decaying {
        /// Half-life in days.
        half_life: f64,
    },
    /// One from `start` until `end`, zero before and after.
    Step {
        /// Days from now at which it begins; negative: it has begun.
        start: f64,
        /// Days from now at which it ends; infinite allowed.
        end: f64,
    },
    /// `max(0, 1 - |u - centre| / radius)`.
    Ramp {
        /// Days from now of the date.
        centre: f64,
        /// Distance at which it is zero.
        radius: f64,
    },
    /// Through its values at [`Self::SAMPLES`] of `days`, by one parabola up to a quarter of them and
    /// another from there; constant after.
    Sampled {
        /// The five values.
        values: [f64; 5],
        /// Days from now of the last one; above zero.
        days: f64,
    },
}

impl Course {
    /// Where [`Self::Sampled`] knows its values: what relaxes moves most at first.
    pub const SAMPLES: [f64; 5] = [0.0, 0.125, 0.25, 0.625, 1.0];

    /// The effect `days` from now, per unit of its amplitude now.
    #[must_use]
    pub fn at(self, days: f64) -> f64 {
        match self {
            Self::Decaying { half_life } => (-days * std::f64::consts::LN_2 / half_life).exp(),
            Self::Step { start, end } => f64::from(u8::from(start <= days && days < end)),
            Self::Ramp { centre, radius } => (1.0 - (days - centre).abs() / radius).max(0.0),
            Self::Sampled { values, days: span } => {
                let place = (days / span).clamp(0.0, 1.0);
                let [first, second, third, fourth, fifth] = values;
                if place < Self::SAMPLES[2] {
                    parabola([first, second, third], place / 0.25)
                } else {
                    parabola([third, fourth, fifth], (place - 0.25) / 0.75)
                }
            }
        }
    }

    /// Where it is not smooth.
    fn knots(self) -> [f64; 3] {
        match self {
            Self::Decaying { .. } => [f64::INFINITY; 3],
            Self::Step { start, end } => [start, end, f64::INFINITY],
            Self::Ramp { centre, radius } => [centre - radius, centre, centre + radius],
            Self::Sampled { days, .. } => [0.25 * days, f64::INFINITY, f64::INFINITY],
        }
    }
}

/// Through three values at 0, 1/2 and 1.
fn parabola([start, middle, end]: [f64; 3], x: f64) -> f64 {
    let bend = 2.0 * (start - 2.0 * middle + end);
    start + x * (end - start) + bend * x * (x - 1.0)
}

/// `integral over [0, T] of exp(a 2^(-t/h)) dt`, exactly, as the series
/// `T + sum a^n (1 - e^(-nkT)) / (n n! k)`, `k = ln 2 / h`; for `|a| <= 20`.
#[must_use]
pub fn one_decaying(amplitude: f64, half_life: f64, days: f64) -> f64 {
    let rate = std::f64::consts::LN_2 / half_life;
    let mut power_over_factorial = 1.0;
    let mut sum = days;
    for term_index in 1..200_u32 {
        let n = f64::from(term_index);
        power_over_factorial *= amplitude / n;
        let term = power_over_factorial * -(-n * rate * days).exp_m1() / (n * rate);
        sum += term;
        if term.abs() < 1e-15 * sum.abs() && n > amplitude.abs() {
            break;
        }
    }
    sum
}

/// The borders of smooth stretches inside `(from, to)`, ascending, both ends included.
#[must_use]
pub fn borders(courses: impl Iterator<Item = Course>, from: f64, to: f64) -> Vec<f64> {
    let mut borders: Vec<f64> =
        courses.flat_map(Course::knots).filter(|&knot| knot > from && knot < to).collect();
    borders.extend([from, to]);
    borders.sort_by(f64::total_cmp);
    borders
}

/// Calls `visit(u, weight)` at the nodes of a quadrature over the stretches between `borders`.
///
/// Each stretch is cut into panels no longer than `scale` (the shortest half-life), or than their own
/// distance from now if that is more: what decays has decayed by then. Eight Gauss-Legendre nodes to a
/// panel leave a relative error far below the 1e-5 that a midpoint rule of one day has.
pub fn for_each_node(borders: &[f64], scale: f64, mut visit: impl FnMut(f64, f64)) {
    for stretch in borders.windows(2) {
        let &[mut left, end] = stretch else { continue };
        while left < end {
            let length = scale.max(left);
            // A last panel that would be a sliver is joined to the one before it.
            let right = if left + 1.5 * length >= end { end } else { left + length };
            let (middle, half) = ((left + right) / 2.0, (right - left) / 2.0);
            for &(node, weight) in &GAUSS_LEGENDRE_8 {
                visit(middle - half * node, half * weight);
                visit(middle + half * node, half * weight);
            }
            left = right;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The midpoint rule of model.md 1.2 on `n` equal cells: the independent reference.
    fn midpoint(f: impl Fn(f64) -> f64, from: f64, to: f64, cells: u32) -> f64 {
        let step = (to - from) / f64::from(cells);
        (0..cells).map(|cell| f(from + (f64::from(cell) + 0.5) * step)).sum::<f64>() * step
    }

    fn gauss(f: impl Fn(f64) -> f64, borders: &[f64], scale: f64) -> f64 {
        let mut sum = 0.0;
        for_each_node(borders, scale, |u, weight| sum += weight * f(u));
        sum
    }

    #[test]
    fn t1_2_one_decaying_signal() {
        let exact = one_decaying(1.2, 60.0, 365.25);
        assert!((exact - 509.360_545_257).abs() < 1e-8);
        assert!((one_decaying(-1.0, 90.0, 180.0) - 107.106_953_742).abs() < 1e-8);
        let decaying = |u: f64| (1.2 * Course::Decaying { half_life: 60.0 }.at(u)).exp();
        assert!((midpoint(decaying, 0.0, 365.25, 366) - 509.358_643_989).abs() < 1e-8);
        assert!((gauss(decaying, &[0.0, 365.25], 60.0) - exact).abs() < 1e-8);
        let cumulated = 0.30 / 365.25 * exact;
        assert!((cumulated - 0.418_365_951).abs() < 1e-9);
        assert!((super::super::survival::probability(cumulated) - 0.341_878_656).abs() < 1e-9);
        assert!((super::super::survival::probability(0.30) - 0.259_181_779).abs() < 1e-9);
    }

    #[test]
    fn t1_3_mixed_signals() {
        let intensity = |t: f64| {
            let season = 0.25 * (std::f64::consts::TAU * (t - 300.0) / 365.25).cos();
            let step = if t >= 90.0 { 0.5 } else { 0.0 };
            let decaying = 1.2 * Course::Decaying { half_life: 60.0 }.at(t)
                - 0.8 * Course::Decaying { half_life: 180.0 }.at(t);
            0.3 / 365.25 * (decaying + step + season).exp()
        };
        let hourly = midpoint(intensity, 0.0, 365.0, 365 * 24);
        assert!((hourly - 0.387_509_52).abs() < 1e-7);
        assert!((midpoint(intensity, 0.0, 365.0, 365) - 0.387_508_79).abs() < 1e-7);
        let ours = gauss(intensity, &[0.0, 90.0, 365.0], 60.0);
        assert!((ours - hourly).abs() < 1e-7);
        // The published P is that of the daily rule.
        assert!((super::super::survival::probability(ours) - 0.321_254_33).abs() < 1e-6);
    }

    #[test]
    fn samples_are_met_and_joined_by_parabolas() {
        let square = |x: f64| 0.3 + x - 0.4 * x * x;
        let course = Course::Sampled { values: Course::SAMPLES.map(square), days: 40.0 };
        for day in 0..=40 {
            let days = f64::from(day);
            assert!((course.at(days) - square(days / 40.0)).abs() < 1e-12, "{days}");
        }
        let course = Course::Sampled { values: [0.0, 1.0, 0.5, 0.2, 0.3], days: 40.0 };
        for (days, expected) in [(0.0, 0.0), (5.0, 1.0), (10.0, 0.5), (25.0, 0.2), (90.0, 0.3)] {
            assert!((course.at(days) - expected).abs() < 1e-12, "{days}: {}", course.at(days));
        }
        assert_eq!(borders([course].into_iter(), 0.0, 40.0), vec![0.0, 10.0, 40.0]);
    }

    #[test]
    fn knots_are_borders() {
        let courses = [
            Course::Step { start: -5.0, end: 30.0 },
            Course::Ramp { centre: 50.0, radius: 60.0 },
            Course::Decaying { half_life: 7.0 },
            Course::Step { start: 70.0, end: f64::INFINITY },
        ];
        let borders = borders(courses.into_iter(), 0.0, 100.0);
        assert_eq!(borders, vec![0.0, 30.0, 50.0, 70.0, 100.0]);
        assert_eq!([69.9, 70.0, 99.0].map(|days| courses[3].at(days) > 0.5), [false, true, true]);
    }

    proptest! {
        /// The quadrature equals the series for every half-life, strength and horizon in use.
        #[test]
        fn quadrature_equals_series(
            amplitude in -3.0..3.0_f64, half_life in 1.0..400.0_f64, days in 0.5..800.0_f64
        ) {
            let decaying = |u: f64| (amplitude * Course::Decaying { half_life }.at(u)).exp();
            let ours = gauss(decaying, &[0.0, days], half_life);
            let exact = one_decaying(amplitude, half_life, days);
            prop_assert!((ours / exact - 1.0).abs() < 1e-9, "{ours} {exact}");
        }

        /// Splitting an interval anywhere leaves the integral unchanged.
        #[test]
        fn splitting_changes_nothing(split in 0.01..0.99_f64, half_life in 5.0..200.0_f64) {
            let decaying = |u: f64| (1.3 * Course::Decaying { half_life }.at(u)).exp();
            let whole = gauss(decaying, &[0.0, 300.0], half_life);
            let parts = gauss(decaying, &[0.0, split * 300.0, 300.0], half_life);
            prop_assert!((whole / parts - 1.0).abs() < 1e-9);
        }
    }
}
