//! The REST client and the stream against a small scripted venue on loopback that misbehaves in the
//! ways a faithful simulator does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod late;
mod rest;
mod scripted;
mod stream;
