//! What a position is worth: what closing all of it would bring, or the middle if that is worse; and whether a fall of
//! that stands. Between two messages of a book its best price may be away that is back with the next one: nothing is
//! opened by what such a moment shows, and nothing is stopped for good.

use statecraft_domain::control::VenueCondition;
use statecraft_domain::event::Level;
use statecraft_domain::{MarketStatus, Nanos, Price, Quantity, Side, Usd, Venue};

use super::Engine;
use crate::orders::Position;

/// A worse mark counts for what stops once it has stood for this long (wall time).
const STANDS: Nanos = Nanos::from_secs(5);

/// What a position would bring.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    /// By the last look at a price.
    pub(super) now: Usd,
    /// By the worst that stands: never less. `None`: nothing has stood long enough yet.
    pub(super) stood: Option<Usd>,
}

/// The last marks of a market's position, for one contract of what is held.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    now: Option<Usd>,
    /// `None`: held since before anybody looked.
    stood: Option<Usd>,
    worse: Option<Worse>,
    /// Was that for a YES position?
    long: bool,
    /// Nothing was held.
    flat: bool,
    /// For how long there has been no price although the venue was open, as far as it was looked.
    blind: Option<Nanos>,
}

/// Marks below the one that stands.
#[derive(Debug, Clone, Copy)]
struct Worse {
    /// The best of them.
    best: Usd,
    /// For how long, less what was seen of better ones since.
    stood: Nanos,
}

impl Seen {
    /// A better mark counts at once, a worse one when everything seen for `patience` was no better.
    fn look(&mut self, each: Usd, waited: Nanos, patience: Nanos) {
        self.now = Some(each);
        if self.stood.is_some_and(|stood| each >= stood) {
            self.stood = Some(each);
            self.worse = self.worse.and_then(|worse| {
                let stood = Nanos::new(worse.stood.get() - waited.get());
                (stood > Nanos::ZERO).then_some(Worse { stood, ..worse })
            });
            return;
        }
        let worse = self.worse.map_or(Worse { best: each, stood: Nanos::ZERO }, |worse| Worse {
            best: worse.best.max(each),
            stood: Nanos::new(worse.stood.get().saturating_add(waited.get())),
        });
        self.worse = Some(worse);
        if worse.stood >= patience {
            self.stood = Some(worse.best);
            let anew = Worse { best: each, stood: Nanos::ZERO };
            self.worse = (each < worse.best).then_some(anew);
        }
    }
}

