//! To be written.

pub mod flow;
pub mod story;
