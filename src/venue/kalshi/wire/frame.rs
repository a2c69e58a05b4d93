//! Websocket frames, both directions.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use statecraft_domain::{Price, Quantity, Usd};

use super::{BookSide, OrderbookLevel, OutcomeSide, PriceRange, UnknownFields};

/// The outside of every frame from the venue. `sid` and `seq` of an acknowledgement may be absent.
#[derive(Debug, Deserialize)]
pub struct Envelope<'a> {
    /// Not always the channel's name.
    #[serde(rename = "type", borrow)]
    pub kind: std::borrow::Cow<'a, str>,
    /// Subscription; nested in `msg` for `subscribed`.
    #[serde(default)]
    pub sid: Option<u64>,
    /// Running number of the subscription.
    #[serde(default)]
    pub seq: Option<u64>,
    /// Echo of the command.
    #[serde(default)]
    pub id: Option<u64>,
    /// When the venue sent it, Unix milliseconds.
    #[serde(default)]
    pub sending_ts_ms: Option<i64>,
    /// The payload, by type.
    #[serde(default, borrow)]
    pub msg: Option<&'a RawValue>,
}

/// `subscribed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscribedMsg {
    /// Which channel.
    pub channel: String,
    /// Its subscription.
    pub sid: u64,
}

/// `ok` after `update_subscription`: the full list now. Absent with short acknowledgements.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OkMsg {
    /// Every ticker of the subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market_tickers: Option<Vec<String>>,
}

/// `error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorMsg {
    /// 10 and 25 end the subscription.
    pub code: u32,
    /// For people.
    #[serde(default)]
    pub msg: String,
    /// Which market, if one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market_ticker: Option<String>,
    /// Which markets, if several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market_tickers: Option<Vec<String>>,
}

/// `orderbook_snapshot`; a side's key is absent when the side is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotMsg {
    /// Market.
    pub market_ticker: String,
    /// The venue's inner name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market_id: Option<String>,
    /// Bids for YES.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub yes_dollars_fp: Vec<OrderbookLevel>,
    /// Bids for NO.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_dollars_fp: Vec<OrderbookLevel>,
    /// Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts_ms: Option<i64>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// `orderbook_delta`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeltaMsg {
    /// Market.
    pub market_ticker: String,
    /// The venue's inner name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market_id: Option<String>,
    /// Price on the side's own outcome (unless the YES scale was asked for).
    #[serde(with = "super::price")]
    pub price_dollars: Price,
    /// Signed change.
    #[serde(with = "super::count")]
    pub delta_fp: Quantity,
    /// Which ladder.
    pub side: OutcomeSide,
    /// Deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts: Option<String>,
    /// Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts_ms: Option<i64>,
    /// Ours, if our order caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
    /// Whose, if our order caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subaccount: Option<u64>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// `ticker`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickerMsg {
    /// Market.
    pub market_ticker: String,
    /// The venue's inner name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market_id: Option<String>,
    /// Last price; zero: none.
    #[serde(with = "super::price")]
    pub price_dollars: Price,
    /// Zero: no bid.
    #[serde(with = "super::price")]
    pub yes_bid_dollars: Price,
    /// One: no ask.
    #[serde(with = "super::price")]
    pub yes_ask_dollars: Price,
    /// Contracts traded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_fp: Option<String>,
    /// Contracts open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_interest_fp: Option<String>,
    /// Whole dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dollar_volume: Option<i64>,
    /// Whole dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dollar_open_interest: Option<i64>,
    /// Size of the bid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yes_bid_size_fp: Option<String>,
    /// Size of the ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yes_ask_size_fp: Option<String>,
    /// Size of the last trade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_trade_size_fp: Option<String>,
    /// Deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts: Option<i64>,
    /// Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts_ms: Option<i64>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// `trade`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeMsg {
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trade_id: Option<String>,
    /// Market.
    pub market_ticker: String,
    /// YES price.
    #[serde(with = "super::price")]
    pub yes_price_dollars: Price,
    /// NO price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_price_dollars: Option<String>,
    /// Contracts.
    #[serde(with = "super::count")]
    pub count_fp: Quantity,
    /// Deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taker_side: Option<String>,
    /// What the taker bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taker_outcome_side: Option<OutcomeSide>,
    /// The taker's side; recordings from before it existed have the outcome only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taker_book_side: Option<BookSide>,
    /// Agreed off the book?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_block_trade: Option<bool>,
    /// Deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts: Option<i64>,
    /// Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts_ms: Option<i64>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// `fill`: one of the account's orders traded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FillMsg {
    /// With `order_id` it identifies the fill.
    pub trade_id: String,
    /// The venue's name of the order.
    pub order_id: String,
    /// Ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
    /// Market.
    pub market_ticker: String,
    /// Shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange_index: Option<i32>,
    /// Did we take?
    pub is_taker: bool,
    /// Outcome bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome_side: Option<OutcomeSide>,
    /// Our side of the YES book.
    pub book_side: BookSide,
    /// YES price, for NO fills too.
    #[serde(with = "super::price")]
    pub yes_price_dollars: Price,
    /// Contracts.
    #[serde(with = "super::count")]
    pub count_fp: Quantity,
    /// Net fee.
    #[serde(with = "super::usd6")]
    pub fee_cost: Usd,
    /// Position after it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::optional_count")]
    pub post_position_fp: Option<Quantity>,
    /// Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts: Option<i64>,
    /// Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts_ms: Option<i64>,
    /// 0 to 63.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subaccount: Option<u8>,
    /// Deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<String>,
    /// Deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchased_side: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// State in a `user_order` frame. `unknown` is a documented value; it is an error to act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserOrderStatus {
    /// In the book.
    Resting,
    /// Over, perhaps partly filled.
    Canceled,
    /// Filled whole.
    Executed,
    /// The venue does not know.
    Unknown,
}

