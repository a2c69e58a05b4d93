//! The fit of an event's intensity to dated history, and what it is worth out of sample (model.md 3).
//!
//! | module | idea |
//! |---|---|
//! | [`month`] | months as numbers |
//! | [`csv_table`] | CSV files with typed, line-numbered mistakes |
//! | [`history`] | directories of dated records: who visited whom, and where summits were held |
//! | [`panel`] | countries by months, and the covariates of one of them |
//! | [`model`] | parameters, priors, and the fit |
//! | [`rolling`] | refitted every January, scored on the year ahead, beside simpler forecasts |
//! | [`scenario`] | one country from one month on: a probability with its width |
//! | [`run`] | all of it, in one call |
//! | [`text`] | for people |
//! | [`json`] | for programs |
//! | [`file`] | the fitted event file that strategies name |

pub mod csv_table;
mod error;
pub mod file;
pub mod history;
pub mod json;
pub mod model;
pub mod month;
pub mod panel;
pub mod rolling;
pub mod run;
pub mod scenario;
pub mod text;

pub use error::FitError;
pub use run::{Options, VisitFit, visits};
