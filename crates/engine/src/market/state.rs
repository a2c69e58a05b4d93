//! [`MarketState`]: one market's listing, book and trust.

use serde::Serialize;
use statecraft_domain::event::{BookChanged, BookSnapshot, Level, LossCause, Quoted, Traded};
use statecraft_domain::{
    Book, Listing, MarketId, MarketStatus, Nanos, Price, Settlement, Side, Timestamp,
};

/// A spread up to ten cents (in 1/10,000 dollar) still has a middle worth referring to.
const NARROW_MAX_E4: u16 = 1000;

/// May the book be believed?
///
/// ```text
///   Empty --snapshot--> Synced --gap, disconnect, bad level, ...--> Stale
///                         ^                                           |
///                         +-------------------snapshot----------------+
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// No snapshot yet.
    Empty,
    /// Every change since the last snapshot was applied.
    Synced,
    /// Something is missing, for this cause.
    Stale(LossCause),
}

/// What happened to a market's data over the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct MarketStats {
    /// Snapshots taken.
    pub snapshots: u64,
    /// Times the book lost trust, for any cause.
    pub losses: u64,
    /// Of these, sequence gaps.
    pub gaps: u64,
    /// Changes that arrived while the book was not synced, and were ignored.
    pub changes_ignored: u64,
    /// Times the book became crossed or locked.
    pub crossings: u64,
    /// Trades seen.
    pub trades: u64,
    /// Time without a trusted book between the first event and the last change of trust.
    pub untrusted: Nanos,
}

/// What a book change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookEffect {
    /// The best bid or ask has another price, or the book was replaced.
    Price,
    /// The best bid or ask has another size.
    Size,
    /// Only deeper levels changed.
    Deep,
    /// The book is not synced: nothing was changed.
    Ignored,
    /// The change is impossible: the book has lost trust just now.
    Broken,
}

/// One market.
#[derive(Debug, Clone)]
pub struct MarketState {
    id: MarketId,
    listing: Listing,
    book: Book,
    top: (Option<Level>, Option<Level>),
    trust: Trust,
    trust_since: Timestamp,
    crossed_since: Option<Timestamp>,
    cross_reported: bool,
    bookless_since: Option<Timestamp>,
    last_trade: Option<(Price, Timestamp)>,
    /// See [`Self::middleless_since`].
    middleless_since: Option<Timestamp>,
    /// Twice the last middle that is gone, in 1/10,000 dollar, and when it went.
    last_middle: Option<(i32, Timestamp)>,
    quote: Option<(Price, Price)>,
    settlement: Option<Settlement>,
    stats: MarketStats,
}

