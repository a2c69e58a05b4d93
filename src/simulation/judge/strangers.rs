//! What others did to the account, and what the venue did to our orders behind its own words.

use std::collections::BTreeSet;

use statecraft_domain::{ClientOrderId, Quantity};
use statecraft_exchange::OrderKey;
use statecraft_exchange::venue::OrderRecord;

use crate::simulator::Backend;

use super::Judge;

/// An order of somebody else is found within two comparisons, which may fail a few times.
const FOUND_WITHIN: i64 = 300_000_000_000;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Others {
    /// Orders whose cancel was said to be done and was not.
    undone: BTreeSet<ClientOrderId>,
    /// An order of somebody else that rests, and since when.
    resting: Option<(OrderKey, i64)>,
    /// Money has come or gone by itself.
    moved: bool,
    /// Money went, and nobody has noticed it yet.
    robbed: bool,
    /// It moved, and the bot has not said anything of it yet.
    untold: bool,
    /// When the bot last said so.
    told: Option<i64>,
    /// The bot knows how much there was.
    stated: bool,
}

impl Judge {
    pub(in crate::simulation) fn undone(&mut self, order: ClientOrderId) {
        self.others.undone.insert(order);
    }

    pub(in crate::simulation) fn is_undone(&self, order: ClientOrderId) -> bool {
        self.others.undone.contains(&order)
    }

    pub(in crate::simulation) fn is_any_undone(&self) -> bool {
        !self.others.undone.is_empty()
    }

    /// Does an order rest that counts as cancelled, or has it traded and the bot was not told yet, as far as its
    /// journal goes by now? No limit is known to hold until then.
    pub(super) fn is_haunted(&self, truth: &dyn Backend) -> bool {
        self.others.undone.iter().any(|id| {
            let key = self.orders.get(id).and_then(|tracked| tracked.key);
            let record = key.and_then(|key| truth.order(key));
            record.is_some_and(|record| record.is_live() || record.filled > self.told_of(*id))
        })
    }

    /// What is left of an order of the bot that rests at the venue.
    pub(in crate::simulation) fn rest_of(
        &self,
        order: ClientOrderId,
        truth: &dyn Backend,
    ) -> Option<Quantity> {
        let record = truth.order(self.orders.get(&order)?.key?)?;
        record.is_live().then_some(record.remaining)
    }

    pub(in crate::simulation) fn somebody_rests(&mut self, now: i64, order: OrderKey) {
        self.others.resting.get_or_insert((order, now));
    }

    /// Has an order of somebody else been resting for so long that it must have been found?
    pub(in crate::simulation) fn is_beside_somebody(&self, now: i64, truth: &dyn Backend) -> bool {
        self.others.resting.is_some_and(|(order, since)| {
            now - since > FOUND_WITHIN && truth.order(order).is_some_and(OrderRecord::is_live)
        })
    }

    pub(in crate::simulation) fn cash_moves(&mut self, taken: bool) {
        (self.others.moved, self.others.untold) = (true, true);
        self.others.robbed |= taken;
    }

    /// May money move? Not before the bot knows how much there is, and not before it has told of the last move: a
    /// second one would be told with it, and a gain hide a loss.
    pub(in crate::simulation) const fn cash_may_move(&self) -> bool {
        self.others.stated && !self.others.untold
    }

    pub(in crate::simulation) const fn cash_stated(&mut self) {
        self.others.stated = true;
    }

    pub(in crate::simulation) const fn has_cash_moved(&self) -> bool {
        self.others.moved
    }

    pub(in crate::simulation) const fn is_robbed(&self) -> bool {
        self.others.robbed
    }

    /// The bot says that its cash is not the venue's.
    pub(in crate::simulation) fn told_of_cash(&mut self, message: &str, trades: bool, now: i64) {
        if !self.others.moved && !self.ghost {
            self.condemn("halt", format!("nobody has moved any money, and {message}"));
        } else if self.others.robbed && trades {
            self.condemn("5.10", format!("it trades on: {message}"));
        }
        (self.others.robbed, self.others.untold) = (false, false);
        self.others.told = Some(now);
    }

    /// When it last said so.
    pub(in crate::simulation) const fn cash_told(&self) -> Option<i64> {
        self.others.told
    }
}
