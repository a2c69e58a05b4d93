//! What a maker wants to quote, and what becomes of a quote that rests already (model.md 5.9).
//!
//! As in [`super::kelly`] each outcome is looked at as if it were the only one: the bid for YES and the
//! bid for NO (the ask of YES) are one computation on mirrored numbers.

use statecraft_domain::{Denial, Nanos, Outcome, Price, Probability, Quantity, Side, TickGrid};

use super::edge::Claim;
use super::quoting::{Quotes, Quoting};
use super::{contracts_toward_position, fair_price};
use crate::config::{Maker, QuoteSides};
use crate::input::InputError;

/// Settlement of NO comes this many days after the deadline (model.md 5.2).
const SETTLEMENT_DAYS: f64 = 3.0;
/// Inventory is reckoned in units of so many contracts (model.md 5.9).
const INVENTORY_UNIT: f64 = 100.0;
/// A quote is renewed when less than this share of its life is left.
const RENEW_SHARE: i64 = 10;

/// What a maker looks at.
#[derive(Debug)]
pub struct Scene<'a, F> {
    /// Parameters.
    pub rules: &'a Maker,
    /// Blended probability of YES.
    pub probability: f64,
    /// Its standard deviation.
    pub sd: f64,
    /// Own inventory, YES positive.
    pub inventory: Quantity,
    /// Days to the deadline or close.
    pub days: f64,
    /// Allowed prices.
    pub grid: &'a TickGrid,
    /// Size step.
    pub lot: Quantity,
    /// Best bid and ask of the whole book: nothing may reach them from the other side.
    pub top: (Option<Price>, Option<Price>),
    /// Best bid and ask of others.
    pub others: (Option<Price>, Option<Price>),
    /// Maker's fee in dollars for one contract at a YES price.
    pub fee: F,
}

/// One wanted quote.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wish {
    /// YES price.
    pub price: Price,
    /// Contracts.
    pub quantity: Quantity,
    /// Value minus price and fee, dollars per contract of the outcome bought.
    pub edge: f64,
}

/// What a maker wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wishes {
    /// The pair of quotes before costs, ticks and the book.
    pub quotes: Quotes,
    /// The bid for YES, or why none.
    pub bid: Result<Wish, Denial>,
    /// The ask of YES, or why none.
    pub ask: Result<Wish, Denial>,
    /// Discounted value of YES and of NO, held to settlement.
    pub value: (f64, f64),
    /// Least edge of a quote.
    pub edge_needed: f64,
}

impl Wishes {
    /// The wish for a side.
    ///
    /// # Errors
    /// Why nothing is wanted there.
    pub const fn on(&self, side: Side) -> Result<Wish, Denial> {
        match side {
            Side::Bid => self.bid,
            Side::Ask => self.ask,
        }
    }
}

/// What becomes of a quote that rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upkeep {
    /// It stays and keeps its place in the queue.
    Keep,
    /// Another one would be better; it can wait.
    Replace,
    /// It must not stay.
    Pull,
}

/// A quote that rests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resting {
    /// YES price.
    pub price: Price,
    /// Contracts that were asked for: what the limits left of the wish.
    pub quoted: Quantity,
    /// Contracts not filled.
    pub left: Quantity,
    /// Time until the venue ends it, wall or engine time as `lifetime`; `None`: never.
    pub expires_in: Option<Nanos>,
}

