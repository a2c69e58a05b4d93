//! Venues on loopback that speak the venues' own protocols over [`statecraft_exchange`], so that the
//! bot's real clients (and the venues' official ones) can be driven without an account.
//!
//! [`Simulator`] serves one venue. What happens in it comes from a [`Backend`]: a seeded story, a
//! recording, or a bare exchange. Only loopback addresses are served.

pub mod backend;
pub mod clock;
pub mod faults;
pub mod flow;
pub mod kalshi;
pub mod keys;
pub mod replay;
mod serve;
pub mod story;

pub use backend::{Backend, ExchangeHost, MarketFacts, QuietExchange, Step};
pub use clock::{ClockReading, VenueClock};
pub use faults::{FaultError, FaultKind, FaultPlan};
pub use keys::{Credentials, KeyError, KeyPairs};
pub use replay::{EventStream, ReplayBackend};
pub use serve::{FaultDesk, SimError, Simulator, SimulatorConfig};
