//! [`BookCheck`]: is a book that seems alive the venue's book? (reliability.md 7.2, 7.4, F2). A subscription
//! can die alone while pings flow; only the venue's own book, read beside the stream, shows it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use statecraft_domain::event::Level;
use statecraft_domain::{Book, MarketId, Side};

use super::reconciler::Wall;
use crate::venue::kalshi::wire::Orderbook;

/// How often books are compared; on loopback, where asking costs nothing, more often.
pub const EVERY: Duration = Duration::from_secs(60);
/// The same against a simulator on loopback.
pub const EVERY_LOOPBACK: Duration = Duration::from_secs(3);
/// A difference must be seen again this much later, with no word from the stream in between: what the
/// stream had under way has arrived by then.
pub const SECOND_LOOK: Duration = Duration::from_millis(1_500);
/// So many frozen subscriptions within [`WINDOW`], of whatever markets, and the connection itself is made anew.
const RECONNECT_AFTER: usize = 2;
/// Snapshots that a crossed or impossible book needed within [`WINDOW`], and the market is quarantined.
const QUARANTINE_AFTER: usize = 3;
const WINDOW: Duration = Duration::from_secs(300);
/// A quarantine ends by itself after so long with a sound book, and so often an hour.
const HEALTHY: Duration = Duration::from_secs(30);
const RELEASES: usize = 3;
const HOUR: Duration = Duration::from_secs(3_600);
/// So many comparisons in a row that were not complete, and somebody is told.
const UNREAD_MAX: u32 = 3;
/// Levels compared on each side.
const DEPTH: usize = 5;

/// What to do about a market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Its subscription is frozen: the book is lost, ask for it anew.
    Frozen,
    /// Again, or that of another market was: make a new connection, and say so to [`BookCheck::reconnecting`].
    FrozenAgain,
    /// Look again after [`SECOND_LOOK`].
    LookAgain,
    /// Nothing.
    Sound,
    /// Nothing can be said of it: the stream spoke meanwhile.
    Spoke,
}

#[derive(Debug, Default)]
struct Market {
    /// The words heard from the stream when a difference was first seen, and when.
    suspect: Option<(u64, Wall)>,
    resnapshots: VecDeque<Wall>,
    quarantined: Option<Wall>,
    releases: VecDeque<Wall>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct BookCheck {
    markets: BTreeMap<MarketId, Market>,
    /// When a subscription was found frozen, since the last connection that was asked for.
    frozen: VecDeque<Wall>,
    /// Comparisons in a row that were not complete.
    unread: u32,
}

impl BookCheck {
    /// Compares. `asked` and `heard`: how many words of this market the stream had brought when the venue's
    /// book was asked for, and has brought now.
    pub fn compare(
        &mut self,
        now: Wall,
        market: MarketId,
        (asked, heard): (u64, u64),
        ours: &Book,
        theirs: &(Vec<Level>, Vec<Level>),
    ) -> Finding {
        let state = self.markets.entry(market).or_default();
        if equal(ours, theirs) {
            state.suspect = None;
            return Finding::Sound;
        }
        // A subscription that speaks is not frozen, and its numbers prove that nothing is missing.
        if asked != heard {
            state.suspect = None;
            return Finding::Spoke;
        }
        match state.suspect {
            Some((then, since)) if then == heard && now.saturating_sub(since) >= SECOND_LOOK => {
                state.suspect = None;
                note(&mut self.frozen, now, WINDOW);
                if self.frozen.len() >= RECONNECT_AFTER {
                    Finding::FrozenAgain
                } else {
                    Finding::Frozen
                }
            }
            Some((then, _)) if then == heard => Finding::LookAgain,
            _ => {
                state.suspect = Some((heard, now));
                Finding::LookAgain
            }
        }
    }

    /// The venue's books were read, all that were asked for or not. `true`: it is the third time in a row that they
    /// were not, and as long as that lasts a frozen subscription goes unseen.
    pub fn answered(&mut self, is_complete: bool) -> bool {
        self.unread = if is_complete { 0 } else { self.unread.saturating_add(1) };
        self.unread == UNREAD_MAX
    }

