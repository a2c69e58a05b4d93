//! What a report is worth as evidence: log-likelihood ratios by source and manner, the pooling of
//! copies, the stage filter, and silence (model.md section 2).
//!
//! A report is a noisy observation of the world, never of the price. Log-likelihood ratios (LLR) are
//! natural logarithms of "said if true" over "said if false".

use statecraft_domain::signal::{Assertion, SourceClass};

use super::chain::{Generator, STAGES, Stage};
use crate::input::{self, InputError};
use crate::log_odds::{expit, logit};

/// How often a source says a thing that is true, and one that is not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Probability of the report if it is true.
    pub if_true: f64,
    /// Probability of the report if it is false.
    pub if_false: f64,
}

impl Rates {
    const fn new(if_true: f64, if_false: f64) -> Self {
        Self { if_true, if_false }
    }

    /// `ln(TPR / FPR)`.
    ///
    /// # Errors
    /// [`InputError`] unless both are above 0 and at most 1.
    pub fn llr(self) -> Result<f64, InputError> {
        for rate in [self.if_true, self.if_false] {
            input::check("the rate of a report", rate, rate > 0.0 && rate <= 1.0, "in (0, 1]")?;
        }
        Ok((self.if_true / self.if_false).ln())
    }
}

/// A wire or top-tier report from unnamed sources (the table of 2.1 has it as a row of its own; a
/// headline that shows it is [`Assertion::Hedged`] and gets half of its class).
pub const UNNAMED_SOURCES: Rates = Rates::new(0.60, 0.15);

/// Share of the LLR that a hedged or a conditional report keeps (2.1).
pub const HEDGED_SHARE: f64 = 0.5;

/// Correlation of the errors of copies of one story (2.2).
pub const SAME_STORY: f64 = 0.8;
/// Correlation of the errors of desks that report on their own (2.2).
pub const INDEPENDENT_DESKS: f64 = 0.4;

/// [`STAGES`] as a float.
const STAGES_F64: f64 = STAGES as f64;

/// Silence is never worth more than this against a plan: the feed may be down (2.5).
pub const SILENCE_FLOOR: f64 = -2.0;

/// Who denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denier {
    /// One of those whom the claim concerns.
    Principal,
    /// Anybody else.
    ThirdParty,
}

/// What reports are worth (table of 2.1). Every row is a proposal; a measured one replaces it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EvidenceTable {
    /// Official record, statements of governments.
    pub official: Rates,
    /// News agencies and top-tier press, on the record.
    pub wire: Rates,
    /// National, trade and business press.
    pub press: Rates,
    /// Aggregators; also local, sports and entertainment pages, which the table of 2.1 does not name:
    /// of politics they repeat what others report.
    pub aggregator: Rates,
    /// Unverified posts.
    pub social: Rates,
    /// A principal's denial: of what is true, and of what is false.
    pub principal_denial: Rates,
    /// A third party's denial. The specification leaves it to configuration; the default is a guess.
    pub third_party_denial: Rates,
}

impl Default for EvidenceTable {
    fn default() -> Self {
        Self {
            official: Rates::new(0.90, 0.01),
            wire: Rates::new(0.60, 0.06),
            press: Rates::new(0.50, 0.17),
            aggregator: Rates::new(0.40, 0.20),
            social: Rates::new(0.10, 0.08),
            principal_denial: Rates::new(0.30, 0.85),
            third_party_denial: Rates::new(0.60, 0.85),
        }
    }
}

impl EvidenceTable {
    /// LLR of a plain statement by a source of this class; zero for classes that are never evidence,
    /// `None` for the user's own desk, whose labels count as they are given.
    ///
    /// # Errors
    /// [`InputError`] for a row that is no pair of rates.
    pub fn class_llr(&self, class: SourceClass) -> Result<Option<f64>, InputError> {
        let rates = match class {
            SourceClass::Desk => return Ok(None),
            SourceClass::Official => self.official,
            SourceClass::Wire | SourceClass::TopTier => self.wire,
            SourceClass::National | SourceClass::TradePress | SourceClass::Business => self.press,
            SourceClass::Aggregator
            | SourceClass::Local
            | SourceClass::Sports
            | SourceClass::Entertainment => self.aggregator,
            SourceClass::Social => self.social,
            SourceClass::Commentary | SourceClass::Satire => return Ok(Some(0.0)),
        };
        rates.llr().map(Some)
    }

