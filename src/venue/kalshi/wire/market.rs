//! Series, events, markets, books, trades and the state of the exchange.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use statecraft_domain::{Price, Quantity, Timestamp, Usd};

use super::{BookSide, OutcomeSide, UnknownFields, number};

/// Answer to `GET /exchange/status`; the same body may come with 500, 503 or 504.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeStatus {
    /// Is the exchange up at all?
    pub exchange_active: bool,
    /// May orders be placed?
    pub trading_active: bool,
    /// When it is expected back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange_estimated_resume_time: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// Prices from `start` to `end` lie `step` apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceRange {
    /// First price.
    #[serde(with = "super::price")]
    pub start: Price,
    /// Last price.
    #[serde(with = "super::price")]
    pub end: Price,
    /// Distance.
    #[serde(with = "super::price")]
    pub step: Price,
}

/// A series' fee rule; an open enum at the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeType {
    /// Takers pay.
    Quadratic,
    /// Makers pay a quarter of it.
    QuadraticWithMakerFees,
    /// Makers pay half of it.
    QuadraticWithComboMakerFees,
    /// Documented, unused.
    Flat,
    /// A rule this program does not know: its fees cannot be computed.
    #[serde(other)]
    Unrecognized,
}

/// A fee multiplier in millionths, a JSON number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Multiplier {
    /// Millionths.
    pub e6: u32,
}

impl<'de> Deserialize<'de> for Multiplier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        number::millionths(deserializer).map(|e6| Self { e6 })
    }
}

impl Serialize for Multiplier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.e6.is_multiple_of(1_000_000) {
            serializer.serialize_u32(self.e6 / 1_000_000)
        } else {
            serializer.serialize_f64(f64::from(self.e6) / 1e6)
        }
    }
}

/// Who decides how a market ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettlementSource {
    /// For people.
    #[serde(default)]
    pub name: String,
    /// Where to look.
    #[serde(default)]
    pub url: String,
}

/// A series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// Name.
    pub ticker: String,
    /// How often it repeats.
    #[serde(default)]
    pub frequency: String,
    /// For people.
    #[serde(default)]
    pub title: String,
    /// One of the venue's categories.
    #[serde(default)]
    pub category: String,
    /// The fee rule.
    pub fee_type: FeeType,
    /// The fee rule's multiplier.
    pub fee_multiplier: Multiplier,
    /// Shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange_index: Option<i32>,
    /// The venue's categories.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Free tags.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    /// Who decides.
    #[serde(default)]
    pub settlement_sources: Option<Vec<SettlementSource>>,
    /// The contract in law.
    #[serde(default)]
    pub contract_url: String,
    /// Its terms.
    #[serde(default)]
    pub contract_terms_url: String,
    /// Who may not trade it.
    #[serde(default)]
    pub additional_prohibitions: Option<Vec<String>>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// Answer to `GET /series/{series_ticker}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesResponse {
    /// The series.
    pub series: Series,
}

/// An event: the markets of one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Name.
    pub event_ticker: String,
    /// Its series.
    pub series_ticker: String,
    /// For people.
    #[serde(default)]
    pub title: String,
    /// For people.
    #[serde(default)]
    pub sub_title: String,
    /// `MECNET`, `DIRECNET` or empty.
    #[serde(default)]
    pub collateral_return_type: String,
    /// Who decides.
    #[serde(default)]
    pub settlement_sources: Option<Vec<SettlementSource>>,
    /// Does exactly one market pay?
    #[serde(default)]
    pub mutually_exclusive: bool,
    /// Overrides the series' fee rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_type_override: Option<FeeType>,
    /// Overrides the series' multiplier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_multiplier_override: Option<Multiplier>,
    /// Only with `with_nested_markets`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub markets: Option<Vec<Market>>,
    /// Shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange_index: Option<i32>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// Answer to `GET /events/{event_ticker}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventResponse {
    /// The event.
    pub event: Event,
    /// Its markets.
    #[serde(default)]
    pub markets: Vec<Market>,
}

