//! Reading a venue.

use statecraft_domain::{Book, Listing, MarketId, Price, Quantity, Settlement, Usd};

use super::market::Market;
use super::{AccountId, Exchange, FillRecord, OrderKey, OrderRecord, Till};
use crate::account::Account;

impl Exchange {
    fn market(&self, market: MarketId) -> Option<&Market> {
        self.markets.get(market.index())
    }

    /// The public book.
    #[must_use]
    pub fn book(&self, market: MarketId) -> Option<&Book> {
        Some(&self.market(market)?.book)
    }

    /// A market's listing, with its present status.
    #[must_use]
    pub fn listing(&self, market: MarketId) -> Option<&Listing> {
        Some(&self.market(market)?.listing)
    }

    /// How a market ended.
    #[must_use]
    pub fn settlement(&self, market: MarketId) -> Option<Settlement> {
        self.market(market)?.settlement
    }

    /// Money and positions of an account.
    #[must_use]
    pub fn account(&self, account: AccountId) -> Option<&Account> {
        Some(&self.members.get(account.0 as usize)?.account)
    }

    /// How many accounts there are; ids are dense from zero.
    #[must_use]
    pub fn account_count(&self) -> usize {
        self.members.len()
    }

    /// How many markets there are; ids are dense from zero.
    #[must_use]
    pub fn market_count(&self) -> usize {
        self.markets.len()
    }

    /// An order, live or over.
    #[must_use]
    pub fn order(&self, order: OrderKey) -> Option<&OrderRecord> {
        Some(&self.entry(order)?.record)
    }

    /// An account's order by its own name for it.
    #[must_use]
    pub fn order_by_client_id(&self, account: AccountId, client_id: &str) -> Option<OrderKey> {
        *self.members.get(account.0 as usize)?.names.get(client_id)?
    }

    /// Every order of an account, oldest first.
    pub fn orders(&self, account: AccountId) -> impl DoubleEndedIterator<Item = &OrderRecord> + '_ {
        let member = self.members.get(account.0 as usize);
        let keys = member.map_or(&[][..], |member| &member.orders[..]);
        keys.iter().filter_map(|&key| self.order(key))
    }

    /// Every fill of an account, oldest first.
    pub fn fills(&self, account: AccountId) -> impl DoubleEndedIterator<Item = &FillRecord> + '_ {
        let member = self.members.get(account.0 as usize);
        let indices = member.map_or(&[][..], |member| &member.fills[..]);
        indices.iter().filter_map(|&index| self.fills.get(index))
    }

    /// Every fill of the venue, two a trade, oldest first.
    #[must_use]
    pub fn all_fills(&self) -> &[FillRecord] {
        &self.fills
    }

    /// Contracts ahead of a resting order at its price. Takes time in the number of orders ahead.
    #[must_use]
    pub fn queue_ahead(&self, order: OrderKey) -> Option<Quantity> {
        let spot = self.spot(order)?;
        let queue = self.market(spot.market)?.queue(spot.side);
        let ahead = queue.range(spot.place.front_of_level()..spot.place);
        Some(ahead.filter_map(|(_, &key)| Some(self.order(key)?.remaining)).sum())
    }

    /// The dollars that stand behind the open contracts of a market: one a YES and NO pair.
    #[must_use]
    pub fn collateral(&self, market: MarketId) -> Usd {
        let held = self.members.iter().map(|member| member.account.quantity(market));
        let pairs = held.filter(|quantity| quantity.is_positive()).sum();
        Price::ONE.times(pairs)
    }

    /// The venue's own money.
    #[must_use]
    pub const fn till(&self) -> &Till {
        &self.till
    }
}
