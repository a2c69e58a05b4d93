//! What the price of an order is held against (R8), and how far a close may go by it.

use statecraft_domain::{Nanos, Price, Side, Timestamp};

use super::Inquiry;
use crate::config::{Decision, StrategyLimits};
use crate::engine::others_in;
use crate::market::MarketState;
use crate::orders::Ledger;

/// A trade, or a middle that is gone, up to ten minutes old (wall time) is a reference where there is no middle.
const AGE_MAX: Nanos = Nanos::from_secs(600);

/// Twice the reference, in 1/10,000 dollar: a middle may lie between two prices. The middle of a trusted book with
/// a spread of at most ten cents, else the last trade if it is fresh.
///
/// A threshold strategy takes the middle however wide it is when there is no fresh trade: its fair
/// value is fixed by a person, and files of quotes may have no trades at all.
fn twice_reference(inquiry: &Inquiry<'_>) -> Option<i32> {
    let market = inquiry.market;
    if let Some(middle) = market.twice_middle() {
        return Some(middle);
    }
    let fresh = |at| inquiry.now - at <= inquiry.wall(AGE_MAX);
    let trade = market.last_trade().filter(|&(_, at)| fresh(at));
    let wide = match (market.bid(), market.ask(), &inquiry.strategy.decision) {
        (Some(bid), Some(ask), Decision::Threshold(_)) if market.is_tradable_book() => {
            Some(i32::from(bid.price.e4()) + i32::from(ask.price.e4()))
        }
        _ => None,
    };
    trade.map(|(price, _)| 2 * i32::from(price.e4())).or(wide)
}

/// Twice what the price of an order is held against (R8), and twice how far it is from that, in 1/10,000 dollar: either
/// way, but of a close only where it is worse. `None` without a reference.
pub(super) fn twice_distance(inquiry: &Inquiry<'_>) -> Option<(i32, i32)> {
    let order = inquiry.order;
    let price = 2 * i32::from(order.price.e4());
    if !super::checks::closes(inquiry) {
        return twice_reference(inquiry).map(|reference| (reference, (price - reference).abs()));
    }
    let closing = Closing {
        market: inquiry.market,
        ledger: inquiry.ledger,
        now: inquiry.now,
        time_scale: inquiry.time_scale,
    };
    let reference = closing.twice_reference(order.side)?;
    let worse = match order.side {
        Side::Bid => price - reference,
        Side::Ask => reference - price,
    };
    Some((reference, worse.max(0)))
}

/// Where a close stands: its market with what is ours in it, and engine time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Closing<'a> {
    pub(crate) market: &'a MarketState,
    pub(crate) ledger: &'a Ledger,
    pub(crate) now: Timestamp,
    pub(crate) time_scale: u32,
}

impl Closing<'_> {
    /// Twice the reference of an order on this side that only closes. Without a middle it is the newest of the last
    /// trade and of the middle that is gone: whoever withdraws his price for a moment has not changed the market's.
    /// Where neither is fresh it is what others pay, once the market has traded without a middle for as long: what is
    /// held must not wait for one for ever, nor go at the first price of a venue that has just opened again.
    fn twice_reference(&self, side: Side) -> Option<i32> {
        if let Some(middle) = self.market.twice_middle() {
            return Some(middle);
        }
        let trade = self.market.last_trade().map(|(price, at)| (at, 2 * i32::from(price.e4())));
        let before = self.market.last_middle().map(|(middle, at)| (at, middle));
        let newest = trade.into_iter().chain(before).max_by_key(|&(at, _)| at);
        let oldest = AGE_MAX.times(self.time_scale);
        let fresh = newest.filter(|&(at, _)| self.now - at <= oldest).map(|(_, twice)| twice);
        let best = || others_in(self.market, self.ledger, side.opposite()).next();
        let for_long =
            self.market.middleless_since().is_some_and(|since| self.now - since >= oldest);
        fresh.or_else(|| best().filter(|_| for_long).map(|level| 2 * i32::from(level.price.e4())))
    }

    /// The worst price that R8 and R5 let a close on this side have; `None` without a reference.
    pub(crate) fn worst_price(&self, side: Side, limits: &StrategyLimits) -> Option<Price> {
        let twice = self.twice_reference(side)?;
        let collar = i32::from(limits.price_collar.e4());
        let grid = &self.market.listing().grid;
        let price = |e4: i32| u16::try_from(e4.clamp(1, 9_999)).ok().and_then(Price::from_e4);
        match side {
            Side::Ask => grid.ceil(price((twice + 1) / 2 - collar)?.max(limits.min_price)),
            Side::Bid => grid.floor(price(twice / 2 + collar)?.min(limits.max_price)),
        }
    }
}
