//! [`Exchange`]: a whole venue. Every change it makes is appended to a list of [`Report`]s in the
//! order in which it happened; a simulated venue turns those into frames and responses.

use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    Liquidity, Listing, MarketId, MarketStatus, Price, Quantity, RejectReason, SelfTradePrevention,
    Settlement, Side, TimeInForce, Timestamp, Usd,
};

use crate::account::Account;

/// An account of the venue, dense from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub u32);

/// An order of the venue, in order of acceptance, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderKey(pub u64);

/// A trade of the venue, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TradeKey(pub u64);

/// What a participant asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// Whose.
    pub account: AccountId,
    /// The participant's name for it; unique per account for ever, if given.
    pub client_id: Option<String>,
    /// Where.
    pub market: MarketId,
    /// Side of the YES book.
    pub side: Side,
    /// Worst YES price.
    pub price: Price,
    /// Contracts, above zero, a multiple of the lot.
    pub quantity: Quantity,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// Refuse rather than take.
    pub post_only: bool,
    /// Cap at the current position; needs immediate-or-cancel.
    pub reduce_only: bool,
    /// What happens at an own order on the other side.
    pub self_trade_prevention: SelfTradePrevention,
    /// Cancelled when the market or exchange pauses.
    pub cancel_on_pause: bool,
}

/// The state of an order as the venue keeps it (for ever, for queries).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRecord {
    /// Its key.
    pub key: OrderKey,
    /// As it was placed (price, side; quantity as last amended).
    pub order: NewOrder,
    /// When it was accepted.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// Size at placement (or as amended): filled + remaining while it is live.
    pub initial: Quantity,
    /// Filled so far.
    pub filled: Quantity,
    /// Still resting; zero when it is over.
    pub remaining: Quantity,
    /// `None` while live; otherwise how it ended (`Filled` has no close reason).
    pub end: Option<OrderEnd>,
    /// Signed cash paid for taker fills, without fees (absolute cost of what was bought).
    pub taker_cost: Usd,
    /// The same for maker fills.
    pub maker_cost: Usd,
    /// Fees of taker fills.
    pub taker_fees: Usd,
    /// Fees of maker fills.
    pub maker_fees: Usd,
}

/// How an order ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderEnd {
    /// Everything traded.
    Filled,
    /// Something else.
    Closed(CloseReason),
}

/// One account's side of a trade, kept for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FillRecord {
    /// The trade.
    pub trade: TradeKey,
    /// Whose.
    pub account: AccountId,
    /// Which order.
    pub order: OrderKey,
    /// Where.
    pub market: MarketId,
    /// The order's side.
    pub side: Side,
    /// YES price.
    pub price: Price,
    /// Contracts.
    pub quantity: Quantity,
    /// Took or made.
    pub liquidity: Liquidity,
    /// Net fee.
    pub fee: Usd,
    /// When.
    pub at: Timestamp,
    /// Position of the account after it.
    pub position_after: Quantity,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// An order was accepted (before its fills).
    Accepted {
        /// When.
        at: Timestamp,
        /// Which.
        order: OrderKey,
    },
    /// An account's side of a trade; a trade has two (maker first).
    Filled(FillRecord),
    /// An order changed size or price without trading (amend, decrease).
    Changed {
        /// When.
        at: Timestamp,
        /// Which.
        order: OrderKey,
    },
    /// An order is over.
    Ended {
        /// When.
        at: Timestamp,
        /// Which.
        order: OrderKey,
        /// How.
        end: OrderEnd,
        /// What was taken off the book.
        removed: Quantity,
    },
    /// The public trade.
    Traded {
        /// When.
        at: Timestamp,
        /// Which trade.
        trade: TradeKey,
        /// Where.
        market: MarketId,
        /// The taker's side.
        taker: Side,
        /// YES price.
        price: Price,
        /// Contracts.
        quantity: Quantity,
    },
    /// A level of the public book changed.
    LevelChanged {
        /// When.
        at: Timestamp,
        /// Where.
        market: MarketId,
        /// Side of the YES book.
        side: Side,
        /// YES price.
        price: Price,
        /// Signed change.
        by: Quantity,
        /// The order that caused it, if one did.
        order: Option<OrderKey>,
    },
    /// A market changed state.
    StatusChanged {
        /// When.
        at: Timestamp,
        /// Where.
        market: MarketId,
        /// Its state now.
        status: MarketStatus,
    },
    /// A market was paid out.
    Settled {
        /// When.
        at: Timestamp,
        /// Where.
        market: MarketId,
        /// How.
        settlement: Settlement,
    },
    /// One account's payout.
    Paid {
        /// When.
        at: Timestamp,
        /// Whose.
        account: AccountId,
        /// Where.
        market: MarketId,
        /// Position that was paid.
        quantity: Quantity,
        /// What was credited.
        payout: Usd,
    },
}

/// A refusal, with detail for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Which kind.
    pub reason: RejectReason,
    /// In words, may be empty.
    pub detail: String,
}

/// What an accepted order came to at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// Its key.
    pub order: OrderKey,
    /// Filled at once.
    pub filled: Quantity,
    /// Resting now.
    pub remaining: Quantity,
    /// Average YES price of the immediate fills times quantity (cost), zero if none.
    pub cost: Usd,
    /// Fees of the immediate fills.
    pub fees: Usd,
}

