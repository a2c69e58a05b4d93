//! The gateway: the only code that sends an order, and it sends each one once.
//!
//! It takes `Journaled<RiskApproved<OrderRequest>>`, so an order that was not checked or is not on disk
//! cannot reach it. Before a byte leaves it looks at the gate and at the order's age; afterwards it
//! says what is *known*: accepted, refused, or unknown. It never tries an order again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use statecraft_domain::event::{
    CancelFailed, OrderAccepted, OrderClosed, OrderRejected, OrderSent, OrderUnknown,
};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    ClientOrderId, Event, Nanos, OrderRequest, Quantity, RejectReason, RiskApproved,
    SelfTradePrevention, TimeInForce, VenueOrderId,
};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::clock::RunClock;
use super::markets::Markets;
use crate::journal::Journaled;
use crate::venue::kalshi::rest::{Cancelled, KalshiRest, Placed};
use crate::venue::kalshi::wire;

/// A cancel to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelRequest {
    /// Our name of the order.
    pub order: ClientOrderId,
    /// The venue's name.
    pub venue_order: VenueOrderId,
}

/// May orders leave? Closed for good on stop, kill or a failed journal.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<AtomicBool>);

impl Gate {
    /// No order leaves from now on.
    pub fn close(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// May no order leave any more?
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// What the gateway works with.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// The venue.
    pub rest: Arc<KalshiRest>,
    /// Tickers.
    pub markets: Markets,
    /// Engine time.
    pub clock: RunClock,
    /// Closed: nothing is sent.
    pub gate: Gate,
    /// An order older than this (engine time) is dropped instead of sent.
    pub max_decision_age: Nanos,
    /// Where outcomes go.
    pub outcomes: mpsc::Sender<Event>,
}

impl Gateway {
    /// Sends orders and cancels until both queues end, then waits for what is under way. Each order
    /// runs on its own: a slow answer holds up nobody.
    pub async fn run(
        self,
        mut orders: mpsc::Receiver<Journaled<RiskApproved<OrderRequest>>>,
        mut cancels: mpsc::Receiver<CancelRequest>,
    ) {
        let under_way = TaskTracker::new();
        loop {
            tokio::select! {
                biased;
                Some(cancel) = cancels.recv() => {
                    let gateway = self.clone();
                    under_way.spawn(async move { gateway.cancel(cancel).await });
                }
                Some(order) = orders.recv() => {
                    let gateway = self.clone();
                    under_way.spawn(async move { gateway.send(order).await });
                }
                else => break,
            }
        }
        under_way.close();
        under_way.wait().await;
    }

    /// Sends one order. The one function that can.
    async fn send(&self, order: Journaled<RiskApproved<OrderRequest>>) {
        let order = order.get().get();
        let request = match self.prepare(order) {
            Ok(request) => request,
            Err(detail) => return self.dropped(order.id, detail).await,
        };
        let at = self.clock.now();
        self.say(Event::OrderSent(OrderSent { at, order: order.id })).await;
        let placed = self.rest.create_order(&request).await;
        self.report(order, placed).await;
    }

    /// The last look before bytes leave.
    fn prepare(&self, order: &OrderRequest) -> Result<wire::CreateOrder, String> {
        if self.gate.is_closed() {
            return Err("the gate is closed".to_owned());
        }
        let age = self.clock.now() - order.decided_at;
        if age > self.max_decision_age {
            return Err(format!("the decision is {:.3} s old", age.secs_f64()));
        }
        let ticker = self.markets.ticker(order.market).ok_or("the market has no ticker")?;
        Ok(to_wire(order, ticker))
    }

