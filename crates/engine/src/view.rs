//! The read side: what the engine knows, for the live view, the dashboard, `explain` and summaries.

use serde::Serialize;
use statecraft_domain::event::{Level, Mode, Standing};
use statecraft_domain::{
    ClientOrderId, MarketId, MarketStatus, Price, Quantity, Settlement, Side, StrategyId,
    Timestamp, Usd, Venue,
};

use crate::Engine;
use crate::config::EngineConfig;
use crate::counters::Counters;
use crate::engine::{DecisionOutcome, DecisionRecord};
use crate::market::{MarketState, MarketStats, Trust};
use crate::model::{Anatomy, HazardModel};
use crate::orders::{Ledger, Phase, Position};

/// A copy of everything worth showing.
#[derive(Debug, Clone, Serialize)]
pub struct View {
    /// Engine time.
    pub at: Timestamp,
    /// The account.
    pub account: AccountView,
    /// Every market, by id.
    pub markets: Vec<MarketView>,
    /// Orders that are not over.
    pub orders: Vec<OrderView>,
    /// Counters of the run.
    pub counters: Counters,
}

/// Money and mode.
#[derive(Debug, Clone, Serialize)]
pub struct AccountView {
    /// What the engine may do.
    pub mode: Mode,
    /// Why the engine does not trade as it would; see [`Engine::mode_cause`].
    pub mode_cause: Option<String>,
    /// Cash by venue.
    pub cash: Vec<(Venue, Usd)>,
    /// Cash and positions at executable prices.
    pub equity: Usd,
    /// Profit taken, before fees.
    pub realized: Usd,
    /// Profit of open positions at executable prices.
    pub unrealized: Usd,
    /// Fees paid.
    pub fees: Usd,
    /// Orders without an answer.
    pub unknown_orders: usize,
}

/// One market.
#[derive(Debug, Clone, Serialize)]
pub struct MarketView {
    /// Its id.
    pub market: MarketId,
    /// Where.
    pub venue: Venue,
    /// The venue's name of it.
    pub ticker: String,
    /// The question.
    pub title: String,
    /// May it trade?
    pub status: MarketStatus,
    /// When trading ends.
    pub close: Option<Timestamp>,
    /// How it ended.
    pub settlement: Option<Settlement>,
    /// Best bid.
    pub bid: Option<Level>,
    /// Best ask.
    pub ask: Option<Level>,
    /// Last trade.
    pub last: Option<Price>,
    /// How far the book can be trusted.
    pub trust: Trust,
    /// Crossed or locked.
    pub crossed: bool,
    /// Counters of its data; the time without trust runs up to now.
    pub stats: MarketStats,
    /// The position, its cost and profit.
    pub position: Position,
    /// Average price of an open contract of the outcome held.
    pub average_cost: Option<f64>,
    /// Profit of the open position at the executable price.
    pub unrealized: Usd,
    /// Orders not over.
    pub open_orders: usize,
    /// The strategies bound to it.
    pub strategies: Vec<StrategyView>,
}

/// A strategy on a market, as of its last evaluation.
#[derive(Debug, Clone, Serialize)]
pub struct StrategyView {
    /// Which.
    pub strategy: StrategyId,
    /// Its name.
    pub name: String,
    /// The model's own probability now.
    pub model: Option<f64>,
    /// Standard deviation of its log-odds.
    pub sd_logit: Option<f64>,
    /// The probability that decided.
    pub blended: Option<f64>,
    /// Edge of buying YES, after costs.
    pub edge_yes: Option<f64>,
    /// Edge of buying NO, after costs.
    pub edge_no: Option<f64>,
    /// What the edge has to reach.
    pub edge_needed: Option<f64>,
    /// When it was last evaluated.
    pub decided_at: Option<Timestamp>,
    /// The order, or why not.
    pub outcome: Option<DecisionOutcome>,
    /// May it open positions with real money?
    pub standing: Standing,
}

