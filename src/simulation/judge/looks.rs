//! What must hold at any time, and at the end.

use statecraft_domain::{ClientOrderId, Nanos, OrderRequest, Side};
use statecraft_engine::Engine;
use statecraft_engine::config::Decision;
use statecraft_engine::orders::Phase;
use statecraft_exchange::venue::OrderRecord;

use crate::simulator::Backend;

use super::{Judge, Whereabouts};

/// 300 s by the limits of the account, and what two clocks may be apart, in nanoseconds.
const UNATTENDED_MAX: i64 = 320_000_000_000;
/// What a budget of quotes is for.
const MINUTE: Nanos = Nanos::from_secs(60);

impl Judge {
    /// What must hold at any time while a process runs.
    pub(in crate::simulation) fn look(&mut self, engine: &Engine, truth: &dyn Backend) {
        if !engine.is_money_conserved() {
            self.condemn("I9", "the engine's own money does not add up".to_owned());
        }
        if self.ghost {
            return;
        }
        // Some are in both; to look at them twice costs less than to find out.
        let found = self.recent.iter().rev().chain(&self.open).find_map(|id| {
            let record = truth.order(self.orders.get(id)?.key?)?;
            // What the venue said of such an order was not so.
            trouble(*id, record, engine).filter(|_| !self.is_undone(*id))
        });
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

    /// P3, R27: whatever the process does or does not do, nothing rests longer than it may unattended.
    pub(in crate::simulation) fn check_unattended(&mut self, now: i64, truth: &dyn Backend) {
        let overdue = self.open.iter().find(|id| {
            let Some(tracked) = self.orders.get(id) else { return false };
            let live =
                tracked.key.and_then(|key| truth.order(key)).is_some_and(OrderRecord::is_live);
            live && !tracked.is_inherited && now - tracked.decided > UNATTENDED_MAX
        });
        if let Some(id) = overdue {
            let detail = format!("order {id} rests longer than anything may unattended");
            self.condemn("P3", detail);
        }
    }

    /// R22: an order that could meet one of our own is not even decided.
    pub(super) fn check_crossing(&mut self, request: &OrderRequest, truth: &dyn Backend) {
        let crosses = |other: &OrderRequest| {
            let (bid, ask) = match request.side {
                Side::Bid => (request.price, other.price),
                Side::Ask => (other.price, request.price),
            };
            other.market == request.market && other.side != request.side && bid >= ask
        };
        let own = self.open.iter().find(|id| {
            let Some(tracked) = self.orders.get(id).filter(|_| !self.is_undone(**id)) else {
                return false;
            };
            let may_rest = tracked.request.time_in_force.rests();
            let waits = matches!(tracked.whereabouts, Whereabouts::Here | Whereabouts::Travelling);
            let live =
                tracked.key.and_then(|key| truth.order(key)).is_some_and(OrderRecord::is_live);
            may_rest && (waits || live) && crosses(&tracked.request)
        });
        // A fill that never was may have ended the other in the bot's eyes (F26).
        if let Some(own) = own.filter(|_| !self.ghost) {
            let detail = format!("order {} could meet our own order {own}", request.id);
            self.condemn("R22", detail);
        }
    }

    /// F46: orders of a strategy on a market are as far apart, and quotes of a minute as few, as its rules say,
    /// whichever process decided them.
    pub(super) fn check_pace(&mut self, request: &OrderRequest, engine: &Engine) {
        let Some(strategy) = engine.config().strategies.get(request.strategy.index()) else {
            return;
        };
        let (span, most) = match &strategy.decision {
            Decision::Threshold(rules) => (rules.interval, 1),
            Decision::Maker(rules) if request.time_in_force.rests() => {
                (MINUTE.times(engine.config().time_scale), rules.max_quotes_per_minute as usize)
            }
            Decision::Kelly(_) | Decision::Maker(_) => return,
        };
        let others = self.orders.values().rev().map(|tracked| (&tracked.request, tracked));
        let near = others.take_while(|(other, _)| request.decided_at - other.decided_at < span);
        let same = near.filter(|(other, tracked)| {
            let place = (other.strategy, other.market, other.time_in_force.rests());
            place == (request.strategy, request.market, request.time_in_force.rests())
                && !tracked.is_inherited
        });
        // The order itself is among them.
        let count = same.count();
        if count > most {
            let (id, secs) = (request.id, span.get() / 1_000_000_000);
            let detail = format!("order {id} is the {count}th within {secs} s; {most} may be");
            self.condemn("F46", detail);
        }
    }

    /// What must hold when everything has come to rest.
    pub(in crate::simulation) fn final_look(&mut self, engine: &Engine, truth: &dyn Backend) {
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
        // What came by itself is counted once it is sure that it is no payout still to be told of.
        if ours != account.cash && !(self.has_cash_moved() && ours < account.cash) {
            self.condemn(
                "I9",
                format!("{} in cash at the venue, {ours} in the engine", account.cash),
            );
        }
    }
}

/// Where the engine's idea of an order and the venue's do not go together.
fn trouble(
    id: ClientOrderId,
    record: &OrderRecord,
    engine: &Engine,
) -> Option<(&'static str, String)> {
    let Some(known) = engine.orders().get(id) else {
        return Some(("I1", format!("the venue has order {id}, the engine does not")));
    };
    let (counted, reserved) = (known.filled, known.reserved());
    if counted > record.filled {
        let theirs = record.filled;
        let detail = format!("order {id}: the engine counts {counted} filled, the venue {theirs}");
        return Some(("I7", detail));
    }
    if matches!(known.phase, Phase::Rejected | Phase::NotPlaced) {
        let detail = format!("order {id} counts as {:?}, and the venue has it", known.phase);
        return Some(("I4", detail));
    }
    if counted + reserved < record.filled {
        let detail = format!(
            "order {id}: {} filled at the venue; the engine counts {counted} and reserves {reserved}",
            record.filled
        );
        return Some(("I8", detail));
    }
    if record.is_live() && reserved < record.remaining {
        let detail = format!(
            "order {id}: {} rest at the venue, the engine reserves {reserved}",
            record.remaining
        );
        return Some(("I8", detail));
    }
    None
}
