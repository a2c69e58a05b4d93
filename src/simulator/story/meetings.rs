//! The monthly series: does the President meet Japan's Prime Minister in person in a given month?

use super::calendar::{self, MONTH_STARTS, OPEN_HOUR, instant};
use super::dice::Dice;
use super::math::exp;
use super::path::Path;
use super::visit::{Plan, VisitStep};

/// Meetings nobody announced before: margins of summits, funerals, sudden stops; per year.
const UNPLANNED_PER_YEAR: f64 = 1.2;
/// The yearly summit of the seven: its day, and the chance that the two meet there.
const SUMMIT: (f64, f64) = (165.5, 0.7);
/// Chance that the Prime Minister comes to Washington this year.
const INBOUND: f64 = 0.75;
/// The days between which he comes.
const INBOUND_DAYS: (f64, f64) = (60.0, 270.0);
/// Chance that the announced trip is made.
const INBOUND_HELD: f64 = 0.93;
/// A market of the series opens so many days before its month.
const OPENS_BEFORE_DAYS: f64 = 14.0;

/// The Prime Minister's trip to Washington.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inbound {
    /// When it is announced.
    pub announced: f64,
    /// For when.
    pub date: f64,
    /// It takes place.
    pub held: bool,
}

impl Inbound {
    /// Comes, or does not, this year.
    #[must_use]
    pub fn draw(dice: &mut Dice) -> Option<Self> {
        let date = dice.between(INBOUND_DAYS.0, INBOUND_DAYS.1);
        let announced = date - dice.between(10.0, 25.0);
        let held = dice.chance(INBOUND_HELD);
        dice.chance(INBOUND).then_some(Self { announced, date, held })
    }
}

/// All that decides the monthly markets.
#[derive(Debug)]
pub struct Meetings<'a> {
    /// The Prime Minister's trip, if any.
    pub inbound: Option<Inbound>,
    /// The course of the President's visit to Japan.
    pub visit: &'a [(f64, VisitStep)],
    /// The summit and the unplanned meetings that do take place, ascending.
    pub others: Vec<f64>,
}

impl<'a> Meetings<'a> {
    /// Draws the meetings that do not follow from the two visits.
    #[must_use]
    pub fn draw(dice: &mut Dice, inbound: Option<Inbound>, visit: &'a [(f64, VisitStep)]) -> Self {
        let mut others = Vec::new();
        if dice.chance(SUMMIT.1) {
            others.push(SUMMIT.0);
        }
        let mut day = calendar::FIRST_DAY + dice.waiting(365.25 / UNPLANNED_PER_YEAR);
        while day < calendar::LAST_DAY {
            others.push(day);
            day += dice.waiting(365.25 / UNPLANNED_PER_YEAR);
        }
        others.sort_by(f64::total_cmp);
        Self { inbound, visit, others }
    }

    /// First meeting in `[start, end)`.
    #[must_use]
    pub fn first_in(&self, start: f64, end: f64) -> Option<f64> {
        let inbound = self.inbound.filter(|trip| trip.held).map(|trip| trip.date);
        let visited = self.visit.iter().filter(|step| step.1 == VisitStep::Occurred);
        self.others
            .iter()
            .copied()
            .chain(inbound)
            .chain(visited.map(|step| step.0))
            .filter(|day| (start..end).contains(day))
            .min_by(f64::total_cmp)
    }

    /// The latent path of month `index` from its market's opening.
    #[must_use]
    pub fn path(&self, month: Month) -> Path {
        let mut path = Path::default();
        let mut day = month.opens;
        while day < month.end {
            path.push(instant(day), self.chance(month, day));
            let next = day + 0.5;
            for jump in self.jumps().filter(|jump| *jump > day && *jump < next.min(month.end)) {
                path.push(instant(jump), self.chance(month, jump - 1e-6));
                path.push(instant(jump), self.chance(month, jump));
            }
            day = next;
        }
        path.push(instant(month.end), 0.0);
        path
    }

    /// Days on which something becomes known, ascending.
    fn jumps(&self) -> impl Iterator<Item = f64> + use<> {
        let mut days: Vec<f64> = self.visit.iter().map(|step| step.0).collect();
        days.push(SUMMIT.0);
        if let Some(trip) = self.inbound {
            days.extend([trip.announced, trip.date]);
            days.push(trip.announced + 0.7 * (trip.date - trip.announced));
        }
        days.sort_by(f64::total_cmp);
        days.into_iter()
    }

    fn chance(&self, month: Month, day: f64) -> f64 {
        let left = (month.end - day.max(month.start)).max(0.0);
        let quiet = exp(-UNPLANNED_PER_YEAR / 365.25 * left);
        let summit = if month.holds(SUMMIT.0) && day < SUMMIT.0 { SUMMIT.1 } else { 0.0 };
        let visit = self.plan_on(day).filter(|plan| month.holds(plan.date));
        let visit = visit.map_or(0.0, |plan| plan.chance(day, month.end));
        1.0 - quiet * (1.0 - summit) * (1.0 - visit) * (1.0 - self.inbound_chance(month, day))
    }

    fn inbound_chance(&self, month: Month, day: f64) -> f64 {
        match self.inbound {
            Some(trip) if trip.announced <= day => {
                let failed =
                    !trip.held && trip.announced + 0.7 * (trip.date - trip.announced) <= day;
                let open = month.holds(trip.date) && day < trip.date && !failed;
                if open { INBOUND_HELD } else { 0.0 }
            }
            // Not announced: the trip is at least ten days away, if it comes at all.
            Some(_) | None => {
                let (first, last) = INBOUND_DAYS;
                let share = |from: f64, to: f64| ((to - from) / (last - first)).clamp(0.0, 1.0);
                let passed = share(first, day + 17.0);
                let from = month.start.max(day + 10.0).max(first);
                let here = share(from, month.end.min(last));
                INBOUND * here * INBOUND_HELD / (1.0 - INBOUND * passed)
            }
        }
    }

    fn plan_on(&self, day: f64) -> Option<Plan> {
        self.visit.iter().rev().find(|step| step.0 <= day).and_then(|step| match step.1 {
            VisitStep::Announced(plan, _) | VisitStep::PutOff(plan) => Some(plan),
            VisitStep::Declined(_) | VisitStep::CalledOff | VisitStep::Occurred => None,
        })
    }
}

/// One month of the series, in story days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Month {
    /// From zero.
    pub index: usize,
    /// Its market opens.
    pub opens: f64,
    /// A meeting counts from here (never before the market opened).
    pub start: f64,
    /// And before this; its market closes.
    pub end: f64,
}

impl Month {
    /// The twelve months.
    pub fn all() -> impl Iterator<Item = Self> {
        MONTH_STARTS.windows(2).enumerate().filter_map(|(index, window)| match *window {
            [start, end] => {
                let (start, end) = (f64::from(start), f64::from(end) + OPEN_HOUR);
                let opens = (start - OPENS_BEFORE_DAYS + OPEN_HOUR).max(calendar::FIRST_DAY);
                Some(Self { index, opens, start: start.max(opens), end })
            }
            _ => None,
        })
    }

    /// "MAR", as tickers write it.
    #[must_use]
    pub fn code(&self) -> String {
        calendar::month_name(self.index).chars().take(3).collect::<String>().to_uppercase()
    }

    fn holds(&self, day: f64) -> bool {
        (self.start..self.end).contains(&day)
    }
}
