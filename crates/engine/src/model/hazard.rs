//! An event by a deadline, from an intensity moved by signals (model.md sections 1.2 to 1.7).

use statecraft_domain::signal::Label;
use statecraft_domain::{Nanos, Probability, Timestamp};

use super::intensity::{Course, borders, for_each_node, one_decaying};
use super::schedule::{Plan, Schedule, SlipRisk};
use super::uncertainty::LogNormal;
use super::{Estimate, LabelEffect, ModelError};
use crate::config::{CalendarWindow, HazardSpec, SignalShape};

/// Strongest statement a signal can make, either way (model.md 1.2).
const STRENGTH_MAX: f64 = 3.0;
/// Days of a year in rates.
const YEAR_DAYS: f64 = 365.25;
/// The fitted base rate already contains visits made on regional tours: with a window listed, this
/// share of it is left (model.md 1.4).
const BASE_SHARE_WITH_WINDOWS: f64 = 0.75;
/// The result is refreshed at most this often while nothing but time passes.
const REFRESH_MAX: Nanos = Nanos::from_secs(3600);
/// Nor more often than this, however near the deadline.
const REFRESH_MIN: Nanos = Nanos::from_secs(1);
/// Log-odds error left once the event is known to have happened.
const OCCURRED_SD_LOGIT: f64 = 0.1;

/// The state of one kind of signal: how strong it was when it last changed. Signals of the same slug
/// and half-life add up exactly, so the sum is all there is to remember.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Strength {
    value: f64,
    at: Timestamp,
}

/// One signal's part in the cumulated intensity.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// The signal.
    pub slug: String,
    /// What it adds to the log of the cumulated intensity (before the cap, averaged over the
    /// intensity that is left).
    pub log_intensity: f64,
    /// Standard deviation of that.
    pub sd: f64,
}

/// The intensity that is left, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Anatomy {
    /// Cumulated intensity from now to the deadline with no signal at all.
    pub base: f64,
    /// The same with every signal.
    pub cumulated: f64,
    /// Variance of its logarithm.
    pub log_variance: f64,
    /// The signals' parts.
    pub contributions: Vec<Contribution>,
    /// Windows still ahead: name and probability mass.
    pub windows: Vec<(String, f64)>,
}

/// An event's intensity, what signals have said, and the plan.
#[derive(Debug, Clone)]
pub struct HazardModel {
    spec: HazardSpec,
    /// Parallel to `spec.signals`.
    strengths: Vec<Option<Strength>>,
    schedule: Schedule,
    scratch: Vec<f64>,
}

impl HazardModel {
    /// With the history that the specification states.
    #[must_use]
    pub fn new(spec: HazardSpec) -> Self {
        let strengths = spec
            .signals
            .iter()
            .map(|signal| signal.since.map(|(at, value)| Strength { value: clamp(value), at }))
            .collect();
        Self { spec, strengths, schedule: Schedule::default(), scratch: Vec::new() }
    }

    /// Its specification.
    #[must_use]
    pub const fn spec(&self) -> &HazardSpec {
        &self.spec
    }

    /// Has the event happened inside the contract's window?
    #[must_use]
    pub fn has_occurred(&self) -> bool {
        matches!(self.schedule.plan, Plan::Occurred { at } if at >= self.spec.window_start)
    }

    /// Takes in one label of a signal received at `at`.
    pub fn hear(&mut self, label: &Label, at: Timestamp) -> LabelEffect {
        if !label.strength.is_finite() {
            return LabelEffect::Unmoved;
        }
        if let Some(moved) = self.schedule.hear(label, at) {
            return if moved { LabelEffect::Moved } else { LabelEffect::Unmoved };
        }
        let found = self.spec.signals.iter().zip(&mut self.strengths);
        let mut effect = LabelEffect::Unknown;
        for (weight, strength) in found.filter(|(weight, _)| weight.slug == label.slug) {
            let after = combined(weight.shape, *strength, clamp(label.strength), at);
            let moved = after != *strength;
            *strength = after;
            effect = if moved { LabelEffect::Moved } else { effect_unless_moved(effect) };
        }
        effect
    }

