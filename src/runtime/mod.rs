//! The live loop: everything that connects the pure engine to the world while the bot runs.

pub mod clock;
pub mod reconcile;
pub mod status;
pub mod view;
