//! How a trade and a resting order change records, money and book.

use statecraft_domain::fees::FeeCharge;
use statecraft_domain::{Liquidity, MarketId, Price, Quantity, Side, Timestamp, Usd};

use super::market::LevelMove;
use super::member::Spot;
use super::{AccountId, Entry, Exchange, FillRecord, OrderEnd, OrderKey, Report, TradeKey};
use crate::account::unit_cost;
use crate::collateral::{Claim, Place};
use crate::fills_bound;

/// A trade about to be booked on one account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leg {
    pub(super) order: OrderKey,
    pub(super) account: AccountId,
    pub(super) side: Side,
    pub(super) liquidity: Liquidity,
}

/// What both legs share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) at: Timestamp,
    pub(super) trade: TradeKey,
    pub(super) market: MarketId,
    pub(super) price: Price,
    pub(super) quantity: Quantity,
}

impl Exchange {
    /// What a leg would be charged now, and the order's accumulator after it.
    pub(super) fn quote(&self, terms: &Terms, leg: &Leg) -> Option<(FeeCharge, Usd)> {
        let account = self.account(leg.account)?;
        let revenue = account.trade_cash(terms.market, leg.side, terms.price, terms.quantity);
        let mut accumulator = self.entry(leg.order)?.accumulator;
        let fees = &self.markets.get(terms.market.index())?.listing.fees;
        let charge = fees.charge(
            terms.at,
            leg.liquidity,
            terms.price,
            terms.quantity,
            revenue,
            &mut accumulator,
        );
        Some((charge, accumulator))
    }

    /// Books one side of a trade: money, position, order record, fill.
    pub(super) fn book_leg(
        &mut self,
        terms: &Terms,
        leg: &Leg,
        (charge, accumulator): (FeeCharge, Usd),
        out: &mut Vec<Report>,
    ) {
        let fill_index = self.fills.len();
        let Some(member) = self.members.get_mut(leg.account.0 as usize) else { return };
        let (market, price, quantity) = (terms.market, terms.price, terms.quantity);
        let position_after = member.account.apply(market, leg.side, price, quantity, &charge);
        member.fills.push(fill_index);
        self.till.fees += charge.net_fee;
        if let Some(entry) = self.entry_mut(leg.order) {
            entry.accumulator = accumulator;
            entry.book_fill(terms, leg, charge.net_fee);
        }
        self.claim(terms.at, leg.order);
        if let Some(member) = self.members.get_mut(leg.account.0 as usize) {
            member.refresh(market);
        }
        let fill = FillRecord {
            trade: terms.trade,
            account: leg.account,
            order: leg.order,
            market,
            side: leg.side,
            price,
            quantity,
            liquidity: leg.liquidity,
            fee: charge.net_fee,
            at: terms.at,
            position_after,
        };
        out.push(Report::Filled(fill.clone()));
        self.fills.push(fill);
    }

    /// Puts what is left of an order at the back of its queue.
    pub(super) fn rest(&mut self, at: Timestamp, key: OrderKey, out: &mut Vec<Report>) {
        self.joins += 1;
        let sequence = self.joins;
        let Some(entry) = self.entry_mut(key) else { return };
        let order = &entry.record.order;
        let place = Place::new(order.side, order.price, sequence);
        let (market, side, expires) = (order.market, order.side, order.expires());
        entry.place = Some(place);
        if let Some(market) = self.markets.get_mut(market.index()) {
            market.queue_mut(side).insert(place, key);
        }
        if let Some(expires) = expires {
            self.expiries.insert((expires, key));
        }
        self.move_level(at, key, Quantity::ZERO, out);
        self.claim(at, key);
    }

