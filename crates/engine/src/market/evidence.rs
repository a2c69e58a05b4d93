//! What the market's price says, as evidence about the probability (model.md 4.1).

use statecraft_domain::event::Level;
use statecraft_domain::{Book, Price, Quantity, Side};

use super::{MarketState, Trust};

/// How far from the middle a level may be and still count, in 1/10,000 dollar (three cents).
const NEAR_E4: i32 = 300;

/// The market's own statement: best prices and the price between them that the depth points to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Best bid.
    pub bid: Price,
    /// Best ask.
    pub ask: Price,
    /// Depth-weighted microprice, strictly inside (0, 1) and between bid and ask.
    pub microprice: f64,
}

impl Evidence {
    /// `ask - bid`.
    #[must_use]
    pub fn spread_e4(&self) -> u16 {
        self.ask.e4().saturating_sub(self.bid.e4())
    }
}

impl MarketState {
    /// What the market says now: from the book if it is trusted and uncrossed, from the venue's quote
    /// if there has never been a book; otherwise nothing.
    #[must_use]
    pub fn evidence(&self) -> Option<Evidence> {
        self.evidence_without(|_, level| level.quantity)
    }

    /// The same, counting of each level only what `others` leaves of it: own orders in the book are no
    /// evidence about anything.
    #[must_use]
    pub fn evidence_without(
        &self,
        others: impl Fn(Side, Level) -> Quantity + Copy,
    ) -> Option<Evidence> {
        match self.trust() {
            Trust::Synced if !self.is_crossed() => from_book(self.book(), others),
            Trust::Empty => self.quote().and_then(|(bid, ask)| between(bid, ask, 1.0, 1.0)),
            Trust::Synced | Trust::Stale(_) => None,
        }
    }
}

/// `m = (bid * A + ask * B) / (A + B)` with `B` the bid size and `A` the ask size within three cents of
/// the middle (the best level always counts): the side with more size behind it pushes the price away.
fn from_book(book: &Book, others: impl Fn(Side, Level) -> Quantity + Copy) -> Option<Evidence> {
    let levels = |side| {
        let rest = move |level: Level| Level { quantity: others(side, level), ..level };
        book.levels(side).map(rest).filter(|level| level.quantity.is_positive())
    };
    let (bid, ask) = (levels(Side::Bid).next()?, levels(Side::Ask).next()?);
    let bids = near_size(levels(Side::Bid), bid, ask);
    let asks = near_size(levels(Side::Ask), bid, ask);
    between(bid.price, ask.price, bids.as_f64(), asks.as_f64())
}

fn between(bid: Price, ask: Price, bid_size: f64, ask_size: f64) -> Option<Evidence> {
    let inside = bid.is_inside() && ask.is_inside() && bid < ask;
    let total = bid_size + ask_size;
    if !inside || total <= 0.0 {
        return None;
    }
    let microprice = (bid.as_f64() * ask_size + ask.as_f64() * bid_size) / total;
    microprice.is_finite().then_some(Evidence { bid, ask, microprice })
}

fn near_size(mut levels: impl Iterator<Item = Level>, bid: Level, ask: Level) -> Quantity {
    let twice_mid = i32::from(bid.price.e4()) + i32::from(ask.price.e4());
    let near = |level: &Level| (2 * i32::from(level.price.e4()) - twice_mid).abs() <= 2 * NEAR_E4;
    let best = levels.next().map_or(Quantity::ZERO, |level| level.quantity);
    levels.take_while(near).fold(best, |sum, level| sum.checked_add(level.quantity).unwrap_or(sum))
}
