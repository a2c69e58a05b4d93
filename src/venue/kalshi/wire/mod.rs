//! What goes over the wire, exactly: one struct per body, requests and responses alike. The simulated
//! venue has its own, so that client and simulator cannot share a mistake.
//!
//! A missing money field is a parse error. Unknown fields are collected by [`UnknownFields`] and
//! counted, never refused. Enums that decide money are closed: an unknown value is a parse error;
//! others have an `Unrecognized` value that callers must handle.
//!
//! Names and shapes follow the venue's OpenAPI 3.34.0 and the AsyncAPI of September 2026.

mod account;
mod error;
mod frame;
mod market;
mod number;
mod order;
mod unknown;

pub use account::{
    AccountLimits, Balance, BucketLimits, EndpointCost, EndpointCosts, EventPosition, Fill,
    FillPage, MarketPosition, PositionPage, Settlement, SettlementPage, ShardBalance,
};
pub use error::{ErrorBody, VENUE_TEXT_MAX_BYTES, clean_venue_text};
pub use frame::{
    Command, CommandParams, DeltaMsg, Envelope, ErrorMsg, FillMsg, LifecycleMetadata, LifecycleMsg,
    OkMsg, PositionMsg, SnapshotMsg, SubscribedMsg, TickerMsg, TradeMsg, UpdateAction,
    UserOrderMsg, UserOrderStatus,
};
pub use market::{
    Event, EventPage, EventResponse, ExchangeStatus, FeeType, Market, MarketPage, MarketResponse,
    MarketResult, MarketStatus, Multiplier, Orderbook, OrderbookLevel, OrderbookResponse,
    OrderbooksItem, OrderbooksResponse, PriceRange, Series, SeriesResponse, SettlementSource,
    Trade, TradePage,
};
pub use number::{count, optional_count, optional_price, optional_usd, price, time, usd4, usd6};
pub use order::{
    AmendAck, AmendOrder, BatchCancel, BatchCancelAck, BatchCancelItem, BatchCancelItemAck,
    BatchCreate, BatchCreateAck, BatchCreateItemAck, BookSide, CancelAck, CreateAck, CreateOrder,
    DecreaseAck, DecreaseOrder, Order, OrderGroupCreate, OrderGroupCreated, OrderGroupItem,
    OrderGroups, OrderPage, OrderResponse, OrderStatus, OutcomeSide, SelfTradePrevention,
    TimeInForce,
};
pub use unknown::UnknownFields;
