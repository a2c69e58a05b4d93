//! Clients of the venues. Each has the same skeleton: `wire` (strict message types), `auth`,
//! `limits`, `rest`, `stream`, `map` (wire to domain).

pub mod kalshi;
mod registry;

pub use registry::MarketRegistry;
