//! What may trade, and why not: restrictions, the clock's trust, the condition of a venue, and when an
//! account was last found to agree with ours.

use serde::{Deserialize, Serialize};

use crate::event::{Event, Mode, ModeChanged};
use crate::{MarketId, Nanos, StrategyId, Timestamp, Venue};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A breaker of the engine.
    Engine,
    /// A person.
    Operator,
    /// A check of the shell (feeds, clock, disk, reconciliation).
    Shell,
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
            | Self::Unreachable => false,
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
}

impl Latch {
    /// The event that repeats it in a new engine.
    #[must_use]
    pub fn into_event(self) -> Event {
        match self {
            Self::Mode(changed) => Event::ModeChanged(changed),
            Self::Restriction(changed) => Event::RestrictionChanged(Box::new(changed)),
        }
    }
}
