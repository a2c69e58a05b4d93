//! [`DecisionFacts`]: one decision with every number it used, in a form that can be kept and read again.

use serde::{Deserialize, Serialize};
use statecraft_domain::event::{Level, Mode, Standing};
use statecraft_domain::{MarketId, Price, Quantity, Side, StrategyId, Timestamp};

use crate::engine::{DecisionOutcome, Engine};
use crate::model::blend::debiased;
use crate::risk::report::CheckLine;

/// The last decision of a strategy on a market (I19).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionFacts {
    /// When.
    pub at: Timestamp,
    /// The order, or why not.
    pub outcome: DecisionOutcome,
    /// What was believed, if anything was.
    pub belief: Option<BeliefFacts>,
    /// Best bid.
    pub bid: Option<Level>,
    /// Best ask.
    pub ask: Option<Level>,
    /// The position: YES positive, NO negative.
    pub position: Quantity,
    /// Edges, if the decision reckoned any.
    pub edge: Option<EdgeFacts>,
    /// What was proposed to the risk gate, if anything was.
    pub proposal: Option<ProposalFacts>,
    /// Every check of the gate, if it was asked.
    pub checks: Vec<CheckLine>,
    /// What the engine was allowed to do.
    pub mode: Mode,
    /// What the strategy was allowed to do.
    pub standing: Standing,
}

/// Model and market, mixed (model.md 4.1, 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BeliefFacts {
    /// The model's own probability.
    pub model: f64,
    /// Standard deviation of its log-odds.
    pub model_sd_logit: f64,
    /// The market's microprice, if it is evidence.
    pub market: Option<f64>,
    /// The same without the favourite-longshot bias.
    pub market_debiased: Option<f64>,
    /// The model's weight in log-odds.
    pub weight: f64,
    /// The probability that decides.
    pub blended: f64,
    /// Standard deviation of its log-odds.
    pub sd_logit: f64,
}

/// Dollars per contract after fees, slippage, resolution risk and the price of waiting (model.md 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EdgeFacts {
    /// Of buying YES at the best ask; nothing without an ask.
    pub yes: Option<f64>,
    /// Of buying NO at the best bid.
    pub no: Option<f64>,
    /// What it has to reach.
    pub needed: f64,
    /// Value of YES held to settlement.
    pub value_yes: f64,
    /// Value of NO held to settlement.
    pub value_no: f64,
    /// Contracts wanted before rounding and caps.
    pub wanted: f64,
}

/// See [`crate::decision::Proposal`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ProposalFacts {
    /// Buy or sell YES.
    pub side: Side,
    /// Worst YES price accepted.
    pub price: Price,
    /// Contracts.
    pub quantity: Quantity,
    /// It only lowers a position.
    pub reduces: bool,
    /// Edge per contract in dollars at the best level.
    pub edge: f64,
}

impl Engine {
    /// The last decision of a strategy on a market, with its numbers; `None` before the first.
    #[must_use]
    pub fn decision_facts(&self, strategy: StrategyId, market: MarketId) -> Option<DecisionFacts> {
        let last = self.last_decision(strategy, market)?;
        let rules = &self.config.strategies.get(strategy.index())?.blend;
        let finite = |number: f64| number.is_finite().then_some(number);
        Some(DecisionFacts {
            at: last.at,
            outcome: last.outcome,
            belief: last.belief.map(|belief| BeliefFacts {
                model: belief.model.get(),
                model_sd_logit: belief.model_sd_logit,
                market: belief.market,
                market_debiased: belief
                    .market
                    .and_then(|price| debiased(rules, price))
                    .map(|probability| probability.get()),
                weight: rules.model_weight,
                blended: belief.blended.get(),
                sd_logit: belief.sd_logit,
            }),
            bid: last.top.0,
            ask: last.top.1,
            position: last.position,
            edge: last.reckoning.map(|numbers| EdgeFacts {
                yes: finite(numbers.edge_yes),
                no: finite(numbers.edge_no),
                needed: numbers.edge_needed,
                value_yes: numbers.value_yes,
                value_no: numbers.value_no,
                wanted: numbers.wanted,
            }),
            proposal: last.proposal.map(|proposal| ProposalFacts {
                side: proposal.side,
                price: proposal.price,
                quantity: proposal.quantity,
                reduces: proposal.reduces,
                edge: proposal.edge,
            }),
            checks: self.checks(strategy, market),
            mode: self.mode(),
            standing: self.standing(strategy),
        })
    }
}
