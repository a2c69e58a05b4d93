//! Private reads: orders, queue positions, balance, positions, fills, settlements. Kalshi.md sections
//! 3.6 and 3.8.

use std::collections::BTreeMap;

use serde_json::json;
use statecraft_domain::{Liquidity, MarketId, Quantity, Side, TimeInForce, Usd};
use statecraft_exchange::OrderKey;
use statecraft_exchange::venue::{FillRecord, OrderEnd, OrderRecord};

use super::{Answer, Call, Listed, Reply};
use crate::simulator::kalshi::call::Run;
use crate::simulator::kalshi::error::ApiError;
use crate::simulator::kalshi::format::{Named, count2, price4, rfc3339};
use crate::simulator::kalshi::stream::frames::result_of;
use crate::simulator::kalshi::venue::{KalshiVenue, Payout, PrivateView, Progress, sides, stp};
use crate::simulator::kalshi::wire::account::{
    Balance, EventPosition, IndexedBalance, MarketPosition, Settlement,
};
use crate::simulator::kalshi::wire::order::{Fill, Order, QueuePosition};

impl KalshiVenue {
    /// An order as REST shows it.
    fn order_details(&self, record: &OrderRecord) -> Order {
        let order = &record.order;
        let (outcome, book) = sides(order.side);
        let expires = match order.time_in_force {
            TimeInForce::GoodTilCancelled { expires } => expires,
            TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => None,
        };
        let group = self.groups.of(record.key);
        Order {
            order_id: self.ids.write(Named::Order, record.key.0),
            user_id: self.user_id(),
            client_order_id: order.client_id.clone().unwrap_or_default(),
            ticker: self.ticker(order.market),
            side: "yes",
            action: action(order.side),
            outcome_side: outcome,
            book_side: book,
            kind: "limit",
            status: Progress::of(record).status(),
            yes_price_dollars: price4(order.price),
            no_price_dollars: price4(order.price.complement()),
            fill_count_fp: count2(record.filled),
            remaining_count_fp: count2(record.remaining),
            initial_count_fp: count2(record.initial),
            taker_fill_cost_dollars: record.taker_cost.to_fixed(6),
            maker_fill_cost_dollars: record.maker_cost.to_fixed(6),
            taker_fees_dollars: record.taker_fees.to_fixed(6),
            maker_fees_dollars: record.maker_fees.to_fixed(6),
            expiration_time: expires.map(rfc3339),
            created_time: rfc3339(record.created),
            last_update_time: rfc3339(record.updated),
            self_trade_prevention_type: stp(order.self_trade_prevention),
            order_group_id: group.map(|group| self.ids.write(Named::Group, group)),
            cancel_order_on_pause: order.cancel_on_pause,
            subaccount_number: 0,
            exchange_index: 0,
        }
    }

    fn fill_details(&self, fill: &FillRecord) -> Fill {
        let (outcome, book) = sides(fill.side);
        let trade_id = self.ids.write(Named::Trade, fill.trade.0);
        let ticker = self.ticker(fill.market);
        Fill {
            fill_id: trade_id.clone(),
            exchange_index: 0,
            trade_id,
            order_id: self.ids.write(Named::Order, fill.order.0),
            ticker: ticker.clone(),
            market_ticker: ticker,
            side: "yes",
            action: action(fill.side),
            outcome_side: outcome,
            book_side: book,
            count_fp: count2(fill.quantity),
            yes_price_dollars: price4(fill.price),
            no_price_dollars: price4(fill.price.complement()),
            is_taker: fill.liquidity == Liquidity::Taker,
            fee_cost: fill.fee.to_fixed(6),
            created_time: rfc3339(fill.at),
            ts: fill.at.secs(),
            subaccount_number: 0,
        }
    }
}

/// A V2 ask reads back as a sale of YES.
const fn action(side: Side) -> &'static str {
    match side {
        Side::Bid => "buy",
        Side::Ask => "sell",
    }
}

pub(super) fn orders(venue: &mut KalshiVenue, rest: &[&str], call: &Call<'_>) -> Answer {
    venue.catch_up();
    match rest {
        [] => order_list(venue, call),
        ["queue_positions"] => queue_positions(venue, call),
        [id, "queue_position"] => queue_position(venue, id),
        [id] => one_order(venue, id),
        _ => Err(ApiError::not_found()),
    }
}

