//! The account: cash, positions, fills, settlements, limits.

use serde::{Deserialize, Serialize};
use statecraft_domain::{Price, Quantity, Timestamp, Usd};

use super::{BookSide, MarketResult, OutcomeSide, UnknownFields};

/// Answer to `GET /portfolio/balance`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Cash in cents, truncated.
    pub balance: i64,
    /// Cash, exact.
    #[serde(with = "super::usd4")]
    pub balance_dollars: Usd,
    /// Value of the positions in cents, cash excluded.
    pub portfolio_value: i64,
    /// Unix seconds.
    pub updated_ts: i64,
    /// Cash by shard: an order can spend only its own shard's.
    #[serde(default)]
    pub balance_breakdown: Vec<ShardBalance>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// Cash on one shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardBalance {
    /// Shard.
    pub exchange_index: i32,
    /// Cash there.
    #[serde(with = "super::usd4")]
    pub balance: Usd,
}

/// A position in one market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketPosition {
    /// Market.
    pub ticker: String,
    /// Shard.
    #[serde(default)]
    pub exchange_index: i32,
    /// Ever traded.
    #[serde(with = "super::usd6")]
    pub total_traded_dollars: Usd,
    /// Signed: YES positive, NO negative.
    #[serde(with = "super::count")]
    pub position_fp: Quantity,
    /// Cost of what is open, without fees.
    #[serde(with = "super::usd6")]
    pub market_exposure_dollars: Usd,
    /// Profit taken.
    #[serde(with = "super::usd6")]
    pub realized_pnl_dollars: Usd,
    /// Fees paid.
    #[serde(with = "super::usd6")]
    pub fees_paid_dollars: Usd,
    /// When it last changed.
    #[serde(default, with = "super::time::optional")]
    pub last_updated_ts: Option<Timestamp>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// Positions of one event together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPosition {
    /// Event.
    pub event_ticker: String,
    /// Cost ever.
    #[serde(with = "super::usd6")]
    pub total_cost_dollars: Usd,
    /// Contracts ever.
    #[serde(with = "super::count")]
    pub total_cost_shares_fp: Quantity,
    /// Cost of what is open.
    #[serde(with = "super::usd6")]
    pub event_exposure_dollars: Usd,
    /// Profit taken.
    #[serde(with = "super::usd6")]
    pub realized_pnl_dollars: Usd,
    /// Fees paid.
    #[serde(with = "super::usd6")]
    pub fees_paid_dollars: Usd,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// One page of `GET /portfolio/positions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PositionPage {
    /// By market.
    pub market_positions: Vec<MarketPosition>,
    /// By event.
    #[serde(default)]
    pub event_positions: Vec<EventPosition>,
    /// Empty or null on the last page.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// A fill as `GET /portfolio/fills` shows it: without a client order id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// Same as the trade.
    pub fill_id: String,
    /// With `order_id` it identifies the fill.
    pub trade_id: String,
    /// Shard.
    #[serde(default)]
    pub exchange_index: i32,
    /// The venue's name of the order.
    pub order_id: String,
    /// Market.
    pub ticker: String,
    /// Market, again.
    #[serde(default)]
    pub market_ticker: String,
    /// Outcome bought.
    pub outcome_side: OutcomeSide,
    /// Our side of the YES book.
    pub book_side: BookSide,
    /// Contracts.
    #[serde(with = "super::count")]
    pub count_fp: Quantity,
    /// YES price, for NO fills too.
    #[serde(with = "super::price")]
    pub yes_price_dollars: Price,
    /// NO price.
    #[serde(with = "super::price")]
    pub no_price_dollars: Price,
    /// Did we take?
    pub is_taker: bool,
    /// Net fee.
    #[serde(with = "super::usd6")]
    pub fee_cost: Usd,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::time::optional")]
    pub created_time: Option<Timestamp>,
    /// Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts: Option<i64>,
    /// 0 to 63.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subaccount_number: Option<u8>,
    /// Deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<String>,
    /// Deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// One page of `GET /portfolio/fills`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FillPage {
    /// Newest first.
    pub fills: Vec<Fill>,
    /// Empty or null on the last page.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// A paid-out market as `GET /portfolio/settlements` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Market.
    pub ticker: String,
    /// Shard.
    #[serde(default)]
    pub exchange_index: i32,
    /// Event.
    #[serde(default)]
    pub event_ticker: String,
    /// How it ended.
    pub market_result: MarketResult,
    /// YES contracts held.
    #[serde(with = "super::count")]
    pub yes_count_fp: Quantity,
    /// What they cost.
    #[serde(with = "super::usd6")]
    pub yes_total_cost_dollars: Usd,
    /// NO contracts held.
    #[serde(with = "super::count")]
    pub no_count_fp: Quantity,
    /// What they cost.
    #[serde(with = "super::usd6")]
    pub no_total_cost_dollars: Usd,
    /// Cents paid.
    pub revenue: i64,
    /// When.
    #[serde(with = "super::time")]
    pub settled_time: Timestamp,
    /// Fee of the settlement.
    #[serde(with = "super::usd6")]
    pub fee_cost: Usd,
    /// Cents per YES contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<i64>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// One page of `GET /portfolio/settlements`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettlementPage {
    /// Newest first.
    pub settlements: Vec<Settlement>,
    /// Empty or null on the last page.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Size and speed of a token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketLimits {
    /// Tokens a second.
    pub refill_rate: u32,
    /// Most tokens at once.
    pub bucket_capacity: u32,
}

/// Answer to `GET /account/limits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLimits {
    /// `basic`, `advanced` and so on.
    #[serde(default)]
    pub usage_tier: String,
    /// For GETs.
    pub read: BucketLimits,
    /// For orders and groups.
    pub write: BucketLimits,
    /// Anything else (grants).
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// What one endpoint costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointCost {
    /// HTTP method.
    pub method: String,
    /// Path with placeholders in braces, with or without the API root.
    pub path: String,
    /// Tokens.
    pub cost: u32,
}

/// Answer to `GET /account/endpoint_costs`: what differs from the default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointCosts {
    /// For everything not listed.
    pub default_cost: u32,
    /// Exceptions.
    #[serde(default)]
    pub endpoint_costs: Vec<EndpointCost>,
}
