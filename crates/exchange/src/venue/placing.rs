//! Placing, cancelling, amending.

use statecraft_domain::order::CloseReason;
use statecraft_domain::{Quantity, RejectReason, TimeInForce, Timestamp, Usd};

use super::matching::Immediate;
use super::{
    Acceptance, AccountId, Amendment, Entry, Exchange, NewOrder, OrderEnd, OrderKey, OrderRecord,
    Reject, Report,
};

impl Exchange {
    /// Places an order.
    ///
    /// # Errors
    /// [`Reject`]; nothing has happened then, except that a killed fill-or-kill burns its client id.
    pub fn place(
        &mut self,
        at: Timestamp,
        order: NewOrder,
        out: &mut Vec<Report>,
    ) -> Result<Acceptance, Reject> {
        self.expire(at, out);
        let order = self.admit(at, order)?;
        let key = self.accept(at, order)?;
        out.push(Report::Accepted { at, order: key });
        Ok(self.work(at, key, out))
    }

    fn accept(&mut self, at: Timestamp, order: NewOrder) -> Result<OrderKey, Reject> {
        let key = self.next_order();
        let member = self.member_mut(order.account)?;
        member.orders.push(key);
        if let Some(name) = order.client_id.clone() {
            member.names.insert(name, Some(key));
        }
        let quantity = order.quantity;
        let record = OrderRecord {
            key,
            order,
            created: at,
            updated: at,
            initial: quantity,
            filled: Quantity::ZERO,
            remaining: quantity,
            end: None,
            taker_cost: Usd::ZERO,
            maker_cost: Usd::ZERO,
            taker_fees: Usd::ZERO,
            maker_fees: Usd::ZERO,
        };
        self.orders.push(Entry { record, accumulator: Usd::ZERO, place: None });
        Ok(key)
    }

    /// Lets an order that does not rest meet the book, then rests or ends what is left of it.
    fn work(&mut self, at: Timestamp, key: OrderKey, out: &mut Vec<Report>) -> Acceptance {
        let Immediate { filled, cost, fees, stopped } = self.take(at, key, out);
        let left = self.entry(key).map_or(Quantity::ZERO, |entry| entry.record.remaining);
        let rests = self.entry(key).is_some_and(|entry| entry.record.order.time_in_force.rests());
        let mut remaining = Quantity::ZERO;
        if left.is_zero() {
            self.end(at, key, OrderEnd::Filled, out);
        } else if let Some(reason) = stopped {
            self.end(at, key, OrderEnd::Closed(reason), out);
        } else if rests {
            self.rest(at, key, out);
            remaining = left;
        } else {
            self.end(at, key, OrderEnd::Closed(CloseReason::ImmediateRest), out);
        }
        Acceptance { order: key, filled, remaining, cost, fees }
    }

    /// Cancels a live order of this account; returns what was taken off the book.
    ///
    /// # Errors
    /// [`Reject`] if it is not live or not theirs.
    pub fn cancel(
        &mut self,
        at: Timestamp,
        account: AccountId,
        order: OrderKey,
        out: &mut Vec<Report>,
    ) -> Result<Quantity, Reject> {
        self.expire(at, out);
        let removed = self.live(account, order)?.record.remaining;
        self.end(at, order, OrderEnd::Closed(CloseReason::Cancelled), out);
        Ok(removed)
    }

