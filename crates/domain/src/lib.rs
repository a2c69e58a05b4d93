//! The words of statecraft: numbers, names, markets, orders, signals, and the two closed enums
//! [`Event`] and [`Action`] through which everything enters and leaves the engine.
//!
//! Nothing here does I/O, reads a clock or draws a random number, and nothing here knows a venue's
//! wire format. Reading [`event`] and [`action`] explains the system.
//!
//! # Numbers
//!
//! | type | unit | arithmetic |
//! |---|---|---|
//! | [`Price`] | 1/10,000 dollar per YES contract, `0..=10_000` | `complement`, comparison |
//! | [`Quantity`] | 1/1,000,000 contract, signed | `+`, `-`, negation, comparison |
//! | [`Usd`] | 1/10^10 dollar, signed | `+`, `-`, negation, sum; `Price x Quantity -> Usd`, exactly |
//! | [`Timestamp`] | nanoseconds since 1970, UTC | `Timestamp - Timestamp -> Nanos` |
//! | [`Probability`], [`LogOdds`] | `f64`, checked finite | made by the model only |

pub mod action;
pub mod book;
pub mod control;
pub mod event;
pub mod fees;
pub mod ids;
pub mod market;
pub mod number;
pub mod order;
pub mod reason;
pub mod side;
pub mod signal;
pub mod time;

pub use action::Action;
pub use book::Book;
pub use event::Event;
pub use fees::{FeeSchedule, Liquidity};
pub use ids::{ClientOrderId, MarketId, StrategyId, TradeId, VenueOrderId};
pub use market::{Listing, MarketStatus, Settlement, TickBand, TickGrid, Venue};
pub use number::{LogOdds, NumberError, Price, Probability, Quantity, Usd};
pub use order::{Fill, OrderRequest, RiskApproved, SelfTradePrevention, TimeInForce};
pub use reason::{Denial, RejectReason};
pub use side::{Outcome, Side};
pub use signal::Signal;
pub use time::{Nanos, Timestamp};
