//! Kalshi: everything that knows the venue's words.
//!
//! | module | what it does |
//! |---|---|
//! | [`endpoint`] | where the venue answers: `prod`, `demo`, or a base URL |
//! | [`auth`] | keys and signatures; nothing else sees a key |
//! | [`wire`] | every body and frame as a strict struct |
//! | [`scan`] | the three hot frames read by hand, or left to `wire` |
//! | [`map`] | frames to events: sequence, trust in books, listings, own orders; pure |
//! | [`limits`] | the venue's budgets, kept here |
//! | [`classify`] | what an answer to a new order means |
//! | [`rest`] | the REST client: orders once, reads and cancels until answered |
//! | [`stream`] | the websocket task |
//!
//! There is one function from which the bytes of a new order leave (`rest`), and it is private. No
//! module writes a key, a signature or an unbounded venue text anywhere.

pub mod auth;
pub mod classify;
pub mod endpoint;
pub mod hours;
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
