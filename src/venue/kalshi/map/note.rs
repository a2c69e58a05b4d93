//! What the mapper says about a frame besides its events.

use statecraft_domain::{Price, Quantity, Settlement};

use super::Sequence;
use crate::venue::kalshi::scan::Head;

/// What kind of frame it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// A subscription was acknowledged.
    Subscribed,
    /// A command was acknowledged.
    Ok,
    /// A subscription ended.
    Unsubscribed,
    /// The venue refused a command or ended a subscription.
    VenueError,
    /// A whole book.
    Snapshot,
    /// A change of a book.
    Delta,
    /// Best prices.
    Ticker,
    /// A public trade.
    Trade,
    /// A fill of the account.
    Fill,
    /// An order of the account changed.
    UserOrder,
    /// A position of the account changed.
    Position,
    /// A market's life.
    Lifecycle,
    /// An event's life or fees.
    Event,
    /// A type this program does not know.
    Other,
}

/// Why a readable frame gave no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ignored {
    /// Its sequence number was seen before.
    Duplicate,
    /// A change of a book whose snapshot has not come.
    AwaitingSnapshot,
    /// A trade agreed off the book.
    BlockTrade,
    /// The order or fill is not one of ours.
    Foreign,
    /// The market is none that this run trades.
    UnrelatedMarket,
    /// The state was known already.
    Repeated,
    /// The type, or the kind of event in it, is unknown.
    Unknown,
}

/// The rarer things a frame can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameDetail {
    /// Deltas arrive for a market without a book: ask for its snapshot.
    NeedsSnapshot(String),
    /// A market trades again, and its book was lost for that: ask for its snapshot before anything rests on it.
    Reopened(String),
    /// A channel has its subscription.
    Subscribed {
        /// Which channel.
        channel: String,
        /// Its subscription.
        sid: u64,
    },
    /// The venue said no.
    VenueError {
        /// 10 and 25 end the subscription.
        code: u32,
        /// In its words, cleaned.
        text: String,
        /// Is the subscription over?
        terminal: bool,
    },
    /// Somebody else's order on this account traded.
    ForeignFill {
        /// Market.
        ticker: String,
        /// The venue's name of the order.
        venue_order: String,
    },
    /// Somebody else's order on this account changed.
    ForeignOrder {
        /// Market.
        ticker: String,
        /// The venue's name of the order.
        venue_order: String,
    },
    /// The venue's word on a position; not a complete report.
    Position {
        /// Market.
        ticker: String,
        /// Signed: YES positive.
        quantity: Quantity,
    },
    /// A market was announced.
    Created {
        /// Market.
        ticker: String,
    },
    /// A market was paid out: read by REST how.
    ResultNeeded {
        /// Market.
        ticker: String,
        /// What was announced, if it was heard: to be compared, not to be believed.
        announced: Option<Settlement>,
    },
    /// What is said of a market changed, its strike or its names: read its listing again.
    MetadataChanged {
        /// Market.
        ticker: String,
    },
    /// An event's fees changed: read its listing again.
    FeesChanged {
        /// Event.
        event: String,
    },
    /// A type or a kind of event that this program does not know.
    Unknown(String),
}

/// What a frame was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameNote {
    /// Its kind.
    pub kind: FrameKind,
    /// Subscription.
    pub sid: Option<u64>,
    /// Echo of a command's id.
    pub command: Option<u64>,
    /// How its number continues the subscription.
    pub sequence: Sequence,
    /// Why it gave no event, if so.
    pub ignored: Option<Ignored>,
    /// Fields this program does not know.
    pub unknown_fields: u32,
    /// More, in rare cases.
    pub detail: Option<Box<FrameDetail>>,
}

impl FrameNote {
    pub(super) const fn of(kind: FrameKind, head: Head) -> Self {
        Self {
            kind,
            sid: head.sid,
            command: head.id,
            sequence: Sequence::Unnumbered,
            ignored: None,
            unknown_fields: 0,
            detail: None,
        }
    }

    /// Numbers skipped before this frame; zero if none.
    #[must_use]
    pub const fn missing(&self) -> u64 {
        match self.sequence {
            Sequence::Gap { missing } => missing,
            Sequence::Unnumbered | Sequence::Next | Sequence::Duplicate => 0,
        }
    }
}

