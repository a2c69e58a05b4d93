//! Several contracts at once (model.md 5.5): growth-optimal sizes from joint states, because contracts
//! that win together must be sized together.

use crate::input::{self, InputError};
use crate::model::outcomes::Joint;

/// A sweep that changes no size by more than this share of wealth is the last.
const CHANGE_MAX: f64 = 1e-10;
/// Sweeps of coordinate ascent. It converges geometrically, slowly only where contracts are nearly the
/// same.
const SWEEPS_MAX: u32 = 100_000;
/// Halvings of a bracket: more than a float has bits.
const HALVINGS: u32 = 64;

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

    /// The sizes that maximise expected log wealth: cyclic coordinate ascent, each size by bisection
    /// of its first-order condition. The problem is concave; the order of contracts does not matter.
    ///
    /// # Errors
    /// [`PortfolioError::Unbounded`] or [`PortfolioError::NotConverged`].
    pub fn optimum(&self) -> Result<Optimum, PortfolioError> {
        let mut sizes = vec![0.0; self.contracts.len()];
        let mut wealth = self.wealth.clone();
        let scale = self.wealth.iter().copied().fold(0.0, f64::max);
        for _ in 0..SWEEPS_MAX {
            let mut moved = 0.0_f64;
            for (contract, size) in sizes.iter_mut().enumerate() {
                let change = self.best_size(contract, *size, &wealth)? - *size;
                *size += change;
                moved = moved.max(change.abs());
                for (w, gain) in wealth.iter_mut().zip(&self.contracts[contract]) {
                    *w += change * gain;
                }
            }
            if moved <= CHANGE_MAX * scale {
                let growth = self.growth(&wealth);
                return Ok(Optimum { contracts: sizes, growth });
            }
        }
        Err(PortfolioError::NotConverged)
    }

    /// Expected gain of log wealth.
    fn growth(&self, wealth: &[f64]) -> f64 {
        let gains = wealth.iter().zip(&self.wealth).map(|(after, before)| (after / before).ln());
        self.probabilities.iter().zip(gains).map(|(p, gain)| p * gain).sum()
    }

    /// The zero of `sum_s pi_s R_s / (W_s + R_s n)` in `n >= 0`, the others' sizes as they are;
    /// `wealth` includes `held` of this contract.
    fn best_size(&self, contract: usize, held: f64, wealth: &[f64]) -> Result<f64, PortfolioError> {
        let gains = &self.contracts[contract];
        let slope = |n: f64| -> f64 {
            let states = self.probabilities.iter().zip(gains).zip(wealth);
            states.map(|((p, gain), w)| p * gain / (w + gain * (n - held))).sum()
        };
        if slope(0.0) <= 0.0 {
            return Ok(0.0);
        }
        // Where the worst state is ruin.
        let ruin = gains
            .iter()
            .zip(wealth)
            .filter(|&(&gain, _)| gain < 0.0)
            .map(|(gain, w)| held - w / gain)
            .fold(f64::INFINITY, f64::min);
        if !ruin.is_finite() {
            return Err(PortfolioError::Unbounded { contract });
        }
        let (mut low, mut high) = (0.0, ruin);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if slope(middle) > 0.0 { low = middle } else { high = middle }
        }
        Ok(low)
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
