//! From what is believed to a probability (model.md 1.2 to 1.7).
//!
//! The intensity left until the deadline is log-normal: base rate and weights. On it come, in this
//! order, the stage of the deal, frailty, the announcement lead, the calendar windows and the plan.
//! The mean over the deal's common factor is a Gauss-Hermite rule of seven nodes; at each of them the
//! log of the cumulated intensity is a polynomial in the log of the scale, fitted at five points (at
//! three and one where the node's weight is 3 % and 0.05 %), and the log-normal of the rest is summed
//! on that. Against the double sum without the fit it errs by
//! less than 6e-5, with a lead 1e-4 (a test says so).

use statecraft_domain::{Nanos, Timestamp};

use super::chain::{DEAL_LOG_RATE_SD, DEAL_RATES_PER_YEAR, Generator, Panel, STAGES, Stage};
use super::dates::{DAY, Dates};
use super::evidence::{self, SILENCE_FLOOR};
use super::intensity::{Course, borders, for_each_node, one_decaying};
use super::lead::Lead;
use super::plan::{Damping, Rest, Step};
use super::schedule::{Outlook, SlipRisk};
use super::state::{State, course};
use super::summit;
use super::survival;
use super::uncertainty::LogNormal;
use crate::config::{CalendarWindow, DealSpec, HazardSpec, Horizon, SignalShape};
use crate::input::InputError;

/// Days of a year in rates.
pub(super) const YEAR_DAYS: f64 = 365.25;
/// Longest panel of constant intensity where the deal or the lead look at the course of time.
const PANEL_DAYS_MAX: f64 = 61.0;
/// The same with a lead: how far from the deadline an announcement comes is seen at this grain.
const PANEL_DAYS_MAX_WITH_LEAD: f64 = 40.0;
/// Non-negative nodes of 7-point Gauss-Hermite quadrature, and weights that sum to one over both signs.
const GAUSS_HERMITE_7: [(f64, f64); 4] = [
    (0.0, 0.457_142_857_142_857_1),
    (0.816_287_882_858_965, 0.240_123_178_605_012_6),
    (1.673_551_628_767_471, 0.030_757_123_967_586_5),
    (2.651_961_356_835_233, 0.000_548_268_855_972_218_4),
];
/// Points at which the log of the cumulated intensity is computed, on `-1..1`.
const CHEBYSHEV_5: [f64; 5] = [
    -0.951_056_516_295_153_5,
    -0.587_785_252_292_473_1,
    0.0,
    0.587_785_252_292_473_1,
    0.951_056_516_295_153_5,
];
/// The same with three points.
const CHEBYSHEV_3: [f64; 3] = [-0.866_025_403_784_438_6, 0.0, 0.866_025_403_784_438_6];
/// Half-width of the fit in standard deviations; beyond it lies 1e-6 of the weight.
const FIT_SDS: f64 = 4.9;

/// A model at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) spec: &'a HazardSpec,
    pub(super) state: &'a State,
    pub(super) chain: Option<&'a Generator<STAGES>>,
    /// Time for which sources had been heard from.
    pub(super) alive: Nanos,
    pub(super) now: Timestamp,
    /// In which the event counts; the model's own, or one inside it.
    pub(super) horizon: Horizon,
}

/// One signal in force.
#[derive(Debug, Clone, Copy)]
pub(super) struct InForce {
    /// Index into the specification's signals.
    pub(super) index: usize,
    pub(super) mean: f64,
    pub(super) sd: f64,
    /// Strength now.
    pub(super) value: f64,
    pub(super) course: Course,
    /// Effect per unit of weight, averaged over the intensity that is left.
    pub(super) average: f64,
}

/// The intensity left, without the deal.
#[derive(Debug, Clone)]
pub(super) struct Intensity {
    /// Of its logarithm.
    pub(super) normal: LogNormal,
    /// Days left in the window.
    pub(super) days: f64,
    pub(super) signals: Vec<InForce>,
    /// Its course, if anything looks at that.
    pub(super) panels: Vec<Panel>,
}

