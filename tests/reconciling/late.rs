//! Market data that comes late trades nothing (P5).

use std::time::Duration;

use statecraft::trading::watch::{Due, Pace, Watch};
use statecraft::venue::kalshi::wire::{ExchangeStatus, Orderbook, OrderbookLevel, OrderbooksItem};
use statecraft_domain::control::VenueCondition;
use statecraft_domain::event::{
    BookChanged, BookSnapshot, ConnectionChanged, Level, LevelChange, MarketListed,
    MarketStatusChanged, OrderRejected,
};
use statecraft_domain::{
    ClientOrderId, Event, MarketStatus, Nanos, Price, Quantity, RejectReason, Side, Timestamp,
    Venue,
};

use crate::case::{Case, LINEAGE, MARKET, TICKER, listing};

/// A change of a book at the venue then, which arrives now.
fn changed(case: &Case, venue_at: Timestamp) -> Vec<Event> {
    vec![Event::BookChanged(BookChanged {
        at: case.core.at,
        venue_at,
        market: MARKET,
        side: Side::Bid,
        price: Price::from_cents(40).unwrap(),
        change: LevelChange::By(Quantity::from_contracts(1)),
    })]
}

/// Hears a change that is so many milliseconds old; what the venue's condition is then.
fn hear(case: &mut Case, watch: &mut Watch, second: u64, age: i64) -> VenueCondition {
    let now = Duration::from_secs(second);
    let events = changed(case, case.core.at - Nanos::from_millis(age));
    watch.heard(&mut case.core, &mut case.reconciler, now, &events, Nanos::ZERO).unwrap();
    case.core.engine.controls().condition(Venue::Kalshi)
}

fn five() -> Quantity {
    Quantity::from_contracts(5)
}

/// The market's book is known: five at 0.40, five at 0.45.
fn follow(case: &mut Case) {
    let level = |cents| Level { price: Price::from_cents(cents).unwrap(), quantity: five() };
    let (at, market) = (case.core.at, MARKET);
    let connected = ConnectionChanged { at, venue: Venue::Kalshi, connected: true };
    let listed = MarketListed { at, market, listing: listing() };
    let (bids, asks) = (vec![level(40)], vec![level(45)]);
    let snapshot = BookSnapshot { at, venue_at: at, market, bids, asks };
    case.step(Event::ConnectionChanged(connected));
    case.step(Event::MarketListed(Box::new(listed)));
    case.step(Event::BookSnapshot(Box::new(snapshot)));
}

/// Are its books to be asked for now?
fn books(watch: &mut Watch, case: &Case, second: u64) -> bool {
    let due = watch.due(&case.core.engine, Duration::from_secs(second), |_| 1);
    due.iter().any(|due| matches!(due, Due::Books(_)))
}

/// The same, as the venue tells it when asked.
fn theirs() -> Vec<OrderbooksItem> {
    let level = |cents| OrderbookLevel { price: Price::from_cents(cents).unwrap(), count: five() };
    let (yes_dollars, no_dollars) = (vec![level(40)], vec![level(55)]);
    let orderbook_fp = Orderbook { yes_dollars, no_dollars };
    vec![OrderbooksItem { ticker: TICKER.to_owned(), orderbook_fp }]
}

#[test]
fn f1_market_data_that_lags_is_no_price_of_now() {
    let mut case = Case::new(&[]);
    let mut watch = Watch::new(Pace::VENUE, Duration::ZERO);
    assert_eq!(hear(&mut case, &mut watch, 1, 1_900), VenueCondition::Open);
    assert_eq!(hear(&mut case, &mut watch, 2, 2_100), VenueCondition::Lagging);
    assert_eq!(hear(&mut case, &mut watch, 3, 40), VenueCondition::Lagging, "not at once");
    // Ten seconds without any, and an account that was asked for after that.
    for (second, condition) in
        [(11, VenueCondition::Lagging), (13, VenueCondition::Lagging), (14, VenueCondition::Open)]
    {
        if second == 14 {
            case.compare(13);
        }
        let now = Duration::from_secs(second);
        watch.judge_venue(&mut case.core, &mut case.reconciler, now).unwrap();
        assert_eq!(case.core.engine.controls().condition(Venue::Kalshi), condition, "{second}");
    }
}

