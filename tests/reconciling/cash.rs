//! Is the venue's cash ours (5.10)?

use statecraft::trading::desk::Takes;
use statecraft::trading::reconcile::{VenueOrder, VenueOrderState};
use statecraft::trading::reconciler::Start;
use statecraft_domain::event::*;
use statecraft_domain::*;

use crate::case::*;

/// 5.10: cash that went and that nothing explains, in an account where nothing is open.
#[test]
fn p2_cash_that_went_halts_until_a_person_accepts_it() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.activate();
    assert_eq!(case.compare(5), Mode::Active);
    case.money(-700);
    for second in [10, 40] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(case.compare(70), Mode::Halted);
    assert!(case.alerted("cash_mismatch"));
    assert_eq!(case.core.engine.lost_cash(), Usd::from_dollars(7), "no deposit below zero");
    assert_eq!(case.resume(), Mode::Halted, "not before a report agrees");
    assert_eq!(case.compare(100), Mode::Halted);
    assert_eq!(case.resume(), Mode::Active);
    assert_eq!(case.compare(130), Mode::Active);
    assert_eq!(case.core.engine.cash(Venue::Kalshi), Some(case.state.cash));
    assert!(case.core.engine.is_money_conserved());
}

/// 5.10: a maker is never without orders. What they may have cost explains so much and no more.
#[test]
fn p2_cash_is_compared_while_orders_rest() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    // Six at 40 cents, and a cent for rounding: 2.41 may be held back, or be a fill on its way.
    case.rest(3, 6);
    case.activate();
    case.money(-241);
    for second in [10, 45, 80, 115, 200, 400] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    case.money(-1);
    for second in [460, 520] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(case.compare(550), Mode::Halted);
    assert!(case.alerted("cash_mismatch"));
}

/// A page of positions from before our last fill says nothing of the cash beside it, and is not held against us
/// because the cash is another one.
#[test]
fn p2_missing_cash_beside_an_old_page_of_positions_is_found_and_not_taken_for_foreign_trade() {
    let mut case = Case::new(&[5, -3]);
    case.page(5);
    case.rest(3, 6);
    case.activate();
    case.money(-1_000);
    for second in [10, 70, 130] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    case.page(2);
    for second in [160, 220] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(case.compare(280), Mode::Halted);
    assert!(case.alerted("cash_mismatch") && !case.alerted("position_mismatch"));
}

#[test]
fn p2_money_that_comes_is_taken_over_and_stops_nothing() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.activate();
    // More than all positions together could be paid: 2 contracts.
    case.money(500);
    for second in [10, 40, 70] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(case.core.engine.cash(Venue::Kalshi), Some(case.state.cash));
    assert_eq!(case.core.engine.lost_cash(), Usd::ZERO);
    // What could be a payout that we have not heard of is not counted before that is sure.
    case.money(200);
    for second in [100, 130, 160, 190, 399] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_ne!(case.core.engine.cash(Venue::Kalshi), Some(case.state.cash));
    case.compare(400);
    assert_eq!(case.core.engine.cash(Venue::Kalshi), Some(case.state.cash));
}

/// A payout that is counted here and not yet made there is no loss, for as long as the venue lists the position.
#[test]
fn p2_a_payout_that_is_due_explains_its_amount() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.activate();
    let (at, market, settlement) = (START, MARKET, Settlement::Yes);
    case.step(Event::MarketSettled(MarketSettled { at, market, settlement }));
    for second in [10, 40, 70, 100, 400] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    case.page(0);
    case.money(200);
    assert_eq!(case.compare(430), Mode::Active);
    case.money(-200);
    for second in [460, 490] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(case.compare(520), Mode::Halted, "not listed any more, and not paid");
}

/// A start in between does not take the venue's smaller figure for its own: the payout would come as money of nobody.
#[test]
fn p2_a_start_before_a_payout_that_is_due_counts_it_once() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    let (at, market, settlement) = (START, MARKET, Settlement::Yes);
    case.step(Event::MarketSettled(MarketSettled { at, market, settlement }));
    let paid = case.core.engine.cash(Venue::Kalshi);
    assert_eq!(case.settle(5), Start::Settled);
    assert_eq!(case.core.engine.cash(Venue::Kalshi), paid);
    case.activate();
    case.page(0);
    case.money(200);
    for second in (30..=600).step_by(30) {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(case.core.engine.cash(Venue::Kalshi), paid);
    assert!(!case.alerted("cash_mismatch"), "the payout is no money of nobody");
}

/// 5.10: what went while nobody ran is found at the start, which then waits for a person.
#[test]
fn p2_a_start_finds_cash_that_went_and_waits_for_a_person() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.money(-700);
    assert_eq!(case.settle(5), Start::AskAgain);
    assert_eq!(case.settle(20), Start::AskAgain);
    assert_eq!(case.settle(35), Start::Settled);
    assert_eq!(case.core.engine.mode(), Mode::Halted);
    let (at, mode, reason) = (START, Mode::Active, "started".to_owned());
    case.step(Event::ModeChanged(ModeChanged { at, mode, reason }));
    assert_eq!(case.core.engine.mode(), Mode::Halted, "a start is no person");
    assert_eq!(case.resume(), Mode::Active);
}

/// Orders of the last run whose end the first report tells explain nothing any more: what went is no deposit.
#[test]
fn p2_a_start_after_a_crash_finds_cash_that_went() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    let order = ClientOrderId { lineage: LINEAGE, sequence: 3 };
    case.decide(order, 6, TimeInForce::ImmediateOrCancel);
    case.state.orders.push(VenueOrder {
        client_id: order.to_string(),
        venue_order: VenueOrderId::new("v3"),
        ticker: TICKER.to_owned(),
        state: VenueOrderState::Cancelled,
        filled: Quantity::ZERO,
    });
    case.money(-100);
    for second in [5, 20, 35] {
        assert_eq!(case.settle(second), Start::AskAgain, "after {second} s");
    }
    assert_eq!(case.settle(50), Start::Settled);
    assert_eq!(case.core.engine.mode(), Mode::Halted);
    assert_eq!(case.core.engine.lost_cash(), Usd::from_dollars(1));
}

/// The run that found it died before it could halt: its report is in the journal, and nobody has accepted it.
#[test]
fn p2_cash_that_went_is_not_accepted_by_a_crash() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.money(-100);
    let report = AccountReported {
        at: case.core.now(),
        venue: Venue::Kalshi,
        cash: case.state.cash,
        positions: Vec::new(),
        proven: Vec::new(),
        disputes: vec![Dispute::Cash],
    };
    case.core.engine.step(&Event::AccountReported(Box::new(report)), &mut Vec::new());
    case.core.engine.step(
        &Event::ModeChanged(ModeChanged {
            at: case.core.now(),
            mode: Mode::Starting,
            reason: "a restart".to_owned(),
        }),
        &mut Vec::new(),
    );
    let mut second = 5;
    while case.settle(second) != Start::Settled {
        second += 15;
        assert!(second < 400, "it never settles");
    }
    assert_eq!(case.core.engine.mode(), Mode::Halted);
    assert!(case.alerted("cash_mismatch"), "whoever looks after it is told, too");
    assert_eq!(case.resume(), Mode::Active);
}
