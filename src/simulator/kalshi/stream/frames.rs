//! From what happened to the frames that say so.

use serde::Serialize;
use statecraft_domain::order::CloseReason;
use statecraft_domain::{MarketId, Price, Quantity, Settlement, Side, TimeInForce, Timestamp, Usd};
use statecraft_exchange::OrderKey;
use statecraft_exchange::venue::{FillRecord, OrderEnd};

use super::hub::{Channel, Message};
use crate::simulator::kalshi::board::{PublicTrade, Quote};
use crate::simulator::kalshi::format::{Named, count2, price4, rfc3339};
use crate::simulator::kalshi::venue::{KalshiVenue, Progress, sides, stp};
use crate::simulator::kalshi::wire::{market, stream};

fn message<T: Serialize>(
    channel: Channel,
    market: Option<MarketId>,
    kind: &'static str,
    body: &T,
) -> Message {
    // These structs have text keys and no failing serializer: there is always a text.
    let body = serde_json::to_string(body).unwrap_or_default();
    Message { channel, market, kind, body, body_yes_price: None }
}

/// The price of a level as a ladder of bids quotes it: NO bids at the complement, unless asked
/// otherwise.
fn ladder_price(side: Side, price: Price, yes_scale: bool) -> String {
    match side {
        Side::Ask if !yes_scale => price4(price.complement()),
        Side::Ask | Side::Bid => price4(price),
    }
}

const fn ladder_name(side: Side) -> &'static str {
    match side {
        Side::Bid => "yes",
        Side::Ask => "no",
    }
}

impl KalshiVenue {
    /// Both ladders, ascending; the `depth` best levels of each.
    pub(crate) fn ladders(
        &self,
        market: MarketId,
        depth: usize,
        yes_scale: bool,
    ) -> market::Orderbook {
        let Some(book) = self.backend.book(market) else { return market::Orderbook::default() };
        let ladder = |side: Side| {
            let mut levels: Vec<market::Level> = book
                .levels(side)
                .take(depth)
                .map(|level| [ladder_price(side, level.price, yes_scale), count2(level.quantity)])
                .collect();
            // Best first so far. A NO ladder on the YES scale falls with its quality.
            if side == Side::Bid || !yes_scale {
                levels.reverse();
            }
            levels
        };
        market::Orderbook { yes_dollars: ladder(Side::Bid), no_dollars: ladder(Side::Ask) }
    }

    pub(crate) fn snapshot_message(&self, market: MarketId) -> Message {
        let body = |yes_scale: bool| {
            let book = self.ladders(market, usize::MAX, yes_scale);
            stream::BookSnapshot {
                market_ticker: self.ticker(market),
                market_id: self.ids.write(Named::Market, u64::from(market.0)),
                yes_dollars_fp: book.yes_dollars,
                no_dollars_fp: book.no_dollars,
            }
        };
        let channel = Channel::OrderbookDelta;
        let mut plain = message(channel, Some(market), "orderbook_snapshot", &body(false));
        plain.body_yes_price = serde_json::to_string(&body(true)).ok();
        plain
    }

    pub(crate) fn delta_message(
        &self,
        at: Timestamp,
        market: MarketId,
        side: Side,
        price: Price,
        by: Quantity,
        cause: Option<OrderKey>,
    ) -> Message {
        let own = cause
            .and_then(|key| self.backend.order(key))
            .filter(|record| record.order.account == self.backend.user());
        let mut body = stream::BookDelta {
            market_ticker: self.ticker(market),
            market_id: self.ids.write(Named::Market, u64::from(market.0)),
            price_dollars: ladder_price(side, price, false),
            delta_fp: count2(by),
            side: ladder_name(side),
            client_order_id: own.and_then(|record| record.order.client_id.clone()),
            subaccount: own.map(|_| 0),
            ts: rfc3339(at),
            ts_ms: at.millis(),
        };
        let channel = Channel::OrderbookDelta;
        let mut plain = message(channel, Some(market), "orderbook_delta", &body);
        body.price_dollars = ladder_price(side, price, true);
        plain.body_yes_price = serde_json::to_string(&body).ok();
        plain
    }

