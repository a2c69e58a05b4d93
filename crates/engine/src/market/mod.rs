//! What the engine knows of each market: its listing, its book and how far the book can be trusted.

mod evidence;
pub mod history;
mod liveness;
mod state;

pub use evidence::Evidence;
pub use history::PriceHistory;
pub use liveness::{Venues, venue_index};
pub use state::{BookEffect, MarketState, MarketStats, Trust};
