//! What the venue sends, field by field: every field that the official SDK (3.34.0) requires, and the
//! optional ones that were recorded. The client has its own structs on purpose: simulator and client
//! must not share a mistake.

pub(crate) mod account;
pub(crate) mod market;
pub(crate) mod order;
pub(crate) mod stream;
