//! The worst that open orders can do (I10), by hand, with the exchange's fees; and the look after the trade at
//! its borders.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use statecraft_domain::event::MarketListed;
use statecraft_domain::fees::{KalshiFeeType, KalshiMember};
use statecraft_domain::{
    Event, FeeSchedule, Listing, OrderRequest, SelfTradePrevention, Side, StrategyId, TimeInForce,
    Usd,
};
use statecraft_engine::Engine;
use statecraft_engine::config::{Decision, EngineConfig};
use statecraft_engine::risk::exposure::{Exposure, order_cost, worst_case};
use statecraft_engine::risk::post_trade::{Flow, post_trade};
use support::*;

/// `.07 p (1 - p)` a contract, rounded up to a cent per order.
fn with_fees() -> Listing {
    let fees = FeeSchedule::kalshi(KalshiFeeType::Quadratic, 1_000_000, KalshiMember::NonDirect);
    Listing { fees, ..listing("KXTEST-1") }
}

fn order(side: Side, price: u16, quantity: i32, reduce_only: bool) -> OrderRequest {
    OrderRequest {
        id: order_id(7),
        strategy: StrategyId(0),
        market: M,
        side,
        price: cents(price),
        quantity: contracts(quantity),
        time_in_force: TimeInForce::ImmediateOrCancel,
        post_only: false,
        reduce_only,
        self_trade_prevention: SelfTradePrevention::CancelTaker,
        decided_at: ms(0),
    }
}

/// Holding so many, paid with a dollar each, at an exchange that charges.
fn holding(held: i32, change: fn(&mut EngineConfig)) -> Engine {
    let mut config = config(vec![strategy(constant(0.5), Decision::Threshold(t1()))]);
    change(&mut config);
    let mut engine = Engine::new(config);
    let listed = MarketListed { at: ms(0), market: M, listing: with_fees() };
    run(&mut engine, &[Event::MarketListed(Box::new(listed)), account(0, 100, &[(0, held)])]);
    engine
}

fn worst(engine: &Engine, more: &OrderRequest) -> Exposure {
    let market = engine.markets().first().unwrap();
    worst_case(market, &engine.position(M), engine.orders(), Some(more), engine.now())
}

#[test]
fn an_order_costs_its_price_and_its_fee() {
    let cost = |order: &OrderRequest| order_cost(&with_fees(), order, ms(0));
    // 10 at .40: 4.00, and .07 x 10 x .40 x .60 = .168, rounded up.
    assert_eq!(cost(&order(Side::Bid, 40, 10, false)), Usd::from_cents(417));
    // Selling YES buys NO at .60.
    assert_eq!(cost(&order(Side::Ask, 40, 10, false)), Usd::from_cents(617));
    // What only closes takes its fee.
    assert_eq!(cost(&order(Side::Ask, 40, 10, true)), Usd::from_cents(17));
    assert_eq!(
        order_cost(&listing("FREE"), &order(Side::Bid, 40, 10, false), ms(0)),
        Usd::from_cents(400)
    );
}

#[test]
fn the_worst_case_of_a_position_and_one_order() {
    let engine = holding(10, |_| ());
    let fee = |side, price, quantity| {
        order_cost(&with_fees(), &order(side, price, quantity, true), ms(0))
    };
    // Five more: fifteen, paid with 10 and 2.50.
    let found = worst(&engine, &order(Side::Bid, 50, 5, false));
    assert_eq!((found.contracts, found.cost), (contracts(15), Usd::from_cents(1_250)));
    assert_eq!(found.reserved, Usd::from_cents(250) + fee(Side::Bid, 50, 5));
    // Fifteen sold: ten of them close, five open at .30.
    let found = worst(&engine, &order(Side::Ask, 70, 15, false));
    assert_eq!((found.contracts, found.cost), (contracts(10), Usd::from_cents(1_000)));
    assert_eq!(found.reserved, Usd::from_cents(150) + fee(Side::Ask, 70, 15));
    // Fifty sold: forty the other way.
    let found = worst(&engine, &order(Side::Ask, 70, 50, false));
    assert_eq!((found.contracts, found.cost), (contracts(40), Usd::from_cents(1_200)));
    // Nothing held, nothing open.
    let none = holding(0, |_| ());
    let market = none.markets().first().unwrap();
    let nothing = worst_case(market, &none.position(M), none.orders(), None, none.now());
    assert_eq!(nothing, Exposure::default());
}

/// On the limit is within it; a cent beyond is not.
#[test]
fn the_look_after_the_trade_has_sharp_borders() {
    let codes = |held: i32, change: fn(&mut EngineConfig)| {
        let found = post_trade(&holding(held, change), Flow::default());
        found.into_iter().map(|breach| breach.code).collect::<Vec<_>>()
    };
    let cost = |config: &mut EngineConfig| {
        config.strategies[0].limits.max_position_cost = Usd::from_dollars(20);
    };
    assert_eq!(codes(20, cost), Vec::<&str>::new());
    let less = |config: &mut EngineConfig| {
        config.strategies[0].limits.max_position_cost = Usd::from_cents(1_999);
    };
    assert_eq!(codes(20, less), ["position_over_limit"]);
    let account =
        |config: &mut EngineConfig| config.limits.max_account_cost = Usd::from_dollars(20);
    assert_eq!(codes(20, account), Vec::<&str>::new());
}
