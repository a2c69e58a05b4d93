//! What the venue says about the account, against what we think.

use statecraft_domain::action::Severity;
use statecraft_domain::event::{AccountReported, Dispute, Mode, ReportedPosition};
use statecraft_domain::{Action, MarketId, OrderRequest, Price, Quantity, Side, Usd, Venue};

use super::Engine;
use crate::orders::Position;
use crate::risk::exposure::order_cost;

/// Less than this is what a venue's rounding comes to: booked as lost, told, and no reason to stop.
const ROUNDING_MAX: Usd = Usd::CENT;

impl Engine {
    /// The first report is the baseline of cash, and on a first start of positions too. After that,
    /// positions must agree exactly, up to what open orders may have filled meanwhile, and cash is changed by
    /// a report only where it was proved that nothing of ours explains the difference.
    pub(super) fn account_reported(
        &mut self,
        reported: &AccountReported,
        actions: &mut Vec<Action>,
    ) {
        let is_first = !self.accounts.is_stated(reported.venue);
        self.venues.heard(reported.venue, self.now);
        let is_stranger = |dispute: &&Dispute| **dispute != Dispute::Cash;
        for dispute in reported.disputes.iter().filter(is_stranger) {
            self.halt_for(dispute, actions);
        }
        if reported.disputes.iter().any(|dispute| is_stranger(&dispute)) {
            return;
        }
        if self.mode == Mode::Starting && is_first && self.knows_nothing(reported.venue) {
            self.adopt(reported, actions);
        }
        let AccountReported { venue, positions, proven, .. } = reported;
        if let Some(difference) = self.position_difference(*venue, positions, proven) {
            let message = format!(
                "{difference}; if that is your own doing at the venue, `resume --accept-positions` takes it over"
            );
            self.halt("position_mismatch", message, actions);
            return;
        }
        self.unreconciled = false;
        self.compare_cash(reported, is_first, actions);
    }

    /// Somebody else writes on the account, or an order that was over is not: everything stops.
    fn halt_for(&mut self, dispute: &Dispute, actions: &mut Vec<Action>) {
        let (code, message) = match dispute {
            Dispute::Cash => return,
            Dispute::Ghost { order, venue_order, ticker } => {
                let known = self.ledger.get(*order).map(|record| format!("{:?}", record.phase));
                let known = known.unwrap_or_else(|| "long over".to_owned());
                let opened = self.ledger.revive(*order, venue_order);
                let tail = if opened {
                    "it counts as open again and is being cancelled"
                } else {
                    "cancel it by hand"
                };
                let message = format!(
                    "order {order} ({venue_order}) rests on {ticker} although it is known as {known}; {tail}"
                );
                ("ghost_order", message)
            }
            Dispute::ForeignOrder { client_id, venue_order, ticker } => {
                let message = format!(
                    "order {venue_order} (client id {client_id:?}) rests on {ticker} and is not of this journal; \
                     it is left alone"
                );
                ("foreign_order", message)
            }
            Dispute::ForeignFill { trade, venue_order, ticker, quantity } => {
                let message = format!(
                    "fill {trade} of {quantity} contracts on {ticker} belongs to order {venue_order}, which is \
                     not of this journal"
                );
                ("foreign_fill", message)
            }
        };
        self.halt(code, message, actions);
    }

    /// What the venue has in cash that was proved not to come of anything of ours becomes our figure: more is
    /// a deposit; less is a loss, and stops trading until a person accepts it (5.10).
    fn compare_cash(
        &mut self,
        reported: &AccountReported,
        is_first: bool,
        actions: &mut Vec<Action>,
    ) {
        let (venue, theirs) = (reported.venue, reported.cash);
        let ours = self.accounts.cash(venue).unwrap_or_default();
        if is_first {
            self.accounts.set_cash(venue, theirs);
            return;
        }
        // At a start too: what is not proven may be a payout that is counted here and not made there yet, and would be
        // told as money of nobody when it comes.
        if ours == theirs || !reported.disputes.contains(&Dispute::Cash) {
            return;
        }
        let message = format!(
            "{venue}: the venue has {theirs} in cash, we had {ours} (difference {}), and nothing of ours \
             explains it; the venue's figure is used",
            theirs - ours
        );
        if theirs > ours {
            self.accounts.set_cash(venue, theirs);
            self.alert(Severity::Warning, "cash_mismatch", message, actions);
            return;
        }
        self.accounts.lose_cash(venue, theirs);
        if ours - theirs <= ROUNDING_MAX {
            self.alert(Severity::Warning, "cash_mismatch", message, actions);
        } else if self.mode == Mode::Starting {
            // Whoever compares at the start halts what then starts; a replay finds that halt in the journal.
            self.alert(Severity::Critical, "cash_mismatch", message, actions);
        } else {
            self.halt("cash_mismatch", message, actions);
        }
    }

