//! What the venue says about the account, against what we think.

use statecraft_domain::action::Severity;
use statecraft_domain::event::{AccountReported, Mode};
use statecraft_domain::{Action, MarketId, Price, Quantity, Side, Usd, Venue};

use super::Engine;
use crate::orders::Position;

impl Engine {
    /// At the start the report is the baseline of cash, and on a first start of positions too. After
    /// that, positions must agree exactly, up to what open orders may have filled meanwhile.
    pub(super) fn account_reported(
        &mut self,
        reported: &AccountReported,
        actions: &mut Vec<Action>,
    ) {
        let before = self.accounts.cash(reported.venue);
        let starting = self.mode == Mode::Starting;
        self.venues.heard(reported.venue, self.now);
        if starting && before.is_none() && self.knows_nothing(reported.venue) {
            self.adopt(reported, actions);
        }
        if let Some(message) = self.position_difference(reported) {
            self.halt("position_mismatch", message, actions);
            return;
        }
        self.unreconciled = false;
        let in_flight = self.has_live_orders(reported.venue);
        if before.is_some() && !starting && in_flight {
            // Cash moves with fills that are still on their way to us; the next report will tell.
            return;
        }
        if let Some(ours) = before.filter(|&ours| !starting && ours != reported.cash) {
            let message = format!(
                "{}: the venue has {} in cash, we had {ours} (difference {}); the venue's figure is used",
                reported.venue,
                reported.cash,
                reported.cash - ours
            );
            self.alert(Severity::Warning, "cash_mismatch", message, actions);
        }
        self.accounts.set_cash(reported.venue, reported.cash);
    }

    fn knows_nothing(&self, venue: Venue) -> bool {
        let holds = self.markets.iter().any(|market| {
            market.listing().venue == venue
                && self.accounts.position(market.id()) != Position::default()
        });
        self.ledger.is_empty() && !holds
    }

    fn has_live_orders(&self, venue: Venue) -> bool {
        self.ledger.live().iter().any(|record| {
            self.markets
                .get(record.request.market.index())
                .is_none_or(|market| market.listing().venue == venue)
        })
    }

    /// First start on an account that holds something: it is taken over at the worst price it can have
    /// cost, so that limits err on the safe side.
    fn adopt(&mut self, reported: &AccountReported, actions: &mut Vec<Action>) {
        for position in &reported.positions {
            if self.listed_at(position.market, reported.venue) && !position.quantity.is_zero() {
                let cost = Price::ONE.times(position.quantity.abs());
                self.accounts.adopt(position.market, position.quantity, cost);
                let message = format!(
                    "took over {} contracts of {}; their cost is not known and counted as {cost}",
                    position.quantity,
                    self.markets[position.market.index()].listing().ticker
                );
                self.alert(Severity::Info, "position_adopted", message, actions);
            }
        }
    }

    fn listed_at(&self, market: MarketId, venue: Venue) -> bool {
        self.markets.get(market.index()).is_some_and(|market| market.listing().venue == venue)
    }

    /// The first difference between the report and what we hold, in words.
    fn position_difference(&self, reported: &AccountReported) -> Option<String> {
        let unlisted = reported
            .positions
            .iter()
            .find(|position| !self.listed_at(position.market, reported.venue));
        if let Some(position) = unlisted {
            return Some(format!(
                "{} reports {} contracts in market {}, which is not listed there",
                reported.venue, position.quantity, position.market.0
            ));
        }
        let here = self.markets.iter().filter(|market| market.listing().venue == reported.venue);
        here.filter(|market| market.settlement().is_none()).find_map(|market| {
            let theirs: Quantity = reported
                .positions
                .iter()
                .filter(|position| position.market == market.id())
                .map(|position| position.quantity)
                .sum();
            let ours = self.accounts.position(market.id()).quantity;
            let proven = reported.proven.contains(&market.id()) && ours != theirs;
            (proven || !self.explains(market.id(), ours, theirs)).then(|| {
                format!(
                    "{}: the venue says {theirs} contracts of {}, we have {ours}",
                    reported.venue,
                    market.listing().ticker
                )
            })
        })
    }

    /// Can what is open at the venue account for the difference?
    fn explains(&self, market: MarketId, ours: Quantity, theirs: Quantity) -> bool {
        let open = |side| -> Quantity {
            self.ledger.on(market, side).map(crate::orders::OrderRecord::reserved).sum()
        };
        (ours - open(Side::Ask)..=ours + open(Side::Bid)).contains(&theirs)
    }

    /// Cash and positions at executable prices (bid for YES, ask for NO), the last known where there
    /// is none now, nothing where there never was one.
    #[must_use]
    pub fn equity(&self) -> Usd {
        let marked = self.accounts.positions().filter(|(_, position)| !position.quantity.is_zero());
        marked.fold(self.accounts.total_cash(), |sum, (market, position)| {
            sum + position.value_at(self.mark(market, position))
        })
    }

    /// The YES price at which a position could be closed.
    pub(crate) fn mark(&self, market: MarketId, position: &Position) -> Price {
        let long = position.quantity.is_positive();
        let worst = if long { Price::ZERO } else { Price::ONE };
        let Some(market) = self.markets.get(market.index()) else { return worst };
        let level = if long { market.bid() } else { market.ask() };
        let last = || market.last_trade().map(|(price, _)| price);
        let quote = || market.quote().map(|(bid, ask)| if long { bid } else { ask });
        level.map(|level| level.price).or_else(quote).or_else(last).unwrap_or(worst)
    }
}
