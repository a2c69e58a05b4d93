//! Research: the live engine over recordings, scored and reported.
//!
//! | module | idea |
//! |---|---|
//! | [`backtest`] | the deterministic loop: tape, engine, replayed venue, latency |
//! | [`actions_hash`] | one number that says whether two runs did the same |
//! | [`feed`] | dated signals beside the tapes |
//! | [`fit`] | an intensity fitted to dated history, and what it is worth out of sample |
//! | [`scoring`] | how good the probabilities were, beside the market's |
//! | [`equity`] | what the account was worth over time |
//! | [`summary`] | everything that is told of a run |
//! | [`outputs`] | the files of a run |
//! | [`report`] | the page made from them |

pub mod actions_hash;
pub mod backtest;
pub mod equity;
pub mod feed;
mod feed_notes;
pub mod fit;
pub mod outputs;
pub mod remarks;
pub mod report;
pub mod scoring;
pub mod summary;
