//! The account's own frames: fills, orders, positions.

use std::collections::{HashMap, VecDeque};

use statecraft_domain::event::{OrderAccepted, OrderClosed, OrderFilled};
use statecraft_domain::order::CloseReason;
use statecraft_domain::{ClientOrderId, Event, Fill, Liquidity, Side, TradeId, VenueOrderId};

use super::{FrameDetail, FrameError, FrameKind, FrameMapper, FrameNote, Ignored, Sink};
use crate::venue::kalshi::scan::Head;
use crate::venue::kalshi::wire::{FillMsg, PositionMsg, UserOrderMsg, UserOrderStatus};

/// Venue orders remembered by name; the oldest are forgotten first. An order that is older than this
/// many others and whose frames lack our id is reported as foreign, and reconciliation finds it.
const ORDERS_MAX: usize = 20_000;

/// Which venue order is which of ours, and whether its acceptance was told.
#[derive(Debug, Default)]
pub(super) struct OrderNames {
    names: HashMap<String, Known>,
    oldest_first: VecDeque<String>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    order: ClientOrderId,
    accepted: bool,
}

impl OrderNames {
    pub(super) fn learn(&mut self, venue_order: &str, order: ClientOrderId) {
        if self.names.contains_key(venue_order) {
            return;
        }
        if self.oldest_first.len() >= ORDERS_MAX
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.names.remove(&oldest);
        }
        self.names.insert(venue_order.to_owned(), Known { order, accepted: false });
        self.oldest_first.push_back(venue_order.to_owned());
    }

    fn order(&self, venue_order: &str) -> Option<ClientOrderId> {
        self.names.get(venue_order).map(|known| known.order)
    }

    /// True the first time only.
    fn accept_once(&mut self, venue_order: &str) -> bool {
        match self.names.get_mut(venue_order) {
            Some(known) => !std::mem::replace(&mut known.accepted, true),
            None => true,
        }
    }
}

impl FrameMapper {
    /// Our name for an order, from the frame or from memory; `None` if the order is not ours.
    fn own_order(&mut self, venue_order: &str, client: Option<&str>) -> Option<ClientOrderId> {
        let named = match client {
            Some(text) if !text.is_empty() => Some(text.parse::<ClientOrderId>().ok()?),
            _ => self.orders.order(venue_order),
        };
        let order = named?;
        if self.settings.lineage.is_some_and(|lineage| lineage != order.lineage) {
            return None;
        }
        self.orders.learn(venue_order, order);
        Some(order)
    }

    pub(super) fn fill(
        &mut self,
        head: Head,
        msg: &FillMsg,
        sink: &mut Sink<'_>,
    ) -> Result<FrameNote, FrameError> {
        let mut note = FrameNote::of(FrameKind::Fill, head);
        note.unknown_fields = msg.unknown.count;
        if !msg.yes_price_dollars.is_inside() {
            return Err(FrameError::BadPrice { kind: "fill", price: msg.yes_price_dollars });
        }
        if !msg.count_fp.is_positive() {
            return Err(FrameError::BadSize { kind: "fill", size: msg.count_fp });
        }
        let Some(order) = self.own_order(&msg.order_id, msg.client_order_id.as_deref()) else {
            note.ignored = Some(Ignored::Foreign);
            note.detail = Some(Box::new(FrameDetail::ForeignFill {
                ticker: msg.market_ticker.clone(),
                venue_order: msg.order_id.clone(),
            }));
            return Ok(note);
        };
        let slot = self.slot(&msg.market_ticker, std::iter::empty(), sink)?;
        let fill = Fill {
            trade: TradeId::new(&msg.trade_id),
            order,
            venue_order: VenueOrderId::new(&msg.order_id),
            market: self.markets.get(slot).id,
            side: Side::from(msg.book_side),
            price: msg.yes_price_dollars,
            quantity: msg.count_fp,
            liquidity: if msg.is_taker { Liquidity::Taker } else { Liquidity::Maker },
            fee: msg.fee_cost,
            venue_at: sink.venue_time(msg.ts_ms),
        };
        sink.out.push(Event::OrderFilled(Box::new(OrderFilled { at: sink.received, fill })));
        Ok(note)
    }

    pub(super) fn user_order(
        &mut self,
        head: Head,
        msg: UserOrderMsg,
        sink: &mut Sink<'_>,
    ) -> Result<FrameNote, FrameError> {
        let mut note = FrameNote::of(FrameKind::UserOrder, head);
        note.unknown_fields = msg.unknown.count;
        let Some(order) = self.own_order(&msg.order_id, msg.client_order_id.as_deref()) else {
            note.ignored = Some(Ignored::Foreign);
            note.detail = Some(Box::new(FrameDetail::ForeignOrder {
                ticker: msg.ticker,
                venue_order: msg.order_id,
            }));
            return Ok(note);
        };
        let is_first = self.orders.accept_once(&msg.order_id);
        match msg.status {
            UserOrderStatus::Unknown => {
                return Err(FrameError::UnknownValue {
                    kind: "user_order",
                    field: "status",
                    value: "unknown".to_owned(),
                });
            }
            // An executed order ends by its fills, which arrive on their own.
            UserOrderStatus::Resting | UserOrderStatus::Executed if is_first => {
                sink.out.push(Event::OrderAccepted(OrderAccepted {
                    at: sink.received,
                    order,
                    venue_order: VenueOrderId::new(&msg.order_id),
                }));
            }
            UserOrderStatus::Resting | UserOrderStatus::Executed => {
                note.ignored = Some(Ignored::Repeated);
            }
            UserOrderStatus::Canceled => sink.out.push(Event::OrderClosed(OrderClosed {
                at: sink.received,
                order,
                reason: close_reason(msg.last_update_reason.as_deref().unwrap_or_default()),
                filled: msg.fill_count_fp,
            })),
        }
        Ok(note)
    }

    pub(super) fn position(head: Head, msg: PositionMsg) -> Result<FrameNote, FrameError> {
        let mut note = FrameNote::of(FrameKind::Position, head);
        note.unknown_fields = msg.unknown.count;
        note.detail = Some(Box::new(FrameDetail::Position {
            ticker: msg.market_ticker,
            quantity: msg.position_fp,
        }));
        Ok(note)
    }
}

/// The venue's `last_update_reason` of a cancelled order in our words. An unknown reason is the
/// venue's own affair.
pub(super) fn close_reason(reason: &str) -> CloseReason {
    match reason {
        "" | "Decrease" | "Amend" => CloseReason::Cancelled,
        "Trade" | "PostOnlyCrossCancel" => CloseReason::ImmediateRest,
        "ExpiryCancel" => CloseReason::Expired,
        "SelfTradeCancel" => CloseReason::SelfTrade,
        "CloseCancel" | "HaltCancel" | "SettlementBoundsCancel" => CloseReason::MarketClosed,
        _ => CloseReason::VenueRemoved,
    }
}
