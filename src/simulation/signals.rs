//! Signals that nobody should fall for, and some that are real.

use statecraft_domain::signal::{Forecast, Label, SourceClass};
use statecraft_domain::{Signal, Timestamp};
use statecraft_engine::Strategy;
use statecraft_engine::config::ModelSpec;

use super::dice::Dice;
use super::faults::Fault;

/// The signals of a fault, each with its delay in nanoseconds.
pub(super) fn of(
    fault: Fault,
    strategies: &[Strategy],
    at: Timestamp,
    dice: &mut Dice,
) -> Vec<(i64, Signal)> {
    let Some(strategy) = strategies.get(dice.below(strategies.len())) else { return Vec::new() };
    let mut one = |number: usize, strength: f64| {
        let name = format!("{}-{}-{number}", fault.name(), at.nanos());
        let mut signal = signal(strategy, name, at, dice, strength);
        if fault == Fault::SignalForged {
            signal.source = "nobody".to_owned();
            signal.publisher = "nobody.example".to_owned();
            signal.class = SourceClass::Social;
        }
        signal
    };
    match fault {
        Fault::SignalFlood => (0..300).map(|number| (1_000_000, one(number, 1.0))).collect(),
        Fault::SignalRetracted => vec![(0, one(0, 1.5)), (20_000_000_000, one(1, -1.5))],
        _ => vec![(0, one(0, 3.0))],
    }
}

fn signal(
    strategy: &Strategy,
    id: String,
    at: Timestamp,
    dice: &mut Dice,
    strength: f64,
) -> Signal {
    let mut signal = Signal {
        id,
        source: "simulation".to_owned(),
        published: at,
        received: at,
        title: "simulated".to_owned(),
        target: strategy.event.clone(),
        class: SourceClass::National,
        publisher: "simulation.example".to_owned(),
        ..Signal::default()
    };
    match &strategy.model {
        ModelSpec::External { .. } => {
            let probability = dice.between(0.05, 0.95);
            signal.class = SourceClass::Desk;
            signal.forecast = Some(Forecast { probability, sd_logit: None, valid_until: None });
        }
        ModelSpec::Hazard(hazard) => {
            let slug = hazard.signals.get(dice.below(hazard.signals.len()));
            let slug = slug.map(|weight| weight.slug.clone()).unwrap_or_default();
            signal.labels = vec![Label { slug, strength }];
        }
        ModelSpec::Constant { .. } | ModelSpec::Market => {}
    }
    signal
}
