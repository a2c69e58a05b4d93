//! What a venue may do to a market under open orders and positions: another price grid, any payout.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

mod support;

use proptest::prelude::*;
use statecraft_domain::event::{MarketListed, MarketSettled};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{Action, Event, Price, Settlement, Side, TickGrid, Usd, Venue};
use statecraft_engine::config::Decision;
use statecraft_engine::market::Trust;
use support::*;

fn regridded(at: i64, grid: TickGrid) -> Event {
    let listing = statecraft_domain::Listing { grid, ..listing("KXTEST-1") };
    Event::MarketListed(Box::new(MarketListed { at: ms(at), market: M, listing }))
}

fn cancelled(actions: &[Action]) -> Vec<u64> {
    let cancels = actions.iter().filter_map(|action| match action {
        Action::Cancel(cancel) => Some(cancel.order.sequence),
        _ => None,
    });
    cancels.collect()
}

/// F11, 7.5: a new epoch of the book: nothing is decided on the old one, what rests is withdrawn, and what is
/// quoted afterwards is on the new grid.
#[test]
fn f11_a_new_grid_drops_the_book_and_pulls_what_rests() {
    let mut engine = trading(config(vec![strategy(constant(0.33), Decision::Maker(maker()))]));
    run(&mut engine, &[snapshot(1_000, &[(30, 100)], &[(36, 100)])]);
    run(&mut engine, &[sent(1_001, 1), accepted(1_002, 1), tick(2_000)]);
    run(&mut engine, &[sent(2_001, 2), accepted(2_002, 2), tick(3_000)]);
    assert_eq!(engine.orders().live().len(), 2);
    let fine = TickGrid::uniform(Price::from_e4(200).unwrap());
    let actions = run(&mut engine, &[regridded(4_000, fine.clone()), tick(4_001)]);
    assert!(actions.iter().any(|action| matches!(action, Action::Resnapshot(_))), "{actions:?}");
    assert_eq!(cancelled(&actions), [1, 2]);
    assert_ne!(engine.markets()[0].trust(), Trust::Synced);
    let placed = |actions: &[Action]| -> Vec<Price> {
        let placed = actions.iter().filter_map(|action| match action {
            Action::Place(order) => Some(order.get().price),
            _ => None,
        });
        placed.collect()
    };
    let gone = |at, order| closed(at, order, CloseReason::Cancelled, 0);
    let ended = run(&mut engine, &[gone(5_000, 1), gone(5_001, 2), tick(6_000)]);
    assert_eq!(placed(&ended), [], "without a book");
    let again = run(&mut engine, &[snapshot(60_000, &[(30, 100)], &[(36, 100)]), tick(60_001)]);
    let prices = placed(&again);
    assert!(!prices.is_empty() && prices.iter().all(|&price| fine.allows(price)), "{prices:?}");
}

proptest! {
    /// F39, I9: a payout of zero, of a dollar, of anything in between, or everything undone.
    #[test]
    fn f39_any_payout_pays_what_it_says_and_conserves_money(
        value in 0_u16..=10_000,
        how in 0_u8..4,
        buys in any::<bool>(),
        price in 1_u16..100,
        size in 1_i32..11,
    ) {
        let settlement = match how {
            0 => Settlement::Yes,
            1 => Settlement::No,
            2 => Settlement::Void,
            _ => Settlement::Scalar(Price::from_e4(value).unwrap()),
        };
        let rules = statecraft_engine::config::Threshold { quantity: contracts(10), ..t1() };
        let mut engine =
            trading(config(vec![strategy(constant(0.5), Decision::Threshold(rules))]));
        let side = if buys { Side::Bid } else { Side::Ask };
        let opening = if buys { snapshot(1_000, &[(20, 50)], &[(30, 50)]) }
            else { snapshot(1_000, &[(70, 50)], &[(80, 50)]) };
        run(&mut engine, &[opening, accepted(1_005, 1)]);
        let price = if buys { price.min(30) } else { price.max(70) };
        run(&mut engine, &[filled(1_010, 1, "t", side, price, size)]);
        let (cash, cost) = (engine.cash(Venue::Kalshi).unwrap(), engine.position(M).cost);
        prop_assert!(cost > Usd::ZERO);
        run(&mut engine, &[Event::MarketSettled(MarketSettled { at: ms(2_000), market: M, settlement })]);
        let yes = settlement.yes_value();
        let paid = yes.map_or(cost, |yes| {
            let each = if buys { yes } else { yes.complement() };
            each.times(contracts(size))
        });
        prop_assert_eq!(engine.cash(Venue::Kalshi).unwrap() - cash, paid);
        prop_assert_eq!(engine.position(M).realized, paid - cost);
        prop_assert!(engine.position(M).quantity.is_zero() && engine.is_money_conserved());
        prop_assert_eq!(engine.equity(), engine.cash(Venue::Kalshi).unwrap());
    }
}