    /// Signed LLR of a report *for the claim it speaks of*: a denial is negative. `None` for the
    /// user's own desk. Where a label carries the sign already, its weight is the absolute value.
    ///
    /// A denial in an official source is a principal's, elsewhere a third party's; no denial is worth
    /// more than a plain statement of the same class would be. A retraction is worth nothing of its
    /// own: it takes the retracted story away (2.4).
    ///
    /// # Errors
    /// [`InputError`] for a row that is no pair of rates.
    pub fn llr(&self, class: SourceClass, assertion: Assertion) -> Result<Option<f64>, InputError> {
        let Some(plain) = self.class_llr(class)? else { return Ok(None) };
        let llr = match assertion {
            Assertion::Asserted | Assertion::Confirmed | Assertion::Correction => plain,
            Assertion::Hedged | Assertion::Conditional => HEDGED_SHARE * plain,
            Assertion::Denied => {
                let denier = match class {
                    SourceClass::Official => Denier::Principal,
                    _ => Denier::ThirdParty,
                };
                self.denial_llr(denier)?.max(-plain.abs())
            }
            Assertion::Retracted
            | Assertion::Opinion
            | Assertion::Satire
            | Assertion::Injection => 0.0,
        };
        Ok(Some(llr))
    }

    /// LLR of a denial, by who denies.
    ///
    /// # Errors
    /// [`InputError`] for a row that is no pair of rates.
    pub fn denial_llr(&self, denier: Denier) -> Result<f64, InputError> {
        match denier {
            Denier::Principal => self.principal_denial.llr(),
            Denier::ThirdParty => self.third_party_denial.llr(),
        }
    }
}

/// `expit(logit prior + L)`: the posterior of a claim.
///
/// # Errors
/// [`InputError`] unless the prior is inside `(0, 1)` and the evidence finite.
pub fn credibility(prior: f64, llr: f64) -> Result<f64, InputError> {
    input::inner_probability("the prior of a claim", prior)?;
    input::finite("the evidence for a claim", llr)?;
    Ok(expit(logit(prior) + llr))
}

/// `tanh(L / 2)`: the posterior of an even prior, rescaled to `-1..1`.
///
/// # Errors
/// [`InputError`] unless the evidence is finite.
pub fn belief_strength(llr: f64) -> Result<f64, InputError> {
    Ok(2.0 * expit(input::finite("the evidence for a claim", llr)?) - 1.0)
}

/// The evidence of one story (2.2): `L = sum_k LLR_(k) (1 - rho)^(k - 1)`, the strongest first, each
/// sign apart and then added. Bit for bit the same in any order.
///
/// # Errors
/// [`InputError`] unless every LLR is finite and `rho` a probability.
pub fn pool(llrs: &[f64], rho: f64) -> Result<f64, InputError> {
    input::probability("the correlation of copies", rho)?;
    let mut sorted = llrs.to_vec();
    for &llr in &sorted {
        input::finite("the evidence of a report", llr)?;
    }
    sorted.sort_by(|left, right| right.abs().total_cmp(&left.abs()));
    let one_side = |keep: fn(f64) -> bool| {
        let mut share = 1.0;
        sorted.iter().filter(|&&llr| keep(llr)).fold(0.0, |sum, llr| {
            let pooled = sum + llr * share;
            share *= 1.0 - rho;
            pooled
        })
    };
    Ok(one_side(|llr| llr > 0.0) + one_side(|llr| llr < 0.0))
}

/// How many independent reports `n` equally correlated ones are worth: `n / (1 + (n - 1) rho)`.
///
/// # Errors
/// [`InputError`] unless `rho` is a probability.
pub fn effective_count(n: u32, rho: f64) -> Result<f64, InputError> {
    input::probability("the correlation of copies", rho)?;
    if n == 0 {
        return Ok(0.0);
    }
    let n = f64::from(n);
    Ok(n / (1.0 + (n - 1.0) * rho))
}

/// Confusion matrix of an extractor: entry `[j][k]` is the probability that it reads stage `j` where
/// `k` is true; columns sum to one.
pub type Confusion = [[f64; STAGES]; STAGES];

/// The default confusion matrix until one is measured: the right stage 75 times in 100 (the accuracy
/// that 7.4 plans on), 15 times a neighbour in the order of the chain, otherwise any other stage;
/// "dead" has no neighbour, its errors are spread evenly.
#[must_use]
pub fn default_confusion() -> Confusion {
    const RIGHT: f64 = 0.75;
    const NEIGHBOUR: f64 = 0.15;
    let mut confusion = [[0.0; STAGES]; STAGES];
    for truth in Stage::ALL {
        let near = |read: Stage| {
            truth != Stage::Dead && read != Stage::Dead && read.index().abs_diff(truth.index()) == 1
        };
        let neighbours = Stage::ALL.into_iter().filter(|&read| near(read)).count();
        let others = STAGES - 1 - neighbours;
        let (each_near, left) = match neighbours {
            0 => (0.0, 1.0 - RIGHT),
            1 => (NEIGHBOUR, 1.0 - RIGHT - NEIGHBOUR),
            _ => (NEIGHBOUR / 2.0, 1.0 - RIGHT - NEIGHBOUR),
        };
        #[expect(clippy::cast_precision_loss, reason = "at most six")]
        let each_other = left / others as f64;
        for read in Stage::ALL {
            confusion[read.index()][truth.index()] = match read {
                _ if read == truth => RIGHT,
                _ if near(read) => each_near,
                _ => each_other,
            };
        }
    }
    confusion
}

