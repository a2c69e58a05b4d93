//! A latent probability as a function of time.

use statecraft_domain::Timestamp;

/// A path of points in order of time; between two points it is a straight line, and two points at one
/// instant are a jump (the later one holds from there on).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Path(Vec<(Timestamp, f64)>);

impl Path {
    /// Adds a point at or after the last one, held inside `[0, 1]`.
    pub fn push(&mut self, at: Timestamp, probability: f64) {
        let at = self.0.last().map_or(at, |last| at.max(last.0));
        self.0.push((at, probability.clamp(0.0, 1.0)));
    }

    /// Keeps the value of `at` for ever after, beginning with a jump to `probability`.
    pub fn end(&mut self, at: Timestamp, probability: f64) {
        let before = self.at(at);
        self.0.retain(|point| point.0 < at);
        self.push(at, before);
        self.push(at, probability);
    }

    /// The probability at an instant; before the first point the first value, after the last the last.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> f64 {
        let next = self.0.partition_point(|point| point.0 <= at);
        match (next.checked_sub(1).and_then(|last| self.0.get(last)), self.0.get(next)) {
            (Some(&(_, last)), None) => last,
            (None, Some(&(_, first))) => first,
            (None, None) => 0.0,
            (Some(&(from, low)), Some(&(to, high))) => {
                let part = (at - from).secs_f64() / (to - from).secs_f64().max(1e-9);
                low + (high - low) * part
            }
        }
    }

    /// The value just before an instant: the left side of a jump.
    #[must_use]
    pub fn before(&self, at: Timestamp) -> f64 {
        let jump = self.0.partition_point(|point| point.0 < at);
        match self.0.get(jump) {
            Some(&(instant, value)) if instant == at => value,
            _ => self.at(at),
        }
    }

    /// The points.
    #[must_use]
    pub fn points(&self) -> &[(Timestamp, f64)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_jumps_and_ends() {
        let t = Timestamp::from_secs;
        let mut path = Path::default();
        for (at, value) in [(0, 0.2), (100, 0.4), (100, 0.8), (200, 0.6)] {
            path.push(t(at), value);
        }
        assert!((path.at(t(-5)) - 0.2).abs() < 1e-12);
        assert!((path.at(t(50)) - 0.3).abs() < 1e-12);
        assert!((path.before(t(100)) - 0.4).abs() < 1e-12);
        assert!((path.at(t(100)) - 0.8).abs() < 1e-12);
        assert!((path.at(t(150)) - 0.7).abs() < 1e-12);
        path.end(t(150), 1.0);
        assert!((path.before(t(150)) - 0.7).abs() < 1e-12);
        assert!((path.at(t(500)) - 1.0).abs() < 1e-12);
    }
}
