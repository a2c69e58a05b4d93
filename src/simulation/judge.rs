//! [`Judge`]: looks on from outside and knows what the bot cannot: the venue's own ledger, what is in the
//! network, what is on the disk. It keeps its own books of what was heard, and shares no arithmetic with the
//! engine.

use std::collections::BTreeMap;

use serde_json::Value;
use statecraft_domain::{
    ClientOrderId, MarketId, OrderRequest, Quantity, RejectReason, Side, StrategyId, Usd,
};
use statecraft_engine::Engine;
use statecraft_engine::orders::Phase;

use crate::simulator::Backend;

/// A rule was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which rule.
    pub invariant: &'static str,
    /// What happened, with its numbers.
    pub detail: String,
}

/// Where a request is, really.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whereabouts {
    /// Decided; no byte has left.
    Here,
    /// Bytes have left and are in the network.
    Travelling,
    /// The venue has answered it for itself: its ledger knows.
    Arrived,
    /// It will never arrive.
    Gone,
}

#[derive(Debug)]
struct Tracked {
    request: OrderRequest,
    whereabouts: Whereabouts,
    /// Position of its record in the journal.
    record: usize,
    decided: i64,
    cancels: u32,
}

/// A book as heard, in plain integers: price in 1/10,000 dollar to size in 1/100 contract.
#[derive(Debug, Default)]
struct Heard {
    yes: BTreeMap<i64, i64>,
    no: BTreeMap<i64, i64>,
    sid: u64,
    trusted: bool,
}

