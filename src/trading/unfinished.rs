//! [`Unfinished`]: positions that a person asked to be closed, and that nothing closes any more because the process
//! that did has ended. It is not asked again by itself: an order that leaves long after he said so surprises him. He
//! is told, and asks again.

use std::collections::BTreeMap;

use statecraft_domain::event::{FlattenRequested, Mode, ModeChanged};
use statecraft_domain::{Event, MarketId, Price, Quantity};
use statecraft_engine::Engine;

/// See the module. The same in a running bot and by the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unfinished(BTreeMap<MarketId, Asked>);

/// What was said of a market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    max_slippage: Price,
    /// The market was named; otherwise all were meant.
    is_named: bool,
}

/// A position that nothing closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The venue's name of the market.
    pub ticker: String,
    /// What is held.
    pub contracts: Quantity,
    /// The command that asks again.
    pub again: String,
}

impl Unfinished {
    /// Something happened that the journal keeps; `engine` has not taken it in yet.
    pub fn note(&mut self, event: &Event, engine: &Engine) {
        match event {
            Event::FlattenRequested(FlattenRequested { max_slippage, market, .. }) => {
                let asked = Asked { max_slippage: *max_slippage, is_named: market.is_some() };
                let held = engine.to_flatten(*market).into_iter();
                self.0.extend(held.map(|market| (market, asked)));
            }
            Event::FlattenEnded(ended) => {
                self.0.remove(&ended.market);
            }
            Event::ModeChanged(change) if gives_up(change) => self.0.clear(),
            _ => {}
        }
    }

    /// What is still held and not being closed, in the order of the markets.
    #[must_use]
    pub fn left(&self, engine: &Engine) -> Vec<Left> {
        let held = engine.to_flatten(None);
        let is_left = |market: &MarketId| {
            held.contains(market) && engine.flattening().all(|closing| closing != *market)
        };
        let left = self.0.iter().filter(|(market, _)| is_left(market));
        left.filter_map(|(&market, asked)| {
            let ticker = engine.market(market)?.listing().ticker.clone();
            let only = if asked.is_named { format!(" --market {ticker}") } else { String::new() };
            let again =
                format!("statecraft flatten --max-slippage {}{only} --yes", asked.max_slippage);
            let contracts = engine.position(market).quantity;
            Some(Left { ticker, contracts, again })
        })
        .collect()
    }
}

/// A person who resumes or pauses has decided about what was to be closed, and a kill closes nothing. The end of a
/// process decides nothing.
fn gives_up(change: &ModeChanged) -> bool {
    match change.mode {
        Mode::Active | Mode::Killed => true,
        Mode::Halted => change.is_by_operator(),
        Mode::ReduceOnly | Mode::Starting => false,
    }
}
