//! The latent probability of a visit: what somebody would say who knows the true intensity, the true
//! stage of the deal and every plan that is public, but not the future.

use super::calendar;
use super::climate::Climate;
use super::deal::{Deal, Stage, rate_per_day as exit_per_day};
use super::path::Path;
use super::visit::{Plan, VisitRules, VisitStep, chance_if_announced, rate_per_day};

/// Distance of the path's points, in days.
const POINT_DAYS: f64 = 0.5;

/// Everything about one visit after it has been drawn.
#[derive(Debug)]
pub struct Forecast<'a> {
    /// What is fixed.
    pub rules: &'a VisitRules,
    /// What presses on the intensity.
    pub climate: &'a Climate,
    /// The deal's course.
    pub deal: &'a Deal,
    /// The visit's course.
    pub steps: &'a [(f64, VisitStep)],
}

/// Chance of a visit by the deadline while nothing is announced, by whole days before the deadline
/// (index) and stage.
type Table = Vec<[f64; 7]>;

impl Forecast<'_> {
    /// The whole path, with a jump wherever something becomes known.
    #[must_use]
    pub fn path(&self) -> Path {
        let mut path = Path::default();
        let known = self.known_days();
        let worth = self.worth_of_plans();
        for (index, &from) in known.iter().enumerate() {
            let to = known.get(index + 1).copied().unwrap_or(self.rules.deadline);
            if self.occurred_by(from) {
                path.push(calendar::instant(from), 1.0);
                return path;
            }
            self.add_quiet_stretch(&mut path, &worth, from, to);
        }
        path.push(calendar::instant(self.rules.deadline), 0.0);
        path
    }

    /// The points of a stretch in which nothing becomes known.
    fn add_quiet_stretch(&self, path: &mut Path, worth: &[f64], from: f64, to: f64) {
        let table = self.unplanned(worth, from);
        let plan = self.plan_on(from);
        let mut day = from;
        while day < to {
            path.push(calendar::instant(day), self.chance(&table, plan, day, from));
            day += POINT_DAYS;
        }
        path.push(calendar::instant(to), self.chance(&table, plan, to, from));
    }

    /// With a plan, the plan's chance; otherwise intensity and undecided occasions together.
    fn chance(&self, table: &Table, plan: Option<Plan>, day: f64, known: f64) -> f64 {
        if let Some(plan) = plan {
            return plan.chance(day, self.rules.deadline);
        }
        let free = look_up(table, self.rules.deadline - day, self.deal.stage(known));
        let undecided = self.rules.occasions.iter().filter(|item| item.decided > known);
        let none: f64 = undecided
            .map(|item| {
                let plan = Plan { announced: item.decided, date: item.date, second: false };
                1.0 - item.chance * plan.chance(item.decided, self.rules.deadline)
            })
            .product();
        1.0 - (1.0 - free) * none
    }

    /// Chance of a visit if a plan is announced in the middle of a day, by days to the deadline.
    fn worth_of_plans(&self) -> Vec<f64> {
        let mut day = self.rules.deadline;
        let mut worth = Vec::new();
        while day > calendar::FIRST_DAY {
            day -= 1.0;
            worth.push(chance_if_announced(day + 0.5, self.rules.deadline));
        }
        worth
    }

    /// Backward recursion over the days to the deadline: in each, a plan may be announced, and the deal
    /// may change its stage (the modulated intensity of model.md 1.6 with the lead of 1.5).
    fn unplanned(&self, worth: &[f64], known: f64) -> Table {
        let mut table: Table = vec![[0.0; 7]];
        let factors = Stage::ALL.map(|stage| rate_per_day(self.rules, 0.0, stage.gain()));
        let mut day = self.rules.deadline;
        for &worth in worth {
            if day <= known {
                break;
            }
            day -= 1.0;
            let later = table.last().copied().unwrap_or_default();
            let influences = super::math::exp(self.climate.at((day + 0.5).max(known), known));
            table.push(Stage::ALL.map(|stage| {
                let rate = influences * factors.get(stage.index()).copied().unwrap_or(0.0);
                // Rates are a few per thousand a day: two terms of 1 - e^-rate are plenty.
                let announced = rate * (1.0 - rate / 2.0);
                let (stays, moves) = stay_and_move(&later, stage);
                announced * worth + (1.0 - announced) * (stays + moves)
            }));
        }
        table
    }

    /// Every day on which something becomes known, ascending, the first day of the story first.
    fn known_days(&self) -> Vec<f64> {
        let mut days: Vec<f64> = self
            .climate
            .days()
            .chain(self.deal.changes().map(|change| change.0))
            .chain(self.steps.iter().map(|step| step.0))
            .chain(self.rules.occasions.iter().map(|item| item.decided))
            .filter(|&day| day > calendar::FIRST_DAY && day < self.rules.deadline)
            .collect();
        days.push(calendar::FIRST_DAY);
        days.sort_by(f64::total_cmp);
        days.dedup_by(|a, b| a.total_cmp(b).is_eq());
        days
    }

    fn occurred_by(&self, day: f64) -> bool {
        self.steps.iter().any(|step| step.0 <= day && step.1 == VisitStep::Occurred)
    }

    fn plan_on(&self, day: f64) -> Option<Plan> {
        self.steps.iter().rev().find(|step| step.0 <= day).and_then(|step| match step.1 {
            VisitStep::Announced(plan, _) | VisitStep::PutOff(plan) => Some(plan),
            VisitStep::Declined(_) | VisitStep::CalledOff | VisitStep::Occurred => None,
        })
    }
}

/// The chance if the stage lasts the day, and what its exits add.
fn stay_and_move(later: &[f64; 7], stage: Stage) -> (f64, f64) {
    let at = |stage: Stage| later.get(stage.index()).copied().unwrap_or(0.0);
    let exits = stage.exits().iter();
    let moves = exits.map(|&(next, rate)| exit_per_day(rate) * (at(next) - at(stage))).sum();
    (at(stage), moves)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "days of one year")]
fn look_up(table: &Table, days_left: f64, stage: Stage) -> f64 {
    let value = |row: usize| {
        let row = table.get(row).or_else(|| table.last());
        row.and_then(|row| row.get(stage.index())).copied().unwrap_or(0.0)
    };
    let days_left = days_left.max(0.0);
    let whole = days_left.floor() as usize;
    let part = days_left - days_left.floor();
    value(whole) * (1.0 - part) + value(whole + 1) * part
}
