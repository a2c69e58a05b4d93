//! Public data: exchange status, markets, events, series, books.

use std::collections::BTreeMap;

use reqwest::Method;
use statecraft_domain::Listing;
use statecraft_domain::fees::KalshiMember;

use super::pages::all_pages;
use super::{Get as _, KalshiRest, RestError, reads, segment, with_query};
use crate::venue::kalshi::limits::Operation;
use crate::venue::kalshi::map::{ListingError, fee_schedule, listing};
use crate::venue::kalshi::wire::{
    Event, EventResponse, ExchangeStatus, Market, MarketPage, Orderbook, OrderbookResponse,
    OrderbooksItem, OrderbooksResponse, Series, SeriesResponse, Trade, TradePage,
};

/// Most tickers in one request.
const TICKERS_MAX: usize = 100;

/// Where the venue says whether it is up and takes orders.
pub const STATUS: &str = "/exchange/status";

/// A market with everything needed to trade it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// As the venue shows it.
    pub market: Market,
    /// In domain words, with its fees; or why it cannot be traded.
    pub listing: Result<Listing, Unlistable>,
}

/// Why a market that the venue shows cannot be traded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unlistable {
    /// Its fees or its prices are none that this program can use, or cannot be known.
    #[error("{0}")]
    Unusable(String),
    /// Its event or its series, which have the fees, could not be read this time.
    #[error("{0}")]
    Unread(String),
}

/// A read whose failure says something of this one thing alone is its result.
///
/// # Errors
/// [`RestError`] where every other read would fail as well.
fn of_it_alone<T>(read: Result<T, RestError>) -> Result<Result<T, Unlistable>, RestError> {
    match read {
        Ok(found) => Ok(Ok(found)),
        Err(error) if !error.is_of_it_alone() => Err(error),
        Err(error) if error.may_pass() => Ok(Err(Unlistable::Unread(error.to_string()))),
        Err(error) => Ok(Err(Unlistable::Unusable(error.to_string()))),
    }
}

