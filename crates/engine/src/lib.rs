//! The bot's mind: `market -> model -> decision -> risk -> orders`, as one pure, synchronous,
//! deterministic state machine.
//!
//! [`Engine::step`] takes one [`Event`](statecraft_domain::Event) and returns
//! [`Action`](statecraft_domain::Action)s. Nothing here does I/O, reads a clock or draws a random
//! number; the manifest has nothing to do it with.
//!
//! | module | knows | decides |
//! |---|---|---|
//! | [`market`] | books, trust, connections | what the price says |
//! | [`model`] | signals, plans, time | the probability and its width |
//! | [`decision`] | both, and the position | what would be worth doing |
//! | [`risk`] | everything | whether it may be done |
//! | [`orders`] | every order, position and dollar | what has become of it |
//! | [`view`] | | nothing: it only shows |

pub mod config;
pub mod counters;
pub mod decision;
mod engine;
pub mod facts;
pub mod input;
mod log_odds;
pub mod market;
pub mod model;
pub mod orders;
pub mod risk;
pub mod view;

pub use config::{EngineConfig, Strategy};
pub use counters::Counters;
pub use engine::{
    Controls, DecisionOutcome, DecisionRecord, Engine, KNOWN_STORY_FRESH, KNOWN_STORY_STAKE, Motive,
};
pub use facts::DecisionFacts;
pub use view::View;