    async fn report(&self, order: &OrderRequest, placed: Placed) {
        let at = self.clock.now();
        match placed {
            Placed::Accepted { venue_order, filled, remaining, .. } => {
                self.say(Event::OrderAccepted(OrderAccepted { at, order: order.id, venue_order })).await;
                if is_over(order, remaining) {
                    let reason = CloseReason::ImmediateRest;
                    self.say(Event::OrderClosed(OrderClosed { at, order: order.id, reason, filled }))
                        .await;
                }
            }
            Placed::Rejected { reason: RejectReason::DuplicateId, detail } => {
                // Somebody placed an order under this id before. Whether it was this very order is
                // for reconciliation to find out.
                let cause = format!("the venue already has an order of this name: {detail}");
                self.say(Event::OrderUnknown(OrderUnknown { at, order: order.id, cause })).await;
            }
            Placed::Rejected { reason, detail } => {
                tracing::warn!(order = %order.id, %reason, detail, "order refused");
                self.say(Event::OrderRejected(OrderRejected { at, order: order.id, reason, detail }))
                    .await;
            }
            Placed::Ambiguous { cause } => {
                tracing::warn!(order = %order.id, cause, "no answer about an order");
                self.say(Event::OrderUnknown(OrderUnknown { at, order: order.id, cause })).await;
            }
        }
    }

    async fn dropped(&self, order: ClientOrderId, detail: String) {
        tracing::warn!(%order, detail, "order dropped before it was sent");
        let (at, reason) = (self.clock.now(), RejectReason::DroppedByGateway);
        self.say(Event::OrderRejected(OrderRejected { at, order, reason, detail })).await;
    }

    /// Cancels one order. Cancels may be repeated; the client does so where it helps.
    async fn cancel(&self, cancel: CancelRequest) {
        let outcome = self.rest.cancel_order(cancel.venue_order.as_str(), None).await;
        let at = self.clock.now();
        let event = match outcome {
            // How much of it filled before is known from its fills and the next reconciliation.
            Cancelled::Done { .. } => return,
            Cancelled::NotLive => CancelFailed {
                at,
                order: cancel.order,
                detail: "the venue says it is not live any more".to_owned(),
            },
            Cancelled::Failed { cause } => CancelFailed { at, order: cancel.order, detail: cause },
        };
        self.say(Event::CancelFailed(event)).await;
    }

    async fn say(&self, event: Event) {
        if self.outcomes.send(event).await.is_err() {
            // The core has ended; the journal and the venue still agree after the next start.
            tracing::error!("an order outcome came after the engine had stopped");
        }
    }
}

/// Has an accepted order come to its end already?
fn is_over(order: &OrderRequest, remaining: Quantity) -> bool {
    match order.time_in_force {
        TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => true,
        TimeInForce::GoodTilCancelled { .. } => remaining.is_zero(),
    }
}

/// The order in Kalshi's words: one YES book, `bid` or `ask`, prices in YES dollars.
fn to_wire(order: &OrderRequest, ticker: String) -> wire::CreateOrder {
    let (time_in_force, expires) = match order.time_in_force {
        TimeInForce::ImmediateOrCancel => (wire::TimeInForce::ImmediateOrCancel, None),
        TimeInForce::FillOrKill => (wire::TimeInForce::FillOrKill, None),
        TimeInForce::GoodTilCancelled { expires } => (wire::TimeInForce::GoodTillCanceled, expires),
    };
    let rests = time_in_force == wire::TimeInForce::GoodTillCanceled;
    wire::CreateOrder {
        ticker,
        side: order.side.into(),
        count: order.quantity,
        price: order.price,
        time_in_force,
        self_trade_prevention_type: match order.self_trade_prevention {
            SelfTradePrevention::CancelTaker => wire::SelfTradePrevention::TakerAtCross,
            SelfTradePrevention::CancelMaker => wire::SelfTradePrevention::Maker,
        },
        client_order_id: Some(order.id.to_string()),
        expiration_time: expires.map(statecraft_domain::Timestamp::secs),
        post_only: order.post_only.then_some(true),
        cancel_order_on_pause: rests.then_some(true),
        reduce_only: order.reduce_only.then_some(true),
        subaccount: None,
        order_group_id: None,
        exchange_index: None,
        unknown: wire::UnknownFields::default(),
    }
}
