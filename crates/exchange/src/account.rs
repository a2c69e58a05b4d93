//! Money and contracts of one account: cash, positions in normal form, fees, settlement.
//!
//! A position is one signed number of YES contracts. Buying NO at `1 - p` is selling YES at `p`; a YES
//! and a NO contract of one market cancel and give back their dollar at once. Hence a sale beyond what
//! is held opens NO and pays `1 - p` for it, and no account is ever short.

use std::collections::BTreeMap;

use statecraft_domain::fees::FeeCharge;
use statecraft_domain::{MarketId, Price, Quantity, Settlement, Side, Usd};

/// One position: signed contracts and what the open part cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// YES positive, NO negative.
    pub quantity: Quantity,
    /// What was paid for the open contracts, without fees; never negative.
    pub cost: Usd,
    /// Profit taken by closing, netting and settlement, before fees.
    pub realized: Usd,
    /// Fees paid on this market.
    pub fees: Usd,
}

/// An account at a venue. Cash never goes below zero; collateral is fully paid.
///
/// After every operation `cash + cost of positions - realized + fees` equals what was paid in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// Money not in positions (resting orders' collateral included; see [`Account::reserved`]).
    pub cash: Usd,
    /// Held back for resting orders, worst case with fees.
    pub reserved: Usd,
    /// By market.
    pub positions: BTreeMap<MarketId, Position>,
}

/// What a settlement credited to one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payout {
    /// The position that was paid, signed.
    pub quantity: Quantity,
    /// What was credited.
    pub payout: Usd,
}

/// How a trade of this side and size splits against a position: `(closing, opening)` contracts.
#[must_use]
pub fn split(position: Quantity, side: Side, quantity: Quantity) -> (Quantity, Quantity) {
    let closing = closable(position, side).min(quantity);
    (closing, quantity - closing)
}

/// How many contracts an order on this side can close.
#[must_use]
pub fn closable(position: Quantity, side: Side) -> Quantity {
    match side {
        Side::Bid => (-position).max(Quantity::ZERO),
        Side::Ask => position.max(Quantity::ZERO),
    }
}

/// What one contract acquired on this side costs: YES at `p` for a bid, NO at `1 - p` for an ask.
#[must_use]
pub const fn unit_cost(side: Side, price: Price) -> Price {
    match side {
        Side::Bid => price,
        Side::Ask => price.complement(),
    }
}

/// The signed cash of a trade before fees: what is closed is sold, what is opened is bought.
#[must_use]
pub fn trade_cash(position: Quantity, side: Side, price: Price, quantity: Quantity) -> Usd {
    let (closing, opening) = split(position, side, quantity);
    unit_cost(side, price).complement().times(closing) - unit_cost(side, price).times(opening)
}

impl Position {
    /// Books a trade, without its fee. The cost of what closes is its share of the average cost.
    fn trade(&mut self, side: Side, price: Price, quantity: Quantity) {
        let (closing, opening) = split(self.quantity, side, quantity);
        if !closing.is_zero() {
            let cost = self.cost_of(closing);
            self.realized += unit_cost(side, price).complement().times(closing) - cost;
            self.cost -= cost;
        }
        self.cost += unit_cost(side, price).times(opening);
        self.quantity += match side {
            Side::Bid => quantity,
            Side::Ask => -quantity,
        };
    }

    /// The part of the open cost that belongs to `closing` contracts, rounded down; all of it when all
    /// of them close, so that no remainder outlives a position.
    fn cost_of(&self, closing: Quantity) -> Usd {
        let open = self.quantity.abs();
        if closing == open {
            return self.cost;
        }
        let share = self.cost.e10() * i128::from(closing.e6()) / i128::from(open.e6());
        Usd::from_e10(share)
    }

    /// What a settlement pays for it.
    #[must_use]
    pub fn settlement_value(&self, settlement: Settlement) -> Usd {
        match settlement.yes_value() {
            None => self.cost,
            Some(yes) if self.quantity.is_positive() => yes.times(self.quantity),
            Some(yes) => yes.complement().times(self.quantity.abs()),
        }
    }
}

impl Account {
    /// An account with opening cash and nothing else.
    #[must_use]
    pub fn with_cash(cash: Usd) -> Self {
        Self { cash, ..Self::default() }
    }

    /// Cash that no resting order has a claim on.
    #[must_use]
    pub fn free(&self) -> Usd {
        self.cash - self.reserved
    }

    /// Signed contracts held in a market.
    #[must_use]
    pub fn quantity(&self, market: MarketId) -> Quantity {
        self.positions.get(&market).map_or(Quantity::ZERO, |position| position.quantity)
    }

    /// The signed cash a trade would bring before fees.
    #[must_use]
    pub fn trade_cash(
        &self,
        market: MarketId,
        side: Side,
        price: Price,
        quantity: Quantity,
    ) -> Usd {
        trade_cash(self.quantity(market), side, price, quantity)
    }

