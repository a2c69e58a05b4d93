//! The ledger of orders by itself: names, memory, forgetting, and which of several reports stays.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    ClientOrderId, Fill, Liquidity, MarketId, OrderRequest, Price, Quantity, RejectReason,
    SelfTradePrevention, Side, StrategyId, TimeInForce, Timestamp, TradeId, Usd, VenueOrderId,
};
use statecraft_engine::orders::ledger::{FillOutcome, Ledger, Outcome};
use statecraft_engine::orders::{Phase, Report};

const LINEAGE: u64 = 7;
const DONE_MAX: u64 = 10_000;

fn id(sequence: u64) -> ClientOrderId {
    ClientOrderId { lineage: LINEAGE, sequence }
}

fn contracts(count: i32) -> Quantity {
    Quantity::from_contracts(count)
}

fn request(id: ClientOrderId) -> OrderRequest {
    OrderRequest {
        id,
        strategy: StrategyId(2),
        market: MarketId(3),
        side: Side::Bid,
        price: Price::from_cents(40).unwrap(),
        quantity: contracts(10),
        time_in_force: TimeInForce::ImmediateOrCancel,
        post_only: false,
        reduce_only: false,
        self_trade_prevention: SelfTradePrevention::CancelTaker,
        decided_at: Timestamp::EPOCH,
    }
}

fn fill(sequence: u64, trade: &str, count: i32) -> Fill {
    Fill {
        venue_order: VenueOrderId::new("venue"),
        trade: TradeId::new(trade),
        order: id(sequence),
        market: MarketId(3),
        side: Side::Bid,
        price: Price::from_cents(40).unwrap(),
        quantity: contracts(count),
        fee: Usd::ZERO,
        liquidity: Liquidity::Taker,
        venue_at: Timestamp::EPOCH,
    }
}

fn ledger_with(count: u64) -> Ledger {
    let mut ledger = Ledger::new(LINEAGE, 0);
    for sequence in 1..=count {
        assert_eq!(ledger.next_id(), id(sequence));
        ledger.place(request(id(sequence)));
    }
    ledger
}

#[test]
fn it_is_empty_until_the_first_order_and_never_again() {
    let mut ledger = ledger_with(0);
    assert!(ledger.is_empty());
    ledger.place(request(id(1)));
    assert!(!ledger.is_empty());
    ledger.rejected(id(1), RejectReason::InsufficientBalance);
    assert!(ledger.live().is_empty() && !ledger.is_empty(), "over, and remembered");
}

#[test]
fn what_works_is_known_by_strategy_market_and_side() {
    let mut ledger = ledger_with(2);
    assert!(ledger.is_working(StrategyId(2), MarketId(3)));
    assert!(!ledger.is_working(StrategyId(1), MarketId(3)));
    assert!(!ledger.is_working(StrategyId(2), MarketId(4)));
    assert_eq!(ledger.on(MarketId(3), Side::Bid).count(), 2);
    assert_eq!(ledger.on(MarketId(3), Side::Ask).count(), 0);
    assert_eq!(ledger.on(MarketId(4), Side::Bid).count(), 0);
    assert_eq!(ledger.unknown_count(), 0);
    ledger.report(id(2), Report::NoAnswer);
    assert_eq!(ledger.unknown_count(), 1);
    for sequence in 1..=2 {
        assert_eq!(ledger.closed(id(sequence), CloseReason::Expired, contracts(0)), Outcome::Moved);
    }
    assert!(!ledger.is_working(StrategyId(2), MarketId(3)));
}

#[test]
fn i3_a_restored_order_is_unknown_and_ids_go_on_above_it() {
    let mut ledger = ledger_with(1);
    ledger.report(id(1), Report::Sent);
    // Known already: left as it is.
    ledger.restore(request(id(1)));
    assert_eq!(ledger.live().len(), 1);
    assert_eq!(ledger.get(id(1)).unwrap().phase, Phase::Sent);
    // Another lineage: not ours.
    let foreign = ClientOrderId { lineage: LINEAGE + 1, sequence: 9 };
    ledger.restore(request(foreign));
    assert!(ledger.get(foreign).is_none());
    assert_eq!((ledger.live().len(), ledger.next_id()), (1, id(2)));
    ledger.restore(request(id(5)));
    let restored = ledger.get(id(5)).unwrap();
    assert_eq!((restored.phase, restored.reserved()), (Phase::Unknown, contracts(10)));
    assert_eq!(ledger.next_id(), id(6));
    // A lower one does not take names back.
    ledger.restore(request(id(3)));
    assert_eq!(ledger.next_id(), id(6));
}

