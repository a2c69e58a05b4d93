//! A resting order in a recorded book, and what is ahead of it.

use statecraft_domain::{ClientOrderId, Price, Quantity, Timestamp, Usd, VenueOrderId};

use crate::collateral::Place;

/// How the quantity ahead of a resting order shrinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum QueueModel {
    /// By trades at its price only: everybody who cancelled is taken to have stood behind it, as far
    /// as the displayed size allows.
    #[default]
    Pessimistic,
    /// By trades, and by cancellations in proportion to the share of the level that is ahead.
    Proportional,
}

#[derive(Debug)]
pub(super) struct Resting {
    pub(super) id: ClientOrderId,
    pub(super) venue_order: VenueOrderId,
    pub(super) price: Price,
    pub(super) remaining: Quantity,
    pub(super) filled: Quantity,
    pub(super) expires: Option<Timestamp>,
    pub(super) accumulator: Usd,
    pub(super) place: Place,
    /// Displayed at its price before it came, and not yet gone.
    pub(super) ahead: Quantity,
    /// Traded at its price and not yet seen as a smaller level.
    pub(super) unseen_trades: Quantity,
    /// New quantity on the other side at exactly its price that could not reach it yet.
    pub(super) waiting: Quantity,
    /// Placed while the book was not trusted: nothing is known of what it met.
    pub(super) blind: bool,
}

impl Resting {
    /// `quantity` traded at this price and got past better-placed orders of ours; returns what of it
    /// is this order's.
    pub(super) fn trade_at_price(&mut self, quantity: Quantity) -> Quantity {
        let by_others = self.ahead.min(quantity);
        self.ahead -= by_others;
        (quantity - by_others).min(self.remaining)
    }

    /// The level went from `before` to the smaller `after`.
    pub(super) fn level_shrank(&mut self, model: QueueModel, before: Quantity, after: Quantity) {
        let traded = self.unseen_trades.min(before - after);
        self.unseen_trades -= traded;
        let cancelled = before - after - traded;
        let others = before - traded;
        if model == QueueModel::Proportional && others.is_positive() && !self.blind {
            let ahead = i128::from(self.ahead.min(others).e6());
            let share = ahead * i128::from(cancelled.e6()) / i128::from(others.e6());
            self.ahead = self.ahead.min(others);
            self.ahead -= Quantity::from_e6(i64::try_from(share).unwrap_or(0));
        }
        self.ahead = self.ahead.min(after);
    }

    /// The other side showed new `quantity` at exactly this price; returns what of it is this order's
    /// (it may be nothing yet).
    pub(super) fn meet_at_price(&mut self, quantity: Quantity) -> Quantity {
        let claimed = (self.remaining - self.waiting).min(quantity);
        self.waiting += claimed;
        claimed
    }

    /// What may fill now of the quantity that waits at this price.
    pub(super) fn ready(&self) -> Quantity {
        if self.ahead.is_zero() { self.waiting.min(self.remaining) } else { Quantity::ZERO }
    }

    /// The instant at which it ends by itself, given its market's close.
    pub(super) fn deadline(&self, close: Option<Timestamp>) -> Option<Timestamp> {
        match (self.expires, close) {
            (Some(expires), Some(close)) => Some(expires.min(close)),
            (expires, close) => expires.or(close),
        }
    }
}
