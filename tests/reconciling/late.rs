//! Market data that comes late trades nothing (P5).

use std::time::Duration;

use statecraft::trading::watch::{Pace, Watch};
use statecraft_domain::control::VenueCondition;
use statecraft_domain::event::{BookChanged, LevelChange};
use statecraft_domain::{Event, Nanos, Price, Quantity, Side, Timestamp, Venue};

use crate::case::{Case, MARKET};

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
