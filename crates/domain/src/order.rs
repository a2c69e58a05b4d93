//! Orders and fills, and the types that keep an unchecked or unjournaled order from being sent.

use serde::{Deserialize, Serialize};

use crate::{
    ClientOrderId, Liquidity, MarketId, Price, Quantity, Side, StrategyId, Timestamp, TradeId, Usd,
    VenueOrderId,
};

/// How long an order lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeInForce {
    /// Fill what is there now, drop the rest.
    ImmediateOrCancel,
    /// Fill everything now or nothing.
    FillOrKill,
    /// Rest until filled, cancelled or expired.
    GoodTilCancelled {
        /// The venue ends the order at this instant by itself.
        expires: Option<Timestamp>,
    },
}

impl TimeInForce {
    /// May what does not fill at once rest in the book?
    #[must_use]
    pub const fn rests(self) -> bool {
        matches!(self, Self::GoodTilCancelled { .. })
    }
}

/// What happens when an order would meet another order of the same account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelfTradePrevention {
    /// The incoming order's rest is cancelled at the first such meeting.
    CancelTaker,
    /// The resting order is cancelled and matching goes on.
    CancelMaker,
}

/// An order as the engine wants it. Prices and sides are in normal form (YES book).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderRequest {
    /// Our name for it.
    pub id: ClientOrderId,
    /// Whose decision it was.
    pub strategy: StrategyId,
    /// Where.
    pub market: MarketId,
    /// Buy or sell YES.
    pub side: Side,
    /// Worst YES price accepted.
    pub price: Price,
    /// How many contracts; above zero.
    pub quantity: Quantity,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// Refuse rather than take.
    pub post_only: bool,
    /// Never grow or flip the position.
    pub reduce_only: bool,
    /// Own orders on the other side.
    pub self_trade_prevention: SelfTradePrevention,
    /// The instant of the decision; the gateway drops the order when it is older than the limit.
    pub decided_at: Timestamp,
}

/// A thing that passed every pre-trade check. Made in one place only, the engine's risk gate; the
/// test `architecture` holds that.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RiskApproved<T>(T);

impl<T> RiskApproved<T> {
    /// To be called by the risk gate and by nobody else.
    #[must_use]
    pub const fn by_risk_gate(order: T) -> Self {
        Self(order)
    }

    /// Looks inside.
    #[must_use]
    pub const fn get(&self) -> &T {
        &self.0
    }

    /// Takes it out, giving up the proof.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// One execution of one of our orders.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fill {
    /// The venue's trade; together with `order` it identifies the fill.
    pub trade: TradeId,
    /// Our order.
    pub order: ClientOrderId,
    /// The venue's name of our order.
    pub venue_order: VenueOrderId,
    /// Where.
    pub market: MarketId,
    /// The side of *our* order.
    pub side: Side,
    /// YES price of the execution.
    pub price: Price,
    /// Contracts; above zero.
    pub quantity: Quantity,
    /// Did we take or make?
    pub liquidity: Liquidity,
    /// What it cost, net, as the venue reports it.
    pub fee: Usd,
    /// The venue's time of the trade.
    pub venue_at: Timestamp,
}

/// How an order came to its end, other than by being filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// We asked for it.
    Cancelled,
    /// The rest of an immediate order, a fill-or-kill that could not fill, or a post-only order that would have taken.
    ImmediateRest,
    /// Its own expiry passed.
    Expired,
    /// It met another order of the account.
    SelfTrade,
    /// The market closed, paused or settled.
    MarketClosed,
    /// The venue removed it for another reason of its own.
    VenueRemoved,
    /// Proved by reconciliation never to have reached the book.
    NotPlaced,
}
