//! A short recording, traded on.

use statecraft_domain::event::{BookChanged, BookSnapshot, MarketListed, MarketSettled, Traded};
use statecraft_domain::{
    FeeSchedule, Price, RejectReason, SelfTradePrevention, TickGrid, TimeInForce, Venue,
};

use statecraft_exchange::venue::OrderEnd;

use super::*;

const MARKET: MarketId = MarketId(0);

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn cents(count: u16) -> Price {
    Price::from_cents(count).unwrap()
}

fn contracts(count: i32) -> Quantity {
    Quantity::from_contracts(count)
}

fn level(price: u16, count: i32) -> Level {
    Level { price: cents(price), quantity: contracts(count) }
}

fn recording() -> Vec<Event> {
    let listing = Listing {
        venue: Venue::Kalshi,
        ticker: "T".to_owned(),
        event: "E".to_owned(),
        series: "S".to_owned(),
        title: "T?".to_owned(),
        grid: TickGrid::cents(),
        lot: Quantity::from_e6(10_000),
        close: None,
        fees: FeeSchedule::free(),
        status: MarketStatus::Active,
    };
    let trade = |secs: i64, taker: Side, price: u16, count: i32| {
        Event::Traded(Traded {
            at: at(secs),
            venue_at: at(secs),
            market: MARKET,
            taker,
            price: cents(price),
            quantity: contracts(count),
        })
    };
    vec![
        Event::MarketListed(Box::new(MarketListed { at: at(10), market: MARKET, listing })),
        Event::BookSnapshot(Box::new(BookSnapshot {
            at: at(10),
            venue_at: at(10),
            market: MARKET,
            bids: vec![level(40, 5)],
            asks: vec![level(50, 5), level(60, 5)],
        })),
        Event::BookChanged(BookChanged {
            at: at(20),
            venue_at: at(20),
            market: MARKET,
            side: Side::Ask,
            price: cents(50),
            change: LevelChange::By(contracts(-2)),
        }),
        trade(30, Side::Ask, 40, 9),
        Event::MarketSettled(MarketSettled {
            at: at(40),
            market: MARKET,
            settlement: Settlement::Yes,
        }),
    ]
}

fn backend() -> ReplayBackend {
    ReplayBackend::new(Box::new(recording().into_iter()), Usd::from_dollars(100))
}

fn order(price: u16, count: i32) -> NewOrder {
    NewOrder {
        account: USER,
        client_id: None,
        market: MARKET,
        side: Side::Bid,
        price: cents(price),
        quantity: contracts(count),
        time_in_force: TimeInForce::GoodTilCancelled { expires: None },
        post_only: false,
        reduce_only: false,
        self_trade_prevention: SelfTradePrevention::CancelTaker,
        cancel_on_pause: false,
    }
}

#[test]
fn the_recorded_book_is_served_and_its_changes_are_signed() {
    let mut backend = backend();
    assert_eq!(backend.now(), at(10));
    assert_eq!(backend.book(MARKET).unwrap().best_ask(), Some(level(50, 5)));
    let mut reports = Vec::new();
    backend.advance(at(25), &mut reports);
    let change = Report::LevelChanged {
        at: at(20),
        market: MARKET,
        side: Side::Ask,
        price: cents(50),
        by: contracts(-2),
        order: None,
    };
    assert_eq!(reports, [change]);
    assert_eq!(backend.end(), None);
    backend.advance(at(50), &mut reports);
    assert_eq!(backend.end(), Some(at(50)));
}

#[test]
fn an_order_takes_recorded_depth_and_is_paid_at_the_end() {
    let mut backend = backend();
    let mut reports = Vec::new();
    let taken = backend.place(at(11), order(50, 3), &mut reports).unwrap();
    assert_eq!((taken.filled, taken.remaining), (contracts(3), Quantity::ZERO));
    assert_eq!(taken.cost, Usd::from_cents(150));
    assert_eq!(backend.order(taken.order).unwrap().end, Some(OrderEnd::Filled));
    reports.clear();
    backend.advance(at(50), &mut reports);
    let paid = reports.iter().find(|report| matches!(report, Report::Paid { .. }));
    assert_eq!(
        paid,
        Some(&Report::Paid {
            at: at(40),
            account: USER,
            market: MARKET,
            quantity: contracts(3),
            payout: Usd::from_dollars(3),
        })
    );
    assert_eq!(backend.account().unwrap().cash, Usd::from_cents(10_150));
}

#[test]
fn a_resting_order_waits_for_its_turn_and_is_closed_by_the_settlement() {
    let mut backend = backend();
    let mut reports = Vec::new();
    let rests = backend.place(at(11), order(40, 10), &mut reports).unwrap();
    assert_eq!(rests.remaining, contracts(10));
    backend.advance(at(35), &mut reports);
    let record = backend.order(rests.order).unwrap();
    assert_eq!((record.filled, record.remaining), (contracts(4), contracts(6)), "five were ahead");
    backend.advance(at(50), &mut reports);
    let end = backend.order(rests.order).unwrap().end;
    assert!(matches!(end, Some(OrderEnd::Closed(_))), "{end:?}");
    assert_eq!(backend.fills().len(), 1);
}

#[test]
fn names_are_used_once_and_amendments_keep_the_key() {
    let mut backend = backend();
    let mut reports = Vec::new();
    let named = |price, count| NewOrder { client_id: Some("a".to_owned()), ..order(price, count) };
    let placed = backend.place(at(11), named(30, 4), &mut reports).unwrap();
    let again = backend.place(at(12), named(30, 4), &mut reports).unwrap_err();
    assert_eq!(again.reason, RejectReason::DuplicateId);
    let amendment =
        Amendment { price: cents(50), total: contracts(6), expires: None, client_id: None };
    let amended = backend.amend(at(13), placed.order, amendment, &mut reports).unwrap();
    assert_eq!((amended.order, amended.filled), (placed.order, contracts(5)));
    assert_eq!(backend.orders().len(), 1);
    assert_eq!(
        backend.decrease_to(at(14), placed.order, Quantity::ZERO, &mut reports),
        Ok(Quantity::ZERO)
    );
    assert_eq!(
        backend.cancel(at(15), placed.order, &mut reports).unwrap_err().reason,
        RejectReason::OrderNotFound
    );
}

#[test]
fn a_refused_amendment_leaves_the_order() {
    let mut backend = backend();
    let mut reports = Vec::new();
    let placed = backend.place(at(11), order(30, 4), &mut reports).unwrap();
    let amendment =
        Amendment { price: cents(30), total: contracts(100_000), expires: None, client_id: None };
    let refused = backend.amend(at(13), placed.order, amendment, &mut reports).unwrap_err();
    assert_eq!(refused.reason, RejectReason::InsufficientBalance);
    let record = backend.order(placed.order).unwrap();
    assert_eq!((record.end, record.remaining), (None, contracts(4)));
    assert_eq!(backend.cancel(at(14), placed.order, &mut reports), Ok(contracts(4)));
}
