//! The account as Kalshi states it, fetched whole: all pages, or no report.

use std::collections::BTreeSet;

use statecraft_domain::{Liquidity, Nanos, Settlement, Timestamp, TradeId, VenueOrderId};

use super::reconcile::{AccountState, VenueFill, VenueOrder, VenueOrderState};
use crate::venue::kalshi::limits::Operation;
use crate::venue::kalshi::map::settlement;
use crate::venue::kalshi::rest::{Get, OrderFilter, RestError, STATUS, reads};
use crate::venue::kalshi::wire::{self, OrderStatus};

/// Reads may lag writes: we ask from this long (wall time) before the time we care about.
const OVERLAP: Nanos = Nanos::from_secs(600);

/// What to ask for.
#[derive(Debug, Clone)]
pub struct Question {
    /// Orders and fills since then; all of them for the epoch.
    pub since: Timestamp,
    /// Engine seconds per wall second.
    pub speed: u32,
    /// Markets in which we hold something: where the venue says otherwise, how they ended is asked, too.
    pub holding: Vec<String>,
    /// There are orders whose fate is unknown: their absence proves something only while the venue processes
    /// requests, so that is asked, too (F35).
    pub unknown: bool,
}

/// Fetches orders, fills, positions, cash, and the results of markets that are over.
///
/// # Errors
/// [`RestError`] if any page of any part failed: then nothing is known.
pub async fn fetch(api: &impl Get, question: &Question) -> Result<AccountState, RestError> {
    let since = question.since;
    let since = (since > Timestamp::EPOCH).then(|| since - OVERLAP.times(question.speed));
    let processes = if question.unknown { Some(processes(api).await) } else { None };
    // Orders before fills: a fill that happens in between is in the fills, and its order's state is
    // corrected by the next round; the other way round an executed order could lack its fill.
    let orders = orders(api, since).await?;
    let fills = reads::fills(api, None, since).await?;
    let positions = reads::positions(api, None).await?;
    let held =
        |ticker: &String| positions.iter().any(|p| p.ticker == *ticker && !p.position_fp.is_zero());
    let gone: Vec<String> = question.holding.iter().filter(|t| !held(t)).cloned().collect();
    let settled = results(api, &gone).await?;
    // After the results: whatever is paid out by now is in the cash.
    let balance = reads::balance(api, None).await?;
    Ok(AccountState {
        orders: orders.into_iter().map(order).collect(),
        fills: fills.into_iter().map(fill).collect(),
        positions: positions
            .into_iter()
            .filter(|position| !position.position_fp.is_zero())
            .map(|position| (position.ticker, position.position_fp))
            .collect(),
        cash: balance.balance_dollars,
        settled,
        processes,
    })
}

/// Orders since then, and what rests whatever its age: an order that is not ours, or that is over by what we know,
/// may be older than anything we care about. What rests is read first, so that the later word counts.
async fn orders(api: &impl Get, since: Option<Timestamp>) -> Result<Vec<wire::Order>, RestError> {
    let mut older = Vec::new();
    if since.is_some() {
        let resting = OrderFilter { status: Some(OrderStatus::Resting), ..OrderFilter::default() };
        older = reads::orders(api, &resting).await?;
    }
    let mut orders = reads::orders(api, &OrderFilter { since, ..OrderFilter::default() }).await?;
    let recent: BTreeSet<String> = orders.iter().map(|order| order.order_id.clone()).collect();
    orders.extend(older.into_iter().filter(|order| !recent.contains(&order.order_id)));
    Ok(orders)
}

/// Does the venue take and answer orders now? What it does not say is a no.
async fn processes(api: &impl Get) -> bool {
    let status = api.get::<wire::ExchangeStatus>(Operation::Read, STATUS).await;
    status.is_ok_and(|status| status.exchange_active && status.trading_active)
}

/// How markets ended, of those that have: by the market itself, or by the account's own payouts where
/// the venue does not list the market any more.
async fn results(
    api: &impl Get,
    tickers: &[String],
) -> Result<Vec<(String, Settlement)>, RestError> {
    if tickers.is_empty() {
        return Ok(Vec::new());
    }
    let markets = reads::markets(api, tickers).await?;
    let mut results: Vec<(String, Settlement)> = markets
        .iter()
        .filter_map(|market| Some((market.ticker.clone(), settlement(market)?)))
        .collect();
    let unlisted: Vec<&String> =
        tickers.iter().filter(|ticker| markets.iter().all(|m| m.ticker != **ticker)).collect();
    if !unlisted.is_empty() {
        let paid = reads::settlements(api, None).await?;
        results.extend(
            paid.into_iter().filter(|paid| unlisted.contains(&&paid.ticker)).filter_map(|paid| {
                match paid.market_result {
                    wire::MarketResult::Yes => Some((paid.ticker, Settlement::Yes)),
                    wire::MarketResult::No => Some((paid.ticker, Settlement::No)),
                    // Without the market nobody knows what it paid; the position then stays a difference.
                    wire::MarketResult::Scalar | wire::MarketResult::Open => None,
                }
            }),
        );
    }
    Ok(results)
}

fn order(order: wire::Order) -> VenueOrder {
    VenueOrder {
        client_id: order.client_order_id,
        venue_order: VenueOrderId::new(&order.order_id),
        ticker: order.ticker,
        state: match order.status {
            OrderStatus::Resting => VenueOrderState::Resting,
            OrderStatus::Executed => VenueOrderState::Executed,
            OrderStatus::Canceled => VenueOrderState::Cancelled,
        },
        filled: order.fill_count_fp,
    }
}

fn fill(fill: wire::Fill) -> VenueFill {
    VenueFill {
        trade: TradeId::new(&fill.trade_id),
        venue_order: VenueOrderId::new(&fill.order_id),
        ticker: fill.ticker,
        side: fill.book_side.into(),
        price: fill.yes_price_dollars,
        quantity: fill.count_fp,
        liquidity: if fill.is_taker { Liquidity::Taker } else { Liquidity::Maker },
        fee: fill.fee_cost,
        venue_at: fill
            .created_time
            .or_else(|| fill.ts.map(Timestamp::from_secs))
            .unwrap_or(Timestamp::EPOCH),
    }
}