/// Which parts of the structure are counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) deal: bool,
    pub(super) frailty: bool,
    pub(super) lead: bool,
}

impl Parts {
    pub(super) const ALL: Self = Self { deal: true, frailty: true, lead: true };
}

/// The distribution that the intensity and its structure make.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mixed {
    /// Mean probability of no event.
    pub(super) none: f64,
    /// Of the log of the cumulated intensity, the deal included.
    pub(super) normal: LogNormal,
}

/// The stage of the deal, as the survival needs it.
pub(super) struct DealCourse<'a> {
    spec: &'a DealSpec,
    chain: &'a Generator<STAGES>,
    pub(super) start: [f64; STAGES],
    /// The private deal's stages in the middle of each panel.
    private: Vec<[f64; STAGES]>,
}

impl<'a> Moment<'a> {
    /// The same for every horizon: what is left of the base rate is a matter of the calendar.
    pub(super) fn base_share(&self) -> f64 {
        let all = self.spec.horizon();
        let listed = self.spec.windows.iter().any(|window| self.is_ahead_in(window, all));
        if listed { self.spec.base_share_beside_windows } else { 1.0 }
    }

    pub(super) fn is_ahead(&self, window: &CalendarWindow) -> bool {
        self.is_ahead_in(window, self.horizon)
    }

    fn is_ahead_in(&self, window: &CalendarWindow, horizon: Horizon) -> bool {
        window.end >= self.now && window.start < horizon.deadline && window.end >= horizon.start
    }

    /// Windows still ahead, with the Beta parameters of their attendance after what was said of it.
    pub(super) fn windows_ahead(&self) -> impl Iterator<Item = Ahead<'a>> + '_ {
        let all = self.spec.windows.iter().zip(&self.state.attendance);
        all.filter(|(window, _)| self.is_ahead(window)).map(|(window, &evidence)| {
            let (left, left_sd) = self.state.belief.unbarred(window.start, window.end, self.spec);
            let inside = self.share_inside(window);
            Ahead {
                window,
                attend: summit::attend(window, evidence),
                evidence,
                left: (left, left_sd),
                inside,
                share: inside * left,
                share_sd: inside * left_sd,
            }
        })
    }

    /// Share of a window's days between the opening of the contract's window and its deadline: the
    /// event is as likely on one of them as on another.
    fn share_inside(&self, window: &CalendarWindow) -> f64 {
        let days = (window.end - window.start).days();
        let from = window.start.max(self.horizon.start);
        let inside = (window.end.min(self.horizon.deadline) - from).days();
        if days > 0.0 { (inside / days).clamp(0.0, 1.0) } else { 1.0 }
    }

    const fn outlook(&self) -> Outlook {
        let risk = SlipRisk {
            cancel: self.spec.scheduled_cancel,
            slip: self.spec.scheduled_slip,
            slip_days: self.spec.scheduled_slip_days,
        };
        let lead_days = self.spec.plan_memory_days;
        Outlook { risk, lead_days, window: self.horizon, now: self.now }
    }

    fn lead(&self) -> Lead {
        self.spec.lead_mean_days.map_or(Lead::None, |mean| Lead::Exponential { mean })
    }

    /// Probability and the standard deviation of its log-odds.
    pub(super) fn probability(&self) -> (f64, f64) {
        let intensity = self.intensity();
        let mixed = self.mixed(&intensity, Parts::ALL);
        let (rest, sd_logit) = self.windows().combine(mixed);
        (self.with_plan(rest), sd_logit)
    }

    /// Signals in force.
    fn in_force(&self) -> Vec<InForce> {
        let pairs = self.spec.signals.iter().zip(&self.state.strengths).enumerate();
        let mut life = None;
        pairs
            .filter_map(|(index, (weight, strength))| {
                let (value, mut course) = course(weight.shape, (*strength)?, self.now)?;
                if weight.shape == SignalShape::WhileDeal {
                    course = (*life.get_or_insert_with(|| self.life_of_deal()))?;
                }
                let (mean, sd) = (weight.mean, weight.sd);
                Some(InForce { index, mean, sd, value, course, average: 0.0 })
            })
            .collect()
    }

