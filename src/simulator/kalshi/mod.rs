//! A Kalshi venue on loopback: REST and websocket on one port, as official clients speak to it.
//! Specification: the fact sheet cited as "kalshi.md" in the modules below.
//!
//! | module | what |
//! |---|---|
//! | `server` | HTTP: signature, rate limit, faults, then the table of routes |
//! | `api` | one function per endpoint, pure over the venue's state |
//! | `stream` | websocket: subscriptions, numbering, commands, frames |
//! | `venue` | the state behind one lock; turns reports into memory and frames |
//! | `still` | the same venue without sockets, threads or a clock of its own |
//! | `wire` | what is sent, field by field |

mod api;
mod auth;
mod board;
mod call;
mod error;
mod format;
mod groups;
mod holding;
mod ledger;
mod limits;
mod server;
mod still;
mod stream;
mod venue;
mod wire;

pub use error::ErrorShape;
pub use ledger::{Ledger, LedgerFill, LedgerOrder, LedgerPosition};
pub use limits::Tier;
pub use still::StillVenue;
pub use venue::VenueOptions;

pub(crate) use auth::Verifier;
pub(crate) use format::Ids;
pub(crate) use limits::Buckets;
pub(crate) use server::{Shared, router};
pub(crate) use stream::hub::Hub;
pub(crate) use venue::KalshiVenue;
