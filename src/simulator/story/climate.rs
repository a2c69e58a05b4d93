//! What presses on the intensity of a visit: dated influences with a course in time (model.md 1.2).

/// How an influence runs after its day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Course {
    /// Halves every so many days.
    Halving(f64),
    /// Constant for so many days.
    Lasting(f64),
}

/// A dated push on the log-intensity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Influence {
    /// Story day on which it becomes known and starts.
    pub day: f64,
    /// Change of the log-intensity at its start.
    pub effect: f64,
    /// What becomes of it.
    pub course: Course,
}

impl Influence {
    fn at(&self, day: f64) -> f64 {
        let age = day - self.day;
        match self.course {
            _ if age < 0.0 => 0.0,
            Course::Halving(half_life) => {
                self.effect * super::math::exp(-core::f64::consts::LN_2 * age / half_life)
            }
            Course::Lasting(days) if age < days => self.effect,
            Course::Lasting(_) => 0.0,
        }
    }
}

/// All influences on one visit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Climate(Vec<Influence>);

impl Climate {
    /// Adds one.
    pub fn push(&mut self, influence: Influence) {
        self.0.push(influence);
    }

    /// Their sum on `day`, of those known on day `known`.
    #[must_use]
    pub fn at(&self, day: f64, known: f64) -> f64 {
        self.0.iter().filter(|item| item.day <= known).map(|item| item.at(day)).sum()
    }

    /// The days on which one becomes known.
    pub fn days(&self) -> impl Iterator<Item = f64> + '_ {
        self.0.iter().map(|item| item.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_lasts_and_is_unknown_before() {
        let mut climate = Climate::default();
        climate.push(Influence { day: 10.0, effect: 0.4, course: Course::Halving(60.0) });
        climate.push(Influence { day: 20.0, effect: 0.1, course: Course::Lasting(30.0) });
        assert!(climate.at(9.0, 400.0).abs() < 1e-12);
        assert!((climate.at(70.0, 400.0) - 0.2).abs() < 1e-12);
        assert!((climate.at(25.0, 19.0) - climate.at(25.0, 400.0) + 0.1).abs() < 1e-12);
    }
}
