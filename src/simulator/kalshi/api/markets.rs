//! Series, events, markets, books: kalshi.md sections 3.3 and 3.4.

use serde_json::{Map, Value, json};
use statecraft_domain::{FeeSchedule, MarketId, MarketStatus, Timestamp};

use super::{Answer, Call, Reply};
use crate::simulator::kalshi::board::Quote;
use crate::simulator::kalshi::call::Run;
use crate::simulator::kalshi::error::ApiError;
use crate::simulator::kalshi::format::{count2, price4, rfc3339};
use crate::simulator::kalshi::stream::frames::result_of;
use crate::simulator::kalshi::venue::KalshiVenue;
use crate::simulator::kalshi::wire::market::{
    EventData, Market, PriceRange, Series, SettlementSource,
};

const CATEGORY: &str = "Politics";
/// Expiration is a week after the close, as recorded.
const EXPIRATION_SECS: i64 = 7 * 86_400;

impl KalshiVenue {
    /// A market as REST shows it.
    pub(crate) fn market_details(&self, market: MarketId) -> Option<Market> {
        let listing = self.backend.listing(market)?;
        let board = self.boards.get(market.index())?;
        let now = self.backend.now();
        let (day_quote, day_price) = board.day_before(now);
        let close = self.close_of(market);
        let expiration = rfc3339(Timestamp::from_secs(close.secs() + EXPIRATION_SECS));
        let known = self.backend.determined(market).map(|(_, settlement)| settlement);
        let settlement = self.backend.settlement(market).or(known).map(result_of);
        let facts = self.backend.facts(market);
        let quote = if board.status == MarketStatus::Unopened { unopened() } else { board.quote };
        let created = facts.as_ref().map_or(board.opened, |facts| facts.created);
        let opens = facts.as_ref().map_or(board.opened, |facts| facts.opens);
        let (outcome, rules) = match facts {
            Some(facts) => (facts.yes_title, facts.rules),
            None => (outcome_name(&listing.ticker, &listing.event), listing.title.clone()),
        };
        Some(Market {
            ticker: listing.ticker.clone(),
            event_ticker: self.event_of(market),
            market_type: "binary",
            title: listing.title.clone(),
            subtitle: "",
            yes_sub_title: outcome.clone(),
            no_sub_title: outcome,
            created_time: rfc3339(created),
            updated_time: rfc3339(board.updated),
            open_time: rfc3339(opens),
            close_time: rfc3339(close),
            expected_expiration_time: rfc3339(close),
            expiration_time: expiration.clone(),
            latest_expiration_time: expiration,
            settlement_timer_seconds: 300,
            status: self.status_of(market),
            yes_bid_dollars: price4(quote.bid),
            yes_bid_size_fp: count2(quote.bid_size),
            yes_ask_dollars: price4(quote.ask),
            yes_ask_size_fp: count2(quote.ask_size),
            no_bid_dollars: price4(quote.ask.complement()),
            no_ask_dollars: price4(quote.bid.complement()),
            last_price_dollars: price4(board.last_price()),
            volume_fp: count2(board.volume),
            volume_24h_fp: count2(board.volume_24h(now)),
            result: settlement.map_or("", |(result, _)| result),
            can_close_early: true,
            open_interest_fp: count2(board.open_interest),
            notional_value_dollars: "1.0000",
            previous_yes_bid_dollars: price4(day_quote.bid),
            previous_yes_ask_dollars: price4(day_quote.ask),
            previous_price_dollars: price4(day_price),
            liquidity_dollars: "0.0000",
            settlement_value_dollars: settlement.and_then(|(_, value)| value).map(price4),
            settlement_ts: board.settled.map(rfc3339),
            settlement_bounds_type: "default",
            expiration_value: "",
            rules_primary: rules,
            rules_secondary: String::new(),
            price_level_structure: structure(&listing.grid),
            price_ranges: ranges(&listing.grid),
            exchange_index: 0,
        })
    }

