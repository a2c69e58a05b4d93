//! Order groups: a rolling limit on matched contracts that cancels its orders, kalshi.md section 3.7.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use statecraft_domain::{Nanos, Quantity, Timestamp};
use statecraft_exchange::OrderKey;

/// The limit counts what matched in this span.
const WINDOW: Nanos = Nanos::from_secs(15);

/// One group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) limit: Quantity,
    /// Its orders were cancelled and new ones are refused until it is reset.
    pub(crate) triggered: bool,
    /// Live orders.
    pub(crate) orders: BTreeSet<OrderKey>,
    matched: VecDeque<(Timestamp, Quantity)>,
}

impl Group {
    /// Contracts matched within the window that ends now.
    fn rolling(&mut self, now: Timestamp) -> Quantity {
        while self.matched.front().is_some_and(|(at, _)| *at + WINDOW <= now) {
            self.matched.pop_front();
        }
        self.matched.iter().map(|(_, quantity)| *quantity).sum()
    }

    /// Forgets what matched and accepts orders again.
    pub(crate) fn reset(&mut self) {
        self.triggered = false;
        self.matched.clear();
    }
}

/// All groups of the account.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    groups: BTreeMap<u64, Group>,
    last: u64,
    member: BTreeMap<OrderKey, u64>,
}

impl Groups {
    pub(crate) fn create(&mut self, limit: Quantity) -> u64 {
        self.last += 1;
        let group =
            Group { limit, triggered: false, orders: BTreeSet::new(), matched: VecDeque::new() };
        self.groups.insert(self.last, group);
        self.last
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Group> {
        self.groups.get(&number)
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut Group> {
        self.groups.get_mut(&number)
    }

    pub(crate) fn remove(&mut self, number: u64) -> Option<Group> {
        self.groups.remove(&number)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Group)> {
        self.groups.iter().map(|(number, group)| (*number, group))
    }

    /// The group an order was placed in, also after the order's end.
    pub(crate) fn of(&self, order: OrderKey) -> Option<u64> {
        self.member.get(&order).copied()
    }

    /// Puts an accepted order into a group.
    pub(crate) fn join(&mut self, number: u64, order: OrderKey) {
        self.member.insert(order, number);
        if let Some(group) = self.groups.get_mut(&number) {
            group.orders.insert(order);
        }
    }

    /// An order is over.
    pub(crate) fn leave(&mut self, order: OrderKey) {
        if let Some(group) = self.of(order).and_then(|number| self.groups.get_mut(&number)) {
            group.orders.remove(&order);
        }
    }

    /// Contracts of an order matched; says which group reached its limit by that.
    pub(crate) fn matched(
        &mut self,
        at: Timestamp,
        order: OrderKey,
        quantity: Quantity,
    ) -> Option<u64> {
        let number = self.of(order)?;
        self.groups.get_mut(&number)?.matched.push_back((at, quantity));
        self.over_limit(number, at).then_some(number)
    }

    /// Does what matched reach the limit (and was it not triggered already)?
    pub(crate) fn over_limit(&mut self, number: u64, now: Timestamp) -> bool {
        let Some(group) = self.groups.get_mut(&number) else { return false };
        let rolling = group.rolling(now);
        !group.triggered && rolling >= group.limit && rolling.is_positive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_rolls_over_fifteen_seconds() {
        let mut groups = Groups::default();
        let number = groups.create(Quantity::from_contracts(10));
        groups.join(number, OrderKey(1));
        let fill = |groups: &mut Groups, at, contracts| {
            let quantity = Quantity::from_contracts(contracts);
            groups.matched(Timestamp::from_secs(at), OrderKey(1), quantity)
        };
        assert_eq!(fill(&mut groups, 0, 6), None);
        assert_eq!(fill(&mut groups, 15, 6), None, "the first six have left the window");
        assert_eq!(fill(&mut groups, 20, 4), Some(number));
    }

    #[test]
    fn a_triggered_group_stays_so_until_reset() {
        let mut groups = Groups::default();
        let number = groups.create(Quantity::from_contracts(1));
        groups.join(number, OrderKey(1));
        assert!(
            groups.matched(Timestamp::EPOCH, OrderKey(1), Quantity::from_contracts(1)).is_some()
        );
        groups.get_mut(number).unwrap().triggered = true;
        assert!(
            groups.matched(Timestamp::EPOCH, OrderKey(1), Quantity::from_contracts(1)).is_none()
        );
        groups.get_mut(number).unwrap().reset();
        assert!(!groups.over_limit(number, Timestamp::EPOCH));
    }
}
