//! Balance, positions, settlements, exchange state, limits: kalshi.md sections 3.2 and 3.8.

use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub(crate) struct IndexedBalance {
    pub(crate) exchange_index: u32,
    pub(crate) balance: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Balance {
    /// Whole cents, truncated.
    pub(crate) balance: i64,
    pub(crate) balance_dollars: String,
    /// Whole cents; positions only.
    pub(crate) portfolio_value: i64,
    pub(crate) updated_ts: i64,
    pub(crate) balance_breakdown: Vec<IndexedBalance>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct MarketPosition {
    pub(crate) ticker: String,
    pub(crate) exchange_index: u32,
    pub(crate) total_traded_dollars: String,
    pub(crate) position_fp: String,
    pub(crate) market_exposure_dollars: String,
    pub(crate) realized_pnl_dollars: String,
    pub(crate) fees_paid_dollars: String,
    pub(crate) last_updated_ts: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct EventPosition {
    pub(crate) event_ticker: String,
    pub(crate) total_cost_dollars: String,
    pub(crate) total_cost_shares_fp: String,
    pub(crate) event_exposure_dollars: String,
    pub(crate) realized_pnl_dollars: String,
    pub(crate) fees_paid_dollars: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Settlement {
    pub(crate) ticker: String,
    pub(crate) exchange_index: u32,
    pub(crate) event_ticker: String,
    pub(crate) market_result: &'static str,
    pub(crate) yes_count_fp: String,
    pub(crate) yes_total_cost_dollars: String,
    pub(crate) no_count_fp: String,
    pub(crate) no_total_cost_dollars: String,
    /// Whole cents.
    pub(crate) revenue: i64,
    pub(crate) settled_time: String,
    pub(crate) fee_cost: String,
    /// Whole cents that one YES contract paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<i64>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct IndexStatus {
    pub(crate) exchange_index: u32,
    pub(crate) description: &'static str,
    pub(crate) exchange_active: bool,
    pub(crate) trading_active: bool,
    pub(crate) intra_exchange_transfers_active: bool,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ExchangeStatus {
    pub(crate) exchange_active: bool,
    pub(crate) trading_active: bool,
    pub(crate) intra_exchange_transfers_active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exchange_estimated_resume_time: Option<String>,
    pub(crate) exchange_index_statuses: Vec<IndexStatus>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct DailySchedule {
    pub(crate) open_time: &'static str,
    pub(crate) close_time: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct WeeklySchedule {
    pub(crate) start_time: String,
    pub(crate) end_time: String,
    pub(crate) monday: Vec<DailySchedule>,
    pub(crate) tuesday: Vec<DailySchedule>,
    pub(crate) wednesday: Vec<DailySchedule>,
    pub(crate) thursday: Vec<DailySchedule>,
    pub(crate) friday: Vec<DailySchedule>,
    pub(crate) saturday: Vec<DailySchedule>,
    pub(crate) sunday: Vec<DailySchedule>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct BucketLimit {
    pub(crate) refill_rate: u32,
    pub(crate) bucket_capacity: u32,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct EndpointCost {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) cost: u32,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ApiKey {
    pub(crate) api_key_id: String,
    pub(crate) name: String,
    pub(crate) scopes: Vec<&'static str>,
}
