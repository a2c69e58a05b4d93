//! The stage of a deal as a Markov chain that modulates an event's intensity (model.md 1.6).
//!
//! Everything is uniformization: a matrix exponential as a Poisson mixture of powers of a matrix
//! without negative entries, so that nothing is ever subtracted. Arrays are of fixed size and nothing
//! is allocated: a live bot calls this for every signal.

use statecraft_domain::signal::DealStage;

use crate::input::{self, InputError};

/// Longest stretch of uniformized time (`gamma t`) summed in one series.
const STRETCH_MAX: f64 = 20.0;
/// The Poisson weights left out of a series sum to less than this.
const TAIL_MAX: f64 = 1e-14;
/// A series of `STRETCH_MAX` needs some 70 terms; one that does not end by then never will.
const TERMS_MAX: u32 = 200;
/// Longest horizon, in uniformized time: beyond it a chain is wherever it will be.
const UNIFORMIZED_MAX: f64 = 1e6;
/// Rows of a generator sum to zero within this share of their largest entry.
const ROW_SUM_MAX: f64 = 1e-9;
/// Days of a year in rates.
const YEAR_DAYS: f64 = 365.25;

/// Number of stages of a deal.
pub const STAGES: usize = 7;

/// How far a deal is, in the fixed order of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Stage {
    /// No deal is spoken of.
    #[default]
    None,
    /// Talked about.
    Rumoured,
    /// Offered or planned.
    Proposed,
    /// Terms are being worked out.
    Negotiated,
    /// Agreed in writing.
    Signed,
    /// Being built.
    Construction,
    /// Off.
    Dead,
}

impl Stage {
    /// All, in the order of the chain.
    pub const ALL: [Self; STAGES] = [
        Self::None,
        Self::Rumoured,
        Self::Proposed,
        Self::Negotiated,
        Self::Signed,
        Self::Construction,
        Self::Dead,
    ];

    /// Its place in every array of this module.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The distribution of a chain that is known to be here.
    #[must_use]
    pub fn certain(self) -> [f64; STAGES] {
        Self::ALL.map(|stage| if stage == self { 1.0 } else { 0.0 })
    }
}

impl From<DealStage> for Stage {
    fn from(stage: DealStage) -> Self {
        match stage {
            DealStage::Rumoured => Self::Rumoured,
            DealStage::Proposed => Self::Proposed,
            DealStage::Negotiated => Self::Negotiated,
            DealStage::Signed => Self::Signed,
            DealStage::Construction => Self::Construction,
            DealStage::Dead => Self::Dead,
        }
    }
}

/// Default transition rates per year (a proposal without data behind it; the standard deviation of
/// each logarithm is [`DEAL_LOG_RATE_SD`]).
pub const DEAL_RATES_PER_YEAR: [(Stage, Stage, f64); 14] = [
    (Stage::None, Stage::Rumoured, 0.8),
    (Stage::Rumoured, Stage::Proposed, 1.6),
    (Stage::Rumoured, Stage::None, 1.2),
    (Stage::Rumoured, Stage::Dead, 0.3),
    (Stage::Proposed, Stage::Negotiated, 1.5),
    (Stage::Proposed, Stage::Dead, 0.5),
    (Stage::Proposed, Stage::Rumoured, 0.3),
    (Stage::Negotiated, Stage::Signed, 1.2),
    (Stage::Negotiated, Stage::Dead, 0.5),
    (Stage::Negotiated, Stage::Proposed, 0.2),
    (Stage::Signed, Stage::Construction, 1.0),
    (Stage::Signed, Stage::Dead, 0.15),
    (Stage::Construction, Stage::Dead, 0.03),
    (Stage::Dead, Stage::Rumoured, 0.25),
];
/// Standard deviation of the logarithm of each default rate.
pub const DEAL_LOG_RATE_SD: f64 = 0.6;

/// Log-intensity of a visit at each stage of a sovereign deal, per unit of `beta`.
pub const SOVEREIGN_PROFILE: [f64; STAGES] = [0.0, 0.05, 0.15, 0.30, 0.55, 0.40, -0.10];
/// Mean and standard deviation of `beta`. Its sign is uncertain: `P(beta < 0)` is 10.6 %.
pub const BETA_PRIOR: (f64, f64) = (1.0, 0.8);
/// Mean and standard deviation of what multiplies `beta` where the capital is private.
pub const PRIVATE_FACTOR_PRIOR: (f64, f64) = (0.25, 0.25);

/// `e^(beta g_k)`: what each stage multiplies the intensity by.
///
/// # Errors
/// [`InputError`] if a product is not finite.
pub fn modulation<const N: usize>(profile: &[f64; N], beta: f64) -> Result<[f64; N], InputError> {
    let factors = profile.map(|g| (beta * g).exp());
    for factor in factors {
        input::not_negative("the modulation of a stage", factor)?;
    }
    Ok(factors)
}

/// A stretch of time in which the intensity is constant but for the stage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Panel {
    /// Length, in the generator's unit of time; not negative.
    pub time: f64,
    /// Intensity per unit of time where the modulation is one; not negative.
    pub intensity: f64,
}

