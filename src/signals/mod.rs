//! Where signals come from: JSON lines, in a file that grows or at an address that is asked again and
//! again.
//!
//! A line is one signal: `{"id","source","published","title","text","url","lang","target","labels"}`;
//! times are RFC 3339 text or whole nanoseconds since 1970. What a line says is data and nothing else:
//! it is cleaned ([`text`]), checked and clamped ([`parse`]), and admitted only within the source's
//! limits ([`gate`]). `received` is always our own stamp and `source` the configured name, so that no
//! line can speak for another source. A bad line is counted and reported, and never stops anything.
//!
//! No text of a signal becomes a command, a path, an address that is fetched, or an unescaped part of a
//! log line.
//!
//! [`spawn`] runs every source in a task of its own with a bounded queue of its own: a flooded source
//! loses its own oldest signals and delays nobody else's.

pub mod fetch;
pub mod gate;
pub mod parse;
mod poll;
mod queue;
mod run;
pub mod settings;
mod tail;
pub mod text;

pub use gate::{Gate, Refusal};
pub use parse::{BadSignal, parse_line};
pub use run::{Clock, Counters, Handle, SourceCounters, spawn};
pub use settings::{BadSource, SourceKind, SourceSettings};