/// What an amendment asks for (Kalshi semantics).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// New YES price.
    pub price: Price,
    /// New *total* size: filled so far plus wanted resting.
    pub total: Quantity,
    /// `None` keeps the expiry, `Some(None)` clears it.
    pub expires: Option<Option<Timestamp>>,
    /// New client id.
    pub client_id: Option<String>,
}

/// A venue.
#[derive(Debug, Default)]
pub struct Exchange {}

impl Exchange {
    /// A venue without markets or accounts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens an account with cash.
    pub fn open_account(&mut self, cash: Usd) -> AccountId {
        let _ = cash;
        todo!()
    }

    /// Adds money (positive) or takes it (negative, no further than free cash).
    ///
    /// # Errors
    /// [`Reject`] if more would be taken than is free.
    pub fn deposit(&mut self, account: AccountId, amount: Usd) -> Result<(), Reject> {
        let _ = (account, amount);
        todo!()
    }

    /// Lists a market; ids are dense from zero in order of listing.
    pub fn list(&mut self, listing: Listing) -> MarketId {
        let _ = listing;
        todo!()
    }

    /// Places an order.
    ///
    /// # Errors
    /// [`Reject`]; nothing has happened then, except that a killed fill-or-kill burns its client id.
    pub fn place(
        &mut self,
        at: Timestamp,
        order: NewOrder,
        out: &mut Vec<Report>,
    ) -> Result<Acceptance, Reject> {
        let _ = (at, order, out);
        todo!()
    }

    /// Cancels a live order of this account; returns what was taken off the book.
    ///
    /// # Errors
    /// [`Reject`] if it is not live or not theirs.
    pub fn cancel(
        &mut self,
        at: Timestamp,
        account: AccountId,
        order: OrderKey,
        out: &mut Vec<Report>,
    ) -> Result<Quantity, Reject> {
        let _ = (at, account, order, out);
        todo!()
    }

    /// Changes a live order. A pure decrease or a change of expiry keeps its place in the queue;
    /// anything else goes to the back, and may trade.
    ///
    /// # Errors
    /// [`Reject`]; nothing has happened then.
    pub fn amend(
        &mut self,
        at: Timestamp,
        account: AccountId,
        order: OrderKey,
        amendment: Amendment,
        out: &mut Vec<Report>,
    ) -> Result<Acceptance, Reject> {
        let _ = (at, account, order, amendment, out);
        todo!()
    }

    /// Lowers the remaining size to `remaining`, keeping the place in the queue; zero cancels.
    ///
    /// # Errors
    /// [`Reject`]; nothing has happened then.
    pub fn decrease_to(
        &mut self,
        at: Timestamp,
        account: AccountId,
        order: OrderKey,
        remaining: Quantity,
        out: &mut Vec<Report>,
    ) -> Result<Quantity, Reject> {
        let _ = (at, account, order, remaining, out);
        todo!()
    }

    /// Ends every order whose expiry has come.
    pub fn expire(&mut self, now: Timestamp, out: &mut Vec<Report>) {
        let _ = (now, out);
        todo!()
    }

    /// Changes a market's state: pause (cancels orders that asked for it), resume (cancels all that
    /// still rest, as Kalshi does), close (cancels all).
    pub fn set_status(
        &mut self,
        at: Timestamp,
        market: MarketId,
        status: MarketStatus,
        out: &mut Vec<Report>,
    ) {
        let _ = (at, market, status, out);
        todo!()
    }

    /// Pauses or resumes trading on the whole exchange (placements refused, cancels accepted).
    pub fn set_trading(&mut self, at: Timestamp, active: bool, out: &mut Vec<Report>) {
        let _ = (at, active, out);
        todo!()
    }

    /// Pays a market out: cancels what rests, credits every position, leaves none.
    pub fn settle(
        &mut self,
        at: Timestamp,
        market: MarketId,
        settlement: Settlement,
        out: &mut Vec<Report>,
    ) {
        let _ = (at, market, settlement, out);
        todo!()
    }

    /// The public book.
    #[must_use]
    pub fn book(&self, market: MarketId) -> Option<&statecraft_domain::Book> {
        let _ = market;
        todo!()
    }

    /// A market's listing, with its present status.
    #[must_use]
    pub fn listing(&self, market: MarketId) -> Option<&Listing> {
        let _ = market;
        todo!()
    }

    /// How a market ended.
    #[must_use]
    pub fn settlement(&self, market: MarketId) -> Option<Settlement> {
        let _ = market;
        todo!()
    }

    /// Money and positions of an account.
    #[must_use]
    pub fn account(&self, account: AccountId) -> Option<&Account> {
        let _ = account;
        todo!()
    }

    /// An order, live or over.
    #[must_use]
    pub fn order(&self, order: OrderKey) -> Option<&OrderRecord> {
        let _ = order;
        todo!()
    }

    /// An account's order by its own name for it.
    #[must_use]
    pub fn order_by_client_id(&self, account: AccountId, client_id: &str) -> Option<OrderKey> {
        let _ = (account, client_id);
        todo!()
    }

    /// Every order of an account, oldest first.
    pub fn orders(&self, account: AccountId) -> impl Iterator<Item = &OrderRecord> + '_ {
        let _ = account;
        std::iter::empty()
    }

    /// Every fill of an account, oldest first.
    pub fn fills(&self, account: AccountId) -> impl Iterator<Item = &FillRecord> + '_ {
        let _ = account;
        std::iter::empty()
    }

    /// Contracts ahead of a resting order at its price.
    #[must_use]
    pub fn queue_ahead(&self, order: OrderKey) -> Option<Quantity> {
        let _ = order;
        todo!()
    }
}