    /// Takes an order out of its queue and its level off the book.
    pub(super) fn unrest(&mut self, at: Timestamp, key: OrderKey, out: &mut Vec<Report>) {
        let Some(spot) = self.spot(key) else { return };
        let Some(entry) = self.entry_mut(key) else { return };
        entry.place = None;
        let (account, before) = (entry.record.order.account, entry.record.remaining);
        entry.record.remaining = Quantity::ZERO;
        self.move_level(at, key, before, out);
        if let Some(market) = self.markets.get_mut(spot.market.index()) {
            market.queue_mut(spot.side).remove(&spot.place);
        }
        if let Some(member) = self.members.get_mut(account.0 as usize) {
            member.release(spot);
        }
    }

    /// Lowers what rests of an order without moving it.
    pub(super) fn shrink(
        &mut self,
        at: Timestamp,
        key: OrderKey,
        remaining: Quantity,
        out: &mut Vec<Report>,
    ) {
        let Some(entry) = self.entry_mut(key) else { return };
        let before = std::mem::replace(&mut entry.record.remaining, remaining);
        self.move_level(at, key, before, out);
        self.claim(at, key);
    }

    /// Ends an order, wherever it is.
    pub(super) fn end(
        &mut self,
        at: Timestamp,
        key: OrderKey,
        end: OrderEnd,
        out: &mut Vec<Report>,
    ) {
        let Some(entry) = self.entry(key) else { return };
        let rested = if entry.place.is_some() { entry.record.remaining } else { Quantity::ZERO };
        let expires = entry.record.order.expires();
        self.unrest(at, key, out);
        if let Some(expires) = expires {
            self.expiries.remove(&(expires, key));
        }
        let Some(entry) = self.entry_mut(key) else { return };
        entry.record.remaining = Quantity::ZERO;
        entry.record.updated = at;
        entry.record.end = Some(end);
        out.push(Report::Ended { at, order: key, end, removed: rested });
    }

    /// Makes the public level agree with what is left of a resting order that held `before`.
    pub(super) fn move_level(
        &mut self,
        at: Timestamp,
        key: OrderKey,
        before: Quantity,
        out: &mut Vec<Report>,
    ) {
        let Some(entry) = self.entry(key) else { return };
        let order = &entry.record.order;
        let (market, side, price) = (order.market, order.side, order.price);
        let by = entry.record.remaining - before;
        if let Some(book) = self.markets.get_mut(market.index()) {
            book.move_level(LevelMove { at, market, side, price, by, order: key }, out);
        }
    }

    /// Where an order rests.
    pub(super) fn spot(&self, key: OrderKey) -> Option<Spot> {
        let entry = self.entry(key)?;
        let order = &entry.record.order;
        Some(Spot { market: order.market, side: order.side, place: entry.place? })
    }

    /// Makes the owner's claim agree with what is left of a resting order.
    fn claim(&mut self, at: Timestamp, key: OrderKey) {
        let Some(spot) = self.spot(key) else { return };
        let Some(record) = self.entry(key).map(|entry| &entry.record) else { return };
        let (price, remaining) = (record.order.price, record.remaining);
        let account = record.order.account;
        let Some(market) = self.markets.get(spot.market.index()) else { return };
        let fills = fills_bound(remaining);
        let fee = market.listing.fees.reserve(at, Liquidity::Maker, price, remaining, fills);
        if let Some(member) = self.members.get_mut(account.0 as usize) {
            member.claim(spot, Claim { price, remaining, fee });
        }
    }
}

impl Entry {
    fn book_fill(&mut self, terms: &Terms, leg: &Leg, fee: Usd) {
        let record = &mut self.record;
        let cost = unit_cost(leg.side, terms.price).times(terms.quantity);
        record.filled += terms.quantity;
        record.remaining -= terms.quantity;
        record.updated = terms.at;
        match leg.liquidity {
            Liquidity::Taker => {
                record.taker_cost += cost;
                record.taker_fees += fee;
            }
            Liquidity::Maker => {
                record.maker_cost += cost;
                record.maker_fees += fee;
            }
        }
    }
}
