//! Trades, candles and the historical tier: kalshi.md section 3.4.

use serde_json::{Value, json};
use statecraft_domain::{MarketId, Price, Timestamp, Usd};

use super::{Answer, Call, Reply};
use crate::simulator::kalshi::board::{Candle, PublicTrade, Span};
use crate::simulator::kalshi::call::Run;
use crate::simulator::kalshi::error::ApiError;
use crate::simulator::kalshi::format::{Named, count2, price4, rfc3339};
use crate::simulator::kalshi::venue::{KalshiVenue, sides};
use crate::simulator::kalshi::wire::market::{Candlestick, PriceRangeTraded, QuoteRange, Trade};

/// The live tier reaches back three months, orders two weeks.
const LIVE_SECS: i64 = 90 * 86_400;
const LIVE_ORDERS_SECS: i64 = 14 * 86_400;

fn trade(venue: &KalshiVenue, market: MarketId, trade: &PublicTrade) -> Trade {
    let (outcome, book) = sides(trade.taker);
    Trade {
        trade_id: venue.ids.write(Named::Trade, trade.key.0),
        ticker: venue.ticker(market),
        count_fp: count2(trade.quantity),
        yes_price_dollars: price4(trade.price),
        no_price_dollars: price4(trade.price.complement()),
        taker_side: outcome,
        taker_outcome_side: outcome,
        taker_book_side: book,
        created_time: rfc3339(trade.at),
        is_block_trade: false,
    }
}

pub(super) fn trades(venue: &mut KalshiVenue, call: &Call<'_>) -> Answer {
    let operation = "GetTrades";
    let page = call.query.page(operation, 100, 1_000)?;
    let earliest = call.query.seconds(operation, "min_ts")?.unwrap_or(i64::MIN);
    let latest = call.query.seconds(operation, "max_ts")?.unwrap_or(i64::MAX);
    let only = call.query.text("ticker").map(|ticker| venue.market(ticker));
    let mut found: Vec<(u64, (MarketId, PublicTrade))> = venue
        .markets()
        .filter(|market| only.is_none_or(|only| only == Some(*market)))
        .filter_map(|market| Some((market, venue.boards.get(market.index())?)))
        .flat_map(|(market, board)| board.trades().map(move |trade| (market, *trade)))
        .filter(|(_, trade)| (earliest..=latest).contains(&trade.at.secs()))
        .map(|(market, trade)| (trade.key.0, (market, trade)))
        .collect();
    found.sort_by_key(|(key, _)| std::cmp::Reverse(*key));
    let (page, cursor) = page.cut(Run::Falling, found.into_iter());
    let trades: Vec<Trade> =
        page.iter().map(|(market, found)| trade(venue, *market, found)).collect();
    Ok(Reply::ok(&json!({ "trades": trades, "cursor": cursor })))
}

fn quote_range(span: &Span) -> QuoteRange {
    QuoteRange {
        open_dollars: price4(span.open),
        low_dollars: price4(span.low),
        high_dollars: price4(span.high),
        close_dollars: price4(span.close),
    }
}

/// Average price of what traded: turnover over contracts, to four decimals.
fn mean(turnover: Usd, candle: &Candle) -> Option<String> {
    let contracts = i128::from(candle.volume.e6());
    let e4 = turnover.e10().checked_div(contracts)?;
    u16::try_from(e4).ok().and_then(Price::from_e4).map(price4)
}

fn candlestick(candle: &Candle, previous: Option<Price>) -> Candlestick {
    let price = candle.traded.map_or_else(
        || PriceRangeTraded { previous_dollars: previous.map(price4), ..Default::default() },
        |span| PriceRangeTraded {
            open_dollars: Some(price4(span.open)),
            low_dollars: Some(price4(span.low)),
            high_dollars: Some(price4(span.high)),
            close_dollars: Some(price4(span.close)),
            mean_dollars: mean(candle.turnover, candle),
            previous_dollars: previous.map(price4),
            min_dollars: Some(price4(span.low)),
            max_dollars: Some(price4(span.high)),
        },
    );
    Candlestick {
        end_period_ts: candle.end_secs,
        yes_bid: quote_range(&candle.bid),
        yes_ask: quote_range(&candle.ask),
        price,
        volume_fp: count2(candle.volume),
        open_interest_fp: count2(candle.open_interest),
    }
}

