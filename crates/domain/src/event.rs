//! [`Event`]: everything that can reach the engine. There is no other way in.

use serde::{Deserialize, Serialize};

use crate::control::{
    CautionRaised, ClockJudged, OrderDenied, ProfitMarked, Reconciled, RestrictionChanged,
    VenueConditionChanged,
};
use crate::order::CloseReason;
use crate::{
    ClientOrderId, Fill, Listing, MarketId, MarketStatus, Price, Quantity, RejectReason,
    Settlement, Side, Signal, StrategyId, Timestamp, TradeId, Usd, Venue, VenueOrderId,
};

/// One input of the engine. Every variant carries `at`: when this process took it in, the only time
/// the engine knows. Events reach the engine in the order in which they are written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A market became known (or its listing changed).
    MarketListed(Box<MarketListed>),
    /// A market opened, paused or closed.
    MarketStatusChanged(MarketStatusChanged),
    /// A market was paid out.
    MarketSettled(MarketSettled),
    /// The whole book of a market.
    BookSnapshot(Box<BookSnapshot>),
    /// One level of a book changed.
    BookChanged(BookChanged),
    /// The book can no longer be trusted.
    BookLost(BookLost),
    /// Somebody traded.
    Traded(Traded),
    /// The venue's own statement of the best prices (Kalshi `ticker`).
    Quoted(Quoted),
    /// Time passed. Sent at least once a second of wall time, and by research at its own pace.
    ClockTicked(ClockTicked),
    /// A signal arrived.
    SignalReceived(Box<Signal>),
    /// A source of signals answered (with or without news): until the next one, its silence means
    /// something.
    SourceSeen(SourceSeen),
    /// An order request was handed to the venue (bytes may have left).
    OrderSent(OrderSent),
    /// The venue has the order.
    OrderAccepted(OrderAccepted),
    /// The venue definitively refused the order.
    OrderRejected(OrderRejected),
    /// Nobody knows whether the venue has the order: full exposure stays reserved.
    OrderUnknown(OrderUnknown),
    /// One of our orders traded.
    OrderFilled(Box<OrderFilled>),
    /// One of our orders is over.
    OrderClosed(OrderClosed),
    /// A cancel did not succeed; the order's state is unchanged.
    CancelFailed(CancelFailed),
    /// The venue's statement of the account, complete and consistent (start, reconcile).
    AccountReported(Box<AccountReported>),
    /// The feed or private stream of a venue came up or went down.
    ConnectionChanged(ConnectionChanged),
    /// A person took over what reports of the account have proven to be another position than ours.
    PositionsAccepted(Box<PositionsAccepted>),
    /// A person or a safety mechanism changed the mode.
    ModeChanged(ModeChanged),
    /// A strategy's record, or a person, decided whether it may trade real money.
    StandingChanged(StandingChanged),
    /// A strategy or a market was restricted, or released.
    RestrictionChanged(Box<RestrictionChanged>),
    /// Our clock was compared with the venue's.
    ClockJudged(ClockJudged),
    /// A venue as a whole allows more or less than before.
    VenueConditionChanged(Box<VenueConditionChanged>),
    /// The account was compared with ours, completely, and nothing was left unexplained.
    Reconciled(Reconciled),
    /// A person wants positions closed.
    FlattenRequested(FlattenRequested),
    /// A strategy's file was edited: from here on it decides by its new rules.
    StrategyChanged(Box<StrategyChanged>),
    /// The engine set the marks from which it counts losses; a restart repeats them.
    ProfitMarked(ProfitMarked),
    /// The risk gate denied an order: written down at most once an hour for each strategy and reason.
    OrderDenied(OrderDenied),
    /// The engine began to hold a strategy back on a market; a restart repeats it.
    CautionRaised(Box<CautionRaised>),
    /// The engine closes a market no more for the person who asked; a restart need not tell him.
    FlattenEnded(FlattenEnded),
}

/// See [`Event::MarketListed`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarketListed {
    /// When we heard of it.
    pub at: Timestamp,
    /// The id it has from now on; the next free one, or a known one whose listing changed.
    pub market: MarketId,
    /// What is listed.
    pub listing: Listing,
}

/// See [`Event::MarketStatusChanged`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MarketStatusChanged {
    /// When we heard of it.
    pub at: Timestamp,
    /// Which market.
    pub market: MarketId,
    /// Its state now.
    pub status: MarketStatus,
    /// Its close, if it moved.
    pub close: Option<Timestamp>,
}

/// See [`Event::MarketSettled`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MarketSettled {
    /// When we heard of it.
    pub at: Timestamp,
    /// Which market.
    pub market: MarketId,
    /// How it ended.
    pub settlement: Settlement,
}

