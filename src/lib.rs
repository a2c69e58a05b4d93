//! Statecraft: a prediction-market trading bot.
//!
//! One pure engine decides ([`statecraft_engine`]); everything in this crate is a shell around it.
//! ARCHITECTURE.md is the map; the rooms, from the world inwards:
//!
//! | module | what lives there |
//! |---|---|
//! | [`cli`] | one file per verb |
//! | [`runtime`] | the live loop: feeds, engine, journal, venue; start, recover, reconcile, stop |
//! | [`research`] | backtest, scoring, report |
//! | [`simulation`] | whole bots in seeded worlds: faults, rules, verdicts |
//! | [`simulator`] | venues on loopback that speak the venues' own protocols |
//! | [`venue`] | clients: wire types, signing, REST, stream, mapping into the domain |
//! | [`control`] | the local socket by which a person operates a running bot |
//! | [`signals`] | where signals come from |
//! | [`journal`] | what must survive |
//! | [`explain`] | a probability and a decision taken apart |
//! | [`skill`] | what was forecast, and how good it was |
//! | [`tape`] | everything the engine saw, in order; import and export of recordings |
//! | [`trading`] | what a running bot decides around its engine, without I/O |
//! | [`config`] | settings and strategy files: parse, validate, explain mistakes |
//! | [`telemetry`] | logs |

/// What must survive: the journal, a crate of its own.
pub use statecraft_journal as journal;

pub mod cli;
pub mod config;
pub mod control;
pub mod explain;
pub mod research;
pub mod runtime;
pub mod signals;
pub mod simulation;
pub mod simulator;
pub mod skill;
pub mod tape;
pub mod telemetry;
pub mod trading;
pub mod venue;
