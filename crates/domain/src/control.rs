//! What may trade, and why not: restrictions, the clock's trust, the condition of a venue, and when an
//! account was last found to agree with ours.

use serde::{Deserialize, Serialize};

use crate::event::{Event, FlattenEnded, Mode, ModeChanged};
use crate::{Denial, MarketId, Nanos, Side, StrategyId, Timestamp, Usd, Venue};

/// What a restriction holds for. The whole account has its [`Mode`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One strategy, in all its markets.
    Strategy(StrategyId),
    /// One market, for all strategies.
    Market(MarketId),
}

/// Who asked for a restriction or a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A breaker of the engine.
    Engine,
    /// A person.
    Operator,
    /// A check of the shell (feeds, clock, disk, reconciliation).
    Shell,
    /// What the venue lists is not what it was: rules, or fees that cannot be computed.
    Listing,
}

/// See [`Event::RestrictionChanged`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestrictionChanged {
    /// When.
    pub at: Timestamp,
    /// For what.
    pub scope: Scope,
    /// What it may do from now on; [`Mode::Active`] lifts the restriction.
    pub mode: Mode,
    /// Who asked.
    pub origin: Origin,
    /// A stable code, for example `reject_ratio`.
    pub code: String,
    /// Why, in words, with the numbers.
    pub reason: String,
}

/// See [`Event::ClockJudged`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockJudged {
    /// When.
    pub at: Timestamp,
    /// The venue's clock minus ours, corrected for the round trip, wall time.
    pub offset: Nanos,
    /// May orders leave on this clock?
    pub trusted: bool,
}

/// What a venue as a whole allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VenueCondition {
    /// Everything.
    Open,
    /// Only orders that rest.
    PostOnly,
    /// Only cancels.
    CancelOnly,
    /// Trading is paused.
    Paused,
    /// Planned maintenance: nothing is to be expected.
    Maintenance,
    /// We asked too often; orders wait until it is over.
    RateLimited,
    /// It does not know our key any more.
    AuthRevoked,
    /// It does not serve this place.
    GeoBlocked,
    /// It does not answer.
    Unreachable,
    /// Its market data comes late: what the books say is the past.
    Lagging,
    /// It was interrupted again and again: orders wait until all has been well for a while.
    Unsteady,
}

impl VenueCondition {
    /// May a new order be sent?
    #[must_use]
    pub const fn takes_orders(self, rests: bool) -> bool {
        match self {
            Self::Open => true,
            Self::PostOnly => rests,
            Self::CancelOnly
            | Self::Paused
            | Self::Maintenance
            | Self::RateLimited
            | Self::AuthRevoked
            | Self::GeoBlocked
            | Self::Unreachable
            | Self::Lagging
            | Self::Unsteady => false,
        }
    }
}

/// See [`Event::VenueConditionChanged`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VenueConditionChanged {
    /// When we learned it.
    pub at: Timestamp,
    /// Which venue.
    pub venue: Venue,
    /// Its condition now.
    pub condition: VenueCondition,
    /// How we know, in the venue's words where there are any.
    pub detail: String,
}

/// See [`Event::Reconciled`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciled {
    /// When the comparison ended.
    pub at: Timestamp,
    /// Which venue's account.
    pub venue: Venue,
    /// When the report was asked for: what happened later is not covered by it.
    pub asked: Timestamp,
}

/// What the engine decided about itself and must survive a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "latch", rename_all = "snake_case")]
pub enum Latch {
    /// The account's mode.
    Mode(ModeChanged),
    /// A restriction of a part.
    Restriction(RestrictionChanged),
    /// From where losses are counted.
    Profit(ProfitMarked),
    /// An order that the risk gate denied.
    Denied(OrderDenied),
    /// A strategy holds back on a market.
    Caution(CautionRaised),
    /// A market is closed no more for the person who asked.
    Flatten(FlattenEnded),
}

