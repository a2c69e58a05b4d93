//! The `msg` part of websocket data frames: kalshi.md section 4.5.

use serde::Serialize;

use super::market::{Level, PriceRange};

#[derive(Debug, Clone, Serialize)]
pub(crate) struct BookSnapshot {
    pub(crate) market_ticker: String,
    pub(crate) market_id: String,
    /// Absent when that side is empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) yes_dollars_fp: Vec<Level>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) no_dollars_fp: Vec<Level>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct BookDelta {
    pub(crate) market_ticker: String,
    pub(crate) market_id: String,
    pub(crate) price_dollars: String,
    pub(crate) delta_fp: String,
    pub(crate) side: &'static str,
    /// On a change that an own order caused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_order_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subaccount: Option<u32>,
    pub(crate) ts: String,
    pub(crate) ts_ms: i64,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Ticker {
    pub(crate) market_ticker: String,
    pub(crate) market_id: String,
    pub(crate) price_dollars: String,
    pub(crate) yes_bid_dollars: String,
    pub(crate) yes_ask_dollars: String,
    pub(crate) volume_fp: String,
    pub(crate) open_interest_fp: String,
    pub(crate) dollar_volume: i64,
    pub(crate) dollar_open_interest: i64,
    pub(crate) yes_bid_size_fp: String,
    pub(crate) yes_ask_size_fp: String,
    pub(crate) last_trade_size_fp: String,
    pub(crate) ts: i64,
    pub(crate) ts_ms: i64,
    pub(crate) time: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Trade {
    pub(crate) trade_id: String,
    pub(crate) market_ticker: String,
    pub(crate) yes_price_dollars: String,
    pub(crate) no_price_dollars: String,
    pub(crate) count_fp: String,
    pub(crate) taker_side: &'static str,
    pub(crate) taker_outcome_side: &'static str,
    pub(crate) taker_book_side: &'static str,
    pub(crate) is_block_trade: bool,
    pub(crate) ts: i64,
    pub(crate) ts_ms: i64,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Fill {
    pub(crate) trade_id: String,
    pub(crate) order_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_order_id: Option<String>,
    pub(crate) market_ticker: String,
    pub(crate) exchange_index: u32,
    pub(crate) is_taker: bool,
    pub(crate) side: &'static str,
    pub(crate) action: &'static str,
    pub(crate) outcome_side: &'static str,
    pub(crate) book_side: &'static str,
    pub(crate) purchased_side: &'static str,
    pub(crate) yes_price_dollars: String,
    pub(crate) count_fp: String,
    pub(crate) fee_cost: String,
    pub(crate) post_position_fp: String,
    pub(crate) ts: i64,
    pub(crate) ts_ms: i64,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct UserOrder {
    pub(crate) order_id: String,
    pub(crate) user_id: String,
    pub(crate) ticker: String,
    pub(crate) exchange_index: u32,
    pub(crate) status: &'static str,
    pub(crate) side: &'static str,
    pub(crate) is_yes: bool,
    pub(crate) outcome_side: &'static str,
    pub(crate) book_side: &'static str,
    pub(crate) yes_price_dollars: String,
    pub(crate) fill_count_fp: String,
    pub(crate) remaining_count_fp: String,
    pub(crate) initial_count_fp: String,
    pub(crate) taker_fill_cost_dollars: String,
    pub(crate) maker_fill_cost_dollars: String,
    pub(crate) taker_fees_dollars: String,
    pub(crate) maker_fees_dollars: String,
    pub(crate) client_order_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order_group_id: Option<String>,
    pub(crate) self_trade_prevention_type: &'static str,
    pub(crate) created_time: String,
    pub(crate) created_ts_ms: i64,
    pub(crate) last_update_time: String,
    pub(crate) last_updated_ts_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expiration_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expiration_ts_ms: Option<i64>,
    pub(crate) subaccount_number: u32,
    pub(crate) last_update_reason: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct MarketPosition {
    pub(crate) user_id: String,
    pub(crate) market_ticker: String,
    pub(crate) position_fp: String,
    pub(crate) position_cost_dollars: String,
    pub(crate) realized_pnl_dollars: String,
    pub(crate) fees_paid_dollars: String,
    pub(crate) position_fee_cost_dollars: String,
    pub(crate) volume_fp: String,
    pub(crate) subaccount: u32,
}

/// `created` on `market_lifecycle_v2`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MarketCreated {
    pub(crate) market_ticker: String,
    pub(crate) event_type: &'static str,
    pub(crate) exchange_index: u32,
    pub(crate) open_ts: i64,
    pub(crate) close_ts: i64,
    pub(crate) price_level_structure: &'static str,
    pub(crate) price_ranges: Vec<PriceRange>,
    pub(crate) additional_metadata: MarketCreatedMetadata,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct MarketCreatedMetadata {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) yes_sub_title: String,
    pub(crate) no_sub_title: String,
    pub(crate) rules_primary: String,
    pub(crate) rules_secondary: String,
    pub(crate) can_close_early: bool,
    pub(crate) event_ticker: String,
    pub(crate) expected_expiration_ts: i64,
}

/// Every other change on `market_lifecycle_v2`; fields that the change does not have are absent.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct MarketChange {
    pub(crate) market_ticker: String,
    pub(crate) event_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_deactivated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) close_ts: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) result: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) determination_ts: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) settlement_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) settled_ts: Option<i64>,
}

/// `event_lifecycle`, which comes on the market channel.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EventLifecycle {
    pub(crate) event_ticker: String,
    pub(crate) exchange_index: u32,
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) collateral_return_type: &'static str,
    pub(crate) series_ticker: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct OrderGroupUpdate {
    pub(crate) event_type: &'static str,
    pub(crate) order_group_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) contracts_limit_fp: Option<String>,
    pub(crate) ts_ms: i64,
}
