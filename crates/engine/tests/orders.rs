//! The life of orders under reports that come late, twice, out of order, or not at all.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use proptest::prelude::*;
use statecraft_domain::event::{Mode, OrderRejected, OrderUnknown};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    Action, Event, OrderRequest, Quantity, RejectReason, SelfTradePrevention, Side, StrategyId,
    TimeInForce, Timestamp, Usd, Venue,
};
use statecraft_engine::Engine;
use statecraft_engine::orders::Phase;
use support::*;

/// A threshold engine that has just decided to buy 10 at 47 (order 1).
fn with_order() -> Engine {
    let mut engine = threshold_engine();
    let actions = run(&mut engine, &[snapshot(1000, &[(46, 50)], &[(47, 50)])]);
    assert_eq!(told(&actions), ["1 buy 10 @ 0.47"]);
    engine
}

fn phase(engine: &Engine, sequence: u64) -> Phase {
    engine.orders().get(order_id(sequence)).unwrap().phase
}

fn reserved(engine: &Engine, sequence: u64) -> Quantity {
    engine.orders().get(order_id(sequence)).unwrap().reserved()
}

fn rejected(at: i64, sequence: u64, reason: RejectReason) -> Event {
    let order = order_id(sequence);
    Event::OrderRejected(OrderRejected { at: ms(at), order, reason, detail: String::new() })
}

fn unknown(at: i64, sequence: u64) -> Event {
    let order = order_id(sequence);
    Event::OrderUnknown(OrderUnknown { at: ms(at), order, cause: "timeout".into() })
}

fn intent(sequence: u64, time_in_force: TimeInForce) -> OrderRequest {
    OrderRequest {
        id: order_id(sequence),
        strategy: StrategyId(0),
        market: M,
        side: Side::Bid,
        price: cents(40),
        quantity: contracts(10),
        time_in_force,
        post_only: false,
        reduce_only: false,
        self_trade_prevention: SelfTradePrevention::CancelTaker,
        decided_at: Timestamp::EPOCH,
    }
}

#[test]
fn a_normal_life() {
    let mut engine = with_order();
    assert_eq!(phase(&engine, 1), Phase::Approved);
    run(&mut engine, &[sent(1010, 1), accepted(1020, 1)]);
    assert_eq!(phase(&engine, 1), Phase::Open);
    run(&mut engine, &[filled(1030, 1, "t1", Side::Bid, 47, 10)]);
    assert_eq!(phase(&engine, 1), Phase::Filled);
    assert_eq!(engine.position(M).quantity, contracts(10));
    // 10,000 less 4.70 less the fee of a cent.
    assert_eq!(engine.cash(Venue::Kalshi), Some(Usd::from_cents(1_000_000 - 471)));
    assert_eq!(engine.position(M).fees, Usd::CENT);
}

#[test]
fn f20_a_fill_before_the_acknowledgement_opens_the_order() {
    let mut engine = with_order();
    run(&mut engine, &[filled(1010, 1, "t1", Side::Bid, 47, 4)]);
    assert_eq!(phase(&engine, 1), Phase::Open);
    run(&mut engine, &[accepted(1020, 1), sent(1021, 1)]);
    assert_eq!((phase(&engine, 1), reserved(&engine, 1)), (Phase::Open, contracts(6)));
}

#[test]
fn f21_a_fill_reported_again_counts_once() {
    let mut engine = with_order();
    let fill = filled(1010, 1, "t1", Side::Bid, 47, 4);
    let again = filled(1900, 1, "t1", Side::Bid, 47, 4);
    run(&mut engine, &[fill, again, filled(1950, 1, "t2", Side::Bid, 47, 3)]);
    assert_eq!(engine.position(M).quantity, contracts(7));
    assert_eq!(engine.counters().fills, 2);
    assert_eq!(engine.counters().fills_duplicate, 1);
}

