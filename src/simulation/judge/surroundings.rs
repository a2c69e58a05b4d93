//! What the bot was told of its surroundings, or could see of them: the venue's status, its own clocks, late
//! market data, books that stand still, and what it has lost.

use statecraft_domain::event::Level;
use statecraft_domain::{MarketId, Quantity, Side, Usd};

use crate::simulator::Backend;

use super::Judge;

/// After its clocks parted nothing is decided for sixty seconds.
const UNSTEADY: i64 = 59_000_000_000;
/// A book that stands still is found within two comparisons, and acted upon.
const FROZEN_MAX: i64 = 100_000_000_000;
/// The book of a market that trades again is compared at once; the answer, and a second look, take so long.
const LOOKED_AT: i64 = 10_000_000_000;
/// Every comparison that failed gives it so much longer.
const COMPARISON: i64 = 61_000_000_000;
/// A change of a book that is heard later than this stops orders,
const LATE: i64 = 2_050_000_000;
/// for so long.
const LATE_FOR: i64 = 9_000_000_000;
/// How long a moment counts in which the account was worth the least.
const WORST: i64 = 300_000_000_000;
/// The limit on the loss of a day, less what the two ways to value a position may differ by.
const LOSS: Usd = Usd::from_dollars(44);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// The last status told: the venue takes no orders.
    closed: bool,
    /// It was told to be open again then, and the account was not compared since.
    reopened: Option<i64>,
    /// Nothing may be decided until then.
    unsteady_until: i64,
    /// A change was heard too late, then, by what the bot could know.
    late: Option<i64>,
    frozen: Vec<Frozen>,
    /// The most that the account was ever worth.
    best: Option<Usd>,
    /// What it was worth lately, by time.
    worth: std::collections::VecDeque<(i64, Usd)>,
}

/// A book that stands still.
#[derive(Debug)]
struct Frozen {
    market: MarketId,
    ticker: String,
    /// Nothing may be decided on it after that.
    most: i64,
}

/// Is a change that happened at `millis` heard too late, at `now` by the venue's time?
pub(super) const fn is_late(now: i64, millis: i64) -> bool {
    now - millis.saturating_mul(1_000_000) > LATE
}

impl Surroundings {
    /// A change of a book is heard too late.
    pub(super) const fn heard_late(&mut self, now: i64) {
        self.late = Some(now);
    }
}

impl Judge {
    pub(super) fn surroundings_begin(&mut self) {
        let around = &mut self.around;
        (around.closed, around.reopened, around.unsteady_until) = (false, None, 0);
        around.late = None;
        around.frozen.clear();
    }

    /// The venue's status reaches the bot.
    pub(in crate::simulation) fn told_status(&mut self, now: i64, open: bool) {
        let around = &mut self.around;
        if open && std::mem::take(&mut around.closed) {
            around.reopened = Some(now);
        } else if !open {
            around.closed = true;
        }
    }

    pub(super) fn surroundings_compared(&mut self, asked: i64) {
        if self.around.reopened.is_some_and(|since| asked >= since) {
            self.around.reopened = None;
        }
    }

    /// The process has seen its clocks part.
    pub(in crate::simulation) fn clocks_parted(&mut self, now: i64) {
        self.around.unsteady_until = now + UNSTEADY;
    }

    /// A book's subscription dies; nobody says so.
    pub(in crate::simulation) fn freezes(&mut self, now: i64, market: MarketId, ticker: String) {
        self.around.frozen.push(Frozen { market, ticker, most: now + FROZEN_MAX });
    }

    /// A market trades again: its book was not compared while it did not.
    pub(in crate::simulation) fn opens(&mut self, now: i64, market: MarketId) {
        let here = self.around.frozen.iter_mut().filter(|one| one.market == market);
        here.for_each(|one| one.most = one.most.max(now + LOOKED_AT));
    }

