//! Several contracts at once (model.md 5.5): growth-optimal sizes from joint states, because contracts
//! that win together must be sized together.

use crate::input::{self, InputError};
use crate::model::outcomes::Joint;

/// A sweep that changes no size by more than this share of wealth is the last.
const CHANGE_MAX: f64 = 1e-10;
/// More sweeps than any sane portfolio needs: some tens do.
const SWEEPS_MAX: u32 = 5_000;
/// Steps of a one-dimensional search: more than a float has bits.
const STEPS_MAX: u32 = 100;
/// A step below this share of its bracket is the last.
const STEP_MIN: f64 = 1e-14;

/// Why there is no best portfolio.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PortfolioError {
    /// A number outside its domain.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The parts do not fit together.
    #[error("a portfolio of {states} states needs one {what} for each; there are {found}")]
    Shape {
        /// Number of states.
        states: usize,
        /// Of what there are too many or too few.
        what: &'static str,
        /// How many there are.
        found: usize,
    },
    /// Contract that loses in no state: there is no best size. Check its cost.
    #[error("contract {contract} loses in no state, so it has no best size; check its cost")]
    Unbounded {
        /// Its place.
        contract: usize,
    },
    /// The sizes did not settle: two contracts are as good as the same.
    #[error("the sizes did not settle; leave out contracts that are as good as the same")]
    NotConverged,
}

/// States of the world, wealth in each, and contracts by what one of them brings in each state.
#[derive(Debug, Clone, PartialEq)]
pub struct Portfolio {
    probabilities: Vec<f64>,
    wealth: Vec<f64>,
    /// By contract: payoff minus cost in every state.
    contracts: Vec<Vec<f64>>,
}

/// The best sizes.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimum {
    /// Contracts to buy, none negative, in the order of the contracts.
    pub contracts: Vec<f64>,
    /// Expected gain of log wealth.
    pub growth: f64,
}

impl Portfolio {
    /// `contracts[j][s]` is payoff minus cost of one contract `j` in state `s`; YES and NO of one
    /// market are two contracts. `wealth[s]` is what one would have in state `s` without any of them.
    /// States of probability zero are left out.
    ///
    /// # Errors
    /// [`PortfolioError`] for probabilities that are no distribution, wealth that is not above zero,
    /// numbers that are not finite, or parts that do not fit together.
    pub fn new(
        probabilities: &[f64],
        wealth: &[f64],
        contracts: &[Vec<f64>],
    ) -> Result<Self, PortfolioError> {
        let states = probabilities.len();
        let fits = |what, found| {
            if found == states {
                Ok(())
            } else {
                Err(PortfolioError::Shape { states, what, found })
            }
        };
        fits("wealth", wealth.len())?;
        input::distribution("the distribution over states", probabilities)?;
        for &w in wealth {
            input::positive("the wealth in a state", w)?;
        }
        for contract in contracts {
            fits("gain of every contract", contract.len())?;
            for &gain in contract {
                input::finite("the gain of a contract", gain)?;
            }
        }
        let possible = |values: &[f64]| {
            let kept = values.iter().zip(probabilities).filter(|&(_, &p)| p > 0.0);
            kept.map(|(&value, _)| value).collect::<Vec<_>>()
        };
        Ok(Self {
            probabilities: possible(probabilities),
            wealth: possible(wealth),
            contracts: contracts.iter().map(|contract| possible(contract)).collect(),
        })
    }

    /// YES contracts at all-in `costs`, each winning in the states that `wins` says.
    ///
    /// # Errors
    /// As [`Self::new`], and for a cost that is not inside `(0, 1)`.
    pub fn of_yes(
        probabilities: &[f64],
        wealth: f64,
        costs: &[f64],
        wins: impl Fn(usize, usize) -> bool,
    ) -> Result<Self, PortfolioError> {
        let mut contracts = Vec::with_capacity(costs.len());
        for (contract, &cost) in costs.iter().enumerate() {
            input::inner_probability("the cost of a contract", cost)?;
            let gain = |state| if wins(state, contract) { 1.0 - cost } else { -cost };
            contracts.push((0..probabilities.len()).map(gain).collect());
        }
        Self::new(probabilities, &vec![wealth; probabilities.len()], &contracts)
    }

    /// YES of two events at all-in costs.
    ///
    /// # Errors
    /// As [`Self::of_yes`].
    pub fn of_joint(joint: &Joint, wealth: f64, costs: [f64; 2]) -> Result<Self, PortfolioError> {
        let states = [joint.both, joint.only_first, joint.only_second, joint.neither];
        Self::of_yes(&states, wealth, &costs, |state, contract| match contract {
            0 => state == 0 || state == 1,
            _ => state == 0 || state == 2,
        })
    }

