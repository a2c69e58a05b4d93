//! The deal: sovereign money for industrial parks, as a Markov chain of stages (model.md 1.6).

use super::dice::Dice;

/// How far the deal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Nobody speaks of it.
    None,
    /// Unnamed people do.
    Rumoured,
    /// It is on the table.
    Proposed,
    /// Both sides work on a text.
    Negotiated,
    /// The text is signed.
    Signed,
    /// Earth is moved.
    Construction,
    /// It is off.
    Dead,
}

impl Stage {
    /// In the order of the chain's matrix.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::Rumoured,
        Self::Proposed,
        Self::Negotiated,
        Self::Signed,
        Self::Construction,
        Self::Dead,
    ];

    /// Position in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Log-intensity of a visit in this stage at a sovereign factor of one (model.md 1.6, profile g).
    #[must_use]
    pub const fn gain(self) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Rumoured => 0.05,
            Self::Proposed => 0.15,
            Self::Negotiated => 0.30,
            Self::Signed => 0.55,
            Self::Construction => 0.40,
            Self::Dead => -0.10,
        }
    }

    /// Strength of the label `sov_capital`: the gain measured in proposals, so that a proposal is the
    /// plain statement (1), within the limits of a label.
    #[must_use]
    pub fn strength(self) -> f64 {
        (self.gain() / Self::Proposed.gain()).clamp(-3.0, 3.0)
    }

    /// Where the chain can go from here, with the rate per year.
    #[must_use]
    pub const fn exits(self) -> &'static [(Self, f64)] {
        match self {
            Self::None => &[(Self::Rumoured, 0.8)],
            Self::Rumoured => &[(Self::Proposed, 1.6), (Self::None, 1.2), (Self::Dead, 0.3)],
            Self::Proposed => &[(Self::Negotiated, 1.5), (Self::Dead, 0.5), (Self::Rumoured, 0.3)],
            Self::Negotiated => &[(Self::Signed, 1.2), (Self::Dead, 0.5), (Self::Proposed, 0.2)],
            Self::Signed => &[(Self::Construction, 1.0), (Self::Dead, 0.15)],
            Self::Construction => &[(Self::Dead, 0.03)],
            Self::Dead => &[(Self::Rumoured, 0.25)],
        }
    }
}

/// A story runs faster than life: every rate of the chain is multiplied by this.
pub const PACE: f64 = 2.0;

const YEAR_DAYS: f64 = 365.25;

/// Rate of one exit per story day.
#[must_use]
pub fn rate_per_day(rate_per_year: f64) -> f64 {
    rate_per_year * PACE / YEAR_DAYS
}

/// The course of the deal: the stage from each day on, first entry at the beginning of the story.
#[derive(Debug, Clone, PartialEq)]
pub struct Deal(Vec<(f64, Stage)>);

impl Deal {
    /// Rumours at first, the proposal on `proposed`, and from there on the chain until `end`.
    #[must_use]
    pub fn draw(dice: &mut Dice, proposed: f64, end: f64) -> Self {
        let mut course = vec![(f64::NEG_INFINITY, Stage::Rumoured), (proposed, Stage::Proposed)];
        let (mut now, mut stage) = (proposed, Stage::Proposed);
        loop {
            let total: f64 = stage.exits().iter().map(|exit| rate_per_day(exit.1)).sum();
            now += dice.waiting(1.0 / total);
            if now >= end {
                return Self(course);
            }
            stage = choose(dice, stage.exits());
            course.push((now, stage));
        }
    }

    /// The stage on a day.
    #[must_use]
    pub fn stage(&self, day: f64) -> Stage {
        self.0.iter().rev().find(|step| step.0 <= day).map_or(Stage::None, |step| step.1)
    }

    /// Every change after the beginning.
    pub fn changes(&self) -> impl Iterator<Item = (f64, Stage)> + '_ {
        self.0.iter().skip(1).copied()
    }
}

fn choose(dice: &mut Dice, exits: &[(Stage, f64)]) -> Stage {
    let total: f64 = exits.iter().map(|exit| exit.1).sum();
    let mut left = dice.uniform() * total;
    for &(stage, rate) in exits {
        left -= rate;
        if left < 0.0 {
            return stage;
        }
    }
    exits.last().map_or(Stage::Dead, |exit| exit.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strength_counts_proposals() {
        assert!((Stage::Proposed.strength() - 1.0).abs() < 1e-12);
        assert!((Stage::Signed.strength() - 3.0).abs() < 1e-12);
        assert!(Stage::Dead.strength() < 0.0);
        for (index, stage) in Stage::ALL.into_iter().enumerate() {
            assert_eq!(stage.index(), index);
        }
    }

    #[test]
    fn changes_follow_the_exits() {
        let mut signed = 0;
        for seed in 0..200 {
            let deal = Deal::draw(&mut Dice::stream(seed, 1), 20.0, 365.0);
            let mut before = Stage::Rumoured;
            for (day, stage) in deal.changes() {
                assert!(before.exits().iter().any(|exit| exit.0 == stage), "{before:?} {stage:?}");
                assert_eq!(deal.stage(day), stage);
                before = stage;
                signed += i32::from(stage == Stage::Signed);
            }
        }
        assert!((40..160).contains(&signed), "{signed} of 200 stories sign");
    }
}