/// A connection, or a clock, that is interrupted for the fourth time within an hour must be well for a while, however
/// short each time was.
#[test]
fn f1_f42_what_comes_and_goes_holds_orders_up_also_where_no_look_sees_it_gone() {
    let look = |case: &mut Case, watch: &mut Watch, second: u64| {
        let now = Duration::from_secs(second);
        watch.judge_venue(&mut case.core, &mut case.reconciler, now).unwrap();
        case.core.engine.controls().condition(Venue::Kalshi)
    };
    let mut case = Case::new(&[]);
    let mut watch = Watch::new(Pace::VENUE, Duration::ZERO);
    assert_eq!(look(&mut case, &mut watch, 1), VenueCondition::Open);
    for second in [10, 20, 30, 40] {
        case.core.at = case.core.at + Nanos::from_secs(10);
        for connected in [false, true] {
            let (at, venue) = (case.core.at, Venue::Kalshi);
            case.step(Event::ConnectionChanged(ConnectionChanged { at, venue, connected }));
        }
        let unsteady = second == 40;
        let condition = if unsteady { VenueCondition::Unsteady } else { VenueCondition::Open };
        assert_eq!(look(&mut case, &mut watch, second), condition, "{second}");
        assert_eq!(look(&mut case, &mut watch, second + 1), condition, "{second}");
    }
    // All was well since 41.
    assert_eq!(look(&mut case, &mut watch, 70), VenueCondition::Unsteady);
    assert_eq!(
        look(&mut case, &mut watch, 71),
        VenueCondition::Unsteady,
        "the account comes first"
    );
    case.compare(72);
    assert_eq!(look(&mut case, &mut watch, 73), VenueCondition::Open);

    let mut case = Case::new(&[]);
    let mut watch = Watch::new(Pace::VENUE, Duration::ZERO);
    assert_eq!(look(&mut case, &mut watch, 1), VenueCondition::Open);
    for second in [10, 20, 30, 40] {
        for (later, millis) in [(0, 3_000), (5, 0)] {
            let offset = Nanos::from_millis(millis);
            let now = Duration::from_secs(second + later);
            watch.measured(&mut case.core, now, offset).unwrap();
            look(&mut case, &mut watch, second + later);
        }
        let unsteady = second == 40;
        let condition = if unsteady { VenueCondition::Unsteady } else { VenueCondition::Open };
        assert_eq!(look(&mut case, &mut watch, second + 6), condition, "{second}");
    }
}

#[test]
fn f42_a_clock_that_is_known_to_be_off_does_not_make_the_feed_late() {
    let mut case = Case::new(&[3]);
    let mut watch = Watch::new(Pace::VENUE, Duration::ZERO);
    // The venue's clock is 1.8 s behind this machine's.
    let offset = Nanos::from_millis(-1_800);
    watch.measured(&mut case.core, Duration::from_secs(1), offset).unwrap();
    assert_eq!(hear(&mut case, &mut watch, 2, 3_700), VenueCondition::Open);
    assert_eq!(hear(&mut case, &mut watch, 3, 3_900), VenueCondition::Lagging);
}

#[test]
fn compressed_time_is_late_by_the_machines_seconds() {
    let mut case = Case::new(&[3]);
    let mut watch = Watch::new(Pace::LOOPBACK, Duration::ZERO).at_speed(1_000);
    assert_eq!(hear(&mut case, &mut watch, 1, 1_900_000), VenueCondition::Open);
    assert_eq!(hear(&mut case, &mut watch, 2, 2_100_000), VenueCondition::Lagging);
}

/// What a loop finds in its queue after it stood still is the past, and so are its books: nothing of it is acted
/// on before that is said.
#[test]
fn p5_a_loop_that_stood_still_trusts_nothing_until_it_has_heard_something_of_now() {
    let mut case = Case::new(&[]);
    let mut watch = Watch::new(Pace::VENUE, Duration::ZERO);
    let mut turn = |case: &mut Case, millis: u64| {
        let now = Duration::from_millis(millis);
        watch.turned(&mut case.core, &mut case.reconciler, now).unwrap();
        case.core.engine.controls().condition(Venue::Kalshi)
    };
    assert_eq!(turn(&mut case, 5_000), VenueCondition::Open, "the first turn");
    assert_eq!(turn(&mut case, 7_000), VenueCondition::Open);
    assert_eq!(turn(&mut case, 9_100), VenueCondition::Lagging);
    // A suspended machine: its steady clock stands still.
    let mut case = Case::new(&[]);
    let mut watch = Watch::new(Pace::VENUE, Duration::ZERO);
    for (passed, condition) in [(0, VenueCondition::Open), (600, VenueCondition::Lagging)] {
        case.core.at = case.core.at + Nanos::from_secs(passed);
        watch.turned(&mut case.core, &mut case.reconciler, Duration::from_secs(1)).unwrap();
        assert_eq!(case.core.engine.controls().condition(Venue::Kalshi), condition);
    }
}

