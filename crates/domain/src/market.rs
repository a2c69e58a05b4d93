//! Markets: what is listed, on which price grid, in which state, and how it ends.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{FeeSchedule, Price, Quantity, Timestamp};

/// Where a market trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Venue {
    /// Kalshi, real, demo or simulated.
    Kalshi,
    /// Polymarket, real or simulated.
    Polymarket,
    /// No venue at all: a file of quotes or book events.
    File,
}

impl Venue {
    /// The name used in configuration, logs and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kalshi => "kalshi",
            Self::Polymarket => "polymarket",
            Self::File => "file",
        }
    }
}

impl fmt::Display for Venue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Everything about a market that does not change from one trade to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Where it trades.
    pub venue: Venue,
    /// The venue's name of the market (Kalshi ticker, Polymarket token id).
    pub ticker: String,
    /// The event it belongs to, in the venue's words; empty if unknown.
    pub event: String,
    /// The series the event belongs to; empty if unknown.
    pub series: String,
    /// The question, for people.
    pub title: String,
    /// Prices that may be quoted.
    pub grid: TickGrid,
    /// Smallest size step of an order.
    pub lot: Quantity,
    /// When trading ends, if known.
    pub close: Option<Timestamp>,
    /// What a fill costs, by date.
    pub fees: FeeSchedule,
    /// State at the time of listing.
    pub status: MarketStatus,
}

/// May the market trade?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MarketStatus {
    /// Not open yet.
    Unopened,
    /// Open for orders.
    Active,
    /// Paused by the venue: nothing may be placed.
    Paused,
    /// Past its close: nothing may be placed or cancelled.
    Closed,
}

/// How a market ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Settlement {
    /// YES pays one dollar.
    Yes,
    /// NO pays one dollar.
    No,
    /// YES pays this, NO the complement.
    Scalar(Price),
    /// The market is undone: every position gets back what it cost, without fees.
    Void,
}

impl Settlement {
    /// What one YES contract pays; `None` for a void market, where it depends on the position's cost.
    #[must_use]
    pub const fn yes_value(self) -> Option<Price> {
        match self {
            Self::Yes => Some(Price::ONE),
            Self::No => Some(Price::ZERO),
            Self::Scalar(value) => Some(value),
            Self::Void => None,
        }
    }
}

/// Prices from `start` to `end` lie on multiples of `step` counted from `start`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TickBand {
    /// First price of the band.
    pub start: Price,
    /// Last price of the band.
    pub end: Price,
    /// Distance between neighbouring prices; above zero.
    pub step: Price,
}

/// The highest price below a dollar, in 1/10,000 dollar.
const LAST_INSIDE: u16 = 9_999;

/// The prices a market can quote: one or more bands in ascending order. A price on a border belongs
/// to both bands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<TickBand>", into = "Vec<TickBand>")]
pub struct TickGrid(Vec<TickBand>);

/// Why a list of bands is no price grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TickGridError {
    /// No band at all.
    #[error("a price grid needs at least one band")]
    Empty,
    /// A band whose step is zero or whose end is before its start.
    #[error("price band {0} is empty or has a zero step")]
    BadBand(usize),
    /// Bands that overlap or leave a gap.
    #[error("price band {0} does not start where the one before it ends")]
    NotContiguous(usize),
}

impl TickGrid {
    /// Checks and wraps.
    ///
    /// # Errors
    /// [`TickGridError`] for an empty, reversed, overlapping or gapped list.
    pub fn new(bands: Vec<TickBand>) -> Result<Self, TickGridError> {
        if bands.is_empty() {
            return Err(TickGridError::Empty);
        }
        for (index, band) in bands.iter().enumerate() {
            if band.step == Price::ZERO || band.end < band.start {
                return Err(TickGridError::BadBand(index));
            }
            if index > 0 && bands[index - 1].end != band.start {
                return Err(TickGridError::NotContiguous(index));
            }
        }
        Ok(Self(bands))
    }

    /// One band from zero to one dollar with this step (one cent if the step is zero).
    #[must_use]
    pub fn uniform(step: Price) -> Self {
        let step = if step == Price::ZERO { Self::cent_step() } else { step };
        Self(vec![TickBand { start: Price::ZERO, end: Price::ONE, step }])
    }

    /// The normal grid of whole cents.
    #[must_use]
    pub fn cents() -> Self {
        Self::uniform(Self::cent_step())
    }

    const fn cent_step() -> Price {
        match Price::from_e4(100) {
            Some(cent) => cent,
            None => Price::ONE,
        }
    }

    /// The bands, ascending.
    #[must_use]
    pub fn bands(&self) -> &[TickBand] {
        &self.0
    }

    /// May an order have this price? Strictly inside (0, 1) and on a band's grid.
    #[must_use]
    pub fn allows(&self, price: Price) -> bool {
        price.is_inside() && self.is_on_grid(price)
    }

    fn is_on_grid(&self, price: Price) -> bool {
        self.0.iter().any(|band| {
            (band.start..=band.end).contains(&price)
                && (price.e4() - band.start.e4()).is_multiple_of(band.step.e4())
        })
    }

    /// The highest allowed price not above `price`.
    #[must_use]
    pub fn floor(&self, price: Price) -> Option<Price> {
        // A band's first price is on its grid, so nothing below it can be nearer.
        let top = price.e4().min(LAST_INSIDE);
        let band = self.0.iter().rev().find(|band| band.start.e4() <= top)?;
        let (start, step) = (band.start.e4(), band.step.e4());
        let below = start + (top.min(band.end.e4()) - start) / step * step;
        Price::from_e4(below).filter(|price| price.is_inside())
    }

    /// The lowest allowed price not below `price`.
    #[must_use]
    pub fn ceil(&self, price: Price) -> Option<Price> {
        let least = price.e4().max(1);
        let above = self.0.iter().filter(|band| band.end.e4() >= least).find_map(|band| {
            let (start, step) = (band.start.e4(), band.step.e4());
            let steps = least.saturating_sub(start).div_ceil(step);
            let above = steps.checked_mul(step)?.checked_add(start)?;
            (above <= band.end.e4()).then_some(above)
        })?;
        Price::from_e4(above).filter(|price| price.is_inside())
    }
}

impl TryFrom<Vec<TickBand>> for TickGrid {
    type Error = TickGridError;
    fn try_from(bands: Vec<TickBand>) -> Result<Self, TickGridError> {
        Self::new(bands)
    }
}

impl From<TickGrid> for Vec<TickBand> {
    fn from(grid: TickGrid) -> Self {
        grid.0
    }
}