    /// The probability that the sovereign deal lives, from now to the deadline; `None` without a deal.
    fn life_of_deal(&self) -> Option<Course> {
        let ([sovereign, _], chain) = (self.state.deals.as_ref()?, self.chain?);
        let days = (self.spec.deadline.max(self.horizon.deadline) - self.now).days();
        let now = sovereign.stages_at(chain, self.now);
        let lives = |share: f64| {
            let stages = chain.distribution(&now, share * days).unwrap_or(now);
            1.0 - stages[Stage::None.index()] - stages[Stage::Dead.index()]
        };
        Some(Course::Sampled { values: Course::SAMPLES.map(lives), days })
    }

    /// `log L ~ N(m, v)` of the intensity between now (or the window's start) and the deadline. The
    /// variance follows the weights to first order: each counts with its effect averaged over the
    /// intensity, `d log L / d w_i`.
    pub(super) fn intensity(&self) -> Intensity {
        let from = (self.horizon.start - self.now).days().max(0.0);
        let to = (self.horizon.deadline - self.now).days();
        let mut signals = self.in_force();
        let dampings = self.state.belief.dampings(self.now, self.spec.plan_memory_days);
        let base = self.spec.base_rate_per_year * self.base_share() / YEAR_DAYS;
        let still = signals.is_empty() && dampings.is_empty() && self.spec.season.is_none();
        let courses = || signals.iter().map(|signal| signal.course);
        let borders = borders(courses(), from, to);
        let smooth = courses().chain(dampings.iter().map(course_of));
        let scale = self.shortest_scale(smooth);
        let panels = self.panel_borders(&borders, scale, still);
        let mut sweep = Sweep::new(self, &dampings, scale);
        let integral = if still && panels.is_empty() {
            to - from
        } else {
            for stretch in if panels.is_empty() { &borders } else { &panels }.windows(2) {
                sweep.stretch(&mut signals, stretch, base);
            }
            sweep.finish(&mut signals);
            exact_if_single(&signals, !dampings.is_empty() || self.spec.season.is_some(), self.spec)
                .map_or(sweep.sum, |integral| integral(from, to))
        };
        let of_weights: f64 = signals.iter().map(|s| (s.sd * s.average).powi(2)).sum();
        let of_damping: f64 = dampings.iter().map(|damping| damping.variance).sum();
        let normal = LogNormal {
            mean: (base * integral).ln(),
            variance: self.spec.log_base_sd.powi(2) + of_weights + of_damping,
        };
        let panels = if panels.is_empty() { Vec::new() } else { sweep.panels };
        Intensity { normal, days: to - from, signals, panels }
    }

    fn shortest_scale(&self, courses: impl Iterator<Item = Course>) -> f64 {
        let season = if self.spec.season.is_some() { 30.0 } else { f64::INFINITY };
        courses
            .map(|course| match course {
                Course::Decaying { half_life } => half_life,
                Course::Step { .. } | Course::Ramp { .. } | Course::Sampled { .. } => f64::INFINITY,
            })
            .fold(season, f64::min)
            // However short the half-life, the number of panels stays bounded.
            .max(1.0 / 24.0)
    }

    /// Borders of the panels in which the intensity counts as constant; none if nothing looks at its
    /// course.
    fn panel_borders(&self, borders: &[f64], scale: f64, still: bool) -> Vec<f64> {
        if self.spec.deal.is_none() && self.spec.lead_mean_days.is_none() {
            return Vec::new();
        }
        if still && self.spec.deal.is_none() {
            return borders.to_vec();
        }
        let longest = match self.spec.lead_mean_days {
            Some(_) => PANEL_DAYS_MAX_WITH_LEAD,
            None => PANEL_DAYS_MAX,
        };
        let mut panels: Vec<f64> = borders.first().copied().into_iter().collect();
        for stretch in borders.windows(2) {
            let &[mut left, end] = stretch else { continue };
            while left < end {
                let length = (scale / 2.0).max(left / 2.0).min(longest);
                left = if left + 1.5 * length >= end { end } else { left + length };
                panels.push(left);
            }
        }
        panels
    }