impl<F: Fn(f64) -> f64> Scene<'_, F> {
    /// The quotes wanted.
    ///
    /// # Errors
    /// [`InputError`] if a number has left its domain; nothing is to be quoted then.
    pub fn wishes(&self) -> Result<Wishes, InputError> {
        let quotes = Quoting {
            probability: self.probability,
            inventory: self.inventory.as_f64() / INVENTORY_UNIT,
            risk_aversion: self.rules.risk_aversion,
            variance_per_day: self.rules.variance_per_day,
            days: self.days,
            arrival_decay: self.rules.arrival_decay,
            informed_share: self.rules.informed_share,
        }
        .quotes()?;
        let (yes, no) = (self.claim(Outcome::Yes), self.claim(Outcome::No));
        Ok(Wishes {
            quotes,
            bid: self.wish(Outcome::Yes, &yes, quotes.bid)?,
            ask: self.wish(Outcome::No, &no, 1.0 - quotes.ask)?,
            value: (yes.value()?, no.value()?),
            edge_needed: self.edge_needed(),
        })
    }

    /// What a quote on this side at this YES price earns if it fills, dollars per contract.
    ///
    /// # Errors
    /// As [`Self::wishes`].
    pub fn edge_at(&self, side: Side, price: Price) -> Result<f64, InputError> {
        let outcome = side.outcome();
        Ok(self.claim(outcome).value()? - self.cost(outcome, own_price(outcome, price).as_f64()))
    }

    /// Least edge of a quote.
    #[must_use]
    pub fn edge_needed(&self) -> f64 {
        self.rules.edge_min.max(self.rules.edge_sds * self.sd)
    }

    fn claim(&self, outcome: Outcome) -> Claim {
        let (probability, disputed_value, days) = match outcome {
            Outcome::Yes => (self.probability, self.rules.disputed_value, self.days),
            Outcome::No => (
                1.0 - self.probability,
                1.0 - self.rules.disputed_value,
                self.days + SETTLEMENT_DAYS,
            ),
        };
        Claim {
            probability,
            resolution_risk: self.rules.resolution_risk,
            disputed_value,
            opportunity_rate: self.rules.opportunity_rate,
            days,
        }
    }

    /// Price and fee of one contract of the outcome at its own price.
    fn cost(&self, outcome: Outcome, own: f64) -> f64 {
        let yes = match outcome {
            Outcome::Yes => own,
            Outcome::No => 1.0 - own,
        };
        own + (self.fee)(yes)
    }

    fn wish(
        &self,
        outcome: Outcome,
        claim: &Claim,
        quote: f64,
    ) -> Result<Result<Wish, Denial>, InputError> {
        let quantity = self.size(outcome);
        if quantity < self.rules.min_contracts || quantity.is_zero() {
            return Ok(Err(Denial::TooSmall));
        }
        let needed = self.edge_needed();
        let dearest = claim.highest_ask(|own| self.cost(outcome, own) - own + needed)?;
        let Some(own) = self.placed(outcome, quote.min(dearest)) else {
            return Ok(Err(Denial::NoEdge));
        };
        let price = own_price(outcome, own);
        let edge = claim.value()? - self.cost(outcome, own.as_f64());
        Ok(Ok(Wish { price, quantity, edge }))
    }

    /// How many contracts may still be bought of this outcome, as one quote.
    fn size(&self, outcome: Outcome) -> Quantity {
        let held = match outcome {
            Outcome::Yes => self.inventory,
            Outcome::No => -self.inventory,
        };
        let (quoted, closing) = match (self.rules.sides, outcome) {
            (QuoteSides::Both, _)
            | (QuoteSides::Bid, Outcome::Yes)
            | (QuoteSides::Ask, Outcome::No) => (true, Quantity::ZERO),
            (QuoteSides::Bid, Outcome::No) | (QuoteSides::Ask, Outcome::Yes) => (false, -held),
        };
        let room = if quoted { self.rules.max_inventory - held } else { closing };
        self.rules.contracts.min(room).max(Quantity::ZERO).floor_to(self.lot)
    }

    /// The highest price of the outcome's own scale that is at most `limit`, does not reach the other
    /// side of the book, and is no more generous than others make necessary.
    fn placed(&self, outcome: Outcome, limit: f64) -> Option<Price> {
        let (own_best, opposite) = match outcome {
            Outcome::Yes => (self.others.0, self.top.1),
            Outcome::No => (self.others.1, self.top.0),
        };
        let mut price = self.floor(outcome, price_below(limit)?)?;
        if let Some(opposite) = opposite {
            price = price.min(self.below(outcome, own_price(outcome, opposite))?);
        }
        if let Some(best) = own_best {
            let mut most = own_price(outcome, best);
            for _ in 0..self.rules.improve_ticks {
                most = self.above(outcome, most).unwrap_or(most);
            }
            price = price.min(self.floor(outcome, most)?);
        }
        Some(price)
    }

    /// The highest allowed price at or below, on the outcome's own scale.
    fn floor(&self, outcome: Outcome, own: Price) -> Option<Price> {
        match outcome {
            Outcome::Yes => self.grid.floor(own),
            Outcome::No => self.grid.ceil(own.complement()).map(Price::complement),
        }
    }

    fn below(&self, outcome: Outcome, own: Price) -> Option<Price> {
        self.floor(outcome, Price::from_e4(own.e4().checked_sub(1)?)?)
    }

    fn above(&self, outcome: Outcome, own: Price) -> Option<Price> {
        let next = Price::from_e4(own.e4() + 1)?;
        match outcome {
            Outcome::Yes => self.grid.ceil(next),
            Outcome::No => self.grid.floor(next.complement()).map(Price::complement),
        }
    }
}

/// Between a YES price and the outcome's own, either way.
const fn own_price(outcome: Outcome, price: Price) -> Price {
    match outcome {
        Outcome::Yes => price,
        Outcome::No => price.complement(),
    }
}

/// A limit as a price, rounded down to 1/10,000 dollar: never above it. What floats lose is less than
/// a billionth.
fn price_below(limit: f64) -> Option<Price> {
    let nearest = fair_price(Probability::new(limit.clamp(0.0, 1.0)).ok()?);
    if nearest.as_f64() > limit + 1e-9 {
        Price::from_e4(nearest.e4().checked_sub(1)?)
    } else {
        Some(nearest)
    }
}

/// What becomes of a quote: pulled without a wish or an edge; replaced when the wanted price is further
/// away than the band (a smaller step is not worth the place in the queue), when it is too large or has
/// mostly filled, or when it is about to end by itself; kept otherwise.
#[must_use]
pub fn upkeep(
    rules: &Maker,
    resting: &Resting,
    edge: f64,
    wish: Option<&Wish>,
    lifetime: Nanos,
) -> Upkeep {
    let Some(wish) = wish else { return Upkeep::Pull };
    if edge.is_nan() || edge < 0.0 {
        return Upkeep::Pull;
    }
    let away = wish.price.e4().abs_diff(resting.price.e4()) > rules.requote_band.e4();
    // A wish that the limits cut down would otherwise be replaced by its like for ever.
    let depleted = resting.left.e6() < resting.quoted.min(wish.quantity).e6() / 2;
    let too_large = resting.left > wish.quantity;
    let ending = resting.expires_in.is_none_or(|left| left.get() <= lifetime.get() / RENEW_SHARE);
    if away || depleted || too_large || ending { Upkeep::Replace } else { Upkeep::Keep }
}

/// Half of a size, in whole lots; for a quote that the limits do not allow whole.
#[must_use]
pub fn halved(quantity: Quantity, lot: Quantity) -> Quantity {
    contracts_toward_position(quantity.as_f64() / 2.0, lot)
}

#[cfg(test)]
mod tests;