fn one_order(venue: &mut KalshiVenue, id: &str) -> Answer {
    let key = venue.ids.read(Named::Order, id).map(OrderKey).ok_or_else(ApiError::not_found)?;
    let view = venue.private_view();
    let record = view.orders.iter().find(|record| record.key == key);
    let order = record.map(|record| venue.order_details(record)).ok_or_else(ApiError::not_found)?;
    Ok(Reply::ok(&json!({ "order": order })))
}

fn order_list(venue: &mut KalshiVenue, call: &Call<'_>) -> Answer {
    let operation = "GetOrders";
    let page = call.query.page(operation, 100, 1_000)?;
    let status = call.query.text("status");
    let tickers = call.query.list("ticker");
    let events = call.query.list("event_ticker");
    let earliest = call.query.seconds(operation, "min_ts")?.unwrap_or(i64::MIN);
    let latest = call.query.seconds(operation, "max_ts")?.unwrap_or(i64::MAX);
    let view = venue.private_view();
    let wanted = view.orders.iter().rev().filter(|record| {
        let market = record.order.market;
        // An unknown status matches nothing: the venue answers with an empty list.
        status.is_none_or(|status| Progress::of(record).status() == status)
            && (tickers.is_empty() || tickers.contains(&venue.ticker(market).as_str()))
            && (events.is_empty() || events.contains(&venue.event_of(market).as_str()))
            && (earliest..=latest).contains(&record.created.secs())
    });
    let (page, cursor) = page.cut(Run::Falling, wanted.map(|record| (record.key.0, record)));
    let orders: Vec<Order> = page.into_iter().map(|record| venue.order_details(record)).collect();
    Ok(Reply::ok(&Listed { name: "orders", items: &orders, cursor: &cursor }))
}

fn queue_position(venue: &mut KalshiVenue, id: &str) -> Answer {
    let key = venue.ids.read(Named::Order, id).map(OrderKey).ok_or_else(ApiError::not_found)?;
    let own = venue.backend.orders().into_iter().any(|record| record.key == key);
    let ahead = venue.backend.queue_ahead(key).filter(|_| own).ok_or_else(ApiError::not_found)?;
    Ok(Reply::ok(&json!({ "queue_position_fp": count2(ahead) })))
}

fn queue_positions(venue: &mut KalshiVenue, call: &Call<'_>) -> Answer {
    let tickers = call.query.list("market_tickers");
    let event = call.query.text("event_ticker");
    if tickers.is_empty() && event.is_none() {
        return Err(ApiError::parameter(
            "GetOrderQueuePositions",
            "market_tickers or event_ticker is required",
        ));
    }
    let position = |record: &&OrderRecord| {
        let market = record.order.market;
        let ticker = venue.ticker(market);
        let wanted = tickers.contains(&ticker.as_str())
            || event.is_some_and(|event| venue.event_of(market) == event);
        let ahead = venue.backend.queue_ahead(record.key).filter(|_| wanted)?;
        Some(QueuePosition {
            order_id: venue.ids.write(Named::Order, record.key.0),
            market_ticker: ticker,
            queue_position_fp: count2(ahead),
        })
    };
    let positions: Vec<QueuePosition> = venue
        .backend
        .orders()
        .iter()
        .filter(|record| record.end.is_none())
        .filter_map(position)
        .collect();
    Ok(Reply::ok(&json!({ "queue_positions": positions })))
}

pub(super) fn portfolio(venue: &mut KalshiVenue, rest: &[&str], call: &Call<'_>) -> Answer {
    venue.catch_up();
    match rest {
        ["balance"] => Ok(balance(venue)),
        ["positions"] => positions(venue, call),
        ["fills"] => fills(venue, call),
        ["settlements"] => settlements(venue, call),
        ["summary", "total_resting_order_value"] => Ok(resting_value(venue)),
        ["deposits"] => Ok(Reply::ok(&json!({ "deposits": [], "cursor": "" }))),
        ["withdrawals"] => Ok(Reply::ok(&json!({ "withdrawals": [], "cursor": "" }))),
        ["subaccounts", "balances"] => Ok(Reply::ok(&json!({ "subaccount_balances": [] }))),
        ["subaccounts", "transfers"] => Ok(Reply::ok(&json!({ "transfers": [], "cursor": "" }))),
        ["subaccounts", "netting"] => Ok(Reply::ok(&json!({ "netting_configs": [] }))),
        _ => Err(ApiError::not_found()),
    }
}

/// Whole cents, truncated.
fn cents(amount: Usd) -> i64 {
    i64::try_from(amount.cents_truncated()).unwrap_or(i64::MAX)
}