impl Heard {
    fn is_crossed(&self) -> bool {
        match (self.yes.last_key_value(), self.no.last_key_value()) {
            (Some((yes, _)), Some((no, _))) => yes + no >= 10_000,
            _ => false,
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Judge {
    verdict: Option<Violation>,
    lineage: u64,
    orders: BTreeMap<ClientOrderId, Tracked>,
    /// Not yet over as far as the judge knows.
    open: Vec<ClientOrderId>,
    books: BTreeMap<String, Heard>,
    last_seq: BTreeMap<u64, i64>,
    connected: bool,
    /// A kill is durable and was not released.
    pub(super) killed: bool,
    /// Nothing may leave before a comparison asked for after this time.
    compare_after: Option<i64>,
    /// The venue lied about a fill.
    pub(super) ghost: bool,
    pub(super) sent: u64,
}

impl Judge {
    pub(super) fn new(lineage: u64) -> Self {
        Self { lineage, ..Self::default() }
    }

    pub(super) fn verdict(&self) -> Option<&Violation> {
        self.verdict.as_ref()
    }

    pub(super) fn condemn(&mut self, invariant: &'static str, detail: String) {
        self.verdict.get_or_insert(Violation { invariant, detail });
    }

    /// A process begins: nothing is known to be in order.
    pub(super) fn process_began(&mut self, now: i64) {
        self.connected = false;
        self.compare_after = Some(now);
        for book in self.books.values_mut() {
            book.trusted = false;
        }
    }

    /// A process is gone: what it had decided and not sent is gone with it, and what is not among the
    /// `kept` records on the disk was never decided as far as anybody will know.
    pub(super) fn process_ended(&mut self, kept: usize) {
        self.connected = false;
        let vanished =
            |tracked: &Tracked| tracked.whereabouts == Whereabouts::Here && tracked.record >= kept;
        let orders = &mut self.orders;
        orders.retain(|_, tracked| !vanished(tracked));
        self.open.retain(|id| orders.contains_key(id));
        for tracked in self.orders.values_mut() {
            if tracked.whereabouts == Whereabouts::Here {
                tracked.whereabouts = Whereabouts::Gone;
            }
        }
    }

    pub(super) fn connection_up(&mut self, now: i64) {
        self.compare_after = Some(now);
    }

    pub(super) fn connection_down(&mut self) {
        self.connected = false;
        self.last_seq.clear();
        for book in self.books.values_mut() {
            book.trusted = false;
        }
    }

    pub(super) fn connection_begins(&mut self) {
        self.connection_down();
        self.connected = true;
    }

    /// A comparison asked for at `asked` found nothing amiss.
    pub(super) fn compared(&mut self, asked: i64) {
        if self.compare_after.is_some_and(|after| asked >= after) {
            self.compare_after = None;
        }
    }

    /// What the bot hears, it hears too.
    pub(super) fn hear(&mut self, text: &[u8]) {
        let Ok(frame) = serde_json::from_slice::<Value>(text) else {
            // One of another channel says nothing about any book.
            let of_a_book = text.windows(11).any(|part| part == b"\"orderbook_");
            for book in self.books.values_mut().filter(|_| of_a_book) {
                book.trusted = false;
            }
            return;
        };
        let sid = frame["sid"].as_u64().unwrap_or(0);
        if let (true, Some(seq)) = (sid > 0, frame["seq"].as_i64()) {
            let last = self.last_seq.get(&sid).copied();
            if last.is_some_and(|last| seq <= last) {
                return;
            }
            if last.is_some_and(|last| seq > last + 1) {
                for book in self.books.values_mut().filter(|book| book.sid == sid) {
                    book.trusted = false;
                }
            }
            self.last_seq.insert(sid, seq);
        }
        let message = &frame["msg"];
        let Some(ticker) = message["market_ticker"].as_str() else { return };
        match frame["type"].as_str() {
            Some("orderbook_snapshot") => {
                let book = self.books.entry(ticker.to_owned()).or_default();
                (book.yes, book.no) =
                    (ladder(&message["yes_dollars_fp"]), ladder(&message["no_dollars_fp"]));
                (book.sid, book.trusted) = (sid, true);
            }
            Some("orderbook_delta") => {
                let Some(book) = self.books.get_mut(ticker) else { return };
                let (Some(price), Some(delta)) =
                    (scaled(&message["price_dollars"], 4), scaled(&message["delta_fp"], 2))
                else {
                    return;
                };
                let side = if message["side"] == "yes" { &mut book.yes } else { &mut book.no };
                let size = side.entry(price).or_insert(0);
                *size += delta;
                let size = *size;
                if size <= 0 {
                    side.remove(&price);
                }
                if size < 0 {
                    book.trusted = false;
                }
            }
            Some("market_lifecycle_v2")
                if message["event_type"] == "price_level_structure_updated" =>
            {
                if let Some(book) = self.books.get_mut(ticker) {
                    book.trusted = false;
                }
            }
            _ => {}
        }
    }

    /// An order was decided and written down as record `record`.
    pub(super) fn decided(
        &mut self,
        now: i64,
        record: usize,
        request: &OrderRequest,
        ticker: Option<&str>,
        engine: &Engine,
        truth: &dyn Backend,
    ) {
        let id = request.id;
        if self.orders.contains_key(&id) {
            return self.condemn("I3", format!("two orders are called {id}"));
        }
        let tracked = Tracked {
            request: request.clone(),
            whereabouts: Whereabouts::Here,
            record,
            decided: now,
            cancels: 0,
        };
        self.orders.insert(id, tracked);
        self.open.push(id);
        let book = ticker.and_then(|ticker| self.books.get(ticker));
        if !self.connected || !book.is_some_and(|book| book.trusted) {
            self.condemn(
                "I17",
                format!("order {id} was decided on a book that is not to be trusted"),
            );
        } else if book.is_some_and(Heard::is_crossed) {
            self.condemn("I18", format!("order {id} was decided on a crossed book"));
        }
        self.check_exposure(request, engine, truth);
    }

    /// An order of an earlier version, between two runs; it rests at the venue.
    pub(super) fn inherited(&mut self, now: i64, request: &OrderRequest) {
        let tracked = Tracked {
            request: request.clone(),
            whereabouts: Whereabouts::Arrived,
            record: 0,
            decided: now,
            cancels: 0,
        };
        self.orders.insert(request.id, tracked);
        self.open.push(request.id);
    }

    /// Bytes of an order leave.
    pub(super) fn leaves(
        &mut self,
        now: i64,
        id: ClientOrderId,
        body: &[u8],
        acknowledged: usize,
        age: i64,
        killed: bool,
    ) {
        self.sent += 1;
        let Some(tracked) = self.orders.get_mut(&id) else {
            return self.condemn("I1", format!("order {id} left and was never decided"));
        };
        let (record, decided) = (tracked.record, tracked.decided);
        let before = std::mem::replace(&mut tracked.whereabouts, Whereabouts::Travelling);
        let same = is_same(&tracked.request, body);
        if before != Whereabouts::Here {
            self.condemn("I2", format!("order {id} left a second time"));
        } else if record >= acknowledged {
            self.condemn("I1", format!("order {id} left before its record was durable"));
        } else if !same {
            let text = String::from_utf8_lossy(body).into_owned();
            self.condemn("I1", format!("order {id} left as another one: {text}"));
        } else if killed {
            self.condemn("I12", format!("order {id} left after the kill was durable"));
        } else if self.compare_after.is_some() {
            let why = "the account was not compared since the connection came up";
            self.condemn("I15", format!("order {id} left: {why}"));
        } else if age > 2_500_000_000 {
            let secs = (now - decided) / 1_000_000_000;
            self.condemn("F54", format!("order {id} left {secs} s after it was decided"));
        }
    }

    /// The network lost it.
    pub(super) fn lost(&mut self, id: ClientOrderId) {
        self.set(id, Whereabouts::Gone);
    }

    /// The venue has dealt with it.
    pub(super) fn arrived(&mut self, id: ClientOrderId) {
        self.set(id, Whereabouts::Arrived);
    }

    fn set(&mut self, id: ClientOrderId, whereabouts: Whereabouts) {
        if let Some(tracked) = self.orders.get_mut(&id) {
            tracked.whereabouts = whereabouts;
        }
    }

    pub(super) fn cancel_leaves(&mut self, id: ClientOrderId) {
        if let Some(tracked) = self.orders.get_mut(&id) {
            tracked.cancels += 1;
        }
    }

    pub(super) fn cancels(&self, id: ClientOrderId) -> u32 {
        self.orders.get(&id).map_or(0, |tracked| tracked.cancels)
    }

    /// Our live orders at the venue.
    pub(super) fn live_at_venue(&self, truth: &dyn Backend) -> Vec<(ClientOrderId, Quantity)> {
        let live = truth.orders().into_iter().filter(|record| record.is_live());
        live.filter_map(|record| {
            let id = record.order.client_id.as_deref()?.parse::<ClientOrderId>().ok()?;
            (id.lineage == self.lineage).then_some((id, record.remaining))
        })
        .collect()
    }

    /// Worst case of a market by the venue's ledger and the network: contracts, and cost.
    fn worst(&self, market: MarketId, truth: &dyn Backend) -> (Quantity, Usd) {
        let held = truth.account().and_then(|account| account.positions.get(&market)).copied();
        let held = held.unwrap_or_default();
        let mut pending = [(Quantity::ZERO, 0_u16), (Quantity::ZERO, 0_u16)];
        let mut add = |side: Side, price: u16, quantity: Quantity| {
            let (slot, dear) = match side {
                Side::Bid => (0, price),
                Side::Ask => (1, 10_000 - price),
            };
            let (sum, dearest) = &mut pending[slot];
            *sum += quantity;
            *dearest = (*dearest).max(dear);
        };
        for id in &self.open {
            let Some(tracked) = self.orders.get(id) else { continue };
            let on_the_way =
                matches!(tracked.whereabouts, Whereabouts::Here | Whereabouts::Travelling);
            if on_the_way && tracked.request.market == market {
                add(tracked.request.side, tracked.request.price.e4(), tracked.request.quantity);
            }
        }
        for record in truth.orders().into_iter().filter(|record| record.is_live()) {
            if record.order.market == market {
                add(record.order.side, record.order.price.e4(), record.remaining);
            }
        }
        let direction = |held_so: Quantity, (sum, dearest): (Quantity, u16)| {
            let reached = (held_so + sum).max(Quantity::ZERO);
            let kept = held_so.max(Quantity::ZERO);
            let carried = if kept.is_zero() { Usd::ZERO } else { held.cost };
            let opening = i128::from((reached - kept).e6()) * i128::from(dearest);
            (reached, carried + Usd::from_e10(opening))
        };
        let (long, short) =
            (direction(held.quantity, pending[0]), direction(-held.quantity, pending[1]));
        (long.0.max(short.0).max(held.quantity.abs()), long.1.max(short.1).max(held.cost))
    }

    /// Can the order only close what is held, whatever else of ours fills?
    fn only_closes(&self, request: &OrderRequest, truth: &dyn Backend) -> bool {
        let account = truth.account();
        let held = account.map_or(Quantity::ZERO, |account| account.quantity(request.market));
        let against = match request.side {
            Side::Bid => -held,
            Side::Ask => held,
        };
        let same = |side: Side, market: MarketId| side == request.side && market == request.market;
        let travelling: Quantity = self
            .open
            .iter()
            .filter_map(|id| self.orders.get(id))
            .filter(|one| matches!(one.whereabouts, Whereabouts::Here | Whereabouts::Travelling))
            .filter(|one| same(one.request.side, one.request.market))
            .map(|one| one.request.quantity)
            .sum();
        let resting: Quantity = truth
            .orders()
            .into_iter()
            .filter(|record| record.is_live() && same(record.order.side, record.order.market))
            .map(|record| record.remaining)
            .sum();
        against.is_positive() && travelling + resting <= against
    }

    /// I10: whatever comes of everything that is open, no limit is exceeded.
    fn check_exposure(&mut self, request: &OrderRequest, engine: &Engine, truth: &dyn Backend) {
        self.settle_whereabouts(engine, truth);
        let StrategyId(index) = request.strategy;
        let Some(strategy) = engine.config().strategies.get(usize::from(index)) else { return };
        let (contracts, cost) = self.worst(request.market, truth);
        let (id, limits) = (request.id, strategy.limits);
        if self.only_closes(request, truth) {
            return;
        }
        // Shares of a cost are rounded to the unit; a cent is far more than that.
        let slack = Usd::CENT;
        let all: Usd = (0..u32::try_from(engine.markets().len()).unwrap_or(0))
            .map(|market| self.worst(MarketId(market), truth).1)
            .sum();
        let most = engine.config().limits.max_account_cost;
        if contracts > limits.max_position_contracts {
            let most = limits.max_position_contracts;
            self.condemn(
                "I10",
                format!("with order {id} the position may reach {contracts}, {most} are allowed"),
            );
        } else if cost > limits.max_position_cost + slack {
            let most = limits.max_position_cost;
            self.condemn(
                "I10",
                format!("with order {id} the position may cost {cost}, {most} is allowed"),
            );
        } else if all > most + slack {
            self.condemn(
                "I10",
                format!("with order {id} the account may cost {all}, {most} is allowed"),
            );
        }
    }

    /// Forgets orders that are over everywhere.
    fn settle_whereabouts(&mut self, engine: &Engine, truth: &dyn Backend) {
        let live = self.live_at_venue(truth);
        let orders = &mut self.orders;
        self.open.retain(|id| {
            let Some(tracked) = orders.get_mut(id) else { return false };
            let record = engine.orders().get(*id);
            let dropped = record
                .is_some_and(|record| record.reject_reason == Some(RejectReason::DroppedByGateway));
            if tracked.whereabouts == Whereabouts::Here && dropped {
                tracked.whereabouts = Whereabouts::Gone;
            }
            let here = matches!(tracked.whereabouts, Whereabouts::Here | Whereabouts::Travelling)
                || live.iter().any(|(live, _)| live == id);
            here || !record.is_none_or(|record| record.is_done())
        });
    }

    /// What must hold at any time while a process runs.
    pub(super) fn look(&mut self, engine: &Engine, truth: &dyn Backend) {
        if !engine.is_money_conserved() {
            self.condemn("I9", "the engine's own money does not add up".to_owned());
        }
        if self.ghost {
            return;
        }
        let at_venue = truth.orders();
        let mut found = None;
        for record in at_venue.iter().rev().take(40) {
            let Some(id) = record.order.client_id.as_deref().and_then(|text| text.parse().ok())
            else {
                continue;
            };
            let id: ClientOrderId = id;
            if !self.orders.contains_key(&id) {
                found = Some(("I1", format!("the venue has order {id}, which was never decided")));
                break;
            }
            let Some(known) = engine.orders().get(id) else {
                found = Some(("I1", format!("the venue has order {id}, the engine does not")));
                break;
            };
            if known.filled > record.filled {
                let detail = format!(
                    "order {id}: the engine counts {} filled, the venue {}",
                    known.filled, record.filled
                );
                found = Some(("I7", detail));
                break;
            }
            let denied = matches!(known.phase, Phase::Rejected | Phase::NotPlaced);
            if denied {
                let detail =
                    format!("order {id} counts as {:?}, and the venue has it", known.phase);
                found = Some(("I4", detail));
                break;
            }
            if known.filled + known.reserved() < record.filled {
                let detail = format!(
                    "order {id}: {} filled at the venue; the engine counts {} and reserves {}",
                    record.filled,
                    known.filled,
                    known.reserved()
                );
                found = Some(("I8", detail));
                break;
            }
            if record.is_live() && known.reserved() < record.remaining {
                let detail = format!(
                    "order {id}: {} rest at the venue, the engine reserves {}",
                    record.remaining,
                    known.reserved()
                );
                found = Some(("I8", detail));
                break;
            }
        }
        if let Some((invariant, detail)) = found {
            return self.condemn(invariant, detail);
        }
        for id in &self.open {
            let (Some(tracked), Some(known)) = (self.orders.get(id), engine.orders().get(*id))
            else {
                continue;
            };
            let travelling = tracked.whereabouts == Whereabouts::Travelling;
            if travelling && known.reserved() + known.filled < tracked.request.quantity {
                let detail = format!("order {id} is under way and counts as {:?}", known.phase);
                return self.condemn("I4", detail);
            }
        }
    }

    /// What must hold when everything has come to rest.
    pub(super) fn final_look(&mut self, engine: &Engine, truth: &dyn Backend) {
        let Some(account) = truth.account() else { return };
        for market in engine.markets() {
            let id = market.id();
            let theirs = account.quantity(id);
            let ours = engine.position(id).quantity;
            let over = market.settlement().is_some();
            if ours != theirs && !over {
                let ticker = &market.listing().ticker;
                return self.condemn(
                    "I9",
                    format!("{ticker}: {theirs} contracts at the venue, {ours} in the engine"),
                );
            }
            if over && !theirs.is_zero() {
                return self.condemn("I9", format!("{theirs} contracts outlived their market"));
            }
        }
        let ours = engine.cash(statecraft_domain::Venue::Kalshi).unwrap_or_default();
        if ours != account.cash {
            self.condemn(
                "I9",
                format!("{} in cash at the venue, {ours} in the engine", account.cash),
            );
        }
    }
}

/// Is what leaves what was decided?
fn is_same(request: &OrderRequest, body: &[u8]) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return false };
    let side = match request.side {
        Side::Bid => "bid",
        Side::Ask => "ask",
    };
    body["client_order_id"] == request.id.to_string().as_str()
        && body["side"] == side
        && scaled(&body["price"], 4) == Some(i64::from(request.price.e4()))
        && scaled(&body["count"], 6) == Some(request.quantity.e6())
}

fn ladder(levels: &Value) -> BTreeMap<i64, i64> {
    let levels = levels.as_array().map(Vec::as_slice).unwrap_or_default();
    levels.iter().filter_map(|level| Some((scaled(&level[0], 4)?, scaled(&level[1], 2)?))).collect()
}

/// The digits of a decimal text as an integer of that many decimals.
fn scaled(value: &Value, decimals: usize) -> Option<i64> {
    let text = value.as_str()?;
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let mut digits = format!("{whole}{part}");
    for _ in part.len()..decimals {
        digits.push('0');
    }
    let kept = digits.len().saturating_sub(part.len().saturating_sub(decimals));
    let number: i64 = digits.get(..kept)?.parse().ok()?;
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_exactly() {
        for (text, decimals, expected) in
            [("0.4500", 4, 4_500), ("-3.00", 2, -300), ("12", 2, 1_200), ("0.5", 4, 5_000)]
        {
            assert_eq!(scaled(&Value::String(text.to_owned()), decimals), Some(expected), "{text}");
        }
    }
}
