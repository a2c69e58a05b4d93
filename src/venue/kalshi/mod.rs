//! Kalshi.

pub mod auth;
pub mod classify;
pub mod endpoint;
pub mod limits;
pub mod map;
pub mod rest;
pub mod scan;
pub mod stream;
pub mod wire;

pub use auth::{Credentials, Signer};
pub use classify::{Accepted, Placed};
pub use endpoint::{Endpoint, EndpointError};
pub use map::{FrameError, FrameMapper, FrameNote, MapperSettings};
pub use rest::{KalshiRest, RestError, RestSettings};
pub use stream::{KalshiStream, StreamConfig, StreamHandle, StreamItem};
