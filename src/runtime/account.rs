//! The account as Kalshi states it, fetched whole: all pages, or no report.

use statecraft_domain::{Liquidity, Nanos, Timestamp, TradeId, VenueOrderId};

use super::reconcile::{AccountState, VenueFill, VenueOrder, VenueOrderState};
use crate::venue::kalshi::rest::{KalshiRest, OrderFilter, RestError};
use crate::venue::kalshi::wire;

/// Reads may lag writes: we ask from this long before the time we care about.
const OVERLAP: Nanos = Nanos::from_secs(600);

/// Fetches orders and fills since `since` (all of them for the epoch), positions and cash.
///
/// # Errors
/// [`RestError`] if any page of any part failed: then nothing is known.
pub async fn fetch(rest: &KalshiRest, since: Timestamp) -> Result<AccountState, RestError> {
    let since = (since > Timestamp::EPOCH).then(|| since - OVERLAP);
    // Orders before fills: a fill that happens in between is in the fills, and its order's state is
    // corrected by the next round; the other way round an executed order could lack its fill.
    let orders = rest.list_orders(&OrderFilter { since, ..OrderFilter::default() }).await?;
    let fills = rest.fills(None, since).await?;
    let positions = rest.positions(None).await?;
    let balance = rest.balance(None).await?;
    Ok(AccountState {
        orders: orders.into_iter().map(order).collect(),
        fills: fills.into_iter().map(fill).collect(),
        positions: positions
            .into_iter()
            .filter(|position| !position.position_fp.is_zero())
            .map(|position| (position.ticker, position.position_fp))
            .collect(),
        cash: balance.balance_dollars,
    })
}

fn order(order: wire::Order) -> VenueOrder {
    VenueOrder {
        client_id: order.client_order_id,
        venue_order: VenueOrderId::new(&order.order_id),
        ticker: order.ticker,
        state: match order.status {
            wire::OrderStatus::Resting => VenueOrderState::Resting,
            wire::OrderStatus::Executed => VenueOrderState::Executed,
            wire::OrderStatus::Canceled => VenueOrderState::Cancelled,
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
