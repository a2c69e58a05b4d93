//! The statistics the program judges itself by: penalised fits of intensities, proper scores,
//! calibration, skill and its power (model.md sections 3 and 6). Pure numbers in, numbers out.
//!
//! | module | idea |
//! |---|---|
//! | [`fit`] | penalised likelihood of intensities: Poisson with exposure, complementary log-log |
//! | [`predict`] | from the log of an intensity, with its width, to a probability with its width |
//! | [`score`] | Brier and logarithmic score, Murphy's decomposition |
//! | [`calibration`] | Jeffreys intervals, Spiegelhalter's Z, recalibration |
//! | [`skill`] | paired differences by cluster: bootstrap, t-test, power |
//! | [`closing_line`] | closing-line value of a fill |
//! | [`sharpe`] | probabilistic and deflated Sharpe ratio |
//! | [`special`] | normal, Beta and Student distributions, accurate to about 1e-14 |
//! | [`dense`] | symmetric positive definite matrices |
//! | [`random`] | the one generator of pseudo-random numbers |
//!
//! Nothing here returns NaN: a number outside its domain is a [`StatisticsError`].

pub mod calibration;
pub mod closing_line;
pub mod dense;
mod error;
pub mod fit;
pub mod predict;
pub mod random;
pub mod score;
pub mod sharpe;
pub mod skill;
pub mod special;

pub use error::StatisticsError;

/// The result of every function that can be asked something without an answer.
pub type Result<T> = std::result::Result<T, StatisticsError>;
