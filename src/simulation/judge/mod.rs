//! [`Judge`]: looks on from outside and knows what the bot cannot: the venue's own ledger, what is in the
//! network, what is on the disk. It keeps its own books of what was heard, and shares no arithmetic with the
//! engine.

mod exposure;
mod heard;
mod looks;
mod strangers;
mod surroundings;

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;
use statecraft_domain::{ClientOrderId, OrderRequest, Side, TimeInForce};
use statecraft_engine::Engine;
use statecraft_exchange::OrderKey;

use crate::simulator::Backend;

use exposure::Told;
use heard::{Heard, scaled};
use strangers::Others;
use surroundings::Surroundings;

/// A rule was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which rule.
    pub invariant: &'static str,
    /// What happened, with its numbers.
    pub detail: String,
}

/// Orders looked at after they are over.
const RECENT: usize = 40;

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
    /// The venue's own number of it, once it has one.
    key: Option<OrderKey>,
    /// An earlier version placed it.
    is_inherited: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Judge {
    verdict: Option<Violation>,
    orders: BTreeMap<ClientOrderId, Tracked>,
    /// Not yet over as far as the judge knows.
    open: Vec<ClientOrderId>,
    /// The last orders that the venue took, oldest first.
    recent: VecDeque<ClientOrderId>,
    /// An order in the bot's name that it never made (as JSON has it), and whether it heard of it.
    usurper: Option<(String, bool)>,
    /// Orders of an earlier version were put into journal and venue.
    has_inherited: bool,
    books: BTreeMap<String, Heard>,
    last_seq: BTreeMap<u64, i64>,
    connected: bool,
    /// A kill is durable and was not released.
    pub(super) killed: bool,
    /// A person's pause is durable and was not ended.
    pub(super) paused: bool,
    /// Nothing may leave before a comparison asked for after this time.
    compare_after: Option<i64>,
    /// The venue lied about a fill.
    pub(super) ghost: bool,
    pub(super) sent: u64,
    /// Fills in the order in which the bot was told of them.
    told: Vec<Told>,
    around: Surroundings,
    others: Others,
}

impl Judge {
    pub(super) fn verdict(&self) -> Option<&Violation> {
        self.verdict.as_ref()
    }

    pub(super) fn condemn(&mut self, invariant: &'static str, detail: String) {
        self.verdict.get_or_insert(Violation { invariant, detail });
    }

    /// A process begins: nothing is known to be in order.
    pub(super) fn process_began(&mut self, now: i64) {
        self.connected = false;
        self.surroundings_begin();
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
        self.thaws(None);
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
        self.surroundings_compared(asked);
        if self.compare_after.is_some_and(|after| asked >= after) {
            self.compare_after = None;
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
            key: None,
            is_inherited: false,
        };
        self.orders.insert(id, tracked);
        self.open.push(id);
        if self.usurper.as_ref().is_some_and(|(_, heard)| *heard) {
            let detail = format!("order {id} was decided; somebody else writes with its name");
            return self.condemn("F57", detail);
        }
        let book = ticker.and_then(|ticker| self.books.get(ticker));
        if !self.connected || !book.is_some_and(|book| book.trusted) {
            self.condemn(
                "I17",
                format!("order {id} was decided on a book that is not to be trusted"),
            );
        } else if book.is_some_and(Heard::is_crossed) {
            self.condemn("I18", format!("order {id} was decided on a crossed book"));
        }
        if let Some(ticker) = ticker {
            self.check_surroundings(now, (request.market, ticker), truth);
        }
        // What the gateway dropped since the last decision can meet nothing.
        self.settle_whereabouts(engine, truth);
        self.check_crossing(request, truth);
        self.check_pace(request, engine);
        self.check_exposure(request, engine, truth);
    }

