//! Orders and cancels: the last look, the bytes, and what an answer means.

use std::time::Duration;

use statecraft_domain::event::OrderSent;
use statecraft_domain::{ClientOrderId, Event, Nanos, OrderRequest, RiskApproved};

use crate::journal::{JournalClosed, Journaled};
use crate::simulation::plant::Plant;
use crate::trading::desk::Takes;
use crate::trading::dispatch;
use crate::trading::dispatch::CancelRequest;
use crate::trading::gate::{Bar, Gate};
use crate::venue::kalshi::rest::{OrderRoute, RestError, create_bytes, judge_cancel, judge_create};

use super::{Bot, DECISION_AGE_MAX, Wish};

impl Bot {
    /// Orders that are durable now.
    pub(in crate::simulation) fn durable(
        &mut self,
        orders: Vec<Journaled<RiskApproved<OrderRequest>>>,
    ) -> Result<(), JournalClosed> {
        for order in orders {
            let request = order.get().get();
            let (id, at) = (request.id, self.core.at);
            match self.last_look(request) {
                Err(detail) => self.core.take(dispatch::dropped(id, at, detail))?,
                Ok(()) => {
                    self.core.take(Event::OrderSent(OrderSent { at, order: id }))?;
                    self.wishes.push(Wish::Dispatch(order));
                }
            }
        }
        Ok(())
    }

    fn last_look(&self, order: &OrderRequest) -> Result<(), String> {
        if Plant::is(self.plant, Plant::OpenGate) || Plant::is(self.plant, Plant::StaleDecision) {
            let (open, never) = (Gate::default(), Nanos::from_secs(86_400));
            return dispatch::last_look(order, self.core.at, &open, never);
        }
        if Plant::is(self.plant, Plant::OpenLatch) {
            self.gate.lift(Bar::Latched);
        }
        dispatch::last_look(order, self.core.at, &self.gate, DECISION_AGE_MAX)
    }

    fn route(&self, request: &OrderRequest) -> OrderRoute {
        dispatch::route(request, self.groups.own.as_deref(), self.ahead)
    }

    /// The last look, and the bytes. The one place of the simulation from which an order leaves.
    pub(in crate::simulation) fn send(
        &mut self,
        order: Journaled<RiskApproved<OrderRequest>>,
    ) -> Result<(), JournalClosed> {
        let approved = order.into_inner();
        let request = approved.get().clone();
        let (id, at) = (request.id, self.core.at);
        if let Err(detail) = self.last_look(&request) {
            return self.core.take(dispatch::dropped(id, at, detail));
        }
        let Some(ticker) = self.markets.ticker(request.market) else { return Ok(()) };
        match create_bytes(&request, &ticker, &self.route(&request)) {
            Ok(bytes) => {
                self.in_flight.insert(id, request);
                self.wishes.push(Wish::Place(Box::new(approved), bytes));
                if Plant::is(self.plant, Plant::ForgetReserved) {
                    let reason = statecraft_domain::order::CloseReason::ImmediateRest;
                    return self.close(id, reason);
                }
                Ok(())
            }
            Err(refused) => {
                for event in dispatch::outcome(&request, refused, at) {
                    self.core.take(event)?;
                }
                Ok(())
            }
        }
    }

    /// An order was answered, or was not. `true`: it was still waited for.
    pub(in crate::simulation) fn placed(
        &mut self,
        order: ClientOrderId,
        answer: Result<(u16, &[u8]), RestError>,
    ) -> Result<bool, JournalClosed> {
        let Some(request) = self.in_flight.remove(&order) else { return Ok(false) };
        let verdict = match &answer {
            Ok((status, body)) => judge_create(&request, Ok((*status, body))),
            Err(error) => judge_create(&request, Err(error)),
        };
        let verdict = self.planted_verdict(&request, verdict, answer.is_ok());
        if dispatch::is_group_over(&verdict) {
            self.gate.bar(Bar::Ungrouped);
        }
        for event in dispatch::outcome(&request, verdict, self.core.at) {
            let watch = &mut self.lookout.watch;
            watch.outcome(&mut self.core, &mut self.reconciler, self.wall, &event)?;
            self.core.take(event)?;
        }
        Ok(true)
    }

