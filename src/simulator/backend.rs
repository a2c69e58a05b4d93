//! [`Backend`]: what stands behind a simulated venue's protocol. Either a whole venue
//! ([`statecraft_exchange::Exchange`], alone or inside a seeded story) or a recording.

use std::sync::mpsc::{Receiver, Sender, channel};

use statecraft_domain::{Book, Listing, MarketId, Quantity, Settlement, Signal, Timestamp};
use statecraft_exchange::venue::{Acceptance, Amendment, FillRecord, OrderRecord, Reject};
use statecraft_exchange::{Account, AccountId, Exchange, NewOrder, OrderKey, Report};

use super::flow::World;

/// What is known of a market beyond its listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketFacts {
    /// The YES side in a word or two.
    pub yes_title: String,
    /// How it is decided.
    pub rules: String,
    /// Listed.
    pub created: Timestamp,
    /// Opens for trading.
    pub opens: Timestamp,
}

/// A world behind a protocol: it moves when told to, and everything that happens in it is reported
/// in order. The API user owns exactly one account of it.
pub trait Backend: Send {
    /// How far it has been advanced.
    fn now(&self) -> Timestamp;
    /// When it has nothing more to tell, if ever.
    fn end(&self) -> Option<Timestamp>;
    /// Lets time pass up to `to` (never backwards).
    fn advance(&mut self, to: Timestamp, out: &mut Vec<Report>);
    /// The API user's account.
    fn user(&self) -> AccountId;
    /// A market; ids are dense from zero, so the first `None` ends the list.
    fn listing(&self, market: MarketId) -> Option<&Listing>;
    /// A market's public book.
    fn book(&self, market: MarketId) -> Option<&Book>;
    /// How a market ended.
    fn settlement(&self, market: MarketId) -> Option<Settlement>;
    /// When and how a market's result became known, which is before it is paid.
    fn determined(&self, market: MarketId) -> Option<(Timestamp, Settlement)>;
    /// What is known of a market beyond its listing.
    fn facts(&self, market: MarketId) -> Option<MarketFacts>;
    /// The user's money.
    fn account(&self) -> Option<&Account>;
    /// Any order.
    fn order(&self, order: OrderKey) -> Option<&OrderRecord>;
    /// The user's orders, oldest first.
    fn orders(&self) -> Vec<&OrderRecord>;
    /// The user's newest order.
    fn newest_order(&self) -> Option<&OrderRecord> {
        self.orders().pop()
    }
    /// The user's fills, oldest first.
    fn fills(&self) -> Vec<&FillRecord>;
    /// Contracts ahead of a resting order.
    fn queue_ahead(&self, order: OrderKey) -> Option<Quantity>;
    /// Places an order of the user.
    ///
    /// # Errors
    /// [`Reject`], with nothing done.
    fn place(
        &mut self,
        at: Timestamp,
        order: NewOrder,
        out: &mut Vec<Report>,
    ) -> Result<Acceptance, Reject>;
    /// Cancels an order of the user.
    ///
    /// # Errors
    /// [`Reject`], with nothing done.
    fn cancel(
        &mut self,
        at: Timestamp,
        order: OrderKey,
        out: &mut Vec<Report>,
    ) -> Result<Quantity, Reject>;
    /// Amends an order of the user.
    ///
    /// # Errors
    /// [`Reject`], with nothing done.
    fn amend(
        &mut self,
        at: Timestamp,
        order: OrderKey,
        amendment: Amendment,
        out: &mut Vec<Report>,
    ) -> Result<Acceptance, Reject>;
    /// Lowers what rests of an order of the user.
    ///
    /// # Errors
    /// [`Reject`], with nothing done.
    fn decrease_to(
        &mut self,
        at: Timestamp,
        order: OrderKey,
        remaining: Quantity,
        out: &mut Vec<Report>,
    ) -> Result<Quantity, Reject>;
    /// Does it take orders anywhere?
    fn is_trading(&self) -> bool;
    /// Pauses or resumes trading everywhere.
    fn set_trading(&mut self, at: Timestamp, active: bool, out: &mut Vec<Report>);
    /// Signals published in `(after, until]`, oldest first.
    fn signals(&self, after: Timestamp, until: Timestamp) -> Vec<Signal>;
}

/// A backend that is an [`Exchange`] with something that makes time pass in it.
pub trait ExchangeHost: Send {
    /// How far it has been advanced.
    fn now(&self) -> Timestamp;
    /// When it has nothing more to tell, if ever.
    fn end(&self) -> Option<Timestamp>;
    /// Lets time pass.
    fn advance(&mut self, to: Timestamp, out: &mut Vec<Report>);
    /// The API user's account.
    fn user(&self) -> AccountId;
    /// The venue.
    fn exchange(&self) -> &Exchange;
    /// The venue, to act on.
    fn exchange_mut(&mut self) -> &mut Exchange;
    /// Signals published in `(after, until]`.
    fn signals(&self, after: Timestamp, until: Timestamp) -> Vec<Signal>;
    /// When and how a market's result became known; by default when it is paid, so never before.
    fn determined(&self, _market: MarketId) -> Option<(Timestamp, Settlement)> {
        None
    }
    /// What is known of a market beyond its listing; by default nothing.
    fn facts(&self, _market: MarketId) -> Option<MarketFacts> {
        None
    }
}