/// `user_order`: one of the account's orders changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserOrderMsg {
    /// The venue's name.
    pub order_id: String,
    /// Ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
    /// Market (`ticker`, not `market_ticker`).
    pub ticker: String,
    /// State.
    pub status: UserOrderStatus,
    /// Side of the YES book.
    pub book_side: BookSide,
    /// YES price.
    #[serde(with = "super::price")]
    pub yes_price_dollars: Price,
    /// Filled.
    #[serde(with = "super::count")]
    pub fill_count_fp: Quantity,
    /// Resting.
    #[serde(with = "super::count")]
    pub remaining_count_fp: Quantity,
    /// As placed.
    #[serde(with = "super::count")]
    pub initial_count_fp: Quantity,
    /// Why it changed; an open enum at the venue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_update_reason: Option<String>,
    /// Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_ts_ms: Option<i64>,
    /// Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_updated_ts_ms: Option<i64>,
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange_index: Option<i32>,
    /// Outcome that grows when it fills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome_side: Option<OutcomeSide>,
    /// Cost of the contracts taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taker_fill_cost_dollars: Option<String>,
    /// Cost of the contracts made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker_fill_cost_dollars: Option<String>,
    /// Fees as taker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taker_fees_dollars: Option<String>,
    /// Fees as maker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker_fees_dollars: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_time: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_update_time: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_time: Option<String>,
    /// Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_ts_ms: Option<i64>,
    /// Its group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_group_id: Option<String>,
    /// At a cross with an own order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_trade_prevention_type: Option<String>,
    /// 0 to 63.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subaccount_number: Option<u8>,
    /// Deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<String>,
    /// Deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_yes: Option<bool>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// `market_position`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PositionMsg {
    /// Market.
    pub market_ticker: String,
    /// Signed: YES positive.
    #[serde(with = "super::count")]
    pub position_fp: Quantity,
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Cost of what is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position_cost_dollars: Option<String>,
    /// Profit taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub realized_pnl_dollars: Option<String>,
    /// Fees paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fees_paid_dollars: Option<String>,
    /// Fees of what is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position_fee_cost_dollars: Option<String>,
    /// Contracts traded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_fp: Option<String>,
    /// 0 to 63.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subaccount: Option<u8>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// `market_lifecycle_v2`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleMsg {
    /// Market.
    pub market_ticker: String,
    /// `created`, `activated`, `deactivated`, `close_date_updated`, `determined`, `settled`,
    /// `price_level_structure_updated`, `metadata_updated`; others are tolerated.
    pub event_type: String,
    /// Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_ts: Option<i64>,
    /// Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_ts: Option<i64>,
    /// New prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_ranges: Option<Vec<PriceRange>>,
    /// `yes`, `no` or `scalar`; checked when used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// What one YES pays.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::optional_price")]
    pub settlement_value: Option<Price>,
    /// Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub determination_ts: Option<i64>,
    /// Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_ts: Option<i64>,
    /// Shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange_index: Option<i32>,
    /// A name; the ranges say what counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_level_structure: Option<String>,
    /// Paused?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_deactivated: Option<bool>,
    /// With `created`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_metadata: Option<LifecycleMetadata>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// What `created` says about a market.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LifecycleMetadata {
    /// For people.
    #[serde(default)]
    pub title: String,
    /// What YES means.
    #[serde(default)]
    pub yes_sub_title: String,
    /// Its event.
    #[serde(default)]
    pub event_ticker: String,
}

/// A command to the venue. Ids start at 1: the venue takes 0 for none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Echoed in the answer.
    pub id: u64,
    /// `subscribe`, `unsubscribe`, `update_subscription`, `list_subscriptions`.
    pub cmd: String,
    /// By command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<CommandParams>,
}

/// What an `update_subscription` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateAction {
    /// More markets.
    AddMarkets,
    /// Fewer markets.
    DeleteMarkets,
    /// A fresh snapshot; the subscription stays as it is.
    GetSnapshot,
}

/// Parameters of any command; those that a command has not stay away.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CommandParams {
    /// To subscribe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<Vec<String>>,
    /// One market.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market_ticker: Option<String>,
    /// Markets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market_tickers: Option<Vec<String>>,
    /// Subscriptions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sids: Option<Vec<u64>>,
    /// Subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<u64>,
    /// What to do with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<UpdateAction>,
    /// NO levels on the YES scale; always sent, because the venue's default is about to flip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_yes_price: Option<bool>,
    /// Of the ticker channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_initial_snapshot: Option<bool>,
    /// Short acknowledgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_ticker_ack: Option<bool>,
}
