//! Where signals come from: feeds (RSS, Atom, JSON Feed) that are polled, JSON lines in a file that grows
//! or at an address that is asked again and again, and what the user's own pipeline hands in ([`push`]).
//!
//! A feed's item is decoded, looked over and cleaned ([`feed`]); its headline is read for every country
//! that a strategy asks about, and what was read becomes a signal an event ([`reading`]). What kind of
//! source speaks comes from the configuration, never from the item ([`provenance`]).
//!
//! A line is one signal: `{"id","published","title","text","url","lang","target","labels"}`; times are
//! RFC 3339 text or whole nanoseconds since 1970. With labels it counts as the desk's own statement,
//! without them its headline is read like a feed's. What a line says is data and nothing else: it is
//! cleaned ([`text`]), checked and clamped ([`parse`]), and admitted only within the source's limits
//! ([`gate`]). `received` is always our own stamp and `source` the configured name, so that no line can
//! speak for another source. A bad line is counted and reported, and never stops anything.
//!
//! No text of a signal becomes a command, a path, an address that is fetched, or an unescaped part of a
//! log line.
//!
//! [`spawn`] runs every source in a task of its own with a bounded queue of its own: a flooded source
//! loses its own oldest signals and delays nobody else's.

pub mod contained;
mod counters;
pub mod feed;
pub mod fetch;
pub mod gate;
pub mod hosts;
mod intake;
pub mod labeller;
pub mod lexicon;
pub mod memory;
pub mod parse;
mod pause;
mod poll;
pub mod provenance;
pub mod push;
mod queue;
pub mod reading;
pub mod rules;
mod run;
pub mod said;
pub mod settings;
pub mod slugs;
mod state;
mod tail;
pub mod text;

pub use counters::{Counters, SourceCounters};
pub use gate::{Gate, Refusal};
pub use hosts::Hosts;
pub use intake::{Outcome, Silence};
pub use parse::{BadSignal, parse_line};
pub use reading::{Reader, ReadingRoom, Subject};
pub use rules::Rules;
pub use run::{Board, Clock, Common, Handle, Seen, spawn};
pub use settings::{BadSource, SourceKind, SourceSettings};
pub use state::{Health, SourceReport};