/// Why a frame cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// No JSON, or not the JSON of any frame.
    #[error("not a frame: {0}")]
    NotAFrame(serde_json::Error),
    /// A known type with a payload that is not as documented.
    #[error("unreadable {kind} frame: {source}")]
    Payload {
        /// The frame's type.
        kind: &'static str,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A frame of a numbered channel without a number or subscription.
    #[error("{kind} frame without sid or seq")]
    Unnumbered {
        /// The frame's type.
        kind: &'static str,
    },
    /// A needed field is absent.
    #[error("{kind} frame without {field}")]
    Missing {
        /// The frame's type.
        kind: &'static str,
        /// Which field.
        field: &'static str,
    },
    /// A price that no level or trade can have.
    #[error("{kind} frame with the price {price}, outside (0, 1)")]
    BadPrice {
        /// The frame's type.
        kind: &'static str,
        /// Which price.
        price: Price,
    },
    /// A size that cannot be.
    #[error("{kind} frame with the size {size}")]
    BadSize {
        /// The frame's type.
        kind: &'static str,
        /// Which size.
        size: Quantity,
    },
    /// A snapshot with a price twice on one side.
    #[error("snapshot with the price {0} twice on one side")]
    LevelTwice(Price),
    /// A snapshot larger than any book.
    #[error("snapshot with {0} levels on one side")]
    TooManyLevels(usize),
    /// A value that decides money and is unknown.
    #[error("{kind} frame with the unknown {field} {value:?}")]
    UnknownValue {
        /// The frame's type.
        kind: &'static str,
        /// Which field.
        field: &'static str,
        /// Its value, shortened.
        value: String,
    },
    /// More markets than this program follows.
    #[error("more than {0} markets on one connection: subscribe to fewer")]
    TooManyMarkets(usize),
}

impl FrameError {
    /// Could the unread frame have changed a book? Then every book of the connection is in doubt.
    #[must_use]
    pub fn endangers_books(&self) -> bool {
        match self {
            Self::NotAFrame(_) | Self::LevelTwice(_) | Self::TooManyLevels(_) => true,
            Self::Payload { kind, .. }
            | Self::Unnumbered { kind }
            | Self::Missing { kind, .. }
            | Self::BadPrice { kind, .. }
            | Self::BadSize { kind, .. }
            | Self::UnknownValue { kind, .. } => kind.starts_with("orderbook"),
            Self::TooManyMarkets(_) => false,
        }
    }

    /// Could the unread frame have changed our orders or fills? Then the account needs reconciling.
    #[must_use]
    pub fn endangers_orders(&self) -> bool {
        match self {
            Self::NotAFrame(_) => true,
            Self::Payload { kind, .. }
            | Self::Missing { kind, .. }
            | Self::BadPrice { kind, .. }
            | Self::BadSize { kind, .. }
            | Self::UnknownValue { kind, .. } => matches!(*kind, "fill" | "user_order"),
            Self::Unnumbered { .. }
            | Self::LevelTwice(_)
            | Self::TooManyLevels(_)
            | Self::TooManyMarkets(_) => false,
        }
    }
}

/// Totals over a mapper's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Frames given.
    pub frames: u64,
    /// Frames that could not be used.
    pub errors: u64,
    /// Frames whose number was seen before.
    pub duplicates: u64,
    /// Times numbers were skipped.
    pub gaps: u64,
    /// Numbers skipped.
    pub missing: u64,
    /// Changes of books that had no snapshot.
    pub awaiting_snapshot: u64,
    /// Fields this program does not know.
    pub unknown_fields: u64,
    /// Frames of a type, or about a kind of event, that this program does not know.
    pub unknown_types: u64,
    /// Orders and fills of others on this account.
    pub foreign: u64,
}

impl Counters {
    pub(super) fn count(&mut self, result: &Result<FrameNote, FrameError>) {
        self.frames += 1;
        let Ok(note) = result else {
            self.errors += 1;
            return;
        };
        self.unknown_fields += u64::from(note.unknown_fields);
        if let Sequence::Gap { missing } = note.sequence {
            self.gaps += 1;
            self.missing = self.missing.saturating_add(missing);
        }
        match note.ignored {
            Some(Ignored::Duplicate) => self.duplicates += 1,
            Some(Ignored::AwaitingSnapshot) => self.awaiting_snapshot += 1,
            Some(Ignored::Foreign) => self.foreign += 1,
            Some(Ignored::Unknown) => self.unknown_types += 1,
            Some(Ignored::BlockTrade | Ignored::UnrelatedMarket | Ignored::Repeated) | None => {}
        }
    }
}