    pub(crate) fn trade_message(&self, market: MarketId, trade: &PublicTrade) -> Message {
        let (outcome, book) = sides(trade.taker);
        let body = stream::Trade {
            trade_id: self.ids.write(Named::Trade, trade.key.0),
            market_ticker: self.ticker(market),
            yes_price_dollars: price4(trade.price),
            no_price_dollars: price4(trade.price.complement()),
            count_fp: count2(trade.quantity),
            taker_side: outcome,
            taker_outcome_side: outcome,
            taker_book_side: book,
            is_block_trade: false,
            ts: trade.at.secs(),
            ts_ms: trade.at.millis(),
        };
        message(Channel::Trade, Some(market), "trade", &body)
    }

    pub(crate) fn ticker_message(&self, market: MarketId, at: Timestamp) -> Option<Message> {
        let board = self.boards.get(market.index())?;
        let Quote { bid, bid_size, ask, ask_size } = board.quote;
        let last_size = board.last.map_or(Quantity::ZERO, |trade| trade.quantity);
        let body = stream::Ticker {
            market_ticker: self.ticker(market),
            market_id: self.ids.write(Named::Market, u64::from(market.0)),
            price_dollars: price4(board.last_price()),
            yes_bid_dollars: price4(bid),
            yes_ask_dollars: price4(ask),
            volume_fp: count2(board.volume),
            open_interest_fp: count2(board.open_interest),
            dollar_volume: whole_dollars(board.dollar_volume),
            dollar_open_interest: board.open_interest.e6() / 1_000_000,
            yes_bid_size_fp: count2(bid_size),
            yes_ask_size_fp: count2(ask_size),
            last_trade_size_fp: count2(last_size),
            ts: at.secs(),
            ts_ms: at.millis(),
            time: rfc3339(at),
        };
        Some(message(Channel::Ticker, Some(market), "ticker", &body))
    }

    pub(crate) fn fill_message(&self, fill: &FillRecord) -> Message {
        let (outcome, book) = sides(fill.side);
        let client_order_id =
            self.backend.order(fill.order).and_then(|record| record.order.client_id.clone());
        let body = stream::Fill {
            trade_id: self.ids.write(Named::Trade, fill.trade.0),
            order_id: self.ids.write(Named::Order, fill.order.0),
            client_order_id,
            market_ticker: self.ticker(fill.market),
            exchange_index: 0,
            is_taker: fill.liquidity == statecraft_domain::Liquidity::Taker,
            side: "yes",
            action: if fill.side == Side::Bid { "buy" } else { "sell" },
            outcome_side: outcome,
            book_side: book,
            purchased_side: outcome,
            yes_price_dollars: price4(fill.price),
            count_fp: count2(fill.quantity),
            fee_cost: fill.fee.to_fixed(6),
            post_position_fp: count2(fill.position_after),
            ts: fill.at.secs(),
            ts_ms: fill.at.millis(),
        };
        message(Channel::Fill, Some(fill.market), "fill", &body)
    }

    pub(crate) fn position_message(&self, market: MarketId) -> Option<Message> {
        let holding = self.holdings.get(&market)?;
        let body = stream::MarketPosition {
            user_id: self.user_id(),
            market_ticker: self.ticker(market),
            position_fp: count2(holding.quantity),
            position_cost_dollars: holding.cost.to_fixed(4),
            realized_pnl_dollars: holding.realized.to_fixed(4),
            fees_paid_dollars: holding.fees.to_fixed(4),
            position_fee_cost_dollars: holding.fees.to_fixed(4),
            volume_fp: count2(holding.volume),
            subaccount: 0,
        };
        Some(message(Channel::MarketPositions, Some(market), "market_position", &body))
    }

    pub(crate) fn order_message(
        &self,
        key: OrderKey,
        progress: &Progress,
        at: Timestamp,
        reason: &'static str,
    ) -> Option<Message> {
        let record = self.backend.order(key)?;
        let order = &record.order;
        let (outcome, book) = sides(order.side);
        let expires = match order.time_in_force {
            TimeInForce::GoodTilCancelled { expires } => expires,
            TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => None,
        };
        let body = stream::UserOrder {
            order_id: self.ids.write(Named::Order, key.0),
            user_id: self.user_id(),
            ticker: self.ticker(order.market),
            exchange_index: 0,
            status: progress.status(),
            side: "yes",
            is_yes: outcome == "yes",
            outcome_side: outcome,
            book_side: book,
            yes_price_dollars: price4(order.price),
            fill_count_fp: count2(progress.filled),
            remaining_count_fp: count2(progress.remaining),
            initial_count_fp: count2(record.initial),
            taker_fill_cost_dollars: progress.taker_cost.to_fixed(6),
            maker_fill_cost_dollars: progress.maker_cost.to_fixed(6),
            taker_fees_dollars: progress.taker_fees.to_fixed(6),
            maker_fees_dollars: progress.maker_fees.to_fixed(6),
            client_order_id: order.client_id.clone().unwrap_or_default(),
            order_group_id: self.groups.of(key).map(|group| self.ids.write(Named::Group, group)),
            self_trade_prevention_type: stp(order.self_trade_prevention),
            created_time: rfc3339(record.created),
            created_ts_ms: record.created.millis(),
            last_update_time: rfc3339(at),
            last_updated_ts_ms: at.millis(),
            expiration_time: expires.map(rfc3339),
            expiration_ts_ms: expires.map(Timestamp::millis),
            subaccount_number: 0,
            last_update_reason: reason,
        };
        Some(message(Channel::UserOrders, Some(order.market), "user_order", &body))
    }