    /// Books a trade with the fee it was charged; the charge must have been made for
    /// [`Self::trade_cash`] of the same trade. Returns the position after it.
    pub fn apply(
        &mut self,
        market: MarketId,
        side: Side,
        price: Price,
        quantity: Quantity,
        charge: &FeeCharge,
    ) -> Quantity {
        let position = self.positions.entry(market).or_default();
        position.trade(side, price, quantity);
        position.fees += charge.net_fee;
        self.cash += charge.cash_change;
        position.quantity
    }

    /// Pays out this account's position in a market; `None` if it has none.
    pub fn settle(&mut self, market: MarketId, settlement: Settlement) -> Option<Payout> {
        let position = self.positions.get_mut(&market)?;
        if position.quantity.is_zero() {
            return None;
        }
        let payout = position.settlement_value(settlement);
        let quantity = std::mem::take(&mut position.quantity);
        position.realized += payout - std::mem::take(&mut position.cost);
        self.cash += payout;
        Some(Payout { quantity, payout })
    }

    /// What must have been paid in for the account to look like this:
    /// `cash + cost of positions - realized + fees`. Equal to deposits less withdrawals, always.
    #[must_use]
    pub fn paid_in(&self) -> Usd {
        let positions = self.positions.values();
        self.cash + positions.map(|p| p.cost - p.realized + p.fees).sum()
    }
}

#[cfg(test)]
mod tests {
    use statecraft_domain::fees::FeeSchedule;
    use statecraft_domain::{Liquidity, Timestamp};

    use super::*;

    const MARKET: MarketId = MarketId(0);

    fn cents(cents: u16) -> Price {
        Price::from_cents(cents).unwrap()
    }

    fn trade(account: &mut Account, side: Side, price: u16, contracts: i32) {
        let (price, quantity) = (cents(price), Quantity::from_contracts(contracts));
        let revenue = account.trade_cash(MARKET, side, price, quantity);
        let charge = FeeSchedule::free().charge(
            Timestamp::EPOCH,
            Liquidity::Taker,
            price,
            quantity,
            revenue,
            &mut Usd::ZERO.clone(),
        );
        account.apply(MARKET, side, price, quantity, &charge);
    }

    fn account_after(trades: &[(Side, u16, i32)]) -> Account {
        let mut account = Account::with_cash(Usd::from_dollars(100));
        for &(side, price, contracts) in trades {
            trade(&mut account, side, price, contracts);
        }
        assert_eq!(account.paid_in(), Usd::from_dollars(100));
        account
    }

    #[test]
    fn selling_what_is_held_returns_to_nothing() {
        let account = account_after(&[(Side::Bid, 40, 10), (Side::Ask, 60, 10)]);
        let position = account.positions[&MARKET];
        assert_eq!(account.cash, Usd::from_dollars(102));
        assert_eq!(
            (position.quantity, position.cost, position.realized),
            (Quantity::ZERO, Usd::ZERO, Usd::from_dollars(2))
        );
    }

    #[test]
    fn selling_beyond_what_is_held_opens_no() {
        // Ten bought at 0.40, then 25 sold at 0.60: +6.00 for the ten, -6.00 for fifteen NO at 0.40.
        let account = account_after(&[(Side::Bid, 40, 10), (Side::Ask, 60, 25)]);
        let position = account.positions[&MARKET];
        assert_eq!(account.cash, Usd::from_dollars(96));
        assert_eq!(position.quantity, Quantity::from_contracts(-15));
        assert_eq!(position.cost, Usd::from_dollars(6));
        assert_eq!(position.realized, Usd::from_dollars(2));
    }

    #[test]
    fn buying_yes_against_held_no_collapses_to_dollars() {
        let account = account_after(&[(Side::Ask, 60, 10), (Side::Bid, 50, 4)]);
        // Ten NO at 0.40 cost 4.00; each YES at 0.50 frees a dollar: 4 x 0.50 back.
        assert_eq!(account.cash, Usd::from_dollars(98));
        assert_eq!(account.positions[&MARKET].cost, Usd::from_cents(240));
        assert_eq!(account.positions[&MARKET].realized, Usd::from_cents(40));
    }

    #[test]
    fn settlement_pays_each_way() {
        let held = [(Side::Bid, 40, 10)];
        let owed = [(Side::Ask, 40, 10)];
        let rows = [
            (&held, Settlement::Yes, 1000),
            (&held, Settlement::No, 0),
            (&held, Settlement::Scalar(cents(25)), 250),
            (&held, Settlement::Void, 400),
            (&owed, Settlement::Yes, 0),
            (&owed, Settlement::No, 1000),
            (&owed, Settlement::Scalar(cents(25)), 750),
            (&owed, Settlement::Void, 600),
        ];
        for (trades, settlement, payout_cents) in rows {
            let mut account = account_after(trades);
            let before = account.cash;
            let paid = account.settle(MARKET, settlement).unwrap();
            assert_eq!(paid.payout, Usd::from_cents(payout_cents), "{settlement:?}");
            assert_eq!(account.cash, before + paid.payout);
            assert_eq!(account.paid_in(), Usd::from_dollars(100), "{settlement:?}");
            assert_eq!(account.settle(MARKET, settlement), None, "a second payout");
        }
    }
}