impl KalshiRest {
    /// Is the exchange up, and may orders be placed? The answer may come with an error status.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn exchange_status(&self) -> Result<ExchangeStatus, RestError> {
        let answer = self.repeatable(Operation::Read, 1, Method::GET, STATUS, None).await?;
        match serde_json::from_slice(&answer.body) {
            Ok(status) => Ok(status),
            Err(_) => answer.parse(STATUS),
        }
    }

    /// One market.
    ///
    /// # Errors
    /// [`RestError`]; 404 for a moment after a market was made.
    pub async fn market(&self, ticker: &str) -> Result<Market, RestError> {
        reads::market(self, ticker).await
    }

    /// Markets by name; those that do not exist are missing from the result.
    ///
    /// # Errors
    /// [`RestError`]; a failed page is no report at all.
    pub async fn markets(&self, tickers: &[String]) -> Result<Vec<Market>, RestError> {
        reads::markets(self, tickers).await
    }

    /// Every market of a series in a state (`unopened`, `open`, `paused`, `closed`, `settled`), or in
    /// any.
    ///
    /// # Errors
    /// [`RestError`]; a failed page is no report at all.
    pub async fn markets_of_series(
        &self,
        series: &str,
        status: Option<&str>,
    ) -> Result<Vec<Market>, RestError> {
        let pairs = [("series_ticker", Some(series)), ("status", status), ("limit", Some("1000"))];
        all_pages::<MarketPage>(self, "/markets", &pairs).await
    }

    /// Some open markets, at most a thousand: what the venue shows first.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn some_open_markets(&self) -> Result<Vec<Market>, RestError> {
        let pairs = [("status", Some("open")), ("limit", Some("1000"))];
        let page: MarketPage = self.get(Operation::Read, &with_query("/markets", &pairs)).await?;
        Ok(page.markets)
    }

    /// A series, which has the fee rule.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn series(&self, ticker: &str) -> Result<Series, RestError> {
        let path = format!("/series/{}", segment(ticker)?);
        let response: SeriesResponse = self.get(Operation::Read, &path).await?;
        Ok(response.series)
    }

    /// An event, which names its series and may override the fee rule.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn event(&self, ticker: &str) -> Result<Event, RestError> {
        let path = format!("/events/{}", segment(ticker)?);
        let response: EventResponse = self.get(Operation::Read, &path).await?;
        Ok(response.event)
    }

    /// Markets by name with everything needed to trade them: market, event, series and so fees.
    ///
    /// # Errors
    /// [`RestError`]. A market that was read but cannot be traded, or whose event or series cannot be read,
    /// says so in its own result; one that cannot be read itself is missing.
    pub async fn listings(
        &self,
        tickers: &[String],
        member: KalshiMember,
    ) -> Result<Vec<Listed>, RestError> {
        let markets = self.readable_markets(tickers).await?;
        let (mut events, mut series) = (BTreeMap::new(), BTreeMap::new());
        for market in &markets {
            if events.contains_key(&market.event_ticker) {
                continue;
            }
            let event = of_it_alone(self.event(&market.event_ticker).await)?;
            if let Ok(event) = &event
                && !series.contains_key(&event.series_ticker)
            {
                let found = of_it_alone(self.series(&event.series_ticker).await)?;
                series.insert(event.series_ticker.clone(), found);
            }
            events.insert(market.event_ticker.clone(), event);
        }
        let unread = || Unlistable::Unread("its event or series was not read".to_owned());
        let fees_of = |market: &Market| -> Result<(&Event, &Series), Unlistable> {
            let event = events.get(&market.event_ticker).ok_or_else(unread)?;
            let event = event.as_ref().map_err(Clone::clone)?;
            let series = series.get(&event.series_ticker).ok_or_else(unread)?;
            Ok((event, series.as_ref().map_err(Clone::clone)?))
        };
        let list = |market: Market| {
            let listing = fees_of(&market).and_then(|(event, series)| {
                list_one(&market, Some(event), series, member)
                    .map_err(|error| Unlistable::Unusable(error.to_string()))
            });
            Listed { market, listing }
        };
        Ok(markets.into_iter().map(list).collect())
    }

    /// [`Self::markets`], where one that cannot be understood takes no other along.
    async fn readable_markets(&self, tickers: &[String]) -> Result<Vec<Market>, RestError> {
        match self.markets(tickers).await {
            Err(RestError::Malformed { .. }) => {}
            read => return read,
        }
        let mut found = Vec::new();
        for ticker in tickers {
            match self.markets(std::slice::from_ref(ticker)).await {
                Ok(one) => found.extend(one),
                Err(error @ RestError::Malformed { .. }) => {
                    tracing::warn!(ticker, %error, "a market's listing cannot be understood");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// One book. Reads lag the stream.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn orderbook(&self, ticker: &str) -> Result<Orderbook, RestError> {
        let path = format!("/markets/{}/orderbook", segment(ticker)?);
        let response: OrderbookResponse = self.get(Operation::Read, &path).await?;
        Ok(response.orderbook_fp)
    }

    /// Several books.
    ///
    /// # Errors
    /// [`RestError`].
    pub async fn orderbooks(&self, tickers: &[String]) -> Result<Vec<OrderbooksItem>, RestError> {
        let mut books = Vec::with_capacity(tickers.len());
        for some in tickers.chunks(TICKERS_MAX) {
            let pairs: Vec<_> =
                some.iter().map(|ticker| ("tickers", Some(ticker.as_str()))).collect();
            let path = with_query("/markets/orderbooks", &pairs);
            let response: OrderbooksResponse = self.get(Operation::Read, &path).await?;
            books.extend(response.orderbooks);
        }
        Ok(books)
    }

    /// Every public trade of a market at or after `since_secs` (Unix), newest first.
    ///
    /// # Errors
    /// [`RestError`]; a failed page is no report at all.
    pub async fn trades(&self, ticker: &str, since_secs: i64) -> Result<Vec<Trade>, RestError> {
        let since = since_secs.to_string();
        let pairs =
            [("ticker", Some(ticker)), ("min_ts", Some(since.as_str())), ("limit", Some("1000"))];
        all_pages::<TradePage>(self, "/markets/trades", &pairs).await
    }
}

fn list_one(
    market: &Market,
    event: Option<&Event>,
    series: &Series,
    member: KalshiMember,
) -> Result<Listing, ListingError> {
    listing(market, &series.ticker, fee_schedule(series, event, member)?)
}