#[test]
fn f22_a_late_fill_is_applied_and_counted() {
    let mut engine = with_order();
    let over = [accepted(1010, 1), closed(1020, 1, CloseReason::ImmediateRest, 0)];
    run(&mut engine, &over);
    assert_eq!(reserved(&engine, 1), Quantity::ZERO);
    let actions = run(&mut engine, &[filled(1030, 1, "t1", Side::Bid, 47, 10)]);
    assert_eq!(told(&actions), Vec::<String>::new());
    assert_eq!(phase(&engine, 1), Phase::Filled);
    assert_eq!(engine.position(M).quantity, contracts(10));
    assert_eq!(engine.counters().fills_late, 1);
}

#[test]
fn i8_a_close_that_counts_unseen_fills_keeps_them_reserved() {
    let mut engine = with_order();
    run(&mut engine, &[accepted(1010, 1), closed(1020, 1, CloseReason::ImmediateRest, 7)]);
    assert_eq!(reserved(&engine, 1), contracts(7));
    run(&mut engine, &[filled(1030, 1, "t1", Side::Bid, 47, 7)]);
    assert_eq!((phase(&engine, 1), reserved(&engine, 1)), (Phase::Closed, Quantity::ZERO));
    assert!(engine.orders().live().is_empty());
}

#[test]
fn i4_unknown_keeps_its_full_size_for_ever() {
    let mut engine = with_order();
    let actions = run(&mut engine, &[sent(1010, 1), unknown(1500, 1)]);
    assert_eq!(told(&actions), ["alert order_unknown"]);
    let month = 30 * 86_400_000;
    let later = [tick(month), snapshot(month + 1, &[(40, 50)], &[(41, 50)]), tick(month + 2000)];
    assert_eq!(told(&run(&mut engine, &later)), Vec::<String>::new(), "one order at a time");
    assert_eq!((phase(&engine, 1), reserved(&engine, 1)), (Phase::Unknown, contracts(10)));
    // Proof of absence frees it; the strategy decides anew, under a new name.
    let freed = closed(month + 3000, 1, CloseReason::NotPlaced, 0);
    let actions = run(&mut engine, &[freed, book(month + 3001, Side::Ask, 41, 60)]);
    assert_eq!(told(&actions), ["2 buy 10 @ 0.41"]);
}

#[test]
fn i5_an_impossible_report_halts() {
    for (events, why) in [
        (
            vec![accepted(1010, 1), rejected(1020, 1, RejectReason::InvalidPrice)],
            "refused after ack",
        ),
        (
            vec![rejected(1010, 1, RejectReason::InvalidPrice), accepted(1020, 1)],
            "ack after refusal",
        ),
        (
            vec![accepted(1010, 1), closed(1020, 1, CloseReason::NotPlaced, 0)],
            "open, then not placed",
        ),
        (
            vec![accepted(1010, 1), closed(1020, 1, CloseReason::Cancelled, 11)],
            "filled beyond size",
        ),
    ] {
        let mut engine = with_order();
        // What is open by the venue's own word is cancelled, again and again.
        let besides_cancels = |actions: &[Action]| {
            let told = told(actions).into_iter().filter(|one| one != "cancel 1");
            told.collect::<Vec<_>>()
        };
        let actions = run(&mut engine, &events);
        assert_eq!(besides_cancels(&actions), ["latch", "alert impossible_transition"], "{why}");
        assert_eq!(engine.mode(), Mode::Halted, "{why}");
        let quiet =
            run(&mut engine, &[book(5000, Side::Ask, 47, 60), book(9000, Side::Ask, 47, 9)]);
        assert_eq!(besides_cancels(&quiet), Vec::<String>::new(), "{why}");
    }
}

#[test]
fn a_fill_of_a_refused_order_is_booked_and_halts() {
    let mut engine = with_order();
    let events = [
        rejected(1010, 1, RejectReason::MarketNotActive),
        filled(1020, 1, "t1", Side::Bid, 47, 10),
    ];
    assert_eq!(told(&run(&mut engine, &events)), ["latch", "alert impossible_fill"]);
    assert_eq!(engine.mode(), Mode::Halted);
    assert_eq!(engine.position(M).quantity, contracts(10), "money moved, whatever was said before");
}

