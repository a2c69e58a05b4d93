//! What a report of the account proves, and what it does not: a page of positions that is older than the
//! fills beside it is not somebody else's trade.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod case;
mod cash;
mod late;
mod positions;
mod strangers;

use std::time::Duration;

use proptest::prelude::*;
use statecraft::trading::markets::Markets;
use statecraft::trading::reconciler::{GRACE, Reconciler, Start};
use statecraft_domain::control::{VenueCondition, VenueConditionChanged};
use statecraft_domain::event::*;
use statecraft_domain::order::CloseReason;
use statecraft_domain::*;
use statecraft_engine::orders::Phase;

use case::*;

#[test]
fn positions_older_than_the_fills_beside_them_do_not_halt() {
    let mut case = Case::new(&[5, -3, -8]);
    case.activate();
    // Before the last order; the venue tells so for two minutes.
    case.page(2);
    for second in [10, 45, 80, 115, 150] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    case.page(-6);
    assert_eq!(case.compare(180), Mode::Active);
    assert!(case.reconciler.agreed().is_some());
}

#[test]
fn an_old_page_is_known_by_fills_whose_orders_are_older_than_the_question() {
    let mut case = Case::new(&[5, -3, -8]);
    case.activate();
    case.state.orders.clear();
    case.page(2);
    for second in [10, 45, 80] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
}

/// F26: the answer to an order promises fills, the position has them, and the list of fills lags.
#[test]
fn fills_that_an_end_has_promised_are_waited_for() {
    let mut case = Case::new(&[5]);
    let (at, order) = (START, ClientOrderId { lineage: LINEAGE, sequence: 2 });
    case.decide(order, 3, TimeInForce::ImmediateOrCancel);
    let venue_order = VenueOrderId::new("v2");
    case.step(Event::OrderAccepted(OrderAccepted { at, order, venue_order }));
    let (reason, filled) = (CloseReason::ImmediateRest, Quantity::from_contracts(3));
    case.step(Event::OrderClosed(OrderClosed { at, order, reason, filled }));
    case.activate();
    case.page(8);
    for second in [10, 60, 101, 200] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(
        case.compare(310),
        Mode::Halted,
        "a fill that never comes is not waited for for ever"
    );
}

#[test]
fn an_old_page_is_believed_when_it_stays() {
    let mut case = Case::new(&[5, -3, -8]);
    case.activate();
    case.page(5);
    assert_eq!(case.compare(10), Mode::Active);
    assert_eq!(case.compare(300), Mode::Active);
    assert_eq!(case.compare(310), Mode::Halted, "whoever undoes our own trade is found, too");
}

#[test]
fn a_fill_that_the_venue_does_not_list_excuses_nothing() {
    let mut case = Case::new(&[5, -3]);
    case.activate();
    case.state.fills.remove(0);
    case.page(5);
    assert_eq!(case.compare(10), Mode::Active);
    assert_eq!(case.compare(41), Mode::Halted);
}

/// F26, F57: a maker rests all the time, and its position may be wrong all the same.
#[test]
fn an_order_that_rests_does_not_explain_a_difference_for_ever() {
    let mut case = Case::new(&[5, -3]);
    case.rest(3, 6);
    case.activate();
    // Within what the resting bid could have bought; the venue lists no such fill.
    case.page(4);
    for second in [10, 45, 80] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(case.compare(101), Mode::Halted);
}

