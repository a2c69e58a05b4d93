//! Orders: the V2 writes under `/portfolio/events/orders`, the reads under `/portfolio/orders`, and
//! order groups.

use serde::{Deserialize, Serialize};
use statecraft_domain::{Price, Quantity, Side, Timestamp, Usd};

use super::{ErrorBody, UnknownFields};

/// Side of the one YES book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BookSide {
    /// Buys YES.
    Bid,
    /// Sells YES.
    Ask,
}

impl From<Side> for BookSide {
    fn from(side: Side) -> Self {
        match side {
            Side::Bid => Self::Bid,
            Side::Ask => Self::Ask,
        }
    }
}

impl From<BookSide> for Side {
    fn from(side: BookSide) -> Self {
        match side {
            BookSide::Bid => Self::Bid,
            BookSide::Ask => Self::Ask,
        }
    }
}

/// Outcome that an order or a trade buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeSide {
    /// YES.
    Yes,
    /// NO.
    No,
}

/// How long an order lives; good-till-date is `GoodTillCanceled` with an expiration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeInForce {
    /// Rests.
    GoodTillCanceled,
    /// Takes what is there.
    ImmediateOrCancel,
    /// All or nothing.
    FillOrKill,
}

/// What happens at a cross with an own order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelfTradePrevention {
    /// The incoming order's rest is cancelled.
    TakerAtCross,
    /// The resting order is cancelled.
    Maker,
}

/// Body of `POST /portfolio/events/orders`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateOrder {
    /// Market.
    pub ticker: String,
    /// Always the YES leg.
    pub side: BookSide,
    /// Contracts.
    #[serde(with = "super::count")]
    pub count: Quantity,
    /// Always the YES price.
    #[serde(with = "super::price")]
    pub price: Price,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// What happens at a cross with an own order.
    pub self_trade_prevention_type: SelfTradePrevention,
    /// Our name, unique for ever per account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
    /// Unix seconds, in the future.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_time: Option<i64>,
    /// Refuse rather than take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_only: Option<bool>,
    /// The venue cancels it when trading pauses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_order_on_pause: Option<bool>,
    /// Caps the count to the position; immediate orders only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduce_only: Option<bool>,
    /// 0 to 63.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subaccount: Option<u8>,
    /// Group with a rolling contract limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_group_id: Option<String>,
    /// Shard; absent routes by ticker (and bills every shard).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange_index: Option<i32>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// Answer to a create: the venue has the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateAck {
    /// The venue's name.
    pub order_id: String,
    /// Ours, if one was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
    /// Filled at once.
    #[serde(with = "super::count")]
    pub fill_count: Quantity,
    /// Resting now.
    #[serde(with = "super::count")]
    pub remaining_count: Quantity,
    /// Unix milliseconds.
    pub ts_ms: i64,
    /// Per contract, if something filled.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::optional_usd")]
    pub average_fill_price: Option<Usd>,
    /// Per contract, if something filled.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::optional_usd")]
    pub average_fee_paid: Option<Usd>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// Answer to `DELETE /portfolio/events/orders/{order_id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelAck {
    /// Which order.
    pub order_id: String,
    /// Ours; recorded answers omit it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
    /// Contracts taken out of the book.
    #[serde(with = "super::count")]
    pub reduced_by: Quantity,
    /// Unix milliseconds.
    pub ts_ms: i64,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// Body of `POST .../{order_id}/amend`. `count` is the total: filled plus wanted resting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmendOrder {
    /// Market; must match the order.
    pub ticker: String,
    /// Side; must match the order.
    pub side: BookSide,
    /// New YES price.
    #[serde(with = "super::price")]
    pub price: Price,
    /// Already filled plus wanted resting.
    #[serde(with = "super::count")]
    pub count: Quantity,
    /// The order's present client id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
    /// Its client id from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_client_order_id: Option<String>,
    /// Absent keeps, 0 clears, else Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_time: Option<i64>,
    /// Shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange_index: Option<i32>,
}

/// Answer to an amend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmendAck {
    /// Which order.
    pub order_id: String,
    /// Ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
    /// Resting now.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::optional_count")]
    pub remaining_count: Option<Quantity>,
    /// Fills that the amend itself caused.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::optional_count")]
    pub fill_count: Option<Quantity>,
    /// Unix milliseconds.
    pub ts_ms: i64,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// Body of `POST .../{order_id}/decrease`: exactly one of the two counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DecreaseOrder {
    /// Take this many out.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::optional_count")]
    pub reduce_by: Option<Quantity>,
    /// Leave this many.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::optional_count")]
    pub reduce_to: Option<Quantity>,
    /// Shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange_index: Option<i32>,
    /// Market, to find the shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market_ticker: Option<String>,
}

/// Answer to a decrease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecreaseAck {
    /// Which order.
    pub order_id: String,
    /// Ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
    /// Resting now.
    #[serde(with = "super::count")]
    pub remaining_count: Quantity,
    /// Unix milliseconds.
    pub ts_ms: i64,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// Body of `POST .../batched`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchCreate {
    /// In this order.
    pub orders: Vec<CreateOrder>,
}

/// Answer to a batch create, items in request order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchCreateAck {
    /// One per request.
    pub orders: Vec<BatchCreateItemAck>,
}

