//! One visit: from an intensity to a plan, from a plan to the day itself (model.md 1.3 to 1.5).

use super::climate::{Climate, Course, Influence};
use super::deal::Deal;
use super::dice::Dice;
use super::math::exp;

/// A plan is announced at least this long before its date, in days.
const LEAD_MIN_DAYS: f64 = 5.0;
/// Mean of what comes on top.
const LEAD_MEAN_DAYS: f64 = 25.0;
/// A date that slips moves by at least this.
const SLIP_MIN_DAYS: f64 = 10.0;
/// Mean of what comes on top.
const SLIP_MEAN_DAYS: f64 = 35.0;
/// Chance that a plan is called off (model.md 1.5).
const CANCEL: f64 = 0.06;
/// Chance that it slips (model.md 1.5).
const SLIP: f64 = 0.14;
/// What a called-off plan does to the log-intensity, and how fast that is forgotten (model.md 1.3).
const CALLED_OFF: Influence = Influence { day: 0.0, effect: -1.05, course: Course::Halving(120.0) };
/// Step of the simulation, in days.
const STEP_DAYS: f64 = 0.25;

/// What is fixed about visits to one country.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitRules {
    /// Intensity of plans without any influence, per year.
    pub base_per_year: f64,
    /// How much the deal matters: the factor on the stage's gain, zero for a bystander.
    pub deal_factor: f64,
    /// The contract's last day.
    pub deadline: f64,
    /// Dated occasions.
    pub occasions: Vec<Occasion>,
}

/// A dated occasion on which the country may be visited (model.md 1.4).
#[derive(Debug, Clone, PartialEq)]
pub struct Occasion {
    /// The day of the visit if it is made.
    pub date: f64,
    /// Chance that it is made and includes the country, as the public sees it until it is decided.
    pub chance: f64,
    /// The day on which the decision becomes known.
    pub decided: f64,
    /// The decision.
    pub included: bool,
    /// What becomes of it then.
    pub fate: Fate,
}

/// What will become of a plan. Nobody knows it before its time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fate {
    /// It takes place.
    Kept,
    /// It is called off after this part of the time to its date.
    CalledOff(f64),
    /// After this part of the time it is put off by so many days.
    PutOff(f64, f64),
}

impl Fate {
    /// A first plan may be called off or slip.
    #[must_use]
    pub fn draw(dice: &mut Dice) -> Self {
        let (kind, part) = (dice.uniform(), dice.uniform());
        let days = SLIP_MIN_DAYS + dice.waiting(SLIP_MEAN_DAYS);
        if kind < CANCEL {
            Self::CalledOff(part)
        } else if kind < CANCEL + SLIP {
            Self::PutOff(part, days)
        } else {
            Self::Kept
        }
    }

    /// A plan that slipped once may still be called off.
    fn draw_second(dice: &mut Dice) -> Self {
        let (kind, part) = (dice.uniform(), dice.uniform());
        if kind < CANCEL { Self::CalledOff(part) } else { Self::Kept }
    }
}

/// An announced visit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// When it was announced (or put off).
    pub announced: f64,
    /// For when.
    pub date: f64,
    /// It slipped once already.
    pub second: bool,
}

impl Plan {
    /// Chance that it takes place by the deadline, as of `day`, when no bad news has come by then.
    /// Bad news is spread evenly over the waiting time, so silence is good news.
    #[must_use]
    pub fn chance(&self, day: f64, deadline: f64) -> f64 {
        let wait = (self.date - self.announced).max(1e-9);
        let passed = ((day - self.announced) / wait).clamp(0.0, 1.0);
        let in_time = if self.date <= deadline { 1.0 } else { 0.0 };
        if self.second {
            return in_time * (1.0 - CANCEL) / (1.0 - CANCEL * passed);
        }
        let room = deadline - self.date - SLIP_MIN_DAYS;
        let slips_in_time = if room > 0.0 { 1.0 - exp(-room / SLIP_MEAN_DAYS) } else { 0.0 };
        let kept = (1.0 - CANCEL - SLIP) * in_time;
        let slipped = SLIP * (1.0 - passed) * (1.0 - CANCEL) * slips_in_time;
        (kept + slipped) / (1.0 - (CANCEL + SLIP) * passed)
    }
}

/// Chance that a plan announced on `day` leads to a visit by the deadline, over all lead times.
#[must_use]
pub fn chance_if_announced(day: f64, deadline: f64) -> f64 {
    const NODES: u8 = 8;
    let sum: f64 = (0..NODES)
        .map(|node| {
            let quantile = (f64::from(node) + 0.5) / f64::from(NODES);
            let lead = LEAD_MIN_DAYS - LEAD_MEAN_DAYS * super::math::ln(1.0 - quantile);
            Plan { announced: day, date: day + lead, second: false }.chance(day, deadline)
        })
        .sum();
    sum / f64::from(NODES)
}

/// What the public hears of a visit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum VisitStep {
    /// A plan, and whether it belongs to an occasion (by index).
    Announced(Plan, Option<usize>),
    /// An occasion will not include the country.
    Declined(usize),
    /// A plan has a new, later date.
    PutOff(Plan),
    /// A plan is off.
    CalledOff,
    /// The President is there.
    Occurred,
}

struct Running {
    plan: Plan,
    fate: Fate,
}

