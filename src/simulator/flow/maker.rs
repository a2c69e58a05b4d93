//! A market maker at one market: a ladder of prices on both sides of what he believes, leaning against
//! his inventory.

use statecraft_domain::{MarketId, Quantity, Side, Timestamp};
use statecraft_exchange::venue::Amendment;
use statecraft_exchange::{AccountId, Exchange, OrderKey, Report};

use super::opinion::Mood;
use super::order;
use crate::simulator::story::dice::Dice;

/// Levels a side.
const LEVELS: i32 = 4;
/// Inventory at which the quotes lean by [`LEAN_CENTS`], in contracts.
const INVENTORY: f64 = 3_000.0;
/// See [`INVENTORY`].
const LEAN_CENTS: f64 = 2.0;
/// The quotes never lean by more.
const LEAN_MAX_CENTS: f64 = 4.0;
/// A quote of somebody else that is this wrong is taken, in cents.
const TAKE_EDGE_CENTS: f64 = 4.0;

/// One maker's place at one market.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) account: AccountId,
    pub(super) market: MarketId,
    /// He hears everything this late.
    pub(super) lag_days: f64,
    /// Half his spread, in cents.
    pub(super) half_spread: f64,
    /// Scale of his sizes.
    pub(super) size: f64,
    /// His own error.
    pub(super) mood: Mood,
    pub(super) bids: Vec<OrderKey>,
    pub(super) asks: Vec<OrderKey>,
}

/// A price in cents and a size.
type Rung = (i32, Quantity);

impl Desk {
    /// Quotes anew around `fair` cents.
    pub(super) fn quote(
        &mut self,
        exchange: &mut Exchange,
        dice: &mut Dice,
        at: Timestamp,
        fair: f64,
        out: &mut Vec<Report>,
    ) {
        let leaning = fair - self.lean(exchange);
        self.take_gifts(exchange, dice, at, leaning, out);
        let bid = rounded((leaning - self.half_spread).floor());
        let ask = rounded((leaning + self.half_spread).ceil()).max(bid + 1);
        let bids = self.ladder(dice, bid, -1);
        let asks = self.ladder(dice, ask, 1);
        // The side that gives way goes first, so that his own orders never meet.
        let rising = order::middle(exchange, self.market).is_none_or(|middle| leaning > middle);
        let sides = if rising { [Side::Ask, Side::Bid] } else { [Side::Bid, Side::Ask] };
        for side in sides {
            let rungs = if side == Side::Bid { &bids } else { &asks };
            self.fit(exchange, at, side, rungs, out);
        }
    }

    fn lean(&self, exchange: &Exchange) -> f64 {
        let account = exchange.account(self.account);
        let position = account.and_then(|account| account.positions.get(&self.market));
        let held = position.map_or(0.0, |position| position.quantity.as_f64());
        (held / INVENTORY * LEAN_CENTS).clamp(-LEAN_MAX_CENTS, LEAN_MAX_CENTS)
    }

    /// Takes quotes that are far off.
    fn take_gifts(
        &self,
        exchange: &mut Exchange,
        dice: &mut Dice,
        at: Timestamp,
        fair: f64,
        out: &mut Vec<Report>,
    ) {
        let size = whole(self.size * dice.between(100.0, 400.0));
        for (side, limit) in
            [(Side::Bid, fair - TAKE_EDGE_CENTS), (Side::Ask, fair + TAKE_EDGE_CENTS)]
        {
            let limit = rounded(limit.round()).clamp(1, 99);
            let there = order::best(exchange, self.market, side.opposite());
            let gift = there.is_some_and(|best| match side {
                Side::Bid => best <= limit,
                Side::Ask => best >= limit,
            });
            if let (true, Some(price)) = (gift, order::price(limit)) {
                let order = order::taking(self.account, self.market, side, price, size);
                // A refusal (the market has just closed, no money) leaves him without this trade.
                let _ = exchange.place(at, order, out);
            }
        }
    }

