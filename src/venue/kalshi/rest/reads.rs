//! Reads of an account and of markets, over whatever can [`Get`]: the client's own, and those of a venue
//! in memory.

use statecraft_domain::Timestamp;

use super::pages::all_pages;
use super::{Get, OrderFilter, RestError, segment, with_query};
use crate::venue::kalshi::limits::Operation;
use crate::venue::kalshi::wire::{
    Balance, Fill, FillPage, Market, MarketPage, MarketPosition, MarketResponse, Order, OrderPage,
    OrderStatus, PositionPage, Settlement, SettlementPage,
};

/// Most tickers in one request.
const TICKERS_MAX: usize = 100;

/// Cash. Of one subaccount (0 if absent), over all shards.
///
/// # Errors
/// [`RestError`].
pub async fn balance(api: &impl Get, subaccount: Option<u8>) -> Result<Balance, RestError> {
    let subaccount = subaccount.map(|number| number.to_string());
    let path = with_query("/portfolio/balance", &[("subaccount", subaccount.as_deref())]);
    api.get(Operation::Read, &path).await
}

/// Every non-zero position of a subaccount (0 if absent).
///
/// # Errors
/// [`RestError`]; a failed page is no report at all.
pub async fn positions(
    api: &impl Get,
    subaccount: Option<u8>,
) -> Result<Vec<MarketPosition>, RestError> {
    let subaccount = subaccount.map(|number| number.to_string());
    let pairs = [
        ("count_filter", Some("position")),
        ("subaccount", subaccount.as_deref()),
        ("limit", Some("1000")),
    ];
    all_pages::<PositionPage>(api, "/portfolio/positions", &pairs).await
}

/// Every fill at or after `since`, of one order or of all, newest first.
///
/// # Errors
/// [`RestError`]; a failed page is no report at all.
pub async fn fills(
    api: &impl Get,
    venue_order: Option<&str>,
    since: Option<Timestamp>,
) -> Result<Vec<Fill>, RestError> {
    let since = since.map(|since| since.secs().to_string());
    let pairs = [("order_id", venue_order), ("min_ts", since.as_deref()), ("limit", Some("1000"))];
    all_pages::<FillPage>(api, "/portfolio/fills", &pairs).await
}

/// Every settlement at or after `since`, newest first.
///
/// # Errors
/// [`RestError`]; a failed page is no report at all.
pub async fn settlements(
    api: &impl Get,
    since: Option<Timestamp>,
) -> Result<Vec<Settlement>, RestError> {
    let since = since.map(|since| since.secs().to_string());
    let pairs = [("min_ts", since.as_deref()), ("limit", Some("1000"))];
    all_pages::<SettlementPage>(api, "/portfolio/settlements", &pairs).await
}

/// Every order that the filter lets through, newest first.
///
/// # Errors
/// [`RestError`]; a failed page is no report at all.
pub async fn orders(api: &impl Get, filter: &OrderFilter) -> Result<Vec<Order>, RestError> {
    let since = filter.since.map(|since| since.secs().to_string());
    let subaccount = filter.subaccount.map(|number| number.to_string());
    let pairs = [
        ("ticker", filter.ticker.as_deref()),
        ("status", filter.status.map(OrderStatus::filter)),
        ("min_ts", since.as_deref()),
        ("subaccount", subaccount.as_deref()),
        ("limit", Some("1000")),
    ];
    all_pages::<OrderPage>(api, "/portfolio/orders", &pairs).await
}

/// One market.
///
/// # Errors
/// [`RestError`]; 404 for a moment after a market was made.
pub async fn market(api: &impl Get, ticker: &str) -> Result<Market, RestError> {
    let path = format!("/markets/{}", segment(ticker)?);
    let response: MarketResponse = api.get(Operation::Read, &path).await?;
    Ok(response.market)
}

/// Markets by name; those that do not exist are missing from the result.
///
/// # Errors
/// [`RestError`]; a failed page is no report at all.
pub async fn markets(api: &impl Get, tickers: &[String]) -> Result<Vec<Market>, RestError> {
    let mut markets = Vec::with_capacity(tickers.len());
    for some in tickers.chunks(TICKERS_MAX) {
        let list = some.join(",");
        let pairs = [("tickers", Some(list.as_str())), ("limit", Some("1000"))];
        markets.extend(all_pages::<MarketPage>(api, "/markets", &pairs).await?);
    }
    Ok(markets)
}