impl<H: ExchangeHost> Backend for H {
    fn now(&self) -> Timestamp {
        ExchangeHost::now(self)
    }
    fn end(&self) -> Option<Timestamp> {
        ExchangeHost::end(self)
    }
    fn advance(&mut self, to: Timestamp, out: &mut Vec<Report>) {
        ExchangeHost::advance(self, to, out);
    }
    fn user(&self) -> AccountId {
        ExchangeHost::user(self)
    }
    fn listing(&self, market: MarketId) -> Option<&Listing> {
        self.exchange().listing(market)
    }
    fn book(&self, market: MarketId) -> Option<&Book> {
        self.exchange().book(market)
    }
    fn settlement(&self, market: MarketId) -> Option<Settlement> {
        self.exchange().settlement(market)
    }
    fn determined(&self, market: MarketId) -> Option<(Timestamp, Settlement)> {
        ExchangeHost::determined(self, market)
    }
    fn facts(&self, market: MarketId) -> Option<MarketFacts> {
        ExchangeHost::facts(self, market)
    }
    fn account(&self) -> Option<&Account> {
        self.exchange().account(Backend::user(self))
    }
    fn order(&self, order: OrderKey) -> Option<&OrderRecord> {
        self.exchange().order(order)
    }
    fn orders(&self) -> Vec<&OrderRecord> {
        self.exchange().orders(Backend::user(self)).collect()
    }
    fn newest_order(&self) -> Option<&OrderRecord> {
        self.exchange().orders(Backend::user(self)).next_back()
    }
    fn fills(&self) -> Vec<&FillRecord> {
        self.exchange().fills(Backend::user(self)).collect()
    }
    fn queue_ahead(&self, order: OrderKey) -> Option<Quantity> {
        self.exchange().queue_ahead(order)
    }
    fn place(
        &mut self,
        at: Timestamp,
        order: NewOrder,
        out: &mut Vec<Report>,
    ) -> Result<Acceptance, Reject> {
        self.exchange_mut().place(at, order, out)
    }
    fn cancel(
        &mut self,
        at: Timestamp,
        order: OrderKey,
        out: &mut Vec<Report>,
    ) -> Result<Quantity, Reject> {
        let user = Backend::user(self);
        self.exchange_mut().cancel(at, user, order, out)
    }
    fn amend(
        &mut self,
        at: Timestamp,
        order: OrderKey,
        amendment: Amendment,
        out: &mut Vec<Report>,
    ) -> Result<Acceptance, Reject> {
        let user = Backend::user(self);
        self.exchange_mut().amend(at, user, order, amendment, out)
    }
    fn decrease_to(
        &mut self,
        at: Timestamp,
        order: OrderKey,
        remaining: Quantity,
        out: &mut Vec<Report>,
    ) -> Result<Quantity, Reject> {
        let user = Backend::user(self);
        self.exchange_mut().decrease_to(at, user, order, remaining, out)
    }
    fn is_trading(&self) -> bool {
        self.exchange().is_trading()
    }

    fn set_trading(&mut self, at: Timestamp, active: bool, out: &mut Vec<Report>) {
        self.exchange_mut().set_trading(at, active, out);
    }
    fn signals(&self, after: Timestamp, until: Timestamp) -> Vec<Signal> {
        ExchangeHost::signals(self, after, until)
    }
}

impl ExchangeHost for World {
    fn now(&self) -> Timestamp {
        Self::now(self)
    }
    fn end(&self) -> Option<Timestamp> {
        Some(Self::end(self))
    }
    fn advance(&mut self, to: Timestamp, out: &mut Vec<Report>) {
        Self::advance(self, to, out);
    }
    fn user(&self) -> AccountId {
        self.user_account()
    }
    fn exchange(&self) -> &Exchange {
        Self::exchange(self)
    }
    fn exchange_mut(&mut self) -> &mut Exchange {
        Self::exchange_mut(self)
    }
    fn signals(&self, after: Timestamp, until: Timestamp) -> Vec<Signal> {
        self.published(after, until).to_vec()
    }
    fn determined(&self, market: MarketId) -> Option<(Timestamp, Settlement)> {
        self.markets().iter().find(|listed| listed.id == market)?.determined
    }
    fn facts(&self, market: MarketId) -> Option<MarketFacts> {
        let facts = Self::facts(self, market)?;
        Some(MarketFacts {
            yes_title: facts.yes_title.clone(),
            rules: facts.rules.clone(),
            created: facts.listed,
            opens: facts.opens,
        })
    }
}

/// An exchange whose only life is what its accounts do, what expires, and what its owner has done to
/// it: for tests and drills.
pub struct QuietExchange {
    exchange: Exchange,
    user: AccountId,
    now: Timestamp,
    inbox: Receiver<Step>,
}

/// Something that is done to a [`QuietExchange`].
pub type Step = Box<dyn FnOnce(&mut Exchange, Timestamp, &mut Vec<Report>) + Send>;

impl QuietExchange {
    /// `exchange` as it is, with `user` as the API user's account, at `now`. Steps sent through the
    /// second value are done, in order, at the next advance.
    #[must_use]
    pub fn new(exchange: Exchange, user: AccountId, now: Timestamp) -> (Self, Sender<Step>) {
        let (sender, inbox) = channel();
        (Self { exchange, user, now, inbox }, sender)
    }
}

impl ExchangeHost for QuietExchange {
    fn now(&self) -> Timestamp {
        self.now
    }
    fn end(&self) -> Option<Timestamp> {
        None
    }
    fn advance(&mut self, to: Timestamp, out: &mut Vec<Report>) {
        self.exchange.expire(to, out);
        while let Ok(step) = self.inbox.try_recv() {
            step(&mut self.exchange, to, out);
        }
        self.now = self.now.max(to);
    }
    fn user(&self) -> AccountId {
        self.user
    }
    fn exchange(&self) -> &Exchange {
        &self.exchange
    }
    fn exchange_mut(&mut self) -> &mut Exchange {
        &mut self.exchange
    }
    fn signals(&self, _after: Timestamp, _until: Timestamp) -> Vec<Signal> {
        Vec::new()
    }
}