    /// The venue's word for the state of a market.
    pub(crate) fn status_of(&self, market: MarketId) -> &'static str {
        if self.backend.settlement(market).is_some() {
            return "finalized";
        }
        if self.backend.determined(market).is_some() {
            return "determined";
        }
        match self.boards.get(market.index()).map(|board| board.status) {
            Some(MarketStatus::Unopened) => "initialized",
            Some(MarketStatus::Active) => "active",
            Some(MarketStatus::Paused) => "inactive",
            Some(MarketStatus::Closed) | None => "closed",
        }
    }

    /// The event of a market; a market without one is its own event.
    pub(crate) fn event_of(&self, market: MarketId) -> String {
        let Some(listing) = self.backend.listing(market) else { return String::new() };
        if listing.event.is_empty() { listing.ticker.clone() } else { listing.event.clone() }
    }

    fn event_markets(&self, event: &str) -> Vec<MarketId> {
        self.markets().filter(|market| self.event_of(*market) == event).collect()
    }
}

/// An unopened market shows no quotes in its own way: kalshi.md 3.3.
const fn unopened() -> Quote {
    Quote { ask: statecraft_domain::Price::ZERO, ..Quote::NONE }
}

/// What YES stands for: the part of the ticker that the event's ticker does not have.
fn outcome_name(ticker: &str, event: &str) -> String {
    let rest = ticker.strip_prefix(event).unwrap_or(ticker).trim_start_matches('-');
    if rest.is_empty() { "Yes".to_owned() } else { rest.to_owned() }
}

fn ranges(grid: &statecraft_domain::TickGrid) -> Vec<PriceRange> {
    let range = |band: &statecraft_domain::TickBand| PriceRange {
        start: price4(band.start),
        end: price4(band.end),
        step: price4(band.step),
    };
    grid.bands().iter().map(range).collect()
}

fn structure(grid: &statecraft_domain::TickGrid) -> &'static str {
    let steps: Vec<u16> = grid.bands().iter().map(|band| band.step.e4()).collect();
    match steps.as_slice() {
        [100] => "linear_cent",
        [10] => "deci_cent",
        [1] => "center_centi_edge_centi_cent",
        [10, 100, 10] => "tapered_deci_cent",
        [50, 100, 50] => "center_whole_edge_half_cent",
        _ => "banded_centi_cent",
    }
}

/// Does a status pass the filter word? Kalshi.md 3.3.
fn passes(status: &str, filter: &str) -> bool {
    match filter {
        "unopened" => status == "initialized",
        "open" => status == "active",
        "paused" => status == "inactive",
        "closed" => matches!(status, "closed" | "determined" | "disputed" | "amended"),
        "settled" => status == "finalized",
        _ => false,
    }
}

fn status_filter<'a>(operation: &str, call: &'a Call<'_>) -> Result<Option<&'a str>, ApiError> {
    match call.query.text("status") {
        None => Ok(None),
        Some(word @ ("unopened" | "open" | "paused" | "closed" | "settled")) => Ok(Some(word)),
        Some(_) => Err(ApiError::parameter(
            operation,
            "status must be one of unopened, open, paused, closed, settled",
        )),
    }
}

pub(super) fn list(venue: &mut KalshiVenue, call: &Call<'_>) -> Answer {
    let operation = "GetMarkets";
    let page = call.query.page(operation, 100, 1_000)?;
    let status = status_filter(operation, call)?;
    let tickers = call.query.list("tickers");
    let event = call.query.text("event_ticker");
    let series = call.query.text("series_ticker");
    let min_close = call.query.seconds(operation, "min_close_ts")?;
    let max_close = call.query.seconds(operation, "max_close_ts")?;
    let wanted = venue.markets().filter(|market| {
        let close = venue.close_of(*market).secs();
        (tickers.is_empty() || tickers.contains(&venue.ticker(*market).as_str()))
            && event.is_none_or(|event| venue.event_of(*market) == event)
            && series.is_none_or(|series| venue.series_of(*market) == series)
            && status.is_none_or(|word| passes(venue.status_of(*market), word))
            && min_close.is_none_or(|bound| close >= bound)
            && max_close.is_none_or(|bound| close <= bound)
    });
    let (page, cursor) =
        page.cut(Run::Rising, wanted.map(|market| (u64::from(market.0) + 1, market)));
    let markets: Vec<Market> =
        page.into_iter().filter_map(|market| venue.market_details(market)).collect();
    Ok(Reply::ok(&json!({ "markets": markets, "cursor": cursor })))
}