    /// An order of an earlier version, between two runs; it rests at the venue.
    pub(super) fn inherited(&mut self, now: i64, request: &OrderRequest, truth: &dyn Backend) {
        let tracked = Tracked {
            request: request.clone(),
            whereabouts: Whereabouts::Arrived,
            record: 0,
            decided: now,
            cancels: 0,
            key: None,
            is_inherited: true,
        };
        self.orders.insert(request.id, tracked);
        self.open.push(request.id);
        self.has_inherited = true;
        self.arrived(request.id, truth);
    }

    /// Bytes of an order leave.
    pub(super) fn leaves(
        &mut self,
        now: i64,
        id: ClientOrderId,
        body: &[u8],
        acknowledged: usize,
        (age, ahead): (i64, i64),
        killed: bool,
    ) {
        self.sent += 1;
        let Some(tracked) = self.orders.get_mut(&id) else {
            return self.condemn("I1", format!("order {id} left and was never decided"));
        };
        let (record, decided) = (tracked.record, tracked.decided);
        let before = std::mem::replace(&mut tracked.whereabouts, Whereabouts::Travelling);
        let same = is_same(&tracked.request, body, ahead);
        if before != Whereabouts::Here {
            self.condemn("I2", format!("order {id} left a second time"));
        } else if record >= acknowledged {
            self.condemn("I1", format!("order {id} left before its record was durable"));
        } else if !same {
            let text = String::from_utf8_lossy(body).into_owned();
            self.condemn("I1", format!("order {id} left as another one: {text}"));
        } else if killed {
            self.condemn("I12", format!("order {id} left after the kill was durable"));
        } else if self.paused {
            self.condemn("I12", format!("order {id} left after a person's pause was durable"));
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
    pub(super) fn arrived(&mut self, id: ClientOrderId, truth: &dyn Backend) {
        self.set(id, Whereabouts::Arrived);
        let name = id.to_string();
        let newest = truth.newest_order();
        let newest = newest.filter(|record| record.order.client_id.as_deref() == Some(&*name));
        if let (Some(tracked), Some(record)) = (self.orders.get_mut(&id), newest) {
            tracked.key = Some(record.key);
            self.recent.push_back(id);
            if self.recent.len() > RECENT {
                self.recent.pop_front();
            }
        }
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
}

/// R27: what rests ends by itself, in its group, and when trading pauses; nothing else rests. Its end is told
/// by the wall clock, which engine time may be `ahead` of.
fn rests_as_it_must(request: &OrderRequest, body: &Value, ahead: i64) -> bool {
    match request.time_in_force {
        TimeInForce::GoodTilCancelled { expires } => {
            body["time_in_force"] == "good_till_canceled"
                && expires.zip(body["expiration_time"].as_i64()).is_some_and(|(decided, told)| {
                    let by_the_wall = (decided.nanos() - ahead).div_euclid(1_000_000_000);
                    if ahead > 2_000_000_000 {
                        (told - by_the_wall).abs() <= 1
                    } else {
                        told == decided.secs()
                    }
                })
                && body["cancel_order_on_pause"] == true
                && body["order_group_id"].is_string()
        }
        TimeInForce::ImmediateOrCancel => body["time_in_force"] == "immediate_or_cancel",
        TimeInForce::FillOrKill => body["time_in_force"] == "fill_or_kill",
    }
}

/// Is what leaves what was decided?
fn is_same(request: &OrderRequest, body: &[u8], ahead: i64) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return false };
    let side = match request.side {
        Side::Bid => "bid",
        Side::Ask => "ask",
    };
    body["client_order_id"] == request.id.to_string().as_str()
        && body["side"] == side
        && scaled(&body["price"], 4) == Some(i64::from(request.price.e4()))
        && scaled(&body["count"], 6) == Some(request.quantity.e6())
        && body["post_only"].as_bool().unwrap_or(false) == request.post_only
        && body["reduce_only"].as_bool().unwrap_or(false) == request.reduce_only
        && rests_as_it_must(request, &body, ahead)
}
