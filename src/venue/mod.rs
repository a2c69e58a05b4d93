//! Clients of the venues. Each has the same skeleton: `wire` (strict message types), `auth`,
//! `limits`, `rest`, `stream`, `map` (wire to domain).

pub mod backoff;
pub mod kalshi;
mod registry;
pub mod tls;

pub use registry::MarketRegistry;