pub(super) fn one(venue: &mut KalshiVenue, ticker: &str) -> Answer {
    let market = venue.market(ticker).and_then(|market| venue.market_details(market));
    let market = market.ok_or_else(ApiError::not_found)?;
    Ok(Reply::ok(&json!({ "market": market })))
}

pub(super) fn orderbook(venue: &mut KalshiVenue, ticker: &str, call: &Call<'_>) -> Answer {
    let depth = call.query.integer("GetMarketOrderbook", "depth", 0..=100)?;
    let depth = match depth.and_then(|depth| usize::try_from(depth).ok()) {
        None | Some(0) => usize::MAX,
        Some(depth) => depth,
    };
    let market = venue.market(ticker).ok_or_else(ApiError::not_found)?;
    Ok(Reply::ok(&json!({ "orderbook_fp": venue.ladders(market, depth, false) })))
}

pub(super) fn orderbooks(venue: &mut KalshiVenue, call: &Call<'_>) -> Answer {
    let tickers = call.query.list("tickers");
    if tickers.is_empty() || tickers.len() > 100 {
        return Err(ApiError::parameter(
            "GetMarketOrderbooks",
            "tickers must name 1 to 100 markets",
        ));
    }
    let book = |ticker: &&str| {
        let market = venue.market(ticker)?;
        Some(json!({ "ticker": ticker, "orderbook_fp": venue.ladders(market, usize::MAX, false) }))
    };
    let books: Vec<Value> = tickers.iter().filter_map(book).collect();
    Ok(Reply::ok(&json!({ "orderbooks": books })))
}

fn event_data(venue: &KalshiVenue, event: &str, nested: bool) -> Option<EventData> {
    let markets = venue.event_markets(event);
    let first = *markets.first()?;
    let listing = venue.backend.listing(first)?;
    Some(EventData {
        event_ticker: event.to_owned(),
        series_ticker: venue.series_of(first),
        sub_title: String::new(),
        title: listing.title.clone(),
        collateral_return_type: "",
        mutually_exclusive: false,
        category: CATEGORY,
        settlement_sources: Vec::<SettlementSource>::new(),
        strike_period: "",
        exchange_index: 0,
        markets: nested.then(|| {
            markets.into_iter().filter_map(|market| venue.market_details(market)).collect()
        }),
    })
}

/// Events by their first market, each once.
fn event_list(venue: &KalshiVenue) -> Vec<(u64, String)> {
    let mut events: Vec<(u64, String)> = Vec::new();
    for market in venue.markets() {
        let event = venue.event_of(market);
        if !events.iter().any(|(_, known)| *known == event) {
            events.push((u64::from(market.0) + 1, event));
        }
    }
    events
}

pub(super) fn events(venue: &mut KalshiVenue, call: &Call<'_>) -> Answer {
    let operation = "GetEvents";
    let page = call.query.page(operation, 200, 200)?;
    let status = status_filter(operation, call)?;
    let series = call.query.text("series_ticker");
    let tickers = call.query.list("tickers");
    let nested = call.query.flag("with_nested_markets");
    let wanted = event_list(venue).into_iter().filter(|(_, event)| {
        let markets = venue.event_markets(event);
        let in_series =
            |market: &MarketId| series.is_none_or(|series| venue.series_of(*market) == series);
        let in_status =
            |market: &MarketId| status.is_none_or(|word| passes(venue.status_of(*market), word));
        (tickers.is_empty() || tickers.contains(&event.as_str()))
            && markets.iter().any(in_series)
            && markets.iter().any(in_status)
    });
    let (page, cursor) = page.cut(Run::Rising, wanted);
    let events: Vec<EventData> =
        page.iter().filter_map(|event| event_data(venue, event, nested)).collect();
    Ok(Reply::ok(&json!({ "events": events, "cursor": cursor })))
}