    /// A planted defect: a success without an order counts as one that came to nothing.
    fn planted_verdict(
        &self,
        request: &OrderRequest,
        verdict: crate::venue::kalshi::Placed,
        answered: bool,
    ) -> crate::venue::kalshi::Placed {
        use crate::venue::kalshi::{Accepted, Placed};
        match verdict {
            Placed::Ambiguous { .. }
                if answered && Plant::is(self.plant, Plant::BelieveSuccess) =>
            {
                Placed::Accepted(Accepted {
                    venue_order: statecraft_domain::VenueOrderId::new(&request.id.to_string()),
                    filled: statecraft_domain::Quantity::ZERO,
                    remaining: statecraft_domain::Quantity::ZERO,
                    venue_at: self.core.at,
                    average_price: None,
                    average_fee: None,
                })
            }
            other => other,
        }
    }

    /// Its bytes again: a planted defect.
    pub(in crate::simulation) fn again(&mut self, order: ClientOrderId) -> Option<Vec<u8>> {
        let request = self.in_flight.get(&order)?;
        let ticker = self.markets.ticker(request.market)?;
        create_bytes(request, &ticker, &self.route(request)).ok()
    }

    /// A cancel was answered, or was not.
    pub(in crate::simulation) fn cancelled(
        &mut self,
        cancel: &CancelRequest,
        answer: Option<(u16, &[u8])>,
    ) -> Result<(), JournalClosed> {
        let verdict = match answer {
            Some((status, body)) => judge_cancel(status, body),
            None => crate::venue::kalshi::rest::Cancelled::Failed { cause: "no answer".to_owned() },
        };
        match dispatch::cancel_outcome(cancel, verdict, self.core.at) {
            Some(event) => {
                // As the live loop: a cancel that found nothing leaves the rest to the account.
                if matches!(event, Event::CancelFailed(_)) {
                    self.reconciler.hurry(self.wall);
                }
                self.core.take(event)
            }
            None => Ok(()),
        }
    }

    /// A cancel leaves: a planted defect takes the order for gone.
    pub(in crate::simulation) fn cancel_leaves(
        &mut self,
        order: ClientOrderId,
    ) -> Result<(), JournalClosed> {
        if Plant::is(self.plant, Plant::LeakOnCancel) {
            return self.close(order, statecraft_domain::order::CloseReason::Cancelled);
        }
        Ok(())
    }

    /// A planted defect: what has had no answer for five seconds is taken never to have been placed.
    pub(super) fn planted_timer(&mut self) -> Result<(), JournalClosed> {
        if !Plant::is(self.plant, Plant::UnknownTimer) {
            return Ok(());
        }
        let unknown: Vec<ClientOrderId> = self
            .core
            .engine()
            .orders()
            .live()
            .iter()
            .filter(|order| order.phase == statecraft_engine::orders::Phase::Unknown)
            .map(|order| order.id())
            .collect();
        self.unknown_since.retain(|id, _| unknown.contains(id));
        for order in unknown {
            let since = *self.unknown_since.entry(order).or_insert(self.wall);
            if self.wall - since >= Duration::from_secs(5) {
                self.close(order, statecraft_domain::order::CloseReason::NotPlaced)?;
            }
        }
        Ok(())
    }

    pub(super) fn close(
        &mut self,
        order: ClientOrderId,
        reason: statecraft_domain::order::CloseReason,
    ) -> Result<(), JournalClosed> {
        let (at, filled) = (self.core.at, statecraft_domain::Quantity::ZERO);
        let closed = statecraft_domain::event::OrderClosed { at, order, reason, filled };
        self.core.take(Event::OrderClosed(closed))
    }
}