    /// Probability and its width as of `now`.
    ///
    /// # Errors
    /// [`ModelError::NotFinite`] if the specification leads out of the finite numbers.
    pub fn estimate(&mut self, now: Timestamp) -> Result<Estimate, ModelError> {
        if self.has_occurred() {
            return finite(1.0, OCCURRED_SD_LOGIT);
        }
        if now >= self.spec.deadline {
            return finite(0.0, OCCURRED_SD_LOGIT);
        }
        let intensity = self.integrate(now);
        let windows = Windows::ahead(&self.spec.windows, now, self.spec.deadline);
        let (p, sd_logit) = windows.combine(intensity);
        let planned = self.schedule.probability(self.slip_risk(), self.spec.deadline, now);
        match (planned, self.schedule.plan) {
            // A postponed event waits for its new date; the old intensity is beside the point.
            (Some(planned), Plan::Postponed { .. }) => finite(planned, sd_logit),
            (Some(planned), _) => finite(planned.max(p), sd_logit),
            (None, _) => finite(p, sd_logit),
        }
    }

    /// When the passing of time makes a fresh estimate worthwhile.
    #[must_use]
    pub fn due_after(&self, now: Timestamp) -> Timestamp {
        let left = self.spec.deadline - now;
        if left <= Nanos::ZERO {
            return Timestamp::MAX;
        }
        let step = Nanos::new(left.get() / 256).clamp(REFRESH_MIN, REFRESH_MAX);
        let changes = self.spec.windows.iter().map(|window| window.end + Nanos::new(1));
        changes
            .chain([self.spec.deadline, now + step])
            .chain(self.schedule.next_change(now).map(|at| at + Nanos::new(1)))
            .filter(|&at| at > now)
            .min()
            .unwrap_or(Timestamp::MAX)
    }

    /// Takes the present estimate apart, for people.
    #[must_use]
    pub fn anatomy(&self, now: Timestamp) -> Anatomy {
        let mut copy = self.clone();
        let intensity = copy.integrate(now);
        let names = self.spec.windows.iter().filter(|window| is_ahead(window, now, &self.spec));
        Anatomy {
            base: self.base_intensity(now) * self.days_left(now),
            cumulated: intensity.mean.exp(),
            log_variance: intensity.variance,
            contributions: copy.contributions(now),
            windows: names.map(|window| (window.name.clone(), mass(window))).collect(),
        }
    }

    fn contributions(&self, now: Timestamp) -> Vec<Contribution> {
        let mut scratch = self.scratch.iter();
        let mut list = Vec::new();
        for (weight, strength) in self.spec.signals.iter().zip(&self.strengths) {
            let in_force = strength.and_then(|strength| course(weight.shape, strength, now));
            if in_force.is_none() {
                continue;
            }
            let average = scratch.next().copied().unwrap_or(0.0);
            list.push(Contribution {
                slug: weight.slug.clone(),
                log_intensity: weight.mean * average,
                sd: (weight.sd * average).abs(),
            });
        }
        list
    }

    fn slip_risk(&self) -> SlipRisk {
        SlipRisk {
            cancel: self.spec.scheduled_cancel,
            slip: self.spec.scheduled_slip,
            slip_days: self.spec.scheduled_slip_days,
        }
    }

    fn days_left(&self, now: Timestamp) -> f64 {
        (self.spec.deadline - now.max(self.spec.window_start)).days().max(0.0)
    }

    fn base_intensity(&self, now: Timestamp) -> f64 {
        let listed = self.spec.windows.iter().any(|window| is_ahead(window, now, &self.spec));
        let share = if listed { BASE_SHARE_WITH_WINDOWS } else { 1.0 };
        self.spec.base_rate_per_year * share / YEAR_DAYS
    }

