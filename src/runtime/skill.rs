//! The record of a run: forecasts, fills, resolutions and signals go to the skill ledger, and what the
//! ledger finds comes back as the standing of a strategy.

use std::path::Path;

use statecraft_domain::action::Prediction;
use statecraft_domain::{Event, Listing, MarketId, Timestamp};
use statecraft_engine::Engine;
use statecraft_engine::config::ModelSpec;
use tokio::sync::mpsc;

use super::input::Input;
use super::standing;
use crate::config::SkillSettings;
use crate::journal::{Record, Recovery};
use crate::skill::store::{Bought, Forecast, Resolution, Stated};
use crate::skill::{DemotionRule, Entry, Ledger, SkillError};

/// Translates what the engine does into the ledger's words.
#[derive(Debug)]
pub struct SkillKeeper {
    ledger: Ledger,
}

impl SkillKeeper {
    /// Opens the ledger in `dir`; its findings join the other inputs of the loop.
    ///
    /// # Errors
    /// [`SkillError`].
    pub fn open(
        dir: &Path,
        settings: SkillSettings,
        inputs: mpsc::Sender<Input>,
    ) -> Result<Self, SkillError> {
        let rule = DemotionRule {
            min_resolutions: settings.min_resolutions as usize,
            credible: settings.credible,
        };
        let tell = move |finding| {
            // Never waits for the loop, which may be waiting for this thread to end; what is lost is
            // found again at the next resolution or start.
            if let Err(error) = inputs.try_send(Input::Skill(finding)) {
                tracing::warn!(%error, "a finding of the skill ledger was not heard");
            }
        };
        Ok(Self { ledger: Ledger::open(dir, rule, tell)? })
    }

    /// Tells the ledger again what the journal knows (it keeps everything once), then has it judge.
    pub fn catch_up(&self, engine: &Engine, recovery: &Recovery) {
        for strategy in &engine.config().strategies {
            for lineage in standing::lineages(strategy) {
                self.ledger.keep_waiting(Entry::Lineage(strategy.name.clone(), lineage));
            }
        }
        for record in &recovery.records {
            if let Record::Event(event) = record {
                for entry in entries(engine, event) {
                    self.ledger.keep_waiting(entry);
                }
            }
        }
        self.ledger.keep_waiting(Entry::JudgeAll);
    }

    /// Keeps a forecast together with the decision that it led to.
    pub fn forecast(&self, engine: &Engine, prediction: &Prediction) {
        if let Some(forecast) = forecast(engine, prediction) {
            self.ledger.keep(Entry::Forecast(Box::new(forecast)));
        }
    }

    /// Keeps what an event says, if it says anything.
    pub fn event(&self, engine: &Engine, event: &Event) {
        for entry in entries(engine, event) {
            self.ledger.keep(entry);
        }
    }

    /// A release was journaled.
    pub fn released(&self, release: i64, at: Timestamp) {
        self.ledger.keep(Entry::Released(release, at));
    }
}

fn entries(engine: &Engine, event: &Event) -> Vec<Entry> {
    let one = match event {
        Event::SignalReceived(signal) => {
            Some(Entry::Signal(signal.id.clone(), signal.source.clone(), signal.received))
        }
        Event::OrderFilled(filled) => {
            fill(engine, filled.at, &filled.fill).map(|fill| Entry::Fill(Box::new(fill)))
        }
        Event::MarketSettled(settled) => listing(engine, settled.market).map(|listing| {
            Entry::Resolution(Resolution {
                venue: listing.venue,
                ticker: listing.ticker.clone(),
                at: settled.at,
                settlement: settled.settlement,
            })
        }),
        Event::StandingChanged(change) => {
            let strategy = engine.config().strategies.get(change.strategy.index());
            strategy.map(|strategy| {
                Entry::Standing(Stated {
                    strategy: strategy.name.clone(),
                    standing: change.standing,
                    since: change.at,
                    reason: change.reason.clone(),
                })
            })
        }
        _ => None,
    };
    one.into_iter().collect()
}

fn listing(engine: &Engine, market: MarketId) -> Option<&Listing> {
    engine.market(market).map(statecraft_engine::market::MarketState::listing)
}

/// Contracts with the same fact resolve together.
fn fact(listing: &Listing) -> String {
    if listing.event.is_empty() { listing.ticker.clone() } else { listing.event.clone() }
}

fn fill(engine: &Engine, at: Timestamp, fill: &statecraft_domain::Fill) -> Option<Bought> {
    let order = engine.orders().get(fill.order)?;
    let strategy = engine.config().strategies.get(order.request.strategy.index())?;
    let listing = listing(engine, fill.market)?;
    Some(Bought {
        at,
        order: fill.order.to_string(),
        trade: fill.trade.as_str().to_owned(),
        strategy: strategy.name.clone(),
        venue: listing.venue,
        ticker: listing.ticker.clone(),
        fact: fact(listing),
        side: fill.side,
        price: fill.price,
        contracts: fill.quantity,
        fee: fill.fee,
    })
}

fn forecast(engine: &Engine, prediction: &Prediction) -> Option<Forecast> {
    let strategy = engine.config().strategies.get(prediction.strategy.index())?;
    let listing = listing(engine, prediction.market)?;
    let facts = engine.decision_facts(prediction.strategy, prediction.market);
    let decision = facts.and_then(|facts| serde_json::to_string(&facts).ok()).unwrap_or_default();
    Some(Forecast {
        at: prediction.at,
        strategy: strategy.name.clone(),
        event: strategy.event.clone(),
        venue: listing.venue,
        ticker: listing.ticker.clone(),
        fact: fact(listing),
        version: prediction.version.clone(),
        model: prediction.model,
        sd_logit: prediction.sd_logit,
        blended: prediction.blended,
        market: prediction.market_price,
        bid: prediction.bid,
        ask: prediction.ask,
        windowed: has_window_ahead(&strategy.model, prediction.at),
        signals: prediction.signals.clone(),
        decision,
    })
}

/// Is a calendar window ahead that can still bring the event?
fn has_window_ahead(model: &ModelSpec, at: Timestamp) -> bool {
    match model {
        ModelSpec::Hazard(spec) => spec.windows.iter().any(|window| window.end > at),
        _ => false,
    }
}
