//! The websocket side: subscriptions, numbering, commands, the socket itself. kalshi.md section 4.

pub(crate) mod command;
pub(crate) mod frames;
pub(crate) mod hub;
pub(crate) mod socket;
