//! Expiry, pause, close, settlement.

use statecraft_domain::order::CloseReason;
use statecraft_domain::{MarketId, MarketStatus, Settlement, Timestamp, Usd};

use super::{AccountId, Exchange, OrderEnd, OrderKey, Report};

impl Exchange {
    /// Ends every order whose expiry has come.
    pub fn expire(&mut self, now: Timestamp, out: &mut Vec<Report>) {
        while let Some(&(expires, order)) = self.expiries.first() {
            if expires > now {
                break;
            }
            self.expiries.pop_first();
            self.end(now, order, OrderEnd::Closed(CloseReason::Expired), out);
        }
    }

    /// The next instant at which [`Self::expire`] has something to do.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.expiries.first().map(|&(expires, _)| expires)
    }

    /// Changes a market's state: pause (cancels orders that asked for it), resume (cancels all that
    /// still rest, as Kalshi does), close (cancels all). A settled market stays closed.
    pub fn set_status(
        &mut self,
        at: Timestamp,
        market: MarketId,
        status: MarketStatus,
        out: &mut Vec<Report>,
    ) {
        self.expire(at, out);
        let Some(held) = self.markets.get_mut(market.index()) else { return };
        if held.listing.status == status || held.settlement.is_some() {
            return;
        }
        held.listing.status = status;
        out.push(Report::StatusChanged { at, market, status });
        let only_asked = status == MarketStatus::Paused;
        self.sweep(at, market, only_asked, out);
    }

    /// Moves a market's close.
    pub fn set_close(&mut self, market: MarketId, close: Option<Timestamp>) {
        if let Some(held) = self.markets.get_mut(market.index()) {
            held.listing.close = close;
        }
    }

    /// Pauses or resumes trading on the whole exchange (placements refused, cancels accepted; what
    /// rests stays unless it asked to be cancelled).
    pub fn set_trading(&mut self, at: Timestamp, active: bool, out: &mut Vec<Report>) {
        self.expire(at, out);
        self.paused = !active;
        if active {
            return;
        }
        for index in 0..self.markets.len() {
            let market = MarketId(u32::try_from(index).unwrap_or(u32::MAX));
            self.sweep(at, market, true, out);
        }
    }

    /// Is trading on the exchange active?
    #[must_use]
    pub const fn is_trading(&self) -> bool {
        !self.paused
    }

    /// Cancels what rests in a market, or only what asked to be cancelled on a pause.
    fn sweep(&mut self, at: Timestamp, market: MarketId, only_asked: bool, out: &mut Vec<Report>) {
        let resting = self.markets.get(market.index()).map(super::market::Market::resting);
        for order in resting.unwrap_or_default() {
            if !only_asked || self.asked(order) {
                self.end(at, order, OrderEnd::Closed(CloseReason::MarketClosed), out);
            }
        }
    }

    fn asked(&self, order: OrderKey) -> bool {
        self.entry(order).is_some_and(|entry| entry.record.order.cancel_on_pause)
    }

    /// Pays a market out: cancels what rests, credits every position, leaves none. A market settles
    /// once; a second call changes nothing.
    pub fn settle(
        &mut self,
        at: Timestamp,
        market: MarketId,
        settlement: Settlement,
        out: &mut Vec<Report>,
    ) {
        self.set_status(at, market, MarketStatus::Closed, out);
        let collateral = self.collateral(market);
        let Some(held) = self.markets.get_mut(market.index()) else { return };
        if held.settlement.is_some() {
            return;
        }
        held.settlement = Some(settlement);
        out.push(Report::Settled { at, market, settlement });
        let mut paid_out = Usd::ZERO;
        for (account, member) in (0..).map(AccountId).zip(&mut self.members) {
            if let Some(paid) = member.account.settle(market, settlement) {
                paid_out += paid.payout;
                let (quantity, payout) = (paid.quantity, paid.payout);
                out.push(Report::Paid { at, account, market, quantity, payout });
            }
        }
        self.till.void_paid += paid_out - collateral;
    }
}
