//! What stands between a durable order and the venue: the last look before bytes leave, and what the
//! answer means for the engine.

use statecraft_domain::event::{
    CancelFailed, OrderAccepted, OrderClosed, OrderRejected, OrderUnknown,
};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    ClientOrderId, Event, MarketId, Nanos, OrderRequest, Quantity, RejectReason, TimeInForce,
    Timestamp, VenueOrderId,
};

use super::gate::{Bar, Gate};
use crate::venue::kalshi::Placed;
use crate::venue::kalshi::rest::{Cancelled, OrderRoute};

/// A cancel to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelRequest {
    /// Our name of the order.
    pub order: ClientOrderId,
    /// The venue's name.
    pub venue_order: VenueOrderId,
    /// Where it rests.
    pub market: MarketId,
    /// Its whole size.
    pub quantity: Quantity,
}

/// Engine time further ahead of the wall clock than this is taken out of the expiry of what rests: the
/// venue keeps the wall clock's (P3). It is ahead after a clock was set ahead and back.
pub const AHEAD_MAX: Nanos = Nanos::from_secs(2);

/// The last look before bytes leave: the gate, and the age of the decision.
///
/// # Errors
/// Why the order is dropped instead.
pub fn last_look(
    order: &OrderRequest,
    now: Timestamp,
    gate: &Gate,
    max_decision_age: Nanos,
) -> Result<(), String> {
    if let Some(refusal) = gate.refuses(order.strategy) {
        return Err(refusal.to_owned());
    }
    let rests = order.time_in_force.rests();
    if rests && gate.has(Bar::Ungrouped) {
        return Err("the order group of this run is being set up anew".to_owned());
    }
    let age = now - order.decided_at;
    if age > max_decision_age {
        return Err(format!("the decision is {:.3} s old", age.secs_f64()));
    }
    Ok(())
}

/// How an order is routed: what rests belongs to the run's order group, ends when trading pauses, and ends
/// by the venue's clock, of which engine time may be `ahead`.
///
/// Whether the wall clock is the venue's is looked at before ([`super::clock_watch`], R13): after every
/// step of it no order is decided for a minute, and none while the two are more than two seconds apart.
#[must_use]
pub fn route(order: &OrderRequest, group: Option<&str>, ahead: Nanos) -> OrderRoute {
    let rests = order.time_in_force.rests();
    OrderRoute {
        expires_earlier: if rests && ahead > AHEAD_MAX { ahead } else { Nanos::ZERO },
        cancel_order_on_pause: rests,
        order_group_id: group.filter(|_| rests).map(str::to_owned),
        ..OrderRoute::default()
    }
}

/// The order was dropped before a byte of it left.
#[must_use]
pub fn dropped(order: ClientOrderId, at: Timestamp, detail: String) -> Event {
    let reason = RejectReason::DroppedByGateway;
    Event::OrderRejected(OrderRejected { at, order, reason, detail })
}

/// Does this answer say that the venue takes no order into the run's order group any more?
#[must_use]
pub const fn is_group_over(placed: &Placed) -> bool {
    matches!(placed, Placed::Rejected { reason: RejectReason::OrderGroupEnded, .. })
}

/// What an answer means, in the order in which the engine hears it.
#[must_use]
pub fn outcome(order: &OrderRequest, placed: Placed, at: Timestamp) -> Vec<Event> {
    let id = order.id;
    let unknown = |cause| vec![Event::OrderUnknown(OrderUnknown { at, order: id, cause })];
    match placed {
        Placed::Accepted(accepted) => {
            let (venue_order, filled) = (accepted.venue_order, accepted.filled);
            let mut events =
                vec![Event::OrderAccepted(OrderAccepted { at, order: id, venue_order })];
            if is_over(order, accepted.remaining) {
                let reason = CloseReason::ImmediateRest;
                events.push(Event::OrderClosed(OrderClosed { at, order: id, reason, filled }));
            }
            events
        }
        // Somebody placed an order under this id before. Whether it was this very order is for
        // reconciliation to find out.
        Placed::Rejected { reason: RejectReason::DuplicateId, detail } => {
            unknown(format!("the venue already has an order of this name: {detail}"))
        }
        Placed::Rejected { reason, detail } => {
            vec![Event::OrderRejected(OrderRejected { at, order: id, reason, detail })]
        }
        Placed::Ambiguous { cause } => unknown(cause),
    }
}

/// What the answer to a cancel means. What a cancel did not take out had filled before: those fills come
/// by the stream, or with the next comparison, and stay reserved until then.
#[must_use]
pub fn cancel_outcome(
    cancel: &CancelRequest,
    cancelled: Cancelled,
    at: Timestamp,
) -> Option<Event> {
    let order = cancel.order;
    let detail = match cancelled {
        Cancelled::Done { reduced_by, .. } => {
            let filled = (cancel.quantity - reduced_by).max(Quantity::ZERO);
            let reason = CloseReason::Cancelled;
            return Some(Event::OrderClosed(OrderClosed { at, order, reason, filled }));
        }
        Cancelled::NotLive => "the venue says it is not live any more".to_owned(),
        Cancelled::Refused { detail } => detail,
        Cancelled::Failed { cause } => cause,
    };
    Some(Event::CancelFailed(CancelFailed { at, order, detail }))
}

/// Has an accepted order come to its end already?
fn is_over(order: &OrderRequest, remaining: Quantity) -> bool {
    match order.time_in_force {
        TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => true,
        TimeInForce::GoodTilCancelled { .. } => remaining.is_zero(),
    }
}

#[cfg(test)]
mod tests {
    use statecraft_domain::order::SelfTradePrevention;
    use statecraft_domain::{Price, Side, StrategyId};

    use super::*;

    /// P3, F43: the expiry of what rests is decided in engine time and told in the venue's.
    #[test]
    fn p3_what_rests_ends_by_the_venues_clock_while_engine_time_is_ahead() {
        let now = Timestamp::from_secs(1_000);
        let mut order = OrderRequest {
            id: ClientOrderId { lineage: 1, sequence: 1 },
            strategy: StrategyId(0),
            market: MarketId(0),
            side: Side::Bid,
            price: Price::from_cents(40).unwrap(),
            quantity: Quantity::from_contracts(1),
            time_in_force: TimeInForce::GoodTilCancelled { expires: Some(now) },
            post_only: true,
            reduce_only: false,
            self_trade_prevention: SelfTradePrevention::CancelTaker,
            decided_at: now,
        };
        let hour = Nanos::from_secs(3_600);
        assert_eq!(route(&order, None, Nanos::from_secs(1)).expires_earlier, Nanos::ZERO);
        let ahead = route(&order, None, hour);
        assert_eq!(ahead.expires_earlier, hour);
        let body = crate::venue::kalshi::rest::create_bytes(&order, "T", &ahead).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["expiration_time"], 1_000 - 3_600);
        order.time_in_force = TimeInForce::ImmediateOrCancel;
        assert_eq!(route(&order, None, hour).expires_earlier, Nanos::ZERO);
    }
}