/// One order that is not over.
#[derive(Debug, Clone, Serialize)]
pub struct OrderView {
    /// Our name for it.
    pub id: ClientOrderId,
    /// Whose.
    pub strategy: StrategyId,
    /// Where.
    pub market: MarketId,
    /// Buy or sell YES.
    pub side: Side,
    /// Worst YES price.
    pub price: Price,
    /// Contracts.
    pub quantity: Quantity,
    /// Filled so far.
    pub filled: Quantity,
    /// Still reserved.
    pub reserved: Quantity,
    /// Where it stands.
    pub phase: Phase,
    /// When it was decided.
    pub decided_at: Timestamp,
}

impl Engine {
    /// Engine time: the latest instant of any event.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// What the engine may do.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Why the engine halted itself, if it did.
    #[must_use]
    pub fn halt_cause(&self) -> Option<&str> {
        self.halt_cause.as_deref()
    }

    /// Why it does not trade as it would: what it halted itself for, or else the reason of its present mode; `None`:
    /// it is active, or has not begun.
    #[must_use]
    pub fn mode_cause(&self) -> Option<&str> {
        self.halt_cause().or(self.mode_reason.as_deref())
    }

    /// What it was configured with.
    #[must_use]
    pub const fn config(&self) -> &EngineConfig {
        &self.config
    }

    /// Counters of the run.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// A market.
    #[must_use]
    pub fn market(&self, market: MarketId) -> Option<&MarketState> {
        self.markets.get(market.index())
    }

    /// Every market, by id.
    #[must_use]
    pub fn markets(&self) -> &[MarketState] {
        &self.markets
    }

    /// The position in a market.
    #[must_use]
    pub fn position(&self, market: MarketId) -> Position {
        self.accounts.position(market)
    }

    /// Cash at a venue; `None` until the venue stated it.
    #[must_use]
    pub const fn cash(&self, venue: Venue) -> Option<Usd> {
        self.accounts.cash(venue)
    }

    /// Is every dollar accounted for (I9)?
    #[must_use]
    pub fn is_money_conserved(&self) -> bool {
        self.accounts.is_conserved()
    }

    /// Orders and what became of them.
    #[must_use]
    pub const fn orders(&self) -> &Ledger {
        &self.ledger
    }

    /// The last evaluation of a strategy on a market.
    #[must_use]
    pub fn last_decision(&self, strategy: StrategyId, market: MarketId) -> Option<&DecisionRecord> {
        let bindings = self.bindings_of.get(market.index())?;
        let mut bound = bindings.iter().map(|&index| &self.bindings[index]);
        bound.find(|binding| binding.strategy == strategy)?.last.as_ref()
    }

    /// May a strategy open positions with real money, as far as its record is concerned?
    #[must_use]
    pub fn standing(&self, strategy: StrategyId) -> Standing {
        self.strategies.get(strategy.index()).map_or(Standing::Good, |state| state.standing)
    }

    /// What a strategy's model says now, before any market is looked at; `None` if it has nothing to say.
    #[must_use]
    pub fn estimate(&self, strategy: StrategyId) -> Option<crate::model::Estimate> {
        self.strategies.get(strategy.index())?.model.estimate()
    }

    /// Is any listed market bound to the strategy?
    #[must_use]
    pub fn has_market(&self, strategy: StrategyId) -> bool {
        self.strategies.get(strategy.index()).is_some_and(|state| !state.bound.is_empty())
    }

    /// The hazard model of a strategy; `None` for other models.
    #[must_use]
    pub fn hazard(&self, strategy: StrategyId) -> Option<&HazardModel> {
        self.strategies.get(strategy.index())?.model.hazard()
    }

    /// The hazard model of a strategy, taken apart as of now; `None` for other models, and if its
    /// numbers are not finite.
    #[must_use]
    pub fn anatomy(&self, strategy: StrategyId) -> Option<Anatomy> {
        self.hazard(strategy)?.anatomy(self.now).ok()
    }

