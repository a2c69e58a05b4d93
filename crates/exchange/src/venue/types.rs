//! What goes into a venue and what it says: orders, their records, fills, reports, refusals.

use statecraft_domain::order::CloseReason;
use statecraft_domain::{
    Liquidity, MarketId, MarketStatus, Price, Quantity, RejectReason, SelfTradePrevention,
    Settlement, Side, TimeInForce, Timestamp, Usd,
};

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
    /// What taker fills acquired at its price, without fees: YES at `p` for a bid, NO at `1 - p` for
    /// an ask (also where the fill closed a position).
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
        /// What was taken off the book; zero if nothing of it rested.
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

impl Reject {
    pub(crate) fn new(reason: RejectReason, detail: &str) -> Self {
        Self { reason, detail: detail.to_owned() }
    }
}

impl NewOrder {
    /// The instant at which the venue ends it by itself.
    #[must_use]
    pub fn expires(&self) -> Option<Timestamp> {
        match self.time_in_force {
            TimeInForce::GoodTilCancelled { expires } => expires,
            TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => None,
        }
    }
}

impl OrderRecord {
    /// Still on the book (or about to be).
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.end.is_none()
    }
}