impl Engine {
    /// What a position would bring: now; at its last price while it may come back; nothing after that.
    /// `waited`: since the last look. `lately`: that was not too long ago for what stood then to stand now. `None`:
    /// nobody knows yet.
    pub(super) fn mark_of(
        &mut self,
        index: usize,
        position: &Position,
        (waited, lately): (Nanos, bool),
    ) -> Option<Mark> {
        let market = &self.markets[index];
        let (size, long) = (position.quantity.abs(), position.quantity.is_positive());
        if size.is_zero() {
            self.loss.prices[index] = Seen { flat: true, ..Seen::default() };
            return Some(Mark { now: Usd::ZERO, stood: Some(Usd::ZERO) });
        }
        let (venue, status) = (market.listing().venue, market.listing().status);
        let trades = status == MarketStatus::Active && !self.is_at_rest(venue);
        let open = self.is_open(venue) && status == MarketStatus::Active;
        let scale = self.config.time_scale;
        let patience = self.config.limits.guards.mark_patience.times(scale);
        let seen = &mut self.loss.prices[index];
        if seen.flat || seen.long != long {
            // Worth what it cost until something worse stands.
            let cost = (seen.flat || seen.now.is_some()).then(|| each_of(position.cost, size));
            *seen = Seen { long, stood: cost, ..Seen::default() };
        }
        if trades && !lately {
            (seen.stood, seen.worse) = (None, None);
        }
        // What a start finds held has no other price: its cost may not even be known.
        let looks = trades || seen.stood.is_none();
        let value = looks.then(|| self.closing_value(index, long, size)).flatten();
        let seen = &mut self.loss.prices[index];
        if let Some(value) = value {
            let each = each_of(value, size);
            if seen.blind.take().is_some_and(|blind| blind > patience) {
                seen.stood = Some(each);
            }
            // One step of the clock does not use it up either.
            let stands = STANDS.times(scale);
            seen.look(each, waited.min(Nanos::new(stands.get() / 2)), stands);
            let stood = seen.stood.map(|one| if one == each { value } else { all_of(one, size) });
            return Some(Mark { now: value, stood });
        }
        let last = |each: Option<Usd>| each.map(|each| all_of(each, size));
        if !open {
            // Nobody could trade at any price: the last one stands, or the cost. What was waited for it before counts
            // on when the venue is open again: one that comes and goes hides no loss.
            let [now, stood] =
                [seen.now, seen.stood].map(|each| last(each).unwrap_or(position.cost));
            return Some(Mark { now, stood: Some(stood) });
        }
        let blind = seen.blind.map_or(0, |blind| blind.get().saturating_add(waited.get()));
        let blind = Nanos::new(blind);
        seen.blind = Some(blind);
        if blind > patience {
            return Some(Mark { now: Usd::ZERO, stood: Some(Usd::ZERO) });
        }
        last(seen.now).map(|now| Mark { now, stood: last(seen.stood) })
    }

    /// Does nobody trade at the venue? What its books show is what is withdrawn meanwhile.
    fn is_at_rest(&self, venue: Venue) -> bool {
        use VenueCondition::{CancelOnly, Maintenance, Paused, PostOnly};
        matches!(self.controls.condition(venue), PostOnly | CancelOnly | Paused | Maintenance)
    }

    /// Could others trade at the venue, as far as we know? It may well take no orders of ours: late books, those of a
    /// venue that comes and goes, and those that we asked for too often, still say something.
    pub(super) fn is_open(&self, venue: Venue) -> bool {
        let condition = self.controls.condition(venue);
        let ours = matches!(
            condition,
            VenueCondition::Lagging | VenueCondition::RateLimited | VenueCondition::Unsteady
        );
        self.venues.is_connected(venue) && (ours || condition.takes_orders(false))
    }

    /// What closing the whole position would bring at the depth that others display, or at their middle if that
    /// is worse. Beyond the depth the worst level counts. `None` without a trusted book or a level.
    fn closing_value(&self, index: usize, long: bool, size: Quantity) -> Option<Usd> {
        let market = &self.markets[index];
        if !market.is_tradable_book() {
            return None;
        }
        let side = if long { Side::Bid } else { Side::Ask };
        let each = |price: Price| if long { price } else { price.complement() };
        let mut left = size;
        let mut value = Usd::ZERO;
        let mut worst = None;
        for Level { price, quantity } in self.others(market.id(), side) {
            let taken = quantity.min(left);
            value += each(price).times(taken);
            left -= taken;
            worst = Some(price);
            if left.is_zero() {
                break;
            }
        }
        value += each(worst?).times(left);
        let best = |side| self.others_best(market.id(), side);
        let middle = best(Side::Bid).zip(best(Side::Ask)).map(|(bid, ask)| {
            let both = each(bid).times(size) + each(ask).times(size);
            Usd::from_e10(both.e10() / 2)
        });
        Some(middle.map_or(value, |middle| value.min(middle)))
    }
}

/// Of one contract.
fn each_of(value: Usd, size: Quantity) -> Usd {
    Usd::from_e10(value.e10() * 1_000_000 / i128::from(size.e6()).max(1))
}

/// Of all contracts.
fn all_of(each: Usd, size: Quantity) -> Usd {
    Usd::from_e10(each.e10() * i128::from(size.e6()) / 1_000_000)
}