/// The window of a candle query.
struct Window {
    start: i64,
    end: i64,
    minutes: i64,
    with_latest_before: bool,
}

fn window(operation: &str, call: &Call<'_>) -> Result<Window, ApiError> {
    let required = |name: &str| {
        call.query
            .seconds(operation, name)?
            .ok_or_else(|| ApiError::parameter(operation, &format!("{name} is required")))
    };
    let minutes = required("period_interval")?;
    if !matches!(minutes, 1 | 60 | 1_440) {
        return Err(ApiError::parameter(operation, "period_interval must be 1, 60 or 1440"));
    }
    Ok(Window {
        start: required("start_ts")?,
        end: required("end_ts")?,
        minutes,
        with_latest_before: call.query.flag("include_latest_before_start"),
    })
}

fn candles_of(venue: &KalshiVenue, market: MarketId, window: &Window) -> Vec<Candlestick> {
    let Some(board) = venue.boards.get(market.index()) else { return Vec::new() };
    let mut previous = None;
    let mut before = None;
    let mut candles = Vec::new();
    for candle in board.candles(window.minutes, i64::MIN, window.end) {
        let stick = candlestick(&candle, previous);
        if candle.end_secs < window.start {
            before = Some(stick);
        } else {
            candles.push(stick);
        }
        previous = candle.traded.map(|span| span.close).or(previous);
    }
    if let Some(stick) = before.filter(|_| window.with_latest_before) {
        candles.insert(0, Candlestick { end_period_ts: window.start, ..stick });
    }
    candles
}

pub(super) fn candles(venue: &mut KalshiVenue, ticker: &str, call: &Call<'_>) -> Answer {
    let window = window("GetMarketCandlesticks", call)?;
    let market = venue.market(ticker).ok_or_else(ApiError::not_found)?;
    let candlesticks = candles_of(venue, market, &window);
    Ok(Reply::ok(&json!({ "ticker": ticker, "candlesticks": candlesticks })))
}

pub(super) fn many_candles(venue: &mut KalshiVenue, call: &Call<'_>) -> Answer {
    let operation = "BatchGetMarketCandlesticks";
    let window = window(operation, call)?;
    let tickers = call.query.list("market_tickers");
    if tickers.is_empty() || tickers.len() > 100 {
        return Err(ApiError::parameter(operation, "market_tickers must name 1 to 100 markets"));
    }
    let one = |ticker: &&str| {
        let market = venue.market(ticker)?;
        let candlesticks = candles_of(venue, market, &window);
        Some(json!({ "market_ticker": ticker, "candlesticks": candlesticks }))
    };
    let markets: Vec<Value> = tickers.iter().filter_map(one).collect();
    Ok(Reply::ok(&json!({ "markets": markets })))
}

/// Nothing is ever old enough here to have moved out of the live tier.
pub(super) fn historical(venue: &mut KalshiVenue, rest: &[&str]) -> Answer {
    let ago = |secs: i64| rfc3339(Timestamp::from_secs(venue.backend.now().secs() - secs));
    match rest {
        ["cutoff"] => Ok(Reply::ok(&json!({
            "market_settled_ts": ago(LIVE_SECS),
            "trades_created_ts": ago(LIVE_SECS),
            "orders_updated_ts": ago(LIVE_ORDERS_SECS),
            "market_positions_last_updated_ts": ago(LIVE_SECS),
        }))),
        ["markets"] => Ok(Reply::ok(&json!({ "markets": [], "cursor": "" }))),
        ["trades"] => Ok(Reply::ok(&json!({ "trades": [], "cursor": "" }))),
        ["fills"] => Ok(Reply::ok(&json!({ "fills": [], "cursor": "" }))),
        ["orders"] => Ok(Reply::ok(&json!({ "orders": [], "cursor": "" }))),
        ["positions"] => {
            Ok(Reply::ok(&json!({ "market_positions": [], "event_positions": [], "cursor": "" })))
        }
        _ => Err(ApiError::not_found()),
    }
}