/// A comparison of the books says that they are of now; one that was asked for before says nothing.
#[test]
fn p5_in_quiet_markets_the_books_are_compared_soon() {
    let mut case = Case::new(&[]);
    let mut watch = Watch::new(Pace::VENUE, Duration::ZERO);
    follow(&mut case);
    assert!(books(&mut watch, &case, 2), "the first look");
    assert_eq!(hear(&mut case, &mut watch, 3, 2_100), VenueCondition::Lagging);
    let compare = |watch: &mut Watch, case: &mut Case, second: u64| {
        let now = Duration::from_secs(second);
        watch.compare(&mut case.core, now, &theirs(), |_| 1).unwrap();
    };
    // Asked for before it was late.
    compare(&mut watch, &mut case, 4);
    assert!(!books(&mut watch, &case, 7));
    assert!(books(&mut watch, &case, 9), "not in a minute");
    assert!(!watch.books_unread());
    assert!(!books(&mut watch, &case, 13));
    assert!(books(&mut watch, &case, 14), "also where the venue did not answer");
    // An answer that lacks what is believed proves nothing.
    watch.compare(&mut case.core, Duration::from_secs(14), &[], |_| 1).unwrap();
    assert!(books(&mut watch, &case, 19));
    let judge = |watch: &mut Watch, case: &mut Case, second: u64| {
        let now = Duration::from_secs(second);
        watch.judge_venue(&mut case.core, &mut case.reconciler, now).unwrap();
        case.compare(second);
        watch.judge_venue(&mut case.core, &mut case.reconciler, now).unwrap();
        case.core.engine.controls().condition(Venue::Kalshi)
    };
    assert_eq!(judge(&mut watch, &mut case, 24), VenueCondition::Lagging);
    compare(&mut watch, &mut case, 25);
    assert_eq!(judge(&mut watch, &mut case, 26), VenueCondition::Open);
}

/// F2: a market that does not trade is not compared, so a book that stood still meanwhile is found when it trades again.
#[test]
fn f2_the_book_of_a_market_that_trades_again_is_compared_at_once() {
    let mut case = Case::new(&[]);
    let mut watch = Watch::new(Pace::VENUE, Duration::ZERO);
    follow(&mut case);
    let tells = |case: &mut Case, status| {
        let (at, market, close) = (case.core.at, MARKET, None);
        case.step(Event::MarketStatusChanged(MarketStatusChanged { at, market, status, close }));
    };
    assert!(books(&mut watch, &case, 2), "the first look");
    watch.compare(&mut case.core, Duration::from_secs(3), &theirs(), |_| 1).unwrap();
    tells(&mut case, MarketStatus::Paused);
    assert!(!books(&mut watch, &case, 10));
    assert!(!books(&mut watch, &case, 62), "not while it does not trade");
    tells(&mut case, MarketStatus::Active);
    assert!(books(&mut watch, &case, 63));
    watch.compare(&mut case.core, Duration::from_secs(64), &theirs(), |_| 1).unwrap();
    assert!(!books(&mut watch, &case, 65), "once");
}

/// F35: an order that is refused because the venue is paused stops the next one, whatever a status says that was asked for
/// before.
#[test]
fn f35_a_refusal_stops_orders_at_once_and_an_older_status_does_not_undo_it() {
    let mut case = Case::new(&[]);
    let mut watch = Watch::new(Pace::VENUE, Duration::ZERO);
    let at = Duration::from_secs;
    let status = |watch: &mut Watch, case: &Case, second: u64| {
        watch.due(&case.core.engine, at(second), |_| 1).contains(&Due::Status)
    };
    let open = |watch: &mut Watch, case: &mut Case, second: u64| {
        let word = r#"{"exchange_active":true,"trading_active":true}"#;
        let answer = serde_json::from_str::<ExchangeStatus>(word).unwrap();
        watch.told_status(at(second), &Ok(answer));
        watch.judge_venue(&mut case.core, &mut case.reconciler, at(second)).unwrap();
        case.core.engine.controls().condition(Venue::Kalshi)
    };
    assert!(status(&mut watch, &case, 3), "the first look is under way");
    let refused = Event::OrderRejected(OrderRejected {
        at: case.core.at,
        order: ClientOrderId { lineage: LINEAGE, sequence: 1 },
        reason: RejectReason::TradingPaused,
        detail: "trading is paused".to_owned(),
    });
    watch.outcome(&mut case.core, &mut case.reconciler, at(4), &refused).unwrap();
    let condition = case.core.engine.controls().condition(Venue::Kalshi);
    assert_eq!(condition, VenueCondition::Paused, "before the engine hears of the order");
    assert_eq!(open(&mut watch, &mut case, 5), VenueCondition::Paused, "an older word");
    assert!(status(&mut watch, &case, 5), "asked anew at once");
    assert_eq!(open(&mut watch, &mut case, 6), VenueCondition::Paused, "the account comes first");
    case.compare(7);
    watch.judge_venue(&mut case.core, &mut case.reconciler, at(8)).unwrap();
    assert_eq!(case.core.engine.controls().condition(Venue::Kalshi), VenueCondition::Open);
    assert!(!status(&mut watch, &case, 9));
    watch.outcome(&mut case.core, &mut case.reconciler, at(10), &refused).unwrap();
    assert!(status(&mut watch, &case, 10), "nothing is under way: asked at once");
}
