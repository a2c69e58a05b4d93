//! Orders, acknowledgements, groups, fills: kalshi.md sections 3.5 to 3.8.

use serde::Serialize;

use crate::simulator::kalshi::error::Coded;

/// An order as it is read back.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Order {
    pub(crate) order_id: String,
    pub(crate) user_id: String,
    pub(crate) client_order_id: String,
    pub(crate) ticker: String,
    pub(crate) side: &'static str,
    pub(crate) action: &'static str,
    pub(crate) outcome_side: &'static str,
    pub(crate) book_side: &'static str,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) status: &'static str,
    pub(crate) yes_price_dollars: String,
    pub(crate) no_price_dollars: String,
    pub(crate) fill_count_fp: String,
    pub(crate) remaining_count_fp: String,
    pub(crate) initial_count_fp: String,
    pub(crate) taker_fill_cost_dollars: String,
    pub(crate) maker_fill_cost_dollars: String,
    pub(crate) taker_fees_dollars: String,
    pub(crate) maker_fees_dollars: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expiration_time: Option<String>,
    pub(crate) created_time: String,
    pub(crate) last_update_time: String,
    pub(crate) self_trade_prevention_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order_group_id: Option<String>,
    pub(crate) cancel_order_on_pause: bool,
    pub(crate) subaccount_number: u32,
    pub(crate) exchange_index: u32,
}

/// The answer to a create or an amend; also one entry of a batch.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Ack {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_order_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fill_count: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remaining_count: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) average_fill_price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) average_fee_paid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ts_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Coded>,
}

/// The answer to a cancel; also one entry of a batch.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CancelAck {
    pub(crate) order_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_order_id: Option<String>,
    pub(crate) reduced_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ts_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Coded>,
}

/// The answer to a decrease.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DecreaseAck {
    pub(crate) order_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_order_id: Option<String>,
    pub(crate) remaining_count: String,
    pub(crate) ts_ms: i64,
}

/// Where a resting order stands.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct QueuePosition {
    pub(crate) order_id: String,
    pub(crate) market_ticker: String,
    pub(crate) queue_position_fp: String,
}

/// An order group of a list.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OrderGroup {
    pub(crate) id: String,
    pub(crate) contracts_limit_fp: String,
    pub(crate) is_auto_cancel_enabled: bool,
    pub(crate) exchange_index: u32,
}

/// An order group by its id.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OrderGroupDetail {
    pub(crate) is_auto_cancel_enabled: bool,
    pub(crate) contracts_limit_fp: String,
    pub(crate) orders: Vec<String>,
    pub(crate) exchange_index: u32,
}

/// The answer to the creation of a group.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OrderGroupCreated {
    pub(crate) order_group_id: String,
    pub(crate) subaccount: u32,
    pub(crate) exchange_index: u32,
}

/// A fill as it is read back. No `client_order_id`: removed by the venue on 2026-03-30.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Fill {
    pub(crate) fill_id: String,
    pub(crate) exchange_index: u32,
    pub(crate) trade_id: String,
    pub(crate) order_id: String,
    pub(crate) ticker: String,
    pub(crate) market_ticker: String,
    pub(crate) side: &'static str,
    pub(crate) action: &'static str,
    pub(crate) outcome_side: &'static str,
    pub(crate) book_side: &'static str,
    pub(crate) count_fp: String,
    pub(crate) yes_price_dollars: String,
    pub(crate) no_price_dollars: String,
    pub(crate) is_taker: bool,
    pub(crate) fee_cost: String,
    pub(crate) created_time: String,
    pub(crate) ts: i64,
    pub(crate) subaccount_number: u32,
}
