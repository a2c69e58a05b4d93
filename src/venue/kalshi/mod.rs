//! Kalshi.

pub mod auth;
pub mod endpoint;
pub mod map;
pub mod scan;
pub mod wire;

pub use auth::{Credentials, Signer};
pub use endpoint::{Endpoint, EndpointError};
pub use map::{FrameError, FrameMapper, FrameNote, MapperSettings};