/// One page of `GET /events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPage {
    /// The events.
    pub events: Vec<Event>,
    /// Empty or null on the last page.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// State of a market; an open enum at the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MarketStatus {
    /// Before its open.
    Initialized,
    /// Tradable.
    Active,
    /// Paused.
    Inactive,
    /// Past its close.
    Closed,
    /// Result known, not paid.
    Determined,
    /// Result in dispute.
    Disputed,
    /// Result changed.
    Amended,
    /// Paid out.
    Finalized,
    /// A state this program does not know: not tradable.
    #[serde(other)]
    Unrecognized,
}

/// How a market ended. Closed: an unknown value is a parse error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MarketResult {
    /// YES.
    Yes,
    /// NO.
    No,
    /// A value between.
    Scalar,
    /// Not yet.
    #[default]
    #[serde(rename = "")]
    Open,
}

/// A market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Market {
    /// Name.
    pub ticker: String,
    /// Its event (markets do not name their series).
    pub event_ticker: String,
    /// `binary` or `scalar`.
    #[serde(default)]
    pub market_type: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// What YES means.
    #[serde(default)]
    pub yes_sub_title: String,
    /// What NO means.
    #[serde(default)]
    pub no_sub_title: String,
    /// When it was made.
    #[serde(default, with = "super::time::optional")]
    pub created_time: Option<Timestamp>,
    /// When it last changed.
    #[serde(default, with = "super::time::optional")]
    pub updated_time: Option<Timestamp>,
    /// When trading starts.
    #[serde(default, with = "super::time::optional")]
    pub open_time: Option<Timestamp>,
    /// When trading ends.
    #[serde(default, with = "super::time::optional")]
    pub close_time: Option<Timestamp>,
    /// When the result is expected.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::time::optional")]
    pub expected_expiration_time: Option<Timestamp>,
    /// When the result is due at the latest.
    #[serde(default, with = "super::time::optional")]
    pub latest_expiration_time: Option<Timestamp>,
    /// Deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::time::optional")]
    pub expiration_time: Option<Timestamp>,
    /// Between determination and payment.
    #[serde(default)]
    pub settlement_timer_seconds: i64,
    /// State.
    pub status: MarketStatus,
    /// Zero: no bid.
    #[serde(with = "super::price")]
    pub yes_bid_dollars: Price,
    /// Size of it.
    #[serde(with = "super::count")]
    pub yes_bid_size_fp: Quantity,
    /// One (or zero before the open): no ask.
    #[serde(with = "super::price")]
    pub yes_ask_dollars: Price,
    /// Size of it, and of the NO bid.
    #[serde(with = "super::count")]
    pub yes_ask_size_fp: Quantity,
    /// Complement of the YES ask.
    #[serde(with = "super::price")]
    pub no_bid_dollars: Price,
    /// Complement of the YES bid.
    #[serde(with = "super::price")]
    pub no_ask_dollars: Price,
    /// Zero: none.
    #[serde(with = "super::price")]
    pub last_price_dollars: Price,
    /// Contracts traded.
    #[serde(with = "super::count")]
    pub volume_fp: Quantity,
    /// Contracts traded in a day.
    #[serde(with = "super::count")]
    pub volume_24h_fp: Quantity,
    /// How it ended.
    pub result: MarketResult,
    /// May it close early?
    #[serde(default)]
    pub can_close_early: bool,
    /// Contracts open.
    #[serde(with = "super::count")]
    pub open_interest_fp: Quantity,
    /// What one contract pays.
    #[serde(with = "super::usd4")]
    pub notional_value_dollars: Usd,
    /// A day ago.
    #[serde(with = "super::price")]
    pub previous_yes_bid_dollars: Price,
    /// A day ago.
    #[serde(with = "super::price")]
    pub previous_yes_ask_dollars: Price,
    /// A day ago.
    #[serde(with = "super::price")]
    pub previous_price_dollars: Price,
    /// `default` or `floor`.
    #[serde(default)]
    pub settlement_bounds_type: String,
    /// What the underlying was.
    #[serde(default)]
    pub expiration_value: String,
    /// What one YES paid, from determination on.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::optional_price")]
    pub settlement_value_dollars: Option<Price>,
    /// When it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::time::optional")]
    pub settlement_ts: Option<Timestamp>,
    /// No fee before this instant.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::time::optional")]
    pub fee_waiver_expiration_time: Option<Timestamp>,
    /// `greater`, `custom` and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strike_type: Option<String>,
    /// Lower bound, a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor_strike: Option<serde_json::Number>,
    /// Upper bound, a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_strike: Option<serde_json::Number>,
    /// A map of names to values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_strike: Option<serde_json::Value>,
    /// The question in law.
    #[serde(default)]
    pub rules_primary: String,
    /// And its small print.
    #[serde(default)]
    pub rules_secondary: String,
    /// A name; the ranges say what counts.
    #[serde(default)]
    pub price_level_structure: String,
    /// Prices that may be quoted.
    pub price_ranges: Vec<PriceRange>,
    /// Shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange_index: Option<i32>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// Answer to `GET /markets/{ticker}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketResponse {
    /// The market.
    pub market: Market,
}