    /// The deal from now on; `None` without one.
    pub(super) fn deal_course(&self, panels: &[Panel]) -> Option<DealCourse<'a>> {
        let (spec, chain) = (self.spec.deal.as_ref()?, self.chain?);
        let beliefs = self.state.deals.as_ref()?;
        let from = self.now.max(self.horizon.start);
        let [start, mut private] = [beliefs[0], beliefs[1]].map(|b| b.stages_at(chain, from));
        let mut middle = Vec::with_capacity(panels.len());
        if chain.rates().iter().flatten().all(|&rate| rate == 0.0) {
            middle.resize(panels.len(), private);
        } else if is_none(&beliefs[1].stages) {
            // Nobody ever spoke of private capital: its chain would only add noise from nowhere.
            middle.resize(panels.len(), private);
        } else {
            let mut before = 0.0;
            for panel in panels {
                let step = before + panel.time / 2.0;
                private = chain.distribution(&private, step).unwrap_or(private);
                middle.push(private);
                before = panel.time / 2.0;
            }
        }
        Some(DealCourse { spec, chain, start, private: middle })
    }

    /// The mean over everything that is uncertain, and the width of the log of the cumulated intensity.
    pub(super) fn mixed(&self, intensity: &Intensity, parts: Parts) -> Mixed {
        let lead = if parts.lead { self.lead() } else { Lead::None };
        let frailty = if parts.frailty { self.spec.frailty } else { 0.0 };
        let deal = if parts.deal { self.deal_course(&intensity.panels) } else { None };
        let plain = intensity.normal;
        let Some(deal) = deal else {
            if frailty <= 0.0 && lead == Lead::None {
                return Mixed { none: plain.mean_survival(), normal: plain };
            }
            let cumulated = |log_scale: f64| {
                no_event_cumulated(&intensity.panels, plain, None, lead, log_scale)
            };
            return single(plain, frailty, &Fit::of(plain.variance, &CHEBYSHEV_5, cumulated));
        };
        let variance = plain.variance + deal.variance_of_kappa(&intensity.panels);
        let rest = LogNormal { mean: plain.mean, variance };
        let (mean, sd) = deal.spec.beta;
        let (mut none, mut first, mut second) = (0.0, 0.0, 0.0);
        for (node, weight) in both_signs(&GAUSS_HERMITE_7) {
            if sd == 0.0 && node != 0.0 {
                continue;
            }
            let weight = if sd == 0.0 { 1.0 } else { weight };
            let beta = mean + std::f64::consts::SQRT_2 * sd * node;
            let points = points_at(node);
            let fit = Fit::of(variance, points, |log_scale| {
                no_event_cumulated(&intensity.panels, plain, Some((&deal, beta)), lead, log_scale)
            });
            let mixed = single(rest, frailty, &fit);
            none += weight * mixed.none;
            first += weight * mixed.normal.mean;
            second += weight * mixed.normal.mean.powi(2);
        }
        let of_deal = (second - first * first).max(0.0);
        Mixed { none, normal: LogNormal { mean: first, variance: variance + of_deal } }
    }

    pub(super) fn windows(&self) -> Windows {
        self.windows_ahead()
            .fold(Windows { none: 1.0, variance: 0.0 }, |windows, ahead| windows.and(&ahead))
    }

    /// Silence about a plan, in log-odds; zero unless the specification reads it.
    pub(super) fn silence(&self, since: Nanos) -> f64 {
        let Some(spec) = &self.spec.silence else { return 0.0 };
        let days = Nanos::new(self.alive.get().saturating_sub(since.get())).days().max(0.0);
        evidence::silence(spec.rate_if_planned, spec.rate_if_not, days, SILENCE_FLOOR)
            .unwrap_or(0.0)
    }

    /// What the states believed say, oldest first; `rest` is the probability without any of them.
    pub(super) fn plan_steps(self, rest: f64) -> impl Iterator<Item = Step<'a>> + 'a {
        let silence = move |since| self.silence(since);
        let without = move |dates: Dates| {
            let on = |ahead: &Ahead<'_>| {
                dates.first() <= ahead.window.end && ahead.window.start <= dates.last() + DAY
            };
            let none: f64 =
                self.windows_ahead().filter(on).map(|ahead| 1.0 - ahead.mass()).product();
            if none > 0.0 { held(1.0 - (1.0 - rest) / none, rest) } else { 0.0 }
        };
        let rest = Rest { all: rest, without: Box::new(without) };
        self.state.belief.steps(self.outlook(), rest, silence)
    }

    /// The probability with what is believed of the plan.
    pub(super) fn with_plan(&self, rest: f64) -> f64 {
        self.plan_steps(rest).fold(rest, |before, step| step.after(before, rest))
    }
}