/// Draws the course of one visit until it takes place or the year is over. A called-off plan adds its
/// influence to the climate.
#[must_use]
pub fn draw(
    rules: &VisitRules,
    climate: &mut Climate,
    deal: &Deal,
    dice: &mut Dice,
) -> Vec<(f64, VisitStep)> {
    let mut steps = Vec::new();
    let mut running: Option<Running> = None;
    let mut day = super::calendar::FIRST_DAY;
    while day < rules.deadline {
        let end = day + STEP_DAYS;
        if let Some(current) = running.take() {
            running = follow(current, end, climate, dice, &mut steps);
            if matches!(steps.last(), Some((_, VisitStep::Occurred))) {
                return steps;
            }
        } else {
            running = decide_occasion(rules, day, end, climate, &mut steps)
                .or_else(|| plan_freely(rules, day, climate, deal, dice, &mut steps));
        }
        day = end;
    }
    steps
}

/// Lets a plan live until `end`.
fn follow(
    current: Running,
    end: f64,
    climate: &mut Climate,
    dice: &mut Dice,
    steps: &mut Vec<(f64, VisitStep)>,
) -> Option<Running> {
    let Running { plan, fate } = current;
    let after = |part: f64| plan.announced + part * (plan.date - plan.announced);
    match fate {
        Fate::CalledOff(part) if after(part) < end => {
            steps.push((after(part), VisitStep::CalledOff));
            climate.push(Influence { day: after(part), ..CALLED_OFF });
            None
        }
        Fate::PutOff(part, days) if after(part) < end => {
            let moved = Plan { announced: after(part), date: plan.date + days, second: true };
            steps.push((after(part), VisitStep::PutOff(moved)));
            Some(Running { plan: moved, fate: Fate::draw_second(dice) })
        }
        Fate::Kept if plan.date < end => {
            steps.push((plan.date, VisitStep::Occurred));
            None
        }
        Fate::Kept | Fate::CalledOff(_) | Fate::PutOff(..) => Some(current),
    }
}

fn decide_occasion(
    rules: &VisitRules,
    start: f64,
    end: f64,
    climate: &mut Climate,
    steps: &mut Vec<(f64, VisitStep)>,
) -> Option<Running> {
    let due = |item: &Occasion| (start..end).contains(&item.decided);
    let index = rules.occasions.iter().position(due)?;
    let occasion = rules.occasions.get(index)?;
    if !occasion.included {
        steps.push((occasion.decided, VisitStep::Declined(index)));
        climate.push(Influence { day: occasion.decided, ..CALLED_OFF });
        return None;
    }
    let plan = Plan { announced: occasion.decided, date: occasion.date, second: false };
    steps.push((occasion.decided, VisitStep::Announced(plan, Some(index))));
    Some(Running { plan, fate: occasion.fate })
}

fn plan_freely(
    rules: &VisitRules,
    day: f64,
    climate: &Climate,
    deal: &Deal,
    dice: &mut Dice,
    steps: &mut Vec<(f64, VisitStep)>,
) -> Option<Running> {
    let rate = rate_per_day(rules, climate.at(day, day), deal.stage(day).gain());
    let (arrives, within) = (dice.chance(1.0 - exp(-rate * STEP_DAYS)), dice.uniform());
    if !arrives {
        return None;
    }
    let announced = day + within * STEP_DAYS;
    let date = announced + LEAD_MIN_DAYS + dice.waiting(LEAD_MEAN_DAYS);
    let plan = Plan { announced, date, second: false };
    steps.push((announced, VisitStep::Announced(plan, None)));
    Some(Running { plan, fate: Fate::draw(dice) })
}

/// Intensity of plans per day, given the sum of influences and the stage's gain.
#[must_use]
pub fn rate_per_day(rules: &VisitRules, influences: f64, gain: f64) -> f64 {
    rules.base_per_year / 365.25 * exp(influences + rules.deal_factor * gain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_good_news_and_late_plans_are_worth_less() {
        let plan = Plan { announced: 100.0, date: 130.0, second: false };
        let values: Vec<f64> = (100..=130).map(|day| plan.chance(f64::from(day), 365.0)).collect();
        assert!(values.windows(2).all(|pair| pair[1] >= pair[0]), "{values:?}");
        assert!(values[0] > 0.9 && values[30] > 0.99);
        assert!(plan.chance(100.0, 131.0) < plan.chance(100.0, 200.0));
        assert!(plan.chance(100.0, 129.0) < 1e-12);
        assert!(chance_if_announced(300.0, 365.0) < chance_if_announced(100.0, 365.0));
        assert!(chance_if_announced(362.0, 365.0) < 1e-12);
    }

    #[test]
    fn plans_end_as_often_as_their_chance_says() {
        let rules = VisitRules {
            base_per_year: 0.0,
            deal_factor: 0.0,
            deadline: 365.0,
            occasions: Vec::new(),
        };
        let mut kept = 0;
        for seed in 0..4000 {
            let mut dice = Dice::stream(seed, 9);
            let fate = Fate::draw(&mut dice);
            let occasion =
                Occasion { date: 330.0, chance: 1.0, decided: 290.0, included: true, fate };
            let rules = VisitRules { occasions: vec![occasion], ..rules.clone() };
            let deal = Deal::draw(&mut dice, 20.0, 30.0);
            let steps = draw(&rules, &mut Climate::default(), &deal, &mut dice);
            kept += i32::from(matches!(steps.last(), Some((_, VisitStep::Occurred))));
        }
        let plan = Plan { announced: 290.0, date: 330.0, second: false };
        let expected = plan.chance(290.0, 365.0);
        assert!((f64::from(kept) / 4000.0 - expected).abs() < 0.02, "{kept} {expected}");
    }
}
