//! How old is what the stream tells? A connection may lag for seconds while its numbers are unbroken and its
//! pings come, and a loop that stalled finds its queue full of the past: neither is a price of now (P5, R11).

use statecraft_domain::{Event, Nanos, Timestamp};

/// Market data that is older than this when it is taken in trades nothing. In 400,000 recorded changes of
/// Kalshi's books none was older than 0.7 s when it arrived.
pub const LATE: Nanos = Nanos::from_secs(2);
/// A time of the venue before this (2020) is no time: a field in another unit.
const NO_TIME_BEFORE: Timestamp = Timestamp::from_secs(1_577_836_800);

/// The clocks, when an event is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clocks {
    /// Engine time.
    pub now: Timestamp,
    /// How far it is ahead of the machine's clock.
    pub ahead: Nanos,
    /// The venue's clock minus the machine's.
    pub offset: Nanos,
}

/// How far behind the venue this word of the stream is, in engine time: since it arrived, or since the venue
/// says that it happened, whichever is longer. Only changes of a book and trades are told as they happen; a
/// snapshot or a quote may carry the time of the last change. `None`: it says nothing of the market.
#[must_use]
pub fn behind(event: &Event, clocks: Clocks) -> Option<Nanos> {
    let (arrived, happened) = match event {
        Event::BookChanged(changed) => (changed.at, Some(changed.venue_at)),
        Event::Traded(traded) => (traded.at, Some(traded.venue_at)),
        Event::BookSnapshot(snapshot) => (snapshot.at, None),
        Event::Quoted(quoted) => (quoted.at, None),
        _ => return None,
    };
    let waited = clocks.now - arrived;
    let told = happened.filter(|time| *time >= NO_TIME_BEFORE && *time != arrived);
    let venue_now = clocks.now - clocks.ahead + clocks.offset;
    Some(told.map_or(waited, |time| waited.max(venue_now - time)))
}

/// Is it told as it happens? Then one in time says that the connection does not lag.
#[must_use]
pub const fn tells_time(event: &Event) -> bool {
    matches!(event, Event::BookChanged(_) | Event::Traded(_))
}

#[cfg(test)]
mod tests {
    use statecraft_domain::event::{BookChanged, BookSnapshot, LevelChange};
    use statecraft_domain::{MarketId, Price, Quantity, Side};

    use super::*;

    const ARRIVED: Timestamp = Timestamp::from_secs(1_790_000_000);

    fn changed(venue_at: Timestamp) -> Event {
        Event::BookChanged(BookChanged {
            at: ARRIVED,
            venue_at,
            market: MarketId(0),
            side: Side::Bid,
            price: Price::from_cents(40).unwrap(),
            change: LevelChange::By(Quantity::from_contracts(1)),
        })
    }

    fn ms(millis: i64) -> Nanos {
        Nanos::from_millis(millis)
    }

    /// `waited`, `ahead` and `offset` in milliseconds; the venue says that it happened so long before it
    /// arrived.
    fn of(travelled: i64, waited: i64, ahead: i64, offset: i64) -> Option<Nanos> {
        let clocks = Clocks { now: ARRIVED + ms(waited), ahead: ms(ahead), offset: ms(offset) };
        behind(&changed(ARRIVED - ms(travelled)), clocks)
    }

    #[test]
    fn what_waited_in_the_queue_and_on_the_way_is_late_by_both() {
        assert_eq!(of(40, 0, 0, 0), Some(ms(40)));
        assert_eq!(of(3_000, 500, 0, 0), Some(ms(3_500)));
        assert_eq!(of(0, 9_000, 0, 0), Some(ms(9_000)), "the venue gave no time of its own");
    }

    #[test]
    fn a_clock_that_is_off_makes_nothing_late_and_hides_nothing() {
        assert_eq!(of(1_540, 0, 0, -1_500), Some(ms(40)), "ours is ahead");
        assert_eq!(of(1_500, 0, 0, 1_500), Some(ms(3_000)), "ours is behind");
        assert_eq!(of(60_040, 0, 60_000, 0), Some(ms(40)), "engine time did not go back");
        assert_eq!(of(-5_000, 300, 0, 0), Some(ms(300)), "from the future, and it waited");
    }

    #[test]
    fn a_time_in_another_unit_is_no_time_and_a_snapshot_tells_none() {
        let clocks = Clocks { now: ARRIVED, ahead: Nanos::ZERO, offset: Nanos::ZERO };
        let in_seconds = Timestamp::from_millis(1_790_000_000);
        assert_eq!(behind(&changed(in_seconds), clocks), Some(Nanos::ZERO));
        let snapshot = Event::BookSnapshot(Box::new(BookSnapshot {
            at: ARRIVED,
            venue_at: ARRIVED - Nanos::from_secs(900),
            market: MarketId(0),
            bids: Vec::new(),
            asks: Vec::new(),
        }));
        assert_eq!(behind(&snapshot, clocks), Some(Nanos::ZERO));
    }
}
