//! From the journal back to an engine that knows what an earlier run knew.

use std::collections::BTreeMap;

use statecraft_domain::control::Origin;
use statecraft_domain::event::{Mode, ModeChanged};
use statecraft_domain::{Action, Event, Nanos, Timestamp};
use statecraft_engine::Engine;

use super::desk::VenueOrders;
use super::unfinished::Unfinished;
use crate::journal::{Decided, Record, Recovery};

/// The reason of a change of mode that a person asked for begins so; it holds over restarts until a person
/// resumes.
pub const PAUSED: &str = "paused by the operator: ";

/// The reason of a change of mode by which a person lets it trade again begins so.
pub const RESUMED: &str = "resumed by the operator";

/// The reason of a stop because earlier runs crashed too often begins so; it holds as a pause does.
pub const CRASHED: &str = "crashed too often: ";
/// Crashes further apart than this say nothing about each other (F47).
pub const CRASH_WINDOW: Nanos = Nanos::from_secs(600);

/// What recovery learned besides the engine's own state.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Venue names of orders that may still be live.
    pub venue_orders: VenueOrders,
    /// An earlier run was killed and nobody has released it.
    pub killed: Option<String>,
    /// An earlier run stopped itself, and nobody has released it: the mode, and why.
    pub latched: Option<(Mode, String)>,
    /// When it did so first: what happened at the venue around then is read once more.
    pub latched_at: Option<Timestamp>,
    /// An earlier run was paused by a person, or crashed too often, and nobody has released it: the mode, and why.
    /// It holds beside what the run had stopped for, and comes after it.
    pub held: Option<(Mode, String)>,
    /// What a person had asked to be closed when an earlier run ended, and has not decided about since.
    pub unfinished: Unfinished,
    /// When the runs began to trade that ended without a stop, since a person last resumed.
    pub crashes: Vec<Timestamp>,
    /// When the last record was written; fills are asked for from here.
    pub last_at: Timestamp,
    /// SHA-256 of the rules text by ticker, hex, as last read.
    pub rules: BTreeMap<String, String>,
    /// How many records there were.
    pub records: usize,
}

impl Recovered {
    /// How many of the runs that began to trade within [`CRASH_WINDOW`] before `now` ended without a stop.
    #[must_use]
    pub fn recent_crashes(&self, now: Timestamp) -> usize {
        self.crashes.iter().filter(|&&began| now - began <= CRASH_WINDOW).count()
    }

    /// From when on the venue must be asked for orders and fills: since the last record, or since a stop that nobody has
    /// released, of which a person may still have to know what led to it (executions of somebody else, say).
    #[must_use]
    pub fn ask_from(&self, engine: &Engine) -> Timestamp {
        ask_from(engine, self.unread_since())
    }

    fn unread_since(&self) -> Timestamp {
        self.latched_at.map_or(self.last_at, |at| at.min(self.last_at))
    }

    /// What of a change of mode holds over a restart.
    fn note_mode(&mut self, change: &ModeChanged) {
        let reason = change.reason.as_str();
        match change.mode {
            // A kill stays in force until a person releases it; every other mode ends with its run.
            Mode::Killed => self.killed = Some(reason.to_owned()),
            Mode::Active => {
                (self.killed, self.latched, self.held) = (None, None, None);
                self.latched_at = None;
                if reason.starts_with(RESUMED) {
                    self.crashes.clear();
                }
            }
            // So do what the engine stopped by itself (I13), which the flatten of before does not loosen,
            mode @ (Mode::Halted | Mode::ReduceOnly) if change.is_latched() => {
                self.latched = Some((mode, reason.to_owned()));
                self.latched_at.get_or_insert(change.at);
                self.held = self.held.take().filter(|(held, _)| *held == Mode::Halted);
            }
            // and a person's pause.
            mode @ (Mode::Halted | Mode::ReduceOnly)
                if reason.starts_with(PAUSED) || reason.starts_with(CRASHED) =>
            {
                self.held = Some((mode, reason.to_owned()));
            }
            Mode::Starting | Mode::ReduceOnly | Mode::Halted => {}
        }
    }
}