    /// The venue's books were read: one that has not moved while it stood still looks sound, and time begins anew.
    pub(in crate::simulation) fn books_compared(&mut self, now: i64, truth: &dyn Backend) {
        let mut frozen = std::mem::take(&mut self.around.frozen);
        let same = |one: &&mut Frozen| !self.differs(one.market, &one.ticker, truth);
        frozen.iter_mut().filter(same).for_each(|one| one.most = now + FROZEN_MAX);
        self.around.frozen = frozen;
    }

    /// A comparison of books has failed.
    pub(in crate::simulation) fn books_not_compared(&mut self) {
        self.around.frozen.iter_mut().for_each(|one| one.most += COMPARISON);
    }

    /// Words of a book, or the end of a connection.
    pub(super) fn thaws(&mut self, ticker: Option<&str>) {
        self.around.frozen.retain(|one| ticker.is_some_and(|ticker| ticker != one.ticker));
    }

    /// F35, R13, P5, F2: what forbids an order that is decided now.
    pub(super) fn check_surroundings(
        &mut self,
        now: i64,
        (market, ticker): (MarketId, &str),
        truth: &dyn Backend,
    ) {
        let around = &self.around;
        let found = if around.closed {
            Some(("F35", "the venue had said that it takes none"))
        } else if around.reopened.is_some() {
            Some(("F35", "the account was not compared since the venue opened again"))
        } else if now < around.unsteady_until {
            Some(("R13", "the clocks had parted less than a minute before"))
        } else if around.late.is_some_and(|heard| (0..LATE_FOR).contains(&(now - heard))) {
            Some(("P5", "the market data had been seconds late"))
        } else if around.frozen.iter().any(|one| one.ticker == ticker && now > one.most)
            && self.differs(market, ticker, truth)
        {
            Some(("F2", "its book had been standing still for too long"))
        } else {
            None
        };
        if let Some((invariant, why)) = found {
            self.condemn(invariant, format!("an order was decided on {ticker}; {why}"));
        }
    }

    /// Is the best level that was heard another one than the venue's?
    fn differs(&self, market: MarketId, ticker: &str, truth: &dyn Backend) -> bool {
        let (Some(heard), Some(book)) = (self.books.get(ticker), truth.book(market)) else {
            return false;
        };
        let best = |level: Option<Level>| level.map(|level| i64::from(level.price.e4()));
        let theirs = (best(book.best_bid()), best(book.best_ask()));
        heard.best() != theirs
    }

    /// What the account is worth by the venue's ledger and books.
    pub(in crate::simulation) fn watch_equity(&mut self, now: i64, truth: &dyn Backend) {
        let Some(account) = truth.account() else { return };
        let open = account.positions.iter().map(|(market, held)| {
            let side = if held.quantity.is_positive() { Side::Bid } else { Side::Ask };
            let levels = truth.book(*market).into_iter().flat_map(|book| book.levels(side));
            value(side, held.quantity.abs(), levels)
        });
        let worth = account.cash + open.sum::<Usd>();
        let around = &mut self.around;
        around.best = around.best.max(Some(worth));
        around.worth.push_back((now, worth));
        while around.worth.front().is_some_and(|(at, _)| now - at > WORST) {
            around.worth.pop_front();
        }
    }

    /// Has the account lost what may be lost in a day?
    pub(in crate::simulation) fn has_lost(&self) -> bool {
        let least = self.around.worth.iter().map(|(_, worth)| *worth).min();
        self.around.best.zip(least).is_some_and(|(best, least)| best - least >= LOSS)
    }
}

/// What a position brings at these levels, best first; beyond them the worst counts, and without any nothing.
fn value(side: Side, mut left: Quantity, levels: impl Iterator<Item = Level>) -> Usd {
    let (mut sum, mut worst) = (Usd::ZERO, Usd::ZERO);
    let contract = Quantity::from_contracts(1);
    for Level { price, quantity } in levels {
        let each = if side == Side::Bid { price } else { price.complement() };
        let taken = quantity.min(left);
        sum += each.times(taken);
        worst = each.times(contract);
        left -= taken;
    }
    sum + Usd::from_e10(worst.e10() * i128::from(left.e6()) / 1_000_000)
}
