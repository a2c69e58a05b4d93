//! Standings that follow what is traded. A record is that of an event, a kind of model and a venue; the
//! name of the file that says so is no way out of it: whoever trades the same under another name inherits
//! a demotion until a person takes it back.

use std::collections::{BTreeSet, HashMap};

use statecraft_domain::event::{Standing, StandingChanged};
use statecraft_domain::{Event, StrategyId, Timestamp};
use statecraft_engine::config::ModelSpec;
use statecraft_engine::{Engine, Strategy};

use crate::journal::{Record, Recovery};
use crate::skill::ledger::Finding;

/// What a strategy trades: `event/model kind/venue`, one a venue.
#[must_use]
pub fn lineages(strategy: &Strategy) -> Vec<String> {
    let kind = match strategy.model {
        ModelSpec::Constant { .. } => "constant",
        ModelSpec::Market => "market",
        ModelSpec::External { .. } => "external",
        ModelSpec::Hazard(_) => "hazard",
    };
    let venues: BTreeSet<&str> = strategy.markets.iter().map(|one| one.venue.name()).collect();
    let lineage = |venue| format!("{}/{kind}/{venue}", strategy.event);
    venues.into_iter().map(lineage).collect()
}

/// What a finding of the ledger means for the engine: a change for the strategy it names and for each
/// that trades the same.
#[must_use]
pub fn changes(engine: &Engine, finding: &Finding, at: Timestamp) -> Vec<StandingChanged> {
    let (name, standing, reason) = match finding {
        Finding::Demote { strategy, reason, .. } => (strategy, Standing::Demoted, reason),
        Finding::Reinstate { strategy, reason, .. } => (strategy, Standing::Good, reason),
    };
    concerned(engine, finding)
        .filter(|(id, _)| engine.standing(*id) != standing)
        .map(|(strategy, one)| {
            let reason = if one.name == *name {
                reason.clone()
            } else {
                format!("trades the same as {name}: {reason}")
            };
            StandingChanged { at, strategy, standing, reason }
        })
        .collect()
}

/// Does any strategy run that a finding is about? A release waits until one does.
#[must_use]
pub fn concerns_any(engine: &Engine, finding: &Finding) -> bool {
    concerned(engine, finding).next().is_some()
}

/// The strategies that run and are named, or trade the same as the one that is.
fn concerned<'a>(
    engine: &'a Engine,
    finding: &'a Finding,
) -> impl Iterator<Item = (StrategyId, &'a Strategy)> {
    let (Finding::Demote { strategy, relatives, .. }
    | Finding::Reinstate { strategy, relatives, .. }) = finding;
    running(engine).filter(move |(_, one)| one.name == *strategy || relatives.contains(&one.name))
}

/// Demotions that running strategies inherit from those of the journal that traded the same.
#[must_use]
pub fn inherited(engine: &Engine, recovery: &Recovery, at: Timestamp) -> Vec<StandingChanged> {
    let demoted = demoted(engine, recovery);
    let heirs = running(engine).filter(|(id, _)| engine.standing(*id) == Standing::Good);
    heirs
        .filter_map(|(strategy, one)| {
            let (name, why) = lineages(one).iter().find_map(|lineage| demoted.get(lineage))?;
            let reason = format!("trades the same as {name}, which was demoted: {why}");
            Some(StandingChanged { at, strategy, standing: Standing::Demoted, reason })
        })
        .collect()
}

/// Lineages whose last word in the journal was a demotion: whose, and why.
fn demoted(engine: &Engine, recovery: &Recovery) -> HashMap<String, (String, String)> {
    let mut lineages_of: HashMap<String, Vec<String>> =
        running(engine).map(|(_, one)| (one.name.clone(), lineages(one))).collect();
    let mut demoted = HashMap::new();
    for record in &recovery.records {
        match record {
            Record::RunStarted(run) => {
                let told = run.strategies.iter().cloned().zip(run.lineages.iter().cloned());
                lineages_of.extend(told);
            }
            Record::Event(Event::StandingChanged(change)) => {
                let Some(name) = name_of(engine, recovery, change.strategy) else { continue };
                for lineage in lineages_of.get(name).into_iter().flatten().cloned() {
                    match change.standing {
                        Standing::Demoted => {
                            let told = (name.to_owned(), change.reason.clone());
                            demoted.insert(lineage, told);
                        }
                        Standing::Good => {
                            demoted.remove(&lineage);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    demoted
}

/// Ids behind the running strategies' are those of strategies that run no more.
fn name_of<'a>(engine: &'a Engine, recovery: &'a Recovery, id: StrategyId) -> Option<&'a str> {
    let strategies = &engine.config().strategies;
    match strategies.get(id.index()) {
        Some(strategy) => Some(&strategy.name),
        None => recovery.retired.get(id.index().checked_sub(strategies.len())?).map(String::as_str),
    }
}

fn running(engine: &Engine) -> impl Iterator<Item = (StrategyId, &Strategy)> {
    (0..).map(StrategyId).zip(&engine.config().strategies)
}
