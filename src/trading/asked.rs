//! [`Asked`]: what was known when a report of the account was asked for.

use std::collections::{BTreeMap, BTreeSet};

use statecraft_domain::{ClientOrderId, MarketId, Quantity, Timestamp, Usd, Venue};
use statecraft_engine::Engine;
use statecraft_engine::orders::Phase;

use super::absence::processes;
use super::cash::Between;
use super::markets::Markets;
use super::reconciler::Wall;

/// What the engine was like when a report was asked for. A report says what was true some time after
/// that and before its answer, so only what did not move in between can be compared.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// When, and what engine time it was.
    pub(super) wall: Wall,
    pub(super) at: Timestamp,
    /// Orders without a definitive answer: if they are not in the report, they were not at the venue.
    pub(super) unknown: BTreeSet<ClientOrderId>,
    /// Positions, by market.
    pub(super) positions: BTreeMap<MarketId, Quantity>,
    /// Markets in which orders of ours could trade.
    busy: BTreeSet<MarketId>,
    /// Orders that could trade.
    live: BTreeSet<ClientOrderId>,
    /// The next order.
    next: ClientOrderId,
    /// The cash, and between what the venue's may have been.
    pub(super) cash: Option<Usd>,
    pub(super) between: Between,
    /// Nothing at all was under way.
    calm: bool,
    /// The venue took and answered orders, as far as we knew.
    pub(super) processes: bool,
}

impl Asked {
    pub(super) fn of(engine: &Engine, markets: &Markets, wall: Wall) -> Self {
        let live = engine.orders().live();
        let tradable = live.iter().filter(|order| order.phase.is_live());
        let unknown = live.iter().filter(|order| order.phase == Phase::Unknown);
        Self {
            wall,
            at: engine.now(),
            unknown: unknown.map(|order| order.id()).collect(),
            positions: positions(engine),
            busy: busy(engine),
            live: tradable.map(statecraft_engine::orders::OrderRecord::id).collect(),
            next: engine.orders().next_id(),
            cash: engine.cash(Venue::Kalshi),
            between: Between::of(engine, None, markets),
            calm: live.is_empty(),
            processes: processes(engine.controls().condition(Venue::Kalshi)),
        }
    }

    /// Was an order of ours over when it was asked?
    pub(super) fn is_over(&self, order: ClientOrderId) -> bool {
        order.sequence < self.next.sequence && !self.live.contains(&order)
    }

    /// Nothing was under way, all the time since it was asked.
    pub(super) fn is_calm(&self, engine: &Engine) -> bool {
        let orders = engine.orders();
        self.calm && orders.live().is_empty() && orders.next_id() == self.next
    }

    /// Could an order of ours trade there since it was asked?
    pub(super) fn is_busy(&self, engine: &Engine, market: MarketId) -> bool {
        self.busy.contains(&market)
            || engine.orders().live().iter().any(|order| order.request.market == market)
    }
}

/// Markets in which orders of ours can trade or have fills outstanding.
fn busy(engine: &Engine) -> BTreeSet<MarketId> {
    engine.orders().live().iter().map(|order| order.request.market).collect()
}

/// Positions of all markets.
pub(super) fn positions(engine: &Engine) -> BTreeMap<MarketId, Quantity> {
    let markets = engine.markets().iter().map(statecraft_engine::market::MarketState::id);
    markets.map(|market| (market, engine.position(market).quantity)).collect()
}