/// A probability held in `0..=most`. What is not a number stays one, for whoever asks to refuse it.
fn held(p: f64, most: f64) -> f64 {
    let p = if p > most { most } else { p };
    if p < 0.0 { 0.0 } else { p }
}

/// Sums the intensity up, panel by panel.
struct Sweep<'a> {
    moment: &'a Moment<'a>,
    /// Change now and course.
    dampings: Vec<(f64, Course)>,
    scale: f64,
    effects: Vec<f64>,
    /// `integral of e^S`.
    sum: f64,
    panels: Vec<Panel>,
}

impl<'a> Sweep<'a> {
    fn new(moment: &'a Moment<'a>, dampings: &[Damping], scale: f64) -> Self {
        let dampings =
            dampings.iter().map(|damping| (damping.change, course_of(damping))).collect();
        let (effects, panels) = (Vec::new(), Vec::new());
        Self { moment, dampings, scale, effects, sum: 0.0, panels }
    }

    fn stretch(&mut self, signals: &mut [InForce], stretch: &[f64], base: f64) {
        let &[left, right] = stretch else { return };
        self.effects.resize(signals.len(), 0.0);
        let (effects, cap) = (&mut self.effects, self.moment.spec.signal_cap);
        let (dampings, season) = (&self.dampings, self.moment.spec.season);
        let now = self.moment.now;
        let mut sum = 0.0;
        for_each_node(stretch, self.scale, |u, weight| {
            let mut raw = 0.0;
            for (effect, signal) in effects.iter_mut().zip(signals.iter()) {
                *effect = signal.value * signal.course.at(u);
                raw += signal.mean * *effect;
            }
            let damping: f64 = dampings.iter().map(|(change, course)| change * course.at(u)).sum();
            let (capped, slope) = soft_cap(raw, cap);
            let calendar = season.map_or(0.0, |shape| season_at(&shape, now, u));
            let part = weight * (capped + damping + calendar).exp();
            sum += part;
            for (effect, signal) in effects.iter().zip(signals.iter_mut()) {
                signal.average += part * slope * effect;
            }
        });
        self.sum += sum;
        let time = right - left;
        if time > 0.0 {
            self.panels.push(Panel { time, intensity: base * sum / time });
        }
    }

    fn finish(&mut self, signals: &mut [InForce]) {
        if self.sum > 0.0 {
            signals.iter_mut().for_each(|signal| signal.average /= self.sum);
        }
    }
}

const fn course_of(damping: &Damping) -> Course {
    Course::Decaying { half_life: damping.half_life_days }
}

