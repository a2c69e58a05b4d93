//! The skill ledger: what every strategy forecast, what the market charged at that moment, and what came
//! of it (model.md section 6).
//!
//! | module | idea |
//! |---|---|
//! | [`store`] | the file beside the journal |
//! | [`ledger`] | the thread that writes it while the bot trades |
//! | [`score`] | forecasts against outcomes and against the market |
//! | [`report`] | every strategy judged |
//! | [`standing`] | when a record costs a strategy the right to real money |
//! | [`questions`] | the same scores over published questions |

pub mod ledger;
pub mod questions;
pub mod report;
pub mod score;
pub mod standing;
pub mod store;

pub use ledger::{Entry, Finding, Ledger};
pub use standing::DemotionRule;
pub use store::{SkillError, Store};