    pub(crate) fn lifecycle_message(&self, change: &stream::MarketChange) -> Message {
        message(Channel::MarketLifecycle, None, "market_lifecycle_v2", change)
    }

    pub(crate) fn created_message(&self, market: MarketId) -> Option<Message> {
        let details = self.market_details(market)?;
        let listing = self.backend.listing(market)?;
        let close = self.close_of(market);
        let body = stream::MarketCreated {
            market_ticker: details.ticker,
            event_type: "created",
            exchange_index: 0,
            open_ts: self.boards.get(market.index()).map_or(0, |board| board.opened.secs()),
            close_ts: close.secs(),
            price_level_structure: details.price_level_structure,
            price_ranges: details.price_ranges,
            additional_metadata: stream::MarketCreatedMetadata {
                name: details.yes_sub_title.clone(),
                title: listing.title.clone(),
                yes_sub_title: details.yes_sub_title,
                no_sub_title: details.no_sub_title,
                rules_primary: details.rules_primary,
                rules_secondary: details.rules_secondary,
                can_close_early: true,
                event_ticker: details.event_ticker,
                expected_expiration_ts: close.secs(),
            },
        };
        Some(message(Channel::MarketLifecycle, None, "market_lifecycle_v2", &body))
    }

    pub(crate) fn event_message(&self, market: MarketId) -> Option<Message> {
        let listing = self.backend.listing(market)?;
        let body = stream::EventLifecycle {
            event_ticker: listing.event.clone(),
            exchange_index: 0,
            title: listing.title.clone(),
            subtitle: String::new(),
            collateral_return_type: "",
            series_ticker: self.series_of(market),
        };
        Some(message(Channel::MarketLifecycle, None, "event_lifecycle", &body))
    }

    pub(crate) fn group_message(&self, group: u64, event: &'static str, at: Timestamp) -> Message {
        let with_limit = matches!(event, "created" | "limit_updated");
        let limit = self.groups.get(group).map(|group| count2(group.limit));
        let body = stream::OrderGroupUpdate {
            event_type: event,
            order_group_id: self.ids.write(Named::Group, group),
            contracts_limit_fp: limit.filter(|_| with_limit),
            ts_ms: at.millis(),
        };
        message(Channel::OrderGroupUpdates, None, "order_group_updates", &body)
    }
}

/// The word for a settlement, and what one YES contract paid.
pub(crate) fn result_of(settlement: Settlement) -> (&'static str, Option<Price>) {
    let word = match settlement {
        Settlement::Yes => "yes",
        Settlement::No => "no",
        Settlement::Scalar(_) | Settlement::Void => "scalar",
    };
    (word, settlement.yes_value())
}

/// `last_update_reason` of an order that ended.
pub(crate) const fn end_reason(end: OrderEnd) -> &'static str {
    match end {
        OrderEnd::Filled => "Trade",
        OrderEnd::Closed(reason) => match reason {
            CloseReason::Expired => "ExpiryCancel",
            CloseReason::SelfTrade => "SelfTradeCancel",
            CloseReason::MarketClosed => "CloseCancel",
            CloseReason::VenueRemoved => "HaltCancel",
            CloseReason::Cancelled | CloseReason::ImmediateRest | CloseReason::NotPlaced => "",
        },
    }
}

/// Whole dollars, truncated.
fn whole_dollars(amount: Usd) -> i64 {
    i64::try_from(amount.cents_truncated() / 100).unwrap_or(i64::MAX)
}