/// One page of `GET /markets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketPage {
    /// The markets.
    pub markets: Vec<Market>,
    /// Empty or null on the last page.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// A level as `[price, count]`, both decimal strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderbookLevel {
    /// Price on the ladder's own outcome.
    pub price: Price,
    /// Contracts.
    pub count: Quantity,
}

impl<'de> Deserialize<'de> for OrderbookLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (price, count) = <(Price, Quantity)>::deserialize(deserializer)?;
        Ok(Self { price, count })
    }
}

impl Serialize for OrderbookLevel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Pair(
            #[serde(with = "super::price")] Price,
            #[serde(with = "super::count")] Quantity,
        );
        Pair(self.price, self.count).serialize(serializer)
    }
}

/// Two ladders of bids, ascending, best last; the NO ladder in NO prices.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Orderbook {
    /// Bids for YES; a side without bids may be left out or null.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub yes_dollars: Vec<OrderbookLevel>,
    /// Bids for NO.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub no_dollars: Vec<OrderbookLevel>,
}

fn null_is_empty<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<OrderbookLevel>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Answer to `GET /markets/{ticker}/orderbook`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderbookResponse {
    /// The book.
    pub orderbook_fp: Orderbook,
}

/// One of `GET /markets/orderbooks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderbooksItem {
    /// Market.
    pub ticker: String,
    /// Its book.
    pub orderbook_fp: Orderbook,
}

/// Answer to `GET /markets/orderbooks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderbooksResponse {
    /// The books that could be read; one that could not does not take the others along.
    #[serde(deserialize_with = "readable")]
    pub orderbooks: Vec<OrderbooksItem>,
}

/// An answer of which nothing can be read is an error.
fn readable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<OrderbooksItem>, D::Error> {
    let items = Vec::<serde_json::Value>::deserialize(deserializer)?;
    let mut books = Vec::with_capacity(items.len());
    let mut failure = None;
    for item in items {
        match OrderbooksItem::deserialize(item) {
            Ok(book) => books.push(book),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match failure {
        Some(error) if books.is_empty() => Err(D::Error::custom(error)),
        _ => Ok(books),
    }
}

/// A public trade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    /// Name.
    pub trade_id: String,
    /// Market.
    pub ticker: String,
    /// Contracts.
    #[serde(with = "super::count")]
    pub count_fp: Quantity,
    /// YES price.
    #[serde(with = "super::price")]
    pub yes_price_dollars: Price,
    /// NO price.
    #[serde(with = "super::price")]
    pub no_price_dollars: Price,
    /// What the taker bought.
    pub taker_outcome_side: OutcomeSide,
    /// The taker's side.
    pub taker_book_side: BookSide,
    /// When.
    #[serde(with = "super::time")]
    pub created_time: Timestamp,
    /// Agreed off the book?
    pub is_block_trade: bool,
    /// Deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taker_side: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub unknown: UnknownFields,
}

/// One page of `GET /markets/trades`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradePage {
    /// Newest first.
    pub trades: Vec<Trade>,
    /// Empty or null on the last page.
    #[serde(default)]
    pub cursor: Option<String>,
}
