//! The live loop: everything that connects the pure engine to the world while the bot runs.
//!
//! [`session::run`] is the story of a run; [`trading`] the loop; [`core`] the engine with its journal;
//! [`gateway`] the one place that sends orders; [`reconciler`] keeps our account and the venue's the
//! same.

pub mod clock;
pub mod reconcile;
pub mod status;
pub mod view;