/// One price level: the total size that rests there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// YES price.
    pub price: Price,
    /// Total size, above zero.
    pub quantity: Quantity,
}

/// See [`Event::BookSnapshot`]. Levels in any order, no price twice on a side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BookSnapshot {
    /// When we received it.
    pub at: Timestamp,
    /// The venue's time, or the receive time where it gives none.
    pub venue_at: Timestamp,
    /// Which market.
    pub market: MarketId,
    /// Bids for YES.
    pub bids: Vec<Level>,
    /// Offers of YES (NO bids at the complement).
    pub asks: Vec<Level>,
}

/// How a level changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelChange {
    /// The level's size changed by this much (Kalshi).
    By(Quantity),
    /// The level's size is now this; zero removes it (Polymarket, files).
    To(Quantity),
}

/// See [`Event::BookChanged`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BookChanged {
    /// When we received it.
    pub at: Timestamp,
    /// The venue's time, or the receive time where it gives none.
    pub venue_at: Timestamp,
    /// Which market.
    pub market: MarketId,
    /// Which side of the YES book.
    pub side: Side,
    /// YES price of the level.
    pub price: Price,
    /// What happened to it.
    pub change: LevelChange,
}

/// Why a book is no longer trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossCause {
    /// A sequence number was skipped.
    SequenceGap,
    /// The connection went away.
    Disconnected,
    /// A frame on a book channel could not be read.
    Unreadable,
    /// A level would have gone below zero.
    NegativeLevel,
    /// The venue ended the subscription.
    SubscriptionEnded,
    /// No frame of any kind for too long.
    Silent,
    /// The venue's own book, read beside the stream, is another one: the subscription is frozen.
    Differs,
    /// This machine slept, or its clock jumped: what was missed is not known.
    Suspended,
    /// The market trades again: nothing vouched for its book while it did not.
    Reopened,
}

/// See [`Event::BookLost`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BookLost {
    /// When it was noticed.
    pub at: Timestamp,
    /// Which market.
    pub market: MarketId,
    /// Why.
    pub cause: LossCause,
}

/// See [`Event::Traded`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Traded {
    /// When we received it.
    pub at: Timestamp,
    /// The venue's time.
    pub venue_at: Timestamp,
    /// Which market.
    pub market: MarketId,
    /// The aggressor's side.
    pub taker: Side,
    /// YES price.
    pub price: Price,
    /// Contracts.
    pub quantity: Quantity,
}

/// See [`Event::Quoted`]. A bid of zero or an ask of one dollar means no quote.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quoted {
    /// When we received it.
    pub at: Timestamp,
    /// The venue's time.
    pub venue_at: Timestamp,
    /// Which market.
    pub market: MarketId,
    /// Best bid for YES.
    pub bid: Price,
    /// Best offer of YES.
    pub ask: Price,
    /// Last traded YES price; zero means none.
    pub last: Price,
}

/// See [`Event::ClockTicked`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClockTicked {
    /// Now.
    pub at: Timestamp,
}

/// See [`Event::SourceSeen`]. Sent after every successful look at a source, at most once a minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSeen {
    /// When it answered.
    pub at: Timestamp,
    /// Name of the source in the configuration.
    pub source: String,
}

/// See [`Event::OrderSent`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OrderSent {
    /// When.
    pub at: Timestamp,
    /// Which order.
    pub order: ClientOrderId,
}

/// See [`Event::OrderAccepted`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderAccepted {
    /// When we learned it.
    pub at: Timestamp,
    /// Which order.
    pub order: ClientOrderId,
    /// The venue's name for it.
    pub venue_order: VenueOrderId,
}

/// See [`Event::OrderRejected`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderRejected {
    /// When we learned it.
    pub at: Timestamp,
    /// Which order.
    pub order: ClientOrderId,
    /// Why, in our words.
    pub reason: RejectReason,
    /// Why, in the venue's words (at most 512 bytes, control characters removed).
    pub detail: String,
}

/// See [`Event::OrderUnknown`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderUnknown {
    /// When we gave up waiting for an answer.
    pub at: Timestamp,
    /// Which order.
    pub order: ClientOrderId,
    /// What happened instead of an answer.
    pub cause: String,
}

/// See [`Event::OrderFilled`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderFilled {
    /// When we learned it.
    pub at: Timestamp,
    /// The execution.
    pub fill: Fill,
}

/// See [`Event::OrderClosed`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OrderClosed {
    /// When we learned it.
    pub at: Timestamp,
    /// Which order.
    pub order: ClientOrderId,
    /// How it ended.
    pub reason: CloseReason,
    /// Filled in total over its life, by the venue's account. Fills that we have not seen yet arrive
    /// on their own and re-open nothing but the sum.
    pub filled: Quantity,
}