/// See [`Event::CautionRaised`]. All that is in force from here on, in engine time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CautionRaised {
    /// When.
    pub at: Timestamp,
    /// Which strategy.
    pub strategy: StrategyId,
    /// Where.
    pub market: MarketId,
    /// No new positions before this: an unexplained move.
    #[serde(default)]
    pub frozen_until: Option<Timestamp>,
    /// The model counts half until then.
    #[serde(default)]
    pub halved_until: Option<Timestamp>,
    /// The market was there before the signal.
    #[serde(default)]
    pub priced: Option<AlreadyPriced>,
}

/// A move that the market made before the signal that explains it came.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AlreadyPriced {
    /// The side that the signal speaks for.
    pub side: Side,
    /// Dollars for YES before the move.
    pub reference: f64,
    /// Forgotten then.
    pub until: Timestamp,
}

/// See [`Event::OrderDenied`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDenied {
    /// When.
    pub at: Timestamp,
    /// Whose order.
    pub strategy: StrategyId,
    /// Where.
    pub market: MarketId,
    /// The first check that failed.
    pub denial: Denial,
    /// Orders of this strategy denied for this reason since the last such record, this one included.
    pub count: u64,
}

/// See [`Event::ProfitMarked`]. Profit is counted over the whole journal: realised, less fees, plus open
/// positions at the prices of [R24](crate::Denial::Loss). Days and weeks are those of the configured
/// time zone, numbered from 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfitMarked {
    /// When.
    pub at: Timestamp,
    /// The day that the loss of the day is counted from.
    pub day: i64,
    /// Profit when it began.
    pub day_base: Usd,
    /// The week (from Monday) that the loss of the week is counted from.
    pub week: i64,
    /// Profit when it began.
    pub week_base: Usd,
    /// The highest profit so far: drawdown is counted from it.
    pub high_water: Usd,
}

/// What every reason of a mode that the engine set by itself begins with.
const BY_ENGINE: &str = "engine: ";
/// What the reason of every mode that a person asked for contains, before his own words.
pub const BY_OPERATOR: &str = "by the operator: ";

impl ModeChanged {
    /// A mode that the engine sets by itself: it holds over restarts until a person releases it.
    #[must_use]
    pub fn by_engine(at: Timestamp, mode: Mode, code: &str, message: &str) -> Self {
        Self { at, mode, reason: format!("{BY_ENGINE}{code}: {message}") }
    }

    /// Did the engine set it by itself ([`Self::by_engine`])?
    #[must_use]
    pub fn is_by_engine(&self) -> bool {
        self.reason.starts_with(BY_ENGINE)
    }

    /// Code and message, where the engine set it by itself.
    #[must_use]
    pub fn cause(&self) -> Option<(&str, &str)> {
        self.reason.strip_prefix(BY_ENGINE)?.split_once(": ")
    }

    /// Did a person ask for it ([`BY_OPERATOR`])?
    #[must_use]
    pub fn is_by_operator(&self) -> bool {
        self.reason.contains(BY_OPERATOR)
    }

    /// Must a restart find it in force? A kill always; what the engine set by itself, unless it trades.
    #[must_use]
    pub fn is_latched(&self) -> bool {
        match self.mode {
            Mode::Killed => true,
            Mode::Halted | Mode::ReduceOnly => self.is_by_engine(),
            Mode::Active | Mode::Starting => false,
        }
    }
}

impl Latch {
    /// The event that repeats it in a new engine.
    #[must_use]
    pub fn into_event(self) -> Event {
        match self {
            Self::Mode(changed) => Event::ModeChanged(changed),
            Self::Restriction(changed) => Event::RestrictionChanged(Box::new(changed)),
            Self::Profit(marked) => Event::ProfitMarked(marked),
            Self::Denied(denied) => Event::OrderDenied(denied),
            Self::Caution(raised) => Event::CautionRaised(Box::new(raised)),
            Self::Flatten(ended) => Event::FlattenEnded(ended),
        }
    }
}