pub(super) fn event(venue: &mut KalshiVenue, ticker: &str, call: &Call<'_>) -> Answer {
    let nested = call.query.flag("with_nested_markets");
    let event = event_data(venue, ticker, nested).ok_or_else(ApiError::not_found)?;
    let markets: Vec<Market> = venue
        .event_markets(ticker)
        .into_iter()
        .filter_map(|market| venue.market_details(market))
        .collect();
    Ok(Reply::ok(&json!({ "event": event, "markets": markets })))
}

pub(super) fn event_metadata(venue: &mut KalshiVenue, ticker: &str) -> Answer {
    let markets = venue.event_markets(ticker);
    if markets.is_empty() {
        return Err(ApiError::not_found());
    }
    let details: Vec<Value> = markets
        .into_iter()
        .map(|market| {
            json!({ "market_ticker": venue.ticker(market), "image_url": "", "color_code": "#000000" })
        })
        .collect();
    Ok(Reply::ok(&json!({ "image_url": "", "market_details": details, "settlement_sources": [] })))
}

pub(super) fn event_fee_changes() -> Reply {
    Reply::ok(&json!({ "event_fee_changes": [], "cursor": "" }))
}

pub(super) fn series_fee_changes() -> Reply {
    Reply::ok(&json!({ "series_fee_change_arr": [] }))
}

pub(super) fn no_multivariate_events() -> Reply {
    Reply::ok(&json!({ "events": [], "cursor": "" }))
}

/// The venue's name for a fee schedule, and its multiplier.
fn fee_type(fees: &FeeSchedule, now: Timestamp) -> (&'static str, f64) {
    let Some(period) = fees.at(now) else { return ("quadratic", 0.0) };
    let name = match period.rates.maker_e4 {
        0 => "quadratic",
        350 => "quadratic_with_combo_maker_fees",
        _ => "quadratic_with_maker_fees",
    };
    (name, f64::from(period.rates.multiplier_e6) / 1e6)
}

fn series_data(venue: &KalshiVenue, ticker: &str, with_volume: bool) -> Option<Series> {
    let mut markets = venue.markets().filter(|market| venue.series_of(*market) == ticker);
    let first = markets.next()?;
    let listing = venue.backend.listing(first)?;
    let (fee_type, fee_multiplier) = fee_type(&listing.fees, venue.backend.now());
    let volume = venue
        .markets()
        .filter(|market| venue.series_of(*market) == ticker)
        .filter_map(|market| venue.boards.get(market.index()))
        .map(|board| board.volume)
        .sum();
    Some(Series {
        ticker: ticker.to_owned(),
        frequency: "custom",
        title: listing.title.clone(),
        category: CATEGORY,
        categories: vec![CATEGORY],
        tags: None,
        settlement_sources: Some(Vec::new()),
        contract_url: "",
        contract_terms_url: "",
        fee_type,
        fee_multiplier,
        additional_prohibitions: Some(Vec::new()),
        volume_fp: with_volume.then(|| count2(volume)),
        exchange_index: 0,
    })
}

pub(super) fn series_list(venue: &mut KalshiVenue, call: &Call<'_>) -> Answer {
    let mut tickers = Map::new();
    for market in venue.markets() {
        tickers.insert(venue.series_of(market), Value::Null);
    }
    let category = call.query.text("category");
    let with_volume = call.query.flag("include_volume");
    let series: Vec<Series> = tickers
        .keys()
        .filter(|_| category.is_none_or(|wanted| wanted == CATEGORY))
        .filter_map(|ticker| series_data(venue, ticker, with_volume))
        .collect();
    Ok(Reply::ok(&json!({ "series": series })))
}

pub(super) fn series(venue: &mut KalshiVenue, ticker: &str) -> Answer {
    let series = series_data(venue, ticker, false).ok_or_else(ApiError::not_found)?;
    Ok(Reply::ok(&json!({ "series": series })))
}
