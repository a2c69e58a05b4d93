//! The world's mind: what a venue does with orders. Price-time matching on one YES book, fees,
//! collateral, netting and settlement, without any I/O or clock.
//!
//! Two ways to use it:
//! - [`Exchange`]: a whole venue with many accounts whose orders meet each other (simulated venues);
//! - [`replay::ReplayVenue`]: one account whose orders meet recorded depth (backtest, paper).
//!
//! Both keep money with the same [`account::Account`].

pub mod account;
pub mod replay;
pub mod venue;

pub use account::Account;
pub use venue::{AccountId, Exchange, NewOrder, OrderKey, Report};