impl MarketState {
    /// A market that was listed at `at`.
    #[must_use]
    pub fn new(id: MarketId, listing: Listing, at: Timestamp) -> Self {
        Self {
            id,
            listing,
            book: Book::new(),
            top: (None, None),
            trust: Trust::Empty,
            trust_since: at,
            crossed_since: None,
            cross_reported: false,
            bookless_since: Some(at),
            last_trade: None,
            middleless_since: None,
            last_middle: None,
            quote: None,
            settlement: None,
            stats: MarketStats::default(),
        }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> MarketId {
        self.id
    }

    /// Its listing, with the present status and close.
    #[must_use]
    pub const fn listing(&self) -> &Listing {
        &self.listing
    }

    /// Its book, trusted or not.
    #[must_use]
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// Best bid.
    #[must_use]
    pub const fn bid(&self) -> Option<Level> {
        self.top.0
    }

    /// Best ask.
    #[must_use]
    pub const fn ask(&self) -> Option<Level> {
        self.top.1
    }

    /// How far the book can be trusted.
    #[must_use]
    pub const fn trust(&self) -> Trust {
        self.trust
    }

    /// Best bid at or above best ask: not tradable until further changes uncross it.
    #[must_use]
    pub const fn is_crossed(&self) -> bool {
        self.crossed_since.is_some()
    }

    /// Synced and not crossed.
    #[must_use]
    pub fn is_tradable_book(&self) -> bool {
        self.trust == Trust::Synced && !self.is_crossed()
    }

    /// Since when there is no tradable book; `None` while there is one. A market that is listed again before its
    /// first book has no more waited for it than a new one.
    #[must_use]
    pub const fn bookless_since(&self) -> Option<Timestamp> {
        self.bookless_since
    }

    /// Last trade: price, and when we heard of it.
    #[must_use]
    pub const fn last_trade(&self) -> Option<(Price, Timestamp)> {
        self.last_trade
    }

    /// Twice the middle of a book that is trusted, not crossed, and no wider than ten cents, in 1/10,000 dollar: it
    /// may lie between two prices.
    #[must_use]
    pub fn twice_middle(&self) -> Option<i32> {
        let (bid, ask) = (self.top.0?.price.e4(), self.top.1?.price.e4());
        let narrow = self.is_tradable_book() && ask - bid <= NARROW_MAX_E4;
        narrow.then(|| i32::from(bid) + i32::from(ask))
    }

    /// Twice the last such middle that is gone, and when it went.
    #[must_use]
    pub const fn last_middle(&self) -> Option<(i32, Timestamp)> {
        self.last_middle
    }

    /// Since when it has shown a trusted book without a middle while anybody could trade; `None` while that is not so.
    #[must_use]
    pub const fn middleless_since(&self) -> Option<Timestamp> {
        self.middleless_since
    }

    /// Looks whether there is a middle. `is_open`: the venue is reached, and others may trade there.
    pub fn watch_middle(&mut self, at: Timestamp, is_open: bool) {
        let could =
            is_open && self.is_tradable_book() && self.listing.status == MarketStatus::Active;
        if could && self.twice_middle().is_none() {
            self.middleless_since.get_or_insert(at);
        } else {
            self.middleless_since = None;
        }
    }

    /// The venue's last statement of its best prices.
    #[must_use]
    pub const fn quote(&self) -> Option<(Price, Price)> {
        self.quote
    }

    /// How it ended, if it did.
    #[must_use]
    pub const fn settlement(&self) -> Option<Settlement> {
        self.settlement
    }

    /// Counters of the run so far.
    #[must_use]
    pub const fn stats(&self) -> &MarketStats {
        &self.stats
    }

    /// Time without a trusted book up to `now`.
    #[must_use]
    pub fn untrusted(&self, now: Timestamp) -> Nanos {
        let running =
            if self.trust == Trust::Synced { Nanos::ZERO } else { now - self.trust_since };
        Nanos::new(self.stats.untrusted.get().saturating_add(running.get().max(0)))
    }

    /// The listing changed. A new price grid is a new book epoch: the old book is dropped.
    /// Returns whether a snapshot is needed.
    pub fn relist(&mut self, listing: Listing, at: Timestamp) -> bool {
        let new_epoch = listing.grid != self.listing.grid;
        self.listing = listing;
        if new_epoch {
            self.note_middle(at);
            self.set_trust(Trust::Empty, at);
            self.book.clear();
            self.note_top(at);
        }
        if self.trust == Trust::Empty {
            self.bookless_since = Some(at);
        }
        new_epoch
    }

    /// The venue changed the market's state.
    pub fn set_status(&mut self, status: MarketStatus, close: Option<Timestamp>) {
        self.listing.status = status;
        if close.is_some() {
            self.listing.close = close;
        }
    }

    /// The market was paid out.
    pub fn settle(&mut self, settlement: Settlement) {
        self.settlement = Some(settlement);
        self.listing.status = MarketStatus::Closed;
    }

    /// A whole book: restores trust.
    pub fn apply_snapshot(&mut self, snapshot: &BookSnapshot) -> BookEffect {
        self.stats.snapshots += 1;
        self.note_middle(snapshot.at);
        if self.book.replace(&snapshot.bids, &snapshot.asks).is_err() {
            self.lose(LossCause::NegativeLevel, snapshot.at);
            return BookEffect::Broken;
        }
        self.set_trust(Trust::Synced, snapshot.at);
        self.note_top(snapshot.at);
        self.note_tradable(snapshot.at);
        BookEffect::Price
    }

    /// One level changed.
    #[inline]
    pub fn apply_change(&mut self, changed: &BookChanged) -> BookEffect {
        if self.trust != Trust::Synced {
            self.stats.changes_ignored += 1;
            return BookEffect::Ignored;
        }
        // A change strictly behind the best price of its own side cannot move the top.
        let behind = match (changed.side, self.top) {
            (Side::Bid, (Some(best), _)) => changed.price < best.price,
            (Side::Ask, (_, Some(best))) => changed.price > best.price,
            _ => false,
        };
        if self.book.apply(changed.side, changed.price, changed.change).is_err() {
            self.lose(LossCause::NegativeLevel, changed.at);
            return BookEffect::Broken;
        }
        if behind {
            return BookEffect::Deep;
        }
        self.note_middle(changed.at);
        self.note_top(changed.at)
    }

    /// The book is not to be trusted any more. A book that never was synced stays empty.
    pub fn lose(&mut self, cause: LossCause, at: Timestamp) {
        self.stats.losses += 1;
        if cause == LossCause::SequenceGap {
            self.stats.gaps += 1;
        }
        if self.trust != Trust::Empty || cause == LossCause::NegativeLevel {
            self.note_middle(at);
            self.set_trust(Trust::Stale(cause), at);
        }
        self.note_tradable(at);
    }

    /// Somebody traded.
    pub fn apply_trade(&mut self, traded: &Traded) {
        self.stats.trades += 1;
        self.last_trade = Some((traded.price, traded.at));
    }

    /// The venue stated its best prices.
    pub fn apply_quote(&mut self, quoted: &Quoted) {
        self.quote = Some((quoted.bid, quoted.ask));
        // A repeated statement of an old trade must not make it look fresh.
        if quoted.last.is_inside() && self.last_trade.is_none_or(|(last, _)| last != quoted.last) {
            self.last_trade = Some((quoted.last, quoted.at));
        }
    }

    /// Is the book crossed for longer than `patience`, and has nobody been told yet?
    pub fn cross_is_overdue(&mut self, now: Timestamp, patience: Nanos) -> bool {
        let overdue =
            !self.cross_reported && self.crossed_since.is_some_and(|since| now - since > patience);
        self.cross_reported |= overdue;
        overdue
    }

    fn set_trust(&mut self, trust: Trust, at: Timestamp) {
        if self.trust != Trust::Synced {
            let without = (at - self.trust_since).get().max(0);
            self.stats.untrusted = Nanos::new(self.stats.untrusted.get().saturating_add(without));
        }
        self.trust = trust;
        self.trust_since = at;
    }

    /// Notes since when there is no tradable book.
    fn note_tradable(&mut self, at: Timestamp) {
        if self.is_tradable_book() {
            self.bookless_since = None;
        } else {
            self.bookless_since.get_or_insert(at);
        }
    }

    /// The top of the book is about to change, or the trust in it: there was a middle until now.
    #[inline]
    fn note_middle(&mut self, at: Timestamp) {
        self.last_middle = self.twice_middle().map(|middle| (middle, at)).or(self.last_middle);
    }

    /// Notes the top of the book and says what of it is new.
    #[inline]
    fn note_top(&mut self, at: Timestamp) -> BookEffect {
        let before = std::mem::replace(&mut self.top, (self.book.best_bid(), self.book.best_ask()));
        if before == self.top {
            return BookEffect::Deep;
        }
        let price = |level: Option<Level>| level.map(|level| level.price);
        if price(before.0) == price(self.top.0) && price(before.1) == price(self.top.1) {
            return BookEffect::Size;
        }
        match (self.book.is_crossed(), self.crossed_since) {
            (true, None) => {
                self.crossed_since = Some(at);
                self.stats.crossings += 1;
                self.note_tradable(at);
            }
            (false, Some(_)) => {
                self.crossed_since = None;
                self.cross_reported = false;
                self.note_tradable(at);
            }
            (true, Some(_)) | (false, None) => {}
        }
        BookEffect::Price
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use statecraft_domain::event::LevelChange;
    use statecraft_domain::{FeeSchedule, Quantity, TickGrid, Venue};

    use super::*;

    fn market() -> MarketState {
        let listing = Listing {
            venue: Venue::File,
            ticker: "M".into(),
            event: String::new(),
            series: String::new(),
            title: String::new(),
            grid: TickGrid::cents(),
            lot: Quantity::from_contracts(1),
            close: None,
            fees: FeeSchedule::free(),
            status: MarketStatus::Active,
        };
        MarketState::new(MarketId(0), listing, Timestamp::from_secs(0))
    }

    fn level(cents: u16, contracts: i32) -> Level {
        Level {
            price: Price::from_cents(cents).unwrap(),
            quantity: Quantity::from_contracts(contracts),
        }
    }

    fn snapshot(secs: i64, bids: &[Level], asks: &[Level]) -> BookSnapshot {
        let at = Timestamp::from_secs(secs);
        let (bids, asks) = (bids.to_vec(), asks.to_vec());
        BookSnapshot { at, venue_at: at, market: MarketId(0), bids, asks }
    }

    fn change(secs: i64, side: Side, cents: u16, change: LevelChange) -> BookChanged {
        let at = Timestamp::from_secs(secs);
        let price = Price::from_cents(cents).unwrap();
        BookChanged { at, venue_at: at, market: MarketId(0), side, price, change }
    }

    fn by(contracts: i32) -> LevelChange {
        LevelChange::By(Quantity::from_contracts(contracts))
    }

    #[test]
    fn i17_changes_before_a_snapshot_are_ignored_and_counted() {
        let mut market = market();
        assert_eq!(market.apply_change(&change(1, Side::Bid, 40, by(5))), BookEffect::Ignored);
        assert_eq!(market.stats().changes_ignored, 1);
        assert_eq!(market.trust(), Trust::Empty);
        assert!(market.bid().is_none());
    }

    #[test]
    fn trust_is_lost_by_a_gap_and_restored_by_a_snapshot() {
        let mut market = market();
        market.apply_snapshot(&snapshot(10, &[level(40, 5)], &[level(42, 5)]));
        market.lose(LossCause::SequenceGap, Timestamp::from_secs(20));
        assert_eq!(market.trust(), Trust::Stale(LossCause::SequenceGap));
        assert_eq!(market.apply_change(&change(21, Side::Bid, 41, by(1))), BookEffect::Ignored);
        market.apply_snapshot(&snapshot(25, &[level(41, 5)], &[level(42, 5)]));
        assert!(market.is_tradable_book());
        assert_eq!(market.stats().gaps, 1);
        // 10 s before the first snapshot, 5 s in the gap.
        assert_eq!(market.untrusted(Timestamp::from_secs(30)), Nanos::from_secs(15));
    }

    #[test]
    fn a_negative_level_breaks_the_book() {
        let mut market = market();
        market.apply_snapshot(&snapshot(1, &[level(40, 5)], &[level(42, 5)]));
        assert_eq!(market.apply_change(&change(2, Side::Bid, 40, by(-6))), BookEffect::Broken);
        assert_eq!(market.trust(), Trust::Stale(LossCause::NegativeLevel));
    }

    #[test]
    fn i18_a_locked_book_is_not_tradable_until_uncrossed() {
        let mut market = market();
        market.apply_snapshot(&snapshot(1, &[level(40, 5)], &[level(42, 5)]));
        assert_eq!(market.apply_change(&change(2, Side::Bid, 42, by(1))), BookEffect::Price);
        assert!(market.is_crossed() && !market.is_tradable_book());
        assert!(market.evidence().is_none());
        assert!(!market.cross_is_overdue(Timestamp::from_secs(3), Nanos::from_secs(2)));
        assert!(market.cross_is_overdue(Timestamp::from_secs(5), Nanos::from_secs(2)));
        assert!(!market.cross_is_overdue(Timestamp::from_secs(6), Nanos::from_secs(2)));
        market.apply_change(&change(7, Side::Bid, 42, by(-1)));
        assert!(market.is_tradable_book());
        assert_eq!(market.stats().crossings, 1);
    }

    #[test]
    fn microprice_leans_to_the_thin_side_and_ignores_far_levels() {
        let mut market = market();
        market.apply_snapshot(&snapshot(
            1,
            &[level(40, 30), level(30, 1000)],
            &[level(42, 10), level(60, 1000)],
        ));
        let evidence = market.evidence().unwrap();
        // (0.40 * 10 + 0.42 * 30) / 40
        assert!((evidence.microprice - 0.415).abs() < 1e-12);
        assert_eq!(evidence.spread_e4(), 200);
    }

    proptest! {
        /// Top-of-book tracking equals looking at the book itself after every change.
        #[test]
        fn tracked_top_equals_the_book(
            changes in prop::collection::vec((any::<bool>(), 1_u16..99, 0_i32..20), 1..200)
        ) {
            let mut market = market();
            market.apply_snapshot(&snapshot(0, &[], &[]));
            for (bid, cents, contracts) in changes {
                let side = if bid { Side::Bid } else { Side::Ask };
                let before = market.top;
                let to = LevelChange::To(Quantity::from_contracts(contracts));
                let effect = market.apply_change(&change(1, side, cents, to));
                prop_assert_eq!(market.top, (market.book.best_bid(), market.book.best_ask()));
                let prices = |top: (Option<Level>, Option<Level>)| {
                    (top.0.map(|level| level.price), top.1.map(|level| level.price))
                };
                let same_prices = prices(before) == prices(market.top);
                prop_assert_eq!(effect == BookEffect::Deep, before == market.top);
                prop_assert_eq!(effect == BookEffect::Price, !same_prices);
                prop_assert_eq!(market.is_crossed(), market.book.is_crossed());
            }
        }
    }
}