/// See [`Event::CancelFailed`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CancelFailed {
    /// When we learned it.
    pub at: Timestamp,
    /// Which order.
    pub order: ClientOrderId,
    /// What the venue said.
    pub detail: String,
}

/// One position as the venue states it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReportedPosition {
    /// Which market.
    pub market: MarketId,
    /// Signed: YES positive, NO negative.
    pub quantity: Quantity,
}

/// See [`Event::AccountReported`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountReported {
    /// When we received it.
    pub at: Timestamp,
    /// Which venue's account.
    pub venue: Venue,
    /// Cash, as the venue states it.
    pub cash: Usd,
    /// Every non-zero position.
    pub positions: Vec<ReportedPosition>,
    /// Markets whose difference has stood for so long that no order still open explains it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proven: Vec<MarketId>,
    /// What else stands in it that nothing of ours explains.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputes: Vec<Dispute>,
}

/// What several reports of an account have shown alike and nothing of ours explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "dispute", rename_all = "snake_case")]
pub enum Dispute {
    /// The difference in cash: no order that is open and no payout that is due explains it.
    Cash,
    /// An order of ours that is over by what we were told rests in the book.
    Ghost {
        /// Our name of it.
        order: ClientOrderId,
        /// The venue's.
        venue_order: VenueOrderId,
        /// The venue's market.
        ticker: String,
    },
    /// An order that this journal never sent rests in the book.
    ForeignOrder {
        /// The name its sender gave it; empty if none.
        client_id: String,
        /// The venue's name of it.
        venue_order: VenueOrderId,
        /// The venue's market.
        ticker: String,
    },
    /// A fill of an order that this journal never sent.
    ForeignFill {
        /// Which.
        trade: TradeId,
        /// The venue's name of the order.
        venue_order: VenueOrderId,
        /// The venue's market.
        ticker: String,
        /// Contracts.
        quantity: Quantity,
    },
}

/// See [`Event::PositionsAccepted`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PositionsAccepted {
    /// When.
    pub at: Timestamp,
    /// Which venue's account.
    pub venue: Venue,
    /// Every non-zero position of the report that he took over from.
    pub positions: Vec<ReportedPosition>,
    /// Markets whose position becomes the venue's.
    pub accepted: Vec<AcceptedPosition>,
    /// Who accepted it, and why.
    pub reason: String,
}

/// A position that becomes the venue's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AcceptedPosition {
    /// Which market.
    pub market: MarketId,
    /// Ours until now: YES positive, NO negative.
    pub ours: Quantity,
    /// The venue's, ours from now on.
    pub theirs: Quantity,
    /// Executions of somebody else that lead from the one to the other, oldest first. Without them nobody knows what
    /// the difference cost or brought, and the worst is booked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fills: Vec<ForeignExecution>,
}

/// An execution on the account of an order that this journal never sent, by the venue's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignExecution {
    /// The venue's name of the execution.
    pub trade: TradeId,
    /// The side of the account.
    pub side: Side,
    /// YES price.
    pub price: Price,
    /// Contracts.
    pub quantity: Quantity,
    /// What the venue charged.
    pub fee: Usd,
}

/// See [`Event::ConnectionChanged`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ConnectionChanged {
    /// When.
    pub at: Timestamp,
    /// Which venue.
    pub venue: Venue,
    /// Up and subscribed, or down.
    pub connected: bool,
}

/// What the engine may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Recovering: no new orders.
    Starting,
    /// Trading.
    Active,
    /// Only orders that lower the worst case.
    ReduceOnly,
    /// No new orders; cancels allowed.
    Halted,
    /// Latched: no new orders, everything resting is being cancelled.
    Killed,
}

/// See [`Event::ModeChanged`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModeChanged {
    /// When.
    pub at: Timestamp,
    /// The mode from now on.
    pub mode: Mode,
    /// Who or what asked for it, and why.
    pub reason: String,
}

/// May a strategy open positions with real money?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Yes, as far as its record is concerned.
    #[default]
    Good,
    /// No: its forecasts were worse than the market's prices. It goes on forecasting, and on paper it
    /// goes on trading; with real money it may only close what it holds.
    Demoted,
}

/// See [`Event::StandingChanged`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingChanged {
    /// When.
    pub at: Timestamp,
    /// Whose.
    pub strategy: StrategyId,
    /// From now on.
    pub standing: Standing,
    /// Who or what decided it, with the numbers.
    pub reason: String,
}

