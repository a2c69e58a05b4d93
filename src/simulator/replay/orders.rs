//! The user's orders on a recording: what a whole venue would remember of them, kept beside a
//! [`ReplayVenue`] that only tells events.

use std::collections::{BTreeMap, HashMap};

use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    ClientOrderId, Event, Fill, MarketId, OrderRequest, Quantity, RejectReason, Side, StrategyId,
    TimeInForce, Timestamp, Usd,
};
use statecraft_exchange::replay::ReplayVenue;
use statecraft_exchange::venue::{
    Acceptance, Amendment, FillRecord, OrderEnd, OrderRecord, Reject, TradeKey,
};
use statecraft_exchange::{NewOrder, OrderKey, Report};

use super::USER;

/// Own fills are named apart from recorded trades.
const OWN_TRADES: u64 = 1 << 40;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Orders {
    records: Vec<OrderRecord>,
    fills: Vec<FillRecord>,
    /// Client ids ever used, and by which order if one came of it.
    names: HashMap<String, Option<OrderKey>>,
    /// Which order stands behind an id at the replayed venue; an amended order gets a new one.
    behind: BTreeMap<u64, OrderKey>,
    current: BTreeMap<OrderKey, u64>,
    sequences: u64,
    positions: BTreeMap<MarketId, Quantity>,
    paused: bool,
}

fn reject(reason: RejectReason) -> Reject {
    Reject { reason, detail: String::new() }
}

impl Orders {
    pub(super) fn get(&self, order: OrderKey) -> Option<&OrderRecord> {
        self.records.get(index_of(order)?)
    }

    fn get_mut(&mut self, order: OrderKey) -> Option<&mut OrderRecord> {
        self.records.get_mut(index_of(order)?)
    }

    pub(super) fn records(&self) -> &[OrderRecord] {
        &self.records
    }

    pub(super) fn fills(&self) -> &[FillRecord] {
        &self.fills
    }

    pub(super) const fn is_trading(&self) -> bool {
        !self.paused
    }

    pub(super) fn set_trading(&mut self, active: bool) {
        self.paused = !active;
    }

    /// The position of a market that was paid out; `None` if there was none.
    pub(super) fn take_position(&mut self, market: MarketId) -> Option<Quantity> {
        self.positions.remove(&market).filter(|quantity| !quantity.is_zero())
    }

    fn next_id(&mut self) -> ClientOrderId {
        self.sequences += 1;
        ClientOrderId { lineage: 0, sequence: self.sequences }
    }

    /// An order that may be worked on now.
    fn live(&self, order: OrderKey) -> Result<(&OrderRecord, u64), Reject> {
        let gone = || reject(RejectReason::OrderNotFound);
        let record = self.get(order).filter(|record| record.end.is_none()).ok_or_else(gone)?;
        let sequence = self.current.get(&order).copied().ok_or_else(gone)?;
        Ok((record, sequence))
    }

    pub(super) fn place(
        &mut self,
        venue: &mut ReplayVenue,
        at: Timestamp,
        order: NewOrder,
        out: &mut Vec<Report>,
    ) -> Result<Acceptance, Reject> {
        if self.paused {
            return Err(reject(RejectReason::TradingPaused));
        }
        if order.client_id.as_ref().is_some_and(|name| self.names.contains_key(name)) {
            return Err(reject(RejectReason::DuplicateId));
        }
        let id = self.next_id();
        let mut events = Vec::new();
        venue.submit(at, &request(id, at, &order, order.price, order.quantity), &mut events);
        if let Some(refusal) = refusal(&events) {
            // A killed fill-or-kill uses its name up.
            if refusal.reason == RejectReason::FillOrKill
                && let Some(name) = order.client_id
            {
                self.names.insert(name, None);
            }
            return Err(refusal);
        }
        let key = OrderKey(self.records.len() as u64 + 1);
        if let Some(name) = &order.client_id {
            self.names.insert(name.clone(), Some(key));
        }
        self.attach(id, key);
        self.records.push(fresh(key, at, order));
        out.push(Report::Accepted { at, order: key });
        self.follow(&events, out);
        Ok(self.accepted(key, self.fills.len(), &events))
    }

    fn attach(&mut self, id: ClientOrderId, key: OrderKey) {
        self.behind.insert(id.sequence, key);
        self.current.insert(key, id.sequence);
    }