/// Log-intensity of the season `days` from `now`: cycles counted from the turn of the year.
fn season_at(shape: &[f64; 4], now: Timestamp, days: f64) -> f64 {
    // 2000-01-01, days; the Gregorian year's mean length keeps the phase for centuries.
    const ORIGIN_DAYS: f64 = 10_957.0;
    const GREGORIAN_YEAR_DAYS: f64 = 365.2425;
    let since = (now - Timestamp::EPOCH).days() + days - ORIGIN_DAYS;
    let angle = std::f64::consts::TAU * since / GREGORIAN_YEAR_DAYS;
    shape[0] * angle.cos()
        + shape[1] * angle.sin()
        + shape[2] * (2.0 * angle).cos()
        + shape[3] * (2.0 * angle).sin()
}

/// `S_max tanh(S / S_max)` and its slope; an infinite cap is no cap.
pub(super) fn soft_cap(raw: f64, cap: f64) -> (f64, f64) {
    if !cap.is_finite() {
        return (raw, 1.0);
    }
    // tanh by one exponential: absolute error of rounding only, and finite for any argument.
    let bent = 1.0 - 2.0 / ((2.0 * raw / cap).exp() + 1.0);
    (cap * bent, 1.0 - bent * bent)
}

/// One decaying signal without a cap has an exact integral.
fn exact_if_single(
    signals: &[InForce],
    more: bool,
    spec: &HazardSpec,
) -> Option<impl Fn(f64, f64) -> f64> {
    match signals {
        &[InForce { mean, value, course: Course::Decaying { half_life }, .. }]
            if !more && !spec.signal_cap.is_finite() =>
        {
            let integral = move |days| one_decaying(mean * value, half_life, days);
            Some(move |from: f64, to: f64| {
                integral(to) - if from > 0.0 { integral(from) } else { 0.0 }
            })
        }
        _ => None,
    }
}

fn is_none(stages: &[f64; STAGES]) -> bool {
    stages[0] >= 1.0
}

impl<'a> DealCourse<'a> {
    /// The same deal on a chain whose rates are drawn: each logarithm normal about the default's.
    pub(super) fn drawn_chain(
        &self,
        mut normal: impl FnMut() -> f64,
    ) -> Result<Generator<STAGES>, InputError> {
        if self.spec.speed == 0.0 {
            return Ok(*self.chain);
        }
        let factors = DEAL_RATES_PER_YEAR.map(|_| (DEAL_LOG_RATE_SD * normal()).exp());
        Generator::deal_per_year(&factors)?.scaled(self.spec.speed / YEAR_DAYS)
    }

    /// The same deal on another chain from now on.
    pub(super) fn on<'b>(&self, chain: &'b Generator<STAGES>) -> DealCourse<'b>
    where
        'a: 'b,
    {
        DealCourse { spec: self.spec, chain, start: self.start, private: self.private.clone() }
    }

    /// The panels with what each stage multiplies their intensity by, for one beta.
    fn modulated<'b>(
        &'b self,
        panels: &'b [Panel],
        beta: f64,
        scale: f64,
    ) -> impl Iterator<Item = (Panel, [f64; STAGES])> + 'b {
        let stages = self.spec.profile.map(|g| (beta * g).exp());
        let kappa = self.spec.private_kappa.0;
        let private = self.spec.profile.map(|g| (beta * kappa * g).exp());
        panels.iter().enumerate().map(move |(index, panel)| {
            let factor: f64 = self.private.get(index).map_or(1.0, |belief| {
                belief.iter().zip(&private).map(|(weight, factor)| weight * factor).sum()
            });
            let intensity = panel.intensity * scale * factor;
            (Panel { time: panel.time, intensity }, stages)
        })
    }

    /// First order, at the mean of beta: `(sd_kappa beta g)^2`, `g` the private deal's average profile.
    pub(super) fn variance_of_kappa(&self, panels: &[Panel]) -> f64 {
        let total: f64 = panels.iter().map(|panel| panel.time * panel.intensity).sum();
        if total <= 0.0 {
            return 0.0;
        }
        let profile = |belief: &[f64; STAGES]| -> f64 {
            belief.iter().zip(&self.spec.profile).map(|(weight, g)| weight * g).sum()
        };
        let weighted = panels.iter().zip(&self.private);
        let average: f64 = weighted
            .map(|(panel, belief)| panel.time * panel.intensity * profile(belief))
            .sum::<f64>()
            / total;
        (self.spec.private_kappa.1 * self.spec.beta.0 * average).powi(2)
    }

    /// Beta at so many standard deviations from its mean.
    pub(super) fn beta(&self, z: f64) -> f64 {
        self.spec.beta.0 + self.spec.beta.1 * z
    }

    /// Distribution over the stages and their names' profile, for people.
    pub(super) fn average_profile(&self) -> f64 {
        self.start.iter().zip(&self.spec.profile).map(|(weight, g)| weight * g).sum()
    }
}