    fn ladder(&self, dice: &mut Dice, top: i32, step: i32) -> Vec<Rung> {
        (0..LEVELS)
            .map(|rung| {
                let size = self.size * (150.0 + 220.0 * f64::from(rung));
                (top + step * rung, whole(size * dice.between(0.8, 1.25)))
            })
            .filter(|rung| order::GRID_CENTS.contains(&rung.0))
            .collect()
    }

    /// Makes the resting orders of a side stand on the rungs: what stands right stays, the others are
    /// moved to where one is missing, surplus ones are cancelled, missing ones placed.
    fn fit(
        &mut self,
        exchange: &mut Exchange,
        at: Timestamp,
        side: Side,
        rungs: &[Rung],
        out: &mut Vec<Report>,
    ) {
        let keys = std::mem::take(if side == Side::Bid { &mut self.bids } else { &mut self.asks });
        let mut missing: Vec<Rung> =
            rungs.iter().copied().filter(|rung| self.is_passive(exchange, side, rung.0)).collect();
        let (mut kept, mut spare) = (Vec::new(), Vec::new());
        for key in keys {
            let Some(record) = exchange.order(key).filter(|record| record.end.is_none()) else {
                continue;
            };
            let stands = order::whole_cents(record.order.price);
            match missing.iter().position(|rung| rung.0 == stands) {
                Some(index) => {
                    let rung = missing.swap_remove(index);
                    if record.remaining.e6() < rung.1.e6() / 2 {
                        self.amend(exchange, at, key, rung, out);
                    }
                    kept.push(key);
                }
                None => spare.push(key),
            }
        }
        missing.sort_by_key(|rung| rung.0);
        for key in spare {
            match missing.pop() {
                Some(rung) if self.amend(exchange, at, key, rung, out) => kept.push(key),
                Some(_) | None => {
                    let _ = exchange.cancel(at, self.account, key, out);
                }
            }
        }
        for (cents, quantity) in missing {
            kept.extend(self.place(exchange, at, side, (cents, quantity), out));
        }
        *(if side == Side::Bid { &mut self.bids } else { &mut self.asks }) = kept;
    }

    /// Would an order at this price rest?
    fn is_passive(&self, exchange: &Exchange, side: Side, cents: i32) -> bool {
        order::best(exchange, self.market, side.opposite()).is_none_or(|other| match side {
            Side::Bid => cents < other,
            Side::Ask => cents > other,
        })
    }

    fn place(
        &self,
        exchange: &mut Exchange,
        at: Timestamp,
        side: Side,
        (cents, quantity): Rung,
        out: &mut Vec<Report>,
    ) -> Option<OrderKey> {
        let price = order::price(cents)?;
        let order = order::resting(self.account, self.market, side, price, quantity, None);
        exchange.place(at, order, out).ok().map(|accepted| accepted.order)
    }

    fn amend(
        &self,
        exchange: &mut Exchange,
        at: Timestamp,
        key: OrderKey,
        (cents, quantity): Rung,
        out: &mut Vec<Report>,
    ) -> bool {
        let filled = exchange.order(key).map_or(Quantity::ZERO, |record| record.filled);
        let Some(price) = order::price(cents) else { return false };
        let change = Amendment { price, total: filled + quantity, expires: None, client_id: None };
        exchange.amend(at, self.account, key, change, out).is_ok()
    }
}

/// Whole contracts, at least one.
#[expect(clippy::cast_possible_truncation, reason = "sizes of some thousand contracts")]
pub(super) fn whole(contracts: f64) -> Quantity {
    Quantity::from_contracts(contracts.clamp(1.0, 1e6).round() as i32)
}

/// Whole cents.
#[expect(clippy::cast_possible_truncation, reason = "cents of one dollar")]
pub(super) fn rounded(cents: f64) -> i32 {
    cents.clamp(-1_000.0, 1_000.0) as i32
}