    /// Changes a live order. A pure decrease or a change of expiry keeps its place in the queue;
    /// anything else goes to the back, and may trade.
    ///
    /// # Errors
    /// [`Reject`]; nothing has happened then.
    pub fn amend(
        &mut self,
        at: Timestamp,
        account: AccountId,
        order: OrderKey,
        amendment: Amendment,
        out: &mut Vec<Report>,
    ) -> Result<Acceptance, Reject> {
        self.expire(at, out);
        let record = &self.live(account, order)?.record;
        let (amended, wanted) = amended(record, &amendment)?;
        let keeps_place = amended.price == record.order.price && wanted <= record.remaining;
        self.check_open(at, amended.market)?;
        if amendment.client_id.is_some() && amended.client_id != record.order.client_id.clone() {
            self.check_name(account, amended.client_id.as_deref())?;
        }
        self.check_size(amended.market, amendment.total)?;
        self.check_price(amended.market, amended.price)?;
        if amended.expires().is_some_and(|expires| expires <= at) {
            return Err(Reject::new(RejectReason::InvalidOrder, "expiration is not in the future"));
        }
        if keeps_place {
            self.rename(account, order, &amended);
            self.replace(at, order, amended);
            self.shrink(at, order, wanted, out);
            out.push(Report::Changed { at, order });
            let none = (Quantity::ZERO, Usd::ZERO);
            return Ok(Acceptance {
                order,
                filled: none.0,
                remaining: wanted,
                cost: none.1,
                fees: none.1,
            });
        }
        if amended.post_only {
            self.check_post_only(amended.market, amended.side, amended.price)?;
        }
        let spot = self.spot(order);
        self.check_funds(at, &amended, wanted, spot)?;
        self.rename(account, order, &amended);
        self.unrest(at, order, out);
        self.replace(at, order, amended);
        if let Some(entry) = self.entry_mut(order) {
            entry.record.remaining = wanted;
        }
        out.push(Report::Changed { at, order });
        Ok(self.work(at, order, out))
    }

    /// Lowers the remaining size to `remaining`, keeping the place in the queue; zero cancels.
    ///
    /// # Errors
    /// [`Reject`]; nothing has happened then.
    pub fn decrease_to(
        &mut self,
        at: Timestamp,
        account: AccountId,
        order: OrderKey,
        remaining: Quantity,
        out: &mut Vec<Report>,
    ) -> Result<Quantity, Reject> {
        self.expire(at, out);
        let record = &self.live(account, order)?.record;
        if remaining > record.remaining || remaining < Quantity::ZERO {
            let detail = format!("{remaining} is not below the remaining {}", record.remaining);
            return Err(Reject { reason: RejectReason::InvalidSize, detail });
        }
        if remaining.is_zero() {
            return self.cancel(at, account, order, out).map(|_| Quantity::ZERO);
        }
        self.check_size(record.order.market, remaining)?;
        let record = &self.live(account, order)?.record;
        let mut decreased = record.order.clone();
        decreased.quantity = record.filled + remaining;
        self.replace(at, order, decreased);
        self.shrink(at, order, remaining, out);
        out.push(Report::Changed { at, order });
        Ok(remaining)
    }

    /// A live order of this account.
    fn live(&self, account: AccountId, order: OrderKey) -> Result<&Entry, Reject> {
        match self.entry(order) {
            Some(entry) if entry.record.order.account == account && entry.record.is_live() => {
                Ok(entry)
            }
            _ => Err(Reject::new(RejectReason::OrderNotFound, "no such live order")),
        }
    }

    /// Gives an order a further name; the old one stays taken.
    fn rename(&mut self, account: AccountId, key: OrderKey, amended: &NewOrder) {
        let Some(name) = amended.client_id.clone() else { return };
        if let Ok(member) = self.member_mut(account) {
            member.names.insert(name, Some(key));
        }
    }

    /// Writes an amended order into its record, and its expiry into the list of them.
    fn replace(&mut self, at: Timestamp, key: OrderKey, amended: NewOrder) {
        let Some(entry) = self.entry_mut(key) else { return };
        let (before, after) = (entry.record.order.expires(), amended.expires());
        entry.record.initial = amended.quantity;
        entry.record.updated = at;
        entry.record.order = amended;
        if let Some(expires) = before {
            self.expiries.remove(&(expires, key));
        }
        if let Some(expires) = after {
            self.expiries.insert((expires, key));
        }
    }
}

/// The order as an amendment makes it, and how much of it is to rest.
fn amended(record: &OrderRecord, amendment: &Amendment) -> Result<(NewOrder, Quantity), Reject> {
    if amendment.total <= record.filled || amendment.total > Quantity::MAX {
        let detail =
            format!("total {} does not exceed the filled {}", amendment.total, record.filled);
        return Err(Reject { reason: RejectReason::InvalidSize, detail });
    }
    let mut order = record.order.clone();
    order.price = amendment.price;
    order.quantity = amendment.total;
    if let Some(expires) = amendment.expires {
        order.time_in_force = TimeInForce::GoodTilCancelled { expires };
    }
    if amendment.client_id.is_some() {
        order.client_id.clone_from(&amendment.client_id);
    }
    Ok((order, amendment.total - record.filled))
}