    /// A copy of everything worth showing.
    #[must_use]
    pub fn view(&self) -> View {
        View {
            at: self.now,
            account: self.account_view(),
            markets: self.markets.iter().map(|market| self.market_view(market)).collect(),
            orders: self.ledger.live().iter().map(order_view).collect(),
            counters: self.counters,
        }
    }

    fn account_view(&self) -> AccountView {
        let venues = [Venue::Kalshi, Venue::Polymarket, Venue::File];
        let sum = |part: fn(&Position) -> Usd| {
            self.accounts.positions().map(|(_, position)| part(position)).sum()
        };
        AccountView {
            mode: self.mode,
            mode_cause: self.mode_cause().map(str::to_owned),
            cash: venues
                .into_iter()
                .filter_map(|venue| Some((venue, self.accounts.cash(venue)?)))
                .collect(),
            equity: self.equity(),
            realized: sum(|position| position.realized),
            unrealized: self
                .accounts
                .positions()
                .map(|(market, position)| self.unrealized(market, position))
                .sum(),
            fees: sum(|position| position.fees),
            unknown_orders: self.ledger.unknown_count(),
        }
    }

    fn unrealized(&self, market: MarketId, position: &Position) -> Usd {
        if position.quantity.is_zero() {
            return Usd::ZERO;
        }
        position.value_at(self.mark(market, position)) - position.cost
    }

    fn market_view(&self, market: &MarketState) -> MarketView {
        let id = market.id();
        let (listing, position) = (market.listing(), self.accounts.position(id));
        let live = self.ledger.live().iter();
        MarketView {
            market: id,
            venue: listing.venue,
            ticker: listing.ticker.clone(),
            title: listing.title.clone(),
            status: listing.status,
            close: listing.close,
            settlement: market.settlement(),
            bid: market.bid(),
            ask: market.ask(),
            last: market.last_trade().map(|(price, _)| price),
            trust: market.trust(),
            crossed: market.is_crossed(),
            stats: MarketStats { untrusted: market.untrusted(self.now), ..*market.stats() },
            position,
            average_cost: position.average_cost(),
            unrealized: self.unrealized(id, &position),
            open_orders: live.filter(|record| record.request.market == id).count(),
            strategies: self.strategy_views(id),
        }
    }

    fn strategy_views(&self, market: MarketId) -> Vec<StrategyView> {
        let bound = self.bindings_of.get(market.index()).into_iter().flatten();
        bound
            .map(|&index| {
                let binding = &self.bindings[index];
                let model = &self.strategies[binding.strategy.index()].model;
                let estimate = model.estimate_at(binding.horizon);
                let last = binding.last.as_ref();
                let belief = last.and_then(|last| last.belief);
                let reckoning = last.and_then(|last| last.reckoning);
                let own = estimate.map(|estimate| estimate.probability.get());
                let finite = |number: f64| number.is_finite().then_some(number);
                StrategyView {
                    strategy: binding.strategy,
                    name: self.config.strategies[binding.strategy.index()].name.clone(),
                    model: own.or(belief.map(|belief| belief.model.get())),
                    sd_logit: estimate.map(|estimate| estimate.sd_logit),
                    blended: belief.map(|belief| belief.blended.get()),
                    edge_yes: reckoning.and_then(|numbers| finite(numbers.edge_yes)),
                    edge_no: reckoning.and_then(|numbers| finite(numbers.edge_no)),
                    edge_needed: reckoning.map(|numbers| numbers.edge_needed),
                    decided_at: last.map(|last| last.at),
                    outcome: last.map(|last| last.outcome),
                    standing: self.standing(binding.strategy),
                }
            })
            .collect()
    }
}

fn order_view(record: &crate::orders::OrderRecord) -> OrderView {
    OrderView {
        id: record.request.id,
        strategy: record.request.strategy,
        market: record.request.market,
        side: record.request.side,
        price: record.request.price,
        quantity: record.request.quantity,
        filled: record.filled,
        reserved: record.reserved(),
        phase: record.phase,
        decided_at: record.request.decided_at,
    }
}
