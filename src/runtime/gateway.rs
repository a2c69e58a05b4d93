//! The gateway: the only code that sends an order, and it sends each one once.
//!
//! It takes `Journaled<RiskApproved<OrderRequest>>`, so an order that was not checked or is not on disk
//! cannot reach it. Before a byte leaves it looks at the gate and at the order's age; afterwards it
//! says what is *known*: accepted, refused, or unknown. It never tries an order again.

use std::sync::Arc;
use std::time::Duration;

use statecraft_domain::event::OrderSent;
use statecraft_domain::{ClientOrderId, Event, Nanos, OrderRequest, RiskApproved};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::clock::RunClock;
use super::input::Input;
use super::order_group::OrderGroup;
use crate::journal::Journaled;
use crate::trading::dispatch;
use crate::trading::flow::Sent;
use crate::trading::gate::Bar;
use crate::trading::group::{Ask, GroupWatch};
use crate::trading::markets::Markets;
use crate::venue::kalshi::Placed;
use crate::venue::kalshi::rest::{KalshiRest, OrderRoute};

pub use crate::trading::dispatch::CancelRequest;
pub use crate::trading::gate::Gate;

/// How often the gate is looked at, for the order group of the run.
const GATE_LOOK: Duration = Duration::from_millis(20);

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
    /// What left is counted here.
    pub sent: Sent,
    /// An order older than this (engine time) is dropped instead of sent.
    pub max_decision_age: Nanos,
    /// Where outcomes go.
    pub outcomes: mpsc::Sender<Input>,
    /// The run's order group: what rests belongs to it.
    pub order_group: Option<Arc<OrderGroup>>,
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
        let group = tokio::spawn(self.clone().keep_group());
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
        if self.gate.has(Bar::Stop) {
            // A panic of the task was reported by its own hook.
            let _ = group.await;
        } else {
            group.abort();
        }
    }

    /// The order group follows the gate ([`GroupWatch`]).
    async fn keep_group(self) {
        let Some(group) = self.order_group.as_deref() else { return };
        let mut watch = GroupWatch::default();
        let mut look = tokio::time::interval(GATE_LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            look.tick().await;
            if let Some(ask) = watch.due(&self.gate, self.clock.wall()) {
                let done = match ask {
                    Ask::End => group.end(&self.rest).await,
                    Ask::Renew => group.set_up_anew(&self.rest).await,
                };
                if let Err(error) = &done {
                    tracing::error!(%error, code = "order_group", "{}", failed(ask));
                }
                watch.answered(&self.gate, self.clock.wall(), ask, done.is_ok());
            } else if self.gate.has(Bar::Stop) {
                return;
            }
        }
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
        // The engine may have been slow to hear that.
        if let Err(detail) = self.last_look(order) {
            return self.dropped(order.id, detail).await;
        }
        // A simulated venue keeps the engine's own, faster time.
        let ahead = self.clock.ahead();
        let group = self.order_group.as_ref().map(|group| group.name());
        let route = dispatch::route(order, group.as_deref(), ahead);
        // And a connection may be slow to come: nothing comes between this look and the bytes.
        let (gateway, request) = (self.clone(), order.clone());
        let look = move || {
            gateway.last_look(&request)?;
            gateway.sent.add(&request);
            Ok(())
        };
        let placed = self.rest.create_order(approved, &ticker, &route, look).await;
        self.report(order, placed).await;
    }

    /// The last look before bytes leave.
    fn last_look(&self, order: &OrderRequest) -> Result<String, String> {
        let now = self.clock.now();
        dispatch::last_look(order, now, &self.gate, self.max_decision_age)?;
        self.markets.ticker(order.market).ok_or_else(|| "the market has no ticker".to_owned())
    }

    async fn report(&self, order: &OrderRequest, placed: Placed) {
        match &placed {
            Placed::Accepted(_) => {}
            Placed::Rejected { reason, detail } => {
                tracing::warn!(order = %order.id, %reason, detail, "order refused");
            }
            Placed::Ambiguous { cause } => {
                tracing::warn!(order = %order.id, cause, "no answer about an order");
            }
        }
        if dispatch::is_group_over(&placed) {
            self.gate.bar(Bar::Ungrouped);
        }
        for event in dispatch::outcome(order, placed, self.clock.now()) {
            self.say(event).await;
        }
    }

    async fn dropped(&self, order: ClientOrderId, detail: String) {
        tracing::warn!(%order, detail, "order dropped before it was sent");
        self.say(dispatch::dropped(order, self.clock.now(), detail)).await;
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
        if let Some(event) = dispatch::cancel_outcome(&cancel, outcome, at) {
            self.say(event).await;
        }
    }

    async fn say(&self, event: Event) {
        if self.outcomes.send(Input::Outcome(event)).await.is_err() {
            // The core has ended; the journal and the venue still agree after the next start.
            tracing::error!("an order outcome came after the engine had stopped");
        }
    }
}

const fn failed(ask: Ask) -> &'static str {
    match ask {
        Ask::End => "the run's order group was not ended; orders are cancelled singly",
        Ask::Renew => {
            "the run's order group is not set up anew yet; nothing that rests leaves until it is"
        }
    }
}
