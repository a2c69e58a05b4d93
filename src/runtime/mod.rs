//! The live loop: everything that connects the pure engine to the world while the bot runs.
//!
//! [`session::run`] is the story of a run; [`trading`] the loop; [`core`] the engine with its journal;
//! [`gateway`] the one place that sends orders. What they decide stands in [`crate::trading`].

pub mod access;
pub mod account_lock;
pub mod clock;
pub mod core;
pub mod descriptors;
pub mod discovery;
pub mod disk;
pub mod drill;
pub mod error;
pub mod feeds;
mod flatten;
pub mod gateway;
mod hold;
pub mod hot_config;
pub mod input;
pub mod new_key;
pub mod observe;
pub mod operate;
pub mod operator;
pub mod order_group;
pub mod panic;
pub mod paper_run;
pub mod preflight;
mod recording;
pub mod replay;
pub mod screen;
pub mod service_manager;
pub mod session;
pub mod session_file;
pub mod signals;
pub mod skill;
pub mod source_table;
pub mod source_watch;
pub mod standing;
pub mod start;
pub mod state_dir;
pub mod status;
mod status_reply;
mod story_feeds;
pub mod summary;
pub mod sweep;
mod takeover;
pub mod trading;
pub mod view;
pub mod watch;

pub use crate::trading::recovery;
