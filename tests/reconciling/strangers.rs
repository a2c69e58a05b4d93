//! Orders, fills and positions that are not ours (F57).

use std::time::Duration;

use statecraft::trading::reconcile::{VenueFill, VenueOrder, VenueOrderState};
use statecraft::trading::reconciler::Start;
use statecraft_domain::event::*;
use statecraft_domain::*;
use statecraft_engine::orders::Phase;

use crate::case::*;

/// F57: the venue lists an order as resting whose cancel it has acknowledged. For a while that is a lag, or
/// an old page; then it is an order that nobody reserves for and nobody cancels.
#[test]
fn f57_an_order_that_is_over_and_rests_is_cancelled_and_halts() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.rest(3, 6);
    case.activate();
    assert_eq!(case.compare(5), Mode::Active);
    case.close(3);
    for second in [10, 40, 69] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    case.core.actions.clear();
    assert_eq!(case.compare(70), Mode::Halted);
    assert!(case.alerted("ghost_order"));
    assert_eq!(case.phase(3), Phase::Open, "it is reserved for again");
    let order = ClientOrderId { lineage: LINEAGE, sequence: 3 };
    let cancels =
        |action: &Action| matches!(action, Action::Cancel(cancel) if cancel.order == order);
    assert!(case.core.actions.iter().any(cancels));
    // It ends, and a person lets it go on.
    case.close(3);
    case.state.orders.last_mut().unwrap().state = VenueOrderState::Cancelled;
    assert_eq!(case.compare(130), Mode::Halted);
    assert_eq!(case.resume(), Mode::Active);
}

/// However old it is: until it is proven, every report is asked for from where it was seen.
#[test]
fn f57_a_ghost_found_at_a_start_stays_in_the_reports_until_it_is_proven() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.rest(3, 6);
    case.close(3);
    let since = |case: &mut Case, second| {
        let wall = Duration::from_secs(second);
        case.reconciler.ask(&case.core.engine, wall, Nanos::ZERO).since
    };
    let first = since(&mut case, 5);
    assert_eq!(case.settle(10), Start::Settled);
    case.activate();
    assert_eq!(since(&mut case, 20), first, "it was seen, and nothing is proven");
    assert_eq!(case.compare(30), Mode::Active);
    assert_eq!(since(&mut case, 60), first);
    assert_eq!(case.compare(61), Mode::Active);
    assert_eq!(case.compare(90), Mode::Halted);
    assert!(case.alerted("ghost_order"));
}

#[test]
fn an_order_that_ends_while_the_report_is_read_is_no_ghost() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.rest(3, 6);
    case.activate();
    let wall = Duration::from_secs(10);
    let _ = case.reconciler.ask(&case.core.engine, wall, Nanos::ZERO);
    case.close(3);
    let state = Ok(case.state.clone());
    case.reconciler.take(&mut case.core, wall + Duration::from_secs(25), state).unwrap();
    // Read five seconds after the acknowledgement.
    for second in [40, 70, 99] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    assert_eq!(case.compare(100), Mode::Halted);
}

/// A name that this journal never gave.
fn foreign(state: VenueOrderState) -> VenueOrder {
    VenueOrder {
        client_id: "sc-0000000000000001-4".to_owned(),
        venue_order: VenueOrderId::new("foreign"),
        ticker: TICKER.to_owned(),
        state,
        filled: Quantity::ZERO,
    }
}

/// F57: somebody else's order appears while we trade.
#[test]
fn f57_a_resting_order_of_somebody_else_halts_with_the_second_report() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.activate();
    case.state.orders.push(foreign(VenueOrderState::Resting));
    assert_eq!(case.compare(10), Mode::Active);
    assert_eq!(case.compare(39), Mode::Active);
    assert_eq!(case.compare(40), Mode::Halted);
    assert!(case.alerted("foreign_order"));
}

/// F57: a position in a market that nobody here follows halts, and numbers no market.
#[test]
fn f57_a_position_in_a_market_that_is_not_followed_halts_and_keeps_no_market_out() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.activate();
    case.state.positions.push(("STRANGE".to_owned(), Quantity::from_contracts(4)));
    assert_eq!(case.compare(10), Mode::Active);
    assert_eq!(case.compare(40), Mode::Halted);
    assert!(case.alerted("position_mismatch"));
    // As long as it is there, so is the halt.
    case.resume();
    case.compare(70);
    assert_eq!(case.compare(100), Mode::Halted);
    case.page(2);
    case.compare(130);
    assert_eq!(case.resume(), Mode::Active);
    for second in [160, 190] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    let market = case.markets.intern(Venue::Kalshi, "NEW");
    let listing = Listing { ticker: "NEW".to_owned(), ..listing() };
    case.step(Event::MarketListed(Box::new(MarketListed { at: START, market, listing })));
    assert!(!case.alerted("bad_market_id"));
    assert_eq!(case.core.engine.market(market).unwrap().listing().ticker, "NEW");
}

/// On paper what was there before is left alone; with real money nothing starts beside it.
#[test]
fn f57_what_rested_before_a_run_on_paper_is_left_alone() {
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    case.state.orders.push(foreign(VenueOrderState::Resting));
    assert_eq!(case.settle(5), Start::Settled);
    case.activate();
    for second in [10, 40, 70, 100] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    let mut other = Case::new(&[5, -3]);
    other.page(2);
    other.state.orders.push(foreign(VenueOrderState::Resting));
    let _ = other.reconciler.ask(&other.core.engine, Duration::from_secs(5), Nanos::ZERO);
    let state = other.state.clone();
    assert!(other.reconciler.settle(&mut other.core, &state, true).is_err());
}

/// F57: fills of an order that this journal never sent, also where they leave no trace in the position.
#[test]
fn f57_a_fill_of_somebody_elses_order_halts_with_the_second_report() {
    let fill_of = |case: &Case, name: &str, after: i64| VenueFill {
        trade: TradeId::new(&format!("t-{name}")),
        venue_order: VenueOrderId::new(name),
        venue_at: START + Nanos::from_secs(after),
        ..case.state.fills.first().unwrap().clone()
    };
    let mut case = Case::new(&[5, -3]);
    case.page(2);
    // What was filled before this run is for positions and cash to tell.
    let old = fill_of(&case, "before", 1);
    case.state.fills.push(old);
    assert_eq!(case.settle(5), Start::Settled);
    case.activate();
    for second in [10, 40, 70] {
        assert_eq!(case.compare(second), Mode::Active, "after {second} s");
    }
    let new = fill_of(&case, "during", 80);
    case.state.fills.push(new);
    assert_eq!(case.compare(90), Mode::Active);
    assert_eq!(case.compare(120), Mode::Halted);
    assert!(case.alerted("foreign_fill"));
}
