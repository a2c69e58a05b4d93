//! Orders of the simulated participants, in whole cents.

use statecraft_domain::{
    MarketId, Price, Quantity, SelfTradePrevention, Side, TimeInForce, Timestamp,
};
use statecraft_exchange::{AccountId, Exchange, NewOrder};

/// Lowest and highest price on the grid of whole cents.
pub(super) const GRID_CENTS: std::ops::RangeInclusive<i32> = 1..=99;

/// A price in cents, if it is on the grid.
pub(super) fn price(cents: i32) -> Option<Price> {
    let inside = GRID_CENTS.contains(&cents).then_some(cents)?;
    u16::try_from(inside).ok().and_then(Price::from_cents)
}

/// Whole cents of a price on the grid.
pub(super) fn whole_cents(price: Price) -> i32 {
    i32::from(price.e4() / 100)
}

/// Best price of a side in cents.
pub(super) fn best(exchange: &Exchange, market: MarketId, side: Side) -> Option<i32> {
    let level = exchange.book(market)?.best(side)?;
    Some(whole_cents(level.price))
}

/// Middle of the book in cents, if both sides quote.
pub(super) fn middle(exchange: &Exchange, market: MarketId) -> Option<f64> {
    let bid = best(exchange, market, Side::Bid)?;
    let ask = best(exchange, market, Side::Ask)?;
    Some(f64::from(bid + ask) / 2.0)
}

/// Takes what is there up to a price.
pub(super) fn taking(
    account: AccountId,
    market: MarketId,
    side: Side,
    price: Price,
    quantity: Quantity,
) -> NewOrder {
    NewOrder {
        account,
        client_id: None,
        market,
        side,
        price,
        quantity,
        time_in_force: TimeInForce::ImmediateOrCancel,
        post_only: false,
        reduce_only: false,
        self_trade_prevention: SelfTradePrevention::CancelMaker,
        cancel_on_pause: false,
    }
}

/// Rests at a price until `expires`; never takes.
pub(super) fn resting(
    account: AccountId,
    market: MarketId,
    side: Side,
    price: Price,
    quantity: Quantity,
    expires: Option<Timestamp>,
) -> NewOrder {
    NewOrder {
        time_in_force: TimeInForce::GoodTilCancelled { expires },
        post_only: true,
        ..taking(account, market, side, price, quantity)
    }
}
