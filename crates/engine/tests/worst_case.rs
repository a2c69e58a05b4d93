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

/// Holding so many, paid with a dollar each, with so many dollars beside them.
fn at(listing: Listing, dollars: i64, held: i32, change: fn(&mut EngineConfig)) -> Engine {
    let mut config = config(vec![strategy(constant(0.5), Decision::Threshold(t1()))]);
    change(&mut config);
    let mut engine = Engine::new(config);
    let listed = MarketListed { at: ms(0), market: M, listing };
    run(&mut engine, &[Event::MarketListed(Box::new(listed)), account(0, dollars, &[(0, held)])]);
    engine
}

/// The same at an exchange that charges.
fn holding(held: i32, change: fn(&mut EngineConfig)) -> Engine {
    at(with_fees(), 100, held, change)
}

/// These orders rest, as a journal that is read back says.
fn resting(mut engine: Engine, orders: &[(Side, u16, i32)]) -> Engine {
    for (sequence, &(side, price, quantity)) in (20..).zip(orders) {
        let order = order(side, price, quantity, false);
        engine.restore_intent(&OrderRequest { id: order_id(sequence), ..order });
    }
    assert_eq!(engine.orders().live().len(), orders.len());
    engine
}

/// The fee of this order alone.
fn fee(side: Side, price: u16, quantity: i32) -> Usd {
    order_cost(&with_fees(), &order(side, price, quantity, true), ms(0))
}

fn worst_of_resting(engine: &Engine) -> Exposure {
    let market = engine.markets().first().unwrap();
    worst_case(market, &engine.position(M), engine.orders(), None, engine.now())
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

#[test]
fn open_orders_add_up_at_the_dearest_price() {
    let orders = [(Side::Bid, 50, 5), (Side::Bid, 60, 4), (Side::Ask, 70, 15), (Side::Ask, 80, 2)];
    let fees = fee(Side::Bid, 50, 5)
        + fee(Side::Bid, 60, 4)
        + fee(Side::Ask, 70, 15)
        + fee(Side::Ask, 80, 2);
    // Nine more at .60; or ten closed, and seven opened at .30.
    let found = worst_of_resting(&resting(holding(10, |_| ()), &orders));
    assert_eq!((found.contracts, found.cost), (contracts(19), Usd::from_cents(1_540)));
    assert_eq!(found.reserved, Usd::from_cents(540 + 210) + fees);
    // The other way round: nine of ten closed; or seventeen more at .30.
    let found = worst_of_resting(&resting(holding(-10, |_| ()), &orders));
    assert_eq!((found.contracts, found.cost), (contracts(27), Usd::from_cents(1_510)));
    assert_eq!(found.reserved, Usd::from_cents(510) + fees);
    // Nothing held: each side for itself.
    let found = worst_of_resting(&resting(holding(0, |_| ()), &orders));
    assert_eq!((found.contracts, found.cost), (contracts(17), Usd::from_cents(540)));
    assert_eq!(found.reserved, Usd::from_cents(540 + 510) + fees);
    // One more, on top of what rests.
    let engine = resting(holding(10, |_| ()), &orders);
    let found = worst(&engine, &order(Side::Bid, 65, 1, false));
    assert_eq!((found.contracts, found.cost), (contracts(20), Usd::from_cents(1_650)));
    assert_eq!(found.reserved, Usd::from_cents(650 + 210) + fees + fee(Side::Bid, 65, 1));
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
    let less = |config: &mut EngineConfig| config.limits.max_account_cost = Usd::from_cents(1_999);
    assert_eq!(codes(20, less), ["account_over_limit"]);
    let group = |config: &mut EngineConfig| {
        config.strategies[0].limits.max_group_cost = Usd::from_dollars(20);
    };
    assert_eq!((codes(20, group), codes(21, group)), (vec![], vec!["group_over_limit"]));
    let venue = |config: &mut EngineConfig| {
        config.limits.guards.max_venue_cost = Usd::from_dollars(20);
    };
    assert_eq!((codes(20, venue), codes(21, venue)), (vec![], vec!["venue_over_limit"]));
    let driver = |config: &mut EngineConfig| {
        config.limits.guards.max_driver_cost = Usd::from_dollars(20);
    };
    assert_eq!((codes(20, driver), codes(21, driver)), (vec![], vec!["driver_over_limit"]));
    let total = |config: &mut EngineConfig| {
        config.limits.guards.max_total_cost = Usd::from_dollars(20);
    };
    assert_eq!((codes(20, total), codes(21, total)), (vec![], vec!["total_over_limit"]));
    let twenty = |config: &mut EngineConfig| {
        config.strategies[0].limits.max_position_contracts = contracts(20);
    };
    assert_eq!(codes(-20, twenty), Vec::<&str>::new());
    assert_eq!(codes(-21, twenty), ["position_over_limit"]);
}

/// More orders than allowed, and more than the cash pays for: told with what it is of, and no kill.
#[test]
fn open_orders_have_sharp_borders_too() {
    let free = || listing("KXTEST-1");
    let allowed = |config: &mut EngineConfig| config.limits.max_open_orders = 2;
    let found = |dollars: i64, orders: &[(Side, u16, i32)]| {
        post_trade(&resting(at(free(), dollars, 0, allowed), orders), Flow::default())
    };
    let two = [(Side::Bid, 50, 1), (Side::Bid, 50, 1)];
    assert_eq!(found(1, &two), vec![], "two orders, and a dollar pays for both");
    let three = [(Side::Bid, 50, 1), (Side::Bid, 40, 1), (Side::Ask, 60, 1)];
    let over = found(100, &three);
    assert_eq!(over.len(), 1);
    assert_eq!(
        (over[0].code, over[0].subject.as_str(), over[0].kills),
        ("orders_over_limit", "", false)
    );
    let short = found(1, &[(Side::Bid, 50, 1), (Side::Ask, 49, 1)]);
    assert_eq!(short.len(), 1, "{short:?}");
    assert_eq!((short[0].code, short[0].subject.as_str()), ("cash_short", "kalshi"));
}

#[test]
fn what_left_is_counted_in_orders_and_in_money() {
    let mut flow = Flow::default();
    flow.add(&order(Side::Bid, 40, 10, false));
    flow.add(&order(Side::Ask, 70, 2, false));
    assert_eq!(flow, Flow { orders: 2, value: Usd::from_cents(540) });
}
