//! The user's running position in one market, as private frames and settlements state it.

use statecraft_domain::{Price, Quantity, Side, Timestamp, Usd};

/// Position with average cost; closing takes its share of the cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Holding {
    /// YES positive, NO negative.
    pub(crate) quantity: Quantity,
    /// What the open contracts cost, without fees.
    pub(crate) cost: Usd,
    /// Taken by closing, before fees.
    pub(crate) realized: Usd,
    /// Paid on this market.
    pub(crate) fees: Usd,
    /// Contracts traded.
    pub(crate) volume: Quantity,
    /// Money that changed hands in those trades.
    pub(crate) traded: Usd,
    /// Last change.
    pub(crate) updated: Timestamp,
}

impl Holding {
    /// A fill of an own order at a YES price.
    pub(crate) fn fill(
        &mut self,
        at: Timestamp,
        side: Side,
        price: Price,
        quantity: Quantity,
        fee: Usd,
    ) {
        // What one contract of the outcome that grows costs, and of the one that shrinks brings.
        let unit = match side {
            Side::Bid => price,
            Side::Ask => price.complement(),
        };
        let held = self.quantity;
        let opposite = match side {
            Side::Bid => -held,
            Side::Ask => held,
        };
        let closing = quantity.min(opposite.max(Quantity::ZERO));
        let opening = quantity - closing;
        if closing.is_positive() {
            let share = self.cost.e10() * i128::from(closing.e6()) / i128::from(held.abs().e6());
            let share = Usd::from_e10(share);
            self.realized += unit.complement().times(closing) - share;
            self.cost -= share;
        }
        self.cost += unit.times(opening);
        self.quantity = match side {
            Side::Bid => held + quantity,
            Side::Ask => held - quantity,
        };
        self.fees += fee;
        self.volume += quantity;
        self.traded += unit.times(quantity);
        self.updated = at;
    }

    /// The payout of what is held.
    pub(crate) fn settle(&mut self, at: Timestamp, payout: Usd) {
        self.realized += payout - self.cost;
        self.cost = Usd::ZERO;
        self.quantity = Quantity::ZERO;
        self.updated = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contracts(count: i32) -> Quantity {
        Quantity::from_contracts(count)
    }

    #[test]
    fn an_ask_closes_before_it_opens() {
        // kalshi.md 7.5: +10 at 0.40, ask 25 at 0.60 leaves 15 NO that cost 6.00 and 2.00 profit.
        let mut holding = Holding::default();
        let at = Timestamp::EPOCH;
        let cents = |cents| Price::from_cents(cents).unwrap();
        holding.fill(at, Side::Bid, cents(40), contracts(10), Usd::ZERO);
        assert_eq!(holding.cost, Usd::from_dollars(4));
        holding.fill(at, Side::Ask, cents(60), contracts(25), Usd::CENT);
        assert_eq!(holding.quantity, contracts(-15));
        assert_eq!(holding.cost, Usd::from_dollars(6));
        assert_eq!(holding.realized, Usd::from_dollars(2));
        assert_eq!(holding.fees, Usd::CENT);
        holding.settle(at, Usd::from_dollars(15));
        assert_eq!(holding.realized, Usd::from_dollars(11));
        assert_eq!(holding.quantity, Quantity::ZERO);
    }
}