/// Transition rates of a Markov chain: no negative rate off the diagonal, rows that sum to zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Generator<const N: usize> {
    rates: [[f64; N]; N],
}

impl Generator<STAGES> {
    /// The default deal chain, rates per day.
    ///
    /// # Errors
    /// None for the default rates.
    pub fn deal_per_day() -> Result<Self, InputError> {
        Self::deal_per_year(&[1.0; DEAL_RATES_PER_YEAR.len()])?.scaled(1.0 / YEAR_DAYS)
    }

    /// The deal chain with each default rate times a factor (a draw of its uncertainty), per year.
    ///
    /// # Errors
    /// [`InputError`] for a factor that is negative or not finite.
    pub fn deal_per_year(factors: &[f64; DEAL_RATES_PER_YEAR.len()]) -> Result<Self, InputError> {
        let mut rates = [[0.0; STAGES]; STAGES];
        for (&(from, to, rate), &factor) in DEAL_RATES_PER_YEAR.iter().zip(factors) {
            rates[from.index()][to.index()] = rate * factor;
        }
        Self::from_transitions(rates)
    }
}

impl<const N: usize> Generator<N> {
    /// From a whole matrix, rates per unit of time.
    ///
    /// # Errors
    /// [`InputError`] for a negative rate off the diagonal, a row that does not sum to zero, or a
    /// number that is not finite.
    pub fn new(rates: [[f64; N]; N]) -> Result<Self, InputError> {
        for (row, line) in rates.iter().enumerate() {
            let mut sum = 0.0;
            let mut largest = 0.0_f64;
            for (column, &rate) in line.iter().enumerate() {
                input::finite("a transition rate", rate)?;
                if row != column {
                    input::not_negative("a transition rate", rate)?;
                }
                sum += rate;
                largest = largest.max(rate.abs());
            }
            let zero = sum.abs() <= ROW_SUM_MAX * largest.max(f64::MIN_POSITIVE);
            input::check("the sum of a generator's row", sum, zero, "zero")?;
        }
        Ok(Self { rates })
    }

    /// From the rates off the diagonal; what stands on it is replaced by what makes rows sum to zero.
    ///
    /// # Errors
    /// [`InputError`] for a rate that is negative or not finite.
    pub fn from_transitions(mut rates: [[f64; N]; N]) -> Result<Self, InputError> {
        for (row, line) in rates.iter_mut().enumerate() {
            let others = line.iter().enumerate().filter(|&(column, _)| column != row);
            let out: f64 = others.map(|(_, rate)| rate).sum();
            line[row] = -out;
        }
        Self::new(rates)
    }

    /// Every rate times `factor`: another unit of time.
    ///
    /// # Errors
    /// [`InputError`] for a factor that is negative or not finite.
    pub fn scaled(&self, factor: f64) -> Result<Self, InputError> {
        input::not_negative("the scale of a generator", factor)?;
        Self::new(self.rates.map(|row| row.map(|rate| rate * factor)))
    }

    /// The rates, row by row.
    #[must_use]
    pub const fn rates(&self) -> &[[f64; N]; N] {
        &self.rates
    }

    /// `pi e^(Q t)`: where a chain that starts in `start` is after `time`.
    ///
    /// # Errors
    /// [`InputError`] if `start` is no distribution, or `time` is negative, not finite or absurd.
    pub fn distribution(&self, start: &[f64; N], time: f64) -> Result<[f64; N], InputError> {
        input::distribution("the distribution over stages", start)?;
        Ok(Uniformized::of(self, &[0.0; N], 1.0, time)?.apply(*start, Self::from_the_left))
    }

    /// `1 - pi exp((Q - diag(lambda)) t) 1`: the probability of an event within `time`, its intensity
    /// `lambda_k` while the chain is in stage `k`.
    ///
    /// # Errors
    /// [`InputError`] as [`Self::distribution`], or for a negative intensity.
    pub fn probability(
        &self,
        start: &[f64; N],
        intensity: &[f64; N],
        time: f64,
    ) -> Result<f64, InputError> {
        let panel = Panel { time, intensity: 1.0 };
        Ok(1.0 - self.survival(start, intensity, [panel])?)
    }

    /// `pi prod_j exp((Q - c_j diag(m)) t_j) 1`: the probability of no event over `panels`, in their
    /// order, the intensity of panel `j` in stage `k` being `c_j m_k`.
    ///
    /// # Errors
    /// As [`Self::probability`].
    pub fn survival<I>(
        &self,
        start: &[f64; N],
        modulation: &[f64; N],
        panels: I,
    ) -> Result<f64, InputError>
    where
        I: IntoIterator<Item = Panel>,
        I::IntoIter: DoubleEndedIterator,
    {
        input::distribution("the distribution over stages", start)?;
        let from_each = self.survival_from_each(modulation, panels)?;
        Ok(start.iter().zip(from_each).map(|(weight, survival)| weight * survival).sum())
    }