#[test]
fn i6_more_than_the_size_halts() {
    let mut engine = with_order();
    let events = [filled(1010, 1, "a", Side::Bid, 47, 8), filled(1020, 1, "b", Side::Bid, 47, 3)];
    assert_eq!(told(&run(&mut engine, &events)), ["latch", "alert impossible_fill"]);
}

#[test]
fn f57_a_fill_that_is_not_ours_halts() {
    let mut engine = with_order();
    let actions = run(&mut engine, &[filled(1010, 77, "x", Side::Bid, 47, 1)]);
    assert_eq!(told(&actions), ["latch", "alert foreign_fill"]);
    assert_eq!(engine.mode(), Mode::Halted);
    assert_eq!(engine.position(M).quantity, Quantity::ZERO);
}

/// What is found while a person has paused it is no less found: it holds over a restart, and whoever ends the pause
/// is told what else he releases.
#[test]
fn f57_a_fill_that_is_not_ours_is_latched_in_a_pause_too() {
    let mut engine = with_order();
    run(&mut engine, &[mode(1005, Mode::Halted)]);
    assert!(engine.latched().is_none());
    let actions = run(&mut engine, &[filled(1010, 77, "x", Side::Bid, 47, 1)]);
    assert_eq!(told(&actions), ["latch", "alert foreign_fill"]);
    let latched = engine.latched().expect("it holds");
    assert!(latched.reason.contains("foreign_fill"), "{latched:?}");
    // Once: the next one finds it latched.
    let actions = run(&mut engine, &[filled(1020, 78, "y", Side::Bid, 47, 1)]);
    assert_eq!(told(&actions), ["alert foreign_fill"]);
}

/// Who writes under our own lineage is another copy of this bot, and what it left resting must go, too. An order of
/// another lineage is somebody else's, and left alone.
#[test]
fn f57_another_copy_of_this_bot_kills() {
    let mut engine = with_order();
    assert_eq!(told(&run(&mut engine, &[accepted(1010, 77)])), ["latch", "alert foreign_writer"]);
    assert_eq!(engine.mode(), Mode::Killed);
    let mut engine = with_order();
    let Event::OrderAccepted(mut theirs) = accepted(1010, 77) else { unreachable!() };
    theirs.order.lineage += 1;
    let actions = run(&mut engine, &[Event::OrderAccepted(theirs)]);
    assert_eq!(told(&actions), ["latch", "alert foreign_order"]);
    assert_eq!(engine.mode(), Mode::Halted);
}

#[test]
fn a_fill_on_the_wrong_side_is_not_booked_and_halts() {
    let mut engine = with_order();
    let actions = run(&mut engine, &[filled(1010, 1, "x", Side::Ask, 47, 1)]);
    assert_eq!(told(&actions), ["latch", "alert impossible_fill"]);
    assert_eq!(engine.position(M).quantity, Quantity::ZERO);
}

#[test]
fn an_id_that_exists_already_is_no_proof_of_absence() {
    let mut engine = with_order();
    let actions = run(&mut engine, &[sent(1010, 1), rejected(1020, 1, RejectReason::DuplicateId)]);
    assert_eq!(told(&actions), ["alert duplicate_order_id"]);
    assert_eq!((phase(&engine, 1), reserved(&engine, 1)), (Phase::Unknown, contracts(10)));
}

#[test]
fn a_restored_intent_is_unknown_and_the_sequence_goes_on_above_it() {
    let mut engine = Engine::new(config(vec![strategy(
        constant(0.5),
        statecraft_engine::config::Decision::Threshold(t1()),
    )]));
    engine.restore_intent(&intent(41, TimeInForce::ImmediateOrCancel));
    run(&mut engine, &[listed(0, 0, "KXTEST-1"), account(0, 100, &[]), mode(0, Mode::Active)]);
    assert_eq!(phase(&engine, 41), Phase::Unknown);
    let book_then = [
        snapshot(1000, &[(46, 50)], &[(47, 50)]),
        closed(1500, 41, CloseReason::NotPlaced, 0),
        book(1600, Side::Ask, 47, 51),
    ];
    assert_eq!(told(&run(&mut engine, &book_then)), ["42 buy 10 @ 0.47"]);
}

