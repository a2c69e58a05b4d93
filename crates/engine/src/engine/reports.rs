//! What the venue says about our orders.

use statecraft_domain::action::Severity;
use statecraft_domain::event::{
    CancelFailed, Mode, OrderAccepted, OrderClosed, OrderFilled, OrderRejected, OrderSent,
    OrderUnknown,
};
use statecraft_domain::{Action, ClientOrderId, Fill, RejectReason};

use super::{Engine, Trigger};
use crate::orders::ledger::{FillOutcome, Outcome};
use crate::orders::life::Report;

impl Engine {
    pub(super) fn order_sent(&mut self, sent: &OrderSent, actions: &mut Vec<Action>) {
        let outcome = self.ledger.report(sent.order, Report::Sent);
        self.reported(sent.order, outcome, "sent", actions);
    }

    pub(super) fn order_accepted(&mut self, accepted: &OrderAccepted, actions: &mut Vec<Action>) {
        let outcome = self.ledger.accepted(accepted.order, &accepted.venue_order);
        self.note_accepted();
        self.reported(accepted.order, outcome, "accepted", actions);
    }

    /// A refusal is definitive, with one exception: "the id exists already" means that the venue has
    /// an order of this name, so it proves nothing about ours not being placed.
    pub(super) fn order_rejected(&mut self, rejected: &OrderRejected, actions: &mut Vec<Action>) {
        let outcome = if rejected.reason == RejectReason::DuplicateId {
            let message = format!(
                "order {}: the venue says that its id exists already; counted as unknown",
                rejected.order
            );
            self.alert(Severity::Critical, "duplicate_order_id", message, actions);
            self.ledger.report(rejected.order, Report::NoAnswer)
        } else {
            self.ledger.rejected(rejected.order, rejected.reason)
        };
        self.counters.rejects += u64::from(outcome == Outcome::Moved);
        if outcome == Outcome::Moved {
            self.note_rejected(rejected.order, rejected.reason, actions);
        }
        self.reported(rejected.order, outcome, "rejected", actions);
        self.look_again(rejected.order, actions);
    }

    pub(super) fn order_unknown(&mut self, unknown: &OrderUnknown, actions: &mut Vec<Action>) {
        let outcome = self.ledger.report(unknown.order, Report::NoAnswer);
        if outcome == Outcome::Moved {
            self.counters.unknowns += 1;
            let message = format!(
                "order {}: no answer ({}); its full size stays reserved until the venue says more",
                unknown.order, unknown.cause
            );
            self.alert(Severity::Warning, "order_unknown", message, actions);
        }
        self.reported(unknown.order, outcome, "without an answer", actions);
    }

    pub(super) fn order_closed(&mut self, closed: &OrderClosed, actions: &mut Vec<Action>) {
        let outcome = self.ledger.closed(closed.order, closed.reason, closed.filled);
        if outcome == Outcome::Moved {
            self.note_closed(closed.order, closed.reason, actions);
        }
        self.reported(closed.order, outcome, "closed", actions);
        self.look_again(closed.order, actions);
    }

    /// The order's state is unchanged; only the wish is free to be repeated.
    pub(super) fn cancel_failed(&mut self, _failed: &CancelFailed) {
        self.counters.cancels_failed += 1;
    }

    pub(super) fn order_filled(&mut self, filled: &OrderFilled, actions: &mut Vec<Action>) {
        let fill = &filled.fill;
        let first = self.ledger.get(fill.order).is_some_and(|record| record.filled.is_zero());
        match self.ledger.filled(fill) {
            FillOutcome::Book { late } => {
                self.counters.fills_late += u64::from(late);
                self.book_fill(fill);
                self.note_executed(fill, first, actions);
                self.look_again(fill.order, actions);
            }
            FillOutcome::BookImpossible => {
                self.book_fill(fill);
                let message = format!(
                    "order {}: fill {} of {} at {} contradicts what is known of it",
                    fill.order, fill.trade, fill.quantity, fill.price
                );
                self.halt("impossible_fill", message, actions);
                self.note_impossible(fill.order, actions);
            }
            FillOutcome::Duplicate => self.counters.fills_duplicate += 1,
            FillOutcome::UnknownOrder => {
                let message = format!(
                    "fill {} of {} contracts belongs to order {}, which this engine never made",
                    fill.trade, fill.quantity, fill.order
                );
                self.halt("foreign_fill", message, actions);
            }
            FillOutcome::Forgotten => {
                let message = format!(
                    "fill {} of {} contracts belongs to order {}, which was over long ago; not booked",
                    fill.trade, fill.quantity, fill.order
                );
                self.alert(Severity::Warning, "fill_of_old_order", message, actions);
            }
            FillOutcome::Mismatch => {
                let message = format!(
                    "fill {} says {:?} {} in market {}, which is not order {}; it was not booked",
                    fill.trade, fill.side, fill.quantity, fill.market.0, fill.order
                );
                self.halt("impossible_fill", message, actions);
                self.note_impossible(fill.order, actions);
            }
        }
    }

    /// Money moves. A fill that comes after its market was settled is paid out at once.
    fn book_fill(&mut self, fill: &Fill) {
        self.counters.fills += 1;
        let Some(market) = self.markets.get(fill.market.index()) else {
            // Restored before its market was listed: the venue is not known yet, and the account's
            // report will be the baseline anyway.
            return;
        };
        let (venue, settlement) = (market.listing().venue, market.settlement());
        self.accounts.book(venue, fill);
        self.note_holding(fill);
        if let Some(settlement) = settlement {
            self.accounts.settle(venue, fill.market, settlement);
            self.forget_holdings(fill.market);
        }
    }

    fn reported(
        &mut self,
        order: ClientOrderId,
        outcome: Outcome,
        report: &str,
        actions: &mut Vec<Action>,
    ) {
        match outcome {
            Outcome::Moved => {}
            Outcome::Stale | Outcome::Forgotten => self.counters.reports_stale += 1,
            Outcome::UnknownOrder => {
                let message =
                    format!("order {order} is reported {report}, but this engine never made it");
                if order.lineage == self.ledger.next_id().lineage {
                    // Another copy of this bot trades (F57): what it left resting must go, too.
                    self.unreconciled = true;
                    self.stop(Mode::Killed, "foreign_writer", message, actions);
                } else {
                    self.halt("foreign_order", message, actions);
                }
            }
            Outcome::Impossible => {
                let known = self.ledger.get(order).map(|record| record.phase);
                let message =
                    format!("order {order} is reported {report}, but is known as {known:?}");
                self.halt("impossible_transition", message, actions);
                self.note_impossible(order, actions);
            }
        }
    }

    /// An order moved: what its market's strategies decide may be another thing now.
    fn look_again(&mut self, order: ClientOrderId, actions: &mut Vec<Action>) {
        let Some(record) = self.ledger.get(order) else { return };
        let market = record.request.market.index();
        if market < self.markets.len() {
            self.wake_market(market);
            self.trigger(market, Trigger::Order, actions);
        }
    }
}