#[test]
fn reports_about_strangers_and_the_forgotten_are_told_apart() {
    let mut ledger = ledger_with(1);
    let foreign = ClientOrderId { lineage: LINEAGE + 1, sequence: 1 };
    assert_eq!(ledger.report(foreign, Report::Sent), Outcome::UnknownOrder);
    assert_eq!(ledger.report(id(2), Report::Sent), Outcome::UnknownOrder);
    assert!(ledger.get(foreign).is_none());
    assert_eq!(ledger.filled(&fill(2, "t", 1)), FillOutcome::UnknownOrder);
    let mut ledger = ledger_with(DONE_MAX + 2);
    for sequence in 1..=DONE_MAX {
        ledger.rejected(id(sequence), RejectReason::InsufficientBalance);
    }
    // As many as are kept: the first is still there.
    assert!(ledger.get(id(1)).is_some());
    ledger.rejected(id(DONE_MAX + 1), RejectReason::InsufficientBalance);
    assert!(ledger.get(id(1)).is_none() && ledger.get(id(2)).is_some());
    assert_eq!(ledger.report(id(1), Report::Sent), Outcome::Forgotten);
    assert_eq!(ledger.filled(&fill(1, "t", 1)), FillOutcome::Forgotten);
    assert!(!ledger.has_booked(&fill(1, "t", 1)));
}

/// The oldest order is the last to end: it is still there for whoever books its fill.
#[test]
fn an_order_is_not_forgotten_as_it_ends() {
    let mut ledger = ledger_with(DONE_MAX + 1);
    for sequence in 2..=DONE_MAX + 1 {
        ledger.rejected(id(sequence), RejectReason::InsufficientBalance);
    }
    assert_eq!(ledger.filled(&fill(1, "t", 10)), FillOutcome::Book { late: false });
    assert_eq!(ledger.get(id(1)).unwrap().phase, Phase::Filled);
    assert!(ledger.get(id(2)).is_none(), "the next oldest goes");
    assert!(ledger.has_booked(&fill(1, "t", 10)));
}

#[test]
fn an_impossible_report_leaves_no_mark() {
    let mut ledger = ledger_with(2);
    ledger.report(id(1), Report::Accepted);
    assert_eq!(ledger.rejected(id(1), RejectReason::InsufficientBalance), Outcome::Impossible);
    assert_eq!(ledger.get(id(1)).unwrap().reject_reason, None);
    ledger.rejected(id(2), RejectReason::InsufficientBalance);
    assert_eq!(ledger.get(id(2)).unwrap().reject_reason, Some(RejectReason::InsufficientBalance));
    assert_eq!(ledger.closed(id(2), CloseReason::Expired, contracts(0)), Outcome::Impossible);
    let refused = ledger.get(id(2)).unwrap();
    assert_eq!((refused.close_reason, refused.closed_filled), (None, None));
}

#[test]
fn of_several_reasons_the_first_of_the_list_stays_and_of_several_sums_the_largest() {
    let reasons = [CloseReason::Expired, CloseReason::Cancelled, CloseReason::MarketClosed];
    for (first, second, third) in [(0, 1, 2), (1, 0, 2), (2, 1, 0), (2, 0, 1), (0, 2, 1), (1, 2, 0)]
    {
        let mut ledger = ledger_with(1);
        for (index, filled) in [(first, 2), (second, 5), (third, 3)] {
            ledger.closed(id(1), reasons[index], contracts(filled));
        }
        let order = ledger.get(id(1)).unwrap();
        assert_eq!(order.close_reason, Some(CloseReason::Cancelled));
        assert_eq!(order.closed_filled, Some(contracts(5)));
        assert_eq!(order.reserved(), contracts(5), "filled, and not seen yet");
    }
}