    /// What the order came to by these events.
    fn accepted(&self, key: OrderKey, fills: usize, events: &[Event]) -> Acceptance {
        let count = events.iter().filter(|event| matches!(event, Event::OrderFilled(_))).count();
        let own = self.fills.get(fills.saturating_sub(count)..fills).unwrap_or_default();
        let own = own.iter().filter(|fill| fill.order == key);
        let mut acceptance = Acceptance {
            order: key,
            filled: Quantity::ZERO,
            remaining: self.get(key).map_or(Quantity::ZERO, |record| record.remaining),
            cost: Usd::ZERO,
            fees: Usd::ZERO,
        };
        for fill in own {
            acceptance.filled += fill.quantity;
            acceptance.cost += fill.price.times(fill.quantity);
            acceptance.fees += fill.fee;
        }
        acceptance
    }

    pub(super) fn cancel(
        &mut self,
        venue: &mut ReplayVenue,
        at: Timestamp,
        order: OrderKey,
        out: &mut Vec<Report>,
    ) -> Result<Quantity, Reject> {
        let (record, sequence) = self.live(order)?;
        let remaining = record.remaining;
        let mut events = Vec::new();
        venue.cancel(at, ClientOrderId { lineage: 0, sequence }, &mut events);
        self.follow(&events, out);
        match self.get(order).and_then(|record| record.end) {
            Some(_) => Ok(remaining),
            None => Err(reject(RejectReason::OrderNotFound)),
        }
    }

    pub(super) fn decrease_to(
        &mut self,
        venue: &mut ReplayVenue,
        at: Timestamp,
        order: OrderKey,
        remaining: Quantity,
        out: &mut Vec<Report>,
    ) -> Result<Quantity, Reject> {
        let (record, _) = self.live(order)?;
        if remaining.is_zero() {
            return self.cancel(venue, at, order, out).map(|_| Quantity::ZERO);
        }
        if remaining > record.remaining {
            return Err(reject(RejectReason::InvalidSize));
        }
        let (price, total) = (record.order.price, record.filled + remaining);
        let amendment = Amendment { price, total, expires: None, client_id: None };
        self.amend(venue, at, order, amendment, out).map(|acceptance| acceptance.remaining)
    }

    /// Takes the order off and sends it anew under the same key. If the new one is refused, the old
    /// one is sent again.
    pub(super) fn amend(
        &mut self,
        venue: &mut ReplayVenue,
        at: Timestamp,
        order: OrderKey,
        amendment: Amendment,
        out: &mut Vec<Report>,
    ) -> Result<Acceptance, Reject> {
        let (record, sequence) = self.live(order)?;
        let before = record.clone();
        let rests = amendment.total - before.filled;
        if !rests.is_positive() {
            return Err(reject(RejectReason::InvalidSize));
        }
        if self.taken(amendment.client_id.as_deref(), order) {
            return Err(reject(RejectReason::DuplicateId));
        }
        let mut wanted = before.order.clone();
        wanted.price = amendment.price;
        if let Some(expires) = amendment.expires {
            wanted.time_in_force = TimeInForce::GoodTilCancelled { expires };
        }
        self.behind.remove(&sequence);
        venue.cancel(at, ClientOrderId { lineage: 0, sequence }, &mut Vec::new());
        let mut events = Vec::new();
        let id = self.next_id();
        venue.submit(at, &request(id, at, &wanted, amendment.price, rests), &mut events);
        if let Some(refusal) = refusal(&events) {
            self.restore(venue, at, &before, out);
            return Err(refusal);
        }
        self.attach(id, order);
        if let Some(name) = amendment.client_id {
            self.names.insert(name.clone(), Some(order));
            wanted.client_id = Some(name);
        }
        wanted.quantity = amendment.total;
        if let Some(record) = self.get_mut(order) {
            record.order = wanted;
            record.updated = at;
            record.initial = amendment.total;
            record.remaining = rests;
        }
        out.push(Report::Changed { at, order });
        self.follow(&events, out);
        Ok(self.accepted(order, self.fills.len(), &events))
    }

    fn taken(&self, name: Option<&str>, by: OrderKey) -> bool {
        name.and_then(|name| self.names.get(name)).is_some_and(|holder| *holder != Some(by))
    }

    fn restore(
        &mut self,
        venue: &mut ReplayVenue,
        at: Timestamp,
        before: &OrderRecord,
        out: &mut Vec<Report>,
    ) {
        let mut events = Vec::new();
        let id = self.next_id();
        let order = &before.order;
        venue.submit(at, &request(id, at, order, order.price, before.remaining), &mut events);
        self.attach(id, before.key);
        if refusal(&events).is_some() {
            self.end(at, before.key, OrderEnd::Closed(CloseReason::VenueRemoved), out);
        } else {
            self.follow(&events, out);
        }
    }

