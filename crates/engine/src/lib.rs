//! The bot's mind: `market -> model -> decision -> risk -> orders`, as one pure, synchronous,
//! deterministic state machine.
//!
//! [`Engine::step`] takes one [`Event`] and returns [`Action`]s. Nothing here does I/O, reads a clock
//! or draws a random number; the manifest has nothing to do it with.

pub mod config;

use statecraft_domain::{Action, Event, OrderRequest};

pub use config::{EngineConfig, Strategy};

/// The engine and all it knows.
#[derive(Debug)]
pub struct Engine {
    config: EngineConfig,
}

impl Engine {
    /// An engine that has seen nothing and is in [`statecraft_domain::event::Mode::Starting`].
    #[must_use]
    pub fn new(config: EngineConfig) -> Self {
        Self { config }
    }

    /// Takes in one event and appends what is to be done about it, in order.
    pub fn step(&mut self, event: &Event, actions: &mut Vec<Action>) {
        let _ = (event, actions, &self.config);
        todo!("engine")
    }

    /// Recovery: an order that an earlier run wrote down before sending it. Until an event says
    /// otherwise it counts as unknown, at full size.
    pub fn restore_intent(&mut self, order: &OrderRequest) {
        let _ = order;
        todo!("engine")
    }
}