#[test]
fn a_close_that_counts_nonsense_is_impossible() {
    for filled in [-1, 11] {
        let mut ledger = ledger_with(1);
        let outcome = ledger.closed(id(1), CloseReason::Expired, contracts(filled));
        assert_eq!(outcome, Outcome::Impossible);
        assert_eq!(ledger.get(id(1)).unwrap().phase, Phase::Approved);
    }
    let mut ledger = ledger_with(1);
    assert_eq!(ledger.closed(id(1), CloseReason::NotPlaced, contracts(1)), Outcome::Impossible);
    assert_eq!(ledger.closed(id(1), CloseReason::NotPlaced, contracts(0)), Outcome::Moved);
    assert_eq!(ledger.get(id(1)).unwrap().close_reason, None, "it never was in the book");
    let mut ledger = ledger_with(1);
    assert_eq!(ledger.closed(id(1), CloseReason::Expired, contracts(10)), Outcome::Moved);
    assert_eq!(ledger.get(id(1)).unwrap().reserved(), contracts(10));
}

#[test]
fn i7_a_fill_counts_once_and_what_contradicts_the_order_is_told() {
    let mut ledger = ledger_with(1);
    let wrong_market = Fill { market: MarketId(4), ..fill(1, "m", 1) };
    let wrong_side = Fill { side: Side::Ask, ..fill(1, "s", 1) };
    for mismatch in [wrong_market, wrong_side, fill(1, "z", 0), fill(1, "n", -1)] {
        assert_eq!(ledger.filled(&mismatch), FillOutcome::Mismatch);
        assert!(!ledger.has_booked(&mismatch));
    }
    let vast = Fill { quantity: Quantity::from_e6(i64::MAX), ..fill(1, "v", 1) };
    assert_eq!(ledger.filled(&fill(1, "a", 4)), FillOutcome::Book { late: false });
    assert_eq!(ledger.filled(&vast), FillOutcome::Mismatch);
    assert!(ledger.has_booked(&fill(1, "a", 4)) && !ledger.has_booked(&fill(1, "b", 4)));
    assert_eq!(ledger.filled(&fill(1, "a", 4)), FillOutcome::Duplicate);
    let order = ledger.get(id(1)).unwrap();
    assert_eq!((order.filled, order.phase), (contracts(4), Phase::Open));
    assert_eq!(order.venue_order, Some(VenueOrderId::new("venue")));
    // Closed with six seen of the ten that traded: the rest is late, and completes it.
    ledger.closed(id(1), CloseReason::Expired, contracts(10));
    assert_eq!(ledger.filled(&fill(1, "b", 6)), FillOutcome::Book { late: true });
    assert_eq!(ledger.get(id(1)).unwrap().phase, Phase::Filled);
    assert!(ledger.live().is_empty());
    assert_eq!(ledger.filled(&fill(1, "c", 1)), FillOutcome::BookImpossible);
    // In one piece, and too large.
    let mut ledger = ledger_with(1);
    assert_eq!(ledger.filled(&fill(1, "d", 11)), FillOutcome::BookImpossible);
    assert_eq!(ledger.get(id(1)).unwrap().reserved(), Quantity::ZERO);
}

#[test]
fn i8_a_wish_to_cancel_changes_nothing_but_its_time() {
    let mut ledger = ledger_with(2);
    let at = Timestamp::from_secs(5);
    ledger.cancel_requested(id(2), at);
    assert_eq!(ledger.get(id(1)).unwrap().cancel_requested, None);
    let asked = ledger.get(id(2)).unwrap();
    assert_eq!((asked.cancel_requested, asked.reserved()), (Some(at), contracts(10)));
}

#[test]
fn the_first_name_that_the_venue_gives_stays_and_orders_stay_in_order() {
    let mut ledger = ledger_with(3);
    let name = |text: &str| VenueOrderId::new(text);
    assert_eq!(ledger.accepted(id(2), &name("x")), Outcome::Moved);
    assert_eq!(ledger.accepted(id(2), &name("y")), Outcome::Stale);
    assert_eq!(ledger.get(id(2)).unwrap().venue_order, Some(name("x")));
    // Over, then fills outstanding after all: back among the live, in order.
    ledger.closed(id(2), CloseReason::Expired, contracts(0));
    assert_eq!(ledger.live().len(), 2);
    ledger.closed(id(2), CloseReason::Expired, contracts(3));
    let sequences: Vec<u64> = ledger.live().iter().map(|order| order.id().sequence).collect();
    assert_eq!(sequences, [1, 2, 3]);
}