    /// What the replayed venue tells of the user's orders.
    pub(super) fn follow(&mut self, events: &[Event], out: &mut Vec<Report>) {
        for event in events {
            match event {
                Event::OrderFilled(filled) => self.fill(&filled.fill, out),
                Event::OrderClosed(closed) => {
                    if let Some(key) = self.behind.get(&closed.order.sequence).copied() {
                        self.end(closed.at, key, OrderEnd::Closed(closed.reason), out);
                    }
                }
                _ => {}
            }
        }
    }

    fn fill(&mut self, fill: &Fill, out: &mut Vec<Report>) {
        let Some(key) = self.behind.get(&fill.order.sequence).copied() else { return };
        let position = self.positions.entry(fill.market).or_default();
        *position = match fill.side {
            Side::Bid => *position + fill.quantity,
            Side::Ask => *position - fill.quantity,
        };
        let record = FillRecord {
            trade: TradeKey(OWN_TRADES + self.fills.len() as u64),
            account: USER,
            order: key,
            market: fill.market,
            side: fill.side,
            price: fill.price,
            quantity: fill.quantity,
            liquidity: fill.liquidity,
            fee: fill.fee,
            at: fill.venue_at,
            position_after: *position,
        };
        let done = self.get_mut(key).is_some_and(|order| book_fill(order, &record));
        self.fills.push(record.clone());
        out.push(Report::Filled(record));
        if done {
            self.end(fill.venue_at, key, OrderEnd::Filled, out);
        }
    }

    fn end(&mut self, at: Timestamp, key: OrderKey, end: OrderEnd, out: &mut Vec<Report>) {
        let Some(record) = self.get_mut(key).filter(|record| record.end.is_none()) else { return };
        let removed = std::mem::replace(&mut record.remaining, Quantity::ZERO);
        record.end = Some(end);
        record.updated = at;
        out.push(Report::Ended { at, order: key, end, removed });
    }
}

/// Adds a fill to its order; says whether nothing is left of it.
fn book_fill(order: &mut OrderRecord, fill: &FillRecord) -> bool {
    let unit = match fill.side {
        Side::Bid => fill.price,
        Side::Ask => fill.price.complement(),
    };
    let cost = unit.times(fill.quantity);
    order.filled += fill.quantity;
    order.remaining = (order.remaining - fill.quantity).max(Quantity::ZERO);
    order.updated = fill.at;
    match fill.liquidity {
        statecraft_domain::Liquidity::Taker => {
            order.taker_cost += cost;
            order.taker_fees += fill.fee;
        }
        statecraft_domain::Liquidity::Maker => {
            order.maker_cost += cost;
            order.maker_fees += fill.fee;
        }
    }
    order.remaining.is_zero()
}

fn fresh(key: OrderKey, at: Timestamp, order: NewOrder) -> OrderRecord {
    OrderRecord {
        key,
        created: at,
        updated: at,
        initial: order.quantity,
        filled: Quantity::ZERO,
        remaining: order.quantity,
        end: None,
        taker_cost: Usd::ZERO,
        maker_cost: Usd::ZERO,
        taker_fees: Usd::ZERO,
        maker_fees: Usd::ZERO,
        order,
    }
}

fn request(
    id: ClientOrderId,
    at: Timestamp,
    order: &NewOrder,
    price: statecraft_domain::Price,
    quantity: Quantity,
) -> OrderRequest {
    OrderRequest {
        id,
        strategy: StrategyId(0),
        market: order.market,
        side: order.side,
        price,
        quantity,
        time_in_force: order.time_in_force,
        post_only: order.post_only,
        reduce_only: order.reduce_only,
        self_trade_prevention: order.self_trade_prevention,
        decided_at: at,
    }
}

/// The refusal among the events of a submission.
fn refusal(events: &[Event]) -> Option<Reject> {
    events.iter().find_map(|event| match event {
        Event::OrderRejected(rejected) => {
            Some(Reject { reason: rejected.reason, detail: rejected.detail.clone() })
        }
        _ => None,
    })
}

/// Keys count from one, the table from zero.
fn index_of(order: OrderKey) -> Option<usize> {
    usize::try_from(order.0).ok()?.checked_sub(1)
}