    /// The sizes that maximise expected log wealth: cyclic coordinate ascent, each size from its
    /// first-order condition, and after every sweep one step along the whole sweep, which is what makes
    /// contracts that are nearly the same settle in a few sweeps instead of thousands. The problem is
    /// concave; the order of contracts does not matter.
    ///
    /// # Errors
    /// [`PortfolioError::Unbounded`] or [`PortfolioError::NotConverged`]; and an [`InputError`] where the
    /// best sizes leave nothing in a state that is all but impossible.
    pub fn optimum(&self) -> Result<Optimum, PortfolioError> {
        let mut ascent = Ascent {
            portfolio: self,
            sizes: vec![0.0; self.contracts.len()],
            wealth: self.wealth.clone(),
        };
        let scale = self.wealth.iter().copied().fold(0.0, f64::max);
        for _ in 0..SWEEPS_MAX {
            let before = ascent.sizes.clone();
            let moved = ascent.sweep()?;
            if moved <= CHANGE_MAX * scale {
                let growth = input::finite("the growth", self.growth(&ascent.wealth))?;
                return Ok(Optimum { contracts: ascent.sizes, growth });
            }
            ascent.stride(&before);
        }
        Err(PortfolioError::NotConverged)
    }

    /// Expected gain of log wealth.
    fn growth(&self, wealth: &[f64]) -> f64 {
        let gains = wealth.iter().zip(&self.wealth).map(|(after, before)| (after / before).ln());
        self.probabilities.iter().zip(gains).map(|(p, gain)| p * gain).sum()
    }
}

/// A portfolio on its way to the optimum.
struct Ascent<'a> {
    portfolio: &'a Portfolio,
    sizes: Vec<f64>,
    /// With these sizes.
    wealth: Vec<f64>,
}

impl Ascent<'_> {
    /// Each size in turn; returns the largest change.
    fn sweep(&mut self) -> Result<f64, PortfolioError> {
        let mut moved = 0.0_f64;
        for (contract, gains) in self.portfolio.contracts.iter().enumerate() {
            let held = self.sizes[contract];
            let Some(step) = self.best_step(gains, -held, f64::INFINITY) else {
                return Err(PortfolioError::Unbounded { contract });
            };
            // Selling all leaves exactly nothing.
            self.sizes[contract] = if step <= -held { 0.0 } else { held + step };
            self.take(gains, step);
            moved = moved.max(step.abs());
        }
        Ok(moved)
    }

    /// One step along the last sweep, as far as it pays and no size falls below zero.
    fn stride(&mut self, before: &[f64]) {
        let direction: Vec<f64> =
            self.sizes.iter().zip(before).map(|(after, before)| after - before).collect();
        let mut gains = vec![0.0; self.wealth.len()];
        for (contract, along) in self.portfolio.contracts.iter().zip(&direction) {
            for (sum, gain) in gains.iter_mut().zip(contract) {
                *sum += along * gain;
            }
        }
        let falls = self.sizes.iter().zip(&direction).filter(|&(_, &along)| along < 0.0);
        let room = falls.map(|(size, along)| size / -along).fold(f64::INFINITY, f64::min);
        // Without an end in sight the next sweep finds the contract to blame.
        let Some(step) = self.best_step(&gains, 0.0, room) else { return };
        for (size, along) in self.sizes.iter_mut().zip(&direction) {
            *size = (*size + step * along).max(0.0);
        }
        self.take(&gains, step);
    }

    fn take(&mut self, gains: &[f64], step: f64) {
        for (wealth, gain) in self.wealth.iter_mut().zip(gains) {
            *wealth += step * gain;
        }
    }

    /// The `x` in `[low, high]` that is best along `gains`: the zero of the falling slope
    /// `sum_s pi_s R_s / (W_s + R_s x)`, or the end of the range. `None` if nothing ends it.
    fn best_step(&self, gains: &[f64], low: f64, high: f64) -> Option<f64> {
        if self.slope(gains, low).0 <= 0.0 {
            return Some(low);
        }
        let losing = gains.iter().zip(&self.wealth).filter(|&(&gain, _)| gain < 0.0);
        let ruin = losing.map(|(gain, wealth)| wealth / -gain).fold(f64::INFINITY, f64::min);
        if high < ruin && self.slope(gains, high).0 >= 0.0 {
            return Some(high);
        }
        let end = high.min(ruin);
        end.is_finite().then(|| self.zero(gains, low, end))
    }

    /// Newton's method inside a bracket that is halved where Newton leaves it.
    fn zero(&self, gains: &[f64], mut low: f64, mut high: f64) -> f64 {
        let mut x = if low < 0.0 && high > 0.0 { 0.0 } else { f64::midpoint(low, high) };
        for _ in 0..STEPS_MAX {
            let (slope, curvature) = self.slope(gains, x);
            if slope > 0.0 {
                low = x
            } else {
                high = x
            }
            let newton = x - slope / curvature;
            let next =
                if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
            let done = (next - x).abs() <= STEP_MIN * (high.abs().max(low.abs()));
            x = next;
            if done {
                break;
            }
        }
        x
    }

    /// First and second derivative of expected log wealth along `gains` at `x`; steepest descent where
    /// a state is ruin.
    fn slope(&self, gains: &[f64], x: f64) -> (f64, f64) {
        let (mut slope, mut curvature) = (0.0, 0.0);
        let states = self.portfolio.probabilities.iter().zip(gains).zip(&self.wealth);
        for ((p, gain), wealth) in states {
            let after = wealth + gain * x;
            if after <= 0.0 {
                return (f64::NEG_INFINITY, f64::NEG_INFINITY);
            }
            let ratio = gain / after;
            slope += p * ratio;
            curvature -= p * ratio * ratio;
        }
        (slope, curvature)
    }
}