fn balance(venue: &mut KalshiVenue) -> Reply {
    let view = venue.private_view();
    let cash = if venue.options.balance_deducts_resting {
        view.account.cash - view.account.reserved
    } else {
        view.account.cash
    };
    let value = |(market, position): (&MarketId, &statecraft_exchange::account::Position)| {
        let mark = venue.mark(*market);
        let unit = if position.quantity < Quantity::ZERO { mark.complement() } else { mark };
        unit.times(position.quantity.abs())
    };
    let portfolio: Usd = view.account.positions.iter().map(value).sum();
    Reply::ok(&Balance {
        balance: cents(cash),
        balance_dollars: cash.to_fixed(4),
        portfolio_value: cents(portfolio),
        updated_ts: venue.backend.now().secs(),
        balance_breakdown: vec![IndexedBalance { exchange_index: 0, balance: cash.to_fixed(4) }],
    })
}

fn resting_value(venue: &mut KalshiVenue) -> Reply {
    let reserved = venue.private_view().account.reserved;
    let breakdown = [IndexedBalance { exchange_index: 0, balance: reserved.to_fixed(4) }];
    Reply::ok(&json!({
        "total_resting_order_value": cents(reserved),
        "resting_order_value_breakdown": breakdown,
    }))
}

/// Which of the settled and the open are wanted.
fn wants_settled(call: &Call<'_>) -> (bool, bool) {
    match call.query.text("settlement_status") {
        Some("settled") => (true, false),
        Some("all") => (true, true),
        _ => (false, true),
    }
}

fn positions(venue: &mut KalshiVenue, call: &Call<'_>) -> Answer {
    let page = call.query.page("GetPositions", 100, 1_000)?;
    let (settled, open) = wants_settled(call);
    let filters = call.query.list("count_filter");
    let ticker = call.query.text("ticker");
    let event = call.query.text("event_ticker");
    let view = venue.private_view();
    let wanted = view.account.positions.iter().filter(|(market, position)| {
        let is_settled = venue.backend.settlement(**market).is_some();
        let holding = view.holdings.get(market).copied().unwrap_or_default();
        let (has_position, has_traded) =
            (!position.quantity.is_zero(), holding.volume.is_positive());
        let counted = match filters.as_slice() {
            [] => has_position || has_traded,
            filters => {
                (filters.contains(&"position") && has_position)
                    || (filters.contains(&"total_traded") && has_traded)
            }
        };
        (if is_settled { settled } else { open })
            && counted
            && ticker.is_none_or(|ticker| venue.ticker(**market) == ticker)
            && event.is_none_or(|event| venue.event_of(**market) == event)
    });
    let numbered = wanted.map(|(market, _)| (u64::from(market.0) + 1, *market));
    let (page, cursor) = page.cut(Run::Rising, numbered);
    let markets: Vec<MarketPosition> =
        page.iter().filter_map(|market| market_position(venue, &view, *market)).collect();
    let events = event_positions(venue, &view, &page);
    Ok(Reply::ok(
        &json!({ "market_positions": markets, "event_positions": events, "cursor": cursor }),
    ))
}

fn market_position(
    venue: &KalshiVenue,
    view: &PrivateView,
    market: MarketId,
) -> Option<MarketPosition> {
    let position = view.account.positions.get(&market)?;
    let holding = view.holdings.get(&market).copied().unwrap_or_default();
    Some(MarketPosition {
        ticker: venue.ticker(market),
        exchange_index: 0,
        total_traded_dollars: holding.traded.to_fixed(6),
        position_fp: count2(position.quantity),
        market_exposure_dollars: position.cost.to_fixed(6),
        realized_pnl_dollars: position.realized.to_fixed(6),
        fees_paid_dollars: position.fees.to_fixed(6),
        last_updated_ts: rfc3339(holding.updated),
    })
}

