//! Meeting resting orders: best price first, then first come; the resting order's price is the
//! trade's.

use std::collections::BTreeMap;

use statecraft_domain::fees::FeeCharge;
use statecraft_domain::order::CloseReason;
use statecraft_domain::{Liquidity, Price, Quantity, SelfTradePrevention, Side, Timestamp, Usd};

use super::booking::{Leg, Terms};
use super::{AccountId, Exchange, NewOrder, OrderEnd, OrderKey, Report, TradeKey};
use crate::account::trade_cash;

/// What an order did on arrival.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Immediate {
    pub(super) filled: Quantity,
    /// YES price times quantity.
    pub(super) cost: Usd,
    pub(super) fees: Usd,
    /// Why it may not go on, if something forbids it.
    pub(super) stopped: Option<CloseReason>,
}

/// What became of one meeting of two orders.
enum Meeting {
    Traded {
        fee: Usd,
    },
    /// The resting order's account could not pay; the order is gone.
    MakerGone,
    TakerBroke,
}

impl Exchange {
    /// Trades an order against the book as far as it goes.
    pub(super) fn take(
        &mut self,
        at: Timestamp,
        key: OrderKey,
        out: &mut Vec<Report>,
    ) -> Immediate {
        let mut done = Immediate::default();
        while let Some((maker, terms)) = self.next_meeting(at, key) {
            let Some(taker) = self.leg(key, Liquidity::Taker) else { break };
            if maker.account == taker.account {
                match self.prevention(key) {
                    Some(SelfTradePrevention::CancelMaker) => {
                        self.end(at, maker.order, OrderEnd::Closed(CloseReason::SelfTrade), out);
                        continue;
                    }
                    Some(SelfTradePrevention::CancelTaker) | None => {
                        done.stopped = Some(CloseReason::SelfTrade);
                        break;
                    }
                }
            }
            match self.meet(&terms, &maker, &taker, out) {
                Meeting::Traded { fee } => {
                    done.filled += terms.quantity;
                    done.cost += terms.price.times(terms.quantity);
                    done.fees += fee;
                }
                Meeting::MakerGone => {}
                Meeting::TakerBroke => {
                    done.stopped = Some(CloseReason::VenueRemoved);
                    break;
                }
            }
        }
        done
    }

    /// The next resting order that this one may trade with, and on which terms.
    fn next_meeting(&self, at: Timestamp, key: OrderKey) -> Option<(Leg, Terms)> {
        let taker = &self.entry(key)?.record;
        let market = self.markets.get(taker.order.market.index())?;
        let front = market.front_against(taker.order.side)?;
        let maker = &self.entry(front)?.record;
        let quantity = taker.remaining.min(maker.remaining);
        if quantity.is_zero() || !taker.order.side.accepts(maker.order.price, taker.order.price) {
            return None;
        }
        let terms = Terms {
            at,
            trade: TradeKey(self.trades + 1),
            market: taker.order.market,
            price: maker.order.price,
            quantity,
        };
        Some((self.leg(front, Liquidity::Maker)?, terms))
    }

    fn leg(&self, key: OrderKey, liquidity: Liquidity) -> Option<Leg> {
        let order = &self.entry(key)?.record.order;
        Some(Leg { order: key, account: order.account, side: order.side, liquidity })
    }

    fn prevention(&self, key: OrderKey) -> Option<SelfTradePrevention> {
        Some(self.entry(key)?.record.order.self_trade_prevention)
    }

    /// Books a trade on both sides, if both can pay for it.
    fn meet(&mut self, terms: &Terms, maker: &Leg, taker: &Leg, out: &mut Vec<Report>) -> Meeting {
        let Some(maker_charge) = self.payable(terms, maker) else {
            self.end(terms.at, maker.order, OrderEnd::Closed(CloseReason::VenueRemoved), out);
            return Meeting::MakerGone;
        };
        let Some(taker_charge) = self.payable(terms, taker) else { return Meeting::TakerBroke };
        self.trades += 1;
        let rested = self.entry(maker.order).map_or(Quantity::ZERO, |e| e.record.remaining);
        let fee = taker_charge.0.net_fee;
        self.book_leg(terms, maker, maker_charge, out);
        self.book_leg(terms, taker, taker_charge, out);
        self.move_level(terms.at, maker.order, rested, out);
        out.push(Report::Traded {
            at: terms.at,
            trade: terms.trade,
            market: terms.market,
            taker: taker.side,
            price: terms.price,
            quantity: terms.quantity,
        });
        if self.entry(maker.order).is_some_and(|e| e.record.remaining.is_zero()) {
            self.end(terms.at, maker.order, OrderEnd::Filled, out);
        }
        Meeting::Traded { fee }
    }