/// The reliability that makes a stage report worth exactly `llr` against every other stage if the
/// extractor never errs: `(e^L - 1) / (e^L + 6)`, from `r + (1 - r)/7 = e^L (1 - r)/7`.
///
/// # Errors
/// [`InputError`] unless `llr` is finite and not negative.
pub fn reliability(llr: f64) -> Result<f64, InputError> {
    input::not_negative("the evidence of a stage report", llr)?;
    // Divided by e^L, so that no evidence overflows.
    let inverse = (-llr).exp();
    Ok((1.0 - inverse) / (1.0 + (STAGES_F64 - 1.0) * inverse))
}

/// `l_k = (r C_jk + (1 - r) / 7)^temper`: how well each stage explains a report of stage `reported`
/// (2.3). `temper = L / LLR_1` makes a whole cluster of reports one observation of strength `L`; it
/// is negative for a denial.
///
/// # Errors
/// [`InputError`] if `r` is not in `[0, 1)`, a column of the matrix is no distribution, or `temper`
/// is not finite.
pub fn stage_likelihood(
    reported: Stage,
    reliability: f64,
    confusion: &Confusion,
    temper: f64,
) -> Result<[f64; STAGES], InputError> {
    let allowed = (0.0..1.0).contains(&reliability);
    input::check("the reliability of a report", reliability, allowed, "in [0, 1)")?;
    input::finite("the tempering of a report", temper)?;
    for truth in 0..STAGES {
        input::distribution("a column of the confusion matrix", &confusion.map(|row| row[truth]))?;
    }
    let noise = (1.0 - reliability) / STAGES_F64;
    Ok(confusion[reported.index()].map(|hit| (reliability * hit + noise).powf(temper)))
}

/// `pi_k <- pi_k l_k / sum`.
///
/// # Errors
/// [`InputError`] if `prior` is no distribution, a likelihood is negative or not finite, or no stage
/// of the prior explains the report at all.
pub fn update<const N: usize>(
    prior: &[f64; N],
    likelihood: &[f64; N],
) -> Result<[f64; N], InputError> {
    input::distribution("the distribution over stages", prior)?;
    for &l in likelihood {
        input::not_negative("the likelihood of a stage", l)?;
    }
    let mut posterior = *prior;
    posterior.iter_mut().zip(likelihood).for_each(|(p, l)| *p *= l);
    let sum = input::positive("the likelihood of a report", posterior.iter().sum())?;
    Ok(posterior.map(|p| p / sum))
}

/// One step of the stage filter (2.3): predict over `time`, then update.
///
/// # Errors
/// As [`Generator::distribution`] and [`update`].
pub fn filter<const N: usize>(
    chain: &Generator<N>,
    prior: &[f64; N],
    time: f64,
    likelihood: &[f64; N],
) -> Result<[f64; N], InputError> {
    update(&chain.distribution(prior, time)?, likelihood)
}

/// LLR of silence (2.5): `-(nu_1 - nu_0) tau`, not below `floor`. `alive` is only the time in which the
/// source was demonstrably alive, in the unit of the rates. Never together with the announcement lead
/// of 1.5 for the same plan.
///
/// # Errors
/// [`InputError`] for negative rates or time, for a plan that makes fewer reports than none, or for a
/// floor above zero.
pub fn silence(
    rate_if_planned: f64,
    rate_if_not: f64,
    alive: f64,
    floor: f64,
) -> Result<f64, InputError> {
    input::not_negative("the rate of reports without a plan", rate_if_not)?;
    let more = rate_if_planned.is_finite() && rate_if_planned >= rate_if_not;
    input::check("the rate of reports of a plan", rate_if_planned, more, "no less than without")?;
    input::not_negative("the time of silence", alive)?;
    input::check("the floor of silence", floor, floor <= 0.0, "zero or less")?;
    Ok((-(rate_if_planned - rate_if_not) * alive).max(floor))
}

#[cfg(test)]
mod tests;