/// Sums over the markets of each event.
fn event_positions(
    venue: &KalshiVenue,
    view: &PrivateView,
    markets: &[MarketId],
) -> Vec<EventPosition> {
    #[derive(Default)]
    struct Sum {
        traded: Usd,
        shares: Quantity,
        exposure: Usd,
        realized: Usd,
        fees: Usd,
    }
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for market in markets {
        let sum = sums.entry(venue.event_of(*market)).or_default();
        let position = view.account.positions.get(market).copied().unwrap_or_default();
        let holding = view.holdings.get(market).copied().unwrap_or_default();
        sum.traded += holding.traded;
        sum.shares += holding.volume;
        sum.exposure += position.cost;
        sum.realized += position.realized;
        sum.fees += position.fees;
    }
    let event = |(event_ticker, sum): (String, Sum)| EventPosition {
        event_ticker,
        total_cost_dollars: sum.traded.to_fixed(6),
        total_cost_shares_fp: count2(sum.shares),
        event_exposure_dollars: sum.exposure.to_fixed(6),
        realized_pnl_dollars: sum.realized.to_fixed(6),
        fees_paid_dollars: sum.fees.to_fixed(6),
    };
    sums.into_iter().map(event).collect()
}

fn fills(venue: &mut KalshiVenue, call: &Call<'_>) -> Answer {
    let operation = "GetFills";
    let page = call.query.page(operation, 100, 1_000)?;
    let tickers = call.query.list("ticker");
    let order = call.query.text("order_id");
    let earliest = call.query.seconds(operation, "min_ts")?.unwrap_or(i64::MIN);
    let latest = call.query.seconds(operation, "max_ts")?.unwrap_or(i64::MAX);
    let view = venue.private_view();
    // Numbered by their place in the list: two own orders can share a trade.
    let numbered: Vec<(u64, &FillRecord)> = (1_u64..).zip(&view.fills).collect();
    let wanted = numbered.into_iter().rev().filter(|(_, fill)| {
        (tickers.is_empty() || tickers.contains(&venue.ticker(fill.market).as_str()))
            && order.is_none_or(|order| venue.ids.write(Named::Order, fill.order.0) == order)
            && (earliest..=latest).contains(&fill.at.secs())
    });
    let (page, cursor) = page.cut(Run::Falling, wanted);
    let fills: Vec<Fill> = page.into_iter().map(|fill| venue.fill_details(fill)).collect();
    Ok(Reply::ok(&Listed { name: "fills", items: &fills, cursor: &cursor }))
}

fn settlements(venue: &mut KalshiVenue, call: &Call<'_>) -> Answer {
    let operation = "GetSettlements";
    let page = call.query.page(operation, 100, 1_000)?;
    let ticker = call.query.text("ticker");
    let event = call.query.text("event_ticker");
    let earliest = call.query.seconds(operation, "min_ts")?.unwrap_or(i64::MIN);
    let latest = call.query.seconds(operation, "max_ts")?.unwrap_or(i64::MAX);
    let numbered: Vec<(u64, &Payout)> = (1_u64..).zip(&venue.payouts).collect();
    let wanted = numbered.into_iter().rev().filter(|(_, payout)| {
        ticker.is_none_or(|ticker| venue.ticker(payout.market) == ticker)
            && event.is_none_or(|event| venue.event_of(payout.market) == event)
            && (earliest..=latest).contains(&payout.at.secs())
    });
    let (page, cursor) = page.cut(Run::Falling, wanted);
    let settlements: Vec<Settlement> =
        page.into_iter().map(|payout| settlement(venue, payout)).collect();
    Ok(Reply::ok(&json!({ "settlements": settlements, "cursor": cursor })))
}

fn settlement(venue: &KalshiVenue, payout: &Payout) -> Settlement {
    let (market_result, value) = result_of(payout.settlement);
    let yes = payout.quantity >= Quantity::ZERO;
    let side = |wanted: bool| {
        if wanted {
            (count2(payout.quantity.abs()), payout.cost.to_fixed(6))
        } else {
            (count2(Quantity::ZERO), Usd::ZERO.to_fixed(6))
        }
    };
    let ((yes_count_fp, yes_total_cost_dollars), (no_count_fp, no_total_cost_dollars)) =
        (side(yes), side(!yes));
    Settlement {
        ticker: venue.ticker(payout.market),
        exchange_index: 0,
        event_ticker: venue.event_of(payout.market),
        market_result,
        yes_count_fp,
        yes_total_cost_dollars,
        no_count_fp,
        no_total_cost_dollars,
        revenue: cents(payout.payout),
        settled_time: rfc3339(payout.at),
        fee_cost: payout.fees.to_fixed(6),
        value: value.map(|value| i64::from(value.e4() / 100)),
    }
}

/// How an order ended, for the ledger.
pub(crate) const fn end_word(end: Option<OrderEnd>) -> &'static str {
    match end {
        None => "resting",
        Some(OrderEnd::Filled) => "executed",
        Some(OrderEnd::Closed(_)) => "canceled",
    }
}