#[test]
fn a_fill_between_two_reads_of_a_report_holds_nothing_up() {
    let mut case = Case::new(&[5, -3]);
    case.rest(3, 6);
    case.activate();
    case.page(4);
    assert_eq!(case.compare(10), Mode::Active);
    assert!(case.reconciler.agreed().is_some(), "what is open explains it for now");
    // The next reports have another such fill each; the one before is counted by then.
    for (second, told) in [(45, 3), (80, 4), (115, 3)] {
        case.page(told);
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
}

#[test]
fn a_start_does_not_take_what_rests_for_an_excuse() {
    let mut case = Case::new(&[5, -3]);
    case.rest(3, 6);
    case.page(4);
    for second in [10, 45, 80] {
        assert_eq!(case.settle(second), Start::AskAgain, "after {second} s");
    }
    assert_eq!(case.settle(101), Start::Halted);
    assert_eq!(case.core.engine.mode(), Mode::Halted);
}

#[test]
fn a_start_waits_for_positions_that_are_older_than_the_fills() {
    let mut case = Case::new(&[5, -3]);
    case.page(5);
    for second in [10, 25, 40, 55] {
        assert_eq!(case.settle(second), Start::AskAgain, "after {second} s");
    }
    case.page(2);
    assert_eq!(case.settle(70), Start::Settled);
}

/// F43, I4: after a clock was set ahead and back, a list that begins in the future lacks every order, and none of
/// them counts as never placed.
#[test]
fn f43_engine_time_ahead_of_the_clocks_asks_for_everything() {
    let mut engine = engine();
    let mut reconciler = reconciler_at(START);
    let mut since = |reconciler: &mut Reconciler, engine_secs: i64, wall: u64, ahead: i64| {
        let at = START + Nanos::from_secs(engine_secs);
        engine.step(&Event::ClockTicked(ClockTicked { at }), &mut Vec::new());
        reconciler.ask(&engine, Duration::from_secs(wall), Nanos::from_secs(ahead)).since
    };
    let day = Nanos::from_secs(86_400);
    let first = since(&mut reconciler, 0, 5, 0);
    assert!(first <= START - day, "an earlier run's clock may have been ahead");
    assert!(since(&mut reconciler, 100, 105, 0) > Timestamp::EPOCH);
    // Half an hour ahead.
    assert_eq!(since(&mut reconciler, 1_900, 106, 0), Timestamp::EPOCH);
    assert_eq!(since(&mut reconciler, 1_960, 166, 0), Timestamp::EPOCH);
    // A process that starts on a journal from the future is ahead from its first question on.
    let mut restarted = reconciler_at(START + Nanos::from_secs(1_960));
    assert_eq!(since(&mut restarted, 1_960, 5, 2_600), Timestamp::EPOCH);
    let later = since(&mut restarted, 1_960, 65, 0);
    assert_eq!(later, Timestamp::EPOCH, "once ahead, always ahead in this run");
}

/// F43: everything is asked for, and of orders that are forgotten nobody can tell whether their fills were booked:
/// a person hears of each once, not with every report.
#[test]
fn f43_fills_of_orders_that_are_forgotten_are_told_once() {
    let orders: Vec<i32> = (0..10_002).map(|number| if number % 2 == 0 { 1 } else { -1 }).collect();
    let mut case = Case::new(&orders);
    case.activate();
    let told = |case: &Case| {
        let of_old = |action: &&Action| matches!(action, Action::Alert(alert) if alert.code == "fill_of_old_order");
        case.core.actions.iter().filter(of_old).count()
    };
    assert_eq!(told(&case), 0);
    for second in [60, 120, 180] {
        assert_eq!(case.compare(second), Mode::Active);
        assert_eq!(told(&case), 2, "after {second} s");
    }
}

/// 6.3, F16, F35: what it takes for "never placed".
#[test]
fn i4_absence_proves_nothing_before_the_request_is_dead_and_while_the_venue_stands_still() {
    let case = || {
        let mut case = Case::new(&[5, -3]);
        case.page(2);
        case.activate();
        let order = ClientOrderId { lineage: LINEAGE, sequence: 3 };
        case.decide(order, 6, TimeInForce::ImmediateOrCancel);
        case.state.processes = Some(true);
        case
    };
    let mut alive = case();
    // The request lives for ten seconds after it is known to have no answer, which is at five.
    for second in [5, 14, 36, 44] {
        alive.compare(second);
        assert_eq!(alive.phase(3), Phase::Unknown, "after {second} s");
    }
    alive.compare(66);
    assert_eq!(alive.phase(3), Phase::NotPlaced);
    let mut still = case();
    for (second, processes) in
        [(20, Some(true)), (60, Some(false)), (100, None), (140, Some(true)), (169, Some(true))]
    {
        still.state.processes = processes;
        still.compare(second);
        assert_eq!(still.phase(3), Phase::Unknown, "after {second} s");
    }
    still.compare(170);
    assert_eq!(still.phase(3), Phase::NotPlaced);
    let mut told = case();
    let condition = |case: &mut Case, condition| {
        let (at, venue, detail) = (START, Venue::Kalshi, String::new());
        let changed = VenueConditionChanged { at, venue, condition, detail };
        case.step(Event::VenueConditionChanged(Box::new(changed)));
    };
    condition(&mut told, VenueCondition::Paused);
    for second in [20, 60, 100] {
        told.compare(second);
        assert_eq!(told.phase(3), Phase::Unknown, "after {second} s");
    }
    condition(&mut told, VenueCondition::Open);
    told.compare(140);
    assert_eq!(told.phase(3), Phase::Unknown);
    told.compare(170);
    assert_eq!(told.phase(3), Phase::NotPlaced);
}

fn reconciler_at(since: Timestamp) -> Reconciler {
    Reconciler::new(Markets::default(), 1, GRACE, since, Duration::from_secs(5))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A page halts after the grace, unless it is what we held before some of the newest fills.
    #[test]
    fn only_an_earlier_position_is_an_older_page(
        orders in prop::collection::vec((1..9, any::<bool>()), 1..6),
        told in -20..20,
    ) {
        let orders: Vec<i32> = orders.iter().map(|(n, buys)| if *buys { *n } else { -n }).collect();
        let held: Vec<i32> = orders
            .iter()
            .scan(0, |sum, contracts| { *sum += contracts; Some(*sum) })
            .collect();
        let ours = held.last().copied().unwrap();
        let was = told == 0 || held.contains(&told);
        let mut case = Case::new(&orders);
        case.activate();
        case.page(told);
        prop_assert_eq!(case.compare(10), Mode::Active);
        let expected = if told == ours || was { Mode::Active } else { Mode::Halted };
        prop_assert_eq!(case.compare(45), expected);
    }
}
