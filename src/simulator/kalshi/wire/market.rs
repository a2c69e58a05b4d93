//! Series, events, markets, books, trades, candles: kalshi.md sections 3.3 and 3.4.

use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub(crate) struct SettlementSource {
    pub(crate) name: String,
    pub(crate) url: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Series {
    pub(crate) ticker: String,
    pub(crate) frequency: &'static str,
    pub(crate) title: String,
    pub(crate) category: &'static str,
    pub(crate) categories: Vec<&'static str>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) settlement_sources: Option<Vec<SettlementSource>>,
    pub(crate) contract_url: &'static str,
    pub(crate) contract_terms_url: &'static str,
    pub(crate) fee_type: &'static str,
    pub(crate) fee_multiplier: f64,
    pub(crate) additional_prohibitions: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) volume_fp: Option<String>,
    pub(crate) exchange_index: u32,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct EventData {
    pub(crate) event_ticker: String,
    pub(crate) series_ticker: String,
    pub(crate) sub_title: String,
    pub(crate) title: String,
    pub(crate) collateral_return_type: &'static str,
    pub(crate) mutually_exclusive: bool,
    pub(crate) category: &'static str,
    pub(crate) settlement_sources: Vec<SettlementSource>,
    pub(crate) strike_period: &'static str,
    pub(crate) exchange_index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) markets: Option<Vec<Market>>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct PriceRange {
    pub(crate) start: String,
    pub(crate) end: String,
    pub(crate) step: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Market {
    pub(crate) ticker: String,
    pub(crate) event_ticker: String,
    pub(crate) market_type: &'static str,
    pub(crate) title: String,
    pub(crate) subtitle: &'static str,
    pub(crate) yes_sub_title: String,
    pub(crate) no_sub_title: String,
    pub(crate) created_time: String,
    pub(crate) updated_time: String,
    pub(crate) open_time: String,
    pub(crate) close_time: String,
    pub(crate) expected_expiration_time: String,
    pub(crate) expiration_time: String,
    pub(crate) latest_expiration_time: String,
    pub(crate) settlement_timer_seconds: u32,
    pub(crate) status: &'static str,
    pub(crate) yes_bid_dollars: String,
    pub(crate) yes_bid_size_fp: String,
    pub(crate) yes_ask_dollars: String,
    pub(crate) yes_ask_size_fp: String,
    pub(crate) no_bid_dollars: String,
    pub(crate) no_ask_dollars: String,
    pub(crate) last_price_dollars: String,
    pub(crate) volume_fp: String,
    pub(crate) volume_24h_fp: String,
    pub(crate) result: &'static str,
    pub(crate) can_close_early: bool,
    pub(crate) open_interest_fp: String,
    pub(crate) notional_value_dollars: &'static str,
    pub(crate) previous_yes_bid_dollars: String,
    pub(crate) previous_yes_ask_dollars: String,
    pub(crate) previous_price_dollars: String,
    /// Gone from the venue since 2026-10-01, still required by a popular unofficial client.
    pub(crate) liquidity_dollars: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) settlement_value_dollars: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) settlement_ts: Option<String>,
    pub(crate) settlement_bounds_type: &'static str,
    pub(crate) expiration_value: &'static str,
    pub(crate) rules_primary: String,
    pub(crate) rules_secondary: String,
    pub(crate) price_level_structure: &'static str,
    pub(crate) price_ranges: Vec<PriceRange>,
    pub(crate) exchange_index: u32,
}

/// Price and count of one level.
pub(crate) type Level = [String; 2];

/// Two bid ladders, ascending. The REST body has both keys always.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Orderbook {
    pub(crate) yes_dollars: Vec<Level>,
    pub(crate) no_dollars: Vec<Level>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Trade {
    pub(crate) trade_id: String,
    pub(crate) ticker: String,
    pub(crate) count_fp: String,
    pub(crate) yes_price_dollars: String,
    pub(crate) no_price_dollars: String,
    pub(crate) taker_side: &'static str,
    pub(crate) taker_outcome_side: &'static str,
    pub(crate) taker_book_side: &'static str,
    pub(crate) created_time: String,
    pub(crate) is_block_trade: bool,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct QuoteRange {
    pub(crate) open_dollars: String,
    pub(crate) low_dollars: String,
    pub(crate) high_dollars: String,
    pub(crate) close_dollars: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct PriceRangeTraded {
    pub(crate) open_dollars: Option<String>,
    pub(crate) low_dollars: Option<String>,
    pub(crate) high_dollars: Option<String>,
    pub(crate) close_dollars: Option<String>,
    pub(crate) mean_dollars: Option<String>,
    pub(crate) previous_dollars: Option<String>,
    pub(crate) min_dollars: Option<String>,
    pub(crate) max_dollars: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Candlestick {
    pub(crate) end_period_ts: i64,
    pub(crate) yes_bid: QuoteRange,
    pub(crate) yes_ask: QuoteRange,
    pub(crate) price: PriceRangeTraded,
    pub(crate) volume_fp: String,
    pub(crate) open_interest_fp: String,
}
