//! What the account is worth over time, and the deepest fall from a high.
//!
//! A position is marked at what closing it now would bring: YES at the best bid, NO at one less the
//! best ask; where nobody bids it is worth nothing. A book that is lost keeps its last mark.

use statecraft_domain::event::Level;
use statecraft_domain::{Price, Quantity, Timestamp, Usd};

/// Points kept for the picture; above it every second one is dropped.
const MAX_POINTS: usize = 4096;

/// The last prices at which a market could be left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// Best bid; zero for none.
    pub bid: Price,
    /// Best ask; `None` for none.
    pub ask: Option<Price>,
}

impl Mark {
    /// The mark that a trusted book gives.
    #[must_use]
    pub fn of(bid: Option<Level>, ask: Option<Level>) -> Self {
        Self {
            bid: bid.map_or(Price::ZERO, |level| level.price),
            ask: ask.map(|level| level.price),
        }
    }

    /// What closing this position would bring.
    #[must_use]
    pub fn value(self, position: Quantity) -> Usd {
        if position.is_positive() {
            self.bid.times(position)
        } else {
            self.ask.unwrap_or(Price::ONE).complement().times(position.abs())
        }
    }
}

/// One point of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// Cash.
    pub cash: Usd,
    /// Cash and positions at their marks.
    pub equity: Usd,
    /// Contracts held, long and short together.
    pub gross: Quantity,
}

/// The curve, thinned as it grows, and its deepest fall, which is exact.
#[derive(Debug, Clone, Default)]
pub struct EquityCurve {
    points: Vec<Point>,
    every: u64,
    seen: u64,
    high: Option<Usd>,
    max_drawdown: Usd,
}

impl EquityCurve {
    /// Adds a point. Returns how far below the highest point it is.
    pub fn add(&mut self, point: Point) -> Usd {
        let high = self.high.map_or(point.equity, |high| high.max(point.equity));
        self.high = Some(high);
        let drawdown = high - point.equity;
        self.max_drawdown = self.max_drawdown.max(drawdown);
        self.keep(point);
        drawdown
    }

    fn keep(&mut self, point: Point) {
        self.every = self.every.max(1);
        if self.seen.is_multiple_of(self.every) {
            self.points.push(point);
        }
        self.seen += 1;
        if self.points.len() >= MAX_POINTS {
            let mut index = 0;
            self.points.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.every *= 2;
        }
    }

    /// The points that are left, oldest first.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The deepest fall from a high, over every point ever added.
    #[must_use]
    pub const fn max_drawdown(&self) -> Usd {
        self.max_drawdown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(at: i64, dollars: i64) -> Point {
        let equity = Usd::from_dollars(dollars);
        Point { at: Timestamp::from_secs(at), cash: equity, equity, gross: Quantity::ZERO }
    }

    #[test]
    fn drawdown_is_from_the_highest_point_before() {
        let mut curve = EquityCurve::default();
        for (at, dollars) in [(0, 100), (1, 130), (2, 90), (3, 140), (4, 120)] {
            curve.add(point(at, dollars));
        }
        assert_eq!(curve.max_drawdown(), Usd::from_dollars(40));
    }

    #[test]
    fn thinning_keeps_the_shape_and_the_exact_drawdown() {
        let mut curve = EquityCurve::default();
        for at in 0..100_000 {
            curve.add(point(at, if at == 77_777 { -5 } else { 10 }));
        }
        assert!(curve.points().len() < MAX_POINTS);
        assert!(curve.points().len() > MAX_POINTS / 4);
        assert!(curve.points().is_sorted_by_key(|point| point.at));
        assert_eq!(curve.max_drawdown(), Usd::from_dollars(15));
    }

    #[test]
    fn a_position_is_worth_what_closing_it_brings() {
        let cents = |c| Price::from_cents(c).unwrap();
        let mark = Mark { bid: cents(40), ask: Some(cents(45)) };
        assert_eq!(mark.value(Quantity::from_contracts(10)), Usd::from_dollars(4));
        assert_eq!(mark.value(Quantity::from_contracts(-10)), Usd::from_cents(550));
        let empty = Mark::default();
        assert_eq!(empty.value(Quantity::from_contracts(10)), Usd::ZERO);
        assert_eq!(empty.value(Quantity::from_contracts(-10)), Usd::ZERO);
    }
}