/// Feeds the journal's records to a fresh engine. Actions it would take are dropped: it is in
/// `Starting`, takes none of its own accord, and what it did take then is in the records.
pub fn replay(engine: &mut Engine, recovery: &Recovery) -> Recovered {
    let mut recovered = Recovered { records: recovery.records.len(), ..Recovered::default() };
    let mut dropped: Vec<Action> = Vec::new();
    // When the run began to trade whose end is still to come. A start that failed in order is no crash.
    let mut trading: Option<Timestamp> = None;
    // Of the order whose intent comes next.
    let mut decided: Option<&Decided> = None;
    for record in &recovery.records {
        recovered.last_at = recovered.last_at.max(record.at());
        if let Record::Event(event) = record {
            recovered.unfinished.note(event, engine);
        }
        match record {
            Record::Intent(order) => {
                let order = order.get();
                match decided.take().filter(|decided| decided.order == order.id) {
                    Some(decided) => engine.restore_decided(order, &decided.facts),
                    None => engine.restore_intent(order),
                }
            }
            Record::Decision(facts) => decided = Some(facts.as_ref()),
            Record::Event(Event::ModeChanged(change)) => {
                if matches!(change.mode, Mode::Active | Mode::ReduceOnly) {
                    trading.get_or_insert(change.at);
                }
                recovered.note_mode(change);
            }
            // A flatten is asked for again, or not at all; a strategy's rules are those of its file now.
            Record::Event(Event::FlattenRequested(_) | Event::StrategyChanged(_)) => {}
            // What the process saw of a venue, a book or a file held for that process: this one looks anew,
            // and nobody would lift what an earlier one restricted.
            Record::Event(Event::VenueConditionChanged(_)) => {}
            Record::Event(Event::RestrictionChanged(change)) if change.origin == Origin::Shell => {}
            Record::Event(event) => {
                keep_names(&mut recovered.venue_orders, event);
                engine.step(event, &mut dropped);
                dropped.clear();
            }
            Record::RunStarted(_) => {
                recovered.crashes.extend(trading.take());
                restart(engine, &mut dropped);
            }
            Record::RunStopped(_) => trading = None,
            Record::RulesRead(read) => {
                recovered.rules.insert(read.ticker.clone(), read.hash.clone());
            }
            Record::CancelRequested(cancel) => engine.restore_cancel(cancel.order),
            Record::KeyChanged(_) => {}
        }
    }
    recovered.crashes.extend(trading);
    restart(engine, &mut dropped);
    recovered
}

/// Whatever an earlier run halted on, this one starts as every run does: by comparing the account, which
/// halts it again if the cause is still there. (The halt itself stays latched until a report agrees.)
fn restart(engine: &mut Engine, dropped: &mut Vec<Action>) {
    if engine.mode() == Mode::Starting {
        return;
    }
    let reason = format!("restarted after a halt: {}", engine.halt_cause().unwrap_or("unknown"));
    tracing::debug!(reason, "an earlier run was halted");
    let (at, mode) = (engine.now(), Mode::Starting);
    engine.step(&Event::ModeChanged(ModeChanged { at, mode, reason }), dropped);
}

/// From when on the venue must be asked for orders and fills: `last` heard of everything, but an order
/// that is not over may be older than that.
#[must_use]
pub fn ask_from(engine: &Engine, last: Timestamp) -> Timestamp {
    let live = engine.orders().live().iter().map(|order| order.request.decided_at);
    live.fold(last, Timestamp::min)
}

fn keep_names(names: &mut VenueOrders, event: &Event) {
    match event {
        Event::OrderAccepted(accepted) => {
            names.insert(accepted.order, accepted.venue_order.clone());
        }
        Event::OrderClosed(closed) => {
            names.remove(&closed.order);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reports are written while it is halted, too: they do not move what is still to be read.
    #[test]
    fn f64_what_led_to_a_stop_is_read_once_more_until_a_person_releases_it() {
        let at = Timestamp::from_secs;
        let mut recovered = Recovered { last_at: at(900), ..Recovered::default() };
        assert_eq!(recovered.unread_since(), at(900));
        let halt = |secs| ModeChanged::by_engine(at(secs), Mode::Halted, "foreign_fill", "a trade");
        recovered.note_mode(&halt(300));
        recovered.note_mode(&halt(600));
        assert_eq!(recovered.unread_since(), at(300));
        let reason = format!("{RESUMED}: well");
        recovered.note_mode(&ModeChanged { at: at(800), mode: Mode::Active, reason });
        assert_eq!(recovered.unread_since(), at(900));
    }
}