/// `-ln P(no event)` for one beta and one scale of the intensity.
pub(super) fn no_event_cumulated(
    panels: &[Panel],
    plain: LogNormal,
    deal: Option<(&DealCourse<'_>, f64)>,
    lead: Lead,
    log_scale: f64,
) -> f64 {
    let scale = log_scale.exp();
    match (deal, lead) {
        (None, Lead::None) => plain.mean.exp() * scale,
        (None, lead) => {
            let scaled =
                panels.iter().map(|p| Panel { intensity: p.intensity * scale, time: p.time });
            survival::cumulated(lead.probability_over(scaled).unwrap_or(f64::NAN))
        }
        (Some((deal, beta)), lead) => {
            let mut survival = 1.0;
            let mut marginal = Vec::new();
            let keep = lead != Lead::None;
            let modulated = deal.modulated(panels, beta, scale);
            let curve = deal.chain.survival_curve(&deal.start, modulated, |panel, left: f64| {
                if keep && panel.time > 0.0 {
                    let intensity = ((survival / left).ln() / panel.time).max(0.0);
                    marginal.push(Panel { time: panel.time, intensity });
                }
                survival = left;
            });
            if curve.is_err() {
                return f64::NAN;
            }
            if keep {
                let p = lead.probability_over(marginal.iter().copied()).unwrap_or(f64::NAN);
                return survival::cumulated(p);
            }
            -survival.ln()
        }
    }
}

/// Points of the fit at a node of the rule for beta: where the weight is small, few do.
fn points_at(node: f64) -> &'static [f64] {
    match node.abs() {
        near if near < 1.0 => &CHEBYSHEV_5,
        middle if middle < 2.0 => &CHEBYSHEV_3,
        _ => &[0.0],
    }
}

/// The log of a cumulated intensity as a polynomial of the log of its scale.
struct Fit {
    /// Half-width of the fit; zero: no more than one point, and a slope of one.
    reach: f64,
    points: &'static [f64],
    /// Newton's divided differences at the points.
    differences: [f64; 5],
}

impl Fit {
    /// Of `cumulated(log scale)` at `points`, at most five; with no variance there is only one scale.
    fn of(variance: f64, points: &'static [f64], cumulated: impl Fn(f64) -> f64) -> Self {
        let reach = FIT_SDS * variance.sqrt();
        let mut values = [0.0; 5];
        if reach <= 0.0 || points.len() < 2 {
            values[0] = cumulated(0.0).ln();
            return Self { reach: 0.0, points, differences: values };
        }
        for (value, point) in values.iter_mut().zip(points) {
            *value = cumulated(reach * point).ln();
        }
        for order in 1..points.len() {
            for index in (order..points.len()).rev() {
                let gap = points[index] - points[index - order];
                values[index] = (values[index] - values[index - 1]) / gap;
            }
        }
        Self { reach, points, differences: values }
    }

