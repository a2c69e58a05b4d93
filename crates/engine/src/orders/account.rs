//! Cash and positions, exactly. Collateral is fully paid: buying NO at `1 - p` costs `1 - p`, whether
//! it is called buying NO or selling YES (I11).

use serde::Serialize;
use statecraft_domain::event::ForeignExecution;
use statecraft_domain::{Fill, MarketId, Price, Quantity, Settlement, Side, Usd, Venue};

use crate::market::venue_index;

/// One market's position in normal form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Position {
    /// YES positive, NO negative.
    pub quantity: Quantity,
    /// What was paid for the open contracts, without fees; never negative.
    pub cost: Usd,
    /// Profit taken by closing and settlement, before fees.
    pub realized: Usd,
    /// Fees paid on this market.
    pub fees: Usd,
}

/// What one contract of the outcome that this side buys costs at a YES price.
#[must_use]
pub const fn outcome_price(side: Side, yes_price: Price) -> Price {
    match side {
        Side::Bid => yes_price,
        Side::Ask => yes_price.complement(),
    }
}

impl Position {
    /// Applies an execution and returns the change of cash without fees.
    ///
    /// The part that closes what is held brings `1 - (price of the other outcome)` per contract; the
    /// rest opens and is paid in full.
    pub fn trade(&mut self, side: Side, price: Price, quantity: Quantity) -> Usd {
        let signed = match side {
            Side::Bid => quantity,
            Side::Ask => -quantity,
        };
        let opposed = self.quantity.e6().signum() * signed.e6().signum() < 0;
        let closing = if opposed { quantity.min(self.quantity.abs()) } else { Quantity::ZERO };
        let opening = quantity - closing;
        let own = outcome_price(side, price);
        let mut cash = Usd::ZERO;
        if !closing.is_zero() {
            let proceeds = own.complement().times(closing);
            let released = self.cost_of(closing);
            self.cost -= released;
            self.realized += proceeds - released;
            cash += proceeds;
        }
        let paid = own.times(opening);
        self.cost += paid;
        self.quantity += signed;
        cash - paid
    }

    /// The share of the cost that belongs to `part` of the open contracts; all of it for all of them.
    fn cost_of(&self, part: Quantity) -> Usd {
        let whole = self.quantity.abs();
        if part >= whole || whole.is_zero() {
            return self.cost;
        }
        // Rounded down to 10^-10 dollar; the remainder stays with what is left open.
        Usd::from_e10(self.cost.e10() * i128::from(part.e6()) / i128::from(whole.e6()))
    }

    /// Lets so many of the open contracts go, with their share of the cost: nothing is realised.
    pub fn let_go(&mut self, part: Quantity) {
        let part = part.min(self.quantity.abs());
        self.cost -= self.cost_of(part);
        if self.quantity.is_positive() {
            self.quantity -= part;
        } else {
            self.quantity += part;
        }
    }

    /// What the open contracts pay.
    #[must_use]
    pub fn payout(&self, settlement: Settlement) -> Usd {
        match settlement.yes_value() {
            Some(yes) if self.quantity.is_positive() => yes.times(self.quantity),
            Some(yes) => yes.complement().times(self.quantity.abs()),
            None => self.cost,
        }
    }

    /// Pays the position out, leaves none, returns the cash it brings.
    pub fn settle(&mut self, settlement: Settlement) -> Usd {
        let payout = self.payout(settlement);
        self.realized += payout - self.cost;
        self.cost = Usd::ZERO;
        self.quantity = Quantity::ZERO;
        payout
    }

    /// What the open contracts are worth at a YES price.
    #[must_use]
    pub fn value_at(&self, yes_price: Price) -> Usd {
        if self.quantity.is_positive() {
            yes_price.times(self.quantity)
        } else {
            yes_price.complement().times(self.quantity.abs())
        }
    }

    /// Average price paid for one open contract of the outcome held, in dollars; for display.
    #[must_use]
    pub fn average_cost(&self) -> Option<f64> {
        (!self.quantity.is_zero()).then(|| self.cost.as_f64() / self.quantity.abs().as_f64())
    }
}

/// Cash by venue and positions by market.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accounts {
    cash: [Option<Usd>; 3],
    /// By market id.
    positions: Vec<Position>,
    /// Everything that ever came in from outside: baselines and corrections by reports.
    deposited: Usd,
    /// Cash that went and that nothing of ours explains.
    lost: Usd,
    /// The venue has stated its cash: before that there are only the flows of our own fills.
    stated: [bool; 3],
}

impl Accounts {
    /// Cash at a venue; `None` until the venue stated it.
    #[must_use]
    pub const fn cash(&self, venue: Venue) -> Option<Usd> {
        self.cash[venue_index(venue)]
    }

    /// Cash at all venues.
    #[must_use]
    pub fn total_cash(&self) -> Usd {
        self.cash.iter().flatten().copied().sum()
    }