    /// Has the venue ever stated its cash? What [`Self::cash`] tells before that is only what our fills moved.
    #[must_use]
    pub const fn is_cash_stated(&self, venue: Venue) -> bool {
        self.accounts.is_stated(venue)
    }

    /// Cash that went and that nothing of ours explains, over the whole journal.
    #[must_use]
    pub const fn lost_cash(&self) -> Usd {
        self.accounts.lost()
    }

    /// The least and the most that the venue's cash may be, by what we know: every open order may have filled
    /// and cost all it can, or may hold its cost back in the venue's figure; every open contract may have been
    /// sold for a dollar. Equal where nothing is open. `unpaid`: payouts that we have counted and the venue may
    /// not have made; `payable`: what positions may bring that are paid out there and not yet here.
    #[must_use]
    pub fn cash_between(&self, venue: Venue, unpaid: Usd, payable: Usd) -> (Usd, Usd) {
        let ours = self.accounts.cash(venue).unwrap_or_default();
        let open = self.ledger.live().iter().filter(|record| {
            let market = self.markets.get(record.request.market.index());
            market.is_none_or(|market| market.listing().venue == venue)
        });
        let (mut taken, mut given) = (unpaid, payable);
        for record in open {
            let left = record.reserved();
            let order =
                OrderRequest { quantity: left, reduce_only: false, ..record.request.clone() };
            let market = self.markets.get(order.market.index());
            // A cent each: a venue that holds the cost back rounds it.
            taken += Usd::CENT;
            taken += market.map_or(Price::ONE.times(left), |market| {
                order_cost(market.listing(), &order, self.now)
            });
            given += Price::ONE.times(left);
        }
        (ours - taken, ours + given)
    }

    fn knows_nothing(&self, venue: Venue) -> bool {
        let holds = self.markets.iter().any(|market| {
            market.listing().venue == venue
                && self.accounts.position(market.id()) != Position::default()
        });
        self.ledger.is_empty() && !holds
    }

    /// First start on an account that holds something: it is taken over at the worst price it can have
    /// cost, so that limits err on the safe side. All or nothing: where something is in a market that is not listed here,
    /// this is no start, and the next one finds a journal that is as new as this.
    fn adopt(&mut self, reported: &AccountReported, actions: &mut Vec<Action>) {
        let is_listed = |one: &ReportedPosition| self.listed_at(one.market, reported.venue);
        if !reported.positions.iter().all(is_listed) {
            return;
        }
        for position in &reported.positions {
            if !position.quantity.is_zero() {
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

    pub(super) fn listed_at(&self, market: MarketId, venue: Venue) -> bool {
        self.markets.get(market.index()).is_some_and(|market| market.listing().venue == venue)
    }

    /// The first difference between what a report says and what we hold, in words. `proven`: markets in which nothing
    /// that is open excuses one.
    pub(super) fn position_difference(
        &self,
        venue: Venue,
        positions: &[ReportedPosition],
        proven: &[MarketId],
    ) -> Option<String> {
        let unlisted = positions.iter().find(|position| !self.listed_at(position.market, venue));
        if let Some(position) = unlisted {
            return Some(format!(
                "{venue} reports {} contracts in market {}, which is not listed there",
                position.quantity, position.market.0
            ));
        }
        let here = self.markets.iter().filter(|market| market.listing().venue == venue);
        here.filter(|market| market.settlement().is_none()).find_map(|market| {
            let theirs: Quantity = positions
                .iter()
                .filter(|position| position.market == market.id())
                .map(|position| position.quantity)
                .sum();
            let ours = self.accounts.position(market.id()).quantity;
            let proven = proven.contains(&market.id()) && ours != theirs;
            (proven || !self.explains(market.id(), ours, theirs)).then(|| {
                format!(
                    "{venue}: the venue says {theirs} contracts of {}, we have {ours}",
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

    /// The YES price at which a position could be closed. What we bid or ask ourselves is none.
    pub(crate) fn mark(&self, market: MarketId, position: &Position) -> Price {
        let long = position.quantity.is_positive();
        let worst = if long { Price::ZERO } else { Price::ONE };
        let side = if long { Side::Bid } else { Side::Ask };
        let Some(state) = self.markets.get(market.index()) else { return worst };
        let last = || state.last_trade().map(|(price, _)| price);
        let quote = || {
            let price = state.quote().map(|(bid, ask)| if long { bid } else { ask });
            price.filter(|&price| self.own_at(market, side, price).is_zero())
        };
        self.others_best(market, side).or_else(quote).or_else(last).unwrap_or(worst)
    }
}
