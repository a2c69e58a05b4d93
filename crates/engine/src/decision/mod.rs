//! From probability to a proposed order. The only crossing from floats to integers is here, in
//! [`contracts_toward_position`] and [`fair_price`], each with its rounding named.

pub mod edge;
pub mod hysteresis;
pub mod kelly;
pub mod maker;
pub mod portfolio;
pub mod quoting;
pub mod threshold;

use statecraft_domain::{Denial, Price, Probability, Quantity, Side, Timestamp};

/// What a decision wants done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proposal {
    /// Buy or sell YES.
    pub side: Side,
    /// Worst YES price accepted.
    pub price: Price,
    /// Contracts, above zero, a multiple of the lot.
    pub quantity: Quantity,
    /// It only lowers a position.
    pub reduces: bool,
    /// Edge per contract in dollars at the best level, after costs.
    pub edge: f64,
    /// Take what is there, or wait in the book.
    pub style: Style,
}

/// How an order meets the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Takes what is there now; the rest is dropped.
    Take,
    /// Waits in the book, never takes, and ends by itself.
    Rest {
        /// The venue ends it at this instant.
        expires: Timestamp,
    },
}

/// How far one order that closes may go: beyond it the risk gate would deny it whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// At most so many contracts.
    pub most: Quantity,
    /// No worse YES price; `None`: any.
    pub worst: Option<Price>,
}

impl Reach {
    /// May an order on this side have this price?
    #[must_use]
    pub fn allows(&self, side: Side, price: Price) -> bool {
        self.worst.is_none_or(|worst| match side {
            Side::Bid => price <= worst,
            Side::Ask => price >= worst,
        })
    }
}

/// The outcome of one evaluation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// Do this.
    Propose(Proposal),
    /// Do nothing, for this reason.
    Nothing(Denial),
}

/// Crossing one: a wished *change* of position, in contracts, to whole lots, rounded toward zero, that
/// is toward the current position. Anything that is not a positive finite number is no change.
#[must_use]
pub fn contracts_toward_position(change: f64, lot: Quantity) -> Quantity {
    if !change.is_finite() || change <= 0.0 {
        return Quantity::ZERO;
    }
    let most = Quantity::MAX.as_f64();
    // Truncates; exact below 2^53 millionths.
    #[expect(clippy::cast_possible_truncation, reason = "bounded by Quantity::MAX above")]
    let millionths = (change.min(most) * 1e6) as i64;
    Quantity::from_e6(millionths).floor_to(lot)
}

/// Crossing two: a probability as a price, to the nearest 1/10,000 dollar (half up), so that a
/// configured 0.57 means exactly 57 cents.
#[must_use]
pub fn fair_price(probability: Probability) -> Price {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0..=10_000")]
    let ten_thousandths = (probability.get() * 10_000.0).round() as u16;
    Price::from_e4(ten_thousandths).unwrap_or(Price::ONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_round_toward_the_position() {
        let lot = Quantity::from_contracts(1);
        assert_eq!(contracts_toward_position(282.749, lot), Quantity::from_contracts(282));
        assert_eq!(contracts_toward_position(0.999, lot), Quantity::ZERO);
        assert_eq!(contracts_toward_position(-5.0, lot), Quantity::ZERO);
        assert_eq!(contracts_toward_position(f64::NAN, lot), Quantity::ZERO);
        assert_eq!(contracts_toward_position(f64::INFINITY, lot), Quantity::ZERO);
        assert_eq!(
            contracts_toward_position(1.239, Quantity::from_e6(10_000)),
            Quantity::from_e6(1_230_000)
        );
    }

    #[test]
    fn every_cent_probability_is_exactly_its_price() {
        for cents in 1..100_u16 {
            let probability = Probability::new(f64::from(cents) / 100.0).unwrap();
            assert_eq!(fair_price(probability), Price::from_cents(cents).unwrap());
        }
    }
}
