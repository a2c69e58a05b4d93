//! The gateway: the only code that sends an order, and it sends each one once.
//!
//! It takes `Journaled<RiskApproved<OrderRequest>>`, so an order that was not checked or is not on disk
//! cannot reach it. Before a byte leaves it looks at the gate and at the order's age; afterwards it
//! says what is *known*: accepted, refused, or unknown. It never tries an order again.

use std::sync::Arc;

use statecraft_domain::event::{
    CancelFailed, OrderAccepted, OrderClosed, OrderRejected, OrderSent, OrderUnknown,
};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    ClientOrderId, Event, MarketId, Nanos, OrderRequest, Quantity, RejectReason, RiskApproved,
    TimeInForce, VenueOrderId,
};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::clock::RunClock;
use super::input::Input;
use super::markets::Markets;
use crate::journal::Journaled;
use crate::venue::kalshi::Placed;
use crate::venue::kalshi::rest::{Cancelled, KalshiRest, OrderRoute};

/// A cancel to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelRequest {
    /// Our name of the order.
    pub order: ClientOrderId,
    /// The venue's name.
    pub venue_order: VenueOrderId,
    /// Where it rests.
    pub market: MarketId,
}

pub use super::gate::Gate;

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
    pub outcomes: mpsc::Sender<Input>,
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
        let approved = order.get();
        let order = approved.get();
        let ticker = match self.last_look(order) {
            Ok(ticker) => ticker,
            Err(detail) => return self.dropped(order.id, detail).await,
        };
        let at = self.clock.now();
        self.say(Event::OrderSent(OrderSent { at, order: order.id })).await;
        // The engine may have been slow to hear that: nothing comes between this look and the bytes.
        if let Err(detail) = self.last_look(order) {
            return self.dropped(order.id, detail).await;
        }
        let route = OrderRoute { cancel_order_on_pause: rests(order), ..OrderRoute::default() };
        let placed = self.rest.create_order(approved, &ticker, &route).await;
        self.report(order, placed).await;
    }

    /// The last look before bytes leave.
    fn last_look(&self, order: &OrderRequest) -> Result<String, String> {
        if let Some(refusal) = self.gate.refuses(order.strategy) {
            return Err(refusal.to_owned());
        }
        let age = self.clock.now() - order.decided_at;
        if age > self.max_decision_age {
            return Err(format!("the decision is {:.3} s old", age.secs_f64()));
        }
        self.markets.ticker(order.market).ok_or_else(|| "the market has no ticker".to_owned())
    }

    async fn report(&self, order: &OrderRequest, placed: Placed) {
        let at = self.clock.now();
        match placed {
            Placed::Accepted(accepted) => {
                let (venue_order, filled) = (accepted.venue_order, accepted.filled);
                self.say(Event::OrderAccepted(OrderAccepted { at, order: order.id, venue_order }))
                    .await;
                if is_over(order, accepted.remaining) {
                    let reason = CloseReason::ImmediateRest;
                    self.say(Event::OrderClosed(OrderClosed {
                        at,
                        order: order.id,
                        reason,
                        filled,
                    }))
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
                self.say(Event::OrderRejected(OrderRejected {
                    at,
                    order: order.id,
                    reason,
                    detail,
                }))
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
        let order = cancel.order;
        let Some(ticker) = self.markets.ticker(cancel.market) else {
            tracing::error!(%order, "cancel not sent: the market has no ticker");
            return;
        };
        let venue_order = cancel.venue_order.as_str();
        let outcome = self.rest.cancel_order(venue_order, &ticker, &OrderRoute::default()).await;
        let at = self.clock.now();
        let detail = match outcome {
            // How much of it filled before comes by the stream, or with the next reconciliation.
            Cancelled::Done { .. } => return,
            Cancelled::NotLive => "the venue says it is not live any more".to_owned(),
            Cancelled::Refused { detail } => detail,
            Cancelled::Failed { cause } => cause,
        };
        self.say(Event::CancelFailed(CancelFailed { at, order, detail })).await;
    }

    async fn say(&self, event: Event) {
        if self.outcomes.send(Input::Outcome(event)).await.is_err() {
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

/// May the order stay in the book?
fn rests(order: &OrderRequest) -> bool {
    matches!(order.time_in_force, TimeInForce::GoodTilCancelled { .. })
}