    /// The log of the cumulated intensity at a log scale. Beyond the fit it goes on with slope one.
    fn at(&self, log_scale: f64) -> f64 {
        if self.reach <= 0.0 {
            return self.differences[0] + log_scale;
        }
        let inside = log_scale.clamp(-self.reach, self.reach);
        let x = inside / self.reach;
        let nested = self.differences[..self.points.len()].iter().zip(self.points).rev();
        nested.fold(0.0, |sum, (difference, node)| sum * (x - node) + difference)
            + (log_scale - inside)
    }
}

/// The mean over the log-normal scale, with the frailty of the year.
fn single(rest: LogNormal, frailty: f64, fit: &Fit) -> Mixed {
    let none = rest.mean_of(|log_scale| {
        let cumulated = fit.at(log_scale).exp();
        if frailty > 0.0 {
            (-(frailty * cumulated).ln_1p() / frailty).exp()
        } else {
            (-cumulated).exp()
        }
    });
    Mixed { none, normal: LogNormal { mean: fit.at(0.0), variance: rest.variance } }
}

/// Nodes of both signs with their weights.
fn both_signs(half: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64)> + '_ {
    half.iter().flat_map(|&(node, weight)| {
        let mirrored = (node > 0.0).then_some((-node, weight));
        std::iter::once((node, weight)).chain(mirrored)
    })
}

/// A window still ahead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ahead<'a> {
    pub(super) window: &'a CalendarWindow,
    /// Beta parameters of the attendance.
    pub(super) attend: (f64, f64),
    /// What reports said of it, in log-odds.
    pub(super) evidence: f64,
    /// Share of its days inside the contract's window.
    pub(super) inside: f64,
    /// What denials of its days leave of it, and the standard deviation of that.
    pub(super) left: (f64, f64),
    /// The same share, of what is left.
    pub(super) share: f64,
    /// Its standard deviation.
    pub(super) share_sd: f64,
}

impl Ahead<'_> {
    /// Mean attendance.
    pub(super) fn attendance(&self) -> f64 {
        beta_moments(self.attend).0
    }

    /// The probability of an event in it, inside the contract's window, had nobody denied its days.
    pub(super) fn undenied(&self) -> f64 {
        self.attendance() * beta_moments(self.window.include).0 * self.inside
    }

    /// The probability of an event in it, inside the contract's window.
    pub(super) fn mass(&self) -> f64 {
        self.attendance() * beta_moments(self.window.include).0 * self.share
    }
}

/// Windows still ahead, summed up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Windows {
    /// Product of `1 - a i` over the windows ahead.
    pub(super) none: f64,
    /// Variance of `-ln` of it, to first order.
    variance: f64,
}

fn beta_moments((alpha, beta): (f64, f64)) -> (f64, f64) {
    let total = alpha + beta;
    let mean = alpha / total;
    (mean, mean * (alpha + 1.0) / (total + 1.0))
}

impl Windows {
    fn and(self, ahead: &Ahead<'_>) -> Self {
        let share = ahead.share;
        let (attend, attend_square) = beta_moments(ahead.attend);
        let (include, include_square) = beta_moments(ahead.window.include);
        let mass = attend * include;
        let variance = (attend_square * include_square - mass * mass).max(0.0) * share.powi(2)
            + (mass * ahead.share_sd).powi(2);
        let none = 1.0 - share * mass;
        Self { none: self.none * none, variance: self.variance + variance / (none * none) }
    }

    /// `P = 1 - E[e^-L] * product(1 - a i)` and the sd of its log-odds, to first order:
    /// `d logit P / d(-ln(1 - P)) = 1 / P`.
    fn combine(self, mixed: Mixed) -> (f64, f64) {
        if self.variance <= 0.0 && self.none >= 1.0 {
            return (1.0 - mixed.none, mixed.normal.sd_logit());
        }
        let p = 1.0 - mixed.none * self.none;
        let of_intensity = mixed.normal.mean.exp() * mixed.normal.variance.sqrt();
        (p, of_intensity.hypot(self.variance.sqrt()) / p)
    }
}

#[cfg(test)]
mod tests;