    /// The position in a market.
    #[must_use]
    pub fn position(&self, market: MarketId) -> Position {
        self.positions.get(market.index()).copied().unwrap_or_default()
    }

    /// Every market with a position, or with a past one.
    pub fn positions(&self) -> impl Iterator<Item = (MarketId, &Position)> + '_ {
        (0_u32..).map(MarketId).zip(&self.positions)
    }

    /// Has the venue ever stated its cash?
    #[must_use]
    pub const fn is_stated(&self, venue: Venue) -> bool {
        self.stated[venue_index(venue)]
    }

    /// Cash that went and that nothing of ours explains, over the whole journal.
    #[must_use]
    pub const fn lost(&self) -> Usd {
        self.lost
    }

    /// Replaces cash by the venue's own figure; the difference counts as deposited.
    pub fn set_cash(&mut self, venue: Venue, cash: Usd) {
        self.stated[venue_index(venue)] = true;
        let slot = &mut self.cash[venue_index(venue)];
        self.deposited += cash - slot.unwrap_or(Usd::ZERO);
        *slot = Some(cash);
        self.assert_conserved();
    }

    /// Replaces cash by the venue's own figure; the difference counts as lost, which no deposit is.
    pub fn lose_cash(&mut self, venue: Venue, cash: Usd) {
        let slot = &mut self.cash[venue_index(venue)];
        self.lost += slot.unwrap_or(Usd::ZERO) - cash;
        *slot = Some(cash);
        self.assert_conserved();
    }

    /// Takes over a position that nobody knows the price of, at this cost.
    pub fn adopt(&mut self, market: MarketId, quantity: Quantity, cost: Usd) {
        let position = self.position_mut(market);
        position.quantity = quantity;
        position.cost = cost;
        self.deposited += cost;
    }

    /// The position becomes `quantity`: by what somebody else executed, and what that does not account for as one
    /// execution at the worst price there is, so that limits and losses err on the safe side.
    pub fn take_over(
        &mut self,
        venue: Venue,
        market: MarketId,
        quantity: Quantity,
        fills: &[ForeignExecution],
    ) {
        let position = self.position_mut(market);
        let mut cash = Usd::ZERO;
        for fill in fills {
            cash += position.trade(fill.side, fill.price, fill.quantity) - fill.fee;
            position.fees += fill.fee;
        }
        let missing = quantity - position.quantity;
        let (side, worst) =
            if missing.is_positive() { (Side::Bid, Price::ONE) } else { (Side::Ask, Price::ZERO) };
        cash += position.trade(side, worst, missing.abs());
        self.credit(venue, cash);
        self.assert_conserved();
    }

    /// Books an execution, fee included.
    pub fn book(&mut self, venue: Venue, fill: &Fill) {
        let position = self.position_mut(fill.market);
        let cash = position.trade(fill.side, fill.price, fill.quantity);
        position.fees += fill.fee;
        self.credit(venue, cash - fill.fee);
        self.assert_conserved();
    }

    /// Pays a market out.
    pub fn settle(&mut self, venue: Venue, market: MarketId, settlement: Settlement) {
        let payout = self.position_mut(market).settle(settlement);
        self.credit(venue, payout);
        self.assert_conserved();
    }

    /// I9: `cash + cost of positions - realised + fees + lost = deposits`, exactly.
    #[must_use]
    pub fn is_conserved(&self) -> bool {
        let sum = self.positions.iter().fold(self.total_cash() + self.lost, |sum, position| {
            sum + position.cost - position.realized + position.fees
        });
        sum == self.deposited
    }

    fn assert_conserved(&self) {
        debug_assert!(self.is_conserved(), "money was made or lost by arithmetic");
    }

    fn credit(&mut self, venue: Venue, amount: Usd) {
        let slot = &mut self.cash[venue_index(venue)];
        *slot = Some(slot.unwrap_or(Usd::ZERO) + amount);
    }

    fn position_mut(&mut self, market: MarketId) -> &mut Position {
        if self.positions.len() <= market.index() {
            self.positions.resize(market.index() + 1, Position::default());
        }
        &mut self.positions[market.index()]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cents(cents: u16) -> Price {
        Price::from_cents(cents).unwrap()
    }

    #[test]
    fn closing_by_the_other_side_nets() {
        let mut position = Position::default();
        let ten = Quantity::from_contracts(10);
        assert_eq!(position.trade(Side::Bid, cents(40), ten), Usd::from_cents(-400));
        assert_eq!(position.trade(Side::Ask, cents(45), ten), Usd::from_cents(450));
        assert_eq!(position.realized, Usd::from_cents(50));
        assert_eq!((position.quantity, position.cost), (Quantity::ZERO, Usd::ZERO));
        // Selling what one does not have is buying NO.
        assert_eq!(position.trade(Side::Ask, cents(45), ten), Usd::from_cents(-550));
        assert_eq!(position.settle(Settlement::No), Usd::from_dollars(10));
        assert_eq!(position.realized, Usd::from_cents(500));
    }

    /// Average cost: what is closed releases its share, and a share that does not come out even is rounded
    /// down to 10^-10 dollar; the rest stays with what is open.
    #[test]
    fn a_partial_close_releases_its_share_of_the_cost() {
        let mut position = Position::default();
        position.trade(Side::Bid, cents(40), Quantity::from_contracts(3));
        position.trade(Side::Bid, cents(55), Quantity::from_contracts(6));
        assert_eq!(position.cost, Usd::from_cents(450));
        assert_eq!(
            position.trade(Side::Ask, cents(60), Quantity::from_contracts(2)),
            Usd::from_cents(120)
        );
        assert_eq!((position.realized, position.cost), (Usd::from_cents(20), Usd::from_cents(350)));
        // A seventh of 3.50 is even, a seventh of 3.55 is not.
        position.trade(Side::Ask, cents(50), Quantity::from_contracts(1));
        assert_eq!((position.realized, position.cost), (Usd::from_cents(20), Usd::from_cents(300)));
        position.trade(Side::Bid, cents(55), Quantity::from_contracts(1));
        position.trade(Side::Ask, cents(50), Quantity::from_contracts(1));
        assert_eq!(position.cost, Usd::from_e10(35_500_000_000 - 5_071_428_571));
        // More than there is: closed whole, and the other outcome opened with the rest.
        assert_eq!(
            position.trade(Side::Ask, cents(70), Quantity::from_contracts(8)),
            Usd::from_cents(6 * 70 - 2 * 30)
        );
        assert_eq!(
            (position.quantity, position.cost),
            (Quantity::from_contracts(-2), Usd::from_cents(60))
        );
    }

    #[test]
    #[should_panic(expected = "money was made or lost")]
    fn i9_money_from_nowhere_is_noticed() {
        let mut accounts = Accounts::default();
        accounts.set_cash(Venue::Kalshi, Usd::from_dollars(10));
        assert!(accounts.is_conserved());
        accounts.position_mut(MarketId(0)).cost += Usd::from_e10(1);
        assert!(!accounts.is_conserved());
        accounts.settle(Venue::Kalshi, MarketId(1), Settlement::Yes);
    }

    /// 5.10: what went is no deposit below zero.
    #[test]
    fn cash_that_went_counts_as_lost_and_the_sum_still_holds() {
        let mut accounts = Accounts::default();
        assert!(!accounts.is_stated(Venue::Kalshi));
        accounts.set_cash(Venue::Kalshi, Usd::from_dollars(10));
        accounts.lose_cash(Venue::Kalshi, Usd::from_dollars(7));
        assert_eq!(accounts.lost(), Usd::from_dollars(3));
        assert_eq!(accounts.cash(Venue::Kalshi), Some(Usd::from_dollars(7)));
        accounts.set_cash(Venue::Kalshi, Usd::from_dollars(9));
        assert_eq!(
            accounts.lost(),
            Usd::from_dollars(3),
            "money put in later makes up for nothing"
        );
        assert!(accounts.is_conserved() && accounts.is_stated(Venue::Kalshi));
    }

    #[test]
    fn void_gives_back_the_cost() {
        let mut position = Position::default();
        position.trade(Side::Ask, cents(30), Quantity::from_contracts(7));
        assert_eq!(position.settle(Settlement::Void), Usd::from_cents(490));
        assert_eq!(position.realized, Usd::ZERO);
    }

    fn trades() -> impl Strategy<Value = Vec<(bool, u16, i64)>> {
        prop::collection::vec((any::<bool>(), 1_u16..10_000, 1_i64..50_000_000), 0..60)
    }

    proptest! {
        /// Cash plus cost minus realised profit is constant, and the final payout is what an account
        /// that knows only cash flows and the contract count would have.
        #[test]
        fn i9_money_is_conserved(trades in trades(), yes in any::<bool>()) {
            let mut position = Position::default();
            let mut cash = Usd::ZERO;
            let (mut naive_cash, mut count) = (Usd::ZERO, 0_i64);
            for (bid, e4, e6) in trades {
                let side = if bid { Side::Bid } else { Side::Ask };
                let (price, quantity) = (Price::from_e4(e4).unwrap(), Quantity::from_e6(e6));
                cash += position.trade(side, price, quantity);
                // Naive: pay for YES, be paid for selling YES, owe a dollar per short at the end.
                naive_cash += if bid { -price.times(quantity) } else { price.times(quantity) };
                count += side.sign() * e6;
                prop_assert_eq!(position.quantity, Quantity::from_e6(count));
                prop_assert_eq!(cash + position.cost - position.realized, Usd::ZERO);
                prop_assert!(!position.cost.is_negative());
            }
            let settlement = if yes { Settlement::Yes } else { Settlement::No };
            cash += position.settle(settlement);
            if yes {
                naive_cash += Price::ONE.times(Quantity::from_e6(count));
            }
            prop_assert_eq!(cash, naive_cash);
            prop_assert_eq!(position.realized, naive_cash);
        }
    }
}