    /// The charge of a leg, if the account's cash bears it. What is reserved for resting orders covers
    /// their collateral and their fees as long as fills are not cut into dust; the rest is caught here,
    /// so that no cash can go below zero.
    fn payable(&self, terms: &Terms, leg: &Leg) -> Option<(FeeCharge, Usd)> {
        let quote = self.quote(terms, leg)?;
        let cash = self.account(leg.account)?.cash + quote.0.cash_change;
        (!cash.is_negative()).then_some(quote)
    }

    /// Would a fill-or-kill order fill whole? An own order in the way ends the rehearsal in its favour:
    /// such an order is treated as immediate-or-cancel (Kalshi), unless it removes own orders.
    pub(super) fn can_fill_whole(&self, at: Timestamp, order: &NewOrder) -> bool {
        let Some(market) = self.markets.get(order.market.index()) else { return false };
        let mut rehearsal = Rehearsal { exchange: self, at, order, tabs: BTreeMap::new() };
        let mut left = order.quantity;
        for &maker in market.queue(order.side.opposite()).values() {
            let Some(record) = self.order(maker) else { continue };
            if left.is_zero() || !order.side.accepts(record.order.price, order.price) {
                break;
            }
            if record.order.account == order.account {
                match order.self_trade_prevention {
                    SelfTradePrevention::CancelTaker => return true,
                    SelfTradePrevention::CancelMaker => continue,
                }
            }
            let quantity = left.min(record.remaining);
            match rehearsal.meet(maker, quantity) {
                Some(true) => left -= quantity,
                Some(false) => {}
                None => return false,
            }
        }
        left.is_zero()
    }
}

/// A dry run of the meetings of one order, on copies of the money involved.
struct Rehearsal<'a> {
    exchange: &'a Exchange,
    at: Timestamp,
    order: &'a NewOrder,
    tabs: BTreeMap<AccountId, Tab>,
}

#[derive(Clone, Copy)]
struct Tab {
    cash: Usd,
    position: Quantity,
    accumulator: Usd,
}

impl Rehearsal<'_> {
    /// Whether the maker can pay; `None` if the taker cannot.
    fn meet(&mut self, maker: OrderKey, quantity: Quantity) -> Option<bool> {
        let entry = self.exchange.entry(maker)?;
        let (account, side) = (entry.record.order.account, entry.record.order.side);
        let price = entry.record.order.price;
        let made = Tab { accumulator: entry.accumulator, ..self.tab(account)? };
        let taken = self.tab(self.order.account)?;
        let Some(made) = self.after(made, side, Liquidity::Maker, price, quantity) else {
            return Some(false);
        };
        let taken = self.after(taken, self.order.side, Liquidity::Taker, price, quantity)?;
        self.tabs.insert(account, made);
        self.tabs.insert(self.order.account, taken);
        Some(true)
    }

    fn tab(&self, account: AccountId) -> Option<Tab> {
        if let Some(&tab) = self.tabs.get(&account) {
            return Some(tab);
        }
        let held = self.exchange.account(account)?;
        let position = held.quantity(self.order.market);
        Some(Tab { cash: held.cash, position, accumulator: Usd::ZERO })
    }

    fn after(
        &self,
        tab: Tab,
        side: Side,
        liquidity: Liquidity,
        price: Price,
        quantity: Quantity,
    ) -> Option<Tab> {
        let fees = &self.exchange.markets.get(self.order.market.index())?.listing.fees;
        let mut accumulator = tab.accumulator;
        let revenue = trade_cash(tab.position, side, price, quantity);
        let charge = fees.charge(self.at, liquidity, price, quantity, revenue, &mut accumulator);
        let cash = tab.cash + charge.cash_change;
        let signed = match side {
            Side::Bid => quantity,
            Side::Ask => -quantity,
        };
        (!cash.is_negative()).then_some(Tab { cash, position: tab.position + signed, accumulator })
    }
}