#[test]
fn i14_kill_cancels_what_rests_and_repeats_until_it_ends() {
    let mut engine = threshold_engine();
    engine.restore_intent(&intent(9, TimeInForce::GoodTilCancelled { expires: None }));
    let kill = run(&mut engine, &[mode(1000, Mode::Killed)]);
    assert_eq!(told(&kill), ["cancel 9"]);
    assert_eq!(told(&run(&mut engine, &[tick(2000), tick(4000)])), Vec::<String>::new());
    assert_eq!(told(&run(&mut engine, &[tick(6000)])), ["cancel 9"]);
    assert_eq!(reserved(&engine, 9), contracts(10), "a cancel asked for frees nothing");
    let gone = [closed(6100, 9, CloseReason::Cancelled, 0), tick(20_000)];
    assert_eq!(told(&run(&mut engine, &gone)), Vec::<String>::new());
}

/// Reports of one order's life, with one close or a whole fill at the end.
fn life() -> impl Strategy<Value = Vec<Event>> {
    let fills = prop::collection::vec(1_i32..4, 0..4);
    (fills, any::<bool>(), any::<bool>(), 0_usize..3).prop_map(|(sizes, lost, ack, repeats)| {
        let mut events = vec![sent(2000, 1)];
        if lost {
            events.push(unknown(2000, 1));
        }
        if ack {
            events.push(accepted(2000, 1));
        }
        let total: i32 = sizes.iter().sum();
        for (index, size) in sizes.into_iter().enumerate() {
            events.push(filled(2000, 1, &format!("t{index}"), Side::Bid, 47, size));
        }
        events.push(closed(2000, 1, CloseReason::ImmediateRest, total.min(10)));
        for index in 0..repeats {
            events.push(events[index % events.len()].clone());
        }
        events
    })
}

/// What must not depend on the order of reports.
fn summary(engine: &Engine) -> (Phase, Quantity, Quantity, Quantity, Option<Usd>, Mode) {
    let record = engine.orders().get(order_id(1)).unwrap();
    let position = engine.position(M).quantity;
    let cash = engine.cash(Venue::Kalshi);
    (record.phase, record.filled, record.reserved(), position, cash, engine.mode())
}

proptest! {
    /// I7: any permutation, with any repetition, of the same reports ends in the same state.
    #[test]
    fn i7_permuted_and_repeated_reports_end_the_same(
        (straight, shuffled) in life().prop_flat_map(|events| {
            (Just(events.clone()), Just(events).prop_shuffle())
        })
    ) {
        let (mut one, mut other) = (with_order(), with_order());
        // Nothing but the reports: a stale book keeps the strategy still.
        for engine in [&mut one, &mut other] {
            run(engine, &[mode(1500, Mode::ReduceOnly)]);
        }
        run(&mut one, &straight);
        run(&mut other, &shuffled);
        prop_assert_eq!(summary(&one), summary(&other));
        prop_assert!(one.is_money_conserved());
    }

    /// I9, I10: however an order's life runs, money is conserved and position plus reservation never
    /// exceeds what was approved.
    #[test]
    fn exposure_never_exceeds_what_was_approved(events in life().prop_shuffle()) {
        let mut engine = with_order();
        run(&mut engine, &[mode(1500, Mode::ReduceOnly)]);
        for event in events {
            run(&mut engine, std::slice::from_ref(&event));
            let record = engine.orders().get(order_id(1)).unwrap();
            prop_assert!(engine.position(M).quantity + record.reserved() <= contracts(10));
            prop_assert!(engine.is_money_conserved());
        }
    }
}