    /// The survival at the end of every panel, and the (sub-)distribution over stages with it, handed
    /// to `visit` in order. The last is [`Self::survival`].
    ///
    /// # Errors
    /// As [`Self::probability`].
    pub fn survival_curve(
        &self,
        start: &[f64; N],
        panels: impl IntoIterator<Item = (Panel, [f64; N])>,
        mut visit: impl FnMut(Panel, f64),
    ) -> Result<[f64; N], InputError> {
        input::distribution("the distribution over stages", start)?;
        let mut alive = *start;
        for (panel, modulation) in panels {
            for factor in modulation {
                input::not_negative("the modulation of a stage", factor)?;
            }
            input::not_negative("the intensity of a panel", panel.intensity)?;
            let step = Uniformized::of(self, &modulation, panel.intensity, panel.time)?;
            alive = step.apply(alive, Self::from_the_left);
            visit(panel, alive.iter().sum());
        }
        Ok(alive)
    }

    /// The same for every stage as the start: `v <- exp((Q - c_j diag(m)) t_j) v` from the last panel
    /// to the first, `v = 1` at the end. One pass serves every start.
    ///
    /// # Errors
    /// As [`Self::probability`].
    pub fn survival_from_each<I>(
        &self,
        modulation: &[f64; N],
        panels: I,
    ) -> Result<[f64; N], InputError>
    where
        I: IntoIterator<Item = Panel>,
        I::IntoIter: DoubleEndedIterator,
    {
        for &factor in modulation {
            input::not_negative("the modulation of a stage", factor)?;
        }
        let mut survival = [1.0; N];
        for panel in panels.into_iter().rev() {
            input::not_negative("the intensity of a panel", panel.intensity)?;
            let step = Uniformized::of(self, modulation, panel.intensity, panel.time)?;
            survival = step.apply(survival, Self::from_the_right);
        }
        Ok(survival)
    }

    /// `v B`: a row of the result at a time, so that its entries are summed side by side.
    fn from_the_left(matrix: &[[f64; N]; N], vector: &[f64; N]) -> [f64; N] {
        let mut product = [0.0; N];
        for (row, value) in matrix.iter().zip(vector) {
            for (entry, coefficient) in product.iter_mut().zip(row) {
                *entry += coefficient * value;
            }
        }
        product
    }

    /// `B v`.
    fn from_the_right(matrix: &[[f64; N]; N], vector: &[f64; N]) -> [f64; N] {
        matrix.map(|row| row.iter().zip(vector).map(|(entry, value)| entry * value).sum())
    }
}

/// `exp(A t)` for a (sub-)generator `A = Q - c diag(m)`, as a Poisson mixture of powers of
/// `B = I + A / gamma`.
struct Uniformized<const N: usize> {
    matrix: [[f64; N]; N],
    /// `gamma t`.
    stretch: f64,
}

impl<const N: usize> Uniformized<N> {
    fn of(
        generator: &Generator<N>,
        modulation: &[f64; N],
        intensity: f64,
        time: f64,
    ) -> Result<Self, InputError> {
        input::not_negative("the time of a chain", time)?;
        let mut matrix = generator.rates;
        let mut gamma = 0.0_f64;
        for (state, row) in matrix.iter_mut().enumerate() {
            // From here on the diagonal holds the total rate of leaving.
            row[state] = -row[state] + intensity * modulation[state];
            gamma = gamma.max(row[state]);
        }
        let stretch = gamma * time;
        let sane = stretch <= UNIFORMIZED_MAX;
        input::check("the rates of a chain times its time", stretch, sane, "at most 1e6")?;
        if stretch > 0.0 {
            let per_gamma = gamma.recip();
            for (state, row) in matrix.iter_mut().enumerate() {
                // gamma is the largest of the leaving rates: never negative.
                row[state] = gamma - row[state];
                row.iter_mut().for_each(|entry| *entry *= per_gamma);
            }
        }
        Ok(Self { matrix, stretch })
    }

    fn apply(
        &self,
        vector: [f64; N],
        times: impl Fn(&[[f64; N]; N], &[f64; N]) -> [f64; N],
    ) -> [f64; N] {
        if self.stretch <= 0.0 {
            return vector;
        }
        let pieces = (self.stretch / STRETCH_MAX).ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1..=50_000")]
        let count = pieces as u32;
        (0..count).fold(vector, |vector, _| self.series(vector, self.stretch / pieces, &times))
    }

    /// `sum_k w_k B^k v`, `w` the Poisson weights of mean `stretch`, divided by their sum so that a
    /// distribution stays one.
    fn series(
        &self,
        vector: [f64; N],
        stretch: f64,
        times: impl Fn(&[[f64; N]; N], &[f64; N]) -> [f64; N],
    ) -> [f64; N] {
        let mut weight = (-stretch).exp();
        let mut weights = weight;
        let mut power = vector;
        let mut sum = vector.map(|entry| weight * entry);
        for term in 1..TERMS_MAX {
            if 1.0 - weights < TAIL_MAX {
                break;
            }
            power = times(&self.matrix, &power);
            weight *= stretch / f64::from(term);
            weights += weight;
            for (total, entry) in sum.iter_mut().zip(&power) {
                *total += weight * entry;
            }
        }
        sum.map(|total| total / weights)
    }
}

#[cfg(test)]
mod tests;