/// See [`Event::FlattenRequested`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlattenRequested {
    /// When.
    pub at: Timestamp,
    /// No order is more than this worse than the best executable price, dollars per contract.
    pub max_slippage: Price,
    /// Which market; `None`: all of them.
    pub market: Option<MarketId>,
    /// Who asked, and why.
    pub reason: String,
}

/// See [`Event::FlattenEnded`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlattenEnded {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub market: MarketId,
    /// Contracts that could not be closed; zero: it is done.
    pub left: Quantity,
}

/// See [`Event::StrategyChanged`]. What it means in the engine's own units is handed to the engine before
/// the event (`Engine::stage_strategy`), under this hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrategyChanged {
    /// When.
    pub at: Timestamp,
    /// Which.
    pub strategy: StrategyId,
    /// SHA-256 of its file, hex.
    pub hash: String,
    /// What is different, in words.
    pub summary: String,
    /// The file itself.
    pub text: String,
}

impl Event {
    /// When this process took it in.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::MarketListed(event) => event.at,
            Self::MarketStatusChanged(event) => event.at,
            Self::MarketSettled(event) => event.at,
            Self::BookSnapshot(event) => event.at,
            Self::BookChanged(event) => event.at,
            Self::BookLost(event) => event.at,
            Self::Traded(event) => event.at,
            Self::Quoted(event) => event.at,
            Self::ClockTicked(event) => event.at,
            Self::SignalReceived(signal) => signal.received,
            Self::SourceSeen(event) => event.at,
            Self::OrderSent(event) => event.at,
            Self::OrderAccepted(event) => event.at,
            Self::OrderRejected(event) => event.at,
            Self::OrderUnknown(event) => event.at,
            Self::OrderFilled(event) => event.at,
            Self::OrderClosed(event) => event.at,
            Self::CancelFailed(event) => event.at,
            Self::AccountReported(event) => event.at,
            Self::PositionsAccepted(event) => event.at,
            Self::ConnectionChanged(event) => event.at,
            Self::ModeChanged(event) => event.at,
            Self::StandingChanged(event) => event.at,
            Self::RestrictionChanged(event) => event.at,
            Self::ClockJudged(event) => event.at,
            Self::VenueConditionChanged(event) => event.at,
            Self::Reconciled(event) => event.at,
            Self::FlattenRequested(event) => event.at,
            Self::StrategyChanged(event) => event.at,
            Self::ProfitMarked(event) => event.at,
            Self::OrderDenied(event) => event.at,
            Self::CautionRaised(event) => event.at,
            Self::FlattenEnded(event) => event.at,
        }
    }

    /// Stamps it with the time at which the engine's input queue took it, which never goes back:
    /// producers read the clock on their own, the queue decides the order.
    pub fn stamp(&mut self, at: Timestamp) {
        let field = match self {
            Self::MarketListed(event) => &mut event.at,
            Self::MarketStatusChanged(event) => &mut event.at,
            Self::MarketSettled(event) => &mut event.at,
            Self::BookSnapshot(event) => &mut event.at,
            Self::BookChanged(event) => &mut event.at,
            Self::BookLost(event) => &mut event.at,
            Self::Traded(event) => &mut event.at,
            Self::Quoted(event) => &mut event.at,
            Self::ClockTicked(event) => &mut event.at,
            Self::SignalReceived(event) => &mut event.received,
            Self::SourceSeen(event) => &mut event.at,
            Self::OrderSent(event) => &mut event.at,
            Self::OrderAccepted(event) => &mut event.at,
            Self::OrderRejected(event) => &mut event.at,
            Self::OrderUnknown(event) => &mut event.at,
            Self::OrderFilled(event) => &mut event.at,
            Self::OrderClosed(event) => &mut event.at,
            Self::CancelFailed(event) => &mut event.at,
            Self::AccountReported(event) => &mut event.at,
            Self::PositionsAccepted(event) => &mut event.at,
            Self::ConnectionChanged(event) => &mut event.at,
            Self::ModeChanged(event) => &mut event.at,
            Self::StandingChanged(event) => &mut event.at,
            Self::RestrictionChanged(event) => &mut event.at,
            Self::ClockJudged(event) => &mut event.at,
            Self::VenueConditionChanged(event) => &mut event.at,
            Self::Reconciled(event) => &mut event.at,
            Self::FlattenRequested(event) => &mut event.at,
            Self::StrategyChanged(event) => &mut event.at,
            Self::ProfitMarked(event) => &mut event.at,
            Self::OrderDenied(event) => &mut event.at,
            Self::CautionRaised(event) => &mut event.at,
            Self::FlattenEnded(event) => &mut event.at,
        };
        *field = at;
    }
}
