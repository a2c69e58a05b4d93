//! The REST side: every call is a function of the venue's state and the call, nothing else.
//! [`handle`] is the table of routes.

mod account;
mod exchange;
mod groups;
mod history;
mod markets;
mod orders;
mod reads;

pub(crate) use reads::end_word;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::call::Query;
use super::error::ApiError;
use super::limits::{Bucket, CHEAP_COST, DEFAULT_COST};
use super::venue::KalshiVenue;

/// A call below `/trade-api/v2`.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    pub(crate) segments: Vec<&'a str>,
    pub(crate) query: Query,
    pub(crate) body: &'a [u8],
}

/// An answer that is no error.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// JSON; empty for 204.
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn ok<T: Serialize>(body: &T) -> Self {
        Self::with(200, body)
    }

    pub(crate) fn with<T: Serialize>(status: u16, body: &T) -> Self {
        // Text keys and no failing serializer: there is always a text.
        Self { status, body: serde_json::to_string(body).unwrap_or_default() }
    }
}

/// A page of a list under its name, and where the next one begins.
#[derive(Debug)]
pub(crate) struct Listed<'a, T> {
    pub(crate) name: &'static str,
    pub(crate) items: &'a [T],
    pub(crate) cursor: &'a str,
}

impl<T: Serialize> Serialize for Listed<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("cursor", self.cursor)?;
        map.serialize_entry(self.name, self.items)?;
        map.end()
    }
}

pub(crate) type Answer = Result<Reply, ApiError>;

impl Call<'_> {
    /// Does the venue ask for a signature here? Market data is public.
    pub(crate) fn is_private(&self) -> bool {
        matches!(
            self.segments.first(),
            Some(&("portfolio" | "account" | "api_keys" | "communications"))
        ) || self.segments.as_slice() == ["exchange", "user_data_timestamp"]
    }

    /// Is this a write of orders (the occasion of most faults)?
    pub(crate) fn is_order_write(&self) -> bool {
        self.method != "GET" && self.segments.starts_with(&["portfolio", "events", "orders"])
    }

    /// Which bucket pays for it, and how much.
    pub(crate) fn cost(&self) -> (Bucket, u32) {
        let orders = || {
            let body: serde_json::Value = serde_json::from_slice(self.body).unwrap_or_default();
            let count = body.get("orders").and_then(|orders| orders.as_array()).map_or(1, Vec::len);
            u32::try_from(count.max(1)).unwrap_or(u32::MAX)
        };
        match (self.method, self.segments.as_slice()) {
            ("GET", ["portfolio", "orders", _]) => (Bucket::Read, CHEAP_COST),
            ("GET", _) => (Bucket::Read, DEFAULT_COST),
            ("POST", ["portfolio", "events", "orders", "batched"]) => {
                (Bucket::Write, DEFAULT_COST.saturating_mul(orders()))
            }
            ("DELETE", ["portfolio", "events", "orders", "batched"]) => {
                (Bucket::Write, CHEAP_COST.saturating_mul(orders()))
            }
            ("DELETE", ["portfolio", "events", "orders", ..]) => (Bucket::Write, CHEAP_COST),
            _ => (Bucket::Write, DEFAULT_COST),
        }
    }
}

/// The table of routes.
pub(crate) fn handle(venue: &mut KalshiVenue, call: &Call<'_>, key_ids: &[String]) -> Answer {
    match (call.method, call.segments.as_slice()) {
        ("GET", ["exchange", rest @ ..]) => exchange::get(venue, rest),
        ("GET", ["series" | "events" | "markets" | "historical", ..]) => market_data(venue, call),
        ("GET", ["portfolio", "orders", rest @ ..]) => reads::orders(venue, rest, call),
        (_, ["portfolio", "orders", ..]) => {
            Err(ApiError::coded(200, "deprecated_v1_order_endpoint"))
        }
        (_, ["portfolio", "events", "orders", rest @ ..]) => orders::write(venue, rest, call),
        (_, ["portfolio", "order_groups", rest @ ..]) => groups::handle(venue, rest, call),
        ("GET", ["portfolio", rest @ ..]) => reads::portfolio(venue, rest, call),
        ("GET", ["account", rest @ ..]) => account::get(rest, venue),
        ("GET", ["api_keys"]) => account::api_keys(key_ids),
        _ => Err(ApiError::not_found()),
    }
}

fn market_data(venue: &mut KalshiVenue, call: &Call<'_>) -> Answer {
    match call.segments.as_slice() {
        ["series"] => markets::series_list(venue, call),
        ["series", "fee_changes"] => Ok(markets::series_fee_changes()),
        ["series", ticker] => markets::series(venue, ticker),
        ["series", _, "markets", ticker, "candlesticks"] => history::candles(venue, ticker, call),
        ["events"] => markets::events(venue, call),
        ["events", "fee_changes"] => Ok(markets::event_fee_changes()),
        ["events", "multivariate"] => Ok(markets::no_multivariate_events()),
        ["events", ticker] => markets::event(venue, ticker, call),
        ["events", ticker, "metadata"] => markets::event_metadata(venue, ticker),
        ["markets"] => markets::list(venue, call),
        ["markets", "trades"] => history::trades(venue, call),
        ["markets", "orderbooks"] => markets::orderbooks(venue, call),
        ["markets", "candlesticks"] => history::many_candles(venue, call),
        ["markets", ticker] => markets::one(venue, ticker),
        ["markets", ticker, "orderbook"] => markets::orderbook(venue, ticker, call),
        ["historical", rest @ ..] => history::historical(venue, rest),
        _ => Err(ApiError::not_found()),
    }
}
