//! Kalshi.

pub mod auth;
pub mod endpoint;

pub use auth::{Credentials, Signer};
pub use endpoint::{Endpoint, EndpointError};