/// Contracts on exclusive outcomes, in closed form.
#[derive(Debug, Clone, PartialEq)]
pub struct Exclusive {
    /// Contracts of each outcome for one dollar of wealth, in the order given.
    pub contracts: Vec<f64>,
    /// Share of wealth kept as cash, `R`.
    pub cash: f64,
    /// Expected gain of log wealth.
    pub growth: f64,
}

/// Takes outcomes by falling `p / c` while `p / c > R`, `R = (1 - sum p) / (1 - sum c)` over those
/// taken; the stake of each is `p - R c`.
///
/// # Errors
/// [`PortfolioError`] for probabilities that are none or sum to more than one, costs outside `(0, 1)`,
/// or lists of different lengths.
pub fn exclusive(probabilities: &[f64], costs: &[f64]) -> Result<Exclusive, PortfolioError> {
    let states = probabilities.len();
    if costs.len() != states {
        return Err(PortfolioError::Shape { states, what: "cost", found: costs.len() });
    }
    for (&p, &c) in probabilities.iter().zip(costs) {
        input::probability("the probability of an exclusive outcome", p)?;
        input::inner_probability("the cost of a contract", c)?;
    }
    let sum: f64 = probabilities.iter().sum();
    input::check("the sum of exclusive outcomes", sum, sum <= 1.0 + 1e-9, "at most 1")?;
    let ratio = |&outcome: &usize| probabilities[outcome] / costs[outcome];
    let mut order: Vec<usize> = (0..states).collect();
    order.sort_by(|left, right| ratio(right).total_cmp(&ratio(left)));
    let (mut left_p, mut left_c, mut cash) = (1.0, 1.0, 1.0);
    let mut taken = 0;
    for outcome in &order {
        let after_c: f64 = left_c - costs[*outcome];
        // Taking the rest of the probability for the rest of the cost is never better than cash.
        if ratio(outcome) <= cash || after_c <= 0.0 {
            break;
        }
        left_p = f64::max(left_p - probabilities[*outcome], 0.0);
        left_c = after_c;
        cash = left_p / left_c;
        taken += 1;
    }
    let mut contracts = vec![0.0; states];
    let mut growth = if left_p > 0.0 { left_p * cash.ln() } else { 0.0 };
    for &outcome in order.iter().take(taken) {
        let (p, c) = (probabilities[outcome], costs[outcome]);
        contracts[outcome] = (p - cash * c) / c;
        growth += p * (p / c).ln();
    }
    Ok(Exclusive { contracts, cash, growth })
}

/// `k = (p - c)^2 / ((p - c)^2 + sd^2)`: how much of full Kelly an uncertain probability deserves if
/// its mean is plugged in (Baker and McHale 2013). A cross-check: the fraction used is the smaller of
/// this and the configured one. Zero without an edge.
///
/// # Errors
/// [`InputError`] unless `p` and `cost` are probabilities and `sd` is finite and not negative.
pub fn shrinkage(p: f64, cost: f64, sd: f64) -> Result<f64, InputError> {
    input::probability("the probability", p)?;
    input::probability("the cost of a contract", cost)?;
    input::not_negative("the standard deviation of the probability", sd)?;
    let edge = (p - cost).powi(2);
    Ok(if edge > 0.0 { edge / (edge + sd * sd) } else { 0.0 })
}

#[cfg(test)]
mod tests;