    /// `log L ~ N(m, v)` of the intensity between now (or the window's start) and the deadline. The
    /// variance follows the weights to first order: each counts with its effect averaged over the
    /// intensity, `d log L / d w_i`, which is left in `self.scratch` for [`Self::contributions`].
    fn integrate(&mut self, now: Timestamp) -> LogNormal {
        let from = (self.spec.window_start - now).days().max(0.0);
        let to = (self.spec.deadline - now).days();
        let courses: Vec<(f64, f64, f64, Course)> = self.courses(now).collect();
        let damping = self.schedule.damping(now);
        let damping_course = Course::Decaying { half_life: Schedule::damping_half_life_days() };
        self.scratch.clear();
        self.scratch.resize(courses.len(), 0.0);
        let integral = if courses.is_empty() && damping.is_none() {
            to - from
        } else {
            let smooth = courses.iter().map(|&(_, _, _, course)| course);
            let borders = borders(smooth.clone(), from, to);
            let scale = shortest_half_life(smooth.chain(damping.map(|_| damping_course)));
            let cap = self.spec.signal_cap;
            let averages = &mut self.scratch;
            let mut effects = vec![0.0; courses.len()];
            let mut sum = 0.0;
            for_each_node(&borders, scale, |u, weight| {
                let mut raw = 0.0;
                for (effect, &(mean, _, value, course)) in effects.iter_mut().zip(&courses) {
                    *effect = value * course.at(u);
                    raw += mean * *effect;
                }
                let damped = damping.map_or(0.0, |(change, _)| change * damping_course.at(u));
                let (capped, slope) = soft_cap(raw, cap);
                let part = weight * (capped + damped).exp();
                sum += part;
                for (average, effect) in averages.iter_mut().zip(&effects) {
                    *average += part * slope * effect;
                }
            });
            averages.iter_mut().for_each(|average| *average /= sum);
            exact_if_single(&courses, damping.is_some(), cap, from, to).unwrap_or(sum)
        };
        let of_weights: f64 = courses
            .iter()
            .zip(&self.scratch)
            .map(|(&(_, sd, _, _), average)| (sd * average).powi(2))
            .sum();
        let of_damping = damping.map_or(0.0, |(_, variance)| variance);
        LogNormal {
            mean: (self.base_intensity(now) * integral).ln(),
            variance: self.spec.log_base_sd.powi(2) + of_weights + of_damping,
        }
    }

    /// Signals in force: `(weight mean, weight sd, strength now, course)`.
    fn courses(&self, now: Timestamp) -> impl Iterator<Item = (f64, f64, f64, Course)> + '_ {
        self.spec.signals.iter().zip(&self.strengths).filter_map(move |(weight, strength)| {
            let (value, course) = course(weight.shape, (*strength)?, now)?;
            Some((weight.mean, weight.sd, value, course))
        })
    }
}

const fn effect_unless_moved(effect: LabelEffect) -> LabelEffect {
    match effect {
        LabelEffect::Moved => LabelEffect::Moved,
        LabelEffect::Unknown | LabelEffect::Unmoved => LabelEffect::Unmoved,
    }
}

fn clamp(strength: f64) -> f64 {
    strength.clamp(-STRENGTH_MAX, STRENGTH_MAX)
}

fn finite(p: f64, sd_logit: f64) -> Result<Estimate, ModelError> {
    let probability = Probability::clamped(p).map_err(|_| ModelError::NotFinite)?;
    if !sd_logit.is_finite() {
        return Err(ModelError::NotFinite);
    }
    Ok(Estimate { probability, sd_logit })
}

/// `S_max tanh(S / S_max)` and its slope; an infinite cap is no cap.
fn soft_cap(raw: f64, cap: f64) -> (f64, f64) {
    if !cap.is_finite() {
        return (raw, 1.0);
    }
    // tanh by one exponential: absolute error of rounding only, and finite for any argument.
    let bent = 1.0 - 2.0 / ((2.0 * raw / cap).exp() + 1.0);
    (cap * bent, 1.0 - bent * bent)
}

/// One decaying signal without a cap has an exact integral.
fn exact_if_single(
    courses: &[(f64, f64, f64, Course)],
    damped: bool,
    cap: f64,
    from: f64,
    to: f64,
) -> Option<f64> {
    match courses {
        &[(mean, _, value, Course::Decaying { half_life })] if !damped && !cap.is_finite() => {
            let integral = |days| one_decaying(mean * value, half_life, days);
            Some(integral(to) - if from > 0.0 { integral(from) } else { 0.0 })
        }
        _ => None,
    }
}