/// One answer of a batch: an order or an error.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BatchCreateItemAck {
    /// The venue's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
    /// Filled at once.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::optional_count")]
    pub fill_count: Option<Quantity>,
    /// Resting now.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::optional_count")]
    pub remaining_count: Option<Quantity>,
    /// Per contract.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::optional_usd")]
    pub average_fill_price: Option<Usd>,
    /// Per contract.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::optional_usd")]
    pub average_fee_paid: Option<Usd>,
    /// Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts_ms: Option<i64>,
    /// Why not, in the flat shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorBody>,
}

/// Body of `DELETE .../batched` (a DELETE with a body).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchCancel {
    /// Which orders.
    pub orders: Vec<BatchCancelItem>,
}

/// One order to cancel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchCancelItem {
    /// The venue's name.
    pub order_id: String,
    /// 0 to 63.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subaccount: Option<u8>,
    /// Shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange_index: Option<i32>,
    /// Market, to find the shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market_ticker: Option<String>,
}

/// Answer to a batch cancel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchCancelAck {
    /// One per request.
    pub orders: Vec<BatchCancelItemAck>,
}

/// One answer of a batch cancel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchCancelItemAck {
    /// Which order.
    pub order_id: String,
    /// Contracts taken out of the book.
    #[serde(with = "super::count")]
    pub reduced_by: Quantity,
    /// Ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
    /// Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts_ms: Option<i64>,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorBody>,
}

/// State of an order as read back. There is no pending and no partially-filled state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderStatus {
    /// In the book, perhaps partly filled.
    Resting,
    /// Over, perhaps partly filled.
    Canceled,
    /// Filled whole.
    Executed,
}

impl OrderStatus {
    /// The filter value of list queries.
    #[must_use]
    pub const fn filter(self) -> &'static str {
        match self {
            Self::Resting => "resting",
            Self::Canceled => "canceled",
            Self::Executed => "executed",
        }
    }
}

/// An order as `GET /portfolio/orders*` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The venue's name.
    pub order_id: String,
    /// Whose.
    #[serde(default)]
    pub user_id: String,
    /// Ours; empty if none was given.
    pub client_order_id: String,
    /// Market.
    pub ticker: String,
    /// Outcome that grows when it fills.
    pub outcome_side: OutcomeSide,
    /// Side of the YES book.
    pub book_side: BookSide,
    /// Always `limit`.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// State.
    pub status: OrderStatus,
    /// YES price.
    #[serde(with = "super::price")]
    pub yes_price_dollars: Price,
    /// NO price.
    #[serde(with = "super::price")]
    pub no_price_dollars: Price,
    /// Filled.
    #[serde(with = "super::count")]
    pub fill_count_fp: Quantity,
    /// Resting; zero once cancelled.
    #[serde(with = "super::count")]
    pub remaining_count_fp: Quantity,
    /// As placed.
    #[serde(with = "super::count")]
    pub initial_count_fp: Quantity,
    /// Cost of the contracts taken.
    #[serde(with = "super::usd6")]
    pub taker_fill_cost_dollars: Usd,
    /// Cost of the contracts made.
    #[serde(with = "super::usd6")]
    pub maker_fill_cost_dollars: Usd,
    /// Fees as taker.
    #[serde(with = "super::usd6")]
    pub taker_fees_dollars: Usd,
    /// Fees as maker.
    #[serde(with = "super::usd6")]
    pub maker_fees_dollars: Usd,
    /// When it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::time::optional")]
    pub expiration_time: Option<Timestamp>,
    /// When it was placed.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::time::optional")]
    pub created_time: Option<Timestamp>,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::time::optional")]
    pub last_update_time: Option<Timestamp>,
    /// Why it last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_update_reason: Option<String>,
    /// At a cross with an own order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_trade_prevention_type: Option<String>,
    /// Its group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_group_id: Option<String>,
    /// Cancelled when trading pauses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_order_on_pause: Option<bool>,
    /// 0 to 63.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subaccount_number: Option<u8>,
    /// Shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange_index: Option<i32>,
    /// Deprecated; written by venues, read by nobody here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<String>,
    /// Deprecated; written by venues, read by nobody here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// Answer to `GET /portfolio/orders/{order_id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderResponse {
    /// The order.
    pub order: Order,
}

/// One page of `GET /portfolio/orders`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPage {
    /// Newest first.
    pub orders: Vec<Order>,
    /// Empty or null on the last page.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Body of `POST /portfolio/order_groups/create`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderGroupCreate {
    /// Contracts that may match in any 15 seconds.
    #[serde(with = "super::count")]
    pub contracts_limit_fp: Quantity,
    /// 0 to 63.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subaccount: Option<u8>,
    /// Shard; groups do not span shards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange_index: Option<i32>,
}

/// Answer to the creation of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderGroupCreated {
    /// Its name.
    pub order_group_id: String,
    /// 0 to 63.
    #[serde(default)]
    pub subaccount: u8,
    /// Shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange_index: Option<i32>,
}

/// One order group in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderGroupItem {
    /// Its name.
    pub id: String,
}

/// The account's order groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderGroups {
    /// All of them.
    #[serde(default)]
    pub order_groups: Vec<OrderGroupItem>,
}