    /// A new connection is being made: what was frozen on the old one says nothing of it.
    pub fn reconnecting(&mut self) {
        self.frozen.clear();
    }

    /// The engine asked for a snapshot of an impossible book. `true`: quarantine the market now.
    pub fn resnapshot(&mut self, now: Wall, market: MarketId) -> bool {
        let state = self.markets.entry(market).or_default();
        note(&mut state.resnapshots, now, WINDOW);
        let is_due = state.resnapshots.len() >= QUARANTINE_AFTER && state.quarantined.is_none();
        if is_due {
            state.quarantined = Some(now);
        }
        is_due
    }

    /// A person has lifted what this market was restricted for: a quarantine is over, and begins anew where the
    /// book is impossible again.
    pub fn resumed(&mut self, market: MarketId) {
        if let Some(state) = self.markets.get_mut(&market) {
            state.quarantined = None;
            state.resnapshots.clear();
        }
    }

    /// Markets whose quarantine ends now: `is_sound` tells whether a book is synced and not crossed.
    pub fn releases(&mut self, now: Wall, is_sound: impl Fn(MarketId) -> bool) -> Vec<MarketId> {
        let mut released = Vec::new();
        for (&id, state) in &mut self.markets {
            let Some(healthy_since) = &mut state.quarantined else { continue };
            if !is_sound(id) {
                *healthy_since = now;
            } else if now.saturating_sub(*healthy_since) >= HEALTHY {
                while state.releases.front().is_some_and(|at| now.saturating_sub(*at) >= HOUR) {
                    state.releases.pop_front();
                }
                // After the third time in an hour it needs a person.
                if state.releases.len() < RELEASES {
                    state.releases.push_back(now);
                    state.quarantined = None;
                    state.resnapshots.clear();
                    released.push(id);
                }
            }
        }
        released
    }
}

/// Notes an instant and forgets what is older than the window.
fn note(instants: &mut VecDeque<Wall>, now: Wall, window: Duration) {
    instants.push_back(now);
    while instants.front().is_some_and(|at| now.saturating_sub(*at) > window) {
        instants.pop_front();
    }
}

/// The venue's book on the YES axis, best levels first.
#[must_use]
pub fn levels(book: &Orderbook) -> (Vec<Level>, Vec<Level>) {
    let mut bids: Vec<Level> = book
        .yes_dollars
        .iter()
        .map(|level| Level { price: level.price, quantity: level.count })
        .collect();
    let mut asks: Vec<Level> = book
        .no_dollars
        .iter()
        .map(|level| Level { price: level.price.complement(), quantity: level.count })
        .collect();
    bids.sort_unstable_by_key(|level| std::cmp::Reverse(level.price));
    asks.sort_unstable_by_key(|level| level.price);
    (bids, asks)
}

fn equal(ours: &Book, theirs: &(Vec<Level>, Vec<Level>)) -> bool {
    let same = |side: Side, theirs: &[Level]| {
        ours.levels(side).take(DEPTH).eq(theirs.iter().copied().take(DEPTH))
    };
    same(Side::Bid, &theirs.0) && same(Side::Ask, &theirs.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use statecraft_domain::{Price, Quantity};

    const MARKET: MarketId = MarketId(0);

    fn level(cents: u16) -> Level {
        let price = Price::from_cents(cents).unwrap();
        Level { price, quantity: Quantity::from_contracts(5) }
    }

    fn look(check: &mut BookCheck, ms: u64, heard: (u64, u64), differs: bool) -> Finding {
        let theirs = if differs { (vec![level(40)], vec![]) } else { (vec![], vec![]) };
        check.compare(Wall::from_millis(ms), MARKET, heard, &Book::default(), &theirs)
    }

    #[test]
    fn f2_two_frozen_markets_are_a_dead_connection() {
        let mut check = BookCheck::default();
        let mut of = |ms: u64, market: u32| {
            let theirs = (vec![level(40)], vec![]);
            let at = Wall::from_millis(ms);
            check.compare(at, MarketId(market), (7, 7), &Book::default(), &theirs)
        };
        for market in 0..3 {
            assert_eq!(of(0, market), Finding::LookAgain);
        }
        assert_eq!(of(1_600, 0), Finding::Frozen);
        assert_eq!(of(1_600, 1), Finding::FrozenAgain);
        assert_eq!(of(1_600, 2), Finding::FrozenAgain);
        check.reconnecting();
        let mut again = |ms: u64| look(&mut check, ms, (7, 7), true);
        assert_eq!(again(5_000), Finding::LookAgain);
        assert_eq!(again(7_000), Finding::Frozen, "the new connection has a life of its own");
        // Five minutes later it is a first one again.
        assert_eq!(again(400_000), Finding::LookAgain);
        assert_eq!(again(402_000), Finding::Frozen);
    }

    #[test]
    fn f2_a_frozen_subscription_is_found_by_the_second_look_and_then_reconnected() {
        let mut check = BookCheck::default();
        assert_eq!(look(&mut check, 0, (7, 7), true), Finding::LookAgain);
        assert_eq!(look(&mut check, 1_000, (7, 7), true), Finding::LookAgain);
        assert_eq!(look(&mut check, 1_600, (7, 7), true), Finding::Frozen);
        assert_eq!(look(&mut check, 5_000, (8, 8), true), Finding::LookAgain);
        assert_eq!(look(&mut check, 7_000, (8, 8), true), Finding::FrozenAgain);
    }

    #[test]
    fn f2_the_third_comparison_in_a_row_that_fails_is_told_once() {
        let mut check = BookCheck::default();
        let told: Vec<bool> = [false, false, true, false, false, false, false, true, false]
            .into_iter()
            .map(|is_complete| check.answered(is_complete))
            .collect();
        assert_eq!(told, [false, false, false, false, false, true, false, false, false]);
    }

    #[test]
    fn a_book_in_motion_or_one_that_catches_up_is_not_frozen() {
        let mut check = BookCheck::default();
        assert_eq!(look(&mut check, 0, (7, 8), true), Finding::Spoke, "it differs, and speaks");
        assert_eq!(look(&mut check, 1, (8, 8), true), Finding::LookAgain);
        assert_eq!(look(&mut check, 2_000, (9, 9), true), Finding::LookAgain, "it spoke since");
        assert_eq!(look(&mut check, 4_000, (9, 9), false), Finding::Sound);
        assert_eq!(look(&mut check, 6_000, (9, 9), true), Finding::LookAgain);
    }

    #[test]
    fn f6_three_snapshots_in_five_minutes_are_a_quarantine_of_thirty_healthy_seconds() {
        let mut check = BookCheck::default();
        let at = Wall::from_secs;
        assert!(!check.resnapshot(at(0), MARKET) && !check.resnapshot(at(400), MARKET));
        assert!(!check.resnapshot(at(500), MARKET));
        assert!(check.resnapshot(at(600), MARKET));
        assert!(!check.resnapshot(at(601), MARKET), "once");
        assert!(check.releases(at(620), |_| false).is_empty());
        assert!(check.releases(at(649), |_| true).is_empty());
        assert_eq!(check.releases(at(650), |_| true), [MARKET]);
        assert!(check.releases(at(700), |_| true).is_empty());
        // Lifted by a person, it begins anew and is not released a second time.
        for second in [710, 711] {
            assert!(!check.resnapshot(at(second), MARKET));
        }
        assert!(check.resnapshot(at(712), MARKET));
        check.resumed(MARKET);
        assert!(check.releases(at(800), |_| true).is_empty());
        for second in [801, 802] {
            assert!(!check.resnapshot(at(second), MARKET));
        }
        assert!(check.resnapshot(at(803), MARKET));
    }
}
