//! Signals and probabilities handed in by the user's own pipeline, over HTTP on this machine.
//!
//! `POST /v1/signals` takes what a line of a JSONL source takes: one object, an array, or lines. `POST
//! /v1/probability` takes a probability for a strategy whose model is external. Both need the bearer
//! token; both say for every item what became of it, and the same id twice is one item. `GET
//! /v1/health` needs nothing and tells nothing but that it is there.

mod given;
mod probability;
mod serve;
mod signals;
pub mod token;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;

use statecraft_domain::Nanos;

pub use serve::Server;

/// Name of the source of everything that is pushed.
pub const SOURCE: &str = "api";
/// Largest body, in bytes.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Most signals in one request.
pub const ITEMS_MAX: usize = 500;

/// What is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushSettings {
    /// Where; loopback unless [`Self::allow_remote`].
    pub listen: SocketAddr,
    /// Other machines may reach it. There is no TLS: something in front has to bring it.
    pub allow_remote: bool,
    /// File with the token; made at the first start.
    pub token_file: PathBuf,
    /// Strategies whose model is external, and the event each is about.
    pub external: BTreeMap<String, String>,
    /// How long a probability counts at most, by event: the longest `max_age` of its strategies.
    pub max_age: BTreeMap<String, Nanos>,
    /// Events of the enabled strategies: what a signal may be about.
    pub events: BTreeSet<String>,
    /// Slugs that a model of an enabled strategy listens to.
    pub slugs: BTreeSet<String>,
}

/// Why it is not served.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// Reachable from other machines.
    #[error("api.listen {0} is not on this machine; use 127.0.0.1, or set api.allow_remote = true")]
    NotLoopback(SocketAddr),
    /// The address cannot be used.
    #[error("cannot listen on api.listen {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The token's file cannot be used.
    #[error("api.token_file {}: {reason}", .path.display())]
    Token {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// No source of that name was started.
    #[error("the source \"{SOURCE}\" is not running; this is a defect of the program")]
    NoSource,
}

/// A refused request: status, a word for programs, a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    status: u16,
    code: &'static str,
    message: String,
}

impl Refused {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }
}
