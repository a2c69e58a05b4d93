//! The world's mind: what a venue does with orders. Price-time matching on one YES book, fees,
//! collateral, netting and settlement, without any I/O or clock.
//!
//! Two ways to use it:
//! - [`Exchange`]: a whole venue with many accounts whose orders meet each other (simulated venues);
//! - [`replay::ReplayVenue`]: one account whose orders meet recorded depth (backtest, paper).
//!
//! Both keep money with the same [`account::Account`].

pub mod account;
mod collateral;
pub mod replay;
pub mod venue;

pub use account::Account;
pub use venue::{AccountId, Exchange, NewOrder, OrderKey, Report};

use statecraft_domain::Quantity;

/// In how many fills an order of this size is taken to trade at most, when money is set aside for its
/// fees: one a contract or part of one.
fn fills_bound(quantity: Quantity) -> u32 {
    let contracts = quantity.e6().unsigned_abs().div_ceil(1_000_000);
    u32::try_from(contracts).unwrap_or(u32::MAX)
}