fn shortest_half_life(courses: impl Iterator<Item = Course>) -> f64 {
    courses
        .map(|course| match course {
            Course::Decaying { half_life } => half_life,
            Course::Step { .. } | Course::Ramp { .. } => f64::INFINITY,
        })
        .fold(f64::INFINITY, f64::min)
        // However short the half-life, the number of panels stays bounded.
        .max(1.0 / 24.0)
}

/// What a shape makes of the strength it was given: strength now and course from now on.
fn course(shape: SignalShape, strength: Strength, now: Timestamp) -> Option<(f64, Course)> {
    let age = (now - strength.at).days();
    match shape {
        SignalShape::Decaying { half_life_days } => {
            let value = strength.value * (-age.max(0.0) / half_life_days).exp2();
            Some((value, Course::Decaying { half_life: half_life_days }))
        }
        SignalShape::Step { days } => {
            (age < days).then_some((strength.value, Course::Step { end: days - age }))
        }
        SignalShape::Ramp { date, radius_days } => {
            let centre = (date - now).days();
            (centre + radius_days > 0.0)
                .then_some((strength.value, Course::Ramp { centre, radius: radius_days }))
        }
    }
}

/// A new statement of the same signal. Decaying strengths add up (what is left of the old one and the
/// new one, at most [`STRENGTH_MAX`] together, so repetition saturates); a step or a ramp is replaced,
/// and a statement of the opposite sign removes it (model.md 1.2: "until a contrary event").
fn combined(
    shape: SignalShape,
    before: Option<Strength>,
    value: f64,
    at: Timestamp,
) -> Option<Strength> {
    let in_force = before.and_then(|strength| course(shape, strength, at)).map(|(now, _)| now);
    let value = match (shape, in_force) {
        (SignalShape::Decaying { .. }, Some(left)) => clamp(left + value),
        (SignalShape::Step { .. } | SignalShape::Ramp { .. }, Some(left)) if left * value < 0.0 => {
            return None;
        }
        _ => value,
    };
    Some(Strength { value, at })
}

/// Windows still ahead, summed up.
#[derive(Debug, Clone, Copy)]
struct Windows {
    /// Product of `1 - a i` over the windows ahead.
    none: f64,
    /// Variance of `-ln` of it, to first order.
    variance: f64,
}

fn is_ahead(window: &CalendarWindow, now: Timestamp, spec: &HazardSpec) -> bool {
    window.end >= now && window.start < spec.deadline && window.end >= spec.window_start
}

fn beta_moments((alpha, beta): (f64, f64)) -> (f64, f64) {
    let total = alpha + beta;
    let mean = alpha / total;
    (mean, mean * (alpha + 1.0) / (total + 1.0))
}

fn mass(window: &CalendarWindow) -> f64 {
    beta_moments(window.attend).0 * beta_moments(window.include).0
}

impl Windows {
    fn ahead(windows: &[CalendarWindow], now: Timestamp, deadline: Timestamp) -> Self {
        let ahead = windows.iter().filter(|window| window.end >= now && window.start < deadline);
        ahead.fold(Self { none: 1.0, variance: 0.0 }, |sum, window| {
            let (attend, attend_square) = beta_moments(window.attend);
            let (include, include_square) = beta_moments(window.include);
            let mass = attend * include;
            let variance = (attend_square * include_square - mass * mass).max(0.0);
            let none = 1.0 - mass;
            Self { none: sum.none * none, variance: sum.variance + variance / (none * none) }
        })
    }

    /// `P = 1 - E[e^-L] * product(1 - a i)` and the sd of its log-odds, to first order:
    /// `d logit P / d(-ln(1 - P)) = 1 / P`.
    fn combine(self, intensity: LogNormal) -> (f64, f64) {
        if self.variance <= 0.0 && self.none >= 1.0 {
            return (intensity.mean_probability(), intensity.sd_logit());
        }
        let p = 1.0 - intensity.mean_survival() * self.none;
        let of_intensity = intensity.mean.exp() * intensity.variance.sqrt();
        (p, of_intensity.hypot(self.variance.sqrt()) / p)
    }
}

#[cfg(test)]
mod tests;
